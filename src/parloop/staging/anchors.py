"""Find the statements whose value may never be needed, though CPython computes it.

    t = x * x            # overflows, warns
    if c { b[i] = t }    # where c is false nobody reads t: LLVM may move the product into the branch

The processor's flags tell of an overflow only if the operation runs. A value is *anchored* if on every path from
its statement it is read, or left in memory that is, before it is overwritten; operations of statements that are not
anchored get a test of their own. A backward must-analysis (anticipated reads; Aho et al., *Compilers*, 9.5.2) over the
structured IR.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias, assert_never

from parloop.ir.nodes import (
    Assign,
    Break,
    Conditional,
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
from parloop.ir.walk import expressions, operands, own_expressions, statements

Names: TypeAlias = frozenset[str]


def find_anchored(nest: Nest) -> frozenset[int]:
    """Return `id(statement)` of each statement of `nest` whose value is surely needed.

    Errs towards leaving statements out.
    """
    finder = _Finder(nest)
    finder.loop(nest.loop, frozenset(nest.outputs))
    stores = _anchored_stores(nest)
    return frozenset(finder.anchored - finder.loose) | stores


def eager_names(expr: Expr) -> Iterator[str]:
    """Yield the names that are read whenever `expr` is evaluated."""
    match expr:
        case Name(id=name):
            yield name
        case Conditional(test=test):
            yield from eager_names(test)
        case Logical(left=left):
            yield from eager_names(left)
        case _:
            for operand in operands(expr):
                yield from eager_names(operand)


def _reads(stmt: Stmt) -> Names:
    return frozenset(name for expr in own_expressions(stmt) for name in eager_names(expr))


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


def _anchored_stores(nest: Nest) -> frozenset[int]:
    """Return the stores that no later one surely overwrites.

    A store is left out if another one has the same subscripts, or if it does not follow the index of each loop
    around it and does not read what it overwrites: LLVM keeps only the last of such values.
    """
    found: set[int] = set()
    all_stores = [s for s in statements((nest.loop,)) if isinstance(s, Store)]

    def visit(body: tuple[Stmt, ...], indices: frozenset[str]) -> None:
        for stmt in body:
            match stmt:
                case Store(array=array, subscripts=subscripts, value=value):
                    same = [s for s in all_stores if (s.array, s.subscripts) == (array, subscripts)]
                    names = {e.id for s in subscripts for e in expressions(s) if isinstance(e, Name)}
                    reads_itself = Load(array, subscripts) in list(expressions(value))
                    if len(same) == 1 and (indices <= names or reads_itself):
                        found.add(id(stmt))
                case For(index=index, body=inner, orelse=orelse):
                    visit(inner, indices | {index})
                    visit(orelse, indices)
                case While(body=inner, orelse=orelse):
                    visit(inner, indices | {"%while"})
                    visit(orelse, indices)
                case If(then=then, otherwise=otherwise):
                    visit(then, indices)
                    visit(otherwise, indices)
                case Assign() | Break() | Continue():
                    pass
                case _:
                    assert_never(stmt)

    visit((nest.loop,), frozenset())
    return frozenset(found)
