"""What CPython and NumPy make of one operation on operands of given types.

    rule = binary_rule("+", NP_INT8, PY_FLOAT)     ->  float64, both operands converted to float64

Every function returns `None` where the operation is not supported: the caller declines the loop.
Some results have a type that depends on the values (`2 ** -1`); the rule gives the usual type, and
`may_raise` says that a run may have to leave native code there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from parloop.ir.nodes import BinaryOperator, CompareOperator, UnaryOperator
from parloop.ir.types import NP_BOOL, NP_FLOAT64, PY_BOOL, PY_FLOAT, PY_INT, Scalar

RuleOwner: TypeAlias = Literal["python", "numpy-scalar"]

NO_FLAGS: frozenset[str] = frozenset()
ALL_FLAGS = frozenset({"over", "divide", "invalid", "under"})


@dataclass(frozen=True, slots=True)
class Rule:
    """How an operation on operands of certain types is done."""

    result: Scalar
    """The exact type of the result when nothing is raised."""
    compute: tuple[Scalar, ...]
    """The type that each operand is converted to first."""
    owner: RuleOwner
    """Whose algorithm gives the bits."""
    may_raise: bool = False
    """Whether some values raise, or give a result of another type or outside 64 bits."""
    flags: frozenset[str] = NO_FLAGS
    """The floating point flags of which NumPy may warn after this operation."""
    int_warns: bool = False
    """Whether NumPy may warn of an integer result (overflow, division by zero)."""


def unary_rule(op: UnaryOperator, operand: Scalar) -> Rule | None:
    """Return the rule of `-x`, `+x`, `~x`, `not x`."""
    if op == "not":
        return truth_rule(operand)
    if operand in (PY_INT, PY_FLOAT):
        if op == "~" and operand is PY_FLOAT:
            return None
        return Rule(operand, (operand,), "python", may_raise=op == "-" and operand == PY_INT)
    return None


def binary_rule(op: BinaryOperator, left: Scalar, right: Scalar) -> Rule | None:
    """Return the rule of `x + y` and the like."""
    pair = {left, right}
    if op not in ("+", "-", "*"):
        return None
    if pair == {PY_INT}:
        return Rule(PY_INT, (PY_INT, PY_INT), "python", may_raise=True)
    if pair <= {PY_INT, PY_FLOAT}:
        return Rule(PY_FLOAT, (PY_FLOAT, PY_FLOAT), "python")
    if pair <= {PY_INT, PY_FLOAT, NP_FLOAT64}:
        return Rule(NP_FLOAT64, (NP_FLOAT64, NP_FLOAT64), "numpy-scalar", flags=ALL_FLAGS)
    return None


def compare_rule(op: CompareOperator, left: Scalar, right: Scalar) -> Rule | None:
    """Return the rule of `x < y` and the like; the result is Python's bool or NumPy's."""
    pair = {left, right}
    if pair in ({PY_INT}, {PY_FLOAT}):
        return Rule(PY_BOOL, (left, right), "python")
    if pair <= {PY_INT, PY_FLOAT, NP_FLOAT64} and NP_FLOAT64 in pair:
        return Rule(NP_BOOL, (NP_FLOAT64, NP_FLOAT64), "numpy-scalar")
    return None


def call_rule(callee: str, operands: tuple[Scalar, ...]) -> Rule | None:
    """Return the rule of a call of `callee`, a canonical name such as `math.sqrt`."""
    return None


def store_rule(dtype: Scalar, value: Scalar) -> Rule | None:
    """Return the rule of `a[i] = value` for an array of `dtype`."""
    if dtype == NP_FLOAT64 and value in (PY_INT, PY_FLOAT, NP_FLOAT64):
        return Rule(dtype, (dtype,), "numpy-scalar")
    return None


def truth_rule(operand: Scalar) -> Rule | None:
    """Return the rule of `bool(x)`, as a condition asks for it."""
    return Rule(PY_BOOL, (operand,), "python")
