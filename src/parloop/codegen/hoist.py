"""Machine code that tests the subscripts of a whole loop at its head.

    for p in starts[i]:ends[i] { total = total + values[p] }    tests the first and last p, not each

Bounds that are data keep the analysis from proving such subscripts inside ahead of the run. Only
accesses that every iteration makes count: a test for one that is never made would be a false alarm.
"""

from __future__ import annotations

from collections.abc import Iterator

from llvmlite import ir

from parloop.codegen.events import I64
from parloop.codegen.expressions import ExpressionWriter
from parloop.ir.nodes import (
    Assign,
    Binary,
    Break,
    Const,
    Continue,
    Expr,
    For,
    If,
    Load,
    Name,
    Store,
)
from parloop.ir.types import PY_INT, UNBOUND
from parloop.ir.walk import statements
from parloop.staging.anchors import eager


def sure_accesses(loop: For) -> Iterator[Load | Store]:
    """Yield the accesses that each iteration of `loop` makes, whatever the data is."""
    for stmt in loop.body:
        match stmt:
            case Assign(value=value):
                yield from _loads(value)
            case Store(subscripts=subscripts, value=value):
                yield from _loads(value)
                for subscript in subscripts:
                    yield from _loads(subscript)
                yield stmt
            case If(test=test):
                yield from _loads(test)
                inside = statements(stmt.then + stmt.otherwise)
                if any(isinstance(s, Break | Continue) for s in inside):
                    return
            case _:
                return


def _loads(expr: Expr) -> Iterator[Load]:
    return (part for part in eager(expr) if isinstance(part, Load))


def offset_of(subscript: Expr, index: str) -> int | None:
    """Return c if `subscript` is `index + c`."""
    match subscript:
        case Name(id=name) if name == index:
            return 0
        case Binary(op="+", left=Name(id=name), right=Const(value=int(c))) if name == index:
            return int(c)
        case Binary(op="-", left=Name(id=name), right=Const(value=int(c))) if name == index:
            return -int(c)
        case _:
            return None


class HoistWriter(ExpressionWriter):
    """Writes tests of subscripts at the heads of loops."""

    def tested_at_head(
        self, loop: For, trips: ir.Value, start: ir.Value, step: ir.Value
    ) -> tuple[frozenset[int], ir.Value]:
        """Return the accesses that a test here has proved inside, and the trips that are left.

        After a test that failed there are none: the slice will be run again, precisely.
        """
        changed = {s.target for s in statements(loop.body) if isinstance(s, Assign)}
        changed |= {s.index for s in statements(loop.body) if isinstance(s, For)}
        if loop.index in changed or self.precise:
            return frozenset(), trips
        builder = self.builder
        inside: set[int] = set()
        bad: ir.Value | None = None
        last = builder.add(start, builder.mul(builder.sub(trips, I64(1)), step))
        tested: dict[tuple[str, tuple[object, ...]], bool] = {}
        for node in sure_accesses(loop):
            if id(node) in self.inside or id(node) in inside:
                continue
            ends = self.ends(node, loop.index, changed, (start, last))
            if ends is None:
                continue
            inside.add(id(node))
            key = (node.array, node.subscripts)
            if key in tested:
                continue
            tested[key] = True
            for pair, extent in zip(ends, self.arrays[node.array].extents, strict=True):
                for end in pair:
                    beyond = builder.icmp_unsigned(">=", end, extent)
                    bad = beyond if bad is None else builder.or_(bad, beyond)
        if bad is None:
            return frozenset(), trips
        some = builder.icmp_signed(">", trips, I64(0))
        bad = builder.and_(some, bad)
        self.raises(bad)
        return frozenset(inside), builder.select(bad, I64(0), trips)

    def ends(
        self,
        node: Load | Store,
        index: str,
        changed: set[str],
        bounds: tuple[ir.Value, ir.Value],
    ) -> list[tuple[ir.Value, ...]] | None:
        """Return the first and last value of each subscript, if they are plain enough to tell."""
        found: list[tuple[ir.Value, ...]] = []
        depends = False
        for subscript in node.subscripts:
            offset = offset_of(subscript, index)
            if offset is not None:
                depends = True
                found.append(tuple(self.builder.add(b, I64(offset)) for b in bounds))
            elif isinstance(subscript, Const) and isinstance(subscript.value, int):
                found.append((I64(int(subscript.value)),))
            elif isinstance(subscript, Name) and self.is_settled(subscript, changed):
                found.append(self.settled_ends(subscript.id))
            else:
                return None
        return found if depends else None

    def is_settled(self, name: Name, changed: set[str]) -> bool:
        """Return whether a name is an int at the head of the loop, and stays the same in it."""
        union = self.program.typing.of.get(id(name), frozenset())
        return name.id not in changed and union == {PY_INT} and UNBOUND not in union

    def settled_ends(self, name: str) -> tuple[ir.Value, ...]:
        """Return the values between which a settled name lies: here the only one that it has."""
        return (self.get(self.variables[name], PY_INT),)
