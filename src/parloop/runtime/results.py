"""What a run leaves in the record, as objects of CPython's types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from parloop.capture.sites import KEEP
from parloop.codegen.layout import Layout
from parloop.frontend.ways import WAY
from parloop.ir.types import (
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    UNBOUND,
    Member,
    Scalar,
)
from parloop.runtime.arguments import DTYPES
from parloop.runtime.record import Record

Reader: TypeAlias = Callable[[Record], object]


def make_reader(names: Sequence[str], layout: Layout) -> Callable[[Record], tuple[object, ...]]:
    """Return a function that reads the variables `names` from a record.

    Values have CPython's types; KEEP stands for a variable that the run has not bound.
    """
    readers = tuple(_reader(name, layout) for name in names)
    if len(readers) == 1:
        (only,) = readers
        return lambda record: (only(record),)
    return lambda record: tuple([read(record) for read in readers])


def make_way_reader(layout: Layout) -> Callable[[Record], int]:
    """Return a function that says by which `return` a loop was left, if by `break` or so."""
    if WAY not in layout.members:
        return lambda record: 0
    word = layout.payload(WAY, PY_INT)
    return lambda record: record.integers[word]


def _reader(name: str, layout: Layout) -> Reader:
    members = layout.members.get(name)
    if members is None:  # what only the handler of an exception binds
        return lambda record: KEEP
    readers = tuple(_member_reader(name, member, layout) for member in members)
    tag = layout.tag(name)
    if len(readers) == 1:
        return readers[0]
    return lambda record: readers[record.integers[tag]](record)


def _member_reader(name: str, member: Member, layout: Layout) -> Reader:
    if member == UNBOUND:
        return lambda record: KEEP
    assert isinstance(member, Scalar)
    word = layout.payload(name, member)
    if member == PY_INT:
        return lambda record: record.integers[word]
    if member == PY_FLOAT:
        return lambda record: record.floats[word]
    if member == PY_BOOL:
        return lambda record: record.integers[word] != 0
    if member == PY_COMPLEX:
        return lambda record: complex(record.floats[word], record.floats[word + 1])
    dtype = _DTYPE_OF[member]
    if dtype == np.float64:
        return lambda record: np.float64(record.floats[word])
    return lambda record: _numpy_scalar(record.words, word, dtype)


_DTYPE_OF: Final[dict[Scalar, np.dtype[Any]]] = {s: dtype for dtype, s in DTYPES.items()}


def _numpy_scalar(words: np.ndarray[Any, Any], word: int, dtype: np.dtype[Any]) -> object:
    raw = words[word : word + 2].tobytes()
    if dtype == np.complex64:
        raw = raw[:4] + raw[8:12]
    return np.frombuffer(raw, dtype, 1)[0]
