"""All random programs with one command: `python -m tests.campaign --programs 100000 --seed 1`.

Each generator makes its share of the programs, in processes of their own, 25 in each: what
one leaves behind is nothing to the next, and one that crashes is a difference. `--minutes` ends it
earlier, `--only` names some generators. The summary has a line for each; what differs is printed
with the command that runs it again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

BATCH = 25
"""So many programs a process."""

SMALL_BLOCKS = 8
"""Blocks of so few operations, so that short loops take several cores, too."""


@dataclass(frozen=True)
class Generator:
    """One kind of random program."""

    module: str
    share: int
    """How many programs it makes, beside the others."""
    check: Callable[[ModuleType, int, Path], str | None]
    """Runs the program of a seed both ways: how they differ, or None."""
    around: Callable[[ModuleType], AbstractContextManager[object]] = lambda _: nullcontext()


def _by_seed(module: ModuleType, seed: int, folder: Path) -> str | None:
    found = module.find_failure(seed, folder)
    why: str | None = found[0] if isinstance(found, tuple) else found
    return why


def _by_trips(module: ModuleType, seed: int, folder: Path) -> str | None:
    why: str | None = module.find_failure(seed, ("", "all", "middle")[seed % 3], folder)
    return why


def _by_program(name: str) -> Callable[[ModuleType, int, Path], str | None]:
    """Return the check of programs that the function `name` of a module makes."""

    def check(module: ModuleType, seed: int, folder: Path) -> str | None:
        fuzz = import_module("tests.fuzz")
        program = getattr(module, name)(seed)
        why: str | None = fuzz.find_failure(program, folder)
        if why is None:
            return None
        small = fuzz.shrink(program, folder)
        how = f"{small.mode}, {small.threads} threads, slices of {small.slices}"
        return f"{how}: {fuzz.find_failure(small, folder) or why}\n{small.text}"

    return check


def _by_test(name: str) -> Callable[[ModuleType, int, Path], str | None]:
    """Return the check that the test `name` of a module is, which takes a seed."""

    def check(module: ModuleType, seed: int, _folder: Path) -> str | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                getattr(module, name)(seed)
        except AssertionError as error:
            return str(error)
        return None

    return check


def _waves(module: ModuleType, seed: int, folder: Path) -> str | None:
    why: str | None = module.find_failure(seed, folder, module.Counter())
    return why


def _small_blocks(_module: ModuleType) -> AbstractContextManager[object]:
    return mock.patch("parloop.codegen.regions.BLOCK_WORK", SMALL_BLOCKS)


@contextmanager
def _reductions(module: ModuleType) -> Iterator[None]:
    with _small_blocks(module), mock.patch("parloop.runtime.inspector.SECONDS_PER_INDEX", 0.0):
        yield


@contextmanager
def _lanes(module: ModuleType) -> Iterator[None]:
    with module.pytest.MonkeyPatch.context() as patch:
        module.use_lanes_anyway(patch)
        yield


GENERATORS: Mapping[str, Generator] = {
    "programs": Generator("fuzz", 20, _by_program("make_program")),
    "chains": Generator("chains", 5, _by_program("make_chain_program")),
    "rings": Generator("rings", 5, _by_program("make_ring_program"), _small_blocks),
    "pivots": Generator("pivots", 5, _by_program("make_pivot_program"), _small_blocks),
    "arrays": Generator("staging.random_arrays", 10, _by_seed),
    "vectors": Generator("staging.random_vectors", 6, _by_seed),
    "layouts": Generator("staging.random_layouts", 4, _by_seed),
    "temporaries": Generator("staging.random_temporaries", 6, _by_seed),
    "picked": Generator("staging.random_picked", 6, _by_seed),
    "chunks": Generator("runtime.random_chunks", 3, _by_trips),
    "sweeps": Generator("runtime.random_sweeps", 3, _by_trips),
    "lanes": Generator("codegen.test_random_lanes", 3, _by_seed, _lanes),
    "jams": Generator("codegen.test_random_jams", 3, _by_seed, _small_blocks),
    "reductions": Generator("codegen.test_random_reductions", 4, _by_seed, _reductions),
    "wavefronts": Generator("codegen.test_random_wavefronts", 3, _waves),
    "bands": Generator("codegen.test_random_bands", 3, _waves),
    "lists": Generator(
        "test_random_lists", 5, _by_test("test_random_loops_over_lists_leave_what_python_leaves")
    ),
    "tables": Generator(
        "test_random_tables", 4, _by_test("test_random_loops_over_tables_leave_what_python_leaves")
    ),
    "taken": Generator(
        "test_random_taken",
        3,
        _by_test("test_random_loops_that_take_all_items_leave_what_python_leaves"),
    ),
    "functions": Generator(
        "test_random_functions",
        4,
        _by_test("test_random_functions_in_a_loop_leave_what_python_leaves"),
    ),
    "comprehensions": Generator(
        "test_random_comprehensions",
        4,
        _by_test("test_random_comprehensions_make_what_they_make_in_python"),
    ),
    "headers": Generator(
        "test_random_headers",
        4,
        _by_test("test_random_loops_over_what_headers_make_leave_what_python_leaves"),
    ),
    "ways": Generator(
        "test_random_ways",
        4,
        _by_test("test_random_ways_out_of_loops_lead_where_they_lead_in_python"),
    ),
    "draws": Generator(
        "test_random_draws", 4, _by_test("test_random_loops_that_draw_leave_what_python_leaves")
    ),
    "effects": Generator("test_random_effects", 4, _by_test("check")),
    "resuming": Generator("test_random_resuming", 4, _by_test("check")),
}
"""All of them, by the names that `--only` takes."""


@dataclass(slots=True)
class Result:
    """What programs of one generator came to."""

    programs: int = 0
    native: int = 0
    seconds: float = 0.0
    differences: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """Count what `other` has counted."""
        self.programs += other.programs
        self.native += other.native
        self.seconds += other.seconds
        self.differences += other.differences


def shares(programs: int, names: Sequence[str]) -> dict[str, int]:
    """Return how many programs each generator makes."""
    whole = sum(GENERATORS[name].share for name in names)
    found = {name: programs * GENERATORS[name].share // whole for name in names}
    for name in names[: programs - sum(found.values())]:
        found[name] += 1
    return found


def run_batch(name: str, seeds: range, until: float) -> Result:
    """Run the programs of `seeds` here, as long as there is time."""
    import parloop
    from parloop.runtime import dispatch

    dispatch.RAISES_BUGS = True
    generator = GENERATORS[name]
    module = import_module(f"tests.{generator.module}")
    result = Result()
    start = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(generator.around(module))
        for seed in seeds:
            if time.time() > until:
                break
            parloop.reset_report()
            why = generator.check(module, seed, folder)
            result.programs += 1
            result.native += any(site.native_runs for site in parloop.report().sites)
            if why is not None:
                result.differences.append((seed, why))
    result.seconds = time.monotonic() - start
    return result


def start_batch(name: str, seeds: range, until: float) -> Result:
    """Run the programs of `seeds` in a process of its own, with a cache of its own."""
    if time.time() > until:
        return Result()
    line = [sys.executable, "-m", "tests.campaign", "--batch", name, str(until)]
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [*line, str(seeds.start), str(seeds.stop)],
            env={**os.environ, "PARLOOP_CACHE_DIR": cache},
            capture_output=True,
            text=True,
            check=False,
        )
    last = done.stdout.strip().rpartition("\n")[2]
    if done.returncode or not last.startswith("{"):
        said = f"exit status {done.returncode}\n{done.stderr[-2000:]}"
        return Result(differences=[(seeds.start, f"in {len(seeds)} programs: {said}")])
    found: dict[str, Any] = json.loads(last)
    return Result(**{**found, "differences": [(seed, why) for seed, why in found["differences"]]})


def summary(results: Mapping[str, Result]) -> str:
    """Return a line for each generator, and one for all."""
    whole = Result()
    lines = [f"{'generator':<16}{'programs':>10}{'native':>10}{'different':>11}{'seconds':>9}"]
    for name, result in results.items():
        lines.append(_line(name, result))
        whole.add(result)
    return "\n".join([*lines, _line("all", whole)])


def _line(name: str, result: Result) -> str:
    different = len(result.differences)
    return (
        f"{name:<16}{result.programs:>10}{result.native:>10}{different:>11}{result.seconds:>9.0f}"
    )


def campaign(programs: int, seed: int, minutes: float, names: Sequence[str], jobs: int) -> int:
    """Run a campaign; return 1 if any program left something else than in plain Python."""
    until = time.time() + 60 * minutes
    batches: list[tuple[str, range]] = []
    for name, count in shares(programs, names).items():
        firsts = range(seed, seed + count, BATCH)
        batches += [(name, range(n, min(n + BATCH, seed + count))) for n in firsts]
    batches.sort(key=lambda batch: batch[1].start)  # in turns: time may run out
    results = {name: Result() for name in names}
    with ThreadPoolExecutor(jobs) as pool:
        running = [(name, pool.submit(start_batch, name, seeds, until)) for name, seeds in batches]
        for name, future in running:
            result = future.result()
            results[name].add(result)
            for number, why in result.differences:
                again = f"python -m tests.campaign --only {name} --programs 1 --seed {number}"
                print(f"{again}\n{why}\n", flush=True)
    print(summary(results))
    return int(any(result.differences for result in results.values()))


def main(arguments: Sequence[str]) -> int:
    """Run what the command line asks for."""
    if arguments[:1] == ["--batch"]:
        name, until, first, stop = arguments[1:]
        print(json.dumps(asdict(run_batch(name, range(int(first), int(stop)), float(until)))))
        return 0
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=24 * 60.0)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[*GENERATORS])
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args(arguments)
    if unknown := set(options.only) - GENERATORS.keys():
        parser.error(f"no such generator: {', '.join(sorted(unknown))}")
    return campaign(
        options.programs, options.seed, options.minutes, options.only, options.jobs
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
