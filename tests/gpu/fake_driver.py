"""A GPU that is none: memory of its own, work done as late as allowed, kernels compiled by g++.

It refuses what a real one would take wrongly: addresses that are not its own, copies through memory
that is not pinned, memory freed twice. Any call can be made to fail.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import re
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from parloop.runtime.gpu.driver import DriverError, Fault, Grid, Parameters, Properties

_EMULATION = Path(__file__).parent.parent / "cuda"

PROPERTIES = Properties("Fake GPU", (8, 0), 1 << 30, 4, 1e9, 1e11, 2.0, 1 << 20)

FAULTS = {
    Fault.MEMORY: ("allocate", "pin"),
    Fault.COMPILE: ("compile", "load", "function"),
    Fault.LOST: (),
}
"""The calls that may fail in each way; an empty tuple: all."""


class FakeGpu:
    """One GPU that runs in the calling thread. `calls` are the names of all calls so far."""

    def __init__(self, properties: Properties = PROPERTIES, idle_after: int = 2) -> None:
        self.properties = properties
        self.idle_after = idle_after
        """So many times it says that there is work left before there is none."""
        self.calls: list[str] = []
        self.memory: dict[int, Any] = {}
        self.pinned: dict[int, Any] = {}
        self.queue: deque[Callable[[], None]] = deque()
        self.n_queued = 0
        self.asked = 0
        self.fail_at: int | None = None
        """The number of the call that fails, from 0."""
        self.fault = Fault.LOST
        self.dead = False
        self.launches: list[tuple[str, Grid]] = []
        self.graph: list[Any] | None = None
        """The launches that are kept at the moment, if they are."""
        self.graphs: list[Any] = []
        self.others: list[Callable[[], object]] = []
        """Work that others have asked for, on streams of their own."""
        self.on_call: Callable[[str], None] = lambda name: None

    # what tests ask

    def used_bytes(self) -> int:
        """Return how much memory is taken."""
        return sum(len(room) for room in self.memory.values())

    def adopt(self, n_bytes: int) -> int:
        """Return the address of memory on the GPU that somebody else has taken."""
        room = (ctypes.c_uint8 * (n_bytes + 512))()
        address = -(-ctypes.addressof(room) // 256) * 256
        self.memory[address] = room
        return address

    # the protocol

    def enter(self) -> None:
        self._called("enter")

    def compile(self, text: str, options: Sequence[str]) -> bytes:
        self._called("compile")
        return compile_for_host(text)

    def load(self, image: bytes) -> Any:
        self._called("load")
        return load_library(image)

    def function(self, module: Any, name: str) -> Any:
        self._called("function")
        return name, getattr(module, f"emulated_{name}"), module

    def free_bytes(self) -> int:
        self._called("free_bytes")
        return self.properties.memory_bytes - self.used_bytes()

    def allocate(self, n_bytes: int) -> int:
        self._called("allocate")
        if n_bytes > self.properties.memory_bytes - self.used_bytes():
            self._finish()  # what is freed before, in order, is there
        if n_bytes > self.properties.memory_bytes - self.used_bytes():
            raise DriverError(Fault.MEMORY, "allocate", "out of memory")
        room = (ctypes.c_uint8 * (n_bytes + 256))()
        ctypes.memset(room, 0xA5, len(room))  # nobody cleared it
        address = -(-ctypes.addressof(room) // 256) * 256
        self.memory[address] = room
        return address

    def free(self, address: int) -> None:
        self._called("free")
        assert address in self.memory
        self._queue(lambda: self.memory.pop(address))

    def trim(self) -> None:
        self._called("trim")
        self._finish()

    def pin(self, n_bytes: int) -> int:
        self._called("pin")
        room = (ctypes.c_uint8 * n_bytes)()
        self.pinned[ctypes.addressof(room)] = room
        return ctypes.addressof(room)

    def unpin(self, address: int) -> None:
        self._called("unpin")
        del self.pinned[address]

    def copy_in(self, target: int, source: int, n_bytes: int) -> None:
        self._called("copy_in")
        self._check(self.pinned, source, n_bytes)
        self._check(self.memory, target, n_bytes)
        self._queue(lambda: ctypes.memmove(target, source, n_bytes))

    def copy_out(self, target: int, source: int, n_bytes: int) -> None:
        self._called("copy_out")
        self._check(self.pinned, target, n_bytes)
        self._check(self.memory, source, n_bytes)
        self._queue(lambda: ctypes.memmove(target, source, n_bytes))

    def copy_across(self, target: int, source: int, n_bytes: int) -> None:
        self._called("copy_across")
        self._check(self.memory, source, n_bytes)
        self._check(self.memory, target, n_bytes)
        self._queue(lambda: ctypes.memmove(target, source, n_bytes))

    def owns(self, address: int, n_bytes: int) -> bool:
        self._called("owns")
        return self._has(self.memory, address, n_bytes)

    def settle(self) -> None:
        self._called("settle")
        self._finish()
        while self.others:
            self.others.pop(0)()

    def clear(self, target: int, n_bytes: int) -> None:
        self._called("clear")
        self._check(self.memory, target, n_bytes)
        self._queue(lambda: ctypes.memset(target, 0, n_bytes))

    def launch(self, function: Any, grid: Grid, parameters: Parameters) -> None:
        self._called("launch")
        name, run, module = function
        words = parameters.words.copy()  # as the driver does
        state = parameters.state
        shape = (ctypes.c_uint32 * 7)(*grid.blocks, *grid.threads, grid.shared_bytes)
        record = words.ctypes.data_as(ctypes.c_void_p)

        def work() -> None:
            self._tell_memory(module)
            run(record, ctypes.c_void_p(state), shape)
            problem = ctypes.c_char_p(module.emulated_problem()).value
            assert not problem, problem
            assert words.size  # which lives as long as this function

        if self.graph is not None:
            self.graph.append((name, grid, work))
            return
        self.launches.append((name, grid))
        self._queue(work)

    def begin_graph(self) -> None:
        self._called("begin_graph")
        assert self.graph is None
        self.graph = []

    def end_graph(self) -> Any:
        made, self.graph = self.graph, None  # it ends, whatever becomes of it
        assert made is not None
        self._called("end_graph")
        self.graphs.append(made)
        return made

    def drop_graph(self) -> None:
        self.calls.append("drop_graph")  # may fail, and nobody minds
        self.graph = None

    def launch_graph(self, graph: Any) -> None:
        self._called("launch_graph")
        assert any(graph is known for known in self.graphs)
        for name, grid, work in graph:
            self.launches.append((name, grid))
            self._queue(work)

    def free_graph(self, graph: Any) -> None:
        self._called("free_graph")
        self.graphs = [known for known in self.graphs if known is not graph]

    def mark(self, again: Any = None) -> Any:
        self._called("mark")
        mark = [0] if again is None else again
        mark[0] = self.n_queued
        return mark

    def wait(self, mark: Any) -> None:
        self._called("wait")
        while self.n_queued - len(self.queue) < mark[0]:
            self.queue.popleft()()

    def is_idle(self) -> bool:
        self._called("is_idle")
        self.asked += 1
        if self.asked % (self.idle_after + 1):
            return not self.queue
        self._finish()
        return True

    def seconds_between(self, start: Any, end: Any) -> float:
        self._called("seconds_between")
        return max(end[0] - start[0], 1) * 1e-5

    def synchronise(self) -> None:
        self._called("synchronise")
        self._finish()

    # what stands behind it

    def _called(self, name: str) -> None:
        number = len(self.calls)
        self.calls.append(name)
        self.on_call(name)
        if number == self.fail_at:
            self.dead = self.fault is Fault.LOST
            raise DriverError(self.fault, name, "injected")
        if self.dead:
            raise DriverError(Fault.LOST, name, "the GPU is lost")

    def _queue(self, work: Callable[[], object]) -> None:
        assert self.graph is None
        self.n_queued += 1
        self.queue.append(work)  # type: ignore[arg-type]

    def _finish(self) -> None:
        while self.queue:
            self.queue.popleft()()

    def _tell_memory(self, module: Any) -> None:
        """Tell the emulation which memory is the GPU's."""
        rooms = self.memory.items()
        begins = (ctypes.c_void_p * len(rooms))(*[start for start, _ in rooms])
        ends = (ctypes.c_void_p * len(rooms))(*[ctypes.addressof(r) + len(r) for _, r in rooms])
        module.emulated_arrays(ctypes.c_long(len(rooms)), begins, ends)

    def _check(self, rooms: dict[int, Any], address: int, n_bytes: int) -> None:
        known = self._has(rooms, address, n_bytes)
        assert known, f"{address:#x} + {n_bytes} is not the GPU's, or not pinned"

    def _has(self, rooms: dict[int, Any], address: int, n_bytes: int) -> bool:
        return any(
            start <= address and address + n_bytes <= ctypes.addressof(room) + len(room)
            for start, room in rooms.items()
        )


_WRAPPER = """
extern "C" void emulated_{name}(const void *record, void *state, const unsigned *shape)
{{
    Record words;
    memcpy(&words, record, sizeof words);
    dim3 grid = {{shape[0], shape[1], shape[2]}}, block = {{shape[3], shape[4], shape[5]}};
    emulation::launch(grid, block, {barriers}, 0, [&] {{ {name}(words, (State *)state); }});
}}
"""

_FLAGS = (
    *("-std=c++17", "-O0", "-ffp-contract=off", "-fno-strict-aliasing", "-w"),
    *("-shared", "-fPIC"),
)


@functools.cache
def compile_for_host(text: str) -> bytes:
    """Return a shared library with the kernels of CUDA C++ `text`."""
    names = re.findall(r"^(\w+)\(const Record record", text, re.MULTILINE)
    barriers = "true" if text.count("__syncthreads") > 1 else "false"  # one is in the prelude
    whole = '#include "emulation.h"\n' + text.replace('extern "C" __global__', "__global__")
    whole += "".join(_WRAPPER.format(name=name, barriers=barriers) for name in names)
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "kernel.cpp"), Path(folder, "kernel.so")
        source.write_text(whole, encoding="utf-8")
        command = ["g++", *_FLAGS, f"-I{_EMULATION}", str(source), "-o", str(library)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DriverError(Fault.COMPILE, "g++", done.stderr)
        return library.read_bytes()


_loaded: dict[str, Any] = {}


def load_library(image: bytes) -> Any:
    """Return a library that `compile_for_host` made, loaded."""
    key = hashlib.sha256(image).hexdigest()
    if key not in _loaded:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"{key}.so")
            path.write_bytes(image)
            try:
                _loaded[key] = ctypes.CDLL(str(path))
                _loaded[key].emulated_problem.restype = ctypes.c_void_p
            except OSError as error:
                raise DriverError(Fault.COMPILE, "load", str(error)) from error
    return _loaded[key]
