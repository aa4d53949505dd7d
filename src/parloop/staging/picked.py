"""Elements that arrays of truth values or of integers pick: `x[x > t]`, `a[idx]`, `a[mask] = 0`.

    s = x[x > t].sum()     becomes    %e = 0
                                      for %i in 0:n:1 {
                                          if x[%i] > t { %s0[%e] = x[%i]; %e = %e + 1 }
                                      }
                                      ... the sum of the first %e elements of %s0

What is picked stands in memory before anything is made of it, as NumPy has it: so every index is
looked at, and nothing is computed of what is not picked.
"""

from __future__ import annotations

from collections.abc import Sequence

from parloop.ir.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    For,
    If,
    Load,
    Logical,
    Name,
    Slice,
    Stmt,
    Store,
    Unary,
)
from parloop.ir.types import NP_BOOL
from parloop.ir.walk import MAKERS, PRODUCTS, REDUCTIONS, ROLL, RUNNING, VIEWS, copied, operands
from parloop.source import Span
from parloop.staging import elementwise
from parloop.staging.elementwise import Elements, Number, Operand, converted
from parloop.staging.lengths import Linear, number, to_expr
from parloop.staging.places import full_axes, is_ellipsis
from parloop.staging.values import Values, aligned, alternatives
from parloop.staging.views import Axis, MakeIndex, View


class Picked(Values):
    """The elements that other arrays pick, read and stored."""

    def loops(self, view: View, value: Operand, span: Span, kind: str = "i") -> None:
        """Write the loops that store each element of `value` into its place in `view`."""
        raise NotImplementedError

    def put(self, view: View, value: Operand, span: Span) -> None:
        """Store `value` into the elements of `view`, after all of it has been computed."""
        raise NotImplementedError

    # what a text picks

    def picks(self, subscripts: tuple[Expr, ...]) -> bool:
        """Return whether a subscript is an array."""
        return any(map(self.gives_array, subscripts))

    def gives_array(self, expr: Expr) -> bool:
        """Return whether `expr` is an array, and not a number."""
        match expr:
            case Name(id=name):
                return name in self.state
            case Load(array=name, subscripts=subscripts):
                view = self.state.get(name)
                if view is None:
                    return False
                parts = any(isinstance(p, Slice) or is_ellipsis(p) for p in subscripts)
                return parts or len(subscripts) < len(view.axes) or self.picks(subscripts)
            case Call(callee=callee) if callee in REDUCTIONS or callee in PRODUCTS:
                return False
            case Call(callee=callee) if callee in MAKERS or callee in VIEWS:
                return True
            case Call(callee=callee) if callee in RUNNING or callee == ROLL:
                return True
            case Unary() | Binary() | Compare() | Call():
                return any(map(self.gives_array, operands(expr)))
            case _:
                return False

    def picker(self, expr: Load | Store) -> tuple[View, Elements]:
        """Return the view of which elements are picked, and the array that picks them."""
        view = self.array(expr.array, expr.span)
        if len(expr.subscripts) != 1:
            raise self.declined(expr.span, "an array stands among several subscripts")
        value = self.value(expr.subscripts[0])
        assert isinstance(value, Elements)
        if value.type == NP_BOOL:
            self.require_same(value.shape, view.shape, expr.span)
        elif value.type.kind not in "iu":
            raise self.declined(expr.span, f"an array of {value.type} stands as a subscript")
        return view, value

    def kept_apart(self, view: View, picker: Elements, place: Load | Store) -> Elements:
        """Return what picks, in memory that no store into `view` changes."""
        own = any(view.array == read.array for read, _ in picker.reads)
        if own or self.share or view.order is not None or not picker.is_plain:
            return self.in_own_memory(picker, place, "picker")
        return picker

    def require_same(
        self, shape: tuple[Linear, ...], other: tuple[Linear, ...], span: Span
    ) -> None:
        """Require that two shapes are the same: nothing is repeated here."""
        if len(shape) != len(other):
            raise self.declined(span, "a mask has other axes than the array")
        for one, two in zip(shape, other, strict=True):
            apart = (one - two).known
            if apart is None:
                self.require(Compare("==", to_expr(one), to_expr(two)), span)
            else:
                self.require(apart == 0, span)

    def in_own_memory(self, value: Elements, place: object, kind: str) -> Elements:
        """Return the same elements, computed into an array of their own."""
        span = getattr(place, "span")  # noqa: B009 - a node of either kind
        name = self.scratch_for(place, kind, value.type, value.shape, span)
        self.passing.add(name)
        self.loops(View(name, full_axes(value.shape)), value, span)
        return self.read(View(name, full_axes(value.shape)))

    # reading

    def picked(self, expr: Load) -> Elements:
        """Return the elements that `expr` picks, which stand in memory."""
        view, picker = self.picker(expr)
        picker = self.kept_apart(view, picker, expr)
        if picker.type == NP_BOOL:
            return self.masked(view, picker, expr, expr.span)
        found = self.gathered(view, picker, expr.span)
        self.require_order(found, expr.span)
        return self.in_own_memory(found, expr, "picked")

    def masked(self, view: View, mask: Elements, place: object, span: Span) -> Elements:
        """Return the elements for which the mask is true, one behind the other."""
        if len(view.shape) != 1:
            raise self.declined(span, "a mask picks elements of other than one axis")
        type_ = self.dtypes[view.array]
        if type_.kind not in "biuf":
            raise self.declined(span, f"elements of {type_} are picked")
        (length,) = view.shape
        name = self.scratch_for(place, "masked", type_, view.shape, span)
        self.passing.add(name)
        limit = self.limit(length)
        whole = View(name, full_axes((limit,)))
        self.loops(whole, Number(converted(Const(0), type_), type_), span)
        count, i = self.fresh("e"), self.fresh("i")
        self.out.append(Assign(count, Const(0), span))
        index: MakeIndex = lambda: Name(i)  # noqa: E731
        one = Conditional(mask.build([index]), Const(1), Const(0))
        body: tuple[Stmt, ...] = (
            Store(name, (Name(count),), view.element([index]), span),  # the next one overwrites it
            Assign(count, Binary("+", Name(count), one), span),
        )
        self.out.append(For(i, Const(0), to_expr(length), Const(1), body, (), span))
        found = self.kept(Name(count))
        self.limits[found] = limit
        return self.read(View(name, (Axis(number(0), found),)))

    def gathered(self, view: View, places: Elements, span: Span) -> Elements:
        """Return the elements, or rows, with the numbers `places`."""
        rest = self.with_first_axis_whole(view, span)
        depth = len(places.shape)

        def build(indices: Sequence[MakeIndex]) -> Expr:
            return view.element([lambda: places.build(indices[:depth]), *indices[depth:]])

        reads = ((view, False), *((read, False) for read, _ in places.reads))
        return Elements((*places.shape, *rest), self.dtypes[view.array], build, reads)

    def with_first_axis_whole(self, view: View, span: Span) -> tuple[Linear, ...]:
        """Return the other lengths; numbers from the end count from that of the array's axis."""
        pairs = zip(view.parts, self.extents[view.array], strict=True)
        standing = [(part, extent) for part, extent in pairs if isinstance(part, Axis)]
        if view.order is not None or standing[0][0] != Axis(number(0), standing[0][1]):
            raise self.declined(span, "elements of a part of an array are picked by their numbers")
        return view.shape[1:]

    # storing

    def store_picked(self, stmt: Store, *, augmented: bool) -> None:
        """Store into the elements that a subscript picks."""
        view, picker = self.picker(stmt)
        span, target = stmt.span, self.dtypes[view.array]
        if augmented:
            assert isinstance(stmt.value, Binary)
            right = self.held(self.value(stmt.value.right), span)
            if picker.type == NP_BOOL and isinstance(right, Number):
                self.change_chosen(view, picker, stmt.value, right, span)
                return
            picker = self.kept_apart(view, picker, stmt)
            if picker.type == NP_BOOL:
                before = self.masked(view, picker, stmt, span)
            else:
                before = self.in_own_memory(self.gathered(view, picker, span), stmt, "before")
            value: Operand = self.operation(stmt.value, (before, right), span)
            assert isinstance(value, Elements)
            if not elementwise.may_cast(value.type, target):
                raise self.declined(span, f"an operation puts {value.type} into another type")
            self.require_same(value.shape, before.shape, span)
        else:
            value = self.held(self.value(stmt.value), span)
        if not all(elementwise.may_store(one, target) for one in alternatives(value)):
            raise self.declined(span, f"{value.type} is stored into {target}")
        if isinstance(value, Number):
            self.require_room(value, view, span)
        else:
            value = self.in_own_memory(value, stmt, "stored")
        if picker.type == NP_BOOL and isinstance(value, Number):
            self.choose(view, picker, value, span)
            return
        picker = self.kept_apart(view, picker, stmt)
        if picker.type != NP_BOOL:
            self.scatter(view, picker, value, span)
        else:
            assert isinstance(value, Elements)
            self.expand_into(view, picker, value, span)

    def require_room(self, value: Number, view: View, span: Span) -> None:
        """Leave an iteration in which NumPy may raise or warn as it converts a number."""
        target = self.dtypes[view.array]
        if target.kind == "c":
            raise self.declined(span, "elements of complex arrays are picked")
        for type_ in (value.type, *value.others):
            room = elementwise.range_of(type_, target)
            if room is None:
                continue
            low, high = room
            if isinstance(value.expr, Const) and isinstance(value.expr.value, int | float):
                if low < high and low <= value.expr.value <= high:
                    continue
                raise self.declined(span, "a number has no place in the array that it is put into")
            if low >= high or value.others:
                raise self.declined(span, f"{value.type} is stored into picked elements")
            above = Compare(">=", copied(value.expr), Const(low))
            below = Compare("<=", copied(value.expr), Const(high))
            self.leave_unless(Logical("and", above, below))

    def choose(self, view: View, mask: Elements, value: Number, span: Span) -> None:
        """Store a number into the elements for which the mask is true."""
        target = self.dtypes[view.array]

        def build(indices: Sequence[MakeIndex]) -> Expr:
            new = converted(copied(value.expr), target)
            return Conditional(mask.build(indices), new, view.element(indices), span)

        reads = (*mask.reads, (view, True))
        self.put(view, Elements(view.shape, target, build, reads), span)

    def change_chosen(
        self, view: View, mask: Elements, operation: Binary, right: Number, span: Span
    ) -> None:
        """Do `view[mask] op= y` with a number."""
        target = self.dtypes[view.array]
        made = self.agreed(operation, (self.read(view), right))
        if made is None or target.kind not in "biuf":
            raise self.declined(span, "an operation on picked elements is not compiled")
        write, result = made
        if not elementwise.may_cast(result, target):
            raise self.declined(span, f"an operation puts {result} into another type")
        for one in alternatives(right):
            assert isinstance(one, Number)
            if elementwise.range_of(one.type, result) is not None:
                self.require_room(right, view, span)

        def build(indices: Sequence[MakeIndex]) -> Expr:
            new = write((view.element(indices), copied(right.expr)))
            if result != target:
                new = converted(new, target)
            return Conditional(mask.build(indices), new, view.element(indices), span)

        reads = (*mask.reads, (view, True))
        self.put(view, Elements(view.shape, target, build, reads), span)

    def expand_into(self, view: View, mask: Elements, value: Elements, span: Span) -> None:
        """Store numbers one after the other into the elements for which the mask is true."""
        if len(value.shape) != 1 or len(view.shape) != 1:
            raise self.declined(span, "an array of several axes is stored where a mask is true")
        count, i = self.fresh("e"), self.fresh("i")
        index: MakeIndex = lambda: Name(i)  # noqa: E731
        more = Assign(count, Binary("+", Name(count), Const(1)), span)
        one = If(mask.build([index]), (more,), (), span)
        length = to_expr(view.shape[0])
        self.out.append(Assign(count, Const(0), span))
        self.out.append(For(i, Const(0), length, Const(1), (one,), (), span))
        self.leave_unless(Compare("==", Name(count), to_expr(value.shape[0])))
        at, j = self.fresh("e"), self.fresh("i")
        index = lambda: Name(j)  # noqa: E731
        taken: tuple[Stmt, ...] = (
            Store(view.array, view.subscripts([index]), value.build([lambda: Name(at)]), span),
            Assign(at, Binary("+", Name(at), Const(1)), span),
        )
        body = If(mask.build([index]), taken, (), span)
        self.out.append(Assign(at, Const(0), span))
        self.out.append(For(j, Const(0), copied(length), Const(1), (body,), (), span))

    def scatter(self, view: View, places: Elements, value: Operand, span: Span) -> None:
        """Store into the elements, or rows, with the numbers `places`, one after the other."""
        rest = self.with_first_axis_whole(view, span)
        shape = (*places.shape, *rest)
        if isinstance(value, Elements):
            found = self.broadcast((shape, value.shape), span)
            if len(found) != len(shape) or found != shape:
                raise self.declined(span, "an array is stored into fewer elements")
        self.look_at_all(places, places.shape, span)
        names = [self.fresh("i") for _ in shape]
        indices: list[MakeIndex] = [_index(name) for name in names]
        depth = len(places.shape)
        own = [lambda: places.build(indices[:depth]), *indices[depth:]]
        stored = aligned(value, shape)(indices)
        if isinstance(value, Number):
            stored = converted(stored, self.dtypes[view.array])
        stmt: Stmt = Store(view.array, view.subscripts(own), stored, span)
        for name, length in reversed(list(zip(names, shape, strict=True))):
            stmt = For(name, Const(0), to_expr(length), Const(1), (stmt,), (), span)
        self.out.append(stmt)

    # outer products, other types

    def outer(self, expr: Call) -> Elements:
        """Return the elements of `np.outer(x, y)`."""
        left, right = (self.value(part) for part in expr.arguments)
        for part in (left, right):
            if not isinstance(part, Elements) or len(part.shape) != 1:
                raise self.declined(expr.span, "an outer product of other than two vectors")
        column, row = self.turned(left, (1,), expr.span), self.turned(right, (0,), expr.span)
        times = Binary("*", expr.arguments[0], expr.arguments[1], expr.span)
        return self.operation(times, (column, row), expr.span)

    def of_type(self, expr: Call) -> Elements:
        """Return the elements of `x.astype(T)`."""
        value = self.value(expr.arguments[0])
        target = elementwise.scalar_named(expr.callee.rpartition(".")[2])
        if not isinstance(value, Elements) or target is None:
            raise self.declined(expr.span, "`astype` of what is not an array")
        if not elementwise.casts_alike(value.type, target):
            raise self.declined(expr.span, f"{value.type} is made {target}")
        self.look_at_all(value, value.shape, expr.span)

        def build(indices: Sequence[MakeIndex]) -> Expr:
            found = value.build(indices)
            return found if value.type == target else converted(found, target)

        made = Elements(value.shape, target, build, value.reads)
        self.require_order(made, expr.span)
        return self.in_own_memory(made, expr, "astype")


def _index(name: str) -> MakeIndex:
    return lambda: Name(name)



