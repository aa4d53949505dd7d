"""A few random programs in every run; `python -m tests.fuzz` tries many."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fuzz import find_failure, make_program
from tests.shrinking import simpler_texts


@pytest.mark.parametrize("seed", range(40))
def test_a_random_program_leaves_what_python_leaves(seed: int, tmp_path: Path) -> None:
    program = make_program(seed)
    why = find_failure(program, tmp_path)
    assert why is None, f"{why}\n{program.text}"


def test_programs_are_the_same_for_the_same_seed() -> None:
    assert make_program(5) == make_program(5)
    assert make_program(5) != make_program(6)


def test_every_simpler_text_can_be_parsed() -> None:
    text = make_program(3).text
    made = list(simpler_texts(text))
    assert made
    for simpler in made:
        compile(simpler, "simpler", "exec")
