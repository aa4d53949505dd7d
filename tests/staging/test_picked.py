"""A few random loops in which arrays pick elements; `python -m tests.staging.random_picked`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.staging.random_picked import find_failure


@pytest.mark.parametrize("seed", range(12))
def test_what_is_picked_is_what_python_picks(seed: int, tmp_path: Path) -> None:
    why, _ = find_failure(seed, tmp_path)
    assert why is None, why
