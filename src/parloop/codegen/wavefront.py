"""Machine code for pairs of loops that run as a wavefront: see `schedule.wavefront`.

The rows (iterations of the outer loop) are cut into strips, and a strip into tiles of some columns.
Columns are counted with the lag: row r of a strip is at iteration `column - lag * r` of the inner
loop. A strip is a block of the pool. Blocks are handed out in order, so that the strip above is
always done or in hand; how many columns it has done stands in a word of the scratch memory, and
before each tile a strip waits for the strip above to be far enough ahead.

Inside a tile, groups of rows run side by side: each statement is written once a row. What sticks
out to the left and right, where not all rows of a group have an iteration, runs row by row.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass

from llvmlite import ir

from parloop.codegen import flags
from parloop.codegen.estimate import emit_work
from parloop.codegen.events import I1, I32, I64, POINTER
from parloop.codegen.externals import LIBM
from parloop.codegen.function import Mixed
from parloop.codegen.layout import MAX_BLOCKS, Header, representatives, words_of
from parloop.codegen.polls import emit_poll
from parloop.codegen.reductions import Row
from parloop.codegen.regions import region_arrays, used_names
from parloop.codegen.saves import emit_saves
from parloop.codegen.splitting import SplitWriter
from parloop.ir.nodes import For
from parloop.ir.types import PY_INT
from parloop.ir.walk import bound_names
from parloop.schedule.wavefront import MOST_ROWS, Wave

(
    _RECORD, _LO, _HI, _HEIGHT, _WIDTH, _START, _STEP, _INNER_START, _INNER_STEP, _COLUMNS, _ROWS,
    _PROGRESS,
) = range(12)
_VARIABLES = 12
"""The words of a context, as those of `regions`."""

LEAST_WORK = 64_000
"""A wavefront of fewer operations runs on one core."""

TILE_WORK = 16_000
"""A tile has at least about so many operations: waiting for one costs as much as a hundred."""

LEAST_WIDTH, MOST_WIDTH = 64, 1024
"""The columns of a tile: few, so that the next strip can begin soon; many, as each may wait."""

LINE_WORDS = 8
"""The words of a cache line: each strip has one for its progress."""

_PATIENCE = 1024
"""How often a strip looks at the one above before it lets other threads have the core."""

_ALL = 1 << 40
"""More columns than there are."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The loops of a wavefront, and what is known of them in the function being written."""

    outer: For
    inner: For
    wave: Wave
    start: ir.Value
    step: ir.Value
    inner_start: ir.Value
    inner_step: ir.Value
    columns: ir.Value


class WaveWriter(SplitWriter):
    """Writes statements, and the loop pairs that the plan runs as wavefronts."""

    def counted(
        self, stmt: For, lo: ir.Value, hi: ir.Value, start: ir.Value, step: ir.Value
    ) -> None:
        """Write iterations `lo` .. `hi` - 1 of a loop, as a wavefront where the plan says so."""
        number = self.program.loop_numbers[id(stmt)]
        wave = self.program.plan.waves.get(number)
        if wave is None or self.precise or self.in_region:
            super().counted(stmt, lo, hi, start, step)
            return
        inner = stmt.body[0]
        assert isinstance(inner, For)
        start, step = self.known_bounds(stmt, start, step)
        inner_start, columns, inner_step = self.range_of(inner)
        pair = Pair(stmt, inner, wave, start, step, inner_start, inner_step, columns)
        self.dispatch_strips(pair, number, lo, hi)
        self.block(self.else_of(stmt))

    # the calling side

    def dispatch_strips(self, pair: Pair, number: int, lo: ir.Value, hi: ir.Value) -> None:
        """Write the call of the pool, or of the pair's function where it does not pay."""
        builder = self.builder
        layout = self.program.layout
        row = self.strip_row(pair.outer)
        region = self.strip_function(pair, number, row)
        context = self.slot(ir.ArrayType(I64, _VARIABLES + layout.n_words))
        trips = builder.sub(hi, lo)
        blocks, height, width = self.tiling(pair, lo, trips)
        record = builder.ptrtoint(self.record, I64)
        rows = self.header(Header.SCRATCH)
        behind = builder.add(rows, I64(8 * (row.n_words * MAX_BLOCKS + LINE_WORDS - 1)))
        progress = builder.and_(behind, I64(-8 * LINE_WORDS))
        words = (
            record, lo, hi, height, width, pair.start, pair.step, pair.inner_start,
            pair.inner_step, pair.columns, rows, progress,
        )
        for index, word in enumerate(words):
            builder.store(word, self.word(index, context))
        for name in sorted(used_names(pair.outer)):
            self.spill(name, _VARIABLES + layout.variables[name], context)
        clear = self.module.declare_intrinsic("llvm.memset", [POINTER, I64])
        n_bytes = builder.mul(blocks, I64(8 * LINE_WORDS))
        lines = builder.inttoptr(progress, POINTER)
        builder.call(clear, [lines, ir.IntType(8)(0), n_bytes, I1(0)])
        self.note_status(self.run_blocks(region, context, blocks))
        last = builder.mul(builder.sub(blocks, I64(1)), I64(row.n_words))
        at = builder.gep(builder.inttoptr(rows, POINTER), [last], source_etype=I64)
        with builder.if_then(builder.icmp_signed(">", blocks, I64(0))):
            for name, first in row.first.items():
                assigned = builder.load(self.word(first, at), typ=I64)
                with builder.if_then(builder.icmp_signed("!=", assigned, I64(0))):
                    self.take(name, row, at)

    def strip_row(self, stmt: For) -> Row:
        """Return the layout of what strips leave: all assign the same, so the last one's counts."""
        first: dict[str, int] = {}
        word = 0
        for name in sorted(bound_names((stmt,))):
            first[name] = word
            word += 2 + sum(words_of(m) for m in representatives(self.program.layout.members[name]))
        needed = (word + LINE_WORDS) * MAX_BLOCKS + LINE_WORDS
        self.program.scratch_words = max(self.program.scratch_words, needed)
        return Row(first, {}, {}, word)

    def tiling(
        self, pair: Pair, lo: ir.Value, trips: ir.Value
    ) -> tuple[ir.Value, ir.Value, ir.Value]:
        """Return the number of strips, the rows of each, and the columns of their tiles."""
        builder = self.builder

        def larger(one: ir.Value, other: ir.Value) -> ir.Value:
            return builder.select(builder.icmp_signed(">", one, other), one, other)

        def smaller(one: ir.Value, other: ir.Value) -> ir.Value:
            return builder.select(builder.icmp_signed("<", one, other), one, other)

        def up(value: ir.Value, unit: ir.Value) -> ir.Value:
            return builder.udiv(builder.add(value, builder.sub(unit, I64(1))), unit)

        most = self.header(Header.BLOCKS)
        work = emit_work(self, pair.outer, trips, lo, pair.start, pair.step)
        points = larger(builder.mul(trips, pair.columns), I64(1))
        each = larger(builder.udiv(work, points), I64(1))
        share = builder.udiv(builder.shl(pair.columns, I64(2)), larger(most, I64(1)))
        width = larger(smaller(share, I64(MOST_WIDTH)), I64(LEAST_WIDTH))
        across = larger(smaller(pair.columns, width), I64(1))
        rows = builder.udiv(I64(TILE_WORK), builder.mul(each, across))
        rows = larger(rows, builder.udiv(trips, I64(MAX_BLOCKS)))
        groups = builder.add(builder.udiv(rows, I64(MOST_ROWS)), I64(1))
        height = builder.mul(groups, I64(MOST_ROWS))
        enough = builder.icmp_unsigned(">=", work, I64(LEAST_WORK))
        paying = builder.and_(builder.icmp_signed(">", most, I64(1)), enough)
        height = builder.select(paying, height, larger(trips, I64(1)))
        width = builder.select(paying, width, I64(_ALL))
        blocks = builder.select(builder.icmp_signed(">", trips, I64(0)), up(trips, height), I64(0))
        return blocks, height, width

    # the side of the strips

    def strip_function(self, pair: Pair, number: int, row: Row) -> ir.Function:
        """Return the function that runs one strip, tile by tile."""
        body, arrays = self.tile_function(pair, number, row)
        type_ = ir.FunctionType(I64, [POINTER, I64, I64])
        function = ir.Function(self.module, type_, f"strip{number}")
        function.linkage = "internal"
        context, block, _ = function.args
        builder = ir.IRBuilder(function.append_basic_block("entry"))

        def word(index: int, type_: ir.Type = I64) -> ir.Value:
            at = builder.gep(context, [I64(index)], source_etype=I64)
            return builder.load(at, typ=type_)

        lo, height, record = word(_LO), word(_HEIGHT), word(_RECORD, POINTER)
        first = builder.add(lo, builder.mul(height, block))
        end = builder.add(first, height)
        past = builder.icmp_signed(">", end, word(_HI))
        end = builder.select(past, word(_HI), end)
        place = builder.mul(block, I64(row.n_words))
        at = builder.gep(word(_ROWS, POINTER), [place], source_etype=I64)
        pointers = []
        for name in arrays:
            slot = builder.gep(record, [I64(self.program.layout.arrays[name])], source_etype=I64)
            pointers.append(builder.load(slot, typ=POINTER))
        if number == 0 and self.program.plan.saves:
            index = builder.add(first, word(_START))
            rows = builder.sub(end, first)
            emit_saves(builder, self.program, record, (index, builder.sub(first, lo)), rows)
        saved = flags.clear(builder, self.module)
        lag = I64(pair.wave.lag)
        skew = builder.mul(lag, builder.sub(builder.sub(end, first), I64(1)))
        strip = _Strip(
            builder.add(word(_COLUMNS), skew),
            builder.add(word(_COLUMNS), builder.mul(lag, builder.sub(height, I64(1)))),
            builder.mul(lag, height),
            word(_WIDTH),
            block,
            word(_PROGRESS, POINTER),
        )
        tiles = _TileLoop(builder, self.module, strip)
        lo_column, hi_column = tiles.begin()
        arguments = [record, context, at, first, end, lo_column, hi_column, *pointers]
        status = tiles.finish(builder.call(body, arguments))
        raised = flags.read(builder, self.module, saved)
        builder.ret(builder.or_(status, raised))
        return function

    def tile_function(
        self, pair: Pair, number: int, row: Row
    ) -> tuple[ir.Function, tuple[str, ...]]:
        """Return the function that runs one tile, and the arrays that it takes.

        No two tiles that run at the same time touch one element, of which one would write it: so
        the arrays may be given as not aliased, while the strip's own function waits for others.
        """
        program = self.program
        arrays = region_arrays(pair.outer, program)
        type_ = ir.FunctionType(I64, [POINTER] * 3 + [I64] * 4 + [POINTER] * len(arrays))
        function = ir.Function(self.module, type_, f"tile{number}")
        function.linkage = "internal"
        function.attributes.add("noinline")
        record, context, at, first, end, lo, hi, *pointers = function.args
        if program.plan.noalias:
            for argument in (record, context, at, *pointers):
                argument.add_attribute("noalias")
        writer = type(self)(program, function, record)
        writer.in_region = True
        writer.inside = self.inside
        writer.open_arrays(arrays, dict(zip(arrays, pointers, strict=True)))
        bound = bound_names((pair.outer,))
        for name in sorted(used_names(pair.outer)):
            writer.declare(name, track=name in bound)
            writer.fetch(name, _VARIABLES + program.layout.variables[name], context)
        words = [
            writer.builder.load(writer.word(index, context), typ=I64)
            for index in (_START, _STEP, _INNER_START, _INNER_STEP, _COLUMNS)
        ]
        start, step = writer.known_bounds(pair.outer, *words[:2])
        inner_start, inner_step = writer.known_bounds(pair.inner, *words[2:4])
        here = Pair(
            pair.outer, pair.inner, pair.wave, start, step, inner_start, inner_step, words[4]
        )
        writer.tile(here, (first, end), (lo, hi))
        for name, word in row.first.items():
            assigned = writer.variables[name].assigned
            assert assigned is not None
            flag = writer.builder.zext(writer.builder.load(assigned, typ=I1), I64)
            writer.builder.store(flag, writer.word(word, at))
            writer.spill(name, word + 1, at)
        tripped = writer.builder.load(writer.trip, typ=I1)
        writer.builder.ret(writer.builder.zext(tripped, I64))
        writer.finish()
        return function, arrays

    def tile(
        self, pair: Pair, rows: tuple[ir.Value, ir.Value], columns: tuple[ir.Value, ir.Value]
    ) -> None:
        """Write the iterations of a tile, group of rows by group of rows."""
        builder = self.builder
        first, end = rows
        count = pair.wave.rows
        total = builder.sub(end, first)
        groups = builder.sdiv(builder.add(total, I64(count - 1)), I64(count))

        def group(number: ir.Value) -> None:
            emit_poll(self)
            above = builder.mul(number, I64(count))
            base = builder.add(first, above)
            left = builder.sub(total, above)
            fewer = builder.icmp_signed("<", left, I64(count))
            shift = builder.mul(above, I64(pair.wave.lag))
            ends = tuple(builder.sub(column, shift) for column in columns)
            self.group_of_rows(pair, base, builder.select(fewer, left, I64(count)), ends)

        self.repeat(groups, group)

    def group_of_rows(
        self, pair: Pair, base: ir.Value, count: ir.Value, ends: tuple[ir.Value, ...]
    ) -> None:
        """Write columns of some rows: side by side where each of them has an iteration."""
        builder = self.builder
        lo, hi = ends
        wave = pair.wave
        if wave.rows == 1:
            self.row_by_row(pair, base, count, (lo, hi))
            return

        def clamped(value: ir.Value, least: ir.Value) -> ir.Value:
            value = builder.select(builder.icmp_signed("<", value, least), least, value)
            return builder.select(builder.icmp_signed(">", value, hi), hi, value)

        full = builder.icmp_signed("==", count, I64(wave.rows))
        begin = clamped(I64(wave.lag * (wave.rows - 1)), lo)
        begin = builder.select(full, begin, hi)
        finish = clamped(pair.columns, begin)

        def part(number: ir.Value) -> None:
            is_first = builder.icmp_signed("==", number, I64(0))
            together = builder.icmp_signed("==", number, I64(1))
            with builder.if_else(together, likely=False) as (then, otherwise):
                with then:
                    self.side_by_side(pair, base, (begin, finish))
                with otherwise:
                    left = builder.select(is_first, lo, finish)
                    right = builder.select(is_first, begin, hi)
                    # The part to the right, if it is empty, must not touch the variables.
                    some = builder.or_(is_first, builder.icmp_signed("<", left, right))
                    number_of_rows = builder.select(some, count, I64(0))
                    self.row_by_row(pair, base, number_of_rows, (left, right))

        self.repeat(I64(3), part)

    def row_by_row(
        self, pair: Pair, base: ir.Value, count: ir.Value, ends: tuple[ir.Value, ir.Value]
    ) -> None:
        """Write columns of some rows, one row after the other."""
        builder = self.builder

        def row(number: ir.Value) -> None:
            self.iteration(pair.outer, builder.add(base, number), pair.start, pair.step)
            behind = builder.mul(number, I64(pair.wave.lag))
            lo, hi = (builder.sub(end, behind) for end in ends)
            lo = builder.select(builder.icmp_signed(">", lo, I64(0)), lo, I64(0))
            past = builder.icmp_signed(">", hi, pair.columns)
            hi = builder.select(past, pair.columns, hi)
            self.counted(pair.inner, lo, hi, pair.inner_start, pair.inner_step)

        self.repeat(count, row)

    def side_by_side(
        self, pair: Pair, base: ir.Value, ends: tuple[ir.Value, ir.Value]
    ) -> None:
        """Write columns of as many rows as the plan says, all rows of a column together."""
        builder = self.builder
        lo, hi = ends
        lag = pair.wave.lag
        shared = self.variables
        copies = tuple(self.copy_of_variables(pair.outer) for _ in range(pair.wave.rows))
        rows = [
            builder.add(pair.start, builder.mul(builder.add(base, I64(number)), pair.step))
            for number in range(pair.wave.rows)
        ]

        def column(number: ir.Value) -> None:
            self.copies = copies
            self.refresh(shared)
            at = builder.add(lo, number)
            for position, copy in enumerate(copies):
                self.variables = copy
                behind = builder.sub(at, I64(position * lag))
                index = builder.add(pair.inner_start, builder.mul(behind, pair.inner_step))
                self.assign(pair.outer.index, Mixed.single(PY_INT, rows[position]))
                self.assign(pair.inner.index, Mixed.single(PY_INT, index))
            self.jammed_block(pair.inner.body)
            self.variables = shared
            self.keep_last(pair.outer, shared)
            self.copies = ()

        self.repeat(builder.sub(hi, lo), column)


@dataclass(frozen=True, slots=True)
class _Strip:
    """What the function of a strip knows: all are values in it."""

    columns: ir.Value
    """The columns of this strip, lags included."""
    columns_above: ir.Value
    """Those of the strip above, which always has all of its rows."""
    ahead: ir.Value
    """By how many columns the strip above must be ahead."""
    width: ir.Value
    block: ir.Value
    progress: ir.Value


class _TileLoop:
    """The loop over the tiles of a strip, which waits for the strip above before each."""

    def __init__(self, builder: ir.IRBuilder, module: ir.Module, strip: _Strip) -> None:
        self.builder = builder
        self.module = module
        self.strip = strip
        self.entry = builder.block
        self.head = builder.append_basic_block("tile")

    def begin(self) -> tuple[ir.Value, ir.Value]:
        """Open the loop; return the columns of the tile."""
        builder, strip = self.builder, self.strip
        is_first = builder.icmp_signed("==", strip.block, I64(0))
        seen = builder.select(is_first, strip.columns_above, I64(-1))
        above = builder.sub(strip.block, builder.select(is_first, I64(0), I64(1)))
        above = self.line(above)
        builder.branch(self.head)
        builder.position_at_end(self.head)
        self.lo = builder.phi(I64)
        self.seen = builder.phi(I64)
        self.status = builder.phi(I64)
        for phi, value in ((self.lo, I64(0)), (self.seen, seen), (self.status, I64(0))):
            phi.add_incoming(value, self.entry)
        end = builder.add(self.lo, strip.width)
        past = builder.icmp_signed(">", end, strip.columns)
        self.hi = builder.select(past, strip.columns, end)
        needed = builder.add(self.hi, strip.ahead)
        beyond = builder.icmp_signed(">", needed, strip.columns_above)
        needed = builder.select(beyond, strip.columns_above, needed)
        self.seen_after = self.wait(above, needed)
        return self.lo, self.hi

    def wait(self, above: ir.Value, needed: ir.Value) -> ir.Value:
        """Write the wait until the strip above has done `needed` columns; return how many."""
        builder = self.builder
        before = builder.block
        look = builder.append_basic_block("look")
        pause = builder.append_basic_block("pause")
        give_way = builder.append_basic_block("give.way")
        ready = builder.append_basic_block("ready")
        builder.cbranch(builder.icmp_signed(">=", self.seen, needed), ready, look)
        builder.position_at_end(look)
        looks = builder.phi(I64)
        now = builder.load_atomic(above, "acquire", 8, typ=I64)
        builder.cbranch(builder.icmp_signed(">=", now, needed), ready, pause)
        builder.position_at_end(pause)
        self.pause()
        more = builder.add(looks, I64(1))
        tired = builder.icmp_unsigned(">=", more, I64(_PATIENCE))
        builder.cbranch(tired, give_way, look)
        builder.position_at_end(give_way)
        builder.call(self.function(f"{LIBM}sched_yield", ir.FunctionType(I32, [])), [])
        builder.branch(look)
        looks.add_incoming(I64(0), before)
        looks.add_incoming(more, pause)
        looks.add_incoming(I64(0), give_way)
        builder.position_at_end(ready)
        seen = builder.phi(I64)
        seen.add_incoming(self.seen, before)
        seen.add_incoming(now, look)
        return seen

    def finish(self, status: ir.Value) -> ir.Value:
        """Close the loop: tell the strip below how far this one is; return all statuses or-ed."""
        builder, strip = self.builder, self.strip
        mine = self.line(strip.block)
        mine.type = I64.as_pointer()  # the builder wants to know
        builder.store_atomic(self.hi, mine, "release", 8)
        total = builder.or_(self.status, status)
        self.lo.add_incoming(self.hi, builder.block)
        self.seen.add_incoming(self.seen_after, builder.block)
        self.status.add_incoming(total, builder.block)
        after = builder.append_basic_block("done")
        more = builder.icmp_signed("<", self.hi, strip.columns)
        builder.cbranch(more, self.head, after)
        builder.position_at_end(after)
        return total

    def line(self, block: ir.Value) -> ir.Value:
        """Return the address of a strip's progress."""
        words = self.builder.mul(block, I64(LINE_WORDS))
        return self.builder.gep(self.strip.progress, [words], source_etype=I64)

    def pause(self) -> None:
        """Tell the core that it waits."""
        match platform.machine():
            case "x86_64" | "AMD64":
                name, arguments = "llvm.x86.sse2.pause", []
            case "aarch64" | "arm64":
                name, arguments = "llvm.aarch64.isb", [I32(15)]
            case _:
                return
        type_ = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments])
        self.builder.call(self.function(name, type_), arguments)

    def function(self, name: str, type_: ir.FunctionType) -> ir.Function:
        """Return the declaration of a function from outside the module."""
        found = self.module.globals.get(name)
        return ir.Function(self.module, type_, name) if found is None else found
