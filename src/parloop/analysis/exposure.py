"""Arrays of which each iteration of the outermost loop writes what it writes before it reads it.

    for t { for i { b[i] = f(a[i]) }; for i { a[i] = g(b[i], b[i + 1]) } }

`b` is such an array: each element of it that the nest reads is one that the same iteration has
written before, or one that the nest never writes. Running an iteration again then does not depend
on what was in `b`; on what was in `a` it does.
"""

from __future__ import annotations

from collections.abc import Mapping

from parloop.analysis.accesses import Access, Collected
from parloop.analysis.affine import Affine, System, combine, constant, counter
from parloop.analysis.dependence import common_loops
from parloop.analysis.elimination import is_infeasible


def refreshed_arrays(collected: Collected) -> frozenset[str]:
    """Return the written arrays whose old values no iteration of the outermost loop needs.

    Their stores are made whatever the data is. Holds where no array shares memory with another or
    with itself, and every subscript is inside its array. Errs towards leaving arrays out.
    """
    by_array: dict[str, list[Access]] = {}
    for access in collected.accesses:
        by_array.setdefault(access.array, []).append(access)
    return frozenset(
        array
        for array, accesses in by_array.items()
        if any(access.is_write for access in accesses) and _is_refreshed(accesses, collected)
    )


def _is_refreshed(accesses: list[Access], collected: Collected) -> bool:
    writes = [access for access in accesses if access.is_write]
    reads = [access for access in accesses if not access.is_write]
    if not all(access.is_affine for access in accesses) or not all(w.exact for w in writes):
        return False
    return all(
        any(_covers(cover, read, _meeting(read, write), collected) for cover in writes)
        for read in reads
        for write in writes
    )


def _meeting(read: Access, write: Access) -> System:
    """Return where `read` touches an element that `write` writes in an iteration of any loop."""
    names = {name: name + "'" for name in (*map(counter, write.loops), *write.quotients)}
    same = tuple(
        one - other.renamed(names)
        for one, other in zip(read.cells, write.cells, strict=True)
        if one is not None and other is not None
    )
    return read.domain & write.domain.renamed(names) & System(zero=same)


def _covers(cover: Access, read: Access, where: System, collected: Collected) -> bool:
    """Return whether, `where` `read` reads, `cover` has surely written the element before.

    Looks for the iteration of `cover` that does: in the loops around both it is the one that reads,
    in the others the one that the subscripts tell. What has to hold of it is then tested.
    """
    shapes = {shape.number: shape for shape in collected.loops}
    assert cover.exact
    assert all(shapes[loop].counts_iterations for loop in cover.loops)  # or it were not exact
    if cover.quotients or cover.position > read.position:
        return is_infeasible(where & collected.context)
    common = common_loops(cover, read)
    if not common:
        return False
    own = [counter(loop) for loop in cover.loops[len(common) :]]
    found = _solve(cover, read, own)
    rows = [_put(row, found) for row in cover.domain.nonnegative]
    for row in cover.domain.zero:
        rows += [_put(row, found), _put(row, found).scaled(-1)]
    for mine, other in zip(cover.cells, read.cells, strict=True):
        assert mine is not None
        assert other is not None
        difference = _put(mine, found) - other
        rows += [difference, difference.scaled(-1)]
    return all(_always(row, where & collected.context) for row in rows)


def _solve(cover: Access, read: Access, own: list[str]) -> Mapping[str, Affine]:
    """Return the iteration of `cover`'s own loops that touches what `read` reads, if one does."""
    found: dict[str, Affine] = {}
    for mine, other in zip(cover.cells, read.cells, strict=True):
        assert mine is not None
        assert other is not None
        free = [name for name in own if mine.coefficient(name) and name not in found]
        if len(free) == 1 and abs(mine.coefficient(free[0])) == 1:
            rest = _put(mine.replaced(free[0], constant(0)), found)
            sign = mine.coefficient(free[0])
            found[free[0]] = combine(other, sign, rest, -sign)
    return {name: found.get(name, constant(0)) for name in own}


def _put(row: Affine, found: Mapping[str, Affine]) -> Affine:
    """Return `row` with the iteration `found` put in; its values do not mention one another."""
    names = {name: name + "*" for name in found}
    row = row.renamed(names)
    for name, value in found.items():
        row = row.replaced(names[name], value)
    return row


def _always(row: Affine, where: System) -> bool:
    """Return whether `row >= 0` surely holds everywhere in `where`."""
    if row.is_constant:
        return row.constant >= 0
    return is_infeasible(where & System(nonnegative=(row.scaled(-1).shifted(-1),)))
