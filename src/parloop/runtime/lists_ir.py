"""The native functions that copy lists of numbers into memory and back, as LLVM IR.

All three are `METH_FASTCALL` functions that take the address of a table of 64-bit words and return
a status. `runtime.lists` makes the tables and says what the functions do.
"""

from __future__ import annotations

from enum import IntEnum
from string import Template
from typing import Final

from parloop.runtime.capi import IntegerLayout, Layout


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
    SHADOW = 1  # of a list of our own with the same items, or with those to be appended,
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


class Status(IntEnum):
    """What `parloop_commit` has come to; only with DONE it has changed anything."""

    DONE = 0
    CHANGED = 1
    """Somebody else has changed one of the lists."""
    NO_MEMORY = 2
    NAN = 3
    """A NaN would have to be the object that it is elsewhere."""


LIST_WORDS: Final = len(ListWord)
EXTERNALS: Final = (
    *("PyLong_AsLongLong", "PyLong_AsLongLongAndOverflow", "PyLong_FromLongLong"),
    *("PyFloat_FromDouble", "PyComplex_FromDoubles", "Py_IncRef", "Py_DecRef", "PyErr_Clear"),
    *("PyList_New", "PyList_SetSlice", "PyErr_Occurred"),
)


_UNKNOWN: Final = IntegerLayout(0, 0, (-1, -2), (-3, -4))
"""Of integers that no object is like."""


def lists_text(layout: Layout, integers: IntegerLayout | None) -> str:
    """Return the module with `parloop_read`, `parloop_make` and `parloop_commit`.

    `integers` says how the values of integers are read and written where they are.
    """
    whole = integers or _UNKNOWN
    fields = {
        "type": layout.type,
        "references": layout.references,
        "list_size": layout.list_size,
        "list_items": layout.list_items,
        "commit_words": len(CommitWord),
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
    return Template(_TEXT).substitute(fields)


_TEXT: Final = """
declare i64 @PyLong_AsLongLong(ptr)
declare i64 @PyLong_AsLongLongAndOverflow(ptr, ptr)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyFloat_FromDouble(double)
declare ptr @PyComplex_FromDoubles(double, double)
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare void @PyErr_Clear()
declare ptr @PyErr_Occurred()
declare ptr @PyList_New(i64)
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

define internal i1 @is_nan(i64 %code, ptr %at) alwaysinline nounwind {
entry:
  switch i64 %code, label %no [i64 0, label %float i64 3, label %complex]
float:
  %double = load double, ptr %at
  %is = fcmp uno double %double, 0.0
  ret i1 %is
complex:
  %second = getelementptr double, ptr %at, i64 1
  %real = load double, ptr %at
  %imaginary = load double, ptr %second
  %either = fcmp uno double %real, %imaginary
  ret i1 %either
no:
  ret i1 false
}

; the value of an integer of one or two digits; false for any other
define internal i1 @read_int(ptr %object, ptr %to) alwaysinline nounwind {
entry:
  %size_cell = getelementptr i8, ptr %object, i64 $int_size
  %size = load i64, ptr %size_cell
  %low_cell = getelementptr i8, ptr %object, i64 $int_digits
  switch i64 %size, label %other [i64 $int_one, label %one i64 $int_minus_one, label %minus_one
    i64 $int_two, label %two i64 $int_minus_two, label %minus_two]
one:
  %low_1 = load i32, ptr %low_cell
  %value_1 = zext i32 %low_1 to i64
  store i64 %value_1, ptr %to
  ret i1 true
minus_one:
  %low_2 = load i32, ptr %low_cell
  %wide_2 = zext i32 %low_2 to i64
  %value_2 = sub i64 0, %wide_2
  store i64 %value_2, ptr %to
  ret i1 true
two:
  %value_3 = call i64 @two_digits(ptr %low_cell)
  store i64 %value_3, ptr %to
  ret i1 true
minus_two:
  %wide_4 = call i64 @two_digits(ptr %low_cell)
  %value_4 = sub i64 0, %wide_4
  store i64 %value_4, ptr %to
  ret i1 true
other:
  ret i1 false
}

define internal i64 @two_digits(ptr %low_cell) alwaysinline nounwind {
  %high_cell = getelementptr i8, ptr %low_cell, i64 4
  %low = load i32, ptr %low_cell
  %high = load i32, ptr %high_cell
  %low_wide = zext i32 %low to i64
  %high_wide = zext i32 %high to i64
  %shifted = shl i64 %high_wide, 30
  %value = or i64 %shifted, %low_wide
  ret i64 %value
}

; whether an integer has as many digits as the number at %at, one or two, and this is not a small
; one, of which CPython has one object
define internal i1 @takes_int(ptr %object, ptr %at) alwaysinline nounwind {
  %number = load i64, ptr %at
  %negated = sub i64 0, %number
  %is_negative = icmp slt i64 %number, 0
  %size = select i1 %is_negative, i64 %negated, i64 %number
  %size_cell = getelementptr i8, ptr %object, i64 $int_size
  %word = load i64, ptr %size_cell
  %is_plus = icmp eq i64 %word, $int_one
  %is_minus = icmp eq i64 %word, $int_minus_one
  %has_one = or i1 %is_plus, %is_minus
  %is_plus_two = icmp eq i64 %word, $int_two
  %is_minus_two = icmp eq i64 %word, $int_minus_two
  %has_two = or i1 %is_plus_two, %is_minus_two
  %is_large = icmp ugt i64 %size, 256
  %in_one = icmp ult i64 %size, 1073741824
  %in_two = icmp ult i64 %size, 1152921504606846976
  %needs_one = and i1 %is_large, %in_one
  %beyond_one = xor i1 %in_one, true
  %needs_two = and i1 %beyond_one, %in_two
  %one = and i1 %has_one, %needs_one
  %two = and i1 %has_two, %needs_two
  %takes = or i1 %one, %two
  ret i1 %takes
}

; gives an integer that takes it the number at %at
define internal void @write_int(ptr %object, ptr %at) alwaysinline nounwind {
entry:
  %number = load i64, ptr %at
  %negated = sub i64 0, %number
  %is_negative = icmp slt i64 %number, 0
  %size = select i1 %is_negative, i64 %negated, i64 %number
  %size_cell = getelementptr i8, ptr %object, i64 $int_size
  %low_cell = getelementptr i8, ptr %object, i64 $int_digits
  %masked = and i64 %size, 1073741823
  %low = trunc i64 %masked to i32
  store i32 %low, ptr %low_cell
  %above = lshr i64 %size, 30
  %in_one = icmp eq i64 %above, 0
  br i1 %in_one, label %one, label %two
one:
  %word_1 = select i1 %is_negative, i64 $int_minus_one, i64 $int_one
  store i64 %word_1, ptr %size_cell
  ret void
two:
  %high = trunc i64 %above to i32
  %high_cell = getelementptr i8, ptr %low_cell, i64 4
  store i32 %high, ptr %high_cell
  %word_2 = select i1 %is_negative, i64 $int_minus_two, i64 $int_two
  store i64 %word_2, ptr %size_cell
  ret void
}

; reads the items of the shadow; how many could be read, from the first
define internal i64 @read(ptr %row) nounwind {
entry:
  %overflow = alloca i32
  %shadow = call ptr @address(ptr %row, i64 $word_shadow)
  %n = call i64 @word(ptr %row, i64 $word_count)
  %data = call ptr @address(ptr %row, i64 $word_data)
  %code = call i64 @word(ptr %row, i64 $word_code)
  %type = call ptr @address(ptr %row, i64 $word_type)
  %offset = call i64 @word(ptr %row, i64 $word_offset)
  %true = call ptr @address(ptr %row, i64 $word_true)
  %reads_nan = call i64 @word(ptr %row, i64 $word_reads_nan)
  %stops_at_nan = icmp ne i64 %reads_nan, 0
  %items = call ptr @items_of(ptr %shadow)
  br label %head
head:
  %i = phi i64 [0, %entry], [%after, %next]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %item, label %done
item:
  %cell = getelementptr ptr, ptr %items, i64 %i
  %object = load ptr, ptr %cell
  %type_cell = getelementptr i8, ptr %object, i64 $type
  %its_type = load ptr, ptr %type_cell
  %right = icmp eq ptr %its_type, %type
  br i1 %right, label %choose, label %done
choose:
  switch i64 %code, label %done [i64 0, label %float i64 1, label %int
    i64 2, label %bool i64 3, label %complex]
float:
  %value_cell = getelementptr i8, ptr %object, i64 %offset
  %value = load i64, ptr %value_cell
  %at_float = getelementptr i64, ptr %data, i64 %i
  store i64 %value, ptr %at_float
  %nan = call i1 @is_nan(i64 0, ptr %value_cell)
  %stops = and i1 %nan, %stops_at_nan
  br i1 %stops, label %done, label %next
int:
  %at_int = getelementptr i64, ptr %data, i64 %i
  %is_short = call i1 @read_int(ptr %object, ptr %at_int)
  br i1 %is_short, label %next, label %long
long:
  %number = call i64 @PyLong_AsLongLongAndOverflow(ptr %object, ptr %overflow)
  %beyond = load i32, ptr %overflow
  %fits = icmp eq i32 %beyond, 0
  store i64 %number, ptr %at_int
  br i1 %fits, label %next, label %done
bool:
  %is_true = icmp eq ptr %object, %true
  %byte = zext i1 %is_true to i8
  %at_bool = getelementptr i8, ptr %data, i64 %i
  store i8 %byte, ptr %at_bool
  br label %next
complex:
  %pair_cell = getelementptr i8, ptr %object, i64 %offset
  %pair = load { i64, i64 }, ptr %pair_cell
  %at_complex = getelementptr { i64, i64 }, ptr %data, i64 %i
  store { i64, i64 } %pair, ptr %at_complex
  %half_nan = call i1 @is_nan(i64 3, ptr %pair_cell)
  %stops_there = and i1 %half_nan, %stops_at_nan
  br i1 %stops_there, label %done, label %next
next:
  %after = add i64 %i, 1
  br label %head
done:
  ret i64 %i
}

; a new object for the number at %at, or null with an exception
define internal ptr @make_item(ptr %row, ptr %at) nounwind {
entry:
  %code = call i64 @word(ptr %row, i64 $word_code)
  switch i64 %code, label %scalar [i64 0, label %float i64 1, label %int
    i64 2, label %bool i64 3, label %complex]
float:
  %double = load double, ptr %at
  %a_float = call ptr @PyFloat_FromDouble(double %double)
  ret ptr %a_float
int:
  %number = load i64, ptr %at
  %an_int = call ptr @PyLong_FromLongLong(i64 %number)
  ret ptr %an_int
bool:
  %byte = load i8, ptr %at
  %is_false = icmp eq i8 %byte, 0
  %true = call ptr @address(ptr %row, i64 $word_true)
  %false = call ptr @address(ptr %row, i64 $word_false)
  %a_bool = select i1 %is_false, ptr %false, ptr %true
  call void @Py_IncRef(ptr %a_bool)
  ret ptr %a_bool
complex:
  %second = getelementptr double, ptr %at, i64 1
  %real = load double, ptr %at
  %imaginary = load double, ptr %second
  %a_complex = call ptr @PyComplex_FromDoubles(double %real, double %imaginary)
  ret ptr %a_complex
scalar:
  %allocate = call ptr @address(ptr %row, i64 $word_allocate)
  %type = call ptr @address(ptr %row, i64 $word_type)
  %offset = call i64 @word(ptr %row, i64 $word_offset)
  %size = call i64 @word(ptr %row, i64 $word_size)
  %object = call ptr %allocate(ptr %type, i64 0)
  %failed = icmp eq ptr %object, null
  br i1 %failed, label %none, label %fill
fill:
  %inside = getelementptr i8, ptr %object, i64 %offset
  call void @llvm.memcpy.p0.p0.i64(ptr %inside, ptr %at, i64 %size, i1 false)
  ret ptr %object
none:
  ret ptr null
}

; the first number from %first on that the list does not have; the count if there is none
define internal i64 @next_change(ptr %data, ptr %mirror, i64 %size, i64 %first, i64 %n) nounwind {
entry:
  br label %head
head:
  %i = phi i64 [%first, %entry], [%skipped, %skip], [%after, %same]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %look, label %none
look:
  %low = and i64 %i, 63
  %at = mul i64 %i, %size
  %one = getelementptr i8, ptr %data, i64 %at
  %other = getelementptr i8, ptr %mirror, i64 %at
  %begins = icmp eq i64 %low, 0
  br i1 %begins, label %whole, label %single
whole:
  %left = sub i64 %n, %i
  %short = icmp ult i64 %left, 64
  %length = select i1 %short, i64 %left, i64 64
  %bytes = mul i64 %length, %size
  %compared = call i32 @memcmp(ptr %one, ptr %other, i64 %bytes)
  %equal = icmp eq i32 %compared, 0
  br i1 %equal, label %skip, label %single
skip:
  %skipped = add i64 %i, %length
  br label %head
single:
  switch i64 %size, label %pair [i64 1, label %byte i64 8, label %word]
byte:
  %b = load i8, ptr %one
  %b_other = load i8, ptr %other
  %b_differs = icmp ne i8 %b, %b_other
  br i1 %b_differs, label %found, label %same
word:
  %w = load i64, ptr %one
  %w_other = load i64, ptr %other
  %w_differs = icmp ne i64 %w, %w_other
  br i1 %w_differs, label %found, label %same
pair:
  %p_compared = call i32 @memcmp(ptr %one, ptr %other, i64 %size)
  %p_differs = icmp ne i32 %p_compared, 0
  br i1 %p_differs, label %found, label %same
same:
  %after = add i64 %i, 1
  br label %head
found:
  ret i64 %i
none:
  ret i64 %n
}

; whether a list is what its shadow is
define internal i1 @is_unchanged(ptr %row) nounwind {
entry:
  %list = call ptr @address(ptr %row, i64 $word_list)
  %shadow = call ptr @address(ptr %row, i64 $word_shadow)
  %n = call i64 @word(ptr %row, i64 $word_count)
  %size = call i64 @size_of(ptr %list)
  %same_size = icmp eq i64 %size, %n
  br i1 %same_size, label %compare, label %no
compare:
  %items = call ptr @items_of(ptr %list)
  %shadow_items = call ptr @items_of(ptr %shadow)
  %bytes = mul i64 %n, 8
  %compared = call i32 @memcmp(ptr %items, ptr %shadow_items, i64 %bytes)
  %same = icmp eq i32 %compared, 0
  ret i1 %same
no:
  ret i1 false
}

; makes an object for each number that the list does not have; 0, or why not
define internal i64 @create(ptr %row) nounwind {
entry:
  %made_cell = getelementptr i64, ptr %row, i64 $word_made
  store i64 0, ptr %made_cell
  %n = call i64 @word(ptr %row, i64 $word_count)
  %data = call ptr @address(ptr %row, i64 $word_data)
  %mirror = call ptr @address(ptr %row, i64 $word_mirror)
  %size = call i64 @word(ptr %row, i64 $word_size)
  %fresh = call ptr @address(ptr %row, i64 $word_fresh)
  %code = call i64 @word(ptr %row, i64 $word_code)
  %is_float = icmp eq i64 %code, 0
  %type = call ptr @address(ptr %row, i64 $word_type)
  %takes_nan = call i64 @word(ptr %row, i64 $word_takes_nan)
  %minds_nan = icmp eq i64 %takes_nan, 0
  %shadow = call ptr @address(ptr %row, i64 $word_shadow)
  %items = call ptr @items_of(ptr %shadow)
  %read_only = icmp eq ptr %mirror, null
  br i1 %read_only, label %well, label %head
head:
  %from = phi i64 [0, %entry], [%after, %keep]
  %count = phi i64 [0, %entry], [%more, %keep]
  %i = call i64 @next_change(ptr %data, ptr %mirror, i64 %size, i64 %from, i64 %n)
  %is_one = icmp ult i64 %i, %n
  br i1 %is_one, label %test, label %well
test:
  %place = mul i64 %i, %size
  %at = getelementptr i8, ptr %data, i64 %place
  %nan = call i1 @is_nan(i64 %code, ptr %at)
  %stops = and i1 %nan, %minds_nan
  br i1 %stops, label %odd, label %look
look: ; a number that only the list and the shadow know gets another value
  %item_cell = getelementptr ptr, ptr %items, i64 %i
  %item = load ptr, ptr %item_cell
  %references_cell = getelementptr i8, ptr %item, i64 $references
  %references = load i32, ptr %references_cell
  %is_ours = icmp eq i32 %references, 2
  %item_type_cell = getelementptr i8, ptr %item, i64 $type
  %item_type = load ptr, ptr %item_type_cell
  %is_its_type = icmp eq ptr %item_type, %type
  %is_our_own = and i1 %is_ours, %is_its_type
  br i1 %is_our_own, label %own, label %make
own:
  br i1 %is_float, label %keep, label %whole
whole:
  %is_int = icmp eq i64 %code, 1
  br i1 %is_int, label %digits, label %make
digits:
  %takes = call i1 @takes_int(ptr %item, ptr %at)
  br i1 %takes, label %keep, label %make
make:
  %object = call ptr @make_item(ptr %row, ptr %at)
  %failed = icmp eq ptr %object, null
  br i1 %failed, label %no, label %keep
keep:
  %kept = phi ptr [null, %own], [null, %digits], [%object, %make]
  %cell = getelementptr ptr, ptr %fresh, i64 %count
  store ptr %kept, ptr %cell
  %more = add i64 %count, 1
  store i64 %more, ptr %made_cell
  %after = add i64 %i, 1
  br label %head
well:
  ret i64 0
no:
  call void @PyErr_Clear()
  ret i64 2
odd:
  ret i64 3
}

; puts the objects that @create has made into the list and its shadow; null: the value alone
define internal void @install(ptr %row) nounwind {
entry:
  %made = call i64 @word(ptr %row, i64 $word_made)
  %n = call i64 @word(ptr %row, i64 $word_count)
  %data = call ptr @address(ptr %row, i64 $word_data)
  %mirror = call ptr @address(ptr %row, i64 $word_mirror)
  %size = call i64 @word(ptr %row, i64 $word_size)
  %fresh = call ptr @address(ptr %row, i64 $word_fresh)
  %code = call i64 @word(ptr %row, i64 $word_code)
  %offset = call i64 @word(ptr %row, i64 $word_offset)
  %list = call ptr @address(ptr %row, i64 $word_list)
  %shadow = call ptr @address(ptr %row, i64 $word_shadow)
  %items = call ptr @items_of(ptr %list)
  %shadow_items = call ptr @items_of(ptr %shadow)
  br label %head
head:
  %k = phi i64 [0, %entry], [%k_after, %set_int], [%k_after, %set_float], [%k_after, %replace]
  %from = phi i64 [0, %entry], [%after, %set_int], [%after, %set_float], [%after, %replace]
  %more = icmp ult i64 %k, %made
  br i1 %more, label %one, label %done
one:
  %i = call i64 @next_change(ptr %data, ptr %mirror, i64 %size, i64 %from, i64 %n)
  %fresh_cell = getelementptr ptr, ptr %fresh, i64 %k
  %object = load ptr, ptr %fresh_cell
  %cell = getelementptr ptr, ptr %items, i64 %i
  %shadow_cell = getelementptr ptr, ptr %shadow_items, i64 %i
  %old = load ptr, ptr %cell
  %place = mul i64 %i, %size
  %at = getelementptr i8, ptr %data, i64 %place
  %mirror_at = getelementptr i8, ptr %mirror, i64 %place
  call void @llvm.memcpy.p0.p0.i64(ptr %mirror_at, ptr %at, i64 %size, i1 false)
  %after = add i64 %i, 1
  %k_after = add i64 %k, 1
  %keeps = icmp eq ptr %object, null
  br i1 %keeps, label %set, label %replace
set:
  switch i64 %code, label %set_float [i64 1, label %set_int]
set_int:
  call void @write_int(ptr %old, ptr %at)
  br label %head
set_float:
  %value_cell = getelementptr i8, ptr %old, i64 %offset
  %value = load i64, ptr %at
  store i64 %value, ptr %value_cell
  br label %head
replace:
  call void @Py_IncRef(ptr %object)
  store ptr %object, ptr %cell
  store ptr %object, ptr %shadow_cell
  call void @Py_DecRef(ptr %old) ; a number: nobody's code runs
  call void @Py_DecRef(ptr %old)
  br label %head
done:
  ret void
}

; drops what @create has made; null is nothing
define internal void @drop(ptr %row) nounwind {
entry:
  %made = call i64 @word(ptr %row, i64 $word_made)
  %fresh = call ptr @address(ptr %row, i64 $word_fresh)
  br label %head
head:
  %k = phi i64 [0, %entry], [%after, %one]
  %more = icmp ult i64 %k, %made
  br i1 %more, label %one, label %done
one:
  %cell = getelementptr ptr, ptr %fresh, i64 %k
  %object = load ptr, ptr %cell
  call void @Py_DecRef(ptr %object) ; which takes null
  %after = add i64 %k, 1
  br label %head
done:
  ret void
}

; appends the shadow's items; false if there is no memory
define internal i1 @append(ptr %row) nounwind {
  %list = call ptr @address(ptr %row, i64 $word_list)
  %shadow = call ptr @address(ptr %row, i64 $word_shadow)
  %size = call i64 @size_of(ptr %list)
  %made_cell = getelementptr i64, ptr %row, i64 $word_made
  store i64 %size, ptr %made_cell
  %failed = call i32 @PyList_SetSlice(ptr %list, i64 %size, i64 %size, ptr %shadow)
  %well = icmp eq i32 %failed, 0
  ret i1 %well
}

; takes off again what @append has put there
define internal void @cut(ptr %row) nounwind {
  %list = call ptr @address(ptr %row, i64 $word_list)
  %size = call i64 @word(ptr %row, i64 $word_made)
  %now = call i64 @size_of(ptr %list)
  %ignored = call i32 @PyList_SetSlice(ptr %list, i64 %size, i64 %now, ptr null)
  call void @PyErr_Clear()
  ret void
}

define internal i64 @commit(ptr %table) nounwind {
entry:
  %n = load i64, ptr %table
  %first = getelementptr i64, ptr %table, i64 $commit_words
  br label %check
check:
  %c = phi i64 [0, %entry], [%c_after, %unchanged]
  %c_more = icmp ult i64 %c, %n
  br i1 %c_more, label %check_one, label %work
check_one:
  %c_at = mul i64 %c, $list_words
  %c_row = getelementptr i64, ptr %first, i64 %c_at
  %c_fresh = call ptr @address(ptr %c_row, i64 $word_fresh)
  %c_appends = icmp eq ptr %c_fresh, null
  br i1 %c_appends, label %unchanged, label %check_list
check_list:
  %is_same = call i1 @is_unchanged(ptr %c_row)
  br i1 %is_same, label %unchanged, label %changed
unchanged:
  %c_after = add i64 %c, 1
  br label %check
changed:
  ret i64 1
work:
  %w = phi i64 [0, %check], [%w_after, %worked]
  %w_more = icmp ult i64 %w, %n
  br i1 %w_more, label %work_one, label %finish
work_one:
  %w_at = mul i64 %w, $list_words
  %w_row = getelementptr i64, ptr %first, i64 %w_at
  %w_fresh = call ptr @address(ptr %w_row, i64 $word_fresh)
  %w_appends = icmp eq ptr %w_fresh, null
  br i1 %w_appends, label %append_one, label %create_one
append_one:
  %appended = call i1 @append(ptr %w_row)
  br i1 %appended, label %worked, label %undo_before
create_one:
  %created = call i64 @create(ptr %w_row)
  %well = icmp eq i64 %created, 0
  br i1 %well, label %worked, label %undo_this
worked:
  %w_after = add i64 %w, 1
  br label %work
undo_this:
  %and_this = add i64 %w, 1
  br label %undo
undo_before: ; what failed to append has appended nothing
  br label %undo
undo:
  %why = phi i64 [%why, %undo_next], [2, %undo_before], [%created, %undo_this]
  %u_end = phi i64 [%and_this, %undo_this], [%w, %undo_before], [%u, %undo_next]
  %u_more = icmp ne i64 %u_end, 0
  br i1 %u_more, label %undo_one, label %no_memory
undo_one:
  %u = sub i64 %u_end, 1
  %u_at = mul i64 %u, $list_words
  %u_row = getelementptr i64, ptr %first, i64 %u_at
  %u_fresh = call ptr @address(ptr %u_row, i64 $word_fresh)
  %u_appends = icmp eq ptr %u_fresh, null
  br i1 %u_appends, label %cut_one, label %drop_one
cut_one:
  call void @cut(ptr %u_row)
  br label %undo_next
drop_one:
  call void @drop(ptr %u_row)
  br label %undo_next
undo_next:
  br label %undo
no_memory:
  call void @PyErr_Clear()
  ret i64 %why
finish:
  %f = phi i64 [0, %work], [%f_after, %finished]
  %f_more = icmp ult i64 %f, %n
  br i1 %f_more, label %finish_one, label %done
finish_one:
  %f_at = mul i64 %f, $list_words
  %f_row = getelementptr i64, ptr %first, i64 %f_at
  %f_mirror = call ptr @address(ptr %f_row, i64 $word_mirror)
  %f_writes = icmp ne ptr %f_mirror, null
  br i1 %f_writes, label %install_one, label %finished
install_one:
  call void @install(ptr %f_row)
  br label %finished
finished:
  %f_after = add i64 %f, 1
  br label %finish
done:
  %token_cell = getelementptr i64, ptr %table, i64 2
  %token = load i64, ptr %token_cell
  %done_cell = getelementptr i64, ptr %table, i64 1
  store i64 %token, ptr %done_cell
  ret i64 0
}

define ptr @parloop_commit(ptr %self, ptr %arguments, i64 %n_arguments) nounwind {
  %object = load ptr, ptr %arguments
  %number = call i64 @PyLong_AsLongLong(ptr %object)
  %table = inttoptr i64 %number to ptr
  %status = call i64 @commit(ptr %table)
  %result = call ptr @PyLong_FromLongLong(i64 %status)
  ret ptr %result
}

define ptr @parloop_read(ptr %self, ptr %arguments, i64 %n_arguments) nounwind {
  %object = load ptr, ptr %arguments
  %number = call i64 @PyLong_AsLongLong(ptr %object)
  %row = inttoptr i64 %number to ptr
  %count = call i64 @read(ptr %row)
  %result = call ptr @PyLong_FromLongLong(i64 %count)
  ret ptr %result
}

; a new list of the numbers
define ptr @parloop_make(ptr %self, ptr %arguments, i64 %n_arguments) nounwind {
entry:
  %object = load ptr, ptr %arguments
  %number = call i64 @PyLong_AsLongLong(ptr %object)
  %row = inttoptr i64 %number to ptr
  %n = call i64 @word(ptr %row, i64 $word_count)
  %data = call ptr @address(ptr %row, i64 $word_data)
  %size = call i64 @word(ptr %row, i64 $word_size)
  %list = call ptr @PyList_New(i64 %n)
  %failed = icmp eq ptr %list, null
  br i1 %failed, label %none, label %fill
fill:
  %items = call ptr @items_of(ptr %list)
  br label %head
head:
  %i = phi i64 [0, %fill], [%after, %keep]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %one, label %done
one:
  %place = mul i64 %i, %size
  %at = getelementptr i8, ptr %data, i64 %place
  %item = call ptr @make_item(ptr %row, ptr %at)
  %no_item = icmp eq ptr %item, null
  br i1 %no_item, label %give_up, label %keep
keep:
  %cell = getelementptr ptr, ptr %items, i64 %i
  store ptr %item, ptr %cell
  %after = add i64 %i, 1
  br label %head
give_up:
  call void @Py_DecRef(ptr %list)
  br label %none
done:
  ret ptr %list
none:
  ret ptr null
}
"""
