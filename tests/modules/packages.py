"""Run the test suites of packages from PyPI with and without parloop, and compare all outcomes.

    python -m tests.modules.packages mpmath pywt networkx
    python -m tests.modules.packages --doctests mpmath networkx

For each package, which has to be installed with its tests, three runs: plain, with parloop as a
person would have it, and with every loop natively however small (`--min-work-ms 0`). Prints how
many loops ran natively, and every test with another outcome; the exit code is that of a failure if
there is one. Takes minutes: it is not part of the ordinary run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

SUITES: Final[dict[str, list[str]]] = {
    "mpmath": ["mpmath/tests"],
    "pywt": ["pywt/tests"],
    "networkx": ["networkx/linalg", "networkx/algorithms/link_analysis"],
    "patsy": ["patsy"],
    "scipy": ["scipy/interpolate", "scipy/spatial"],
}  # fmt: skip
"""The folders of a package's own tests, from where it is installed."""

DOCTESTS: Final[dict[str, list[str]]] = {
    "mpmath": ["mpmath/calculus", "mpmath/matrices", "mpmath/libmp"],
    "networkx": ["networkx/linalg", "networkx/algorithms/link_analysis", "networkx/generators"],
}
"""The folders of modules whose examples are run."""

PYTEST: Final = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--tb=short"]


def outcomes(report: Path) -> dict[str, str]:
    """Return the outcome of every test, from pytest's report."""
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        kinds = [child.tag for child in case if child.tag not in ("properties", "system-out")]
        message = " ".join(child.get("message", "") for child in case)
        found[name] = f"{' '.join(kinds) or 'passed'} {message}".strip()
    return found


def where(package: str, suites: dict[str, list[str]]) -> list[str]:
    """Return the folders of a package's tests."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed")
    return [str(Path(spec.origin).parent.parent / folder) for folder in suites[package]]


def run(package: str, folder: Path, tests: list[str], *options: str, ours: bool) -> tuple[
    dict[str, str], str, list[dict[str, object]]
]:  # fmt: skip
    """Run a package's tests; return the outcomes, the end of what was said, and what ran."""
    report, ran = folder / "report.xml", folder / "ran.json"
    start = [sys.executable, "-m"]
    if ours:
        start += ["parloop", "run", "--json", str(ran), *options, "-m"]
    middle = ["--install", package] if ours else []
    words = [*start, "pytest", *middle, *PYTEST, f"--junitxml={report}", *tests]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    began = time.monotonic()
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True,
                          check=False)  # fmt: skip
    seconds = time.monotonic() - began
    lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or ["nothing"]
    sites = json.loads(ran.read_text())["sites"] if ran.exists() else []
    return outcomes(report), f"{lines[-1]} (exit code {done.returncode}, {seconds:.0f} s)", sites


def compare(package: str, tests: list[str], folder: Path) -> int:
    """Print how the runs of one package differ, and return in how many tests."""
    plain, said, _ = run(package, folder, tests, ours=False)
    print(f"{package}: plain            {said}", flush=True)
    different = 0
    for name, options in (("as it comes", ()), ("every loop", ("--min-work-ms", "0"))):
        ours, said, sites = run(package, folder, tests, *options, ours=True)
        native = [site for site in sites if site["native_runs"]]
        runs = sum(int(str(site["native_runs"])) for site in native)
        print(f"{package}: {name:<16} {said}; {len(native)} of {len(sites)} loops ran natively, "
              f"{runs} times", flush=True)  # fmt: skip
        for test in sorted(plain.keys() | ours.keys()):
            if plain.get(test) != ours.get(test):
                different += 1
                print(f"  {test}\n    plain: {plain.get(test)}\n    ours:  {ours.get(test)}")
    return different


def main() -> int:
    """Compare the packages that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*", default=["mpmath", "pywt", "networkx"])
    parser.add_argument("--pytest", default="", help="further words for pytest")
    parser.add_argument("--doctests", action="store_true", help="the examples in their modules")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        more = options.pytest.split()
        suites = DOCTESTS if options.doctests else SUITES
        more += ["--doctest-modules"] if options.doctests else []
        words = {name: where(name, suites) + more for name in options.packages}
        return int(sum(compare(name, words[name], Path(folder)) for name in words) > 0)


if __name__ == "__main__":
    sys.exit(main())
