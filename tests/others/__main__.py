"""Run programs that others wrote with and without parloop; compare what they leave, and times.

    python -m tests.others                       every program that is there
    python -m tests.others nbody chaos           these
    python -m tests.others --rounds 7 --json out.json

The programs are benchmarks of `pyperformance`, which has to be installed (or `--from` names the
folder that has them), and are run as they are, by what stands in for `pyperf`. Each runs

- plain and under `parloop run`, in turns, as often as `--rounds` says: the same output, results,
  globals and state of `random`, bit for bit; processor time of each call, time of the process;
- with every loop natively, however small, and each of them compared with CPython (`--verify`).

Prints a line a program. The exit code is that of a failure if something differs, or if a program's
fastest call takes over 2 % longer. Takes minutes: it is not part of the ordinary run.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

PROGRAMS: Final = (
    "barnes_hut", "chaos", "comprehensions", "crypto_pyaes", "deltablue", "fannkuch", "float",
    "generators", "go", "hexiom", "mdp", "meteor_contest", "nbody", "nqueens", "pidigits",
    "pyflate", "raytrace", "richards", "scimark", "spectral_norm", "unpack_sequence",
)  # fmt: skip
"""Of `pyperformance`, what computes and needs nothing but the standard library."""

SLOWER: Final = 1.02
"""How much longer a call may take."""

STAND_IN: Final = Path(__file__).parent / "stand_in"


@dataclass(slots=True)
class Run:
    """What one process left."""

    seconds: float
    """From start to end."""
    code: int
    output: str
    notes: dict[str, Any]
    sites: list[dict[str, Any]] = field(default_factory=list)

    def outcome(self) -> dict[str, Any]:
        """Return what has to be the same."""
        kept = {name: value for name, value in self.notes.items() if name != "seconds"}
        return {**kept, "exit code": self.code, "output": self.output}


def programs_of(folder: str | None) -> Path:
    """Return where the benchmarks are."""
    if folder is not None:
        return Path(folder)
    spec = importlib.util.find_spec("pyperformance")
    if spec is None or spec.origin is None:
        raise SystemExit("pyperformance is not installed, and --from not given")
    return Path(spec.origin).parent / "data-files" / "benchmarks"


def run(script: Path, options: list[str] | None, repeats: int) -> Run:
    """Run a program once, under `parloop run` with `options` unless they are None."""
    with tempfile.TemporaryDirectory() as name:
        notes, ran = Path(name) / "notes.json", Path(name) / "ran.json"
        ours = [] if options is None else ["-m", "parloop", "run", "--json", str(ran), *options]
        paths = [str(STAND_IN), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {
            **{n: value for n, value in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONHASHSEED": "1",
            "OTHERS_NOTES": str(notes),
            "OTHERS_REPEATS": str(repeats),
        }
        began = time.perf_counter()
        words = [sys.executable, *ours, script.name]
        done = subprocess.run(words, cwd=script.parent, env=environment, capture_output=True,
                              text=True, check=False)  # fmt: skip
        seconds = time.perf_counter() - began
        noted = json.loads(notes.read_text()) if notes.exists() else {}
        sites = json.loads(ran.read_text())["sites"] if ran.exists() else []
        output = done.stdout + done.stderr.replace(str(script.parent), "")
        return Run(seconds, done.returncode, output, noted, sites)


@dataclass(slots=True)
class Compared:
    """What all runs of one program came to."""

    name: str
    loops: int
    entered: int = 0
    native: int = 0
    share: float = 0.0
    """Of the entries to loops, those that ran natively."""
    call: float = 1.0
    """The fastest call under parloop, against the fastest without."""
    process: float = 1.0
    plain_seconds: float = 0.0
    differences: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Return all of it in words."""
        said = (
            f"{self.name:<16} {self.loops:3} loops, {self.entered:2} with sites entered, "
            f"{self.native:2} natively ({self.share:4.0%} of entries); calls x {self.call:.3f}, "
            f"processes x {self.process:.3f} of {self.plain_seconds:.2f} s"
        )
        return "\n".join([said, *(f"    differs: {one}" for one in self.differences)])


def differences(plain: Run, ours: Run, how: str) -> list[str]:
    """Return in what two runs differ."""
    one, other = plain.outcome(), ours.outcome()
    return [
        f"{how}: {key}: {str(one.get(key))[-300:]} without, {str(other.get(key))[-300:]} with"
        for key in sorted(one.keys() | other.keys())
        if one.get(key) != other.get(key)
    ]


def compare(name: str, script: Path, rounds: int, wanted: float) -> Compared:
    """Run one program all ways."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    kinds = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp)
    found = Compared(name, sum(isinstance(node, kinds) for node in ast.walk(tree)))
    once = run(script, None, 1)
    if once.code:
        found.differences.append(f"it fails without parloop: {once.output[-300:]}")
        return found
    longest = sum(min(calls) for calls in once.notes["seconds"].values())
    repeats = max(1, min(50, int(wanted / max(longest, 1e-6))))
    plain: list[Run] = []
    ours: list[Run] = []
    for _ in range(rounds):
        plain.append(run(script, None, repeats))
        ours.append(run(script, [], repeats))
    checked = run(script, ["--verify", "--min-work-ms", "0"], min(2, repeats))
    found.differences += differences(plain[0], ours[0], "as it comes")
    few = run(script, None, min(2, repeats))
    found.differences += differences(few, checked, "every loop")
    native = sum(site["native_runs"] for site in ours[0].sites)
    entries = native + sum(site["interpreted_runs"] for site in ours[0].sites)
    found.entered, found.share = len(ours[0].sites), native / max(1, entries)
    found.native = sum(site["native_runs"] > 0 for site in checked.sites)
    found.call = fastest(ours) / fastest(plain)
    found.process = min(r.seconds for r in ours) / min(r.seconds for r in plain)
    found.plain_seconds = min(r.seconds for r in plain)
    return found


def fastest(runs: list[Run]) -> float:
    """Return how long the fastest call of each benchmark took, all together."""
    names = runs[0].notes["seconds"]
    return float(sum(min(min(r.notes["seconds"][name]) for r in runs) for name in names))


def main() -> int:
    """Compare the programs that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", nargs="*", default=list(PROGRAMS))
    parser.add_argument("--from", dest="folder", help="the folder with the benchmarks")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="about, of each process")
    parser.add_argument("--json", help="where to write all figures")
    options = parser.parse_args()
    folder = programs_of(options.folder)
    found: list[Compared] = []
    for name in options.programs:
        script = folder / f"bm_{name}" / "run_benchmark.py"
        found.append(compare(name, script, options.rounds, options.seconds))
        print(found[-1].line(), flush=True)
    if options.json:
        rows = [{n: getattr(one, n) for n in Compared.__slots__} for one in found]  # type: ignore[attr-defined]
        Path(options.json).write_text(json.dumps(rows, indent=1))
    return int(any(one.differences or one.call > SLOWER for one in found))


if __name__ == "__main__":
    sys.exit(main())
