"""Which elements of which array a name or a subscripted name stands for.

    u[t, 1:-1]   is   row t of u, from 1, as many as u.shape[1] - 2
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from parloop.ir.nodes import Binary, Const, Expr, Extent, Load, Name, Slice
from parloop.ir.walk import copied, expressions
from parloop.staging.lengths import Linear, atom, number, quotient, to_expr

MakeIndex = Callable[[], Expr]
"""Makes the number of an element along an axis, from 0; a new object each time."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """One position along an axis of the array; negative ones count from the end."""

    place: Expr


@dataclass(frozen=True, slots=True)
class Axis:
    """Positions `start`, `start + step`, ...; none is outside, and none counts from the end."""

    start: Linear
    length: Linear
    step: int = 1
    within: int = 1
    """The step of what it was cut from."""

    @property
    def first(self) -> Expr:
        """The first position."""
        return to_expr(self.start)

    @property
    def count(self) -> Expr:
        """The number of positions."""
        return to_expr(self.length)


@dataclass(frozen=True, slots=True)
class View:
    """Elements of `array`, by what is taken of each of its axes. `whole`: the array object.

    `own`: an array object that the nest makes with another shape in each iteration; its elements
    stand at the beginning of `array`. `order` says which of the axes that are left each axis of
    the view is; `None` stands for a new one. Without it they are as they stand.
    """

    array: str
    parts: tuple[Fixed | Axis, ...]
    whole: bool = False
    own: bool = False
    order: tuple[int | None, ...] | None = None

    @property
    def places(self) -> tuple[int | None, ...]:
        """The `order`, always."""
        if self.order is not None:
            return self.order
        return tuple(range(sum(isinstance(part, Axis) for part in self.parts)))

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What is left of the axes, in the view's order."""
        left = tuple(part for part in self.parts if isinstance(part, Axis))
        if self.order is None:
            return left
        return tuple(_NEW if place is None else left[place] for place in self.order)

    @property
    def keeps_order(self) -> bool:
        """Whether the view has its axes in the order of the array's."""
        places = [place for place in self.places if place is not None]
        return places == sorted(places)

    @property
    def shape(self) -> tuple[Linear, ...]:
        """The lengths of the axes that are left."""
        return tuple(axis.length for axis in self.axes)

    def subscripts(self, indices: Sequence[MakeIndex]) -> tuple[Expr, ...]:
        """Return where in the array the element number `indices` stands."""
        by_axis = dict(zip(self.places, indices, strict=True))
        rest = iter(sorted(place for place in by_axis if place is not None))
        return tuple(
            copied(part.place) if isinstance(part, Fixed) else _position(part, by_axis[next(rest)])
            for part in self.parts
        )

    def element(self, indices: Sequence[MakeIndex]) -> Load:
        """Return the element number `indices`."""
        return Load(self.array, self.subscripts(indices))


_NEW = Axis(number(0), number(1))


def with_order(view: View, places: Sequence[int | None]) -> View:
    """Return the view with its axes in another order, those of `places`."""
    order = tuple(places)
    plain = order == tuple(range(len(order)))
    return View(view.array, view.parts, order=None if plain else order)


def transposed(view: View) -> View:
    """Return the view with its axes reversed."""
    return with_order(view, view.places[::-1])


def with_new_axes(view: View, at: Sequence[int]) -> View:
    """Return the view with new axes, which are then the ones at these places."""
    rest = iter(view.places)
    count = len(view.places) + len(at)
    return with_order(view, [None if k in at else next(rest) for k in range(count)])


def _position(axis: Axis, index: MakeIndex) -> Expr:
    counted = index()
    if axis.step != 1:
        if axis.step == -1:
            return Binary("-", to_expr(axis.start), counted)
        counted = Binary("*", Const(axis.step), counted)
    if axis.start.known == 0:
        return counted
    if axis.start.known is not None:
        return Binary("+", counted, Const(axis.start.known))
    return Binary("+", counted, to_expr(axis.start))


def whole_array(name: str, ndim: int, known: Sequence[int | None] = ()) -> View:
    """Return the view that is the array `name` itself; of some axes the length may be known."""
    zero = number(0)
    lengths = [atom(Extent(name, axis)) for axis in range(ndim)]
    for axis, extent in enumerate(known):
        if extent is not None:
            lengths[axis] = number(extent)
    return View(name, tuple(Axis(zero, length) for length in lengths), whole=True)


@dataclass(frozen=True, slots=True)
class Cut:
    """An axis after slicing, and what has to be 0 or more for it to be that."""

    axis: Axis
    nonnegative: tuple[Linear, ...]


def cut(axis: Axis, taken: Slice, value_of: Callable[[Expr], Linear | None]) -> Cut | None:
    """Return what `taken` leaves of `axis`, if it is sure to be no less than one element.

    `None` where the ends are not sums that the launch knows.
    """
    step = step_of(taken)
    if step is None:
        return None
    if step < 0:
        return _reversed(axis, taken, step)
    lower = _end(taken.lower, axis.length, value_of, number(0))
    upper = _end(taken.upper, axis.length, value_of, axis.length)
    if lower is None or upper is None:
        return None
    start, stop = lower[0], upper[0]
    length = quotient(stop - start + number(step - 1), step)
    first = axis.start + start.scaled(axis.step)
    inside = (start, axis.length - stop, *lower[1], *upper[1])
    if any(one.known is not None and one.known < 0 for one in inside):
        return None
    needed = tuple(one for one in inside if one.known is None and one != axis.length)
    return Cut(Axis(first, length, axis.step * step, axis.step), needed)


def step_of(taken: Slice) -> int | None:
    """Return the step of a slice if it is a constant other than 0."""
    match taken.step:
        case None:
            return 1
        case Const(value=int(step)) if step != 0:
            return int(step)
        case _:
            return None


def _reversed(axis: Axis, taken: Slice, step: int) -> Cut | None:
    if step != -1 or taken.lower is not None or taken.upper is not None:
        return None
    last = axis.start + (axis.length - number(1)).scaled(axis.step)
    return Cut(replace(axis, start=last, step=-axis.step, within=axis.step), ())


def _end(
    expr: Expr | None,
    length: Linear,
    value_of: Callable[[Expr], Linear | None],
    default: Linear,
) -> tuple[Linear, tuple[Linear, ...]] | None:
    """Return an end of a slice, counted from the beginning, and what has to be 0 or more for that.

    What is made of names is taken for 0 or more, but for `-k`.
    """
    if expr is None:
        return default, ()
    value = value_of(expr)
    if value is None:
        return None
    if value.known is not None and value.known < 0:
        return length + value, ()
    if value.terms and all(factor < 0 for _, factor in value.terms) and value.constant <= 0:
        return length + value, (value.scaled(-1) - number(1),)  # `-0` is the beginning
    return value, ()


def keeps_step(one: View, other: View) -> bool:
    """Return whether element i of one is element i of the other, or no element of it.

    That is so for rows, whichever they are.
    """
    same = one.array == other.array and one.order == other.order
    return same and all(
        left == right or (isinstance(left, Fixed) and isinstance(right, Fixed))
        for left, right in zip(one.parts, other.parts, strict=True)
    )


def distance(
    one: View, other: View, extents: tuple[Linear, ...], places: Mapping[str, Linear]
) -> Linear | None:
    """Return a number that is not 0 only where the two share no element, if there is one.

    `places` are the positions behind names.
    """
    for left, right, extent in zip(one.parts, other.parts, extents, strict=True):
        if isinstance(left, Fixed) and isinstance(right, Fixed):
            found = _apart(left.place, right.place, extent, places)
            if found is not None and found.known != 0:
                return found
    return None


def _apart(
    left: Expr, right: Expr, extent: Linear, places: Mapping[str, Linear]
) -> Linear | None:
    match left, right:
        case Const(value=int(one)), Const(value=int(other)):
            return _from_start(one, extent) - _from_start(other, extent)
        case Name(id=one), Name(id=other) if one in places and other in places:
            apart = (places[one] - places[other]).known
            # Of an array with so many rows, one of the two may be the other counted from the end.
            return extent - number(abs(apart)) if apart else None
        case _:
            return None


def _from_start(place: int, extent: Linear) -> Linear:
    return number(place) if place >= 0 else extent + number(place)


def names_in(view: View) -> frozenset[str]:
    """Return the names by which the view's positions are known."""
    return frozenset(name for part in view.parts for name in _names(part))


def _names(part: Fixed | Axis) -> frozenset[str]:
    if isinstance(part, Axis):
        return part.start.names | part.length.names
    return frozenset(e.id for e in expressions(part.place) if isinstance(e, Name))
