"""Functions that a loop calls: at every entry they are those that were written into it."""

from __future__ import annotations

import cProfile
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import parloop
from parloop.capture.decorator import captured

TEXT = '''
import math
import numpy as np

LIMIT = 3.0
ROW = np.arange(8.0)


def scale(x):
    return x * LIMIT


def other(x):
    return x + 100.0


def with_default(x, y=2.0):
    return x * y


def with_keyword_default(x, *, y=2.0):
    return x * y


def outer(x):
    return scale(x) + 1.0


def row(i):
    return ROW[i]


def run_scale(a, b, n):
    for i in range(n):
        b[i] = scale(a[i])
    return b


def run_default(a, b, n):
    for i in range(n):
        b[i] = with_default(a[i])
    return b


def run_keyword_default(a, b, n):
    for i in range(n):
        b[i] = with_keyword_default(a[i])
    return b


def run_outer(a, b, n):
    for i in range(n):
        b[i] = outer(a[i])
    return b


def run_row(a, b, n):
    for i in range(n):
        b[i] = row(i)
    return b


def write(i, x):
    ROW[i] = ROW[i] * 2.0 + x
    return ROW[i]


def run_write(a, b, n):
    for i in range(n):
        b[i] = write(i, a[i])
    return b


def run_assigning(a, b, n):
    global LIMIT
    for i in range(n):
        LIMIT = LIMIT + 1.0
        b[i] = scale(a[i])
    return b


def run_value(f, a, b, n):
    for i in range(n):
        b[i] = f(a[i])
    return b


def make_closure():
    k = 2.0

    def scaled(x):
        return x * k

    def set_k(value):
        nonlocal k
        k = value

    def run(a, b, n):
        for i in range(n):
            b[i] = scaled(a[i])
        return b

    return run, set_k


def overflowing(x):
    y = x * 1e308
    return y
'''

LIBRARY = '''
import numpy as np
LIMIT = 7.0


def root(x):
    y = np.sqrt(x)
    return y * LIMIT


def run_of_library(a, b, n):
    for i in range(n):
        b[i] = root(a[i])
    return b
'''


@pytest.fixture
def program(tmp_path: Path) -> ModuleType:
    return load(tmp_path / "program.py", TEXT)


def load(path: Path, text: str) -> ModuleType:
    path.write_text(text, encoding="utf-8")
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    exec(compile(text, str(path), "exec"), vars(module))
    return module


@pytest.fixture(autouse=True)
def small_loops_count() -> Iterator[None]:
    parloop.reset_report()
    with parloop.settings(min_work_ms=0, threads=1):
        yield


A = np.linspace(0.5, 4.0, 8)


def native_runs() -> int:
    return sum(site.native_runs for site in parloop.report().sites)


ENTRIES = pytest.mark.parametrize("entries", [1, 2, 3, 6])
"""How often a loop is entered before something changes: cold, warm, natively."""


def check(fast: Callable[..., Any], plain: Callable[..., Any], entries: int, *more: Any) -> None:
    """Both functions leave the same, and the first one natively."""
    before = native_runs()
    for _ in range(entries):
        expected = plain(*more, A, np.zeros(8), 8)
        assert fast(*more, A, np.zeros(8), 8).tobytes() == expected.tobytes()
    assert native_runs() == before + entries


def rebind(program: ModuleType) -> None:
    program.scale = program.other


def change_global(program: ModuleType) -> None:
    program.LIMIT = 5.0


def change_type_of_global(program: ModuleType) -> None:
    program.LIMIT = 5


def change_code(program: ModuleType) -> None:
    program.scale.__code__ = program.other.__code__


@ENTRIES
@pytest.mark.parametrize("change", [rebind, change_global, change_type_of_global, change_code])
@pytest.mark.parametrize("name", ["run_scale", "run_outer"])
def test_what_a_function_means_now_counts(
    program: ModuleType, name: str, change: Callable[[ModuleType], None], entries: int
) -> None:
    plain = getattr(program, name)
    fast = parloop.parallel(plain)
    check(fast, plain, entries)
    change(program)
    check(fast, plain, entries)


@ENTRIES
def test_defaults_may_change(program: ModuleType, entries: int) -> None:
    fast = parloop.parallel(program.run_default)
    check(fast, program.run_default, entries)
    program.with_default.__defaults__ = (7.0,)
    check(fast, program.run_default, entries)


@ENTRIES
def test_defaults_of_keywords_may_change(program: ModuleType, entries: int) -> None:
    fast = parloop.parallel(program.run_keyword_default)
    check(fast, program.run_keyword_default, entries)
    program.with_keyword_default.__kwdefaults__["y"] = 7.0
    check(fast, program.run_keyword_default, entries)


@ENTRIES
def test_a_global_array_may_be_another(program: ModuleType, entries: int) -> None:
    fast = parloop.parallel(program.run_row)
    check(fast, program.run_row, entries)
    program.ROW = np.arange(8.0) * 3
    check(fast, program.run_row, entries)
    program.ROW[2] = 99.0
    check(fast, program.run_row, entries)


@ENTRIES
def test_variables_of_closures_have_their_value_of_the_moment(
    program: ModuleType, entries: int
) -> None:
    plain, set_k = program.make_closure()
    fast = parloop.parallel(plain)
    check(fast, plain, entries)
    set_k(5.0)
    check(fast, plain, entries)
    set_k(5)
    check(fast, plain, entries)


@ENTRIES
def test_functions_as_values_alternate(program: ModuleType, entries: int) -> None:
    fast = parloop.parallel(program.run_value)
    for _ in range(3):
        check(fast, program.run_value, entries, program.scale)
        check(fast, program.run_value, entries, program.other)


def test_a_function_may_be_defined_after_the_loop_that_calls_it(tmp_path: Path) -> None:
    text = """
import parloop


@parloop.parallel
def run(a, b, n):
    for i in range(n):
        b[i] = later(a[i])
    return b


def later(x):
    return x * 3.0
"""
    program = load(tmp_path / "later.py", text)
    for _ in range(4):
        assert program.run(A, np.zeros(8), 8).tobytes() == (A * 3.0).tobytes()
    assert native_runs() == 4


def test_a_function_that_cannot_run_does_not_stop_others(program: ModuleType) -> None:
    fast = parloop.parallel(program.run_value)
    for _ in range(3):
        fast(lambda x: print(end="") or x, A, np.zeros(8), 8)
    assert native_runs() == 0
    for _ in range(600):
        fast(program.scale, A, np.zeros(8), 8)
    assert native_runs() > 0


def test_too_many_functions_one_by_one_are_left_to_the_interpreter(program: ModuleType) -> None:
    fast = parloop.parallel(program.run_value)
    for number in range(40):
        space: dict[str, Any] = {}
        path = f"{program.__file__}{number}.py"
        Path(path).write_text(f"def f(x): return x + {number}", encoding="utf-8")
        exec(compile(f"def f(x): return x + {number}", path, "exec"), space)
        result = fast(space["f"], A, np.zeros(8), 8)
        assert result.tobytes() == (A + number).tobytes()
    assert 0 < native_runs() < 20


@ENTRIES
def test_a_function_of_another_file_reads_its_own_globals(
    program: ModuleType, tmp_path: Path, entries: int
) -> None:
    library = load(tmp_path / "library.py", LIBRARY)
    program.scale = library.root
    fast = parloop.parallel(program.run_scale)
    check(fast, program.run_scale, entries)
    library.LIMIT = 11.0
    check(fast, program.run_scale, entries)
    library.np = program
    program.sqrt = program.other
    expected = program.run_scale(A, np.zeros(8), 8)
    assert fast(A, np.zeros(8), 8).tobytes() == expected.tobytes()


@ENTRIES
def test_warnings_name_the_file_of_the_function(
    program: ModuleType, tmp_path: Path, entries: int
) -> None:
    library = load(tmp_path / "library.py", LIBRARY)
    program.scale = library.root
    fast = parloop.parallel(program.run_scale)
    check(fast, program.run_scale, entries)
    told = []
    for function in (program.run_scale, fast, fast):
        for space in (vars(program), vars(library)):
            space.pop("__warningregistry__", None)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("default")
            for _ in range(2):
                function(-A, np.zeros(8), 8)
        told.append([(w.filename, w.lineno, str(w.message)) for w in seen])
    assert told[0] == told[1] == told[2]
    assert [name for name, _, _ in told[0]] == [library.__file__]


def test_an_edited_file_is_not_believed(program: ModuleType) -> None:
    assert program.__file__ is not None
    Path(program.__file__).write_text(
        TEXT.replace("return x * LIMIT", "return x - LIMIT"), encoding="utf-8"
    )
    plain = program.run_scale
    fast = parloop.parallel(plain)
    assert fast(A, np.zeros(8), 8).tobytes() == (A * 3.0).tobytes()
    assert native_runs() == 0


def test_functions_with_sites_of_their_own_are_found_in_their_text(program: ModuleType) -> None:
    plain = program.run_outer
    program.scale = parloop.parallel(program.scale)
    fast = parloop.parallel(plain)
    check(fast, plain, 3)
    assert captured(fast) is not None


@ENTRIES
def test_under_a_profiler_functions_are_called(program: ModuleType, entries: int) -> None:
    fast = parloop.parallel(program.run_scale)
    for _ in range(entries):
        fast(A, np.zeros(8), 8)
    before = native_runs()
    calls: list[str] = []
    sys.setprofile(lambda frame, event, _: calls.append(event + frame.f_code.co_name))
    try:
        fast(A, np.zeros(8), 8)
    finally:
        sys.setprofile(None)
    assert calls.count("callscale") == 8
    profile = cProfile.Profile()
    profile.runcall(fast, A, np.zeros(8), 8)
    counts = {key[2]: value[0] for key, value in _stats(profile).items()}
    assert counts["scale"] == 8
    assert native_runs() == before


def _stats(profile: cProfile.Profile) -> dict[tuple[str, int, str], tuple[Any, ...]]:
    profile.create_stats()
    stats: dict[tuple[str, int, str], tuple[Any, ...]] = profile.stats  # type: ignore[attr-defined]
    return stats


@ENTRIES
def test_functions_are_verified(program: ModuleType, entries: int) -> None:
    fast = parloop.parallel(program.run_write, verify=True)
    before = program.ROW.copy()
    for _ in range(entries):
        program.ROW[:] = before
        expected = program.run_write(A, np.zeros(8), 8).copy(), program.ROW.copy()
        program.ROW[:] = before
        assert fast(A, np.zeros(8), 8).tobytes() == expected[0].tobytes()
        assert program.ROW.tobytes() == expected[1].tobytes()
    assert native_runs() == entries


def test_a_global_that_the_loop_assigns_is_read_inside(program: ModuleType) -> None:
    plain, fast = program.run_assigning, parloop.parallel(program.run_assigning)
    for _ in range(4):
        program.LIMIT = 1.0
        expected = plain(A, np.zeros(8), 8).copy(), program.LIMIT
        program.LIMIT = 1.0
        assert fast(A, np.zeros(8), 8).tobytes() == expected[0].tobytes()
        assert expected[1] == program.LIMIT
    assert native_runs() == 4


def test_a_script_that_assigns_what_its_functions_read(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT, encoding="utf-8")
    outputs = [
        subprocess.run(
            [sys.executable, *how, str(path)], capture_output=True, text=True, check=True,
            env={**os.environ, "PARLOOP_MIN_WORK_MS": "0"},
        ).stdout
        for how in ((), ("-m", "parloop", "run"))
    ]
    assert outputs[0].splitlines()[:3] == outputs[1].splitlines()[:3]
    assert outputs[1].splitlines()[3] == "3"


SCRIPT = '''
import sys
import numpy as np

k = 1.0
a = np.linspace(0, 1, 50)


def f(x):
    return x * k


def g(x):
    for j in range(3):
        x = f(x) + j
        if x > 1e6:
            return -1.0
    return x


for i in range(50):
    k = k + a[i]
    a[i] = f(a[i]) + 1.0
print(a.tolist())
for i in range(50):
    a[i] = g(a[i])
print(a.tolist())
k = 3
for i in range(50):
    a[i] = g(a[i])
print(a.tolist())
if "parloop" in sys.modules:
    print(sum(site.native_runs > 0 for site in sys.modules["parloop"].report().sites))
'''
