"""Random loops over lists: indexed, iterated, appended to, in slices, interrupted by exceptions.

    PARLOOP_LISTS=5000 python -m pytest tests/test_random_lists.py     a longer campaign
"""

from __future__ import annotations

import copy
import linecache
import os
import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from tests.differential import slices_of

import parloop

PROGRAMS = int(os.environ.get("PARLOOP_LISTS", "12"))
HEADERS = (
    *("i in range(len(x))", "i in range(n)", "i, v in enumerate(x)", "v in x"),
    *("i, (v, w) in enumerate(zip(x, y))", "v, w in zip(y, x)", "v in reversed(y)"),
)
SPECIAL = (0, 1, -1, 2**62, -(2**63), 3, 7)


def program(rng: random.Random) -> str:
    """Return the text of a function of two lists, one to append to, and a number."""
    header = rng.choice(HEADERS)
    names = [name for name in "ivw" if name in header.split(" in ")[0]]
    indexed = "i" in names

    def value(depth: int = 2) -> str:
        if depth == 0 or rng.random() < 0.2:
            leaf = [*names, "s", "2", "0.5", "3"]
            leaf += ["x[i]", "y[i]", "y[-1 - i]", "x[i - 1]"] if indexed else ["x[0]", "y[-1]"]
            return rng.choice(leaf)
        op = rng.choice(("+", "-", "*", "+", "-", "*", "/", "//", "%"))
        return f"({value(depth - 1)} {op} {value(depth - 1)})"

    lines: list[str] = []
    for _ in range(rng.randint(1, 4)):
        place = "i" if indexed else rng.choice(("0", "-1"))
        lines.append(
            rng.choice(
                (
                    f"s = {value()}",
                    f"x[{place}] = {value()}",
                    f"y[{place}] = {value()}",
                    f"y[{place}] = x[{place}]",
                    f"out.append({value()})",
                    f"if {value(1)} > {value(1)}: out.append({value()})",
                    f"if {value(1)} == {value(1)}: break",
                    f"if {value(1)} < {value(1)}: x[{place}], y[{place}] = y[{place}], x[{place}]",
                )
            )
        )
    body = "\n        ".join(lines)
    return f"def f(x, y, out, n):\n    s = 1\n    for {header}:\n        {body}\n    return s\n"


def lists(rng: random.Random) -> list[Any]:
    """Return two lists, perhaps one, a list to append to, and a number."""

    def one() -> list[Any]:
        make: Callable[[], Any] = rng.choice(
            (
                lambda: rng.uniform(-3, 3),
                lambda: rng.randint(-5, 5),
                lambda: rng.choice(SPECIAL),
                lambda: rng.random() < 0.5,
                lambda: rng.choice((0.0, -0.0, 1e308, float("inf"), float("nan"), 1.5)),
                lambda: 0,
                lambda: rng.choice((None, 0, 1.5, "word")),
            )
        )
        return [make() for _ in range(rng.choice((0, 1, 5, 12, 12, 12)))]

    x = one()
    y = x if rng.random() < 0.15 else one()
    out = x if rng.random() < 0.05 else [None]
    return [x, y, out, rng.randint(0, 12)]


def outcome(function: Callable[..., Any], arguments: list[Any]) -> tuple[Any, ...]:
    given = copy.deepcopy(arguments)
    before = [list(part) for part in given[:3]]
    try:
        result, raised = function(*given), None
    except Exception as error:
        result, raised = None, (type(error), str(error))
    kept = [
        one is other
        for part, old in zip(given[:3], before, strict=True)
        for one, other in zip(part, old, strict=False)
    ]
    types = [[type(item).__name__ for item in part] for part in given[:3]]
    inside = [[item is part[0] for item in part if item != item] for part in given[:3]]
    return repr(result), type(result), raised, repr(given), types, inside, kept


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_random_loops_over_lists_leave_what_python_leaves(seed: int) -> None:
    rng = random.Random(seed)
    text = program(rng)
    path = f"<lists {seed}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    space: dict[str, Any] = {}
    exec(compile(text, path, "exec"), space)
    plain, fast = space["f"], parloop.parallel(space["f"], min_work_ms=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(4):
            arguments = lists(rng)
            if arguments[2] is arguments[0] and "range" not in text:
                continue  # it need not end
            expected = outcome(plain, arguments)
            for size in (None, 1, 5):
                with slices_of(size):
                    seen = outcome(fast, arguments)
                assert seen[:-1] == expected[:-1], f"{text}\n{arguments}"
                slots = zip(seen[-1], expected[-1], strict=True)
                assert all(now or not then for now, then in slots), f"{text}\n{arguments}"
