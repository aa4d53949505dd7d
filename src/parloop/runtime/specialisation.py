"""A nest made ready for one signature: typed, laid out, with its entry and kernels by decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from parloop.analysis import Analysis, Facts, analyse
from parloop.capture.comprehensions import is_sum
from parloop.codegen.layout import HEADER_WORDS, Header, Layout, lay_out
from parloop.config import Exactness
from parloop.diagnostics import Declined, InternalError
from parloop.ir.nodes import Nest
from parloop.ir.types import PY_INT, UNBOUND, Array, Scalar, Type
from parloop.runtime import jit
from parloop.runtime.analyses import deciding_names, general_analysis
from parloop.runtime.codes import ArraysDoNotFit, ListNotSupported
from parloop.runtime.decision import (
    Point,
    asked_text,
    decide,
    find_rewritten,
    parameter_terms,
    parameter_values,
)
from parloop.runtime.entry import Entry, ParameterSpec, make_entry
from parloop.runtime.inspector import Launched, distinct_loops, has_inspectors, still_parallel
from parloop.runtime.interrupts import NEVER
from parloop.runtime.kernels import Kernel, Planned, find_kernel, make_kernel
from parloop.runtime.keys import Inputs, signature_key
from parloop.runtime.mappings import require_one_mapping
from parloop.runtime.overwritten import (
    all_written,
    may_be_chunked,
    native_saves,
    saved_arrays,
    written_arrays,
)
from parloop.runtime.pool import get_pool
from parloop.runtime.record import Record
from parloop.runtime.regions import Kind, Ready, Region
from parloop.runtime.remembered import (
    Outline,
    Remembered,
    SavedSets,
    find_outline,
    find_regions,
    keep_outline,
    keep_regions,
)
from parloop.runtime.transaction import Saved
from parloop.schedule.cost import making_seconds
from parloop.schedule.grid import Grid, choose_grid
from parloop.schedule.plan import Decision
from parloop.schedule.planner import make_plan
from parloop.staging.aliasing import describe, find_overlaps
from parloop.staging.expansion import Expansion, expand
from parloop.staging.ranges import Ranges, find_ranges
from parloop.staging.specialise import Typing, specialise

MOST_DECISIONS = 256
"""Launches with more different shapes and bounds than this make their decisions anew."""


MOST_KINDS_KEPT = 16
"""Of so many kinds of launches the decisions are left for later processes."""

MOST_REGIONS = 8
"""So many sets of conditions are tried, one after another, before a decision is made anew."""

MOST_ANALYSES = 64
"""Of so many different values and overlaps the analyses are kept."""


Bind: TypeAlias = Callable[
    [tuple[object, ...], Record, Mapping[str, Any], int], tuple[object, ...]
]
"""Puts the arrays among the values that were read from a record, after so many iterations."""


@dataclass(slots=True)
class Specialisation:
    """Everything that depends on the types of the inputs, not on their values.

    `inputs` are the names in the order in which `entry.pack` takes them. What an earlier process
    has found out is read back; the types of the expressions, and the analysis, are then made when
    something new is met.
    """

    nest: Nest
    arrays: Mapping[str, Array]
    scalars: Mapping[str, Scalar]
    key: str
    layout: Layout
    inputs: tuple[str, ...]
    entry: Entry
    template: np.ndarray[Any, Any]
    key_words: itemgetter[Any]
    key_places: tuple[int, ...]
    """The words of the record that `key_words` picks."""
    expansion: Expansion | None
    """How `nest` came from a nest that handles arrays as a whole, if it did."""
    n_given: int
    """How many of the inputs of the user's nest have values."""
    outline: Outline | None
    """What an earlier process found out, or this one since."""
    typed: tuple[Typing, Ranges] | None
    analyses: dict[object, Analysis] = field(default_factory=dict)
    decisions: dict[object, Ready] = field(default_factory=dict)
    kernels: dict[object, Ready] = field(default_factory=dict)
    by_code: dict[object, Ready] = field(default_factory=dict)
    """The same by what an earlier process remembers of them."""
    reader: Callable[[Record], tuple[object, ...]] | None = None
    """Reads the outputs from a record; made when first needed."""
    bind: Bind | None = None
    """Puts the arrays among the outputs that `reader` has read, where there may be any."""
    regions: dict[Kind, list[Region]] = field(default_factory=dict)
    """Decisions with the conditions on which they depend, by what else they depend on."""
    general: Analysis | None = None
    """`analyse_generally`, made once."""

    price: float | None = None
    """About how many seconds machine code takes to be made; set when first asked for."""

    def still_costs(self) -> float:
        """Return about how many seconds machine code still takes, 0 where there is some."""
        if self.by_code or self.outline is not None:
            return 0.0
        if self.price is None:
            self.price = making_seconds(self.nest)
        return self.price

    @property
    def typing(self) -> Typing:
        """Return the types of all expressions."""
        return self.find_types()[0]

    def find_types(self) -> tuple[Typing, Ranges]:
        """Return the types of all expressions, and the ranges of the integers; made once."""
        if self.typed is None:
            typing = specialise(self.nest, {**self.arrays, **self.scalars})
            if lay_out(typing) != self.layout:
                raise InternalError("a remembered layout is not the one that would be made")
            self.typed = typing, find_ranges(typing)
        return self.typed

    @property
    def inspected(self) -> bool:
        """Whether there are index arrays to look at before a launch."""
        return self.find_outline().inspected

    def find_outline(self) -> Outline:
        """Return what launches have in common; made once, and left for later processes."""
        if self.outline is None:
            general = self.analysis(None)
            wanted = tuple(sorted(general.wanted))
            self.outline = Outline(self.layout, has_inspectors(general), wanted)
            keep_outline(self.key, self.outline)
        return self.outline

    def new_record(self) -> tuple[np.ndarray[Any, Any], int]:
        """Return a record with everything in it that the signature decides, and its address."""
        words = self.template.copy()
        return words, words.__array_interface__["data"][0]

    def ready(
        self,
        words: np.ndarray[Any, Any],
        arguments: Mapping[str, Any],
        overlap: bool,
        threads: int | None = None,
        exactness: Exactness = "exact",
        *,
        polls: bool = False,
        inspects: bool = True,
    ) -> Ready:
        """Return the kernel for a packed record; `overlap`: some arrays may share memory.

        With `polls` the kernel looks for interrupts inside an iteration. Without `inspects` no
        elements of index arrays are looked at. Raises `Declined` where they may share some at two
        addresses.
        """
        values = words.tolist()
        distinct = self.distinct_loops(values, arguments, threads) if inspects else frozenset()
        key = (self.key_words(values), distinct, exactness, polls)
        if not overlap:
            found = self.decisions.get(key)
            if found is not None:
                return found
        if overlap and self.expansion is not None and not self.expansion.share:
            raise InternalError("arrays share memory that the nest was not expanded for")
        if overlap:
            require_one_mapping(arguments, written_arrays(self.nest))
        facts = self.find_facts(arguments) if overlap else self.self_overlaps(arguments)
        if facts is not None and self.expansion is not None and not self.takes(facts):
            raise Declined(ArraysDoNotFit("an array of array statements shares its own memory"))
        kind = Kind(self.layouts_of(arguments), distinct, exactness, polls, facts)
        ready = self.decided_alike(values, kind) if facts is None else self.decided(values, kind)
        if not overlap:
            if len(self.decisions) >= MOST_DECISIONS:
                self.decisions.clear()
            self.decisions[key] = ready
        return ready

    def takes(self, facts: Facts) -> bool:
        """Return whether an expanded nest means what the text means where `facts` hold."""
        assert self.expansion is not None
        return self.expansion.share and all(len(names) > 1 for names in facts.overlapping)

    def distinct_loops(
        self, values: list[int], arguments: Mapping[str, Any], threads: int | None
    ) -> frozenset[int]:
        """Return the loops that the index arrays of this launch make parallel."""
        if not self.inspected:
            return frozenset()
        indices = range(*(values[word] for word in (Header.START, Header.STOP, Header.STEP)))
        return distinct_loops(
            self.analysis(None), Launched(indices, arguments, get_pool(threads).threads)
        )

    def self_overlaps(self, arguments: Mapping[str, Any]) -> Facts | None:
        """Return the arrays whose own elements share memory, when no two arrays do."""
        if all(arguments[name].flags.forc for name in self.arrays):
            return None
        return self.find_facts(arguments)

    def find_facts(self, arguments: Mapping[str, Any]) -> Facts | None:
        """Return what is known of the memory that the arrays share."""
        written = written_arrays(self.nest)
        return find_overlaps(
            [
                describe(name, arguments[name], is_written=name in written)
                for name in self.arrays
            ]
        )

    def layouts_of(self, arguments: Mapping[str, Any]) -> tuple[tuple[bool, bool], ...]:
        """Return how the arrays lie in memory, as far as decisions depend on it."""
        arrays = [arguments[name] for name in self.arrays]
        return tuple(
            [(a.flags.c_contiguous, bool(a.ndim) and a.strides[-1] == a.itemsize) for a in arrays]
        )

    def decided_alike(self, values: list[int], kind: Kind) -> Ready:
        """Return what `decided` would, where possible by the conditions of an earlier decision."""
        wanted = self.find_outline().wanted
        if wanted:
            parameters = parameter_values(self, self.layout, values)
            given = tuple((name, parameters[name]) for name in wanted if name in parameters)
            kind = replace(kind, values=given)
        regions = self.regions.get(kind)
        if regions is None:
            if len(self.regions) >= MOST_DECISIONS:
                self.regions.clear()
            found = find_regions(self.key, kind.text())
            regions = self.regions[kind] = [Region(remembered) for remembered in found]
        for region in tuple(regions):
            if region.holds(values):
                ready = region.ready or self.ready_again(region, values, kind)
                if ready is not None:
                    return ready
                regions.remove(region)  # its machine code is no longer there
        point = Point(parameter_values(self, self.layout, values))
        ready = self.decided_at(point, kind)
        if len(regions) < MOST_REGIONS:
            regions.append(Region(self.remember(point, ready), ready))
            if len(self.regions) <= MOST_KINDS_KEPT:
                keep_regions(self.key, kind.text(), [region.remembered for region in regions])
        return ready

    def ready_again(self, region: Region, values: list[int], kind: Kind) -> Ready | None:
        """Return the kernel that an earlier process made for a region, if it is still there."""
        remembered = region.remembered
        key = (remembered.kernel, remembered.saved)
        ready = self.by_code.get(key)
        if ready is None:
            kernel = find_kernel(
                remembered.kernel,
                self.nest.loop,
                remembered.traits,
                self.layout,
                lambda: self.plan(Point(parameter_values(self, self.layout, values)), kind)[0],
            )
            if kernel is None:
                return None
            ready = self.by_code[key] = self.make_ready(kernel, remembered.saved)
        region.ready = ready
        return ready

    def remember(self, point: Point, ready: Ready) -> Remembered:
        """Return what later processes have to know of a decision."""
        saved = (ready.forced, ready.saved_if_raising, ready.saved, ready.written)
        test = asked_text(point.asked, parameter_terms(self, self.layout))
        return Remembered(test, ready.kernel.key, ready.kernel.traits, saved)

    def decided(self, values: Sequence[int], kind: Kind) -> Ready:
        """Return the kernel for a record's values, and all else that decides."""
        return self.decided_at(Point(parameter_values(self, self.layout, values)), kind)

    def decided_at(self, parameters: Point, kind: Kind) -> Ready:
        """Return the kernel for these values, and all else that decides."""
        planned, rewritten = self.plan(parameters, kind)
        key = (planned.plan.key, rewritten)
        ready = self.kernels.get(key)
        if ready is None:
            kernel = make_kernel(planned)
            forced, if_raising, saved, written = map(
                self.not_passing,
                (
                    *saved_arrays(self.nest, kernel, rewritten),
                    all_written(self.nest, kernel),
                ),
            )
            sets = (forced, if_raising, saved, written)
            ready = self.by_code.setdefault((kernel.key, sets), self.make_ready(kernel, sets))
            self.kernels[key] = ready
        return ready

    def plan(self, parameters: Point, kind: Kind) -> tuple[Planned, frozenset[str] | None]:
        """Return what runs where, and the arrays that slices may run on again."""
        typing, ranges = self.find_types()
        names = tuple(self.arrays)
        whole = frozenset(name for name, (all_, _) in zip(names, kind.layouts, strict=True) if all_)
        facts = kind.facts
        analysis = self.analysis_of(facts, parameters.values)
        decision = self.decide(analysis, parameters, kind)
        plan = make_plan(typing, analysis, decision)
        if kind.polls:  # a slice that is given up is put back as a whole, whatever blocks have run
            plan = replace(plan, polls=True)
        else:
            plan = replace(plan, saves=native_saves(self.nest, plan, whole))
            plan = replace(plan, chunks=may_be_chunked(self.nest, plan))
        rewritten = None if facts is not None else find_rewritten(analysis, parameters)

        def make_grid() -> Grid:
            other = make_plan(typing, analysis, decision, bands=False) if plan.bands else plan
            return choose_grid(typing, analysis, decision, other)

        left = frozenset() if self.expansion is None else self.expansion.names_left()
        return Planned(typing, ranges, plan, make_grid, left), rewritten

    def decide(self, analysis: Analysis, parameters: Point, kind: Kind) -> Decision:
        """Return what the values decide, `analysis` being the one for them."""
        names = tuple(self.arrays)
        rows = frozenset(name for name, (_, row) in zip(names, kind.layouts, strict=True) if row)
        decision = decide(
            analysis, self.typing, parameters, noalias=kind.facts is None, contiguous=rows
        )
        if kind.distinct:
            loops = still_parallel(kind.distinct, self.analysis(None), analysis)
            decision = replace(decision, parallel=decision.parallel | loops)
        return replace(
            decision,
            regroup=kind.exactness == "reassociate",
            fuse=kind.exactness != "exact" and jit.can_fuse(),
            approximates=kind.exactness != "exact",
        )

    def make_ready(self, kernel: Kernel, saved: SavedSets) -> Ready:
        """Return a kernel ready for launches."""
        adds = any(map(is_sum, self.layout.members))  # `sum` warns after all of a list's items
        return Ready(kernel, *saved, leaves_warnings=adds or self.expansion is not None)

    def not_passing(self, saved: tuple[Saved, ...]) -> tuple[Saved, ...]:
        """Return `saved` without what nobody reads after the statement that fills it."""
        passing = frozenset[str]() if self.expansion is None else self.expansion.passing
        return tuple(item for item in saved if item.array not in passing)

    def analysis_of(self, facts: Facts | None, parameters: Mapping[str, int]) -> Analysis:
        """Return the analysis for a launch: with values where a product of unknowns needs them."""
        general = self.analysis(facts)
        values = {name: parameters[name] for name in general.wanted if name in parameters}
        return self.analysis(facts, values) if values else general

    def analysis(
        self, facts: Facts | None, values: Mapping[str, int] = MappingProxyType({})
    ) -> Analysis:
        """Return the analysis under these facts; made once each, unless they are too many."""
        if facts is None and not values:
            if self.general is None:
                self.general = self.analyse_generally()
            return self.general
        opaque = self.opaque()
        known = Facts(opaque=opaque, values=values)
        if facts is not None:
            known = replace(known, merged=facts.merged, overlapping=facts.overlapping)
        key = (
            tuple(sorted(known.merged.items())),
            known.overlapping,
            tuple(sorted(values.items())),
        )
        found = self.analyses.get(key)
        if found is None:
            if len(self.analyses) >= MOST_ANALYSES:
                self.analyses.clear()
            found = self.analyses[key] = analyse(self.nest, known)
        return found


    def opaque(self) -> frozenset[str]:
        """Return the scalars that are no integers."""
        return frozenset(n for n, t in self.scalars.items() if t != PY_INT)

    def analyse_generally(self) -> Analysis:
        """Return the analysis for inputs of which only the types are known."""
        opaque = self.opaque()
        if not opaque & deciding_names(self.nest):
            return general_analysis(self.nest)
        return analyse(self.nest, Facts(opaque=opaque))


@dataclass(frozen=True, slots=True)
class Given:
    """The types of a nest's inputs."""

    arrays: Mapping[str, Array]
    scalars: Mapping[str, Scalar]


def _given(types: Mapping[str, Type]) -> Given:
    return Given(
        {name: t for name, t in types.items() if isinstance(t, Array)},
        {name: t for name, t in types.items() if isinstance(t, Scalar)},
    )


def make_specialisation(
    nest: Nest,
    types: Mapping[str, Type],
    known: Mapping[str, tuple[int | None, ...]] = MappingProxyType({}),
    *,
    share: bool = False,
) -> Specialisation:
    """Return the nest made ready for inputs of `types`, or raise `Declined`.

    `known` are extents of arrays, for which statements on arrays are expanded. With `share` these
    are expanded for inputs that share memory.
    """
    n_given = len(types)
    before, expansion = _given(types), expand(nest, types, known, share=share)
    key = ""
    if expansion is not None:
        key = signature_key(nest, before, "arrays that share memory" if share else "")
        if nest.appends:
            message = f"the loop appends to `{nest.appends[0][0]}` beside statements on arrays"
            raise Declined(ListNotSupported(message))
        nest, types = expansion.nest, expansion.types(types)
    if nest.appends:
        arrays = specialise(nest, types).arrays
        types = {**types, **{name: arrays[name] for name, _ in nest.appends}}
    given = _given(types)
    key = signature_key(nest, given, key)
    outline, typed = find_outline(key), None
    if outline is None:
        typing = specialise(nest, types)
        typed = typing, find_ranges(typing)
        layout = lay_out(typing)
    else:
        layout = outline.layout
    names = tuple(n for n in nest.inputs if n in types)
    written = written_arrays(nest)
    parameters = []
    for name in names:
        type_ = types[name]
        if isinstance(type_, Array):
            kind: Type = Array(type_.dtype, type_.ndim, name in written)
            parameters.append(ParameterSpec(kind, layout.arrays[name]))
        else:
            parameters.append(ParameterSpec(type_, layout.payload(name, type_)))
    pairs = tuple(
        (i, j)
        for i, one in enumerate(names)
        for j, other in enumerate(names)
        if i < j
        and isinstance(types[one], Array)
        and isinstance(types[other], Array)
        and (one in written or other in written)
    )
    key_places = tuple(_key_words(given, layout))
    entry = make_entry(tuple(parameters), may_overlap_pairs=pairs)
    return Specialisation(
        nest,
        given.arrays,
        given.scalars,
        key,
        layout,
        names,
        entry,
        _template(given, layout),
        itemgetter(*key_places),
        key_places,
        expansion,
        n_given,
        outline,
        typed,
    )


def _template(inputs: Inputs, layout: Layout) -> np.ndarray[Any, Any]:
    words = np.zeros(layout.n_words, np.int64)
    words[Header.INTERRUPT] = NEVER
    for name, members in layout.members.items():
        type_ = inputs.scalars.get(name)
        if type_ is not None:
            words[layout.tag(name)] = members.index(type_)
        elif UNBOUND in members:
            words[layout.tag(name)] = members.index(UNBOUND)
    return words


def _key_words(inputs: Inputs, layout: Layout) -> list[int]:
    """Return the words on which decisions depend: bounds, extents, strides, Python ints."""
    found = [int(Header.START), int(Header.STOP), int(Header.STEP)]
    for name, array in inputs.arrays.items():
        first = layout.arrays[name] + 1
        found += range(first, first + 2 * array.ndim)
    for name, type_ in inputs.scalars.items():
        if type_ == PY_INT and name in layout.variables:
            found.append(layout.payload(name, PY_INT))
    assert max(found[:3]) < HEADER_WORDS
    return found
