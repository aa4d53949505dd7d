"""Which arrays stand in mapped memory."""

from __future__ import annotations

import ctypes
import mmap
from multiprocessing import shared_memory
from typing import Any

import numpy as np
import pytest

from parloop.diagnostics import Declined
from parloop.runtime.mappings import mapping_of, require_one_mapping

SIZE = 80


def test_a_mapping_is_found_through_views() -> None:
    mapping = mmap.mmap(-1, SIZE)
    plain = np.frombuffer(mapping)
    seen: list[np.ndarray[Any, Any]] = [
        *(plain, plain[1:], plain[1:].reshape(3, 3).T, plain.view(np.int64)[::-2]),
        *(np.frombuffer(memoryview(mapping)[8:]), np.ndarray((5,), buffer=mapping)),
        np.frombuffer((ctypes.c_double * 5).from_buffer(mapping)),
    ]
    assert [mapping_of(array) for array in seen] == [mapping] * len(seen)


def test_shared_memory_is_a_mapping() -> None:
    shared = shared_memory.SharedMemory(create=True, size=SIZE)
    try:
        array = np.ndarray((10,), buffer=shared.buf)
        assert mapping_of(array) is not None
        del array
    finally:
        shared.close()
        shared.unlink()


def test_other_memory_is_none() -> None:
    numbers = (ctypes.c_double * 5)()
    for array in (
        *(np.zeros(3), np.zeros(3)[1:], np.frombuffer(bytearray(SIZE))),
        *(np.frombuffer(numbers), np.frombuffer(memoryview(bytes(SIZE)))),
    ):
        assert mapping_of(array) is None


def test_only_two_mappings_of_which_one_is_written_decline() -> None:
    one, other = (np.frombuffer(mmap.mmap(-1, SIZE)) for _ in range(2))
    require_one_mapping({"a": one, "b": other, "n": 3}, set())
    require_one_mapping({"a": one, "b": one[1:], "c": np.zeros(3)}, {"a", "b", "c"})
    for written in ("a", "b"):
        with pytest.raises(Declined, match="`a` and `b` stand in two mappings"):
            require_one_mapping({"a": one, "b": other}, {written})
