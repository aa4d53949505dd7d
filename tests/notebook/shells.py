"""Run cells in a real IPython shell of this process, and keep all that a person would see."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

import parloop
from parloop.report.stats import Report


@dataclass(frozen=True, slots=True)
class Seen:
    """What one cell showed."""

    stdout: str
    stderr: str
    displayed: tuple[object, ...]
    out: str
    error: str
    """The type, the text and the line of what it raised."""


@dataclass(frozen=True, slots=True)
class Session:
    """What all cells showed, and what they left."""

    seen: tuple[Seen, ...]
    names: dict[str, Any]
    report: Report

    def state(self) -> dict[str, object]:
        """Return every name of the person's own, in a form that can be compared."""
        return {name: _plain(value) for name, value in self.names.items() if _is_own(name, value)}

    def native_runs(self) -> int:
        """Return how often loops ran natively."""
        return sum(site.native_runs for site in self.report.sites)


@contextmanager
def shell(*, extension: bool, path: str = "") -> Iterator[InteractiveShell]:
    """Give a fresh shell, with the extension loaded or without."""
    hooks = sys.displayhook, sys.excepthook
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(config=config)
    assert isinstance(made.displayhook, DisplayHook)
    parloop.reset_report()
    try:
        if extension:
            made.run_cell("%load_ext parloop", store_history=False)
        with parloop.settings(min_work_ms=0):
            yield made
    finally:
        if extension:
            made.run_cell("%unload_ext parloop", store_history=False)
        InteractiveShell.clear_instance()
        sys.displayhook, sys.excepthook = hooks


def run_cell(made: InteractiveShell, text: str) -> Seen:
    """Run one cell, and return what it showed."""
    with capture_output() as caught:
        result = made.run_cell(text, store_history=True)
    error = result.error_before_exec or result.error_in_exec
    return Seen(
        caught.stdout,
        caught.stderr,
        tuple(repr(sorted(output.data.items())) for output in caught.outputs),
        repr(result.result),
        "" if error is None else f"{type(error).__name__}: {error}",
    )


def run_cells(cells: Sequence[str], *, extension: bool) -> Session:
    """Run `cells` one after another in a fresh shell."""
    with shell(extension=extension) as made:
        seen = tuple(run_cell(made, cell) for cell in cells)
        return Session(seen, dict(made.user_ns), parloop.report())


def _is_own(name: str, value: object) -> bool:
    shown = name in ("_", "__", "___") or not name.startswith("_")
    return shown and name not in ("In", "Out", "exit", "quit", "open", "get_ipython", "parloop")


def _plain(value: object) -> object:
    match value:
        case np.ndarray():
            return type(value), value.dtype, value.shape, value.tobytes()
        case list() | tuple():
            return type(value), [_plain(item) for item in value]
    return type(value), repr(value).split(" at 0x")[0]
