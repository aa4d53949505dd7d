"""What the survey notes of one loop, and of one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, TypeAlias

Place: TypeAlias = Literal["top level", "function", "method", "class"]
Native: TypeAlias = Literal["yes", "no"]


@dataclass(frozen=True, slots=True)
class LoopRecord:
    """One loop. `docs/survey.md` defines every word that stands here."""

    file: str
    cell: int
    """Of a notebook, from 1; 0 in a script."""
    line: int
    """In the cell, or in the script."""
    end_line: int
    function: str
    place: Place
    nest: str
    """The same for all loops of one nest, and for nests of the same text."""
    depth: int
    """1 for the outermost loop of a nest."""
    height: int
    """Of the nest below: 1 for a loop without a loop inside."""
    perfect: bool
    """Every loop below stands alone in the one around it."""
    iterable: str
    bounds: str
    compute: bool
    """Compute-like: the whole nest."""
    classical: bool
    """The whole nest."""
    constructs: tuple[str, ...]
    """Kinds of statements in its own body, loops inside it left out."""
    calls: Mapping[str, int]
    reads: Mapping[str, int]
    writes: Mapping[str, int]
    verdict: str
    codes: tuple[str, ...]
    """Codes of the evidence, see `docs/codes`."""
    facts: tuple[str, ...]
    """What stage 1 would still look up."""
    native: Native
    """Whether parloop has a site there, or around it, that it can make machine code of."""
    obstacle: str
    """The kind of construct that stands in the way first; empty where none does."""
    obstacle_text: str
    """The same in the words of `explain`."""
    others: tuple[str, ...]
    """Kinds of further obstacles in the loop."""
    source: str = ""
    """The text of an outermost loop, or its first lines."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as strings, numbers, lists and dictionaries."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("constructs", "codes", "facts", "others"):
            found[name] = list(found[name])
        for name in ("calls", "reads", "writes"):
            found[name] = dict(found[name])
        return found

    def to_row(self) -> dict[str, str]:
        """Return everything but the source as the cells of a table."""
        return {name: cell(getattr(self, name)) for name in COLUMNS}


COLUMNS: Final = tuple(field.name for field in fields(LoopRecord) if field.name != "source")
"""Of the CSV file."""


def cell(value: object) -> str:
    """Return `value` as one cell: `a=2; b=1` for counts."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(map(str, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{key}={count}" for key, count in sorted(value.items()))
    return str(value)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file that was looked at, or that could not be."""

    file: str
    kind: Literal["notebook", "script", "archive", "folder"]
    loops: tuple[LoopRecord, ...] = ()
    problem: str | None = None
    """Why nothing was read of it, a kind of reason that can be counted."""
    detail: str = ""
    cells: int = 0
    """Code cells of a notebook."""
    lost_cells: int = 0
    """Code cells that are no Python that can be parsed."""
    foreign_cells: int = 0
    """Code cells in another language, by their magic."""
    comprehensions: int = 0
    repeated: int = 0
    """Loops that repeat others of the file, and are not in `loops`."""
    digest: str = ""
    """The same for files with the same code."""
