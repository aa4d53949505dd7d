"""Which scalars an iteration of a loop makes for itself, and which it gets from the one before.

    for i in 0:n { t = a[i]; b[i] = t * t; s = s + t }      `t` is private, `s` is carried

A scalar is *private* to a loop if every iteration assigns it before it reads it, on every path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from parloop.ir.nodes import (
    Assign,
    Break,
    Const,
    Continue,
    Expr,
    For,
    If,
    Name,
    Stmt,
    Store,
    While,
)
from parloop.ir.walk import expressions, own_expressions

Assigned: TypeAlias = frozenset[str] | None
"""The scalars assigned on every path to a place; None: no path leads there."""


@dataclass(frozen=True, slots=True)
class ScalarUse:
    """What one iteration of a loop does with scalars."""

    assigned: frozenset[str]  # on some path
    always_assigned: frozenset[str]  # on every path
    exposed: dict[str, Name]  # read before they are assigned on some path: the first such read

    @property
    def private(self) -> frozenset[str]:
        """The scalars that every iteration assigns before it reads them."""
        return self.assigned - self.exposed.keys()

    @property
    def carried(self) -> frozenset[str]:
        """The scalars that an iteration may get from the one before."""
        return self.assigned & self.exposed.keys()


def scalar_use(loop: For) -> ScalarUse:
    """Return what an iteration of `loop` does with scalars, its own index included."""
    scan = _Scan()
    scan.assigned.add(loop.index)
    ends: list[Assigned] = []
    end = scan.block(loop.body, frozenset({loop.index}), ends)
    always = _meet([end, *ends])
    return ScalarUse(
        frozenset(scan.assigned),
        frozenset(scan.assigned) if always is None else always,
        scan.exposed,
    )


def _meet(paths: Iterable[Assigned]) -> Assigned:
    """Return what is assigned on all of `paths`."""
    result: Assigned = None
    for assigned in paths:
        if assigned is not None:
            result = assigned if result is None else result & assigned
    return result


class _Scan:
    def __init__(self) -> None:
        self.assigned: set[str] = set()
        self.exposed: dict[str, Name] = {}

    def reads(self, exprs: Iterable[Expr], assigned: Assigned) -> None:
        if assigned is None:
            return
        for expr in exprs:
            for inner in expressions(expr):
                if isinstance(inner, Name) and inner.id not in assigned:
                    self.exposed.setdefault(inner.id, inner)

    def block(self, body: tuple[Stmt, ...], assigned: Assigned, ends: list[Assigned]) -> Assigned:
        """Visit `body`; `ends` collects what is assigned where a break or continue leaves it."""
        for stmt in body:
            assigned = self.visit(stmt, assigned, ends)
        return assigned

    def visit(self, stmt: Stmt, assigned: Assigned, ends: list[Assigned]) -> Assigned:
        self.reads(own_expressions(stmt), assigned)
        match stmt:
            case Store():
                return assigned
            case Assign(target=target):
                self.assigned.add(target)
                return None if assigned is None else assigned | {target}
            case If(then=then, otherwise=otherwise):
                first = self.block(then, assigned, ends)
                second = self.block(otherwise, assigned, ends)
                return _meet([first, second])
            case Break() | Continue():
                ends.append(assigned)
                return None
            case For():
                return self.visit_for(stmt, assigned, ends)
            case While(body=body, orelse=orelse):
                leaving: list[Assigned] = []
                self.block(body, assigned, leaving)
                normal = self.block(orelse, assigned, ends)
                # A path that breaks off has assigned at least what was assigned before.
                return _meet([normal, assigned]) if leaving else normal
            case _:
                assert_never(stmt)

    def visit_for(self, loop: For, assigned: Assigned, ends: list[Assigned]) -> Assigned:
        self.assigned.add(loop.index)
        inner = None if assigned is None else assigned | {loop.index}
        leaving: list[Assigned] = []
        end = self.block(loop.body, inner, leaving)
        before = assigned
        if _surely_runs(loop):
            before = _meet([end, *leaving])
        normal = self.block(loop.orelse, before, ends)
        return _meet([normal, before]) if leaving else normal


def _surely_runs(loop: For) -> bool:
    """Return whether the constant bounds of `loop` give at least one iteration."""
    match loop:
        case For(start=Const(value=int(lo)), stop=Const(value=int(hi)), step=Const(value=int(by))):
            return by != 0 and len(range(lo, hi, by)) > 0
        case _:
            return False
