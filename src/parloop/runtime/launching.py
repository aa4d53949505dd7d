"""An entry of a site: its launch, and what that comes to."""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from parloop.capture.bars import BarSite
from parloop.capture.made import is_of_dictionary
from parloop.capture.sites import Outcome
from parloop.codegen.layout import OUTSIDE, ChunkWord, Header
from parloop.diagnostics import Declined
from parloop.runtime.arrays import make_array_reader
from parloop.runtime.chunks import make_chunks
from parloop.runtime.codes import (
    InputOutside,
    ListNotSupported,
)
from parloop.runtime.cutting import find_pool, grain
from parloop.runtime.interrupts import Holder
from parloop.runtime.meanwhile import watch_changes
from parloop.runtime.packing import Packing
from parloop.runtime.regions import Ready
from parloop.runtime.results import make_reader, make_way_reader
from parloop.runtime.resuming import SLICE_SECONDS
from parloop.runtime.rows import with_places_of, with_rows
from parloop.runtime.saving import (
    choose_saved,
    decline_large,
    is_large,
    may_run_in_chunks,
)
from parloop.runtime.seen import see
from parloop.runtime.specialisation import Specialisation
from parloop.runtime.transaction import Launch, Warned

NATIVE_SECONDS_PER_OPERATION = 1e-9


@dataclass(slots=True)
class Launching(Packing):
    """An entry that can be launched."""

    def see(
        self,
        specialisation: Specialisation,
        ready: Ready,
        arguments: Mapping[str, Any],
        operations: float,
    ) -> None:
        """Keep for the report what the largest launch was."""
        seen = self.state.record.seen
        if seen is None or operations >= seen.operations:
            nest, kernel = specialisation.nest, ready.kernel
            self.state.record.seen = see(nest, self.indices, arguments, kernel, operations)

    def make_reader(self, specialisation: Specialisation) -> None:
        """Make what reads the outputs of launches."""
        outputs, layout = self.site.info.outputs, specialisation.layout
        expansion = specialisation.expansion
        if expansion is None:
            specialisation.reader = make_reader(with_places_of(self.rows, outputs), layout)
        elif self.rows:
            message = f"`{min(self.rows)}` is a row of a list beside statements on arrays"
            raise Declined(ListNotSupported(message))
        else:
            found = make_array_reader(outputs, expansion, layout)
            specialisation.reader, specialisation.bind = found

    def make_launch(
        self,
        ready: Ready,
        words: np.ndarray[Any, Any],
        arguments: Mapping[str, Any],
        operations: float,
    ) -> Launch:
        """Return the launch of a kernel on a packed record."""
        record = ready.take_record()
        scratch = record.integers[Header.SCRATCH]
        record.words[:] = words
        record.integers[Header.SCRATCH] = scratch
        machine = ready.kernel.fast
        if machine.check(record.address, 0, 0) & OUTSIDE:
            raise Declined(InputOutside("an integer is beyond what machine code was made for"))
        threads, run_address, blocks = find_pool(ready, self.settings)
        record.integers[Header.RUN], record.integers[Header.BLOCKS] = run_address, blocks
        chosen = saved = choose_saved(ready)
        traits = ready.kernel.traits
        is_held = traits.polls and not is_large(ready.written, arguments)
        if is_held:
            saved = ready.written
        if self.device_arrays:
            saved, is_held = (), False
        guards = self.state.guards
        calls = self.state.calls
        meanwhile = watch_changes(
            self.site, self.frame, self.given, guards, calls, ready, chosen, self.values
        )
        if self.lists is not None:
            saved = tuple(item for item in saved if item.array not in self.lists.names())
        decline_large(saved, arguments)
        per_iteration = operations / len(self.left) * NATIVE_SECONDS_PER_OPERATION
        in_chunks = saved and self.lists is None and may_run_in_chunks(ready, saved)
        return Launch(
            ready.kernel,
            record.words,
            record.address,
            self.indices,
            {item.array: arguments[item.array] for item in saved},
            saved,
            Warned(self.frame.f_code.co_filename, self.frame.f_globals),
            per_iteration,
            threads=threads,
            certain=self.state.certain,
            buffers=record.buffers,
            rooms=np.zeros(traits.n_saves and traits.n_saves + len(ChunkWord), np.int64),
            chunks=make_chunks(saved, arguments, blocks) if in_chunks else None,
            record=record,
            lists=self.lists,
            leaves_warnings=ready.leaves_warnings,
            given=arguments,
            grain=grain(traits, ready.kernel.loop, len(self.indices)),
            done=self.first,
            most=0 if self.resumption is None else max(1, int(SLICE_SECONDS / per_iteration)),
            least=self.least_slice(threads if is_held and traits.cuts_outermost else 1),
            holder=Holder() if is_held else None,
            meanwhile=meanwhile,
            stays_elsewhere=bool(self.device_arrays),
            tick=self.site.bars[get_ident()].tick if isinstance(self.site, BarSite) else None,
        )

    def least_slice(self, usual: int) -> int:
        """Return how many iterations each slice has at least.

        Over the items of a dictionary all: where a handler changes it CPython's own iterator stops
        at a place that another one cannot find.
        """
        made = self.values[len(self.site.info.written) :]
        whole = self.drawn is not None or (made and is_of_dictionary(made[0]))
        return len(self.indices) if whole else usual

    def outcome_of(self, launch: Launch, specialisation: Specialisation) -> Outcome | None:
        """Return what a launch has come to, None if to nothing."""
        if launch.done == self.first and not launch.broke:
            return Outcome(launch.done, (), error=launch.error) if launch.error else None
        assert specialisation.reader is not None
        values = specialisation.reader(launch.record)
        if specialisation.bind is not None:
            finished = launch.done + launch.broke
            values = specialisation.bind(values, launch.record, launch.given, finished)
        if self.rows and self.lists is not None:
            values = with_rows(self.rows, self.site.info.outputs, values, self.lists)
        if launch.overtaken and launch.meanwhile is not None:
            values = launch.meanwhile.newer(values)
        way = make_way_reader(specialisation.layout)(launch.record) if launch.broke else 0
        return Outcome(launch.done, values, launch.broke, way, launch.error)
