"""What a launch of an expanded nest has besides: conditions, scratch arrays, names of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from parloop.capture.sites import KEEP
from parloop.codegen.layout import Layout
from parloop.diagnostics import Declined, InternalError
from parloop.ir import interp
from parloop.ir.nodes import Expr, Extent
from parloop.ir.printer import to_text
from parloop.ir.walk import bound_names, expressions
from parloop.runtime.arguments import DTYPES
from parloop.runtime.codes import ArraysDoNotFit
from parloop.runtime.results import make_reader
from parloop.runtime.specialisation import Bind
from parloop.staging.arrays import way_of
from parloop.staging.expansion import Expansion
from parloop.staging.registers import Registers
from parloop.staging.views import Axis, Fixed, View, names_in

_DTYPES = {scalar: dtype for dtype, scalar in DTYPES.items()}


def check_extents(conditions: Sequence[Expr], arguments: Mapping[str, Any]) -> None:
    """Decline where the arrays have not the extents that the text takes for granted."""
    for condition in conditions:
        asked = {part.array for part in expressions(condition) if isinstance(part, Extent)}
        arrays = all(type(arguments.get(name)) is np.ndarray for name in asked)
        if not arrays or not _holds(condition, arguments):
            raise Declined(ArraysDoNotFit(f"`{to_text(condition)}` does not hold"))


def check_conditions(expansion: Expansion, arguments: Mapping[str, Any]) -> None:
    """Decline where the shapes of this launch are others than the nest was expanded for."""
    for condition in expansion.conditions:
        if not _holds(condition, arguments):
            raise Declined(ArraysDoNotFit(f"`{to_text(condition)}` does not hold"))
    for name in expansion.ordered:
        strides = _strides(arguments[name])
        if any(stride <= after for stride, after in pairwise(strides)):
            raise Declined(ArraysDoNotFit(f"`{name}` is not in C's order"))
    for name in expansion.forward:
        strides = _strides(arguments[name])
        if any(stride <= after for stride, after in pairwise((*strides, 0))):
            raise Declined(ArraysDoNotFit(f"`{name}` is not in C's order, or reversed"))
    for name in expansion.upward:
        if any(stride <= 0 for stride in _strides(arguments[name])):
            raise Declined(ArraysDoNotFit(f"`{name}` is reversed"))
    for name in expansion.compact:
        if not arguments[name].flags.c_contiguous:
            raise Declined(ArraysDoNotFit(f"`{name}` does not lie in one piece"))


def _strides(array: Any) -> list[int]:
    """Return the strides of the axes that make a difference: of more than one element."""
    shape, strides = getattr(array, "shape", ()), getattr(array, "strides", ())
    return [stride for extent, stride in zip(shape, strides, strict=True) if extent != 1]


def _holds(condition: Expr, arguments: Mapping[str, Any]) -> bool:
    """Return whether `condition` holds; not where something has no such axis, or none at all."""
    try:
        return bool(interp.evaluate(condition, dict(arguments)))
    except (AttributeError, IndexError, TypeError):  # of another type than expanded for
        return False


def with_scratch(expansion: Expansion, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with the scratch arrays of one launch."""
    given = dict(arguments)
    check_conditions(expansion, given)
    for name, scratch in expansion.scratch.items():
        shape = [interp.evaluate(extent, given) for extent in scratch.extents]
        given[name] = np.empty(shape, _DTYPES[scratch.type])
    return given


def make_array_reader(
    names: Sequence[str], expansion: Expansion, layout: Layout
) -> tuple[Callable[[Any], tuple[object, ...]], Bind]:
    """Return what reads the numbers among `names` from a record, and what adds the arrays."""
    turns = expansion.turns
    arrays = turns.bound[0].keys() | expansion.ways.keys()
    numbers = [name for name in names if name not in arrays and name in layout.members]
    read = make_reader(numbers, layout) if numbers else lambda record: ()
    bound = bound_names((expansion.nest.loop,))
    makers = [
        {name: _maker(view, layout, bound) for name, view in views.items()}
        for views in turns.bound
    ]

    left = {view.array for views in turns.bound for view in views.values()}
    left |= {view.array for views in expansion.ways.values() for view in views.values()}
    kept = {
        name: _keeper(registers, layout)
        for name, registers in expansion.registers.items()
        if name in left
    }
    ways = {
        name: (
            make_reader((way_of(name),), layout),
            {number: _maker(view, layout, bound) for number, view in views.items()},
        )
        for name, views in expansion.ways.items()
        if way_of(name) in layout.members
    }

    def bind(
        values: tuple[object, ...], record: Any, given: Mapping[str, Any], finished: int
    ) -> tuple[object, ...]:
        found = dict(zip(numbers, values, strict=True))
        made = makers[turns.after(finished)]
        given = {**given, **{name: make(record) for name, make in kept.items()}}
        found |= {name: make(record, given) for name, make in made.items()}
        for name, (read_way, by_way) in ways.items():
            (way,) = read_way(record)
            if isinstance(way, int):
                found[name] = by_way[way](record, given)
        return tuple(found.get(name, KEEP) for name in names)

    return read, bind


def _keeper(registers: Registers, layout: Layout) -> Callable[[Any], Any]:
    """Return what makes an array of the names that keep its elements."""
    if any(name not in layout.members for name in registers.names):
        raise InternalError("an array is left of which an element is never stored")
    read = make_reader(registers.names, layout)

    def make(record: Any) -> Any:
        made = np.empty(registers.shape, _DTYPES[registers.type])
        values = read(record)
        if KEEP not in values:  # else it has not been made yet
            made.reshape(-1)[:] = values
        return made

    return make


def _maker(
    view: View, layout: Layout, bound: frozenset[str]
) -> Callable[[Any, Mapping[str, Any]], object]:
    """Return what makes the array object that a name holds after a launch."""
    if view.whole:
        return lambda record, given: given[view.array]
    held = tuple(sorted(names_in(view) & bound))
    read = make_reader(held, layout) if held else lambda record: ()

    def make(record: Any, given: Mapping[str, Any]) -> object:
        known = {**given, **dict(zip(held, read(record), strict=True))}
        taken = given[view.array][tuple(_taken(part, known) for part in view.parts)]
        if view.order is not None:
            taken = taken.transpose([place for place in view.order if place is not None])
            taken = taken[tuple(None if place is None else slice(None) for place in view.order)]
        return taken.copy() if view.own else taken

    return make


def _taken(part: Fixed | Axis, known: dict[str, Any]) -> object:
    def value(expr: Expr) -> int:
        return int(interp.evaluate(expr, known))

    if isinstance(part, Fixed):
        return value(part.place)
    start, length = value(part.first), value(part.count)
    if not length:
        return slice(0, 0)
    stop = start + length * part.step
    return slice(start, None if stop < 0 else stop, part.step)
