"""Distribution, interchange and waves."""

from __future__ import annotations

import pytest
from tests.analysis.nests import nest_of

from parloop.analysis import Parallel, Serial, analyse, distribute, find_wave, may_interchange


def groups(text: str) -> list[tuple[list[int], type]]:
    """Return the lines of each group's statements, and what its loop is."""
    found = distribute(analyse(nest_of(text)), 0)
    return [([s.span.line for s in group.statements], type(group.facts.verdict)) for group in found]


def test_a_serial_statement_does_not_hold_the_others_back() -> None:
    found = groups(
        """
        for i in range(1, n):
            a[i] = b[i] + 1
            s[i] = s[i - 1] + a[i]
            c[i] = s[i] * 2
        """
    )
    assert found == [([3], Parallel), ([4], Serial), ([5], Parallel)]


def test_a_statement_that_reads_ahead_goes_first() -> None:
    found = groups(
        """
        for i in range(n):
            a[i] = b[i]
            c[i] = a[i + 1]
        """
    )
    assert found == [([4], Parallel), ([3], Parallel)]


def test_a_cycle_of_statements_stays_together() -> None:
    found = groups(
        """
        for i in range(1, n):
            a[i] = b[i - 1]
            b[i] = a[i]
        """
    )
    assert found == [([3, 4], Serial)]


def test_statements_that_share_a_scalar_stay_together() -> None:
    found = groups(
        """
        for i in range(1, n):
            t = b[i]
            s[i] = s[i - 1] + 1
            c[i] = t
        """
    )
    assert found == [([3, 5], Parallel), ([4], Serial)]


def test_a_body_that_binds_the_index_stays_together() -> None:
    found = groups(
        """
        for i in range(1, n):
            s[i] = s[i - 1] + 1
            c[i] = b[i]
            i = k
        """
    )
    assert found == [([3, 4, 5], Serial)]


@pytest.mark.parametrize(
    ("first", "second", "parts"),
    [
        ("range(m)", "range(m - 1)", 2),
        ("range(m)", "range(i)", 1),
        ("range(i, m)", "range(m)", 1),
        ("range(s[i, 0])", "range(m)", 1),
    ],
)
def test_loops_inside_that_share_an_index_leave_what_the_last_one_gives_it(
    first: str, second: str, parts: int
) -> None:
    found = groups(
        f"""
        for i in range(1, n):
            for j in {first}:
                s[i, j] = s[i - 1, j] + 1
            for j in {second}:
                c[i, j] = b[i, j]
        """
    )
    assert len(found) == parts


def test_loops_inside_that_share_an_index_do_not_change_places() -> None:
    found = groups(
        """
        for i in range(1, n):
            for j in range(m):
                a[i, j] = b[i - 1, j]
            for j in range(m - 1):
                b[i, j] = c[i, j]
        """
    )
    assert len(found) == 1


def test_a_body_that_may_end_early_stays_together() -> None:
    found = groups(
        """
        for i in range(1, n):
            if a[i] < 0:
                continue
            b[i] = 1
            s[i] = s[i - 1]
        """
    )
    assert [len(lines) for lines, _ in found] == [3]


SUM = """
for i in range(n):
    for j in range(m):
        for k in range(p):
            c[i, j] += a[i, k] * b[k, j]
"""


def test_the_sum_of_a_matrix_product_may_change_places() -> None:
    analysis = analyse(nest_of(SUM))
    assert [may_interchange(analysis, number) for number in range(3)] == [True, True, False]


@pytest.mark.parametrize(("column", "legal"), [("j - 1", True), ("j", True), ("j + 1", False)])
def test_a_dependence_must_not_turn_back(column: str, legal: bool) -> None:
    text = f"for i in range(1, n):\n    for j in range(m):\n        u[i, j] = u[i - 1, {column}]"
    assert may_interchange(analyse(nest_of(text)), 0) is legal


def test_triangular_loops_do_not_change_places() -> None:
    text = "for i in range(n):\n    for j in range(i):\n        u[i, j] = 0"
    assert not may_interchange(analyse(nest_of(text)), 0)


def test_a_scalar_sum_keeps_its_order() -> None:
    text = "for i in range(n):\n    for j in range(m):\n        s += a[i, j]"
    assert not may_interchange(analyse(nest_of(text)), 0)
    assert find_wave(analyse(nest_of(text)), 0) is None


@pytest.mark.parametrize(
    ("neighbours", "factor"),
    [
        ("u[i - 1, j] + u[i, j - 1]", 1),
        ("u[i - 1, j] + u[i, j - 1] + u[i + 1, j] + u[i, j + 1]", 1),
        ("u[i - 1, j - 1] + u[i, j - 1]", 0),
        ("u[i - 1, j + 1] + u[i, j - 1]", 2),
        ("u[i - 1, j + 3]", 4),
        ("u[i - 1, 2 * j]", None),
        ("u[i - 1, 2]", None),
    ],
)
def test_uniform_dependences_run_in_waves(neighbours: str, factor: int | None) -> None:
    text = f"for i in range(1, n):\n    for j in range(1, m):\n        u[i, j] = {neighbours}"
    assert find_wave(analyse(nest_of(text)), 0) == factor


def test_an_edit_distance_runs_in_waves() -> None:
    text = """
    for i in range(1, n):
        for j in range(1, m):
            cost = 0 if a[i - 1] == b[j - 1] else 1
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + cost)
    """
    assert find_wave(analyse(nest_of(text)), 0) == 1
