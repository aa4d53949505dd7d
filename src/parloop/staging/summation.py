"""Whether this NumPy sums floats in the order of `ir.totals`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy

from parloop.ir.totals import total

BUFFER = 8192
"""Of arrays that do not lie in one piece NumPy sums so many numbers at a time."""


@functools.cache
def sums_agree(bits: int, kind: str) -> bool:
    """Return whether NumPy's sums of floats have the bits of `ir.totals`.

    `kind` says of what: `line` (any array with one axis), `whole` (several axes, in one piece and
    in C's order), `part` (several axes, not in one piece, of at most `BUFFER` numbers).
    """
    dtype = numpy.dtype(f"f{bits // 8}")
    chance = numpy.random.default_rng(2026)
    size = 12_000
    scales = 10.0 ** chance.integers(-6, 7, size)
    numbers = (chance.standard_normal(size) * scales).astype(dtype)
    if numpy.getbufsize() != BUFFER:
        return False
    return all(_agrees(shaped, numbers) for shaped in _KINDS[kind])


_Shaped: TypeAlias = Callable[[Any], "tuple[Any, ...]"]


def _lines(numbers: Any) -> tuple[Any, ...]:
    backwards = numpy.ascontiguousarray(numbers[::-1])[::-1]
    column = numpy.repeat(numbers, 3).reshape(-1, 3)[:, 1]
    return numbers, column, backwards


def _whole(numbers: Any) -> tuple[Any, ...]:
    count = len(numbers)
    rows = (2, 3, 7, count)
    return tuple(numbers.reshape(r, -1) for r in rows if count and count % r == 0)


def _parts(numbers: Any) -> tuple[Any, ...]:
    found = []
    for shaped in _whole(numbers):
        if 0 < shaped.size <= BUFFER:
            around = numpy.zeros([extent + 2 for extent in shaped.shape], numbers.dtype)
            around[1:-1, 1:-1] = shaped
            found.append(around[1:-1, 1:-1])
    return tuple(found)


_KINDS: dict[str, tuple[_Shaped, ...]] = {"line": (_lines,), "whole": (_whole,), "part": (_parts,)}


def _agrees(shaped: _Shaped, numbers: Any) -> bool:
    scalar = numbers.dtype.type
    number = float if numbers.dtype.itemsize == 8 else scalar
    for count in (*range(301), 1001, 8190, 12_000):
        some = numbers[:count]
        arrays = shaped(some)
        if not arrays:
            continue
        found = scalar(number(0.0) + total([number(x) for x in some], number(-0.0)))
        if any(array.sum().tobytes() != found.tobytes() for array in arrays):
            return False
    return True
