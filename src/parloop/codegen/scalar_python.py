"""Machine code for the algorithms of CPython's own that `staging.algorithms` has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from parloop.codegen.events import F32, F64, I64, POINTER, Emitter, Value
from parloop.codegen.scalar_common import (
    all_of,
    any_of,
    fabs,
    intrinsic,
    is_infinite,
    is_nan,
    is_zero,
    like,
)
from parloop.codegen.scalar_float import Flags
from parloop.ir.types import Scalar
from parloop.staging import algorithms
from parloop.staging.rules_base import Rule


def emit_round(
    emitter: Emitter, rule: Rule, operand: Scalar, value: Value, digits: ir.Value
) -> Value:
    """Return `round(x, n)` for 0 <= n <= 22; any other `n` leaves native code."""
    builder = emitter.builder
    most = ir.Constant(I64, algorithms.MOST_DIGITS)
    known = builder.icmp_unsigned("<=", digits, most)
    emitter.raises(emitter.builder.not_(known))
    builder = emitter.builder
    if operand.kind != "f":
        return value  # of a whole number there is nothing to round
    place = builder.select(known, digits, ir.Constant(I64, 0))
    scale: ir.Value = _power_of_ten(emitter, place)
    if rule.owner == "python":
        return _round_float(emitter, value, scale)
    if value.type == F32:
        scale = builder.fptrunc(scale, F32)
    flags = Flags(emitter, rule)
    product = flags.arithmetic(builder.fmul(value, scale), value, scale)
    result = emitter.builder.fdiv(intrinsic(emitter, "rint", product), scale)
    flags.report()
    return result


def emit_hypot(emitter: Emitter, x: ir.Value, y: ir.Value) -> ir.Value:
    """Return `math.hypot(x, y)`; extremely large and small numbers leave native code."""
    builder = emitter.builder
    x, y = fabs(emitter, x), fabs(emitter, y)
    infinite = any_of(emitter, (is_infinite(emitter, x), is_infinite(emitter, y)))
    unknown = any_of(emitter, (is_nan(emitter, x), is_nan(emitter, y)))
    larger = builder.select(builder.fcmp_ordered(">", x, y), x, y)
    finite = builder.not_(builder.or_(infinite, unknown))
    some = builder.and_(finite, builder.not_(is_zero(emitter, larger)))
    small = builder.fcmp_ordered("<", larger, like(larger, 2.0**-1022))
    large = builder.fcmp_ordered(">=", larger, like(larger, 2.0**1022))
    extreme = builder.and_(some, builder.or_(small, large))
    emitter.raises(extreme)
    builder = emitter.builder
    usual = builder.and_(some, builder.not_(extreme))
    x, y, larger = (builder.select(usual, part, like(part, 0.5)) for part in (x, y, larger))
    # The power of two by which the larger number comes to lie between 0.5 and 1.
    exponent = builder.and_(builder.bitcast(larger, I64), ir.Constant(I64, 0x7FF << 52))
    scale = builder.bitcast(builder.sub(ir.Constant(I64, 2045 << 52), exponent), F64)
    scaled = [_Number(emitter, builder.fmul(part, scale)) for part in (x, y)]
    length = algorithms.hypot(scaled[0], scaled[1], _square_root)
    result = builder.select(usual, builder.fdiv(length.value, scale), like(x, 0.0))
    result = builder.select(unknown, like(x, float("nan")), result)
    return builder.select(infinite, like(x, float("inf")), result)


def _round_float(emitter: Emitter, value: ir.Value, scale: ir.Value) -> ir.Value:
    """Return the float nearest to the decimal that is nearest to `value`.

    A whole number below 2**52 divided by a power of ten up to 10**22 is rounded once.
    """
    builder = emitter.builder
    limit = like(value, algorithms.LARGEST_WHOLE)
    has_digits = builder.fcmp_ordered("<", fabs(emitter, value), limit)
    number = builder.select(has_digits, value, like(value, 0.0))
    exact = algorithms.exact_product(_Number(emitter, number), _Number(emitter, scale))
    product, lost = (part.value for part in exact)
    inside = builder.fcmp_ordered("<", fabs(emitter, product), limit)
    emitter.raises(builder.not_(inside))
    whole = _nearest(emitter, product, lost)
    builder = emitter.builder
    return builder.select(has_digits, builder.fdiv(whole, scale), value)


def _nearest(emitter: Emitter, product: ir.Value, lost: ir.Value) -> ir.Value:
    """Return the whole number nearest to `product + lost`, of two the even one.

    Below 2**52 a product that is no tie is further from one than what its rounding can lose.
    """
    builder = emitter.builder
    whole = intrinsic(emitter, "rint", product)
    distance = builder.fsub(product, whole)
    zero, one = like(product, 0.0), like(product, 1.0)
    up = all_of(
        emitter,
        builder.fcmp_ordered("==", distance, like(product, 0.5)),
        builder.fcmp_ordered(">", lost, zero),
    )
    down = all_of(
        emitter,
        builder.fcmp_ordered("==", distance, like(product, -0.5)),
        builder.fcmp_ordered("<", lost, zero),
    )
    lower = builder.select(down, builder.fsub(whole, one), whole)
    return builder.select(up, builder.fadd(whole, one), lower)


def _power_of_ten(emitter: Emitter, exponent: ir.Value) -> ir.Value:
    name = "parloop.powers_of_ten"
    table = emitter.module.globals.get(name)
    if table is None:
        powers = [10.0**n for n in range(algorithms.MOST_DIGITS + 1)]
        initial = ir.Constant(ir.ArrayType(F64, len(powers)), powers)
        table = ir.GlobalVariable(emitter.module, initial.type, name)
        table.linkage = "internal"
        table.global_constant = True
        table.initializer = initial
        table.type = POINTER
    place = emitter.builder.gep(table, [exponent], source_etype=F64)
    return emitter.builder.load(place, typ=F64)


@dataclass(frozen=True, slots=True)
class _Number:
    """A float of LLVM, in formulas that Python writes."""

    emitter: Emitter
    value: ir.Value

    def _with(self, other: Any) -> ir.Value:
        return other.value if isinstance(other, _Number) else like(self.value, other)

    def _new(self, value: ir.Value) -> _Number:
        return _Number(self.emitter, value)

    def __add__(self, other: Any) -> _Number:
        return self._new(self.emitter.builder.fadd(self.value, self._with(other)))

    def __radd__(self, other: Any) -> _Number:
        return self._new(self.emitter.builder.fadd(self._with(other), self.value))

    def __sub__(self, other: Any) -> _Number:
        return self._new(self.emitter.builder.fsub(self.value, self._with(other)))

    def __rsub__(self, other: Any) -> _Number:
        return self._new(self.emitter.builder.fsub(self._with(other), self.value))

    def __mul__(self, other: Any) -> _Number:
        return self._new(self.emitter.builder.fmul(self.value, self._with(other)))

    def __rmul__(self, other: Any) -> _Number:
        return self._new(self.emitter.builder.fmul(self._with(other), self.value))

    def __truediv__(self, other: Any) -> _Number:
        return self._new(self.emitter.builder.fdiv(self.value, self._with(other)))

    def __neg__(self) -> _Number:
        return self._new(self.emitter.builder.fneg(self.value))


def _square_root(number: _Number) -> _Number:
    return _Number(number.emitter, intrinsic(number.emitter, "sqrt", number.value))
