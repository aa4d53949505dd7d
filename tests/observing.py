"""What a program shows to anybody who looks, as text: for programs whose arguments are no secret.

What the random tests have in common that run a function made of text several times, through the
same sites, on copies of its arguments.
"""

from __future__ import annotations

import copy
import linecache
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np


def load(name: str, text: str, space: dict[str, Any]) -> dict[str, Any]:
    """Run `text` in `space`, as the lines of a file of this name, and return `space`."""
    path = f"<{name}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    exec(compile(text, path, "exec"), space)
    return space


def observe(
    function: Callable[..., Any], arguments: tuple[Any, ...], *more: object
) -> tuple[Any, ...]:
    """Return all that a call on copies of `arguments`, and on `more`, shows."""
    given = copy.deepcopy(arguments)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            left: Any = repr(function(*given, *more))
        except Exception as error:
            traceback = error.__traceback__
            assert traceback is not None
            assert traceback.tb_next is not None
            left = (type(error), str(error), traceback.tb_next.tb_lineno)
    said = [(str(one.message), one.lineno) for one in caught]
    arrays = [item.tobytes() for item in given if isinstance(item, np.ndarray)]
    return left, said, arrays, repr([x for x in given if not isinstance(x, np.ndarray)])
