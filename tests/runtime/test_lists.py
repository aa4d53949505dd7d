"""Lists of numbers, copied to machine code and back."""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import parloop
from parloop.diagnostics import Declined
from parloop.ir.types import PY_BOOL, PY_COMPLEX, PY_FLOAT, PY_INT, Scalar
from parloop.runtime import lists
from parloop.runtime.lists import Lists, copy_lists
from parloop.runtime.lists_ir import Status
from parloop.staging.moves import Moves


class _Float(float):
    pass


class _Int(int):
    pass


class _List(list[float]):
    pass


def copied(items: list[Any], *, written: bool = True) -> Lists:
    return copy_lists({"x": items}, ("x",) if written else (), Moves())


def references_of(items: list[Any]) -> list[int]:
    return [sys.getrefcount(item) for item in items]


@pytest.mark.parametrize("kind", [float, int, complex])
@pytest.mark.parametrize("slices", [1, 2, 5])
def test_only_a_list_refers_to_its_items(kind: Callable[[int], Any], slices: int) -> None:
    items = [kind(1000 + k) for k in range(20)]
    rows = [[kind(1000 + 7 * k + j) for j in range(7)] for k in range(5)]
    kept = [kind(5000 + k) for k in range(3)]
    items[3], rows[0][1], items[5] = kept
    before = references_of(items), [references_of(row) for row in rows], references_of(kept)
    made = copy_lists({"x": items, "g": rows}, ("x", "g"), Moves())
    for number in range(slices):
        made.arrays["x"][number:] += 1
        made.arrays["g"][number % 3] += 2
        assert commit(made, number) == Status.DONE
    expected = items[:]
    del made
    assert references_of(items) == [count + 1 for count in [before[0][0]] * 20]
    assert [references_of(row) for row in rows] == [[before[1][0][0]] * 7 for _ in rows]
    assert references_of(kept)[0] == before[2][0] - 1
    assert kept == [kind(5000), kind(5001), kind(5002)]
    del expected


def test_what_is_kept_beside_items_is_bounded() -> None:
    items: list[float] = []
    one = lists.Appended("x", items, "", False, np.arange(300_000.0), PY_FLOAT)
    for _ in range(12):
        items.clear()
        made = Lists({}, {}, (), (one,))
        assert made.commit(0, 300_000, np.zeros(1, np.int64)) == Status.DONE
    assert len(items) == 300_000
    assert 0 < len(lists._pins) <= lists.MOST_PINS


@pytest.mark.parametrize("slices", [0, 1, 3])
def test_a_row_that_somebody_changes_is_seen(slices: int) -> None:
    def changed(change: Callable[[list[Any]], object]) -> Status:
        rows: list[Any] = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
        made = copied(rows)
        for number in range(slices):
            made.arrays["x"][1] += 1
            assert commit(made, number) == Status.DONE
        change(rows)
        made.arrays["x"][0] = 9
        status = commit(made, slices)
        if status == Status.DONE:
            assert rows[0] == [9.0, 9.0]
        return status

    assert changed(lambda rows: None) == Status.DONE
    assert changed(lambda rows: rows[1].append(1.0)) == Status.CHANGED
    assert changed(lambda rows: rows[1].__setitem__(0, 7.0)) == Status.CHANGED
    assert changed(lambda rows: rows[2].__setitem__(0, 7)) == Status.CHANGED
    assert changed(lambda rows: rows[2].pop()) == Status.CHANGED
    assert changed(lambda rows: rows.__setitem__(1, [3.0, 4.0])) == Status.CHANGED
    assert changed(lambda rows: rows.reverse()) == Status.CHANGED


def test_a_shadow_of_another_length_is_a_change() -> None:
    rows = [[1.0, 2.0], [3.0, 4.0]]
    made = copied(rows)
    assert commit(made, 0) == Status.DONE
    last = rows[1].pop()
    for copy in made.copies:
        copy.remember()
    rows[1].append(last)
    assert commit(made, 1) == Status.CHANGED


def commit(made: Lists, lo: int) -> Status:
    return made.commit(lo, lo + 1, np.zeros(1, np.int64))


@pytest.mark.parametrize(
    ("items", "element"),
    [
        ([1.5, -0.0, math.inf], PY_FLOAT),
        ([1, -1, 2**63 - 1, -(2**63)], PY_INT),
        ([True, False], PY_BOOL),
        ([1j, complex(-0.0, 2.5)], PY_COMPLEX),
        ([], PY_FLOAT),
    ],
)
def test_items_of_one_type_are_copied(items: list[Any], element: Scalar) -> None:
    made = copied(items)
    assert made.types["x"].dtype == element
    assert [repr(v) for v in made.arrays["x"].tolist()] == [repr(v) for v in items]


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([1.0, 2], "a list of `float` and `int`"),
        ([1, 2.0], "a list of `int` and `float`"),
        ([1, True], "a list of `int` and `bool`"),
        ([True, 1], "a list of `bool` and `int`"),
        ([1.0, _Float(2)], "a list of `float` and `_Float`"),
        ([_Float(2)], "a list of `_Float`"),
        ([1, _Int(2)], "a list of `int` and `_Int`"),
        ([1.0, np.float64(2)], "a list of `float` and `float64`"),
        ([1, 2**63], r"`x\[1\]` does not fit in 64 bits"),
        ([-(2**63) - 1], r"`x\[0\]` does not fit in 64 bits"),
        (["a"], "a list of `str`"),
        ([None], "a list of `NoneType`"),
        ([{1.0}], "a list of `set`"),
    ],
)
def test_other_items_are_declined(items: list[Any], why: str) -> None:
    with pytest.raises(Declined, match=why):
        copied(items)


def test_a_subclass_of_list_is_no_list() -> None:
    assert lists.find_lists(("x",), {"x": _List([1.0])}) == {}


def test_bits_of_nans_go_there_and_back() -> None:
    (odd,) = struct.unpack("<d", struct.pack("<Q", 0x7FF4_0000_0000_BEEF))
    items = [odd, 1.0]
    made = copied(items)
    assert made.arrays["x"].view(np.uint64)[0] == 0x7FF4_0000_0000_BEEF
    made.arrays["x"][1] = odd
    assert commit(made, 0) == Status.DONE
    assert struct.pack("<d", items[1]) == struct.pack("<d", odd)


@pytest.mark.parametrize(
    ("items", "value"),
    [
        ([1000.5, 2000.5, 3000.5], 7.25),
        ([1000, 2000, 3000], 2**62),
        ([True, True, True], False),
        ([1000j, 2000j, 3000j], complex(1, -0.0)),
    ],
)
def test_only_items_that_change_are_replaced(items: list[Any], value: Any) -> None:
    before = list(items)
    made = copied(items)
    made.arrays["x"][1] = value
    assert items == before
    assert commit(made, 0) == Status.DONE
    assert items[0] is before[0]
    assert items[2] is before[2]
    assert type(items[1]) is type(value)
    assert repr(items[1]) == repr(value)


def test_an_item_that_others_have_keeps_its_value() -> None:
    items = [float(number) for number in range(300)]
    seen = items[7]
    made = copied(items)
    made.arrays["x"] += 0.5
    assert commit(made, 0) == Status.DONE
    assert seen == 7.0
    assert items == [number + 0.5 for number in range(300)]


def test_one_item_in_many_places_changes_in_each_place_apart() -> None:
    items = [float("1.5")] * 200
    made = copied(items)
    made.arrays["x"][:] = np.arange(200)
    assert commit(made, 0) == Status.DONE
    assert items == [float(number) for number in range(200)]


@pytest.mark.parametrize("kind", [float, int, complex])
def test_reference_counts_are_right_afterwards(kind: Callable[[int], Any]) -> None:
    items = [kind(number + 1000) for number in range(100)]
    seen, count = items[3], sys.getrefcount(items[3])
    made = copied(items)
    for number in range(3):
        made.arrays["x"][::2] += 1
        made.arrays["x"][3] += number
        assert commit(made, number) == Status.DONE
    del made
    assert sys.getrefcount(seen) == count - 1
    assert len({sys.getrefcount(item) for item in items}) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.append(1.0),
        lambda x: x.pop(),
        lambda x: x.clear(),
        lambda x: x.__setitem__(5, 1e300),
        lambda x: x.reverse(),
        lambda x: x.__setitem__(slice(0, 1), ["a"]),
    ],
)
@pytest.mark.parametrize("written", [False, True])
def test_a_list_that_others_change_is_left_alone(
    change: Callable[[list[Any]], None], *, written: bool
) -> None:
    items = [float(number) for number in range(100)]
    made = copied(items, written=written)
    made.arrays["x"] += 1
    change(items)
    after = list(items)
    assert commit(made, 0) == Status.CHANGED
    assert all(one is other for one, other in zip(items, after, strict=True))


def test_a_list_under_two_names_is_copied_once() -> None:
    items = [1.0, 2.0]
    made = copy_lists({"x": items, "y": items}, ("y",), Moves())
    assert made.arrays["x"] is made.arrays["y"]
    made.arrays["x"][0] = 5.0
    assert commit(made, 0) == Status.DONE
    assert items == [5.0, 2.0]


def test_a_second_commit_of_a_slice_does_nothing() -> None:
    items = [1.0, 2.0]
    made = copied(items)
    assert commit(made, 3) == Status.DONE
    assert made.is_committed(3)
    made.arrays["x"][0] = 9.0
    assert commit(made, 3) == Status.DONE
    assert items == [1.0, 2.0]


def test_a_loop_sees_a_list_that_a_handler_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def double(x: list[float], y: list[float]) -> None:
        for i in range(len(x)):
            y[i] = 2 * x[i]

    items, results = [float(n) for n in range(30)], [0.0] * 30
    monkeypatch.setattr("parloop.runtime.transaction.Launch.slice_size", lambda launch: 10)
    original = Lists.commit

    def change(made: Lists, lo: int, done: int, words: Any) -> Status:
        status = original(made, lo, done, words)
        if lo == 10:
            items[25] = "a"  # type: ignore[call-overload]
        return status

    monkeypatch.setattr(Lists, "commit", change)
    results_of(double, items, results)
    assert results == [2.0 * n for n in range(25)] + ["aa"] + [2.0 * n for n in range(26, 30)]


def results_of(function: Callable[..., Any], *arguments: Any) -> Any:
    return parloop.parallel(function, min_work_ms=0)(*arguments)


def test_a_nan_that_is_moved_stays_with_the_interpreter() -> None:
    def swap(x: list[float]) -> None:
        for i in range(len(x) // 2):
            t = x[i]
            x[i] = x[-1 - i]
            x[-1 - i] = t

    nan = float("nan")
    items = [float(n) for n in range(20)]
    items[3] = nan
    results_of(swap, items)
    assert nan in items
    assert items.index(nan) == 16


def test_a_nan_that_is_made_and_kept_is_the_same_in_both_places() -> None:
    def both(x: list[float], y: list[float]) -> None:
        for i in range(len(x)):
            t = x[i] - x[i]
            x[i] = t
            y[i] = t

    items = [float(n) for n in range(20)]
    items[3] = math.inf
    others = [1.0] * 20
    results_of(both, items, others)
    assert items == others
    assert items[3] is others[3]


def test_a_nan_that_is_made_anew_runs_natively() -> None:
    def half(x: list[float]) -> None:
        for i in range(len(x)):
            x[i] = x[i] * 0.5

    items = [math.nan, 2.0]
    parloop.reset_report()
    results_of(half, items)
    assert repr(items) == "[nan, 1.0]"
    assert parloop.report().sites[0].native_runs == 1


def test_a_loop_over_few_items_of_a_long_list_is_left_to_the_interpreter() -> None:
    def few(x: list[float], n: int) -> None:
        for i in range(n):
            x[i] = x[i] * 0.5

    items = [2.0] * 500_000
    parloop.reset_report()
    fast = parloop.parallel(few)
    fast(items, 20_000)
    fast(items, 100)
    assert items[0] == 0.5
    (site,) = parloop.report().sites
    assert site.native_runs == 0
    assert not site.fallbacks


@pytest.mark.parametrize("where", ["first", "middle", "last", "all"])
def test_a_slice_that_is_run_again_appends_once(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def appends(x: list[float], y: list[float]) -> tuple[list[float], list[float]]:
        every: list[float] = []
        some: list[float] = []
        for i in range(len(x)):
            y[i] = y[i] + x[i]
            every.append(x[i] * 2.0)
            if x[i] > 10.0:
                some.append(y[i] + 1.0)
        return every, some

    x = [float(n % 23) for n in range(100)]
    expected, y = appends(x, list(x)), list(x)
    monkeypatch.setattr("parloop.runtime.transaction.FAIL_AT", where)
    parloop.reset_report()
    assert results_of(appends, x, y) == expected
    assert y == [2 * v for v in x]
    assert parloop.report().sites[0].iterations == 100


def test_what_another_appends_between_slices_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def appends(n: int, out: list[Any]) -> None:
        for i in range(n):
            k = i * 2
            out.append(k)

    out: list[Any] = []
    monkeypatch.setattr("parloop.runtime.transaction.Launch.slice_size", lambda launch: 10)
    original = Lists.commit

    def change(made: Lists, lo: int, done: int, words: Any) -> Status:
        status = original(made, lo, done, words)
        if lo == 10:
            out.append("a")
        return status

    monkeypatch.setattr(Lists, "commit", change)
    results_of(appends, 30, out)
    assert out == [*range(0, 40, 2), "a", *range(40, 60, 2)]


def test_an_interrupt_after_a_commit_appends_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def appends(x: list[float], out: list[float]) -> None:
        for v in x:
            w = v + 1.0
            out.append(w)

    x, out = [float(n) for n in range(30)], [0.5]
    monkeypatch.setattr("parloop.runtime.transaction.Launch.slice_size", lambda launch: 10)
    original = Lists.commit
    seen: list[int] = []

    def interrupted(made: Lists, lo: int, done: int, words: Any) -> Status:
        status = original(made, lo, done, words)
        if lo == 10 and not seen:
            seen.append(lo)
            raise KeyboardInterrupt
        return status

    monkeypatch.setattr(Lists, "commit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        results_of(appends, x, out)
    assert out == [0.5] + [v + 1.0 for v in x[:20]]


@pytest.mark.parametrize("step", [0, 1, -5, 2**30, -(2**31), 2**40])
def test_integers_of_all_lengths_get_their_values_and_nobody_elses_change(step: int) -> None:
    edges = [2**bits + more for bits in (3, 8, 29, 30, 31, 45, 59, 60, 61) for more in (-1, 0, 1)]
    x = [sign * int(str(edge)) for edge in edges for sign in (1, -1)]
    others, texts = x[::2], [str(number) for number in x[::2]]
    expected = [number - step for number in x]

    def less(x, step):  # type: ignore[no-untyped-def]
        for i in range(len(x)):
            x[i] = x[i] - step
        return x

    fast = parloop.parallel(less, min_work_ms=0)
    assert fast(x, step) == expected
    assert [str(number) for number in x] == [str(number) for number in expected]
    assert [hash(number) for number in x] == [hash(number) for number in expected]
    assert [str(number) for number in others] == texts
    assert fast(x, -step) == [number + step for number in expected]
    assert [number.bit_length() for number in x] == [(n + step).bit_length() for n in expected]
