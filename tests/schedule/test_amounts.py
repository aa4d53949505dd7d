"""What the cost model takes a launch for follows from its text, its sizes and its plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import parloop
from parloop.schedule.devices import Costs, CpuCosts, GpuCosts, Prediction, Work, predict


def work_of(function: Callable[..., Any], *arguments: Any) -> Work:
    parloop.reset_report()
    parloop.parallel(function, min_work_ms=0)(*arguments)
    (site,) = parloop.report().sites
    assert site.seen is not None
    return site.seen.work()


def add(a: Any, b: Any) -> None:
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            b[i, j] = a[i, j] + a[i, j - 1]


def product(a: Any, b: Any, c: Any) -> None:
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            s = 0.0
            for k in range(a.shape[1]):
                s += a[i, k] / b[k, j]
            c[i, j] = s


def steps(n: int, a: Any, b: Any) -> None:
    for _ in range(n):
        for i in range(1, len(a) - 1):
            b[i] = a[i - 1] + a[i + 1]
        for i in range(1, len(a) - 1):
            a[i] = b[i]


def halve(a: Any) -> None:
    for i in range(len(a)):
        v = a[i]
        while v > 1.0:
            v = v / 2.0
        a[i] = v


def test_operations_are_counted_as_often_as_they_run() -> None:
    work = work_of(add, np.ones((30, 40)), np.ones((30, 40)))
    assert work.operations == 30 * 40 * 5  # two loads, a subtraction, an addition, a store
    assert work.interpreted > work.operations
    assert (work.divisions, work.calls, work.launches) == (0, 0, 1)
    assert work.is_parallel
    assert work.in_lanes
    assert work.is_even


def test_arrays_are_copied_in_and_what_is_written_back() -> None:
    work = work_of(add, np.ones((30, 40), np.float32), np.ones((30, 40), np.float32))
    assert (work.bytes_in, work.bytes_out) == (2 * 4800, 4800)
    assert work.is_single


def test_only_arrays_that_no_cache_holds_go_through_memory() -> None:
    assert work_of(add, np.ones((30, 40)), np.ones((30, 40))).traffic_bytes == 0
    large = np.ones((1000, 500))
    assert work_of(add, large, large.copy()).traffic_bytes == 2 * large.nbytes


def test_divisions_count_by_themselves() -> None:
    square = np.ones((10, 10))
    assert work_of(product, square, square, square.copy()).divisions == 1000


def test_loops_in_order_give_their_inner_ones_to_the_cores_again_and_again() -> None:
    work = work_of(steps, 7, np.ones(100), np.ones(100))
    assert work.launches == work.regions == 14


def test_a_loop_that_waits_for_its_data_is_uneven() -> None:
    work = work_of(halve, np.ones(100))
    assert not work.is_even
    assert not work.in_lanes
    assert predict(work, Costs()).cpu >= CpuCosts().uneven_entry_seconds


def test_the_prediction_names_the_quickest_side() -> None:
    assert Prediction(1.0, 2.0).best == "interpreter"
    assert Prediction(2.0, 1.0).best == "cpu"
    assert Prediction(2.0, 1.0, 0.5).best == "cuda"
    huge = Work(1e13, 0.0, 1e6, 1e6, interpreted=1e13)
    assert predict(huge, Costs(gpu=GpuCosts(1e12))).best == "cuda"
    assert predict(huge, Costs()).gpu is None


def test_several_cores_are_woken_only_where_that_pays() -> None:
    small = Work(1e3, 0.0, 0.0, 0.0, in_lanes=True)
    one, many = CpuCosts(threads=1), CpuCosts(threads=8)
    assert predict(small, Costs(many)).cpu == predict(small, Costs(one)).cpu
    large = Work(1e9, 0.0, 0.0, 0.0, in_lanes=True)
    assert predict(large, Costs(many)).cpu < 0.2 * predict(large, Costs(one)).cpu
