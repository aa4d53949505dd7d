"""Loops are left to the interpreter until they have cost what machine code costs to make."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runtime import programs

import parloop
from parloop.capture import renting
from parloop.runtime import dispatch, remembered
from parloop.schedule.cost import interpreter_seconds

N = 100_000
"""Iterations that take CPython some 20 ms."""


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Count from here on, with the engine loaded, and nothing left by an earlier process."""
    monkeypatch.setattr(remembered, "ENABLED", False)
    dispatch.start()
    parloop.reset_report()
    with parloop.settings(min_work_ms=None, threads=2):
        yield


def runs_of(times: int, n: int = N, **options: Any) -> tuple[int, int]:
    """Run a loop so many times, and return how many of them were native, and how many not."""
    fast = parloop.parallel(programs.fresh(programs.add), **options)
    a, b = np.zeros(n), np.ones(n)
    for _ in range(times):
        a[:] = 0
        fast(a, b, n)
        assert (a == 2.0).all()
    site = programs.only_site()
    assert not site.fallbacks
    return site.native_runs, site.interpreted_runs


def test_a_loop_that_runs_once_is_not_compiled_for_little() -> None:
    assert runs_of(1) == (0, 1)


def test_a_loop_that_runs_again_and_again_is_compiled() -> None:
    native, interpreted = runs_of(20)
    assert native + interpreted == 20
    assert native > 10
    site = programs.only_site()
    one = site.estimated_interpreter_seconds / interpreted
    price = renting.LOWERING + renting.FINDING + 0.1
    assert one < site.estimated_interpreter_seconds < price


def test_a_long_loop_is_compiled_at_once() -> None:
    assert runs_of(1, n=5_000_000) == (1, 0)


def test_a_loop_with_machine_code_on_disk_is_not_compiled_and_soon_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remembered, "ENABLED", True)
    runs_of(20)
    parloop.reset_report()
    _, interpreted = runs_of(20)  # a new function, with the same text
    assert interpreted <= 1 + renting.FINDING / interpreter_seconds(4 * N)


@pytest.mark.parametrize(
    "asked", [{"min_work_ms": 1}, {"min_work_ms": 0}, {"strict": True}, {"verify": True}]
)
def test_whoever_asks_for_machine_code_gets_it_at_once(asked: dict[str, Any]) -> None:
    assert runs_of(1, **asked) == (1, 0)


def test_a_site_that_meets_other_types_pays_for_them_anew() -> None:
    fast = parloop.parallel(programs.fresh(programs.add))
    for dtype in (np.float64, np.float32, np.int64):
        parloop.reset_report()
        a, b = np.zeros(N, np.float64), np.ones(N, dtype)
        for _ in range(20):
            fast(a, b, N)
        site = programs.only_site()
        assert site.native_runs > 10
        assert site.interpreted_runs > 1


SCRIPT = """\
import sys

def f(n):
    s = 0
    for i in range(n):
        s += i & 3
    return s

for _ in range({times}):
    print(f({n}))
print("parloop.runtime.dispatch" in sys.modules)
"""


@pytest.mark.parametrize(
    ("n", "times", "loaded"),
    [(300_000, 1, False), (300_000, 20, True), (20_000_000, 1, True), (100, 3000, False)],
)
def test_the_engine_is_loaded_for_loops_that_take_long(
    tmp_path: Path, n: int, times: int, loaded: bool
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(n=n, times=times), encoding="utf-8")
    command = [sys.executable, "-m", "parloop", "run", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    total = sum(i & 3 for i in range(min(n, 400_000))) if n < 400_000 else n * 3 // 2
    assert done.stdout.split() == [str(total)] * times + [str(loaded)]
