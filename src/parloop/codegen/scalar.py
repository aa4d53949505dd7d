"""Machine code for one operation on numbers, by the rule that `staging.rules` gives for it.

Operands come in their own types and are converted here. Exceptions and warnings go to the emitter;
in the precise variant the builder may stand in another block afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

from llvmlite import ir

from parloop.codegen.events import Emitter, Value
from parloop.codegen.scalar_call import emit_builtin, emit_math, emit_numpy_type, emit_ufunc
from parloop.codegen.scalar_common import UnsupportedOperationError, constant, opaque
from parloop.codegen.scalar_compare import emit_comparison
from parloop.codegen.scalar_complex import emit_complex_binary, emit_complex_unary
from parloop.codegen.scalar_convert import emit_convert, emit_store_value, emit_truth
from parloop.codegen.scalar_float import emit_float_binary
from parloop.codegen.scalar_int import emit_int_binary, emit_int_unary
from parloop.codegen.scalar_loops import emit_loop, load_number, store_number
from parloop.ir.nodes import BinaryOperator, CompareOperator, UnaryOperator
from parloop.ir.types import Scalar
from parloop.staging import rules
from parloop.staging.rules_base import is_python, numpy_scalar
from parloop.staging.rules_calls import UFUNC_COMPARISONS, UFUNC_OPERATORS, inline_operator
from parloop.staging.rules_operators import UFUNCS

__all__ = [
    "UnsupportedOperationError",
    "constant",
    "emit_binary",
    "emit_call",
    "emit_compare",
    "emit_convert",
    "emit_store_value",
    "emit_truth",
    "emit_unary",
    "load_number",
    "store_number",
]


def emit_unary(emitter: Emitter, op: UnaryOperator, operand_type: Scalar, value: Value) -> Value:
    """Return the value of `op x`, in the type of `rules.unary_rule`."""
    if op == "not":
        return emitter.builder.not_(emit_truth(emitter, operand_type, value))
    rule = _required(rules.unary_rule(op, operand_type), op, (operand_type,))
    (converted,) = _converted(emitter, (operand_type,), rule, (value,))
    match rule.compute[0].kind:
        case "b":
            return emitter.builder.not_(converted)
        case "i" | "u":
            return emit_int_unary(emitter, op, rule, converted)
        case "f":
            return emitter.builder.fneg(converted) if op == "-" else converted
        case _:
            return emit_complex_unary(emitter, op, converted)


def emit_binary(
    emitter: Emitter, op: BinaryOperator, types: tuple[Scalar, Scalar], values: tuple[Value, Value]
) -> Value:
    """Return the value of `x op y`, in the type of `rules.binary_rule`."""
    rule = _required(rules.binary_rule(op, *types), op, types)
    left, right = _converted(emitter, types, rule, values)
    return _arithmetic(emitter, op, rule, left, right)


def emit_divmod(
    emitter: Emitter, callee: str, types: tuple[Scalar, Scalar], values: tuple[Value, Value]
) -> Value:
    """Return one of the two results of `divmod(x, y)`, in the type of `rules.divmod_rule`."""
    rule = _required(rules.divmod_rule(callee, *types), callee, types)
    left, right = _converted(emitter, types, rule, values)
    return _arithmetic(emitter, rules.DIVMOD[callee], rule, left, right)


def emit_compare(
    emitter: Emitter, op: CompareOperator, types: tuple[Scalar, Scalar], values: tuple[Value, Value]
) -> ir.Value:
    """Return `x op y` as an `i1`."""
    rule = _required(rules.compare_rule(op, *types), op, types)
    left, right = _converted(emitter, types, rule, values)
    return emit_comparison(emitter, op, rule.compute, left, right)


def emit_call(
    emitter: Emitter, callee: str, types: tuple[Scalar, ...], values: tuple[Value, ...]
) -> Value:
    """Return the value of a call, in the type of `rules.call_rule`."""
    module, _, name = callee.partition(".")
    if callee == "builtins.pow" and len(types) == 2:
        return emit_binary(emitter, "**", (types[0], types[1]), (values[0], values[1]))
    rule = _required(rules.call_rule(callee, types), callee, types)
    if module == "builtins":
        return emit_builtin(emitter, name, rule, types, values)
    if module == "numpy" and numpy_scalar(name) is not None:
        return emit_numpy_type(emitter, rule, types, values)
    if module == "numpy":
        values = tuple(opaque(emitter, v) if isinstance(v, ir.Constant) else v for v in values)
    converted = tuple(_converted(emitter, types, rule, values))
    if module == "math":
        return emit_math(emitter, name, rule, converted)
    if name in UFUNC_COMPARISONS:
        return emit_comparison(emitter, UFUNC_COMPARISONS[name], rule.compute, *converted)
    if name in UFUNC_OPERATORS and inline_operator(name, rule.compute[0]):
        return _arithmetic(emitter, UFUNC_OPERATORS[name], rule, *converted)
    # Python's numbers may be constants, of which the processor sets no flags.
    by_value = is_python(*types)
    return emit_ufunc(emitter, name, rule, converted, by_value=by_value)


def _arithmetic(
    emitter: Emitter, op: BinaryOperator, rule: rules.Rule, left: Value, right: Value
) -> Value:
    match rule.compute[0].kind:
        case "b":
            return _logic(emitter, op, left, right)
        case "i" | "u":
            return emit_int_binary(emitter, op, rule, left, right)
        case "f" if op == "**" and rule.owner == "numpy-loop":
            return emit_loop(emitter, UFUNCS[op], rule, (left, right))
        case "f":
            return emit_float_binary(emitter, op, rule, left, right)
        case _:
            return emit_complex_binary(emitter, op, rule, left, right)


def _logic(emitter: Emitter, op: BinaryOperator, left: Value, right: Value) -> Value:
    """Return `x op y` of truth values: a sum is `or`, a product `and`."""
    builder = emitter.builder
    match op:
        case "+" | "|":
            return builder.or_(left, right)
        case "*" | "&":
            return builder.and_(left, right)
        case "^":
            return builder.xor(left, right)
        case _:
            raise UnsupportedOperationError(op)


def _required(rule: rules.Rule | None, op: str, types: Sequence[Scalar]) -> rules.Rule:
    if rule is None:
        raise UnsupportedOperationError(f"{op} of {', '.join(map(str, types))}")
    return rule


def _converted(
    emitter: Emitter, types: Sequence[Scalar], rule: rules.Rule, values: Sequence[Value]
) -> list[Value]:
    triples = zip(values, types, rule.compute, strict=True)
    return [emit_convert(emitter, value, source, target) for value, source, target in triples]
