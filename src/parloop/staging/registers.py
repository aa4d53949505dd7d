"""Small arrays that a nest makes, kept in names: one for each element.

    %s0[0] = p[i, 0] - q[0]              %s0@0 = p[i, 0] - q[0]
    %s0[1] = p[i, 1] - q[1]      ->      %s0@1 = p[i, 1] - q[1]
    s = %s0[0] * %s0[0] + ...            s = %s0@0 * %s0@0 + ...

Loops over the elements of such an array are written out. So iterations of the loops around share no
memory, and what is no array costs no memory. An array of which some subscript is not known stays
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import assert_never

from parloop.ir.nodes import (
    Assign,
    Binary,
    Break,
    Call,
    Const,
    Continue,
    Expr,
    Extent,
    For,
    If,
    Load,
    Name,
    Rank,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.types import NP_FLOAT64, Scalar
from parloop.ir.unrolling import written_out
from parloop.ir.uses import find_uses
from parloop.ir.walk import all_expressions, expressions, operands, statements, with_operands
from parloop.staging.elementwise import callee_of, converted

MOST_ELEMENTS = 16
"""Arrays with more elements stay in memory."""

MOST_EXPRESSIONS = 1024
"""A loop that is longer than this when written out stays a loop."""


@dataclass(frozen=True, slots=True)
class Registers:
    """The names in which the elements of an array are kept, in C's order."""

    type: Scalar
    shape: tuple[int, ...]
    names: tuple[str, ...]


def in_registers(
    loop: For, scratch: Mapping[str, tuple[Scalar, tuple[Expr, ...]]], left: Iterable[str]
) -> tuple[For, dict[str, Registers]]:
    """Return the loop with small arrays in names, and which; of those `left` the names are outputs.

    `scratch` has the type and the extents of the arrays that the nest makes.
    """
    left = frozenset(left)
    found: dict[str, Registers] = {}
    for name, (type_, extents) in scratch.items():
        shape = tuple(e.value for e in extents if isinstance(e, Const) and type(e.value) is int)
        if not name.startswith("%s") or len(shape) < len(extents) or type_.kind not in "biuf":
            continue
        if all(extent > 0 for extent in shape) and prod(shape) <= MOST_ELEMENTS:
            root = name.removeprefix("%") if name in left else name
            names = tuple(f"{root}@{k}" for k in range(prod(shape)))
            found[name] = Registers(type_, shape, names)
    if not found:
        return loop, {}
    written = replace(loop, body=_block(loop.body, found.keys()))
    for name in _unknown((written,), found):
        found.pop(name, None)
    while True:
        made = replace(written, body=_replaced(written.body, found))
        uses = find_uses(made)
        early = {*uses.inputs, *uses.unassigned}
        kept = {n: r for n, r in found.items() if early.isdisjoint(r.names)}
        if len(kept) == len(found):
            return (made if found else loop), found
        found = kept


# loops over elements


def _block(body: tuple[Stmt, ...], arrays: Iterable[str]) -> tuple[Stmt, ...]:
    found: list[Stmt] = []
    for stmt in body:
        match stmt:
            case For():
                inside = replace(
                    stmt, body=_block(stmt.body, arrays), orelse=_block(stmt.orelse, arrays)
                )
                if _goes_over(inside, frozenset(arrays)) and not stmt.total:
                    found += written_out(inside, MOST_ELEMENTS, MOST_EXPRESSIONS)
                else:
                    found.append(inside)
            case While(body=inner, orelse=orelse):
                parts = _block(inner, arrays), _block(orelse, arrays)
                found.append(replace(stmt, body=parts[0], orelse=parts[1]))
            case If(then=then, otherwise=otherwise):
                sides = _block(then, arrays), _block(otherwise, arrays)
                found.append(replace(stmt, then=sides[0], otherwise=sides[1]))
            case _:
                found.append(stmt)
    return tuple(found)


def _goes_over(loop: For, arrays: frozenset[str]) -> bool:
    """Return whether the loop's index stands in a subscript of one of `arrays`."""
    places: list[Expr] = []
    for stmt in statements(loop.body):
        if isinstance(stmt, Store) and stmt.array in arrays:
            places += stmt.subscripts
    for expr in all_expressions(loop.body):
        if isinstance(expr, Load) and expr.array in arrays:
            places += expr.subscripts
    names = {e.id for place in places for e in expressions(place) if isinstance(e, Name)}
    return loop.index in names


# elements


def _unknown(body: tuple[Stmt, ...], arrays: Mapping[str, Registers]) -> set[str]:
    """Return those of `arrays` of which an element is used that is not known, or not there."""
    found: set[str] = set()
    for stmt in statements(body):
        if not isinstance(stmt, Store) or stmt.array not in arrays:
            continue
        if _place(stmt.subscripts, arrays[stmt.array].shape) is None:
            found.add(stmt.array)
    for expr in all_expressions(body):
        match expr:
            case Load(array=array, subscripts=subscripts) if array in arrays:
                if _place(subscripts, arrays[array].shape) is None:
                    found.add(array)
            case Extent(array=array) | Rank(array=array) if array in arrays:
                found.add(array)
            case Name(id=array) if array in arrays:
                found.add(array)
            case _:
                pass
    return found


def _place(subscripts: tuple[Expr, ...], shape: tuple[int, ...]) -> int | None:
    """Return which element in C's order the subscripts name."""
    found = 0
    if len(subscripts) != len(shape):
        return None
    for subscript, extent in zip(subscripts, shape, strict=True):
        value = _whole(subscript)
        if value is None or not -extent <= value < extent:
            return None
        found = found * extent + value % extent
    return found


def _whole(expr: Expr) -> int | None:
    match expr:
        case Const(value=value) if type(value) is int:
            return value
        case Unary(op="-", operand=operand):
            inner = _whole(operand)
            return None if inner is None else -inner
        case Binary(op="+" | "-" | "*" as op, left=left, right=right):
            one, other = _whole(left), _whole(right)
            if one is None or other is None:
                return None
            return {"+": one + other, "-": one - other, "*": one * other}[op]
        case _:
            return None


def _replaced(body: tuple[Stmt, ...], arrays: Mapping[str, Registers]) -> tuple[Stmt, ...]:
    return tuple(_statement(stmt, arrays) for stmt in body)


def _statement(stmt: Stmt, arrays: Mapping[str, Registers]) -> Stmt:
    match stmt:
        case Assign(value=value):
            return replace(stmt, value=_expression(value, arrays))
        case Store(array=array, subscripts=subscripts, value=value) if array in arrays:
            kept = arrays[array]
            place = _place(subscripts, kept.shape)
            assert place is not None
            made = _expression(value, arrays)
            if not _is_of(value, kept.type, arrays):
                made = converted(made, kept.type)
            return Assign(kept.names[place], made, stmt.span)
        case Store(value=Binary(left=Load(subscripts=same)) as value, subscripts=subscripts) if (
            same is subscripts
        ):
            places = tuple(_expression(part, arrays) for part in subscripts)
            old = Load(stmt.array, places, value.left.span)
            right = _expression(value.right, arrays)
            return replace(
                stmt, subscripts=places, value=replace(value, left=old, right=right)
            )
        case Store(subscripts=subscripts, value=value):
            places = tuple(_expression(part, arrays) for part in subscripts)
            return replace(stmt, subscripts=places, value=_expression(value, arrays))
        case For(start=start, stop=stop, step=step):
            bounds = [_expression(bound, arrays) for bound in (start, stop, step)]
            return replace(
                stmt,
                start=bounds[0],
                stop=bounds[1],
                step=bounds[2],
                body=_replaced(stmt.body, arrays),
                orelse=_replaced(stmt.orelse, arrays),
            )
        case While(test=test):
            parts = _replaced(stmt.body, arrays), _replaced(stmt.orelse, arrays)
            return replace(stmt, test=_expression(test, arrays), body=parts[0], orelse=parts[1])
        case If(test=test):
            sides = _replaced(stmt.then, arrays), _replaced(stmt.otherwise, arrays)
            return replace(
                stmt, test=_expression(test, arrays), then=sides[0], otherwise=sides[1]
            )
        case Break() | Continue():
            return stmt
        case _:
            assert_never(stmt)


def _expression(expr: Expr, arrays: Mapping[str, Registers]) -> Expr:
    match expr:
        case Load(array=array, subscripts=subscripts) if array in arrays:
            place = _place(subscripts, arrays[array].shape)
            assert place is not None
            return Name(arrays[array].names[place], expr.span)
        case _:
            return with_operands(expr, tuple(_expression(p, arrays) for p in operands(expr)))


def _is_of(expr: Expr, type_: Scalar, arrays: Mapping[str, Registers]) -> bool:
    """Return whether a value is surely of this type, of which a name is to hold it."""
    match expr:
        case Load(array=array) if array in arrays:
            return arrays[array].type == type_
        case Call(callee=callee):
            return callee == callee_of(type_)
        case Binary(op="+" | "-" | "*" | "/", left=left, right=right) if type_ == NP_FLOAT64:
            return _is_of(left, type_, arrays) or _is_of(right, type_, arrays)
        case _:
            return False
