"""Machine code for loops that are split at one of their iterations: see `schedule.splitting`.

The loop stands in a loop over its parts: before the iteration, the iteration, after it. Any of them
may be empty.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from parloop.codegen.events import I64
from parloop.codegen.wrapping import WrapWriter
from parloop.ir.nodes import Expr, For


class SplitWriter(WrapWriter):
    """Writes statements, and the loops that the plan splits."""

    def counted(
        self, stmt: For, lo: ir.Value, hi: ir.Value, start: ir.Value, step: ir.Value
    ) -> None:
        """Write iterations `lo` .. `hi` - 1 of a loop, in parts where the plan says so."""
        plan = self.program.plan
        number = self.program.loop_numbers[id(stmt)]
        place = plan.splits.get(number)
        is_part = self.in_region and number in plan.cores
        if place is None or self.precise or self.copies or is_part:
            super().counted(stmt, lo, hi, start, step)
            return
        start, step = self.known_bounds(stmt, start, step)
        write = super().counted
        if number in plan.cores:
            row = self.row_of(stmt)
            region = self.region_function(stmt, number, row)

            def part(first: ir.Value, end: ir.Value) -> None:
                self.dispatch_blocks(stmt, region, row, (first, end, start, step))
        else:

            def part(first: ir.Value, end: ir.Value) -> None:
                write(stmt, first, end, start, step)

        self.in_parts(place, (lo, hi, start), part)

    def in_parts(
        self,
        place: Expr,
        bounds: tuple[ir.Value, ir.Value, ir.Value],
        part: Callable[[ir.Value, ir.Value], None],
    ) -> None:
        """Write `part` for the iterations before index `place`, at it, and after it.

        The loop counts up by one. Nothing here overflows: `place` is compared before its distance
        is taken.
        """
        builder = self.builder
        lo, hi, start = bounds
        index = self.integer(place)
        least, most = builder.add(start, lo), builder.add(start, hi)
        below = builder.icmp_signed("<", index, least)
        above = builder.icmp_signed(">=", index, most)
        first = builder.select(below, lo, builder.select(above, hi, builder.sub(index, start)))
        outside = builder.or_(below, above)
        second = builder.select(outside, first, builder.add(first, I64(1)))

        def one(number: ir.Value) -> None:
            is_first = builder.icmp_signed("==", number, I64(0))
            is_last = builder.icmp_signed("==", number, I64(2))
            begin = builder.select(is_first, lo, builder.select(is_last, second, first))
            end = builder.select(is_first, first, builder.select(is_last, hi, second))
            part(begin, end)

        self.repeat(I64(3), one)
