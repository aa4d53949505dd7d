"""Arrays of which each iteration may have its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.staging.random_temporaries import find_failure

import parloop
from parloop.ir.nodes import Const, For, Name
from parloop.ir.parse import parse_body
from parloop.ir.printer import to_text
from parloop.staging.owned import with_own

FILLED = "for %i0 in 0:m:1 { %s0[%i0] = x[i] - y[%i0] }"


def loop_of(text: str) -> For:
    (loop,) = parse_body(text)
    assert isinstance(loop, For)
    return loop


def own(body: str, left: tuple[str, ...] = ()) -> tuple[str, ...]:
    loop = loop_of(f"for i in 0:n:1 {{ {body} }}")
    return with_own(loop, {"%s0": (Name("m"),), "%s1": (Const(20), Name("m"))}, left).own


@pytest.mark.parametrize(
    "body",
    [
        f"{FILLED}; s = %s0[idx[i]]",
        f"{FILLED}; %s0[i] = 2.0; for j in 0:k:1 {{ s = s + %s0[j] }}",
        f"if x[i] > 0.0 {{ continue }}; {FILLED}; s = %s0[0]",
        f"if x[i] > 0.0 {{ {FILLED}; s = %s0[0] }}",
        f"if x[i] > 0.0 {{ {FILLED} }} else {{ {FILLED} }}; s = %s0[0]",
        "for %i0 in 0:m:1 { t = t + x[%i0]; %s0[%i0] = t }; s = %s0[0]",
    ],
)
def test_what_is_filled_before_it_is_read_is_the_iterations_own(body: str) -> None:
    assert own(body) == ("%s0",)


@pytest.mark.parametrize(
    "body",
    [
        f"s = %s0[0]; {FILLED}",
        f"if x[i] > 0.0 {{ {FILLED} }}; s = %s0[0]",
        f"for j in 0:k:1 {{ {FILLED} }}; s = %s0[0]",
        "for %i0 in 1:m:1 { %s0[%i0] = x[%i0] }; s = %s0[0]",
        "for %i0 in 0:k:1 { %s0[%i0] = x[%i0] }; s = %s0[0]",
        "for %i0 in 0:m:1 { if x[%i0] > 0.0 { %s0[%i0] = x[%i0] } }; s = %s0[0]",
        "for %i0 in 0:m:1 { if x[%i0] > 0.0 { break }; %s0[%i0] = x[%i0] }; s = %s0[0]",
        "for %i0 in 0:m:1 { %i0 = 3; %s0[%i0] = x[%i0] }; s = %s0[0]",
        "for %i0 in 0:m:1 { %s0[%i0] = %s0[%i0] + 1.0 }; s = %s0[0]",
        "for %i0 in 0:m:1 { s = %s0[0]; %s0[%i0] = x[%i0] }; s = %s0[0]",
    ],
)
def test_what_may_be_read_before_it_is_filled_is_not(body: str) -> None:
    assert own(body) == ()


def test_a_matrix_is_filled_by_two_loops() -> None:
    body = "for %i0 in 0:20:1 { for %i1 in 0:m:1 { %s1[%i0, %i1] = x[%i1] } }; s = %s1[3, 4]"
    assert own(body) == ("%s1",)
    assert own(body.replace("%s1[%i0, %i1] =", "%s1[%i1, %i0] =")) == ()


def test_what_is_left_has_to_be_filled_wherever_the_iteration_ends() -> None:
    skipped = f"if x[i] > 0.0 {{ continue }}; {FILLED}; s = %s0[0]"
    assert own(skipped) == ("%s0",)
    assert own(skipped, left=("%s0",)) == ()
    assert own(f"{FILLED}; s = %s0[0]", left=("%s0",)) == ("%s0",)


def test_own_arrays_are_printed_and_parsed() -> None:
    loop = loop_of(f"for i in 0:n:1 own %s0, %s1 {{ {FILLED} }}")
    assert loop.own == ("%s0", "%s1")
    assert loop_of(to_text(loop)) == loop


def squares(x, y, out):  # type: ignore[no-untyped-def]
    for i in range(len(x)):
        d = y - x[i]
        out[i] = (d * d).sum()
    return d


@pytest.mark.parametrize(("rows", "length"), [(200, 300), (3, 3_000_000)])
def test_arrays_that_are_too_long_for_copies_are_shared_in_order(rows: int, length: int) -> None:
    x, y = np.linspace(-1, 1, rows), np.linspace(2, 3, length)
    expected, seen = np.zeros(rows), np.zeros(rows)
    left = squares(x, y, expected)
    parloop.reset_report()
    with parloop.settings(threads=2):
        kept = parloop.parallel(squares, min_work_ms=0)(x, y, seen)
    assert seen.tobytes() == expected.tobytes()
    assert kept.tobytes() == left.tobytes()
    (site,) = parloop.report().sites
    assert site.native_runs == 1


@pytest.mark.parametrize("seed", range(12))
def test_random_loops_that_make_arrays_leave_what_python_leaves(
    seed: int, tmp_path: Path
) -> None:
    why, _ = find_failure(seed, tmp_path)
    assert why is None, why
