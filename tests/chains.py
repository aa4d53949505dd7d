"""Random programs with loops of which LLVM makes no lanes: ordered sums, stores where data says.

    python -m tests.chains --programs 1000 --seed 7

The arguments, the comparison and the shrinking are those of `tests.fuzz`.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from llvmlite import ir
from tests.fuzz import MODES, Program, find_failure, shrink

from parloop.codegen.expressions import ExpressionWriter
from parloop.ir.nodes import Load, Store

HEAD = "import math\nimport numpy as np\n\n\ndef f(a, b, c, p, q, idx, n, m, k, x, y):\n"
PLACES = (
    "idx[i]", "idx[i]", "idx[i] - k", "idx[idx[i]]", "idx[i] % 7", "int(a[i])", "int(a[i] * x)",
    "int(y)", "int(a[i] * 1e18) // 7", "i - k", "-i", "int(a[i] - x) // int(a[i])",
)  # fmt: skip
TYPES = ("idx", "b", "c", "a", "idx")


def make_chain_program(seed: int) -> Program:
    """Return the program of this seed, the same one always."""
    rng = random.Random(seed)
    body = [_statement(rng) for _ in range(rng.choice((1, 1, 2)))]
    if rng.random() < 0.4:
        test = rng.choice(("a[i] > x", "x <= a[i] < y", "idx[i] >= 0", "i != k"))
        body = [f"if {test}:", *_deeper(body)]
    if rng.random() < 0.08:
        body.append("if s > 40:\n    break")
    lines = [f"for i in range({rng.choice(('n', 'n', 'len(idx)', '1, n', 'n - 1, -1, -1'))}):"]
    lines += _deeper("\n".join(body).split("\n"))
    if rng.random() < 0.3:
        before = rng.choice(("t = 0.0", "t = x", "q[r, 0] = 0"))
        lines = [f"for r in range({rng.choice(('m', '3', 'p.shape[0]'))}):", f"    {before}"] + [
            f"    {line}" for line in lines
        ]
        lines.append(f"    {rng.choice(('s += t', 'q[r, 0] = t', 'b[r] = t'))}")
    every = ["s = 0", "t = 0.0", "i = r = -1", *lines, "return a, b, c, p, q, idx, s, t, i, r"]
    text = HEAD + "\n".join(_deeper(every)) + "\n"
    slices = rng.choice((None, None, 1, 2, 3, 7))
    return Program(text, seed, rng.choice(MODES), rng.choice((1, 2, 5)), slices)


def _statement(rng: random.Random) -> str:
    place, array = rng.choice(PLACES), rng.choice(TYPES)
    operator = rng.choice(("+", "+", "-", "*"))
    amount = rng.choice(("1", "1", "x", "a[i]", "idx[i]", f"b[{rng.choice(PLACES)}]"))
    corner = f"p[{rng.choice(PLACES)}, {rng.choice(('0', 'idx[i]', 'int(a[i])'))}]"
    return rng.choice(
        (
            f"{array}[{place}] {operator}= {amount}",
            f"{array}[{place}] {operator}= {amount}",
            f"{array}[{place}] = {array}[{place}] {operator} {amount}",
            f"{array}[{place}] = {amount} {operator} {array}[{place}]",
            f"t {operator}= {array}[{place}] * {amount}",
            f"t = t {operator} {corner}",
            f"s += {array}[{place}]",
            f"q[{place}, 1] {operator}= {corner}",
        )
    )


def _deeper(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


class Counted:
    """Counts the subscripts that were tested by a branch."""

    def __init__(self) -> None:
        self.branches = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count inside of the block."""
        original = ExpressionWriter.address_aside

        def address_aside(writer: ExpressionWriter, node: Load | Store) -> ir.Value:
            self.branches += 1
            return original(writer, node)

        with mock.patch.object(ExpressionWriter, "address_aside", address_aside):
            yield


def find_chain_failures(seeds: Sequence[int], folder: Path) -> tuple[Counted, list[str]]:
    """Return how many subscripts became branches, and what plain Python does not leave."""
    counted = Counted()
    found: list[str] = []
    with counted.watching():
        for seed in seeds:
            program = make_chain_program(seed)
            if find_failure(program, folder) is not None:
                small = shrink(program, folder)
                how = f"{small.mode}, {small.threads} threads, slices of {small.slices}"
                found.append(f"seed {seed}, {how}: {find_failure(small, folder)}\n{small.text}")
    return counted, found


def main(arguments: Sequence[str]) -> int:
    """Run some programs; return 1 if any of them left something else than in plain Python."""
    parser = argparse.ArgumentParser(prog="python -m tests.chains")
    parser.add_argument("--programs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        seeds = range(options.seed, options.seed + options.programs)
        counted, found = find_chain_failures(seeds, Path(name))
    print("\n".join(found))
    print(f"{options.programs} programs, {len(found)} different; {counted.branches} branches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
