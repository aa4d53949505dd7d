"""Explanations and reports on a terminal: in colour where rich is installed, else as plain text.

What is not a terminal gets `str(...)`, to the letter: for files, pipes and other programs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TextIO

from parloop.report.explain import Explanation, LoopExplanation
from parloop.report.stats import Report, report_rows, summary_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

_COLOURS: Final = {
    "parallel": "green", "parallel-if": "green", "serial": "blue", "unsupported": "yellow",
    "fallback": "yellow", "bug": "red", "undecided": "dim",
}  # fmt: skip
"""Of verdicts and voices. The words beside them say the same."""

_HEAD: Final = re.compile(r"^([a-z-]+)\[[A-Z]+\d+\]")
_MARKS: Final = re.compile(r"^ *\| +([\^-]+.*)$")


def print_explanations(explanations: Sequence[Explanation], file: TextIO) -> None:
    """Print what is known of the loops of some texts."""
    console = _console(file)
    if console is None:
        print("\n\n".join(map(str, explanations)), file=file)
        return
    for seen in explanations:
        for loop in seen.loops:
            for line in str(loop).split("\n"):
                console.print(_coloured(line), soft_wrap=True)
            console.print()
        if len(seen.loops) > 1:
            _print_table(console, seen)
        console.print(seen.summary, style="bold", soft_wrap=True, markup=False)


def print_report(ran: Report, file: TextIO) -> None:
    """Print what ran in this process."""
    console = _console(file)
    summary = summary_of(ran)
    if console is None or summary is None:
        print(ran, file=file)
        return
    from rich.text import Text

    names, rows = report_rows(ran)
    table = _table(names, right=[n >= 3 for n in range(len(names))])
    notes: list[tuple[str, str]] = []
    for cells, fallbacks in rows:
        texts = [Text(cell) for cell in cells]
        texts[0].stylize("cyan")
        texts[2].stylize(_COLOURS.get(cells[2], ""))
        table.add_row(*texts)
        notes += [(cells[0], line) for line in fallbacks]
    console.print(table)
    for place, line in notes:
        console.print(Text(f"{place}: {line}", style="dim"), soft_wrap=True)
    console.print(summary, style="bold", soft_wrap=True, markup=False)


def _console(file: TextIO) -> Console | None:
    """Return what prints in colour, if `file` is a terminal and rich is there."""
    if not file.isatty():
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=file, highlight=False)


def _coloured(line: str) -> Text:
    from rich.text import Text

    text = Text(line)
    if found := _HEAD.match(line):
        text.stylize(f"bold {_COLOURS.get(found[1], '')}", 0, found.end())
        text.stylize("bold", found.end())
    elif found := _MARKS.match(line):
        text.stylize("yellow" if found[1].startswith("^") else "blue", found.start(1))
    elif line.lstrip().startswith(("= ", "--> ", "help: ")):
        text.stylize("dim")
    return text


def _print_table(console: Console, seen: Explanation) -> None:
    from rich.text import Text

    table = _table(["line", "function", "loop", "verdict", "if"], right=[True, *[False] * 4])
    for loop in seen.loops:
        verdict = Text(loop.verdict, style=_COLOURS[loop.verdict])
        cells = (str(loop.line), loop.function, _shortened(loop))
        table.add_row(*map(Text, cells), verdict, Text("\n".join(loop.facts)))
    console.print(table)


def _shortened(loop: LoopExplanation) -> str:
    return loop.index if len(loop.index) <= 24 else f"{loop.index[:23]}…"


def _table(names: Sequence[str], right: Sequence[bool]) -> RichTable:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False)
    for name, is_number in zip(names, right, strict=True):
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    return table
