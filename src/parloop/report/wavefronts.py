"""Loops that have to run in order, and run as a wavefront or in bands with another: in words."""

from __future__ import annotations

from parloop.analysis import Analysis, LoopFacts, Serial
from parloop.diagnostics import Diagnostic
from parloop.ir.nodes import For
from parloop.report.reasons import RunsAsWavefront, RunsInBands
from parloop.schedule.bands import find_bands
from parloop.schedule.wavefront import find_lags

MOST_DISTANCES = 6
"""So many are told; more are counted."""


def wavefront_evidence(facts: LoopFacts, analysis: Analysis) -> Diagnostic | None:
    """Return what is to be said if the serial loop is one of a pair that runs as a wavefront."""
    if analysis.wraps is None:
        return None
    parallel = frozenset(
        each.number for each in analysis.loops if not isinstance(each.verdict, Serial)
    )
    for number, lag in find_lags(analysis, parallel).items():
        outer = analysis.loops[number]
        inner = outer.loop.body[0]
        if isinstance(inner, For) and facts.loop in (outer.loop, inner):
            return _evidence(facts, (outer, analysis.of(inner)), lag, bool(analysis.wraps))
    return None


def bands_evidence(facts: LoopFacts, analysis: Analysis) -> Diagnostic | None:
    """Return what is to be said if the loop, where it has to run in order, runs inside bands."""
    if analysis.wraps is None or facts.number not in find_bands(analysis, frozenset()):
        return None
    outer, inner = facts.loop, facts.loop.body[0]
    assert isinstance(inner, For)
    message = f"loop `{outer.title}` runs inside bands of loop `{inner.title}`"
    notes = [f"no iteration of `{inner.title}` needs what another one leaves"]
    if analysis.wraps:
        notes.append("unless a subscript turns out to count from the end")
    return RunsInBands(message, outer.span, notes=tuple(notes))


def _evidence(
    facts: LoopFacts, pair: tuple[LoopFacts, LoopFacts], lag: int, may_wrap: bool
) -> Diagnostic:
    outer, inner = (each.loop.index for each in pair)
    distances: set[tuple[int, int]] = set()
    for each in pair:
        for dependence in each.dependences:
            place = dependence.loops.index(pair[0].number)
            across, along = dependence.distances[place : place + 2]
            assert across is not None
            assert along is not None
            distances.add((across, along))
    told = [str(distance) for distance in sorted(distances)]
    if len(told) > MOST_DISTANCES:
        told = [*told[:MOST_DISTANCES], f"and {len(told) - MOST_DISTANCES} more"]
    behind = f"{lag} iteration{'' if lag == 1 else 's'} of `{inner}` behind the one before"
    notes = [
        f"later iterations need earlier ones at distances {', '.join(told)} only",
        f"each iteration of `{outer}` may follow {behind}",
    ]
    if may_wrap:
        notes.append("unless a subscript turns out to count from the end")
    message = f"loops `{outer}` and `{inner}` run together as a wavefront"
    return RunsAsWavefront(message, facts.loop.span, notes=tuple(notes))
