"""Which iterations come to an effect, where arithmetic on their numbers says so.

    if t % 100 == 0: EFFECT          0, 100, 200, ...

A launch ends before such an iteration, instead of finding out in it and undoing what the others of
its slice have done. Nothing depends on the answer being right: an effect that was not foreseen is
found by machine code, and an iteration without one may as well run in the interpreter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import gcd
from typing import Any, TypeAlias

from parloop.capture.effects import EFFECT
from parloop.ir.nodes import (
    Assign,
    Binary,
    Compare,
    Const,
    Expr,
    For,
    If,
    Logical,
    Name,
    Nest,
    Stmt,
    Unary,
)
from parloop.ir.walk import statements

Stops: TypeAlias = Callable[[int], int]
"""The number of the first iteration from a given one on that comes to an effect."""


@dataclass(frozen=True, slots=True)
class _Line:
    """`slope * n + offset` in iteration number `n`."""

    slope: int
    offset: int


@dataclass(frozen=True, slots=True)
class _Times:
    """The iterations `first`, `first + period`, ...; only the first if there is no period."""

    first: int
    period: int = 0

    def after(self, number: int, never: int) -> int:
        """Return the first of them that is not before `number`, or `never`."""
        if number <= self.first:
            return self.first
        if not self.period:
            return never
        return number + (self.first - number) % self.period


def is_effect(stmt: Stmt) -> bool:
    """Return whether `stmt` stands for an effect."""
    return isinstance(stmt, Assign) and stmt.target == EFFECT


def has_effects(nest: Nest) -> bool:
    """Return whether an iteration of `nest` may come to an effect."""
    return any(map(is_effect, statements((nest.loop,))))


def find_stops(nest: Nest, indices: range, given: Mapping[str, Any]) -> Stops | None:
    """Return what foresees the effects of a nest over `indices`; None if nothing can."""
    known = _lines_of(nest, indices, given)
    times: list[_Times] = []
    for tests in _tests_of_effects(nest.loop.body, ()):
        for test in tests:
            found = _times_of(test, known)
            if found is not None:
                times += found
                break
    if not times:
        return None
    total = len(indices)
    return lambda number: min(total, *(one.after(number, total) for one in times))


def _lines_of(nest: Nest, indices: range, given: Mapping[str, Any]) -> dict[str, _Line]:
    """Return the names that are lines in the number of the iteration."""
    inside = [*statements(nest.loop.body)]
    stored = Counter(s.target for s in inside if isinstance(s, Assign))
    stored.update(s.index for s in inside if isinstance(s, For))
    known = {
        name: _Line(0, value)
        for name, value in given.items()
        if type(value) is int and name not in stored
    }
    if nest.loop.index not in stored:
        known[nest.loop.index] = _Line(indices.step, indices.start)
    for stmt in nest.loop.body:
        if isinstance(stmt, Assign) and stored[stmt.target] == 1:
            line = _line_of(stmt.value, known)
            if line is not None:
                known[stmt.target] = line
    return known


def _tests_of_effects(
    body: tuple[Stmt, ...], tests: tuple[Expr, ...]
) -> Iterator[tuple[Expr, ...]]:
    """Yield for each effect outside of inner loops tests of which all hold where it is."""
    for stmt in body:
        match stmt:
            case Assign() if is_effect(stmt):
                yield tests
            case If(test=test, then=then, otherwise=orelse):
                yield from _tests_of_effects(then, (*tests, test))
                yield from _tests_of_effects(orelse, tests)


def _times_of(test: Expr, known: Mapping[str, _Line]) -> list[_Times] | None:
    """Return when `test` holds, at least; None if that cannot be told."""
    match test:
        case Logical(op="and", left=left, right=right):
            found = _times_of(left, known)
            return _times_of(right, known) if found is None else found
        case Logical(left=left, right=right):
            one, other = _times_of(left, known), _times_of(right, known)
            return None if one is None or other is None else [*one, *other]
        case Unary(op="not", operand=operand):
            return _zeros_of(operand, _Line(0, 0), known)
        case Compare(op="==", left=left, right=right):
            line = _line_of(right, known)
            if line is not None:
                return _zeros_of(left, line, known)
    return None


def _zeros_of(expr: Expr, other: _Line, known: Mapping[str, _Line]) -> list[_Times] | None:
    """Return the iterations in which `expr` is `other`."""
    match expr:
        case Binary(op="%", left=left, right=right):
            line, modulus = _line_of(left, known), _line_of(right, known)
            if line is None or modulus is None or modulus.slope or other.slope:
                return None
            size, remainder = modulus.offset, other.offset
            if size <= 0:
                return None
            return _congruent(line, remainder, size) if 0 <= remainder < size else []
    line = _line_of(expr, known)
    if line is None:
        return None
    slope, distance = line.slope - other.slope, other.offset - line.offset
    if not slope:
        return None
    return [_Times(distance // slope)] if distance % slope == 0 and distance * slope >= 0 else []


def _congruent(line: _Line, remainder: int, size: int) -> list[_Times]:
    """Return the iterations in which `line` leaves `remainder`, divided by `size`."""
    common = gcd(line.slope, size)
    distance = remainder - line.offset
    if distance % common:
        return []
    period = size // common
    if period == 1:
        return [_Times(0, 1)]
    return [_Times(distance // common * pow(line.slope // common, -1, period) % period, period)]


def _line_of(expr: Expr, known: Mapping[str, _Line]) -> _Line | None:
    match expr:
        case Const(value=value) if type(value) is int:
            return _Line(0, value)
        case Name(id=name):
            return known.get(name)
        case Binary(op="+" | "-" | "*" as op, left=left, right=right):
            one, other = _line_of(left, known), _line_of(right, known)
            if one is None or other is None:
                return None
            if op == "*":
                if one.slope and other.slope:
                    return None
                if other.slope:
                    one, other = other, one
                return _Line(one.slope * other.offset, one.offset * other.offset)
            sign = 1 if op == "+" else -1
            return _Line(one.slope + sign * other.slope, one.offset + sign * other.offset)
    return None
