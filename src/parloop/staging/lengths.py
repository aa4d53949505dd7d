"""Sums of extents and integers, as which the lengths and ends of slices are compared.

    len(u[1:-1])   is   u.shape[0] - 2
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parloop.ir.nodes import Binary, Call, Compare, Const, Expr, Extent, Name, Unary
from parloop.ir.printer import to_text
from parloop.ir.walk import copied, expressions


@dataclass(frozen=True, slots=True)
class Linear:
    """`constant` plus the sum of factor times expression; no factor is zero, in a fixed order."""

    terms: tuple[tuple[Expr, int], ...]
    constant: int

    def __add__(self, other: Linear) -> Linear:
        return _combined(self, other, 1)

    def __sub__(self, other: Linear) -> Linear:
        return _combined(self, other, -1)

    def scaled(self, factor: int) -> Linear:
        """Return this sum times `factor`."""
        if not factor:
            return number(0)
        return Linear(tuple((e, f * factor) for e, f in self.terms), self.constant * factor)

    @property
    def names(self) -> frozenset[str]:
        """The names that are in it."""
        inside = (part for expr, _ in self.terms for part in expressions(expr))
        return frozenset(part.id for part in inside if isinstance(part, Name))

    @property
    def known(self) -> int | None:
        """The value where nothing is unknown."""
        return None if self.terms else self.constant


def number(value: int) -> Linear:
    """Return a known number."""
    return Linear((), value)


def atom(expr: Expr) -> Linear:
    """Return what only the launch knows."""
    return Linear(((expr, 1),), 0)


def linear_of(expr: Expr, value_of: Callable[[Name | Extent], Linear | None]) -> Linear | None:
    """Return `expr` as a sum, if it is one of what `value_of` knows."""
    match expr:
        case Const(value=value) if type(value) is int:
            return number(value)
        case Name() | Extent():
            return value_of(expr)
        case Unary(op="-" | "+" as op, operand=operand):
            inner = linear_of(operand, value_of)
            return None if inner is None else inner.scaled(-1 if op == "-" else 1)
        case Call(callee="builtins.index" | "builtins.int", arguments=(operand,)):
            return linear_of(operand, value_of)
        case Binary(op=op, left=left, right=right):
            one, other = linear_of(left, value_of), linear_of(right, value_of)
            return None if one is None or other is None else _arithmetic(op, one, other)
        case _:
            return None


def _arithmetic(op: str, one: Linear, other: Linear) -> Linear | None:
    match op:
        case "+":
            return one + other
        case "-":
            return one - other
        case "*" if other.known is not None:
            return one.scaled(other.known)
        case "*" if one.known is not None:
            return other.scaled(one.known)
        case "//" if other.known is not None and other.known > 0:
            return quotient(one, other.known)
        case _:
            return None


def quotient(value: Linear, divisor: int) -> Linear:
    """Return `value // divisor`."""
    if divisor == 1:
        return value
    if value.known is not None:
        return number(value.known // divisor)
    return atom(Binary("//", to_expr(value), Const(divisor)))


def to_expr(value: Linear) -> Expr:
    """Return the sum as an expression of new objects."""
    found: Expr | None = None
    for expr, factor in sorted(value.terms, key=lambda term: term[1] < 0):
        size = abs(factor)
        part = copied(expr) if size == 1 else Binary("*", Const(size), copied(expr))
        if found is None:
            found = part if factor > 0 else Unary("-", part)
        else:
            found = Binary("+" if factor > 0 else "-", found, part)
    if found is None:
        return Const(value.constant)
    if value.constant:
        op = "+" if value.constant > 0 else "-"
        return Binary(op, found, Const(abs(value.constant)))  # type: ignore[arg-type]
    return found


def at_least(value: Linear, least: int) -> Compare | bool:
    """Return whether `value >= least`, as an expression where it depends on the launch."""
    if value.known is not None:
        return value.known >= least
    return Compare(">=", to_expr(value), Const(least))


def _combined(one: Linear, other: Linear, factor: int) -> Linear:
    found = dict(one.terms)
    for expr, count in other.terms:
        found[expr] = found.get(expr, 0) + factor * count
    terms = [(expr, count) for expr, count in found.items() if count]
    return Linear(
        tuple(sorted(terms, key=lambda term: to_text(term[0]))),
        one.constant + factor * other.constant,
    )
