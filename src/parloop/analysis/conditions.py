"""Sets of parameter values that a launch can test with a few integer comparisons.

    0 < k < n      holds({"k": 3, "n": 10}) is True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parloop.analysis.affine import EVERYTHING, Affine, System, combine, symbol


@dataclass(frozen=True, slots=True)
class Quotient:
    """An auxiliary symbol of a condition: `name == numerator // divisor`, rounded down."""

    name: str
    numerator: Affine
    divisor: int


@dataclass(frozen=True, slots=True)
class Condition:
    """A set of parameter values in which something bad happens: a dependence, a bad subscript.

    The set is all that is known about it: it is never complemented, and a caller asks for the good
    case by `not condition.holds(values)`.
    """

    system: System
    quotients: tuple[Quotient, ...] = ()
    exact: bool = True
    """Whether the bad thing surely happens when the condition holds and all accesses are made."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters that decide, sorted."""
        names = self.system.symbols()
        for quotient in self.quotients:
            names |= quotient.numerator.terms.keys()
        return tuple(sorted(names - {quotient.name for quotient in self.quotients}))

    def definitions(self) -> System:
        """Return the constraints that say what the quotients are."""
        rows: list[Affine] = []
        for quotient in self.quotients:
            rest = combine(quotient.numerator, 1, symbol(quotient.name), -quotient.divisor)
            rows += [rest, rest.scaled(-1).shifted(quotient.divisor - 1)]
        return System(nonnegative=tuple(rows))

    @property
    def is_certain(self) -> bool:
        """Whether every parameter value is in the set."""
        return not self.system.zero and not self.system.nonnegative

    def holds(self, values: Mapping[str, int]) -> bool:
        """Return whether the point `values` is in the set; computed in Python's integers."""
        if self.quotients:
            values = dict(values)
            for quotient in self.quotients:
                values[quotient.name] = quotient.numerator.at(values) // quotient.divisor
        return all(row.at(values) == 0 for row in self.system.zero) and all(
            row.at(values) >= 0 for row in self.system.nonnegative
        )

    @property
    def source(self) -> str:
        """The test as a Python expression that looks the parameters up in a dict named `values`."""
        return self.test({name: f"values[{name!r}]" for name in self.parameters})

    def test(self, parameters: Mapping[str, str]) -> str:
        """Return the test as a Python expression, in which the parameters are written as given."""
        terms = dict(parameters)
        for quotient in self.quotients:
            terms[quotient.name] = f"(({_sum(quotient.numerator, terms)}) // {quotient.divisor})"
        tests = [f"{_sum(row, terms)} == 0" for row in self.system.zero]
        tests += [f"{_sum(row, terms)} >= 0" for row in self.system.nonnegative]
        return " and ".join(tests) or "True"

    @property
    def text(self) -> str:
        """The set as a person would write it, in the user's names."""
        terms = {name: name for name in self.parameters}
        for quotient in self.quotients:
            numerator = _sum(quotient.numerator, terms)
            whole = numerator.isidentifier() or len(quotient.numerator.terms) == 0
            numerator = numerator if whole else f"({numerator})"
            terms[quotient.name] = f"({numerator} // {quotient.divisor})"
        tests = [_equality(row, terms) for row in self.system.zero]
        alone = {s for row in self.system.nonnegative if len(row.terms) == 1 for s in row.terms}
        tests += _chained([_inequality(row, terms, alone) for row in self.system.nonnegative])
        return " and ".join(tests) or "always"

    def __str__(self) -> str:
        return self.text


ALWAYS = Condition(EVERYTHING)
"""The condition that every parameter value fulfils."""

UNKNOWN = Condition(EVERYTHING, exact=False)
"""The condition that is taken where a set cannot be described: may hold always."""


def _sum(row: Affine, names: Mapping[str, str]) -> str:
    parts = [(c, names[name]) for name, c in sorted(row.terms.items(), key=lambda t: (-t[1], t[0]))]
    text = ""
    for c, name in parts:
        sign = ("-" if c < 0 else "") if not text else (" - " if c < 0 else " + ")
        text += sign + (name if abs(c) == 1 else f"{abs(c)}*{name}")
    if row.constant or not text:
        text += (f" {'-' if row.constant < 0 else '+'} {abs(row.constant)}") if text else str(
            row.constant
        )
    return text


def _sides(row: Affine) -> tuple[Affine, Affine]:
    """Return `(large, small)` with `row == large - small`, both without negative terms."""
    large = {name: c for name, c in row.terms.items() if c > 0}
    small = {name: -c for name, c in row.terms.items() if c < 0}
    if not large:
        return Affine({}, row.constant), Affine(small, 0)
    if not small:
        return Affine(large, 0), Affine({}, -row.constant)
    if row.constant >= 0:
        return Affine(large, row.constant), Affine(small, 0)
    return Affine(large, 0), Affine(small, -row.constant)


def _equality(row: Affine, names: Mapping[str, str]) -> str:
    large, small = _sides(row)
    return f"{_sum(large, names)} == {_sum(small, names)}"


def _inequality(row: Affine, names: Mapping[str, str], alone: set[str]) -> tuple[str, str, str]:
    """Return `(small, operator, large)`, with the operator that makes the constants smallest.

    Of a sum of two, one in `alone` stays on its side: `-n < k`, to go with `k < 0`.
    """
    if len(row.terms) == 2 and min(row.terms.values()) == 1:
        mine = [name for name in row.terms if name in alone and row.terms[name] == 1]
        if len(mine) == 1:
            rest = {name: -c for name, c in row.terms.items() if name != mine[0]}
            small, by = Affine(rest, -row.constant), "<="
            if row.constant < 0:
                small, by = small.shifted(-1), "<"
            return _sum(small, names), by, names[mine[0]]
    large, small = _sides(row)
    if (large.terms and small.constant > 0) or (not large.terms and large.constant < 0):
        # `n >= 1` reads better as `0 < n`, `k <= -1` as `k < 0`.
        if large.terms:
            return _sum(small.shifted(-1), names), "<", _sum(large, names)
        return _sum(small, names), "<", _sum(large.shifted(1), names)
    return _sum(small, names), "<=", _sum(large, names)


def _chained(tests: list[tuple[str, str, str]]) -> list[str]:
    """Return the tests as text, `0 < k` and `k < n` as `0 < k < n`."""
    chains: list[tuple[str, str, str]] = []  # first, text, last
    for small, operator, large in tests:
        for place, (first, text, last) in enumerate(chains):
            if last == small:
                chains[place] = (first, f"{text} {operator} {large}", large)
                break
            if first == large:
                chains[place] = (small, f"{small} {operator} {text}", last)
                break
        else:
            chains.append((small, f"{small} {operator} {large}", large))
    return [text for _, text, _ in chains]
