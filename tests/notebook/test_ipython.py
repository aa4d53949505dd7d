"""Cells in a real IPython shell: as without parloop, and native."""

from __future__ import annotations

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
