"""Machine code for calls: builtins, `math`, and NumPy's ufuncs on numbers."""

from __future__ import annotations

import functools
import math

import numpy
from llvmlite import ir

from parloop.codegen.events import Emitter, Value
from parloop.codegen.scalar_common import (
    all_of,
    any_of,
    copysign,
    fabs,
    intrinsic,
    is_finite,
    is_infinite,
    is_nan,
    is_zero,
    like,
)
from parloop.codegen.scalar_complex import emit_complex_abs
from parloop.codegen.scalar_convert import emit_convert, emit_numpy_conversion
from parloop.codegen.scalar_float import Flags, library
from parloop.codegen.scalar_int import emit_int_abs
from parloop.codegen.scalar_loops import emit_loop, emit_product
from parloop.codegen.scalar_python import emit_hypot, emit_round
from parloop.codegen.scalar_whole import (
    emit_common_divisor,
    emit_common_multiple,
    emit_power_modulo,
    emit_whole_root,
)
from parloop.ir.types import PY_FLOAT, PY_INT, Scalar
from parloop.staging.rules_base import Rule
from parloop.staging.rules_calls import MATH_ROUNDINGS, MATH_TESTS


def emit_builtin(
    emitter: Emitter, name: str, rule: Rule, types: tuple[Scalar, ...], values: tuple[Value, ...]
) -> Value:
    """Return a call of a builtin function or number type."""
    if name == "complex" and len(values) == 2:
        pairs = zip(values, types, strict=True)
        return tuple(emit_convert(emitter, value, scalar, PY_FLOAT) for value, scalar in pairs)
    if name in ("bool", "int", "float", "complex", "index"):
        return emit_convert(emitter, values[0], types[0], rule.result)
    if name == "pow":
        triples = zip(values, types, rule.compute, strict=True)
        return emit_power_modulo(emitter, *(emit_convert(emitter, *each) for each in triples))
    value = emit_convert(emitter, values[0], types[0], rule.compute[0])
    if name == "round" and len(values) == 2:
        digits = emit_convert(emitter, values[1], types[1], rule.compute[1])
        return emit_round(emitter, rule, rule.compute[0], value, digits)
    if name == "round":
        return _whole(emitter, "rint", rule, value)
    match rule.compute[0].kind:
        case "b":
            return value
        case "i" | "u":
            return emit_int_abs(emitter, rule, value)
        case "f":
            return fabs(emitter, value)
        case _:
            return emit_complex_abs(emitter, rule, value)


def emit_math(emitter: Emitter, name: str, rule: Rule, values: tuple[Value, ...]) -> Value:
    """Return a call of a function of `math` on converted operands."""
    value = values[0]
    if name in MATH_TESTS:
        return _TESTS[name](emitter, value)
    if name in MATH_ROUNDINGS:
        return _whole(emitter, name, rule, value)
    match name:
        case "fabs":
            return fabs(emitter, value)
        case "copysign":
            return copysign(emitter, *values)
        case "degrees":
            return emitter.builder.fmul(value, like(value, 180.0 / math.pi))
        case "radians":
            return emitter.builder.fmul(value, like(value, math.pi / 180.0))
        case "gcd":
            return emit_common_divisor(emitter, *values)
        case "lcm":
            return emit_common_multiple(emitter, *values)
        case "isqrt":
            return emit_whole_root(emitter, value)
        case "hypot":
            return emit_hypot(emitter, *values)
        case "log" if len(values) == 2:
            logarithms = [_checked(emitter, "log", (argument,)) for argument in values]
            emitter.raises(is_zero(emitter, logarithms[1]))
            return emitter.builder.fdiv(*logarithms)
        case "sqrt":
            result = intrinsic(emitter, "sqrt", value)
            emitter.raises(_is_new_nan(emitter, result, values))
            return result
        case _:
            return _checked(emitter, name, values)


def emit_ufunc(
    emitter: Emitter, name: str, rule: Rule, values: tuple[Value, ...], *, by_value: bool
) -> Value:
    """Return a call of a NumPy ufunc on converted operands.

    `by_value`: its flags are found by value even in the fast variant.
    """
    if name == "clip":
        return _clip(emitter, rule, values)
    if name == "vecdot":
        return emit_product(emitter, rule, values)
    if name in ("maximum", "minimum") and rule.compute[0].kind == "f":
        return _extreme(emitter, name, rule, values)
    inline = _INLINE.get(name)
    if inline is None or rule.compute[0].kind != "f":
        return emit_loop(emitter, name, rule, values)
    flags = Flags(emitter, rule, by_value=by_value)
    result = inline(emitter, flags, *values)
    flags.report()
    return result


def emit_numpy_type(
    emitter: Emitter, rule: Rule, types: tuple[Scalar, ...], values: tuple[Value, ...]
) -> Value:
    """Return `numpy.float32(x)` and the like."""
    return emit_numpy_conversion(emitter, values[0], types[0], rule.result)


_TESTS = {"isnan": is_nan, "isinf": is_infinite, "isfinite": is_finite}


def _checked(emitter: Emitter, name: str, values: tuple[ir.Value, ...]) -> ir.Value:
    """Return libm's result; `math` raises where numbers give no number, or finite ones infinity."""
    result = library(emitter, name, *values)
    finite = all_of(emitter, *(is_finite(emitter, value) for value in values))
    infinite = all_of(emitter, is_infinite(emitter, result), finite)
    emitter.raises(any_of(emitter, (_is_new_nan(emitter, result, values), infinite)))
    return result


def _is_new_nan(emitter: Emitter, result: ir.Value, values: tuple[ir.Value, ...]) -> ir.Value:
    numbers = [emitter.builder.not_(is_nan(emitter, value)) for value in values]
    return all_of(emitter, is_nan(emitter, result), *numbers)


def _whole(emitter: Emitter, name: str, rule: Rule, value: ir.Value) -> ir.Value:
    """Return a number rounded to a Python int, which leaves native code past 64 bits."""
    if rule.compute[0].kind != "f":
        return value
    rounded = intrinsic(emitter, name, value)
    return emit_convert(emitter, rounded, PY_FLOAT, PY_INT)


def _ufunc_sqrt(emitter: Emitter, flags: Flags, value: ir.Value) -> ir.Value:
    return flags.invalid(intrinsic(emitter, "sqrt", value), value)


def _ufunc_square(emitter: Emitter, flags: Flags, value: ir.Value) -> ir.Value:
    return flags.arithmetic(emitter.builder.fmul(value, value), value)


def _ufunc_absolute(emitter: Emitter, flags: Flags, value: ir.Value) -> ir.Value:
    return fabs(emitter, value)


def _ufunc_negative(emitter: Emitter, flags: Flags, value: ir.Value) -> ir.Value:
    return emitter.builder.fneg(value)


def _ufunc_isnan(emitter: Emitter, flags: Flags, value: ir.Value) -> ir.Value:
    return is_nan(emitter, value)


def _ufunc_isinf(emitter: Emitter, flags: Flags, value: ir.Value) -> ir.Value:
    return is_infinite(emitter, value)


def _ufunc_isfinite(emitter: Emitter, flags: Flags, value: ir.Value) -> ir.Value:
    return is_finite(emitter, value)


def _ufunc_floor(emitter: Emitter, flags: Flags, value: ir.Value) -> ir.Value:
    return intrinsic(emitter, "floor", value)


def _ufunc_ceil(emitter: Emitter, flags: Flags, value: ir.Value) -> ir.Value:
    return intrinsic(emitter, "ceil", value)


def _ufunc_trunc(emitter: Emitter, flags: Flags, value: ir.Value) -> ir.Value:
    return intrinsic(emitter, "trunc", value)


def _ufunc_rint(emitter: Emitter, flags: Flags, value: ir.Value) -> ir.Value:
    return intrinsic(emitter, "rint", value)


def _extreme(emitter: Emitter, name: str, rule: Rule, values: tuple[Value, ...]) -> ir.Value:
    """Return the operand that wins, or the first that is no number."""
    winner = winner_of_ties(name, rule.compute[0].bits)
    if winner is None:
        return emit_loop(emitter, name, rule, values)
    left, right = values
    op = {"maximum": ">", "minimum": "<"}[name] + ("=" if winner == "first" else "")
    builder = emitter.builder
    wins = builder.or_(builder.fcmp_ordered(op, left, right), is_nan(emitter, left))
    return builder.select(wins, left, right)


def _clip(emitter: Emitter, rule: Rule, values: tuple[Value, ...]) -> ir.Value:
    """Return a number between two bounds; what is equal to a bound, or no number, stays."""
    builder, (value, low, high) = emitter.builder, values
    for op, bound in ((">=", low), ("<=", high)):
        match rule.compute[0].kind:
            case "f":
                stays = builder.fcmp_ordered(op, value, bound)
                stays = builder.or_(stays, is_nan(emitter, value))
            case "i":
                stays = builder.icmp_signed(op, value, bound)
            case _:
                stays = builder.icmp_unsigned(op, value, bound)
        value = builder.select(stays, value, bound)
    return value


@functools.cache
def winner_of_ties(name: str, bits: int) -> str | None:
    """Return which of two zeros of different sign NumPy gives: the first, the second, or by sign.

    That is up to the instruction that the processor has for it.
    """
    ufunc = getattr(numpy, name)
    number = numpy.float32 if bits == 32 else numpy.float64
    plus, minus = number(0.0), number(-0.0)
    signs = [bool(numpy.signbit(ufunc(*pair))) for pair in ((plus, minus), (minus, plus))]
    return {(False, True): "first", (True, False): "second"}.get((signs[0], signs[1]))


_INLINE = {
    "ceil": _ufunc_ceil,
    "floor": _ufunc_floor,
    "rint": _ufunc_rint,
    "sqrt": _ufunc_sqrt,
    "trunc": _ufunc_trunc,
    "square": _ufunc_square,
    "absolute": _ufunc_absolute,
    "fabs": _ufunc_absolute,
    "negative": _ufunc_negative,
    "isnan": _ufunc_isnan,
    "isinf": _ufunc_isinf,
    "isfinite": _ufunc_isfinite,
}
"""The ufuncs on floats whose result is one machine instruction's, exactly rounded."""
