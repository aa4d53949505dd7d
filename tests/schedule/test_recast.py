"""What of a plan is recast for a GPU: which launches a nest becomes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from tests.corpus import FILES
from tests.cuda.campaign import collect

from parloop.codegen.cuda.program import Launch, Step

SHAPES = {
    "columns_over_rows": "(1)",
    "product_and_its_transpose": "1 1 1",
    "columns_in_each_step": "((1) 1)",
    "row_before_its_columns": "1 2",
    "several_before_their_columns": "1 2 2",
    "number_before_its_columns": "1",
    "diagonals": "(1)",
    "columns_down": "(1)",
}
"""For each program of the corpus: the dimensions of its launches, loops of the host in brackets."""

TURNED = ("columns_over_rows", "product_and_its_transpose", "columns_in_each_step", "columns_down")
"""Those with a loop inside the threads that stood around theirs."""


def test_two_split_loops_are_nine_launches() -> None:
    file = next(file for file in FILES if file.path.stem == "programs")
    found = collect(file, "floyd_warshall").collected
    shapes = [shape_of(program.steps) for program in found.programs.values()]
    assert f"({' '.join('2' * 9)})" in shapes


@pytest.mark.parametrize("name", SHAPES)
def test_a_nest_becomes_these_launches(name: str) -> None:
    file = next(file for file in FILES if file.path.stem == "turned")
    found = collect(file, name).collected
    assert found.bugs == []
    program = next(iter(found.programs.values()))
    assert shape_of(program.steps) == SHAPES[name]
    assert ("min(1, trips(" in str(program.steps) or " for i in " in insides(program.text)) == (
        name in TURNED
    )


def shape_of(steps: Iterable[Step]) -> str:
    """Return the dimensions of launches; those that put partial results together do not count."""
    return " ".join(
        str(step.dimensions) if isinstance(step, Launch) else f"({shape_of(step.steps)})"
        for step in steps
        if not isinstance(step, Launch) or not step.kernel.endswith("_whole")
    )


def insides(text: str) -> str:
    """Return the user's lines of loops that stand inside threads."""
    return " ".join(line for line in text.splitlines() if line.startswith("        // "))
