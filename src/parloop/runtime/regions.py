"""Kernels ready for launches, and the launches that they are for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parloop.analysis import Facts
from parloop.config import Exactness
from parloop.runtime.decision import compile_asked
from parloop.runtime.kernels import Kernel
from parloop.runtime.record import Record, make_record
from parloop.runtime.remembered import Remembered
from parloop.runtime.transaction import Saved

if TYPE_CHECKING:
    from parloop.runtime.gpu.offload import Offer


@dataclass(slots=True)
class Ready:
    """A kernel for launches of one kind, and what its slices have to save."""

    kernel: Kernel
    forced: tuple[Saved, ...]
    """What slices save where a test takes them for tripped."""
    saved_if_raising: tuple[Saved, ...]
    saved: tuple[Saved, ...]
    written: tuple[Saved, ...]
    """What slices save that may be given up: all that the nest writes."""
    records: list[Record] = field(default_factory=list)
    """Records that no launch uses at the moment."""
    leaves_warnings: bool = False
    """Whether an iteration in which something warns is left to the interpreter."""
    offer: Offer | None = None
    """The same for the GPU; made when it is first wanted."""

    @property
    def minds_warnings(self) -> bool:
        """Whether it makes a difference if warnings are ignored, or become exceptions."""
        return bool(self.kernel.fast.watched_flags) or self.saved != self.saved_if_raising

    def take_record(self) -> Record:
        """Return a record for one launch of this kernel, which gives it back to `records`."""
        try:
            return self.records.pop()
        except IndexError:
            return make_record(self.kernel.layout.n_words, self.kernel.fast.scratch_words)


@dataclass(slots=True)
class Region:
    """All launches of which the same conditions hold."""

    remembered: Remembered
    ready: Ready | None = None
    """None as long as only an earlier process has made it."""
    test: Callable[[Sequence[int]], bool] | None = None
    """Made when it is first needed: most loops have one shape."""

    def holds(self, words: Sequence[int]) -> bool:
        """Return whether a record is one of these launches."""
        if self.test is None:
            self.test = compile_asked(self.remembered.test)
        return self.test(words)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a decision depends on beside the integers in the record."""

    layouts: tuple[tuple[bool, bool], ...]
    """Of each array: whether it is C-contiguous, whether its rows are."""
    distinct: frozenset[int]
    """Loops that index arrays make parallel."""
    exactness: Exactness
    polls: bool
    """Whether the kernel looks for interrupts inside an iteration."""
    facts: Facts | None = None
    """What is known of the memory that the arrays share, if they share some."""
    values: tuple[tuple[str, int], ...] = ()
    """The parameters whose values were put in."""

    def text(self) -> str:
        """Return what stands for this kind in every process; of no shared memory."""
        assert self.facts is None
        return repr((self.layouts, sorted(self.distinct), self.exactness, self.polls, self.values))
