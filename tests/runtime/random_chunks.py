"""Random loops that change arrays in place: `python -m tests.runtime.random_chunks`.

They run chunk by chunk. What trips is taken back, all other chunks stay done. Some values warn.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
from tests.differential import Mode, find_difference, run, slices_of

import parloop
from parloop.runtime import chunks, transaction

MODES: tuple[Mode, ...] = ("default", "default", "default", "ignore", "error", "always", "raise")


def make_text(seed: int) -> str:
    """Return the function `f(x, y, z, g, n, k)` of this seed; `g` has two axes."""
    rng = random.Random(seed)
    offset = rng.choice((0, 0, 0, 1, -1))
    at = f"i + {offset}".replace("i + 0", "i").replace("+ -", "- ")
    lines = ["def f(x, y, z, g, n, k):", "    t = 0.5", "    i = 7"]
    low = rng.choice((0, 0, 1, 3)) + (offset < 0)
    lines.append(f"    for i in range({low}, n - {offset > 0:d}):")
    for _ in range(rng.choice((1, 1, 2, 3))):
        target = rng.choice(("x", "y", "z"))
        value = rng.choice((
            f"k * {rng.choice('xyz')}[{at}] + {target}[{at}]",
            f"{target}[{at}] * {target}[{at}]",
            f"{target}[{at}] / ({rng.choice('xyz')}[{at}] - 0.5)",
            f"np.sqrt({target}[{at}])",
            f"t - {target}[{at}]",
        ))  # fmt: skip
        kind = rng.random()
        if kind < 0.15:
            lines += [f"        if {target}[{at}] > 0.25:", f"            {target}[{at}] = {value}"]
        elif kind < 0.3:
            lines += [f"        t = {value}", f"        {target}[{at}] = t"]
        elif kind < 0.4:
            lines += [f"        if {target}[{at}] > 0.25:", f"            t = {value}"]
            lines.append(f"        {target}[{at}] = {value}")
        else:
            lines.append(f"        {target}[{at}] = {value}")
    if rng.random() < 0.3:
        lines.append(f"        for j in range({rng.choice(('5', 'g.shape[1]', 'i % 5'))}):")
        lines.append(f"            g[{at}, j] = g[{at}, j] * {rng.choice(('k', 't', 'g[i, j]'))}")
    return "\n".join(lines) + "\n    return i, t\n"


def make_arguments(seed: int) -> tuple[object, ...]:
    """Return arguments in which some elements make operations warn."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice((1, 5, 40, 700)))
    kind = rng.choice((np.float32, np.float64))
    arrays = [rng.uniform(0, 1, n).astype(kind) for _ in range(3)]
    arrays.append(rng.uniform(0, 1, (n, 5)).astype(kind))
    for array in arrays:
        for _ in range(int(rng.integers(0, 3))):
            flat = array.reshape(-1)
            flat[int(rng.integers(flat.size))] = rng.choice((0.5, np.finfo(kind).max, -1.0, np.nan))
    return (*arrays, n, float(rng.choice((0.5, 2.5))))


def find_failure(seed: int, trips: str, folder: Path) -> str | None:
    """Return how a native run of the program of `seed` differs from a plain one, or None."""
    text = make_text(seed)
    path = folder / f"chunks_{seed}.py"
    path.write_text(text, encoding="utf-8")
    made = []
    for _ in range(2):
        names: dict[str, object] = {"__name__": path.stem, "np": np}
        exec(compile(text, str(path), "exec", dont_inherit=True), names)
        made.append(names["f"])
    mode, arguments = MODES[seed % len(MODES)], make_arguments(seed)
    expected = run(made[0], arguments, mode, str(path))  # type: ignore[arg-type]
    native = parloop.parallel(made[1], min_work_ms=0)
    with (
        mock.patch.object(transaction, "FAIL_AT", trips),
        mock.patch.object(chunks, "CHUNK_BYTES", (64, 256, 4096)[seed // 3 % 3]),
        mock.patch("parloop.codegen.regions.BLOCK_WORK", (1, 200)[seed % 2]),
        slices_of((None, None, 30)[seed % 3]),
    ):
        around = parloop.settings(threads=1 + seed % 3, min_work_ms=0)
        seen = run(native, arguments, mode, str(path), around)
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
