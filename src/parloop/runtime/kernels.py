"""Make machine code of a typed and planned nest, through the disk cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from parloop.codegen import externals
from parloop.codegen.kernel import KernelText, write_kernel
from parloop.codegen.layout import Layout
from parloop.diagnostics import InternalError
from parloop.runtime import jit
from parloop.runtime.cache import compile_cached
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
            text = write_kernel(self.typing, self.ranges, self.plan, precise=True)
            self._precise = _load(text)
        return self._precise


def make_kernel(typing: Typing, ranges: Ranges, plan: Plan) -> Kernel:
    """Return the kernel of a nest for one plan."""
    text = write_kernel(typing, ranges, plan, precise=False)
    return Kernel(typing, ranges, plan, text.layout, _load(text))


def _load(text: KernelText) -> Machine:
    addresses: dict[str, int] = {}
    for name in text.externals:
        address = externals.address(name)
        if address is None:
            raise InternalError(f"no address for {name}")
        addresses[name] = address
    loaded = jit.load(compile_cached(text.text), addresses)
    return Machine(
        loaded.address("kernel"),
        make_caller(loaded.address("kernel")),
        make_caller(loaded.address("check")),
        text.events,
        text.scratch_words,
        text.can_raise,
        text.watched_flags,
        loaded,
    )
