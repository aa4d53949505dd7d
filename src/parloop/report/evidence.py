"""What is known of the loops that ran, beside the counts: values, types, plans, machine code.

Read from the engine's own memory when a report is made; nothing is kept for it while loops run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from parloop.capture.sites import REGISTRY
from parloop.diagnostics import Declined, InternalError
from parloop.ir.types import Array, Scalar
from parloop.ir.walk import loops
from parloop.report.cuda import own_text
from parloop.runtime.decision import parameter_words
from parloop.runtime.gpu.offload import Offer
from parloop.runtime.kernels import Kernel, write_kernel
from parloop.runtime.specialisation import Specialisation
from parloop.runtime.state import SiteState
from parloop.schedule.plan import Plan

MOST_CODE: Final = 200_000
"""Characters of machine code, as text, that a report holds of one loop."""

Place: TypeAlias = tuple[str, int, int]
"""File, line and column of a loop."""


@dataclass(frozen=True, slots=True)
class RunEvidence:
    """What is known of one loop's last launch."""

    types: tuple[tuple[str, str], ...]
    """Of the names that the loop takes from around it."""
    values: Mapping[str, int]
    """Of what the conditions speak of, as the analysis names it."""
    axes: tuple[tuple[str, str], ...]
    """What each loop of the nest ran as."""
    apart: bool
    """Whether the arrays shared no memory in one of the launches."""
    code: str
    """LLVM IR of the fast variant, where it could be written again."""
    cuda: str = ""
    """The kernels that were offered to a GPU, in CUDA C++."""


def find_evidence() -> dict[Place, RunEvidence]:
    """Return what is known of the loops of this process that ran natively."""
    found: dict[Place, RunEvidence] = {}
    for site in tuple(REGISTRY.sites.values()):
        state = site.state
        if isinstance(state, SiteState) and state.last is not None:
            info = site.info
            found[info.path, info.line, info.column] = _evidence(state.last)
    return found


def _evidence(made: Specialisation) -> RunEvidence:
    types: list[tuple[str, Array | Scalar]] = [*made.arrays.items(), *made.scalars.items()]
    ready = next(reversed([*made.by_code.values(), *made.decisions.values()]), None)
    kernel = None if ready is None else ready.kernel
    return RunEvidence(
        tuple((name, _in_words(type_)) for name, type_ in types if name.isidentifier()),
        _values(made),
        () if kernel is None else tuple(_axes(made, kernel)),
        bool(made.decisions),
        "" if kernel is None else _code(kernel),
        "" if ready is None or ready.offer is None else _kernels(ready.offer),
    )


def _in_words(type_: Array | Scalar) -> str:
    if isinstance(type_, Scalar):
        return str(type_)
    axes = "1 axis" if type_.ndim == 1 else f"{type_.ndim} axes"
    return f"{'list' if type_.dtype.owner == 'python' else 'array'} of {type_.dtype}, {axes}"


def _values(made: Specialisation) -> dict[str, int]:
    """Return the integers of the last launch whose arrays shared no memory."""
    if not made.decisions:
        return {}
    found = next(reversed(made.decisions))[0]  # type: ignore[index] # the key of `ready`
    picked = found if isinstance(found, tuple) else (found,)
    words = dict(zip(made.key_places, picked, strict=True))
    names = parameter_words(made, made.layout)
    return {name: int(words[word]) for name, word in names.items() if word in words}


def _axes(made: Specialisation, kernel: Kernel) -> Iterator[tuple[str, str]]:
    try:
        plan = kernel.plan
    except (Declined, InternalError):
        return
    for number, loop in enumerate(loops((made.nest.loop,))):
        yield loop.title, axis_words(number, plan)


def axis_words(number: int, plan: Plan) -> str:
    """Return in words what loop `number` ran as."""
    words = []
    if number in plan.cores:
        words.append("in any order, on the cores")
    if number in plan.waves:
        words.append("as a wavefront with the loop inside it")
    if number in plan.bands:
        words.append("inside bands of the loop inside it, on the cores")
    if number in plan.splits:
        words.append("in three parts")
    if number in plan.pieces:
        words.append("as several loops, one after another")
    if number in plan.jams:
        words.append(f"{plan.jams[number]} iterations side by side")
    if number in plan.masked:
        words.append(f"{plan.masked[number]} iterations in SIMD lanes")
    elif number in plan.lanes:
        words.append("free for SIMD lanes")
    return ", ".join(words) or "in order, on one core"


def _kernels(offer: Offer) -> str:
    return "" if offer.program is None else own_text(offer.program)[:MOST_CODE]


def _code(kernel: Kernel) -> str:
    try:
        return write_kernel(kernel.planned, precise=False).text[:MOST_CODE]
    except (Declined, InternalError):
        return ""
