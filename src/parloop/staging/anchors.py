"""Find the statements whose value may never be needed, though CPython computes it.

    t = x * x            # overflows, warns
    if c { b[i] = t }    # where c is false nobody reads t: LLVM may sink the product into the if

The processor's flags tell of an overflow only if the operation runs. A value is *anchored* if on
every path from its statement it is read, or left in memory that is, before it is overwritten;
operations of statements that are not anchored get a test of their own. A backward must-analysis
(anticipated reads; Aho et al., *Compilers*, 9.5.2) over the structured IR.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias, assert_never

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
    Logical,
    Name,
    Nest,
    Stmt,
    Store,
    While,
)
from parloop.ir.walk import blocks, expressions, operands, own_expressions, statements

Names: TypeAlias = frozenset[str]


def find_anchored(nest: Nest) -> frozenset[int]:
    """Return `id(statement)` of each statement of `nest` whose value is surely needed.

    Errs towards leaving statements out.
    """
    finder = _Finder(nest)
    finder.loop(nest.loop, frozenset(nest.outputs))
    stores = _anchored_stores(nest)
    return frozenset(finder.anchored - finder.loose) | stores


def eager(expr: Expr) -> Iterator[Expr]:
    """Yield `expr` and what inside it is evaluated whenever it is."""
    yield expr
    match expr:
        case Conditional(test=test):
            yield from eager(test)
        case Logical(left=left):
            yield from eager(left)
        case _:
            for operand in operands(expr):
                yield from eager(operand)


def _reads(stmt: Stmt) -> Names:
    return frozenset(
        part.id for expr in own_expressions(stmt) for part in eager(expr) if isinstance(part, Name)
    )


class _Finder:
    def __init__(self, nest: Nest) -> None:
        self.everything = frozenset(nest.outputs) | {
            s.target for s in statements((nest.loop,)) if isinstance(s, Assign)
        }
        self.anchored: set[int] = set()
        self.loose: set[int] = set()
        self.jumps: list[tuple[Names, Names]] = []

    def block(self, body: tuple[Stmt, ...], after: Names) -> Names:
        for stmt in reversed(body):
            after = self.statement(stmt, after)
        return after

    def statement(self, stmt: Stmt, after: Names) -> Names:
        match stmt:
            case Assign(target=target):
                (self.anchored if target in after else self.loose).add(id(stmt))
                return (after - {target}) | _reads(stmt)
            case Store():
                return after | _reads(stmt)
            case If(then=then, otherwise=otherwise):
                if then or otherwise:
                    self.anchored.add(id(stmt))
                return (self.block(then, after) & self.block(otherwise, after)) | _reads(stmt)
            case For():
                return self.loop(stmt, after)
            case While():
                return self.while_loop(stmt, after)
            case Break():
                return self.jumps[-1][0]
            case Continue():
                return self.jumps[-1][1]
            case _:
                assert_never(stmt)

    def loop(self, stmt: For, after: Names) -> Names:
        self.anchored.add(id(stmt))
        behind = self.block(stmt.orelse, after)
        head = self.everything
        while True:
            following = head & behind
            self.jumps.append((after, following))
            found = self.block(stmt.body, following) - {stmt.index}
            self.jumps.pop()
            if head <= found:
                return (head & behind) | _reads(stmt)
            # An earlier round may have taken for anchored what this one does not: `loose` wins.
            head &= found

    def while_loop(self, stmt: While, after: Names) -> Names:
        self.anchored.add(id(stmt))
        behind = self.block(stmt.orelse, after)
        head = self.everything
        while True:
            self.jumps.append((after, head))
            found = (self.block(stmt.body, head) & behind) | _reads(stmt)
            self.jumps.pop()
            if head <= found:
                return head | _reads(stmt)
            head &= found


@dataclass(frozen=True, slots=True)
class _Place:
    """A store, its position in the text, and the indices that its subscripts have to follow.

    These are the index of the innermost loop around it, and of those with constant bounds, which
    LLVM may unroll. Across the iterations of other loops it does not compare what is stored.
    """

    store: Store
    indices: frozenset[str]
    position: int

    @property
    def is_once(self) -> bool:
        """Whether it writes each element at most once, as far as the loops around it go."""
        names = {
            e.id for s in self.store.subscripts for e in expressions(s) if isinstance(e, Name)
        }
        return self.indices <= names

    @property
    def reads_itself(self) -> bool:
        """Whether it needs what it overwrites."""
        return Load(self.store.array, self.store.subscripts) in list(eager(self.store.value))


def _anchored_stores(nest: Nest) -> frozenset[int]:
    """Return the stores whose value is not surely overwritten unread.

    `c[i] = 0; for k { c[i] = c[i] + x }` keeps all its values in one chain. LLVM drops what a later
    store to the same subscripts covers, and keeps only the last of the values that a loop stores to
    one place.
    """
    places = list(_places((nest.loop,), frozenset()))
    return frozenset(
        id(place.store)
        for place in places
        if (place.reads_itself or place.is_once)
        and not any(_covers(other, place) for other in places if other is not place)
    )


def _covers(other: _Place, place: _Place) -> bool:
    """Return whether `other` may overwrite what `place` stored, without reading it."""
    same = (other.store.array, other.store.subscripts) == (
        place.store.array,
        place.store.subscripts,
    )
    if not same or other.reads_itself:
        return False
    return not (other.position < place.position and other.is_once)


def _places(
    body: tuple[Stmt, ...],
    indices: frozenset[str],
    counter: Iterator[int] | None = None,
    fixed: frozenset[str] = frozenset(),
) -> Iterator[_Place]:
    counter = count() if counter is None else counter
    for stmt in body:
        match stmt:
            case Store():
                yield _Place(stmt, indices, next(counter))
            case For(index=index, start=start, stop=stop):
                within = fixed | {index} if _is_constant(start, stop) else fixed
                yield from _places(stmt.body, within | {index}, counter, within)
                yield from _places(stmt.orelse, indices, counter, fixed)
            case While():
                # What a `while` repeats has no index that tells its rounds apart.
                yield from _places(stmt.body, fixed | {"%while"}, counter, fixed)
                yield from _places(stmt.orelse, indices, counter, fixed)
            case _:
                for part in blocks(stmt):
                    yield from _places(part, indices, counter, fixed)


def _is_constant(*bounds: Expr) -> bool:
    return all(isinstance(bound, Const) for bound in bounds)
