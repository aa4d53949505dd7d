"""Machine code for loops that run inside bands of the loop inside them: see `schedule.bands`.

The loop over the bands is a loop on the cores like any other, of which a block is one band. The
block goes through its band tile by tile, so that what it adds to stays in the cache, and in each
tile through all iterations of the outer loop, a group of these at a time.
"""

from __future__ import annotations

from dataclasses import replace

from llvmlite import ir

from parloop.codegen.estimate import emit_work
from parloop.codegen.events import I64
from parloop.codegen.function import Mixed, Variable
from parloop.codegen.lanes import mark_loop, new_group
from parloop.codegen.layout import BLOCKS_PER_THREAD, MAX_BLOCKS, Header
from parloop.codegen.regions import AROUND, BLOCK_WORK
from parloop.codegen.wavefront import Pair, WaveWriter
from parloop.ir.nodes import For
from parloop.ir.types import PY_INT
from parloop.schedule.pieces import band_number
from parloop.schedule.wavefront import Wave

TILE = 2048
"""The columns of a tile: those of an array of doubles are half of a first-level cache."""

LEAST_WIDTH, GOOD_WIDTH = 64, 1024
"""The columns of a band: memory is read best in long rows."""


class BandWriter(WaveWriter):
    """Writes statements, and the loops that the plan runs inside bands."""

    in_band = False

    def counted(
        self, stmt: For, lo: ir.Value, hi: ir.Value, start: ir.Value, step: ir.Value
    ) -> None:
        """Write iterations `lo` .. `hi` - 1 of a loop, inside bands where the plan says so."""
        program = self.program
        number = program.loop_numbers[id(stmt)]
        if self.in_region and number in program.bands:
            self.in_band = True
            self.band(program.bands[number], lo, hi, (start, step))
            self.in_band = False
            return
        if number not in program.plan.bands or self.precise or self.in_region:
            super().counted(stmt, lo, hi, start, step)
            return
        inner = stmt.body[0]
        assert isinstance(inner, For)
        over = band_number(program.loop_numbers[id(inner)])
        bands = replace(inner, body=(replace(stmt, body=inner.body),))
        program.loop_numbers[id(bands)] = over
        program.pieces.append(bands)
        program.bands[over] = stmt
        inner_start, columns, inner_step = self.range_of(inner)
        row = self.row_of(bands)
        region = self.region_function(bands, over, row)
        around = lo, hi, *self.known_bounds(stmt, start, step)
        columns = self.builder.select(self.builder.icmp_signed("<", lo, hi), columns, I64(0))
        bounds = I64(0), columns, inner_start, inner_step
        self.dispatch_blocks(bands, region, row, bounds, around)
        # Where there are no columns, no block has said which iteration was the last one.
        with self.builder.if_then(self.builder.icmp_signed("<", lo, hi)):
            self.iteration(stmt, self.builder.sub(hi, I64(1)), start, step)

    def block_count(
        self,
        stmt: For,
        trips: ir.Value,
        lo: ir.Value,
        start: ir.Value,
        step: ir.Value,
    ) -> ir.Value:
        """Return into how many blocks a loop is cut: into few, wide ones if they are bands."""
        if self.program.loop_numbers[id(stmt)] not in self.program.bands:
            return super().block_count(stmt, trips, lo, start, step)
        builder = self.builder

        def least(*values: ir.Value) -> ir.Value:
            found = values[0]
            for value in values[1:]:
                less = builder.icmp_unsigned("<", value, found)
                found = builder.select(less, value, found)
            return found

        def at_least_one(value: ir.Value) -> ir.Value:
            return builder.select(builder.icmp_signed(">", value, I64(0)), value, I64(1))

        most = self.header(Header.BLOCKS)
        threads = at_least_one(builder.udiv(most, I64(BLOCKS_PER_THREAD)))
        rounds = at_least_one(builder.udiv(trips, builder.mul(threads, I64(GOOD_WIDTH))))
        work = emit_work(self, stmt, trips, lo, start, step)
        blocks = least(
            builder.mul(threads, rounds),
            most,
            I64(MAX_BLOCKS),
            builder.udiv(trips, I64(LEAST_WIDTH)),
            builder.udiv(work, I64(BLOCK_WORK)),
        )
        chunk = self.chunk(trips, at_least_one(blocks))
        needed = builder.udiv(builder.add(trips, builder.sub(chunk, I64(1))), chunk)
        return builder.select(builder.icmp_signed(">", trips, I64(0)), needed, I64(0))

    def band(
        self, outer: For, lo: ir.Value, hi: ir.Value, bounds: tuple[ir.Value, ir.Value]
    ) -> None:
        """Write columns `lo` .. `hi` - 1 of all iterations of `outer` that the context names."""
        builder = self.builder
        inner = outer.body[0]
        assert isinstance(inner, For)
        first, end, start, step = (
            builder.load(self.word(AROUND + k, self.context), typ=I64) for k in range(4)
        )
        start, step = self.known_bounds(outer, start, step)
        inner_start, inner_step = self.known_bounds(inner, *bounds)
        rows = self.program.plan.bands[self.program.loop_numbers[id(outer)]]
        wave = Wave(0, rows)
        pair = Pair(outer, inner, wave, start, step, inner_start, inner_step, hi)
        tiles = builder.udiv(builder.add(builder.sub(hi, lo), I64(TILE - 1)), I64(TILE))

        def tile(number: ir.Value) -> None:
            left = builder.add(lo, builder.mul(number, I64(TILE)))
            right = builder.add(left, I64(TILE))
            past = builder.icmp_signed(">", right, hi)
            self.tile(pair, (first, end), (left, builder.select(past, hi, right)))

        self.repeat(tiles, tile)

    def side_by_side(
        self, pair: Pair, base: ir.Value, ends: tuple[ir.Value, ir.Value]
    ) -> None:
        """Write columns of some rows; in a band, where one row may need what the one before left in
        the same column, one row after another in each column."""
        if not self.in_band:
            super().side_by_side(pair, base, ends)
            return
        builder = self.builder
        lo, hi = ends
        copies = tuple(self.copy_of_variables(pair.outer) for _ in range(pair.wave.rows))
        before = builder.block
        head = self.function.append_basic_block("column")
        after = self.function.append_basic_block("columns")
        builder.cbranch(builder.icmp_signed("<", lo, hi), head, after)
        builder.position_at_end(head)
        at = builder.phi(I64)
        at.add_incoming(lo, before)
        group = new_group(self.module) if self.are_lanes(pair.inner) else None
        self.column(pair, base, at, copies, group)
        more = builder.add(at, I64(1), flags=("nsw",))
        at.add_incoming(more, builder.block)
        again = builder.cbranch(builder.icmp_signed("<", more, hi), head, after)
        if group is not None:
            mark_loop(self.module, again, group)
        builder.position_at_end(after)

    def column(
        self,
        pair: Pair,
        base: ir.Value,
        at: ir.Value,
        copies: tuple[dict[str, Variable], ...],
        group: ir.MDValue | None,
    ) -> None:
        """Write one column of as many rows as there are copies of the variables."""
        builder = self.builder
        shared = self.variables
        self.copies = copies
        self.refresh(shared)
        self.copies = ()
        index = builder.add(pair.inner_start, builder.mul(at, pair.inner_step))
        self.access_group = group
        for position, copy in enumerate(copies):
            self.variables = copy
            row = builder.mul(builder.add(base, I64(position)), pair.step)
            self.assign(pair.outer.index, Mixed.single(PY_INT, builder.add(pair.start, row)))
            self.assign(pair.inner.index, Mixed.single(PY_INT, index))
            self.block(pair.inner.body)
        self.access_group = None
        self.variables = shared
        self.copies = copies
        self.keep_last(pair.outer, shared)
        self.copies = ()
