"""Sums and the like along one axis of a matrix: `np.sum((c - x[i]) ** 2, axis=1)`.

    s = m.sum(axis=1)     becomes    for %i in 0:m.shape[0]:1 {
                                         %t = ... the sum of row %i ...
                                         %s0[%i] = %t
                                     }

Along the last axis each row is summed as an array with one axis is; along the first NumPy adds row
after row. Whether this NumPy does so is tried out.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy

from parloop.ir.nodes import Binary, Call, Const, Expr, For, Load, Name, Stmt, Store
from parloop.ir.totals import total
from parloop.ir.types import NP_BOOL, NP_FLOAT64, NP_INT64, NP_UINT64, Scalar
from parloop.ir.walk import REDUCTIONS
from parloop.source import Span
from parloop.staging.elementwise import Elements, Number, converted
from parloop.staging.lengths import at_least, to_expr
from parloop.staging.places import full_axes
from parloop.staging.totals import Totals
from parloop.staging.views import MakeIndex, View, with_new_axes


class Axes(Totals):
    """The arrays that are made of matrices."""

    def along(self, expr: Call) -> Elements | Number:
        """Return what a call makes of each row or column of its argument."""
        value, word, span = self.value(expr.arguments[0]), REDUCTIONS[expr.callee], expr.span
        if not isinstance(value, Elements):
            raise self.declined(span, f"`{word}` is taken of what is not an array")
        axis = expr.arguments[1]
        ndim = len(value.shape)
        keeps = len(expr.arguments) > 2
        if ndim == 1 and axis in (Const(0), Const(-1)) and not keeps:
            return self.of_all(value, word, expr)
        if not isinstance(axis, Const) or type(axis.value) is not int or ndim != 2:
            raise self.declined(span, f"`{word}` along an axis of other than a matrix")
        if not -ndim <= axis.value < ndim or value.type.kind not in "biuf":
            raise self.declined(span, f"`{word}` along this axis is not compiled")
        last = axis.value % ndim == 1
        if word not in _RESULTS:
            raise self.declined(span, f"`{word}` along an axis is not compiled")
        self.look_at_all(value, value.shape, span)
        for length in value.shape:
            self.require(at_least(length, 1), span)
        kind = self.kind_along(word, value, span)
        if word in ("sum", "mean") and kind.kind == "f":
            self.require_order_along(value, kind, span, last=last)
        kept = value.shape[0 if last else 1]
        name = self.scratch_for(expr, "axis", kind, (kept,), span)
        self.passing.add(name)
        if word in ("sum", "mean") and kind.kind == "f" and not last:
            self.sum_of_rows(name, value, span)
            if word == "mean":
                self.divide(name, value, span)
        else:
            self.each_along(name, word, value, span, last=last)
        view = View(name, full_axes((kept,)))
        if keeps:
            self.kept_from[name] = value
            view = with_new_axes(view, (1 if last else 0,))
        found = self.read(view)
        return Elements(view.shape, kind, found.build, found.reads)

    def kind_along(self, word: str, value: Elements, span: Span) -> Scalar:
        """Return the type of the results."""
        kind = _RESULTS[word] or value.type
        if word == "sum" and value.type.kind in "biu":
            return NP_UINT64 if value.type.kind == "u" else NP_INT64
        if word == "mean" and value.type != NP_FLOAT64:
            raise self.declined(span, f"`mean` of {value.type} along an axis is not compiled")
        if word in ("min", "max") and value.type.kind == "b":
            raise self.declined(span, "the smallest or largest of truth values is not compiled")
        return kind

    def require_order_along(
        self, value: Elements, kind: Scalar, span: Span, *, last: bool
    ) -> None:
        """Decline, or require what is needed for NumPy to add in the order that is known."""
        if not axes_agree(kind.bits):
            raise self.declined(span, "this NumPy adds in another order")
        self.require_forward(value, span)
        if value.view is not None and not self.is_one_piece(value.view):
            raise self.declined(span, "a part of a matrix is summed along an axis")
        if not last:
            self.require(at_least(value.shape[1], 2), span)

    def each_along(
        self, name: str, word: str, value: Elements, span: Span, *, last: bool
    ) -> None:
        """Write the loop that stores the number of each row or column."""
        place = self.fresh("i")
        kept, across = value.shape if last else (value.shape[1], value.shape[0])

        def build(indices: Sequence[MakeIndex]) -> Expr:
            fixed: MakeIndex = lambda: Name(place)  # noqa: E731
            return value.build([fixed, indices[0]] if last else [indices[0], fixed])

        line = Elements((across,), value.type, build, value.reads)
        outer, self.out = self.out, []
        make: Callable[[Elements, Span], Number] = getattr(self, f"_{word}")
        found = make(line, span)
        self.out.append(Store(name, (Name(place),), found.expr, span))
        inside, self.out = tuple(self.out), outer
        self.out.append(
            For(place, Const(0), to_expr(kept), Const(1), inside, (), span)
        )

    def divide(self, name: str, value: Elements, span: Span) -> None:
        """Write the loop that divides sums of columns by the number of rows."""
        rows, columns = value.shape
        k = self.fresh("i")
        share = Binary("/", Load(name, (Name(k),), span), to_expr(rows), span)
        stmt: Stmt = Store(name, (Name(k),), share, span)
        self.out.append(For(k, Const(0), to_expr(columns), Const(1), (stmt,), (), span))

    def sum_of_rows(self, name: str, value: Elements, span: Span) -> None:
        """Write the loops that add row after row."""
        rows, columns = value.shape
        i, j, k = (self.fresh("i") for _ in range(3))
        zero = converted(Const(0.0), value.type)
        clear: Stmt = Store(name, (Name(k),), zero, span)
        self.out.append(For(k, Const(0), to_expr(columns), Const(1), (clear,), (), span))
        element = value.build([lambda: Name(i), lambda: Name(j)])
        more = Binary("+", Load(name, (Name(j),), span), element, span)
        add: Stmt = Store(name, (Name(j),), more, span)
        inner: Stmt = For(j, Const(0), to_expr(columns), Const(1), (add,), (), span)
        self.out.append(For(i, Const(0), to_expr(rows), Const(1), (inner,), (), span))


_RESULTS: dict[str, Scalar | None] = {
    "sum": None,
    "mean": NP_FLOAT64,
    "min": None,
    "max": None,
    "argmin": NP_INT64,
    "argmax": NP_INT64,
    "any": NP_BOOL,
    "all": NP_BOOL,
}
"""The types of the results; None: those of the elements."""


@functools.cache
def axes_agree(bits: int) -> bool:
    """Return whether NumPy sums the rows of matrices one by one, and columns row after row."""
    scalar = numpy.dtype(f"f{bits // 8}").type
    chance = numpy.random.default_rng(2027)
    for rows in (1, 2, 3, 5, 8, 9, 17, 40, 130):
        for columns in (1, 2, 3, 4, 7, 8, 9, 16, 33, 129, 200):
            scales = 10.0 ** chance.integers(-6, 7, (rows, columns))
            m = (chance.standard_normal((rows, columns)) * scales).astype(scalar)
            along = [scalar(0.0) + total(list(row), scalar(-0.0)) for row in m]
            if m.sum(axis=1).tobytes() != numpy.array(along, scalar).tobytes():
                return False
            after = numpy.zeros(columns, scalar)
            for row in m:
                after += row
            if columns > 1 and m.sum(axis=0).tobytes() != after.tobytes():
                return False
    return True
