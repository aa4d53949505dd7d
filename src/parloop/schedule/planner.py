"""Decide what runs where.

Every loop of a nest gets one axis: `serial` (in order, on the thread that comes to it) or `cores`
(its iterations are cut into blocks for the threads of the pool). The outermost loop that may run in
any order and whose reductions are free of order takes the cores; the loops inside it are serial,
and LLVM turns the innermost into SIMD lanes where their order does not show. A loop that has to run
in order may be cut into several, run inside bands of the loop inside it, or as a wavefront with it.
"""

from __future__ import annotations

from parloop.analysis import Analysis, Reduction, Serial
from parloop.ir.nodes import Expr, For, Stmt
from parloop.ir.walk import blocks
from parloop.schedule.bands import rows_of
from parloop.schedule.combining import are_combined, owned_arrays
from parloop.schedule.jam import choose_jams
from parloop.schedule.masked import choose_masked
from parloop.schedule.pieces import Place, band_number, piece_number, pieces_of
from parloop.schedule.plan import Decision, Plan, needed, number_loops
from parloop.schedule.splitting import choose_lanes, is_at_rest, is_straight
from parloop.schedule.wavefront import Wave, choose_wave
from parloop.staging.specialise import Typing


def make_plan(
    typing: Typing, analysis: Analysis, decision: Decision, *, bands: bool = True
) -> Plan:
    """Return the plan: the outermost loops that may run across the cores do, the others in order.

    A loop whose reductions are not free of order for the types at hand runs in order, and the loops
    inside it are looked at in its place. `bands` says whether loops may run in bands.
    """
    planner = _Planner(typing, analysis, decision, bands=bands)
    planner.visit((typing.nest.loop,))
    return planner.finish()


class _Planner:
    """Goes through a nest from the outside and gathers what its loops run as."""

    def __init__(
        self, typing: Typing, analysis: Analysis, decision: Decision, *, bands: bool
    ) -> None:
        self.typing = typing
        self.analysis = analysis
        self.decision = decision
        self.may_band = bands
        self.numbers = number_loops(typing.nest)
        self.cores: dict[int, tuple[Reduction, ...]] = {}
        self.pieces: dict[int, tuple[tuple[Place, ...], ...]] = {}
        self.waves: dict[int, Wave] = {}
        self.bands: dict[int, int] = {}
        places = decision.splits.items()
        self.cuts = {n: cut for n, cut in places if is_at_rest(cut.place, typing)}
        self.splits: dict[int, Expr] = {}
        self.made: list[For] = []
        """The loops that pieces are: kept, so that no other has their `id`."""
        self.straight: set[int] = set()
        """The loops inside bands that LLVM may be told all about."""

    def visit(self, body: tuple[Stmt, ...]) -> None:
        """Choose what the loops in `body` run as."""
        for stmt in body:
            if isinstance(stmt, For) and (
                self.takes_cores(stmt)
                or self.is_cut(stmt)
                or (not self.decision.regroup and self.is_shifted(stmt))
            ):
                continue
            for block in blocks(stmt):
                self.visit(block)

    def takes_cores(self, loop: For) -> bool:
        """Return whether `loop` runs in any order, as a whole or before and after an iteration."""
        number, regroup = self.numbers[id(loop)], self.decision.regroup
        needs = needed(self.analysis.loops[number])
        free = number in self.decision.parallel
        if free and are_combined(needs, self.typing, loop, regroup=regroup):
            self.cores[number] = needs
            if owned_arrays(needs):
                self.visit_inside(loop.body)
            return True
        cut = None if regroup else self.cuts.get(number)
        if cut is None or not are_combined(cut.needs, self.typing, loop, regroup=False):
            return False
        self.cores[number] = cut.needs
        self.splits[number] = cut.place
        return True

    def visit_inside(self, body: tuple[Stmt, ...]) -> None:
        """Let loops inside one whose blocks have arrays of their own take the cores, too: where
        there is no room for these, that one runs in order."""
        for stmt in body:
            if isinstance(stmt, For) and self.numbers[id(stmt)] in self.decision.parallel:
                needs = needed(self.analysis.loops[self.numbers[id(stmt)]])
                free = are_combined(needs, self.typing, stmt, regroup=False)
                if free and not owned_arrays(needs):
                    self.cores[self.numbers[id(stmt)]] = needs
                    continue
            for block in blocks(stmt):
                self.visit_inside(block)

    def is_cut(self, loop: For) -> bool:
        """Return whether `loop` runs as several, of which some use the cores.

        Not where sums are regrouped: the precise variant has to see the same loops.
        """
        number = self.numbers[id(loop)]
        parts = () if self.decision.regroup else self.decision.groups.get(number, ())
        free = {
            piece_number(number, k): part.needs
            for k, part in enumerate(parts)
            if part.is_parallel and are_combined(part.needs, self.typing, loop, regroup=False)
        }
        in_bands = {
            piece_number(number, k) for k, part in enumerate(parts) if part.is_band
        } - free.keys()
        if (not free and not in_bands) or (in_bands and not self.may_band):
            return False
        self.pieces[number] = tuple(part.places for part in parts)
        self.cores.update(free)
        for piece in pieces_of(loop, number, self.pieces[number], self.numbers):
            self.made.append(piece)
            if self.numbers[id(piece)] in in_bands:
                self.run_in_bands(piece)
        return True

    def is_shifted(self, loop: For) -> bool:
        """Return whether `loop` runs together with the loop inside it: in bands, or in waves."""
        number = self.numbers[id(loop)]
        if self.may_band and number in self.decision.bands:
            self.run_in_bands(loop)
            return True
        if number in self.decision.lags:
            self.waves[number] = choose_wave(loop, self.decision.lags[number])
            return True
        return False

    def run_in_bands(self, loop: For) -> None:
        """Have `loop` run inside bands of the loop that is its body."""
        inner = loop.body[0]
        assert isinstance(inner, For)
        self.bands[self.numbers[id(loop)]] = rows_of(loop)
        self.cores[band_number(self.numbers[id(inner)])] = ()
        if is_straight(inner):
            self.straight.add(self.numbers[id(inner)])

    def finish(self) -> Plan:
        """Return the plan, with what becomes lanes and what runs side by side."""
        decision, loops, loop = self.decision, self.analysis.loops, self.typing.nest.loop
        alone = frozenset(n for n in decision.parallel if not needed(loops[n]))
        free = {n for n in alone if not isinstance(loops[n].verdict, Serial)}
        free |= {n for n, cut in self.cuts.items() if not any(need.is_array for need in cut.needs)}
        in_waves = {f.number for f in loops if self.waves.keys() & {f.number, *f.parents}}
        lanes = choose_lanes(loop, self.numbers, frozenset(free - in_waves)) | self.straight
        self.splits |= {n: self.cuts[n].place for n in sorted(lanes & self.cuts.keys())}
        jams = choose_jams(loop, self.numbers, alone, decision.contiguous)
        for piece in self.made:
            number = self.numbers[id(piece)]
            if self.cores.get(number) == ():
                some = choose_jams(piece, self.numbers, alone | {number}, decision.contiguous)
                jams |= {n: copies for n, copies in some.items() if n == number}
        masked = choose_masked(self.typing, self.numbers, alone, decision.contiguous, jams)
        return Plan(
            self.cores,
            decision.inside,
            decision.from_end,
            decision.noalias,
            decision.contiguous,
            jams,
            decision.regroup,
            self.pieces,
            waves=self.waves,
            bands=self.bands,
            fuse=decision.fuse,
            approximates=decision.approximates,
            splits=self.splits,
            lanes=lanes,
            masked=masked,
        )
