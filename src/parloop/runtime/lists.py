"""Lists of numbers: copied into arrays for machine code, and what it changed put back.

The copy is ours, so a list is as it was until `Lists.commit`, which is called whenever other code
may look at it again: at the end of each slice. Only the items that changed are replaced, in the
same list object, all of them in one native call.

A *shadow*, a list of ours with the same items, keeps these alive. So the list has been changed by
somebody else since the last commit just where an item is not the very object that the shadow has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from parloop.diagnostics import Declined
from parloop.ir.nodes import Nest
from parloop.ir.types import NP_BOOL, PY_BOOL, PY_COMPLEX, PY_FLOAT, PY_INT, Array, Scalar
from parloop.runtime import capi, jit
from parloop.runtime.cache import compile_cached
from parloop.runtime.codes import ListNotSupported
from parloop.runtime.entry import new_native_function
from parloop.runtime.lists_ir import (
    EXTERNALS,
    LIST_WORDS,
    Code,
    CommitWord,
    ListWord,
    Status,
    lists_text,
)
from parloop.runtime.once import once
from parloop.staging.moves import Moves

_ELEMENTS: Final[Mapping[type, Scalar]] = {
    float: PY_FLOAT,
    int: PY_INT,
    bool: PY_BOOL,
    complex: PY_COMPLEX,
}
_CODES: Final = {
    PY_FLOAT: Code.FLOAT,
    PY_INT: Code.INT,
    PY_BOOL: Code.BOOL,
    NP_BOOL: Code.BOOL,
    PY_COMPLEX: Code.COMPLEX,
}


@dataclass(slots=True)
class ListCopy:
    """A list, and its numbers as an array."""

    items: list[Any]
    shadow: list[Any]
    element: Scalar
    data: np.ndarray[Any, Any]
    mirror: np.ndarray[Any, Any] | None = None
    """The numbers that the list has; None where the loop does not change it."""
    fresh: np.ndarray[Any, Any] | None = None
    takes_nan: bool = True
    """Whether a NaN that the loop stores is an object that nobody else has."""

    def row(self) -> list[int]:
        """Return the words by which native code knows the list."""
        row = item_words(self.element)
        row[ListWord.LIST], row[ListWord.SHADOW] = id(self.items), id(self.shadow)
        row[ListWord.COUNT], row[ListWord.DATA] = len(self.shadow), self.data.ctypes.data
        if self.mirror is not None and self.fresh is not None:
            row[ListWord.MIRROR] = self.mirror.ctypes.data
            row[ListWord.FRESH] = self.fresh.ctypes.data
            row[ListWord.TAKES_NAN] = self.takes_nan
        else:
            row[ListWord.FRESH] = 1  # not null: not a list that is appended to
        return row


@dataclass(slots=True)
class Appended:
    """A list that is appended to, and the items that are to come."""

    name: str
    items: list[Any]
    counter: str
    """The variable that says how many items a slice has made; empty: one in each iteration."""
    minds_nan: bool
    data: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(0))
    element: Scalar = PY_FLOAT
    word: int = -1
    """Where the counter is in the record."""

    def new_items(self, lo: int, done: int, words: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return what iterations `lo` .. `done` - 1 have made."""
        return self.data[: words.item(self.word)] if self.counter else self.data[lo:done]

    def row(self, values: np.ndarray[Any, Any]) -> list[int]:
        """Return the words by which native code makes objects of `values`."""
        row = item_words(self.element)
        row[ListWord.LIST], row[ListWord.COUNT] = id(self.items), len(values)
        row[ListWord.DATA] = values.ctypes.data
        return row


@dataclass(slots=True)
class Lists:
    """The lists of one launch. `arrays` and `types` say what machine code sees, by name."""

    arrays: dict[str, np.ndarray[Any, Any]]
    types: dict[str, Array]
    copies: tuple[ListCopy, ...]
    appended: tuple[Appended, ...] = ()
    table: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(0, np.int64))

    def commit(self, lo: int, done: int, words: np.ndarray[Any, Any]) -> Status:
        """Bring the lists up to date after iterations `lo` .. `done` - 1, which were one slice.

        It may be called again after an interruption: what was done is not done twice.
        """
        if self.is_committed(lo):
            return Status.DONE
        native = _native()
        assert native is not None
        table = [len(self.copies) + len(self.appended), 0, lo + 1]
        fresh: list[list[Any]] = []
        for appended in self.appended:
            values = appended.new_items(lo, done, words)
            if appended.minds_nan and values.dtype.kind in "fc" and np.isnan(values).any():
                return Status.NAN
            row = appended.row(values)
            try:
                fresh.append(native.make(np.array(row, np.int64).ctypes.data))
            except MemoryError:
                return Status.NO_MEMORY
            row[ListWord.SHADOW] = id(fresh[-1])
            table += row
        for copy in self.copies:
            table += copy.row()
        self.table = np.array(table, np.int64)
        return Status(native.commit(self.table.ctypes.data))

    def begin(self, words: np.ndarray[Any, Any]) -> None:
        """Make a slice count from 0 what it appends."""
        for appended in self.appended:
            if appended.counter:
                words[appended.word] = 0

    def names(self) -> set[str]:
        """Return the names of the arrays that stand for lists, and what is appended to them."""
        return self.arrays.keys() | {appended.name for appended in self.appended}

    def is_committed(self, lo: int) -> bool:
        """Return whether the lists are up to date after the slice that began with `lo`."""
        return bool(self.table.size) and self.table.item(CommitWord.DONE) == lo + 1

    def undo(self) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
        """Return the arrays that machine code may change, with what the last commit found there."""
        return [(copy.data, copy.mirror) for copy in self.copies if copy.mirror is not None]


def find_appended(
    nest: Nest, arguments: Mapping[str, Any], moves: Moves
) -> tuple[Appended, ...]:
    """Return the lists that `nest` appends to, which have to be no other of its lists."""
    found: list[Appended] = []
    for name, counter in nest.appends:
        items = arguments.get(name)
        others = [value for other, value in arguments.items() if other != name]
        if type(items) is not list or any(value is items for value in others) or not _native():
            raise Declined(ListNotSupported(f"`{name}` is no list, or another name for one"))
        found.append(Appended(name, items, counter, name in moves.targets))
    return tuple(found)


def find_lists(names: Sequence[str], arguments: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return those of the arrays `names` that are lists."""
    return {n: arguments[n] for n in names if type(arguments.get(n)) is list}


def copy_lists(
    found: Mapping[str, list[Any]], written: Collection[str], moves: Moves
) -> Lists:
    """Return the lists `found` with their numbers as arrays, or raise `Declined`.

    `written` are the names that the loop stores into.
    """
    native = _native()
    for name in found:
        if native is None:
            raise Declined(ListNotSupported(f"`{name}` is a list, and is not used as one"))
    copies: dict[int, ListCopy] = {}
    lists = Lists({}, {}, ())
    changed = {id(items) for name, items in found.items() if name in written}
    sources = {id(items) for name, items in found.items() if name in moves.sources}
    targets = {id(items) for name, items in found.items() if name in moves.targets}
    for name, items in found.items():
        copy = copies.get(id(items))
        if copy is None:
            copy = copies[id(items)] = _copy(name, items, reads_nan=id(items) not in sources)
            if id(items) in changed:
                copy.mirror = copy.data.copy()
                copy.fresh = np.empty(len(copy.shadow), np.int64)
                copy.takes_nan = id(items) not in targets
        lists.arrays[name] = copy.data
        lists.types[name] = Array(copy.element, 1, writable=True)
    lists.copies = tuple(copies.values())
    return lists


def _copy(name: str, items: list[Any], *, reads_nan: bool) -> ListCopy:
    native = _native()
    assert native is not None
    element = _ELEMENTS.get(type(items[0])) if items else PY_FLOAT
    if element is None:
        kind = type(items[0]).__name__
        raise Declined(ListNotSupported(f"`{name}` is a list of `{kind}`"))
    shadow = items[:]
    data = np.empty(len(shadow), capi.numpy_code(element))
    copy = ListCopy(items, shadow, element, data)
    row = np.array(copy.row(), np.int64)
    row[ListWord.READS_NAN] = not reads_nan
    read = native.read(row.ctypes.data)
    if read < len(shadow):
        raise Declined(ListNotSupported(_why_not(name, shadow, read, element)))
    return copy


def _why_not(name: str, items: list[Any], number: int, element: Scalar) -> str:
    kind = type(items[number])
    if kind is int and element == PY_INT:
        return f"`{name}[{number}]` does not fit in 64 bits"
    if items[number] != items[number]:
        return f"`{name}[{number}]` is a NaN, which has to stay the same object"
    return f"`{name}` is a list of `{element}` and `{kind.__name__}`"


def item_words(element: Scalar) -> list[int]:
    """Return the words of a list that say how items are read and made."""
    row = [0] * LIST_WORDS
    kind = capi.python_type(element)
    row[ListWord.CODE] = _CODES.get(element, Code.SCALAR)
    row[ListWord.SIZE], row[ListWord.TYPE] = element.bits // 8, id(kind)
    if element.kind in "fc" or row[ListWord.CODE] == Code.SCALAR:
        offset = capi.find_value(element)
        if offset is None:
            raise Declined(ListNotSupported(f"the numbers in `{kind.__name__}` were not found"))
        row[ListWord.OFFSET] = offset
    if row[ListWord.CODE] == Code.SCALAR:
        row[ListWord.ALLOCATE] = capi.allocator(kind)
    true, false = (np.True_, np.False_) if element == NP_BOOL else (True, False)
    row[ListWord.TRUE], row[ListWord.FALSE] = id(true), id(false)
    return row


@dataclass(frozen=True, slots=True)
class _Native:
    """The functions of `lists_ir`, each of which takes the address of a table."""

    read: Callable[[int], int]
    commit: Callable[[int], int]
    make: Callable[[int], list[Any]]
    kept: object


@once
def _native() -> _Native | None:
    """Return the native functions, or None where CPython's objects cannot be read natively."""
    layout = capi.find_layout()
    if layout is None:
        return None
    externals = {name: capi.address_of(name) for name in EXTERNALS}
    loaded = jit.load(compile_cached(lists_text(layout), opt_level=2), externals)
    read, commit, make = (
        new_native_function(layout, name, loaded.address(f"parloop_{name}"))
        for name in ("read", "commit", "make")
    )
    return _Native(read[0], commit[0], make[0], (loaded, read, commit, make))
