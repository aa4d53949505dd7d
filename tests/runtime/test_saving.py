"""What slices save is what was there before the slice, whoever copies it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from tests.runtime import programs

import parloop


def columns_of_neighbouring_rows(a: Any, b: Any, n: int, k: float) -> None:
    for i in range(n):
        a[i, 0] = a[i, 0] * k
        b[i, 1] = b[i, 1] * k


def test_rows_that_two_views_share_are_put_back_as_they_were() -> None:
    n = 60_000
    x = np.random.default_rng(3).uniform(1, 2, (n + 1, 2))
    x[n - 5, 1] = 1e308  # overflows, so that the slice is run again
    expected, seen = x.copy(), x.copy()
    fast = parloop.parallel(programs.fresh(columns_of_neighbouring_rows), min_work_ms=0, threads=2)
    for function, array in ((columns_of_neighbouring_rows, expected), (fast, seen)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            function(array[1:], array[:-1], n, 3.5)
        assert [str(w.message) for w in caught] == ["overflow encountered in scalar multiply"]
    assert np.flatnonzero((expected != seen).any(axis=1)).tolist() == []


def sums_of_neighbours(a: Any, n: int, m: int) -> None:
    for i in range(1, n):
        for j in range(1, m):
            a[i, j] = a[i - 1, j] + a[i, j - 1]


@pytest.mark.parametrize("action", ["default", "error", "ignore"])
def test_rows_that_are_not_saved_are_written_anew(action: Any) -> None:
    calm = np.ones((40, 30), np.int32)
    wild = calm.copy()
    wild[0, 17] = 2**31 - 100  # overflows far down, and leaves others to be written behind it
    fast = parloop.parallel(programs.fresh(sums_of_neighbours), min_work_ms=0, threads=2)
    outcomes = []
    for function in (sums_of_neighbours, fast):
        left = []
        for start, filtered in ((calm, "default"), (calm, "default"), (wild, action)):
            array = start.copy()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter(filtered)
                try:
                    function(array, 9 if start is calm else 40, 30)
                except RuntimeWarning as error:
                    left.append(str(error))
            left += [array.tobytes(), [str(w.message) for w in caught]]
        outcomes.append(left)
    assert outcomes[0] == outcomes[1]


def test_a_warm_loop_notices_that_warnings_have_become_exceptions() -> None:
    array = np.ones((9, 30), np.int32)
    fast = parloop.parallel(programs.fresh(sums_of_neighbours), min_work_ms=0, threads=2)
    for _ in range(3):
        fast(np.ones((9, 30), np.int32), 9, 30)
    array[0, 17] = 2**31 - 100
    expected = array.copy()
    for function, target in ((sums_of_neighbours, expected), (fast, array)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(RuntimeWarning):
                function(target, 9, 30)
    assert array.tobytes() == expected.tobytes()


def _bands() -> tuple[Any, list[tuple[Any, int]]]:
    """Return what makes arrays that stand between bands, and a list of them."""
    bands: list[tuple[Any, int]] = []

    def make(view: Any, **_: Any) -> Any:
        base = np.full(view.size + 8000, -1, view.dtype)
        bands.append((base, view.size))
        return base[4000 : 4000 + view.size].reshape(view.shape)

    return make, bands


def _check_bands(bands: list[tuple[Any, int]]) -> None:
    assert bands
    for base, size in bands:
        assert (np.delete(base, slice(4000, 4000 + size)) == -1).all()


def rows_that_a_guard_keeps_inside(a: Any, b: Any, n: int, m: int) -> None:
    for i in range(n):
        if i < m:
            a[i] = a[i] + b[i]


def rows_of_no_iterations(a: Any, b: Any, n: int, m: int) -> None:
    for i in range(n):
        for j in range(m):
            a[i] = a[i] + b[j]


def rows_above_that_a_guard_keeps_inside(a: Any, b: Any, n: int, m: int) -> None:
    for i in range(n):
        if i >= m:
            a[i - 3] = a[i - 3] + b[i]


@pytest.mark.parametrize(
    ("function", "n", "m"),
    [
        (rows_that_a_guard_keeps_inside, 3000, 900),
        (rows_of_no_iterations, 3000, 0),
        (rows_above_that_a_guard_keeps_inside, 900, 3),
    ],
)
def test_blocks_save_no_rows_that_do_not_exist(
    function: Any, n: int, m: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copies stand between bands that nothing may touch."""
    banded, bands = _bands()
    monkeypatch.setattr(np, "empty_like", banded)
    a, b = np.ones(1000), np.ones(3000)
    expected = a.copy()
    function(expected, b, n, m)
    fast = parloop.parallel(programs.fresh(function), min_work_ms=0, threads=2)
    with np.errstate(under="ignore"):
        fast(a, b, n, m)
    _check_bands(bands)
    assert a.tobytes() == expected.tobytes()


def running_totals(a: Any, b: Any) -> None:
    for i in range(a.shape[0]):
        total = 0
        for j in range(a.shape[1]):
            total += int(a[i, j])
            b[i, j] = total


def shifted_by(a: Any, b: Any) -> None:
    for i in range(a.shape[0]):
        b[i] = b[i] / a[i, 0]


@pytest.mark.parametrize(
    ("function", "array"),
    [
        (running_totals, lambda: np.zeros((4000, 50), np.int64)[::4000]),
        (running_totals, lambda: np.zeros((3, 50), np.int64)[::-3]),
        (running_totals, lambda: np.zeros((3, 50, 7), np.int64)[::3, :, 0][:, :1]),
        (shifted_by, lambda: np.ones(5000)[::4000][:1]),
        (shifted_by, lambda: np.ones(1)[::-1]),
    ],
)
def test_the_stride_of_an_axis_with_one_item_says_nothing(
    function: Any, array: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = np.full((1, array().shape[-1] if array().ndim > 1 else 1), 3.5)
    expected = array()
    function(a, expected)
    banded, bands = _bands()
    target = array()
    monkeypatch.setattr(np, "empty_like", banded)
    parloop.parallel(programs.fresh(function), min_work_ms=0, threads=2)(a, target)
    _check_bands(bands)
    assert (target == expected).all()
