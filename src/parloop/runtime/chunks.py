"""Slices whose blocks run chunk by chunk: what trips is taken back chunk by chunk, too.

The copy of a chunk's rows is in the core's cache, and of no use once the chunk is done. So what is
left of a slice that trips is each block's rest, from the chunk that tripped; all other iterations
are done. That will do only where no iteration can end the loop, for the ones after it may have run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parloop.codegen.layout import MAX_BLOCKS, RAISED, TRIPPED, ChunkWord
from parloop.diagnostics import InternalError

if TYPE_CHECKING:
    from parloop.runtime.transaction import Errors, Launch, Saved, Undo

CHUNK_BYTES = 1 << 12
"""How much a chunk saves, if its rows are not longer: copies of more go past the nearest cache."""

LONGEST_ROWS = 1 << 16
"""Rows of more bytes are saved otherwise."""

ATTEMPTS = 5
"""How often a step is tried that must succeed: signal handlers may raise in it."""

NOT_FORCED = (1 << 63) - 1
ALIGNMENT = 4096


@dataclass(slots=True)
class Kept:
    """What is left of a slice that has tripped."""

    ranges: list[tuple[int, int]]
    """The iterations that have not run, in order."""
    rows: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]
    """The rows that they will overwrite, and copies of them."""
    words: np.ndarray[Any, Any]
    """The record as the slice left it."""


@dataclass(slots=True)
class Chunks:
    """What a launch asks of blocks that run chunk by chunk, and learns from them."""

    rows: int
    room_bytes: int
    rooms: np.ndarray[Any, Any]
    """Memory for the rows of one chunk a block, array by array. Not one a thread: another launch
    may give the pool more threads before this one begins."""
    offsets: dict[int, int]
    """Where in it the rows of each array begin, by its position among the plan's `saves`."""
    left: np.ndarray[Any, Any]
    active: bool = False
    """Whether the slice runs chunk by chunk."""
    kept: Kept | None = None
    errors: Errors | None = None
    """How the user wanted warnings treated when the slice began."""

    def begin(self, table: np.ndarray[Any, Any], harmful: int, forced: int, errors: Errors) -> None:
        """Ask for chunks in the next slice, in the words at `Header.SAVE`."""
        n_saves = len(table) - len(ChunkWord)
        first = self.rooms.__array_interface__["data"][0]
        first += -first % ALIGNMENT
        table[:n_saves] = 0
        for position, offset in self.offsets.items():
            table[position] = first + offset
        table[n_saves + ChunkWord.ROWS] = self.rows
        table[n_saves + ChunkWord.ROOM_BYTES] = self.room_bytes
        table[n_saves + ChunkWord.HARMFUL] = harmful
        table[n_saves + ChunkWord.FORCED] = forced
        table[n_saves + ChunkWord.LEFT] = self.left.__array_interface__["data"][0]
        self.left[:] = -1
        self.kept, self.errors, self.active = None, errors, True

    def end(self, table: np.ndarray[Any, Any]) -> None:
        """Ask for none in the next slice."""
        table[-len(ChunkWord) :] = 0
        self.active = False

    def keep(self, launch: Launch) -> Kept:
        """Return what is left of the slice; the first time, nothing of it has run again."""
        if self.kept is None:
            pairs = self.left.reshape(-1, 2).tolist()
            ranges = [(first, end) for first, end in pairs if first < end]
            rows = []
            for item in launch.saved:
                assert item.offset is not None
                for first, end in ranges:
                    start = launch.indices[first] + item.offset
                    view = launch.arrays[item.array][start : start + end - first]
                    rows.append((view, view.copy()))
            self.kept = Kept(ranges, rows, launch.words.copy())
        for view, copy in self.kept.rows:
            np.copyto(view, copy)
        return self.kept


def make_chunks(
    saved: Sequence[Saved], arrays: Mapping[str, np.ndarray[Any, Any]], blocks: int
) -> Chunks | None:
    """Return chunks of about equal size for a launch that saves the rows in `saved`.

    Its record asks for at most so many `blocks`.
    """
    row_bytes = [arrays[s.array].nbytes // max(1, arrays[s.array].shape[0]) for s in saved]
    longest = max(1, sum(row_bytes))
    if longest > LONGEST_ROWS:
        return None
    rows = max(1, CHUNK_BYTES // longest)
    offsets: dict[int, int] = {}
    n_bytes = 0
    for item, each in zip(saved, row_bytes, strict=True):
        assert item.native is not None
        offsets[item.native] = n_bytes
        n_bytes += rows * each
    room_bytes = n_bytes + -n_bytes % ALIGNMENT
    rooms = np.empty(blocks * room_bytes + ALIGNMENT, np.uint8)
    return Chunks(rows, room_bytes, rooms, offsets, np.empty(2 * MAX_BLOCKS, np.int64))


def settle_chunks(launch: Launch, hi: int, status: int, undo: Undo) -> None:
    """Accept a slice, or run the rest of each block precisely. May be called again."""
    chunks = launch.chunks
    assert chunks is not None
    assert chunks.errors is not None
    if not status & TRIPPED:
        launch.accept(hi)
        return
    launch.trips_seen += 1
    kept = chunks.keep(launch)
    log: list[tuple[int, str]] = []
    for first, end in kept.ranges:
        launch.words[:] = undo.words
        if launch.run_precisely(launch.kernel.precise, first, end, chunks.errors) & RAISED:
            raise InternalError("an iteration ended a loop that cannot be ended")
        log += [event for event in launch.log if event not in log]
    if not kept.ranges or kept.ranges[-1][1] != hi:  # the last block has left the variables
        launch.words[:] = kept.words
    launch.log = log
    launch.accept(hi)
    launch.warn()


def settle_chunks_again(
    launch: Launch, hi: int, status: int, undo: Undo, error: BaseException
) -> None:
    """Settle a slice that `error` interrupted: a handler's is kept, ours comes again and again."""
    for _ in range(ATTEMPTS):
        try:
            settle_chunks(launch, hi, status, undo)
            launch.error = error
            return
        except BaseException as again:
            error = again
    launch.failure = error
    for _ in range(ATTEMPTS):
        try:
            finish_chunks(launch, hi, undo)
            return
        except BaseException as again:
            launch.failure = again


def finish_chunks(launch: Launch, hi: int, undo: Undo) -> None:
    """Run what is left of a slice without a word about it, for nothing else has worked.

    The iterations after it have run, so that it cannot be left to the interpreter.
    """
    chunks = launch.chunks
    assert chunks is not None
    kept = chunks.keep(launch)
    chunks.end(launch.rooms)
    launch.rooms[:] = 0
    for first, end in kept.ranges:
        launch.words[:] = undo.words
        launch.kernel.fast.run(launch.address, first, end)
    if not kept.ranges or kept.ranges[-1][1] != hi:
        launch.words[:] = kept.words
    launch.log = []
    launch.accept(hi)
