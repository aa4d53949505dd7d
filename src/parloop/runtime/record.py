"""The memory that a launch hands to its kernel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parloop.codegen.layout import Header


@dataclass(frozen=True, slots=True)
class Record:
    """The memory of one launch: its words, and the scratch memory of the kernel behind them.

    `integers` and `floats` are the same words, from which reading one takes a third of the time.
    """

    words: np.ndarray[Any, Any]
    address: int
    integers: memoryview[int]
    floats: memoryview[float]
    memory: np.ndarray[Any, Any]
    buffers: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    """Where slices keep what they overwrite."""


def make_record(n_words: int, scratch_words: int) -> Record:
    """Return a new record, in which nothing is set but the address of the scratch memory."""
    memory = np.zeros(n_words + scratch_words, np.int64)
    words = memory[:n_words]
    address: int = memory.__array_interface__["data"][0]
    words[Header.SCRATCH] = address + 8 * n_words
    integers: Any = memoryview(memory.data)
    return Record(words, address, integers, integers.cast("B").cast("d"), memory)
