"""`python -m benchmarks gpu` measures on any GPU, on one that is none as well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmarks import gpu
from benchmarks.gpu_sizes import ORDER, SIZES
from benchmarks.program import load_program, program_names
from benchmarks.sides import PARLOOP_GPU, UnavailableError
from benchmarks.worker import Bench
from tests.gpu.fake_driver import FakeGpu

import parloop
from parloop.runtime.gpu import device


class Here:
    """A worker in this process."""

    def __init__(self, program: str, side: str, size: str, environment: dict[str, str]) -> None:
        self.unavailable = ""
        try:
            self.bench = Bench(load_program(program), side, size)
        except UnavailableError as why:
            self.unavailable = str(why)

    def ask(self, request: str) -> dict[str, Any]:
        if self.unavailable:
            return {}
        if request == "first":
            parloop.reset_report()
        answer: dict[str, Any] = getattr(self.bench, request)()
        return answer

    def close(self) -> None:
        pass


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(gpu, "SIDES", ("parloop", PARLOOP_GPU))
    with device.using(FakeGpu()) as fake, parloop.settings(min_work_ms=0):
        return gpu.measure(fake, ("jacobi2d",), 60.0, Here, "tiny")


def test_everything_is_measured_and_can_be_written(measured: dict[str, Any]) -> None:
    json.dumps(measured)
    assert measured["differential"]["differences"] == []
    assert measured["differential"]["compared"] > 0
    for result in measured["programs"].values():
        side = result["sides"][PARLOOP_GPU]
        assert side["kernel_seconds"] > 0
        assert side["bytes_in"] > 0
        assert result["same_bits"]
    sides = {**measured["programs"]["jacobi2d"]["sides"], "njit": {"seconds": [1.0]}}
    measured["programs"] = {"jacobi2d": {**measured["programs"]["jacobi2d"], "sides": sides}}
    measured["programs"]["jacobi2d"]["sides"]["prange"] = {"seconds": []}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gpu, "SIDES", ("njit", "prange", "parloop", PARLOOP_GPU))
        text = gpu.report_text(measured)
    assert "Fake GPU" in text
    assert "same" in text


def test_every_program_has_a_size_for_a_gpu() -> None:
    assert set(SIZES) == set(ORDER) == set(program_names())


def test_without_a_gpu_one_line_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "gpu"],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent.parent,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    (line,) = done.stdout.splitlines()
    assert line.startswith("nothing is measured: no GPU is used: ")
