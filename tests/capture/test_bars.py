"""Loops over progress bars of tqdm's leave bars and names as they are left without sites."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_engine import declining, inside, taking

from parloop.capture.progress import without_bar
from parloop.capture.rewrite import rewrite
from parloop.capture.sites import REGISTRY, Outcome, Site
from parloop.config import settings
from parloop.runtime import dispatch
from parloop.source import Source

tqdm = pytest.importorskip("tqdm", reason="tqdm (extra `test`) is missing: no bar was run")

HEAD = """
import io
from tqdm import tqdm as plain, trange as plain_trange
kept, shown = [], io.StringIO()
def tqdm(*items, **options):
    kept.append(plain(*items, file=shown, bar_format='{n_fmt}/{total_fmt}', **options))
    return kept[-1]
def state(bar):
    return bar.n, bar.total, bar.disable, type(bar.iterable).__name__, repr(bar.iterable)
"""

TAIL = """
out([state(bar) for bar in kept], len(plain._instances))
out([line.strip() for line in shown.getvalue().split(chr(13)) if line.strip()][-1:])
"""

PROGRAMS: dict[str, str] = {
    "over_numbers": """
s = 0
for i in tqdm(range(7)):
    s += i
out(s, i)
""",
    "with_words_for_the_bar": """
def f(n, s=0):
    for i in tqdm(range(1, n + 1), desc='heat', leave=False, initial=3, total=40):
        s += i
    return s, i
out(f(6))
""",
    "with_else": """
for i in tqdm(range(5)):
    t = i
else:
    out('else', state(kept[-1]), i)
""",
    "left_by_break": """
for i in tqdm(range(9)):
    if i == 4:
        break
else:
    out('else')
out(i, state(kept[-1]))
""",
    "left_by_return": """
def f(n):
    for i in tqdm(range(n)):
        if i * i > 20:
            return i, n
    return -1
out(f(4), f(9))
""",
    "left_by_an_exception": """
a = [3, 2, 1, 0, 5]
try:
    for i in tqdm(range(len(a))):
        t = 6 // a[i]
except ZeroDivisionError as error:
    out(i, t, str(error), state(kept[-1]))
""",
    "zero_trips": """
for i in tqdm(range(0)):
    t = 1
out('t' in globals(), state(kept[-1]))
""",
    "over_a_list": """
a = [4.0, 5.0, 6.0]
s = 0
for x in tqdm(a):
    s += x
out(s, x)
""",
    "over_an_array": """
for x in tqdm(array):
    t = x
out(t, x)
""",
    "over_pairs": """
a, b = [1, 2, 3, 4], [5, 6, 7]
s = 0
for k, (x, y) in tqdm(enumerate(zip(a, b), 2), total=3):
    s += k * x * y
out(s, k, x, y, [repr(bar.iterable)[:10] for bar in kept])
kept.clear()
""",
    "over_the_rest_of_something": """
a = [1, 2, 3, 4]
def tqdm(items):
    next(items)
    kept.append(plain(items, file=shown, bar_format='{n_fmt}'))
    return kept[-1]
s = 0
for k, x in tqdm(enumerate(a)):
    s += k * x
out(s, k, x)
kept.clear()
""",
    "over_something_else_than_it_says": """
def tqdm(items):
    return plain(range(0, 2 * len(items), 2), file=shown, bar_format='{n_fmt}')
def f(n, s=0):
    for i in tqdm(range(n)):
        s += i
    return s, i
out(f(4))
""",
    "over_no_bar": """
def tqdm(items):
    return items
for i in tqdm(range(4)):
    t = i
for i in tqdm([]):
    t = i
out(i, t)
try:
    for i in tqdm(None):
        t = i
except TypeError as error:
    out(str(error))
""",
    "of_a_class_of_somebodys_own": """
class Loud(plain):
    def update(self, n=1):
        out('update', n)
        return super().update(n)
def tqdm(items):
    return Loud(items, file=shown, mininterval=0, miniters=1, bar_format='x')
for i in tqdm(range(4)):
    t = i
out(i, t)
""",
    "disabled": """
for i in tqdm(range(4), disable=True):
    t = i
out(i, t, state(kept[-1]))
for i in tqdm(range(4), disable=True):
    if i == 2: break
out(i, t, state(kept[-1]))
""",
    "bounds_that_are_computed": """
def f(x, y, s=0):
    for i in tqdm(range(2, int(x / y), max(1, int(y)))):
        s += i
    return s, i
out(f(9.0, 0.5))
""",
    "of_trange": """
def trange(*bounds, **options):
    return tqdm(range(*bounds), **options)
s = 0
for i in trange(2, 9, desc='x'):
    s += i
out(s, i)
""",
    "one_in_another": """
s = 0
for i in tqdm(range(3)):
    for j in tqdm(range(4), leave=False):
        s += i * j
out(s, i, j)
""",
    "what_the_body_looks_at": """
for i in (bar := tqdm(range(5))):
    bar.set_postfix(i=i)
out(i, state(bar))
""",
    "by_another_name": """
from tqdm import tqdm as waiting
for i in waiting(range(5), file=shown, bar_format='{n_fmt}'):
    t = i
out(i, t)
""",
}

ENGINES: dict[str, Any] = {
    "all": taking(lambda trips: trips),
    "half": taking(lambda trips: trips // 2),
    "but_one": taking(lambda trips: max(0, trips - 1)),
    "none": declining,
    "inside": inside,
}


@pytest.fixture(autouse=True)
def _engine_as_before() -> Iterator[None]:
    before = Site.engine
    yield
    REGISTRY.set_engine(before)


def run(text: str, engine: Any = None) -> list[object]:
    """Return what `text` notes, with sites if there is an engine."""
    noted: list[object] = []
    tree = ast.parse(text)
    if engine is not None:
        tree, sites = rewrite(tree, Source("text.py", text))
        assert any(site.bar is not None for site in sites) or "set_postfix" in text
        REGISTRY.set_engine(engine)
    space: dict[str, Any] = {"__name__": "text", "array": np.arange(4.0)}
    space["out"] = lambda *values: noted.append(values)
    REGISTRY.install(space)
    exec(compile(tree, "text.py", "exec"), space)
    return noted


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_leaves_its_bars_as_without(program: str, engine: str) -> None:
    text = HEAD + PROGRAMS[program] + TAIL
    assert run(text, ENGINES[engine]) == run(text)


TICKING = """
import io
from tqdm import tqdm
shown = io.StringIO()
for i in tqdm(range(40), file=shown, mininterval=0, miniters=1, bar_format='{n_fmt}'):
    t = i
"""


def ticking(
    site: Any, indices: range, values: tuple[object, ...], frame: FrameType
) -> Outcome | None:
    """Take over all, in slices of ten."""
    bar = next(iter(site.bars.values()))
    for done in (10, 20, 30, 40):
        bar.tick(done)
    return Outcome(len(indices), (indices[-1], indices[-1]))


def shown_by(space: dict[str, Any]) -> list[str]:
    return [line.strip() for line in space["shown"].getvalue().split("\r") if line.strip()]


def test_a_bar_ticks_between_slices() -> None:
    space = ran(TICKING, ticking)
    assert shown_by(space) == ["0", "10", "20", "30", "40", "40"]
    assert (space["i"], space["t"]) == (39, 39)


def test_a_bar_waits_for_its_time_to_tick() -> None:
    space = ran(TICKING.replace("mininterval=0", "mininterval=1000"), ticking)
    assert shown_by(space) == ["0", "40"]


def ran(text: str, engine: Any) -> dict[str, Any]:
    """Return the globals of `text` after it ran with sites."""
    tree, _ = rewrite(ast.parse(text), Source("text.py", text))
    REGISTRY.set_engine(engine)
    space: dict[str, Any] = {"__name__": "text"}
    REGISTRY.install(space)
    exec(compile(tree, "text.py", "exec"), space)
    return space


@pytest.mark.parametrize("done", [0, 3, 40])
def test_an_interrupt_closes_the_bar_where_it_is(done: int) -> None:
    def engine(site: Site, indices: range, *_: object) -> Outcome:
        return Outcome(done, (done - 1, done - 1), error=KeyboardInterrupt())

    text = TICKING.replace("miniters=1", "miniters=1000")
    text = text.replace("for i", "try:\n    for i").replace("t = i", "    t = i")
    text += "\nexcept KeyboardInterrupt as error:\n    seen = error, len(tqdm._instances)\n"
    before = len(tqdm.tqdm._instances)
    space = ran(text, engine)
    assert space["seen"][1] == before
    assert shown_by(space)[-1] == str(done)
    assert space.get("i") == (done - 1 if done else None)


def test_with_the_engine_bars_tick_and_values_are_those_of_the_interpreter() -> None:
    dispatch.start()
    text = """
import io
from tqdm.auto import tqdm, trange
shown = io.StringIO()
s = 0.0
for i in tqdm(range(len(a)), file=shown, mininterval=0):
    s += a[i] * i
for k, x in tqdm(enumerate(a), total=len(a), file=shown):
    if x > 0.9999: break
for j in trange(1000, file=shown):
    a[j] = s / (j + 1)
"""
    outcomes = []
    for on in (True, False):
        a = np.random.default_rng(5).random(30_000)
        tree = ast.parse(text)
        if on:
            tree, _ = rewrite(tree, Source("bars.py", text))
        space: dict[str, Any] = {"__name__": "text", "a": a}
        REGISTRY.install(space)
        with settings(min_work_ms=0):
            exec(compile(tree, "bars.py", "exec"), space)
        lines = space["shown"].getvalue().replace("\r", "\n").split("\n")
        outcomes.append((space["s"], space["i"], space["k"], space["j"], a.tobytes(),
                         [line[:4] for line in lines if line][-1]))  # fmt: skip
        if on:
            assert sum(len(line) > 1 for line in lines) > 3
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    ("header", "inside"),
    [
        ("tqdm(range(n), desc='x')", "range(n)"),
        ("tqdm.tqdm(a)", "a"),
        ("tqdm.notebook.tqdm(zip(a, b), total=3)", "zip(a, b)"),
        ("tqdm.auto.trange(2, n - 1, leave=False)", "range(2, n - 1)"),
        ("trange(int(x), n)", "range(int(int(x)), n)"),
        ("tqdm(range(min(n, m)))", "range(int(min(n, m)))"),
        ("tqdm(total=3)", "tqdm(total=3)"),
        ("trange(*n)", "trange(*n)"),
        ("list(range(n))", "list(range(n))"),
    ],
)
def test_what_a_bar_goes_over(header: str, inside: str) -> None:
    loop = ast.parse(f"for i in {header}: pass").body[0]
    assert isinstance(loop, ast.For)
    assert ast.unparse(without_bar(loop).iter) == inside
