"""The rules of Python's operators on Python's numbers and NumPy's scalars.

A NumPy scalar has two ways to compute. Where one operand's type holds the other's, or the other is
a Python number that gives way, `scalarmath` computes and warns of integer overflow (`scalar add`).
Else, and where the left operand is a `numpy.bool`, the ufunc's inner loop does, and it does not.
"""

from __future__ import annotations

import sys

from parloop.ir.nodes import BinaryOperator, CompareOperator, UnaryOperator
from parloop.ir.types import (
    NP_BOOL,
    NP_FLOAT64,
    NP_INT8,
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    Scalar,
)
from parloop.staging.rules_base import (
    NO_FLAGS,
    Rule,
    RuleOwner,
    common_type,
    conversion_flags,
    conversion_may_raise,
    is_python,
)

UFUNCS: dict[str, str] = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "floor_divide",
    "%": "remainder",
    "**": "power",
    "<<": "left_shift",
    ">>": "right_shift",
    "&": "bitwise_and",
    "|": "bitwise_or",
    "^": "bitwise_xor",
}
"""The ufunc of each operator, as NumPy's warnings call it."""

_FLOAT_FLAGS: dict[str, frozenset[str]] = {
    "+": frozenset({"over", "invalid"}),
    "-": frozenset({"over", "invalid"}),
    "*": frozenset({"over", "under", "invalid"}),
    "/": frozenset({"over", "under", "divide", "invalid"}),
    "//": frozenset({"over", "under", "divide", "invalid"}),
    "%": frozenset({"over", "under", "invalid"}),
    "**": frozenset({"over", "under", "divide", "invalid"}),
}


def truth_rule(operand: Scalar) -> Rule | None:
    """Return the rule of `bool(x)`, as a condition asks for it."""
    return Rule(PY_BOOL, (operand,), "python")


def unary_rule(op: UnaryOperator, operand: Scalar) -> Rule | None:
    """Return the rule of `-x`, `+x`, `~x`, `not x`."""
    if op == "not":
        return truth_rule(operand)
    if is_python(operand):
        return _python_unary(op, operand)
    if operand == NP_BOOL:
        return Rule(operand, (operand,), "numpy-scalar") if op == "~" else None
    if op == "~" and operand.kind not in "iu":
        return None
    warns = op == "-" and operand.kind in "iu"
    return Rule(operand, (operand,), "numpy-scalar", int_warns=warns, verb="scalar negative")


def _python_unary(op: UnaryOperator, operand: Scalar) -> Rule | None:
    if op == "~":
        # `~True` warns that it will go away since Python 3.12
        if operand.kind in "fc" or (operand == PY_BOOL and sys.version_info >= (3, 12)):
            return None
        return Rule(PY_INT, (PY_INT,), "python")
    result = PY_INT if operand == PY_BOOL else operand
    return Rule(result, (result,), "python", may_raise=op == "-" and operand == PY_INT)


def binary_rule(op: BinaryOperator, left: Scalar, right: Scalar) -> Rule | None:
    """Return the rule of `x + y` and the like."""
    if is_python(left, right):
        return _python_binary(op, left, right)
    if left == PY_COMPLEX and right == NP_FLOAT64:
        # `numpy.float64` is a float to `complex.__add__`, which comes first
        return _python_binary(op, left, PY_FLOAT)
    return _numpy_binary(op, left, right)


def _python_binary(op: BinaryOperator, left: Scalar, right: Scalar) -> Rule | None:
    kind = max(left.kind, right.kind, key="bifc".index)
    if op in ("<<", ">>", "&", "|", "^"):
        return _python_bits(op, left, right) if kind in "bi" else None
    if kind == "c":
        # Mixed arithmetic changed in Python 3.14; powers go through C's own functions.
        mixed = left != right and sys.version_info >= (3, 14)
        if mixed or op not in ("+", "-", "*", "/"):
            return None
        return Rule(PY_COMPLEX, (PY_COMPLEX, PY_COMPLEX), "python", may_raise=op == "/")
    if kind == "f":
        divides = op in ("/", "//", "%", "**")
        return Rule(PY_FLOAT, (PY_FLOAT, PY_FLOAT), "python", may_raise=divides)
    result = PY_FLOAT if op == "/" else PY_INT
    safe = kind == "b" and op in ("+", "-", "*")
    return Rule(result, (PY_INT, PY_INT), "python", may_raise=not safe)


def _python_bits(op: BinaryOperator, left: Scalar, right: Scalar) -> Rule:
    shifts = op in ("<<", ">>")
    if left == right == PY_BOOL and not shifts:
        return Rule(PY_BOOL, (PY_BOOL, PY_BOOL), "python")
    return Rule(PY_INT, (PY_INT, PY_INT), "python", may_raise=shifts)


def _numpy_binary(op: BinaryOperator, left: Scalar, right: Scalar) -> Rule | None:
    common = common_type(left, right)
    owner = _path(left, right, common)
    if common.kind in "bc" and op in ("//", "%", "**", "<<", ">>"):
        if common.kind == "c":
            return None
        common = NP_INT8
    if (common.kind in "fc" and op in ("<<", ">>", "&", "|", "^")) or (
        common == NP_BOOL and op == "-"
    ):
        return None
    if op == "/" and common.kind in "biu":
        # Python's int is converted to a double at once: it cannot be out of range here.
        common = NP_FLOAT64
    return numpy_rule(op, (left, right), common, owner)


def numpy_rule(
    op: BinaryOperator, operands: tuple[Scalar, Scalar], common: Scalar, owner: RuleOwner
) -> Rule:
    """Return the rule of an operation that NumPy does in the type `common`."""
    is_int = common.kind in "iu"
    casts = [conversion_flags(operand, common) for operand in operands]
    flags = _FLOAT_FLAGS.get(op, NO_FLAGS) if common.kind in "fc" else NO_FLAGS
    overflows = owner == "numpy-scalar" and op in ("+", "-", "*")
    negative_power = op == "**" and common.kind == "i"
    # The sum or product of two truth values in `int8` and larger never overflows.
    return Rule(
        common,
        (common, common),
        owner,
        may_raise=negative_power or any(conversion_may_raise(o, common) for o in operands),
        flags=flags.union(*casts),
        int_warns=is_int and (overflows or op in ("//", "%")),
        verb=("scalar " if owner == "numpy-scalar" else "") + UFUNCS[op],
    )


def _path(left: Scalar, right: Scalar, common: Scalar) -> RuleOwner:
    """Return whether NumPy's scalar arithmetic or a ufunc's loop computes."""
    if left == NP_BOOL or (right == NP_BOOL and left.owner == "python"):
        return "numpy-loop"
    return "numpy-scalar" if common in (left, right) else "numpy-loop"


def compare_rule(op: CompareOperator, left: Scalar, right: Scalar) -> Rule | None:
    """Return the rule of `x < y` and the like; the result is Python's bool or NumPy's.

    Integers of any two types, and Python's int and float, are compared by their exact values: they
    are not converted.
    """
    if "c" in (left.kind, right.kind) and op not in ("==", "!="):
        return None
    if left == PY_COMPLEX and right == NP_FLOAT64:
        right = PY_FLOAT
    if is_python(left, right):
        compute = tuple(PY_INT if scalar == PY_BOOL else scalar for scalar in (left, right))
        return Rule(PY_BOOL, compute, "python")
    if left.kind in "biu" and right.kind in "biu":
        return Rule(NP_BOOL, (left, right), "numpy-scalar")
    common = common_type(left, right)
    casts = conversion_flags(left, common) | conversion_flags(right, common)
    return Rule(NP_BOOL, (common, common), "numpy-scalar", flags=casts)
