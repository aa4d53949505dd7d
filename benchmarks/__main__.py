"""Compare parloop with CPython, Numba and C (`cpu`), or measure what it costs: where it brings
nothing (`overhead`), when a loop runs for the first time in a process (`first`), on a GPU
(`gpu`), on statements on arrays beside NumPy (`arrays`), or what the model predicts for
interpreter, cores and GPU beside what they take (`devices`, or `--devices`)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import arrays, devices, first, gpu, overhead, results
from benchmarks.program import program_names
from benchmarks.runner import Options, ProgramResult, run
from benchmarks.sides import PEERS

RESULTS = Path(__file__).with_name("results")


def main() -> None:
    """Measure what the command line asks for, print it, and write it into a folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    whats = ("cpu", "overhead", "first", "gpu", "arrays", "devices")
    parser.add_argument("what", nargs="?", default="cpu", choices=whats)
    parser.add_argument("--devices", action="store_true", help="the same as `devices`")
    parser.add_argument("--programs", default=",".join(program_names()), help="names, with commas")
    parser.add_argument(
        "--size", choices=("full", "cpython", "tiny"), help="full; for `first`, cpython"
    )
    parser.add_argument(
        "--peers", default=",".join(PEERS), help=f"some of {','.join(PEERS)}, or none"
    )
    parser.add_argument("--repeat", type=int, default=15, help="rounds in steady state")
    parser.add_argument("--first", type=int, default=3, help="fresh processes for each first call")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--out", type=Path, help=f"a folder for the results, such as {RESULTS.name}/"
    )
    parser.add_argument("--minutes", type=float, default=7.5, help="for `gpu`: how long at most")
    options = parser.parse_args()
    options.what = "devices" if options.devices else options.what
    if options.what == "overhead":
        print(overhead.measure())
        return
    if options.what == "arrays":
        print(arrays.report(options.repeat))
        return
    programs = tuple(name for name in options.programs.split(",") if name)
    if unknown := [name for name in programs if name not in program_names()]:
        parser.error(f"no program is called {', '.join(unknown)}")
    if options.what == "devices":
        named = () if options.programs == ",".join(program_names()) else programs
        if missing := [name for name in named if name not in devices.SIZES]:
            parser.error(f"there are no sizes for {', '.join(missing)}")
        devices.main(named, options.out)
        return
    if options.what == "gpu":
        chosen_here = () if options.programs == ",".join(program_names()) else programs
        sys.exit(gpu.main(chosen_here, options.minutes, options.out or RESULTS))
    peers = tuple(name for name in options.peers.split(",") if name in PEERS)
    size = options.size or ("cpython" if options.what == "first" else "full")
    chosen = Options(programs, peers, size, options.repeat, options.first, options.threads)
    if options.what == "first":
        _first(chosen, options.out)
        return
    done = _run(chosen)
    print(results.report_text(done, chosen, markdown=False))
    if options.out:
        _write(options.out, done, chosen)


def _first(options: Options, folder: Path | None) -> None:
    done = []
    for result in first.measure(options):
        done.append(result)
        print(f"{len(done)}/{len(options.programs)} {result.name}", file=sys.stderr, flush=True)
    print(first.report_text(done, options, markdown=False))
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        stem = folder / f"{results.file_stem()}-first"
        stem.with_suffix(".json").write_text(
            json.dumps(first.to_json(done, options), indent=1) + "\n"
        )
        stem.with_suffix(".md").write_text(first.report_text(done, options, markdown=True))
        print(f"written to {stem}.json and .md")


def _run(options: Options) -> list[ProgramResult]:
    done = []
    for result in run(options):
        done.append(result)
        print(f"{len(done)}/{len(options.programs)} {result.name}", file=sys.stderr, flush=True)
    return done


def _write(folder: Path, done: list[ProgramResult], options: Options) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / results.file_stem()
    text = json.dumps(results.to_json(done, options), indent=1)
    stem.with_suffix(".json").write_text(text + "\n")
    stem.with_suffix(".md").write_text(results.report_text(done, options, markdown=True))
    results.plot(done, stem.with_suffix(".png"))
    print(f"written to {stem}.json and .md")


if __name__ == "__main__":
    main()
