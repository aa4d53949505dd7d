"""From the facts of the analysis about one loop to the verdict and evidence that people read.

The analysis says under which assumptions its verdict stands: arrays that share no memory,
accumulations whose order does not matter, values that are not yet known. Here each of them becomes
a fact in words, and a loop with such facts is `parallel-if`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, assert_never

import numpy as np

from parloop.analysis import (
    Analysis,
    Condition,
    LoopFacts,
    Parallel,
    ParallelIf,
    Reduction,
    Serial,
    Split,
    find_split,
)
from parloop.analysis.codes import CarriedValue, NeedsReduction
from parloop.capture.candidates import is_range_loop
from parloop.capture.comprehensions import MADE
from parloop.diagnostics import Diagnostic, Label
from parloop.ir.printer import to_text
from parloop.report.drawing import Drawing
from parloop.report.reasons import AnyOrder, AnyOrderIf, AnyOrderInParts
from parloop.report.wavefronts import bands_evidence, wavefront_evidence

LoopVerdict: TypeAlias = Literal["parallel", "parallel-if", "serial", "unsupported"]


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one loop in the words of the public face."""

    verdict: LoopVerdict
    reasons: tuple[Diagnostic, ...]
    facts: tuple[str, ...]
    drawing: Drawing | None = None
    conditions: tuple[Condition, ...] = ()
    """Where one of them holds, the iterations run in order."""


def judge_loop(
    facts: LoopFacts, analysis: Analysis, node: ast.For, values: Mapping[str, object]
) -> Judged:
    """Return what is known of one loop of the nest that `node` is the text of.

    `values` are what names of the text are known to stand for; they may be few or none.
    """
    match facts.verdict:
        case Serial(reasons=reasons):
            if facts.inspectors:
                return _parallel_if(facts, _inspected(facts), reasons)
            split = find_split(analysis, facts.number)
            if split is not None:
                return Judged("serial", (*reasons, _in_parts(facts, split)), ())
            together = bands_evidence(facts, analysis) or wavefront_evidence(facts, analysis)
            if together is not None:
                return Judged("serial", (*reasons, together), ())
            return Judged("serial", _with_outlook(reasons), ())
        case Parallel() | ParallelIf():
            pass
        case _:
            assert_never(facts.verdict)
    known = _Known(values)
    decided = _decided_condition(facts, node, known)
    if decided is not None:
        return Judged("serial", (replace(decided, span=facts.loop.span),), ())
    open_facts = (*_open_overlaps(facts, analysis, known), *_open_conditions(facts, node, known))
    open_facts += tuple(_order_fact(need) for need in facts.needs if _minds_order(need))
    evidence = tuple(accumulates(facts, need) for need in facts.needs)
    if any(map(_minds_order, facts.needs)) and (bands := bands_evidence(facts, analysis)):
        evidence = (*evidence, bands)
    if open_facts:
        return _parallel_if(facts, open_facts, evidence)
    message = f"loop `{facts.loop.title}` may run its iterations in any order"
    return Judged("parallel", (AnyOrder(message, facts.loop.span), *evidence), ())


def _parallel_if(
    facts: LoopFacts, open_facts: tuple[str, ...], evidence: tuple[Diagnostic, ...]
) -> Judged:
    open_facts = tuple(dict.fromkeys(open_facts))
    more = f", and {len(open_facts) - 1} more" if len(open_facts) > 1 else ""
    clauses = tuple(_clause(fact) for fact in open_facts)
    message = f"loop `{facts.loop.title}` may run in any order {clauses[0]}{more}"
    notes = clauses if len(clauses) > 1 else ()  # the message says the only one
    reason = AnyOrderIf(message, facts.loop.span, notes=notes)
    return Judged("parallel-if", (reason, *evidence), open_facts)


def _clause(fact: str) -> str:
    return f"unless {fact.removeprefix('not ')}" if fact.startswith("not ") else f"if {fact}"


def _with_outlook(reasons: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Add to the last reason what happens now."""
    *first, last = reasons
    outlook = "its iterations run in order, in machine code where that pays"
    return (*first, replace(last, notes=(*last.notes, outlook)))


def _in_parts(facts: LoopFacts, split: Split) -> Diagnostic:
    """Return what is said of a loop that may be split at one of its iterations."""
    index, place = facts.loop.title, to_text(split.place)
    message = f"loop `{index}` may run in any order before and after `{index} == {place}`"
    ends = dict.fromkeys(
        (access.node.span, verb)
        for dependence in split.crossing
        for access, verb in ((dependence.source, "first"), (dependence.sink, "later"))
        if access is not None
    )
    labels = tuple(Label(span, f"touches an element {verb}") for span, verb in ends)
    open_facts = tuple(_order_fact(need) for need in split.facts.needs if _minds_order(need))
    notes = (
        f"every value that it carries comes from iteration `{index} == {place}` or goes to it",
        "it runs as three loops, one after another, of which two may use all cores",
        *(f"if {fact}" for fact in open_facts),
    )
    return AnyOrderInParts(message, facts.loop.span, labels, notes)


def _inspected(facts: LoopFacts) -> tuple[str, ...]:
    return tuple(
        f"the values of `{to_text(inspector.load)}` are distinct" for inspector in facts.inspectors
    )


_ORDER_FREE: Final = frozenset({"&", "|", "^"})
"""Operators that are defined on integers only, where the order makes no difference."""

_CHOICES: Final = frozenset({"min", "max", "argmin", "argmax"})
"""Reductions that take one of the values over, floats included."""


def _minds_order(need: Reduction) -> bool:
    return need.operator not in _ORDER_FREE


def _order_fact(need: Reduction) -> str:
    if need.operator in _CHOICES:
        return f"`{need.target}` is chosen among values of one type"
    return f"`{need.target}` accumulates integers, whose order makes no difference"


def accumulates(facts: LoopFacts, need: Reduction) -> Diagnostic:
    """Return what is said of an accumulation of a loop."""
    return NeedsReduction(
        f"loop `{facts.loop.title}` accumulates into `{need.target}` with `{need.operator}`",
        facts.loop.span,
        tuple(Label(stmt.span, "accumulates here") for stmt in need.statements),
        _order_notes(need),
    )


def _order_notes(need: Reduction) -> tuple[str, ...]:
    if need.operator in _CHOICES:
        return ("each part of the loop chooses for itself; the choices are compared in order",)
    if not _minds_order(need):
        return ()
    return ("integers may be combined in any order; with floats the loop runs in order",)


class _Known:
    """What the values of names decide."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def number(self, parameter: str) -> int | None:
        """Return the value of a parameter such as `n` or `a.shape[0]`, if it is known."""
        known = self._values.get(parameter)
        if isinstance(known, int | np.integer):
            return int(known)
        found = re.fullmatch(r"(\w+)\.(?:shape\[(-?\d+)\]|size)", parameter)
        if found:
            array = self._values.get(found[1])
            if type(array) is not np.ndarray:
                return None
            if found[2] is None:
                return int(array.size)
            axis = int(found[2])
            return int(array.shape[axis]) if -array.ndim <= axis < array.ndim else None
        return None

    def holds(self, condition: Condition) -> bool | None:
        """Return whether `condition` holds, or None where a value is missing."""
        numbers = {name: self.number(name) for name in condition.parameters}
        given = {name: value for name, value in numbers.items() if value is not None}
        return condition.holds(given) if len(given) == len(numbers) else None

    def share_memory(self, one: str, other: str) -> bool | None:
        """Return whether two arrays may share memory, or None where one is missing."""
        first, second = self._values.get(one), self._values.get(other)
        if type(first) is not np.ndarray or type(second) is not np.ndarray:
            return None
        return bool(np.may_share_memory(first, second))


def _pairs_of(facts: LoopFacts, analysis: Analysis) -> Iterator[tuple[str, str]]:
    """Yield the pairs of arrays that the verdict on this loop takes to be apart."""
    mine = [access for access in analysis.accesses if facts.number in access.loops]
    used = {access.array for access in mine}
    written = {access.array for access in mine if access.is_write}
    for one, other in analysis.disjoint:
        if {one, other} & {*MADE}:
            continue  # what a comprehension makes
        if {one, other} <= used and {one, other} & written:
            yield one, other


def _open_overlaps(facts: LoopFacts, analysis: Analysis, known: _Known) -> tuple[str, ...]:
    """Return what is still to be seen about shared memory.

    Views of one memory may still be proved apart once their offsets are compared; that is not done
    here, so they stay an open fact.
    """
    found: list[str] = []
    for one, other in _pairs_of(facts, analysis):
        shared = known.share_memory(one, other)
        if shared is None:
            found.append(f"`{one}` and `{other}` share no memory")
        elif shared:
            found.append(f"`{one}` and `{other}`, which share memory, do not conflict")
    return tuple(found)


def _open_conditions(facts: LoopFacts, node: ast.For, known: _Known) -> tuple[str, ...]:
    if not isinstance(facts.verdict, ParallelIf):
        return ()
    return tuple(
        f"not `{_in_users_names(bad.text, node)}`"
        for bad in facts.verdict.unless
        if known.holds(bad) is None
    )


def _decided_condition(facts: LoopFacts, node: ast.For, known: _Known) -> Diagnostic | None:
    if isinstance(facts.verdict, ParallelIf):
        for bad in facts.verdict.unless:
            if known.holds(bad):
                index, text = facts.loop.title, _in_users_names(bad.text, node)
                message = f"loop `{index}` carries a value, because `{text}` in this call"
                return CarriedValue(message)
    return None


def _in_users_names(text: str, node: ast.For) -> str:
    """Put the user's own expressions in the place of the bounds of the outermost loop."""
    arguments: list[ast.expr] = []
    if is_range_loop(node):
        assert isinstance(node.iter, ast.Call)
        arguments = node.iter.args
    match arguments:
        case [stop]:
            bounds = {"%start": "0", "%stop": _operand(stop), "%step": "1"}
        case [start, stop]:
            bounds = {"%start": _operand(start), "%stop": _operand(stop), "%step": "1"}
        case [start, stop, step]:
            bounds = dict(
                zip(("%start", "%stop", "%step"), map(_operand, (start, stop, step)), strict=True)
            )
        case _:
            bounds = {}
    return re.sub(r"%\w+", lambda found: bounds.get(found[0], found[0]), text)


def _operand(node: ast.expr) -> str:
    text = ast.unparse(node)
    return f"({text})" if isinstance(node, ast.BinOp | ast.IfExp | ast.BoolOp) else text
