"""Find the statements with float operations whose results the compiler may judge without them.

    b[i] = x[i] - y[i] > 0      # LLVM compares x[i] with y[i]: nothing overflows, no inf - inf
    t = np.sqrt(x[i])
    c[i] = 1 if t else 0        # LLVM asks whether x[i] is zero, and takes no root
    d[i] = np.square(x[i]) < 0  # LLVM knows the answer

A value is *judged* where its truth is asked for, or where it is compared with a constant at which
the operations of floats have something special: zero, what is below it, infinity. So is what it is
made from, through names. The processor's flags do not tell of these operations.
"""

from __future__ import annotations

from collections.abc import Iterator

from parloop.ir.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    If,
    Logical,
    Name,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.types import Array, Scalar
from parloop.ir.walk import expressions, operands, own_expressions, statements
from parloop.staging.specialise import Typing


def find_judged(typing: Typing) -> frozenset[int]:
    """Return `id(statement)` of each statement with a float operation for a judged value."""
    body = tuple(statements((typing.nest.loop,)))
    constants = _constants(body)
    found: set[int] = set()
    names: set[str] = set()
    for stmt in body:
        for expr in _judged_in(stmt, typing, constants):
            names |= _names_in(expr)
            if _has_float_operation(expr, typing):
                found.add(id(stmt))
    while True:
        made = [s.value for s in body if isinstance(s, Assign) and s.target in names]
        further = set().union(*map(_names_in, made)) if made else set()
        if further <= names:
            break
        names |= further
    return frozenset(found) | {
        id(stmt)
        for stmt in body
        if isinstance(stmt, Assign)
        and stmt.target in names
        and _has_float_operation(stmt.value, typing)
    }


def _judged_in(stmt: Stmt, typing: Typing, constants: frozenset[str]) -> Iterator[Expr]:
    """Yield the expressions in a statement that are judged there."""
    match stmt:
        case If(test=test) | While(test=test):
            yield from _if_number(test)
        case Store(array=array, value=value):
            type_ = typing.arrays.get(array)
            if isinstance(type_, Array) and type_.dtype.kind == "b":
                yield from _if_number(value)
        case _:
            pass
    for part in (part for whole in own_expressions(stmt) for part in expressions(whole)):
        match part:
            case Compare(left=left, right=right):
                if left == right or _is_special(right, constants):
                    yield left
                if left == right or _is_special(left, constants):
                    yield right
            case Conditional(test=test):
                yield from _if_number(test)
            case Logical(left=left, right=right):
                yield from _if_number(left)
                yield from _if_number(right)
            case Unary(op="not", operand=operand):
                yield from _if_number(operand)
            case Call(callee="builtins.bool" | "numpy.bool" | "numpy.bool_", arguments=arguments):
                for argument in arguments:
                    yield from _if_number(argument)
            case _:
                pass


def _if_number(expr: Expr) -> Iterator[Expr]:
    """Yield what is asked for its truth, unless it is a comparison, which judges its own sides."""
    if not isinstance(expr, Compare | Logical) and not (
        isinstance(expr, Unary) and expr.op == "not"
    ):
        yield expr


def _is_special(expr: Expr, constants: frozenset[str]) -> bool:
    """Return whether `expr` may be a constant other than a positive finite number."""
    match expr:
        case Const(value=value):
            return isinstance(value, complex) or not 0 < value < float("inf")
        case Name(id=name):
            return name in constants
        case _:
            return all(isinstance(e, Const) or _is_operation(e) for e in expressions(expr))


def _constants(body: tuple[Stmt, ...]) -> frozenset[str]:
    """Return the names that get nothing but constants in the nest."""
    given: dict[str, bool] = {}
    for stmt in body:
        if isinstance(stmt, Assign):
            is_constant = all(isinstance(e, Const) or _is_operation(e)
                              for e in expressions(stmt.value))  # fmt: skip
            given[stmt.target] = given.get(stmt.target, True) and is_constant
    return frozenset(name for name, is_constant in given.items() if is_constant)


def _is_operation(expr: Expr) -> bool:
    return isinstance(expr, Binary | Unary | Call)


def _names_in(expr: Expr) -> set[str]:
    return {part.id for part in expressions(expr) if isinstance(part, Name)}


def _has_float_operation(expr: Expr, typing: Typing) -> bool:
    return any(
        _is_operation(part) and any(_is_float(e, typing) for e in (part, *operands(part)))
        for part in expressions(expr)
    )


def _is_float(expr: Expr, typing: Typing) -> bool:
    union = typing.of.get(id(expr), frozenset())
    return any(isinstance(t, Scalar) and t.kind in "fc" for t in union)
