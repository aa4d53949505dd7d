"""Sums of floats that may be regrouped are the same on any number of threads, in any slices."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from tests.differential import find_value_difference, run

import parloop
from parloop.codegen import regions
from parloop.runtime import transaction
from parloop.schedule import combining


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(combining, "LEAST_GROUP", 16)
    monkeypatch.setattr(regions, "BLOCK_WORK", 1000)
    parloop.reset_report()


def regrouped_sum(before: Any, values: Sequence[Any], least: int = 16) -> Any:
    """Return the sum as the documentation says that it is taken."""
    size = max(least, 2 ** math.ceil(math.log2(max(1, -(-len(values) // 512)))))
    for first in range(0, len(values), size):
        lanes = [-0.0] * 8
        for k, value in enumerate(values[first : first + size]):
            lanes[k % 8] = lanes[k % 8] + value
        a, b, c, d, e, f, g, h = lanes
        before = before + (((a + b) + (c + d)) + ((e + f) + (g + h)))
    return before


def natively(
    function: Callable[..., Any], *arguments: Any, threads: int = 2, exactness: str = "reassociate"
) -> Any:
    fast = parloop.parallel(function, min_work_ms=0)
    with parloop.settings(threads=threads, exactness=exactness):
        return fast(*arguments)


def add_up(a, s):
    for i in range(len(a)):
        s += a[i]
    return s


def alternate(a, s):
    n = 0
    for i in range(len(a) - 1, -1, -1):
        if i % 3 == 0:
            s -= a[i]
        else:
            s = a[i] * 0.5 + s
            n += 1
    return s, n, i


def all_of_it(a):
    s = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s += a[i, j]
    return s


def product(a, p):
    for i in range(len(a)):
        p *= a[i]
    return p


RNG = np.random.default_rng(31)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 16, 17, 100, 8192, 8193, 20_001])
def test_a_sum_is_taken_in_the_documented_groups(count: int) -> None:
    a = RNG.standard_normal(count) * 10.0 ** RNG.integers(-9, 9, count)
    for start in (0, 0.5, np.float64(-0.0)):
        expected = regrouped_sum(start, a)
        for threads in (1, 2, 5):
            seen = natively(add_up, a, start, threads=threads)
            assert find_value_difference(expected, seen, "sum") is None
    if count:
        assert parloop.report().sites[0].threads == 5


def test_a_sum_of_narrow_floats_stays_narrow() -> None:
    a = RNG.standard_normal(1000).astype(np.float32)
    lanes = regrouped_sum(np.float32(0), a)
    for start in (0, 0.0, np.float32(0)):
        assert find_value_difference(lanes, natively(add_up, a, start), "sum") is None


def test_differences_and_conditions_go_to_the_lane_of_their_iteration() -> None:
    a = RNG.standard_normal(777)
    terms = [-a[i] if i % 3 == 0 else a[i] * 0.5 for i in range(776, -1, -1)]
    expected = regrouped_sum(1.0, terms), 518, 0
    for threads in (1, 5):
        seen = natively(alternate, a, 1.0, threads=threads)
        assert find_value_difference(expected, seen, "sum") is None


@pytest.mark.parametrize("fails", ["all", "middle"])
def test_slices_that_run_again_in_order_give_the_same_sum(
    fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = RNG.standard_normal(5000)
    monkeypatch.setattr(transaction, "FAIL_AT", fails)
    for start in (0, 0.25):
        seen = natively(add_up, a, start)
        assert find_value_difference(regrouped_sum(start, a), seen, "sum") is None


def test_small_slices_give_the_same_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "SLICE_SECONDS", 1e-7)
    a = RNG.standard_normal(50_000)
    assert natively(add_up, a, 0.0) == regrouped_sum(0.0, a)


def test_a_loop_with_a_loop_inside_has_groups_of_few_iterations() -> None:
    a = RNG.standard_normal((600, 9))
    expected = 0.0
    for first in range(0, 600, 2):
        lanes = [sum(row, -0.0) for row in a[first : first + 2]]
        expected = expected + (lanes[0] + lanes[1])
    for threads in (1, 5):
        assert natively(all_of_it, a, threads=threads) == expected


def test_products_are_regrouped_too() -> None:
    a = 1 + RNG.standard_normal(300) / 100
    one, five = (natively(product, a, 1.0, threads=n) for n in (1, 5))
    assert one == five
    assert one == pytest.approx(math.prod(a.tolist()), rel=1e-13)


@pytest.mark.parametrize("exactness", ["exact", "ulp"])
def test_other_tiers_keep_the_order(exactness: str) -> None:
    a = RNG.standard_normal(5000)
    expected = run(add_up, (a, 0.0), "always", __file__).value
    assert natively(add_up, a, 0.0, exactness=exactness) == expected


def test_what_happens_in_a_sum_is_told_as_in_order() -> None:
    a = np.ones(400)
    a[[100, 300]] = 1e308, 1.7e308
    with pytest.warns(RuntimeWarning, match="overflow encountered in scalar add"):
        assert natively(add_up, a, np.float64(0)) == math.inf
