"""Every program under `tests/loops` leaves the same in every way of running it."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from functools import cache

import pytest
from tests.corpus import FILES, LoopFile, Mark
from tests.differential import MODES, Outcome, find_difference, run, slices_of
from tests.through_ir import load_through_ir

import parloop

CASES = [
    pytest.param(file, name, id=f"{file.path.stem}-{name}")
    for file in FILES
    for name in file.functions()
]
NOT_YET_NATIVE = {
    "math_gamma": "CPython's own algorithm is not compiled",
}
"""Functions whose marked loops are to run natively, and do not yet. It must only shrink."""
NOT_FROM_3_12_ON = {
    "python_bool_arithmetic": "`~True` warns that it is deprecated",
    "builtin_sum": "`sum` adds NumPy's numbers otherwise than floats",
}
"""Functions whose marked loops run natively before Python 3.12 only."""

VERDICTS = [
    pytest.param(file, mark, id=f"{file.path.stem}-{mark.function}-{mark.line}")
    for file in FILES
    for mark in file.marks
]
IS_QUICK = os.environ.get("PARLOOP_TESTS") == "quick"
"""Whether one number of threads is enough: the others say nothing about a version of Python."""
THREADS = (2,) if IS_QUICK else (1, 2, 5)
SLICES = {1: 3, 2: None, 5: 2}
"""Iterations a slice of a native run, by its number of threads; None: the usual ones."""

NOT_THROUGH_IR = {
    "patched_math_sqrt": "the interpreter of the IR looks functions up once",
    "patched_numpy_exp": "the interpreter of the IR looks functions up once",
    "frames_stay_real": "the rewriting for the interpreter of the IR leaves a name",
    "replaced_showwarning": "the interpreter of the IR keeps no lines",
    "shape_of_a_list": "the interpreter of the IR asks lists for their length",
    "by_another_name": "the interpreter of the IR counts the items before the loop",
    "tuple_of_positions": "the IR holds `x[i,]` as `x[i]`",
    "pair_of_subscripts": "the IR holds `g[i, 0]` as `g[i][0]`",
    "pairs": "the IR is for pairs, which a launch looks at",
    "walk": "the IR is for pairs, which a launch looks at",
    "distances": "the IR is for pairs, which a launch looks at",
    "triples_of_an_array": "the IR is for triples, which a launch looks at",
    "lengths_of_rows": "the IR is for rows of one length, which a launch looks at",
    "length_of_a_row_that_may_not_be_there": "the IR asks for the row's first item",
    "numbered_places_of_a_list": "the IR is for arrays, which a launch looks at",
    "dictionary_that_grows": "the IR has the items as they were before the loop",
    "locals_in_the_body": "the rewriting for the interpreter of the IR leaves a name",
}


@pytest.mark.parametrize(("file", "name"), CASES)
def test_native_runs_leave_what_python_leaves(file: LoopFile, name: str) -> None:
    differences, native_lines = run_natively(file, name)
    assert differences == ()
    marks = [mark for mark in file.marks if mark.outermost and mark.function == name]
    left = NOT_YET_NATIVE if sys.version_info < (3, 12) else NOT_YET_NATIVE | NOT_FROM_3_12_ON
    expected = {mark.line: mark.native and name not in left for mark in marks}
    assert {line: line in native_lines for line in expected} == expected, "where the loops ran"


@pytest.mark.parametrize(("file", "name"), CASES)
def test_the_loop_ir_means_what_the_text_means(file: LoopFile, name: str) -> None:
    if name in NOT_THROUGH_IR:
        pytest.skip(NOT_THROUGH_IR[name])
    for number, arguments in enumerate(file.arguments(name)):
        namespace, lowered = load_through_ir(file)
        if name not in lowered:
            return
        plain = file.fresh()[name]
        expected = run(plain, arguments, "always", str(file.path))
        seen = run(namespace[name], arguments, "always", str(file.path))
        why = find_difference(without_lines(expected), without_lines(seen))
        assert why is None, f"arguments {number}: {why}"


@pytest.mark.parametrize(("file", "mark"), VERDICTS)
def test_a_loop_has_the_verdict_that_its_mark_says(file: LoopFile, mark: Mark) -> None:
    seen = explained(file).get(mark.line)
    assert seen is not None, "the loop is not explained at all"
    verdict, codes, text = seen
    assert verdict == mark.verdict, text
    assert not mark.evidence or mark.evidence in codes, text


def run_natively(file: LoopFile, name: str) -> tuple[tuple[str, ...], frozenset[int]]:
    """Run a function plain and through `parloop.parallel` in all modes, and compare; return the
    differences, and the lines of the loops that ran natively."""
    plain = file.fresh()[name]
    fast = parloop.parallel(file.fresh()[name], min_work_ms=0)
    changes_globals = file.changes_globals(name)
    parloop.reset_report()
    differences: list[str] = []
    for number, arguments in enumerate(file.arguments(name)):
        for mode in MODES:
            if changes_globals:
                plain = file.fresh()[name]
            expected = run(plain, arguments, mode, str(file.path))
            for threads in THREADS if mode == "always" else (2,):
                if changes_globals:
                    fast = parloop.parallel(file.fresh()[name], min_work_ms=0)
                around = parloop.settings(threads=threads, min_work_ms=0)
                with slices_of(SLICES[threads]):
                    seen = run(fast, arguments, mode, str(file.path), around)
                if why := find_difference(expected, seen):
                    differences.append(f"arguments {number}, {mode}, {threads} threads: {why}")
    native = frozenset(
        site.line
        for site in parloop.report().sites
        if site.native_runs and site.file == str(file.path)
    )
    return tuple(differences), native


@cache
def explained(file: LoopFile) -> dict[int, tuple[str, frozenset[str], str]]:
    """Return for each line of `file` with a loop its verdict, its codes and the printed text."""
    return {
        loop.line: (loop.verdict, frozenset(why.code for why in loop.reasons), str(loop))
        for loop in parloop.explain(file.path).loops
    }


def without_lines(outcome: Outcome) -> Outcome:
    """Return `outcome` as the interpreter of the IR can know it.

    It keeps no lines, has one kind of NameError, and counts axes once for `a[i][j]`.
    """
    failure = outcome.exception
    if failure is not None:
        kind, text, _ = failure
        if issubclass(kind, NameError):
            failure = (NameError, "", ())
        else:
            failure = (kind, re.sub(r"axis \d", "axis", text), ())
    said = tuple((category, text, "", 0) for category, text, _, _ in outcome.warnings)
    return replace(outcome, exception=failure, warnings=said)
