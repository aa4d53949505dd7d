"""What elements of the user's arrays are to become, when all that the GPU computed is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Change:
    """What elements of an array are to become: all of them, or those `where` says so."""

    array: np.ndarray[Any, Any]
    new: np.ndarray[Any, Any]
    where: np.ndarray[Any, Any] | None = None

    def store(self) -> None:
        """Write them."""
        if self.where is None:
            np.copyto(self.array, self.new)
        else:
            np.copyto(self.array, self.new, where=self.where)


def find_changes(
    array: np.ndarray[Any, Any], new: np.ndarray[Any, Any], old: np.ndarray[Any, Any] | None
) -> list[Change]:
    """Return what to write so that `array` is as `new`.

    With `old`, what was there before, only elements that have changed, bit by bit: other threads
    may have written to the others meanwhile.
    """
    if old is None:
        return [Change(array, new)]
    if array.dtype.kind == "c":
        real = find_changes(array.real, new.real, old.real)
        return real + find_changes(array.imag, new.imag, old.imag)
    bits = np.dtype(f"u{array.itemsize}")
    return [Change(array.view(bits), new.view(bits), new.view(bits) != old.view(bits))]
