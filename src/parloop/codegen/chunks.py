"""Machine code that runs a block chunk by chunk, each of which can be taken back on its own.

Before a chunk its rows are copied to a room that stays in the core's cache. A chunk that trips is
put back, and ends its block; how far each block has come is for the driver (`runtime.chunks`). The
driver tells all of it in words behind the addresses of the rooms, `ChunkWord`.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from parloop.codegen import flags
from parloop.codegen.events import I64, POINTER
from parloop.codegen.function import Program
from parloop.codegen.layout import TRIPPED, ChunkWord, Header
from parloop.codegen.saves import emit_copy, load_word, row_address, row_bytes_of


class Chunked:
    """Writes the loop over the chunks of a block."""

    def __init__(
        self,
        builder: ir.IRBuilder,
        program: Program,
        record: ir.Value,
        start: ir.Value,
        number: ir.Value,
    ) -> None:
        """Begin in the function of block `number`; `start` is the index of iteration 0."""
        self.builder, self.program, self.record = builder, program, record
        self.start = start
        self.number = number

    def emit(
        self, lo: ir.Value, hi: ir.Value, call: Callable[[ir.Value, ir.Value], ir.Value]
    ) -> None:
        """Write it for iterations `lo` .. `hi` - 1; where no chunks are wanted, go on behind it."""
        builder, function = self.builder, self.builder.function
        asked, chunked, whole, chunk, undone, done, after = (
            function.append_basic_block(name)
            for name in ("asked", "chunked", "whole", "chunk", "undone", "done", "leave")
        )
        table = load_word(builder, self.record, Header.SAVE)
        builder.cbranch(builder.icmp_signed("!=", table, I64(0)), asked, whole)
        builder.position_at_end(asked)
        self.table = builder.inttoptr(table, POINTER)
        size = self.asked(ChunkWord.ROWS)
        builder.cbranch(builder.icmp_signed(">", size, I64(0)), chunked, whole)
        builder.position_at_end(chunked)
        room = builder.mul(self.number, self.asked(ChunkWord.ROOM_BYTES))
        harmful, forced = self.asked(ChunkWord.HARMFUL), self.asked(ChunkWord.FORCED)
        builder.branch(chunk)

        builder.position_at_end(chunk)
        first, seen = builder.phi(I64), builder.phi(I64)
        end = builder.add(first, size)
        end = builder.select(builder.icmp_signed("<", end, hi), end, hi)
        self.copy(first, end, room, back=False)
        before = flags.clear(builder, self.program.module)
        status = call(first, end)
        status = builder.or_(status, flags.read(builder, self.program.module, before))
        bad = builder.icmp_signed("!=", builder.and_(status, harmful), I64(0))
        bad = builder.or_(bad, builder.icmp_signed(">=", first, forced))
        seen_now = builder.or_(seen, status)
        builder.cbranch(bad, undone, done)

        builder.position_at_end(undone)
        self.copy(first, end, room, back=True)
        self.leave(first, hi)
        builder.ret(builder.or_(seen_now, I64(TRIPPED)))

        builder.position_at_end(done)
        for phi, begin, then in ((first, lo, end), (seen, I64(0), seen_now)):
            phi.add_incoming(begin, chunked)
            phi.add_incoming(then, done)
        builder.cbranch(builder.icmp_signed("<", end, hi), chunk, after)
        builder.position_at_end(after)
        self.leave(hi, hi)
        builder.ret(seen_now)
        builder.position_at_end(whole)

    def asked(self, word: ChunkWord) -> ir.Value:
        """Return what the driver asks for."""
        return load_word(self.builder, self.table, len(self.program.plan.saves) + word)

    def copy(self, first: ir.Value, end: ir.Value, room: ir.Value, *, back: bool) -> None:
        """Write the copies of a chunk's rows to their rooms, or back."""
        builder, program, record = self.builder, self.program, self.record
        for position, (name, offset) in enumerate(program.plan.saves):
            rooms = load_word(builder, self.table, position)
            with builder.if_then(builder.icmp_signed("!=", rooms, I64(0))):
                row = builder.add(builder.add(first, self.start), I64(offset))
                place = row_address(builder, program, record, name, row)
                kept = builder.add(rooms, room)
                row_bytes = row_bytes_of(builder, program, record, name)
                n_bytes = builder.mul(builder.sub(end, first), row_bytes)
                to, source = (place, kept) if back else (kept, place)
                emit_copy(builder, program, to, source, n_bytes)

    def leave(self, first: ir.Value, hi: ir.Value) -> None:
        """Write down which iterations of this block have not run."""
        builder = self.builder
        left = builder.inttoptr(self.asked(ChunkWord.LEFT), POINTER)
        for word, value in enumerate((first, hi)):
            at = builder.add(builder.mul(self.number, I64(2)), I64(word))
            builder.store(value, builder.gep(left, [at], source_etype=I64))
