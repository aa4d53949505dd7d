"""Collect the array accesses of a nest, each with its subscripts and the iterations that make it.

    for i in 0:n { if i < m { a[2*i] = b[idx[i]] } }

gives the load `idx[@0]`, the load `b[?]` and the store `a[2*@0]`, all where `0 <= @0 < n` and
`@0 < m`. Scalars that hold an affine value are looked through; what is not affine is None and
stands for anything. A test that depends on data is taken to be true both ways (`exact` is then
False), so the iterations that are given are never too few.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from parloop.analysis import affine
from parloop.analysis.affine import EVERYTHING, Affine, System, is_parameter
from parloop.analysis.elimination import is_infeasible
from parloop.analysis.facts import Facts, extent_name
from parloop.ir.leaving import ends_early, has_own_break
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
    Nest,
    Rank,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.walk import (
    all_expressions,
    bound_names,
    expressions,
    operands,
    own_expressions,
    statements,
)

Known: TypeAlias = Mapping[str, Affine | None]
"""The affine value that a scalar holds at a place; None or missing: not affine."""


@dataclass(frozen=True, slots=True)
class Access:
    """One `Load` or `Store` of a nest, as an affine function of the iterations around it."""

    position: int  # in order of evaluation over the whole nest
    node: Load | Store
    statement: Stmt  # the statement that evaluates it
    array: str
    memory: str  # the array that `cells` index: `array`, or the base that it is a view of
    subscripts: tuple[Affine | None, ...]  # of `array`
    cells: tuple[Affine | None, ...]  # of `memory`
    loops: tuple[int, ...]  # numbers of the `For` loops around it, outermost first
    domain: System  # over their counters
    exact: bool  # whether every point of `domain` surely makes the access
    from_end: tuple[bool, ...]  # subscripts that are always negative; the extent is added above
    quotients: tuple[str, ...]  # the existentials in `domain` and `cells`

    @property
    def is_write(self) -> bool:
        """Whether this is a store."""
        return isinstance(self.node, Store)

    @property
    def is_affine(self) -> bool:
        """Whether every subscript is affine."""
        return None not in self.cells


@dataclass(frozen=True, slots=True)
class LoopShape:
    """A `For` of the nest: its number in order of the text, and the iterations it makes."""

    number: int
    loop: For
    parents: tuple[int, ...]  # the `For` loops around it, outermost first
    inside: System  # constraints on its own counter, those of the loops around it not included
    index: Affine | None  # the value of the index in terms of the counter
    exact: bool  # whether `inside` describes the iterations exactly, were it not for `break`
    has_break: bool
    counts_iterations: bool = True
    """Whether the counter is the number of the iteration. Where the step is unknown, it is the
    index itself, which goes up or down."""
    ways: tuple[System, ...] = (EVERYTHING,)
    """Of a loop that does not count, where the index may be: one of these, upwards or downwards."""


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything that the dependence tests read."""

    loops: tuple[LoopShape, ...]
    accesses: tuple[Access, ...]
    context: System  # extents are not negative
    extents: Mapping[str, Affine]  # by name, such as `a.shape[0]`
    wanted: tuple[str, ...]  # parameters whose values would make more of the nest affine


def collect_accesses(nest: Nest, facts: Facts) -> Collected:
    """Return the loops and array accesses of `nest`, with what `facts` tells put in."""
    collector = _Collector(nest, facts)
    collector.visit(nest.loop, _Place({name: collector.parameter(name) for name in nest.inputs}))
    rows = (extent for _, extent in sorted(collector.extents.items()) if not extent.is_constant)
    context = System(nonnegative=tuple(rows))
    loops = sorted(collector.loops, key=lambda shape: shape.number)
    return Collected(
        tuple(loops),
        tuple(collector.accesses),
        context,
        collector.extents,
        tuple(sorted(collector.wanted)),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the nest the collector is, and what holds there."""

    known: Known
    loops: tuple[int, ...] = ()
    domain: System = EVERYTHING
    exact: bool = True

    def forgetting(self, names: Set[str]) -> _Place:
        kept = {name: value for name, value in self.known.items() if name not in names}
        return replace(self, known=kept)


_BOUNDS = (START, STOP, STEP)


class _Collector:
    def __init__(self, nest: Nest, facts: Facts) -> None:
        self.facts = facts
        self.arrays = frozenset(nest.arrays)
        self.accesses: list[Access] = []
        self.loops: list[LoopShape] = []
        self.seen: set[int] = set()
        self.wanted: set[str] = set()
        self.extents: dict[str, Affine] = {}
        self.quotients: list[tuple[Affine, int]] = []  # `$k` is expression k // divisor k
        everything = (nest.loop,)
        self.ranks = {
            access.array: len(access.subscripts)
            for access in (*all_expressions(everything), *statements(everything))
            if isinstance(access, (Load, Store))
        }
        inner = (stmt for stmt in statements(everything) if isinstance(stmt, For))
        self.numbers = {id(loop): number for number, loop in enumerate(inner)}

    # Values

    def parameter(self, name: str) -> Affine | None:
        if name in self.arrays or name in self.facts.opaque:
            return None
        value = self.facts.values.get(name)
        if value is not None:
            return affine.constant(value)
        return affine.symbol(name)

    def extent(self, name: str) -> Affine:
        if name not in self.extents:
            value = self.facts.values.get(name)
            known = affine.symbol(name) if value is None else affine.constant(value)
            self.extents[name] = known
        return self.extents[name]

    def value(self, expr: Expr, known: Known) -> Affine | None:
        """Return `expr` as an affine expression, if it is one."""
        match expr:
            case Const(value=number) if type(number) is int:
                return affine.constant(number)
            case Name(id=name):
                return self.parameter(name) if name in _BOUNDS else known.get(name)
            case Extent(array=array):
                return self.extent(extent_name(expr, self.ranks.get(array)))
            case Rank(array=array):
                rank = self.ranks.get(array)
                return None if rank is None else affine.constant(rank)
            case Unary(op="-", operand=operand):
                inner = self.value(operand, known)
                return None if inner is None else inner.scaled(-1)
            case Unary(op="+", operand=operand) | Call(
                callee="builtins.index", arguments=(operand,)
            ):
                return self.value(operand, known)
            case Binary(op="+" | "-" | "*" as op, left=left, right=right):
                a, b = self.value(left, known), self.value(right, known)
                if a is None or b is None:
                    return None
                found = affine.arithmetic(op, a, b)
                if found is None:
                    self.want(a, b)
                return found
            case Binary(op="//" | "%" as op, left=left, right=right):
                a, b = self.value(left, known), self.value(right, known)
                if a is None or b is None:
                    return None
                if not b.is_constant:
                    self.want(b)
                elif b.constant > 0:
                    divisor = b.constant
                    return self.quotient(a, divisor) if op == "//" else self.remainder(a, divisor)
                return None
            case _:
                return None

    def want(self, *factors: Affine) -> None:
        """Note whose values would make a product, quotient or step affine."""
        known = [f.terms.keys() for f in factors if all(is_parameter(name) for name in f.terms)]
        if known:
            self.wanted |= min(known, key=lambda names: (len(names), sorted(names)))

    def quotient(self, expression: Affine, divisor: int) -> Affine:
        """Return `expression // divisor` as an existential, the same one for the same quotient."""
        if expression.is_constant:
            return affine.constant(expression.constant // divisor)
        if (expression, divisor) not in self.quotients:
            self.quotients.append((expression, divisor))
        return affine.symbol(f"${self.quotients.index((expression, divisor))}")

    def remainder(self, expression: Affine, divisor: int) -> Affine:
        """Return `expression % divisor`."""
        return affine.combine(expression, 1, self.quotient(expression, divisor), -divisor)

    def with_quotients(self, system: System, *expressions: Affine | None) -> System:
        """Return `system` with what defines the existentials in it and in `expressions`."""
        found = {name for name in system.symbols() if name[0] == "$"}
        for expression in expressions:
            if expression is not None:
                found |= {name for name in expression.terms if name[0] == "$"}
        pending = sorted(found)
        rows: list[Affine] = []
        while pending:
            name = pending.pop()
            expression, divisor = self.quotients[int(name[1:])]
            rest = affine.combine(expression, 1, affine.symbol(name), -divisor)
            rows += [rest, rest.scaled(-1).shifted(divisor - 1)]
            more = {inner for inner in expression.terms if inner[0] == "$"} - found
            found |= more
            pending += sorted(more)
        return system & System(nonnegative=tuple(rows)) if rows else system

    # Statements

    def visit_all(self, body: tuple[Stmt, ...], place: _Place) -> _Place:
        for stmt in body:
            place = self.visit(stmt, place)
            if ends_early(stmt):
                place = replace(place, exact=False)
        return place

    def visit(self, stmt: Stmt, place: _Place) -> _Place:
        """Collect the accesses in `stmt`; return the place after it."""
        if not isinstance(stmt, (For, While)):
            self.collect(stmt, place)
        match stmt:
            case Assign(target=target, value=value):
                known = {**place.known, target: self.value(value, place.known)}
                return replace(place, known=known)
            case If():
                return self.visit_if(stmt, place)
            case For():
                return self.visit_for(stmt, place)
            case While(body=body, orelse=orelse):
                place = place.forgetting(bound_names(body))
                self.collect(stmt, replace(place, exact=False))
                self.visit_all(body, replace(place, exact=False))
                after = self.visit_all(orelse, replace(place, exact=False))
                return replace(after.forgetting(bound_names(orelse)), exact=place.exact)
            case Store() | Break() | Continue():
                return place
            case _:
                assert_never(stmt)

    def visit_if(self, stmt: If, place: _Place) -> _Place:
        when, sure = self.test(stmt.test, place.known, wanted=True)
        unless, sure_not = self.test(stmt.test, place.known, wanted=False)
        then = replace(place, domain=place.domain & when, exact=place.exact and sure)
        otherwise = replace(place, domain=place.domain & unless, exact=place.exact and sure_not)
        first = self.visit_all(stmt.then, then).known
        second = self.visit_all(stmt.otherwise, otherwise).known
        known = {
            name: value
            for name, value in first.items()
            if value is not None and second.get(name) == value
        }
        return replace(place, known=known)

    def visit_for(self, loop: For, place: _Place) -> _Place:
        number = self.numbers[id(loop)]
        if number:  # the outermost bounds were evaluated before the nest began
            self.collect(loop, place)
        shape = self.shape(loop, number, place)
        self.loops.append(shape)
        inner = place.forgetting(bound_names(loop.body))
        inner = _Place(
            {**inner.known, loop.index: shape.index},
            (*place.loops, number),
            place.domain & shape.inside,
            place.exact and shape.exact and not shape.has_break,
        )
        self.visit_all(loop.body, inner)
        after = place.forgetting(bound_names(loop.body) | {loop.index})
        orelse = replace(after, exact=after.exact and not shape.has_break)
        self.visit_all(loop.orelse, orelse)
        return after.forgetting(bound_names(loop.orelse))

    def shape(self, loop: For, number: int, place: _Place) -> LoopShape:
        count = affine.symbol(affine.counter(number))
        step = self.value(loop.step, place.known)
        start = self.value(loop.start, place.known)
        broken = has_own_break(loop)
        if step is not None and not step.is_constant:
            self.want(step)
        if step is None or not step.is_constant or step.constant == 0:
            # The index itself numbers the iterations: it differs from one to the next, in an
            # unknown direction, so only conclusions that hold for both directions may be drawn.
            ways = self.ways(loop, count, start, step, place)
            return LoopShape(
                number, loop, place.loops, EVERYTHING, count, False, broken, False, ways
            )
        rows = [count]
        index = None if start is None else affine.combine(start, 1, count, step.constant)
        exact = index is not None
        if index is not None:
            sign = 1 if step.constant > 0 else -1
            stops = self.bounds(loop.stop, place.known, sign)
            exact = None not in stops
            rows += [
                affine.combine(stop, sign, index, -sign).shifted(-1)
                for stop in stops
                if stop is not None
            ]
        inside = self.with_quotients(System(nonnegative=tuple(rows)))
        return LoopShape(number, loop, place.loops, inside, index, exact, broken)

    def ways(
        self, loop: For, index: Affine, start: Affine | None, step: Affine | None, place: _Place
    ) -> tuple[System, ...]:
        """Return where `index` may be if it goes up, and if it goes down, so far as it may."""
        up, down = EVERYTHING, EVERYTHING
        stop = self.value(loop.stop, place.known)
        if start is not None:
            up = System(nonnegative=(index - start,))
            down = System(nonnegative=(start - index,))
        else:
            match loop.start:
                case Binary(op="*", left=left, right=right) if left == right:
                    if self.value(left, place.known) is not None:  # a square of an integer
                        up = System(nonnegative=(index,))
                case _:
                    pass
        if stop is not None:
            up &= System(nonnegative=((stop - index).shifted(-1),))
            down &= System(nonnegative=((index - stop).shifted(-1),))
        ways = (self.with_quotients(up), self.with_quotients(down))
        if step is None:
            return ways
        domain = self.with_quotients(place.domain, step)
        if is_infeasible(domain & System(nonnegative=(step.scaled(-1),))):
            return ways[:1]
        if is_infeasible(domain & System(nonnegative=(step,))):
            return ways[1:]
        return ways

    def bounds(self, expr: Expr, known: Known, sign: int) -> list[Affine | None]:
        """Return the values that all bound the index, for a stop of `min(...)` each operand."""
        wanted = "builtins.min" if sign > 0 else "builtins.max"
        match expr:
            case Call(callee=callee, arguments=arguments) if callee == wanted and arguments[1:]:
                return [bound for inner in arguments for bound in self.bounds(inner, known, sign)]
            case _:
                return [self.value(expr, known)]

    # Tests

    def test(self, expr: Expr, known: Known, *, wanted: bool) -> tuple[System, bool]:
        """Return what holds where `expr` is `wanted`, and whether that says it all."""
        match expr:
            case Unary(op="not", operand=operand):
                return self.test(operand, known, wanted=not wanted)
            case Logical(op=op, left=left, right=right):
                if (op == "and") != wanted:
                    return EVERYTHING, False
                first, sure = self.test(left, known, wanted=wanted)
                second, also = self.test(right, known, wanted=wanted)
                return first & second, sure and also
            case Compare(op=op, left=left, right=right):
                a, b = self.value(left, known), self.value(right, known)
                if a is not None and b is not None:
                    return affine.comparison(op if wanted else affine.OPPOSITE[op], a, b)
                return EVERYTHING, False
            case _:
                return EVERYTHING, False

    # Accesses

    def collect(self, stmt: Stmt, place: _Place) -> None:
        for expr in own_expressions(stmt):
            self.collect_expression(expr, stmt, place)
        if isinstance(stmt, Store):
            self.add(stmt, stmt, place)

    def collect_expression(self, expr: Expr, stmt: Stmt, place: _Place) -> None:
        for inner in expressions(expr):
            if isinstance(inner, Load) and id(inner) not in self.seen:
                self.seen.add(id(inner))
                sure = place.exact and _is_always_evaluated(inner, expr)
                self.add(inner, stmt, replace(place, exact=sure))

    def add(self, node: Load | Store, stmt: Stmt, place: _Place) -> None:
        plain = [self.value(expr, place.known) for expr in node.subscripts]
        domain = self.with_quotients(place.domain, *plain)
        from_end = tuple(value is not None and _is_negative(value, domain) for value in plain)
        extents = [self.extent(f"{node.array}.shape[{axis}]") for axis in range(len(plain))]
        subscripts = tuple(
            value + extent if value is not None and wraps else value
            for value, extent, wraps in zip(plain, extents, from_end, strict=True)
        )
        memory, shift = self.facts.merged.get(node.array, (node.array, ()))
        cells = subscripts
        if shift:
            cells = _shifted(subscripts, shift)
        self.accesses.append(
            Access(
                len(self.accesses),
                node,
                stmt,
                node.array,
                memory,
                subscripts,
                cells,
                place.loops,
                domain,
                place.exact,
                from_end,
                tuple(sorted(name for name in domain.symbols() if name[0] == "$")),
            )
        )


def _is_negative(value: Affine, domain: System) -> bool:
    """Return whether `value` is below zero in all of `domain`: `-1`, or `-1 - i` where `i >= 0`.

    Errs towards False, which leaves the subscript as it is.
    """
    if value.is_constant:
        return value.constant < 0
    if any(is_parameter(name) for name in value.terms):
        return False
    return is_infeasible(domain & System(nonnegative=(value,)))


def _shifted(
    subscripts: tuple[Affine | None, ...], shift: tuple[int, ...]
) -> tuple[Affine | None, ...]:
    if len(subscripts) != len(shift):
        return (None,) * len(shift)
    pairs = zip(subscripts, shift, strict=True)
    return tuple(None if s is None else s.shifted(amount) for s, amount in pairs)


def _is_always_evaluated(inner: Expr, expr: Expr) -> bool:
    """Return whether evaluating `expr` surely evaluates `inner`."""
    if inner is expr:
        return True
    match expr:
        case Conditional(test=test):
            return _is_always_evaluated(inner, test)
        case Logical(left=left):
            return _is_always_evaluated(inner, left)
        case _:
            return any(_is_always_evaluated(inner, operand) for operand in operands(expr))
