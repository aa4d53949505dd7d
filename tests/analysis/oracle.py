"""The judge of the analysis: run a nest with small numbers and look at what it touches.

Nothing here uses the analysis. Arrays are dictionaries without bounds, so that a subscript means
itself, as the verdicts assume; those in `from_end` are negative and count from the extent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from parloop.ir.nodes import (
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
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.walk import statements

MAX_WHILE = 3


@dataclass(frozen=True, slots=True)
class Event:
    """One element touched: by which node, in which iterations, outermost loop first."""

    node: Load | Store
    cell: tuple[object, ...]
    subscripts: tuple[int, ...]
    iterations: tuple[tuple[int, int, int], ...]  # loop number, which run of that loop, iteration

    @property
    def is_write(self) -> bool:
        return isinstance(self.node, Store)


@dataclass(slots=True)
class State:
    """What a run leaves behind."""

    scalars: dict[str, int]
    arrays: dict[tuple[object, ...], int] = field(default_factory=dict)


class _BreakError(Exception):
    pass


class _ContinueError(Exception):
    pass


Order = Callable[[int, int], Sequence[int]]
"""Given a loop's number and its trip, the order of its iterations."""


class TooLongError(Exception):
    """The run touches more elements than a judge can look at."""


class OutOfRangeError(Exception):
    """The run ends in an `IndexError`, which no claim is about."""


class Run:
    """One run of a nest. `reorder` is the number of a loop to run in a random order, if any; then
    `private` scalars get the values of the last iteration, in the proper order, that assigned them.
    With `split` only the iterations before that index, and those after it, change places.
    """

    def __init__(
        self,
        nest: Nest,
        values: Mapping[str, int],
        seed: int,
        *,
        views: Mapping[str, tuple[str, tuple[int, ...]]] | None = None,
        reorder: int | None = None,
        private: frozenset[str] = frozenset(),
        from_end: frozenset[tuple[int, int]] = frozenset(),
        wave: tuple[int, int] | None = None,
        wrap: bool = False,
        split: Expr | None = None,
    ) -> None:
        self.split = split
        self.split_places: set[int] = set()  # counters inside the loop at which it was split
        self.wrap = wrap  # negative subscripts count from the end, and there are ends
        self.from_end = from_end
        self.wave = wave  # a loop, and the factor at which it and the loop inside run in waves
        self.values = values
        self.seed = seed
        self.views = views or {}
        self.reorder = reorder
        self.private = private
        self.shuffle = Random(seed + 1)
        self.events: list[Event] = []
        self.stack: list[tuple[int, int, int]] = []
        self.runs = 0
        loops = (stmt for stmt in statements((nest.loop,)) if isinstance(stmt, For))
        self.numbers = {id(loop): number for number, loop in enumerate(loops)}
        self.state = State({name: values[name] for name in nest.inputs if name in values})
        self.assigned: set[str] = set()
        self.block((nest.loop,))

    # Expressions

    def evaluate(self, expr: Expr) -> int:
        match expr:
            case Const(value=value):
                assert isinstance(value, int)
                return value
            case Name(id=name):
                return self.state.scalars[name] if name[0] != "%" else self.values[name]
            case Extent(array=array, axis=axis):
                return self.values[f"{array}.shape[{axis}]"]
            case Unary(op="-", operand=operand):
                return -self.evaluate(operand)
            case Unary(op="not", operand=operand):
                return not self.evaluate(operand)
            case Binary(op=op, left=left, right=right):
                return _binary(op, self.evaluate(left), self.evaluate(right))
            case Compare(op=op, left=left, right=right):
                return _compare(op, self.evaluate(left), self.evaluate(right))
            case Logical(op=op, left=left, right=right):
                first = self.evaluate(left)
                if bool(first) == (op == "or"):
                    return first
                return self.evaluate(right)
            case Conditional(test=test, then=then, otherwise=otherwise):
                return self.evaluate(then if self.evaluate(test) else otherwise)
            case Call(callee=callee, arguments=arguments):
                numbers = [self.evaluate(argument) for argument in arguments]
                return min(numbers) if callee == "builtins.min" else max(numbers)
            case Load():
                cell = self.touch(expr)
                return self.read(cell)
            case _:
                raise AssertionError(expr)

    def read(self, cell: tuple[object, ...]) -> int:
        if cell not in self.state.arrays:
            self.state.arrays[cell] = Random(f"{cell}{self.seed}").randrange(-3, 7)
        return self.state.arrays[cell]

    def touch(self, node: Load | Store) -> tuple[object, ...]:
        subscripts = tuple(
            self.subscript(node, axis, expr) for axis, expr in enumerate(node.subscripts)
        )
        base, shift = self.views.get(node.array, (node.array, (0,) * len(subscripts)))
        if self.wrap:
            subscripts = tuple(
                self.wrapped(node.array, axis, s) for axis, s in enumerate(subscripts)
            )
        cell = (base, *(s + by for s, by in zip(subscripts, shift, strict=True)))
        self.events.append(Event(node, cell, subscripts, tuple(self.stack)))
        if len(self.events) > 3000:
            raise TooLongError
        return cell

    def wrapped(self, array: str, axis: int, value: int) -> int:
        extent = self.values[f"{array}.shape[{axis}]"]
        if not -extent <= value < extent:
            raise OutOfRangeError
        return value % extent

    def subscript(self, node: Load | Store, axis: int, expr: Expr) -> int:
        value = int(self.evaluate(expr))
        if (id(node), axis) in self.from_end:
            assert value < 0, f"{node} axis {axis} is claimed to count from the end"
            value += self.values[f"{node.array}.shape[{axis}]"]
        return value

    # Statements

    def block(self, body: tuple[Stmt, ...]) -> None:
        for stmt in body:
            self.execute(stmt)

    def execute(self, stmt: Stmt) -> None:
        match stmt:
            case Assign(target=target, value=value):
                self.bind(target, self.evaluate(value))
            case Store(value=value):
                number = self.evaluate(value)
                self.state.arrays[self.touch(stmt)] = number
            case If(test=test, then=then, otherwise=otherwise):
                self.block(then if self.evaluate(test) else otherwise)
            case Break():
                raise _BreakError
            case Continue():
                raise _ContinueError
            case While(test=test, body=body, orelse=orelse):
                for _ in range(MAX_WHILE):  # the tests of random nests need not end them
                    if not self.evaluate(test):
                        self.block(orelse)
                        return
                    try:
                        self.block(body)
                    except _BreakError:
                        return
                    except _ContinueError:
                        pass
            case For():
                self.loop(stmt)

    def bind(self, name: str, value: int) -> None:
        self.state.scalars[name] = value
        self.assigned.add(name)

    def waves(self, loop: For, factor: int) -> None:
        """Run `loop` and the loop that is its body in waves, each wave in a random order."""
        (inner,) = loop.body
        assert isinstance(inner, For)
        points: list[tuple[int, float, int, int, int, int]] = []
        outer = self.indices(loop)  # once: its bounds may name its index
        for count, index in enumerate(outer):
            self.bind(loop.index, index)
            points += [
                (factor * count + along, self.shuffle.random(), count, along, index, other)
                for along, other in enumerate(self.indices(inner))
            ]
        left: dict[str, tuple[tuple[int, int], int]] = {}
        for _, _, count, along, index, other in sorted(points):
            self.bind(loop.index, index)
            self.assigned = set()
            self.bind(inner.index, other)
            self.block(inner.body)
            for name in self.assigned:
                if name not in left or left[name][0] < (count, along):
                    left[name] = ((count, along), self.state.scalars[name])
        for name, (_, value) in left.items():
            self.bind(name, value)
        if outer:
            self.bind(loop.index, outer[-1])

    def indices(self, loop: For) -> range:
        return range(*(self.evaluate(bound) for bound in (loop.start, loop.stop, loop.step)))

    def loop(self, loop: For) -> None:
        if self.wave is not None and self.numbers[id(loop)] == self.wave[0]:
            self.waves(loop, self.wave[1])
            return
        indices = self.indices(loop)
        number = self.numbers[id(loop)]
        order = list(range(len(indices)))
        if number == self.reorder:
            self.shuffle.shuffle(order)
            if self.split is not None:
                place = self.evaluate(self.split)
                self.split_places |= {c for c in order if indices[c] == place}
                order.sort(key=lambda count: (indices[count] > place) - (indices[count] < place))
        self.runs += 1
        run = self.runs
        left: dict[str, tuple[int, int]] = {}  # iteration and value of the last assignment
        outer = self.assigned
        for count in order:
            self.assigned = set()
            self.bind(loop.index, indices[count])
            self.stack.append((number, run, count))
            try:
                self.block(loop.body)
            except _BreakError:
                self.stack.pop()
                outer |= self.assigned
                self.assigned = outer
                return
            except _ContinueError:
                pass
            self.stack.pop()
            for name in self.assigned:
                if name not in left or left[name][0] < count:
                    left[name] = (count, self.state.scalars[name])
            outer |= self.assigned
        self.assigned = outer
        if number == self.reorder:
            for name in self.private & left.keys():
                self.state.scalars[name] = left[name][1]
        self.block(loop.orelse)


_MODULUS = 2**61 - 1


def _in_ring(value: int) -> int:
    """Return `value` modulo a prime, nearest to 0: squared again and again, it stays small, and
    sums and products come out the same in any order."""
    return (value + _MODULUS // 2) % _MODULUS - _MODULUS // 2


def _binary(op: str, a: int, b: int) -> int:
    match op:
        case "+":
            return _in_ring(a + b)
        case "-":
            return _in_ring(a - b)
        case "*":
            return _in_ring(a * b)
        case "//":
            return a // b
        case "%":
            return a % b
        case "&":
            return a & b
        case "|":
            return a | b
        case "^":
            return a ^ b
        case _:
            raise AssertionError(op)


def _compare(op: str, a: int, b: int) -> bool:
    match op:
        case "<":
            return a < b
        case "<=":
            return a <= b
        case ">":
            return a > b
        case ">=":
            return a >= b
        case "==":
            return a == b
        case _:
            return a != b


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two touches of one element in different iterations of loop `carrier`: first and second in
    the order of that loop, with the distance for every loop around both."""

    first: int  # id of the node
    second: int
    carrier: int
    distances: tuple[int, ...]


def meetings(events: Sequence[Event]) -> set[Meeting]:
    """Return all pairs of touches, one of them a store, that some loop carries."""
    by_cell: dict[tuple[object, ...], list[Event]] = {}
    for event in events:
        by_cell.setdefault(event.cell, []).append(event)
    found: set[Meeting] = set()
    for touches in by_cell.values():
        unique = list({(id(e.node), e.iterations): e for e in touches}.values())
        for place, one in enumerate(unique):
            for other in unique[place + 1 :]:
                if one.is_write or other.is_write:
                    meeting = _meeting(one, other)
                    if meeting is not None:
                        found.add(meeting)
    return found


def _meeting(one: Event, other: Event) -> Meeting | None:
    carrier: int | None = None
    distances: list[int] = []
    for (loop, run, count), (loop_, run_, count_) in zip(
        one.iterations, other.iterations, strict=False
    ):
        if loop != loop_ or (carrier is None and run != run_):
            break
        if carrier is None and count != count_:
            carrier = loop
        distances.append(count_ - count)
    if carrier is None:
        return None
    first = next(d for d in distances if d)
    if first < 0:
        return Meeting(id(other.node), id(one.node), carrier, tuple(-d for d in distances))
    return Meeting(id(one.node), id(other.node), carrier, tuple(distances))
