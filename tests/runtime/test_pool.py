"""Every block is run exactly once, whoever asks, however often, whatever else the process does."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from parloop.runtime import jit, pool
from parloop.runtime.pool import Pool, get_pool

BODIES = """
define i64 @count(ptr %context, i64 %block, i64 %worker) nounwind { ; counts its block
  %cell = getelementptr i64, ptr %context, i64 %block
  %old = load i64, ptr %cell
  %new = add i64 %old, 1
  store i64 %new, ptr %cell
  %bit = and i64 %block, 31
  %result = shl i64 1, %bit
  ret i64 %result
}

%nest = type { ptr, ptr, ptr, i64 } ; run, body, counts, blocks
define i64 @nested(ptr %context, i64 %block, i64 %worker) nounwind {
  %body_cell = getelementptr %nest, ptr %context, i64 0, i32 1
  %counts_cell = getelementptr %nest, ptr %context, i64 0, i32 2
  %blocks_cell = getelementptr %nest, ptr %context, i64 0, i32 3
  %run = load ptr, ptr %context
  %body = load ptr, ptr %body_cell
  %counts = load ptr, ptr %counts_cell
  %blocks = load i64, ptr %blocks_cell
  %offset = mul i64 %block, %blocks
  %mine = getelementptr i64, ptr %counts, i64 %offset
  %result = call i64 %run(ptr %body, ptr %mine, i64 %blocks)
  ret i64 %result
}

declare double @llvm.sqrt.f64(double)
define i64 @third(ptr %context, i64 %block, i64 %worker) nounwind { ; 1/3 in the mode of the thread
entry:
  br label %again
again: ; long enough for a worker to wake and take part
  %i = phi i64 [0, %entry], [%i_after, %again]
  %x = phi double [2.0, %entry], [%x_after, %again]
  %root = call double @llvm.sqrt.f64(double %x)
  %x_after = fadd double %root, 1.0
  %i_after = add i64 %i, 1
  %more = icmp slt i64 %i_after, 3000
  br i1 %more, label %again, label %leave
leave:
  %three = load volatile double, ptr @three
  %value = fdiv double 1.0, %three
  %cell = getelementptr double, ptr %context, i64 %block
  store double %value, ptr %cell
  %positive = fcmp ogt double %x_after, 0.0
  %result = zext i1 %positive to i64
  %shifted = shl i64 %result, %worker
  ret i64 %shifted
}
@three = internal global double 3.0

define i64 @many(ptr %run, ptr %body, ptr %context, i64 %blocks, i64 %launches) nounwind {
entry:
  br label %again
again:
  %i = phi i64 [0, %entry], [%i_after, %again]
  %results = phi i64 [0, %entry], [%results_after, %again]
  %result = call i64 %run(ptr %body, ptr %context, i64 %blocks)
  %results_after = or i64 %results, %result
  %i_after = add i64 %i, 1
  %more = icmp slt i64 %i_after, %launches
  br i1 %more, label %again, label %leave
leave:
  ret i64 %results_after
}
"""

Run = Callable[[object, object, int], int]
ADDRESS, WORD = ctypes.c_void_p, ctypes.c_int64


@pytest.fixture(scope="module")
def bodies() -> jit.Loaded:
    return jit.load(jit.compile_to_object(BODIES), {})


def runner(of: Pool) -> Run:
    return ctypes.CFUNCTYPE(WORD, ADDRESS, ADDRESS, WORD)(of.run_address)


def launch_many(of: Pool, bodies: jit.Loaded, counts: object, blocks: int, launches: int) -> int:
    many = ctypes.CFUNCTYPE(WORD, ADDRESS, ADDRESS, ADDRESS, WORD, WORD)(bodies.address("many"))
    result = many(of.run_address, bodies.address("count"), counts, blocks, launches)
    assert isinstance(result, int)
    return result


def n_tasks() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def expected_bits(blocks: int) -> int:
    return (1 << min(blocks, 32)) - 1


@pytest.fixture(params=["as here", "condition variable"])
def kind_of_pool(request: pytest.FixtureRequest) -> Iterator[Callable[[int], Pool]]:
    """Makes pools that sleep as this system does, and pools that sleep as others do."""
    made: list[Pool] = []
    target = pool._host_target()
    if request.param == "condition variable":
        target = dataclasses.replace(target, futex_call=None)

    def make(threads: int) -> Pool:
        made.append(pool._make_pool(threads, target))
        return made[-1]

    yield make
    for each in made:
        each._library.halt()


@pytest.mark.parametrize("threads", [1, 2, 3, 9])
@pytest.mark.parametrize("blocks", [0, 1, 2, 3, 40])
def test_each_block_runs_once_a_launch(
    kind_of_pool: Callable[[int], Pool], bodies: jit.Loaded, threads: int, blocks: int
) -> None:
    counts = (ctypes.c_int64 * 41)()
    result = launch_many(kind_of_pool(threads), bodies, counts, blocks, 2000)
    assert list(counts) == [2000] * blocks + [0] * (41 - blocks)
    assert result == expected_bits(blocks)


@pytest.mark.parametrize("spins", [0, 1, 100])
def test_no_wake_up_is_lost_however_short_the_spin(
    kind_of_pool: Callable[[int], Pool], bodies: jit.Loaded, spins: int
) -> None:
    made = kind_of_pool(3)
    made._library.spins.value = spins
    counts = (ctypes.c_int64 * 7)()
    assert launch_many(made, bodies, counts, 7, 3000) == expected_bits(7)
    assert list(counts) == [3000] * 7


def test_a_launch_inside_a_launch_runs_where_it_is(bodies: jit.Loaded) -> None:
    made = get_pool(2)
    counts = (ctypes.c_int64 * 60)()
    fields = (made.run_address, bodies.address("count"), ctypes.addressof(counts), 6)
    context = (ctypes.c_int64 * 4)(*fields)
    for _ in range(200):
        assert runner(made)(bodies.address("nested"), context, 10) == expected_bits(6)
    assert list(counts) == [200] * 60


def test_pools_of_different_sizes_do_not_nest(bodies: jit.Loaded) -> None:
    outer, inner = get_pool(2), get_pool(3)
    counts = (ctypes.c_int64 * 60)()
    fields = (inner.run_address, bodies.address("count"), ctypes.addressof(counts), 6)
    context = (ctypes.c_int64 * 4)(*fields)
    assert runner(outer)(bodies.address("nested"), context, 10) == expected_bits(6)
    assert list(counts) == [1] * 60


def test_several_python_threads_may_launch_at_once(bodies: jit.Loaded) -> None:
    made = get_pool(3)
    all_counts = [(ctypes.c_int64 * 10)() for _ in range(4)]
    results: list[int] = []

    def work(counts: object) -> None:
        results.append(launch_many(made, bodies, counts, 10, 3000))

    threads = [threading.Thread(target=work, args=(counts,)) for counts in all_counts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected_bits(10)] * 4
    assert [list(counts) for counts in all_counts] == [[3000] * 10] * 4


def test_bodies_may_be_python_functions() -> None:
    seen: list[int] = []

    @ctypes.CFUNCTYPE(WORD, ADDRESS, WORD, WORD)
    def body(context: int, block: int, worker: int) -> int:
        assert 0 <= worker < 3
        seen.append(block)
        return 1 << block

    assert runner(get_pool(3))(body, None, 20) == (1 << 20) - 1
    assert sorted(seen) == list(range(20))


def test_blocks_are_started_in_order() -> None:
    started: list[int] = []

    @ctypes.CFUNCTYPE(WORD, ADDRESS, WORD, WORD)
    def body(context: int, block: int, worker: int) -> int:
        started.append(block)
        return 0

    runner(get_pool(1))(body, None, 20)
    assert started == list(range(20))


def test_no_thread_of_ours_is_known_to_threading(bodies: jit.Loaded) -> None:
    before = threading.enumerate()
    launch_many(get_pool(4), bodies, (ctypes.c_int64 * 9)(), 9, 100)
    assert threading.enumerate() == before


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals are POSIX's")
def test_the_signal_mask_of_the_caller_is_left_as_it_was(
    kind_of_pool: Callable[[int], Pool], bodies: jit.Loaded
) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    launch_many(kind_of_pool(3), bodies, (ctypes.c_int64 * 9)(), 9, 10)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc shows the masks")
def test_workers_block_every_signal(
    kind_of_pool: Callable[[int], Pool], bodies: jit.Loaded
) -> None:
    def masks() -> dict[str, int]:
        found = {}
        for task in Path("/proc/self/task").iterdir():
            lines = (task / "status").read_text().splitlines()
            found[task.name] = next(
                int(line.split()[1], 16) for line in lines if line.startswith("SigBlk:")
            )
        return found

    before = masks()
    launch_many(kind_of_pool(3), bodies, (ctypes.c_int64 * 9)(), 9, 10)
    ours = [mask for task, mask in masks().items() if task not in before]
    assert len(ours) == 2
    for mask in ours:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD):
            assert mask >> (number - 1) & 1


@pytest.mark.parametrize("mode", ["FE_DOWNWARD", "FE_UPWARD", "FE_TONEAREST"])
def test_workers_round_as_the_caller_does(bodies: jit.Loaded, mode: str) -> None:
    if pool._host_target().machine == "other":
        pytest.skip("control bits are copied on x86-64 and aarch64 only")
    x86 = pool._host_target().machine == "x86_64"
    modes = {"FE_TONEAREST": 0, "FE_DOWNWARD": 0x400 if x86 else 0x800000}
    modes["FE_UPWARD"] = 0x800 if x86 else 0x400000
    made, values = get_pool(4), (ctypes.c_double * 64)()
    process = ctypes.CDLL(None)
    result = 0
    for _ in range(50):  # until some worker was there: usually at once
        process.fesetround(modes[mode])
        result |= runner(made)(bodies.address("third"), values, 64)
        process.fesetround(0)
        expected = np.nextafter(1 / 3, 1.0) if mode == "FE_UPWARD" else 1 / 3
        assert set(values) == {expected}
        if result != 1:
            break
    assert result != 1, "no worker took part, nothing was checked"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_both_sides_of_a_fork_go_on(bodies: jit.Loaded) -> None:
    made = get_pool(3)
    launch_many(made, bodies, (ctypes.c_int64 * 9)(), 9, 100)
    child = os.fork()
    counts = (ctypes.c_int64 * 9)()
    good = launch_many(made, bodies, counts, 9, 500) == expected_bits(9)
    good = good and list(counts) == [500] * 9 and pool._BUSY.value == 0
    if child == 0:
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert good


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc shows the threads")
def test_the_process_has_one_thread_while_it_forks(bodies: jit.Loaded) -> None:
    before = n_tasks()
    launch_many(get_pool(4), bodies, (ctypes.c_int64 * 9)(), 9, 10)
    pool._before_fork()
    during = n_tasks()
    pool._after_fork()
    assert during <= before
    assert launch_many(get_pool(4), bodies, (ctypes.c_int64 * 9)(), 9, 10) == expected_bits(9)


EXIT_SCRIPT = """
import ctypes, sys, threading
from parloop.runtime import jit, pool
text = '''define i64 @f(ptr %c, i64 %b, i64 %w) nounwind { ret i64 1 }
define i64 @long(ptr %run, ptr %c) nounwind {
entry:
  br label %again
again:
  %r = call i64 %run(ptr @f, ptr %c, i64 9)
  br label %again
}'''
loaded = jit.load(jit.compile_to_object(text), {})
made = pool.get_pool(3)
run = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
print(run(made.run_address)(loaded.address("f"), None, 9))
if sys.argv[1] == "daemon":
    endless = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)
    work = endless(loaded.address("long"))
    threading.Thread(target=work, args=(made.run_address, None), daemon=True).start()
"""


@pytest.mark.parametrize("how", ["plain", "daemon"])
def test_the_interpreter_ends_cleanly(how: str) -> None:
    command = [sys.executable, "-W", "error", "-c", EXIT_SCRIPT, how]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs sched_setaffinity")
def test_launches_end_beside_a_busy_process_on_the_only_core(bodies: jit.Loaded) -> None:
    allowed = os.sched_getaffinity(0)
    hog = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        core = {min(allowed)}
        os.sched_setaffinity(hog.pid, core)
        os.sched_setaffinity(0, core)
        counts = (ctypes.c_int64 * 8)()
        made = pool._make_pool(3, pool._host_target())
        assert launch_many(made, bodies, counts, 8, 2000) == expected_bits(8)
        assert list(counts) == [2000] * 8
        made._library.halt()
    finally:
        os.sched_setaffinity(0, allowed)
        hog.kill()
        hog.wait()


def test_a_pool_is_made_once_for_each_number_of_threads() -> None:
    assert get_pool(2) is get_pool(2)
    assert get_pool(2) is not get_pool(3)
    assert get_pool(2).threads == 2


def test_a_pool_without_threads_is_refused() -> None:
    with pytest.raises(ValueError, match="threads=0 must be at least 1"):
        get_pool(0)
