"""From the objects that a loop is given to the record that its machine code reads.

`Entry.pack` checks every argument against the signature and writes the record in one native call;
`pack_slow` says in Python what it does, and does it where there is no native one.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from parloop.codegen.layout import Header
from parloop.ir.types import PY_BOOL, PY_INT, Array, Scalar, Type
from parloop.runtime import capi, jit
from parloop.runtime.cache import compile_cached
from parloop.runtime.entry_ir import EXTERNALS, ROW_WORDS, Code, Row, entry_text, launch_text
from parloop.runtime.launch_ir import LaunchWord
from parloop.runtime.once import once

Pairs: TypeAlias = tuple[tuple[int, int], ...]

_ALIGNED, _WRITEABLE, _WARN_ON_WRITE = 0x100, 0x400, 0x80000000
"""NumPy's flags; the last marks results of `broadcast_arrays`, whose first write is deprecated."""


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """What one argument must be, and the first word of the record that it fills."""

    kind: Type
    slot: int


@dataclass(frozen=True, slots=True)
class Entry:
    """The way into the machine code of one signature."""

    parameters: tuple[ParameterSpec, ...]
    may_overlap_pairs: Pairs
    """Pairs of array parameters, by number, that must not share a byte."""

    pack: Callable[..., int]
    """`pack(record_address, *arguments)`: 0 when all is well and the record is written.

    k > 0: argument k-1 does not match. -(m+1): all match and are written, but those of pair m
    overlap. A wrong number of arguments raises TypeError. No reference is kept: the caller keeps
    the arguments alive as long as the record is used.
    """

    table: bytes | None = None
    """The signature for native code, where there is a native `pack`."""


def make_entry(parameters: tuple[ParameterSpec, ...], *, may_overlap_pairs: Pairs) -> Entry:
    """Return the entry for these parameters, native where the interpreter's layout is known."""
    for numbers in may_overlap_pairs:
        if not all(isinstance(parameters[number].kind, Array) for number in numbers):
            raise ValueError(f"may_overlap_pairs={numbers} must name two array parameters")
    layout = capi.find_layout()
    table = None if layout is None else _make_table(parameters, may_overlap_pairs)
    if layout is None or table is None:
        slow = functools.partial(pack_slow, parameters, may_overlap_pairs)
        return Entry(parameters, may_overlap_pairs, slow)
    native = _native_side(layout)
    pack = native.new_function(ctypes.byref(native.pack), table, None)
    return Entry(parameters, may_overlap_pairs, pack, table)


Launcher: TypeAlias = Callable[[int, range, tuple[object, ...]], int]
"""`launch(record_address, indices, values)`: the kernel's status, or -1 with nothing run."""


def make_launch_table(
    entry: Entry,
    template: bytes,
    keys: Sequence[tuple[int, int]],
    kernel_address: int,
    trips: int,
    places: Sequence[int],
    n_values: int,
) -> bytes | None:
    """Return what native code has to know to pack a record and run the whole loop, if there is any.

    The record gets `template` first, then the range and the arguments, which are the items `places`
    of a tuple of `n_values`. Nothing is run unless they match, no pair overlaps, and the words of
    `keys` have the values given there. Scratch memory begins right behind the template.
    """
    layout = capi.find_layout()
    if layout is None or entry.table is None:
        return None
    if len(places) != len(entry.parameters) or not all(0 <= p < n_values for p in places):
        raise ValueError(f"{places=} must name an item for each parameter")
    words = [0] * len(LaunchWord)
    words[LaunchWord.TABLE] = id(entry.table) + layout.bytes_data
    words[LaunchWord.TEMPLATE] = id(template) + layout.bytes_data
    words[LaunchWord.TEMPLATE_BYTES] = len(template)
    words[LaunchWord.SCRATCH] = 8 * Header.SCRATCH
    words[LaunchWord.KERNEL] = kernel_address
    words[LaunchWord.TRIPS], words[LaunchWord.KEYS] = trips, len(keys)
    words[LaunchWord.ITEMS] = n_values
    for word, value in keys:
        words += (8 * word, value)
    words += places
    table = _Table(struct.pack(f"<{len(words)}q", *words))
    table.kept = (entry, template)
    return table


def make_launcher(table: bytes) -> Launcher | None:
    """Return a function that packs a record and runs the whole loop, by a table for native code."""
    layout = capi.find_layout()
    if layout is None:
        return None
    native, launcher = _native_side(layout), launch_side(layout)
    launch: Launcher = native.new_function(ctypes.byref(launcher.launch), table, None)
    return launch


class _Table(bytes):
    """A table that keeps alive what it points to."""

    kept: tuple[object, ...]


def new_native_function(
    layout: capi.Layout, name: str, address: int
) -> tuple[Callable[..., Any], object]:
    """Return a `METH_FASTCALL` function of Python's for native code, and what it needs to live."""
    definition = _MethodDefinition(name.encode(), address, _METH_FASTCALL, None)
    function = _native_side(layout).new_function(ctypes.byref(definition), None, None)
    return function, definition


def make_caller(address: int) -> Callable[[int, int, int], int]:
    """Return a function that calls native `i64 f(i64, i64, i64)` and holds the GIL meanwhile.

    It raises what the native function has left as Python's current exception. The code at `address`
    must outlive it. It does what `ctypes.PYFUNCTYPE` does in a quarter of the time.
    """
    layout = capi.find_layout()
    if layout is None:
        return _THREE_WORDS(address)
    native = _native_side(layout)
    table = struct.pack("<Q", address)
    call: Callable[[int, int, int], int]
    call = native.new_function(ctypes.byref(native.call), table, None)
    return call


def pack_slow(
    parameters: tuple[ParameterSpec, ...], may_overlap_pairs: Pairs, record: int, *arguments: Any
) -> int:
    """Do what `Entry.pack` does, in Python: the definition of it, and the way without a JIT."""
    if len(arguments) != len(parameters):
        raise TypeError("the arguments do not match the loop's signature")
    for number, (parameter, argument) in enumerate(zip(parameters, arguments, strict=True)):
        words = find_words(parameter.kind, argument)
        if words is None:
            return number + 1
        address = record + 8 * parameter.slot
        (ctypes.c_uint64 * len(words)).from_address(address)[:] = [w % 2**64 for w in words]
    for m, (one, other) in enumerate(may_overlap_pairs):
        (lo, hi), (other_lo, other_hi) = byte_range(arguments[one]), byte_range(arguments[other])
        if lo < other_hi and other_lo < hi:
            return -(m + 1)
        if is_foreign(arguments[one]) and is_foreign(arguments[other]):
            return -(m + 1)
    return 0


def is_foreign(array: np.ndarray[Any, Any]) -> bool:
    """Return whether others than NumPy may have allocated the elements.

    What is allocated twice stands at two addresses that have nothing to do with each other, but one
    part of a file may be mapped to both (`runtime.mappings`).
    """
    base = array.base
    owner = base if type(base) is np.ndarray else array
    return not owner.flags.owndata


def find_words(kind: Type, argument: object) -> list[int] | None:
    """Return the words that stand for `argument` in a record, or None if it is not of `kind`."""
    match kind:
        case Array(dtype, ndim, writable):
            if type(argument) is not np.ndarray:
                return None
            array: np.ndarray[Any, Any] = argument
            flags = array.flags.num & 0xFFFFFFFF
            mask, wanted = _flag_test(writable)
            if (
                array.dtype.num != np.dtype(capi.numpy_code(dtype)).num
                or array.dtype.byteorder not in "=|"
                or array.ndim != ndim
                or flags & mask != wanted
            ):
                return None
            return [array.ctypes.data, *array.shape, *array.strides]
        case Scalar():
            if type(argument) is not capi.python_type(kind):
                return None
            return _scalar_words(kind, argument)


def byte_range(array: np.ndarray[Any, Any]) -> tuple[int, int]:
    """Return the first byte that belongs to an array and the first after it."""
    if array.size == 0:
        return (2**64, 0)  # overlaps nothing
    reaches = [(n - 1) * stride for n, stride in zip(array.shape, array.strides, strict=True)]
    data = array.ctypes.data
    lo = data + sum(reach for reach in reaches if reach < 0)
    hi = data + sum(reach for reach in reaches if reach > 0)
    return (lo, hi + array.itemsize)


def _scalar_words(kind: Scalar, argument: Any) -> list[int] | None:
    match kind.kind:
        case "b" | "i" | "u":
            number = int(argument)
            return [number] if kind.kind == "u" or -(2**63) <= number < 2**63 else None
        case "f":
            return [_float_bits(argument, kind.bits)]
        case "c":
            return [_float_bits(part, kind.bits // 2) for part in (argument.real, argument.imag)]


def _float_bits(number: Any, bits: int) -> int:
    if isinstance(number, np.generic):  # its own bytes: a conversion would quiet a signalling NaN
        return int.from_bytes(number.tobytes(), "little")
    assert bits == 64
    return int.from_bytes(struct.pack("<d", number), "little")


def _flag_test(writable: bool) -> tuple[int, int]:
    """Return which of NumPy's flags are looked at, and what they must be."""
    if writable:
        return (_ALIGNED | _WRITEABLE | _WARN_ON_WRITE, _ALIGNED | _WRITEABLE)
    return (_ALIGNED, _ALIGNED)


@dataclass(frozen=True, slots=True)
class _NativeSide:
    """What all entries share: the code, and what makes a Python function of it."""

    loaded: jit.Loaded
    pack: _MethodDefinition
    call: _MethodDefinition
    new_function: Callable[..., Callable[..., int]]


@dataclass(frozen=True, slots=True)
class LaunchSide:
    """The code of all launchers."""

    loaded: jit.Loaded
    launch: _MethodDefinition


class _MethodDefinition(ctypes.Structure):
    """CPython's `PyMethodDef`."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("docstring", ctypes.c_char_p),
    )


_METH_FASTCALL = 0x80
_THREE_WORDS = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


@once
def _native_side(layout: capi.Layout) -> _NativeSide:
    # The first launch waits for this code, and a hundred times its run time is spent around it:
    # LLVM's optimiser would save 40 ns a launch, and take 100 ms.
    loaded = _load(entry_text(layout), opt_level=0)
    pack = _MethodDefinition(b"pack", loaded.address("parloop_pack"), _METH_FASTCALL, None)
    call = _MethodDefinition(b"call", loaded.address("parloop_call"), _METH_FASTCALL, None)
    new_function = ctypes.PYFUNCTYPE(
        ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p
    )(("PyCFunction_NewEx", ctypes.pythonapi))
    return _NativeSide(loaded, pack, call, new_function)


def clock() -> Any:
    """Return C's `clock_gettime`, or, where there is none, a function that is never called."""
    return getattr(ctypes.CDLL(None), "clock_gettime", ctypes.pythonapi.PyErr_Clear)


@once
def launch_side(layout: capi.Layout) -> LaunchSide:
    """Return what launches that repeat need: made when the first one does."""
    loaded = _load(launch_text(layout), opt_level=1)
    launch = _MethodDefinition(b"launch", loaded.address("parloop_launch"), _METH_FASTCALL, None)
    return LaunchSide(loaded, launch)


def _load(module_text: str, *, opt_level: int) -> jit.Loaded:
    externals = {name: capi.address_of(name) for name in EXTERNALS}
    type_error = ctypes.c_void_p.in_dll(ctypes.pythonapi, "PyExc_TypeError")
    externals["PyExc_TypeError"] = ctypes.addressof(type_error)
    externals |= {"PyTuple_Type": id(tuple), "PyRange_Type": id(range)}
    externals["parloop_clock"] = ctypes.cast(clock(), ctypes.c_void_p).value or 0
    return jit.load(compile_cached(module_text, opt_level=opt_level), externals)


def _make_table(parameters: tuple[ParameterSpec, ...], pairs: Pairs) -> bytes | None:
    """Return the table of a signature, or None if it has a type whose numbers were not found."""
    words = [len(parameters), len(pairs)]
    for parameter in parameters:
        row = [0] * ROW_WORDS
        row[Row.SLOT] = 8 * parameter.slot
        match parameter.kind:
            case Array(dtype, ndim, writable):
                element = np.dtype(capi.numpy_code(dtype))
                row[Row.TYPE], row[Row.CODE], row[Row.VALUE] = id(np.ndarray), Code.ARRAY, ndim
                row[Row.FLAGS], row[Row.WANTED] = _flag_test(writable)
                row[Row.TYPE_NUMBER], row[Row.ITEM_SIZE] = element.num, element.itemsize
            case Scalar() as scalar:
                row[Row.TYPE] = id(capi.python_type(scalar))
                row[Row.CODE] = _code(scalar)
                value = id(True) if scalar in (PY_BOOL, PY_INT) else capi.find_value(scalar)
                if value is None:
                    return None
                row[Row.VALUE] = value
        words += row
    words += itertools.chain.from_iterable(pairs)
    return struct.pack(f"<{len(words)}q", *words)


def _code(scalar: Scalar) -> Code:
    if scalar.owner == "python" and scalar.kind in "bi":
        return Code.PYTHON_INT if scalar.kind == "i" else Code.PYTHON_BOOL
    if scalar.kind == "c":
        return Code.TWO_64 if scalar.bits == 128 else Code.TWO_32
    if scalar.bits == 64:
        return Code.WORD_64
    return Code[f"{'SIGNED' if scalar.kind == 'i' else 'UNSIGNED'}_{scalar.bits}"]
