"""Rounds that are all alike run as graphs: the same launches, in the same order, in fewer calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.gpu.fake_driver import FAULTS, FakeGpu
from tests.gpu.test_slabs import anew, both

import parloop
from parloop.runtime.gpu import device, steps
from parloop.runtime.gpu.driver import Fault


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    parloop.reset_report()
    with parloop.settings(device="cuda", min_work_ms=0):
        yield


def smooth(n: int, u: Any, v: Any) -> int:
    t = -1
    for t in range(n):  # noqa: B007 - what it is bound to afterwards is looked at
        for i in range(1, len(u) - 1):
            v[i] = u[i - 1] + u[i + 1]
        for i in range(1, len(u) - 1):
            u[i] = v[i] * 0.25
    return t


def follow(n: int, u: Any, v: Any) -> int:
    t = -1
    for t in range(n):
        for i in range(1, len(u) - 1):
            v[i] = u[i - 1] + t
        for i in range(1, len(u) - 1):
            u[i] = v[i] * 0.25
    return t


def shrink(n: int, u: Any, v: Any) -> int:
    t = -1
    for t in range(n):
        for i in range(t, len(u) - 1):
            v[i] = u[i + 1] * 0.5
        for i in range(len(u) - 1):
            u[i] = v[i]
    return t


def given(n: int) -> tuple[Any, ...]:
    return n, np.arange(40.0), np.ones(40)


def launched(function: Callable[..., Any], n: int, least: int) -> tuple[FakeGpu, list[Any]]:
    """Return a GPU that has run a loop, where graphs have to be launched `least` times."""
    gpu = FakeGpu()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "LEAST_GRAPHS", least)
        assert both(gpu, function, *given(n)) == []
    assert gpu.graphs == []
    return gpu, gpu.launches


@pytest.mark.parametrize("n", [1, 2, 7, 33, 64, 65, 66, 97, 98, 130])
def test_graphs_are_the_same_launches_in_the_same_order(n: int) -> None:
    plain, wanted = launched(smooth, n, 10**9)
    gpu, found = launched(smooth, n, 2)
    assert found == wanted
    assert len(found) == 2 * n
    assert ("launch_graph" in gpu.calls) == (n >= 66)
    assert "launch_graph" not in plain.calls


@pytest.mark.parametrize("function", [follow, shrink])
def test_rounds_that_follow_the_index_are_launched_one_by_one(function: Any) -> None:
    gpu, found = launched(function, 39, 1)
    assert "begin_graph" not in gpu.calls
    assert len(found) == 78


def test_few_rounds_make_no_graph() -> None:
    gpu, _ = launched(smooth, 200, steps.LEAST_GRAPHS)
    assert "begin_graph" not in gpu.calls
    gpu, _ = launched(smooth, 300, steps.LEAST_GRAPHS)
    assert gpu.calls.count("launch_graph") == 9
    assert gpu.calls.count("launch") == 2 + 64 + 2 * (300 - 1 - 9 * 32)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_at_any_call_costs_nothing_but_the_gpu(
    fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "LEAST_GRAPHS", 2)
    monkeypatch.setattr(steps, "GRAPH_LAUNCHES", 6)
    may = (*FAULTS[fault], "end_graph") if fault is Fault.MEMORY else FAULTS[fault]
    n_failed = 0
    for number in range(400):
        gpu = FakeGpu()
        gpu.fail_at, gpu.fault = number, fault
        both(gpu, smooth, *given(12))
        if number >= len(gpu.calls):
            break
        if not may or gpu.calls[number] in may:
            n_failed += 1
            if fault is not Fault.LOST:
                gpu._finish()
                assert not gpu.memory
            if gpu.calls[number] == "end_graph" and fault is Fault.MEMORY:
                assert len(gpu.launches) == 24  # one by one
    else:
        raise AssertionError("no end")
    assert n_failed >= 2


def test_a_signal_is_served_between_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    from parloop.runtime.gpu import offload

    class StoppedError(Exception):
        pass

    def handler(*_: Any) -> None:
        raise StoppedError

    monkeypatch.setattr(steps, "LEAST_GRAPHS", 2)
    monkeypatch.setattr(offload, "PATIENCE_SECONDS", 0.0)
    before = signal.signal(signal.SIGALRM, handler)
    gpu = FakeGpu()
    gpu.on_call = lambda name: name == "launch_graph" and signal.raise_signal(signal.SIGALRM)
    n, u, v = given(300)
    try:
        with device.using(gpu), pytest.raises(StoppedError):
            anew(smooth)(n, u, v)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert gpu.calls.count("launch_graph") == 1
    assert u.tobytes() == np.arange(40.0).tobytes()
    assert gpu.graphs == []
