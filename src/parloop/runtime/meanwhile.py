"""What signal handlers and other threads change before a slice, as far as the loop reads it.

They run between bytecodes, so CPython would see each change in the next iteration. A launch that
notices one stops there, and the interpreter goes on with what is then. What changes within arrays
needs no notice: the next slice reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from parloop.capture.made import is_same
from parloop.capture.sites import UNBOUND, Site
from parloop.diagnostics import Declined
from parloop.runtime.arguments import Guard, check_guards
from parloop.runtime.callees import Calls
from parloop.runtime.regions import Ready
from parloop.runtime.saving import choose_saved


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What a launch came from that others than the loop can change."""

    site: Site
    frame: FrameType
    guards: tuple[Guard, ...]
    calls: Calls
    ready: Ready
    saved: tuple[Any, ...]
    names: tuple[tuple[str, object], ...]
    """Names that are not the function's alone, and what they were bound to."""
    layouts: tuple[tuple[np.ndarray[Any, Any], object], ...]
    made: tuple[Any, ...] = ()
    """What the header has made, and what was given on of it."""

    def has_changed(self) -> bool:
        """Return whether the rest of the loop cannot run on what the launch was made from."""
        try:
            check_guards(self.site, self.guards, self.frame, self.calls)
            return (
                any(self.now(name) is not old for name, old in self.names)
                or not all(one.is_same(self.now(one.name)) for one in self.calls.called)
                or (self.made and not is_same(self.site.info.node, self.made[0], self.made[1:]))
                or any(_layout(array) != old for array, old in self.layouts)
                or choose_saved(self.ready) != self.saved
            )
        except Declined:
            return True

    def now(self, name: str) -> object:
        """Return what a name of the nest is bound to."""
        return self.calls.look_up(self.site, self.frame, name)

    def newer(self, values: tuple[object, ...]) -> tuple[object, ...]:
        """Return `values` of the loop's outputs, with what others have bound to a name since."""
        newer = {}
        for name, old in self.names:
            now = self.now(name)
            if now is not old:
                newer[name] = now
        outputs = self.site.info.outputs
        return tuple(
            newer.get(name, value) for name, value in zip(outputs, values, strict=True)
        )


def watch_changes(
    site: Site,
    frame: FrameType,
    given: Mapping[str, Any],
    guards: tuple[Guard, ...],
    calls: Calls,
    ready: Ready,
    saved: tuple[Any, ...],
    values: tuple[object, ...] = (),
) -> Meanwhile:
    """Return what has to stay as it is for a launch on `given`, the values of the nest's inputs.

    `values` are those of `SiteInfo.passed`.
    """
    own = set(frame.f_code.co_varnames) - set(frame.f_code.co_cellvars)
    names: dict[str, object] = {}
    for name in {*site.info.outputs, *given} - own:
        now = calls.look_up(site, frame, name)
        names[name] = now if now is UNBOUND else given.get(name, now)
    layouts = [(value, _layout(value)) for value in given.values() if type(value) is np.ndarray]
    return Meanwhile(
        site, frame, guards, calls, ready, saved, tuple(names.items()), tuple(layouts),
        values[len(site.info.written) :],
    )  # fmt: skip


def _layout(array: np.ndarray[Any, Any]) -> object:
    where: object = array.__array_interface__["data"]  # the address, and whether it is read only
    return where, array.shape, array.strides, array.dtype
