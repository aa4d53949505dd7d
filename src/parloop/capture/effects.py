"""What a loop does under a condition that only the interpreter can do.

    for t in range(steps):                  for t in range(steps):
        u[1:-1] = u[2:] + u[:-2]                u[1:-1] = u[2:] + u[:-2]
        if t % 100 == 0:             ->         if t % 100 == 0:
            print(t, u.sum())                       EFFECT

Machine code gives an iteration that comes to an *effect* to the interpreter, which begins it again;
after that the rest is tried again (`capture.resuming`). EFFECT is a division by zero, which nobody
ever sees: machine code raises nothing.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

Where: TypeAlias = tuple[int, int]
"""Line and column of the first statement of a block."""

EFFECT: Final = "%effect"
"""The name that a statement binds that stands for an effect."""

_SIMPLE: Final = (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise, ast.Assert, ast.Pass)
_LEAVES: Final = (ast.Break, ast.Continue)
_NOT_IN_EFFECTS: Final = (
    *(ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.NamedExpr),
    *(ast.Await, ast.Yield, ast.YieldFrom, ast.Starred),
)
"""What binds names of its own, or cannot stand in every function."""

Judges: TypeAlias = Callable[[ast.stmt], bool]
"""Says whether machine code may be made of a statement, as far as the text tells."""


def find_effects(loop: ast.For, may_run: Judges) -> tuple[Where, ...]:
    """Return where the blocks of `loop` begin that only the interpreter can run.

    They are branches of `if`, as small as possible. What else may be in the way is not looked at.
    There are none where nothing else is done in the loop.
    """
    places = tuple(_in_block(loop.body, may_run))
    if not any(map(_does_something, without_effects(loop.body, places))):
        return ()
    return places


def _does_something(stmt: ast.stmt) -> bool:
    """Return whether `stmt` is, or has in it, more than tests and effects."""
    match stmt:
        case ast.If(body=body, orelse=orelse) | ast.For(body=body, orelse=orelse):
            return any(map(_does_something, (*body, *orelse)))
        case ast.While():
            return True
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name != EFFECT
    return isinstance(stmt, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr)


def _in_block(body: Sequence[ast.stmt], may_run: Judges) -> Iterator[Where]:
    for stmt in body:
        if isinstance(stmt, ast.If):
            for branch in (stmt.body, stmt.orelse):
                inner = list(_in_block(branch, may_run))
                hidden = without_effects(branch, inner)
                if all(map(may_run, hidden)) or not all(map(_is_simple, branch)):
                    yield from inner
                elif branch:
                    yield branch[0].lineno, branch[0].col_offset
        elif isinstance(stmt, ast.For | ast.While):
            yield from _in_block(stmt.body, may_run)


def _is_simple(stmt: ast.stmt) -> bool:
    """Return whether `stmt` may be left to the interpreter in an iteration of its own."""
    if any(isinstance(node, _NOT_IN_EFFECTS) for node in ast.walk(stmt)):
        return False
    match stmt:
        case ast.If(body=body, orelse=orelse) | ast.For(body=body, orelse=orelse):
            return all(map(_is_simple, (*body, *orelse)))
        case ast.While(body=body, orelse=orelse):
            return all(map(_is_simple, (*body, *orelse)))
    return isinstance(stmt, (*_SIMPLE, *_LEAVES))


def without_effects(body: Sequence[ast.stmt], places: Sequence[Where]) -> list[ast.stmt]:
    """Return `body` with a statement in place of each block that begins at one of `places`."""
    return [_without(stmt, places) for stmt in body] if places else list(body)


def loop_without_effects(loop: ast.For, places: Sequence[Where]) -> ast.For:
    """Return what machine code may be made of."""
    if not places:
        return loop
    made = copy.copy(loop)
    made.body = without_effects(loop.body, places)
    return made


def _without(stmt: ast.stmt, places: Sequence[Where]) -> ast.stmt:
    if not isinstance(stmt, ast.If | ast.For | ast.While):
        return stmt
    made: Any = copy.copy(stmt)
    for name in ("body", "orelse"):
        block: list[ast.stmt] = getattr(stmt, name)
        is_effect = isinstance(stmt, ast.If) and block and _place(block[0]) in places
        setattr(made, name, [_effect(block)] if is_effect else without_effects(block, places))
    found: ast.stmt = made
    return found


def _place(stmt: ast.stmt) -> Where:
    return stmt.lineno, stmt.col_offset


def _effect(block: list[ast.stmt]) -> ast.stmt:
    zero = ast.BinOp(ast.Constant(1), ast.FloorDiv(), ast.Constant(0))
    made = ast.Assign([ast.Name(EFFECT, ast.Store())], zero)
    for node in ast.walk(made):
        ast.copy_location(node, block[0])
    return made
