"""What runs where, as `schedule.planner` chooses it from what a launch's values decided."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from parloop.analysis import LoopFacts, Reduction, Serial
from parloop.ir.nodes import Expr, Nest
from parloop.ir.walk import expressions, loops, own_expressions, statements
from parloop.schedule.combining import owned_arrays
from parloop.schedule.pieces import Place
from parloop.schedule.splitting import Cut
from parloop.schedule.wavefront import Wave


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
    pieces: dict[int, tuple[tuple[Place, ...], ...]] = field(default_factory=dict)
    """Loops (by number) that run as several, one after another: the places in the body of the
    statements of each. The pieces have numbers of their own: `piece_number`."""
    saves: tuple[tuple[str, int], ...] = ()
    """Arrays of which a block of the outermost loop, on the cores, stores only into rows
    `index + offset`: the blocks can save these rows themselves."""
    chunks: bool = False
    """Whether the blocks may do so chunk by chunk, and take back just the one that trips."""
    waves: dict[int, Wave] = field(default_factory=dict)
    """Loops (by number) that run as a wavefront with the loop inside them."""
    bands: dict[int, int] = field(default_factory=dict)
    """Loops (by number) that run inside bands of the loop inside them, and how many iterations of
    them run side by side there. `cores` has the loop over the bands: `band_number`."""
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
    bands: frozenset[int] = frozenset()
    """The loops (by number) that may run inside bands of the loop inside them."""
    splits: dict[int, Cut] = field(default_factory=dict)
    """Where loops (by number) may be split."""


@dataclass(frozen=True, slots=True)
class Part:
    """Statements of a loop's body, by their places, that may be a loop of their own.

    `is_parallel` says whether that loop may run in any order, given the order of `needs` does not
    matter.
    """

    places: tuple[Place, ...]
    is_parallel: bool
    needs: tuple[Reduction, ...]
    is_band: bool = False
    """Whether it may run inside bands of the loop that it consists of."""

    @property
    def helps(self) -> bool:
        """Whether it may use more than one core, if nothing else is in the way."""
        return self.is_parallel or self.is_band


def without_owned(plan: Plan) -> Plan:
    """Return the plan without the loops of which blocks have arrays of their own."""
    kept = {number: needs for number, needs in plan.cores.items() if not owned_arrays(needs)}
    return plan if len(kept) == len(plan.cores) else replace(plan, cores=kept)


def needed(facts: LoopFacts) -> tuple[Reduction, ...]:
    """Return the reductions of a loop on the cores that its blocks combine.

    The analysis does not say which ones a loop needs that only the launch found to be parallel.
    """
    return facts.reductions if isinstance(facts.verdict, Serial) else facts.needs
