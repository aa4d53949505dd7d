"""All programs of `tests/loops` on an emulated GPU, against CPython.

    python -m tests.cuda.campaign [--files NAME ...] [--functions NAME ...] [--reasons]
    python -m tests.cuda.campaign --nvrtc       compiles them all for every architecture instead
    python -m tests.cuda.campaign --random N --seed S    N random programs of `tests.fuzz` instead
    python -m tests.cuda.campaign --nests N --seed S     N random nests that may be recast instead
    python -m tests.cuda.campaign --pivots N --seed S    N random programs of `tests.pivots` instead
    python -m tests.cuda.campaign --exactness TIER       against what the cores leave in that tier

Says which share of the programs has loops that go to a GPU, whether what they leave is what CPython
leaves, and why the other loops do not go.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tests.corpus import FILES, LoopFile
from tests.cuda.emulated import (
    COMPILER,
    Collected,
    EmulationError,
    Library,
    collecting,
    compile_all,
    emulating,
)
from tests.cuda.nvrtc import ARCHITECTURES, compile_text, text_for_nvrtc
from tests.cuda.random_nests import NestFile, PivotFile
from tests.cuda.random_programs import RandomFile
from tests.differential import MODES, Mode, Outcome, find_difference, run, slices_of

import parloop
from parloop.config import EXACTNESS, Exactness
from parloop.runtime import dispatch


@dataclass
class Case:
    """One function of the corpus: what it was found to be."""

    file: LoopFile | RandomFile
    name: str
    collected: Collected
    launches: int = 0
    differences: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Take bugs of the generator for differences."""
        self.differences += self.collected.bugs

    def __str__(self) -> str:
        return f"{self.file.path.stem}.{self.name}"


def collect(
    file: LoopFile | RandomFile,
    name: str,
    exactness: Exactness = "exact",
    modes: Sequence[Mode] = MODES[:1],
) -> Case:
    """Return a case with the programs of all its nests, which the CPU has run."""
    with collecting() as collected:
        for arguments in file.arguments(name):
            for mode in modes:
                fast = parloop.parallel(file.fresh()[name], min_work_ms=0)
                around = parloop.settings(threads=2, min_work_ms=0, exactness=exactness)
                run(fast, arguments, mode, str(file.path), around)
    return Case(file, name, collected)


def compare(
    case: Case,
    library: Library,
    exactness: Exactness = "exact",
    modes: Sequence[Mode] = MODES,
    sizes: Sequence[int | None] = (None, 3),
) -> None:
    """Run a case emulated, and note where it leaves something else than CPython does.

    `sizes` are iterations a slice, None for the usual ones. In other tiers than `exact` it is what
    the cores leave that has to be left, bit for bit; but where functions of the device's own are
    called only nearly that.
    """
    file, name = case.file, case.name
    given = file.arguments(name)
    wanted = {
        (number, mode): expected_of(case, arguments, mode, exactness)
        for number, arguments in enumerate(given)
        for mode in modes
    }
    is_near = any(program.approximations for program in case.collected.programs.values())
    with emulating(library) as launches:
        for (number, mode), expected in wanted.items():
            for slices in sizes:
                fast = parloop.parallel(file.fresh()[name], min_work_ms=0)
                around = parloop.settings(threads=2, min_work_ms=0, exactness=exactness)
                with slices_of(slices):
                    seen = run(fast, given[number], mode, str(file.path), around)
                if why := (find_distance if is_near else find_difference)(expected, seen):
                    text = f"arguments {number}, {mode}, slices of {slices}: {why}"
                    case.differences.append(text)
        case.launches = launches[0]


def expected_of(
    case: Case, arguments: tuple[Any, ...], mode: Mode, exactness: Exactness
) -> Outcome:
    """Return what CPython leaves; in other tiers than `exact`, the cores."""
    function, path = case.file.fresh()[case.name], str(case.file.path)
    if exactness == "exact":
        return run(function, arguments, mode, path)
    around = parloop.settings(threads=2, min_work_ms=0, exactness=exactness)
    return run(parloop.parallel(function, min_work_ms=0), arguments, mode, path, around)


def find_distance(expected: Outcome, seen: Outcome) -> str | None:
    """Return in what two outcomes differ, apart from floats that are nearly the same."""
    if (expected.exception, expected.warnings) != (seen.exception, seen.warnings):
        return f"{seen.exception} {seen.warnings}, not {expected.exception} {expected.warnings}"
    pairs = zip(
        numbers_of((expected.value, expected.arguments)),
        numbers_of((seen.value, seen.arguments)),
        strict=True,
    )
    for one, other in pairs:
        if not np.allclose(one, other, rtol=1e-6, atol=1e-12, equal_nan=True):
            return f"{other}, not {one}"
    return None


def numbers_of(value: Any) -> Iterator[Any]:
    """Yield the numbers and arrays of numbers in a value."""
    if isinstance(value, tuple | list):
        for each in value:
            yield from numbers_of(each)
    elif np.asarray(value).dtype.kind in "biufc":
        yield value


def compile_cases(cases: Iterable[Case], folder: Path) -> Library:
    """Compile the programs of several cases, each once."""
    programs = {k: p for case in cases for k, p in case.collected.programs.items()}
    return compile_all(list(programs.values()), folder)


@dataclass
class Tally:
    """What a campaign has found."""

    reasons: Counter[str] = field(default_factory=Counter)
    total: int = 0
    accepted: int = 0
    failed: int = 0
    launches: int = 0
    exactness: Exactness = "exact"

    def count(self, cases: Sequence[Case], *, tell: bool) -> list[Case]:
        """Count cases, and return those that have programs for a GPU."""
        for case in cases:
            for function, line, why in case.collected.declined:
                self.reasons[f"{why.code} {why.message}"] += 1
                if tell:
                    print(f"  {case} {function}:{line} {why}")
            if case.collected.bugs:
                self.failed += 1
                print(f"{case}: {case.collected.bugs[0]}")
        some = [case for case in cases if case.collected.programs and not case.collected.bugs]
        self.total, self.accepted = self.total + len(cases), self.accepted + len(some)
        return some

    def check(
        self,
        cases: Sequence[Case],
        modes: Sequence[Mode] | None = None,
        sizes: Sequence[int | None] = (None, 3),
    ) -> None:
        """Run cases emulated, each compared with CPython; say which differ."""
        with tempfile.TemporaryDirectory(prefix="parloop-cuda-") as folder:
            try:
                library = compile_cases(cases, Path(folder))
            except EmulationError as why:
                print(f"{cases[0]} and others: do not compile\n{why}")
                self.failed += len(cases)
                return
            for case in cases:
                own = case.file.mode if isinstance(case.file, RandomFile) else "always"
                try:
                    compare(case, library, self.exactness, modes or (own,), sizes)
                except EmulationError as why:
                    case.differences.append(f"emulation: {why}")
                self.launches += case.launches
                if case.differences:
                    self.failed += 1
                    print(f"{case}: {len(case.differences)}: {case.differences[0][:400]}")
                    print(case.file.text if isinstance(case.file, RandomFile) else "", end="")

    def lines(self) -> Iterator[str]:
        """Yield the summary."""
        for reason, count in self.reasons.most_common():
            yield f"{count:5}  {reason}"
        yield (
            f"{self.accepted} of {self.total} programs go to the GPU, {self.launches} launches, "
            f"{self.failed} differ"
        )


def run_random(
    tally: Tally, first_seed: int, count: int, kind: type[RandomFile] = RandomFile
) -> None:
    """Compare random programs."""
    for start in range(first_seed, first_seed + count, BATCH):
        seeds = range(start, min(start + BATCH, first_seed + count))
        with tempfile.TemporaryDirectory(prefix="parloop-random-") as folder:
            files = [kind(seed, Path(folder)) for seed in seeds]
            cases = [collect(file, "f", tally.exactness, (file.mode,)) for file in files]
            if some := tally.count(cases, tell=False):
                tally.check(some)
        print(f"to seed {seeds[-1]}: {tally.accepted} of {tally.total}", flush=True)


def run_corpus(tally: Tally, options: argparse.Namespace) -> None:
    """Compare the programs of the corpus, or compile them with NVRTC."""
    for file in FILES:
        if options.files and file.path.stem not in options.files:
            continue
        names = [n for n in file.functions() if not options.functions or n in options.functions]
        cases = [collect(file, name, tally.exactness, ("always", "raise")) for name in names]
        some = tally.count(cases, tell=options.reasons)
        if not some:
            continue
        if options.nvrtc:
            for architecture in ARCHITECTURES:
                text = text_for_nvrtc(p for case in some for p in case.collected.programs.values())
                compile_text(text, architecture)
            print(f"{file.path.stem}: compiled for {', '.join(ARCHITECTURES)}", flush=True)
            continue
        tally.check(some, MODES[:1] if options.quick else MODES)
        print(f"{file.path.stem}: {len(some)} of {len(cases)} programs go to the GPU", flush=True)


BATCH = 40
"""Random programs in one translation unit."""


def main() -> int:
    """Run the campaign; return how many programs differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", nargs="*", default=[])
    parser.add_argument("--functions", nargs="*", default=[])
    parser.add_argument("--reasons", action="store_true", help="say why loops do not go, each")
    parser.add_argument("--quick", action="store_true", help="one mode of warnings only")
    parser.add_argument("--nvrtc", action="store_true", help="compile with NVRTC, run nothing")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="random programs")
    parser.add_argument("--pivots", type=int, default=0, metavar="N", help="of `tests.pivots`")
    parser.add_argument("--nests", type=int, default=0, metavar="N", help="random nests")
    parser.add_argument("--seed", type=int, default=0, help="of the first of these")
    parser.add_argument("--exactness", choices=EXACTNESS, default="exact", help="the tier")
    options = parser.parse_args()
    if COMPILER is None and not options.nvrtc:
        print("there is no g++")
        return 1
    os.environ.setdefault("PARLOOP_CACHE_DIR", tempfile.mkdtemp(prefix="parloop-cuda-"))
    dispatch.RAISES_BUGS = True
    tally = Tally(exactness=options.exactness)
    if options.random:
        run_random(tally, options.seed, options.random)
    elif options.pivots:
        run_random(tally, options.seed, options.pivots, PivotFile)
    elif options.nests:
        run_random(tally, options.seed, options.nests, NestFile)
    else:
        run_corpus(tally, options)
    print("\n".join(tally.lines()))
    return tally.failed


if __name__ == "__main__":
    sys.exit(main())
