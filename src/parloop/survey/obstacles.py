"""What stands in the way of machine code, in kinds that can be counted.

The kinds are coarser than what `explain` says: `plt.plot` and `ax.scatter` are both "call:
plotting", so that a list by loops lost says what is worth supporting.
"""

from __future__ import annotations

import ast
import re
from typing import Final

from parloop.capture.candidates import (
    Callables,
    Obstacle,
    find_obstacles,
    is_item_loop,
    is_range_loop,
)
from parloop.capture.progress import without_bar
from parloop.diagnostics import Diagnostic
from parloop.survey.calls import kind_of_call
from parloop.survey.headers import Loop, iterable_of
from parloop.survey.names import Names


def kind_of_obstacle(obstacle: Obstacle, names: Names) -> str:
    """Return the kind of a construct that keeps a loop from having a site."""
    node = obstacle.node
    match node:
        case ast.Call():
            return _of_call(node, obstacle.construct, names)
        case ast.For():
            return f"loop over: {iterable_of(node, names)}"
        case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
            return "text"
        case ast.Constant(value=None):
            return "`None`"
        case ast.Attribute(ctx=ast.Store()):
            return "assignment to an attribute"
        case ast.Attribute(value=ast.Name(id="self")):
            return "attribute of `self`"
        case ast.Attribute() if names.dotted(node) is not None:
            return "module attribute"
        case ast.Attribute():
            return "attribute"
        case ast.Compare():
            tests = any(isinstance(op, ast.In | ast.NotIn) for op in node.ops)
            return "test: `in`" if tests else "test: `is`"
        case ast.Name():
            return "items that are subscripted or rebound"
        case _:
            pass
    return obstacle.construct.removeprefix("a ").removeprefix("an ")


def _of_call(call: ast.Call, construct: str, names: Names) -> str:
    kind = kind_of_call(call, names)
    if construct == "a call with keywords or unpacking":
        return f"call with keywords: {kind}"
    return f"call: {kind}"


def kinds_in_nest(outermost: Loop, callables: Callables, names: Names) -> tuple[str, ...]:
    """Return the kinds of all constructs in a nest that are ruled out, in order of the text."""
    found: dict[str, None] = {}
    called: set[int] = set()
    for seen in find_obstacles(outermost, callables):
        if isinstance(seen.node, ast.Call):
            called.add(id(seen.node.func))
        if id(seen.node) not in called:  # `plt.plot` in `plt.plot(x)` is the same obstacle
            found[kind_of_obstacle(seen, names)] = None
    return tuple(found)


_QUOTED: Final = re.compile(r"`[^`]*`")

_MESSAGES: Final = (
    ("SYN106", "name used as array and as index"),
    ("SYN107", "`global` or `nonlocal` name"),
    ("SYN153", "the loop around is left to the interpreter"),
    ("SYN154", "too large for the survey"),
)


def kind_of_reason(
    reason: Diagnostic, loop: Loop, callables: Callables, names: Names
) -> str:
    """Return the kind of what `explain` says is in the way of `loop`."""
    plain = without_bar(loop, callables.bars) if isinstance(loop, ast.For) else loop
    if reason.code == "SYN152" or not (is_range_loop(plain) or is_item_loop(plain)):
        return f"loop over: {iterable_of(loop, names)}"
    first = next(find_obstacles(loop, callables), None)
    if first is not None:
        return kind_of_obstacle(first, names)
    for code, kind in _MESSAGES:
        if reason.code == code:
            return kind
    if reason.code == "SYN108":
        return "own function: " + _own_function(reason.message)
    return _QUOTED.sub("...", reason.message).removeprefix("the loop ")


def _own_function(message: str) -> str:
    """Return why a function cannot be written into a loop, without the names."""
    why = re.sub(r"\s*\([^()]*\)\s*$", "", message.partition(", which ")[2] or message)
    return _QUOTED.sub("...", why)
