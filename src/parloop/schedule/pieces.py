"""The loops that a distributed loop runs as, one after another.

    for i { q[i] = 0; for j { s[j] += ...; q[i] += ... } }
    becomes    for i { q[i] = 0; for j { q[i] += ... } }; for i { for j { s[j] += ... } }

Loops that are no loops of the text need numbers of their own, from which that of the loop in the
text can be told.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from dataclasses import replace
from typing import TypeAlias

from parloop.ir.nodes import For, Stmt

Place: TypeAlias = tuple[int, ...]
"""Where a statement stands in a loop's body; further numbers say which statements of the loop that
stands there are meant."""

PIECES = 10_000
"""Numbers from this on are of pieces, or of loops over bands."""
_BANDS = 10_000_000


def piece_number(number: int, piece: int) -> int:
    """Return the number of a piece of loop `number`."""
    return number + PIECES * (piece + 1)


def band_number(inner: int) -> int:
    """Return the number of the loop over bands of loop `inner`, which may be a piece."""
    return inner + _BANDS


def loop_of(number: int) -> int:
    """Return the number of the loop of the text that a piece or bands are of, or of itself."""
    return number % PIECES


def pieces_of(
    loop: For,
    number: int,
    pieces: Iterable[tuple[Place, ...]],
    numbers: MutableMapping[int, int],
) -> tuple[For, ...]:
    """Return the loops that loop `number` runs as, and put their numbers into `numbers`."""
    found: list[For] = []
    for position, places in enumerate(pieces):
        body = tuple(_part(loop.body[place], inside, numbers) for place, *inside in places)
        piece = replace(loop, body=body, orelse=(), own=())
        numbers[id(piece)] = piece_number(number, position)
        found.append(piece)
    return tuple(found)


def _part(stmt: Stmt, inside: list[int], numbers: MutableMapping[int, int]) -> Stmt:
    """Return a statement, or those of its parts that are meant, which then is a loop of its own."""
    if not inside:
        return stmt
    assert isinstance(stmt, For)
    part = replace(stmt, body=tuple(stmt.body[place] for place in inside), own=())
    numbers[id(part)] = piece_number(numbers[id(stmt)], inside[0])
    return part
