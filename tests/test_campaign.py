"""The campaign runs every generator of random programs, each its share."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.campaign import GENERATORS, Result, run_batch, shares, summary

FOLDER = Path(__file__).parent
APART = {
    *("analysis.random_nests", "cuda.random_nests", "cuda.random_programs", "gpu.random_launches"),
    "frontend.test_random_programs",
}
"""Those of GPUs, and of what is no program that runs in two ways: with commands of their own."""


def test_every_generator_takes_part() -> None:
    there = {
        ".".join(path.relative_to(FOLDER).with_suffix("").parts)
        for pattern in ("**/random_*.py", "**/test_random_*.py")
        for path in FOLDER.glob(pattern)
    }
    modules = {generator.module for generator in GENERATORS.values()}
    assert there - APART <= modules


@pytest.mark.parametrize("programs", [0, 1, 99, 2000, 100_000])
def test_the_shares_are_all_programs(programs: int) -> None:
    assert sum(shares(programs, [*GENERATORS]).values()) == programs


@pytest.mark.parametrize("name", ["programs", "picked", "rings", "ways"])
def test_a_batch_counts_its_programs(name: str) -> None:
    result = run_batch(name, range(3), time.time() + 60)
    assert (result.programs, result.differences) == (3, [])
    assert result.native


def test_nothing_runs_when_the_time_is_over() -> None:
    assert run_batch("layouts", range(3), time.time() - 1).programs == 0


def test_the_summary_says_what_differs() -> None:
    results = {"rings": Result(7, 5, 1.0, [(3, "x became y")]), "ways": Result(2, 2, 1.0)}
    *_, rings, _, together = summary(results).splitlines()
    assert rings.split() == ["rings", "7", "5", "1", "1"]
    assert together.split() == ["all", "9", "7", "1", "2"]
