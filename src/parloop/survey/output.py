"""The files of a survey: loops as CSV and JSON Lines, a summary, plots, a page of samples."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from parloop.survey.plots import write_plots
from parloop.survey.records import COLUMNS, FileRecord, LoopRecord
from parloop.survey.sample import sample_page
from parloop.survey.tables import Table, all_tables
from parloop.survey.totals import Totals


@dataclass(slots=True)
class Output:
    """The open files below a folder. Loops are written as they come."""

    folder: Path
    notes: list[str] = field(default_factory=list)
    """What could not be made, in words."""
    _rows: TextIO = field(init=False)
    _lines: TextIO = field(init=False)
    _problems: TextIO = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._rows = self._open("loops.csv")
        self._lines = self._open("loops.jsonl")
        self._problems = self._open("problems.csv")
        csv.writer(self._rows).writerow(COLUMNS)
        csv.writer(self._problems).writerow(("file", "kind", "problem", "detail"))

    def _open(self, name: str) -> TextIO:
        # surrogates stand in the names of files that are not in UTF-8
        path = self.folder / name
        return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")

    def add(self, record: FileRecord, fresh: tuple[LoopRecord, ...]) -> None:
        """Write what is known of one file."""
        if record.problem is not None:
            row = (record.file, record.kind, record.problem, record.detail)
            csv.writer(self._problems).writerow(_safe(cell) for cell in row)
        for loop in fresh:
            cells = loop.to_row()
            csv.writer(self._rows).writerow(_safe(cells[name]) for name in COLUMNS)
            self._lines.write(json.dumps(loop.to_dict(), ensure_ascii=False) + "\n")

    def finish(self, totals: Totals) -> None:
        """Write what is known at the end."""
        tables = [*all_tables(totals)]
        missing = write_plots(self.folder, tables)
        if missing is not None:
            self.notes.append(missing)
        if totals.sample_size:
            self._write("sample.html", sample_page(totals.sample))
        self._write("summary.md", summary(totals, tables, missing))
        self._write("totals.json", json.dumps(totals.to_dict(), indent=2, ensure_ascii=False))

    def _write(self, name: str, text: str) -> None:
        with self._open(name) as file:
            file.write(text.rstrip("\n") + "\n")

    def close(self) -> None:
        """Close all files."""
        for file in (self._rows, self._lines, self._problems):
            file.close()


def _safe(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def summary(totals: Totals, tables: list[Table], missing_plots: str | None) -> str:
    """Return `summary.md`."""
    out = io.StringIO()
    rate = totals.n_files / totals.seconds if totals.seconds else 0.0
    jobs = max(1, totals.jobs)
    processes = f"{jobs} process" + ("es" if jobs != 1 else "")
    out.write("# What loops look like\n\n")
    out.write(
        f"{totals.n_files:,} files in {totals.seconds:.1f} s with {processes}: "
        f"{rate:,.0f} files/s. Nothing was run. `docs/survey.md` of parloop defines the words.\n"
    )
    plotted = set() if missing_plots is not None else {table.name for table in tables}
    for table in tables:
        out.write(f"\n## {table.title}\n\n{markdown(table)}")
        if table.note:
            out.write(f"\n{table.note}\n")
        if table.name in plotted and table.name not in ("files", "loops"):
            out.write(f"\n![{table.title}](plots/{table.name}.svg)\n")
    if missing_plots is not None:
        out.write(f"\n{missing_plots}\n")
    return out.getvalue()


def markdown(table: Table) -> str:
    """Return `table` as Markdown."""
    lines = [table.columns, tuple("---:" if n else "---" for n in range(len(table.columns)))]
    lines += table.rows
    return "".join(f"| {' | '.join(_in_cell(cell) for cell in line)} |\n" for line in lines)


def _in_cell(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
    return plain.replace("<", "&lt;").replace("[", "\\[")
