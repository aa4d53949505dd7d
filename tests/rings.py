"""Random programs with loops over places on a ring, and with short loops inside.

    python -m tests.rings --programs 1000 --seed 7

The arguments, the comparison and the shrinking are those of `tests.fuzz`; every loop that can be is
cut into blocks, however short it is.
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

from tests.fuzz import MODES, Program, find_failure, shrink

from parloop.codegen import regions
from parloop.codegen.function import Mixed
from parloop.codegen.wrapping import WrapWriter
from parloop.ir.nodes import Expr

HEAD = "import math\nimport numpy as np\n\n\ndef f(a, b, c, p, q, idx, n, m, k, x, y):\n"


def make_ring_program(seed: int) -> Program:
    """Return the program of this seed, the same one always."""
    rng = random.Random(seed)
    text = HEAD + (_vectors(rng) if rng.random() < 0.5 else _matrices(rng))
    slices = rng.choice((None, None, 1, 2, 3, 7))
    return Program(text, seed, rng.choice(MODES), rng.choice((1, 2, 5)), slices)


def _distance(rng: random.Random) -> str:
    return rng.choice(("+ 1", "- 1", "+ 1", "- 1", "+ 2", "- 3", "+ 9", "- 40"))


def _vectors(rng: random.Random) -> str:
    size = rng.choice(("n", "n", "n", "len(a)", "m", "5"))
    ring = f"(i {_distance(rng)}) % {size}"
    element = rng.choice(("a", "a", "b", "c", "idx"))
    value = rng.choice((f"{element}[{ring}]", ring, f"{element}[{ring}] - {ring}"))
    target = rng.choice(("b", "b", "c", "a"))
    body = [f"{target}[i] = {value} {rng.choice('+-*')} {rng.choice(('a[i]', 'x', 'i', 'k'))}"]
    match rng.randrange(6):
        case 0:
            body = [f"s += {value}"]
        case 1:
            body += [f"t = {ring}", "s += t"]
        case 2:
            body = ["t = 0", *_short(rng, f"t += {element}[(i + d) % {size}]"), f"{target}[i] = t"]
        case 3:
            body = _short(rng, f"{target}[i] = {value} * d")
        case 4:
            body = [f"if {value} > x:", *(f"    {line}" for line in body)]
        case _:
            pass
    if rng.random() < 0.1:
        body.append("if s > 40:\n        break")
    start, stop = rng.choice(("0", "0", "0", "1", "-2", "2")), rng.choice((size, size, "n - 1"))
    return _function([f"for i in range({start}, {stop}):", *(f"    {line}" for line in body)])


def _short(rng: random.Random, line: str) -> list[str]:
    test = rng.choice(("", "", "d != 0", "d == 1 or x > 0", "not d > 0", "d < 1 and a[i] > d"))
    inside = [f"if {test}:", f"    {line}"] if test else [line]
    bounds = rng.choice(("-1, 2", "3", "2, -1, -1", "0", "1", "-2, 3", "6", "1, 6, 3"))
    lines = [f"for d in range({bounds}):", *(f"    {text}" for text in inside)]
    if rng.random() < 0.1:
        lines += ["else:", "    s += 1"]
    return lines


def _matrices(rng: random.Random) -> str:
    rows, columns = rng.choice((("n", "m"), ("n", "m"), ("p.shape[0]", "p.shape[1]")))
    source = rng.choice(("p", "p", "q"))
    cell = f"{source}[(i + di) % {rows}, (j + dj) % {columns}]"
    near = f"{source}[i, (j {_distance(rng)}) % {columns}]"
    body = rng.choice(
        (
            ["t = 0", *_around(rng, f"t += {cell}"), "q[i, j] = t"],
            ["t = x", *_around(rng, f"t = max(t, {cell})"), "q[i, j] = t"],
            [f"q[i, j] = {near} - p[i, j]"],
            [f"if {near} > x:", f"    q[i, j] = {near}", "else:", "    q[i, j] = 0"],
            [f"t = {near} / p[i, j]", "q[i, j] = t"],
        )
    )
    lines = [f"for j in range({rng.choice(('', '0, ', '1, '))}{columns}):", *_deeper(body)]
    return _function([f"for i in range({rows}):", *_deeper(lines)])


def _around(rng: random.Random, line: str) -> list[str]:
    test = rng.choice(("if True:", "if di != 0 or dj != 0:", "if di == 0 and dj != 0:"))
    bounds = rng.choice(("-1, 2", "2", "-1, 1"))
    return [
        f"for di in range({bounds}):",
        f"    for dj in range({bounds}):",
        f"        {test}",
        f"            {line}",
    ]


def _deeper(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _function(lines: list[str]) -> str:
    every = ["s = 0", "i = j = d = di = dj = t = -1", *lines]
    every += ["return a, b, c, p, q, s, t, i, j, d, di, dj"]
    return "\n".join(f"    {line}" for line in "\n".join(every).split("\n")) + "\n"


class Counted:
    """Counts the remainders that were written as their left operands."""

    def __init__(self) -> None:
        self.plain = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count inside of the block."""
        original = WrapWriter._expression

        def expression(writer: WrapWriter, expr: Expr) -> Mixed:
            self.plain += id(expr) in writer.plain
            return original(writer, expr)

        with mock.patch.object(WrapWriter, "_expression", expression):
            yield


def find_ring_failures(seeds: Sequence[int], folder: Path) -> tuple[Counted, list[str]]:
    """Return how many remainders went away, and what is left that plain Python does not leave."""
    counted = Counted()
    found: list[str] = []
    with counted.watching(), mock.patch.object(regions, "BLOCK_WORK", 8):
        for seed in seeds:
            program = make_ring_program(seed)
            if find_failure(program, folder) is not None:
                small = shrink(program, folder)
                how = f"{small.mode}, {small.threads} threads, slices of {small.slices}"
                found.append(f"seed {seed}, {how}: {find_failure(small, folder)}\n{small.text}")
    return counted, found


def main(arguments: Sequence[str]) -> int:
    """Run some programs; return 1 if any of them left something else than in plain Python."""
    parser = argparse.ArgumentParser(prog="python -m tests.rings")
    parser.add_argument("--programs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        seeds = range(options.seed, options.seed + options.programs)
        counted, found = find_ring_failures(seeds, Path(name))
    print("\n".join(found))
    print(f"{options.programs} programs, {len(found)} different; {counted.plain} plain remainders")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
