"""Find the statements with operations that the compiler may do ahead of the run.

    b[i] = 1e300
    c[i] = b[i] * 1e10      # LLVM stores infinity: nothing overflows when the loop runs

An operand is *unknown* if it surely comes from what the launch brings: an input, or an element of
an array into which the nest stores unknown values only. A least fixed point of what may be known.
"""

from __future__ import annotations

from parloop.ir.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Extent,
    For,
    Load,
    Logical,
    Name,
    Nest,
    Rank,
    Stmt,
    Store,
    Unary,
)
from parloop.ir.types import Scalar
from parloop.ir.walk import all_expressions, expressions, operands, own_expressions, statements
from parloop.staging.specialise import Typing


def find_folded(typing: Typing) -> frozenset[int]:
    """Return `id(statement)` of each statement with a float operation and no unknown operand."""
    known = _known(typing.nest)

    def may_fold(expr: Expr) -> bool:
        if not isinstance(expr, Binary | Unary | Call):
            return False
        inside = tuple(operands(expr))
        floats = any(_is_float(e, typing) for e in (expr, *inside))
        return floats and not any(_is_unknown(e, known) for e in inside)

    return frozenset(
        id(stmt)
        for stmt in statements((typing.nest.loop,))
        if any(may_fold(e) for own in own_expressions(stmt) for e in expressions(own))
    )


def _is_float(expr: Expr, typing: Typing) -> bool:
    union = typing.of.get(id(expr), frozenset())
    return any(isinstance(t, Scalar) and t.kind in "fc" for t in union)


def _known(nest: Nest) -> frozenset[str]:
    """Return the names and arrays whose values the compiler may know somewhere."""
    body: tuple[Stmt, ...] = tuple(statements((nest.loop,)))
    known = {s.index for s in body if isinstance(s, For)}
    for expr in all_expressions((nest.loop,)):
        match expr:
            case Compare(op="==" | "!=", left=Const() | Rank(), right=other) | Compare(
                op="==" | "!=", left=other, right=Const() | Rank()
            ):  # where they are equal, the compiler puts the constant in the other's place
                inside = expressions(other)
                known |= {e.id if isinstance(e, Name) else e.array for e in inside
                          if isinstance(e, Name | Load)}  # fmt: skip
    while True:
        found = {
            s.target if isinstance(s, Assign) else s.array
            for s in body
            if isinstance(s, Assign | Store) and not _is_unknown(s.value, known)
        }
        if found <= known:
            return frozenset(known)
        known |= found


def _is_unknown(expr: Expr, known: frozenset[str] | set[str]) -> bool:
    match expr:
        case Name(id=name) | Load(array=name):
            return name not in known
        case Extent():
            return True
        case Const() | Compare() | Rank():
            return False
        case Conditional(then=then, otherwise=otherwise):
            return _is_unknown(then, known) and _is_unknown(otherwise, known)
        case Logical(left=left, right=right):
            return _is_unknown(left, known) and _is_unknown(right, known)
        case Call(callee="builtins.min" | "builtins.max", arguments=arguments):
            return all(_is_unknown(e, known) for e in arguments)
        case _:
            return any(_is_unknown(e, known) for e in operands(expr))
