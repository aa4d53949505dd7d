"""Lists that a loop fills with numbers of another type than theirs: `out = [0] * n`.

Machine code stores the numbers into an array of its own, and notes where (`staging.replaced`). When
a slice ends the items at these places are replaced, and no others, whatever they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from parloop.diagnostics import Declined
from parloop.ir.nodes import Nest
from parloop.ir.types import NP_BOOL, Array, Scalar
from parloop.runtime import capi
from parloop.runtime.arguments import SCALARS
from parloop.runtime.codes import ListNotSupported
from parloop.runtime.lists import ListCopy, Lists, copy_list
from parloop.runtime.lists_ir import ListWord
from parloop.staging.codes import TooManyTypes
from parloop.staging.moves import Moves
from parloop.staging.replaced import OF_OLD, OF_SET, reads, stores_of
from parloop.staging.specialise import StoreDeclined, Typing, scalar_members

_PLAIN: Final = frozenset({*SCALARS, type(None), str})
"""Types of items with whose end nobody's code runs."""


@dataclass(slots=True)
class ReplacedCopy(ListCopy):
    """A list, and the numbers that are to replace some of its items."""

    notes: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(0, np.bool_))
    """Where there is a number."""
    known: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(0, np.bool_))
    """The same at the last commit."""

    def row(self) -> list[int]:
        """Return the words by which native code knows the list: what is new differs."""
        new = self.notes & ~self.known
        if self.mirror is not None and new.any():
            shape = len(self.data), self.data.itemsize  # a complex number is no integer
            old, now = (one.view(np.uint8).reshape(shape) for one in (self.mirror, self.data))
            old[new] = ~now[new]
        row = ListCopy.row(self)
        row[ListWord.TAKES_NAN] = self.takes_nan
        return row

    def minds(self) -> bool:
        """Return whether an item would have to be a NaN that is an object somewhere else."""
        numbers = self.data[self.notes]
        return not self.takes_nan and numbers.dtype.kind in "fc" and bool(np.isnan(numbers).any())

    def undo(self) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
        """Return the arrays to put back, which now are as the last commit has left them."""
        self.known[:] = self.notes
        return [(self.notes, self.known)]


def may_be_replaced(nest: Nest, items: Any, name: str) -> bool:
    """Return whether the items of a list may be replaced by numbers of any type."""
    return (
        type(items) is list
        and bool(items)
        and {*map(type, items)} <= _PLAIN
        and bool(stores_of(nest, name))
    )


def guess_replaced(nest: Nest, found: Mapping[str, list[Any]]) -> list[str]:
    """Return the lists that `nest` only stores into: whatever they hold, nobody asks for it."""
    return [
        name
        for name, items in found.items()
        if not reads(nest, name) and may_be_replaced(nest, items, name)
    ]


def copy_replaced(
    name: str, items: list[Any], element: Scalar, nest: Nest, moves: Moves, lists: Lists
) -> None:
    """Add the list `name`, which gets items of type `element`, to `lists`."""
    if not may_be_replaced(nest, items, name):
        raise Declined(ListNotSupported(f"`{name}` is a list of several types"))
    shadow = items[:]
    data = np.zeros(len(shadow), capi.numpy_code(element))
    notes = np.zeros(len(shadow), np.bool_)
    made = ReplacedCopy(
        items, element, data, data.copy(), np.empty(data.size, np.int64),
        name not in moves.targets, shadow, False, notes, notes.copy(),
    )  # fmt: skip
    arrays: dict[str, tuple[np.ndarray[Any, Any], Scalar]] = {
        name: (data, element),
        name + OF_SET: (notes, NP_BOOL),
    }
    if reads(nest, name):
        old = copy_list(name, shadow, reads_nan=name not in moves.sources)
        arrays[name + OF_OLD] = old.data, old.element
    for one, (array, kind) in arrays.items():
        lists.arrays[one] = array
        lists.types[one] = Array(kind, 1, writable=True)
    lists.copies = (*lists.copies, made)


def require_one_type(typing: Typing, replaced: Mapping[str, Scalar]) -> None:
    """Raise `StoreDeclined` where a list gets items of another type than the one that is known."""
    for name, element in replaced.items():
        for stmt in stores_of(typing.nest, name):
            found = typing.of.get(id(stmt.value), frozenset())
            if found != {element}:
                why = TooManyTypes.at(stmt.span, f"an item of `{name}`", found)
                raise StoreDeclined(why, name, scalar_members(found))


def kind_of(items: list[Any]) -> type:
    """Return the type of a list's first item, by which it is remembered what it gets."""
    return type(items[0]) if items else type(None)


