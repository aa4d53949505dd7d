"""What stages 1 and 2 say to people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Self, TypeAlias, assert_never

from parloop.diagnostics import Diagnostic, Voice
from parloop.ir.nodes import Binary, Call, Compare, Expr, Store, Unary
from parloop.ir.types import Member, Scalar
from parloop.source import Span

Operation: TypeAlias = Unary | Binary | Compare | Call
"""What has rules."""

_INTERPRETER = "the interpreter runs this loop"


class NeverBound(Diagnostic):
    """A name that is read has no value anywhere.

    *What it means* Neither the code before the loop nor the loop itself gives the name a value that
    could be known: `d = d` does not.

    *Why it matters* Whoever reads it raises an exception, which is CPython's to raise.

    *Example* `for i in range(n): d = d + 1`, and nothing before it.

    *What to do* Give the name a value before the loop. The interpreter runs the loop, and raises.
    """

    code: ClassVar[str] = "TYP108"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def at(cls, span: Span, name: str) -> Self:
        return cls(f"`{name}` has no value where it is read", span, notes=(_INTERPRETER,))


def _listed(types: Iterable[Member]) -> str:
    return " or ".join(sorted(f"`{t}`" for t in types)) or "nothing"


class ArrayUsedWhole(Diagnostic):
    """A name is used both as an array and as a number.

    *What it means* The loop reads the name as a value of its own, and this time it holds an array;
    or it subscripts the name, and this time it holds something else than a NumPy array.

    *Why it matters* Array values in the body of a loop are not compiled; only their elements are.

    *Example* `for i in range(n): b[i] = a` with an array `a`, or `a[i]` with a list `a`.

    *What to do* Nothing is lost: the interpreter runs the loop. A list of numbers can be made an
    array with `np.array` before the loop, which changes the type of its elements.
    """

    code: ClassVar[str] = "TYP101"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def at(cls, span: Span, name: str) -> Self:
        return cls(f"`{name}` is an array and is used as one value", span, notes=(_INTERPRETER,))

    @classmethod
    def not_array(cls, span: Span, name: str) -> Self:
        return cls(f"`{name}` is not a NumPy array", span, notes=(_INTERPRETER,))

    @classmethod
    def in_slices(cls, span: Span) -> Self:
        return cls("a slice is taken of what is not a NumPy array", span, notes=(_INTERPRETER,))


class WrongNumberOfSubscripts(Diagnostic):
    """An array is subscripted with more or fewer subscripts than it has dimensions.

    *What it means* With fewer subscripts the value is a row or a plane, not an element.

    *Why it matters* Array values in the body of a loop are not compiled; only their elements are.

    *Example* `row = a[i]` with a two-dimensional array `a`.

    *What to do* Nothing is lost: the interpreter runs the loop.
    """

    code: ClassVar[str] = "TYP102"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def at(cls, span: Span, name: str, given: int, ndim: int) -> Self:
        message = f"`{name}` has {ndim} dimensions and is given {given} subscripts"
        return cls(message, span, notes=(_INTERPRETER,))

    @classmethod
    def extent(cls, span: Span, name: str, axis: int, ndim: int) -> Self:
        message = f"`{name}` has {ndim} dimensions, and its shape has no entry {axis}"
        return cls(message, span, notes=(_INTERPRETER,))

    @classmethod
    def unpacked(cls, span: Span, name: str, count: int, ndim: int) -> Self:
        message = f"`{name}` has {ndim} dimensions, and its shape is unpacked into {count} names"
        return cls(message, span, notes=(_INTERPRETER,))


class ArrayStatement(Diagnostic):
    """A statement on whole arrays that is not compiled.

    *What it means* The loop handles arrays as a whole, in slices, or as rows, and one of these
    statements cannot be written as a loop over elements that leaves the same.

    *Why it matters* A nest runs natively as a whole or not at all.

    *Example* `u[1:-1] = np.convolve(u, k)`, or `v = u[t]` where `v` is still used in the next step.

    *What to do* Nothing is lost: the interpreter runs the loop, and NumPy the statements in it.
    """

    code: ClassVar[str] = "TYP107"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def at(cls, span: Span, message: str) -> Self:
        return cls(message, span, notes=(_INTERPRETER,))


class SubscriptNotInteger(Diagnostic):
    """A subscript is not an integer.

    *What it means* Floats raise `IndexError`, and booleans select along a new axis.

    *Why it matters* Neither reads one element.

    *Example* `a[x]` with a float `x`.

    *What to do* Nothing is lost: the interpreter runs the loop and raises what there is to raise.
    """

    code: ClassVar[str] = "TYP103"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def at(cls, span: Span, name: str, types: Iterable[Member]) -> Self:
        message = f"a subscript of `{name}` is {_listed(types)}, not an integer"
        return cls(message, span, notes=(_INTERPRETER,))


class BoundsNotInteger(Diagnostic):
    """A bound of a `range` is not an integer.

    *What it means* `range` raises `TypeError` for it.

    *Why it matters* The interpreter has to raise it.

    *Example* `for j in range(n / 2)`.

    *What to do* Use `//` where an integer is meant.
    """

    code: ClassVar[str] = "TYP104"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def at(cls, span: Span, _bound: Expr, types: Iterable[Member]) -> Self:
        return cls(f"a bound of this `range` is {_listed(types)}", span, notes=(_INTERPRETER,))


class OperationHasNoRule(Diagnostic):
    """An operation on values of these types is not compiled.

    *What it means* It raises `TypeError`, or its bits cannot be reproduced on this machine with
    certainty.

    *Why it matters* Machine code must give what CPython gives, or not run.

    *Example* `-flag` with a NumPy bool, which raises `TypeError`.

    *What to do* Nothing is lost: the interpreter runs the loop.
    """

    code: ClassVar[str] = "TYP105"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def of(cls, expr: Operation, combinations: Iterable[tuple[Scalar, ...]]) -> Self:
        match expr:
            case Unary(op=op) | Binary(op=op) | Compare(op=op):
                what = f"`{op}`"
            case Call(path=path):
                what = f"`{path}`"
            case _:
                assert_never(expr)
        types = sorted({", ".join(f"`{t}`" for t in c) for c in combinations}) or ["no value"]
        message = f"{what} on {' or '.join(types)} is not compiled"
        return cls(message, expr.span, notes=(_INTERPRETER,))

    @classmethod
    def store(cls, stmt: Store, dtype: Scalar, value: Iterable[Member]) -> Self:
        message = f"storing {_listed(value)} into `{stmt.array}` of `{dtype}` is not compiled"
        return cls(message, stmt.span, notes=(_INTERPRETER,))


class TooManyTypes(Diagnostic):
    """A value may have too many different types.

    *What it means* The type depends on the data, and there are more possibilities than are
    compiled.

    *Why it matters* Each of them needs machine code of its own at each use.

    *Example* A name that is an int, a float, a complex number and two kinds of NumPy scalar by
    turns.

    *What to do* Nothing is lost: the interpreter runs the loop.
    """

    code: ClassVar[str] = "TYP106"
    voice: ClassVar[Voice] = "unsupported"

    @classmethod
    def at(cls, span: Span, name: str, types: Iterable[Member]) -> Self:
        return cls(f"{name} may be {_listed(types)}", span, notes=(_INTERPRETER,))
