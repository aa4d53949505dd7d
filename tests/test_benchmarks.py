"""The benchmark programs at their smallest size: what is timed is also right."""

from __future__ import annotations

from pathlib import Path

import benchmarks.peers
import numpy as np
import pytest
from benchmarks.arrays import array_program_names, measure
from benchmarks.program import Program, bits_of, load_program, program_names, result_bits
from benchmarks.runner import SideResult, left_share, native

import parloop
from parloop.runtime.transaction import Launch

PEERS = Path(benchmarks.peers.__file__).parent
PROGRAMS = [load_program(name) for name in program_names()]

every_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)


@pytest.fixture
def never_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """No slice runs a second time: none of the programs has anything to warn of."""

    def fails(self: Launch, machine: object, lo: int, hi: int, errors: object) -> int:
        raise AssertionError(f"slice {lo} .. {hi} has tripped for nothing")

    monkeypatch.setattr(Launch, "run_precisely", fails)


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
@pytest.mark.usefixtures("never_twice")
@every_program
def test_a_program_run_by_parloop_leaves_what_it_leaves_in_cpython(program: Program) -> None:
    expected, found = program.make("tiny"), program.make("tiny")
    returned = program.function(*expected)
    with parloop.settings(min_work_ms=0):
        fast = parloop.parallel(program.function)(*found)
    assert result_bits(found, fast) == result_bits(expected, returned)


@pytest.mark.usefixtures("never_twice")
@pytest.mark.parametrize("name", array_program_names())
def test_a_program_of_array_statements_leaves_what_it_leaves_in_cpython(name: str) -> None:
    with parloop.settings(min_work_ms=0):
        found = measure(name, 1, "tiny")
    assert found.same
    assert found.native


def test_short_loops_left_to_cpython_are_counted_and_said() -> None:
    def ours(seconds: float, **other: object) -> SideResult:
        site = {"interpreted_runs": 2, "estimated_interpreter_seconds": seconds, "native_runs": 0,
                "fallbacks": [], **other}  # fmt: skip
        sites = [site, {**site, "interpreted_runs": 0, "native_runs": 3}]
        return SideResult(sites=sites, left=left_share(sites, [0.1, 0.2]))

    assert ours(1e-4).left == pytest.approx(5e-4)
    assert native(ours(1e-4)) == "native"
    assert native(ours(1e-2)) == "partly"
    assert native(ours(1e-4, fallbacks=["1 x something"])) == "partly"
    assert native(SideResult(sites=[{"native_runs": 0}])) == "interpreter"


def test_a_report_estimates_the_time_of_loops_that_are_too_short() -> None:
    @parloop.parallel
    def fill(a: np.ndarray) -> None:
        for i in range(len(a)):
            for j in range(2):
                a[i] = i + j

    parloop.reset_report()
    for _ in range(2):
        fill(np.zeros(10))
    (site,) = parloop.report().sites
    assert site.native_runs == 0
    assert site.interpreted_runs in (1, 2)  # what the gate of a site turns away is not counted
    assert 1e-7 < site.estimated_interpreter_seconds / site.interpreted_runs < 1e-4
