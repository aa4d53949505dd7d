"""Loops that go back to the engine after the interpreter has run some of their iterations.

An iteration that machine code cannot finish is run by the interpreter, and so may be some behind
it. What it goes over is the first part of a `Pause`: where that is asked for another there is none,
and the text asks the site for the rest.

    for i in chain.from_iterable(pause):
        BODY
    else:
        if __parloop__.k.open and __parloop__.k.resumes():
            for i, s in __parloop__.k.resume[a, s]:
                ...

So nothing of ours is there while BODY runs but an iterator, which goes when the loop does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from sys import _getframe
from types import FrameType, MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from parloop.capture.items import count_positions, iterate_from, leaves

if TYPE_CHECKING:
    from parloop.capture.sites import Outcome, Rows, Site, SiteInfo


class Again(Protocol):
    """What an engine leaves that wants to be asked about the rest of a loop."""

    def wants(self) -> bool:
        """Return whether it does still: a tracer would see the question."""

    @property
    def after(self) -> int:
        """How many iterations the interpreter is to run before."""

    def resume(
        self, site: Site, indices: range, done: int, values: tuple[object, ...], frame: FrameType
    ) -> Outcome | None:
        """Run what can be run of a loop of which `done` iterations have run.

        `values` are those of the names that the site passes, as they are now. The outcome counts
        all iterations from the first. None leaves the rest to the interpreter.
        """


class Pause:
    """The parts of what the interpreter goes over: the iterations up to the pause, and no more.

    Where the rest is not wanted any more it is the second part.
    """

    __slots__ = ("again", "ask", "done", "first", "indices", "leaves", "rest")

    def __init__(
        self,
        ask: Callable[[Pause, FrameType], None],
        indices: range,
        done: int,
        first: Iterator[object],
        rest: Iterator[object],
        again: Again,
        leaves: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        self.ask, self.indices, self.done, self.rest = ask, indices, done, rest
        self.first: Iterator[object] | None = first
        self.again: Again | None = again
        self.leaves = leaves
        """The lists and arrays that the loop is over, by name."""

    def __iter__(self) -> Iterator[Iterator[object]]:
        return self

    def __next__(self) -> Iterator[object]:
        part, again = self.first, self.again
        self.first = None
        if part is not None:
            return part
        if again is None:
            raise StopIteration
        if not again.wants():
            self.again = None
            return self.rest
        self.ask(self, _getframe(1))
        raise StopIteration

    def goes_on(self, values: Mapping[str, object]) -> bool:
        """Return whether the rest is over the same items, under the same names."""
        if not self.leaves:
            return True
        if any(values[name] is not value for name, value in self.leaves.items()):
            return False
        return count_positions(*self.leaves.values()) == self.indices


def iterate(
    info: SiteInfo,
    indices: range,
    done: int,
    values: Mapping[str, Any],
    again: Again | None,
    ask: Callable[[Pause, FrameType], None],
) -> Iterator[object]:
    """Return what the interpreter goes over after `done` iterations.

    It ends with a pause if `again` is wanted and something is left after that.
    """
    names = leaves(info.node.iter) if info.over_items else ()
    rest: Iterator[object] = iter(indices[done:])
    if info.over_items:
        rest = iterate_from(info.node.iter, values, done, len(indices))
    if again is None or len(indices) - done <= again.after:
        return rest
    reached = done + again.after
    if info.over_items:
        first: Iterator[object] = islice(rest, again.after)
    else:
        first, rest = iter(indices[done:reached]), iter(indices[reached:])
    given = {name: values[name] for name in names}
    return chain.from_iterable(Pause(ask, indices, reached, first, rest, again, given))


class Resuming:
    """What the text subscribes with the values of names, to have the rest of a loop run."""

    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    def __getitem__(self, given: tuple[object, ...]) -> Rows:
        return self._site.go_on(given, _getframe(1))
