"""Cells in a real IPython shell: as without parloop, and native."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("IPython", reason="IPython (extra `test`) is missing: no cell was run")

from tests.notebook.cells import ARRAYS, LOOP, NOTEBOOKS
from tests.notebook.shells import run_cell, run_cells, shell

import parloop


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_cells_show_and_leave_what_they_do_without_parloop(name: str) -> None:
    least, cells = NOTEBOOKS[name]
    plain, ours = run_cells(cells, extension=False), run_cells(cells, extension=True)
    assert ours.seen == plain.seen
    assert ours.state() == plain.state()
    assert plain.native_runs() == 0
    assert ours.native_runs() >= least


def test_loading_says_that_loops_run_natively_from_the_next_cell_on() -> None:
    with shell(extension=False) as made:
        made.run_cell(ARRAYS)
        said = run_cell(made, f"%load_ext parloop\n{LOOP}").stdout
        assert said == "parloop: loops run natively from the next cell on\n"
        assert parloop.report().sites == ()
        made.run_cell(LOOP)
        assert [site.native_runs for site in parloop.report().sites] == [1]
        made.run_cell("%unload_ext parloop")


def test_unloading_restores_everything() -> None:
    with shell(extension=False) as made:
        def parts() -> tuple[object, ...]:
            events = made.events.callbacks
            transforms = made.input_transformer_manager.cleanup_transforms
            magics = {kind: set(those) for kind, those in made.magics_manager.magics.items()}
            return (list(made.ast_transformers), dict(events), list(transforms), magics,
                    vars(made.compile).keys() - {"flags", "_filename_map"})  # fmt: skip

        before = parts()
        made.run_cell(f"{ARRAYS}\n%load_ext parloop")
        made.run_cell("def f():\n    for i in range(n):\n        b[i] = a[i]")
        made.run_cell(f"{LOOP}\n%unload_ext parloop")
        assert parts() == before
        parloop.reset_report()
        made.run_cell(f"f()\n{LOOP}")
        assert parloop.report().sites == ()


def test_a_bug_of_ours_is_said_once_with_its_code_and_the_cell_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    with shell(extension=True) as made:
        made.run_cell(ARRAYS)
        monkeypatch.setattr("parloop.capture.ipython.rewrite", fails)
        first, second = run_cell(made, LOOP), run_cell(made, f"{LOOP}\nb.sum()")
        assert first.stderr.startswith("parloop: bug[SYN901] parloop could not look for loops")
        assert (second.stderr, second.out) == ("", repr(made.user_ns["b"].sum()))
        monkeypatch.undo()
        made.run_cell(LOOP)
        assert sum(site.native_runs for site in parloop.report().sites) == 1


def test_the_magic_shows_and_changes_settings() -> None:
    with shell(extension=True) as made:
        assert run_cell(made, "%parloop exactness").stdout == "exact\n"
        try:
            run_cell(made, "%parloop exactness ulp")
            assert run_cell(made, "%parloop exactness").stdout == "ulp\n"
            assert parloop.current_settings().exactness == "ulp"
            assert run_cell(made, "%parloop device").stdout == "auto\n"
        finally:
            run_cell(made, "%parloop exactness exact")
        said = run_cell(made, "%parloop device abacus").stderr
        assert "device='abacus' must be one of auto, cpu, cuda, interpreter" in said
        assert "%parloop knows no `fly`" in run_cell(made, "%parloop fly").stderr
        assert "%parloop report" in run_cell(made, "%parloop").stdout


def test_the_magic_explains_a_function_and_the_last_cell() -> None:
    with shell(extension=True) as made:
        made.run_cell(ARRAYS)
        run_cell(made, "def f(a, n):\n    for i in range(n):\n        a[i] = a[i - 1]")
        said = run_cell(made, "%parloop explain f").stdout
        assert "serial[DEP102]" in said
        run_cell(made, LOOP)
        assert "for i in range(n)" in run_cell(made, "%parloop explain").stdout
        assert "the name `g` is not defined" in run_cell(made, "%parloop explain g").stderr


def test_the_report_names_cells_by_their_numbers_and_is_html() -> None:
    with shell(extension=True) as made:
        made.run_cell(ARRAYS, store_history=True)
        made.run_cell(LOOP, store_history=True)
        (shown,) = run_cell(made, "%parloop report").displayed
        assert "In[2]:1" in str(shown)
        assert "<table" in str(shown)
        assert run_cell(made, "_").out == "''"


def test_a_cell_under_off_runs_as_it_is_and_so_do_the_functions_it_calls() -> None:
    with shell(extension=True) as made:
        made.run_cell(ARRAYS)
        made.run_cell("def f():\n    for i in range(n):\n        b[i] = a[i]")
        made.run_cell(f"%%parloop off\n{LOOP}\nf()\n"
                      "import parloop\nwhere = parloop.current_settings().device")  # fmt: skip
        assert made.user_ns["where"] == "interpreter"
        assert parloop.current_settings().device == "auto"
        assert sum(site.native_runs for site in parloop.report().sites) == 0
        made.run_cell(f"{LOOP}\nf()")
        assert sum(site.native_runs for site in parloop.report().sites) == 2
        made.run_cell("%parloop off")
        made.run_cell(f"{LOOP}\nf()")
        assert sum(site.native_runs for site in parloop.report().sites) == 2
        made.run_cell("%parloop on")
        made.run_cell(LOOP)
        assert sum(site.native_runs for site in parloop.report().sites) == 3


LARGE = "s = 0\nfor i in range(40_000_000):\n    s += i & 3"


def test_a_line_says_what_a_cell_has_saved_and_can_be_switched_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with shell(extension=True) as made:
        assert run_cell(made, LARGE).displayed == ()  # nobody is at a terminal
        monkeypatch.setattr("parloop.notebook.is_watched", lambda shell: True)
        (shown,) = run_cell(made, LARGE).displayed
        found = re.search(r"'parloop: 1 loop, \d\.\d\d s on \d cores?; about \S+ s in the interp",
                          str(shown))  # fmt: skip
        assert found, shown
        (shown,) = run_cell(made, f"%%capture kept\n{LARGE}").displayed
        assert "parloop: 1 loop" in str(shown)
        assert run_cell(made, "kept.stdout, kept.outputs").out == "('', [])"
        assert run_cell(made, LOOP.replace("n", "9")).displayed == ()
        run_cell(made, "%parloop line off")
        assert run_cell(made, LARGE).displayed == ()


def test_files_that_run_reads_and_modules_that_are_reloaded(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(f"{ARRAYS}\n{LOOP}\nprint(b.sum())\n")
    (tmp_path / "tool.py").write_text("def f(x):\n    return x + 1\n")
    cells = [
        f"%cd -q {tmp_path}", "%run script.py", "import sys; sys.path.insert(0, '.')",
        "%load_ext autoreload", "%autoreload 2", "import tool", ARRAYS,
        "for i in range(n):\n    b[i] = tool.f(a[i])", "b.sum()",
        "from pathlib import Path\nimport os\n"
        "size = Path('tool.py').write_text('def f(x):\\n    return x + 100\\n')\n"
        "os.utime('tool.py', (2e9, 2e9))", "for i in range(n):\n    b[i] = tool.f(a[i])", "b.sum()",
        "del sys.modules['tool']\nsys.path.pop(0)\n%autoreload 0",
    ]  # fmt: skip
    here = Path.cwd()
    try:
        results = []
        for extension in (False, True):
            (tmp_path / "tool.py").write_text("def f(x):\n    return x + 1\n")
            results.append(run_cells(cells, extension=extension))
    finally:
        os.chdir(here)
    assert results[0].seen == results[1].seen
    assert results[0].seen[8].out != results[0].seen[11].out


def test_the_machine_code_of_a_cell_is_found_by_a_later_process(tmp_path: Path) -> None:
    program = (
        "import glob, os, sys\nfrom tests.notebook.shells import run_cells\n"
        "from tests.notebook.cells import NOTEBOOKS\n"
        "print(run_cells(NOTEBOOKS['loop_at_the_top_level'][1], extension=True).native_runs())\n"
        "print('parloop.codegen.kernel' in sys.modules)\n"
    )
    environment = {**os.environ, "PARLOOP_CACHE_DIR": str(tmp_path / "cache")}
    said = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                       env=environment, cwd=Path(__file__).parent.parent.parent).stdout
        for _ in range(2)
    ]  # fmt: skip
    assert said[0].splitlines()[1:] == ["1", "True"]
    assert said[1].splitlines()[1:] == ["1", "False"]  # nothing is analysed again
