"""What kind of subscript an access has, in the words of `docs/survey.md`.

    a[2*i + j]  affine       a[i:i+3]   slice        a[k]       invariant
    a[idx[i]]   indirect     a[a > 0]   mask         d["x"]     key
    a[i*i]      non-linear   a[int(x)]  computed
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

SubscriptKind: TypeAlias = Literal[
    "affine", "slice", "invariant", "indirect", "mask", "key", "non-linear", "computed"
]
KINDS: Final[tuple[SubscriptKind, ...]] = (
    "affine", "slice", "invariant", "indirect", "mask", "key", "non-linear", "computed"
)  # fmt: skip

_WORST_LAST: Final = ("constant", "invariant", "affine", "non-linear", "computed", "indirect")
"""A subscript of several parts is of the kind, of its parts', that stands last here."""

_FANCY: Final = ("where", "nonzero", "argwhere", "isnan", "argsort")
"""Functions of arrays that give what arrays are subscripted with."""

_DEEPEST: Final = 12
"""Names are looked through so many times."""


@dataclass(frozen=True, slots=True)
class NestNames:
    """What names are to the subscripts in one nest."""

    counting: frozenset[str]
    """Indices that count: of `range`, the first of `enumerate`."""
    keys: frozenset[str]
    """Bound to the keys of dictionaries, or to items that the same name is subscripted with."""
    items: frozenset[str]
    """Bound by loops to what they go over."""
    assigned: frozenset[str]
    """Assigned in the nest."""
    single: Mapping[str, ast.expr]
    """What is assigned to names that are assigned in one place only."""


def kind_of_subscript(node: ast.Subscript, nest: NestNames) -> SubscriptKind:
    """Return the kind of `node`'s subscript."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if any(_is_text(part) for part in parts):
        return "key"
    if any(_is_key(part, nest) for part in parts):
        return "key"
    if any(_is_mask(part, nest) for part in parts):
        return "mask"
    if any(isinstance(part, ast.Slice) or _is_ellipsis(part) for part in parts):
        return "slice"
    worst = _worst(*(_order(part, nest, 0) for part in parts))
    match worst:
        case "affine" | "non-linear" | "computed" | "indirect" | "invariant":
            return worst
    return "invariant"


def _is_text(part: ast.expr) -> bool:
    match part:
        case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, right=right):
            return _is_text(left) or _is_text(right)
        case ast.Call(func=ast.Name(id="str")):
            return True
    return False


def _is_key(part: ast.expr, nest: NestNames) -> bool:
    match part:
        case ast.Name(id=name):
            return name in nest.keys
        case ast.Tuple(elts=parts):
            return any(_is_key(inner, nest) for inner in parts)
    return False


def _is_ellipsis(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and (part.value is None or part.value is Ellipsis)


def _is_mask(part: ast.expr, nest: NestNames, depth: int = 0) -> bool:
    match part:
        case ast.Compare() | ast.List() | ast.ListComp() | ast.BoolOp():
            return True
        case ast.UnaryOp(op=ast.Invert() | ast.Not()):
            return True
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr(), left=left, right=right):
            return _is_mask(left, nest, depth) or _is_mask(right, nest, depth)
        case ast.Call(func=ast.Attribute(attr=name)) if name in _FANCY:
            return True
        case ast.Name(id=name) if name in nest.single and depth < _DEEPEST:
            return _is_mask(nest.single[name], nest, depth + 1)
    return False


def _order(node: ast.expr, nest: NestNames, depth: int) -> str:
    """Return `constant`, `invariant`, `affine`, `non-linear`, `computed` or `indirect`."""
    match node:
        case ast.Constant():
            return "constant"
        case ast.Name(id=name):
            return _order_of_name(name, nest, depth)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return _order(operand, nest, depth)
        case ast.BinOp(op=op, left=left, right=right):
            return _order_of_operation(op, _order(left, nest, depth), _order(right, nest, depth))
        case ast.Subscript(value=value, slice=index):
            inner = _worst(_order(index, nest, depth), _order(value, nest, depth))
            return "invariant" if inner in ("constant", "invariant") else "indirect"
        case ast.Tuple(elts=parts):
            return _worst(*(_order(part, nest, depth) for part in parts))
        case ast.Attribute(value=value):
            return "computed" if _order(value, nest, depth) == "computed" else "invariant"
        case ast.Call(func=func, args=args):
            parts = [*args, func.value] if isinstance(func, ast.Attribute) else args
            inner = _worst(*(_order(part, nest, depth) for part in parts))
            return "invariant" if inner in ("constant", "invariant") else "computed"
    return "computed"


def _order_of_name(name: str, nest: NestNames, depth: int) -> str:
    if name in nest.counting:
        return "affine"
    if name in nest.items:
        return "indirect"
    if name in nest.single and depth < _DEEPEST:
        return _order(nest.single[name], nest, depth + 1)
    return "computed" if name in nest.assigned else "invariant"


def _order_of_operation(op: ast.operator, left: str, right: str) -> str:
    worst = _worst(left, right)
    if worst in ("constant", "invariant", "computed", "indirect"):
        return worst
    match op:
        case ast.Add() | ast.Sub():
            return worst
        case ast.Mult() if (left, right) != ("affine", "affine"):
            return worst
    return "non-linear"


def _worst(*orders: str) -> str:
    return max(orders, key=_WORST_LAST.index, default="constant")
