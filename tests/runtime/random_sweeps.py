"""Random steps of sweeps between grids, whose slices trip: `python -m tests.runtime.random_sweeps`.

What a slice does not save, because each step writes it before it reads it, has to come out right
all the same when the slice is undone and run again.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import numpy as np
from tests.differential import Mode, find_difference, run, slices_of

import parloop
from parloop.runtime import transaction

MODES: tuple[Mode, ...] = ("default", "default", "ignore", "error", "always")


def make_text(seed: int) -> str:
    """Return the function `f(steps, a, b, c, n, k)` of this seed: two or three sweeps a step."""
    rng = random.Random(seed)
    lines = ["def f(steps, a, b, c, n, k):", "    t = 0.0", "    for s in range(steps):"]
    arrays = rng.sample(("a", "b", "c"), rng.choice((2, 2, 3)))
    for number in range(rng.choice((2, 2, 3))):
        target = arrays[number % len(arrays)]
        source = arrays[(number + 1) % len(arrays)]
        low, high = rng.choice(((0, 0), (1, 1), (1, 1), (1, 2), (2, 1))), rng.choice((0, 1, 1, 2))
        lines.append(f"        for i in range({low[0]}, n - {high}):")
        if rng.random() < 0.15:
            lines.append(f"            if {source}[i] > 0.5:")
            lines.append(f"                {target}[i] = 0.25")
        shifts = [rng.randrange(-low[0], high + 1) for _ in range(2)]
        left, right = (f"{rng.choice((source, source, target))}[i + {by}]" for by in shifts)
        factor = rng.choice(("0.5", "0.25", "k", "1.5"))
        if rng.random() < 0.2:
            lines.append(f"            t = {left} * 0.5")
            left = "t"
        lines.append(f"            {target}[i] = {factor} * ({left} + {right})")
        if rng.random() < 0.2:
            lines.append(f"        {target}[{rng.choice((0, 1, -1))}] = s")
    return "\n".join(lines).replace("i + -", "i - ") + "\n    return t\n"


def find_failure(seed: int, trips: str, folder: Path) -> str | None:
    """Return how a native run of the program of `seed` differs from a plain one, or None.

    `trips` says which slices are taken for tripped, as `transaction.FAIL_AT` does.
    """
    text = make_text(seed)
    rng = np.random.default_rng(seed)
    n = int(rng.choice((4, 7, 40, 300)))
    a, b, c = (rng.uniform(-1, 1, n) for _ in range(3))
    if rng.random() < 0.5:
        a[int(rng.integers(n))] = 1.5e308
    arguments = (int(rng.integers(1, 8)), a, b, c, n, float(rng.choice((0.25, 0.5, 1e308))))
    path = folder / f"sweeps_{seed}.py"
    path.write_text(text, encoding="utf-8")
    made = []
    for _ in range(2):
        names: dict[str, object] = {"__name__": path.stem}
        exec(compile(text, str(path), "exec", dont_inherit=True), names)
        made.append(names["f"])
    mode = MODES[seed % len(MODES)]
    expected = run(made[0], arguments, mode, str(path))  # type: ignore[arg-type]
    native = parloop.parallel(made[1], min_work_ms=0)
    before, transaction.FAIL_AT = transaction.FAIL_AT, trips
    try:
        with slices_of((1, 2, 3, None)[seed % 4]):
            around = parloop.settings(threads=1 + seed % 3, min_work_ms=0)
            seen = run(native, arguments, mode, str(path), around)
    finally:
        transaction.FAIL_AT = before
    why = find_difference(expected, seen)
    return None if why is None else f"seed {seed}, trips {trips!r}, mode {mode}: {why}\n{text}"


def main() -> None:
    """Try many programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.programs):
            for trips in ("", "all", "middle"):
                if why := find_failure(seed, trips, Path(folder)):
                    raise SystemExit(why)
    print(f"{options.programs} programs, nothing differs")


if __name__ == "__main__":
    main()
