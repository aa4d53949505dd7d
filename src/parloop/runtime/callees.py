"""The functions of the user's that a loop calls: found, written into the loop, and watched.

A function's text means what its names mean where it stands: its globals and closure, not those of
the loop. Where both find a name in the same place the loop's own name stands for it. Other names
get one of their own, `NAME@FUNCTION`, by which the site finds the value at each entry.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from types import CellType, CodeType, FrameType, FunctionType
from typing import Any, Final

from parloop.capture.definition import definition_of
from parloop.capture.effects import Where, find_effects, loop_without_effects
from parloop.capture.sites import UNBOUND, Site, mangle
from parloop.diagnostics import Declined, Diagnostic
from parloop.frontend.callee import Callee, Refused
from parloop.frontend.inline import Inlined, inline
from parloop.frontend.tries import without_tries
from parloop.frontend.ways import with_ways
from parloop.source import Source

_NUMBERS: Final = (bool, int, float, complex)

_UNUSUAL: Final = (
    inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
    | inspect.CO_ITERABLE_COROUTINE
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a function finds a name: entries of dictionaries, or a cell."""

    name: str
    spaces: tuple[dict[str, Any], ...] = ()
    cell: CellType | None = None

    def read(self) -> object:
        """Return the value that is there now, UNBOUND if there is none."""
        if self.cell is not None:
            try:
                return self.cell.cell_contents
            except ValueError:
                return UNBOUND
        for space in self.spaces:
            if self.name in space:
                return space[self.name]
        return UNBOUND


@dataclass(frozen=True, slots=True)
class Called:
    """A function as it was when it was written into the loop."""

    name: str
    """By which the loop finds it."""
    function: FunctionType
    code: CodeType
    defaults: tuple[Any, ...] | None
    keyword_defaults: tuple[tuple[str, object], ...]

    def is_same(self, value: object) -> bool:
        """Return whether `value` is the function, unchanged."""
        function = self.function
        return (
            value is function
            and function.__code__ is self.code
            and function.__defaults__ is self.defaults
            and (
                not (self.keyword_defaults or function.__kwdefaults__)
                or _keyword_defaults(function) == self.keyword_defaults
            )
        )


@dataclass(frozen=True, slots=True)
class Calls:
    """All that a loop with functions written into it depends on beyond itself."""

    called: tuple[Called, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where to find the names that only the functions read."""
    needed: frozenset[str] = frozenset()
    """Names that have to have a value."""

    def look_up(self, site: Site, frame: FrameType, name: str) -> object:
        """Return the value that `name` has now, or UNBOUND: as in the loop, or in a function."""
        place = self.places.get(name)
        return site.look_up(frame, name) if place is None else place.read()

    def hold(self, site: Site, values: Sequence[object], frame: FrameType) -> bool:
        """Return whether each name still means the function that was written into the loop."""
        passed = site.info.passed

        def read(name: str) -> object:
            found = name in passed
            return values[passed.index(name)] if found else self.look_up(site, frame, name)

        if not all(one.is_same(read(one.name)) for one in self.called):
            return False
        return all(read(name) is not UNBOUND for name in self.needed)

    def asked(self) -> tuple[tuple[Callable[..., object], tuple[Any, ...], object], ...]:
        """Return built-in functions, with their arguments and what they answer if all is as it was.

        They say nothing about which function a name means.
        """
        found: list[tuple[Callable[..., object], tuple[Any, ...], object]] = []
        for one in self.called:
            found.append((_CODE, (one.function,), one.code))
            found.append((_DEFAULTS, (one.function,), one.defaults))
        if self.called:
            found.append((sys.getprofile, (), None))
            if _MONITORING is not None:
                found.append((_MONITORING.get_tool, (_MONITORING.PROFILER_ID,), None))
        return tuple(found)


_CODE: Final = attrgetter("__code__")
_DEFAULTS: Final = attrgetter("__defaults__")
def is_of_function(name: str) -> bool:
    """Return whether a name of a nest is one that only a function knows."""
    return "@" in name


NO_CALLS: Final = Calls()
"""Of a loop that calls no function of the user's."""


def is_profiled() -> bool:
    """Return whether somebody counts calls: functions that are written into a loop make none."""
    if sys.getprofile() is not None:
        return True
    monitoring = _MONITORING
    return monitoring is not None and monitoring.get_tool(monitoring.PROFILER_ID) is not None


_MONITORING: Final[Any] = getattr(sys, "monitoring", None)


def effects_of_calls(
    site: Site, values: Sequence[object], frame: FrameType
) -> tuple[Where, ...]:
    """Return the effects of a site, with calls of functions in Python under an `if` among them."""
    if not site.info.resumes:
        return site.info.effects
    finder = _Finder(site, values, frame)

    def may_run(stmt: ast.stmt) -> bool:
        calls = (node.func for node in ast.walk(stmt) if isinstance(node, ast.Call))
        names = (func.id for func in calls if isinstance(func, ast.Name))
        return not any(type(finder.value(name)) is FunctionType for name in names)

    loop = loop_without_effects(site.info.node, site.info.effects)
    return (*site.info.effects, *find_effects(loop, may_run))


def inline_calls(
    site: Site, values: Sequence[object], frame: FrameType, effects: tuple[Where, ...]
) -> tuple[Inlined | Diagnostic, Calls]:
    """Return the site's loop with the functions that it calls now written into it.

    It is the loop without its `effects`. Or the reason why one of them cannot be. That is so as
    long as the calls hold.
    """
    finder = _Finder(site, values, frame)
    try:
        loop = loop_without_effects(site.info.node, effects)
        inlined = inline(with_ways(without_tries(loop)), site.info.source, finder.resolve)
    except Declined as declined:
        return declined.diagnostic, Calls(tuple(finder.called), finder.places)
    functions = {one.name for one in finder.called}
    needed = inlined.needed - functions - frozenset(site.info.passed)
    return inlined, Calls(tuple(finder.called), finder.places, needed)


class _Finder:
    """Says what names mean at a site and in the functions that it calls."""

    def __init__(self, site: Site, values: Sequence[object], frame: FrameType) -> None:
        self.site = site
        self.frame = frame
        self.passed = dict(zip(site.info.passed, values, strict=True))
        self.stored = frozenset(site.info.outputs)
        self.places: dict[str, Place] = {}
        self.called: list[Called] = []
        self.callees: dict[int, Callee] = {}
        self.texts: list[tuple[str, int]] = [(site.info.path, id(frame.f_globals))]
        self._named: dict[tuple[object, ...], str] = {}

    def value(self, name: str) -> object:
        """Return what `name`, as the loop reads it, means now."""
        if name in self.places:
            return self.places[name].read()
        return self.passed[name] if name in self.passed else self.site.look_up(self.frame, name)

    def resolve(self, name: str) -> Callee | None:
        """Return the user's function that `name` means, as the loop reads it."""
        function = self.value(name)
        if type(function) is not FunctionType:
            return None
        callee = self.callees.get(id(function))
        if callee is None:
            callee = self.callees[id(function)] = self.describe(function)
        self.called.append(
            Called(name, function, function.__code__, function.__defaults__,
                   _keyword_defaults(function))
        )  # fmt: skip
        return callee

    def describe(self, function: FunctionType) -> Callee:
        """Return what a function means, or why it cannot be written into a loop."""
        code, name = function.__code__, function.__name__
        nothing = ast.Lambda(ast.arguments([], [], None, [], [], None, []), ast.Constant(0))
        nothing.lineno, nothing.col_offset = code.co_firstlineno, 0
        here = Source(code.co_filename, "")
        where = self.text_number(code.co_filename, function)
        if code.co_flags & _UNUSUAL:
            problem = "is a generator or asynchronous"
            return Callee(name, nothing, here, str, {}, where, problem)
        if str(function.__globals__.get("__name__")).partition(".")[0] == "parloop":
            return Callee(name, nothing, here, str, {}, where, "is a part of parloop")
        defined = definition_of(function)
        if defined is None or isinstance(defined.node, ast.AsyncFunctionDef):
            problem = "has no text that gives its code"
            return Callee(name, nothing, here, str, {}, where, problem)
        defaults, unknown = self.defaults(function)
        if unknown is not None:
            problem = f"has a default for `{unknown}` that is no number"
            return Callee(name, defined.node, defined.source, str, {}, where, problem)
        label = "lambda" if name == "<lambda>" else name

        def rename(read: str) -> str:
            return self.rename(read, function, label)

        shared = self.shared_cells(function)
        problem_found = f"reads `{shared}`, which the loop may assign" if shared else None
        return Callee(
            label, defined.node, defined.source, rename, defaults, where, problem_found
        )

    def text_number(self, path: str, function: FunctionType) -> int:
        """Return 0 for functions whose warnings are told as those of the loop, else another."""
        key = (path, id(function.__globals__))
        if key not in self.texts:
            self.texts.append(key)
        return self.texts.index(key)

    def defaults(self, function: FunctionType) -> tuple[dict[str, ast.expr], str | None]:
        """Return the defaults of parameters, and a parameter with one that cannot be written."""
        code = function.__code__
        values = function.__defaults__ or ()
        names = code.co_varnames[code.co_argcount - len(values) : code.co_argcount]
        pairs = [*zip(names, values, strict=True), *_keyword_defaults(function)]
        found: dict[str, ast.expr] = {}
        for name, value in pairs:
            if type(value) not in _NUMBERS and value is not None:
                return found, name
            found[name] = ast.Constant(value, lineno=code.co_firstlineno, col_offset=0)
        return found, None

    def shared_cells(self, function: FunctionType) -> str | None:
        """Return a variable that `function` has in common with the code around the loop, perhaps.

        That is one of a closure, which the loop binds.
        """
        code = self.frame.f_code
        cells = {*code.co_cellvars, *code.co_freevars}
        stored = {mangle(name, self.site.info.class_name) for name in self.stored}
        for name in function.__code__.co_freevars:
            if name in cells and name in stored:
                return name
        return None

    def rename(self, name: str, function: FunctionType, label: str) -> str:
        """Return how the loop reads `name` of the text of `function`."""
        code = function.__code__
        if name.startswith("__") and not name.endswith("__"):
            raise Refused("reads a private name of a class", self.callees.get(id(function)))
        if name in code.co_freevars:
            assert function.__closure__ is not None
            cell = function.__closure__[code.co_freevars.index(name)]
            return self.named(name, label, id(cell), Place(name, (), cell))
        own = function.__globals__
        builtins: dict[str, Any] = getattr(function, "__builtins__")  # noqa: B009 - of 3.10
        same = own is self.frame.f_globals and builtins is self.frame.f_builtins
        if same and self.is_global_here(name):
            return name
        return self.named(name, label, id(own), Place(name, (own, builtins)))

    def is_global_here(self, name: str) -> bool:
        """Return whether the code around the loop reads and stores `name` in its globals."""
        if self.site.info.scope == "module":
            return self.frame.f_locals is self.frame.f_globals
        code = self.frame.f_code
        own = (*code.co_varnames, *code.co_cellvars, *code.co_freevars)
        return self.site.info.scope == "function" and name not in own

    def named(self, name: str, label: str, space: int, place: Place) -> str:
        """Return a name of its own for what `place` has."""
        key = (name, space)
        if key not in self._named:
            made, number = f"{name}@{label}", 1
            while made in self.places:
                number += 1
                made = f"{name}@{label}#{number}"
            self._named[key] = made
            self.places[made] = place
        return self._named[key]


def _keyword_defaults(function: FunctionType) -> tuple[tuple[str, object], ...]:
    return tuple((function.__kwdefaults__ or {}).items())
