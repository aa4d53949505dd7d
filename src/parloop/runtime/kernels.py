"""Make machine code of a typed and planned nest, through the disk cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parloop.codegen import externals
from parloop.codegen.layout import Layout, lay_out
from parloop.diagnostics import InternalError
from parloop.ir.nodes import For
from parloop.runtime import jit
from parloop.runtime.cache import content_key, open_cache
from parloop.runtime.entry import make_caller
from parloop.runtime.keys import signature_key
from parloop.schedule.grid import Grid
from parloop.schedule.plan import Plan
from parloop.staging.ranges import Ranges
from parloop.staging.specialise import Typing

if TYPE_CHECKING:
    from parloop.codegen.kernel import KernelText


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


@dataclass(frozen=True, slots=True)
class Planned:
    """All that machine code is written from."""

    typing: Typing
    ranges: Ranges
    plan: Plan
    make_grid: Callable[[], Grid] | None = field(default=None, compare=False, repr=False)
    """Returns what would be the threads of a GPU."""
    left: frozenset[str] = field(default=frozenset(), compare=False)
    """The variables that are read behind the nest, its outputs apart."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a launch has to know of a plan."""

    uses_cores: bool
    n_saves: int
    """How many arrays the blocks save themselves."""
    is_grouped: bool
    """Whether the outermost loop is cut by groups of a sum."""
    cuts_outermost: bool
    """Whether the outermost loop is the one on the cores."""
    polls: bool
    """Whether the kernel looks for interrupts inside an iteration."""
    chunks: bool
    """Whether blocks may run chunk by chunk."""


def traits_of(plan: Plan) -> Traits:
    """Return what a launch has to know of `plan`."""
    return Traits(
        plan.uses_cores,
        len(plan.saves),
        plan.regroup and bool(plan.cores.get(0)),
        0 in plan.cores,
        plan.polls,
        plan.chunks,
    )


@dataclass(slots=True)
class Kernel:
    """A planned nest with its fast variant, and the precise one once something has happened.

    An earlier process may have planned it: then it is planned here when the precise variant, or the
    plan itself, is first asked for.
    """

    key: str
    """Of the plan, and of everything that it is a plan for."""
    loop: For
    """The outermost one."""
    traits: Traits
    layout: Layout
    fast: Machine
    make_planned: Callable[[], Planned]
    _planned: Planned | None = None
    _precise: Machine | None = None

    @property
    def planned(self) -> Planned:
        """Return what the machine code was made from."""
        if self._planned is None:
            planned = self.make_planned()
            if kernel_key(planned) != self.key:
                raise InternalError("a remembered plan is not the one that would be made")
            self._planned = planned
        return self._planned

    @property
    def plan(self) -> Plan:
        """Return the plan."""
        return self.planned.plan

    @property
    def precise(self) -> Machine:
        """Return the precise variant, made when first asked for."""
        if self._precise is None:
            self._precise = _find(self.key, self.loop, precise=True)
        if self._precise is None:
            self._precise = _make(self.key, self.planned, precise=True)
        return self._precise


def make_kernel(planned: Planned) -> Kernel:
    """Return the kernel of a nest for one plan."""
    key, loop = kernel_key(planned), planned.typing.nest.loop
    fast = _find(key, loop, precise=False) or _make(key, planned, precise=False)
    return Kernel(
        key, loop, traits_of(planned.plan), lay_out(planned.typing), fast, lambda: planned
    )


def find_kernel(
    key: str, loop: For, traits: Traits, layout: Layout, make_planned: Callable[[], Planned]
) -> Kernel | None:
    """Return the kernel that an earlier process has made, if its machine code is still there."""
    fast = _find(key, loop, precise=False)
    return None if fast is None else Kernel(key, loop, traits, layout, fast, make_planned)


def kernel_key(planned: Planned) -> str:
    """Return the key of a plan, and of everything that it is a plan for."""
    typing = planned.typing
    layout = repr(lay_out(typing))
    signature = signature_key(typing.nest, typing)
    return content_key("kernel", signature, layout, planned.plan.text(typing.nest))


def write_kernel(planned: Planned, *, precise: bool) -> KernelText:
    """Return the module for one variant; what writes it is loaded when the first is written."""
    from parloop.codegen import kernel

    return kernel.write_kernel(planned.typing, planned.ranges, planned.plan, precise=precise)


def _variant_key(key: str, *, precise: bool) -> str:
    return content_key("variant", key, f"precise-{precise}")


def _find(key: str, loop: For, *, precise: bool) -> Machine | None:
    """Return one variant from the disk cache, if it was made before and can be used here."""
    found = open_cache().get(_variant_key(key, precise=precise))
    return None if found is None else _load(*found, loop.span.line)


def _make(key: str, planned: Planned, *, precise: bool) -> Machine:
    """Return one variant, and put it into the disk cache."""
    line = planned.typing.nest.loop.span.line
    text = write_kernel(planned, precise=precise)
    code = jit.compile_to_object(text.text, packs=_may_pack(text.text, planned.plan))
    facts = {
        "n_bytes": len(code),
        "events": [(at - line, what) for at, what in text.events],
        "scratch_words": text.scratch_words,
        "can_raise": text.can_raise,
        "can_stop": text.can_stop,
        "watched_flags": text.watched_flags,
        "externals": text.externals,
    }
    if text.calling_text:
        code += jit.compile_to_object(text.calling_text, opt_level=0)
    open_cache().put(_variant_key(key, precise=precise), code, facts)
    made = _load(code, facts, line)
    if made is None:
        raise InternalError(f"no address for one of {text.externals}")
    return made


def _may_pack(text: str, plan: Plan) -> bool:
    """Return whether LLVM may put statements side by side into lanes.

    Of a division and something else it makes two vectors, and divides in the other's lane, too:
    zero by zero, and each slice trips for nothing. Iterations that `plan` itself has put side by
    side divide in all lanes or in none.
    """
    return bool(plan.jams) or " fdiv " not in text


def _load(code: bytes, facts: Mapping[str, Any], line: int) -> Machine | None:
    addresses: dict[str, int] = {}
    for name in facts["externals"]:
        address = externals.address(name)
        if address is None:
            return None
        addresses[name] = address
    n_bytes = facts["n_bytes"]
    loaded = jit.load(code[:n_bytes], addresses, beside=code[n_bytes:])
    return Machine(
        loaded.address("kernel"),
        make_caller(loaded.address("kernel")),
        make_caller(loaded.address("check")),
        tuple((line + at, text) for at, text in facts["events"]),
        facts["scratch_words"],
        facts["can_raise"],
        facts["can_stop"],
        facts["watched_flags"],
        loaded,
    )
