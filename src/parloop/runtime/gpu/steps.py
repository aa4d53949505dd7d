"""The kernels of a program, run one after another on the GPU.

A step's numbers are Python expressions of the record's words; they are compiled once. Records stand
in memory that every launch's parameters point to: a step costs a few calls and no copies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

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
from parloop.runtime.gpu.driver import Driver, DriverError, Fault, Grid, Parameters
from parloop.runtime.gpu.staging import Asked, Staging

Number: TypeAlias = Callable[[Sequence[int]], int]

MOST_BLOCKS: Final = (2**31 - 1, 65535, 65535)
"""The most blocks that a grid may have in each dimension."""


GRAPH_LAUNCHES: Final = 64
"""So many launches are put into one graph: its launch takes as long as one of theirs."""

LEAST_GRAPHS: Final = 8
"""A graph is made where it is launched so often, at least."""


@dataclass(frozen=True, slots=True)
class ReadyLaunch:
    """A kernel of a module, and how many threads a launch of it has."""

    function: Any
    extents: tuple[Number, Number, Number]
    step: Launch


@dataclass(frozen=True, slots=True)
class ReadyRepeat:
    """Steps that are repeated."""

    start: Number
    stop: Number
    stride: Number
    steps: tuple[ReadyLaunch | ReadyRepeat, ...]
    step: Repeat
    alike: bool
    """Whether all rounds are the same launches, whatever the index is."""


ReadyStep: TypeAlias = ReadyLaunch | ReadyRepeat


def make_ready(
    driver: Driver, module: Any, steps: Sequence[Step], text: str
) -> tuple[ReadyStep, ...]:
    """Return the steps of a program with the kernels of its module, which was made of `text`."""
    return tuple(_ready(driver, module, step, text) for step in steps)


def _ready(driver: Driver, module: Any, step: Step, text: str) -> ReadyStep:
    match step:
        case Launch():
            x, y, z = map(compile_number, step.extents)
            return ReadyLaunch(driver.function(module, step.kernel), (x, y, z), step)
        case Repeat():
            start, stop, stride = map(compile_number, (step.start, step.stop, step.step))
            steps = make_ready(driver, module, step.steps, text)
            read = f"record.words[{step.index}]" in text or _reads(step.steps, step.index)
            return ReadyRepeat(start, stop, stride, steps, step, not read)


def _reads(steps: Sequence[Step], word: int) -> bool:
    """Return whether how steps are launched depends on a word of the record."""
    for step in steps:
        match step:
            case Launch(extents=extents):
                numbers: Sequence[str] = extents
            case Repeat(start=start, stop=stop, step=stride, steps=inner):
                numbers = (start, stop, stride)
                if step.index == word or _reads(inner, word):
                    return True
        if any(f"w[{word}]" in number for number in numbers):
            return True
    return False


def choose_grid(step: Launch, extents: tuple[int, int, int]) -> Grid | None:
    """Return the shape of a launch over so many threads, None if nothing is to be run."""
    if min(extents) <= 0:
        return None
    if step.one_thread:
        return Grid((1, 1, 1), (1, 1, 1), step.shared_bytes)
    most = step.most_blocks or MOST_BLOCKS[0]
    blocks: list[int] = []
    for extent, threads, limit in zip(extents, step.block, MOST_BLOCKS, strict=True):
        blocks.append(min(-(-extent // threads), limit, most))
        most = max(1, most // blocks[-1])
    return Grid((blocks[0], blocks[1], blocks[2]), step.block, step.shared_bytes)


@dataclass(slots=True)
class Run:
    """The steps of one launch while they run."""

    driver: Driver
    parameters: Parameters
    check: Callable[[], None]
    """Called between launches: it raises where nobody wants the rest."""
    launches: int = 0
    in_graph: bool = False
    """Whether launches are kept for a graph."""

    def run(self, steps: Sequence[ReadyStep]) -> None:
        """Run steps in order."""
        words = self.parameters.integers
        for ready in steps:
            if isinstance(ready, ReadyLaunch):
                x, y, z = ready.extents
                grid = choose_grid(ready.step, (x(words), y(words), z(words)))
                if grid is not None:
                    self.driver.launch(ready.function, grid, self.parameters)
                    self.launches += 1
                    if not self.in_graph:
                        self.check()
                continue
            indices = range(ready.start(words), ready.stop(words), ready.stride(words))
            if ready.alike and not self.in_graph and len(indices) > LEAST_GRAPHS:
                indices = self.run_alike(ready, indices)
            self.run_rounds(ready, indices)

    def run_rounds(self, ready: ReadyRepeat, indices: range) -> None:
        """Run one round after another."""
        words, step = self.parameters.integers, ready.step
        for index in indices:
            words[step.index], words[step.tag] = index, step.tag_value
            self.run(ready.steps)

    def run_alike(self, ready: ReadyRepeat, indices: range) -> range:
        """Run rounds that are all alike, many of them as one graph; return which are left."""
        before = self.launches
        self.run_rounds(ready, indices[:1])
        each = self.launches - before
        if not each:
            return indices[-1:]  # which is the last index, and nothing else
        rounds = max(1, GRAPH_LAUNCHES // each)
        graphs, left = divmod(len(indices) - 2, rounds)
        if graphs < LEAST_GRAPHS or each > GRAPH_LAUNCHES:
            return indices[1:]
        try:
            graph = self.make_graph(ready, indices[1 : 1 + rounds])
        except DriverError as error:
            if error.fault is not Fault.MEMORY:
                raise
            return indices[1:]
        try:
            for _ in range(graphs):
                self.driver.launch_graph(graph)
                self.launches += rounds * each
                self.check()
        finally:
            self.driver.free_graph(graph)
        return indices[len(indices) - 1 - left :]

    def make_graph(self, ready: ReadyRepeat, indices: range) -> Any:
        """Return rounds as a graph; nothing is run."""
        before = self.launches
        self.driver.begin_graph()
        self.in_graph = True
        try:
            self.run_rounds(ready, indices)
        except BaseException:
            self.driver.drop_graph()
            raise
        finally:
            self.in_graph, self.launches = False, before
        return self.driver.end_graph()


@dataclass(frozen=True, slots=True)
class State:
    """What the kernels of a launch have left."""

    status: int
    words: np.ndarray[Any, Any]
    """The record's words with the values that variables have now; pointers are the GPU's."""


class StateBlock:
    """The memory on the GPU in which kernels leave what they have to say."""

    def __init__(self, program: CudaProgram, staging: Staging, address: int) -> None:
        self.program = program
        self.staging = staging
        self.address = address
        self.asked: list[Asked] = []

    def begin(self, words: np.ndarray[Any, Any]) -> None:
        """Set it for a launch with the record `words`."""
        program = self.program
        content = np.zeros(program.state_words, np.int64)
        content[STATE_HEADER:] = words[program.first_word : program.n_words]
        self.staging.copy_in(self.address, _address(content), content.nbytes)

    def ask(self) -> None:
        """Have it copied to the host after the work that was asked for."""
        self.asked.append(self.staging.ask_out(self.address, 0, 8 * self.program.state_words))

    def read(self, words: np.ndarray[Any, Any]) -> State:
        """Return what is in it since `ask`; `words` are the record's as the host has left them."""
        program = self.program
        content = np.empty(program.state_words, np.int64)
        self.staging.fetch(_address(content), *self.asked.pop())
        after = words.copy()
        for first, count in program.variables:
            place = STATE_HEADER + first - program.first_word
            after[first : first + count] = content[place : place + count]
        return State(int(content[0]), after)


def make_parameters(
    program: CudaProgram,
    words: np.ndarray[Any, Any],
    span: tuple[int, int],
    scratch: int,
    state: int,
) -> Parameters:
    """Return the parameters of all kernels of a launch of the iterations of a span."""
    parameters = Parameters(program.n_words, state)
    parameters.words[:] = words[: program.n_words]
    parameters.words[LO], parameters.words[HI] = span
    parameters.words[SCRATCH] = scratch
    return parameters


def _address(array: np.ndarray[Any, Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address

