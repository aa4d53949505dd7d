"""What happens when a site is entered: decide, make ready, launch, or leave it as it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from types import FrameType
from typing import Any

from parloop import config
from parloop.capture import renting
from parloop.capture.bars import BarSite
from parloop.capture.expressions import ExpressionSite
from parloop.capture.sites import REGISTRY, Outcome, Site
from parloop.capture.weight import text_seconds
from parloop.config import current_settings
from parloop.diagnostics import Declined, Diagnostic, Mismatch
from parloop.frontend.codes import UnsupportedFunction
from parloop.ir.nodes import Nest
from parloop.runtime import cutting, in_place, transaction, work
from parloop.runtime.arguments import check_guards, gather
from parloop.runtime.arrays import check_extents
from parloop.runtime.callees import is_profiled
from parloop.runtime.codes import (
    CannotBeUndone,
    ChangedMeanwhile,
    InternalFailure,
    IterationLeftNative,
    ListChanged,
    ListNotSupported,
    TracerActive,
)
from parloop.runtime.cutting import find_pool
from parloop.runtime.declining import MOST_UNCOPIED, count_small, decline, report_bug
from parloop.runtime.enter import make_entering
from parloop.runtime.gpu.codes import GpuDeclined
from parloop.runtime.gpu.interface import find_device_arrays
from parloop.runtime.gpu.offering import make_offload
from parloop.runtime.gpu.offload import Offer, Offload
from parloop.runtime.handlers import came_from_handler
from parloop.runtime.launching import Launching
from parloop.runtime.lists import (
    find_appended,
    find_lists,
)
from parloop.runtime.log import log_run
from parloop.runtime.packing import Packed, require_plain_sum
from parloop.runtime.preparing import LOCK, prepare, specialise_for
from parloop.runtime.regions import Ready
from parloop.runtime.replaced import (
    kind_of,
)
from parloop.runtime.resting import ask_for_more
from parloop.runtime.resuming import Resumption, check_bounds, turns_of
from parloop.runtime.rows import without_rows
from parloop.runtime.seen import see
from parloop.runtime.specialisation import Specialisation
from parloop.runtime.state import SiteState, settings_of, state_for
from parloop.runtime.stats import record_of
from parloop.runtime.stops import find_stops
from parloop.runtime.tracers import is_traced
from parloop.runtime.transaction import Launch
from parloop.runtime.verify import run_both
from parloop.runtime.warm import MOST_KEPT, Made, make_warm
from parloop.schedule.cost import interpreter_seconds
from parloop.staging.moves import find_moves
from parloop.staging.specialise import StoreDeclined

MOST_REUSED = 1 << 26
"""How many bytes of copies are kept for the next launch."""

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






@dataclass(slots=True)
class Entry(Launching):
    """One entry of a site."""

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
        taken = self.take()
        if taken is None:
            return None
        packed = self.typed(*taken)
        return None if packed is None else self.launch(*taken, packed)

    def take(self) -> tuple[Nest, dict[str, Any]] | None:
        """Return the nest and its inputs, lists copied and numbers drawn; None if too small."""
        state, nest = self.state, self.state.nest
        if nest is None:
            raise Declined(state.reasons[0])
        given = self.given = gather(self.site, nest, self.values, self.frame, state.calls)
        self.device_arrays = find_device_arrays(nest.arrays, given)
        if self.device_arrays:
            in_place.require_gpu(self, nest)
            given = {**given, **{n: one.stand_in for n, one in self.device_arrays.items()}}
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
        return nest, given

    def typed(self, nest: Nest, given: Mapping[str, Any]) -> Packed | None:
        """Return the record for the types of the inputs; None if the launch is too small."""
        state = self.state
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
        require_plain_sum(packed.specialisation)
        if self.resumption is not None:
            check_bounds(nest, self.indices, self.given)
            if self.first % turns_of(packed.specialisation):
                return None
        return packed

    def launch(self, nest: Nest, given: Mapping[str, Any], packed: Packed) -> Outcome | None:
        """Make the kernel ready and launch it, if that still pays."""
        state = self.state
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
            words, arguments, overlap, threads, exactness, polls=polls,
            inspects=not self.device_arrays,
        )  # fmt: skip
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
        if self.device_arrays:
            in_place.prepare(self, launch, specialisation)
        outcome = self.run_launch(launch, ready, specialisation)
        try:
            if not overlap:
                self.remember(specialisation, ready, launch, key)
        except BaseException as error:  # what has been run stays
            outcome = self.after_failure(outcome, error)
        return outcome

    def after_failure(self, outcome: Outcome | None, error: BaseException) -> Outcome | None:
        """Return the outcome of a launch after which something failed, or was interrupted."""
        if isinstance(error, Exception) and not RAISES_BUGS and not came_from_handler(error):
            report_bug(self.site, error)
            return outcome
        outcome = outcome or Outcome(0)
        outcome.error = outcome.error or error
        return outcome

    def find_offload(
        self,
        launch: Launch,
        ready: Ready,
        specialisation: Specialisation,
        arguments: Mapping[str, Any],
    ) -> Offload | None:
        """Return what runs `launch` on the GPU, None if the CPU is to run it."""
        say = self.keep_reason if self.device_arrays else self.state.record.fell_back
        seen = see(specialisation.nest, self.indices, arguments, ready.kernel, 0.0)
        try:
            return make_offload(
                self.settings, specialisation, ready, launch, seen, say, self.device_arrays
            )
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
        if launch.stays_elsewhere and not launch.on_gpu and not launch.was_stopped():
            raise Declined(self.reason or GpuDeclined("the GPU could not run the loop"))
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
