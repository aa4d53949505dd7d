"""The arrays of a nest, the names that hold them, and which elements its subscripts take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import TypeAlias

from parloop.diagnostics import Declined
from parloop.ir.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Extent,
    If,
    Load,
    Name,
    Nest,
    Rank,
    Slice,
    Stmt,
    Store,
)
from parloop.ir.printer import to_text
from parloop.ir.types import NP_INT8, PY_INT, Array, Scalar, Type
from parloop.ir.walk import ELLIPSIS, copied, expressions, statements
from parloop.source import Span
from parloop.staging.codes import ArrayStatement
from parloop.staging.elementwise import Elements, Number
from parloop.staging.lengths import Linear, at_least, atom, linear_of, number, to_expr
from parloop.staging.scalars import ScalarTypes
from parloop.staging.views import Axis, Fixed, View, cut, step_of, whole_array, with_order

State: TypeAlias = dict[str, View | None]
"""What each name that holds an array holds; None where that depends on the way taken."""


class Places:
    """One nest on its way: the state of its names, and what has been found to be needed."""

    def __init__(
        self,
        nest: Nest,
        types: Mapping[str, Type],
        known: Mapping[str, Sequence[int | None]],
        several: frozenset[str] = frozenset(),
        *,
        share: bool,
    ) -> None:
        self.nest = nest
        self.several = several
        """The names that are left with another array for each way through the nest."""
        self.unsure: set[str] = set()
        """Those that have been found to be."""
        self.ways: dict[str, dict[int, View]] = {}
        """What they are left with, by the number of the statement that binds them."""
        self.statements: dict[int, int] = {}
        self.share = share
        """Whether inputs may share memory."""
        self.types = types
        self.arrays = arrays_in(types)
        self.dtypes: dict[str, Scalar] = {name: t.dtype for name, t in self.arrays.items()}
        self.wholes = {
            name: whole_array(name, t.ndim, known.get(name, ())) for name, t in self.arrays.items()
        }
        self.extents: dict[str, tuple[Linear, ...]] = {
            name: view.shape for name, view in self.wholes.items()
        }
        self.state: State = dict(self.wholes)
        self.scalars = ScalarTypes(nest, types)
        self.scratch: dict[str, tuple[Scalar, tuple[Expr, ...]]] = {}
        self.passing: set[str] = set()
        self.tight: set[str] = set()
        """The arrays into which numbers are stored that may have no place there."""
        self.ordered: set[str] = set()
        self.kept_from: dict[str, Elements] = {}
        """What arrays are made of of which an axis is kept; they have its order."""
        self.forward: set[str] = set()
        """The arrays whose elements have to lie in C's order, none in reverse."""
        self.upward: set[str] = set()
        """Those of which no axis may be reversed."""
        self.compact: set[str] = set()
        """Those that have to lie in one piece."""
        self.turn = 0
        """Which copy of the body this is."""
        self.conditions: dict[Expr, None] = {
            Compare("==", Extent(name, axis), Const(extent)): None
            for name, extents in known.items()
            for axis, extent in enumerate(extents)
            if extent is not None
        }
        self.out: list[Stmt] = []
        self.exits: list[list[State]] = []
        self.places: dict[str, Linear] = {}
        """The positions that `position` has given names to, where they are sums of indices."""
        self.limits: dict[Linear, Linear] = {}
        """How long what changes in length from iteration to iteration can be."""
        self.stored = frozenset(s.array for s in statements((nest.loop,)) if isinstance(s, Store))
        self._made: dict[tuple[int, str], str] = {}
        self._fresh = 0

    def number(self, expr: Expr) -> Number:
        """Return `expr`, which has to be a number, computed before the loops over elements."""
        raise NotImplementedError

    def declined(self, span: Span, message: str) -> Declined:
        """Return what leaves the nest to the interpreter."""
        return Declined(ArrayStatement.at(span, message))

    # arrays and names

    def array(self, name: str, span: Span) -> View:
        view = self.state[name]
        if view is None:
            raise self.declined(span, f"`{name}` depends on the way taken")
        return view

    def taken(self, name: str, subscripts: tuple[Expr, ...], span: Span) -> View:
        """Return the view `name[subscripts]`; its fixed positions are held in names."""
        view = self.array(name, span)
        subscripts = self.spelled_out(subscripts, len(view.axes), span)
        if len(subscripts) > len(view.axes):
            raise self.declined(span, f"`{name}` has too many subscripts")
        parts = list(view.parts)
        standing = [k for k, part in enumerate(parts) if isinstance(part, Axis)]
        left: list[int | None] = []
        for place, subscript in zip_longest(view.places, subscripts):
            if place is None:
                if subscript in (None, Slice(None, None, None)):
                    left.append(None)
                elif not (isinstance(subscript, Const) and repr(subscript.value) in ("0", "-1")):
                    raise self.declined(span, "a part of a new axis is taken")
                continue
            at = standing[place]
            axis = parts[at]
            assert isinstance(axis, Axis)
            if subscript is not None:
                parts[at] = self.part(axis, subscript, view, at, span)
            if isinstance(parts[at], Axis):
                left.append(place)
        order = sorted(place for place in left if place is not None)
        taken = View(view.array, tuple(parts))
        return with_order(taken, [None if p is None else order.index(p) for p in left])

    def spelled_out(
        self, subscripts: tuple[Expr, ...], ndim: int, span: Span
    ) -> tuple[Expr, ...]:
        """Return subscripts with slices in place of `...`."""
        marks = [k for k, part in enumerate(subscripts) if is_ellipsis(part)]
        if not marks:
            return subscripts
        (at,) = marks if len(marks) == 1 else (None,)
        count = ndim - len(subscripts) + 1
        if at is None or count < 0:
            raise self.declined(span, "there are too many subscripts")
        if not count and not any(isinstance(part, Slice) for part in subscripts):
            raise self.declined(span, "an array without axes is taken of one")
        full = [Slice(None, None, None) for _ in range(count)]
        return (*subscripts[:at], *full, *subscripts[at + 1 :])

    def part(self, axis: Axis, subscript: Expr, view: View, at: int, span: Span) -> Fixed | Axis:
        """Return what a subscript takes of an axis, of the array's axis `at`."""
        if isinstance(subscript, Slice):
            return self.cut(axis, subscript, view, span)
        place = self.number(subscript)
        if any(t.kind not in "iu" for t in (place.type, *place.others)):
            raise self.declined(span, "a subscript is not an integer")
        if axis == Axis(number(0), self.extents[view.array][at]):
            return Fixed(place.expr if isinstance(place.expr, Const) else self.position(place))
        known = self.linear(subscript)
        if known is not None and known.known is not None:
            inside = known if known.known >= 0 else axis.length + known
        else:
            steady = linear_of(subscript, self.during_an_iteration)
            inside = steady if steady is not None else self.from_start(place, axis)
        self.require_least(axis.length - inside - number(1), axis, span)
        self.require_least(inside, axis, span)
        found = axis.start + inside.scaled(axis.step)
        if found.known is not None or self.is_fixed(found):
            return Fixed(to_expr(found))
        return Fixed(self.position(Number(to_expr(found), PY_INT)))

    def from_start(self, place: Number, axis: Axis) -> Linear:
        """Return a position of which only the run knows whether it counts from the end."""
        given = Name(self.held_integer(place))
        behind = Binary("+", copied(given), to_expr(axis.length))
        from_end = Compare("<", copied(given), Const(0))
        return self.kept(Conditional(from_end, behind, given))

    def cut(self, axis: Axis, taken: Slice, view: View, span: Span) -> Axis:
        """Return what a slice leaves of an axis.

        Ends that stay the same are a matter of the launch. Of ends that follow the loops' indices
        each iteration tests that they lie inside, where that is not proved, and is left to the
        interpreter if not; what other ends come to is computed, as CPython does.
        """
        if step_of(taken) is None:
            raise self.declined(span, "the step of a slice is not a constant")
        ends = [end for end in (taken.lower, taken.upper) if end is not None]
        if all(linear_of(end, self.unchanging) is not None for end in ends):
            found = cut(axis, taken, self.linear)
            if found is None and step_of(taken) not in (None, 1):
                return self.clipped(axis, taken, span)
            if found is None:
                raise self.declined(span, "a slice is surely empty, or cut off")
            for value in found.nonnegative:
                self.require_least(value, axis, span)
            if not self.is_fixed(found.axis.length):
                self.require_least(found.axis.length, axis, span)
            else:  # Python makes an empty slice of ends that stand in the wrong order
                self.require(at_least(found.axis.length, 1), span)
            return self.limited(found.axis, axis)
        if all(linear_of(end, self.during_an_iteration) is not None for end in ends):
            steady = cut(axis, taken, lambda end: linear_of(end, self.during_an_iteration))
            if steady is not None and self.prefers_test(steady.axis, view):
                for value in (*steady.nonnegative, steady.axis.length):
                    self.require_least(value, axis, span)
                return self.limited(steady.axis, axis)
        return self.clipped(axis, taken, span)

    def prefers_test(self, found: Axis, view: View) -> bool:
        """Return whether a slice that follows indices is better tested than clipped.

        So other slices may be compared with it: in length, or in what it overwrites.
        """
        return self.is_fixed(found.length) or view.array in self.stored

    def limited(self, found: Axis, axis: Axis) -> Axis:
        """Return `found`, a part of `axis`, noting how long it can be."""
        if not self.is_fixed(found.length):
            self.limits[found.length] = self.limit(axis.length)
        return found

    def limit(self, length: Linear) -> Linear:
        """Return how long something of `length` can be, as the launch knows it."""
        return length if self.is_fixed(length) else self.limits[length]

    def clipped(self, axis: Axis, taken: Slice, span: Span) -> Axis:
        """Return what a slice with any ends leaves of an axis, as CPython computes it."""
        step = step_of(taken) or 1
        length = axis.length
        low, high = (number(0), length) if step > 0 else (number(-1), length - number(1))
        first, last = (low, high) if step > 0 else (high, low)
        start = self.end(taken.lower, length, (low, high), first, span)
        stop = self.end(taken.upper, length, (low, high), last, span)
        apart = to_expr((stop - start).scaled(1 if step > 0 else -1) + number(abs(step) - 1))
        if abs(step) > 1:
            apart = Binary("//", apart, Const(abs(step)))
        count = self.kept(_call("max", apart, Const(0)))
        first_ = axis.start + start.scaled(axis.step)
        return self.limited(Axis(first_, count, axis.step * step, axis.step), axis)

    def end(
        self,
        expr: Expr | None,
        length: Linear,
        between: tuple[Linear, Linear],
        default: Linear,
        span: Span,
    ) -> Linear:
        """Return an end of a slice, counted from the start and between the ends of the axis."""
        if expr is None:
            return default
        value = self.number(expr)
        if any(t.kind not in "iu" for t in (value.type, *value.others)):
            raise self.declined(span, "an end of a slice is not an integer")
        low, high = between
        known = linear_of(expr, self.unchanging)
        given: Expr
        if known is not None and known.known is not None:
            given = to_expr(known if known.known >= 0 else length + known)
        else:
            name = self.held_integer(value)
            behind = Binary("+", Name(name), to_expr(length))
            given = Conditional(Compare("<", Name(name), Const(0)), behind, Name(name))
        return self.kept(_call("min", _call("max", given, to_expr(low)), to_expr(high)))

    def held_integer(self, place: Number) -> str:
        """Return a name that has a number as a Python integer."""
        name = self.fresh("e")
        value = copied(place.expr)
        if place.others or place.type != PY_INT:
            value = Call("builtins.index", "index", (value,))
        self.out.append(Assign(name, value, place.expr.span))
        return name

    def kept(self, expr: Expr) -> Linear:
        """Return an integer that is computed here, in a name of its own."""
        name = self.fresh("e")
        self.out.append(Assign(name, expr))
        return atom(Name(name))

    def is_fixed(self, value: Linear) -> bool:
        """Return whether a sum stays the same while the nest runs."""
        return self.are_fixed(value.names)

    def are_fixed(self, names: frozenset[str]) -> bool:
        return all(name not in self.scalars.bound and name in self.types for name in names)

    def position(self, place: Number) -> Name:
        """Return a name that keeps the position, whatever becomes of the names in it."""
        name = self.fresh("k")
        known = linear_of(place.expr, self.during_an_iteration)
        if known is not None:
            self.places[name] = known
        self.out.append(Assign(name, place.expr, place.expr.span))
        return Name(name, place.expr.span)

    def asked(self, expr: Extent | Rank) -> Expr:
        """Return a question for a shape in terms of the inputs."""
        if expr.array not in self.state:
            return copied(expr)
        if expr.array in self.arrays and not self.is_rebound(expr):
            known = self.unchanging(expr) if isinstance(expr, Extent) else None
            return copied(expr) if known is None else to_expr(known)
        view = self.array(expr.array, expr.span)
        if isinstance(expr, Rank):
            return Const(len(view.axes))
        if expr.axis is None or expr.rank not in (None, len(view.axes)):
            raise self.declined(expr.span, "the size of a view is asked for")
        if not -len(view.axes) <= expr.axis < len(view.axes):
            raise self.declined(expr.span, "a view has not so many axes")
        return to_expr(view.shape[expr.axis])

    def is_rebound(self, expr: Extent | Rank) -> bool:
        return self.state[expr.array] != self.wholes[expr.array]

    def linear(self, expr: Expr) -> Linear | None:
        """Return `expr` as a sum of what stays the same while the nest runs, if it is one."""
        return linear_of(expr, self.unchanging)

    def during_an_iteration(self, expr: Name | Extent) -> Linear | None:
        """Return what stays the same at least until the loops around it go on."""
        if isinstance(expr, Name) and self.scalars.is_index(expr.id):
            return Linear(((Name(expr.id), 1),), 0)
        return self.unchanging(expr)

    def unchanging(self, expr: Name | Extent) -> Linear | None:
        if isinstance(expr, Name):
            known = expr.id not in self.scalars.bound and self.types.get(expr.id) == PY_INT
            return Linear(((Name(expr.id), 1),), 0) if known else None
        view = self.state.get(expr.array)
        if view is None or expr.axis is None or expr.rank is not None:
            return None
        return view.shape[expr.axis] if -len(view.axes) <= expr.axis < len(view.axes) else None

    def scratch_for(
        self, place: object, kind: str, type_: Scalar, shape: tuple[Linear, ...], span: Span
    ) -> str:
        """Return the name of an array of its own for a place in the text."""
        key = (hash((span, len(shape))) if isinstance(place, View) else id(place), kind)
        name = self._made.get(key)
        if name is None:
            name = self._made[key] = f"%s{len(self.scratch)}"
        shape = tuple(self.limit(length) for length in shape)
        extents = tuple(to_expr(length) for length in shape)
        before = self.scratch.get(name)
        if before is not None and before != (type_, extents) and not kind.endswith("'"):
            return self.scratch_for(place, f"{kind}.{self.turn}'", type_, shape, span)
        if before is not None and before != (type_, extents):
            raise self.declined(span, "an array changes its type or shape")
        self.scratch[name] = (type_, extents)
        self.dtypes[name] = type_
        self.extents[name] = shape
        return name

    def require(self, condition: Expr | bool, span: Span) -> None:
        """Make a condition of what has to hold; decline what cannot.

        Where it depends on the iteration, that one is left to the interpreter in which it fails.
        """
        if condition is False:
            raise self.declined(span, "the shapes of arrays do not fit together, or one is empty")
        if condition is True:
            return
        names = frozenset(e.id for e in expressions(condition) if isinstance(e, Name))
        if self.are_fixed(names):
            self.conditions[condition] = None
        else:
            self.leave_unless(condition)

    def leave_unless(self, condition: Expr) -> None:
        """Leave an iteration to the interpreter unless `condition` holds: nothing is there."""
        nowhere = self.ruler(number(0))
        left = Assign(self.fresh("g"), Load(nowhere, (Const(0),)))
        self.out.append(If(condition, (), (left,)))

    def require_least(self, value: Linear, axis: Axis, span: Span) -> None:
        """Require that `value` is 0 or more; it is no more than twice the length of `axis`.

        Where it follows indices, this is a subscript of an array that is only long enough if that
        holds, so that the analysis proves it like others.
        """
        if self.is_fixed(value):
            self.require(at_least(value, 0), span)
        elif all(self.scalars.is_index(n) or self.are_fixed(frozenset({n})) for n in value.names):
            limit = self.limit(axis.length)
            place = Load(self.ruler(limit + number(1)), (to_expr(limit - value),))
            self.out.append(Assign(self.fresh("g"), place))
        else:
            self.leave_unless(Compare(">=", to_expr(value), Const(0)))

    def test_places_if_empty(self, view: View, shape: Sequence[Linear], span: Span) -> None:
        """Test the fixed positions of `view` in a statement on `shape`, if that may be empty."""
        for length in shape:
            if self.is_fixed(length):
                self.require(at_least(length, 1), span)
        if not all(map(self.is_fixed, shape)):
            self.test_places(view)

    def test_places(self, view: View) -> None:
        """Test the fixed positions of `view`, of which there may be no element to be read."""
        for part, extent in zip(view.parts, self.extents[view.array], strict=True):
            if isinstance(part, Fixed):
                place = Load(self.ruler(extent), (copied(part.place),))
                self.out.append(Assign(self.fresh("g"), place))

    def ruler(self, extent: Linear) -> str:
        """Return an array with so many elements, of which nobody knows or changes the values."""
        name = f"%r{to_text(to_expr(extent))}"
        self.scratch[name] = (NP_INT8, (to_expr(extent),))
        self.passing.add(name)
        self.dtypes[name] = NP_INT8
        self.extents[name] = (extent,)
        return name

    def fresh(self, kind: str) -> str:
        self._fresh += 1
        return f"%{kind}{self._fresh - 1}"

    def element_of(self, node: Load | Store) -> tuple[Expr, ...] | None:
        """Return the subscripts of one element of an array as it is, None of anything else."""
        view = self.array(node.array, node.span)
        if len(node.subscripts) != len(view.axes) or not _covers(view, self.extents[view.array]):
            return None
        if any(isinstance(part, Slice) or is_ellipsis(part) for part in node.subscripts):
            return None
        return tuple(self.number(part).expr for part in node.subscripts)


def is_ellipsis(expr: Expr) -> bool:
    return isinstance(expr, Call) and expr.callee == ELLIPSIS


def _call(name: str, one: Expr, other: Expr) -> Expr:
    return Call(f"builtins.{name}", name, (one, other))


def _covers(view: View, extents: tuple[Linear, ...]) -> bool:
    return view.order is None and view.parts == full_axes(extents)


def arrays_in(types: Mapping[str, Type]) -> dict[str, Array]:
    """Return the NumPy arrays among the inputs; others are copies of lists."""
    return {
        name: type_
        for name, type_ in types.items()
        if isinstance(type_, Array) and type_.dtype.owner == "numpy"
    }


def full_axes(shape: tuple[Linear, ...]) -> tuple[Axis, ...]:
    return tuple(Axis(number(0), length) for length in shape)
