"""When to go back to machine code after the interpreter has run an iteration that it could not.

Asking again costs an entry, and what the next attempt does in vain. What may be lost like that is a
small part of what the interpreter would take for the whole loop, and half of what earlier attempts
have saved. An attempt that saves less than it costs doubles the distance to the next one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from types import FrameType
from typing import Any, Final

from parloop.capture.sites import Outcome, Site
from parloop.diagnostics import Declined
from parloop.ir import interp
from parloop.ir.nodes import START, STEP, STOP, Name, Nest
from parloop.runtime.codes import InputOutside
from parloop.runtime.specialisation import Specialisation

MOST_LOST: Final = 0.01
"""Of the interpreter's time for a loop, what attempts in vain may take."""

FIRST_COST: Final = 3e-4
"""Seconds that an attempt is taken to cost before there has been one."""

PAUSE_COST: Final = 2e-8
"""Seconds that an iteration takes longer where a pause comes after it."""

SURE: Final = 0.5
"""The part of an estimated time in the interpreter that counts as saved: estimates err."""

FEW_ITERATIONS: Final = 8
"""Where machine code is wanted whatever it costs, attempts that come so far are worth it."""

SLICE_SECONDS: Final = 1e-4
"""How long the first slice of an attempt is to take: soon there may be another such iteration."""


@dataclass(slots=True)
class Resumption:
    """What is known of one entry of a loop that some iterations have interrupted."""

    enter: Callable[[Site, range, int, tuple[object, ...], FrameType, Resumption], Outcome | None]
    eager: bool
    """Whether machine code is wanted whatever it costs."""
    wants: Callable[[], bool] = lambda: True
    """See `capture.resuming.Again`."""
    allowed: float = 0.0
    """Seconds that may still be lost."""
    after: int = 0
    """How many iterations the interpreter is to run next."""
    began: float = 0.0
    counts: bool = False
    """Whether the entry has been counted as native."""

    def resume(
        self, site: Site, indices: range, done: int, values: tuple[object, ...], frame: FrameType
    ) -> Outcome | None:
        """See `capture.resuming.Again`."""
        self.began = perf_counter()
        return self.enter(site, indices, done, values, frame, self)

    def is_worth_it(self, ran: int, seconds: float, left: int, per_iteration: float) -> bool:
        """Return whether to ask again, and set after how many iterations.

        In `seconds` the last attempt has run `ran` iterations, and `left` are left, for each of
        which the interpreter takes about `per_iteration` seconds.
        """
        if self.eager:
            self.after = 2 * self.after if self.after and ran < FEW_ITERATIONS else 1
            return self.after < left
        if not self.after:
            self.allowed = MOST_LOST * per_iteration * (ran + left)
        gain = SURE * per_iteration * ran - seconds
        cost = seconds if self.after else FIRST_COST
        self.allowed += gain
        self.after = 1 if gain > 0 or not self.after else 2 * self.after
        self.allowed -= PAUSE_COST * self.after
        return self.after < left and self.allowed > cost


def check_bounds(nest: Nest, indices: range, given: Mapping[str, Any]) -> None:
    """Decline where the header of a loop would give another range by now.

    `given` are inputs of the types that the loop was lowered for.
    """
    loop = nest.loop
    pairs = ((loop.start, indices.start), (loop.stop, indices.stop), (loop.step, indices.step))
    for bound, number in pairs:
        if isinstance(bound, Name) and bound.id in (START, STOP, STEP):
            continue
        try:
            same = bool(interp.evaluate(bound, dict(given)) == number)
        except (ArithmeticError, AttributeError, LookupError, NameError, TypeError):
            same = False
        if not same:
            raise Declined(InputOutside("the bounds of the range have changed meanwhile"))


def turns_of(specialisation: Specialisation) -> int:
    """Return of how many iterations those have to be a multiple after which a launch may begin.

    Then the names of arrays hold what they held before the first iteration, as far as that matters.
    """
    expansion = specialisation.expansion
    if expansion is None:
        return 1
    turns = expansion.turns
    return sys.maxsize if turns.first else len(turns.bound)
