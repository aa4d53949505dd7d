"""Entries of sites: nested, from threads and generators, declined, repeated."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.runtime import programs

import parloop
from parloop.capture.decorator import captured
from parloop.capture.sites import REGISTRY, Site
from parloop.runtime import declining, dispatch, log, saving, transaction

N = 50


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    parloop.reset_report()
    return


def site_of(function: Any) -> Site:
    found = captured(function)
    assert found is not None
    return REGISTRY.sites[found.sites[0].key]


def codes() -> list[str]:
    return [why.code for why, _ in programs.only_site().fallbacks]


# leaving it to the interpreter


class _List(list[float]):
    pass


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((np.zeros(N, object), np.ones(N), N), "RUN101"),
        ((np.zeros(N), [1.0] * (N - 1) + [1], N), "RUN110"),
        ((_List([0.0] * N), np.ones(N), N), "RUN102"),
        ((np.zeros(N), np.ones(N), np.int64(N)), ""),
    ],
)
def test_a_declined_launch_says_why_and_where(arguments: Any, code: str) -> None:
    fast = parloop.parallel(programs.fresh(programs.add), min_work_ms=0)
    fast(*arguments)
    assert list(arguments[0]) == [2.0] * N
    assert codes() == [code] * bool(code)
    for why, _ in programs.only_site().fallbacks:
        assert why.span.line == programs.add.__code__.co_firstlineno + 1


def test_an_integer_beyond_all_machine_words_is_declined() -> None:
    fast = parloop.parallel(programs.fresh(programs.scaled), min_work_ms=0)
    before = programs.scale
    programs.scale = 2**70  # type: ignore[assignment]
    try:
        a = np.zeros(N)
        fast(a, N)
    finally:
        programs.scale = before
    assert a[3] == 3.0 * 2**70
    assert codes() == ["RUN104"]


def test_an_iteration_that_cannot_be_finished_is_named() -> None:
    fast = parloop.parallel(programs.fresh(programs.add), min_work_ms=0)
    with pytest.raises(IndexError):
        fast(np.zeros(N), np.ones(N), N + 5)
    ((why, count),) = programs.only_site().fallbacks
    assert (why.code, count) == ("RUN105", 1)
    assert f"`i` = {N}" in why.message
    assert programs.only_site().iterations == N


def test_sites_that_keep_being_declined_are_asked_less_and_less() -> None:
    fast = parloop.parallel(programs.fresh(programs.add), min_work_ms=0)
    for _ in range(1000):
        fast([0.0], [1.0], 1)
    assert programs.only_site().interpreted_runs < 60
    a = np.zeros(N)
    for _ in range(declining.MOST_RESTING + 1):
        fast(a, np.ones(N), N)
    assert programs.only_site().native_runs >= 1
    fast(a, np.ones(N), N)
    assert site_of(fast).state.resting == 0


def test_a_loop_that_cannot_be_lowered_is_looked_at_once() -> None:
    fast = parloop.parallel(programs.fresh(programs.words), min_work_ms=0)
    for _ in range(3):
        assert fast(["ab"] * 5, 5) == 10
    assert not site_of(fast).on
    assert programs.only_site().interpreted_runs == 1


def test_a_copy_that_would_take_too_much_memory_is_not_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(saving, "SURELY_SMALL", 0)
    monkeypatch.setattr(saving, "free_memory", lambda: 100)
    fast = parloop.parallel(programs.fresh(programs.pick), min_work_ms=0)
    a = np.zeros(N)
    fast(a, np.arange(N), N)
    assert a.tolist() == list(range(N))
    assert codes() == ["RUN107"]


@pytest.mark.parametrize(("most", "kept"), [(0, 0), (1 << 20, 1)])
def test_large_copies_are_not_kept_for_the_next_launch(
    most: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "MOST_REUSED", most)
    fast = parloop.parallel(programs.fresh(programs.pick), min_work_ms=0)
    fast(np.zeros(N), np.arange(N), N)
    (ready,) = site_of(fast).state.last.decisions.values()
    (record,) = ready.records
    assert len(record.buffers) == kept


def test_free_memory_is_known_or_taken_for_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    assert saving.free_memory() > 1 << 20

    def unknown(name: str) -> int:
        raise ValueError(name)

    monkeypatch.setattr(saving.os, "sysconf", unknown)
    assert saving.free_memory() == 1 << 62


def test_no_memory_while_running_leaves_the_loop_to_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fast = parloop.parallel(programs.fresh(programs.pick), min_work_ms=0)

    def full(*what: object, **more: object) -> None:
        raise MemoryError

    monkeypatch.setattr(transaction.np, "empty_like", full)
    a = np.zeros(N)
    fast(a, np.arange(N), N)
    assert a.tolist() == list(range(N))
    assert codes() == ["RUN107"]


# who enters


def outer(a: Any, rows: int, n: int) -> None:
    inner = row_of(a, n)
    for r in range(rows):
        inner(r)


def row_of(a: Any, n: int) -> Any:
    def fill(r: int) -> None:
        for i in range(n):
            a[r, i] = r * i

    return parloop.parallel(fill, min_work_ms=0)


def test_a_site_in_a_closure_repeats() -> None:
    a = np.zeros((6, N))
    outer(a, 6, N)
    assert a.tolist() == [[r * i for i in range(N)] for r in range(6)]
    assert programs.only_site().native_runs == 6


def descend(a: Any, depth: int, n: int) -> None:
    for i in range(n):
        a[depth, i] = a[depth, i] + depth
    if depth:
        descending(a, depth - 1, n)
        for i in range(n):
            a[depth, i] = a[depth, i] * 2


descending = parloop.parallel(descend, min_work_ms=0)


def test_a_site_may_be_entered_recursively() -> None:
    a, b = np.ones((5, N)), np.ones((5, N))
    descending(a, 4, N)
    for depth in range(4, -1, -1):
        b[depth] = (b[depth] + depth) * (2 if depth else 1)
    assert a.tolist() == b.tolist()


def steps(a: Any, n: int) -> Iterator[int]:
    for k in range(3):
        for i in range(n):
            a[i] = a[i] + k
        yield k


def test_generators_take_turns_at_one_site() -> None:
    fast = parloop.parallel(steps, min_work_ms=0)
    a, b = np.zeros(N), np.zeros(N)
    assert list(zip(fast(a, N), fast(b, N), strict=True)) == [(k, k) for k in range(3)]
    assert a.tolist() == b.tolist() == [3.0] * N


def test_threads_enter_one_site_at_once() -> None:
    fast = parloop.parallel(programs.fresh(programs.total), min_work_ms=0)
    found: dict[int, list[Any]] = {number: [] for number in range(4)}

    def enter(number: int) -> None:
        a = np.full(N, float(number))
        for _ in range(200):
            found[number].append(fast(a, N))

    threads = [threading.Thread(target=enter, args=(number,)) for number in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(set(seen) == {(number * N, N - 1)} for number, seen in found.items())


# what is told


def test_a_line_tells_what_a_launch_did(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(log, "LEVEL", "info")
    fast = parloop.parallel(programs.fresh(programs.in_place), min_work_ms=0)
    for _ in range(2):
        fast(np.ones(N), N)
    fast([1.0] * (N - 1) + [1], N)
    first, second = capsys.readouterr().err.splitlines()
    assert "50 of 50 iterations natively" in first
    assert "programs.py" in first
    assert "RUN110" in second


def test_the_report_tells_device_threads_and_times() -> None:
    fast = parloop.parallel(programs.fresh(programs.add), min_work_ms=0, threads=2)
    for _ in range(4):
        fast(np.zeros(N), np.ones(N), N)
    site = programs.only_site()
    assert (site.device, site.threads, site.native_runs) == ("cpu", 2, 4)
    assert site.iterations == 4 * N
    assert site.seconds > 0
    assert site.compile_seconds > 0


def double(a: Any, n: int) -> None:
    for i in range(n):
        a[i] = a[i] * 2.0


def test_entries_that_a_setting_leaves_to_the_interpreter_are_counted() -> None:
    fast = parloop.parallel(programs.fresh(double), min_work_ms=0)
    with parloop.settings(device="interpreter"):
        fast(np.ones(50), 50)
    fast(np.ones(50), 50)
    with parloop.settings(device="interpreter"):
        fast(np.ones(50), 50)
        fast(np.ones(50), 0)
    (site,) = parloop.report().sites
    assert (site.native_runs, site.interpreted_runs) == (1, 2)


def test_a_traced_loop_is_left_to_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "RUNS_TRACED", False)
    fast = parloop.parallel(programs.fresh(double), min_work_ms=0)
    a = np.ones(50)
    before = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        fast(a, 50)
    finally:
        sys.settrace(before)
    (site,) = parloop.report().sites
    assert (site.native_runs, codes()) == (0, ["RUN108"])
    if before is None:
        fast(a, 50)
        (site,) = parloop.report().sites
        assert site.native_runs == 1
    assert (a[:50] == (4.0 if before is None else 2.0)).all()


def diagonal_sum(a: Any, n: int) -> Any:
    s = 0.0
    for i in range(n):
        for j in range(len(a)):
            s += a[j, i]
    return s


class Watched(np.ndarray):
    """An array whose shape somebody looks at."""

    looks = 0

    @property
    def shape(self) -> tuple[int, ...]:
        Watched.looks += 1
        raise RuntimeError("nobody may look")


def test_an_estimate_does_not_run_the_users_code(capsys: pytest.CaptureFixture[str]) -> None:
    array = np.ones((5, 5)).view(Watched)
    fast = parloop.parallel(programs.fresh(diagonal_sum), min_work_ms=0)
    assert fast(array, 4) == diagonal_sum(array, 4)
    assert Watched.looks == 0
    assert capsys.readouterr().err == ""
