"""Loops with a progress bar around what they go over, by their text.

    for i in tqdm(range(n), desc="heat"):       goes over `range(n)`
    for i in trange(n):                         goes over `range(n)`
    for x, y in tqdm(zip(a, b), total=n):       goes over `zip(a, b)`

What the bar really is, and goes over, `capture.bars` sees when the loop is entered.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from parloop.capture.headers import is_plain

BARS: Final[Mapping[str, str]] = MappingProxyType(
    {"tqdm": "tqdm", "trange": "trange", "tqdm_notebook": "tqdm", "tnrange": "trange"}
)
"""Names under which tqdm has its bars, with which of two forms a call has."""


def imported_bars(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that the import `node` gives to tqdm's bars, with their forms."""
    match node:
        case ast.ImportFrom(module=str(module), names=names) if module.split(".")[0] == "tqdm":
            for alias in names:
                if alias.name in BARS:
                    yield alias.asname or alias.name, BARS[alias.name]


def without_bar(loop: ast.For, bars: Mapping[str, str] = BARS) -> ast.For:
    """Return `loop` over what its progress bar goes over; `loop` itself if it has none.

    A bound that is more than arithmetic becomes `int(...)` of it, which is an integer that only the
    entry knows.
    """
    items = _gone_over(loop.iter, bars)
    if items is None:
        return loop
    plain = copy.copy(loop)
    plain.iter = items
    return plain


def _gone_over(header: ast.expr, bars: Mapping[str, str]) -> ast.expr | None:
    match header:
        case ast.Call(func=ast.Name(id=word)) if word in bars:
            form = bars[word]
        case ast.Call(func=ast.Attribute(attr=word)) if word in BARS:
            form = BARS[word]
        case _:
            return None
    if form == "trange":
        if any(isinstance(part, ast.Starred) for part in header.args):
            return None
        name = ast.copy_location(ast.Name("range", ast.Load()), header.func)
        return _with_integers(ast.copy_location(ast.Call(name, header.args, []), header))
    match header.args:
        case [ast.Call(func=ast.Name(id="range"), keywords=[]) as call, *_]:
            return _with_integers(call)
        case [ast.Name() | ast.Call() as items, *_]:
            return items
    return None


def _with_integers(call: ast.Call) -> ast.Call:
    if all(map(is_plain, call.args)):
        return call
    made = copy.copy(call)
    made.args = [part if is_plain(part) else _integer(part) for part in call.args]
    return made


def _integer(bound: ast.expr) -> ast.expr:
    name = ast.copy_location(ast.Name("int", ast.Load()), bound)
    return ast.copy_location(ast.Call(name, [bound], []), bound)
