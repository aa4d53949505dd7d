"""Machine code for integers: Python's leave native code past 64 bits, NumPy's wrap.

Nothing here traps or is poison, whatever the operands: the fast variant goes on after an event.
"""

from __future__ import annotations

from llvmlite import ir

from parloop.codegen.events import F64, I1, Emitter, llvm_type
from parloop.codegen.scalar_common import UnsupportedOperationError, intrinsic, is_zero, like
from parloop.ir.types import Scalar
from parloop.staging.rules_base import Rule, integer_bounds


def emit_int_unary(emitter: Emitter, op: str, rule: Rule, value: ir.Value) -> ir.Value:
    """Return `-x`, `+x` or `~x`."""
    builder = emitter.builder
    if op == "+":
        return value
    if op == "~":
        return builder.not_(value)
    scalar = rule.compute[0]
    if scalar.kind == "u":
        emitter.warns("over", rule.verb, builder.icmp_unsigned("!=", value, like(value, 0)))
    else:
        lowest = builder.icmp_signed("==", value, like(value, integer_bounds(scalar)[0]))
        _overflows(emitter, rule, lowest)
    return emitter.builder.neg(value)


def emit_int_abs(emitter: Emitter, rule: Rule, value: ir.Value) -> ir.Value:
    """Return `abs(x)`."""
    if rule.compute[0].kind == "u":
        return value
    builder = emitter.builder
    lowest = like(value, integer_bounds(rule.compute[0])[0])
    _overflows(emitter, rule, builder.icmp_signed("==", value, lowest))
    builder = emitter.builder
    return builder.select(
        builder.icmp_signed("<", value, like(value, 0)), builder.neg(value), value
    )


def emit_int_binary(
    emitter: Emitter, op: str, rule: Rule, left: ir.Value, right: ir.Value
) -> ir.Value:
    """Return `x op y` for two integers of the type that the rule computes in."""
    python = rule.owner == "python"
    builder = emitter.builder
    match op:
        case "&":
            return builder.and_(left, right)
        case "|":
            return builder.or_(left, right)
        case "^":
            return builder.xor(left, right)
        case "+" | "-":
            return _add_or_subtract(emitter, op, rule, left, right)
        case "*":
            return _multiply(emitter, rule, left, right)
        case "//" | "%":
            return _floor_divide(emitter, op, rule, left, right)
        case "/":
            return _python_true_divide(emitter, left, right)
        case "**":
            power = _python_power if python else _numpy_power
            return power(emitter, rule.compute[0], left, right)
        case "<<" | ">>":
            shift = _python_shift if python else _numpy_shift
            return shift(emitter, op, rule.compute[0], left, right)
        case _:
            raise UnsupportedOperationError(op)


def _overflows(emitter: Emitter, rule: Rule, condition: ir.Value) -> None:
    """Tell of an overflow: Python's ints leave native code, NumPy's scalars warn, ufuncs do not."""
    if rule.owner == "python":
        emitter.raises(condition)
    elif rule.int_warns:
        emitter.warns("over", rule.verb, condition)


def _add_or_subtract(
    emitter: Emitter, op: str, rule: Rule, left: ir.Value, right: ir.Value
) -> ir.Value:
    builder = emitter.builder
    result = builder.add(left, right) if op == "+" else builder.sub(left, right)
    if rule.compute[0].kind == "u":
        wrapped = (result, left) if op == "+" else (left, right)
        _overflows(emitter, rule, builder.icmp_unsigned("<", *wrapped))
        return result
    if emitter.in_chain:
        with_overflow = builder.sadd_with_overflow if op == "+" else builder.ssub_with_overflow
        both = with_overflow(left, right)
        _overflows(emitter, rule, builder.extract_value(both, 1))
        return builder.extract_value(both, 0)
    # The sign of the result is wrong: unlike `llvm.sadd.with.overflow` this can be vectorized.
    if op == "+":
        signs = builder.and_(builder.xor(result, left), builder.xor(result, right))
    else:
        signs = builder.and_(builder.xor(left, right), builder.xor(left, result))
    _overflows(emitter, rule, builder.icmp_signed("<", signs, like(signs, 0)))
    return result


def _multiply(emitter: Emitter, rule: Rule, left: ir.Value, right: ir.Value) -> ir.Value:
    builder = emitter.builder
    signed = rule.compute[0].kind == "i"
    if rule.owner != "python" and not rule.int_warns:
        return builder.mul(left, right)
    if left.type.width < 64:
        wide_type = ir.IntType(2 * left.type.width)
        extend = builder.sext if signed else builder.zext
        wide = builder.mul(extend(left, wide_type), extend(right, wide_type))
        result = builder.trunc(wide, left.type)
        _overflows(emitter, rule, builder.icmp_signed("!=", extend(result, wide_type), wide))
        return result
    result, overflow = multiply_with_overflow(builder, left, right, signed=signed)
    _overflows(emitter, rule, overflow)
    return result


def multiply_with_overflow(
    builder: ir.IRBuilder, left: ir.Value, right: ir.Value, *, signed: bool
) -> tuple[ir.Value, ir.Value]:
    """Return the product, wrapped, and whether it wrapped."""
    multiply = builder.smul_with_overflow if signed else builder.umul_with_overflow
    both = multiply(left, right)
    return builder.extract_value(both, 0), builder.extract_value(both, 1)


def _floor_divide(
    emitter: Emitter, op: str, rule: Rule, left: ir.Value, right: ir.Value
) -> ir.Value:
    python = rule.owner == "python"
    scalar = rule.compute[0]
    by_zero = is_zero(emitter, right)
    overflow = _quotient_overflows(emitter, scalar, left, right)
    if python:
        emitter.raises(by_zero)
    else:
        emitter.warns("divide", rule.verb, by_zero)
    if op == "//" and overflow is not None:
        # Unlike other overflows this one is told of by ufuncs, too.
        if python:
            emitter.raises(overflow)
        else:
            emitter.warns("over", rule.verb, overflow)
    builder = emitter.builder
    special = by_zero if overflow is None else builder.or_(by_zero, overflow)
    divisor = builder.select(special, like(right, 1), right)
    zero = like(left, 0)
    if scalar.kind == "u":
        result = builder.udiv(left, divisor) if op == "//" else builder.urem(left, divisor)
        return builder.select(by_zero, zero, result)
    remainder = builder.srem(left, divisor)
    # C rounds to zero, Python down: one less where the signs differ and it is not exact.
    signs_differ = builder.icmp_signed("<", builder.xor(remainder, divisor), zero)
    inexact = builder.icmp_signed("!=", remainder, zero)
    correct = builder.and_(inexact, signs_differ)
    if op == "//":
        quotient = builder.sdiv(left, divisor)
        result = builder.sub(quotient, builder.zext(correct, quotient.type))
    else:
        result = builder.add(remainder, builder.select(correct, divisor, zero))
    return builder.select(by_zero, zero, result)


def _quotient_overflows(
    emitter: Emitter, scalar: Scalar, left: ir.Value, right: ir.Value
) -> ir.Value | None:
    if scalar.kind == "u":
        return None
    builder = emitter.builder
    return builder.and_(
        builder.icmp_signed("==", left, like(left, integer_bounds(scalar)[0])),
        builder.icmp_signed("==", right, like(right, -1)),
    )


def _python_true_divide(emitter: Emitter, left: ir.Value, right: ir.Value) -> ir.Value:
    """Return `x / y` of Python ints; past 2**53 CPython rounds the exact quotient, we leave."""
    builder = emitter.builder
    limit = like(left, 2**53)
    double_limit = like(left, 2**54)
    inexact = builder.or_(
        *(
            builder.icmp_unsigned(">", builder.add(value, limit), double_limit)
            for value in (left, right)
        )
    )
    by_zero = is_zero(emitter, right)
    emitter.raises(builder.or_(by_zero, inexact))
    builder = emitter.builder
    divisor = builder.select(by_zero, like(right, 1), right)
    return builder.fdiv(builder.sitofp(left, F64), builder.sitofp(divisor, F64))


def _python_power(emitter: Emitter, _: Scalar, base: ir.Value, exponent: ir.Value) -> ir.Value:
    """Return `x ** y` of Python ints; a negative exponent gives a float and leaves native code."""
    builder = emitter.builder
    negative = builder.icmp_signed("<", exponent, like(exponent, 0))
    huge = builder.icmp_unsigned(">", exponent, like(exponent, 63))
    unit = builder.icmp_unsigned("<=", builder.add(base, like(base, 1)), like(base, 2))
    # -1, 0 and 1 have all powers: of the exponent only its parity matters, and that it is not 0.
    parity = builder.or_(builder.and_(exponent, like(exponent, 1)), like(exponent, 2))
    left = builder.select(huge, parity, exponent)
    overflow = builder.or_(negative, builder.and_(huge, builder.not_(unit)))
    result, power = like(base, 1), base
    for bit in range(6):
        taken = builder.trunc(builder.lshr(left, like(left, bit)), I1)
        product, wrapped = multiply_with_overflow(builder, result, power, signed=True)
        result = builder.select(taken, product, result)
        overflow = builder.or_(overflow, builder.and_(taken, wrapped))
        if bit < 5:
            rest = builder.icmp_signed("!=", builder.lshr(left, like(left, bit + 1)), like(left, 0))
            power, wrapped = multiply_with_overflow(builder, power, power, signed=True)
            overflow = builder.or_(overflow, builder.and_(rest, wrapped))
    emitter.raises(overflow)
    return result


def _numpy_power(emitter: Emitter, scalar: Scalar, base: ir.Value, exponent: ir.Value) -> ir.Value:
    """Return `x ** y` of NumPy integers, wrapped; a negative exponent raises."""
    if scalar.kind == "i":
        emitter.raises(emitter.builder.icmp_signed("<", exponent, like(exponent, 0)))
    return emitter.builder.call(_power_function(emitter.module, scalar), [base, exponent])


def _power_function(module: ir.Module, scalar: Scalar) -> ir.Function:
    """Return a function of the module that multiplies by squaring."""
    name = f"parloop.power.i{scalar.bits}"
    if name in module.globals:
        return module.globals[name]
    number = llvm_type(scalar)
    function = ir.Function(module, ir.FunctionType(number, [number, number]), name)
    function.linkage = "internal"
    entry, loop, end = (function.append_basic_block(n) for n in ("entry", "loop", "end"))
    ir.IRBuilder(entry).branch(loop)
    builder = ir.IRBuilder(loop)
    result, power, left = (builder.phi(number) for _ in range(3))
    taken = builder.trunc(left, I1)
    product = builder.select(taken, builder.mul(result, power), result)
    square = builder.mul(power, power)
    rest = builder.lshr(left, like(left, 1))
    starts = (like(result, 1), *function.args)
    for phi, start, step in zip(
        (result, power, left), starts, (product, square, rest), strict=True
    ):
        phi.add_incoming(start, entry)
        phi.add_incoming(step, loop)
    builder.cbranch(builder.icmp_signed("!=", rest, like(rest, 0)), loop, end)
    ir.IRBuilder(end).ret(product)
    return function


def _python_shift(
    emitter: Emitter, op: str, _: Scalar, left: ir.Value, right: ir.Value
) -> ir.Value:
    builder = emitter.builder
    negative = builder.icmp_signed("<", right, like(right, 0))
    amount = intrinsic(emitter, "umin", right, like(right, 63))
    if op == ">>":
        emitter.raises(negative)
        return emitter.builder.ashr(left, amount)
    result = builder.shl(left, amount)
    lost = builder.icmp_signed("!=", builder.ashr(result, amount), left)
    too_far = builder.and_(
        builder.icmp_signed(">", right, like(right, 63)),
        builder.icmp_signed("!=", left, like(left, 0)),
    )
    emitter.raises(builder.or_(negative, builder.or_(lost, too_far)))
    return result


def _numpy_shift(
    emitter: Emitter, op: str, scalar: Scalar, left: ir.Value, right: ir.Value
) -> ir.Value:
    """Return a shift of NumPy integers: all bits go where the amount is negative or too large."""
    builder = emitter.builder
    last = like(right, scalar.bits - 1)
    amount = intrinsic(emitter, "umin", right, last)
    if op == ">>" and scalar.kind == "i":
        return builder.ashr(left, amount)
    shifted = builder.shl(left, amount) if op == "<<" else builder.lshr(left, amount)
    return builder.select(builder.icmp_unsigned(">", right, last), like(left, 0), shifted)
