"""Names for the rows of a list of lists, made names for their places.

    for %row in 0:len(g):1 {               for %row in 0:len(g):1 {
        row = g[%row]                          row@0 = %row
        s = s + row[0]              ->         s = s + g[row@0, 0]
    }                                      }

A row is an object of the user's, which the loop leaves in its name: the row at that place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from parloop.ir.uses import nest_of
from parloop.ir.walk import all_expressions, expressions, statements


@dataclass(frozen=True, slots=True)
class Row:
    """What a name stands for: the row of `array` at the place that these variables say."""

    array: str
    places: tuple[str, ...]


def with_places(nest: Nest, ranks: Mapping[str, int]) -> tuple[Nest, Mapping[str, Row]]:
    """Return `nest` without names for rows of the lists of lists `ranks`, and what these stand for.

    A name that is used in another way is left as it is, which no later phase takes.
    """
    rows = _find_rows(nest, ranks)
    if not rows:
        return nest, rows
    loop = nest.loop
    made = replace(loop, body=_Placing(rows).block(loop.body, _inside_of(loop, frozenset())))
    found = nest_of(made, nest.source, nest.function, nest.guards)
    return replace(
        found, no_lists=nest.no_lists, appends=nest.appends, requires=nest.requires
    ), rows


def _find_rows(nest: Nest, ranks: Mapping[str, int]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    others: set[str] = {*nest.inputs, *nest.no_lists, *(name for name, _ in nest.appends)}
    body = (nest.loop,)
    for stmt in statements(body):
        match stmt:
            case Assign(target=name, value=Load(array=array, subscripts=subscripts)) if (
                len(subscripts) + 1 == ranks.get(array) and array not in nest.outputs
            ):
                row = Row(array, tuple(f"{name}@{axis}" for axis in range(len(subscripts))))
                if found.setdefault(name, row) != row:
                    others.add(name)
            case Assign(target=name) | For(index=name):
                others.add(name)
            case _:
                pass
    others |= {expr.id for expr in all_expressions(body) if isinstance(expr, Name)}
    for part in (*statements(body), *all_expressions(body)):
        match part:
            case Load(array=name, subscripts=subscripts) | Store(array=name, subscripts=subscripts):
                if len(subscripts) != 1 or isinstance(subscripts[0], Slice):
                    others.add(name)
            case Extent(array=name, axis=axis) if axis != 0:
                others.add(name)
            case Rank(array=name):
                others.add(name)
            case _:
                pass
    return {name: row for name, row in found.items() if name not in others}


def _inside_of(loop: For, inside: frozenset[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Return the pairs of an index of ours and an array of whose items it is one."""
    if not loop.index.startswith("%"):
        return inside
    arrays = {
        part.array
        for part in expressions(loop.stop)
        if isinstance(part, Extent) and part.axis == 0
    }
    plain = isinstance(loop.stop, Extent | Call)  # the length of one, or the least of several
    starts = loop.start == Const(0) and loop.step == Const(1)
    return inside | {(loop.index, array) for array in arrays if plain and starts}


@dataclass(frozen=True, slots=True)
class _Placing:
    rows: Mapping[str, Row]

    def block(
        self, body: tuple[Stmt, ...], inside: frozenset[tuple[str, str]]
    ) -> tuple[Stmt, ...]:
        found: list[Stmt] = []
        for stmt in body:
            found += self.statement(stmt, inside)
        return tuple(found)

    def statement(self, stmt: Stmt, inside: frozenset[tuple[str, str]]) -> list[Stmt]:
        match stmt:
            case Assign(target=name, value=Load() as load) if name in self.rows:
                return self.placed(self.rows[name], load, inside)
            case Assign(value=value):
                return [replace(stmt, value=self.put(value))]
            case Store():
                return [self.store(stmt)]
            case For():
                start, stop, step = map(self.put, (stmt.start, stmt.stop, stmt.step))
                body = self.block(stmt.body, _inside_of(stmt, inside))
                orelse = self.block(stmt.orelse, inside)
                return [
                    replace(stmt, start=start, stop=stop, step=step, body=body, orelse=orelse)
                ]
            case While(test=test):
                body, orelse = self.block(stmt.body, inside), self.block(stmt.orelse, inside)
                return [replace(stmt, test=self.put(test), body=body, orelse=orelse)]
            case If(test=test):
                then = self.block(stmt.then, inside)
                otherwise = self.block(stmt.otherwise, inside)
                return [replace(stmt, test=self.put(test), then=then, otherwise=otherwise)]
            case Break() | Continue():
                return [replace(stmt)]
            case _:
                assert_never(stmt)

    def placed(
        self, row: Row, load: Load, inside: frozenset[tuple[str, str]]
    ) -> list[Stmt]:
        """Return the statements that keep the place, and see to it that there is such a row."""
        span = load.span
        pairs = zip(row.places, load.subscripts, strict=True)
        found: list[Stmt] = [Assign(place, self.put(part), span) for place, part in pairs]
        match load.subscripts:
            case (Name(id=index),) if (index, row.array) in inside:
                return found
            case _:
                names = tuple(Name(place, span) for place in row.places)
                first = Load(row.array, (*names, Const(0, span)), span)
                return [*found, Assign(f"%{row.places[0]}", first, span)]

    def store(self, stmt: Store) -> Store:
        subscripts = tuple(map(self.put, stmt.subscripts))
        array = stmt.array
        if array in self.rows:
            row = self.rows[array]
            subscripts = (*(Name(place, stmt.span) for place in row.places), *subscripts)
            array = row.array
        match stmt.value:
            case Binary(left=Load() as old, right=right) as value if (
                old.subscripts is stmt.subscripts
            ):
                again = Load(array, subscripts, old.span)
                made: Expr = replace(value, left=again, right=self.put(right))
            case value:
                made = self.put(value)
        return Store(array, subscripts, made, stmt.span)

    def put(self, expr: Expr) -> Expr:
        """Return an expression of its own, with places for rows."""
        match expr:
            case Load(array=name, subscripts=subscripts):
                parts = tuple(map(self.put, subscripts))
                if name not in self.rows:
                    return replace(expr, subscripts=parts)
                row = self.rows[name]
                places = (Name(place, expr.span) for place in row.places)
                return Load(row.array, (*places, *parts), expr.span)
            case Extent(array=name) if name in self.rows:
                row = self.rows[name]
                return Extent(row.array, len(row.places), expr.span)
            case Const() | Name() | Extent() | Rank():
                return replace(expr)
            case Unary(operand=operand):
                return replace(expr, operand=self.put(operand))
            case Binary(left=left, right=right):
                return replace(expr, left=self.put(left), right=self.put(right))
            case Compare(left=left, right=right):
                return replace(expr, left=self.put(left), right=self.put(right))
            case Logical(left=left, right=right):
                return replace(expr, left=self.put(left), right=self.put(right))
            case Conditional(test=test, then=then, otherwise=otherwise):
                first, second, third = map(self.put, (test, then, otherwise))
                return Conditional(first, second, third, expr.span)
            case Call(arguments=arguments):
                return replace(expr, arguments=tuple(map(self.put, arguments)))
            case Slice(lower=lower, upper=upper, step=step):
                begin, end_, by = (
                    None if end is None else self.put(end) for end in (lower, upper, step)
                )
                return Slice(begin, end_, by, expr.span)
            case _:
                assert_never(expr)
