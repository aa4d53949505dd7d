"""What a launch is, in the terms of the cost model: operations by kind, bytes, launches.

Only shapes, types and integers are needed, so it can be found out after the launch as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from parloop.ir.nodes import (
    Binary,
    Call,
    Compare,
    Expr,
    For,
    Load,
    Name,
    Nest,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.walk import blocks, expressions, loops, own_expressions, statements
from parloop.schedule.cost import Weigh, estimate, estimate_operations
from parloop.schedule.devices import Work
from parloop.schedule.plan import Plan, number_loops

CACHED_BYTES: Final = 1 << 22
"""Arrays that take no more are taken to stay in the caches."""

_DIVIDING: Final = frozenset(("/", "//", "%"))
_PLAIN: Final = frozenset(("abs", "min", "max", "float", "int", "bool", "index", "sqrt", "fabs"))
"""Functions that are an operation or two, or counted as something else."""


def work_of(
    nest: Nest,
    indices: range,
    arguments: Mapping[str, Any],
    plan: Plan,
    *,
    parallel: bool,
    even: bool,
) -> Work:
    """Return what a launch of `nest` is.

    `parallel` says whether it uses the cores, `even` whether iterations take the same time.
    """

    def count(weigh: Weigh) -> float:
        return estimate(nest, indices, arguments, weigh)

    arrays = {n: a for n, a in arguments.items() if isinstance(a, np.ndarray)}
    written = {s.array for s in statements((nest.loop,)) if isinstance(s, Store)}
    moved = _moving(nest, arrays)
    footprint = float(sum(array.nbytes for array in arrays.values()))
    traffic = count(lambda part: moved.get(id(part), 0.0))
    waits = any(isinstance(s, While) for s in statements((nest.loop,)))
    regions = _launches(nest, indices, arguments, plan)
    return Work(
        operations=count(_native),
        traffic_bytes=traffic if footprint > CACHED_BYTES else 0.0,
        bytes_in=footprint,
        bytes_out=float(sum(a.nbytes for n, a in arrays.items() if n in written)),
        launches=regions,
        is_single=bool(arrays) and all(array.itemsize <= 4 for array in arrays.values()),
        divisions=count(_divides),
        calls=count(_calls),
        interpreted=estimate_operations(nest, indices, arguments),
        in_lanes=bool(plan.lanes or plan.jams) and not waits,
        is_parallel=parallel,
        regions=regions,
        is_even=even,
    )


def _native(part: Stmt | Expr) -> float:
    return float(isinstance(part, Load | Store | Binary | Unary | Compare))


def _divides(part: Stmt | Expr) -> float:
    match part:
        case Binary(op=op):
            return float(op in _DIVIDING)
        case Call(callee=name):
            return float(name.endswith("sqrt"))
    return 0.0


def _calls(part: Stmt | Expr) -> float:
    match part:
        case Binary(op="**"):
            return 1.0
        case Call(callee=name):
            return float(name.rpartition(".")[2] not in _PLAIN)
    return 0.0


def _launches(
    nest: Nest, indices: range, arguments: Mapping[str, Any], plan: Plan
) -> float:
    """Return how often loops are given to the cores, or to a GPU."""
    if 0 in plan.cores:
        return 1.0
    numbers = number_loops(nest)

    def weigh(part: Stmt | Expr) -> float:
        return float(isinstance(part, For) and numbers.get(id(part), -1) in plan.cores)

    return max(1.0, estimate(nest, indices, arguments, weigh))


def _moving(nest: Nest, arrays: Mapping[str, np.ndarray[Any, Any]]) -> dict[int, float]:
    """Return the accesses, by id, that bring an element of their own in each iteration.

    Of several accesses to one array in the body of one loop the first: the others are close by.
    """
    found: dict[int, float] = {}
    for loop in loops((nest.loop,)):
        seen: set[str] = set()
        for access in _accesses(loop.body):
            array = arrays.get(access.array)
            if array is None or access.array in seen or not _follows(access, loop):
                continue
            seen.add(access.array)
            found[id(access)] = float(array.itemsize)
    return found


def _accesses(body: tuple[Stmt, ...]) -> list[Load | Store]:
    """Return the accesses of a loop's body that are in no loop inside it."""
    found: list[Load | Store] = []
    for stmt in body:
        for expr in own_expressions(stmt):
            found += [part for part in expressions(expr) if isinstance(part, Load)]
        if isinstance(stmt, Store):
            found.append(stmt)
        if not isinstance(stmt, For | While):
            for inner in blocks(stmt):
                found += _accesses(inner)
    return found


def _follows(access: Load | Store, loop: For) -> bool:
    """Return whether another iteration of `loop` accesses another element."""
    return any(
        isinstance(part, Load) or (isinstance(part, Name) and part.id == loop.index)
        for subscript in access.subscripts
        for part in expressions(subscript)
    )
