"""Loops that machine code cannot run for what their names hold, as far as a glance tells.

    for i in range(n):
        out.append(words[i])        `words` is a list of strings

Loading the engine for such a loop would be for nothing. What is not sure is left to the engine.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from parloop.capture.candidates import iterated
from parloop.capture.sites import UNBOUND, SiteInfo

_SEQUENCES: Final = (list, tuple)
_NUMBERS: Final = (bool, int, float, complex)

_ON_GPU: Final = "numba.cuda.cudadrv.devicearray"
"""Where Numba's arrays on the GPU come from."""

_DEEPEST: Final = 4
"""How many lists in lists are looked into."""


@dataclass(frozen=True, slots=True)
class _Uses:
    """The names that a loop takes elements of and does not bind."""

    all: tuple[str, ...]
    inner: tuple[frozenset[str], ...]
    """Those of each loop inside."""


_known: dict[str, _Uses] = {}


def find_unsuitable(
    info: SiteInfo, values: tuple[object, ...], look_up: Callable[[str], object]
) -> tuple[str, object] | None:
    """Return a name, and the value, that keeps the loop and all loops in it in the interpreter.

    `look_up` gives values of names that are not passed. None where it is not sure.
    """
    uses = _known.get(info.key)
    if uses is None:
        uses = _known[info.key] = _uses_of(info)
    passed = dict(zip(info.passed, values, strict=False))
    for name in uses.all:
        if all(name in inside for inside in uses.inner):
            value = passed[name] if name in passed else look_up(name)
            if value is not UNBOUND and not _may_have_numbers(value):
                return name, value
    return None


def _uses_of(info: SiteInfo) -> _Uses:
    bound = set(info.outputs) | {
        node.id
        for node in ast.walk(info.node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    names = dict.fromkeys(name for name in _elements_in(info.node) if name not in bound)
    loops = (ast.For, ast.ListComp, ast.GeneratorExp)  # which may have sites
    inner = [
        frozenset(_elements_in(node))
        for part in info.node.body
        for node in ast.walk(part)
        if isinstance(node, loops)
    ]
    return _Uses(tuple(names), tuple(inner))


def _elements_in(loop: ast.AST) -> Iterator[str]:
    """Yield the names of what `loop` subscripts, or goes over."""
    for node in ast.walk(loop):
        match node:
            case ast.Subscript(value=ast.Name(id=name)):
                yield name
            case ast.For(iter=items) | ast.comprehension(iter=items):
                yield from iterated(items)


def _may_have_numbers(value: Any) -> bool:
    """Return whether `value` may be an array, or a list of numbers or of such lists."""
    depth = 0
    while type(value) in _SEQUENCES and value and depth < _DEEPEST:
        value, depth = value[0], depth + 1
    kind = type(value)
    if kind in _SEQUENCES or (depth and kind in _NUMBERS):
        return True
    if kind.__module__ == _ON_GPU:
        return True
    numpy = sys.modules.get("numpy")
    return numpy is not None and issubclass(kind, numpy.ndarray | numpy.generic)
