"""Machine code with which a block keeps the rows that it is about to overwrite.

The thread that will work on the rows copies them: they are in its cache afterwards, and all cores
copy at once.
"""

from __future__ import annotations

from llvmlite import ir

from parloop.codegen.events import I1, I64, POINTER
from parloop.codegen.function import Program
from parloop.codegen.layout import Header


def emit_saves(
    builder: ir.IRBuilder,
    program: Program,
    record: ir.Value,
    first: tuple[ir.Value, ir.Value],
    rows: ir.Value,
) -> None:
    """Write the copies, where the driver has room for them.

    `first` is the index of the block's first iteration, and its number within the slice.
    """
    index, number = first
    table = load_word(builder, record, Header.SAVE)
    with builder.if_then(builder.icmp_signed("!=", table, I64(0)), likely=False):
        for position, (name, offset) in enumerate(program.plan.saves):
            room = load_word(builder, builder.inttoptr(table, POINTER), position)
            with builder.if_then(builder.icmp_signed("!=", room, I64(0))):
                row_bytes = row_bytes_of(builder, program, record, name)
                row = builder.add(index, I64(offset))
                source = row_address(builder, program, record, name, row)
                target = builder.add(room, builder.mul(number, row_bytes))
                emit_copy(builder, program, target, source, builder.mul(rows, row_bytes))


def load_word(builder: ir.IRBuilder, base: ir.Value, position: int) -> ir.Value:
    """Return a word of a block of words."""
    return builder.load(builder.gep(base, [I64(position)], source_etype=I64), typ=I64)


def row_bytes_of(
    builder: ir.IRBuilder, program: Program, record: ir.Value, name: str
) -> ir.Value:
    """Return how many bytes a row of a contiguous array has."""
    at, array = program.layout.arrays[name], program.typing.arrays[name]
    # Not the stride: that of an axis with one item may be anything.
    row_bytes: ir.Value = I64(array.dtype.bits // 8)
    for axis in range(1, array.ndim):
        row_bytes = builder.mul(row_bytes, load_word(builder, record, at + 1 + axis))
    return row_bytes


def row_address(
    builder: ir.IRBuilder, program: Program, record: ir.Value, name: str, row: ir.Value
) -> ir.Value:
    """Return where a row of a contiguous array begins."""
    start = load_word(builder, record, program.layout.arrays[name])
    row_bytes = row_bytes_of(builder, program, record, name)
    return builder.add(start, builder.mul(row, row_bytes))


def emit_copy(
    builder: ir.IRBuilder, program: Program, to: ir.Value, source: ir.Value, n_bytes: ir.Value
) -> None:
    """Write a copy from one address to another."""
    copy = program.module.declare_intrinsic("llvm.memcpy", [POINTER, POINTER, I64])
    addresses = [builder.inttoptr(to, POINTER), builder.inttoptr(source, POINTER)]
    builder.call(copy, [*addresses, n_bytes, I1(0)])
