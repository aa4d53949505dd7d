"""What others change between two slices is seen by the rest of the loop, as in CPython."""

from __future__ import annotations

import math
import signal
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.differential import slices_of
from tests.runtime import programs

import parloop
from parloop.runtime import launching
from parloop.runtime.transaction import Launch

N, FIRST = 12, 5

SCALE = 2
COUNT = 0
LAST = -1


def reads_a_global(a, lo, hi):
    for i in range(lo, hi):
        a[i] = i * SCALE
    return i


def leaves_by_a_global(a, lo, hi):
    for i in range(lo, hi):
        if SCALE == 3:
            break
        a[i] = i
    return i


def counts_in_a_global(a, lo, hi):
    global COUNT
    for i in range(lo, hi):
        COUNT += 1
        a[i] = COUNT
    return COUNT


def leaves_a_global(a, lo, hi):
    global LAST
    for i in range(lo, hi):
        if i < FIRST:
            LAST = i
        a[i] = i
    return LAST


VALUES = [1.0] * N
OTHERS = [2.0] * N


def reads_a_global_list(a, lo, hi):
    for i in range(lo, hi):
        a[i] = i * VALUES[i]
    return i


def scaled(x):
    return x * SCALE


def scaled_by_three(x):
    return x * 3


def calls_a_function_of_its_own(a, lo, hi):
    for i in range(lo, hi):
        a[i] = scaled(i)
    return i


def calls_a_function(a, lo, hi):
    for i in range(lo, hi):
        a[i] = math.sqrt(i)
    return i


def warns(a, lo, hi):
    for i in range(lo, hi):
        a[i] = a[i] / (i - 9)
    return i


def only_writes(a, lo, hi):
    for i in range(lo, hi):
        a[i] = i
    return i


def runs_long(n):
    s = 0
    for i in range(n):
        if SCALE == 3:
            break
        s = (s * 5 + i) & 1023
    return i


SET_BACK = ("SCALE", "COUNT", "LAST", "VALUES", "scaled")


def set_global(name: str, value: object) -> Callable[[Any], None]:
    return lambda a: globals().update({name: value})


def replace_sqrt(a: Any) -> None:
    math.sqrt = float  # type: ignore[assignment]


def raise_warnings(a: Any) -> None:
    warnings.simplefilter("error")


def ask_for_underflow(a: Any) -> None:
    np.seterr(under="warn")


def write_no_more(a: Any) -> None:
    a.flags.writeable = False


def take_the_shape(a: Any) -> None:
    a.shape = (3, 4)


def store(a: Any) -> None:
    a[-1] = 77


@pytest.fixture(autouse=True)
def set_back() -> Iterator[None]:
    before, sqrt, modes = dict(globals()), math.sqrt, np.geterr()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    globals().update({name: before[name] for name in SET_BACK})
    math.sqrt = sqrt
    np.seterr(**modes)


CHANGES = [
    (reads_a_global, set_global("SCALE", 5), True),
    (reads_a_global, set_global("SCALE", 5.5), True),
    (reads_a_global, set_global("SCALE", 2), False),
    (reads_a_global, set_global("COUNT", 5), False),
    (leaves_by_a_global, set_global("SCALE", 3), True),
    (counts_in_a_global, set_global("COUNT", 100), True),
    (leaves_a_global, set_global("LAST", 100), True),
    (calls_a_function, replace_sqrt, True),
    (warns, raise_warnings, False),
    (warns, ask_for_underflow, True),
    (only_writes, raise_warnings, False),
    (only_writes, write_no_more, True),
    (only_writes, take_the_shape, True),
    (only_writes, store, False),
]


@pytest.mark.parametrize(("function", "change", "is_seen"), CHANGES)
def test_a_change_between_two_slices_is_seen_by_the_next_iteration(
    function: Any, change: Callable[[Any], None], is_seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = np.ones(N)
    names = {name: globals()[name] for name in ("SCALE", "COUNT", "LAST")}
    with np.errstate(under="ignore"), warnings.catch_warnings():
        function(expected, 0, FIRST)
        change(expected)
        outcome = attempt(function, expected, FIRST)
    math.sqrt = _SQRT
    globals().update(names)

    run_slice = Launch.run_slice

    def changing(launch: Launch, lo: int, hi: int) -> None:
        run_slice(launch, lo, hi)
        if lo == 0:
            change(seen)

    seen = np.ones(N)
    native = parloop.parallel(function, min_work_ms=0)
    monkeypatch.setattr(Launch, "run_slice", changing)
    parloop.reset_report()
    with np.errstate(under="ignore"), warnings.catch_warnings(), slices_of(FIRST):
        assert attempt(native, seen, 0) == outcome
    assert seen.tobytes() == expected.tobytes()
    assert seen.shape == expected.shape
    (site,) = parloop.report().sites
    assert ("RUN113" in [why.code for why, _ in site.fallbacks]) == is_seen


_SQRT = math.sqrt


def attempt(function: Any, array: Any, lo: int) -> tuple[Any, str]:
    try:
        return function(array, lo, N), ""
    except (IndexError, TypeError, ValueError, RuntimeWarning) as error:
        return type(error), str(error)


def test_the_variable_of_a_function_around_is_looked_at_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def make() -> tuple[Any, Any]:
        stop = False

        def work(a: Any, n: int) -> int:
            for i in range(n):
                if stop:
                    break
                a[i] = i
            return i

        def end() -> None:
            nonlocal stop
            stop = True

        return work, end

    work, end = make()
    run_slice = Launch.run_slice

    def ending(launch: Launch, lo: int, hi: int) -> None:
        run_slice(launch, lo, hi)
        end()

    monkeypatch.setattr(Launch, "run_slice", ending)
    with slices_of(FIRST):
        assert parloop.parallel(work, min_work_ms=0)(np.zeros(N), N) == FIRST


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
def test_a_handler_that_sets_a_variable_ends_the_loop_that_reads_it() -> None:
    native = parloop.parallel(runs_long)
    native(10**7)
    before = signal.signal(signal.SIGVTALRM, lambda *_: globals().update(SCALE=3))
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.3)
    try:
        assert 0 < native(10**12) < 10**12 - 1
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("where", ["choose_saved", "decline_large", "Launch"])
@pytest.mark.parametrize(
    ("plain", "change"),
    [
        (reads_a_global, set_global("SCALE", 3)),
        (reads_a_global_list, set_global("VALUES", OTHERS)),
        (calls_a_function_of_its_own, set_global("SCALE", 3)),
        (calls_a_function_of_its_own, set_global("scaled", scaled_by_three)),
    ],
)
def test_a_change_while_a_launch_is_made_is_seen_by_its_first_iteration(
    where: str, plain: Any, change: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = getattr(launching, where)
    made = []

    def changing(*arguments: Any, **named: Any) -> Any:
        change(None)
        made.append(where)
        return original(*arguments, **named)

    monkeypatch.setattr(launching, where, changing)
    array = np.zeros(N)
    parloop.parallel(programs.fresh(plain), min_work_ms=0)(array, 0, N)
    assert made
    expected = np.zeros(N)
    plain(expected, 0, N)  # with what has been changed
    assert array.tolist() == expected.tolist()


def test_functions_changed_between_slices_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    run_slice = Launch.run_slice

    def changing(launch: Launch, lo: int, hi: int) -> None:
        run_slice(launch, lo, hi)
        globals().update(scaled=scaled_by_three)

    monkeypatch.setattr(Launch, "run_slice", changing)
    array = np.zeros(N)
    with slices_of(FIRST):
        fresh = programs.fresh(calls_a_function_of_its_own)
        parloop.parallel(fresh, min_work_ms=0)(array, 0, N)
    assert array.tolist() == [2.0 * i if i < FIRST else 3.0 * i for i in range(N)]
