"""Random nests against their runs; `python -m tests.analysis.campaign --nests N` goes on longer."""

from __future__ import annotations

import pytest
from tests.analysis.campaign import campaign, usable_cores

from parloop.analysis import polyhedra


def test_no_claim_about_a_random_nest_is_disproved() -> None:
    counts = campaign(20_000, 2026, usable_cores()).counts
    claims = ("Parallel", "ParallelIf, good", "exact dependence", "interchanged", "wave 1")
    for claim in (*claims, "refreshed, read", "not refreshed, read"):
        assert counts[claim] > 10, claim


def test_without_isl_no_claim_is_disproved_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polyhedra, "isl", None)
    counts = campaign(300, 7).counts
    assert counts["Parallel"] > 10


def test_with_isl_giving_up_at_once_no_claim_is_disproved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polyhedra, "MAX_OPERATIONS", 1)
    assert campaign(200, 8).counts["Parallel"] > 10
