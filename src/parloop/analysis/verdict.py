"""Stage 0: from a nest to what is known about each of its loops and accesses.

    analysis = analyse(nest)
    analysis.loops[0].verdict        Parallel(...), ParallelIf(...) or Serial(...)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from parloop.analysis import codes
from parloop.analysis.accesses import Access, Collected, LoopShape, collect_accesses
from parloop.analysis.affine import is_parameter
from parloop.analysis.conditions import Condition
from parloop.analysis.dependence import Dependence, PairTester, dependences_between
from parloop.analysis.exposure import refreshed_arrays
from parloop.analysis.facts import NO_FACTS, Facts
from parloop.analysis.ranges import AccessFacts, describe_ranges
from parloop.analysis.reductions import Reduction, array_reductions, scalar_reductions
from parloop.analysis.scalars import ScalarUse, scalar_use
from parloop.diagnostics import Diagnostic, Label
from parloop.frontend.ways import assigns_way
from parloop.ir.nodes import DRAWN, Expr, For, Load, Name, Nest, Stmt
from parloop.ir.walk import expressions, own_expressions, statements


@dataclass(frozen=True, slots=True)
class Parallel:
    """The iterations may run in any order, given that the order of `needs` does not matter."""

    needs: tuple[Reduction, ...] = ()


@dataclass(frozen=True, slots=True)
class ParallelIf:
    """As `Parallel` where none of the conditions `unless` holds."""

    unless: tuple[Condition, ...]
    needs: tuple[Reduction, ...] = ()


@dataclass(frozen=True, slots=True)
class Serial:
    """Not proved parallel. `reasons` is never empty."""

    reasons: tuple[Diagnostic, ...]


Verdict: TypeAlias = Parallel | ParallelIf | Serial


@dataclass(frozen=True, slots=True)
class Inspector:
    """All that keeps a loop serial is that `load` may give two iterations one element of `array`.

    If the values of `load` over the iterations of the loop are distinct, it is parallel.
    """

    array: str
    index: str
    load: Load
    axis: int


@dataclass(frozen=True, slots=True)
class LoopFacts:
    """What is known about one `For` of the nest."""

    number: int  # in order of the text, 0 is the outermost
    loop: For
    parents: tuple[int, ...]
    verdict: Verdict
    dependences: tuple[Dependence, ...]  # those that this loop carries
    reductions: tuple[Reduction, ...]  # all that were found, needed or not
    private: frozenset[str]  # scalars that every iteration assigns before it reads them
    last_values: frozenset[str]  # private scalars that may be read after the loop
    conditional: frozenset[str]  # private scalars that an iteration may leave unassigned
    inspectors: tuple[Inspector, ...]

    @property
    def needs(self) -> tuple[Reduction, ...]:
        """The reductions whose order must not matter for the verdict."""
        return () if isinstance(self.verdict, Serial) else self.verdict.needs


@dataclass(frozen=True, slots=True)
class Analysis:
    """What stage 0 knows of a nest.

    The verdicts assume that arrays in `disjoint` pairs share no memory, that no array overlaps
    itself, that subscripts below their extent raise nothing, and that `parameters` are exact
    integers that keep their value while the nest runs. `ParallelIf` guards against subscripts that
    count from the end; who transforms the nest (`graph`) tests `wraps` as well.
    """

    nest: Nest
    loops: tuple[LoopFacts, ...]
    accesses: tuple[AccessFacts, ...]
    parameters: tuple[str, ...]
    wanted: tuple[str, ...]
    """Parameters whose values (`Facts.values`) would describe more: factors such as the `n` of
    `a[i * n + j]`, divisors and steps. Empty where nothing is to be gained by asking again."""
    disjoint: tuple[tuple[str, str], ...]
    notes: tuple[Diagnostic, ...]
    exhausted: bool
    judge: Judge = field(repr=False, compare=False)  # for further questions about the same nest

    @property
    def wraps(self) -> tuple[Condition, ...] | None:
        """Where a subscript of a written array may count from the end, so that dependences and
        what `graph` says of the nest do not stand; None if that cannot be told."""
        return self.judge.wraps(0, self.nest.loop.body)

    @property
    def refreshed(self) -> frozenset[str]:
        """The written arrays whose old values no iteration of the outermost loop needs, provided
        that arrays share no memory and that every subscript is inside."""
        return self.judge.refreshed()

    def of(self, loop: For) -> LoopFacts:
        """Return the facts about `loop`, one of the loops of this nest."""
        return next(facts for facts in self.loops if facts.loop is loop)


def analyse(nest: Nest, facts: Facts = NO_FACTS) -> Analysis:
    """Return which loops of `nest` may run in any order, and what keeps the others from it."""
    collected = collect_accesses(nest, facts)
    accesses = describe_ranges(collected)
    judge = Judge(nest, facts, collected, accesses)
    loops = tuple(judge.loop_facts(shape) for shape in collected.loops)
    return Analysis(
        nest,
        loops,
        accesses,
        _parameters(collected),
        collected.wanted,
        _disjoint(collected.accesses, facts),
        judge.notes(),
        judge.exhausted,
        judge,
    )


def _parameters(collected: Collected) -> tuple[str, ...]:
    names: set[str] = set()
    for access in collected.accesses:
        names |= access.domain.symbols()
        for subscript in access.subscripts:
            if subscript is not None:
                names |= subscript.terms.keys()
    for shape in collected.loops:
        names |= shape.inside.symbols()
    return tuple(sorted(name for name in names if name[0] not in "@$"))


def _disjoint(accesses: Sequence[Access], facts: Facts) -> tuple[tuple[str, str], ...]:
    """Return the pairs of arrays, one of them written, that the verdicts take to be apart."""
    memory = {access.array: access.memory for access in accesses}
    written = {access.array for access in accesses if access.is_write}
    names = sorted(name for name in memory if not name.endswith(DRAWN))
    return tuple(
        (a, b)
        for place, a in enumerate(names)
        for b in names[place + 1 :]
        if (a in written or b in written)
        and memory[a] != memory[b]
        and frozenset((a, b)) not in facts.overlapping
    )


class Judge:
    """Holds what was found out about a nest, and judges its loops."""

    def __init__(
        self,
        nest: Nest,
        facts: Facts,
        collected: Collected,
        ranges: tuple[AccessFacts, ...],
    ) -> None:
        self.nest = nest
        self.ranges = ranges
        self.outputs = frozenset(nest.outputs)
        self.collected = collected
        self.exhausted = False
        self.read_by = {id(stmt): _names_read(stmt) for stmt in statements((nest.loop,))}
        self._refreshed: frozenset[str] | None = None
        self.tester = PairTester(collected, facts.overlapping)
        self.groups = self.reduction_groups()
        self.dependences: dict[int, list[Dependence]] = {s.number: [] for s in collected.loops}
        self.splits: dict[int, object] = {}  # what `splitting` has found, by loop
        for first, second in self.tester.pairs(collected.accesses):
            result = self.tester.test(first, second)
            if result.independent is None:
                for dependence in dependences_between(
                    first, second, result, collected.loops
                ):
                    self.dependences[dependence.carrier].append(dependence)
                    self.exhausted |= dependence.exhausted

    def refreshed(self) -> frozenset[str]:
        """Return the written arrays whose old values no iteration of the outermost loop needs."""
        if self._refreshed is None:
            self._refreshed = refreshed_arrays(self.collected)
        return self._refreshed

    def notes(self) -> tuple[Diagnostic, ...]:
        """Return what is to be said about the nest as a whole."""
        if not self.exhausted:
            return ()
        message = "some accesses are compared by a coarse test, the exact one was given up"
        return (codes.QueryExhausted(message, self.nest.loop.span),)

    def reduction_groups(self) -> dict[int, tuple[str, str]]:
        """Return, by position, the accesses that accumulate, with memory and operator."""
        stores = array_reductions((self.nest.loop,))
        self.array_reductions = stores
        loads = {id(load) for _, _, _, load in stores.values()}
        groups: dict[int, tuple[str, str]] = {}
        for access in self.collected.accesses:
            found = stores.get(id(access.statement))
            if found is not None and (access.is_write or id(access.node) in loads):
                groups[access.position] = (access.memory, found[1])
        return groups

    def is_set_aside(self, dependence: Dependence) -> bool:
        """Return whether both ends of `dependence` accumulate with one operator."""
        source, sink = dependence.source, dependence.sink
        if source.memory != sink.memory:
            return False
        group = self.groups.get(source.position)
        return group is not None and group == self.groups.get(sink.position)

    def loop_facts(
        self,
        shape: LoopShape,
        body: tuple[Stmt, ...] | None = None,
        carried: list[Dependence] | None = None,
    ) -> LoopFacts:
        """Return the facts about a loop, or about a loop over a part of its `body`, or about one
        that carries only `carried`."""
        loop = shape.loop if body is None else replace(shape.loop, body=body, orelse=())
        use = scalar_use(loop)
        scalars = scalar_reductions(loop)
        private = use.private - {name for found in scalars.values() for name in found.companions}
        mine = self.dependences[shape.number] if carried is None else carried
        if body is not None:
            inside = {id(stmt) for stmt in statements(body)}
            mine = [
                dependence
                for dependence in mine
                if id(dependence.source.statement) in inside
                and id(dependence.sink.statement) in inside
            ]
        whole = body is None and carried is None
        own = frozenset(loop.own) if whole else frozenset[str]()
        owned = [found for found in mine if found.source.array in own]
        rest = [found for found in mine if found.source.array not in own]
        aside = [dependence for dependence in rest if self.is_set_aside(dependence)]
        kept = [dependence for dependence in rest if not self.is_set_aside(dependence)]
        arrays = self.needed_arrays(aside) + _copied(owned)
        needs = tuple(found for name, found in scalars.items() if name in use.carried) + arrays
        reasons = self.scalar_reasons(loop, use, scalars) + self.array_reasons(loop, kept)
        if shape.has_break:
            word = "return" if assigns_way(loop.body) else "break"
            message = f"loop `{loop.title}` may be left by `{word}`"
            reasons.append(codes.LeavesEarly(message, loop.span))
        wraps = self.wraps(shape.number, loop.body, own)
        if wraps is None:
            message = f"loop `{loop.title}` may write elements that are counted from the end"
            reasons.append(codes.MayWrap(message, loop.span))
        meets = (c for dep in kept if not dep.plain for c in dep.conditions)
        unless = _distinct((*meets, *(wraps or ())))
        verdict: Verdict
        if reasons:
            verdict = Serial(tuple(reasons))
        elif unless:
            verdict = ParallelIf(unless, needs)
        else:
            verdict = Parallel(needs)
        return LoopFacts(
            shape.number,
            loop,
            shape.parents,
            verdict,
            tuple(mine),
            tuple(scalars.values()) + arrays,
            private,
            self.live_after(loop, private),
            private - use.always_assigned,
            self.inspectors(shape, kept, reasons),
        )

    def wraps(
        self, number: int, body: tuple[Stmt, ...], own: frozenset[str] = frozenset()
    ) -> tuple[Condition, ...] | None:
        """Return where a subscript in `body`, of an array that it writes, may count from the end
        without always doing so; None if that is not known. No dependence is known of such ones.
        Of the arrays `own` none matters."""
        inside = {id(stmt) for stmt in statements(body)}
        mine = [
            (access, facts)
            for access, facts in zip(self.collected.accesses, self.ranges, strict=True)
            if number in access.loops and id(access.statement) in inside
        ]
        written = {access.memory for access, _ in mine if access.is_write} - own
        found: list[Condition] = []
        for access, facts in mine:
            if access.memory not in written:
                continue
            others = [other for other, _ in mine if other.memory == access.memory]
            for axis, described in enumerate(facts.ranges):
                if described.from_end or access.subscripts[axis] is None:
                    continue
                if _is_one_for_all(access, axis, others):
                    continue  # wherever that is
                if described.lower is None:
                    return None
                found += described.lower
        return _distinct(found)

    def needed_arrays(self, aside: list[Dependence]) -> tuple[Reduction, ...]:
        """Return the array reductions whose dependences were set aside."""
        found: dict[tuple[str, str], list[Stmt]] = {}
        for dependence in aside:
            for access in (dependence.source, dependence.sink):
                key = (access.array, self.groups[access.position][1])
                stmts = found.setdefault(key, [])
                if not any(stmt is access.statement for stmt in stmts):
                    stmts.append(access.statement)
        result: list[Reduction] = []
        for (array, _), stmts in found.items():
            matches = [self.array_reductions[id(stmt)] for stmt in stmts]
            subtracts = any(match[2] for match in matches)
            result.append(Reduction(array, True, matches[0][1], tuple(stmts), (), subtracts))
        return tuple(result)

    def live_after(self, loop: For, private: frozenset[str]) -> frozenset[str]:
        """Return the scalars of `private` that are read outside `loop` or leave the nest."""
        inside = {id(stmt) for stmt in statements(loop.body)}
        read: set[str] = set()
        for stmt, names in self.read_by.items():
            if stmt not in inside:
                read |= names
        return frozenset(name for name in private if name in read or name in self.outputs)

    def scalar_reasons(
        self, loop: For, use: ScalarUse, scalars: dict[str, Reduction]
    ) -> list[Diagnostic]:
        reasons: list[Diagnostic] = []
        for name in sorted(use.carried - scalars.keys()):
            read = use.exposed[name].span
            assigned = next(
                stmt.span
                for stmt in statements(loop.body)
                if getattr(stmt, "target", getattr(stmt, "index", None)) == name
            )
            reasons.append(
                codes.CarriedScalar(
                    f"loop `{loop.title}` carries the variable `{name}` from one iteration"
                    " to the next",
                    loop.span,
                    (
                        Label(assigned, "assigned here"),
                        Label(read, "may read what the previous iteration assigned"),
                    ),
                )
            )
        return reasons

    def array_reasons(self, loop: For, kept: list[Dependence]) -> list[Diagnostic]:
        """Return one diagnostic for each array and kind of dependence that surely matters."""
        reasons: list[Diagnostic] = []
        seen: set[tuple[str, str, str]] = set()
        for dependence in kept:
            if not dependence.plain:
                continue
            diagnostic = _explain(loop, dependence, dependence.source, dependence.sink)
            key = (diagnostic.code, dependence.name, diagnostic.message)
            if key not in seen:
                seen.add(key)
                reasons.append(diagnostic)
        return reasons

    def inspectors(
        self, shape: LoopShape, kept: list[Dependence], reasons: list[Diagnostic]
    ) -> tuple[Inspector, ...]:
        """Return the index loads whose distinctness alone would make the loop parallel."""
        written = {access.memory for access in self.collected.accesses if access.is_write}
        memory = {access.array: access.memory for access in self.collected.accesses}
        found: list[Inspector] = []
        plain = [dependence for dependence in kept if dependence.plain]
        if not plain or len(plain) < len(kept):
            return ()
        if not all(isinstance(reason, codes.IndexedStore) for reason in reasons):
            return ()
        for dependence in plain:
            source, sink = dependence.source.node, dependence.sink.node
            if source.array != sink.array or source.subscripts != sink.subscripts:
                return ()
            pairs = zip(source.subscripts, dependence.source.cells, strict=True)
            loads = [
                Inspector(source.array, expr.array, expr, axis)
                for axis, (expr, cell) in enumerate(pairs)
                if cell is None
                and isinstance(expr, Load)
                and memory[expr.array] not in written
                and not _reads_any(expr, scalar_use(shape.loop).assigned - {shape.loop.index})
            ]
            if not loads:
                return ()
            if all(known.load is not loads[0].load for known in found):
                found.append(loads[0])
        return tuple(found)


def _copied(owned: Sequence[Dependence]) -> tuple[Reduction, ...]:
    """Return what a loop needs whose iterations have copies of the arrays of `owned`."""
    names = dict.fromkeys(dependence.source.array for dependence in owned)
    return tuple(Reduction(name, True, "own", ()) for name in names)


def _names_read(stmt: Stmt) -> frozenset[str]:
    """Return the names in the expressions that `stmt` evaluates itself."""
    return frozenset(
        inner.id
        for expr in own_expressions(stmt)
        for inner in expressions(expr)
        if isinstance(inner, Name)
    )


def _is_one_for_all(access: Access, axis: int, others: Sequence[Access]) -> bool:
    """Return whether `others` all have one and the same subscript, fixed in the nest, on `axis`."""
    if axis >= min(len(one.subscripts) for one in (access, *others)):
        return False  # a row that is used whole
    subscript = access.subscripts[axis]
    if subscript is None or not all(is_parameter(name) for name in subscript.terms):
        return False
    return all(
        other.array == access.array and other.subscripts[axis] == subscript for other in others
    )


def _reads_any(expr: Expr, names: frozenset[str]) -> bool:
    return any(isinstance(inner, Name) and inner.id in names for inner in expressions(expr))


def _distinct(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    kept: list[Condition] = []
    for condition in conditions:
        if condition not in kept:
            kept.append(condition)
    return tuple(kept)


def _explain(loop: For, dependence: Dependence, source: Access, sink: Access) -> Diagnostic:
    """Return the diagnostic for a dependence that keeps `loop` in order."""
    labels = _labels(dependence, source, sink)
    if source.array != sink.array and source.memory != sink.memory:
        message = f"arrays `{source.array}` and `{sink.array}` overlap in an unknown way"
        return codes.OverlapUnknown(message, loop.span, labels)
    store = source if source.is_write else sink
    if not (source.is_affine and sink.is_affine):
        blind = store if not store.is_affine else (sink if store is source else source)
        if any(isinstance(expr, Load) for expr in blind.node.subscripts):
            verb = "writes" if blind.is_write else "reads"
            message = f"loop `{loop.title}` {verb} elements of `{blind.array}` that data choose"
            return codes.IndexedStore(message, loop.span, labels)
        message = f"which elements of `{blind.array}` loop `{loop.title}` touches is not known"
        return codes.UnknownElement(message, loop.span, labels)
    notes = _distance_notes(dependence)
    match dependence.kind:
        case "flow":
            message = f"loop `{loop.title}` carries a value from one iteration to the next"
            return codes.CarriedValue(message, loop.span, labels, notes)
        case "anti":
            message = f"loop `{loop.title}` overwrites elements of `{dependence.name}` it has read"
            return codes.OverwrittenValue(message, loop.span, labels, notes)
        case _:
            message = f"loop `{loop.title}` writes elements of `{dependence.name}` more than once"
            return codes.WrittenTwice(message, loop.span, labels, notes)


def _labels(dependence: Dependence, source: Access, sink: Access) -> tuple[Label, ...]:
    match dependence.kind:
        case "flow":
            return (
                Label(source.node.span, "written here"),
                Label(sink.node.span, "reads what an earlier iteration wrote"),
            )
        case "anti":
            return (
                Label(source.node.span, "read here"),
                Label(sink.node.span, "overwritten by a later iteration"),
            )
        case _:
            if source.node is sink.node:
                return (Label(source.node.span, "written by several iterations"),)
            return (
                Label(source.node.span, "written here"),
                Label(sink.node.span, "written again by a later iteration"),
            )


def _distance_notes(dependence: Dependence) -> tuple[str, ...]:
    level = dependence.loops.index(dependence.carrier)
    distance = dependence.distances[level]
    if distance is None:
        return ()
    return (f"distance {abs(distance)} on `{dependence.name}`",)


__all__ = [
    "Analysis",
    "Inspector",
    "LoopFacts",
    "Parallel",
    "ParallelIf",
    "Serial",
    "Verdict",
    "analyse",
]
