"""Loops over what machine code has no types for are told apart without the engine."""

from __future__ import annotations

import ast
from array import array
from typing import Any

import numpy as np
import pytest

from parloop.capture.rewrite import rewrite
from parloop.capture.sites import REGISTRY, UNBOUND
from parloop.capture.suitable import find_unsuitable
from parloop.source import Source


def unsuitable(text: str, **names: Any) -> str | None:
    """Return the name for which the first loop of `text` stays in the interpreter."""
    _, sites = rewrite(ast.parse(text), Source("text.py", text), REGISTRY)
    info = sites[0]
    values = tuple(names.get(name, 0) for name in info.passed)
    found = find_unsuitable(info, values, lambda name: names.get(name, UNBOUND))
    return None if found is None else found[0]


COPY = "for i in range(n):\n    b[i] = a[i]\n"


@pytest.mark.parametrize(
    "value",
    [{1: 2.0}, "text", b"bytes", array("d", [1.0]), ["a", "b"], [None], [[b"x"]], object(), 3.0],
)
def test_a_loop_over_elements_of_no_numbers_stays(value: object) -> None:
    assert unsuitable(COPY, a=value, b=[0.0], n=3) == "a"
    assert unsuitable(COPY, a=[1.5], b=value, n=3) == "b"


@pytest.mark.parametrize(
    "value",
    [[1], [2.5], [True], [], [[1, 2]], [(1, 2.0)], (), (1, 2), np.zeros(3), [np.float64(1)],
     np.zeros(2, object), [[[]]]],
)  # fmt: skip
def test_a_loop_over_what_may_be_numbers_is_for_the_engine(value: object) -> None:
    assert unsuitable(COPY, a=value, b=value, n=3) is None


def test_a_name_without_a_value_is_for_the_engine() -> None:
    assert unsuitable(COPY, a=[1]) is None


def test_a_name_that_the_loop_binds_is_for_the_engine() -> None:
    text = "for i in range(n):\n    a = b\n    a[i] = 0\n"
    assert unsuitable(text, a="old", b=[1], n=3) is None


def test_a_list_that_is_only_appended_to_may_hold_anything() -> None:
    assert unsuitable("for i in range(n):\n    out.append(i)\n", out=["x"], n=3) is None


def test_items_of_no_numbers_stay() -> None:
    text = "for k, x in enumerate(words):\n    s += k\n"
    assert unsuitable(text, words=["a"], s=0) == "words"
    assert unsuitable(text, words=[1], s=0) is None


def test_a_loop_inside_that_does_without_the_name_keeps_the_engine_asked() -> None:
    text = "for i in range(n):\n    d[i] = 0\n    for j in range(n):\n        a[j] = i\n"
    assert unsuitable(text, d={}, a=[1], n=3) is None
    assert unsuitable(text.replace("a[j] = i", "d[j] = i"), d={}, n=3) == "d"


def test_a_comprehension_over_strings_stays() -> None:
    text = "found = [x * 2 + x * x * 3 - x * 5 + x for x in words]\n"
    assert unsuitable(text, words=["a"]) == "words"
    assert unsuitable(text, words=[1.5]) is None
