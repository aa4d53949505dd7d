"""Whether the GPU is asked to run a launch, and with what."""

from __future__ import annotations

from collections.abc import Callable

from parloop.codegen.cuda.program import CudaProgram
from parloop.config import Settings
from parloop.diagnostics import Declined, Diagnostic
from parloop.runtime import transaction
from parloop.runtime.gpu.device import find_gpu
from parloop.runtime.gpu.offload import Offer, Offload
from parloop.runtime.kernels import Kernel, Planned
from parloop.runtime.regions import Ready
from parloop.runtime.specialisation import Specialisation
from parloop.runtime.transaction import Launch


def make_offload(
    settings: Settings,
    specialisation: Specialisation,
    ready: Ready,
    launch: Launch,
    say: Callable[[Diagnostic], None],
) -> Offload | None:
    """Return what runs `launch` on the GPU, None if the CPU is to run it.

    `say` is told why, where the user has asked for the GPU.
    """
    if settings.device != "cuda" or launch.lists is not None or transaction.FAIL_AT:
        return None
    gpu = find_gpu()
    if isinstance(gpu, Diagnostic):
        say(gpu)
        return None
    offer = ready.offer
    if offer is None:
        offer = ready.offer = make_offer(ready.kernel)
    if offer.program is None:
        assert offer.refusal is not None
        say(offer.refusal)
        return None
    expansion = specialisation.expansion
    scratch = frozenset[str]() if expansion is None else frozenset(expansion.scratch)
    passing = frozenset[str]() if expansion is None else expansion.passing
    written = frozenset(offer.program.writes)
    layout = ready.kernel.layout
    return Offload(
        offer, written, scratch & passing, passing, layout.arrays, layout.first_variable_word, say
    )


def make_offer(kernel: Kernel) -> Offer:
    """Return the program for launches of a kernel, or why there is none."""
    try:
        return Offer(make_program(kernel.planned))
    except Declined as declined:
        return Offer(None, declined.diagnostic)


def make_program(planned: Planned) -> CudaProgram:
    """Return CUDA C++ for a planned nest; what writes it is loaded when the first is written."""
    from parloop.codegen.cuda.generate import write_program

    assert planned.make_grid is not None
    return write_program(planned.typing, planned.ranges, planned.plan, planned.make_grid())
