"""What stands for a nest, and for what was made of it, in the disk cache.

A key is a digest of everything that what it leads to was made from: parloop's own text, the
processor, the versions of Python and NumPy, the nest, the types of its inputs, and so on inwards.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np

from parloop.ir.nodes import Call, Nest
from parloop.ir.printer import to_text
from parloop.ir.types import Array, Scalar
from parloop.ir.walk import all_expressions, statements
from parloop.runtime import jit
from parloop.runtime.cache import content_key


class Inputs(Protocol):
    """The types of a nest's inputs: `staging.specialise.Typing`, or what stands for it."""

    @property
    def arrays(self) -> Mapping[str, Array]:
        """The arrays."""

    @property
    def scalars(self) -> Mapping[str, Scalar]:
        """The numbers."""


def nest_key(nest: Nest) -> str:
    """Return the key of a nest in this version of parloop, on this machine.

    The text says how a function is written (`exp`), the callees which one it is (`math.exp`). Where
    in its file the nest stands makes no difference.
    """
    found = _NEST_KEYS.get(id(nest))
    if found is None:
        if len(_NEST_KEYS) >= _MOST_NESTS:
            _NEST_KEYS.clear()
        found = _NEST_KEYS[id(nest)] = (nest, _nest_key(nest))
    return found[1]


_NEST_KEYS: dict[int, tuple[Nest, str]] = {}
"""By `id(nest)`; the nest is kept, so that no other can have its id."""

_MOST_NESTS = 4096


def _nest_key(nest: Nest) -> str:
    callees = [e.callee for e in all_expressions((nest.loop,)) if isinstance(e, Call)]
    first, last = nest.loop.span.line, max(s.span.end_line for s in statements((nest.loop,)))
    # A line has its place in a warning, and what it says may be more than the nest's text.
    places = [(s.span.line - first, s.span.column) for s in statements((nest.loop,))]
    spans = [e.span for e in all_expressions((nest.loop,))]  # those of functions stand elsewhere
    places += [
        (s.line - first, s.where)
        for s in spans
        if s.line and (not first <= s.line <= last or s.where)
    ]
    return content_key(
        "nest",
        own_text(),
        jit.host(),
        f"{sys.version} numpy-{np.__version__}",
        repr([os.environ.get(name) for name in _NUMPY_SWITCHES]),
        to_text(nest),
        repr((callees, nest.guards, nest.inputs, nest.outputs, places)),
        "\n".join(nest.source.text.splitlines()[first - 1 : last]),
    )


_NUMPY_SWITCHES = ("NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES")
"""Environment variables that decide which of its inner loops NumPy takes, and so their bits."""


def signature_key(nest: Nest, inputs: Inputs, origin: str = "") -> str:
    """Return the key of a nest with inputs of these types; `origin` is that of what it was."""
    arrays = sorted(
        (name, t.dtype.owner, str(t), t.writable) for name, t in inputs.arrays.items()
    )
    scalars = sorted((name, t.owner, str(t)) for name, t in inputs.scalars.items())
    return content_key("signature", nest_key(nest), repr((arrays, scalars, nest.appends)), origin)


@cache
def own_text() -> str:
    """Return what stands for the text of parloop: its files' contents.

    Those that only tell people what happened are left out: nothing that runs imports them.

    Which files these are, and that nothing was done to them since, stands for what is in them:
    no copy, archive or clock of the user's can pretend the time of the last change (`st_ctime`).
    Reading them all would take ten times as long, in each process.
    """
    files = sorted(_files_under(str(Path(__file__).parent.parent), without=_TELLING))
    names = [(name, path) for name, path, _ in files]
    newest = max(max(s.st_ctime, s.st_mtime) for _, _, s in files)
    # What is written in one tick of the clock looks the same.
    settled = newest < time.time() - _SETTLED_S
    if os.name == "nt" or not settled or not all(s.st_ino for _, _, s in files):
        return _digest(names)
    states = [(n, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for n, _, s in files]
    return content_key("own", repr(states))


_SETTLED_S = 2.0


def _digest(files: list[tuple[str, str]]) -> str:
    parts: list[str | bytes] = []
    for name, path in files:
        parts += (name, _content(path))
    return content_key(*parts)


def _content(path: str) -> bytes:
    """Return what is in a file, in half the time of `open`."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        blocks = []
        while block := os.read(handle, _LONGEST_READ):
            blocks.append(block)
        return b"".join(blocks)
    finally:
        os.close(handle)


_LONGEST_READ = 1 << 20
_TELLING = ("report", "survey")
"""Folders of later phases than this one; `tests/test_repository.py` holds us to their order."""


def _files_under(
    folder: str, prefix: str = "", without: tuple[str, ...] = ()
) -> list[tuple[str, str, os.stat_result]]:
    found: list[tuple[str, str, os.stat_result]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                found.append((prefix + entry.name, entry.path, entry.stat()))
            elif entry.name not in ("__pycache__", *without) and entry.is_dir():
                found += _files_under(entry.path, f"{prefix}{entry.name}/")
    return found
