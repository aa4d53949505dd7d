"""Machine code for comparisons, exact between integers of any types and between int and float."""

from __future__ import annotations

from llvmlite import ir

from parloop.codegen.events import F64, Emitter, Value
from parloop.codegen.scalar_common import all_of, like
from parloop.ir.types import Scalar


def emit_comparison(
    emitter: Emitter, op: str, types: tuple[Scalar, ...], left: Value, right: Value
) -> ir.Value:
    """Return `x op y` as an `i1` for operands of the types that the rule computes in."""
    kinds = "".join("i" if scalar.kind in "bu" else scalar.kind for scalar in types)
    match kinds:
        case "ii":
            return _integers(emitter, op, types, left, right)
        case "ff":
            return _floats(emitter, op, left, right)
        case "if":
            return _integer_with_float(emitter, op, left, right)
        case "fi":
            return _integer_with_float(emitter, _MIRRORED[op], right, left)
        case _:
            return _complex(emitter, op, types, left, right)


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def _integers(
    emitter: Emitter, op: str, types: tuple[Scalar, ...], left: ir.Value, right: ir.Value
) -> ir.Value:
    """Compare integers by value: in a type that holds all values of both."""
    builder = emitter.builder
    signed = "i" in {scalar.kind for scalar in types}
    # A bit more than an unsigned type has holds it and its sign.
    widths = [
        v.type.width + (signed and t.kind != "i") for v, t in zip((left, right), types, strict=True)
    ]
    width = max(widths)
    if signed and width > 64:
        width = 128
    wide = [
        _widened(builder, v, ir.IntType(width), signed=t.kind == "i")
        for v, t in zip((left, right), types, strict=True)
    ]
    compare = builder.icmp_signed if signed else builder.icmp_unsigned
    return compare(op, *wide)


def _widened(
    builder: ir.IRBuilder, value: ir.Value, number: ir.IntType, *, signed: bool
) -> ir.Value:
    if value.type == number:
        return value
    return builder.sext(value, number) if signed else builder.zext(value, number)


def _floats(emitter: Emitter, op: str, left: ir.Value, right: ir.Value) -> ir.Value:
    if op == "!=":
        return emitter.builder.fcmp_unordered(op, left, right)
    return emitter.builder.fcmp_ordered(op, left, right)


def _integer_with_float(emitter: Emitter, op: str, left: ir.Value, right: ir.Value) -> ir.Value:
    """Compare a Python int with a float by value.

    Rounded to a double, the int stands on the same side of the float as before, or on it: then the
    float is whole, and is compared as an int if it is not 2**63, above all of ours.
    """
    builder = emitter.builder
    rounded = builder.sitofp(left, F64)
    equal = builder.fcmp_ordered("==", rounded, right)
    below_limit = builder.fcmp_ordered("<", right, like(right, 2.0**63))
    convertible = all_of(emitter, equal, below_limit)
    whole = builder.fptosi(builder.select(convertible, right, like(right, 0.0)), left.type)
    exact = builder.icmp_signed(op, left, whole)
    above = ir.Constant(ir.IntType(1), op in ("<", "<=", "!="))
    on_limit = builder.select(equal, above, _floats(emitter, op, rounded, right))
    return builder.select(convertible, exact, on_limit)


def _complex(
    emitter: Emitter, op: str, types: tuple[Scalar, ...], left: Value, right: Value
) -> ir.Value:
    """Compare for equality where one operand, or both, are complex."""
    parts, part_types = [], []
    for value, scalar in zip((left, right), types, strict=True):
        is_complex = scalar.kind == "c"
        parts.append(value if is_complex else (value, None))
        part_types.append(Scalar(scalar.owner, "f", scalar.bits // 2) if is_complex else scalar)
    real = emit_comparison(emitter, op, tuple(part_types), parts[0][0], parts[1][0])
    imaginary_parts = [like(_some(left, right), 0.0) if p[1] is None else p[1] for p in parts]
    imaginary = _floats(emitter, op, *imaginary_parts)
    combine = emitter.builder.and_ if op == "==" else emitter.builder.or_
    return combine(real, imaginary)


def _some(*values: Value) -> ir.Value:
    """Return the imaginary part of the first operand that has one."""
    return next(value[1] for value in values if isinstance(value, tuple))
