"""Notebooks in a real Jupyter kernel, by `nbclient`: the examples, and small ones."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

nbclient = pytest.importorskip("nbclient", reason="nbclient (extra `test`) is missing: no kernel")
nbformat = pytest.importorskip("nbformat", reason="nbclient (extra `test`) is missing: no kernel")
pytest.importorskip("ipykernel", reason="ipykernel (extra `test`) is missing: no kernel was run")

from tests.notebook.cells import NOTEBOOKS  # noqa: E402 - what it needs may be missing

import parloop  # noqa: E402

EXAMPLES = sorted((Path(__file__).parent.parent.parent / "examples").glob("*.ipynb"))
SOURCE = Path(parloop.__file__).parent.parent
SHOWN = ("exception_in_a_function", "await_at_the_top_level", "timed_many_times",
         "function_redefined", "display", "captured_output")  # fmt: skip
"""Those of the cells that a kernel does in another way than a shell in a process."""

SMALLER = {
    "edges": {"height, width = 240, 320": "height, width = 120, 160"},
    "drum": {"n = 96": "n = 48", "20_000": "4_000"},
    "resampling": {"rounds = 300": "rounds = 60", "3.0, 400": "3.0, 200",
                   "[7, 150, 292]": "[1, 30]"},
}
"""What makes an example take less than its usual seconds in the interpreter."""

COUNT = "import parloop\nprint(sum(s.native_runs for s in parloop.report().sites))"
LARGE = "s = 0\nfor i in range(40_000_000):\n    s += i & 3"

LOAD, REPORT = "%load_ext parloop", "%parloop report"


def cells_of(path: Path) -> list[str]:
    """Return the code of a notebook's cells."""
    book = nbformat.read(path, as_version=4)
    cells = [cell.source for cell in book.cells if cell.cell_type == "code"]
    text = "\0".join(cells)
    for large, small in SMALLER[path.stem].items():
        assert large in text
        text = text.replace(large, small)
    return text.split("\0")


def execute(cells: list[str], folder: Path) -> list[list[Any]]:
    """Return what a fresh kernel shows for each cell, with what depends on the process left out."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    path = [str(SOURCE), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path)),
                   "IPYTHONDIR": str(folder), "PARLOOP_MIN_WORK_MS": "0"}  # fmt: skip
    client = nbclient.NotebookClient(book, kernel_name="python3", allow_errors=True, timeout=120)
    client.execute(cwd=str(folder), env=environment)
    return [[_plain(output) for output in cell.outputs] for cell in book.cells]


def _plain(output: Any) -> str:
    return re.sub(r"ipykernel_\d+|0x[0-9a-f]+", "...", repr(sorted(output.items())))


def test_notebooks_show_in_a_kernel_what_they_do_without_parloop(tmp_path: Path) -> None:
    """One test, because kernels take seconds to start: two do for everything."""
    cells: list[str] = []
    for path in EXAMPLES:
        cells += [*cells_of(path), COUNT, "%reset -f"]
    for name in SHOWN:
        cells += [*NOTEBOOKS[name][1], COUNT, "%reset -f"]
    assert cells[0] == LOAD
    cells = [cell if cell != LOAD or n == 0 else "0" for n, cell in enumerate(cells)]
    mine = [cell.startswith(("%load_ext parloop", "%parloop")) or cell == COUNT for cell in cells]
    plain = execute(["0" if own else c for own, c in zip(mine, cells, strict=True)], tmp_path)
    ours = execute([*cells, LARGE], tmp_path)
    for own, cell, expected, got in zip(mine, cells, plain, ours[:-1], strict=True):
        if not own:
            assert got == expected, cell
    assert ours[-1] == [], "nobody sits there to read what was saved"
    reports = [str(got) for cell, got in zip(cells, ours, strict=False) if cell == REPORT]
    assert len(reports) == len(EXAMPLES) == 3
    assert all("text/html" in report and "In[" in report for report in reports)
    counts = [int(re.findall(r"(\d+)\\n", got[0])[0])
              for cell, got in zip(cells, ours, strict=False) if cell == COUNT]  # fmt: skip
    gained = [after - before for before, after in zip([0, *counts], counts, strict=False)]
    assert all(more >= 3 for more in gained[:3]), gained
    assert all(more >= 1 for more in gained), gained
