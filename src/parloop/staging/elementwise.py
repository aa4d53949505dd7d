"""Operations on whole arrays, element by element: what they make of which types.

    k * (u[2:] - u[:-2])    element i is   k * (u[i + 2] - u[i])

Only operations whose elements have the bits that the same operation has on single numbers. That a
warning would have another text, or come in another order, does not matter: where one is given, the
interpreter runs the iteration.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy

from parloop.ir.nodes import (
    Binary,
    BinaryOperator,
    Call,
    Compare,
    CompareOperator,
    Conditional,
    Const,
    Expr,
    Unary,
)
from parloop.ir.types import (
    NP_BOOL,
    NP_FLOAT64,
    NP_INT64,
    NUMPY_SCALARS,
    PY_BOOL,
    PY_INT,
    Scalar,
)
from parloop.ir.walk import copied
from parloop.staging import rules
from parloop.staging.lengths import Linear
from parloop.staging.rules_base import common_type, integer_bounds
from parloop.staging.rules_operators import UFUNCS
from parloop.staging.views import MakeIndex, View

Build = Callable[[Sequence[MakeIndex]], Expr]
"""Makes the expression of one element, given the makers of its indices."""


@dataclass(frozen=True, slots=True)
class Number:
    """A value that is no array, computed before the loops: a constant or a name."""

    expr: Const | Expr
    type: Scalar
    others: tuple[Scalar, ...] = ()
    """Further types that it may have."""


@dataclass(frozen=True, slots=True)
class Elements:
    """An array value: its shape, the type of its elements, how one is computed, what is read.

    `reads` has each view with how many leading axes of the value it does not have, and the axes
    along which it repeats itself.
    """

    shape: tuple[Linear, ...]
    type: Scalar
    build: Build
    reads: tuple[tuple[View, bool], ...]
    """Each view that is read, and whether element i of the value needs just its element i."""
    is_plain: bool = False
    """Whether the elements are just those of slices: nothing happens where one is not read."""
    view: View | None = None
    """The view of which they are the elements, if nothing is computed."""


Operand = Number | Elements
Made = tuple[Callable[[tuple[Expr, ...]], Expr], Scalar]
"""How the operation on single elements is written, and the type of its result."""

_SAFE_CALLS = frozenset(
    f"numpy.{name}"
    for name in (
        *("sqrt", "square", "absolute", "fabs", "negative"),
        *("floor", "ceil", "trunc", "rint", "isnan", "isinf", "isfinite", "clip"),
        *("add", "subtract", "multiply", "divide", "less", "less_equal", "greater"),
        *("greater_equal", "equal", "not_equal", "bitwise_and", "bitwise_or", "bitwise_xor"),
    )
)
"""Calls whose result on an element does not depend on the elements beside it."""

_OF_FLOATS = frozenset(f"numpy.{name}" for name in ("square", "absolute", "negative"))
"""Those that are one instruction for floats, and a call of NumPy's for anything else."""


def callee_of(scalar: Scalar) -> str:
    """Return the function that makes numbers of this type."""
    return "numpy.bool" if scalar.kind == "b" else f"numpy.{scalar}"


def scalar_named(name: str) -> Scalar | None:
    """Return the type of elements that a function of this name makes."""
    return {callee_of(scalar): scalar for scalar in NUMPY_SCALARS}.get(f"numpy.{name}")


def casts_alike(source: Scalar, target: Scalar) -> bool:
    """Return whether `astype` makes of an element what the type makes of a number."""
    if source.owner != "numpy" or not (source.kind in "biuf" and target.kind in "biuf"):
        return False
    if target == NP_BOOL or target.kind == "f":
        return True
    if target == NP_INT64 and source.kind == "f":
        return True
    return source.kind == "b" or (source.kind in "iu" and has_room(target, source))


def converted(expr: Expr, scalar: Scalar) -> Call:
    """Return `expr` as a number of NumPy's of this type."""
    callee = callee_of(scalar)
    return Call(callee, callee.replace("numpy", "np"), (expr,), expr.span)


def binary(op: BinaryOperator, left: Operand, right: Operand) -> Made | None:
    """Return `x op y` for elements of these operands."""
    types = (left.type, right.type)
    if op == "**":
        return _power(left, right)
    if any(t.kind == "c" for t in types) and op not in ("+", "-"):
        return None
    if op in ("<<", ">>"):
        return None
    rule = rules.binary_rule(op, *types)
    if rule is None or not _fits(left, right, rule.compute):
        return None
    if rule.result.kind in "fc":
        return (lambda parts: Binary(op, *parts)), rule.result
    callee = f"numpy.{UFUNCS[op]}"
    called = rules.call_rule(callee, types)
    if called is None:
        return None
    return (lambda parts: Call(callee, f"np.{UFUNCS[op]}", parts)), called.result


def _fits(left: Operand, right: Operand, compute: tuple[Scalar, ...]) -> bool:
    """Return whether no Python int of the operands is out of range for the elements' type."""
    return all(
        _has_place(operand, target) for operand, target in zip((left, right), compute, strict=True)
    )


def _has_place(operand: Operand, target: Scalar) -> bool:
    if operand.type != PY_INT or target.kind not in "iu":
        return True
    match operand:
        case Number(expr=Const(value=int(value))):
            low, high = integer_bounds(target)
            return low <= value <= high
        case _:
            return target == NP_INT64


def _power(left: Operand, right: Operand) -> Made | None:
    """Return `x ** 2`, which NumPy's arrays compute as `x * x`."""
    match left, right:
        case Elements(type=scalar), Number(expr=Const(value=int(value))) if (
            scalar.kind in "fiu" and value == 2 and type(value) is int and _squares(scalar)
        ):
            if scalar.kind == "f":
                return (lambda parts: Call("numpy.square", "np.square", parts[:1])), scalar
            return _twice, scalar
        case _:
            return None


def _twice(parts: tuple[Expr, ...]) -> Expr:
    return Call("numpy.multiply", "np.multiply", (parts[0], copied(parts[0])))


def _squares(scalar: Scalar) -> bool:
    dtype = numpy.dtype(str(scalar))
    if scalar.kind != "f":
        return True
    tried = numpy.random.default_rng(2).standard_normal(300).astype(dtype) * dtype.type(3.7)
    return bool((tried**2 == tried * tried).all()) and (tried**2).dtype == dtype


def compare(op: str, left: Operand, right: Operand) -> Made | None:
    """Return `x < y` and the like for elements of these operands."""
    types = (left.type, right.type)
    if any(t.kind == "c" for t in types):
        return None
    rule = rules.compare_rule(op, *types)  # type: ignore[arg-type]
    if rule is None:
        return None
    return (lambda parts: Compare(op, *parts)), NP_BOOL  # type: ignore[arg-type]


def unary(op: str, operand: Elements) -> Made | None:
    """Return `-x`, `+x`, `~x` for elements of the operand."""
    kind = operand.type.kind
    if (op == "-" and kind == "f") or (op == "~" and operand.type == NP_BOOL):
        return (lambda parts: Unary(op, *parts)), operand.type  # type: ignore[arg-type]
    if op == "-" and kind in "iu":
        return (
            lambda parts: Call("numpy.subtract", "np.subtract", (Const(0), *parts))
        ), operand.type
    return None


def call(callee: str, path: str, operands: tuple[Operand, ...]) -> Made | None:
    """Return a call for elements of the operands."""
    if callee == "builtins.abs":
        callee, path = "numpy.absolute", "np.absolute"
    if callee == "numpy.ndarray.clip" and isinstance(operands[0], Elements):
        callee, path = "numpy.clip", "np.clip"
    types = tuple(operand.type for operand in operands)
    if callee == "numpy.where":
        return _choice(operands)
    if callee in _OF_TRUTH:
        return _truth(callee, operands)
    if callee in _OF_INTEGERS and all(t.kind in "iu" for t in types):
        return _of_integers(callee, operands)
    if callee in ("numpy.minimum", "numpy.maximum"):
        agrees = ties_agree(callee.removeprefix("numpy."), 32) and ties_agree(
            callee.removeprefix("numpy."), 64
        )
        if not agrees or any(t.kind != "f" for t in types):
            return None
    elif callee not in _SAFE_CALLS:
        return None
    if any(t.kind == "c" for t in types):
        return None
    rule = rules.call_rule(callee, types)
    if rule is not None and callee == "numpy.clip" and not _is_between_numbers(operands, rule):
        return None
    if rule is not None and callee in _OF_FLOATS and rule.compute[0].kind != "f":
        return None
    if rule is None or not all(map(_has_place, operands, rule.compute)):
        return None
    return (lambda parts: Call(callee, path, parts)), rule.result


def _is_between_numbers(operands: tuple[Operand, ...], rule: rules.Rule) -> bool:
    """Return whether `np.clip` of floats has numbers as bounds, and nothing to convert.

    Arrays of bounds take another loop, which gives the bound where it equals a number: zeros of two
    signs do.
    """
    value, *bounds = operands
    plain = isinstance(value, Elements) and all(isinstance(bound, Number) for bound in bounds)
    return rule.result.kind != "f" or (plain and value.type == rule.result)


def _truth(callee: str, operands: tuple[Operand, ...]) -> Made | None:
    """Return `np.logical_and(x, y)` and the like, for which every number but 0 is true."""
    if any(part.type.kind == "c" for part in operands):
        return None

    def as_truth(part: Expr, operand: Operand) -> Expr:
        return part if operand.type == NP_BOOL else Compare("!=", part, Const(0))

    def write(parts: tuple[Expr, ...]) -> Expr:
        tests = [as_truth(part, one) for part, one in zip(parts, operands, strict=True)]
        if callee == "numpy.logical_not":
            return Unary("~", tests[0])
        op = _OF_TRUTH[callee]
        return Call(f"numpy.{op}", f"np.{op}", tuple(tests))

    return write, NP_BOOL


_OF_TRUTH = {
    "numpy.logical_and": "bitwise_and",
    "numpy.logical_or": "bitwise_or",
    "numpy.logical_xor": "bitwise_xor",
    "numpy.logical_not": "",
}
"""The functions of truth values, and what they are for these."""

_OF_INTEGERS = ("numpy.absolute", "numpy.minimum", "numpy.maximum")


def _of_integers(callee: str, operands: tuple[Operand, ...]) -> Made | None:
    """Return `np.abs` and the like of integers, by comparisons; the smallest of all wraps."""
    types = tuple(operand.type for operand in operands)
    rule = rules.call_rule(callee, types)
    if rule is None or rule.result.kind not in "iu":
        return None
    result = rule.result
    if any(kind != result for kind in rule.compute) or not all(
        _has_place(operand, result) for operand in operands
    ):
        return None

    def write(parts: tuple[Expr, ...]) -> Expr:
        pairs = zip(parts, types, strict=True)
        ready = [part if t == result else converted(part, result) for part, t in pairs]
        first, last = ready[0], ready[-1]
        if callee == "numpy.absolute":
            minus = Call("numpy.subtract", "np.subtract", (Const(0), copied(first)))
            return Conditional(Compare("<", copied(first), Const(0)), minus, first)
        op: CompareOperator = "<=" if callee == "numpy.minimum" else ">="
        return Conditional(Compare(op, copied(first), copied(last)), first, last)

    return write, result


def _choice(operands: tuple[Operand, ...]) -> Made | None:
    """Return `np.where(test, x, y)` where nothing happens in the side that is not chosen."""
    test, then, otherwise = operands
    if not all(isinstance(part, Number) or part.is_plain for part in (then, otherwise)):
        return None
    if "c" in (test.type.kind, then.type.kind, otherwise.type.kind):
        return None
    result = common_type(then.type, otherwise.type)
    if result.kind not in "fi" or not (_has_place(then, result) and _has_place(otherwise, result)):
        return None

    def write(parts: tuple[Expr, ...]) -> Expr:
        then_, otherwise_ = (
            part if operand.type == result else Call(f"numpy.{result}", f"np.{result}", (part,))
            for part, operand in zip(parts[1:], operands[1:], strict=True)
        )
        return Conditional(parts[0], then_, otherwise_)

    return write, result


@functools.cache
def ties_agree(name: str, bits: int) -> bool:
    """Return whether NumPy's loop over many floats chooses between zeros as it does for two."""
    ufunc = getattr(numpy, name)
    zeros = numpy.array([0.0, -0.0, 0.0, -0.0, -0.0, 0.0] * 8, f"f{bits // 8}")
    others = numpy.array([-0.0, 0.0, 0.0, -0.0, 0.0, -0.0] * 8, f"f{bits // 8}")
    single = numpy.signbit([ufunc(x, y) for x, y in zip(zeros, others, strict=True)])
    for n in range(1, len(zeros) + 1):
        if (numpy.signbit(ufunc(zeros[:n], others[:n])) != single[:n]).any():
            return False
    doubled = ufunc(numpy.repeat(zeros, 2)[::2], numpy.repeat(others, 2)[::2])
    turned = ufunc(zeros[::-1], others[::-1])[::-1]
    return bool(
        (numpy.signbit(doubled) == single).all() and (numpy.signbit(turned) == single).all()
    )


def range_of(source: Scalar, target: Scalar) -> tuple[float, float] | None:
    """Return between what a number of `source` becomes one of `target` without a word.

    None where all do; an empty range where that is not known.
    """
    if source.kind == "b" or source == target:
        return None
    if source.owner == "numpy" or source.kind == "f":
        wide = NP_FLOAT64 if source.owner == "python" else source
        one, other = (numpy.dtype(str(s).rstrip("_")) for s in (wide, target))
        if numpy.can_cast(one, other, "safe"):
            return None
    if target.kind in "iu" and source.kind in "iu":
        return integer_bounds(target) if target != NP_INT64 or source.kind == "u" else None
    if target.kind in "fc" and source.kind in "iuf":
        parts = numpy.dtype(str(target)).type(0).real.dtype
        most = float(numpy.finfo(parts).max)
        return None if source.kind in "iu" and most > 2.0**64 else (-most, most)
    return (0, 0)


def may_cast(source: Scalar, target: Scalar) -> bool:
    """Return whether an operation in place may put a `source` into an array of `target`."""
    if source.owner == "python":
        source = {"b": NP_BOOL, "i": NP_INT64, "f": NP_FLOAT64}.get(source.kind, source)
    if source.owner == "python":
        return False
    one, other = (numpy.dtype(str(s).rstrip("_")) for s in (source, target))
    return bool(numpy.can_cast(one, other, "same_kind"))


def has_room(target: Scalar, source: Scalar) -> bool:
    """Return whether storing a number of `source` is like converting it to `target`, integers."""
    if source.kind == "c":  # also where there may be several types
        return False
    if source.owner == "python" or source.kind in "bf":
        return True
    low, high = integer_bounds(source)
    least, most = integer_bounds(target)
    return least <= low and high <= most


def may_store(value: Operand, target: Scalar) -> bool:
    """Return whether `a[...] = value` is the same element by element."""
    if rules.store_rule(target, value.type) is None or value.type.kind == "c" != target.kind:
        return False
    if isinstance(value, Number) and value.type.owner == "python" and target.kind in "iu":
        return value.type in (PY_BOOL, PY_INT)
    return True
