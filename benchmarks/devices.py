"""What the cost model predicts for interpreter, cores and GPU, beside what is measured.

    parloop bench --devices          in a checkout; best after `parloop doctor --calibrate`

Twelve programs at ten sizes each. The model chooses the side that it expects to be quickest; its
loss is how much longer that side takes than the best one does, the *oracle*. Times are those of
calls after the first. Where the interpreter would take long its time follows from that of a smaller
size by the number of operations (`~`). Without a GPU, interpreter and cores are compared.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.program import SEED, Program, load_program
from benchmarks.results import file_stem, machine
from parloop.diagnostics import Diagnostic

INTERPRETER, CPU, CUDA = "interpreter", "cpu", "cuda"


def _geometric(least: float, most: float) -> tuple[int, ...]:
    """Return ten numbers from `least` to `most`."""
    return tuple(round(least * (most / least) ** (k / 9)) for k in range(10))


SIZES: Final[Mapping[str, tuple[Any, ...]]] = {
    "blackscholes": _geometric(3, 300_000),
    "dot": _geometric(10, 5_000_000),
    "floyd_warshall": _geometric(3, 250),
    "gesummv": _geometric(3, 2000),
    "histogram": tuple((n, 100) for n in _geometric(10, 2_000_000)),
    "jacobi2d": tuple((4, n) for n in _geometric(4, 1000)),
    "mandelbrot": tuple((n, n, 50) for n in _geometric(3, 400)),
    "matmul": tuple((n, n, n) for n in _geometric(3, 300)),
    "nbody": tuple((2, n) for n in _geometric(3, 700)),
    "pi": _geometric(10, 5_000_000),
    "saxpy": _geometric(10, 5_000_000),
    "spmv": tuple((n, 8) for n in _geometric(3, 200_000)),
}

LONGEST_SECONDS: Final = 0.4
"""Where the interpreter is expected to take longer it is not asked."""

ENOUGH_SECONDS: Final = 0.15
"""A side that has run for so long is not run again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One program at one size: seconds by side."""

    program: str
    size: str
    predicted: Mapping[str, float]
    measured: Mapping[str, float]
    is_scaled: bool
    """Whether the interpreter's time follows from that of a smaller size."""

    @property
    def chosen(self) -> str:
        """Return the side that the model expects to be quickest."""
        return min(self.predicted, key=lambda side: self.predicted[side])

    @property
    def loss(self) -> float:
        """Return how much longer the chosen side takes than the best one, as a share."""
        return self.measured[self.chosen] / min(self.measured.values()) - 1.0


def main(programs: Sequence[str], folder: Path | None) -> None:
    """Measure, print, and write into `folder` if there is one."""
    from parloop.runtime.constants import known_constants
    from parloop.runtime.gpu.device import find_gpu

    gpu = find_gpu()
    has_gpu = not isinstance(gpu, Diagnostic)
    print(gpu.driver.properties.name if not isinstance(gpu, Diagnostic) else gpu.message)
    if known_constants().cpu is None:
        print("nothing is measured of this machine yet: see `parloop doctor --calibrate`")
    rows: list[Row] = []
    print(_HEAD)
    for name in programs or SIZES:
        for row in measure(load_program(name), SIZES[name], gpu=has_gpu):
            rows.append(row)
            print(line_of(row), flush=True)
    print(*summary(rows), sep="\n")
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{file_stem()}-devices.json"
        content = {"machine": machine(), "rows": [asdict(row) for row in rows]}
        path.write_text(json.dumps(content, indent=1) + "\n")
        print(f"written to {path}")


def measure(program: Program, sizes: Sequence[Any], *, gpu: bool) -> Iterator[Row]:
    """Yield a row for each size, smallest first."""
    before: tuple[float, float] | None = None
    for size in sizes:
        bench = Bench(program, size)
        predicted, operations = bench.predictions(gpu=gpu)
        measured = {CPU: bench.seconds(CPU)}
        is_scaled = predicted[INTERPRETER] > LONGEST_SECONDS and before is not None
        if is_scaled:
            assert before is not None
            measured[INTERPRETER] = before[0] * operations / before[1]
        else:
            measured[INTERPRETER] = bench.seconds(INTERPRETER)
            before = measured[INTERPRETER], operations
        if gpu:
            measured[CUDA] = bench.seconds(CUDA)
        yield Row(program.name, _show(size), predicted, measured, is_scaled)


class Bench:
    """One program at one size."""

    def __init__(self, program: Program, size: Any) -> None:
        import parloop

        self.arguments = program.maker(size, np.random.default_rng(SEED))
        self.kept = [
            (self.arguments[p], self.arguments[p].copy()) for p in program.output_positions()
        ]
        plain = program.function
        self.calls: dict[str, Callable[..., Any]] = {
            INTERPRETER: plain,
            CPU: parloop.parallel(plain, min_work_ms=0, device="cpu"),
            CUDA: parloop.parallel(plain, min_work_ms=0, device="cuda"),
        }

    def predictions(self, *, gpu: bool) -> tuple[dict[str, float], float]:
        """Return what the model expects of a call, and how many operations it is."""
        import parloop

        parloop.reset_report()
        self.restore()
        self.calls[CUDA if gpu else CPU](*self.arguments)
        total = {INTERPRETER: 0.0, CPU: 0.0, **({CUDA: 0.0} if gpu else {})}
        operations = 0.0
        for site in parloop.report().sites:
            predicted = site.predicted
            if predicted is None or site.seen is None:
                continue
            total[INTERPRETER] += site.native_runs * predicted.interpreter
            total[CPU] += site.native_runs * predicted.cpu
            if gpu and predicted.gpu is not None:
                total[CUDA] += site.native_runs * predicted.gpu
            operations += site.native_runs * site.seen.work().interpreted
        return total, operations

    def restore(self) -> None:
        """Set back what calls change."""
        for array, before in self.kept:
            array[...] = before

    def seconds(self, side: str) -> float:
        """Return the best time of a call on one side, after some that are not timed."""
        call, times, spent = self.calls[side], [], 0.0
        if side != INTERPRETER:
            for _ in range(3):
                self.restore()
                call(*self.arguments)
        while spent < ENOUGH_SECONDS and len(times) < 200:
            self.restore()
            start = time.perf_counter()
            call(*self.arguments)
            times.append(time.perf_counter() - start)
            spent += times[-1]
        return min(times)


# what is printed

_HEAD = (
    f"{'program':<15}{'size':>14}   {'CPython':>8} {'predicted':>9}   {'cores':>8} {'predicted':>9}"
    f"   {'GPU':>8} {'predicted':>9}   {'chosen':<11} {'loss':>7}"
)


def line_of(row: Row) -> str:
    """Return a line of the table."""
    parts = []
    for side in (INTERPRETER, CPU, CUDA):
        mark = "~" if side == INTERPRETER and row.is_scaled else ""
        parts.append(
            f"{mark + _seconds(row.measured.get(side)):>8} {_seconds(row.predicted.get(side)):>9}"
        )
    sides = "   ".join(parts)
    return f"{row.program:<15}{row.size:>14}   {sides}   {row.chosen:<11} {row.loss:>7.1%}"


def summary(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the mean and the worst loss, and what always taking one side would lose."""
    worst = max(rows, key=lambda row: row.loss)
    losses = [row.loss for row in rows]
    sides = sorted(set.intersection(*(set(row.measured) for row in rows)))
    yield (
        f"{len(rows)} experiments on {', '.join(sides)}: mean loss {np.mean(losses):.2%}, "
        f"worst {worst.loss:.0%} ({worst.program} {worst.size})"
    )
    for side in sides:
        always = [row.measured[side] / min(row.measured.values()) - 1.0 for row in rows]
        ratios = [row.predicted[side] / row.measured[side] for row in rows]
        yield (
            f"always {side}: mean loss {np.mean(always):.0%}; predicted between "
            f"{np.percentile(ratios, 10):.2g} and {np.percentile(ratios, 90):.2g} times the time "
            f"(8 of 10)"
        )


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"


def _show(size: Any) -> str:
    return "x".join(map(str, size)) if isinstance(size, tuple) else str(size)
