"""Choose loop pairs of which the inner loop is cut into bands, each running all of the outer loop.

    for i { for j { y[j] += a[i, j] * p[i] } }
    becomes    for bands of j, in any order { for i { for j of the band { y[j] += ... } } }

The outer loop has to run in order, but what it carries stays within one iteration of the inner one.
So the bands wait for nobody, and some rows run side by side: `y[j]` is loaded and stored once for
all of them (strip-mining, interchange, unroll-and-jam; Kennedy & Allen, *Optimizing Compilers*,
chapters 5 and 8). Each element keeps its order of operations.
"""

from __future__ import annotations

from dataclasses import replace

from parloop.analysis import Analysis
from parloop.analysis.graph import may_run_in_bands
from parloop.ir.nodes import For, While
from parloop.ir.walk import statements
from parloop.schedule.wavefront import choose_wave, depends_on, ends_surely


def find_bands(analysis: Analysis, parallel: frozenset[int]) -> frozenset[int]:
    """Return the loops, by number, that may run inside bands of the loop that is all of their body.

    `parallel` are the loops that may run in any order. The reductions of some of them may have to
    keep theirs: these may be among the answers. Dependences of subscripts that count from the end
    are not known here.
    """
    return frozenset(
        facts.number
        for facts in analysis.loops
        if (facts.number not in parallel or facts.needs)
        and len(facts.loop.body) == 1
        and isinstance(inner := facts.loop.body[0], For)
        and is_band(analysis, facts.number, inner)
    )


def is_band(analysis: Analysis, number: int, inner: For) -> bool:
    """Return whether loop `number` may run, and pays, inside bands of `inner`: a loop of its body,
    or a part of one."""
    outer = analysis.judge.collected.loops[number].loop
    return (
        not any(isinstance(stmt, For | While) for stmt in statements(inner.body))
        and not (outer.orelse or outer.total or inner.total)
        and rows_of(replace(outer, body=(inner,))) > 1
        and not depends_on(inner, outer)
        and ends_surely(inner)
        and may_run_in_bands(analysis, number, inner)
    )


def rows_of(loop: For) -> int:
    """Return how many iterations of `loop` run side by side in a band."""
    return choose_wave(loop, 0).rows
