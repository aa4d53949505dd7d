"""Tell whether somebody follows the lines that run: machine code would pass none."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_MONITORING: Any = getattr(sys, "monitoring", None)
"""From Python 3.12 on: debuggers and coverage tools may be here, not in `sys.gettrace`."""


def is_traced() -> bool:
    """Return whether a tracer, a debugger or a coverage tool is told of this thread's lines."""
    if sys.gettrace() is not None:
        return True
    return _MONITORING is not None and (
        _MONITORING.get_tool(_MONITORING.DEBUGGER_ID) is not None
        or _MONITORING.get_tool(_MONITORING.COVERAGE_ID) is not None
    )


def questions() -> tuple[tuple[Callable[..., object], int | None], ...]:
    """Return the built-in functions, with their arguments, that answer None if nobody follows."""
    asked: list[tuple[Callable[..., object], int | None]] = [(sys.gettrace, None)]
    if _MONITORING is not None:
        asked += [
            (_MONITORING.get_tool, _MONITORING.DEBUGGER_ID),
            (_MONITORING.get_tool, _MONITORING.COVERAGE_ID),
        ]
    return tuple(asked)
