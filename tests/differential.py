"""Run the same user function several ways on equal inputs and say how the outcomes differ.

An outcome is everything a program could notice: the value with its exact types, the exception with
the user's lines in its traceback, the warnings, and the bytes of all memory around the arguments.
Every array argument lives in a buffer of its own root with canary bytes before and behind it; views
of one root stay views of one root, with their strides, offsets and alignment.
"""

from __future__ import annotations

import copy
import ctypes
import math
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from parloop.diagnostics import InternalError
from parloop.runtime.transaction import Launch

GUARD = 256
"""Canary bytes on either side of an array's memory."""

_HAS_PADDING = np.finfo(np.longdouble).nmant == 63
"""Whether a long double is ten bytes in sixteen, as on x86."""

Mode = Literal["always", "default", "error", "raise", "ignore"]
MODES: tuple[Mode, ...] = ("always", "default", "error", "raise", "ignore")
"""The first three are warning filters, the others settings of `numpy.errstate`."""


@dataclass(frozen=True)
class Outcome:
    """What one run left."""

    value: Any
    exception: tuple[type[BaseException], str, tuple[tuple[int, str], ...]] | None
    """Type, text, and the user's frames: line and function, outermost first."""
    warnings: tuple[tuple[type[Warning], str, str, int], ...]
    arguments: Any
    """The argument tuple after the run."""
    memory: tuple[bytes, ...]
    """The buffers of all array arguments, canaries included."""


@contextmanager
def slices_of(iterations: int | None) -> Iterator[None]:
    """Let every native run go in slices of so many iterations, however quick they are.

    Where sums are taken in groups, in the least multiple of a group that is no less.
    """
    if iterations is None:
        yield
        return
    original = Launch.slice_size
    setattr(  # noqa: B010 - a stand-in
        Launch, "slice_size", lambda launch: -(-iterations // launch.grain) * launch.grain
    )
    try:
        yield
    finally:
        setattr(Launch, "slice_size", original)  # noqa: B010


class GuardedCopy:
    """A deep copy of an argument tuple whose arrays lie between canaries."""

    def __init__(self, arguments: Any) -> None:
        self.buffers: list[np.ndarray[Any, Any]] = []
        self.arrays: list[np.ndarray[Any, Any]] = []
        self._roots: dict[int, tuple[np.ndarray[Any, Any], int]] = {}
        self._copies: dict[int, Any] = {}
        self._spans = _memory_spans(arguments)
        self.arguments = self._copy(arguments)

    def memory(self) -> tuple[bytes, ...]:
        """Return the bytes of all buffers, with one kind of NaN and no padding in them."""
        for array in self.arrays:
            if array.dtype.char in "gG" and _HAS_PADDING and array.flags.c_contiguous:
                array.view(np.uint8).reshape(-1, 16)[:, 10:] = 0
            if array.dtype.kind in "fc" and array.flags.writeable:
                _unify_nans(array)
        return tuple(buffer.tobytes() for buffer in self.buffers)

    def _copy(self, value: Any) -> Any:
        if id(value) in self._copies:  # the same object twice stays the same object twice
            return self._copies[id(value)]
        made = self._make(value)
        self._copies[id(value)] = made
        return made

    def _make(self, value: Any) -> Any:
        if isinstance(value, np.memmap) or _is_opaque(value):
            return value
        if isinstance(value, np.ndarray):
            return copy.deepcopy(value) if value.dtype.hasobject else self._array(value)
        if type(value) in (tuple, list):
            return type(value)(self._copy(item) for item in value)
        if type(value) is dict:
            return {key: self._copy(item) for key, item in value.items()}
        return copy.deepcopy(value)

    def _array(self, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        root = id(_root_of(value))
        if root not in self._roots:
            self._roots[root] = self._buffer(*self._spans[root])
        buffer, low = self._roots[root]
        offset = _address(value) - low
        made = np.ndarray(value.shape, value.dtype, buffer, offset, value.strides)
        self.arrays.append(made)
        if type(value) is not np.ndarray:
            made = made.view(type(value))
        made.flags.writeable = value.flags.writeable
        return made

    def _buffer(self, low: int, high: int) -> tuple[np.ndarray[Any, Any], int]:
        """Return a buffer with a copy of that memory in it, and the address it stands for."""
        size = high - low + 2 * GUARD
        room = np.empty(size + 64, np.uint8)
        shift = (low - GUARD - _address(room)) % 64  # the alignment of the original
        buffer = room[shift : shift + size]
        buffer[:] = np.arange(size, dtype=np.uint64) * 73 + 11 & 0xFF
        buffer[GUARD : GUARD + high - low] = np.frombuffer(
            ctypes.string_at(low, high - low), np.uint8
        )
        self.buffers.append(buffer)
        return buffer, low - GUARD


def run(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    mode: Mode,
    file: str,
    *around: AbstractContextManager[Any],
) -> Outcome:
    """Call `function` on a guarded copy of `arguments` and return all that it left.

    Of a traceback the frames in `file` count. `around` are entered before the call, inside the
    warning filter of `mode`.
    """
    guarded = GuardedCopy(arguments)
    warnings.onceregistry.clear()  # type: ignore[attr-defined]
    value: Any = None
    failure: tuple[type[BaseException], str, tuple[tuple[int, str], ...]] | None = None
    with ExitStack() as stack:
        caught = stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter(mode if mode in ("default", "error") else "always")
        if mode in ("raise", "ignore"):
            stack.enter_context(np.errstate(all=mode))
        for manager in around:
            stack.enter_context(manager)
        try:
            value = function(*guarded.arguments)
        except InternalError:
            raise
        except Exception as error:  # whatever the user's program raises is to be the same
            failure = (type(error), str(error), _user_frames(error, file))
    assert caught is not None
    said = tuple((w.category, str(w.message), Path(w.filename).name, w.lineno) for w in caught)
    return Outcome(value, failure, said, guarded.arguments, guarded.memory())


def find_difference(expected: Outcome, seen: Outcome) -> str | None:
    """Return the first difference between two outcomes in words, or None."""
    if expected.exception != seen.exception:
        return f"exception: {expected.exception} became {seen.exception}"
    if expected.warnings != seen.warnings:
        return f"warnings: {expected.warnings} became {seen.warnings}"
    if why := find_value_difference(expected.value, seen.value, "value"):
        return why
    if why := find_value_difference(expected.arguments, seen.arguments, "arguments"):
        return why
    for number, (left, right) in enumerate(zip(expected.memory, seen.memory, strict=True)):
        if left != right:
            where = next(i for i, (x, y) in enumerate(zip(left, right, strict=True)) if x != y)
            return f"memory: byte {where - GUARD} of root {number} (of {len(left) - 2 * GUARD})"
    return None


def find_value_difference(left: Any, right: Any, where: str) -> str | None:
    """Return how `right` differs from `left` in type or bits, or None. NaNs are all the same."""
    if type(left) is not type(right):
        return f"{where}: {left!r} of {type(left)} became {right!r} of {type(right)}"
    if isinstance(left, np.ndarray):
        return _array_difference(left, right, where)
    if isinstance(left, tuple | list):
        if len(left) != len(right):
            return f"{where}: {left!r} became {right!r}"
        items = zip(left, right, strict=True)
        found = (find_value_difference(x, y, f"{where}[{i}]") for i, (x, y) in enumerate(items))
        return next((why for why in found if why), None)
    if isinstance(left, dict):
        return find_value_difference([*left.items()], [*right.items()], where)
    if isinstance(left, float | complex | np.inexact):
        same = _bits(left) == _bits(right)
        return None if same else f"{where}: {left!r} became {right!r}"
    if isinstance(left, types.GeneratorType | types.FunctionType) or _is_opaque(left):
        return None
    return None if left == right else f"{where}: {left!r} became {right!r}"


def _array_difference(
    left: np.ndarray[Any, Any], right: np.ndarray[Any, Any], where: str
) -> str | None:
    shape = (left.dtype, left.shape, left.strides)
    if shape != (right.dtype, right.shape, right.strides):
        return f"{where}: {shape} became {(right.dtype, right.shape, right.strides)}"
    if left.tobytes() == right.tobytes():
        return None
    if left.dtype.hasobject:
        return find_value_difference(left.tolist(), right.tolist(), where)
    for index in np.ndindex(left.shape):
        x, y = np.ndarray.__getitem__(left, index), np.ndarray.__getitem__(right, index)
        if why := find_value_difference(x, y, f"{where}[{', '.join(map(str, index))}]"):
            return why
    return None


def _bits(number: Any) -> tuple[str, ...]:
    """Return the bits of each part of a number, one and the same for every NaN."""
    parts = (number.real, number.imag) if isinstance(number, complex | np.complexfloating) else (
        number,
    )  # fmt: skip
    return tuple("nan" if part != part else np.asarray(part).tobytes().hex() for part in parts)


def _user_frames(error: BaseException, file: str) -> tuple[tuple[int, str], ...]:
    return tuple(
        (frame.lineno or 0, frame.name)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == file
    )


def _memory_spans(value: Any) -> dict[int, tuple[int, int]]:
    """Return for each root of the arrays in `value` the range of addresses that they may touch."""
    spans: dict[int, tuple[int, int]] = {}
    for array in _arrays_in(value):
        root = _root_of(array)
        low, high = np.lib.array_utils.byte_bounds(array)
        if isinstance(root, np.ndarray):  # gaps and neighbours of the view come along
            root_low, root_high = np.lib.array_utils.byte_bounds(root)
            low, high = min(low, root_low), max(high, root_high)
        old_low, old_high = spans.get(id(root), (low, high))
        spans[id(root)] = min(low, old_low), max(high, old_high)
    return spans


def _arrays_in(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    if isinstance(value, np.ndarray) and not isinstance(value, np.memmap):
        if not value.dtype.hasobject:
            yield value
    elif type(value) in (tuple, list):
        for item in value:
            yield from _arrays_in(item)
    elif type(value) is dict:
        yield from _arrays_in(list(value.values()))


def _root_of(array: np.ndarray[Any, Any]) -> Any:
    """Return the object that owns the memory, the same one for all views of it."""
    root: Any = array
    while getattr(root, "base", None) is not None:  # also the stand-in that `as_strided` leaves
        root = root.base
    return root


def _address(array: np.ndarray[Any, Any]) -> int:
    return int(array.__array_interface__["data"][0])


def _unify_nans(array: np.ndarray[Any, Any]) -> None:
    parts = (array.real, array.imag) if array.dtype.kind == "c" else (array,)
    for part in parts:
        part[np.isnan(part)] = math.nan


def _is_opaque(value: Any) -> bool:
    """Whether a value is passed as it is: functions, modules, and objects that know no copy."""
    return callable(value) or isinstance(value, types.ModuleType)
