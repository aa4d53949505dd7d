"""What would become of an entry of a loop, found out as for a launch, and then not launched."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any, cast

from parloop.analysis import Analysis, Reduction
from parloop.capture.sites import Site
from parloop.config import Settings, current_settings
from parloop.diagnostics import Declined
from parloop.ir.nodes import For, Nest
from parloop.ir.walk import loops
from parloop.runtime import work
from parloop.runtime.arguments import check_guards, gather
from parloop.runtime.arrays import check_extents
from parloop.runtime.codes import ListNotSupported
from parloop.runtime.decision import Point, parameter_values
from parloop.runtime.dispatch import Entry
from parloop.runtime.lists import find_appended, find_lists
from parloop.runtime.packing import Packed
from parloop.runtime.preparing import prepare, specialise_for
from parloop.runtime.regions import Kind
from parloop.runtime.rows import without_rows
from parloop.runtime.stats import SiteRecord
from parloop.schedule.combining import are_combined
from parloop.schedule.cost import interpreter_seconds
from parloop.schedule.plan import Plan, needed
from parloop.staging.moves import find_moves


@dataclass(frozen=True, slots=True)
class Standing:
    """What a site asks of the frame that enters it, where nothing runs."""

    f_code: CodeType
    f_globals: dict[str, Any]
    f_locals: dict[str, Any]
    f_builtins: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would run where."""

    nest: Nest
    """Expanded: statements on whole arrays are loops in it."""
    analysis: Analysis
    parallel: frozenset[int]
    """The loops (by number) that may run in any order, accumulations included."""
    ordered: Mapping[int, tuple[Reduction, ...]]
    """Those that might but for accumulations whose order shows."""
    plan: Plan
    values: Mapping[str, int]
    """The parameters of the analysis."""
    seconds: float
    """What the interpreter is estimated to take."""
    pays: bool


def foresee(
    site: Site,
    indices: range,
    values: tuple[object, ...],
    frame: Standing,
    unknown: Container[str] = (),
) -> Prospect | None:
    """Return what would become of an entry, or raise Declined where the interpreter would run it.

    None if the loop wants the value of a name in `unknown`, or draws random numbers. Nothing that
    the user can see changes; the site should be nobody else's.
    """
    info, settings = site.info, current_settings(site.options)
    record = SiteRecord(info.path, info.line, info.column, info.end_line, info.function)
    as_frame = cast(FrameType, frame)
    state = site.state = prepare(site, values, as_frame, record)
    if state.nest is None:
        raise Declined(state.reasons[0])
    if any(name in unknown for name in state.nest.inputs) or state.nest.draws is not None:
        return None  # random numbers are drawn in a launch only
    entry = Entry(site, state, settings, indices, values, as_frame)
    nest, given = _take(entry, settings)
    check_guards(site, state.guards, as_frame, state.calls)
    check_extents(nest.requires, given)
    specialisation = specialise_for(state, nest, given, entry.lists)
    packed = entry.pack(specialisation, given)
    expansion = specialisation.expansion
    if packed.may_overlap and expansion is not None and not expansion.share:
        packed = entry.pack(specialise_for(state, nest, given, entry.lists, share=True), given)
    operations = work.operations_of(nest, indices, given)
    return _decide(packed, settings, interpreter_seconds(operations), pays=entry.pays(operations))


def _take(entry: Entry, settings: Settings) -> tuple[Nest, Mapping[str, Any]]:
    """Return the nest and its inputs, lists as arrays."""
    nest = entry.state.nest
    assert nest is not None
    given = gather(entry.site, nest, entry.values, entry.frame, entry.state.calls)
    entry.given = given
    appends = dict(nest.appends)
    found = find_lists([name for name in nest.arrays if name not in appends], given)
    nest, entry.rows = without_rows(entry.state, nest, found)
    if not found and not appends:
        return nest, given
    for name in nest.no_lists & found.keys():
        raise Declined(ListNotSupported(f"`{name}` is a list, but not used as one"))
    if not work.pays_copying(nest, entry.indices, given, found, settings):
        message = "copying the lists would take longer than the loop"
        raise Declined(ListNotSupported(message))
    moves = find_moves(nest)
    appended = find_appended(nest, given, moves)
    nest = entry.copy(nest, found, moves, appended)
    assert entry.lists is not None
    rest = {name: value for name, value in given.items() if name not in appends}
    return nest, {**rest, **entry.lists.arrays}


def _decide(packed: Packed, settings: Settings, seconds: float, *, pays: bool) -> Prospect:
    """Return what a launch on a packed record would decide."""
    specialisation, words, overlap, arguments = packed
    values = words.tolist()
    known = parameter_values(specialisation, specialisation.layout, values)
    distinct = specialisation.distinct_loops(values, arguments, None)
    facts = (
        specialisation.find_facts(arguments) if overlap else specialisation.self_overlaps(arguments)
    )
    layouts = specialisation.layouts_of(arguments)
    kind = Kind(layouts, distinct, settings.exactness, polls=False, facts=facts)
    planned, _ = specialisation.plan(Point(known), kind)
    analysis = specialisation.analysis_of(facts, known)
    free = specialisation.decide(analysis, Point(known), kind).parallel
    ordered: dict[int, tuple[Reduction, ...]] = {}
    for number, loop in enumerate(loops((specialisation.nest.loop,))):
        if number in free and isinstance(loop, For):
            needs = needed(analysis.loops[number])
            regroup = settings.exactness == "reassociate"
            if not are_combined(needs, planned.typing, loop, regroup=regroup):
                ordered[number] = needs
    return Prospect(
        specialisation.nest,
        analysis,
        free - ordered.keys(),
        ordered,
        planned.plan,
        known,
        seconds,
        pays,
    )
