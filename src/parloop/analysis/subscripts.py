"""The classical dependence tests on the subscripts of two accesses.

Kennedy and Allen's vocabulary: a pair of subscripts is ZIV, SIV or MIV by the number of loop
indices in it, and a *strong SIV* pair (`a*i + c` against `a*i + c'`) fixes the distance at which
the accesses meet. The *Delta* test puts such distances into the other subscripts and tests those
again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from parloop.analysis.affine import Affine, combine, constant, content

Test: TypeAlias = Literal[
    "ZIV", "strong SIV", "weak-zero SIV", "weak-crossing SIV", "GCD", "Banerjee"
]


@dataclass(frozen=True, slots=True)
class Tested:
    """What the classical tests say: `independent` names the test that proved it, if one did."""

    independent: Test | None
    distances: Mapping[int, int] = field(default_factory=dict)
    """For each loop whose distance is fixed: iterations from the first access to the second."""


def test_subscripts(
    first: Sequence[Affine | None],
    second: Sequence[Affine | None],
    common: Sequence[int],
    trips: Mapping[int, int | None],
) -> Tested:
    """Return what the subscripts alone tell about two accesses to one array ever meeting.

    `second` has its counters primed but for those of the `common` loops, which are the same symbols
    in both. `trips` has the loops whose counters start at 0, with the number of iterations where
    that is constant.
    """
    rows = [
        _with_distances(a, b, common)
        for a, b in zip(first, second, strict=False)
        if a is not None and b is not None
    ]
    known: dict[int, int] = {}
    progress = True
    while progress:
        progress = False
        for place, row in enumerate(rows):
            if row is None:
                continue
            proof = _no_solution(row)
            if proof is not None:
                return Tested(proof)
            distance = _strong(row)
            if distance is None:
                continue
            loop, value = distance
            trip = trips.get(loop)
            if trip is not None and abs(value) >= trip:
                return Tested("strong SIV")
            known[loop] = value
            rows[place] = None
            name = _distance_symbol(loop)
            rows = [None if r is None else r.replaced(name, constant(value)) for r in rows]
            progress = True
            break  # the rows have changed
    for row in rows:
        if row is not None and _is_never_zero(row, trips):
            return Tested(_shape(row))
    return Tested(None, known)


def _distance_symbol(loop: int) -> str:
    return f"^{loop}"


def _with_distances(a: Affine, b: Affine, common: Sequence[int]) -> Affine | None:
    """Return `b - a` where the second access runs at the counters of the first plus a distance."""
    row = combine(b, 1, a, -1)
    for loop in common:
        factor = b.coefficient(f"@{loop}")
        if factor:
            row = combine(row, 1, Affine({_distance_symbol(loop): factor}, 0), 1)
    return row


def _no_solution(row: Affine) -> Test | None:
    if row.is_constant:
        return "ZIV" if row.constant else None
    divisor = content(row)
    if row.constant % divisor:
        return "strong SIV" if len(row.terms) == 1 and next(iter(row.terms))[0] == "^" else "GCD"
    return None


def _strong(row: Affine) -> tuple[int, int] | None:
    """Return the loop and the distance that `row` fixes, if it fixes one."""
    if len(row.terms) != 1:
        return None
    ((name, factor),) = row.terms.items()
    if name[0] != "^":
        return None
    return int(name[1:]), -row.constant // factor


def _is_never_zero(row: Affine, trips: Mapping[int, int | None]) -> bool:
    """Return whether `row` keeps one sign over all iterations (Banerjee's inequalities).

    Bounds of loops that depend on other loops are not used: isl does that.
    """
    least: int | None = row.constant
    most: int | None = row.constant
    for name, factor in _by_iteration(row).items():
        if name[0] != "@":
            return False
        number = int(name.rstrip("'")[1:])
        if number not in trips:
            return False
        trip = trips[number]
        last = None if trip is None else factor * (trip - 1)
        if factor > 0:
            most = None if most is None or last is None else most + last
        else:
            least = None if least is None or last is None else least + last
    return (least is not None and least > 0) or (most is not None and most < 0)


def _by_iteration(row: Affine) -> dict[str, int]:
    """Return the coefficients of `row` over both counters, the second in place of the distance."""
    terms = dict(row.terms)
    for name, factor in row.terms.items():
        if name[0] == "^":
            loop = name[1:]
            del terms[name]
            terms[f"@{loop}'"] = factor
            terms[f"@{loop}"] = terms.get(f"@{loop}", 0) - factor
    return {name: factor for name, factor in terms.items() if factor}


def _shape(row: Affine) -> Test:
    """Return what Kennedy and Allen call the test that proved `row` never zero."""
    terms = _by_iteration(row)
    loops = {name.rstrip("'") for name in terms}
    if not loops:
        return "ZIV"
    if len(loops) > 1:
        return "Banerjee"
    if len(terms) == 1:
        return "weak-zero SIV"
    first, second = terms.values()
    return "weak-crossing SIV" if first == second else "Banerjee"
