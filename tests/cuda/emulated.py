"""CUDA C++ of ours run on the CPU, by g++ and `emulation.h`, in place of the CPU's kernels.

Everything else is what it is: launches are cut into slices, what trips is put back and run by the
CPU's precise variant. So what a program leaves has to be what CPython leaves, bit for bit.

    with collecting() as programs: ...     # what would go to a GPU; the CPU runs it
    library = compile_all(programs)        # one translation unit for many
    with emulating(library): ...           # the same programs again, emulated
"""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Any
from unittest import mock

import numpy as np

from parloop.codegen.cuda.generate import write_program
from parloop.codegen.cuda.prelude import prelude
from parloop.codegen.cuda.program import (
    HI,
    LO,
    SCRATCH,
    STATE_HEADER,
    CudaProgram,
    Launch,
    Repeat,
    Step,
    compile_number,
)
from parloop.codegen.layout import Header, Layout
from parloop.diagnostics import Declined, Diagnostic
from parloop.ir.types import Array
from parloop.runtime import dispatch, remembered, specialisation
from parloop.runtime.kernels import Kernel, Planned
from parloop.runtime.regions import Ready
from parloop.runtime.specialisation import Specialisation

COMPILER = shutil.which("g++")
FLAGS = (
    *("-std=c++17", "-O1", "-shared", "-fPIC", "-ffp-contract=off", "-fno-strict-aliasing"),
    *("-fsanitize=undefined,float-cast-overflow", "-w"),
)
SHAPES = (
    ((32, 1, 1), 3, 0),
    ((8, 4, 1), 2, 1),
    ((4, 4, 2), 2, 2),
    ((64, 1, 1), 1, 1),
    ((16, 2, 2), 1, 2),
    ((2, 8, 4), 3, 0),
)
"""Shapes of blocks, the most blocks in each dimension, and orders of threads."""


@dataclass
class Collected:
    """The programs of the nests that were met, by their text, and what was declined."""

    programs: dict[str, CudaProgram] = field(default_factory=dict)
    declined: list[tuple[str, int, Diagnostic]] = field(default_factory=list)
    """Function, line, reason."""
    bugs: list[str] = field(default_factory=list)
    """What went wrong while a program was written: no nest may do that."""


def program_of(planned: Planned) -> CudaProgram:
    """Return the program of a plan, or raise `Declined`."""
    assert planned.make_grid is not None
    grid = planned.make_grid()
    return write_program(planned.typing, planned.ranges, planned.plan, grid, planned.left)


@contextmanager
def collecting() -> Iterator[Collected]:
    """Collect the programs of the nests that are planned meanwhile."""
    found = Collected()

    def make(planned: Planned) -> Kernel:
        nest = planned.typing.nest
        try:
            program = program_of(planned)
            found.programs[key_of(program)] = program
        except Declined as why:
            found.declined.append((nest.function, nest.loop.span.line, why.diagnostic))
        except Exception as bug:
            found.bugs.append(f"line {nest.loop.span.line}: {type(bug).__name__}: {bug}")
        return original(planned)

    original = specialisation.make_kernel
    with replaced(make):
        yield found


def key_of(program: CudaProgram) -> str:
    """Return a name for a program's text."""
    return "p" + hashlib.sha256(program.text.encode()).hexdigest()[:16]


@contextmanager
def replaced(make: Any) -> Iterator[None]:
    """Let all launches go through kernels that `make` makes, and forget these afterwards.

    Functions of the same text share what the engine knows of them.
    """
    seen: dict[int, Specialisation] = {}
    ready = Specialisation.ready

    def ready_anew(self: Specialisation, *arguments: Any, **named: Any) -> Ready:
        if id(self) not in seen:
            seen[id(self)] = self
            forget(self)
        return ready(self, *arguments, **named)

    with ExitStack() as stack:
        stack.callback(lambda: [forget(each) for each in seen.values()])
        stack.enter_context(mock.patch.object(Specialisation, "ready", ready_anew))
        for module, name, value in (
            (specialisation, "make_kernel", make),
            (specialisation, "find_kernel", lambda *_: None),
            (specialisation, "native_saves", lambda *_: ()),
            (dispatch, "make_warm", lambda *_: None),
            (remembered, "ENABLED", False),  # what is decided here is decided otherwise elsewhere
        ):
            stack.enter_context(mock.patch.object(module, name, value))
        yield


def forget(known: Specialisation) -> None:
    """Forget the kernels of a nest."""
    for kept in (known.decisions, known.kernels, known.regions, known.by_code):
        kept.clear()


# compiling


def text_of(programs: Iterable[CudaProgram]) -> str:
    """Return one translation unit for many programs."""
    parts = ['#include "emulation.h"\n']
    for program in programs:
        key = key_of(program)
        body = body_of(program)
        if len(parts) == 1:
            parts.append(prelude())
        parts.append(f"namespace {key} {{\n{body}\n}}\n")
        for kernel in program.kernels:
            barriers = "true" if "__syncthreads" in body else "false"
            parts.append(
                f'extern "C" void {key}_{kernel}(const void *record, void *state, '
                "const unsigned *shape, int order)\n{\n"
                f"    {key}::Record words;\n    memcpy(&words, record, sizeof words);\n"
                "    emulation::launch({shape[0], shape[1], shape[2]}, "
                "{shape[3], shape[4], shape[5]}, "
                f"{barriers}, order,\n"
                f"        [&] {{ {key}::{kernel}(words, ({key}::State *)state); }});\n}}\n"
            )
    return "\n".join(parts)


def body_of(program: CudaProgram) -> str:
    """Return the text of a program that is its own, to stand in a namespace."""
    at = program.text.index("struct Record")
    return program.text[at:].replace('extern "C" __global__', "__global__")


class EmulationError(AssertionError):
    """An emulated thread did what no thread may."""


@dataclass
class Library:
    """Compiled programs."""

    handle: Any
    keys: frozenset[str]


def compile_all(programs: Sequence[CudaProgram], folder: Path) -> Library:
    """Compile programs into one library."""
    assert COMPILER is not None
    text = text_of(programs)
    name = hashlib.sha256(text.encode()).hexdigest()[:20]
    source, library = folder / f"{name}.cpp", folder / f"{name}.so"
    source.write_text(text)
    here = Path(__file__).parent
    command = [COMPILER, *FLAGS, f"-I{here}", str(source), "-o", str(library)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EmulationError(done.stderr[:4000])
    handle = ctypes.PyDLL(str(library))
    handle.emulated_problem.restype = ctypes.c_char_p
    return Library(handle, frozenset(map(key_of, programs)))


# running

_ONE_AT_A_TIME = RLock()
"""There is one device; a signal handler may come to it while it is in use."""


@dataclass
class Emulated:
    """Runs a program in place of the fast variant of a kernel."""

    program: CudaProgram
    library: Library
    layout: Layout
    arrays: dict[str, Array]
    launches: list[int]

    def run(self, address: int, lo: int, hi: int) -> int:
        """Run iterations `lo` .. `hi` - 1 and return the status, as a kernel does."""
        with _ONE_AT_A_TIME:
            return self.run_alone(address, lo, hi)

    def run_alone(self, address: int, lo: int, hi: int) -> int:
        """Run them while no other thread runs any."""
        program = self.program
        memory = (ctypes.c_int64 * program.n_words).from_address(address)
        record = np.frombuffer(memory, np.int64)
        words = record.copy()
        scratch = np.full(program.scratch_words + 1, 0x5555555555555555, np.int64)
        words[LO], words[HI] = lo, hi
        words[SCRATCH] = scratch.ctypes.data
        state = np.zeros(program.state_words, np.int64)
        first = program.first_word
        state[STATE_HEADER:] = words[first:]
        self.run_steps(program.steps, words, state)
        after = state[STATE_HEADER:]
        words[[Header.RUN, Header.BLOCKS, Header.SCRATCH]] = record[
            [Header.RUN, Header.BLOCKS, Header.SCRATCH]
        ]
        for word, count in program.variables:
            words[word : word + count] = after[word - first : word - first + count]
        words[Header.BROKE_AT] = 0
        words[Header.STATUS] = state[0]
        record[:] = words
        return int(state[0])

    def tell_arrays(self, words: np.ndarray[Any, Any]) -> None:
        """Tell the emulation where there are arrays; those that share memory are one."""
        spans = []
        for name, array in self.arrays.items():
            at = self.layout.arrays[name]
            data, rest = int(words[at]), words[at + 1 : at + 1 + 2 * array.ndim].tolist()
            lengths, strides = rest[: array.ndim], rest[array.ndim :]
            if 0 in lengths:
                continue
            ends = [stride * (n - 1) for n, stride in zip(lengths, strides, strict=True)]
            low = data + sum(min(0, end) for end in ends)
            high = data + sum(max(0, end) for end in ends) + max(1, array.dtype.bits // 8)
            spans.append((low, high))
        merged: list[tuple[int, int]] = []
        for low, high in sorted(spans):
            if merged and low < merged[-1][1]:
                merged[-1] = merged[-1][0], max(high, merged[-1][1])
            else:
                merged.append((low, high))
        begins = (ctypes.c_void_p * (len(merged) + 1))(*[low for low, _ in merged])
        ends_ = (ctypes.c_void_p * (len(merged) + 1))(*[high for _, high in merged])
        self.library.handle.emulated_arrays(ctypes.c_long(len(merged)), begins, ends_)

    def run_steps(
        self, steps: Sequence[Step], words: np.ndarray[Any, Any], state: np.ndarray[Any, Any]
    ) -> None:
        for step in steps:
            if isinstance(step, Launch):
                self.launch(step, words, state)
            else:
                self.repeat(step, words, state)

    def repeat(
        self, step: Repeat, words: np.ndarray[Any, Any], state: np.ndarray[Any, Any]
    ) -> None:
        w = words.tolist()
        bounds = [compile_number(text)(w) for text in (step.start, step.stop, step.step)]
        for index in range(*bounds):
            words[step.index], words[step.tag] = index, step.tag_value
            self.run_steps(step.steps, words, state)

    def launch(
        self, step: Launch, words: np.ndarray[Any, Any], state: np.ndarray[Any, Any]
    ) -> None:
        w = words.tolist()
        extents = [compile_number(text)(w) for text in step.extents]
        if min(extents) <= 0:
            return
        block, most, order = SHAPES[self.launches[0] % len(SHAPES)]
        self.launches[0] += 1
        shaped = {
            0: (1, 1, 1),
            1: (block[0] * block[1] * block[2], 1, 1),
            2: (block[0], block[1] * block[2], 1),
            3: block,
        }
        block = shaped[step.dimensions]
        grid = [min(most, -(-n // b)) for n, b in zip(extents, block, strict=True)]
        if step.most_blocks == 1:
            grid = [1, 1, 1]
        self.tell_arrays(words)
        shape = (ctypes.c_uint * 6)(*grid, *block)
        function = getattr(self.library.handle, f"{key_of(self.program)}_{step.kernel}")
        function(
            ctypes.c_void_p(words.ctypes.data), ctypes.c_void_p(state.ctypes.data), shape, order
        )
        problem = self.library.handle.emulated_problem()
        if problem:
            raise EmulationError(problem.decode())


@contextmanager
def emulating(library: Library) -> Iterator[list[int]]:
    """Let nests whose programs are in `library` run emulated; gives the number of launches."""
    launches = [0]
    original = specialisation.make_kernel

    def make(planned: Planned) -> Kernel:
        kernel = original(planned)
        try:
            program = program_of(planned)
        except Declined:
            return kernel
        if key_of(program) not in library.keys:  # not met while programs were collected
            return kernel
        typing = planned.typing
        run = Emulated(program, library, kernel.layout, dict(typing.arrays), launches).run
        kernel.fast = replace(
            kernel.fast,
            run=run,
            can_raise=kernel.fast.can_raise or program.can_raise,
            can_stop=kernel.fast.can_stop or program.can_stop,
            watched_flags=kernel.fast.watched_flags | program.watched_flags,
        )
        return kernel

    with replaced(make):
        yield launches
