"""Random loops over lists of lists: rows shared, of many lengths, tuples, gone over, in slices.

    PARLOOP_TABLES=5000 python -m pytest tests/test_random_tables.py     a longer campaign

`PARLOOP_TABLES_SEED` is the first seed.
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

PROGRAMS = int(os.environ.get("PARLOOP_TABLES", "8"))
FIRST = int(os.environ.get("PARLOOP_TABLES_SEED", "0"))
HEADERS = (
    *("i in range(n)", "i in range(len(g))", "i in range(1, n)", "i, v in enumerate(x)"),
    *("i, r in enumerate(g)", "i, (r, q) in enumerate(zip(g, h))", "i, (u, w) in enumerate(g)"),
)
INNER = (
    *("j in range(m)", "j in range(1, m)", "j in range(i, m)", "j in range(m - 1, -1, -1)"),
    *("j in range(len(g[i]))", "j in range(len(g[0]))", "j, b in enumerate(g[i - 1])"),
    *("j in range(len(r))", "j, b in enumerate(r)", "j, (b, c) in enumerate(zip(r, h[i]))"),
)
SPECIAL = (0, 1, -1, 2**62, -(2**63), 3, 7)


def program(rng: random.Random) -> str:
    """Return the text of a function of two tables, a list, one to append to, and two numbers."""
    header = rng.choice(HEADERS)
    inner = rng.random() < 0.7
    names = ["i", "s", *(["j"] if inner else []), *(v for v in "vuw" if v in header)]
    rows = ["g", *(r for r in "rq" if f"{r} in" in header or f"{r}, " in header)]
    rows += ["q"] if "q)" in header else []
    bind = ""
    if rng.random() < 0.4:
        bind = rng.choice(("r = g[i]", "r = g[i - 1]", "r = h[i]", "q = g[-1 - i]"))
        rows += [bind[0]]

    def place(table: str) -> str:
        if table == "g" and rng.random() < 0.4:
            table = rng.choice(rows)
        if table in "rq":
            column = rng.choice(("j", "j", "j - 1", "-1 - j") if inner else ("0", "1", "-1"))
            return f"{table}[{column}]"
        row = rng.choice(("i", "i", "i", "i - 1", "-1 - i", "0", "-1"))
        column = rng.choice(("j", "j", "j", "j - 1", "-1 - j", "0") if inner else ("0", "1", "-1"))
        return f"{table}[{row}][{column}]"

    def value(depth: int = 2) -> str:
        if depth == 0 or rng.random() < 0.2:
            leaf = [*names, "2", "0.5", place("g"), place("g"), place("h"), "x[i]"]
            return rng.choice(leaf)
        op = rng.choice(("+", "-", "*", "+", "-", "*", "/", "//", "%"))
        return f"({value(depth - 1)} {op} {value(depth - 1)})"

    def statement() -> str:
        one, other = place("g"), place(rng.choice("gh"))
        return rng.choice(
            (
                f"s = {value()}",
                f"{one} = {value()}",
                f"{one} += {value(1)}",
                f"{other} = {value(1)}",
                f"{one} = {other}",
                f"x[i] = {value(1)}",
                f"out.append({value(1)})",
                f"if {value(1)} == {value(1)}: break",
                f"if {value(1)} < {value(1)}: {one}, {other} = {other}, {one}",
            )
        )

    lines = [statement() for _ in range(rng.randint(1, 3))]
    if inner:
        over = rng.choice([text for text in INNER if "r" in rows or "r)" not in text])
        over = over if "r" in rows or "zip(r" not in over else "j in range(m)"
        lines = [f"for {over}:", *(f"    {line}" for line in lines)]
        lines += [statement().replace("j", "0") for _ in range(rng.randint(0, 1))]
    lines = [bind, *lines] if bind else lines
    body = "\n        ".join(lines)
    head = f"def f(g, h, x, out, n, m):\n    s, r, q = 1, None, None\n    for {header}:\n"
    return f"{head}        {body}\n    return s, r, q\n"


def tables(rng: random.Random) -> list[Any]:
    """Return the arguments: mostly two proper tables, at times with rows that are not."""
    n, m = rng.choice((0, 1, 4, 4, 4)), rng.choice((0, 1, 2, 2, 3, 5))

    def maker() -> Callable[[], Any]:
        return rng.choice(
            (
                lambda: rng.uniform(-3, 3),
                lambda: rng.randint(-5, 5),
                lambda: rng.choice(SPECIAL),
                lambda: rng.random() < 0.5,
                lambda: rng.choice((0.0, -0.0, 1e308, float("inf"), float("nan"), 1.5)),
            )
        )

    def table() -> list[Any]:
        make = maker()
        rows: list[Any] = [[make() for _ in range(m)] for _ in range(n)]
        if not rows:
            return rows
        match rng.randint(0, 12):
            case 0:
                rows[-1] = rows[0]
            case 1:
                rows[rng.randrange(n)] = [make() for _ in range(rng.randint(0, 6))]
            case 2:
                rows[rng.randrange(n)] = tuple(make() for _ in range(m))
            case 3:
                rows = [tuple(row) for row in rows]
            case 4:
                rows[rng.randrange(n)] = rng.choice((None, 3, "row", maker()()))
            case 5 if m:
                rows[rng.randrange(n)][rng.randrange(m)] = maker()()
            case _:
                pass
        return rows

    g = table()
    h = rng.choice((g, g[:], table(), table(), table(), table()))
    make = maker()
    x: Any = [make() for _ in range(n)]
    out: Any = [None]
    rows = [row for row in g if isinstance(row, list)]
    if rows and rng.random() < 0.05:
        x = rng.choice(rows)
    if rows and rng.random() < 0.05:
        out = rng.choice(rows)
    return [g, h, x, out, rng.choice((n, n, n + 1)), rng.choice((m, m, m + 1))]


def flat(table: Any) -> list[Any]:
    """Return what a table holds, rows and their items."""
    rows = [row for row in table if isinstance(row, list | tuple)]
    return [*table, *(item for row in rows for item in row)]


def outcome(function: Callable[..., Any], arguments: list[Any]) -> tuple[Any, ...]:
    given = copy.deepcopy(arguments)
    before = [list(part) for part in given[:2]]
    try:
        result, raised = function(*given), None
    except Exception as error:
        lines = []
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename.startswith("<tables"):
                lines.append(trace.tb_lineno)
            trace = trace.tb_next
        result, raised = None, (type(error), str(error), tuple(lines))
    same = [
        one is other
        for part, old in zip(given[:2], before, strict=True)
        for one, other in zip(part, old, strict=True)
        if isinstance(one, list)
    ]
    parts = [flat(part) for part in given[:4]]
    types = [[type(item).__name__ for item in part] for part in parts]
    nans = [item for part in parts for item in part if item != item]
    inside = [[one is other for other in nans] for one in nans]
    left = [] if result is None else [[one is row for row in given[0]] for one in result]
    return repr(result), left, raised, repr(given), types, inside, same


@pytest.mark.parametrize("seed", range(FIRST, FIRST + PROGRAMS))
def test_random_loops_over_tables_leave_what_python_leaves(seed: int) -> None:
    rng = random.Random(seed)
    text = program(rng)
    path = f"<tables {seed}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    space: dict[str, Any] = {}
    exec(compile(text, path, "exec"), space)
    plain, fast = space["f"], parloop.parallel(space["f"], min_work_ms=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(4):
            arguments = tables(rng)
            expected = outcome(plain, arguments)
            for size in (None, 1, 3):
                with slices_of(size):
                    seen = outcome(fast, arguments)
                assert seen == expected, f"{text}\n{arguments}"
