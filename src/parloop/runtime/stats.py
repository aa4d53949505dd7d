"""What ran in this process, site by site: counted here as it happens, presented by `report`.

A site asks `open_record` once for its `SiteRecord` and then calls one method of it per run:

    record = open_record("heat.py", 14, 4, 15, "smooth")
    record.ran_native(seconds=0.004, iterations=1000, threads=2)

The methods that run at every entry take no lock: they are a handful of attribute increments
between which CPython does not switch threads (it does so at calls and at backward jumps only), and
a lock would double their cost. Where there is no GIL a count may be lost under contention, never
corrupted. Everything that happens rarely is done under the lock.
"""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from parloop.capture.sites import SiteInfo
from parloop.diagnostics import Diagnostic

if TYPE_CHECKING:
    from parloop.runtime.seen import Seen

SiteVerdict: TypeAlias = Literal["parallel", "parallel-if", "serial", "unsupported", "undecided"]
"""What is known of the order of a loop's iterations; `undecided` until it is first analysed."""

MOST_FALLBACKS: Final = 64
"""Kinds of fallback that one site remembers; further ones are counted as the last of them."""


class Count(IntEnum):
    """The words in which native code counts its runs."""

    RUNS = 0
    ITERATIONS = 1
    NANOSECONDS = 2
    THREADS = 3  # the most that a run used


@dataclass(frozen=True, slots=True)
class GpuCounts:
    """What launches on the GPU were: how many, their kernels' launches, and the bytes copied."""

    runs: int = 0
    kernels: int = 0
    """How many different kernels the last of them had."""
    launches: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    seconds: float = 0.0
    """Copies included."""
    kernel_seconds: float = 0.0
    """The kernels alone, as the GPU's own clock has it."""

    def plus(self, other: GpuCounts) -> GpuCounts:
        """Return both counted together, `other` being later."""
        return GpuCounts(
            self.runs + other.runs,
            other.kernels,
            self.launches + other.launches,
            self.bytes_in + other.bytes_in,
            self.bytes_out + other.bytes_out,
            self.seconds + other.seconds,
            self.kernel_seconds + other.kernel_seconds,
        )


@dataclass(slots=True, eq=False)
class SiteRecord:
    """The counts of one site. Mutable, and one object for as long as the process lives."""

    file: str
    line: int
    column: int
    end_line: int
    function: str
    verdict: SiteVerdict = "undecided"
    native_runs: int = 0
    """Entries of which all iterations, or all but a handed-over rest, ran as machine code."""
    interpreted_runs: int = 0
    """Entries that the interpreter ran from their first iteration."""
    device: str = "interpreter"
    """Where the last run was: `cpu`, `cuda`, `interpreter`."""
    seconds: float = 0.0
    """Time in native runs, compiling not included."""
    compile_seconds: float = 0.0
    """Time spent analysing the loop and making its machine code."""
    iterations: int = 0
    """Iterations of the outermost loop that ran natively."""
    threads: int = 0
    """The most threads that a run used."""
    exactness: str = "exact"
    estimated_interpreter_seconds: float = 0.0
    """What the runs that the interpreter did are estimated to have taken."""
    interpreter_seconds_per_iteration: float = 0.0
    """What the interpreter is estimated to take for an iteration of the last native run."""
    fallbacks: dict[Diagnostic, int] = field(default_factory=dict)
    """Why runs, or parts of them, were left to the interpreter, in order of first appearance."""
    gpu: GpuCounts = GpuCounts()
    """What runs on the GPU were; they count among the native ones."""
    seen: Seen | None = None
    """The largest launch, as far as the cost model needs it."""
    counts: ctypes.Array[ctypes.c_int64] = field(default_factory=ctypes.c_int64 * len(Count))
    """Native runs that native code has counted by itself: `collect` adds them to the others."""

    def ran_native(self, seconds: float, iterations: int, threads: int) -> None:
        """Count a native run."""
        self.native_runs += 1
        self.seconds += seconds
        self.iterations += iterations
        self.device = "cpu"
        if threads > self.threads:
            self.threads = threads

    def ran_further(self, seconds: float, iterations: int) -> None:
        """Count a further part of the native run counted last."""
        self.seconds += seconds
        self.iterations += iterations

    def ran_on_gpu(self, counts: GpuCounts) -> None:
        """Note that the run counted last was on the GPU."""
        with _lock:
            self.device = "cuda"
            self.gpu = self.gpu.plus(counts)

    def ran_interpreted(self, estimated_seconds: float = 0.0) -> None:
        """Count a run that the interpreter did, for a reason that `fell_back` was told once."""
        self.interpreted_runs += 1
        self.estimated_interpreter_seconds += estimated_seconds

    def fell_back(self, diagnostic: Diagnostic) -> None:
        """Count one fallback for `diagnostic`'s reason."""
        with _lock:
            if diagnostic not in self.fallbacks and len(self.fallbacks) >= MOST_FALLBACKS:
                diagnostic = next(reversed(self.fallbacks))
            self.fallbacks[diagnostic] = self.fallbacks.get(diagnostic, 0) + 1

    def decided(self, verdict: SiteVerdict, exactness: str = "exact") -> None:
        """Note what the analysis said of the site's outermost loop."""
        self.verdict = verdict
        self.exactness = exactness

    def compiled(self, seconds: float) -> None:
        """Add time that analysis and code generation took."""
        with _lock:
            self.compile_seconds += seconds

    def collect(self) -> None:
        """Count what native code has counted since the last time."""
        runs, iterations, nanoseconds, threads = self.counts
        self.counts[:] = _NONE_COUNTED  # at once: no call, in which a thread might count, between
        if runs:
            self.ran_native(nanoseconds * 1e-9, iterations, threads)
            self.native_runs += runs - 1

    def clear(self) -> None:
        """Forget the runs, not the verdict."""
        self.collect()
        self.native_runs = self.interpreted_runs = self.iterations = self.threads = 0
        self.seconds = self.compile_seconds = self.estimated_interpreter_seconds = 0.0
        self.device = "interpreter"
        self.gpu = GpuCounts()
        self.fallbacks = {}
        self.seen = None


_NONE_COUNTED: Final[list[ctypes.c_int64 | int]] = [0] * len(Count)
_lock = threading.Lock()
_records: dict[tuple[str, int, int, str], SiteRecord] = {}


def open_record(file: str, line: int, column: int, end_line: int, function: str) -> SiteRecord:
    """Return the record of the site at this place, the same one whenever the place is the same."""
    key = (file, line, column, function)
    with _lock:
        record = _records.get(key)
        if record is None:
            record = _records[key] = SiteRecord(file, line, column, end_line, function)
        return record


def record_of(info: SiteInfo) -> SiteRecord:
    """Return the record of a site, by what the text says of it."""
    return open_record(info.path, info.line, info.column, info.end_line, info.function)


def records() -> tuple[SiteRecord, ...]:
    """Return all records of this process, in order of their opening."""
    with _lock:
        for record in _records.values():
            record.collect()
        return tuple(_records.values())


def clear_records() -> None:
    """Set every count back; sites keep the records they hold."""
    with _lock:
        for record in _records.values():
            record.clear()


def record_native(
    record: SiteRecord, seconds: float, iterations: int, threads: int, device: str = "cpu"
) -> None:
    """Count a native run of `record`'s site."""
    record.ran_native(seconds, iterations, threads)
    record.device = device


def record_interpreted(
    record: SiteRecord, reason: Diagnostic | None, estimated_seconds: float = 0.0
) -> None:
    """Count a run that the interpreter did, and why, if there is a reason to tell."""
    record.ran_interpreted(estimated_seconds)
    if reason is not None:
        record.fell_back(reason)


def record_fallback(record: SiteRecord, diagnostic: Diagnostic) -> None:
    """Count that the interpreter took over a part of a run."""
    record.fell_back(diagnostic)
