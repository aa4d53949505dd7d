"""Random loops that draw random numbers: what they leave, and the generators after them.

    PARLOOP_DRAWS=2000 python -m pytest tests/test_random_draws.py     a longer campaign
"""

from __future__ import annotations

import linecache
import os
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.differential import slices_of

import parloop

PROGRAMS = int(os.environ.get("PARLOOP_DRAWS", "12"))

OF_GENERATORS = (
    *("g.random()", "g.normal()", "g.normal(1, 2.5)", "g.standard_normal()", "g.uniform(-1, 3)"),
    *("g.normal(loc=1, scale=m)", "g.uniform(high=m)", "g.normal(size=None)", "g.uniform(m, 2)"),
    *("g.integers(9)", "g.integers(-5, 2**40)", "g.integers(0, 2**62)", "g.exponential(2.0)"),
)
OF_MODULES = (
    *("random.random()", "random.uniform(-2, 0.5)", "np.random.rand()", "np.random.random()"),
    *("np.random.normal(scale=m)", "np.random.uniform(low=-m, high=m)", "random.uniform(m, 2)"),
    *("np.random.randn()", "np.random.normal(0.5, 3)", "np.random.uniform(1, 4)"),
    *("np.random.randint(1, 7)", "np.random.randint(0, 2**40)", "np.random.standard_normal()"),
)
BITS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


def program(rng: random.Random) -> str:
    """Return the text of a function of a generator, a list, an array and a number."""
    draw = rng.choice(OF_GENERATORS if rng.random() < 0.6 else OF_MODULES)
    names = ["x[i]", "a[i]", "s", "i", "0.5", "2"]
    start = rng.choice(("0", "0.5"))
    operators = "+-+-/" if start == "0" else "+-*+-/"  # squares of squares of ints have no end

    def value(depth: int = 2) -> str:
        if rng.random() < 0.3:
            return draw
        if depth == 0:
            return rng.choice(names)
        op = rng.choice(operators)
        return f"({value(depth - 1)} {op} {value(depth - 1)})"

    kinds = (
        lambda: f"s = {value()}",
        lambda: f"s += {value()}",
        lambda: f"a[i] = {value()}",
        lambda: f"x[i] = {value()}",
        lambda: f"out.append({value()})",
        lambda: f"if {value(1)} < {rng.choice(names)}: s += 1",
        lambda: f"p, q = {draw}, {draw}",
        lambda: f"s += 1 if {draw} > {rng.choice(names)} else {rng.choice(names)}",
        lambda: f"if s > 0: s -= {value()}",
    )
    body = "\n        ".join(rng.choice(kinds)() for _ in range(rng.randint(1, 4)))
    header = rng.choice(("range(n)", "range(0, n)", "range(len(x))", "range(1, n)"))
    return (
        "import random\nimport numpy as np\n\ndef f(g, x, a, n):\n"
        f"    s, p, q, out, m = {start}, 1, 2, [], {rng.choice(('0.5', '3'))}\n"
        f"    for i in {header}:\n        {body}\n    return s, p, q, out\n"
    )


def outcome(function: Callable[..., Any], seed: int) -> tuple[Any, ...]:
    rng = random.Random(seed)
    generator = np.random.Generator(getattr(np.random, rng.choice(BITS))(seed))
    random.seed(seed)
    np.random.seed(seed)
    make = rng.choice((lambda: rng.uniform(-2, 2), lambda: rng.randint(-3, 3)))
    x = [make() for _ in range(rng.choice((0, 1, 7, 30)))]
    a = np.array([rng.choice((1.0, 2.0, -0.5)) for _ in range(30)])
    n = min(len(x), rng.randint(0, 30)) if rng.random() < 0.9 else 30
    raised, result = None, None
    try:
        result = function(generator, x, a, n)
    except Exception as error:
        raised = (type(error), str(error))
    kinds = [*map(type, result or ()), *map(type, x)]
    states = (repr(generator.bit_generator.state), random.getstate(), repr(np.random.get_state()))
    after = (generator.random(), random.gauss(0, 1), np.random.randn())
    return repr(result), raised, kinds, repr(x), a.tobytes(), states, after


@pytest.mark.parametrize("seed", range(PROGRAMS))
@pytest.mark.filterwarnings("ignore")
def test_random_loops_that_draw_leave_what_python_leaves(seed: int) -> None:
    rng = random.Random(seed)
    text = program(rng)
    path = f"<draws {seed}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    space: dict[str, Any] = {}
    exec(compile(text, path, "exec"), space)
    plain, fast = space["f"], parloop.parallel(space["f"], min_work_ms=0)
    for number in range(4):
        expected = outcome(plain, 10 * seed + number)
        for size in (None, 1, 5):
            with slices_of(size):
                seen = outcome(fast, 10 * seed + number)
            assert seen == expected, text
