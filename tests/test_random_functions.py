"""Random functions called in a loop: several returns, loops of their own, calls of one another.

    PARLOOP_FUNCTIONS=500 python -m pytest tests/test_random_functions.py     a longer campaign
"""

from __future__ import annotations

import linecache
import os
import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import parloop

PROGRAMS = int(os.environ.get("PARLOOP_FUNCTIONS", "10"))
LENGTH = 20
LOCALS = ("x", "y", "t")
INDENT = "    "


@dataclass(slots=True)
class Writer:
    """Writes a module: a constant, one to three functions, and `main`, whose loop calls them."""

    rng: random.Random
    functions: list[str] = field(default_factory=list)

    def value(self, names: tuple[str, ...], depth: int = 2) -> str:
        """Return an expression on `names`, the module's constant and the functions so far."""
        rng = self.rng
        if depth == 0 or rng.random() < 0.2:
            return rng.choice((*names, "K", "2", "0.5", "-1", "1.5"))
        draw = rng.random()
        if self.functions and draw < 0.12:
            called = rng.choice(self.functions)
            arguments = [self.value(names, 1) for _ in range(rng.randint(1, 2))]
            return f"{called}({', '.join(arguments)})"
        if draw < 0.25:
            then, other = self.value(names, depth - 1), self.value(names, depth - 1)
            return f"({then} if {self.test(names, depth - 1)} else {other})"
        op = rng.choice(("+", "-", "*"))
        return f"({self.value(names, depth - 1)} {op} {self.value(names, depth - 1)})"

    def test(self, names: tuple[str, ...], depth: int = 1) -> str:
        first, second = self.value(names, depth), self.value(names, depth)
        return f"{first} {self.rng.choice(('<', '<=', '>', '>='))} {second}"

    def block(self, indent: str, depth: int, in_loop: bool) -> list[str]:
        """Return statements of a function's body."""
        rng = self.rng
        lines: list[str] = []
        for _ in range(rng.randint(1, 3)):
            draw = rng.random()
            if depth > 2 or draw < 0.45:
                lines.append(f"{indent}{rng.choice(LOCALS)} = {self.value(LOCALS)}")
                continue
            if draw < 0.75:
                lines.append(f"{indent}if {self.test(LOCALS)}:")
                lines += self.block(indent + INDENT, depth + 1, in_loop)
                if rng.random() < 0.5:
                    lines.append(f"{indent}{INDENT}return {self.value(LOCALS)}")
                elif in_loop and rng.random() < 0.3:
                    lines.append(f"{indent}{INDENT}{rng.choice(('break', 'continue'))}")
            else:
                lines.append(f"{indent}for k{depth} in range({rng.randint(0, 4)}):")
                lines += self.block(indent + INDENT, depth + 1, True)
            if rng.random() < 0.3:
                lines.append(f"{indent}else:")
                lines += self.block(indent + INDENT, depth + 1, in_loop)
        return lines

    def module(self) -> str:
        lines = ["K = 0.75"]
        for number in range(self.rng.randint(1, 3)):
            lines += [f"def f{number}(x, y=0.25):", f"{INDENT}t = x - y"]
            lines += self.block(INDENT, 0, False)
            lines.append(f"{INDENT}return {self.value(LOCALS)}")
            self.functions.append(f"f{number}")
        names = ("a[i]", "i")
        lines += [
            "def main(a, b, n):",
            "    x = y = 0.0",
            "    for i in range(n):",
            f"        x = {self.value(names)}",
            f"        if {self.test((*names, 'x'))}:",
            f"            y = {self.value((*names, 'x'))}",
            f"        b[i] = {self.functions[-1]}(a[i], x) + {self.value((*names, 'x'))}",
            "    return x, y",
        ]
        return "\n".join(lines) + "\n"


def outcome(function: Callable[..., Any], a: np.ndarray[Any, Any]) -> tuple[object, ...]:
    b = np.zeros(LENGTH)
    try:
        left: object = [(type(value), repr(value)) for value in function(a.copy(), b, LENGTH)]
    except Exception as error:
        left = (type(error), str(error))
    return left, b.tobytes()


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_random_functions_in_a_loop_leave_what_python_leaves(seed: int) -> None:
    rng = random.Random(seed)
    text = Writer(rng).module()
    path = f"<functions {seed}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    space: dict[str, Any] = {"__name__": f"functions_{seed}"}
    exec(compile(text, path, "exec"), space)
    plain, fast = space["main"], parloop.parallel(space["main"], min_work_ms=0)
    a = np.random.default_rng(seed).normal(size=LENGTH)
    other = {"K": 0.75, "__name__": space["__name__"]}
    exec(compile(text.replace("0.25", "0.5"), path + "'", "exec"), other)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for constant in (0.75, 2, 0.75, 0.75, 0.75):
            space["K"] = constant
            assert outcome(fast, a) == outcome(plain, a), text
        space["f0"] = other["f0"]  # other defaults, other globals, no text behind it
        assert outcome(fast, a) == outcome(plain, a), text
