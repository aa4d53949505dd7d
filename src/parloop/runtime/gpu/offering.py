"""Whether the GPU is asked to run a launch, and with what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from parloop.codegen.cuda.program import CudaProgram
from parloop.config import Settings
from parloop.diagnostics import Declined, Diagnostic
from parloop.runtime import transaction
from parloop.runtime.constants import cpu_costs, known_constants
from parloop.runtime.gpu.device import Gpu, find_gpu
from parloop.runtime.gpu.interface import DeviceArray
from parloop.runtime.gpu.offload import Offer, Offload
from parloop.runtime.gpu.slabs import find_rows
from parloop.runtime.kernels import Kernel, Planned
from parloop.runtime.regions import Ready
from parloop.runtime.seen import Seen
from parloop.runtime.specialisation import Specialisation
from parloop.runtime.transaction import Launch
from parloop.schedule.devices import GpuCosts, cpu_seconds, gpu_costs, gpu_seconds

AUTO_USES_GPU = False
"""Whether `device="auto"` may choose the GPU: not before the differential suite has run on one."""

LEAST_SECONDS: Final = 0.05
"""What the cores do in less stays there: the GPU is not even opened for it."""

NO_ARRAYS: Final[Mapping[str, DeviceArray]] = MappingProxyType({})

CLEARLY: Final = 1.5
"""By so much the GPU has to be predicted to be quicker."""

GPU_AT_BEST: Final = GpuCosts(1e13, 2e13, 3e12, 4e10, 4e10, 5e-6, 1e-4)


def make_offload(
    settings: Settings,
    specialisation: Specialisation,
    ready: Ready,
    launch: Launch,
    seen: Seen,
    say: Callable[[Diagnostic], None],
    device_arrays: Mapping[str, DeviceArray] = NO_ARRAYS,
) -> Offload | None:
    """Return what runs `launch` on the GPU, None if the CPU is to run it.

    `seen` is what the model knows of the launch; `say` is told why, where the user has asked for
    the GPU. `device_arrays` are there already.
    """
    is_asked = settings.device == "cuda"
    if not is_asked and not (settings.device == "auto" and AUTO_USES_GPU):
        return None
    if launch.lists is not None or transaction.FAIL_AT:
        return None
    if not is_asked and not may_pay(launch, seen, GPU_AT_BEST):
        return None
    gpu = find_gpu()
    if isinstance(gpu, Diagnostic):
        if is_asked:
            say(gpu)
        return None
    if not is_asked and not may_pay(launch, seen, costs_of(gpu)):
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
        offer, written, scratch & passing, passing, layout.arrays, layout.first_variable_word, say,
        device_arrays,
    )  # fmt: skip


def may_pay(launch: Launch, seen: Seen, costs: GpuCosts) -> bool:
    """Return whether the GPU is predicted to be clearly quicker than the cores.

    What the cores take is known from the launch before, if there was one like this.
    """
    on_cores = launch.seconds_per_iteration * len(launch.indices)
    if launch.is_measured and on_cores < LEAST_SECONDS:
        return False
    work = seen.work()
    if not launch.is_measured:
        on_cores = cpu_seconds(work, cpu_costs(launch.threads))
    return on_cores >= LEAST_SECONDS and gpu_seconds(work, costs) < on_cores / CLEARLY


def costs_of(gpu: Gpu) -> GpuCosts:
    """Return what the GPU can be expected to do: as measured, else by its properties."""
    known = gpu.driver.properties
    measured = known_constants().gpus.get(known.name)
    return measured or gpu_costs(
        known.multiprocessors,
        known.clock_hertz,
        known.memory_bytes_per_second,
        known.single_to_double,
    )


def make_offer(kernel: Kernel) -> Offer:
    """Return the program for launches of a kernel, or why there is none."""
    try:
        program = make_program(kernel.planned)
        return Offer(program, rows=find_rows(kernel.planned, program))
    except Declined as declined:
        return Offer(None, declined.diagnostic)


def make_program(planned: Planned) -> CudaProgram:
    """Return CUDA C++ for a planned nest; what writes it is loaded when the first is written."""
    from parloop.codegen.cuda.generate import write_program

    assert planned.make_grid is not None
    grid = planned.make_grid()
    return write_program(planned.typing, planned.ranges, planned.plan, grid, planned.left)
