"""The tables of a survey on a terminal: with rich where it is installed, plain text elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TextIO

from parloop.survey.tables import Table


def print_tables(tables: Sequence[Table], file: TextIO) -> None:
    """Print `tables`: in colour where `file` is a terminal and rich is installed."""
    if file.isatty() and _print_rich(tables, file):
        return
    for table in tables:
        print("\n".join((*plain_lines(table), "")), file=file)


def plain_lines(table: Table) -> Iterator[str]:
    """Yield the lines of `table` as plain text."""
    rows = [table.columns, *table.rows] if any(table.columns) else [*table.rows]
    widths = [max(len(row[n]) for row in rows) for n in range(len(table.columns))]
    yield table.title
    for row in rows:
        cells = (
            cell.rjust(width) if n and not _is_words(table, n) else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield f"  {'  '.join(cells)}".rstrip()
    if table.note:
        yield f"  {table.note}"


def _is_words(table: Table, column: int) -> bool:
    return table.columns[column] == "for example"


def _print_rich(tables: Sequence[Table], file: TextIO) -> bool:
    try:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table as RichTable
        from rich.text import Text
    except ImportError:
        return False
    console = Console(file=file, highlight=False)
    for table in tables:
        shown = RichTable(
            title=Text(table.title, style="bold"), title_justify="left", box=SIMPLE_HEAD,
            caption=Text(table.note) if table.note else None, caption_justify="left",
            header_style="dim", pad_edge=False,
        )  # fmt: skip
        for n, name in enumerate(table.columns):
            left = n == 0 or _is_words(table, n)
            shown.add_column(Text(name), justify="left" if left else "right", overflow="fold")
        for row in table.rows:
            shown.add_row(*(Text(cell, style="" if n else "cyan") for n, cell in enumerate(row)))
        console.print(shown)
    return True


def is_terminal() -> bool:
    """Return whether progress is to be shown."""
    return sys.stderr is not None and sys.stderr.isatty()
