"""What `parloop doctor` prints: versions, threads, cache, and one loop timed both ways."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import numpy as np

from parloop.diagnostics import Diagnostic
from parloop.runtime.cores import default_threads
from parloop.runtime.gpu.device import find_gpu

Parallel = Callable[[Callable[..., Any]], Callable[..., Any]]
"""What makes a function's loops run natively: `parloop.parallel`, which comes after this module."""

PACKAGES: Final = ("parloop", "numpy", "llvmlite", "islpy", "cuda-core")
_ELEMENTS: Final = 200_000
"""Elements of the example: the interpreter takes some 0.1 s for them."""


def describe(parallel: Parallel, cache: Sequence[str] = ()) -> str:
    """Return the text of `parloop doctor`; `cache` is what is known of the disk cache."""
    return "\n".join((*_versions(), *_threads(), *_gpu(), *cache, *_example(parallel)))


def _versions() -> Iterator[str]:
    yield f"python    {platform.python_version()} ({sys.implementation.name}, {sys.platform})"
    for package in PACKAGES:
        try:
            found = version(package)
        except PackageNotFoundError:
            found = "not installed"
        yield f"{package:<9} {found}"
    yield f"processor {platform.machine()}"


def _threads() -> Iterator[str]:
    yield f"threads   {default_threads()} by default"


def _gpu() -> Iterator[str]:
    """Yield what was found of a GPU, which is opened for it."""
    gpu = find_gpu()
    if isinstance(gpu, Diagnostic):
        yield f"gpu       {gpu.message}"
        return
    known = gpu.driver.properties
    yield (
        f"gpu       {known.name} ({known.target}), {known.multiprocessors} multiprocessors, "
        f"{known.memory_bytes >> 30} GiB"
    )


def _example(parallel: Parallel) -> Iterator[str]:
    x = np.linspace(0.0, 1.0, _ELEMENTS)
    plain, fast = np.zeros(_ELEMENTS), np.zeros(_ELEMENTS)
    slow_seconds = _seconds(saxpy, x, plain, 2.5)
    native = parallel(saxpy)
    first_seconds = _seconds(native, x, fast, 2.5)
    same = plain.tobytes() == fast.tobytes()
    again_seconds = min(_seconds(native, x, fast, 2.5) for _ in range(3))
    yield f"example   y[i] = a * x[i] + y[i], {_ELEMENTS} elements"
    yield f"          CPython {_milliseconds(slow_seconds)}"
    yield f"          parloop {_milliseconds(first_seconds)} the first time"
    yield f"          parloop {_milliseconds(again_seconds)} again"
    yield f"          the results {'have the same bits' if same else 'DIFFER: please report this'}"


def saxpy(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], a: float) -> None:
    """Add `a` times `x` to `y`: the loop that is timed."""
    for i in range(len(x)):
        y[i] = a * x[i] + y[i]


def _seconds(function: Callable[..., Any], *arguments: Any) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:10.3f} ms"
