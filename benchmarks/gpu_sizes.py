"""How large the programs are on a GPU, and what they have to move at least."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

TINY = "tiny"

SIZES: Final[Mapping[str, Any]] = {
    "atax": (12000, 12000),
    "bicg": (12000, 12000),
    "blackscholes": 8_000_000,
    "cholesky": 1200,
    "conv2d": (6000, 5),
    "covariance": (1500, 1500),
    "dot": 100_000_000,
    "fdtd2d": (40, 3000, 3000),
    "floyd_warshall": 1200,
    "gesummv": 10000,
    "heat3d": (20, 300),
    "histogram": (50_000_000, 100),
    "jacobi2d": (40, 4000),
    "kmeans": (2_000_000, 16, 8),
    "levenshtein": (3000, 3000),
    "life": (20, 4000),
    "lu": 1500,
    "mandelbrot": (2400, 3200, 300),
    "matmul": (1600, 1600, 1600),
    "nbody": (4, 8000),
    "pairwise": (10000, 10000, 3),
    "pi": 200_000_000,
    "prefix_sum": 50_000_000,
    "saxpy": 100_000_000,
    "seidel2d": (20, 1500),
    "spmv": (2_000_000, 40),
}

ORDER: Final = (
    "saxpy", "jacobi2d", "matmul", "mandelbrot", "heat3d", "pairwise", "conv2d", "nbody", "fdtd2d",
    "floyd_warshall", "life", "kmeans", "spmv", "lu", "histogram", "pi", "gesummv", "atax", "bicg",
    "covariance", "dot", "blackscholes", "cholesky", "prefix_sum", "seidel2d", "levenshtein",
)  # fmt: skip
"""The programs, those that say most first: the time may not be enough for all."""

_TRAFFIC: Final[Mapping[str, Callable[[Any], float]]] = {
    "saxpy": lambda n: 12.0 * n,
    "jacobi2d": lambda size: 2.0 * size[0] * 16 * size[1] ** 2,
    "heat3d": lambda size: 2.0 * size[0] * 16 * size[1] ** 3,
    "fdtd2d": lambda size: size[0] * (24.0 + 24.0 + 32.0) * size[1] * size[2],
    "conv2d": lambda size: 16.0 * size[0] ** 2,
    "gesummv": lambda n: 16.0 * n**2,
    "floyd_warshall": lambda n: 16.0 * n**3,
    "dot": lambda n: 16.0 * n,
}


def traffic_of(name: str, size: Any) -> float | None:
    """Return the bytes that go through memory at least, if these bound the program.

    Each sweep over arrays that no cache holds reads what it reads once, and writes what it writes.
    """
    bytes_of = _TRAFFIC.get(name)
    return None if bytes_of is None else bytes_of(size)
