"""Loops inside a nest that was declined run natively by themselves, where that may pay."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import parloop


@pytest.fixture(autouse=True)
def _fresh_report() -> Iterator[None]:
    parloop.reset_report()
    yield
    parloop.reset_report()


def rows_into_a_list(a, out, n):
    for t in range(n):
        s = 0.0
        for i in range(a.shape[1]):
            s += a[t, i]
        out[t] = s
    return out


def three_deep(a, out, n):
    for t in range(n):
        for i in range(n):
            s = 0
            for j in range(a.shape[1]):
                s += a[i, j] * t
            out[i] = s
        else:
            out[0] = i
    return out, t, i, j


def raises_in_the_middle(a, out, n):
    for t in range(n):
        for i in range(a.shape[1] + t):
            a[t, i] = t
        out[t] = t
    return out


def native_lines(function: Callable[..., Any]) -> dict[int, int]:
    """Return how often the loop on each line of `function` ran natively."""
    first = inspect.getsourcelines(function)[1]
    return {site.line - first: site.native_runs for site in parloop.report().sites}


def test_loops_inside_a_declined_nest_run_natively() -> None:
    fast = parloop.parallel(rows_into_a_list, min_work_ms=0)
    a = np.arange(12.0).reshape(3, 4)
    assert fast(a, [0] * 3, 3) == rows_into_a_list(a, [0] * 3, 3)
    assert native_lines(rows_into_a_list) == {1: 0, 3: 3}


def test_the_nest_runs_as_a_whole_where_it_can_again() -> None:
    fast = parloop.parallel(rows_into_a_list, min_work_ms=0)
    a = np.arange(12.0).reshape(3, 4)
    fast(a, [0] * 3, 3)
    fast(a, np.zeros(3), 3)
    assert native_lines(rows_into_a_list) == {1: 1, 3: 3}


def test_the_innermost_loops_run_where_the_middle_ones_cannot() -> None:
    fast = parloop.parallel(three_deep, min_work_ms=0)
    a = np.arange(12).reshape(3, 4)
    assert repr(fast(a, [0] * 3, 3)) == repr(three_deep(a, [0] * 3, 3))
    assert native_lines(three_deep) == {1: 0, 2: 0, 4: 9}


def test_loops_that_are_too_small_are_not_asked_at_all() -> None:
    fast = parloop.parallel(rows_into_a_list)
    fast(np.zeros((5000, 3)), [0] * 5000, 5000)
    assert native_lines(rows_into_a_list) == {1: 0}


def test_exceptions_and_what_came_before_are_cpython_s() -> None:
    def outcome(function: Callable[..., Any]) -> tuple[str, int | None, bytes, list[int]]:
        a, out = np.zeros((3, 5)), [0] * 3
        with pytest.raises(IndexError) as caught:
            function(a, out, 3)
        return str(caught.value), caught.traceback[-1].lineno, a.tobytes(), out

    fast = parloop.parallel(raises_in_the_middle, min_work_ms=0)
    assert outcome(fast) == outcome(raises_in_the_middle)
