"""Machine code for conversions between types of numbers.

Python's ints become NumPy's by value or raise, NumPy's integers wrap among themselves; a float
becomes an integer by truncation if it has a place there, and leaves native code if not. Integers
become float32 by way of float64, as Python's do.
"""

from __future__ import annotations

from llvmlite import ir

from parloop.codegen.events import F32, F64, Emitter, Value, llvm_type
from parloop.codegen.scalar_common import (
    UnsupportedOperationError,
    all_of,
    fabs,
    is_finite,
    is_infinite,
    like,
    opaque,
)
from parloop.ir.types import PY_FLOAT, PY_INT, Scalar
from parloop.staging.rules_base import conversion_may_raise, integer_bounds


def emit_truth(emitter: Emitter, operand_type: Scalar, value: Value) -> ir.Value:
    """Return `bool(x)` as an `i1`."""
    builder = emitter.builder
    match operand_type.kind:
        case "b":
            return value
        case "i" | "u":
            return builder.icmp_signed("!=", value, like(value, 0))
        case "f":
            return builder.fcmp_unordered("!=", value, like(value, 0.0))
        case _:
            return builder.or_(
                *(builder.fcmp_unordered("!=", part, like(part, 0.0)) for part in value)
            )


def emit_convert(emitter: Emitter, value: Value, source: Scalar, target: Scalar) -> Value:
    """Return `value` as an operand of type `target`, with the events of the conversion."""
    if source.kind == "c" and target.kind == "c":
        tested = emitter.precise or source.owner == "python"
        return _complex_to_complex(emitter, value, llvm_type(target), tested=tested)
    if target.kind == "c":
        part = Scalar(target.owner, "f", target.bits // 2)
        return emit_convert(emitter, value, source, part), ir.Constant(llvm_type(target), 0.0)
    if source.kind == "c" and target.kind != "b":
        raise UnsupportedOperationError(f"{source} to {target}")
    match source.kind, target.kind:
        case _, "b":
            return emit_truth(emitter, source, value)
        case "b", "f":
            return emitter.builder.uitofp(value, llvm_type(target))
        case "b", _:
            return emitter.builder.zext(value, llvm_type(target))
        case "f", "f":
            tested = emitter.precise or source.owner == "python"
            return _float_to_float(emitter, value, llvm_type(target), tested=tested)
        case "f", _:
            return _float_to_int(emitter, value, target)
        case _, "f":
            return integer_to_float(
                emitter, value, source, llvm_type(target), by_way_of_double=True
            )
        case _:
            return _int_to_int(emitter, value, source, target)


def emit_store_value(emitter: Emitter, dtype: Scalar, value_type: Scalar, value: Value) -> Value:
    """Return the element that `a[i] = value` leaves in an array of `dtype`."""
    if dtype == value_type and dtype.owner == "python":
        return value
    if value_type.kind in "iu" and dtype.kind in "iu":
        _check_range(emitter, value, value_type, dtype)
        return _resize(emitter, value, value_type, dtype)
    return emit_numpy_conversion(emitter, value, value_type, dtype)


def emit_numpy_conversion(emitter: Emitter, value: Value, source: Scalar, target: Scalar) -> Value:
    """Return `numpy.float32(x)` and the like: NumPy's own integers are converted at once."""
    if isinstance(value, ir.Constant):
        value = opaque(emitter, value)
    if source.owner == "numpy" and source.kind in "iu" and target.kind in "fc":
        converted = integer_to_float(
            emitter, value, source, llvm_type(target), by_way_of_double=False
        )
        return converted if target.kind == "f" else (converted, ir.Constant(converted.type, 0.0))
    return emit_convert(emitter, value, source, target)


def integer_to_float(
    emitter: Emitter, value: ir.Value, source: Scalar, target: ir.Type, *, by_way_of_double: bool
) -> ir.Value:
    """Return an integer as a float, rounded once, or twice by way of a double."""
    first = F64 if by_way_of_double else target
    convert = emitter.builder.uitofp if source.kind == "u" else emitter.builder.sitofp
    return resize_float(emitter, convert(value, first), target)


def resize_float(emitter: Emitter, value: ir.Value, target: ir.Type) -> ir.Value:
    """Return a float in another width, without events."""
    if value.type == target:
        return value
    if value.type == F32:
        return emitter.builder.fpext(value, target)
    return emitter.builder.fptrunc(value, target)


def _float_to_float(
    emitter: Emitter, value: ir.Value, target: ir.Type, *, tested: bool
) -> ir.Value:
    """Return a float in another width; an overflow is told of by NumPy as one of the cast.

    Python's floats are tested in the fast variant, too: a constant is converted when the code is
    made, and the processor never sees it.
    """
    result = resize_float(emitter, value, target)
    if tested and value.type == F64 and target == F32:
        overflow = all_of(emitter, is_infinite(emitter, result), is_finite(emitter, value))
        emitter.warns("over", "cast", overflow)
    return result


def _complex_to_complex(emitter: Emitter, value: Value, target: ir.Type, *, tested: bool) -> Value:
    result = tuple(resize_float(emitter, part, target) for part in value)
    if tested and value[0].type == F64 and target == F32:
        overflows = [
            all_of(emitter, is_infinite(emitter, after), is_finite(emitter, before))
            for before, after in zip(value, result, strict=True)
        ]
        emitter.warns("over", "cast", emitter.builder.or_(*overflows))
    return result


def _float_to_int(emitter: Emitter, value: ir.Value, target: Scalar) -> ir.Value:
    """Return a float truncated; one that has no place in `target` leaves native code."""
    builder = emitter.builder
    wide = resize_float(emitter, value, F64)
    low, high = integer_bounds(target)
    type_ = llvm_type(target)
    if emitter.in_chain and target.kind == "i" and target.bits == 64:
        # One test, and no choice of an operand. The least int is taken for one that does not fit.
        limit = like(wide, float(high + 1))
        emitter.raises(builder.fcmp_unordered(">=", fabs(emitter, wide), limit))
        return freeze(emitter.builder, builder.fptosi(wide, type_))
    # Past 53 bits `low - 1` is no double, and `low` is the first that fits.
    above = (">", float(low - 1)) if target.bits < 64 or low == 0 else (">=", float(low))
    fits = all_of(
        emitter,
        builder.fcmp_ordered(above[0], wide, like(wide, above[1])),
        builder.fcmp_ordered("<", wide, like(wide, float(high + 1))),
    )
    emitter.raises(emitter.builder.not_(fits))
    builder = emitter.builder
    safe = builder.select(fits, wide, like(wide, 0.0))
    convert = builder.fptoui if target.kind == "u" else builder.fptosi
    return convert(safe, type_)


def freeze(builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
    """Return `value`, or any one value where it is poison."""
    frozen = ir.instructions.Instruction(builder.block, value.type, "freeze", [value])
    builder._insert(frozen)  # llvmlite has the instruction, but no method for it
    return frozen


def _int_to_int(emitter: Emitter, value: ir.Value, source: Scalar, target: Scalar) -> ir.Value:
    if conversion_may_raise(source, target):
        _check_range(emitter, value, source, target)
    return _resize(emitter, value, source, target)


def _check_range(emitter: Emitter, value: ir.Value, source: Scalar, target: Scalar) -> None:
    """Let integers raise that `target` has no place for."""
    low, high = integer_bounds(target)
    source_low, source_high = integer_bounds(source)
    compare = emitter.builder.icmp_unsigned if source.kind == "u" else emitter.builder.icmp_signed
    outside = None
    if source_low < low:
        outside = compare("<", value, like(value, low))
    if source_high > high:
        above = compare(">", value, like(value, high))
        outside = above if outside is None else emitter.builder.or_(outside, above)
    if outside is not None:
        emitter.raises(outside)


def _resize(emitter: Emitter, value: ir.Value, source: Scalar, target: Scalar) -> ir.Value:
    if target.bits < source.bits:
        return emitter.builder.trunc(value, llvm_type(target))
    if target.bits == source.bits:
        return value
    extend = emitter.builder.zext if source.kind == "u" else emitter.builder.sext
    return extend(value, llvm_type(target))


def float_to_python_int(emitter: Emitter, value: ir.Value) -> ir.Value:
    """Return a double that is a whole number as a Python int; others leave native code."""
    return emit_convert(emitter, value, PY_FLOAT, PY_INT)
