"""What is read, what is not, and that nothing in a file can do harm."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.survey.bad_files import (
    BAD,
    CODE,
    notebook_bytes,
    write_bad_files,
    write_bomb,
    write_links,
    write_long_header,
    write_tar,
    write_zip,
)

from parloop.survey import output
from parloop.survey.files import survey_file
from parloop.survey.inputs import Input, Limits, find_inputs
from parloop.survey.records import FileRecord
from parloop.survey.run import Options, survey
from parloop.survey.workers import survey_all

LIMITS = Limits()


def records(*paths: Path, limits: Limits = LIMITS, jobs: int = 0) -> dict[str, FileRecord]:
    """Return the records of all files, by the last part of their names."""
    inputs = find_inputs([str(path) for path in paths], limits)
    found = survey_all(inputs, limits, jobs)
    return {record.file.replace("!", "/").rpartition("/")[2]: record for record in found}


def problems(found: dict[str, FileRecord]) -> dict[str, str | None]:
    return {name: record.problem for name, record in found.items()}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FileRecord]:
    folder = tmp_path_factory.mktemp("bad")
    write_bad_files(folder)
    (folder / "good.py").write_text(CODE)
    return records(folder, jobs=1)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_recorded_with_its_reason(name: str, bad: dict[str, FileRecord]) -> None:
    expected = {BAD[name][1]}
    if expected == {"nested too deeply"}:  # where Python's own parser gives up first
        expected |= {"cannot be parsed", "killed its process", None}
    assert bad[name].problem in expected, bad[name].detail


def test_bad_files_do_not_stop_the_run(bad: dict[str, FileRecord]) -> None:
    assert len(bad["good.py"].loops) == 1
    assert len(bad) == len(BAD) + 1


def test_folders_are_read_and_links_and_other_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "hook.py").write_text(CODE)
    (tmp_path / "a" / "x.py").write_text(CODE)
    (tmp_path / "a" / "notes.txt").write_text(CODE)
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "y.py").symlink_to("x.py")
    os.mkfifo(tmp_path / "a" / "pipe.py")
    assert problems(records(tmp_path)) == {
        "x.py": None, "y.py": "symbolic link", "pipe.py": "not a regular file"
    }  # fmt: skip


def test_a_file_is_read_once_however_often_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(CODE)
    found = [*find_inputs([str(tmp_path), str(tmp_path / "x.py"), str(tmp_path)], LIMITS)]
    assert len(found) == 1


def test_what_is_not_there_is_recorded(tmp_path: Path) -> None:
    found = [*find_inputs([str(tmp_path / "none.py"), "\0.py"], LIMITS)]
    assert [one.problem for one in found] == ["no such file", "cannot be read"]


def test_members_of_archives_are_read_and_never_written(tmp_path: Path) -> None:
    members = {
        "a/x.py": CODE.encode(), "b.ipynb": notebook_bytes(CODE), "../out.py": CODE.encode(),
        "/abs.py": CODE.encode(), "c/../../up.py": CODE.encode(), "C:\\win.py": CODE.encode(),
        "..\\back.py": CODE.encode(), "in.zip": b"x", "notes.txt": b"x",
    }  # fmt: skip
    write_zip(tmp_path / "z.zip", members)
    write_tar(tmp_path / "t.tar.gz", members)
    before = sorted(tmp_path.rglob("*"))
    for name in ("z.zip", "t.tar.gz"):
        inputs = [*find_inputs([str(tmp_path / name)], LIMITS)]
        read = [one for one in inputs if one.problem is None]
        assert [one.label.partition("!")[2] for one in read] == ["a/x.py", "b.ipynb"]
        refused = {one.problem for one in inputs if one.problem}
        assert refused == {"name leads out of the archive", "archive inside an archive"}
        assert len(inputs) == 8
    assert sorted(tmp_path.rglob("*")) == before
    found = records(tmp_path / "z.zip")
    assert len(found["x.py"].loops) == len(found["b.ipynb"].loops) == 1


def test_links_and_devices_in_archives_are_not_read(tmp_path: Path) -> None:
    write_links(tmp_path / "t.tar.gz")
    info = zipfile.ZipInfo("link.py")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert problems(records(tmp_path / "t.tar.gz")) == {
        "sym.py": "symbolic link", "hard.py": "symbolic link",
        "device.py": "not a regular file", "good.py": None,
    }  # fmt: skip
    assert problems(records(tmp_path / "z.zip")) == {"link.py": "symbolic link"}


def test_sizes_are_bounded_whatever_an_archive_claims(tmp_path: Path) -> None:
    limits = Limits(file_bytes=2**20, archive_bytes=3 * 2**20, members=4)
    big, small = b"#" * (2**20 + 1), b"#" * 2**20
    write_zip(tmp_path / "big.zip", {"big.py": big, "ok.py": b"x = 1\n"})
    write_zip(tmp_path / "all.zip", {f"{n}.py": small for n in range(4)})
    write_zip(tmp_path / "many.zip", {f"{n}.py": b"x = 1\n" for n in range(5)})
    write_bomb(tmp_path / "bomb.tar.gz", 8 * 2**20)
    write_long_header(tmp_path / "name.tar.gz", 2 * 2**20)
    (tmp_path / "large.py").write_bytes(big)
    assert problems(records(tmp_path / "big.zip", limits=limits)) == {
        "big.py": "too large", "ok.py": None
    }  # fmt: skip
    assert records(tmp_path / "large.py", limits=limits)["large.py"].problem == "too large"
    for name in ("all.zip", "many.zip", "bomb.tar.gz", "name.tar.gz"):
        found = records(tmp_path / name, limits=limits)
        assert found[name].problem == "broken archive", name
        assert "more than" in found[name].detail


def test_a_member_that_is_larger_than_it_says_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "liar.zip"
    write_zip(path, {"x.py": b"#" * 5000})
    data = path.read_bytes()
    path.write_bytes(data.replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    found = records(path)
    assert all(record.problem or not record.loops for record in found.values())


def test_an_encrypted_member_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "secret.zip"
    write_zip(path, {"x.py": CODE.encode()}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    assert problems(records(path)) == {"x.py": "cannot be read"}


def test_names_that_cannot_be_printed_are_still_one_line(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    write_zip(path, {"a\nb\x1b[31m.py": CODE.encode(), "x" * 3000 + ".py": CODE.encode()})
    for one in find_inputs([str(path)], LIMITS):
        name = one.label.partition("!")[2]
        assert name.isprintable()
        assert len(name) < 500


def test_version_3_and_version_4_notebooks_have_the_same_loops() -> None:
    cells = ("import numpy as np\nn = 10", "%time x = 1\nfor i in range(n):\n    a[i] = 2 * i")
    found = [
        survey_file(Input("n.ipynb", "notebook", data=notebook_bytes(*cells, version=v)), LIMITS)
        for v in (3, 4)
    ]
    assert found[0].loops == found[1].loops
    (loop,) = found[0].loops
    assert (loop.cell, loop.line, loop.bounds) == (2, 2, "constant name")


@pytest.mark.parametrize(
    ("cell", "loops"),
    [
        ("%matplotlib inline\nfor i in x: y = i", 1),
        ("!pip install \\\n  numpy \\\n  scipy\nfor i in x: y = i", 1),
        ("files = !ls *.txt\nfor f in files: y = f", 1),
        ("%%time\nfor i in x: y = i", 1),
        ("%%timeit -n 3\nfor i in x: y = i", 1),
        ("%%bash\nfor i in x; do echo $i; done", 0),
        ("%%writefile x.py\nfor i in x: y = i", 0),
        ("np.zeros?\nfor i in x: y = i", 1),
        ("?np.zeros\nfor i in x: y = i", 1),
        ("for i in x:\n    %time y = f(i)\n    !echo {i}", 1),
        ("%timeit f(x)\nfor i in x: y = i", 1),
        ("pip install numpy\nfor i in x: y = i", 1),
        ("  for i in x:\n      y = i", 1),
        ('s = """\n%time not a magic\n!neither\n"""\nfor i in x: y = s', 1),
        ("z = (a\n     % b)\nfor i in x: y = i", 1),
        ("z = a \\\n  % b\nfor i in x: y = i", 1),
        ("await f()\nfor i in x: y = i", 1),
        ("for i in x:\n    y = i  # really?", 1),
    ],
)
def test_lines_that_only_ipython_understands_do_not_lose_loops(cell: str, loops: int) -> None:
    data = notebook_bytes(cell, "z = 1")
    found = survey_file(Input("n.ipynb", "notebook", data=data), LIMITS)
    assert found.problem is None, found.detail
    assert len(found.loops) == loops


def test_a_broken_cell_does_not_lose_the_others() -> None:
    data = notebook_bytes("for i in range(:", "for i in x: y = i", "%%bash\nls", "if x:", "  z = 1")
    found = survey_file(Input("n.ipynb", "notebook", data=data), LIMITS)
    assert (found.cells, found.lost_cells, found.foreign_cells) == (5, 2, 1)
    assert [(loop.cell, loop.line) for loop in found.loops] == [(2, 1)]


def test_nothing_in_a_file_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = tmp_path / "trap"
    code = f"open({str(trap)!r}, 'w')\nfor i in open({str(trap)!r}, 'w'): pass\n"
    (tmp_path / "x.py").write_text(f"# coding: utf-8\n{code}")
    (tmp_path / "n.ipynb").write_bytes(notebook_bytes(code, f"!touch {trap}", f"%run {trap}"))
    (tmp_path / "conftest.py").write_text(code)
    (tmp_path / "numpy.py").write_text(code)
    monkeypatch.setattr(output, "write_plots", lambda folder, tables: None)
    survey(Options([str(tmp_path)], tmp_path / "out", 3, 1))
    assert not trap.exists()


def test_a_file_that_takes_too_long_or_kills_its_process_is_recorded(
    tmp_path: Path
) -> None:
    lines = "\n".join(f"        a[i + {n} * j, j - {n}] = a[{n} * i, i + j]" for n in range(30))
    slow = f"for i in range(n):\n    for j in range(i, m):\n{lines}\n"
    (tmp_path / "b.py").write_text(slow)
    (tmp_path / "c.py").write_text(CODE)
    inputs = find_inputs([str(tmp_path)], LIMITS)
    found = [*survey_all(inputs, LIMITS, 1, seconds=0.01)]
    assert found[0].problem == "took too long"
    assert found[1].file.endswith("c.py")


class _Deadly:
    """Ends the process that unpickles it, as a crash in C code would."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (7,)


def test_a_process_that_dies_is_replaced_and_its_file_recorded() -> None:
    good = [Input(f"{n}.py", "script", data=CODE.encode()) for n in range(3)]
    deadly = Input("dies.py", "script", path=_Deadly())  # type: ignore[arg-type]
    found = [*survey_all(iter([good[0], deadly, good[1], deadly, good[2]]), LIMITS, 1)]
    assert [record.problem for record in found] == [
        None, "killed its process", None, "killed its process", None
    ]  # fmt: skip
    assert found[1].detail == "exit code 7"


def names(found: Iterable[FileRecord]) -> list[str]:
    return [record.file for record in found]


def test_records_come_in_the_order_of_the_files_on_any_number_of_processes(
    tmp_path: Path
) -> None:
    for n in range(12):
        text = "\n".join(f"for i in range({k}): a[i] = {n}" for k in range(1 + (7 * n) % 23))
        (tmp_path / f"{n:02}.py").write_text(text)
    one, two = (
        [*survey_all(find_inputs([str(tmp_path)], LIMITS), LIMITS, jobs)] for jobs in (0, 2)
    )
    assert one == two
    assert names(one) == sorted(names(one))


def test_a_notebook_is_json_that_anybody_may_write() -> None:
    for source in (None, 5, ["a", 5, None], {"x": 1}, "x = 1"):
        cells = [{"cell_type": "code", "source": source}, 7, None, "text", {"cell_type": "code"}]
        for meta in (None, [], {"kernelspec": 3, "language_info": {"name": 5, "version": []}}):
            data = json.dumps({"cells": cells, "metadata": meta}).encode()
            assert survey_file(Input("n.ipynb", "notebook", data=data), LIMITS).problem is None
