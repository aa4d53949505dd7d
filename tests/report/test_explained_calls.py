"""What is said of loops with the arguments of a call, and that it is what happens then."""

from __future__ import annotations

import warnings
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from tests.corpus import FILES, LoopFile

import parloop
from parloop.report.explain import CannotExplain, LoopExplanation, explain
from parloop.runtime.codes import IterationLeftNative
from parloop.runtime.stats import records


def shift(a: Any, k: Any) -> None:
    for i in range(len(a) - k):
        a[i] = a[i + k] + 1


def after(a: Any, b: Any) -> None:
    for i in range(1, len(a)):
        a[i] = b[i - 1] + 1


def flat(a: Any, n: Any, m: Any) -> None:
    for i in range(n):
        for j in range(m):
            a[i * n + j] = i + j


def scatter(a: Any, places: Any) -> None:
    for i in range(len(places)):
        t = 0.0
        for j in range(50):
            t = t * 0.5 + j
        a[places[i]] = t


def total(a: Any) -> Any:
    s = 0
    for i in range(len(a)):
        s += a[i]
    return s


def diffuse(u: Any, steps: Any) -> None:
    for _ in range(steps):
        un = u.copy()
        u[1:-1] = un[1:-1] + 0.1 * (un[2:] - un[:-2])


def in_front(a: Any) -> Any:
    n, m = a.shape
    out = np.zeros((m, n))
    half = n // 2
    for i in range(half):
        for j in range(m):
            out[j, i] = a[i, j]
    return out


def twice(a: Any, b: Any) -> None:
    n = len(a)
    for i in range(n):
        a[i] = i
    for i in range(n):
        b[i] = a[i]


def left_by_chance(a: Any) -> None:
    for i in range(len(a)):
        k = i
    for i in range(len(a)):
        a[i] = k


def over_what_is_made(a: Any) -> None:
    for x in np.arange(len(a)):
        a[x] = x


def read_by_chance(a: Any) -> None:
    n = int(a[0])
    for i in range(n):
        a[i] = 1


class Grid:
    def clear(self, a: Any) -> None:
        for i in range(len(a)):
            a[i] = 0


def first(function: Any, *args: Any, min_work_ms: float = 0) -> LoopExplanation:
    with parloop.settings(min_work_ms=min_work_ms):
        return explain(function, *args).loops[0]


@pytest.mark.parametrize(("k", "verdict"), [(0, "parallel"), (1, "serial"), (-1, "serial")])
def test_offsets_decide(k: int, verdict: str) -> None:
    assert first(shift, np.zeros(50), k).verdict == verdict


def test_the_memory_that_arrays_share_decides() -> None:
    x = np.zeros(50)
    assert first(after, x, x.copy()).verdict == "parallel"
    assert first(after, x[25:], x[:25]).verdict == "parallel"
    assert first(after, x, x).verdict == "serial"
    assert "distance 1" in str(first(after, x, x))


def test_products_of_extents_are_known() -> None:
    assert explain(flat).loops[0].verdict == "serial"
    assert first(flat, np.zeros(100), 10, 10).verdict == "parallel"
    assert first(flat, np.zeros(200), 10, 11).verdict == "serial"


def test_index_arrays_are_looked_at() -> None:
    a, places = np.zeros(100_000), np.arange(100_000)
    with parloop.settings(threads=2):
        assert first(scatter, a, places).verdict == "parallel"
        places[-1] = 0
        found = first(scatter, a, places)
    assert found.verdict == "serial"
    assert "it was not shown that the values of `places[i]` are distinct" in str(found)


def test_sums_of_floats_keep_their_order_and_those_of_integers_need_not() -> None:
    assert first(total, np.arange(9)).verdict == "parallel"
    found = first(total, np.arange(9.0))
    assert found.verdict == "serial"
    assert found.reasons[0].code == "DEP116"


def test_statements_on_arrays_are_loops_whose_place_is_told() -> None:
    found = first(diffuse, np.zeros(10_000), 100)
    assert (found.verdict, found.runs) == ("serial", "native")
    line = diffuse.__code__.co_firstlineno + 3
    notes = [note for reason in found.reasons for note in reason.notes]
    assert any(note.startswith(f"the statement in line {line} runs in any order") for note in notes)
    assert "%" not in str(found)


def test_what_stands_in_front_of_a_loop_is_followed() -> None:
    found = first(in_front, np.ones((20, 30)))
    assert (found.verdict, found.runs) == ("parallel", "native")


def test_what_cannot_be_told_stays_open() -> None:
    found = first(read_by_chance, np.ones(9))
    assert (found.verdict, found.runs) == ("parallel", "undecided")
    assert first(over_what_is_made, np.ones(9)).runs == "undecided"


def test_what_a_loop_only_assigns_need_not_be_known() -> None:
    with parloop.settings(min_work_ms=0):
        first, second = explain(twice, np.ones(9), np.ones(9)).loops
        assert (first.runs, second.runs) == ("native", "native")
        first, second = explain(left_by_chance, np.ones(9)).loops
        assert (first.runs, second.runs) == ("native", "undecided")


def test_types_that_machine_code_cannot_take_are_named() -> None:
    found = first(total, np.array(["a", "b"], object))
    assert found.runs == "interpreter"
    assert "`a` is an array of `object`" in str(found)


def test_a_loop_too_small_to_pay_is_left_to_the_interpreter() -> None:
    found = first(total, np.arange(9), min_work_ms=1)
    assert found.runs == "interpreter"
    assert "too little to pay" in str(found)


def test_a_method_gets_its_own_object() -> None:
    assert first(Grid().clear, np.zeros(9)).verdict == "parallel"


def test_arguments_that_do_not_fit_are_refused_in_one_line() -> None:
    with pytest.raises(CannotExplain, match="the arguments do not fit"):
        explain(total, 1, 2)


def test_nothing_is_changed_and_nothing_counted() -> None:
    x = np.arange(9.0)
    before = [(record.line, record.native_runs) for record in records()]
    explain(shift, x, 0)
    assert x.tolist() == list(range(9))
    assert [(record.line, record.native_runs) for record in records()] == before
    assert "__parloop__" not in vars(Grid)


CASES = [
    pytest.param(file, name, id=f"{file.path.stem}-{name}")
    for file in FILES
    if file.path.stem in ("rows", "small_arrays")
    for name in file.functions()
]


@pytest.mark.parametrize(("file", "name"), CASES)
def test_what_is_foreseen_of_a_program_is_what_happens(file: LoopFile, name: str) -> None:
    function: FunctionType = file.fresh()[name]
    with parloop.settings(min_work_ms=0), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        seen = {
            (loop.line, loop.column): loop.runs
            for loop in explain(function, *file.arguments(name)[0]).loops
        }
        parloop.reset_report()
        try:
            parloop.parallel(function)(*file.arguments(name)[0])
        except Exception:
            return  # what is raised depends on what is in the arrays
    for site in parloop.report().sites:
        foreseen = seen.get((site.line, site.column)) if site.file == str(file.path) else None
        tripped = any(isinstance(why, IterationLeftNative) for why, _ in site.fallbacks)
        if foreseen in ("native", "interpreter") and not tripped:
            assert (foreseen == "native") == (site.native_runs > 0), site
