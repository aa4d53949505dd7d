"""Where a piece of the user's text stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Span:
    """A range of the user's source: lines from 1, columns from 0 in characters, end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    where: int = 0
    """Which text: 0 is that of the loop, others are those of functions that it calls."""


NOWHERE = Span(0, 0, 0, 0)
"""The span of a node that no text stands behind."""


@dataclass(frozen=True, slots=True)
class Source:
    """The text that loops come from: `path` as tracebacks print it, and all of its lines."""

    path: str
    text: str

    def line(self, number: int) -> str:
        """Return line `number` (from 1) without its newline, or the empty string past the end.

        Lines end where Python's own parser ends them, not at a form feed or a Unicode separator.
        """
        lines = _lines(self.text)
        return lines[number - 1] if 1 <= number <= len(lines) else ""


@lru_cache(maxsize=4)
def _lines(text: str) -> list[str]:
    """Return the lines of `text`, which nobody changes: every node of a loop asks for its own."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
