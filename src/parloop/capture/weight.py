"""How long CPython takes for a loop, by its text and what its names hold: before it is lowered."""

from __future__ import annotations

import ast
import builtins
import math
import sys
from collections.abc import Mapping
from typing import Any, Final

from parloop.capture.sites import SiteInfo

SECONDS_PER_OPERATION: Final = 3e-8
"""What CPython takes for one operation: a load, an addition, a comparison."""

_CALL: Final = 5
_PLAIN_CALLS: Final = frozenset(
    ("abs", "min", "max", "int", "float", "bool", "complex", "len", "round", "pow", "divmod")
)


def text_seconds(info: SiteInfo, indices: range, values: tuple[object, ...]) -> float:
    """Return about how many seconds CPython takes for a loop over `indices`.

    `values` are those of `info.passed`. Infinite where text and values do not tell: calls of
    functions that are not known, whole arrays, bounds that are computed, `while`.
    """
    if not indices:
        return 0.0
    known = dict(zip(info.passed, values, strict=True))
    if info.over_items or info.comprehension is not None:
        return math.inf
    match info.node.target:
        case ast.Name(id=name):
            known[name] = indices[len(indices) // 2]
    try:
        each = _of_body(info.node.body, known)
        return len(indices) * each * SECONDS_PER_OPERATION
    except OverflowError:
        return math.inf


def _of_body(body: list[ast.stmt], known: Mapping[str, Any]) -> float:
    return sum(_of_statement(stmt, known) for stmt in body)


def _of_statement(stmt: ast.stmt, known: Mapping[str, Any]) -> float:
    match stmt:
        case ast.For(target=ast.Name(id=name), iter=header, body=body):
            indices = _range_of(header, known)
            if indices is None:
                return math.inf
            if not indices:
                return 1.0
            inside = {**known, name: indices[len(indices) // 2]}
            return 1.0 + len(indices) * (1.0 + _of_body(body, inside))
        case ast.If(test=test, body=body, orelse=orelse):
            return 1.0 + _of(test, known) + max(_of_body(body, known), _of_body(orelse, known))
        case ast.Assign(targets=targets, value=value):
            return 1.0 + _of(value, known) + sum(_of(each, known) for each in targets)
        case ast.AugAssign(target=target, value=value):
            twice = 2 if isinstance(target, ast.Subscript) else 1
            return 1.0 + twice * _of(target, known) + _of(value, known)
        case ast.Expr(value=value):
            return _of(value, known)
        case ast.Pass() | ast.Break() | ast.Continue():
            return 1.0
    return math.inf


def _of(node: ast.expr, known: Mapping[str, Any]) -> float:
    """Return the operations of an expression; infinite where it may be more than on numbers."""
    match node:
        case ast.Constant(value=bool() | int() | float() | complex()):
            return 1.0
        case ast.Name(id=name):
            return 1.0 if _is_number(type(known.get(name, 0))) else math.inf
        case ast.Subscript(value=ast.Name(id=name), slice=index):
            return _of_element(name, index, known)
        case ast.BinOp(left=left, right=right):
            return 1.0 + _of(left, known) + _of(right, known)
        case ast.UnaryOp(operand=operand):
            return 1.0 + _of(operand, known)
        case ast.BoolOp(values=values):
            return 1.0 + sum(_of(each, known) for each in values)
        case ast.Compare(left=left, comparators=others):
            return 1.0 + _of(left, known) + sum(_of(each, known) for each in others)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return 1.0 + _of(test, known) + max(_of(body, known), _of(orelse, known))
        case ast.Tuple(elts=elements):
            return sum(_of(each, known) for each in elements)
        case ast.Call(func=function, args=arguments, keywords=[]) if _is_plain(function, known):
            if isinstance(function, ast.Name) and function.id == "len":
                return float(_CALL)
            return _CALL + sum(_of(each, known) for each in arguments)
    return math.inf


def _is_plain(function: ast.expr, known: Mapping[str, Any]) -> bool:
    match function:
        case ast.Name(id=name):
            own = getattr(builtins, name, None)
            return name in _PLAIN_CALLS and bool(known.get(name, own) is own)
        case ast.Attribute(value=ast.Name(id="math")):
            return known.get("math", math) is math
    return False


def _of_element(name: str, index: ast.expr, known: Mapping[str, Any]) -> float:
    """Return the operations of `name[index]`, where that is an element of an array or a list."""
    indices = index.elts if isinstance(index, ast.Tuple) else [index]
    if any(isinstance(each, ast.Slice | ast.Starred) for each in indices):
        return math.inf
    base: Any = known.get(name)
    if type(base) is list:
        if not base or len(indices) > 1 or not _is_number(type(base[0])):
            return math.inf
    elif not _is_array(type(base)) or len(base.shape) != len(indices):
        return math.inf
    return 1.0 + sum(_of(each, known) for each in indices)


def _range_of(header: ast.expr, known: Mapping[str, Any]) -> range | None:
    """Return what a loop inside goes over, where that is a range of numbers that are at hand."""
    match header:
        case ast.Call(func=ast.Name(id="range"), args=[_, *_] as arguments, keywords=[]):
            bounds = [_integer(each, known) for each in arguments]
            if len(bounds) <= 3 and None not in bounds and bounds[2:] != [0]:
                return range(*bounds)  # type: ignore[arg-type]
    return None


def _integer(node: ast.expr, known: Mapping[str, Any]) -> int | None:
    match node:
        case ast.Constant(value=int() as value):
            return value
        case ast.Name(id=name):
            held: Any = known.get(name)
            return held if type(held) is int else None
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            positive = _integer(operand, known)
            return None if positive is None else -positive
        case ast.BinOp(left=left, op=op, right=right):
            one, other = _integer(left, known), _integer(right, known)
            if one is None or other is None:
                return None
            match op:
                case ast.Add():
                    return one + other
                case ast.Sub():
                    return one - other
                case ast.Mult():
                    return one * other
                case ast.FloorDiv() if other:
                    return one // other
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)], keywords=[]):
            return _extent(known.get(name), 0)
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id=name), attr="shape"),
            slice=ast.Constant(value=int() as axis),
        ):
            return _extent(known.get(name), axis)
    return None


def _extent(value: object, axis: int) -> int | None:
    """Return the extent of an array, or of a list."""
    if type(value) is list:
        return len(value) if axis == 0 else None
    if not _is_array(type(value)):
        return None
    shape: tuple[int, ...] = value.shape  # type: ignore[attr-defined]
    return shape[axis] if -len(shape) <= axis < len(shape) else None


def _is_number(kind: type) -> bool:
    numpy = sys.modules.get("numpy")
    return issubclass(kind, int | float | complex) or (
        numpy is not None and issubclass(kind, numpy.number | numpy.bool_)
    )


def _is_array(kind: type) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and kind is numpy.ndarray
