"""The GPU of this process: opened when the first loop wants it, given up for good when it fails.

Whatever is wrong with it, loops run on the CPU. A process forked from one that uses the GPU has
none: what the driver knows does not survive a fork.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from parloop.diagnostics import Diagnostic
from parloop.runtime.gpu.codes import GpuLost, NoGpu
from parloop.runtime.gpu.driver import Driver, DriverError, Fault
from parloop.runtime.gpu.staging import Staging


@dataclass(slots=True)
class Gpu:
    """One GPU in use by this process."""

    driver: Driver
    staging: Staging
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held by the launch that uses it. Others do not wait: their loops run on the CPU."""
    modules: dict[str, Any] = field(default_factory=dict)
    """Loaded machine code by key."""
    refused: dict[str, Diagnostic] = field(default_factory=dict)
    """Texts by key that could not be made machine code, and why."""
    marks: tuple[Any, Any] = (None, None)
    """Around the kernels of a launch."""
    process: int = field(default_factory=os.getpid)
    lost: Diagnostic | None = None


@dataclass(slots=True)
class _Slot:
    """What was found when a GPU was first wanted."""

    gpu: Gpu | None = None
    reason: Diagnostic | None = None


_slot = _Slot()
_opening = threading.Lock()


def find_gpu() -> Gpu | Diagnostic:
    """Return the GPU, or why there is none to be used."""
    gpu = _slot.gpu
    if gpu is None:
        if _slot.reason is not None:
            return _slot.reason
        if not _opening.acquire(blocking=False):
            return NoGpu("the GPU is being opened by another thread")
        try:
            return _open()
        finally:
            _opening.release()
    if gpu.lost is not None:
        return gpu.lost
    if gpu.process != os.getpid():
        return NoGpu("this process was forked from one that uses the GPU")
    return gpu


def opened_gpu() -> Gpu | None:
    """Return the GPU if this process has opened one; nothing is opened for it."""
    return _slot.gpu


def _open() -> Gpu | Diagnostic:
    from parloop.runtime.gpu.bindings import NvidiaGpu

    try:
        _slot.gpu = make_gpu(NvidiaGpu())
    except DriverError as error:
        _slot.reason = NoGpu(f"no GPU is used: {error}")
        return _slot.reason
    return _slot.gpu


def make_gpu(driver: Driver) -> Gpu:
    """Return the state of a GPU that nothing has used yet."""
    return Gpu(driver, Staging(driver))


@contextmanager
def using(driver: Driver) -> Iterator[Gpu]:
    """Take `driver` for the GPU of this process for a while: for tests."""
    before = _slot.gpu, _slot.reason
    _slot.gpu, _slot.reason = make_gpu(driver), None
    try:
        yield _slot.gpu
    finally:
        _slot.gpu, _slot.reason = before


def give_up(gpu: Gpu, error: DriverError) -> Diagnostic:
    """Use the GPU no more, and return what to say of it."""
    gpu.lost = GpuLost(f"the GPU is not used any more: {error}")
    gpu.modules.clear()
    return gpu.lost


def is_final(error: DriverError) -> bool:
    """Return whether nothing can be done on the GPU after `error`."""
    return error.fault not in (Fault.MEMORY, Fault.COMPILE)
