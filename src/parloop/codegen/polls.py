"""Places at which a kernel looks whether its slice is to be given up.

An iteration of the outermost loop may take seconds. Where the plan asks for it, every loop around
others looks at a word at the end of each iteration, `while` in each round, blocks when they begin,
and innermost loops once in many iterations. Who finds it set leaves its function at once; what the
slice has written is put back by the driver.
"""

from __future__ import annotations

from llvmlite import ir

from parloop.codegen.events import I64
from parloop.codegen.function import FunctionWriter
from parloop.codegen.layout import ABANDONED
from parloop.ir.nodes import Const, For, While
from parloop.ir.walk import statements

STRIP = 1 << 18
"""An innermost loop looks once in so many iterations: some milliseconds, and too few to count."""


def emit_poll(writer: FunctionWriter) -> None:
    """Write a look at the word; nothing if the plan asks for none."""
    if not writer.program.plan.polls:
        return
    flag = writer.builder.load_atomic(writer.interrupt, "monotonic", 8, typ=I64)
    leave_if(writer, writer.builder.icmp_signed("!=", flag, I64(0)))


def goes_on(writer: FunctionWriter, again: ir.Value) -> ir.Value:
    """Return whether a loop has another round: not if `emit_poll` behind it is going to leave."""
    if not writer.program.plan.polls:
        return again
    flag = writer.builder.load_atomic(writer.interrupt, "monotonic", 8, typ=I64)
    return writer.builder.and_(again, writer.builder.icmp_signed("==", flag, I64(0)))


def leave_after(writer: FunctionWriter, status: ir.Value) -> None:
    """Leave the function, too, where its blocks were given up: what they left means nothing."""
    if writer.program.plan.polls:
        given_up = writer.builder.and_(status, I64(ABANDONED))
        leave_if(writer, writer.builder.icmp_signed("!=", given_up, I64(0)))


def leave_if(writer: FunctionWriter, condition: ir.Value) -> None:
    """Write a way out of the function, which then says that the slice was given up."""
    if writer.way_out is None:
        writer.way_out = writer.function.append_basic_block("given.up")
        ir.IRBuilder(writer.way_out).ret(I64(ABANDONED))
    go_on = writer.function.append_basic_block("go.on")
    writer.builder.cbranch(condition, writer.way_out, go_on)
    writer.builder.position_at_end(go_on)


def is_innermost(loop: For) -> bool:
    """Return whether there is no loop inside."""
    return not any(isinstance(stmt, For | While) for stmt in statements(loop.body))


def has_strips(writer: FunctionWriter, loop: For) -> bool:
    """Return whether a loop is written in strips, after each of which it looks at the word."""
    if not writer.program.plan.polls or not is_innermost(loop):
        return False
    match loop.start, loop.stop:
        case Const(value=int(start)), Const(value=int(stop)):
            return stop - start > STRIP
    return True
