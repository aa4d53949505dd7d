"""Headers of loops over items: how many there are, and iterators that begin in the middle."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

import parloop
from parloop.capture.items import count_positions, iterate_from, leaves

HEADERS = (
    *("a", "b", "enumerate(a)", "enumerate(b, 3)", "zip(a, b)", "zip(b, a, b)", "reversed(a)"),
    *("reversed(b)", "enumerate(zip(a, enumerate(b)), 2)", "zip(reversed(b), enumerate(a))"),
)


def header(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize("text", HEADERS)
@pytest.mark.parametrize("kinds", [(list, list), (np.array, list), (np.array, np.array)])
def test_an_iterator_from_the_middle_is_the_one_that_has_come_there(text: str, kinds: Any) -> None:
    values = {"a": kinds[0]([1.5, 2.5, 3.5, 4.5]), "b": kinds[1]([7, 8, 9, 10, 11])}
    positions = count_positions(*(values[name] for name in leaves(header(text))))
    assert positions is not None
    for done in range(len(positions) + 1):
        expected = iter(eval(text, dict(values)))
        for _ in range(done):
            next(expected)
        found = iterate_from(header(text), values, done, len(positions))
        assert type(found) is type(expected)
        assert repr(list(found)) == repr(list(expected))


def test_an_iterator_sees_what_becomes_of_the_list() -> None:
    items = [1, 2, 3]
    found = iterate_from(header("enumerate(items)"), {"items": items}, 1, 3)
    assert next(found) == (1, 2)
    items.append(4)
    del items[0]
    assert list(found) == [(2, 4)]


@pytest.mark.parametrize(
    "values", [((1, 2),), (np.array(5),), ("ab",), ([1], iter([1])), ({1: 2},), (3,)]
)
def test_only_lists_and_arrays_are_counted(values: Any) -> None:
    assert count_positions(*values) is None


def test_a_site_that_never_fits_is_switched_off() -> None:
    def lengths(words: Any) -> int:
        s = 0
        for word in words:
            s += word
        return s

    parloop.reset_report()
    fast = parloop.parallel(lengths, min_work_ms=0)
    for _ in range(1000):
        with pytest.raises(TypeError):
            fast(["a", "b"])
    assert fast([1, 2]) == 3
    (site,) = parloop.report().sites
    assert site.interpreted_runs < 1000
