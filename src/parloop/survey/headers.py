"""What a loop goes over, and how much of its bounds the text tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from parloop.survey.names import Names

Loop = ast.For | ast.AsyncFor | ast.While

ITERABLES: Final = (
    "range", "enumerate", "zip", "reversed", "items", "array made here", "dict or set",
    "table rows", "combinations", "file", "other call", "comprehension", "while", "async",
)  # fmt: skip
"""The kinds of what loops go over; `docs/survey.md` has an example of each."""

BOUNDS: Final = ("literal", "constant name", "length", "name", "expression", "none")
"""Kinds of bounds. The second to last three are only known at run time; `none` is of loops that
are not over `range`."""

_WRAPPERS: Final = frozenset({"tqdm", "tqdm_notebook", "list", "tuple", "iter", "log_progress"})
"""What they are given is what the loop goes over."""

_RANGES: Final = ("range", "xrange", "prange")

_COMBINATIONS: Final = frozenset(
    {"product", "combinations", "permutations", "ndindex", "nditer", "ndenumerate", "chain",
     "combinations_with_replacement", "islice", "cycle", "count", "groupby", "repeat"}
)  # fmt: skip

_ARRAYS: Final = frozenset(
    {"arange", "linspace", "array", "logspace", "zeros", "ones", "unique", "argsort", "where",
     "permutation", "shuffle", "flatten", "ravel", "random", "randint", "geomspace", "argwhere"}
)  # fmt: skip


def iterable_of(loop: Loop, names: Names) -> str:
    """Return the kind of what `loop` goes over, one of `ITERABLES`."""
    if isinstance(loop, ast.While):
        return "while"
    if isinstance(loop, ast.AsyncFor):
        return "async"
    return _kind(unwrapped(loop.iter))


def unwrapped(node: ast.expr) -> ast.expr:
    """Return what is gone over, without `tqdm(...)` and the like around it."""
    while isinstance(node, ast.Call) and len(node.args) >= 1:
        name = _last_name(node.func)
        if name == "trange":
            return ast.copy_location(
                ast.Call(ast.Name("range", ast.Load()), node.args, []), node
            )
        if name not in _WRAPPERS or isinstance(node.args[0], ast.Starred):
            break
        node = node.args[0]
    return node


def _last_name(func: ast.expr) -> str:
    match func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _kind(node: ast.expr) -> str:
    match node:
        case ast.Call(func=func):
            return _kind_of_call(func)
        case ast.Dict() | ast.Set():
            return "dict or set"
        case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
            return "comprehension"
    return "items"


def _kind_of_call(func: ast.expr) -> str:
    name = _last_name(func)
    match name:
        case "range" | "xrange" | "prange":
            return "range"
        case "enumerate" | "zip" | "reversed":
            return name
        case "izip":
            return "zip"
        case "items" | "keys" | "values" | "iteritems" | "itervalues" | "set" | "iterkeys":
            return "dict or set"
        case "iterrows" | "itertuples" | "groupby":
            return "table rows"
        case "open" | "readlines" | "reader" | "listdir" | "glob" | "walk":
            return "file"
    if name in _COMBINATIONS:
        return "combinations"
    return "array made here" if name in _ARRAYS else "other call"


def bounds_of(loop: Loop, names: Names) -> str:
    """Return how much the text tells of the bounds of a loop over `range`, one of `BOUNDS`."""
    if isinstance(loop, ast.While):
        return "none"
    match unwrapped(loop.iter):
        case ast.Call(func=func, args=[_, *_] as args) if _last_name(func) in _RANGES:
            return max((_bound(arg, names) for arg in args), key=BOUNDS.index)
    return "none"


def _bound(node: ast.expr, names: Names) -> str:
    found = {_part(part, names) for part in _leaves(node)}
    if found <= {"literal", "constant name"}:
        return max(found, key=BOUNDS.index, default="literal")
    if found <= {"literal", "constant name", "length"}:
        return "length"
    return "name" if isinstance(node, ast.Name) else "expression"


def _leaves(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right):
            yield from _leaves(left)
            yield from _leaves(right)
        case ast.UnaryOp(operand=operand):
            yield from _leaves(operand)
        case ast.Call(func=ast.Name(id="int" | "abs" | "round" | "min" | "max"), args=args):
            for argument in args:
                yield from _leaves(argument)
        case _:
            yield node


def _part(node: ast.expr, names: Names) -> str:
    match node:
        case ast.Constant():
            return "literal"
        case ast.Name(id=name) if name in names.constants:
            return "constant name"
        case ast.Call(func=ast.Name(id="len")):
            return "length"
        case ast.Attribute(attr="shape" | "size"):
            return "length"
        case ast.Subscript(value=ast.Attribute(attr="shape")):
            return "length"
    return "expression"


def counting_names(loop: Loop) -> frozenset[str]:
    """Return the names that the loop binds to numbers that count its iterations."""
    if isinstance(loop, ast.While):
        return frozenset()
    over, target = unwrapped(loop.iter), loop.target
    name = _last_name(over.func) if isinstance(over, ast.Call) else ""
    match name, target:
        case "range" | "xrange" | "prange", ast.Name(id=index):
            return frozenset({index})
        case "enumerate", ast.Tuple(elts=[ast.Name(id=index), *_]):
            return frozenset({index})
        case "reversed", ast.Name(id=index):
            assert isinstance(over, ast.Call)
            inner = over.args[0] if over.args else None
            if isinstance(inner, ast.Call) and _last_name(inner.func) in _RANGES:
                return frozenset({index})
        case "ndindex", _:
            return names_in(target)
    return frozenset()


def names_in(target: ast.expr) -> frozenset[str]:
    """Return the names that the target of a loop or assignment binds."""
    return frozenset(part.id for part in ast.walk(target) if isinstance(part, ast.Name))
