"""Lists that get numbers of another type than theirs, each with a note of what it has got.

    y[i] = 0.5 * x[i]           y[i] = 0.5 * x[i]
                         ->     y@set[i] = True
    s = y[i - 1]                s = y[i - 1] if y@set[i - 1] else y@old[i - 1]

`y` is a new array of the numbers that the loop stores, `y@old` the list as it was, `y@set` says
where there are new ones. So what is read has the type that it has in CPython, item by item.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import assert_never

from parloop.ir.nodes import (
    Assign,
    Break,
    Conditional,
    Const,
    Continue,
    Expr,
    For,
    If,
    Load,
    Nest,
    Stmt,
    Store,
    While,
)
from parloop.ir.uses import nest_of
from parloop.ir.walk import all_expressions, copied, operands, statements, with_operands

OF_SET, OF_OLD = "@set", "@old"
"""With what the names of the notes, and of the numbers before, end."""


def with_notes(nest: Nest, names: Collection[str]) -> Nest:
    """Return `nest` with notes of what it stores into the lists `names`, which have one axis."""
    loop = nest.loop
    made = replace(loop, body=tuple(_block(loop.body, names)), orelse=_all(loop.orelse, names))
    found = nest_of(made, nest.source, nest.function, nest.guards)
    return replace(
        found, no_lists=nest.no_lists, appends=nest.appends, requires=nest.requires
    )


def reads(nest: Nest, name: str) -> bool:
    """Return whether `nest` reads items of the list `name`."""
    parts = all_expressions((nest.loop,))
    return any(isinstance(part, Load) and part.array == name for part in parts)


def stores_of(nest: Nest, name: str) -> tuple[Store, ...]:
    """Return where `nest` stores into `name`."""
    found = statements((nest.loop,))
    return tuple(s for s in found if isinstance(s, Store) and s.array == name)


def _all(body: tuple[Stmt, ...], names: Collection[str]) -> tuple[Stmt, ...]:
    return tuple(_block(body, names))


def _block(body: tuple[Stmt, ...], names: Collection[str]) -> Iterator[Stmt]:
    for stmt in body:
        made = _statement(stmt, names)
        yield made
        if isinstance(made, Store) and made.array in names:
            places = tuple(map(copied, made.subscripts))
            yield Store(made.array + OF_SET, places, Const(True, made.span), made.span)


def _statement(stmt: Stmt, names: Collection[str]) -> Stmt:
    match stmt:
        case Store(subscripts=subscripts, value=value):
            places = tuple(_expression(part, names) for part in subscripts)
            return replace(stmt, subscripts=places, value=_expression(value, names))
        case For(start=start, stop=stop, step=step, body=body, orelse=orelse):
            return replace(
                stmt,
                start=_expression(start, names),
                stop=_expression(stop, names),
                step=_expression(step, names),
                body=_all(body, names),
                orelse=_all(orelse, names),
            )
        case While(test=test, body=body, orelse=orelse):
            asked = _expression(test, names)
            return replace(stmt, test=asked, body=_all(body, names), orelse=_all(orelse, names))
        case If(test=test, then=then, otherwise=otherwise):
            asked = _expression(test, names)
            other = _all(otherwise, names)
            return replace(stmt, test=asked, then=_all(then, names), otherwise=other)
        case Assign(value=value):
            return replace(stmt, value=_expression(value, names))
        case Break() | Continue():
            return stmt
        case _:
            assert_never(stmt)


def _expression(expr: Expr, names: Collection[str]) -> Expr:
    made = with_operands(expr, tuple(_expression(part, names) for part in operands(expr)))
    if not isinstance(made, Load) or made.array not in names:
        return made
    test, old = (
        Load(made.array + ending, tuple(map(copied, made.subscripts)), made.span)
        for ending in (OF_SET, OF_OLD)
    )
    return Conditional(test, made, old, made.span)
