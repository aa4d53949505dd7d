"""The places where parloop may take over: one `Site` in front of each rewritten loop.

`capture.rewrite` makes of a loop

    for i, s in (__parloop__.k_enter(range(n), a, s)
                 if __parloop__.k_on or __parloop__.k_open else ()):
        if s is __parloop__.unbound: del s
        if __parloop__.k_whole(): break
    else:
        for i in (__parloop__.k_open and __parloop__.k_rest() or range(n)):
            BODY
        else: ELSE

where `k` is the key of the site, `k_on` says whether an engine wants to see entries at all, and
`k_open` holds the *activations*: what `k_enter` leaves for `k_whole` and `k_rest` to find. While it
is empty the loop costs two attribute loads more than the user's. The results of a native run are
bound by the very next instructions after `k_enter` returns, between which CPython serves neither
signals nor other threads, so that nobody sees a loop that has run but not bound its names.

An activation belongs to a thread and a frame. It is gone before user code runs, so that recursion,
suspended generators and exceptions in BODY find nothing to disturb. One that an exception from a
signal handler left behind is dropped when its frame enters again (an open activation makes every
entry go through `k_enter`), and is never taken for another frame's.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import sys
import threading
from _thread import get_ident
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import FrameType, MappingProxyType
from typing import Any, ClassVar, Final, Literal, TypeAlias, cast

from parloop.source import Source, Span


class _Marker:
    """A value that is nothing but itself, in this process and after pickling."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"<{self._name}>"

    def __reduce__(self) -> str:
        return self._name


UNBOUND: Final = _Marker("UNBOUND")
"""Among an outcome's values: the name is not bound after the run."""

KEEP: Final = _Marker("KEEP")
"""Among an outcome's values: the name is as it was before the loop."""

Scope: TypeAlias = Literal["module", "class", "function"]

REGISTRY_NAME: Final = "__parloop__"
"""Under which the rewritten text finds the registry: a dunder, so that no class mangles it."""


@dataclass(frozen=True, slots=True, eq=False)
class SiteInfo:
    """What the text says about one rewritten loop."""

    key: str
    source: Source
    node: ast.For
    """The user's loop as parsed; nobody changes it."""
    function: str
    """The qualified name of the function or class that the loop stands in, or `<module>`."""
    scope: Scope
    class_name: str | None
    """The class whose private names are mangled here."""
    passed: tuple[str, ...]
    """Names that the site gets the values of at each entry: read by the loop, and surely bound."""
    looked_up: tuple[str, ...]
    """Further names that the loop reads: `Site.look_up` gives their values."""
    outputs: tuple[str, ...]
    """Names that the loop may bind, in order of first appearance; the loop's index is the first."""
    flags: int = 0
    """Flags of the `__future__` features that the text around the loop was compiled with."""

    @property
    def path(self) -> str:
        """The path of the file, as tracebacks print it."""
        return self.source.path

    @property
    def line(self) -> int:
        """The loop's first line."""
        return self.node.lineno

    @property
    def end_line(self) -> int:
        """The loop's last line."""
        return self.node.end_lineno or self.node.lineno

    @property
    def column(self) -> int:
        """The column of the loop's first character, from 0."""
        return _characters(self.source.line(self.line), self.node.col_offset)

    @property
    def span(self) -> Span:
        """The whole loop."""
        last = self.source.line(self.end_line)
        end = _characters(last, self.node.end_col_offset or 0)
        return Span(self.line, self.column, self.end_line, end)

    @property
    def has_else(self) -> bool:
        """Whether the loop has an `else` clause."""
        return bool(self.node.orelse)


def _characters(line: str, n_bytes: int) -> int:
    return len(line.encode()[:n_bytes].decode(errors="replace"))


@dataclass(slots=True)
class Outcome:
    """What an engine did of one entry: iterations `0 .. done-1` of the range, completely."""

    done: int
    values: tuple[object, ...] = ()
    """The values of `SiteInfo.outputs` after these, in that order, or UNBOUND, or KEEP.

    Not looked at when `done` is 0 and `broke` is False: then nothing is bound."""
    broke: bool = False
    """Iteration `done` left the loop by `break`: neither the rest nor `else` runs."""
    error: BaseException | None = None
    """Raised after the values are bound and before the rest runs: an interrupt."""


Engine: TypeAlias = Callable[["Site", range, tuple[object, ...], FrameType], "Outcome | None"]
"""Asked at each entry of an active site; None leaves this entry to the interpreter."""


@dataclass(slots=True)
class _Activation:
    frame: FrameType
    rest: Iterator[object]
    whole: bool
    error: BaseException | None
    below: _Activation | None
    """Of the same thread and site, in a frame that a signal handler or finaliser interrupted."""


class Site:
    """One rewritten loop. `state` is the engine's own; `options` are those of the decorator."""

    __slots__ = ("_open", "_registry", "info", "options", "state")

    engine: ClassVar[Engine | None] = None
    """Asked by all sites that are on. Set it through `set_engine`."""

    def __init__(self, info: SiteInfo, registry: Registry, options: Mapping[str, Any]) -> None:
        self.info = info
        self.options = options
        self.state: Any = None
        self._registry = registry
        self._open: dict[int, _Activation] = {}

    @property
    def is_on(self) -> bool:
        """Whether entries ask the engine. Off, an entry costs two attribute loads."""
        return bool(getattr(self._registry, f"{self.info.key}_on"))

    @is_on.setter
    def is_on(self, value: bool) -> None:
        setattr(self._registry, f"{self.info.key}_on", value)

    def look_up(self, frame: FrameType, name: str) -> object:
        """Return what reading `name` (as the text has it) in `frame` would give, or UNBOUND."""
        name = mangle(name, self.info.class_name)
        code = frame.f_code
        if name in code.co_varnames or name in code.co_cellvars or name in code.co_freevars:
            return frame.f_locals.get(name, UNBOUND)
        if self.info.scope != "function" and name in frame.f_locals:
            return frame.f_locals[name]
        if name in frame.f_globals:
            return frame.f_globals[name]
        return frame.f_builtins.get(name, UNBOUND)

    def binding(self, frame: FrameType, name: str) -> object:
        """Return what `name` is bound to in the space that storing it in `frame` would change."""
        name = mangle(name, self.info.class_name)
        code = frame.f_code
        if (
            self.info.scope != "function"
            or name in code.co_varnames
            or name in code.co_cellvars
            or name in code.co_freevars
        ):
            return frame.f_locals.get(name, UNBOUND)
        return frame.f_globals.get(name, UNBOUND)

    def enter(self, iterable: object, *values: object) -> tuple[tuple[object, ...], ...]:
        """Let the engine try; return the values to bind now, as the only row, or no row."""
        frame = sys._getframe(1)
        ident = get_ident()
        below = self._open.get(ident)
        while below is not None and below.frame is frame:
            below = below.below  # left behind by an exception from a signal handler
        outcome: Outcome | None = None
        engine = Site.engine
        if engine is not None and type(iterable) is range and self.is_on:
            outcome = engine(self, iterable, values, frame)
        if outcome is None:
            self._open[ident] = _Activation(
                frame, iter(cast(Iterable[object], iterable)), False, None, below
            )
            return ()
        # From here to the binding of the row an exception can only be that of a signal handler or
        # finaliser, and has to wait: the loop has run, and nobody may see it half bound.
        try:
            row, activation = self._finish(outcome, iterable, values, frame, below)
        except BaseException as error:
            outcome.error = error
            row, activation = self._finish(outcome, iterable, values, frame, below)
        self._open[ident] = activation
        return row

    def _finish(
        self,
        outcome: Outcome,
        iterable: object,
        values: tuple[object, ...],
        frame: FrameType,
        below: _Activation | None,
    ) -> tuple[tuple[tuple[object, ...], ...], _Activation]:
        assert type(iterable) is range
        broke = outcome.broke
        rest = iterable[len(iterable) :] if broke else iterable[outcome.done :]
        whole = broke or (not self.info.has_else and not rest)
        activation = _Activation(frame, iter(rest), whole, outcome.error, below)
        if outcome.done == 0 and not broke:
            return (), activation
        row = tuple(
            self._before(name, values, frame) if value is KEEP else value
            for name, value in zip(self.info.outputs, outcome.values, strict=True)
        )
        return (row,), activation

    def _before(self, name: str, values: tuple[object, ...], frame: FrameType) -> object:
        if name in self.info.passed:
            return values[self.info.passed.index(name)]
        return self.binding(frame, name)

    def whole(self) -> bool:
        """Return whether the loop is over, `else` clause included; if so, forget the activation."""
        found = self._find(sys._getframe(1))
        if found is None or not found.whole:
            return False
        self._close(found)
        if found.error is not None:
            raise found.error
        return True

    def rest(self) -> Iterator[object] | None:
        """Return the iterations that are left, or None where `enter` was not asked.

        An iterator, because it is true even where nothing is left.
        """
        found = self._find(sys._getframe(1))
        if found is None:
            return None
        self._close(found)
        if found.error is not None:
            raise found.error
        return found.rest

    def _find(self, frame: FrameType) -> _Activation | None:
        found = self._open.get(get_ident())
        while found is not None and found.frame is not frame:
            found = found.below
        return found

    def _close(self, found: _Activation) -> None:
        if found.below is None:
            del self._open[get_ident()]
        else:
            self._open[get_ident()] = found.below


class Registry:
    """What `__parloop__` is: the sites of this process, by key, as attributes `KEY_enter`, ...

    A site that another process made (its code arrived pickled) is revived as one that is off.
    """

    unbound: Final = UNBOUND

    def __init__(self) -> None:
        self.sites: dict[str, Site] = {}
        self._taken: set[str] = set()
        self._lock = threading.Lock()

    def new_key(self, source: Source, node: ast.For) -> str:
        """Return a key for the loop `node` that no other site of this process has.

        It depends on the text, so that code sent to another process rarely finds another's site.
        """
        stem = f"s{_digest(source)}_{node.lineno}_{node.col_offset}"
        with self._lock:
            key, number = stem, 1
            while key in self.sites or key in self._taken:
                number += 1
                key = f"{stem}_{number}"
            self._taken.add(key)
        return key

    def add(self, info: SiteInfo, options: Mapping[str, Any] = MappingProxyType({})) -> Site:
        """Make the site that `info` describes; it is on if there is an engine."""
        site = Site(info, self, options)
        with self._lock:
            self.sites[info.key] = site
            self._publish(info.key, site)
        return site

    def _publish(self, key: str, site: Site) -> None:
        vars(self).update(
            {
                f"{key}_enter": site.enter,
                f"{key}_whole": site.whole,
                f"{key}_rest": site.rest,
                f"{key}_open": site._open,
                f"{key}_on": Site.engine is not None,
            }
        )

    def set_engine(self, engine: Engine | None) -> None:
        """Let `engine` decide about all entries from now on; None turns every site off."""
        with self._lock:
            Site.engine = engine
            for site in self.sites.values():
                site.is_on = engine is not None

    def install(self, names: dict[str, Any]) -> None:
        """Put the registry where text whose globals are `names` finds it."""
        names[REGISTRY_NAME] = self
        vars(builtins)[REGISTRY_NAME] = self

    def __getattr__(self, name: str) -> Any:
        if name.endswith("_on"):
            value: object = False
        elif name.endswith("_open"):
            value = _NOTHING
        else:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return vars(self).setdefault(name, value)

    def __reduce__(self) -> str:
        return "REGISTRY"


@lru_cache(maxsize=8)
def _digest(source: Source) -> str:
    text = f"{source.path}\0{source.text}".encode(errors="surrogatepass")
    return hashlib.sha256(text).hexdigest()[:8]


_NOTHING: Final[Mapping[int, object]] = MappingProxyType({})
"""The activations of a site that this process has not made."""

REGISTRY: Final = Registry()


def mangle(name: str, class_name: str | None) -> str:
    """Return `name` as the compiler knows it inside the class `class_name`."""
    if class_name is None or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    stem = class_name.lstrip("_")
    return f"_{stem}{name}" if stem else name
