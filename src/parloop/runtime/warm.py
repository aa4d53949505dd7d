"""Launches that repeat an earlier one: same functions, types, integers and settings.

Everything that an earlier launch has decided is in a function made for it, which compares what the
decisions came from and makes one native call. It answers None where anything is not as before.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from sys import _getframe
from time import perf_counter
from types import FrameType
from typing import Any, Final, TypeAlias

import numpy as np

from parloop import config
from parloop.capture.sites import UNBOUND, Outcome, Rows, Site
from parloop.codegen.layout import Header
from parloop.ir.nodes import Break
from parloop.ir.walk import statements
from parloop.runtime import transaction
from parloop.runtime.arguments import Guard, watch
from parloop.runtime.callees import Calls
from parloop.runtime.enter import After, Repeat, Table, make_table
from parloop.runtime.entry import make_launch_table, make_launcher
from parloop.runtime.record import Record
from parloop.runtime.regions import Ready
from parloop.runtime.results import make_reader, make_way_reader
from parloop.runtime.specialisation import Specialisation
from parloop.runtime.stats import SiteRecord
from parloop.runtime.transaction import harmless_flags

MOST_KEPT: Final = 1 << 18
"""Larger arrays are not copied whole before a repetition: the launch is cut into slices again."""

Warm: TypeAlias = Callable[[range, tuple[object, ...], FrameType], Outcome | None]
"""Runs the whole loop, or returns None with nothing changed that matters."""

try:
    from numpy._core.umath import _extobj_contextvar

    errors_variable: ContextVar[Any] | None = _extobj_contextvar
    error_state: Callable[[], object] = _extobj_contextvar.get
except ImportError:  # another NumPy
    errors_variable, error_state = None, np.geterr
"""What `np.errstate` has set, as an object that is the same while nothing is set anew."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a launch was made from, and what came of it."""

    site: Site
    cold: Callable[[Site, range, tuple[object, ...], FrameType], Outcome | None]
    """Runs the loop without what is remembered here."""
    guards: tuple[Guard, ...]
    calls: Calls
    specialisation: Specialisation
    ready: Ready
    record: SiteRecord
    threads: int
    run_address: int
    blocks: int
    key: tuple[int, ...]
    """The values of the record's key words."""
    trips: int
    saved: tuple[str, ...]
    """The arrays that have to be kept, to be put back should something happen."""


def make_warm(
    made: Made, values: tuple[object, ...], frame: FrameType
) -> tuple[Warm, Table | None] | None:
    """Return the way to repeat a launch that went well and in one slice, if there is one.

    The table is the same for native code, where that can do it.
    """
    site, ready, specialisation = made.site, made.ready, made.specialisation
    watched = watch(site, made.guards, made.calls, values, frame)
    if watched is None:
        return None
    passed = site.info.passed
    looked_up = tuple(n for n in specialisation.inputs if n not in passed)
    if len(looked_up) + len(passed) > 200:
        return None
    missing = tuple(
        n
        for n in specialisation.nest.inputs
        if n not in specialisation.inputs and not n.startswith("%")
    )
    everything = (*passed, *looked_up)
    table = make_launch_table(
        specialisation.entry,
        _template(made),
        tuple(zip(specialisation.key_places, made.key, strict=True)),
        ready.kernel.fast.address,
        made.trips,
        tuple(everything.index(name) for name in specialisation.inputs),
        len(everything),
    )
    launch = None if table is None else make_launcher(table)
    if table is None or launch is None:
        return None
    saved = tuple((everything.index(name), name) for name in made.saved)
    repeat = _Repeat(made, launch, watched, looked_up, missing, saved, frame.f_globals)
    return repeat.make(), repeat.make_native(table, values, frame)


def _template(made: Made) -> bytes:
    words = made.specialisation.template.copy()
    words[Header.RUN], words[Header.BLOCKS] = made.run_address, made.blocks
    words[Header.STATUS] = transaction.NOT_RUN
    return words.tobytes()


def keep(saved: tuple[tuple[int, str], ...], values: tuple[Any, ...], record: Record) -> bool:
    """Copy the items of `values` that a launch may overwrite; False if one is no such array."""
    for place, name in saved:
        array = values[place]
        if type(array) is not np.ndarray:
            return False
        buffer = record.buffers.get(name)
        if buffer is None or buffer.shape != array.shape or buffer.dtype != array.dtype:
            if array.nbytes > MOST_KEPT:
                return False
            buffer = record.buffers[name] = np.empty_like(array, subok=False)
        np.copyto(buffer, array)
    return True


def put_back(
    saved: tuple[tuple[int, str], ...], values: tuple[Any, ...], record: Record
) -> None:
    """Give the items of `values` back what `keep` has copied."""
    for place, name in saved:
        np.copyto(values[place], record.buffers[name])


@dataclass(frozen=True, slots=True)
class _Repeat:
    """The parts of the function that `make` makes."""

    made: Made
    launch: Callable[[int, range, tuple[object, ...]], int]
    watched: tuple[tuple[tuple[int, object], ...], tuple[tuple[dict[str, Any], str, object], ...]]
    looked_up: tuple[str, ...]
    missing: tuple[str, ...]
    saved: tuple[tuple[int, str], ...]
    globals: dict[str, Any]

    def make(self) -> Warm:
        """Return the function. Its variables are cells, which are the quickest to read."""
        made, launch, names = self.made, self.launch, self.globals
        items, entries = self.watched
        asked = made.calls.asked()
        looked_up, saved = self.looked_up + self.missing, self.saved
        process, block, get_block = config._process, config._block.get(), config._block.get
        errors, filters, action = error_state(), list(warnings.filters), warnings.defaultaction  # type: ignore[attr-defined]
        show = warnings.showwarning
        minds_warnings = made.ready.minds_warnings
        harmful = ~harmless_flags(made.ready.kernel.fast.watched_flags, dict(np.geterr()))  # type: ignore[arg-type]
        take, release = made.ready.take_record, made.ready.records.append
        read = make_reader(made.site.info.outputs, made.specialisation.layout)
        count, trips, threads = made.record.ran_native, made.trips, made.threads
        may_break, find_way = self.may_break(), make_way_reader(made.specialisation.layout)
        broke_word = int(Header.BROKE_AT)
        status_word, not_run = int(Header.STATUS), transaction.NOT_RUN

        def warm(
            indices: range, values: tuple[object, ...], frame: FrameType
        ) -> Outcome | None:
            if (
                config._process is not process
                or get_block() is not block
                or frame.f_globals is not names
            ):
                return None
            for place, value in items:
                if values[place] is not value:
                    return None
            for holder, key, value in entries:
                if holder.get(key, UNBOUND) is not value:
                    return None
            for ask, about, answer in asked:
                if ask(*about) is not answer:
                    return None
            if minds_warnings and (
                error_state() is not errors
                or warnings.filters != filters
                or warnings.defaultaction != action  # type: ignore[attr-defined]
                or warnings.showwarning is not show
            ):
                return None
            if looked_up:
                more = self.look_up(frame)
                if more is None:
                    return None
                values += more
            record = take()
            integers = record.integers
            integers[status_word] = not_run
            interrupt: BaseException | None = None
            try:
                if saved and not keep(saved, values, record):
                    release(record)
                    return None
                began = perf_counter()
                status = launch(record.address, indices, values)
            except BaseException as error:
                status = integers[status_word]
                if status == not_run:
                    raise
                interrupt = error
            if status & harmful:
                if status != not_run:
                    return self.again(indices, values, frame, record, interrupt)
                release(record)
                return None
            done, broke, way = trips, False, 0
            if may_break and integers[broke_word]:
                done, broke, way = integers[broke_word] - 1, True, find_way(record)
            try:
                outcome = Outcome(done, read(record), broke, way, interrupt)
                count(perf_counter() - began, done, threads)
                release(record)
                return outcome
            except BaseException as error:
                return Outcome(done, read(record), broke, way, interrupt or error)

        return warm

    def make_native(
        self, launch: bytes, values: tuple[Any, ...], frame: FrameType
    ) -> Table | None:
        """Return the table by which native code does the same, if it can."""
        made, specialisation = self.made, self.made.specialisation
        if any(place >= len(values) for place, _ in self.saved):
            return None
        record = made.ready.take_record()
        copies = []
        if self.saved and not keep(self.saved, values, record):
            return None
        for place, name in self.saved:
            copy = record.buffers[name]
            if not values[place].flags.forc or values[place].strides != copy.strides:
                return None
            copies.append((specialisation.layout.arrays[name], copy))
        fast = made.ready.kernel.fast
        harmful = ~harmless_flags(fast.watched_flags, dict(np.geterr()))  # type: ignore[arg-type]
        items, entries = self.watched
        return make_table(
            Repeat(
                made.site, launch, items, entries, made.calls.asked(), self.looked_up, self.missing,
                made.ready.minds_warnings, errors_variable, harmful, self.may_break(),
                tuple(copies),
                made.site.info.outputs, specialisation.layout, record, made.record, made.threads,
                self.make_after(record, harmful),
            ),
            frame,
        )  # fmt: skip

    def may_break(self) -> bool:
        """Return whether the loop may be left by `break`."""
        loop = self.made.specialisation.nest.loop
        return any(isinstance(stmt, Break) for stmt in statements((loop,)))

    def make_after(self, record: Record, harmful: int) -> After:
        """Return what goes on where native code has run the loop and cannot say what came of it.

        It may be called once more after an exception of a signal handler, which is then given.
        """
        made, site = self.made, self.made.site
        layout = made.specialisation.layout
        read, find_way = make_reader(site.info.outputs, layout), make_way_reader(layout)

        def after(
            given: tuple[Any, ...], status: int, interrupt: BaseException | None
        ) -> Rows:
            frame, indices, values = _getframe(1), given[0], given[1:]
            if status & harmful:
                outcome = self.again(indices, values, frame, record, interrupt) or Outcome(0)
            else:
                broke_at = record.integers[Header.BROKE_AT] if self.may_break() else 0
                done = broke_at - 1 if broke_at else made.trips
                way = find_way(record) if broke_at else 0
                outcome = Outcome(done, read(record), bool(broke_at), way, interrupt)
            try:
                return site.finish(outcome, indices, values, frame)
            except BaseException as error:
                outcome.error = error
                return site.finish(outcome, indices, values, frame)

        return after

    def again(
        self,
        indices: range,
        values: tuple[object, ...],
        frame: FrameType,
        record: Record,
        interrupt: BaseException | None,
    ) -> Outcome | None:
        """Run the loop anew, for something happened in it.

        What it does not put back, it has written with what it will write.
        """
        site, cold = self.made.site, self.made.cold
        passed = values[: len(site.info.passed)]
        try:
            put_back(self.saved, values, record)
        except BaseException as error:
            interrupt = error
            put_back(self.saved, values, record)
        try:
            outcome = cold(site, indices, passed, frame)
        except BaseException as error:
            interrupt = error
            outcome = cold(site, indices, passed, frame)
        if interrupt is not None:
            outcome = outcome or Outcome(0)
            outcome.error = interrupt
        return outcome

    def look_up(self, frame: FrameType) -> tuple[object, ...] | None:
        """Return the values that the site does not pass, or None if other names have values now."""
        look_up, site = self.made.calls.look_up, self.made.site
        if any(look_up(site, frame, name) is not UNBOUND for name in self.missing):
            return None
        return tuple([look_up(site, frame, name) for name in self.looked_up])
