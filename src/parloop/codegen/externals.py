"""Where the functions are that machine code calls: libm's, and the inner loops of NumPy's ufuncs.

Every external has a private name, so that LLVM does not take it for a function it knows:

    parloop.libm.pow                  the function of the C library that CPython's `math` uses
    parloop.numpy.exp.d->d            the inner loop of `numpy.exp` for doubles
    parloop.numpy.exp.d->d.data       the pointer that this loop is given

A loop's address is read out of the ufunc object, and is used only if calls of it give what NumPy
gives. So it is with libm's functions and what CPython and NumPy make of them.
"""

from __future__ import annotations

import ctypes
import functools
import math
import operator
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy

LIBM = "parloop.libm."
UFUNC = "parloop.numpy."
DATA = ".data"


@functools.cache
def address(name: str) -> int | None:
    """Return the address of an external by its private name, `None` if it is not to be had."""
    if name.startswith(LIBM):
        return _libm_address(name.removeprefix(LIBM))
    if name.startswith(UFUNC):
        found = ufunc_loop(*name.removeprefix(UFUNC).removesuffix(DATA).split(".", 1))
        if found is None:
            return None
        return found.data if name.endswith(DATA) else found.function
    return None


@dataclass(frozen=True, slots=True)
class Loop:
    """An inner loop of a ufunc, and how to call it so that it gives the bits of a scalar call."""

    function: int
    data: int
    """The address that the loop is given last; 0 if it is given none."""
    clears_flags: bool
    """Whether it leaves the processor's floating point flags cleared, others' flags included."""
    strides: tuple[int, ...]
    """Some loops compute in another way where an operand's stride is its size, or zero."""


@functools.cache
def ufunc_loop(ufunc_name: str, signature: str) -> Loop | None:
    """Return an inner loop of a ufunc, or `None` if it is not to be had on this machine.

    `signature` is as in `numpy.ufunc.types`: `dd->d`.
    """
    ufunc = getattr(numpy, ufunc_name, None)
    if not isinstance(ufunc, numpy.ufunc) or signature not in ufunc.types:
        return None
    index = ufunc.types.index(signature)
    fields = _UfuncFields.from_address(id(ufunc))
    if not _is_laid_out_as_expected(ufunc, fields):
        return None
    function = fields.functions[index] or 0
    data = (fields.data[index] or 0) if fields.data else 0
    if not function or not fenv_bits() or (signature[-1] in _INTEGERS and ufunc_name in _MAY_RAISE):
        return None
    if ufunc.signature is not None:
        if ufunc.signature != OF_VECTORS or signature[-1] not in _NUMBERS:
            return None  # what the loop is to be given is another thing
        return _tested_product(ufunc, signature, Loop(function, data, True, ()))
    return _self_tested(ufunc, signature, function, data)


OF_VECTORS = "(n),(n)->()"
"""The signature of a product of two vectors, as NumPy has it."""

_NUMBERS = "fdFD"
_INTEGERS = "bBhHiIlLqQ"
_MAY_RAISE = ("power",)
"""The ufuncs whose integer loops raise exceptions, for which they need the interpreter's lock."""


class _UfuncFields(ctypes.Structure):
    """The beginning of `PyUFuncObject`, stable since NumPy 1.0."""

    _fields_ = [
        ("reference_count", ctypes.c_ssize_t),
        ("type", ctypes.c_void_p),
        ("nin", ctypes.c_int),
        ("nout", ctypes.c_int),
        ("nargs", ctypes.c_int),
        ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
        ("ntypes", ctypes.c_int),
        ("reserved", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("types", ctypes.c_void_p),
    ]


def _is_laid_out_as_expected(ufunc: numpy.ufunc, fields: _UfuncFields) -> bool:
    counts = (fields.nin, fields.nout, fields.nargs, fields.ntypes)
    if fields.type != id(numpy.ufunc) or counts != (
        ufunc.nin,
        ufunc.nout,
        ufunc.nargs,
        ufunc.ntypes,
    ):
        return False
    if fields.name != ufunc.__name__.encode() or not fields.functions:
        return False
    numbers = [numpy.dtype(char).num for text in ufunc.types for char in text.replace("->", "")]
    return ctypes.string_at(fields.types, len(numbers)) == bytes(numbers)


_LOOP = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)


def call_loop(loop: Loop, arrays: Sequence[numpy.ndarray]) -> None:
    """Call an inner loop once an element, as NumPy calls it for a scalar."""
    count = ctypes.c_ssize_t(1)
    strides = (ctypes.c_ssize_t * len(arrays))(*loop.strides)
    for index in range(arrays[0].size):
        pointers = [array.ctypes.data + index * array.itemsize for array in arrays]
        arguments = (ctypes.c_void_p * len(arrays))(*pointers)
        _LOOP(loop.function)(arguments, ctypes.byref(count), strides, loop.data or None)


def _tested_product(ufunc: numpy.ufunc, signature: str, loop: Loop) -> Loop | None:
    """Return the loop of a product of two vectors if calls of it give what NumPy gives."""
    rng = numpy.random.Generator(numpy.random.PCG64(20262))
    for count in range(1, 17):
        vectors = [rng.standard_normal(count).astype(signature[0]) for _ in range(2)]
        result = numpy.zeros(1, signature[-1])
        size = result.itemsize
        pointers = [array.ctypes.data for array in (*vectors, result)]
        counts, steps = (1, count), (0, 0, 0, size, size)
        _LOOP(loop.function)(
            (ctypes.c_void_p * 3)(*pointers),
            (ctypes.c_ssize_t * 2)(*counts),
            (ctypes.c_ssize_t * 5)(*steps),
            loop.data or None,
        )
        if not _same_bits(result, numpy.array([ufunc(*vectors)])):
            return None
    return loop


def _self_tested(ufunc: numpy.ufunc, signature: str, function: int, data: int) -> Loop | None:
    """Return the loop with strides by which it gives the bits that NumPy gives for scalars."""
    inputs, output = signature.split("->")
    rng = numpy.random.Generator(numpy.random.PCG64(20260))
    arrays = [_samples(char, rng) for char in inputs]
    sizes = [numpy.dtype(char).itemsize for char in (*inputs, output)]
    with numpy.errstate(all="ignore"):
        # Elements one by one: NumPy's loops give other bits for arrays that they read in lanes.
        expected = numpy.array([ufunc(*pair) for pair in zip(*arrays, strict=True)], output)
        for strides in ([0] * len(inputs) + sizes[-1:], [0] * len(sizes), sizes):
            loop = Loop(function, data, False, tuple(strides))
            result = numpy.zeros(arrays[0].size, output)
            call_loop(loop, [*arrays, result])
            if _same_bits(result, expected):
                return replace(loop, clears_flags=_clears_flags(loop, inputs, output))
    return None


def _clears_flags(loop: Loop, inputs: str, output: str) -> bool:
    """Return whether a flag that was set before a call of the loop is gone after it."""
    every = sum(fenv_bits().values())
    clear, set_, test = (
        ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(_libm_address(name) or 0)
        for name in ("feclearexcept", "feraiseexcept", "fetestexcept")
    )
    ones = [numpy.ones(1, char) for char in (*inputs, output)]
    set_(every)
    call_loop(loop, ones)
    left = test(every)
    clear(every)
    return bool(left != every)


@functools.cache
def fenv_bits() -> dict[str, int]:
    """Return the bits of C's `fenv.h` for the flags that NumPy warns of; empty if unknown."""
    match platform.machine().lower():
        case "x86_64" | "amd64":
            return {"invalid": 1, "divide": 4, "over": 8}
        case "arm64" | "aarch64":
            return {"invalid": 1, "divide": 2, "over": 4}
        case _:
            return {}


def _samples(char: str, rng: numpy.random.Generator) -> numpy.ndarray:
    dtype = numpy.dtype(char)
    count = 400
    match dtype.kind:
        case "b":
            return rng.integers(0, 2, count).astype(dtype)
        case "i" | "u":
            bounds = numpy.iinfo(dtype)
            small = rng.integers(0, 100, count).astype(dtype)
            large = rng.integers(bounds.min, bounds.max, count, dtype=dtype, endpoint=True)
            return numpy.where(rng.random(count) < 0.5, small, large)
        case "f":
            values = rng.standard_normal(count) * 10.0 ** rng.integers(-3, 4, count)
            values[: len(_NASTY)] = rng.permutation(_NASTY)
            with numpy.errstate(all="ignore"):
                return values.astype(dtype)
        case _:
            parts = numpy.dtype("f" if dtype.itemsize == 8 else "d")
            both = [_samples(parts.char, rng), _samples(parts.char, rng)]
            return numpy.stack(both, axis=1).reshape(-1).view(dtype)


_NASTY = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, math.inf, -math.inf, math.nan, 1e300, 1e-300, 5e-324]


def _same_bits(left: numpy.ndarray, right: numpy.ndarray) -> bool:
    """Return whether two arrays are equal to the bit, but for which NaN a NaN is."""
    if left.dtype.kind == "c":
        part = numpy.dtype("f" if left.itemsize == 8 else "d")
        left, right = left.view(part), right.view(part)
    unsigned = numpy.dtype(f"u{left.itemsize}")
    same = left.view(unsigned) == right.view(unsigned)
    if left.dtype.kind == "f":
        same |= numpy.isnan(left) & numpy.isnan(right)
    return bool(same.all())


@functools.cache
def _libm_address(name: str) -> int | None:
    """Return a libm function's address, unless CPython or NumPy gives other bits than it."""
    for library in _libraries():
        function = getattr(library, name, None)
        if function is not None and _libm_agrees(name, function):
            return ctypes.cast(function, ctypes.c_void_p).value
    return None


def _reference(name: str) -> Callable[..., float] | None:
    """Return the function of CPython's or NumPy's that libm's `name` has to agree with."""
    match name:
        case "pow":
            return operator.pow
        case "powf":
            return lambda x, y: float(numpy.float32(x) ** numpy.float32(y))
        case "fmodf":
            return lambda x, y: float(numpy.fmod(numpy.float32(x), numpy.float32(y)))
        case "hypot":
            return lambda x, y: abs(complex(x, y))
        case "hypotf":
            return lambda x, y: float(abs(numpy.complex64(complex(x, y))))
        case _:
            return getattr(math, name, None)


def _libm_agrees(name: str, function: Any) -> bool:
    reference = _reference(name)
    if reference is None:
        return True  # none of the arithmetic: the functions of `fenv.h`
    number = ctypes.c_float if name in ("powf", "fmodf", "hypotf") else ctypes.c_double
    arity = 2 if name.rstrip("f") in _LIBM_BINARY or name in _LIBM_BINARY else 1
    place = ctypes.cast(function, ctypes.c_void_p).value or 0
    call = ctypes.CFUNCTYPE(number, *[number] * arity)(place)
    rng = numpy.random.Generator(numpy.random.PCG64(20261))
    columns = [
        _samples("f" if number is ctypes.c_float else "d", rng).tolist() for _ in range(arity)
    ]
    with numpy.errstate(all="ignore"):
        for operands in zip(*columns, strict=True):
            try:
                expected = reference(*operands)
            except (ValueError, OverflowError, ZeroDivisionError):
                continue
            if isinstance(expected, complex):
                continue
            pair = numpy.array([expected]), numpy.array([call(*operands)])
            if not _same_bits(*pair):
                return False
    return True


_LIBM_BINARY = ("pow", "fmod", "hypot", "atan2", "remainder", "nextafter", "copysign")


@functools.cache
def _libraries() -> tuple[ctypes.CDLL, ...]:
    """Return where the interpreter itself finds libm: the process, and `math`'s own module file."""
    found = [ctypes.CDLL(None if os.name == "posix" else "ucrtbase")]
    module_file = getattr(math, "__file__", None)
    if module_file is not None:
        found.append(ctypes.CDLL(module_file))
    return tuple(found)
