"""Random loops of which some iterations are the interpreter's: first, last, in a row, anywhere.

    PARLOOP_RESUMING=5000 python -m pytest tests/test_random_resuming.py     a longer campaign

What is caught in an iteration is handled by the interpreter, whatever the handler does: it rebinds
names, changes types and lists.
"""

from __future__ import annotations

import math
import os
import random

import numpy as np
import pytest
from tests.differential import slices_of
from tests.observing import load, observe

import parloop

PROGRAMS = int(os.environ.get("PARLOOP_RESUMING", "30"))
INDENT = "    "

HEADERS = (
    ("i", "range(n)", "a[i]"),
    ("i", "range(len(a))", "a[i]"),
    ("i", "range(n - 1, -1, -1)", "a[i]"),
    ("i", "range(1, n, 2)", "a[i]"),
    ("x", "a", "x"),
    ("x", "xs", "x"),
    ("i, x", "enumerate(xs)", "x"),
    ("i, x", "enumerate(a, 2)", "x"),
    ("x, y", "zip(xs, a)", "y"),
    ("x", "reversed(xs)", "x"),
)
RISKS = (
    "t = math.sqrt({value})",
    "t = math.log({value} + 2.0)",
    "t = 1.0 / (float({value}) + 1.0)",
    "t = b[int({value})]",
)
SURPRISES = (
    "s -= 1.0",
    "s = np.float64(s)",
    "s = s + 0j",
    "t = 0",
    "log.append((t, s))",
    "n = 3",
    "n = n + 1",
    "b = b.copy()",
    "b = b[:6]",
    "a = a[::-1]",
    "if len(xs) < 99: xs.append(0.5)",
    "xs[-1] = 2.5",
    "m = 2",
    "break",
    "continue",
)
ORDINARY = (
    "s += t",
    "s = s * 0.5 + t",
    "b[2] += t",
    "b[int(t) % 5] = s",
    "m += 1",
    "xs[0] = t",
    "out.append(t)",
    "if t > 90: break",
    "b, c = c, b",
    "b[1:-1] = c[2:] * 0.5 + c[:-2]",
    "for k in range(5): b[k] += t",
)


def program(rng: random.Random) -> str:
    """Return the text of a function with such a loop."""
    target, header, value = rng.choice(HEADERS)
    inside = INDENT * 2
    lines = ["def f(a, b, xs, n, log):", f"{INDENT}s = 0.5", f"{INDENT}m = 0"]
    lines += [f"{INDENT}t = 0.0", f"{INDENT}out = []", f"{INDENT}c = b.copy()"]
    lines.append(f"{INDENT}for {target} in {header}:")
    lines += [inside + rng.choice(ORDINARY) for _ in range(rng.randint(0, 1))]
    risk = rng.choice(RISKS).format(value=value)
    if rng.random() < 0.85:
        handler = [rng.choice(SURPRISES) for _ in range(rng.randint(1, 2))]
        lines += [f"{inside}try:", f"{inside}{INDENT}{risk}"]
        lines.append(f"{inside}except (ArithmeticError, ValueError, IndexError):")
        lines += [f"{inside}{INDENT}{one}" for one in handler]
    else:
        lines.append(inside + risk)
    lines += [inside + rng.choice(ORDINARY) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.3:
        lines += [f"{INDENT}else:", f"{inside}s += 100"]
    last = target.split(", ")[0]
    lines.append(f"{INDENT}return s, m, out, b, c, {last}, locals().get('t', 'unbound'), log")
    return "\n".join(lines) + "\n"


def numbers(rng: random.Random, n: int) -> list[float]:
    """Return numbers that the loop's risk can take, but for some."""
    found = [float(k % 7) for k in range(n)]
    rows = ([0, 1], [0, n // 2], [4, n - 1], [1, 2, 5], [n - 2, n - 1], range(2, n, 3))
    some = rng.choice(rows)
    for place in some:
        found[place] = rng.choice((-1.0, -9.0, -9.0, -100.0, -100.0, 1e300))
    return found


def check(seed: int) -> None:
    """Compare both ways to run the program of `seed`."""
    rng = random.Random(seed)
    text = program(rng)
    space = load(f"resuming {seed}", text, {"math": math, "np": np})
    plain = space["f"]
    space["f"] = fast = parloop.parallel(plain, min_work_ms=0)
    for _ in range(2):
        n = rng.choice((9, 23, 60))
        a, b = np.array(numbers(rng, n)), np.linspace(0, 1, 8)
        arguments = (a, b, numbers(rng, n), n, [])
        space["f"] = plain
        expected = observe(plain, arguments)
        space["f"] = fast
        for size, threads in ((None, 2), (1, 1), (4, 5)):
            with slices_of(size), parloop.settings(threads=threads):
                seen = observe(fast, arguments)
            assert seen == expected, f"{text}\n{arguments}"


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_loops_that_change_hands_leave_what_python_leaves(seed: int) -> None:
    check(seed)


def test_the_random_loops_are_resumed() -> None:
    parloop.reset_report()
    for seed in range(8):
        check(seed)
    sites = parloop.report().sites
    assert sum(len(site.fallbacks) > 1 for site in sites) > 2
