"""The types that calls give, against the types that CPython and NumPy give."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from tests.staging.test_rules import CLASSES, SCALARS

from parloop.ir.types import (
    NP_BOOL,
    NP_COMPLEX128,
    NP_FLOAT32,
    NP_FLOAT64,
    NP_INT8,
    NP_INT64,
    NP_UINT64,
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    Scalar,
)
from parloop.staging.rules import DIVMOD, call_rule, divmod_rule
from parloop.staging.rules_calls import (
    MATH_BINARY,
    MATH_ROUNDINGS,
    MATH_TESTS,
    MATH_UNARY,
    MATH_WHOLE,
    UFUNC_COMPARISONS,
    UFUNC_OPERATORS,
    resolved_types,
)


def types_of_results(function: Callable[..., Any], types: tuple[Scalar, ...]) -> set[type]:
    """Return the types that `function` gives for some values; none where it raises for all."""
    found: set[type] = set()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for value in (0, 1, 2):
            try:
                found.add(type(function(*(CLASSES[t](value) for t in types))))
            except (ArithmeticError, TypeError, ValueError):
                continue
    return found


def check(callee: str, function: Callable[..., Any], types: tuple[Scalar, ...]) -> bool:
    """Hold the rule, where there is one, to what Python does; return whether there is one."""
    rule = call_rule(callee, types)
    if rule is None:
        return False
    assert len(rule.compute) == len(types)
    real = types_of_results(function, types)
    assert real == {CLASSES[rule.result]}, (callee, [str(t) for t in types])
    return True


@pytest.mark.parametrize("name", ["bool", "int", "float", "complex"])
def test_a_conversion_has_a_rule_but_where_a_part_would_be_lost(name: str) -> None:
    function = {"bool": bool, "int": int, "float": float, "complex": complex}[name]
    for scalar in SCALARS:
        loses_a_part = scalar.kind == "c" and name in ("int", "float")
        assert check(f"builtins.{name}", function, (scalar,)) != loses_a_part
    assert call_rule(f"builtins.{name}", (PY_FLOAT,) * 3) is None
    assert call_rule(f"builtins.{name}", ()) is None


def test_a_complex_is_made_of_two_real_numbers() -> None:
    for parts in product(SCALARS, SCALARS):
        is_known = check("builtins.complex", complex, parts)
        assert is_known == all(part.kind != "c" for part in parts)


def test_numpys_types_convert_one_number() -> None:
    names = {"float32": np.float32, "int8": np.int8, "bool": np.bool, "complex64": np.complex64}
    for name, function in names.items():
        for scalar in SCALARS:
            loses_a_part = scalar.kind == "c" and name in ("float32", "int8")
            assert check(f"numpy.{name}", function, (scalar,)) != loses_a_part
        assert call_rule(f"numpy.{name}", ()) is None


def test_only_integers_are_indices() -> None:
    for scalar in SCALARS:
        is_integer = scalar.kind in "iu" or scalar == PY_BOOL
        assert check("builtins.index", operator.index, (scalar,)) == is_integer


def test_the_absolute_value_of_every_number_is_known() -> None:
    assert all(check("builtins.abs", abs, (scalar,)) for scalar in SCALARS)


def test_rounding_gives_the_type_that_round_gives() -> None:
    for scalar in SCALARS:
        is_real = scalar.kind != "c" and scalar != NP_BOOL
        assert check("builtins.round", round, (scalar,)) == is_real
        for digits in (PY_INT, PY_BOOL, NP_INT8):
            assert check("builtins.round", round, (scalar, digits)) == is_real


def test_powers_with_a_modulus_are_of_pythons_integers_alone() -> None:
    assert check("builtins.pow", lambda x, y, z: pow(x, y, z + 1), (PY_INT, PY_BOOL, PY_INT))
    assert check("builtins.pow", pow, (NP_INT8, NP_INT8))
    assert call_rule("builtins.pow", (PY_INT, PY_INT, NP_INT64)) is None
    assert call_rule("builtins.pow", (PY_INT, PY_FLOAT, PY_INT)) is None


@pytest.mark.parametrize(("callee", "place"), [("builtins.divmod.0", 0), ("builtins.divmod.1", 1)])
def test_divmod_of_numpys_numbers_is_of_integers_alone(callee: str, place: int) -> None:
    assert callee in DIVMOD
    for types in product(SCALARS, SCALARS):
        rule = divmod_rule(callee, *types)
        if rule is not None:
            real = types_of_results(lambda x, y: divmod(x, y)[place], types)
            assert real == {CLASSES[rule.result]}
            is_numpys = any(t.owner == "numpy" for t in types)
            assert not is_numpys or rule.result.kind in "iu"
            assert not is_numpys or rule.verb in ("divmod", "scalar divmod")
    assert divmod_rule(callee, NP_INT64, PY_INT) is not None
    assert divmod_rule(callee, NP_FLOAT64, NP_INT64) is None
    assert divmod_rule(callee, NP_INT64, NP_UINT64) is None  # computed in floats
    assert divmod_rule(callee, PY_COMPLEX, PY_INT) is None


def test_functions_of_math_give_the_types_that_they_give() -> None:
    for name in (*MATH_UNARY, *MATH_TESTS):
        known = {t for t in SCALARS if check(f"math.{name}", getattr(math, name), (t,))}
        assert known == {t for t in SCALARS if t.kind != "c"}
    for name in (*MATH_BINARY, "log", "hypot"):
        assert check(f"math.{name}", getattr(math, name), (PY_FLOAT, NP_FLOAT32))
        assert call_rule(f"math.{name}", (PY_FLOAT, NP_COMPLEX128)) is None
        assert call_rule(f"math.{name}", (PY_FLOAT,) * 3) is None


def test_functions_of_whole_numbers_take_whole_numbers() -> None:
    for name, count in MATH_WHOLE.items():
        for scalar in (PY_INT, PY_BOOL, NP_INT8, NP_UINT64):
            assert check(f"math.{name}", getattr(math, name), (scalar,) * count)
        assert call_rule(f"math.{name}", (PY_INT,) * (count + 1)) is None
        for scalar in (PY_FLOAT, NP_BOOL, NP_FLOAT64):
            assert call_rule(f"math.{name}", (scalar,) * count) is None


def test_roundings_of_math_give_ints() -> None:
    for name in MATH_ROUNDINGS:
        known = {t for t in SCALARS if check(f"math.{name}", getattr(math, name), (t,))}
        assert {PY_INT, PY_BOOL, PY_FLOAT, NP_FLOAT64} <= known
        assert not {t for t in known if t.kind == "c"}
    assert call_rule("math.trunc", (NP_INT64,)) is None  # it has no `__trunc__`
    assert call_rule("math.floor", (NP_FLOAT32,)) is not None


@pytest.mark.parametrize("name", [*UFUNC_OPERATORS, *UFUNC_COMPARISONS, "exp", "signbit"])
def test_a_ufunc_gives_the_type_that_numpy_gives(name: str) -> None:
    function = getattr(np, name)
    known = 0
    for types in product(SCALARS, repeat=function.nin):
        known += check(f"numpy.{name}", function, types)
    assert known


def test_a_ufunc_gives_nothing_where_numpy_has_no_loop() -> None:
    assert resolved_types("bitwise_and", (NP_FLOAT64, NP_FLOAT64)) is None
    assert resolved_types("nothing_of_this_name", (NP_FLOAT64,)) is None
    assert resolved_types("modf", (NP_FLOAT64,)) is None  # two results
    assert resolved_types("sqrt", (NP_INT8,)) is None  # a float16
    assert call_rule("numpy.less", (NP_FLOAT64,)) is None


def test_some_ufuncs_set_no_flag() -> None:
    for name, is_silent in [("negative", True), ("sqrt", False)]:
        rule = call_rule(f"numpy.{name}", (NP_FLOAT64,))
        assert rule is not None
        assert (not rule.flags) == is_silent
    inverted = call_rule("numpy.bitwise_not", (NP_INT8,))
    assert inverted is not None
    assert inverted.verb == "invert"
