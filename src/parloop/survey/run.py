"""A survey from its paths to its totals and files: what `parloop survey` does."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from parloop.runtime.cores import available_cores
from parloop.survey.inputs import Input, Limits, find_inputs
from parloop.survey.output import Output
from parloop.survey.records import FileRecord
from parloop.survey.totals import Totals
from parloop.survey.workers import SECONDS, survey_all

Progress = Callable[[int, Totals], None]
"""Is told, after each file, the bytes on the disk that are done with it."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    paths: Sequence[str]
    out: Path | None = None
    sample: int = 0
    jobs: int | None = None
    """None: one process a core. 0: no other process."""
    seconds: float = SECONDS
    limits: Limits = field(default_factory=Limits)


def survey(options: Options, progress: Progress = lambda weight, totals: None) -> Totals:
    """Survey `options.paths`; write what was asked for below `options.out`; return the counts.

    Raises OSError where the folder cannot be written.
    """
    totals = Totals(sample_size=options.sample)
    totals.jobs = available_cores() if options.jobs is None else options.jobs
    started = time.perf_counter()
    output = None if options.out is None else Output(options.out)
    try:
        weights: deque[int] = deque()
        for record in _records(options, totals.jobs, weights):
            fresh = totals.add(record)
            if output is not None:
                output.add(record, fresh)
            progress(weights.popleft(), totals)
        totals.seconds = time.perf_counter() - started
        if output is not None:
            output.finish(totals)
    finally:
        if output is not None:
            output.close()
    return totals


def _records(options: Options, jobs: int, weights: deque[int]) -> Iterator[FileRecord]:
    def weighed() -> Iterator[Input]:
        for found in find_inputs(options.paths, options.limits):
            weights.append(found.weight)  # records come in the order of the files
            yield found

    return survey_all(weighed(), options.limits, jobs, options.seconds)


_EVERY: Final = 0.2
"""Seconds between two pictures of the progress."""


_WIDTH: Final = 24
"""Characters of the bar."""


@dataclass(slots=True)
class ProgressLine:
    """A line on a terminal that says how far the survey is, by the bytes that are done."""

    whole: int
    done: int = 0
    started: float = field(default_factory=time.perf_counter)
    shown: float = 0.0
    files: int = 0

    def __call__(self, weight: int, totals: Totals) -> None:
        """Count a file, and show the line again where it is time."""
        self.files += 1
        self.done += weight
        now = time.perf_counter()
        if now - self.shown < _EVERY:
            return
        self.shown = now
        rate = self.files / max(now - self.started, 1e-9)
        loops = totals.loops["all loops"]
        part = min(1.0, self.done / self.whole) if self.whole else 1.0
        bar = f"{'█' * round(part * _WIDTH):·<{_WIDTH}}"
        line = f"{bar} {part:4.0%}  {self.files:,} files, {loops:,} loops, {rate:,.0f} files/s"
        print(f"\r{line:<76}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self.shown:
            print(f"\r{'':<76}\r", end="", file=sys.stderr, flush=True)
