"""Machine code for innermost loops over places on a ring: `a[(j - 1) % n] + a[(j + 1) % n]`.

    for j in 0:n { ... }    becomes    { first }; { all with 0 <= j - 1 and j + 1 < n }; { last }

In the middle part the remainder is the number itself, so the loop is one over neighbours in memory.
The parts run in order: what is before the middle and behind it shares one piece of code, which is
the loop as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from llvmlite import ir

from parloop.codegen.events import I64
from parloop.codegen.function import Mixed
from parloop.codegen.hoist import offset_of
from parloop.codegen.regions import RegionWriter
from parloop.ir.nodes import Assign, Binary, Break, Const, Expr, Extent, For, Name, While
from parloop.ir.types import PY_INT
from parloop.ir.walk import all_expressions, statements

MOST_DISTANCE = 1 << 20
"""Distances and starts beyond this are left alone: sums of few of them stay within 64 bits."""


class WrapWriter(RegionWriter):
    """Writes statements, and loops over rings in parts."""

    plain: frozenset[int] = frozenset()
    """`id` of the remainders that are their left operand in the part being written."""

    def counted(
        self, stmt: For, lo: ir.Value, hi: ir.Value, start: ir.Value, step: ir.Value
    ) -> None:
        """Write iterations `lo` .. `hi` - 1 of a loop, the first and the last ones apart."""
        plan = self.program.plan
        number = self.program.loop_numbers[id(stmt)]
        elsewhere = not self.in_region and (number in plan.cores or number in plan.pieces)
        special = number in plan.jams or number in plan.masked or self.copies or elsewhere
        rings = [] if self.precise or special else list(self.rings(stmt))
        if not rings:
            super().counted(stmt, lo, hi, start, step)
            return
        builder = self.builder
        write = super().counted
        assert isinstance(stmt.start, Const)
        assert isinstance(stmt.start.value, int)
        least, most = (end(offset for _, offset in rings) for end in (min, max))
        size = self.integer(rings[0][0].right)
        origin = int(stmt.start.value)
        first = self.clamped(I64(-least - origin), lo, hi)
        last = self.clamped(builder.sub(size, I64(most + origin)), first, hi)

        def part(number: ir.Value) -> None:
            is_middle = builder.icmp_signed("==", number, I64(1))
            is_first = builder.icmp_signed("==", number, I64(0))
            with builder.if_else(is_middle) as (middle, border):
                with middle:
                    outer, self.plain = self.plain, self.plain | {id(ring) for ring, _ in rings}
                    write(stmt, first, last, start, step)
                    self.plain = outer
                with border:
                    begin = builder.select(is_first, lo, last)
                    end = builder.select(is_first, first, hi)
                    self.is_rare = True
                    write(stmt, begin, end, start, step)
                    self.is_rare = False

        self.repeat(I64(3), part)

    def clamped(self, value: ir.Value, low: ir.Value, high: ir.Value) -> ir.Value:
        """Return `value`, or the end of low .. high that is next to it; high wins."""
        builder = self.builder
        value = builder.select(builder.icmp_signed("<", value, low), low, value)
        return builder.select(builder.icmp_signed(">", value, high), high, value)

    def rings(self, loop: For) -> Iterator[tuple[Binary, int]]:
        """Yield the remainders `(index + c) % stop` in an innermost loop, each with its c."""
        start = loop.start
        if (
            loop.orelse
            or loop.step != Const(1)
            or not self.is_size(loop.stop)
            or not isinstance(start, Const)
            or type(start.value) is not int
            or abs(start.value) > MOST_DISTANCE
        ):
            return
        for stmt in statements(loop.body):
            if isinstance(stmt, For | While | Break):
                return
            if isinstance(stmt, Assign) and stmt.target == loop.index:
                return
        for expr in all_expressions(loop.body):
            match expr:
                case Binary(op="%", left=left, right=right) if right == loop.stop:
                    offset = offset_of(left, loop.index)
                    small = offset is not None and abs(offset) <= MOST_DISTANCE
                    if small and self.are_ints(expr, left, right):
                        yield expr, offset or 0

    def is_size(self, expr: Expr) -> bool:
        """Return whether `expr` is an int that stays the same, and small: the launch tests it."""
        typing = self.program.typing
        match expr:
            case Name(id=name):
                return typing.scalars.get(name) == PY_INT and name not in typing.nest.outputs
            case Extent(axis=axis):
                return axis is not None
            case _:
                return False

    def are_ints(self, *parts: Expr) -> bool:
        """Return whether these are Python ints, whatever the data is."""
        return all(self.program.typing.of.get(id(part)) == frozenset({PY_INT}) for part in parts)

    def _expression(self, expr: Expr) -> Mixed:
        if id(expr) in self.plain:
            assert isinstance(expr, Binary)
            return self.expression(expr.left)
        return super()._expression(expr)
