"""The thread pool as LLVM IR.

A launch is one word, `@word`: its number in the upper half, the next block in the lower. Taking a
block is a compare-and-swap that adds one, so a thread takes part exactly if it takes a block: one
that wakes late holds nobody up, because it owns nothing. Before the fields of the next launch are
written, the word is closed (lower half all ones); a thread that read old and new fields mixed then
fails its swap. The caller waits for the blocks that were taken, and for nothing else.

Waiting is a short spin, then a futex (Linux) or a condition variable. Whoever is about to sleep
says so first and looks once more; whoever has news publishes first and then looks for sleepers.
Both with sequentially consistent operations, so that one of the two sees the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import Literal

from parloop.runtime.pool_machine import CONDITION, CPU, FUTEX


@dataclass(frozen=True, slots=True)
class PoolTarget:
    """What the text depends on: architecture, and the way to sleep."""

    machine: Literal["x86_64", "aarch64", "other"]
    futex_call: int | None
    """The number of the futex system call; None: a condition variable is used."""
    sig_setmask: int
    """What `pthread_sigmask` calls SIG_SETMASK here."""


MAX_WORKERS = 1023
MAX_BLOCKS = 2**31 - 1
"""A launch of more blocks runs on the calling thread: the word has no room for them."""

EXTERNALS = (
    "pthread_create",
    "pthread_join",
    "pthread_sigmask",
    "sigfillset",
    "pthread_self",
    "usleep",
)
FUTEX_EXTERNALS = ("syscall",)
CONDITION_EXTERNALS = (
    *("pthread_mutex_init", "pthread_mutex_lock", "pthread_mutex_unlock"),
    *("pthread_cond_init", "pthread_cond_wait", "pthread_cond_broadcast"),
)


def external_names(target: PoolTarget) -> tuple[str, ...]:
    """Return the functions of the C library that the pool calls."""
    return EXTERNALS + (FUTEX_EXTERNALS if target.futex_call is not None else CONDITION_EXTERNALS)


def pool_text(target: PoolTarget) -> str:
    """Return the module of one pool.

    It takes `parloop_busy` and `parloop_owner` (i64, shared by all pools) from outside and defines
    `parloop_run`, `parloop_halt`, `parloop_forget`, `parloop_acquire`, `parloop_release`,
    `parloop_spin`, and the settings `parloop_workers` (i64) and `parloop_spins` (i64).
    """
    sleeping = FUTEX if target.futex_call is not None else CONDITION
    fields = {
        "futex_call": str(target.futex_call),
        "sig_setmask": str(target.sig_setmask),
        "max_workers": str(MAX_WORKERS),
        "max_blocks": str(MAX_BLOCKS),
    }
    parts = (_STATE, CPU[target.machine], sleeping, _TAKE, _WORKER, _RUN, _LIFE)
    return Template("".join(parts)).substitute(fields)


_STATE = """
@word = internal global i64 4294967295, align 128
%job = type { ptr, ptr, i64, i64 } ; body, context, number of blocks, floating-point control word
@job = internal global %job zeroinitializer, align 128
@remaining = internal global i64 0, align 128 ; blocks that are not finished
@results = internal global i64 0, align 128
@epoch = internal global i32 0, align 128 ; workers sleep on it, each launch adds one
@sleepers = internal global i64 0, align 128
@finished = internal global i32 0, align 128 ; the caller sleeps on it
@caller_sleeps = internal global i64 0, align 128
@stop = internal global i64 0, align 128
@started = internal global i64 0
@thread_ids = internal global [$max_workers x i64] zeroinitializer
@parloop_workers = global i64 0, align 128
@parloop_spins = global i64 0
@parloop_busy = external global i64 ; shared by the pools of the process: launches do not nest
@parloop_owner = external global i64 ; the thread whose launch it is

declare i32 @pthread_create(ptr, ptr, ptr, ptr) nounwind
declare i32 @pthread_join(i64, ptr) nounwind
declare i32 @pthread_sigmask(i32, ptr, ptr) nounwind
declare i32 @sigfillset(ptr) nounwind
declare i64 @pthread_self() nounwind
declare i32 @usleep(i32) nounwind
"""

_TAKE = """
define internal i1 @is_work() nounwind {
  %word = load atomic i64, ptr @word seq_cst, align 8
  %next = and i64 %word, 4294967295
  %n_cell = getelementptr %job, ptr @job, i64 0, i32 2
  %n = load atomic i64, ptr %n_cell monotonic, align 8
  %some = icmp ult i64 %next, %n
  ret i1 %some
}

define internal void @take(i64 %worker) nounwind { ; runs blocks while there are any
entry:
  br label %look
look:
  %count = phi i64 [0, %entry], [%count, %claim], [%count_after, %run]
  %result = phi i64 [0, %entry], [%result, %claim], [%result_after, %run]
  %word = load atomic i64, ptr @word acquire, align 8
  %context_cell = getelementptr %job, ptr @job, i64 0, i32 1
  %n_cell = getelementptr %job, ptr @job, i64 0, i32 2
  %control_cell = getelementptr %job, ptr @job, i64 0, i32 3
  %body = load atomic ptr, ptr @job monotonic, align 8
  %context = load atomic ptr, ptr %context_cell monotonic, align 8
  %n = load atomic i64, ptr %n_cell monotonic, align 8
  %control = load atomic i64, ptr %control_cell monotonic, align 8
  %next = and i64 %word, 4294967295
  %some = icmp ult i64 %next, %n
  br i1 %some, label %claim, label %none
claim:
  fence acquire ; what was read above is older than what the swap sees
  %word_after = add i64 %word, 1
  %swap = cmpxchg ptr @word, i64 %word, i64 %word_after seq_cst monotonic
  %mine = extractvalue { i64, i1 } %swap, 1
  br i1 %mine, label %claimed, label %look
claimed:
  %first = icmp eq i64 %count, 0
  %is_caller = icmp eq i64 %worker, 0
  %not_caller = xor i1 %is_caller, true
  %adopt = and i1 %first, %not_caller
  br i1 %adopt, label %adopt_control, label %run
adopt_control:
  call void @set_control_word(i64 %control)
  br label %run
run:
  %status = call i64 %body(ptr %context, i64 %next, i64 %worker)
  %result_after = or i64 %result, %status
  %count_after = add i64 %count, 1
  br label %look
none:
  %idle = icmp eq i64 %count, 0
  br i1 %idle, label %leave, label %account
account:
  %old_results = atomicrmw or ptr @results, i64 %result seq_cst
  %before = atomicrmw sub ptr @remaining, i64 %count seq_cst
  %last = icmp eq i64 %before, %count
  br i1 %last, label %tell, label %leave
tell:
  %asleep = load atomic i64, ptr @caller_sleeps seq_cst, align 8
  %silent = icmp eq i64 %asleep, 0
  br i1 %silent, label %leave, label %wake_caller
wake_caller:
  %old_finished = atomicrmw add ptr @finished, i32 1 seq_cst
  call void @wake(ptr @finished, i64 1)
  br label %leave
leave:
  ret void
}

define internal void @wake_workers(i64 %limit) nounwind { ; eight at most: they wake the others
entry:
  %sleepers = load atomic i64, ptr @sleepers seq_cst, align 8
  %none = icmp eq i64 %sleepers, 0
  br i1 %none, label %leave, label %some
some:
  %over = icmp ugt i64 %limit, 8
  %count = select i1 %over, i64 8, i64 %limit
  call void @wake(ptr @epoch, i64 %count)
  br label %leave
leave:
  ret void
}
"""

_WORKER = """
define internal ptr @worker(ptr %argument) nounwind {
entry:
  %index = ptrtoint ptr %argument to i64
  %spins = load i64, ptr @parloop_spins
  br label %work
work:
  call void @take(i64 %index)
  br label %spin
spin:
  %spun = phi i64 [0, %work], [%spun_after, %spin_more]
  %news = call i1 @is_work()
  br i1 %news, label %work, label %spin_more
spin_more:
  call void @pause()
  %spun_after = add i64 %spun, 1
  %tired = icmp uge i64 %spun_after, %spins
  br i1 %tired, label %doze, label %spin
doze:
  %epoch = load atomic i32, ptr @epoch seq_cst, align 4
  %stop = load atomic i64, ptr @stop seq_cst, align 8
  %stopping = icmp ne i64 %stop, 0
  br i1 %stopping, label %leave, label %announce
announce:
  %old = atomicrmw add ptr @sleepers, i64 1 seq_cst
  %late_news = call i1 @is_work()
  br i1 %late_news, label %up, label %sleep
sleep:
  call void @sleep_while(ptr @epoch, i32 %epoch)
  br label %up
up:
  %was = atomicrmw sub ptr @sleepers, i64 1 seq_cst
  %more = call i1 @is_work()
  br i1 %more, label %pass_on, label %spin_again
pass_on:
  call void @wake_workers(i64 8)
  br label %work
spin_again:
  br label %work
leave:
  ret ptr null
}
"""

_RUN = """
define i64 @parloop_run(ptr %body, ptr %context, i64 %n) nounwind {
entry:
  %workers = load i64, ptr @parloop_workers
  %no_workers = icmp eq i64 %workers, 0
  %few = icmp slt i64 %n, 2
  %many = icmp sgt i64 %n, $max_blocks
  %extreme = or i1 %few, %many
  %alone = or i1 %no_workers, %extreme
  br i1 %alone, label %serial, label %acquire
acquire:
  %swap = cmpxchg ptr @parloop_busy, i64 0, i64 1 seq_cst monotonic
  %mine = extractvalue { i64, i1 } %swap, 1
  br i1 %mine, label %prepare, label %serial
prepare:
  %self = call i64 @pthread_self()
  store atomic i64 %self, ptr @parloop_owner monotonic, align 8
  %started = load i64, ptr @started
  %ready = icmp uge i64 %started, %workers
  br i1 %ready, label %publish, label %start
start:
  call void @start_workers()
  br label %publish
publish:
  %word = load atomic i64, ptr @word monotonic, align 8
  %number = lshr i64 %word, 32
  %number_after = add i64 %number, 1
  %open = shl i64 %number_after, 32
  %closed = or i64 %open, 4294967295
  store atomic i64 %closed, ptr @word seq_cst, align 8
  fence release ; who sees a field of this launch also sees that the word was closed
  %context_cell = getelementptr %job, ptr @job, i64 0, i32 1
  %n_cell = getelementptr %job, ptr @job, i64 0, i32 2
  %control_cell = getelementptr %job, ptr @job, i64 0, i32 3
  %control = call i64 @control_word()
  store atomic ptr %body, ptr @job monotonic, align 8
  store atomic ptr %context, ptr %context_cell monotonic, align 8
  store atomic i64 %n, ptr %n_cell monotonic, align 8
  store atomic i64 %control, ptr %control_cell monotonic, align 8
  store atomic i64 %n, ptr @remaining monotonic, align 8
  store atomic i64 0, ptr @results monotonic, align 8
  store atomic i64 %open, ptr @word seq_cst, align 8
  %old_epoch = atomicrmw add ptr @epoch, i32 1 seq_cst
  %others = sub i64 %n, 1
  call void @wake_workers(i64 %others)
  call void @take(i64 0)
  %spins = load i64, ptr @parloop_spins
  br label %spin
spin:
  %spun = phi i64 [0, %publish], [%spun_after, %spin_more]
  %left = load atomic i64, ptr @remaining seq_cst, align 8
  %done = icmp eq i64 %left, 0
  br i1 %done, label %finish, label %spin_more
spin_more:
  call void @pause()
  %spun_after = add i64 %spun, 1
  %tired = icmp uge i64 %spun_after, %spins
  br i1 %tired, label %doze, label %spin
doze:
  store atomic i64 1, ptr @caller_sleeps seq_cst, align 8
  %finished = load atomic i32, ptr @finished seq_cst, align 4
  %still_left = load atomic i64, ptr @remaining seq_cst, align 8
  %all_done = icmp eq i64 %still_left, 0
  br i1 %all_done, label %awake, label %sleep
sleep:
  call void @sleep_while(ptr @finished, i32 %finished)
  br label %doze
awake:
  store atomic i64 0, ptr @caller_sleeps seq_cst, align 8
  br label %finish
finish:
  %results = load atomic i64, ptr @results seq_cst, align 8
  store atomic i64 0, ptr @parloop_owner monotonic, align 8
  store atomic i64 0, ptr @parloop_busy seq_cst, align 8
  ret i64 %results
serial:
  %empty = icmp slt i64 %n, 1
  br i1 %empty, label %serial_end, label %serial_block
serial_block:
  %i = phi i64 [0, %serial], [%i_after, %serial_block]
  %so_far = phi i64 [0, %serial], [%so_far_after, %serial_block]
  %status = call i64 %body(ptr %context, i64 %i, i64 0)
  %so_far_after = or i64 %so_far, %status
  %i_after = add i64 %i, 1
  %more = icmp slt i64 %i_after, %n
  br i1 %more, label %serial_block, label %serial_end
serial_end:
  %total = phi i64 [0, %serial], [%so_far_after, %serial_block]
  ret i64 %total
}
"""

# `@start_workers` and `@parloop_halt` are called by whoever holds `@parloop_busy`.
_LIFE = """
define internal void @start_workers() nounwind {
entry:
  %all = alloca [256 x i8], align 16 ; larger than any system's sigset_t
  %old = alloca [256 x i8], align 16
  %started = load i64, ptr @started
  %fresh = icmp eq i64 %started, 0
  br i1 %fresh, label %prepare, label %mask
prepare:
  call void @prepare()
  br label %mask
mask: ; signals are for the threads that Python knows
  %filled = call i32 @sigfillset(ptr %all)
  %masked = call i32 @pthread_sigmask(i32 $sig_setmask, ptr %all, ptr %old)
  %workers = load i64, ptr @parloop_workers
  br label %check
check:
  %i = phi i64 [%started, %mask], [%i_after, %created]
  %more = icmp ult i64 %i, %workers
  br i1 %more, label %create, label %leave
create:
  %i_after = add i64 %i, 1
  %cell = getelementptr [$max_workers x i64], ptr @thread_ids, i64 0, i64 %i
  %argument = inttoptr i64 %i_after to ptr
  %failed = call i32 @pthread_create(ptr %cell, ptr null, ptr @worker, ptr %argument)
  %good = icmp eq i32 %failed, 0
  br i1 %good, label %created, label %fewer
fewer: ; the system gives no more threads
  store i64 %i, ptr @parloop_workers
  br label %leave
created:
  store i64 %i_after, ptr @started
  br label %check
leave:
  %unmasked = call i32 @pthread_sigmask(i32 $sig_setmask, ptr %old, ptr null)
  ret void
}

define void @parloop_halt() nounwind {
entry:
  store atomic i64 1, ptr @stop seq_cst, align 8
  %old_epoch = atomicrmw add ptr @epoch, i32 1 seq_cst
  %started = load i64, ptr @started
  %none = icmp eq i64 %started, 0
  br i1 %none, label %leave, label %wake
wake:
  call void @wake(ptr @epoch, i64 $max_workers)
  br label %join
join:
  %i = phi i64 [0, %wake], [%i_after, %join]
  %cell = getelementptr [$max_workers x i64], ptr @thread_ids, i64 0, i64 %i
  %thread = load i64, ptr %cell
  %joined = call i32 @pthread_join(i64 %thread, ptr null)
  %i_after = add i64 %i, 1
  %more = icmp ult i64 %i_after, %started
  br i1 %more, label %join, label %leave
leave:
  call void @parloop_forget()
  ret void
}

define void @parloop_forget() nounwind { ; there are no workers: halted, or left behind by a fork
  store i64 0, ptr @started
  store atomic i64 0, ptr @sleepers seq_cst, align 8
  store atomic i64 0, ptr @stop seq_cst, align 8
  ret void
}

; 1: no launch runs, and none will until the release; 0: this thread is in one, or patience is out
define i64 @parloop_acquire(i64 %patience) nounwind {
entry:
  br label %try
try:
  %naps = phi i64 [0, %entry], [%naps_after, %nap]
  %swap = cmpxchg ptr @parloop_busy, i64 0, i64 1 seq_cst monotonic
  %mine = extractvalue { i64, i1 } %swap, 1
  br i1 %mine, label %acquired, label %who
who:
  %owner = load atomic i64, ptr @parloop_owner monotonic, align 8
  %self = call i64 @pthread_self()
  %own = icmp eq i64 %owner, %self
  %naps_after = add i64 %naps, 1
  %late = icmp ugt i64 %naps_after, %patience
  %vain = or i1 %own, %late
  br i1 %vain, label %not_acquired, label %nap
nap:
  %napped = call i32 @usleep(i32 100)
  br label %try
acquired:
  ret i64 1
not_acquired:
  ret i64 0
}

define void @parloop_release() nounwind {
  store atomic i64 0, ptr @parloop_busy seq_cst, align 8
  ret void
}

define void @parloop_spin(i64 %n) nounwind { ; how long `n` spins take is measured with it
entry:
  br label %again
again:
  %i = phi i64 [0, %entry], [%i_after, %again]
  %left = load atomic i64, ptr @remaining seq_cst, align 8
  call void @pause()
  %i_after = add i64 %i, 1
  %more = icmp slt i64 %i_after, %n
  br i1 %more, label %again, label %leave
leave:
  ret void
}
"""
