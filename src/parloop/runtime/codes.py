"""What a launch says to people."""

from __future__ import annotations

from typing import ClassVar

from parloop.diagnostics import Diagnostic, Voice


class ArrayNotSupported(Diagnostic):
    """An array has elements that machine code does not handle.

    *What it means* Its elements are objects, strings, dates, in foreign byte order, unaligned, or
    of another width than 8 to 64 bits (128 for complex).

    *Why it matters* Their semantics are not reproduced.

    *Example* `np.array([1, 2], dtype=object)`.

    *What to do* Nothing is lost: the interpreter runs the loop.
    """

    code: ClassVar[str] = "RUN101"
    voice: ClassVar[Voice] = "fallback"


class MappedTwice(Diagnostic):
    """Two arrays stand in mapped memory, of which one may be the other at a second address.

    *What it means* The loop writes to one of two arrays that were made over two mappings
    (`mmap.mmap`, `multiprocessing.shared_memory`), perhaps of one file.

    *Why it matters* Each store may then change what the other array reads, and addresses do not
    tell.

    *Example* `a = np.frombuffer(mmap.mmap(f, 80))` beside `b = np.frombuffer(mmap.mmap(f, 80))`.

    *What to do* Make both arrays views of one mapping, or compute in arrays of their own.
    """

    code: ClassVar[str] = "RUN109"
    voice: ClassVar[Voice] = "fallback"


class ListNotSupported(Diagnostic):
    """A list has items that machine code does not handle, or is used as only arrays can be.

    *What it means* Its items are not all exactly `int`, all `float`, all `bool` or all `complex`;
    or an `int` among them does not fit in 64 bits; or the loop has `x[i, j]` or `x.shape`.

    *Why it matters* Lists of numbers are copied into arrays of one type, and back.

    *Example* `[0, 1.5]`, `["a", "b"]`.

    *What to do* Begin with items of the type that they get (`[0.0] * n`), or use an array.
    """

    code: ClassVar[str] = "RUN110"
    voice: ClassVar[Voice] = "fallback"


class ListChanged(Diagnostic):
    """A list was changed while machine code worked on a copy of it.

    *What it means* A signal handler, or another thread, has changed it between two slices.

    *Why it matters* The rest of the loop has to see the change.

    *Example* `signal.signal(signal.SIGALRM, lambda *_: x.clear())` beside a loop over `x`.

    *What to do* Nothing is lost: the interpreter runs the iterations that are left.
    """

    code: ClassVar[str] = "RUN111"
    voice: ClassVar[Voice] = "fallback"


class ChangedMeanwhile(Diagnostic):
    """Something that the loop reads was changed while it ran.

    *What it means* A signal handler, or another thread, has bound a name anew that the loop reads,
    replaced a function, changed an array's shape, or what happens to warnings: while machine code
    was being made, or between two slices.

    *Why it matters* The rest of the loop has to see the change.

    *Example* A handler of `SIGINT` that sets `stop = True`, and a loop with `if stop: break`.

    *What to do* Nothing is lost: the interpreter runs the iterations that are left.
    """

    code: ClassVar[str] = "RUN113"
    voice: ClassVar[Voice] = "fallback"


class ValueNotSupported(Diagnostic):
    """A value that goes into the loop has a type that machine code does not handle.

    *What it means* It is neither a number of Python's or NumPy's nor exactly a `numpy.ndarray`.

    *Why it matters* A class of its own may mean anything by `+` or `[]`.

    *Example* A list, a masked array, a `Decimal`.

    *What to do* Nothing is lost: the interpreter runs the loop.
    """

    code: ClassVar[str] = "RUN102"
    voice: ClassVar[Voice] = "fallback"


class FunctionReplaced(Diagnostic):
    """A function that the loop calls has been replaced.

    *What it means* A name in the loop meant a known function when the loop was first seen, and
    means another object in this run.

    *Why it matters* The other one has to be called.

    *Example* `math.sqrt = my_sqrt`.

    *What to do* Nothing is lost: the interpreter runs the loop while it is so.
    """

    code: ClassVar[str] = "RUN103"
    voice: ClassVar[Voice] = "fallback"


class ArraysDoNotFit(Diagnostic):
    """Arrays of shapes for which array statements were not expanded.

    *What it means* Statements on whole arrays run natively where their lengths agree, where their
    slices lie inside the arrays and are not empty, and where no two arrays share memory. This time
    it is otherwise: an axis may be of length 1 and repeat itself.

    *Why it matters* NumPy would do something else there, or raise.

    *Example* `u[1:n] = v[1:n]` where `u` has fewer than `n` elements.

    *What to do* Nothing is lost: the interpreter runs this entry.
    """

    code: ClassVar[str] = "RUN112"
    voice: ClassVar[Voice] = "fallback"


class InputOutside(Diagnostic):
    """A value lies outside what machine code was made for.

    *What it means* An integer is larger than the machine code can prove its arithmetic for, or an
    array has changed while it was looked at.

    *Why it matters* Python's integers have no limit; machine integers do.

    *Example* A loop over `range(n)` with `n = 10**12`.

    *What to do* Nothing is lost: the interpreter runs the loop.
    """

    code: ClassVar[str] = "RUN104"
    voice: ClassVar[Voice] = "fallback"


class IterationLeftNative(Diagnostic):
    """An iteration could not be finished in machine code.

    *What it means* It raises an exception, or gives a warning that is to be raised or shown each
    time, or one of its integers needs more than 64 bits. The iterations before it ran natively.

    *Why it matters* The interpreter runs this iteration and those after it, so that the exception,
    its traceback and what is left behind are CPython's own.

    *Example* `a[i]` with `i` past the end; `x / y` with Python numbers and `y == 0`.

    *What to do* Nothing is lost.
    """

    code: ClassVar[str] = "RUN105"
    voice: ClassVar[Voice] = "fallback"


class UnderflowWatched(Diagnostic):
    """NumPy is told to report underflows.

    *What it means* `numpy.errstate(under=...)` or `numpy.seterr` asks for a warning or an exception
    when a result is too small; by default it is ignored.

    *Why it matters* Results that lose digits without being zero cannot be told from the values
    alone.

    *Example* `with np.errstate(all="raise"):` around the loop.

    *What to do* Nothing is lost: the interpreter runs the loop. Where only overflows and divisions
    are meant, name them: `np.errstate(over="raise", divide="raise", invalid="raise")`.
    """

    code: ClassVar[str] = "RUN106"
    voice: ClassVar[Voice] = "fallback"


class TracerActive(Diagnostic):
    """A debugger, a coverage tool or another tracer is active.

    *What it means* Somebody asked Python to be told of each line that is run (`sys.settrace`, or
    `sys.monitoring` as a debugger or for coverage).

    *Why it matters* Machine code passes no lines: breakpoints in the loop would not be met, and
    its lines would count as never run.

    *Example* `coverage run script.py`; a breakpoint set in an editor.

    *What to do* Nothing is lost: the interpreter runs the loop as long as it is followed.
    """

    code: ClassVar[str] = "RUN108"
    voice: ClassVar[Voice] = "fallback"


class InternalFailure(Diagnostic):
    """Something in parloop failed.

    *What it means* A bug of parloop's own, in the analysis or the making of machine code.

    *Why it matters* The interpreter runs the loop, so that nothing is lost but speed.

    *Example* None is known: known ones are mended.

    *What to do* Please report it, with the loop.
    """

    code: ClassVar[str] = "RUN901"
    voice: ClassVar[Voice] = "bug"


class CannotBeUndone(Diagnostic):
    """There is no memory for a copy of what the loop overwrites.

    *What it means* The loop changes arrays in place and may raise or warn, so its machine code
    keeps what it overwrites, and the copy would take more than half of the memory that is free.

    *Why it matters* What an iteration has overwritten has to be put back if it cannot be finished.

    *Example* `a[p[i]] += 1.0` on an array that fills most of the memory.

    *What to do* Nothing is lost: the interpreter runs the loop.
    """

    code: ClassVar[str] = "RUN107"
    voice: ClassVar[Voice] = "fallback"
