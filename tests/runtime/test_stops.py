"""Iterations that come to an effect are foreseen where arithmetic on their numbers tells."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from parloop.capture.candidates import Callables, effects_of
from parloop.capture.effects import loop_without_effects
from parloop.frontend.lower import lower_loop
from parloop.ir.nodes import Nest
from parloop.runtime.stops import find_stops, has_effects
from parloop.source import Source

TESTS = (
    *("i % 4 == 0", "i % 4 == 3", "(i + 1) % 5 == 0", "(3 - 2 * i) % 6 == 1", "not i % 3"),
    *("i == 7", "i == n - 1", "2 * i == 11", "i % k == 2", "i % 4 == 9", "k * i - 3 == 9"),
    *("i % 4 == 1 and a[i] > 0", "a[i] > 0 and i % 4 == 1", "i % 6 == 1 or i == 2"),
)
HEADERS = ("range(n)", "range(3, n)", "range(n, 0, -1)", "range(1, n, 3)")


def nest_of(header: str, test: str) -> Nest:
    text = f"for i in {header}:\n    a[i] = 1.0\n    if {test}:\n        print(i)\n"
    (loop,) = ast.parse(text).body
    assert isinstance(loop, ast.For)
    plain = loop_without_effects(loop, effects_of(loop, Callables()))
    nest = lower_loop(plain, Source("t.py", text))
    assert isinstance(nest, Nest)
    assert has_effects(nest)
    return nest


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("test", TESTS)
def test_the_next_effect_is_where_the_test_holds(header: str, test: str) -> None:
    names: dict[str, Any] = {"n": 40, "k": 3, "a": [1.0] * 50}
    indices: range = eval(header, names)
    stops = find_stops(nest_of(header, test), indices, {"n": 40, "k": 3})
    holds = [bool(eval(test, {**names, "i": i})) for i in indices]
    if stops is None:
        assert not any(holds)
        return
    for number in range(len(indices)):
        expected = next((k for k in range(number, len(holds)) if holds[k]), len(holds))
        assert stops(number) == expected, number


@pytest.mark.parametrize("test", ["a[i] > 0", "i > 4", "i * i == 9", "i % m == 0", "i == 1.0"])
def test_other_tests_are_not_foreseen(test: str) -> None:
    indices = range(40)
    stops = find_stops(nest_of("range(n)", test), indices, {"n": 40, "m": 0})
    assert stops is None or [stops(k) for k in indices] == [40] * 40
