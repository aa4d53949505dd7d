"""What a nest takes from and leaves to the code around it.

A walk over the structured statements in CPython's order that carries the names that are surely
bound. A loop that may run zero times binds nothing for the statements after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from parloop.ir.nodes import (
    START,
    STEP,
    STOP,
    Assign,
    Break,
    Const,
    Continue,
    Expr,
    Extent,
    For,
    If,
    Load,
    Name,
    Nest,
    Rank,
    Stmt,
    Store,
    While,
)
from parloop.ir.walk import operands
from parloop.source import Source, Span

State: TypeAlias = frozenset[str] | None
"""The names that are surely bound at a point, `None` where no run comes by."""


def find_uses(loop: For) -> Uses:
    """Return the names that `loop`, as the outermost of a nest, takes and leaves."""
    uses = Uses()
    uses.visit_loop(loop, frozenset())
    return uses


def nest_of(
    loop: For,
    source: Source,
    function: str,
    guards: tuple[tuple[str, str], ...] = (),
) -> Nest:
    """Return the nest around `loop`, with the names that it takes and leaves."""
    uses = find_uses(loop)
    inputs, arrays, outputs = tuple(uses.inputs), tuple(uses.arrays), tuple(uses.outputs)
    return Nest(loop, inputs, arrays, outputs, source, function, guards)


@dataclass(slots=True)
class _Loop:
    """The states in which an enclosing loop is left by `break` or goes on by `continue`."""

    breaks: list[State] = field(default_factory=list)
    continues: list[State] = field(default_factory=list)


@dataclass(slots=True)
class Uses:
    """The names of a nest, each with the span of its first use, in the order of the text."""

    inputs: dict[str, Span] = field(default_factory=dict)
    arrays: dict[str, Span] = field(default_factory=dict)
    scalars: dict[str, Span] = field(default_factory=dict)
    outputs: dict[str, Span] = field(default_factory=dict)
    unassigned: dict[str, Span] = field(default_factory=dict)
    """Temporaries that may be read before they are assigned, in the same iteration."""
    _loops: list[_Loop] = field(default_factory=list)

    def visit_loop(self, loop: For | While, bound: State) -> State:
        """Visit `loop` and return what is bound after it."""
        here = _Loop()
        inside: State = bound
        if isinstance(loop, For):
            for bounds in (loop.start, loop.stop, loop.step):
                self._read(bounds, bound)
            inside = self._bind(loop.index, loop.span, bound)
        else:
            self._read(loop.test, bound)
        self._loops.append(here)
        end = self._block(loop.body, inside)
        self._loops.pop()
        after: State = bound
        if _surely_runs(loop):
            after = _meet([end, *here.continues])
        if isinstance(loop, While) and isinstance(loop.test, Const) and loop.test.value:
            after = None
        if loop.orelse:
            after = self._block(loop.orelse, after)
        return _meet([after, *here.breaks])

    def _block(self, body: tuple[Stmt, ...], bound: State) -> State:
        for stmt in body:
            bound = self._statement(stmt, bound)
        return bound

    def _statement(self, stmt: Stmt, bound: State) -> State:
        match stmt:
            case Assign(target=target, value=value):
                self._read(value, bound)
                return self._bind(target, stmt.span, bound)
            case Store(array=array, subscripts=subscripts, value=value):
                self._read(value, bound)
                self._use_array(array, stmt.span, bound)
                for subscript in subscripts:
                    self._read(subscript, bound)
                return bound
            case If(test=test, then=then, otherwise=otherwise):
                self._read(test, bound)
                return _meet([self._block(then, bound), self._block(otherwise, bound)])
            case For() | While():
                return self.visit_loop(stmt, bound)
            case Break():
                self._loops[-1].breaks.append(bound)
                return None
            case Continue():
                self._loops[-1].continues.append(bound)
                return None
            case _:
                assert_never(stmt)

    def _read(self, expr: Expr, bound: State) -> None:
        match expr:
            case Name(id=name):
                if name.startswith("%"):
                    if bound is not None and name not in (*bound, *_GIVEN):
                        self.unassigned.setdefault(name, expr.span)
                else:
                    self.scalars.setdefault(name, expr.span)
                    if bound is not None and name not in bound:
                        self.inputs.setdefault(name, expr.span)
            case Load(array=array) | Extent(array=array) | Rank(array=array):
                self._use_array(array, expr.span, bound)
            case _:
                pass
        for operand in operands(expr):
            self._read(operand, bound)

    def _use_array(self, array: str, span: Span, bound: State) -> None:
        self.arrays.setdefault(array, span)
        if bound is None or array not in bound:
            self.inputs.setdefault(array, span)

    def _bind(self, name: str, span: Span, bound: State) -> State:
        if not name.startswith("%"):
            self.scalars.setdefault(name, span)
            self.outputs.setdefault(name, span)
        return None if bound is None else bound | {name}


_GIVEN = (START, STOP, STEP)


def _meet(states: list[State]) -> State:
    reached = [state for state in states if state is not None]
    return frozenset.intersection(*reached) if reached else None


def _surely_runs(loop: For | While) -> bool:
    """Tell whether the text alone shows that `loop` runs its body at least once."""
    match loop:
        case For(
            start=Const(value=int(start)), stop=Const(value=int(stop)), step=Const(value=int(step))
        ):
            return step != 0 and len(range(start, stop, step)[:1]) == 1
        case While(test=Const(value=value)):
            return bool(value)
        case _:
            return False
