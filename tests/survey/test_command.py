"""`parloop survey` on the command line: tables, files, exit codes, documented words."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.survey.bad_files import CODE, notebook_bytes

from parloop.cli import main
from parloop.survey import headers, output, subscripts
from parloop.survey.inputs import total_weight
from parloop.survey.run import Options, ProgressLine, survey
from parloop.survey.sample import sample_page
from parloop.survey.tables import VERDICTS, Table, all_tables
from parloop.survey.terminal import plain_lines, print_tables

DOCS = Path(__file__).parents[2] / "docs" / "survey.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(output, "write_plots", lambda folder, tables: None)
    found = tmp_path / "in"
    found.mkdir()
    (found / "a.py").write_text(f"{CODE}for w in names():\n    print('<script>', w)\n")
    (found / "b.ipynb").write_bytes(notebook_bytes("for i in range(n):\n    b[i] = a[i] * 2"))
    (found / "c.py").write_text("print 'x'\n")
    return found


def test_tables_are_printed_plainly_where_there_is_no_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["survey", "--jobs=0", str(folder)]) == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert re.search(r"all loops +3 +100\.0 %", text)
    assert re.search(r"Python 2 +1 +33\.3 %", text)
    assert "3 files in" in text.splitlines()[-1]


def test_counts_are_printed_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["survey", "--jobs=0", "--json", str(folder)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["loops"] == {"all loops": 3, "compute-like loops": 2, "compute-like nests": 2}
    assert found["files"] == {"script": 1, "notebook": 1}


def test_there_may_be_nothing_to_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["survey", "--jobs=0", str(tmp_path)]) == 1
    assert main(["survey", "--jobs=0", str(tmp_path / "none")]) == 1
    assert "no such file" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--sample=3"], ["--sample=-1", "--out=x"], ["--jobs=-1"]])
def test_wrong_usage_is_one_clear_line(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["survey", *words, str(folder)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_one_clear_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["survey", "--jobs=0", f"--out={folder / 'a.py'}", str(folder)]) == 2
    assert "cannot be written: File exists" in capsys.readouterr().err
    assert (folder / "a.py").read_text().startswith(CODE)


def test_the_page_of_samples_shows_text_and_verdict_and_no_markup(folder: Path) -> None:
    nasty = "for i in range(n):\n    a[i] = '</div><script>'[i] * 2  # <b>\n"
    (folder / "d.py").write_text(nasty)
    out = folder.parent / "out"
    totals = survey(Options([str(folder)], out, sample=10, jobs=0))
    assert len(totals.sample) == 3
    page = (out / "sample.html").read_text(encoding="utf-8")
    reader = HTMLParser()
    tags: list[str] = []
    texts: list[str] = []
    reader.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
    reader.handle_data = texts.append  # type: ignore[method-assign]
    reader.feed(page)
    assert "script" not in tags
    assert tags.count("article") == 3
    shown = "".join(texts)
    assert "'</div><script>'" in shown
    assert "line 1: parallel-if" in shown
    assert "if a and b share no memory" in shown.replace("b and a", "a and b")


def test_the_same_files_give_the_same_sample(folder: Path) -> None:
    for n in range(30):
        (folder / f"x{n}.py").write_text(f"for i in range({n}):\n    a[i] = {n} * i\n")
    one, two = (survey(Options([str(folder)], sample=5, jobs=0)).sample for _ in range(2))
    assert sample_page(one) == sample_page(two)
    assert len({nest[0].nest for nest in one}) == 5


def test_the_words_of_the_tables_are_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    words = {*headers.ITERABLES, *headers.BOUNDS, *subscripts.KINDS, *VERDICTS} - {"none"}
    assert [word for word in words if f"`{word}`" not in text] == []


def test_cells_of_the_csv_file_are_no_formulas(folder: Path) -> None:
    (folder / "=1+1.py").write_text("for i in x: y = i + 1\n")
    out = folder.parent / "out"
    survey(Options([str(folder)], out, jobs=0))
    text = (out / "loops.csv").read_text(encoding="utf-8")
    assert not re.search(r"(?m)^[=+@-]|,[=+@]", text)


def test_the_bar_goes_from_nothing_to_all(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parloop.survey.run._EVERY", 0.0)
    progress = ProgressLine(total_weight([str(folder)]))
    survey(Options([str(folder)], jobs=0), progress)
    progress.clear()
    shown = capsys.readouterr().err
    parts = [int(found) for found in re.findall(r"(\d+)%", shown)]
    assert parts == sorted(parts)
    assert parts[-1] == 100


def test_tables_are_the_same_in_colour(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    pytest.importorskip("rich", reason="colours need rich")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "160")
    tables = [*all_tables(survey(Options([str(folder)], jobs=0)))]

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    file = Terminal()
    print_tables(tables, file)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue())
    for table in tables:
        assert table.title in plain
        for row in table.rows:
            assert all(cell in plain for cell in row)


def test_markdown_of_a_table_holds_whatever_stands_in_its_cells() -> None:
    table = Table("x", "X", ("", "n"), (("a|b\n<c>", "1"),))
    assert output.markdown(table).splitlines()[-1] == "| a\\|b &lt;c> | 1 |"
    assert next(iter(plain_lines(table))) == "X"
