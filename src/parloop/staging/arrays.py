"""The statements of a nest that handles arrays, rewritten one by one; see `staging.expansion`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import assert_never

from parloop.ir.nodes import (
    Assign,
    Binary,
    Break,
    Call,
    Compare,
    Const,
    Continue,
    Expr,
    For,
    If,
    Load,
    Name,
    Slice,
    Stmt,
    Store,
    While,
)
from parloop.ir.walk import VIEWS, bound_names, is_in_place, statements
from parloop.source import Span
from parloop.staging import elementwise
from parloop.staging.axes import Axes
from parloop.staging.elementwise import Elements, Number, Operand
from parloop.staging.lengths import at_least, to_expr
from parloop.staging.making import Making
from parloop.staging.mapped import RUN, Mapped
from parloop.staging.picked import Picked
from parloop.staging.places import State, full_axes, is_ellipsis
from parloop.staging.products import Products
from parloop.staging.rolling import Rolling
from parloop.staging.values import aligned, alternatives, new_axes
from parloop.staging.views import (
    View,
    distance,
    keeps_step,
    names_in,
    transposed,
    with_new_axes,
)

MOST_TURNS = 6
"""A body is written down no more than so many times."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Which names hold which arrays after an iteration: each of `bound` once, then in turns.

    The turns begin with the one at `first`.
    """

    bound: tuple[Mapping[str, View], ...]
    first: int

    def after(self, iterations: int) -> int:
        """Return which of `bound` holds after so many iterations, at least one."""
        last = iterations - 1
        if last < self.first:
            return last
        return self.first + (last - self.first) % (len(self.bound) - self.first)


def way_of(name: str) -> str:
    """Return the variable that says which statement has bound `name`."""
    return f"way@{name}"


class Expander(Making, Axes, Mapped, Products, Rolling, Picked):
    """One nest on its way: its statements rewritten, with the state of its names."""

    # the nest

    def outermost(self) -> tuple[For, Turns]:
        """Return the loop rewritten, and what its names hold after any number of iterations."""
        loop = self.nest.loop
        if loop.orelse:
            raise self.declined(loop.span, "a loop over array statements has an `else`")
        body, after = self.settled(loop)
        return replace(loop, body=body), Turns((self.bound(after),), 0)

    def bound(self, after: State) -> Mapping[str, View]:
        """Return which arrays the names hold that the nest leaves."""
        for name in self.nest.outputs:
            if name in after and after[name] is None and name not in self.several:
                self.unsure.add(name)
                raise self.declined(self.nest.loop.span, f"`{name}` depends on the way taken")
        found = {n: view for n in self.nest.outputs if (view := after.get(n)) is not None}
        made = [view for view in found.values() if not view.whole]
        for axis in (axis for view in made for axis in view.axes if axis.within != 1):
            # where it is empty, its stride is that of what it was cut from
            if not self.is_fixed(axis.length):
                raise self.declined(self.nest.loop.span, "a part of a view with steps is left")
            self.require(at_least(axis.length, 1), self.nest.loop.span)
        if any(made.count(view) > 1 for view in made):
            # one object or two? each name would get a view object of its own
            raise self.declined(self.nest.loop.span, "two names are left with the same view")
        arrays = [view.array for view in found.values()]
        if any(view.own and arrays.count(view.array) > 1 for view in found.values()):
            message = "an array is left, and a view of it, whose shape changes"
            raise self.declined(self.nest.loop.span, message)
        return found

    def in_turns(self) -> tuple[For, Turns]:
        """Return the loop with a copy of its body for each way in which its names hold arrays.

        `u, v = v, u` makes two, which take turns. Some iterations may come before the turns begin.
        """
        loop = self.nest.loop
        live = set(self.nest.inputs)
        states, bodies = [self.state], list[tuple[Stmt, ...]]()
        while True:
            body, after = self.one_turn(loop, states[-1])
            bodies.append(body)
            assigned = bound_names(body) | {loop.index}
            kept = {name: view for name, view in after.items() if name in live}
            if _names_of_positions(kept) & assigned:
                raise self.declined(loop.span, "a view is kept from one iteration to the next")
            same = [n for n, s in enumerate(states) if all(s.get(k) == after.get(k) for k in live)]
            states.append(after)
            if same:
                break
            if len(bodies) == MOST_TURNS:
                raise self.declined(loop.span, "the arrays of a loop change names too often")
        turns = Turns(tuple(map(self.bound, states[1:])), same[0])
        if any(turn.keys() != turns.bound[0].keys() for turn in turns.bound):
            raise self.declined(loop.span, "a name holds an array at times, and at times a number")
        return replace(loop, body=self.choice(bodies, same[0], states[0])), turns

    def one_turn(self, loop: For, state: State) -> tuple[tuple[Stmt, ...], State]:
        """Return the body rewritten for one state of the names, and the state after it."""
        self.state = {name: view for name, view in state.items() if name != loop.index}
        self.turn += 1
        self.exits.append([])
        body = self.block(loop.body)
        if any(_joined(self.state, other) != self.state for other in self.exits.pop()):
            raise self.declined(loop.span, "the loop is left while its arrays change names")
        return body, self.state

    def choice(
        self, bodies: list[tuple[Stmt, ...]], first: int, before: State
    ) -> tuple[Stmt, ...]:
        """Return the statements that run the body whose turn it is."""
        loop = self.nest.loop
        if loop.index in {s.target for s in statements(loop.body) if isinstance(s, Assign)}:
            raise self.declined(loop.span, "a loop whose arrays change names assigns its index")
        count, turn = self.fresh("n"), self.fresh("n")
        self.state = before
        start, step = self.linear(loop.start), self.linear(loop.step)
        if start is None or step is None:
            raise self.declined(loop.span, "a loop whose arrays change names begins anywhere")
        gone: Expr = Binary("-", Name(loop.index), to_expr(start))
        if step.known != 1:
            gone = Binary("//", gone, to_expr(step))
        period = len(bodies) - first
        number_ = Binary("%", Binary("-", Name(count), Const(first)), Const(period))
        found = bodies[-1]
        for place in reversed(range(first, len(bodies) - 1)):
            test = Compare("==", Name(turn), Const(place - first))
            found = (If(test, bodies[place], found, loop.span),)
        if period > 1:
            found = (Assign(turn, number_), *found)
        for place in reversed(range(first)):
            test = Compare("==", Name(count), Const(place))
            found = (If(test, bodies[place], found, loop.span),)
        return (Assign(count, gone), *found)

    def settled(self, loop: For | While) -> tuple[tuple[Stmt, ...], State]:
        """Return the body rewritten to hold in every iteration, and the state after one."""
        head = dict(self.state)
        for _ in range(8):
            if isinstance(loop, For):
                head.pop(loop.index, None)
            before = dict(head)
            self.state = dict(head)
            self.exits.append([])
            body = self.block(loop.body)
            exits = self.exits.pop()
            after = self.state
            for other in exits:
                after = _joined(after, other)
            head = _joined(head, after)
            if head == before:
                self.state = before
                return body, after
            changing = bound_names(body) | ({loop.index} if isinstance(loop, For) else set())
            if _names_of_positions(head) & changing:
                raise self.declined(loop.span, "a view is kept from one iteration to the next")
        raise self.declined(loop.span, "the arrays of a loop change names too often")

    # statements

    def block(self, body: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
        """Return `body` rewritten."""
        outer, self.out = self.out, []
        for stmt in body:
            self.statement(stmt)
        found, self.out = tuple(self.out), outer
        return found

    def statement(self, stmt: Stmt) -> None:
        """Rewrite `stmt` into `out`, and follow the names."""
        match stmt:
            case Assign():
                self.assign(stmt)
            case Store():
                self.store(stmt)
            case For():
                if stmt.index in self.several:
                    raise self.declined(stmt.span, f"`{stmt.index}` depends on the way taken")
                bounds = [self.scalar(bound) for bound in (stmt.start, stmt.stop, stmt.step)]
                before = dict(self.state)
                body, after = self.settled(stmt)
                self.state = self.after_loop(stmt, before, after)
                orelse = self.orelse(stmt)
                start, stop, step = bounds
                loop = replace(
                    stmt, start=start, stop=stop, step=step, body=body, orelse=orelse
                )
                self.out.append(loop)
            case While():
                before = dict(self.state)
                with self.nothing_before(stmt.span):
                    test = self.scalar(stmt.test)
                body, after = self.settled(stmt)
                self.state = _joined(before, after)
                orelse = self.orelse(stmt)
                self.out.append(replace(stmt, test=test, body=body, orelse=orelse))
            case If(test=test, then=then, otherwise=otherwise):
                condition = self.scalar(test)
                before = dict(self.state)
                first = self.block(then)
                one, self.state = self.state, before
                second = self.block(otherwise)
                self.state = _joined(one, self.state)
                self.out.append(replace(stmt, test=condition, then=first, otherwise=second))
            case Break() | Continue():
                self.exits[-1].append(dict(self.state))
                self.out.append(replace(stmt))
            case _:
                assert_never(stmt)

    def orelse(self, loop: For | While) -> tuple[Stmt, ...]:
        """Return the `else` of a loop rewritten; it may have run or not, afterwards."""
        before = dict(self.state)
        body = self.block(loop.orelse)
        self.state = _joined(before, self.state)
        return body

    def after_loop(self, loop: For, before: State, after: State) -> State:
        """Return the state after a loop; that it runs at all becomes a condition if it matters."""
        if before == after:
            return after
        start, stop = self.linear(loop.start), self.linear(loop.stop)
        if start is None or stop is None or loop.step != Const(1) or loop.orelse:
            return _joined(before, after)
        self.require(at_least(stop - start, 1), loop.span)
        return after

    @contextmanager
    def nothing_before(self, span: Span) -> Iterator[None]:
        """Decline if what is rewritten inside needs statements in front of it."""
        count = len(self.out)
        yield
        if len(self.out) > count:
            raise self.declined(span, "a `while` loop computes with arrays in its test")

    def assign(self, stmt: Assign) -> None:
        target = stmt.target
        view = self.state.get(target, None)
        if is_in_place(stmt) and target in self.state:
            if view is None:
                raise self.declined(stmt.span, f"`{target}` depends on the way taken")
            assert isinstance(stmt.value, Binary)
            self.in_place(view, stmt.value, stmt.span)
            return
        if (alias := self.alias(stmt.value)) is not None:
            if target in self.several:
                raise self.declined(stmt.span, f"`{target}` depends on the way taken")
            if not isinstance(stmt.value, Name):
                self.test_places(alias)
            self.state[target] = alias
            return
        value = self.value(stmt.value)
        if isinstance(value, Elements):
            self.bind_new(target, value, stmt)
            self.note_way(target, stmt)
            return
        if target in self.several:
            raise self.declined(stmt.span, f"`{target}` depends on the way taken")
        self.state.pop(target, None)
        self.out.append(replace(stmt, value=value.expr))

    def note_way(self, target: str, stmt: Assign) -> None:
        """Keep in a variable which statement has bound `target`, where the ways differ in that."""
        if target not in self.several:
            return
        view = self.state[target]
        if view is None or not view.whole:
            raise self.declined(stmt.span, f"`{target}` depends on the way taken")
        ways = self.ways.setdefault(target, {})
        number_ = self.statements.setdefault(id(stmt), len(self.statements))
        ways[number_] = view
        self.out.append(Assign(way_of(target), Const(number_), stmt.span))

    def alias(self, expr: Expr) -> View | None:
        """Return the view that `expr` is, without an operation; None if it is no array."""
        match expr:
            case Name(id=name) if name in self.state:
                return self.array(name, expr.span)
            case Load(array=name, subscripts=subscripts) if name in self.state:
                if self.picks(subscripts):
                    return None
                is_view = any(isinstance(part, Slice) or is_ellipsis(part) for part in subscripts)
                if not is_view and len(subscripts) == len(self.array(name, expr.span).axes):
                    return None
                return self.taken(name, subscripts, expr.span)
            case Call(callee=callee, arguments=(part, *places)) if callee in VIEWS:
                inner, new = self.alias(part), new_axes(callee, places)
                if inner is None:
                    return None
                return transposed(inner) if new is None else with_new_axes(inner, new)
            case _:
                return None

    def bind_new(self, target: str, value: Elements, stmt: Assign) -> None:
        """Compute `value` into an array of its own, which `target` is from now on."""
        others = {view.array for name, view in self.state.items() if view and name != target}
        if not _is_copy(stmt.value):
            self.require_order(value, stmt.span)
        if isinstance(stmt.value, Call) and stmt.value.callee in VIEWS:
            raise self.declined(stmt.span, "a view is taken of what has no name")
        number_ = 0
        while True:
            name = self.scratch_for(stmt, f"{number_}", value.type, value.shape, stmt.span)
            target_ = View(name, full_axes(value.shape))
            clash = any(
                v.array == name and not (same and keeps_step(target_, v)) for v, same in value.reads
            )
            if name not in others and not clash:
                break
            number_ += 1
        calls = self.unmade(value, None, value.type)
        is_whole = all(map(self.is_fixed, value.shape))
        view = View(name, full_axes(value.shape), whole=is_whole, own=not is_whole)
        if calls is not None:
            self.loops(view, calls, stmt.span, RUN)
        else:
            self.loops(view, value, stmt.span)
        self.state[target] = view

    def store(self, stmt: Store) -> None:
        augmented = _is_augmented(stmt)
        if stmt.array not in self.state:
            self.store_in_list(stmt, augmented=augmented)
            return
        if self.picks(stmt.subscripts):
            self.store_picked(stmt, augmented=augmented)
            return
        if (subscripts := self.element_of(stmt)) is not None:
            base = self.array(stmt.array, stmt.span)
            self.store_number(stmt, base, subscripts, augmented=augmented)
            return
        view = self.taken(stmt.array, stmt.subscripts, stmt.span)
        if not view.axes:
            self.store_number(stmt, view, view.subscripts(()), augmented=augmented)
        elif augmented:
            assert isinstance(stmt.value, Binary)
            self.in_place(view, stmt.value, stmt.span)
        else:
            value = self.value(stmt.value)
            self.put(view, value, stmt.span)

    def store_in_list(self, stmt: Store, *, augmented: bool) -> None:
        listed = View(stmt.array, ())
        is_list = stmt.array in self.types and stmt.array not in self.arrays
        match stmt.subscripts:
            case (place,) if is_list and not isinstance(place, Slice):
                self.store_number(stmt, listed, (self.scalar(place),), augmented=augmented)
            case _:
                raise self.declined(stmt.span, f"`{stmt.array}` is not a NumPy array")

    def store_number(
        self, stmt: Store, view: View, subscripts: tuple[Expr, ...], *, augmented: bool
    ) -> None:
        if augmented:
            assert isinstance(stmt.value, Binary)
            found = self.number(stmt.value.right)
            old = Load(view.array, subscripts, stmt.span)
            value: Expr = replace(stmt.value, left=old, right=found.expr)
        else:
            found = self.number(stmt.value)
            value = found.expr
        self.note_number(view, found)
        self.out.append(Store(view.array, subscripts, value, stmt.span))

    def note_number(self, view: View, value: Number) -> None:
        """Keep the array of `view` in memory if it has no place for some integers of NumPy's.

        Storing one raises, while a conversion, as of the elements of an array, wraps.
        """
        target = self.dtypes.get(view.array)
        if target is None or target.kind not in "iu":
            return
        if any(not elementwise.has_room(target, one) for one in (value.type, *value.others)):
            self.tight.add(view.array)

    def in_place(self, view: View, operation: Binary, span: Span) -> None:
        """Do `view op= y`."""
        right = self.value(operation.right)
        value = self.operation(operation, (self.read(view), right), span)
        if not elementwise.may_cast(value.type, self.dtypes[view.array]):
            raise self.declined(span, f"an operation in place puts {value.type} into another type")
        if len(value.shape) > len(view.shape):
            raise self.declined(span, "an operation in place would make an array larger")
        self.put(view, value, span)

    def put(self, view: View, value: Operand, span: Span) -> None:
        """Store `value` into the elements of `view`, after all of it has been computed."""
        value = self.held(value, span)
        target = self.dtypes[view.array]
        if not all(elementwise.may_store(one, target) for one in alternatives(value)):
            raise self.declined(span, f"{value.type} is stored into {self.dtypes[view.array]}")
        if isinstance(value, Number):
            self.converted(value, target, view.shape)
            self.note_number(view, value)
        if isinstance(value, Elements) and len(value.shape) > len(view.shape):
            raise self.declined(span, "an array is stored into one with fewer axes")
        if isinstance(value, Elements) and any(
            not self.is_apart(view, read, same, len(value.shape)) for read, same in value.reads
        ):
            shape = self.broadcast((view.shape, value.shape), span)
            name = self.scratch_for(view, "", self.dtypes[view.array], shape, span)
            self.passing.add(name)
            kept = View(name, full_axes(shape))
            self.loops(kept, value, span)
            value = self.read(kept)
        elif (calls := self.unmade(value, view, target)) is not None:
            self.loops(view, calls, span, RUN)
            return
        self.loops(view, value, span)

    def is_apart(self, target: View, read: View, same: bool, ndim: int) -> bool:
        """Return whether storing an element of `target` leaves what is still read of `read`."""
        if target.array != read.array:
            return not self.share or "%" in (target.array[0], read.array[0])
        if keeps_step(target, read) and same and len(target.axes) == ndim:
            return True
        apart = distance(target, read, self.extents[target.array], self.places)
        if apart is None:
            return False
        if apart.known is None:
            self.conditions[Compare("!=", to_expr(apart), Const(0))] = None
        return True

    def loops(self, view: View, value: Operand, span: Span, kind: str = "i") -> None:
        """Write the loops that store each element of `value` into its place in `view`."""
        shape = view.shape
        if isinstance(value, Elements):
            found = self.broadcast((shape, value.shape), span)
            if len(found) > len(shape) or any(
                own.known == 1 and length != own for own, length in zip(shape, found, strict=True)
            ):
                raise self.declined(span, "an array is stored into a smaller one")
            shape = found
        self.test_places_if_empty(view, shape, span)
        if isinstance(value, Elements):
            self.look_at_all(value, shape, span)
        names = [self.fresh("i") for _ in shape[1:]]
        names.append(self.fresh(kind))
        indices = [_index(name) for name in names]
        stored = aligned(value, shape)(indices)
        stmt: Stmt = Store(view.array, view.subscripts(indices), stored, span)
        for name, length in reversed(list(zip(names, shape, strict=True))):
            stmt = For(name, Const(0), to_expr(length), Const(1), (stmt,), (), span)
        self.out.append(stmt)


def _index(name: str) -> Callable[[], Expr]:
    return lambda: Name(name)


def _is_copy(expr: Expr) -> bool:
    return isinstance(expr, Call) and expr.callee == "numpy.ndarray.copy"


def _is_augmented(stmt: Store) -> bool:
    match stmt.value:
        case Binary(left=Load(subscripts=subscripts)):
            return subscripts is stmt.subscripts
        case _:
            return False


def _joined(one: State, other: State) -> State:
    """Return what holds whichever way was taken."""
    found: State = {}
    for name in one.keys() | other.keys():
        view = one.get(name)
        found[name] = view if view is not None and view == other.get(name) else None
    return found


def _names_of_positions(state: State) -> set[str]:
    return {name for view in state.values() if view is not None for name in names_in(view)}
