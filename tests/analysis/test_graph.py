"""Distribution, interchange and waves."""

from __future__ import annotations

import textwrap

import pytest
from tests.analysis.nests import nest_of

from parloop.analysis import (
    Parallel,
    Serial,
    analyse,
    distribute,
    find_wave,
    may_interchange,
    may_run_in_bands,
    spread,
)
from parloop.ir.nodes import For


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


@pytest.mark.parametrize(
    ("body", "legal"),
    [
        ("y[j] += a[i, j] * p[i]", True),
        ("y[j] = y[j] * 0.5 + a[i, j]", True),
        ("u[i, j] = u[i - 2, j] - u[i + 1, j]", True),
        ("t = y[j]; y[j] = t * t", True),
        ("u[i, j] = u[i - 1, j - 1]", False),
        ("u[i, j] = u[i, j - 1]", False),
        ("y[k[j]] += a[i, j]", False),
        ("y[2] += a[i, j]", False),
        ("y[m - j] = y[j]", False),
        ("s += a[i, j]", False),
        ("if a[i, j] > 0: break\n        y[j] += 1", False),
        ("y[j] += 1; i = 3", False),
    ],
)
def test_columns_that_need_nothing_of_each_other_run_in_bands(body: str, legal: bool) -> None:
    text = "for i in range(2, n):\n    for j in range(2, m):\n        " + body
    analysis = analyse(nest_of(text.replace("; ", "\n        ")))
    assert may_run_in_bands(analysis, 0) is legal


@pytest.mark.parametrize("bounds", ["i", "i, m", "k[0]"])
def test_bands_have_the_same_columns_in_every_row(bounds: str) -> None:
    text = f"for i in range(n):\n    for j in range({bounds}):\n        y[j] += a[i, j]"
    assert not may_run_in_bands(analyse(nest_of(text)), 0)


def test_loops_inside_are_distributed_too() -> None:
    text = """
    for i in range(n):
        q[i] = 0.0
        for j in range(m):
            s[j] += r[i] * a[i, j]
            q[i] += a[i, j] * p[j]
    """
    analysis = analyse(nest_of(textwrap.dedent(text)))
    body = spread(analysis, 0)
    assert [place for place, _ in body] == [0, 1, 1]
    groups = distribute(analysis, 0, tuple(stmt for _, stmt in body))
    assert [len(group.statements) for group in groups] == [1, 1, 1]
    sums = body[1][1]
    assert isinstance(sums, For)
    assert may_run_in_bands(analysis, 0, sums)


def test_what_is_not_in_order_stays_in_one_loop() -> None:
    text = """
    for i in range(n):
        for j in range(1, m):
            b[j] = c[j - 1]
            c[j] = a[i, j] + b[j]
            d[j] = c[j]
    """
    analysis = analyse(nest_of(textwrap.dedent(text)))
    assert [place for place, _ in spread(analysis, 0)] == [0, 0]


def test_loops_with_nothing_in_them_may_run_in_any_way() -> None:
    analysis = analyse(nest_of("for i in range(n):\n    for j in range(m):\n        pass"))
    assert may_run_in_bands(analysis, 0)
    assert may_interchange(analysis, 0)
    assert find_wave(analysis, 0) == 0
