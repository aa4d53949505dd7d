"""Machine code for complex arithmetic: a number is the pair of its real and imaginary part."""

from __future__ import annotations

from llvmlite import ir

from parloop.codegen.events import Emitter, Value
from parloop.codegen.scalar_common import (
    UnsupportedOperationError,
    all_of,
    fabs,
    is_finite,
    is_infinite,
    like,
)
from parloop.codegen.scalar_float import Flags, library
from parloop.codegen.scalar_loops import emit_loop
from parloop.staging.rules_base import Rule


def emit_complex_unary(emitter: Emitter, op: str, value: Value) -> Value:
    """Return `-z` or `+z`."""
    return tuple(emitter.builder.fneg(part) for part in value) if op == "-" else value


def emit_complex_binary(emitter: Emitter, op: str, rule: Rule, left: Value, right: Value) -> Value:
    """Return `x op y` for two complex numbers of the type that the rule computes in."""
    if op == "*" and rule.owner == "numpy-loop":
        return emit_loop(emitter, "multiply", rule, (left, right))
    if op == "/":
        if rule.owner == "python":
            return _python_divide(emitter, left, right)
        return emit_loop(emitter, "divide", rule, (left, right))
    flags = Flags(emitter, rule)
    if op == "*":
        result: Value = _multiply(emitter, flags, left, right)
    elif op in ("+", "-"):
        combine = emitter.builder.fadd if op == "+" else emitter.builder.fsub
        result = tuple(
            flags.arithmetic(combine(x, y), x, y) for x, y in zip(left, right, strict=True)
        )
    else:
        raise UnsupportedOperationError(op)
    flags.report()
    return result


def emit_complex_abs(emitter: Emitter, rule: Rule, value: Value) -> ir.Value:
    """Return `abs(z)`; Python's raises where it is too large, NumPy's never warns."""
    result = library(emitter, "hypot", *value)
    if rule.owner == "python":
        finite = all_of(emitter, *(is_finite(emitter, part) for part in value))
        emitter.raises(all_of(emitter, is_infinite(emitter, result), finite))
    return result


def _multiply(emitter: Emitter, flags: Flags, left: Value, right: Value) -> Value:
    builder = emitter.builder
    (a, b), (c, d) = left, right
    ac, bd, ad, bc = (
        flags.arithmetic(builder.fmul(x, y), x, y) for x, y in ((a, c), (b, d), (a, d), (b, c))
    )
    real = flags.arithmetic(builder.fsub(ac, bd), ac, bd)
    return real, flags.arithmetic(builder.fadd(ad, bc), ad, bc)


def _python_divide(emitter: Emitter, left: Value, right: Value) -> Value:
    """Return CPython's quotient: by Smith's method, scaled by the larger part of the divisor."""
    builder = emitter.builder
    (a, b), (c, d) = left, right
    zero = like(c, 0.0)
    by_zero = all_of(
        emitter, builder.fcmp_ordered("==", c, zero), builder.fcmp_ordered("==", d, zero)
    )
    emitter.raises(by_zero)
    builder = emitter.builder
    real_larger = builder.fcmp_ordered(">=", fabs(emitter, c), fabs(emitter, d))
    large, small = builder.select(real_larger, c, d), builder.select(real_larger, d, c)
    ratio = builder.fdiv(small, large)
    denominator = builder.fadd(large, builder.fmul(small, ratio))
    # (a + b*r, b - a*r) over c + d*r, or (a*r + b, b*r - a) over c*r + d
    first, second = builder.select(real_larger, a, b), builder.select(real_larger, b, a)
    real = builder.fadd(first, builder.fmul(second, ratio))
    product = builder.fmul(first, ratio)
    imaginary = builder.select(
        real_larger, builder.fsub(second, product), builder.fsub(product, second)
    )
    return builder.fdiv(real, denominator), builder.fdiv(imaginary, denominator)
