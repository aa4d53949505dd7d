"""All programs of `tests/loops` on an emulated GPU, against CPython.

    python -m tests.cuda.campaign [--files NAME ...] [--functions NAME ...] [--reasons]
    python -m tests.cuda.campaign --nvrtc       compiles them all for every architecture instead

Says which share of the programs has loops that go to a GPU, whether what they leave is what CPython
leaves, and why the other loops do not go.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

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
from tests.differential import MODES, Mode, find_difference, run, slices_of

import parloop
from parloop.config import Exactness
from parloop.runtime import dispatch


@dataclass
class Case:
    """One function of the corpus: what it was found to be."""

    file: LoopFile
    name: str
    collected: Collected
    launches: int = 0
    differences: list[str] = field(default_factory=list)


def collect(
    file: LoopFile, name: str, exactness: Exactness = "exact", modes: Sequence[Mode] = MODES[:1]
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

    `sizes` are iterations a slice, None for the usual ones.
    """
    file, name = case.file, case.name
    with emulating(library) as launches:
        for number, arguments in enumerate(file.arguments(name)):
            for mode in modes:
                for slices in sizes:
                    plain = file.fresh()[name]
                    fast = parloop.parallel(file.fresh()[name], min_work_ms=0)
                    expected = run(plain, arguments, mode, str(file.path))
                    around = parloop.settings(threads=2, min_work_ms=0, exactness=exactness)
                    with slices_of(slices):
                        seen = run(fast, arguments, mode, str(file.path), around)
                    if why := find_difference(expected, seen):
                        text = f"arguments {number}, {mode}, slices of {slices}: {why}"
                        case.differences.append(text)
        case.launches = launches[0]


def compile_cases(cases: Iterable[Case], folder: Path) -> Library:
    """Compile the programs of several cases, each once."""
    programs = {k: p for case in cases for k, p in case.collected.programs.items()}
    return compile_all(list(programs.values()), folder)


def main() -> int:
    """Run the campaign; return how many programs differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", nargs="*", default=[])
    parser.add_argument("--functions", nargs="*", default=[])
    parser.add_argument("--reasons", action="store_true", help="say why loops do not go, each")
    parser.add_argument("--quick", action="store_true", help="one mode of warnings only")
    parser.add_argument("--nvrtc", action="store_true", help="compile with NVRTC, run nothing")
    arguments = parser.parse_args()
    if COMPILER is None and not arguments.nvrtc:
        print("there is no g++")
        return 1
    os.environ.setdefault("PARLOOP_CACHE_DIR", tempfile.mkdtemp(prefix="parloop-cuda-"))
    dispatch.RAISES_BUGS = True
    reasons: Counter[str] = Counter()
    total = accepted = failed = launches = 0
    for file in FILES:
        if arguments.files and file.path.stem not in arguments.files:
            continue
        names = [n for n in file.functions() if not arguments.functions or n in arguments.functions]
        cases = [collect(file, name, modes=("always", "raise")) for name in names]
        for case in cases:
            for function, line, why in case.collected.declined:
                reasons[f"{why.code} {why.message}"] += 1
                if arguments.reasons:
                    print(f"  {file.path.stem}.{case.name} {function}:{line} {why}")
        some = [case for case in cases if case.collected.programs]
        total, accepted = total + len(cases), accepted + len(some)
        if not some:
            continue
        if arguments.nvrtc:
            for architecture in ARCHITECTURES:
                text = text_for_nvrtc(p for case in some for p in case.collected.programs.values())
                compile_text(text, architecture)
            print(f"{file.path.stem}: compiled for {', '.join(ARCHITECTURES)}", flush=True)
            continue
        with tempfile.TemporaryDirectory(prefix="parloop-cuda-") as folder:
            try:
                library = compile_cases(some, Path(folder))
            except EmulationError as why:
                print(f"{file.path.stem}: does not compile\n{why}")
                failed += len(some)
                continue
            for case in some:
                try:
                    compare(case, library, modes=MODES[:1] if arguments.quick else MODES)
                except EmulationError as why:
                    case.differences.append(f"emulation: {why}")
                launches += case.launches
                if case.differences:
                    failed += 1
                    first = case.differences[0][:400]
                    print(f"{file.path.stem}.{case.name}: {len(case.differences)}: {first}")
        print(f"{file.path.stem}: {len(some)} of {len(cases)} programs go to the GPU", flush=True)
    for reason, count in reasons.most_common():
        print(f"{count:5}  {reason}")
    print(f"{accepted} of {total} programs go to the GPU, {launches} launches, {failed} differ")
    return failed


if __name__ == "__main__":
    sys.exit(main())
