"""Lower `out.append(value)` to a store behind the items that an iteration finds.

    for i in range(n):                 for i in 0:n:1 {
        out.append(a[i])        ->         out[i] = a[i]
                                       }

The runtime gives machine code an array of its own for `out`, of which the first items are
appended to the list when a slice ends. Where an append is not made exactly once in each iteration,
a counter says where it goes, which a slice begins with 0:

    if a[i] > 0:                           if a[i] > 0 { out[%n.out] = a[i]
        out.append(a[i])        ->                       %n.out = %n.out + 1 }
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from parloop.ir.nodes import Assign, Binary, Const, Expr, Name, Stmt, Store
from parloop.ir.parts import list_of, part_name, part_of
from parloop.source import Span


def appended(stmt: ast.stmt) -> tuple[str, ast.expr] | None:
    """Return the name and the value of `name.append(value)`, None for any other statement."""
    match stmt:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="append"),
                args=[value],
                keywords=[],
            )
        ) if not isinstance(value, ast.Starred):
            return name, value
    return None


@dataclass(slots=True)
class Appends:
    """The lists that a loop appends to.

    `position` is the number of the iteration, if that can be written down; `steady` are the lists
    that get one item in each iteration.
    """

    steady: frozenset[str] = frozenset()
    position: Name | None = None
    found: dict[str, str] = field(default_factory=dict)
    """Each list with its counter, or an empty text."""
    spans: set[Span] = field(default_factory=set)
    """Where the appends stand."""

    def lower(self, name: str, value: Expr, span: Span) -> list[Stmt]:
        """Return the statements that append `value`."""
        return self._lower(name, {name: value}, span)

    def lower_parts(
        self, name: str, values: Sequence[Expr], span: Span, *, is_list: bool
    ) -> list[Stmt]:
        """Return the statements that append a tuple, or list, of `values`."""
        count = len(values)
        named = {
            part_name(name, number, count, is_list=is_list): value
            for number, value in enumerate(values)
        }
        return self._lower(name, named, span)

    def _lower(self, name: str, values: Mapping[str, Expr], span: Span) -> list[Stmt]:
        self.spans.add(span)
        if self.position is not None and name in self.steady:
            self.found.update(dict.fromkeys(values, ""))
            place = self.position.id
            return [Store(a, (Name(place, span),), value, span) for a, value in values.items()]
        counter = f"%n.{name}"
        self.found.update(dict.fromkeys(values, counter))
        more = Binary("+", Name(counter, span), Const(1, span), span)
        stores = [Store(a, (Name(counter, span),), value, span) for a, value in values.items()]
        return [*stores, Assign(counter, more, span)]

    def is_mixed(self, name: str) -> bool:
        """Return whether numbers and tuples, or other tuples, are appended to the list `name`."""
        parts = [part_of(found) for found in self.found if list_of(found) == name]
        return len({part and (part.width, part.is_list) for part in parts}) > 1


def steady_lists(loop: ast.For) -> frozenset[str]:
    """Return the lists to which each iteration of `loop` surely appends one item."""
    if any(isinstance(node, ast.Break | ast.Continue) for node in _of_loop(loop.body)):
        return frozenset()
    every = [found[0] for stmt in _statements(loop.body) if (found := appended(stmt))]
    top = [found[0] for stmt in loop.body if (found := appended(stmt))]
    return frozenset(name for name in top if every.count(name) == 1)


def breaks_out(loop: ast.For) -> bool:
    """Return whether a `break` leaves `loop` itself."""
    return any(isinstance(node, ast.Break) for node in _of_loop(loop.body))


def appends_after(loop: ast.For) -> Iterator[ast.stmt]:
    """Yield the appends in the `else` of `loop`, which is not one of its iterations."""
    yield from (s for s in _statements(loop.orelse) if appended(s))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for stmt in body:
        yield from (node for node in ast.walk(stmt) if isinstance(node, ast.stmt))


def _of_loop(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that a `break` in one of which would leave this loop, not an inner."""
    for stmt in body:
        yield stmt
        match stmt:
            case ast.For() | ast.While():
                yield from _of_loop(stmt.orelse)
            case ast.If():
                yield from _of_loop(stmt.body)
                yield from _of_loop(stmt.orelse)
