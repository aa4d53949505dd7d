"""Find which arrays of a launch share memory, and put what can be told into the analysis's terms.

    a = x[1:]; b = x[:-1]    ->    a[i] is b[i + 1]

Views with the same strides become one base with a constant shift per subscript, so that dependences
between them are exact. Everything else that overlaps conflicts with everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parloop.analysis import Facts


@dataclass(frozen=True, slots=True)
class Memory:
    """Where an array stands: address of element 0, extents, strides and element in bytes."""

    name: str
    pointer: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    itemsize: int
    dtype: str
    is_written: bool

    @property
    def range(self) -> tuple[int, int]:
        """Return the first byte that the array may touch, and the byte behind the last."""
        if 0 in self.shape:
            return self.pointer, self.pointer
        reach = [(n - 1) * s for n, s in zip(self.shape, self.strides, strict=True)]
        lo = self.pointer + sum(r for r in reach if r < 0)
        return lo, self.pointer + sum(r for r in reach if r > 0) + self.itemsize


def find_overlaps(arrays: Sequence[Memory]) -> Facts | None:
    """Return what the analysis must know of shared memory, or `None` if no two arrays share any.

    Only pairs of which at least one is written matter.
    """
    merged: dict[str, tuple[str, tuple[int, ...]]] = {}
    overlapping: set[frozenset[str]] = set()
    for array in arrays:
        if array.is_written and may_overlap_itself(array):
            overlapping.add(frozenset({array.name}))
    for position, second in enumerate(arrays):
        for first in arrays[:position]:
            if not (first.is_written or second.is_written) or not _may_meet(first, second):
                continue
            shift = find_shift(first, second)
            if shift is None or first.name in merged or second.name in merged:
                overlapping.add(frozenset({first.name, second.name}))
            else:
                merged[second.name] = (first.name, shift)
    if not merged and not overlapping:
        return None
    return Facts(merged=merged, overlapping=frozenset(overlapping))


def _may_meet(one: Memory, other: Memory) -> bool:
    (a, b), (c, d) = one.range, other.range
    return a < d and c < b


def may_overlap_itself(array: Memory) -> bool:
    """Return whether two different subscripts may name the same bytes; errs towards yes."""
    reached = array.itemsize
    dims = zip(array.shape, array.strides, strict=True)
    for extent, stride in sorted(((n, abs(s)) for n, s in dims if n > 1), key=lambda d: d[1]):
        if stride < reached:
            return True
        reached = (extent - 1) * stride + reached
    return False


def find_shift(base: Memory, view: Memory) -> tuple[int, ...] | None:
    """Return s such that `view[i]` is the element `base[i + s]` for every i, if there is one.

    The subscripts i + s of both must name each element once, though they may lie outside of `base`.
    """
    if base.strides != view.strides or base.dtype != view.dtype:
        return None
    if not base.shape:
        return () if base.pointer == view.pointer else None
    left = view.pointer - base.pointer
    order = sorted(range(len(base.shape)), key=lambda d: -abs(base.strides[d]))
    shift = [0] * len(base.shape)
    for position, dimension in enumerate(order):
        stride = base.strides[dimension]
        if stride == 0:
            return None
        # Rounded, so that the dimensions inside can make up what is left, in either direction.
        is_last = position == len(order) - 1
        shift[dimension] = left // stride if is_last else _nearest(left, stride)
        left -= shift[dimension] * stride
    if left != 0:
        return None
    union = [
        max(n, m + s) - min(0, s)
        for n, m, s in zip(base.shape, view.shape, shift, strict=True)
    ]
    hull = Memory("", 0, tuple(union), base.strides, base.itemsize, base.dtype, True)
    return None if may_overlap_itself(hull) else tuple(shift)


def _nearest(distance: int, stride: int) -> int:
    sign = -1 if stride < 0 else 1
    return sign * ((2 * distance + abs(stride)) // (2 * abs(stride)))


def describe(name: str, array: object, *, is_written: bool) -> Memory:
    """Return where a NumPy array stands."""
    interface: Mapping[str, object] = array.__array_interface__  # type: ignore[attr-defined]
    return Memory(
        name,
        interface["data"][0],  # type: ignore[index]
        array.shape,  # type: ignore[attr-defined]
        array.strides,  # type: ignore[attr-defined]
        array.itemsize,  # type: ignore[attr-defined]
        array.dtype.str,  # type: ignore[attr-defined]
        is_written,
    )
