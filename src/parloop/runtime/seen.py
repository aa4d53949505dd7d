"""The largest launch of each loop, kept for predictions: shapes and integers, no arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from parloop.ir.nodes import Nest
from parloop.runtime.kernels import Kernel
from parloop.runtime.work import is_even
from parloop.schedule.amounts import work_of
from parloop.schedule.devices import Work

Shape: TypeAlias = tuple[np.dtype[Any], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A launch as large as the model needs it. Its arrays are not kept alive."""

    nest: Nest
    indices: range
    integers: Mapping[str, int]
    shapes: Mapping[str, Shape]
    kernel: Kernel
    operations: float

    def work(self) -> Work:
        """Return what the launch was. A plan that an earlier process has made is made again."""
        arguments: dict[str, Any] = dict(self.integers)
        for name, (dtype, shape) in self.shapes.items():
            arguments[name] = np.broadcast_to(np.zeros((), dtype), shape)
        return work_of(
            self.nest,
            self.indices,
            arguments,
            self.kernel.plan,
            parallel=self.kernel.traits.uses_cores,
            even=is_even(self.nest),
        )


def see(
    nest: Nest, indices: range, arguments: Mapping[str, Any], kernel: Kernel, operations: float
) -> Seen:
    """Return what is to be kept of a launch."""
    return Seen(
        nest,
        indices,
        {n: value for n, value in arguments.items() if type(value) is int},
        {n: (a.dtype, a.shape) for n, a in arguments.items() if type(a) is np.ndarray},
        kernel,
        operations,
    )
