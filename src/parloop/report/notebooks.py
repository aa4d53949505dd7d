"""Notebooks read as texts: the JSON of `.ipynb` files, versions 3 and 4, and their code cells.

    notebook = read_notebook(Path("heat.ipynb").read_bytes())
    source, cells = notebook.joined("heat.ipynb")

The cells are joined into one text, for what a cell defines is used in others. `Cell.first_line`
says where each stands in it.
"""

from __future__ import annotations

import ast
import json
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from parloop.diagnostics import Diagnostic, Label
from parloop.report.cells import plain_cell
from parloop.report.explain import CannotExplain, Explanation, LoopExplanation, explain_tree
from parloop.source import NOWHERE, Source, Span


class NotANotebook(ValueError):  # noqa: N818 - it says what the bytes are not
    """The bytes are no notebook that can be read; the message is one clear clause."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One code cell."""

    number: int
    """Counted from 1 among the notebook's code cells."""
    text: str
    """As the user wrote it."""
    python: str | None
    """With as many lines, parsed without an error; None for a cell that is not run as Python."""
    first_line: int = 0
    """In the joined text, from 1."""
    problem: str | None = None
    """Why there is no `python`."""

    @property
    def n_lines(self) -> int:
        """How many lines the cell has."""
        return self.text.count("\n") + 1


@dataclass(frozen=True, slots=True)
class Notebook:
    """The code cells of a notebook and the language that it says it is in."""

    cells: tuple[str, ...]
    language: str
    version: str
    """Of the language, as far as the notebook says; otherwise empty."""

    def joined(self, path: str) -> tuple[Source, ast.Module, tuple[Cell, ...]]:
        """Return all cells as one text, parsed, and where each stands in it.

        A cell that is no Python stands there as empty lines.
        """
        cells = [_plain(number, text) for number, text in enumerate(self.cells, 1)]
        source = _join(path, cells)
        tree = _parsed(source.text)
        if isinstance(tree, str):  # now it is worth looking which cell it is
            cells = [_checked(cell) for cell in cells]
            source = _join(path, cells)
            tree = _parsed(source.text)
        if isinstance(tree, str):
            raise NotANotebook(tree)
        line = 1
        for index, cell in enumerate(cells):
            cells[index] = replace(cell, first_line=line)
            line += cell.n_lines + 1
        return source, tree, tuple(cells)


SEPARATOR: Final = "pass"
"""Stands between two cells of the joined text, so that no statement reaches into the next."""


def read_notebook(data: bytes) -> Notebook:
    """Return the notebook that `data` is the file of, or raise `NotANotebook`."""
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NotANotebook("is not in UTF-8") from None
    except RecursionError:
        raise NotANotebook("is nested too deeply") from None
    except ValueError as error:
        raise NotANotebook(f"is no JSON: {_first_words(str(error))}") from None
    if not isinstance(found, dict):
        raise NotANotebook("is no notebook: its JSON is not an object")
    cells = found.get("cells")
    if cells is None and isinstance(found.get("worksheets"), list):
        cells = [cell for sheet in found["worksheets"] for cell in _list(_get(sheet, "cells"))]
    if not isinstance(cells, list):
        raise NotANotebook("is no notebook: it has no list of cells")
    language, version = _language(found, cells)
    code = tuple(_text(cell) for cell in cells if _get(cell, "cell_type") == "code")
    return Notebook(code, language, version)


def _language(notebook: dict[str, Any], cells: list[Any]) -> tuple[str, str]:
    metadata = notebook.get("metadata")
    info, kernel = _get(metadata, "language_info"), _get(metadata, "kernelspec")
    for found in (_get(info, "name"), _get(kernel, "language"), _get(kernel, "name")):
        if isinstance(found, str) and found:
            version = _get(info, "version")
            name = found.lower()
            if name in ("python2", "python3"):
                return "python", version if isinstance(version, str) else name[-1]
            return name, version if isinstance(version, str) else ""
    for cell in cells:
        if isinstance(found := _get(cell, "language"), str):
            return found.lower(), ""
    return "python", ""


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(cell: dict[str, Any]) -> str:
    """Return the text of a code cell: `source` in version 4, `input` in version 3."""
    found = cell.get("source", cell.get("input", ""))
    if isinstance(found, list):
        found = "".join(part for part in found if isinstance(part, str))
    return found.removesuffix("\n") if isinstance(found, str) else ""


def _plain(number: int, text: str) -> Cell:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    python = plain_cell(text)
    problem = "is in another language" if python is None else None
    return Cell(number, text, python, problem=problem)


def _join(path: str, cells: list[Cell]) -> Source:
    texts = ("\n" * (cell.n_lines - 1) if cell.python is None else cell.python for cell in cells)
    return Source(path, f"\n{SEPARATOR}\n".join(texts) + "\n")


def _parsed(text: str) -> ast.Module | str:
    """Return the tree of `text`, or why there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return f"line {error.lineno or 1}: {error.msg}"
    except (RecursionError, MemoryError):
        return "is nested too deeply"
    except ValueError as error:
        return _first_words(str(error))


def _checked(cell: Cell) -> Cell:
    """Return `cell` with Python that can be parsed, or with the problem."""
    if cell.python is None:
        return cell
    problem = _parsed(cell.python)
    if not isinstance(problem, str):
        return cell
    for attempt in (textwrap.dedent(cell.python), plain_cell(cell.text, automagic=True)):
        if attempt is not None and not isinstance(_parsed(attempt), str):
            return replace(cell, python=attempt)
    return replace(cell, python=None, problem=problem)


def _first_words(text: str) -> str:
    return " ".join(text.split())[:120]


def explain_notebook(path: Path) -> tuple[Explanation, ...]:
    """Return what is known of the loops in each cell of the notebook at `path`.

    Raises `CannotExplain` for what is no notebook in Python.
    """
    try:
        notebook = read_notebook(path.read_bytes())
        if notebook.language != "python":
            raise CannotExplain(f"{path}: is a notebook in {notebook.language[:40]}")
        source, tree, cells = notebook.joined(str(path))
    except OSError as error:
        raise CannotExplain(f"{path}: cannot be read: {error.strerror}") from None
    except NotANotebook as error:
        raise CannotExplain(f"{path}: {error}") from None
    seen = explain_tree(source, tree)
    return tuple(_explanation_of(cell, str(path), seen.loops) for cell in cells)


def _explanation_of(cell: Cell, path: str, loops: Sequence[LoopExplanation]) -> Explanation:
    """Return the explanation of one cell, in the lines of the cell."""
    source = Source(f"{path}[{cell.number}]", cell.text)
    first, last = cell.first_line, cell.first_line + cell.n_lines - 1
    mine = (loop for loop in loops if first <= loop.line <= last)
    return Explanation(source, tuple(_moved(loop, first - 1, last, source) for loop in mine))


def _moved(loop: LoopExplanation, by: int, last: int, source: Source) -> LoopExplanation:
    """Return `loop` in the lines of its cell; what stands in another cell is left out."""

    def moved(reason: Diagnostic) -> Diagnostic:
        labels = tuple(
            Label(_shifted(label.span, by), label.text)
            for label in reason.labels
            if by < label.span.line <= last
        )
        return replace(reason, span=_shifted(reason.span, by), labels=labels)

    return replace(
        loop,
        line=loop.line - by,
        end_line=loop.end_line - by,
        reasons=tuple(map(moved, loop.reasons)),
        source=source,
    )


def _shifted(span: Span, by: int) -> Span:
    if span == NOWHERE:
        return span
    return Span(span.line - by, span.column, span.end_line - by, span.end_column, span.where)
