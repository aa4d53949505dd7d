"""Which pairs of loops run as wavefronts, and how."""

from __future__ import annotations

import pytest
from tests.analysis.nests import nest_of

from parloop.analysis import Serial, analyse
from parloop.ir.nodes import Nest
from parloop.schedule.wavefront import Wave, choose_wave, find_lags

PAIR = "for i in range(2, n):\n    for j in range(2, m):\n        "


def waves(nest: Nest) -> dict[int, Wave]:
    """Return how the pairs of a nest run that run as wavefronts."""
    analysis = analyse(nest)
    free = frozenset(f.number for f in analysis.loops if not isinstance(f.verdict, Serial))
    lags = find_lags(analysis, free)
    return {number: choose_wave(analysis.loops[number].loop, lag) for number, lag in lags.items()}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("u[i, j] = u[i - 1, j] + u[i, j - 1]", Wave(1, 8)),
        ("u[i, j] = u[i - 1, j + 1] + u[i, j - 1]", Wave(2, 8)),
        ("u[i, j] = u[i - 1, j - 1] + u[i, j - 1]", Wave(0, 8)),
        ("u[i, j] = u[i - 2, j + 3] + u[i, j - 2]", Wave(2, 8)),
        ("u[i, j] = u[i - 1, j] ** 0.5 + sin(u[i, j - 1])", Wave(1, 1)),
        ("t = u[i - 1, j]; u[i, j] = t + u[i, j - 1]", Wave(1, 8)),
        ("if w[i, j] > 0: u[i, j] = u[i - 1, j] + u[i, j - 1]", Wave(1, 8)),
        ("u[i, j] = u[i - 1, j]", None),
        ("u[i, j] = u[i, j - 1]", None),
        ("u[i, j] = u[i - 1, k] + u[i, j - 1]", None),
        ("u[i, j] = u[i - 1, j] + u[i, j - 1]; s = s + u[i, j]", None),
        ("u[i, j] = u[i - 1, j] + u[i, j - 1]; i = 3", None),
        ("while u[i, j] > 1: u[i, j] = u[i - 1, j] + u[i, j - 1]", None),
        ("if u[i, j] > 1: break\n        u[i, j] = u[i - 1, j] + u[i, j - 1]", None),
        ("for k in range(w[i, j]): u[i, j] = u[i - 1, j] + u[i, j - 1]", None),
        ("for k in range(t): u[i, j] = u[i - 1, j] + u[i, j - 1] * u[i, j]", Wave(1, 8)),
        ("for k in range(p): u[i, j, k] = u[i - 1, j, k] + u[i, j - 1, k]", None),
    ],
)
def test_a_pair_with_constant_distances_runs_as_a_wavefront(body: str, found: Wave | None) -> None:
    text = PAIR + body.replace("; ", "\n        ").replace("sin(", "math.sin(")
    assert waves(nest_of(text)) == ({} if found is None else {0: found})


@pytest.mark.parametrize(
    "heads",
    [
        "for i in range(2, n):\n    for j in range(i):",
        "for i in range(0, n, s):\n    for j in range(m):",
    ],
)
def test_bounds_that_change_and_steps_that_are_unknown_decline(heads: str) -> None:
    text = heads + "\n        u[i, j] = u[i - 1, j] + u[i, j - 1]"
    assert waves(nest_of(text)) == {}
