"""Check what `ir.nodes` promises of every nest; what breaks a promise is a bug of parloop's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from parloop.diagnostics import Diagnostic, InternalError
from parloop.ir.nodes import (
    START,
    STEP,
    STOP,
    Assign,
    Binary,
    Break,
    Continue,
    Expr,
    Extent,
    For,
    Load,
    Name,
    Nest,
    Rank,
    Stmt,
    Store,
    While,
)
from parloop.ir.uses import find_uses
from parloop.ir.walk import all_expressions, blocks, expressions, loops, own_expressions, statements
from parloop.source import Span


def check_nest(nest: Nest) -> list[Diagnostic]:
    """Return every promise that `nest` breaks; an empty list for a sound nest."""
    found = _Findings()
    _check_places(nest, found)
    _check_names(nest, found)
    count = len(found.diagnostics)
    _check_jumps((nest.loop,), found, inside=False)
    if len(found.diagnostics) == count:
        _check_temporaries(nest, found)
    return found.diagnostics


def require_sound(nest: Nest) -> Nest:
    """Return `nest`, or raise `InternalError` with everything that is wrong with it."""
    found = check_nest(nest)
    if found:
        raise InternalError("; ".join(diagnostic.message for diagnostic in found))
    return nest


@dataclass(slots=True)
class _Findings:
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def add(self, message: str, span: Span) -> None:
        self.diagnostics.append(Diagnostic(message, span))


def _check_places(nest: Nest, found: _Findings) -> None:
    """A statement or expression stands in one place, but for the subscripts of augmented stores."""
    seen: set[int] = set()
    for stmt in statements((nest.loop,)):
        for node in (stmt, *_placed_expressions(stmt)):
            if id(node) in seen:
                found.add(f"a node stands in two places: {node}", node.span)
            seen.add(id(node))


def _placed_expressions(stmt: Stmt) -> Iterator[Expr]:
    match stmt:
        case Store(subscripts=subscripts, value=Binary(left=Load(subscripts=same)) as value) if (
            subscripts is same
        ):
            yield from expressions(value)
        case _:
            for expr in own_expressions(stmt):
                yield from expressions(expr)


def _check_names(nest: Nest, found: _Findings) -> None:
    """The three lists of the nest agree with its body."""
    body = (nest.loop,)
    scalars = {expr.id: expr.span for expr in all_expressions(body) if isinstance(expr, Name)}
    arrays = {
        expr.array: expr.span
        for expr in all_expressions(body)
        if isinstance(expr, Load | Extent | Rank)
    }
    bound: dict[str, Span] = {}
    for stmt in statements(body):
        match stmt:
            case Store(array=name):
                arrays[name] = stmt.span
            case Assign(target=name) | For(index=name):
                bound[name] = stmt.span
            case _:
                pass
    indices = {loop.index for loop in loops(body)}
    for name in arrays.keys() & indices:
        found.add(f"`{name}` is used as an array and as an index", arrays[name])
    kept = {name for name in bound if not name.startswith("%")}
    span = nest.loop.span
    if set(nest.arrays) != set(arrays):
        found.add(f"the arrays are {sorted(arrays)}, not {sorted(nest.arrays)}", span)
    if set(nest.outputs) != kept:
        found.add(f"the names bound are {sorted(kept)}, not {sorted(nest.outputs)}", span)
    for name in scalars.keys() - bound.keys() - set(nest.inputs):
        if name not in (START, STOP, STEP):
            found.add(f"`{name}` is read, never bound and no input", scalars[name])
    if not set(nest.arrays) <= set(nest.inputs) | bound.keys():
        found.add("an array is no input", span)
    if any(name.startswith("%") for name in (*nest.inputs, *nest.outputs)):
        found.add("a temporary enters or leaves the nest", span)


def _check_jumps(body: tuple[Stmt, ...], found: _Findings, *, inside: bool) -> None:
    """`break` and `continue` stand inside a loop of the nest."""
    for stmt in body:
        match stmt:
            case Break() | Continue():
                if not inside:
                    found.add("a jump stands outside of every loop", stmt.span)
            case For(body=inner, orelse=orelse) | While(body=inner, orelse=orelse):
                _check_jumps(inner, found, inside=True)
                _check_jumps(orelse, found, inside=inside)
            case _:
                for block in blocks(stmt):
                    _check_jumps(block, found, inside=inside)


def _check_temporaries(nest: Nest, found: _Findings) -> None:
    """A temporary is assigned before it is read."""
    for name, span in find_uses(nest.loop).unassigned.items():
        found.add(f"`{name}` is read before it is assigned", span)
