"""The plan of the cores, recast for a GPU: more threads, and fewer launches.

    for i { a[i, k] /= p; for j { a[i, j] -= ... } }    threads (i), then threads (i, j)
    for i { for j { y[j] += a[i, j] * x[i] } }          threads (j), in each of which i is a loop

On a core neither pays: there a row is enough for one thread, and columns are far apart in memory.
Neighbouring threads of a GPU have neighbouring columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from parloop.analysis import Analysis, Group, Parallel, Reduction, distribute, may_interchange
from parloop.ir.nodes import For, Stmt
from parloop.ir.walk import blocks, statements
from parloop.schedule.combining import are_combined
from parloop.schedule.pieces import Place, piece_number
from parloop.schedule.plan import Decision, Plan, number_loops
from parloop.staging.specialise import Typing


@dataclass(slots=True)
class Recast:
    """`cores` and `pieces` are as in a plan. The loops in `swaps` (by number, or pieces of loops)
    change places with the loop that is all of their body: that one's iterations are the threads."""

    typing: Typing
    analysis: Analysis
    decision: Decision
    plan: Plan
    extends: Callable[[tuple[Stmt, ...]], bool]
    """Whether a loop around these statements alone has threads in two dimensions."""
    cores: dict[int, tuple[Reduction, ...]] = field(default_factory=dict)
    pieces: dict[int, tuple[tuple[Place, ...], ...]] = field(default_factory=dict)
    swaps: set[int] = field(default_factory=set)
    numbers: dict[int, int] = field(default_factory=dict)

    def run(self) -> Recast:
        """Recast the plan."""
        self.cores, self.pieces = dict(self.plan.cores), dict(self.plan.pieces)
        self.numbers = number_loops(self.typing.nest)
        if self.decision.forward:
            self.visit((self.typing.nest.loop,))
        return self

    def visit(self, body: tuple[Stmt, ...]) -> None:
        """Recast the loops among `body`, or those inside them that are kernels."""
        for stmt in body:
            if isinstance(stmt, For):
                number = self.numbers[id(stmt)]
                if number in self.cores:
                    self.separate(stmt, number)
                    continue
                if number in self.pieces or number in self.plan.waves:
                    continue
                if self.turn(stmt, number):
                    continue
            for block in blocks(stmt):
                self.visit(block)

    # statements before a loop that could have threads of its own

    def separate(self, stmt: For, number: int) -> None:
        """Let a parallel loop run as several, if one of them then has threads in two dimensions.

        It carries no dependences: what stands first in its body may be done for all iterations.
        """
        if self.cores[number] or number in self.plan.splits or stmt.own or self.extends(stmt.body):
            return
        places = {id(inner): place for place, inner in enumerate(stmt.body)}
        found: list[tuple[Stmt, ...]] = []
        for group in distribute(self.analysis, number):
            if group.facts.needs:
                return
            if found and not _has_loop(found[-1]) and not _has_loop(group.statements):
                found[-1] = (*found[-1], *group.statements)
            else:
                found.append(group.statements)
        if len(found) < 2 or not any(self.extends(part) for part in found):
            return
        del self.cores[number]
        self.pieces[number] = tuple(
            tuple(sorted((places[id(inner)],) for inner in part)) for part in found
        )
        self.cores.update((piece_number(number, place), ()) for place in range(len(found)))

    # loops in order around parallel ones

    def turn(self, stmt: For, number: int) -> bool:
        """Let the loop inside one that runs in order change places with it, if that may be."""
        if self.may_swap(number, stmt.body):
            self.swaps.add(number)
            return True
        groups = distribute(self.analysis, number)
        if len(groups) < 2 or stmt.own:
            return False
        free = [self.is_free(group, stmt) for group in groups]
        turned = [
            not alone and self.may_swap(number, group.statements)
            for group, alone in zip(groups, free, strict=True)
        ]
        # A free piece leaves the index where the loop inside another one has no iterations.
        if not any(free) or not any(turned) or not all(map(max, free, turned)):
            return False
        places = {id(inner): place for place, inner in enumerate(stmt.body)}
        self.pieces[number] = tuple(
            tuple(sorted((places[id(inner)],) for inner in group.statements)) for group in groups
        )
        for place, group in enumerate(groups):
            if free[place]:
                self.cores[piece_number(number, place)] = group.facts.needs
            else:
                self.swaps.add(piece_number(number, place))
        return True

    def is_free(self, group: Group, stmt: For) -> bool:
        """Return whether the loop over a group of statements may run in any order."""
        facts = group.facts
        return isinstance(facts.verdict, Parallel) and are_combined(
            facts.needs, self.typing, stmt, regroup=False
        )

    def may_swap(self, number: int, body: tuple[Stmt, ...]) -> bool:
        """Return whether `body` is a loop for one dimension of threads that may be turned out."""
        match body:
            case (For() as inner,):
                inside = self.numbers[id(inner)]
                return (
                    self.cores.get(inside) == ()
                    and inside not in self.plan.splits
                    and not inner.orelse
                    and not self.extends(inner.body)
                    and may_interchange(self.analysis, number, inner)
                )
            case _:
                return False


def _has_loop(body: tuple[Stmt, ...]) -> bool:
    return any(isinstance(stmt, For) for stmt in statements(body))
