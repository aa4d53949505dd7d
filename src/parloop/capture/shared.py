"""Sites of a text that may be compiled again: a cell that is run once more, a reloaded module.

    shared = SharedSites(REGISTRY)
    shared.begin()                                  # before each time that a text is rewritten
    rewrite(tree, source, shared)

A loop at the same place of the same text gets the site that it had, with all that the engine knows
of it. Which code a site stands in makes no difference to it: an entry belongs to a frame.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import fields
from threading import local
from types import MappingProxyType
from typing import Any

from parloop.capture.sites import Registry, Site, SiteInfo
from parloop.source import Source


class SharedSites:
    """Sites by place, for `rewrite` in place of the registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._keys: dict[tuple[object, ...], str] = {}
        self._places: dict[str, tuple[object, ...]] = {}
        self._counts = _Counts()

    def begin(self) -> None:
        """Begin with a text from its first loop, in this thread."""
        self._counts.of = {}

    def new_key(self, source: Source, node: ast.For) -> str:
        """Return the key that the loop `node` has had, or a new one."""
        place: tuple[object, ...] = (source, node.lineno, node.col_offset)
        number = self._counts.of[place] = self._counts.of.get(place, 0) + 1
        place = (*place, number)
        key = self._keys.get(place)
        if key is None:
            key = self._registry.new_key(source, node)
            self._keys[place] = key
            self._places[key] = place
        return key

    def add(
        self,
        info: SiteInfo,
        options: Mapping[str, Any] = MappingProxyType({}),
        kind: type[Site] = Site,
    ) -> Site:
        """Return the site that `info` describes; it is on if there is an engine."""
        site = self._registry.sites.get(info.key)
        if site is None:
            return self._registry.add(info, options, kind)
        wanted = Site.engine is not None
        if site.on != wanted:  # what repeats its launches stays where it is
            site.switch(wanted)
        return site

    def said_before(self, sites: tuple[SiteInfo, ...]) -> bool:
        """Return whether the sites of a text are those that it has had, each as it was.

        They are not where the text was compiled with other features of `from __future__`, or where
        somebody else has made another tree of it.
        """
        return all(_is_like(self._registry.sites[info.key].info, info) for info in sites)

    def forget(self, source: Source) -> None:
        """Give the loops of `source` new sites the next time."""
        for key, place in list(self._places.items()):
            if place[0] == source:
                del self._keys[place], self._places[key]

    def all(self) -> Iterator[Site]:
        """Yield all sites that were given out."""
        for key in list(self._places):
            yield self._registry.sites[key]


class _Counts(local):
    """How many sites each place has got in the text that a thread is rewriting."""

    def __init__(self) -> None:
        self.of: dict[tuple[object, ...], int] = {}


def _is_like(one: SiteInfo, other: SiteInfo) -> bool:
    parsed = ("node", "source", "comprehension", "bar")
    names = [field.name for field in fields(SiteInfo) if field.name not in parsed]
    if one is other:
        return True
    return all(getattr(one, name) == getattr(other, name) for name in names) and (
        _text_of(one) == _text_of(other)
    )


def _text_of(info: SiteInfo) -> list[str]:
    parts: list[ast.AST] = [info.node] if info.bar is None else [info.node, info.bar]
    return [ast.dump(part, include_attributes=True) for part in parts]
