"""Which loops get a site: each refusal beside its nearest accepted neighbour."""

from __future__ import annotations

import ast

import pytest

from parloop.capture.candidates import (
    find_callables,
    find_obstacle,
    is_candidate,
    is_range_loop,
)


def loop_in(text: str) -> tuple[ast.stmt, ast.Module]:
    """Return the last statement of `text`, and all of it."""
    tree = ast.parse(text)
    return tree.body[-1], tree


@pytest.mark.parametrize(
    ("accepted", "refused"),
    [
        ("for i in range(n): x = i", "for i in items: x = i"),
        ("for i in range(1, n, 2): x = i", "for i in range(1, n, 2, 3): x = i"),
        ("for i in range(n): x = i", "for i in range(): x = i"),
        ("for i in range(n): x = i", "for i in range(*n): x = i"),
        ("for i in range(n): x = i", "for i in range(n, step=2): x = i"),
        ("for i in range(n): x = i", "for i in np.arange(n): x = i"),
        ("for i in range(n): x = i", "for i in reversed(range(n)): x = i"),
        ("for i in range(n): x = i", "for a[0] in range(n): x = i"),
        ("for i in range(n): x = i", "for i, j in range(n): x = i"),
        ("for i in range(n): x = i", "while n: x = i"),
    ],
)
def test_only_a_plain_loop_over_range_counts(accepted: str, refused: str) -> None:
    assert is_range_loop(loop_in(accepted)[0])
    assert not is_range_loop(loop_in(refused)[0])


@pytest.mark.parametrize(
    ("accepted", "refused", "construct"),
    [
        ("x = abs(i)", "print(i)", "a call of `print`"),
        ("x = a.std()", "x = a.item()", "a call of `a.item`"),
        ("x = (a * 2).T", "x = (a * 2).real", "the attribute `(a * 2).real`"),
        ("x = np.linalg.norm(i)", "x = np.random.normal(i)", "a call of `np.random.normal`"),
        ("x = max(i, 2)", "x = max(i, key=f)", "a call with keywords or unpacking"),
        ("x = max(i, 2)", "x = max(*a)", "a call with keywords or unpacking"),
        ("x = a.shape[0]", "x = a.real", "the attribute `a.real`"),
        ("x = math.pi", "x = self.a[i]", "the attribute `self.a`"),
        ("x = a.size", "x = a[i].size", "the attribute `a[i].size`"),
        ("a[i] = 1", "self.x = 1", "an assignment to `self.x`"),
        ("x = 1j", "x = 'one'", "the literal `'one'`"),
        ("x = True", "x = None", "the literal `None`"),
        ("x = a[i, None]", "a[i, :] = None", "the literal `None`"),
        ("b = a.copy()", "b = a.copy('F')", "a call of `a.copy`"),
        ("x, y = y, x", "x, *y = i", "unpacking with `*`"),
        ("x = i in (1, 2)", "x = i in (1, n)", "the test `i in (1, n)`"),
        ("x = i == 3", "x = i is n", "the test `i is n`"),
        ("x = i @ n", "x = i.real @ n", "the attribute `i.real`"),
        ("x = i", "x: int = i", "an annotated assignment"),
        ("x = i", "x = [i, n]", "a list"),
        ("x = i", "x = [j for j in a]", "a comprehension"),
        ("x = i", "x = (y := i)", "an assignment expression"),
        ("x = i", "x = lambda: i", "`lambda`"),
        ("x = i", "x = f'{i}'", "a formatted string"),
        ("if i: break", "if i: raise ValueError", "`raise`"),
        ("if i: continue", "assert i", "`assert`"),
        ("pass", "del x", "`del`"),
        ("while i: i -= 1", "with a: pass", "`with`"),
        ("if i: pass", "try: pass\n  finally: pass", "`try`"),
        ("try: x = 1\n  except IndexError: x = 2", "try: x = 1\n  except: x = 2", "`try`"),
        ("for j in range(i): x = j", "for j in a.flat: x = j",
         "a loop over something else than numbers or an array's items"),
        ("for j in a: x = j", "for j in set(a): x = j",
         "a loop over something else than numbers or an array's items"),
        ("x = a[i]; a = b", "for x in a: a = x", "`a`, which is assigned and iterated over"),
        ("for x in a: x[0] = 1", "for x in range(i): x[0] = 1",
         "`x`, which a loop binds and which is subscripted"),
        ("for x in a[i:]: y = x", "for x in a[i::2]: y = x",
         "a loop over something else than numbers or an array's items"),
        ("for x in a: y = x", "for x in a:\n    y = x\n    for z in y: y = z",
         "`y`, which is assigned and iterated over"),
    ],
)  # fmt: skip
def test_constructs_that_only_the_interpreter_runs(
    accepted: str, refused: str, construct: str
) -> None:
    head = "import math\nfor i in range(n):\n  "
    good, tree = loop_in(head + accepted)
    assert is_candidate(good, find_callables(tree))
    bad, tree = loop_in(head + refused)
    obstacle = find_obstacle(bad, find_callables(tree))
    assert obstacle is not None
    assert obstacle.construct == construct


@pytest.mark.parametrize(
    ("statement", "call", "known"),
    [
        ("import math as m", "m.sin", True),
        ("import numpy", "numpy.sin", True),
        ("import cmath", "cmath.sin", False),
        ("from math import sin as s", "s", True),
        ("from numpy import exp", "exp", True),
        ("from scipy import exp2", "exp2", True),
        ("from scipy import special", "special.gamma", False),
        ("from math import *", "hypot", True),
        ("def helper(x): return x", "helper", True),
        ("def sin(x): return x", "sin", True),
        ("def helper(x): return print(x)", "helper", False),
        ("def helper(x): return other(x)", "helper", False),
        ("def helper(x): return sin(x)\ndef sin(x): return x", "helper", True),
        ("def helper(x): return sin(x)\ndef sin(x): print(x)", "helper", False),
        ("def helper(*x): return x[0]", "helper", False),
        ("helper = lambda x: x", "helper", True),
        ("class A:\n    def other(self): pass", "helper", False),
        ("def f(helper): helper(1)", "helper", True),
    ],
)
def test_functions_are_known_by_their_imports(statement: str, call: str, known: bool) -> None:
    loop, tree = loop_in(f"{statement}\nfor i in range(n): x = {call}(i)")
    assert is_candidate(loop, find_callables(tree)) is known


def test_where_values_are_seen_they_decide() -> None:
    loop, tree = loop_in("for i in range(n): x = exp2(i) + mine.f(i)")
    assert is_candidate(loop, find_callables(tree, lambda name: name in ("exp2", "mine")))
    assert not is_candidate(loop, find_callables(tree, lambda name: name == "mine"))
