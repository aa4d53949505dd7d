"""Choose loop pairs that run as a wavefront: serial as they stand, but with dependences at rest.

    for i { for j { u[i, j] = u[i - 1, j + 1] + u[i, j - 1] } }
    becomes    rows of i in strips, each strip from left to right in tiles; a tile may run once the
               strip above has done what lies above the tile, `lag` columns a row further on

Where every dependence of the pair has a constant distance (d_i, d_j), there is a least lag with
lag * d_i + d_j >= 1 for all of them: shifted by the lag from row to row, iterations of one column
of different rows are independent. So strips run at the same time on different cores, and the rows
of one strip side by side on one core (skewing; Wolf & Lam, *A loop transformation theory and an
algorithm to maximize parallelism*).
"""

from __future__ import annotations

from dataclasses import dataclass

from parloop.analysis import Analysis
from parloop.analysis.graph import find_wave
from parloop.ir.nodes import Assign, Call, For, Load, Name, While
from parloop.ir.walk import all_expressions, expressions, own_expressions, statements
from parloop.schedule.jam import CHEAP_CALLS, MOST_OPERATIONS, is_uniform

MOST_ROWS = 8
"""So many rows run side by side at most: as many chains as keep a core busy."""


@dataclass(frozen=True, slots=True)
class Wave:
    """How a pair of loops runs as a wavefront."""

    lag: int
    """By how many iterations of the inner loop a row stays behind the row before."""
    rows: int
    """How many rows run side by side on one core."""


def find_lags(analysis: Analysis, parallel: frozenset[int]) -> dict[int, int]:
    """Return the lag of each pair that may run as a wavefront, by the number of its outer loop.

    `parallel` are the loops that may run in any order: these, and those around them, need no wave.
    Dependences of subscripts that count from the end are not known here.
    """
    shapes = analysis.judge.collected.loops
    found: dict[int, int] = {}
    for facts in analysis.loops:
        if facts.number in parallel or not isinstance(inner := facts.loop.body[0], For):
            continue
        pair = (shapes[facts.number], shapes[analysis.of(inner).number])
        if pair[1].number in parallel or not all(shape.counts_iterations for shape in pair):
            continue
        mine = (*facts.dependences, *analysis.loops[pair[1].number].dependences)
        if not all(dependence.ordered for dependence in mine) or depends_on(inner, facts.loop):
            continue
        if _has_free_loop(analysis, pair[1].number, parallel) or not ends_surely(inner):
            continue
        lag = find_wave(analysis, facts.number)
        if lag is not None and lag <= MOST_LAG:
            found[facts.number] = lag
    return found


MOST_LAG = 64
"""A pair with a larger one hardly overlaps."""


def _has_free_loop(analysis: Analysis, inner: int, parallel: frozenset[int]) -> bool:
    """Return whether a loop inside may run in any order: its lanes and cores are worth more."""
    return any(
        inner in facts.parents and facts.number in parallel and not facts.reductions
        for facts in analysis.loops
    )


def ends_surely(inner: For) -> bool:
    """Return whether an iteration ends whatever the data is.

    What a tile has computed after a test has failed means nothing, and other tiles go on with it,
    which do not know.
    """
    inside = tuple(statements(inner.body))
    assigned = {stmt.target for stmt in inside if isinstance(stmt, Assign)}
    for stmt in inside:
        if isinstance(stmt, While):
            return False
        if isinstance(stmt, For):
            for bound in (stmt.start, stmt.stop, stmt.step):
                for part in expressions(bound):
                    if isinstance(part, Load | Call):
                        return False
                    if isinstance(part, Name) and part.id in assigned:
                        return False
    return True


def depends_on(inner: For, outer: For) -> bool:
    """Return whether the bounds of `inner` read the index of `outer`."""
    bounds = (inner.start, inner.stop, inner.step)
    return any(
        isinstance(part, Name) and part.id == outer.index
        for bound in bounds
        for part in expressions(bound)
    )


def choose_wave(loop: For, lag: int) -> Wave:
    """Return how the pair of `loop` and the loop right inside it runs as a wavefront."""
    inner = loop.body[0]
    assert isinstance(inner, For)
    rows = MOST_ROWS
    operations = sum(
        len(list(expressions(e))) for s in statements(inner.body) for e in own_expressions(s)
    )
    while rows > 1 and rows * operations > MOST_OPERATIONS:
        rows //= 2
    return Wave(lag, rows if _can_jam(loop, inner) else 1)


def _can_jam(loop: For, inner: For) -> bool:
    """Return whether the rows can run side by side: `schedule.jam` says what that needs."""
    inside = tuple(statements(inner.body))
    calls = (e for e in all_expressions(inner.body) if isinstance(e, Call))
    if any(call.callee not in CHEAP_CALLS for call in calls):
        return False
    varying = {loop.index, inner.index} | {s.target for s in inside if isinstance(s, Assign)}
    return is_uniform(inner.body, varying, set())
