"""Decide what runs where.

Every loop of a nest gets one axis: `serial` (in order, on the thread that comes to it) or `cores`
(its iterations are cut into blocks for the threads of the pool). The outermost loop that may run in
any order and whose reductions are free of order takes the cores; the loops inside it are serial,
and LLVM turns the innermost into SIMD lanes where their order does not show.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from parloop.analysis import Analysis, LoopFacts, Reduction, Serial
from parloop.ir.nodes import Expr, For, Nest, Stmt
from parloop.ir.walk import blocks, expressions, loops, own_expressions, statements
from parloop.schedule.combining import are_combined, owned_arrays
from parloop.schedule.jam import choose_jams
from parloop.schedule.masked import choose_masked
from parloop.schedule.splitting import Cut, choose_lanes, is_at_rest
from parloop.schedule.wavefront import Wave, choose_wave
from parloop.staging.specialise import Typing


@dataclass(frozen=True, slots=True)
class Plan:
    """`cores` maps the number of a loop (preorder) to the reductions that its blocks combine. Where
    blocks have arrays of their own, the loops inside are there, too: if there is no memory for such
    arrays, these take the cores.

    `inside` holds `id(node)` of each `Load` and `Store` whose subscripts were proved to lie in
    [0, extent); the others are tested. Of these, the subscripts in `from_end` (`id(node)`,
    position) are always negative, and it is with the extent added that they lie there. With
    `noalias` no array that is written shares memory with another.
    """

    cores: dict[int, tuple[Reduction, ...]]
    inside: frozenset[int]
    from_end: frozenset[tuple[int, int]]
    noalias: bool
    contiguous: frozenset[str]
    jams: dict[int, int]
    """How many iterations run side by side, for the loops (by number) where that pays."""
    regroup: bool = False
    """Whether sums of floats may be regrouped."""
    pieces: dict[int, tuple[tuple[int, ...], ...]] = field(default_factory=dict)
    """Loops (by number) that run as several, one after another: the places in the body of the
    statements of each. The pieces have numbers of their own: `piece_number`."""
    saves: tuple[tuple[str, int], ...] = ()
    """Arrays of which a block of the outermost loop, on the cores, stores only into rows
    `index + offset`: the blocks can save these rows themselves."""
    chunks: bool = False
    """Whether the blocks may do so chunk by chunk, and take back just the one that trips."""
    waves: dict[int, Wave] = field(default_factory=dict)
    """Loops (by number) that run as a wavefront with the loop inside them."""
    fuse: bool = False
    """Whether a product and the sum that it goes into may be rounded once."""
    approximates: bool = False
    """Whether functions of the C library may round as the device's own do."""
    splits: dict[int, Expr] = field(default_factory=dict)
    """Loops (by number) that run in three parts: before this index, at it, after it."""
    lanes: frozenset[int] = frozenset()
    """Innermost loops of which no iteration touches what another one writes, parts by parts."""
    masked: dict[int, int] = field(default_factory=dict)
    """How many iterations run in SIMD lanes, each with its own number of rounds inside."""
    polls: bool = False
    """Whether an iteration may take so long that the kernel has to look for interrupts inside."""

    @property
    def uses_cores(self) -> bool:
        """Whether anything runs on more than one thread."""
        return bool(self.cores or self.waves)

    @property
    def key(self) -> tuple[object, ...]:
        """All that machine code depends on; plans with equal keys share it."""
        return tuple(_frozen(getattr(self, each.name)) for each in fields(self))

    def text(self, nest: Nest) -> str:
        """Return the plan as text, the same in every process: nodes are numbered in order."""
        nodes: dict[int, int] = {}
        for stmt in statements((nest.loop,)):
            for expr in own_expressions(stmt):
                for part in expressions(expr):
                    nodes.setdefault(id(part), len(nodes))
            nodes.setdefault(id(stmt), len(nodes))
        numbered = replace(
            self,
            inside=frozenset(nodes[i] for i in self.inside),
            from_end=frozenset((nodes[i], axis) for i, axis in self.from_end),
        )
        return repr(tuple(map(_ordered, numbered.key)))


def _frozen(value: object) -> object:
    """Return a field of a plan in a form that can be hashed."""
    if isinstance(value, dict):
        return tuple(sorted((n, _named(v)) for n, v in value.items()))
    return value


def _named(value: object) -> object:
    if isinstance(value, tuple):
        return tuple((v.target, v.operator) if isinstance(v, Reduction) else v for v in value)
    return value


def piece_number(number: int, piece: int) -> int:
    """Return the number of a piece of loop `number`."""
    return number + 10_000 * (piece + 1)


def _ordered(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


def number_loops(nest: Nest) -> dict[int, int]:
    """Return the number of each loop by `id(loop)`: outer before inner, in order of the text."""
    return {id(loop): number for number, loop in enumerate(loops((nest.loop,)))}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a launch's values decided: loops that may run in any order, accesses proved inside."""

    parallel: frozenset[int]
    inside: frozenset[int]
    from_end: frozenset[tuple[int, int]]
    noalias: bool
    contiguous: frozenset[str]
    regroup: bool = False
    """Whether the user allows sums of floats to be regrouped."""
    fuse: bool = False
    """Whether the user allows products to be fused with sums, and the processor does so."""
    approximates: bool = False
    """Whether the user allows a GPU's own functions in place of the C library's."""
    forward: bool = False
    """Whether no subscript counts from the end: who transforms the nest asks for that."""
    groups: dict[int, tuple[Part, ...]] = field(default_factory=dict)
    """The parts of loops (by number) that may run one after another."""
    lags: dict[int, int] = field(default_factory=dict)
    """The lags of loops (by number) that may run as a wavefront."""
    splits: dict[int, Cut] = field(default_factory=dict)
    """Where loops (by number) may be split."""


@dataclass(frozen=True, slots=True)
class Part:
    """Statements of a loop's body, by their places, that may be a loop of their own.

    `is_parallel` says whether that loop may run in any order, given the order of `needs` does not
    matter.
    """

    places: tuple[int, ...]
    is_parallel: bool
    needs: tuple[Reduction, ...]


def make_plan(typing: Typing, analysis: Analysis, decision: Decision) -> Plan:
    """Return the plan: the outermost loops that may run across the cores do, the others in order.

    A loop whose reductions are not free of order for the types at hand runs in order, and the loops
    inside it are looked at in its place.
    """
    numbers = number_loops(typing.nest)
    cores: dict[int, tuple[Reduction, ...]] = {}
    pieces: dict[int, tuple[tuple[int, ...], ...]] = {}
    waves: dict[int, Wave] = {}
    cuts = {n: cut for n, cut in decision.splits.items() if is_at_rest(cut.place, typing)}
    splits: dict[int, Expr] = {}

    def inside(body: tuple[Stmt, ...]) -> None:
        for stmt in body:
            if isinstance(stmt, For) and (number := numbers[id(stmt)]) in decision.parallel:
                needs = needed(analysis.loops[number])
                if are_combined(needs, typing, stmt, regroup=False) and not owned_arrays(needs):
                    cores[number] = needs
                    continue
            for block in blocks(stmt):
                inside(block)

    def visit(body: tuple[Stmt, ...]) -> None:
        for stmt in body:
            if isinstance(stmt, For):
                number = numbers[id(stmt)]
                needs = needed(analysis.loops[number])
                free = number in decision.parallel
                if free and are_combined(needs, typing, stmt, regroup=decision.regroup):
                    cores[number] = needs
                    if owned_arrays(needs):
                        inside(stmt.body)
                    continue
                cut = None if decision.regroup else cuts.get(number)
                if cut is not None and are_combined(cut.needs, typing, stmt, regroup=False):
                    cores[number] = cut.needs
                    splits[number] = cut.place
                    continue
                # Where sums are regrouped, the precise variant has to see the same loops.
                parts = () if decision.regroup else decision.groups.get(number, ())
                spread = {
                    piece_number(number, k): part.needs
                    for k, part in enumerate(parts)
                    if part.is_parallel
                    and are_combined(part.needs, typing, stmt, regroup=decision.regroup)
                }
                if spread:
                    pieces[number] = tuple(part.places for part in parts)
                    cores.update(spread)
                    continue
                if number in decision.lags and not decision.regroup:
                    waves[number] = choose_wave(stmt, decision.lags[number])
                    continue
            for block in blocks(stmt):
                visit(block)

    visit((typing.nest.loop,))
    alone = frozenset(n for n in decision.parallel if not needed(analysis.loops[n]))
    free = {n for n in alone if not isinstance(analysis.loops[n].verdict, Serial)}
    free |= {n for n, cut in cuts.items() if not any(need.is_array for need in cut.needs)}
    in_waves = {f.number for f in analysis.loops if waves.keys() & {f.number, *f.parents}}
    lanes = choose_lanes(typing.nest.loop, numbers, frozenset(free - in_waves))
    splits |= {n: cuts[n].place for n in sorted(lanes & cuts.keys())}
    jams = choose_jams(typing.nest.loop, numbers, alone, decision.contiguous)
    return Plan(
        cores,
        decision.inside,
        decision.from_end,
        decision.noalias,
        decision.contiguous,
        jams,
        decision.regroup,
        pieces,
        waves=waves,
        fuse=decision.fuse,
        approximates=decision.approximates,
        splits=splits,
        lanes=lanes,
        masked=choose_masked(typing, numbers, alone, decision.contiguous, jams),
    )


def without_owned(plan: Plan) -> Plan:
    """Return the plan without the loops of which blocks have arrays of their own."""
    kept = {number: needs for number, needs in plan.cores.items() if not owned_arrays(needs)}
    return plan if len(kept) == len(plan.cores) else replace(plan, cores=kept)


def needed(facts: LoopFacts) -> tuple[Reduction, ...]:
    """Return the reductions of a loop on the cores that its blocks combine.

    The analysis does not say which ones a loop needs that only the launch found to be parallel.
    """
    return facts.reductions if isinstance(facts.verdict, Serial) else facts.needs
