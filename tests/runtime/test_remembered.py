"""What an earlier process found out is used for the very same question, and for no other."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.corpus import FOLDER, LoopFile
from tests.differential import find_difference, run

import parloop
from parloop.analysis import polyhedra
from parloop.runtime import (
    analyses,
    cache,
    decision,
    jit,
    kernels,
    keys,
    regions,
    remembered,
    specialisation,
)

STENCIL = """import numpy as np
def f(a, b, n, c):
    for i in range(1, n):
        b[i] = a[i - 1] * c + a[i]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder of a cache in which nothing is."""
    made = tmp_path / "cache"
    monkeypatch.setenv("PARLOOP_CACHE_DIR", str(made))
    forget()
    yield made
    forget()


def forget() -> None:
    """Be a new process, as far as keys and caches are concerned."""
    keys.own_text.cache_clear()
    keys._NEST_KEYS.clear()
    cache._open.cache_clear()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is made and not read back."""
    counts: Counter[str] = Counter()

    def count(module: Any, name: str, as_: str) -> None:
        plain = getattr(module, name)

        def counting(*arguments: Any, **named: Any) -> Any:
            counts[as_] += 1
            return plain(*arguments, **named)

        monkeypatch.setattr(module, name, counting)

    count(analyses, "analyse", "analysis")
    count(specialisation, "analyse", "analysis")
    count(specialisation, "specialise", "typing")
    count(specialisation, "decide", "decision")
    count(kernels, "write_kernel", "kernel")
    return counts


_modules: list[str] = []


def load(text: str, tmp_path: Path) -> Any:
    """Return the function `f` of a module with this text, as a new process would see it."""
    name = f"remembered_{len(_modules)}"
    _modules.append(name)
    path = tmp_path / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": name}
    exec(compile(text, str(path), "exec"), namespace)
    return parloop.parallel(namespace["f"], min_work_ms=0)


def arguments(
    dtype: Any = np.float64, n: int = 40, c: Any = 0.5, step: int = 1
) -> tuple[Any, ...]:
    a = np.arange(step * 40, dtype=dtype)[::step]
    return a, np.zeros(step * 40, dtype)[::step], n, c


def launch(tmp_path: Path, given: tuple[Any, ...], text: str = STENCIL, **settings: Any) -> Any:
    """Run a text in what is as good as a new process, and compare with the interpreter."""
    forget()
    fast = load(text, tmp_path)
    plain = [x.copy() if isinstance(x, np.ndarray) else x for x in given]
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    expected = namespace["f"](*plain)
    parloop.reset_report()
    with parloop.settings(**settings):
        seen = fast(*given)
    assert [site.native_runs for site in parloop.report().sites if site.native_runs] == [1]
    assert type(seen) is type(expected)
    if settings.get("exactness", "exact") == "exact":
        for one, other in zip(given, plain, strict=True):
            assert np.asarray(one).tobytes() == np.asarray(other).tobytes()
    return seen


def test_a_second_process_makes_nothing(tmp_path: Path, made: Counter[str]) -> None:
    launch(tmp_path, arguments())
    assert made["kernel"] == 1
    assert made["typing"] == 1
    assert made["decision"] == 1
    made.clear()
    launch(tmp_path, arguments())
    assert made == Counter()


def test_the_report_has_the_verdict_all_the_same(tmp_path: Path, made: Counter[str]) -> None:
    texts = {
        "parallel": STENCIL,
        "serial": STENCIL.replace("b[i] =", "a[i] ="),
        "parallel-if": STENCIL.replace("b[i] = a[i - 1]", "a[i] = a[i - n]"),
    }
    for verdict, text in texts.items():
        for _ in range(2):
            made.clear()
            launch(tmp_path, arguments(), text)
            assert [site.verdict for site in parloop.report().sites] == [verdict]
        assert made == Counter()


def test_a_text_that_has_moved_is_the_same_text(tmp_path: Path, made: Counter[str]) -> None:
    overflow = STENCIL.replace("* c", "* c * 1e308")
    lines = []
    for moved in ("", "# one\n# two\n# three\n"):
        made.clear()
        with pytest.warns(RuntimeWarning, match="overflow") as seen:
            launch(tmp_path, arguments(c=np.float64(8)), moved + overflow)
        lines.append({warning.lineno for warning in seen})
    assert made == Counter()
    assert lines == [{4}, {7}]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("* c", "+ c"), ("* c", "* 2.0 * c"), ("range(1, n)", "range(2, n)"),
        ("a[i - 1]", "a[i - 0]"), ("b[i]", "a[i]"), ("a[i - 1] * c", "np.exp(a[i - 1] * 0.0 * c)"),
        ("* c + a[i]", "* (c + a[i])"), ("range(1, n)", "range(1, len(a))"),
        ("b[i] = ", "b[i] = 1 + "), ("b[i] = ", "b[i] = 1.0 + "), ("b[i] = ", "b[i] = True + "),
    ],
)  # fmt: skip
def test_another_text_has_an_answer_of_its_own(
    old: str, new: str, tmp_path: Path, made: Counter[str]
) -> None:
    launch(tmp_path, arguments())
    made.clear()
    launch(tmp_path, arguments(), STENCIL.replace(old, new))
    assert made["kernel"] == made["typing"] == 1


@pytest.mark.parametrize(
    "given",
    [
        {"dtype": np.float32}, {"dtype": np.int64}, {"c": 2}, {"c": np.float64(0.5)},
        {"c": np.float32(0.5)}, {"c": True}, {"dtype": np.complex128},
    ],
)  # fmt: skip
def test_other_types_have_an_answer_of_their_own(
    given: dict[str, Any], tmp_path: Path, made: Counter[str]
) -> None:
    text = STENCIL if given.get("dtype") is not np.int64 else STENCIL.replace("* c", "* 3")
    launch(tmp_path, arguments(), text)
    made.clear()
    launch(tmp_path, arguments(**given), text)
    assert made["kernel"] == made["typing"] == 1


@pytest.mark.parametrize(
    "given", [{"step": 2}, {"n": 1}, {"n": 41}], ids=["strided", "empty", "outside"]
)
def test_other_conditions_have_an_answer_of_their_own(
    given: dict[str, Any], tmp_path: Path, made: Counter[str]
) -> None:
    launch(tmp_path, arguments())
    made.clear()
    if given == {"n": 41}:
        with pytest.raises(IndexError):
            load(STENCIL, tmp_path)(*arguments(**given))
    elif given == {"n": 1}:
        load(STENCIL, tmp_path)(*arguments(**given))
        assert made == Counter()  # an empty range asks nobody
        return
    else:
        launch(tmp_path, arguments(**given))
    assert made["decision"] == 1
    assert made["typing"] == 1


@pytest.mark.parametrize("n", [2, 7, 39])
def test_sizes_for_which_the_same_holds_share_an_answer(
    n: int, tmp_path: Path, made: Counter[str]
) -> None:
    launch(tmp_path, arguments())
    made.clear()
    launch(tmp_path, arguments(n=n))
    assert made == Counter()


def test_values_that_were_put_in_have_an_answer_each(tmp_path: Path, made: Counter[str]) -> None:
    text = """
def f(a, n, m):
    for i in range(n):
        for j in range(m):
            a[i * m + j] = i - j
"""
    seen = []
    for n, m in ((4, 5), (5, 4), (4, 5), (5, 4), (20, 1), (1, 20)):
        made.clear()
        launch(tmp_path, (np.zeros(20), n, m), text)
        seen.append(made["decision"])
    assert seen == [1, 1, 0, 0, 1, 1]


def test_settings_and_versions_have_answers_of_their_own(
    tmp_path: Path, made: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
def f(a, b, n, c):
    s = 0.0
    for i in range(n):
        s += a[i] * c
    return s
"""
    launch(tmp_path, arguments(), text)
    for exactness in ("ulp", "reassociate", "exact"):
        made.clear()
        launch(tmp_path, arguments(), text, exactness=exactness)
        assert made["decision"] == (exactness != "exact")
    host, own = jit.host(), keys.own_text()
    changes: list[tuple[object, str, object]] = [
        (np, "__version__", "9.9.9"),
        (sys, "version", "3.99"),
        (keys, "own_text", lambda: own + "0"),
        (jit, "host", lambda: host + "0"),
    ]
    for holder, name, value in changes:
        with monkeypatch.context() as patch:
            patch.setattr(holder, name, value)
            if name == "own_text":
                patch.setattr(keys, "own_text", _Replaced(own + "0"))
            made.clear()
            launch(tmp_path, arguments(), text)
            assert made["decision"] == made["typing"] == made["kernel"] == 1, name
    monkeypatch.setenv("NPY_DISABLE_CPU_FEATURES", "AVX2")
    made.clear()
    launch(tmp_path, arguments(), text)
    assert made["decision"] == made["typing"] == made["kernel"] == 1


class _Replaced:
    """In place of a cached function."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __call__(self) -> str:
        return self.value

    def cache_clear(self) -> None:
        """Keep the value."""


def test_arrays_that_share_memory_find_no_answer_of_arrays_that_do_not(tmp_path: Path) -> None:
    launch(tmp_path, arguments())
    a = np.arange(40.0)
    expected = a.copy()
    namespace: dict[str, Any] = {}
    exec(STENCIL, namespace)
    namespace["f"](expected, expected, 40, 0.5)
    forget()
    load(STENCIL, tmp_path)(a, a, 40, 0.5)
    assert a.tolist() == expected.tolist()


# The entries on disk


def entries(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.plo"))


@pytest.mark.parametrize("damage", ["nothing", "half", "other", "gone", "bit"])
def test_damaged_entries_are_made_again(
    damage: str, folder: Path, tmp_path: Path, made: Counter[str]
) -> None:
    launch(tmp_path, arguments())
    found = entries(folder)
    assert len(found) >= 4  # verdict, outline, regions, kernel
    contents = [path.read_bytes() for path in found]
    for path, other in zip(found, contents[1:] + contents[:1], strict=True):
        content = path.read_bytes()
        match damage:
            case "nothing":
                path.write_bytes(b"")
            case "half":
                path.write_bytes(content[: len(content) // 2])
            case "other":
                path.write_bytes(other)
            case "gone":
                path.unlink()
            case "bit":
                path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    made.clear()
    launch(tmp_path, arguments())
    assert made["decision"] == made["typing"] == made["kernel"] == 1
    made.clear()
    launch(tmp_path, arguments())
    assert made == Counter()


def test_any_single_entry_may_be_gone(
    folder: Path, tmp_path: Path, made: Counter[str]
) -> None:
    launch(tmp_path, arguments())
    for path in entries(folder):
        path.unlink()
        launch(tmp_path, arguments())
        assert path.exists() or made == Counter()  # an entry of another module, loaded before
        made.clear()


def test_what_is_no_arithmetic_is_not_evaluated() -> None:
    for test in ("w[3] + -2*w[10] >= 0 and not (True or w[1] // 4 == 0)", "True", ""):
        assert remembered._ARITHMETIC.fullmatch(test)
    for test in ("w.pop()", "__import__('os')", "w[0] if w[1] else 2", "[w]", "lambda: 0", "f(w)"):
        assert not remembered._ARITHMETIC.fullmatch(test)


def test_every_test_that_is_written_is_one_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    plain = decision.asked_text

    def keeping(*given: Any) -> str:
        written.append(plain(*given))
        return written[-1]

    monkeypatch.setattr(specialisation, "asked_text", keeping)
    launch(tmp_path, arguments())
    launch(tmp_path, arguments(), STENCIL.replace("a[i - 1]", "a[(i - 1) * 2 // 3 % 5]"))
    launch(tmp_path, arguments(), STENCIL.replace("b[i] = a[i - 1]", "a[i] = a[i - n]"))
    assert len(written) == 3
    assert all(remembered._ARITHMETIC.fullmatch(test) for test in written)


def test_a_cache_that_cannot_be_written_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("PARLOOP_CACHE_DIR", str(tmp_path / "file" / "cache"))
    for n in (40, 39, 40):
        launch(tmp_path, arguments(n=n))


def test_without_isl_nothing_is_left_that_others_would_find(
    tmp_path: Path, made: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(polyhedra, "isl", None)
        launch(tmp_path, arguments())
    made.clear()
    launch(tmp_path, arguments())
    assert made["decision"] == made["typing"] == 1


# What is made when it is needed


def test_the_precise_variant_is_made_from_what_was_not_remembered(
    tmp_path: Path, made: Counter[str]
) -> None:
    text = """
def f(a, b, n, c):
    for i in range(n):
        b[i] = 1 // int(a[i]) + c
"""
    launch(tmp_path, (np.arange(1.0, 41.0), np.zeros(40), 40, 0.5), text)
    given = np.arange(1.0, 41.0)
    given[33] = 0.0
    for wanted in ({"analysis": 1, "typing": 1, "decision": 1, "kernel": 1}, {}):
        forget()
        made.clear()
        b = np.zeros(40)
        with pytest.raises(ZeroDivisionError):
            load(text, tmp_path)(given, b, 40, 0.5)
        assert np.count_nonzero(b) == 33
        assert made == Counter(wanted)


def test_a_remembered_launch_keeps_no_array_alive(tmp_path: Path) -> None:
    launch(tmp_path, arguments())
    forget()
    fast, given = load(STENCIL, tmp_path), arguments()
    alive = [weakref.ref(x) for x in given[:2]]
    fast(*given)
    del given
    assert [ref() for ref in alive] == [None, None]


def check_remembered(run_all: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run twice; return how often what was remembered was compared with what would be made."""
    compared: list[int] = []
    again = specialisation.Specialisation.ready_again

    def comparing(
        self: Any, region: Any, values: list[int], kind: Any
    ) -> regions.Ready | None:
        found = again(self, region, values, kind)
        assert found is None or self.decided(values, kind) is found
        compared.append(found is not None)
        return found

    run_all()
    forget()
    monkeypatch.setattr(specialisation.Specialisation, "ready_again", comparing)
    run_all()
    return sum(compared)


@pytest.mark.parametrize("name", ["splitting", "sweeps", "lanes", "wavefronts"])
def test_what_is_remembered_of_the_corpus_is_what_would_be_made(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = FOLDER / f"{name}.py"

    def run_all() -> None:
        loops = LoopFile(path)
        for function, make in loops.fresh()["ARGUMENTS"].items():
            plain, fast = loops.fresh()[function], parloop.parallel(loops.fresh()[function])
            settings = parloop.settings(min_work_ms=0, threads=2)
            given = make(np.random.default_rng(3))[0]
            expected = run(plain, given, "always", str(path), parloop.settings())
            assert not find_difference(expected, run(fast, given, "always", str(path), settings))

    assert check_remembered(run_all, monkeypatch) > 3


# Processes

SCRIPT = """
import sys
import numpy as np
import parloop

@parloop.parallel(min_work_ms=0)
def f(a, b, n, c):
    for i in range(1, n):
        for j in range(n):
            b[i, j] = a[i - 1, j] * c + a[i, j] / (1 + n % 3)

a, b = np.arange(2500.0).reshape(50, 50), np.zeros((50, 50))
f(a, b, 50, 0.5)
expected = np.zeros((50, 50))
for i in range(1, 50):
    for j in range(50):
        expected[i, j] = a[i - 1, j] * 0.5 + a[i, j] / (1 + 50 % 3)
assert b.tobytes() == expected.tobytes()
assert [site.native_runs for site in parloop.report().sites] == [1]
print("islpy" in sys.modules, "parloop.codegen.kernel" in sys.modules)
"""


def start(script: Path, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**os.environ, **more},
    )  # fmt: skip


def test_processes_may_fill_one_cache_at_the_same_time(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    for _ in range(2):
        started = [start(script) for _ in range(4)]
        ended = [process.communicate() for process in started]
        assert [errors for _, errors in ended] == [""] * 4
    assert {output for output, _ in ended} == {"False False\n"}


def test_a_home_that_cannot_be_written_is_none(tmp_path: Path) -> None:
    script, home = tmp_path / "script.py", tmp_path / "home"
    script.write_text(SCRIPT)
    home.mkdir(mode=0o500)
    for _ in range(2):
        process = start(script, HOME=str(home), PARLOOP_CACHE_DIR="", XDG_CACHE_HOME="")
        output, errors = process.communicate()
        assert errors == ""
        assert output
