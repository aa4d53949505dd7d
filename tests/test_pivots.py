"""Loops that are split at one of their iterations leave what plain Python leaves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.pivots import Counted, find_pivot_failures

import parloop


@pytest.mark.parametrize("part", range(4))
def test_a_random_program_with_pivots_leaves_what_python_leaves(part: int, tmp_path: Path) -> None:
    counted, found = find_pivot_failures(range(20 * part, 20 * part + 20), tmp_path)
    assert not found, "\n".join(found)
    assert counted.split > 3


def relax(distance, k):
    for i in range(len(distance)):
        distance[i] = distance[k] + distance[i]


@pytest.mark.parametrize(("k", "splits"), [(3, 1), (0, 1), (99, 1), (-1, 0)])
def test_a_loop_is_split_only_at_an_iteration_that_it_makes(k: int, splits: int) -> None:
    counted = Counted()
    ours, plain = (np.random.default_rng(1).random(100) for _ in range(2))
    with counted.watching():
        parloop.parallel(relax, min_work_ms=0)(ours, k)
    relax(plain, k)
    assert ours.tobytes() == plain.tobytes()
    assert counted.split == splits
