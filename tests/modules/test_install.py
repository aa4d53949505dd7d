"""`parloop.install`: modules as without parloop, and native, here and in child processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.modules.programs import FILES, PROGRAMS

import parloop
from parloop.capture import installed

ROOT = Path(__file__).parent.parent.parent
SITE = f"import site\nsite.addsitedir({str(ROOT / 'src')!r})\n"
"""Reads `parloop.pth`, as an installation of the wheel has Python do."""

COUNTED = """
import atexit, os
@atexit.register
def _():
    import sys
    if "parloop.api" in sys.modules:
        import parloop
        runs = sum(site.native_runs for site in parloop.report().sites)
        with open(os.environ["COUNTS"], "a") as counts:
            counts.write(f"{runs}\\n")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the packages, where a new interpreter reads `parloop.pth`."""
    made = tmp_path_factory.mktemp("modules")
    for name, text in FILES.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        encoding = "latin-1" if "latin-1" in text else "utf-8"
        (made / name).write_text(text, encoding=encoding)
    with zipfile.ZipFile(made / "zipped.zip", "w") as archive:
        archive.writestr("packed/__init__.py", "")
        archive.writestr("packed/part.py", FILES["spread/one/part.py"])
    (made / "startup").mkdir()
    (made / "startup" / "sitecustomize.py").write_text(SITE + COUNTED)
    return made


def run(folder: Path, *words: str, stdin: str = "", **variables: str) -> tuple[int, str, str]:
    """Return the exit code and the output of a new interpreter in `folder`."""
    for left in folder.rglob("__pycache__"):
        shutil.rmtree(left)
    path = os.pathsep.join((str(folder / "startup"), str(ROOT / "src")))
    environment = {**os.environ, "PYTHONPATH": path, "PARLOOP_MIN_WORK_MS": "0",
                   "COUNTS": str(folder / "counts"), **variables}  # fmt: skip
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    (folder / "counts").write_text("")
    done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, input=stdin,
                          capture_output=True, text=True, check=False, timeout=120)  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def native_runs(folder: Path) -> list[int]:
    """Return how many loops ran natively in each process of the last run."""
    return [int(line) for line in (folder / "counts").read_text().split()]


INSTALLED = "shapes,spread,packed"
SHORT = ("traceback", "compiler_warnings", "compiler_warnings_as_errors", "syntax_error",
         "missing")  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_show_what_they_do_without_parloop(folder: Path, name: str) -> None:
    program = folder / "program.py"
    program.write_text(PROGRAMS[name])
    plain = run(folder, "program.py")
    assert run(folder, "program.py", PARLOOP_INSTALL=INSTALLED) == plain
    assert sum(native_runs(folder)) > 0 or name in SHORT


def test_a_second_process_takes_the_code_from_the_store(folder: Path, tmp_path: Path) -> None:
    program = folder / "program.py"
    program.write_text(PROGRAMS["source_and_places"])
    cache = {"PARLOOP_INSTALL": INSTALLED, "PARLOOP_CACHE_DIR": str(tmp_path / "cache")}
    first = run(folder, "program.py", **cache)
    counts = native_runs(folder)
    program.write_text(
        "import parloop.capture.importer as importer\n"
        "def compile_again(*_):\n    raise AssertionError\n"
        "importer._rewritten = compile_again\n" + PROGRAMS["source_and_places"]
    )
    assert run(folder, "program.py", **cache) == first
    assert native_runs(folder) == counts
    assert sum(counts) > 0


def test_child_processes_of_every_kind_run_loops_natively(folder: Path) -> None:
    # the processes of `multiprocessing` end without `atexit`
    (folder / "program.py").write_text(
        PROGRAMS["children"].replace("import os\n    return", "import parloop, os\n    return "
            "sum(s.native_runs for s in (fill(n), parloop.report())[1].sites) > 0, ")
    )  # fmt: skip
    _, said, wrong = run(folder, "program.py", PARLOOP_INSTALL="shapes")
    assert wrong == ""
    assert said.count("(True,") == 7
    assert "(False," not in said


def test_the_main_module_of_a_spawned_process_runs_natively(folder: Path) -> None:
    (folder / "program.py").write_text("""
import multiprocessing, parloop
def work(n):
    s = 0
    for i in range(n):
        s += i
    return s, __name__, [(p.function, p.native_runs) for p in parloop.report().sites]
if __name__ == '__main__':
    for method in ('fork', 'spawn', 'forkserver'):
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(method, pool.map(work, [3000]))
""")
    _, said, wrong = run(folder, "-m", "parloop", "run", "program.py")
    assert wrong == ""
    assert said.splitlines() == [
        "fork [(4498500, '__main__', [('work', 1)])]",
        "spawn [(4498500, '__mp_main__', [('work', 1)])]",
        "forkserver [(4498500, '__mp_main__', [('work', 1)])]",
    ]


def test_rewritten_code_never_stands_in_pycache(folder: Path) -> None:
    import marshal

    (folder / "program.py").write_text("import shapes\n")
    run(folder, "program.py", PARLOOP_INSTALL="shapes")
    files = list((folder / "shapes").rglob("*.pyc"))
    assert len(files) == 2
    for path in files:
        code = marshal.loads(path.read_bytes()[16:])
        assert "__parloop__" not in repr([code.co_names, *code.co_consts])


def test_a_module_that_changes_is_imported_as_it_is_now(folder: Path) -> None:
    changing = folder / "changing.py"
    results = []
    for factor in (2, 3):
        changing.write_text(f"s = 0\nfor i in range(3000):\n    s += i * {factor}\n")
        code = "import changing; print(changing.s)"
        results.append(run(folder, "-c", code, PARLOOP_INSTALL="changing")[1])
    assert results == ["8997000\n", "13495500\n"]


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "shapes", "a", "--b"),
        ("-m", "shapes.filling"),
        ("-m", "shapes.broken"),
        ("-m", "shapes.nothing"),
        ("-m", "nothing_at_all"),
        ("-c", "import sys\ns = 0\nfor i in range(3000):\n    s += i\nprint(s, sys.argv, "
         "sys.path[0], __name__, __spec__, __loader__, '__file__' in globals())", "a", "-b"),
        ("-c", "x ="),
        ("-c", "def f(n):\n    for i in range(n):\n        x = 1 // (n - 2 - i)\nf(900)"),
        ("-", "a", "-b"),
    ],
)  # fmt: skip
def test_run_has_modules_and_code_in_main_as_python_does(
    folder: Path, words: tuple[str, ...]
) -> None:
    text = "import sys\ns = 0\nfor i in range(3000):\n    s += i\nprint(s, sys.argv, __file__, 1/0)"
    plain = run(folder, *words, stdin=text)
    ours = run(folder, "-m", "parloop", "run", *words, stdin=text)
    assert ours == plain


def test_run_installs_packages_before_and_behind_the_name_of_a_module(folder: Path) -> None:
    code = "import sys, shapes; print(sys.argv, shapes.fill(3000).sum())"
    (folder / "tool.py").write_text(code)
    for words in (("--install", "shapes", "-c", code), ("-m", "tool", "--install", "shapes", "x"),
                  ("--install", "shapes", "-m", "tool", "x")):  # fmt: skip
        words = ("-m", "parloop", "run", *words)
        assert "13495500.0" in run(folder, *words)[1]
        assert sum(native_runs(folder)) > 0
    (folder / "tool.py").write_text("import sys\nprint(sys.argv[1:])")
    words = ("--install", "shapes", "-m", "tool", "--install", "x")
    said = run(folder, "-m", "parloop", "run", *words)
    assert said == (0, "['--install', 'x']\n", "")


def test_nothing_is_loaded_unless_a_variable_is_set(folder: Path) -> None:
    code = "import sys; print([n for n in sys.modules if n.startswith('parloop')])"
    assert run(folder, "-c", code)[1] == "[]\n"
    assert "parloop.startup" in run(folder, "-c", code, PARLOOP_INSTALL="shapes")[1]
    assert "parloop.api" not in run(folder, "-c", code, PARLOOP_MAIN="somebody.py")[1]
    off = run(folder, "-c", code, PARLOOP_INSTALL="shapes", PARLOOP="off")
    assert "parloop.capture.sites" in off[1]
    assert "parloop.runtime.dispatch" not in off[1]


def test_a_wrong_name_in_the_variable_is_said_in_a_line(folder: Path) -> None:
    code, said, wrong = run(folder, "-c", "print(1)", PARLOOP_INSTALL="json, no name,shapes")
    assert (code, said) == (0, "1\n")
    assert wrong == (
        "parloop: PARLOOP_INSTALL: `json` cannot be installed: parloop itself runs on it\n"
        "parloop: PARLOOP_INSTALL: 'no name' is not the name of a package\n"
    )


@pytest.fixture
def uninstalled() -> Iterator[None]:
    """Leave nothing installed."""
    before = os.environ.get(installed.VARIABLE)
    yield
    parloop.uninstall()
    assert os.environ.get(installed.VARIABLE) == before


@pytest.mark.usefixtures("uninstalled")
def test_a_package_that_is_already_imported_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="`pytest` is already imported: install `pytest` before"):
        parloop.install("nothing_yet", "pytest")
    assert not installed.wants("nothing_yet")
    with pytest.raises(ValueError, match="'a b' is not the name of a package"):
        parloop.install("a b")
    with pytest.raises(ValueError, match="`numpy` cannot be installed"):
        parloop.install("numpy")
    with pytest.raises(TypeError, match="3 must be the name of a package"):
        parloop.install(3)  # type: ignore[arg-type]


@pytest.mark.usefixtures("uninstalled")
def test_a_predicate_chooses_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("chosen_by_it", "left_by_it"):
        (tmp_path / f"{name}.py").write_text("def f(n):\n    s = 0\n    for i in range(n):\n"
                                             "        s += i\n    return s\n")  # fmt: skip
    monkeypatch.syspath_prepend(str(tmp_path))
    parloop.install(lambda name: name.startswith("chosen"))
    import chosen_by_it
    import left_by_it

    assert "__parloop__" in chosen_by_it.f.__code__.co_names
    assert "__parloop__" not in left_by_it.f.__code__.co_names
    with parloop.settings(min_work_ms=0):
        parloop.reset_report()
        assert chosen_by_it.f(3000) == left_by_it.f(3000)
        assert parloop.report().sites[0].native_runs == 1
        parloop.uninstall()
        parloop.reset_report()
        chosen_by_it.f(3000)
        assert parloop.report().sites == ()


def test_the_wheel_brings_the_line_that_python_reads_when_it_starts() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    included = wheel["targets"]["wheel"]["force-include"]
    assert included == {"src/parloop.pth": "parloop.pth"}
    (line,) = (ROOT / "src" / "parloop.pth").read_text().splitlines()
    assert line.startswith("import os; ")  # `site` runs lines that begin so
