"""Lower a loop over items to a loop over positions.

    for k, (x, y) in enumerate(zip(a, b)):        for %k in 0:min(len(a), len(b)):1 {
        ...                                   ->      k = %k
                                                      x = a[%k]
                                                      y = b[%k]
                                                      ...

    for x, y in points:                           for %x in 0:len(points):1 {
        ...                                   ->      x = points[%x, 0]
                                                      y = points[%x, 1]

if `points` has two columns, or is a list of pairs.

An array's iterator asks for `a[0]`, `a[1]`, ... and ends where the array does, and nobody can tell
it from these reads, for an array keeps its length while machine code runs. That the names are bound
to arrays of one axis is seen when the types are.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from parloop.capture.candidates import iterated, names_stored
from parloop.capture.literals import is_slice
from parloop.capture.made import is_made, is_pairs, names_of_part, parts_of
from parloop.frontend.expressions import Expressions
from parloop.frontend.literals import chosen, written_columns
from parloop.ir.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Extent,
    Load,
    Name,
)

Position: TypeAlias = Callable[[], Expr]
"""Makes the position of an iteration, from 0; a new object each time."""


@dataclass(frozen=True, slots=True)
class Items:
    """What an iterable gives: how many items, and the item at a position or the items' parts."""

    counts: tuple[Callable[[], Expr], ...]
    """The least of these numbers is how many items there are; below 0 means none."""
    item: Callable[[Position], Expr] | tuple[Items, ...]
    of: Load | None = None
    """The array whose items these are: its name and the subscripts in front of the position."""


@dataclass(frozen=True, slots=True)
class Positions:
    """A loop over positions: its index and bounds, and what comes first in its body."""

    index: str
    """A name of ours that `For.title` gives to people as the user's first name."""
    stop: Expr
    heads: tuple[Assign, ...]


def lower_iteration(
    node: ast.For, lowering: Expressions, *, is_outermost: bool = False
) -> Positions | None:
    """Return the loop over positions that `node` means, or None if it is of no form known here.

    What a header makes is given to the outermost loop.
    """
    if set(iterated(node.iter)) & names_stored(node):
        return None
    if any(map(is_slice, ast.walk(node.iter))) and _may_store(node.body):
        return None  # the slice of a list is another list
    lowering.made = parts_of(node.iter) if is_outermost else ()
    items = _items(node.iter, lowering)
    if items is None:
        return None
    targets = [target.id for target in ast.walk(node.target) if isinstance(target, ast.Name)]
    if not targets or len(set(targets)) < len(targets):
        return None
    pairs = _pairs(node.target, items, lowering)
    if pairs is None:
        return None
    index, span = f"%{targets[0]}", lowering.span(node.target)

    def position() -> Expr:
        return Name(index, span)

    heads = tuple(
        Assign(name, item(position), lowering.span(target)) for name, item, target in pairs
    )
    return Positions(index, _least(items.counts), heads)


def _may_store(body: list[ast.stmt]) -> bool:
    return any(
        (isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant))
        for stmt in body
        for node in ast.walk(stmt)
    )


def _least(counts: tuple[Callable[[], Expr], ...]) -> Expr:
    first, *rest = counts
    if not rest:
        return first()
    return Call("builtins.min", "min", (first(), _least(tuple(rest))))


def _pairs(
    target: ast.expr, items: Items, lowering: Expressions
) -> list[tuple[str, Callable[[Position], Expr], ast.expr]] | None:
    """Return each name of `target` with what it is bound to, in order; None if they do not fit."""
    match target, items.item:
        case ast.Name(id=name), item if not isinstance(item, tuple):
            return [(name, item, target)]
        case ast.Tuple(elts=targets), tuple(parts):
            if len(parts) != len(targets):
                return None
            found: list[tuple[str, Callable[[Position], Expr], ast.expr]] = []
            for inner, part in zip(targets, parts, strict=True):
                pairs = _pairs(inner, part, lowering)
                if pairs is None:
                    return None
                found.extend(pairs)
            return found
        case ast.Tuple(elts=targets), item if items.of is not None:
            array, depth = items.of.array, len(items.of.subscripts) + 1
            if array in lowering.bound or not all(isinstance(t, ast.Name) for t in targets):
                return None
            width = Compare("==", Extent(array, depth), Const(len(targets)))
            lowering.requires[width] = None
            return [
                (inner.id, _part(item, number), inner)
                for number, inner in enumerate(targets)
                if isinstance(inner, ast.Name)
            ]
    return None


def _part(
    item: Callable[[Position], Expr] | tuple[Items, ...], number: int
) -> Callable[[Position], Expr]:
    """Return what makes one part of an item."""

    def part(position: Position) -> Expr:
        assert not isinstance(item, tuple)
        whole = item(position)
        assert isinstance(whole, Load)
        return Load(whole.array, (*whole.subscripts, Const(number)), whole.span)

    return part


def _items(node: ast.expr, lowering: Expressions) -> Items | None:
    match node:
        case ast.Name(id=name):
            return _elements(Load(name, (), lowering.span(node)), lowering)
        case ast.Tuple() | ast.List():
            return _written(node, lowering)
        case ast.Call() if is_made(node):
            return _made(node, lowering)
        case ast.Subscript() if is_slice(node):
            return _sliced(node, lowering)
        case ast.Subscript() if lowering.is_row(node):
            row = lowering.element(node)
            places = tuple(lowering.bind(part, names_too=True) for part in row.subscripts)
            lowering.look_at(row, tuple(map(lowering.again, places)))
            return _elements(Load(row.array, places, row.span), lowering)
        case ast.Call(func=ast.Name() as func, args=args, keywords=[]):
            callee = lowering.meaning(func)
            found: Items | None = None
            match callee, args:
                case "builtins.enumerate", [iterable]:
                    found = _numbered(_items(iterable, lowering), 0)
                case "builtins.enumerate", [iterable, ast.Constant(value=int(start))]:
                    found = _numbered(_items(iterable, lowering), int(start))
                case "builtins.zip", [_, *_]:
                    found = _together([_items(part, lowering) for part in args])
                case "builtins.reversed", [ast.Name(id=name)]:
                    found = _backwards(name, node, lowering)
                case "builtins.range", [stop]:
                    found = _numbers(Const(0), stop, lowering)
                case "builtins.range", [ast.Constant(value=int(start)), stop]:
                    found = _numbers(Const(int(start)), stop, lowering)
            if found is not None and callee is not None:
                lowering.guards[func.id] = callee
            return found
    return None


def _written(node: ast.Tuple | ast.List, lowering: Expressions) -> Items | None:
    """Return the items of a list that is written down."""
    columns = written_columns(node, lowering)
    if columns is None:
        return None

    def items_of(column: Sequence[Expr]) -> Items:
        return Items((count,), lambda position: chosen(column, position, lowering))

    def count() -> Expr:
        return Const(len(node.elts), lowering.span(node))

    if not isinstance(node.elts[0], ast.Tuple | ast.List):
        return items_of(columns[0])
    return Items((count,), tuple(map(items_of, columns)))


def _made(node: ast.Call, lowering: Expressions) -> Items | None:
    """Return the items of what the header makes, which the site gives under names of ours."""
    for number, part in enumerate(lowering.made):
        if part is node:
            span = lowering.span(node)
            found = [
                _elements(Load(name, (), span), lowering) for name in names_of_part(number, part)
            ]
            return Items(found[0].counts, tuple(found)) if is_pairs(part) else found[0]
    return None


def _sliced(node: ast.Subscript, lowering: Expressions) -> Items | None:
    """Return the items of `a[i:j]`, cut off where Python cuts it off."""
    base, ends, span = node.value, node.slice, lowering.span(node)
    assert isinstance(ends, ast.Slice)
    if not lowering.moves:
        return None
    row = Load("", (), span)
    match base:
        case ast.Name(id=name):
            row = Load(name, (), span)
        case ast.Subscript() if lowering.is_row(base):
            found = lowering.element(base)
            row = Load(
                found.array,
                tuple(lowering.bind(part, names_too=True) for part in found.subscripts),
                found.span,
            )
            lowering.look_at(row, tuple(map(lowering.again, row.subscripts)))
        case _:
            return None
    lowering.arrays.add(row.array)

    def extent() -> Expr:
        return Extent(row.array, len(row.subscripts), span)

    def end(place: ast.expr | None, default: Expr) -> Expr:
        if place is None:
            return lowering.bind(default, names_too=True)
        at = lowering.bind(_index(lowering.expression(place)), names_too=True)
        from_end = Binary("+", lowering.again(at), extent(), span)
        below = Call("builtins.max", "max", (from_end, Const(0)), span)
        inside = Call("builtins.min", "min", (lowering.again(at), extent()), span)
        is_below = Compare("<", at, Const(0), span)
        return lowering.bind(Conditional(is_below, below, inside, span))

    first, last = end(ends.lower, Const(0)), end(ends.upper, extent())

    def item(position: Position) -> Expr:
        place = Binary("+", lowering.again(first), position(), span)
        return Load(row.array, (*map(lowering.again, row.subscripts), place), span)

    def count() -> Expr:
        return Binary("-", lowering.again(last), lowering.again(first), span)

    return Items((count,), item)


def _elements(of: Load, lowering: Expressions) -> Items:
    lowering.arrays.add(of.array)

    def item(position: Position) -> Expr:
        places = tuple(map(lowering.again, of.subscripts))
        return Load(of.array, (*places, position()), of.span)

    return Items((lambda: Extent(of.array, len(of.subscripts), of.span),), item, of)


def _backwards(name: str, node: ast.expr, lowering: Expressions) -> Items:
    span = lowering.span(node)
    lowering.arrays.add(name)

    def item(position: Position) -> Expr:
        last = Binary("-", Extent(name, 0, span), Const(1, span), span)
        return Load(name, (Binary("-", last, position(), span),), span)

    return Items((lambda: Extent(name, 0, span),), item, Load(name, (), span))


def _numbers(start: Const, stop: ast.expr, lowering: Expressions) -> Items | None:
    """Return the items of a `range` whose bound costs nothing to write down twice."""
    span = lowering.span(stop)

    def count() -> Expr:
        bound = _index(lowering.expression(stop))
        return Binary("-", bound, start, span) if start.value else bound

    if not isinstance(stop, ast.Name | ast.Constant):
        return None
    return Items((count,), _counting(int(start.value.real)))


def _numbered(items: Items | None, start: int) -> Items | None:
    if items is None:
        return None
    return Items(items.counts, (Items(items.counts, _counting(start)), items))


def _together(parts: list[Items | None]) -> Items | None:
    known = tuple(part for part in parts if part is not None)
    if len(known) < len(parts):
        return None
    counts = tuple(count for part in known for count in part.counts)
    return Items(counts, known)


def before(bound: Expr) -> Expr:
    """Return the number before `bound`, an argument of `range`."""
    return Binary("-", _index(bound), Const(1), bound.span)


def _index(bound: Expr) -> Expr:
    """Return `bound` as `range` takes it: a NumPy integer computes in another way."""
    if isinstance(bound, Const | Extent):
        return bound
    return Call("builtins.index", "index", (bound,), bound.span)


def _counting(start: int) -> Callable[[Position], Expr]:
    def item(position: Position) -> Expr:
        return Binary("+", position(), Const(start)) if start else position()

    return item
