"""Whether a loop has cost enough in the interpreter to be worth what machine code costs to make.

Machine code costs a tenth of a second where the interpreter often takes as long. Nobody knows how
often a loop will be entered: so it is left to the interpreter until the time that its entries have
taken there, this one included, comes to the price. Whatever happens next, that is at most twice
what somebody would have paid who knew (ski rental: Karlin, Manasse, Rudolph, Sleator, "Competitive
snoopy caching", Algorithmica 3, 1988, section 2).
"""

from __future__ import annotations

import sys
from typing import Final

from parloop.capture.sites import Site
from parloop.config import Settings

LOADING: Final = 0.15
"""Seconds that loading the engine costs, and looking at its first loop."""

LOADING_NUMPY: Final = 0.1
"""Seconds that it costs besides where the program has not imported NumPy."""

LOWERING: Final = 0.01
"""Seconds that it costs to lower a loop and to find its verdict."""

LOOKING: Final = 1.5e-4
"""Seconds that an entry costs at least: for so long it is looked at."""

FINDING: Final = 0.02
"""Seconds to machine code that an earlier process has left."""


def may_wait(settings: Settings) -> bool:
    """Return whether loops may be left to the interpreter although they would pay.

    Not where somebody said from what time on they pay, or wants to see them run.
    """
    plain = not settings.strict and not settings.verify and settings.device != "cuda"
    return plain and settings.min_work_ms is None


def loading_seconds() -> float:
    """Return how many seconds it would cost now to load the engine."""
    return LOADING if "numpy" in sys.modules else LOADING + LOADING_NUMPY


def waits(site: Site, seconds: float, price: float) -> bool:
    """Return whether an entry of about `seconds` is left to the interpreter, and count it if so."""
    spent = site.spent + max(seconds, LOOKING)
    if spent >= price:
        return False
    site.spent = spent
    return True
