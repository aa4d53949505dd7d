"""Choose loops to split at one of their iterations, and innermost loops that may become lanes.

    for j in 0:n { d[i, j] = min(d[i, j], d[i, k] + d[k, j]) }
    becomes    for j in 0:k { ... }; for j in k:k+1 { ... }; for j in k+1:n { ... }

It is one loop body that runs three times, with other bounds. Parts that run in any order take the
cores; in an innermost loop LLVM is told that no iteration of a part touches what another writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from parloop.analysis import Reduction
from parloop.ir.nodes import Assign, Break, Continue, Expr, For, If, Load, Name, Stmt, Store, While
from parloop.ir.types import PY_INT, UNBOUND
from parloop.ir.walk import all_expressions, expressions, loops, statements
from parloop.staging.anchors import eager
from parloop.staging.specialise import Typing


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a loop may be split, and the reductions of its parts whose order must not matter."""

    place: Expr
    needs: tuple[Reduction, ...]


def is_at_rest(place: Expr, typing: Typing) -> bool:
    """Return whether `place` is made of Python ints alone, so that its value is the analysis's.

    A variable that may be unbound before has been bound where the place is read, or that raises.
    """
    names = (part for part in expressions(place) if isinstance(part, Name))
    return all(
        typing.of.get(id(name)) == frozenset({PY_INT})
        and typing.variables.get(name.id, frozenset()) <= {PY_INT, UNBOUND}
        for name in names
    )


def choose_lanes(
    nest_loop: For, numbers: Mapping[int, int], free: frozenset[int]
) -> frozenset[int]:
    """Return the innermost loops, of those in `free`, that LLVM may be told all about.

    Not where data decide whether an element is read: LLVM may then read it anyway, in or out of the
    array.
    """
    return frozenset(
        numbers[id(loop)]
        for loop in loops((nest_loop,))
        if numbers[id(loop)] in free and is_straight(loop)
    )


def is_straight(loop: For) -> bool:
    """Return whether `loop` has no loop inside, and each element that it reads in every iteration
    or not at all."""
    if any(isinstance(s, For | While | Break | Continue) for s in statements(loop.body)):
        return False
    sure = {id(part) for expr in _sure_expressions(loop.body) for part in eager(expr)}
    known = {(e.array, e.subscripts) for e in all_expressions(loop.body)
             if isinstance(e, Load) and id(e) in sure}
    assigned = {s.target for s in statements(loop.body) if isinstance(s, Assign)}
    for load in (e for e in all_expressions(loop.body) if isinstance(e, Load)):
        if id(load) in sure:
            continue
        parts = [part for subscript in load.subscripts for part in expressions(subscript)]
        names = {part.id for part in parts if isinstance(part, Name)}
        if (load.array, load.subscripts) not in known or names & assigned:
            return False
        if any(isinstance(part, Load) for part in parts):
            return False
    return True


def _sure_expressions(body: tuple[Stmt, ...]) -> Iterator[Expr]:
    """Yield the expressions that each iteration evaluates, whatever the data is."""
    for stmt in body:
        match stmt:
            case Assign(value=value):
                yield value
            case Store(subscripts=subscripts, value=value):
                yield value
                yield from subscripts
            case If(test=test):
                yield test
            case _:
                pass
