"""What is larger than the GPU runs there in slabs, or on the CPU, with the same results."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.gpu.fake_driver import FAULTS, PROPERTIES, FakeGpu

import parloop
from parloop.capture.sites import REGISTRY
from parloop.codegen.cuda.program import HI, LO, Launch, Repeat
from parloop.runtime.gpu import device, offload, slabs
from parloop.runtime.gpu.driver import Fault

FIXED = 4096
"""What the state of kernels and the beginnings of arrays may take."""


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    parloop.reset_report()
    with parloop.settings(device="cuda", min_work_ms=0):
        yield


def gpu_with(n_bytes: int) -> FakeGpu:
    return FakeGpu(replace(PROPERTIES, memory_bytes=n_bytes))


def anew(function: Callable[..., Any]) -> Any:
    """Return `function` run by parloop; the GPU is tried although it was for nothing before."""
    for site in REGISTRY.sites.values():
        for specialisation in site.state.specialisations.values() if site.state else ():
            for ready in getattr(specialisation, "by_code", {}).values():
                ready.offer = None
    return parloop.parallel(function)


def both(gpu: FakeGpu, function: Callable[..., Any], *given: Any) -> list[str]:
    """Run `function` in CPython and on the GPU, compare, and return the codes of the report."""
    parloop.reset_report()
    sides: list[Any] = []
    for run in (function, anew(function)):
        with device.using(gpu), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            arrays = [one.copy(order="K") if hasattr(one, "copy") else one for one in given]
            try:
                result = run(*arrays)
            except Exception as error:
                result = error
            bits = [one.tobytes() for one in arrays if hasattr(one, "tobytes")]
            sides.append((bits, repr(result), [str(each.message) for each in told]))
    assert sides[0] == sides[1]
    return [why.code for why, _ in parloop.report().sites[0].fallbacks]


def scale(x: Any, y: Any) -> None:
    for i in range(len(x)):
        y[i] = x[i] * 0.5


def stencil(u: Any, v: Any, w: Any) -> float:
    t = 0.0
    for i in range(2, len(u) - 1):
        for j in range(u.shape[1]):
            t = u[i - 2, j] + u[i + 1, j] * w[j]
            v[i - 1, j] = t
    return t


def latest(x: Any, y: Any) -> int:
    last = -1
    for i in range(1, len(x)):
        if x[i] > 0.5:
            last = i
            y[i] += x[i - 1]
    return last


CASES: dict[str, Callable[[], tuple[Any, ...]]] = {
    "scale": lambda: (scale, np.arange(5000.0), np.ones(5000)),
    "stencil": lambda: (stencil, *np.random.default_rng(1).random((2, 40, 60)), np.arange(60.0)),
    "columns": lambda: (stencil, *(np.asfortranarray(a) for a in
                        np.random.default_rng(3).random((2, 40, 60))), np.arange(60.0)),
    "reversed": lambda: (scale, np.arange(5000.0)[::-1], np.ones(10000)[::2]),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_slabs_leave_what_the_whole_loop_does(kind: str) -> None:
    function, *given = CASES[kind]()
    needed = sum(one.nbytes for one in given if hasattr(one, "nbytes"))
    whole = gpu_with(2 * needed + FIXED)
    assert both(whole, function, *given) == []
    assert len(whole.launches) == 1
    for part in (2, 7):
        gpu = gpu_with(needed // part + FIXED)
        assert both(gpu, function, *given) == []
        assert len(gpu.launches) > part // 2
        gpu._finish()
        assert not gpu.memory


def test_a_slab_finds_what_only_the_cpu_can_do_and_nothing_has_changed() -> None:
    x = np.ones(5000)
    for place in (0, 2500, 4999):
        with np.errstate(over="raise"):
            given = x.copy()
            given[place] = 1e308
            gpu = gpu_with(20000 + FIXED)
            assert both(gpu, double, given, np.ones(5000))[0] == "RUN122"
            assert len(gpu.launches) >= 1


def add(x: Any, y: Any) -> None:
    for i in range(len(x)):
        y[i] = y[i] + x[i]


def double(x: Any, y: Any) -> None:
    for i in range(len(x)):
        y[i] = x[i] * 10.0


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_in_any_slab_costs_nothing_but_the_gpu(fault: Fault) -> None:
    n_failed = 0
    for number in range(400):
        gpu = gpu_with(2500 + FIXED)
        gpu.fail_at, gpu.fault = number, fault
        both(gpu, scale, np.arange(400.0), np.ones(400))
        if number >= len(gpu.calls):
            break
        if not FAULTS[fault] or gpu.calls[number] in FAULTS[fault]:
            n_failed += 1
            if fault is not Fault.LOST:
                gpu._finish()
                assert not gpu.memory
    else:
        raise AssertionError("no end")
    assert n_failed >= 2


def carried(x: Any, y: Any) -> None:
    for i in range(1, len(x)):
        y[i] = y[i - 1] + x[i]


def backwards(x: Any, y: Any) -> None:
    for i in range(len(x)):
        y[i] = x[len(x) - 1 - i]


def scatter(x: Any, y: Any) -> None:
    for i in range(len(x)):
        y[len(x) - 1 - i] = x[i]


def total(x: Any, y: Any) -> int:
    n = 0
    for i in range(len(x)):
        if x[i] > 100:
            n += 1
    return n


@pytest.mark.parametrize("function", [carried, scatter, total, latest])
def test_loops_that_need_more_than_rows_run_on_the_cpu(function: Any) -> None:
    gpu = gpu_with(30000)
    codes = both(gpu, function, np.arange(5000.0), np.ones(5000))
    assert gpu.launches == []
    assert codes in (["RUN120"], ["GEN201"])


def test_only_a_kernel_that_runs_what_the_header_says_takes_slabs() -> None:
    launch = Launch("f", (f"w[{HI:d}] - w[{LO:d}]", "1", "1"))
    other = Launch("g", ("trips(0, w[17], 1)", "1", "1"))
    repeat = Repeat(25, 24, 0, "0", "9", "1", (launch,))
    for steps, takes in ((launch,), True), ((other,), False), ((launch, other), False), (
        (repeat,), False,
    ):  # fmt: skip
        assert slabs._takes_slabs(SimpleNamespace(steps=steps)) == takes  # type: ignore[arg-type]


def test_what_is_read_anywhere_stays_there_and_rows_come_and_go() -> None:
    gpu = gpu_with(40000 + 20000 + FIXED)
    assert both(gpu, backwards, np.arange(5000.0), np.ones(5000)) == []
    assert len(gpu.launches) >= 2


def test_rows_that_other_threads_write_meanwhile_stay() -> None:
    gpu = gpu_with(20000 + FIXED)
    x, y = np.arange(5000.0), np.ones(5000)
    x[100:] = 0.0
    wanted = y + x
    wanted[4000] = 7.0

    def write(name: str) -> None:
        if name == "is_idle":
            y[4000] = 7.0

    gpu.on_call = write
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        with device.using(gpu):
            anew(add)(x, y)
    finally:
        done.set()
        other.join()
    assert y.tobytes() == wanted.tobytes()


def test_results_that_the_host_has_no_memory_for_are_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(offload, "SURELY_SMALL", 1000)
    monkeypatch.setattr(offload, "free_memory", lambda: 70000)
    gpu = gpu_with(20000 + FIXED)
    assert both(gpu, scale, np.arange(5000.0), np.ones(5000)) == ["RUN120"]
    assert gpu.launches == []


def test_every_byte_goes_across_once_but_for_the_rows_between() -> None:
    gpu = gpu_with(20000 + FIXED)
    both(gpu, scale, np.arange(5000.0), np.ones(5000))
    site = parloop.report().sites[0]
    assert 80000 <= site.gpu.bytes_in < 80000 + 200 * site.gpu.launches
    assert 40000 <= site.gpu.bytes_out < 40000 + 200 * site.gpu.launches
