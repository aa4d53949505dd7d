"""Headers that make what the loop goes over: arrays, dictionaries' items, grids of numbers.

    for i, j in itertools.product(range(n), range(m)): ...
    for k, x in enumerate(np.linspace(0.0, 1.0, n)): ...
    for key, value in d.items(): ...

What such a header makes, its *parts*, is evaluated once, by CPython, and given to the site, which
hands numbers and lists of them on under names that no program has (`items0@header`). What is left
to the interpreter goes on over the very objects that the header has made.
"""

from __future__ import annotations

import ast
import gc
import itertools
import math
import operator
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

OF_HEADER: Final = "@header"
"""With what the names of what a header has made end."""

OPENED: Final = "opened@header"
"""The name of all that a header has made."""

_ARRAYS: Final = ("arange", "linspace")
_VIEWS: Final = ("items", "keys", "values")
_GRIDS: Final = ("product", "ndindex", "ndenumerate")

MOST_AXES: Final = 4
"""A grid with more axes is left to the interpreter."""


class Opened(tuple[Any, ...]):
    """What the parts of a header have made, in order."""

    __slots__ = ()


def opened(*parts: object) -> Opened:
    """Return what the rewritten text gives to a site."""
    return Opened(parts)


def is_grid(node: ast.AST) -> bool:
    """Return whether `node` is a call of `product` or `ndindex`, which give tuples of numbers."""
    match node:
        case ast.Call(func=func, keywords=keywords) if _word(func) in _GRIDS:
            is_product = _word(func) == "product"
            return all(is_product and _repeat(keyword) for keyword in keywords)
    return False


def names_in_grid(loop: ast.For) -> tuple[tuple[str, ...], str | None] | None:
    """Return the names for the numbers that a grid gives, and that for the array's element.

    None where the target does not take each apart by name, or a name stands in two places.
    """
    target = loop.target
    named: str | None = None
    if isinstance(loop.iter, ast.Call) and _word(loop.iter.func) == "ndenumerate":
        match target:
            case ast.Tuple(elts=[ast.Tuple() as numbers, ast.Name(id=item)]):
                target, named = numbers, item
            case _:
                return None
    if not isinstance(target, ast.Tuple):
        return None
    names = [part.id for part in target.elts if isinstance(part, ast.Name)]
    if named in names or not 0 < len(target.elts) == len(set(names)) <= MOST_AXES:
        return None
    return tuple(names), named


def is_made(node: ast.AST) -> bool:
    """Return whether `node` makes an array, or looks at a dictionary."""
    match node:
        case ast.Call(func=ast.Name(id=word) | ast.Attribute(value=ast.Name(), attr=word)) if (
            word in _ARRAYS
        ):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr=word), args=[], keywords=[]):
            return word in _VIEWS
    return False


def parts_of(node: ast.expr) -> tuple[ast.expr, ...]:
    """Return what the header `node` makes, in order; nothing where all is there before."""
    if is_grid(node) or is_made(node):
        return (node,)
    match node:
        case ast.Call(func=ast.Name(id="enumerate"), args=[first, *_]):
            return parts_of(first)
        case ast.Call(func=ast.Name(id="zip"), args=args):
            return tuple(part for one in args for part in parts_of(one))
    return ()


def names_made(node: ast.expr) -> tuple[str, ...]:
    """Return the names under which the site gives on what the header makes, in order."""
    if is_grid(node):
        return tuple(name for axis in range(MOST_AXES) for name in names_of_axis(axis))
    return tuple(name for n, part in enumerate(parts_of(node)) for name in names_of_part(n, part))


def names_of_part(number: int, part: ast.expr) -> tuple[str, ...]:
    """Return the names of the items of a part: keys and values have two."""
    if is_pairs(part):
        return f"keys{number}{OF_HEADER}", f"values{number}{OF_HEADER}"
    return (f"items{number}{OF_HEADER}",)


def names_of_axis(axis: int) -> tuple[str, str, str, str]:
    """Return the names of the items of an axis of a grid, and of start, stop and step."""
    words = ("items", "start", "stop", "step")
    return tuple(f"{word}{axis}{OF_HEADER}" for word in words)  # type: ignore[return-value]


def is_pairs(part: ast.expr) -> bool:
    """Return whether a part gives keys and values."""
    return isinstance(part, ast.Call) and _word(part.func) == "items"


def axes_of(node: ast.expr) -> tuple[ast.expr, ...]:
    """Return what each axis of a grid goes over; of `ndindex` how far, or shapes."""
    assert isinstance(node, ast.Call)
    times = 1
    for keyword in node.keywords:
        assert isinstance(keyword.value, ast.Constant)
        assert isinstance(keyword.value.value, int)
        times = keyword.value.value
    return (*node.args,) * times


def in_words(text: str, node: ast.expr) -> str:
    """Return a message with what the header `node` has made as the user knows it."""
    parts = (node,) if is_grid(node) else parts_of(node)

    def said(match: re.Match[str]) -> str:
        number = 0 if is_grid(node) else int(match[1])
        return f"`{ast.unparse(parts[number])}`" if number < len(parts) else match[0]

    return _MADE.sub(said, text)


_MADE: Final = re.compile(rf"`[a-z]+(\d+){OF_HEADER}(?:\[[^`]*\])?`")


def are_few(made: Opened, least: int) -> bool:
    """Return whether what a header has made first is surely of fewer items than `least`."""
    first = made[0]
    return hasattr(first, "__len__") and len(first) < least


def open_header(loop: ast.For, made: Opened) -> tuple[range, tuple[Any, ...]] | None:
    """Return the positions, or the numbers of the first axis, and the values of `names_made`.

    None where the header has not made what it seems to make, or nothing.
    """
    node = loop.iter
    if is_grid(node):
        return _open_grid(loop, made[0])
    counts: list[int] = []
    values: list[Any] = []
    for part, value in zip(leaves_of(node), made, strict=True):
        if isinstance(part, ast.Name):
            found: list[Any] | None = [value] if _is_plain(value) else None
        else:
            found = _items_of(value, is_pairs(part))
            values += found or ()
        if found is None:
            return None
        counts.append(len(found[0]))
    return range(min(counts)), tuple(values)


def leaves_of(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the names and parts of a header, in order: what the site is given."""
    match node:
        case ast.Name():
            yield node
        case ast.Call(func=ast.Name(id="enumerate"), args=[first, *_]):
            yield from leaves_of(first)
        case ast.Call(func=ast.Name(id="zip"), args=args):
            for one in args:
                yield from leaves_of(one)
        case _:
            yield node


def _is_plain(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    if type(value) is list:
        return True
    return numpy is not None and type(value) is numpy.ndarray and value.ndim > 0


def _items_of(value: Any, pairs: bool) -> list[Any] | None:
    """Return the array, or lists of what a dictionary's view gives; None for anything else."""
    if type(value) in _DICT_VIEWS:
        if (type(value) is _DICT_ITEMS) != pairs:
            return None
        if pairs:
            keys = [*value.mapping]
            return [keys, [*value.mapping.values()]] if _are_numbers(keys) else None
        items = [*value]
        return [items] if _are_numbers(items) else None
    numpy = sys.modules.get("numpy")
    if pairs or numpy is None or type(value) is not numpy.ndarray or value.ndim != 1:
        return None
    return [value]


def is_same(loop: ast.For, made: Opened, values: Sequence[Any]) -> bool:
    """Return whether the dictionaries that a header looks at have the items `values` still."""
    if not any(type(value) in _DICT_VIEWS for value in made):
        return True
    found = open_header(loop, made)
    if found is None:
        return False
    return all(
        len(new) == len(old) and all(map(operator.is_, new, old))
        for new, old in zip(found[1], values, strict=True)
        if type(old) is list
    )


def _are_numbers(items: list[Any]) -> bool:
    return bool(items) and type(items[0]) in (int, float, bool, complex)


_NO_ITEMS: Final[dict[Any, Any]] = {}
_DICT_ITEMS: Final[type] = type(_NO_ITEMS.items())
_DICT_VIEWS: Final[tuple[type, ...]] = (
    _DICT_ITEMS, type(_NO_ITEMS.keys()), type(_NO_ITEMS.values())
)  # fmt: skip


def is_of_dictionary(made: Any) -> bool:
    """Return whether something that a header has made looks at a dictionary."""
    return any(type(value) in _DICT_VIEWS for value in made)


def _open_grid(loop: ast.For, made: Any) -> tuple[range, tuple[Any, ...]] | None:
    pools = pools_of(made)
    names = names_in_grid(loop)
    if pools is None or names is None or len(pools) != len(names[0]) or not all(pools):
        return None
    indices = range(len(pools[0]))
    values: list[Any] = []
    for axis, pool in enumerate(pools):
        numbers = _range_of(pool) if is_range(loop.iter, axis) else None
        if axis == 0 and numbers is not None:
            indices = numbers
        bounds = (0, 0, 1) if numbers is None else (numbers.start, numbers.stop, numbers.step)
        values += (_as_items(pool) if numbers is None else 0, *bounds)
    values += [0] * (len(names_made(loop.iter)) - len(values))
    return indices, tuple(values)


def is_range(node: ast.expr, axis: int) -> bool:
    """Return whether an axis of a grid is a range by the text."""
    assert isinstance(node, ast.Call)
    if _word(node.func) != "product":
        return True
    axes = axes_of(node)
    match axes[axis] if axis < len(axes) else None:
        case ast.Call(func=ast.Name(id="range")):
            return True
    return False


def pools_of(made: Any) -> tuple[tuple[Any, ...], ...] | None:
    """Return what a grid that has given nothing yet goes over, an axis each."""
    if type(made) is not itertools.product:
        numpy = sys.modules.get("numpy")
        if numpy is not None and type(made) is numpy.ndenumerate:
            return tuple(tuple(range(extent)) for extent in made.iter.base.shape)
        if numpy is None or type(made) is not numpy.ndindex:
            return None
        shape = getattr(getattr(made, "_it", None), "shape", None)  # NumPy before 2.4
        if shape is not None:
            return tuple(tuple(range(extent)) for extent in shape)
        made = getattr(made, "_iter", None)
        if type(made) is not itertools.product:
            return None
    for found in gc.get_referents(made):
        if type(found) is tuple and all(type(pool) is tuple for pool in found):
            return found
    return None


def _range_of(pool: tuple[Any, ...]) -> range | None:
    """Return the range that the items of `pool` were made from, if they may have been."""
    if type(pool[0]) is not int:
        return None
    step = pool[1] - pool[0] if len(pool) > 1 and type(pool[1]) is int else 1
    return range(pool[0], pool[0] + step * len(pool), step) if step else None


def _as_items(pool: tuple[Any, ...]) -> Any:
    numpy = sys.modules.get("numpy")
    kind = type(pool[0])
    if numpy is not None and issubclass(kind, numpy.generic) and {*map(type, pool)} == {kind}:
        return numpy.array(pool)
    return [*pool]


def rest_of(node: ast.expr, made: Any, done: int) -> Iterator[object]:
    """Return the iterator that the header `node` would be after `done` positions.

    It is CPython's own. Of a grid, `done` are the items of the first axis.
    """
    if is_grid(node):
        if not done:
            return iter(made[0])
        pools = pools_of(made[0])
        assert pools is not None
        if type(made[0]) is not itertools.product and hasattr(made[0], "iter"):
            return itertools.islice(made[0], done * math.prod(map(len, pools[1:])), None)
        return itertools.product(pools[0][done:], *pools[1:])
    return _rest(node, iter(made), done)


def _rest(node: ast.expr, made: Iterator[Any], done: int) -> Iterator[object]:
    match node:
        case ast.Call(func=ast.Name(id="enumerate"), args=[items, *start]):
            first = start[0].value if start and isinstance(start[0], ast.Constant) else 0
            assert isinstance(first, int)
            return enumerate(_rest(items, made, done), first + done)
        case ast.Call(func=ast.Name(id="zip"), args=args):
            parts: Sequence[Iterator[object]] = [_rest(part, made, done) for part in args]
            return zip(*parts, strict=False)
    value = next(made)
    if not done:
        return iter(value)
    if type(value) in _DICT_VIEWS:
        return itertools.islice(iter(value), done, None)
    iterator = iter(value)
    iterator.__setstate__(done)
    return iterator  # type: ignore[no-any-return]


def first_of(node: ast.expr, made: Any, done: int) -> Iterator[object]:
    """Return the items of the first `done` positions."""
    if is_grid(node):
        pools = pools_of(made[0])
        assert pools is not None
        if type(made[0]) is not itertools.product and hasattr(made[0], "iter"):
            again = type(made[0])(made[0].iter.base)
            return itertools.islice(again, done * math.prod(map(len, pools[1:])))
        return itertools.product(pools[0][:done], *pools[1:])
    return itertools.islice(_rest(node, iter(made), 0), done)


def _word(func: ast.expr) -> str:
    match func:
        case ast.Name(id=word) | ast.Attribute(value=ast.Name(), attr=word):
            return word
    return ""


def _repeat(keyword: ast.keyword) -> bool:
    match keyword:
        case ast.keyword(arg="repeat", value=ast.Constant(value=int() as times)):
            return type(times) is int and 0 < times <= MOST_AXES
    return False
