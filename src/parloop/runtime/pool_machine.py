"""What the thread pool needs of a CPU and of a system, as LLVM IR.

A CPU defines `@pause`, `@control_word` (how floating point is done: rounding, denormals, masks) and
`@set_control_word`. A way to sleep defines `@prepare`; `@sleep_while`, which returns when `*cell`
is not `value`, or earlier; and `@wake`, which is called after `*cell` was changed.
"""

from __future__ import annotations

CPU = {
    "x86_64": """
declare void @llvm.x86.sse2.pause()
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
define internal void @pause() alwaysinline nounwind {
  call void @llvm.x86.sse2.pause()
  ret void
}
define internal i64 @control_word() nounwind { ; rounding, denormals and masks, without the flags
  %slot = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %slot)
  %word = load i32, ptr %slot
  %control = and i32 %word, -64
  %wide = zext i32 %control to i64
  ret i64 %wide
}
define internal void @set_control_word(i64 %wide) nounwind {
  %slot = alloca i32
  %control = trunc i64 %wide to i32
  store i32 %control, ptr %slot
  call void @llvm.x86.sse.ldmxcsr(ptr %slot)
  ret void
}
""",
    "aarch64": """
declare i64 @llvm.aarch64.get.fpcr()
declare void @llvm.aarch64.set.fpcr(i64)
declare void @llvm.aarch64.isb(i32)
define internal void @pause() alwaysinline nounwind { ; `yield` would take no time at all
  call void @llvm.aarch64.isb(i32 15)
  ret void
}
define internal i64 @control_word() nounwind {
  %control = call i64 @llvm.aarch64.get.fpcr()
  ret i64 %control
}
define internal void @set_control_word(i64 %control) nounwind {
  call void @llvm.aarch64.set.fpcr(i64 %control)
  ret void
}
""",
    "other": """
define internal void @pause() alwaysinline nounwind {
  fence seq_cst
  ret void
}
define internal i64 @control_word() nounwind {
  ret i64 0
}
define internal void @set_control_word(i64 %control) nounwind {
  ret void
}
""",
}

FUTEX = """
declare i64 @syscall(i64, ...) nounwind
define internal void @prepare() nounwind {
  ret void
}
define internal void @sleep_while(ptr %cell, i32 %value) nounwind { ; 128: FUTEX_WAIT_PRIVATE
  %ignored = call i64 (i64, ...) @syscall(
    i64 $futex_call, ptr %cell, i64 128, i32 %value, ptr null, ptr null, i64 0)
  ret void
}
define internal void @wake(ptr %cell, i64 %count) nounwind { ; 129: FUTEX_WAKE_PRIVATE
  %ignored = call i64 (i64, ...) @syscall(
    i64 $futex_call, ptr %cell, i64 129, i64 %count, ptr null, ptr null, i64 0)
  ret void
}
"""

CONDITION = """
declare i32 @pthread_mutex_init(ptr, ptr) nounwind
declare i32 @pthread_mutex_lock(ptr) nounwind
declare i32 @pthread_mutex_unlock(ptr) nounwind
declare i32 @pthread_cond_init(ptr, ptr) nounwind
declare i32 @pthread_cond_wait(ptr, ptr) nounwind
declare i32 @pthread_cond_broadcast(ptr) nounwind
@mutex = internal global [256 x i8] zeroinitializer, align 128 ; larger than any system's
@condition = internal global [256 x i8] zeroinitializer, align 128
define internal void @prepare() nounwind {
  %ignored = call i32 @pthread_mutex_init(ptr @mutex, ptr null)
  %ignored_too = call i32 @pthread_cond_init(ptr @condition, ptr null)
  ret void
}
define internal void @sleep_while(ptr %cell, i32 %value) nounwind {
entry:
  %locked = call i32 @pthread_mutex_lock(ptr @mutex)
  %now = load atomic i32, ptr %cell seq_cst, align 4
  %unchanged = icmp eq i32 %now, %value
  br i1 %unchanged, label %wait, label %leave
wait:
  %waited = call i32 @pthread_cond_wait(ptr @condition, ptr @mutex)
  br label %leave
leave:
  %unlocked = call i32 @pthread_mutex_unlock(ptr @mutex)
  ret void
}
define internal void @wake(ptr %cell, i64 %count) nounwind {
  %locked = call i32 @pthread_mutex_lock(ptr @mutex)
  %woken = call i32 @pthread_cond_broadcast(ptr @condition)
  %unlocked = call i32 @pthread_mutex_unlock(ptr @mutex)
  ret void
}
"""
