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
from parloop.analysis.splitting import find_split
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


def test_where_it_is_not_known_when_a_loop_is_long_the_launch_tests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "for i in range(n):\n    a[i] = a[0] + 1"
    assert isinstance(analysed(text).loops[0].verdict, Serial)

    def give_up(*_: object, **__: object) -> None:
        raise NotExactError

    monkeypatch.setattr(dependence, "eliminate", give_up)
    verdict = analysed(text).loops[0].verdict
    assert isinstance(verdict, ParallelIf)
    assert any(condition.holds({"n": 2}) for condition in verdict.unless)


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


@pytest.mark.skipif(not polyhedra.is_available(), reason="isl alone has these limits")
@pytest.mark.parametrize("limit", ["MAX_OPERATIONS", "MAX_PARAMETERS", "MAX_PIECES", "MAX_ROWS"])
def test_beyond_any_limit_isl_gives_no_answer(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(nonnegative=(symbol("n") - symbol("@0").scaled(2), symbol("@0").shifted(-1)))
    assert polyhedra.project(system, frozenset({"n"})) is not None
    monkeypatch.setattr(polyhedra, limit, 1 if limit == "MAX_OPERATIONS" else 0)
    assert polyhedra.project(system, frozenset({"n"})) is None


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
        (Condition(System(nonnegative=((symbol("n") + symbol("m")).shifted(-3),))), "2 < m + n"),
        (
            Condition(System(nonnegative=((symbol("n") + symbol("m")).shifted(3), symbol("n")))),
            "-m - 3 <= n and 0 <= n",
        ),
        (
            Condition(System(nonnegative=(symbol("n") + symbol("m"), symbol("n"), symbol("m")))),
            "0 <= m + n and 0 <= n and 0 <= m",
        ),
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
        # no minimum: what is assigned twice
        ("for i in range(n):\n  if a[i] < m:\n    m = a[i]\n    m = a[i]", Serial),
        # what only dead code reads is not carried
        ("for i in range(n):\n  b[i] = 1\n  continue\n  b[i] = s\n  s = 1", Parallel),
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
        # a `continue`
        "for i in range(n):\n  for j in range(n):\n    if a[i, j] > 0:\n      continue\n"
        "    b[i, j] = 1",
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


@pytest.mark.parametrize(("outer", "inner"), [("p, q, k", "m"), ("n", "p, q, k")])
def test_loops_of_unknown_direction_do_not_change_places(outer: str, inner: str) -> None:
    text = f"for i in range({outer}):\n  for j in range({inner}):\n    a[i, j] = 1"
    assert not may_interchange(analysed(text), 0)


def test_under_a_loop_of_unknown_direction_a_distance_has_no_sign() -> None:
    text = "for i in range(p, q, k):\n  for j in range(m):\n    b[j + 1] = b[j]"
    outer, inner = analysed(text).loops
    crossing = [found for found in outer.dependences if found.kind != "output"]
    assert len(crossing) == 2
    for found in crossing:
        assert not found.ordered
        assert found.distances == (None, None)
        assert found.directions == ("<", "*")
    assert [found.distances for found in inner.dependences] == [(0, 1)]


# Loops whose step is not known: where the index may be, if it goes up and if it goes down


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        (
            "for i in range(n):\n  for j in range(i * i, n, k):\n    a[i, j] = i",
            [{"@1 >= 0", "n - @1 - 1 >= 0"}, {"@1 - n - 1 >= 0"}],
        ),
        (  # a square of what may not be an integer
            "for i in range(n):\n  for j in range(b[0] * b[0], n, k):\n    a[i, j] = i",
            [{"n - @1 - 1 >= 0"}, {"@1 - n - 1 >= 0"}],
        ),
        (  # an element as the step
            "for i in range(n):\n  for j in range(0, n, b[0]):\n    a[i, j] = i",
            [{"@1 >= 0", "n - @1 - 1 >= 0"}, {"-@1 >= 0", "@1 - n - 1 >= 0"}],
        ),
        (
            "for i in range(n):\n  if k > 0:\n    for j in range(m, 0, k):\n      a[i, j] = i",
            [{"@1 - m >= 0", "-@1 - 1 >= 0"}],
        ),
        (
            "for i in range(n):\n  if k < 0:\n    for j in range(m, 0, k):\n      a[i, j] = i",
            [{"m - @1 >= 0", "@1 - 1 >= 0"}],
        ),
    ],
)
def test_an_index_is_bounded_on_each_way_that_it_may_go(text: str, ways: list[set[str]]) -> None:
    shape = analysed(text).judge.collected.loops[1]
    assert not shape.counts_iterations
    found = []
    for way in shape.ways:
        assert not way.zero
        condition = (Condition(System(nonnegative=(row,))) for row in way.nonnegative)
        same = {"@1": "@1", "n": "n", "m": "m"}
        found.append({each.test(same) for each in condition})
    assert found == ways


# Arrays that share memory


def test_a_view_of_another_rank_than_its_base_may_be_any_of_its_elements() -> None:
    facts = Facts(merged={"b": ("a", (0, 0))})
    found = analysed("for i in range(n):\n  a[i, 0] = b[i] + 1", facts)
    assert [access.cells for access in found.judge.collected.accesses if access.array == "b"] == [
        (None, None)
    ]
    assert isinstance(found.loops[0].verdict, Serial)


# Inspectors


def test_an_element_read_and_written_through_one_index_has_its_inspectors_once() -> None:
    loop = analysed("for i in range(n):\n  a[idx[i]] = 5 - a[idx[i]]").loops[0]
    assert len(loop.dependences) == 3
    assert [(each.array, each.index) for each in loop.inspectors] == [("a", "idx")] * 2


# Splits


def split_place(text: str, number: int) -> object:
    found = find_split(analysed(text), number)
    return None if found is None else found.place.id  # type: ignore[attr-defined]


def test_a_loop_is_split_at_the_number_of_a_loop_around_it() -> None:
    text = "for t in range(p):\n  for i in range(n):\n    a[i] = a[t] + 1"
    assert split_place(text, 1) == "t"


def test_a_loop_is_not_split_at_a_quotient() -> None:
    text = "for t in range(p):\n  h = m // 2\n  for i in range(n):\n    a[i] = a[h] + 1"
    assert split_place(text, 1) is None


def test_a_loop_of_which_inner_ones_have_an_unknown_direction_is_split_all_the_same() -> None:
    text = "for i in range(n):\n  for j in range(p, q, k):\n    a[i, j] = a[m, j] + 1"
    assert split_place(text, 0) == "m"


# What elimination leaves out at once


def test_leaving_out_free_symbols_at_once_gives_what_one_by_one_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = Random(11)
    systems = [random_system(random) for _ in range(400)]
    ways = [(None, False), (None, True), ((), True), (("n", "m"), True)]
    quick = [projected(system, *way) for system in systems for way in ways]
    monkeypatch.setattr(elimination._Elimination, "without_free", lambda _, s: s.nonnegative)
    assert quick == [projected(system, *way) for system in systems for way in ways]


def random_system(random: Random) -> System:
    """Return a few equalities and inequalities, most of them short, between a few symbols."""

    def row() -> Affine:
        names = random.sample(["@0", "@1", "@0'", "n", "m", "k"], random.choice((1, 1, 2, 2, 3)))
        factors = {name: random.choice((-1, 1, 1, 1, -2, 3)) for name in names}
        return Affine(factors, random.randrange(-4, 5))

    zero = tuple(row() for _ in range(random.choice((0, 0, 1, 2))))
    return System(zero, tuple(row() for _ in range(random.randrange(1, 9))))


def projected(system: System, keep: tuple[str, ...] | None, shadow: bool) -> object:
    """Return what elimination says, rows in order."""
    try:
        return eliminate(system, keep, shadow=shadow)
    except NotExactError:
        return "not exact"
