"""Run programs on all sides, in turns, and collect what was measured.

Every side has a process of its own, so that no tool's threads share one with another's; the
processes wait for their turn, and all sides are timed within the same minutes on one machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.program import load_program
from benchmarks.sides import (
    C_OPENMP,
    CPYTHON,
    DISK_CACHE,
    NJIT,
    PARLOOP,
    PRANGE,
    REASSOCIATE,
    different_bits,
)

SETTLE_SECONDS = 0.01
"""Pause before each turn: OpenMP's threads spin for some milliseconds after their work."""

PATIENCE_SECONDS = 180
"""A process that does not answer for so long is ended, and its side counts as unavailable."""

MIN_WORK_MS = "1"
"""From what time in CPython on a loop runs natively here: parloop's own bound, but said, so that no
loop waits until it has cost its machine code. It is machine code that is timed and compared."""

Turn = tuple[str, "Worker"]

MOST_LEFT = 0.01
"""The share of CPython's time that a program may spend in loops too small to pay."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure, and how often."""

    programs: tuple[str, ...]
    peers: tuple[str, ...]
    size: str = "full"
    repeat: int = 15
    first: int = 3
    threads: int = 2


@dataclass(slots=True)
class SideResult:
    """What was measured of one side of one program. Times are in seconds."""

    reduced: list[float] = field(default_factory=list)
    """Steady state at the size at which CPython runs too."""
    steady: list[float] = field(default_factory=list)
    """Steady state at the size asked for."""
    first_cold: list[float] = field(default_factory=list)
    """First call in a fresh process, nothing on disk: analysis, code and run, no imports."""
    first_warm: list[float] = field(default_factory=list)
    """The same with the tool's disk cache filled by an earlier process."""
    same_bits: bool | None = None
    """Whether the result has CPython's bits (parloop: and its types), compared at both sizes."""
    claims_same_bits: bool = True
    native: str = ""
    """For parloop: `native`, `partly` or `interpreter`."""
    left: float = 0.0
    """For parloop: the share of CPython's time, as estimated, of loops too small to pay."""
    sites: list[dict[str, Any]] = field(default_factory=list)
    unavailable: str = ""


@dataclass(slots=True)
class ProgramResult:
    """All sides of one program."""

    name: str
    sides: dict[str, SideResult]


class Worker:
    """A process that runs one side of one program when asked."""

    def __init__(self, program: str, side: str, size: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", program, side, size],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(__file__).resolve().parent.parent,
        )
        self.unavailable = self._read().get("unavailable", "")

    def ask(self, request: str) -> dict[str, Any]:
        """Return the answer to `request`; a side that fails once stays unavailable."""
        if self.unavailable:
            return {}
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(request + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self.unavailable = "the process has ended"
            return {}
        answer = self._read()
        self.unavailable = answer.get("unavailable", "")
        return {} if self.unavailable else answer

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        watch = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        watch.start()
        try:
            line = self.process.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            status = self.process.wait()
            why = f"no answer in {PATIENCE_SECONDS} s" if status == -9 else f"ended: {status}"
            return {"unavailable": why}
        answer: dict[str, Any] = json.loads(line)
        return answer


def run(options: Options) -> Iterator[ProgramResult]:
    """Yield each program's result as it comes."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        for name in options.programs:
            yield _run_program(name, options, Path(folder))


def sides_of(name: str, peers: Iterable[str]) -> tuple[str, ...]:
    """Return the sides to compare: parloop once more in the tier of the peers that regroup sums."""
    regrouped = (REASSOCIATE,) if set(different_bits(load_program(name))) & set(peers) else ()
    return (PARLOOP, *regrouped, *peers)


def _run_program(name: str, options: Options, folder: Path) -> ProgramResult:
    sides = sides_of(name, options.peers)
    claims = different_bits(load_program(name))
    results = {
        side: SideResult(claims_same_bits=side not in (*claims, REASSOCIATE))
        for side in (CPYTHON, *sides)
    }
    reduced = "tiny" if options.size == "tiny" else "cpython"
    _compare_reduced(name, reduced, results, options, folder)
    if options.size == "full":
        kept = [
            side
            for side in sides
            if not results[side].unavailable
            and results[side].native not in ("interpreter", "partly")
        ]
        _first_calls(name, kept, results, options, folder)
        _steady_state(name, kept, results, options, folder)
    return ProgramResult(name, results)


def _compare_reduced(
    name: str, size: str, results: dict[str, SideResult], options: Options, folder: Path
) -> None:
    """Time all sides beside CPython at the reduced size, and compare their bits with CPython's."""
    with _workers(name, results, size, options, folder) as workers:
        expected = workers[CPYTHON].ask("bits")
        for side, worker in workers.items():
            bits = worker.ask("bits")
            kind = "typed" if side in (PARLOOP, REASSOCIATE) else "bare"
            results[side].same_bits = bits[kind] == expected[kind] if bits else None
        _take_turns(list(workers.items()), results, min(options.repeat, 5), "reduced")
        for side, worker in workers.items():
            results[side].sites = worker.ask("report").get("sites", [])
            if side in (PARLOOP, REASSOCIATE):
                results[side].left = left_share(results[side].sites, results[CPYTHON].reduced)
                results[side].native = "" if worker.unavailable else native(results[side])
            results[side].unavailable = worker.unavailable


def _first_calls(
    name: str, sides: list[str], results: dict[str, SideResult], options: Options, folder: Path
) -> None:
    """Time first calls in fresh processes: with nothing on disk, and after another process."""
    for number in range(options.first):
        for side in sides:
            caches = folder / f"{name}-{side}-{number}"
            cold = environment_of(options, folder, caches, side)
            one_call(name, side, "full", cold, results[side].first_cold)
            if side == C_OPENMP:
                continue
            warm = {**cold, DISK_CACHE: "yes"}
            if side in (NJIT, PRANGE):
                one_call(name, side, "tiny", warm, [])
            one_call(name, side, "full", warm, results[side].first_warm)


def one_call(
    name: str, side: str, size: str, environment: dict[str, str], seconds: list[float]
) -> None:
    """Time the first call in a fresh process; a side that cannot run adds nothing."""
    worker = Worker(name, side, size, environment)
    try:
        time.sleep(SETTLE_SECONDS)
        if answer := worker.ask("first"):
            seconds.append(answer["seconds"])
    finally:
        worker.close()


def _steady_state(
    name: str, sides: list[str], results: dict[str, SideResult], options: Options, folder: Path
) -> None:
    with _workers(name, sides, "full", options, folder) as workers:
        bits = {side: worker.ask("bits") for side, worker in workers.items()}
        claims = [side for side in sides if results[side].claims_same_bits and bits[side]]
        for side in claims:
            # CPython would take too long here: parloop's bits stand for it, which agreed before.
            same = bits[side]["bare"] == bits[claims[0]]["bare"]
            results[side].same_bits = bool(results[side].same_bits) and same
        _take_turns(list(workers.items()), results, options.repeat, "steady")


def _take_turns(
    workers: list[Turn], results: dict[str, SideResult], repeat: int, where: str
) -> None:
    """Ask each worker in turn, `repeat` times round, beginning with another one each time."""
    for number in range(repeat):
        start = number % max(len(workers), 1)
        for side, worker in workers[start:] + workers[:start]:
            time.sleep(SETTLE_SECONDS)
            if answer := worker.ask("run"):
                getattr(results[side], where).append(answer["seconds"])


@contextmanager
def _workers(
    name: str, sides: Iterable[str], size: str, options: Options, folder: Path
) -> Iterator[dict[str, Worker]]:
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for side in sides:
            caches = folder / f"{name}-{side}-{size}"
            workers[side] = Worker(name, side, size, environment_of(options, folder, caches, side))
            stack.callback(workers[side].close)
        yield workers


def environment_of(options: Options, folder: Path, caches: Path, side: str) -> dict[str, str]:
    """Return the environment of one side: its threads, and caches of its own in `caches`."""
    threads = str(options.threads)
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": threads,
        "NUMBA_NUM_THREADS": threads,
        "PARLOOP_THREADS": threads,
        "PARLOOP_MIN_WORK_MS": MIN_WORK_MS,
        "PARLOOP_CACHE_DIR": str(caches / "parloop"),
        "NUMBA_CACHE_DIR": str(caches / "numba"),
        "BENCHMARKS_BUILD": str(folder),
    }
    environment.pop(DISK_CACHE, None)
    if side == REASSOCIATE:
        environment["PARLOOP_EXACTNESS"] = "reassociate"
    return environment


def native(ours: SideResult) -> str:
    """Say where the loops ran: `partly` where one that pays was not native to its end.

    Loops that take CPython microseconds are left to it on purpose. They may not add up to more
    than `MOST_LEFT` of a program, and what they do add up to is said beside it.
    """
    if not any(site["native_runs"] for site in ours.sites):
        return "interpreter"
    whole = not any(site["fallbacks"] for site in ours.sites)
    return "native" if whole and ours.left <= MOST_LEFT else "partly"


def left_share(sites: list[dict[str, Any]], cpython: list[float]) -> float:
    """Return the share of loops that ran in the interpreter in one run of a program."""
    seconds = sum(
        site["estimated_interpreter_seconds"] / site["interpreted_runs"]
        for site in sites
        if site["interpreted_runs"]
    )
    return seconds / min(cpython) if cpython else float(seconds > 0)
