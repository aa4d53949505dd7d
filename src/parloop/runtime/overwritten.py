"""Which of the arrays that a nest writes its slices have to save, and how."""

from __future__ import annotations

from parloop.ir.nodes import Assign, Binary, Const, For, If, Load, Name, Nest, Stmt, Store
from parloop.ir.walk import all_expressions, expressions, statements
from parloop.runtime.kernels import Kernel
from parloop.runtime.transaction import Saved
from parloop.schedule.plan import Plan


def written_arrays(nest: Nest) -> frozenset[str]:
    """Return the arrays that the nest stores into."""
    return frozenset(s.array for s in statements((nest.loop,)) if isinstance(s, Store))


def saved_arrays(
    nest: Nest, kernel: Kernel, rewritten: frozenset[str] | None
) -> tuple[tuple[Saved, ...], tuple[Saved, ...], tuple[Saved, ...]]:
    """Return what slices save if a test lets them trip, if a warning may be an exception, and else.

    An array that is written and never read can be written again with the same values, as can one
    that is only read where it was `rewritten` (None: some arrays share memory). So they are saved
    only where something may raise: then elements that CPython would not have come to must be as
    before. Once a test has failed, values may be others in the fast variant, and with them which
    elements it writes: only what it writes in any case need not be saved then.
    """
    written = written_arrays(nest)
    everything = all_written(nest, kernel)
    fast = kernel.fast
    if kernel.planned.typing.has_lists():  # which somebody may change between slices
        return everything, everything, everything
    forced = tuple(s for s in everything if rewritten is None or s.array not in rewritten)
    if not fast.can_raise and not fast.watched_flags:
        return forced, (), ()
    if fast.can_stop or rewritten is None:
        return everything, everything, everything
    needed = set(written)
    if not fast.can_raise:
        needed &= {e.array for e in all_expressions((nest.loop,)) if isinstance(e, Load)}
    return forced, everything, tuple(s for s in everything if s.array in needed - rewritten)


def all_written(nest: Nest, kernel: Kernel) -> tuple[Saved, ...]:
    """Return all that the nest stores into, as slices save it."""
    natively = {name: position for position, (name, _) in enumerate(kernel.plan.saves)}
    return tuple(
        Saved(name, _row_offset(nest, name, kernel.plan), natively.get(name))
        for name in sorted(written_arrays(nest))
    )


def native_saves(
    nest: Nest, plan: Plan, contiguous: frozenset[str]
) -> tuple[tuple[str, int], ...]:
    """Return the arrays whose rows the blocks can save themselves, with the offsets of the rows.

    Only where no two arrays share memory: another block may already have written to the same row by
    another name when this one copies it.
    """
    in_blocks = (plan.cores.get(0) == () and 0 not in plan.splits) or 0 in plan.waves
    if not plan.noalias or not in_blocks or nest.loop.step != Const(1):
        return ()
    found: list[tuple[str, int]] = []
    for name in sorted(written_arrays(nest)):
        offset = _row_offset(nest, name, plan)
        if offset is not None and name in contiguous:
            found.append((name, offset))
    return tuple(found)


def may_be_chunked(nest: Nest, plan: Plan) -> bool:
    """Return whether blocks may run chunk by chunk, each with its own copy of rows to put back.

    What a chunk leaves in its variables must be what the whole block would: each iteration assigns
    all of them, or none does.
    """
    if not plan.saves or 0 in plan.waves or plan.cores.get(0) != ():
        return False
    if 0 in plan.jams or 0 in plan.masked:  # which have shapes of their own
        return False
    bound = {s.target for s in statements((nest.loop,)) if isinstance(s, Assign)}
    bound |= {s.index for s in statements((nest.loop,)) if isinstance(s, For)}

    def is_alike(stmt: Stmt) -> bool:
        match stmt:
            case Store() | Assign():
                return True
            case For(start=start, stop=stop, step=step, body=body, orelse=()):
                names = {
                    e.id for x in (start, stop, step) for e in expressions(x) if isinstance(e, Name)
                }
                loads = any(
                    isinstance(e, Load) for x in (start, stop, step) for e in expressions(x)
                )
                return not loads and not names & bound and all(map(is_alike, body))
            case If():
                return all(isinstance(inner, Store | If) for inner in statements((stmt,)))
            case _:
                return False

    return not nest.loop.orelse and all(map(is_alike, nest.loop.body))


def _row_offset(nest: Nest, array: str, plan: Plan) -> int | None:
    """Return c if iteration i of the outermost loop stores into `array` only in row i + c.

    Only where the subscripts were proved inside, and not with the extent added.
    """
    index = nest.loop.index
    bodies = list(statements(nest.loop.body))
    if any(index in (getattr(s, "target", None), getattr(s, "index", None)) for s in bodies):
        return None
    offsets: set[int | None] = set()
    for stmt in bodies:
        if isinstance(stmt, Store) and stmt.array == array:
            if id(stmt) not in plan.inside or (id(stmt), 0) in plan.from_end:
                return None
            match stmt.subscripts[0] if stmt.subscripts else None:
                case Name(id=name) if name == index:
                    offsets.add(0)
                case Binary(op="+", left=Name(id=name), right=Const(value=int(n))) if name == index:
                    offsets.add(n)
                case Binary(op="-", left=Name(id=name), right=Const(value=int(n))) if name == index:
                    offsets.add(-n)
                case _:
                    offsets.add(None)
    return offsets.pop() if len(offsets) == 1 else None
