"""One iteration may take seconds: signals are served inside it, in the state before it."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.runtime import programs
from tests.runtime.fake_kernel import FakeKernel

import parloop
from parloop.codegen.layout import ABANDONED, RAISED, TRIPPED, Header
from parloop.runtime import cutting, interrupts
from parloop.runtime.interrupts import NEVER, Holder
from parloop.runtime.transaction import Saved

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer") or interrupts._native() is None, reason="no signals here"
)


class Interrupted(BaseException):
    """What a handler raises."""


class Handled:
    """A handler of `SIGALRM` that keeps what it sees."""

    def __init__(self, look: Callable[[], Any]) -> None:
        self.look = look
        self.seen: list[Any] = []

    def __call__(self, *_: Any) -> None:
        self.seen.append(self.look())


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    before = {n: signal.getsignal(n) for n in (signal.SIGALRM, signal.SIGUSR1)}
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)
    assert not interrupts._holder


def word(address: int) -> int:
    """Return the word at `address`."""
    return ctypes.c_int64.from_address(address).value


# holding signals back


def test_a_signal_that_is_held_back_sets_the_word_and_is_handled_once_given_back() -> None:
    handled = Handled(lambda: None)
    signal.signal(signal.SIGALRM, handled)
    holder = Holder()
    address = holder.hold()
    assert word(address) == 0
    signal.raise_signal(signal.SIGALRM)
    signal.raise_signal(signal.SIGALRM)
    assert word(address) == 1
    assert handled.seen == []
    holder.give_back(given_up=True)
    assert len(handled.seen) == 1
    assert holder.served == {signal.SIGALRM}
    signal.raise_signal(signal.SIGALRM)
    assert len(handled.seen) == 2


def test_a_signal_that_was_served_is_not_held_back_again() -> None:
    handled = Handled(lambda: None)
    signal.signal(signal.SIGALRM, handled)
    holder = Holder()
    holder.hold()
    signal.raise_signal(signal.SIGALRM)
    holder.give_back(given_up=True)
    address = holder.hold()
    signal.raise_signal(signal.SIGALRM)
    assert len(handled.seen) == 2
    assert word(address) == 0
    holder.give_back(given_up=False)
    assert holder.served == set()


@pytest.mark.parametrize("disposition", [signal.SIG_IGN, signal.SIG_DFL])
def test_signals_that_python_does_not_handle_are_left_alone(disposition: signal.Handlers) -> None:
    signal.signal(signal.SIGALRM, disposition)
    holder = Holder()
    holder.hold()
    try:
        assert signal.SIGALRM not in interrupts._handled()
        if disposition == signal.SIG_IGN:
            signal.raise_signal(signal.SIGALRM)
    finally:
        holder.give_back(given_up=False)
    assert signal.getsignal(signal.SIGALRM) == disposition


def test_one_launch_at_a_time_holds_signals_back() -> None:
    first, second = Holder(), Holder()
    assert first.hold() != NEVER
    assert second.hold() == NEVER
    second.give_back(given_up=False)
    first.give_back(given_up=False)
    assert second.hold() != NEVER
    second.give_back(given_up=False)


def test_a_handler_that_raises_ends_the_holding_back() -> None:
    def handler(*_: Any) -> None:
        raise Interrupted

    signal.signal(signal.SIGALRM, handler)
    holder = Holder()
    holder.hold()
    signal.raise_signal(signal.SIGALRM)
    with pytest.raises(Interrupted):
        holder.give_back(given_up=True)
    holder.give_back(given_up=True)
    with pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGALRM)


def test_a_launch_that_is_gone_holds_nothing_back() -> None:
    handled = Handled(lambda: None)
    signal.signal(signal.SIGALRM, handled)
    holder = Holder()
    holder.hold()
    signal.raise_signal(signal.SIGALRM)
    del holder
    gc.collect()
    assert len(handled.seen) == 1


def test_a_handler_set_meanwhile_stays() -> None:
    handled = Handled(lambda: None)
    signal.signal(signal.SIGALRM, handled)
    holder = Holder()
    holder.hold()
    later = Handled(lambda: None)
    signal.signal(signal.SIGALRM, later)
    holder.give_back(given_up=False)
    signal.raise_signal(signal.SIGALRM)
    assert (len(handled.seen), len(later.seen)) == (0, 1)


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_child_of_another_thread_has_its_signals() -> None:
    handled = Handled(lambda: None)
    signal.signal(signal.SIGALRM, handled)
    holder = Holder()
    holder.hold()
    child = os.fork()
    if child == 0:
        signal.raise_signal(signal.SIGALRM)
        os._exit(7 if len(handled.seen) == 1 else 1)
    holder.give_back(given_up=False)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7


# slices that are given up


def giving_up(*times: int) -> Callable[[int, int], int]:
    """Return what a machine says that gives up at these of its runs."""
    runs = iter(range(10_000))
    return lambda lo, hi: ABANDONED if next(runs) in times else 0


def test_a_slice_that_was_given_up_is_put_back_and_run_again() -> None:
    kernel = FakeKernel(100)
    kernel.fast.status = giving_up(0, 1, 3)
    launch = kernel.launch(holder=Holder())
    launch.run()
    assert launch.done == 100
    assert kernel.is_after(100)
    assert kernel.fast.slices[0] == kernel.fast.slices[1] == kernel.fast.slices[2]
    assert kernel.words[Header.INTERRUPT] == NEVER


def test_handlers_run_in_the_state_before_the_slice() -> None:
    kernel = FakeKernel(100)
    kernel.fast.status = giving_up(1)
    kernel.fast.before = lambda: signal.raise_signal(signal.SIGALRM)
    handled = Handled(lambda: launch.done if kernel.is_after(launch.done) else None)
    signal.signal(signal.SIGALRM, handled)
    launch = kernel.launch(holder=Holder())
    launch.run()
    assert kernel.is_after(100)
    assert None not in handled.seen
    assert handled.seen[:2] == [kernel.fast.slices[0][1]] * 2


@pytest.mark.parametrize("saved_rows", [0, None])
def test_what_a_handler_raises_stops_before_the_slice(saved_rows: int | None) -> None:
    def handler(*_: Any) -> None:
        raise Interrupted

    kernel = FakeKernel(100)
    kernel.fast.status = giving_up(1)
    launch = kernel.launch((Saved("a", saved_rows),), holder=Holder())
    launch.run_slice(0, 10)
    signal.signal(signal.SIGALRM, handler)
    kernel.fast.before = lambda: signal.raise_signal(signal.SIGALRM)
    launch.run()
    assert isinstance(launch.error, Interrupted)
    assert launch.done == 10
    assert kernel.is_after(10)


@pytest.mark.parametrize("raises_at", [None, 7])
@pytest.mark.parametrize("times", [(0,), (1,), (0, 2)])
def test_the_precise_run_may_be_given_up_too(times: tuple[int, ...], raises_at: int | None) -> None:
    kernel = FakeKernel(20)
    kernel.fast.status = lambda lo, hi: TRIPPED
    kernel.slow.status = giving_up(*times)
    kernel.slow.raises_at = raises_at
    kernel.slow.logs = (0,)
    launch = kernel.launch(holder=Holder())
    with pytest.warns(RuntimeWarning, match="first") as told:
        launch.run()
    assert launch.raised == (raises_at is not None)
    assert kernel.is_after(20 if raises_at is None else raises_at)
    assert len(told) == 1 or raises_at is None
    assert kernel.slow.status(0, 0) != RAISED


# whole loops


def steps(a: Any, b: Any, n: int, rounds: int) -> int:
    t = -1
    for t in range(rounds):  # noqa: B007 - returned
        for r in range(30):
            for i in range(1, n - 1):
                for j in range(1, n - 1):
                    b[i, j] = (a[i - 1, j] + a[i, j - 1] + a[i + 1, j]) / 3.0
            for i in range(1, n - 1):
                for j in range(1, n - 1):
                    a[i, j] = b[i, j] * 0.5 + r
    return t


def chaotic(a: Any, rounds: int) -> None:
    for i in range(rounds):
        x = a[i]
        k = 0
        while k < 300_000:
            x = 3.7 * x * (1.0 - x)
            k += 1
            a[k & 63] = x


def in_order(a: Any, n: int, rounds: int) -> None:
    for t in range(rounds):
        s = a[t]
        for i in range(n):
            s = s * 0.75 + a[i & 63]
        a[t] = s


def swept(a: Any, n: int, rounds: int) -> None:
    for _t in range(rounds):
        for _r in range(200):
            for i in range(1, n):
                for j in range(1, n):
                    a[i, j] = (a[i - 1, j] + a[i, j - 1] + a[i, j]) * 0.33


def grid(n: int) -> Any:
    return np.arange(float(n * n)).reshape(n, n) / (n * n)


PROGRAMS = [
    (steps, lambda: (grid(60), grid(60), 60, 12)),
    (chaotic, lambda: (np.linspace(0.1, 0.9, 64), 12)),
    (in_order, lambda: (np.linspace(0.1, 0.9, 64), 1_000_000, 12)),
    (swept, lambda: (grid(70), 70, 12)),
]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("plain", "make"), PROGRAMS)
def test_signals_at_any_moment_see_states_between_iterations_and_change_nothing(
    plain: Any, make: Any, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "ALWAYS_POLLS", True)
    fast = parloop.parallel(programs.fresh(plain), min_work_ms=0, threads=threads)
    rounds = make()[-1]
    states = []
    for number in range(rounds + 1):  # also brings all machine code into memory
        *arguments, _ = make()
        fast(*arguments, number)
        states.append(b"".join(a.tobytes() for a in arguments if isinstance(a, np.ndarray)))
    handled = Handled(lambda: b"".join(a.tobytes() for a in arrays))
    signal.signal(signal.SIGALRM, handled)
    for attempt in range(1, 500):  # a quick machine may be done before the first signal comes
        *arguments, _ = make()
        arrays = [a for a in arguments if isinstance(a, np.ndarray)]
        signal.setitimer(signal.ITIMER_REAL, 0.002 / attempt, 0.003)
        fast(*arguments, rounds)
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert b"".join(a.tobytes() for a in arrays) == states[-1]
        if handled.seen:
            break
    known = set(states)
    assert handled.seen
    assert all(state in known for state in handled.seen)


def test_a_loop_in_another_thread_lets_the_main_thread_serve_signals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cutting, "ALWAYS_POLLS", True)
    fast = parloop.parallel(programs.fresh(in_order), min_work_ms=0, threads=1)
    a = np.linspace(0.1, 0.9, 64)
    fast(a, 1000, 2)
    done = threading.Event()
    seen: list[bool] = []
    signal.signal(signal.SIGALRM, lambda *_: seen.append(done.is_set()))

    def work() -> None:
        fast(a, 100_000_000, 4)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    thread.join()
    assert seen == [False]
