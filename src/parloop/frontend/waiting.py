"""Tell a `while` that waits for somebody else.

    while flag[0] == 0:        while True:
        count += 1                 seen = flag[0]
                                   if seen:
                                       break

What decides about the end of these loops stays as it is, whatever the loop does: another thread or
a signal handler has to change it, and these run between bytecodes, not within machine code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from parloop.ir.nodes import (
    Assign,
    Break,
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
from parloop.ir.walk import expressions, statements


def only_waits(loop: While) -> bool:
    """Return whether `loop` ends in its first two rounds or never, if nobody else ends it.

    Errs towards no: `while flags[k % 2] == 0: k += 1` may wait as well.
    """
    stored = {inner.array for inner in statements(loop.body) if isinstance(inner, Store)}
    moving = _moving_names(loop.body, stored)
    ways = [(loop.test,), *_ways_out(loop.body, ())]
    return not any(_may_change(tests, moving, stored) for tests in ways)


def _moving_names(body: tuple[Stmt, ...], stored: set[str]) -> set[str]:
    """Return the names that may have another value in each round."""
    times: Counter[str] = Counter()
    for inner in statements(body):
        match inner:
            case Assign(target=name) | For(index=name):
                times[name] += 1
            case _:
                pass
    moving = set(times)
    if any(isinstance(inner, Continue) for inner in statements(body)):
        return moving
    always = {stmt.target: stmt.value for stmt in body if isinstance(stmt, Assign)}
    once = {name: value for name, value in always.items() if times[name] == 1}
    while found := {
        name
        for name, value in once.items()
        if name in moving and not _may_change((value,), moving, stored)
    }:
        moving -= found
    return moving


def _ways_out(body: tuple[Stmt, ...], tests: tuple[Expr, ...]) -> Iterator[tuple[Expr, ...]]:
    """Yield for each `break` of the loop around `body` the tests that lead to it."""
    for stmt in body:
        match stmt:
            case Break():
                yield tests
            case If(test=test, then=then, otherwise=otherwise):
                yield from _ways_out(then, (*tests, test))
                yield from _ways_out(otherwise, (*tests, test))
            case For(orelse=orelse) | While(orelse=orelse):
                if any(True for _ in _ways_out(orelse, ())):
                    yield ()
            case _:
                pass


def _may_change(tests: tuple[Expr, ...], moving: set[str], stored: set[str]) -> bool:
    """Return whether one of `tests` may change from round to round; yes if there is none."""
    for test in tests:
        for inner in expressions(test):
            match inner:
                case Name(id=name) if name in moving:
                    return True
                case Load(array=array) if array in stored:
                    return True
                case _:
                    pass
    return not tests
