"""The user programs under `tests/loops`: their functions, arguments and `#:` marks.

A mark stands on the line of a loop and says what parloop makes of it:

    for i in range(n):          #: parallel
    for i in range(1, n):       #: serial DEP102
    for i in range(n):          #: parallel-if; runs interpreter
    for x in a:                 #: unsupported SYN101

Loops with another mark than `unsupported` run natively, unless the mark says otherwise. Inside such
a loop the marks speak of verdicts only.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "loops"
_MARK = re.compile(
    r"#:\s*(?P<verdict>parallel-if|parallel|serial|unsupported)\b\s*(?P<evidence>[^;]*?)\s*"
    r"(;\s*runs (?P<runs>native|interpreter))?\s*$"
)


@dataclass(frozen=True)
class Mark:
    """What is expected of the loop on one line."""

    line: int
    function: str
    verdict: str
    evidence: str
    """A code, or the text of a condition; may be empty."""
    native: bool
    """Whether the loop runs natively with the function's arguments."""
    outermost: bool
    """Whether no other marked loop of the function is around it."""


@dataclass(frozen=True)
class LoopFile:
    """One file of user programs."""

    path: Path

    @cached_property
    def text(self) -> str:
        """The text of the file."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed text."""
        return ast.parse(self.text, str(self.path))

    @cached_property
    def code(self) -> CodeType:
        """The compiled text."""
        return compile(self.text, str(self.path), "exec", dont_inherit=True)

    def fresh(self) -> dict[str, Any]:
        """Return the namespace of a new run of the file: no call before has changed its globals."""
        namespace: dict[str, Any] = {"__name__": f"loops_{self.path.stem}"}
        exec(self.code, namespace)
        return namespace

    def functions(self) -> tuple[str, ...]:
        """Return the names of the functions with arguments, in order of the text."""
        public = {node.name for node in self.tree.body if isinstance(node, ast.FunctionDef)}
        return tuple(name for name in self.fresh()["ARGUMENTS"] if name in public)

    def changes_globals(self, function: str) -> bool:
        """Return whether `function` leaves other globals to its next call."""
        return any(
            isinstance(node, ast.Global)
            for definition in self.tree.body
            if isinstance(definition, ast.FunctionDef) and definition.name == function
            for node in ast.walk(definition)
        )

    def arguments(self, function: str) -> list[tuple[Any, ...]]:
        """Return the argument tuples of `function`, the same ones every time."""
        make: Callable[[np.random.Generator], list[tuple[Any, ...]]]
        make = self.fresh()["ARGUMENTS"][function]
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return make(np.random.default_rng(len(function)))

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """All marks of the file, in order of the text."""
        return tuple(mark for node in self.tree.body for mark in self._marks_in(node, "", True))

    def _marks_in(self, node: ast.AST, function: str, outermost: bool) -> Iterator[Mark]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not function:
            function = node.name
        if isinstance(node, ast.For | ast.While | ast.ListComp | ast.GeneratorExp):
            found = _MARK.search(self.text.splitlines()[node.lineno - 1])
            if found:
                verdict, evidence = found["verdict"], found["evidence"]
                native = (found["runs"] or "native") == "native" and verdict != "unsupported"
                yield Mark(node.lineno, function, verdict, evidence, native, outermost)
                outermost = outermost and verdict == "unsupported"
                if isinstance(node, ast.expr):
                    return  # one mark a line
        for child in ast.iter_child_nodes(node):
            yield from self._marks_in(child, function, outermost)


FILES = tuple(LoopFile(path) for path in sorted(FOLDER.glob("*.py")))
