"""What the cost model expects of the largest launch of a loop, for those who read reports."""

from __future__ import annotations

import math
from dataclasses import astuple

from parloop.diagnostics import Declined, InternalError
from parloop.runtime.constants import cpu_costs, known_constants
from parloop.runtime.gpu.device import opened_gpu
from parloop.runtime.gpu.offering import costs_of
from parloop.runtime.seen import Seen
from parloop.schedule.devices import Costs, Prediction, predict


def prediction_of(seen: Seen, threads: int | None = None) -> Prediction | None:
    """Return the seconds that the model expects of a launch on each side.

    The GPU is among the sides where this process uses one. None where a launch is larger than
    any number.
    """
    try:
        work = seen.work()
    except (Declined, InternalError, OverflowError):
        return None
    found = predict(work, costs_here(threads))
    return found if all(math.isfinite(s) for s in astuple(found) if s is not None) else None


def costs_here(threads: int | None = None) -> Costs:
    """Return what this machine can do; nothing is opened or measured for it."""
    gpu = opened_gpu()
    is_usable = gpu is not None and gpu.lost is None
    return Costs(
        cpu_costs(threads or None),
        costs_of(gpu) if gpu is not None and is_usable else None,
        known_constants().cpu is not None,
    )
