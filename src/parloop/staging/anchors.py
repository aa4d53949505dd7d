"""Find the statements whose value may never be needed, though CPython computes it.

    t = x * x            # overflows, warns
    if c { b[i] = t }    # where c is false nobody reads t: LLVM may sink the product into the if

The processor's flags tell of an overflow only if the operation runs. A value is *anchored* if on
every path from its statement it is read, or left in memory that is, before it is overwritten;
operations of statements that are not anchored get a test of their own. Reads count only in
statements that are anchored themselves. A backward must-analysis (anticipated reads; Aho et al.,
*Compilers*, 9.5.2) over the structured IR. What LLVM can compute itself never runs
(`staging.folding`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias, assert_never

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
    For,
    If,
    Load,
    Logical,
    Name,
    Nest,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.walk import blocks, expressions, operands, own_expressions, statements

Names: TypeAlias = frozenset[str]


def find_anchored(nest: Nest, folded: frozenset[int] = frozenset()) -> frozenset[int]:
    """Return `id(statement)` of each statement of `nest` whose value is surely needed and computed.

    Errs towards leaving statements out. `folded` are those whose operands the compiler may know.
    """
    stores = _anchored_stores(nest)
    finder = _Finder(nest, stores)
    found = -1
    while found != len(finder.loose):  # what is loose may let go of what it reads
        found = len(finder.loose)
        finder.loop(nest.loop, frozenset(nest.outputs))
    return (frozenset(finder.anchored - finder.loose) | (stores - finder.loose)) - folded


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


def is_hollow(expr: Expr) -> bool:
    """Return whether LLVM may know a part of `expr` without computing all that it is made from.

    `int(x > y) * 0`, `x > y or True`, `abs(x) < 0`, `t if x > y else t`. Errs towards yes.
    """
    return any(_is_hollow(part) for part in expressions(expr))


def _is_hollow(expr: Expr) -> bool:
    match expr:
        case Binary(op=op, left=left, right=right):
            plain = (0,) if op in ("+", "-") else (0, 1, -1)
            return any(
                isinstance(e, Compare | Logical) or (isinstance(e, Const) and e.value in plain)
                for e in (left, right)
            )
        case Logical(left=left, right=right):
            return left == right or isinstance(left, Const) or isinstance(right, Const)
        case Conditional(then=then, otherwise=otherwise):
            return then == otherwise
        case Compare(left=left, right=right):
            return left == right or _is_known_sign(left, right) or _is_known_sign(right, left)
        case Call(arguments=arguments) | Unary(operand=arguments):
            inside = arguments if isinstance(arguments, tuple) else (arguments,)
            return any(isinstance(e, Compare | Logical) for e in inside)
        case _:
            return False


def _is_known_sign(expr: Expr, bound: Expr) -> bool:
    """Return whether `expr` may be known to lie on one side of `bound` without its operands."""
    if not isinstance(bound, Const) or isinstance(bound.value, complex):
        return not isinstance(bound, Name | Load) and _is_constant(*expressions(bound))
    if 0 < bound.value < float("inf"):
        return False
    return isinstance(expr, Call | Compare | Logical) or (
        isinstance(expr, Binary) and (expr.left == expr.right or expr.op in ("**", "%", "&"))
    )


def _reads(stmt: Stmt) -> Names:
    return frozenset(
        part.id for expr in own_expressions(stmt) for part in eager(expr) if isinstance(part, Name)
    )


class _Finder:
    """Finds anchored statements. What was once found loose stays so; its reads do not count."""

    def __init__(self, nest: Nest, stores: frozenset[int]) -> None:
        self.nest = nest
        self.stores = stores
        self.everything = frozenset(nest.outputs) | {
            s.target for s in statements((nest.loop,)) if isinstance(s, Assign)
        }
        self.anchored: set[int] = set()
        self.loose: set[int] = set()
        self.jumps: list[tuple[Names, Names]] = []
        self.innermost: For | While = nest.loop

    def block(self, body: tuple[Stmt, ...], after: Names) -> Names:
        for stmt in reversed(body):
            after = self.statement(stmt, after)
        return after

    def statement(self, stmt: Stmt, after: Names) -> Names:
        match stmt:
            case Assign(target=target, value=value):
                reads = self.reads(stmt, anchored=target in after and not is_hollow(value))
                return (after - {target}) | reads
            case Store(value=value):
                anchored = id(stmt) in self.stores and not is_hollow(value)
                return after | self.reads(stmt, anchored=anchored)
            case If(test=test, then=then, otherwise=otherwise):
                both = self.block(then, after) & self.block(otherwise, after)
                matters = self.matters(then, otherwise) or self.matters(otherwise, then)
                return both | self.reads(stmt, anchored=matters and not is_hollow(test))
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

    def reads(self, stmt: Stmt, *, anchored: bool) -> Names:
        """Return what a statement reads if its value is needed, and note whether it is."""
        if not anchored:
            self.loose.add(id(stmt))
        if id(stmt) in self.loose:
            return frozenset()
        self.anchored.add(id(stmt))
        return _reads(stmt)

    def matters(self, body: tuple[Stmt, ...], other: tuple[Stmt, ...]) -> bool:
        """Return whether it shows if `body` runs or `other`; errs towards no."""
        return any(
            self.has_effect(stmt) and not any(_is_same(stmt, o) for o in statements(other))
            for stmt in statements(body)
        )

    def has_effect(self, stmt: Stmt) -> bool:
        match stmt:
            case Assign(target=target, value=value):
                if id(stmt) in self.loose or value == Name(target):
                    return False
                return any(
                    isinstance(e, Name) and e.id == target for e in expressions(value)
                ) or self.is_only(stmt)
            case Store(array=array, subscripts=subscripts, value=value):
                return (
                    id(stmt) in self.stores - self.loose
                    and value != Load(array, subscripts)
                    and (not isinstance(value, Const) or self.is_only(stmt))
                )
            case Continue():
                skipped = _behind(self.innermost.body, stmt) or ()
                return any(
                    self.has_effect(s)
                    for s in statements(skipped)
                    if isinstance(s, Assign | Store | Break)
                )
            case Break():
                is_end = self.innermost is self.nest.loop
                return is_end or any(
                    self.has_effect(s)
                    for s in statements(self.innermost.body)
                    if isinstance(s, Assign | Store)
                )
            case _:
                return False

    def is_only(self, stmt: Stmt) -> bool:
        """Return whether no other statement gives the same place the same value."""
        return sum(_is_same(stmt, s) for s in statements((self.nest.loop,))) == 1

    def loop(self, stmt: For, after: Names) -> Names:
        outer, self.innermost = self.innermost, stmt
        try:
            return self._loop(stmt, after)
        finally:
            self.innermost = outer

    def _loop(self, stmt: For, after: Names) -> Names:
        behind = self.block(stmt.orelse, after)
        head = self.everything
        while True:
            following = head & behind
            self.jumps.append((after, following))
            found = self.block(stmt.body, following) - {stmt.index}
            self.jumps.pop()
            if head <= found:
                anchored = stmt is self.nest.loop or self.matters(stmt.body, ())
                return (head & behind) | self.reads(stmt, anchored=anchored)
            # An earlier round may have taken for anchored what this one does not: `loose` wins.
            head &= found

    def while_loop(self, stmt: While, after: Names) -> Names:
        outer, self.innermost = self.innermost, stmt
        try:
            return self._while_loop(stmt, after)
        finally:
            self.innermost = outer

    def _while_loop(self, stmt: While, after: Names) -> Names:
        behind = self.block(stmt.orelse, after)
        head = self.everything
        while True:
            self.jumps.append((after, head))
            inside = self.block(stmt.body, head) & behind
            self.jumps.pop()
            # What only the test needs does not keep the loop: LLVM deletes both.
            shows = any(
                self.has_effect(s) and (isinstance(s, Store) or s.target in behind)
                for s in statements(stmt.body)
                if isinstance(s, Assign | Store)
            )
            anchored = shows and not is_hollow(stmt.test)
            found = inside | self.reads(stmt, anchored=anchored)
            if head <= found:
                return head
            head &= found


def _behind(body: tuple[Stmt, ...], jump: Stmt) -> tuple[Stmt, ...] | None:
    """Return the statements of `body` that come after `jump` where this does not jump.

    None if it is not there.
    """
    for place, stmt in enumerate(body):
        if stmt is jump:
            return body[place + 1 :]
        for part in blocks(stmt) if not isinstance(stmt, For | While) else (stmt.orelse,):
            found = _behind(part, jump)
            if found is not None:
                return found + body[place + 1 :]
    return None


def _is_same(one: Stmt, other: Stmt) -> bool:
    """Return whether two statements give the same place the same value, by their text."""
    match one, other:
        case Assign(), Assign():
            return (one.target, one.value) == (other.target, other.value)
        case Store(), Store():
            here = (one.array, one.subscripts, one.value)
            return here == (other.array, other.subscripts, other.value)
        case _:
            return type(one) is type(other) and isinstance(one, Break | Continue)


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
