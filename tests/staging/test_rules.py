"""The types that operations give, against the types that CPython and NumPy give."""

from __future__ import annotations

import math
import operator
import sys
import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from parloop.ir.types import (
    NP_BOOL,
    NP_COMPLEX128,
    NP_FLOAT32,
    NP_FLOAT64,
    NP_INT8,
    NP_INT16,
    NP_INT64,
    NP_UINT8,
    NP_UINT64,
    NUMPY_SCALARS,
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    PYTHON_SCALARS,
    Scalar,
)
from parloop.staging import algorithms
from parloop.staging.rules import (
    binary_rule,
    call_rule,
    compare_rule,
    store_rule,
    truth_rule,
    unary_rule,
)

SCALARS = PYTHON_SCALARS + NUMPY_SCALARS
CLASSES: dict[Scalar, type] = {
    PY_BOOL: bool,
    PY_INT: int,
    PY_FLOAT: float,
    PY_COMPLEX: complex,
    **{scalar: np.dtype(str(scalar).removesuffix("_")).type for scalar in NUMPY_SCALARS},
}
BINARY: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
COMPARE: dict[str, Callable[..., Any]] = {"<": operator.lt, "==": operator.eq}


def real_type(function: Callable[..., Any], *operands: Any) -> type | None:
    """Return the type of a result, `None` if there is none for any value."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return type(function(*operands))
        except TypeError:
            return None


@pytest.mark.parametrize("op", BINARY)
def test_a_binary_rule_gives_the_type_that_the_operator_gives(op: str) -> None:
    for left, right in product(SCALARS, SCALARS):
        rule = binary_rule(op, left, right)  # type: ignore[arg-type]
        real = real_type(BINARY[op], CLASSES[left](1), CLASSES[right](1))
        if rule is not None:
            assert CLASSES[rule.result] is real, (op, str(left), str(right))
        elif real is not None:
            assert op == "**", (op, str(left), str(right))
            assert "c" in (left.kind, right.kind)


@pytest.mark.parametrize("op", COMPARE)
def test_a_compare_rule_gives_the_bool_that_the_comparison_gives(op: str) -> None:
    for left, right in product(SCALARS, SCALARS):
        rule = compare_rule(op, left, right)  # type: ignore[arg-type]
        real = real_type(COMPARE[op], CLASSES[left](1), CLASSES[right](1))
        if rule is None:
            assert op == "<", (op, str(left), str(right))
            assert "c" in (left.kind, right.kind)
        else:
            assert CLASSES[rule.result] is real, (op, str(left), str(right))


def test_a_unary_rule_gives_the_type_that_the_operator_gives() -> None:
    functions = {"-": operator.neg, "+": operator.pos, "~": operator.invert, "not": operator.not_}
    for op, scalar in product(functions, SCALARS):
        rule = unary_rule(op, scalar)  # type: ignore[arg-type]
        real = real_type(functions[op], CLASSES[scalar](1))
        if (op, scalar) == ("~", PY_BOOL) and sys.version_info >= (3, 12):
            real = None  # it warns that it will go away, and is left to CPython
        assert (rule and CLASSES[rule.result]) is real, (op, str(scalar))


def test_a_store_rule_exists_where_a_store_needs_no_complex_warning() -> None:
    for dtype, value in product(NUMPY_SCALARS, SCALARS):
        loses_a_part = value.kind == "c" and dtype.kind not in "bc"
        assert (store_rule(dtype, value) is None) == loses_a_part


def test_literals_give_way_to_numpys_integers_and_may_be_out_of_range() -> None:
    rule = binary_rule("+", NP_INT8, PY_INT)
    assert rule is not None
    assert (rule.result, rule.may_raise, rule.int_warns) == (NP_INT8, True, True)
    assert rule.verb == "scalar add"
    wide = binary_rule("+", NP_INT64, PY_INT)
    assert wide is not None
    assert not wide.may_raise


def test_scalars_that_promote_to_a_third_type_go_through_the_ufunc_and_do_not_warn() -> None:
    rule = binary_rule("+", NP_INT8, NP_UINT8)
    assert rule is not None
    assert (rule.result, rule.owner, rule.verb) == (NP_INT16, "numpy-loop", "add")
    assert not rule.int_warns


def test_division_of_a_small_integer_by_any_literal_raises_nothing() -> None:
    rule = binary_rule("/", NP_INT8, PY_INT)
    assert rule is not None
    assert (rule.result, rule.may_raise) == (NP_FLOAT64, False)


def test_pythons_integers_and_floats_are_compared_unconverted() -> None:
    rule = compare_rule("<", PY_INT, PY_FLOAT)
    assert rule is not None
    assert rule.compute == (PY_INT, PY_FLOAT)
    numpys = compare_rule("<", PY_INT, NP_FLOAT64)
    assert numpys is not None
    assert numpys.compute == (NP_FLOAT64, NP_FLOAT64)


def test_integers_of_numpy_are_compared_unconverted() -> None:
    rule = compare_rule("<", NP_UINT64, NP_INT64)
    assert rule is not None
    assert rule.compute == (NP_UINT64, NP_INT64)


def test_a_python_complex_before_a_float64_stays_pythons() -> None:
    first = binary_rule("+", PY_COMPLEX, NP_FLOAT64)
    second = binary_rule("+", NP_FLOAT64, PY_COMPLEX)
    assert first is not None
    assert second is not None
    assert (first.result, second.result) == (PY_COMPLEX, NP_COMPLEX128)


def test_functions_of_math_give_floats_and_ufuncs_give_numpys() -> None:
    for callee, operand, result in [
        ("math.sqrt", NP_FLOAT32, PY_FLOAT),
        ("numpy.sqrt", PY_FLOAT, NP_FLOAT64),
        ("numpy.sqrt", NP_FLOAT32, NP_FLOAT32),
        ("numpy.sqrt", PY_INT, NP_FLOAT64),
        ("numpy.isnan", PY_FLOAT, NP_BOOL),
        ("numpy.absolute", NP_COMPLEX128, NP_FLOAT64),
        ("builtins.round", NP_FLOAT64, PY_INT),
        ("math.floor", NP_INT64, PY_INT),
    ]:
        rule = call_rule(callee, (operand,))
        assert rule is not None, callee
        assert rule.result == result, callee


def test_rounding_to_digits_keeps_the_type() -> None:
    for operand, result in [(PY_FLOAT, PY_FLOAT), (PY_BOOL, PY_INT), (NP_FLOAT32, NP_FLOAT32)]:
        rule = call_rule("builtins.round", (operand, PY_INT))
        assert rule is not None
        assert rule.result == result


def test_algorithms_of_cpython_are_used_only_where_they_give_its_bits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert algorithms.hypot_is_known()
    algorithms.hypot_is_known.cache_clear()
    monkeypatch.setattr(algorithms, "_hypot_of_floats", lambda x, y: math.sqrt(x * x + y * y))
    assert call_rule("math.hypot", (PY_FLOAT, PY_FLOAT)) is None
    algorithms.hypot_is_known.cache_clear()


def test_calls_without_a_rule_of_ours_have_none() -> None:
    assert call_rule("math.gamma", (PY_FLOAT,)) is None
    assert call_rule("builtins.round", (PY_FLOAT, PY_FLOAT)) is None
    assert call_rule("builtins.round", (NP_BOOL, PY_INT)) is None
    assert call_rule("builtins.round", (PY_COMPLEX, PY_INT)) is None
    assert call_rule("numpy.sqrt", (NP_INT8,)) is None  # a float16
    assert call_rule("math.trunc", (NP_FLOAT32,)) is None
    assert call_rule("math.sqrt", (PY_COMPLEX,)) is None
    assert call_rule("builtins.divmod", (PY_INT, PY_INT)) is None
    assert call_rule("os.getpid", ()) is None


def test_truth_is_a_python_bool() -> None:
    assert all(truth_rule(scalar).result == PY_BOOL for scalar in SCALARS)  # type: ignore[union-attr]
