"""Arrays that a nest makes: `np.zeros(3)`, `np.full((2, 2), x)`, `np.array([x, y, z])`."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from parloop.ir.nodes import Call, Const, Expr, Store
from parloop.ir.types import NP_BOOL, NP_FLOAT64, NP_INT64, NUMPY_SCALARS, Scalar
from parloop.ir.walk import copied
from parloop.source import Span
from parloop.staging import rules
from parloop.staging.elementwise import Elements, Number, callee_of, converted
from parloop.staging.lengths import Linear, at_least, number
from parloop.staging.places import full_axes
from parloop.staging.rules_base import default_type, promote
from parloop.staging.scalars import UNSURE
from parloop.staging.values import Values
from parloop.staging.views import MakeIndex, View

_FILLED = {"zeros": 0.0, "ones": 1.0, "empty": 0.0}
"""What is in no array that CPython's run could have left is in none of ours."""


class Making(Values):
    """The arrays that calls make."""

    def made(self, expr: Call) -> Elements:
        """Return the elements of an array that a call makes."""
        word = expr.callee.removeprefix("numpy.")
        if word == "array":
            return self.listed(expr)
        if word.endswith("_like"):
            return self.made_like(word.removesuffix("_like"), expr)
        if word == "full":
            value = self.number(expr.arguments[-1])
            return self.filled(self.lengths(expr.arguments[:-1], expr.span), value, expr.span)
        shape = self.lengths(expr.arguments, expr.span)
        return self.filled(shape, Number(Const(_FILLED[word]), NP_FLOAT64), expr.span)

    def made_like(self, word: str, expr: Call) -> Elements:
        """Return an array with the shape, type and order of another."""
        value = self.value(expr.arguments[0])
        if not isinstance(value, Elements) or value.view is None:
            raise self.declined(expr.span, f"`np.{word}_like` of something that is not a name")
        if value.type.kind not in "biuf":
            raise self.declined(expr.span, f"an array of {value.type} is made")
        if not value.view.keeps_order:
            raise self.declined(expr.span, "an array is made like one whose axes are exchanged")
        if len(value.shape) > 1:
            self.ordered.add(value.view.array)
        self.look_at_all(value, value.shape, expr.span)
        return self.filled(value.shape, Number(Const(_FILLED[word]), value.type), expr.span)

    def lengths(self, parts: tuple[Expr, ...], span: Span) -> tuple[Linear, ...]:
        """Return the shape that the arguments of a call give."""
        found = []
        for part in parts:
            length = self.linear(part)
            if length is None or not self.is_fixed(length):
                raise self.declined(span, "an array is made whose length is not known before")
            self.require(at_least(length, 1), span)
            found.append(length)
        if not found:
            raise self.declined(span, "an array without axes is made")
        return tuple(found)

    def filled(self, shape: tuple[Linear, ...], value: Number, span: Span) -> Elements:
        """Return elements that are all the same."""
        part = self.held_item(value, span)
        if part.others or part.type.kind not in "biuf":
            raise self.declined(span, "an array is filled with what is not plainly a number")
        type_ = default_type(part.type)
        constant = part.expr

        def build(_indices: Sequence[MakeIndex]) -> Expr:
            return converted(copied(constant), type_)

        return Elements(shape, type_, build, ())

    def held_item(self, value: Number, span: Span) -> Number:
        """Return a number in a name, or a constant."""
        found = self.held(value, span)
        assert isinstance(found, Number)
        return found

    def listed(self, expr: Call) -> Elements:
        """Return an array of the items of a list."""
        rows = [part for part in expr.arguments if _is_listed(part)]
        if rows and len(rows) < len(expr.arguments):
            raise self.declined(expr.span, "a list of numbers and lists is made an array")
        items: list[tuple[Expr, ...]] = []
        for row in rows or [expr]:
            assert isinstance(row, Call)
            if any(_is_listed(part) for part in row.arguments) and rows:
                raise self.declined(expr.span, "a list of lists of lists is made an array")
            items.append(row.arguments)
        parts = [[self.held_item(self.number(p), expr.span) for p in row] for row in items]
        flat = [part for row in parts for part in row]
        if any(part.others or part.type == UNSURE or part.type.kind == "c" for part in flat):
            raise self.declined(expr.span, "an item of an array has several types")
        type_ = functools.reduce(promote, [default_type(part.type) for part in flat])
        if type_.kind == "f" and all(part.type.kind != "f" for part in flat):
            raise self.declined(expr.span, "integers of unlike types are made an array of floats")
        if any(rules.store_rule(type_, part.type) is None for part in flat):
            raise self.declined(expr.span, f"an item is not stored into an array of {type_}")
        shape = tuple(map(number, (len(parts), len(parts[0])) if rows else (len(flat),)))
        name = self.scratch_for(expr, "made", type_, shape, expr.span)
        self.passing.add(name)
        for place, numbers in enumerate(parts):
            for column, part in enumerate(numbers):
                places = (place, column) if rows else (column,)
                subscripts = tuple(map(Const, places))
                self.out.append(Store(name, subscripts, copied(part.expr), expr.span))
        found = self.read(View(name, full_axes(shape)))
        return Elements(shape, type_, found.build, found.reads)

    def made_of_type(self, expr: Call, made: Call) -> Elements:
        """Return the array that `made` makes with elements of the type that `expr` names."""
        value = self.made(made)
        type_ = _type_of_callee(expr.callee)
        is_exact = made.callee not in ("numpy.array", "numpy.full") or (
            type_ is not None and (value.type, type_) in _EXACT
        )
        if type_ is None or not (is_exact or value.type == type_):
            raise self.declined(expr.span, f"an array of {value.type} is made one of another type")
        if value.type == type_:
            return value
        target = type_

        def build(indices: Sequence[MakeIndex]) -> Expr:
            return converted(value.build(indices), target)

        return Elements(value.shape, type_, build, value.reads)


_EXACT = {(NP_INT64, NP_FLOAT64), (NP_BOOL, NP_FLOAT64), (NP_BOOL, NP_INT64)}
"""Items of the one type become those of the other in the same way, by themselves or by an array."""


def _is_listed(expr: Expr) -> bool:
    return isinstance(expr, Call) and expr.callee == "numpy.array"


def _type_of_callee(callee: str) -> Scalar | None:
    found = {callee_of(scalar): scalar for scalar in _ELEMENTS}
    return found.get(callee)


_ELEMENTS = tuple(scalar for scalar in NUMPY_SCALARS if scalar.kind in "biuf")
