"""A decision is found again for all launches of which the same conditions hold, no other."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.runtime import programs

import parloop
from parloop.runtime import remembered
from parloop.runtime.decision import Point, parameter_values
from parloop.runtime.regions import Kind, Ready
from parloop.runtime.specialisation import Specialisation


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    with parloop.settings(min_work_ms=0):
        yield


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return what grows with each decision that is made anew; all others are compared with one."""
    decisions: list[int] = []
    decided_at = Specialisation.decided_at
    decided_alike = Specialisation.decided_alike

    def counting(self: Specialisation, *arguments: Any) -> Ready:
        decisions.append(1)
        return decided_at(self, *arguments)

    def comparing(self: Specialisation, values: list[int], kind: Kind) -> Ready:
        found = decided_alike(self, values, kind)
        point = Point(parameter_values(self.typing, self.layout, values))
        assert decided_at(self, point, kind) is found
        return found

    monkeypatch.setattr(remembered, "ENABLED", False)
    monkeypatch.setattr(Specialisation, "decided_at", counting)
    monkeypatch.setattr(Specialisation, "decided_alike", comparing)
    return decisions


def copy(a: Any, b: Any, n: int, k: int) -> None:
    for i in range(n):
        a[i] = b[i]


def shift(a: Any, b: Any, n: int, k: int) -> None:
    for i in range(n):
        a[i] = a[i + k] + 1.0


def ahead(a: Any, b: Any, n: int, k: int) -> None:
    for i in range(k, n):
        a[i] = a[i - k] + b[i]


def stride(a: Any, b: Any, n: int, k: int) -> None:
    for i in range(n):
        a[2 * i + k] = a[2 * i] * 0.5


def backwards(a: Any, b: Any, n: int, k: int) -> None:
    for i in range(n, k, -1):
        a[i] = b[i - 1]


def inner(a: Any, b: Any, n: int, k: int) -> None:
    for i in range(n):
        for j in range(k):
            a[i] = a[i] + b[j]


def split(a: Any, b: Any, n: int, k: int) -> None:
    for i in range(1, n):
        a[i] = a[i - 1] + 1.0
        b[i] = b[i + k] * 2.0


def whole_length(a: Any, b: Any, n: int, k: int) -> None:
    for i in range(len(a)):
        if i + k < len(b):
            a[i] = b[i + k]


PROGRAMS = [copy, shift, ahead, stride, backwards, inner, split, whole_length]


def outcome(function: Any, a: Any, b: Any, n: int, k: int) -> object:
    try:
        function(a, b, n, k)
    except IndexError as error:
        return (str(error), a.tolist(), b.tolist())
    return (None, a.tolist(), b.tolist())


@pytest.mark.parametrize("plain", PROGRAMS)
def test_a_decision_that_is_found_again_is_the_one_that_would_be_made(
    plain: Any, made: list[int]
) -> None:
    choose = random.Random(plain.__name__)
    fast = parloop.parallel(programs.fresh(plain))
    for _ in range(120):
        sizes = [choose.randrange(0, 14) for _ in range(2)]
        n, k = choose.randrange(-2, 14), choose.randrange(-4, 8)
        if plain is inner:
            n, k = min(n, sizes[0]), min(k, sizes[1])
        a, b = (np.arange(float(size)) for size in sizes)
        expected = outcome(plain, a.copy(), b.copy(), n, k)
        assert outcome(fast, a, b, n, k) == expected, (sizes, n, k)


def test_a_triangular_caller_needs_few_decisions(made: list[int]) -> None:
    fast = parloop.parallel(programs.fresh(copy))
    a, b = np.zeros(200), np.arange(200.0)
    for n in range(1, 200):
        fast(a[:n], b[:n], n, 0)
    assert a.tolist() == [*range(199), 0]
    assert 1 <= len(made) <= 3


def test_layouts_of_arrays_have_decisions_of_their_own(made: list[int]) -> None:
    fast = parloop.parallel(programs.fresh(inner))
    for n in range(2, 12):
        for a in (np.zeros(n), np.zeros(2 * n)[::2], np.zeros(n)[::-1]):
            expected = a.copy()
            inner(expected, np.ones(4), n, 4)
            fast(a, np.ones(4), n, 4)
            assert a.tolist() == expected.tolist()


def test_products_of_unknowns_are_decided_by_their_values(made: list[int]) -> None:
    def flat(a: Any, n: int, m: int) -> None:
        for i in range(n):
            for j in range(m):
                a[i * m + j] = i - j

    fast = parloop.parallel(programs.fresh(flat))
    for n, m in ((3, 4), (4, 3), (12, 1), (1, 12), (2, 6), (3, 4)):
        a, b = np.zeros(12), np.zeros(12)
        flat(a, n, m)
        fast(b, n, m)
        assert a.tolist() == b.tolist()
