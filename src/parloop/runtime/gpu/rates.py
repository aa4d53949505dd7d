"""What a GPU can do at best, measured: copies, launches, and operations without fused ones."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from parloop.codegen.cuda.program import OPTIONS
from parloop.runtime.gpu.device import Gpu
from parloop.runtime.gpu.driver import Driver, Grid, Parameters
from parloop.schedule.devices import GpuCosts

_HEAD = """
typedef unsigned long long u64;
struct Record { u64 words[4]; };
struct State { u64 status; };
"""

_COPY = """
extern "C" __global__ void
copy_all(const Record record, State *state)
{
    const double *from = (const double *)record.words[0];
    double *to = (double *)record.words[1];
    const u64 all = u64(gridDim.x) * blockDim.x;
    for (u64 i = u64(blockIdx.x) * blockDim.x + threadIdx.x; i < record.words[2]; i += all)
        to[i] = from[i];
}
"""

_PEAK = """
extern "C" __global__ void
peak_%(type)s(const Record record, State *state)
{
    %(type)s a = threadIdx.x, b = a + 1, c = a + 2, d = a + 3;
    const %(type)s x = record.words[3] * 0.5, y = record.words[3];
    for (u64 i = 0; i < record.words[2]; ++i) {
        a = a * x + y; b = b * x + y; c = c * x + y; d = d * x + y;
        a = a * x + y; b = b * x + y; c = c * x + y; d = d * x + y;
    }
    if (a + b + c + d == 12345) state->status = 1;
}
"""
OPERATIONS = 16
"""Of one round of `_PEAK`, in each thread."""

TEXT = _HEAD + _COPY + _PEAK % {"type": "double"} + _PEAK % {"type": "float"}


@dataclass(frozen=True, slots=True)
class Roofline:
    """The best of some rounds each."""

    copy_bytes_per_second: float
    """Read and written together."""
    double_per_second: float
    single_per_second: float
    in_bytes_per_second: float
    """From the user's memory to the GPU, as launches copy."""
    out_bytes_per_second: float
    pinned_in_bytes_per_second: float
    """From memory that is pinned already."""
    pinned_out_bytes_per_second: float
    launch_seconds: float
    """From asking for an empty kernel to its end, with one host call each."""
    queued_seconds: float
    """Of each of many empty kernels, asked for without waiting between."""
    compile_seconds: float
    """NVRTC, for the kernels of this module."""


EVENT_TESTS: Final = 4.0
"""What the tests of events make of one operation in the kernels of loops."""

PINNED_BYTES: Final = 1 << 26

MANY_LAUNCHES: Final = 200


def costs_from(measured: Roofline, entry_seconds: float) -> GpuCosts:
    """Return the constants of the cost model; `entry_seconds` is what a tiny loop takes."""
    return GpuCosts(
        measured.double_per_second / EVENT_TESTS,
        measured.single_per_second / EVENT_TESTS,
        measured.copy_bytes_per_second,
        measured.in_bytes_per_second,
        measured.out_bytes_per_second,
        measured.queued_seconds,
        entry_seconds,
    )


def measure(gpu: Gpu, *, small: bool = False) -> Roofline:
    """Return what the GPU can do; `small`: only to see that the measuring works."""
    driver, staging = gpu.driver, gpu.staging
    driver.enter()
    start = time.perf_counter()
    module = driver.load(driver.compile(TEXT, OPTIONS))
    compiling = time.perf_counter() - start
    n_bytes = 1 << (14 if small else 28)
    blocks, threads = (2, 32) if small else (driver.properties.multiprocessors * 16, 256)
    rounds = 4 if small else 4096
    one, two = driver.allocate(n_bytes), driver.allocate(n_bytes)
    state = driver.allocate(64)
    grid = Grid((blocks, 1, 1), (threads, 1, 1))

    def seconds(name: str, count: int, factor: int = 2) -> float:
        parameters = Parameters(4, state)
        parameters.words[:] = one, two, count, factor
        function, times = driver.function(module, name), []
        for _ in range(5):
            begin = driver.mark()
            driver.launch(function, grid, parameters)
            end = driver.mark()
            driver.wait(end)
            times.append(driver.seconds_between(begin, end))
        return max(min(times), 1e-9)

    host = np.ones(n_bytes, np.uint8)
    address = host.__array_interface__["data"][0]

    def copy_there() -> None:
        staging.copy_in(one, address, n_bytes)
        driver.synchronise()

    to_gpu = _best(copy_there)
    back = _best(lambda: staging.copy_out(address, one, n_bytes))
    found = Roofline(
        2 * n_bytes / seconds("copy_all", n_bytes // 8),
        OPERATIONS * rounds * blocks * threads / seconds("peak_double", rounds),
        OPERATIONS * rounds * blocks * threads / seconds("peak_float", rounds),
        n_bytes / to_gpu,
        n_bytes / back,
        *_pinned_rates(driver, one, 1 << 12 if small else PINNED_BYTES),
        _best(lambda: seconds("copy_all", 0)) / 5,
        _queued(driver, driver.function(module, "copy_all"), one, state),
        compiling,
    )
    for address in (one, two, state):
        driver.free(address)
    return found


def _pinned_rates(driver: Driver, address: int, n_bytes: int) -> tuple[float, float]:
    """Return the bytes a second from pinned memory to the GPU, and back."""
    pinned = driver.pin(n_bytes)

    def copy_there() -> None:
        driver.copy_in(address, pinned, n_bytes)
        driver.synchronise()

    def copy_back() -> None:
        driver.copy_out(pinned, address, n_bytes)
        driver.synchronise()

    seconds = _best(copy_there), _best(copy_back)
    driver.unpin(pinned)
    return n_bytes / seconds[0], n_bytes / seconds[1]


def _queued(driver: Driver, function: Any, address: int, state: int) -> float:
    """Return what one of many empty launches in a row takes."""
    parameters = Parameters(4, state)
    parameters.words[:] = address, address, 0, 0
    grid = Grid((1, 1, 1), (32, 1, 1))

    def run() -> None:
        for _ in range(MANY_LAUNCHES):
            driver.launch(function, grid, parameters)
        driver.synchronise()

    return _best(run) / MANY_LAUNCHES


def _best(run: Any) -> float:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)
