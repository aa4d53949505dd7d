"""Statements on whole arrays become loops over elements, or the nest is declined."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.staging import random_layouts, random_vectors
from tests.staging.random_arrays import find_failure

from parloop.diagnostics import Declined
from parloop.frontend.lower import lower_loop
from parloop.ir.nodes import Nest
from parloop.ir.printer import to_text
from parloop.ir.types import (
    NP_BOOL,
    NP_COMPLEX128,
    NP_FLOAT64,
    NP_INT8,
    NP_INT32,
    PY_FLOAT,
    PY_INT,
    Array,
    Type,
)
from parloop.source import Source
from parloop.staging.expansion import Expansion, expand

VECTOR = Array(NP_FLOAT64, 1, writable=True)
MATRIX = Array(NP_FLOAT64, 2, writable=True)
TYPES: dict[str, Type] = {
    **dict.fromkeys(("u", "v", "w"), VECTOR),
    "m": MATRIX,
    "cube": Array(NP_FLOAT64, 3, writable=True),
    "d": Array(NP_FLOAT64, 0, writable=True),
    "b": Array(NP_INT8, 1, writable=True),
    "i4": Array(NP_INT32, 1, writable=True),
    "c": Array(NP_COMPLEX128, 1, writable=True),
    "flags": Array(NP_BOOL, 1, writable=True),
    "x": Array(PY_FLOAT, 1, writable=True),  # a list
    "k": PY_FLOAT,
    "n": PY_INT,
    "T": PY_INT,
}


def expanded(*body: str) -> Expansion:
    """Return `for t in range(T)` with this body, expanded."""
    text = "for t in range(T):\n" + "".join(f"    {line}\n" for line in body)
    (loop,) = ast.parse(text).body
    assert isinstance(loop, ast.For)
    nest = lower_loop(loop, Source("<test>", text))
    assert isinstance(nest, Nest), nest
    found = expand(nest, {name: TYPES[name] for name in nest.inputs})
    assert found is not None
    return found


def body_of(*body: str) -> list[str]:
    """Return the lines of the expanded loop's body."""
    return [line.strip() for line in to_text(expanded(*body).nest).splitlines()[1:-1]]


def conditions_of(*body: str) -> list[str]:
    """Return what has to hold before a launch, but for what keeps slices from being empty."""
    texts = map(to_text, expanded(*body).conditions)
    return [text for text in texts if ">= 1" not in text]


def test_a_statement_is_a_loop_over_its_elements() -> None:
    assert body_of("u[1:-1] = v[2:] - k * v[:-2]") == [
        "for %i0 in 0:u.shape[0] - 2:1 {",
        "u[%i0 + 1] = v[%i0 + 2] - k * v[%i0]",
        "}",
    ]


def test_what_is_read_elsewhere_than_it_is_written_goes_through_a_scratch_array() -> None:
    assert body_of("u[1:] = u[:-1]") == [
        "for %i0 in 0:u.shape[0] - 1:1 {",
        "%s0[%i0] = u[%i0]",
        "}",
        "for %i1 in 0:u.shape[0] - 1:1 {",
        "u[%i1 + 1] = %s0[%i1]",
        "}",
    ]


@pytest.mark.parametrize(
    ("body", "n_scratch"),
    [
        ("u[1:] += u[1:] * 2", 0),
        ("u[1:] = u[1:] + v[:-1]", 0),
        ("m[t + 1] = m[t] + 1", 0),
        ("m[0, 1:] = m[1, :-1]", 0),
        ("m[:, -1] = m[:, -2]", 0),
        ("u[:] = u[::-1]", 1),
        ("m[1:] -= m[0]", 1),
        ("m[n] = m[t] + 1", 0),
        ("m[n, 1:] = m[t, :-1]", 1),
        ("u += u[0]", 0),
    ],
)
def test_scratch_arrays_are_only_for_overlaps(body: str, n_scratch: int) -> None:
    assert len(expanded(body).scratch) == n_scratch


@pytest.mark.parametrize(
    ("body", "conditions"),
    [
        ("u[1:-1] = u[2:] - u[:-2]", []),
        ("u[1:] = v[1:]", ["u.shape[0] - 1 == v.shape[0] - 1"]),
        ("u[1:n] = 0", ["u.shape[0] - n >= 0"]),
        ("u[-n:] = 0", ["u.shape[0] - n >= 0", "n - 1 >= 0"]),
        ("m[0, 1:] = m[-2, :-1]", ["-m.shape[0] + 2 != 0"]),
    ],
)
def test_what_shapes_have_to_be_is_a_condition(body: str, conditions: list[str]) -> None:
    assert conditions_of(body) == conditions


def test_slices_that_follow_an_index_are_tested_by_subscripts() -> None:
    assert body_of("m[0, t:t + 3] = v[:3]") == [
        "%g0 = %rm.shape[1] + 1[m.shape[1] - t]",
        "%g1 = %rm.shape[1] + 1[t + 3]",
        "for %i2 in 0:3:1 {",
        "m[0, %i2 + t] = v[%i2]",
        "}",
    ]


def test_other_slices_are_clipped_as_python_clips_them() -> None:
    lines = body_of("s = t % 3", "w = v[s:s + 2] * 2")
    clipped = "min(max(%e6 + v.shape[0] if %e6 < 0 else %e6, 0), v.shape[0])"
    assert f"%e7 = {clipped}" in lines


@pytest.mark.parametrize(
    "body",
    [
        "u[1:] = v[k:]",
        "u[1:] = m[1:]",
        "u[1:] = v[1:] ** c[1:]",
        "u[1:] = v[1:] ** w[1:]",
        "u[:] = m",
        "b += 1.5",
        "b += n",
        "b[:] = b + 200",
        "u[5:3] = 1",
        "if u > v: u[1:] = 0",
        "w = u[::n]",
        "u[1:, 1:] = 0",
    ],
)
def test_what_cannot_be_the_same_is_declined(body: str) -> None:
    with pytest.raises(Declined):
        expanded(body)


def test_exchanged_names_give_each_state_a_copy_of_the_body() -> None:
    turns = expanded("u[1:] = v[1:]", "u, v = v, u").turns
    held = [{name: view.array for name, view in bound.items()} for bound in turns.bound]
    assert held == [{"u": "v", "v": "u"}, {"u": "u", "v": "v"}]
    assert [turns.after(n) for n in range(1, 6)] == [0, 1, 0, 1, 0]


def test_a_name_that_gets_a_new_array_begins_with_the_old_one() -> None:
    turns = expanded("u = u + v").turns
    assert [turns.after(n) for n in range(1, 5)] == [0, 1, 1, 1]


@pytest.mark.parametrize("trips", ["", "all", "middle"])
@pytest.mark.parametrize("seed", range(20))
def test_random_array_statements_leave_what_python_leaves(
    seed: int, trips: str, tmp_path: Path
) -> None:
    why, _ = find_failure(seed, tmp_path, trips)
    assert why is None, why


@pytest.mark.parametrize("trips", ["", "all"])
@pytest.mark.parametrize("seed", range(12))
def test_random_small_arrays_leave_what_python_leaves(
    seed: int, trips: str, tmp_path: Path
) -> None:
    why, _ = random_vectors.find_failure(seed, tmp_path, trips)
    assert why is None, why


@pytest.mark.parametrize("seed", range(16))
def test_arrays_of_any_layout_and_odd_numbers_leave_what_python_leaves(
    seed: int, tmp_path: Path
) -> None:
    why, _ = random_layouts.find_failure(seed, tmp_path)
    assert why is None, why
