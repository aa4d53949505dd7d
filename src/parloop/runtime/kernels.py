"""Make machine code of a typed and planned nest, through the disk cache."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from parloop.codegen import externals
from parloop.codegen.kernel import write_kernel
from parloop.codegen.layout import Layout, lay_out
from parloop.diagnostics import InternalError
from parloop.ir.nodes import Call, Nest
from parloop.ir.printer import to_text
from parloop.ir.walk import all_expressions, statements
from parloop.runtime import jit
from parloop.runtime.cache import content_key, open_cache
from parloop.runtime.entry import make_caller
from parloop.schedule.plan import Plan
from parloop.staging.ranges import Ranges
from parloop.staging.specialise import Typing


@dataclass(frozen=True, slots=True)
class Machine:
    """Machine code of one variant, in memory. `run` and `check` hold the GIL."""

    address: int
    run: Callable[[int, int, int], int]
    check: Callable[[int, int, int], int]
    events: tuple[tuple[int, str], ...]
    scratch_words: int
    can_raise: bool
    can_stop: bool
    watched_flags: int
    loaded: Any = field(repr=False)


@dataclass(slots=True)
class Kernel:
    """A planned nest with its fast variant, and the precise one once something has happened."""

    typing: Typing
    ranges: Ranges
    plan: Plan
    layout: Layout
    fast: Machine
    _precise: Machine | None = None

    @property
    def precise(self) -> Machine:
        """Return the precise variant, made when first asked for."""
        if self._precise is None:
            self._precise = _make(self.typing, self.ranges, self.plan, precise=True)
        return self._precise


def make_kernel(typing: Typing, ranges: Ranges, plan: Plan) -> Kernel:
    """Return the kernel of a nest for one plan."""
    fast = _make(typing, ranges, plan, precise=False)
    return Kernel(typing, ranges, plan, lay_out(typing), fast)


def _make(typing: Typing, ranges: Ranges, plan: Plan, *, precise: bool) -> Machine:
    """Return one variant, from the disk cache if its text, types and plan were met before."""
    disk = open_cache()
    key = _key(typing, plan, precise=precise)
    found = disk.get(key)
    if found is not None:
        code, facts = found
        return _load(code, facts)
    text = write_kernel(typing, ranges, plan, precise=precise)
    code = jit.compile_to_object(text.text)
    facts = {
        "n_bytes": len(code),
        "events": text.events,
        "scratch_words": text.scratch_words,
        "can_raise": text.can_raise,
        "can_stop": text.can_stop,
        "watched_flags": text.watched_flags,
        "externals": text.externals,
    }
    if text.calling_text:
        code += jit.compile_to_object(text.calling_text, opt_level=0)
    disk.put(key, code, facts)
    return _load(code, facts)


def _key(typing: Typing, plan: Plan, *, precise: bool) -> str:
    """Return what stands for all that the machine code depends on.

    The text says how a function is written (`exp`), the callees which one it is (`math.exp`).
    """
    nest = typing.nest
    callees = [e.callee for e in all_expressions((nest.loop,)) if isinstance(e, Call)]
    span = nest.loop.span
    lines = nest.source.text.splitlines()[span.line - 1 : _last_line(nest)]
    return content_key(
        "kernel",
        _own_code(),
        jit.host(),
        f"{sys.version} numpy-{np.__version__} precise-{precise}",
        repr([os.environ.get(name) for name in _NUMPY_SWITCHES]),
        to_text(nest),
        repr((callees, nest.guards)),
        repr(lay_out(typing)),
        f"{span.line}\n" + "\n".join(lines),
        repr(sorted((n, str(t)) for n, t in (*typing.arrays.items(), *typing.scalars.items()))),
        repr(sorted((n, t.owner) for n, t in typing.scalars.items())),
        plan.text(nest),
    )


_NUMPY_SWITCHES = ("NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES")
"""Environment variables that decide which of its inner loops NumPy takes, and so their bits."""


def _last_line(nest: Nest) -> int:
    spans = [stmt.span.end_line for stmt in statements((nest.loop,))]
    return max(spans)


@cache
def _own_code() -> str:
    """Return what stands for the text of all that makes machine code: its files' contents."""
    package = Path(__file__).parent.parent
    paths = [str(package / "runtime" / name) for name in ("jit.py", "kernels.py")]
    for folder in ("ir", "staging", "schedule", "codegen"):
        with os.scandir(package / folder) as files:
            paths += sorted(file.path for file in files if file.name.endswith(".py"))
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - half the time of pathlib
            digest.update(path.rpartition(os.sep)[2].encode() + b"\0" + file.readall())
    return digest.hexdigest()


def _load(code: bytes, facts: Mapping[str, Any]) -> Machine:
    addresses: dict[str, int] = {}
    for name in facts["externals"]:
        address = externals.address(name)
        if address is None:
            raise InternalError(f"no address for {name}")
        addresses[name] = address
    n_bytes = facts["n_bytes"]
    loaded = jit.load(code[:n_bytes], addresses, beside=code[n_bytes:])
    return Machine(
        loaded.address("kernel"),
        make_caller(loaded.address("kernel")),
        make_caller(loaded.address("check")),
        tuple((line, text) for line, text in facts["events"]),
        facts["scratch_words"],
        facts["can_raise"],
        facts["can_stop"],
        facts["watched_flags"],
        loaded,
    )
