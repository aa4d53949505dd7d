"""A launch that repeats an earlier one is told by what it depends on, and by nothing else."""

from __future__ import annotations

import math
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.runtime import programs

import parloop
from parloop.capture.decorator import captured
from parloop.capture.sites import REGISTRY, Outcome, Site
from parloop.runtime import dispatch, enter, transaction, warm
from parloop.runtime.stats import Count
from parloop.runtime.tracers import is_traced

N = 50

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(autouse=True, params=["native", "python"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Repeat launches natively, and by the function that says in Python what that means."""
    monkeypatch.setattr(enter, "ENABLED", request.param == "native")
    with parloop.settings(min_work_ms=0):
        parloop.reset_report()
        yield request.param


def site_of(function: Callable[..., Any]) -> Site:
    found = captured(function)
    assert found is not None
    (info,) = found.sites
    return REGISTRY.sites[info.key]


def repeats(function: Callable[..., Any], call: Callable[[], Any]) -> bool:
    """Return whether `call` is taken for the repetition of an earlier one."""
    state = site_of(function).state
    seen: list[object] = []
    before = state.warm
    counted = state.record.counts[Count.RUNS]

    def spying(inner: warm.Warm) -> warm.Warm:
        def spy(*arguments: Any) -> Outcome | None:
            outcome = inner(*arguments)
            if outcome is not None:
                seen.append(outcome)
            return outcome

        return spy

    def again(*arguments: Any) -> Outcome | None:
        seen.append(arguments)
        return rerun(*arguments)

    rerun = warm._Repeat.again
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warm._Repeat, "again", again)
        state.warm = tuple(spying(one) for one in before)
        try:
            call()
        finally:
            state.warm = before
    return bool(seen) or state.record.counts[Count.RUNS] > counted


def made_warm(plain: Callable[..., Any], *arguments: Any) -> Callable[..., Any]:
    fast = parloop.parallel(programs.fresh(plain))
    for _ in range(3):
        fast(*arguments)
    assert repeats(fast, lambda: fast(*arguments))
    site = site_of(fast)
    natively = enter.ENABLED and not site.info.has_else and not is_traced()
    assert (site.enter is not site) == natively
    return fast


def test_the_same_call_with_other_arrays_repeats() -> None:
    fast = made_warm(programs.add, np.zeros(N), np.ones(N), N)
    a, b = np.zeros(N), np.arange(float(N))
    assert repeats(fast, lambda: fast(a, b, N))
    assert a.tolist() == (b + 1).tolist()


def test_values_of_the_outputs_have_their_types() -> None:
    fast = made_warm(programs.total, np.ones(N), N)
    s, i = fast(np.full(N, 0.5), N)
    assert (s, i) == (N / 2, N - 1)
    assert type(s) is np.float64
    assert type(i) is int


def test_another_number_of_iterations_does_not_repeat() -> None:
    fast = made_warm(programs.add, np.zeros(N), np.ones(N), N)
    a = np.zeros(N)
    assert not repeats(fast, lambda: fast(a, np.ones(N), N - 1))
    assert a.tolist() == [2.0] * (N - 1) + [0.0]


@pytest.mark.parametrize(
    "array",
    [
        np.ones(N + 1),
        np.ones(2 * N)[::2],
        np.ones(N, np.float32),
        np.ones(N, ">f8"),
        np.ones(N).view(np.recarray),
    ],
)
def test_an_array_of_another_kind_does_not_repeat(array: Any) -> None:
    fast = made_warm(programs.add, np.zeros(N), np.ones(N), N)
    a = np.zeros(N)
    assert not repeats(fast, lambda: fast(a, array, N))
    assert a.tolist() == [2.0] * N


def test_arrays_that_overlap_do_not_repeat() -> None:
    fast = made_warm(programs.add, np.zeros(N), np.ones(N), N)
    x = np.zeros(N + 1)
    assert not repeats(fast, lambda: fast(x[1:], x[:-1], N))
    assert x.tolist() == list(range(N + 1))


def test_a_function_that_was_replaced_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = made_warm(programs.roots, np.zeros(N), np.ones(N), N)
    monkeypatch.setattr(np, "sqrt", lambda x: 7.0)
    a = np.zeros(N)
    assert not repeats(fast, lambda: fast(a, np.ones(N), N))
    assert a.tolist() == [7.0] * N


def test_a_builtin_that_is_hidden_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = made_warm(programs.add, np.zeros(N), np.ones(N), N)
    monkeypatch.setattr(programs, "range", lambda n: range(1), raising=False)
    a = np.zeros(N)
    fast(a, np.ones(N), N)
    assert a.tolist() == [2.0] + [0.0] * (N - 1)


def test_a_global_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = made_warm(programs.scaled, np.zeros(N), N)
    monkeypatch.setattr(programs, "scale", 3.0)
    a = np.zeros(N)
    assert repeats(fast, lambda: fast(a, N))
    assert a.tolist() == [3.0 * i for i in range(N)]


def test_a_slice_that_trips_is_run_again_precisely() -> None:
    fast = made_warm(programs.inverse, np.zeros(N), np.ones(N), N)
    a, b = np.zeros(N), np.ones(N)
    b[N // 2] = 0.0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        fast(a, b, N)
    assert [str(w.message) for w in caught] == ["divide by zero encountered in scalar divide"]
    assert a[N // 2] == math.inf
    assert a.sum() == math.inf
    assert a[0] == 1


def test_a_slice_that_trips_under_the_same_filters_is_told_at_once() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        fast = made_warm(programs.inverse, np.zeros(N), np.ones(N), N)
        a, b = np.zeros(N), np.ones(N)
        b[3] = 0.0
        fast(a, b, N)
    assert len(caught) == 1
    assert a[3] == math.inf
    assert programs.only_site().interpreted_runs == 0


@pytest.mark.parametrize("mode", ["raise", "ignore"])
def test_numpys_errors_are_treated_as_they_are_set_now(mode: Any) -> None:
    fast = made_warm(programs.inverse, np.zeros(N), np.ones(N), N)
    a, b = np.zeros(N), np.ones(N)
    b[5] = 0.0
    with np.errstate(divide=mode):
        if mode == "ignore":
            fast(a, b, N)
            assert a[5] == math.inf
            assert a[-1] == 1
        else:
            with pytest.raises(FloatingPointError):
                fast(a, b, N)
            assert a.tolist() == [1.0] * 5 + [0.0] * (N - 5)


def test_settings_are_looked_at_each_time() -> None:
    fast = made_warm(programs.add, np.zeros(N), np.ones(N), N)
    parloop.reset_report()
    with parloop.settings(device="interpreter"):
        assert not repeats(fast, lambda: fast(np.zeros(N), np.ones(N), N))
    (site,) = parloop.report().sites
    assert (site.native_runs, site.interpreted_runs) == (0, 1)


def test_several_shapes_are_remembered_at_once() -> None:
    fast = parloop.parallel(programs.fresh(programs.add))
    for n in (N, 2 * N, 3 * N):
        for _ in range(3):
            fast(np.zeros(n), np.ones(n), n)
    for n in (N, 2 * N, 3 * N):
        assert repeats(fast, lambda n=n: fast(np.zeros(n), np.ones(n), n))


def test_what_a_repetition_overwrites_is_put_back_where_something_happens() -> None:
    fast = made_warm(programs.in_place, np.ones(N), N)
    a, b = np.ones(N), np.ones(N)
    a[7] = b[7] = 1.7e308
    with np.errstate(over="ignore"):
        programs.in_place(b, N)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        fast(a, N)
        assert len(caught) == 1
    assert a.tolist() == b.tolist()


def test_what_a_repetition_overwrites_is_put_back_at_once() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        fast = made_warm(programs.in_place, np.ones(N), N)
        a, b = np.ones(N), np.ones(N)
        a[7] = b[7] = 1.7e308
        assert repeats(fast, lambda: fast(a, N))
    with np.errstate(over="ignore"):
        programs.in_place(b, N)
    assert a.tolist() == b.tolist()
    assert len(caught) == 1


@pytest.mark.parametrize("other", [[1.0] * N, np.ones(N, object), np.ones(1 << 16)])
def test_what_cannot_be_kept_is_no_repetition(other: Any) -> None:
    fast = made_warm(programs.in_place, np.ones(N), N)
    expected = other.copy()
    programs.in_place(expected, N)
    assert not repeats(fast, lambda: fast(other, N))
    assert list(other) == list(expected)


class LateError(Exception):
    """What a handler raises."""


def cut_at_every_call(call: Callable[[], Any], files: tuple[str, ...]) -> Iterator[bool]:
    """Call again and again, with an exception at one call or return in `files` later each time."""
    for number in range(1000):
        seen = 0
        raised = False

        def profile(frame: Any, event: str, argument: Any, number: int = number) -> None:
            nonlocal seen, raised
            if raised or event not in ("c_return", "call"):
                return
            if frame.f_code.co_filename not in files:
                return
            seen += 1
            if seen > number:
                raised = True
                raise LateError

        sys.setprofile(profile)
        try:
            call()
        except LateError:
            yield True
            continue
        finally:
            sys.setprofile(None)
        yield False
        if not raised:
            return


def test_an_interrupt_at_any_call_of_a_repetition_is_raised() -> None:
    fast = made_warm(programs.total, np.ones(N), N)
    results: list[Any] = []
    cuts = cut_at_every_call(lambda: results.append(fast(np.ones(N), N)), (warm.__file__,))
    assert sum(cuts) == 0 if enter.ENABLED else sum(cuts) > 3
    assert results == [(N, N - 1)]


def test_an_interrupt_at_any_call_leaves_all_or_nothing_done() -> None:
    files = (warm.__file__, dispatch.__file__, transaction.__file__)
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("default")
        fast = made_warm(programs.in_place, np.ones(N), N)
        before, after = np.ones(N), np.ones(N)
        before[7] = after[7] = 1.7e308
        with np.errstate(over="ignore"):
            programs.in_place(after, N)
        a = before.copy()

        def call() -> None:
            a[:] = before
            fast(a, N)

        seen = []
        for was_cut in cut_at_every_call(call, files):
            seen.append(was_cut)
            assert a.tolist() in (before.tolist(), after.tolist())
    assert sum(seen) > 20


def test_a_signal_handler_may_use_the_same_loop() -> None:
    fast = made_warm(programs.total, np.ones(N), N)
    inside: list[Any] = []
    before = signal.signal(signal.SIGUSR1, lambda *_: inside.append(fast(np.ones(N), N)))
    try:
        for _ in range(200):
            signal.raise_signal(signal.SIGUSR1)
            assert fast(np.ones(N), N) == (N, N - 1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert inside == [(N, N - 1)] * 200


def until_above(a: Any, n: int, limit: float) -> Any:
    for i in range(n):
        if a[i] > limit:
            break
    return i


def test_a_repetition_without_else_may_leave_by_break() -> None:
    fast = made_warm(until_above, np.zeros(N), N, 1.0)
    a = np.zeros(N)
    a[9:] = 2.0
    parloop.reset_report()
    assert repeats(fast, lambda: fast(a, N, 1.0))
    assert (fast(a, N, 1.0), fast(np.zeros(N), N, 1.0)) == (9, N - 1)
    assert programs.only_site().iterations == 9 + 9 + N


def first_above(a: Any, n: int, limit: float) -> Any:
    found = True
    for i in range(n):
        if a[i] > limit:
            break
    else:
        found = False
    return found, i


@pytest.mark.parametrize("place", [0, 7, N - 1])
def test_a_repetition_may_leave_by_break(place: int) -> None:
    fast = made_warm(first_above, np.zeros(N), N, 1.0)
    a = np.zeros(N)
    a[place:] = 2.0
    assert fast(np.zeros(N), N, 1.0) == (False, N - 1)
    assert repeats(fast, lambda: fast(a, N, 1.0))
    assert fast(a, N, 1.0) == (True, place)
