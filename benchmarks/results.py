"""Present what was measured: a table as text, the same as Markdown, JSON, and a plot."""

from __future__ import annotations

import math
import os
import platform
import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.runner import Options, ProgramResult, SideResult
from benchmarks.sides import C_OPENMP, CPYTHON, NJIT, PARLOOP, PEERS, PRANGE, REASSOCIATE

HEADINGS = {
    PARLOOP: "parloop",
    REASSOCIATE: "parloop, regrouped",
    NJIT: "Numba njit",
    PRANGE: "Numba prange",
    C_OPENMP: "C + OpenMP",
}


def machine() -> dict[str, str]:
    """Return what a reader must know of where this was measured."""
    facts = {
        "cpu": _cpu_name(),
        "cores": str(len(os.sched_getaffinity(0)))
        if hasattr(os, "sched_getaffinity")
        else str(os.cpu_count()),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    for package in ("parloop", "numpy", "llvmlite", "islpy", "numba"):
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = "none"
    return facts


def file_stem() -> str:
    """Return the name of this CPU as a file name without its ending."""
    return re.sub(r"[^a-z0-9]+", "-", _cpu_name().lower()).strip("-") or "unknown"


def to_json(results: Sequence[ProgramResult], options: Options) -> dict[str, Any]:
    """Return everything measured, for `json.dump`."""
    return {
        "machine": machine(),
        "options": asdict(options),
        "summary": summary(results),
        "programs": {r.name: {side: asdict(s) for side, s in r.sides.items()} for r in results},
    }


def report_text(results: Sequence[ProgramResult], options: Options, markdown: bool) -> str:
    """Return the tables and the summary, as plain text or as Markdown."""
    facts = ", ".join(f"{name} {value}" for name, value in machine().items())
    parts = [f"{facts}; {options.threads} threads, {options.repeat} rounds"]
    peers = tuple(peer for peer in PEERS if peer in options.peers)
    if options.size == "full":
        parts += ["Steady state in ms, median ± interquartile range; * other bits than CPython's"]
        parts += [grid(_steady_rows(results, peers), markdown)]
        parts += ["First call in ms, imports excluded: nothing on disk / warm disk cache"]
        parts += [grid(_first_rows(results, peers), markdown)]
    parts += ["Beside CPython at the reduced size, in ms"]
    parts += [grid(_reduced_rows(results, peers), markdown)]
    parts += ["\n".join(("- " if markdown else "") + line for line in summary(results))]
    return "\n\n".join(parts) + "\n"


def summary(results: Sequence[ProgramResult]) -> list[str]:
    """Return the sentences that the tables add up to; a program left out of a mean is named."""
    lines = []
    native = [r for r in results if r.sides[PARLOOP].native == "native"]
    count = f"{len(native)} of {len(results)} programs"
    lines.append(f"{count} ran natively, all loops that pay to their ends")
    lines += _small_lines(native)
    lines += _left_lines([r for r in results if r not in native])
    checked = [r for r in results if r.sides[PARLOOP].same_bits is not None]
    wrong = [r.name for r in checked if not r.sides[PARLOOP].same_bits]
    lines.append(
        f"{len(checked) - len(wrong)} of {len(results)} results have CPython's bits and types"
        + (f"; DIFFERENT: {', '.join(wrong)}" if wrong else "")
    )
    lines += _mean_lines(results)
    lines += _first_lines(results)
    lines += [
        f"WRONG CLAIM: the peer {side} of {r.name} does not compute the same bits"
        for r in results
        for side, s in r.sides.items()
        if side in PEERS and s.same_bits is not None and s.same_bits < s.claims_same_bits
    ]
    return lines


def _small_lines(native: Sequence[ProgramResult]) -> list[str]:
    """Return a line that says how much was left to CPython because it is too small to pay."""
    shares = [f"{r.name} {r.sides[PARLOOP].left:.2%}" for r in native if r.sides[PARLOOP].left]
    words = "short loops left to CPython, as a share of its time: "
    return [words + ", ".join(shares)] if shares else []


def _left_lines(left: Sequence[ProgramResult]) -> list[str]:
    """Return one line for each way in which programs did not run natively."""
    ways: dict[str, list[str]] = {}
    for result in left:
        ours = result.sides[PARLOOP]
        ways.setdefault(ours.unavailable or ours.native, []).append(result.name)
    words = {"partly": "in part in the interpreter", "interpreter": "in the interpreter"}
    return [f"{words.get(way, way)}: {', '.join(names)}" for way, names in ways.items()]


def plot(results: Sequence[ProgramResult], path: Path) -> bool:
    """Draw speed relative to parloop's into `path`; False where matplotlib is missing."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        return False
    timed = [r for r in results if r.sides[PARLOOP].steady]
    if not timed:
        return False
    figure, axes = pyplot.subplots(figsize=(12, 5), layout="constrained")
    for number, peer in enumerate(PEERS):
        ratios = [_ratio(r, peer) or math.nan for r in timed]
        axes.bar(
            [i + 0.27 * (number - 1) for i in range(len(timed))], ratios, 0.25, label=HEADINGS[peer]
        )
    axes.axhline(1.0, color="black", linewidth=0.8)
    axes.set_yscale("log")
    axes.set_ylabel("time / parloop's time")
    axes.set_xticks(range(len(timed)), [r.name for r in timed], rotation=60, ha="right")
    axes.legend()
    axes.set_title("Steady state: above the line, parloop is faster")
    figure.savefig(path)
    pyplot.close(figure)
    return True


def _mean_lines(results: Iterable[ProgramResult]) -> list[str]:
    lines = []
    results = list(results)
    for peer in PEERS:
        ratios = [ratio for r in results if (ratio := _ratio(r, peer))]
        if ratios:
            lines.append(
                f"against {HEADINGS[peer]}: {_mean(ratios):.2f} times as fast in the geometric "
                f"mean of {len(ratios)} programs ({min(ratios):.2f} to {max(ratios):.2f})"
            )
    best = {r.name: ratio for r in results if (ratio := _against_best(r))}
    if best:
        slow = [f"{name} {ratio:.2f}" for name, ratio in best.items() if ratio < 0.9]
        rest = f"below 0.9: {', '.join(slow)}" if slow else "no program below 0.9"
        mean = _mean(best.values())
        lines.append(
            f"against the fastest peer with the same bits: {mean:.2f} times as fast; {rest}"
        )
    reduced = [
        _median(r.sides[CPYTHON].reduced) / _median(r.sides[PARLOOP].reduced)
        for r in results
        if r.sides[PARLOOP].reduced and r.sides[PARLOOP].native == "native"
    ]
    if reduced:
        lines.append(
            f"against CPython at the reduced size: {_mean(reduced):.0f} times as fast in the "
            f"geometric mean of {len(reduced)} programs"
        )
    return lines


def _first_lines(results: Iterable[ProgramResult]) -> list[str]:
    lines = []
    results = list(results)
    for side in (PARLOOP, NJIT, PRANGE):
        for what, words in (("first_cold", "nothing on disk"), ("first_warm", "a warm disk cache")):
            times = [
                _median(getattr(r.sides[side], what))
                for r in results
                if side in r.sides and getattr(r.sides[side], what)
            ]
            if times:
                lines.append(
                    f"first call, {HEADINGS[side]}, {words}: {_milliseconds(_median(times))} ms in "
                    f"the median of {len(times)} programs, at most {_milliseconds(max(times))} ms"
                )
    return lines


def _ratio(result: ProgramResult, peer: str) -> float | None:
    """Return how much faster parloop is, in the tier that may regroup where the peer does."""
    other = result.sides.get(peer)
    ours = result.sides[PARLOOP]
    if other is not None and not other.claims_same_bits:
        ours = result.sides.get(REASSOCIATE, ours)
    if other is None or not other.steady or not ours.steady:
        return None
    return _median(other.steady) / _median(ours.steady)


def _against_best(result: ProgramResult) -> float | None:
    exact = [
        _median(s.steady)
        for side, s in result.sides.items()
        if side in PEERS and s.steady and s.same_bits
    ]
    ours = result.sides[PARLOOP].steady
    return min(exact) / _median(ours) if exact and ours else None


def _steady_rows(results: Iterable[ProgramResult], peers: tuple[str, ...]) -> list[list[str]]:
    sides = (PARLOOP, REASSOCIATE, *peers)
    rows = [["program", *(HEADINGS[side] for side in sides), "best same bits / parloop"]]
    for result in results:
        best = _against_best(result)
        rows.append(
            [
                result.name,
                *(_spread(result.sides.get(side)) for side in sides),
                f"{best:.2f}" if best else "-",
            ]
        )
    return rows


def _first_rows(results: Iterable[ProgramResult], peers: tuple[str, ...]) -> list[list[str]]:
    sides = (PARLOOP, *(peer for peer in peers if peer != C_OPENMP))
    rows = [["program", *(HEADINGS[side] for side in sides)]]
    for result in results:
        cells = [
            f"{_milliseconds(_median(s.first_cold))} / {_milliseconds(_median(s.first_warm))}"
            if (s := result.sides.get(side)) and s.first_cold and s.first_warm
            else "-"
            for side in sides
        ]
        rows.append([result.name, *cells])
    return rows


def _reduced_rows(results: Iterable[ProgramResult], peers: tuple[str, ...]) -> list[list[str]]:
    tools = [HEADINGS[side] for side in (PARLOOP, *peers)]
    rows = [["program", "CPython", *tools, "CPython's bits", "ran"]]
    for result in results:
        ours = result.sides[PARLOOP]
        sides = (result.sides.get(side) for side in (CPYTHON, PARLOOP, *peers))
        times = [_milliseconds(_median(s.reduced)) if s and s.reduced else "-" for s in sides]
        same = {True: "same", False: "DIFFERENT", None: "not run"}[ours.same_bits]
        ran = ours.native or ours.unavailable
        left = f" but {ours.left:.2%}" if ours.left else ""
        rows.append([result.name, *times, same, ran + left])
    return rows


def grid(rows: list[list[str]], markdown: bool) -> str:
    """Return rows of cells, the first one the head, as text in columns or as Markdown."""
    if markdown:
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        lines.insert(1, "|" + " --- |" * len(rows[0]))
        return "\n".join(lines)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    padded = (
        [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        for row in rows
    )
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def _spread(side: SideResult | None) -> str:
    if side is None or not side.steady:
        return "-"
    quartiles = statistics.quantiles(side.steady, n=4) if len(side.steady) > 1 else [0.0, 0.0, 0.0]
    star = "" if side.same_bits else "*"
    spread = _milliseconds(quartiles[2] - quartiles[0])
    return f"{_milliseconds(_median(side.steady))} ± {spread}{star}"


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _mean(values: Iterable[float]) -> float:
    return statistics.geometric_mean(values)


def _milliseconds(seconds: float) -> str:
    value = seconds * 1000
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.3f}"


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
