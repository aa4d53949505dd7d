"""Lists brought up to date with numbers in memory, as LLVM IR."""

from __future__ import annotations

from typing import Final

COMMIT: Final = """
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

; whether all rows are what they were, or a list is
define internal i1 @are_unchanged(ptr %row) nounwind {
entry:
  %one = alloca i64, i64 $list_words
  %rows = call i64 @word(ptr %row, i64 $word_rows)
  %is_plain = icmp eq i64 %rows, 0
  br i1 %is_plain, label %plain, label %head
plain:
  %same = call i1 @is_unchanged(ptr %row)
  ret i1 %same
head:
  %r = phi i64 [0, %entry], [%after, %next]
  %more = icmp ult i64 %r, %rows
  br i1 %more, label %look, label %yes
look:
  %is_list = call i1 @row_of(ptr %row, ptr %one, i64 %r)
  br i1 %is_list, label %compare, label %next
compare:
  %row_same = call i1 @is_unchanged(ptr %one)
  br i1 %row_same, label %next, label %no
next:
  %after = add i64 %r, 1
  br label %head
yes:
  ret i1 true
no:
  ret i1 false
}

; whether the items of a list are the numbers that were read, or put there
define internal i1 @holds(ptr %row) nounwind {
entry:
  %number = alloca i64
  %overflow = alloca i32
  %list = call ptr @address(ptr %row, i64 $word_list)
  %n = call i64 @word(ptr %row, i64 $word_count)
  %data = call ptr @address(ptr %row, i64 $word_data)
  %mirror = call ptr @address(ptr %row, i64 $word_mirror)
  %read_only = icmp eq ptr %mirror, null
  %numbers = select i1 %read_only, ptr %data, ptr %mirror
  %code = call i64 @word(ptr %row, i64 $word_code)
  %type = call ptr @address(ptr %row, i64 $word_type)
  %offset = call i64 @word(ptr %row, i64 $word_offset)
  %true = call ptr @address(ptr %row, i64 $word_true)
  %items = call ptr @row_items(ptr %list, i64 %n)
  %fits = icmp ne ptr %items, null
  br i1 %fits, label %head, label %no
head:
  %i = phi i64 [0, %entry], [%after, %next]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %item, label %yes
item:
  %cell = getelementptr ptr, ptr %items, i64 %i
  %object = load ptr, ptr %cell
  %type_cell = getelementptr i8, ptr %object, i64 $type
  %its_type = load ptr, ptr %type_cell
  %right = icmp eq ptr %its_type, %type
  br i1 %right, label %choose, label %no
choose:
  switch i64 %code, label %no [i64 0, label %float i64 1, label %int
    i64 2, label %bool i64 3, label %complex]
float:
  %value_cell = getelementptr i8, ptr %object, i64 %offset
  %value = load i64, ptr %value_cell
  %at_float = getelementptr i64, ptr %numbers, i64 %i
  %known = load i64, ptr %at_float
  %same_float = icmp eq i64 %value, %known
  br i1 %same_float, label %next, label %no
int:
  %is_short = call i1 @read_int(ptr %object, ptr %number)
  br i1 %is_short, label %whole, label %long
long:
  %long_number = call i64 @PyLong_AsLongLongAndOverflow(ptr %object, ptr %overflow)
  store i64 %long_number, ptr %number
  %beyond = load i32, ptr %overflow
  %in_reach = icmp eq i32 %beyond, 0
  br i1 %in_reach, label %whole, label %no
whole:
  %an_int = load i64, ptr %number
  %at_int = getelementptr i64, ptr %numbers, i64 %i
  %known_int = load i64, ptr %at_int
  %same_int = icmp eq i64 %an_int, %known_int
  br i1 %same_int, label %next, label %no
bool:
  %is_true = icmp eq ptr %object, %true
  %byte = zext i1 %is_true to i8
  %at_bool = getelementptr i8, ptr %numbers, i64 %i
  %known_bool = load i8, ptr %at_bool
  %same_bool = icmp eq i8 %byte, %known_bool
  br i1 %same_bool, label %next, label %no
complex:
  %pair_cell = getelementptr i8, ptr %object, i64 %offset
  %at_complex = getelementptr { i64, i64 }, ptr %numbers, i64 %i
  %compared = call i32 @memcmp(ptr %pair_cell, ptr %at_complex, i64 16)
  %same_pair = icmp eq i32 %compared, 0
  br i1 %same_pair, label %next, label %no
next:
  %after = add i64 %i, 1
  br label %head
yes:
  ret i1 true
no:
  ret i1 false
}

; whether a list is what its shadow is, or has the numbers that it had
define internal i1 @is_unchanged(ptr %row) nounwind {
entry:
  %list = call ptr @address(ptr %row, i64 $word_list)
  %shadow = call ptr @address(ptr %row, i64 $word_shadow)
  %asked = call i64 @word(ptr %row, i64 $word_holds)
  %is_asked = icmp ne i64 %asked, 0
  br i1 %is_asked, label %look, label %shadows
look:
  %holds = call i1 @holds(ptr %row)
  br i1 %holds, label %shadows, label %no
shadows:
  %has_none = icmp eq ptr %shadow, null
  br i1 %has_none, label %yes, label %sizes
yes:
  ret i1 true
sizes:
  %n = call i64 @word(ptr %row, i64 $word_count)
  %size = call i64 @size_of(ptr %list)
  %shadow_size = call i64 @size_of(ptr %shadow)
  %same_size = icmp eq i64 %size, %n
  %has_all = icmp eq i64 %shadow_size, %n
  %same_sizes = and i1 %same_size, %has_all
  br i1 %same_sizes, label %compare, label %no
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

; does for all rows, or for a list, what @create does
define internal i64 @create_all(ptr %row, ptr %pins) nounwind {
entry:
  %one = alloca i64, i64 $list_words
  %rows = call i64 @word(ptr %row, i64 $word_rows)
  %mirror = call ptr @address(ptr %row, i64 $word_mirror)
  %is_plain = icmp eq i64 %rows, 0
  br i1 %is_plain, label %plain, label %several
plain:
  %created = call i64 @create(ptr %row, ptr %pins)
  ret i64 %created
several:
  %read_only = icmp eq ptr %mirror, null
  br i1 %read_only, label %well, label %clear
clear:
  %all_made = call ptr @address(ptr %row, i64 $word_made)
  %bytes = mul i64 %rows, 8
  call void @llvm.memset.p0.i64(ptr %all_made, i8 0, i64 %bytes, i1 false)
  br label %head
head:
  %r = phi i64 [0, %clear], [%after, %next]
  %more = icmp ult i64 %r, %rows
  br i1 %more, label %next, label %well
next:
  %ignored = call i1 @row_of(ptr %row, ptr %one, i64 %r)
  %status = call i64 @create(ptr %one, ptr %pins)
  %made = call i64 @word(ptr %one, i64 $word_made)
  %made_cell = getelementptr i64, ptr %all_made, i64 %r
  store i64 %made, ptr %made_cell
  %after = add i64 %r, 1
  %is_well = icmp eq i64 %status, 0
  br i1 %is_well, label %head, label %stop
stop:
  ret i64 %status
well:
  ret i64 0
}

; and the same of what follows
define internal void @finish_all(ptr %row, i1 %installs) nounwind {
entry:
  %one = alloca i64, i64 $list_words
  %rows = call i64 @word(ptr %row, i64 $word_rows)
  %mirror = call ptr @address(ptr %row, i64 $word_mirror)
  %read_only = icmp eq ptr %mirror, null
  br i1 %read_only, label %done, label %written
written:
  %is_plain = icmp eq i64 %rows, 0
  br i1 %is_plain, label %plain, label %head
plain:
  call void @finish_one(ptr %row, i1 %installs)
  ret void
head:
  %r = phi i64 [0, %written], [%after, %next]
  %more = icmp ult i64 %r, %rows
  br i1 %more, label %next, label %done
next:
  %ignored = call i1 @row_of(ptr %row, ptr %one, i64 %r)
  call void @finish_one(ptr %one, i1 %installs)
  %after = add i64 %r, 1
  br label %head
done:
  ret void
}

define internal void @finish_one(ptr %row, i1 %installs) nounwind {
entry:
  br i1 %installs, label %install_it, label %drop_it
install_it:
  call void @install(ptr %row)
  ret void
drop_it:
  call void @drop(ptr %row)
  ret void
}

; makes an object for each number that the list does not have; 0, or why not
define internal i64 @create(ptr %row, ptr %pins) nounwind {
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
  %has_shadow = icmp ne ptr %shadow, null
  %known_to = select i1 %has_shadow, i32 2, i32 1
  %list = call ptr @address(ptr %row, i64 $word_list)
  %items = call ptr @items_of(ptr %list)
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
  %is_ours = icmp eq i32 %references, %known_to
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
  call void @pin(ptr %row, ptr %pins)
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
  %has_shadow = icmp ne ptr %shadow, null
  br label %head
head:
  %k = phi i64 [0, %entry], [%k_after, %set_int], [%k_after, %set_float], [%k_after, %replaced]
  %from = phi i64 [0, %entry], [%after, %set_int], [%after, %set_float], [%after, %replaced]
  %more = icmp ult i64 %k, %made
  br i1 %more, label %one, label %done
one:
  %i = call i64 @next_change(ptr %data, ptr %mirror, i64 %size, i64 %from, i64 %n)
  %fresh_cell = getelementptr ptr, ptr %fresh, i64 %k
  %object = load ptr, ptr %fresh_cell
  %cell = getelementptr ptr, ptr %items, i64 %i
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
  store ptr %object, ptr %cell
  call void @Py_DecRef(ptr %old) ; a number: nobody's code runs
  br i1 %has_shadow, label %follow, label %replaced
follow:
  %shadow_items = call ptr @items_of(ptr %shadow)
  %shadow_cell = getelementptr ptr, ptr %shadow_items, i64 %i
  call void @Py_IncRef(ptr %object)
  store ptr %object, ptr %shadow_cell
  call void @Py_DecRef(ptr %old)
  br label %replaced
replaced:
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

; appends an object for each number, or the shadow's items; 0, or 2 if there is no memory
define internal i64 @append(ptr %row, ptr %pins) nounwind {
entry:
  %list = call ptr @address(ptr %row, i64 $word_list)
  %n = call i64 @word(ptr %row, i64 $word_count)
  %data = call ptr @address(ptr %row, i64 $word_data)
  %size = call i64 @word(ptr %row, i64 $word_size)
  %before = call i64 @size_of(ptr %list)
  %made_cell = getelementptr i64, ptr %row, i64 $word_made
  store i64 %before, ptr %made_cell
  %size_cell = getelementptr i8, ptr %list, i64 $list_size
  %room_cell = getelementptr i8, ptr %list, i64 $list_room
  %shadow = call ptr @address(ptr %row, i64 $word_shadow)
  %are_made = icmp ne ptr %shadow, null
  br i1 %are_made, label %extend, label %head
extend:
  %failed_to = call i32 @PyList_SetSlice(ptr %list, i64 %before, i64 %before, ptr %shadow)
  %extended = icmp eq i32 %failed_to, 0
  br i1 %extended, label %well, label %no
head:
  %i = phi i64 [0, %entry], [%after, %kept]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %one, label %well
one:
  call void @pin(ptr %row, ptr %pins)
  %place = mul i64 %i, %size
  %at = getelementptr i8, ptr %data, i64 %place
  %item = call ptr @make_item(ptr %row, ptr %at)
  %failed = icmp eq ptr %item, null
  br i1 %failed, label %no, label %look
look:
  %now = load i64, ptr %size_cell
  %room = load i64, ptr %room_cell
  %fits = icmp slt i64 %now, %room
  br i1 %fits, label %put, label %grow
put:
  %items = call ptr @items_of(ptr %list)
  %cell = getelementptr ptr, ptr %items, i64 %now
  store ptr %item, ptr %cell
  %longer = add i64 %now, 1
  store i64 %longer, ptr %size_cell
  br label %kept
grow:
  %refused = call i32 @PyList_Append(ptr %list, ptr %item)
  call void @Py_DecRef(ptr %item)
  %grown = icmp eq i32 %refused, 0
  br i1 %grown, label %kept, label %no
kept:
  %after = add i64 %i, 1
  br label %head
well:
  ret i64 0
no:
  call void @PyErr_Clear()
  ret i64 2
}

; keeps an object of ours beside every few of the user's
@pin_count = internal global i64 0

define internal void @pin(ptr %row, ptr %pins) alwaysinline nounwind {
entry:
  %before = load i64, ptr @pin_count
  %count = add i64 %before, 1
  store i64 %count, ptr @pin_count
  %low = and i64 %count, $pin_mask
  %is_due = icmp eq i64 %low, 0
  br i1 %is_due, label %make, label %done
make:
  call void @make_pin(ptr %row, ptr %pins)
  br label %done
done:
  ret void
}

define internal void @make_pin(ptr %row, ptr %pins) noinline nounwind {
entry:
  %data = call ptr @address(ptr %row, i64 $word_data)
  %object = call ptr @make_item(ptr %row, ptr %data)
  %failed = icmp eq ptr %object, null
  br i1 %failed, label %done, label %keep
keep:
  %refused = call i32 @PyList_Append(ptr %pins, ptr %object)
  call void @Py_DecRef(ptr %object)
  br label %done
done:
  call void @PyErr_Clear()
  ret void
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
  %pins = call ptr @address(ptr %table, i64 $commit_pins)
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
  %is_same = call i1 @are_unchanged(ptr %c_row)
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
  %appended = call i64 @append(ptr %w_row, ptr %pins)
  br label %tried
create_one:
  %created = call i64 @create_all(ptr %w_row, ptr %pins)
  br label %tried
tried:
  %trouble = phi i64 [%appended, %append_one], [%created, %create_one]
  %well = icmp eq i64 %trouble, 0
  br i1 %well, label %worked, label %undo_this
worked:
  %w_after = add i64 %w, 1
  br label %work
undo_this:
  %and_this = add i64 %w, 1
  br label %undo
undo:
  %why = phi i64 [%why, %undo_next], [%trouble, %undo_this]
  %u_end = phi i64 [%and_this, %undo_this], [%u, %undo_next]
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
  call void @finish_all(ptr %u_row, i1 false)
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
  call void @finish_all(ptr %f_row, i1 true)
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
"""
