"""Machine code for loops whose iterations run side by side: each statement is written once a copy.

Every copy has variables of its own; the loops inside are written once, around all copies. What is
left over at the end of the loop runs with fewer, then one by one.
"""

from __future__ import annotations

from typing import assert_never

from llvmlite import ir

from parloop.codegen.events import I1, I8, I64, llvm_type
from parloop.codegen.function import Mixed, Variable
from parloop.codegen.masked import Lanes, can_write_lanes
from parloop.codegen.polls import emit_poll
from parloop.codegen.statements import StatementWriter, bound_in
from parloop.ir.nodes import Assign, Break, Continue, For, If, Name, Stmt, Store, While
from parloop.ir.types import PY_INT, Member, Scalar

FEWER = 4
"""What is left of many iterations side by side runs with so many times fewer of them."""


class JamWriter(StatementWriter):
    """Writes statements, and loops that the plan wants unrolled and jammed."""

    copies: tuple[dict[str, Variable], ...] = ()
    """The variables of each copy, where statements are being written for several."""

    evenly: str | None = None
    """The index of the jammed loop, if no statement changes it: it steps from copy to copy."""

    def jammed(
        self,
        stmt: For,
        bounds: tuple[ir.Value, ir.Value, ir.Value, ir.Value],
        number_of_copies: int,
    ) -> None:
        """Write iterations lo .. hi-1 of a loop, `number_of_copies` at a time, the rest singly.

        What many leave would be long chains, one after the other: fewer side by side run first.
        """
        hi, start, step = bounds[1:]
        left = self.jam_groups(stmt, bounds, number_of_copies)
        before, self.is_leftover = self.is_leftover, True
        if number_of_copies >= FEWER * FEWER:
            left = self.jam_groups(stmt, (left, hi, start, step), number_of_copies // FEWER)
        StatementWriter.counted(self, stmt, left, hi, start, step)
        self.is_leftover = before

    def jam_groups(
        self,
        stmt: For,
        bounds: tuple[ir.Value, ir.Value, ir.Value, ir.Value],
        number_of_copies: int,
    ) -> ir.Value:
        """Write as many groups of iterations as there are, and return where the rest begins."""
        lo, hi, start, step = bounds
        builder = self.builder
        shared = self.variables
        self.copies = tuple(self.copy_of_variables(stmt) for _ in range(number_of_copies))
        self.evenly = None if stmt.index in bound_in(stmt.body) else stmt.index
        before = builder.block
        head = self.function.append_basic_block(f"jam.{stmt.index}")
        rest = self.function.append_basic_block("rest")
        width = I64(number_of_copies)
        first_end = builder.add(lo, width, flags=("nsw",))
        start, step = self.known_bounds(stmt, start, step)
        first_index = builder.add(start, builder.mul(lo, step))
        builder.cbranch(builder.icmp_signed("<=", first_end, hi), head, rest)
        builder.position_at_end(head)
        counter = builder.phi(I64)
        counter.add_incoming(lo, before)
        # The indices differ by constants, and LLVM can see it: their stores do not meet.
        index = builder.phi(I64)
        index.add_incoming(first_index, before)
        self.refresh(shared)
        for position, copy in enumerate(self.copies):
            self.variables = copy
            distance = builder.mul(step, I64(position))
            value = builder.add(index, distance)
            self.assign(stmt.index, Mixed.single(PY_INT, value))
        self.jammed_block(stmt.body)
        self.variables = shared
        self.keep_last(stmt, shared)
        emit_poll(self)
        index.add_incoming(builder.add(index, builder.mul(step, width)), builder.block)
        more = builder.add(counter, width, flags=("nsw",))
        counter.add_incoming(more, builder.block)
        following_end = builder.add(more, width, flags=("nsw",))
        again = builder.icmp_signed("<=", following_end, hi)
        last = builder.block
        builder.cbranch(again, head, rest)
        self.copies = ()
        builder.position_at_end(rest)
        left = builder.phi(I64)
        left.add_incoming(lo, before)
        left.add_incoming(more, last)
        return left

    def copy_of_variables(self, stmt: For) -> dict[str, Variable]:
        """Return the variables as one copy sees them: its own where the loop binds them."""
        shared = self.variables
        self.variables = dict(shared)
        for name in sorted({stmt.index} | bound_in(stmt.body)):
            self.declare(name, track=shared[name].assigned is not None)
        copy, self.variables = self.variables, shared
        return copy

    def refresh(self, shared: dict[str, Variable]) -> None:
        """Give the copies' variables the values that stand before this group of iterations."""
        for copy in self.copies:
            self.transfer(shared, copy)

    def keep_last(self, stmt: For, shared: dict[str, Variable]) -> None:
        """Take over the variables of the last copy, which is the latest iteration."""
        self.transfer(self.copies[-1], shared)

    def transfer(self, source: dict[str, Variable], target: dict[str, Variable]) -> None:
        """Copy the values of the variables that differ between two sets."""
        builder = self.builder
        for name, one in target.items():
            other = source[name]
            if one is other:
                continue
            for member, slots in one.slots.items():
                for to, at in zip(slots, other.slots[member], strict=True):
                    type_ = _slot_type(member)
                    builder.store(builder.load(at, typ=type_), to)
            if one.tag is not None and other.tag is not None:
                builder.store(builder.load(other.tag, typ=I8), one.tag)
            if one.assigned is not None and other.assigned is not None:
                builder.store(builder.load(other.assigned, typ=I1), one.assigned)

    def jammed_block(self, body: tuple[Stmt, ...]) -> None:
        """Write statements for all copies."""
        for stmt in body:
            match stmt:
                case Assign() | Store() | If():
                    copies, self.copies = self.copies, ()
                    for copy in copies:
                        self.variables = copy
                        self.statement(stmt)
                    self.copies = copies
                case For():
                    self.variables = self.copies[0]
                    self.loop(stmt)
                case While() | Break() | Continue():
                    raise AssertionError("schedule.jam lets no such loop through")
                case _:
                    assert_never(stmt)

    def counted(
        self, stmt: For, lo: ir.Value, hi: ir.Value, start: ir.Value, step: ir.Value
    ) -> None:
        """Write a loop: for all copies at once inside a jammed one, jammed if the plan says so."""
        number = self.program.loop_numbers.get(id(stmt), -1)
        width = self.program.plan.masked.get(number, 1)
        if width > 1 and not self.precise and can_write_lanes(self, stmt):
            Lanes(self, stmt, width).write(lo, hi, start, step)
            return
        copies = self.program.plan.jams.get(number, 1)
        if self.copies or self.precise or copies == 1:
            super().counted(stmt, lo, hi, start, step)
            return
        self.jammed(stmt, (lo, hi, start, step), copies)

    def iteration(
        self, stmt: For, counter: ir.Value, start: ir.Value, step: ir.Value
    ) -> None:
        """Bind the index, in all copies where the loop stands inside a jammed one."""
        if not self.copies:
            super().iteration(stmt, counter, start, step)
            return
        for copy in self.copies:
            self.variables = copy
            super().iteration(stmt, counter, start, step)
        self.variables = self.copies[0]

    def are_lanes(self, stmt: For) -> bool:
        """Return whether LLVM is told of `stmt`: not inside a jam, where copies share its body."""
        return not self.copies and super().are_lanes(stmt)

    def may_branch(self, stmt: For) -> bool:
        """Return whether branches do no harm: between copies they would keep lanes from forming."""
        return not self.copies and super().may_branch(stmt)

    def is_settled(self, name: Name, changed: set[str]) -> bool:
        """Return whether a name is an int at a loop's head, and between which the copies' lie."""
        if not super().is_settled(name, changed):
            return False
        first = self.variables[name.id]
        same = all(copy[name.id] is first for copy in self.copies)
        return same or name.id == self.evenly

    def settled_ends(self, name: str) -> tuple[ir.Value, ...]:
        """Return the first and the last copy's value of a settled name."""
        first = super().settled_ends(name)
        if not self.copies or self.copies[-1][name] is self.variables[name]:
            return first
        return (*first, self.get(self.copies[-1][name], PY_INT))

    def block(self, body: tuple[Stmt, ...]) -> None:
        """Write statements, for all copies where there are several."""
        if self.copies:
            self.jammed_block(body)
        else:
            super().block(body)


def _slot_type(member: Member) -> ir.Type:
    assert isinstance(member, Scalar)
    return llvm_type(member)
