"""The interpreter changes the names around a nest just as the text would."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parloop.ir.interp import evaluate, run
from parloop.ir.parse import parse_expression, parse_nest


def test_a_run_returns_the_outputs_that_are_bound() -> None:
    nest = parse_nest("for i in 0:n:1 { if i > 5 { t = 1 }; s = s + i }")
    environment: dict[str, Any] = {"n": 4, "s": 0.5}
    assert run(nest, environment, 0, 4, 1) == {"i": 3, "s": 6.5}
    assert environment == {"n": 4, "s": 6.5, "i": 3}


def test_zero_trips_bind_nothing() -> None:
    nest = parse_nest("for i in 0:n:1 { t = 1 }")
    assert run(nest, {"n": 0}, 0, 0, 1) == {}


def test_an_exception_leaves_what_was_done_and_no_temporary() -> None:
    nest = parse_nest("for i in 0:n:1 { %0 = i; b[i] = %0; s = %0 }")
    environment: dict[str, Any] = {"n": 3, "b": np.zeros(2)}
    with pytest.raises(IndexError):
        run(nest, environment, 0, 3, 1)
    assert environment["b"].tolist() == [0.0, 1.0]
    assert {name: environment[name] for name in environment if name != "b"} == {
        "n": 3,
        "i": 2,
        "s": 1,
    }


def test_a_name_without_a_value_raises_as_in_a_module() -> None:
    with pytest.raises(NameError, match="name 'q' is not defined"):
        evaluate(parse_expression("1 + q"), {})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0 and 1 // 0", 0),
        ("2 or 1 // 0", 2),
        ("1 if 2 > 1 else 1 // 0", 1),
        ("min(0, False)", 0),
        ("divmod(-7, 2)[0]", -4),
        ("divmod(-7, 2)[1]", 1),
        ("a.shape[-1] * 10 + a.size", 36),
        ("a.shape[1, 2] * 10 + a.ndim", 32),
        ("a[1, 2]", 5),
        ("g[1, 0]", 3),
        ("g.shape[0]", 2),
        ("-(2 ** -1) + ~3 % 5", 0.5),
        ("not 3", False),
    ],
)
def test_an_expression_has_cpython_s_value(text: str, value: object) -> None:
    environment: dict[str, Any] = {"a": np.arange(6).reshape(2, 3), "g": [[1, 2], [3, 4]]}
    found = evaluate(parse_expression(text), environment)
    assert found == value
    assert isinstance(found, type(value) | np.generic)


def test_operations_are_those_of_the_objects() -> None:
    environment: dict[str, Any] = {"x": np.float32(1) / np.float32(3)}
    assert type(evaluate(parse_expression("x * 2"), environment)) is np.float32
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        evaluate(parse_expression("x / 0"), environment)
