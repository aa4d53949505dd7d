"""`parloop doctor` says what was found of a GPU."""

from __future__ import annotations

import pytest
from tests.gpu.fake_driver import FakeGpu

import parloop
from parloop.report.doctor import describe
from parloop.runtime.gpu import bindings, device
from parloop.runtime.gpu.driver import DriverError, Fault


def test_the_doctor_names_the_gpu() -> None:
    with device.using(FakeGpu()):
        text = describe(parloop.parallel)
    assert "gpu       Fake GPU (sm_80), 4 multiprocessors, 1 GiB" in text


def test_the_doctor_says_why_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(ordinal: int = 0) -> object:
        raise DriverError(Fault.MISSING, "cuInit", "no driver")

    monkeypatch.setattr(bindings, "NvidiaGpu", missing)
    monkeypatch.setattr(device, "_slot", type(device._slot)())
    assert "gpu       no GPU is used: cuInit: no driver" in describe(parloop.parallel)
