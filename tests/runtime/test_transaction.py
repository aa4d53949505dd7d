"""Whatever happens in a slice, what is left is what CPython leaves after some iteration."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from tests.runtime.fake_kernel import FakeKernel

from parloop.codegen.layout import (
    FLAG_DIVIDE,
    FLAG_OVERFLOW,
    FLAG_SHIFT,
    FLAG_UNDERFLOW,
    RAISED,
    TRIPPED,
    WARNING_BIT,
    Header,
)
from parloop.runtime import transaction
from parloop.runtime.transaction import Launch, Saved, warnings_may_raise

N = 100
WHOLE = (Saved("a", None),)
ROWS = (Saved("a", 0),)


class FromHandler(BaseException):
    """What a signal handler raises."""


def raising_once(error: BaseException) -> Callable[[], None]:
    """Return a function that raises at its first call."""
    errors = [error]

    def step() -> None:
        if errors:
            raise errors.pop()

    return step


def tripping_at(place: int) -> Callable[[int, int], int]:
    return lambda lo, hi: TRIPPED if lo <= place < hi else 0


# a run without events


@pytest.mark.parametrize("saved", [(), ROWS, WHOLE])
def test_all_iterations_are_run_once_and_in_order(saved: tuple[Saved, ...]) -> None:
    kernel = FakeKernel(N)
    launch = kernel.launch(saved)
    launch.run()
    assert launch.done == N
    assert kernel.is_after(N)
    ends = [lo for lo, _ in kernel.fast.slices] + [N]
    assert ends == [0] + [hi for _, hi in kernel.fast.slices]


def test_flags_that_nobody_watches_are_nothing() -> None:
    kernel = FakeKernel(N)
    kernel.fast.watched_flags = 0
    kernel.fast.status = lambda lo, hi: FLAG_DIVIDE << FLAG_SHIFT
    launch = kernel.launch()
    launch.run()
    assert kernel.is_after(N)
    assert not kernel.slow.slices


def test_flags_that_numpy_ignores_are_nothing() -> None:
    kernel = FakeKernel(N)
    kernel.fast.status = lambda lo, hi: FLAG_UNDERFLOW << FLAG_SHIFT
    kernel.launch().run()
    assert kernel.is_after(N)
    assert not kernel.slow.slices


# slices that tripped


@pytest.mark.parametrize("saved", [ROWS, WHOLE])
@pytest.mark.parametrize("place", [0, 50, N - 1])
def test_a_tripped_slice_is_undone_and_run_precisely(
    place: int, saved: tuple[Saved, ...]
) -> None:
    kernel = FakeKernel(N)
    kernel.fast.status = tripping_at(place)
    launch = kernel.launch(saved)
    launch.run()
    assert kernel.is_after(N)
    assert launch.done == N
    assert launch.trips_seen == 1
    (again,) = kernel.slow.slices
    assert again in kernel.fast.slices


def test_a_flag_that_is_to_be_told_trips() -> None:
    kernel = FakeKernel(N)
    kernel.fast.status = lambda lo, hi: FLAG_OVERFLOW << FLAG_SHIFT if lo == 0 else 0
    launch = kernel.launch()
    launch.run()
    assert len(kernel.slow.slices) == 1
    assert kernel.is_after(N)


@pytest.mark.parametrize("place", [0, 1, 37, N - 1])
def test_the_iteration_that_raises_is_not_begun(place: int) -> None:
    kernel = FakeKernel(N)
    kernel.fast.status = tripping_at(place)
    kernel.slow.raises_at = place
    launch = kernel.launch()
    launch.run()
    assert launch.raised
    assert launch.done == place
    assert kernel.is_after(place)


def test_the_first_iteration_of_a_slice_may_raise() -> None:
    kernel = FakeKernel(N)
    launch = kernel.launch()
    launch.run_slice(0, 20)
    kernel.fast.status = tripping_at(20)
    kernel.slow.raises_at = 20
    launch.run_slice(20, 40)
    assert launch.raised
    assert launch.done == 20
    assert kernel.is_after(20)
    assert kernel.slow.slices == [(20, 40)]


def test_the_precise_variant_is_told_what_numpy_ignores() -> None:
    kernel = FakeKernel(N)
    kernel.fast.status = tripping_at(0)
    with np.errstate(divide="ignore", over="warn", invalid="warn", under="ignore"):
        kernel.launch().run()
    assert kernel.words[Header.IGNORED] == WARNING_BIT["divide"] | WARNING_BIT["under"]
    assert kernel.words[Header.STRICT] == warnings_may_raise()


def test_errors_that_raise_end_the_precise_run() -> None:
    kernel = FakeKernel(N)
    kernel.fast.status = tripping_at(0)
    with np.errstate(divide="raise"):
        kernel.launch().run()
    assert kernel.words[Header.STRICT] == 1


# warnings


def test_each_warning_is_given_once_in_the_order_of_its_first_time() -> None:
    kernel = FakeKernel(N)
    kernel.fast.status = tripping_at(0)
    kernel.slow.logs = (1, 0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        kernel.launch().run()
    assert [(w.lineno, str(w.message), w.filename) for w in caught] == [
        (8, "second", "user.py"),
        (7, "first", "user.py"),
    ]


def test_an_iteration_that_raises_keeps_the_warnings_before_it() -> None:
    kernel = FakeKernel(N)
    kernel.fast.status = tripping_at(5)
    kernel.slow.logs = (0,)
    kernel.slow.raises_at = 5
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        kernel.launch().run()
    assert [str(w.message) for w in caught] == ["first"]


def test_nothing_is_warned_of_where_the_first_iteration_raises() -> None:
    kernel = FakeKernel(N)
    kernel.fast.status = tripping_at(0)
    kernel.slow.logs = (0,)
    kernel.slow.raises_at = 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        kernel.launch().run()
    assert caught == []


@pytest.mark.parametrize(
    ("action", "category", "expected"),
    [
        ("error", RuntimeWarning, True),
        ("always", Warning, True),
        ("error", DeprecationWarning, False),
        ("default", RuntimeWarning, False),
        ("ignore", Warning, False),
    ],
)
def test_filters_decide_whether_a_warning_may_be_raised(
    action: str, category: type[Warning], expected: bool
) -> None:
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.simplefilter(action, category)  # type: ignore[arg-type]
        assert warnings_may_raise() == expected


def test_the_first_filter_that_fits_decides() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("default")
        assert not warnings_may_raise()
        warnings.filterwarnings("error", "divide by zero", RuntimeWarning)
        assert warnings_may_raise()
        warnings.filterwarnings("ignore", module="user")
        assert warnings_may_raise()


def test_without_filters_the_default_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.resetwarnings()
        assert not warnings_may_raise()
        monkeypatch.setattr(warnings, "defaultaction", "error")
        assert warnings_may_raise()


def test_a_hook_of_the_users_sees_each_warning_at_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(warnings, "showwarning", lambda *what: None)
    assert warnings_may_raise()


# signal handlers that raise


def interrupted_at_every_call(make: Callable[[], tuple[FakeKernel, Launch]]) -> Iterator[str]:
    """Run once for each call in a launch, with an exception at its end; yield what was cut."""
    import sys

    for number in range(10_000):
        kernel, launch = make()
        seen = 0
        where = ""

        def profile(
            frame: object, event: str, function: object, number: int = number
        ) -> None:
            nonlocal seen, where
            if event not in ("c_return", "call") or where:
                return
            if event == "call" and frame.f_code.co_filename != transaction.__file__:  # type: ignore[attr-defined]
                return
            seen += 1
            if seen > number:
                where = f"{event} {number}"
                raise FromHandler(where)

        sys.setprofile(profile)
        try:
            launch.run()
        except FromHandler:
            assert launch.done == 0
            assert kernel.is_after(0)
            yield where
            continue
        finally:
            sys.setprofile(None)
        if not where:
            return
        yield where
        assert isinstance(launch.error, FromHandler) or launch.done == N, where
        assert launch.failure is None, where
        assert kernel.is_after(launch.done), where


def make_quiet() -> tuple[FakeKernel, Launch]:
    kernel = FakeKernel(N)
    return kernel, kernel.launch()


def make_tripping() -> tuple[FakeKernel, Launch]:
    kernel = FakeKernel(N)
    kernel.fast.status = tripping_at(30)
    return kernel, kernel.launch()


def make_raising() -> tuple[FakeKernel, Launch]:
    kernel = FakeKernel(N)
    kernel.fast.status = tripping_at(30)
    kernel.slow.raises_at = 30
    return kernel, kernel.launch()


@pytest.mark.parametrize("make", [make_quiet, make_tripping, make_raising])
def test_an_interrupt_anywhere_leaves_a_state_of_cpython(
    make: Callable[[], tuple[FakeKernel, Launch]],
) -> None:
    assert len(list(interrupted_at_every_call(make))) > 20


def test_an_interrupt_after_the_slice_keeps_its_work() -> None:
    kernel = FakeKernel(N)
    kernel.fast.after = raising_once(FromHandler())
    launch = kernel.launch()
    launch.run()
    assert isinstance(launch.error, FromHandler)
    assert launch.done == kernel.fast.slices[0][1]
    assert kernel.is_after(launch.done)


def test_an_interrupt_before_the_slice_runs_nothing() -> None:
    kernel = FakeKernel(N)
    launch = kernel.launch()
    launch.run_slice(0, 10)
    kernel.fast.before = raising_once(FromHandler())
    launch.run()
    assert isinstance(launch.error, FromHandler)
    assert launch.done == 10
    assert kernel.is_after(10)


def test_an_interrupt_after_a_tripped_slice_is_raised_after_its_precise_run() -> None:
    kernel = FakeKernel(N)
    kernel.fast.status = tripping_at(0)
    kernel.fast.after = raising_once(FromHandler())
    launch = kernel.launch()
    launch.run()
    assert isinstance(launch.error, FromHandler)
    assert launch.done == kernel.slow.slices[0][1]
    assert kernel.is_after(launch.done)


def test_an_interrupt_in_the_precise_run_lets_it_run_again() -> None:
    kernel = FakeKernel(N)
    kernel.fast.status = tripping_at(0)
    kernel.slow.after = raising_once(FromHandler())
    launch = kernel.launch()
    launch.run()
    assert isinstance(launch.error, FromHandler)
    assert launch.failure is None
    assert launch.done > 0
    assert kernel.is_after(launch.done)


def test_an_interrupt_while_saving_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = FakeKernel(N)
    launch = kernel.launch()
    step = raising_once(FromHandler())
    plain = np.copyto

    def copyto(*what: object) -> None:
        step()
        plain(*what)  # type: ignore[arg-type]

    monkeypatch.setattr(np, "copyto", copyto)
    launch.run()
    assert isinstance(launch.error, FromHandler)
    assert launch.failure is None
    assert launch.done == 0
    assert kernel.is_after(0)


def test_two_interrupts_while_saving_run_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = FakeKernel(N)
    launch = kernel.launch()
    errors = [FromHandler("second"), FromHandler("first")]

    def copyto(*what: object) -> None:
        raise errors.pop()

    monkeypatch.setattr(np, "copyto", copyto)
    launch.run()
    assert str(launch.error) == "first"
    assert launch.failure is None
    assert launch.done == 0
    assert kernel.is_after(0)


# our own failures


def test_no_memory_for_the_copy_stops_before_the_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = FakeKernel(N)
    launch = kernel.launch()

    def empty(*what: object, **more: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "empty_like", empty)
    launch.run()
    assert isinstance(launch.failure, MemoryError)
    assert launch.error is None
    assert launch.done == 0
    assert kernel.is_after(0)


def test_a_precise_variant_that_cannot_be_made_leaves_the_slice_undone() -> None:
    kernel = FakeKernel(N)
    launch = kernel.launch()
    launch.run_slice(0, 40)
    kernel.fast.status = tripping_at(60)
    kernel.broken = KeyError("no such thing")
    launch.run()
    assert isinstance(launch.failure, KeyError)
    assert launch.error is None
    assert kernel.is_after(launch.done)
    assert 40 <= launch.done <= 60


def test_two_interrupts_in_one_slice_leave_it_undone() -> None:
    kernel = FakeKernel(N)
    kernel.fast.status = tripping_at(0)
    errors = [FromHandler("second"), FromHandler("first")]

    def after() -> None:
        raise errors.pop()

    kernel.slow.after = after
    launch = kernel.launch()
    launch.run()
    assert str(launch.error) == "first"
    assert launch.failure is None
    assert launch.done == 0
    assert kernel.is_after(0)


# how large slices are


def test_the_first_slice_of_an_uneven_loop_is_one_iteration() -> None:
    kernel = FakeKernel(N)
    kernel.launch(certain=False, seconds_per_iteration=1e-9).run()
    sizes = [hi - lo for lo, hi in kernel.fast.slices]
    assert sizes[0] == 1
    assert all(b <= transaction.GROWTH * a for a, b in itertools.pairwise(sizes))


def test_slices_take_the_time_that_they_are_meant_to() -> None:
    launch = FakeKernel(N).launch(seconds_per_iteration=transaction.SLICE_SECONDS / 7)
    assert launch.slice_size() == 7


def test_slices_are_long_where_much_is_saved() -> None:
    launch = FakeKernel(N).launch(WHOLE, seconds_per_iteration=1e-3)
    for copying, size in ((0.0001, 20), (0.001, 40), (0.008, 100), (0.02, 200)):
        launch.measure(copying=copying, running=1.0, iterations=1000)
        assert launch.slice_size() == size


def test_slices_of_many_cores_are_not_much_work_for_one() -> None:
    launch = FakeKernel(N).launch(WHOLE, seconds_per_iteration=1e-3, threads=20)
    launch.measure(copying=0.003, running=1.0, iterations=1000)
    assert launch.slice_size() == 40


def test_a_short_rest_goes_with_the_last_slice() -> None:
    kernel = FakeKernel(N)
    kernel.launch(seconds_per_iteration=transaction.SLICE_SECONDS / 40).run()
    sizes = [hi - lo for lo, hi in kernel.fast.slices]
    assert sizes[0] == 40
    kernel = FakeKernel(N)
    kernel.launch(seconds_per_iteration=transaction.SLICE_SECONDS / 70).run()
    assert kernel.fast.slices == [(0, N)]


def test_slices_that_save_rows_stay_in_the_cache() -> None:
    kernel = FakeKernel(N)
    launch = kernel.launch(seconds_per_iteration=1e-12, indices=range(0, N, 2))
    assert launch.row_bytes() == 16
    assert launch.slice_size() == transaction.ROW_BYTES // 16


def test_rows_are_saved_where_the_offset_says() -> None:
    kernel = FakeKernel(N)
    kernel.array[:] = np.arange(N)
    launch = kernel.launch((Saved("a", 3),), indices=range(50, 40, -2))
    undo = launch.save(1, 3)
    ((view, buffer),) = undo.views
    assert buffer.tolist() == [49, 50, 51]
    view[:] = 0
    undo.restore(launch.words)
    assert kernel.array.tolist() == list(range(N))


# what tests may ask for


@pytest.mark.parametrize("place", ["first", "middle", "last", "all"])
def test_slices_trip_where_a_test_wants_it(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "FAIL_AT", place)
    kernel = FakeKernel(N)
    launch = kernel.launch()
    launch.run()
    assert kernel.is_after(N)
    assert launch.trips_seen == (3 if place == "all" else 1)


def test_raised_is_not_a_status_of_the_fast_variant() -> None:
    assert not RAISED & TRIPPED


def test_rows_that_the_kernel_saves_are_put_back_from_where_it_was_told() -> None:
    kernel = FakeKernel(N)
    rooms = np.zeros(1, np.int64)
    launch = kernel.launch((Saved("a", 0, 0),), rooms=rooms)

    def save_rows() -> None:
        assert kernel.words[Header.SAVE] == rooms.__array_interface__["data"][0]
        lo = launch.done
        room = launch.buffers["a"]
        assert rooms[0] == room.__array_interface__["data"][0]
        room[:] = kernel.array[lo : lo + len(room)]

    kernel.fast.before = save_rows
    kernel.fast.extra = 1000
    kernel.fast.status = lambda lo, hi: TRIPPED
    launch.run()
    assert launch.trips_seen > 1
    assert kernel.is_after(N)
