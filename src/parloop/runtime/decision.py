"""Decide, from a launch's values, which loops may run in any order, which subscripts need no test.

The answer depends only on the integers in the record (extents, strides, scalars) and on which
arrays share memory, so launches that repeat these reuse it; and on the integers only through the
conditions that are asked on the way to it, so that launches of which the same conditions hold reuse
it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from parloop.analysis import Analysis, Condition, Parallel, ParallelIf
from parloop.analysis.graph import distribute
from parloop.analysis.rewriting import rewritten_arrays
from parloop.analysis.splitting import find_split
from parloop.codegen.layout import Header, Layout
from parloop.ir.nodes import START, STEP, STOP
from parloop.ir.types import PY_INT
from parloop.runtime.keys import Inputs
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
    groups = find_groups(analysis, parallel, values)
    wraps = analysis.wraps
    known = wraps is not None and not values.any_holds(wraps)
    lags = find_lags(analysis, parallel) if known else {}
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
    analysis: Analysis, parallel: frozenset[int], values: Point
) -> dict[int, tuple[Part, ...]]:
    """Return the parts into which loops may be cut that have to run in order as they stand.

    Parts that have to run in order are put together where they stand side by side. Not where a
    subscript may count from the end: the dependences between the parts do not know of it.
    """
    wraps = analysis.wraps
    if wraps is None or values.any_holds(wraps):
        return {}
    found: dict[int, tuple[Part, ...]] = {}
    for facts in analysis.loops:
        if facts.number in parallel or len(facts.loop.body) < 2 or facts.loop.orelse:
            continue
        places = {id(stmt): place for place, stmt in enumerate(facts.loop.body)}
        parts: list[Part] = []
        for group in distribute(analysis, facts.number):
            here = tuple(places[id(stmt)] for stmt in group.statements)
            is_parallel = _is_parallel(group.facts.verdict, values)
            if parts and not is_parallel and not parts[-1].is_parallel:
                here = tuple(sorted((*parts.pop().places, *here)))
            parts.append(Part(here, is_parallel, group.facts.needs if is_parallel else ()))
        if len(parts) > 1 and any(part.is_parallel for part in parts):
            found[facts.number] = tuple(parts)
    return found


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
