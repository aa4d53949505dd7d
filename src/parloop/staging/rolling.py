"""Arrays whose elements stand elsewhere, or come one after another: `np.roll`, `np.cumsum`.

    v[:] = np.roll(u, 1)      becomes    for %i0 in 0:n:1 { v[%i0] = u[(%i0 - 1) % n] }
    v[:] = np.cumsum(u)       becomes    for %i0 in 0:n:1 { %t = %t + u[%i0]; v[%i0] = %t }
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy

from parloop.ir.nodes import Assign, Binary, Call, Const, Expr, For, Name, Stmt, Store
from parloop.ir.types import NP_INT64, NP_UINT64
from parloop.ir.walk import RUNNING
from parloop.staging.elementwise import Elements, converted
from parloop.staging.lengths import Linear, at_least, to_expr
from parloop.staging.places import full_axes
from parloop.staging.values import Values
from parloop.staging.views import MakeIndex, View


class Rolling(Values):
    """The arrays that are others in another order, or their running sums."""

    def rolled(self, expr: Call) -> Elements:
        """Return the elements of `np.roll(x, shift, axis)`."""
        part, *constants = expr.arguments
        value, span = self.value(part), expr.span
        if not isinstance(value, Elements):
            raise self.declined(span, "`roll` is taken of what is not an array")
        shift, *axes = (c.value for c in constants if isinstance(c, Const))
        ndim = len(value.shape)
        if not axes and ndim > 1:
            raise self.declined(span, "`roll` of all axes at once")
        axis = int(axes[0].real) if axes else 0
        if not -ndim <= axis < ndim:
            raise self.declined(span, "`roll` along an axis that is not there")
        axis, step = axis % ndim, int(shift.real)
        length = value.shape[axis]
        self.look_at_all(value, value.shape, span)
        self.require(at_least(length, 1), span)

        def build(indices: Sequence[MakeIndex]) -> Expr:
            turned = _turned(indices[axis], step, length)
            return value.build([turned if k == axis else i for k, i in enumerate(indices)])

        reads = tuple((view, False) for view, _ in value.reads)
        return Elements(value.shape, value.type, build, reads, value.is_plain)

    def running(self, expr: Call) -> Elements:
        """Return the elements of `np.cumsum(x)` or `np.cumprod(x)`."""
        value, span = self.value(expr.arguments[0]), expr.span
        word = RUNNING[expr.callee]
        if not isinstance(value, Elements) or len(value.shape) != 1:
            raise self.declined(span, f"`{word}` of what is not an array with one axis")
        is_sum = word == "cumsum"
        if value.type.kind not in "biuf" or not runs_in_order(word):
            raise self.declined(span, f"`{word}` of {value.type} is not compiled")
        self.look_at_all(value, value.shape, span)
        kind = value.type
        if kind.kind != "f":
            kind = NP_UINT64 if kind.kind == "u" else NP_INT64
        name = self.scratch_for(expr, "running", kind, value.shape, span)
        self.passing.add(name)
        total, index = self.fresh("t"), self.fresh("i")
        start = Const((-0.0 if kind.kind == "f" else 0) if is_sum else 1)
        self.out.append(Assign(total, converted(start, kind), span))
        element = value.build([lambda: Name(index)])
        if value.type != kind:
            element = converted(element, kind)
        more: Expr
        if kind.kind == "f":
            more = Binary("+" if is_sum else "*", Name(total), element, span)
        else:
            ufunc = "add" if is_sum else "multiply"
            more = Call(f"numpy.{ufunc}", f"np.{ufunc}", (Name(total), element), span)
        body: tuple[Stmt, ...] = (
            Assign(total, more, span),
            Store(name, (Name(index),), Name(total), span),
        )
        length = to_expr(value.shape[0])
        self.out.append(For(index, Const(0), length, Const(1), body, (), span))
        return self.read(View(name, full_axes(value.shape)))


def _turned(index: MakeIndex, step: int, length: Linear) -> MakeIndex:
    def make() -> Expr:
        moved = Binary("-" if step > 0 else "+", index(), Const(abs(step)))
        return Binary("%", moved, to_expr(length))

    return make


@functools.cache
def runs_in_order(word: str) -> bool:
    """Return whether NumPy adds or multiplies one number after another."""
    chance = numpy.random.default_rng(20271)
    for kind in ("f8", "f4"):
        for count in (*range(1, 40), 300):
            numbers = (1 + chance.standard_normal(count)).astype(kind)
            for some in (numbers, numpy.repeat(numbers, 2)[::2], numbers[::-1]):
                found = getattr(numpy, word)(some)
                total = some[0]
                for place, number in enumerate(some):
                    if place:
                        total = total + number if word == "cumsum" else total * number
                    if found[place] != total:
                        return False
    return True
