"""Predict how long a launch takes in the interpreter, on the cores and on a GPU.

From what is known before it runs. Each side is bounded by its operations, or by the bytes that go
through its memory; a GPU has copies and launches besides. Only speed depends on it. The constants
are measured once for each machine by `parloop doctor --calibrate`; before that they are those of a
small machine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from parloop.capture.weight import SECONDS_PER_OPERATION


@dataclass(frozen=True, slots=True)
class Work:
    """What a launch is."""

    operations: float
    """Loads, stores and arithmetic, all kinds together."""
    traffic_bytes: float
    """What goes through memory at least once."""
    bytes_in: float
    """What has to be copied to a GPU first."""
    bytes_out: float
    """What has to be copied back."""
    launches: float = 1
    """Of kernels."""
    is_single: bool = False
    """Whether the arithmetic is on 32 bits."""
    divisions: float = 0.0
    """How many of the operations divide, or take a root or a remainder."""
    calls: float = 0.0
    """How many of them call a function."""
    interpreted: float = 0.0
    """What it is in the interpreter, as `schedule.cost` counts."""
    in_lanes: bool = False
    """Whether the innermost loops run in SIMD lanes."""
    is_parallel: bool = True
    """Whether all cores take part."""
    regions: float = 1.0
    """How often the cores are woken."""
    is_even: bool = True
    """Whether all iterations take about the same time: such launches are entered quickly."""


@dataclass(frozen=True, slots=True)
class CpuCosts:
    """What the interpreter and the cores can do."""

    seconds_per_operation: float = 1e-9
    """On one core, without SIMD lanes."""
    bytes_per_second: float = 1e10
    """Of all cores together."""
    threads: int = 1
    lanes_seconds_per_operation: float = 2.5e-10
    division_seconds: float = 2e-9
    call_seconds: float = 1e-8
    core_bytes_per_second: float = 6e9
    """Of one core alone."""
    entry_seconds: float = 3e-6
    """What a launch like the one before it costs, whatever it does."""
    uneven_entry_seconds: float = 1e-4
    """The same where iterations may take different times."""
    wake_seconds: float = 1e-5
    """What it costs besides where several cores take part."""
    interpreter_seconds_per_operation: float = SECONDS_PER_OPERATION


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


@dataclass(frozen=True, slots=True)
class Costs:
    """What a machine can do; `gpu` is None where there is none, or nothing is known of it."""

    cpu: CpuCosts = CpuCosts()
    gpu: GpuCosts | None = None
    is_measured: bool = False
    """Whether the constants of the CPU were measured on this machine."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Seconds that a launch is expected to take."""

    interpreter: float
    cpu: float
    gpu: float | None = None

    @property
    def best(self) -> str:
        """Return where it is expected to be quickest: `interpreter`, `cpu` or `cuda`."""
        sides = {"interpreter": self.interpreter, "cpu": self.cpu}
        if self.gpu is not None:
            sides["cuda"] = self.gpu
        return min(sides, key=lambda side: sides[side])


OPERATIONS_PER_CYCLE: Final = 32
"""Operations on 32 bits that a multiprocessor does in a cycle, tests of events included."""

BUS_IN, BUS_OUT = 8e9, 6e9
"""Bytes a second between the user's memory and a GPU, through pinned buffers."""

MOST_COPIED: Final = 0.9
"""The share of a GPU's memory bandwidth that copies reach."""

GPU_DIVISION, GPU_CALL = 8.0, 20.0
"""A division, and a call, on a GPU, in other operations."""


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


def predict(work: Work, costs: Costs) -> Prediction:
    """Return how long each side takes."""
    return Prediction(
        interpreter_seconds(work, costs.cpu),
        cpu_seconds(work, costs.cpu),
        None if costs.gpu is None else gpu_seconds(work, costs.gpu),
    )


def interpreter_seconds(work: Work, costs: CpuCosts) -> float:
    """Return how long CPython takes."""
    return work.interpreted * costs.interpreter_seconds_per_operation


def cpu_seconds(work: Work, costs: CpuCosts) -> float:
    """Return how long the cores take; few of them where that is quicker."""
    entry = costs.entry_seconds if work.is_even else costs.uneven_entry_seconds
    alone = _cpu_seconds(work, replace(costs, threads=1))
    if costs.threads == 1 or not work.is_parallel:
        return entry + alone
    together = work.regions * costs.wake_seconds + _cpu_seconds(work, costs)
    return entry + min(alone, together)


def _cpu_seconds(work: Work, costs: CpuCosts) -> float:
    each = costs.lanes_seconds_per_operation if work.in_lanes else costs.seconds_per_operation
    computing = work.operations * each
    computing += work.divisions * costs.division_seconds + work.calls * costs.call_seconds
    bandwidth = min(costs.bytes_per_second, costs.threads * costs.core_bytes_per_second)
    return max(computing / costs.threads, work.traffic_bytes / bandwidth)


def gpu_seconds(work: Work, costs: GpuCosts) -> float:
    """Return how long a GPU takes, with all copies."""
    rate = costs.singles_per_second if work.is_single else costs.doubles_per_second
    operations = work.operations + GPU_DIVISION * work.divisions + GPU_CALL * work.calls
    running = max(operations / rate, work.traffic_bytes / costs.bytes_per_second)
    copying = work.bytes_in / costs.in_bytes_per_second
    copying += work.bytes_out / costs.out_bytes_per_second
    return costs.entry_seconds + work.launches * costs.launch_seconds + copying + running
