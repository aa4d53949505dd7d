"""Visit the parts of a nest in the order in which CPython evaluates them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

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
from parloop.source import NOWHERE


def operands(expr: Expr) -> tuple[Expr, ...]:
    """Return the direct operands of `expr`, in order of evaluation."""
    match expr:
        case Const() | Name() | Extent() | Rank():
            return ()
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
        case Logical(left=left, right=right):
            return (left, right)
        case Conditional(test=test, then=then, otherwise=otherwise):
            return (test, then, otherwise)
        case Call(arguments=arguments):
            return arguments
        case Load(subscripts=subscripts):
            return subscripts
        case Slice(lower=lower, upper=upper, step=step):
            return tuple(part for part in (lower, upper, step) if part is not None)
        case _:
            assert_never(expr)


def with_operands(expr: Expr, parts: tuple[Expr, ...]) -> Expr:
    """Return a new `expr` on other operands, as many as it has."""
    match expr:
        case Const() | Name() | Extent() | Rank():
            return replace(expr)
        case Unary():
            return replace(expr, operand=parts[0])
        case Binary() | Compare() | Logical():
            return replace(expr, left=parts[0], right=parts[1])
        case Conditional():
            return replace(expr, test=parts[0], then=parts[1], otherwise=parts[2])
        case Call():
            return replace(expr, arguments=parts)
        case Load():
            return replace(expr, subscripts=parts)
        case Slice(lower=lower, upper=upper, step=step):
            rest = iter(parts)
            ends = [None if end is None else next(rest) for end in (lower, upper, step)]
            return replace(expr, lower=ends[0], upper=ends[1], step=ends[2])
        case _:
            assert_never(expr)


def copied(expr: Expr) -> Expr:
    """Return `expr` as new objects, to stand in another place."""
    return with_operands(expr, tuple(copied(part) for part in operands(expr)))


def expressions(expr: Expr) -> Iterator[Expr]:
    """Yield `expr` and everything inside it, operands before the operation."""
    found: list[Expr] = []  # generators inside one another would hand up each part level by level
    _gather(expr, found)
    return iter(found)


def _gather(expr: Expr, found: list[Expr]) -> None:
    for operand in operands(expr):
        _gather(operand, found)
    found.append(expr)


def own_expressions(stmt: Stmt) -> tuple[Expr, ...]:
    """Return the expressions that `stmt` evaluates itself, not those of statements inside it."""
    match stmt:
        case Assign(value=value):
            return (value,)
        case Store(subscripts=subscripts, value=value):
            return (value, *subscripts)
        case For(start=start, stop=stop, step=step):
            return (start, stop, step)
        case While(test=test) | If(test=test):
            return (test,)
        case Break() | Continue():
            return ()
        case _:
            assert_never(stmt)


def blocks(stmt: Stmt) -> tuple[tuple[Stmt, ...], ...]:
    """Return the statement lists directly inside `stmt`."""
    match stmt:
        case For(body=body, orelse=orelse) | While(body=body, orelse=orelse):
            return (body, orelse)
        case If(then=then, otherwise=otherwise):
            return (then, otherwise)
        case Assign() | Store() | Break() | Continue():
            return ()
        case _:
            assert_never(stmt)


def statements(body: tuple[Stmt, ...]) -> Iterator[Stmt]:
    """Yield every statement in `body`, outer before inner, in order of the text."""
    for stmt in body:
        yield stmt
        for block in blocks(stmt):
            yield from statements(block)


def loops(body: tuple[Stmt, ...]) -> Iterator[For]:
    """Yield every `For` in `body`, outer before inner, in order of the text."""
    for stmt in statements(body):
        if isinstance(stmt, For):
            yield stmt


def bound_names(body: tuple[Stmt, ...]) -> frozenset[str]:
    """Return the names that statements in `body` bind."""
    inside = tuple(statements(body))
    names = {s.target for s in inside if isinstance(s, Assign)}
    return frozenset(names | {s.index for s in inside if isinstance(s, For)})


def all_expressions(body: tuple[Stmt, ...]) -> Iterator[Expr]:
    """Yield every expression in `body`, with its operands."""
    for stmt in statements(body):
        for expr in own_expressions(stmt):
            yield from expressions(expr)


def is_repeated(first: Expr, second: Expr) -> bool:
    """Tell whether `second` is the middle operand of a chained comparison written out once more.

    Then it has the value of `first`, and is not evaluated again: `a < x / y < b` becomes
    `a < x / y and x / y < b`, whose two divisions have one span and warn once.
    """
    return first.span == second.span != NOWHERE and first == second


def is_in_place(stmt: Assign) -> bool:
    """Tell whether the text of `stmt` is `x += y` (`-=`, ...): the operation spans the statement.

    For numbers that is `x = x + y`; an array is changed in place.
    """
    match stmt.value:
        case Binary(left=Name(id=name)):
            return name == stmt.target and stmt.value.span == stmt.span != NOWHERE
        case _:
            return False


def handles_arrays(nest: Nest) -> bool:
    """Tell whether the text of `nest` alone shows that it handles arrays as a whole.

    It takes slices, views or copies, or subscripts names that it binds. Then only the types of its
    inputs tell what its statements are.
    """
    body = (nest.loop,)
    return not set(nest.arrays).isdisjoint(nest.outputs) or any(
        isinstance(expr, Slice) or (isinstance(expr, Call) and _is_of_arrays(expr.callee))
        for expr in all_expressions(body)
    )


def _is_of_arrays(callee: str) -> bool:
    return callee in _WHOLE or callee.startswith(ASTYPE)


REDUCTIONS = {
    f"numpy.{home}{word}": word
    for home in ("", "ndarray.")
    for word in (
        *("sum", "prod", "mean", "min", "max", "argmin", "argmax", "any", "all", "var", "std"),
    )
}
"""The calls that make one number of an array: functions and methods."""

RUNNING = {f"numpy.{home}{w}": w for home in ("", "ndarray.") for w in ("cumsum", "cumprod")}
"""The calls that make an array of running sums or products."""

ROLL = "numpy.roll"
"""`np.roll`, with constants for how far, and along which axis if one is named."""

OUTER = "numpy.outer"

ASTYPE = "numpy.ndarray.astype."
"""`x.astype(T)`: the type stands behind it."""

METHODS = frozenset({"copy", *REDUCTIONS.values(), *RUNNING.values()})
"""The methods of arrays that a loop may call."""

MAKERS = frozenset(
    f"numpy.{word}"
    for word in (
        *("zeros", "ones", "empty", "full", "array"),
        *("zeros_like", "ones_like", "empty_like"),
    )
)
"""The calls that make an array.

`np.zeros((n, 3))` has the lengths as its arguments, `np.full` the value behind them, `np.array` the
items. With a type it stands in a call of the type: `np.int64(np.zeros(3))`.
"""

ELLIPSIS = "builtins.Ellipsis"
"""`...` as a subscript, and nowhere else: a call without arguments."""

VIEWS = frozenset({"numpy.ndarray.T", "numpy.newaxis"})
"""What makes views of arrays: `x.T`, and `x[:, None]`, a call with the places of new axes."""

NORM = "numpy.linalg.norm"

PRODUCTS = frozenset(
    {"numpy.dot", "numpy.inner", "numpy.matmul", "numpy.vdot", "numpy.ndarray.dot", NORM}
)
"""The calls that make a number of vectors: scalar products (`x @ y` is `numpy.matmul`), norms."""

_WHOLE = frozenset(
    {
        *("numpy.ndarray.copy", "numpy.ndarray.clip", "numpy.copy", ELLIPSIS, ROLL, OUTER),
        *(*VIEWS, *PRODUCTS, *REDUCTIONS, *RUNNING, *MAKERS),
    }
)
"""Calls of which an argument is an array, or the result."""
