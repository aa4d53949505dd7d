"""Copies between the user's memory and the GPU's, through a ring of pinned buffers.

Pinned memory is slow to make and cannot be swapped, so there is little of it, made once. While the
GPU copies from one buffer of the ring the host fills the next one.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np

from parloop.runtime.gpu.driver import Driver

BUFFER_BYTES: Final = 1 << 22
"""How large one buffer of the ring is: some 0.1 ms of copying."""

BUFFERS: Final = 4

MOST_KEPT: Final = 1 << 30
"""How many bytes of host memory are kept for the results of the next launch."""


@dataclass(slots=True)
class Buffer:
    """One buffer of the ring."""

    address: int
    mark: Any = None
    """Where the copy ends that uses the buffer; None as long as none has."""
    in_use: bool = False


Asked: TypeAlias = tuple[Buffer, int, int]
"""A copy from the GPU on its way: the buffer, the place of the bytes, and how many."""


@dataclass(slots=True)
class Staging:
    """The ring of one GPU. What it copies is counted."""

    driver: Driver
    buffer_bytes: int = BUFFER_BYTES
    ring: list[Buffer] = field(default_factory=list)
    place: int = 0
    rooms: dict[int, np.ndarray[Any, Any]] = field(default_factory=dict)
    """Host memory for results that are not the user's yet; fresh memory costs more than a copy."""
    bytes_in: int = 0
    bytes_out: int = 0

    def room(self, number: int, n_bytes: int) -> np.ndarray[Any, Any]:
        """Return memory for one block of a launch's results, until the next launch."""
        found = self.rooms.get(number)
        if found is None or found.nbytes < n_bytes:
            self.rooms.pop(number, None)
            found = np.empty(n_bytes, np.uint8)
            if sum(room.nbytes for room in self.rooms.values()) + n_bytes <= MOST_KEPT:
                self.rooms[number] = found
        return found[:n_bytes]

    def copy_in(self, target: int, source: int, n_bytes: int) -> None:
        """Copy the user's memory to the GPU. It may change again as soon as this returns."""
        for at in range(0, n_bytes, self.buffer_bytes):
            part = min(self.buffer_bytes, n_bytes - at)
            buffer = self.take()
            ctypes.memmove(buffer.address, source + at, part)
            self.driver.copy_in(target + at, buffer.address, part)
            self.leave(buffer)
        self.bytes_in += n_bytes

    def copy_out(self, target: int, source: int, n_bytes: int) -> None:
        """Copy from the GPU to host memory, all of which is there when this returns."""
        asked: list[Asked] = []
        for at in range(0, n_bytes, self.buffer_bytes):
            if len(asked) == BUFFERS - 1:
                self.fetch(target, *asked.pop(0))
            part = min(self.buffer_bytes, n_bytes - at)
            asked.append(self.ask_out(source, at, part))
        for each in asked:
            self.fetch(target, *each)

    def ask_out(self, source: int, at: int, n_bytes: int) -> Asked:
        """Have no more than a buffer's bytes copied from the GPU; `fetch` gives them."""
        buffer = self.take()
        self.driver.copy_out(buffer.address, source + at, n_bytes)
        self.leave(buffer)
        self.bytes_out += n_bytes
        return buffer, at, n_bytes

    def fetch(self, target: int, buffer: Buffer, at: int, n_bytes: int) -> None:
        """Wait for what was copied into a buffer, and copy it on."""
        self.driver.wait(buffer.mark)
        buffer.in_use = False
        ctypes.memmove(target + at, buffer.address, n_bytes)

    def fill(self) -> None:
        """Make the whole ring, so that nothing is missing later."""
        while len(self.ring) < BUFFERS:
            self.ring.append(Buffer(self.driver.pin(self.buffer_bytes)))

    def take(self) -> Buffer:
        """Return a buffer that no copy uses any more."""
        if len(self.ring) < BUFFERS:
            self.ring.append(Buffer(self.driver.pin(self.buffer_bytes)))
        buffer = self.ring[self.place % len(self.ring)]
        self.place += 1
        if buffer.in_use:
            self.driver.wait(buffer.mark)
            buffer.in_use = False
        return buffer

    def leave(self, buffer: Buffer) -> None:
        """Note that the work asked for up to now uses a buffer."""
        buffer.mark = self.driver.mark(buffer.mark)
        buffer.in_use = True
