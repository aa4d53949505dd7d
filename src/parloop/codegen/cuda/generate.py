"""A typed and planned nest as CUDA C++: the launches in order, and the text of the kernels.

    for k in 0:n {                                  Repeat k:
        p = a[k, k]                                     one thread: p = a[k, k]
        for i in k+1:n { ... }         becomes          kernel: a thread for each i
    }

Loops on the cores are kernels. Loops around them stay with the host. What stands between is run by
one thread, so that nothing has to be copied back in the middle of a nest.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import product

from llvmlite import ir

from parloop.codegen.cuda.codes import (
    ListsStay,
    NothingForTheGpu,
    NotOnTheDevice,
    ShapeNotForTheGpu,
)
from parloop.codegen.cuda.extents import HostNumbers
from parloop.codegen.cuda.grouped import GroupedWriter
from parloop.codegen.cuda.kernels import NotASquareError
from parloop.codegen.cuda.library import describe, offered
from parloop.codegen.cuda.prelude import prelude
from parloop.codegen.cuda.program import (
    HI,
    LO,
    MOST_BLOCKS,
    MOST_RECORD_WORDS,
    STATE_HEADER,
    CudaProgram,
    Launch,
    Repeat,
    Step,
)
from parloop.codegen.cuda.values import Names
from parloop.codegen.function import Program
from parloop.codegen.layout import (
    ALL_FLAGS,
    FLAG_UNDERFLOW,
    Header,
    lay_out,
    representatives,
    words_of,
)
from parloop.codegen.scalar_common import UnsupportedOperationError
from parloop.diagnostics import Declined
from parloop.ir.nodes import Break, Const, Continue, For, If, Load, Stmt, Store
from parloop.ir.types import PY_INT
from parloop.ir.walk import all_expressions, loops, statements
from parloop.schedule.grid import Grid
from parloop.schedule.pieces import PIECES, pieces_of
from parloop.schedule.plan import Plan, number_loops, without_owned
from parloop.staging.ranges import Ranges
from parloop.staging.specialise import Typing


def write_program(
    typing: Typing,
    ranges: Ranges,
    plan: Plan,
    grid: Grid,
    left: frozenset[str] = frozenset(),
) -> CudaProgram:
    """Return CUDA C++ for a nest, or raise `Declined` with the reason why there is none.

    `left` are variables that somebody reads behind the nest, its outputs apart.
    """
    plan = grid.apply(without_owned(plan))
    loop = typing.nest.loop
    if typing.has_lists():
        raise Declined(ListsStay.at(loop.span))
    if (total := next((s for s in loops((loop,)) if s.total), None)) is not None:
        raise Declined(ShapeNotForTheGpu.in_order(total.span))
    if plan.waves and not plan.cores:
        raise Declined(NothingForTheGpu.wavefront(loop.span))
    if not plan.cores:
        raise Declined(NothingForTheGpu.at(loop.span))
    layout = lay_out(typing)
    if layout.n_words > MOST_RECORD_WORDS:
        raise Declined(ShapeNotForTheGpu.too_large(loop.span, layout.n_words))
    program = Program(
        ir.Module(name="parloop"),
        typing,
        ranges,
        plan,
        layout,
        True,
        number_loops(typing.nest),
        frozenset(),
        left=left,
    )
    return _Generator(program, grid).run()


@dataclass(slots=True)
class _Generator:
    program: Program
    grid: Grid
    texts: list[str] = field(default_factory=list)
    names: Names = field(default_factory=Names)
    in_state: frozenset[str] = frozenset()
    host_loops: set[int] = field(default_factory=set)
    """`id` of the loops that stay with the host."""
    scratch_words: int = 0
    kept: list[For] = field(default_factory=list)
    """Loops made meanwhile; kept, so that nothing else gets their ids."""

    def run(self) -> CudaProgram:
        typing, layout = self.program.typing, self.program.layout
        nest = typing.nest
        self.find_host_loops()
        steps = self.steps((nest.loop,), ())
        reads, writes = self.touched()
        flags = ALL_FLAGS & ~FLAG_UNDERFLOW if self.program.watches_flags else 0
        variables = tuple(
            (layout.variables[name], 1 + sum(map(words_of, representatives(layout.members[name]))))
            for name in layout.variables
            if name in self.in_state
        )
        n_state = layout.n_words - layout.first_variable_word
        head = [
            prelude(),
            f"struct Record {{\n    u64 words[{layout.n_words}];\n}};\n",
            f"struct State {{\n    u64 status;\n    u64 header[{STATE_HEADER - 1}];\n"
            f"    u64 words[{max(1, n_state)}];\n}};\n",
            *self.accuracy(),
        ]
        return CudaProgram(
            "\n".join((*head, *self.texts)),
            steps,
            layout.n_words,
            layout.first_variable_word,
            variables,
            self.scratch_words,
            reads,
            writes,
            self.program.can_raise,
            self.program.can_stop,
            flags,
            self.program.watches_flags,
            approximations=tuple(sorted(self.program.approximations)),
        )

    def accuracy(self) -> tuple[str, ...]:
        """Return what is said of functions of the device's own, if there are any."""
        bounds = describe(self.program.approximations)
        return (f"// How far the device's own functions are off: {bounds}.\n",) if bounds else ()

    def touched(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the arrays that are read, and those that are written."""
        body = (self.program.typing.nest.loop,)
        reads = {e.array for e in all_expressions(body) if isinstance(e, Load)}
        writes = {s.array for s in statements(body) if isinstance(s, Store)}
        order = self.program.typing.arrays
        return tuple(n for n in order if n in reads), tuple(n for n in order if n in writes)

    # what runs where

    def is_kernel(self, stmt: Stmt) -> bool:
        """Return whether a kernel is launched for a loop."""
        return self.program.loop_numbers.get(id(stmt), -1) in self.program.plan.cores

    def has_kernels(self, stmt: Stmt) -> bool:
        """Return whether kernels are launched for something inside `stmt`, or for itself."""
        plan = self.program.plan
        return any(
            self.is_kernel(s) or self.program.loop_numbers.get(id(s), -1) in plan.pieces
            for s in statements((stmt,))
        )

    def find_host_loops(self) -> None:
        """Find the loops that stay with the host, and the variables that kernels bind."""
        plan, numbers = self.program.plan, self.program.loop_numbers
        host: list[For] = []

        def visit(body: tuple[Stmt, ...]) -> None:
            for stmt in body:
                if not isinstance(stmt, For) or self.is_kernel(stmt):
                    continue
                if numbers[id(stmt)] in plan.pieces or not self.has_kernels(stmt):
                    continue
                host.append(stmt)
                visit(stmt.body + stmt.orelse)

        visit((self.program.typing.nest.loop,))
        self.host_loops = {id(stmt) for stmt in host}
        indices = {stmt.index for stmt in host}
        every = statements((self.program.typing.nest.loop,))
        bound = {s.target for s in every if hasattr(s, "target")}
        bound |= {
            s.index
            for s in statements((self.program.typing.nest.loop,))
            if isinstance(s, For) and id(s) not in self.host_loops
        }
        for stmt in host:
            if stmt.index in bound:
                raise Declined(ShapeNotForTheGpu.at(stmt.span, "a loop that changes its index"))
        self.in_state = frozenset(bound & self.program.layout.variables.keys() - indices)

    def steps(self, body: tuple[Stmt, ...], around: tuple[str, ...]) -> tuple[Step, ...]:
        """Return the launches for a list of statements; `around`: indices that the host knows."""
        found: list[Step] = []
        alone: list[Stmt] = []

        def settle() -> None:
            if alone:
                found.append(self.one_thread(tuple(alone)))
                alone.clear()

        for stmt in body:
            if not self.has_kernels(stmt):
                alone.append(stmt)
                continue
            settle()
            if not isinstance(stmt, For):
                raise Declined(ShapeNotForTheGpu.at(stmt.span, "`if` or `while`"))
            found += self.loop_steps(stmt, around)
            if stmt.orelse and stmt is not self.program.typing.nest.loop:
                found += self.steps(stmt.orelse, around)
        settle()
        return tuple(found)

    def loop_steps(self, stmt: For, around: tuple[str, ...]) -> tuple[Step, ...]:
        """Return the launches for a loop in which there are kernels, or which is one."""
        program = self.program
        number = program.loop_numbers[id(stmt)]
        if number in self.grid.swaps:
            return self.swapped(stmt, number, around)
        if number in program.plan.pieces:
            return tuple(
                step
                for piece in self.pieces(stmt, number)
                for step in (
                    self.loop_steps(piece, around)
                    if self.has_kernels(piece)
                    else (self.one_thread((piece,)),)
                )
            )
        if number in program.plan.cores:
            return self.kernel(stmt, number, around)
        return (self.repeat(stmt, around),)

    def pieces(self, stmt: For, number: int) -> tuple[For, ...]:
        """Return the loops that a loop runs as, one after another."""
        program = self.program
        found = pieces_of(stmt, number, program.plan.pieces[number], program.loop_numbers)
        self.kept += found
        return found

    def repeat(self, stmt: For, around: tuple[str, ...]) -> Repeat:
        """Return a loop that stays with the host."""
        for jump in (s for s in _own(stmt.body) if isinstance(s, Break | Continue)):
            word = "break" if isinstance(jump, Break) else "continue"
            raise Declined(ShapeNotForTheGpu.at(stmt.span, f"a loop with `{word}`"))
        if id(stmt) not in self.host_loops:
            raise Declined(ShapeNotForTheGpu.at(stmt.span, "part of a loop"))
        bounds = self.bounds(stmt, around)
        return self.host_loop(stmt, bounds, self.steps(stmt.body, (*around, stmt.index)))

    def bounds(self, stmt: For, around: tuple[str, ...]) -> tuple[str, str, str]:
        """Return start, stop and step of a loop that stays with the host."""
        if stmt is self.program.typing.nest.loop:
            start, step = f"w[{Header.START:d}]", f"w[{Header.STEP:d}]"
            return (
                f"({start} + w[{LO:d}] * {step})",
                f"({start} + w[{HI:d}] * {step})",
                step,
            )
        host = HostNumbers(self.program, self.in_state, around)
        first, end, stride = (host.text(e) for e in (stmt.start, stmt.stop, stmt.step))
        if first is None or end is None or stride is None or not _is_nonzero(stmt):
            raise Declined(ShapeNotForTheGpu.at(stmt.span, "a loop with computed bounds"))
        return first, end, stride

    def host_loop(
        self, stmt: For, bounds: tuple[str, str, str], steps: tuple[Step, ...]
    ) -> Repeat:
        """Return the steps with the loop around them."""
        layout = self.program.layout
        members = layout.members[stmt.index]
        return Repeat(
            layout.payload(stmt.index, PY_INT),
            layout.tag(stmt.index),
            members.index(PY_INT),
            *bounds,
            steps,
            stmt.span.line,
        )

    def swapped(self, stmt: For, number: int, around: tuple[str, ...]) -> tuple[Step, ...]:
        """Return the launches for a loop that runs inside the threads of the one in its body.

        The host gives the index its last value; of a piece another piece does.
        """
        numbers, (inner,) = self.program.loop_numbers, stmt.body
        assert isinstance(inner, For)
        turned = replace(stmt, body=inner.body, orelse=())
        whole = replace(inner, body=(turned,))
        numbers[id(turned)], numbers[id(whole)] = number, numbers[id(inner)]
        self.kept += [turned, whole]
        steps = self.kernel(whole, numbers[id(inner)], around, turned)
        if number >= PIECES:
            return steps
        start, stop, step = self.bounds(stmt, around)
        count = f"trips({start}, {stop}, {step})"
        last = f"({start} + ({count} - 1) * {step})"
        bounds = last, f"({last} + min(1, {count}) * {step})", step
        return (self.host_loop(stmt, bounds, steps),)

    # kernels

    def kernel(
        self, stmt: For, number: int, around: tuple[str, ...], turned: For | None = None
    ) -> tuple[Step, ...]:
        """Return the launches for a loop on the cores: one, or three where it is split.

        Nine where the loop inside is split as well: each of its parts for all iterations of each
        part of this one, which do not meet. `turned` stood around the loop, and is now inside.
        """
        if number not in self.program.plan.splits:
            return self.part(stmt, number, around, self.grid, (), turned)
        before = len(self.texts)
        if number in self.grid.squares:
            squared = self.grid.squared(number)
            with suppress(NotASquareError):
                return tuple(
                    step
                    for part in product(range(3), repeat=2)
                    for step in self.part(stmt, number, around, squared, part)
                )
            del self.texts[before:]
        return tuple(
            step
            for which in range(3)
            for step in self.part(stmt, number, around, self.grid, (which,))
        )

    def part(
        self,
        stmt: For,
        number: int,
        around: tuple[str, ...],
        grid: Grid,
        which: tuple[int, ...],
        turned: For | None = None,
    ) -> tuple[Step, ...]:
        """Return the launches for a loop on the cores, or for a part of it."""
        host = HostNumbers(self.program, self.in_state, around)
        writer = self.writer()
        writer.turned = turned
        try:
            found = writer.parallel(self.name(stmt), stmt, number, grid, host, which)
        except UnsupportedOperationError as why:
            raise self.not_there(writer, why) from None
        self.texts.append(writer.text)
        rows = max(MOST_BLOCKS, writer.rows)
        self.scratch_words = max(self.scratch_words, writer.n_words * rows)
        return found

    def one_thread(self, body: tuple[Stmt, ...]) -> Launch:
        """Return the launch of one thread that runs statements in order."""
        writer = self.writer()
        try:
            launch = writer.alone(self.name(body[0]), body)
        except UnsupportedOperationError as why:
            raise self.not_there(writer, why) from None
        self.texts.append(writer.text)
        return launch

    def not_there(self, writer: GroupedWriter, why: UnsupportedOperationError) -> Declined:
        """Return the outcome where the device has not what an operation takes."""
        bound = None if self.program.plan.approximates else offered(str(why))
        return Declined(NotOnTheDevice.at(writer.span, str(why), bound))

    def writer(self) -> GroupedWriter:
        """Return a writer for one more kernel."""
        return GroupedWriter(self.program, self.in_state)

    def name(self, stmt: Stmt) -> str:
        """Return a name for a kernel that begins with `stmt`."""
        function = self.program.typing.nest.function.rpartition(".")[2]
        return self.names.new(f"{function or 'loop'}_{stmt.span.line}")


def _own(body: Iterable[Stmt]) -> Iterable[Stmt]:
    """Yield the statements of a loop's body that are in no loop inside it."""
    for stmt in body:
        yield stmt
        if isinstance(stmt, If):
            yield from _own(stmt.then + stmt.otherwise)


def _is_nonzero(stmt: For) -> bool:
    """Return whether the step of a loop cannot be 0."""
    step = stmt.step
    return isinstance(step, Const) and bool(step.value)

