"""Random numbers that are drawn before a loop, where its launch does not go as it began."""

from __future__ import annotations

import random
import threading
from typing import Any
from unittest import mock

import numpy as np
import pytest

import parloop
from parloop.runtime import packing
from parloop.runtime.draws import draw_ahead


def steps_in_a_list(x, rng):  # type: ignore[no-untyped-def]
    for i in range(len(x)):
        x[i] = x[i - 1] + rng.random()
    return x


def outcome(function: Any, x: list[Any]) -> tuple[str, list[type], float]:
    rng = np.random.default_rng(5)
    left = function(list(x), rng)
    return repr(left), [type(item) for item in left], rng.random()


@pytest.mark.parametrize("x", [[0] * 40, [0.0] * 40, [1] * 39 + [0.5], [True] * 40])
def test_a_launch_that_is_tried_with_other_types_draws_no_second_time(x: list[Any]) -> None:
    drawn: list[int] = []

    def watched(*arguments: Any) -> Any:
        found = draw_ahead(*arguments)
        drawn.append(len(found.numbers))
        return found

    fast = parloop.parallel(steps_in_a_list, min_work_ms=0)
    with mock.patch.object(packing, "draw_ahead", watched):
        for _ in range(2):
            seen = outcome(fast, x)
            assert seen == outcome(steps_in_a_list, x)
    assert all(count == 40 for count in drawn)
    assert len(drawn) <= 2


def hits(rng, n):  # type: ignore[no-untyped-def]
    s = 0.0
    for _ in range(n):
        s += rng.random()
    return s


def test_nothing_is_drawn_ahead_while_another_thread_may_draw() -> None:
    fast = parloop.parallel(hits, min_work_ms=0)
    rng, plain = np.random.default_rng(3), np.random.default_rng(3)
    ready, go = threading.Event(), threading.Event()
    theirs: list[float] = []

    def other() -> None:
        ready.set()
        go.wait(60)
        theirs.append(rng.random())

    thread = threading.Thread(target=other)
    thread.start()
    ready.wait(60)
    parloop.reset_report()
    assert fast(rng, 50) == hits(plain, 50)
    go.set()
    thread.join()
    assert theirs == [plain.random()]
    (site,) = parloop.report().sites
    assert site.native_runs == 0
    assert fast(rng, 50) == hits(plain, 50)
    (site,) = parloop.report().sites
    assert site.native_runs == 1


def test_the_twin_of_a_module_is_left_as_the_interpreter_leaves_it() -> None:
    def total(n):  # type: ignore[no-untyped-def]
        s = 0.0
        for _ in range(n):
            s += random.random()
        return s

    random.seed(9)
    expected = total(70), random.getstate()
    random.seed(9)
    assert (parloop.parallel(total, min_work_ms=0)(70), random.getstate()) == expected


def test_what_is_drawn_is_not_said_to_share_memory(tmp_path: Any) -> None:
    path = tmp_path / "drawn.py"
    path.write_text(
        "def f(n, m, rng, p):\n    for i in range(n):\n        p[i + m] = p[i] + rng.random()\n"
    )
    assert "@" not in str(parloop.explain(path))
