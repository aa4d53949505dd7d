"""Copies of large arrays are those of NumPy, whatever their size, order and place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parloop.runtime import copying


@pytest.mark.parametrize("dtype", ["f8", "i1", "?", "c16"])
@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 1000, 1024, 1031])
@pytest.mark.parametrize("offset", [0, 1, 7])
def test_a_copy_has_the_bytes_of_the_array_and_touches_no_neighbour(
    dtype: str, count: int, offset: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "LARGE", 0)
    bytes_ = np.random.default_rng(count).integers(0, 2, (count + 16) * 16).astype("u1")
    array = bytes_[: count * np.dtype(dtype).itemsize].view(dtype)
    around = np.full(array.nbytes + 128, 7, "u1")
    copy = around[offset : offset + array.nbytes].view(dtype)
    copying.copy_aside(copy, array)
    assert copy.tobytes() == array.tobytes()
    assert (around[:offset] == 7).all()
    assert (around[offset + array.nbytes :] == 7).all()


@pytest.mark.parametrize("view", [np.transpose, np.flip, lambda a: a[::2], np.asfortranarray])
def test_arrays_of_any_order_are_copied(view: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "LARGE", 0)
    array = view(np.arange(60.0).reshape(6, 10))
    for copy in (np.empty_like(array), np.empty(array.shape)):
        copying.copy_aside(copy, array)
        assert np.array_equal(copy, array)


def test_large_arrays_are_copied_by_machine_code() -> None:
    array = np.random.default_rng(1).random((300, 1001))
    copy = np.empty_like(array)
    copying.copy_aside(copy, array)
    assert copy.tobytes() == array.tobytes()
