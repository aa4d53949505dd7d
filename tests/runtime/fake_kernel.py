"""A kernel in Python for tests of the transaction: it runs a loop over one array and one sum."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parloop.codegen.layout import HEADER_WORDS, RAISED, Header
from parloop.runtime.transaction import Launch, Saved, Warned

SUM = HEADER_WORDS
"""The word in which the loop keeps its sum."""

N_WORDS = HEADER_WORDS + 1

Step = Callable[[int, np.ndarray[Any, Any]], None]


@dataclass
class FakeMachine:
    """One variant. `status` is told the slice, `on_iteration` the iteration about to begin."""

    words: np.ndarray[Any, Any]
    array: np.ndarray[Any, Any]
    events: tuple[tuple[int, str], ...] = ((7, "first"), (8, "second"))
    watched_flags: int = 0x1D
    status: Callable[[int, int], int] = lambda lo, hi: 0
    raises_at: int | None = None
    logs: tuple[int, ...] = ()
    """Events that a run logs, in this order."""
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    slices: list[tuple[int, int]] = field(default_factory=list)
    extra: int = 0
    """What the fast variant adds wrongly, to be undone."""

    def run(self, address: int, lo: int, hi: int) -> int:
        """Add each iteration's number to the sum and to its element."""
        assert address == self.words.__array_interface__["data"][0]
        self.before()
        self.slices.append((lo, hi))
        status = self.status(lo, hi)
        for i in range(lo, hi):
            if i == self.raises_at:
                self.words[Header.RAISED_AT] = i
                self.array[i] += 1000  # half an iteration
                status = RAISED
                break
            self.array[i] += i + self.extra
            self.words[SUM] += i
        self.log()
        self.words[Header.STATUS] = status
        self.after()
        return status

    def log(self) -> None:
        """Number the events that were seen, in the memory that the record names."""
        if self.logs:
            address = int(self.words[Header.EVENTS])
            memory = (ctypes.c_int64 * len(self.events)).from_address(address)
            for position, event in enumerate(self.logs):
                memory[event] = position + 1


class FakeKernel:
    """Both variants, over one array."""

    def __init__(self, n: int) -> None:
        self.array = np.zeros(n, np.int64)
        self.words = np.zeros(N_WORDS, np.int64)
        self.fast = FakeMachine(self.words, self.array)
        self.slow = FakeMachine(self.words, self.array)
        self.broken: BaseException | None = None

    @property
    def precise(self) -> FakeMachine:
        """Return the precise variant, or fail to make it."""
        if self.broken is not None:
            raise self.broken
        return self.slow

    def launch(self, saved: tuple[Saved, ...] = (Saved("a", 0),), **more: Any) -> Launch:
        """Return a launch over the whole array."""
        settings: dict[str, Any] = {
            "indices": range(len(self.array)),
            "warned": Warned("user.py", {"__name__": "user"}),
            "seconds_per_iteration": 1e-3,
            **more,
        }
        address = self.words.__array_interface__["data"][0]
        return Launch(
            self, self.words, address, arrays={"a": self.array}, saved=saved, **settings
        )

    def is_after(self, done: int) -> bool:
        """Return whether all is as after `done` iterations."""
        expected = np.where(np.arange(len(self.array)) < done, np.arange(len(self.array)), 0)
        return bool((self.array == expected).all()) and self.words[SUM] == sum(range(done))
