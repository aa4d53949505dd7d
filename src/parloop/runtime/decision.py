"""Decide, from a launch's values, which loops may run in any order, which subscripts need no test.

The answer depends only on the integers in the record (extents, strides, scalars) and on which
arrays share memory, so launches that repeat these reuse it; and on the integers only through the
conditions that are asked on the way to it, so that launches of which the same conditions hold reuse
it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from parloop.analysis import Analysis, Condition, LoopFacts, Parallel, ParallelIf
from parloop.analysis.graph import distribute, spread
from parloop.analysis.rewriting import rewritten_arrays
from parloop.analysis.splitting import find_split
from parloop.codegen.layout import Header, Layout
from parloop.ir.nodes import START, STEP, STOP, For, Stmt
from parloop.ir.types import PY_INT
from parloop.runtime.keys import Inputs
from parloop.schedule.bands import find_bands, is_band
from parloop.schedule.combining import are_combined
from parloop.schedule.pieces import Place
from parloop.schedule.plan import Decision, Part
from parloop.schedule.splitting import Cut
from parloop.schedule.wavefront import find_lags
from parloop.staging.specialise import Typing

Values = dict[str, int]

Asked = list[tuple[Sequence[Condition], bool]]
"""Which conditions a decision asked for, and whether one of them held."""


@dataclass(frozen=True, slots=True)
class Point:
    """The values of a launch, of which conditions are asked. One of unknown parameters holds."""

    values: Mapping[str, int]
    asked: Asked = field(default_factory=list)

    def any_holds(self, conditions: Sequence[Condition]) -> bool:
        """Return whether one of `conditions` holds, and remember that."""
        answer = any(
            any(name not in self.values for name in condition.parameters)
            or condition.holds(self.values)
            for condition in conditions
        )
        self.asked.append((conditions, answer))
        return answer


def asked_text(asked: Asked, terms: Mapping[str, str]) -> str:
    """Return a Python expression: whether all would be answered like this again.

    `terms` says how the parameters are written; one that is not there is unknown.
    """
    tests: dict[str, None] = {}
    for conditions, answer in asked:
        known = [c for c in conditions if all(name in terms for name in c.parameters)]
        if len(known) < len(conditions):
            continue  # one of unknown parameters holds anywhere
        held = " or ".join(f"({condition.test(terms)})" for condition in known) or "False"
        tests[f"({held})" if answer else f"not ({held})"] = None
    return " and ".join(tests) or "True"


def compile_asked(text: str) -> Callable[[Sequence[int]], bool]:
    """Return the expression `asked_text` as a function of a record's words `w`."""
    found: Callable[[Sequence[int]], bool] = eval(f"lambda w: {text}", {"__builtins__": {}})
    return found


def parameter_terms(inputs: Inputs, layout: Layout) -> dict[str, str]:
    """Return how the values of `parameter_values` are written in terms of a record's words `w`."""
    terms = {name: f"w[{word}]" for name, word in parameter_words(inputs, layout).items()}
    for name, array in inputs.arrays.items():
        extents = [terms[f"{name}.shape[{axis}]"] for axis in range(array.ndim)]
        terms[f"{name}.size"] = f"({'*'.join(extents) or '1'})"
    return terms


def parameter_words(inputs: Inputs, layout: Layout) -> dict[str, int]:
    """Return the word of the record in which each parameter of the analysis stands."""
    words = {START: int(Header.START), STOP: int(Header.STOP), STEP: int(Header.STEP)}
    for name, type_ in inputs.scalars.items():
        if type_ == PY_INT and name in layout.variables:
            words[name] = layout.payload(name, PY_INT)
    for name, array in inputs.arrays.items():
        for axis in range(array.ndim):
            words[f"{name}.shape[{axis}]"] = layout.arrays[name] + 1 + axis
            words[f"{name}.shape[{axis - array.ndim}]"] = layout.arrays[name] + 1 + axis
    return words


def parameter_values(inputs: Inputs, layout: Layout, words: Sequence[int]) -> Values:
    """Return the values of the parameters in a packed record."""
    values = {name: words[word] for name, word in parameter_words(inputs, layout).items()}
    for name, array in inputs.arrays.items():
        size = 1
        for axis in range(array.ndim):
            size *= values[f"{name}.shape[{axis}]"]
        values[f"{name}.size"] = size
    return values


def decide(
    analysis: Analysis,
    typing: Typing,
    values: Point,
    *,
    noalias: bool,
    contiguous: frozenset[str],
) -> Decision:
    """Return what the launch's `values` decide, by nothing but the conditions asked of them."""
    parallel = frozenset(
        facts.number
        for facts in analysis.loops
        if _is_parallel(facts.verdict, values)
    )
    outside = {
        access.node_id
        for access in analysis.accesses
        if access.violations is None or values.any_holds(access.violations)
    }
    # One node may stand for several accesses: all of them have to be inside.
    inside = frozenset(a.node_id for a in analysis.accesses if a.node_id not in outside)
    from_end = frozenset(
        (access.node_id, axis)
        for access in analysis.accesses
        for axis, subscript in enumerate(access.ranges)
        if subscript.from_end
    )
    wraps = analysis.wraps
    known = wraps is not None and not values.any_holds(wraps)
    lags = find_lags(analysis, parallel) if known else {}
    groups = find_groups(analysis, typing, values, frozenset(lags)) if known else {}
    bands = find_bands(analysis, parallel) if known else frozenset()
    splits = find_splits(analysis, parallel, values)
    return Decision(
        parallel,
        inside,
        from_end,
        noalias,
        contiguous,
        forward=known,
        groups=groups,
        lags=lags,
        splits=splits,
        bands=bands,
    )


def find_splits(
    analysis: Analysis, parallel: frozenset[int], values: Point
) -> dict[int, Cut]:
    """Return where loops may be split that have to run in order as they stand."""
    found: dict[int, Cut] = {}
    for facts in analysis.loops:
        split = None if facts.number in parallel else find_split(analysis, facts.number)
        if split is not None and _is_parallel(split.facts.verdict, values):
            found[facts.number] = Cut(split.place, split.facts.needs)
    return found


def find_groups(
    analysis: Analysis, typing: Typing, values: Point, waves: frozenset[int]
) -> dict[int, tuple[Part, ...]]:
    """Return the parts into which loops may be cut that have to run in order as they stand.

    Parts that have to run in order are put together where they stand side by side. The dependences
    between the parts do not know of subscripts that count from the end. Loops inside are cut as
    well where nothing else helps: the loop is none of those that may run as `waves`.
    """
    found: dict[int, tuple[Part, ...]] = {}
    for facts in analysis.loops:
        if facts.loop.orelse or facts.loop.total or _is_free(facts, typing, values):
            continue
        asked = _Asking(analysis, typing, values, facts)
        parts = asked.parts(tuple(enumerate(facts.loop.body)))
        left = _left_in_order(parts, facts.loop)
        if facts.number not in waves and any(len(loop.body) > 1 for loop in left):
            other = asked.parts(spread(analysis, facts.number))
            if other and len(_left_in_order(other, facts.loop)) < len(left):
                parts = other
        if parts:
            found[facts.number] = parts
    return found


def _left_in_order(parts: Sequence[Part], loop: For) -> tuple[For, ...]:
    """Return the loops in the body of `loop` that would run in order, on one thread."""
    helped = {place[0] for part in parts if part.helps for place in part.places}
    helped -= {place[0] for part in parts if not part.helps for place in part.places}
    return tuple(
        stmt
        for place, stmt in enumerate(loop.body)
        if isinstance(stmt, For) and place not in helped
    )


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks what a loop may be cut into."""

    analysis: Analysis
    typing: Typing
    values: Point
    loop: LoopFacts

    def parts(self, body: Sequence[tuple[int, Stmt]]) -> tuple[Part, ...]:
        """Return what the loop with this body (places and statements) may be cut into; nothing if
        that does not help. Neighbours that may stay together do."""
        if len(body) < 2:
            return ()
        analysis, number = self.analysis, self.loop.number
        whole = self.loop.loop.body
        order = {id(stmt): k for k, (_, stmt) in enumerate(body)}
        places = [_place(whole[place], place, stmt) for place, stmt in body]

        def together(stmts: tuple[Stmt, ...]) -> Part:
            facts = analysis.judge.loop_facts(analysis.judge.collected.loops[number], stmts)
            return self.part(stmts, facts, tuple(places[order[id(s)]] for s in stmts))

        found: list[tuple[tuple[Stmt, ...], Part]] = []
        for group in distribute(analysis, number, tuple(stmt for _, stmt in body)):
            stmts = group.statements
            part = self.part(stmts, group.facts, tuple(places[order[id(s)]] for s in stmts))
            if found:
                before, last = found[-1]
                joined = tuple(sorted((*before, *stmts), key=lambda s: order[id(s)]))
                both = None
                if last.is_parallel and part.is_parallel and not (last.needs or part.needs):
                    both = together(joined)
                elif not (last.helps or part.helps):
                    both = Part(tuple(places[order[id(s)]] for s in joined), False, ())
                if both is not None and both.is_parallel == part.is_parallel and not both.needs:
                    found[-1] = joined, both
                    continue
            found.append((stmts, part))
        parts = tuple(part for _, part in found)
        return parts if len(parts) > 1 and any(part.helps for part in parts) else ()

    def part(self, stmts: tuple[Stmt, ...], facts: LoopFacts, places: tuple[Place, ...]) -> Part:
        """Return these statements as a part, with what is known of the loop over them."""
        is_parallel = _is_free(facts, self.typing, self.values)
        match stmts:
            case (For() as loop,) if not is_parallel or facts.needs:
                in_bands = is_band(self.analysis, self.loop.number, loop)
            case _:
                in_bands = False
        return Part(places, is_parallel, facts.needs if is_parallel else (), in_bands)


def _is_free(facts: LoopFacts, typing: Typing, values: Point) -> bool:
    """Return whether a loop may run in any order, with the types of what it accumulates."""
    return _is_parallel(facts.verdict, values) and are_combined(
        facts.needs, typing, facts.loop, regroup=False
    )


def _place(whole: Stmt, place: int, stmt: Stmt) -> Place:
    """Return where `stmt`, which is the statement `whole` or a part of it, stands in a body."""
    if stmt is whole:
        return (place,)
    assert isinstance(whole, For)
    assert isinstance(stmt, For)
    kept = {id(inner) for inner in stmt.body}
    return (place, *(at for at, inner in enumerate(whole.body) if id(inner) in kept))


def find_rewritten(analysis: Analysis, values: Point) -> frozenset[str]:
    """Return the arrays that slices may run on again without putting them back."""
    wraps = analysis.wraps
    if wraps is None or values.any_holds(wraps):
        return frozenset()
    return rewritten_arrays(analysis) | analysis.refreshed


def _is_parallel(verdict: object, values: Point) -> bool:
    match verdict:
        case Parallel():
            return True
        case ParallelIf(unless=unless):
            return not values.any_holds(unless)
        case _:
            return False
