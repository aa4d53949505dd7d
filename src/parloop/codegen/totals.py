"""Machine code for sums in NumPy's order (`ir.totals`): `for i in 0:n:1 into s { s += x }`.

The body is written with the variable in an accumulator of its own, one of eight or the one of what
is left over. Pieces of at most 128 numbers are summed one after another; how their sums go together
is kept on a stack, as recursion would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from llvmlite import ir

from parloop.codegen import scalar
from parloop.codegen.events import I1, I64, llvm_type
from parloop.codegen.layout import is_same_machine_number
from parloop.codegen.polls import emit_poll
from parloop.ir.nodes import For
from parloop.ir.totals import LANES, LONGEST
from parloop.ir.types import Scalar
from parloop.staging import rules

if TYPE_CHECKING:
    from parloop.codegen.statements import StatementWriter

DEEPEST = 64
"""A loop has fewer than 2**64 iterations, halved until there are `LONGEST`."""


class TotalWriter:
    """Writes one loop whose sum is taken in NumPy's order."""

    def __init__(self, writer: StatementWriter, stmt: For, bounds: tuple[ir.Value, ...]) -> None:
        self.writer = writer
        self.builder = writer.builder
        self.stmt = stmt
        self.trips, self.start, self.step = bounds
        self.variable = writer.variables[stmt.total]
        (member,) = self.variable.members
        assert isinstance(member, Scalar)
        self.type = member
        self.number = llvm_type(member)

    def write(self) -> None:
        """Add the sum of all iterations to the variable."""
        builder, function = self.builder, self.writer.function
        sizes, sums, waits = (
            self.writer.slot(ir.ArrayType(type_, DEEPEST)) for type_ in (I64, self.number, I1)
        )
        position, size, depth = (self.writer.slot(I64) for _ in range(3))
        piece = self.writer.slot(self.number)
        for slot, value in ((position, I64(0)), (size, self.trips), (depth, I64(0))):
            builder.store(value, slot)
        halve, cut, leaf, join, add, wait, done = (
            function.append_basic_block(f"total.{name}")
            for name in ("halve", "cut", "leaf", "join", "add", "wait", "done")
        )
        builder.branch(halve)

        builder.position_at_end(halve)
        count = builder.load(size, typ=I64)
        builder.cbranch(builder.icmp_signed(">", count, I64(LONGEST)), cut, leaf)

        builder.position_at_end(cut)
        half = builder.and_(builder.lshr(count, I64(1)), I64(-LANES))
        top = builder.load(depth, typ=I64)
        builder.store(builder.sub(count, half), self.at(sizes, top, I64))
        builder.store(I1(1), self.at(waits, top, I1))
        builder.store(builder.add(top, I64(1)), depth)
        builder.store(half, size)
        builder.branch(halve)

        builder.position_at_end(leaf)
        emit_poll(self.writer)
        first, count = builder.load(position, typ=I64), builder.load(size, typ=I64)
        builder.store(self.piece(first, count), piece)
        builder.store(builder.add(first, count), position)
        builder.branch(join)

        builder.position_at_end(join)
        top = builder.load(depth, typ=I64)
        is_all = builder.icmp_signed("==", top, I64(0))
        below = builder.sub(top, I64(1))
        look = function.append_basic_block("total.look")
        builder.cbranch(is_all, done, look)
        builder.position_at_end(look)
        builder.cbranch(builder.load(self.at(waits, below, I1), typ=I1), wait, add)

        builder.position_at_end(add)
        before = builder.load(self.at(sums, below, self.number), typ=self.number)
        builder.store(self.sum(before, builder.load(piece, typ=self.number)), piece)
        builder.store(below, depth)
        builder.branch(join)

        builder.position_at_end(wait)
        builder.store(builder.load(piece, typ=self.number), self.at(sums, below, self.number))
        builder.store(I1(0), self.at(waits, below, I1))
        builder.store(builder.load(self.at(sizes, below, I64), typ=I64), size)
        builder.branch(halve)

        builder.position_at_end(done)
        before = self.writer.get(self.variable, self.type)
        total = self.sum(before, builder.load(piece, typ=self.number))
        self.writer.put(self.variable, self.type, total)

    def piece(self, first: ir.Value, count: ir.Value) -> ir.Value:
        """Return the sum of `count` iterations, at most `LONGEST`."""
        builder = self.builder
        lanes = [self.writer.slot(self.number) for _ in range(LANES)]
        left = self.writer.slot(self.number)
        zero = ir.Constant(self.number, -0.0)
        for slot in (*lanes, left):
            builder.store(zero, slot)
        rounds = builder.lshr(count, I64(3))

        def one_round(number: ir.Value) -> None:
            base = builder.add(first, builder.mul(number, I64(LANES)))
            for lane, slot in enumerate(lanes):
                self.iteration(builder.add(base, I64(lane)), slot)

        self.repeat(rounds, one_round)
        sums = [builder.load(slot, typ=self.number) for slot in lanes]
        some = builder.icmp_signed(">", rounds, I64(0))
        while len(sums) > 1:
            sums = [self.sum(*pair) for pair in zip(sums[::2], sums[1::2], strict=True)]
        builder.store(builder.select(some, sums[0], zero), left)
        done = builder.mul(rounds, I64(LANES))
        base = builder.add(first, done)
        self.repeat(
            builder.sub(count, done), lambda n: self.iteration(builder.add(base, n), left)
        )
        return builder.load(left, typ=self.number)

    def iteration(self, counter: ir.Value, slot: ir.Value) -> None:
        """Write the body once, with its accumulator in `slot`."""
        writer, variable = self.writer, self.variable
        writer.iteration(self.stmt, counter, self.start, self.step)
        slots = {
            member: (slot,) if is_same_machine_number(member, self.type) else own
            for member, own in variable.slots.items()
        }
        writer.variables[self.stmt.total] = replace(variable, slots=slots)
        writer.block(self.stmt.body)
        writer.variables[self.stmt.total] = variable

    def sum(self, one: ir.Value, other: ir.Value) -> ir.Value:
        """Return the sum of two numbers, with its events."""
        types = (self.type, self.type)
        found = scalar.emit_binary(self.writer, "+", types, (one, other))
        rule = rules.binary_rule("+", *types)
        if rule is not None and rule.flags:
            self.writer.watch(found, types, (one, other))
        return found

    def at(self, array: ir.Value, number: ir.Value, type_: ir.Type) -> ir.Value:
        """Return the address of an element of a stack."""
        return self.builder.gep(array, [number], source_etype=type_)

    def repeat(self, count: ir.Value, body: Callable[[ir.Value], None]) -> None:
        """Write a loop that runs `body` for 0 .. count-1."""
        builder, function = self.builder, self.writer.function
        before = builder.block
        head = function.append_basic_block("total.round")
        after = function.append_basic_block("total.rounds")
        builder.cbranch(builder.icmp_signed(">", count, I64(0)), head, after)
        builder.position_at_end(head)
        number = builder.phi(I64)
        number.add_incoming(I64(0), before)
        body(number)
        more = builder.add(number, I64(1), flags=("nsw",))
        number.add_incoming(more, builder.block)
        builder.cbranch(builder.icmp_signed("<", more, count), head, after)
        builder.position_at_end(after)
