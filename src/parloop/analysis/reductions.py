"""Find accumulations, whose iterations may run in any order if their operator does not mind.

    s = s + a[i]        h[b[i]] = h[b[i]] + 1        if a[i] < m: m = a[i]; at = i

Whether `+` minds depends on the types (ints do not, floats do), which this stage does not know: the
verdict names the reductions that it needs, and the caller decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from parloop.ir.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    Conditional,
    Expr,
    For,
    If,
    Load,
    Name,
    Stmt,
    Store,
)
from parloop.ir.walk import expressions, own_expressions, statements

Operator: TypeAlias = Literal["+", "*", "&", "|", "^", "min", "max", "argmin", "argmax", "own"]


@dataclass(frozen=True, slots=True)
class Reduction:
    """All accumulations of a loop into one scalar, or into the elements of one array.

    With the operator `own` it is an array of which iterations may each have a copy (`For.own`).
    """

    target: str
    is_array: bool
    operator: Operator
    statements: tuple[Stmt, ...]  # `Assign`, `Store`, or the `If` around a minimum
    companions: tuple[str, ...] = ()  # for argmin and argmax: scalars set with the target
    subtracts: bool = False  # some of the statements subtract: `s = s - e`, operator "+"
    strict: bool | None = None
    """For a minimum by comparison: whether an equal value leaves the target alone (`<`)."""


@dataclass(frozen=True, slots=True)
class _Match:
    target: str
    operator: Operator
    statement: Stmt
    reads: int  # how often the statement reads the target
    companions: tuple[str, ...] = ()
    subtracts: bool = False
    strict: bool | None = None


def scalar_reductions(loop: For) -> dict[str, Reduction]:
    """Return the reductions of `loop` into scalars, by target.

    Every read and write of the target in the body is part of the reduction: `total += a[i]` is one,
    `total = a[i] - total` is not, nor is `total += a[i]; b[i] = total`.
    """
    found: dict[str, list[_Match]] = {}
    for match in _scalar_matches(loop.body):
        found.setdefault(match.target, []).append(match)
    if not found:
        return {}
    reads, writes = _scalar_counts(loop)
    result: dict[str, Reduction] = {}
    for target, matches in found.items():
        companions = matches[0].companions
        if (
            len({match.operator for match in matches}) == 1
            and len({match.strict for match in matches}) == 1
            and all(match.companions == companions for match in matches)
            and reads[target] == sum(match.reads for match in matches)
            and writes[target] == len(matches)
            and all(reads[name] == 0 and writes[name] == len(matches) for name in companions)
        ):
            result[target] = Reduction(
                target,
                False,
                matches[0].operator,
                tuple(match.statement for match in matches),
                companions,
                any(match.subtracts for match in matches),
                matches[0].strict,
            )
    return result


def _scalar_counts(loop: For) -> tuple[Counter[str], Counter[str]]:
    reads: Counter[str] = Counter()
    writes: Counter[str] = Counter()
    for stmt in statements(loop.body):
        for expr in own_expressions(stmt):
            reads.update(inner.id for inner in expressions(expr) if isinstance(inner, Name))
        if isinstance(stmt, Assign):
            writes[stmt.target] += 1
        elif isinstance(stmt, For):
            writes[stmt.index] += 1
    return reads, writes


def _scalar_matches(body: tuple[Stmt, ...]) -> Iterator[_Match]:
    for stmt in statements(body):
        match: _Match | None = None
        if isinstance(stmt, Assign):
            match = _assignment(stmt)
        elif isinstance(stmt, If):
            match = _guarded(stmt)
        if match is not None:
            yield match


def _assignment(stmt: Assign) -> _Match | None:
    target = Name(stmt.target)
    found = accumulation(target, stmt.value)
    if found is None:
        return None
    operator, rest, subtracts, strict, reads = found
    if any(_mentions(expr, stmt.target) for expr in rest):
        return None
    return _Match(stmt.target, operator, stmt, reads, (), subtracts, strict)


def accumulation(
    target: Name | Load, value: Expr
) -> tuple[Operator, tuple[Expr, ...], bool, bool | None, int] | None:
    """Return how `target = value` accumulates: operator, what is added, whether it is subtracted,
    strictness, and how often the target is read. What is added may itself read the target."""
    match value:
        case Binary(op="+" | "*" | "&" | "|" | "^" as op, left=left, right=right):
            if left == target:
                return op, (right,), False, None, 1
            if right == target:
                return op, (left,), False, None, 1
            return _inner(target, op, left, right)
        case Binary(op="-", left=left, right=right) if left == target:
            return "+", (right,), True, None, 1
        case Call(callee="builtins.min" | "builtins.max" as callee, arguments=arguments):
            rest = tuple(argument for argument in arguments if argument != target)
            if len(rest) != len(arguments) - 1 or not rest:
                return None
            return ("min" if callee.endswith("min") else "max"), rest, False, None, 1
        case Conditional(test=Compare(left=left, right=right) as test, then=then, otherwise=other):
            if other == target and then in (left, right):
                found = _comparison(test, then, target)
                if found is not None:
                    return found[0], (then,), False, found[1], 2
            return None
        case _:
            return None


def _inner(
    target: Name | Load, op: Operator, left: Expr, right: Expr
) -> tuple[Operator, tuple[Expr, ...], bool, bool | None, int] | None:
    """Match `(target + e) + f`, which is how `target + e + f` reads."""
    if not (isinstance(left, Binary) and left.op == op):
        return None
    found = accumulation(target, left)
    if found is None or found[2]:
        return None
    return op, (*found[1], right), False, None, found[4]


def _comparison(test: Compare, value: Expr, target: Expr) -> tuple[Operator, bool] | None:
    """Return "min" or "max" and strictness where `test` says that `value` beats `target`."""
    if test.left == value and test.right == target:
        op = test.op
    elif test.left == target and test.right == value:
        op = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(test.op, "==")  # type: ignore[assignment]
    else:
        return None
    match op:
        case "<" | "<=":
            return "min", op == "<"
        case ">" | ">=":
            return "max", op == ">"
        case _:
            return None


def _guarded(stmt: If) -> _Match | None:
    """Match `if v < best: best = v`, with or without companions such as `at = i`."""
    if stmt.otherwise or not isinstance(stmt.test, Compare):
        return None
    assigns = [inner for inner in stmt.then if isinstance(inner, Assign)]
    if len(assigns) != len(stmt.then):
        return None
    targets = {inner.target for inner in assigns}
    if len(targets) != len(assigns):
        return None
    if any(_mentions(inner.value, name) for inner in assigns for name in targets):
        return None
    for inner in assigns:
        found = _comparison(stmt.test, inner.value, Name(inner.target))
        if found is not None and not _mentions(inner.value, inner.target):
            operator, strict = found
            others = tuple(sorted(targets - {inner.target}))
            if others:
                operator = "argmin" if operator == "min" else "argmax"
            return _Match(inner.target, operator, stmt, 1, others, False, strict)
    return None


def array_reductions(body: tuple[Stmt, ...]) -> dict[int, tuple[str, Operator, bool, Load]]:
    """Return the stores that accumulate into an element, by `id` of the statement: the array, the
    operator, whether it subtracts, and the load that reads the old value."""
    found: dict[int, tuple[str, Operator, bool, Load]] = {}
    for stmt in statements(body):
        if not isinstance(stmt, Store):
            continue
        target = Load(stmt.array, stmt.subscripts)
        match = accumulation(target, stmt.value)
        if match is None or match[4] != 1:
            continue
        loads = [inner for inner in expressions(stmt.value) if inner == target]
        if len(loads) == 1 and isinstance(loads[0], Load):
            found[id(stmt)] = (stmt.array, match[0], match[2], loads[0])
    return found


def _mentions(expr: Expr, name: str) -> bool:
    return any(isinstance(inner, Name) and inner.id == name for inner in expressions(expr))
