"""Random loops whose headers make what they go over: grids, arrays, items of dictionaries.

    PARLOOP_HEADERS=5000 python -m pytest tests/test_random_headers.py     a longer campaign
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

PROGRAMS = int(os.environ.get("PARLOOP_HEADERS", "16"))

TEXT = """\
import itertools
from itertools import product
import numpy as np

def f(a, b, x, d, n, m):
    s, i, j, k, v = {start}, "i", "j", "k", "v"
    BEFORE{header}:
        {body}
    return s, i, j, k, v, n, m
"""

RANGES = ("n", "m", "0, n", "1, m", "n, 0, -1", "0, n, 2", "m, -1, -3", "2", "n - m, n", "len(x)")


def header(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """Return a header, and the names that it binds to whole numbers of its own."""

    def numbers() -> str:
        return f"range({rng.choice(RANGES)})"

    product = rng.choice(("product", "itertools.product"))
    kinds = (
        (f"i, j in {product}({numbers()}, {numbers()})", ("i", "j")),
        (f"i, j in {product}({numbers()}, {numbers()})", ("i", "j")),
        (f"i, j in {product}({numbers()}, repeat=2)", ("i", "j")),
        (f"i, v, j in {product}({numbers()}, x, {numbers()})", ("i", "j")),
        (f"v, i in {product}({rng.choice('xb')}, {numbers()})", ("i",)),
        ("i, j in np.ndindex(a.shape)", ("i", "j")),
        ("i, j in np.ndindex(*a.shape)", ("i", "j")),
        ("i, j in np.ndindex(n, m)", ("i", "j")),
        ("(i, j), v in np.ndenumerate(a)", ("i", "j")),
        ("i in np.arange(n)", ("i",)),
        ("i, v in enumerate(np.linspace(0, 1, n))", ("i",)),
        ("i, v in enumerate(np.arange(0, m, 0.5), 1)", ("i",)),
        ("v, i in zip(x, np.arange(m))", ("i",)),
        ("i, v in d.items()", ()),
        ("i, v in enumerate(d.values())", ("i",)),
        ("v in d.keys()", ()),
    )
    return rng.choice(kinds)


def program(rng: random.Random) -> str:
    """Return the text of a function of an array, a vector, a list, a dictionary and two numbers."""
    text, whole = header(rng)
    values = [*whole, "s", "2", "0.5", "n"]
    values += ["v"] if "v" in text.split(" in ")[0] else []
    place = ", ".join((*whole, "0", "1")[:2])
    values += [f"a[{place}]", f"x[{whole[0] if whole else 0}]", "b[-1]"]

    start = rng.choice(("0", "0.5"))
    operators = ("+", "-", "+", "-", "/", "//")
    if start != "0":  # squares of squares of ints have no end
        operators = (*operators, "*")

    def value(depth: int = 2) -> str:
        if depth == 0 or rng.random() < 0.25:
            return rng.choice(values)
        op = rng.choice(operators)
        return f"({value(depth - 1)} {op} {value(depth - 1)})"

    def line() -> str:
        kinds = (
            f"s = {value()}",
            f"s += {value()}",
            f"a[{place}] = {value()}",
            f"a[{place}] += {value()}",
            f"x[{whole[0] if whole else 0}] = {value()}",
            f"if {value(1)} == {value(1)}: break",
            f"if {value(1)} < {value(1)}: continue",
            f"if {value(1)} < 0: i = {value()}",
            f"n = {value(1)}",
            "d[1] = s",
            f"if {value(1)} > 9: return s, i, j",
        )
        return rng.choice(kinds)

    lines = [line() for _ in range(rng.randint(1, 4))]
    inside = rng.random() < 0.35
    indent = "            " if inside else "        "
    made = TEXT.format(start=start, header="for " + text, body=f"\n{indent}".join(lines))
    before = "for k in range(3):\n        " if inside else ""
    made = made.replace("BEFORE", before)
    if inside:
        made = made.replace(f":\n        {lines[0]}", f":\n            {lines[0]}", 1)
    if rng.random() < 0.2:
        end = "\n    return s, i, j, k"
        made = made.replace(end, f"\n    else:\n        s = -s{end}")
    return made


def arguments_of(rng: random.Random) -> list[Any]:
    numbers = np.random.default_rng(rng.randint(0, 99))
    n, m = rng.choice((0, 1, 3, 6)), rng.choice((0, 1, 4, 7))
    shape = rng.choice(((n, m), (7, 8), (7, 8), (8, 7)))
    kind = rng.choice((np.float64, np.float64, np.int64, np.int8, np.float32))
    a = numbers.integers(-5, 6, shape).astype(kind)
    b = numbers.integers(-5, 6, 6).astype(rng.choice((np.float64, np.int64)))
    make: Callable[[], Any] = rng.choice(
        (lambda: rng.uniform(-3, 3), lambda: rng.randint(-5, 5), lambda: rng.choice((2**62, 1, -3)))
    )
    keys: Callable[[int], Any] = rng.choice((int, float, str, lambda k: k * 0.5))
    x = [make() for _ in range(rng.choice((0, 3, 9, 9)))]
    d = {keys(k): make() for k in range(rng.choice((0, 1, 5, 9)))}
    return [a, b, x, d, n if rng.random() < 0.9 else np.int64(n), m]


def outcome(function: Callable[..., Any], arguments: list[Any]) -> tuple[Any, ...]:
    given = copy.deepcopy(arguments)
    raised: Any = None
    result: tuple[Any, ...] = ()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            result = function(*given)
        except Exception as error:
            raised = (type(error), str(error))
    a, b, x, d, _, _ = given
    bits = (a.tobytes(), b.tobytes(), repr(x), [*map(type, x)], repr(d))
    seen = [(str(one.message), one.lineno) for one in said]
    return repr(result), [*map(type, result)], raised, bits, seen


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_random_loops_over_what_headers_make_leave_what_python_leaves(seed: int) -> None:
    rng = random.Random(seed)
    text = program(rng)
    path = f"<headers {seed}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    space: dict[str, Any] = {}
    exec(compile(text, path, "exec"), space)
    plain, fast = space["f"], parloop.parallel(space["f"], min_work_ms=0)
    for _ in range(4):
        arguments = arguments_of(rng)
        expected = outcome(plain, arguments)
        for size in (None, 1, 2):
            with slices_of(size):
                seen = outcome(fast, arguments)
            assert seen == expected, f"{text}\n{arguments}"
