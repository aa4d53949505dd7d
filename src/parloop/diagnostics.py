"""What parloop says to people: one shape for every verdict, refusal, fallback and bug.

A code is a subclass of `Diagnostic` in the `codes.py` of the phase that gives it. Its docstring has
the sections *What it means*, *Why it matters*, *Example* and *What to do*, from which `docs/codes/`
is made; a test asks for all four.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

from parloop.source import NOWHERE, Span

Voice: TypeAlias = Literal["parallel", "parallel-if", "serial", "unsupported", "fallback", "bug"]


@dataclass(frozen=True, slots=True)
class Label:
    """A line of evidence: the piece of source it points at, and what it shows."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One statement about one place of the user's source.

    `message` is a whole clause, lower case, no full stop, user's names in backticks. `labels` are
    the lines that are evidence, `notes` what was proved or could not be and what happens now,
    `help` advice that is sure to keep the result.
    """

    code: ClassVar[str] = ""
    voice: ClassVar[Voice] = "bug"

    message: str
    span: Span = NOWHERE
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.voice}[{self.code}] {self.message}"


class Declined(Exception):  # noqa: N818 - an outcome by design, not an error
    """A loop or a launch is left to the interpreter, by design, for `diagnostic`'s reason."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


class InternalError(Exception):
    """A bug of parloop's own: fails tests; users see it once, and the interpreter runs."""


class NotNative(Exception):  # noqa: N818 - the name is part of the public contract
    """In `strict` mode: a loop that would have paid cannot run natively."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


class Mismatch(Exception):  # noqa: N818 - the name is part of the public contract
    """In `verify` mode: machine code and the interpreter left different states."""
