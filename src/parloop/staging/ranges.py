"""Find the integer operations that cannot leave 64 bits.

    for i in 0:n { for j in 0:m { a[i * m + j] = 0 } }    with |n|, |m| <= 2**31: no test is needed

An interval analysis over the nest. The integers that go in are assumed to lie within `ASSUMED`;
machine code tests that at each entry, and another variant without the assumption exists for the
rare rest. All interval arithmetic is on Python ints and infinities.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from parloop.ir.nodes import (
    START,
    STEP,
    STOP,
    Assign,
    Binary,
    Break,
    Call,
    Compare,
    Conditional,
    Const,
    Continue,
    Expr,
    Extent,
    For,
    If,
    Load,
    Logical,
    Name,
    Rank,
    Slice,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.types import PY_BOOL, PY_INT, Scalar
from parloop.ir.walk import operands
from parloop.staging.specialise import Typing

Bound: TypeAlias = int | float
Interval: TypeAlias = tuple[Bound, Bound]
"""Closed; the ends are ints, or an infinity."""

ASSUMED: Interval = (-(2**31), 2**31)
"""Where the Python ints that go into a nest are assumed to lie."""

ASSUMED_EXTENT: Interval = (0, 2**40)
"""Where the extents of arrays are assumed to lie (an array with stride 0 may claim any)."""

EVERYTHING: Interval = (-math.inf, math.inf)
_FINITE: Interval = (-(2**62), 2**62)
_WORD: Interval = (-(2**63), 2**63 - 1)
_STEPS = (0, 1, 2**8, 2**16, 2**31, 2**32, 2**40, 2**62)
"""Where a growing bound may come to rest (the thresholds of the widening)."""

State: TypeAlias = dict[str, Interval]


@dataclass(frozen=True, slots=True)
class Ranges:
    """`of` has all intervals; `safe` the `id` of each int operation that stays within 64 bits."""

    safe: frozenset[int]
    of: Mapping[int, Interval]


def find_ranges(typing: Typing) -> Ranges:
    """Return the ranges of the integers in `typing.nest`, as assumed about its inputs."""
    finder = _Finder(typing)
    state: State = {name: ASSUMED for name, t in typing.scalars.items() if t == PY_INT}
    state |= {START: ASSUMED, STOP: ASSUMED, STEP: ASSUMED}
    finder.loop(typing.nest.loop, state)
    return Ranges(frozenset(finder.safe - finder.unsafe), finder.of)


def within(interval: Interval, other: Interval) -> bool:
    """Return whether all of `interval` lies in `other`."""
    return other[0] <= interval[0] and interval[1] <= other[1]


def _hull(one: Interval, other: Interval) -> Interval:
    return min(one[0], other[0]), max(one[1], other[1])


def _join(one: State | None, other: State | None) -> State | None:
    if one is None or other is None:
        return one if other is None else other
    return {name: _hull(one[name], other[name]) for name in one.keys() & other.keys()}


def _widen(old: State, new: State) -> State:
    widened: State = {}
    for name in old.keys() & new.keys():
        lo, hi = old[name]
        new_lo, new_hi = new[name]
        if new_lo < lo:
            lo = max((-s for s in _STEPS if -s <= new_lo), default=-math.inf)
        if new_hi > hi:
            hi = min((s for s in _STEPS if s >= new_hi), default=math.inf)
        widened[name] = (lo, hi)
    return widened


class _Finder:
    def __init__(self, typing: Typing) -> None:
        self.typing = typing
        self.of: dict[int, Interval] = {}
        self.safe: set[int] = set()
        self.unsafe: set[int] = set()
        self.exits: list[tuple[list[State], list[State]]] = []

    # statements

    def block(self, body: tuple[Stmt, ...], state: State | None) -> State | None:
        for stmt in body:
            if state is None:
                return None
            state = self.statement(stmt, state)
        return state

    def statement(self, stmt: Stmt, state: State) -> State | None:
        match stmt:
            case Assign(target=target, value=value):
                return {**state, target: self.value(value, state)}
            case Store(subscripts=subscripts, value=value):
                for expr in (value, *subscripts):
                    self.value(expr, state)
                return state
            case For():
                return self.loop(stmt, state)
            case While():
                return self.while_loop(stmt, state)
            case If(test=test, then=then, otherwise=otherwise):
                self.value(test, state)
                one = self.block(then, self.given(test, state, outcome=True))
                other = self.block(otherwise, self.given(test, state, outcome=False))
                return _join(one, other)
            case Break():
                self.exits[-1][0].append(state)
                return None
            case Continue():
                self.exits[-1][1].append(state)
                return None
            case _:
                assert_never(stmt)

    def loop(self, stmt: For, state: State) -> State | None:
        if stmt is self.typing.nest.loop:
            start, stop, step = (state[name] for name in (START, STOP, STEP))
        else:
            start, stop, step = (self.value(e, state) for e in (stmt.start, stmt.stop, stmt.step))
        index: Interval = (min(start[0], stop[0] + 1), max(start[1], stop[1] - 1))
        if step[0] > 0:
            index = (start[0], max(start[0], stop[1] - 1))
        elif step[1] < 0:
            index = (min(start[1], stop[0] + 1), start[1])
        trips = _trips(start, stop, step)

        def run(head: State) -> State | None:
            return self.block(stmt.body, {**head, stmt.index: index})

        sums = {
            name: interval
            for name, interval in _increments(stmt.body, trips, self.typing).items()
            if interval is not None and name in state and within(interval, _FINITE)
        }
        reached = {name: _shifted(state[name], interval) for name, interval in sums.items()}
        head, behind = self.fixed_point(run, {**state, **reached}, frozenset(sums))
        # The index keeps its last value: any in `index`, or what it was before.
        left = {**head, stmt.index: _hull(index, state.get(stmt.index, index))}
        return _join(self.block(stmt.orelse, left), behind)

    def while_loop(self, stmt: While, state: State) -> State | None:
        last: list[State] = []

        def run(head: State) -> State | None:
            self.value(stmt.test, head)
            last[:] = [self.given(stmt.test, head, outcome=False)]
            return self.block(stmt.body, self.given(stmt.test, head, outcome=True))

        _, behind = self.fixed_point(run, state, frozenset())
        return _join(self.block(stmt.orelse, last[0]), behind)

    def fixed_point(  # type: ignore[no-untyped-def]
        self, run, state: State, sums: frozenset[str]
    ):
        """Return the state at the head of the loop, and the one that its `break`s carry behind it.

        `sums` are the names that the loop only adds to, and whose whole range `state` has already:
        `count += 1` grows by at most 1 in each iteration, times those of the loops between.
        """
        head = state
        while True:
            self.exits.append(([], []))
            end = run(head)
            breaks, continues = self.exits.pop()
            grown: State = head
            for other in (end, *continues):
                if other is not None:
                    # A name that is only added to has its whole range already.
                    other = {**other, **{n: head[n] for n in sums & head.keys()}}
                    grown = _join(grown, other) or grown
            if grown == head:
                break
            head = _widen(head, grown)
        behind: State | None = None
        for other in breaks:
            behind = _join(behind, other)
        return head, behind

    def given(self, test: Expr, state: State, *, outcome: bool) -> State:
        """Return `state` narrowed by `test` having come out as `outcome`."""
        match test:
            case Logical(op=op, left=left, right=right) if (op == "and") == outcome:
                return self.given(right, self.given(left, state, outcome=outcome), outcome=outcome)
            case Unary(op="not", operand=operand):
                return self.given(operand, state, outcome=not outcome)
            case Compare(op=written, left=left, right=right):
                holds = written if outcome else _NEGATED[written]
                narrowed = dict(state)
                if self.is_int(left) and self.is_int(right):
                    a, b = self.value(left, state), self.value(right, state)
                    if isinstance(left, Name) and left.id in state:
                        narrowed[left.id] = _narrow(holds, a, b)
                    if isinstance(right, Name) and right.id in state:
                        narrowed[right.id] = _narrow(_MIRRORED[holds], b, a)
                return narrowed
            case _:
                return state

    # expressions

    def is_int(self, expr: Expr) -> bool:
        types = self.typing.of.get(id(expr), frozenset())
        return bool(types) and all(isinstance(t, Scalar) and t.kind in "iub" for t in types)

    def is_python_int(self, expr: Expr) -> bool:
        types = self.typing.of.get(id(expr), frozenset())
        return bool(types) and types <= {PY_INT, PY_BOOL}

    def value(self, expr: Expr, state: State) -> Interval:
        inside = tuple(self.value(o, state) for o in operands(expr))
        if not self.is_int(expr):
            return EVERYTHING
        interval = self.combined(expr, inside, state)
        python = self.is_python_int(expr) and all(self.is_python_int(o) for o in operands(expr))
        if python and isinstance(expr, Unary | Binary):
            (self.safe if within(interval, _WORD) else self.unsafe).add(id(expr))
        interval = self.clipped(expr, interval)
        known = self.of.get(id(expr))
        self.of[id(expr)] = interval if known is None else _hull(known, interval)
        return interval

    def clipped(self, expr: Expr, interval: Interval) -> Interval:
        """Return what is left of `interval` in a value that exists: its type bounds it."""
        types = [t for t in self.typing.of[id(expr)] if isinstance(t, Scalar)]
        lo, hi = (min(_limits(t)[0] for t in types), max(_limits(t)[1] for t in types))
        if all(t.owner == "numpy" for t in types) and not within(interval, (lo, hi)):
            return lo, hi  # it wraps
        return max(interval[0], lo), min(interval[1], hi)

    def combined(self, expr: Expr, inside: tuple[Interval, ...], state: State) -> Interval:
        match expr:
            case Const(value=value):
                return int(value.real), int(value.real)
            case Name(id=name):
                return state.get(name, EVERYTHING)
            case Extent():
                return ASSUMED_EXTENT
            case Rank(array=name):
                rank = self.typing.arrays[name].ndim
                return rank, rank
            case Unary(op="-"):
                return -inside[0][1], -inside[0][0]
            case Unary(op="+"):
                return inside[0]
            case Unary(op="~"):
                return -inside[0][1] - 1, -inside[0][0] - 1
            case Binary(op=op):
                return _binary(op, *inside)
            case Conditional(test=test, then=then, otherwise=otherwise):
                yes = self.value(then, self.given(test, state, outcome=True))
                no = self.value(otherwise, self.given(test, state, outcome=False))
                return _hull(yes, no)
            case Logical():
                return _hull(*inside)
            case Call(callee="builtins.min"):
                return min(inside[0][0], inside[1][0]), min(inside[0][1], inside[1][1])
            case Call(callee="builtins.max"):
                return max(inside[0][0], inside[1][0]), max(inside[0][1], inside[1][1])
            case Call(callee="builtins.index"):
                return inside[0]
            case Unary() | Compare():
                return 0, 1
            case Load() | Call() | Slice():
                return EVERYTHING
            case _:
                assert_never(expr)


_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def _narrow(op: str, a: Interval, b: Interval) -> Interval:
    """Return what is left of `a` when `a op b` holds; an empty result stays as one point."""
    match op:
        case "<":
            return min(a[0], b[1] - 1), min(a[1], b[1] - 1)
        case "<=":
            return min(a[0], b[1]), min(a[1], b[1])
        case ">":
            return max(a[0], b[0] + 1), max(a[1], b[0] + 1)
        case ">=":
            return max(a[0], b[0]), max(a[1], b[0])
        case "==" if max(a[0], b[0]) <= min(a[1], b[1]):
            return max(a[0], b[0]), min(a[1], b[1])
        case _:
            return a


def _limits(scalar: Scalar) -> Interval:
    if scalar.kind == "b":
        return 0, 1
    if scalar.kind == "u":
        return 0, 2**scalar.bits - 1
    return -(2 ** (scalar.bits - 1)), 2 ** (scalar.bits - 1) - 1


def _times(a: Bound, b: Bound) -> Bound:
    return 0 if a == 0 or b == 0 else a * b


def _product(a: Interval, b: Interval) -> Interval:
    ends = [_times(x, y) for x in a for y in b]
    return min(ends), max(ends)


def _binary(op: str, a: Interval, b: Interval) -> Interval:
    match op:
        case "+":
            return a[0] + b[0], a[1] + b[1]
        case "-":
            return a[0] - b[1], a[1] - b[0]
        case "*":
            return _product(a, b)
        case "//" if b[0] > 0:
            ends = [_floor_divide(x, y) for x in a for y in b]
            return min(ends), max(ends)
        case "%" if b[0] > 0:
            return (0, min(a[1], b[1] - 1)) if a[0] >= 0 else (0, b[1] - 1)
        case "&" if a[0] >= 0 or b[0] >= 0:
            return 0, min(x[1] for x in (a, b) if x[0] >= 0)
        case _:
            return EVERYTHING


def _floor_divide(x: Bound, y: Bound) -> Bound:
    if isinstance(x, float):
        return x
    return x // y if isinstance(y, int) else (-1 if x < 0 else 0)


def _trips(start: Interval, stop: Interval, step: Interval) -> Bound:
    if step[0] > 0:
        return max(0, stop[1] - start[0])
    if step[1] < 0:
        return max(0, start[1] - stop[0])
    return max(0, stop[1] - start[0], start[1] - stop[0])


def _increments(
    body: tuple[Stmt, ...], trips: Bound, typing: Typing
) -> dict[str, Interval | None]:
    """Return, for each name that `body` assigns, by how much `trips` runs of it can change it.

    None where it is assigned otherwise than by adding a constant, or inside a `while`.
    """
    found: dict[str, Interval | None] = {}

    def merge(name: str, interval: Interval | None) -> None:
        old = found.get(name, (0, 0))
        both = None if old is None or interval is None else _shifted(old, interval)
        found[name] = both

    for stmt in body:
        match stmt:
            case Assign(target=target, value=value):
                delta = _increment(target, value)
                change = None if delta is None else _product((0, trips), (delta, delta))
                merge(target, change)
            case For(index=index, body=inner, orelse=orelse):
                merge(index, None)
                many = _times(trips, _inner_trips(stmt, typing))
                for name, interval in _increments(inner, many, typing).items():
                    merge(name, interval)
                for name, interval in _increments(orelse, trips, typing).items():
                    merge(name, interval)
            case If(then=then, otherwise=otherwise):
                for part in (then, otherwise):
                    for name, interval in _increments(part, trips, typing).items():
                        merge(name, interval)
            case While(body=inner, orelse=orelse):
                for name in _increments(inner + orelse, trips, typing):
                    merge(name, None)
            case Store() | Break() | Continue():
                pass
            case _:
                assert_never(stmt)
    return found


def _shifted(old: Interval, new: Interval) -> Interval:
    return old[0] + min(new[0], 0), old[1] + max(new[1], 0)


def _increment(target: str, value: Expr) -> int | None:
    match value:
        case Binary(op="+", left=Name(id=name), right=Const(value=int(n))) if name == target:
            return n
        case Binary(op="+", left=Const(value=int(n)), right=Name(id=name)) if name == target:
            return n
        case Binary(op="-", left=Name(id=name), right=Const(value=int(n))) if name == target:
            return -n
        case Binary(op="+", left=Name(id=name), right=Compare()) if name == target:
            return 1
        case _:
            return None


def _inner_trips(stmt: For, typing: Typing) -> Bound:
    """Return how many iterations `stmt` has at most, as assumed; infinity if that does not tell."""
    bound_names = {typing.nest.loop.index, *typing.nest.outputs}
    match stmt.start, stmt.stop, stmt.step:
        case Const(value=int(start)), Const(value=int(stop)), Const(value=int(step)) if step > 0:
            return max(0, stop - start)
        case Const(value=int(start)), Name(id=name), Const(value=int(step)) if step > 0:
            known = name in typing.scalars and name not in bound_names
            return max(0, ASSUMED[1] - start) if known else math.inf
        case Const(value=int(start)), Extent(), Const(value=int(step)) if step > 0:
            return max(0, ASSUMED_EXTENT[1] - start)
        case _:
            return math.inf
