"""How the iterations of a launch are cut: into slices, and for the threads."""

from __future__ import annotations

from dataclasses import dataclass, field

from parloop.codegen.layout import BLOCKS_PER_THREAD
from parloop.config import Settings
from parloop.ir.nodes import For
from parloop.runtime.kernels import Traits
from parloop.runtime.pool import get_pool
from parloop.runtime.regions import Ready
from parloop.runtime.transaction import Launch
from parloop.schedule.combining import group_size

LONG_OPERATIONS = 5e7
"""Iterations of so many operations may take longer than an interrupt is to wait."""

LONG_SECONDS = 0.1
"""So do iterations that took so long in an earlier launch."""

ALWAYS_POLLS = False
"""For tests: whether all kernels look for interrupts inside an iteration."""

MOST_PACES = 256
"""Of so many different launches of a loop the speed is remembered."""


@dataclass(slots=True)
class Paces:
    """How fast launches of one loop were, by what they were of: the next one's slices fit."""

    known: dict[tuple[object, int], tuple[float, float]] = field(default_factory=dict)

    def begin(self, key: object, launch: Launch) -> None:
        """Tell `launch` how long an iteration took in the last one, and the copy of a slice."""
        pace = self.known.get((key, launch.threads))
        if pace is not None and launch.certain:
            launch.seconds_per_iteration, launch.copy_seconds = pace
            launch.is_measured = True

    def are_long(self, key: object, operations: float, trips: int, *, certain: bool) -> bool:
        """Return whether iterations may take so long that the kernel has polls.

        All take about the same time if `certain`. Otherwise none of them is known to be short,
        unless a launch like this one was.
        """
        seconds = [pace[0] for (of, _), pace in self.known.items() if of == key]
        if not seconds:
            return operations > LONG_OPERATIONS or not certain
        return max(seconds) * (1 if certain else trips) > LONG_SECONDS

    def learn(self, key: object, launch: Launch) -> None:
        """Remember how fast `launch` was; nothing of one in which a slice was run again."""
        if launch.trips_seen:
            self.known.pop((key, launch.threads), None)
            return
        if len(self.known) >= MOST_PACES:
            self.known.clear()
        self.known[key, launch.threads] = launch.seconds_per_iteration, launch.copy_seconds


def find_pool(ready: Ready, settings: Settings) -> tuple[int, int, int]:
    """Return how many threads a launch has, the address that hands out blocks, and how many."""
    if not ready.kernel.traits.uses_cores:
        return 1, 0, 1
    pool = get_pool(settings.threads)
    if pool.threads == 1:
        return 1, pool.run_address, 1
    return pool.threads, pool.run_address, pool.threads * BLOCKS_PER_THREAD


def grain(traits: Traits, loop: For, trips: int) -> int:
    """Return of how many iterations slices are multiples: groups of a sum of floats are not cut."""
    return group_size(loop, trips) if traits.is_grouped else 1
