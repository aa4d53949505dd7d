"""Random loops with functions that take all items, parts of lists, and short lists written out.

    PARLOOP_TAKEN=5000 python -m pytest tests/test_random_taken.py     a longer campaign
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

PROGRAMS = int(os.environ.get("PARLOOP_TAKEN", "10"))
FIRST = int(os.environ.get("PARLOOP_TAKEN_FIRST", "0"))
SPECIAL = (0.0, -0.0, 1e308, -1e308, float("inf"), float("nan"), 1.5)


class Writer:
    """Writes random functions of two lists, a table, one to store into, and a number."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.names = ["i"]
        self.kept = rng.choice((("[", "]"), ("(", ",)"))), rng.randint(1, 3)

    def index(self) -> str:
        ends = ("i", "n", "i + 1", "i - 2", "-i", "-1", "3", "i // 2", "len(x) - i", "2 * i")
        return self.rng.choice(ends)

    def part(self) -> str:
        base = self.rng.choice(("x", "y", "g[i % 4]", "g[-1]"))
        low = self.rng.choice(("", self.index(), self.index()))
        high = self.rng.choice(("", self.index(), self.index()))
        return f"{base}[{low}:{high}]"

    def items(self) -> str:
        """Return what gives items one after another."""
        return self.rng.choice(
            (
                *("x", "y", "g[i % 4]", "range(n)", "range(i)", "range(i, n)"),
                *(self.part(), self.part(), f"zip(x, {self.part()})", "enumerate(y)"),
                *("(1, 2.5, i)", "[(1, 2), (-1, s)]", "range(n - 1, -1, -1)", "(n, i)"),
            )
        )

    def leaf(self) -> str:
        return self.rng.choice((*self.names, *self.names, "s", "2", "0.5", "x[i]", "y[i]", "x[0]"))

    def value(self, depth: int = 2) -> str:
        if depth == 0 or self.rng.random() < 0.2:
            return self.leaf()
        if self.rng.random() < 0.45:
            return self.taken(depth)
        if self.rng.random() < 0.2:
            return f"({self.value(depth - 1)} if {self.test(depth - 1)} else {self.value(0)})"
        op = self.rng.choice(("+", "-", "*", "+", "-", "*", "/", "//", "%"))
        return f"({self.value(depth - 1)} {op} {self.value(depth - 1)})"

    def taken(self, depth: int) -> str:
        function = self.rng.choice(("sum", "sum", "sum", "min", "max", "any", "all"))
        if self.rng.random() < 0.35:
            return f"{function}({self.rng.choice(('x', 'y', self.part(), 'g[i % 4]'))})"
        items, target = self.items(), "v"
        if items.startswith(("zip", "enumerate", "[(")):
            target = "v, w"
        before, self.names = self.names, [*self.names, *target.split(", ")]
        element = self.value(depth - 1)
        test = f" if {self.test(depth - 1)}" if self.rng.random() < 0.3 else ""
        self.names = before
        made = f"{element} for {target} in {items}{test}"
        return f"{function}([{made}])" if self.rng.random() < 0.2 else f"{function}({made})"

    def test(self, depth: int = 1) -> str:
        one = self.value(depth)
        match self.rng.randrange(4):
            case 0:
                return f"{one} in {self.rng.choice(('(1, 2)', '[0, -1, 2.5]', '(True, 1j)'))}"
            case 1:
                return f"{one} not in (0, 3)"
            case 2:
                return f"({one} > {self.value(0)} and {self.test(0)})"
        return f"{one} {self.rng.choice(('<', '==', '!=', '>='))} {self.value(0)}"

    def statement(self) -> list[str]:
        match self.rng.randrange(9):
            case 8:
                parts = ", ".join(self.value(1) for _ in range(self.kept[1]))
                append = f"q.append({self.kept[0][0]}{parts}{self.kept[0][1]})"
                return [append] if self.rng.random() < 0.5 else [f"if {self.test()}: {append}"]
            case 0:
                return [f"s = {self.value()}"]
            case 1:
                return [f"if {self.test()}:", f"    s = s + {self.value(1)}"]
            case 2:
                return [f"x[i] = {self.value()}"]
            case 3:
                return ["a, b = g[i % 4][:2] if i < 0 else (g[i % 4][0], i)", "s = a - b"]
            case 4:
                return ["a, b = p[i % 3]", "s = s + a * b"]
            case 5:
                items = self.items()
                while items.startswith(("zip", "enumerate", "[(")):
                    items = self.items()
                before, self.names = self.names, [*self.names, "d"]
                body = [f"s = s - {self.value(1)}"]
                if self.rng.random() < 0.3:
                    body.append(f"if {self.test()}: {self.rng.choice(('break', 'continue'))}")
                if self.rng.random() < 0.3:
                    body.append("y[0] = d")
                self.names = before
                return [f"for d in {items}:", *(f"    {line}" for line in body)]
        return [f"o[i] = {self.value()}"]

    def program(self) -> str:
        body = [line for _ in range(self.rng.randint(1, 3)) for line in self.statement()]
        lines = "\n".join(f"        {line}" for line in body)
        head = "def f(x, y, g, p, o, q, n):\n    s = 1\n    for i in range(n):\n"
        return f"{head}{lines}\n    return s\n"


def arguments_of(rng: random.Random) -> list[Any]:
    """Return lists, arrays among them."""

    def one(count: int) -> Any:
        make: Callable[[], Any] = rng.choice(
            (
                lambda: rng.uniform(-3, 3),
                lambda: rng.uniform(-3, 3),
                lambda: rng.randint(-5, 5),
                lambda: rng.choice((2**62, -(2**62), 1, 2**63 - 1)),
                lambda: rng.random() < 0.5,
                lambda: rng.choice(SPECIAL),
            )
        )
        made = [make() for _ in range(count)]
        return np.array(made) if rng.random() < 0.2 else made

    n = rng.choice((0, 5, 8, 8, 8))
    x, y = one(n), one(rng.choice((n, n, 3, 9)))
    if rng.random() < 0.1:
        y = x
    make = rng.choice((lambda: rng.uniform(0, 2), lambda: rng.randint(-2, 3)))
    width = rng.choice((1, 3, 5))
    g = [[make() for _ in range(width)] for _ in range(4)]
    p = [(make(), make()) for _ in range(3)]
    if rng.random() < 0.1:
        p[1] = (1, 2, 3)  # type: ignore[assignment]
    return [x, y, g, p, rng.choice(([0.0] * n, [0] * n, np.zeros(n))), [None], n]


def outcome(function: Callable[..., Any], arguments: list[Any]) -> tuple[Any, ...]:
    """Return what a call leaves."""
    given = copy.deepcopy(arguments)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result, raised = function(*given), None
        except Exception as error:
            result, raised = None, (type(error), str(error))
    types = [[type(item).__name__ for item in part] for part in given[:6]]
    texts = [str(one.message) for one in caught]
    return repr(result), type(result), raised, repr(given), types, texts


@pytest.mark.parametrize("seed", range(FIRST, FIRST + PROGRAMS))
def test_random_loops_that_take_all_items_leave_what_python_leaves(seed: int) -> None:
    rng = random.Random(seed)
    text = Writer(rng).program()
    path = f"<taken {seed}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    space: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        exec(compile(text, path, "exec"), space)
    plain, fast = space["f"], parloop.parallel(space["f"], min_work_ms=0)
    for _ in range(2):
        arguments = arguments_of(rng)
        expected = outcome(plain, arguments)
        for size in (None, 3):
            with slices_of(size):
                assert outcome(fast, arguments) == expected, f"{text}\n{arguments}"
