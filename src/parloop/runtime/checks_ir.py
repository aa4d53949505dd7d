"""The rows of a table for repeated launches: what they compare, what they make, as LLVM IR.

`enter_ir` works through them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Check(IntEnum):
    """What a row of four words compares: the code, a, b, and what it must be."""

    GLOBALS = 0  # of the frame that enters
    BUILTINS = 1
    ITEM = 2  # number a of the tuple, in which the range is number 0
    ENTRY = 3  # of the dictionary a at the key b; null: there is none
    EQUAL = 4  # the same, compared by ==
    EMPTY = 5  # the dictionary a
    CONTEXT = 6  # the context variable a
    CALL = 7  # a() or a(b)
    LOOK_UP = 8  # always true: the loop reads the key c from a or else from b
    LOCALS = 9  # of the frame that enters


class Value(IntEnum):
    """How the words of a value row (code, where in the record, a, b, c, d) make an object."""

    INT = 0
    FLOAT = 1
    BOOL = 2  # a if it is not 0, else b
    COMPLEX = 3
    SCALAR = 4  # a new object of type a, allocated by b; at offset c it has d bytes
    OTHER = 5  # not natively


VALUE_WORDS: Final = 6

CHECKS_TEXT: Final = """
%check = type { i64, ptr, ptr, ptr }

; whether a row is as it was; what a row looks up is put into %found with a reference of its own
define internal i1 @holds(ptr %row, ptr %items, ptr %found) noinline nounwind {
entry:
  %cell = alloca ptr
  %a_cell = getelementptr %check, ptr %row, i64 0, i32 1
  %b_cell = getelementptr %check, ptr %row, i64 0, i32 2
  %c_cell = getelementptr %check, ptr %row, i64 0, i32 3
  %code = load i64, ptr %row
  %a = load ptr, ptr %a_cell
  %b = load ptr, ptr %b_cell
  %c = load ptr, ptr %c_cell
  switch i64 %code, label %no [i64 0, label %globals i64 1, label %builtins i64 2, label %item
    i64 3, label %entry_of i64 4, label %equal i64 5, label %empty i64 6, label %context
    i64 7, label %call i64 8, label %look_up i64 9, label %locals]
locals:
  %locals.now = call ptr @PyEval_GetLocals()
  %locals.none = icmp eq ptr %locals.now, null
  br i1 %locals.none, label %failed, label %same
globals:
  %globals.now = call ptr @PyEval_GetGlobals()
  br label %same
builtins:
  %builtins.now = call ptr @PyEval_GetBuiltins()
  br label %same
item:
  %place = ptrtoint ptr %a to i64
  %item_cell = getelementptr ptr, ptr %items, i64 %place
  %item.now = load ptr, ptr %item_cell
  br label %same
entry_of:
  %entry.now = call ptr @PyDict_GetItemWithError(ptr %a, ptr %b)
  %none = icmp eq ptr %entry.now, null
  br i1 %none, label %absent, label %same
absent:
  %error = call ptr @PyErr_Occurred()
  %really = icmp eq ptr %error, null
  br i1 %really, label %same, label %failed
same:
  %now = phi ptr [%globals.now, %globals], [%builtins.now, %builtins], [%item.now, %item],
    [%entry.now, %entry_of], [%entry.now, %absent], [%locals.now, %locals]
  %is = icmp eq ptr %now, %c
  ret i1 %is
equal:
  %equal.now = call ptr @PyDict_GetItemWithError(ptr %a, ptr %b)
  %equal.none = icmp eq ptr %equal.now, null
  br i1 %equal.none, label %failed, label %compare
compare:
  call void @Py_IncRef(ptr %equal.now)
  %compared = call i32 @PyObject_RichCompareBool(ptr %equal.now, ptr %c, i32 2)
  call void @Py_DecRef(ptr %equal.now)
  %unknown = icmp slt i32 %compared, 0
  br i1 %unknown, label %failed, label %is_equal
is_equal:
  %equals = icmp eq i32 %compared, 1
  ret i1 %equals
empty:
  %size = call i64 @PyDict_Size(ptr %a)
  %is_empty = icmp eq i64 %size, 0
  ret i1 %is_empty
context:
  %got = call i32 @PyContextVar_Get(ptr %a, ptr null, ptr %cell)
  %context.failed = icmp slt i32 %got, 0
  br i1 %context.failed, label %failed, label %context.got
context.got:
  %context.now = load ptr, ptr %cell
  %unset = icmp eq ptr %context.now, null
  br i1 %unset, label %no, label %release
call:
  %alone = icmp eq ptr %b, null
  br i1 %alone, label %call_0, label %call_1
call_0:
  %answer_0 = call ptr @PyObject_CallNoArgs(ptr %a)
  br label %called
call_1:
  %answer_1 = call ptr @PyObject_CallOneArg(ptr %a, ptr %b)
  br label %called
called:
  %answer = phi ptr [%answer_0, %call_0], [%answer_1, %call_1]
  %call.failed = icmp eq ptr %answer, null
  br i1 %call.failed, label %failed, label %release
release:
  %owned = phi ptr [%context.now, %context.got], [%answer, %called]
  %owned.is = icmp eq ptr %owned, %c
  call void @Py_DecRef(ptr %owned)
  ret i1 %owned.is
look_up:
  %first = call ptr @PyDict_GetItemWithError(ptr %a, ptr %c)
  %first.none = icmp eq ptr %first, null
  br i1 %first.none, label %look_again, label %keep
look_again:
  %first.error = call ptr @PyErr_Occurred()
  %first.really = icmp eq ptr %first.error, null
  br i1 %first.really, label %second_look, label %failed
second_look:
  %second = call ptr @PyDict_GetItemWithError(ptr %b, ptr %c)
  %second.none = icmp eq ptr %second, null
  br i1 %second.none, label %failed, label %keep
keep:
  %value = phi ptr [%first, %look_up], [%second, %second_look]
  call void @Py_IncRef(ptr %value)
  store ptr %value, ptr %found
  ret i1 true
failed:
  call void @PyErr_Clear()
  br label %no
no:
  ret i1 false
}

; a new object, or null if it cannot be made natively
define internal ptr @make_value(ptr %row, ptr %record) noinline nounwind {
  %where_cell = getelementptr i64, ptr %row, i64 1
  %a_cell = getelementptr i64, ptr %row, i64 2
  %b_cell = getelementptr i64, ptr %row, i64 3
  %c_cell = getelementptr i64, ptr %row, i64 4
  %d_cell = getelementptr i64, ptr %row, i64 5
  %code = load i64, ptr %row
  %where = load i64, ptr %where_cell
  %a = load ptr, ptr %a_cell
  %b = load ptr, ptr %b_cell
  %c = load i64, ptr %c_cell
  %d = load i64, ptr %d_cell
  %word_cell = getelementptr i8, ptr %record, i64 %where
  switch i64 %code, label %other [i64 0, label %int i64 1, label %float i64 2, label %bool
    i64 3, label %complex i64 4, label %scalar]
int:
  %word = load i64, ptr %word_cell
  %int.object = call ptr @PyLong_FromLongLong(i64 %word)
  ret ptr %int.object
float:
  %double = load double, ptr %word_cell
  %float.object = call ptr @PyFloat_FromDouble(double %double)
  ret ptr %float.object
bool:
  %bit = load i64, ptr %word_cell
  %is_true = icmp ne i64 %bit, 0
  %bool.object = select i1 %is_true, ptr %a, ptr %b
  call void @Py_IncRef(ptr %bool.object)
  ret ptr %bool.object
complex:
  %imaginary_cell = getelementptr i8, ptr %word_cell, i64 8
  %real = load double, ptr %word_cell
  %imaginary = load double, ptr %imaginary_cell
  %complex.object = call ptr @PyComplex_FromDoubles(double %real, double %imaginary)
  ret ptr %complex.object
scalar:
  %scalar.object = call ptr %b(ptr %a, i64 0)
  %no_memory = icmp eq ptr %scalar.object, null
  br i1 %no_memory, label %other, label %fill
fill:
  %number = getelementptr i8, ptr %scalar.object, i64 %c
  call void @llvm.memcpy.p0.p0.i64(ptr %number, ptr %word_cell, i64 %d, i1 false)
  ret ptr %scalar.object
other:
  ret ptr null
}
"""
