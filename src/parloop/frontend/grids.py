"""Lower a loop over a grid to loops inside each other.

    for i, j in itertools.product(range(n), range(m)):      for i in 0:n:1 { for j in 0:m:1 {
        ...                                            ->       ...
                                                            } }

A `break` leaves them all: what stands behind the loop inside leaves the one around it, and a loop
inside that comes to its end goes past that, by its `else`. What the header of the outermost loop
makes is looked at by the site, which gives on what cannot be told from the text.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from parloop.capture.candidates import names_stored
from parloop.capture.made import axes_of, is_grid, is_range, names_in_grid, names_of_axis
from parloop.frontend.appends import breaks_out
from parloop.frontend.expressions import Expressions
from parloop.ir.nodes import (
    START,
    STEP,
    STOP,
    Assign,
    Break,
    Const,
    Continue,
    Expr,
    Extent,
    For,
    Load,
    Name,
    Stmt,
)
from parloop.ir.walk import operands
from parloop.source import Span


@dataclass(frozen=True, slots=True)
class Axis:
    """One number of the tuples that a grid gives: a loop, and what the loop inside begins with."""

    index: str
    bounds: tuple[Expr | None, Expr | None, Expr | None]
    """Start, stop and step; None for what was not lowered."""
    heads: tuple[Assign, ...] = ()


BoundsOf = Callable[[ast.Call], tuple[Expr | None, Expr | None, Expr | None]]
"""Lowers the bounds of a call of `range`."""


def outermost_axes(node: ast.For, lowering: Expressions, bounds_of: BoundsOf) -> list[Axis] | None:
    """Return the axes of the grid that a whole nest goes over, None if it is of no known form."""
    grid = _grid(node, lowering)
    if grid is None:
        return None
    span = lowering.span(node.target)
    stored = {n.id for part in node.body for n in ast.walk(part)
              if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}  # fmt: skip
    found: list[Axis] = []
    for number, (name, part) in enumerate(grid.axes):
        if not is_range(node.iter, number):
            items, index = names_of_axis(number)[0], f"%{name}"
            lowering.arrays.add(items)
            item = Assign(name, Load(items, (Name(index, span),), span), span)
            every = (Const(0), Extent(items, 0, span), Const(1))
            found.append(Axis(index, every, (item,)))
        else:
            bounds = bounds_of(part) if isinstance(part, ast.Call) else _extent(part, lowering)
            found.append(_named(name, bounds, name in stored, span))
    return [*found[:-1], replace(found[-1], heads=found[-1].heads + grid.heads(span))]


def _named(
    name: str, bounds: tuple[Expr | None, Expr | None, Expr | None], is_stored: bool, span: Span
) -> Axis:
    if not is_stored:
        return Axis(name, bounds)
    index = f"%{name}"
    return Axis(index, bounds, (Assign(name, Name(index, span), span),))


def given_bounds(
    axis: Axis, number: int, is_invariant: Callable[[Expr], bool]
) -> tuple[Expr, Expr, Expr]:
    """Return the bounds of an axis of the whole nest: those that stay as they are in the text.

    Where the text has another step than 1 the site alone knows what the last number is.
    """
    names = (START, STOP, STEP) if number == 0 else names_of_axis(number)[1:]
    start, stop, step = axis.bounds
    if start is not None and stop is not None and step == Const(1):
        plain = is_invariant(start) and is_invariant(stop)
        if plain:
            return start, stop, Const(1)
        return Name(names[0]), Name(names[1]), Const(1)
    return Name(names[0]), Name(names[1]), Name(names[2])


def inner_axes(node: ast.For, lowering: Expressions, bounds_of: BoundsOf) -> list[Axis] | None:
    """Return the axes of the grid that a loop in a nest goes over; they may have no items.

    What the bounds are made of is evaluated before the loop if this may change it.
    """
    grid = _grid(node, lowering)
    if grid is None or not all(is_range(node.iter, n) for n in range(len(grid.axes))):
        return None
    span = lowering.span(node.target)
    stored = {n.id for part in (node.target, *node.body) for n in ast.walk(part)
              if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}  # fmt: skip
    indices: list[Axis] = []
    for name, part in grid.axes:
        bounds = bounds_of(part) if isinstance(part, ast.Call) else _extent(part, lowering)
        if isinstance(part, ast.expr) and not isinstance(part, ast.Call | ast.Constant):
            return None  # `ndindex` raises where a number is below 0
        kept = [None if b is None else _kept(b, stored, lowering) for b in bounds]
        indices.append(Axis(f"%{name}", (kept[0], kept[1], kept[2])))
    heads = tuple(Assign(n, Name(f"%{n}", span), span) for n, _ in grid.axes)
    return [*indices[:-1], replace(indices[-1], heads=heads + grid.heads(span))]


def _kept(bound: Expr, stored: set[str], lowering: Expressions) -> Expr:
    return bound if _stays(bound, stored) else lowering.bind(bound, names_too=True)


def _stays(bound: Expr, stored: set[str]) -> bool:
    match bound:
        case Const():
            return True
        case Name(id=name) | Extent(array=name):
            return name not in stored
        case Load():
            return False
    return all(_stays(operand, stored) for operand in operands(bound))


@dataclass(frozen=True, slots=True)
class _Grid:
    """The name of each axis with what stands in the text for it, and the element's."""

    axes: list[tuple[str, ast.expr | Extent]]
    item: str | None = None
    array: str = ""

    def heads(self, span: Span) -> tuple[Assign, ...]:
        """Return what binds the element."""
        if self.item is None:
            return ()
        places = tuple(Name(name, span) for name, _ in self.axes)
        return (Assign(self.item, Load(self.array, places, span), span),)


def _grid(node: ast.For, lowering: Expressions) -> _Grid | None:
    call, found = node.iter, names_in_grid(node) if is_grid(node.iter) else None
    if found is None or not isinstance(call, ast.Call):
        return None
    names, item = found
    meaning, array = lowering.meaning(call.func), ""
    parts: Sequence[ast.expr | Extent]
    match meaning, call.args:
        case "itertools.product", _:
            parts = axes_of(call)
        case "numpy.ndindex", _:
            parts = _of_shape(call, len(names), lowering) or _of_extents(call)
        case "numpy.ndenumerate", [ast.Name(id=array)] if array not in names_stored(node):
            parts = _extents(array, len(names), call, lowering)
        case _:
            return None
    if len(parts) != len(names) or any(isinstance(part, ast.Starred) for part in parts):
        return None
    lowering.guards[ast.unparse(call.func)] = meaning
    axes: list[tuple[str, ast.expr | Extent]] = []
    for number, name in enumerate(names):
        axes.append((name, parts[number]))
    return _Grid(axes, item, array)


def _of_shape(call: ast.Call, count: int, lowering: Expressions) -> list[Extent]:
    """Return the extents that `ndindex(a.shape)` or `ndindex(*a.shape)` goes over."""
    match call.args:
        case [ast.Starred(value=ast.Attribute(value=ast.Name(id=array), attr="shape") as shape)]:
            pass
        case [ast.Attribute(value=ast.Name(id=array), attr="shape") as shape]:
            pass
        case _:
            return []
    return _extents(array, count, shape, lowering)


def _extents(array: str, count: int, place: ast.expr, lowering: Expressions) -> list[Extent]:
    lowering.arrays.add(array)
    lowering.no_lists.add(array)
    return [Extent(array, axis, lowering.span(place), count) for axis in range(count)]


def _of_extents(call: ast.Call) -> list[ast.expr]:
    match call.args:
        case [ast.Tuple(elts=parts)]:
            return parts
        case [_, _, *_]:
            return call.args
    return []


def _extent(part: ast.expr | Extent, lowering: Expressions) -> tuple[Expr, Expr, Expr]:
    stop = part if isinstance(part, Extent) else lowering.expression(part)
    return Const(0), stop, Const(1)


def nested(
    axes: Sequence[Axis],
    bounds: Sequence[tuple[Expr, Expr, Expr]],
    body: tuple[Stmt, ...],
    orelse: tuple[Stmt, ...],
    node: ast.For,
    header: Span,
) -> For:
    """Return the loops over `axes` around `body`, of which `node` is the text."""
    leaves = breaks_out(node)
    heads = tuple(head for axis in axes for head in axis.heads)  # anew for each tuple
    inner: tuple[Stmt, ...] = heads + body
    for number in reversed(range(len(axes))):
        axis, (start, stop, step) = axes[number], bounds[number]
        after = orelse if number == 0 else (Continue(header),) if leaves else ()
        loop = For(axis.index, start, stop, step, inner, after, header)
        inner = (loop, Break(header)) if leaves and number else (loop,)
    assert isinstance(inner[0], For)
    return inner[0]
