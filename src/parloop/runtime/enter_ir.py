"""The native function that stands in place of a site where earlier launches repeat, as LLVM IR.

It compares what the decisions came from, runs the loop and makes the row to bind, without a line of
Python. `runtime.enter` makes its tables of 64-bit words; `entry_ir` puts it beside `@prepare`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from parloop.runtime.checks_ir import Check


class HeadWord(IntEnum):
    """The words that an object in place of a site points to; the addresses of launches follow."""

    SITE = 0  # what to call with the tuple if no launch is as before
    LAUNCHES = 1  # how many there are


class RepeatWord(IntEnum):
    """The words that the table of one launch begins with.

    The rows follow: four words for each check; three for each saved array (where its data pointer
    is in the record, in bytes, the size, the address of the copy); two for each output (where its
    tag is in the record, or -1, and the address of its first value row); and the value rows.
    """

    LAUNCH = 0  # the address of a table as in `launch_ir`
    RECORD = 1  # the address of the record
    BUSY = 2  # not 0 while a thread uses the record
    GIVEN = 3  # how many items the tuple has
    CHECKS = 4
    LOOKED_UP = 5  # how many of the checks look a value up
    SAVED = 6
    OUTPUTS = 7
    AFTER = 8  # what to call with the tuple, the status, an exception or None if something happened
    NONE = 9  # the address of None
    HARMFUL = 10  # the bits of a status that say so
    BROKE = 11  # where the record says, in bytes, that the loop was left by `break`, or 0
    CLOCK = 12
    COUNTS = 13  # the address of what the site's record has not counted yet: `stats.Count`
    THREADS = 14
    WAYS = 15  # not 0 where a `break` may stand for a `return`, which is Python's


ENTER_EXTERNALS: Final = (
    *("PyEval_GetGlobals", "PyEval_GetBuiltins", "PyDict_GetItemWithError", "PyDict_Size"),
    *("PyObject_RichCompareBool", "PyContextVar_Get", "PyObject_CallNoArgs"),
    *("PyObject_CallOneArg", "PyObject_CallFunctionObjArgs", "PyErr_Clear", "PyErr_Fetch"),
    *("PyErr_NormalizeException", "PyException_SetTraceback", "Py_IncRef", "Py_DecRef"),
    *("PyTuple_New", "PyTuple_SetItem", "PyFloat_FromDouble", "PyComplex_FromDoubles"),
    "PyEval_GetLocals",
)
"""Functions of the C-API; `clock_gettime`, `PyTuple_Type` and `PyRange_Type` come in addition."""

ENTER_TEXT: Final = """
declare ptr @PyEval_GetGlobals() nounwind
declare ptr @PyEval_GetLocals() nounwind
declare ptr @PyEval_GetBuiltins() nounwind
declare ptr @PyDict_GetItemWithError(ptr, ptr) nounwind
declare i64 @PyDict_Size(ptr) nounwind
declare i32 @PyObject_RichCompareBool(ptr, ptr, i32) nounwind
declare i32 @PyContextVar_Get(ptr, ptr, ptr) nounwind
declare ptr @PyObject_CallNoArgs(ptr) nounwind
declare ptr @PyObject_CallOneArg(ptr, ptr) nounwind
declare ptr @PyObject_CallFunctionObjArgs(ptr, ...) nounwind
declare void @PyErr_Clear() nounwind
declare void @PyErr_Fetch(ptr, ptr, ptr) nounwind
declare void @PyErr_NormalizeException(ptr, ptr, ptr) nounwind
declare i32 @PyException_SetTraceback(ptr, ptr) nounwind
declare void @Py_IncRef(ptr) nounwind
declare void @Py_DecRef(ptr) nounwind
declare ptr @PyTuple_New(i64) nounwind
declare i32 @PyTuple_SetItem(ptr, i64, ptr) nounwind
declare ptr @PyFloat_FromDouble(double) nounwind
declare ptr @PyComplex_FromDoubles(double, double) nounwind
declare i32 @parloop_clock(i32, ptr) nounwind
@PyTuple_Type = external global i8
@PyRange_Type = external global i8

; fetches the current exception: a new reference
define internal ptr @fetch() noinline nounwind {
entry:
  %type = alloca ptr
  %value = alloca ptr
  %trace = alloca ptr
  call void @PyErr_Fetch(ptr %type, ptr %value, ptr %trace)
  call void @PyErr_NormalizeException(ptr %type, ptr %value, ptr %trace)
  %exception = load ptr, ptr %value
  %kind = load ptr, ptr %type
  %lines = load ptr, ptr %trace
  call void @Py_DecRef(ptr %kind)
  %none = icmp eq ptr %lines, null
  br i1 %none, label %done, label %attach
attach:
  %attached = call i32 @PyException_SetTraceback(ptr %exception, ptr %lines)
  call void @Py_DecRef(ptr %lines)
  br label %done
done:
  ret ptr %exception
}

; hands over to Python what it takes to go on after a run; an exception that is not of this doing,
; but a signal handler's, is handed over too
define internal ptr @hand_over(ptr %table, ptr %given, i64 %status) noinline nounwind {
entry:
  %after_cell = getelementptr i64, ptr %table, i64 $repeat_after
  %none_cell = getelementptr i64, ptr %table, i64 $repeat_none
  %after = load ptr, ptr %after_cell
  %none = load ptr, ptr %none_cell
  %error = call ptr @PyErr_Occurred()
  %no_error = icmp eq ptr %error, null
  br i1 %no_error, label %calm, label %interrupted
calm:
  call void @Py_IncRef(ptr %none)
  br label %first
interrupted:
  %interrupt = call ptr @fetch()
  br label %first
first:
  %cause = phi ptr [%none, %calm], [%interrupt, %interrupted]
  %number = call ptr @PyLong_FromLongLong(i64 %status)
  %rows = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %after, ptr %given, ptr %number,
    ptr %cause, ptr null)
  call void @Py_DecRef(ptr %cause)
  %failed = icmp eq ptr %rows, null
  br i1 %failed, label %second, label %done
second:
  %late = call ptr @fetch()
  %rows_again = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %after, ptr %given,
    ptr %number, ptr %late, ptr null)
  call void @Py_DecRef(ptr %late)
  br label %done
done:
  %answer = phi ptr [%rows, %first], [%rows_again, %second]
  call void @Py_DecRef(ptr %number)
  ret ptr %answer
}

define internal i64 @now(i32 %clock) noinline nounwind {
  %time = alloca { i64, i64 }
  store { i64, i64 } zeroinitializer, ptr %time
  %called = call i32 @parloop_clock(i32 %clock, ptr %time)
  %rest_cell = getelementptr i64, ptr %time, i64 1
  %seconds = load i64, ptr %time
  %rest = load i64, ptr %rest_cell
  %whole = mul i64 %seconds, 1000000000
  %sum = add i64 %whole, %rest
  ret i64 %sum
}

; runs the loop if all is as in one launch; 1 if it is not, null with an exception
define internal ptr @attempt(ptr %table, ptr %given) noinline nounwind {
entry:
  %busy_cell = getelementptr i64, ptr %table, i64 $repeat_busy
  %given_cell = getelementptr i64, ptr %table, i64 $repeat_given
  %busy = load i64, ptr %busy_cell
  %n_given = load i64, ptr %given_cell
  %size_cell = getelementptr i8, ptr %given, i64 $tuple_size
  %size = load i64, ptr %size_cell
  %items = getelementptr i8, ptr %given, i64 $tuple_items
  %free = icmp eq i64 %busy, 0
  %right_size = icmp eq i64 %size, %n_given
  %may_begin = and i1 %free, %right_size
  br i1 %may_begin, label %begin, label %mismatch
begin:
  %range = load ptr, ptr %items
  %range_type_cell = getelementptr i8, ptr %range, i64 $type
  %range_type = load ptr, ptr %range_type_cell
  %is_range = icmp eq ptr %range_type, @PyRange_Type
  br i1 %is_range, label %allocate, label %mismatch
allocate: ; first of all, because it may start a collection, which may run anything
  %outputs_cell = getelementptr i64, ptr %table, i64 $repeat_outputs
  %n_outputs = load i64, ptr %outputs_cell
  %outer = call ptr @PyTuple_New(i64 1)
  %no_outer = icmp eq ptr %outer, null
  br i1 %no_outer, label %no_memory, label %allocate_row
no_memory:
  call void @PyErr_Clear()
  br label %mismatch
allocate_row:
  %row = call ptr @PyTuple_New(i64 %n_outputs)
  %no_row = icmp eq ptr %row, null
  br i1 %no_row, label %drop_outer, label %tell
drop_outer:
  call void @PyErr_Clear()
  call void @Py_DecRef(ptr %outer)
  br label %mismatch
tell:
  %set_row = call i32 @PyTuple_SetItem(ptr %outer, i64 0, ptr %row) ; which owns it from now on
  %checks_cell = getelementptr i64, ptr %table, i64 $repeat_checks
  %looked_cell = getelementptr i64, ptr %table, i64 $repeat_looked_up
  %saved_cell = getelementptr i64, ptr %table, i64 $repeat_saved
  %n_checks = load i64, ptr %checks_cell
  %n_looked = load i64, ptr %looked_cell
  %n_saved = load i64, ptr %saved_cell
  %n_passed = sub i64 %n_given, 1
  %n_objects = add i64 %n_passed, %n_looked
  %objects = alloca ptr, i64 %n_objects
  %passed = getelementptr ptr, ptr %items, i64 1
  %passed_bytes = mul i64 %n_passed, 8
  call void @llvm.memcpy.p0.p0.i64(ptr %objects, ptr %passed, i64 %passed_bytes, i1 false)
  %looked = getelementptr ptr, ptr %objects, i64 %n_passed
  %checks = getelementptr i64, ptr %table, i64 $repeat_words
  br label %check
check:
  %i = phi i64 [0, %tell], [%i_after, %held]
  %l = phi i64 [0, %tell], [%l_after, %held]
  %more_checks = icmp ult i64 %i, %n_checks
  br i1 %more_checks, label %one_check, label %fill
one_check:
  %check_row = getelementptr %check, ptr %checks, i64 %i
  %found_cell = getelementptr ptr, ptr %looked, i64 %l
  %holds = call i1 @holds(ptr %check_row, ptr %items, ptr %found_cell)
  br i1 %holds, label %held, label %give_up
held:
  %code = load i64, ptr %check_row
  %looks_up = icmp eq i64 %code, $check_look_up
  %one_more = zext i1 %looks_up to i64
  %l_after = add i64 %l, %one_more
  %i_after = add i64 %i, 1
  br label %check

fill: ; nothing in here runs any Python until the kernel does
  %launch = load ptr, ptr %table
  %record_cell = getelementptr i64, ptr %table, i64 $repeat_record
  %record = load ptr, ptr %record_cell
  %still_busy = load i64, ptr %busy_cell
  %still_free = icmp eq i64 %still_busy, 0
  br i1 %still_free, label %prepare, label %give_up
prepare:
  %prepared = call i1 @prepare(ptr %launch, ptr %record, ptr %range, ptr %objects, i64 %n_objects)
  br i1 %prepared, label %save, label %give_up
save:
  %saved_rows = getelementptr %check, ptr %checks, i64 %n_checks
  br label %next_saved
next_saved:
  %s = phi i64 [0, %save], [%s_after, %save_one]
  %more_saved = icmp ult i64 %s, %n_saved
  br i1 %more_saved, label %save_one, label %run
save_one:
  %saved_row = getelementptr { i64, i64, ptr }, ptr %saved_rows, i64 %s
  %bytes_cell = getelementptr i64, ptr %saved_row, i64 1
  %buffer_cell = getelementptr i64, ptr %saved_row, i64 2
  %where = load i64, ptr %saved_row
  %bytes = load i64, ptr %bytes_cell
  %buffer = load ptr, ptr %buffer_cell
  %data_cell = getelementptr i8, ptr %record, i64 %where
  %data = load ptr, ptr %data_cell
  call void @llvm.memcpy.p0.p0.i64(ptr %buffer, ptr %data, i64 %bytes, i1 false)
  %s_after = add i64 %s, 1
  br label %next_saved

run:
  %kernel_cell = getelementptr i64, ptr %launch, i64 4
  %trips_cell = getelementptr i64, ptr %launch, i64 5
  %clock_cell = getelementptr i64, ptr %table, i64 $repeat_clock
  %harmful_cell = getelementptr i64, ptr %table, i64 $repeat_harmful
  %broke_cell = getelementptr i64, ptr %table, i64 $repeat_broke
  %kernel = load ptr, ptr %kernel_cell
  %trips = load i64, ptr %trips_cell
  %clock_wide = load i64, ptr %clock_cell
  %harmful = load i64, ptr %harmful_cell
  %broke_at = load i64, ptr %broke_cell
  %clock = trunc i64 %clock_wide to i32
  store i64 1, ptr %busy_cell
  %began = call i64 @now(i32 %clock)
  %status = call i64 %kernel(ptr %record, i64 0, i64 %trips)
  %error = call ptr @PyErr_Occurred() ; what a signal's handler raised, when the kernel asked
  %no_error = icmp eq ptr %error, null
  %bits = and i64 %status, %harmful
  %harmless = icmp eq i64 %bits, 0
  br i1 %harmless, label %count, label %trouble
count:
  %ended = call i64 @now(i32 %clock)
  %spent = sub i64 %ended, %began
  %may_break = icmp ne i64 %broke_at, 0
  br i1 %may_break, label %look_for_break, label %add
look_for_break:
  %broke_word_cell = getelementptr i8, ptr %record, i64 %broke_at
  %broke_word = load i64, ptr %broke_word_cell
  %broke = icmp ne i64 %broke_word, 0
  %until = sub i64 %broke_word, 1
  %done_or_broke = select i1 %broke, i64 %until, i64 %trips
  br label %add
add:
  %done = phi i64 [%trips, %count], [%done_or_broke, %look_for_break]
  %has_left = phi i1 [false, %count], [%broke, %look_for_break]
  %counts_cell = getelementptr i64, ptr %table, i64 $repeat_counts
  %counts = load ptr, ptr %counts_cell
  %iterations_cell = getelementptr i64, ptr %counts, i64 1
  %nanoseconds_cell = getelementptr i64, ptr %counts, i64 2
  %most_threads_cell = getelementptr i64, ptr %counts, i64 3
  %threads_cell = getelementptr i64, ptr %table, i64 $repeat_threads
  %runs = load i64, ptr %counts
  %iterations = load i64, ptr %iterations_cell
  %nanoseconds = load i64, ptr %nanoseconds_cell
  %most_threads = load i64, ptr %most_threads_cell
  %threads = load i64, ptr %threads_cell
  %runs_after = add i64 %runs, 1
  %iterations_after = add i64 %iterations, %done
  %nanoseconds_after = add i64 %nanoseconds, %spent
  %fewer = icmp slt i64 %most_threads, %threads
  %threads_after = select i1 %fewer, i64 %threads, i64 %most_threads
  store i64 %runs_after, ptr %counts
  store i64 %iterations_after, ptr %iterations_cell
  store i64 %nanoseconds_after, ptr %nanoseconds_cell
  store i64 %threads_after, ptr %most_threads_cell
  %ways_cell = getelementptr i64, ptr %table, i64 $repeat_ways
  %ways = load i64, ptr %ways_cell
  %has_ways = icmp ne i64 %ways, 0
  %may_return = and i1 %has_left, %has_ways
  %stays = xor i1 %may_return, true
  %fine = and i1 %no_error, %stays
  br i1 %fine, label %values, label %trouble

values:
  %outputs = getelementptr { i64, i64, ptr }, ptr %saved_rows, i64 %n_saved
  %row_items = getelementptr i8, ptr %row, i64 $tuple_items
  br label %output
output:
  %o = phi i64 [0, %values], [%o_after, %made]
  %more_outputs = icmp ult i64 %o, %n_outputs
  br i1 %more_outputs, label %one_output, label %finish
one_output:
  %output_row = getelementptr { i64, ptr }, ptr %outputs, i64 %o
  %first_cell = getelementptr i64, ptr %output_row, i64 1
  %tag_at = load i64, ptr %output_row
  %first = load ptr, ptr %first_cell
  %has_tag = icmp sge i64 %tag_at, 0
  br i1 %has_tag, label %read_tag, label %make
read_tag:
  %tag_cell = getelementptr i8, ptr %record, i64 %tag_at
  %tag_word = load i64, ptr %tag_cell
  br label %make
make:
  %tag = phi i64 [0, %one_output], [%tag_word, %read_tag]
  %value_row = getelementptr { i64, i64, i64, i64, i64, i64 }, ptr %first, i64 %tag
  %value = call ptr @make_value(ptr %value_row, ptr %record)
  %no_value = icmp eq ptr %value, null
  br i1 %no_value, label %not_native, label %made
made:
  %item_cell = getelementptr ptr, ptr %row_items, i64 %o
  store ptr %value, ptr %item_cell
  %o_after = add i64 %o, 1
  br label %output

not_native:
  call void @PyErr_Clear()
  br label %trouble
trouble:
  %handed = call ptr @hand_over(ptr %table, ptr %given, i64 %status)
  call void @Py_DecRef(ptr %outer)
  br label %finish
finish:
  %answer = phi ptr [%outer, %output], [%handed, %trouble]
  store i64 0, ptr %busy_cell
  br label %release
give_up:
  call void @Py_DecRef(ptr %outer)
  br label %release
release:
  %result = phi ptr [%answer, %finish], [inttoptr (i64 1 to ptr), %give_up]
  br label %next_looked
next_looked:
  %r = phi i64 [0, %release], [%r_after, %release_one]
  %more_looked = icmp ult i64 %r, %l
  br i1 %more_looked, label %release_one, label %leave
release_one:
  %looked_up_cell = getelementptr ptr, ptr %looked, i64 %r
  %looked_up = load ptr, ptr %looked_up_cell
  call void @Py_DecRef(ptr %looked_up)
  %r_after = add i64 %r, 1
  br label %next_looked
leave:
  ret ptr %result
mismatch:
  ret ptr inttoptr (i64 1 to ptr)
}

define ptr @parloop_enter(ptr %self, ptr %given) nounwind {
entry:
  %head_cell = getelementptr i8, ptr %self, i64 $object_size
  %head = load ptr, ptr %head_cell
  %n_cell = getelementptr i64, ptr %head, i64 $head_launches
  %launches = getelementptr i64, ptr %head, i64 $head_words
  %site = load ptr, ptr %head
  %n = load i64, ptr %n_cell
  %type_cell = getelementptr i8, ptr %given, i64 $type
  %type = load ptr, ptr %type_cell
  %is_tuple = icmp eq ptr %type, @PyTuple_Type
  br i1 %is_tuple, label %launch, label %ask
launch:
  %i = phi i64 [0, %entry], [%i_after, %next]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %one, label %ask
one:
  %table_cell = getelementptr ptr, ptr %launches, i64 %i
  %table = load ptr, ptr %table_cell
  %rows = call ptr @attempt(ptr %table, ptr %given)
  %other = icmp eq ptr %rows, inttoptr (i64 1 to ptr)
  br i1 %other, label %next, label %done
next:
  %i_after = add i64 %i, 1
  br label %launch
ask:
  %asked = call ptr @PyObject_CallOneArg(ptr %site, ptr %given)
  br label %done
done:
  %answer = phi ptr [%rows, %one], [%asked, %ask]
  ret ptr %answer
}
"""


def enter_fields() -> dict[str, int]:
    """Return what stands for the words of the tables in `ENTER_TEXT`."""
    return {
        **{f"repeat_{word.name.lower()}": word.value for word in RepeatWord},
        "repeat_words": len(RepeatWord),
        "head_launches": HeadWord.LAUNCHES,
        "head_words": len(HeadWord),
        "check_look_up": Check.LOOK_UP,
        "object_size": object.__basicsize__,
    }
