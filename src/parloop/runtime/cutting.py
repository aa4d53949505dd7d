"""How the iterations of a launch are cut: into slices, and for the threads."""

from __future__ import annotations

from parloop.config import Settings
from parloop.runtime.pool import get_pool
from parloop.runtime.specialisation import Ready
from parloop.schedule.combining import group_size
from parloop.schedule.plan import Plan
from parloop.staging.specialise import Typing

BLOCKS_PER_THREAD = 8


def find_pool(ready: Ready, settings: Settings) -> tuple[int, int, int]:
    """Return how many threads a launch has, the address that hands out blocks, and how many."""
    if not ready.kernel.plan.uses_cores:
        return 1, 0, 1
    pool = get_pool(settings.threads)
    if pool.threads == 1:
        return 1, pool.run_address, 1
    return pool.threads, pool.run_address, pool.threads * BLOCKS_PER_THREAD


def grain(plan: Plan, typing: Typing, trips: int) -> int:
    """Return of how many iterations slices are multiples: groups of a sum of floats are not cut."""
    loop = typing.nest.loop
    if not plan.regroup or not plan.cores.get(0):
        return 1
    return group_size(loop, trips)
