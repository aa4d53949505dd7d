"""Random loops mean in the loop IR what they mean in CPython."""

from __future__ import annotations

import math

import numpy as np
import pytest
from outcomes import run_in_python, run_through_ir
from programs import environment, program


@pytest.mark.parametrize("block", range(10))
def test_a_random_loop_leaves_what_cpython_leaves(block: int) -> None:
    names = {**environment(), "math": math, "np": np}
    for seed in range(100 * block, 100 * block + 100):
        text = program(seed)
        assert run_through_ir(text, names) == run_in_python(text, names), f"{seed}:\n{text}"
