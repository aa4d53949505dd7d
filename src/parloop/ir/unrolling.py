"""Short loops inside a nest, written out: `for d in range(-1, 2): s += a[i + d]`.

The result means the same as the nest, iteration by iteration, in the same order. The index stands
as a constant in each copy, tests of constants are decided, and the index is bound to its last value
behind them. The loop around is then an innermost loop, types change from copy to copy as they do in
CPython (`s` is the int 0, then an `np.uint8`), and subscripts are the plainer for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from parloop.ir.nodes import (
    Assign,
    Binary,
    Break,
    Call,
    Compare,
    Conditional,
    Const,
    Continue,
    Expr,
    Extent,
    For,
    If,
    Load,
    Logical,
    Name,
    Nest,
    Rank,
    Slice,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.walk import all_expressions, statements

MOST_TRIPS = 5
"""Loops of more iterations stay loops."""

MOST_EXPRESSIONS = 256
"""So do those that would be longer than this when written out."""


def unrolled(nest: Nest) -> Nest:
    """Return the nest with its short loops written out; the outermost loop always stays."""
    body = _block(nest.loop.body)
    if body == nest.loop.body:
        return nest
    return replace(nest, loop=replace(nest.loop, body=body))


def _block(body: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
    found: list[Stmt] = []
    for stmt in body:
        match stmt:
            case For(body=inner, orelse=orelse):
                inside = replace(stmt, body=_block(inner), orelse=_block(orelse))
                found += written_out(inside)
            case While(body=inner, orelse=orelse):
                found.append(replace(stmt, body=_block(inner), orelse=_block(orelse)))
            case If(then=then, otherwise=otherwise):
                found.append(replace(stmt, then=_block(then), otherwise=_block(otherwise)))
            case _:
                found.append(stmt)
    return tuple(found)


def written_out(
    loop: For, most_trips: int = MOST_TRIPS, most_expressions: int = MOST_EXPRESSIONS
) -> list[Stmt]:
    """Return a loop's iterations one after another, or the loop itself where it is to stay one."""
    bounds = [_whole(bound) for bound in (loop.start, loop.stop, loop.step)]
    if None in bounds or bounds[2] == 0 or loop.orelse:
        return [loop]
    start, stop, step = (bound for bound in bounds if bound is not None)
    indices = range(start, stop, step)
    if not 0 < len(indices) <= most_trips or not _is_plain(loop):
        return [loop]
    if len(indices) * sum(1 for _ in all_expressions(loop.body)) > most_expressions:
        return [loop]
    copies = [stmt for index in indices for stmt in _copied(loop.body, {loop.index: index})]
    return [*copies, Assign(loop.index, Const(indices[-1], loop.span), loop.span)]


def _is_plain(loop: For) -> bool:
    """Return whether the body has no jumps, loops and slices, and leaves the index alone."""
    if any(isinstance(expr, Slice) for expr in all_expressions(loop.body)):
        return False
    return not any(
        isinstance(stmt, For | While | Break | Continue)
        or (isinstance(stmt, Assign) and stmt.target == loop.index)
        for stmt in statements(loop.body)
    )


def _whole(expr: Expr) -> int | None:
    match expr:
        case Const(value=value) if type(value) is int:
            return value
        case Unary(op="-", operand=Const(value=value)) if type(value) is int:
            return -value
        case _:
            return None


def _copied(body: tuple[Stmt, ...], values: Mapping[str, int]) -> list[Stmt]:
    """Return statements of their own that do what `body` does where the names have these values."""
    found: list[Stmt] = []
    for stmt in body:
        match stmt:
            case Assign(value=value):
                found.append(replace(stmt, value=_put_in(value, values)))
            case Store(subscripts=subscripts, value=value):
                places = tuple(_put_in(part, values) for part in subscripts)
                made = _put_in(value, values)
                match value, made:
                    case Binary(left=Load(subscripts=same)), Binary(left=Load() as old) if (
                        same is subscripts
                    ):  # `a[i] += x` stays one: on arrays it is another operation
                        made = replace(made, left=replace(old, subscripts=places))
                    case _:
                        pass
                found.append(replace(stmt, subscripts=places, value=made))
            case If(test=test, then=then, otherwise=otherwise):
                left = _decided(_put_in(test, values))
                if left is True or left is False:
                    found += _copied(then if left else otherwise, values)
                else:
                    one, other = (tuple(_copied(side, values)) for side in (then, otherwise))
                    found.append(If(left, one, other, stmt.span))
            case For() | While() | Break() | Continue():
                raise AssertionError("only bodies without loops and jumps are written out")
            case _:
                assert_never(stmt)
    return found


def _decided(test: Expr) -> Expr | bool:
    """Return what a test of constants gives; of another test, what is left to be evaluated."""
    match test:
        case Compare(op=op, left=Const(value=left), right=Const(value=right)) if (
            type(left) is int and type(right) is int
        ):
            return _COMPARE[op](left, right)
        case Unary(op="not", operand=operand):
            inner = _decided(operand)
            return not inner if isinstance(inner, bool) else replace(test, operand=inner)
        case Logical(op=op, left=left_test, right=right_test):
            first = _decided(left_test)
            if not isinstance(first, bool):
                return replace(test, left=first)
            return first if first == (op == "or") else _decided(right_test)
        case _:
            return test


_COMPARE = {
    "<": int.__lt__,
    "<=": int.__le__,
    ">": int.__gt__,
    ">=": int.__ge__,
    "==": int.__eq__,
    "!=": int.__ne__,
}


def _put_in(expr: Expr, values: Mapping[str, int]) -> Expr:
    """Return an expression of its own, with values in place of names."""
    match expr:
        case Name(id=name) if name in values:
            return Const(values[name], expr.span)
        case Const() | Name() | Extent() | Rank():
            return replace(expr)
        case Unary(operand=operand):
            return replace(expr, operand=_put_in(operand, values))
        case Binary(left=left, right=right) | Compare(left=left, right=right):
            return replace(expr, left=_put_in(left, values), right=_put_in(right, values))
        case Logical(left=left, right=right):
            return replace(expr, left=_put_in(left, values), right=_put_in(right, values))
        case Conditional(test=test, then=then, otherwise=otherwise):
            first, second, third = (_put_in(part, values) for part in (test, then, otherwise))
            return Conditional(first, second, third, expr.span)
        case Call(arguments=arguments):
            return replace(expr, arguments=tuple(_put_in(part, values) for part in arguments))
        case Slice():
            raise AssertionError("only bodies without slices are written out")
        case Load(subscripts=subscripts):
            return replace(expr, subscripts=tuple(_put_in(part, values) for part in subscripts))
        case _:
            assert_never(expr)
