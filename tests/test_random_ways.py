"""Random loops with ways out: `return`, `break`, `continue` and `else`, at any depth.

    PARLOOP_WAYS=5000 python -m pytest tests/test_random_ways.py     a longer campaign
"""

from __future__ import annotations

import copy
import linecache
import os
import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.differential import slices_of

import parloop

PROGRAMS = int(os.environ.get("PARLOOP_WAYS", "8"))
INDENT = "    "


class Writer:
    """Writes a function of an array, a list to append to, and a number, full of ways out."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.returns = 0

    def value(self, names: tuple[str, ...]) -> str:
        rng = self.rng
        one, other = (
            rng.choice((*names, "s", "t", "1", "0.5", f"a[{rng.choice(names)}]", "a[-1]"))
            for _ in range(2)
        )
        return f"{one} {rng.choice(('+', '-', '*', '+', '/', '//'))} {other}"

    def test(self, names: tuple[str, ...]) -> str:
        rng = self.rng
        bound = rng.choice(("0.5", "-0.5", "1.5", "-1.5", "6", "40"))
        return f"{self.value(names)} {rng.choice(('<', '>', '=='))} {bound}"

    def result(self, names: tuple[str, ...]) -> str:
        """Return what a `return` gives back."""
        self.returns += 1
        return self.rng.choice(
            (
                *("", f" {self.returns}", f" {self.value(names)}", " s, t", " a", " [s, out]"),
                *(f" 'way {self.returns}'", " {'t': t}", f" a[{names[-1]}], k0", " out[3], u"),
            )
        )

    def block(self, indent: str, names: tuple[str, ...]) -> list[str]:
        rng = self.rng
        lines: list[str] = []
        for _ in range(rng.randint(1, 3)):
            draw = rng.random()
            if draw < 0.3 or len(names) + len(indent) // 4 > 7:
                lines.append(
                    indent
                    + rng.choice(
                        (
                            f"s = {self.value(names)}",
                            f"t = {self.value(names)}",
                            f"a[{rng.choice(names)}] = {self.value(names)}",
                            f"u = {self.value(names)}",
                            "s += 1",
                        )
                    )
                )
            elif draw < 0.7:
                lines.append(f"{indent}if {self.test(names)}:")
                way = rng.random()
                if way < 0.45:
                    lines.append(f"{indent}{INDENT}return{self.result(names)}")
                elif way < 0.65:
                    lines.append(f"{indent}{INDENT}{rng.choice(('break', 'continue'))}")
                else:
                    lines += self.block(indent + INDENT, names)
                    if rng.random() < 0.4:
                        lines += [f"{indent}else:", *self.block(indent + INDENT, names)]
            else:
                lines += self.loop(indent, names)
        return lines

    def loop(self, indent: str, names: tuple[str, ...]) -> list[str]:
        rng, index = self.rng, f"k{len(names)}"
        bound = rng.choice(("n", "3", names[-1] if names else "n"))
        lines = [f"{indent}for {index} in range({bound}):"]
        lines += self.block(indent + INDENT, (*names, index))
        if not names and rng.random() < 0.3:
            lines.append(f"{indent}{INDENT}out.append({self.value((index,))})")
        if rng.random() < 0.3:
            lines += [f"{indent}else:", f"{indent}{INDENT}s = s + 0.25"]
            if rng.random() < 0.5:
                lines.append(f"{indent}{INDENT}return{self.result((*names, index))}")
        return lines

    def function(self) -> str:
        lines = ["def f(a, out, n):", f"{INDENT}s = t = 1.0"]
        for _ in range(self.rng.randint(1, 2)):
            lines += self.loop(INDENT, ())
        return "\n".join([*lines, f"{INDENT}return s, t, out"]) + "\n"


def outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    given = copy.deepcopy(arguments)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            left: Any = function(*given)
            left = ("given", [left is part for part in given], type(left), repr(left))
        except Exception as error:
            traceback = error.__traceback__
            assert traceback is not None
            assert traceback.tb_next is not None
            left = (type(error), str(error), traceback.tb_next.tb_lineno)
    said = [(str(one.message), one.lineno) for one in caught]
    return left, said, given[0].tobytes(), repr(given[1])


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_random_ways_out_of_loops_lead_where_they_lead_in_python(seed: int) -> None:
    rng = random.Random(seed)
    text = Writer(rng).function()
    path = f"<ways {seed}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    space: dict[str, Any] = {}
    exec(compile(text, path, "exec"), space)
    plain, fast = space["f"], parloop.parallel(space["f"], min_work_ms=0)
    for number in range(5):
        a = np.random.default_rng(seed + number // 2).normal(size=rng.choice((12, 12, 5)))
        if rng.random() < 0.3:
            a = (4 * a).astype(int)
        arguments = (a, [None], len(a) + (rng.random() < 0.1))
        expected = outcome(plain, arguments)
        for size in (None, 1, 4):
            with slices_of(size):
                seen = outcome(fast, arguments)
            assert seen == expected, f"{text}\n{arguments}"
