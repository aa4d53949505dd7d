"""Hold the analysis of random nests against their runs: `python -m tests.analysis.campaign`."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from random import Random

from tests.analysis.oracle import Meeting, OutOfRangeError, Run, TooLongError, meetings
from tests.analysis.random_nests import (
    AFFINE,
    DIVISIONS,
    MIXED,
    PIVOTS,
    SCALARS_ONLY,
    STENCILS,
    SWEEPS,
    Style,
    random_nest,
    random_values,
)

from parloop.analysis import (
    Analysis,
    Facts,
    Group,
    Parallel,
    ParallelIf,
    Serial,
    analyse,
    distribute,
    find_split,
    find_wave,
    may_interchange,
    may_run_in_bands,
    spread,
)
from parloop.analysis.dependence import Dependence
from parloop.ir.nodes import Const, For, If, Nest, Stmt, While
from parloop.ir.printer import to_text
from parloop.ir.walk import statements

VALUES_PER_NEST = 3


@dataclass(slots=True)
class Tally:
    """How often each claim was made and held against a run."""

    nests: int = 0
    runs: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def take(self, other: Tally) -> None:
        """Add what `other` has counted."""
        self.nests += other.nests
        self.runs += other.runs
        for what, count in other.counts.items():
            self.counts[what] = self.counts.get(what, 0) + count


class DisprovedError(AssertionError):
    """The analysis said something that a run contradicts."""


def examine(nest: Nest, random: Random, tally: Tally, facts: Facts | None = None) -> None:
    """Hold the analysis of `nest` against runs with random values."""
    analysis = analyse(nest, facts or Facts())
    tally.nests += 1
    for _ in range(VALUES_PER_NEST):
        values = random_values(random)
        if facts is not None:
            values |= facts.values
        seed = random.randrange(10**6)
        try:
            examine_run(nest, analysis, values, seed, tally, facts or Facts())
        except TooLongError:
            continue


def examine_run(
    nest: Nest,
    analysis: Analysis,
    values: Mapping[str, int],
    seed: int,
    tally: Tally,
    facts: Facts,
) -> None:
    run = Run(nest, values, seed, views=facts.merged, from_end=counted_from_end(analysis))
    tally.runs += 1
    problems = list(check_dependences(analysis, values, meetings(run.events), tally))
    problems += check_ranges(analysis, values, run, tally)
    if not facts.merged:
        problems += check_refreshed(nest, analysis, run, tally)
    problems += check_orders(nest, analysis, values, seed, run, tally, facts)
    problems += check_splits(nest, analysis, values, seed, run, tally, facts)
    problems += check_wrapped(nest, analysis, values, seed, tally)
    if not counted_from_end(analysis):  # the rebuilt nests have other nodes
        problems += check_transformed(nest, analysis, values, seed, run, tally, facts)
    if problems:
        where = f"values {dict(values)}, seed {seed}"
        raise DisprovedError("\n".join([to_text(nest), where, *problems]))


def counted_from_end(analysis: Analysis) -> frozenset[tuple[int, int]]:
    """Return the subscripts, by node and axis, that the analysis says are always negative."""
    return frozenset(
        (access.node_id, axis)
        for access in analysis.accesses
        for axis, found in enumerate(access.ranges)
        if found.from_end
    )


def check_dependences(
    analysis: Analysis, values: Mapping[str, int], met: set[Meeting], tally: Tally
) -> Iterator[str]:
    """Every meeting is claimed, and every exact claim whose condition holds is a meeting."""
    claims: dict[tuple[int, int, int], list[Dependence]] = {}
    for loop in analysis.loops:
        for claim in loop.dependences:
            key = (id(claim.source.node), id(claim.sink.node), claim.carrier)
            claims.setdefault(key, []).append(claim)
            if not claim.ordered:
                claims.setdefault((key[1], key[0], key[2]), []).append(claim)
    seen = {(m.first, m.second, m.carrier) for m in met}
    for meeting in met:
        mine = claims.get((meeting.first, meeting.second, meeting.carrier), [])
        holding = [c for c in mine if any(bad.holds(values) for bad in c.conditions)]
        if not holding:
            yield f"carried by loop {meeting.carrier}, but not claimed: {meeting}, claims {mine}"
            continue
        tally.add("dependence met")
        for claim in holding:
            for known, direction, real in zip(
                claim.distances, claim.directions, meeting.distances, strict=True
            ):
                if known is not None and known != real:
                    yield f"distance {meeting.distances}, claimed {claim.distances}"
                if not _fits(direction, real) and claim.ordered:
                    yield f"direction {meeting.distances}, claimed {claim.directions}"
    for (first, second, carrier), mine in claims.items():
        for claim in mine:
            if claim.exact and any(bad.holds(values) for bad in claim.conditions):
                if (first, second, carrier) not in seen:
                    yield f"claimed, but not met: {claim}"
                tally.add("exact dependence")


def _fits(direction: str, distance: int) -> bool:
    match direction:
        case "<":
            return distance > 0
        case "=":
            return distance == 0
        case ">":
            return distance < 0
        case _:
            return True


def check_ranges(
    analysis: Analysis, values: Mapping[str, int], run: Run, tally: Tally
) -> Iterator[str]:
    """A subscript leaves its range exactly where the conditions say so."""
    touched: dict[int, set[tuple[int, ...]]] = {}
    for event in run.events:
        touched.setdefault(id(event.node), set()).add(event.subscripts)
    for access in analysis.accesses:
        for axis, found in enumerate(access.ranges):
            seen = [subscripts[axis] for subscripts in touched.get(access.node_id, ())]
            extent = values[f"{access.array}.shape[{axis}]"]
            for side, conditions, real in (
                ("lower", found.lower, any(s < 0 for s in seen)),
                ("upper", found.upper, any(s >= extent for s in seen)),
            ):
                if conditions is None:
                    continue
                tally.add("range described")
                claimed = any(bad.holds(values) for bad in conditions)
                if real and not claimed:
                    yield f"{access.node} axis {axis} {side}: not claimed {conditions}"
                if claimed and not real and access.exact and all(c.exact for c in conditions):
                    yield f"{access.node} axis {axis} {side}: claimed {conditions}"


def check_refreshed(
    nest: Nest, analysis: Analysis, run: Run, tally: Tally
) -> Iterator[str]:
    """No iteration of the outermost loop reads what some iteration writes, and it has not yet."""
    claimed = analysis.refreshed
    written = {event.cell for event in run.events if event.is_write}
    fresh: set[tuple[object, tuple[object, ...]]] = set()
    seen: set[str] = set()
    for event in run.events:
        here = (event.iterations[0], event.cell)
        if event.is_write:
            fresh.add(here)
        elif event.cell in written:
            seen.add(event.node.array)
            if here not in fresh and event.node.array in claimed:
                yield f"{event.node} needs what was there before iteration {event.iterations[0]}"
    for array in {event.node.array for event in run.events if event.is_write}:
        known = "refreshed" if array in claimed else "not refreshed"
        tally.add(f"{known}, read" if array in seen else known)


def check_orders(
    nest: Nest,
    analysis: Analysis,
    values: Mapping[str, int],
    seed: int,
    run: Run,
    tally: Tally,
    facts: Facts,
) -> Iterator[str]:
    """A loop that is parallel gives the same results in a random order."""
    for loop in analysis.loops:
        verdict = loop.verdict
        if isinstance(verdict, Serial):
            tally.add("Serial")
            continue
        if isinstance(verdict, ParallelIf):
            tally.add("ParallelIf")
            if any(bad.holds(values) for bad in verdict.unless):
                continue
            tally.add("ParallelIf, good")
        else:
            tally.add("Parallel")
        if any(found.companions for found in verdict.needs):
            continue
        names = loop.private
        other = Run(
            nest,
            values,
            seed,
            views=facts.merged,
            reorder=loop.number,
            private=names,
            from_end=counted_from_end(analysis),
        ).state
        both = run.state.arrays.keys() & other.arrays.keys()
        if any(run.state.arrays[cell] != other.arrays[cell] for cell in both):
            yield f"loop {loop.number} in another order leaves other elements ({verdict})"
        if run.state.scalars != other.scalars:
            yield f"loop {loop.number} in another order leaves {other.scalars} ({verdict})"


def check_splits(
    nest: Nest,
    analysis: Analysis,
    values: Mapping[str, int],
    seed: int,
    run: Run,
    tally: Tally,
    facts: Facts,
) -> Iterator[str]:
    """A loop that may be split gives the same results with its parts in random orders, and none of
    the pairs that meet lies in one part."""
    ends = counted_from_end(analysis)
    for loop in analysis.loops:
        split = find_split(analysis, loop.number)
        if split is None:
            continue
        tally.add(f"split {type(split.facts.verdict).__name__}")
        if isinstance(split.facts.verdict, ParallelIf):
            if any(bad.holds(values) for bad in split.facts.verdict.unless):
                continue
            tally.add("split ParallelIf, good")
        needs = split.facts.verdict.needs
        if any(found.companions for found in needs):
            continue
        other = Run(
            nest,
            values,
            seed,
            views=facts.merged,
            reorder=loop.number,
            private=split.facts.private,
            from_end=ends,
            split=split.place,
        )
        if other.split_places:
            tally.add("split inside")
        both = run.state.arrays.keys() & other.state.arrays.keys()
        if any(run.state.arrays[cell] != other.state.arrays[cell] for cell in both):
            yield f"loop {loop.number} split at {to_text(split.place)} leaves other elements"
        if run.state.scalars != other.state.scalars:
            yield f"loop {loop.number} split at {to_text(split.place)} leaves other scalars"


def check_wrapped(
    nest: Nest, analysis: Analysis, values: Mapping[str, int], seed: int, tally: Tally
) -> Iterator[str]:
    """A parallel loop also gives the same results where negative subscripts count from the end."""
    if any(access.memory == "w" for access in analysis.judge.collected.accesses):
        return  # views have their own ends
    ends = counted_from_end(analysis)
    by = {name: 7 for name in values if name.endswith("]")}
    for loop in analysis.loops:
        for bounds in (values, {**values, **by}):
            if isinstance(loop.verdict, Serial) or any(need.companions for need in loop.needs):
                continue
            if isinstance(loop.verdict, ParallelIf) and any(
                bad.holds(bounds) for bad in loop.verdict.unless
            ):
                continue
            try:
                plain = Run(nest, bounds, seed, wrap=True).state
            except OutOfRangeError:
                continue
            other = Run(
                nest, bounds, seed, wrap=True, reorder=loop.number, private=loop.private
            ).state
            tally.add("order with real ends" + (", from the end" if ends else ""))
            cells = plain.arrays.keys() & other.arrays.keys()
            if any(plain.arrays[cell] != other.arrays[cell] for cell in cells):
                yield f"loop {loop.number} with real ends leaves other elements ({dict(bounds)})"


def check_transformed(
    nest: Nest,
    analysis: Analysis,
    values: Mapping[str, int],
    seed: int,
    run: Run,
    tally: Tally,
    facts: Facts,
) -> Iterator[str]:
    """Distribution, interchange, bands and waves leave the same elements and scalars."""
    for facts_of_loop in analysis.loops:
        loop, number = facts_of_loop.loop, facts_of_loop.number
        tries: list[tuple[str, Run]] = []
        cut = tuple(stmt for _, stmt in spread(analysis, number))
        groups = distribute(analysis, number)
        if len(groups) == 1 and len(cut) > len(loop.body):
            groups = distribute(analysis, number, cut)
            tally.add("loops inside distributed")
        if len(groups) > 1:
            parts = tuple(replace(loop, body=group.statements) for group in groups)
            other = substituted(nest, loop, parts)
            tries.append(("distributed", Run(other, values, seed, views=facts.merged)))
            for group, part in zip(groups, parts, strict=True):
                verdict = group.facts.verdict
                tally.add(f"group {type(verdict).__name__}")
                if isinstance(verdict, Parallel) and not any(r.companions for r in verdict.needs):
                    tries.append(("group", reordered(other, part, values, seed, group, facts)))
        if may_run_in_bands(analysis, number):
            (inner,) = loop.body
            assert isinstance(inner, For)
            bands = replace(inner, body=(replace(loop, body=inner.body),))
            other = substituted(nest, loop, (bands,))
            whole = Group((bands,), analysis.of(inner))
            tries.append(("bands", reordered(other, bands, values, seed, whole, facts)))
        if may_interchange(analysis, number):
            (inner,) = loop.body
            assert isinstance(inner, For)
            swapped = replace(inner, body=(replace(loop, body=inner.body),))
            other = substituted(nest, loop, (swapped,))
            tries.append(("interchanged", Run(other, values, seed, views=facts.merged)))
        factor = find_wave(analysis, number)
        if factor is not None:
            wave = (number, factor)
            tries.append((f"wave {factor}", Run(nest, values, seed, views=facts.merged, wave=wave)))
        indices = {stmt.index for stmt in statements((nest.loop,)) if isinstance(stmt, For)}
        for what, other_run in tries:
            tally.add(what)
            elements, others = run.state.arrays, other_run.state.arrays
            if any(elements[cell] != others[cell] for cell in elements.keys() & others.keys()):
                yield f"loop {number} {what} leaves other elements"
            for name, value in run.state.scalars.items():
                if name not in indices and other_run.state.scalars[name] != value:
                    yield f"loop {number} {what} leaves another {name}"


def reordered(
    nest: Nest, loop: For, values: Mapping[str, int], seed: int, group: Group, facts: Facts
) -> Run:
    """Run `nest` with `loop`, one group of a distributed loop, in a random order."""
    loops = [stmt for stmt in statements((nest.loop,)) if isinstance(stmt, For)]
    number = next(place for place, other in enumerate(loops) if other is loop)
    private = group.facts.private
    return Run(nest, values, seed, views=facts.merged, reorder=number, private=private)


def random_facts(random: Random, number: int) -> Facts:
    """Return what staging might know of a random nest: mostly nothing."""
    match number % 11:
        case 3:
            return Facts(values={"k": random.randrange(-3, 6), "n": random.randrange(0, 6)})
        case 7:
            shifts = [(random.randrange(-2, 3),) for _ in range(2)]
            return Facts(merged={"a": ("w", shifts[0]), "b": ("w", shifts[1])})
        case _:
            return Facts()


def substituted(nest: Nest, loop: For, parts: tuple[For, ...]) -> Nest:
    """Return `nest` with `parts` in the place of `loop`, inside a loop of one iteration."""

    def block(body: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
        return tuple(new for stmt in body for new in rebuilt(stmt))

    def rebuilt(stmt: Stmt) -> tuple[Stmt, ...]:
        if stmt is loop:
            return parts
        match stmt:
            case For(body=body) | While(body=body):
                return (replace(stmt, body=block(body)),)
            case If(then=then, otherwise=otherwise):
                return (replace(stmt, then=block(then), otherwise=block(otherwise)),)
            case _:
                return (stmt,)

    once = For("%once", Const(0), Const(1), Const(1), rebuilt(nest.loop))
    return replace(nest, loop=once)


STYLES: tuple[Style, ...] = (
    *(AFFINE, MIXED, AFFINE, SCALARS_ONLY),
    *(STENCILS, MIXED, PIVOTS, DIVISIONS, SWEEPS),
)


def examine_share(numbers: range, seed: int) -> Tally:
    """Examine the random nests of `seed` with these numbers, as `campaign` does."""
    tally = Tally()
    for number in numbers:
        random = Random(f"{seed} {number}")
        style = STYLES[number % len(STYLES)]
        nest = random_nest(random, style)
        try:
            examine(nest, random, tally, random_facts(random, number))
        except DisprovedError as error:
            raise DisprovedError(f"nest {number} of seed {seed}\n{error}") from None
    return tally


def campaign(nests: int, seed: int, processes: int = 1) -> Tally:
    """Examine `nests` random nests; raises `DisprovedError` at a contradiction.

    The nests are the same with any number of `processes`, which share them.
    """
    if processes == 1:
        return examine_share(range(nests), seed)
    shares = [range(start, nests, 4 * processes) for start in range(4 * processes)]
    fresh = multiprocessing.get_context("spawn")  # the threads of a pool do not survive a fork
    whole = Tally()
    with ProcessPoolExecutor(processes, fresh) as executor:
        for tally in executor.map(examine_share, shares, [seed] * len(shares)):
            whole.take(tally)
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=usable_cores())
    options = parser.parse_args()
    started = time.perf_counter()
    tally = campaign(options.nests, options.seed, options.processes)
    print(f"{tally.nests} nests, {tally.runs} runs, {time.perf_counter() - started:.0f} s")
    for what, count in sorted(tally.counts.items()):
        print(f"{count:9} {what}")


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    main()
