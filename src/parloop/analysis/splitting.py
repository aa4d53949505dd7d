"""Find loops that may run in any order before and after one of their iterations.

    for i in range(n): d[i, j] = min(d[i, j], d[i, k] + d[k, j])

carries values only from and to iteration `i == k`, which touches row `k`. Run as three loops, one
after another (`i < k`, `i == k`, `i > k`), none of them carries anything: index-set splitting at a
weak-zero dependence (Kennedy & Allen, *Optimizing Compilers*, 3.3 and 8.5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parloop.analysis.accesses import Access, LoopShape
from parloop.analysis.affine import EVERYTHING, Affine, System, counter, is_parameter
from parloop.analysis.dependence import Dependence, renamed_apart
from parloop.analysis.elimination import is_infeasible
from parloop.analysis.verdict import Analysis, Judge, LoopFacts, Serial
from parloop.ir.nodes import Binary, Const, Expr, Name
from parloop.ir.walk import bound_names, expressions

MOST_DEPENDENCES = 200
"""A loop that carries more is not looked at: each is a question or two for every place."""

MOST_PLACES = 4
"""At most so many places to split at are tried."""


@dataclass(frozen=True, slots=True)
class Split:
    """A loop that may run in any order on either side of iteration `index == place`.

    `facts` are those of the loop without the dependences that pass through that iteration. The
    parts keep their order: what comes before `place`, the iteration itself, what comes after it.
    """

    place: Expr
    facts: LoopFacts
    crossing: tuple[Dependence, ...]  # those that pass through the iteration; never empty


def find_split(analysis: Analysis, number: int) -> Split | None:
    """Return where loop `number` may be split so that its parts may run in any order.

    `place` is a subscript that the loop does not change. For `a[i] = a[k]` it is `k`; there is none
    for `a[i] = a[i - 1]`. Only for loops that count up by one. Errs towards None.
    """
    judge = analysis.judge
    if number not in judge.splits:
        judge.splits[number] = _find_split(judge, judge.collected.loops[number])
    found = judge.splits[number]
    assert found is None or isinstance(found, Split)
    return found


def _find_split(judge: Judge, shape: LoopShape) -> Split | None:
    mine = judge.dependences[shape.number]
    if shape.has_break or shape.loop.orelse or shape.index is None or not shape.counts_iterations:
        return None
    if shape.index.coefficient(counter(shape.number)) != 1 or len(mine) > MOST_DEPENDENCES:
        return None
    kept = [dependence for dependence in mine if not judge.is_set_aside(dependence)]
    start = shape.index.replaced(counter(shape.number), Affine({}, 0))
    tried: list[Affine] = []
    for place, value in _places(shape, kept):
        if value in tried:
            continue
        if len(tried) == MOST_PLACES:
            break
        tried.append(value)
        crossing = [d for d in kept if _passes_through(judge, d, value - start)]
        if not crossing:
            continue
        rest = [d for d in mine if not any(d is other for other in crossing)]
        facts = judge.loop_facts(shape, carried=rest)
        if not isinstance(facts.verdict, Serial):
            return Split(place, facts, tuple(crossing))
    return None


def _places(shape: LoopShape, kept: list[Dependence]) -> Iterator[tuple[Expr, Affine]]:
    """Yield the subscripts that stay the same in the loop, with their values."""
    changing = bound_names(shape.loop.body) | {shape.loop.index}
    around = {counter(parent) for parent in shape.parents}
    for dependence in kept:
        for access in (dependence.source, dependence.sink):
            for expr, value in _plain_subscripts(access):
                names = {part.id for part in expressions(expr) if isinstance(part, Name)}
                if names & changing:
                    continue
                if all(is_parameter(name) or name in around for name in value.terms):
                    yield expr, value


def _plain_subscripts(access: Access) -> Iterator[tuple[Expr, Affine]]:
    """Yield the subscripts of the form `k`, `k + 1`, `0`, counted from the front."""
    for expr, value, from_end in zip(
        access.node.subscripts, access.subscripts, access.from_end, strict=True
    ):
        match expr:
            case Name() | Binary(op="+" | "-", left=Name(), right=Const()):
                plain = True
            case Const(value=number):
                plain = type(number) is int and abs(number) < 2**31
            case _:
                plain = False
        if plain and value is not None and not from_end:
            yield expr, value


def _passes_through(judge: Judge, dependence: Dependence, place: Affine) -> bool:
    """Return whether `dependence` surely has its source or its sink in iteration `place`, or runs
    from before it to after it."""
    source, sink = dependence.source, dependence.sink
    assert dependence.ordered  # a loop that is split counts its iterations
    level = dependence.loops.index(dependence.carrier)
    names = renamed_apart(sink, level)
    here = counter(dependence.carrier)
    one = Affine({here: 1}, 0)
    other = Affine({names[here]: 1}, 0)
    meeting = judge.tester.meeting(source, sink, names)
    if meeting == EVERYTHING:
        return False
    system = source.domain & sink.domain.renamed(names) & meeting & judge.tester.context
    system &= System(nonnegative=((other - one).shifted(-1),))
    both_before = System(nonnegative=((place - other).shifted(-1),))
    both_after = System(nonnegative=((one - place).shifted(-1),))
    return is_infeasible(system & both_before) and is_infeasible(system & both_after)
