"""Lists of numbers: copied into arrays for machine code, and what it changed put back.

The copy is ours, so a list is as it was until `Lists.commit`, which is called whenever other code
may look at it again: at the end of each slice. Only the items that changed are replaced, in the
same list object, all of them in one native call.

A *shadow*, a list of ours with the same items, keeps these alive. So the list has been changed by
somebody else since the last commit just where an item is not the very object that the shadow has.

A list of lists, or of tuples, that are all equally long is an array with two axes; and so on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
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

MOST_PINS: Final = 64
"""So many objects are kept, each of them beside `PINNED` that were the user's.

CPython gives memory back to the system where no object is left in a megabyte, and gets it again
page by page, which takes longer than to make the objects.
"""

_pins: Final[list[Any]] = []

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

    def minds(self) -> bool:
        """Return whether an item would have to be a NaN that is an object somewhere else.

        Native code looks for itself at what it knows to be floats.
        """
        return False

    def undo(self) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
        """Return further arrays to put back, with what they were at the last commit."""
        return []

    def words(self) -> np.ndarray[Any, Any]:
        """Return the words by which native code knows the list."""
        return np.array(self.row(), np.int64)

    def row(self) -> list[int]:
        """Return the same, as integers."""
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
class RowsCopy:
    """A list of lists or tuples, and their numbers as an array.

    `watched` are all the lists of which it is made but for the rows, with a shadow each; `rows` are
    those with the numbers. Tuples are their own shadows: nobody changes them.
    """

    watched: list[tuple[list[Any], list[Any]]]
    rows: list[Any]
    shadows: list[list[Any]]
    element: Scalar
    data: np.ndarray[Any, Any]
    mirror: np.ndarray[Any, Any] | None = None
    fresh: np.ndarray[Any, Any] | None = None
    takes_nan: bool = True
    _words: np.ndarray[Any, Any] | None = None

    def words(self) -> np.ndarray[Any, Any]:
        """Return the words by which native code knows the lists, one after another."""
        if self._words is None:
            parts = [ListCopy(*pair, self.element, self.data).words() for pair in self.watched]
            self._words = np.concatenate([*parts, self._words_of_rows().reshape(-1)])
        return self._words

    def _words_of_rows(self) -> np.ndarray[Any, Any]:
        width = self.data.shape[-1]
        found = [k for k, row in enumerate(self.rows) if type(row) is list]
        places = np.array(found, np.int64) * width
        words = np.empty((len(found), LIST_WORDS), np.int64)
        words[:] = item_words(self.element)
        words[:, ListWord.LIST] = [id(self.rows[k]) for k in found]
        words[:, ListWord.SHADOW] = [id(self.shadows[k]) for k in found]
        words[:, ListWord.COUNT] = width
        words[:, ListWord.DATA] = self.data.ctypes.data + places * self.data.itemsize
        words[:, ListWord.FRESH] = 1  # not null: not a list that is appended to
        if self.mirror is not None and self.fresh is not None:
            words[:, ListWord.MIRROR] = self.mirror.ctypes.data + places * self.data.itemsize
            words[:, ListWord.FRESH] = self.fresh.ctypes.data + places * self.fresh.itemsize
            words[:, ListWord.TAKES_NAN] = self.takes_nan
        return words


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
    copies: tuple[ListCopy | RowsCopy, ...]
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
        parts: list[np.ndarray[Any, Any]] = []
        for appended in self.appended:
            values = appended.new_items(lo, done, words)
            if appended.minds_nan and values.dtype.kind in "fc" and np.isnan(values).any():
                return Status.NAN
            parts.append(np.array(appended.row(values), np.int64))
        for copy in self.copies:
            if isinstance(copy, ListCopy) and copy.minds():
                return Status.NAN
            parts.append(copy.words())
        n_lists = sum(part.size for part in parts) // LIST_WORDS
        head = np.array([n_lists, 0, lo + 1, id(_pins)], np.int64)
        self.table = np.concatenate([head, *parts])
        status = Status(native.commit(self.table.ctypes.data))
        if len(_pins) > MOST_PINS:
            del _pins[:-MOST_PINS]
        return status

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
        found = [(copy.data, copy.mirror) for copy in self.copies if copy.mirror is not None]
        for copy in self.copies:
            if isinstance(copy, ListCopy):
                found += copy.undo()
        return found


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
    found: Mapping[str, list[Any]],
    written: Collection[str],
    moves: Moves,
    appended: Sequence[Appended] = (),
) -> Lists:
    """Return the lists `found` with their numbers as arrays, or raise `Declined`.

    `written` are the names that the loop stores into, `appended` the lists that it appends to.
    """
    native = _native()
    for name in found:
        if native is None:
            raise Declined(ListNotSupported(f"`{name}` is a list, and is not used as one"))
    copies: dict[int, ListCopy | RowsCopy] = {}
    lists = Lists({}, {}, ())
    changed = {id(items) for name, items in found.items() if name in written}
    sources = {id(items) for name, items in found.items() if name in moves.sources}
    targets = {id(items) for name, items in found.items() if name in moves.targets}
    for name, items in found.items():
        copy = copies.get(id(items))
        if copy is None:
            copy_one = _copy_rows if items and type(items[0]) in _ROWS else copy_list
            copy = copies[id(items)] = copy_one(
                name, items, reads_nan=id(items) not in sources
            )
            if id(items) in changed:
                copy.mirror = copy.data.copy()
                copy.fresh = np.empty(copy.data.size, np.int64)
                copy.takes_nan = id(items) not in targets
        lists.arrays[name] = copy.data
        lists.types[name] = Array(copy.element, copy.data.ndim, writable=True)
    lists.copies = tuple(copies.values())
    lists.appended = tuple(appended)
    _decline_shared_rows(found, copies, changed, appended)
    return lists


def _decline_shared_rows(
    found: Mapping[str, list[Any]],
    copies: Mapping[int, ListCopy | RowsCopy],
    changed: Collection[int],
    appended: Sequence[Appended],
) -> None:
    """Raise `Declined` where a list that the loop may change is in two places, or is a tuple."""
    if not any(isinstance(copy, RowsCopy) for copy in copies.values()):
        return
    times = Counter(id(items) for copy in copies.values() for items in _lists_of(copy))
    for one in appended:
        if id(one.items) in times:
            raise Declined(ListNotSupported(f"`{one.name}` is in another list of the loop"))
    several = {one for one, count in times.items() if count > 1}
    for name, items in found.items():
        copy = copies[id(items)]
        if id(items) not in changed:
            continue
        if any(id(part) in several for part in _lists_of(copy)):
            raise Declined(ListNotSupported(f"a list in `{name}` is in another place, too"))
        if isinstance(copy, RowsCopy) and tuple in map(type, copy.rows):
            raise Declined(ListNotSupported(f"`{name}` is a list of `tuple`"))


def _lists_of(copy: ListCopy | RowsCopy) -> list[Any]:
    if isinstance(copy, ListCopy):
        return [copy.items]
    return [*(items for items, _ in copy.watched), *copy.rows]


def _copy_rows(name: str, items: list[Any], *, reads_nan: bool) -> RowsCopy:
    """Return a list of lists with its numbers, which are those of the shadows."""
    rows = items[:]
    if not rows or type(rows[0]) not in _ROWS:  # somebody has changed it since
        raise Declined(ListNotSupported(f"`{name}` is a list of several types"))
    shape, watched = [len(rows)], [(items, rows)]
    while type(rows[0][0] if rows[0] else None) in _ROWS:
        if len(shape) == _DEEPEST:
            raise Declined(ListNotSupported(f"`{name}` is a list in itself"))
        pairs = _shadowed(name, rows)
        watched += [pair for pair in pairs if type(pair[0]) is list]
        shape.append(len(pairs[0][1]))
        rows = [*chain.from_iterable(shadow for _, shadow in pairs)]
    shadows = [shadow for _, shadow in _shadowed(name, rows)]
    shape.append(len(shadows[0]))
    if shape[-1] < _SHORT:
        flat = [*chain.from_iterable(shadows)]
        copy = copy_list(name, flat, reads_nan=reads_nan, shape=tuple(shape))
        return RowsCopy(watched, rows, shadows, copy.element, copy.data.reshape(shape))
    element = _element_of(name, shadows[0][0])
    data = np.empty(shape, capi.numpy_code(element))
    copies = RowsCopy(watched, rows, shadows, element, data)
    _read_rows(name, copies, reads_nan=reads_nan)
    return copies


_DEEPEST: Final = 32
"""How many axes NumPy's oldest arrays have: a list that contains itself has no end of them."""

_SHORT: Final = 8
"""Rows with fewer numbers are read as one list."""


def _read_rows(name: str, copies: RowsCopy, *, reads_nan: bool) -> None:
    """Fill in the numbers, row by row."""
    native = _native()
    assert native is not None
    width, data, element = copies.data.shape[-1], copies.data, copies.element
    words = np.array(ListCopy([], [], element, data).row(), np.int64)
    words[ListWord.COUNT], words[ListWord.READS_NAN] = width, not reads_nan
    address, step = words.ctypes.data, width * data.itemsize
    for number, shadow in enumerate(copies.shadows):
        words[ListWord.SHADOW] = id(shadow)
        read = native.read(address)
        if read < width:
            flat, place = [*chain.from_iterable(copies.shadows)], number * width + read
            raise Declined(ListNotSupported(_why_not(name, flat, place, element, data.shape)))
        words[ListWord.DATA] += step


def _shadowed(name: str, rows: Sequence[Any]) -> list[tuple[list[Any], list[Any]]]:
    """Return the lists and tuples `rows` with a shadow each: lists that are equally long."""
    if not set(map(type, rows)) <= _ROWS:
        kinds = sorted({type(row).__name__ for row in rows})
        raise Declined(ListNotSupported(f"`{name}` is a list of {_listed(kinds)}"))
    pairs = [(row, [*row]) for row in rows]
    if len({len(shadow) for _, shadow in pairs}) > 1:
        raise Declined(ListNotSupported(f"the lists in `{name}` are not equally long"))
    return pairs


def _listed(kinds: Sequence[str]) -> str:
    return " and ".join(f"`{kind}`" for kind in kinds)


_ROWS: Final = frozenset({list, tuple})


def copy_list(
    name: str, items: list[Any], *, reads_nan: bool, shape: tuple[int, ...] = ()
) -> ListCopy:
    """Return a list with its numbers; `shape` is that of the list of lists which they are from."""
    native = _native()
    assert native is not None
    shadow = items[:]
    element = _element_of(name, shadow[0]) if shadow else PY_FLOAT
    data = np.empty(len(shadow), capi.numpy_code(element))
    copy = ListCopy(items, shadow, element, data)
    row = np.array(copy.row(), np.int64)
    row[ListWord.READS_NAN] = not reads_nan
    read = native.read(row.ctypes.data)
    if read < len(shadow):
        raise Declined(ListNotSupported(_why_not(name, shadow, read, element, shape)))
    return copy


def _element_of(name: str, first: Any) -> Scalar:
    element = _ELEMENTS.get(type(first))
    if element is None:
        kind = type(first).__name__
        raise Declined(ListNotSupported(f"`{name}` is a list of `{kind}`"))
    return element


def _why_not(
    name: str, items: list[Any], number: int, element: Scalar, shape: tuple[int, ...]
) -> str:
    kind = type(items[number])
    place = np.unravel_index(number, shape or (len(items),))
    item = name + "".join(f"[{part}]" for part in place)
    if kind is int and element == PY_INT:
        return f"`{item}` does not fit in 64 bits"
    if items[number] != items[number]:
        return f"`{item}` is a NaN, which has to stay the same object"
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
    kept: object


def is_available() -> bool:
    """Return whether lists can be read and written natively."""
    return _native() is not None


@once
def _native() -> _Native | None:
    """Return the native functions, or None where CPython's objects cannot be read natively."""
    layout = capi.find_layout()
    if layout is None:
        return None
    externals = {name: capi.address_of(name) for name in EXTERNALS}
    text = lists_text(layout, capi.find_integers())
    loaded = jit.load(compile_cached(text, opt_level=2), externals)
    read, commit = (
        new_native_function(layout, name, loaded.address(f"parloop_{name}"))
        for name in ("read", "commit")
    )
    return _Native(read[0], commit[0], (loaded, read, commit))
