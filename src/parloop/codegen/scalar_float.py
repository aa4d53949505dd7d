"""Machine code for floats: Python's, which raise, and NumPy's, which warn.

The fast variant leaves the warnings of NumPy's floats to the processor's flags; the precise variant
tests the values. `Flags` collects the tests of one operation, since NumPy reports each flag once.
"""

from __future__ import annotations

from llvmlite import ir

from parloop.codegen.events import F64, FLAG_TEXTS, Emitter
from parloop.codegen.externals import LIBM, address
from parloop.codegen.scalar_common import (
    UnsupportedOperationError,
    all_of,
    any_of,
    copysign,
    intrinsic,
    is_finite,
    is_infinite,
    is_nan,
    is_zero,
    like,
)
from parloop.staging.rules_base import Rule


class Flags:
    """The floating point flags that one operation of NumPy sets, found by value."""

    def __init__(self, emitter: Emitter, rule: Rule, *, by_value: bool = False) -> None:
        self._emitter = emitter
        self._wanted = (emitter.precise or by_value) and rule.owner != "python"
        self._verb = rule.verb
        self._found: dict[str, list[ir.Value]] = {flag: [] for flag in FLAG_TEXTS}

    def note(self, flag: str, condition: ir.Value) -> None:
        """Add a condition under which the operation sets `flag`."""
        self._found[flag].append(condition)

    def arithmetic(self, result: ir.Value, *operands: ir.Value) -> ir.Value:
        """Note what an addition, a product or the like sets, and return its result."""
        if self._wanted:
            emitter = self._emitter
            finite = all_of(emitter, *(is_finite(emitter, x) for x in operands))
            self.note("over", all_of(emitter, is_infinite(emitter, result), finite))
            self.invalid(result, *operands)
        return result

    def division(self, result: ir.Value, left: ir.Value, right: ir.Value) -> ir.Value:
        """Note what a division sets, and return its result."""
        if self._wanted:
            emitter = self._emitter
            infinite = all_of(emitter, is_infinite(emitter, result), is_finite(emitter, left))
            by_zero = is_zero(emitter, right)
            self.note("divide", all_of(emitter, infinite, by_zero))
            self.note("over", all_of(emitter, infinite, emitter.builder.not_(by_zero)))
            self.invalid(result, left, right)
        return result

    def invalid(self, result: ir.Value, *operands: ir.Value) -> ir.Value:
        """Note a result that is no number though the operands are, and return it."""
        if self._wanted:
            emitter = self._emitter
            numbers = [emitter.builder.not_(is_nan(emitter, x)) for x in operands]
            self.note("invalid", all_of(emitter, is_nan(emitter, result), *numbers))
        return result

    def report(self) -> None:
        """Tell the emitter, in the order in which NumPy warns."""
        if not self._wanted:
            return
        for flag, conditions in self._found.items():
            if conditions:
                condition = any_of(self._emitter, conditions)
                self._emitter.warns(flag, self._verb, condition)


def emit_float_binary(
    emitter: Emitter, op: str, rule: Rule, left: ir.Value, right: ir.Value
) -> ir.Value:
    """Return `x op y` for two floats of the type that the rule computes in."""
    builder = emitter.builder
    flags = Flags(emitter, rule)
    match op:
        case "+":
            total = _fused(emitter, left, right) or builder.fadd(left, right)
            result = flags.arithmetic(total, left, right)
        case "-":
            difference = _fused(emitter, left, right, minus=True) or builder.fsub(left, right)
            result = flags.arithmetic(difference, left, right)
        case "*":
            result = flags.arithmetic(builder.fmul(left, right), left, right)
        case "/":
            if rule.owner == "python":
                emitter.raises(is_zero(emitter, right))
            result = flags.division(emitter.builder.fdiv(left, right), left, right)
        case "//" if rule.owner == "python":
            result = _python_floor_divide(emitter, left, right)
        case "%" if rule.owner == "python":
            result = _python_remainder(emitter, left, right)
        case "//":
            result = _numpy_floor_divide(emitter, flags, left, right)
        case "%":
            result = _numpy_remainder(emitter, flags, left, right)
        case "**":
            result = _power(emitter, rule, flags, left, right)
        case _:
            raise UnsupportedOperationError(op)
    flags.report()
    return result


def _fused(
    emitter: Emitter, left: ir.Value, right: ir.Value, *, minus: bool = False
) -> ir.Value | None:
    """Return the sum or difference, rounded once, where one side is a product just made.

    Both variants of a kernel do so at the same places: LLVM would choose its own in each.
    """
    if not emitter.fuses:
        return None
    builder = emitter.builder
    match factors_of(right), factors_of(left):
        case (one, other), _:
            factor = builder.fneg(one) if minus else one
            return intrinsic(emitter, "fma", factor, other, left)
        case _, (one, other):
            rest = builder.fneg(right) if minus else right
            return intrinsic(emitter, "fma", one, other, rest)
        case _:
            return None


def factors_of(value: ir.Value) -> tuple[ir.Value, ir.Value] | None:
    """Return the factors of a product that was just made."""
    is_product = getattr(value, "opname", "") == "fmul"
    return (value.operands[0], value.operands[1]) if is_product else None


def library(emitter: Emitter, name: str, *arguments: ir.Value) -> ir.Value:
    """Return a call of libm's function under our own name for it, which LLVM does not know."""
    suffix = "" if arguments[0].type == F64 else "f"
    function_type = ir.FunctionType(arguments[0].type, [a.type for a in arguments])
    external = f"{LIBM}{name}{suffix}"
    if address(external) is None:
        raise UnsupportedOperationError(f"{name} of this machine's C library")
    function = emitter.external(external, function_type)
    return emitter.from_library(function, arguments)


def _signs_differ(emitter: Emitter, left: ir.Value, right: ir.Value) -> ir.Value:
    builder = emitter.builder
    negative = [builder.fcmp_ordered("<", x, like(x, 0.0)) for x in (left, right)]
    return builder.xor(*negative)


def _nonzero(emitter: Emitter, value: ir.Value) -> ir.Value:
    return emitter.builder.fcmp_unordered("!=", value, like(value, 0.0))


def _python_divisor(emitter: Emitter, right: ir.Value) -> ir.Value:
    by_zero = is_zero(emitter, right)
    emitter.raises(by_zero)
    return emitter.builder.select(by_zero, like(right, 1.0), right)


def _python_remainder(emitter: Emitter, left: ir.Value, right: ir.Value) -> ir.Value:
    divisor = _python_divisor(emitter, right)
    return _corrected_remainder(emitter, library(emitter, "fmod", left, divisor), divisor)


def _corrected_remainder(emitter: Emitter, remainder: ir.Value, divisor: ir.Value) -> ir.Value:
    """Return C's remainder with the sign of the divisor."""
    builder = emitter.builder
    moved = builder.select(
        _signs_differ(emitter, divisor, remainder), builder.fadd(remainder, divisor), remainder
    )
    zero = copysign(emitter, like(remainder, 0.0), divisor)
    return builder.select(_nonzero(emitter, remainder), moved, zero)


def _python_floor_divide(emitter: Emitter, left: ir.Value, right: ir.Value) -> ir.Value:
    divisor = _python_divisor(emitter, right)
    remainder = library(emitter, "fmod", left, divisor)
    quotient = emitter.builder.fdiv(emitter.builder.fsub(left, remainder), divisor)
    return _floor_of_quotient(emitter, quotient, remainder, left, divisor)


def _floor_of_quotient(
    emitter: Emitter, quotient: ir.Value, remainder: ir.Value, left: ir.Value, right: ir.Value
) -> ir.Value:
    """Return the quotient, nearly whole, snapped to the whole number that it should be."""
    builder = emitter.builder
    one = like(quotient, 1.0)
    down = all_of(emitter, _nonzero(emitter, remainder), _signs_differ(emitter, right, remainder))
    quotient = builder.select(down, builder.fsub(quotient, one), quotient)
    floored = intrinsic(emitter, "floor", quotient)
    short = builder.fcmp_ordered(">", builder.fsub(quotient, floored), like(quotient, 0.5))
    snapped = builder.select(short, builder.fadd(floored, one), floored)
    zero = copysign(emitter, like(quotient, 0.0), builder.fdiv(left, right))
    return builder.select(_nonzero(emitter, quotient), snapped, zero)


def _numpy_floor_divide(
    emitter: Emitter, flags: Flags, left: ir.Value, right: ir.Value
) -> ir.Value:
    builder = emitter.builder
    by_zero = is_zero(emitter, right)
    plain = builder.fdiv(left, right)
    remainder = library(emitter, "fmod", left, right)
    quotient = builder.fdiv(builder.fsub(left, remainder), right)
    whole = _floor_of_quotient(emitter, quotient, remainder, left, right)
    # Of an infinite quotient the difference to its floor is no number: two flags, not one.
    overflow = all_of(emitter, is_infinite(emitter, quotient), builder.not_(by_zero))
    flags.note(
        "divide", all_of(emitter, is_infinite(emitter, plain), by_zero, is_finite(emitter, left))
    )
    flags.note("over", overflow)
    flags.note("invalid", overflow)
    return flags.invalid(builder.select(by_zero, plain, whole), left, right)


def _numpy_remainder(emitter: Emitter, flags: Flags, left: ir.Value, right: ir.Value) -> ir.Value:
    remainder = flags.invalid(library(emitter, "fmod", left, right), left, right)
    corrected = _corrected_remainder(emitter, remainder, right)
    return emitter.builder.select(is_zero(emitter, right), remainder, corrected)


def _power(emitter: Emitter, rule: Rule, flags: Flags, left: ir.Value, right: ir.Value) -> ir.Value:
    """Return `x ** y` as libm has it; Python's floats raise, or become complex numbers."""
    result = library(emitter, "pow", left, right)
    builder = emitter.builder
    finite = all_of(emitter, is_finite(emitter, left), is_finite(emitter, right))
    if rule.owner == "python":
        # zero to a negative power, overflow; a negative number to a fraction
        infinite = all_of(emitter, is_infinite(emitter, result), is_finite(emitter, left))
        by_zero = all_of(
            emitter, is_zero(emitter, left), builder.fcmp_ordered("<", right, like(right, 0.0))
        )
        overflow = all_of(emitter, infinite, is_finite(emitter, right))
        complex_ = all_of(emitter, is_nan(emitter, result), finite)
        emitter.raises(any_of(emitter, (by_zero, overflow, complex_)))
        return result
    infinite = all_of(emitter, is_infinite(emitter, result), finite)
    zero = is_zero(emitter, left)
    flags.note("divide", all_of(emitter, infinite, zero))
    flags.note("over", all_of(emitter, infinite, builder.not_(zero)))
    return flags.invalid(result, left, right)
