"""What the analysis of a nest came to, on disk: a process that finds it there does not analyse.

Three entries of the disk cache stand between a loop's text and its machine code:

    the nest                                     its verdict, for the report
    the nest, the types of its inputs            an *outline*: the record's layout, what the
                                                 analysis would ask of a launch
    both, how the arrays lie in memory, ...      *regions*: conditions on the integers in the
                                                 record, and the kernel for all launches where they
                                                 hold

Each key holds everything that the answer was made from (`runtime.keys`). What is asked of a launch
is written as text, of which nothing is evaluated that is more than arithmetic.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final

from parloop.analysis import polyhedra
from parloop.codegen.layout import Layout
from parloop.ir.nodes import Nest
from parloop.ir.types import UNBOUND, Member, Scalar
from parloop.runtime.analyses import verdict_of
from parloop.runtime.cache import content_key, open_cache
from parloop.runtime.kernels import Traits
from parloop.runtime.keys import nest_key
from parloop.runtime.stats import SiteVerdict
from parloop.runtime.transaction import Saved

ENABLED = True
"""For tests that change what decides: whether anything is looked up."""

SavedSets = tuple[tuple[Saved, ...], tuple[Saved, ...], tuple[Saved, ...], tuple[Saved, ...]]


@dataclass(frozen=True, slots=True)
class Outline:
    """What launches of one signature have in common."""

    layout: Layout
    inspected: bool
    """Whether there are index arrays to look at before a launch."""
    wanted: tuple[str, ...]
    """The parameters whose values the analysis wants to be put in."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The decision for all launches of which `test`, on a record's words `w`, holds."""

    test: str
    kernel: str
    """Its key."""
    traits: Traits
    saved: SavedSets


def find_verdict(nest: Nest) -> SiteVerdict:
    """Return what is known of the order of a loop's iterations."""
    key = content_key("verdict", nest_key(nest))
    found = _get(key)
    if found is not None:
        known: SiteVerdict = found["verdict"]
        return known
    verdict = verdict_of(nest)
    _put(key, {"verdict": verdict})
    return verdict


def find_outline(signature: str) -> Outline | None:
    """Return the outline of a signature, by its key, if an earlier process left it."""
    found = _get(content_key("outline", signature))
    if found is None:
        return None
    return Outline(_to_layout(found["layout"]), found["inspected"], tuple(found["wanted"]))


def keep_outline(signature: str, outline: Outline) -> None:
    """Leave the outline of a signature for later processes."""
    content = {
        "layout": _from_layout(outline.layout),
        "inspected": outline.inspected,
        "wanted": outline.wanted,
    }
    _put(content_key("outline", signature), content)


def find_regions(signature: str, kind: object) -> tuple[Remembered, ...]:
    """Return the decisions for one kind of launches, in the order in which they were made."""
    found = _get(content_key("regions", signature, repr(kind)))
    if found is None:
        return ()
    return tuple(
        Remembered(
            each["test"],
            each["kernel"],
            Traits(*each["traits"]),
            tuple(tuple(Saved(*item) for item in items) for items in each["saved"]),  # type: ignore[arg-type]
        )
        for each in found["regions"]
        if _ARITHMETIC.fullmatch(each["test"])
    )


def keep_regions(signature: str, kind: object, regions: Sequence[Remembered]) -> None:
    """Leave the decisions for one kind of launches for later processes."""
    content = [
        {
            "test": region.test,
            "kernel": region.kernel,
            "traits": astuple(region.traits),
            "saved": [
                [(item.array, item.offset, item.native) for item in items]
                for items in region.saved
            ],
        }
        for region in regions
    ]
    _put(content_key("regions", signature, repr(kind)), {"regions": content})


_ARITHMETIC: Final = re.compile(r"(?:w\[\d+\]|\d+|and|or|not|True|False|[-+*/=<>() ])*")


def _get(key: str) -> dict[str, Any] | None:
    found = open_cache().get(key) if ENABLED else None
    return None if found is None else found[1]


def _put(key: str, content: Mapping[str, Any]) -> None:
    # Without isl less is proved: a process that has it is not to find that.
    if ENABLED and not polyhedra.was_missed():
        open_cache().put(key, b"", content)


def _from_layout(layout: Layout) -> list[object]:
    members = {
        name: [None if m == UNBOUND else _from_scalar(m) for m in each]
        for name, each in layout.members.items()
    }
    return [
        dict(layout.arrays),
        dict(layout.variables),
        members,
        layout.first_variable_word,
        layout.n_words,
    ]


def _to_layout(content: list[Any]) -> Layout:
    arrays, variables, members, first, n_words = content
    types: dict[str, tuple[Member, ...]] = {
        name: tuple([UNBOUND if m is None else Scalar(*m) for m in each])
        for name, each in members.items()
    }
    return Layout(arrays, variables, types, first, n_words)


def _from_scalar(member: Member) -> tuple[str, str, int]:
    assert isinstance(member, Scalar)
    return member.owner, member.kind, member.bits
