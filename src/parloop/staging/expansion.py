"""Make of a nest that handles arrays as a whole one that handles their elements.

    for t in 0:T:1 {                          for t in 0:T:1 {
        u[1:-1] = u[2:] - u[:-2]       ->         for %i0 in 0:u.shape[0] - 2:1 {
    }                                                 %s0[%i0] = u[%i0 + 2] - u[%i0]
                                                  }
                                                  for %i1 in 0:u.shape[0] - 2:1 {
                                                      u[%i1 + 1] = %s0[%i1]
                                                  }
                                              }

with the types of the inputs at hand. What comes out is a plain nest, which every later phase takes
as if the user had written it. Its *scratch arrays* are made for each launch. It means what the text
means where the `conditions` hold: lengths that have to agree do, slices lie inside their arrays and
are not empty. No two of the inputs may share memory, or what is read of one goes through scratch
arrays before another is written: that is another expansion, made when it is needed.

An array operation warns once, after its last element, so that an iteration in which there is a
warning is the interpreter's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

from parloop.diagnostics import Declined
from parloop.ir.nodes import Call, Expr, For, Load, Name, Nest, Slice, Stmt, Store
from parloop.ir.types import Array, Scalar, Type
from parloop.ir.uses import nest_of
from parloop.ir.walk import ELLIPSIS, MAKERS, all_expressions, statements
from parloop.staging.arrays import Expander, Turns, way_of
from parloop.staging.codes import ArrayStatement
from parloop.staging.owned import with_own
from parloop.staging.places import arrays_in
from parloop.staging.registers import Registers, in_registers
from parloop.staging.views import View, names_in


@dataclass(frozen=True, slots=True)
class Scratch:
    """An array that a launch makes: its type, and its extents in terms of the inputs."""

    type: Scalar
    extents: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """A nest of plain loops, and what a launch of it needs and leaves."""

    nest: Nest
    scratch: Mapping[str, Scratch]
    conditions: tuple[Expr, ...]
    """What has to hold before a launch, in terms of the inputs."""
    turns: Turns
    """The names that hold arrays after the nest, and which; of the nest's other outputs none do."""
    ways: Mapping[str, Mapping[int, View]]
    """Names that hold one of several arrays: as the variable `way_of` them says, or nothing new."""
    passing: frozenset[str]
    """The scratch arrays that only the statements that fill them read."""
    ordered: frozenset[str]
    """The inputs whose order in memory arrays have that the nest makes: expected to be C's."""
    forward: frozenset[str]
    """Those of which no axis may be reversed, either, because of the order in which NumPy adds."""
    upward: frozenset[str]
    """Those of which no axis may be reversed: NumPy's functions take other code there."""
    compact: frozenset[str]
    """Those that have to lie in one piece, because of that order."""
    registers: Mapping[str, Registers]
    """The arrays that are kept in names."""
    share: bool
    """Whether inputs may share memory."""

    def types(self, given: Mapping[str, Type]) -> dict[str, Type]:
        """Return the types of the nest's inputs, the scratch arrays included."""
        made = {n: Array(s.type, len(s.extents), writable=True) for n, s in self.scratch.items()}
        return {**given, **made}

    def names_left(self) -> frozenset[str]:
        """Return the variables that are read behind the nest, to bind names to arrays."""
        views = [view for turn in self.turns.bound for view in turn.values()]
        views += [view for ways in self.ways.values() for view in ways.values()]
        names = {name for view in views for name in names_in(view)}
        names |= {way_of(name) for name in self.ways}
        for view in views:
            if view.array in self.registers:
                names |= {*self.registers[view.array].names}
        return frozenset(names)


def expand(
    nest: Nest,
    types: Mapping[str, Type],
    known: Mapping[str, Sequence[int | None]] = MappingProxyType({}),
    *,
    share: bool = False,
) -> Expansion | None:
    """Return `nest` expanded, or None where there is nothing to expand.

    `known` are extents of inputs, which become conditions. With `share` it means what the text
    means also where inputs share memory. Raises `Declined` where something in it cannot be.
    """
    for name in nest.outputs:
        if isinstance(types.get(name), Array) and name not in arrays_in(types):
            message = f"`{name}` is a list and is bound to something else"
            raise Declined(ArrayStatement.at(nest.loop.span, message))
    if not _handles_arrays(nest, types):
        return None
    _decline_arrays_without_axes(nest, types)
    loop, turns, expander = _expanded(nest, types, known, share=share)
    left = {view.array for turn in turns.bound for view in turn.values()}
    left |= {view.array for ways in expander.ways.values() for view in ways.values()}
    in_names = {n: made for n, made in expander.scratch.items() if n not in expander.tight}
    loop, registers = in_registers(loop, in_names, left)
    extents = {n: e for n, (_, e) in expander.scratch.items() if n not in registers}
    loop = with_own(loop, extents, left)
    made = nest_of(loop, nest.source, nest.function, nest.guards)
    scratch = {
        name: Scratch(view_type, extents)
        for name, (view_type, extents) in expander.scratch.items()
        if name not in registers
    }
    passing = frozenset(expander.passing)
    ordered = frozenset(expander.ordered) & types.keys()
    forward = frozenset(expander.forward) & types.keys()
    upward = frozenset(expander.upward) & types.keys()
    compact = frozenset(expander.compact) & types.keys()
    conditions = tuple(expander.conditions)
    return Expansion(
        made,
        scratch,
        conditions,
        turns,
        expander.ways,
        passing,
        ordered,
        forward,
        upward,
        compact,
        registers,
        share,
    )


def _expanded(
    nest: Nest,
    types: Mapping[str, Type],
    known: Mapping[str, Sequence[int | None]],
    *,
    share: bool,
) -> tuple[For, Turns, Expander]:
    """Return the loop rewritten in the first of three ways that takes all of it."""
    learned = _learned(nest, types, known, share=share)

    def make(several: frozenset[str] = frozenset()) -> Expander:
        made = Expander(nest, types, known, several, share=share)
        made.scalars.learned.update(learned)
        return made

    expander = make()
    try:
        return *expander.outermost(), expander
    except Declined as declined:
        first = declined
    several = frozenset(expander.unsure)
    while several:
        expander = make(several)
        try:
            return *expander.outermost(), expander
        except Declined:
            if expander.unsure <= several:
                break
            several |= expander.unsure
    expander = make()
    try:
        return *expander.in_turns(), expander
    except Declined:
        raise first from None


def _learned(
    nest: Nest,
    types: Mapping[str, Type],
    known: Mapping[str, Sequence[int | None]],
    *,
    share: bool,
) -> dict[int, frozenset[Scalar]]:
    """Return the types of the numbers that are made of arrays, also of those made further down.

    They are assumed, one after another, until nothing new is found; there may be too many then,
    never too few of what a run has.
    """
    learned: dict[int, frozenset[Scalar]] = {}
    for _ in range(4):
        expander = Expander(nest, types, known, share=share)
        expander.scalars.learned.update(learned)
        expander.scalars.guessing = True
        with suppress(Declined):
            expander.outermost()
        if expander.scalars.learned == learned:
            break
        learned = dict(expander.scalars.learned)
    return learned


def _decline_arrays_without_axes(nest: Nest, types: Mapping[str, Type]) -> None:
    """Raise `Declined` where one is used whole: NumPy makes numbers of these, not arrays."""
    numbers = {name for name, type_ in arrays_in(types).items() if type_.ndim == 0}
    used = {expr.id for expr in all_expressions((nest.loop,)) if isinstance(expr, Name)}
    for name in sorted(numbers & {*used, *nest.outputs}):
        raise Declined(ArrayStatement.at(nest.loop.span, f"`{name}` is an array without axes"))


def _handles_arrays(nest: Nest, types: Mapping[str, Type]) -> bool:
    ranks = {name: type_.ndim for name, type_ in arrays_in(types).items()}
    body = (nest.loop,)
    if not ranks.keys().isdisjoint(nest.outputs):
        return True
    return any(_is_array(expr, ranks) for expr in all_expressions(body)) or any(
        _is_array_store(stmt, ranks) for stmt in statements(body)
    )


def _is_array(expr: Expr, ranks: Mapping[str, int]) -> bool:
    match expr:
        case Name(id=name):
            return name in ranks
        case Slice():
            return True
        case Call(callee=callee):
            return callee == ELLIPSIS or callee in MAKERS
        case Load(array=array, subscripts=subscripts):
            return len(subscripts) < ranks.get(array, 0)
        case _:
            return False


def _is_array_store(stmt: Stmt, ranks: Mapping[str, int]) -> bool:
    match stmt:
        case Store(array=array, subscripts=subscripts):
            return len(subscripts) < ranks.get(array, 0)
        case _:
            return False
