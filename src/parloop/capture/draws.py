"""Random numbers that each iteration of a loop draws, by its text.

    for i in range(n):                      for i in range(n):
        x = rng.random()                        x = draws0@random[i]
        y = rng.random()              ->        y = draws1@random[i]
        inside += x * x + y * y <= 1.0          inside += x * x + y * y <= 1.0

Where each iteration makes the same calls, one after the other, all numbers can be drawn before the
loop, in the same order. What the calls really are `runtime.draws` sees at each entry.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Any, Final

from parloop.ir.nodes import Draws

METHODS: Final = frozenset(
    ("random", "random_sample", "rand", "randn", "uniform", "normal", "standard_normal",
     "integers", "randint", "exponential", "standard_exponential")
)  # fmt: skip

MOST_DRAWS: Final = 8
"""More calls than this in one iteration are left as they are."""


def find_draws(loop: ast.For) -> tuple[Draws, tuple[ast.Call, ...]] | None:
    """Return what each iteration of `loop` draws, with the calls in order; None if nothing."""
    match loop:
        case ast.For(
            target=ast.Name(id=index),
            iter=ast.Call(func=ast.Name(id="range"), args=[_]),
        ):
            start = 0
        case ast.For(
            target=ast.Name(id=index),
            iter=ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(start)), _]),
        ) if type(start) is int and start >= 0:
            pass
        case _:
            return None
    nodes = [node for statement in loop.body for node in ast.walk(statement)]
    every = [node for node in nodes if _is_draw(node)]
    jumps = (ast.Break, ast.Continue, ast.Return, ast.Try, ast.NamedExpr)
    if not every or len(every) > MOST_DRAWS or any(isinstance(node, jumps) for node in nodes):
        return None
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    calls = [call for statement in loop.body for call in _always_in_statement(statement)]
    first = calls[0] if calls else None
    if first is None or len(calls) != len(every) or {index, _root(first)} & (stored | {""}):
        return None
    if index == _root(first) or any(ast.dump(call) != ast.dump(first) for call in calls):
        return None
    changing = stored | {index}
    numbers = [_number(argument, changing) for argument in first.args]
    known = tuple(number for number in numbers if number is not None)
    given = [part for part in first.keywords if not _is_no_size(part)]
    named = tuple(
        (part.arg, value)
        for part in given
        if part.arg is not None and (value := _number(part.value, changing)) is not None
    )
    if len(known) < len(numbers) or len(named) < len(given):
        return None
    return Draws(ast.unparse(first.func), known, len(calls), named, start), tuple(calls)


def drawn_ahead(loop: ast.For) -> tuple[ast.For, Draws | None]:
    """Return `loop` with the numbers that it draws as elements of arrays, and what it draws."""
    found = find_draws(loop)
    if found is None:
        return loop, None
    draws, calls = found
    assert isinstance(loop.target, ast.Name)
    places: dict[int, ast.Subscript] = {}
    for call, name in zip(calls, draws.names, strict=True):
        number: ast.expr = ast.Name(loop.target.id, ast.Load())
        if draws.start:
            number = ast.BinOp(number, ast.Sub(), ast.Constant(draws.start))
        made_of = ast.Subscript(ast.Name(name, ast.Load()), number, ast.Load())
        for part in ast.walk(made_of):
            if isinstance(part, ast.expr):
                ast.copy_location(part, call)
        places[id(call)] = made_of
    made = copy.copy(loop)
    made.body = [_replaced(statement, places) for statement in loop.body]
    return made, draws


def _replaced(node: ast.stmt, places: dict[int, ast.Subscript]) -> ast.stmt:
    if not any(id(part) in places for part in ast.walk(node)):
        return node
    made: ast.stmt = _copy_with(node, places)
    return made


def _copy_with(node: Any, places: dict[int, ast.Subscript]) -> Any:
    if id(node) in places:
        return places[id(node)]
    made = copy.copy(node)
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            setattr(made, name, _copy_with(value, places))
        elif isinstance(value, list):
            parts = [_copy_with(v, places) if isinstance(v, ast.AST) else v for v in value]
            setattr(made, name, parts)
    return made


def _always_in_statement(node: ast.stmt) -> Iterator[ast.Call]:
    """Yield the draws that `node`, a statement of the loop's body, always makes, in order."""
    match node:
        case ast.Assign(value=value) | ast.AugAssign(target=ast.Name(), value=value):
            yield from _always_in(value)
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="append"), args=[value])):
            yield from _always_in(value)
        case ast.If(test=test):
            yield from _always_in(test)


def _always_in(node: ast.expr) -> Iterator[ast.Call]:
    match node:
        case ast.Call() if _is_draw(node):
            yield node
        case ast.BinOp(left=left, right=right):
            yield from _always_in(left)
            yield from _always_in(right)
        case ast.UnaryOp(operand=operand):
            yield from _always_in(operand)
        case ast.Compare(left=left, comparators=[right]):
            yield from _always_in(left)
            yield from _always_in(right)
        case ast.BoolOp(values=[first, *_]):
            yield from _always_in(first)
        case ast.IfExp(test=test):
            yield from _always_in(test)
        case ast.Tuple(elts=parts):
            for part in parts:
                yield from _always_in(part)
        case ast.Call(func=ast.Name() | ast.Attribute(value=ast.Name()), args=args, keywords=[]):
            for argument in args:
                yield from _always_in(argument)


def _is_draw(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="random"), args=[], keywords=[]):
            return True
        case ast.Call(
            func=ast.Attribute(
                value=ast.Name() | ast.Attribute(value=ast.Name(), attr="random"), attr=word
            ),
            args=args,
        ):
            return word in METHODS and not any(isinstance(a, ast.Starred) for a in args)
    return False


def _root(call: ast.Call) -> str:
    node = call.func
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_no_size(node: ast.keyword) -> bool:
    return node.arg == "size" and isinstance(node.value, ast.Constant) and node.value.value is None


def _number(node: ast.expr, changing: set[str]) -> int | float | str | None:
    """Return a number that is written down, or the name of what no iteration changes."""
    match node:
        case ast.Name(id=name) if name not in changing:
            return name
        case ast.Constant(value=int() | float() as value) if type(value) is not bool:
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
    return None
