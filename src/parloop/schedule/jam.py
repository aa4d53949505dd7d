"""Choose parallel loops to unroll and jam.

    for j { s = 0; for k { s += a[i, k] * b[k, j] }; c[i, j] = s }
    becomes    for j in steps of 8 { s0..s7 = 0; for k { s0 += ...; ... }; c[i, j + 0..7] = s0..s7 }

A sum in order has one addition wait for the other. Neighbouring iterations of a parallel loop
around it are independent chains: side by side they fill the pipeline, and where they touch
neighbouring addresses they become SIMD lanes. Each element keeps its order of operations
(unroll-and-jam; Kennedy & Allen, *Optimizing Compilers*, 8.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from parloop.ir.nodes import (
    Assign,
    Break,
    Call,
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
from parloop.ir.walk import all_expressions, blocks, expressions, loops, own_expressions, statements

MOST_OPERATIONS = 640
"""Copies times operations of the body: what is beyond takes longer to compile than it saves."""

CHEAP_CALLS = frozenset(
    f"{home}.{name}"
    for home in ("math", "numpy", "builtins")
    for name in ("sqrt", "fabs", "absolute", "abs", "floor", "ceil", "min", "max", "float", "int")
)
"""Calls that are a few instructions: beside others the wait for a sum does not show."""


def choose_jams(
    nest_loop: For, numbers: Mapping[int, int], parallel: frozenset[int], contiguous: frozenset[str]
) -> dict[int, int]:
    """Return how many iterations of which loops (by number) are to run side by side."""
    found: dict[int, int] = {}

    def visit(body: tuple[Stmt, ...]) -> bool:
        """Visit the loops in `body`; return whether one of them was chosen or is parallel."""
        taken = False
        for stmt in body:
            inner = False
            for block in blocks(stmt):
                inner |= visit(block)
            if isinstance(stmt, For):
                is_parallel = numbers[id(stmt)] in parallel
                if is_parallel and not inner and can_jam(stmt):
                    copies = _copies(stmt, contiguous)
                    if copies > 1:
                        found[numbers[id(stmt)]] = copies
                inner |= is_parallel
            taken |= inner
        return taken

    visit((nest_loop,))
    return found


def can_jam(loop: For) -> bool:
    """Return whether copies of the iterations of `loop` can run side by side.

    The loops inside must run equally often in all of them, and what an iteration assigns under a
    condition it must have assigned before, so that the last copy's variables are those that stay.
    """
    if loop.orelse or not any(True for _ in loops(loop.body)):
        return False
    varying = {loop.index} | {
        s.target for s in statements(loop.body) if isinstance(s, Assign)
    }
    return is_uniform(loop.body, varying, set())


def is_uniform(body: tuple[Stmt, ...], varying: set[str], assigned: set[str]) -> bool:
    """Return whether copies of `body` take the same way, where the names in `varying` differ.

    What is assigned under a condition has to be in `assigned`, or to come to be before.
    """
    for stmt in body:
        match stmt:
            case Assign(target=target):
                assigned.add(target)
            case Store():
                pass
            case If(then=then, otherwise=otherwise):
                inside = {
                    s.target for s in statements(then + otherwise) if isinstance(s, Assign)
                }
                if not inside <= assigned or any(
                    isinstance(s, For | While | Break | Continue)
                    for s in statements(then + otherwise)
                ):
                    return False
            case For(index=index, orelse=orelse):
                bounds = (stmt.start, stmt.stop, stmt.step)
                if orelse or stmt.total or index in varying:
                    return False
                if any(_varies(b, varying) for b in bounds):
                    return False
                if not is_uniform(stmt.body, varying, set(assigned)):
                    return False
            case While() | Break() | Continue():
                return False
            case _:
                assert_never(stmt)
    return True


def _varies(expr: Expr, varying: set[str]) -> bool:
    return any(
        isinstance(e, Load | Call) or (isinstance(e, Name) and e.id in varying)
        for e in expressions(expr)
    )


def _copies(loop: For, contiguous: frozenset[str]) -> int:
    operations = sum(
        len(list(expressions(e))) for s in statements(loop.body) for e in own_expressions(s)
    )
    inner = all_expressions(tuple(loops(loop.body)))
    if any(isinstance(e, Call) and e.callee not in CHEAP_CALLS for e in inner):
        return 1
    wanted = 32 if _follows_memory(loop, contiguous) else 8
    while wanted > 1 and wanted * operations > MOST_OPERATIONS:
        wanted //= 2
    return wanted


def _follows_memory(loop: For, contiguous: frozenset[str]) -> bool:
    """Return whether neighbouring iterations touch neighbouring elements, or the same one.

    Only the accesses in the loops inside count: they are the many.
    """
    inner = tuple(loops(loop.body))
    accesses: list[Load | Store] = [e for e in all_expressions(inner) if isinstance(e, Load)]
    accesses += [s for s in statements(inner) if isinstance(s, Store)]
    for access in accesses:
        using = [
            axis
            for axis, subscript in enumerate(access.subscripts)
            if any(isinstance(e, Name) and e.id == loop.index for e in expressions(subscript))
        ]
        last = len(access.subscripts) - 1
        if using and (using != [last] or access.array not in contiguous):
            return False
    return not isinstance(loop.step, Const) or loop.step.value == 1
