"""Random nests whose iterations run side by side leave the same as in order.

Widths are such that a jam, the smaller jam after it, and single iterations all come to run; what
the loops leave in their variables is compared, too.

A long campaign: `python -m tests.codegen.test_random_jams --programs 2000 --seed 1`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.differential import find_difference, run

import parloop
from parloop.codegen import regions
from parloop.codegen.jam import FEWER
from parloop.schedule import planner
from parloop.schedule.jam import choose_jams

WIDTHS = (0, 1, 5, 8, 9, 31, 32, 33, 39, 40, 41, 47, 64, 71, 75)
FACTORS = ("a[i, k]", "b[k, j]", "b[k, j]", "c[i, j]", "v[k]", "b[j, k]", "w[j]", "2.0", "k", "t")
SUMS = ("s += {e}", "s = s + {e}", "s -= {e}", "s = max(s, {e})", "s = {e}", "c[i, j] += {e}")


def make_text(rng: random.Random) -> str:
    """Return a function with a parallel loop around a chain of operations."""
    lines = [f"        for j in {rng.choice(('range(n)', 'range(i, n)', 'range(1, n, 2)'))}:"]
    lines.append(f"            {rng.choice(('s = 0.0', 's = w[j]', 'c[i, j] = 0.0; s = 1.0'))}")
    lines.append("            t = 0.5")
    for number in range(rng.choice((1, 1, 2))):
        index = "k" if number == 0 else rng.choice(("k", "m"))
        lines.append(f"            for {index} in {rng.choice(('range(p)', 'range(2, p)'))}:")
        if index == "m":
            lines.append("                s += v[m] * w[j]")
            continue
        for _ in range(rng.choice((1, 1, 2))):
            left, right = rng.choice(FACTORS), rng.choice(FACTORS)
            operation = rng.choice((f"{left} * {right}", f"{left} - {right}", left))
            lines.append(f"                {rng.choice(SUMS).format(e=operation)}")
        if rng.random() < 0.3:
            lines.append("                if s > 3.0:\n                    s = s * 0.25")
        if rng.random() < 0.3:
            lines.append("                t = s")
    lines.append(f"            {rng.choice(('d[i, j] = s', 'd[j, i] = s', 'd[i, j] = s + t'))}")
    body = "\n".join(lines)
    return (
        "def side_by_side(n, p, a, b, c, d, v, w):\n"
        "    i = j = k = m = s = t = None\n"
        f"    for i in range({rng.choice(('3', 'n'))}):\n{body}\n"
        "    return i, j, k, m, s, t\n"
    )


def make_arguments(rng: random.Random) -> tuple[Any, ...]:
    """Return sizes and arrays that are large enough for them, some of them seen transposed."""
    n, p, size = rng.choice(WIDTHS), rng.choice((0, 1, 2, 5)), 80
    numbers = np.random.default_rng(rng.randrange(1 << 30))
    dtype = rng.choice(("f8", "f8", "f8", "f4", "i8"))

    def array(*shape: int) -> np.ndarray[Any, Any]:
        values = numbers.integers(-4, 5, shape) * (1.0 if dtype == "i8" else 0.37)
        return values.astype(dtype)

    arrays = [array(size, size) for _ in range(4)]
    if rng.random() < 0.3:
        arrays[rng.randrange(4)] = array(size, size).T
    if rng.random() < 0.2:
        arrays[1][rng.randrange(3), rng.randrange(size)] = 1e308 if dtype == "f8" else 7
    return n, p, *arrays, array(size), array(size)


def find_failure(seed: int, folder: Path) -> str | None:
    """Return how the program of `seed` fails, with its text."""
    rng = random.Random(seed)
    path = folder / f"side_by_side{seed}.py"
    path.write_text(make_text(rng), encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": path.stem}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    plain = namespace["side_by_side"]
    fast = parloop.parallel(plain, min_work_ms=0)
    for _ in range(3):
        arguments = make_arguments(rng)
        expected = run(plain, arguments, "always", str(path))
        for threads in (1, 3):
            seen = run(fast, arguments, "always", str(path), parloop.settings(threads=threads))
            if why := find_difference(expected, seen):
                return f"{why}, {threads} threads\n{path.read_text()}\n{arguments[:2]}"
    return None


@pytest.mark.parametrize("seed", range(6))
def test_a_random_nest_side_by_side_leaves_what_python_leaves(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regions, "BLOCK_WORK", 8)
    assert find_failure(seed, tmp_path) is None


def test_the_random_nests_are_run_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the test above says nothing."""
    widths: set[int] = set()

    def watched(*arguments: Any) -> dict[int, int]:
        found = choose_jams(*arguments)
        widths.update(found.values())
        return found

    monkeypatch.setattr(planner, "choose_jams", watched)
    for seed in range(1000, 1004):  # other programs: nothing is planned twice
        assert find_failure(seed, tmp_path) is None
    assert max(widths) >= FEWER * FEWER


def main() -> None:
    """Run a campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    regions.BLOCK_WORK = 8
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed * 1_000_000, options.seed * 1_000_000 + options.programs):
            if why := find_failure(seed, Path(folder)):
                failed += 1
                print(f"seed {seed}: {why}")
    print(f"{options.programs} programs, {failed} failed")


if __name__ == "__main__":
    main()
