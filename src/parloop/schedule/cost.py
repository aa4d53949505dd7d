"""Estimate how much work a launch is, from its values.

Operations of one iteration, times the trip counts of the loops inside; bounds that cannot be told
count as `UNKNOWN_TRIPS`. Only speed depends on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np

from parloop.capture.weight import SECONDS_PER_OPERATION
from parloop.ir.nodes import (
    Binary,
    Call,
    Const,
    Expr,
    Extent,
    For,
    If,
    Load,
    Name,
    Nest,
    Slice,
    Stmt,
    Store,
    While,
)
from parloop.ir.walk import all_expressions, blocks, expressions, own_expressions, statements

Weigh: TypeAlias = Callable[[Stmt | Expr], float]

UNKNOWN_TRIPS = 8
ARRAY_OPERATIONS = 16
"""What calling NumPy for a whole array costs, in operations on numbers."""
ELEMENTS_PER_OPERATION = 40
"""So many elements NumPy does in the time of one operation on numbers."""
CALL_OPERATIONS = 5


def interpreter_seconds(operations: float) -> float:
    """Return how long CPython takes for so many operations."""
    return operations * SECONDS_PER_OPERATION


def making_seconds(nest: Nest) -> float:
    """Return about how many seconds it takes to analyse a nest and to make its machine code."""
    body = (nest.loop,)
    n_statements = sum(1 for _ in statements(body))
    return 0.03 + 0.012 * n_statements + 0.001 * sum(1 for _ in all_expressions(body))


def estimate_operations(nest: Nest, indices: range, arguments: Mapping[str, Any]) -> float:
    """Return the operations that the loop is, over `indices`."""

    def weigh(part: Stmt | Expr) -> float:
        match part:
            case Call():
                return CALL_OPERATIONS + _whole(part, arguments)
            case Store(array=array, subscripts=subscripts):
                return 1.0 + _whole(Load(array, subscripts), arguments)
            case Name() | Load():
                return 1.0 + _whole(part, arguments)
        return 1.0

    return estimate(nest, indices, arguments, weigh)


def estimate(nest: Nest, indices: range, arguments: Mapping[str, Any], weigh: Weigh) -> float:
    """Return what the statements and expressions of the loop weigh, each as often as it runs."""
    if not indices:
        return 0.0
    middle = indices[len(indices) // 2]
    return len(indices) * _work(nest.loop.body, {nest.loop.index: middle}, arguments, weigh)


def takes_whole_arrays(nest: Nest, arguments: Mapping[str, Any]) -> bool:
    """Return whether what an iteration costs depends on how large arrays are."""
    body = (nest.loop,)
    stores = (Load(s.array, s.subscripts) for s in statements(body) if isinstance(s, Store))
    return any(_whole(part, arguments) > 0 for part in (*all_expressions(body), *stores))


def _work(
    body: tuple[Stmt, ...], known: Mapping[str, int], arguments: Mapping[str, Any], weigh: Weigh
) -> float:
    total = 0.0
    for stmt in body:
        total += weigh(stmt)
        for expr in own_expressions(stmt):
            total += sum(map(weigh, expressions(expr)))
        match stmt:
            case For():
                start = _value(stmt.start, known, arguments)
                stop = _value(stmt.stop, known, arguments)
                step = _value(stmt.step, known, arguments)
                trips, middle = float(UNKNOWN_TRIPS), 0
                if start is not None and stop is not None and step:
                    count = len(range(start, stop, step))
                    trips, middle = float(count), start + step * (count // 2)
                total += trips * _work(stmt.body, {**known, stmt.index: middle}, arguments, weigh)
            case While():
                total += UNKNOWN_TRIPS * _work(stmt.body, known, arguments, weigh)
            case If():
                total += max(_work(part, known, arguments, weigh) for part in blocks(stmt))
            case _:
                pass
    return total


def _whole(part: Expr, arguments: Mapping[str, Any]) -> float:
    """Return the operations on whole arrays that stand behind a view of one.

    Each view has about one operation that takes it. What names made in the nest hold counts like
    the largest of the arrays that are given.
    """
    match part:
        case Name(id=name) if type(arguments.get(name)) is np.ndarray:
            size = int(arguments[name].size)
        case Load(array=name, subscripts=subscripts):
            array = arguments.get(name)
            if type(array) is np.ndarray:
                fixed = sum(not isinstance(taken, Slice) for taken in subscripts)
                if array.ndim <= fixed:
                    return 0.0
                size = int(array.size) // max(1, math.prod(array.shape[:fixed]))
            elif any(isinstance(taken, Slice) for taken in subscripts):
                given = (a.size for a in arguments.values() if type(a) is np.ndarray)
                size = int(max(given, default=1))
            else:
                return 0.0
        case _:
            return 0.0
    return ARRAY_OPERATIONS + size / ELEMENTS_PER_OPERATION


def _value(expr: Expr, known: Mapping[str, int], arguments: Mapping[str, Any]) -> int | None:
    match expr:
        case Const(value=int(number)):
            return number
        case Name(id=name):
            value = known[name] if name in known else arguments.get(name)
            return value if type(value) is int else None
        case Extent(array=name, axis=axis):
            array = arguments.get(name)
            shape = shape_of_list(array) if type(array) is list else ()
            shape = array.shape if type(array) is np.ndarray else shape
            return shape[axis] if axis is not None and -len(shape) <= axis < len(shape) else None
        case Binary(op="+" | "-" | "*" | "//" as op, left=left, right=right):
            one, other = _value(left, known, arguments), _value(right, known, arguments)
            if one is None or other is None or (op == "//" and other == 0):
                return None
            return {"+": one + other, "-": one - other, "*": one * other}.get(
                op, one // (other or 1)
            )
        case _:
            return None


def shape_of_list(items: Any) -> tuple[int, ...]:
    """Return the extents of a list of lists or tuples, by its first items."""
    shape: tuple[int, ...] = ()
    while type(items) in (list, tuple) and len(shape) < _DEEPEST:  # one may contain itself
        shape = (*shape, len(items))
        items = items[0] if items else None
    return shape


_DEEPEST: Final = 32
"""How many axes are looked for."""
