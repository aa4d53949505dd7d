"""Loops that are too small to pay, or whose lists are not worth copying, soon cost little."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import parloop
from parloop.capture import renting
from parloop.capture.decorator import captured
from parloop.capture.sites import REGISTRY, Site


def nested(a: Any, n: int, m: int) -> None:
    for i in range(n):
        for j in range(m):
            a[i, j] = a[i, j] * 0.5 + 1.0


def axpy(x: list[Any], y: list[Any]) -> None:
    for i in range(len(x)):
        y[i] = x[i] * 2 + y[i]


def copied(x: list[Any], y: list[Any]) -> None:
    for i in range(len(x)):
        y[i] = x[i]


def squares(x: list[Any], y: list[Any]) -> None:
    for v in x:
        y.append(v * v + 1)  # noqa: PERF401


def sums(x: list[Any], y: list[Any]) -> None:
    s = 0
    for v, w in zip(x, y):  # noqa: B905
        s += v * w - v + (v - w) * (v - w) * 3
    y[0] = s


def added(x: list[Any], y: list[Any]) -> None:
    s = 0
    for v in x:
        s += v
    y[0] = s


def repeated(x: list[Any], y: list[Any]) -> None:
    for i in range(len(x)):
        t = x[i]
        for _ in range(20):
            t = t * 0.5 + 1.0
        y[i] = t


def site_of(function: Callable[..., Any]) -> Site:
    found = captured(function)
    assert found is not None
    return REGISTRY.sites[found.sites[0].key]


def native_runs() -> int:
    return sum(site.native_runs for site in parloop.report().sites)


@pytest.mark.parametrize("kind", [float, int])
@pytest.mark.parametrize("function", [axpy, copied, squares, added])
def test_lists_are_not_copied_for_less_than_the_copying_costs(function: Any, kind: Any) -> None:
    parloop.reset_report()
    fast = parloop.parallel(function, min_work_ms=1)
    for _ in range(3):
        fast([kind(2)] * 50_000, [kind(3)] * 50_000)
    assert native_runs() == 0


@pytest.mark.parametrize("function", [sums, repeated])
def test_lists_are_copied_for_more_than_the_copying_costs(function: Any) -> None:
    parloop.reset_report()
    parloop.parallel(function, min_work_ms=1)([2.0] * 50_000, [3.0] * 50_000)
    assert native_runs() == 1


def test_lists_not_worth_copying_are_looked_at_again() -> None:
    fast = parloop.parallel(axpy, min_work_ms=1)
    for n in range(50_000, 50_040):
        fast([2.0] * n, [3.0] * n)
    assert 0 < site_of(fast).state.resting <= 32


def test_a_nest_that_stays_small_asks_for_more_iterations() -> None:
    fast = parloop.parallel(nested)
    a = np.ones((400, 400))
    fast(a, 3, 3)
    site = site_of(fast)
    assert site.least == 0
    for _ in range(64 + round(renting.LOWERING / renting.LOOKING)):
        fast(a, 3, 3)
    assert site.least > 3
    site.spent = math.inf  # what it has cost is not what this test is about
    parloop.reset_report()
    fast(a, 400, 400)
    assert native_runs() == 1
    with parloop.settings(min_work_ms=0):
        fast(a, 3, 3)
    assert native_runs() == 2


def test_a_nest_that_has_paid_with_few_iterations_is_asked_for_so_many() -> None:
    fast = parloop.parallel(nested, min_work_ms=1)
    a = np.ones((3, 50_000))
    fast(a, 2, 50_000)
    for _ in range(200):
        fast(a, 3, 3)
    assert site_of(fast).least <= 2
    parloop.reset_report()
    fast(a, 2, 50_000)
    assert native_runs() == 1


def test_small_loops_do_not_ask_before_the_engine_is_loaded(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, parloop\n"
        "from parloop.capture.sites import REGISTRY\n"
        "@parloop.parallel\n"
        "def f(x, s=0):\n"
        "    for v in x: s += v\n"
        "    return s\n"
        "f([1, 2])\n"
        "(site,) = REGISTRY.sites.values()\n"
        "assert site.least > 100, site.least\n"
        "assert 'parloop.runtime.dispatch' not in sys.modules\n"
        "with parloop.settings(min_work_ms=0):\n"
        "    assert site.least == 0\n"
        "    f([1, 2])\n"
        "assert 'parloop.runtime.dispatch' in sys.modules\n"
        "print(parloop.report().sites[0].native_runs)\n"
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("1\n", "")
