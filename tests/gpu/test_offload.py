"""Launches on a GPU leave what CPython leaves, or the CPU runs them: on a GPU that is none."""

from __future__ import annotations

import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.gpu.fake_driver import FAULTS, FakeGpu

import parloop
from parloop.config import SETTING_NAMES
from parloop.runtime import dispatch
from parloop.runtime.gpu import device, offering
from parloop.runtime.gpu.device import Gpu
from parloop.runtime.gpu.driver import DriverError, Fault


def saxpy(x: Any, y: Any, a: float) -> None:
    for i in range(len(x)):
        y[i] = a * x[i] + y[i]


def fast(x: Any, y: Any, a: float) -> None:
    """Run `saxpy` as the engine does; each test has an engine that knows nothing of it."""
    raise NotImplementedError


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys.modules[__name__], "fast", parloop.parallel(saxpy))
    parloop.reset_report()
    with parloop.settings(device="cuda", min_work_ms=0):
        yield


@pytest.fixture
def driver() -> Iterator[FakeGpu]:
    fake = FakeGpu()
    with device.using(fake):
        yield fake


def given(n: int = 300) -> tuple[Any, Any]:
    return np.arange(n) / 3, np.ones(n)


def expected(x: Any, y: Any) -> bytes:
    """Return the memory under `y` after CPython has run the loop, and leave `y` as it is."""
    root = y if y.base is None else y.base
    before = root.copy()
    saxpy(x, y, 0.1)
    after = root.tobytes()
    root[...] = before
    return after


def memory(y: Any) -> bytes:
    return (y if y.base is None else y.base).tobytes()


def seen() -> Any:
    return parloop.report().sites[0]


def codes() -> list[str]:
    return [why.code for why, _ in seen().fallbacks]


def test_a_loop_runs_on_the_gpu_with_the_bits_of_the_cpu(driver: FakeGpu) -> None:
    x, y = given()
    wanted = expected(x, y)
    fast(x, y, 0.1)
    assert memory(y) == wanted
    assert len(driver.launches) == 1
    driver.synchronise()
    assert driver.used_bytes() == 0


def test_the_report_tells_what_ran_on_the_gpu(driver: FakeGpu) -> None:
    for _ in range(2):
        fast(*given(), 0.1)
    site = seen()
    assert (site.device, site.native_runs, site.gpu.runs) == ("cuda", 2, 2)
    assert (site.gpu.kernels, site.gpu.launches) == (1, 2)
    assert site.gpu.bytes_in >= 2 * 2 * 2400
    assert 2 * 2400 <= site.gpu.bytes_out < 2 * 2400 + 400
    assert "cuda" in str(parloop.report())


def test_without_a_gpu_the_cpu_runs_the_loop_and_one_line_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(ordinal: int = 0) -> Any:
        raise DriverError(Fault.MISSING, "cuInit", "no driver")

    from parloop.runtime.gpu import bindings

    monkeypatch.setattr(bindings, "NvidiaGpu", missing)
    monkeypatch.setattr(device, "_slot", type(device._slot)())
    x, y = given()
    wanted = expected(x, y)
    for _ in range(3):
        fast(x, y, 0.0)
    fast(x, y, 0.1)
    assert memory(y) == wanted
    assert (seen().device, codes()) == ("cpu", ["ENV101"])


@pytest.mark.parametrize("setting", ["auto", "cpu"])
def test_the_gpu_is_asked_only_where_the_user_does(driver: FakeGpu, setting: str) -> None:
    assert "device" in SETTING_NAMES
    with parloop.settings(device=setting):
        fast(*given(), 0.1)
    assert driver.launches == []


ARRAYS = {
    "contiguous": lambda: given(),
    "one array": lambda: (np.arange(40.0),) * 2,
    "a view of the other": lambda: (lambda y: (y[5:35], y))(np.arange(40.0)),
    "two halves": lambda: (lambda y: (y[:20], y[20:]))(np.arange(40.0)),
    "every second": lambda: (np.arange(40.0)[::2], np.arange(60.0)[::3]),
    "woven": lambda: (lambda y: (y[::2], y[1::2]))(np.arange(40.0)),
    "backwards": lambda: (np.arange(20.0)[::-1], np.arange(20.0)[::-1]),
    "broadcast": lambda: (np.broadcast_to(np.float64(2.0), 20), np.arange(20.0)),
    "a column": lambda: (np.arange(20.0), np.arange(400.0).reshape(20, 20)[:, 3]),
    "a part in the middle": lambda: (np.arange(20.0), np.arange(90.0)[33:53]),
}


def test_auto_chooses_the_gpu_where_it_is_predicted_to_be_clearly_quicker(
    driver: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(a: Any, b: Any, c: Any) -> None:
        for i in range(len(a)):
            c[i] = a[i] + b[i]

    monkeypatch.setattr(offering, "AUTO_USES_GPU", True)
    arrays = [np.ones(300) for _ in range(3)]
    for cores_are_slow in (False, True):
        monkeypatch.setattr(offering, "LEAST_SECONDS", 0.0)
        monkeypatch.setattr(offering, "CLEARLY", 1e-9 if cores_are_slow else 1.5)
        with parloop.settings(device="auto", min_work_ms=0):
            parloop.parallel(add)(*arrays)
        assert len(driver.launches) == cores_are_slow
    assert (arrays[2] == 2.0).all()


@pytest.mark.parametrize("kind", ARRAYS)
def test_however_arrays_lie_in_memory_only_their_elements_change(
    driver: FakeGpu, kind: str
) -> None:
    x, y = ARRAYS[kind]()
    wanted = expected(x, y)
    fast(x, y, 0.1)
    assert memory(y) == wanted
    assert driver.launches or kind in ("a view of the other", "woven")  # these run in order


@pytest.mark.parametrize("buffer_bytes", [64, 2400, 4096])
def test_arrays_go_through_few_small_buffers(driver: FakeGpu, buffer_bytes: int) -> None:
    gpu = device.find_gpu()
    assert isinstance(gpu, Gpu)
    gpu.staging.buffer_bytes = buffer_bytes + 160
    x, y = given()
    for _ in range(3):
        wanted = expected(x, y)
        fast(x, y, 0.1)
        assert memory(y) == wanted
    assert len(driver.pinned) <= 4


def test_room_for_results_is_kept_between_launches_and_not_mixed_up(driver: FakeGpu) -> None:
    for n in (300, 50, 300, 400):
        x, y = given(n)
        wanted = expected(x, y)
        fast(x, y, 0.1)
        assert memory(y) == wanted
    gpu = device.find_gpu()
    assert isinstance(gpu, Gpu)
    kept = [room.nbytes for room in gpu.staging.rooms.values()]
    assert len(kept) <= 2  # `y` may stand before or behind `x`
    assert max(kept) == 3200


def test_what_trips_on_the_gpu_runs_on_the_cpu_with_its_warnings(driver: FakeGpu) -> None:
    def add(x: Any, y: Any, a: float) -> None:
        for i in range(len(x)):
            y[i] += a * x[i]

    x, y = given()
    x[9], y[9] = 1.7e308, 1.7e308
    with warnings.catch_warnings(record=True) as plain:
        warnings.simplefilter("default")
        plain_y = y.copy()
        add(x, plain_y, 0.1)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        parloop.parallel(add)(x, y, 0.1)
    assert memory(y) == memory(plain_y)
    assert [str(w.message) for w in told] == [str(w.message) for w in plain] != []
    assert driver.launches
    assert (seen().device, codes()) == ("cpu", ["RUN122"])


def test_where_overflows_are_ignored_they_are_no_trips(driver: FakeGpu) -> None:
    x, y = given()
    x[9], y[9] = 1.7e308, 1.7e308
    with np.errstate(over="ignore"):
        wanted = expected(x, y)
        fast(x, y, 0.1)
    assert memory(y) == wanted
    assert seen().device == "cuda"


def test_a_loop_that_trips_again_and_again_is_seldom_tried(driver: FakeGpu) -> None:
    @parloop.parallel
    def scale(x: Any, y: Any) -> None:
        for i in range(len(x)):
            y[i] = x[i] * 10.0

    x, y = given()
    x[7] = 1.7e308
    with np.errstate(over="raise"):
        for _ in range(12):
            with pytest.raises(FloatingPointError):
                scale(x, y)
    assert len(driver.launches) == 4  # the first, and those after 1, 2 and 4 more


def test_arrays_larger_than_the_gpu_stay_on_the_cpu(driver: FakeGpu) -> None:
    driver.memory[0] = range(driver.properties.memory_bytes - 1000)
    x, y = given()
    wanted = expected(x, y)
    fast(x, y, 0.1)
    assert memory(y) == wanted
    assert (seen().device, codes()) == ("cpu", ["RUN120"])


def n_calls() -> int:
    """Return how many calls of the driver a first and a second launch make."""
    with device.using(FakeGpu()) as gpu:
        for _ in range(2):
            fast(*given(30), 0.1)
        assert isinstance(gpu.driver, FakeGpu)
        return len(gpu.driver.calls)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_at_any_call_costs_nothing_but_the_gpu(fault: Fault) -> None:
    n_failed = 0
    for number in range(n_calls()):
        parloop.reset_report()
        driver = FakeGpu()
        driver.fail_at, driver.fault = number, fault
        with device.using(driver) as gpu, parloop.settings(device="cuda", min_work_ms=0):
            for _ in range(3):
                x, y = given(30)
                wanted = expected(x, y)
                fast(x, y, 0.1)
                assert memory(y) == wanted, (number, driver.calls)
            if number >= len(driver.calls):  # the kernel is in the disk cache now
                break
            failed = driver.calls[number]
            if FAULTS[fault] and failed not in FAULTS[fault]:
                continue
            n_failed += 1
            assert (gpu.lost is not None) == (fault is Fault.LOST), failed
            if fault is not Fault.LOST:
                driver.trim()
                assert driver.used_bytes() == 0, failed
                assert driver.launches
    assert n_failed >= 2


def test_a_bug_in_the_generator_leaves_the_loop_to_the_cpu(
    driver: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(planned: object) -> None:
        raise KeyError("a bug")

    @parloop.parallel
    def double(y: Any) -> None:
        for i in range(len(y)):
            y[i] = 2.0 * y[i]

    monkeypatch.setattr(offering, "make_program", broken)
    monkeypatch.setattr(dispatch, "RAISES_BUGS", False)
    y = np.ones(300)
    for n in range(1, 4):
        double(y)
        assert (y == 2.0**n).all()
    assert (seen().device, codes(), seen().interpreted_runs) == ("cpu", ["RUN901"], 0)


def test_elements_that_other_threads_write_meanwhile_stay(driver: FakeGpu) -> None:
    x, y = given()
    x[100:] = 0.0
    wanted = y + 0.1 * x
    wanted[150] = 7.0

    def write(name: str) -> None:
        if name == "is_idle":
            y[150] = 7.0

    driver.on_call = write
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        fast(x, y, 0.1)
    finally:
        done.set()
        other.join()
    assert y.tobytes() == wanted.tobytes()
    assert driver.launches


class Stopped(BaseException):
    """What a handler raises."""


@pytest.fixture
def stopping() -> Iterator[None]:
    def handler(*_: Any) -> None:
        raise Stopped

    before = signal.signal(signal.SIGALRM, handler)
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("stopping")
def test_a_signal_waits_for_the_end_of_a_short_launch(driver: FakeGpu) -> None:
    driver.on_call = lambda name: name == "copy_in" and signal.raise_signal(signal.SIGALRM)
    x, y = given()
    wanted = expected(x, y)
    with pytest.raises(Stopped):
        fast(x, y, 0.1)
    assert memory(y) == wanted


@pytest.mark.usefixtures("stopping")
def test_a_signal_does_not_wait_for_a_long_launch(
    driver: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    from parloop.runtime.gpu import offload

    monkeypatch.setattr(offload, "PATIENCE_SECONDS", 0.0)
    driver.on_call = lambda name: name == "copy_in" and signal.raise_signal(signal.SIGALRM)
    x, y = given()
    before = y.copy()
    with pytest.raises(Stopped):
        fast(x, y, 0.1)
    assert y.tobytes() == before.tobytes()
    assert codes() == ["RUN123"]
