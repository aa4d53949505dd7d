"""Names that a loop leaves with rows of lists of lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from parloop.capture.sites import KEEP
from parloop.ir.nodes import Nest
from parloop.runtime.lists import Lists, RowsCopy
from parloop.runtime.state import SiteState
from parloop.schedule.cost import shape_of_list
from parloop.staging.rows import Row, with_places


def without_rows(
    state: SiteState, nest: Nest, lists: Mapping[str, list[Any]]
) -> tuple[Nest, Mapping[str, Row]]:
    """Return the nest with places instead of names for rows of `lists`, and the names."""
    ranks = {name: len(shape_of_list(items)) for name, items in lists.items()}
    ranks = {name: rank for name, rank in ranks.items() if rank > 1}
    if not ranks:
        return nest, {}
    key = tuple(sorted(ranks.items()))
    if key not in state.placed:
        state.placed[key] = with_places(nest, ranks)
    return state.placed[key]


def with_places_of(rows: Mapping[str, Row], names: Sequence[str]) -> list[str]:
    """Return `names`, with the variables for its place instead of a row's."""
    return [part for name in names for part in (rows[name].places if name in rows else (name,))]


def with_rows(
    rows: Mapping[str, Row], names: Sequence[str], values: Sequence[object], lists: Lists
) -> tuple[object, ...]:
    """Return the values of `names` out of those of `with_places_of`: rows as the objects."""
    left: Iterator[object] = iter(values)
    found: list[object] = []
    for name in names:
        if name not in rows:
            found.append(next(left))
            continue
        places = [next(left) for _ in rows[name].places]
        found.append(KEEP if KEEP in places else _row_at(places, rows[name], lists))
    return tuple(found)


def _row_at(places: Sequence[Any], row: Row, lists: Lists) -> object:
    """Return the row as it was found, whatever somebody has done to the list since."""
    data = lists.arrays[row.array]
    copy = next(c for c in lists.copies if isinstance(c, RowsCopy) and c.data is data)
    shape = data.shape[:-1]
    inside = [int(place) % extent for place, extent in zip(places, shape, strict=True)]
    return copy.rows[int(np.ravel_multi_index(inside, shape))]
