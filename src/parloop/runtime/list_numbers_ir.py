"""Numbers of CPython's, read and made, as LLVM IR."""

from __future__ import annotations

from typing import Final

NUMBERS: Final = """
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
"""
