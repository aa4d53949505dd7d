"""Which loops of a nest become the threads of a GPU.

    for i in 0:n { x = f[i]; for j in 0:m { b[i, j] = x * a[i, j] } }
    becomes    threads (j, i); neighbouring threads have neighbouring j

The loops that the plan gives to the cores are those that a kernel is launched for. Where nothing
but a loop stands in one of them, and that one may run in any order too, its iterations are threads
as well: up to three loops deep. Statements before the inner loop are run by each of its threads,
where these only compute. The loop that walks along memory takes x, the dimension in which
neighbouring threads run together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parloop.analysis import Analysis, Reduction
from parloop.ir.nodes import Assign, Binary, Const, Expr, For, Load, Name, Stmt, Store
from parloop.ir.walk import all_expressions, expressions, loops, statements
from parloop.schedule.combining import are_combined
from parloop.schedule.pieces import Place, loop_of, pieces_of
from parloop.schedule.plan import Decision, Plan, needed, number_loops, without_owned
from parloop.schedule.recast import Recast
from parloop.staging.specialise import Typing

MOST_DIMENSIONS = 3


@dataclass(frozen=True, slots=True)
class Grid:
    """`chains` has, for each loop (by number) that a kernel is launched for, the numbers of the
    loops whose iterations are threads, outermost first, and `x` which of them takes x."""

    chains: Mapping[int, tuple[int, ...]]
    x: Mapping[int, int]
    cores: Mapping[int, tuple[Reduction, ...]]
    """The loops that kernels are launched for, as in a plan."""
    pieces: Mapping[int, tuple[tuple[Place, ...], ...]]
    swaps: frozenset[int]
    """The loops, and pieces of loops, that run inside the threads of the loop inside them."""
    squares: Mapping[int, tuple[int, int]]
    """Split loops that are all around another split one, and which of the two takes x."""

    def squared(self, number: int) -> Grid:
        """Return the grid with threads for both loops of a square."""
        other = self.squares[number][0]
        return replace(
            self,
            chains={**self.chains, number: (number, other)},
            x={**self.x, number: self.squares[number][1]},
        )

    def apply(self, plan: Plan) -> Plan:
        """Return the plan for a GPU."""
        return replace(plan, cores=dict(self.cores), pieces=dict(self.pieces))

    def dimension(self, number: int, member: int) -> str:
        """Return the dimension of a loop in the chain of loop `number`."""
        others = [n for n in reversed(self.chains[number]) if n != self.x[number]]
        return "x" if member == self.x[number] else "yz"[others.index(member)]


def choose_grid(typing: Typing, analysis: Analysis, decision: Decision, plan: Plan) -> Grid:
    """Return what becomes threads, for the loops that `plan` gives to the cores."""
    plan = without_owned(plan)
    numbers = number_loops(typing.nest)
    by_number = {numbers[id(loop)]: loop for loop in loops((typing.nest.loop,))}
    bodies = {number: loop.body for number, loop in by_number.items()}

    def further(body: tuple[Stmt, ...], targets: set[str]) -> For | None:
        """Return the loop at the end of `body`, if its iterations can be threads as well."""
        inner = _only_loop(body, targets)
        if inner is None:
            return None
        inside = loop_of(numbers[id(inner)])
        wanted = needed(analysis.loops[inside])
        fits = (
            inside in decision.parallel
            and {need.target for need in wanted} <= targets
            and are_combined(wanted, typing, inner, regroup=False)
        )
        return inner if fits else None

    cast = Recast(
        typing, analysis, decision, plan, lambda body: further(body, set()) is not None
    ).run()
    for number, pieces in cast.pieces.items():
        for piece in pieces_of(by_number[number], number, pieces, numbers):
            bodies[numbers[id(piece)]] = piece.body
    turned = {numbers[id(stmt)] for number in cast.swaps for stmt in bodies[number]}
    chains: dict[int, tuple[int, ...]] = {}
    x: dict[int, int] = {}
    for number, needs in cast.cores.items():
        targets = {need.target for need in needs}
        chain, body = [number], bodies[number]
        while len(chain) < MOST_DIMENSIONS and number not in turned:
            inner = further(body, targets)
            if inner is None:
                break
            chain.append(numbers[id(inner)])
            body = inner.body
        chains[number] = tuple(chain)
        indices = {n: by_number[loop_of(n)].index for n in chain}
        x[number] = max(
            chain, key=lambda n: (_walks(bodies[number], indices[n], plan), chain.index(n))
        )
    squares: dict[int, tuple[int, int]] = {}
    for number in plan.splits.keys() & cast.cores.keys():
        inner = None if cast.cores[number] else _only_loop(bodies[number], set())
        inside = -1 if inner is None else numbers[id(inner)]
        if inside not in plan.splits or inside not in decision.splits:
            continue
        if not decision.splits[inside].needs:
            walks = {n: _walks(bodies[number], by_number[n].index, plan) for n in (number, inside)}
            squares[number] = inside, number if walks[number] > walks[inside] else inside
    return Grid(chains, x, cast.cores, cast.pieces, frozenset(cast.swaps), squares)


def prefix_of(body: tuple[Stmt, ...]) -> tuple[Assign, ...]:
    """Return the statements before the loop at the end of `body`."""
    return tuple(stmt for stmt in body[:-1] if isinstance(stmt, Assign))


def _only_loop(body: tuple[Stmt, ...], targets: set[str]) -> For | None:
    """Return the loop at the end of `body`, if what stands before may run once for each of its
    iterations."""
    if not body or not isinstance(body[-1], For) or body[-1].orelse:
        return None
    inner = body[-1]
    written = {s.array for s in statements(body) if isinstance(s, Store)}
    inside = {s.target for s in statements((inner,)) if isinstance(s, Assign)}
    inside |= {loop.index for loop in loops((inner,))}
    for stmt in body[:-1]:
        if not isinstance(stmt, Assign) or stmt.target in inside | targets:
            return None
        reads = (e for e in expressions(stmt.value) if isinstance(e, Load))
        if any(load.array in written for load in reads):
            return None
    return inner


def _walks(body: tuple[Stmt, ...], index: str, plan: Plan) -> int:
    """Return how many accesses go along memory with `index`."""
    accesses: list[Load | Store] = [e for e in all_expressions(body) if isinstance(e, Load)]
    accesses += [s for s in statements(body) if isinstance(s, Store)]
    return sum(
        node.array in plan.contiguous and bool(node.subscripts)
        and _is_shifted(node.subscripts[-1], index)
        for node in accesses
    )


def _is_shifted(subscript: Expr, index: str) -> bool:
    """Return whether `subscript` grows by one with `index`."""
    match subscript:
        case Name(id=name):
            return name == index
        case Binary(op="+" | "-", left=left, right=right):
            return _is_shifted(left, index) and (isinstance(right, Const | Name))
        case _:
            return False
