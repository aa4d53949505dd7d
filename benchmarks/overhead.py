"""What parloop costs where it brings nothing: imports, entries, loops left alone."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.sides import Call

ROUNDS = 15
PROCESSES = 11

_IMPORTS = """
import time, numpy
start = time.perf_counter()
import parloop
print(time.perf_counter() - start)
"""


def five_arrays(n: int, a: Any, b: Any, c: Any, d: Any, e: Any) -> None:
    for i in range(n):
        e[i] = a[i] + b[i] + c[i] + d[i]


def too_small(a: Any, b: Any) -> None:
    for i in range(2):
        a[i] = b[i]


def declined(words: list[str], counts: dict[str, int]) -> None:
    for _ in range(200):
        for j in range(len(words)):
            counts[words[j]] = counts.get(words[j], 0) + 1


def measure() -> str:
    """Return a table of these costs, each median and interquartile range of interleaved rounds."""
    import parloop

    lines = [_line("import parloop after numpy", _import_seconds(), 1e3, "ms")]
    if not hasattr(parloop, "parallel"):
        return "\n".join([*lines, "the rest: this parloop has no `parallel` yet"])
    lines.append(_warm_site(parloop))
    lines.append(_too_small(parloop))
    lines.append(_declined(parloop))
    lines += _cells()
    return "\n".join(lines)


def _import_seconds() -> list[float]:
    folder = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-c", _IMPORTS]
    return [
        float(
            subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout
        )
        for _ in range(PROCESSES)
    ]


def _warm_site(parloop: Any) -> str:
    """Time a native run of one iteration, less the same call in CPython without any."""
    arrays = [np.ones(64) for _ in range(5)]
    with parloop.settings(min_work_ms=0):
        fast = parloop.parallel(five_arrays)
        fast(1, *arrays)
        parloop.reset_report()
        costs = _interleaved(lambda: fast(1, *arrays), lambda: five_arrays(0, *arrays), 2000)
        sites = parloop.report().sites
    native = sum(site.native_runs for site in sites)
    where = "native" if native and not any(s.interpreted_runs for s in sites) else "NOT NATIVE"
    return _line(f"a warm site with five arrays, one iteration ({where})", costs, 1e6, "µs")


def _too_small(parloop: Any) -> str:
    a, b = np.zeros(2), np.ones(2)
    fast = parloop.parallel(too_small)
    costs = _interleaved(lambda: fast(a, b), lambda: too_small(a, b), 20000)
    return _line("a loop too small to pay, per entry over CPython", costs, 1e9, "ns")


def _declined(parloop: Any) -> str:
    words = [f"word{i % 17}" for i in range(200)]
    fast = parloop.parallel(declined)
    plain: list[float] = []
    costs: list[float] = []
    for _ in range(ROUNDS):
        start = perf_counter()
        declined(words, {})
        middle = perf_counter()
        fast(words, {})
        end = perf_counter()
        plain.append(middle - start)
        costs.append((end - middle) - (middle - start))
    share = statistics.median(costs) / statistics.median(plain)
    return f"{'a declined nest, over CPython':55} {share:+.1%}"


CELL = """
while entries:
    for i in range({trips}):
        {body}
    entries -= 1
"""

MANY = "\n".join(
    f"x{k} = {k} + 1\nfor i{k} in range(3):\n    y{k} = x{k} * i{k}\nz{k} = (x{k}, y{k})"
    for k in range(10)
)
"""A cell of forty lines."""


def _cells() -> list[str]:
    """Time entries at the top level of cells, and cells as a whole, with and without sites."""
    try:
        from IPython.core.interactiveshell import InteractiveShell
    except ImportError:
        return ["cells: IPython is not installed"]
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    shell.run_line_magic("load_ext", "parloop")
    arrays = {name: np.ones(64) for name in "abcde"}

    def run(text: str, entries: int = 0) -> None:
        shell.push({**arrays, "entries": entries})
        shell.run_cell(text, store_history=False).raise_error()

    def costs(ours: str, plain: str, entries: int) -> list[float]:
        run(ours, entries)
        calls = _interleaved(
            lambda: run(ours, entries), lambda: run(f"# parloop: off\n{plain}", entries), 1
        )
        return [cost / max(entries, 1) for cost in calls]

    small = CELL.format(trips=2, body="a[i] = b[i]")
    lines = [_line("a loop in a cell, too small to pay, per entry", costs(small, small, 20000),
                   1e9, "ns")]  # fmt: skip
    lines.append(_line("a cell of forty lines with ten loops", costs(MANY, MANY, 0), 1e3, "ms"))
    shell.run_line_magic("parloop", "min_work_ms 0")
    five = "e[i] = a[i] + b[i] + c[i] + d[i]"
    warm = costs(CELL.format(trips=1, body=five), CELL.format(trips=0, body=five), 5000)
    lines.append(_line("a warm site in a cell, five arrays, one iteration", warm, 1e6, "µs"))
    shell.run_line_magic("unload_ext", "parloop")
    return lines


def _interleaved(fast: Call, plain: Call, calls: int) -> list[float]:
    """Return by how many seconds a call of `fast` takes longer than `plain`, round by round."""
    costs: list[float] = []
    for _ in range(ROUNDS):
        start = perf_counter()
        for _ in range(calls):
            plain()
        middle = perf_counter()
        for _ in range(calls):
            fast()
        costs.append(((perf_counter() - middle) - (middle - start)) / calls)
    return costs


def _line(what: str, seconds: list[float], scale: float, unit: str) -> str:
    quartiles = statistics.quantiles(seconds, n=4)
    middle, spread = statistics.median(seconds) * scale, (quartiles[2] - quartiles[0]) * scale
    return f"{what:55} {middle:.3g} ± {spread:.2g} {unit}"
