"""The native function that packs a record and runs the whole loop, as LLVM IR.

`entry_ir` puts it beside `@pack`, which it calls.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class LaunchWord(IntEnum):
    """The words that the table of a launch begins with.

    Two words for each key follow, where it is in the record (in bytes) and what it has to be, and
    one word for each parameter: its place in the tuple.
    """

    TABLE = 0  # the address of the table of the signature
    TEMPLATE = 1  # the address of what a record has in it at first, and how many bytes that is
    TEMPLATE_BYTES = 2
    SCRATCH = 3  # in bytes from the beginning of the record: the word for the scratch memory
    KERNEL = 4  # the address of the kernel
    TRIPS = 5
    KEYS = 6
    ITEMS = 7  # how many items the tuple must have


LAUNCH_TEXT: Final = """
; a bound of a range, and a word that is not 0 if it does not fit
define internal { i64, i32 } @bound(ptr %range, i64 %offset) nounwind {
  %overflow = alloca i32
  %cell = getelementptr i8, ptr %range, i64 %offset
  %object = load ptr, ptr %cell
  %value = call i64 @PyLong_AsLongLongAndOverflow(ptr %object, ptr %overflow)
  %odd = load i32, ptr %overflow
  %half = insertvalue { i64, i32 } undef, i64 %value, 0
  %both = insertvalue { i64, i32 } %half, i32 %odd, 1
  ret { i64, i32 } %both
}

; fills a record from a range and `items`, which are %n_objects; true if the launch may be run
define internal i1 @prepare(ptr %head, ptr %record, ptr %range, ptr %items, i64 %n_objects)
    noinline nounwind {
entry:
  %template_cell = getelementptr i64, ptr %head, i64 1
  %bytes_cell = getelementptr i64, ptr %head, i64 2
  %scratch_cell = getelementptr i64, ptr %head, i64 3
  %keys_cell = getelementptr i64, ptr %head, i64 6
  %items_cell = getelementptr i64, ptr %head, i64 7
  %table = load ptr, ptr %head
  %template = load ptr, ptr %template_cell
  %bytes = load i64, ptr %bytes_cell
  %scratch_at = load i64, ptr %scratch_cell
  %n_keys = load i64, ptr %keys_cell
  %n_items = load i64, ptr %items_cell
  %right_size = icmp eq i64 %n_objects, %n_items
  br i1 %right_size, label %fill, label %mismatch
fill:
  call void @llvm.memcpy.p0.p0.i64(ptr %record, ptr %template, i64 %bytes, i1 false)
  %scratch = getelementptr i8, ptr %record, i64 %scratch_at
  %scratch_memory = getelementptr i8, ptr %record, i64 %bytes
  store ptr %scratch_memory, ptr %scratch
  %start_at = add i64 $range_start, 0
  %stop_at = add i64 $range_start, 8
  %step_at = add i64 $range_start, 16
  %start = call { i64, i32 } @bound(ptr %range, i64 %start_at)
  %stop = call { i64, i32 } @bound(ptr %range, i64 %stop_at)
  %step = call { i64, i32 } @bound(ptr %range, i64 %step_at)
  %start_value = extractvalue { i64, i32 } %start, 0
  %stop_value = extractvalue { i64, i32 } %stop, 0
  %step_value = extractvalue { i64, i32 } %step, 0
  %start_odd = extractvalue { i64, i32 } %start, 1
  %stop_odd = extractvalue { i64, i32 } %stop, 1
  %step_odd = extractvalue { i64, i32 } %step, 1
  %stop_word = getelementptr i64, ptr %record, i64 1
  %step_word = getelementptr i64, ptr %record, i64 2
  store i64 %start_value, ptr %record
  store i64 %stop_value, ptr %stop_word
  store i64 %step_value, ptr %step_word
  %some_odd = or i32 %start_odd, %stop_odd
  %odd = or i32 %some_odd, %step_odd
  %fit = icmp eq i32 %odd, 0
  br i1 %fit, label %order, label %mismatch
order:
  %n = load i64, ptr %table
  %chosen = alloca ptr, i64 %n
  %ranges = alloca { i64, i64 }, i64 %n
  %keys = getelementptr i64, ptr %head, i64 $launch_words
  %places = getelementptr { i64, i64 }, ptr %keys, i64 %n_keys
  br label %choose
choose:
  %c = phi i64 [0, %order], [%c_after, %one]
  %more = icmp ult i64 %c, %n
  br i1 %more, label %one, label %pack
one:
  %place_cell = getelementptr i64, ptr %places, i64 %c
  %place = load i64, ptr %place_cell
  %item_cell = getelementptr ptr, ptr %items, i64 %place
  %item = load ptr, ptr %item_cell
  %chosen_cell = getelementptr ptr, ptr %chosen, i64 %c
  store ptr %item, ptr %chosen_cell
  %c_after = add i64 %c, 1
  br label %choose
pack:
  %packed = call i64 @pack(ptr %table, ptr %chosen, ptr %record, ptr %ranges)
  %well = icmp eq i64 %packed, 0
  br i1 %well, label %key, label %mismatch
key:
  %k = phi i64 [0, %pack], [%k_after, %same]
  %more_keys = icmp ult i64 %k, %n_keys
  br i1 %more_keys, label %compare, label %match
compare:
  %key_cell = getelementptr { i64, i64 }, ptr %keys, i64 %k
  %wanted_cell = getelementptr i64, ptr %key_cell, i64 1
  %where = load i64, ptr %key_cell
  %wanted = load i64, ptr %wanted_cell
  %word = getelementptr i8, ptr %record, i64 %where
  %found = load i64, ptr %word
  %equal = icmp eq i64 %found, %wanted
  br i1 %equal, label %same, label %mismatch
same:
  %k_after = add i64 %k, 1
  br label %key
match:
  ret i1 true
mismatch:
  ret i1 false
}

define ptr @parloop_launch(ptr %self, ptr %arguments, i64 %n_arguments) nounwind {
entry:
  %head = getelementptr i8, ptr %self, i64 $bytes_data
  %right_number = icmp eq i64 %n_arguments, 3
  br i1 %right_number, label %go, label %wrong_number
go:
  %range_cell = getelementptr ptr, ptr %arguments, i64 1
  %tuple_cell = getelementptr ptr, ptr %arguments, i64 2
  %record_object = load ptr, ptr %arguments
  %range = load ptr, ptr %range_cell
  %tuple = load ptr, ptr %tuple_cell
  %record_address = call i64 @PyLong_AsLongLong(ptr %record_object)
  %record = inttoptr i64 %record_address to ptr
  %kernel_cell = getelementptr i64, ptr %head, i64 4
  %trips_cell = getelementptr i64, ptr %head, i64 5
  %kernel = load ptr, ptr %kernel_cell
  %trips = load i64, ptr %trips_cell
  %size_cell = getelementptr i8, ptr %tuple, i64 $tuple_size
  %size = load i64, ptr %size_cell
  %items = getelementptr i8, ptr %tuple, i64 $tuple_items
  %may = call i1 @prepare(ptr %head, ptr %record, ptr %range, ptr %items, i64 %size)
  br i1 %may, label %run, label %mismatch
run:
  %status = call i64 %kernel(ptr %record, i64 0, i64 %trips)
  %error = call ptr @PyErr_Occurred() ; what a signal's handler raised, when the kernel asked
  %no_error = icmp eq ptr %error, null
  br i1 %no_error, label %answer, label %fail
answer:
  %result = call ptr @PyLong_FromLongLong(i64 %status)
  ret ptr %result
mismatch:
  %no = call ptr @PyLong_FromLongLong(i64 -1)
  ret ptr %no
wrong_number:
  %type_error = load ptr, ptr @PyExc_TypeError
  call void @PyErr_SetString(ptr %type_error, ptr @message)
  br label %fail
fail:
  ret ptr null
}
"""
