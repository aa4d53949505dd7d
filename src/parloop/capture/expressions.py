"""The places in expressions where parloop may take over: sites of comprehensions.

`capture.rewrite` makes of `[ELT for x in ITER]`

    (k.complete([ELT for x in k.enter[ITER, a]]) if GUARD else [ELT for x in ITER])

and of `sum(ELT for x in ITER)`

    sum(k.first(ELT for x in k.enter[ITER, sum, a]) if GUARD else (ELT for x in ITER))

with `k.enter[...] or ITER` where that gets the positions of items. `enter` returns an iterator of
what is left to the interpreter, or what it was given; `complete` puts what was made natively in
front of the list, and `first` in front of what the consumer takes. So the expression is evaluated
where it stands, by frames that are the user's own.

What is made natively waits with its frame from `enter` to `complete` or `first`. `enter` drops what
an exception in between has left behind.
"""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from sys import _getframe
from types import FrameType
from typing import Any

from parloop.capture.comprehensions import is_consumer
from parloop.capture.items import iterate_from
from parloop.capture.sites import KEEP, Site, SiteInfo

_Waiting = list[tuple[FrameType, Any, bool]]
"""Frames with what was made for them, and whether that is all."""


class ExpressionSite(Site):
    """A site of a comprehension."""

    __slots__ = ("comprehension", "waiting")

    def __init__(self, info: SiteInfo, options: Mapping[str, Any]) -> None:
        assert info.comprehension is not None
        super().__init__(info, options)
        self.comprehension = info.comprehension
        self.waiting: dict[int, _Waiting] = {}

    def __getitem__(self, given: tuple[object, ...]) -> Any:
        """Let the engine try; return what is left, or what was given if that is all.

        `given` is the range and the values of the names that are passed.
        """
        indices, values = given[0], given[1:]
        plain = None if self.info.over_items else indices
        frame = _getframe(1)
        ident = get_ident()
        if ident in self.waiting:
            self._take(frame, ident)
        engine, consumer = Site.engine if self._wanted else None, self.comprehension.consumer
        if type(indices) is not range:
            self.missed()
            return plain
        if engine is None or (consumer is not None and not is_consumer(values[0], consumer)):
            return plain
        try:
            if len(indices) < self._least:
                return plain
        except OverflowError:
            return plain
        made = self.comprehension.begin()
        outcome = engine(self, indices, (*values, *made), frame)
        if outcome is None:
            return plain
        if outcome.error is not None:
            raise outcome.error
        if not outcome.done and not outcome.broke:
            return plain
        if outcome.values:
            made = tuple(
                old if new is KEEP else new for old, new in zip(made, outcome.values, strict=True)
            )
        result = self.comprehension.result(made, broke=outcome.broke)
        whole = outcome.broke or outcome.done == len(indices)
        if whole:
            self.waiting.setdefault(ident, []).append((frame, result, True))
            return iter(())
        rest: Iterator[object] = iter(indices[outcome.done :])
        if self.info.over_items:
            named = dict(zip(self.info.passed, values, strict=False))
            rest = iterate_from(self.info.node.iter, named, outcome.done, len(indices))
        if self.comprehension.is_lazy:
            self.waiting.setdefault(ident, []).append((frame, result, False))
            return rest
        return chain(rest, _Last(self, frame, result))

    def complete(self, items: list[Any]) -> list[Any]:
        """Return all items of the list of which the interpreter has made `items`."""
        found = self._take(_getframe(1), get_ident())
        if found is None:
            return items
        made: list[Any] = found[1]
        made += items
        return made

    def first(self, items: Iterable[Any]) -> Iterable[Any]:
        """Return what the consumer is to take, of which the interpreter makes `items`."""
        found = self._take(_getframe(1), get_ident())
        if found is None:
            return items
        made: list[Any] = found[1]
        return made if found[2] else chain(made, items)

    def _take(self, frame: FrameType, ident: int) -> tuple[FrameType, Any, bool] | None:
        """Return what waits for `frame`, and forget it and what was left behind since."""
        waiting = self.waiting.get(ident)
        if waiting is None:
            return None
        places = [place for place, one in enumerate(waiting) if one[0] is frame]
        if not places:
            return None
        found = waiting[places[-1]]
        del waiting[places[0] :]
        if not waiting:
            del self.waiting[ident]
        return found


class _Last:
    """What comes after the last item: the list is now to be put together."""

    __slots__ = ("frame", "made", "site")

    def __init__(self, site: ExpressionSite, frame: FrameType, made: Any) -> None:
        self.site, self.frame, self.made = site, frame, made

    def __iter__(self) -> Iterator[object]:
        return self

    def __next__(self) -> object:
        waiting = self.site.waiting.setdefault(get_ident(), [])
        waiting.append((self.frame, self.made, False))
        raise StopIteration
