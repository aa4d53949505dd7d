"""`parloop doctor --calibrate` measures, keeps what it has measured, and says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.gpu.fake_driver import FakeGpu

import parloop
from parloop.report import calibration
from parloop.report.calibration import calibrate
from parloop.runtime import cache, constants
from parloop.runtime.constants import known_constants
from parloop.runtime.gpu import device, rates
from parloop.runtime.gpu.driver import Fault
from parloop.schedule.devices import CpuCosts


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PARLOOP_CACHE_DIR", str(tmp_path / "cache"))
    cache._open.cache_clear()
    constants._read.clear()
    yield tmp_path / "cache"
    cache._open.cache_clear()
    constants._read.clear()
    parloop.reset_report()


def native(function: Callable[..., Any]) -> Callable[..., Any]:
    return parloop.parallel(function, min_work_ms=0)


def test_what_is_measured_of_cores_and_gpu_is_kept(folder: Path) -> None:
    with device.using(FakeGpu()) as gpu:
        text = calibrate(native, small=True)
        assert isinstance(gpu.driver, FakeGpu)
        gpu.driver.synchronise()
        assert gpu.driver.used_bytes() == 0
    found = known_constants()
    assert found.cpu is not None
    assert found.gpus.keys() == {"Fake GPU"}
    assert found.cpu.interpreter_seconds_per_operation > found.cpu.lanes_seconds_per_operation
    assert f"kept in {folder}" in text
    assert "pinned_in_bytes_per_second" in text


def test_a_gpu_that_fails_meanwhile_leaves_what_was_measured_of_the_cores() -> None:
    fake = FakeGpu()
    with device.using(fake) as gpu:
        rates.measure(gpu, small=True)
    firsts = {name: fake.calls.index(name) for name in fake.calls}
    lasts = {name: len(fake.calls) - 1 - fake.calls[::-1].index(name) for name in fake.calls}
    for number in {*firsts.values(), *lasts.values()}:
        driver = FakeGpu()
        driver.fail_at, driver.fault = number, Fault.LOST
        with device.using(driver) as gpu, pytest.MonkeyPatch.context() as patch:
            patch.setattr(calibration, "measure_cpu", lambda *_: CpuCosts())
            text = calibrate(native, small=True)
            assert gpu.lost is not None
        assert "the GPU is not used any more" in text
        assert known_constants().gpus == {}


def test_the_report_has_the_prediction_for_a_launch() -> None:
    def scale(x: Any) -> None:
        for i in range(len(x)):
            x[i] = 2.0 * x[i]

    parloop.reset_report()
    native(scale)(np.ones(50_000))
    (site,) = parloop.report().sites
    small = site.predicted
    assert small is not None
    assert small.gpu is None
    assert small.interpreter > small.cpu
    assert small.best == "cpu"
    native(scale)(np.ones(200_000))
    native(scale)(np.ones(10))
    (site,) = parloop.report().sites
    assert site.predicted is not None
    assert site.predicted.interpreter == pytest.approx(4 * small.interpreter)
    assert site.to_dict()["predicted"]["cpu"] == site.predicted.cpu
    assert "a launch, predicted: CPython" in str(parloop.report())
    with device.using(FakeGpu()):
        assert site.predicted.gpu is not None
