"""Loops with `try` in which a name of an exception means another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import parloop

TEXT = """\
def f(a, limit):
    for i in range(len(a)):
        try:
            if a[i] > limit:
                return last, i
            if a[i] < -5:
                last = 5
        except {types}:
            limit += 1
    return limit
"""

A = np.array([1, 2, 3, 9, 1, 9, 4])


def made(folder: Path, types: str, **names: Any) -> Any:
    path = folder / "tried.py"
    path.write_text(TEXT.format(types=types), encoding="utf-8")
    namespace: dict[str, Any] = dict(names)
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    return namespace


@pytest.mark.parametrize("types", ["IndexError", "(ValueError, IndexError)"])
def test_a_handler_under_a_builtin_name_catches_what_it_means_now(
    types: str, tmp_path: Path
) -> None:
    space = made(tmp_path, types, IndexError=NameError)
    fast = parloop.parallel(space["f"], min_work_ms=0)
    parloop.reset_report()
    assert fast(A, 5) == space["f"](A, 5) == 7
    (site,) = parloop.report().sites
    assert not site.native_runs
    assert "`IndexError` is not `builtins.IndexError` any more" in str(site.fallbacks[0][0])


def test_a_handler_that_changes_its_meaning_is_looked_up_at_each_entry(tmp_path: Path) -> None:
    space = made(tmp_path, "IndexError")
    fast = parloop.parallel(space["f"], min_work_ms=0)
    for _ in range(4):
        with pytest.raises(UnboundLocalError):
            fast(A, 5)
    parloop.reset_report()
    space["IndexError"] = NameError
    assert fast(A, 5) == 7
    del space["IndexError"]
    with pytest.raises(UnboundLocalError):
        fast(A, 5)
    (site,) = parloop.report().sites
    assert (site.native_runs, site.interpreted_runs) == (1, 1)
