"""One file, from its bytes to its record. Whatever is wrong with it becomes a reason."""

from __future__ import annotations

import ast
import hashlib
import io
import re
import tokenize
import warnings
from typing import Final

from parloop.report.notebooks import Cell, NotANotebook, read_notebook
from parloop.source import Source
from parloop.survey.census import Text, count_comprehensions, count_loops
from parloop.survey.inputs import Input, Limits, read_bytes
from parloop.survey.records import FileRecord

PYTHON_2: Final = "Python 2"

_PYTHON_2_MESSAGES: Final = re.compile(
    r"Missing parentheses in call to '(?:print|exec)'|multiple exception types must be|"
    r"leading zeros in decimal|invalid (?:decimal|hexadecimal) literal|inconsistent use of tabs"
)
_PYTHON_2_TEXT: Final = re.compile(
    r"^\s*(?:print\s+[\w\"'(]|exec\s+[\"'\w]|raise\s+\w+\s*,|except\s+[\w.()]+\s*,\s*\w+\s*:)|<>|`\w",
    re.MULTILINE,
)

MOST_CODE: Final = 4 * 2**20
"""Characters of code in one file; more is a machine's output."""


def survey_file(found: Input, limits: Limits) -> FileRecord:
    """Return the record of one file."""
    if found.problem is not None:
        return _problem(found, found.problem, found.detail)
    data = read_bytes(found, limits)
    if isinstance(data, Input):
        return _problem(data, data.problem or "cannot be read", data.detail)
    try:
        if found.kind == "notebook":
            return _notebook(found, data)
        return _script(found, data)
    except RecursionError:
        return _problem(found, "nested too deeply")
    except MemoryError:
        return _problem(found, "takes too much memory")


def _problem(found: Input, problem: str, detail: str = "") -> FileRecord:
    return FileRecord(found.label, found.kind, problem=problem, detail=detail[:200])


def _notebook(found: Input, data: bytes) -> FileRecord:
    try:
        notebook = read_notebook(data)
    except NotANotebook as error:
        return _problem(found, "broken notebook", str(error))
    if notebook.language not in ("python", "ipython", "python2", "python3", "sage", "conda"):
        return _problem(found, "another language", notebook.language[:40])
    if sum(map(len, notebook.cells)) > MOST_CODE:
        return _problem(found, "too large", "more than 4 MiB of code")
    try:
        source, tree, cells = notebook.joined(found.label)
    except NotANotebook as error:
        return _problem(found, "cannot be parsed", str(error))
    lost = [cell for cell in cells if cell.python is None and cell.problem != _FOREIGN]
    if lost and len(lost) == sum(cell.problem != _FOREIGN for cell in cells):
        return _unparsed(found, "\n".join(notebook.cells), lost[0].problem or "", len(cells))
    digest = _digest("\n\f\n".join(notebook.cells))
    return _record(found, Text(found.label, source, tree, cells), digest, cells)


_FOREIGN: Final = "is in another language"


def _script(found: Input, data: bytes) -> FileRecord:
    try:
        text = _decoded(data)
    except (SyntaxError, UnicodeDecodeError, LookupError, ValueError) as error:
        return _problem(found, "cannot be decoded", str(error))
    if len(text) > MOST_CODE:
        return _problem(found, "too large", "more than 4 MiB of code")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        return _unparsed(found, text, f"line {error.lineno or 1}: {error.msg}", 0)
    except ValueError as error:
        return _problem(found, "cannot be parsed", str(error))
    except MemoryError:  # what the parser says of too deep a stack
        return _problem(found, "nested too deeply")
    source = Source(found.label, text)
    return _record(found, Text(found.label, source, tree), _digest(text), ())


def _decoded(data: bytes) -> str:
    """Return the text of a script, in the encoding that it declares."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return io.TextIOWrapper(io.BytesIO(data), encoding, newline=None).read()


def _unparsed(found: Input, text: str, detail: str, cells: int) -> FileRecord:
    python_2 = _PYTHON_2_MESSAGES.search(detail) or _PYTHON_2_TEXT.search(text)
    problem = PYTHON_2 if python_2 else "cannot be parsed"
    return FileRecord(found.label, found.kind, problem=problem, detail=detail[:200], cells=cells)


def _record(found: Input, text: Text, digest: str, cells: tuple[Cell, ...]) -> FileRecord:
    foreign = sum(cell.problem == _FOREIGN for cell in cells)
    loops, repeated = count_loops(text)
    return FileRecord(
        found.label,
        found.kind,
        loops,
        cells=len(cells),
        lost_cells=sum(cell.python is None for cell in cells) - foreign,
        foreign_cells=foreign,
        comprehensions=count_comprehensions(text.tree),
        repeated=repeated,
        digest=digest,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]
