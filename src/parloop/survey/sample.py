"""A page with randomly chosen nests, each beside what parloop says of its loops.

A person checks by hand, and notes: are the verdicts right?
"""

from __future__ import annotations

from collections.abc import Sequence

from parloop.survey.records import LoopRecord


def sample_page(nests: Sequence[tuple[LoopRecord, ...]]) -> str:
    """Return the page."""
    return ""
