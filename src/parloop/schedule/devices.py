"""Predict how long a launch takes on the cores and on a GPU, from what is known before it runs.

Each side is bounded by its operations, or by the bytes that go through its memory; a GPU has copies
and launches besides. Only speed depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Work:
    """What a launch is."""

    operations: float
    """Loads, stores and arithmetic, as `schedule.cost` counts them."""
    traffic_bytes: float
    """What goes through memory at least once."""
    bytes_in: float
    """What has to be copied to a GPU first."""
    bytes_out: float
    """What has to be copied back."""
    launches: int = 1
    """Of kernels."""
    is_single: bool = False
    """Whether the arithmetic is on 32 bits."""


@dataclass(frozen=True, slots=True)
class CpuCosts:
    """What cores can do."""

    seconds_per_operation: float = 1e-9
    bytes_per_second: float = 1e10
    """Of all cores together."""
    threads: int = 1


@dataclass(frozen=True, slots=True)
class GpuCosts:
    """What a GPU can do. The defaults are those of a small one on a slow bus."""

    doubles_per_second: float = 1e11
    singles_per_second: float = 2e12
    bytes_per_second: float = 3e11
    in_bytes_per_second: float = 5e9
    out_bytes_per_second: float = 4e9
    launch_seconds: float = 1e-5
    entry_seconds: float = 3e-4
    """What a launch costs the host, whatever it does."""


OPERATIONS_PER_CYCLE: Final = 32
"""Operations on 32 bits that a multiprocessor does in a cycle, tests of events included."""

BUS_IN, BUS_OUT = 8e9, 6e9
"""Bytes a second between the user's memory and a GPU, through pinned buffers."""

MOST_COPIED: Final = 0.9
"""The share of a GPU's memory bandwidth that copies reach."""


def gpu_costs(
    multiprocessors: int, clock_hertz: float, bytes_per_second: float, single_to_double: float
) -> GpuCosts:
    """Return what a GPU with these properties can be expected to do, before it is measured."""
    singles = multiprocessors * clock_hertz * OPERATIONS_PER_CYCLE
    return GpuCosts(
        doubles_per_second=singles / max(single_to_double, 1.0),
        singles_per_second=singles,
        bytes_per_second=MOST_COPIED * bytes_per_second or GpuCosts().bytes_per_second,
        in_bytes_per_second=BUS_IN,
        out_bytes_per_second=BUS_OUT,
    )


def cpu_seconds(work: Work, costs: CpuCosts) -> float:
    """Return how long the cores take."""
    computing = work.operations * costs.seconds_per_operation / costs.threads
    return max(computing, work.traffic_bytes / costs.bytes_per_second)


def gpu_seconds(work: Work, costs: GpuCosts) -> float:
    """Return how long a GPU takes, with all copies."""
    rate = costs.singles_per_second if work.is_single else costs.doubles_per_second
    running = max(work.operations / rate, work.traffic_bytes / costs.bytes_per_second)
    copying = work.bytes_in / costs.in_bytes_per_second
    copying += work.bytes_out / costs.out_bytes_per_second
    return costs.entry_seconds + work.launches * costs.launch_seconds + copying + running
