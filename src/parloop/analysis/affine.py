"""Affine integer expressions: `2*i + n - 1` as coefficients of symbols and a constant.

A symbol is a string: a *counter* `@k` (the iteration number of loop k of the nest, from 0), an
*existential* `$k` (a quotient that a floor division introduced), or a *parameter*, written as the
user would (`n`, `a.shape[0]`). A prime (`@k'`) marks the second of two accesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import gcd
from typing import Final, assert_never

from parloop.ir.nodes import CompareOperator


@dataclass(frozen=True, slots=True)
class Affine:
    """`constant` plus the sum of coefficient times symbol; no coefficient is zero.

    Treated as immutable: nothing writes to `terms` after construction.
    """

    terms: Mapping[str, int]
    constant: int

    def __add__(self, other: Affine) -> Affine:
        return combine(self, 1, other, 1)

    def __sub__(self, other: Affine) -> Affine:
        return combine(self, 1, other, -1)

    def scaled(self, factor: int) -> Affine:
        """Return this expression times `factor`."""
        if factor == 1:
            return self
        if factor == 0:
            return ZERO
        terms = {symbol: value * factor for symbol, value in self.terms.items()}
        return Affine(terms, self.constant * factor)

    def shifted(self, amount: int) -> Affine:
        """Return this expression plus the constant `amount`."""
        return Affine(self.terms, self.constant + amount) if amount else self

    def renamed(self, names: Mapping[str, str]) -> Affine:
        """Return this expression with some symbols given other names."""
        if not names or names.keys().isdisjoint(self.terms):
            return self
        terms = {names.get(symbol, symbol): value for symbol, value in self.terms.items()}
        return Affine(terms, self.constant)

    def replaced(self, symbol: str, value: Affine) -> Affine:
        """Return this expression with `value` put in for `symbol`."""
        factor = self.terms.get(symbol, 0)
        if factor == 0:
            return self
        rest = {name: c for name, c in self.terms.items() if name != symbol}
        return combine(Affine(rest, self.constant), 1, value, factor)

    def coefficient(self, symbol: str) -> int:
        """Return the coefficient of `symbol`, 0 if it does not occur."""
        return self.terms.get(symbol, 0)

    @property
    def is_constant(self) -> bool:
        """Whether no symbol occurs."""
        return not self.terms

    def at(self, values: Mapping[str, int]) -> int:
        """Return the value where every symbol has the value that `values` gives it."""
        return self.constant + sum(c * values[symbol] for symbol, c in self.terms.items())


ZERO = Affine({}, 0)


def constant(value: int) -> Affine:
    """Return the expression that is always `value`."""
    return Affine({}, value)


def symbol(name: str) -> Affine:
    """Return the expression that is the symbol `name`."""
    return Affine({name: 1}, 0)


def combine(left: Affine, a: int, right: Affine, b: int) -> Affine:
    """Return `a * left + b * right`."""
    terms = {name: a * c for name, c in left.terms.items()} if a != 1 else dict(left.terms)
    for name, c in right.terms.items():
        value = terms.get(name, 0) + b * c
        if value:
            terms[name] = value
        else:
            del terms[name]
    return Affine(terms, a * left.constant + b * right.constant)


def content(expression: Affine) -> int:
    """Return the greatest common divisor of the coefficients, 0 if there are none."""
    return gcd(*expression.terms.values())


def counter(loop: int) -> str:
    """Return the symbol of the iteration number of loop `loop` of the nest."""
    return f"@{loop}"


def is_parameter(name: str) -> bool:
    """Return whether `name` is a parameter, not a counter or an existential."""
    return name[0] not in "@$"


def symbols(expressions: Iterable[Affine]) -> set[str]:
    """Return all symbols that occur in `expressions`."""
    return {name for expression in expressions for name in expression.terms}


@dataclass(frozen=True, slots=True)
class System:
    """The integer points where all `zero` expressions are 0 and all `nonnegative` ones are >= 0."""

    zero: tuple[Affine, ...] = ()
    nonnegative: tuple[Affine, ...] = ()

    def __and__(self, other: System) -> System:
        return System(self.zero + other.zero, self.nonnegative + other.nonnegative)

    def renamed(self, names: Mapping[str, str]) -> System:
        """Return the same set with some symbols given other names."""
        if not names:
            return self
        return System(
            tuple(row.renamed(names) for row in self.zero),
            tuple(row.renamed(names) for row in self.nonnegative),
        )

    def symbols(self) -> set[str]:
        """Return all symbols that occur."""
        return symbols(self.zero) | symbols(self.nonnegative)


EVERYTHING = System()
"""The system without constraints."""


def arithmetic(op: str, a: Affine, b: Affine) -> Affine | None:
    """Return `a op b` for `+`, `-` and `*`, None where that is not affine."""
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case _:
            if b.is_constant:
                return a.scaled(b.constant)
            return b.scaled(a.constant) if a.is_constant else None


OPPOSITE: Final[Mapping[CompareOperator, CompareOperator]] = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "==": "!=",
    "!=": "==",
}


def comparison(op: CompareOperator, a: Affine, b: Affine) -> tuple[System, bool]:
    """Return where `a op b` holds, and whether it holds nowhere else."""
    match op:
        case "<":
            return System(nonnegative=((b - a).shifted(-1),)), True
        case "<=":
            return System(nonnegative=(b - a,)), True
        case ">":
            return System(nonnegative=((a - b).shifted(-1),)), True
        case ">=":
            return System(nonnegative=(a - b,)), True
        case "==":
            return System(zero=(a - b,)), True
        case "!=":  # a union of two sets
            return EVERYTHING, False
        case _:
            assert_never(op)
