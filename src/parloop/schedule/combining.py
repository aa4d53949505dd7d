"""How partial results of a reduction are put together, for the types at hand, if that is exact.

A *fold* (`s += a[i]`) begins each block at the neutral element of `type`, the type that every
accumulation gives, and adds the blocks' results to the variable in their order. With a NumPy
integer, which warns when it wraps, the blocks also report between which bounds their partial
results lay: none of those in order wrapped if none does with the bounds.

A *choice* (`if x < m: m = x`) begins each block at the variable's value before the loop, and
compares what the blocks chose in their order. Every value that beats the best one so far also
beats the one before the loop: where the values that are chosen from have one type, the block's
best is the same from either.

An *array fold* (`h[k] += 1`) gives each block a copy of the array, and adds up the copies. Of an
*own array*, which each iteration overwrites before it reads, each block but the last has a copy,
too, and these are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from parloop.analysis import Reduction
from parloop.ir.nodes import (
    Assign,
    Binary,
    BinaryOperator,
    Call,
    CompareOperator,
    Conditional,
    Const,
    Expr,
    For,
    If,
    Load,
    Name,
    Stmt,
    Store,
    While,
)
from parloop.ir.types import UNBOUND, Scalar, Union
from parloop.ir.walk import expressions, own_expressions, statements
from parloop.staging import rules
from parloop.staging.specialise import Typing, scalar_members


@dataclass(frozen=True, slots=True)
class Fold:
    """Partial results of type `type` are combined with `operator`."""

    operator: BinaryOperator
    type: Scalar
    tracked: bool
    """Whether blocks say if they accumulated anything: the type before may be another."""
    bounded: bool
    """Whether blocks report the bounds of their partial results."""
    regrouped: bool = False
    """Whether this is a sum of floats, which is another one than in order."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a block chose takes the variable's place where `operator` holds between the two."""

    operator: CompareOperator
    companions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArrayFold:
    """Each block has a copy of the array; the copies are combined."""

    operator: BinaryOperator
    type: Scalar
    bounded: bool
    """Whether blocks report the largest partial result. Not if elements can only grow."""


@dataclass(frozen=True, slots=True)
class OwnArray:
    """Each block but the last has an array of its own, which nobody reads afterwards."""

    type: Scalar


Combining: TypeAlias = Fold | Choice | ArrayFold | OwnArray


def are_combined(
    reductions: tuple[Reduction, ...], typing: Typing, loop: For, *, regroup: bool
) -> bool:
    """Return whether the blocks of `loop` can combine all of its reductions."""
    found = [combining(r, typing, loop, regroup=regroup) for r in reductions]
    many_groups = any(isinstance(how, Fold) and how.regrouped for how in found)
    return None not in found and not (
        many_groups and any(isinstance(how, ArrayFold | OwnArray) for how in found)
    )


def combining(
    reduction: Reduction, typing: Typing, loop: For, *, regroup: bool
) -> Combining | None:
    """Return how to combine partial results of `reduction` over `loop`; None: only order will do.

    With `regroup` sums of floats are combined, too, which is not exact.
    """
    if reduction.operator == "own":
        return OwnArray(typing.arrays[reduction.target].dtype)
    if reduction.is_array:
        return _array_fold(reduction, typing, loop)
    if reduction.operator in ("min", "max", "argmin", "argmax"):
        return _choice(reduction, typing)
    return _fold(reduction, typing, regroup=regroup)


def _fold(reduction: Reduction, typing: Typing, *, regroup: bool) -> Fold | None:
    union = typing.variables.get(reduction.target, frozenset())
    members = scalar_members(union)
    found: set[Scalar] = set()
    for stmt in reduction.statements:
        assert isinstance(stmt, Assign)
        type_ = _accumulated(stmt.value, reduction.target, members, typing)
        if type_ is None:
            return None
        found.add(type_)
    if len(found) != 1:
        return None
    (type_,) = found
    operator = reduction.operator
    assert operator in ("+", "*", "&", "|", "^")
    if type_ not in members or type_.kind not in ("biuf" if regroup else "biu"):
        return None
    if reduction.subtracts and type_.kind not in "if":
        return None
    is_numpy = type_.owner == "numpy" and type_.kind in "iu"
    bounded = is_numpy and operator in ("+", "*")
    if bounded and not all(_is_direct(s, reduction.target) for s in reduction.statements):
        return None
    return Fold(operator, type_, union != frozenset({type_}), bounded, type_.kind == "f")


GROUPS = 512
"""A loop whose sums of floats are regrouped is cut into at most so many groups."""

LEAST_GROUP = 1024
"""A group has at least so many iterations, if there is no loop inside."""


def least_group(loop: For) -> int:
    """Return how many iterations a group of `loop` has at least."""
    inside = any(isinstance(stmt, For | While) for stmt in statements(loop.body))
    return 1 if inside else LEAST_GROUP


def group_size(loop: For, trips: int) -> int:
    """Return how many iterations a group has, which depends on the loop and its range alone."""
    return max(least_group(loop), 1 << (max(1, -(-trips // GROUPS)) - 1).bit_length())


def _array_fold(reduction: Reduction, typing: Typing, loop: For) -> ArrayFold | None:
    array = typing.arrays[reduction.target]
    operator = reduction.operator
    type_ = array.dtype
    if operator not in ("+", "&", "|", "^") or type_.kind not in "biu":
        return None
    if type_.owner == "python":  # its integers do not wrap
        return None
    if not _is_alone(reduction, loop) or (reduction.subtracts and type_.kind != "i"):
        return None
    grows = operator == "+" and not reduction.subtracts
    for stmt in reduction.statements:
        if not isinstance(stmt, Store) or not isinstance(stmt.value, Binary):
            return None
        before = Load(stmt.array, stmt.subscripts)
        on_left = stmt.value.left == before
        if not on_left and stmt.value.right != before:
            return None
        rest = stmt.value.right if on_left else stmt.value.left
        union = typing.of.get(id(rest), frozenset())
        if not union or UNBOUND in union:
            return None
        if not _is_closed(stmt.value.op, type_, scalar_members(union), on_left=on_left):
            return None
        grows = grows and (type_.kind in "bu" or _is_never_negative(rest, union))
    return ArrayFold(operator, type_, operator == "+" and not grows)


def _is_alone(reduction: Reduction, loop: For) -> bool:
    """Return whether the loop touches the array in the accumulations only."""
    ours = {id(stmt) for stmt in reduction.statements}
    stores = loads = 0
    for stmt in statements(loop.body):
        if isinstance(stmt, Store) and stmt.array == reduction.target:
            stores += 1
            if id(stmt) not in ours:
                return False
        for expr in own_expressions(stmt):
            loads += sum(
                isinstance(e, Load) and e.array == reduction.target for e in expressions(expr)
            )
    return stores == loads == len(ours)


def _is_never_negative(expr: Expr, union: Union) -> bool:
    if isinstance(expr, Const) and isinstance(expr.value, int):
        return expr.value >= 0
    return all(isinstance(member, Scalar) and member.kind in "bu" for member in union)


def _accumulated(
    expr: Expr, target: str, members: tuple[Scalar, ...], typing: Typing
) -> Scalar | None:
    """Return the one type that the accumulation `expr` gives whatever the target's type is."""
    if not isinstance(expr, Binary):
        return None
    on_left = any(name == target for name in _names(expr.left))
    inner, rest = (expr.left, expr.right) if on_left else (expr.right, expr.left)
    before: tuple[Scalar, ...] = members
    if not isinstance(inner, Name):
        type_ = _accumulated(inner, target, members, typing)
        if type_ is None:
            return None
        before = (type_,)
    union = typing.of.get(id(rest), frozenset())
    if UNBOUND in union or not union:
        return None
    results: set[Scalar] = set()
    for member in before:
        for other in scalar_members(union):
            pair = (member, other) if on_left else (other, member)
            rule = rules.binary_rule(expr.op, *pair)
            if rule is None or rule.compute != (rule.result, rule.result):
                return None
            results.add(rule.result)
    if len(results) != 1:
        return None
    (type_,) = results
    return type_ if _is_closed(expr.op, type_, scalar_members(union), on_left=on_left) else None


def _is_closed(
    op: BinaryOperator, type_: Scalar, others: tuple[Scalar, ...], *, on_left: bool
) -> bool:
    """Return whether accumulating into `type_` gives `type_`, and tells when it overflows."""
    for other in others:
        rule = rules.binary_rule(op, *((type_, other) if on_left else (other, type_)))
        if rule is None or rule.result != type_ or rule.compute != (type_, type_):
            return False
        may_wrap = type_.owner == "numpy" and type_.kind in "iu" and op in ("+", "-", "*")
        if may_wrap and not rule.int_warns:
            return False
    return True


def _names(expr: Expr) -> Iterator[str]:
    if isinstance(expr, Name):
        yield expr.id
    elif isinstance(expr, Binary):
        yield from _names(expr.left)
        yield from _names(expr.right)


def _is_direct(stmt: Stmt, target: str) -> bool:
    """Return whether one value is added: no partial result stands inside the expression."""
    value = stmt.value if isinstance(stmt, Assign) else None
    return isinstance(value, Binary) and Name(target) in (value.left, value.right)


def _choice(reduction: Reduction, typing: Typing) -> Choice | None:
    members = scalar_members(typing.variables.get(reduction.target, frozenset()))
    values = [_chosen(stmt, reduction.target) for stmt in reduction.statements]
    types = {t for v in values if v is not None for t in typing.of.get(id(v), frozenset())}
    if None in values or len(types) != 1:
        return None
    (type_,) = types
    less = "<" if reduction.operator in ("min", "argmin") else ">"
    if not isinstance(type_, Scalar) or type_.kind == "c" or type_ not in members:
        return None
    pairs = product(members, members)
    if any(rules.compare_rule(less, *pair) is None for pair in pairs):  # type: ignore[arg-type]
        return None
    # Integers of one type that are equal are the same: it does not matter which is kept. For others
    # a block has to know whether it chose anything, and only `if` says that.
    alike = members == (type_,) and type_.kind in "biu"
    strict = True
    for stmt in reduction.statements:
        match stmt:
            case If():
                strict = reduction.strict is not False
            case Assign(value=Conditional()):
                if reduction.strict is not True and not alike:
                    return None
            case Assign(value=Call(arguments=(first, _))):
                if first != Name(reduction.target) and not alike:
                    return None
            case _:
                return None
    operator = less if strict else less + "="
    return Choice(operator, reduction.companions)  # type: ignore[arg-type]


def _chosen(stmt: Stmt, target: str) -> Expr | None:
    """Return the value that a statement of a minimum compares with the target."""
    match stmt:
        case If(then=then):
            return next(
                (s.value for s in then if isinstance(s, Assign) and s.target == target), None
            )
        case Assign(value=Conditional(then=then)):
            return then
        case Assign(value=Call(arguments=(first, second))):
            return second if first == Name(target) else first
        case _:
            return None


NEUTRAL: dict[str, int] = {"+": 0, "*": 1, "&": -1, "|": 0, "^": 0}
"""Where a block's partial result begins."""

def owned_arrays(reductions: tuple[Reduction, ...]) -> frozenset[str]:
    """Return the arrays among `reductions` of which each block has one of its own."""
    return frozenset(need.target for need in reductions if need.operator == "own")


__all__ = [
    "NEUTRAL",
    "ArrayFold",
    "Choice",
    "Combining",
    "Fold",
    "OwnArray",
    "are_combined",
    "combining",
    "owned_arrays",
]
