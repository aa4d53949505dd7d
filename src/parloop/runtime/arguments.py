"""What a launch is given: the values of a nest's inputs, their types, the functions it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import FrameType, ModuleType
from typing import Any, Final

import numpy as np

from parloop.capture.sites import UNBOUND, Site
from parloop.diagnostics import Declined
from parloop.frontend.known import means
from parloop.ir.nodes import Nest
from parloop.ir.parts import part_of
from parloop.ir.types import (
    NUMPY_SCALARS,
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    Array,
    Scalar,
    Type,
)
from parloop.runtime.callees import NO_CALLS, Calls
from parloop.runtime.codes import ArrayNotSupported, FunctionReplaced, ValueNotSupported

SCALARS: Final[Mapping[type, Scalar]] = {
    bool: PY_BOOL,
    int: PY_INT,
    float: PY_FLOAT,
    complex: PY_COMPLEX,
    **{
        np.dtype(str(s).rstrip("_") if s.kind == "b" else str(s)).type: s for s in NUMPY_SCALARS
    },
}
"""The types of scalars, by the classes whose exact instances have them."""

DTYPES: Final[Mapping[np.dtype[Any], Scalar]] = {
    np.dtype(kind): scalar for kind, scalar in SCALARS.items() if scalar.owner == "numpy"
}
"""The types of elements."""


def gather(
    site: Site,
    nest: Nest,
    values: tuple[object, ...],
    frame: FrameType,
    calls: Calls = NO_CALLS,
) -> dict[str, Any]:
    """Return the values of the nest's inputs by name; names without a value are left out."""
    passed = dict(zip(site.info.passed, values, strict=True))
    arguments: dict[str, Any] = {}
    for name in nest.inputs:
        part = part_of(name)
        if name.startswith("%") and part is None:
            continue
        known = name if part is None else part.items
        value = passed[known] if known in passed else calls.look_up(site, frame, known)
        if value is not UNBOUND:
            arguments[name] = arguments[known] = value
    return arguments


def type_of(name: str, value: object) -> Type:
    """Return the type of an input, or raise `Declined` if machine code has none for it."""
    if type(value) is np.ndarray:
        dtype = DTYPES.get(value.dtype)
        if dtype is None or not value.dtype.isnative or not value.flags.aligned:
            raise Declined(ArrayNotSupported(f"`{name}` is an array of `{value.dtype}`"))
        return Array(dtype, value.ndim, value.flags.writeable)
    scalar = SCALARS.get(type(value))
    if scalar is None:
        raise Declined(ValueNotSupported(f"`{name}` is a `{type(value).__name__}`"))
    return scalar


@dataclass(frozen=True, slots=True)
class Guard:
    """A dotted path that the lowering took for the object that is known as `canonical`."""

    path: str
    root: str
    attributes: tuple[str, ...]
    canonical: str


def guards_of(nest: Nest) -> tuple[Guard, ...]:
    """Return the guards of a nest."""
    made = []
    for path, canonical in nest.guards:
        root, *attributes = path.split(".")
        made.append(Guard(path, root, tuple(attributes), canonical))
    return tuple(made)


def check_guards(
    site: Site, guards: tuple[Guard, ...], frame: FrameType, calls: Calls = NO_CALLS
) -> None:
    """Decline if a name no longer means the function that the loop was lowered with."""
    for guard in guards:
        value = calls.look_up(site, frame, guard.root)
        for attribute in guard.attributes:
            value = getattr(value, attribute, UNBOUND)
        if not means(value, guard.canonical):
            raise Declined(FunctionReplaced(f"`{guard.path}` is not `{guard.canonical}` any more"))


Watched = tuple[dict[str, Any], str, object]
"""A dictionary, a key, and what is to be found there: `UNBOUND` for nothing."""


def watch(
    site: Site,
    guards: tuple[Guard, ...],
    calls: Calls,
    values: tuple[object, ...],
    frame: FrameType,
) -> tuple[tuple[tuple[int, object], ...], tuple[Watched, ...]] | None:
    """Return what has to stay as it is so that the guards, which hold now, hold again.

    The first are items of `values`, the second entries of the frame's globals and builtins and of
    modules. None if some root is neither.
    """
    items: dict[int, object] = {}
    entries: dict[tuple[int, str], Watched] = {}
    paths = [(guard.root, guard.attributes) for guard in guards]
    if calls.needed or any(one.keyword_defaults for one in calls.called):
        return None
    for root, attributes in (*paths, *((one.name, ()) for one in calls.called)):
        spaces: tuple[dict[str, Any], ...] = (frame.f_globals, frame.f_builtins)
        if root in site.info.passed:
            place = site.info.passed.index(root)
            value = items[place] = values[place]
        elif root in calls.places and not calls.places[root].spaces:
            return None
        elif root in calls.places or (
            site.info.scope == "function" and root not in _own_names(frame)
        ):
            value, key = UNBOUND, root
            if root in calls.places:
                spaces, key = calls.places[root].spaces, calls.places[root].name
            for space in spaces:
                _add(entries, space, key)
                value = space.get(key, UNBOUND)
                if value is not UNBOUND:
                    break
        else:
            return None
        for attribute in attributes:
            if type(value) is not ModuleType or attribute not in vars(value):
                return None
            _add(entries, vars(value), attribute)
            value = vars(value)[attribute]
    return tuple(items.items()), tuple(entries.values())


def _add(entries: dict[tuple[int, str], Watched], names: dict[str, Any], key: str) -> None:
    entries[id(names), key] = (names, key, names.get(key, UNBOUND))


def _own_names(frame: FrameType) -> Iterator[str]:
    code = frame.f_code
    yield from (*code.co_varnames, *code.co_cellvars, *code.co_freevars)
