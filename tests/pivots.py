"""Random programs whose loops pass through one of their iterations, as those of Floyd and Warshall.

    python -m tests.pivots --programs 1000 --seed 7

The arguments, the comparison and the shrinking are those of `tests.fuzz`; every loop that can be is
cut into blocks, however short it is.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest import mock

from tests.fuzz import MODES, Program, find_failure, shrink

from parloop.codegen import regions
from parloop.runtime.regions import Ready
from parloop.runtime.specialisation import Specialisation

HEAD = "import math\nimport numpy as np\n\n\ndef f(a, b, c, p, q, idx, n, m, k, x, y):\n"


def make_pivot_program(seed: int) -> Program:
    """Return the program of this seed, the same one always."""
    rng = random.Random(seed)
    text = HEAD + (_vectors(rng) if rng.random() < 0.4 else _matrices(rng))
    slices = rng.choice((None, None, 1, 2, 3, 7))
    return Program(text, seed, rng.choice(MODES), rng.choice((1, 2, 5)), slices)


def _vectors(rng: random.Random) -> str:
    pivot = rng.choice(("k", "k", "k", "0", "2", "k + 1", "k - 1", "m"))
    other = rng.choice(("b[i]", "c[i]", "x", "i", "b[k]"))
    value = f"a[{pivot}] {rng.choice('+-*')} {other}"
    body = [f"a[i] = {value}"]
    if rng.random() < 0.3:
        body = [f"t = {value}", rng.choice(("a[i] = t", "if t < a[i]:\n            a[i] = t"))]
    if rng.random() < 0.3:
        body.append(rng.choice(("b[i] = a[i] * 2", "c[i] = a[i] / b[i]", "s += i", "b[i] = b[0]")))
    low, high = rng.choice(("0", "0", "1", "k")), rng.choice(("n", "n", "n - 1", "m"))
    lines = [f"for i in range({low}, {high}):", *(f"    {line}" for line in body)]
    return _function(lines)


def _matrices(rng: random.Random) -> str:
    pivot = rng.choice(("k", "k", "k", "l", "l", "0", "k + 1"))
    column = rng.choice(("l", "l", "k", "1", "j"))
    test = f"p[i, {column}] {rng.choice('+-*')} p[{pivot}, j]"
    body = rng.choice(
        (
            [f"t = {test}", "if t < p[i, j]:", "    p[i, j] = t"],
            [f"p[i, j] = {test}"],
            [f"p[i, j] = min(p[i, j], {test})"],
            [f"p[i, j] -= {test}", "q[i, j] = p[i, j]"],
            [f"q[i, j] = {test}", f"p[i, {column}] = q[i, j]"],
            [f"if p[i, j] > x:\n        p[i, j] = q[i, j] + p[i, {column}]"],
        )
    )
    low = rng.choice(("0", "0", "0", "1", "l + 1", "l"))
    lines = [f"for j in range({low if 'l' not in low else '0'}, m):", *(f"    {x}" for x in body)]
    lines = [f"for i in range({low}, n):", *(f"    {line}" for line in _flat(lines))]
    lines = [f"for l in range({rng.choice(('m', 'm', '2', 'min(n, m)'))}):", *_deeper(lines)]
    return _function(lines)


def _flat(lines: list[str]) -> list[str]:
    return [line for text in lines for line in text.split("\n")]


def _deeper(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _function(lines: list[str]) -> str:
    every = ["s = 0", "i = j = l = t = -1", *_flat(lines), "return a, b, c, p, q, s, t, i, j, l"]
    return "\n".join(f"    {line}" for line in every) + "\n"


class Counted:
    """Counts the launches that were decided on, and those with split loops."""

    def __init__(self) -> None:
        self.launches = self.split = 0

    def watching(self) -> AbstractContextManager[object]:
        """Count inside of the block."""
        original = Specialisation.ready

        def ready(self_: Specialisation, *arguments: Any, **named: Any) -> Ready:
            found = original(self_, *arguments, **named)
            self.launches += 1
            self.split += bool(found.kernel.plan.splits)
            return found

        return mock.patch.object(Specialisation, "ready", ready)


def find_pivot_failures(seeds: Sequence[int], folder: Path) -> tuple[Counted, list[str]]:
    """Return how often loops were split, and what was left that plain Python does not leave."""
    counted = Counted()
    found: list[str] = []
    with (
        counted.watching(),
        mock.patch.object(regions, "BLOCK_WORK", 8),
    ):
        for seed in seeds:
            program = make_pivot_program(seed)
            if find_failure(program, folder) is not None:
                small = shrink(program, folder)
                how = f"{small.mode}, {small.threads} threads, slices of {small.slices}"
                found.append(f"seed {seed}, {how}: {find_failure(small, folder)}\n{small.text}")
    return counted, found


def main(arguments: Sequence[str]) -> int:
    """Run some programs; return 1 if any of them left something else than in plain Python."""
    parser = argparse.ArgumentParser(prog="python -m tests.pivots")
    parser.add_argument("--programs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        seeds = range(options.seed, options.seed + options.programs)
        counted, found = find_pivot_failures(seeds, Path(name))
    print("\n".join(found))
    print(f"{options.programs} programs, {len(found)} different; {counted.split} launches split")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
