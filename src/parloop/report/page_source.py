"""A text as rows of a page: line numbers, a rail along each loop, colours for its words."""

from __future__ import annotations

import io
import keyword
import token
import tokenize
from collections.abc import Iterator
from html import escape

from parloop.report.text import printable

_PAINTED = {token.STRING: "s", token.NUMBER: "n", tokenize.COMMENT: "c"}
_TEXT_TOKENS = {
    getattr(token, name)
    for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END")
    if hasattr(token, name)
}


def lines_of(text: str) -> list[str]:
    """Return the lines of `text` as Python's parser sees them."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    return plain.split("\n")


def painted_lines(text: str) -> list[str]:
    """Return each line of `text` as HTML, in colours if its words can be told apart."""
    lines = lines_of(text)
    pieces: dict[int, list[tuple[int, int, str]]] = {}
    try:
        for kind, start, end in _tokens("\n".join(lines) + "\n"):
            for number in range(start[0], end[0] + 1):
                first = start[1] if number == start[0] else 0
                last = end[1] if number == end[0] else len(lines[number - 1])
                pieces.setdefault(number, []).append((first, last, kind))
    except (tokenize.TokenError, SyntaxError, IndexError, RecursionError):
        pass  # what was understood keeps its colours
    return [_painted(line, pieces.get(number, [])) for number, line in enumerate(lines, 1)]


def _tokens(text: str) -> Iterator[tuple[str, tuple[int, int], tuple[int, int]]]:
    for found in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = _PAINTED.get(found.type)
        if found.type == token.NAME and keyword.iskeyword(found.string):
            kind = "k"
        elif found.type in _TEXT_TOKENS:
            kind = "s"
        if kind is not None:
            yield kind, found.start, found.end


def _painted(line: str, pieces: list[tuple[int, int, str]]) -> str:
    out: list[str] = []
    at = 0
    for first, last, kind in pieces:
        if first < at:
            continue
        out.append(_shown(line[at:first]))
        out.append(f'<span class="{kind}">{_shown(line[first:last])}</span>')
        at = last
    out.append(_shown(line[at:]))
    return "".join(out) or " "


def _shown(text: str) -> str:
    """Return a piece of a line; the page itself knows what a tab is."""
    return "\t".join(escape(printable(part)) for part in text.split("\t"))


def row_cells(number: int, line: str, rails: tuple[str, ...]) -> str:
    """Return the cells of a row: its number, the rails of the loops around it, its text."""
    marks = "".join(f'<i class="{mark}"></i>' for mark in rails[-4:])
    return (
        f'<span class="number">{number}</span><span class="rails">{marks}</span>'
        f'<span class="code">{line}</span>'
    )
