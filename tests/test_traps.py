"""Every known trap has its cases, and these are what the table says of them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from tests.corpus import FILES
from tests.test_loops import NOT_YET_NATIVE
from tests.traps import TRAPS, Trap

ROWS = [pytest.param(trap, id=trap.name) for traps in TRAPS.values() for trap in traps]


@cache
def marks_of_programs() -> dict[str, tuple[bool, ...]]:
    """Return for each user program which of its marked loops run natively."""
    return {
        name: tuple(
            mark.native and name not in NOT_YET_NATIVE
            for mark in file.marks
            if mark.function == name
        )
        for file in FILES
        for name in file.functions()
    }


@cache
def names_of_tests() -> frozenset[str]:
    return frozenset(
        name
        for path in Path(__file__).parent.rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    )


@pytest.mark.parametrize("trap", ROWS)
def test_a_trap_has_a_native_case_and_one_that_the_interpreter_runs(trap: Trap) -> None:
    assert trap.native
    assert bool(trap.handed or trap.left) != bool(trap.because)


@pytest.mark.parametrize("trap", ROWS)
def test_cases_of_a_trap_run_where_the_table_says(trap: Trap) -> None:
    for name in f"{trap.native} {trap.handed} {trap.left}".split():
        assert name in marks_of_programs() or name in names_of_tests(), name
    marked = {name: marks for name, marks in marks_of_programs().items() if marks}
    for name in f"{trap.native} {trap.handed}".split():
        assert any(marked.get(name, (True,))), f"{name} has no loop that runs natively"
    for name in trap.left.split():
        assert not all(marked.get(name, (False,))), f"{name} has no loop that is left"


def test_the_table_has_every_trap_that_was_collected() -> None:
    assert [len(traps) for traps in TRAPS.values()] == [15, 15, 25, 15, 19, 14]
