"""Random loops that do something under a condition that only the interpreter can do.

    PARLOOP_EFFECTS=5000 python -m pytest tests/test_random_effects.py     a longer campaign

The effects change whatever code can change: names, their types, lists, arrays, the function's own
globals.
"""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np
import pytest
from tests.differential import slices_of
from tests.observing import load, observe

import parloop

PROGRAMS = int(os.environ.get("PARLOOP_EFFECTS", "24"))
INDENT = "    "

HEADERS = (
    ("i", "range(n)", "i"),
    ("i", "range(n)", "i"),
    ("i", "range(2, n)", "i"),
    ("i", "range(n - 1, -1, -1)", "i"),
    ("i", "range(1, n, 3)", "i"),
    ("i, x", "enumerate(a)", "i"),
    ("i, x", "enumerate(xs, 1)", "i"),
    ("x", "a", "int(x)"),
    ("x, y", "zip(xs, a)", "int(y)"),
)
CONDITIONS = (
    "{i} % 4 == 0",
    "({i} + 1) % 5 == 0",
    "not {i} % 7",
    "{i} == 0",
    "{i} == n - 1",
    "{i} % 3 == 1 and s > 2",
    "{i} % 9 == 2 or {i} == 5",
    "s > 8",
    "b[2] > 3.0",
    "{i} % k == 0",
    "3 * {i} % 4 == 2",
)
EFFECTS = (
    "say(s)",
    "say(f'{{s}} {i}')",
    "log.append(b.copy())",
    "log.append((s, 'x'))",
    "last = str(s)",
    "s = say(s)",
    "s = np.float64(s) + say(1)",
    "b = say(b) * 1.0",
    "b[:] = say(2.0)",
    "c = say(b)",
    "n = say(n) - 1",
    "k = say(k) + 1",
    "a = say(a)[::-1]",
    "xs = say([1.5] * len(xs))",
    "xs.extend([] if len(xs) > 70 else [0.5])",
    "xs.pop()",
    "globals()['gain'] = gain + 1",
    "t = say('t')",
    "t = None",
    "if say(s) > 30: break",
    "say(s); continue",
    "raise ValueError(str(s))",
    "for q in range(2): say(q)",
    "{i} = say(-1)",
)
ORDINARY = (
    "s += 1",
    "s += t",
    "s = s * 0.5 + {i} % 3",
    "b[1:-1] = b[1:-1] * 0.5 + c[2:] * gain",
    "b, c = c, b",
    "b[{i} % 5] += 1.5",
    "t = s * gain",
    "for q in range(6): b[q] += 0.25",
    "if s > 60: break",
    "if s > 55: return s, 'early'",
    "out.append(s)",
)


def program(rng: random.Random) -> str:
    """Return the text of a function with such a loop."""
    target, header, index = rng.choice(HEADERS)
    inside = INDENT * 2
    lines = ["def f(a, b, xs, n, log, say):", f"{INDENT}s = 0.5", f"{INDENT}t = 1.0"]
    lines += [f"{INDENT}k = 3", f"{INDENT}out = []", f"{INDENT}last = None"]
    lines += [f"{INDENT}c = b.copy()", f"{INDENT}for {target} in {header}:"]

    def some(least: int, most: int) -> list[str]:
        found = [rng.choice(ORDINARY) for _ in range(rng.randint(least, most))]
        return [inside + one.format(i=index) for one in found]

    lines += some(0, 2)
    for word in ("if", *rng.choice(((), (), ("if",), ("elif",)))):
        lines.append(f"{inside}{word} {rng.choice(CONDITIONS).format(i=index)}:")
        for one in rng.sample(EFFECTS, rng.randint(1, 2)):
            if one.startswith("{i} =") and "(" in index:
                one = "say(0)"
            lines.append(f"{inside}{INDENT}{one.format(i=index)}")
        if word == "elif" and rng.random() < 0.4:
            lines += [f"{inside}else:", f"{inside}{INDENT}s += 0.5"]
    lines += some(1, 3)
    if rng.random() < 0.3:
        lines += [f"{INDENT}else:", f"{inside}s += 100"]
    names = target.split(", ")[0]
    lines.append(f"{INDENT}return s, t, k, n, last, out, b, c, {names}, log, gain")
    return "\n".join(lines) + "\n"


def outcome(space: dict[str, Any], function: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return all that a call shows, and what it has said to whom it calls."""
    said: list[str] = []

    def say(value: Any) -> Any:
        said.append(repr(value))
        return value

    space["gain"] = 0.125
    return *observe(function, arguments, say), said, space["gain"]


def check(seed: int) -> None:
    """Compare both ways to run the program of `seed`."""
    rng = random.Random(seed)
    text = program(rng)
    space = load(f"effects {seed}", text, {"np": np, "gain": 0.125})
    plain = space["f"]
    fast = parloop.parallel(plain, min_work_ms=0)
    for _ in range(2):
        n = rng.choice((9, 23, 50))
        a, b = np.arange(float(n)), np.linspace(0, 1, 8)
        arguments = (a, b, [0.25 * k for k in range(n)], n, [])
        expected = outcome(space, plain, arguments)
        for size, threads in ((None, 2), (1, 1), (4, 5)):
            with slices_of(size), parloop.settings(threads=threads):
                seen = outcome(space, fast, arguments)
            assert seen == expected, f"{text}\n{arguments}"


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_loops_with_effects_leave_what_python_leaves(seed: int) -> None:
    check(seed)


def test_the_random_loops_run_natively_between_their_effects() -> None:
    parloop.reset_report()
    for seed in range(8):
        check(seed)
    sites = parloop.report().sites
    assert sum(len(site.fallbacks) > 1 and site.iterations > 20 for site in sites) > 2
