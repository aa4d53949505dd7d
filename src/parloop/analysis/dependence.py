"""Dependences between the array accesses of a nest: which loop carries them, and when.

Two accesses *conflict at level k* if they may touch the same element in different iterations of
loop k, and in the same iterations of the loops around it. The loop then cannot run in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

from parloop.analysis.accesses import Access, Collected, LoopShape
from parloop.analysis.affine import EVERYTHING, System, combine, constant, counter, symbol
from parloop.analysis.conditions import UNKNOWN, Condition
from parloop.analysis.elimination import NotExactError, eliminate, is_infeasible
from parloop.analysis.projection import NOTHING, Projection, project_to_parameters
from parloop.analysis.subscripts import Test, test_subscripts
from parloop.source import Span

Kind: TypeAlias = Literal["flow", "anti", "output"]
Direction: TypeAlias = Literal["<", "=", ">", "*"]

PLAIN_DISTANCE = 4
"""A dependence that exists whenever a loop makes more iterations than this is not worth a test when
the loop is run: the loop counts as serial."""

MAX_QUERIES = 1000
"""Of a nest with more questions than this, the others are answered by the classical tests alone."""


@dataclass(frozen=True, slots=True)
class Dependence:
    """Two accesses that touch the same element in different iterations of loop `carrier`.

    `distances` and `directions` have an entry for each loop around both, outermost first, from the
    source (which comes first) to the sink; a distance is None where it is not constant.
    """

    kind: Kind
    name: str  # the array, as the source names it
    source: Access
    sink: Access
    source_span: Span
    sink_span: Span
    carrier: int  # the number of the loop that carries it
    loops: tuple[int, ...]
    distances: tuple[int | None, ...]
    directions: tuple[Direction, ...]
    conditions: tuple[Condition, ...]  # it exists where one of these holds
    plain: bool  # it exists as soon as the loops run a few iterations
    exact: bool  # it surely exists where one of `conditions` holds
    ordered: bool = True  # False if the loop's step is unknown, so that source and sink may swap
    exhausted: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """A pair of accesses in conflict at one level, seen from the one that comes first."""

    level: int  # position in `loops` of the pair
    projection: Projection
    plain: bool


@dataclass(frozen=True, slots=True)
class PairResult:
    """What is known about two accesses: `forward` where the first runs in an earlier iteration."""

    loops: tuple[int, ...]
    independent: Test | None
    distances: tuple[int | None, ...] = ()
    forward: tuple[Conflict, ...] = ()
    backward: tuple[Conflict, ...] = ()


class PairTester:
    """Tests pairs of accesses of one nest, each kind of pair once."""

    def __init__(self, collected: Collected, overlapping: frozenset[frozenset[str]]) -> None:
        self.shapes = collected.loops
        self.context = collected.context
        self.overlapping = overlapping
        self.cache: dict[tuple[int, int, bool], PairResult] = {}
        self.trips = {
            shape.number: constant_trip(shape) for shape in self.shapes if shape.counts_iterations
        }
        self.classes = _classes(collected.accesses)
        self.queries = 0
        self.usual_cache: dict[tuple[int, int], System] = {}

    def pairs(self, accesses: tuple[Access, ...]) -> Iterator[tuple[Access, Access]]:
        """Yield the pairs that may conflict, in order of the text; a store pairs itself."""
        for place, first in enumerate(accesses):
            for second in accesses[place:]:
                if (first.is_write or second.is_write) and (
                    first.memory == second.memory or self.may_overlap(first, second)
                ):
                    yield first, second

    def may_overlap(self, first: Access, second: Access) -> bool:
        """Return whether the two arrays overlap in a way that is not known."""
        return frozenset((first.array, second.array)) in self.overlapping

    def is_blind(self, first: Access, second: Access) -> bool:
        """Return whether nothing can be told about elements that both touch."""
        return self.may_overlap(first, second) or len(first.cells) != len(second.cells)

    def test(self, first: Access, second: Access) -> PairResult:
        """Return where `first` and `second` conflict."""
        blind = self.is_blind(first, second)
        key = (self.classes[first.position], self.classes[second.position], blind)
        if key not in self.cache:
            self.cache[key] = self.compute(first, second, blind)
        result = self.cache[key]
        if first is second:
            return PairResult(
                result.loops, result.independent, result.distances, result.forward
            )
        return result

    def compute(self, first: Access, second: Access, blind: bool) -> PairResult:
        loops = common_loops(first, second)
        primes = renamed_apart(second, len(loops))
        known: Mapping[int, int] = {}
        if not blind:
            apart = tuple(None if cell is None else cell.renamed(primes) for cell in second.cells)
            tested = test_subscripts(first.cells, apart, loops, self.trips)
            if tested.independent is not None:
                return PairResult(loops, tested.independent)
            known = tested.distances
        distances = tuple(known.get(loop) for loop in loops)
        forward: list[Conflict] = []
        backward: list[Conflict] = []
        for level, distance in enumerate(distances):
            if distance is None or distance > 0:
                forward.append(self.conflict(first, second, loops, level, distance, blind, 1))
            if distance is None or distance < 0:
                backward.append(self.conflict(first, second, loops, level, distance, blind, -1))
            if distance:
                break
        return PairResult(
            loops,
            None,
            distances,
            tuple(found for found in forward if not found.projection.is_empty),
            tuple(found for found in backward if not found.projection.is_empty),
        )

    def conflict(
        self,
        first: Access,
        second: Access,
        loops: tuple[int, ...],
        level: int,
        distance: int | None,
        blind: bool,
        sign: int,
    ) -> Conflict:
        """Return where the pair conflicts at `level`, `first` before `second` if `sign` is 1."""
        names = renamed_apart(second, level)
        domain = first.domain & second.domain.renamed(names)
        mine = counter(loops[level])
        if distance is not None:
            step = symbol(names[mine]) - symbol(mine).shifted(distance)
            order = System(zero=(step,))
        else:
            ahead = combine(symbol(names[mine]), sign, symbol(mine), -sign).shifted(-1)
            order = System(nonnegative=(ahead,))
        meeting = EVERYTHING if blind else self.meeting(first, second, names)
        if not meeting.zero:  # nothing is known of the elements
            return Conflict(level, Projection((UNKNOWN,)), True)
        self.queries += 1
        if self.queries > MAX_QUERIES:
            return Conflict(level, Projection((UNKNOWN,), exhausted=True), True)
        projection = project_to_parameters(domain & order & meeting, self.context)
        if projection.is_empty:
            return Conflict(level, NOTHING, False)
        if distance is not None and abs(distance) <= PLAIN_DISTANCE:
            return Conflict(level, projection, True)
        usual = self.usual(first, loops[level]) & self.usual(second, loops[level]) & self.context
        plain = any(_covers(condition, usual) for condition in projection.conditions)
        return Conflict(level, projection, plain)

    def usual(self, access: Access, loop: int) -> System:
        """Return parameter values for which `access` is made and `loop` makes some iterations.

        May be too large a set, which errs towards testing a condition when the loop is run.
        """
        key = (self.classes[access.position], loop)
        if key not in self.usual_cache:
            late = constant(PLAIN_DISTANCE)
            long = System(
                nonnegative=tuple(
                    row.replaced(counter(loop), late)
                    for row in self.shapes[loop].inside.nonnegative
                )
            )
            try:
                found = eliminate(access.domain & long, None, shadow=True)
            except NotExactError:
                found = EVERYTHING
            # Where the access is never made, any condition will do.
            self.usual_cache[key] = System(nonnegative=(constant(-1),)) if found is None else found
        return self.usual_cache[key]


    def meets_in_iteration(self, first: Access, second: Access, loops: tuple[int, ...]) -> bool:
        """Return whether both may touch one element in the same iterations of all of `loops`.

        `loops` are around both, outermost first. Errs towards True.
        """
        names = renamed_apart(second, len(loops))
        system = first.domain & second.domain.renamed(names)
        system &= self.meeting(first, second, names) & self.context
        return not is_infeasible(system)

    def meeting(self, first: Access, second: Access, names: Mapping[str, str]) -> System:
        """Return the constraints that both touch one element, `second` with symbols renamed."""
        if self.is_blind(first, second):
            return EVERYTHING
        pairs = zip(first.cells, second.cells, strict=True)
        return System(
            tuple(a - b.renamed(names) for a, b in pairs if a is not None and b is not None)
        )

    def may_run_in(self, dependence: Dependence, directions: Sequence[Direction]) -> bool:
        """Return whether `dependence` may have these `directions`; errs towards True."""
        source, sink = dependence.source, dependence.sink
        names = renamed_apart(sink, 0)
        system = source.domain & sink.domain.renamed(names) & self.context
        system &= self.meeting(source, sink, names)
        for loop, direction in zip(dependence.loops, directions, strict=True):
            ahead = symbol(names[counter(loop)]) - symbol(counter(loop))
            match direction:
                case "<":
                    system &= System(nonnegative=(ahead.shifted(-1),))
                case ">":
                    system &= System(nonnegative=(ahead.scaled(-1).shifted(-1),))
                case "=":
                    system &= System(zero=(ahead,))
                case "*":
                    pass
                case _:
                    assert_never(direction)
        return not is_infeasible(system)


def renamed_apart(access: Access, shared: int) -> dict[str, str]:
    """Return other names for what the second access of a pair has for itself: the counters of all
    but the `shared` outermost loops, and existentials."""
    names = {counter(loop): counter(loop) + "'" for loop in access.loops[shared:]}
    return names | {name: name + "'" for name in access.quotients} if access.quotients else names


def _covers(condition: Condition, usual: System) -> bool:
    """Return whether `condition` certainly holds wherever `usual` does."""
    if condition.quotients or condition.system.zero:
        return False
    return all(
        is_infeasible(usual & System(nonnegative=(row.scaled(-1).shifted(-1),)))
        for row in condition.system.nonnegative
    )


def common_loops(first: Access, second: Access) -> tuple[int, ...]:
    """Return the loops around both accesses, outermost first."""
    count = 0
    for mine, other in zip(first.loops, second.loops, strict=False):
        if mine != other:
            break
        count += 1
    return first.loops[:count]


def constant_trip(shape: LoopShape) -> int | None:
    """Return the number of iterations of a loop with constant bounds."""
    if not shape.exact or len(shape.inside.nonnegative) < 2:
        return None
    trips: list[int] = []
    for row in shape.inside.nonnegative[1:]:
        if row.terms.keys() - {counter(shape.number)}:
            return None
        factor = row.coefficient(counter(shape.number))
        trips.append(max(0, row.constant // -factor + 1))
    return min(trips)


def _classes(accesses: tuple[Access, ...]) -> list[int]:
    """Number the accesses so that those with equal elements and iterations have equal numbers."""
    kinds: list[Access] = []
    numbers: list[int] = []
    for access in accesses:
        for number, kind in enumerate(kinds):
            if (
                kind.memory == access.memory
                and kind.array == access.array
                and kind.loops == access.loops
                and kind.cells == access.cells
                and kind.domain == access.domain
            ):
                numbers.append(number)
                break
        else:
            numbers.append(len(kinds))
            kinds.append(access)
    return numbers


def dependences_between(
    first: Access, second: Access, result: PairResult, shapes: tuple[LoopShape, ...]
) -> Iterator[Dependence]:
    """Yield the carried dependences that `result` describes, one for each loop and order."""
    for conflict in result.forward:
        yield _dependence(first, second, result, conflict, 1, shapes)
    for conflict in result.backward:
        yield _dependence(second, first, result, conflict, -1, shapes)


def _dependence(
    source: Access,
    sink: Access,
    result: PairResult,
    conflict: Conflict,
    sign: int,
    shapes: tuple[LoopShape, ...],
) -> Dependence:
    kind: Kind = "output"
    if not sink.is_write:
        kind = "flow"
    elif not source.is_write:
        kind = "anti"
    ordered = shapes[result.loops[conflict.level]].counts_iterations
    distances: list[int | None] = []
    directions: list[Direction] = []
    for level, known in enumerate(result.distances):
        distance = 0 if level < conflict.level else known
        if distance is not None:
            distance *= sign
        if level >= conflict.level and not shapes[result.loops[level]].counts_iterations:
            distance = None  # a distance of indices is not one of iterations
        elif distance and not ordered:
            distance = None  # its sign is that of the carrier's unknown step
        distances.append(distance)
        if level == conflict.level:
            directions.append("<")
        elif distance is None:
            directions.append("*")
        else:
            directions.append("=" if distance == 0 else "<" if distance > 0 else ">")
    return Dependence(
        kind,
        source.array,
        source,
        sink,
        source.node.span,
        sink.node.span,
        result.loops[conflict.level],
        result.loops,
        tuple(distances),
        tuple(directions),
        conflict.projection.conditions,
        conflict.plain,
        source.exact
        and sink.exact
        and source.is_affine
        and sink.is_affine
        and all(condition.exact for condition in conflict.projection.conditions),
        ordered,
        conflict.projection.exhausted,
    )
