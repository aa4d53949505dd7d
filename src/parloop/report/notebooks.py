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
from dataclasses import dataclass, replace
from typing import Any, Final

from parloop.report.cells import plain_cell
from parloop.source import Source


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
