"""Arrays of which no element is written after it was read."""

from __future__ import annotations

import pytest
from tests.analysis.nests import nest_of

from parloop.analysis import analyse
from parloop.analysis.rewriting import rewritten_arrays

PAIR = "for i in range(1, n):\n    for j in range(1, m):\n        "


@pytest.mark.parametrize(
    ("body", "rewritten"),
    [
        ("u[i, j] = u[i - 1, j] + u[i, j - 1]", {"u"}),
        ("u[i, j] = w[i, j]", {"u"}),
        ("u[i, j] = u[i - 1, j] + u[i + 1, j]", set()),
        ("u[i, j] = u[i, j] + 1", set()),
        ("u[i, j] += w[i, j]", set()),
        ("u[i, j] = u[j, i]", set()),
        ("u[i, j] = u[i - 1, k]", {"u"}),
        ("u[i, j] = u[i, k]", set()),
        ("if w[i, j] > 0: u[i, j] = u[i - 1, j]", set()),
        ("u[w[i, j], j] = 1", set()),
        ("u[i, j] = 1; v[i, j] = u[i, j]; v[i, j - 1] = 2", {"u", "v"}),
        ("v[i, j] = u[i, j]; u[i, j] = 1", {"v"}),
    ],
)
def test_an_array_is_rewritten_if_reads_follow_writes(body: str, rewritten: set[str]) -> None:
    text = PAIR + body.replace("; ", "\n        ")
    assert rewritten_arrays(analyse(nest_of(text))) == rewritten


def test_stores_behind_a_break_may_not_be_made() -> None:
    text = "for i in range(1, n):\n    if w[i] > 0:\n        break\n    u[i] = u[i - 1]"
    assert rewritten_arrays(analyse(nest_of(text))) == frozenset()
