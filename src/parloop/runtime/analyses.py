"""Analyse a nest once, however many ask.

The first entry of a site wants the verdict for the report, the specialisation wants it for the
plan. They are the same where the names that decide about order are plain integers.
"""

from __future__ import annotations

from parloop.analysis import Analysis, Parallel, ParallelIf, analyse
from parloop.ir.nodes import (
    Assign,
    Conditional,
    Expr,
    For,
    If,
    Load,
    Logical,
    Name,
    Nest,
    Store,
    While,
)
from parloop.ir.walk import (
    all_expressions,
    expressions,
    handles_arrays,
    own_expressions,
    statements,
)
from parloop.runtime.stats import SiteVerdict

_GENERAL: dict[int, tuple[Nest, Analysis]] = {}
"""By `id(nest)`; the nest is kept, so that no other can have its id."""

MOST = 4096


def general_analysis(nest: Nest) -> Analysis:
    """Return the analysis of a nest about whose inputs nothing is known."""
    found = _GENERAL.get(id(nest))
    if found is None:
        if len(_GENERAL) >= MOST:
            _GENERAL.clear()
        found = _GENERAL[id(nest)] = (nest, analyse(nest))
    return found[1]


def verdict_of(nest: Nest) -> SiteVerdict:
    """Return what is known of the order of the outermost loop's iterations."""
    if handles_arrays(nest):
        return "undecided"  # until the types are known
    match general_analysis(nest).loops[0].verdict:
        case Parallel(needs=()):
            return "parallel"
        case Parallel() | ParallelIf():
            return "parallel-if"
        case _:
            return "serial"


def deciding_names(nest: Nest) -> frozenset[str]:
    """Return the scalar names that subscripts, bounds and tests may depend on.

    Errs towards more: what is assigned to such a name counts too.
    """
    body = (nest.loop,)
    found: set[str] = set()
    for stmt in statements(body):
        match stmt:
            case Store(subscripts=subscripts):
                found |= _names(*subscripts)
            case For() | While() | If():
                found |= _names(*own_expressions(stmt))
            case _:
                pass
    for expr in all_expressions(body):
        match expr:
            case Load(subscripts=subscripts):
                found |= _names(*subscripts)
            case Conditional(test=test):
                found |= _names(test)
            case Logical():
                found |= _names(expr)
            case _:
                pass
    while True:
        more = {
            name
            for stmt in statements(body)
            if isinstance(stmt, Assign) and stmt.target in found
            for name in _names(stmt.value)
        }
        if more <= found:
            return frozenset(found)
        found |= more


def _names(*exprs: Expr) -> set[str]:
    return {part.id for e in exprs for part in expressions(e) if isinstance(part, Name)}
