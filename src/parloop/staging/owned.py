"""Arrays of which each iteration of a loop may have its own, instead of one for all of them.

    for i in 0:n:1 {                                     for i in 0:n:1 own %s0 {
        for %i0 in 0:m:1 { %s0[%i0] = x[i] - y[%i0] }  ->    ...
        for %i1 in 0:m:1 { s += %s0[%i1] }

Each iteration fills `%s0`, from its first element to its last, before it reads one. So nothing goes
through it from one iteration to another, though all of them write to the same memory; machine code
gives the cores one each. What is left is what the last iteration has left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never

from parloop.ir.nodes import (
    Assign,
    Break,
    Const,
    Continue,
    Expr,
    For,
    If,
    Load,
    Name,
    Stmt,
    Store,
    While,
)
from parloop.ir.walk import blocks, bound_names, expressions, own_expressions, statements

Extents: TypeAlias = Mapping[str, tuple[Expr, ...]]

Filled: TypeAlias = frozenset[str] | None
"""The arrays that are surely filled at a place, None where no run comes by."""


def with_own(
    loop: For, extents: Extents, left: Iterable[str]
) -> For:
    """Return the loop with `own` set in it, and in the loops inside it.

    `extents` are those of the arrays that the nest makes; `left` are those that it leaves.
    """
    written = {s.array for s in statements((loop,)) if isinstance(s, Store)} & extents.keys()
    if not written:
        return loop
    arrays = {name: extents[name] for name in written}
    uses = _count((loop,))
    return _marked(loop, arrays, uses, frozenset(left))


def _marked(
    loop: For, arrays: Extents, uses: Mapping[str, int], left: frozenset[str]
) -> For:
    inside = _count(loop.body)
    walk = _Walk(arrays)
    walk.end(walk.block(loop.body, frozenset()))
    own = [
        name
        for name in sorted(inside.keys() & walk.ever)
        if name not in walk.unsafe
        and (name in walk.filled or (name not in left and inside[name] == uses[name]))
    ]
    if not walk.ever:
        return loop
    marked = [_marked_inside(stmt, arrays, uses, left) for stmt in loop.body]
    return replace(loop, body=tuple(marked), own=tuple(own))


def _marked_inside(
    stmt: Stmt, arrays: Extents, uses: Mapping[str, int], left: frozenset[str]
) -> Stmt:
    def marked(body: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
        return tuple(_marked_inside(inner, arrays, uses, left) for inner in body)

    match stmt:
        case For():
            return _marked(stmt, arrays, uses, left)
        case While():
            return replace(stmt, body=marked(stmt.body))
        case If():
            return replace(stmt, then=marked(stmt.then), otherwise=marked(stmt.otherwise))
        case _:
            return stmt


def _count(body: tuple[Stmt, ...]) -> dict[str, int]:
    """Return how many statements and expressions name each array."""
    found: dict[str, int] = {}
    for stmt in statements(body):
        names = [stmt.array] if isinstance(stmt, Store) else []
        for expr in own_expressions(stmt):
            names += [part.array for part in expressions(expr) if isinstance(part, Load)]
        for name in names:
            found[name] = found.get(name, 0) + 1
    return found


@dataclass(slots=True)
class _Walk:
    """One iteration of a loop, in order: which arrays are filled where."""

    arrays: Extents
    unsafe: set[str] = field(default_factory=set)
    """The arrays that are touched before they are filled."""
    ever: set[str] = field(default_factory=set)
    """Those that are filled somewhere."""
    filled: frozenset[str] = frozenset()
    """Those that are filled wherever the iteration ends."""
    ended: bool = False
    depth: int = 0

    def end(self, state: Filled) -> None:
        """Note that the iteration may end here."""
        if state is not None:
            self.filled = self.filled & state if self.ended else state
            self.ended = True

    def block(self, body: tuple[Stmt, ...], state: Filled) -> Filled:
        for stmt in body:
            state = self.statement(stmt, state)
        return state

    def read(self, stmt: Stmt, state: Filled) -> None:
        """Look at what a statement reads itself."""
        for expr in own_expressions(stmt):
            for part in expressions(expr):
                if isinstance(part, Load):
                    self.touch(part.array, state)

    def touch(self, array: str, state: Filled) -> None:
        if array in self.arrays and (state is None or array not in state):
            self.unsafe.add(array)

    def statement(self, stmt: Stmt, state: Filled) -> Filled:
        """Return which arrays are filled after `stmt`."""
        match stmt:
            case Assign():
                self.read(stmt, state)
                return state
            case Store():
                self.read(stmt, state)
                self.touch(stmt.array, state)
                return state
            case If():
                self.read(stmt, state)
                then = self.block(stmt.then, state)
                otherwise = self.block(stmt.otherwise, state)
                if then is None or otherwise is None:
                    return otherwise if then is None else then
                return then & otherwise
            case For():
                self.read(stmt, state)
                name = self.fills(stmt)
                self.inside(stmt, state, name)
                if name is None or state is None:
                    return state
                self.ever.add(name)
                return state | {name}
            case While():
                self.read(stmt, state)
                self.inside(stmt, state, None)
                return state
            case Break() | Continue():
                if not self.depth:
                    self.end(state)
                return None
            case _:
                assert_never(stmt)

    def inside(self, loop: For | While, state: Filled, filled: str | None) -> None:
        """Look at the body of a loop inside, which fills an array, or at times none."""
        self.depth += 1
        before = filled in self.unsafe
        self.block(loop.body, state)
        self.depth -= 1
        if filled is not None and not before and not _reads((loop,), filled):
            self.unsafe.discard(filled)
        self.block(loop.orelse, state)

    def fills(self, loop: For) -> str | None:
        """Return the array of which `loop` surely stores all elements, if there is one."""
        indices: list[str] = []
        stops: list[Expr] = []
        inner = loop
        while True:
            if inner.start != Const(0) or inner.step != Const(1) or inner.orelse:
                return None
            if not all(map(_goes_on, _own_level(inner.body))):
                return None
            indices.append(inner.index)
            if bound_names(inner.body) & set(indices):
                return None
            stops.append(inner.stop)
            for stmt in inner.body:
                if (
                    isinstance(stmt, Store)
                    and self.arrays.get(stmt.array) == tuple(stops)
                    and stmt.subscripts == tuple(map(Name, indices))
                ):
                    return stmt.array
            loops = [stmt for stmt in inner.body if isinstance(stmt, For)]
            if len(loops) != 1:
                return None
            (inner,) = loops


def _own_level(body: tuple[Stmt, ...]) -> Iterable[Stmt]:
    """Return the statements of a body, those of loops inside it not included."""
    for stmt in body:
        yield stmt
        if isinstance(stmt, If):
            for block in blocks(stmt):
                yield from _own_level(block)


def _goes_on(stmt: Stmt) -> bool:
    """Return whether the loop around is surely not left, nor an iteration of it, at `stmt`."""
    if isinstance(stmt, For | While):
        return not stmt.orelse
    return not isinstance(stmt, Break | Continue)


def _reads(body: tuple[Stmt, ...], array: str) -> bool:
    return any(
        isinstance(part, Load) and part.array == array
        for stmt in statements(body)
        for expr in own_expressions(stmt)
        for part in expressions(expr)
    )
