"""The pages: well formed, self-contained, escaped, the right verdict on the right line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from parloop.cli import main
from parloop.report.explain import explain
from parloop.report.html import explanation_html, page

TEXT = dedent("""\
    def relax(u, f):
        for i in range(1, len(u)):
            u[i] = 0.5 * u[i - 1] + f[i]

    def blur(a, b, n, m):
        for i in range(1, n):
            for j in range(1, m):
                b[i, j] = a[i - 1, j] + a[i + 1, j]

    def shift(a, n, k):
        for i in range(n):
            a[i + k] = a[i]

    def sweep(g, n, m):
        for i in range(1, n):
            for j in range(1, m):
                g[i, j] = g[i - 1, j] + g[i, j - 1]

    for name in names():
        print(name, "</code><script>alert(1)</script>", '&amp;')
    """)

EMPTY = {"meta", "link", "br", "circle", "path", "rect"}


class Reader(HTMLParser):
    """Collects the elements of a page, and complains about what does not fit together."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"{tag} has an attribute twice"
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def check_page(text: str) -> Reader:
    """Check what holds of every page."""
    reader = read(text)
    tags = Counter(tag for tag, _ in reader.elements)
    assert not tags.keys() & {"script", "iframe", "img", "object", "embed", "form", "base"}
    for tag, attributes in reader.elements:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("href", "src", "action"):
            target = attributes.get(name)
            assert target is None or target.startswith("#") or target == "data:,"
    assert "@import" not in text
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= {"#tip"}
    ids = Counter(a["id"] for _, a in reader.elements if "id" in a)
    assert [name for name, count in ids.items() if count > 1] == []
    targets = {a["href"] for _, a in reader.elements if "href" in a} - {"data:,"}
    assert {str(target)[1:] for target in targets} <= ids.keys()
    return reader


def loops_of(reader: Reader) -> list[tuple[int, str]]:
    return [
        (int(a["data-line"] or 0), a["data-verdict"] or "")
        for tag, a in reader.elements
        if tag == "details" and "data-line" in a
    ]


def test_a_page_is_well_formed_and_has_the_right_verdict_on_the_right_line() -> None:
    seen = explain(TEXT)
    reader = check_page(page([seen]))
    assert loops_of(reader) == [(loop.line, loop.verdict) for loop in seen.loops]
    assert len(reader.elements) > 200


def test_every_line_of_the_text_stands_on_the_page_once() -> None:
    reader = read(page([explain(TEXT)]))
    numbers = [a for tag, a in reader.elements if a.get("class") == "number"]
    assert len(numbers) == len(TEXT.splitlines())
    shown = "".join(reader.texts)
    for line in TEXT.splitlines():
        assert line in shown


def test_what_a_text_says_is_never_markup() -> None:
    nasty = [
        "for i in range(3): a[i] = '<img src=x onerror=alert(1)>'",
        "for i in range(3):\n    x = \"</style><script>\" + y\n",
        "def f(a):\n    for i in range(3):  # </pre></details><b>\n        a[i] = 1\n",
        "for i in range(3): b['\"><svg onload=x>'] = 1",
        "for ﬁ in range(3): a[ﬁ] = '\u202e\x1b[31m'",
    ]
    for text in nasty:
        check_page(page([explain(text)]))
        read(explanation_html(explain(text)))


def test_the_name_of_a_file_is_never_markup(tmp_path: Path) -> None:
    path = tmp_path / "<b>&\"'.py"
    path.write_text("for i in range(3): a[i] = 1\n")
    check_page(page([explain(path)]))


def test_evidence_facts_pictures_and_ir_stand_with_the_loop() -> None:
    text = page([explain(TEXT)])
    shown = "".join(read(text).texts)
    assert "carries a value from one iteration to the next" in shown
    assert "share no memory" in shown
    assert "at distance 1" in shown
    assert "at distance (1, 0)" in shown
    assert "The loop as parloop reads it" in shown
    assert text.count("<svg role=") > 8


def test_a_distance_that_is_not_constant_is_told_and_not_drawn() -> None:
    shown = "".join(read(page([explain("for i in range(n):\n    a[2 * i] = a[i]\n")])).texts)
    assert "is not the same everywhere" in shown


def test_light_and_dark_are_both_there() -> None:
    assert "prefers-color-scheme: dark" in page([explain(TEXT)])


def test_explain_writes_a_page_and_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script, out = tmp_path / "s.py", tmp_path / "out.html"
    script.write_text(TEXT)
    assert main(["explain", f"--html={out}", str(script)]) == 0
    assert capsys.readouterr().out == ""
    check_page(out.read_text(encoding="utf-8"))
    assert main(["explain", "--json", str(script)]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    first = found["loops"][0]
    assert first["dependences"] == [
        {"array": "u", "kind": "flow", "indices": ["i"], "distances": [1]}
    ]


@pytest.mark.parametrize("name", ["x.py", "x.PY", "x.ipynb"])
def test_a_page_never_overwrites_a_program(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script, out = tmp_path / "s.py", tmp_path / name
    script.write_text(TEXT)
    assert main(["explain", f"--html={out}", str(script)]) == 2
    assert "must not overwrite" in capsys.readouterr().err
    assert not out.exists()


def test_a_page_that_cannot_be_written_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "s.py"
    script.write_text(TEXT)
    assert main(["explain", f"--html={tmp_path / 'none' / 'out.html'}", str(script)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "cannot be written: No such file or directory" in error


def notebook(*cells: str) -> dict[str, Any]:
    return {
        "nbformat": 4, "nbformat_minor": 5, "metadata": {},
        "cells": [
            {"cell_type": "code", "source": cell, "outputs": [], "metadata": {}} for cell in cells
        ],
    }  # fmt: skip


def test_a_notebook_is_explained_cell_by_cell_in_the_lines_of_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "n.ipynb", tmp_path / "out.html"
    cells = (
        "%matplotlib inline\ndef twice(x):\n    return 2 * x\n",
        "!ls\nfor i in range(1, n):\n    a[i] = a[i - 1] + twice(i)",
        "for i in range(:",
        "%%bash\nls",
        "%%time\nfor i in range(n):\n    b[i] = 1",
    )
    path.write_text(json.dumps(notebook(*cells)))
    assert main(["explain", str(path)]) == 0
    text = capsys.readouterr().out
    assert "n.ipynb[2]:3:5" in text
    assert "2 |" in text
    assert main(["explain", f"--html={out}", str(path)]) == 0
    reader = check_page(out.read_text(encoding="utf-8"))
    assert loops_of(reader) == [(2, "serial"), (2, "parallel")]
    shown = "".join(reader.texts)
    assert all(line in shown for cell in cells for line in cell.splitlines())


RUNS = dedent("""\
    import numpy as np

    def add(a, b, k):
        for i in range(len(b)):
            a[i + k] = b[i] + 1

    def total(a):
        s = 0
        for i in range(len(a)):
            s += a[i]
        return s

    add(np.zeros(2000), np.ones(1000), 500)
    total(np.arange(1000))
    for word in ["x", "y"]:
        print(word)
    raise SystemExit(7)
    """)


def run_with_page(tmp_path: Path, target: Path) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "runs.py"
    script.write_text(RUNS)
    words = ["run", f"--html={target}", "--min-work-ms=0", str(script)]
    return subprocess.run(
        [sys.executable, "-m", "parloop", *words],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_a_run_writes_a_page_with_conditions_values_times_and_code(tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    done = run_with_page(tmp_path, out)
    assert (done.returncode, done.stdout) == (7, "x\ny\n")
    reader = check_page(out.read_text(encoding="utf-8"))
    shown = " ".join(" ".join(reader.texts).split())
    assert "2 of 2 loops ran natively" in shown
    assert "in this run" in shown
    assert "a and b share no memory yes" in shown
    assert "k = 500" in shown
    assert "s accumulates integers, whose order makes no difference yes" in shown
    assert "array of float64, 1 axis" in shown
    assert "native runs 1" in shown
    assert "Generated code, LLVM IR" in shown
    assert "define " in shown
    links = {a["href"] for _, a in reader.elements if "href" in a} - {"data:,"}
    assert links == {"#s0-line-4", "#s0-line-9"}


def test_a_page_of_a_run_that_cannot_be_written_keeps_the_exit_code(tmp_path: Path) -> None:
    done = run_with_page(tmp_path, tmp_path / "none" / "out.html")
    assert (done.returncode, done.stdout) == (7, "x\ny\n")
    assert done.stderr.count("\n") == 1
    assert "cannot be written: No such file or directory" in done.stderr
