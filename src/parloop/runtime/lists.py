"""Lists of numbers: copied into arrays for machine code, and what it changed put back.

The copy is ours, so a list is as it was until `Lists.commit`, which is called whenever other code
may look at it again: at the end of each slice. Only the items that changed are replaced, in the
same list object, all of them in one native call.

Somebody else has changed a list since the last commit if it does not have the numbers that it had.
After a few commits that is found by a *shadow*, a list of ours with the same items, which it
keeps alive: an item that is not the very object that the shadow has is another one.

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
from parloop.ir.parts import list_of, part_of
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

UNSHADOWED: Final = 3
"""So many commits compare numbers: to make a shadow, and drop it, takes as long as they do."""

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
    element: Scalar
    data: np.ndarray[Any, Any]
    mirror: np.ndarray[Any, Any] | None = None
    """The numbers that the list has; None where the loop does not change it."""
    fresh: np.ndarray[Any, Any] | None = None
    takes_nan: bool = True
    """Whether a NaN that the loop stores is an object that nobody else has."""
    shadow: list[Any] | None = None
    holds: bool = True
    """Whether the next commit compares the items with the numbers."""

    def minds(self) -> bool:
        """Return whether an item would have to be a NaN that is an object somewhere else.

        Native code looks for itself at what it knows to be floats.
        """
        return False

    def undo(self) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
        """Return further arrays to put back, with what they were at the last commit."""
        return []

    def remember(self) -> None:
        """Make a shadow, for the commits after the next one."""
        if self.shadow is None:
            self.shadow, self.holds = self.items[:], True

    def words(self) -> np.ndarray[Any, Any]:
        """Return the words by which native code knows the list."""
        return np.array(self.row(), np.int64)

    def row(self) -> list[int]:
        """Return the same, as integers."""
        row = item_words(self.element)
        row[ListWord.LIST], row[ListWord.COUNT] = id(self.items), len(self.data)
        row[ListWord.DATA], row[ListWord.HOLDS] = self.data.ctypes.data, self.holds
        row[ListWord.SHADOW] = 0 if self.shadow is None else id(self.shadow)
        _say_what_is_written(row, self)
        return row


@dataclass(slots=True)
class RowsCopy:
    """A list of lists or tuples, and their numbers as an array.

    `watched` are all the lists of which it is made but for the rows, with a shadow each; `rows` are
    those with the numbers. Tuples need no shadows: nobody changes them.
    """

    watched: list[tuple[list[Any], list[Any]]]
    rows: list[Any]
    element: Scalar
    data: np.ndarray[Any, Any]
    mirror: np.ndarray[Any, Any] | None = None
    fresh: np.ndarray[Any, Any] | None = None
    takes_nan: bool = True
    shadows: list[Any] | None = None
    holds: bool = True
    made: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(0, np.int64))
    """How many new items there are in each row, during a commit."""

    def remember(self) -> None:
        """Make shadows, for the commits after the next one."""
        if self.shadows is None:
            self.shadows = [row[:] for row in self.rows]
            self.holds = True

    def words(self) -> np.ndarray[Any, Any]:
        """Return the words by which native code knows the lists, one after another."""
        parts = [_words_of_pair(*pair) for pair in self.watched]
        return np.array([*parts, self.row()], np.int64).reshape(-1)

    def row(self) -> list[int]:
        """Return those of the rows, all of them together."""
        row = item_words(self.element)
        row[ListWord.LIST], row[ListWord.ROWS] = id(self.rows), len(self.rows)
        row[ListWord.COUNT], row[ListWord.DATA] = self.data.shape[-1], self.data.ctypes.data
        row[ListWord.SHADOW] = 0 if self.shadows is None else id(self.shadows)
        row[ListWord.HOLDS] = self.holds
        _say_what_is_written(row, self)
        if self.mirror is not None:
            if len(self.made) < len(self.rows):
                self.made = np.zeros(len(self.rows), np.int64)
            row[ListWord.MADE] = self.made.ctypes.data
        return row


def _say_what_is_written(row: list[int], copy: ListCopy | RowsCopy) -> None:
    row[ListWord.FRESH] = 1  # not null: not a list that is appended to
    if copy.mirror is not None and copy.fresh is not None:
        row[ListWord.MIRROR] = copy.mirror.ctypes.data
        row[ListWord.FRESH] = copy.fresh.ctypes.data
        row[ListWord.TAKES_NAN] = copy.takes_nan


def _words_of_pair(items: list[Any], shadow: list[Any]) -> list[int]:
    """Return the words of a list that only has to have the items of its shadow."""
    row = [0] * LIST_WORDS
    row[ListWord.LIST], row[ListWord.SHADOW] = id(items), id(shadow)
    row[ListWord.COUNT], row[ListWord.FRESH] = len(shadow), 1
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
    copies: tuple[ListCopy | RowsCopy, ...]
    appended: tuple[Appended, ...] = ()
    commits: int = 0
    """How many slices have changed the lists."""
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
        columns: dict[str, list[list[Any]]] = {}
        for appended in self.appended:
            values = appended.new_items(lo, done, words)
            if appended.minds_nan and values.dtype.kind in "fc" and np.isnan(values).any():
                return Status.NAN
            if part_of(appended.name) is None:
                parts.append(np.array(appended.row(values), np.int64))
                continue
            made = _made(appended, values)
            if made is None:
                return Status.NO_MEMORY
            columns.setdefault(list_of(appended.name), []).append(made)
        fresh = [self._packed(name, made) for name, made in columns.items()]
        parts += [np.array(_words_to_extend(*pair), np.int64) for pair in fresh]
        for copy in self.copies:
            if isinstance(copy, ListCopy) and copy.minds():
                return Status.NAN
            if self.commits >= UNSHADOWED:
                copy.remember()
            parts.append(copy.words())
        n_lists = sum(part.size for part in parts) // LIST_WORDS
        head = np.array([n_lists, 0, lo + 1, id(_pins)], np.int64)
        self.table = np.concatenate([head, *parts])
        status = Status(native.commit(self.table.ctypes.data))
        if status == Status.DONE:
            self.commits += 1
            for copy in self.copies:
                copy.holds = (copy.shadow if isinstance(copy, ListCopy) else copy.shadows) is None
        if len(_pins) > MOST_PINS:
            del _pins[:-MOST_PINS]
        return status

    def _packed(self, name: str, columns: list[list[Any]]) -> tuple[list[Any], list[Any]]:
        """Return the list `name`, and the tuples or lists that are appended to it."""
        one = next(one for one in self.appended if list_of(one.name) == name)
        part = part_of(one.name)
        assert part is not None
        rows = zip(*columns, strict=True)
        return one.items, [*map(list, rows)] if part.is_list else [*rows]

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


def _made(appended: Appended, values: np.ndarray[Any, Any]) -> list[Any] | None:
    """Return objects for `values`; None if there is no memory."""
    native = _native()
    assert native is not None
    items: list[Any] = []
    row = appended.row(values)
    row[ListWord.LIST] = id(items)
    table = np.array([1, 0, 1, id(_pins), *row], np.int64)
    return items if native.commit(table.ctypes.data) == Status.DONE else None


def _words_to_extend(items: list[Any], more: list[Any]) -> list[int]:
    """Return the words of a list that gets the items of another one."""
    row = [0] * LIST_WORDS
    row[ListWord.LIST], row[ListWord.SHADOW], row[ListWord.COUNT] = id(items), id(more), len(more)
    return row


def find_appended(
    nest: Nest, arguments: Mapping[str, Any], moves: Moves
) -> tuple[Appended, ...]:
    """Return the lists that `nest` appends to, which have to be no other of its lists."""
    found: list[Appended] = []
    for name, counter in nest.appends:
        items, known = arguments.get(name), list_of(name)
        others = [value for other, value in arguments.items() if list_of(other) != known]
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
    if not changed and not appended:
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
    width = len(rows[0])
    element = _element_of(name, rows[0][0]) if width else PY_FLOAT
    data = np.empty((*shape, width), capi.numpy_code(element))
    copies = RowsCopy(watched, rows, element, data)
    native = _native()
    assert native is not None
    words = np.array(copies.row(), np.int64)
    words[ListWord.READS_NAN] = not reads_nan
    read = native.read(words.ctypes.data)
    if read < data.size or not width:
        flat = [*chain.from_iterable(shadow for _, shadow in _shadowed(name, rows))]
        if read < data.size:
            raise Declined(ListNotSupported(_why_not(name, flat, read, element, data.shape)))
    return copies


_DEEPEST: Final = 32
"""How many axes NumPy's oldest arrays have: a list that contains itself has no end of them."""


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


def copy_list(name: str, items: list[Any], *, reads_nan: bool) -> ListCopy:
    """Return a list with its numbers."""
    native = _native()
    assert native is not None
    first = items[:1]
    element = _element_of(name, first[0]) if first else PY_FLOAT
    data = np.empty(len(items), capi.numpy_code(element))
    copy = ListCopy(items, element, data)
    row = np.array(copy.row(), np.int64)
    row[ListWord.READS_NAN] = not reads_nan
    read = native.read(row.ctypes.data)
    if read < len(data):
        raise Declined(ListNotSupported(_why_not(name, items[:], read, element, data.shape)))
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
    if number >= len(items):
        return f"`{name}` was changed meanwhile"
    kind = type(items[number])
    place = np.unravel_index(number, shape)
    item = name + "".join(f"[{part}]" for part in place)
    if kind is int and element == PY_INT:
        return f"`{item}` does not fit in 64 bits"
    if items[number] != items[number]:
        return f"`{item}` is a NaN, which has to stay the same object"
    if _ELEMENTS.get(kind) == element:
        return f"`{name}` was changed meanwhile"
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
