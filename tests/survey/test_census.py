"""What the survey notes of single loops: each answer is known."""

from __future__ import annotations

import ast
from textwrap import dedent
from typing import Any

import pytest

from parloop.source import Source
from parloop.survey.census import Text, count_loops
from parloop.survey.records import LoopRecord


def records(text: str) -> tuple[LoopRecord, ...]:
    """Return the records of the loops in a script."""
    text = dedent(text)
    found, _ = count_loops(Text("x.py", Source("x.py", text), ast.parse(text)))
    return found


def first(text: str) -> LoopRecord:
    return records(text)[0]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("for i in range(n):", "range"),
        ("for i in tqdm(range(n)):", "range"),
        ("for i in tqdm.tqdm(range(n), desc='x'):", "range"),
        ("for i in trange(n):", "range"),
        ("for i, x in enumerate(a):", "enumerate"),
        ("for x, y in zip(a, b):", "zip"),
        ("for i in reversed(range(n)):", "reversed"),
        ("for x in a:", "items"),
        ("for x in self.rows[2]:", "items"),
        ("for x in [1, 2, 3]:", "items"),
        ("for x in np.linspace(0, 1, n):", "array made here"),
        ("for k in d.keys():", "dict or set"),
        ("for k, v in d.items():", "dict or set"),
        ("for _, row in df.iterrows():", "table rows"),
        ("for i, j in itertools.product(a, b):", "combinations"),
        ("for line in open(name):", "file"),
        ("for x in make():", "other call"),
        ("for x in [y for y in a]:", "comprehension"),
        ("while x > 1:", "while"),
    ],
)
def test_what_a_loop_goes_over(header: str, kind: str) -> None:
    assert first(f"{header}\n    x = 1").iterable == kind


@pytest.mark.parametrize(
    ("bound", "kind"),
    [
        ("10", "literal"),
        ("2 * 5 + 1", "literal"),
        ("0, -1", "literal"),
        ("N", "constant name"),
        ("1, N - 1", "constant name"),
        ("len(a)", "length"),
        ("1, a.shape[0] - 1", "length"),
        ("int(N / 2)", "constant name"),
        ("n", "name"),
        ("M", "name"),  # it is bound twice
        ("n + 1", "expression"),
        ("self.n", "expression"),
        ("0, n, 2", "name"),
    ],
)
def test_how_much_the_text_tells_of_bounds(bound: str, kind: str) -> None:
    text = f"N = 100\nM = 1\nM = 2\nfor i in range({bound}):\n    a[i] = 0"
    assert first(text).bounds == kind


@pytest.mark.parametrize(
    ("subscript", "kind"),
    [
        ("i", "affine"),
        ("2 * i + 1", "affine"),
        ("i * n + j", "affine"),
        ("i, j", "affine"),
        ("im, j", "affine"),
        ("0", "invariant"),
        ("n - 1", "invariant"),
        ("k, 3", "invariant"),
        ("table[3]", "invariant"),
        ("i:i + 3", "slice"),
        (":, j", "slice"),
        ("i, ...", "slice"),
        ("idx[i]", "indirect"),
        ("idx[i], j", "indirect"),
        ("b > 0", "mask"),
        ("[p, q]", "mask"),
        ("np.where(c)", "mask"),
        ("'price'", "key"),
        ("f'{i}'", "key"),
        ("i * j", "non-linear"),
        ("i % n", "non-linear"),
        ("i ** 2", "non-linear"),
        ("int(x[i])", "computed"),
        ("count", "computed"),
    ],
)
def test_kinds_of_subscripts(subscript: str, kind: str) -> None:
    text = f"""\
        for i in range(n):
            im = i - 1
            for j in range(m):
                count += 1
                a[{subscript}] = 1
        """
    outer, inner = records(text)
    assert inner.writes == {kind: 1}
    assert outer.writes == {}


def test_a_key_is_what_a_dictionary_is_gone_over_by() -> None:
    assert first("for k in d:\n    d[k] = d[k] / 2").writes == {"key": 1}
    assert first("for k, v in d.items():\n    e[k] = v").writes == {"key": 1}
    assert first("for k in ks:\n    e[k] = 1").writes == {"indirect": 1}


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("math.sqrt(x)", "math"),
        ("sqrt(x)", "math"),
        ("np.sqrt(x)", "numpy ufunc"),
        ("np.sum(x)", "numpy reduction"),
        ("x.mean()", "numpy reduction"),
        ("np.zeros(3)", "numpy constructor"),
        ("np.concatenate(x)", "numpy, whole arrays"),
        ("np.linalg.solve(x, y)", "linear algebra or FFT"),
        ("np.random.rand()", "random numbers"),
        ("random.random()", "random numbers"),
        ("scipy.stats.norm.pdf(x)", "scipy"),
        ("helper(x)", "own function"),
        ("Thing(x)", "own class"),
        ("len(x)", "number builtin"),
        ("max(x, y)", "minimum or maximum"),
        ("sorted(x)", "collections"),
        ("out.append(x)", "append"),
        ("d.get(x)", "list or dict method"),
        ("'a b'.split()", "text"),
        ("print(x)", "printing"),
        ("plt.plot(x)", "plotting"),
        ("ax.set_title(x)", "plotting"),
        ("open(x)", "input or output"),
        ("model.fit(x)", "machine learning"),
        ("sklearn.svm.SVC(x)", "machine learning"),
        ("pd.concat(x)", "pandas"),
        ("df.groupby(x)", "pandas"),
        ("self.step(x)", "own method"),
        ("thing.frobnicate(x)", "unknown method"),
        ("frobnicate(x)", "unknown function"),
        ("networkx.Graph(x)", "other library"),
    ],
)
def test_kinds_of_calls(call: str, kind: str) -> None:
    text = f"""\
        from math import sqrt
        import networkx, sklearn
        def helper(x):
            return x
        class Thing:
            pass
        for i in range(n):
            y = {call}
        """
    assert first(text).calls == {kind: 1}


COMPUTES = "a[i] = 2 * b[i]"


@pytest.mark.parametrize(
    ("body", "compute", "classical"),
    [
        (COMPUTES, True, True),
        ("a[i] = math.sqrt(b[i]) if b[i] > 0 else 0", True, True),
        ("s += np.sqrt(b[i])", True, True),
        ("a[i:i+3] = b[i]", True, False),
        ("out.append(b[i] * 2)", True, False),
        ("s += np.sum(b[i])", True, False),
        ("s += pure(b[i])", True, False),
        ("s += loud(b[i])", False, False),
        ("s += louder(b[i])", False, False),
        ("s += b[i]; print(s)", False, False),
        ("a[i] = thing.frobnicate(i)", False, False),
        ("x = b[i]", False, False),
        ("names += 'x'", False, False),
        ("a[i] = f'{i}'", False, False),
        ("s += 1; a[i] = '%s, %s' % (s, b[i])", False, False),
    ],
)
def test_what_is_compute_like_and_what_classical(
    body: str, compute: bool, classical: bool
) -> None:
    text = f"""\
        def pure(x):
            return x + 1
        def loud(x):
            print(x)
        def louder(x):
            return loud(x)
        for i in range(n):
            {body}
        """
    found = first(text)
    assert (found.compute, found.classical) == (compute, classical)


def test_a_nest_is_described_as_a_whole_and_by_its_loops() -> None:
    text = """\
        class Model:
            def run(self, a, n):
                for i in range(n):
                    for j in range(n):
                        for k in range(3):
                            a[i, j, k] = i
                    if n > 3:
                        while a[i, 0, 0] > 1:
                            a[i, 0, 0] /= 2
        """
    found = records(text)
    assert [(r.depth, r.height, r.perfect) for r in found] == [
        (1, 3, False), (2, 2, True), (3, 1, True), (2, 1, True)
    ]  # fmt: skip
    assert {r.place for r in found} == {"method"}
    assert {r.function for r in found} == {"Model.run"}
    assert len({r.nest for r in found}) == 1
    assert [r.verdict for r in found] == ["parallel", "parallel", "parallel", "serial"]
    assert [r.native for r in found] == ["yes"] * 4


def test_places() -> None:
    text = """\
        for i in range(3): a[i] = 1
        def f():
            for i in range(4): a[i] = 1
        class C:
            for i in range(5): a[i] = 1
            def g(self):
                for i in range(6):
                    a[i] = 1
        """
    assert [r.place for r in records(text)] == ["top level", "function", "class", "method"]


def test_verdicts_are_those_of_explain_with_the_facts_that_stay_open() -> None:
    found = records("""\
        def f(a, b, n, k):
            for i in range(n):
                a[i + k] = b[i]
            for i in range(1, n):
                a[i] = a[i - 1] + 1
            for i in range(n):
                a[1:] = b[:-1]
            for i in range(n):
                print(i)
        """)
    assert [r.verdict for r in found] == ["parallel-if", "serial", "arrays", "unsupported"]
    assert "`a` and `b` share no memory" in found[0].facts
    assert [r.native for r in found] == ["yes", "yes", "yes", "no"]


@pytest.mark.parametrize(
    ("body", "obstacle", "others"),
    [
        ("print(i)", "call: printing", ()),
        ("x = i\n    plt.plot(x)\n    print(x)", "call: plotting", ("call: printing",)),
        ("d['x'] = i", "text", ()),
        ("x = [j for j in y]", "comprehension", ("loop",)),
        ("x = np.sum(a, dtype=float)", "call with keywords: numpy reduction", ()),
        ("self.x = i", "assignment to an attribute", ()),
        ("for x in np.arange(3):\n        y = x", "loop over: array made here", ()),
    ],
)
def test_the_first_construct_in_the_way_and_further_ones(
    body: str, obstacle: str, others: tuple[str, ...]
) -> None:
    found = first(f"for i in range(n):\n    {body}\n")
    assert found.native == "no"
    assert found.obstacle == obstacle
    if others != ("loop",):
        assert found.others == others


def test_an_inner_loop_may_be_native_where_the_outer_is_not() -> None:
    outer, inner = records("for i in range(n):\n    print(i)\n    for j in range(n): a[j] = i\n")
    assert (outer.native, inner.native) == ("no", "yes")
    assert outer.obstacle == "call: printing"


def test_a_loop_in_a_while_loop_is_looked_at_on_its_own() -> None:
    outer, inner = records("while e > 1:\n    for j in range(n): a[j] = i\n    e = a[0]\n")
    assert (outer.native, outer.obstacle) == ("no", "loop over: while")
    assert inner.native == "yes"


def test_a_nest_that_is_too_large_is_said_not_to_be_analysed() -> None:
    lines = "\n".join(f"    a[i + {n}] = a[i - {n}]" for n in range(100))
    found = first(f"for i in range(n):\n{lines}")
    assert found.verdict == "not analysed"


def test_repeated_nests_are_noted_once() -> None:
    text = "for i in range(3):\n    a[i] = 1\n# a remark\nfor i in range(3):\n\n    a[i] = 1  \n"
    found, repeated = count_loops(Text("x.py", Source("x.py", text), ast.parse(text)))
    assert (len(found), repeated) == (1, 1)


def test_a_record_is_ready_for_json_and_for_a_table() -> None:
    found = first("for i in range(3):\n    a[i] = b[i] + b[i + 1]")
    row: dict[str, Any] = found.to_row()
    assert row["reads"] == "affine=2"
    assert row["classical"] == "yes"
    assert found.to_dict()["writes"] == {"affine": 1}
