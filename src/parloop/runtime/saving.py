"""What slices save before they run, and whether there is memory for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from parloop.diagnostics import Declined
from parloop.runtime import transaction
from parloop.runtime.codes import CannotBeUndone, UnderflowWatched
from parloop.runtime.regions import Ready
from parloop.runtime.transaction import Saved, warnings_may_raise


def choose_saved(ready: Ready) -> tuple[Saved, ...]:
    """Return what slices have to save under the warnings and errors as they are set now."""
    if not ready.minds_warnings:
        return ready.forced if transaction.FAIL_AT else ready.saved
    modes = np.geterr()
    if ready.kernel.fast.watched_flags and modes["under"] != "ignore":
        raise Declined(UnderflowWatched("`numpy.errstate` asks for underflows to be told"))
    told = any(mode not in ("warn", "ignore") for mode in modes.values())
    if told or ready.leaves_warnings or warnings_may_raise():
        return ready.saved_if_raising
    return ready.forced if transaction.FAIL_AT else ready.saved


def may_run_in_chunks(ready: Ready, saved: tuple[Saved, ...]) -> bool:
    """Return whether blocks may take back what trips chunk by chunk.

    Nothing may end an iteration: those of later blocks may have run. Where a warning could, because
    it is to be an exception, each slice finds that out.
    """
    kernel = ready.kernel
    return (
        kernel.traits.chunks
        and not kernel.fast.can_stop
        and not ready.leaves_warnings
        and all(item.native is not None for item in saved)
    )


SURELY_SMALL = 1 << 26
"""Copies of so many bytes are made without asking how much memory there is."""


def decline_large(saved: tuple[Saved, ...], arguments: Mapping[str, Any]) -> None:
    """Decline if what slices would save needs more than half of the memory that is free."""
    if is_large(saved, arguments):
        mebibytes = _bytes_of(saved, arguments) >> 20
        message = f"a copy of what it overwrites would take {mebibytes} MiB"
        raise Declined(CannotBeUndone(message))


def is_large(saved: tuple[Saved, ...], arguments: Mapping[str, Any]) -> bool:
    """Return whether what slices would save needs more than half of the memory that is free."""
    n_bytes = _bytes_of(saved, arguments)
    return n_bytes > SURELY_SMALL and n_bytes > free_memory() // 2


def _bytes_of(saved: tuple[Saved, ...], arguments: Mapping[str, Any]) -> int:
    total: int = sum(arguments[item.array].nbytes for item in saved if item.offset is None)
    return total


def free_memory() -> int:
    """Return about how many bytes of memory are free."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not told here
        return 1 << 62
