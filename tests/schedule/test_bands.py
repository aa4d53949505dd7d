"""What runs in bands, as the plans of launches say."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import parloop
from parloop.runtime import remembered, specialisation
from parloop.schedule.pieces import band_number, loop_of, piece_number
from parloop.schedule.plan import Plan


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every plan made."""
    monkeypatch.setattr(remembered, "_get", lambda _: None)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """The plans that are made, in order."""
    found: list[Plan] = []
    make = specialisation.make_plan

    def kept(*arguments: Any, **options: Any) -> Plan:
        found.append(make(*arguments, **options))
        return found[-1]

    monkeypatch.setattr(specialisation, "make_plan", kept)
    return found


def run(folder: Path, body: str, *arguments: Any) -> None:
    """Run a function `f(a, s, q, p)` with this body."""
    path = folder / "program.py"
    path.write_text("def f(a, s, q, p):\n" + textwrap.indent(textwrap.dedent(body), "    "))
    namespace: dict[str, Any] = {"__name__": "program"}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    with parloop.settings(threads=2):
        parloop.parallel(namespace["f"], min_work_ms=0)(*arguments)


def arrays(dtype: str = "f8") -> tuple[Any, ...]:
    return np.ones((20, 30), dtype), np.ones(30, dtype), np.ones(20, dtype), np.ones(30, dtype)


SUMS = """
for i in range(a.shape[0]):
    for j in range(a.shape[1]):
        s[j] += a[i, j]
"""

BOTH = """
for i in range(a.shape[0]):
    q[i] = 0
    for j in range(a.shape[1]):
        s[j] += a[i, j]
        q[i] += a[i, j] * p[j]
"""


def test_sums_of_floats_down_columns_run_in_bands(tmp_path: Path, plans: list[Plan]) -> None:
    run(tmp_path, SUMS, *arrays())
    assert plans[-1].bands == {0: 8}
    assert plans[-1].cores == {band_number(1): ()}
    assert plans[-1].lanes == {1}


def test_sums_of_integers_take_the_cores_by_rows(tmp_path: Path, plans: list[Plan]) -> None:
    run(tmp_path, SUMS, *arrays("i8"))
    assert plans[-1].bands == {}
    assert plans[-1].cores.keys() == {0}


def test_two_products_run_as_rows_and_as_bands(tmp_path: Path, plans: list[Plan]) -> None:
    run(tmp_path, BOTH, *arrays())
    plan = plans[-1]
    assert plan.pieces == {0: (((0,),), ((1, 0),), ((1, 1),))}
    assert plan.bands == {piece_number(0, 1): 8}
    assert plan.cores.keys() == {
        piece_number(0, 0), band_number(piece_number(1, 0)), piece_number(0, 2)
    }
    assert plan.jams == {piece_number(0, 2): 8}
    assert {loop_of(number) for number in plan.cores} == {0, 1}


def test_parts_that_may_stay_together_do(tmp_path: Path, plans: list[Plan]) -> None:
    body = """
    for i in range(a.shape[0]):
        q[i] = 0
        for j in range(a.shape[1]):
            q[i] += a[i, j] * p[j]
        for j in range(a.shape[1]):
            s[j] += a[i, j] * q[i]
    """
    run(tmp_path, body, *arrays())
    assert plans[-1].pieces == {0: (((0,), (1,)), ((2,),))}


@pytest.mark.parametrize(
    "statement",
    [
        "s[j] += math.sin(a[i, j])",
        "for k in range(len(p)): s[j] += a[i, j]",
        "while s[j] < 9: s[j] += 1",
    ],
)
def test_long_iterations_of_the_inner_loop_take_the_cores_themselves(
    tmp_path: Path, plans: list[Plan], statement: str
) -> None:
    body = f"import math\nfor i in range(9):\n    for j in range(9):\n        {statement}\n"
    run(tmp_path, body, *arrays())
    assert plans[-1].bands == {}


def test_a_gpu_has_no_bands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    make = specialisation.Planned

    def kept(*arguments: Any) -> Any:
        asked.append(make(*arguments))
        return asked[-1]

    monkeypatch.setattr(specialisation, "Planned", kept)
    run(tmp_path, SUMS, *arrays())
    grid = asked[-1].make_grid()
    assert asked[-1].plan.bands == {0: 8}
    assert (grid.cores, grid.swaps) == ({1: ()}, {0})
