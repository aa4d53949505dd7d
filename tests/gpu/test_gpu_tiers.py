"""What the tiers change for launches on a GPU, and what the report says of it."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.gpu.fake_driver import FakeGpu

import parloop
from parloop.config import Exactness
from parloop.runtime.gpu import device


def growth(x: Any, y: Any) -> None:
    for i in range(len(x)):
        y[i] = math.exp(x[i]) * 0.5


def dot(x: Any, y: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        total += x[i] * y[i]
    return total


def columns(a: Any, x: Any, y: Any) -> Any:
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            y[j] += a[i, j] * x[i]
    return i, j


@pytest.fixture
def driver() -> Iterator[FakeGpu]:
    parloop.reset_report()
    fake = FakeGpu()
    with device.using(fake), parloop.settings(min_work_ms=0):
        yield fake


def run(function: Any, *given: Any, on: str, exactness: Exactness = "exact") -> Any:
    """Run a function of this module by an engine that knows nothing of it."""
    fresh = parloop.parallel(function)
    with parloop.settings(device=on, exactness=exactness):
        return fresh(*given)


@pytest.mark.usefixtures("driver")
def test_functions_keep_a_loop_on_the_cpu_and_the_report_says_what_that_costs() -> None:
    x, y = np.arange(300) / 100, np.zeros(300)
    run(growth, x, y, on="cuda")
    assert y.tolist() == [math.exp(each) * 0.5 for each in x]
    (site,) = parloop.report().sites
    ((why, count),) = site.fallbacks
    assert (why.code, count, site.gpu.runs) == ("GEN202", 1, 0)
    assert why.notes[-1] == 'with exactness="ulp" it runs there, at most 1 ulp off'
    assert site.predicted is not None
    assert site.predicted.gpu is not None
    assert "GPU" in str(parloop.report())


def test_in_the_tier_ulp_functions_run_on_the_gpu(driver: FakeGpu) -> None:
    x, y = np.arange(300) / 100, np.zeros(300)
    run(growth, x, y, on="cuda", exactness="ulp")
    assert len(driver.launches) == 1
    assert np.allclose(y, np.exp(x) * 0.5, rtol=4 * sys.float_info.epsilon, atol=0)


def test_what_overflows_raises_as_it_does_on_the_cpu(driver: FakeGpu) -> None:
    x, y = np.array([1.0, 709.0, 710.0, 1.0]), np.zeros(4)
    with pytest.raises(OverflowError):
        run(growth, x, y, on="cuda", exactness="ulp")
    assert driver.launches
    assert y.tolist() == [math.exp(1.0) * 0.5, math.exp(709.0) * 0.5, 0.0, 0.0]


@pytest.mark.parametrize("count", [1, 7, 3000, 70_000])
def test_a_sum_of_floats_has_the_bits_of_the_cores(driver: FakeGpu, count: int) -> None:
    rng = np.random.default_rng(count)
    x, y = rng.standard_normal(count), rng.standard_normal(count)
    there = run(dot, x, y, on="cuda", exactness="reassociate")
    assert len(driver.launches) == 3
    assert there.hex() == run(dot, x, y, on="cpu", exactness="reassociate").hex()


def test_rows_in_order_are_one_launch(driver: FakeGpu) -> None:
    rng = np.random.default_rng(1)
    a, x, y = rng.standard_normal((40, 30)), rng.standard_normal(40), rng.standard_normal(30)
    expected = y.copy()
    assert run(columns, a, x, y, on="cuda") == columns(a, x, expected)
    assert y.tobytes() == expected.tobytes()
    assert len(driver.launches) == 1
