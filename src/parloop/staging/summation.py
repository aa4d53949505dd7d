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
    in C's order), `part` (several axes, not in one piece, of at most `BUFFER` numbers), `cast`
    (integers summed as floats, at most `BUFFER`).
    """
    dtype = numpy.dtype(f"f{bits // 8}")
    chance = numpy.random.default_rng(2026)
    size = 12_000
    scales = 10.0 ** chance.integers(-6, 7, size)
    numbers = (chance.standard_normal(size) * scales * 1000).astype(dtype)
    if numpy.getbufsize() != BUFFER:
        return False
    return all(_agrees(shaped, numbers) for shaped in _KINDS[kind])


@functools.cache
def products_agree(bits: int) -> bool:
    """Return whether NumPy multiplies floats one after another."""
    dtype = numpy.dtype(f"f{bits // 8}")
    numbers = (1 + numpy.random.default_rng(2).uniform(-0.1, 0.1, 9000)).astype(dtype)
    for count in (*range(301), len(numbers)):
        found = dtype.type(1)
        for number in numbers[:count]:
            found = found * number
        some = numbers[:count]
        arrays = (some, *_lines(some)[1:], *_whole(some), *_parts(some))
        if any(array.prod().tobytes() != found.tobytes() for array in arrays):
            return False
    return True


@functools.cache
def spreads_agree(bits: int) -> bool:
    """Return whether NumPy's variance is the mean of the squares of what is left of the mean."""
    dtype = numpy.dtype(f"f{bits // 8}")
    numbers = numpy.random.default_rng(3).standard_normal(3000).astype(dtype) + dtype.type(2)
    for count in (*range(1, 140), 999, 3000):
        some = numbers[:count]
        for array in (*_lines(some), *_whole(some), *_parts(some)):
            apart = array - array.mean()
            found = (apart * apart).mean()
            if array.var() != found or array.std() != numpy.sqrt(found):
                return False
            if array.var().dtype != dtype:
                return False
    return True


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
            if shaped.shape[-1] % 4 == 0:
                shaped = shaped.reshape(shaped.shape[0], 2, -1, 2)
            around = numpy.zeros([extent + 2 for extent in shaped.shape], numbers.dtype)
            inside = (slice(1, -1),) * shaped.ndim
            around[inside] = shaped
            found.append(around[inside])
    return tuple(found)


def _casts(numbers: Any) -> tuple[Any, ...]:
    return (numbers.astype(numpy.int64),) if len(numbers) <= BUFFER else ()


_KINDS: dict[str, tuple[_Shaped, ...]] = {
    "line": (_lines,),
    "whole": (_whole,),
    "part": (_parts,),
    "cast": (_casts,),
}


def _agrees(shaped: _Shaped, numbers: Any) -> bool:
    scalar = numbers.dtype.type
    number = float if numbers.dtype.itemsize == 8 else scalar
    for count in (*range(301), 1001, 8190, 12_000):
        arrays = shaped(numbers[:count])
        if not arrays:
            continue
        added = numbers[:count].astype(arrays[0].dtype)  # as they are after a cast
        found = scalar(number(0.0) + total([number(x) for x in added], number(-0.0)))
        if any(array.sum(dtype=scalar).tobytes() != found.tobytes() for array in arrays):
            return False
    return True
