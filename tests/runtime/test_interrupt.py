"""A loop that runs natively can be interrupted as in CPython: soon, and between two iterations."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.runtime import programs

import parloop
from parloop.runtime import dispatch

pytestmark = [
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here"),
    pytest.mark.skipif(dispatch.RUNS_TRACED, reason="a signal inside coverage waits for ever"),
]

DELAY = 0.3
"""When the interrupt comes, in seconds: by then some iterations have run, on a busy machine too."""

SOON = 0.3
"""How long an interrupt may wait, in seconds."""


class Interrupted(BaseException):
    """What the handler raises."""


@pytest.fixture(autouse=True)
def handled() -> Iterator[None]:
    def handler(*_: Any) -> None:
        raise Interrupted

    kinds = (signal.SIGVTALRM, signal.SIGALRM)
    before = [signal.signal(kind, handler) for kind in kinds]
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    for kind, old in zip(kinds, before, strict=True):
        signal.signal(kind, old)


def counting(a: Any, n: int, m: int, where: dict[str, int]) -> None:
    i = -1
    try:
        for i in range(n):
            s = 0
            for j in range(m):
                s = (s * 5 + j) & 1023
            a[i] = s + 1
    finally:
        where["i"] = i


def uneven(a: Any, n: int, where: dict[str, int]) -> None:
    i = -1
    try:
        for i in range(n):
            k = 0
            x = 0.5
            while k < 200_000:
                x = 3.7 * x * (1.0 - x)
                k += 1
            a[i] = x
    finally:
        where["i"] = i


def call_for(seconds: float, function: Any, *arguments: Any) -> None:
    """Call `function`, and interrupt it in so many seconds."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    function(*arguments)


@pytest.mark.parametrize(
    ("plain", "trips", "more"), [(counting, 2_000_000, (10_000,)), (uneven, 100_000, ())]
)
def test_an_interrupt_comes_soon_and_between_two_iterations(
    plain: Any, trips: int, more: tuple[int, ...]
) -> None:
    # On one thread, and in the time that this process had: others may have had the processor.
    fast = parloop.parallel(programs.fresh(plain), min_work_ms=0, threads=1)
    where: dict[str, int] = {}
    fast(np.zeros(trips), 3, *more, where)  # the compiling is not what is measured
    a = np.zeros(trips)
    start = time.process_time()
    with pytest.raises(Interrupted):
        call_for(DELAY, fast, a, trips, *more, where)
    waited = time.process_time() - start - 0.15
    assert waited < SOON
    done = int(np.count_nonzero(a))
    assert 0 < done < trips
    assert (a[:done] != 0).all()
    assert where["i"] in (done - 1, done)


def test_interrupts_at_any_moment_lose_and_repeat_nothing() -> None:
    fast = parloop.parallel(programs.fresh(bounded), min_work_ms=0)
    seen = {"done": 0}
    a = np.zeros(64, np.int64)
    fast(a, 2000, seen)
    a[:] = 0
    rng = np.random.default_rng(20)
    cut = 0
    for _ in range(300):
        a[:] = 0
        seen["done"] = -1
        delay = float(rng.uniform(1e-6, 100e-6))
        try:
            signal.setitimer(signal.ITIMER_REAL, delay)
            fast(a, 2000, seen)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except Interrupted:
            cut += 1
        done = int(a.sum())
        assert seen["done"] in (-1, done, done + 1)
    assert cut > 20


def bounded(a: Any, n: int, seen: dict[str, int]) -> None:
    i = -1
    try:
        for i in range(n):
            a[i % 64] = a[i % 64] + 1
    finally:
        seen["done"] = i + 1
