"""Random loops with reductions leave the same in blocks as in order."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.differential import find_difference, run

import parloop
from parloop.codegen import regions
from parloop.runtime import inspector

DTYPES = ("i1", "i2", "i4", "i8", "u1", "u4", "u8", "f8", "f4", "?")
STARTS: tuple[Any, ...] = (
    *(0, 1, -3, 100, 2**62, True, 0.0, -0.0, 2.5, float("nan"), float("inf")),
    *(np.int8(100), np.int64(5), np.uint8(7), np.int64(2**63 - 9), np.float64(-0.0)),
    *(np.float32(1.5), np.uint64(2**64 - 5), np.bool_(False), np.int32(-7)),
)
VALUES = ("a[i]", "b[i]", "a[i]", "1", "i", "a[i] > b[i]", "a[i] + b[i]", "-a[i]", "k[i]", "t")
STATEMENTS = (
    *("s{n} += {e}", "s{n} = {e} + s{n}", "s{n} -= {e}", "s{n} *= {e}", "s{n} |= {e}"),
    *("s{n} &= {e}", "s{n} ^= {e}", "s{n} = min(s{n}, {e})", "s{n} = max(s{n}, {e})"),
    *("if {e} < s{n}: s{n} = {e}", "if s{n} <= {e}: s{n} = {e}", "s{n} = min({e}, s{n})"),
    *("if {e} > s{n}: s{n} = {e}; z{n} = i", "if {e} <= s{n}: z{n} = {e}; s{n} = {e}"),
    *("s{n} = {e} if {e} > s{n} else s{n}", "s{n} = True"),
    *("h[k[i]] += {e}", "h[k[i]] -= {e}", "h[k[i]] |= {e}", "h[k[i]] += 1", "g[i] = {e}"),
    *("g[k[i] * 3] = {e}", "h[k[i]] = i"),
)


def make_text(rng: random.Random) -> str:
    """Return a function with a loop of a few reductions, some under conditions."""
    lines = []
    for n in range(rng.choice((1, 1, 2, 3))):
        statement = rng.choice(STATEMENTS).format(n=n, e=rng.choice(VALUES))
        condition = f"    if {rng.choice(VALUES[:3])} > {rng.choice(('0', '2', 'b[i]'))}:\n"
        if rng.random() < 0.3:
            lines.append("    " + condition)
            lines.append("            ")
        else:
            lines.append("        ")
        if "; " in statement:
            test, _, body = statement.partition(": ")
            pad = lines.pop()
            inner = "".join(f"{pad}    {part}\n" for part in body.split("; "))
            lines.append(f"{pad}{test}:\n{inner}")
        else:
            lines.append(statement + "\n")
    head = rng.choice(("range(len(a))", "range(1, len(a), 2)", "range(len(a) - 1, -1, -1)"))
    return (
        "def reduce(a, b, k, g, h, s0, s1, s2, z0, z1, z2):\n"
        f"    for i in {head}:\n        t = b[i]\n{''.join(lines)}"
        "    return s0, s1, s2, z0, z1, z2, g, h\n"
    )


def make_array(rng: random.Random, dtype: str, count: int) -> np.ndarray[Any, Any]:
    """Return mostly small numbers, with some special ones."""
    kind = np.dtype(dtype).kind
    lowest = 0 if kind in "ub" else -4
    small = [rng.randint(lowest, 9) for _ in range(count)]
    array = np.array(small).astype(dtype)
    if kind == "f":
        for _ in range(count // 8):
            array[rng.randrange(count)] = rng.choice((0.0, -0.0, np.nan, np.inf, 0.5))
    elif kind in "iu" and rng.random() < 0.4:
        info = np.iinfo(dtype)
        for _ in range(2):
            array[rng.randrange(count)] = rng.choice((info.max, info.min, info.max // 2))
    return array


@pytest.mark.parametrize("seed", range(12))
def test_a_random_loop_with_reductions_leaves_what_python_leaves(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regions, "BLOCK_WORK", 8)
    monkeypatch.setattr(inspector, "SECONDS_PER_INDEX", 0.0)
    assert find_failure(seed, tmp_path) is None


def find_failure(seed: int, folder: Path) -> str | None:
    """Return how the program of `seed` fails, with its text."""
    rng = random.Random(seed)
    path = folder / f"reduce{seed}.py"
    path.write_text(make_text(rng), encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": f"reduce{seed}"}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    plain = namespace["reduce"]
    fast = parloop.parallel(plain, min_work_ms=0)
    for _ in range(2):
        count = rng.choice((40, 41))
        a, b = (make_array(rng, rng.choice(DTYPES), count) for _ in range(2))
        k = np.array(rng.choice((rng.sample(range(count), count), [3, 1, 0, -1] * 11)))[:count]
        g, h = (make_array(rng, rng.choice(DTYPES), n) for n in (3 * count, count))
        starts = [rng.choice(STARTS) for _ in range(3)]
        arguments = (a, b, k, g, h, *starts, -1, -2, -3)
        expected = run(plain, arguments, "always", str(path))
        for threads in (1, 3):
            seen = run(fast, arguments, "always", str(path), parloop.settings(threads=threads))
            if why := find_difference(expected, seen):
                return f"{why}, {threads} threads\n{path.read_text()}\n{arguments}"
    return None
