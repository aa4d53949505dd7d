"""Launches that are larger than the GPU's memory, in slabs of their outermost loop.

    for i in range(1, n - 1):                  rows lo - 1 .. hi of `u`, rows lo .. hi - 1 of `v`
        for j in range(m):                     are there while iterations lo .. hi - 1 run
            v[i, j] = u[i - 1, j] + u[i + 1, j] + w[j]             `w` is there all the time

Iterations of the outermost loop may run in any order, so no slab needs what another one writes. The
results of all are kept on the host until the last slab has found nothing that the CPU has to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from parloop.codegen.cuda.program import HI, LO, CudaProgram, Launch
from parloop.ir.nodes import Assign, Binary, Const, Expr, For, Load, Name, Nest, Store
from parloop.ir.walk import all_expressions, statements
from parloop.runtime.kernels import Planned
from parloop.schedule.plan import Plan

MOST_SLABS: Final = 4096

ROOM: Final = 512
"""What an array may take beside its bytes, for where it begins in a line of memory."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of an array that iteration i comes to: i + `least` to i + `most`."""

    least: int
    most: int
    stored: int | None
    """The one, i + `stored`, that it writes to, if it does."""


@dataclass(frozen=True, slots=True)
class Slab:
    """Some iterations of a launch, by number, and the rows that they come to."""

    lo: int
    hi: int
    first: Mapping[str, int]
    """The first row of each array of which not all rows are there."""
    arrays: Mapping[str, np.ndarray[Any, Any]]
    """Those rows, as views."""

    def row(self, name: str, indices: range, rows: Rows) -> slice | None:
        """Return which rows of its view the slab writes to, None if to none."""
        if rows.stored is None:
            return None
        start = indices[self.lo] + rows.stored - self.first[name]
        return slice(start, start + self.hi - self.lo)


def find_rows(planned: Planned, program: CudaProgram) -> Mapping[str, Rows]:
    """Return the arrays of which iterations come to a few rows only; none if slabs are not right.

    All that are written have to be among them, each with one row an iteration.
    """
    plan, nest = planned.plan, planned.typing.nest
    loop = nest.loop
    whole = (*plan.splits, *plan.waves, *plan.pieces)
    if plan.cores.get(0) != () or 0 in whole or not _takes_slabs(program) or not plan.noalias:
        return {}
    if loop.step != Const(1) or loop.orelse or _rebinds(nest):
        return {}
    names = dict.fromkeys((*program.reads, *program.writes))
    found = {name: rows for name in names if (rows := _rows_of(nest, name, plan)) is not None}
    return found if all(name in found for name in program.writes) else {}


def _takes_slabs(program: CudaProgram) -> bool:
    """Return whether there is one kernel, for the iterations that the header of the record says."""
    if len(program.steps) != 1:
        return False
    step = program.steps[0]
    return isinstance(step, Launch) and any(f"w[{HI:d}] - w[{LO:d}]" in n for n in step.extents)


def _rebinds(nest: Nest) -> bool:
    index = nest.loop.index
    return any(
        index == (stmt.target if isinstance(stmt, Assign) else stmt.index)
        for stmt in statements(nest.loop.body)
        if isinstance(stmt, Assign | For)
    )


def _rows_of(nest: Nest, array: str, plan: Plan) -> Rows | None:
    loads = [e for e in all_expressions((nest.loop,)) if isinstance(e, Load) and e.array == array]
    stores = [s for s in statements(nest.loop.body) if isinstance(s, Store) and s.array == array]
    nodes: list[Load | Store] = [*loads, *stores]
    offsets = [_offset(node, nest.loop.index, plan) for node in nodes]
    known = [offset for offset in offsets if offset is not None]
    stored = {_offset(node, nest.loop.index, plan) for node in stores}
    if len(known) < len(offsets) or not known or len(stored) > 1:
        return None
    return Rows(min(known), max(known), stored.pop() if stored else None)


def _offset(node: Load | Store, index: str, plan: Plan) -> int | None:
    """Return c if an access goes to row i + c in iteration i, and is known to lie inside."""
    if id(node) not in plan.inside or (id(node), 0) in plan.from_end or not node.subscripts:
        return None
    first: Expr = node.subscripts[0]
    match first:
        case Name(id=name) if name == index:
            return 0
        case Binary(op="+", left=Name(id=name), right=Const(value=int(n))) if name == index:
            return int(n)
        case Binary(op="-", left=Name(id=name), right=Const(value=int(n))) if name == index:
            return -int(n)
        case _:
            return None


def cut(
    indices: range,
    arrays: Mapping[str, np.ndarray[Any, Any]],
    rows: Mapping[str, Rows],
    room: int,
) -> tuple[Slab, ...]:
    """Return slabs whose rows fit into `room` bytes; none if that cannot be."""
    row_bytes = {name: arrays[name].nbytes // max(1, len(arrays[name])) for name in rows}
    each = sum(row_bytes.values())
    fixed = sum((rows[n].most - rows[n].least) * row_bytes[n] + ROOM for n in rows)
    most = (room - fixed) // max(1, each)
    if most < 1 or len(indices) > most * MOST_SLABS:
        return ()
    most = -(-len(indices) // -(-len(indices) // most))  # as alike as can be
    starts = range(0, len(indices), most)
    return tuple(_slab(lo, min(lo + most, len(indices)), indices, arrays, rows) for lo in starts)


def _slab(
    lo: int,
    hi: int,
    indices: range,
    arrays: Mapping[str, np.ndarray[Any, Any]],
    rows: Mapping[str, Rows],
) -> Slab:
    first = {name: max(0, indices[lo] + each.least) for name, each in rows.items()}
    views = {n: arrays[n][first[n] : indices[hi - 1] + rows[n].most + 1] for n in rows}
    return Slab(lo, hi, first, views)


def written_bytes(names: Iterable[str], arrays: Mapping[str, np.ndarray[Any, Any]]) -> int:
    """Return how many bytes of results are to be kept on the host."""
    return sum(arrays[name].nbytes for name in names)
