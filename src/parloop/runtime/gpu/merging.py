"""The kernel that stores what a launch has changed of an array, and nothing else.

Other threads may write to elements of the array beside the loop. So an element is stored where it
is another one, bit by bit, than the launch has found.
"""

from __future__ import annotations

from typing import Any, Final

from parloop.codegen.cuda.prelude import prelude
from parloop.codegen.cuda.program import OPTIONS
from parloop.runtime.gpu.device import Gpu
from parloop.runtime.gpu.driver import Driver, Grid, Parameters
from parloop.runtime.gpu.interface import DeviceArray
from parloop.runtime.gpu.programs import find_module

_THREADS: Final = 256
_MOST_BLOCKS: Final = 1 << 16

_KERNEL: Final = """
struct Record {
    u64 words[7]; // now, before, target; elements, bytes between them; numbers in one, their bytes
};
struct State {
    u64 status;
};

template <class T> __device__ void merge_elements(const Record &record)
{
    const char *now = (const char *)record.words[0], *before = (const char *)record.words[1];
    char *target = (char *)record.words[2];
    const u64 n = record.words[3] * record.words[5];
    const u64 threads = u64(gridDim.x) * blockDim.x;
    for (u64 k = u64(blockIdx.x) * blockDim.x + threadIdx.x; k < n; k += threads) {
        const u64 at = k / record.words[5] * record.words[4] + k % record.words[5] * sizeof(T);
        const T value = load<T>(now + at);
        if (value != load<T>(before + at)) store<T>(target + at, value);
    }
}

extern "C" __global__ void
merge(const Record record, State *state)
{
    switch (record.words[6]) {
    case 1: merge_elements<u8>(record); break;
    case 2: merge_elements<u16>(record); break;
    case 4: merge_elements<u32>(record); break;
    case 8: merge_elements<u64>(record); break;
    }
}
"""


def merge_text() -> str:
    """Return CUDA C++ with the kernel."""
    return prelude() + _KERNEL


def find_merge(gpu: Gpu) -> Any:
    """Return the kernel, or raise `Refused` or `DriverError`."""
    module = find_module(gpu, merge_text(), OPTIONS)
    return gpu.driver.function(module, "merge")


def launch_merge(
    driver: Driver, function: Any, array: DeviceArray, now: int, before: int
) -> None:
    """Store in an array what `now` has in its place, where that is not what `before` has."""
    stand_in = array.stand_in
    if not stand_in.size:
        return
    numbers = 2 if stand_in.dtype.kind == "c" else 1
    between = stand_in.strides[0] if stand_in.ndim == 1 else stand_in.itemsize
    parameters = Parameters(7, 0)
    parameters.words[:] = (
        now, before, array.low, stand_in.size, between, numbers, stand_in.itemsize // numbers,
    )  # fmt: skip
    blocks = min(-(-stand_in.size * numbers // _THREADS), _MOST_BLOCKS)
    driver.launch(function, Grid((blocks, 1, 1), (_THREADS, 1, 1)), parameters)
