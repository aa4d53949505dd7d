"""Loops that store where an index array says run on several threads where no index repeats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.differential import find_difference, run

import parloop
from parloop.codegen import regions
from parloop.runtime import inspector
from parloop.runtime.inspector import all_differ

Arguments = tuple[Any, ...]


@pytest.fixture(autouse=True)
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inspect even short loops, and cut them into several blocks."""
    monkeypatch.setattr(regions, "BLOCK_WORK", 8)
    monkeypatch.setattr(inspector, "SECONDS_PER_INDEX", 0.0)


def threads_of(function: Callable[..., Any], *cases: Arguments) -> list[int]:
    """Return on how many threads native runs were, which leave what Python leaves, case by case."""
    fast = parloop.parallel(function, min_work_ms=0)
    found = []
    for number, arguments in enumerate(cases):
        expected = run(function, arguments, "always", __file__)
        for count in (1, 5):
            parloop.reset_report()
            around = parloop.settings(threads=count, min_work_ms=0)
            seen = run(fast, arguments, "always", __file__, around)
            why = find_difference(expected, seen)
            assert why is None, f"arguments {number}, {count} threads: {why}"
        found.append(max((s.threads for s in parloop.report().sites), default=0))
    return found


def scatter(a, idx, b):
    for i in range(len(idx)):
        a[idx[i]] = b[i] * 2
    return a


def scatter_both(a, idx, other, b):
    for i in range(1, len(idx), 2):
        a[idx[i]] = i * 2
        a[idx[i]] = 7 - a[idx[i]]
        b[other[i - 1]] = 5
    return a, b


def scatter_some(a, idx, b):
    s = 0
    for i in range(len(idx) - 1, -1, -1):
        if b[i] > 3:
            a[idx[i], 1] = b[i]
            s += i
    return s


def index_changes(a, idx, b):
    for i in range(len(idx)):
        i = i // 2
        a[idx[i]] = b[i] + i
    return a


def inner(a, idx, n):
    for k in range(n):
        for i in range(len(idx)):
            a[idx[i]] = a[idx[i]] * 2 + k
    return a


def index_is_written(idx):
    for i in range(len(idx)):
        idx[idx[i]] = i
    return idx


RNG = np.random.default_rng(17)
SHUFFLED = RNG.permutation(90)
REPEATED = SHUFFLED.copy()
REPEATED[70] = REPEATED[3]
WRAPPED = SHUFFLED.copy()
WRAPPED[50] -= 90
TWICE = SHUFFLED.copy()
TWICE[50] = TWICE[3] - 90
OUTSIDE = SHUFFLED.copy()
OUTSIDE[40] = 90
VALUES = RNG.integers(0, 9, 90)


def room() -> np.ndarray[Any, Any]:
    """Return an array to store into."""
    return np.zeros(90, np.int64)


def test_only_distinct_indices_make_a_loop_parallel() -> None:
    full = (SHUFFLED, REPEATED, WRAPPED, TWICE, OUTSIDE)
    indices = (*full, SHUFFLED[:1], SHUFFLED[:0], SHUFFLED[::-2])
    cases = [(room(), idx, VALUES) for idx in indices]
    threads = threads_of(scatter, *cases)
    assert threads[:6] == [5, 1, 5, 1, 1, 5]
    assert threads[7] == 5


@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "u8"])
def test_indices_may_have_any_width(dtype: str) -> None:
    cases = [(room(), idx.astype(dtype), VALUES) for idx in (SHUFFLED, REPEATED)]
    assert threads_of(scatter, *cases) == [5, 1]


def test_a_broadcast_array_of_indices_repeats_them() -> None:
    idx = np.broadcast_to(np.array(3), (90,))
    assert threads_of(scatter, (room(), idx, VALUES)) == [1]


def test_all_index_arrays_have_to_be_distinct() -> None:
    idx = (SHUFFLED, REPEATED)
    cases = [(room(), one, other, VALUES.copy()) for one in idx for other in idx]
    assert threads_of(scatter_both, *cases)[0] == 5


def test_an_array_of_indices_that_shares_memory_with_what_is_written_stays_in_order() -> None:
    both = SHUFFLED.copy()
    assert threads_of(scatter, (both, both, VALUES), (both[::-1], both, VALUES)) == [1, 1]
    assert threads_of(index_is_written, (both,)) == [1]


def test_a_distinct_axis_is_enough_and_sums_go_along() -> None:
    a = np.zeros((90, 3), np.int64)
    assert threads_of(scatter_some, (a, SHUFFLED, VALUES), (a, REPEATED, VALUES)) == [5, 1]


def test_an_index_that_the_body_changes_is_not_taken_for_the_loops() -> None:
    assert threads_of(index_changes, (room(), SHUFFLED, VALUES)) == [1]


def test_a_loop_inside_is_inspected_once() -> None:
    assert threads_of(inner, (room(), SHUFFLED, 4), (room(), REPEATED, 4)) == [5, 1]


def test_other_values_in_the_same_array_are_seen() -> None:
    fast = parloop.parallel(scatter, min_work_ms=0)
    idx = SHUFFLED.copy()
    with parloop.settings(threads=5):
        for _ in range(3):
            a, b = room(), np.arange(90)
            assert (fast(a, idx, b)[idx[-5:]] == b[-5:] * 2).all()
            idx[:5] = idx[-5:]


def test_few_indices_into_much_are_compared_among_themselves() -> None:
    assert all_differ(np.array([5, -1, 0]), 10**9)
    assert not all_differ(np.array([5, -1, 10**9 - 1]), 10**9)
    assert not all_differ(np.array([5, 10**9]), 10**9)
    assert not all_differ(np.array([5, -(10**9) - 1]), 10**9)
    assert all_differ(np.array([2**63 - 1], np.uint64), 2**63 - 1) is False
