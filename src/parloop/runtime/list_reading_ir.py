"""The numbers of a list copied into memory, as LLVM IR."""

from __future__ import annotations

from typing import Final

READING: Final = """
; reads the items of a list, or of all rows; how many could be read, from the first
define internal i64 @read(ptr %row) nounwind {
entry:
  %one = alloca i64, i64 $list_words
  %rows = call i64 @word(ptr %row, i64 $word_rows)
  %n = call i64 @word(ptr %row, i64 $word_count)
  %is_plain = icmp eq i64 %rows, 0
  br i1 %is_plain, label %plain, label %head
plain:
  %all = call i64 @read_row(ptr %row)
  ret i64 %all
head:
  %r = phi i64 [0, %entry], [%after, %next]
  %total = phi i64 [0, %entry], [%sum, %next]
  %more = icmp ult i64 %r, %rows
  br i1 %more, label %next, label %done
next:
  %ignored = call i1 @row_of(ptr %row, ptr %one, i64 %r)
  %read = call i64 @read_row(ptr %one)
  %sum = add i64 %total, %read
  %after = add i64 %r, 1
  %whole = icmp eq i64 %read, %n
  br i1 %whole, label %head, label %stop
stop:
  ret i64 %sum
done:
  ret i64 %total
}

define internal i64 @read_row(ptr %row) nounwind {
entry:
  %overflow = alloca i32
  %list = call ptr @address(ptr %row, i64 $word_list)
  %n = call i64 @word(ptr %row, i64 $word_count)
  %data = call ptr @address(ptr %row, i64 $word_data)
  %code = call i64 @word(ptr %row, i64 $word_code)
  %type = call ptr @address(ptr %row, i64 $word_type)
  %offset = call i64 @word(ptr %row, i64 $word_offset)
  %true = call ptr @address(ptr %row, i64 $word_true)
  %reads_nan = call i64 @word(ptr %row, i64 $word_reads_nan)
  %stops_at_nan = icmp ne i64 %reads_nan, 0
  %items = call ptr @row_items(ptr %list, i64 %n)
  %fits = icmp ne ptr %items, null
  br i1 %fits, label %head, label %none
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
  %in_reach = icmp eq i32 %beyond, 0
  store i64 %number, ptr %at_int
  br i1 %in_reach, label %next, label %done
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
none:
  ret i64 0
}

define ptr @parloop_read(ptr %self, ptr %arguments, i64 %n_arguments) nounwind {
  %object = load ptr, ptr %arguments
  %number = call i64 @PyLong_AsLongLong(ptr %object)
  %row = inttoptr i64 %number to ptr
  %count = call i64 @read(ptr %row)
  %result = call ptr @PyLong_FromLongLong(i64 %count)
  ret ptr %result
}
"""
