"""Loops over items: how many there are, and the iterator that goes on in the middle.

    for k, (x, y) in enumerate(zip(a, b), 1): ...

Of the header `enumerate(zip(a, b), 1)` the names `a` and `b` are the *leaves*. A site is given
their values; where all are lists or arrays it counts the positions, and the loop is one over
these.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from parloop.capture.made import is_grid, is_made


def leaves(node: ast.expr) -> tuple[str, ...]:
    """Return the names in the header `node` over whose values it goes."""
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Call() if is_grid(node) or is_made(node):
            return ()
        case ast.Call(args=args):
            return tuple(dict.fromkeys(name for part in args for name in leaves(part)))
    return ()


def count_positions(*values: Any) -> range | None:
    """Return the positions of the items that lists and arrays give side by side.

    None if one of the values is something else.
    """
    numpy = sys.modules.get("numpy")
    for value in values:
        kind = type(value)
        if kind is not list and (numpy is None or kind is not numpy.ndarray or not value.ndim):
            return None
    return range(min(map(len, values)))


def is_over(node: ast.expr, items: Any, values: Mapping[str, Any]) -> bool:
    """Return whether `items` is what the header `node` gives, of which nothing has been taken."""
    if isinstance(node, ast.Name):
        return items is values[node.id]
    match node:
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *start]) if (
            type(items) is enumerate
        ):
            iterator, count = _state_of(items)
            first = start[0].value if start and isinstance(start[0], ast.Constant) else 0
            return count == first and _is_iterator_over(inner, iterator, values)
        case ast.Call(func=ast.Name(id="zip"), args=args) if type(items) is zip:
            iterators = _state_of(items)
            return len(args) == len(iterators) and all(
                _is_iterator_over(part, iterator, values)
                for part, iterator in zip(args, iterators, strict=True)
            )
    return False


def _state_of(iterator: Any) -> tuple[Any, ...]:
    """Return what an iterator is made from; nothing if there is more to it."""
    _, state, *more = iterator.__reduce__()
    return () if more else state


def _is_iterator_over(node: ast.expr, iterator: Any, values: Mapping[str, Any]) -> bool:
    if isinstance(node, ast.Call):
        return is_over(node, iterator, values)
    if not isinstance(node, ast.Name):
        return False
    items = values[node.id]
    if type(iterator) is not type(iter(items)):
        return False
    _, over, *place = iterator.__reduce__()
    return over[0] is items and place == [0]


def iterate_from(
    node: ast.expr, values: Mapping[str, Any], done: int, total: int
) -> Iterator[object]:
    """Return the iterator that the header `node` would be after `done` of `total` items.

    It is CPython's own, which sees what becomes of a list meanwhile.
    """
    iterator: Any
    match node:
        case ast.Name(id=name):
            iterator = iter(values[name])
            iterator.__setstate__(done)
        case ast.Call(func=ast.Name(id="enumerate"), args=[items, *start]):
            first = start[0].value if start and isinstance(start[0], ast.Constant) else 0
            assert isinstance(first, int)
            iterator = enumerate(iterate_from(items, values, done, total), first + done)
        case ast.Call(func=ast.Name(id="zip"), args=args):
            parts = (iterate_from(part, values, done, total) for part in args)
            iterator = zip(*parts, strict=False)
        case ast.Call(func=ast.Name(id="reversed"), args=[ast.Name(id=name)]):
            iterator = reversed(values[name])
            iterator.__setstate__(len(values[name]) - 1 - done)
        case _:
            raise AssertionError(ast.dump(node))
    return iterator  # type: ignore[no-any-return]


def first_items(
    node: ast.expr, values: Mapping[str, Any], done: int, total: int
) -> Iterator[object]:
    """Return the first `done` items of `total`."""
    return islice(iterate_from(node, values, 0, total), done)
