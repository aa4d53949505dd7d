"""The counts of a survey, made as records come in: nothing is kept of a loop but its counts.

Each count is of a *population* (all loops, compute-like loops, compute-like nests) and a
*question* (place, iterable, verdict, ...).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from parloop.survey.records import FileRecord, LoopRecord

POPULATIONS: Final = ("all loops", "compute-like loops", "compute-like nests")

QUESTIONS: Final = (
    "place", "iterable", "bounds", "depth", "constructs", "calls", "reads", "writes", "verdict",
    "native",
)  # fmt: skip

EXAMPLES: Final = 3
"""Places that are kept of each problem and obstacle."""

SEED: Final = 20190101
"""Of the random sample: the same files give the same sample."""


@dataclass(slots=True)
class Lost:
    """Loops that one kind of obstacle costs."""

    first: int = 0
    """Loops in which it is the first construct in the way."""
    anywhere: int = 0
    """Loops in which it is in the way."""
    alone: int = 0
    """Loops in which nothing else is."""
    nests: int = 0
    """Outermost loops in which it is the first."""
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Totals:
    """What a survey has counted so far."""

    sample_size: int = 0
    files: Counter[str] = field(default_factory=Counter)
    """Files that were read, by kind."""
    problems: dict[str, Lost] = field(default_factory=dict)
    """Files that were not, by reason; `first` counts."""
    duplicate_files: int = 0
    duplicate_loops: int = 0
    cells: int = 0
    lost_cells: int = 0
    foreign_cells: int = 0
    comprehensions: int = 0
    loops: Counter[str] = field(default_factory=Counter)
    """By population."""
    classical: Counter[str] = field(default_factory=Counter)
    """Of them classical, by population."""
    counts: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    lost: dict[str, Lost] = field(default_factory=dict)
    """Compute-like loops that parloop does not run natively, by the kind of obstacle."""
    sample: list[tuple[LoopRecord, ...]] = field(default_factory=list)
    """Compute-like nests, each with its loops."""
    seconds: float = 0.0
    jobs: int = 1
    _files_seen: set[str] = field(default_factory=set)
    _nests_seen: set[str] = field(default_factory=set)
    _nests_offered: int = 0
    _random: random.Random = field(default_factory=lambda: random.Random(SEED))

    @property
    def n_files(self) -> int:
        """All files that were found."""
        return sum(self.files.values()) + self.n_problems + self.duplicate_files

    @property
    def n_problems(self) -> int:
        """Files that could not be read or parsed."""
        return sum(found.first for found in self.problems.values())

    def of(self, population: str, question: str) -> Counter[str]:
        """Return the answers to `question` in `population`, counted."""
        return self.counts.setdefault((population, question), Counter())

    def add(self, record: FileRecord) -> tuple[LoopRecord, ...]:
        """Count a file; return its loops that were not seen before."""
        if record.problem is not None:
            found = self.problems.setdefault(record.problem, Lost())
            found.first += 1
            _keep(found.examples, f"{record.file}: {record.detail}".rstrip(": "))
            return ()
        if record.digest in self._files_seen:
            self.duplicate_files += 1
            self.duplicate_loops += len(record.loops) + record.repeated
            return ()
        self._files_seen.add(record.digest)
        self.files[record.kind] += 1
        self.cells += record.cells
        self.lost_cells += record.lost_cells
        self.foreign_cells += record.foreign_cells
        self.comprehensions += record.comprehensions
        fresh = tuple(loop for loop in record.loops if loop.nest not in self._nests_seen)
        self._nests_seen.update(loop.nest for loop in fresh)
        self.duplicate_loops += len(record.loops) - len(fresh) + record.repeated
        for loop in fresh:
            self._count(loop)
        for nest in _nests(fresh):
            self._offer(nest)
        return fresh

    def _count(self, loop: LoopRecord) -> None:
        populations = ["all loops"]
        if loop.compute:
            populations.append("compute-like loops")
            if loop.depth == 1:
                populations.append("compute-like nests")
            if loop.native == "no":
                self._count_lost(loop)
        for population in populations:
            self.loops[population] += 1
            self.classical[population] += loop.classical
            for question, answers in _answers(loop):
                self.of(population, question).update(answers)

    def _count_lost(self, loop: LoopRecord) -> None:
        place = f"{loop.file}{f' cell {loop.cell}' if loop.cell else ''}:{loop.line}"
        first = self.lost.setdefault(loop.obstacle, Lost())
        first.first += 1
        first.nests += loop.depth == 1
        first.alone += not loop.others
        _keep(first.examples, f"{place}: {loop.obstacle_text}")
        for kind in (loop.obstacle, *loop.others):
            self.lost.setdefault(kind, Lost()).anywhere += 1

    def _offer(self, nest: tuple[LoopRecord, ...]) -> None:
        """Keep `nest` with the chance that makes every one equally likely."""
        if not self.sample_size or not nest[0].compute:
            return
        self._nests_offered += 1
        if len(self.sample) < self.sample_size:
            self.sample.append(nest)
        elif (place := self._random.randrange(self._nests_offered)) < self.sample_size:
            self.sample[place] = nest

    def ranked(self) -> list[tuple[str, Lost]]:
        """Return the kinds of obstacles by loops lost, the most first."""
        found = self.lost.items()
        return sorted(found, key=lambda pair: (-pair[1].first, -pair[1].anywhere, pair[0]))

    def to_dict(self) -> dict[str, Any]:
        """Return all counts as strings, numbers, lists and dictionaries."""
        return {
            "files": dict(self.files),
            "problems": {
                name: {"files": p.first, "examples": p.examples}
                for name, p in self.problems.items()
            },
            "duplicate_files": self.duplicate_files,
            "duplicate_loops": self.duplicate_loops,
            "cells": {
                "all": self.cells, "not_parsed": self.lost_cells, "foreign": self.foreign_cells
            },
            "comprehensions": self.comprehensions,
            "loops": dict(self.loops),
            "classical": dict(self.classical),
            "counts": {
                population: {q: dict(self.of(population, q).most_common()) for q in QUESTIONS}
                for population in POPULATIONS
            },
            "not_supported": [
                {"kind": kind, "first": lost.first, "anywhere": lost.anywhere,
                 "alone": lost.alone, "nests": lost.nests, "examples": lost.examples}
                for kind, lost in self.ranked()
            ],
            "seconds": round(self.seconds, 3),
            "jobs": self.jobs,
        }  # fmt: skip


def _keep(examples: list[str], example: str) -> None:
    if len(examples) < EXAMPLES:
        examples.append(example)


def _answers(loop: LoopRecord) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield each question with the answers of one loop, each answer as often as it counts."""
    yield "place", (loop.place,)
    yield "iterable", (loop.iterable,)
    if loop.bounds != "none":
        yield "bounds", (loop.bounds,)
    yield "depth", (str(loop.height) if loop.depth == 1 else "inner",)
    yield "constructs", loop.constructs
    yield "calls", loop.calls.keys()
    yield "reads", Counter(loop.reads).elements()
    yield "writes", Counter(loop.writes).elements()
    yield "verdict", (f"{'outermost' if loop.depth == 1 else 'inner'}: {loop.verdict}",)
    yield "native", (loop.native,)


def _nests(loops: tuple[LoopRecord, ...]) -> Iterator[tuple[LoopRecord, ...]]:
    found: dict[str, list[LoopRecord]] = {}
    for loop in loops:
        found.setdefault(loop.nest, []).append(loop)
    for nest in found.values():
        yield tuple(nest)
