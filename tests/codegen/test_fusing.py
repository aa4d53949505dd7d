"""The tier `ulp`: a product and its sum are rounded once; nothing else changes."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from tests.differential import slices_of

import parloop
from parloop.runtime import jit

pytestmark = pytest.mark.skipif(
    not jit.can_fuse(), reason="this processor has no fused instruction: `ulp` is `exact` here"
)


def multiply_and_add(a, b, c, d):
    for i in range(len(a)):
        d[i] = a[i] * b[i] + c[i]


def add_and_multiply(a, b, c, d):
    for i in range(len(a)):
        d[i] = c[i] + a[i] * b[i]


def subtract_product(a, b, c, d):
    for i in range(len(a)):
        d[i] = c[i] - a[i] * b[i]


def subtract_from_product(a, b, c, d):
    for i in range(len(a)):
        d[i] = a[i] * b[i] - c[i]


def through_a_name(a, b, c, d):
    for i in range(len(a)):
        p = a[i] * b[i]
        d[i] = p + c[i]


def dot(a, b, s):
    for i in range(len(a)):
        s += a[i] * b[i]
    return s


def library(a, b, c, d):
    for i in range(len(a)):
        d[i] = math.exp(a[i]) + np.sin(b[i]) / math.sqrt(abs(c[i])) - a[i] ** 3 + round(c[i], 2)


def natively(
    function: Callable[..., Any], *arguments: Any, threads: int = 2, exactness: str = "ulp"
) -> Any:
    fast = parloop.parallel(function, min_work_ms=0)
    with parloop.settings(threads=threads, exactness=exactness):
        return fast(*arguments)


def numbers(count: int = 1000, kind: type = np.float64) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    a, b, c = (rng.standard_normal(count).astype(kind) for _ in range(3))
    c[::3] = -(a * b)[::3]  # what rounding the product lost is all that is left
    return [a, b, c, np.zeros(count, kind)]


SIGNS = {
    multiply_and_add: (1, 1),
    add_and_multiply: (1, 1),
    subtract_product: (-1, 1),
    subtract_from_product: (1, -1),
    through_a_name: None,
}


@pytest.mark.parametrize("exactness", ["ulp", "reassociate"])
@pytest.mark.parametrize("function", [f for f, signs in SIGNS.items() if signs])
def test_a_product_and_its_sum_are_rounded_once(
    function: Callable[..., Any], exactness: str
) -> None:
    a, b, c, d = numbers()
    natively(function, a, b, c, d, exactness=exactness)
    of_product, of_rest = SIGNS[function]  # type: ignore[misc]
    for x, y, z, seen in zip(a.tolist(), b.tolist(), c.tolist(), d.tolist(), strict=True):
        assert seen == float(of_product * Fraction(x) * Fraction(y) + of_rest * Fraction(z))


@pytest.mark.parametrize("function", SIGNS)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_difference_is_at_most_the_rounding_of_the_product_and_one_ulp(
    function: Callable[..., Any], kind: type
) -> None:
    a, b, c, d = numbers(kind=kind)
    function(a, b, c, d)
    expected = d.copy()
    natively(function, a, b, c, d)
    bound = np.spacing(np.abs(a * b)) / 2 + np.spacing(np.abs(expected))
    assert (np.abs(d - expected) <= bound).all()


def test_the_exact_tier_never_fuses() -> None:
    a, b, c, d = numbers()
    multiply_and_add(a, b, c, d)
    expected = d.copy()
    natively(multiply_and_add, a, b, c, d, exactness="exact")
    assert d.tobytes() == expected.tobytes()


@pytest.mark.parametrize("function", [multiply_and_add, through_a_name])
def test_threads_slices_and_warnings_change_no_bit(function: Callable[..., Any]) -> None:
    a, b, c, d = numbers(300)
    natively(function, a, b, c, d, threads=1)
    expected = d.copy()
    a[150], b[150] = 1e300, 1e300
    with np.errstate(over="ignore"):
        expected[150] = a[150] * b[150] + c[150]
    for threads, slices in ((1, 7), (2, None), (5, 2)):
        d[:] = 0
        with slices_of(slices), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            natively(function, a, b, c, d, threads=threads)
        assert d.tobytes() == expected.tobytes()


def test_the_product_still_warns_and_the_interpreter_goes_on_exactly() -> None:
    a, b, c, d = numbers(300)
    a[150], b[150] = 1e300, 1e300
    with np.errstate(over="ignore"):
        multiply_and_add(a, b, c, d)
    expected = d.copy()
    with warnings.catch_warnings(record=True) as log:  # who looks on sees it at its time
        warnings.simplefilter("always")
        natively(multiply_and_add, a, b, c, d)
    assert [str(w.message) for w in log] == ["overflow encountered in scalar multiply"]
    assert d[150:].tobytes() == expected[150:].tobytes()
    assert d[:150].tobytes() != expected[:150].tobytes()


def test_a_sum_of_products_stays_in_order() -> None:
    a, b, _, _ = numbers(200)
    expected = Fraction(0)
    for x, y in zip(a.tolist(), b.tolist(), strict=True):
        expected = Fraction(float(expected + Fraction(x) * Fraction(y)))
    for threads in (1, 2, 5):
        assert natively(dot, a, b, 0.0, threads=threads) == float(expected)


def test_functions_keep_the_bits_of_the_exact_tier() -> None:
    a, b, c, d = numbers()
    c[::3] = 1.5
    library(a, b, c, d)
    expected = d.copy()
    natively(library, a, b, c, d)
    assert d.tobytes() == expected.tobytes()
