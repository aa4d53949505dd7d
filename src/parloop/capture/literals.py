"""Short lists and tuples that are written down in a loop: what is gone over, or searched."""

from __future__ import annotations

import ast
from typing import Final

MOST_ITEMS: Final = 16
"""Longer ones are left to the interpreter: each item is a comparison."""


def is_written_out(node: ast.expr) -> bool:
    """Return whether `node` is a list of a few numbers, or of tuples that are equally long.

    What the numbers are is the frontend's question.
    """
    if not isinstance(node, ast.Tuple | ast.List) or not 0 < len(node.elts) <= MOST_ITEMS:
        return False
    parts = [part.elts for part in node.elts if isinstance(part, ast.Tuple | ast.List)]
    if not parts:
        return not any(isinstance(item, ast.Starred) for item in node.elts)
    items = [item for part in parts for item in part]
    bad = (ast.Starred, ast.Tuple, ast.List)
    return (
        len(parts) == len(node.elts)
        and len({len(part) for part in parts}) == 1
        and bool(items)
        and not any(isinstance(item, bad) for item in items)
    )


def is_membership(node: ast.expr) -> bool:
    """Return whether `node` is `x in (1, 2)` or `x not in [1, 2]`, of constants.

    A number is in there just if it equals one of them: none is a NaN. A set asks for its hash.
    """
    match node:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[items]):
            return (
                isinstance(items, ast.Tuple | ast.List)
                and 0 < len(items.elts) <= MOST_ITEMS
                and all(map(_is_number, items.elts))
            )
    return False


def _is_number(node: ast.expr) -> bool:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _is_number(operand)
        case ast.Constant(value=bool() | int() | float() | complex()):
            return True
    return False


def is_slice(node: ast.AST) -> bool:
    """Return whether `node` is `a[i:j]` or `g[k][i:j]`, step by step."""
    match node:
        case ast.Subscript(value=value, slice=ast.Slice(step=None | ast.Constant(value=1))):
            while isinstance(value, ast.Subscript) and not isinstance(
                value.slice, ast.Slice | ast.Tuple
            ):
                value = value.value
            return isinstance(value, ast.Name)
    return False


def is_pack(node: ast.AST) -> bool:
    """Return whether `node` is `(i, x)` or `[i, x]`, of expressions that may be numbers."""
    bad = (ast.Starred, ast.Tuple, ast.List)
    return (
        isinstance(node, ast.Tuple | ast.List)
        and 0 < len(node.elts) <= MOST_ITEMS
        and not any(isinstance(item, bad) for item in node.elts)
    )
