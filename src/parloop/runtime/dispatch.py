"""What happens when a site is entered: decide, make ready, launch, or leave it as it is."""

from __future__ import annotations

import os
import sys
from _thread import get_ident
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from parloop import config
from parloop.capture import renting
from parloop.capture.bars import BarSite
from parloop.capture.comprehensions import SUM
from parloop.capture.expressions import ExpressionSite
from parloop.capture.made import is_of_dictionary
from parloop.capture.sites import REGISTRY, Outcome, Site
from parloop.capture.weight import text_seconds
from parloop.codegen.layout import OUTSIDE, ChunkWord, Header
from parloop.config import Settings, current_settings
from parloop.diagnostics import Declined, Diagnostic, Mismatch
from parloop.frontend.codes import UnsupportedFunction
from parloop.ir.nodes import Draws, Nest, Store
from parloop.ir.types import PY_COMPLEX, PY_FLOAT, PY_INT, Scalar
from parloop.ir.walk import handles_arrays, loops, statements
from parloop.runtime import cutting, transaction, work
from parloop.runtime.arguments import check_guards, gather
from parloop.runtime.arrays import check_extents, make_array_reader, with_scratch
from parloop.runtime.callees import is_profiled
from parloop.runtime.capi import numpy_code
from parloop.runtime.chunks import make_chunks
from parloop.runtime.codes import (
    CannotBeUndone,
    ChangedMeanwhile,
    InputOutside,
    InternalFailure,
    IterationLeftNative,
    ListChanged,
    ListNotSupported,
    TracerActive,
    ValueNotSupported,
)
from parloop.runtime.cutting import find_pool, grain
from parloop.runtime.declining import MOST_UNCOPIED, count_small, decline, report_bug
from parloop.runtime.draws import Drawn, draw_ahead, find_function
from parloop.runtime.enter import make_entering
from parloop.runtime.gpu.offering import make_offload
from parloop.runtime.gpu.offload import Offer, Offload
from parloop.runtime.handlers import came_from_handler
from parloop.runtime.interrupts import Holder
from parloop.runtime.lists import (
    Appended,
    Lists,
    copy_lists,
    find_appended,
    find_lists,
    is_available,
)
from parloop.runtime.log import log_run
from parloop.runtime.meanwhile import watch_changes
from parloop.runtime.overwritten import written_arrays
from parloop.runtime.preparing import LOCK, prepare, specialise_for
from parloop.runtime.regions import Ready
from parloop.runtime.replaced import (
    copy_replaced,
    guess_replaced,
    kind_of,
    require_one_type,
)
from parloop.runtime.resting import ask_for_larger, ask_for_more
from parloop.runtime.results import make_reader, make_way_reader
from parloop.runtime.resuming import SLICE_SECONDS, Resumption, check_bounds, turns_of
from parloop.runtime.rows import with_places_of, with_rows, without_rows
from parloop.runtime.saving import (
    SURELY_SMALL,
    choose_saved,
    decline_large,
    free_memory,
    is_large,
    may_run_in_chunks,
)
from parloop.runtime.seen import see
from parloop.runtime.specialisation import Specialisation
from parloop.runtime.state import SiteState, settings_of, state_for
from parloop.runtime.stats import record_of
from parloop.runtime.stops import find_stops
from parloop.runtime.tracers import is_traced
from parloop.runtime.transaction import Launch, Warned
from parloop.runtime.verify import run_both
from parloop.runtime.warm import MOST_KEPT, Made, make_warm
from parloop.schedule.cost import estimate, interpreter_seconds, takes_whole_arrays
from parloop.staging.moves import Moves, find_moves
from parloop.staging.replaced import with_notes
from parloop.staging.rows import Row
from parloop.staging.specialise import StoreDeclined

MOST_SMALL = 256
"""Of how many sizes of loops a site remembers that they do not pay."""

MOST_REUSED = 1 << 26
"""How many bytes of copies are kept for the next launch."""

NATIVE_SECONDS_PER_OPERATION = 1e-9
LOOKING_UP = 1e-4
"""What takes less time was found, not made."""

MOST_TRIES = 3
"""So many types of items are tried for lists that get others than they have."""

MOST_WARM = 4
"""Of how many different launches a site remembers everything."""

RAISES_BUGS = bool(os.environ.get("PARLOOP_DEBUG"))
"""Whether a bug of ours is raised; otherwise it is reported, and the interpreter runs the loop."""


RUNS_TRACED = False
"""For tests under coverage: whether loops run natively although a tracer is active."""


def start() -> None:
    """Let every site ask this engine from now on."""
    REGISTRY.set_engine(enter)


def enter(
    site: Site, indices: range, values: tuple[object, ...], frame: FrameType
) -> Outcome | None:
    """Run as much of the loop as can be run natively; None leaves all to the interpreter."""
    if is_traced() and not RUNS_TRACED:
        record = record_of(site.info)
        record.ran_interpreted()
        record.fell_back(TracerActive("a debugger or a tracer follows the lines", site.info.span))
        return None
    state: SiteState | None = site.state
    if state is not None:
        for warm in state.warm:
            outcome = warm(indices, values, frame)
            if outcome is not None:
                return outcome
    return enter_cold(site, indices, values, frame)


def enter_cold(
    site: Site, indices: range, values: tuple[object, ...], frame: FrameType
) -> Outcome | None:
    """Do what `enter` does, without what is remembered of launches that were the same."""
    state: SiteState | None = site.state
    settings = current_settings(site.options) if state is None else settings_of(site, state)
    if not indices:
        return None
    if settings.device == "interpreter":
        record_of(site.info).ran_interpreted()
        return None
    if state is not None and state.resting and not settings.strict:
        state.resting -= 1
        return None
    if state is not None and state.small:
        seconds = state.small.get(work.sizes(indices, values))
        if seconds is not None:
            state.record.ran_interpreted(seconds)
            count_small(site, state, settings)
            return None
    if state is None and renting.may_wait(settings):
        seconds = text_seconds(site.info, indices, values)
        if renting.waits(site, seconds, renting.LOWERING):
            record_of(site.info).ran_interpreted(seconds)
            ask_for_more(site, seconds / len(indices), settings)
            return None
    try:
        state = state_for(site, values, frame)
        if state is None:
            with LOCK:
                state = state_for(site, values, frame) or prepare(site, values, frame)
                if state.calls.called and state not in state.versions:
                    state.versions.append(state)
                state.show(site)
        if state.calls.called and is_profiled():
            state.record.ran_interpreted()
            why = TracerActive("a profiler counts the calls of functions", site.info.span)
            state.record.fell_back(why)
            return None
        entry = Entry(site, state, settings, indices, values, frame)
        if settings.verify:
            return run_both(site, indices, values, frame, entry.run, further_inputs(entry))
        return entry.run()
    except Declined as declined:
        assert state is not None
        reason: Diagnostic = declined.diagnostic
    except Mismatch:
        raise
    except Exception as error:
        if RAISES_BUGS or came_from_handler(error):
            raise
        bug = report_bug(site, error)
        decline(site, site.state, settings, indices, bug)
        return None
    try:
        site.inner = work.pays_inside(site.info, state.nest, values, settings)
    except Exception as error:
        if RAISES_BUGS or came_from_handler(error):
            raise
        reason = report_bug(site, error)
    decline(site, state, settings, indices, reason)
    return None


def may_resume() -> bool:
    """Return whether nobody would see that the engine is asked for the rest of a loop."""
    return RUNS_TRACED or not is_traced()


def resume(
    site: Site,
    indices: range,
    first: int,
    values: tuple[object, ...],
    frame: FrameType,
    resumption: Resumption,
) -> Outcome | None:
    """Run what can be run of a loop of which `first` iterations have run, as `enter` does."""
    if is_traced() and not RUNS_TRACED:
        return None
    try:
        state = state_for(site, values, frame)
        if state is None or state.nest is None or (state.calls.called and is_profiled()):
            return None
        settings = settings_of(site, state)
        if settings.device == "interpreter":
            return None
        entry = Entry(site, state, settings, indices, values, frame, first, resumption)
        if settings.verify:
            more = further_inputs(entry)
            return run_both(site, indices, values, frame, entry.run, more, first)
        return entry.run()
    except (Declined, Mismatch) as error:
        if isinstance(error, Mismatch):
            raise
        return None  # why the loop was left is known
    except Exception as error:
        if RAISES_BUGS or came_from_handler(error):
            raise
        report_bug(site, error)
        return None


def further_inputs(entry: Entry) -> dict[str, Any]:
    """Return the inputs that only functions know, which a run of the text may change as well."""
    state, frame, info = entry.state, entry.frame, entry.site.info
    if state.nest is None or not state.calls.called:
        return {}
    code = frame.f_code
    own = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    if not own.issuperset(info.outputs):
        message = "functions cannot be verified in a loop that assigns global names"
        raise Declined(UnsupportedFunction(message, info.span))
    return gather(entry.site, state.nest, entry.values, frame, state.calls)


# one entry


class Packed(NamedTuple):
    """A record with everything in it that a launch is given."""

    specialisation: Specialisation
    words: np.ndarray[Any, Any]
    may_overlap: bool
    """Whether some arrays may share memory."""
    arguments: Mapping[str, Any]
    """The inputs by name, scratch arrays included."""


def require_plain_sum(specialisation: Specialisation) -> None:
    """Raise Declined where `sum` of a generator expression does more than add.

    From Python 3.12 on it keeps track of what additions of floats lose, and of complex numbers
    from 3.14 on.
    """
    members = specialisation.layout.members.get(SUM, ())
    if sys.version_info >= (3, 12) and (PY_FLOAT in members or PY_COMPLEX in members):
        message = "`sum` does more with floats than to add them, from Python 3.12 on"
        raise Declined(ValueNotSupported(message))


@dataclass(slots=True)
class Entry:
    """One entry of a site, and what it was given."""

    site: Site
    state: SiteState
    settings: Settings
    indices: range
    values: tuple[object, ...]
    frame: FrameType
    first: int = 0
    """How many iterations have run before."""
    resumption: Resumption | None = None
    """What is known of the attempts before this one, if there was one."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """The inputs by name, as the user's objects."""
    lists: Lists | None = None
    drawn: Drawn | None = None
    """The random numbers that were drawn for the loop."""
    replaced: Mapping[str, Scalar] = field(default_factory=dict)
    """The lists that get items of another type, and which."""
    rows: Mapping[str, Row] = field(default_factory=dict)
    """The names that are left with rows of lists."""

    @property
    def left(self) -> range:
        """The range of the iterations that have not run."""
        return self.indices[self.first :] if self.first else self.indices

    def run(self) -> Outcome | None:
        """Decide, make ready and launch; leave random numbers that were not needed undrawn."""
        try:
            outcome = self.try_types()
        except BaseException:
            if self.drawn is not None:
                self.drawn.keep(0)
            raise
        if self.drawn is not None:
            done = 0 if outcome is None else outcome.done
            try:
                self.drawn.keep(done)
            except BaseException as error:  # a handler's
                self.drawn.keep(done)
                if outcome is None:
                    raise
                outcome.error = outcome.error or error
        return outcome

    def try_types(self) -> Outcome | None:
        """Decide, make ready and launch; once more where a list gets items of another type."""
        for _ in range(MOST_TRIES):
            try:
                return self.attempt()
            except StoreDeclined as declined:
                items = self.given.get(declined.array)
                if len(declined.types) != 1 or type(items) is not list:
                    raise
                key = declined.array, kind_of(items)
                if self.state.replaced.get(key) == declined.types[0]:
                    raise
                self.state.replaced[key] = declined.types[0]
        return self.attempt()

    def attempt(self) -> Outcome | None:
        """Decide, make ready and launch."""
        state, nest = self.state, self.state.nest
        if nest is None:
            raise Declined(state.reasons[0])
        given = self.given = gather(self.site, nest, self.values, self.frame, state.calls)
        appends = dict(nest.appends)
        found = find_lists([name for name in nest.arrays if name not in appends], given)
        nest, self.rows = without_rows(state, nest, found)
        if found or appends:
            operations = work.operations_of(nest, self.left, given)
            if not self.pays(operations):
                self.too_small(nest, operations)
                return None
            if not work.pays_copying(nest, self.left, given, found, self.settings):
                if self.resumption is not None:
                    return None
                self.too_small(nest, operations)
                state.resting = min(state.n_small // 4, MOST_UNCOPIED)
                return None
            for name in nest.no_lists & found.keys():
                raise Declined(ListNotSupported(f"`{name}` is a list, but not used as one"))
            moves = find_moves(nest)
            appended = find_appended(nest, given, moves)
            nest = self.copy(nest, found, moves, appended)
            assert self.lists is not None
            given = {n: value for n, value in given.items() if n not in appends}
            given.update(self.lists.arrays)
        if state.nest is not None and state.nest.draws is not None:
            operations = work.operations_of(nest, self.left, given)
            if not self.pays(operations):
                self.too_small(nest, operations)
                return None
            if state.last is None and self.waits(operations, renting.FINDING):
                return None
            given.update(self.draw(state.nest.draws))
        check_extents(nest.requires, given)
        packed = self.pack_as_before(given)
        if packed is None:
            operations = work.operations_of(nest, self.left, given)
            if not self.pays(operations):
                self.too_small(nest, operations)
                return None
            if self.waits(operations, renting.FINDING):
                return None
            check_guards(self.site, state.guards, self.frame, state.calls)
            specialisation = specialise_for(state, nest, given, self.lists)
            if self.replaced:
                self.require_one_type(specialisation)
            packed = self.pack(specialisation, given)
            state.last = specialisation
        expansion = packed.specialisation.expansion
        if packed.may_overlap and expansion is not None and not expansion.share:
            packed = self.pack(specialise_for(state, nest, given, self.lists, share=True), given)
        if isinstance(self.site, ExpressionSite):
            require_plain_sum(packed.specialisation)
        if self.resumption is not None:
            check_bounds(nest, self.indices, self.given)
            if self.first % turns_of(packed.specialisation):
                return None
        specialisation, words, overlap, arguments = packed
        key = (id(specialisation), specialisation.key_words(words.tolist()))
        known = state.operations.get(key) if not self.first else None
        is_new = known is None or state.record.seen is None
        if known is None:
            if len(state.operations) > 256:
                state.operations.clear()
            known = work.operations_of(nest, self.left, given)
            if not self.first:
                state.operations[key] = known
        operations = known
        if not self.pays(operations):
            self.too_small(nest, operations)
            return None
        if self.waits(operations, specialisation.still_costs()):
            return None
        check_guards(self.site, state.guards, self.frame, state.calls)
        began = perf_counter()
        threads, exactness = self.settings.threads, self.settings.exactness
        trips = len(self.left)
        state.record.interpreter_seconds_per_iteration = interpreter_seconds(operations) / trips
        long = state.paces.are_long(key, operations / trips, trips, certain=state.certain)
        polls = long or cutting.ALWAYS_POLLS
        ready = specialisation.ready(
            words, arguments, overlap, threads, exactness, polls=polls
        )
        if specialisation.reader is None:
            self.make_reader(specialisation)
        spent = perf_counter() - began
        if spent > LOOKING_UP:
            self.site.spent = 0.0  # what comes next is paid for on its own
            state.record.compiled(spent)
        if specialisation.expansion is not None:
            operations = work.operations_of(specialisation.nest, self.left, arguments)
        if is_new and not self.first:
            self.see(specialisation, ready, arguments, operations)
        launch = self.make_launch(ready, words, arguments, operations)
        state.paces.begin(key, launch)
        if self.state.effects:
            launch.stops = find_stops(nest, self.indices, self.given)
        elif self.settings.device in ("cuda", "auto") and self.resumption is None:
            launch.offload = self.find_offload(launch, ready, specialisation, arguments)
        outcome = self.run_launch(launch, ready, specialisation)
        try:
            if not overlap:
                self.remember(specialisation, ready, launch, key)
        except BaseException as error:  # what has been run stays
            outcome = self.after_failure(outcome, error)
        return outcome

    def draw(self, draws: Draws) -> Mapping[str, np.ndarray[Any, Any]]:
        """Return the random numbers for all iterations, by name, as if they were lists."""
        if self.settings.verify or self.first or not is_available():
            raise Declined(UnsupportedFunction("random numbers are not drawn twice"))
        if self.indices.start != 0 or self.indices.step != 1:
            raise Declined(UnsupportedFunction("the loop draws numbers and does not count from 0"))
        passed = dict(zip(self.site.info.passed, self.values, strict=True))

        def look_up(name: str) -> object:
            known = name in passed
            return passed[name] if known else self.site.look_up(self.frame, name)

        if self.drawn is None:
            function = find_function(draws.path, look_up)
            self.drawn = draw_ahead(draws, function, len(self.indices))
        if self.lists is None:
            self.lists = Lists({}, {}, ())
        arrays = self.drawn.arrays(draws.names)
        self.lists.arrays.update(arrays)
        self.lists.types.update(dict.fromkeys(arrays, self.drawn.type()))
        return arrays

    def copy(
        self,
        nest: Nest,
        found: Mapping[str, list[Any]],
        moves: Moves,
        appended: tuple[Appended, ...],
    ) -> Nest:
        """Copy the lists `found`; return the nest with notes of what gets items of other types."""
        known, written = self.state.replaced, written_arrays(nest)
        others = Counter(map(id, found.values()))
        self.replaced = {
            name: known[name, kind_of(items)]
            for name, items in found.items()
            if name in written and (name, kind_of(items)) in known and others[id(items)] == 1
        }
        plain = {name: items for name, items in found.items() if name not in self.replaced}
        try:
            self.lists = copy_lists(plain, written, moves, appended)
        except Declined:
            guessed = [n for n in guess_replaced(nest, plain) if others[id(plain[n])] == 1]
            if not guessed:
                raise
            for name in guessed:
                known[name, kind_of(plain[name])] = PY_FLOAT
            return self.copy(nest, found, moves, appended)
        for name, element in self.replaced.items():
            copy_replaced(name, found[name], element, nest, moves, self.lists)
        if not self.replaced:
            return nest
        names = tuple(sorted(self.replaced))
        key = nest is self.state.nest, names
        if key not in self.state.noted:
            self.state.noted[key] = with_notes(nest, names)
        return self.state.noted[key]

    def require_one_type(self, specialisation: Specialisation) -> None:
        """Raise `Declined` where a list gets items of several types."""
        if specialisation.expansion is not None:
            raise Declined(ListNotSupported("a list gets items of another type beside arrays"))
        require_one_type(specialisation.typing, self.replaced)

    def see(
        self,
        specialisation: Specialisation,
        ready: Ready,
        arguments: Mapping[str, Any],
        operations: float,
    ) -> None:
        """Keep for the report what the largest launch was."""
        seen = self.state.record.seen
        if seen is None or operations >= seen.operations:
            nest, kernel = specialisation.nest, ready.kernel
            self.state.record.seen = see(nest, self.indices, arguments, kernel, operations)

    def after_failure(self, outcome: Outcome | None, error: BaseException) -> Outcome | None:
        """Return the outcome of a launch after which something failed, or was interrupted."""
        if isinstance(error, Exception) and not RAISES_BUGS and not came_from_handler(error):
            report_bug(self.site, error)
            return outcome
        outcome = outcome or Outcome(0)
        outcome.error = outcome.error or error
        return outcome

    def pays(self, operations: float) -> bool:
        """Return whether a launch of so many operations is large enough for machine code."""
        if self.resumption is not None:
            return True  # which says when to try
        if not self.state.certain:
            operations *= work.UNEVEN
        return work.pays(operations, self.settings)

    def waits(self, operations: float, price: float) -> bool:
        """Return whether the interpreter runs the loop because it has not cost `price` yet."""
        if not renting.may_wait(self.settings):
            return False
        seconds = interpreter_seconds(operations)
        if not self.state.certain:
            seconds *= work.UNEVEN
        if not renting.waits(self.site, seconds, price):
            return False
        self.state.record.ran_interpreted(seconds)
        return True

    def too_small(self, nest: Nest, operations: float) -> None:
        """Count an entry that does not pay."""
        seconds = interpreter_seconds(operations)
        self.state.record.ran_interpreted(seconds)
        known = dict(zip(self.site.info.passed, self.values, strict=True))
        of_arrays = handles_arrays(nest) or takes_whole_arrays(nest, known)
        each = operations / len(self.indices) if of_arrays else None
        ask_for_larger(self.site, nest, self.settings, each)
        self.state.largest = max(self.state.largest, operations / len(self.indices))
        count_small(self.site, self.state, self.settings)
        passed = self.site.info.passed
        if self.state.settings is not None and all(n in passed for n in nest.inputs):
            if len(self.state.small) >= MOST_SMALL:
                self.state.small = {}
            self.state.small[work.sizes(self.indices, self.values)] = seconds

    def make_reader(self, specialisation: Specialisation) -> None:
        """Make what reads the outputs of launches."""
        outputs, layout = self.site.info.outputs, specialisation.layout
        expansion = specialisation.expansion
        if expansion is None:
            specialisation.reader = make_reader(with_places_of(self.rows, outputs), layout)
        elif self.rows:
            message = f"`{min(self.rows)}` is a row of a list beside statements on arrays"
            raise Declined(ListNotSupported(message))
        else:
            found = make_array_reader(outputs, expansion, layout)
            specialisation.reader, specialisation.bind = found

    def pack_as_before(self, given: Mapping[str, Any]) -> Packed | None:
        """Pack for the types of the last launch; None if these are others."""
        last = self.state.last
        if last is None or len(given) != last.n_given:
            return None
        types = {} if self.lists is None else self.lists.types
        copied = {
            n: t for n, t in last.arrays.items() if t.dtype.owner == "python" or n in types
        }
        for name, _ in last.nest.appends:
            copied.pop(name, None)
        if types != copied:
            return None
        try:
            return self.pack(last, given)
        except (Declined, KeyError):
            return None

    def pack(self, specialisation: Specialisation, arguments: Mapping[str, Any]) -> Packed:
        """Return a packed record, and what else a launch on it takes."""
        if specialisation.expansion is not None:
            arguments = with_scratch(specialisation.expansion, arguments)
        if self.lists is not None and self.lists.appended:
            arguments = {**arguments, **self.make_rooms(specialisation)}
        words, address = specialisation.new_record()
        indices = self.indices
        try:
            words[Header.START], words[Header.STOP] = indices.start, indices.stop
            words[Header.STEP] = indices.step
        except OverflowError:
            raise Declined(InputOutside("a bound of the range does not fit in 64 bits")) from None
        inputs = specialisation.inputs
        packed = specialisation.entry.pack(address, *[arguments[name] for name in inputs])
        if packed > 0:
            name = inputs[packed - 1]
            raise Declined(InputOutside(f"`{name}` is not what machine code can take"))
        return Packed(specialisation, words, packed < 0, arguments)

    def make_rooms(self, specialisation: Specialisation) -> dict[str, np.ndarray[Any, Any]]:
        """Return arrays for what the launch appends to lists: at most one item an append."""
        assert self.lists is not None
        rooms: dict[str, np.ndarray[Any, Any]] = {}
        stores = [s for s in statements((specialisation.nest.loop,)) if isinstance(s, Store)]
        for appended in self.lists.appended:
            most = self.most_appended(specialisation, appended.name, stores)
            appended.element = specialisation.arrays[appended.name].dtype
            if most * appended.element.bits // 8 > max(SURELY_SMALL, free_memory() // 2):
                message = f"there is no memory for what is appended to `{appended.name}`"
                raise Declined(CannotBeUndone(message))
            appended.data = np.empty(most, numpy_code(appended.element))
            if appended.counter:
                appended.word = specialisation.layout.payload(appended.counter, PY_INT)
            rooms[appended.name] = appended.data
        return rooms

    def most_appended(
        self, specialisation: Specialisation, name: str, stores: list[Store]
    ) -> int:
        """Return for how many items there is to be room; an iteration that finds none left raises.

        It need not be all of them only where loops inside append.
        """
        nest = specialisation.nest
        inside = {id(s) for loop in loops(nest.loop.body) for s in statements(loop.body)}
        mine = [s for s in stores if s.array == name]
        once = sum(id(s) not in inside for s in mine)
        most = len(self.indices) * once  # the first places may be those of earlier launches
        if once < len(mine):
            theirs = {id(s): 1.0 for s in mine if id(s) in inside}

            def weigh(part: object) -> float:
                return theirs.get(id(part), 0.0)

            most += int(2 * estimate(nest, self.indices, self.given, weigh)) + 64
        return most

    def make_launch(
        self,
        ready: Ready,
        words: np.ndarray[Any, Any],
        arguments: Mapping[str, Any],
        operations: float,
    ) -> Launch:
        """Return the launch of a kernel on a packed record."""
        record = ready.take_record()
        scratch = record.integers[Header.SCRATCH]
        record.words[:] = words
        record.integers[Header.SCRATCH] = scratch
        machine = ready.kernel.fast
        if machine.check(record.address, 0, 0) & OUTSIDE:
            raise Declined(InputOutside("an integer is beyond what machine code was made for"))
        threads, run_address, blocks = find_pool(ready, self.settings)
        record.integers[Header.RUN], record.integers[Header.BLOCKS] = run_address, blocks
        chosen = saved = choose_saved(ready)
        traits = ready.kernel.traits
        is_held = traits.polls and not is_large(ready.written, arguments)
        if is_held:
            saved = ready.written
        guards = self.state.guards
        calls = self.state.calls
        meanwhile = watch_changes(
            self.site, self.frame, self.given, guards, calls, ready, chosen, self.values
        )
        if self.lists is not None:
            saved = tuple(item for item in saved if item.array not in self.lists.names())
        decline_large(saved, arguments)
        per_iteration = operations / len(self.left) * NATIVE_SECONDS_PER_OPERATION
        in_chunks = saved and self.lists is None and may_run_in_chunks(ready, saved)
        return Launch(
            ready.kernel,
            record.words,
            record.address,
            self.indices,
            {item.array: arguments[item.array] for item in saved},
            saved,
            Warned(self.frame.f_code.co_filename, self.frame.f_globals),
            per_iteration,
            threads=threads,
            certain=self.state.certain,
            buffers=record.buffers,
            rooms=np.zeros(traits.n_saves and traits.n_saves + len(ChunkWord), np.int64),
            chunks=make_chunks(saved, arguments, blocks) if in_chunks else None,
            record=record,
            lists=self.lists,
            leaves_warnings=ready.leaves_warnings,
            given=arguments,
            grain=grain(traits, ready.kernel.loop, len(self.indices)),
            done=self.first,
            most=0 if self.resumption is None else max(1, int(SLICE_SECONDS / per_iteration)),
            least=self.least_slice(threads if is_held and traits.cuts_outermost else 1),
            holder=Holder() if is_held else None,
            meanwhile=meanwhile,
            tick=self.site.bars[get_ident()].tick if isinstance(self.site, BarSite) else None,
        )

    def least_slice(self, usual: int) -> int:
        """Return how many iterations each slice has at least.

        Over the items of a dictionary all: where a handler changes it CPython's own iterator stops
        at a place that another one cannot find.
        """
        made = self.values[len(self.site.info.written) :]
        whole = self.drawn is not None or (made and is_of_dictionary(made[0]))
        return len(self.indices) if whole else usual

    def find_offload(
        self,
        launch: Launch,
        ready: Ready,
        specialisation: Specialisation,
        arguments: Mapping[str, Any],
    ) -> Offload | None:
        """Return what runs `launch` on the GPU, None if the CPU is to run it."""
        say = self.state.record.fell_back
        seen = see(specialisation.nest, self.indices, arguments, ready.kernel, 0.0)
        try:
            return make_offload(self.settings, specialisation, ready, launch, seen, say)
        except Exception as error:
            if RAISES_BUGS or came_from_handler(error):
                raise
            why = InternalFailure(f"{type(error).__name__}: {error}", self.site.info.span)
            ready.offer = Offer(None, why)  # the CPU runs the loop
            say(why)
            return None

    def run_launch(
        self, launch: Launch, ready: Ready, specialisation: Specialisation
    ) -> Outcome | None:
        """Run a launch and return its outcome; an interrupt waits in the outcome from here on."""
        began = perf_counter()
        launch.run()
        try:
            outcome = self.finish(launch, specialisation, perf_counter() - began)
            if sum(buffer.nbytes for buffer in launch.buffers.values()) > MOST_REUSED:
                launch.buffers.clear()
            ready.records.append(launch.record)
            return outcome
        except BaseException as error:
            outcome = self.outcome_of(launch, specialisation)
            if outcome is None:
                raise
            outcome.error, outcome.again = launch.error or error, None
            return outcome

    def finish(
        self, launch: Launch, specialisation: Specialisation, seconds: float
    ) -> Outcome | None:
        """Return the outcome of a launch, and count it."""
        outcome = self.outcome_of(launch, specialisation)
        record, done = self.state.record, launch.done
        if isinstance(launch.offload, Offload):
            seconds -= launch.offload.compile_seconds
            record.compiled(launch.offload.compile_seconds)
        self.state.declined = self.state.n_small = 0
        self.state.fewest = min(self.state.fewest, len(self.indices))
        self.site.inner = launch.raised and work.pays_inside(
            self.site.info, self.state.nest, self.values, self.settings
        )
        why = self.why_not_all(launch, specialisation, done)
        if launch.broke and self.lists is not None and 2 * launch.done < len(self.indices):
            self.state.n_early += 1  # most of the items were copied for nothing
            if self.settings.min_work_ms != 0 and not self.settings.strict:
                self.state.resting = min(self.state.n_early // 2, MOST_UNCOPIED)
        if self.wants_rest(launch, specialisation, seconds):
            outcome = outcome or Outcome(done)
            outcome.again = self.resumption
        self.count(launch, seconds)
        if why is not None:
            record.fell_back(why)
        log_run(self.site.info, record, (done - self.first, len(self.indices), seconds), why)
        return outcome

    def why_not_all(
        self, launch: Launch, specialisation: Specialisation, done: int
    ) -> Diagnostic | None:
        """Return why a launch ended after `done` iterations, None if the loop was over."""
        why: Diagnostic | None = None
        if launch.raised:
            index = specialisation.nest.loop.title
            at = f"`{index}` = {self.indices[done]}"
            if self.site.info.over_items:
                at = f"with item {done}"
            message = f"the iteration {at} raises, warns or leaves 64 bits"
            if self.state.effects:
                message = f"the iteration {at} does what only the interpreter can"
            why = IterationLeftNative(message, self.site.info.span)
        elif launch.changed:
            why = ListChanged("a list was changed by other code meanwhile", self.site.info.span)
        elif launch.overtaken and done < len(self.indices):
            message = "a signal handler or another thread changed something that the loop reads"
            why = ChangedMeanwhile(message, self.site.info.span)
        elif isinstance(launch.failure, MemoryError):
            message = "there is no memory for a copy of what the loop overwrites"
            why = CannotBeUndone(message, self.site.info.span)
        elif isinstance(launch.failure, Exception):
            if RAISES_BUGS:
                raise launch.failure
            why = report_bug(self.site, launch.failure)
        return why

    def wants_rest(
        self, launch: Launch, specialisation: Specialisation, seconds: float
    ) -> bool:
        """Return whether to ask for the rest, once the interpreter has run an iteration."""
        fits = self.site.info.resumes and not isinstance(self.site, ExpressionSite)
        if not fits or not launch.raised or launch.error is not None:
            return False
        if self.settings.exactness != "exact" or launch.grain > 1:
            return False  # where machine code took over again, which time decides, bits would tell
        now = self.resumption
        if now is None:
            eager = self.settings.min_work_ms == 0
            now = self.resumption = Resumption(resume, eager, may_resume)
        else:
            seconds = perf_counter() - now.began
        ran = launch.done - self.first
        left = len(self.left) - ran
        each = self.state.record.interpreter_seconds_per_iteration
        if not now.is_worth_it(ran, seconds, left, each):
            return False
        now.after += -(launch.done + now.after) % turns_of(specialisation)
        return now.after < left

    def count(self, launch: Launch, seconds: float) -> None:
        """Count a launch as part of an entry."""
        record, now = self.state.record, self.resumption
        ran = launch.done - self.first
        if ran or launch.broke:
            if now is None or not now.counts:
                record.ran_native(seconds, ran, launch.threads)
            else:
                record.ran_further(seconds, ran)
            if launch.on_gpu:
                assert isinstance(launch.offload, Offload)
                record.ran_on_gpu(launch.offload.counts)
            if now is not None:
                now.counts = True
        elif now is None or now.began == 0:
            record.ran_interpreted()

    def outcome_of(self, launch: Launch, specialisation: Specialisation) -> Outcome | None:
        """Return what a launch has come to, None if to nothing."""
        if launch.done == self.first and not launch.broke:
            return Outcome(launch.done, (), error=launch.error) if launch.error else None
        assert specialisation.reader is not None
        values = specialisation.reader(launch.record)
        if specialisation.bind is not None:
            finished = launch.done + launch.broke
            values = specialisation.bind(values, launch.record, launch.given, finished)
        if self.rows and self.lists is not None:
            values = with_rows(self.rows, self.site.info.outputs, values, self.lists)
        if launch.overtaken and launch.meanwhile is not None:
            values = launch.meanwhile.newer(values)
        way = make_way_reader(specialisation.layout)(launch.record) if launch.broke else 0
        return Outcome(launch.done, values, launch.broke, way, launch.error)

    def remember(
        self,
        specialisation: Specialisation,
        ready: Ready,
        launch: Launch,
        key: tuple[int, tuple[int, ...]],
    ) -> None:
        """Make the way for the next launch that is the same as this one and the one before it."""
        state, trips = self.state, len(self.indices)
        state.paces.learn(key, launch)
        if self.resumption is not None and self.first:
            return
        if launch.trips_seen:
            state.forget()
            self.site.enter = self.site
            return
        again, state.last_key = state.last_key == key, key
        if (
            not again
            or not launch.went_well()
            or launch.offload is not None
            or sum(array.nbytes for array in launch.arrays.values()) > MOST_KEPT
            or not state.certain
            or launch.seconds_per_iteration * trips > transaction.SLICE_SECONDS
            or self.settings.verify
            or transaction.FAIL_AT
            or specialisation.inspected
            or self.lists is not None
            or isinstance(self.site, ExpressionSite | BarSite)
            or self.site.info.made
            or specialisation.expansion is not None
        ):
            return
        warm_key = (key, config.token(), id(self.frame.f_globals))
        if warm_key in state.warm_keys:  # it did not match; whatever it is, it would not again
            place = state.warm_keys.index(warm_key)
            state.warm_keys = state.warm_keys[:place] + state.warm_keys[place + 1 :]
            state.warm = state.warm[:place] + state.warm[place + 1 :]
            state.native = state.native[:place] + state.native[place + 1 :]
        threads, run_address, blocks = find_pool(ready, self.settings)
        warm = make_warm(
            Made(self.site, enter_cold, state.guards, state.calls, specialisation, ready,
                 state.record, threads, run_address, blocks, key[1], trips, tuple(launch.arrays)),
            self.values,
            self.frame,
        )  # fmt: skip
        if warm is not None:
            state.warm_keys = (warm_key, *state.warm_keys[: MOST_WARM - 1])
            state.warm = (warm[0], *state.warm[: MOST_WARM - 1])
            state.native = (warm[1], *state.native[: MOST_WARM - 1])
            tables = [table for table in state.native if table is not None]
            if tables and Site.engine is enter and not RUNS_TRACED:
                self.site.enter = make_entering(self.site, tables)
