"""What of a loop's dependences and accesses can be drawn: small distances, neighbouring elements.

    for i in range(1, n):                  dependences: u, flow, distance (1,)
        u[i] = 0.5 * u[i - 1] + f[i]       elements of u: writes [i], reads [i-1]

Only facts are collected here; `report.page_drawing` draws them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from parloop.analysis import Analysis, LoopFacts, ParallelIf
from parloop.analysis.accesses import Access
from parloop.analysis.affine import Affine, counter, is_parameter

MOST_DEPENDENCES: Final = 12
"""More are not told apart in a picture."""

MOST_ELEMENTS: Final = 40
"""Of one array; more are not drawn."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A dependence that a loop carries."""

    array: str
    kind: str
    indices: tuple[str, ...]
    """Of the loops around both ends, outermost first."""
    distances: tuple[int | None, ...]
    """From the earlier iteration to the later, one for each of `indices`; None: not constant."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as strings, numbers and lists."""
        return {
            "array": self.array,
            "kind": self.kind,
            "indices": list(self.indices),
            "distances": list(self.distances),
        }


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of one array that an iteration touches, relative to its indices."""

    array: str
    axes: tuple[str, ...]
    """What the offsets on each axis are added to; empty where they are places themselves."""
    reads: tuple[tuple[int, ...], ...]
    writes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What can be drawn of one loop."""

    index: str
    """Of the loop itself."""
    dependences: tuple[Carried, ...]
    elements: tuple[Elements, ...]
    others: tuple[Carried, ...] = ()
    """Dependences that other loops of the nest carry."""
    conditional: bool = False
    """Whether the dependences exist only where a condition of the verdict fails."""
    summary: bool = False
    """Whether the loop accumulates: there are no arrows for that."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.dependences and not self.elements


def drawing_of(facts: LoopFacts, analysis: Analysis) -> Drawing:
    """Return what can be drawn of one loop of a nest."""
    sums = {need.target for need in facts.needs}
    mine = tuple(found for found in _carried(facts, analysis) if found.array not in sums)
    others = [
        found
        for other in analysis.loops
        if other is not facts
        for found in _carried(other, analysis)
        if facts.loop.title in found.indices
    ]
    kept = tuple(dict.fromkeys(others))[:MOST_DEPENDENCES]
    elements = tuple(_elements(facts, analysis))
    conditional = isinstance(facts.verdict, ParallelIf)
    return Drawing(facts.loop.title, mine, elements, kept, conditional, bool(facts.needs))


def _carried(facts: LoopFacts, analysis: Analysis) -> tuple[Carried, ...]:
    carried: dict[Carried, None] = {}
    for dependence in facts.dependences:
        indices = tuple(analysis.loops[number].loop.title for number in dependence.loops)
        if all("%" not in index and "@" not in index for index in indices):
            found = Carried(dependence.name, dependence.kind, indices, dependence.distances)
            carried[found] = None
    return tuple(carried)[:MOST_DEPENDENCES]


def _elements(facts: LoopFacts, analysis: Analysis) -> Iterator[Elements]:
    """Yield the arrays whose elements stand at constant distances from the indices."""
    mine = [a for a in analysis.judge.collected.accesses if facts.number in a.loops]
    for array in dict.fromkeys(access.array for access in mine):
        accesses = [access for access in mine if access.array == array]
        placed = [_place(access, analysis) for access in accesses]
        axes = {place[0] for place in placed if place is not None}
        if None in placed or len(axes) != 1 or "%" in array or "@" in array:
            continue
        found: dict[bool, dict[tuple[int, ...], None]] = {False: {}, True: {}}
        for access, place in zip(accesses, placed, strict=True):
            assert place is not None
            found[access.is_write][place[1]] = None
        if len(found[False]) + len(found[True]) <= MOST_ELEMENTS:
            yield Elements(array, axes.pop(), tuple(found[False]), tuple(found[True]))


def _place(
    access: Access, analysis: Analysis
) -> tuple[tuple[str, ...], tuple[int, ...]] | None:
    """Return what the subscripts count from, and the distances; None where they are no such."""
    bases: list[str] = []
    offsets: list[int] = []
    for subscript, from_end in zip(access.subscripts, access.from_end, strict=True):
        if subscript is None or from_end:
            return None
        found = _relative(subscript, access.loops, analysis)
        if found is None:
            return None
        bases.append(found[0])
        offsets.append(found[1])
    return tuple(bases), tuple(offsets)


def _relative(
    subscript: Affine, loops: Sequence[int], analysis: Analysis
) -> tuple[str, int] | None:
    shapes = {shape.number: shape for shape in analysis.judge.collected.loops}
    base = ""
    for number in loops:
        factor = subscript.coefficient(counter(number))
        if factor == 0:
            continue
        index = shapes[number].index
        if factor != 1 or base or index is None or index.coefficient(counter(number)) != 1:
            return None
        subscript = subscript - index
        base = shapes[number].loop.title
    if not all(is_parameter(name) and "%" not in name for name in subscript.terms):
        return None
    for name, factor in sorted(subscript.terms.items()):
        sign = ("-" if factor < 0 else "") if not base else (" - " if factor < 0 else " + ")
        base += f"{sign}{name if abs(factor) == 1 else f'{abs(factor)}*{name}'}"
    return base, subscript.constant
