"""Random nests that carry values along columns leave in bands what they leave in order.

`python -m tests.codegen.test_random_bands 1000 7` runs a thousand programs from seed 7 on.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from tests.codegen.any_way import find_failure_of

from parloop.codegen import bands, regions
from parloop.codegen.bands import BandWriter
from parloop.runtime import dispatch

DTYPES = ("f8", "f8", "f8", "f4", "i8", "i4", "u1")

COLUMNS = (
    "s[j] += a[i, j] * r[i]",
    "s[j] = s[j] * 0.5 - a[i, j]",
    "s[j] = max(s[j], a[i, j])",
    "s[j] -= p[j] + i",
    "c[j] += 1",
    "c[j] = c[j] + s[j]",
    "u[i, j] = u[i - 1, j] * 0.5 + a[i, j]",
    "u[i, j] = u[i, j] + s[j] * u[i - 2, j]",
    "u[i - 1, j] = a[i, j] - s[j]",
    "s[j] = s[j] / p[j]",
)
"""Statements that need nothing of other columns."""

ACROSS = (
    "q[i] += a[i, j] * p[j]",
    "q[i] = q[i] - s[j]",
    "z += a[i, j]",
    "u[i, j] = u[i - 1, j - 1] + a[i, j]",
    "s[j] = s[j - 1] * 0.5 + a[i, j]",
    "c[m - 1 - j] += 1",
    "c[k[j]] += 1",
    "u[i, j] = u[i + 1, j] + 1",
)
"""Statements that need something of other columns, or of later rows."""


def make_block(rng: random.Random) -> list[str]:
    """Return the statements of an iteration of the inner loop."""
    lines: list[str] = []
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
        line = rng.choice(COLUMNS if rng.random() < 0.75 else ACROSS)
        match rng.randrange(8):
            case 0:
                lines += [f"if a[i, j] > {rng.choice(('0', 'r[i]', 's[j]'))}:", f"    {line}"]
            case 1:
                lines += ["t = a[i, j] - s[j]", line.replace("a[i, j]", "t")]
            case 2:
                lines += [f"if p[j] < 0:\n    {line}\nelse:\n    c[j] -= i"]
            case _:
                lines.append(line)
    return "\n".join(lines).split("\n")


def make_text(rng: random.Random) -> str:
    """Return a function with such a nest, sometimes with more in the outer loop."""
    outer = rng.choice(("range(2, n)", "range(2, n)", "range(n - 1, 1, -1)", "range(2, n, 3)"))
    lines = ["def columns(a, u, s, p, c, q, r, k, n, m):", "    i = j = t = z = 0"]
    lines.append(f"    for i in {outer}:")
    if rng.random() < 0.4:
        more = rng.choice(("q[i] = 0", "w = r[i]", "r[i] = i", "q[i] = q[i - 1]"))
        lines.append(f"        {more}")
    for _ in range(rng.choice((1, 1, 1, 2))):
        inner = rng.choice(("range(m)", "range(1, m)", "range(1, m, 2)", "range(m - 1, 0, -1)"))
        lines.append(f"        for j in {inner}:")
        lines += ["            " + line for line in make_block(rng)]
    if rng.random() < 0.2:
        lines.append("        r[i] = q[i] * 2")
    return "\n".join([*lines, f"    return {rng.choice(('i, j, t, z', 'i, j', 's'))}", ""])


def make_arguments(rng: random.Random) -> tuple[Any, ...]:
    """Return arrays of small numbers, with bounds near the edges of bands, tiles and groups."""
    n = rng.choice((0, 1, 2, 3, 9, 10, 11, 18, 19, 26, 35))
    m = rng.choice((0, 1, 2, 5, 6, 7, 8, 13, 15, 29, 40))
    numbers = np.random.default_rng(rng.randrange(1 << 30))

    def array(*shape: int) -> Any:
        found = numbers.integers(-9, 10, shape).astype(rng.choice(DTYPES))
        return found * found.dtype.type(0.125) if found.dtype.kind == "f" else found

    a, u = array(n + 1, m), array(n + 1, m)
    s, p, c = array(m), array(m), numbers.integers(-5, 5, m)
    q, r = array(n + 1), array(n + 1)
    if rng.random() < 0.15:
        a = np.asfortranarray(a)
    match rng.randrange(12):
        case 0:
            u = a
        case 1:
            s = a[1] if n else s
        case 2:
            p = s
        case 3:
            s = array(2 * m)[::2]
        case _:
            pass
    return a, u, s, p, c, q, r, numbers.permutation(m), n, m


def find_failure(seed: int, folder: Path, seen: Counter[int]) -> str | None:
    """Return how the program of `seed` fails, with its text."""
    rng = random.Random(seed)
    text, path = make_text(rng), folder / f"columns{seed}.py"
    written = BandWriter.band

    def counting(*arguments: Any) -> None:
        seen[seed] += 1
        written(*arguments)

    with ExitStack() as stack:
        for module, name, value in (
            (bands, "BLOCK_WORK", 1),
            (regions, "BLOCK_WORK", 1),
            (bands, "LEAST_WIDTH", rng.choice((1, 3))),
            (bands, "GOOD_WIDTH", rng.choice((1, 5))),
            (bands, "TILE", rng.choice((2, 7, 30))),
        ):
            stack.enter_context(mock.patch.object(module, name, value))
        stack.enter_context(mock.patch.object(BandWriter, "band", counting))
        return find_failure_of(text, "columns", path, rng, make_arguments)


@pytest.mark.parametrize("first", range(0, 48, 8))
def test_random_nests_leave_in_bands_what_python_leaves(first: int, tmp_path: Path) -> None:
    seen: Counter[int] = Counter()
    for seed in range(first, first + 8):
        assert find_failure(seed, tmp_path, seen) is None
    assert len(seen) >= 2, "the programs are meant to run in bands"


if __name__ == "__main__":
    dispatch.RAISES_BUGS = True
    count, start = (int(argument) for argument in sys.argv[1:3])
    ran: Counter[int] = Counter()
    with tempfile.TemporaryDirectory() as place:
        for number in range(start, start + count):
            if failure := find_failure(number, Path(place), ran):
                print(f"seed {number}: {failure}")
    print(f"{count} programs from seed {start} on, {len(ran)} of them in bands")
