"""What may be done to a nest with its dependences in view: distribute, interchange, run in waves.

    for i in 1:n { a[i] = b[i] + 1; s[i] = s[i - 1] + a[i] }

distributes into a parallel loop over the first statement and, after it, a serial one over the
second. All of these keep, for each element, the order of the operations on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import product

from parloop.analysis.accesses import Access, LoopShape
from parloop.analysis.dependence import Dependence, Direction
from parloop.analysis.verdict import Analysis, LoopFacts
from parloop.ir.leaving import ends_early
from parloop.ir.nodes import (
    Assign,
    Binary,
    Break,
    Call,
    Const,
    Continue,
    Extent,
    For,
    Name,
    Rank,
    Stmt,
    Unary,
)
from parloop.ir.walk import (
    all_expressions,
    blocks,
    bound_names,
    expressions,
    own_expressions,
    statements,
)


@dataclass(frozen=True, slots=True)
class Group:
    """Statements of a loop's body that have to stay in one loop, and the facts about that loop."""

    statements: tuple[Stmt, ...]
    facts: LoopFacts


def distribute(
    analysis: Analysis, number: int, body: tuple[Stmt, ...] | None = None
) -> tuple[Group, ...]:
    """Return the body of loop `number` as groups that may run one whole loop after another.

    The groups are the strongly connected components of the dependences between the statements of
    the body (Kennedy and Allen), in an order that keeps them. A single group means that the loop
    cannot be distributed. Statements that share a scalar which one of them assigns stay together,
    as do all if the body may end early or changes what the bounds are made of. The body may be
    given as what `spread` makes of it.
    """
    judge = analysis.judge
    shape = judge.collected.loops[number]
    body = shape.loop.body if body is None else body
    if (
        len(body) < 2
        or shape.loop.orelse
        or any(ends_early(stmt) for stmt in body)
        or shape.loop.index in bound_names(body)  # the loops of the other groups bind it, too
        or not _keeps_bounds(shape.loop, bound_names(shape.loop.body) | {shape.loop.index})
    ):
        whole = body is shape.loop.body
        return (Group(body, analysis.loops[number] if whole else judge.loop_facts(shape, body)),)
    edges = _edges(analysis, number, body)
    groups: list[Group] = []
    for component in _components(len(body), edges):
        part = tuple(body[place] for place in component)
        groups.append(Group(part, judge.loop_facts(shape, part)))
    return tuple(groups)


def spread(analysis: Analysis, number: int) -> tuple[tuple[int, Stmt], ...]:
    """Return the body of loop `number` with the loops in it distributed, where that is possible.

    Each statement comes with its place in the body; the parts of a loop share theirs. They are in
    the order of the text, and their bounds read no arrays, so that all accesses are those of the
    statements inside.
    """
    found: list[tuple[int, Stmt]] = []
    for place, stmt in enumerate(analysis.judge.collected.loops[number].loop.body):
        parts: tuple[tuple[Stmt, ...], ...] = ()
        if isinstance(stmt, For) and not stmt.total:
            parts = _parts_in_order(analysis, stmt)
        if len(parts) < 2:
            found.append((place, stmt))
            continue
        assert isinstance(stmt, For)
        found += [(place, replace(stmt, body=part)) for part in parts]
    return tuple(found)


def _parts_in_order(analysis: Analysis, loop: For) -> tuple[tuple[Stmt, ...], ...]:
    """Return what `loop` may be cut into, or nothing if that is not in the order of the text."""
    number = next(shape.number for shape in analysis.judge.collected.loops if shape.loop is loop)
    groups = distribute(analysis, number)
    together = tuple(stmt for group in groups for stmt in group.statements)
    in_order = all(one is other for one, other in zip(together, loop.body, strict=True))
    return tuple(group.statements for group in groups) if in_order else ()


def _edges(
    analysis: Analysis, number: int, body: tuple[Stmt, ...]
) -> set[tuple[int, int]]:
    """Return which statements of the body must come before which, by their places."""
    judge = analysis.judge
    shape = judge.collected.loops[number]
    places = {
        id(inner): place for place, stmt in enumerate(body) for inner in statements((stmt,))
    }
    edges: set[tuple[int, int]] = set()
    for dependence in judge.dependences[number]:
        source, sink = (places[id(a.statement)] for a in (dependence.source, dependence.sink))
        edges.add((source, sink))
        if not dependence.ordered:
            edges.add((sink, source))
    inside = [access for access in judge.collected.accesses if id(access.statement) in places]
    around = (*shape.parents, number)
    for first, second in _pairs_apart(analysis, inside, places):
        edge = (places[id(first.statement)], places[id(second.statement)])
        if edge not in edges and judge.tester.meets_in_iteration(first, second, around):
            edges.add(edge)
    return edges | set(_scalar_edges(replace(shape.loop, body=body)))


def _pairs_apart(
    analysis: Analysis, inside: Sequence[Access], places: dict[int, int]
) -> Iterator[tuple[Access, Access]]:
    for first, second in analysis.judge.tester.pairs(tuple(inside)):
        if places[id(first.statement)] < places[id(second.statement)]:
            yield first, second


def _scalar_edges(loop: For) -> Iterator[tuple[int, int]]:
    """Yield edges both ways between statements that share a scalar which one of them assigns.

    Inner loops that only share the name of their index do not pass it on; but behind the loop it
    has the value that the last of them gave it. So they keep their order where each iteration binds
    it alike, and stay together where one of them may bind it in some iterations only.
    """
    body, changing = loop.body, bound_names(loop.body) | {loop.index}
    reads = [
        {expr.id for expr in all_expressions((stmt,)) if isinstance(expr, Name)} for stmt in body
    ]
    writes = [
        {
            inner.target if isinstance(inner, Assign) else inner.index
            for inner in statements((stmt,))
            if isinstance(inner, (Assign, For))
        }
        for stmt in body
    ]
    indices, steady = [_own_indices(s) for s in body], [_is_steady(s, changing) for s in body]
    for one in range(len(body)):
        for other in range(one + 1, len(body)):
            shared = writes[one] & reads[other] | reads[one] & writes[other]
            shared |= writes[one] & writes[other]
            if not shared:
                continue
            yield one, other
            if shared - (indices[one] & indices[other]) or not (steady[one] and steady[other]):
                yield other, one


def _is_steady(stmt: Stmt, changing: Set[str]) -> bool:
    """Return whether `stmt` leaves the same values in its indices whenever it runs, or in none.

    `changing` are the names that may have other values in another iteration of the loop around.
    """
    if not isinstance(stmt, For):
        return not any(isinstance(inner, For) for inner in statements((stmt,)))
    inside = (*stmt.body, *stmt.orelse)
    return (
        _keeps_bounds(stmt, changing)
        and not any(isinstance(inner, Break | Continue) for inner in statements(inside))
        and all(_is_steady(inner, changing) for inner in inside)
    )


def _own_indices(stmt: Stmt) -> set[str]:
    """Return the indices of loops in `stmt` that are read only inside those loops."""
    indices = {inner.index for inner in statements((stmt,)) if isinstance(inner, For)}
    outside: set[str] = set()

    def visit(inner: Stmt, bound: frozenset[str]) -> None:
        for expr in own_expressions(inner):
            for name in expressions(expr):
                if isinstance(name, Name) and name.id not in bound:
                    outside.add(name.id)
        if isinstance(inner, Assign):
            outside.add(inner.target)
        for place, block in enumerate(blocks(inner)):
            names = bound | {inner.index} if isinstance(inner, For) and place == 0 else bound
            for child in block:
                visit(child, names)

    visit(stmt, frozenset())
    return indices - outside


def _components(count: int, edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the strongly connected components, in an order along the edges, early ones first."""
    reach = [[one == other for other in range(count)] for one in range(count)]
    for source, sink in edges:
        reach[source][sink] = True
    for middle, one, other in product(range(count), repeat=3):
        if reach[one][middle] and reach[middle][other]:
            reach[one][other] = True
    remaining = list(range(count))
    found: list[list[int]] = []
    while remaining:
        first = next(
            place
            for place in remaining
            if all(reach[place][other] for other in remaining if reach[other][place])
        )
        component = [place for place in remaining if reach[first][place] and reach[place][first]]
        found.append(component)
        remaining = [place for place in remaining if place not in component]
    return found


def may_interchange(analysis: Analysis, outer: int, part: For | None = None) -> bool:
    """Return whether loop `outer` and the loop right inside it may change places.

    Or, in a loop `outer` over `part` of its body only, the loop that is this part. The inner loop
    must be all of the body, with bounds that do not depend on the outer index; no
    dependence, reductions included, may run forwards in the outer and backwards in the inner loop;
    and scalars must be private to the inner body. What the indices are afterwards follows from the
    bounds, which is for the caller to see to. Errs towards False.
    """
    pair = _perfect_pair(analysis, outer, part)
    if pair is None:
        return False
    shape, inner = pair
    facts = analysis.loops[outer]
    if part is not None:
        facts = analysis.judge.loop_facts(shape, (part,))
    if not (shape.counts_iterations and inner.counts_iterations):
        return False
    changing = bound_names(shape.loop.body) | {shape.loop.index}
    if not (_keeps_bounds(inner.loop, changing) and _keeps_bounds(shape.loop, changing)):
        return False
    return not any(
        _may_turn_back(analysis, dependence, inner.number)
        for dependence in facts.dependences
    )


def find_wave(analysis: Analysis, outer: int) -> int | None:
    """Return the least factor `f` for which loop `outer` and the loop right inside it run in waves.

    A wave is all iterations with one value of `f * outer counter + inner counter`: these may run in
    any order, one wave after another. None if there is no such factor or it is not known. For
    `u[i, j] = u[i - 1, j] + u[i, j - 1]` it is 1, with `u[i - 1, j + 1]` as well it is 2.
    """
    pair = _perfect_pair(analysis, outer)
    if pair is None:
        return None
    inner = pair[1].number
    factor = 0
    for dependence in (*analysis.loops[outer].dependences, *analysis.loops[inner].dependences):
        place = dependence.loops.index(outer)
        across, along = dependence.distances[place : place + 2]
        if across is None or along is None:
            return None
        if across > 0:
            factor = max(factor, -((along - 1) // across))
        else:
            assert across == 0 < along  # the inner loop carries it: a later wave, in any case
    return factor


def may_run_in_bands(analysis: Analysis, outer: int, part: For | None = None) -> bool:
    """Return whether bands of the loop right inside loop `outer` may run at the same time.

    A band is a stretch of the inner loop's iterations, and runs all iterations of the outer loop.
    So no dependence, reductions included, may lead from one iteration of the inner loop to another
    one, and scalars must be private to the inner body. `part` is the loop to ask about where it is
    not all of the outer one's body, but one of its statements or a part of one (`spread`). Errs
    towards False.
    """
    pair = _perfect_pair(analysis, outer, part)
    if pair is None:
        return False
    shape, inner = pair
    if not (shape.counts_iterations and inner.counts_iterations):
        return False
    changing = bound_names((shape.loop,))
    if not (_keeps_bounds(inner.loop, changing) and _keeps_bounds(shape.loop, changing)):
        return False
    inside = {id(stmt) for stmt in statements(inner.loop.body if part is None else part.body)}
    for number in (outer, inner.number):
        for dependence in analysis.judge.dependences[number]:
            ends = {id(dependence.source.statement), id(dependence.sink.statement)}
            if not ends & inside:
                continue
            along = dependence.distances[dependence.loops.index(outer) + 1 :][:1]
            if not ends <= inside or not dependence.ordered or along != (0,):
                return False
    return True


def _perfect_pair(
    analysis: Analysis, outer: int, part: For | None = None
) -> tuple[LoopShape, LoopShape] | None:
    """Return loop `outer` and the loop that is all of its body, or all that is asked about (see
    `may_run_in_bands`), if arrays alone order them."""
    judge = analysis.judge
    shape = judge.collected.loops[outer]
    if part is None:
        match shape.loop.body:
            case (For() as loop,):
                part = loop
            case _:
                return None
    inside = {id(stmt) for stmt in part.body}
    inner = next(
        other
        for other in judge.collected.loops
        if other.loop is part or inside & {id(stmt) for stmt in other.loop.body}
    )
    for each in (shape, inner):
        if each.loop.orelse or each.has_break:
            return None
    if any(ends_early(stmt) for stmt in part.body):
        return None
    whole = part is inner.loop
    facts = analysis.loops[inner.number] if whole else judge.loop_facts(inner, part.body)
    assigned = bound_names(part.body)
    if shape.loop.index == part.index or assigned & {shape.loop.index, part.index}:
        return None
    if not _keeps_bounds(part, assigned | {part.index}):
        return None
    # A scalar that only some iterations assign would be left by another one in another order.
    kept = facts.conditional - _steady_indices(part, assigned | {shape.loop.index})
    if not assigned <= facts.private or kept & facts.last_values:
        return None
    return shape, inner


def _steady_indices(loop: For, changing: Set[str]) -> set[str]:
    """Return the indices of loops in the body of `loop` that all its iterations run alike."""
    loops = [stmt for stmt in statements(loop.body) if isinstance(stmt, For)]
    names = [inner.index for inner in loops]
    return {
        inner.index
        for inner in loop.body
        if isinstance(inner, For)
        and names.count(inner.index) == 1
        and _keeps_bounds(inner, changing | {loop.index})
    }


def _keeps_bounds(loop: For, changing: Set[str]) -> bool:
    """Return whether the bounds of `loop` are arithmetic on names that are not in `changing`."""
    for bound in (loop.start, loop.stop, loop.step):
        for expr in expressions(bound):
            match expr:
                case Name(id=name):
                    if name in changing:
                        return False
                case Const() | Extent() | Rank() | Unary() | Binary() | Call():
                    pass
                case _:
                    return False
    return True


def _may_turn_back(analysis: Analysis, dependence: Dependence, inner: int) -> bool:
    """Return whether `dependence`, carried by the loop around `inner`, may run backwards in it."""
    place = dependence.loops.index(inner)
    match dependence.directions[place]:
        case ">":
            return True
        case "*":
            directions: list[Direction] = list(dependence.directions)
            directions[place] = ">"
            return analysis.judge.tester.may_run_in(dependence, directions)
        case _:
            return False
