"""What the frontend refuses, with the code and the place, beside the nearest loop it accepts."""

from __future__ import annotations

import ast
import textwrap

import pytest
from outcomes import lower_text, parse_loop, require_nest

from parloop.diagnostics import Diagnostic
from parloop.frontend.lower import lower_loop
from parloop.frontend.names import NameFacts, enter_function
from parloop.ir.nodes import Nest
from parloop.ir.printer import to_text
from parloop.source import Source, Span


def refusals(body: str) -> tuple[Diagnostic, ...]:
    """Return why a loop with this body stays with the interpreter."""
    found = lower_text("for i in range(n):\n" + textwrap.indent(body, "    "))
    assert not isinstance(found, Nest), f"accepted: {body}"
    return found


REFUSED = {
    "SYN101": [
        ("for x in b[0:]: b[i] = x", "for x in b: s += x"),
        ("for x in enumerate(b): s += 1", "for j, x in enumerate(b): s += x"),
        ("for j, x, y in enumerate(b): s += x", "for j, x in enumerate(b): s += x"),
        ("for x, x in zip(a, b): s += x", "for x, y in zip(a, b): s += x"),
        ("for j, x in enumerate(b, n): s += x", "for j, x in enumerate(b, 1): s += x"),
        ("for j in reversed(range(0, n, 2)): s += j", "for j in reversed(range(0, n)): s += j"),
        ("for j in range(3, stop=4): s += j", "for j in range(3, 4): s += j"),
        ("for j in enumerate(b): s += 1", "for j in range(len(b)): s += 1"),
        ("for j in xs.items(): s += 1", "for j in range(xs.size): s += 1"),
    ],
    "SYN102": [
        ("try:\n    s += 1\nfinally:\n    pass", "s += 1"),
        ("with lock: s += 1", "if lock: s += 1"),
        ("assert b[i] > 0", "s = b[i] > 0"),
        ("del s", "s = 0"),
        ("import math", "pass"),
        ("def f(): pass", "pass"),
        ("class C: pass", "pass"),
        ("global s", "s = 0"),
        ("raise ValueError", "break"),
        ("match s:\n    case 1: k = 1", "if s == 1: k = 1"),
        ("s", "s = s"),
        ("t: int = 1", "t = 1"),
        ("while a[0] == 0: s += 1", "while a[0] == 0: a[0] += 1"),
        ("while s < k: t = s", "while s < k: s += 1"),
        ("while True: s += 1", "while s: s -= 1"),
        (
            "while True:\n    t = a[0]\n    if t: break",
            "while True:\n    t += a[0]\n    if t: break",
        ),
        (
            "while True:\n    t = a[0]\n    if t: break\n    s += 1",
            "while True:\n    t = a[0]\n    if s: break\n    s += 1",
        ),
        ("while a[0]:\n    if k: t = 2", "while t:\n    if k: t = 2"),
        ("while t:\n    t = k", "while t:\n    if s: continue\n    t = k"),
        (
            "while k:\n    for j in range(n):\n        break\n    else:\n        s = 1",
            "while k:\n    for j in range(n):\n        s = 1\n    else:\n        break",
        ),
        (
            "while k:\n    while s: s -= 1",
            "while k:\n    while s: s -= 1\n    else:\n        if t: break",
        ),
        ("while j:\n    for k in range(3): s = k", "while j:\n    for j in range(3): s = j"),
        ("while len(a) > 2: s += 1", "while True: break"),
    ],
    "SYN103": [
        ("s = 'text'", "s = 1"),
        ("s = f'{i}'", "s = i"),
        ("s = None", "s = False"),
        ("s = [1, 2]", "s, t = [1, 2]"),
        ("s = (1, 2)", "s, t = (1, 2)"),
        ("s = {1: 2}", "s = 12"),
        ("s = {1, 2}", "s = 12"),
        ("while k + a[0:2][0]: k -= 1", "s = a[0:2][0]"),
        ("s = a[..., None]", "s = a[i, None]"),
        ("a[None] = s", "s = a[None]"),
        ("s = a['x']", "s = a[0]"),
        ("s = ...", "s = a[...]"),
        ("s = lambda: 1", "s = 1"),
        ("s = [x for x in b]", "s = b[0]"),
        ("s = (y := 2)", "s = y = 2"),
        ("s = x is y", "s = x == y"),
        ("s = x in y", "s = x != y"),
        ("x @= y", "x = x @ y"),
        ("s = p.mass", "s = p[0]"),
        ("s = p.mass[i]", "s = p[i]"),
        ("s = a.shape", "s = a.shape[0]"),
        ("s = a.shape[i]", "s = a.shape[-1]"),
        ("s = f(1)[0]", "s = f[1][0]"),
        ("s = a.real[i]", "s = a.T[i]"),
    ],
    "SYN104": [
        ("s = f(i)", "s = f[i]"),
        ("s = print(i)", "s = round(i)"),
        ("s = sum(b)", "s = b[0] + b[1]"),
        ("s = max(b)", "s = max(b[0], b[1])"),
        ("s = max(1, 2, key=f)", "s = max(1, 2)"),
        ("s = max(*b)", "s = max(b[0], 1)"),
        ("s = np.sum(b, keepdims=True)", "s = np.sum(b)"),
        ("s = b.std(ddof=1)", "s = b.std()"),
        ("s = np.random.sum()", "s = b.sum()"),
        ("s = np.exp(b[0], out=b)", "s = np.exp(b[0])"),
        ("s = np.linalg.norm(b, 1)", "s = np.linalg.norm(b)"),
        ("s = np.linalg.det(b)", "s = np.dot(b, b)"),
        ("s = x.item()", "s = float(x)"),
        ("s = int()", "s = int(0)"),
        ("s = len(b[0:])", "s = len(b)"),
        ("s = divmod(i, 2)", "s, t = divmod(i, 2)"),
        ("s = range(3)", "s = 3"),
        ("s = math.sqrt(1, 2)", "s = math.sqrt(1)"),
        ("abs = 3\ns = abs(i)", "ab = 3\ns = abs(i)"),
        ("math = 3\ns = math.sqrt(i)", "mat = 3\ns = math.sqrt(i)"),
    ],
    "SYN105": [
        ("p.mass = 1", "p[0] = 1"),
        ("*s, t = 1, 2", "s, t = 1, 2"),
        ("(s, t), k = (1, 2), 3", "s, t, k = 1, 2, 3"),
        ("s, t = pair", "s, t = pair, pair"),
        ("s, t = a.strides", "s, t = a.shape"),
        ("s, t = 1, 2, 3", "s, t = 1, 2"),
        ("k = s, t = 1, 2", "k = s = 1"),
        ("for j, k in range(3): p.x[0] = 1", "for j in range(3): p[0] = 1"),
        ("for j, k in range(3): pass", "for j in range(3): pass"),
        ("p.mass += 1", "p[0] += 1"),
    ],
    "SYN106": [
        ("for a in range(3): s += a[0]", "for j in range(3): s += a[0]"),
    ],
}


@pytest.mark.parametrize(
    ("code", "body"), [(code, pair[0]) for code, pairs in REFUSED.items() for pair in pairs]
)
def test_a_refusal_has_its_code(code: str, body: str) -> None:
    assert code in [problem.code for problem in refusals(body)]


@pytest.mark.parametrize("body", [pair[1] for pairs in REFUSED.values() for pair in pairs])
def test_the_nearest_neighbour_is_accepted(body: str) -> None:
    require_nest("for i in range(n):\n" + textwrap.indent(body, "    "))


def test_every_problem_is_collected_in_the_order_of_the_text() -> None:
    found = refusals("x = f(1) + 'a'\nwith y: pass\nz.w = g(2)\nfor b in range(3): b[0] = 1")
    assert [(problem.code, problem.span.line) for problem in found] == [
        ("SYN104", 2),
        ("SYN103", 2),
        ("SYN102", 3),
        ("SYN105", 4),
        ("SYN104", 4),
        ("SYN106", 5),
    ]
    assert [problem.notes for problem in found] == [()] * 5 + [("the interpreter runs this loop",)]


def test_a_problem_points_at_its_construct() -> None:
    (problem,) = refusals("s = b[0] + f(i)")
    assert problem.span == Span(2, 15, 2, 19)
    assert problem.message == "the loop calls `f`, which is not a function that parloop knows"


def test_columns_count_characters() -> None:
    (problem,) = refusals("höhe = 'ä' if 0 else 1")
    assert problem.span == Span(2, 11, 2, 14)


def test_a_compound_statement_is_marked_by_its_word() -> None:
    (problem,) = refusals("try:\n    s = 1\nfinally:\n    s = 2")
    assert problem.span == Span(2, 4, 2, 7)


def test_the_outermost_loop_must_be_over_range_or_names() -> None:
    found = lower_text("for x in rows():\n    s += x")
    assert not isinstance(found, Nest)
    assert [problem.code for problem in found] == ["SYN101"]


def test_a_jump_out_of_the_nest_is_refused() -> None:
    tree = ast.parse("while 1:\n    for i in range(3):\n        pass\n    else:\n        break")
    loop = tree.body[0].body[0]  # type: ignore[attr-defined]
    found = lower_loop(loop, Source("loop.py", ""))
    assert not isinstance(found, Nest)
    assert [problem.code for problem in found] == ["SYN102"]


def test_a_range_of_the_program_s_own_is_refused() -> None:
    found = lower_text("def range(n): return [n]\nfor i in range(3): s = i")
    assert not isinstance(found, Nest)
    assert [problem.code for problem in found] == ["SYN101"]


def in_function(text: str) -> Nest | tuple[Diagnostic, ...]:
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    loop = function.body[-1]
    assert isinstance(loop, ast.For)
    names = enter_function(NameFacts(), function)
    return lower_loop(loop, Source("loop.py", text), function=function.name, names=names)


def test_names_declared_global_may_be_read_but_not_assigned() -> None:
    text = "def f(n):\n    global s\n    for i in range(n):\n        {}"
    found = in_function(text.format("s += i"))
    assert not isinstance(found, Nest)
    assert [problem.code for problem in found] == ["SYN107"]
    assert isinstance(in_function(text.format("t = s + i")), Nest)


def test_a_parameter_hides_a_function() -> None:
    text = "def f({}):\n    for i in range(3):\n        s = abs(i)"
    assert isinstance(in_function(text.format("n")), Nest)
    assert not isinstance(in_function(text.format("abs")), Nest)


def test_an_annotation_is_nothing_inside_a_function() -> None:
    nest = in_function("def f(n):\n    for i in range(n):\n        t: int\n        t: int = i")
    assert isinstance(nest, Nest)
    assert nest.outputs == ("i", "t")


def test_the_header_of_a_loop_is_its_span() -> None:
    _, node, _ = parse_loop("for i in range(n): s = i")
    assert node.lineno == 1
    assert require_nest("for i in range(n): s = i").loop.span == Span(1, 0, 1, 18)


def test_what_is_nested_too_deeply_is_refused() -> None:
    require_nest(f"for i in range(n): s = {' + '.join(['i'] * 150)}")
    found = refusals(f"s = {' + '.join(['i'] * 300)}")
    assert {problem.code for problem in found} == {"SYN103"}
    arms = "".join(f"elif i == {k}: s = {k}\n" for k in range(300))
    assert "SYN102" in [problem.code for problem in refusals(f"if 0: pass\n{arms}")]


def test_bounds_made_of_least_and_greatest_are_kept() -> None:
    nest = require_nest("for i in range(max(k, 0), min(n, m)): s = k")
    assert to_text(nest.loop.start) == "max(k, 0)"
    assert to_text(nest.loop.stop) == "min(n, m)"
