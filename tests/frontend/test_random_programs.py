"""Random loops mean in the loop IR what they mean in CPython."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from outcomes import require_nest, run_in_python, run_through_ir
from programs import environment, program

from parloop.ir.parse import parse_nest
from parloop.ir.printer import to_text


@pytest.mark.parametrize("block", range(10))
def test_a_random_loop_leaves_what_cpython_leaves(block: int) -> None:
    names = {**environment(), "math": math, "np": np}
    for seed in range(100 * block, 100 * block + 100):
        text = program(seed)
        assert run_through_ir(text, names) == run_in_python(text, names), f"{seed}:\n{text}"


def test_a_printed_nest_reads_as_the_same_nest() -> None:
    for seed in range(100):
        nest = require_nest(program(seed))
        read = parse_nest(to_text(nest))
        assert replace(read, guards=nest.guards, function=nest.function) == nest, to_text(nest)
