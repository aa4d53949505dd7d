"""How much work a loop is: whether machine code pays, and how evenly the iterations share it."""

from __future__ import annotations

import ast
import math
from collections.abc import Container, Mapping
from functools import partial
from typing import Any, Final

import numpy as np

from parloop.capture.sites import SiteInfo
from parloop.capture.weight import SECONDS_PER_OPERATION
from parloop.config import Settings
from parloop.ir.nodes import (
    Binary,
    Call,
    Compare,
    Const,
    Expr,
    Extent,
    For,
    Load,
    Name,
    Nest,
    Rank,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.parts import part_of
from parloop.ir.walk import expressions, loops, statements
from parloop.schedule.cost import (
    UNKNOWN_TRIPS,
    estimate,
    estimate_operations,
    interpreter_seconds,
    shape_of_list,
)

LEAST_SECONDS: Final = 1e-3
"""Loops that CPython finishes sooner are left to it, unless a setting says otherwise."""

UNEVEN: Final = 16
"""By how much the work of a loop with bounds that nobody knows may be underestimated."""

MOST_COPYING: Final = 1 / 1.5
"""Lists are copied where that takes at most so much of CPython's time for the loop."""

_READING: Final = 18.0
_APPENDING: Final = 28.0
"""Nanoseconds for an item: from a list, into fresh memory (5 if it is not), and to its end."""

_ITERATING: Final = 6.0
"""Nanoseconds that CPython takes to come to the next iteration."""

_WRITING: Final[Mapping[type, float]] = {float: 25.0, bool: 15.0}
_WRITING_OTHERS: Final = 45.0
"""Nanoseconds for an item that has changed. Floats get their new values in place."""

PART_OF_THE_LEAST: Final = 0.5
"""Sites ask for loops of so much of what pays: the estimate may err."""


def least_seconds(settings: Settings) -> float:
    """Return the time in CPython from which on machine code pays."""
    return LEAST_SECONDS if settings.min_work_ms is None else settings.min_work_ms * 1e-3


def pays(operations: float, settings: Settings) -> bool:
    """Return whether a loop of so many operations is large enough for machine code."""
    return interpreter_seconds(operations) >= least_seconds(settings)


def pays_copying(
    nest: Nest,
    indices: range,
    arguments: Mapping[str, Any],
    lists: Mapping[str, list[Any]],
    settings: Settings,
) -> bool:
    """Return whether a loop is worth copying `lists`, by name, and making what it appends."""
    if settings.min_work_ms == 0:
        return True
    appended = {name for name, _ in nest.appends}

    def stores(part: Stmt | Expr, names: Container[str]) -> float:
        if not isinstance(part, Store) or part.array not in names:
            return 0.0
        packed = part_of(part.array)
        return 1.0 if packed is None or packed.number else 2.0  # with the tuple

    makes = _APPENDING * estimate(nest, indices, arguments, partial(stores, names=appended))
    different = {id(items): items for items in lists.values()}.values()
    copies = sum(_READING * math.prod(shape_of_list(items)) for items in different)
    for name, items in lists.items():
        writes = estimate(nest, indices, arguments, partial(stores, names=(name,)))
        each = _WRITING.get(_kind_of(items), _WRITING_OTHERS)
        copies += each * min(writes, math.prod(shape_of_list(items)))
    here = _ITERATING * len(indices) + estimate(nest, indices, arguments, _nanoseconds)
    return makes + copies <= MOST_COPYING * here


def _kind_of(items: Any) -> type:
    """Return the type of the first number in a list, or in a list of lists."""
    while type(items) in (list, tuple) and items:
        items = items[0]
    return type(items)


def _nanoseconds(part: Stmt | Expr) -> float:
    """Return what CPython 3.11 takes at least for a part of a loop, on numbers."""
    match part:
        case Call():
            return 25.0
        case Store():
            return 10.0
        case Load() | Binary() | Unary():
            return 6.0
        case Compare():
            return 5.0
        case Name() | Const():
            return 0.5
    return 1.0


def sizes(indices: range, values: tuple[object, ...]) -> object:
    """Return what the work of a loop depends on: its range, integers, extents of arrays."""
    return indices, *[
        value if type(value) is int
        else value.shape if type(value) is np.ndarray
        else shape_of_list(value) if type(value) is list
        else None
        for value in values
    ]


def is_even(nest: Nest) -> bool:
    """Return whether all iterations take about the same time, as far as the text tells."""
    if any(isinstance(stmt, While) for stmt in statements((nest.loop,))):
        return False
    inner = [loop for loop in loops(nest.loop.body) if isinstance(loop, For)]
    bound = {stmt.target for stmt in statements((nest.loop,)) if hasattr(stmt, "target")}
    return not any(
        _is_unknown(part, bound)
        for loop in inner
        for bounds in (loop.start, loop.stop, loop.step)
        for part in expressions(bounds)
    )


def _is_unknown(part: Expr, bound: set[str]) -> bool:
    match part:
        case Const() | Extent() | Rank():
            return False
        case Name(id=name):
            return name in bound
        case _:
            return hasattr(part, "array")


LARGER_ARRAYS: Final = 16
"""So many times as much work may an iteration have that is entered with other arrays."""


def least_trips(nest: Nest, settings: Settings, seen: float | None = None) -> int:
    """Return the fewest iterations for which machine code may pay; 0 if it depends on more.

    `seen` are the operations of an iteration where these depend on how large arrays are.
    """
    if seen is not None:
        least = PART_OF_THE_LEAST * least_seconds(settings)
        return math.floor(least / (LARGER_ARRAYS * seen * SECONDS_PER_OPERATION))
    if any(isinstance(stmt, For | While) for stmt in statements(nest.loop.body)):
        return 0
    operations = estimate_operations(nest, range(1), {})
    least = PART_OF_THE_LEAST * least_seconds(settings)
    return math.floor(least / (operations * SECONDS_PER_OPERATION))


def text_would_pay(info: SiteInfo, indices: range, settings: Settings) -> bool:
    """Return whether a loop that could not be lowered is likely to have paid."""
    operations = _operations(info.node.body) * len(indices)
    return pays(operations, settings)


def pays_inside(
    info: SiteInfo, nest: Nest | None, values: tuple[object, ...], settings: Settings
) -> bool:
    """Return whether loops inside one that was declined may pay on their own.

    None of them can where an iteration of the whole, with room for error, would not.
    """
    if nest is None:
        return text_would_pay(info, range(1), settings)
    given = dict(zip(info.passed, values, strict=True))
    return pays(UNEVEN * operations_of(nest, range(1), given), settings)


def _operations(body: list[ast.stmt]) -> float:
    total = 0.0
    for stmt in body:
        for node in ast.walk(stmt):
            match node:
                case ast.BinOp() | ast.UnaryOp() | ast.Compare() | ast.Call() | ast.Subscript():
                    total += 1
                case ast.For() | ast.While():
                    total += (UNKNOWN_TRIPS - 1) * _operations(node.body)
                case ast.stmt():
                    total += 1
    return total


def operations_of(nest: Nest, indices: range, arguments: Mapping[str, Any]) -> float:
    """Return how many operations a launch is, infinitely many beyond all numbers."""
    try:
        return estimate_operations(nest, indices, arguments)
    except OverflowError:
        return math.inf
