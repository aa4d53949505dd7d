"""Arrays that another library keeps on the GPU: which they are, and where they stand.

They come as objects with `__cuda_array_interface__`. What their elements mean in CPython is their
library's business, so only classes whose source says it are taken (`runtime.gpu.numbas`), by their
exact type. An array of NumPy's with the same layout and address stands in for one where arguments
are looked at; its elements are the GPU's, and nothing on the host may read them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from parloop.diagnostics import Declined
from parloop.runtime.gpu.codes import GpuDeclined
from parloop.runtime.gpu.numbas import device_class, require_known

VERSION: Final = 3
"""The version of the interface; older ones do not say which work an array waits for."""


class DeviceArraysLostError(RuntimeError):
    """The GPU failed while it wrote to arrays of another library; they may have any content."""


@dataclass(frozen=True, slots=True)
class DeviceArray:
    """An array on the GPU that belongs to another library."""

    stand_in: np.ndarray[Any, Any]
    """Has its type, layout and address. Its elements must not be touched."""
    low: int
    """The address of its first byte; all others follow."""
    n_bytes: int
    """How many bytes it spans."""


def find_device_arrays(
    names: Iterable[str], given: Mapping[str, object]
) -> Mapping[str, DeviceArray]:
    """Return those of the values `given` that are arrays on the GPU.

    Raises `Declined` where one is not of a kind of which we know what CPython does with it.
    """
    kind = device_class()
    if kind is None:
        return {}
    found = {name: given[name] for name in names if type(given.get(name)) is kind}
    if found:
        require_known(kind)
    return {name: read(name, array) for name, array in found.items()}


def read(name: str, array: Any) -> DeviceArray:
    """Return where an array stands, or raise `Declined`."""
    interface = array.__cuda_array_interface__
    if interface.get("version") != VERSION:
        raise Declined(GpuDeclined(f"`{name}` has not version 3 of `__cuda_array_interface__`"))
    if interface.get("mask") is not None:
        raise Declined(GpuDeclined(f"`{name}` has a mask"))
    shape, strides, dtype = array.shape, array.strides, array.dtype
    whole = all(type(number) is int for number in (*shape, *strides))
    if tuple(interface["shape"]) != shape or interface["typestr"] != dtype.str or not whole:
        raise Declined(GpuDeclined(f"`{name}` has two shapes or two types"))
    address, read_only = interface["data"]
    axes = list(zip(shape, strides, strict=True))
    if not shape or any(stride <= 0 for extent, stride in axes if extent > 1):
        message = f"`{name}` is reversed or broadcast, or has no axes, and Numba has other rules"
        raise Declined(GpuDeclined(message))
    size = int(np.prod(shape, dtype=object))
    n_bytes = sum((n - 1) * stride for n, stride in axes if n > 1) + dtype.itemsize
    n_bytes = n_bytes if size else 0
    stand_in = _stand_in(address, n_bytes, shape, strides, dtype)
    if len(shape) > 1 and not stand_in.flags.c_contiguous:
        raise Declined(GpuDeclined(f"the rows of `{name}` on the GPU lie apart"))
    stand_in.flags.writeable = not read_only
    return DeviceArray(stand_in, address, n_bytes)


def _stand_in(
    address: int,
    n_bytes: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    dtype: np.dtype[Any],
) -> np.ndarray[Any, Any]:
    if not n_bytes or dtype.hasobject:
        return np.empty(shape, dtype)
    room: Any = (ctypes.c_uint8 * n_bytes).from_address(address)
    return np.ndarray(shape, dtype, room, 0, strides)
