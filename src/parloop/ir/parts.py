"""Names for what becomes part of a tuple or list that a loop appends: `out.append((i, x))`.

The numbers that stand first in these are appended to an array of their own, `%out.0.2`, as if that
were a list; `%out.0.2.list` where they are put into lists.
"""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """What an array with such a name stands for."""

    items: str
    """The name of the list that is appended to."""
    number: int
    width: int
    is_list: bool


def part_name(items: str, number: int, width: int, *, is_list: bool) -> str:
    """Return the name for the items number `number` of `width`."""
    return f"%{items}.{number}.{width}" + (".list" if is_list else "")


def part_of(name: str) -> Part | None:
    """Return what `name` stands for, None if it is no such name."""
    words = name.removeprefix("%").removesuffix(".list").rsplit(".", 2)
    if name[0] != "%" or len(words) != 3 or not words[1].isdigit() or not words[2].isdigit():
        return None
    return Part(words[0], int(words[1]), int(words[2]), name.endswith(".list"))


def list_of(name: str) -> str:
    """Return the name of the list that is appended to where an array has the name `name`."""
    part = part_of(name)
    return name if part is None else part.items
