"""Machine code for a GPU: from the text of a program, through the disk cache, into a module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parloop.diagnostics import Diagnostic
from parloop.runtime.cache import content_key, open_cache
from parloop.runtime.gpu.codes import GpuDeclined
from parloop.runtime.gpu.device import Gpu
from parloop.runtime.gpu.driver import DriverError, Fault


class Refused(Exception):  # noqa: N818 - an outcome, after which the CPU runs the loop
    """A launch does not run on the GPU, for `diagnostic`'s reason."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


def find_module(gpu: Gpu, text: str, options: Sequence[str]) -> Any:
    """Return the loaded machine code of CUDA C++ `text`; raise `Refused` where there is none."""
    driver = gpu.driver
    key = content_key("cubin", text, driver.properties.target, *options)
    module = gpu.modules.get(key)
    if module is not None:
        return module
    if key in gpu.refused:
        raise Refused(gpu.refused[key])
    try:
        module = _load_cached(gpu, key)
        if module is None:
            image = driver.compile(text, options)
            module = driver.load(image)
            open_cache().put(key, image, {"target": driver.properties.target})
    except DriverError as error:
        if error.fault is not Fault.COMPILE:
            raise
        gpu.refused[key] = GpuDeclined(f"the kernel could not be compiled: {error.detail}")
        raise Refused(gpu.refused[key]) from error
    gpu.modules[key] = module
    return module


def _load_cached(gpu: Gpu, key: str) -> Any:
    """Return the module of an earlier process, None where there is none that can be loaded."""
    found = open_cache().get(key)
    if found is None:
        return None
    try:
        return gpu.driver.load(found[0])
    except DriverError as error:
        if error.fault is not Fault.COMPILE:
            raise
        return None
