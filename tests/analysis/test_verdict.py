"""Verdicts on loops that people write; each refusal beside its nearest accepted neighbour."""

from __future__ import annotations

import pytest
from tests.analysis.nests import nest_of

from parloop.analysis import (
    Analysis,
    Facts,
    LoopFacts,
    Parallel,
    ParallelIf,
    Serial,
    analyse,
    polyhedra,
)


def loops(text: str, facts: Facts | None = None) -> tuple[LoopFacts, ...]:
    return analyse(nest_of(text), facts or Facts()).loops


def reasons(facts: LoopFacts) -> list[str]:
    assert isinstance(facts.verdict, Serial)
    return sorted({reason.code for reason in facts.verdict.reasons})


def conditions(facts: LoopFacts) -> list[str]:
    assert isinstance(facts.verdict, ParallelIf)
    return [condition.text for condition in facts.verdict.unless]


def test_a_loop_over_its_own_elements_is_parallel() -> None:
    (loop,) = loops("for i in range(n):\n    y[i] = a * x[i] + y[i]")
    assert loop.verdict == Parallel()


def test_a_recurrence_is_serial() -> None:
    (loop,) = loops("for i in range(1, n):\n    u[i] = 0.5 * u[i - 1] + f[i]")
    assert reasons(loop) == ["DEP102"]
    assert isinstance(loop.verdict, Serial)
    reason = loop.verdict.reasons[0]
    assert reason.notes == ("distance 1 on `u`",)
    assert reason.labels[0].text == "written here"
    assert loop.dependences[0].distances == (1,)


def test_reading_ahead_of_the_write_is_serial() -> None:
    (loop,) = loops("for i in range(n):\n    a[i] = a[i + 1]")
    assert reasons(loop) == ["DEP103"]


def test_reading_a_second_array_ahead_is_parallel_if_they_are_apart() -> None:
    analysis = analyse(nest_of("for i in range(n):\n    a[i] = b[i + 1]"))
    assert isinstance(analysis.loops[0].verdict, Parallel)
    assert analysis.disjoint == (("a", "b"),)


def test_an_unknown_shift_is_parallel_unless_it_meets() -> None:
    (loop,) = loops("for i in range(n):\n    a[i + k] = a[i]")
    assert conditions(loop) == ["-n < k < 0", "0 < k < n", "k < 0 < n"]


def test_a_known_shift_that_does_not_meet_is_parallel() -> None:
    (loop,) = loops("for i in range(100):\n    a[i + 100] = a[i]")
    assert isinstance(loop.verdict, Parallel)


def test_a_shift_whose_value_is_put_in_is_serial() -> None:
    (loop,) = loops("for i in range(n):\n    a[i + k] = a[i]", Facts(values={"k": 1}))
    assert isinstance(loop.verdict, Serial)


def test_even_and_odd_elements_never_meet() -> None:
    (loop,) = loops("for i in range(n):\n    a[2 * i] = a[2 * i + 1]")
    assert isinstance(loop.verdict, Parallel)


def test_the_last_element_counts_from_the_end() -> None:
    analysis = analyse(nest_of("for i in range(n):\n    a[i] = a[-1]"))
    assert analysis.accesses[0].ranges[0].from_end
    verdict = analysis.loops[0].verdict
    assert isinstance(verdict, ParallelIf)
    values = {"n": 5, "a.shape[0]": 9}
    assert not any(bad.holds(values) for bad in verdict.unless)
    assert any(bad.holds(values | {"a.shape[0]": 5}) for bad in verdict.unless)


def test_every_write_to_one_element_is_serial() -> None:
    (loop,) = loops("for i in range(n):\n    a[0] = b[i]")
    assert reasons(loop) == ["DEP104"]


@pytest.mark.parametrize("step", [1, 2, 3])
def test_only_the_inner_loops_of_a_time_loop_are_parallel(step: int) -> None:
    found = loops(
        f"""
        for t in range(steps):
            for i in range(1, n, {step}):
                b[i] = a[i - 1] + a[i]
            for i in range(1, n, {step}):
                a[i] = b[i]
        """
    )
    assert [type(loop.verdict) for loop in found] == [Serial, Parallel, Parallel]


def test_triangular_loops_of_lu_are_parallel_inside() -> None:
    found = loops(
        """
        for k in range(n):
            for i in range(k + 1, n):
                a[i, k] = a[i, k] / a[k, k]
                for j in range(k + 1, n):
                    a[i, j] -= a[i, k] * a[k, j]
        """
    )
    assert [type(loop.verdict) for loop in found] == [Serial, Parallel, Parallel]


def test_triangular_loops_that_reach_the_pivot_row_are_serial() -> None:
    found = loops(
        """
        for k in range(n):
            for i in range(k, n):
                for j in range(k + 1, n):
                    a[i, j] -= a[i, k] * a[k, j]
        """
    )
    assert isinstance(found[1].verdict, Serial)


def test_a_matrix_product_needs_its_sum_only_in_the_innermost_loop() -> None:
    found = loops(
        """
        for i in range(n):
            for j in range(m):
                for k in range(p):
                    c[i, j] += a[i, k] * b[k, j]
        """
    )
    assert [[need.target for need in loop.needs] for loop in found] == [[], [], ["c"]]
    assert all(isinstance(loop.verdict, Parallel) for loop in found)


def test_a_histogram_needs_its_sum() -> None:
    (loop,) = loops("for i in range(n):\n    h[b[i]] += 1")
    assert [(need.target, need.operator) for need in loop.needs] == [("h", "+")]


def test_a_histogram_that_is_read_in_between_is_serial() -> None:
    (loop,) = loops("for i in range(n):\n    h[b[i]] += 1\n    c[i] = h[0]")
    assert isinstance(loop.verdict, Serial)


def test_two_operators_on_one_array_are_serial() -> None:
    (loop,) = loops("for i in range(n):\n    h[b[i]] += 1\n    h[c[i]] *= 2")
    assert isinstance(loop.verdict, Serial)


def test_a_scatter_is_parallel_if_its_indices_are_distinct() -> None:
    (loop,) = loops("for i in range(n):\n    y[index[i]] = x[i]")
    assert reasons(loop) == ["DEP107"]
    assert [(found.array, found.index) for found in loop.inspectors] == [("y", "index")]


def test_distinct_indices_do_not_help_a_loop_that_reads_other_elements() -> None:
    (loop,) = loops("for i in range(n):\n    y[index[i]] = y[i]")
    assert isinstance(loop.verdict, Serial)
    assert loop.inspectors == ()


def test_an_index_array_that_the_loop_writes_is_not_inspected() -> None:
    (loop,) = loops("for i in range(n):\n    y[index[i]] = 1\n    index[i] = 0")
    assert loop.inspectors == ()


def test_a_product_of_indices_is_not_described() -> None:
    (loop,) = loops("for i in range(n):\n    a[i * i] = b[i]")
    assert reasons(loop) == ["DEP106"]


def test_a_row_by_row_subscript_is_described_once_the_width_is_known() -> None:
    text = "for i in range(n):\n    for j in range(w):\n        a[i * w + j] = i"
    assert isinstance(loops(text, Facts(values={"w": 7}))[0].verdict, Parallel)


def test_the_parameters_whose_values_would_help_are_named() -> None:
    def wanted(subscript: str) -> tuple[str, ...]:
        text = f"for i in range(n):\n    for j in range(w):\n        a[{subscript}] = i"
        return analyse(nest_of(text)).wanted

    assert wanted("i * w + j") == ("w",)
    assert wanted("i * (w + 1) + j") == ("w",)
    assert wanted("i % k") == ("k",)
    assert wanted("i * b.shape[0] + j") == ("b.shape[0]",)
    assert wanted("i * 3 + j") == ()
    assert wanted("i * j") == ()
    assert analyse(nest_of("for i in range(0, n, k):\n    a[i] = 0")).wanted == ("k",)


def test_a_position_taken_apart_is_put_together_again() -> None:
    text = "for p in range(n):\n    a[p // w, p % w] = b[p]"
    assert isinstance(loops(text)[0].verdict, Serial)
    assert isinstance(loops(text, Facts(values={"w": 5}))[0].verdict, Parallel)


def test_an_unknown_step_gives_one_element_twice_only_from_the_end() -> None:
    text = "for i in range(0, n, k):\n    a[i] = a[i] + 1"
    assert conditions(loops(text)[0]) == ["n < -1"]
    assert isinstance(loops(text, Facts(values={"k": 2}))[0].verdict, Parallel)
    found = loops("for i in range(n):\n    for j in range(p[i], n, k):\n        a[j] = a[j] + 1")
    assert isinstance(found[1].verdict, ParallelIf)
    assert any(bad.holds({"n": 5, "k": 2}) for bad in found[1].verdict.unless)


def test_a_row_that_is_one_for_all_iterations_may_count_from_the_end() -> None:
    (loop,) = loops("for j in range(m):\n    a[k, j] = j")
    assert isinstance(loop.verdict, Parallel)


def test_the_inner_loop_of_a_sieve_is_parallel() -> None:
    found = loops(
        """
        for i in range(2, n):
            if s[i]:
                for j in range(i * i, n, i):
                    s[j] = 0
        """
    )
    assert [type(loop.verdict) for loop in found] == [Serial, Parallel]


def test_an_unknown_step_may_reach_a_neighbour() -> None:
    (loop,) = loops("for i in range(0, n, k):\n    a[i] = a[i - 1] + 1")
    assert isinstance(loop.verdict, Serial)


def test_a_scalar_that_every_iteration_assigns_is_private() -> None:
    (loop,) = loops("for i in range(n):\n    t = a[i]\n    b[i] = t * t")
    assert loop.private == {"i", "t"}
    assert loop.last_values == {"i", "t"}
    assert isinstance(loop.verdict, Parallel)


def test_a_scalar_that_only_some_iterations_assign_is_carried_where_it_is_read() -> None:
    (loop,) = loops("for i in range(n):\n    if a[i] > 0:\n        t = a[i]\n    b[i] = t")
    assert reasons(loop) == ["DEP105"]


def test_a_scalar_that_only_some_iterations_assign_keeps_its_last_value() -> None:
    (loop,) = loops("for i in range(n):\n    if a[i] > 0:\n        t = i")
    assert loop.conditional == {"t"}
    assert isinstance(loop.verdict, Parallel)


def test_a_running_sum_that_is_stored_is_carried() -> None:
    (loop,) = loops("for i in range(n):\n    s += a[i]\n    b[i] = s")
    assert reasons(loop) == ["DEP105"]


@pytest.mark.parametrize(
    ("body", "operator", "companions"),
    [
        ("s += a[i]", "+", ()),
        ("s = a[i] + s", "+", ()),
        ("s -= a[i]", "+", ()),
        ("s = s + a[i] + b[i]", "+", ()),
        ("s *= a[i]", "*", ()),
        ("s ^= a[i]", "^", ()),
        ("s = min(s, a[i])", "min", ()),
        ("s = max(a[i], s)", "max", ()),
        ("if a[i] < s: s = a[i]", "min", ()),
        ("if s <= a[i]: s = a[i]", "max", ()),
        ("s = a[i] if a[i] < s else s", "min", ()),
        ("if a[i] < s: s = a[i]; at = i", "argmin", ("at",)),
    ],
)
def test_an_accumulation_is_found(body: str, operator: str, companions: tuple[str, ...]) -> None:
    (loop,) = loops(f"for i in range(n):\n    {body}")
    (need,) = loop.needs
    assert (need.target, need.operator, need.companions) == ("s", operator, companions)


@pytest.mark.parametrize(
    "body",
    [
        "s = a[i] - s",
        "s += s",
        "s = s + a[i] * s",
        "s += a[i]; s *= 2",
        "s += a[i]; t = s",
        "s = min(s, a[i]); s = max(s, 0)",
        "if a[i] < s: s = b[i]",
        "if a[i] < s: s = a[i]; at = at + 1",
        "if a[i] < s: s = a[i]\nelse: s = 0",
    ],
)
def test_what_only_looks_like_an_accumulation_is_not(body: str) -> None:
    lines = "\n    ".join(body.split("\n"))
    (loop,) = loops(f"for i in range(n):\n    {lines}")
    assert reasons(loop) == ["DEP105"]


def test_a_loop_that_may_be_left_is_serial_and_the_loop_around_it_is_not() -> None:
    found = loops(
        """
        for i in range(n):
            for j in range(m):
                if a[i, j] < 0:
                    break
                a[i, j] = 0
        """
    )
    assert isinstance(found[0].verdict, Parallel)
    assert reasons(found[1]) == ["DEP108"]


def test_views_of_one_array_are_compared_on_their_base() -> None:
    text = "for i in range(n):\n    a[i] = b[i]"
    apart = Facts(merged={"a": ("a", (0,)), "b": ("a", (-1,))})
    assert reasons(loops(text, apart)[0]) == ["DEP102"]
    same = Facts(merged={"a": ("a", (0,)), "b": ("a", (0,))})
    assert isinstance(loops(text, same)[0].verdict, Parallel)


def test_an_unknown_overlap_is_serial() -> None:
    text = "for i in range(n):\n    a[i] = b[i]"
    (loop,) = loops(text, Facts(overlapping=frozenset({frozenset({"a", "b"})})))
    assert reasons(loop) == ["DEP109"]


def test_an_array_onto_itself_is_serial() -> None:
    text = "for i in range(n):\n    a[i] = b[i]"
    (loop,) = loops(text, Facts(overlapping=frozenset({frozenset({"a"})})))
    assert isinstance(loop.verdict, Serial)


def test_an_opaque_name_is_not_taken_for_an_integer() -> None:
    text = "for i in range(n):\n    if i < x:\n        a[i] = a[-1 - i]"
    analysis = analyse(nest_of(text), Facts(opaque=frozenset({"x"})))
    assert "x" not in analysis.parameters


def ranges(analysis: Analysis, place: int) -> tuple[list[str], list[str]]:
    access = analysis.accesses[place]
    assert access.lower is not None
    assert access.upper is not None
    return [bad.text for bad in access.lower], [bad.text for bad in access.upper]


def test_ranges_are_described_by_the_parameters() -> None:
    analysis = analyse(nest_of("for i in range(n):\n    a[i + k] = b[i]"))
    assert ranges(analysis, 0) == ([], ["b.shape[0] < n"])
    assert ranges(analysis, 1) == (["k < 0 < n"], ["0 < n and a.shape[0] < k + n"])


def test_ranges_of_one_subscript_are_told_apart_by_the_loops_around_it() -> None:
    around = "for i in range(m, n, step):\n"
    inner = "    for l in range(i, m, step):\n        s += a[i]\n"
    alone = analyse(nest_of(around + "    a[i] = s"))
    behind = analyse(nest_of(around + inner + "    a[i] = s"))
    assert ranges(behind, 1) == ranges(alone, 0)
    assert ranges(behind, 0) != ranges(alone, 0)


def test_an_indexed_access_needs_a_check_of_its_own() -> None:
    analysis = analyse(nest_of("for i in range(n):\n    s += a[index[i]]"))
    assert analysis.accesses[0].array == "index"
    assert analysis.accesses[1].violations is None


@pytest.mark.skipif(not polyhedra.is_available(), reason="isl is not installed")
def test_hard_sets_are_refused_without_isl_and_described_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "for i in range(n):\n    a[2 * i] = a[3 * i + k]"
    (loop,) = loops(text)
    assert isinstance(loop.verdict, ParallelIf)
    assert all(bad.exact for bad in loop.verdict.unless)
    monkeypatch.setattr(polyhedra, "isl", None)
    (loop,) = loops(text)
    assert not isinstance(loop.verdict, Parallel)


def test_the_source_of_a_condition_says_what_the_condition_says() -> None:
    (loop,) = loops("for i in range(n):\n    a[2 * i] = a[3 * i + k]")
    assert isinstance(loop.verdict, ParallelIf)
    for bad in loop.verdict.unless:
        for n in range(-1, 7):
            for k in range(-9, 9):
                values = {"n": n, "k": k}
                assert bad.holds(values) == eval(bad.source, {"values": values})
