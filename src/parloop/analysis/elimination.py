"""Eliminate symbols from a system of affine constraints, exactly where that is easy.

    0 <= i < n, i == j - 1, 0 <= j < m    without i, j    is    n >= 1 and m >= 2

This is Fourier and Motzkin's method over the integers: it is exact as long as one coefficient of
each pair of bounds is 1 (the usual case: loops count by one). Where it is not, the caller asks
isl, or takes the *shadow*: the same without the test, which may be larger than the exact set.
"""

from __future__ import annotations

from collections.abc import Collection

from parloop.analysis.affine import Affine, System, combine, content

MAX_ROWS = 64
"""More inequalities than this are not eliminated here: isl removes redundant ones as it goes."""


class ContradictionError(Exception):
    """The system has no solution."""


class NotExactError(Exception):
    """The result would be larger than the exact set, or too many rows; ask isl."""


def eliminate(
    system: System, keep: Collection[str] | None, *, shadow: bool = False
) -> System | None:
    """Return `system` without the symbols outside `keep`, or None if it is empty.

    `keep=None` keeps the parameters. Raises `NotExactError` where the method would give more than
    the exact projection; with `shadow` it returns that larger set instead, and only a system of too
    many rows raises.
    """
    try:
        return _Elimination(system, keep, shadow).run()
    except ContradictionError:
        return None


def is_infeasible(system: System) -> bool:
    """Return whether `system` is certainly without integer points; False means unknown."""
    try:
        return eliminate(system, (), shadow=True) is None
    except NotExactError:
        return False


def without_redundant(system: System, context: System) -> System:
    """Return `system` without the inequalities that the others and `context` imply."""
    rows = list(system.nonnegative)
    for row in system.nonnegative:
        others = [other for other in rows if other is not row]
        rest = System(system.zero, tuple(others)) & context
        if _may_imply(rest, row):
            negated = row.scaled(-1).shifted(-1)
            if is_infeasible(rest & System(nonnegative=(negated,))):
                rows = others
    return system if len(rows) == len(system.nonnegative) else System(system.zero, tuple(rows))


def _may_imply(system: System, row: Affine) -> bool:
    """Return False if a symbol of `row` is not bounded in its direction by any row of `system`."""
    return all(
        any(other.terms.get(name, 0) * factor > 0 for other in system.nonnegative)
        or any(name in other.terms for other in system.zero)
        for name, factor in row.terms.items()
    )


def normal_inequality(row: Affine) -> Affine | None:
    """Return `row >= 0` divided by its content and tightened, or None if it always holds."""
    divisor = content(row)
    if divisor == 0:
        if row.constant < 0:
            raise ContradictionError
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
            raise ContradictionError
        return None
    if row.constant % divisor:
        raise ContradictionError
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
        for row in self.without_free(system):
            self.add_row(row)

    def without_free(self, system: System) -> tuple[Affine, ...]:
        """Return the inequalities without those that can always be satisfied.

        A symbol that goes, and that all inequalities bound from the same side, may be as large (or
        as small) as they like. Most symbols of a context are of that kind.
        """
        bound = {name for row in system.zero for name in row.terms}
        rows = system.nonnegative
        while rows:
            signs: dict[str, int] = {}  # 1: only from below; 2: only from above; 3: both
            for row in rows:
                for name, factor in row.terms.items():
                    signs[name] = signs.get(name, 0) | (1 if factor > 0 else 2)
            free = {
                name
                for name, sign in signs.items()
                if sign != 3 and name not in bound and self.goes(name)
            }
            if not free:
                break
            rows = tuple([row for row in rows if free.isdisjoint(row.terms)])
        return rows

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
                raise ContradictionError
            if len(self.rows) >= MAX_ROWS:
                raise NotExactError
        if known is None or normal.constant < known.constant:
            self.rows[key] = normal

    def run(self) -> System:
        self.use_equalities()
        while self.rows and (name := self.cheapest()) is not None:
            self.drop(name)
        return System(tuple(self.zero), tuple(self.rows.values()))

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
                raise NotExactError
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

    def cheapest(self) -> str | None:
        """Return the symbol whose elimination is exact and adds the fewest rows."""
        # For each symbol: lower bounds, upper bounds, and those of either with a factor beyond 1.
        counts: dict[str, list[int]] = {}
        for row in self.rows.values():
            for name, factor in row.terms.items():
                count = counts.get(name)
                if count is None:
                    if not self.goes(name):
                        continue
                    count = counts[name] = [0, 0, 0, 0]
                if factor > 0:
                    count[0] += 1
                    count[2] += factor != 1
                else:
                    count[1] += 1
                    count[3] += factor != -1
        best: tuple[bool, int, str] | None = None
        for name, (lower, upper, rough_lower, rough_upper) in counts.items():
            inexact = rough_lower > 0 and rough_upper > 0
            rank = (inexact, lower * upper - lower - upper, name)
            if best is None or rank < best:
                best = rank
        if best is None:
            return None
        if best[0] and not self.shadow:
            raise NotExactError
        return best[2]

    def drop(self, name: str) -> None:
        """Eliminate `name` by combining each of its lower bounds with each of its upper bounds."""
        lower: list[Affine] = []
        upper: list[Affine] = []
        rest: dict[frozenset[tuple[str, int]], Affine] = {}
        for key, row in self.rows.items():
            factor = row.terms.get(name, 0)
            if factor == 0:
                rest[key] = row
            elif factor > 0:
                lower.append(row)
            else:
                upper.append(row)
        self.rows = rest
        for low in lower:
            for high in upper:
                self.add_row(combine(low, -high.terms[name], high, low.terms[name]))
