"""Look at index arrays before a launch: where all elements differ, `a[idx[i]] = ...` has no order.

The analysis names the loads whose values have to be distinct over a loop (`LoopFacts.inspectors`).
Nothing of what is found here is kept: the next launch may find other values in the same array.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from parloop.analysis import Analysis, Inspector, LoopFacts
from parloop.ir.nodes import Binary, Call, Const, Expr, Extent, For, Name
from parloop.ir.walk import all_expressions, bound_names, expressions
from parloop.schedule.cost import estimate_operations

SECONDS_PER_INDEX = 3e-9
"""What it takes to look at one index."""

SECONDS_PER_OPERATION = 4e-10
SECONDS_PER_CALL = 1.5e-8
"""What machine code takes for one operation of the loop, and for a call such as `np.exp`."""

PREFIX = 256
"""So many indices are looked at first: most arrays that repeat an index do so early."""

SPARSE = 32
"""Indices into an array of more than so many times their number are sorted, not marked."""


@dataclass(frozen=True, slots=True)
class Launched:
    """What is known of a launch when it is inspected: its range, its arguments, its threads."""

    indices: range
    arguments: Mapping[str, Any]
    threads: int


def distinct_loops(analysis: Analysis, launched: Launched) -> frozenset[int]:
    """Return the loops that this launch's index arrays make parallel, where looking at them pays.

    A loop inside one that was found to be parallel is not looked at.
    """
    found: set[int] = set()
    if launched.threads == 1:
        return frozenset()
    bound = bound_names((analysis.nest.loop,))
    kept = {name: value for name, value in launched.arguments.items() if name not in bound}
    launched = replace(launched, arguments=kept)
    for facts in analysis.loops:
        if not facts.inspectors or found.intersection(facts.parents):
            continue
        indices = loop_range(facts, launched)
        if indices is None or facts.loop.index in bound_names(facts.loop.body):
            continue
        if not inspecting_pays(facts, analysis, indices, launched):
            continue
        inspectors = set(facts.inspectors)
        if all(is_distinct(one, facts.loop, indices, launched) for one in inspectors):
            found.add(facts.number)
    return frozenset(found)


def has_inspectors(analysis: Analysis) -> bool:
    """Return whether there is anything to look at in some launch."""
    return any(facts.inspectors for facts in analysis.loops)


def still_parallel(
    found: frozenset[int], inspected: Analysis, actual: Analysis
) -> frozenset[int]:
    """Return the loops of `found` that are parallel under `actual`, too, which knows of overlaps.

    What was inspected has to be all that keeps them from it.
    """
    return frozenset(
        number
        for number in found
        if actual.loops[number].inspectors
        and set(actual.loops[number].inspectors) <= set(inspected.loops[number].inspectors)
    )


def loop_range(facts: LoopFacts, launched: Launched) -> range | None:
    """Return the range of a loop, if it is the same whenever the loop begins."""
    if facts.number == 0:
        return launched.indices
    loop = facts.loop
    start, stop, step = (known_value(e, launched) for e in (loop.start, loop.stop, loop.step))
    if start is None or stop is None or not step:
        return None
    return range(start, stop, step)


def inspecting_pays(
    facts: LoopFacts, analysis: Analysis, indices: range, launched: Launched
) -> bool:
    """Return whether the threads save more than looking at the indices costs."""
    outer = launched.indices
    operations = estimate_operations(analysis.nest, outer, launched.arguments)
    calls = sum(isinstance(e, Call) for e in all_expressions(facts.loop.body)) * len(indices)
    seconds = operations * SECONDS_PER_OPERATION + calls * SECONDS_PER_CALL
    saved = seconds * (1 - 1 / launched.threads)
    return saved > len(facts.inspectors) * len(indices) * SECONDS_PER_INDEX


def is_distinct(inspector: Inspector, loop: For, indices: range, launched: Launched) -> bool:
    """Return whether the load gives another element of the array in each iteration."""
    if len(indices) < 2:
        return True
    values = loaded_values(inspector, loop, indices, launched)
    extent = int(launched.arguments[inspector.array].shape[inspector.axis])
    return values is not None and all_differ(values, extent)


def loaded_values(
    inspector: Inspector, loop: For, indices: range, launched: Launched
) -> np.ndarray[Any, Any] | None:
    """Return the values of the load over `indices`, as a view; None if they cannot be told."""
    array = launched.arguments.get(inspector.index)
    if type(array) is not np.ndarray or array.dtype.kind not in "iu":
        return None
    if len(inspector.load.subscripts) != array.ndim:
        return None
    subscripts: list[int | slice] = []
    for expr, extent in zip(inspector.load.subscripts, array.shape, strict=True):
        span = subscript_range(expr, loop.index, indices, launched)
        if span is None or not span or not all(0 <= end < extent for end in (span[0], span[-1])):
            return None
        if any(isinstance(e, Name) and e.id == loop.index for e in expressions(expr)):
            stop = span[-1] + (1 if span.step > 0 else -1)
            subscripts.append(slice(span[0], stop if stop >= 0 else None, span.step))
        else:
            subscripts.append(span[0])
    values = array[tuple(subscripts)]
    return values if values.shape == (len(indices),) else None


def subscript_range(expr: Expr, index: str, indices: range, launched: Launched) -> range | None:
    """Return the values of a subscript over `indices`, if they are a range (or one number)."""
    match expr:
        case Name(id=name) if name == index:
            return indices
        case Binary(op="+" | "-" | "*" as op, left=left, right=right):
            one = subscript_range(left, index, indices, launched)
            other = subscript_range(right, index, indices, launched)
            return None if one is None or other is None else _combined(op, one, other)
        case _:
            value = known_value(expr, launched)
            return None if value is None else range(value, value + 1)


def _combined(op: str, one: range, other: range) -> range | None:
    if len(one) > 1 and len(other) > 1:
        return None
    if op == "-":
        return _combined("+", one, _scaled(other, -1))
    if len(one) == 1 and len(other) != 1:
        one, other = other, one
    number = other[0]
    if op == "*":
        return _scaled(one, number) if number else None
    return range(one.start + number, one.stop + number, one.step)


def _scaled(numbers: range, factor: int) -> range:
    start, step = numbers.start * factor, numbers.step * factor
    return range(start, start + step * len(numbers), step)


def known_value(expr: Expr, launched: Launched) -> int | None:
    """Return the value of an integer expression that the nest does not change."""
    match expr:
        case Const(value=number) if type(number) is int:
            return number
        case Name(id=name):
            value = launched.arguments.get(name)
            return value if type(value) is int else None
        case Extent(array=name, axis=axis) if axis is not None:
            shape = getattr(launched.arguments.get(name), "shape", ())
            return int(shape[axis]) if -len(shape) <= axis < len(shape) else None
        case Binary(op="+" | "-" | "*" as op, left=left, right=right):
            one, other = known_value(left, launched), known_value(right, launched)
            if one is None or other is None:
                return None
            return {"+": one + other, "-": one - other, "*": one * other}[op]
        case _:
            return None


def all_differ(values: np.ndarray[Any, Any], extent: int) -> bool:
    """Return whether `values` are subscripts of different elements of an axis of `extent`.

    Negative ones count from the end. With a value out of range the answer is no.
    """
    count = len(values)
    if count > extent:
        return False
    if count > 2 * PREFIX and not _differ(values[:PREFIX], extent):
        return False
    return _differ(values, extent)


def _differ(values: np.ndarray[Any, Any], extent: int) -> bool:
    lowest, highest = int(values.min()), int(values.max())
    if lowest < -extent or highest >= extent:
        return False
    if lowest < 0:
        values = np.where(values < 0, values.astype(np.int64) + extent, values)
    if extent > SPARSE * len(values):
        ordered = np.sort(values)
        return bool((ordered[1:] != ordered[:-1]).all())
    seen = np.zeros(extent, np.bool_)
    seen[values] = True
    return int(np.count_nonzero(seen)) == len(values)
