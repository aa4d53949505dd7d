"""What a GPU brings: the differential suite on it, its roofline, the programs beside their peers.

    python -m benchmarks gpu

Every program runs at a size that fills the chip, on the sides

    njit, prange         Numba on the CPU
    parloop              on the CPU
    parloop-gpu          on the GPU, arrays on the host before and after
    hand                 what a person writes with numba-cuda, CuPy or PyTorch, arrays on the GPU

and of parloop on the GPU the kernels alone are timed as well, by the GPU's clock: that is what it
takes where the arrays are there already. Sides stop when `minutes` are over; what is left is named.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import gpu_differential, gpu_hand
from benchmarks.gpu_sizes import ORDER, SIZES, TINY, traffic_of
from benchmarks.program import load_program
from benchmarks.results import machine
from benchmarks.runner import Options, Worker, environment_of
from benchmarks.sides import NJIT, PARLOOP, PARLOOP_GPU, PRANGE
from parloop.runtime.gpu import rates

HAND = "hand"
SIDES = (NJIT, PRANGE, PARLOOP, PARLOOP_GPU)
DIFFERENTIAL_SHARE = 0.25
"""The share of the time that the differential suite may take."""

MOST_ROUNDS = 5
ENOUGH_SECONDS = 1.5
"""A side that has run for so long is not run again."""


@dataclass(slots=True)
class Side:
    """What was measured of one side: seconds."""

    seconds: list[float] = field(default_factory=list)
    first: float | None = None
    """The first call, compiling included."""
    kernel_seconds: float | None = None
    """For parloop on the GPU: its kernels alone."""
    bytes_in: int = 0
    bytes_out: int = 0
    launches: int = 0
    device: str = ""
    why: list[str] = field(default_factory=list)
    unavailable: str = ""

    @property
    def best(self) -> float | None:
        """Return the best time in steady state."""
        return min(self.seconds, default=None)


@dataclass(slots=True)
class Result:
    """One program on all sides."""

    name: str
    sides: dict[str, Side]
    same_bits: bool | None = None
    """Whether parloop on the GPU leaves the bits that it leaves on the CPU."""
    traffic: float | None = None
    """The bytes that have to move at least, where that bounds the program."""


MakeWorker = Callable[[str, str, str, dict[str, str]], Any]


def main(programs: tuple[str, ...], minutes: float, folder: Path | None) -> int:
    """Measure all of it and print it; return the number of differences."""
    from parloop.diagnostics import Diagnostic
    from parloop.runtime.gpu.device import find_gpu

    gpu = find_gpu()
    if isinstance(gpu, Diagnostic):
        print(f"nothing is measured: {gpu.message}")
        return 0
    measured = measure(gpu, programs or ORDER, minutes * 60)
    print(report_text(measured))
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        stem = folder / re.sub(r"[^a-z0-9]+", "-", gpu.driver.properties.name.lower()).strip("-")
        stem.with_suffix(".json").write_text(json.dumps(measured, indent=1) + "\n")
        stem.with_suffix(".md").write_text(f"```\n{report_text(measured)}\n```\n")
        print(f"written to {stem}.json and .md")
    return len(measured["differential"]["differences"])


def measure(
    gpu: Any,
    programs: tuple[str, ...],
    seconds: float,
    make_worker: MakeWorker = Worker,
    size: str = "gpu",
) -> dict[str, Any]:
    """Return everything measured, for `json.dump`."""
    end = time.monotonic() + seconds
    roofline = rates.measure(gpu, small=size == TINY)
    print("roofline done", flush=True)
    suite = gpu_differential.run(
        time.monotonic() + DIFFERENTIAL_SHARE * seconds, everything=size != TINY
    )
    print(f"differential suite done: {suite.summary()}", flush=True)
    results: list[Result] = []
    left: list[str] = []
    for name in programs:
        if time.monotonic() > end:
            left.append(name)
            continue
        results.append(_run_program(name, end, make_worker, size))
        print(f"{len(results)}/{len(programs)} {name}", flush=True)
    return {
        "machine": machine(),
        "gpu": asdict(gpu.driver.properties),
        "roofline": asdict(roofline),
        "differential": asdict(suite),
        "programs": {result.name: asdict(result) for result in results},
        "left": left,
    }


def _run_program(name: str, end: float, make_worker: MakeWorker, size: str) -> Result:
    program = load_program(name)
    result = Result(name, {side: Side() for side in SIDES})
    if size != TINY:
        result.traffic = traffic_of(name, SIZES[name])
    options = Options((name,), (), size)
    bits: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="benchmarks-gpu-") as folder:
        for name_of_side, side in result.sides.items():
            environment = environment_of(options, Path(folder), Path(folder), name_of_side)
            for fixed in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "PARLOOP_THREADS"):
                environment.pop(fixed)  # all cores
            worker = make_worker(name, name_of_side, size, environment)
            try:
                _run_side(side, worker, end)
                if name_of_side in (PARLOOP, PARLOOP_GPU):
                    bits[name_of_side] = worker.ask("bits").get("typed")
            finally:
                worker.close()
    if bits.get(PARLOOP) and bits.get(PARLOOP_GPU):
        result.same_bits = bits[PARLOOP] == bits[PARLOOP_GPU]
    result.sides[HAND] = _run_hand(name, program.make(size))
    return result


def _run_side(side: Side, worker: Any, end: float) -> None:
    if answer := worker.ask("first"):
        side.first = answer["seconds"]
    spent = 0.0
    while not worker.unavailable and len(side.seconds) < MOST_ROUNDS and spent < ENOUGH_SECONDS:
        answer = worker.ask("run")
        if not answer:
            break
        side.seconds.append(answer["seconds"])
        spent += 2 * answer["seconds"]  # one call is not timed
        if time.monotonic() > end:
            break
    sites = worker.ask("report").get("sites", [])
    side.unavailable = worker.unavailable
    runs = max((site["gpu"]["runs"] for site in sites), default=0)
    if sites:
        side.device = "+".join(sorted({s["device"] for s in sites if s["native_runs"]}))
        side.why = [why for site in sites for why in site["fallbacks"]]
    if runs:
        total = {key: sum(s["gpu"][key] for s in sites) for key in sites[0]["gpu"]}
        side.kernel_seconds = total["kernel_seconds"] / runs
        side.bytes_in, side.bytes_out = total["bytes_in"] // runs, total["bytes_out"] // runs
        side.launches = total["launches"] // runs


def _run_hand(name: str, arguments: tuple[Any, ...]) -> Side:
    """Time what a person would write for the GPU, its arrays there already."""
    side = Side()
    made = gpu_hand.prepare(name, arguments)
    if isinstance(made, str):
        side.unavailable = made
        return side
    with suppress(StopIteration):
        for _ in range(MOST_ROUNDS + 1):
            start = time.perf_counter()
            made.call()
            side.seconds.append(time.perf_counter() - start)
    side.first = side.seconds.pop(0)
    side.device = made.tool
    return side


# what is printed


def report_text(measured: dict[str, Any]) -> str:
    """Return the tables."""
    return "\n".join((*_head(measured), "", *_table(measured), "", *_notes(measured)))


def _head(measured: dict[str, Any]) -> Iterator[str]:
    gpu, roof = measured["gpu"], measured["roofline"]
    gibibytes = gpu["memory_bytes"] >> 30
    yield f"{gpu['name']}, {gpu['multiprocessors']} multiprocessors, {gibibytes} GiB"
    yield (
        f"copy {roof['copy_bytes_per_second'] / 1e9:.0f} GB/s; without fused operations "
        f"{roof['double_per_second'] / 1e12:.2f} T/s double, "
        f"{roof['single_per_second'] / 1e12:.2f} T/s single; to the GPU "
        f"{roof['in_bytes_per_second'] / 1e9:.1f} GB/s, back "
        f"{roof['out_bytes_per_second'] / 1e9:.1f}; "
        f"an empty launch {roof['launch_seconds'] * 1e6:.1f} µs"
    )
    suite = measured["differential"]
    yield (
        f"differential suite: {suite['compared']} runs compared, {suite['on_gpu']} of them on the "
        f"GPU, {len(suite['differences'])} differ{'' if suite['finished'] else ' (cut short)'}"
    )


_COLUMNS = ("program", "njit", "prange", "parloop", "gpu", "first", "kernels", "hand", "x njit",
            "of copy", "bits")  # fmt: skip


def _table(measured: dict[str, Any]) -> Iterator[str]:
    rows = [_COLUMNS]
    copy = measured["roofline"]["copy_bytes_per_second"]
    for name, result in measured["programs"].items():
        sides = result["sides"]
        best = {side: min(sides[side]["seconds"], default=None) for side in sides}
        gpu, kernels = best[PARLOOP_GPU], sides[PARLOOP_GPU]["kernel_seconds"]
        traffic = result["traffic"]
        rows.append((
            name, *(_time(best[side]) for side in SIDES),
            _time(sides[PARLOOP_GPU]["first"]), _time(kernels), _time(best[HAND]),
            f"{best[NJIT] / gpu:.1f}" if best[NJIT] and gpu and kernels else "-",
            f"{traffic / kernels / copy:.0%}" if traffic and kernels else "-",
            {True: "same", False: "DIFFER", None: "-"}[result["same_bits"]],
        ))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    for row in rows:
        yield "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))


def _notes(measured: dict[str, Any]) -> Iterator[str]:
    yield "seconds; njit, prange, parloop on the CPU; gpu with all copies, kernels without"
    for name, result in measured["programs"].items():
        side = result["sides"][PARLOOP_GPU]
        if side["kernel_seconds"] is None:
            yield f"{name} did not run on the GPU: {'; '.join(side['why']) or side['unavailable']}"
        if missing := result["sides"][HAND]["unavailable"]:
            yield f"{name} by hand: {missing}"
    for text in measured["differential"]["differences"]:
        yield f"DIFFERS: {text}"
    if measured["left"]:
        yield f"no time was left for {', '.join(measured['left'])}"


def _time(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.3g}"


