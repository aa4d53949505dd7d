"""Eliminate symbols from a system of affine constraints, exactly where that is easy.

    0 <= i < n, i == j - 1, 0 <= j < m    without i, j    is    n >= 1 and m >= 2

This is Fourier and Motzkin's method over the integers: it is exact as long as one coefficient of
each pair of bounds is 1 (the usual case: loops count by one). Where it is not, the caller asks isl,
or takes the *shadow*: the same combination without the test, which may be larger than the exact set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from parloop.analysis.affine import Affine, System, combine, content

MAX_ROWS = 64
"""More inequalities than this are not eliminated here: isl removes redundant ones as it goes."""


class Contradiction(Exception):
    """The system has no solution."""


class NotExact(Exception):
    """The result would be larger than the exact set, or too many rows; ask isl."""


def eliminate(system: System, keep: Collection[str] | None, *, shadow: bool = False) -> System | None:
    """Return `system` without the symbols outside `keep` (None keeps parameters), or None if empty.

    Raises `NotExact` where the method would give more than the exact projection; with `shadow` it
    returns that larger set instead, and only a system of too many rows raises.
    """
    try:
        return _Elimination(system, keep, shadow).run()
    except Contradiction:
        return None


def is_infeasible(system: System) -> bool:
    """Return whether `system` is certainly without integer points; False means unknown."""
    try:
        return eliminate(system, (), shadow=True) is None
    except NotExact:
        return False


def without_redundant(system: System, context: System) -> System:
    """Return `system` without the inequalities that the others and `context` imply."""
    rows = list(system.nonnegative)
    for row in tuple(rows):
        others = [other for other in rows if other is not row]
        negated = row.scaled(-1).shifted(-1)
        if is_infeasible(System(system.zero, (*others, negated)) & context):
            rows = others
    return System(system.zero, tuple(rows))


def normal_inequality(row: Affine) -> Affine | None:
    """Return `row >= 0` divided by its content and tightened, or None if it always holds."""
    divisor = content(row)
    if divisor == 0:
        if row.constant < 0:
            raise Contradiction
        return None
    if divisor == 1:
        return row
    terms = {name: c // divisor for name, c in row.terms.items()}
    return Affine(terms, row.constant // divisor)


def normal_equality(row: Affine) -> Affine | None:
    """Return `row == 0` divided by its content, or None if it always holds."""
    divisor = content(row)
    if divisor == 0:
        if row.constant != 0:
            raise Contradiction
        return None
    if row.constant % divisor:
        raise Contradiction
    if divisor == 1:
        return row
    terms = {name: c // divisor for name, c in row.terms.items()}
    return Affine(terms, row.constant // divisor)


class _Elimination:
    def __init__(self, system: System, keep: Collection[str] | None, shadow: bool) -> None:
        self.keep = keep
        self.shadow = shadow
        self.zero: list[Affine] = []
        self.rows: dict[frozenset[tuple[str, int]], Affine] = {}
        for row in system.zero:
            self.add_zero(row)
        for row in system.nonnegative:
            self.add_row(row)

    def goes(self, name: str) -> bool:
        if self.keep is None:
            return name[0] in "@$"
        return name not in self.keep

    def add_zero(self, row: Affine) -> None:
        normal = normal_equality(row)
        if normal is not None:
            self.zero.append(normal)

    def add_row(self, row: Affine) -> None:
        """Add `row >= 0`, keeping only the tightest of parallel rows."""
        normal = normal_inequality(row)
        if normal is None:
            return
        key = frozenset(normal.terms.items())
        known = self.rows.get(key)
        if known is None:
            opposite = self.rows.get(frozenset((s, -c) for s, c in normal.terms.items()))
            if opposite is not None and opposite.constant + normal.constant < 0:
                raise Contradiction
            if len(self.rows) >= MAX_ROWS:
                raise NotExact
        if known is None or normal.constant < known.constant:
            self.rows[key] = normal

    def run(self) -> System:
        self.use_equalities()
        while True:
            names = {s for row in self.rows.values() for s in row.terms if self.goes(s)}
            if not names:
                return System(tuple(self.zero), tuple(self.rows.values()))
            self.drop(self.cheapest(names))

    def use_equalities(self) -> None:
        """Substitute every equality that has a unit coefficient on a symbol that goes."""
        while True:
            found = self.find_substitution()
            if found is None:
                break
            row, name = found
            self.zero.remove(row)
            factor = row.terms[name]
            rest = Affine({s: c for s, c in row.terms.items() if s != name}, row.constant)
            value = rest.scaled(-factor)
            zero, self.zero = self.zero, []
            for other in zero:
                self.add_zero(other.replaced(name, value))
            self.replace_in_rows(name, value)
        if any(self.goes(s) for row in self.zero for s in row.terms):
            if not self.shadow:
                raise NotExact
            zero, self.zero = self.zero, []
            for row in zero:
                if any(self.goes(s) for s in row.terms):
                    self.add_row(row)
                    self.add_row(row.scaled(-1))
                else:
                    self.zero.append(row)

    def find_substitution(self) -> tuple[Affine, str] | None:
        for row in self.zero:
            for name, factor in row.terms.items():
                if factor in (1, -1) and self.goes(name):
                    return row, name
        return None

    def replace_in_rows(self, name: str, value: Affine) -> None:
        touched = [(key, row) for key, row in self.rows.items() if name in row.terms]
        for key, _ in touched:
            del self.rows[key]
        for _, row in touched:
            self.add_row(row.replaced(name, value))

    def bounds(self, name: str) -> tuple[list[Affine], list[Affine]]:
        lower = [row for row in self.rows.values() if row.terms.get(name, 0) > 0]
        upper = [row for row in self.rows.values() if row.terms.get(name, 0) < 0]
        return lower, upper

    def cheapest(self, names: Iterable[str]) -> str:
        """Return the symbol whose elimination is exact and adds the fewest rows."""
        best: tuple[bool, int, str] | None = None
        for name in sorted(names):
            lower, upper = self.bounds(name)
            exact = all(row.terms[name] == 1 for row in lower) or all(
                row.terms[name] == -1 for row in upper
            )
            rank = (not exact, len(lower) * len(upper) - len(lower) - len(upper), name)
            if best is None or rank < best:
                best = rank
        assert best is not None
        if best[0] and not self.shadow:
            raise NotExact
        return best[2]

    def drop(self, name: str) -> None:
        lower, upper = self.bounds(name)
        self.rows = {key: row for key, row in self.rows.items() if name not in row.terms}
        for low in lower:
            for high in upper:
                a, b = -high.terms[name], low.terms[name]
                self.add_row(combine(low, a, high, b))
