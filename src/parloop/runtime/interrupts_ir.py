"""The native functions that hold signals back while a slice runs, as LLVM IR.

`@note` takes the place of CPython's own C function. It says that a signal is there, in a word that
kernels look at, and CPython is not told before the slice is settled: the signal is then sent anew.

A signal may come while another thread ends the holding back. `@note` says first that the signal is
here and then looks whether signals are still held back; who ends it says first that they are not
and then looks for signals. One of the two sees the other, and `atomicrmw` lets only one send it.
"""

from __future__ import annotations

from string import Template
from typing import Final

SIGNALS: Final = 65
"""Signals have numbers below this one."""

EXTERNALS: Final = ("sigaction", "pthread_kill")

_TEXT: Final = """
@parloop_interrupted = global i64 0, align 128 ; what kernels look at
@parloop_held = global [$signals x i64] zeroinitializer ; not 0: came while it was held back
@holding = internal global [$signals x i64] zeroinitializer
@handlers = internal global [$signals x ptr] zeroinitializer
@main = internal global i64 0 ; the thread that signals are sent to

declare i32 @sigaction(i32, ptr, ptr) nounwind
declare i32 @pthread_kill(i64, i32) nounwind

define internal void @send(i64 %number) nounwind {
entry:
  %held_cell = getelementptr [$signals x i64], ptr @parloop_held, i64 0, i64 %number
  %was = atomicrmw xchg ptr %held_cell, i64 0 seq_cst
  %none = icmp eq i64 %was, 0
  br i1 %none, label %leave, label %deliver
deliver:
  %thread = load atomic i64, ptr @main seq_cst, align 8
  %signal = trunc i64 %number to i32
  %sent = call i32 @pthread_kill(i64 %thread, i32 %signal)
  br label %leave
leave:
  ret void
}

define internal void @note(i32 %signal) nounwind {
entry:
  %number = zext i32 %signal to i64
  %held_cell = getelementptr [$signals x i64], ptr @parloop_held, i64 0, i64 %number
  store atomic i64 1, ptr %held_cell seq_cst, align 8
  store atomic i64 1, ptr @parloop_interrupted seq_cst, align 8
  %holding_cell = getelementptr [$signals x i64], ptr @holding, i64 0, i64 %number
  %holding = load atomic i64, ptr %holding_cell seq_cst, align 8
  %late = icmp eq i64 %holding, 0
  br i1 %late, label %forward, label %leave
forward:
  call void @send(i64 %number)
  br label %leave
leave:
  ret void
}

; holds back the signals of %n words, if a plain C function takes them now
define void @parloop_hold(ptr %numbers, i64 %n, i64 %thread) nounwind {
entry:
  %action = alloca [256 x i8], align 16
  store atomic i64 %thread, ptr @main seq_cst, align 8
  store atomic i64 0, ptr @parloop_interrupted seq_cst, align 8
  br label %next
next:
  %i = phi i64 [0, %entry], [%i_after, %skip]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %one, label %leave
one:
  %number_cell = getelementptr i64, ptr %numbers, i64 %i
  %number = load i64, ptr %number_cell
  %signal = trunc i64 %number to i32
  %asked = call i32 @sigaction(i32 %signal, ptr null, ptr %action)
  %handler = load ptr, ptr %action
  %flags_cell = getelementptr i8, ptr %action, i64 $flags_at
  %flags = load i32, ptr %flags_cell
  %wide = and i32 %flags, $siginfo
  %plain = icmp eq i32 %wide, 0
  %known = icmp eq i32 %asked, 0
  %address = ptrtoint ptr %handler to i64
  %function = icmp ugt i64 %address, 1
  %other = icmp ne ptr %handler, @note
  %right = and i1 %plain, %known
  %foreign = and i1 %function, %other
  %take = and i1 %right, %foreign
  br i1 %take, label %replace, label %skip
replace:
  %handler_cell = getelementptr [$signals x ptr], ptr @handlers, i64 0, i64 %number
  store ptr %handler, ptr %handler_cell
  %holding_cell = getelementptr [$signals x i64], ptr @holding, i64 0, i64 %number
  store atomic i64 1, ptr %holding_cell seq_cst, align 8
  store ptr @note, ptr %action
  %set = call i32 @sigaction(i32 %signal, ptr %action, ptr null)
  br label %skip
skip:
  %i_after = add i64 %i, 1
  br label %next
leave:
  ret void
}

; gives the signals back; those that came are sent, or with %forget dropped
define void @parloop_give_back(i64 %forget) nounwind {
entry:
  %action = alloca [256 x i8], align 16
  br label %next
next:
  %number = phi i64 [0, %entry], [%after, %skip]
  %more = icmp ult i64 %number, $signals
  br i1 %more, label %one, label %leave
one:
  %holding_cell = getelementptr [$signals x i64], ptr @holding, i64 0, i64 %number
  %holding = load atomic i64, ptr %holding_cell seq_cst, align 8
  %idle = icmp eq i64 %holding, 0
  br i1 %idle, label %skip, label %ask
ask:
  %signal = trunc i64 %number to i32
  %asked = call i32 @sigaction(i32 %signal, ptr null, ptr %action)
  %handler = load ptr, ptr %action
  %ours = icmp eq ptr %handler, @note
  br i1 %ours, label %replace, label %replaced
replace:
  %handler_cell = getelementptr [$signals x ptr], ptr @handlers, i64 0, i64 %number
  %before = load ptr, ptr %handler_cell
  store ptr %before, ptr %action
  %set = call i32 @sigaction(i32 %signal, ptr %action, ptr null)
  br label %replaced
replaced:
  store atomic i64 0, ptr %holding_cell seq_cst, align 8
  %dropped = icmp ne i64 %forget, 0
  br i1 %dropped, label %drop, label %pass_on
drop:
  %held_cell = getelementptr [$signals x i64], ptr @parloop_held, i64 0, i64 %number
  store atomic i64 0, ptr %held_cell seq_cst, align 8
  br label %skip
pass_on:
  call void @send(i64 %number)
  br label %skip
skip:
  %after = add i64 %number, 1
  br label %next
leave:
  ret void
}
"""


def interrupts_text(flags_at: int, siginfo: int) -> str:
    """Return the module, for the place of `sa_flags` in `struct sigaction` and `SA_SIGINFO`."""
    return Template(_TEXT).substitute(signals=SIGNALS, flags_at=flags_at, siginfo=siginfo)
