"""Which parameter values give a system a solution.

Exact elimination answers quickly, isl where that cannot. Where neither does (isl is missing or
gave up), the answer is a larger set, which errs towards bad.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from parloop.analysis import polyhedra
from parloop.analysis.affine import System, is_parameter
from parloop.analysis.conditions import UNKNOWN, Condition
from parloop.analysis.elimination import (
    NotExactError,
    eliminate,
    is_infeasible,
    without_redundant,
)

MAX_REDUNDANCY_ROWS = 8
"""Conditions with more rows than this are tested as they are."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A union of conditions; empty when there is no solution."""

    conditions: tuple[Condition, ...]
    exhausted: bool = False  # isl was asked, and gave up

    @property
    def is_empty(self) -> bool:
        """Whether the system surely has no solution."""
        return not self.conditions


NOTHING = Projection(())


def project_to_parameters(system: System, context: System) -> Projection:
    """Return the parameter values, among those in `context`, for which `system` has a solution."""
    try:
        found = eliminate(system, None)
    except NotExactError:
        return _project_with_isl(system, context)
    if found is None:
        return NOTHING
    return Projection(simplified((Condition(found),), context))


def _project_with_isl(system: System, context: System) -> Projection:
    names = system.symbols()
    pieces = polyhedra.project(system, frozenset(filter(is_parameter, names)))
    if pieces is not None:
        return Projection(simplified(pieces, context))
    exhausted = polyhedra.is_available()
    try:
        shadow = eliminate(system, None, shadow=True)
    except NotExactError:
        return Projection((UNKNOWN,), exhausted)
    if shadow is None:
        return NOTHING
    return Projection(simplified((Condition(shadow, exact=False),), context), exhausted)


def simplified(pieces: Iterable[Condition], context: System) -> tuple[Condition, ...]:
    """Return `pieces` but for those that `context` contradicts, without the rows it implies."""
    kept: list[Condition] = []
    for piece in pieces:
        if piece.is_certain:
            kept.append(piece)
        elif not is_infeasible(piece.system & context):
            system = piece.system
            if len(system.nonnegative) <= MAX_REDUNDANCY_ROWS:
                system = without_redundant(system, context & piece.definitions())
            kept.append(Condition(system, piece.quotients, piece.exact))
    return tuple(kept)
