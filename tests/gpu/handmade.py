"""Programs for the GPU written by hand, for loops of these tests: what the generator would make."""

from __future__ import annotations

from typing import Any

import numpy as np

from parloop.codegen.cuda.program import STATE_HEADER, CudaProgram, Launch, Repeat
from parloop.codegen.layout import Header, lay_out
from parloop.runtime.kernels import Planned

HEAD = """
typedef long long i64; typedef unsigned long long u64;
struct Record { u64 words[%(n_words)d]; };
struct State { i64 status; i64 reserved[7]; u64 words[%(state_words)d]; };
"""


def saxpy(x: Any, y: Any, a: float) -> None:
    for i in range(len(x)):
        y[i] = a * x[i] + y[i]


def steps(u: Any, v: Any, n: int) -> None:
    for t in range(n):
        for i in range(len(u)):
            v[i] = u[i] + t


SAXPY = HEAD + """
extern "C" __global__ void saxpy(const Record record, State *state) {
    const char *x = (const char *)record.words[%(x)d]; char *y = (char *)record.words[%(y)d];
    i64 sx = record.words[%(x)d + 2], sy = record.words[%(y)d + 2];
    double a; __builtin_memcpy(&a, &record.words[%(a)d], 8);
    i64 first = blockIdx.x * (u64)blockDim.x + threadIdx.x, all = gridDim.x * (u64)blockDim.x;
    for (i64 i = record.words[3] + first; i < (i64)record.words[4]; i += all) {
        double *to = (double *)(y + i * sy);
        double product = a * *(const double *)(x + i * sx), sum = product + *to;
        if (sum - sum != 0.0) state->status = 1;
        *to = sum;
        if (i + 1 == (i64)record.words[4]) {
            state->words[%(i)d - %(first)d] = %(i_tag)d;
            state->words[%(i)d + 1 - %(first)d] = i;
        }
    }
}
"""


def saxpy_program(planned: Planned) -> CudaProgram:
    """Return the program of `saxpy`."""
    layout = lay_out(planned.typing)
    first, i = layout.first_variable_word, layout.variables["i"]
    tag = [str(member) for member in layout.members["i"]].index("int")
    names = {
        "n_words": layout.n_words, "state_words": layout.n_words - first, "first": first,
        "x": layout.arrays["x"], "y": layout.arrays["y"], "i": i, "i_tag": tag,
        "a": layout.variables["a"] + 1,
    }  # fmt: skip
    threads = f"trips(w[{Header.START}], w[{Header.STOP}], w[{Header.STEP}])"
    return CudaProgram(
        SAXPY % names, (Launch("saxpy", (threads, "1", "1"), (64, 1, 1)),), layout.n_words, first,
        ((i, 2),), 0, ("x", "y"), ("y",), can_raise=True, can_stop=False, watched_flags=0,
        minds_underflow=False,
    )  # fmt: skip


__all__ = ["STATE_HEADER", "Repeat", "np", "saxpy", "saxpy_program", "steps"]
