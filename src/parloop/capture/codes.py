"""What capture says about functions that it leaves as they are: `SYN2xx`."""

from __future__ import annotations

from typing import ClassVar

from parloop.diagnostics import Diagnostic, Voice


class NoSource(Diagnostic):
    """A function whose text cannot be had.

    *What it means* `parallel` works on the text of a function, and there is none: the function was
    made by `exec`, typed into the interactive interpreter, or is not written in Python.

    *Why it matters* Without the text its loops cannot be found. The function runs as it is.

    *Example*

        exec("def f(n): ...")
        fast = parloop.parallel(f)

    *What to do* Put the function into a file.
    """

    code: ClassVar[str] = "SYN201"
    voice: ClassVar[Voice] = "unsupported"


class SourceDiffers(Diagnostic):
    """A function that is not what its text says.

    *What it means* Compiling the text in the function's file does not give the function's own
    code: the file was changed after it was imported, or a tool changed the code.

    *Why it matters* Loops of another text would run. The function runs as it is.

    *Example* A module is edited and `parloop.parallel` is applied without importing it again.

    *What to do* Import the module again.
    """

    code: ClassVar[str] = "SYN202"
    voice: ClassVar[Voice] = "unsupported"


class NoCandidate(Diagnostic):
    """A function without a loop that could run natively.

    *What it means* The function has no `for` over `range(...)`, or all of them contain a construct
    that only the interpreter can run.

    *Why it matters* There is nothing to do for parloop. The function runs as it is.

    *Example*

        @parloop.parallel
        def show(names):
            for i in range(len(names)):
                print(names[i])

    *What to do* `parloop.explain` says which construct on which line.
    """

    code: ClassVar[str] = "SYN203"
    voice: ClassVar[Voice] = "unsupported"


class IsLambda(Diagnostic):
    """A lambda.

    *What it means* `parallel` was given a `lambda`, which cannot contain a loop.

    *Why it matters* There is nothing to do for parloop. The function runs as it is.

    *Example* `parloop.parallel(lambda n: sum(range(n)))`

    *What to do* Apply `parallel` to the function that contains the loop.
    """

    code: ClassVar[str] = "SYN204"
    voice: ClassVar[Voice] = "unsupported"


class CaptureFailed(Diagnostic):
    """Something in parloop failed while it looked for loops.

    *What it means* A bug of parloop's own, in reading or rewriting a cell or a module.

    *Why it matters* The cell or module runs as it is, so that nothing is lost but speed.

    *Example* None is known: known ones are mended.

    *What to do* Please report it, with the text.
    """

    code: ClassVar[str] = "SYN901"
    voice: ClassVar[Voice] = "bug"
