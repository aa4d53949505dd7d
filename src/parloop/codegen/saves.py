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

    def word(base: ir.Value, position: int) -> ir.Value:
        return builder.load(builder.gep(base, [I64(position)], source_etype=I64), typ=I64)

    table = word(record, Header.SAVE)
    with builder.if_then(builder.icmp_signed("!=", table, I64(0)), likely=False):
        for position, (name, offset) in enumerate(program.plan.saves):
            room = word(builder.inttoptr(table, POINTER), position)
            with builder.if_then(builder.icmp_signed("!=", room, I64(0))):
                at, array = program.layout.arrays[name], program.typing.arrays[name]
                # Not the stride: that of an axis with one item may be anything.
                row_bytes = I64(array.dtype.bits // 8)
                for axis in range(1, array.ndim):
                    row_bytes = builder.mul(row_bytes, word(record, at + 1 + axis))
                source = builder.add(
                    word(record, at),
                    builder.mul(builder.add(index, I64(offset)), row_bytes),
                )
                target = builder.add(room, builder.mul(number, row_bytes))
                copy = program.module.declare_intrinsic("llvm.memcpy", [POINTER, POINTER, I64])
                builder.call(
                    copy,
                    [
                        builder.inttoptr(target, POINTER),
                        builder.inttoptr(source, POINTER),
                        builder.mul(rows, row_bytes),
                        I1(0),
                    ],
                )
