"""Leave of `try` what runs where nothing is raised.

    try:                                  x = a[i] / b[i]
        x = a[i] / b[i]             ->
    except ZeroDivisionError:
        x = 0.0

Machine code raises nothing: it gives an iteration in which something would be raised to the
interpreter, which begins it again, `try` and handlers included.
"""

from __future__ import annotations

import ast
import copy

from parloop.capture.candidates import is_plain_try


def without_tries(loop: ast.For) -> ast.For:
    """Return what machine code has to run of `loop`."""
    if not any(is_plain_try(node) for node in ast.walk(loop)):
        return loop
    made = copy.copy(loop)
    made.body = _block(loop.body)
    return made


def _block(body: list[ast.stmt]) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for stmt in body:
        if isinstance(stmt, ast.Try) and is_plain_try(stmt):
            found += [*_block(stmt.body), *_block(stmt.orelse)]
            continue
        made = copy.copy(stmt)
        for name in ("body", "orelse"):
            inner = getattr(stmt, name, None)
            if isinstance(inner, list):
                setattr(made, name, _block(inner))
        found.append(made)
    return found
