"""What the engine asks of a GPU's driver, and how that may fail.

Addresses are integers, modules and functions whatever the driver takes for one. Work is done in the
order in which it was asked for, beside the caller, until `is_idle` says that none is left. Every
call may raise `DriverError`, for work asked for earlier as well.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol

import numpy as np

LEAST_ARCHITECTURE: Final = (7, 5)
"""Older GPUs are not used: NVRTC no longer writes code for them."""


class Fault(Enum):
    """What kind of failure it is, which decides what is tried again."""

    MISSING = "missing"
    """There is no driver, no GPU, or no NVRTC."""
    TOO_OLD = "too old"
    """The driver or the GPU is too old."""
    MEMORY = "memory"
    """There is not enough memory on the GPU: another launch may find some."""
    COMPILE = "compile"
    """The text of a kernel was not accepted: other texts may be."""
    LOST = "lost"
    """The GPU cannot be used any more in this process."""


class DriverError(Exception):
    """A call of the driver failed."""

    def __init__(self, fault: Fault, call: str, detail: str) -> None:
        super().__init__(f"{call}: {detail}")
        self.fault = fault
        self.call = call
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Properties:
    """What a GPU is."""

    name: str
    architecture: tuple[int, int]
    memory_bytes: int
    multiprocessors: int
    clock_hertz: float
    memory_bytes_per_second: float
    """As the clock and the bus say; copies reach some nine tenths of it."""
    single_to_double: float
    """How many operations on 32-bit floats it does in the time of one on 64 bits."""
    l2_bytes: int = 0

    @property
    def target(self) -> str:
        """Return the architecture as NVRTC names it."""
        major, minor = self.architecture
        return f"sm_{major}{minor}"


@dataclass(frozen=True, slots=True)
class Grid:
    """The shape of a launch."""

    blocks: tuple[int, int, int]
    threads: tuple[int, int, int]
    shared_bytes: int = 0


class Parameters:
    """What all kernels of a launch are given: a record by value, and where their state stands.

    `pointers` is the address of the two parameters' addresses. The record may be changed once a
    kernel is launched: the driver has copied it then.
    """

    __slots__ = ("_keep", "integers", "pointers", "state", "words")

    def __init__(self, n_words: int, state: int) -> None:
        self.words = np.zeros(n_words, np.int64)
        self.integers: Any = memoryview(self.words.data)
        self.state = state
        where = ctypes.c_uint64(state)
        record = self.words.__array_interface__["data"][0]
        pointers = (ctypes.c_void_p * 2)(record, ctypes.addressof(where))
        self.pointers = ctypes.addressof(pointers)
        self._keep = where, pointers


class Driver(Protocol):
    """One GPU. Not to be used from two threads at once; `enter` comes first in each."""

    @property
    def properties(self) -> Properties:
        """Return what the GPU is."""

    def enter(self) -> None:
        """Make the GPU the one of the calling thread."""

    def compile(self, text: str, options: Sequence[str]) -> bytes:
        """Return the machine code of CUDA C++ `text`, for this GPU."""

    def load(self, image: bytes) -> Any:
        """Return a module of machine code that `compile` made."""

    def function(self, module: Any, name: str) -> Any:
        """Return a kernel of a module by its name."""

    def free_bytes(self) -> int:
        """Return how much of the GPU's memory is free, the pool's own included."""

    def allocate(self, n_bytes: int) -> int:
        """Return the address of fresh memory on the GPU."""

    def free(self, address: int) -> None:
        """Give memory back once the work that was asked for is done."""

    def trim(self) -> None:
        """Give what is kept for later allocations back to other processes."""

    def pin(self, n_bytes: int) -> int:
        """Return the address of fresh host memory that copies go through at full speed."""

    def unpin(self, address: int) -> None:
        """Give memory of `pin` back."""

    def copy_in(self, target: int, source: int, n_bytes: int) -> None:
        """Copy from host to GPU; `source` is pinned, and stays as it is until that is done."""

    def copy_out(self, target: int, source: int, n_bytes: int) -> None:
        """Copy from GPU to host; `target` is pinned."""

    def copy_across(self, target: int, source: int, n_bytes: int) -> None:
        """Copy from one place on the GPU to another."""

    def owns(self, address: int, n_bytes: int) -> bool:
        """Return whether these bytes are this GPU's own, in one piece of memory that is in use."""

    def settle(self) -> None:
        """Wait until all work is done that anybody in this process has asked the GPU for."""

    def clear(self, target: int, n_bytes: int) -> None:
        """Set memory on the GPU to zero."""

    def launch(self, function: Any, grid: Grid, parameters: Parameters) -> None:
        """Run a kernel."""

    def begin_graph(self) -> None:
        """Have the launches from now on kept, not run, until `end_graph`."""

    def end_graph(self) -> Any:
        """Return the launches since `begin_graph` as a graph."""

    def drop_graph(self) -> None:
        """Forget the launches since `begin_graph`; for use after a failure."""

    def launch_graph(self, graph: Any) -> None:
        """Run all launches of a graph, in order."""

    def free_graph(self, graph: Any) -> None:
        """Give a graph back; it is still run where that was asked for."""

    def mark(self, again: Any = None) -> Any:
        """Return a mark at the end of the work asked for so far: a new one, or `again` moved."""

    def wait(self, mark: Any) -> None:
        """Wait until all work before `mark` is done."""

    def is_idle(self) -> bool:
        """Return whether all work is done."""

    def seconds_between(self, start: Any, end: Any) -> float:
        """Return the time between two marks that were reached."""

    def synchronise(self) -> None:
        """Wait until no work is left."""
