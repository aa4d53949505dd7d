"""The native entry as LLVM IR: one function for every signature, which it reads from a table.

Beside it, the function that calls a kernel; in a module of its own, the one that launches again. A
table is a `bytes`, and the `self` of the built-in function that Python sees. It is made of 64-bit
words: the number of parameters, the number of pairs, eight words a parameter (`Row`), two words a
pair (which parameters, by number).
"""

from __future__ import annotations

from enum import IntEnum
from string import Template

from parloop.runtime.capi import Layout
from parloop.runtime.checks_ir import CHECKS_TEXT
from parloop.runtime.enter_ir import ENTER_EXTERNALS, ENTER_TEXT, enter_fields
from parloop.runtime.launch_ir import LAUNCH_TEXT, LaunchWord


class Row(IntEnum):
    """The words of one parameter in the table."""

    TYPE = 0  # the address of the class that the argument must have
    CODE = 1
    SLOT = 2  # in bytes from the beginning of the record
    VALUE = 3  # scalars: offset of the number; arrays: ndim; Python's bool: the address of True
    FLAGS = 4  # arrays: NumPy's flags that are looked at,
    WANTED = 5  # and what they must be
    TYPE_NUMBER = 6  # arrays: NumPy's number of the element type
    ITEM_SIZE = 7


class Code(IntEnum):
    """How an argument is read: the cases of the switch in `@pack`."""

    ARRAY = 0
    PYTHON_INT = 1
    PYTHON_BOOL = 2
    SIGNED_8 = 3
    SIGNED_16 = 4
    SIGNED_32 = 5
    WORD_64 = 6
    UNSIGNED_8 = 7
    UNSIGNED_16 = 8
    UNSIGNED_32 = 9
    TWO_64 = 10
    TWO_32 = 11


ROW_WORDS = len(Row)

OWNS_DATA = 4
"""NumPy's flag of an array that has allocated its elements itself."""

EXTERNALS = (
    *("PyLong_AsLongLong", "PyLong_AsLongLongAndOverflow", "PyLong_FromLongLong"),
    *("PyErr_SetString", "PyErr_Occurred"),
    *ENTER_EXTERNALS,
)


def entry_text(layout: Layout) -> str:
    """Return the module that defines two `METH_FASTCALL` functions.

    `parloop_pack` takes the address of the record and the arguments of the loop. `parloop_call`
    takes three integers, and calls with them the function whose address its table holds.
    """
    return Template(_PACK + _ENTRY).substitute(_fields(layout))


def launch_text(layout: Layout) -> str:
    """Return the module that defines the functions for launches that repeat.

    `parloop_enter` is what `enter_ir` says, `parloop_launch` a `METH_FASTCALL` function.

    The latter takes the address of a record, a range and a tuple; it packs them, and runs the whole
    loop if the record is what it was made for.
    """
    return Template(_PACK + LAUNCH_TEXT + CHECKS_TEXT + ENTER_TEXT).substitute(
        _fields(layout) | enter_fields()
    )


def _fields(layout: Layout) -> dict[str, object]:
    array = layout.array
    return {
        "type": layout.type,
        "bytes_data": layout.bytes_data,
        "tuple_size": layout.tuple_size,
        "tuple_items": layout.tuple_items,
        "range_start": layout.range_start,
        "launch_words": len(LaunchWord),
        **{name: getattr(array, name) for name in ("data", "ndim", "shape", "strides", "dtype")},
        **{name: getattr(array, name) for name in ("flags", "type_number", "byte_order", "base")},
        "owns_data": OWNS_DATA,
        "loads": "".join(_load(code, *how) for code, how in _LOADS.items()),
        "cases": " ".join(f"i64 {code.value}, label %{code.name}" for code in Code),
    }


_LOADS = {
    Code.SIGNED_8: ("i8", "sext"),
    Code.SIGNED_16: ("i16", "sext"),
    Code.SIGNED_32: ("i32", "sext"),
    Code.UNSIGNED_8: ("i8", "zext"),
    Code.UNSIGNED_16: ("i16", "zext"),
    Code.UNSIGNED_32: ("i32", "zext"),
}


def _load(code: Code, narrow: str, extend: str) -> str:
    name = code.name
    return f"""
{name}:
  %{name}.cell = getelementptr i8, ptr %object, i64 %value
  %{name}.value = load {narrow}, ptr %{name}.cell, align 1
  %{name}.word = {extend} {narrow} %{name}.value to i64
  store i64 %{name}.word, ptr %record_cell
  br label %next"""


_PACK = """
%row = type { ptr, i64, i64, i64, i64, i64, i64, i64 }
declare i64 @PyLong_AsLongLong(ptr) nounwind
declare i64 @PyLong_AsLongLongAndOverflow(ptr, ptr) nounwind
declare ptr @PyLong_FromLongLong(i64) nounwind
declare void @PyErr_SetString(ptr, ptr) nounwind
declare ptr @PyErr_Occurred() nounwind
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
@PyExc_TypeError = external global ptr
@message = internal constant [48 x i8] c"the arguments do not match the loop's signature\\00"

; Whether the elements of an array may have been allocated by others than NumPy.
define internal i1 @foreign(ptr %array) nounwind {
entry:
  %flags_cell = getelementptr i8, ptr %array, i64 $flags
  %flags = load i32, ptr %flags_cell
  %own = and i32 %flags, $owns_data
  %is_own = icmp ne i32 %own, 0
  br i1 %is_own, label %no, label %view
view:
  %base_cell = getelementptr i8, ptr %array, i64 $base
  %base = load ptr, ptr %base_cell
  %no_base = icmp eq ptr %base, null
  br i1 %no_base, label %yes, label %ask_type
ask_type:
  %type_cell = getelementptr i8, ptr %array, i64 $type
  %base_type_cell = getelementptr i8, ptr %base, i64 $type
  %type = load ptr, ptr %type_cell
  %base_type = load ptr, ptr %base_type_cell
  %same_type = icmp eq ptr %type, %base_type
  br i1 %same_type, label %ask_base, label %yes
ask_base:
  %base_flags_cell = getelementptr i8, ptr %base, i64 $flags
  %base_flags = load i32, ptr %base_flags_cell
  %base_own = and i32 %base_flags, $owns_data
  %base_is_foreign = icmp eq i32 %base_own, 0
  ret i1 %base_is_foreign
no:
  ret i1 false
yes:
  ret i1 true
}

; ranges: two words a parameter, the bytes that an array may touch; an empty array has none
define internal i64 @pack(ptr %table, ptr %arguments, ptr %record, ptr %ranges) nounwind {
entry:
  %overflow = alloca i32
  %n = load i64, ptr %table
  %pairs_cell = getelementptr i64, ptr %table, i64 1
  %n_pairs = load i64, ptr %pairs_cell
  %rows = getelementptr i64, ptr %table, i64 2
  br label %parameter

parameter:
  %i = phi i64 [0, %entry], [%i_after, %next]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %check_type, label %pairs
check_type:
  %object_cell = getelementptr ptr, ptr %arguments, i64 %i
  %object = load ptr, ptr %object_cell
  %type_cell = getelementptr i8, ptr %object, i64 $type
  %type = load ptr, ptr %type_cell
  %row = getelementptr %row, ptr %rows, i64 %i
  %wanted_type = load ptr, ptr %row
  %right_type = icmp eq ptr %type, %wanted_type
  br i1 %right_type, label %dispatch, label %mismatch
dispatch:
  %code_cell = getelementptr %row, ptr %row, i64 0, i32 1
  %slot_cell = getelementptr %row, ptr %row, i64 0, i32 2
  %value_cell = getelementptr %row, ptr %row, i64 0, i32 3
  %code = load i64, ptr %code_cell
  %slot = load i64, ptr %slot_cell
  %value = load i64, ptr %value_cell
  %record_cell = getelementptr i8, ptr %record, i64 %slot
  switch i64 %code, label %mismatch [$cases]

PYTHON_INT:
  %int = call i64 @PyLong_AsLongLongAndOverflow(ptr %object, ptr %overflow)
  %int_overflow = load i32, ptr %overflow
  %fits = icmp eq i32 %int_overflow, 0
  br i1 %fits, label %store_int, label %mismatch
store_int:
  store i64 %int, ptr %record_cell
  br label %next
PYTHON_BOOL:
  %address = ptrtoint ptr %object to i64
  %is_true = icmp eq i64 %address, %value
  %bool = zext i1 %is_true to i64
  store i64 %bool, ptr %record_cell
  br label %next
WORD_64:
  %word_cell = getelementptr i8, ptr %object, i64 %value
  %word = load i64, ptr %word_cell, align 1
  store i64 %word, ptr %record_cell
  br label %next
TWO_64:
  %first_cell = getelementptr i8, ptr %object, i64 %value
  %second_cell = getelementptr i8, ptr %first_cell, i64 8
  %first = load i64, ptr %first_cell, align 1
  %second = load i64, ptr %second_cell, align 1
  %second_word = getelementptr i64, ptr %record_cell, i64 1
  store i64 %first, ptr %record_cell
  store i64 %second, ptr %second_word
  br label %next
TWO_32:
  %first_half_cell = getelementptr i8, ptr %object, i64 %value
  %second_half_cell = getelementptr i8, ptr %first_half_cell, i64 4
  %first_half = load i32, ptr %first_half_cell, align 1
  %second_half = load i32, ptr %second_half_cell, align 1
  %first_wide = zext i32 %first_half to i64
  %second_wide = zext i32 %second_half to i64
  %second_wide_word = getelementptr i64, ptr %record_cell, i64 1
  store i64 %first_wide, ptr %record_cell
  store i64 %second_wide, ptr %second_wide_word
  br label %next
$loads

ARRAY:
  %ndim_cell = getelementptr i8, ptr %object, i64 $ndim
  %ndim = load i32, ptr %ndim_cell
  %ndim_wide = sext i32 %ndim to i64
  %flags_cell = getelementptr i8, ptr %object, i64 $flags
  %flags = load i32, ptr %flags_cell
  %flags_wide = zext i32 %flags to i64
  %dtype_cell = getelementptr i8, ptr %object, i64 $dtype
  %dtype = load ptr, ptr %dtype_cell
  %number_cell = getelementptr i8, ptr %dtype, i64 $type_number
  %number = load i32, ptr %number_cell
  %number_wide = sext i32 %number to i64
  %order_cell = getelementptr i8, ptr %dtype, i64 $byte_order
  %order = load i8, ptr %order_cell
  %mask_cell = getelementptr %row, ptr %row, i64 0, i32 4
  %wanted_flags_cell = getelementptr %row, ptr %row, i64 0, i32 5
  %wanted_number_cell = getelementptr %row, ptr %row, i64 0, i32 6
  %item_size_cell = getelementptr %row, ptr %row, i64 0, i32 7
  %mask = load i64, ptr %mask_cell
  %wanted_flags = load i64, ptr %wanted_flags_cell
  %wanted_number = load i64, ptr %wanted_number_cell
  %item_size = load i64, ptr %item_size_cell
  %right_ndim = icmp eq i64 %ndim_wide, %value
  %masked = and i64 %flags_wide, %mask
  %right_flags = icmp eq i64 %masked, %wanted_flags
  %right_number = icmp eq i64 %number_wide, %wanted_number
  %native = icmp eq i8 %order, 61 ; =
  %orderless = icmp eq i8 %order, 124 ; |
  %right_order = or i1 %native, %orderless
  %right_1 = and i1 %right_ndim, %right_flags
  %right_2 = and i1 %right_number, %right_order
  %right = and i1 %right_1, %right_2
  br i1 %right, label %copy, label %mismatch
copy:
  %data_cell = getelementptr i8, ptr %object, i64 $data
  %shape_cell = getelementptr i8, ptr %object, i64 $shape
  %strides_cell = getelementptr i8, ptr %object, i64 $strides
  %data = load i64, ptr %data_cell
  %shape = load ptr, ptr %shape_cell
  %strides = load ptr, ptr %strides_cell
  store i64 %data, ptr %record_cell
  %shape_words = getelementptr i64, ptr %record_cell, i64 1
  %strides_words = getelementptr i64, ptr %shape_words, i64 %ndim_wide
  br label %dimension
dimension:
  %d = phi i64 [0, %copy], [%d_after, %one]
  %lo = phi i64 [%data, %copy], [%lo_after, %one]
  %hi = phi i64 [%data, %copy], [%hi_after, %one]
  %empty = phi i1 [false, %copy], [%empty_after, %one]
  %more_dimensions = icmp slt i64 %d, %ndim_wide
  br i1 %more_dimensions, label %one, label %range
one:
  %extent_cell = getelementptr i64, ptr %shape, i64 %d
  %stride_cell = getelementptr i64, ptr %strides, i64 %d
  %extent = load i64, ptr %extent_cell
  %stride = load i64, ptr %stride_cell
  %extent_word = getelementptr i64, ptr %shape_words, i64 %d
  %stride_word = getelementptr i64, ptr %strides_words, i64 %d
  store i64 %extent, ptr %extent_word
  store i64 %stride, ptr %stride_word
  %steps = sub i64 %extent, 1
  %reach = mul i64 %steps, %stride
  %backwards = icmp slt i64 %reach, 0
  %down = select i1 %backwards, i64 %reach, i64 0
  %up = select i1 %backwards, i64 0, i64 %reach
  %lo_after = add i64 %lo, %down
  %hi_after = add i64 %hi, %up
  %no_extent = icmp eq i64 %extent, 0
  %empty_after = or i1 %empty, %no_extent
  %d_after = add i64 %d, 1
  br label %dimension
range:
  %end = add i64 %hi, %item_size
  %range_lo = select i1 %empty, i64 -1, i64 %lo
  %range_hi = select i1 %empty, i64 0, i64 %end
  %range_cell = getelementptr { i64, i64 }, ptr %ranges, i64 %i
  %range_hi_cell = getelementptr i64, ptr %range_cell, i64 1
  store i64 %range_lo, ptr %range_cell
  store i64 %range_hi, ptr %range_hi_cell
  br label %next

next:
  %i_after = add i64 %i, 1
  br label %parameter
mismatch:
  %which = add i64 %i, 1
  ret i64 %which

pairs:
  %pair_rows = getelementptr %row, ptr %rows, i64 %n
  br label %pair
pair:
  %p = phi i64 [0, %pairs], [%p_after, %disjoint]
  %more_pairs = icmp ult i64 %p, %n_pairs
  br i1 %more_pairs, label %compare, label %match
compare:
  %pair_cell = getelementptr { i64, i64 }, ptr %pair_rows, i64 %p
  %other_cell = getelementptr i64, ptr %pair_cell, i64 1
  %one_parameter = load i64, ptr %pair_cell
  %other_parameter = load i64, ptr %other_cell
  %one_range = getelementptr { i64, i64 }, ptr %ranges, i64 %one_parameter
  %other_range = getelementptr { i64, i64 }, ptr %ranges, i64 %other_parameter
  %one_hi_cell = getelementptr i64, ptr %one_range, i64 1
  %other_hi_cell = getelementptr i64, ptr %other_range, i64 1
  %one_lo = load i64, ptr %one_range
  %one_hi = load i64, ptr %one_hi_cell
  %other_lo = load i64, ptr %other_range
  %other_hi = load i64, ptr %other_hi_cell
  %below = icmp ult i64 %one_lo, %other_hi
  %above = icmp ult i64 %other_lo, %one_hi
  %overlap = and i1 %below, %above
  br i1 %overlap, label %overlaps, label %ask_one
ask_one: ; memory that is mapped twice has two addresses
  %one_object_cell = getelementptr ptr, ptr %arguments, i64 %one_parameter
  %one_object = load ptr, ptr %one_object_cell
  %one_is_foreign = call i1 @foreign(ptr %one_object)
  br i1 %one_is_foreign, label %ask_other, label %disjoint
ask_other:
  %other_object_cell = getelementptr ptr, ptr %arguments, i64 %other_parameter
  %other_object = load ptr, ptr %other_object_cell
  %other_is_foreign = call i1 @foreign(ptr %other_object)
  br i1 %other_is_foreign, label %overlaps, label %disjoint
disjoint:
  %p_after = add i64 %p, 1
  br label %pair
overlaps:
  %minus_p = xor i64 %p, -1
  ret i64 %minus_p
match:
  ret i64 0
}
"""

_ENTRY = """
define ptr @parloop_pack(ptr %self, ptr %arguments, i64 %n_arguments) nounwind {
entry:
  %table = getelementptr i8, ptr %self, i64 $bytes_data
  %n = load i64, ptr %table
  %n_expected = add i64 %n, 1
  %right_number = icmp eq i64 %n_arguments, %n_expected
  br i1 %right_number, label %get_record, label %wrong_number
get_record:
  %record_object = load ptr, ptr %arguments
  %record_address = call i64 @PyLong_AsLongLong(ptr %record_object)
  %suspicious = icmp eq i64 %record_address, -1
  br i1 %suspicious, label %ask, label %go
ask:
  %error = call ptr @PyErr_Occurred()
  %no_error = icmp eq ptr %error, null
  br i1 %no_error, label %wrong_number, label %fail
go:
  %record = inttoptr i64 %record_address to ptr
  %rest = getelementptr ptr, ptr %arguments, i64 1
  %ranges = alloca { i64, i64 }, i64 %n
  %result = call i64 @pack(ptr %table, ptr %rest, ptr %record, ptr %ranges)
  %answer = call ptr @PyLong_FromLongLong(i64 %result)
  ret ptr %answer
wrong_number:
  %type_error = load ptr, ptr @PyExc_TypeError
  call void @PyErr_SetString(ptr %type_error, ptr @message)
  br label %fail
fail:
  ret ptr null
}

define ptr @parloop_call(ptr %self, ptr %arguments, i64 %n_arguments) nounwind {
entry:
  %right_number = icmp eq i64 %n_arguments, 3
  br i1 %right_number, label %go, label %wrong_number
go:
  %table = getelementptr i8, ptr %self, i64 $bytes_data
  %kernel = load ptr, ptr %table
  %second_cell = getelementptr ptr, ptr %arguments, i64 1
  %third_cell = getelementptr ptr, ptr %arguments, i64 2
  %first_object = load ptr, ptr %arguments
  %second_object = load ptr, ptr %second_cell
  %third_object = load ptr, ptr %third_cell
  %first = call i64 @PyLong_AsLongLong(ptr %first_object)
  %second = call i64 @PyLong_AsLongLong(ptr %second_object)
  %third = call i64 @PyLong_AsLongLong(ptr %third_object)
  %first_odd = icmp eq i64 %first, -1
  %second_odd = icmp eq i64 %second, -1
  %third_odd = icmp eq i64 %third, -1
  %some_odd = or i1 %first_odd, %second_odd
  %odd = or i1 %some_odd, %third_odd
  br i1 %odd, label %ask, label %run
ask:
  %bad_argument = call ptr @PyErr_Occurred()
  %good_arguments = icmp eq ptr %bad_argument, null
  br i1 %good_arguments, label %run, label %fail
run:
  %status = call i64 %kernel(i64 %first, i64 %second, i64 %third)
  %error = call ptr @PyErr_Occurred() ; what a signal's handler raised, when the kernel asked
  %no_error = icmp eq ptr %error, null
  br i1 %no_error, label %answer, label %fail
answer:
  %result = call ptr @PyLong_FromLongLong(i64 %status)
  ret ptr %result
wrong_number:
  %type_error = load ptr, ptr @PyExc_TypeError
  call void @PyErr_SetString(ptr %type_error, ptr @message)
  br label %fail
fail:
  ret ptr null
}
"""
