"""Run a kernel slice by slice, so that CPython's state can be restored whatever happens in one.

See `docs/architecture.md`, *The transaction*. An exception may come out of any call here, because
CPython serves signal handlers after each; it is kept until the state is one that the user's loop
could have been in. So every step can be done again from its beginning.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final, Protocol

import numpy as np

from parloop.codegen.layout import (
    ABANDONED,
    FLAG_DIVIDE,
    FLAG_INVALID,
    FLAG_OVERFLOW,
    FLAG_SHIFT,
    FLAG_UNDERFLOW,
    RAISED,
    TRIPPED,
    WARNING_BIT,
    Header,
)
from parloop.runtime.chunks import NOT_FORCED, Chunks, settle_chunks, settle_chunks_again
from parloop.runtime.copying import copy_aside
from parloop.runtime.interrupts import NEVER, Holder
from parloop.runtime.lists import Lists
from parloop.runtime.lists_ir import Status

SLICE_SECONDS = 0.02
"""How long a slice is meant to take: interrupts are served between slices."""

UNCERTAIN_SECONDS = 0.005
"""The same where one iteration may take much longer than another."""

GROWTH = 4
"""No slice has more than so many times the iterations of the one before it."""

COPIES_PER_SLICE = 10
"""A slice takes at least so many times as long as saving what it overwrites."""

CHEAP_COPIES_PER_SLICE = 40
LONG_SLICE_SECONDS = 0.1
LONG_SLICE_WORK = 0.8
"""And so many times, but for that no longer than these: an interrupt waits for its end. The second
counts the seconds of all cores, for one core runs a slice again that trips."""

REST = 1.5
"""What is left makes one slice if it is less than so many times as long as slices are to be."""

ROW_BYTES = 1 << 20
"""How much a slice saves where what it saves is cut along with it: it is still in the cache."""

NATIVE_ROW_BYTES = 1 << 22
"""The same where the blocks save their own rows: all cores copy, and all their caches hold."""

FAIL_AT = os.environ.get("PARLOOP_TEST_TRIP", "")
"""For tests: slices that are taken for tripped: `first`, `middle`, `last`, `all`, or none."""

FLAG_NAMES = {
    FLAG_INVALID: "invalid",
    FLAG_DIVIDE: "divide",
    FLAG_OVERFLOW: "over",
    FLAG_UNDERFLOW: "under",
}

NOT_RUN: Final = -1
"""In the record's status until the kernel has written its own."""


class RunsSlices(Protocol):
    """One variant of a kernel: `kernels.Machine`, or what stands in for it in a test."""

    @property
    def run(self) -> Any:
        """`run(record, lo, hi) -> status`."""

    @property
    def events(self) -> Sequence[tuple[int, str]]:
        """The warnings that the precise variant may log: line and text."""

    @property
    def watched_flags(self) -> int:
        """The floating-point flags that mean something."""


class TwoVariants(Protocol):
    """A kernel: `kernels.Kernel`, or what stands in for it in a test."""

    @property
    def fast(self) -> RunsSlices:
        """The variant that only notices that something may have happened in a slice."""

    @property
    def precise(self) -> RunsSlices:
        """The variant that finds out what."""


class SeesChanges(Protocol):
    """What a launch was made from: `meanwhile.Meanwhile`, or what stands in for it in a test."""

    def has_changed(self) -> bool:
        """Return whether the rest of the loop is not for the launch any more."""

    def newer(self, values: tuple[object, ...]) -> tuple[object, ...]:
        """Return `values` of the loop's outputs, with what others have bound to a name since."""


@dataclass(frozen=True, slots=True)
class Saved:
    """An array that slices save before they run, and by what its rows follow the outermost index.

    With `offset` None the whole array is saved; otherwise the rows `index + offset`.
    """

    array: str
    offset: int | None
    native: int | None = None
    """Its position in the plan's `saves`, if the kernel's blocks copy the rows themselves."""


@dataclass(slots=True)
class Warned:
    """Where warnings go: the user's file, module and registry."""

    path: str
    globals: dict[str, Any]

    def emit(self, line: int, text: str) -> None:
        """Warn as NumPy does from the user's line."""
        warnings.warn_explicit(
            text,
            RuntimeWarning,
            self.path,
            line,
            self.globals.get("__name__", "<unknown>"),
            self.globals.setdefault("__warningregistry__", {}),
        )


@dataclass(slots=True)
class Launch:
    """One run of a kernel over iterations 0 .. trips-1 of the user's range.

    After `run`, `done` says how many iterations there were, and the words and arrays are as CPython
    would have left them after these.
    """

    kernel: TwoVariants
    words: np.ndarray[Any, Any]
    address: int
    indices: range
    arrays: Mapping[str, np.ndarray[Any, Any]]
    saved: Sequence[Saved]
    warned: Warned
    seconds_per_iteration: float
    done: int = 0
    error: BaseException | None = None
    """What a signal handler raised: to be raised when the names are bound."""
    failure: BaseException | None = None
    """A bug of ours, after which everything was undone that it may have touched."""
    trips_seen: int = 0
    raised: bool = False
    """Iteration `done` cannot be finished natively."""
    broke: bool = False
    """Iteration `done` ran too, and left the loop by `break`."""
    grain: int = 1
    """Slices are multiples of so many iterations."""
    threads: int = 1
    leaves_warnings: bool = False
    """Whether an iteration in which something warns is not finished, as if it raised."""
    certain: bool = True
    """Whether all iterations take about the same time, as far as the text tells."""
    log: list[tuple[int, str]] = field(default_factory=list)
    """The warnings of the last precise run, in order of their first occurrence."""
    buffers: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    rooms: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Where the blocks keep the rows of each of the plan's `saves`, as addresses; 0: nowhere.
    Behind them, words for blocks that run chunk by chunk."""
    chunks: Chunks | None = None
    """Of what the blocks run in chunks, if they do."""
    copy_seconds: float = 0.0
    most: int = 0
    """The most iterations that the next slice may have; 0 before the first."""
    record: Any = None
    """What the words belong to; kept alive as long as the launch."""
    lists: Lists | None = None
    changed: bool = False
    """Somebody has changed a list since the slice before; iteration `done` and the rest see it."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """The inputs by name, scratch arrays included."""
    least: int = 1
    """No slice has fewer iterations, unless they are the last."""
    holder: Holder | None = None
    """Holds signals back while slices run, where the kernel looks for them."""
    given_up: bool = False
    """Whether the last slice was, and nothing of it is left."""
    meanwhile: SeesChanges | None = None
    """Sees what others change, apart from the contents of arrays; asked before each slice."""
    overtaken: bool = False
    """Somebody has: the rest of the loop is not for this launch."""
    stops: Callable[[int], int] | None = None
    """The number of the next iteration, from a given one on, that is the interpreter's."""
    offload: Callable[[Launch], None] | None = None
    """Runs all iterations elsewhere, or leaves everything as it is."""
    is_measured: bool = False
    """Whether `seconds_per_iteration` is that of an earlier launch."""
    on_gpu: bool = False
    """Whether it did."""
    stays_elsewhere: bool = False
    """Whether only `offload` may run it: the arrays are not the host's."""

    tick: Callable[[int], None] | None = None
    """Told after each slice how many iterations are done; what it raises is like a handler's."""

    def run(self) -> None:
        """Run as many iterations as can be."""
        try:
            total = len(self.indices)
            if self.meanwhile is not None:  # a handler may have run since the inputs were read
                self.overtaken = self.meanwhile.has_changed()
            if self.offload is not None and not self.is_over():
                self.run_elsewhere(self.offload)
            while self.done < total and not self.stays_elsewhere and not self.is_over():
                end = self.end_of_slice()
                if self.stops is not None:
                    end = min(end, self.stops(self.done))
                    if end == self.done:
                        self.raised = True
                        break
                self.run_slice(self.done, end)
                if self.tick is not None:
                    self.tick(self.done)
                if self.meanwhile is not None:
                    self.overtaken = self.meanwhile.has_changed()
        except BaseException as error:  # between slices
            self.error = error
            if self.holder is not None:
                self.give_signals_back(self.holder)

    def run_elsewhere(self, offload: Callable[[Launch], None]) -> None:
        """Let `offload` run all of it; handlers may run before it returns."""
        offload(self)
        if self.meanwhile is not None:
            self.overtaken = self.meanwhile.has_changed()

    def is_over(self) -> bool:
        """Return whether no further slice is to be run, whatever is left."""
        return self.broke or self.was_stopped()

    def was_stopped(self) -> bool:
        """Return whether something else than the loop's own text has ended it."""
        return (
            self.raised
            or self.changed
            or self.overtaken
            or self.error is not None
            or self.failure is not None
        )

    def went_well(self) -> bool:
        """Return whether the loop has run to its end, or to a `break`."""
        return not self.was_stopped() and (self.broke or self.done == len(self.indices))

    def run_slice(self, lo: int, hi: int) -> None:
        """Run one slice, and find out what happened in it.

        If signals cut it short they are served in the state before it. The next attempt is not cut
        short by the same ones: it gets on however often they come.
        """
        self.given_up = False
        if self.holder is not None:
            try:
                self.words[Header.INTERRUPT] = self.holder.hold()
            except BaseException as error:
                self.error = error
                return
        self.attempt(lo, hi)
        if self.holder is not None:
            self.give_signals_back(self.holder)

    def give_signals_back(self, holder: Holder) -> None:
        """Let the handlers of signals that came run."""
        while True:
            try:
                self.words[Header.INTERRUPT] = NEVER
                holder.give_back(given_up=self.given_up)
                return
            except BaseException as error:
                self.error = error

    def attempt(self, lo: int, hi: int) -> None:
        """Run one slice, and find out what happened in it."""
        try:
            began = perf_counter()
            undo = self.save(lo, hi)
        except BaseException as error:
            self.fail_to_save(lo, hi, error)
            return
        status = NOT_RUN
        try:
            self.words[Header.STATUS] = NOT_RUN
            copied = perf_counter()
            status = self.kernel.fast.run(self.address, lo, hi)
        except BaseException as error:
            self.error = error
            status = self.words.item(Header.STATUS)
            if status == NOT_RUN:
                return
        try:
            self.settle(lo, hi, status, undo)
            if self.done == hi and self.error is None:
                self.measure(copied - began, perf_counter() - copied, hi - lo)
        except BaseException as error:
            self.settle_again(lo, hi, status, undo, error)

    def fail_to_save(self, lo: int, hi: int, error: BaseException) -> None:
        """Stop before a slice: `error` is a signal handler's, or ours if it comes again."""
        try:
            self.save(lo, hi)
        except BaseException as again:
            if is_same(error, again):
                self.failure = error
                return
        self.error = error

    def settle_again(
        self, lo: int, hi: int, status: int, undo: Undo, error: BaseException
    ) -> None:
        """Settle a slice that `error` interrupted: a handler's is kept, ours comes again."""
        if self.chunks is not None and self.chunks.active:
            settle_chunks_again(self, hi, status, undo, error)
            return
        try:
            self.settle(lo, hi, status, undo)
            self.error = error
        except BaseException as again:
            if self.lists is None or not self.lists.is_committed(lo):
                self.undo(undo, lo)
            self.log = []
            if is_same(error, again):
                self.failure = error
            else:
                self.error = error

    # how large slices are

    def end_of_slice(self) -> int:
        """Return where the next slice ends: a short rest goes with it."""
        total, size = len(self.indices), self.slice_size()
        if self.done + size * REST <= total:
            return self.done + size
        return total if self.certain and not FAIL_AT else min(total, self.done + size)

    def slice_size(self) -> int:
        """Return how many iterations the next slice has."""
        if FAIL_AT:
            return -(-len(self.indices) // (3 * self.grain)) * self.grain
        wanted = SLICE_SECONDS if self.certain else UNCERTAIN_SECONDS
        long = min(LONG_SLICE_SECONDS, LONG_SLICE_WORK / self.threads)
        cheap = min(CHEAP_COPIES_PER_SLICE * self.copy_seconds, long)
        wanted = max(wanted, COPIES_PER_SLICE * self.copy_seconds, cheap)
        size = int(wanted / max(self.seconds_per_iteration, 1e-12))
        row_bytes = self.row_bytes()
        if row_bytes and self.chunks is None:
            most = NATIVE_ROW_BYTES if self.rooms.size else ROW_BYTES
            size = min(size, most // row_bytes)
        if self.most or not self.certain:
            size = min(size, self.most or 1)
        return -(-max(1, size, self.least) // self.grain) * self.grain

    def row_bytes(self) -> int:
        """Return how many bytes each iteration adds to what a slice saves."""
        total = 0
        for item in self.saved:
            if item.offset is not None:
                array = self.arrays[item.array]
                rows = abs(self.indices.step)
                total += array.nbytes // max(1, array.shape[0]) * rows
        return total

    def measure(self, copying: float, running: float, iterations: int) -> None:
        """Learn from a slice how long an iteration takes, and the copy of what is always copied."""
        self.seconds_per_iteration = max(running / iterations, 1e-12)
        if any(item.offset is None for item in self.saved):
            self.copy_seconds = copying
        self.most = GROWTH * iterations

    # undoing

    def save(self, lo: int, hi: int) -> Undo:
        """Keep what the slice may overwrite."""
        if self.lists is not None:
            self.lists.begin(self.words)
        if self.chunks is not None and self.begin_chunks(self.chunks, lo, hi):
            return Undo(self.words.copy(), ())
        views: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []
        for item in self.saved:
            view = self.arrays[item.array]
            all_exist = True
            if item.offset is not None:
                ends = self.rows_of(item, lo, hi)
                all_exist = min(ends) >= 0 and max(ends) < view.shape[0]
                view = view[max(0, min(ends)) : max(0, max(ends) + 1)]
            buffer = self.buffers.get(item.array)
            if buffer is None or buffer.shape != view.shape or buffer.dtype != view.dtype:
                buffer = self.buffers[item.array] = np.empty_like(view, subok=False)
            if item.native is not None:
                address = buffer.__array_interface__["data"][0] if all_exist else 0
                self.rooms[item.native] = address
            if item.native is None or not self.rooms[item.native]:
                copy_aside(buffer, view)
            views.append((view, buffer))
        if self.lists is not None:
            views += self.lists.undo()
        if self.rooms.any():
            self.words[Header.SAVE] = self.rooms.__array_interface__["data"][0]
        return Undo(self.words.copy(), views)

    def rows_of(self, item: Saved, lo: int, hi: int) -> tuple[int, int]:
        """Return the rows of the first and last iteration of a slice.

        Those of iterations that store nothing need not exist.
        """
        assert item.offset is not None
        return self.indices[lo] + item.offset, self.indices[hi - 1] + item.offset

    def begin_chunks(self, chunks: Chunks, lo: int, hi: int) -> bool:
        """Have the blocks of a slice run chunk by chunk, if no warning can end an iteration."""
        chunks.end(self.rooms)
        modes: Mapping[str, str] = dict(np.geterr())  # type: ignore[arg-type]
        errors = self.errors_under(modes, 0)
        if errors.strict:
            self.chunks = None
            return False
        for item in self.saved:
            first, last = self.rows_of(item, lo, hi)
            if first < 0 or last >= self.arrays[item.array].shape[0]:
                return False
        forced = (lo + hi) // 2 if self.is_meant_to_fail(lo, hi) else NOT_FORCED
        harmful = ~harmless_flags(self.kernel.fast.watched_flags, modes)
        chunks.begin(self.rooms, harmful, forced, errors)
        self.words[Header.SAVE] = self.rooms.__array_interface__["data"][0]
        return True

    def settle(self, lo: int, hi: int, status: int, undo: Undo) -> None:
        """Accept a slice, or find out what happened in it. May be called again from the start."""
        if self.chunks is not None and self.chunks.active:
            settle_chunks(self, hi, status, undo)
            return
        if self.lists is not None and self.lists.is_committed(lo):
            self.warn()
            return
        if status & ABANDONED:
            self.give_up(undo)
            return
        errors = self.find_errors(status)
        if not status & TRIPPED and not errors.remaining and not self.is_meant_to_fail(lo, hi):
            self.accept(hi)
            self.commit(lo, undo)
            return
        self.trips_seen += 1
        precise = self.kernel.precise
        undo.restore(self.words)
        status = self.run_precisely(precise, lo, hi, errors)
        if status & RAISED:
            stopped = self.words.item(Header.RAISED_AT)
            undo.restore(self.words)
            self.log = []
            status = 0
            if stopped > lo:
                status = self.run_precisely(precise, lo, stopped, errors)
            if not status & ABANDONED:
                self.done = stopped
                self.raised = True
        elif not status & ABANDONED:
            self.accept(hi)
        if status & ABANDONED:
            self.give_up(undo)
            return
        self.commit(lo, undo)
        self.warn()

    def commit(self, lo: int, undo: Undo) -> None:
        """Bring the lists up to date, or undo the slice where that is not possible."""
        if self.lists is None:
            return
        match self.lists.commit(lo, self.done, self.words):
            case Status.DONE:
                return
            case Status.CHANGED:
                self.changed = True
            case Status.NAN:
                self.raised = True
            case Status.NO_MEMORY:
                self.failure = MemoryError("no memory for the items of a list")
        raised = self.raised
        self.undo(undo, lo)
        self.raised = raised

    def give_up(self, undo: Undo) -> None:
        """Put everything back that a slice has written which did not come to its end."""
        undo.restore(self.words)
        self.given_up = True
        self.log = []

    def undo(self, undo: Undo, lo: int) -> None:
        """Put everything back as it was before the slice that began with iteration `lo`."""
        undo.restore(self.words)
        self.done, self.raised, self.broke, self.log = lo, False, False, []

    def accept(self, hi: int) -> None:
        """Take a slice for done, up to its end or to where it left the loop by `break`."""
        left_in = self.words.item(Header.BROKE_AT)
        self.broke = left_in > 0
        self.done = left_in - 1 if self.broke else hi

    def is_meant_to_fail(self, lo: int, hi: int) -> bool:
        """Return whether a test wants this slice to be taken for tripped."""
        match FAIL_AT:
            case "":
                return False
            case "first":
                return lo == 0
            case "last":
                return hi == len(self.indices)
            case "middle":
                return lo > 0 and hi < len(self.indices)
            case _:
                return True

    def find_errors(self, status: int) -> Errors:
        """Return how the user wants the flags of `status` treated."""
        flags = (status >> FLAG_SHIFT) & self.kernel.fast.watched_flags
        if not flags and not status & TRIPPED and not FAIL_AT:
            return NO_ERRORS
        return self.errors_under(dict(np.geterr()), flags)  # type: ignore[arg-type]

    def errors_under(self, modes: Mapping[str, str], flags: int) -> Errors:
        """Return how events are treated where NumPy treats errors as in `modes`."""
        remaining = [n for bit, n in FLAG_NAMES.items() if flags & bit and modes[n] != "ignore"]
        ignored = sum(WARNING_BIT[n] for n, mode in modes.items() if mode == "ignore")
        strict = any(mode not in ("ignore", "warn") for mode in modes.values())
        strict = strict or self.leaves_warnings or warnings_may_raise()
        return Errors(tuple(remaining), ignored, strict)

    def run_precisely(self, machine: RunsSlices, lo: int, hi: int, errors: Errors) -> int:
        """Run iterations in order, one test an operation, and log the warnings."""
        log = np.zeros(max(1, len(machine.events)), np.int64)
        self.words[Header.EVENTS] = log.__array_interface__["data"][0]
        self.words[Header.EVENT_COUNT] = 0
        self.words[Header.IGNORED] = errors.ignored
        self.words[Header.STRICT] = errors.strict
        status: int = machine.run(self.address, lo, hi)
        order = sorted(np.flatnonzero(log).tolist(), key=log.tolist().__getitem__)
        self.log = [machine.events[number] for number in order]
        return status

    def warn(self) -> None:
        """Give the warnings of the last precise run, each once."""
        while self.log:
            line, text = self.log[0]
            self.warned.emit(line, text)
            del self.log[0]


@dataclass(frozen=True, slots=True)
class Errors:
    """How the user wants the events of a slice treated."""

    remaining: tuple[str, ...]
    ignored: int
    strict: bool


NO_ERRORS = Errors((), 0, strict=False)


@dataclass(frozen=True, slots=True)
class Undo:
    """The state before a slice."""

    words: np.ndarray[Any, Any]
    views: Sequence[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]

    def restore(self, words: np.ndarray[Any, Any]) -> None:
        """Put back what the slice has overwritten."""
        words[:] = self.words
        for view, buffer in self.views:
            np.copyto(view, buffer)


def is_same(error: BaseException, again: BaseException) -> bool:
    """Return whether a step failed in the same way twice: then it was not a signal handler."""
    return type(error) is type(again) and str(error) == str(again)


def harmless_flags(watched_flags: int, modes: Mapping[str, str]) -> int:
    """Return the bits of a status that mean nothing where NumPy treats errors as in `modes`."""
    bits = 0xFF & ~watched_flags
    for bit, name in FLAG_NAMES.items():
        if modes[name] == "ignore":
            bits |= bit
    return bits << FLAG_SHIFT


def warnings_may_raise() -> bool:
    """Return whether a `RuntimeWarning` may be raised, or has to be given each time it happens.

    Errs towards yes: filters that would need the text of the warning to decide count, and so does
    a `warnings.showwarning` of somebody's own.
    """
    if warnings.showwarning is not getattr(warnings, "_showwarning_orig", warnings.showwarning):
        return True
    for action, message, category, module, line in warnings.filters:
        if issubclass(RuntimeWarning, category):
            if action in ("error", "always", "all"):
                return True
            if message is None and module is None and line == 0:
                return False  # decides about all that the filters before it leave
    return warnings.defaultaction in ("error", "always")  # type: ignore[attr-defined]
