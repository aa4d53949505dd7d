"""What `strict` and `verify` ask for, and what becomes of failures of our own."""

from __future__ import annotations

import math
import signal
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.runtime import programs

import parloop
from parloop.capture.decorator import captured
from parloop.capture.sites import REGISTRY
from parloop.runtime import dispatch, preparing, verify, work

N = 50


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    parloop.reset_report()
    return


# strict


def test_strict_raises_where_the_loop_would_have_paid() -> None:
    fast = parloop.parallel(programs.fresh(programs.add), strict=True, min_work_ms=0)
    with pytest.raises(parloop.NotNative) as caught:
        fast(np.zeros(N, object), np.ones(N), N)
    assert caught.value.diagnostic.code == "RUN101"
    assert caught.value.diagnostic.span.line == programs.add.__code__.co_firstlineno + 1


def test_strict_raises_for_a_loop_that_cannot_be_lowered() -> None:
    fast = parloop.parallel(programs.fresh(programs.words), strict=True, min_work_ms=0)
    with pytest.raises(parloop.NotNative):
        fast(["a"] * N, N)


def test_strict_lets_small_loops_be() -> None:
    fast = parloop.parallel(programs.fresh(programs.words), strict=True)
    assert fast(["ab"] * 3, 3) == 6
    other = parloop.parallel(programs.fresh(programs.add), strict=True)
    other(np.zeros(3, object), np.ones(3), 3)


def test_strict_lets_native_loops_raise_what_they_raise() -> None:
    fast = parloop.parallel(programs.fresh(programs.add), strict=True, min_work_ms=0)
    with pytest.raises(IndexError):
        fast(np.zeros(N), np.ones(N), N + 1)


def test_strict_is_seen_by_sites_that_were_switched_off() -> None:
    fast = parloop.parallel(programs.fresh(programs.words))
    for _ in range(3):
        fast(["ab"] * 20000, 20000)
    found = captured(fast)
    assert found is not None
    assert not REGISTRY.sites[found.sites[0].key].on
    with parloop.settings(strict=True), pytest.raises(parloop.NotNative):
        fast(["ab"] * 200000, 200000)


# verify


@pytest.mark.parametrize(
    ("plain", "make"),
    [
        (programs.add, lambda: (np.zeros(N), np.ones(N), N)),
        (programs.total, lambda: (np.linspace(0, 1, N), N)),
        (programs.in_place, lambda: (np.ones(N), N)),
        (programs.roots, lambda: (np.zeros(N), np.full(N, np.nan), N)),
        (programs.last_large, lambda: (np.arange(float(N)), N, 7.5)),
        (programs.last_large, lambda: (np.arange(float(N)), N, 100.0)),
        (programs.pick, lambda: (np.zeros(N), np.arange(N)[::-1].copy(), N)),
    ],
)
def test_verified_runs_leave_what_python_leaves(plain: Any, make: Any) -> None:
    fast = parloop.parallel(programs.fresh(plain), verify=True, min_work_ms=0)
    one, other = make(), make()
    assert repr(fast(*one)) == repr(plain(*other))
    assert repr(one) == repr(other)
    assert programs.only_site().native_runs == 1


def test_views_of_one_array_are_verified_as_such() -> None:
    fast = parloop.parallel(programs.fresh(programs.add), verify=True, min_work_ms=0)
    x = np.zeros(N + 1)
    fast(x[1:], x[:-1], N)
    assert x.tolist() == list(range(N + 1))


def test_a_run_that_stops_early_is_verified_up_to_there() -> None:
    fast = parloop.parallel(programs.fresh(programs.add), verify=True, min_work_ms=0)
    a = np.zeros(N)
    with pytest.raises(IndexError):
        fast(a, np.ones(N), N + 1)
    assert a.tolist() == [2.0] * N


def test_verify_tells_a_wrong_element(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = parloop.parallel(programs.fresh(programs.add), verify=True, min_work_ms=0)
    plain = dispatch.Launch.run

    def wrong(launch: Any) -> None:
        plain(launch)
        a[3] = -0.0

    a = np.zeros(N)
    monkeypatch.setattr(dispatch.Launch, "run", wrong)
    with pytest.raises(parloop.Mismatch, match=r"array `a`: element \[3\] is .*2\.0.* in CPython"):
        fast(a, np.ones(N), N)


def test_verify_tells_a_wrong_name(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = parloop.parallel(programs.fresh(programs.total), verify=True, min_work_ms=0)
    plain = dispatch.Entry.finish

    def wrong(entry: Any, *more: Any) -> Any:
        outcome = plain(entry, *more)
        outcome.values = (outcome.values[0], 0.5)
        return outcome

    monkeypatch.setattr(dispatch.Entry, "finish", wrong)
    with pytest.raises(parloop.Mismatch, match="natively, of type float"):
        fast(np.ones(N), N)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1, True),
        (1, 1.0, False),
        (0.0, -0.0, False),
        (math.nan, -math.nan, True),
        (2**80, 2**80, True),
        (2**80, 2**80 + 1, False),
        (np.float32(1), np.float64(1), False),
        (complex(math.nan, 1), complex(math.nan, 1), True),
        (np.array([1.0, math.nan]), np.array([1.0, -math.nan]), True),
        (np.array([1.0, 2.0]), np.array([1.0, 2.5]), False),
    ],
)
def test_differences_are_of_type_and_bits(left: Any, right: Any, same: bool) -> None:
    assert (verify.find_difference(left, right) is None) == same


# failures of our own


def test_a_failure_of_ours_is_reported_once_and_python_runs_the_loop(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: Any, **more: Any) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(dispatch, "RAISES_BUGS", False)
    monkeypatch.setattr(preparing, "make_specialisation", broken)
    fast = parloop.parallel(programs.fresh(programs.add), min_work_ms=0)
    for _ in range(3):
        a = np.zeros(N)
        fast(a, np.ones(N), N)
        assert a.tolist() == [2.0] * N
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "RUN901" in said
    assert "KeyError" in said
    assert "programs.py" in said
    assert [why.code for why, _ in programs.only_site().fallbacks] == ["RUN901"]


def test_a_failure_before_anything_is_known_is_reported_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: Any, **more: Any) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(dispatch, "RAISES_BUGS", False)
    monkeypatch.setattr(preparing, "lower_loop", broken)
    fast = parloop.parallel(programs.fresh(programs.add), min_work_ms=0)
    a = np.zeros(N)
    fast(a, np.ones(N), N)
    assert a.tolist() == [2.0] * N
    assert "RUN901" in capsys.readouterr().err


def test_a_failure_in_the_precise_variant_leaves_the_rest_to_python(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from parloop.runtime import kernels

    def broken(*arguments: Any, precise: bool) -> Any:
        if precise:
            raise KeyError("no precise variant")
        return plain(*arguments, precise=precise)

    plain = kernels.write_kernel
    monkeypatch.setattr(dispatch, "RAISES_BUGS", False)
    monkeypatch.setattr(kernels, "write_kernel", broken)
    fast = parloop.parallel(programs.fresh(programs.in_place), min_work_ms=0)
    a, b = np.ones(N), np.ones(N)
    a[7] = b[7] = 1.7e308
    with np.errstate(divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fast(a, N)
        programs.in_place(b, N)
    assert a.tolist() == b.tolist()


def test_what_a_handler_raises_while_we_compile_is_the_users(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def handler(*_: Any) -> None:
        raise TimeoutError("late")

    def slow(*arguments: Any, **more: Any) -> None:
        signal.raise_signal(signal.SIGUSR1)
        raise AssertionError("the handler did not raise")

    before = signal.signal(signal.SIGUSR1, handler)
    monkeypatch.setattr(dispatch, "RAISES_BUGS", False)
    monkeypatch.setattr(preparing, "make_specialisation", slow)
    fast = parloop.parallel(programs.fresh(programs.add), min_work_ms=0)
    a = np.zeros(N)
    try:
        with pytest.raises(TimeoutError):
            fast(a, np.ones(N), N)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert a.tolist() == [0.0] * N


# work


def test_the_least_number_of_iterations_is_set_for_simple_loops_only() -> None:
    simple = parloop.parallel(programs.fresh(programs.add))
    nested = parloop.parallel(programs.fresh(programs.inner_of))
    simple(np.zeros(3), np.ones(3), 3)
    nested(np.zeros(3), 3, 3)
    found = [captured(f) for f in (simple, nested)]
    leasts = [REGISTRY.sites[f.sites[0].key].least for f in found if f is not None]
    assert leasts[0] > 100
    assert leasts[1] == 0
    with parloop.settings(min_work_ms=0):
        simple(np.zeros(3), np.ones(3), 3)
    assert sum(site.native_runs for site in parloop.report().sites) == 1


def test_work_is_told_without_running_anything() -> None:
    settings = parloop.current_settings()
    assert work.pays(1e6, settings)
    assert not work.pays(10, settings)
