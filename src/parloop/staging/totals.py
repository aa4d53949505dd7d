"""Calls that make one number of an array: `np.sum(a[i:i + 3])`, `((x - y) ** 2).argmin()`.

    s = x[i:i + n].sum()    becomes    %t = np.float64(0.0)
                                       for %i in 0:n:1 into %t { %t = %t + x[%i + i] }

No array is made of the elements. Sums of floats are put together as NumPy does (`ir.totals`), where
it has been seen to (`staging.summation`); a few known numbers are written out. The smallest of
zeros of both signs, or of what has a NaN in it, is left to the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parloop.ir.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    CompareOperator,
    Const,
    Expr,
    For,
    If,
    Logical,
    Name,
    Stmt,
)
from parloop.ir.totals import total
from parloop.ir.types import (
    NP_BOOL,
    NP_FLOAT32,
    NP_FLOAT64,
    NP_INT64,
    NP_UINT64,
    PY_INT,
    Scalar,
)
from parloop.ir.walk import REDUCTIONS, copied
from parloop.source import Span
from parloop.staging.elementwise import Elements, Number
from parloop.staging.lengths import Linear, at_least, number, to_expr
from parloop.staging.summation import BUFFER, products_agree, spreads_agree, sums_agree
from parloop.staging.values import Values
from parloop.staging.views import Axis, Fixed, MakeIndex, View

MOST_WRITTEN_OUT = 32
"""Sums of so many numbers are one expression."""


@dataclass(frozen=True, slots=True)
class _Term:
    """A number of a sum that is written down; None is minus zero, to which others are added."""

    expr: Expr | None

    def __add__(self, other: _Term) -> _Term:
        if self.expr is None or other.expr is None:
            return other if self.expr is None else self
        return _Term(Binary("+", self.expr, other.expr))


class Totals(Values):
    """The numbers that are made of arrays."""

    def along(self, expr: Call) -> Elements | Number:
        """Return what a call makes of each row or column of its argument."""
        raise NotImplementedError

    def reduction(self, expr: Call) -> Elements | Number:
        """Return what a call makes of the elements of its argument."""
        if len(expr.arguments) > 1:
            return self.along(expr)
        value = self.value(expr.arguments[0])
        word = REDUCTIONS[expr.callee]
        if not isinstance(value, Elements):
            raise self.declined(expr.span, f"`{word}` is taken of what is not an array")
        return self.of_all(value, word, expr)

    def of_all(self, value: Elements, word: str, expr: Call) -> Number:
        """Return what a call makes of all elements."""
        if value.type.kind == "c":
            raise self.declined(expr.span, f"`{word}` of {value.type} is not compiled")
        self.look_at_all(value, value.shape, expr.span)
        make: Callable[[Elements, Span], Number] = getattr(self, f"_{word}")
        found = make(value, expr.span)
        self.scalars.learn(expr, found.type)
        return found

    # sums and products

    def _sum(self, value: Elements, span: Span) -> Number:
        if value.type.kind != "f":
            return self._whole_sum("add", 0, value, span)
        self.require_known_order(value, value.type, span)
        return self.float_sum(value, value.type, span)

    def _mean(self, value: Elements, span: Span) -> Number:
        count = self.count(value, span)
        self.require_elements(value, span)
        kind = value.type if value.type.kind == "f" else NP_FLOAT64
        self.require_known_order(value, kind, span)
        found = self.float_sum(value, kind, span)
        if kind == NP_FLOAT64:
            return self.held_number(Binary("/", found.expr, count, span), NP_FLOAT64)
        double = Call("numpy.float64", "np.float64", (found.expr,))
        divided = Binary("/", double, count, span)
        return self.held_number(Call("numpy.float32", "np.float32", (divided,)), NP_FLOAT32)

    def _var(self, value: Elements, span: Span) -> Number:
        mean = self._mean(value, span)
        kind = mean.type
        if not spreads_agree(kind.bits):
            raise self.declined(span, "this NumPy has another variance")

        def build(indices: Sequence[MakeIndex]) -> Expr:
            element = _as_type(value.build(indices), value.type, kind)
            apart = Binary("-", element, copied(mean.expr), span)
            return Call("numpy.square", "np.square", (apart,), span)

        squares = Elements(value.shape, kind, build, value.reads)
        return self._mean(squares, span)

    def _std(self, value: Elements, span: Span) -> Number:
        found = self._var(value, span)
        root = Call("numpy.sqrt", "np.sqrt", (found.expr,), span)
        return self.held_number(root, found.type)

    def _prod(self, value: Elements, span: Span) -> Number:
        if value.type.kind != "f":
            return self._whole_sum("multiply", 1, value, span)
        if not products_agree(value.type.bits):
            raise self.declined(span, "this NumPy multiplies in another order")
        self.require_forward(value, span)
        product = self.begin(value.type, 1.0)

        def body(element: Expr) -> tuple[Stmt, ...]:
            return (Assign(product, Binary("*", Name(product), element, span), span),)

        self.each(value, body, span)
        return Number(Name(product), value.type)

    def _whole_sum(self, name: str, start: int, value: Elements, span: Span) -> Number:
        """Return a sum or product of integers, which wraps silently."""
        kind = NP_UINT64 if value.type.kind == "u" else NP_INT64
        result = self.begin(kind, start)

        def body(element: Expr) -> tuple[Stmt, ...]:
            parts = (Name(result), _as_type(element, value.type, kind))
            return (Assign(result, Call(f"numpy.{name}", f"np.{name}", parts, span), span),)

        self.each(value, body, span)
        return Number(Name(result), kind)

    def float_sum(self, value: Elements, kind: Scalar, span: Span) -> Number:
        """Return the sum of the elements as floats of type `kind`, in NumPy's order."""
        known = _known_count(value)
        result = self.begin(kind, 0.0)
        if known is not None and known <= MOST_WRITTEN_OUT:
            terms = [
                _Term(_as_type(value.build(_constants(place)), value.type, kind))
                for place in _positions([length.known or 0 for length in value.shape])
            ]
            found = total(terms, _Term(None)).expr
            if found is not None:
                self.out.append(Assign(result, Binary("+", Name(result), found, span), span))
            return Number(Name(result), kind)
        counters = [self.fresh("i") for _ in value.shape]
        element = _as_type(value.build([_name(c) for c in counters]), value.type, kind)
        add: Stmt = Assign(result, Binary("+", Name(result), element, span), span)
        if len(counters) == 1:
            length = to_expr(value.shape[0])
            loop = For(counters[0], Const(0), length, Const(1), (add,), (), span, result)
            self.out.append(loop)
            return Number(Name(result), kind)
        for counter in counters:
            self.out.append(Assign(counter, Const(0), span))
        body = (add, *_next(counters, value.shape, span))
        count = self.count(value, span)
        index = self.fresh("i")
        self.out.append(For(index, Const(0), count, Const(1), body, (), span, result))
        return Number(Name(result), kind)

    def require_known_order(self, value: Elements, kind: Scalar, span: Span) -> None:
        """Decline, or require what is needed for NumPy to add in the order that is known."""
        way = "line" if len(value.shape) == 1 else "whole"
        if value.type.kind != "f":
            way = "cast"
        elif way == "whole" and value.view is not None and not self.is_one_piece(value.view):
            way = "part"
        if not sums_agree(kind.bits, way):
            raise self.declined(span, "this NumPy adds in another order")
        self.require_forward(value, span)
        if way in ("part", "cast"):
            self.require(Compare("<=", self.count(value, span), Const(BUFFER)), span)

    def require_forward(self, value: Elements, span: Span) -> None:
        """Require that NumPy goes through the elements in C's order."""
        if len(value.shape) == 1:
            return
        for view, _ in value.reads:
            if any(axis.step < 0 for axis in view.axes) or not view.keeps_order:
                raise self.declined(span, "the elements of a turned array are put together")
            if not view.array.startswith("%"):
                self.forward.add(view.array)

    def is_one_piece(self, view: View) -> bool:
        """Return whether the elements lie side by side, if those of the array do: a condition."""
        parts = list(view.parts)
        while parts and isinstance(parts[0], Fixed):
            del parts[0]
        extents = self.extents[view.array][len(view.parts) - len(parts) :]
        first = parts[0]
        if not isinstance(first, Axis) or first.step != 1:
            return False
        if view.own:
            return True
        for part, extent in zip(parts[1:], extents[1:], strict=True):
            if part != Axis(number(0), extent):
                return False
        if not view.array.startswith("%"):
            self.compact.add(view.array)
        return True

    # the smallest, the largest, and where they are

    def _min(self, value: Elements, span: Span) -> Number:
        return self._best("<", value, span)

    def _max(self, value: Elements, span: Span) -> Number:
        return self._best(">", value, span)

    def _argmin(self, value: Elements, span: Span) -> Number:
        return self._place("<", value, span)

    def _argmax(self, value: Elements, span: Span) -> Number:
        return self._place(">", value, span)

    def _best(self, better: CompareOperator, value: Elements, span: Span) -> Number:
        if value.type.kind == "b":
            raise self.declined(span, "the smallest or largest of truth values is not compiled")
        best, _ = self.search(better, value, value.type, span, with_place=False)
        if value.type.kind == "f":
            self.leave_if_zeros_differ(best, value, span)
        return Number(Name(best), value.type)

    def _place(self, better: CompareOperator, value: Elements, span: Span) -> Number:
        kind = NP_INT64 if value.type.kind == "b" else value.type
        _, place = self.search(better, value, kind, span, with_place=True)
        return Number(Name(place), NP_INT64)

    def search(
        self,
        better: CompareOperator,
        value: Elements,
        kind: Scalar,
        span: Span,
        *,
        with_place: bool,
    ) -> tuple[str, str]:
        """Return names for the best element and its number; the first of equals."""
        self.require_elements(value, span)
        element = self.fresh("x")
        best, place, counter, nans = (self.fresh("b") for _ in range(4))
        first = _as_type(value.build(_constants([0] * len(value.shape))), value.type, kind)
        self.out.append(Assign(best, first, span))
        zeros = [counter, *([nans] if kind.kind == "f" else [])]
        self.out += [Assign(name, Const(0), span) for name in zeros]
        if with_place:
            self.out.append(Assign(place, _as_type(Const(0), PY_INT, NP_INT64), span))

        def body(found: Expr) -> tuple[Stmt, ...]:
            taken: tuple[Stmt, ...] = (Assign(best, Name(element), span),)
            if with_place:
                here = _as_type(Name(counter), PY_INT, NP_INT64)
                taken = (*taken, Assign(place, here, span))
            stmts: list[Stmt] = [Assign(element, _as_type(found, value.type, kind), span)]
            stmts.append(If(Compare(better, Name(element), Name(best)), taken, (), span))
            if kind.kind == "f":
                odd = Compare("!=", Name(element), Name(element))
                stmts.append(If(odd, (Assign(nans, Const(1), span),), (), span))
            if with_place:
                stmts.append(Assign(counter, Binary("+", Name(counter), Const(1)), span))
            return tuple(stmts)

        self.each(value, body, span)
        if kind.kind == "f":
            self.leave_unless(Compare("==", Name(nans), Const(0)))
        return best, place

    def leave_if_zeros_differ(self, best: str, value: Elements, span: Span) -> None:
        """Leave the iteration to the interpreter if the best is a zero of which sign is unsure."""
        element, differs = self.fresh("x"), self.fresh("b")
        outer, self.out = self.out, []

        def body(found: Expr) -> tuple[Stmt, ...]:
            other = Compare("!=", _sign(Name(element)), _sign(Name(best)))
            is_zero = Compare("==", Name(element), Const(0))
            test = Logical("and", is_zero, other)
            noted = (Assign(differs, Const(1), span),)
            return (Assign(element, found, span), If(test, noted, (), span))

        self.out.append(Assign(differs, Const(0), span))
        self.each(value, body, span)
        self.leave_unless(Compare("==", Name(differs), Const(0)))
        inside, self.out = tuple(self.out), outer
        self.out.append(If(Compare("==", Name(best), Const(0)), inside, (), span))

    # truth

    def _any(self, value: Elements, span: Span) -> Number:
        return self._truth(value, span, found=True)

    def _all(self, value: Elements, span: Span) -> Number:
        return self._truth(value, span, found=False)

    def _truth(self, value: Elements, span: Span, *, found: bool) -> Number:
        result = self.fresh("t")
        self.out.append(Assign(result, _as_truth(not found), span))
        change = (Assign(result, _as_truth(found), span),)

        def body(element: Expr) -> tuple[Stmt, ...]:
            then, otherwise = (change, ()) if found else ((), change)
            return (If(element, then, otherwise, span),)

        self.each(value, body, span)
        return Number(Name(result), NP_BOOL)

    # helpers

    def begin(self, kind: Scalar, start: float) -> str:
        """Return the name of a new number of type `kind`."""
        name = self.fresh("t")
        self.out.append(Assign(name, Call(f"numpy.{kind}", f"np.{kind}", (Const(start),))))
        return name

    def held_number(self, expr: Expr, kind: Scalar) -> Number:
        """Return `expr`, computed here."""
        name = self.fresh("t")
        self.out.append(Assign(name, expr, expr.span))
        return Number(Name(name), kind)

    def count(self, value: Elements, span: Span) -> Expr:
        """Return how many elements there are."""
        known = _known_count(value)
        if known is not None:
            return Const(known)
        found: Expr | None = None
        for length in value.shape:
            part = to_expr(length)
            found = part if found is None else Binary("*", found, part, span)
        assert found is not None
        return found

    def require_elements(self, value: Elements, span: Span) -> None:
        """Require that there is one: NumPy raises or warns."""
        for length in value.shape:
            self.require(at_least(length, 1), span)

    def each(
        self, value: Elements, body: Callable[[Expr], tuple[Stmt, ...]], span: Span
    ) -> None:
        """Write loops over the elements, in C's order."""
        names = [self.fresh("i") for _ in value.shape]
        stmts = body(value.build([_name(name) for name in names]))
        for name, length in reversed(list(zip(names, value.shape, strict=True))):
            stmts = (For(name, Const(0), to_expr(length), Const(1), stmts, (), span),)
        self.out += stmts


def _next(counters: Sequence[str], shape: Sequence[Linear], span: Span) -> tuple[Stmt, ...]:
    """Return the statements that go on to the next element in C's order."""
    stmts: tuple[Stmt, ...] = ()
    for position, (counter, length) in enumerate(zip(counters, shape, strict=True)):
        more: Stmt = Assign(counter, Binary("+", Name(counter), Const(1)), span)
        if position == 0:
            stmts = (more,)
            continue
        full = Compare("==", Name(counter), to_expr(length))
        back = (Assign(counter, Const(0), span), *stmts)
        stmts = (more, If(full, back, (), span))
    return stmts


def _known_count(value: Elements) -> int | None:
    found = 1
    for length in value.shape:
        if length.known is None:
            return None
        found *= max(length.known, 0)
    return found


def _positions(extents: Sequence[int]) -> list[list[int]]:
    found: list[list[int]] = [[]]
    for extent in extents:
        found = [[*place, k] for place in found for k in range(extent)]
    return found


def _constants(place: Sequence[int]) -> list[MakeIndex]:
    return [lambda k=k: Const(k) for k in place]  # type: ignore[misc]


def _name(name: str) -> MakeIndex:
    return lambda: Name(name)


def _as_type(expr: Expr, before: Scalar, after: Scalar) -> Expr:
    return expr if before == after else Call(f"numpy.{after}", f"np.{after}", (expr,))


def _as_truth(value: bool) -> Expr:
    return Call("numpy.bool", "np.bool", (Const(value),))


def _sign(expr: Expr) -> Expr:
    return Call("math.copysign", "math.copysign", (Const(1.0), expr))
