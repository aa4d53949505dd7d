"""The benchmark programs at their smallest size: what is timed is also right."""

from __future__ import annotations

from pathlib import Path

import benchmarks.peers
import pytest
from benchmarks.program import Program, bits_of, load_program, program_names, result_bits

import parloop

PEERS = Path(benchmarks.peers.__file__).parent
PROGRAMS = [load_program(name) for name in program_names()]

every_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)


def test_there_are_as_many_programs_as_the_results_speak_of() -> None:
    assert len(PROGRAMS) == 26


@every_program
def test_a_program_has_peers_in_numba_and_in_c(program: Program) -> None:
    assert (PEERS / f"{program.name}.py").exists()
    assert (PEERS / f"{program.name}.c").exists()


@every_program
def test_a_program_changes_its_outputs_and_nothing_else(program: Program) -> None:
    before, after = program.make("tiny"), program.make("tiny")
    program.function(*after)
    pairs = enumerate(zip(before, after, strict=True))
    changed = {position for position, (a, b) in pairs if bits_of(a) != bits_of(b)}
    assert changed == set(program.output_positions())


@pytest.mark.skipif(not hasattr(parloop, "parallel"), reason="parloop.parallel is not written yet")
@every_program
def test_a_program_run_by_parloop_leaves_what_it_leaves_in_cpython(program: Program) -> None:
    expected, found = program.make("tiny"), program.make("tiny")
    returned = program.function(*expected)
    with parloop.settings(min_work_ms=0):
        fast = parloop.parallel(program.function)(*found)
    assert result_bits(found, fast) == result_bits(expected, returned)
