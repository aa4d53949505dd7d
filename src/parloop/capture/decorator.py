"""Give a function sites, from its text: `parallel`.

The text around the function is compiled twice: as it stands, which has to give the function's own
code, and with sites in the function. The new function takes the code of the second, and everything
else of the old one: closure cells, globals, defaults, attributes, names, annotations.
"""

from __future__ import annotations

import linecache
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, overload
from weakref import WeakKeyDictionary

from parloop.capture.candidates import KNOWN_MODULES, find_callables
from parloop.capture.codes import IsLambda, NoCandidate, NoSource, SourceDiffers
from parloop.capture.definition import (
    FUTURE_FLAGS,
    codes_like,
    compiled,
    defined_in,
    find_code,
    find_definition,
    quietly,
    remember_text,
)
from parloop.capture.rewrite import rewrite, with_own_blocks
from parloop.capture.sites import REGISTRY, SiteInfo
from parloop.config import check_settings, is_off
from parloop.diagnostics import Declined, Diagnostic
from parloop.source import Source, Span

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Captured:
    """What `parallel` made of a function."""

    original: types.FunctionType | None
    """The user's function, or None if it was left as it is."""
    sites: tuple[SiteInfo, ...]
    reason: Diagnostic | None = None
    """Why the function was left as it is, if it was."""


@overload
def parallel(f: F, /, **options: Any) -> F: ...
@overload
def parallel(f: None = None, /, **options: Any) -> Callable[[F], F]: ...
def parallel(f: Any = None, /, **options: Any) -> Any:
    """Return `f` with its loops run natively where that is proved to change nothing.

    As a decorator, bare or with settings that hold for the loops in it, or as a plain call, which
    leaves `f` itself alone. A function whose loops cannot be had is returned as it is; `captured`
    tells why. Only the decorator's result pickles: the function is then found by its name.
    """
    checked = check_settings(options)
    if f is None:
        return lambda function: _parallel(function, checked)
    return _parallel(f, checked)


def captured(f: object) -> Captured | None:
    """Return what `parallel` made of `f`, or None if it was never asked."""
    function = getattr(f, "__func__", f)
    return _captured.get(function) if isinstance(function, types.FunctionType) else None


_captured: WeakKeyDictionary[types.FunctionType, Captured] = WeakKeyDictionary()


def _parallel(f: Any, options: Mapping[str, Any]) -> Any:
    match f:
        case staticmethod() | classmethod():
            return type(f)(_parallel(f.__func__, options))
        case types.MethodType():
            return types.MethodType(_parallel(f.__func__, options), f.__self__)
        case types.FunctionType():
            return f if is_off() else _with_sites(f, options)
    if not callable(f):
        raise TypeError(f"f={f!r} must be a function")
    return f


def sites_of(f: types.FunctionType) -> tuple[SiteInfo, ...]:
    """Return the sites that `parallel` would put into `f`, or raise Declined."""
    return _compile_once(f, {})[1]


def _with_sites(f: types.FunctionType, options: Mapping[str, Any]) -> types.FunctionType:
    before = _captured.get(f)
    if before is not None and before.original is not None:
        f = before.original
    try:
        code, sites = _compile_once(f, options)
    except Declined as declined:
        _captured[f] = Captured(None, (), declined.diagnostic)
        return f
    REGISTRY.install(f.__globals__)
    made = _like(f, code)
    _captured[made] = Captured(f, sites)
    return made


def _like(f: types.FunctionType, code: types.CodeType) -> types.FunctionType:
    made = types.FunctionType(code, f.__globals__, f.__name__, f.__defaults__, f.__closure__)
    for name in _COPIED:
        if hasattr(f, name):
            setattr(made, name, getattr(f, name))
    made.__dict__.update(f.__dict__)
    return made


# Of `__annotations__` and `__annotate__` (since 3.14) the later one must be copied first, because
# setting the other would evaluate or drop it.
_COPIED: Final = (
    "__kwdefaults__", "__module__", "__qualname__", "__doc__", "__type_params__",
    "__annotate__" if hasattr(types.FunctionType, "__annotate__") else "__annotations__",
)  # fmt: skip


def _compile_once(
    f: types.FunctionType, options: Mapping[str, Any]
) -> tuple[types.CodeType, tuple[SiteInfo, ...]]:
    """Return what `_compile` does; a function that is defined again and again shares its sites."""
    key = (id(f.__code__), *sorted(options.items()))
    if key not in _made:
        _made[key] = (f.__code__, *_compile(f, options))
    return _made[key][1:]


_made: dict[tuple[Any, ...], tuple[types.CodeType, types.CodeType, tuple[SiteInfo, ...]]] = {}
"""By the identity of the code, which is kept so that no other gets the same, and the options."""


def _compile(
    f: types.FunctionType, options: Mapping[str, Any]
) -> tuple[types.CodeType, tuple[SiteInfo, ...]]:
    """Return `f`'s code with sites, and these, or raise Declined."""
    code = f.__code__
    place = Span(code.co_firstlineno, 0, code.co_firstlineno, 0)
    if code.co_name == "<lambda>":
        raise Declined(IsLambda("a `lambda` contains no loop", place))
    text = "".join(linecache.getlines(code.co_filename, f.__globals__))
    if not text:
        message = f"the text of `{f.__qualname__}` cannot be found in `{code.co_filename}`"
        raise Declined(NoSource(message, place))
    try:
        with quietly():
            made, sites = _compile_text(f, Source(code.co_filename, text), options)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        made, sites = None, ()
    if made is None:
        message = f"the text in `{code.co_filename}` is not that of `{f.__qualname__}`"
        raise Declined(SourceDiffers(message, place))
    if not sites:
        message = f"`{f.__qualname__}` has no loop over `range` that could run natively"
        raise Declined(NoCandidate(message, place))
    return made, sites


def _compile_text(
    f: types.FunctionType, source: Source, options: Mapping[str, Any]
) -> tuple[types.CodeType | None, tuple[SiteInfo, ...]]:
    """Return `f`'s code as made from `source`, with sites, or None if it is not in there."""
    code = f.__code__
    found = find_definition(source, code)
    if found is None:
        return None, ()
    plain, definition = found
    flags = code.co_flags & FUTURE_FLAGS
    position = find_code(compiled(plain, source, flags), code)
    if position is None:
        return None, ()
    copies: dict[int, Any] = {}
    tree = with_own_blocks(plain, copies)
    definition = copies[id(definition)]
    callables = find_callables(plain, _names_function(f), _names_own(f, source))
    tree, sites = rewrite(
        tree, source, only=definition, options=options, callables=callables, flags=flags
    )
    made = codes_like(compiled(tree, source, flags), code)[position]
    remember_text(made, source)
    if (made.co_freevars, made.co_varnames) != (code.co_freevars, code.co_varnames):
        return None, ()
    return made, sites




def _names_function(f: types.FunctionType) -> Callable[[str], bool]:
    """Return whether a name, as `f` sees it now, is a module or function that may be replaced."""

    def is_known(name: str) -> bool:
        value = f.__globals__.get(name)
        if isinstance(value, types.ModuleType):
            return value.__name__ in KNOWN_MODULES
        module = getattr(value, "__module__", None)
        is_ufunc = type(value).__module__ == "numpy" and type(value).__name__ == "ufunc"
        return is_ufunc or (callable(value) and module in KNOWN_MODULES)

    return is_known


def _names_own(f: types.FunctionType, source: Source) -> Callable[[str], bool]:
    """Return whether a name is, or will be, a function of the program's own as `f` sees it."""
    cells = dict(zip(f.__code__.co_freevars, f.__closure__ or (), strict=True))

    def is_own(name: str) -> bool:
        try:
            value = cells[name].cell_contents if name in cells else f.__globals__.get(name)
        except ValueError:
            return False
        if name not in cells and name not in f.__globals__:  # defined further down, perhaps
            return name in defined_in(source)
        return type(value) is types.FunctionType

    return is_own
