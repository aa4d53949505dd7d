"""Machine code that estimates how much work a loop is, to choose the number of blocks.

A count of operations, times the trip counts of the loops inside where these can be told from what
is known when the loop begins; others count as eight trips. Nothing but speed depends on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llvmlite import ir

from parloop.codegen.events import I64
from parloop.ir.nodes import Binary, Call, Const, Expr, Extent, For, If, Name, Stmt, While
from parloop.ir.types import PY_INT
from parloop.ir.walk import blocks, expressions, own_expressions

if TYPE_CHECKING:
    from parloop.codegen.statements import StatementWriter

UNKNOWN_TRIPS = 8
CALL_COST = 20
_CAP = 2**40


def emit_work(
    writer: StatementWriter,
    stmt: For,
    trips: ir.Value,
    lo: ir.Value,
    start: ir.Value,
    step: ir.Value,
) -> ir.Value:
    """Return the operations that `trips` iterations of `stmt` are, the middle one taken for all."""
    builder = writer.builder
    half = builder.udiv(trips, I64(2))
    middle = builder.add(start, builder.mul(builder.add(lo, half), step))
    return _capped(writer, trips, _body_work(writer, stmt.body, {stmt.index: middle}))


def _body_work(
    writer: StatementWriter, body: tuple[Stmt, ...], known: dict[str, ir.Value]
) -> ir.Value:
    builder = writer.builder
    constant = 1
    total: ir.Value = I64(0)
    for stmt in body:
        for expr in own_expressions(stmt):
            constant += sum(CALL_COST if isinstance(e, Call) else 1 for e in expressions(expr))
        match stmt:
            case For():
                trips = _trips(writer, stmt, known)
                half = builder.add(
                    _value(writer, stmt.start, known) or I64(0), builder.udiv(trips, I64(2))
                )
                inner = _body_work(writer, stmt.body, {**known, stmt.index: half})
                total = builder.add(total, _capped(writer, trips, inner))
            case While():
                inner = _body_work(writer, stmt.body, known)
                total = builder.add(total, _capped(writer, I64(UNKNOWN_TRIPS), inner))
            case If():
                for part in blocks(stmt):
                    total = builder.add(total, _body_work(writer, part, known))
            case _:
                pass
    return builder.add(total, I64(constant))


def _trips(writer: StatementWriter, stmt: For, known: dict[str, ir.Value]) -> ir.Value:
    start, stop = _value(writer, stmt.start, known), _value(writer, stmt.stop, known)
    if start is None or stop is None or not isinstance(stmt.step, Const):
        return I64(UNKNOWN_TRIPS)
    builder = writer.builder
    step = int(stmt.step.value.real)
    if step == 0:
        return I64(UNKNOWN_TRIPS)
    ends = (start, stop) if step > 0 else (stop, start)
    some = builder.icmp_signed("<", *ends)
    distance = builder.udiv(builder.sub(ends[1], ends[0]), I64(abs(step)))
    return builder.select(some, distance, I64(0))


def _value(writer: StatementWriter, expr: Expr, known: dict[str, ir.Value]) -> ir.Value | None:
    builder = writer.builder
    match expr:
        case Const(value=int(number)) if abs(number) < _CAP:
            return I64(int(number))
        case Name(id=name) if name in known:
            return known[name]
        case Name(id=name) if writer.program.typing.scalars.get(name) == PY_INT:
            variable = writer.variables.get(name)
            return None if variable is None else writer.get(variable, PY_INT)
        case Extent(array=array) if array in writer.arrays:
            return writer.extent(expr)
        case Binary(op="+" | "-" as op, left=left, right=right):
            one, other = _value(writer, left, known), _value(writer, right, known)
            if one is None or other is None:
                return None
            return builder.add(one, other) if op == "+" else builder.sub(one, other)
        case _:
            return None


def _capped(writer: StatementWriter, trips: ir.Value, work: ir.Value) -> ir.Value:
    """Return the product of two counts, each capped so that it cannot overflow much."""
    builder = writer.builder
    factors = []
    for factor, cap in ((trips, 2**30), (work, 2**30)):
        large = builder.icmp_unsigned(">", factor, I64(cap))
        factors.append(builder.select(large, I64(cap), factor))
    return builder.mul(*factors)
