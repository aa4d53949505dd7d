"""Functions of every kind, for `parallel` to take: user code as users write it."""

# ruff: noqa: B007, C416, E702, E704, RET504

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from typing import Any

import parloop

SCALE = 2


@parloop.parallel
def bare(n: int, /, step: int = 3, *more: int, key: int = 5, **rest: int) -> tuple[int, ...]:
    """Its text."""
    s = 0
    for i in range(n):
        s += step * SCALE
    return (s, key, *more)


@parloop.parallel(device="cpu", threads=1)
def with_options(n: int) -> int:
    s = 0
    for i in range(n):
        s += i
    return s


def twice(f: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(f)
    def wrapper(*args: Any) -> Any:
        return f(*args), f(*args)

    return wrapper


@twice
@parloop.parallel
def decorated_above(n: int) -> int:
    s = 0
    for i in range(n):
        s += i
    return s


@parloop.parallel
@twice
def decorated_below(n: int) -> int:
    s = 0
    for i in range(n):
        s += i
    return s


class Base:
    def size(self, n: int) -> int:
        return n


class Child(Base):
    __private = 7

    @parloop.parallel
    def size(self, n: int) -> int:
        s, __step = super().size(n), self.__private
        for __i in range(n):
            s += __step
        return s

    @parloop.parallel
    @staticmethod
    def static(n: int) -> int:
        for i in range(n):
            t = i
        return t

    @staticmethod
    @parloop.parallel
    def static_inside(n: int) -> int:
        for i in range(n):
            t = i
        return t

    @parloop.parallel
    @classmethod
    def of_class(cls, n: int) -> tuple[str, int]:
        for i in range(n):
            t = i
        return cls.__name__, t


def counter(start: int) -> tuple[Callable[[int], int], Callable[[], int]]:
    total = start

    @parloop.parallel
    def add(n: int) -> int:
        nonlocal total
        for i in range(n):
            total += i
        return total

    def seen() -> int:
        return total

    return add, seen


@parloop.parallel
def generator(n: int) -> Generator[int, None, None]:
    s = 0
    for i in range(n):
        s += i
    yield s


@parloop.parallel
async def coroutine(n: int) -> int:
    s = 0
    for i in range(n):
        s += i
    return s


@parloop.parallel
def without_loops(n: int) -> int:
    return n


def recursive(n: int) -> int:
    s = 0
    for i in range(n):
        s += i
    return s + (recursive(n - 1) if n else 0)


# fmt: off
def one(n): return [n for n in range(n)]
def same_line(n): s = 0; return s
# fmt: on
