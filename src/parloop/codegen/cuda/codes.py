"""Why a loop does not go to the GPU."""

from __future__ import annotations

from typing import ClassVar, Self

from parloop.diagnostics import Diagnostic, Voice
from parloop.source import Span

_CPU = "the CPU runs this loop"


class NothingForTheGpu(Diagnostic):
    """No loop of the nest may run in any order, so there is nothing for a GPU's threads to do.

    *What it means* Each iteration needs what the one before has left; or the loops run as a
    wavefront, which is done on the CPU.

    *Why it matters* One thread of a GPU is many times slower than one of a CPU.

    *Example* `for i in range(1, n): u[i] = 0.5 * u[i - 1] + f[i]`.

    *What to do* Nothing is lost: the CPU runs the loop, in machine code.
    """

    code: ClassVar[str] = "GEN201"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def at(cls, span: Span) -> Self:
        return cls("no loop here has iterations for many threads at once", span, notes=(_CPU,))

    @classmethod
    def wavefront(cls, span: Span) -> Self:
        return cls("loops that run as a wavefront stay on the CPU", span, notes=(_CPU,))


class NotOnTheDevice(Diagnostic):
    """An operation has other bits on a GPU than on the CPU, or is not there at all.

    *What it means* `exp`, `sin`, `**` and the like are computed by the C library, or by NumPy. The
    functions of the same names on a GPU round differently: by up to some units in the last place.

    *Why it matters* The promise is the same bits as CPython's.

    *Example* `for i in range(n): b[i] = math.exp(a[i])`.

    *What to do* Nothing is lost: the CPU runs the loop. With `exactness="ulp"` the GPU computes the
    functions of which its maker says how far they may be off. `parloop.report()` has, in the line
    above, how long a launch is predicted to take on each side.
    """

    code: ClassVar[str] = "GEN202"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def at(cls, span: Span, what: str, bound: int | None = None) -> Self:
        """`bound`: by how many units in the last place a GPU's own may be off."""
        message = f"`{what}` is not the same on a GPU, bit for bit"
        more = f'with exactness="ulp" it runs there, at most {bound} ulp off'
        return cls(message, span, notes=(_CPU,) if bound is None else (_CPU, more))


class ShapeNotForTheGpu(Diagnostic):
    """A loop has parallel parts, in a place from which they cannot be launched.

    *What it means* Loops whose iterations run in order stay with the host, which launches what
    they have inside. That asks for bounds that the host knows, and for plain statements: no `if`,
    `while` or `break` around a parallel loop.

    *Why it matters* What decides them would have to be copied from the device each time.

    *Example* `while error > 1e-6:` around the sweep of a solver.

    *What to do* Nothing is lost: the CPU runs the loop.
    """

    code: ClassVar[str] = "GEN203"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def at(cls, span: Span, what: str) -> Self:
        return cls(f"{what} around a loop for the GPU", span, notes=(_CPU,))

    @classmethod
    def in_order(cls, span: Span) -> Self:
        return cls("a sum in the order in which NumPy adds is not for the GPU", span, notes=(_CPU,))

    @classmethod
    def too_large(cls, span: Span, n_words: int) -> Self:
        message = f"the loop needs {n_words} words of arguments, more than a kernel takes"
        return cls(message, span, notes=(_CPU,))


class PartialResultsStay(Diagnostic):
    """The loop accumulates, or leaves a value, in a way that is put together on the CPU only.

    *What it means* Threads of a GPU take partial results that have to be combined; for this kind
    of accumulation that is not done.

    *Why it matters* The result would be another one.

    *Example* a product of NumPy integers, which warns where it wraps.

    *What to do* Nothing is lost: the CPU runs the loop.
    """

    code: ClassVar[str] = "GEN204"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def at(cls, span: Span, name: str) -> Self:
        message = f"what the loop leaves in `{name}` is put together on the CPU only"
        return cls(message, span, notes=(_CPU,))


class ListsStay(Diagnostic):
    """The loop works on lists, whose items are Python's objects.

    *What it means* Lists of numbers are copied into arrays and back, by the CPU.

    *Why it matters* The copies take longer than a GPU could save.

    *Example* `for i in range(n): x[i] = 2.0 * y[i]` with lists `x` and `y`.

    *What to do* Nothing is lost: the CPU runs the loop. Arrays of NumPy can go to the GPU.
    """

    code: ClassVar[str] = "GEN205"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def at(cls, span: Span) -> Self:
        return cls("loops over lists stay on the CPU", span, notes=(_CPU,))
