"""Machine code for functions on whole numbers: `pow` with a modulus, `math.gcd`, `lcm`, `isqrt`."""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from parloop.codegen.events import F64, I64, Emitter
from parloop.codegen.scalar_common import any_of, intrinsic, is_zero
from parloop.codegen.scalar_int import multiply_with_overflow

MOST_MODULUS = 2**32
"""Products of two numbers below it fit in a word."""


def emit_power_modulo(
    emitter: Emitter, base: ir.Value, exponent: ir.Value, modulus: ir.Value
) -> ir.Value:
    """Return `pow(x, y, m)` of Python ints; `y < 0` and `abs(m) > 2**32` leave native code."""
    builder = emitter.builder
    size = _size(emitter, modulus)
    large = builder.icmp_unsigned(">", size, I64(MOST_MODULUS))
    negative = builder.icmp_signed("<", exponent, I64(0))
    odd = any_of(emitter, (is_zero(emitter, modulus), large, negative))
    emitter.raises(odd)
    builder = emitter.builder
    size = builder.select(odd, I64(1), size)
    exponent = builder.select(odd, I64(0), exponent)
    rest = builder.srem(base, size)
    below = builder.icmp_signed("<", rest, I64(0))
    rest = builder.select(below, builder.add(rest, size), rest)
    function = _function(emitter, "parloop.power.modulo", 3, _write_power_modulo)
    found = builder.call(function, [rest, exponent, size])
    some = builder.icmp_signed("!=", found, I64(0))
    down = builder.and_(some, builder.icmp_signed("<", modulus, I64(0)))
    return builder.select(down, builder.sub(found, size), found)


def emit_common_divisor(emitter: Emitter, left: ir.Value, right: ir.Value) -> ir.Value:
    """Return `math.gcd(x, y)`."""
    function = _function(emitter, "parloop.gcd", 2, _write_common_divisor)
    sizes = [_size(emitter, left), _size(emitter, right)]
    found = emitter.builder.call(function, sizes)
    emitter.raises(emitter.builder.icmp_signed("<", found, I64(0)))
    return found


def emit_common_multiple(emitter: Emitter, left: ir.Value, right: ir.Value) -> ir.Value:
    """Return `math.lcm(x, y)`."""
    builder = emitter.builder
    function = _function(emitter, "parloop.gcd", 2, _write_common_divisor)
    sizes = [_size(emitter, left), _size(emitter, right)]
    divisor = builder.call(function, sizes)
    divisor = builder.select(is_zero(emitter, divisor), I64(1), divisor)
    part = builder.udiv(sizes[0], divisor)
    found, wrapped = multiply_with_overflow(builder, part, sizes[1], signed=False)
    emitter.raises(builder.or_(wrapped, builder.icmp_signed("<", found, I64(0))))
    return found


def emit_whole_root(emitter: Emitter, value: ir.Value) -> ir.Value:
    """Return `math.isqrt(x)`: the root of a float is at most one away from it."""
    builder = emitter.builder
    negative = builder.icmp_signed("<", value, I64(0))
    emitter.raises(negative)
    builder = emitter.builder
    value = builder.select(negative, I64(0), value)
    root = builder.fptoui(intrinsic(emitter, "sqrt", builder.uitofp(value, F64)), I64)
    large = builder.icmp_unsigned(">", builder.mul(root, root), value)
    root = builder.select(large, builder.sub(root, I64(1)), root)
    more = builder.add(root, I64(1))
    fits = builder.icmp_unsigned("<=", builder.mul(more, more), value)
    return builder.select(fits, more, root)


def _size(emitter: Emitter, value: ir.Value) -> ir.Value:
    """Return the absolute value as an unsigned word."""
    builder = emitter.builder
    return builder.select(builder.icmp_signed("<", value, I64(0)), builder.neg(value), value)


def _function(
    emitter: Emitter, name: str, count: int, write: Callable[[ir.Function], None]
) -> ir.Function:
    """Return a function of the module on `count` words."""
    found = emitter.module.globals.get(name)
    if found is None:
        found = ir.Function(emitter.module, ir.FunctionType(I64, [I64] * count), name)
        found.linkage = "internal"
        write(found)
    return found


def _write_common_divisor(function: ir.Function) -> None:
    """Write Euclid's algorithm on unsigned words."""
    entry, test, step, end = (
        function.append_basic_block(name) for name in ("entry", "test", "step", "end")
    )
    ir.IRBuilder(entry).branch(test)
    builder = ir.IRBuilder(test)
    larger, smaller = builder.phi(I64), builder.phi(I64)
    builder.cbranch(builder.icmp_unsigned("==", smaller, I64(0)), end, step)
    builder = ir.IRBuilder(step)
    rest = builder.urem(larger, smaller)
    builder.branch(test)
    for phi, first, following in zip(
        (larger, smaller), function.args, (smaller, rest), strict=True
    ):
        phi.add_incoming(first, entry)
        phi.add_incoming(following, step)
    ir.IRBuilder(end).ret(larger)


def _write_power_modulo(function: ir.Function) -> None:
    """Write squaring and multiplying; no number gets as large as the square of the modulus."""
    base, exponent, modulus = function.args
    entry, loop, end = (function.append_basic_block(name) for name in ("entry", "loop", "end"))
    builder = ir.IRBuilder(entry)
    one = builder.urem(I64(1), modulus)
    builder.branch(loop)
    builder = ir.IRBuilder(loop)
    result, power, left = (builder.phi(I64) for _ in range(3))
    taken = builder.trunc(left, ir.IntType(1))
    product = builder.urem(builder.mul(result, power), modulus)
    product = builder.select(taken, product, result)
    square = builder.urem(builder.mul(power, power), modulus)
    rest = builder.lshr(left, I64(1))
    for phi, first, following in zip(
        (result, power, left), (one, base, exponent), (product, square, rest), strict=True
    ):
        phi.add_incoming(first, entry)
        phi.add_incoming(following, loop)
    builder.cbranch(builder.icmp_unsigned("!=", rest, I64(0)), loop, end)
    ir.IRBuilder(end).ret(product)
