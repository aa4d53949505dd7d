"""The types of the numbers in a nest that has not been expanded yet, where each has just one."""

from __future__ import annotations

from collections.abc import Mapping

from parloop.ir.nodes import (
    START,
    STEP,
    STOP,
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
    Slice,
    Unary,
)
from parloop.ir.types import PY_BOOL, PY_COMPLEX, PY_FLOAT, PY_INT, Array, Scalar, Type
from parloop.ir.walk import (
    ASTYPE,
    MAKERS,
    OUTER,
    PRODUCTS,
    REDUCTIONS,
    ROLL,
    RUNNING,
    statements,
)
from parloop.staging import rules

_CONSTANTS: Mapping[type, Scalar] = {
    bool: PY_BOOL,
    int: PY_INT,
    float: PY_FLOAT,
    complex: PY_COMPLEX,
}


class ScalarTypes:
    """What the names and expressions of a nest are, if they are always the same."""

    def __init__(self, nest: Nest, types: Mapping[str, Type]) -> None:
        self.types = types
        self.values: dict[str, list[Expr | None]] = {}
        for stmt in statements((nest.loop,)):
            match stmt:
                case Assign(target=target, value=value):
                    self.values.setdefault(target, []).append(value)
                case For(index=index):
                    self.values.setdefault(index, []).append(None)
                case _:
                    pass
        self.bound = frozenset(self.values)
        self.learned: dict[int, frozenset[Scalar]] = {}
        """The types of calls that make numbers of arrays, by `id`, as far as they are known."""
        self.guessing = False
        """Whether what is not known yet is left out, to find out about the rest."""
        self._open: set[str] = set()
        self._names: dict[str, frozenset[Scalar]] = {}

    def types_of(self, expr: Expr) -> tuple[Scalar, tuple[Scalar, ...]]:
        """Return a type of `expr`, and those that it may have besides.

        A value whose types are not known is one that no array operation may use.
        """
        found = self.of(expr)
        if self.guessing and len(found) > 1:
            found -= {UNSURE}
        first, *others = sorted(found, key=str) or (UNSURE,)
        if UNSURE in others or len(others) > 2:
            return UNSURE, ()
        return first, tuple(others)

    def learn(self, expr: Expr, kind: Scalar) -> None:
        """Note the type of a number that is made of an array, or is an element of one."""
        before = self.learned.get(id(expr), frozenset())
        if kind not in before:
            self.learned[id(expr)] = before | {kind}
            self._names.clear()

    def of(self, expr: Expr) -> frozenset[Scalar]:
        """Return the types that `expr` may have; none while they are being found out."""
        match expr:
            case Const(value=value):
                return frozenset({_CONSTANTS[type(value)]})
            case Name(id=name):
                return self.of_name(name)
            case Load(array=array):
                type_ = self.types.get(array)
                if isinstance(type_, Array) and array not in self.bound:
                    return frozenset({type_.dtype})
                return self.learned.get(id(expr), frozenset({UNSURE}))
            case Extent() | Rank():
                return frozenset({PY_INT})
            case Unary(operand=operand):
                return self.results(expr, (operand,))
            case Binary(left=left, right=right) | Compare(left=left, right=right):
                return self.results(expr, (left, right))
            case Call(callee="builtins.min" | "builtins.max", arguments=arguments):
                return frozenset().union(*map(self.of, arguments))
            case Call(callee=callee) if callee in MAKERS or callee in RUNNING or callee == ROLL:
                return frozenset({UNSURE})
            case Call(callee=callee) if callee == OUTER or callee.startswith(ASTYPE):
                return frozenset({UNSURE})
            case Call(callee=callee) if callee in REDUCTIONS or callee in PRODUCTS:
                return self.learned.get(id(expr), frozenset({UNSURE}))
            case Call(arguments=arguments):
                return self.results(expr, arguments)
            case Logical(left=left, right=right) | Conditional(then=left, otherwise=right):
                return self.of(left) | self.of(right)
            case Slice():
                return frozenset({UNSURE})

    def of_name(self, name: str) -> frozenset[Scalar]:
        """Return the types that a name may have in the nest."""
        if name in self._names:
            return self._names[name]
        given = self.types.get(name)
        found: set[Scalar] = {given} if isinstance(given, Scalar) else set()
        if isinstance(given, Array):
            found.add(UNSURE)
        if name in (START, STOP, STEP):
            found.add(PY_INT)
        if name in self._open:
            return frozenset(found)
        self._open.add(name)
        for value in self.values.get(name, ()):
            found |= {PY_INT} if value is None else self.of(value)
        self._open.discard(name)
        if not self._open and UNSURE not in found:
            self._names[name] = frozenset(found)
        return frozenset(found)

    def is_index(self, name: str) -> bool:
        """Return whether only one loop binds `name`, as its index."""
        return self.values.get(name) == [None]

    def results(self, expr: Expr, parts: tuple[Expr, ...]) -> frozenset[Scalar]:
        found: set[Scalar] = set()
        combinations: list[tuple[Scalar, ...]] = [()]
        for part in parts:
            combinations = [(*c, t) for c in combinations for t in self.of(part)]
        for types in combinations:
            if UNSURE in types:
                found.add(UNSURE)
                continue
            rule = _rule(expr, types)
            if rule is not None:
                found.add(rule.result)
        return frozenset(found)


UNSURE = Scalar("python", "c", 0)
"""Stands for a type that may be one or another."""


def _rule(expr: Expr, types: tuple[Scalar, ...]) -> rules.Rule | None:
    match expr:
        case Unary(op=op):
            return rules.unary_rule(op, *types)
        case Binary(op=op):
            return rules.binary_rule(op, *types)
        case Compare(op=op):
            return rules.compare_rule(op, *types)
        case Call(callee=callee):
            return rules.call_rule(callee, types)
        case _:
            return None
