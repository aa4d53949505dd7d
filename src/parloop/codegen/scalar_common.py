"""Small pieces that the emission of every kind of number needs."""

from __future__ import annotations

from collections.abc import Sequence

from llvmlite import ir

from parloop.codegen.events import I1, POINTER, Emitter, Value, llvm_type
from parloop.ir.types import Scalar


class UnsupportedOperationError(Exception):
    """There is no rule for this operation: staging should have declined the loop."""


def constant(scalar: Scalar, number: complex) -> Value:
    """Return a number as a constant of its register type."""
    if scalar.kind == "c":
        parts = complex(number)
        return tuple(ir.Constant(llvm_type(scalar), part) for part in (parts.real, parts.imag))
    if scalar.kind == "f":
        return ir.Constant(llvm_type(scalar), float(number.real))
    return ir.Constant(I1 if scalar.kind == "b" else llvm_type(scalar), int(number.real))


def like(value: ir.Value, number: float) -> ir.Constant:
    """Return `number` as a constant of the type of `value`."""
    return ir.Constant(value.type, number)


def opaque(emitter: Emitter, value: ir.Constant) -> ir.Value:
    """Return a constant that LLVM does not know to be one, so that arithmetic with it is done.

    An operation on constants is done when the code is made, and sets no floating point flag.
    """
    module = emitter.module
    name = module.get_unique_name("parloop.constant")
    variable = ir.GlobalVariable(module, value.type, name)
    variable.initializer = value
    variable.type = POINTER
    return emitter.builder.load(variable, typ=value.type)


def intrinsic(emitter: Emitter, name: str, *arguments: ir.Value, types: int = 1) -> ir.Value:
    """Return a call of an LLVM intrinsic that is overloaded on its first argument's type."""
    overloads = [argument.type for argument in arguments[:types]]
    function_type = ir.FunctionType(arguments[0].type, [a.type for a in arguments])
    function = emitter.module.declare_intrinsic(f"llvm.{name}", overloads, function_type)
    return emitter.builder.call(function, arguments)


def any_of(emitter: Emitter, conditions: Sequence[ir.Value]) -> ir.Value:
    """Return whether one of the conditions holds."""
    result = ir.Constant(I1, 0)
    for index, condition in enumerate(conditions):
        result = condition if index == 0 else emitter.builder.or_(result, condition)
    return result


def all_of(emitter: Emitter, *conditions: ir.Value) -> ir.Value:
    """Return whether all of the conditions hold."""
    result = conditions[0]
    for condition in conditions[1:]:
        result = emitter.builder.and_(result, condition)
    return result


def fabs(emitter: Emitter, value: ir.Value) -> ir.Value:
    """Return the absolute value of a float."""
    return intrinsic(emitter, "fabs", value)


def copysign(emitter: Emitter, value: ir.Value, sign: ir.Value) -> ir.Value:
    """Return `value` with the sign of `sign`."""
    return intrinsic(emitter, "copysign", value, sign)


def is_nan(emitter: Emitter, value: ir.Value) -> ir.Value:
    """Return whether a float is no number."""
    return emitter.builder.fcmp_unordered("uno", value, value)


def is_infinite(emitter: Emitter, value: ir.Value) -> ir.Value:
    """Return whether a float is infinite."""
    return emitter.builder.fcmp_ordered("==", fabs(emitter, value), like(value, float("inf")))


def is_finite(emitter: Emitter, value: ir.Value) -> ir.Value:
    """Return whether a float is neither infinite nor no number."""
    return emitter.builder.fcmp_ordered("<", fabs(emitter, value), like(value, float("inf")))


def is_zero(emitter: Emitter, value: ir.Value) -> ir.Value:
    """Return whether a number of any real kind is zero."""
    if isinstance(value.type, ir.IntType):
        return emitter.builder.icmp_signed("==", value, like(value, 0))
    return emitter.builder.fcmp_ordered("==", value, like(value, 0.0))
