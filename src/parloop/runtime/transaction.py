"""Run a kernel slice by slice, so that CPython's state can be restored whatever happens in one.

See `docs/architecture.md`, *The transaction*, and `docs/decisions/0001-slices-instead-of-blocks.md`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from parloop.codegen.layout import (
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
from parloop.runtime.kernels import Kernel

SLICE_SECONDS = 0.02
"""How long a slice is meant to take: interrupts are served between slices."""

FLAG_NAMES = {
    FLAG_INVALID: "invalid",
    FLAG_DIVIDE: "divide",
    FLAG_OVERFLOW: "over",
    FLAG_UNDERFLOW: "under",
}


@dataclass(frozen=True, slots=True)
class Saved:
    """An array that slices save before they run, and by what its rows follow the outermost index.

    With `offset` None the whole array is saved; otherwise the rows `index + offset`.
    """

    array: str
    offset: int | None


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
    """One run of a kernel over iterations 0 .. trips-1 of the user's range."""

    kernel: Kernel
    words: np.ndarray[Any, Any]
    address: int
    indices: range
    arrays: Mapping[str, np.ndarray[Any, Any]]
    saved: Sequence[Saved]
    warned: Warned
    seconds_per_iteration: float
    done: int = 0
    broke: bool = False
    error: BaseException | None = None
    trips_seen: int = 0
    raised: bool = False
    threads: int = 1
    scratch: np.ndarray[Any, Any] | None = None
    """Memory that the record points to; kept alive as long as the launch."""
    log: list[tuple[int, str]] = field(default_factory=list)
    """The warnings of the last precise run, in order of their first occurrence."""
    buffers: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)

    def run(self) -> None:
        """Run as many iterations as can be; `done` says how many, the words how things stand then."""
        total = len(self.indices)
        while self.done < total and not self.raised:
            lo, hi = self.done, min(total, self.done + self.slice_size())
            undo = self.save(lo, hi)
            began = perf_counter()
            try:
                status = self.kernel.fast.run(self.address, lo, hi)
            except BaseException as error:  # noqa: BLE001 - a signal handler's, kept for later
                self.error = error
                status = int(self.words[Header.STATUS])
            self.settle(lo, hi, status, undo)
            if hi == self.done:
                self.measure(perf_counter() - began, hi - lo)
            if self.error is not None:
                return

    def slice_size(self) -> int:
        """Return how many iterations the next slice has."""
        return max(1, int(SLICE_SECONDS / max(self.seconds_per_iteration, 1e-12)))

    def measure(self, seconds: float, iterations: int) -> None:
        """Learn from a slice how long an iteration takes."""
        self.seconds_per_iteration = max(seconds / iterations, 1e-12)

    # undoing

    def save(self, lo: int, hi: int) -> _Undo:
        """Keep what the slice may overwrite."""
        views: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []
        for item in self.saved:
            view = self.arrays[item.array]
            if item.offset is not None:
                ends = (self.indices[lo] + item.offset, self.indices[hi - 1] + item.offset)
                view = view[max(0, min(ends)) : max(0, max(ends) + 1)]
            buffer = self.buffers.get(item.array)
            if buffer is None or buffer.shape != view.shape:
                buffer = self.buffers[item.array] = np.empty(view.shape, view.dtype)
            np.copyto(buffer, view)
            views.append((view, buffer))
        return _Undo(self.words.copy(), views)

    def settle(self, lo: int, hi: int, status: int, undo: _Undo) -> None:
        """Accept a slice, or find out what happened in it."""
        ignored = self.ignored_flags(status)
        if not status & TRIPPED and not ignored.remaining:
            self.done = hi
            return
        self.trips_seen += 1
        undo.restore(self.words)
        status = self.run_precisely(lo, hi, ignored)
        if not status & RAISED:
            self.done = hi
        else:
            stopped = int(self.words[Header.RAISED_AT])
            undo.restore(self.words)
            if stopped > lo:
                self.run_precisely(lo, stopped, ignored)
            self.done = stopped
            self.raised = True
        if not (status & RAISED and self.done == lo):
            self.warn()

    def ignored_flags(self, status: int) -> _Errors:
        """Return how the user wants the flags of `status` treated."""
        flags = (status >> FLAG_SHIFT) & self.kernel.fast.watched_flags
        if not flags and not status & TRIPPED:
            return _NO_ERRORS
        modes = np.geterr()
        remaining = [n for bit, n in FLAG_NAMES.items() if flags & bit and modes[n] != "ignore"]
        ignored = sum(WARNING_BIT[n] for n, mode in modes.items() if mode == "ignore")
        strict = any(mode not in ("ignore", "warn") for mode in modes.values())
        return _Errors(tuple(remaining), ignored, strict or warnings_may_raise())

    def run_precisely(self, lo: int, hi: int, errors: _Errors) -> int:
        """Run iterations in order, one test an operation, and log the warnings."""
        machine = self.kernel.precise
        log = np.zeros(max(1, len(machine.events)), np.int64)
        self.words[Header.EVENTS] = log.__array_interface__["data"][0]
        self.words[Header.EVENT_COUNT] = 0
        self.words[Header.IGNORED] = errors.ignored
        self.words[Header.STRICT] = errors.strict
        try:
            status = machine.run(self.address, lo, hi)
        except BaseException as error:  # noqa: BLE001 - a signal handler's, kept for later
            self.error = error
            status = int(self.words[Header.STATUS])
        self.log = [
            machine.events[i] for i in sorted(np.flatnonzero(log), key=lambda i: int(log[i]))
        ]
        return status

    def warn(self) -> None:
        """Give the warnings of the last precise run."""
        for line, text in self.log:
            self.warned.emit(line, text)


@dataclass(frozen=True, slots=True)
class _Errors:
    remaining: tuple[str, ...]
    ignored: int
    strict: bool


_NO_ERRORS = _Errors((), 0, strict=False)


@dataclass(frozen=True, slots=True)
class _Undo:
    words: np.ndarray[Any, Any]
    views: Sequence[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]

    def restore(self, words: np.ndarray[Any, Any]) -> None:
        """Put back what the slice has overwritten."""
        words[:] = self.words
        for view, buffer in self.views:
            np.copyto(view, buffer)


def warnings_may_raise() -> bool:
    """Return whether a `RuntimeWarning` may be raised, or has to be given each time it happens.

    Errs towards yes: filters that would need the text of the warning to decide count.
    """
    for action, _, category, _, _ in warnings.filters:
        if action in ("error", "always", "all") and issubclass(RuntimeWarning, category):
            return True
    return warnings.defaultaction in ("error", "always")  # type: ignore[attr-defined]
