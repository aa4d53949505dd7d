"""Random loops whose iterations go round differently often leave the same in lanes as in order.

A long campaign: `python -m tests.codegen.test_random_lanes --programs 2000 --seed 1`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.corpus import FOLDER, LoopFile
from tests.differential import MODES, find_difference, run, slices_of

import parloop
from parloop.codegen import regions
from parloop.codegen.masked import Lanes
from parloop.runtime import remembered
from parloop.schedule import masked, planner

FLOATS = (0.0, -0.0, 1.0, 0.5, -2.0, 1e300, 1e-300, 5e-324, np.inf, -np.inf, np.nan)
CONSTANTS = ("0.5", "2.0", "1.5", "-0.25", "1e200")
LEAVES = (
    "x", "x", "y", "y", "xs[j]", "c", "t", "q[2, j]", "q[ks[j], j]", "zs[k]", *CONSTANTS
)
ROUNDS = (
    "while k < limit and {c}:", "while {c} and k < limit:", "while k < limit and not ({c}):",
    "while k < ks[j]:", "for m in range(limit):", "for m in range(ks[j]):",
    "for m in range(j % 4, ks[j] + 2):", "for m in range(2, limit):", "while {c}:",
)


class Generator:
    """Writes functions with loops that are made for lanes."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.depth = 0

    def number(self, depth: int = 2) -> str:
        """Return an expression that is a float, mostly."""
        rng = self.rng
        if depth == 0 or rng.random() < 0.25:
            return rng.choice(LEAVES)
        left, right = self.number(depth - 1), self.number(depth - 1)
        form = rng.choice(
            ("({} + {})", "({} - {})", "({} * {})", "({} * {})", "({} / {})", "abs({} - y)", "-{}",
             "math.sqrt(abs({} + x))", "math.sqrt(y * {})", "np.sqrt({} * x)", "max({}, {})",
             "min({}, {})", "?", "({} * k)", "(j - {} * x)", "({} * 2.0)", "x / 3")
        )
        if form == "?":
            test = "x < y" if depth == 1 else self.condition(0)
            form = f"({{}} if {test} else {{}})"
        return form.format(left, right)

    def condition(self, depth: int = 1) -> str:
        """Return a test."""
        rng = self.rng
        if depth and rng.random() < 0.3:
            joint = rng.choice((" and ", " or "))
            return f"({self.condition(depth - 1)}{joint}{self.condition(depth - 1)})"
        op = rng.choice(("<", "<=", ">", "!=", "=="))
        if rng.random() < 0.25:
            return rng.choice((f"k % 4 {op} 2", f"k {op} ks[j]", "k // 2 < 3"))
        return f"{self.number(1)} {op} {self.number(1)}"

    def statements(self, pad: str, inside: bool) -> list[str]:
        """Return the lines of a block."""
        lines: list[str] = []
        for _ in range(self.rng.choice((1, 2, 2, 3))):
            lines += self.statement(pad, inside)
        return lines

    def statement(self, pad: str, inside: bool) -> list[str]:
        """Return the lines of a statement."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.5:
            return [pad + rng.choice(
                (f"x = {self.number()}", f"y = {self.number()}", f"t = {self.number()}",
                 f"x, y = {self.number()}, {self.number()}", f"x += {self.number(1)}",
                 f"y *= {self.number(1)}")
            )]
        if kind < 0.65:
            return [pad + rng.choice(
                (f"r[j] = {self.number()}", "s[j] = k", "s[j] += 3 * k", "b[j] = k",
                 f"w[j, 1] = {self.number()}", f"r[j] += {self.number(1)}", "k += 1")
            )]
        if kind < 0.85 or self.depth > 1:
            lines = [f"{pad}if {self.condition()}:"]
            self.depth += 1
            deep = self.depth > 3
            lines += [pad + "    k += 1"] if deep else self.statements(pad + "    ", inside)
            self.depth -= 1
            if inside and rng.random() < 0.4:
                lines.append(pad + "    " + rng.choice(("break", "continue")))
            if rng.random() < 0.4:
                lines.append(pad + "else:")
                lines.append(f"{pad}    {rng.choice('xyt')} = {self.number()}")
            return lines
        return self.rounds(pad, inside)

    def rounds(self, pad: str, inside: bool) -> list[str]:
        """Return a loop inside."""
        rng = self.rng
        self.depth += 1
        head = rng.choice(ROUNDS).format(c=self.condition())
        inner = pad + "    "
        lines = [pad + head]
        lines += [f"{inner}k += 1"]
        if head.startswith("while"):
            lines += [f"{inner}if k > 2 * limit:", f"{inner}    break"]
        lines += self.statements(inner, inside=True)
        if rng.random() < 0.2:
            lines += [f"{pad}else:", f"{inner}y = {self.number(1)}"]
            if inside and rng.random() < 0.5:
                lines += [f"{inner}{rng.choice(('break', 'continue'))}"]
        self.depth -= 1
        return lines

    def text(self) -> str:
        """Return a function."""
        pad = "        "
        lines = ["import math", "import numpy as np", "", "",
                 "def lanes(xs, zs, q, ks, r, s, w, b, c, n, limit):",
                 "    x = y = t = -1.0", "    k = m = j = -1",
                 f"    for j in {self.rng.choice(('range(n)', 'range(n)', 'range(1, n)'))}:"]
        start = self.rng.choice(("0.0", "xs[j]", "c", "1.0 * j", "xs[j] * 0.5"))
        lines += [f"{pad}x = {start}", f"{pad}y = {self.rng.choice(('0.0', 'xs[j]', '1.0'))}",
                  f"{pad}t = {self.rng.choice(('0.0', 'x', 'xs[j]'))}", f"{pad}k = 0"]
        if self.rng.random() < 0.3:
            lines += self.statements(pad, inside=False)
        lines += self.rounds(pad, inside=True)
        lines += self.statements(pad, inside=False)
        lines += [f"{pad}r[j] = x", f"{pad}s[j] = k", "    return x, y, t, k, j, m", ""]
        return "\n".join(lines)


def make_floats(rng: random.Random, shape: tuple[int, ...], tame: bool) -> Any:
    """Return floats, with special ones unless they are to be tame."""
    array = np.array([rng.uniform(-3, 3) for _ in range(int(np.prod(shape)))])
    if not tame:
        for _ in range(len(array) // 6):
            array[rng.randrange(len(array))] = rng.choice(FLOATS)
    return array.reshape(shape)


def make_arguments(rng: random.Random) -> tuple[Any, ...]:
    """Return arguments of a generated function."""
    n = rng.choice((0, 1, 5, 15, 16, 17, 33, 50))
    size = max(n, 1)
    tame = rng.random() < 0.6
    order = rng.choice("CCF")
    c = rng.choice((1.5, 0.0, np.float64(0.75), np.float64(-0.5), 2, np.float64("nan")))
    ks = np.array([rng.choice((0, 1, 2, 3, 5, 11)) for _ in range(size)])
    if rng.random() < 0.1:
        ks[rng.randrange(size)] = rng.choice((-3, 40))
    return (
        make_floats(rng, (size,), tame), make_floats(rng, (60,), tame),
        np.array(make_floats(rng, (12, size), tame), order=order), ks,
        np.zeros(size), np.zeros(size, dtype=np.int64), np.zeros((size, 2)),
        np.zeros(size, dtype=rng.choice(("i1", "u1", "i4", "u2"))),
        c, n, rng.choice((3, 8, 20)),
    )


def find_failure(seed: int, folder: Path) -> str | None:
    """Return how the program of `seed` fails, with its text."""
    rng = random.Random(seed)
    path = folder / f"lanes{seed}.py"
    path.write_text(Generator(rng).text(), encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": f"lanes{seed}"}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    plain = namespace["lanes"]
    fast = parloop.parallel(plain, min_work_ms=0)
    for _ in range(3):
        arguments = make_arguments(rng)
        mode = rng.choice(("always", *MODES))
        expected = run(plain, arguments, mode, str(path))
        for threads, slices in ((1, None), (2, None), (5, 7)):
            settings = parloop.settings(threads=threads)
            seen = run(fast, arguments, mode, str(path), settings, slices_of(slices))
            if why := find_difference(expected, seen):
                text = path.read_text(encoding="utf-8")
                return f"{why}, {mode}, {threads} threads\n{text}\n{arguments}"
        if why := find_difference_of_fused(plain, arguments, str(path)):
            return f"{why}\n{path.read_text(encoding='utf-8')}\n{arguments}"
    return None


def find_difference_of_fused(plain: Any, arguments: tuple[Any, ...], file: str) -> str | None:
    """Return how fused products differ between lanes and none."""
    settings = parloop.settings(threads=1, exactness="ulp")
    in_lanes = run(parloop.parallel(plain, min_work_ms=0), arguments, "always", file, settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remembered, "ENABLED", False)
        patch.setattr(planner, "choose_masked", lambda *_: {})
        alone = parloop.parallel(plain, min_work_ms=0)
        settings = parloop.settings(threads=1, exactness="ulp")
        return find_difference(run(alone, arguments, "always", file, settings), in_lanes)


def use_lanes_anyway(patch: pytest.MonkeyPatch) -> list[str]:
    """Let lanes be used where they would not pay; return a list that gets each loop's index."""
    written: list[str] = []
    original = Lanes.write

    def write(self: Lanes, *bounds: Any) -> None:
        written.append(self.loop.index)
        original(self, *bounds)

    patch.setattr(remembered, "ENABLED", False)
    patch.setattr(Lanes, "write", write)
    patch.setattr(masked, "OPERATIONS_PER_LOOKUP", 0)
    patch.setattr(masked, "MOST_OPERATIONS", 1000)
    patch.setattr(regions, "BLOCK_WORK", 8)
    return written


@pytest.mark.parametrize("seed", range(8))
def test_a_random_loop_in_lanes_leaves_what_python_leaves(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_lanes_anyway(monkeypatch)
    for k in range(2):
        assert find_failure(10 * k + seed, tmp_path) is None


@pytest.mark.parametrize(
    "name",
    ["escape_steps", "escape_steps_by_break", "roots_by_newton", "collatz_steps",
     "rounds_of_its_own_range", "attraction_of_all_but_itself"],
)
def test_a_loop_whose_rounds_differ_is_planned_for_lanes(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[dict[int, int]] = []

    def choose(*facts: Any) -> dict[int, int]:
        found.append(masked.choose_masked(*facts))
        return found[-1]

    monkeypatch.setattr(remembered, "ENABLED", False)
    monkeypatch.setattr(planner, "choose_masked", choose)
    namespace = LoopFile(FOLDER / "lanes.py").fresh()
    arguments = namespace["ARGUMENTS"][name](np.random.default_rng(0))[1]
    parloop.parallel(namespace[name], min_work_ms=0)(*arguments)
    assert found[-1] == {0: masked.WIDTH}


def main() -> None:
    """Run a campaign."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    patch = pytest.MonkeyPatch()
    written = use_lanes_anyway(patch)
    failures = 0
    in_lanes = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.programs):
            written.clear()
            try:
                why = find_failure(seed, Path(folder))
            except (AssertionError, RuntimeError, KeyError, ValueError, TypeError, IndexError) as e:
                why = f"{type(e)} {e}"
            in_lanes += bool(written)
            if why is not None:
                failures += 1
                print(f"seed {seed}: {why}", flush=True)
    print(f"{options.programs} programs, {in_lanes} in lanes, {failures} failures")


if __name__ == "__main__":
    main()
