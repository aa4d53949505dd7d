"""The calls that NVIDIA's driver gets are those it takes: a library in its place takes them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def has_bindings() -> bool:
    """Return whether `cuda.bindings` is installed; `tests/cuda` may be found as `cuda`."""
    try:
        return importlib.util.find_spec("cuda.bindings") is not None
    except ModuleNotFoundError:
        return False


pytestmark = pytest.mark.skipif(not has_bindings(), reason="cuda-core is not installed: no calls")

PROGRAM = """
import numpy as np
import parloop
from parloop.runtime.gpu import bindings, device
from tests.gpu.fake_driver import compile_for_host

bindings.compile_text = lambda text, target, options: compile_for_host(text)

@parloop.parallel
def saxpy(x, y, a):
    for i in range(len(x)):
        y[i] = a * x[i] + y[i]

with parloop.settings(device="cuda", min_work_ms=0):
    for _ in range(3):
        x, y = np.arange(4000.0), np.ones(4000)
        expected = 0.1 * x + y
        saxpy(x, y, 0.1)
        assert y.tobytes() == expected.tobytes()

def smooth(steps, u, v):
    for t in range(steps):
        for i in range(1, len(u) - 1):
            v[i] = u[i - 1] + u[i + 1]
        for i in range(1, len(u) - 1):
            u[i] = v[i] * 0.25

with parloop.settings(device="cuda", min_work_ms=0):
    u, plain = np.arange(40.0), np.arange(40.0)
    v, plain_v = np.ones(40), np.ones(40)
    parloop.parallel(smooth)(300, u, v)
    smooth(300, plain, plain_v)
    assert (u.tobytes(), v.tobytes()) == (plain.tobytes(), plain_v.tobytes())
site, steps = parloop.report().sites
assert (steps.device, steps.gpu.launches) in (("cuda", 600), ("cpu", 0)), steps
print(site.device, site.gpu.launches, *(str(why) for why, _ in site.fallbacks))
gpu = device.find_gpu()
if isinstance(gpu, device.Gpu) and gpu.lost is None:
    driver = gpu.driver
    assert driver.properties.name == "Stub GPU"
    assert driver.properties.target == "sm_90"
    assert driver.free_bytes() == 2**29 + 600
    assert driver.seconds_between(driver.mark(), driver.mark()) == 1.5e-3
    driver.trim()
    driver.clear(driver.allocate(100), 100)
    here, there = driver.allocate(64), driver.allocate(64)
    driver.copy_across(there, here, 64)
    driver.settle()
    assert driver.owns(here, 64) and driver.owns(here + 60, 4)
    assert not driver.owns(here + 60, 5)
    assert not driver.owns(np.zeros(8).ctypes.data, 64)
    driver.unpin(driver.pin(100))
    for wrong in (lambda: driver.allocate(2**31), lambda: driver.load(b"no image" * 20)):
        try:
            wrong()
        except bindings.DriverError as error:
            print(error.fault.value)
"""


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a `libcuda.so.1` that is none."""
    folder = tmp_path_factory.mktemp("driver")
    target = folder / "libcuda.so.1"
    source = str(HERE / "stub_driver.cpp")
    subprocess.run(["g++", "-shared", "-fPIC", source, "-o", str(target), "-ldl"], check=True)
    return folder


def run(stub: Path, failure: int, cache: Path) -> list[str]:
    environment = {
        **os.environ, "LD_LIBRARY_PATH": str(stub), "STUB_FAILS": str(failure),
        "PARLOOP_CACHE_DIR": str(cache), "PARLOOP_DEBUG": "1",
    }  # fmt: skip
    program = cache / "program.py"
    program.write_text(f"import sys; sys.path.insert(0, {str(HERE.parent.parent)!r})\n{PROGRAM}")
    done = subprocess.run(
        [sys.executable, str(program)], env=environment, cwd=HERE.parent.parent,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_launch_makes_calls_that_the_driver_takes(stub: Path, tmp_path: Path) -> None:
    assert run(stub, 0, tmp_path) == ["cuda 3", "memory", "compile"]


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (1, "fallback[ENV101] no GPU is used: cuInit: CUDA_ERROR_100"),
        (2, "fallback[ENV101] no GPU is used: driver: the driver is for CUDA 11.8, NVRTC for 1"),
        (3, "fallback[ENV101] no GPU is used: cuDeviceGetCount: there is no GPU 0"),
        (4, "fallback[ENV101] no GPU is used: GPU: Stub GPU is older than compute capability 7.5"),
        (5, "fallback[ENV102] the GPU is not used any more: cuLaunchKernel: CUDA_ERROR_700"),
    ],
)
def test_what_the_driver_refuses_leaves_the_loop_to_the_cpu(
    stub: Path, tmp_path: Path, failure: int, told: str
) -> None:
    (line,) = run(stub, failure, tmp_path)
    assert line.startswith(f"cpu 0 {told}")
