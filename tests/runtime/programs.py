"""Functions with loops, for tests of the driver; and what says how they ran."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

import parloop
from parloop.report.stats import SiteStats

scale = 2.0


def add(a: Any, b: Any, n: int) -> None:
    for i in range(n):
        a[i] = b[i] + 1.0


def total(a: Any, n: int) -> Any:
    s = 0.0
    for i in range(n):
        s = s + a[i]
    return s, i


def roots(a: Any, b: Any, n: int) -> None:
    for i in range(n):
        a[i] = np.sqrt(b[i])


def scaled(a: Any, n: int) -> None:
    for i in range(n):
        a[i] = scale * i


def inverse(a: Any, b: Any, n: int) -> None:
    for i in range(n):
        a[i] = 1.0 / b[i]


def in_place(a: Any, n: int) -> None:
    for i in range(n):
        a[i] = a[i] * 1.5 + i


def last_large(a: Any, n: int, limit: float) -> Any:
    found = -1
    for i in range(n):
        if a[i] > limit:
            found = i
            late = a[i]
    return found, locals().get("late")


def pick(a: Any, p: Any, n: int) -> None:
    for i in range(n):
        a[p[i]] = i


def words(texts: list[str], n: int) -> int:
    m = 0
    for i in range(n):
        m = m + len(texts[i]) + int()  # noqa: UP018
    return m


def inner_of(a: Any, n: int, m: int) -> None:
    for i in range(n):
        for j in range(m):
            a[i] = a[i] + j


def only_site() -> SiteStats:
    """Return the one loop that was entered since the report was reset."""
    (site,) = parloop.report().sites
    return site


def fresh(function: Callable[..., Any]) -> types.FunctionType:
    """Return a function like this one whose loops nobody has entered yet."""
    code = function.__code__.replace()
    _kept.append(code)  # loops are known by the identity of their code
    return types.FunctionType(
        code, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )


_kept: list[types.CodeType] = []
