"""Loops of which LLVM makes no lanes leave what plain Python leaves, wherever they touch memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.chains import find_chain_failures


@pytest.mark.parametrize("part", range(2))
def test_a_random_program_without_lanes_leaves_what_python_leaves(
    part: int, tmp_path: Path
) -> None:
    counted, found = find_chain_failures(range(15 * part, 15 * part + 15), tmp_path)
    assert not found, "\n".join(found)
    assert counted.branches > 3
