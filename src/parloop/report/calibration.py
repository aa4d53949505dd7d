"""`parloop doctor --calibrate`: the constants of the cost model, measured on this machine.

A handful of loops is timed in the interpreter, on one core and on all; where there is a GPU, its
copies, launches and operations. Each takes a fraction of a second; the best of some rounds counts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np

from parloop.config import settings
from parloop.diagnostics import Diagnostic
from parloop.runtime.constants import Constants, known_constants, save_constants
from parloop.runtime.cores import default_threads
from parloop.runtime.gpu import rates
from parloop.runtime.gpu.device import find_gpu, give_up, is_final
from parloop.runtime.gpu.driver import DriverError
from parloop.runtime.stats import records
from parloop.schedule.devices import CpuCosts, Work

Array = np.ndarray[Any, Any]
Parallel = Callable[[Callable[..., Any]], Callable[..., Any]]
"""`parloop.parallel` for loops of any size."""

CACHED: Final = 4096
"""Elements of an array that stays in the first caches."""

LARGE: Final = 4_000_000
"""Elements of one that no cache holds."""

MEDIUM: Final = 100_000

ROUNDS: Final = 5

LEAST: Final = 1e-7
"""Seconds; what comes out as less is noise."""


def calibrate(parallel: Parallel, *, small: bool = False) -> str:
    """Measure, save and describe the constants; `small`: only to see that this works."""
    scale = 64 if small else 1
    cpu = measure_cpu(parallel, scale)
    gpus = dict(known_constants().gpus)
    lines = [*_shown("cpu", cpu)]
    gpu = find_gpu()
    if isinstance(gpu, Diagnostic):
        lines.append(f"gpu       {gpu.message}")
    else:
        name = gpu.driver.properties.name
        try:
            with gpu.lock:
                measured = rates.measure(gpu, small=small)
            gpus[name] = rates.costs_from(measured, _gpu_entry(parallel))
            lines += [*_shown("gpu", measured), *_shown("model", gpus[name])]
        except DriverError as error:
            said = give_up(gpu, error).message if is_final(error) else str(error)
            lines.append(f"gpu       {said}")
    saved = save_constants(Constants(cpu, gpus))
    kept = f"not kept: {saved}" if isinstance(saved, str) else f"kept in {saved}"
    return "\n".join((*lines, kept))


def measure_cpu(parallel: Parallel, scale: int = 1) -> CpuCosts:
    """Return the constants of this machine's CPU, with arrays that are `scale` times smaller."""
    threads = default_threads()
    with settings(threads=1, device="cpu"):
        one = _one_core(parallel, scale)
    large = [np.ones(LARGE // scale) for _ in range(2)]
    with settings(threads=threads, device="cpu"):
        seconds, _ = _timed(parallel(add_scaled), *large, 2.5)
        together = _bytes(large) / seconds
        medium = [np.full(MEDIUM // scale, 0.5) for _ in range(2)]
        seconds, work = _timed(parallel(polynomial), *medium, 1)
    ideal = work.operations * one.lanes_seconds_per_operation / threads
    return replace(
        one,
        threads=threads,
        bytes_per_second=max(together, one.core_bytes_per_second),
        wake_seconds=max(LEAST, min(seconds - ideal, 1e-3)),
    )


def _one_core(parallel: Parallel, scale: int) -> CpuCosts:
    """Return what one core can do, and the interpreter."""
    x, y = np.full(CACHED, 0.5), np.zeros(CACHED)
    rounds = max(1, 512 // scale)
    seconds, work = _timed(parallel(polynomial), x, y, rounds)
    lanes = seconds / work.operations
    interpreted = min(_seconds(polynomial, x[: 2048 // scale], y, 1) for _ in range(ROUNDS))
    of_those = _work(parallel(polynomial), x[: 2048 // scale], y, 1).interpreted
    seconds, work = _timed(parallel(recurrence), x, rounds)
    alone = seconds / work.operations
    seconds, work = _timed(parallel(divided), x, y, rounds)
    division = (seconds - work.operations * lanes) / work.divisions
    large = [np.ones(LARGE // scale) for _ in range(2)]
    seconds, _ = _timed(parallel(add_scaled), *large, 2.5)
    bandwidth = _bytes(large) / seconds
    seconds, _ = _timed(parallel(add_scaled), x[:1], y[:1], 2.5, calls=200)
    uneven, _ = _timed(parallel(halved), x[:1], y[:1], calls=20)
    return CpuCosts(
        seconds_per_operation=alone,
        bytes_per_second=bandwidth,
        threads=1,
        lanes_seconds_per_operation=lanes,
        division_seconds=max(division, 1e-11),
        call_seconds=_call_seconds(parallel, x, y, rounds),
        core_bytes_per_second=bandwidth,
        entry_seconds=max(LEAST, seconds),
        uneven_entry_seconds=max(LEAST, uneven),
        interpreter_seconds_per_operation=interpreted / of_those,
    )


def _bytes(arrays: list[Array]) -> float:
    """Return what the cost model counts for a loop that goes over all of them once."""
    return float(sum(array.nbytes for array in arrays))


def _call_seconds(parallel: Parallel, x: Array, y: Array, rounds: int) -> float:
    seconds, work = _timed(parallel(sines), x, y, max(1, rounds // 8))
    return seconds / work.calls


def _gpu_entry(parallel: Parallel) -> float:
    """Return what a tiny loop takes on the GPU."""
    x, y = np.ones(256), np.ones(256)
    with settings(device="cuda"):
        seconds, _ = _timed(parallel(add_scaled), x, y, 2.5)
    return seconds


def _timed(fast: Callable[..., Any], *arguments: Any, calls: int = 1) -> tuple[float, Work]:
    """Return the best time of a call, and what it was."""
    work = _work(fast, *arguments)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(calls):
            fast(*arguments)
        times.append((time.perf_counter() - start) / calls)
    return max(min(times), 1e-9), work


def _work(fast: Callable[..., Any], *arguments: Any) -> Work:
    """Return what the loop of one of the functions below is on these arguments."""
    mine = [r for r in records() if r.file == __file__ and r.function == fast.__qualname__]
    for record in mine:
        record.seen = None
    fast(*arguments)
    fast(*arguments)
    for record in records():
        if record.file == __file__ and record.function == fast.__qualname__ and record.seen:
            return record.seen.work()
    raise RuntimeError(f"{fast.__qualname__} did not run natively")


def _seconds(function: Callable[..., Any], *arguments: Any) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def _shown(title: str, constants: Any) -> Iterator[str]:
    for name, value in asdict(constants).items():
        yield f"{title:<9} {name:<34} {value:.4g}"
        title = ""


# the loops


def polynomial(x: Array, y: Array, rounds: int) -> None:
    """Arithmetic in SIMD lanes, in the cache."""
    for _ in range(rounds):
        for i in range(len(x)):
            y[i] = ((x[i] * 0.5 + 1.5) * x[i] - 0.25) * x[i] + 2.0


def recurrence(x: Array, rounds: int) -> float:
    """Arithmetic in which each operation waits for the one before it."""
    s = 0.0
    for _ in range(rounds):
        for i in range(len(x)):
            s = s * 0.5 + x[i]
    return s


def divided(x: Array, y: Array, rounds: int) -> None:
    """Divisions."""
    for _ in range(rounds):
        for i in range(len(x)):
            y[i] = x[i] / (x[i] + 1.0)


def sines(x: Array, y: Array, rounds: int) -> None:
    """Calls of a function of the C library."""
    for _ in range(rounds):
        for i in range(len(x)):
            y[i] = math.sin(x[i])


def halved(x: Array, y: Array) -> None:
    """A loop of which nobody knows how long it takes."""
    for i in range(len(x)):
        v = x[i]
        while v > 1.0:
            v = v * 0.5
        y[i] = v


def add_scaled(x: Array, y: Array, a: float) -> None:
    """Memory."""
    for i in range(len(x)):
        y[i] = a * x[i] + y[i]
