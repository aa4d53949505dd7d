"""What a loop's text says of the time that CPython takes for it."""

from __future__ import annotations

import ast
import math
from typing import Any

import numpy as np
import pytest

from parloop.capture.sites import SiteInfo
from parloop.capture.weight import SECONDS_PER_OPERATION, text_seconds
from parloop.source import Source


def seconds_of(text: str, trips: int = 1000, **values: Any) -> float:
    (loop,) = ast.parse(text).body
    assert isinstance(loop, ast.For)
    info = SiteInfo(
        "key", Source("a.py", text), loop, "f", "function", None, tuple(values), (), ("i",)
    )
    return text_seconds(info, range(trips), tuple(values.values()))


A = np.zeros(1000)
M = np.zeros((1000, 10))


@pytest.mark.parametrize(
    ("body", "operations"),
    [
        ("s += i", 4),
        ("a[i] = 1.0", 4),
        ("a[i] = b[i] * 2", 7),
        ("m[i, 0] = -i", 6),
        ("s = math.sqrt(i) + abs(i)", 16),
        ("s = i if i > 3 else 0", 8),
        ("if i:\n  s = 1\n else:\n  s = i + 1", 7),
    ],
)
def test_each_operation_counts(body: str, operations: float) -> None:
    found = seconds_of(f"for i in range(n):\n {body}", a=A, b=A, m=M, n=1000, s=0)
    assert found == pytest.approx(1000 * operations * SECONDS_PER_OPERATION, rel=0.35)


@pytest.mark.parametrize(
    ("header", "trips"),
    [
        ("range(7)", 7),
        ("range(n)", 20),
        ("range(1, n - 1)", 18),
        ("range(i)", 500),
        ("range(n, -n, -2)", 20),
        ("range(n // 2 * 3)", 30),
        ("range(m.shape[1])", 10),
        ("range(len(a))", 1000),
        ("range(len(x))", 3),
    ],
)
def test_loops_inside_count_as_often_as_they_run(header: str, trips: int) -> None:
    values = {"a": A, "m": M, "n": 20, "x": [1.0, 2.0, 3.0], "s": 0}
    once = seconds_of("for i in range(n):\n for j in range(1):\n  s += j", **values)
    found = seconds_of(f"for i in range(n):\n for j in {header}:\n  s += j", **values)
    assert found / once == pytest.approx(trips, rel=0.25)


class _Secretive:
    """Whoever looks at it is noticed."""

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(name)


class _Array(np.ndarray[Any, Any]):
    @property
    def shape(self) -> Any:  # type: ignore[override]
        raise AssertionError


@pytest.mark.parametrize(
    "body",
    [
        "s += x",
        "s += x[i]",
        "for j in range(x.shape[0]):\n  s += 1",
        "for j in range(len(x)):\n  s += 1",
        "f(i)",
        "while s < 3:\n  s += 1",
        "s = a + 1",
        "s = m[i]",
        "s = a[1:3]",
        "s = np.sum(i)",
        "s = [k for k in range(i)]",
        "for j in range(x):\n  s += 1",
        "for j in a:\n  s += 1",
        "for j in range(1, 2, 0):\n  s += 1",
        "y[i] = 's'",
        "y[i][0] = 1",
        "abs = y",
    ],
)
def test_what_cannot_be_told_is_unbounded_and_left_alone(body: str) -> None:
    for x in (_Secretive(), np.zeros(3).view(_Array)):
        found = seconds_of(f"for i in range(n):\n {body}", x=x, a=A, m=M, y=[[1]], s=0)
        assert found == math.inf


def test_a_loop_that_is_too_long_for_numbers_is_unbounded() -> None:
    text = "for i in range(n):\n for j in range(n):\n  for k in range(10 ** 30 * n):\n   s += 1"
    assert seconds_of(text, 10**15, n=10**15, s=0) == math.inf
    text = text.replace("10 ** 30 * n", "n * n * n")
    assert seconds_of(text, 10**15, n=10**15, s=0) == math.inf


def test_an_empty_loop_takes_no_time() -> None:
    assert seconds_of("for i in range(n):\n f(i)", 0) == 0
