"""Arrays that a nest may be run on again without being put back.

    for i in 1:n { for j in 1:m { d[i, j] = d[i - 1, j] + d[i, j - 1] } }

No element of `d` is read before it is written, but those that are never written. Whatever a run
has left in it, another run from the beginning reads the same.
"""

from __future__ import annotations

from parloop.analysis.accesses import Access
from parloop.analysis.dependence import common_loops
from parloop.analysis.verdict import Analysis


def rewritten_arrays(analysis: Analysis) -> frozenset[str]:
    """Return the arrays of which no element is written after it was read.

    Their stores are made whatever the data is, so that every run writes the same elements. Only for
    arrays that share no memory, and where no subscript counts from the end. Errs towards fewer.
    """
    judge = analysis.judge
    accesses = judge.collected.accesses
    written = {access.array for access in accesses if access.is_write}
    unsure = {a.array for a in accesses if a.is_write and not (a.exact and a.is_affine)}
    for dependences in judge.dependences.values():
        unsure |= {d.name for d in dependences if d.kind == "anti" or not d.ordered}
    for first in accesses:
        if first.array in written - unsure and not first.is_write:
            later = (a for a in accesses if a.is_write and a.array == first.array)
            if any(_is_overwritten(analysis, first, second) for second in later):
                unsure.add(first.array)
    return frozenset(written - unsure)


def _is_overwritten(analysis: Analysis, load: Access, store: Access) -> bool:
    """Return whether `store` may write what `load` has read in the same iteration of all loops."""
    loops = common_loops(load, store)
    return load.position < store.position and analysis.judge.tester.meets_in_iteration(
        load, store, loops
    )
