"""What a person would write for a GPU: kernels in numba-cuda, whole arrays in CuPy or PyTorch.

The arrays are on the GPU before the clock starts and stay there; a call ends when its work is done.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np


@dataclass(frozen=True, slots=True)
class Made:
    """One program by hand."""

    tool: str
    call: Callable[[], None]


def prepare(name: str, arguments: tuple[Any, ...]) -> Made | str:
    """Return `name` by hand on `arguments`, or why there is none."""
    reasons: list[str] = []
    if name not in WITH_KERNELS and name not in WITH_ARRAYS:
        return "none is written"
    if name in WITH_KERNELS:
        try:
            cuda: Any = importlib.import_module("numba.cuda")
            if not cuda.is_available():
                raise RuntimeError("it finds no GPU")
            work = WITH_KERNELS[name](cuda, arguments)

            def call() -> None:
                work()
                cuda.synchronize()

            call()
            return Made("numba-cuda", call)
        except Exception as error:  # whatever another tool says is a result
            reasons.append(f"numba-cuda: {type(error).__name__}: {error}".splitlines()[0])
    for tool in ("cupy", "torch") if name in WITH_ARRAYS else ():
        try:
            return _with_arrays(tool, name, arguments)
        except Exception as error:  # whatever another tool says is a result
            reasons.append(f"{tool}: {type(error).__name__}: {error}".splitlines()[0])
    return "; ".join(reasons)


def _with_arrays(tool: str, name: str, arguments: tuple[Any, ...]) -> Made:
    module: Any = importlib.import_module(tool)
    if tool == "cupy":
        here = [module.asarray(a) if isinstance(a, np.ndarray) else a for a in arguments]
        wait = module.cuda.runtime.deviceSynchronize
    else:
        here = [module.from_numpy(a).cuda() if isinstance(a, np.ndarray) else a for a in arguments]
        wait = module.cuda.synchronize
    work = WITH_ARRAYS[name]

    def call() -> None:
        work(module, *here)
        wait()

    call()
    return Made(tool, call)


# numba-cuda


def _saxpy(cuda: Any, arguments: tuple[Any, ...]) -> Callable[[], None]:
    a, x, y = np.float32(arguments[0]), *arguments[1:]

    @cuda.jit(fastmath=False)
    def kernel(a, x, y):  # type: ignore[no-untyped-def]
        i = cuda.grid(1)
        if i < x.shape[0]:
            y[i] = a * x[i] + y[i]

    on_x, on_y = cuda.to_device(x), cuda.to_device(y)
    blocks = -(-len(x) // 256)
    return lambda: kernel[blocks, 256](a, on_x, on_y)


def _jacobi2d(cuda: Any, arguments: tuple[Any, ...]) -> Callable[[], None]:
    steps, a, b = arguments

    @cuda.jit(fastmath=False)
    def sweep(a, b):  # type: ignore[no-untyped-def]
        j, i = cuda.grid(2)
        if 0 < i < a.shape[0] - 1 and 0 < j < a.shape[1] - 1:
            b[i, j] = 0.2 * (a[i, j] + a[i, j - 1] + a[i, j + 1] + a[i + 1, j] + a[i - 1, j])

    on_a, on_b = cuda.to_device(a), cuda.to_device(b)
    grid = -(-a.shape[1] // 32), -(-a.shape[0] // 8)

    def work() -> None:
        for _ in range(steps):
            sweep[grid, (32, 8)](on_a, on_b)
            sweep[grid, (32, 8)](on_b, on_a)

    return work


def _matmul(cuda: Any, arguments: tuple[Any, ...]) -> Callable[[], None]:
    a, b, c = arguments

    @cuda.jit(fastmath=False)
    def kernel(a, b, c):  # type: ignore[no-untyped-def]
        j, i = cuda.grid(2)
        if i < c.shape[0] and j < c.shape[1]:
            total = c[i, j]
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            c[i, j] = total

    here = [cuda.to_device(each) for each in (a, b, c)]
    grid = -(-c.shape[1] // 32), -(-c.shape[0] // 8)
    return lambda: kernel[grid, (32, 8)](*here)


def _pairwise(cuda: Any, arguments: tuple[Any, ...]) -> Callable[[], None]:
    x, y, d = arguments

    @cuda.jit(fastmath=False)
    def kernel(x, y, d):  # type: ignore[no-untyped-def]
        j, i = cuda.grid(2)
        if i < d.shape[0] and j < d.shape[1]:
            total = 0.0
            for k in range(x.shape[1]):
                apart = x[i, k] - y[j, k]
                total += apart * apart
            d[i, j] = math.sqrt(total)

    here = [cuda.to_device(each) for each in (x, y, d)]
    grid = -(-d.shape[1] // 32), -(-d.shape[0] // 8)
    return lambda: kernel[grid, (32, 8)](*here)


WITH_KERNELS: Final[Mapping[str, Callable[[Any, tuple[Any, ...]], Callable[[], None]]]] = {
    "saxpy": _saxpy,
    "jacobi2d": _jacobi2d,
    "matmul": _matmul,
    "pairwise": _pairwise,
}

# CuPy and PyTorch


def _heat3d(_: Any, steps: int, a: Any, b: Any) -> None:
    def sweep(u: Any, v: Any) -> None:
        c = u[1:-1, 1:-1, 1:-1]
        v[1:-1, 1:-1, 1:-1] = (
            c
            + 0.125 * (u[2:, 1:-1, 1:-1] - 2.0 * c + u[:-2, 1:-1, 1:-1])
            + 0.125 * (u[1:-1, 2:, 1:-1] - 2.0 * c + u[1:-1, :-2, 1:-1])
            + 0.125 * (u[1:-1, 1:-1, 2:] - 2.0 * c + u[1:-1, 1:-1, :-2])
        )

    for _ in range(steps):
        sweep(a, b)
        sweep(b, a)


def _dot(_: Any, x: Any, y: Any) -> None:
    (x * y).sum().item()


def _floyd_warshall(module: Any, d: Any) -> None:
    for k in range(d.shape[0]):
        module.minimum(d, d[:, k : k + 1] + d[k : k + 1, :], out=d)


WITH_ARRAYS: Final[Mapping[str, Callable[..., None]]] = {
    "heat3d": _heat3d,
    "dot": _dot,
    "floyd_warshall": _floyd_warshall,
}
