"""A native repetition notices what the Python one does, keeps no reference, and serves threads."""

from __future__ import annotations

import ast
import gc
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.runtime import programs

import parloop
from parloop.capture.decorator import captured
from parloop.capture.rewrite import rewrite
from parloop.capture.shared import SharedSites
from parloop.capture.sites import REGISTRY, Site
from parloop.runtime import dispatch, enter
from parloop.runtime.stats import Count
from parloop.source import Source

N = 40

pytestmark = [
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(dispatch.RUNS_TRACED, reason="nothing is repeated natively while traced"),
]

scale = 2.0


def add(a: Any, b: Any, n: int) -> int:
    for i in range(n):
        a[i] = b[i] + 1.0
    return i


def total(b: Any, n: int, s: Any = 0.0) -> Any:
    for i in range(n):
        s = s + b[i]
    return s, i


def scaled(a: Any, n: int) -> None:
    for i in range(n):
        a[i] = i * scale


def roots(a: Any, n: int) -> None:
    for i in range(n):
        a[i] = np.sqrt(a[i])


def maximum(b: Any, n: int, s: Any) -> Any:
    for i in range(n):
        s = max(s, b[i])
    return s


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    with parloop.settings(min_work_ms=0):
        parloop.reset_report()
        yield


def site_of(function: Callable[..., Any]) -> Site:
    found = captured(function)
    assert found is not None
    (info,) = found.sites
    return REGISTRY.sites[info.key]


def made(plain: Callable[..., Any], *arguments: Any) -> Callable[..., Any]:
    """Return the function, of which a call with such arguments repeats natively from now on."""
    fast = parloop.parallel(programs.fresh(plain))
    for _ in range(3):
        fast(*arguments)
    assert natively(fast, lambda: fast(*arguments))
    return fast


def natively(function: Callable[..., Any], call: Callable[[], Any]) -> bool:
    """Return whether `call` makes native code repeat the loop of `function`, once."""
    counts = site_of(function).state.record.counts
    before = counts[Count.RUNS]
    call()
    assert counts[Count.RUNS] in (before, before + 1)
    return bool(counts[Count.RUNS] > before)


def read_only() -> Any:
    array = np.zeros(N)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("a", "same"),
    [
        (np.zeros(N), True),
        (np.zeros((N, 1)).reshape(N), True),
        (np.zeros(N + 1), False),
        (np.zeros((N, 1)), False),
        (np.zeros(2 * N)[::2], False),
        (np.zeros(N)[::-1], False),
        (np.zeros(N, np.float32), False),
        (np.zeros(N, ">f8"), False),
        (np.zeros(N).view(np.recarray), False),
        (np.zeros(8 * N + 1, np.uint8)[1:].view(np.float64), False),
        ([0.0] * N, False),
    ],
)
def test_arrays_of_another_kind_are_told(a: Any, same: bool) -> None:
    fast = made(add, np.zeros(N), np.ones(N), N)
    assert natively(fast, lambda: fast(a, np.ones(N), N)) is same
    assert np.asarray(a).ravel()[:N].tolist() == [2.0] * N


def test_an_array_that_may_not_be_written_is_told() -> None:
    fast = made(add, np.zeros(N), np.ones(N), N)
    with pytest.raises(ValueError, match="read-only"):
        fast(read_only(), np.ones(N), N)
    assert natively(fast, lambda: fast(np.zeros(N), read_only(), N))


def test_an_array_that_was_resized_is_told() -> None:
    fast = made(add, np.zeros(N), np.ones(N), N)
    b = np.ones(N)
    assert natively(fast, lambda: fast(np.zeros(N), b, N))
    b.resize(N - 1, refcheck=False)
    with pytest.raises(IndexError):
        fast(np.zeros(N), b, N)


def test_a_range_of_another_kind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = made(add, np.zeros(N), np.ones(N), N)
    assert not natively(fast, lambda: fast(np.zeros(N), np.ones(N), N - 1))
    assert not natively(fast, lambda: fast(np.zeros(N), np.ones(N), np.int64(N)))
    real = range
    for hidden in (lambda n: iter(real(n)), lambda n: list(real(n)), lambda n: real(n)):
        monkeypatch.setitem(fast.__globals__, "range", hidden)
        assert not natively(fast, lambda: fast(np.zeros(N), np.ones(N), N))


def test_a_builtin_that_is_replaced_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = made(maximum, np.ones(N), N, 0.0)
    names = {**fast.__globals__["__builtins__"]}
    other = type(fast)(fast.__code__, {**fast.__globals__, "__builtins__": names})
    names["max"] = lambda *_: 5.0
    assert other(np.ones(N), N, 0.0) == 5.0
    monkeypatch.setitem(fast.__globals__, "max", lambda *_: 7.0)
    assert not natively(fast, lambda: fast(np.ones(N), N, 0.0))
    assert fast(np.ones(N), N, 0.0) == 7.0


def test_a_global_is_read_anew_whatever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = made(scaled, np.zeros(N), N)
    for value, same in ((3.0, True), (3, False), (np.float64(4), False), (5.0, True)):
        monkeypatch.setitem(fast.__globals__, "scale", value)
        a = np.zeros(N)
        assert natively(fast, lambda a=a: fast(a, N)) is same
        assert a.tolist() == [i * value for i in range(N)]
    monkeypatch.delitem(fast.__globals__, "scale")
    with pytest.raises(NameError):
        fast(np.zeros(N), N)


def test_a_function_of_a_module_that_is_replaced_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = made(roots, np.ones(N), N)
    monkeypatch.setattr(np, "sqrt", lambda x: 7.0)
    a = np.ones(N)
    assert not natively(fast, lambda: fast(a, N))
    assert a.tolist() == [7.0] * N


def test_settings_warnings_and_errors_are_told() -> None:
    fast = made(add, np.zeros(N), np.ones(N), N)

    def repeats() -> bool:
        return natively(fast, lambda: fast(np.zeros(N), np.ones(N), N))

    with parloop.settings(threads=1):
        assert not repeats()
    with np.errstate(over="raise"):
        assert not repeats()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not repeats()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warnings, "showwarning", lambda *_: None)
        assert not repeats()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warnings, "defaultaction", "error")
        assert not repeats()
    repeats()
    assert repeats()
    parloop.configure(threads=None)
    assert not repeats()


def test_a_tracer_is_told() -> None:
    fast = made(add, np.zeros(N), np.ones(N), N)
    before = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        assert not natively(fast, lambda: fast(np.zeros(N), np.ones(N), N))
    finally:
        sys.settrace(before)


def test_another_thread_has_settings_of_its_own() -> None:
    fast = made(add, np.zeros(N), np.ones(N), N)
    seen: list[bool] = []
    thread = threading.Thread(
        target=lambda: seen.append(natively(fast, lambda: fast(np.zeros(N), np.ones(N), N)))
    )
    thread.start()
    thread.join()
    assert seen == [False]


def test_an_activation_that_is_open_is_told() -> None:
    fast = made(add, np.zeros(N), np.ones(N), N)
    site = site_of(fast)
    site.open[-1] = (sys._getframe(), iter(()), False, None, None)
    try:
        assert not natively(fast, lambda: fast(np.zeros(N), np.ones(N), N))
    finally:
        del site.open[-1]


@pytest.mark.parametrize(
    "start",
    [
        *(0.0, 0j, np.float64(0), np.float32(0), np.float32(np.nan), np.int64(0)),
        *(np.complex64(0), np.complex128(0), 0),
    ],
)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i2", "u1", "c8", "?"])
def test_results_have_the_types_and_values_of_cpython(start: Any, dtype: str) -> None:
    fast = parloop.parallel(programs.fresh(total))
    b = (np.arange(N) % 3).astype(dtype)
    found = [fast(b, N, start) for _ in range(5)]
    expected = total(b, N, start)
    for one in found:
        assert [(type(x), repr(x)) for x in one] == [(type(x), repr(x)) for x in expected]


def test_references_are_given_back() -> None:
    fast = made(total, np.ones(N), N, 0.0)
    other = made(scaled, np.zeros(N), N)
    b, n = np.ones(N), int("40")
    kept = (
        *(b, n, None, True, range, tuple, site_of(fast).enter, fast.__globals__),
        *(other.__globals__["scale"], np.float64, float, fast.__builtins__),
    )
    s = fast(b, n, 0.0)
    other(b, n)

    def counts() -> list[int]:
        gc.collect()
        return [sys.getrefcount(item) for item in kept]

    before = counts()
    for _ in range(500):
        s = fast(b, n, 0.0)
        other(b, n)
    found = counts()
    grown = [two - one for one, two in zip(before, found, strict=True)]
    assert max(grown) < 100, grown  # others may hold None and True a few times more
    assert min(grown) > -100, grown
    assert sys.getrefcount(s[0]) <= 3
    assert site_of(fast).state.record.counts[Count.RUNS] > 500


def test_nothing_is_left_behind() -> None:
    fast = made(total, np.ones(N), N, 0.0)
    b = np.ones(N)

    def objects() -> int:
        for _ in range(300):
            fast(b, N, 0.0)
            fast(b, N - 1, np.float32(0))
        gc.collect()
        return len(gc.get_objects()) + sys.getallocatedblocks()

    objects()
    before = objects()
    assert abs(objects() - before) < 100


def test_a_site_that_is_switched_is_asked_itself() -> None:
    fast = made(add, np.zeros(N), np.ones(N), N)
    site = site_of(fast)
    site.switch(True)
    assert site.enter is site
    fast(np.zeros(N), np.ones(N), N)


def test_runs_are_counted() -> None:
    fast = made(add, np.zeros(N), np.ones(N), N)
    parloop.reset_report()
    for _ in range(7):
        fast(np.zeros(N), np.ones(N), N)
    site = programs.only_site()
    assert (site.native_runs, site.iterations, site.device) == (7, 7 * N, "cpu")
    assert 0 < site.seconds < 1
    assert programs.only_site().native_runs == 7


def test_a_finaliser_of_an_old_value_may_use_the_same_loop() -> None:
    fast = made(total, np.ones(N), N, 0.0)
    inside: list[Any] = []

    class Old(float):
        def __del__(self) -> None:
            inside.append(fast(np.ones(N), N, 1.0))

    def outer(b: Any, n: int) -> Any:
        i: Any = Old()
        for i in range(n):
            b[i] = b[i] + 1.0
        return i

    loop = parloop.parallel(outer)
    for _ in range(6):
        assert loop(np.ones(N), N) == N - 1
    assert inside == [(N + 1, N - 1)] * 6


def test_threads_enter_one_site_at_once() -> None:
    fast = programs.fresh(total)
    fast = parloop.parallel(fast)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    wrong: list[Any] = []
    parloop.configure(min_work_ms=0)

    def work(number: int) -> None:
        b = np.full(N, float(number))
        for _ in range(300):
            found = fast(b, N, 0.0)
            if found != (number * N, N - 1):
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
        parloop.configure(min_work_ms=None)
    assert not wrong
    assert sum(site.native_runs for site in parloop.report().sites) == 1200


class LateError(Exception):
    """What the handler raises."""


def test_an_interrupt_finds_a_loop_done_and_bound_or_not_at_all() -> None:
    def interrupted(a: Any, b: Any, n: int) -> int:
        i = -1
        try:
            for i in range(n):
                a[i] = b[i] + 1.0
        except LateError:
            pass
        return i

    loop = parloop.parallel(interrupted)
    a, b = np.zeros(N), np.ones(N)
    for _ in range(4):
        loop(a, b, N)
    site = site_of(loop)
    assert site.enter is not site
    caught = 0

    def handler(*_: object) -> None:
        nonlocal caught
        caught += 1
        raise LateError

    before = signal.signal(signal.SIGALRM, handler)
    try:
        for number in range(2000):
            a[:] = 0
            i = None
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-6 * (1 + number % 30))
                i = loop(a, b, N)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except LateError:
                pass
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            if i is not None:
                assert a.tolist() == ([2.0] * N if i == N - 1 else [0.0] * N)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert caught


@pytest.mark.parametrize("interrupts", [0, 1, 2])
def test_what_native_code_cannot_bind_is_handed_over(
    interrupts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    finish = Site.finish

    def failing(self: Site, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls <= interrupts:
            raise LateError
        return finish(self, *arguments)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fast = made(programs.inverse, np.zeros(N), np.ones(N), N)
        a, b = np.zeros(N), np.ones(N)
        b[5] = 0.0
        monkeypatch.setattr(Site, "finish", failing)
        if interrupts:
            with pytest.raises(LateError):
                fast(a, b, N)
        else:
            fast(a, b, N)
    assert calls == (interrupts + 1 if interrupts else 2)  # the rest is asked for again
    if interrupts:  # a warning that is recorded is given in its turn, by the interpreter
        assert a.tolist() == [1.0] * 5 + [0.0] * (N - 5)
    else:
        assert (a[5], len(caught)) == (np.inf, 1)


def test_python_is_asked_where_the_layout_of_objects_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(enter, "ENABLED", False)
    fast = parloop.parallel(programs.fresh(add))
    for _ in range(4):
        assert fast(np.zeros(N), np.ones(N), N) == N - 1
    assert site_of(fast).enter is site_of(fast)


MODULE = """
for i in range(n):
    t = b[i] + c
    a[i] = t * 2.0
seen.append((i, t, a.sum(), c))
"""


def module_loop(text: str = MODULE) -> tuple[Any, Site]:
    """Return the code of a text with one loop at its top level, and its site."""
    tree, (info,) = rewrite(ast.parse(text), Source("<module loop>", text))
    return compile(tree, "<module loop>", "exec"), REGISTRY.sites[info.key]


def run_module(code: Any, space: dict[str, Any], *local: dict[str, Any]) -> object:
    """Run it, and return what it saw."""
    exec(code, space, *local)
    return space["seen"].pop()


def test_a_loop_at_the_top_level_reads_its_globals_natively() -> None:
    code, site = module_loop()
    space: dict[str, Any] = {"n": N, "a": np.zeros(N), "b": np.ones(N), "c": 1.0, "seen": []}
    REGISTRY.install(space)
    for _ in range(3):
        assert run_module(code, space) == (N - 1, 2.0, 4.0 * N, 1.0)
    counts = site.state.record.counts
    for change in ({}, {"c": 2.0}, {"b": np.full(N, 5.0)}, {"a": np.ones(N)}, {}):
        space.update(change)
        before = counts[Count.RUNS]
        t = space["b"][0] + space["c"]
        assert run_module(code, space) == (N - 1, t, 2.0 * t * N, space["c"])
        assert space["a"][0] == 2.0 * t
        assert counts[Count.RUNS] == before + 1
    space["c"] = "text"
    before = counts[Count.RUNS]
    with pytest.raises(TypeError):
        run_module(code, space)
    del space["c"]
    with pytest.raises(NameError):
        run_module(code, space)
    assert counts[Count.RUNS] == before


def test_a_loop_at_the_top_level_with_other_locals_reads_these() -> None:
    code, site = module_loop()
    space: dict[str, Any] = {"n": N, "a": np.zeros(N), "b": np.ones(N), "c": 1.0, "seen": []}
    REGISTRY.install(space)
    for _ in range(4):
        run_module(code, space)
    counts = site.state.record.counts
    before = counts[Count.RUNS]
    local = {"c": 3.0, "a": np.zeros(N)}
    assert run_module(code, space, local) == (N - 1, 4.0, 8.0 * N, 3.0)
    assert (local["i"], local["t"], space["a"][0]) == (N - 1, 4.0, 4.0)
    other = {**space, "c": 7.0, "a": np.zeros(N)}
    assert run_module(code, other) == (N - 1, 8.0, 16.0 * N, 7.0)
    assert counts[Count.RUNS] == before
    run_module(code, space)
    assert counts[Count.RUNS] == before + 1


def test_a_text_that_is_compiled_again_goes_on_natively() -> None:
    shared, source = SharedSites(REGISTRY), Source("<cell again>", MODULE)
    space: dict[str, Any] = {"n": N, "a": np.zeros(N), "b": np.ones(N), "c": 1.0, "seen": []}
    REGISTRY.install(space)
    counts: list[int] = []
    for _ in range(6):
        shared.begin()
        tree, (info,) = rewrite(ast.parse(MODULE), source, shared)
        run_module(compile(tree, "<cell again>", "exec"), space)
        counts.append(REGISTRY.sites[info.key].state.record.counts[Count.RUNS])
    assert counts[-1] > counts[-2] > counts[-3]
