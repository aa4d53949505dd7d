"""Loops over arrays that are on the GPU already run there, or leave what the interpreter would."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cuda.nvrtc import ARCHITECTURES, compile_text, find_nvrtc
from tests.gpu.device_arrays import DeviceNDArray, known
from tests.gpu.fake_driver import FAULTS, FakeGpu
from tests.gpu.random_launches import another_thread, run_texts

import parloop
from parloop.capture.sites import REGISTRY
from parloop.ir.nodes import Const, Name
from parloop.ir.types import NP_INT64, PY_FLOAT, PY_INT
from parloop.runtime.arguments import DTYPES as DTYPES_OF
from parloop.runtime.gpu import device, numbas, offload
from parloop.runtime.gpu.driver import Fault
from parloop.runtime.gpu.interface import DeviceArraysLostError
from parloop.runtime.gpu.merging import merge_text


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    parloop.reset_report()
    with parloop.settings(device="cuda", min_work_ms=0), known():
        yield


@pytest.fixture
def driver() -> Iterator[FakeGpu]:
    fake = FakeGpu()
    with device.using(fake):
        yield fake


def seen() -> Any:
    return parloop.report().sites[0]


def codes() -> list[str]:
    return [why.code for why, _ in seen().fallbacks]


def saxpy(x: Any, y: Any, a: float) -> None:
    for i in range(len(x)):
        y[i] = a * x[i] + y[i]


def scale(x: Any, y: Any, a: float) -> None:
    for i in range(len(x)):
        y[i] = x[i] * a


def copy(x: Any, y: Any, a: float) -> None:
    for i in range(len(x)):
        y[i] = x[i]


def anew(function: Callable[..., None]) -> Any:
    """Return `function` run by parloop, which is asked although it was declined before."""
    for site in REGISTRY.sites.values():
        if site.state is not None:
            site.state.resting = site.state.declined = 0
            for specialisation in site.state.specialisations.values():
                for ready in getattr(specialisation, "by_code", {}).values():
                    ready.offer = None
    return parloop.parallel(function)


def both(
    gpu: FakeGpu, function: Callable[..., None], *hosts: Any, number: Any = 0.5, on: str = "dd"
) -> list[Any]:
    """Run `function` in CPython and by parloop on arrays alike; return parloop's, compared.

    `on` says of each array whether it is on the device.
    """
    sides: list[list[Any]] = []
    for run in (function, anew(function)):
        made = [
            DeviceNDArray(gpu, host) if where == "d" else host.copy()
            for host, where in zip(hosts, on, strict=True)
        ]
        error = None
        try:
            run(*made, number)
        except Exception as raised:
            error = raised
        sides.append([*made, (type(error), str(error))])
    assert sides[0].pop() == sides[1].pop()
    for plain, ours in zip(*sides, strict=True):
        if isinstance(plain, DeviceNDArray):
            assert ours.on_host().tobytes() == plain.on_host().tobytes()
        else:
            assert ours.tobytes() == plain.tobytes()
    return sides[1]


def untouched(*arrays: DeviceNDArray) -> bool:
    """Return whether no element went to the host."""
    return not any(array.accesses for array in arrays)


@pytest.mark.parametrize("function", [saxpy, scale, copy])
def test_a_loop_over_arrays_on_the_gpu_runs_there_and_no_byte_is_copied(
    driver: FakeGpu, function: Any
) -> None:
    x, y = both(driver, function, np.arange(300) / 3, np.ones(300))
    assert untouched(x, y)
    site = seen()
    assert (site.device, site.gpu.runs, site.interpreted_runs) == ("cuda", 1, 0)
    words = site.gpu.bytes_in + site.gpu.bytes_out
    assert words < 600  # the state of the kernel, no elements


def test_what_can_find_nothing_works_in_place(driver: FakeGpu) -> None:
    both(driver, copy, np.arange(30.0), np.ones(30))
    assert "copy_across" not in driver.calls
    both(driver, scale, np.arange(30.0), np.ones(30))
    assert driver.calls.count("copy_across") == 2
    before = len(driver.calls)
    with np.errstate(all="ignore"):
        both(driver, scale, np.arange(30.0), np.ones(30))
    assert "copy_across" not in driver.calls[before:]


@pytest.mark.parametrize("on", ["dh", "hd"])
@pytest.mark.parametrize("function", [saxpy, scale, copy])
def test_arrays_of_both_kinds_go_together(driver: FakeGpu, on: str, function: Any) -> None:
    both(driver, function, np.arange(300) / 3, np.ones(300), on=on)
    assert seen().device == "cuda"


def test_without_the_gpu_the_interpreter_runs_the_loop_and_says_why(driver: FakeGpu) -> None:
    for setting in ("cpu", "auto"):
        parloop.reset_report()
        with parloop.settings(device=setting):
            _, y = both(driver, saxpy, np.arange(30.0), np.ones(30))
        assert not untouched(y)
        assert codes() == ["RUN121"]
        assert 'device="cuda"' in str(parloop.report())
    assert driver.launches == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_at_any_call_leaves_the_interpreters_elements_or_an_error(fault: Fault) -> None:
    for function in (saxpy, copy):
        n_failed = failures(function, fault)
        assert n_failed >= 2


def failures(function: Any, fault: Fault) -> int:
    """Let each call fail once; return how many of these could."""
    n_failed = 0
    for number in range(200):
        gpu = FakeGpu()
        with device.using(gpu):
            x, y = DeviceNDArray(gpu, np.arange(20.0)), DeviceNDArray(gpu, np.ones(20))
            wanted = np.ones(20)
            function(np.arange(20.0), wanted, 0.5)
            gpu.fail_at, gpu.fault = number, fault
            error: BaseException | None = None
            try:
                anew(function)(x, y, 0.5)
            except RuntimeError as raised:
                error = raised
            if number >= len(gpu.calls):
                return n_failed
            if FAULTS[fault] and gpu.calls[number] not in FAULTS[fault]:
                continue
            n_failed += 1
            assert (error is not None) == (fault is Fault.LOST), gpu.calls[number]
            if error is None:
                assert y.on_host().tobytes() == wanted.tobytes(), gpu.calls[number]
                gpu._finish()
                assert len(gpu.memory) == 2, "memory of ours is left"
    raise AssertionError("no end")


def test_what_trips_is_run_by_the_interpreter_from_where_it_was(driver: FakeGpu) -> None:
    def add(x: Any, y: Any, a: float) -> None:
        for i in range(len(x)):
            y[i] += a * x[i]

    x, y = np.ones(40), np.ones(40)
    x[9], y[9] = 1.7e308, 1.7e308
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        ours = both(driver, add, x, y, number=1.0)
    assert len(told) == 2
    assert not untouched(*ours)
    assert (seen().device, codes()) == ("interpreter", ["RUN122"])


def test_a_subscript_outside_raises_what_the_arrays_raise(driver: FakeGpu) -> None:
    def shift(x: Any, y: Any, a: float) -> None:
        for i in range(len(x)):
            y[i] = x[i + 5]

    both(driver, shift, np.arange(40.0), np.ones(40))


def test_memory_that_arrays_share_is_seen(driver: FakeGpu) -> None:
    def forward(y: Any, z: Any, a: float) -> None:
        for i in range(len(z)):
            z[i] = y[i] + a

    for offset in (0, 1, 7):
        base = DeviceNDArray(driver, np.arange(50.0))
        plain = np.arange(50.0)
        forward(plain, plain[offset : offset + 40], 0.5)
        anew(forward)(base, base.part(slice(offset, offset + 40)), 0.5)
        assert base.on_host().tobytes() == plain.tobytes()


def test_every_second_element_leaves_those_between_alone(driver: FakeGpu) -> None:
    both(driver, saxpy, np.arange(60.0)[::2], np.arange(90.0)[::3])
    assert seen().device == "cuda"


def test_rows_and_columns(driver: FakeGpu) -> None:
    def transpose(x: Any, y: Any, a: float) -> None:
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                y[j, i] = x[i, j] * a + x[i][-1]

    both(driver, transpose, np.arange(60.0).reshape(6, 10), np.ones((10, 6)))
    assert seen().device == "cuda"


def test_a_sum_of_integers_comes_to_the_host(driver: FakeGpu) -> None:
    def count(x: Any, out: Any, a: float) -> None:
        n = 0
        for i in range(len(x)):
            if x[i] > 3:
                n += 1
        out[0] = n

    x, out = DeviceNDArray(driver, np.arange(50)), np.zeros(1)
    anew(count)(x, out, 0.0)
    assert out[0] == 46
    assert untouched(x)


DTYPES = ("bool", "float32", "complex128")


@pytest.mark.parametrize("dtype", DTYPES)
def test_elements_of_every_type_go_across(driver: FakeGpu, dtype: str) -> None:
    x = np.arange(40).astype(dtype)
    both(driver, copy, x, np.zeros(40, dtype))
    assert seen().device == "cuda"


@pytest.mark.parametrize(
    ("target", "source"), [("float32", "float64"), ("int32", "int64"), ("int64", "float64")]
)
def test_what_numba_would_convert_stays_with_it(driver: FakeGpu, target: str, source: str) -> None:
    both(driver, copy, np.arange(40).astype(source), np.zeros(40, target))
    assert (driver.launches, codes()) == ([], ["RUN121"])


NUMBERS = [
    (0, "float64", True), (0.5, "float32", True), (0.1, "float32", False), (7, "int8", True),
    (200, "int8", False), (200, "uint8", True), (-1, "uint8", False), (True, "bool", True),
    (True, "int64", False), (float("inf"), "float64", True), (0j, "complex128", True),
    (0, "complex128", False), (2**63, "int64", False), (2**63, "uint64", False),
    (2**53 + 1, "float64", False), (-0.0, "float32", True), (1e300, "float32", False),
    (float("nan"), "float32", False), (0.0, "int64", False),
]  # fmt: skip


@pytest.mark.parametrize(("value", "target", "kept"), NUMBERS)
def test_constants_are_stored_where_they_keep_their_value(
    value: Any, target: str, kept: bool
) -> None:
    assert numbas.keeps_value(Const(value), frozenset(), DTYPES_OF[np.dtype(target)]) == kept


@pytest.mark.parametrize(
    ("members", "target", "kept"),
    [
        ({PY_INT}, "int64", True), ({PY_INT}, "float64", True), ({PY_INT}, "float32", False),
        ({PY_INT}, "int32", False), ({PY_FLOAT}, "float64", True), ({PY_FLOAT}, "float32", False),
        ({NP_INT64, PY_INT}, "int64", True), ({PY_FLOAT, PY_INT}, "float64", True),
        ({PY_FLOAT, PY_INT}, "int64", False), (set(), "float64", False),
    ],
)  # fmt: skip
def test_values_are_stored_where_their_type_is_the_arrays(
    members: set[Any], target: str, kept: bool
) -> None:
    value, element = Name("v"), DTYPES_OF[np.dtype(target)]
    assert numbas.keeps_value(value, frozenset(members), element) == kept


class Odd(DeviceNDArray):
    __module__ = "somewhere.else"


STRANGE = {
    "a subclass": lambda gpu: Odd(gpu, np.ones(30)),
    "reversed": lambda gpu: DeviceNDArray(gpu, np.ones(30)[::-1]),
    "foreign byte order": lambda gpu: DeviceNDArray(gpu, np.ones(30, ">f8")),
    "a mask": lambda gpu: change(DeviceNDArray(gpu, np.ones(30)), mask=object()),
    "an old version": lambda gpu: change(DeviceNDArray(gpu, np.ones(30)), version=2),
    "somebody else's memory": lambda gpu: DeviceNDArray(
        gpu, _KEPT, _KEPT.__array_interface__["data"][0]
    ),
}
_KEPT = np.ones(30)


def change(array: DeviceNDArray, **named: Any) -> DeviceNDArray:
    for name, value in named.items():
        setattr(array, name, value)
    return array


@pytest.mark.parametrize("kind", STRANGE)
def test_strange_arrays_stay_with_their_library(driver: FakeGpu, kind: str) -> None:
    x = STRANGE[kind](driver)
    y = DeviceNDArray(driver, np.zeros(30))
    anew(scale)(x, y, 2.0)
    assert (y.on_host() == 2.0).all()
    assert driver.launches == []
    assert len(codes()) == 1


def test_strides_of_nothing_stay_with_their_library(driver: FakeGpu) -> None:
    x = DeviceNDArray(driver, np.ones(1))
    x.shape, x.strides, x.size = (30,), (0,), 30
    y = DeviceNDArray(driver, np.zeros(30))
    anew(scale)(x, y, 2.0)
    assert (y.on_host() == 2.0).all()
    assert (driver.launches, codes()) == ([], ["RUN121"])


def test_a_class_whose_source_is_another_is_not_known(
    driver: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(numbas._checked, DeviceNDArray, (False, ()))
    both(driver, saxpy, np.ones(30), np.ones(30))
    assert driver.launches == []


def test_a_method_that_was_replaced_is_seen(
    driver: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seven(self: DeviceNDArray, item: Any) -> float:
        return 7.0

    monkeypatch.setattr(DeviceNDArray, "__getitem__", seven)
    _, y = both(driver, scale, np.ones(30), np.ones(30))
    assert (y.on_host() == 3.5).all()
    assert driver.launches == []


def test_a_whole_statement_on_arrays_stays_with_their_library(driver: FakeGpu) -> None:
    def fill(x: Any, y: Any, a: float) -> None:
        for i in range(len(x)):
            y[i] = np.sum(x[0:2]) if i < 0 else a

    x, y = DeviceNDArray(driver, np.ones(30)), DeviceNDArray(driver, np.zeros(30))
    anew(fill)(x, y, 2.0)
    assert (y.on_host() == 2.0).all()
    assert driver.launches == []


@pytest.mark.parametrize(("extent", "runs"), [(100, True), (127, True), (128, False)])
def test_narrow_subscripts_are_for_arrays_that_they_cannot_pass(
    driver: FakeGpu, extent: int, runs: bool
) -> None:
    def gather(x: Any, index: Any, a: float) -> None:
        for i in range(len(index)):
            x[index[i]] = a

    both(driver, gather, np.zeros(extent), np.arange(90, dtype=np.int8), on="dh")
    assert bool(driver.launches) == runs or codes() == ["GEN201"]


def test_work_that_others_asked_for_comes_first(driver: FakeGpu) -> None:
    x, y = DeviceNDArray(driver, np.zeros(30)), DeviceNDArray(driver, np.zeros(30))
    driver.others.append(lambda: x.on_host().fill(3.0))
    anew(scale)(x, y, 2.0)
    assert (y.on_host() == 6.0).all()
    assert untouched(x, y)


BESIDE = {
    "every second": (np.zeros(600)[::2], 150),
    "rows": (np.zeros((20, 30)), (7, 7)),
    "complex": (np.zeros(300, np.complex128), 150),
    "narrow": (np.zeros(300, np.int8), 150),
}


@pytest.mark.parametrize("kind", BESIDE)
def test_what_other_threads_write_beside_the_loop_stays(driver: FakeGpu, kind: str) -> None:
    def add(x: Any, y: Any, a: float) -> None:
        for i in range(len(x)):
            y[i] += x[i]

    def add_rows(x: Any, y: Any, a: float) -> None:
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                y[i, j] += x[i, j]

    host, place = BESIDE[kind]
    x, y = DeviceNDArray(driver, host), DeviceNDArray(driver, host)
    x.on_host()[:5] = 2
    wanted = x.on_host().copy()
    wanted[place] = 7

    def write(name: str) -> None:
        if name == "is_idle":
            y.on_host()[place] = 7

    driver.on_call = write
    with another_thread():
        anew(add_rows if host.ndim == 2 else add)(x, y, 0.0)
    assert untouched(x, y)
    assert driver.launches[-1][0] == "merge"
    assert y.on_host().tobytes() == wanted.tobytes()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_beside_other_threads_leaves_as_much(fault: Fault) -> None:
    with another_thread():
        assert failures(saxpy, fault) >= 2


def test_where_the_gpu_is_full_the_interpreter_runs_the_loop(driver: FakeGpu) -> None:
    hosts = np.arange(30.0), np.ones(30)
    driver.properties = replace(driver.properties, memory_bytes=3000)
    both(driver, saxpy, *hosts)
    assert (driver.launches, codes()) == ([], ["RUN120"])


class Stopped(BaseException):
    """What a handler raises."""


@pytest.mark.parametrize("function", [saxpy, copy])
@pytest.mark.parametrize("call", ["copy_across", "launch", "is_idle"])
def test_a_signal_finds_all_iterations_done_or_none(
    driver: FakeGpu, function: Any, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handler(*_: Any) -> None:
        raise Stopped

    monkeypatch.setattr(offload, "PATIENCE_SECONDS", 0.0)
    before = signal.signal(signal.SIGALRM, handler)
    try:
        x, y = DeviceNDArray(driver, np.arange(30.0)), DeviceNDArray(driver, np.ones(30))
        driver.on_call = lambda name: name == call and signal.raise_signal(signal.SIGALRM)
        came = True
        try:
            anew(function)(x, y, 0.5)
            came = False
        except Stopped:
            pass
        driver.on_call = lambda name: None
    finally:
        signal.signal(signal.SIGALRM, before)
    wanted = np.ones(30)
    function(np.arange(30.0), wanted, 0.5)
    left = y.on_host().tobytes()
    assert came or call == "copy_across"
    assert left in (wanted.tobytes(), np.ones(30).tobytes())
    assert left == wanted.tobytes() or function is saxpy


def test_a_gpu_that_fails_in_the_middle_of_the_results_is_an_error(driver: FakeGpu) -> None:
    x, y = DeviceNDArray(driver, np.arange(30.0)), DeviceNDArray(driver, np.ones(30))
    seen_calls = [0]

    def fail(name: str) -> None:
        if name == "copy_across":
            seen_calls[0] += 1
            if seen_calls[0] == 2:
                driver.fail_at, driver.fault = len(driver.calls) - 1, Fault.MEMORY

    driver.on_call = fail
    with pytest.raises(DeviceArraysLostError):
        anew(saxpy)(x, y, 0.5)


@pytest.mark.skipif(find_nvrtc() is None, reason="NOT CHECKED: NVRTC is not installed")
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_kernel_that_stores_changes_compiles(architecture: str) -> None:
    assert "merge" in compile_text(merge_text(), architecture)


def test_random_launches_leave_what_cpython_leaves(tmp_path: Path) -> None:
    found = run_texts(1, 8, tmp_path)
    assert sum(found.values()) == 10
    assert found["elsewhere"] < 10


@pytest.mark.campaign
def test_many_random_launches_leave_what_cpython_leaves(tmp_path: Path) -> None:
    found = run_texts(150, 1000, tmp_path)
    assert found["in place"] >= 300
    assert found["slabs"] >= 30
