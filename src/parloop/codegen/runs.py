"""Machine code for functions of whole arrays: one call of NumPy's inner loop for all iterations.

    for %w0 in 0:n:1 { %s1[%w0] = np.exp(%s0[%w0]) }

Staging makes these loops where the bits are the same (`staging.mapped`). Only where all subscripts
were proved to lie inside, and in the fast variant: else there is a call for each element.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llvmlite import ir

from parloop.codegen.events import I64, POINTER
from parloop.codegen.externals import ufunc_loop
from parloop.codegen.scalar_loops import call_loop_of, store_number
from parloop.ir.nodes import Call, Const, For, Load, Store
from parloop.ir.types import PY_FLOAT, Scalar
from parloop.staging import rules
from parloop.staging.mapped import RUN
from parloop.staging.rules_base import Rule, loop_signature

if TYPE_CHECKING:
    from parloop.codegen.statements import StatementWriter


@dataclass(frozen=True, slots=True)
class Run:
    """A loop that is one call: what is called, what of, and where the results go."""

    name: str
    rule: Rule
    operands: tuple[Load | Const, ...]
    store: Store


def find_run(writer: StatementWriter, stmt: For) -> Run | None:
    """Return the call that does what `stmt` does, if there is one."""
    if writer.precise or not stmt.index.startswith(f"%{RUN}") or stmt.orelse:
        return None
    match stmt.body:
        case (Store(value=Call(callee=callee, arguments=arguments)) as store,):
            pass
        case _:
            return None
    operands = tuple(part for part in arguments if isinstance(part, Load | Const))
    loads = [part for part in operands if isinstance(part, Load)]
    if len(operands) < len(arguments) or writer.is_noted(store.array):
        return None
    if any(id(node) not in writer.inside for node in (*loads, store)):
        return None
    types = tuple(_type_of(writer, part) for part in operands)
    rule = rules.call_rule(callee, types)
    name = callee.removeprefix("numpy.")
    if rule is None or rule.result != writer.program.typing.arrays[store.array].dtype:
        return None
    for part, type_, computed in zip(operands, types, rule.compute, strict=True):
        if isinstance(part, Load) and type_ != computed:
            return None
        if isinstance(part, Const) and type(part.value) is not float:
            return None
    if ufunc_loop(name, loop_signature(rule.compute, rule.result)) is None:
        return None
    return Run(name, rule, operands, store)


def _type_of(writer: StatementWriter, part: Load | Const) -> Scalar:
    return writer.program.typing.arrays[part.array].dtype if isinstance(part, Load) else PY_FLOAT


def emit_run(
    writer: StatementWriter,
    stmt: For,
    run: Run,
    bounds: tuple[ir.Value, ir.Value],
    start: ir.Value,
    step: ir.Value,
) -> None:
    """Write iterations `lo` .. `hi` - 1 of the loop as one call."""
    builder, (lo, hi) = writer.builder, bounds
    if run.rule.flags:
        writer.program.watches_flags = True
    some, after = (writer.function.append_basic_block(name) for name in ("run", "after"))
    builder.cbranch(builder.icmp_signed("<", lo, hi), some, after)
    builder.position_at_end(some)
    nodes = (*run.operands, run.store)
    types = (*run.rule.compute, run.rule.result)
    writer.iteration(stmt, lo, start, step)
    first = [_address(writer, node, type_) for node, type_ in zip(nodes, types, strict=True)]
    last_index = builder.sub(hi, I64(1))
    writer.iteration(stmt, last_index, start, step)
    steps = builder.sub(last_index, lo)
    divisor = builder.select(builder.icmp_signed("==", steps, I64(0)), I64(1), steps)
    pointers, strides = (
        writer.slot(ir.ArrayType(type_, len(nodes))) for type_ in (POINTER, I64)
    )
    count = writer.slot(I64)
    builder.store(builder.sub(hi, lo), count)
    for place, (node, type_, address) in enumerate(zip(nodes, types, first, strict=True)):
        stride: ir.Value = I64(0)
        if not isinstance(node, Const):
            last = builder.ptrtoint(_address(writer, node, type_), I64)
            apart = builder.sub(last, builder.ptrtoint(address, I64))
            stride = builder.sdiv(apart, divisor)
            one = builder.icmp_signed("==", steps, I64(0))
            stride = builder.select(one, I64(type_.bits // 8), stride)
        at = [I64(place)]
        builder.store(address, builder.gep(pointers, at, source_etype=POINTER))
        builder.store(stride, builder.gep(strides, at, source_etype=I64))
    call_loop_of(writer, run.name, run.rule, [pointers, count, strides])
    builder.branch(after)
    builder.position_at_end(after)


def _address(writer: StatementWriter, node: Load | Const | Store, type_: Scalar) -> ir.Value:
    if not isinstance(node, Const):
        return writer.address(node, type_)
    room = writer.slot(ir.ArrayType(I64, 2))
    number = ir.Constant(ir.FloatType() if type_.bits == 32 else ir.DoubleType(), node.value)
    store_number(writer.builder, type_, number, room)
    return room
