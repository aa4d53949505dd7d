"""Arrays over mapped memory: one part of a file may stand at two addresses."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Collection, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from parloop.diagnostics import Declined
from parloop.runtime.codes import MappedTwice


def require_one_mapping(arguments: Mapping[str, Any], written: Collection[str]) -> None:
    """Decline if an array of `written` stands in another mapping than a second array does.

    What two mappings have in common cannot be told from their objects.
    """
    mappings = {
        name: mapping
        for name, value in arguments.items()
        if isinstance(value, np.ndarray) and (mapping := mapping_of(value)) is not None
    }
    for (one, first), (other, second) in combinations(mappings.items(), 2):
        if first is not second and (one in written or other in written):
            message = f"`{one}` and `{other}` stand in two mappings, perhaps of the same memory"
            raise Declined(MappedTwice(message))


def mapping_of(array: np.ndarray[Any, Any]) -> mmap.mmap | None:
    """Return the mapping in which the elements of `array` stand, `None` if in none.

    Followed through views, memory views and arrays of `ctypes`; memory that comes out of a module
    in C is taken to have one address.
    """
    owner: object = array
    while True:
        match owner:
            case mmap.mmap():
                return owner
            case np.ndarray(base=base):
                owner = base
            case memoryview(obj=exporter):
                owner = exporter
            case ctypes.Array():
                owner = _exporter(owner)
            case _:
                return None


def _exporter(array: ctypes.Array[Any]) -> object:
    """Return what an array of `ctypes` was made from with `from_buffer`, if it was."""
    kept = array._objects
    views = kept.values() if isinstance(kept, dict) else ()
    return next((view for view in views if isinstance(view, memoryview)), None)
