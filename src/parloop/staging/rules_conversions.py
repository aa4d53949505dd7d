"""The rules of conversions: stores into arrays, `numpy.int32(x)`, and the builtin number types."""

from __future__ import annotations

from parloop.ir.types import PY_BOOL, PY_COMPLEX, PY_FLOAT, PY_INT, Scalar
from parloop.staging.rules_base import (
    Rule,
    conversion_flags,
    conversion_may_raise,
    integer_bounds,
    numpy_scalar,
)


def store_rule(dtype: Scalar, value: Scalar) -> Rule | None:
    """Return the rule of `a[i] = value` for an array of `dtype`.

    An item of a list takes any value as it is; what has another type has no place in our copy.
    A value without a place in an integer `dtype` raises, or leaves native code where NumPy wraps.
    """
    if dtype.owner == "python":
        return Rule(dtype, (dtype,), "python") if value == dtype else None
    if value.kind == "c" and dtype.kind not in "bc":
        return None  # TypeError, or a ComplexWarning
    may_raise = conversion_may_raise(value, dtype)
    if value.kind in "iu" and dtype.kind in "iu":
        low, high = integer_bounds(dtype)
        value_low, value_high = integer_bounds(value)
        may_raise = value_low < low or value_high > high
    flags = conversion_flags(value, dtype)
    return Rule(dtype, (dtype,), "numpy-scalar", may_raise=may_raise, flags=flags, verb="cast")


def numpy_conversion_rule(name: str, value: Scalar) -> Rule | None:
    """Return the rule of `numpy.float32(x)` and the like, if `name` is a type of NumPy's."""
    target = numpy_scalar(name)
    if target is None or (value.kind == "c" and target.kind not in "bc"):
        return None
    return Rule(
        target,
        (target,),
        "numpy-scalar",
        may_raise=conversion_may_raise(value, target),
        flags=conversion_flags(value, target),
        verb="cast",
    )


def builtin_conversion_rule(name: str, operands: tuple[Scalar, ...]) -> Rule | None:
    """Return the rule of `bool(x)`, `int(x)`, `float(x)`, `complex(x)` and `complex(x, y)`."""
    if name == "complex" and len(operands) == 2:
        if any(operand.kind == "c" for operand in operands):
            return None
        return Rule(PY_COMPLEX, (PY_FLOAT, PY_FLOAT), "python")
    if len(operands) != 1:
        return None
    operand = operands[0]
    target = {"bool": PY_BOOL, "int": PY_INT, "float": PY_FLOAT, "complex": PY_COMPLEX}[name]
    if operand.kind == "c" and target.kind not in "bc":
        return None
    if target == PY_BOOL:
        return Rule(PY_BOOL, (operand,), "python")
    return Rule(target, (target,), "python", may_raise=conversion_may_raise(operand, target))
