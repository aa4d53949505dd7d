"""A nest made ready for one signature: typed, laid out, with its entry and kernels by decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from parloop.analysis import Analysis, Facts, analyse
from parloop.codegen.layout import HEADER_WORDS, Header, Layout, lay_out
from parloop.config import Exactness
from parloop.diagnostics import Declined
from parloop.ir.nodes import Binary, Const, Load, Name, Nest, Store
from parloop.ir.types import PY_INT, UNBOUND, Array, Type
from parloop.ir.walk import all_expressions, statements
from parloop.runtime import jit
from parloop.runtime.analyses import deciding_names, general_analysis
from parloop.runtime.codes import ArraysDoNotFit
from parloop.runtime.decision import (
    Asked,
    Point,
    compile_asked,
    decide,
    find_rewritten,
    parameter_terms,
    parameter_values,
)
from parloop.runtime.entry import Entry, ParameterSpec, make_entry
from parloop.runtime.inspector import Launched, distinct_loops, has_inspectors, still_parallel
from parloop.runtime.interrupts import NEVER
from parloop.runtime.kernels import Kernel, make_kernel
from parloop.runtime.mappings import require_one_mapping
from parloop.runtime.pool import get_pool
from parloop.runtime.transaction import Saved
from parloop.schedule.plan import Plan, make_plan
from parloop.staging.aliasing import describe, find_overlaps
from parloop.staging.expansion import Expansion, expand
from parloop.staging.ranges import Ranges, find_ranges
from parloop.staging.specialise import Typing, specialise

MOST_DECISIONS = 256
"""Launches with more different shapes and bounds than this make their decisions anew."""


@dataclass(frozen=True, slots=True)
class Record:
    """The memory of one launch: its words, and the scratch memory of the kernel behind them.

    `integers` and `floats` are the same words, from which reading one takes a third of the time.
    """

    words: np.ndarray[Any, Any]
    address: int
    integers: memoryview[int]
    floats: memoryview[float]
    memory: np.ndarray[Any, Any]
    buffers: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    """Where slices keep what they overwrite."""


def make_record(n_words: int, scratch_words: int) -> Record:
    """Return a new record, in which nothing is set but the address of the scratch memory."""
    memory = np.zeros(n_words + scratch_words, np.int64)
    words = memory[:n_words]
    address: int = memory.__array_interface__["data"][0]
    words[Header.SCRATCH] = address + 8 * n_words
    integers: Any = memoryview(memory.data)
    return Record(words, address, integers, integers.cast("B").cast("d"), memory)

MOST_REGIONS = 8
"""So many sets of conditions are tried, one after another, before a decision is made anew."""

MOST_ANALYSES = 64
"""Of so many different values and overlaps the analyses are kept."""


Bind: TypeAlias = Callable[
    [tuple[object, ...], Record, Mapping[str, Any], int], tuple[object, ...]
]
"""Puts the arrays among the values that were read from a record, after so many iterations."""


@dataclass(slots=True)
class Ready:
    """A kernel for launches of one kind, and what its slices have to save."""

    kernel: Kernel
    forced: tuple[Saved, ...]
    """What slices save where a test takes them for tripped."""
    saved_if_raising: tuple[Saved, ...]
    saved: tuple[Saved, ...]
    written: tuple[Saved, ...]
    """What slices save that may be given up: all that the nest writes."""
    records: list[Record] = field(default_factory=list)
    """Records that no launch uses at the moment."""
    leaves_warnings: bool = False
    """Whether an iteration in which something warns is left to the interpreter."""

    @property
    def minds_warnings(self) -> bool:
        """Whether it makes a difference if warnings are ignored, or become exceptions."""
        return bool(self.kernel.fast.watched_flags) or self.saved != self.saved_if_raising

    def take_record(self) -> Record:
        """Return a record for one launch of this kernel, which gives it back to `records`."""
        try:
            return self.records.pop()
        except IndexError:
            return make_record(self.kernel.layout.n_words, self.kernel.fast.scratch_words)


@dataclass(slots=True)
class Region:
    """All launches of which the same conditions hold."""

    asked: Asked
    ready: Ready
    test: Callable[[Sequence[int]], bool] | None = None
    """Made when it is first needed: most loops have one shape."""

    def holds(self, words: Sequence[int], terms: Mapping[str, str]) -> bool:
        """Return whether a record is one of these launches."""
        if self.test is None:
            self.test = compile_asked(self.asked, terms)
        return self.test(words)


@dataclass(frozen=True, slots=True)
class Way:
    """What decides how a launch runs, beside its integers and the memory that its arrays share."""

    distinct: frozenset[int]
    """Loops that the index arrays of the launch make parallel."""
    exactness: Exactness
    polls: bool


@dataclass(slots=True)
class Specialisation:
    """Everything that depends on the types of the inputs, not on their values.

    `inputs` are the names in the order in which `entry.pack` takes them.
    """

    nest: Nest
    typing: Typing
    ranges: Ranges
    layout: Layout
    inputs: tuple[str, ...]
    entry: Entry
    template: np.ndarray[Any, Any]
    key_words: itemgetter[Any]
    key_places: tuple[int, ...]
    """The words of the record that `key_words` picks."""
    expansion: Expansion | None = None
    """How `nest` came from a nest that handles arrays as a whole, if it did."""
    n_given: int = 0
    """How many of the inputs of the user's nest have values."""
    analyses: dict[object, Analysis] = field(default_factory=dict)
    decisions: dict[object, Ready] = field(default_factory=dict)
    kernels: dict[object, Ready] = field(default_factory=dict)
    reader: Callable[[Record], tuple[object, ...]] | None = None
    """Reads the outputs from a record; made when first needed."""
    bind: Bind | None = None
    """Puts the arrays among the outputs that `reader` has read, where there may be any."""
    regions: dict[object, list[Region]] = field(default_factory=dict)
    """Decisions with the conditions on which they depend, by what else they depend on."""
    terms: dict[str, str] | None = None
    general: Analysis | None = None
    """`analyse_generally`, made once."""
    inspected: bool | None = None
    """Whether there are index arrays to look at before a launch; not known before the first one."""

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
    ) -> Ready:
        """Return the kernel for a packed record; `overlap`: some arrays may share memory.

        With `polls` the kernel looks for interrupts inside an iteration. Raises `Declined` where
        they may share some at two addresses.
        """
        values = words.tolist()
        distinct = self.distinct_loops(values, arguments, threads)
        way = Way(distinct, exactness, polls)
        key = (self.key_words(values), way)
        if not overlap:
            found = self.decisions.get(key)
            if found is not None:
                return found
        if overlap and self.expansion is not None:
            raise Declined(ArraysDoNotFit("arrays of array statements share memory"))
        if overlap:
            require_one_mapping(arguments, written_arrays(self.nest))
        facts = self.find_facts(arguments) if overlap else self.self_overlaps(arguments)
        if facts is not None and self.expansion is not None:
            raise Declined(ArraysDoNotFit("an array of array statements shares its own memory"))
        if facts is None:
            ready = self.decided_alike(values, arguments, way)
        else:
            parameters = Point(parameter_values(self.typing, self.layout, values))
            ready = self.decided(parameters, arguments, facts, way)
        if not overlap:
            if len(self.decisions) >= MOST_DECISIONS:
                self.decisions.clear()
            self.decisions[key] = ready
        return ready

    def distinct_loops(
        self, values: list[int], arguments: Mapping[str, Any], threads: int | None
    ) -> frozenset[int]:
        """Return the loops that the index arrays of this launch make parallel."""
        if self.inspected is None:
            self.inspected = has_inspectors(self.analysis(None))
        if not self.inspected:
            return frozenset()
        indices = range(*(values[word] for word in (Header.START, Header.STOP, Header.STEP)))
        return distinct_loops(
            self.analysis(None), Launched(indices, arguments, get_pool(threads).threads)
        )

    def self_overlaps(self, arguments: Mapping[str, Any]) -> Facts | None:
        """Return the arrays whose own elements share memory, when no two arrays do."""
        if all(arguments[name].flags.forc for name in self.typing.arrays):
            return None
        return self.find_facts(arguments)

    def find_facts(self, arguments: Mapping[str, Any]) -> Facts | None:
        """Return what is known of the memory that the arrays share."""
        written = written_arrays(self.nest)
        return find_overlaps(
            [
                describe(name, arguments[name], is_written=name in written)
                for name in self.typing.arrays
            ]
        )

    def decided_alike(
        self,
        values: list[int],
        arguments: Mapping[str, Any],
        way: Way,
    ) -> Ready:
        """Return what `decided` would, where possible by the conditions of an earlier decision."""
        arrays = [arguments[name] for name in self.typing.arrays]
        kinds = tuple(
            [(a.flags.c_contiguous, bool(a.ndim) and a.strides[-1] == a.itemsize) for a in arrays]
        )
        if self.terms is None:
            self.terms = parameter_terms(self.typing, self.layout)
        key = (kinds, way)
        regions = self.regions.setdefault(key, [])
        for region in regions:
            if region.holds(values, self.terms):
                return region.ready
        parameters = Point(parameter_values(self.typing, self.layout, values))
        ready = self.decided(parameters, arguments, None, way)
        if not self.analysis(None).wanted and len(regions) < MOST_REGIONS:
            regions.append(Region(parameters.asked, ready))
        return ready

    def decided(
        self,
        parameters: Point,
        arguments: Mapping[str, Any],
        facts: Facts | None,
        way: Way,
    ) -> Ready:
        """Return the kernel for these values, this sharing of memory, and these index arrays."""
        distinct, exactness = way.distinct, way.exactness
        contiguous = frozenset(
            name
            for name in self.typing.arrays
            if arguments[name].ndim and arguments[name].strides[-1] == arguments[name].itemsize
        )
        analysis = self.analysis_of(facts, parameters.values)
        decision = decide(
            analysis, self.typing, parameters, noalias=facts is None, contiguous=contiguous
        )
        if distinct:
            loops = still_parallel(distinct, self.analysis(None), analysis)
            decision = replace(decision, parallel=decision.parallel | loops)
        decision = replace(
            decision,
            regroup=exactness == "reassociate",
            fuse=exactness != "exact" and jit.can_fuse(),
        )
        plan = make_plan(self.typing, analysis, decision)
        if way.polls:  # a slice that is given up is put back as a whole, whatever blocks have run
            plan = replace(plan, polls=True)
        else:
            plan = replace(plan, saves=native_saves(self.nest, plan, arguments))
        rewritten = None if facts is not None else find_rewritten(analysis, parameters)
        key = (plan.key, rewritten)
        ready = self.kernels.get(key)
        if ready is None:
            kernel = make_kernel(self.typing, self.ranges, plan)
            forced, if_raising, saved, written = map(
                self.not_passing,
                (
                    *saved_arrays(self.nest, kernel, rewritten),
                    all_written(self.nest, kernel),
                ),
            )
            ready = self.kernels[key] = Ready(kernel, forced, if_raising, saved, written)
            ready.leaves_warnings = self.expansion is not None
        return ready

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
        return frozenset(n for n, t in self.typing.scalars.items() if t != PY_INT)

    def analyse_generally(self) -> Analysis:
        """Return the analysis for inputs of which only the types are known."""
        opaque = self.opaque()
        if not opaque & deciding_names(self.nest):
            return general_analysis(self.nest)
        return analyse(self.nest, Facts(opaque=opaque))


def make_specialisation(nest: Nest, types: Mapping[str, Type]) -> Specialisation:
    """Return the nest made ready for inputs of `types`, or raise `Declined`."""
    n_given = len(types)
    expansion = expand(nest, types)
    if expansion is not None:
        nest, types = expansion.nest, expansion.types(types)
    typing = specialise(nest, types)
    ranges = find_ranges(typing)
    layout = lay_out(typing)
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
    key_places = tuple(_key_words(typing, layout))
    entry = make_entry(tuple(parameters), may_overlap_pairs=pairs)
    return Specialisation(
        nest,
        typing,
        ranges,
        layout,
        names,
        entry,
        _template(typing, layout),
        itemgetter(*key_places),
        key_places,
        expansion,
        n_given=n_given,
    )


def _template(typing: Typing, layout: Layout) -> np.ndarray[Any, Any]:
    words = np.zeros(layout.n_words, np.int64)
    words[Header.INTERRUPT] = NEVER
    for name, members in layout.members.items():
        type_ = typing.scalars.get(name)
        if type_ is not None:
            words[layout.tag(name)] = members.index(type_)
        elif UNBOUND in members:
            words[layout.tag(name)] = members.index(UNBOUND)
    return words


def _key_words(typing: Typing, layout: Layout) -> list[int]:
    """Return the words on which decisions depend: bounds, extents, strides, Python ints."""
    found = [int(Header.START), int(Header.STOP), int(Header.STEP)]
    for name, array in typing.arrays.items():
        first = layout.arrays[name] + 1
        found += range(first, first + 2 * array.ndim)
    for name, type_ in typing.scalars.items():
        if type_ == PY_INT and name in layout.variables:
            found.append(layout.payload(name, PY_INT))
    assert max(found[:3]) < HEADER_WORDS
    return found


def written_arrays(nest: Nest) -> frozenset[str]:
    """Return the arrays that the nest stores into."""
    return frozenset(s.array for s in statements((nest.loop,)) if isinstance(s, Store))


def saved_arrays(
    nest: Nest, kernel: Kernel, rewritten: frozenset[str] | None
) -> tuple[tuple[Saved, ...], tuple[Saved, ...], tuple[Saved, ...]]:
    """Return what slices save if a test lets them trip, if a warning may be an exception, and else.

    An array that is written and never read can be written again with the same values, as can one
    that is only read where it was `rewritten` (None: some arrays share memory). So they are saved
    only where something may raise: then elements that CPython would not have come to must be as
    before. Once a test has failed, values may be others in the fast variant, and with them which
    elements it writes: only what it writes in any case need not be saved then.
    """
    written = written_arrays(nest)
    everything = all_written(nest, kernel)
    fast = kernel.fast
    if kernel.typing.has_lists():  # which somebody may change between slices
        return everything, everything, everything
    forced = tuple(s for s in everything if rewritten is None or s.array not in rewritten)
    if not fast.can_raise and not fast.watched_flags:
        return forced, (), ()
    if fast.can_stop or rewritten is None:
        return everything, everything, everything
    needed = set(written)
    if not fast.can_raise:
        needed &= {e.array for e in all_expressions((nest.loop,)) if isinstance(e, Load)}
    return forced, everything, tuple(s for s in everything if s.array in needed - rewritten)


def all_written(nest: Nest, kernel: Kernel) -> tuple[Saved, ...]:
    """Return all that the nest stores into, as slices save it."""
    inside = kernel.plan.inside
    natively = {name: position for position, (name, _) in enumerate(kernel.plan.saves)}
    return tuple(
        Saved(name, _row_offset(nest, name, inside), natively.get(name))
        for name in sorted(written_arrays(nest))
    )


def native_saves(
    nest: Nest, plan: Plan, arguments: Mapping[str, Any]
) -> tuple[tuple[str, int], ...]:
    """Return the arrays whose rows the blocks can save themselves, with the offsets of the rows.

    Only where no two arrays share memory: another block may already have written to the same row by
    another name when this one copies it.
    """
    in_blocks = (plan.cores.get(0) == () and 0 not in plan.splits) or 0 in plan.waves
    if not plan.noalias or not in_blocks or nest.loop.step != Const(1):
        return ()
    found: list[tuple[str, int]] = []
    for name in sorted(written_arrays(nest)):
        offset = _row_offset(nest, name, plan.inside)
        if offset is not None and arguments[name].flags.c_contiguous:
            found.append((name, offset))
    return tuple(found)


def _row_offset(nest: Nest, array: str, inside: frozenset[int]) -> int | None:
    """Return c if iteration i of the outermost loop stores into `array` only in row i + c.

    Only where the subscripts were proved inside: a negative one counts from the end.
    """
    index = nest.loop.index
    bodies = list(statements(nest.loop.body))
    if any(index in (getattr(s, "target", None), getattr(s, "index", None)) for s in bodies):
        return None
    offsets: set[int | None] = set()
    for stmt in bodies:
        if isinstance(stmt, Store) and stmt.array == array:
            if id(stmt) not in inside:
                return None
            match stmt.subscripts[0] if stmt.subscripts else None:
                case Name(id=name) if name == index:
                    offsets.add(0)
                case Binary(op="+", left=Name(id=name), right=Const(value=int(n))) if name == index:
                    offsets.add(n)
                case Binary(op="-", left=Name(id=name), right=Const(value=int(n))) if name == index:
                    offsets.add(-n)
                case _:
                    offsets.add(None)
    return offsets.pop() if len(offsets) == 1 else None



