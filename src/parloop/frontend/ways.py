"""Turn the `return`s of a loop in a function into numbered ways out of the loop.

    for i in range(n):                  for i in range(n):
        for j in range(m):                  way@ = 0
            if a[i, j] == x:      ->        for j in range(m):
                return i, j                     if a[i, j] == x: way@ = 1; break
                                            if way@ != 0: break

What is returned is not looked at: when machine code has left the loop, with all names bound, the
site runs the `return` of that number as it stands in the text.
"""

from __future__ import annotations

import ast
import copy
from typing import Final

from parloop.capture.names import ways_out
from parloop.ir.nodes import Assign, Const, Stmt
from parloop.ir.walk import statements

WAY: Final = "way@"
"""The name that says by which `return` a loop is left; 0 if by none. No program can have it."""


def with_ways(loop: ast.For) -> ast.For:
    """Return what machine code has to run of `loop`: no `return`s, and no `else` of its own.

    The interpreter runs the `else` of a loop that was run to its end.
    """
    returns = {id(stmt): number for number, stmt in enumerate(ways_out(loop), 1)}
    drops_else = bool(loop.orelse) and not _has_loop(loop.orelse)
    if not returns and not drops_else:
        return loop
    made = copy.copy(loop)
    if drops_else:
        made.orelse = []
    if returns:
        start = loop.body[0]
        made.body = [_assign(0, start), *_block(loop.body, returns)]
    return made


def assigns_way(body: tuple[Stmt, ...]) -> bool:
    """Return whether the lowered `body` has a way out that stands for a `return`."""
    return any(
        isinstance(stmt, Assign) and stmt.target == WAY and stmt.value != Const(0)
        for stmt in statements(body)
    )


def _has_loop(body: list[ast.stmt]) -> bool:
    return any(isinstance(node, ast.For | ast.While) for stmt in body for node in ast.walk(stmt))


def _block(body: list[ast.stmt], returns: dict[int, int]) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for stmt in body:
        if id(stmt) in returns:
            found += [_assign(returns[id(stmt)], stmt), ast.copy_location(ast.Break(), stmt)]
            continue
        made = stmt
        for name in ("body", "orelse"):
            inner = getattr(stmt, name, None)
            if isinstance(inner, list) and any(_returns(part, returns) for part in inner):
                made = copy.copy(stmt) if made is stmt else made
                setattr(made, name, _block(inner, returns))
        found.append(made)
        if made is not stmt and isinstance(stmt, ast.For | ast.While):
            test = ast.Compare(ast.Name(WAY, ast.Load()), [ast.NotEq()], [ast.Constant(0)])
            found.append(_at(ast.If(test, [ast.Break()], []), stmt))
    return found


def _returns(stmt: ast.stmt, returns: dict[int, int]) -> bool:
    return any(id(node) in returns for node in ast.walk(stmt))


def _assign(number: int, place: ast.stmt) -> ast.stmt:
    return _at(ast.Assign([ast.Name(WAY, ast.Store())], ast.Constant(number)), place)


def _at(made: ast.stmt, place: ast.stmt) -> ast.stmt:
    for node in ast.walk(made):
        ast.copy_location(node, place)
    return made
