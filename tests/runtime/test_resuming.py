"""The rest of a loop is tried again where that pays, and only there."""

from __future__ import annotations

import math
import sys
import warnings
from types import FrameType
from typing import Any

import numpy as np
import pytest

import parloop
from parloop.capture.sites import Outcome
from parloop.runtime.dispatch import RUNS_TRACED
from parloop.runtime.resuming import FIRST_COST, MOST_LOST, PAUSE_COST, Resumption

N = 1000


def never(*_: Any) -> Outcome | None:
    raise AssertionError


def attempts(seconds: float, per_iteration: float, total: int, each: int) -> tuple[int, int]:
    """Return how many attempts there are, and the iterations before pauses.

    An attempt runs `each` iterations, and takes so many seconds.
    """
    known, done, count, paused = Resumption(never, eager=False), 0, 0, 0
    while done < total and known.is_worth_it(each, seconds, total - done, per_iteration):
        count, done, paused = count + 1, done + known.after + each, paused + known.after
    return count, paused


def test_attempts_in_vain_lose_little() -> None:
    per_iteration, seconds, total = 1e-6, 2e-4, 1_000_000
    count, paused = attempts(seconds, per_iteration, total, 0)
    lost = count * seconds + paused * PAUSE_COST
    assert 2 < count < 40
    assert lost <= MOST_LOST * per_iteration * total + FIRST_COST


def test_attempts_that_pay_go_on_to_the_end() -> None:
    count, paused = attempts(2e-4, 1e-6, 1_000_000, 1000)
    assert count == paused == pytest.approx(1000, rel=0.01)


def test_a_short_rest_is_not_tried() -> None:
    assert attempts(0.0, 1e-6, 1000, 0) == (0, 0)


def roots(a: Any, b: Any) -> float:
    s = 0.0
    for i in range(len(a)):
        try:
            b[i] = math.sqrt(a[i])
        except ValueError:
            b[i] = -1.0
        s += b[i]
    return s


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("bad", [[0], [N // 2], [N - 1], [0, 1, 2, 3, N - 2], []])
def test_only_what_machine_code_cannot_finish_is_left(bad: list[int], threads: int) -> None:
    a, b, expected = np.arange(float(N)), np.zeros(N), np.zeros(N)
    a[bad] = -1
    parloop.reset_report()
    fast = parloop.parallel(roots, min_work_ms=0)
    with parloop.settings(threads=threads):
        assert fast(a, b) == roots(a, expected)
    assert b.tobytes() == expected.tobytes()
    (site,) = parloop.report().sites
    in_a_row = 8 if len(bad) > 1 else len(bad)  # the distance doubles
    assert N - in_a_row <= site.iterations <= N - len(bad)
    assert sum(count for _, count in site.fallbacks) <= len(bad)


def test_both_ways_are_compared_after_a_pause() -> None:
    a, b = np.arange(float(N)), np.zeros(N)
    a[[3, 700]] = -1
    with parloop.settings(verify=True, min_work_ms=0):
        assert parloop.parallel(roots)(a, b) == roots(a, np.zeros(N))


def test_a_frame_is_not_kept_alive_by_a_pause() -> None:
    import weakref

    class Kept:
        pass

    def leave(a: Any) -> float:
        kept = Kept()
        seen.append(weakref.ref(kept))
        s = 0.0
        for i in range(len(a)):
            try:
                s += math.sqrt(a[i])
            except ValueError:
                if i:
                    break
        return s

    seen: list[Any] = []
    fast = parloop.parallel(leave, min_work_ms=0)
    a = np.ones(N)
    a[[0, 500]] = -1
    assert fast(a) == 499.0
    assert seen[0]() is None


def doubled(a: Any, b: Any) -> None:
    for i in range(len(a)):
        b[i] = a[i] * 2


@pytest.mark.skipif(RUNS_TRACED, reason="the tracer would be another")
def test_a_tracer_that_comes_in_between_sees_each_line_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lines(function: Any) -> list[tuple[str, int]]:
        seen: list[tuple[str, int]] = []

        def follow(frame: FrameType, event: str, _: object) -> Any:
            seen.append((frame.f_code.co_name, frame.f_lineno))
            return follow

        def begin(*_: Any) -> None:
            frame: FrameType | None = sys._getframe()
            while frame is not None and frame.f_code.co_name != "doubled":
                frame = frame.f_back
            assert frame is not None
            frame.f_trace = follow
            sys.settrace(follow)

        monkeypatch.setattr(warnings, "showwarning", begin)
        a = np.ones(20)
        a[[3, 4, 9]] = 1e308
        before = sys.gettrace()
        try:
            function(a, np.zeros(20))
        finally:
            sys.settrace(before)
        return [one for one in seen if one[0] == "doubled"]

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        expected = lines(doubled)
        assert expected
        assert lines(parloop.parallel(doubled, min_work_ms=0)) == expected
