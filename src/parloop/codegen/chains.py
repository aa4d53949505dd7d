"""Innermost loops of which LLVM makes no lanes, since each iteration waits for the one before.

There a test of a subscript is cheaper as a branch that is hardly ever taken than as a choice
between two addresses: `total += values[p] * x[columns[p]]`, `counts[bin(i)] += 1`. Where
lanes are to be had, the branch would cost them.
"""

from __future__ import annotations

from parloop.codegen.function import Program
from parloop.codegen.polls import is_innermost
from parloop.ir.nodes import Assign, Binary, For, Load, Name, Store
from parloop.ir.walk import expressions, statements
from parloop.staging.specialise import scalar_members


def is_chain(loop: For, program: Program, inside: frozenset[int]) -> bool:
    """Return whether `loop` is an innermost one of which LLVM makes no lanes.

    It folds floats in order, or stores where the data says; `inside` holds the accesses that need
    no test.
    """
    if not is_innermost(loop):
        return False
    for stmt in statements(loop.body):
        match stmt:
            case Store() if id(stmt) not in inside:
                return True
            case Assign() if not program.plan.regroup and _folds_floats(stmt, program):
                return True
            case _:
                pass
    return False


def _folds_floats(stmt: Assign, program: Program) -> bool:
    found = program.typing.of.get(id(stmt.value))
    if found is None:  # behind a `break`: never run
        return False
    types = scalar_members(found)
    return (
        isinstance(stmt.value, Binary)
        and all(type_.kind in "fc" for type_ in types)
        and any(isinstance(e, Name) and e.id == stmt.target for e in expressions(stmt.value))
    )


def augmented(stmt: Store) -> Load | None:
    """Return the load of the same element that `a[i] += value` begins with."""
    match stmt.value:
        case Binary(left=Load() as load) if (
            load.array == stmt.array and load.subscripts == stmt.subscripts
        ):
            return load
        case _:
            return None
