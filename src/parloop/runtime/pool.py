"""The threads that loops run on: native, kept between launches, unknown to `threading`.

A pool starts its threads at its first launch. Before a fork they are joined, and the first launch
after it, in the parent or in the child, starts them again; at exit they are joined for good. A
launch from inside a launch, or beside one from another thread, runs on the thread that asks.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import platform
import sys
import threading
import time
from dataclasses import dataclass, field

from parloop.runtime import jit
from parloop.runtime.cache import compile_cached
from parloop.runtime.cores import available_cores, default_threads
from parloop.runtime.pool_ir import MAX_WORKERS, PoolTarget, external_names, pool_text

SPIN_US = 30
"""How long a thread without work spins before it sleeps: longer than the gap between two launches
of one loop nest, shorter than anybody else on the core would notice."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A fixed number of threads; made by `get_pool`, and never freed."""

    threads: int
    """The workers that take part in a launch, the calling thread among them."""

    run_address: int
    """Native `i64 run(i64 (*body)(void *context, i64 block, i64 worker), void *context, i64 n)`.

    Calls `body` once for each block 0 .. n-1, starts them in order, and returns when all are
    done; the result is the bitwise or of theirs. `worker` is less than `threads`, and no two
    blocks of one launch that run at the same time have the same. Workers have the caller's
    rounding mode, masks and treatment of denormals; which flags are raised at first is not said.
    The caller may hold the GIL or not; `body` must not wait for what another thread does with it.
    """

    _library: _Library = field(repr=False)


def get_pool(threads: int | None = None) -> Pool:
    """Return the process's pool of `threads` threads, by default as many as there are cores."""
    if threads is None:
        threads = _recent_default()
    if threads < 1:
        raise ValueError(f"threads={threads} must be at least 1")
    threads = min(threads, MAX_WORKERS + 1)
    with _LOCK:
        if threads not in _POOLS:
            _POOLS[threads] = _make_pool(threads, _host_target())
        return _POOLS[threads]


def _recent_default() -> int:
    """Return how many threads there are by default, as of a second ago: it takes a while to ask."""
    global _asked
    now = time.monotonic()
    if _asked is None or not 0 <= now - _asked[0] < _ASKED_SECONDS:
        _asked = (now, default_threads())
    return _asked[1]


_ASKED_SECONDS = 1.0
_asked: tuple[float, int] | None = None


class _Library:
    """The native side of one pool."""

    __slots__ = ("acquire", "forget", "halt", "loaded", "release", "spin", "spins", "workers")

    def __init__(self, target: PoolTarget) -> None:
        externals = _c_library_addresses(external_names(target))
        externals["parloop_busy"] = ctypes.addressof(_BUSY)
        externals["parloop_owner"] = ctypes.addressof(_OWNER)
        self.loaded = jit.load(_object_code(target), externals)
        address = self.loaded.address
        self.acquire = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(address("parloop_acquire"))
        self.release = ctypes.CFUNCTYPE(None)(address("parloop_release"))
        self.halt = ctypes.CFUNCTYPE(None)(address("parloop_halt"))
        self.forget = ctypes.CFUNCTYPE(None)(address("parloop_forget"))
        self.spin = ctypes.CFUNCTYPE(None, ctypes.c_int64)(address("parloop_spin"))
        self.workers = ctypes.c_int64.from_address(address("parloop_workers"))
        self.spins = ctypes.c_int64.from_address(address("parloop_spins"))


_LOCK = threading.RLock()
_POOLS: dict[int, Pool] = {}
_BUSY = ctypes.c_int64(0)
_OWNER = ctypes.c_int64(0)

_ACQUIRE_NAPS = 100_000
"""Ten seconds: no launch takes that long, unless it waits for us; that one is given up."""


def _make_pool(threads: int, target: PoolTarget) -> Pool:
    _serve_process_events()
    library = _Library(target)
    library.workers.value = threads - 1
    if threads <= available_cores():  # else a spinning thread is in the way of one with work
        library.spins.value = _spins_for(SPIN_US, library)
    return Pool(threads, library.loaded.address("parloop_run"), library)


def _spins_for(us: float, library: _Library) -> int:
    """Measure how many turns of the waiting loop take `us` microseconds."""
    turns = 1000
    best_ns = 1 << 62
    for _ in range(3):
        start = time.perf_counter_ns()
        library.spin(turns)
        best_ns = min(best_ns, time.perf_counter_ns() - start)
    return max(1, int(turns * us * 1000 / max(1, best_ns)))


def _object_code(target: PoolTarget) -> bytes:
    # As it is written: threads wait for each other here, and no optimiser shortens that.
    return compile_cached(pool_text(target), opt_level=0)


@functools.cache
def _host_target() -> PoolTarget:
    linux = sys.platform == "linux"
    match platform.machine().lower():
        case "x86_64" | "amd64":
            return PoolTarget("x86_64", 202 if linux else None, 2 if linux else 3)
        case "aarch64" | "arm64":
            return PoolTarget("aarch64", 98 if linux else None, 2 if linux else 3)
        case _:
            return PoolTarget("other", None, 2 if linux else 3)


def _c_library_addresses(names: tuple[str, ...]) -> dict[str, int]:
    process = ctypes.CDLL(None)
    addresses: dict[str, int] = {}
    for name in names:
        address = ctypes.cast(getattr(process, name), ctypes.c_void_p).value
        assert address is not None
        addresses[name] = address
    return addresses


@functools.cache
def _serve_process_events() -> None:
    atexit.register(_halt_all)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child
        )


_held_over_fork: bool = False


def _halt_all() -> bool:
    """Join every thread of every pool; launches run on their callers from now on.

    Returns False, with nothing done, when this very thread is inside a launch.
    """
    libraries = [pool._library for pool in _POOLS.values()]
    if not libraries or not libraries[0].acquire(_ACQUIRE_NAPS):
        return False
    for library in libraries:
        library.halt()
    return True


def _before_fork() -> None:
    global _held_over_fork
    _LOCK.acquire()
    _held_over_fork = _halt_all()


def _after_fork() -> None:
    if _held_over_fork:
        next(iter(_POOLS.values()))._library.release()
    _LOCK.release()


def _after_fork_in_child() -> None:
    for pool in _POOLS.values():
        pool._library.forget()
    _after_fork()
