"""Which arrays share memory, against the elements that NumPy's views have in common."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from parloop.staging.aliasing import describe, find_overlaps, find_shift, may_overlap_itself


def overlaps(first: np.ndarray, second: np.ndarray) -> tuple[object, object] | None:
    """Return what is merged and what overlaps, of `a` that is written and `b` that is not."""
    one = describe("a", first, is_written=True)
    other = describe("b", second, is_written=False)
    found = find_overlaps([one, other])
    return None if found is None else (dict(found.merged), set(found.overlapping))


BASE = np.zeros((6, 8))


def test_an_array_without_elements_meets_no_other() -> None:
    first, behind = describe("a", BASE[2:2], is_written=True).range
    assert first == behind
    assert overlaps(BASE[2:2], BASE) is None
    assert overlaps(BASE, BASE[:, 3:3]) is None


def test_views_with_the_same_steps_are_one_array_with_a_shift() -> None:
    for rows, columns in product(range(3), range(3)):
        merged = {"b": ("a", (rows, columns))}
        assert overlaps(BASE[:3, :5], BASE[rows : rows + 3, columns : columns + 5]) in (
            (merged, set()),
            None,
        )
        assert overlaps(BASE, BASE[rows:, columns:]) == (merged, set())


def test_arrays_without_axes_are_one_or_have_nothing_in_common() -> None:
    one, other = (describe("a", BASE[0, k : k + 1].reshape(()), is_written=True) for k in (1, 2))
    assert find_shift(one, one) == ()
    assert find_shift(one, other) is None


@pytest.mark.parametrize(
    "view",
    [
        np.broadcast_to(BASE[0], (6, 8)),  # every row the same
        BASE.T,
        BASE[::2],
        BASE.view("int64"),
        BASE.view("uint8")[:, 4:-4].view("float64"),  # between two elements
    ],
)
def test_views_of_other_forms_may_be_anything(view: np.ndarray) -> None:
    found = overlaps(view.copy() if view.base is None else BASE, view)
    assert found == ({}, {frozenset({"a", "b"})})


def test_the_same_row_many_times_has_no_shift() -> None:
    rows = describe("a", np.broadcast_to(BASE[0], (6, 8)), is_written=True)
    assert may_overlap_itself(rows)
    assert find_shift(rows, rows) is None


def test_an_array_that_overlaps_itself_is_named_alone() -> None:
    windows = np.lib.stride_tricks.as_strided(np.zeros(8), (4, 4), (8, 8))
    found = find_overlaps([describe("a", windows, is_written=True)])
    assert found is not None
    assert found.overlapping == {frozenset({"a"})}
