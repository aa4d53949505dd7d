"""Loops over arrays that are on the GPU already: only the GPU runs them natively.

Where it does not, the interpreter does, element by element through the arrays' own library.
"""

from __future__ import annotations

from typing import Any

from parloop.capture.expressions import ExpressionSite
from parloop.diagnostics import Declined
from parloop.ir.nodes import Nest
from parloop.runtime.gpu import numbas, offering
from parloop.runtime.gpu.codes import GpuDeclined
from parloop.runtime.gpu.offload import Offload
from parloop.runtime.overwritten import written_arrays
from parloop.runtime.packing import Packing
from parloop.runtime.specialisation import Specialisation
from parloop.runtime.transaction import Launch


def require_gpu(entry: Packing, nest: Nest) -> None:
    """Decline where loops over arrays on the GPU cannot run there, whatever their types are."""
    name = min(entry.device_arrays)
    device = entry.settings.device
    if device != "cuda" and not (device == "auto" and offering.AUTO_USES_GPU):
        raise Declined(GpuDeclined(f'`{name}` is on the GPU; `device="cuda"` runs loops there'))
    info = entry.site.info
    plain = not (entry.state.effects or nest.appends or nest.draws or info.made or info.over_items)
    if not plain or entry.resumption is not None or isinstance(entry.site, ExpressionSite):
        message = f"`{name}` is on the GPU, and the loop is more than loops over numbers"
        raise Declined(GpuDeclined(message))
    if entry.settings.verify:
        raise Declined(GpuDeclined(f"`{name}` is on the GPU, where nothing is verified"))


def prepare(entry: Packing, launch: Launch, specialisation: Specialisation) -> None:
    """Decline where the GPU cannot run `launch` as the interpreter would."""
    offload = launch.offload
    if not isinstance(offload, Offload):
        raise Declined(entry.reason or GpuDeclined("the GPU cannot run the loop"))
    if specialisation.expansion is not None or launch.lists is not None:
        message = "lists, and statements on whole arrays, do not go with arrays on the GPU"
        raise Declined(GpuDeclined(message))
    arrays: dict[str, Any] = {n: one.stand_in for n, one in entry.device_arrays.items()}
    numbas.check_uses(specialisation.typing, arrays)
    nest = specialisation.nest
    stored = written_arrays(nest) & arrays.keys()
    if stored and numbas.warns_of_stores():
        surely = numbas.surely_stores(nest.loop, launch.indices, stored, launch.given)
        if not surely or not numbas.is_said_once():
            message = "Numba may have something to warn of at each store on the GPU"
            raise Declined(GpuDeclined(message))
        offload.afterwards = numbas.warn_of_stores
