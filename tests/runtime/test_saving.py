"""What slices save is what was there before the slice, whoever copies it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
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
