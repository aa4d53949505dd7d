"""What becomes of the loops of a function in one call of it, without running anything.

The call's values decide what the text leaves open, as they would where a loop is about to run:
types, shared memory, offsets, products of extents, whether index arrays are distinct, and whether
the loop is large enough to pay.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from types import FunctionType
from typing import Any

from parloop.analysis import LoopFacts
from parloop.capture.decorator import sites_of
from parloop.capture.items import count_positions, leaves
from parloop.capture.sites import UNBOUND, Site, SiteInfo
from parloop.diagnostics import Declined, Diagnostic
from parloop.ir.nodes import For
from parloop.ir.walk import loops
from parloop.report.evidence import axis_words
from parloop.report.explain import LoopExplanation
from parloop.report.judgement import Judged, accumulates, judge_loop
from parloop.report.known import Known, NotKnown, builtins_of, known_at_start
from parloop.report.reasons import AnyOrderHere, InOrderHere
from parloop.runtime.prospect import Prospect, Standing, foresee

Place = tuple[int, int]
"""Line and column of a loop."""

Sites = Mapping[tuple[int, int], SiteInfo]
"""By the line and the column of the loop, the latter in bytes."""


def explain_call(
    function: FunctionType, arguments: Mapping[str, Any], before: tuple[LoopExplanation, ...]
) -> tuple[LoopExplanation, ...]:
    """Return `before`, what the text of `function` tells, with what this call decides of it."""
    try:
        sites = {(info.line, info.node.col_offset): info for info in sites_of(function)}
    except Declined:
        return before
    walk = _Walk(function, sites, {(loop.line, loop.column): loop for loop in before})
    walk.block(_body_of(function, sites), known_at_start(function, arguments))
    return tuple(walk.loops.values())


def _body_of(function: FunctionType, sites: Sites) -> list[ast.stmt]:
    """Return the statements of `function`, whose loops the sites are of."""
    info = next(iter(sites.values()))
    tree = ast.parse(info.source.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            if first == function.__code__.co_firstlineno:
                return node.body
    return []


class _Walk:
    """Goes through a function's statements in order, with what is known in front of each."""

    def __init__(
        self,
        function: FunctionType,
        sites: Sites,
        loops: dict[Place, LoopExplanation],
    ) -> None:
        self.function, self.sites, self.loops = function, sites, loops

    def block(self, body: list[ast.stmt], known: Known) -> None:
        """Look at the loops in `body`, and follow what it does to `known`."""
        for stmt in body:
            match stmt:
                case ast.Assign() | ast.AnnAssign():
                    known.assign(stmt)
                case ast.For():
                    self.loop(stmt, known)
                case ast.While():
                    known.forget(stmt)
                    self.block(stmt.body, known.copy())
                case ast.If():
                    self.block(stmt.body, known.copy())
                    self.block(stmt.orelse, known.copy())
                    known.forget(stmt)
                case ast.With():
                    for item in stmt.items:
                        known.forget(item)
                    self.block(stmt.body, known)
                case ast.Expr(value=ast.Constant()) | ast.Pass():
                    pass
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    known.forget(ast.Name(name, ast.Store()))
                case _:
                    known.forget(stmt)

    def loop(self, stmt: ast.For, known: Known) -> None:
        """Say what becomes of a loop."""
        info = self.sites.get((stmt.lineno, stmt.col_offset))
        if info is None:
            known.forget(stmt)
            self.block(stmt.body, known.copy())
            return
        try:
            prospect = foresee(*self.entry_of(info, known), known.unknown)
        except NotKnown:
            pass
        except Declined as declined:
            self.left_alone(info, declined.diagnostic)
        else:
            if prospect is not None:
                self.decided(info, prospect)
        known.forget(stmt)

    def entry_of(
        self, info: SiteInfo, known: Known
    ) -> tuple[Site, range, tuple[object, ...], Standing]:
        """Return what an entry would be given, or raise `NotKnown`."""
        node = info.node
        if info.made or info.bar is not None:
            raise NotKnown  # the header makes what the loop is over
        inputs = {*info.passed, *info.looked_up}
        if info.over_items:
            indices = count_positions(*map(known.look_up, leaves(node.iter)))
        else:
            assert isinstance(node.iter, ast.Call)
            bounds = [known.value(bound) for bound in node.iter.args]
            if not all(type(bound) is int for bound in bounds) or 0 in bounds[2:]:
                raise NotKnown
            indices = range(*bounds)
        if indices is None or not indices:
            raise NotKnown
        values = tuple(
            UNBOUND if name in known.unknown else known.look_up(name) for name in info.passed
        )
        used = [known.values[name] for name in sorted(inputs & known.values.keys())]
        if known.touched and any(type(value) is list for value in used):
            raise NotKnown  # what is in it decides the types
        spaces = self.function.__globals__, builtins_of(self.function)
        frame = Standing(self.function.__code__, spaces[0], dict(known.values), spaces[1])
        return Site(info, {}), indices, values, frame

    def left_alone(self, info: SiteInfo, why: Diagnostic) -> None:
        """Say that the interpreter would run the loop."""
        place = (info.line, info.column)
        if place in self.loops:
            why = replace(why, span=why.span if why.span.line else info.span)
            loop = self.loops[place]
            self.loops[place] = replace(loop, runs="interpreter", reasons=(*loop.reasons, why))

    def decided(self, info: SiteInfo, prospect: Prospect) -> None:
        """Say what the loops of a nest would run as."""
        outermost = True
        for number, loop in enumerate(loops((prospect.nest.loop,))):
            place = (loop.span.line, loop.span.column)
            if place not in self.loops or not isinstance(loop, For):
                continue
            facts = prospect.analysis.loops[number]
            found = _judge(facts, prospect, info.node)
            if outermost:
                first, *rest = found.reasons
                notes = (*first.notes, *_outlook(prospect, self.loops))
                found = replace(found, reasons=(replace(first, notes=notes), *rest))
            outermost = False
            self.loops[place] = replace(
                self.loops[place],
                verdict=found.verdict,
                reasons=found.reasons,
                facts=(),
                conditions=(),
                runs="native" if prospect.pays else "interpreter",
            )


def _judge(facts: LoopFacts, prospect: Prospect, node: ast.For) -> Judged:
    title, span = facts.loop.title, facts.loop.span
    if facts.number in prospect.parallel:
        evidence = tuple(accumulates(facts, need) for need in facts.needs)
        message = f"loop `{title}` may run its iterations in any order in this call"
        return Judged("parallel", (AnyOrderHere(message, span), *evidence), ())
    if facts.number in prospect.ordered:
        needs = prospect.ordered[facts.number]
        names = " and ".join(f"`{need.target}`" for need in needs)
        message = (
            f"loop `{title}` runs in order in this call: what goes into {names} tells its order"
        )
        evidence = tuple(accumulates(facts, need) for need in needs)
        return Judged("serial", (InOrderHere(message, span), *evidence), ())
    found = judge_loop(facts, prospect.analysis, node, prospect.values)
    if found.verdict != "parallel-if":
        said = {why.message: why for why in found.reasons if "`%" not in why.message}
        message = f"loop `{title}` runs its iterations in order"
        return replace(found, reasons=tuple(said.values()) or (InOrderHere(message, span),))
    message = f"loop `{title}` runs in order: it was not shown that {found.facts[0]}"
    return Judged("serial", (InOrderHere(message, span), *found.reasons[1:]), ())


def _outlook(prospect: Prospect, known: Mapping[Place, LoopExplanation]) -> list[str]:
    """Return in words where the parts of a nest would run."""
    if not prospect.pays:
        return [f"about {1e3 * prospect.seconds:.2g} ms in the interpreter: too little to pay"]
    found: dict[str, None] = {f"about {prospect.seconds:.2g} s in the interpreter": None}
    for number, loop in enumerate(loops((prospect.nest.loop,))):
        words = axis_words(number, prospect.plan)
        if (loop.span.line, loop.span.column) in known:
            found[f"`{loop.title}` runs {words}"] = None
        elif number in prospect.plan.cores:
            found[f"the statement in line {loop.span.line} runs {words}"] = None
    return [*found]
