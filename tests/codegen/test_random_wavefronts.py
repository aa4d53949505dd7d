"""Random nests with dependences at constant distances leave as wavefronts what they leave in order.

`python -m tests.codegen.test_random_wavefronts 1000 7` runs a thousand programs from seed 7 on.
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

from parloop.codegen import wavefront
from parloop.codegen.wavefront import WaveWriter
from parloop.runtime import dispatch

DISTANCES = (
    *((0, 1), (0, 1), (0, 2), (0, 3), (1, 0), (1, -1), (1, 1), (1, -2), (2, 1), (2, -3), (3, 0)),
    *((1, 2), (2, 0), (9, 0), (1, -5)),
)
DTYPES = ("f8", "f8", "f8", "f4", "i8", "i4", "i2")
REACH = 9
"""How far from the border of the arrays the loops stay, at least."""


def neighbour(rng: random.Random, array: str) -> str:
    """Return an element that an earlier iteration wrote, or that a later one will write."""
    down, right = rng.choice(DISTANCES)
    if rng.random() < 0.3:
        down, right = -down, -right
    return f"{array}[i - {down}, j - {right}]".replace("- -", "+ ")


def value(rng: random.Random, names: tuple[str, ...]) -> str:
    """Return an expression over neighbours, inputs, indices and scalars."""
    parts = [neighbour(rng, rng.choice(("u", "u", "u", "v"))) for _ in range(rng.choice((1, 2, 3)))]
    extra = ("w[i, j]", "w[j, i]", "i", "j", "2", "0.5", "c", *names)
    parts += rng.sample(extra, rng.choice((0, 1, 2)))
    rng.shuffle(parts)
    text = parts[0]
    for part in parts[1:]:
        match rng.randrange(8):
            case 0 | 1:
                text = f"({text} - {part})"
            case 2:
                text = f"({text} * 0.25 + {part})"
            case 3:
                text = f"min({text}, {part})"
            case 4:
                text = f"({part} if {text} < {part} else {text})"
            case _:
                text = f"({text} + {part})"
    return text


def make_body(rng: random.Random) -> list[str]:
    """Return statements of an iteration."""
    lines: list[str] = []
    names: tuple[str, ...] = ()
    for _ in range(rng.choice((0, 0, 1, 2))):
        name = rng.choice(("t", "s"))
        if rng.random() < 0.5:
            test = f"{neighbour(rng, 'u')} > w[i, j]"
            lines += [f"if {test}:", f"    {name} = {value(rng, names)}"]
            lines += ["else:", f"    {name} = {rng.choice(('1', '2.5', 'j'))}"]
        else:
            lines.append(f"{name} = {value(rng, names)}")
        names = (*names, name)
    if rng.random() < 0.2:
        lines += ["r = 0", "for k in range(3):", f"    r = r + w[k, j] * {neighbour(rng, 'u')}"]
        names = (*names, "r")
    lines.append(f"u[i, j] = {value(rng, names)}")
    match rng.randrange(5):
        case 0:
            lines.append(f"v[i, j] = {value(rng, names)}")
        case 1:
            lines += [f"if {neighbour(rng, 'u')} < c:", f"    v[i, j] = {value(rng, names)}"]
        case 2:
            lines.append(f"u[i, j] {rng.choice(('+=', '-='))} {value(rng, names)}")
        case _:
            pass
    return lines


def make_text(rng: random.Random) -> str:
    """Return a function with such a nest, sometimes inside a loop around it."""
    low, high = (rng.randrange(REACH, REACH + 3) for _ in range(2))
    outer = rng.choice((f"range({low}, n)", f"range({low}, n)", f"range({low}, n, 2)"))
    inner = rng.choice((f"range({high}, m)", f"range({high}, m)", f"range({high}, m, 3)"))
    if rng.random() < 0.1:
        inner = f"range(m - 1, {high}, -1)"
    heads = [f"for i in {outer}:", f"for j in {inner}:"]
    if rng.random() < 0.3:
        heads.insert(0, "for q in range(2):")
    lines = ["def sweep(u, v, w, n, m, c):", "    i = j = s = t = r = k = q = None"]
    if rng.random() < 0.7:
        lines.pop()
    for depth, head in enumerate(heads):
        lines.append("    " * (depth + 1) + head)
    lines += ["    " * (len(heads) + 1) + line for line in make_body(rng)]
    kept = "u, v, i, j" if len(lines) % 2 else "u, v"
    return "\n".join([*lines, f"    return {kept}", ""])


def make_arguments(rng: random.Random) -> tuple[Any, ...]:
    """Return arrays of small numbers, with bounds near the edges of strips and tiles."""
    rows = rng.choice((0, 1, 7, 8, 9, 15, 16, 17, 24, 33))
    columns = rng.choice((0, 1, 2, 5, 11, 12, 13, 31, 40))
    shape = (rows + 3 * REACH, columns + 3 * REACH)
    numbers = np.random.default_rng(rng.randrange(1 << 30))
    arrays = []
    for _ in range(3):
        size = shape if len(arrays) < 2 else (sum(shape), sum(shape))
        array = numbers.integers(-9, 10, size).astype(rng.choice(DTYPES))
        if array.dtype.kind == "f":
            array = array * array.dtype.type(0.125)
        arrays.append(array)
    if rng.random() < 0.15:
        arrays[0] = np.asfortranarray(arrays[0])
    if rng.random() < 0.1:
        arrays[1] = arrays[0]
    if rng.random() < 0.1:  # out of range, but for the last row
        shape = (shape[0] + REACH + 3, shape[1])
    return *arrays, shape[0] - REACH, shape[1] - REACH, rng.choice((1, 0.5, np.float64(2)))


def find_failure(seed: int, folder: Path, seen_waves: Counter[int]) -> str | None:
    """Return how the program of `seed` fails, with its text."""
    rng = random.Random(seed)
    text, path = make_text(rng), folder / f"sweep{seed}.py"
    written = WaveWriter.dispatch_strips

    def counting(*arguments: Any) -> None:
        seen_waves[seed] += 1
        written(*arguments)

    with ExitStack() as stack:
        for name, least in (("LEAST_WORK", 1), ("TILE_WORK", 1), ("LEAST_WIDTH", 3)):
            stack.enter_context(mock.patch.object(wavefront, name, least))
        stack.enter_context(mock.patch.object(wavefront, "MOST_WIDTH", rng.choice((3, 7, 30))))
        stack.enter_context(mock.patch.object(WaveWriter, "dispatch_strips", counting))
        return find_failure_of(text, "sweep", path, rng, make_arguments)


@pytest.mark.parametrize("first", range(0, 40, 8))
def test_random_nests_leave_as_wavefronts_what_python_leaves(first: int, tmp_path: Path) -> None:
    waves: Counter[int] = Counter()
    for seed in range(first, first + 8):
        assert find_failure(seed, tmp_path, waves) is None
    assert len(waves) >= 2, "the programs are meant to run as wavefronts"


if __name__ == "__main__":
    dispatch.RAISES_BUGS = True
    count, start = (int(argument) for argument in sys.argv[1:3])
    ran: Counter[int] = Counter()
    with tempfile.TemporaryDirectory() as place:
        for number in range(start, start + count):
            if failure := find_failure(number, Path(place), ran):
                print(f"seed {number}: {failure}")
    print(f"{count} programs, {len(ran)} with wavefronts")
