"""220 notebooks and scripts whose loops are known, surveyed one by one and all together."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.survey.corpus import Expected, Made, make_file

from parloop.survey import output
from parloop.survey.files import survey_file
from parloop.survey.inputs import Input, Limits
from parloop.survey.plots import write_plots
from parloop.survey.records import LoopRecord
from parloop.survey.run import Options, survey
from parloop.survey.tables import all_tables
from parloop.survey.totals import Totals

COUNT = 220
FILES = tuple(make_file(number) for number in range(COUNT))


def read(made: Made) -> tuple[LoopRecord, ...]:
    kind = "notebook" if made.name.endswith(".ipynb") else "script"
    found = survey_file(Input(made.name, kind, data=made.data), Limits())
    assert found.problem is None, found.detail
    return found.loops


def seen(loop: LoopRecord, expected: Expected) -> Expected:
    """Return what the survey says, in the words of the corpus."""
    obstacle = loop.obstacle if expected.obstacle else ""
    return Expected(loop.cell, loop.line, loop.place, loop.iterable, loop.bounds, loop.verdict,
                    loop.native, obstacle, loop.compute, loop.classical)  # fmt: skip


@pytest.mark.parametrize("start", range(0, COUNT, 20))
def test_the_survey_says_what_is_known_of_every_loop(start: int) -> None:
    for made in FILES[start : start + 20]:
        loops = sorted(read(made), key=lambda loop: (loop.cell, loop.line))
        known = sorted(made.loops, key=lambda loop: (loop.cell, loop.line))
        pairs = zip(loops, known, strict=True)
        assert [seen(loop, one) for loop, one in pairs] == known, made.name


def test_the_corpus_has_all_kinds_of_files_and_places() -> None:
    assert {made.name.rpartition(".")[2] for made in FILES} == {"py", "ipynb"}
    assert any(b'"nbformat": 3' in made.data for made in FILES)
    assert {one.place for made in FILES for one in made.loops} == {
        "top level", "function", "method"
    }  # fmt: skip
    assert sum(len(made.loops) for made in FILES) > 800


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Totals, Path]:
    """Return the totals of a survey of the corpus, every tenth file copied, and its output."""
    folder = tmp_path_factory.mktemp("corpus")
    for number, made in enumerate(FILES):
        (folder / made.name).write_bytes(made.data)
        if number % 10 == 0:
            (folder / f"copy_{made.name}").write_bytes(made.data)
    (folder / "broken.ipynb").write_text("{")
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "write_plots", lambda folder, tables: None)
        return survey(Options([str(folder)], out, sample=50, jobs=2)), out


def test_the_totals_are_the_sums_of_what_is_known(whole: tuple[Totals, Path]) -> None:
    totals, _ = whole
    known = [one for made in FILES for one in made.loops]
    assert totals.files.total() == COUNT
    assert totals.duplicate_files == COUNT / 10
    assert totals.n_problems == 1
    assert totals.loops["all loops"] == len(known)
    assert totals.loops["compute-like loops"] == sum(one.compute for one in known)
    assert totals.classical["all loops"] == sum(one.classical for one in known)
    for question in ("place", "iterable", "native"):
        counted = Counter(getattr(one, question) for one in known)
        assert totals.of("all loops", question) == counted
    kinds = Counter(one.bounds for one in known if one.bounds != "none")
    assert totals.of("all loops", "bounds") == kinds


def test_obstacles_are_ranked_by_loops_lost(whole: tuple[Totals, Path]) -> None:
    totals, _ = whole
    ranked = totals.ranked()
    counts = [lost.first for _, lost in ranked]
    assert counts == sorted(counts, reverse=True)
    known = Counter(
        one.obstacle for made in FILES for one in made.loops if one.compute and one.obstacle
    )
    found = {kind: lost.first for kind, lost in ranked}
    assert {kind: found[kind] for kind in known} == known


def test_the_folder_holds_every_loop_twice_and_a_summary(whole: tuple[Totals, Path]) -> None:
    totals, out = whole
    with (out / "loops.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    lines = (out / "loops.jsonl").read_text(encoding="utf-8").splitlines()
    loops = [json.loads(line) for line in lines]
    assert len(rows) == len(loops) == totals.loops["all loops"]
    assert [row["verdict"] for row in rows] == [loop["verdict"] for loop in loops]
    with (out / "problems.csv").open(encoding="utf-8", newline="") as file:
        (problem,) = csv.DictReader(file)
    assert problem["problem"] == "broken notebook"
    summary = (out / "summary.md").read_text(encoding="utf-8")
    assert "What parloop does not support yet" in summary
    assert "| notebooks read |" in summary
    assert json.loads((out / "totals.json").read_text())["loops"] == dict(totals.loops)


def test_plots_are_drawn_of_distributions(whole: tuple[Totals, Path], tmp_path: Path) -> None:
    tables = [t for t in all_tables(whole[0]) if t.name in ("files", "verdict", "not_supported")]
    assert write_plots(tmp_path, tables) is None
    for name in ("verdict", "not_supported"):
        assert (tmp_path / "plots" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
        assert "<svg" in (tmp_path / "plots" / f"{name}.svg").read_text(encoding="utf-8")
    assert not (tmp_path / "plots" / "files.png").exists()


def test_without_matplotlib_the_plots_are_said_to_be_missing(
    whole: tuple[Totals, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    missing = write_plots(tmp_path, [*all_tables(whole[0])])
    assert missing == "There are no plots: matplotlib is not installed."
