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

    LIST = 0  # the address of the list, or of one with rows,
    SHADOW = 1  # of a list of our own with the same items, or with such lists for the rows; 0: none
    COUNT = 2  # and how many numbers there are, or are in each row
    DATA = 3  # where the numbers are, one after another
    MIRROR = 4  # those that the list has; 0 where the loop does not change it
    FRESH = 5  # room for the addresses of new items; 0 where they are to be appended
    MADE = 6  # how many there are in it, or for rows where there is room for these numbers
    CODE = 7
    SIZE = 8  # of one number, in bytes
    TYPE = 9  # the address of the items' class
    OFFSET = 10  # of the number in an item
    ALLOCATE = 11  # what allocates an item
    TRUE = 12
    FALSE = 13
    READS_NAN = 14  # not 0: reading stops at a NaN
    TAKES_NAN = 15  # 0: a NaN that the list does not have ends the commit
    ROWS = 16  # how many rows there are; 0: a list of numbers
    HOLDS = 17  # not 0: the items are compared with the numbers, not only with the shadow's


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
        "tuple_size": layout.tuple_size,
        "tuple_items": layout.tuple_items,
        "type_list": id(list),
        "type_tuple": id(tuple),
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
        "row_bytes": 8 * LIST_WORDS,
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
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

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

; the items of a list or tuple with so many; null if it is none
define internal ptr @row_items(ptr %object, i64 %count) nounwind {
entry:
  %type_cell = getelementptr i8, ptr %object, i64 $type
  %type = load i64, ptr %type_cell
  switch i64 %type, label %none [i64 $type_list, label %list i64 $type_tuple, label %tuple]
list:
  %list_size = call i64 @size_of(ptr %object)
  %list_fits = icmp eq i64 %list_size, %count
  %items = call ptr @items_of(ptr %object)
  %list_items = select i1 %list_fits, ptr %items, ptr null
  ret ptr %list_items
tuple:
  %size_cell = getelementptr i8, ptr %object, i64 $tuple_size
  %tuple_size = load i64, ptr %size_cell
  %tuple_fits = icmp eq i64 %tuple_size, %count
  %inside = getelementptr i8, ptr %object, i64 $tuple_items
  %tuple_items = select i1 %tuple_fits, ptr %inside, ptr null
  ret ptr %tuple_items
none:
  ret ptr null
}

; the words of one row of many; false for a tuple, which nobody changes
define internal i1 @row_of(ptr %rows, ptr %to, i64 %number) nounwind {
entry:
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %rows, i64 $row_bytes, i1 false)
  %list = call ptr @address(ptr %rows, i64 $word_list)
  %objects = call ptr @items_of(ptr %list)
  %cell = getelementptr ptr, ptr %objects, i64 %number
  %object = load ptr, ptr %cell
  call void @set(ptr %to, i64 $word_list, ptr %object)
  call void @set(ptr %to, i64 $word_rows, ptr null)
  %count = call i64 @word(ptr %rows, i64 $word_count)
  %size = call i64 @word(ptr %rows, i64 $word_size)
  %before = mul i64 %count, %number
  %bytes = mul i64 %before, %size
  %data = call ptr @address(ptr %rows, i64 $word_data)
  %its_data = getelementptr i8, ptr %data, i64 %bytes
  call void @set(ptr %to, i64 $word_data, ptr %its_data)
  %shadow = call ptr @address(ptr %rows, i64 $word_shadow)
  %has_none = icmp eq ptr %shadow, null
  br i1 %has_none, label %numbers, label %shadowed
shadowed:
  %shadows = call ptr @items_of(ptr %shadow)
  %shadow_cell = getelementptr ptr, ptr %shadows, i64 %number
  %its_shadow = load ptr, ptr %shadow_cell
  call void @set(ptr %to, i64 $word_shadow, ptr %its_shadow)
  br label %numbers
numbers:
  %mirror = call ptr @address(ptr %rows, i64 $word_mirror)
  %read_only = icmp eq ptr %mirror, null
  br i1 %read_only, label %end, label %written
written:
  %its_mirror = getelementptr i8, ptr %mirror, i64 %bytes
  call void @set(ptr %to, i64 $word_mirror, ptr %its_mirror)
  %fresh = call ptr @address(ptr %rows, i64 $word_fresh)
  %its_fresh = getelementptr ptr, ptr %fresh, i64 %before
  call void @set(ptr %to, i64 $word_fresh, ptr %its_fresh)
  %all_made = call ptr @address(ptr %rows, i64 $word_made)
  %made_cell = getelementptr ptr, ptr %all_made, i64 %number
  %made = load ptr, ptr %made_cell
  call void @set(ptr %to, i64 $word_made, ptr %made)
  br label %end
end:
  %type_cell = getelementptr i8, ptr %object, i64 $type
  %type = load i64, ptr %type_cell
  %is_list = icmp eq i64 %type, $type_list
  ret i1 %is_list
}

define internal void @set(ptr %row, i64 %number, ptr %value) alwaysinline nounwind {
  %cell = getelementptr ptr, ptr %row, i64 %number
  store ptr %value, ptr %cell
  ret void
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
