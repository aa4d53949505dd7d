"""What a GPU can do at best, measured: copies, and operations without fused ones."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from parloop.codegen.cuda.program import OPTIONS
from parloop.runtime.gpu.driver import Grid, Parameters

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
    launch_seconds: float
    """From asking for an empty kernel to its end, with one host call each."""
    compile_seconds: float
    """NVRTC, for the kernels of this module."""


def measure(gpu: Any, *, small: bool = False) -> Roofline:
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
    to_gpu = _best(lambda: (staging.copy_in(one, address, n_bytes), driver.synchronise()))
    back = _best(lambda: staging.copy_out(address, one, n_bytes))
    found = Roofline(
        2 * n_bytes / seconds("copy_all", n_bytes // 8),
        OPERATIONS * rounds * blocks * threads / seconds("peak_double", rounds),
        OPERATIONS * rounds * blocks * threads / seconds("peak_float", rounds),
        n_bytes / to_gpu,
        n_bytes / back,
        _best(lambda: seconds("copy_all", 0)) / 5,
        compiling,
    )
    for address in (one, two, state):
        driver.free(address)
    return found


def _best(run: Any) -> float:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)
