"""The text of a notebook's cell as Python, line by line, without IPython.

    %matplotlib inline            pass
    files = !ls               ->  files = None
    for i in range(n):            for i in range(n):
        a[i] = i                      a[i] = i

What only IPython understands becomes a statement that does nothing, in the same line, so that line
numbers stay those of the cell. Nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

PYTHON_MAGICS: Final = frozenset(
    {"capture", "heat", "memit", "mprun", "parloop", "prun", "px", "py3", "python", "python3",
     "pypy", "scalene", "snakeviz", "time", "timeit"}
)  # fmt: skip
"""Cell magics whose cell is Python."""

_STATEMENT_MAGICS: Final = re.compile(r"%(?:time|prun|memit)\s+(?![-%])(?=\S)")
"""Line magics whose rest is a Python statement that runs in the notebook's own names."""

_ASSIGNED: Final = re.compile(r"(\s*[A-Za-z_][\w\s,.\[\]]*?=\s*)[!%](?!=)")
_AUTOMAGIC: Final = re.compile(
    r"\s*(?:pip|conda|cd|ls|cat|mkdir|wget|pwd|cp|mv|rm)(?:\s+[^=\s(].*)?$"
)


def cell_magic(text: str) -> str | None:
    """Return the name of the magic that the cell `text` begins with, or None."""
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped.startswith("%%"):
            found = re.match(r"%%(\w*)", stripped)
            return found[1] if found else ""
        if stripped and not stripped.startswith("#"):
            return None
    return None


def plain_cell(text: str, *, automagic: bool = False) -> str | None:
    """Return the cell `text` as Python with as many lines, or None if it is in another language.

    `automagic` takes lines such as `pip install x` for magics, too: only where the text is no
    Python as it stands.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    magic = cell_magic(text)
    if magic is not None and magic not in PYTHON_MAGICS:
        return None
    lines = text.split("\n")
    if magic is not None:
        first = next(n for n, line in enumerate(lines) if line.strip().startswith("%%"))
        lines[first] = ""
    continued = False
    for number in _statement_lines(lines):
        lines[number] = _plain_line(lines[number], automagic)
    for number, line in enumerate(lines):
        if continued:
            continued = line.endswith("\\")
            lines[number] = ""
        elif line.startswith(_DROPPED):
            continued = line.endswith("\\")
            lines[number] = line[len(_DROPPED) :].removesuffix("\\")
    return "\n".join(lines)


_DROPPED: Final = "\0"
"""Marks a line that was replaced, until those that it goes on in are dropped too."""


def _plain_line(line: str, automagic: bool) -> str:
    """Return the first line of a statement as Python, marked where it was something else."""
    stripped = line.strip()
    indent = line[: len(line) - len(line.lstrip())]
    goes_on = "\\" if stripped.endswith("\\") else ""
    if found := _STATEMENT_MAGICS.match(stripped):
        return indent + stripped[found.end() :]
    if stripped.startswith(("%", "!", "?")):
        return f"{_DROPPED}{indent}pass{goes_on}"
    code = stripped.partition("#")[0].rstrip()
    if code.endswith("?") and re.fullmatch(r"[\w.*\[\]'\"()]+\?{1,2}", code):
        return f"{indent}pass"
    if found := _ASSIGNED.match(line):
        return f"{_DROPPED}{found[1]}None{goes_on}"
    if automagic and _AUTOMAGIC.match(line):
        return f"{_DROPPED}{indent}pass{goes_on}"
    return line


def _statement_lines(lines: list[str]) -> Iterator[int]:
    """Yield the numbers of the lines that begin outside strings, brackets and continuations."""
    quote = ""
    depth = 0
    continued = False
    for number, line in enumerate(lines):
        starts = not quote and depth <= 0 and not continued
        if starts:
            depth = 0
            yield number
            if line.lstrip().startswith(("%", "!")) or _ASSIGNED.match(line):
                continued = line.endswith("\\")
                continue
        quote, change = _after_line(line, quote)
        depth += change
        continued = line.endswith("\\") and not quote


_TOKEN: Final = re.compile(r"\\.|'''|\"\"\"|['\"]|[()\[\]{}]|#", re.DOTALL)


def _after_line(line: str, quote: str) -> tuple[str, int]:
    """Return in which triple quotes the line ends, having begun in `quote`; and open brackets."""
    depth = 0
    for found in _TOKEN.finditer(line):
        token = found[0]
        if quote:
            if token == quote or (len(quote) == 1 and token == quote * 3):
                quote = ""
            continue
        if token == "#":
            break
        if token[0] in "'\"":
            quote = token
        elif token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
    return (quote if len(quote) == 3 else ""), depth
