"""Machine code for loops that run in order, and for those cut into blocks for the cores.

A parallel loop becomes a function of its own, `(context, block, worker) -> status`, which the pool
calls once a block. The context is a block of words: where the record is, the iterations to run, and
the variables as they stand before the loop. Each block leaves its variables in a row of the scratch
memory, with a word that says whether it assigned them; the rows are put together in order of the
blocks, so that what the last iteration assigned is what stays, and partial results of reductions
are combined.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from parloop.codegen import flags
from parloop.codegen.chunks import Chunked
from parloop.codegen.copies import Copied, copy_places, room_for
from parloop.codegen.estimate import emit_work
from parloop.codegen.events import I1, I64, POINTER
from parloop.codegen.function import Program
from parloop.codegen.groups import GroupWriter
from parloop.codegen.layout import MAX_BLOCKS, Header, representatives, words_of
from parloop.codegen.polls import emit_poll, leave_after
from parloop.codegen.reductions import Row
from parloop.codegen.saves import emit_saves
from parloop.ir.nodes import For, Name, While
from parloop.ir.walk import all_expressions, bound_names, statements
from parloop.schedule.combining import (
    ArrayFold,
    Choice,
    Combining,
    Fold,
    OwnArray,
    combining,
)
from parloop.schedule.pieces import pieces_of

_RECORD, _LO, _HI, _BLOCKS, _CHUNK, _START, _STEP, _ROWS, _COPIES, _COPY_WORDS = range(10)
AROUND = 10
"""First of the words for what a subclass has its blocks know: iterations of a loop around."""
_VARIABLES = AROUND + 4
"""The words of a context."""

BLOCK_WORK = 8_000
"""A block has at least this many operations: handing one out costs about as much as a hundred."""


def region_arrays(loop: For, program: Program) -> tuple[str, ...]:
    """Return the arrays that `loop` touches."""
    names = {e.array for e in all_expressions((loop,)) if hasattr(e, "array")}
    names |= {s.array for s in statements((loop,)) if hasattr(s, "array")}
    return tuple(n for n in program.typing.arrays if n in names)


def used_names(loop: For) -> set[str]:
    """Return the scalar names that `loop` reads or binds, its bounds not counted."""
    names = {e.id for e in all_expressions(loop.body) if isinstance(e, Name)}
    return names | bound_names((loop,))


class RegionWriter(GroupWriter):
    """Writes statements, and hands the loops that the plan gives to the cores to the pool."""

    in_region = False
    context: ir.Value = None
    """The context of the block, in a function that runs one."""

    has_loops = False
    """Whether a loop runs here: not only its blocks, elsewhere."""

    def counted(
        self, stmt: For, lo: ir.Value, hi: ir.Value, start: ir.Value, step: ir.Value
    ) -> None:
        """Write iterations `lo` .. `hi` - 1 of a loop, in order or across the cores."""
        number = self.program.loop_numbers[id(stmt)]
        if number in self.program.plan.pieces and not self.precise and not self.in_region:
            for piece in self.pieces(stmt, number):
                self.counted(piece, lo, hi, start, step)
            self.block(self.else_of(stmt))
            return
        on_cores = not self.in_region and number in self.program.plan.cores
        if on_cores and self.precise and (sums := self.regrouped(stmt)):
            self.groups_in_order(stmt, (lo, hi, start, step), sums)
            self.block(self.else_of(stmt))
            return
        if self.precise or not on_cores:
            self.has_loops = True
            super().counted(stmt, lo, hi, start, step)
            return
        row = self.row_of(stmt)
        region = self.region_function(stmt, number, row)
        if any(isinstance(how, OwnArray) for how in self.copied_arrays(stmt).values()):
            self.if_room(stmt, region, row, (lo, hi, start, step))
        else:
            self.dispatch_blocks(stmt, region, row, (lo, hi, start, step))
        self.block(self.else_of(stmt))

    def if_room(
        self,
        stmt: For,
        region: ir.Function,
        row: Row,
        bounds: tuple[ir.Value, ir.Value, ir.Value, ir.Value],
    ) -> None:
        """Write the blocks where there is memory for their arrays, and the loop in order else.

        Then the loops inside take the cores.
        """
        lo, hi, start, step = bounds
        blocks = self.block_count(stmt, self.builder.sub(hi, lo), lo, start, step)
        several = self.builder.icmp_signed(">", blocks, I64(1))
        with self.builder.if_else(several) as (then, otherwise):
            with then:
                self.dispatch_blocks(stmt, region, row, bounds)
            with otherwise:
                self.has_loops = True
                super().counted(stmt, lo, hi, start, step)

    def while_loop(self, stmt: While) -> None:
        """Write `while`."""
        self.has_loops = True
        super().while_loop(stmt)

    def repeat(self, count: ir.Value, body: Callable[[ir.Value], None]) -> None:
        """Write a loop over elements of a copy, or over groups."""
        self.has_loops = True
        super().repeat(count, body)

    def pieces(self, stmt: For, number: int) -> tuple[For, ...]:
        """Return the loops, one after another, that a loop is cut into (Kennedy & Allen, 6.2)."""
        program = self.program
        found = pieces_of(stmt, number, program.plan.pieces[number], program.loop_numbers)
        program.pieces += found
        return found

    def row_of(self, stmt: For) -> Row:
        """Return the layout of the rows that the blocks of a loop leave."""
        first: dict[str, int] = {}
        word = 0
        layout = self.program.layout
        for name in sorted(bound_names((stmt,))):
            first[name] = word
            word += 2 + sum(words_of(m) for m in representatives(layout.members[name]))
        bounds: dict[str, int] = {}
        for name, how in self.combinings(stmt).items():
            if isinstance(how, Fold) and how.bounded:
                bounds[name] = word
                word += 2
        peaks: dict[str, int] = {}
        for name, fold in self.array_folds(stmt).items():
            if fold.bounded:
                peaks[name] = word
                word += 1
        needed = word * MAX_BLOCKS + room_for(self.copied_arrays(stmt))
        self.program.scratch_words = max(self.program.scratch_words, needed)
        return Row(first, bounds, peaks, word)

    # the calling side

    def dispatch_blocks(
        self,
        stmt: For,
        region: ir.Function,
        row: Row,
        bounds: tuple[ir.Value, ir.Value, ir.Value, ir.Value],
        around: tuple[ir.Value, ...] = (),
    ) -> None:
        """Write the call of the pool, or of the loop's function where it does not pay."""
        lo, hi, start, step = bounds
        builder = self.builder
        layout = self.program.layout
        context = self.slot(ir.ArrayType(I64, _VARIABLES + layout.n_words))
        trips = builder.sub(hi, lo)
        copied = self.copied_arrays(stmt)
        copy_words = self.words_of_copies(copied)
        blocks = self.block_count(stmt, trips, lo, start, step)
        any_blocks = builder.icmp_signed(">", blocks, I64(0))
        chunk = self.chunk(trips, builder.select(any_blocks, blocks, I64(1)))
        paying = blocks
        if self.regrouped(stmt):
            chunk = self.group_size(stmt, self.whole_trips(stmt, lo, hi))
            blocks = builder.sdiv(builder.add(trips, builder.sub(chunk, I64(1))), chunk)
        record = builder.ptrtoint(self.record, I64)
        rows = self.header(Header.SCRATCH)
        copies = builder.add(rows, I64(8 * row.n_words * MAX_BLOCKS))
        words = (record, lo, hi, blocks, chunk, start, step, rows, copies, copy_words, *around)
        for index, word in enumerate(words):
            builder.store(word, self.word(index, context))
        for name in sorted(used_names(stmt)):
            self.spill(name, _VARIABLES + layout.variables[name], context)
        if self.regrouped(stmt):
            status = self.run_groups(region, context, blocks, paying)
        else:
            status = self.run_blocks(region, context, blocks)
        self.note_status(status)
        self.collect(stmt, row, blocks)
        self.merge_copies(copied, row, blocks, copies)

    def block_count(
        self,
        stmt: For,
        trips: ir.Value,
        lo: ir.Value,
        start: ir.Value,
        step: ir.Value,
    ) -> ir.Value:
        """Return into how many blocks the loop is cut: enough to balance, so few that it pays."""
        builder = self.builder
        work = emit_work(self, stmt, trips, lo, start, step)
        most = self.header(Header.BLOCKS)
        paying = builder.udiv(work, I64(BLOCK_WORK))
        limits = [most, trips, I64(MAX_BLOCKS), *self.most_copies(self.copied_arrays(stmt), work)]
        for limit in limits:
            smaller = builder.icmp_signed("<", limit, paying)
            paying = builder.select(smaller, limit, paying)
        some = builder.icmp_signed(">", paying, I64(1))
        blocks = builder.select(some, paying, I64(1))
        # Equal chunks may need fewer blocks than asked for; none may be empty.
        chunk = self.chunk(trips, blocks)
        needed = builder.udiv(builder.add(trips, builder.sub(chunk, I64(1))), chunk)
        return builder.select(builder.icmp_signed(">", trips, I64(0)), needed, I64(0))

    def chunk(self, trips: ir.Value, blocks: ir.Value) -> ir.Value:
        """Return how many iterations a block has; 1 where there are no blocks."""
        builder = self.builder
        blocks = builder.select(builder.icmp_signed(">", blocks, I64(1)), blocks, I64(1))
        size = builder.udiv(builder.add(trips, builder.sub(blocks, I64(1))), blocks)
        return builder.select(builder.icmp_signed(">", size, I64(0)), size, I64(1))

    def run_blocks(self, region: ir.Function, context: ir.Value, blocks: ir.Value) -> ir.Value:
        """Run all blocks, several through the pool, and return their statuses or-ed."""
        builder = self.builder
        several = self.function.append_basic_block("pool")
        alone = self.function.append_basic_block("alone")
        some = self.function.append_basic_block("some")
        after = self.function.append_basic_block("joined")
        builder.cbranch(builder.icmp_signed(">", blocks, I64(1)), several, some)
        builder.position_at_end(several)
        run_type = ir.FunctionType(I64, [POINTER, POINTER, I64])
        run = builder.inttoptr(self.header(Header.RUN), POINTER)
        together = _call_pointer(builder, run, run_type, [region, context, blocks])
        builder.branch(after)
        builder.position_at_end(some)
        empty = builder.icmp_signed("==", blocks, I64(0))
        builder.cbranch(empty, after, alone)
        builder.position_at_end(alone)
        one = builder.call(region, [context, I64(0), I64(0)])
        builder.branch(after)
        builder.position_at_end(after)
        status = builder.phi(I64)
        status.add_incoming(together, several)
        status.add_incoming(I64(0), some)
        status.add_incoming(one, alone)
        return status

    def run_groups(
        self, region: ir.Function, context: ir.Value, blocks: ir.Value, paying: ir.Value
    ) -> ir.Value:
        """Run all blocks; on this thread, one after the other, where more threads do not pay."""
        builder = self.builder
        status = self.slot(I64)
        builder.store(I64(0), status)

        def run_one(number: ir.Value) -> None:
            one = builder.call(region, [context, number, I64(0)])
            builder.store(builder.or_(builder.load(status, typ=I64), one), status)

        with builder.if_else(builder.icmp_signed(">", paying, I64(1))) as (then, otherwise):
            with then:
                builder.store(self.run_blocks(region, context, blocks), status)
            with otherwise:
                self.repeat(blocks, run_one)
        return builder.load(status, typ=I64)

    def note_status(self, status: ir.Value) -> None:
        """Keep what the blocks reported: trips in the trip flag, flags in the status slot."""
        builder = self.builder
        tripped = builder.or_(builder.load(self.trip, typ=I1), builder.trunc(status, I1))
        builder.store(tripped, self.trip)
        before = builder.load(self.status, typ=I64)
        builder.store(builder.or_(before, status), self.status)
        leave_after(self, status)

    @property
    def status(self) -> ir.Value:
        """Return the slot of the function's status."""
        if not hasattr(self, "_status"):
            self._status = self.slot(I64)
            self.allocas.store(I64(0), self._status)
        return self._status

    def collect(self, stmt: For, row: Row, blocks: ir.Value) -> None:
        """Take over what the blocks left of each variable: put together, or of the last block."""
        combinings = self.combinings(stmt)
        rows = self.builder.inttoptr(self.header(Header.SCRATCH), POINTER)
        if combinings:
            forwards = self.block_counter(blocks, backwards=False)
            at = self.row_at(rows, row, forwards.number)
            for name in row.first:
                if name in combinings:
                    self.combine(name, combinings[name], row, at)
            forwards.close(I1(1))
        together = companions(combinings)
        plain = [name for name in row.first if name not in combinings and name not in together]
        if plain:
            self.take_last(plain, rows, row, blocks)

    def combinings(self, stmt: For) -> dict[str, Combining]:
        """Return how the reductions of a loop on the cores are combined, by their targets."""
        found: dict[str, Combining] = {}
        for reduction in self.program.plan.cores[self.program.loop_numbers[id(stmt)]]:
            how = combining(reduction, self.program.typing, stmt, regroup=self.program.plan.regroup)
            assert how is not None
            found[reduction.target] = how
        return found

    def regrouped(self, stmt: For) -> dict[str, Fold]:
        """Return the sums of floats that are taken in groups."""
        found = self.combinings(stmt).items()
        return {n: how for n, how in found if isinstance(how, Fold) and how.regrouped}

    def array_folds(self, stmt: For) -> dict[str, ArrayFold]:
        """Return the arrays of which each block has a copy."""
        found = self.combinings(stmt).items()
        return {name: how for name, how in found if isinstance(how, ArrayFold)}

    def copied_arrays(self, stmt: For) -> dict[str, Copied]:
        """Return these, and the arrays of which each block has one of its own."""
        found = self.combinings(stmt).items()
        return {name: how for name, how in found if isinstance(how, ArrayFold | OwnArray)}

    # the side of the blocks

    def region_function(self, stmt: For, number: int, row: Row) -> ir.Function:
        """Return the function that runs one block: it gives the body pointers that do not alias."""
        body, arrays = self.region_body(stmt, number, row)
        function = ir.Function(
            self.module, ir.FunctionType(I64, [POINTER, I64, I64]), f"region{number}"
        )
        function.linkage = "internal"
        self.program.apart.append(function.name)
        context, block, _ = function.args
        builder = ir.IRBuilder(function.append_basic_block("entry"))

        def word(index: int, type_: ir.Type = I64) -> ir.Value:
            at = builder.gep(context, [I64(index)], source_etype=I64)
            return builder.load(at, typ=type_)

        blocks = word(_BLOCKS)
        chunk = word(_CHUNK)
        lo = builder.add(word(_LO), builder.mul(chunk, block))
        end = builder.add(lo, chunk)
        past = builder.icmp_signed(">", end, word(_HI))
        hi = builder.select(past, word(_HI), end)
        record = word(_RECORD, POINTER)
        rows = word(_ROWS, POINTER)
        at = builder.gep(rows, [builder.mul(block, I64(row.n_words))], source_etype=I64)
        pointers = []
        for name in arrays:
            first = builder.gep(
                record, [I64(self.program.layout.arrays[name])], source_etype=I64
            )
            pointers.append(builder.load(first, typ=POINTER))
        if number == 0 and self.program.plan.chunks:
            run = Chunked(builder, self.program, record, word(_START), block)
            given = record, context, at
            run.emit(lo, hi, lambda a, b: builder.call(body, [*given, a, b, *pointers]))
        if number == 0 and self.program.plan.saves:
            place = builder.add(lo, word(_START)), builder.sub(lo, word(_LO))
            emit_saves(builder, self.program, record, place, builder.sub(hi, lo))
        place = builder.mul(builder.mul(block, word(_COPY_WORDS)), I64(8))
        copy = builder.gep(word(_COPIES, POINTER), [place], source_etype=ir.IntType(8))
        places = copy_places(builder, self.program, self.copied_arrays(stmt), record)
        several = builder.icmp_signed(">", blocks, I64(1))
        last = builder.icmp_signed(">=", builder.add(block, I64(1)), blocks)
        for name, found in places.items():
            position = arrays.index(name)
            array = pointers[position]
            pointers[position] = found.begin(self.module, copy, array, several, last)
        saved = flags.clear(builder, self.module)
        status = builder.call(body, [record, context, at, lo, hi, *pointers])
        raised = flags.read(builder, self.module, saved)
        builder.ret(builder.or_(status, raised))
        return function

    def region_body(self, stmt: For, number: int, row: Row) -> tuple[ir.Function, tuple[str, ...]]:
        """Return the function that runs iterations of one block, and the arrays that it takes."""
        program = self.program
        arrays = region_arrays(stmt, program)
        type_ = ir.FunctionType(I64, [POINTER] * 3 + [I64] * 2 + [POINTER] * len(arrays))
        function = ir.Function(self.module, type_, f"region{number}.body")
        function.linkage = "internal"
        function.attributes.add("noinline")
        record, context, at, lo, hi, *pointers = function.args
        if program.plan.noalias:
            for argument in (record, context, at, *pointers):
                argument.add_attribute("noalias")
        writer = type(self)(program, function, record)
        writer.in_region = True
        writer.inside = self.inside
        emit_poll(writer)
        writer.open_arrays(arrays, dict(zip(arrays, pointers, strict=True)))
        blocks = writer.builder.load(writer.word(_BLOCKS, context), typ=I64)
        writer.begin_copies(self.array_folds(stmt), blocks)
        bound = bound_names((stmt,))
        combinings = self.combinings(stmt)
        plain_folds = {n for n, c in combinings.items() if isinstance(c, Fold) and not c.tracked}
        for name in sorted(used_names(stmt)):
            writer.declare(name, track=name in bound - plain_folds)
            writer.fetch(name, _VARIABLES + program.layout.variables[name], context)
        writer.begin_partials(combinings)
        start = writer.builder.load(writer.word(_START, context), typ=I64)
        step = writer.builder.load(writer.word(_STEP, context), typ=I64)
        plain = For(stmt.index, stmt.start, stmt.stop, stmt.step, stmt.body, (), stmt.span)
        program.loop_numbers[id(plain)] = number
        writer.context = context
        sums = self.regrouped(stmt)
        if sums:
            writer.group(plain, (lo, hi, start, step), sums)
        else:
            writer.counted(plain, lo, hi, start, step)
        for name, first in row.first.items():
            assigned = writer.variables[name].assigned
            if assigned is not None:
                flag = writer.builder.zext(
                    writer.builder.load(assigned, typ=I1), I64
                )
                writer.builder.store(flag, writer.word(first, at))
            writer.spill(name, first + 1, at)
        writer.leave_bounds(row, at)
        writer.leave_peaks(row, at)
        tripped = writer.builder.load(writer.trip, typ=I1)
        writer.builder.ret(writer.builder.zext(tripped, I64))
        writer.finish()
        return function, arrays


def companions(combinings: dict[str, Combining]) -> frozenset[str]:
    """Return the variables that are set together with a minimum or maximum."""
    return frozenset(
        name for how in combinings.values() if isinstance(how, Choice) for name in how.companions
    )


def _call_pointer(
    builder: ir.IRBuilder, pointer: ir.Value, type_: ir.FunctionType, arguments: list[ir.Value]
) -> ir.Value:
    """Call through an opaque pointer, for which the builder needs to be told the type."""
    pointer.type = type_.as_pointer()
    return builder.call(pointer, arguments)
