"""`parloop run` shows what `python` shows; the other commands say clearly what is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

LOOPS = """
total = 0
for i in range(2000):
    total += i % 7
"""

SCRIPTS: dict[str, str] = {
    "probe": '''"""Doc."""
import sys, os
names = [name for name in globals() if name != "__parloop__"]
print(names, __name__, __doc__, __file__, __spec__, __package__, __cached__, __annotations__)
print(__builtins__, type(__loader__).__name__, __loader__.name, __loader__.path)
print(sys.argv, sys.path[0], sys.flags.optimize, __debug__, sys.warnoptions)
print(sys.modules["__main__"].__dict__ is globals(), os.getcwd() == os.path.dirname(__file__))
'''
    + LOOPS
    + "print(total, i, [name for name in globals() if name != '__parloop__'][len(names):])\n",
    "functions": """
class Adder:
    def __init__(self, n):
        self.__n = n
    def total(self):
        s = 0
        for i in range(self.__n):
            s += i
        return s
if __name__ == "__main__":
    print(Adder(5000).total())
""",
    "exit_code": LOOPS + "raise SystemExit(total % 100)\n",
    "exit_message": LOOPS + "import sys\nsys.exit(f'over: {total}')\n",
    "exit_in_thread": LOOPS
    + "import threading, sys\nt = threading.Thread(target=sys.exit, args=(3,))\n"
    "t.start(); t.join()\n",
    "uncaught": """
def divide(n):
    s = 0
    for i in range(n):
        s += 10 // (3 - i)
    return s
divide(9)
""",
    "chained": """
def f(n):
    try:
        for i in range(n):
            x = 1 // (n - 1 - i)
    except ZeroDivisionError as error:
        raise RuntimeError('while é') from error
f(4)
""",
    "own_hook": """
import sys, traceback
def hook(kind, error, tb):
    print('hook', kind, error, [f.name for f in traceback.extract_tb(tb)],
          error.__traceback__ is tb, sys.excepthook is hook)
sys.excepthook = hook
for i in range(3):
    x = 1 / (1 - i)
""",
    "failing_hook": """
import sys
def hook(kind, error, tb):
    raise ValueError('in the hook')
sys.excepthook = hook
1 / 0
""",
    "no_hook": "import sys\ndel sys.excepthook\n1 / 0\n",
    "a_hook_that_exits": "import sys\nsys.excepthook = lambda *_: sys.exit(7)\n1 / 0\n",
    "a_hook_that_is_none": "import sys\nsys.excepthook = None\n1 / 0\n",
    "last_words": """
import atexit, sys
atexit.register(lambda: print('atexit', getattr(sys, 'last_value', None),
                              sys.last_traceback.tb_frame.f_code.co_name))
def f():
    raise KeyError('k')
f()
""",
    "syntax_error": "for i in range(3):\n    print(i\nx = 1\n",
    "indentation_error": "for i in range(3):\nprint(i)\n",
    "null_byte": "x = 1\0\n",
    "later_syntax_error": "def f():\n    return 1\nbreak\n",
    "recursion_error": "def f(n):\n    return f(n + 1)\ntry:\n    f(0)\n"
    "except RecursionError as e:\n    print(e)\n",
    "warnings_of_the_compiler": "x = 1\nfor i in range(3):\n    x = x is 1\nprint('\\d')\n",
    "warnings_of_the_program": """
import warnings
warnings.warn('from the module')
def f(n):
    for i in range(n):
        pass
    warnings.warn('from f', DeprecationWarning, stacklevel=2)
f(3)
f(3)
""",
    "byte_order_mark": "\ufeff" + LOOPS + "print(total, 'é')\n",
    "assertions": LOOPS + "assert total < 0, total\n",
    "stdin_and_stderr": "import sys\nprint(sys.stdin.read())\nprint('err', file=sys.stderr)\n",
    "source_of_its_own": """
import inspect
def f(n):
    s = 0
    for i in range(n):
        s += i  # a comment
    return s
print(inspect.getsource(f), inspect.signature(f), f.__code__.co_varnames, f(2000))
""",
    "pickled_classes": """
import pickle
class C:
    pass
for i in range(10):
    c = C()
print(type(pickle.loads(pickle.dumps(c))), pickle.dumps(C))
""",
    "children": """
import multiprocessing
def work(n):
    s = 0
    for i in range(n):
        s += i
    return s
if __name__ == '__main__':
    for method in ('fork', 'spawn'):
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(pool.map(work, [10, 2000]))
""",
    "cleared_names": """
for i in range(3):
    x = i
kept = globals()
def f(n):
    for i in range(n):
        t = i
    return t
g = dict(kept)
kept.clear()
print(g['f'](3))
""",
    "a_loop_that_is_interrupted": """
import os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
def f(n):
    for i in range(n):
        if i == n - 1:
            os.kill(os.getpid(), signal.SIGINT)
f(10)
""",
}

FLAGS = {"probe": ["-O", "-W", "ignore::UserWarning"], "assertions": ["-O"]}


def run(command: list[str], folder: Path, **more: str) -> tuple[int, str, str]:
    environment = {name: value for name, value in os.environ.items() if "PARLOOP" not in name}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", input="in", timeout=60,
        env={**environment, "PARLOOP_CACHE_DIR": str(folder / "cache"), **more}, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def both(folder: Path, flags: list[str], words: list[str]) -> None:
    expected = run([sys.executable, *flags, *words], folder)
    assert run([sys.executable, *flags, "-m", "parloop", "run", *words], folder) == expected


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs_as_under_python(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text(SCRIPTS[name], encoding="utf-8")
    both(tmp_path, FLAGS.get(name, []), [f"{name}.py", "one", "--report", "-x"])


@pytest.mark.parametrize(
    "flags", [["-I"], ["-P"], ["-W", "error"], ["-X", "dev"], ["-B", "-E", "-s"]]
)
def test_flags_of_the_interpreter_hold(flags: list[str], tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPTS["functions"] + "import sys\nprint(sys.flags)\n")
    both(tmp_path, flags, ["script.py"])


def test_warnings_as_errors_stop_the_compiler_as_under_python(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPTS["warnings_of_the_compiler"])
    both(tmp_path, ["-W", "error"], ["script.py"])


@pytest.mark.parametrize(
    "path", ["missing.py", "missing/script.py", "folder", "latin.py", "./x.py"]
)
def test_what_cannot_be_run_fails_as_under_python(path: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin.py").write_bytes(b"x = '\xe9'\n")
    (tmp_path / "x.py").write_bytes(b"# coding: latin-1\nprint(ascii('\xe9'), __file__)\n")
    both(tmp_path, [], [path, "one"])


def test_a_script_is_found_through_links_and_folders(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "helper.py").write_text("word = 'helped'\n")
    (tmp_path / "real" / "script.py").write_text(
        "import sys, helper\nprint(helper.word, __file__, sys.path[0])\n"
    )
    (tmp_path / "link.py").symlink_to(tmp_path / "real" / "script.py")
    for path in ("link.py", "real/script.py", "./real/../real/script.py"):
        both(tmp_path, [], [path])


def test_a_folder_or_archive_with_a_main_runs_as_under_python(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_text("print(__file__)\n")
    both(tmp_path, [], ["app", "one"])


@pytest.mark.skipif(os.name != "posix", reason="signals between processes: not checked here")
def test_an_interrupt_ends_the_process_as_under_python(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "print('ready', flush=True)\nwhile True:\n    signal.pause()\n"
    )
    seen = []
    for words in ([], ["-m", "parloop", "run"]):
        process = subprocess.Popen(
            [sys.executable, *words, "script.py"], cwd=tmp_path, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        lines = errors.splitlines()  # where it was interrupted is chance
        seen.append((process.returncode, lines[-1], errors.count("File "), "script.py" in errors))
    assert seen == [(-signal.SIGINT, "KeyboardInterrupt", 1, True)] * 2


def parloop(folder: Path, *words: str, **more: str) -> tuple[int, str, str]:
    return run([sys.executable, "-m", "parloop", *words], folder, **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "script.py").write_text(
        "import parloop, sys\nprint(sys.argv, parloop.current_settings())\n"
        "def f(n):\n    for i in range(n):\n        x = i\n"
    )
    return tmp_path


def test_options_of_run_are_settings_and_the_script_gets_the_rest(folder: Path) -> None:
    code, out, _ = parloop(
        folder, "run", "--threads=3", "--device", "cpu", "--strict", "--min-work-ms", "0.5",
        "--exactness", "ulp", "script.py", "--threads", "9", "--", "--device",
    )  # fmt: skip
    assert code == 0
    assert "['script.py', '--threads', '9', '--', '--device']" in out
    assert (
        "Settings(device='cpu', exactness='ulp', strict=True, verify=False, threads=3, "
        "min_work_ms=0.5)" in out
    )


def test_the_command_line_comes_before_the_environment(folder: Path) -> None:
    given = {"PARLOOP_THREADS": "7", "PARLOOP_DEVICE": "CPU", "PARLOOP_VERIFY": "yes"}
    code, out, _ = parloop(folder, "run", "--threads=3", "script.py", **given)
    assert code == 0
    assert "device='cpu'" in out
    assert "verify=True, threads=3" in out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["run"], "a SCRIPT is missing"),
        (["run", "--nonsense", "script.py"], "unrecognized arguments: --nonsense"),
        (["run", "--report=x", "script.py"], "--report: ignored explicit argument"),
        (["run", "--threads", "0", "script.py"], "--threads=0 must be at least 1"),
        (["run", "--threads", "two", "script.py"], "--threads='two' must be a whole number"),
        (["run", "--device=gpu", "script.py"], "--device='gpu' must be one of auto, cpu"),
        (["run", "--min-work-ms=nan", "script.py"], "--min-work-ms=nan must be at least 0"),
        (["run", "--html=script.py", "script.py"], "must not overwrite"),
        (["run", "--json=Notes.IPYNB", "script.py"], "must not overwrite"),
        (["explain", "missing.py"], "missing.py: cannot be read: No such file or directory"),
        (["explain", "broken.py"], "cannot be parsed"),
        (["nonsense"], "invalid choice"),
        ([], "required"),
        (["cache", "burn"], "invalid choice"),
    ],
)
def test_wrong_usage_is_said_with_exit_code_2(
    words: list[str], complaint: str, folder: Path
) -> None:
    (folder / "broken.py").write_text("for i in\n")
    before = (folder / "script.py").read_text()
    code, out, errors = parloop(folder, *words)
    assert (code, out) == (2, "")
    assert complaint in errors
    assert "Traceback" not in errors
    assert (folder / "script.py").read_text() == before


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("THREADS", "0", "PARLOOP_THREADS=0 must be at least 1"),
        ("CACHE_MAX_MB", "x", "PARLOOP_CACHE_MAX_MB=x must be a whole number of at least 0"),
        ("LOG", "loud", "PARLOOP_LOG='loud' must be one of"),
    ],
)
def test_a_wrong_environment_is_said_in_one_line(
    name: str, value: str, complaint: str, folder: Path
) -> None:
    code, out, errors = parloop(folder, "run", "script.py", **{f"PARLOOP_{name}": value})
    assert (code, out) == (2, "")
    assert errors.startswith(f"parloop: {complaint}")
    assert errors.count("\n") == 1


def test_off_rewrites_nothing(folder: Path) -> None:
    (folder / "off.py").write_text(LOOPS + "print('__parloop__' in globals(), total)\n")
    assert parloop(folder, "run", "off.py", PARLOOP="off")[1].startswith("False")
    assert parloop(folder, "run", "off.py")[1].startswith("True")


def test_reports_are_made_after_the_script_has_ended(folder: Path) -> None:
    (folder / "ends.py").write_text(
        LOOPS + "import atexit, os\natexit.register(print, 'the end')\nos.chdir('/')\n1 / 0\n"
    )
    words = ["--report", "--html=seen.html", "--json", "seen.json", "ends.py"]
    code, out, errors = parloop(folder, "run", *words)
    assert (code, out) == (1, "the end\n")
    assert errors.index("ZeroDivisionError") < errors.index("ends.py:3")
    seen = json.loads((folder / "seen.json").read_text(encoding="utf-8"))
    assert [site["line"] for site in seen["sites"]] == [3]
    assert "ends.py" in (folder / "seen.html").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="no terminal to open: not checked here")
def test_a_summary_is_said_at_exit_on_a_terminal_only(folder: Path) -> None:
    (folder / "loops.py").write_text(LOOPS)
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "parloop", "run", "loops.py"]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    said = os.read(ours, 4096).decode()
    os.close(ours)
    assert done.stdout == b""
    assert said.startswith("parloop: ")
    assert said.endswith("1 loop ran natively\r\n")
    assert run(command, folder)[2] == ""


def test_explain_and_cache_speak(folder: Path) -> None:
    code, out, errors = parloop(folder, "explain", "script.py")
    assert (code, errors) == (0, "")
    assert "script.py" in out
    assert parloop(folder, "cache", "info")[0] == 0
    assert parloop(folder, "cache", "clear")[0] == 0
    assert parloop(folder, "--version")[1].startswith("parloop ")


def test_importing_is_quick_and_touches_no_compiler(folder: Path) -> None:
    text = (
        "import sys, parloop, parloop.cli, parloop.api\n"
        "print(sorted({'numpy', 'llvmlite', 'islpy', 'numba'} & set(sys.modules)))\n"
        "parloop.parallel\n"
        "print(callable(parloop.report), parloop.report())\n"
        "import parloop.report.stats\n"
        "print(callable(parloop.report), sorted(parloop.__all__) == parloop.__all__ or 1)\n"
    )
    code, out, errors = run([sys.executable, "-c", text], folder)
    assert (code, errors) == (0, "")
    assert out.splitlines()[0] == "[]"
    assert out.splitlines()[1].startswith("True")
    assert out.splitlines()[-1].startswith("True")


def test_a_script_without_sites_loads_no_engine(folder: Path) -> None:
    (folder / "none.py").write_text(
        "import sys\nprint(sorted({'numpy', 'llvmlite', 'islpy'} & set(sys.modules)))\n"
    )
    assert parloop(folder, "run", "none.py")[1] == "[]\n"
