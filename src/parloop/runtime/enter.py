"""Native objects in place of sites, for launches that repeat an earlier one.

What `warm` compares line by line in Python, one native function compares by a table (`enter_ir`).
Where anything is not as it was, or happens in the run, Python is asked.
"""

from __future__ import annotations

import ctypes
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import CO_OPTIMIZED
from types import FrameType
from typing import Any, Final, TypeAlias

import numpy as np

from parloop import config
from parloop.capture.sites import UNBOUND, Entering, Rows, Site, mangle
from parloop.codegen.layout import Header, Layout
from parloop.frontend.ways import WAY
from parloop.ir import types
from parloop.ir.types import PY_BOOL, PY_COMPLEX, PY_FLOAT, PY_INT, Member, Scalar
from parloop.runtime import capi, tracers
from parloop.runtime.arguments import Watched
from parloop.runtime.callees import is_of_function
from parloop.runtime.checks_ir import VALUE_WORDS, Check, Value
from parloop.runtime.enter_ir import HeadWord, RepeatWord
from parloop.runtime.entry import launch_side
from parloop.runtime.once import once
from parloop.runtime.record import Record
from parloop.runtime.stats import SiteRecord

After: TypeAlias = Callable[[tuple[object, ...], int, BaseException | None], Rows]
"""Goes on after a run of which native code does not make the row: given, status, interrupt."""

ENABLED = True
"""For tests, which run both ways."""

_CheckRow: TypeAlias = tuple[Check, object, object, object]
"""A code, and three objects, or NULL; the first one of an ITEM is an integer."""

NULL: Final = object()
"""No object."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a launch depended on, and how to run it again."""

    site: Site
    launch: bytes
    """The table of `entry.make_launch_table`, for the passed values and `looked_up` after them."""
    items: tuple[tuple[int, object], ...]
    entries: tuple[Watched, ...]
    asked: tuple[tuple[Callable[..., object], tuple[Any, ...], object], ...]
    """Functions of one argument or none, their arguments and answers."""
    looked_up: tuple[str, ...]
    missing: tuple[str, ...]
    watches_flags: bool
    errors: ContextVar[Any] | None
    """Where NumPy keeps its error state."""
    harmful: int
    may_break: bool
    saved: tuple[tuple[int, np.ndarray[Any, Any]], ...]
    """For each array that is kept: where its data pointer is in the record, and the copy."""
    outputs: tuple[str, ...]
    layout: Layout
    record: Record
    counted: SiteRecord
    threads: int
    after: After


@dataclass(frozen=True, slots=True)
class Table:
    """A table, and what it points to."""

    words: ctypes.Array[ctypes.c_uint64]
    kept: tuple[object, ...]

    @property
    def address(self) -> int:
        """Where native code finds it."""
        return ctypes.addressof(self.words)


def make_table(repeat: Repeat, frame: FrameType) -> Table | None:
    """Return the table by which native code repeats a launch from `frame`; None if it cannot."""
    layout, checks = capi.find_layout(), _checks(repeat, frame)
    if not ENABLED or layout is None or checks is None or repeat.site.info.has_else:
        return None
    if not hasattr(time, "CLOCK_MONOTONIC") or not hasattr(ctypes.CDLL(None), "clock_gettime"):
        return None
    values, outputs, kinds = _outputs(repeat.outputs, repeat.layout)
    words = [0] * len(RepeatWord)
    words[RepeatWord.LAUNCH] = id(repeat.launch) + layout.bytes_data
    words[RepeatWord.RECORD] = repeat.record.address
    words[RepeatWord.GIVEN] = 1 + len(repeat.site.info.passed)
    words[RepeatWord.CHECKS] = len(checks)
    words[RepeatWord.LOOKED_UP] = len(repeat.looked_up)
    words[RepeatWord.SAVED] = len(repeat.saved)
    words[RepeatWord.OUTPUTS] = len(outputs)
    words[RepeatWord.AFTER], words[RepeatWord.NONE] = id(repeat.after), id(None)
    words[RepeatWord.HARMFUL] = repeat.harmful % 2**64
    words[RepeatWord.BROKE] = 8 * Header.BROKE_AT if repeat.may_break else 0
    words[RepeatWord.CLOCK] = time.CLOCK_MONOTONIC
    words[RepeatWord.COUNTS] = ctypes.addressof(repeat.counted.counts)
    words[RepeatWord.THREADS] = repeat.threads
    words[RepeatWord.WAYS] = WAY in repeat.layout.members
    for code, a, b, c in checks:
        words += (code, a if type(a) is int else _address(a), _address(b), _address(c))
    for place, copy in repeat.saved:
        words += (8 * place, copy.nbytes, copy.__array_interface__["data"][0])
    first_value = len(words) + 2 * len(outputs)
    memory = (ctypes.c_uint64 * (first_value + len(values)))()
    for tag, number in outputs:
        where = ctypes.addressof(memory) + 8 * (first_value + VALUE_WORDS * number)
        words += (tag % 2**64, where)
    memory[:] = [*words, *values]
    return Table(memory, (repeat, checks, kinds))


def _address(operand: object) -> int:
    return 0 if operand is NULL else id(operand)


def _checks(repeat: Repeat, frame: FrameType) -> list[_CheckRow] | None:
    site = repeat.site
    process, block = config.token()
    rows: list[_CheckRow] = [
        (Check.GLOBALS, NULL, NULL, frame.f_globals),
        (Check.BUILTINS, NULL, NULL, frame.f_builtins),
        (Check.EMPTY, site.open, NULL, NULL),
        *((Check.ITEM, 1 + place, NULL, value) for place, value in repeat.items),
        (Check.ENTRY, vars(config), "_process", process),
        (Check.CONTEXT, config._block, NULL, block),
        *_tracers(),
    ]
    for holder, key, value in repeat.entries:
        rows.append((Check.ENTRY, holder, key, NULL if value is UNBOUND else value))
    for ask, about, answer in repeat.asked:
        rows.append((Check.CALL, ask, about[0] if about else NULL, answer))
    names = repeat.looked_up + repeat.missing
    if names and not _are_global(site, frame, names):
        return None
    if names and site.info.scope == "module":
        rows.insert(1, (Check.LOCALS, NULL, NULL, frame.f_globals))
    spaces = (frame.f_globals, frame.f_builtins)
    for name in repeat.missing:
        rows += [(Check.ENTRY, space, sys.intern(_own(site, name)), NULL) for space in spaces]
    if repeat.watches_flags:
        if repeat.errors is None:
            return None
        rows.append((Check.CONTEXT, repeat.errors, NULL, repeat.errors.get()))
        for key in ("defaultaction", "showwarning"):
            rows.append((Check.ENTRY, vars(warnings), key, vars(warnings)[key]))
        rows.append((Check.EQUAL, vars(warnings), "filters", list(warnings.filters)))
    rows += [(Check.LOOK_UP, *spaces, sys.intern(_own(site, n))) for n in repeat.looked_up]
    holders = [row[1] for row in rows if row[0] in (Check.ENTRY, Check.EQUAL, Check.EMPTY)]
    if process is None or any(type(holder) is not dict for holder in (*holders, *spaces)):
        return None
    return rows


def _tracers() -> Iterable[_CheckRow]:
    return [(Check.CALL, f, NULL if a is None else a, None) for f, a in tracers.questions()]


def _own(site: Site, name: str) -> str:
    return mangle(name, site.info.class_name)


def _are_global(site: Site, frame: FrameType, names: Sequence[str]) -> bool:
    """Return whether `Site.look_up` finds `names` in the globals or builtins, if anywhere."""
    code = frame.f_code
    local = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    own = any(_own(site, n) in local or is_of_function(n) for n in names)
    if site.info.scope == "module":
        return not code.co_flags & CO_OPTIMIZED and frame.f_locals is frame.f_globals and not own
    return site.info.scope == "function" and not own


def _outputs(
    names: Sequence[str], layout: Layout
) -> tuple[list[int], list[tuple[int, int]], list[object]]:
    """Return the words of the value rows; each output's tag and first row; what they point to."""
    words: list[int] = []
    outputs: list[tuple[int, int]] = []
    kept: list[object] = []
    for name in names:
        members = layout.members.get(name, (types.UNBOUND,))
        tag = 8 * layout.tag(name) if len(members) > 1 else -1
        outputs.append((tag, len(words) // VALUE_WORDS))
        for member in members:
            row = _value_row(member)
            words += (row[0], 8 * layout.payload(name, member) if row[0] != Value.OTHER else 0)
            words += row[1:]
            if isinstance(member, Scalar):
                kept.append(capi.python_type(member))
    return words, outputs, kept


_VALUES: Final = {PY_INT: Value.INT, PY_FLOAT: Value.FLOAT, PY_COMPLEX: Value.COMPLEX}


def _value_row(member: Member) -> tuple[int, int, int, int, int]:
    if not isinstance(member, Scalar) or (member.kind == "c" and member != PY_COMPLEX):
        return Value.OTHER, 0, 0, 0, 0
    if member in _VALUES:
        return _VALUES[member], 0, 0, 0, 0
    if member.kind == "b":
        true, false = (True, False) if member == PY_BOOL else (np.True_, np.False_)
        return Value.BOOL, id(true), id(false), 0, 0
    kind, offset = capi.python_type(member), capi.find_value(member)
    if offset is None:
        return Value.OTHER, 0, 0, 0, 0
    return Value.SCALAR, id(kind), capi.allocator(kind), offset, member.bits // 8


_PY_MP_SUBSCRIPT: Final = 5
_PY_TPFLAGS_BASETYPE: Final = 1 << 10
"""Of CPython's stable interface."""


class _Slot(ctypes.Structure):
    """CPython's `PyType_Slot`."""

    _fields_ = (("slot", ctypes.c_int), ("function", ctypes.c_void_p))


class _Specification(ctypes.Structure):
    """CPython's `PyType_Spec`."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("size", ctypes.c_int),
        ("item_size", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    )


@once
def _native_type() -> tuple[type, object]:
    """Return the class whose objects stand in place of sites, and what it needs.

    Its objects keep the address of their table behind what all objects have.
    """
    layout = capi.find_layout()
    assert layout is not None
    function = launch_side(layout).loaded.address("parloop_enter")
    slots = (_Slot * 2)(_Slot(_PY_MP_SUBSCRIPT, function), _Slot(0, None))
    name = b"parloop.runtime.enter.NativeSite"
    specification = _Specification(
        name, object.__basicsize__ + 8, 0, _PY_TPFLAGS_BASETYPE, slots
    )
    make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p)(
        ("PyType_FromSpec", ctypes.pythonapi)
    )
    base = make(ctypes.byref(specification))
    kind = type("NativeSite", (base,), {"__slots__": ("kept",), "__module__": __name__})
    return kind, (specification, slots, name)


def make_entering(site: Site, tables: Sequence[Table]) -> Entering:
    """Return what may stand in place of `site`: it tries these launches, then asks the site."""
    kind, _ = _native_type()
    ask = site.__getitem__
    head = [0] * len(HeadWord)
    head[HeadWord.SITE], head[HeadWord.LAUNCHES] = id(ask), len(tables)
    head += (table.address for table in tables)
    words = (ctypes.c_uint64 * len(head))(*head)
    entering: Any = kind()
    entering.kept = (ask, words, tuple(tables))
    ctypes.c_uint64.from_address(id(entering) + object.__basicsize__).value = ctypes.addressof(
        words
    )
    found: Entering = entering
    return found
