"""Machine code for one operation on numbers, by the rule that `staging.rules` gives for it.

Operands come in their own types and are converted here. Exceptions and warnings go to the emitter.
"""

from __future__ import annotations

from collections.abc import Sequence

from llvmlite import ir

from parloop.codegen.events import F64, I1, Emitter, Value
from parloop.ir.nodes import BinaryOperator, CompareOperator, UnaryOperator
from parloop.ir.types import Scalar
from parloop.staging import rules


class UnsupportedOperation(Exception):
    """There is no rule for this operation: staging should have declined the loop."""


def emit_unary(emitter: Emitter, op: UnaryOperator, operand_type: Scalar, value: Value) -> Value:
    """Return the value of `op x`, in the type of `rules.unary_rule`."""
    builder = emitter.builder
    if op == "not":
        return builder.not_(emit_truth(emitter, operand_type, value))
    if op == "+":
        return value
    if operand_type.kind == "f":
        return builder.fneg(value)
    if op == "~":
        return builder.not_(value)
    emitter.raises(builder.icmp_signed("==", value, ir.Constant(value.type, -(2**63))))
    return builder.neg(value)


def emit_binary(
    emitter: Emitter, op: BinaryOperator, types: tuple[Scalar, Scalar], values: tuple[Value, Value]
) -> Value:
    """Return the value of `x op y`, in the type of `rules.binary_rule`."""
    rule = _required(rules.binary_rule(op, *types), op, types)
    left, right = _converted(emitter, types, rule, values)
    builder = emitter.builder
    if rule.result.kind == "f":
        return {"+": builder.fadd, "-": builder.fsub, "*": builder.fmul}[op](left, right)
    with_overflow = {
        "+": builder.sadd_with_overflow,
        "-": builder.ssub_with_overflow,
        "*": builder.smul_with_overflow,
    }[op](left, right)
    emitter.raises(builder.extract_value(with_overflow, 1))
    return builder.extract_value(with_overflow, 0)


def emit_compare(
    emitter: Emitter, op: CompareOperator, types: tuple[Scalar, Scalar], values: tuple[Value, Value]
) -> Value:
    """Return `x op y` as an `i1`."""
    rule = _required(rules.compare_rule(op, *types), op, types)
    left, right = _converted(emitter, types, rule, values)
    if rule.compute[0].kind == "f":
        ordered = emitter.builder.fcmp_unordered if op == "!=" else emitter.builder.fcmp_ordered
        return ordered(op, left, right)
    return emitter.builder.icmp_signed(op, left, right)


def emit_call(
    emitter: Emitter, callee: str, types: tuple[Scalar, ...], values: tuple[Value, ...]
) -> Value:
    """Return the value of a call, in the type of `rules.call_rule`."""
    raise UnsupportedOperation(callee)


def emit_convert(emitter: Emitter, value: Value, source: Scalar, target: Scalar) -> Value:
    """Return `value` as an operand of type `target`, with the events of the conversion."""
    if source.kind == target.kind:
        return value
    if source.kind == "i" and target.kind == "f":
        return emitter.builder.sitofp(value, F64)
    raise UnsupportedOperation(f"{source} to {target}")


def emit_store_value(emitter: Emitter, dtype: Scalar, value_type: Scalar, value: Value) -> Value:
    """Return the element that `a[i] = value` leaves in an array of `dtype`."""
    return emit_convert(emitter, value, value_type, dtype)


def emit_truth(emitter: Emitter, operand_type: Scalar, value: Value) -> Value:
    """Return `bool(x)` as an `i1`."""
    match operand_type.kind:
        case "b":
            return value
        case "i" | "u":
            return emitter.builder.icmp_signed("!=", value, ir.Constant(value.type, 0))
        case "f":
            return emitter.builder.fcmp_unordered("!=", value, ir.Constant(value.type, 0.0))
        case _:
            zero = ir.Constant(value[0].type, 0.0)
            parts = [emitter.builder.fcmp_unordered("!=", part, zero) for part in value]
            return emitter.builder.or_(*parts)


def constant(scalar: Scalar, number: complex) -> Value:
    """Return a number as a constant of its register type."""
    from parloop.codegen.events import llvm_type

    if scalar.kind == "c":
        parts = complex(number)
        return tuple(ir.Constant(llvm_type(scalar), part) for part in (parts.real, parts.imag))
    return ir.Constant(I1 if scalar.kind == "b" else llvm_type(scalar), number)


def _required(rule: rules.Rule | None, op: str, types: Sequence[Scalar]) -> rules.Rule:
    if rule is None:
        raise UnsupportedOperation(f"{op} of {', '.join(map(str, types))}")
    return rule


def _converted(
    emitter: Emitter, types: Sequence[Scalar], rule: rules.Rule, values: Sequence[Value]
) -> list[Value]:
    triples = zip(values, types, rule.compute, strict=True)
    return [emit_convert(emitter, value, source, target) for value, source, target in triples]
