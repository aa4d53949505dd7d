"""One launch on the GPU instead of the cores: all of its iterations, or nothing.

Nothing on the host changes before everything that the GPU has computed is there and known to be
what CPython would have computed. So whatever goes wrong, before or in between, what has been done
is forgotten and the transaction runs the launch on the CPU as if nobody had tried.

Signals are held back meanwhile. One that waits too long has the GPU's work forgotten; its handler
then sees the state before the loop.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np

from parloop.codegen.cuda.program import CudaProgram
from parloop.codegen.layout import FLAG_SHIFT, TRIPPED
from parloop.diagnostics import Diagnostic, InternalError
from parloop.runtime.gpu.arrays import Block, DoesNotFit, Placed, find_blocks, place
from parloop.runtime.gpu.changes import Change, find_changes
from parloop.runtime.gpu.codes import (
    GpuDeclined,
    GpuInterrupted,
    GpuMemory,
    GpuTripped,
)
from parloop.runtime.gpu.device import Gpu, find_gpu, give_up, is_final
from parloop.runtime.gpu.driver import DriverError
from parloop.runtime.gpu.interface import DeviceArray, DeviceArraysLostError
from parloop.runtime.gpu.programs import Refused, find_module
from parloop.runtime.gpu.shadows import Shadows, is_sure
from parloop.runtime.gpu.slabs import Rows, Slab, cut, written_bytes
from parloop.runtime.gpu.steps import (
    ReadyStep,
    Run,
    State,
    StateBlock,
    make_parameters,
    make_ready,
)
from parloop.runtime.handlers import came_from_handler
from parloop.runtime.interrupts import NEVER, Holder
from parloop.runtime.saving import SURELY_SMALL, free_memory
from parloop.runtime.stats import GpuCounts
from parloop.runtime.transaction import FLAG_NAMES, Launch

Words: TypeAlias = np.ndarray[Any, Any]

PATIENCE_SECONDS: Final = 0.1
"""How long a signal waits for the GPU before its work is forgotten."""

SPINNING_SECONDS: Final = 1e-3
"""So long the GPU's end is waited for without giving the processor away."""

PAUSE_SECONDS: Final = 1e-4

USABLE: Final = 0.95
"""How much of the GPU's free memory a launch may take."""

MOST_INTERRUPTS: Final = 100
"""So often what the GPU has computed is written anew where something comes between."""

MOST_RESTING: Final = 1024
"""After launches that were for nothing the CPU runs 1, 2, 4 ... at most so many."""


@dataclass(slots=True)
class Offer:
    """What the GPU may be asked to run: a program for launches of one kernel, and how it fared."""

    program: CudaProgram | None
    refusal: Diagnostic | None = None
    """Why there is no program."""
    trips: int = 0
    """So many launches in a row were for nothing."""
    resting: int = 0
    """So many of the next ones are not tried."""
    steps: tuple[ReadyStep, ...] = ()
    rows: Mapping[str, Rows] = field(default_factory=dict)
    """The arrays of which iterations come to a few rows only, where slabs are right."""
    gpu: Gpu | None = None
    """The one that has the kernels of `steps` in its memory."""

    def has_tripped(self) -> None:
        """Count a launch that was for nothing."""
        self.resting = min(2**self.trips, MOST_RESTING)
        self.trips += 1

    def steps_on(self, gpu: Gpu, program: CudaProgram) -> tuple[ReadyStep, ...]:
        """Return the program's steps, with its kernels loaded."""
        if self.gpu is not gpu:
            module = find_module(gpu, program.text, program.options)
            self.steps, self.gpu = make_ready(gpu.driver, module, program.steps, program.text), gpu
        return self.steps


@dataclass(slots=True)
class Offload:
    """One launch that the GPU may run. Called by the transaction before its first slice."""

    offer: Offer
    written: frozenset[str]
    """The arrays that the nest stores into."""
    unread: frozenset[str]
    """Arrays that have nothing in them before the launch that it reads."""
    passing: frozenset[str]
    """Arrays in which nobody looks for anything after the launch."""
    array_words: Mapping[str, int]
    """Where each array stands in the record."""
    first_variable_word: int
    say: Callable[[Diagnostic], None]
    """Is told why the GPU did not run the launch."""
    device_arrays: Mapping[str, DeviceArray] = field(default_factory=dict)
    """Those that are on the GPU already, and another library's."""
    afterwards: Callable[[], None] | None = None
    """Called when the GPU has run the launch."""
    counts: GpuCounts = field(default_factory=GpuCounts)
    compile_seconds: float = 0.0
    """What finding or making the machine code has taken."""

    def __call__(self, launch: Launch) -> None:
        """Run all of `launch` on the GPU, or leave everything as it is."""
        gpu = find_gpu()
        if isinstance(gpu, Diagnostic):
            self.say(gpu)
            return
        if self.offer.resting:
            self.offer.resting -= 1
            return
        if not gpu.lock.acquire(blocking=False):
            return
        try:
            self.run_held(gpu, launch)
        except Refused as refused:
            self.say(refused.diagnostic)
        finally:
            gpu.lock.release()

    def run_held(self, gpu: Gpu, launch: Launch) -> None:
        """Do it with signals held back; their handlers run before this returns."""
        holder = Holder()
        word = holder.hold()
        if word == NEVER:  # they would run in the middle
            return
        try:
            self.try_run(gpu, launch, word)
        except Refused:
            raise
        except DeviceArraysLostError as error:
            launch.error = error
        except Exception as error:
            if came_from_handler(error):
                launch.error = error
            else:
                launch.failure = error  # nothing has changed: the interpreter runs the loop
        except BaseException as error:
            launch.error = error
        finally:
            launch.give_signals_back(holder)

    def try_run(self, gpu: Gpu, launch: Launch, word: int) -> None:
        """Run the launch, or raise `Refused`."""
        try:
            gpu.driver.enter()
            attempt = _Attempt(self, gpu, launch, ctypes.c_int64.from_address(word))
            try:
                attempt.run()
            except BaseException as error:
                attempt.require_unchanged(error)
                raise
        except DoesNotFit as error:
            raise Refused(GpuDeclined(str(error))) from error
        except MemoryError as error:
            raise Refused(GpuMemory("there is no memory for what the GPU computed")) from error
        except DriverError as error:
            if is_final(error):
                raise Refused(give_up(gpu, error)) from error
            raise Refused(GpuMemory(f"the GPU has no memory for the loop: {error}")) from error


@dataclass(slots=True)
class _Attempt:
    """The GPU's side of a launch while it lasts."""

    offload: Offload
    gpu: Gpu
    launch: Launch
    signal: ctypes.c_int64
    """Not 0 once a signal is waiting."""
    began: float = field(default_factory=time.perf_counter)
    placed: list[Placed] = field(default_factory=list)
    extra: list[int] = field(default_factory=list)
    """Addresses of memory for the state, and for what blocks leave."""
    shadows: Shadows | None = None
    """The arrays that are on the GPU already, if there are some."""
    before: dict[Placed, np.ndarray[Any, Any]] = field(default_factory=dict)
    """What was copied in where others may write beside the loop."""
    words: Words = field(default_factory=lambda: np.zeros(0, np.int64))
    """The record, with the arrays where they stand on the GPU."""
    launches: int = 0

    def run(self) -> None:
        """Run the launch, or raise."""
        offload, gpu = self.offload, self.gpu
        program = self.require_program()
        compiling = time.perf_counter()
        steps = offload.offer.steps_on(gpu, program)
        offload.compile_seconds = time.perf_counter() - compiling
        arrays = {
            name: self.launch.given[name]
            for name in dict.fromkeys((*program.reads, *program.writes))
            if name not in offload.device_arrays
        }
        shadows = self.shadows = self.find_shadows(program, arrays)
        staging = gpu.staging
        staged_in, staged_out = staging.bytes_in, staging.bytes_out
        began = time.perf_counter()
        sizes = [8 * program.state_words, 8 * program.scratch_words, *shadows.sizes()]
        room = int(gpu.driver.free_bytes() * USABLE)
        slabs = self.find_slabs(arrays, sum(sizes), room)
        parts = slabs[0].arrays
        whole = {name: array for name, array in arrays.items() if name not in parts}
        self.allocate(whole, room, *sizes)
        shadows.take(self.extra[2:])
        try:
            self.copy_in(self.placed, whole)
            if offload.device_arrays:
                shadows.begin()
            self.words = self.launch.words.copy()
            for name, word in offload.array_words.items():
                there = name in offload.device_arrays
                self.words[word] = shadows.address(name) if there else 0
            self.point_at(self.placed, whole, {})
            changes: list[Change] = []
            for number, slab in enumerate(slabs):
                state = self.run_slab(steps, slab, number, changes)
            changes += self.fetch(self.placed, whole, 0)
            shadows.commit()
            seconds = time.perf_counter() - began
        finally:
            self.release()
        offload.offer.trips = 0
        copied_in, copied_out = staging.bytes_in - staged_in, staging.bytes_out - staged_out
        kernel_seconds = gpu.driver.seconds_between(*gpu.marks)
        offload.counts = GpuCounts(
            1,
            len(program.kernels),
            self.launches,
            copied_in,
            copied_out,
            seconds,
            kernel_seconds,
        )
        self.commit(state, changes)
        shadows.changing = False
        if offload.afterwards is not None:
            try:
                offload.afterwards()
            except BaseException as error:  # what a hook of the user's for warnings raises
                self.launch.error = self.launch.error or error

    def find_slabs(
        self, arrays: Mapping[str, np.ndarray[Any, Any]], extra: int, room: int
    ) -> tuple[Slab, ...]:
        """Return the slabs of the launch: one with nothing of its own where all arrays fit."""
        indices, rows = self.launch.indices, self.offload.offer.rows
        whole = (Slab(0, len(indices), {}, {}),)
        blocks = find_blocks(arrays)
        kept = sum(block.room for block in blocks if block.names[0] not in rows) + extra
        if kept + sum(block.room for block in blocks if block.names[0] in rows) <= room:
            return whole
        if any(len(block.names) > 1 for block in blocks) or self.offload.device_arrays:
            return whole
        parts = {name: each for name, each in rows.items() if name in arrays}
        results = written_bytes(self.offload.written & parts.keys(), arrays)
        if results > SURELY_SMALL and results > free_memory() // 2:
            return whole
        return cut(indices, arrays, parts, room - kept) or whole

    def run_slab(
        self, steps: Sequence[ReadyStep], slab: Slab, number: int, changes: list[Change]
    ) -> State:
        """Run some iterations, add to `changes` what they make of rows; return what is left."""
        gpu, program = self.gpu, self.require_program()
        shadows = self.shadows
        assert shadows is not None
        placed: list[Placed] = []
        try:
            self.place(find_blocks(slab.arrays), placed)
            self.copy_in(placed, slab.arrays)
            self.point_at(placed, slab.arrays, slab.first)
            block = StateBlock(program, gpu.staging, self.extra[0])
            block.begin(self.words)
            parameters = make_parameters(
                program, self.words, (slab.lo, slab.hi), self.extra[1], self.extra[0]
            )
            running = Run(gpu.driver, parameters, self.check)
            start = gpu.driver.mark(gpu.marks[0])
            if shadows.in_place:
                gpu.staging.fill()
                shadows.changing = shadows.writes
            running.run(steps)
            self.launches += running.launches
            gpu.marks = start, gpu.driver.mark(gpu.marks[1])
            block.ask()
            self.wait()
            state = block.read(parameters.words)
            if self.has_tripped(state):
                self.offload.offer.has_tripped()
                raise Refused(GpuTripped("something happened that only the CPU can do"))
            changes += self.fetch(placed, slab.arrays, number * len(slab.arrays), slab)
        finally:
            for each in placed:
                self.before.pop(each, None)
                gpu.driver.free(each.allocated)
        for first, count in program.variables:
            self.words[first : first + count] = state.words[first : first + count]
        return state

    def find_shadows(
        self, program: CudaProgram, on_host: Mapping[str, np.ndarray[Any, Any]]
    ) -> Shadows:
        """Return what becomes of the arrays that are on the GPU already."""
        found = self.offload.device_arrays
        sure = bool(found) and is_sure(program, on_host)
        shadows = Shadows(self.gpu, found, self.offload.written, sure)
        shadows.require_owned()
        return shadows

    def require_unchanged(self, error: BaseException) -> None:
        """Raise for the user where `error` left arrays on the GPU as no loop would."""
        lost = None if self.shadows is None else self.shadows.failed(error)
        if lost is not None:
            if isinstance(error, DriverError) and is_final(error):
                give_up(self.gpu, error)
            raise lost from error

    def require_program(self) -> CudaProgram:
        """Return the program, or raise where it cannot be run now."""
        program, refusal = self.offload.offer.program, self.offload.offer.refusal
        if program is None:
            assert refusal is not None
            raise Refused(refusal)
        if program.minds_underflow and np.geterr()["under"] != "ignore":
            raise Refused(GpuDeclined("`numpy.errstate` asks for underflows to be told"))
        return program

    def has_tripped(self, state: State) -> bool:
        """Return whether something has happened that the CPU has to do or to tell."""
        if state.status & TRIPPED:
            return True
        program, modes = self.require_program(), dict(np.geterr())
        flags = (state.status >> FLAG_SHIFT) & program.watched_flags
        return any(flags & bit and modes[name] != "ignore" for bit, name in FLAG_NAMES.items())

    def allocate(
        self, arrays: Mapping[str, np.ndarray[Any, Any]], room: int, *extra: int
    ) -> None:
        """Take memory on the GPU for all arrays, and pieces of `extra` bytes."""
        driver = self.gpu.driver
        blocks = find_blocks(arrays)
        needed = sum(block.room for block in blocks) + sum(extra)
        if needed > room:
            message = f"the loop needs {needed >> 20} MiB on the GPU, {room >> 20} MiB are free"
            raise Refused(GpuMemory(message))
        try:
            self.take(blocks, extra)
        except DriverError as error:
            if is_final(error):
                raise
            driver.trim()
            self.take(blocks, extra)

    def take(self, blocks: Sequence[Block], extra: Sequence[int]) -> None:
        """Take memory for all of it, or for nothing and raise."""
        driver = self.gpu.driver
        try:
            self.place(blocks, self.placed)
            for n_bytes in extra:
                self.extra.append(driver.allocate(n_bytes) if n_bytes else 0)
        except DriverError:
            self.release()
            raise

    def place(self, blocks: Sequence[Block], placed: list[Placed]) -> None:
        """Take memory on the GPU for blocks, and add them to `placed`, one by one."""
        for block in blocks:
            one = place(self.gpu.driver, block)
            placed.append(one)

    def release(self) -> None:
        """Give all memory back; where that fails, the GPU is lost, and its memory with it."""
        addresses = [*(placed.allocated for placed in self.placed), *filter(None, self.extra)]
        self.placed, self.extra = [], []
        for address in addresses:
            self.gpu.driver.free(address)

    def copy_in(
        self, blocks: Sequence[Placed], arrays: Mapping[str, np.ndarray[Any, Any]]
    ) -> None:
        """Give the GPU what the launch may read, and what it may leave as it is."""
        others = threading.active_count() > 1
        for placed in blocks:
            names = placed.block.names
            if self.offload.unread.issuperset(names):
                continue
            placed.copy_in(self.gpu.staging, arrays)
            if others and not self.offload.written.isdisjoint(names):
                self.before[placed] = placed.host_bytes(arrays)

    def point_at(
        self,
        blocks: Sequence[Placed],
        arrays: Mapping[str, np.ndarray[Any, Any]],
        first: Mapping[str, int],
    ) -> None:
        """Have the record point at arrays where they stand on the GPU.

        Of those in `first` only the rows from a given one on are there.
        """
        words, first_words = self.words, self.offload.array_words
        for placed in blocks:
            for name in placed.block.names:
                array, word = arrays[name], first_words[name]
                address, strides = placed.where(name, array)
                words[word] = address - first.get(name, 0) * strides[0] if strides else address
                words[word + 1 + array.ndim : word + 1 + 2 * array.ndim] = strides

    def check(self) -> None:
        """Raise where a signal is waiting, between two kernels of many."""
        if self.shadows is not None and self.shadows.changing:
            return
        if self.signal.value and time.perf_counter() - self.began > PATIENCE_SECONDS:
            raise Refused(GpuInterrupted("a signal came while the GPU ran the loop"))

    def wait(self) -> None:
        """Wait until the GPU has done what it was asked for, or a signal cannot wait longer."""
        driver, began = self.gpu.driver, time.perf_counter()
        while not driver.is_idle():
            self.check()
            if time.perf_counter() - began > SPINNING_SECONDS:
                time.sleep(PAUSE_SECONDS)

    def fetch(
        self,
        blocks: Sequence[Placed],
        arrays: Mapping[str, np.ndarray[Any, Any]],
        first_room: int,
        slab: Slab | None = None,
    ) -> list[Change]:
        """Return what the launch, or a slab of it, has made of the arrays that it writes."""
        changed = self.offload.written - self.offload.passing
        found: list[Change] = []
        for number, placed in enumerate(blocks, first_room):
            names = [name for name in placed.block.names if name in changed]
            content = placed.fetch(self.gpu.staging, number) if names else None
            for name in names:
                assert content is not None
                array, before = arrays[name], self.before.get(placed)
                new = placed.view(content, array)
                old = None if before is None else placed.view(before, array)
                if slab is not None:
                    rows = slab.row(name, self.launch.indices, self.offload.offer.rows[name])
                    array, new = array[rows], new[rows]
                    old = None if old is None else old[rows]
                found += find_changes(array, new, old)
        return found

    def commit(self, state: State, changes: Sequence[Change]) -> None:
        """Give the host what the GPU has computed. Whatever comes between, it is done again."""
        error: BaseException | None = None
        for _ in range(MOST_INTERRUPTS):
            try:
                for change in changes:
                    change.store()
                launch, first = self.launch, self.offload.first_variable_word
                launch.words[first : len(state.words)] = state.words[first:]
                launch.done, launch.on_gpu = len(launch.indices), True
                break
            except BaseException as interrupt:
                error = interrupt
        else:
            raise InternalError("results of the GPU could not be stored") from error
        launch.error = error
