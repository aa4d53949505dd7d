"""Lower calls that make arrays: `np.zeros(3)`, `np.full((n, 2), x)`, `np.array([x, y, z])`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from parloop.ir.nodes import Call, Expr, Name
from parloop.ir.walk import ASTYPE

if TYPE_CHECKING:
    from parloop.frontend.expressions import Expressions

_TYPES = {
    "builtins.float": "numpy.float64",
    "builtins.int": "numpy.int64",
    "builtins.bool": "numpy.bool",
    **{
        f"numpy.{name}": f"numpy.{name}"
        for name in (
            *("bool", "int8", "int16", "int32", "int64"),
            *("uint8", "uint16", "uint32", "uint64", "float32", "float64"),
        )
    },
}


def lower_making(
    node: ast.Call, callee: str, path: str, lowering: Expressions
) -> Expr | None:
    """Return a call of a function that makes an array, None where it is not plain."""
    arguments, type_ = list(node.args), None
    like, most = callee.endswith("_like"), 2 if callee == "numpy.full" else 1
    if any(isinstance(part, ast.Starred) for part in arguments) or len(arguments) < most:
        return None
    if len(arguments) == most + 1:
        type_ = arguments.pop()
    if len(arguments) != most or len(node.keywords) > (type_ is None):
        return None
    for keyword in node.keywords:
        if keyword.arg != "dtype":
            return None
        type_ = keyword.value
    if type_ is not None and (like or _type_of(type_, lowering) is None):
        return None
    shape_of = _shape_of(arguments[0])
    if shape_of is not None and callee in ("numpy.zeros", "numpy.ones", "numpy.empty"):
        lowering.no_lists.add(shape_of.id)
        lowering.arrays.add(shape_of.id)
        whole = Name(shape_of.id, lowering.span(shape_of))
        made: Expr = Call(f"{callee}_like", path, (whole,), lowering.span(node))
        type_path, type_name = "np.float64", "numpy.float64"
        if type_ is None:
            lowering.guards[path] = callee
            return Call(type_name, type_path, (made,), lowering.span(node))
    elif like:
        made = Call(callee, path, (lowering.expression(arguments[0]),), lowering.span(node))
    elif callee == "numpy.array":
        items = _items(arguments[0], callee, path, lowering)
        if items is None:
            return None
        made = items
    else:
        lengths = [lowering.expression(part) for part in _parts(arguments[0])]
        values = [lowering.expression(part) for part in arguments[1:]]
        made = Call(callee, path, (*lengths, *values), lowering.span(node))
    lowering.guards[path] = callee
    if type_ is None:
        return made
    found = _type_of(type_, lowering)
    assert found is not None
    return Call(found, f"np.{found.removeprefix('numpy.')}", (made,), lowering.span(node))


def lower_astype(node: ast.Call, lowering: Expressions) -> Expr | None:
    """Return `x.astype(T)`, None where the type is not one that is known."""
    assert isinstance(node.func, ast.Attribute)
    found = _type_of(node.args[0], lowering)
    if found is None:
        return None
    whole = lowering.expression(node.func.value)
    path = ast.unparse(node.func)
    return Call(ASTYPE + found.removeprefix("numpy."), path, (whole,), lowering.span(node))


def _type_of(node: ast.expr, lowering: Expressions) -> str | None:
    """Return the type of elements that `node` names; the name is guarded."""
    meaning = lowering.meaning(node)
    if meaning is None or meaning not in _TYPES:
        return None
    lowering.guards[ast.unparse(node)] = meaning
    return _TYPES[meaning]


def _parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List) else [node]


def _shape_of(node: ast.expr) -> ast.Name | None:
    match node:
        case ast.Attribute(value=ast.Name() as name, attr="shape"):
            return name
        case _:
            return None


def _items(
    node: ast.expr, callee: str, path: str, lowering: Expressions
) -> Expr | None:
    """Return an array of the items of a list that is written down, or of lists of one length."""
    if not isinstance(node, ast.List | ast.Tuple) or not node.elts:
        return None
    rows = [part for part in node.elts if isinstance(part, ast.List | ast.Tuple)]
    if rows and len(rows) != len(node.elts):
        return None
    if any(isinstance(part, ast.Starred) for part in node.elts):
        return None
    if len({len(row.elts) for row in rows}) > 1:
        return None
    found: list[Expr] = []
    for part in node.elts:
        if not rows:
            found.append(lowering.expression(part))
            continue
        row = _items(part, callee, path, lowering)
        if row is None:
            return None
        found.append(row)
    return Call(callee, path, tuple(found), lowering.span(node))
