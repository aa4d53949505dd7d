"""Compare parloop with CPython, Numba and C, or measure what it costs (`overhead`)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import overhead, results
from benchmarks.program import program_names
from benchmarks.runner import Options, ProgramResult, run
from benchmarks.sides import PEERS

RESULTS = Path(__file__).with_name("results")


def main() -> None:
    """Measure what the command line asks for, print it, and write it into a folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", default="cpu", choices=("cpu", "overhead"))
    parser.add_argument("--programs", default=",".join(program_names()), help="names, with commas")
    parser.add_argument("--size", default="full", choices=("full", "cpython", "tiny"))
    parser.add_argument(
        "--peers", default=",".join(PEERS), help=f"some of {','.join(PEERS)}, or none"
    )
    parser.add_argument("--repeat", type=int, default=15, help="rounds in steady state")
    parser.add_argument("--first", type=int, default=3, help="fresh processes for each first call")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--out", type=Path, help=f"a folder for the results, such as {RESULTS.name}/"
    )
    options = parser.parse_args()
    if options.what == "overhead":
        print(overhead.measure())
        return
    programs = tuple(name for name in options.programs.split(",") if name)
    if unknown := [name for name in programs if name not in program_names()]:
        parser.error(f"no program is called {', '.join(unknown)}")
    peers = tuple(name for name in options.peers.split(",") if name in PEERS)
    chosen = Options(programs, peers, options.size, options.repeat, options.first, options.threads)
    done = _run(chosen)
    print(results.report_text(done, chosen, markdown=False))
    if options.out:
        _write(options.out, done, chosen)


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
