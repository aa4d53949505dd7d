"""The places where parloop may take over: one `Site` in front of each rewritten loop.

`capture.rewrite` makes of a loop

    for i, s in (__parloop__.k.enter[range(n), range, n, a, s] if GUARD else ()):
        if t is __parloop__.unbound: del t
        if __parloop__.k.open and __parloop__.k.leaves(1): return EXPRESSION
        if not __parloop__.k.open or __parloop__.k.whole(): break
    else:
        while True:
            for i in (__parloop__.k.open and __parloop__.k.rest() or range(n)):
                BODY
            else:
                if __parloop__.k.open and __parloop__.k.resumes():
                    for i, s in __parloop__.k.resume[a, s]:
                        (as above)
                    else: continue
                else: ELSE
            break

where `k` is the key of the site, and `open` holds the *activations*: what `enter` leaves for
`whole` and `rest` to find. It leaves none where the loop is over. GUARD is `__parloop__.k.on`,
which says whether an engine wants to see entries, or, where the bounds are made of names, lengths
and numbers, the inline test for enough iterations, where `gate` is beyond all but the longest
loops while the site is off, and below all while activations are open:

    n >= __parloop__.k.gate if n.__class__ is __parloop__.int else __parloop__.k.on

`resumes` says whether the iterations of the last `for` were not all: after some that machine code
could not finish, `resume` lets the engine try the rest (`capture.resuming`), and `continue` has the
interpreter run what is then left. There is neither, nor the `while`, where ELSE has a `break` or
`continue` of an outer loop, or where the header does not stand in the line of `for`.

The last `for` of a nest stands there twice, under `if __parloop__.k.inner`: with sites in front of
the loops in BODY, and without. The engine chooses the first for entries that it declines, if the
loops inside are large enough.

There is a line `return EXPRESSION` for each `return` in BODY. Machine code that comes to one leaves
the loop as if by `break`; the `return` itself is the interpreter's, whatever it returns.

Over items (`for x in a`, `enumerate(zip(a, b))`) the site gets `__parloop__.positions(a, b)`, not
the header: a range, or None for what is neither a list nor an array. The header itself is never
evaluated but by the interpreter, if it runs the loop from its beginning; a rest goes on with
CPython's own iterators (`capture.items`).

The results of a native run are bound by the very next instructions after `enter` returns, between
which CPython serves neither signals nor other threads, so that nobody sees a loop that has run but
not bound its names. That is why `enter` is a subscription: CPython serves signals after the *call*
of a function that is not written in Python, and the engine may put such an object in its place
(`runtime.enter`), but never after `x[y]`.

An activation belongs to a thread and a frame. It is gone before user code runs, so that recursion,
suspended generators and exceptions in BODY find nothing to disturb. One that an exception from a
signal handler left behind is dropped when its frame enters again, which it does through `enter`
because a site with open activations stays on; it is never taken for another frame's.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import math
import os
import sys
import threading
from _thread import get_ident
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from inspect import CO_OPTIMIZED
from sys import _getframe
from types import FrameType, MappingProxyType
from typing import Any, ClassVar, Final, Literal, Protocol, TypeAlias

from parloop.capture.comprehensions import Comprehension
from parloop.capture.effects import Where
from parloop.capture.items import count_positions
from parloop.capture.made import OPENED, Opened, are_few, open_header, opened, rest_of
from parloop.capture.resuming import Again, Pause, Resuming, iterate
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
    n_repeatable: int = 0
    """How many of `passed`, from the first, are the names in a header of nothing but arithmetic,
    `len(NAME)` and `NAME.shape`; 0 if it is anything else."""
    flags: int = 0
    """Flags of the `__future__` features that the text around the loop was compiled with."""

    resumes: bool = False
    """Whether the text asks again about the rest of the loop."""
    steady: tuple[str, ...] = ()
    """Those of `passed` that are bound wherever it does; their values are passed again."""

    effects: tuple[Where, ...] = ()
    """Where blocks begin that only the interpreter can run, under an `if`."""

    over_items: bool = False
    """Whether the loop is over items: `Engine` gets their positions."""

    made: tuple[str, ...] = ()
    """Those of `passed`, the last ones, that stand for what the header makes: the text gives all
    that to the site in place of a range."""

    comprehension: Comprehension | None = None
    """What stands in the text, where it is no loop; `node` is the loop that it means."""

    bar: ast.expr | None = None
    """The loop's header as written, if that is a progress bar; `node` goes over its items."""

    @property
    def written(self) -> tuple[str, ...]:
        """Those of `passed` that the text passes by name."""
        return self.passed[: len(self.passed) - len(self.made)]

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
    way: int = 0
    """Iteration `done` came to the `return` of this number (from 1), if `broke`."""
    error: BaseException | None = None
    """Raised after the values are bound and before the rest runs: an interrupt."""
    again: Again | None = None
    """Who wants to be asked about the rest, after the interpreter has run some of it."""


Engine: TypeAlias = Callable[["Site", range, tuple[object, ...], FrameType], "Outcome | None"]
"""Asked at each entry of an active site; None leaves this entry to the interpreter."""


_Activation: TypeAlias = tuple[
    FrameType, Iterator[object], int, BaseException | None, "_Activation | None"
]
"""A frame, the iterations that are left to it, whether the loop is over (the number of a `return`
below 0 if that comes next), an error to be raised, and the activation of the same site and thread
in a frame that a signal handler or finaliser interrupted. A plain tuple, because making anything
else takes several times as long."""


Rows: TypeAlias = tuple[tuple[object, ...], ...]
"""The values to bind, as the only row, or no row."""


class Entering(Protocol):
    """What the rewritten text subscribes with a range and the values that it passes."""

    def __getitem__(self, given: tuple[object, ...], /) -> Rows:
        """Run what can be run natively of the loop, and return what to bind."""


_BEYOND: Final = (1 << 30) - 1
"""More iterations than most loops have. CPython compares such integers fastest."""

_BELOW: Final = -(1 << 62)
"""Fewer iterations than a loop may have, or than the guard may take it to have."""


MOST_MISSES: Final = 256
"""A site is switched off after so many entries with values that no engine runs it for."""


class Site:
    """One rewritten loop. `state` is the engine's own; `options` are those of the decorator."""

    __slots__ = (
        "_gate",
        "_has_else",
        "_least",
        "_misses",
        "_n_repeatable",
        "_wanted",
        "enter",
        "gate",
        "info",
        "inner",
        "on",
        "open",
        "options",
        "spent",
        "state",
    )

    engine: ClassVar[Engine | None] = None
    """Asked by all sites that are on. Set it through `Registry.set_engine`."""

    def __init__(self, info: SiteInfo, options: Mapping[str, Any]) -> None:
        self.info = info
        self.options = options
        self.state: Any = None
        self.spent = 0.0
        """Seconds, about, that entries took in the interpreter which machine code might save."""
        self._least = 0
        self.on = self._wanted = Site.engine is not None
        """Whether entries ask. Read by the rewritten text; set through `switch`."""
        self.open: dict[int, _Activation] = {}
        """The innermost activation of each thread, by the thread's identifier."""
        self.gate = self._gate = 0 if self.on else _BEYOND
        """Loops of fewer iterations do not ask. Read by the rewritten text."""
        self.enter: Entering = self
        """Asked for the row to bind. An engine may set it to what repeats runs faster than the
        site, which has to be asked in all other cases; `switch` sets it back."""
        self.inner = False
        """Whether the interpreter, where it runs this loop, comes by the sites inside. Read by the
        rewritten text; the engine sets it."""
        self._has_else = info.has_else
        self._n_repeatable = info.n_repeatable
        self._misses = 0

    @property
    def least(self) -> int:
        """The fewest iterations for which the engine wants to be asked, which it sets."""
        return self._least

    @least.setter
    def least(self, least: int) -> None:
        self._least = least
        self.switch(self._wanted)

    def switch(self, on: bool) -> None:
        """Ask the engine at entries from now on, or no more: an entry then costs a test."""
        self._wanted = on
        self._gate = self._least if on else _BEYOND
        self.enter = self
        if on or not self.open:
            self.on = on
        self.gate = _BELOW if self.open else self._gate  # in one step, as threads see it

    def missed(self) -> None:
        """Count an entry with what no engine runs: after many the site is switched off."""
        self._misses += 1
        if self._misses >= MOST_MISSES:
            self.switch(False)

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
            not code.co_flags & CO_OPTIMIZED  # `%%timeit` makes a function of a module's text
            or name in code.co_varnames
            or name in code.co_cellvars
            or name in code.co_freevars
        ):
            return frame.f_locals.get(name, UNBOUND)
        return frame.f_globals.get(name, UNBOUND)

    def __getitem__(self, given: tuple[object, ...]) -> Rows:
        """Let the engine try; return the values to bind now, as the only row, or no row.

        `given` is the range and the values of the names that are passed.
        """
        iterable, values = given[0], given[1:]
        engine = Site.engine if self._wanted else None
        made: Opened | None = None
        if type(iterable) is Opened:
            made = iterable
            found = None
            if engine is not None and not are_few(made, self._least):
                found = open_header(self.info.node, made)
            if found is not None:
                iterable, values = found[0], (*values, made, *found[1])
        if type(iterable) is not range:
            engine = None
            if self.info.over_items:
                self.missed()
        elif self._least:
            try:
                too_small = len(iterable) < self._least
            except OverflowError:
                too_small = False
            if too_small:
                if not self.open and self._may_repeat_header(values):
                    return ()
                engine = None
        frame = _getframe(1)
        outcome: Outcome | None = None
        if engine is not None:
            outcome = engine(self, iterable, values, frame)  # type: ignore[arg-type]
        if outcome is None and self.info.over_items and made is None:
            self._forget(frame)  # and the interpreter makes of the header what it is
            return ()
        if outcome is None:
            if not self.open and self._may_repeat_header(values):
                return ()
            rest: Iterator[object]
            if made is None:
                rest = iter(iterable)  # type: ignore[call-overload]
            else:
                rest = rest_of(self.info.node.iter, made, 0)
            self._leave(frame, rest)
            return ()
        # From here to the binding of the row an exception can only be that of a signal handler or
        # finaliser, and has to wait: the loop has run, and nobody may see it half bound. Handlers
        # run where a function begins or a jump goes backward; there is neither outside of `try`.
        try:
            return self.finish(outcome, iterable, values, frame)
        except BaseException as error:
            outcome.error = error
            return self.finish(outcome, iterable, values, frame)

    def go_on(self, given: tuple[object, ...], frame: FrameType) -> Rows:
        """Let the engine try the rest of a loop that has come to a pause, as an entry does.

        `given` are the values of the names in `SiteInfo.steady`.
        """
        found = self._find(frame)
        assert found is not None
        pause = found[1]
        assert isinstance(pause, Pause)
        self._close(found)
        indices, done = pause.indices, pause.done
        values = self._values_now(given, frame)
        outcome: Outcome | None = None
        if self._wanted and Site.engine is not None and values is not None:
            named = dict(zip(self.info.passed, values, strict=True))
            if pause.again is not None and pause.goes_on(named):
                outcome = pause.again.resume(self, indices, done, values, frame)
        if outcome is None or values is None:
            self._leave(frame, pause.rest)
            return ()
        try:
            return self.finish(outcome, indices, values, frame, done)
        except BaseException as error:
            outcome.error = error
            return self.finish(outcome, indices, values, frame, done)

    def _values_now(
        self, given: tuple[object, ...], frame: FrameType
    ) -> tuple[object, ...] | None:
        """Return the values of the names that are passed; None if one is not bound any more."""
        known = dict(zip(self.info.steady, given, strict=True))
        values = tuple(
            known[name] if name in known else self.look_up(frame, name)
            for name in self.info.passed
        )
        return None if any(value is UNBOUND for value in values) else values

    def _leave(self, frame: FrameType, rest: Iterator[object]) -> None:
        """Leave the iterations of `rest` to the interpreter."""
        ident = get_ident()
        below = self._below(ident, frame)
        self.on, self.gate = True, _BELOW
        self.open[ident] = (frame, rest, False, None, below)

    def pause(self, pause: Pause, frame: FrameType) -> None:
        """Have the text ask for the rest, now that the iterations before it have run."""
        self._leave(frame, pause)

    def _forget(self, frame: FrameType) -> None:
        """Drop what an exception from a signal handler may have left behind for `frame`."""
        ident = get_ident()
        found = self.open.get(ident)
        if found is not None:
            below = self._below(ident, frame)
            if below is not found:
                self._close((frame, iter(()), False, None, below))

    def finish(
        self,
        outcome: Outcome,
        indices: Any,
        values: tuple[object, ...],
        frame: FrameType,
        before: int = 0,
    ) -> Rows:
        """Return the row to bind, if any, and leave what is left to do to `whole` and `rest`.

        Of the iterations that are done, `before` had run before this attempt. An exception that it
        raises comes before it has left anything: it can be tried again.
        """
        ident = get_ident()
        below = self._below(ident, frame)
        rows, activation = self._finish(outcome, indices, values, frame, below, before)
        if activation is not None:
            self.on, self.gate = True, _BELOW
            self.open[ident] = activation
        return rows

    def _below(self, ident: int, frame: FrameType) -> _Activation | None:
        below = self.open.get(ident)
        while below is not None and below[0] is frame:
            below = below[4]  # left behind by an exception from a signal handler
        return below

    def _may_repeat_header(self, values: tuple[object, ...]) -> bool:
        """Return whether nobody notices when the loop's header is evaluated once more."""
        count = self._n_repeatable
        for value in values[:count]:
            if value is range or value is len:
                continue
            kind = type(value)
            if kind not in _PLAIN and not _is_array(kind):
                return False
        return count > 0

    def _finish(
        self,
        outcome: Outcome,
        indices: Any,
        values: tuple[object, ...],
        frame: FrameType,
        below: _Activation | None,
        before: int,
    ) -> tuple[Rows, _Activation | None]:
        done = outcome.done
        broke = outcome.broke
        whole = broke or (not self._has_else and not indices[done:])
        rest: Iterator[object] = iter(())
        if not whole:
            given = dict(zip(self.info.passed, values, strict=True))
            if self.info.made:
                rest = rest_of(self.info.node.iter, given[OPENED], done)
            else:
                again = outcome.again if self.info.resumes else None
                rest = iterate(self.info, indices, done, given, again, self.pause)
        over = -outcome.way or int(whole)
        activation: _Activation | None = (frame, rest, over, outcome.error, below)
        if done == before and not broke:
            return (), activation
        if whole and not outcome.way and outcome.error is None and get_ident() not in self.open:
            activation = None
        row = outcome.values
        for value in row:
            if value is KEEP:
                row = self._with_old_values(row, values, frame)
                break
        return (row,), activation

    def _with_old_values(
        self, row: tuple[object, ...], values: tuple[object, ...], frame: FrameType
    ) -> tuple[object, ...]:
        passed = dict(zip(self.info.passed, values, strict=True))
        return tuple(
            value if value is not KEEP
            else passed[name] if name in passed
            else self.binding(frame, name)
            for name, value in zip(self.info.outputs, row, strict=True)
        )  # fmt: skip

    def whole(self) -> bool:
        """Return whether the loop is over, `else` clause included; if so, forget the activation.

        It is asked after a row was bound, when there is no activation only if the loop is over.
        """
        found = self._find(_getframe(1))
        if found is None:
            return True
        if found[2]:
            self._close(found)
        return bool(found[2])

    def leaves(self, number: int) -> bool:
        """Return whether the function's `return` of that number is next.

        It is asked after a row was bound. The activation is then forgotten.
        """
        found = self._find(_getframe(1))
        if found is None or found[2] != -number:
            return False
        self._close(found)
        return True

    def rest(self) -> Iterator[object] | None:
        """Return the iterations that are left, or None where `enter` was not asked.

        An iterator, because it is true even where nothing is left.
        """
        found = self._find(_getframe(1))
        if found is None:
            return None
        self._close(found)
        return found[1]

    def resumes(self) -> bool:
        """Return whether the loop has come to a pause, and the rest is to be asked for."""
        found = self._find(_getframe(1))
        return found is not None and type(found[1]) is Pause

    @property
    def resume(self) -> Resuming:
        """Asked for the row to bind after a pause."""
        return Resuming(self)

    def _find(self, frame: FrameType) -> _Activation | None:
        found = self.open.get(get_ident())
        while found is not None and found[0] is not frame:
            found = found[4]
        return found

    def _close(self, found: _Activation) -> None:
        _, _, _, error, below = found
        if below is None:
            del self.open[get_ident()]
        else:
            self.open[get_ident()] = below
        if not self.open:
            self.on, self.gate = self._wanted, self._gate
        if error is not None:
            raise error


_PLAIN: Final[set[type]] = {int, list, tuple}
"""Types whose arithmetic, length and `shape` do nothing that anybody could notice."""


def _is_array(kind: type) -> bool:
    numpy = sys.modules.get("numpy")
    if numpy is None or kind is not numpy.ndarray:
        return False
    REGISTRY.ndarray = kind
    _PLAIN.add(kind)
    return True


class Registry:
    """What `__parloop__` is: the sites of this process, by key, as attributes.

    Pickled along with a function, it arrives in another process as that one's registry, to which
    the sites that it lacks are added, switched off.
    """

    def __init__(self) -> None:
        self.unbound = UNBOUND  # an attribute of the class would be found more slowly
        self.int, self.list, self.len, self.type = int, list, len, type
        self.positions = count_positions
        self.opened = opened
        self.ndarray: type | None = None
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

    def add(
        self,
        info: SiteInfo,
        options: Mapping[str, Any] = MappingProxyType({}),
        kind: type[Site] = Site,
    ) -> Site:
        """Make the site that `info` describes; it is on if there is an engine."""
        site = kind(info, options)
        with self._lock:
            self.sites[info.key] = site
            setattr(self, info.key, site)
        return site

    def set_engine(self, engine: Engine | None) -> None:
        """Let `engine` decide about all entries from now on; None turns every site off."""
        with self._lock:
            Site.engine = engine
            for site in self.sites.values():
                site.switch(engine is not None)

    def install(self, names: dict[str, Any]) -> None:
        """Put the registry where text whose globals are `names` finds it."""
        names[REGISTRY_NAME] = self
        vars(builtins)[REGISTRY_NAME] = self

    def __reduce__(self) -> tuple[Callable[[Iterable[str]], Registry], tuple[tuple[str, ...]]]:
        kinds = (Site, WaitingSite, _Foreign)
        return _revive, (tuple(k for k, value in vars(self).items() if isinstance(value, kinds)),)

    def leave_out(self, key: str) -> None:
        """See that there is something under `key`: what is never asked, if there is no site."""
        if key not in self.sites:
            setattr(self, key, _Foreign())


class WaitingSite:
    """Stands where a site will be, until somebody asks for anything of it."""

    __slots__ = ("_key", "_make")

    def __init__(self, key: str, make: Callable[[], None]) -> None:
        self._key = key
        self._make = make

    def __getattr__(self, name: str) -> Any:
        self._make()
        return getattr(getattr(REGISTRY, self._key), name)


class _Foreign:
    """A site of another process: it is off, and stays so."""

    __slots__ = ()
    on: Final = False
    gate: Final = math.inf
    open: Final[Mapping[int, object]] = MappingProxyType({})


def _revive(keys: Iterable[str]) -> Registry:
    for key in keys:
        vars(REGISTRY).setdefault(key, _Foreign())
    REGISTRY.install({})
    return REGISTRY


@lru_cache(maxsize=8)
def _digest(source: Source) -> str:
    text = f"{source.path}\0{source.text}".encode(errors="surrogatepass")
    return hashlib.sha256(text).hexdigest()[:8]


REGISTRY: Final = Registry()

if hasattr(os, "register_at_fork"):  # another thread may have held the lock
    os.register_at_fork(after_in_child=lambda: setattr(REGISTRY, "_lock", threading.Lock()))


def mangle(name: str, class_name: str | None) -> str:
    """Return `name` as the compiler knows it inside the class `class_name`."""
    if class_name is None or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    stem = class_name.lstrip("_")
    return f"_{stem}{name}" if stem else name
