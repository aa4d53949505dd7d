"""Run a loop both ways: what machine code has left against what CPython leaves.

The native run comes first. Then the arrays are set back and the loop is run again from its text, as
far as the native run went; what the two have left is compared bit by bit, NaNs apart. CPython's
results are the ones that stay.
"""

from __future__ import annotations

import ast
import builtins
import copy
import warnings
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from types import CodeType, FrameType, MappingProxyType
from typing import Any

import numpy as np

from parloop.capture.items import count_positions, first_items, leaves
from parloop.capture.made import OPENED, first_of
from parloop.capture.sites import KEEP, UNBOUND, Outcome, Site
from parloop.diagnostics import Mismatch
from parloop.frontend.ways import with_ways

_INDICES = "__parloop_indices__"

_USERS = (ArithmeticError, LookupError, NameError, TypeError, ValueError, Warning)
"""What the statements of a loop may raise."""


def run_both(
    site: Site,
    indices: range,
    values: tuple[object, ...],
    frame: FrameType,
    native: Callable[[], Outcome | None],
    further: Mapping[str, object] = MappingProxyType({}),
    first: int = 0,
) -> Outcome | None:
    """Return what `native` returns, or raise `Mismatch` if CPython leaves something else.

    `further` are inputs whose names do not stand in the loop's text. `first` iterations have run
    before.
    """
    names = {**further, **_names(site, values, frame)}
    arrays = {n: v for n, v in names.items() if type(v) is np.ndarray and v.flags.writeable}
    before = {name: array.copy() for name, array in arrays.items()}
    lists = [pair for n, v in names.items() if type(v) is list for pair in _lists_in(n, v)]
    items_before = [items[:] for _, items in lists]
    outcome = native()
    if outcome is None or (outcome.done == first and not outcome.broke):
        return outcome
    after = {name: array.copy() for name, array in arrays.items()}
    items_after = [items[:] for _, items in lists]
    for name, array in arrays.items():
        np.copyto(array, before[name])
    for (_, items), old in zip(lists, items_before, strict=True):
        items[:] = old
    finished = outcome.done + outcome.broke
    passed = dict(zip(site.info.passed, values, strict=True))
    if site.info.made:
        rest = first_of(site.info.node.iter, passed[OPENED], finished)
        left = _run_text(site, rest, names, frame)
    elif site.info.over_items:
        total = len(count_positions(*(passed[name] for name in leaves(site.info.node.iter))) or ())
        done = first_items(site.info.node.iter, passed, finished, total)
        rest = islice(done, first, None)
        left = _run_text(site, rest, names, frame)
    else:
        left = _run_text(site, indices[first:finished], names, frame)
    for name, array in arrays.items():
        if why := find_difference(array, after[name]):
            raise Mismatch(f"{_place(site)}: array `{name}`: {why}")
    for (name, items), after_native in zip(lists, items_after, strict=True):
        if why := _find_difference_of_items(items, after_native):
            raise Mismatch(f"{_place(site)}: list `{name}`: {why}")
    for name, value in zip(site.info.outputs, outcome.values, strict=True):
        expected = left.get(name, UNBOUND)
        if value is KEEP:
            value = names.get(name, UNBOUND)
        if value is not expected and (why := find_difference(expected, value)):
            raise Mismatch(f"{_place(site)}: `{name}`: {why}")
    return outcome


def _lists_in(name: str, items: list[Any]) -> list[tuple[str, list[Any]]]:
    """Return a list and those in it, each once, in words."""
    found: dict[int, tuple[str, list[Any]]] = {}
    pending: list[tuple[str, Any]] = [(name, items)]
    while pending:
        path, one = pending.pop()
        if type(one) is list:
            if id(one) in found:
                continue
            found[id(one)] = path, one
        if type(one) in (list, tuple) and one and type(one[0]) in (list, tuple):
            pending += [(f"{path}[{k}]", part) for k, part in enumerate(one)]
    return [*found.values()]


def _find_difference_of_items(expected: list[Any], found: list[Any]) -> str | None:
    if len(found) != len(expected):
        return f"{len(expected)} items in CPython, {len(found)} natively"
    for number, (one, other) in enumerate(zip(expected, found, strict=True)):
        if one is not other and (why := find_difference(one, other)):
            return f"item [{number}] is {why}"
    return None


def find_difference(expected: Any, found: Any) -> str | None:
    """Return how `found` differs from `expected` in type or bits, or None; NaNs do not."""
    if type(found) is not type(expected):
        return f"{expected!r} in CPython, {found!r} natively, of type {type(found).__name__}"
    if not isinstance(expected, np.ndarray):
        if _bits(np.asarray(expected)) == _bits(np.asarray(found)) and expected is not UNBOUND:
            return None
        return f"{expected!r} in CPython, {found!r} natively"
    if _bits(expected) == _bits(found):
        return None
    for place in np.ndindex(expected.shape):
        if _bits(np.asarray(expected[place])) != _bits(np.asarray(found[place])):
            where = ", ".join(map(str, place))
            return f"element [{where}] is {expected[place]!r} in CPython, {found[place]!r} natively"
    return None


def _bits(array: np.ndarray[Any, Any]) -> bytes | list[Any]:
    """Return the bits, with one and the same for every NaN."""
    if array.dtype.hasobject:  # Python's integers beyond 64 bits
        return [repr(item) for item in array.reshape(-1)]
    made = np.array(array, order="C")
    parts = (made.real, made.imag) if made.dtype.kind == "c" else (made,)
    for part in parts:
        if part.dtype.kind == "f":
            part[np.isnan(part)] = np.nan
    return made.tobytes()


def _names(site: Site, values: tuple[object, ...], frame: FrameType) -> dict[str, object]:
    names = dict(zip(site.info.passed, values, strict=True))
    for name in site.info.looked_up:
        value = site.look_up(frame, name)
        if value is not UNBOUND:
            names[name] = value
    for name in site.info.outputs:
        value = site.binding(frame, name)
        if value is not UNBOUND:
            names.setdefault(name, value)
    return names


def _run_text(
    site: Site, indices: Iterable[object], names: Mapping[str, object], frame: FrameType
) -> dict[str, object]:
    """Run the loop's text over `indices`, without its warnings; return the names that it leaves."""
    space = {**frame.f_globals, "__warningregistry__": {}}
    space.setdefault("__builtins__", builtins)
    local = {**names, _INDICES: indices}
    shown = warnings._showwarnmsg  # type: ignore[attr-defined]
    warnings._showwarnmsg = lambda message: None  # type: ignore[attr-defined]
    try:
        exec(_compile(site), space, local)
    except _USERS as error:
        raise Mismatch(f"{_place(site)}: CPython raises {error!r}") from error
    finally:
        warnings._showwarnmsg = shown  # type: ignore[attr-defined]
    return local


def _compile(site: Site) -> CodeType:
    """Return the code of the loop alone, over given indices and without its `else`.

    Its names are looked up as in the body of a class, in one dictionary: closures see the same.
    """
    loop = with_ways(copy.deepcopy(site.info.node))
    loop.iter = ast.copy_location(ast.Name(_INDICES, ast.Load()), loop.iter)
    loop.orelse = []
    module = ast.fix_missing_locations(ast.Module([loop], []))
    code: CodeType = compile(
        module, site.info.path, "exec", site.info.flags, dont_inherit=True
    )
    return code


def _place(site: Site) -> str:
    return f"{site.info.path}:{site.info.line}"
