"""The values of a nest that handles arrays: numbers computed before loops, elements, views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import TypeAlias, assert_never

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
    Load,
    Logical,
    Name,
    Nest,
    Rank,
    Slice,
    Stmt,
    Store,
    Unary,
)
from parloop.ir.types import PY_INT, Array, Scalar, Type
from parloop.ir.walk import copied, operands, with_operands
from parloop.source import NOWHERE, Span
from parloop.staging import elementwise
from parloop.staging.codes import ArrayStatement
from parloop.staging.elementwise import Build, Elements, Made, Number, Operand
from parloop.staging.lengths import Linear, at_least, linear_of, number, to_expr
from parloop.staging.scalars import UNSURE, ScalarTypes
from parloop.staging.views import (
    Axis,
    Fixed,
    MakeIndex,
    View,
    cut,
    whole_array,
)

State: TypeAlias = dict[str, View | None]
"""What each name that holds an array holds; None where that depends on the way taken."""


class Values:
    """One nest on its way: the state of its names, and what has been found to be needed."""

    def __init__(self, nest: Nest, types: Mapping[str, Type]) -> None:
        self.nest = nest
        self.types = types
        self.arrays = arrays_in(types)
        self.dtypes: dict[str, Scalar] = {name: t.dtype for name, t in self.arrays.items()}
        self.extents: dict[str, tuple[Linear, ...]] = {
            name: whole_array(name, t.ndim).shape for name, t in self.arrays.items()
        }
        self.state: State = {name: whole_array(name, t.ndim) for name, t in self.arrays.items()}
        self.scalars = ScalarTypes(nest, types)
        self.scratch: dict[str, tuple[Scalar, tuple[Expr, ...]]] = {}
        self.passing: set[str] = set()
        self.ordered: set[str] = set()
        self.turn = 0
        """Which copy of the body this is."""
        self.conditions: dict[Expr, None] = {}
        self.out: list[Stmt] = []
        self.exits: list[list[State]] = []
        self.places: dict[str, Linear] = {}
        """The positions that `position` has given names to, where they are sums of indices."""
        self._made: dict[tuple[int, str], str] = {}
        self._fresh = 0

    def declined(self, span: Span, message: str) -> Declined:
        """Return what leaves the nest to the interpreter."""
        return Declined(ArrayStatement.at(span, message))

    # values

    def value(self, expr: Expr) -> Operand:
        """Return `expr` as a number that is computed before the loops, or as its elements."""
        match expr:
            case Name(id=name) if name in self.state:
                return self.read(self.array(name, expr.span))
            case Load(array=name, subscripts=subscripts) if name in self.state:
                if (places := self.element_of(expr)) is not None:
                    array = self.array(name, expr.span).array
                    return Number(Load(array, places, expr.span), self.dtypes[array])
                view = self.taken(name, subscripts, expr.span)
                if view.axes:
                    return self.read(view)
                found = Load(view.array, view.subscripts(()), expr.span)
                return Number(found, self.dtypes[view.array])
            case Call(callee="numpy.ndarray.copy" | "numpy.copy", arguments=(Name(id=name),)):
                if name not in self.state:
                    raise self.declined(expr.span, f"`{name}` is copied and is not a NumPy array")
                return self.read(self.array(name, expr.span))
            case Logical() | Conditional():
                return self.lazy(expr)
            case Extent() | Rank():
                return Number(self.asked(expr), PY_INT)
            case Unary() | Binary() | Compare() | Call():
                parts = tuple(self.value(part) for part in operands(expr))
                if any(isinstance(part, Elements) for part in parts):
                    return self.operation(expr, parts, expr.span)
                numbers = tuple(part.expr for part in parts if isinstance(part, Number))
                return Number(with_operands(expr, numbers), *self.scalars.types_of(expr))
            case Const() | Name():
                return Number(copied(expr), *self.scalars.types_of(expr))
            case Load(array=name) if name in self.arrays:
                raise self.declined(expr.span, f"`{name}` may be a number where it is subscripted")
            case Load(subscripts=(place,)) if not isinstance(place, Slice):
                found = Load(expr.array, (self.scalar(place),), expr.span)
                return Number(found, *self.scalars.types_of(expr))  # of a list
            case Slice() | Load():
                raise self.declined(expr.span, "a slice is taken of what is not a NumPy array")
            case _:
                assert_never(expr)

    def lazy(self, expr: Logical | Conditional) -> Number:
        """Return an expression of which a part may not be evaluated."""
        count = len(self.out)
        parts = tuple(self.value(part) for part in operands(expr))
        if len(self.out) > count or any(isinstance(part, Elements) for part in parts):
            raise self.declined(expr.span, "an array is tested for truth")
        numbers = tuple(part.expr for part in parts if isinstance(part, Number))
        return Number(with_operands(expr, numbers), *self.scalars.types_of(expr))

    def number(self, expr: Expr) -> Number:
        """Return `expr`, which has to be a number."""
        value = self.value(expr)
        if isinstance(value, Elements):
            raise self.declined(expr.span, "an array stands where a number should")
        return value

    def scalar(self, expr: Expr) -> Expr:
        """Return the expression of a number."""
        return self.number(expr).expr

    def operation(self, expr: Expr, parts: tuple[Operand, ...], span: Span) -> Elements:
        """Return the elements of an operation."""
        parts = tuple(self.held(part, span) for part in parts)
        made = self.agreed(expr, parts)
        if made is None:
            types = ", ".join(str(part.type) for part in parts)
            raise self.declined(span, f"an array operation on {types} is not compiled")
        write, result = made
        shapes = tuple(part.shape for part in parts if isinstance(part, Elements))
        shape = self.broadcast(shapes, span)
        builds = [aligned(part, shape) for part in parts]

        def build(indices: Sequence[MakeIndex]) -> Expr:
            node = write(tuple(make(indices) for make in builds))
            return replace(node, span=span)

        reads = tuple(
            (view, same and _keeps(part.shape, shape))
            for part in parts
            if isinstance(part, Elements)
            for view, same in part.reads
        )
        return Elements(shape, result, build, reads)

    def agreed(self, expr: Expr, parts: tuple[Operand, ...]) -> Made | None:
        """Return how an operation is written if it is the same for all types of its numbers."""
        ways = [
            _made(expr, chosen) for chosen in product(*(alternatives(part) for part in parts))
        ]
        first = ways[0]
        if first is None or any(way is None or way[1] != first[1] for way in ways):
            return None
        return first

    def held(self, part: Operand, span: Span) -> Operand:
        """Return `part`, a number in a name if it is not a constant or one already."""
        if part.type == UNSURE:
            raise self.declined(span, "a number in an array operation has several types")
        if isinstance(part, Elements) or isinstance(part.expr, Const | Name):
            return part
        name = self.fresh("x")
        self.out.append(Assign(name, part.expr, part.expr.span))
        return Number(Name(name, part.expr.span), part.type, part.others)

    def read(self, view: View) -> Elements:
        """Return the elements of `view`; operations on arrays without axes give numbers."""
        if not view.axes:
            raise Declined(ArrayStatement.at(NOWHERE, f"`{view.array}` is an array without axes"))
        is_plain = all(isinstance(part, Axis) for part in view.parts)
        type_ = self.dtypes[view.array]
        return Elements(view.shape, type_, view.element, ((view, True),), is_plain)

    def broadcast(self, shapes: Sequence[tuple[Linear, ...]], span: Span) -> tuple[Linear, ...]:
        """Return the common shape; that lengths agree which look different becomes a condition."""
        found: list[Linear] = []
        for axis in range(1, max(map(len, shapes)) + 1):
            lengths = [shape[-axis] for shape in shapes if len(shape) >= axis]
            length = next((one for one in lengths if one.known != 1), number(1))
            for other in lengths:
                if other != length and other.known != 1:
                    self.require(_equal(length, other), span)
            found.append(length)
        return tuple(reversed(found))

    # arrays and names

    def array(self, name: str, span: Span) -> View:
        view = self.state[name]
        if view is None:
            raise self.declined(span, f"`{name}` depends on the way taken")
        return view

    def taken(self, name: str, subscripts: tuple[Expr, ...], span: Span) -> View:
        """Return the view `name[subscripts]`; its fixed positions are held in names."""
        view = self.array(name, span)
        axes = list(view.axes)
        if len(subscripts) > len(axes):
            raise self.declined(span, f"`{name}` has too many subscripts")
        parts: list[Fixed | Axis] = []
        rest = iter(subscripts)
        for part in view.parts:
            subscript = next(rest, None) if isinstance(part, Axis) else None
            if isinstance(part, Axis) and subscript is not None:
                parts.append(self.part(part, subscript, view, span))
            else:
                parts.append(part)
        return View(view.array, tuple(parts))

    def part(self, axis: Axis, subscript: Expr, view: View, span: Span) -> Fixed | Axis:
        if isinstance(subscript, Slice):
            found = cut(axis, subscript, self.linear)
            if found is None:
                raise self.declined(span, "the ends of a slice change while the loop runs")
            for value in found.nonnegative:
                self.require(at_least(value, 0), span)
            return found.axis
        place = self.number(subscript)
        if any(t.kind not in "iu" for t in (place.type, *place.others)):
            raise self.declined(span, "a subscript is not an integer")
        if axis.start == number(0) and axis.step == 1 and self.is_extent(axis, view):
            return Fixed(place.expr if isinstance(place.expr, Const) else self.position(place))
        known = self.linear(subscript)
        if known is None or known.known is None:
            raise self.declined(span, "an element is taken of a view")
        inside = known if known.known >= 0 else axis.length + known
        self.require(at_least(axis.length - inside, 1), span)
        self.require(at_least(inside, 0), span)
        return Fixed(to_expr(axis.start + inside.scaled(axis.step)))

    def is_extent(self, axis: Axis, view: View) -> bool:
        return axis.length in self.extents[view.array]

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
            return copied(expr)
        view = self.array(expr.array, expr.span)
        if isinstance(expr, Rank):
            return Const(len(view.axes))
        if expr.axis is None or expr.rank not in (None, len(view.axes)):
            raise self.declined(expr.span, "the size of a view is asked for")
        if not -len(view.axes) <= expr.axis < len(view.axes):
            raise self.declined(expr.span, "a view has not so many axes")
        return to_expr(view.shape[expr.axis])

    def is_rebound(self, expr: Extent | Rank) -> bool:
        return self.state[expr.array] != whole_array(expr.array, self.arrays[expr.array].ndim)

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
        """Make a condition of what has to hold; decline what cannot."""
        if condition is False:
            raise self.declined(span, "the shapes of arrays do not fit together, or one is empty")
        if condition is not True:
            self.conditions[condition] = None

    def fresh(self, kind: str) -> str:
        self._fresh += 1
        return f"%{kind}{self._fresh - 1}"

    def element_of(self, node: Load | Store) -> tuple[Expr, ...] | None:
        """Return the subscripts of one element of an array as it is, None of anything else."""
        view = self.array(node.array, node.span)
        if len(node.subscripts) != len(view.axes) or not _covers(view, self.extents[view.array]):
            return None
        if any(isinstance(part, Slice) for part in node.subscripts):
            return None
        return tuple(self.scalar(part) for part in node.subscripts)


def _keeps(part: tuple[Linear, ...], shape: tuple[Linear, ...]) -> bool:
    """Return whether an operand is not repeated along any axis of the result."""
    return len(part) == len(shape) and all(
        one.known != 1 or length.known == 1 for one, length in zip(part, shape, strict=True)
    )


def _covers(view: View, extents: tuple[Linear, ...]) -> bool:
    return view.parts == full_axes(extents)


def aligned(part: Operand, shape: tuple[Linear, ...]) -> Build:
    """Return how an element of an operand is written, given the indices of the result's element."""
    if isinstance(part, Number):
        return lambda indices: copied(part.expr)
    missing = len(shape) - len(part.shape)
    repeats = [length.known == 1 for length in part.shape]

    def build(indices: Sequence[MakeIndex]) -> Expr:
        own = [
            _first if repeated else index
            for repeated, index in zip(repeats, indices[missing:], strict=True)
        ]
        return part.build(own)

    return build


def _first() -> Expr:
    return Const(0)


def _made(expr: Expr, parts: tuple[Operand, ...]) -> Made | None:
    match expr, parts:
        case Binary(op=op), (left, right):
            return elementwise.binary(op, left, right)
        case Compare(op=op), (left, right):
            return elementwise.compare(op, left, right)
        case Unary(op=op), (Elements() as operand,):
            return elementwise.unary(op, operand)
        case Call(callee=callee, path=path), _:
            return elementwise.call(callee, path, parts)
        case _:
            return None


def _equal(one: Linear, other: Linear) -> Expr | bool:
    apart = (one - other).known
    return Compare("==", to_expr(one), to_expr(other)) if apart is None else apart == 0


def arrays_in(types: Mapping[str, Type]) -> dict[str, Array]:
    """Return the NumPy arrays among the inputs; others are copies of lists."""
    return {
        name: type_
        for name, type_ in types.items()
        if isinstance(type_, Array) and type_.dtype.owner == "numpy"
    }


def alternatives(part: Operand) -> tuple[Operand, ...]:
    if isinstance(part, Elements):
        return (part,)
    return tuple(Number(part.expr, type_) for type_ in (part.type, *part.others))


def full_axes(shape: tuple[Linear, ...]) -> tuple[Axis, ...]:
    return tuple(Axis(number(0), length) for length in shape)
