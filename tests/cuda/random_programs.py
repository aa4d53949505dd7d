"""The random programs of `tests.fuzz` in the form of files of the corpus."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import CodeType
from typing import Any

from tests.differential import Mode
from tests.fuzz import Program, make_arguments, make_program


@dataclass(frozen=True)
class RandomFile:
    """The program of one seed, as a file in `folder` with one function, `f`."""

    seed: int
    folder: Path

    @cached_property
    def program(self) -> Program:
        """The program."""
        return make_program(self.seed)

    @property
    def path(self) -> Path:
        """Where its text stands."""
        return self.folder / f"random_{self.seed}.py"

    @property
    def text(self) -> str:
        """Its text."""
        return self.program.text

    @property
    def mode(self) -> Mode:
        """What it does with warnings."""
        return self.program.mode

    @cached_property
    def code(self) -> CodeType:
        """The compiled text, which stands in the file then."""
        self.path.write_text(self.text, encoding="utf-8")
        return compile(self.text, str(self.path), "exec", dont_inherit=True)

    def fresh(self) -> dict[str, Any]:
        """Return the namespace of a new run of the file."""
        namespace: dict[str, Any] = {"__name__": self.path.stem}
        exec(self.code, namespace)
        return namespace

    def arguments(self, function: str) -> list[tuple[Any, ...]]:
        """Return the argument tuples of `function`."""
        assert function == "f"
        return [make_arguments(self.seed)]
