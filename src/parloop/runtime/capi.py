"""Where CPython and NumPy keep what native code reads from their objects.

Nothing is taken on trust: every offset is looked for in objects whose contents are known, and must
be found at exactly one place in all of them. Where that fails, or on an interpreter without the
GIL, there is no layout, and callers do the work in Python.
"""

from __future__ import annotations

import ctypes
import functools
import sys
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parloop.ir.types import Scalar


@dataclass(frozen=True, slots=True)
class ArrayLayout:
    """Offsets in bytes into `PyArrayObject`, and into the dtype it refers to."""

    data: int
    ndim: int
    shape: int
    strides: int
    dtype: int
    flags: int
    type_number: int
    byte_order: int
    base: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Offsets in bytes into the objects that arguments can be."""

    type: int
    """Of the type, in every object."""
    bytes_data: int
    """Of the first byte, in a `bytes`."""
    tuple_size: int
    tuple_items: int
    """Of the first item, in a tuple."""
    range_start: int
    """Of the bounds of a `range`: start, stop, step, one after the other."""
    list_size: int
    list_items: int
    """Of the pointer to the items, in a list."""
    list_room: int | None
    """Of how many items a list has room for; None where that is not found."""
    references: int
    """Of the 32 bits, in every object, that say how often it is referred to."""
    array: ArrayLayout


@functools.cache
def find_layout() -> Layout | None:
    """Return the layout of this process's objects, or None where they cannot be read natively."""
    if not _is_supported_interpreter():
        return None
    samples = (1.5, "text", np.arange(3), np.float32(2))
    type_at = _only_offset(samples, range(0, 32, 8), _word_at, [id(type(x)) for x in samples])
    array = _find_array_layout()
    tuple_size, tuple_items = _find_tuple_layout()
    range_start = _find_range_layout()
    list_size, list_items = _find_list_layout()
    references = _find_references()
    text = b"parloop"
    bytes_data = bytes.__basicsize__ - 1
    if (
        type_at is None
        or array is None
        or tuple_size is None
        or tuple_items is None
        or range_start is None
        or list_size is None
        or list_items is None
        or references is None
        or ctypes.string_at(id(text) + bytes_data, len(text)) != text
    ):
        return None
    return Layout(
        *(type_at, bytes_data, tuple_size, tuple_items, range_start, list_size, list_items),
        _find_list_room(),
        references,
        array,
    )


@functools.cache
def find_value(scalar: Scalar) -> int | None:
    """Return where the number is in objects of a scalar type; it may be any but Python's int."""
    kind = python_type(scalar)
    numbers = [0, 1] if scalar.kind == "b" else [1, 2, 3, 55, 77, 101, 126, 5]
    if scalar.kind == "c":
        samples = [kind(complex(number, number + 1)) for number in numbers]
    else:
        samples = [kind(number) for number in numbers]
    code = numpy_code(scalar)
    n_bytes = scalar.bits // 8
    return _only_offset(
        samples,
        range(object.__basicsize__, kind.__basicsize__ - n_bytes + 1, min(n_bytes, 8)),
        lambda address: ctypes.string_at(address, n_bytes),
        [np.array(sample, dtype=code).tobytes() for sample in samples],
    )


@dataclass(frozen=True, slots=True)
class IntegerLayout:
    """Where Python's integers of one or two digits have their value."""

    size: int
    """Offset of the word that says how many digits there are, and the sign."""
    digits: int
    """Offset of the digits, 32 bits each, the lowest first."""
    one: tuple[int, int]
    """The word for one digit, above and below 0."""
    two: tuple[int, int]
    """The same for two."""


DIGIT_BITS = 30
"""Of the value, in each digit."""


@functools.cache
def find_integers() -> IntegerLayout | None:
    """Return the layout of this process's integers, or None where it is not the usual one."""
    if not _is_supported_interpreter() or sys.int_info.bits_per_digit != DIGIT_BITS:
        return None
    size = object.__basicsize__
    digits = size + 8
    words: list[tuple[int, int]] = []
    for samples in ((300, 2**29 + 77, 2**30 - 1), (2**30, 2**45 + 12345, 2**60 - 1)):
        signs: list[int] = []
        for sign in (1, -1):
            numbers = [sign * number for number in samples]
            seen = {_word_at(id(number) + size) for number in numbers}
            if len(seen) != 1:
                return None
            signs += seen
            n_digits = 1 if samples[0] < 2**DIGIT_BITS else 2
            for number in numbers:
                found = ctypes.string_at(id(number) + digits, 4 * n_digits)
                low, high = abs(number) % 2**DIGIT_BITS, abs(number) >> DIGIT_BITS
                if found != np.array([low, high][:n_digits], np.uint32).tobytes():
                    return None
        words.append((signs[0], signs[1]))
    if len({*words[0], *words[1]}) < 4:
        return None
    return IntegerLayout(size, digits, words[0], words[1])


def python_type(scalar: Scalar) -> type:
    """Return the class whose exact instances have the type `scalar`."""
    if scalar.owner == "python":
        return {"b": bool, "i": int, "f": float, "c": complex}[scalar.kind]
    return np.dtype(numpy_code(scalar)).type


def numpy_code(scalar: Scalar) -> str:
    """Return the dtype code of an element type: `f8`, `u1`, `b1`."""
    return f"{scalar.kind}{scalar.bits // 8}"


def address_of(name: str) -> int:
    """Return where a function of the C-API of this interpreter is."""
    address = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
    assert address is not None
    return address


@functools.cache
def allocator(kind: type) -> int:
    """Return where the function is that allocates objects of `kind`."""
    get_slot = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_int)(
        ("PyType_GetSlot", ctypes.pythonapi)
    )
    found: int = get_slot(kind, _PY_TP_ALLOC)
    return found


_PY_TP_ALLOC = 47
"""Of CPython's stable interface."""


def _is_supported_interpreter() -> bool:
    return (
        sys.implementation.name == "cpython"
        and not _is_free_threaded()
        and sys.byteorder == "little"
        and ctypes.sizeof(ctypes.c_void_p) == 8
    )


def _is_free_threaded() -> bool:
    flags: str | None = getattr(sys, "abiflags", None)
    if flags is None:  # Windows
        return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    return "t" in flags  # asking `sysconfig` takes 2 ms


def _find_tuple_layout() -> tuple[int | None, int | None]:
    first = [object() for _ in range(9)]
    tuples = [(item, *first[:count]) for count, item in enumerate(first[:4])]
    sizes = [len(t) for t in tuples]
    offsets = range(object.__basicsize__, tuple.__basicsize__ + 8, 8)
    size = _only_offset(tuples, offsets, _word_at, sizes)
    return size, _only_offset(tuples, offsets, _word_at, [id(t[0]) for t in tuples])


def _find_list_layout() -> tuple[int | None, int | None]:
    """Return where a list has its size, and where the pointer to its items.

    Nothing is followed that is not known to be a pointer: of the words that differ between lists
    with the same items the first is the one, and it is tried out.
    """
    first = [object() for _ in range(40)]
    lists = [[*first[:count]] for count in (7, 23, 31, 12)]
    sizes = [len(x) for x in lists]
    offsets = range(object.__basicsize__, list.__basicsize__, 8)
    size = _only_offset(lists, offsets, _word_at, sizes)
    if size is None or size + 8 >= list.__basicsize__:
        return size, None
    pointers = [_word_at(id(x) + size + 8) for x in lists]
    if any(pointer % 8 or pointer < 1 << 16 for pointer in pointers):
        return size, None
    expected = [[id(item) for item in x] for x in lists]
    seen = [
        list((ctypes.c_uint64 * len(x)).from_address(pointer))
        for x, pointer in zip(lists, pointers, strict=True)
    ]
    return size, size + 8 if seen == expected else None


def _find_list_room() -> int | None:
    """Return where a list has how many items it has room for, which its size in bytes tells."""
    lists: list[list[int]] = [[] for _ in range(5)]
    for count, one in zip((1, 5, 9, 17, 33), lists, strict=True):
        for number in range(count):
            one.append(number)
    rooms = [(one.__sizeof__() - list.__basicsize__) // 8 for one in lists]
    if any(room <= len(one) for room, one in zip(rooms, lists, strict=True)):
        return None
    return _only_offset(lists, range(object.__basicsize__, list.__basicsize__, 8), _word_at, rooms)


def _find_references() -> int | None:
    items = [object() for _ in range(4)]
    kept = [[item] * (3 * number) for number, item in enumerate(items)]
    addresses = [id(item) for item in items]
    offsets = [
        offset
        for offset in range(0, object.__basicsize__, 4)
        if [_int_at(a + offset) - _int_at(addresses[0] + offset) for a in addresses]
        == [len(extra) for extra in kept]
    ]
    return offsets[0] if len(offsets) == 1 else None


def _find_range_layout() -> int | None:
    ranges = [range(1000, 9000 + k, 300 + k) for k in range(3)]
    bounds = [[id(number) for number in (r.start, r.stop, r.step)] for r in ranges]
    return _only_offset(
        ranges,
        range(object.__basicsize__, range.__basicsize__ - 16, 8),
        lambda address: [_word_at(address + 8 * k) for k in range(3)],
        bounds,
    )


def _find_array_layout() -> ArrayLayout | None:
    arrays = _sample_arrays()
    offsets = range(object.__basicsize__, np.ndarray.__basicsize__, 8)
    halves = range(object.__basicsize__, np.ndarray.__basicsize__, 4)
    data = _only_offset(arrays, offsets, _word_at, [a.ctypes.data for a in arrays])
    ndim = _only_offset(arrays, halves, _int_at, [a.ndim for a in arrays])
    dtype = _only_offset(arrays, offsets, _word_at, [id(a.dtype) for a in arrays])
    flags = _only_offset(arrays, halves, _int_at, [a.flags.num for a in arrays])
    shape = _find_shape(arrays, offsets)
    dtypes = [np.dtype(order + code) for order in "<>" for code in ("f8", "i2", "c8")]
    dtypes += [np.dtype(code) for code in ("?", "i1", "u1", "f4", "u8")]
    in_dtype = range(object.__basicsize__, object.__basicsize__ + 24)
    number = _only_offset(dtypes, in_dtype[::4], _int_at, [d.num for d in dtypes])
    order = _only_offset(dtypes, in_dtype, _byte_at, [ord(d.byteorder) for d in dtypes])
    bases = [0 if a.base is None else id(a.base) for a in arrays]
    base = _only_offset(arrays, offsets, _word_at, bases)
    strides = None if shape is None else shape + 8
    found = (data, ndim, shape, strides, dtype, flags, number, order, base)
    known = [offset for offset in found if offset is not None]
    return ArrayLayout(*known) if len(known) == len(found) else None


def _sample_arrays() -> list[np.ndarray[Any, Any]]:
    """Return arrays that differ in every field that is looked for."""
    base = np.arange(240, dtype=np.float64)
    read_only = base.astype(np.int16)
    read_only.flags.writeable = False
    swapped = base.astype(">f8")
    unaligned = np.zeros(33, dtype=np.uint8)[1:].view(np.float64)
    return [
        *(base, base[7:9], base[::-3], base.reshape(6, 40)[:, ::2], base.reshape(2, 3, 40).T),
        *(read_only, swapped, unaligned, np.zeros((2, 3, 4, 5, 1), dtype=np.int8), np.array(1.5)),
    ]


def _find_shape(arrays: Sequence[Any], offsets: Sequence[int]) -> int | None:
    """Return where the pointer to the extents is; the one to the strides follows it.

    NumPy allocates both in one piece, extents first, which identifies the two pointers before any
    is followed.
    """
    many = [a for a in arrays if a.ndim > 0]
    one = _only_offset(
        many,
        offsets[:-1],
        lambda address: _word_at(address + 8) - _word_at(address),
        [8 * a.ndim for a in many],
    )
    if one is None:
        return None
    for array in many:
        words = ctypes.c_int64 * (2 * array.ndim)
        if list(words.from_address(_word_at(id(array) + one))) != [*array.shape, *array.strides]:
            return None
    return one


def _only_offset(
    objects: Sequence[Any],
    offsets: Sequence[int],
    read: Callable[[int], object],
    expected: Sequence[object],
) -> int | None:
    """Return the one offset at which every object has what is expected of it."""
    found = [
        offset
        for offset in offsets
        if all(read(id(x) + offset) == value for x, value in zip(objects, expected, strict=True))
    ]
    return found[0] if len(found) == 1 else None


def _word_at(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value


def _int_at(address: int) -> int:
    return ctypes.c_int32.from_address(address).value


def _byte_at(address: int) -> int:
    return ctypes.c_uint8.from_address(address).value
