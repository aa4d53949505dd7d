"""Reductions whose blocks run on several threads leave what running in order leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.differential import find_difference, run

import parloop
from parloop.codegen import regions

Arguments = tuple[Any, ...]
INTEGERS = [np.dtype(f"{kind}{size}") for kind in "iu" for size in (1, 2, 4, 8)]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut even short loops into several blocks."""
    monkeypatch.setattr(regions, "BLOCK_WORK", 8)
    parloop.reset_report()


def check(
    function: Callable[..., Any],
    *cases: Arguments,
    parallel: bool = True,
    threads: tuple[int, ...] = (1, 2, 5),
) -> None:
    """Assert that `function` gives the same natively on so many threads, and uses several."""
    fast = parloop.parallel(function, min_work_ms=0)
    for number, arguments in enumerate(cases):
        expected = run(function, arguments, "always", __file__)
        for count in threads:
            around = parloop.settings(threads=count, min_work_ms=0)
            seen = run(fast, arguments, "always", __file__, around)
            why = find_difference(expected, seen)
            assert why is None, f"arguments {number}, {count} threads: {why}"
    sites = [s for s in parloop.report().sites if s.function == function.__name__]
    most = max((s.threads for s in sites), default=0)
    assert (most > 1) == (parallel and max(threads) > 1)


# sums and products


def add_up(a, start):
    s = start
    for i in range(len(a)):
        s += a[i]
    return s


def take_away(a, start):
    s = start
    for i in range(len(a)):
        s = s - a[i]
    return s


def multiply(a, start):
    p = start
    for i in range(len(a)):
        p = p * a[i]
    return p


def add_some(a, start):
    s = start
    for i in range(len(a)):
        if a[i] > 0:
            s += a[i]
        if a[i] > 3:
            s -= 1
    return s


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_sums_of_numpy_integers_run_in_blocks(dtype: np.dtype[Any]) -> None:
    rng = np.random.default_rng(1)
    info = np.iinfo(dtype)
    small = (rng.integers(0, 3, 60) - (dtype.kind == "i")).astype(dtype)
    # back and forth across the limit, and up to it exactly
    wild = rng.integers(info.min, info.max, 60, dtype=dtype, endpoint=True)
    edge = np.zeros(60, dtype)
    edge[7], edge[50] = info.max - 3, 3
    over = edge.copy()
    over[51] = 1
    back = edge.copy()
    back[20], back[30] = 4, 0 if dtype.kind == "u" else -4
    arrays = (small, small[:1], small[:0], wild, edge, over, back)
    starts = (0, dtype.type(3))
    check(add_up, *((a, s) for a in arrays for s in starts), threads=(1, 5))


def test_sums_start_from_what_python_takes() -> None:
    a = np.arange(50, dtype=np.int16)
    check(add_up, (a, 40_000), (a[:0], 40_000), (a, -5), (a, np.int64(2**40)), (a, False))
    check(add_up, (a, 2**62), (np.full(9, 2**62), 2**62), (np.full(9, 2**60), -(2**62)))


@pytest.mark.parametrize("dtype", ["i1", "i8", "u4"])
def test_differences_of_numpy_integers_leave_what_they_leave(dtype: str) -> None:
    a = np.arange(40).astype(dtype) % 5
    signed = np.dtype(dtype).kind == "i"
    check(take_away, (a, 0), (a, np.dtype(dtype).type(100)), parallel=signed)


@pytest.mark.parametrize("dtype", ["i1", "i8", "u8"])
def test_products_of_numpy_integers_leave_what_they_leave(dtype: str) -> None:
    ones = np.ones(40, dtype)
    some = ones.copy()
    some[[3, 11, 39]] = 5, 3, 2
    wraps = ones.copy()
    wraps[::2] = 100
    zero = wraps.copy()
    zero[30] = 0
    late = ones.copy()
    late[[2, 4, 20]] = 0, 100, 100
    check(multiply, *((a, s) for a in (some, wraps, zero, late, ones[:0]) for s in (1, 0, -1)))


def test_sums_under_conditions_keep_the_type_from_before_where_none_is_added() -> None:
    a = np.array([-1, -2] * 20)
    b = a.copy()
    b[33] = 1
    check(add_some, (b, np.int64(2**63 - 1)), (a, np.int64(5)), (b, np.int64(-2)))
    check(count_large, (a, 0), (b, 0), (b, np.int32(5)), (b, True))


def count_large(a, c):
    for i in range(len(a)):
        c += a[i] > 0
    return c


def count_if(a, c):
    for i in range(len(a)):
        if a[i] > 0:
            c += 1
    return c


def test_a_sum_whose_type_depends_on_the_order_stays_in_order() -> None:
    check(add_some, (np.array([-1, 5, 2] * 9), 0), (np.array([1.0, -1.0]), 0), parallel=False)


def test_counts_run_in_blocks() -> None:
    a = np.arange(-20, 30)
    check(count_if, (a, 0), (-a, 2**62), (a[:0], 1), (a, np.int8(110)), (a, np.uint8(3)))


def python_product(n, p):
    for i in range(1, n):
        p *= i
    return p


def test_products_of_python_integers_leave_64_bits_where_python_does() -> None:
    check(python_product, (15, 1), (19, 1), (22, 1), (40, -3), (40, 0), (1, 5))


def all_bits(a, x, y, z):
    for i in range(len(a)):
        x &= a[i]
        y |= a[i]
        z ^= a[i]
    return x, y, z


@pytest.mark.parametrize("dtype", ["i1", "i8", "u4", "?"])
def test_bits_of_numpy_integers_run_in_blocks(dtype: str) -> None:
    a = np.random.default_rng(3).integers(0, 100, 40).astype(dtype)
    one = a.dtype.type(1)
    check(all_bits, (a, one, one, one), (a, True, False, True), (a[:0], one, one, one))
    if dtype != "?":
        check(all_bits, (a, 127, 0, 5), (a, 300, 1, 1))


def float_sum(a, s):
    for i in range(len(a)):
        s += a[i]
    return s


def test_sums_of_floats_stay_in_order() -> None:
    a = np.random.default_rng(5).standard_normal(100)
    check(float_sum, (a, 0), (a, 0.0), (a.astype(np.float32), 0), parallel=False)


# minima and maxima


def least(a, m):
    for i in range(len(a)):
        if a[i] < m:
            m = a[i]
    return m


def last_least(a, m):
    for i in range(len(a)):
        if m >= a[i]:
            m = a[i]
    return m


def least_at(a, m, at):
    for i in range(len(a)):
        if a[i] < m:
            m = a[i]
            at = i
    return m, at


def last_greatest_at(a, m, at, twice):
    for i in range(len(a)):
        x = a[i]
        if x >= m:
            m = x
            at = i
            twice = x + x
    return m, at, twice


def greatest_by_call(a, m):
    for i in range(len(a)):
        m = max(m, a[i])
    return m


def least_by_call_turned(a, m):
    for i in range(len(a)):
        m = min(a[i], m)
    return m


def least_by_conditional(a, m):
    for i in range(len(a)):
        m = a[i] if a[i] < m else m
    return m


NAN = float("nan")
FLOATS = [
    np.array([3.0, 1.0, NAN, 1.0, -0.0, 0.0, NAN, -0.0, 5.0, 0.0] * 4),
    np.array([NAN] * 20),
    np.array([0.0, -0.0] * 15),
    np.array([-0.0, 0.0] * 15),
    np.array([np.inf, -np.inf, NAN, 2.0, -np.inf] * 5),
    np.array([]),
]
STARTS = [0, 0.0, -0.0, NAN, np.float64(-0.0), np.inf, np.float64(NAN), 1, True]


@pytest.mark.parametrize(
    "function",
    [least, last_least, greatest_by_call, least_by_conditional],
    ids=lambda f: f.__name__,
)
def test_extremes_of_floats_keep_bits_and_types(function: Callable[..., Any]) -> None:
    check(function, *((a, s) for a in FLOATS for s in STARTS), threads=(5,))
    narrow = [a.astype(np.float32) for a in FLOATS]
    check(function, *((a, s) for a in narrow for s in (0.0, np.inf)), threads=(2,))


def test_the_order_of_the_arguments_of_min_matters_for_floats() -> None:
    check(least_by_call_turned, *((a, s) for a in FLOATS for s in (0, 0.0, NAN)), parallel=False)


@pytest.mark.parametrize("dtype", [*INTEGERS, np.dtype(bool)], ids=str)
def test_extremes_of_integers_run_in_blocks(dtype: np.dtype[Any]) -> None:
    a = np.random.default_rng(7).integers(0, 100, 50).astype(dtype)
    starts = (50, 50.5, -1, a[0])
    check(least, *((x, s) for x in (a, a[:0]) for s in starts), threads=(5,))
    if dtype.itemsize == 8:
        check(least, (a, np.int8(3)), (a, np.float32(2.5)), threads=(5,))
        check(least_by_call_turned, (a, a[0]), threads=(2,))


def test_ties_go_to_the_first_or_to_the_last_as_in_order() -> None:
    a = np.array([5, 3, 9, 3, 9, 3, 1, 1, 9, 1] * 4)
    cases = [(a, 10, -1), (a, 1, -1), (a, 0, None), (a[:0], 1, -1), (a, np.int64(1), 2.5)]
    check(least_at, *(c for c in cases if c[2] is not None), *((x, 1.0, -1) for x in FLOATS))
    check(last_greatest_at, *((x, m, -1, 0) for x in (a, *FLOATS) for m in (9, 9.0, 0, -0.0, NAN)))


def test_integers_that_floats_round_are_chosen_as_in_order() -> None:
    big = 2**53
    a = np.array([big + 1, big + 3, big, big + 2, big + 1, big] * 5)
    starts = (float(big), float(big + 2), big + 1, np.float64(big + 2), np.uint64(big + 2))
    for function in (least, last_least):
        check(function, *((x, s) for x in (a, a[::-1].copy()) for s in starts), threads=(5,))
    check(least, *((a.astype(float), s) for s in (big + 1, big + 2, 2**62)), threads=(5,))


def two_extremes(a, low, high):
    n = 0
    for i in range(len(a)):
        if a[i] < low:
            low = a[i]
        high = max(high, a[i])
        n += 1
    return low, high, n, i


def unbound_before(a, give):
    if give:
        m = 5
    for i in range(len(a)):
        if a[i] < m:
            m = a[i]
    return m


def test_several_reductions_share_a_loop() -> None:
    check(two_extremes, *((a, 3, 3) for a in (*FLOATS[:-1], np.arange(30) % 7)))


def test_a_variable_without_a_value_is_as_python_says() -> None:
    check(unbound_before, (np.arange(30), True), (np.arange(30), False))


def nested(a):
    best, at = a[0, 0], (0)
    total = 0
    for i in range(a.shape[0]):
        row = 0
        for j in range(a.shape[1]):
            row += a[i, j]
            if a[i, j] > best:
                best = a[i, j]
                at = i * 100 + j
        total += row
    return best, at, total


def test_reductions_over_a_whole_nest_run_in_blocks() -> None:
    a = np.random.default_rng(11).integers(-9, 10, (13, 17))
    check(nested, (a,), (a.astype(np.int8),), (a[:1],))


# elements of arrays


def histogram(h, b):
    for i in range(len(b)):
        h[b[i]] += 1
    return h


def weighted(h, b, w):
    for i in range(len(b)):
        h[b[i]] += w[i]
    return h


def two_histograms(h, g, b, w):
    n = 0
    for i in range(len(b)):
        h[b[i], 1] += w[i] > 2
        if w[i] > 3:
            g[w[i]] = g[w[i]] - w[i]
            n += 1
    return h, g, n


def element_bits(h, g, x, b, w):
    for i in range(len(b)):
        h[b[i]] |= w[i]
        g[b[i]] &= w[i]
        x[b[i]] ^= w[i]
    return h, g, x


def columns(h, a):
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            h[j] += a[i, j]
    return h


BINS = np.random.default_rng(19).integers(-7, 7, 90)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_counts_in_arrays_run_in_blocks(dtype: np.dtype[Any]) -> None:
    top = np.iinfo(dtype).max
    h = np.zeros(7, dtype)
    brim = h.copy()
    brim[3] = top - int(np.count_nonzero(BINS % 7 == 3))
    over = brim.copy()
    over[3] += 1
    wide = np.zeros((7, 2), dtype)[:, 1]
    check(histogram, *((x, BINS) for x in (h, brim, over, wide)), (h, BINS[:0]), (h[:3], BINS))


@pytest.mark.parametrize("dtype", ["i1", "i4", "i8", "u2"])
def test_sums_in_arrays_run_in_blocks(dtype: str) -> None:
    info = np.iinfo(dtype)
    w = (np.arange(90) % 5 - (2 if info.min else 0)).astype(dtype)
    h = np.zeros(7, dtype)
    brim = np.full(7, info.max - 1, dtype)
    low = np.full(7, info.min + 1, dtype)
    big = w.copy()
    big[[5, 60]] = info.max
    check(weighted, (h, BINS, w), (brim, BINS, w), (low, BINS, w), (h, BINS, big))


def test_several_arrays_and_a_count_share_a_loop() -> None:
    w = np.arange(90) % 6
    h = np.zeros((7, 2), np.int16)
    g = np.full(12, 100)[::2]
    check(two_histograms, (h, g, BINS, w), (h[::-1], g[::-1], BINS[::-1], w), (h[:5], g, BINS, w))


@pytest.mark.parametrize("dtype", ["i1", "i8", "u4", "?"])
def test_bits_in_arrays_run_in_blocks(dtype: str) -> None:
    w = np.random.default_rng(23).integers(0, 99, 90).astype(dtype)
    h, g, x = (np.full(7, n).astype(dtype) for n in (0, 0, 1))
    check(element_bits, (h, ~g, x, BINS, w), (g, h, x, BINS, w))


def test_columns_are_summed_over_blocks_of_rows() -> None:
    a = np.random.default_rng(29).integers(-9, 9, (40, 5))
    check(columns, (np.zeros(5, np.int64), a), (np.full(5, 2**63 - 20), a))


def float_histogram(h, b, w):
    for i in range(len(b)):
        h[b[i]] += w[i]
    return h


def other_accesses(h, b):
    for i in range(len(b)):
        h[b[i]] += 1
        h[i] = h[i + 1] + 1
    return h


def test_arrays_of_floats_and_arrays_used_otherwise_stay_in_order() -> None:
    check(float_histogram, (np.zeros(7), BINS, np.arange(90.0)), parallel=False)
    check(other_accesses, (np.zeros(91, np.int64), BINS), parallel=False)


def other_rows(h, b):
    for i in range(len(b)):
        h[0, b[i]] += 1
        h[1, i] = h[2, i] + 1
    return h


def test_what_is_done_to_other_elements_is_a_loop_of_its_own() -> None:
    check(other_rows, (np.zeros((3, 90), np.int64), BINS))


def triangle(a):
    for k in range(a.shape[0]):
        n = 0
        for i in range(k + 1, a.shape[0]):
            n += a[i, k]
        a[k, k] = n - a[k, k]
    return a


def test_a_loop_inside_that_runs_no_iteration_leaves_everything() -> None:
    check(triangle, (np.arange(81).reshape(9, 9),), (np.zeros((1, 1), np.int64),))
