"""Lists of lists of numbers, copied to machine code and back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import parloop
from parloop.diagnostics import Declined
from parloop.runtime.lists import Appended, Lists, copy_lists
from parloop.runtime.lists_ir import Status
from parloop.staging.moves import Moves


class _Row(list[float]):
    pass


def copied(written: bool = True, **tables: list[Any]) -> Lists:
    return copy_lists(tables, tuple(tables) if written else (), Moves())


def commit(made: Lists, lo: int = 0) -> Status:
    return made.commit(lo, lo + 1, np.zeros(1, np.int64))


@pytest.mark.parametrize("width", [1, 7, 8, 20])
@pytest.mark.parametrize("kind", [float, int, bool, complex])
def test_rows_are_copied_and_come_back_as_the_same_lists(kind: type, width: int) -> None:
    table = [[kind((7 * i + j) % 11 + 300) for j in range(width)] for i in range(5)]
    rows, expected = [*table], np.array(table)
    made = copied(g=table)
    assert made.arrays["g"].tolist() == table
    made.arrays["g"][3, width - 1] = 0
    expected[3, width - 1] = 0
    assert commit(made) == Status.DONE
    assert table == expected.tolist()
    assert type(table[3][-1]) is kind
    assert all(one is other for one, other in zip(table, rows, strict=True))


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ([[1.0], [1.0, 2.0]], "the lists in `g` are not equally long"),
        ([[1.0], 2.0], "`g` is a list of `float` and `list`"),
        ([[1.0], None], "`g` is a list of `NoneType` and `list`"),
        ([[1.0], _Row([2.0])], "`g` is a list of `_Row` and `list`"),
        ([["a"] * 9], "`g` is a list of `str`"),
        ([[1.0, 2.0], [3.0, 4]], "`g` is a list of `float` and `int`"),
        ([[1] * 9, [1] * 8 + [2**63]], r"`g\[1\]\[8\]` does not fit in 64 bits"),
        ([[1, 2], [2**63, 3]], r"`g\[1\]\[0\]` does not fit in 64 bits"),
        ([[[1], [2]], [[3], [4, 5]]], "the lists in `g` are not equally long"),
        ([[[1], [2]], [[3], 4]], "`g` is a list of `int` and `list`"),
        ([(1.0, 2.0), (3.0, 4.0)], "`g` is a list of `tuple`"),
        ([[1.0] * 9] * 2, "a list in `g` is in another place, too"),
    ],
)
def test_other_tables_are_declined(table: list[Any], why: str) -> None:
    with pytest.raises(Declined, match=why):
        copied(g=table)


def test_rows_may_be_shared_where_nothing_is_written() -> None:
    row = [1.5, 2.5]
    made = copied(written=False, g=[row, row, (0.0, 1.0)], x=row)
    assert made.arrays["g"].tolist() == [row, row, [0.0, 1.0]]
    assert commit(made) == Status.DONE


@pytest.mark.parametrize("shared", ["a row of another table", "a list"])
def test_rows_that_are_written_may_not_be_shared(shared: str) -> None:
    table = [[1.5, 2.5], [3.5, 4.5]]
    other: list[Any] = [table[1], [0.0, 0.0]] if "table" in shared else table[1]
    with pytest.raises(Declined, match="in another place, too"):
        copy_lists({"g": table, "h": other}, ("g",), Moves())


def test_what_is_appended_to_may_be_no_row() -> None:
    table = [[1.5, 2.5], [3.5, 4.5]]
    with pytest.raises(Declined, match="`out` is in another list of the loop"):
        copy_lists({"g": table}, (), Moves(), [Appended("out", table[0], "", False)])


def changes() -> dict[str, Callable[[list[Any]], object]]:
    return {
        "an item": lambda g: g[1].__setitem__(0, 9.5),
        "a row that grows": lambda g: g[1].append(9.5),
        "a row that is another": lambda g: g.__setitem__(1, [*g[1]]),
        "rows exchanged": lambda g: g.reverse(),
        "a further row": lambda g: g.append([0.0]),
        "no rows": lambda g: g.clear(),
    }


@pytest.mark.parametrize("what", changes())
@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("width", [2, 9])
def test_a_table_that_others_change_is_left_alone(what: str, written: bool, width: int) -> None:
    table = [[i + j / 4 for j in range(width)] for i in range(3)]
    made = copied(written=written, g=table)
    changes()[what](table)
    expected = [row[:] for row in table]
    made.arrays["g"][0, 0] = 77.0
    assert commit(made) == Status.CHANGED
    assert table == expected


def test_reference_counts_are_right_afterwards() -> None:
    value, row = 12345.5, [12345.5, 1.0]
    row[0] = value
    table = [row, [value, 3.0]]
    before = sys.getrefcount(value), sys.getrefcount(row), sys.getrefcount(table)
    made = copied(g=table)
    made.arrays["g"][1, 0] = 2.0
    assert commit(made) == Status.DONE
    del made
    assert (sys.getrefcount(value) + 1, sys.getrefcount(row), sys.getrefcount(table)) == before
    assert value == 12345.5


def test_a_loop_sees_a_row_that_a_handler_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def double(g: list[list[float]], y: list[list[float]]) -> object:
        for i, row in enumerate(g):
            y[i][0] = 2 * row[0]
        return row

    items, results = [[float(n)] for n in range(30)], [[0.0] for _ in range(30)]
    monkeypatch.setattr("parloop.runtime.transaction.Launch.slice_size", lambda launch: 10)
    original, new = Lists.commit, ["a"]

    def change(made: Lists, lo: int, done: int, words: Any) -> Status:
        status = original(made, lo, done, words)
        if lo == 10:
            items[25] = new  # type: ignore[call-overload]
        return status

    monkeypatch.setattr(Lists, "commit", change)
    last = parloop.parallel(double, min_work_ms=0)(items, results)
    assert last is items[29]
    expected: list[Any] = [[2.0 * n] for n in range(30)]
    expected[25] = ["aa"]
    assert results == expected


def test_a_row_that_is_left_is_the_one_that_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def last_row(g: list[list[float]]) -> object:
        s = 0.0
        for row in g:
            s += row[0]
        return row

    table = [[float(n)] for n in range(9)]
    row, original = table[8], Lists.commit

    def clear(made: Lists, lo: int, done: int, words: Any) -> Status:
        status = original(made, lo, done, words)
        table.clear()
        return status

    monkeypatch.setattr(Lists, "commit", clear)
    assert parloop.parallel(last_row, min_work_ms=0)(table) is row
