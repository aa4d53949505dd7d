"""Sites of loops with a progress bar of tqdm's around what they go over.

    for i in tqdm(range(n), desc="heat"):
        BODY

The bar is made where the user makes it, by the user's own expression, and handed to the site. If it
is of one of tqdm's own classes and goes over what the text says, machine code goes over that
instead, and between slices does what the bar does between items: it looks at the clock, and shows
how far it is. What is left, if only the end, is the bar's own iterator, begun where machine code
has come to:

    for i in (k.rest() if k.open and k.is_left() else tqdm(range(n), desc="heat")):
        BODY

So it is tqdm that closes the bar where the loop ends, or is left by `break`, `return` or an
exception. Where the header is not what it seems, it is left as it is.

Nothing here imports tqdm.
"""

from __future__ import annotations

import ast
import sys
from _thread import get_ident
from collections.abc import Generator, Iterator, Mapping
from itertools import repeat
from sys import _getframe
from types import CodeType, FrameType
from typing import Any, Final

from parloop.capture.headers import is_plain
from parloop.capture.items import count_positions, is_over, iterate_from, leaves
from parloop.capture.sites import _BELOW as BELOW
from parloop.capture.sites import Engine, Outcome, Rows, Site, SiteInfo
from parloop.capture.sites import _Activation as Activation

_CLASSES: Final = (
    ("tqdm.std", "tqdm"),
    ("tqdm.asyncio", "tqdm_asyncio"),
    ("tqdm.notebook", "tqdm_notebook"),
    ("tqdm.auto", "tqdm"),
)

_NEEDED: Final = ("last_print_n", "last_print_t", "miniters", "mininterval", "start_t", "delay")


class BarSite(Site):
    """A site of a loop over a progress bar."""

    __slots__ = ("_bounds", "bars")

    def __init__(self, info: SiteInfo, options: Mapping[str, Any]) -> None:
        super().__init__(info, options)
        self.bars: dict[int, Bar] = {}
        """The bar of the entry that is under way in each thread."""
        self._bounds = () if info.over_items else _bounds_in(info.node.iter)

    def __getitem__(self, given: tuple[object, ...]) -> Rows:
        """Let the engine try; return the values to bind now, as the only row, or no row.

        `given` is the bar and the values of the names that are passed.
        """
        header: Any = given[0]
        values = given[1:]
        engine = Site.engine if self._wanted else None
        frame, ident = _getframe(1), get_ident()
        if engine is not None:
            indices = self._find_indices(header, values)
            if indices is not None:
                before = self.bars.get(ident)
                self.bars[ident] = Bar(header)
                try:
                    rows = self._run(engine, indices, values, frame)
                finally:  # without a call: see `Site.__getitem__`
                    if before is None:
                        del self.bars[ident]
                    else:
                        self.bars[ident] = before
                if rows is not None:
                    return rows
        below = self._below(ident, frame)
        self.on, self.gate = True, BELOW
        self.open[ident] = (frame, header, False, None, below)
        return ()

    def _run(
        self, engine: Engine, indices: range, values: tuple[object, ...], frame: FrameType
    ) -> Rows | None:
        """Return what to bind after what `engine` did, None if it did nothing."""
        outcome = engine(self, indices, values, frame)
        if outcome is None:
            return None
        try:
            return self.finish(outcome, indices, values, frame)
        except BaseException as error:
            outcome.error = error
            return self.finish(outcome, indices, values, frame)

    def _find_indices(self, header: Any, values: tuple[object, ...]) -> range | None:
        """Return the numbers or positions that the loop over `header` goes over.

        None if it is no bar, or goes over something else, or too little.
        """
        indices: range | None = None
        if _is_bar(header):
            passed = dict(zip(self.info.passed, values, strict=True))
            items = header.iterable
            if self.info.over_items:
                node = self.info.node.iter
                if is_over(node, items, passed):
                    indices = count_positions(*(passed[name] for name in leaves(node)))
            elif type(items) is range and self._is_as_written(items, passed):
                indices = items
        if indices is None:
            self.missed()
            return None
        try:
            return None if len(indices) < self._least else indices
        except OverflowError:
            return None

    def _is_as_written(self, indices: range, passed: Mapping[str, Any]) -> bool:
        """Return whether `indices` are those of the text, as far as that is arithmetic."""
        numpy = sys.modules.get("numpy")
        known: dict[str, Any] = {}
        for name, value in passed.items():
            kind = type(value)
            if kind in (int, list, tuple) or (numpy is not None and kind is numpy.ndarray):
                known[name] = value
            elif numpy is not None and isinstance(value, numpy.integer):
                known[name] = int(value)
        if passed.get("len", len) is not len:
            return False
        actual = (indices.start, indices.stop, indices.step)
        for bound, number in zip(self._bounds, actual, strict=True):
            if bound is None:
                continue
            try:
                if eval(bound, {"__builtins__": {"len": len}}, known) != number:
                    return False
            except (ArithmeticError, LookupError, NameError, TypeError, ValueError):
                return False  # whatever it is, it is not what the bar was made with
        return True

    def _finish(
        self,
        outcome: Outcome,
        indices: Any,
        values: tuple[object, ...],
        frame: FrameType,
        below: Activation | None,
        before: int,
    ) -> tuple[Rows, Activation | None]:
        rows, _ = super()._finish(outcome, indices, values, frame, below, before)
        bar, done = self.bars[get_ident()], outcome.done
        over = -outcome.way or int(outcome.broke)
        if outcome.broke or outcome.error is not None:
            rest = bar.begin_anew(repeat(None), done)
            next(rest)  # the loop is left in the middle of an item
        elif self.info.over_items:
            given = dict(zip(self.info.passed, values, strict=True))
            items = iterate_from(self.info.node.iter, given, done, len(indices))
            rest = bar.begin_anew(items, done)
        else:
            rest = bar.begin_anew(iter(indices[done:]), done)
        return rows, (frame, rest, over, outcome.error, below)

    def is_left(self) -> bool:
        """Return whether `rest` has something for this frame, be it an iterator or not."""
        return self._find(_getframe(1)) is not None

    def _close(self, found: Activation) -> None:
        rest, error = found[1], found[3]
        if error is not None and isinstance(rest, Generator):
            rest.close()  # the traceback would keep it alive
        super()._close(found)


class Bar:
    """A bar, of one of tqdm's classes, at a loop that runs natively."""

    __slots__ = ("_bar", "_first", "_items")

    def __init__(self, bar: Any) -> None:
        self._bar, self._items, self._first = bar, bar.iterable, bar.n

    def tick(self, done: int) -> None:
        """Show that `done` items are done, if it is time for that: as the bar's iterator does."""
        bar = self._bar
        if bar.disable:
            return
        more = self._first + done - bar.last_print_n
        if more >= bar.miniters:
            now = bar._time()
            if now - bar.last_print_t >= bar.mininterval and now >= bar.start_t + bar.delay:
                bar.update(more)

    def begin_anew(self, items: Iterator[object], done: int) -> Iterator[object]:
        """Return the bar's iterator as it is after `done` items, over `items`, not yet begun."""
        bar = self._bar
        bar.iterable = _Left(self, bar.n if type(bar.iterable) is not _Left else bar.iterable.n,
                             items)  # fmt: skip
        bar.n = self._first + done
        return iter(bar)

    def restore(self, n: int) -> None:
        """Let the bar be over what it was made for: its iterator has begun."""
        self._bar.iterable, self._bar.n = self._items, n


class _Left:
    """What a bar is over until its iterator has begun."""

    __slots__ = ("_bar", "_items", "n")

    def __init__(self, bar: Bar, n: int, items: Iterator[object]) -> None:
        self._bar, self.n, self._items = bar, n, items

    def __iter__(self) -> Iterator[object]:
        self._bar.restore(self.n)
        return self._items


def _is_bar(value: Any) -> bool:
    """Return whether `value` is a bar of tqdm's own, with all that we look at."""
    kind = type(value)
    for module, name in _CLASSES:
        if kind is getattr(sys.modules.get(module), name, None):
            break
    else:
        return False
    if not str(getattr(kind.__iter__, "__module__", "")).startswith("tqdm."):
        return False
    return value.disable or all(hasattr(value, name) for name in _NEEDED)


def _bounds_in(header: ast.expr) -> tuple[CodeType | None, CodeType | None, CodeType | None]:
    """Return start, stop and step of `range(...)`, each to be evaluated if it is arithmetic."""
    assert isinstance(header, ast.Call)
    given = header.args if len(header.args) > 1 else [ast.Constant(0), *header.args]
    start, stop, step = (*given, ast.Constant(1))[:3]
    return _code_of(start), _code_of(stop), _code_of(step)


def _code_of(bound: ast.expr) -> CodeType | None:
    if not is_plain(bound):
        return None
    return compile(ast.fix_missing_locations(ast.Expression(bound)), "<bound>", "eval")
