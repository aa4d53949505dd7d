"""What is made when it is first needed, and is then the same for all threads.

`functools.cache` lets two threads make it at a time, and gives each its own: one of them is soon
forgotten, and machine code in it is gone while objects of the first caller still point there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

_Make = TypeVar("_Make", bound=Callable[..., object])


def once(make: _Make) -> _Make:
    """Return a function that gives what `make` gave first for these arguments, to everyone.

    A second thread, or a signal's handler, may make another one meanwhile, which nobody gets: no
    lock is held, so nobody waits for anybody.
    """
    found: dict[tuple[Hashable, ...], object] = {}

    @functools.wraps(make)
    def find(*arguments: Hashable) -> object:
        try:
            return found[arguments]
        except KeyError:
            return found.setdefault(arguments, make(*arguments))

    return cast("_Make", find)
