"""The programs of the differential suite, run on a GPU and in CPython, compared bit for bit."""

from __future__ import annotations

import importlib.util
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.corpus import FILES, LoopFile
from tests.cuda import accuracy
from tests.differential import MODES, Mode, find_difference
from tests.differential import run as run_guarded

import parloop


@dataclass(slots=True)
class Suite:
    """What came of it."""

    compared: int = 0
    on_gpu: int = 0
    """Runs in which at least one launch was on the GPU and was kept."""
    functions_on_gpu: int = 0
    functions: int = 0
    finished: bool = True
    accuracy: str = ""
    """What was found of functions of the GPU's own, in the tier `ulp`."""
    differences: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """Return it in a few words."""
        found = f"{self.compared} runs, {self.on_gpu} on the GPU, {len(self.differences)} differ"
        return f"{found}; {self.accuracy}" if self.accuracy else found


def run(end: float, *, everything: bool = True) -> Suite:
    """Run the suite until it is done, or the clock has reached `end`."""
    suite = Suite()
    measure_functions(suite, POINTS if everything else 20)
    some = [file for file in FILES if everything or file.path.stem == "floats"]
    for file in some:
        for name in file.functions() if everything else list(file.functions())[:2]:
            if time.monotonic() > end:
                suite.finished = False
                return suite
            _run_function(suite, file, name, MODES if everything else MODES[:1])
    return suite


POINTS = 2000
"""At so many points each function of the GPU's own is compared with its true value."""


def measure_functions(suite: Suite, points: int) -> None:
    """Look whether functions of the GPU's own are within their bounds, where mpmath is there."""
    if importlib.util.find_spec("mpmath") is None:
        suite.accuracy = "functions not measured: mpmath is not installed"
        return
    with tempfile.TemporaryDirectory(prefix="parloop-accuracy-") as folder:
        found = accuracy.measure(Path(folder), points)
    suite.differences += found
    suite.accuracy = f"functions at {points} points each, {len(found)} too far off"


def _run_function(suite: Suite, file: LoopFile, name: str, modes: tuple[Mode, ...]) -> None:
    plain = file.fresh()[name]
    fast = parloop.parallel(file.fresh()[name], min_work_ms=0, device="cuda")
    changes = file.changes_globals(name)
    before = _gpu_runs()
    suite.functions += 1
    for number, arguments in enumerate(file.arguments(name)):
        for mode in modes[:2] if number else modes:
            if changes:
                plain = file.fresh()[name]
                fast = parloop.parallel(file.fresh()[name], min_work_ms=0, device="cuda")
            ran = _gpu_runs()
            path = str(file.path)
            expected = run_guarded(plain, arguments, mode, path)
            seen = run_guarded(fast, arguments, mode, path)
            suite.compared += 1
            suite.on_gpu += _gpu_runs() > ran
            if why := find_difference(expected, seen):
                suite.differences.append(f"{file.path.stem}.{name}, {number}, {mode}: {why}")
    suite.functions_on_gpu += _gpu_runs() > before


def _gpu_runs() -> int:
    return sum(site.gpu.runs for site in parloop.report().sites)
