"""Compare one program's native run with its plain one, and campaigns of such programs.

What the random tests have in common that run a text with the function `f` once in each way, with
canaries around its arguments (`tests.differential`).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from tests.differential import Mode, find_difference, run, slices_of

import parloop
from parloop.codegen import regions
from parloop.runtime import transaction

MODES: tuple[Mode, ...] = ("default", "default", "ignore", "error", "always")


@dataclass(frozen=True)
class Way:
    """How a program is run natively."""

    mode: Mode
    trips: str
    """Which slices are taken for tripped."""
    threads: int
    slices: int | None
    """How many iterations a slice has, None: as many as it would."""
    block_work: int = regions.BLOCK_WORK
    """How many operations a block has at least."""


def way_of(seed: int, trips: str | None = None) -> Way:
    """Return one of the ways, in turn."""
    given = ("", "", "all", "middle")[seed % 4] if trips is None else trips
    return Way(MODES[seed % len(MODES)], given, seed % 3 + 1, (None, 2, 3)[seed % 3])


def compare(
    name: str, text: str, arguments: tuple[Any, ...], way: Way, folder: Path
) -> tuple[str | None, bool]:
    """Return how a native run of `text` differs from a plain one, or None; whether it was native.

    The text is kept in `folder` as the module `name`.
    """
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": name}
    exec(compile(text, str(path), "exec"), namespace)
    plain = namespace["f"]
    expected = run(plain, arguments, way.mode, str(path))
    parloop.reset_report()
    fast = parloop.parallel(plain, min_work_ms=0)
    with (
        mock.patch.object(transaction, "FAIL_AT", way.trips),
        mock.patch.object(regions, "BLOCK_WORK", way.block_work),
        slices_of(way.slices),
    ):
        around = parloop.settings(threads=way.threads, min_work_ms=0)
        seen = run(fast, arguments, way.mode, str(path), around)
    native = any(site.native_runs for site in parloop.report().sites)
    why = find_difference(expected, seen)
    return (None if why is None else f"{name}, {way}: {why}\n{text}"), native


Check = Callable[[int, Path], tuple[str | None, bool]]
"""Runs the program of a seed: how it differs, or None, and whether it ran natively."""


def campaign(check: Check, description: str | None, arguments: Sequence[str] | None = None) -> int:
    """Run the programs that the command line asks for, and print the first difference."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    native = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.programs):
            why, ran = check(seed, Path(folder))
            native += ran
            if why is not None:
                print(why)
                return 1
    print(f"{options.programs} programs, {native} of them natively, no difference")
    return 0
