"""The arrays of a launch on the GPU: where each stands there, and what is copied.

Arrays that share memory share it on the GPU, at the same distances. An array of its own whose
elements lie apart is packed: only its elements are copied, and its strides are others there.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.lib.array_utils import byte_bounds

from parloop.runtime.gpu.driver import Driver
from parloop.runtime.gpu.staging import Staging

ALIGNMENT: Final = 256
"""Memory on the GPU begins at multiples of this; so a host address keeps its place in a line."""

MOST_GAPS: Final = 2
"""Arrays that share memory may span so many times the bytes that they have."""


class DoesNotFit(Exception):  # noqa: N818 - an outcome, after which the CPU runs the loop
    """The arrays of a launch cannot be laid out on the GPU; the text says why."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the GPU's memory, for one array or for several that share memory."""

    names: tuple[str, ...]
    low: int
    """The host address of its first byte, where it is laid out as on the host."""
    n_bytes: int
    packed: bool
    """Whether it holds the elements of its only array without the gaps between them."""

    @property
    def room(self) -> int:
        """Return how many bytes to allocate for it."""
        return self.n_bytes + self.low % ALIGNMENT


def find_blocks(arrays: Mapping[str, np.ndarray[Any, Any]]) -> tuple[Block, ...]:
    """Return the blocks that the arrays of a launch need; those without elements need none."""
    spans = sorted((*byte_bounds(a), name) for name, a in arrays.items() if a.size)
    groups: list[tuple[int, int, list[str]]] = []
    for low, high, name in spans:
        if groups and low < groups[-1][1]:
            first, last, names = groups.pop()
            groups.append((first, max(last, high), [*names, name]))
        else:
            groups.append((low, high, [name]))
    return tuple(_block(low, high - low, tuple(names), arrays) for low, high, names in groups)


def _block(
    low: int, n_bytes: int, names: tuple[str, ...], arrays: Mapping[str, np.ndarray[Any, Any]]
) -> Block:
    first = arrays[names[0]]
    if len(names) == 1 and not first.flags.forc and _can_be_packed(first):
        return Block(names, 0, first.nbytes, packed=True)
    if n_bytes > MOST_GAPS * sum(arrays[name].nbytes for name in names) and len(names) > 1:
        listed = ", ".join(f"`{name}`" for name in names)
        raise DoesNotFit(f"{listed} share memory, most of which is in none of them")
    return Block(names, low, n_bytes, packed=False)


def _can_be_packed(array: np.ndarray[Any, Any]) -> bool:
    """Return whether a packed copy means the same. Kernels may know that rows are contiguous."""
    is_row = array.strides[-1] == array.itemsize
    return not _shares_elements(array) and (
        not is_row or packed_strides(array)[-1] == array.itemsize
    )


def _shares_elements(array: np.ndarray[Any, Any]) -> bool:
    """Return whether two elements may share memory. Errs towards yes."""
    reach = array.itemsize
    axes = ((abs(s), n) for s, n in zip(array.strides, array.shape, strict=True) if n > 1)
    for stride, extent in sorted(axes):
        if stride < reach:
            return True
        reach = stride * (extent - 1) + reach
    return False


@dataclass(frozen=True, slots=True)
class Placed:
    """A block with its address on the GPU."""

    block: Block
    address: int
    """Of the byte that stands for `block.low`."""
    allocated: int

    def where(self, name: str, array: np.ndarray[Any, Any]) -> tuple[int, tuple[int, ...]]:
        """Return the address of the array's first element on the GPU, and its strides there."""
        if self.block.packed:
            return self.address, packed_strides(array)
        return self.address + _address(array) - self.block.low, array.strides

    def copy_in(self, staging: Staging, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Copy all of it to the GPU."""
        source = self.block.low
        if self.block.packed:
            packed = arrays[self.block.names[0]].copy(order="K")
            source = _address(packed)
        staging.copy_in(self.address, source, self.block.n_bytes)

    def host_bytes(self, arrays: Mapping[str, np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
        """Return a copy of the bytes that `copy_in` copies."""
        packed = arrays[self.block.names[0]].copy(order="K") if self.block.packed else None
        address = self.block.low if packed is None else _address(packed)
        return np.frombuffer(ctypes.string_at(address, self.block.n_bytes), np.uint8)

    def fetch(self, staging: Staging, number: int) -> np.ndarray[Any, Any]:
        """Return the bytes that it has on the GPU, in room `number`."""
        found = staging.room(number, self.block.n_bytes)
        staging.copy_out(_address(found), self.address, self.block.n_bytes)
        return found

    def view(
        self, fetched: np.ndarray[Any, Any], array: np.ndarray[Any, Any]
    ) -> np.ndarray[Any, Any]:
        """Return the elements that `array` has in what `fetch` returned."""
        offset, strides = 0, packed_strides(array)
        if not self.block.packed:
            offset, strides = _address(array) - self.block.low, array.strides
        return np.ndarray(array.shape, array.dtype, fetched, offset, strides)


def place(driver: Driver, block: Block) -> Placed:
    """Return a block with memory on the GPU."""
    allocated = driver.allocate(block.room)
    return Placed(block, allocated + block.low % ALIGNMENT, allocated)


def packed_strides(array: np.ndarray[Any, Any]) -> tuple[int, ...]:
    """Return the strides of a packed copy: the axes in the order that they have in memory."""
    strides: tuple[int, ...] = np.empty_like(array, order="K", subok=False).strides
    return strides


def _address(array: np.ndarray[Any, Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
