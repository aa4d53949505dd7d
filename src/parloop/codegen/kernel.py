"""The module of a nest: a function that runs iterations `lo` .. `hi` - 1 of the outermost loop.

    i64 kernel(record, lo, hi)    the status of the slice; variables come and go through the record
    i64 check(record, 0, 0)       OUTSIDE if an input lies where the machine code was not made for
"""

from __future__ import annotations

from dataclasses import dataclass

from llvmlite import ir

from parloop.codegen import flags
from parloop.codegen.bands import BandWriter
from parloop.codegen.events import I64, POINTER
from parloop.codegen.function import Program
from parloop.codegen.layout import ALL_FLAGS, OUTSIDE, RAISED, Header, Layout, lay_out
from parloop.codegen.modules import write_apart
from parloop.codegen.regions import region_arrays
from parloop.ir.nodes import For, Stmt
from parloop.ir.types import PY_INT
from parloop.schedule.plan import Plan, number_loops
from parloop.staging.anchors import find_anchored
from parloop.staging.folding import find_folded
from parloop.staging.judged import find_judged
from parloop.staging.ranges import ASSUMED, ASSUMED_EXTENT, Ranges
from parloop.staging.specialise import Typing


@dataclass(frozen=True, slots=True)
class KernelText:
    """LLVM IR of a kernel. `events` lists the warnings that it may log, by their numbers."""

    text: str
    calling_text: str
    """A second module, of what calls the functions of the first; it need not be optimised."""
    layout: Layout
    events: tuple[tuple[int, str], ...]
    scratch_words: int
    can_raise: bool
    can_stop: bool
    watched_flags: int
    externals: tuple[str, ...]


def write_kernel(typing: Typing, ranges: Ranges, plan: Plan, *, precise: bool) -> KernelText:
    """Return the module for one variant of a typed and planned nest."""
    module = ir.Module(name="parloop")
    layout = lay_out(typing)
    program = Program(
        module,
        typing,
        ranges,
        plan,
        layout,
        precise,
        number_loops(typing.nest),
        find_anchored(typing.nest, find_folded(typing) | find_judged(typing)),
    )
    body, arrays = _write_body(program)
    _write_entry(program, body, arrays)
    _write_check(program)
    externals = tuple(
        f.name for f in module.functions if f.is_declaration and not f.name.startswith("llvm.")
    )
    text, calling_text = write_apart(module, program.apart)
    return KernelText(
        text,
        calling_text,
        layout,
        tuple(program.events),
        program.scratch_words,
        program.can_raise,
        program.can_stop,
        ALL_FLAGS if program.watches_flags else 0,
        externals,
    )


def _write_body(program: Program) -> tuple[ir.Function, tuple[str, ...]]:
    nest = program.typing.nest
    arrays = region_arrays(nest.loop, program)
    type_ = ir.FunctionType(I64, [POINTER, I64, I64] + [POINTER] * len(arrays))
    function = ir.Function(program.module, type_, "kernel.body")
    function.linkage = "internal"
    function.attributes.add("noinline")
    record, lo, hi, *pointers = function.args
    if program.plan.noalias and (program.precise or not program.plan.uses_cores):
        for argument in (record, *pointers):
            argument.add_attribute("noalias")
    writer = _KernelWriter(program, function, record)
    writer.open_arrays(arrays, dict(zip(arrays, pointers, strict=True)))
    names = tuple(program.layout.variables)
    for name in names:
        writer.declare(name)
        writer.fetch(name, program.layout.variables[name])
    writer.make_raise_block()
    writer.builder.store(I64(0), writer.word(Header.BROKE_AT))
    start, step = writer.header(Header.START), writer.header(Header.STEP)
    writer.counted(nest.loop, lo, hi, start, step)
    for name in names:
        writer.spill(name, program.layout.variables[name])
    builder = writer.builder
    tripped = builder.zext(builder.load(writer.trip, typ=ir.IntType(1)), I64)
    status = builder.or_(builder.load(writer.status, typ=I64), tripped)
    builder.ret(status)
    writer.finish()
    if not writer.has_loops:
        program.apart.append(function.name)
    return function, arrays


class _KernelWriter(BandWriter):
    """Writes the outermost function, which knows the iteration that it is in."""

    def make_raise_block(self) -> None:
        """Make the place to which the precise variant goes when an iteration cannot be finished."""
        if not self.precise:
            return
        self.outermost = self.slot(I64)
        self.raise_block = self.function.append_basic_block("raised")
        at = ir.IRBuilder(self.raise_block)
        word = at.gep(self.record, [I64(Header.RAISED_AT)], source_etype=I64)
        at.store(at.load(self.outermost, typ=I64), word)
        at.ret(I64(RAISED))

    def else_of(self, stmt: For) -> tuple[Stmt, ...]:
        """Return a loop's `else`; the outermost one's is the site's: a slice is not its end."""
        return () if stmt is self.program.typing.nest.loop else stmt.orelse

    def broken(self, stmt: For, counter: ir.Value, after: ir.Block) -> ir.Block:
        """Return where a `break` goes: the outermost loop's by a place that notes the iteration."""
        if stmt is not self.program.typing.nest.loop:
            return after
        noting = self.function.append_basic_block("broke")
        at = ir.IRBuilder(noting)
        word = at.gep(self.record, [I64(Header.BROKE_AT)], source_etype=I64)
        at.store(at.add(counter, I64(1)), word)
        at.branch(after)
        return noting

    def iteration(self, stmt, counter, start, step) -> None:  # type: ignore[no-untyped-def]
        """Bind the index, and in the precise variant note the iteration of the outermost loop."""
        if self.precise and stmt is self.program.typing.nest.loop:
            self.builder.store(counter, self.outermost)
        super().iteration(stmt, counter, start, step)


def _write_entry(program: Program, body: ir.Function, arrays: tuple[str, ...]) -> None:
    function = ir.Function(
        program.module, ir.FunctionType(I64, [POINTER, I64, I64]), "kernel"
    )
    program.apart.append(function.name)
    record, lo, hi = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    pointers = []
    for name in arrays:
        at = builder.gep(record, [I64(program.layout.arrays[name])], source_etype=I64)
        pointers.append(builder.load(at, typ=POINTER))
    saved = flags.clear(builder, program.module)
    status = builder.call(body, [record, lo, hi, *pointers])
    raised = flags.read(builder, program.module, saved)
    status = builder.or_(status, raised)
    at = builder.gep(record, [I64(Header.STATUS)], source_etype=I64)
    builder.store(status, at)
    builder.ret(status)


def _write_check(program: Program) -> None:
    """Write the test of what `staging.ranges` assumes of the inputs."""
    type_ = ir.FunctionType(I64, [POINTER, I64, I64])
    function = ir.Function(program.module, type_, "check")
    program.apart.append(function.name)
    record = function.args[0]
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    layout, typing = program.layout, program.typing
    ranged = [(int(word), ASSUMED) for word in (Header.START, Header.STOP, Header.STEP)]
    for name, type_ in typing.scalars.items():
        if type_ == PY_INT and name in layout.variables:
            ranged.append((layout.payload(name, PY_INT), ASSUMED))
    for name, array in typing.arrays.items():
        first = layout.arrays[name] + 1
        ranged += [(first + k, ASSUMED_EXTENT) for k in range(array.ndim)]
    bad: ir.Value = ir.IntType(1)(0)
    for word, (lo, hi) in ranged:
        at = builder.gep(record, [I64(word)], source_etype=I64)
        value = builder.load(at, typ=I64)
        below = builder.icmp_signed("<", value, I64(int(lo)))
        above = builder.icmp_signed(">", value, I64(int(hi)))
        bad = builder.or_(bad, builder.or_(below, above))
    builder.ret(builder.select(bad, I64(OUTSIDE), I64(0)))



