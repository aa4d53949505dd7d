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


def trusted_handlers(loop: ast.For) -> tuple[str, ...]:
    """Return the names of exceptions that must be the builtin ones for `loop` to be run natively.

    A name that a `return` in a `try` gives is read when the loop has been left: that may raise
    `NameError`, which those exceptions do not catch.
    """
    found = {
        part.id: None
        for node in ast.walk(loop)
        if isinstance(node, ast.Try) and any(map(_gives_a_name, ast.walk(node)))
        for handler in node.handlers
        if handler.type is not None
        for part in ast.walk(handler.type)
        if isinstance(part, ast.Name)
    }
    return tuple(found)


def _gives_a_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Return) and any(
        isinstance(part, ast.Name) for part in ast.walk(node)
    )


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
