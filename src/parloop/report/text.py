"""Print a diagnostic as text: first line, place, evidence under the user's own lines, notes, help.

    serial[DEP102] loop `i` carries a value from one iteration to the next
      --> heat.py:14:9
    13 |     for i in range(1, n):
    14 |         u[i] = 0.5 * u[i - 1] + f[i]
       |         ^^^^ written here
       |                      -------- reads what the previous iteration wrote
       = distance 1 on `u`, proved for every `n`

A diagnostic about a whole loop, with labels inside it, shows the loop's first line and takes its
place from the first label. Tabs are printed as blanks up to the next multiple of four, and what
stands under a wide character is two columns wide, so that marks stand under what they mean.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from parloop.diagnostics import Diagnostic, Label
from parloop.source import NOWHERE, Source, Span

TAB_STOP: Final = 4


def render(diagnostic: Diagnostic, source: Source) -> str:
    """Return `diagnostic` as people read it, without a newline at its end."""
    return "\n".join(_lines(diagnostic, source))


def render_all(diagnostics: Iterable[Diagnostic], source: Source) -> str:
    """Return all of `diagnostics`, an empty line between two."""
    return "\n\n".join(render(diagnostic, source) for diagnostic in diagnostics)


def place_of(diagnostic: Diagnostic) -> Span:
    """Return the span that `diagnostic` points at: its own, or its first label's for a whole loop.

    A loop is meant where the labels point at other things than the diagnostic's own span.
    """
    spans = [label.span for label in diagnostic.labels]
    return spans[0] if spans and diagnostic.span not in spans else diagnostic.span


def _lines(diagnostic: Diagnostic, source: Source) -> Iterator[str]:
    yield str(diagnostic)
    place = place_of(diagnostic)
    shown = {label.span.line for label in diagnostic.labels} | {diagnostic.span.line, place.line}
    shown.discard(NOWHERE.line)
    gutter = len(str(max(shown, default=0)))
    if place != NOWHERE:
        yield f"{' ' * gutter}--> {source.path}:{place.line}:{place.column + 1}"
        yield from _evidence(diagnostic, source, sorted(shown), gutter)
    for note in diagnostic.notes:
        yield f"{' ' * gutter} = {note}"
    for advice in diagnostic.help:
        yield f"{' ' * gutter} help: {advice}"


def _evidence(
    diagnostic: Diagnostic, source: Source, shown: list[int], gutter: int
) -> Iterator[str]:
    place = place_of(diagnostic)
    labels = list(diagnostic.labels)
    if all(label.span != place for label in labels) and place.end_line == place.line:
        labels.insert(0, Label(place, ""))
    previous = shown[0]
    for number in shown:
        if number > previous + 1:
            yield f"{'.' * 3:>{gutter}}"
        previous = number
        text = source.line(number)
        yield f"{number:>{gutter}} | {printable(text)}".rstrip()
        for label in labels:
            if label.span.line == number:
                mark = "^" if label.span == place else "-"
                yield f"{' ' * gutter} | {_underline(text, label, mark)}"


def _underline(text: str, label: Label, mark: str) -> str:
    """Return the line of `mark`s under `label`'s piece of `text`, and the label's text.

    A piece that goes on in the next line is marked to the end of this one.
    """
    span = label.span
    end = span.end_column if span.end_line == span.line else len(text)
    before = _width(text[: span.column], 0)
    width = _width(text[span.column : end], before) - before
    return f"{' ' * before}{mark * max(width, 1)} {label.text}".rstrip()


def printable(text: str) -> str:
    """Return `text` as it is printed: tabs as blanks, other control characters as a stand-in."""
    out: list[str] = []
    column = 0
    for character in text:
        width = _character_width(character, column)
        if character == "\t":
            out.append(" " * width)
        else:
            out.append(character if _is_printed(character) else "\N{REPLACEMENT CHARACTER}")
        column += width
    return "".join(out)


def _width(text: str, column: int) -> int:
    """Return the column after `text`, where its first character stands in `column`."""
    for character in text:
        column += _character_width(character, column)
    return column


def _character_width(character: str, column: int) -> int:
    if character == "\t":
        return TAB_STOP - column % TAB_STOP
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _is_printed(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp")
