"""Arrays on the fake GPU that belong to another library: what Numba's are, on a real one.

`tests/gpu/test_numba.py` compares their elements with those of Numba's own class.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
from tests.gpu.fake_driver import FakeGpu

from parloop.runtime.gpu import numbas

MODULE = "numba.cuda.cudadrv.devicearray"


class DeviceNDArray:
    """One array on the fake GPU, with the elements of `host`, laid out as they are there."""

    __module__ = MODULE

    def __init__(self, gpu: FakeGpu, host: Any, address: int | None = None) -> None:
        self.gpu = gpu
        self.shape, self.strides, self.dtype = host.shape, host.strides, host.dtype
        self.size, self.ndim = host.size, host.ndim
        low = sum(min(0, (n - 1) * s) for n, s in zip(self.shape, self.strides, strict=True))
        span = sum(abs(s) * (n - 1) for n, s in zip(self.shape, self.strides, strict=True))
        self.address = gpu.adopt(span + host.itemsize) - low if address is None else address
        self.stream: int | None = None
        self.mask: object = None
        self.version = 3
        self.accesses = 0
        if address is None and host.size:
            self.on_host()[...] = host

    def part(self, taken: slice) -> DeviceNDArray:
        """Return a view of some elements."""
        view = self.on_host()[taken]
        return DeviceNDArray(self.gpu, view, view.__array_interface__["data"][0])

    def on_host(self) -> Any:
        """Return its memory as an array of NumPy's, when all work is done."""
        self.gpu._finish()
        low = sum(min(0, (n - 1) * s) for n, s in zip(self.shape, self.strides, strict=True))
        span = sum(abs(s) * (n - 1) for n, s in zip(self.shape, self.strides, strict=True))
        room: Any = (ctypes.c_uint8 * (span + self.dtype.itemsize)).from_address(self.address + low)
        return np.ndarray(self.shape, self.dtype, room, -low, self.strides)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        found = {
            "shape": self.shape,
            "strides": None,
            "data": (self.address, False),
            "typestr": self.dtype.str,
            "stream": self.stream,
            "version": self.version,
        }
        return found if self.mask is None else {**found, "mask": self.mask}

    def __len__(self) -> int:
        length: int = self.shape[0]
        return length

    def __getitem__(self, item: Any) -> Any:
        self._access()
        found = self.on_host()[self._places(item)]
        return found if np.ndim(found) == 0 else self.part(item)

    def __setitem__(self, item: Any, value: Any) -> None:
        self._access()
        with np.errstate(all="ignore"):
            self.on_host()[self._places(item)] = np.array(value).astype(self.dtype)

    def _places(self, item: Any) -> tuple[Any, ...]:
        items = item if isinstance(item, tuple) else (item,)
        for one, extent in zip(items, self.shape, strict=False):
            if not -extent <= one < extent:
                raise IndexError
        return items

    def _access(self) -> None:
        self.accesses += 1
        if self.gpu.dead:
            raise RuntimeError("the GPU is lost")


@contextmanager
def known() -> Iterator[None]:
    """Let the engine take the class above for Numba's, of a version that it knows."""
    module = ModuleType(MODULE)
    vars(module)["DeviceNDArray"] = DeviceNDArray
    kind: Any = DeviceNDArray
    methods = tuple(vars(kind)[name] for name in ("__getitem__", "__setitem__", "__len__"))
    before = sys.modules.get(MODULE)
    sys.modules[MODULE] = module
    with (
        mock.patch.dict(numbas._checked, {kind: (True, methods)}),
        mock.patch.object(numbas, "warns_of_stores", return_value=False),
    ):
        try:
            yield
        finally:
            del sys.modules[MODULE]
            if before is not None:
                sys.modules[MODULE] = before
