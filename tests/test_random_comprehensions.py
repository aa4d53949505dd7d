"""Random comprehensions and generator expressions, alone, in tests and under other loops.

    PARLOOP_COMPREHENSIONS=5000 python -m pytest tests/test_random_comprehensions.py
"""

from __future__ import annotations

import copy
import linecache
import math
import os
import random
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.differential import slices_of

import parloop

PROGRAMS = int(os.environ.get("PARLOOP_COMPREHENSIONS", "20"))
HEADERS = (
    *("v in x", "i in range(n)", "i in range(len(x))", "i, v in enumerate(x)", "v, w in zip(x, y)"),
    *("i, (v, w) in enumerate(zip(y, x), 2)", "v in reversed(y)", "i in range(n, 0, -1)", "v in a"),
)
SHAPES = (
    *("[{}]", "sum({})", "min({})", "max({})", "any({})", "all({})", "sorted({})", "tuple({})"),
    *("list({})", "sum([{}])", "max([{}])", "[{}]", "[{}]"),
)


def expression(rng: random.Random) -> str:
    """Return a comprehension, or a call with one."""
    header = rng.choice(HEADERS)
    names = [name for name in "ivw" if name in header.split(" in ")[0]]

    def value(names: list[str], depth: int = 2) -> str:
        if depth == 0 or rng.random() < 0.15:
            leaf = [*names, *names, "s", "2", "0.5", "K", "a[0]"]
            leaf += ["x[i]", "y[i]", "a[i - 1]"] if "i" in names else ["x[0]", "y[-1]"]
            return rng.choice(leaf)
        draw = rng.random()
        if draw < 0.15:
            return f"f({value(names, depth - 1)})"
        if draw < 0.25:
            return f"abs({value(names, depth - 1)})"
        if draw < 0.33:
            then, other = value(names, depth - 1), value(names, depth - 1)
            return f"({then} if {value(names, 1)} > 1 else {other})"
        op = rng.choice(("+", "-", "*", "+", "-", "*", "/", "//", "%"))
        return f"({value(names, depth - 1)} {op} {value(names, depth - 1)})"

    def tests(names: list[str]) -> str:
        found = ""
        while rng.random() < 0.3:
            found += f" if {value(names, 1)} {rng.choice(('<', '>=', '!='))} {value(names, 1)}"
        return found

    draw = rng.random()
    if draw < 0.15:
        inner = f"{value([*names, 'j'])} for {header}{tests(names)} for j in range(3)"
        return rng.choice(("[{}]", "sum({})", "max({})")).format(inner + tests([*names, "j"]))
    if draw < 0.3:
        row = f"[{value([*names, 'j'])} for j in range({rng.choice(('3', 'n', 'len(y)'))})"
        return f"[{row}{tests([*names, 'j'])}] for {header}{tests(names)}]"
    if draw < 0.4:
        return f"[({value(names)}, {value(names)}) for {header}{tests(names)}]"
    shape = rng.choice(SHAPES)
    item = value(names)
    if "any" in shape or "all" in shape:
        item = f"{item} {rng.choice(('<', '>', '=='))} {rng.choice(('2', '-3', '0.25'))}"
    return shape.format(f"{item} for {header}{tests(names)}")


def program(rng: random.Random) -> str:
    """Return the text of a module with a function of two lists, an array and a number."""
    lines = ["K = 3", "", "def f(t):", "    if t > 2:", "        return t * 0.5"]
    lines += ["    return t + K", "", "def main(x, y, a, n):", "    s = 1", "    found = []"]
    for number in range(rng.randint(1, 3)):
        draw = rng.random()
        if draw < 0.2:
            lines += [f"    for s in range({rng.randint(0, 3)}):", "        print(end='')"]
            lines.append(f"        found.append({expression(rng)})")
        elif draw < 0.3:
            lines.append(f"    if {expression(rng)}: found.append({number})")
        elif draw < 0.4:
            lines.append(f"    found.append((lambda k: {expression(rng)})(2))")
        else:
            lines.append(f"    found.append({expression(rng)})")
        if rng.random() < 0.3:
            lines.append("    K2 = x = found[-1] if type(found[-1]) is list else x")
    return "\n".join([*lines, "    return found, s"]) + "\n"


def arguments(rng: random.Random) -> tuple[Any, ...]:
    def one() -> list[Any]:
        make: Callable[[], Any] = rng.choice(
            (
                lambda: rng.uniform(-3, 3),
                lambda: rng.randint(-5, 5),
                lambda: rng.choice((0, 1, 2**31, -(2**62), 2**63 - 1)),
                lambda: rng.random() < 0.5,
                lambda: rng.choice((0.0, -0.0, 1e308, math.inf, math.nan, 1.5)),
            )
        )
        return [make() for _ in range(rng.choice((0, 1, 5, 12, 12, 12)))]

    a = np.random.default_rng(rng.randint(0, 99)).normal(size=12)
    return one(), one(), a if rng.random() < 0.7 else (9 * a).astype(int), rng.randint(0, 12)


def outcome(
    function: Callable[..., Any], given: tuple[Any, ...], mode: Any = "always"
) -> tuple[Any, ...]:
    given = copy.deepcopy(given)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(mode)
        try:
            found: Any = function(*given)
            left: tuple[Any, ...] = (repr(found), types_in(found))
        except Exception as error:
            lines = []
            traceback = error.__traceback__
            while traceback is not None:
                if traceback.tb_frame.f_code.co_filename.startswith("<comprehension"):
                    lines.append((traceback.tb_lineno, traceback.tb_frame.f_code.co_name))
                traceback = traceback.tb_next
            left = (type(error), str(error), lines)
    return left, [(str(one.message), one.lineno) for one in caught], repr(given)


def types_in(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value), [types_in(item) for item in value]
    return type(value)


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_random_comprehensions_make_what_they_make_in_python(seed: int) -> None:
    rng = random.Random(seed)
    text = program(rng)
    path = f"<comprehensions {seed}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    space: dict[str, Any] = {"__name__": path}
    exec(compile(text, path, "exec"), space)
    plain, fast = space["main"], parloop.parallel(space["main"], min_work_ms=0)
    for _ in range(3):
        given = arguments(rng)
        expected = outcome(plain, given)
        for size in (None, 1, 5):
            with slices_of(size):
                seen = outcome(fast, given)
            assert seen == expected, f"{text}\n{given}"


TRAPS = {
    "tests stand before the loops inside": (
        "return [i * j + 1 for i in range(n) if 1 // i >= 0 for j in range(y[0])]",
        "return [i * j + 1 for i in range(n) if i % 2 for j in range(6 // (i % 2))]",
    ),
    "a variable before it is bound": (
        "return [i * j + 1 for i in range(n) if i == 0 or j for j in range(3)]",
        "return [i * j + 1 for i in range(n) if n for n in range(3) for j in range(3)]",
        "return sum(i * n for i in range(n) if n for n in range(3))",
    ),
    "a variable of a row outside the row": (
        "j = 2\n    return [[i * j + 1 for j in range(j if i else 3)] for i in range(n)]",
        "j = 0\n    return [[i * j + 1 for j in range(4)] for i in range(n) if i == 0 or j]",
    ),
    "an unbound name over whose items it goes": (
        "return [\n        v * 2 + 1\n        for v in\n        zs]",
        "r = sum(\n        v\n        for v, w in\n        zip(x,\n        zs))\n"
        "    zs = r\n    return zs",
    ),
    "where `sum` warns, and when": (
        "return sum(\n        v * w\n        for v, w in\n        zip(a, a))",
        "return 1 + (\n        sum([\n        v * v for v in a]))",
        "return sum([v * 2 for v in a])",
    ),
    "a builtin that has been replaced": (
        "import builtins\n    real = any\n    builtins.any = lambda items: len(list(items))\n"
        "    try:\n        return any(v * v >= 0 for v in x)\n"
        "    finally:\n        builtins.any = real",
    ),
}


@pytest.mark.parametrize("name", TRAPS)
@pytest.mark.parametrize("mode", ["always", "default", "error"])
def test_traps(name: str, mode: Any) -> None:
    a = np.array([60, 60, 127, 11], np.int8)
    for body in TRAPS[name]:
        text = f"def main(x, y, a, n):\n    {body}\n"
        path = f"<comprehensions {name}>"
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
        plain: dict[str, Any] = {"__name__": path}
        fast: dict[str, Any] = {"__name__": path}
        exec(compile(text, path, "exec"), plain)
        exec(compile(text, path, "exec"), fast)
        native = parloop.parallel(fast["main"], min_work_ms=0)
        given = ([1.0, -2.0, 3.0], [0, 1], a, 5)
        expected = outcome(plain["main"], given, mode)
        for size in (None, 1, 5):
            with slices_of(size):
                assert outcome(native, given, mode) == expected, f"{text}\n{size}"


def test_the_text_of_an_annotation_stays(tmp_path: Path) -> None:
    path = tmp_path / "annotated.py"
    path.write_text(
        "from __future__ import annotations\n"
        "a: [i * i + 1 for i in range(9)] = sum(i * i for i in range(9))\n"
        "print(a, __annotations__)\n"
    )
    command = [sys.executable, "-m", "parloop", "run", "--min-work-ms", "0", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "204 {'a': '[i * i + 1 for i in range(9)]'}\n"
