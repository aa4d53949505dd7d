"""The native functions that copy lists of numbers into memory and back, as LLVM IR.

Both are `METH_FASTCALL` functions that take the address of a table of 64-bit words and return
a status. `runtime.lists` makes the tables and says what the functions do.
"""

from __future__ import annotations

from enum import IntEnum
from string import Template
from typing import Final

from parloop.runtime.capi import IntegerLayout, Layout
from parloop.runtime.list_commit_ir import COMMIT
from parloop.runtime.list_numbers_ir import NUMBERS
from parloop.runtime.list_reading_ir import READING


class Code(IntEnum):
    """How the items of a list are read and made."""

    FLOAT = 0
    INT = 1
    BOOL = 2
    COMPLEX = 3
    SCALAR = 4
    """NumPy's numbers, which are only made."""


class ListWord(IntEnum):
    """The words of one list in a table."""

    LIST = 0  # the address of the list,
    SHADOW = 1  # of a list of our own with the same items,
    COUNT = 2  # and how many there are
    DATA = 3  # where the numbers are, one after another
    MIRROR = 4  # those that the list has; 0 where the loop does not change it
    FRESH = 5  # room for the addresses of new items; 0 where they are to be appended
    MADE = 6  # how many there are in it
    CODE = 7
    SIZE = 8  # of one number, in bytes
    TYPE = 9  # the address of the items' class
    OFFSET = 10  # of the number in an item
    ALLOCATE = 11  # what allocates an item
    TRUE = 12
    FALSE = 13
    READS_NAN = 14  # not 0: reading stops at a NaN
    TAKES_NAN = 15  # 0: a NaN that the list does not have ends the commit


class CommitWord(IntEnum):
    """The words that the table of `parloop_commit` begins with; the lists' words follow."""

    LISTS = 0
    DONE = 1  # set by the call when all is done: the token
    TOKEN = 2
    PINS = 3  # the address of a list that gets an object for every `PINNED` that are made


class Status(IntEnum):
    """What `parloop_commit` has come to; only with DONE it has changed anything."""

    DONE = 0
    CHANGED = 1
    """Somebody else has changed one of the lists."""
    NO_MEMORY = 2
    NAN = 3
    """A NaN would have to be the object that it is elsewhere."""


LIST_WORDS: Final = len(ListWord)
PINNED: Final = 1 << 14
EXTERNALS: Final = (
    *("PyLong_AsLongLong", "PyLong_AsLongLongAndOverflow", "PyLong_FromLongLong"),
    *("PyFloat_FromDouble", "PyComplex_FromDoubles", "Py_IncRef", "Py_DecRef", "PyErr_Clear"),
    *("PyList_Append", "PyList_SetSlice", "PyErr_Occurred"),
)


_UNKNOWN: Final = IntegerLayout(0, 0, (-1, -2), (-3, -4))
"""Of integers that no object is like."""


def lists_text(layout: Layout, integers: IntegerLayout | None) -> str:
    """Return the module with `parloop_read` and `parloop_commit`.

    `integers` says how the values of integers are read and written where they are.
    """
    whole = integers or _UNKNOWN
    fields = {
        "type": layout.type,
        "references": layout.references,
        "list_size": layout.list_size,
        "list_items": layout.list_items,
        "list_room": layout.list_size if layout.list_room is None else layout.list_room,
        "commit_words": len(CommitWord),
        "commit_pins": CommitWord.PINS.value,
        "pin_mask": PINNED - 1,
        "int_size": whole.size,
        "int_digits": whole.digits,
        **{
            f"int_{word}": number - (number >> 63 << 64)
            for word, number in zip(
                ("one", "minus_one", "two", "minus_two"), (*whole.one, *whole.two), strict=True
            )
        },
        "list_words": LIST_WORDS,
        **{f"word_{word.name.lower()}": word.value for word in ListWord},
    }
    return Template("\n".join((_WORDS, NUMBERS, READING, COMMIT))).substitute(fields)


_WORDS: Final = """
declare i64 @PyLong_AsLongLong(ptr)
declare i64 @PyLong_AsLongLongAndOverflow(ptr, ptr)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyFloat_FromDouble(double)
declare ptr @PyComplex_FromDoubles(double, double)
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare void @PyErr_Clear()
declare ptr @PyErr_Occurred()
declare i32 @PyList_Append(ptr, ptr)
declare i32 @PyList_SetSlice(ptr, i64, i64, ptr)
declare i32 @memcmp(ptr, ptr, i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)

define internal i64 @word(ptr %row, i64 %number) alwaysinline nounwind {
  %cell = getelementptr i64, ptr %row, i64 %number
  %value = load i64, ptr %cell
  ret i64 %value
}

define internal ptr @address(ptr %row, i64 %number) alwaysinline nounwind {
  %cell = getelementptr ptr, ptr %row, i64 %number
  %value = load ptr, ptr %cell
  ret ptr %value
}

define internal ptr @items_of(ptr %list) alwaysinline nounwind {
  %cell = getelementptr i8, ptr %list, i64 $list_items
  %items = load ptr, ptr %cell
  ret ptr %items
}

define internal i64 @size_of(ptr %list) alwaysinline nounwind {
  %cell = getelementptr i8, ptr %list, i64 $list_size
  %size = load i64, ptr %cell
  ret i64 %size
}
"""
