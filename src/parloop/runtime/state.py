"""What the engine knows of one site."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import TypeAlias

from parloop import config
from parloop.capture.sites import Site
from parloop.config import Settings, current_settings
from parloop.diagnostics import Declined, Diagnostic
from parloop.ir.nodes import Nest
from parloop.ir.types import Scalar, Type
from parloop.runtime.arguments import Guard
from parloop.runtime.callees import NO_CALLS, Calls
from parloop.runtime.codes import FunctionReplaced
from parloop.runtime.cutting import Paces
from parloop.runtime.enter import Table
from parloop.runtime.specialisation import Specialisation
from parloop.runtime.stats import SiteRecord
from parloop.runtime.warm import Warm
from parloop.staging.rows import Row

SmallExtents: TypeAlias = tuple[tuple[str, tuple[int | None, ...]], ...]
"""Arrays with those of their extents that have code of their own."""


@dataclass(slots=True)
class SiteState:
    """What the engine knows of one site; `nest` is None if the loop cannot be lowered."""

    record: SiteRecord
    nest: Nest | None
    reasons: tuple[Diagnostic, ...]
    guards: tuple[Guard, ...] = ()
    certain: bool = True
    effects: bool = False
    """Whether iterations of the nest may come to what only the interpreter can do."""
    specialisations: dict[
        tuple[tuple[Type | None, ...], bool, SmallExtents], Specialisation | Declined
    ] = field(default_factory=dict)
    """By the types of the inputs, whether statements on arrays are for shared memory, and for rows
    of which sizes."""
    settings: tuple[object, object, Settings] | None = None
    """What was last put together, from the process's settings and the innermost block's."""
    small: dict[object, float] = field(default_factory=dict)
    """Sizes of launches that are too small to pay under these settings, with their seconds."""
    placed: dict[object, tuple[Nest, Mapping[str, Row]]] = field(default_factory=dict)
    """The nest without names for rows, by the lists that have rows."""
    replaced: dict[tuple[str, type], Scalar] = field(default_factory=dict)
    """The types of items that lists get, where these are not those of the items that they have: by
    name, and the type of the first item."""
    noted: dict[object, Nest] = field(default_factory=dict)
    """The nest with notes of what it stores into such lists, by their names."""
    last: Specialisation | None = None
    operations: dict[object, float] = field(default_factory=dict)
    """The work of launches, by specialisation and key words."""
    paces: Paces = field(default_factory=Paces)
    warm: tuple[Warm, ...] = ()
    native: tuple[Table | None, ...] = ()
    """For each of `warm` what does the same without Python."""
    warm_keys: tuple[object, ...] = ()
    last_key: object = None
    calls: Calls = NO_CALLS
    """The functions that are written into the nest, or that stand in its way."""
    versions: list[SiteState] = field(default_factory=list)
    """The states of the site for other functions, this one among them; one list for all."""
    declined: int = 0
    """How many entries in a row were left to the interpreter for their types."""
    n_small: int = 0
    """How many entries in a row were left to the interpreter for their size."""
    n_early: int = 0
    """How many entries left a loop over lists before its middle."""
    largest: float = 0.0
    """The most operations that an iteration of one of these had."""
    fewest: int = sys.maxsize
    """The fewest iterations that ran natively."""
    resting: int = 0
    """How many entries are still left to it without a look."""

    def show(self, site: Site) -> None:
        """Make this the state of `site`."""
        site.state, site.enter = self, site

    def forget(self) -> None:
        """Forget the launches of which everything is known."""
        self.warm, self.native, self.warm_keys, self.last_key = (), (), (), None


MOST_VERSIONS = 8
"""A site whose names mean one function after another forgets no more than this."""


def state_for(site: Site, values: Sequence[object], frame: FrameType) -> SiteState | None:
    """Return the state of a site for the functions that its loop calls now; None to make it.

    Raises Declined where there have been too many.
    """
    state: SiteState | None = site.state
    if state is None or not state.calls.called or state.calls.hold(site, values, frame):
        return state
    for other in state.versions:
        if other.calls.hold(site, values, frame):
            other.show(site)
            return other
    if len(state.versions) >= MOST_VERSIONS:
        name = state.calls.called[0].name
        raise Declined(FunctionReplaced(f"`{name}` has meant too many functions, one by one"))
    return None


def settings_of(site: Site, state: SiteState) -> Settings:
    """Return the settings that hold, which are put together only when they have changed."""
    process, block = config.token()
    known = state.settings
    if known is None or known[0] is not process or known[1] is not block or process is None:
        settings = current_settings(site.options)
        process, block = config.token()
        known = state.settings = (process, block, settings)
        state.small = {}
    return known[2]
