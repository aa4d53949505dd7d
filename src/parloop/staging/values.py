"""The values of a nest that handles arrays: numbers computed before loops, elements, views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import assert_never

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
    Rank,
    Slice,
    Unary,
)
from parloop.ir.types import PY_INT, Scalar
from parloop.ir.walk import (
    ASTYPE,
    MAKERS,
    OUTER,
    PRODUCTS,
    REDUCTIONS,
    ROLL,
    RUNNING,
    VIEWS,
    copied,
    operands,
    with_operands,
)
from parloop.source import NOWHERE, Span
from parloop.staging import elementwise
from parloop.staging.codes import ArrayStatement
from parloop.staging.elementwise import Build, Elements, Made, Number, Operand
from parloop.staging.lengths import Linear, number, to_expr
from parloop.staging.places import Places
from parloop.staging.scalars import UNSURE
from parloop.staging.views import Axis, MakeIndex, View, transposed, with_new_axes


class Values(Places):
    """The values of one nest: what is computed before loops, and what in them."""

    # values

    def value(self, expr: Expr) -> Operand:
        """Return `expr` as a number that is computed before the loops, or as its elements."""
        match expr:
            case Name(id=name) if name in self.state:
                return self.read(self.array(name, expr.span))
            case Load(array=name, subscripts=subscripts) if (
                name in self.state and self.picks(subscripts)
            ):
                return self.picked(expr)
            case Load(array=name, subscripts=subscripts) if name in self.state:
                if (places := self.element_of(expr)) is not None:
                    array = self.array(name, expr.span).array
                    self.scalars.learn(expr, self.dtypes[array])
                    return Number(Load(array, places, expr.span), self.dtypes[array])
                view = self.taken(name, subscripts, expr.span)
                if view.axes:
                    return self.read(view)
                found = Load(view.array, view.subscripts(()), expr.span)
                self.scalars.learn(expr, self.dtypes[view.array])
                return Number(found, self.dtypes[view.array])
            case Call(callee="numpy.ndarray.copy" | "numpy.copy", arguments=(part,)):
                return self.copied(part, expr.span)
            case Call(callee=callee, arguments=(part, *places)) if callee in VIEWS:
                return self.turned(self.value(part), new_axes(callee, places), expr.span)
            case Call(callee=callee) if callee in REDUCTIONS:
                return self.reduction(expr)
            case Call(callee=callee) if callee in RUNNING:
                return self.running(expr)
            case Call(callee=callee) if callee == ROLL:
                return self.rolled(expr)
            case Call(callee=callee) if callee == OUTER:
                return self.outer(expr)
            case Call(callee=callee) if callee.startswith(ASTYPE):
                return self.of_type(expr)
            case Call(callee=callee) if callee in PRODUCTS:
                return self.product(expr)
            case Call(callee=callee) if callee in MAKERS:
                return self.made(expr)
            case Call(arguments=(Call(callee=callee) as made,)) if callee in MAKERS:
                return self.made_of_type(expr, made)
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

    def reduction(self, expr: Call) -> Operand:
        """Return what a call makes of the elements of its argument."""
        raise NotImplementedError

    def product(self, expr: Call) -> Number:
        """Return the scalar product, or the norm, that a call makes."""
        raise NotImplementedError

    def picks(self, subscripts: tuple[Expr, ...]) -> bool:
        """Return whether a subscript is an array."""
        raise NotImplementedError

    def picked(self, expr: Load) -> Elements:
        """Return the elements that an array picks."""
        raise NotImplementedError

    def outer(self, expr: Call) -> Elements:
        """Return the elements of `np.outer(x, y)`."""
        raise NotImplementedError

    def of_type(self, expr: Call) -> Elements:
        """Return the elements of `x.astype(T)`."""
        raise NotImplementedError

    def rolled(self, expr: Call) -> Elements:
        """Return the elements of `np.roll(x, shift, axis)`."""
        raise NotImplementedError

    def running(self, expr: Call) -> Elements:
        """Return the elements of `np.cumsum(x)` or `np.cumprod(x)`."""
        raise NotImplementedError

    def made(self, expr: Call) -> Elements:
        """Return the elements of an array that a call makes."""
        raise NotImplementedError

    def made_of_type(self, expr: Call, made: Call) -> Elements:
        """Return the same with elements of the type that `expr` names."""
        raise NotImplementedError

    def copied(self, part: Expr, span: Span) -> Elements:
        """Return the elements of a copy."""
        value = self.value(part)
        if isinstance(value, Elements):
            return replace(value, view=None)
        named = f"`{part.id}`" if isinstance(part, Name) else "something"
        raise self.declined(span, f"{named} is copied and is not a NumPy array")

    def turned(self, value: Operand, new: tuple[int, ...] | None, span: Span) -> Elements:
        """Return the elements of a view of `value`: with new axes, or transposed."""
        if not isinstance(value, Elements):
            raise self.declined(span, "a view is taken of what is not an array")
        turn = transposed if new is None else (lambda view: with_new_axes(view, new))
        if value.view is not None:
            return self.read(turn(value.view))
        if new is None:
            shape = value.shape[::-1]
        else:
            rest = iter(value.shape)
            count = len(value.shape) + len(new)
            shape = tuple(number(1) if k in new else next(rest) for k in range(count))

        def build(indices: Sequence[MakeIndex]) -> Expr:
            if new is None:
                return value.build(indices[::-1])
            return value.build([index for k, index in enumerate(indices) if k not in new])

        reads = tuple((turn(view) if same else view, same) for view, same in value.reads)
        return Elements(shape, value.type, build, reads)

    def require_order(self, value: Elements, span: Span) -> None:
        """Require that an array which NumPy makes of `value` is in C's order."""
        if len(value.shape) > 1:
            if not all(view.keeps_order for view, _ in value.reads):
                raise self.declined(span, "an array is made of one whose axes are exchanged")
            self.ordered |= {view.array for view, _ in value.reads}
            for view, _ in value.reads:
                if view.array in self.kept_from:
                    self.require_order(self.kept_from[view.array], span)

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
        if isinstance(expr, Call) and expr.callee == "numpy.where":
            parts = (parts[0], *(self.chosen(p, k, expr) for k, p in enumerate(parts[1:])))
        made = self.agreed(expr, parts)
        if made is None and (found := self.mapped(expr, parts, span)) is not None:
            return found
        if made is None:
            types = ", ".join(str(part.type) for part in parts)
            raise self.declined(span, f"an array operation on {types} is not compiled")
        write, result = made
        shapes = tuple(part.shape for part in parts if isinstance(part, Elements))
        shape = self.broadcast(shapes, span)
        builds = [aligned(part, shape) for part in parts]
        narrow = [p.type for p in parts if isinstance(p, Elements) and p.type.kind in "fc"]
        for part in parts:
            if isinstance(part, Elements):
                self.computed(part, shape)
            else:
                self.converted(part, min(narrow, key=str, default=None), shape)

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

    def chosen(self, part: Operand, number_: int, expr: Call) -> Operand:
        """Return what `np.where` may choose, all of it computed: NumPy has done so before."""
        if isinstance(part, Number) or part.is_plain:
            return part
        self.require_order(part, expr.span)
        return self.computed_first(part, part.type, (expr, number_), expr.span)

    def computed_first(
        self, part: Elements, type_: Scalar, place: tuple[Expr, int], span: Span
    ) -> Elements:
        """Return elements that stand in memory, as numbers of this type."""
        raise NotImplementedError

    def mapped(self, expr: Expr, parts: tuple[Operand, ...], span: Span) -> Elements | None:
        """Return the elements of a function that NumPy's inner loop computes."""
        raise NotImplementedError

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

    def look_at_all(self, value: Elements, shape: Sequence[Linear], span: Span) -> None:
        """See that what `value` reads is there, and what it computes is, if `shape` is empty."""
        for view, _ in value.reads:
            self.test_places_if_empty(view, shape, span)
        self.computed(value, shape)

    def computed(self, value: Elements, shape: Sequence[Linear]) -> None:
        """Leave an iteration in which an operation on one element is repeated no times."""
        own = (*[number(1)] * (len(shape) - len(value.shape)), *value.shape)
        for length, before in zip(shape, own, strict=False):
            if value.view is None and before.known == 1 and not self.is_fixed(length):
                self.leave_unless(Compare(">=", to_expr(length), Const(1)))

    def converted(self, part: Number, target: Scalar | None, shape: Sequence[Linear]) -> None:
        """See that a number is looked at where there may be no element to use it for.

        NumPy converts it to the type of the elements, and may warn or raise, however many there
        are: where there are none and the number is out of range, the interpreter does.
        """
        lengths = [length for length in shape if not self.is_fixed(length)]
        if not lengths:
            return
        if isinstance(part.expr, Name) and part.expr.id in self.scalars.bound:
            self.out.append(Assign(self.fresh("x"), copied(part.expr), part.expr.span))
        if target is None:
            return
        kinds = {type_: elementwise.range_of(type_, target) for type_ in (part.type, *part.others)}
        if all(found is None for found in kinds.values()):
            return
        test: Expr = Compare(">=", to_expr(lengths[0]), Const(1))
        for length in lengths[1:]:
            test = Logical("and", test, Compare(">=", to_expr(length), Const(1)))
        low = max((found[0] for found in kinds.values() if found), default=0)
        high = min((found[1] for found in kinds.values() if found), default=0)
        if isinstance(part.expr, Const):
            value = part.expr.value
            if isinstance(value, int | float) and low <= value <= high:
                return
        elif all(type_.kind in "biuf" for type_ in kinds) and low < high:
            at_least_ = Compare(">=", copied(part.expr), Const(low))
            inside = Logical("and", at_least_, Compare("<=", copied(part.expr), Const(high)))
            test = Logical("or", test, inside)
        self.leave_unless(test)

    def read(self, view: View) -> Elements:
        """Return the elements of `view`; operations on arrays without axes give numbers."""
        if not view.axes:
            raise Declined(ArrayStatement.at(NOWHERE, f"`{view.array}` is an array without axes"))
        is_plain = all(isinstance(part, Axis) for part in view.parts)
        type_ = self.dtypes[view.array]
        return Elements(view.shape, type_, view.element, ((view, True),), is_plain, view)

    def broadcast(self, shapes: Sequence[tuple[Linear, ...]], span: Span) -> tuple[Linear, ...]:
        """Return the common shape; that lengths agree which look different becomes a condition."""
        found: list[Linear] = []
        for axis in range(1, max(map(len, shapes)) + 1):
            lengths = [shape[-axis] for shape in shapes if len(shape) >= axis]
            longer = sorted(
                (one for one in lengths if one.known != 1), key=lambda one: one.known is None
            )
            length = longer[0] if longer else number(1)
            for other in lengths:
                if other != length and other.known != 1:
                    self.require(_equal(length, other), span)
            found.append(length)
        return tuple(reversed(found))



def _keeps(part: tuple[Linear, ...], shape: tuple[Linear, ...]) -> bool:
    """Return whether an operand is not repeated along any axis of the result."""
    return len(part) == len(shape) and all(
        one.known != 1 or length.known == 1 for one, length in zip(part, shape, strict=True)
    )


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


def new_axes(callee: str, places: Sequence[Expr]) -> tuple[int, ...] | None:
    """Return the places of new axes; None for a transposition."""
    if callee == "numpy.ndarray.T":
        return None
    return tuple(place.value for place in places if isinstance(place, Const))  # type: ignore[misc]


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


def alternatives(part: Operand) -> tuple[Operand, ...]:
    if isinstance(part, Elements):
        return (part,)
    return tuple(Number(part.expr, type_) for type_ in (part.type, *part.others))
