"""The rules of calls: builtins, `math`, and NumPy's ufuncs on numbers."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy

from parloop.ir.nodes import BinaryOperator
from parloop.ir.types import (
    NP_BOOL,
    NP_FLOAT64,
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    Scalar,
)
from parloop.staging.algorithms import hypot_is_known, rounds_correctly
from parloop.staging.rules_base import (
    ALL_FLAGS,
    NO_FLAGS,
    Rule,
    conversion_flags,
    conversion_may_raise,
    default_type,
    numpy_scalar,
)
from parloop.staging.rules_conversions import builtin_conversion_rule, numpy_conversion_rule
from parloop.staging.rules_operators import binary_rule, compare_rule, numpy_rule

MATH_UNARY = frozenset(
    {
        "acos",
        "acosh",
        "asin",
        "asinh",
        "atan",
        "atanh",
        "cbrt",
        "cos",
        "cosh",
        "degrees",
        "erf",
        "erfc",
        "exp",
        "exp2",
        "expm1",
        "fabs",
        "log",
        "log10",
        "log1p",
        "log2",
        "radians",
        "sin",
        "sinh",
        "sqrt",
        "tan",
        "tanh",
    }
)
"""The functions of `math` that take and give a float, as libm does but for what they raise."""

MATH_BINARY = frozenset({"atan2", "copysign", "fmod", "pow", "remainder", "nextafter"})
MATH_WHOLE = {"gcd": 2, "lcm": 2, "isqrt": 1}
"""Functions on whole numbers, with how many machine code takes."""

MATH_TESTS = frozenset({"isfinite", "isinf", "isnan"})
MATH_ROUNDINGS = frozenset({"ceil", "floor", "trunc"})

_NEVER_RAISE = frozenset(
    {
        "asinh",
        "atan",
        "atan2",
        "cbrt",
        "copysign",
        "degrees",
        "erf",
        "erfc",
        "fabs",
        "nextafter",
        "radians",
        "tanh",
    }
)

UFUNC_OPERATORS: dict[str, BinaryOperator] = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "floor_divide": "//",
    "remainder": "%",
    "power": "**",
    "divide": "/",
    "left_shift": "<<",
    "right_shift": ">>",
    "bitwise_and": "&",
    "bitwise_or": "|",
    "bitwise_xor": "^",
}
"""The ufuncs that are done like an operator; `power` and `divide` only for some types."""

UFUNC_COMPARISONS = {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}


DIVMOD: Mapping[str, BinaryOperator] = {"builtins.divmod.0": "//", "builtins.divmod.1": "%"}
"""The results of `q, r = divmod(x, y)` by their names in the IR, and the operators they are."""


def divmod_rule(callee: str, left: Scalar, right: Scalar) -> Rule | None:
    """Return the rule of one of the results of `divmod(x, y)`.

    NumPy's warnings name `divmod` itself, and come once for both results: by text and line, the
    second is the first again.
    """
    rule = binary_rule(DIVMOD[callee], left, right)
    if rule is None or (left.owner == right.owner == "python"):
        return rule
    if any(number.kind not in "iu" for number in (left, right, *rule.compute)):
        return None
    return replace(rule, verb="divmod" if rule.owner == "numpy-loop" else "scalar divmod")


def call_rule(callee: str, operands: tuple[Scalar, ...]) -> Rule | None:
    """Return the rule of a call of `callee`, a canonical name such as `math.sqrt`."""
    module, _, name = callee.partition(".")
    match module:
        case "builtins":
            return _builtin_rule(name, operands)
        case "math":
            return _math_rule(name, operands)
        case "numpy" if numpy_scalar(name) is not None:
            return numpy_conversion_rule(name, operands[0]) if len(operands) == 1 else None
        case "numpy":
            return _ufunc_rule(name, operands)
        case _:
            return None


def _builtin_rule(name: str, operands: tuple[Scalar, ...]) -> Rule | None:
    match name, operands:
        case (("bool" | "int" | "float" | "complex"), _):
            return builtin_conversion_rule(name, operands)
        case "index", (operand,) if operand.kind in "iu" or operand == PY_BOOL:
            return builtin_conversion_rule("int", operands)
        case "abs", (operand,):
            return _abs_rule(operand)
        case "round", (operand,) if operand.kind in "iuf" or operand == PY_BOOL:
            computed = PY_FLOAT if operand.kind == "f" else PY_INT
            may_raise = computed == PY_FLOAT or conversion_may_raise(operand, PY_INT)
            return Rule(PY_INT, (computed,), "python", may_raise=may_raise)
        case "round", (operand, digits) if digits.kind in "iu" or digits == PY_BOOL:
            return _digits_rule(operand)
        case "pow", (left, right):
            return binary_rule("**", left, right)
        case "pow", _ if all(operand in (PY_INT, PY_BOOL) for operand in operands):
            return Rule(PY_INT, (PY_INT,) * 3, "python", may_raise=True)
        case _:
            return None  # min, max and divmod give back more than one value or type


def _digits_rule(operand: Scalar) -> Rule | None:
    """Return the rule of `round(x, n)`, in which an `n` below 0 or above 22 leaves native code."""
    if operand.kind == "c" or operand == NP_BOOL:
        return None
    result = PY_INT if operand == PY_BOOL else operand
    if operand.owner == "python":
        known = operand.kind != "f" or rounds_correctly()
        return Rule(result, (result, PY_INT), "python", may_raise=True) if known else None
    flags = frozenset({"over", "under"}) if operand.kind == "f" else NO_FLAGS
    compute = (operand, PY_INT)
    return Rule(result, compute, "numpy-loop", may_raise=True, flags=flags, verb="multiply")


def _abs_rule(operand: Scalar) -> Rule | None:
    if operand == NP_BOOL:
        return Rule(NP_BOOL, (NP_BOOL,), "numpy-loop")
    if operand.owner == "numpy":
        if operand.kind == "c":
            part = Scalar("numpy", "f", operand.bits // 2)
            return Rule(part, (operand,), "numpy-scalar")
        warns = operand.kind == "i"
        verb = "scalar absolute"
        return Rule(operand, (operand,), "numpy-scalar", int_warns=warns, verb=verb)
    if operand == PY_COMPLEX:
        return Rule(PY_FLOAT, (operand,), "python", may_raise=True)
    result = PY_INT if operand == PY_BOOL else operand
    return Rule(result, (result,), "python", may_raise=operand == PY_INT)


def _math_rule(name: str, operands: tuple[Scalar, ...]) -> Rule | None:
    if any(operand.kind == "c" for operand in operands) or not hasattr(_math(), name):
        return None
    may_raise = name not in _NEVER_RAISE
    match operands:
        case (operand,) if name in MATH_UNARY:
            return Rule(PY_FLOAT, (PY_FLOAT,), "python", may_raise=may_raise)
        case _ if name in MATH_WHOLE:
            whole = all(o.kind in "iu" or o == PY_BOOL for o in operands)
            if not whole or len(operands) != MATH_WHOLE[name]:
                return None
            return Rule(PY_INT, (PY_INT,) * len(operands), "python", may_raise=True)
        case (operand,) if name in MATH_TESTS:
            return Rule(PY_BOOL, (PY_FLOAT,), "python")
        case (operand,) if name in MATH_ROUNDINGS:
            return _rounding_rule(name, operand)
        case (_, _) if name in MATH_BINARY:
            return Rule(PY_FLOAT, (PY_FLOAT, PY_FLOAT), "python", may_raise=may_raise)
        case (_, _) if name == "log":
            return Rule(PY_FLOAT, (PY_FLOAT, PY_FLOAT), "python", may_raise=True)
        case (_, _) if name == "hypot" and hypot_is_known():
            return Rule(PY_FLOAT, (PY_FLOAT, PY_FLOAT), "python", may_raise=True)
        case _:
            return None  # gamma, lgamma and dist have algorithms of CPython's own


def _rounding_rule(name: str, operand: Scalar) -> Rule | None:
    if operand in (PY_BOOL, PY_INT):
        return Rule(PY_INT, (PY_INT,), "python")
    if name == "trunc" and operand.owner == "numpy" and operand.bits != 64:
        return None
    if name == "trunc" and operand.kind != "f":
        return None
    return Rule(PY_INT, (PY_FLOAT,), "python", may_raise=True)


def _math() -> Any:
    import math

    return math


def _ufunc_rule(name: str, operands: tuple[Scalar, ...]) -> Rule | None:
    if name == "vecdot":  # of the numbers of one vector, and those of another
        first = operands[0]
        if first.kind != "f" or set(operands) != {first}:
            return None
        return Rule(first, operands, "numpy-loop", flags=ALL_FLAGS, verb="dot")
    if name in UFUNC_COMPARISONS and len(operands) == 2:
        return _ufunc_comparison(UFUNC_COMPARISONS[name], operands)
    resolved = resolved_types(name, operands)
    if resolved is None:
        return None
    *compute, result = resolved
    if name == "clip" and result.kind not in "iuf":
        return None
    if name in UFUNC_OPERATORS and inline_operator(name, compute[0]):
        # NumPy's `x ** 2` on arrays is not `power`: only operators on integers are alike.
        first, second = operands
        return numpy_rule(UFUNC_OPERATORS[name], (first, second), compute[0], "numpy-loop")
    pairs = tuple(zip(operands, compute, strict=True))
    casts = NO_FLAGS.union(*(conversion_flags(*pair) for pair in pairs))
    flags = ALL_FLAGS if name not in _SILENT else NO_FLAGS
    return Rule(
        result,
        tuple(compute),
        "numpy-loop",
        may_raise=any(conversion_may_raise(*pair) for pair in pairs),
        flags=flags | casts,
        verb=_VERBS.get(name, name),
    )


def _ufunc_comparison(op: str, operands: tuple[Scalar, ...]) -> Rule | None:
    left, right = (default_type(o) for o in operands)
    if operands[0].owner == operands[1].owner or operands == (PY_COMPLEX, NP_FLOAT64):
        operands = (left, right)  # a complex compares with a NumPy float itself: the ufunc does not
    return compare_rule(cast(Any, op), *operands)


def inline_operator(name: str, computed: Scalar) -> bool:
    """Return whether the ufunc `name` is done like its operator when it computes in this type."""
    if name == "power":
        return computed.kind in "iu"
    if name in ("divide", "remainder", "floor_divide"):
        return computed.kind in "iuf"
    return True


_SILENT = frozenset(
    {
        "bitwise_not",
        "clip",
        "conjugate",
        "copysign",
        "fabs",
        "isfinite",
        "isinf",
        "isnan",
        "logical_and",
        "logical_not",
        "logical_or",
        "logical_xor",
        "negative",
        "positive",
        "sign",
        "signbit",
    }
)
"""The ufuncs that set no floating point flag."""

_VERBS: dict[str, str] = {"bitwise_not": "invert"}


@functools.cache
def resolved_types(name: str, operands: tuple[Scalar, ...]) -> tuple[Scalar, ...] | None:
    """Return the types in which the ufunc `numpy.name` computes, the result's last.

    NumPy itself is asked. `None` if it has no loop for these operands, or one of types that the
    loop IR has not.
    """
    ufunc = getattr(numpy, name, None)
    if name == "clip" and clips_as_known():  # a function around a ufunc that has no public name
        ufunc = getattr(getattr(getattr(numpy, "_core", None), "umath", None), "clip", None)
    if not isinstance(ufunc, numpy.ufunc) or ufunc.nin != len(operands) or ufunc.nout != 1:
        return None
    if ufunc.signature is not None:  # `numpy.matmul` takes no numbers
        return None
    all_python = all(operand.owner == "python" for operand in operands)
    asked = [_dtype(operand, weak=not all_python) for operand in operands]
    if name == "clip":  # it makes an array of the first operand before it looks at others
        asked[0] = _dtype(operands[0], weak=False)
    try:
        resolved = cast(Any, ufunc).resolve_dtypes((*asked, None))
    except TypeError:
        return None
    found = [numpy_scalar(dtype.name) for dtype in resolved]
    if any(scalar is None for scalar in found):
        return None
    return tuple(scalar for scalar in found if scalar is not None)


@functools.cache
def clips_as_known() -> bool:
    """Return whether `np.clip` keeps numbers that equal a bound, and those that are none."""
    edges = (0.0, -0.0, 1.0, -1.0, 0.5, float("inf"), float("-inf"), float("nan"))
    for kind in (numpy.float64, numpy.float32):
        column = numpy.array(edges * 5, kind)
        for low, high in ((kind(low), kind(high)) for low in edges for high in edges):
            floor = numpy.where((column >= low) | numpy.isnan(column), column, low)
            expected = numpy.where((floor <= high) | numpy.isnan(floor), floor, high)
            for count in (1, 3, 9, len(column)):
                found = numpy.clip(column[:count], low, high)
                signs = numpy.signbit(found) == numpy.signbit(expected[:count])
                same = (found == expected[:count]) & signs
                if not (same | (numpy.isnan(found) & numpy.isnan(expected[:count]))).all():
                    return False
    return True


def _dtype(operand: Scalar, *, weak: bool) -> Any:
    if weak and operand.owner == "python" and operand.kind != "b":
        return {"i": int, "f": float, "c": complex}[operand.kind]
    return numpy.dtype(str(default_type(operand)).removesuffix("_"))
