"""What the analysis says where systems get large, isl is absent, or a loop is of a rare form."""

from __future__ import annotations

import importlib.util
import sys
from random import Random

import pytest
from tests.analysis.nests import nest_of

from parloop.analysis import (
    Analysis,
    Facts,
    Parallel,
    ParallelIf,
    Serial,
    analyse,
    dependence,
    elimination,
    find_wave,
    may_interchange,
    polyhedra,
    projection,
)
from parloop.analysis.affine import Affine, System, constant, symbol
from parloop.analysis.conditions import Condition
from parloop.analysis.elimination import NotExactError, eliminate, is_infeasible
from parloop.analysis.facts import extent_name
from parloop.analysis.subscripts import _shape
from parloop.ir.nodes import Extent


def analysed(text: str, facts: Facts | None = None) -> Analysis:
    return analyse(nest_of(text), facts or Facts())


def crowded(count: int) -> System:
    """Return many inequalities in pairwise different directions."""
    random = Random(4)
    names = [f"@{number}" for number in range(6)]
    rows = [
        Affine({name: random.randrange(-9, 10) or 1 for name in names}, random.randrange(1, 99))
        for _ in range(count)
    ]
    return System(nonnegative=tuple(rows))


# Arithmetic


def test_an_expression_times_zero_is_zero() -> None:
    assert symbol("n").scaled(0) == constant(0)


# Systems that are too large


def test_a_system_of_too_many_rows_is_not_called_infeasible() -> None:
    assert not is_infeasible(crowded(elimination.MAX_ROWS + 10))


def test_a_system_of_too_many_rows_is_refused_even_where_a_larger_set_would_do() -> None:
    with pytest.raises(NotExactError):
        eliminate(crowded(elimination.MAX_ROWS + 10), None, shadow=True)


def test_what_neither_method_can_project_may_always_happen() -> None:
    found = projection.project_to_parameters(crowded(polyhedra.MAX_ROWS + 10), System())
    assert [(c.is_certain, c.exact) for c in found.conditions] == [(True, False)]
    assert found.exhausted == polyhedra.is_available()


def test_after_too_many_questions_every_dependence_is_assumed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "for i in range(n):\n    a[i + k] = a[i + m] * 2"
    assert isinstance(analysed(text).loops[0].verdict, ParallelIf)
    monkeypatch.setattr(dependence, "MAX_QUERIES", 0)
    assert isinstance(analysed(text).loops[0].verdict, Serial)


# isl


def test_without_islpy_the_module_loads_and_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert polyhedra.__spec__ is not None
    assert polyhedra.__spec__.origin is not None
    monkeypatch.setitem(sys.modules, "islpy", None)
    spec = importlib.util.spec_from_file_location("polyhedra_alone", polyhedra.__spec__.origin)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert not module.is_available()
    assert module.project(System(nonnegative=(symbol("n"),)), frozenset({"n"})) is None


# Words


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Condition(System()), "always"),
        (Condition(System(zero=(symbol("n") - symbol("m").shifted(3),))), "n == m + 3"),
        (Condition(System(zero=(symbol("n").shifted(-3),))), "n == 3"),
        (Condition(System(nonnegative=(symbol("n").shifted(-1),))), "0 < n"),
        (Condition(System(nonnegative=(symbol("n").scaled(-1).shifted(-1),))), "n < 0"),
        (Condition(System(nonnegative=(symbol("n").scaled(-1).shifted(5),))), "n <= 5"),
        (Condition(System(nonnegative=((symbol("n") - symbol("m")).shifted(-4),))), "m + 3 < n"),
        (Condition(System(nonnegative=(symbol("n") - symbol("m"),))), "m <= n"),
    ],
)
def test_a_condition_reads_as_a_person_would_write_it(condition: Condition, text: str) -> None:
    assert str(condition) == text


@pytest.mark.skipif(not polyhedra.is_available(), reason="without isl a larger set is shown")
def test_a_condition_with_a_quotient_shows_the_division() -> None:
    loop = analysed("for i in range(n):\n    a[i + (k + 1) // 2] = a[i + m // 3]").loops[0]
    assert isinstance(loop.verdict, ParallelIf)
    words = " ".join(str(condition) for condition in loop.verdict.unless)
    assert "(k + 1) // 2" in words


def test_a_subscript_of_no_loop_is_tested_as_zero_index_variables() -> None:
    assert _shape(constant(1)) == "ZIV"


# Names


@pytest.mark.parametrize(
    ("extent", "rank", "name"),
    [
        (Extent("a", None), 1, "a.shape[0]"),
        (Extent("a", None), 2, "a.size"),
        (Extent("a", None), None, "a.size"),
        (Extent("a", -1), 2, "a.shape[1]"),
        (Extent("a", -1), None, "a.shape[-1]"),
        (Extent("a", 1), 2, "a.shape[1]"),
    ],
)
def test_one_extent_has_one_name_where_the_rank_is_known(
    extent: Extent, rank: int | None, name: str
) -> None:
    assert extent_name(extent, rank) == name


# Rare forms


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        # a `break` in the `else` of an inner loop leaves the outer one
        ("for i in range(n):\n  for j in range(3):\n    a[i] = j\n  else:\n    break", Serial),
        # a divisor that is not positive says nothing of the quotient
        ("for i in range(n):\n  a[i // -2] = i", Serial),
        ("for i in range(n):\n  for j in range(i * i, n, k):\n    b[j - j % -3] = i", Serial),
        # what only one side of an expression reads
        ("for i in range(n):\n  a[i] = (b[i] if c[i] else d[i]) or e[i]", Parallel),
        # tests that say nothing of the iterations
        ("for i in range(n):\n  if not (a[i] and i < k or i != m):\n    b[i] = 1", Parallel),
        # no reduction: neither operand of the comparison is what is chosen
        ("for i in range(n):\n  s = s if a[i] < b[i] else c[i]", Serial),
        ("for i in range(n):\n  s = a[i] if a[i] == s else s", Serial),
        # assigned in an inner loop's header, read before it
        ("for i in range(n):\n  a[i] = k\n  for k in range(3):\n    pass", Serial),
    ],
)
def test_a_rare_form_has_the_verdict_that_it_deserves(text: str, claims: type) -> None:
    assert isinstance(analysed(text).loops[0].verdict, claims)


@pytest.mark.parametrize(
    "text",
    [
        # the inner bound asks for an element
        "for i in range(n):\n  for j in range(b[0]):\n    a[i, j] = 1",
        # two loops in the body
        "for i in range(n):\n  for j in range(n):\n    a[i, j] = 1\n"
        "  for j in range(n):\n    c[j, i] = 1",
        # an `else` and a `break`
        "for i in range(n):\n  for j in range(n):\n    a[i, j] = 1\n  else:\n    c[i] = 2",
        "for i in range(n):\n  for j in range(n):\n    if a[i, j] > 0:\n      break",
        # one name for both
        "for i in range(n):\n  for i in range(n):\n    a[i] = 1",
    ],
)
def test_what_is_no_perfect_pair_is_neither_interchanged_nor_a_wave(text: str) -> None:
    found = analysed(text)
    assert not may_interchange(found, 0)
    assert find_wave(found, 0) is None


def test_a_dependence_of_unknown_distance_makes_no_wave() -> None:
    found = analysed("for i in range(n):\n  for j in range(m):\n    a[i, j] = a[i - 1, k]")
    assert find_wave(found, 0) is None
