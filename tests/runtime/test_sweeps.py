"""A few random sweeps in every run; `python -m tests.runtime.random_sweeps` tries many."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.runtime.random_sweeps import find_failure


@pytest.mark.parametrize("trips", ["", "all", "middle"])
@pytest.mark.parametrize("seed", range(15))
def test_random_sweeps_leave_what_python_leaves(seed: int, trips: str, tmp_path: Path) -> None:
    why = find_failure(seed, trips, tmp_path)
    assert why is None, why
