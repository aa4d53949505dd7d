"""Time first calls: what the first run of a loop costs in a fresh process, imports excluded.

    cold    nothing on disk: analysis, machine code, run
    warm    the tool's disk cache filled by an earlier process: everything but the compiler

The sides take turns, each call in a process of its own. Sizes are those at which CPython runs too,
so that the run itself is a small part.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.results import grid, machine
from benchmarks.runner import Options, environment_of, one_call
from benchmarks.sides import DISK_CACHE, NJIT, PARLOOP


@dataclass(slots=True)
class FirstCalls:
    """The seconds of one program's first calls, by side."""

    name: str
    cold: dict[str, list[float]] = field(default_factory=dict)
    warm: dict[str, list[float]] = field(default_factory=dict)


def measure(options: Options) -> Iterator[FirstCalls]:
    """Yield each program's first calls as they come."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        for name in options.programs:
            yield _measure_program(name, options, Path(folder))


def sides_of(options: Options) -> tuple[str, ...]:
    """Return the sides to compare: `numba.njit` where it is asked for and installed."""
    return (PARLOOP, *([NJIT] if NJIT in options.peers and find_spec("numba") else []))


def _measure_program(name: str, options: Options, folder: Path) -> FirstCalls:
    found = FirstCalls(name)
    for number in range(options.first):
        for side in sides_of(options):
            caches = folder / f"{name}-{side}-{number}"
            environment = environment_of(options, folder, caches, side)
            one_call(name, side, options.size, environment, found.cold.setdefault(side, []))
            keeping = {**environment, DISK_CACHE: "yes"}
            if side == NJIT:  # the call above kept nothing on disk
                one_call(name, side, options.size, keeping, [])
            one_call(name, side, options.size, keeping, found.warm.setdefault(side, []))
    return found


def report_text(results: Iterable[FirstCalls], options: Options, *, markdown: bool) -> str:
    """Return a table: the median of each program's first calls in ms, and the median of those."""
    sides = sides_of(options)
    columns = [(side, when) for side in sides for when in ("cold", "warm")]
    rows = [["", *(f"{side}, {when}" for side, when in columns)]]
    medians: dict[tuple[str, str], list[float]] = {column: [] for column in columns}
    for result in results:
        cells = [result.name]
        for side, when in columns:
            seconds = getattr(result, when).get(side, [])
            if seconds:
                medians[side, when].append(statistics.median(seconds))
            cells.append(f"{1e3 * statistics.median(seconds):.1f}" if seconds else "-")
        rows.append(cells)
    for what, reduce in (("median", statistics.median), ("least", min), ("most", max)):
        values = [f"{1e3 * reduce(medians[c]):.1f}" if medians[c] else "-" for c in columns]
        rows.append([what, *values])
    facts = ", ".join(f"{name} {value}" for name, value in machine().items())
    head = f"{facts}; {options.threads} threads, {options.first} processes each"
    what = "First call in ms, imports excluded: nothing on disk (cold), disk cache filled (warm)"
    return f"{head}\n\n{what}\n\n{grid(rows, markdown)}\n"


def to_json(results: Iterable[FirstCalls], options: Options) -> dict[str, Any]:
    """Return everything measured, for `json.dump`."""
    return {
        "machine": machine(),
        "options": asdict(options),
        "programs": {r.name: {"cold": r.cold, "warm": r.warm} for r in results},
    }
