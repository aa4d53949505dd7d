"""Functions of whole arrays that NumPy's own inner loops compute: `np.exp(u)`, `r ** 1.5`.

    v[:] = np.exp(-u)     becomes    for %i0 in 0:n:1 { %s0[%i0] = -u[%i0] }
                                     for %w1 in 0:n:1 { %s1[%w1] = np.exp(%s0[%w1]) }
                                     for %i2 in 0:n:1 { v[%i2] = %s1[%i2] }

Of a loop over `%w...` code generation makes one call for all elements (`codegen.runs`), so that
they are computed in SIMD lanes as NumPy computes them. That an element has the bits which a call
for one number gives, wherever it stands, is tried out; what differs is declined. NumPy takes other
code where strides are negative: such arrays are declined, too.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy

from parloop.ir.nodes import Binary, Call, Compare, Const, Expr, Logical, Stmt
from parloop.ir.types import NP_FLOAT64, PY_FLOAT, PY_INT, Scalar
from parloop.ir.walk import copied
from parloop.source import Span
from parloop.staging import rules
from parloop.staging.elementwise import Elements, Number, Operand
from parloop.staging.places import full_axes
from parloop.staging.rules_base import loop_signature
from parloop.staging.values import Values, aligned
from parloop.staging.views import MakeIndex, View

RUN = "w"
"""The kind of the indices of loops that are one call."""

_OWN_WAYS = (-1, 0, 0.5, 1, 2)
"""The exponents of which NumPy makes something else than a power."""


class Mapped(Values):
    """The arrays that functions make of arrays, element by element."""

    run: tuple[Stmt, str, Elements] | None = None
    """The last loop that is one call, the array that it fills, and the calls."""

    def loops(self, view: View, value: Operand, span: Span, kind: str = "i") -> None:
        """Write the loops that store each element of `value` into its place in `view`."""
        raise NotImplementedError

    def mapped(self, expr: Expr, parts: tuple[Operand, ...], span: Span) -> Elements | None:
        """Return the elements of a function, None where it is none that is known to be safe."""
        match expr:
            case Call(callee=callee) if _is_ufunc(callee):
                return self.function(callee.removeprefix("numpy."), expr, parts, span)
            case Binary(op="**"):
                return self.power(expr, parts, span)
            case _:
                return None

    def power(self, expr: Binary, parts: tuple[Operand, ...], span: Span) -> Elements | None:
        """Return the elements of a power; some exponents are something else for NumPy."""
        left, right = parts
        if isinstance(left, Number) or isinstance(right, Elements):
            return self.function("power", expr, parts, span)
        if left.type.kind != "f" or right.others:
            return None
        match right.expr:
            case Const(value=int() | float() as value) if type(value) is not bool:
                for name in ("power", "sqrt", "reciprocal"):
                    if power_agrees(name, left.type.bits, float(value)):
                        exponent = Number(Const(float(value)), PY_FLOAT)
                        taken = (left, exponent) if name == "power" else (left,)
                        return self.function(name, expr, taken, span)
                return None
            case Const():
                return None
            case name_ if right.type in (PY_FLOAT, PY_INT, NP_FLOAT64):
                test: Expr | None = None
                for value in _OWN_WAYS:
                    other = Compare("!=", copied(name_), Const(value))
                    test = other if test is None else Logical("and", test, other)
                assert test is not None
                self.leave_unless(test)
                return self.function("power", expr, parts, span)
            case _:
                return None

    def function(
        self, name: str, expr: Expr, parts: tuple[Operand, ...], span: Span
    ) -> Elements | None:
        """Return the elements that the ufunc `numpy.name` makes."""
        if any(isinstance(part, Number) and part.others for part in parts):
            return None
        if name == "power" and isinstance(parts[1], Elements):
            return None  # an array of one element is a number for NumPy, and has its own ways
        rule = rules.call_rule(f"numpy.{name}", tuple(part.type for part in parts))
        if rule is None or any(type_.kind != "f" for type_ in (*rule.compute, rule.result)):
            return None
        if not runs_agree(name, loop_signature(rule.compute, rule.result)):
            return None
        for part in parts:
            if isinstance(part, Elements):
                self.require_order(part, span)
        held = [
            self.in_memory(part, type_, (expr, place), span)
            for place, (part, type_) in enumerate(zip(parts, rule.compute, strict=True))
        ]
        shape = self.broadcast([p.shape for p in held if isinstance(p, Elements)], span)
        builds = [aligned(part, shape) for part in held]

        def build(indices: Sequence[MakeIndex]) -> Expr:
            arguments = tuple(make(indices) for make in builds)
            return Call(f"numpy.{name}", f"np.{name}", arguments, span)

        reads = tuple(read for part in held if isinstance(part, Elements) for read in part.reads)
        made = self.scratch_for(expr, "made", rule.result, shape, span)
        self.passing.add(made)
        view = View(made, full_axes(shape))
        calls = Elements(shape, rule.result, build, reads)
        self.loops(view, calls, span, RUN)
        self.run = (self.out[-1], made, calls)
        return self.read(view)

    def unmade(self, value: Operand, target: View | None, type_: Scalar) -> Elements | None:
        """Return the calls that `value` is made of, if they may store into `target` at once.

        Their loop, which is the last statement, is dropped. `None` for a new array.
        """
        if self.run is None or not isinstance(value, Elements) or value.view is None:
            return None
        stmt, made, calls = self.run
        if not self.out or self.out[-1] is not stmt or value.view.array != made:
            return None
        if value.type != type_ or value.view.parts != full_axes(value.shape):
            return None
        if target is not None:
            if any(axis.step < 0 for axis in target.axes) or target.shape != value.shape:
                return None
            if any(read.array == target.array for read, _ in calls.reads):
                return None
            if not target.array.startswith("%"):
                self.upward.add(target.array)
        self.run = None
        self.out.pop()
        return calls

    def in_memory(
        self, part: Operand, type_: Scalar, place: tuple[Expr, int], span: Span
    ) -> Operand:
        """Return an operand whose elements stand in memory, as numbers of this type."""
        if isinstance(part, Number):
            return part
        view = part.view
        if view is not None and part.type == type_:
            if any(axis.step < 0 for axis in view.axes):
                raise self.declined(span, "a function is taken of a reversed array")
            if not view.array.startswith("%"):
                self.upward.add(view.array)
            return part
        return self.computed_first(part, type_, place, span)

    def computed_first(
        self, part: Elements, type_: Scalar, place: tuple[Expr, int], span: Span
    ) -> Elements:
        """Return elements that stand in memory, as numbers of this type."""
        expr, number = place
        name = self.scratch_for(expr, f"operand{number}", type_, part.shape, span)
        self.passing.add(name)
        kept = View(name, full_axes(part.shape))
        self.loops(kept, part, span)
        return self.read(kept)


def _is_ufunc(callee: str) -> bool:
    module, _, name = callee.partition(".")
    return module == "numpy" and isinstance(getattr(numpy, name, None), numpy.ufunc)


@functools.cache
def runs_agree(name: str, signature: str) -> bool:
    """Return whether a ufunc gives an element of arrays the bits, and the flags, of one number.

    For arrays of any length, at any place in them, with steps, and for a number and an array. The
    exponents of powers are none of those that NumPy makes something else of.
    """
    ufunc = getattr(numpy, name)
    inputs, _ = signature.split("->")
    chance = numpy.random.default_rng(20268)
    columns = [_samples(char, chance) for char in inputs]
    if len(inputs) == 2:
        columns = _with_nasty_pairs(*columns)
    if name == "power":
        columns[1][numpy.isin(columns[1], _OWN_WAYS)] = 3
    tame = [numpy.abs(chance.standard_normal(64)).astype(char) % 1 for char in inputs]
    with numpy.errstate(all="ignore"):
        single = _bits([ufunc(*numbers) for numbers in zip(*columns, strict=True)])
        for arrays, places in _arrangements(columns):
            expected = [single[place] for place in places]
            apart = numpy.zeros(3 * len(places), signature[-1])[::3]
            if _bits(ufunc(*arrays)) != expected or _bits(ufunc(*arrays, out=apart)) != expected:
                return False
        others = [column[-160:] for column in columns]
        for place in range(len(inputs) if len(inputs) > 1 else 0):
            for constant in (*columns[place][:8], *columns[place][300 : 300 + len(_NASTY)]):
                mixed = [constant if k == place else c for k, c in enumerate(others)]
                each = [[constant] * len(c) if k == place else c for k, c in enumerate(others)]
                if _bits(ufunc(*mixed)) != _bits([ufunc(*n) for n in zip(*each, strict=True)]):
                    return False
    return all(_flags(ufunc, [c[:count] for c in tame]) == _alone(ufunc, [c[:count] for c in tame])
               for count in range(1, 40)) and all(
        _flags(ufunc, some) == _alone(ufunc, some)
        for some in ([c[k:k + 3] for c in columns] for k in range(0, 120, 3))
    )  # fmt: skip


def _arrangements(columns: Sequence[numpy.ndarray]) -> Iterator[tuple[list[Any], range]]:
    count = len(columns[0])
    yield list(columns), range(count)
    for step in (2, 3, 17):
        yield [numpy.repeat(column, step)[::step] for column in columns], range(count)
    for length in (*range(1, 20), 31, 33):
        for first in range(0, count - length, 37):
            yield [c[first : first + length] for c in columns], range(first, first + length)


def _samples(char: str, chance: numpy.random.Generator) -> numpy.ndarray:
    values = chance.standard_normal(300) * 10.0 ** chance.integers(-3, 4, 300)
    values[::9] = chance.choice(_NASTY, len(values[::9]))
    with numpy.errstate(all="ignore"):
        return values.astype(char)


def _with_nasty_pairs(left: numpy.ndarray, right: numpy.ndarray) -> list[numpy.ndarray]:
    """Return the samples of two operands, and such in which one or both are nasty numbers."""
    with numpy.errstate(all="ignore"):
        nasty = numpy.array(_NASTY).astype(left.dtype)
    count = len(nasty)
    some = numpy.concatenate([left[1:9], nasty])
    others = numpy.concatenate([right[1:9], nasty])
    return [
        numpy.concatenate([left, numpy.repeat(some, count), numpy.tile(nasty, len(others))]),
        numpy.concatenate([right, numpy.tile(nasty, len(some)), numpy.repeat(others, count)]),
    ]


_NASTY = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, 1e6, 1e300, 1e-300, 5e-324, 710.0,
          float("inf"), float("-inf"), float("nan"))  # fmt: skip


def _bits(numbers: object) -> list[int]:
    found = numpy.ascontiguousarray(numbers)
    words = found.view(f"u{found.itemsize}")
    return list(numpy.where(numpy.isnan(found), 0, words + words.dtype.type(1)))


def _flags(ufunc: numpy.ufunc, arrays: Sequence[numpy.ndarray]) -> set[str]:
    seen: set[str] = set()
    with numpy.errstate(all="call", call=lambda kind, _: seen.add(kind)):
        ufunc(*arrays)
    return seen - {"underflow"}


def _alone(ufunc: numpy.ufunc, arrays: Sequence[numpy.ndarray]) -> set[str]:
    return set().union(*(_flags(ufunc, numbers) for numbers in zip(*arrays, strict=True)))


@functools.cache
def power_agrees(name: str, bits: int, exponent: float) -> bool:
    """Return whether `x ** exponent` is what the ufunc `numpy.name` makes of `x`."""
    (column,) = (_samples(f"f{bits // 8}", numpy.random.default_rng(20269)),)
    ufunc = getattr(numpy, name)
    with numpy.errstate(all="ignore"):
        for some in (column, column[:1], column[3:20]):
            other = ufunc(some, exponent) if name == "power" else ufunc(some)
            if other.dtype != some.dtype or _bits(some**exponent) != _bits(other):
                return False
            if exponent.is_integer() and _bits(some ** int(exponent)) != _bits(other):
                return False
            changed = some.copy()
            changed **= exponent
            if _bits(changed) != _bits(other):
                return False
    return True
