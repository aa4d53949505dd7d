"""Arrays of other libraries in a launch on the GPU: used in place, or through copies beside them.

A kernel may find that the CPU has to run the loop, and then nothing must have changed. So what a
launch writes to is copied on the GPU first, kernels work on the copy, and when all is well it is
copied over the array, beside other threads only the elements that have changed. Where nothing can
come in between, kernels work on the array itself; what is only read is always used in place.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parloop.codegen.cuda.program import CudaProgram, Launch
from parloop.runtime.gpu.codes import GpuDeclined
from parloop.runtime.gpu.device import Gpu
from parloop.runtime.gpu.driver import Driver
from parloop.runtime.gpu.interface import DeviceArray, DeviceArraysLostError
from parloop.runtime.gpu.programs import Refused
from parloop.runtime.transaction import FLAG_NAMES

_STOPS = "trip |= TRIPPED;"
"""What a kernel does where the CPU has to run the loop."""


@dataclass(frozen=True, slots=True)
class Span:
    """Memory on the GPU that arrays of other libraries share, or that one has."""

    names: tuple[str, ...]
    low: int
    n_bytes: int


@dataclass(slots=True)
class Shadows:
    """The arrays of other libraries of one launch."""

    gpu: Gpu
    arrays: Mapping[str, DeviceArray]
    written: frozenset[str]
    in_place: bool
    """Whether kernels write to the arrays themselves."""
    copies: dict[Span, int] = field(default_factory=dict)
    """Where the copies stand of spans that are written to."""
    before: dict[Span, int] = field(default_factory=dict)
    """Where second copies stand, which stay as they are, beside other threads."""
    merge: Any = None
    """The kernel that stores what has changed, beside other threads."""
    changing: bool = False
    """Whether the arrays may have lost what was in them, and may not have what they are to have."""

    @property
    def driver(self) -> Driver:
        """Return what makes copies."""
        return self.gpu.driver

    @property
    def writes(self) -> bool:
        """Whether the launch writes to any of them."""
        return not self.written.isdisjoint(self.arrays)

    def spans(self) -> tuple[Span, ...]:
        """Return what is to be copied before the launch."""
        if self.in_place:
            return ()
        return tuple(
            span for span in find_spans(self.arrays) if not self.written.isdisjoint(span.names)
        )

    def require_owned(self) -> None:
        """Raise `Refused` where an array does not stand on the GPU that the launch uses."""
        for name, array in self.arrays.items():
            if array.n_bytes and not self.driver.owns(array.low, array.n_bytes):
                raise Refused(GpuDeclined(f"`{name}` is not on the GPU that loops run on"))

    def sizes(self) -> list[int]:
        """Return how many bytes each copy takes; `take` is given their addresses."""
        sizes = [span.n_bytes for span in self.spans()]
        if not sizes or threading.active_count() == 1:
            return sizes
        from parloop.runtime.gpu.merging import find_merge

        self.merge = find_merge(self.gpu)
        return 2 * sizes

    def take(self, addresses: Sequence[int]) -> None:
        """Use memory for the copies."""
        spans = self.spans()
        self.copies = dict(zip(spans, addresses, strict=False))
        if self.merge is not None:
            self.before = dict(zip(spans, addresses[len(spans) :], strict=True))

    def begin(self) -> None:
        """Make the copies, once all that others have asked the GPU for is done."""
        self.driver.settle()
        for span, copy in self.copies.items():
            source = span.low
            if span in self.before:
                source = self.before[span]
                self.driver.copy_across(source, span.low, span.n_bytes)
            self.driver.copy_across(copy, source, span.n_bytes)

    def address(self, name: str) -> int:
        """Return where kernels find an array."""
        low = self.arrays[name].low
        for span, copy in self.copies.items():
            if name in span.names:
                return copy + low - span.low
        return low

    def commit(self) -> None:
        """Have the arrays be what kernels have made of the copies; it is done on return."""
        self.changing = self.writes
        for span, copy in self.copies.items():
            if span in self.before:
                self.store_changes(span)
            else:
                self.driver.copy_across(span.low, copy, span.n_bytes)
        if self.copies:
            self.driver.synchronise()

    def store_changes(self, span: Span) -> None:
        """Store the elements of a span that are others than before."""
        from parloop.runtime.gpu.merging import launch_merge

        for name in sorted(self.written.intersection(span.names)):
            array = self.arrays[name]
            now, before = (at[span] + array.low - span.low for at in (self.copies, self.before))
            launch_merge(self.driver, self.merge, array, now, before)

    def failed(self, error: BaseException) -> DeviceArraysLostError | None:
        """Return what to raise where `error` left the arrays as no loop would."""
        if not self.changing:
            return None
        return DeviceArraysLostError(f"the GPU failed while a loop wrote to its arrays: {error}")


def find_spans(arrays: Mapping[str, DeviceArray]) -> tuple[Span, ...]:
    """Return the memory of arrays; those that share some are in one span."""
    found: list[Span] = []
    for name, array in sorted(arrays.items(), key=lambda item: (item[1].low, item[0])):
        if not array.n_bytes:
            continue
        end = array.low + array.n_bytes
        if found and array.low < found[-1].low + found[-1].n_bytes:
            last = found.pop()
            high = max(end, last.low + last.n_bytes)
            found.append(Span((*last.names, name), last.low, high - last.low))
        else:
            found.append(Span((name,), array.low, array.n_bytes))
    return tuple(found)


def is_sure(program: CudaProgram, on_host: Collection[str]) -> bool:
    """Return whether a launch cannot come to nothing once its kernel has begun.

    It has one kernel, which finds nothing that the CPU has to do and nothing of which NumPy would
    tell now, and writes to none of the arrays `on_host`, for whose results memory may be missing.
    """
    one = len(program.steps) == 1 and isinstance(program.steps[0], Launch)
    modes: Mapping[str, str] = dict(np.geterr())  # type: ignore[arg-type]
    told = any(program.watched_flags & b and modes[n] != "ignore" for b, n in FLAG_NAMES.items())
    silent = _STOPS not in program.text and not told
    return one and silent and not any(name in on_host for name in program.writes)
