"""Run the loop IR on Python's and NumPy's own objects.

This is what the nodes mean: every operation is CPython's, on the objects that the user's program
has, so types, bits, warnings and exceptions are those of the text. Only the lines that warnings
name are not kept.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, MutableMapping
from enum import Enum, auto
from functools import cache
from importlib import import_module
from typing import Any, assert_never

import numpy

from parloop.diagnostics import InternalError
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
    Rank,
    Slice,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.parts import part_of
from parloop.ir.totals import total
from parloop.ir.walk import ASTYPE, REDUCTIONS, is_in_place, is_repeated
from parloop.source import NOWHERE

Value = Any  # whatever the user's program computes with
Environment = MutableMapping[str, Value]

_BINARY: Mapping[str, Callable[[Value, Value], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
_IN_PLACE: Mapping[str, Callable[[Value, Value], Value]] = {
    "+": operator.iadd,
    "-": operator.isub,
    "*": operator.imul,
    "/": operator.itruediv,
    "//": operator.ifloordiv,
    "%": operator.imod,
    "**": operator.ipow,
    "<<": operator.ilshift,
    ">>": operator.irshift,
    "&": operator.iand,
    "|": operator.ior,
    "^": operator.ixor,
}
_COMPARE: Mapping[str, Callable[[Value, Value], Value]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_UNARY: Mapping[str, Callable[[Value], Value]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "not": operator.not_,
}


_APPENDS = "%appends"
"""Where an environment keeps the names of the lists that stores append to."""


def _append(stmt: Store, environment: Environment) -> None:
    value, part = evaluate(stmt.value, environment), part_of(stmt.array)
    if part is None:
        _look_up(stmt.array, environment).append(value)
        return
    if part.number == 0:
        environment[_PARTS] = []
    environment[_PARTS].append(value)
    if part.number == part.width - 1:
        parts = environment.pop(_PARTS)
        _look_up(part.items, environment).append(parts if part.is_list else tuple(parts))


_PARTS = "%parts"
"""Where it keeps the first parts of what is to be appended."""


class _Way(Enum):
    """How a block of statements was left."""

    END = auto()
    BREAK = auto()
    CONTINUE = auto()


def run(nest: Nest, environment: Environment, start: int, stop: int, step: int) -> dict[str, Value]:
    """Run `nest` over `range(start, stop, step)` and return the outputs that are bound afterwards.

    `environment` holds the inputs. It is changed just as the text would change its names, also when
    an exception comes out; the arrays in it are the user's own.
    """
    environment[_APPENDS] = [name for name, _ in nest.appends]
    environment.update({counter: 0 for _, counter in nest.appends if counter})
    try:
        _run_for(nest.loop, range(start, stop, step), environment)
    finally:
        _drop_temporaries(environment)
    return {name: environment[name] for name in nest.outputs if name in environment}


def evaluate(expr: Expr, environment: Environment) -> Value:
    """Return the value of `expr` where the names mean what `environment` says."""
    match expr:
        case Const(value=value):
            return value
        case Name(id=name):
            return _look_up(name, environment)
        case Unary(op=op, operand=operand):
            return _UNARY[op](evaluate(operand, environment))
        case Binary(op=op, left=left, right=right):
            first = evaluate(left, environment)
            return _BINARY[op](first, evaluate(right, environment))
        case Compare(op=op, left=left, right=right):
            first = evaluate(left, environment)
            return _COMPARE[op](first, evaluate(right, environment))
        case Logical(op="and", left=left, right=right):
            if isinstance(right, Compare) and _is_chained(left, right):
                return _chain(expr, environment)[0]
            return evaluate(left, environment) and evaluate(right, environment)
        case Logical(left=left, right=right):
            return evaluate(left, environment) or evaluate(right, environment)
        case Conditional(test=test, then=then, otherwise=otherwise):
            return evaluate(then if evaluate(test, environment) else otherwise, environment)
        case Call(callee=callee):
            return _call(callee, [evaluate(part, environment) for part in _arguments(expr)])
        case Load(array=array, subscripts=subscripts):
            base = _look_up(array, environment)
            return _element(base, [evaluate(part, environment) for part in subscripts])
        case Extent(array=array, axis=axis, rank=rank):
            return _extent(_look_up(array, environment), axis, rank)
        case Rank(array=array):
            return _look_up(array, environment).ndim
        case Slice(lower=lower, upper=upper, step=step):
            ends = (lower, upper, step)
            return slice(*(None if end is None else evaluate(end, environment) for end in ends))
        case _:
            assert_never(expr)


def _is_chained(left: Expr, right: Compare) -> bool:
    match left:
        case Compare(right=middle) | Logical(op="and", right=Compare(right=middle)):
            return is_repeated(middle, right.left)
        case _:
            return False


def _chain(expr: Expr, environment: Environment) -> tuple[Value, Value]:
    """Return the value of a chained comparison, and of its last operand where that was reached."""
    match expr:
        case Logical(op="and", left=left, right=Compare(op=op, right=right) as pair) if _is_chained(
            left, pair
        ):
            value, middle = _chain(left, environment)
            if not value:
                return value, None
            last = evaluate(right, environment)
            return _COMPARE[op](middle, last), last
        case Logical(left=left, right=Compare() as pair):
            value = evaluate(left, environment)
            return _chain(pair, environment) if value else (value, None)
        case Compare(op=op, left=left, right=right):
            first = evaluate(left, environment)
            last = evaluate(right, environment)
            return _COMPARE[op](first, last), last
        case _:
            raise InternalError(f"no comparison: {expr}")


def _look_up(name: str, environment: Environment) -> Value:
    if name not in environment:
        raise NameError(f"name '{name}' is not defined", name=name)
    return environment[name]


@cache
def _function(callee: str) -> Callable[..., Value]:
    module, _, name = callee.rpartition(".")
    function: Callable[..., Value] = getattr(import_module(module), name)
    return function


def _arguments(call: Call) -> tuple[Expr, ...]:
    """Return the arguments as the text has them: `min(a, b, c)` is in the IR `min(min(a, b), c)`.

    CPython evaluates all of them before it compares any.
    """
    match call.arguments:
        case (Call(callee=callee) as first, last) if (
            callee == call.callee and first.span == call.span != NOWHERE
        ):
            return (*_arguments(first), last)
        case arguments:
            return arguments


def _call(callee: str, arguments: list[Value]) -> Value:
    match callee:
        case "builtins.divmod.0":
            return divmod(arguments[0], arguments[1])[0]
        case "builtins.divmod.1":
            with numpy.errstate(all="ignore"):  # the first part has warned
                return divmod(arguments[0], arguments[1])[1]
        case "builtins.Ellipsis":
            return ...
        case "numpy.ndarray.T":
            return arguments[0].T
        case "numpy.vecdot":
            middle = len(arguments) // 2
            return numpy.vecdot(numpy.array(arguments[:middle]), numpy.array(arguments[middle:]))
        case "numpy.newaxis":
            count = numpy.ndim(arguments[0]) + len(arguments) - 1
            return arguments[0][tuple(None if k in arguments[1:] else slice(None)
                                      for k in range(count))]  # fmt: skip
        case "builtins.index":
            return operator.index(arguments[0])
        case "numpy.ndarray.clip":
            return arguments[0].clip(*arguments[1:])
        case _ if callee.startswith(ASTYPE):
            return arguments[0].astype(callee.removeprefix(ASTYPE))
        case _ if callee.startswith("numpy.ndarray."):
            method = getattr(arguments[0], callee.removeprefix("numpy.ndarray."))
            return method(*arguments[1:2], **_kept(arguments))
        case _ if callee in REDUCTIONS:
            return _function(callee)(*arguments[:2], **_kept(arguments))
        case "numpy.zeros" | "numpy.ones" | "numpy.empty":
            return _function(callee)(tuple(arguments))
        case "numpy.full":
            return numpy.full(tuple(arguments[:-1]), arguments[-1])
        case "numpy.array":
            return numpy.array(arguments)
        case _:
            return _function(callee)(*arguments)


def _kept(arguments: list[Value]) -> dict[str, Value]:
    """Return the keywords of a call along an axis: a third argument says that the axis is kept."""
    return {"keepdims": arguments[2]} if len(arguments) > 2 else {}


def _element(base: Value, subscripts: list[Value]) -> Value:
    if isinstance(base, numpy.ndarray):
        return base[subscripts[0] if len(subscripts) == 1 else tuple(subscripts)]
    for subscript in subscripts:
        base = base[subscript]
    return base


def _set_element(base: Value, subscripts: list[Value], value: Value) -> None:
    if isinstance(base, numpy.ndarray):
        base[subscripts[0] if len(subscripts) == 1 else tuple(subscripts)] = value
    else:
        _element(base, subscripts[:-1])[subscripts[-1]] = value


def _extent(base: Value, axis: int | None, rank: int | None) -> Value:
    if rank is not None and base.ndim > rank:
        raise ValueError(f"too many values to unpack (expected {rank})")
    if rank is not None and base.ndim < rank:
        raise ValueError(f"not enough values to unpack (expected {rank}, got {base.ndim})")
    if not isinstance(base, numpy.ndarray) and axis is not None and axis >= 0:
        for _ in range(axis):
            base = base[0]
        return len(base)
    return base.size if axis is None else base.shape[axis]


def _run_for(loop: For, indices: range, environment: Environment) -> _Way:
    if loop.total:
        return _run_total(loop, indices, environment)
    for index in indices:
        environment[loop.index] = index
        if _run_block(loop.body, environment) is _Way.BREAK:
            return _Way.END
    return _run_block(loop.orelse, environment)


def _run_total(loop: For, indices: range, environment: Environment) -> _Way:
    before = environment[loop.total]
    zero = type(before)(-0.0)
    numbers = []
    for index in indices:
        environment[loop.index], environment[loop.total] = index, zero
        _run_block(loop.body, environment)
        numbers.append(environment[loop.total])
    environment[loop.total] = before + total(numbers, zero)
    return _Way.END


def _run_while(loop: While, environment: Environment) -> _Way:
    while evaluate(loop.test, environment):
        if _run_block(loop.body, environment) is _Way.BREAK:
            return _Way.END
    return _run_block(loop.orelse, environment)


def _run_block(body: tuple[Stmt, ...], environment: Environment) -> _Way:
    for stmt in body:
        way = _run_statement(stmt, environment)
        if way is not _Way.END:
            return way
    return _Way.END


def _run_statement(stmt: Stmt, environment: Environment) -> _Way:
    match stmt:
        case Assign(target=target, value=Binary(op=op, left=left, right=right)) if is_in_place(
            stmt
        ):
            old = evaluate(left, environment)
            environment[target] = _IN_PLACE[op](old, evaluate(right, environment))
        case Assign(target=target, value=value):
            environment[target] = evaluate(value, environment)
        case Store():
            _run_store(stmt, environment)
        case For(start=start, stop=stop, step=step):
            bounds = [evaluate(bound, environment) for bound in (start, stop, step)]
            return _run_for(stmt, range(*bounds), environment)
        case While():
            return _run_while(stmt, environment)
        case If(test=test, then=then, otherwise=otherwise):
            return _run_block(then if evaluate(test, environment) else otherwise, environment)
        case Break():
            return _Way.BREAK
        case Continue():
            return _Way.CONTINUE
        case _:
            assert_never(stmt)
    return _Way.END


def _run_store(stmt: Store, environment: Environment) -> None:
    if stmt.array in environment.get(_APPENDS, ()):
        _append(stmt, environment)
        return
    match stmt.value:
        case Binary(op=op, left=Load(subscripts=subscripts), right=right) if (
            subscripts is stmt.subscripts
        ):
            # An augmented store evaluates its subscripts once, before the right side.
            base = _look_up(stmt.array, environment)
            places = [evaluate(part, environment) for part in subscripts]
            old = _element(base, places)
            value = _IN_PLACE[op](old, evaluate(right, environment))
        case _:
            value = evaluate(stmt.value, environment)
            base = _look_up(stmt.array, environment)
            places = [evaluate(part, environment) for part in stmt.subscripts]
    _set_element(base, places, value)


def _drop_temporaries(environment: Environment) -> None:
    for name in [name for name in environment if name.startswith("%")]:
        del environment[name]
