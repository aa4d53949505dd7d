"""Scalar products of short vectors: `np.dot(u, v)`, `u @ v`, `np.linalg.norm(p[i] - p[j])`.

    s = u @ v     becomes    %t0 = np.vecdot(u[0], u[1], u[2], v[0], v[1], v[2])

In which order BLAS adds, and whether it rounds in between, is its own affair: machine code calls
the function that NumPy calls, on copies of the numbers, so that iterations share no memory. BLAS
takes other code for vectors that do not lie in one piece; how short they have to be for the same
bits is tried out.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy

from parloop.ir.nodes import Assign, Call, Compare, Const, Expr, Name
from parloop.ir.types import NP_FLOAT64
from parloop.ir.walk import NORM
from parloop.source import Span
from parloop.staging.elementwise import Elements, Number, converted
from parloop.staging.lengths import to_expr
from parloop.staging.rules_base import numpy_character
from parloop.staging.values import Values
from parloop.staging.views import Axis, MakeIndex, View

LONGEST_PRODUCT = 16
"""Vectors with more elements are left to the interpreter."""


class Products(Values):
    """The numbers that are scalar products."""

    def product(self, expr: Call) -> Number:
        """Return the scalar product, or the norm, that a call makes."""
        span = expr.span
        vectors = [self.vector(part, span) for part in expr.arguments]
        first = vectors[0]
        if expr.callee == NORM:
            if first.type.kind in "iu":
                first = _as_floats(first)
            vectors = [first, first]
        count = next((n for v in vectors if (n := v.shape[0].known) is not None), None)
        if any(vector.type != first.type or vector.type.kind != "f" for vector in vectors):
            raise self.declined(span, "a product of other than floats of one type")
        if count is None or not 0 < count <= LONGEST_PRODUCT:
            raise self.declined(span, "a product of vectors that are not known to be short")
        for (length,) in (vector.shape for vector in vectors):
            equal = Compare("==", to_expr(length), Const(count))
            self.require(equal if length.known is None else length.known == count, span)
        if not products_agree(numpy_character(first.type)):
            raise self.declined(span, "this NumPy has several scalar products")
        for vector in vectors:
            self.require_one_piece(vector, count, span)
        parts: list[Expr] = []
        for vector in vectors:
            parts += [vector.build([_place(k)]) for k in range(count)]
        found: Expr = Call("numpy.vecdot", "np.vecdot", tuple(parts), span)
        if expr.callee == NORM:
            found = Call("numpy.sqrt", "np.sqrt", (found,), span)
        self.scalars.learn(expr, first.type)
        name = self.fresh("t")
        self.out.append(Assign(name, found, span))
        return Number(Name(name), first.type)

    def vector(self, part: Expr, span: Span) -> Elements:
        """Return an operand, which has to have one axis."""
        value = self.value(part)
        if not isinstance(value, Elements) or len(value.shape) != 1:
            raise self.declined(span, "a product of other than two vectors")
        return value

    def require_one_piece(self, vector: Elements, count: int, span: Span) -> None:
        """Decline, or require that the numbers of a vector lie side by side."""
        view = vector.view
        if view is None or count <= any_steps(_character(vector)):
            return
        if not _ends_in(view):
            raise self.declined(span, "a product of vectors that do not lie in one piece")
        if not view.array.startswith("%"):
            self.compact.add(view.array)


def _place(number: int) -> MakeIndex:
    return lambda: Const(number)


def _ends_in(view: View) -> bool:
    """Return whether a vector is a part of the last axis."""
    last = view.parts[-1]
    return isinstance(last, Axis) and last.step == 1 and len(view.axes) == 1


def _as_floats(value: Elements) -> Elements:
    def build(indices: Sequence[MakeIndex]) -> Expr:
        return converted(value.build(indices), NP_FLOAT64)

    return Elements(value.shape, NP_FLOAT64, build, value.reads)


def _character(vector: Elements) -> str:
    return numpy_character(vector.type)


@functools.cache
def products_agree(character: str) -> bool:
    """Return whether NumPy's products of vectors in one piece are all that of `np.vecdot`."""
    if not hasattr(numpy, "vecdot"):
        return False
    return all(
        x.dot(y) == x @ y == numpy.inner(x, y) == numpy.vecdot(x, y)
        and numpy.linalg.norm(x) == numpy.sqrt(x.dot(x))
        and x[::-1].dot(y) == numpy.vecdot(x[::-1].copy(), y)
        for x, y in _samples(character)
    )


@functools.cache
def any_steps(character: str) -> int:
    """Return how long vectors may be whose products have the same bits with any steps."""
    differ = [
        len(x)
        for x, y in _samples(character)
        for one in (x, numpy.repeat(x, 2)[::2], numpy.repeat(x[::-1], 3)[::-3])
        for other in (y, numpy.repeat(y, 3)[::3], numpy.repeat(y[::-1], 2)[::-2])
        if not one.dot(other) == one @ other == x.dot(y)
        or numpy.linalg.norm(one) != numpy.linalg.norm(x)
    ]
    return min(differ, default=LONGEST_PRODUCT + 1) - 1


def _samples(character: str) -> list[tuple[numpy.ndarray, numpy.ndarray]]:
    chance = numpy.random.default_rng(20270)
    found = []
    for count in range(1, LONGEST_PRODUCT + 1):
        for _ in range(12):
            numbers = chance.standard_normal((2, count)) * 10.0 ** chance.integers(-3, 4, count)
            x, y = numbers.astype(character)
            found.append((x.copy(), y.copy()))
    return found
