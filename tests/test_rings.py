"""Loops over places on a ring, and short loops inside, leave what plain Python leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.rings import find_ring_failures


@pytest.mark.parametrize("part", range(4))
def test_a_random_program_with_rings_leaves_what_python_leaves(part: int, tmp_path: Path) -> None:
    counted, found = find_ring_failures(range(20 * part, 20 * part + 20), tmp_path)
    assert not found, "\n".join(found)
    assert counted.plain > 3
