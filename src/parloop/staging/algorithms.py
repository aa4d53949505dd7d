"""Algorithms of CPython's own, where it does not call the C library.

They are written over whatever has the arithmetic of floats. Python's floats try them out against
the interpreter (`hypot_is_known`) before values of LLVM make machine code of them
(`codegen.scalar_python`).
"""

from __future__ import annotations

import functools
import math
import random
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

Number: TypeAlias = Any
"""A float, or what computes like one."""

LARGEST_WHOLE = 2.0**52
"""All floats from here on are whole numbers."""

MOST_DIGITS = 22
"""The powers of ten up to this one are floats."""

_SPLITTER = 2.0**27 + 1.0


@functools.cache
def rounds_correctly() -> bool:
    """Return whether `round(x, n)` gives the float nearest to the decimal nearest to `x`."""
    return sys.float_repr_style == "short"


@functools.cache
def hypot_is_known() -> bool:
    """Return whether `math.hypot` gives the bits that `hypot` below does."""
    chance = random.Random(20263)
    for _ in range(400):
        x = chance.gauss(0, 1) * 10.0 ** chance.randint(-150, 150)
        y = x * chance.uniform(-2, 2) * 10.0 ** chance.randint(-12, 1)
        if math.hypot(x, y) != _hypot_of_floats(x, y):
            return False
    return True


def _hypot_of_floats(x: float, y: float) -> float:
    _, exponent = math.frexp(max(abs(x), abs(y)))
    scale = math.ldexp(1.0, -exponent)
    found: float = hypot(abs(x) * scale, abs(y) * scale, math.sqrt)
    return found / scale


def hypot(x: Number, y: Number, sqrt: Callable[[Number], Number]) -> Number:
    """Return the length of a vector whose larger part is from 0.5 to below 1, none negative.

    What the roundings of the squares and of their sum lose is kept, and the root corrected once.
    Python 3.12 changed the order of the additions.
    """
    return (_hypot_by_products if sys.version_info >= (3, 12) else _hypot_by_halves)(x, y, sqrt)


def _hypot_by_products(x: Number, y: Number, sqrt: Callable[[Number], Number]) -> Number:
    total: Number = 1.0
    of_products: Number = 0.0
    of_sums: Number = 0.0
    for number in (x, y):
        product, lost = exact_product(number, number)
        total, lost_by_adding = _added(total, product)
        of_products, of_sums = of_products + lost, of_sums + lost_by_adding
    root = sqrt(total - 1.0 + (of_products + of_sums))
    product, lost = exact_product(-root, root)
    total, lost_by_adding = _added(total, product)
    of_products, of_sums = of_products + lost, of_sums + lost_by_adding
    excess = total - 1.0 + (of_products + of_sums)
    return root + excess / (2.0 * root)


def _hypot_by_halves(x: Number, y: Number, sqrt: Callable[[Number], Number]) -> Number:
    total: Number = 1.0
    first: Number = 0.0
    second: Number = 0.0
    third: Number = 0.0
    for number in (x, y):
        high, low = _halves(number)
        total, lost = _added(total, high * high)
        first = first + lost
        total, lost = _added(total, 2.0 * high * low)
        second = second + lost
        third = third + low * low
    root = sqrt(total - 1.0 + (first + second + third))
    high, low = _halves(root)
    total, lost = _added(total, -high * high)
    first = first + lost
    total, lost = _added(total, -2.0 * high * low)
    second = second + lost
    total, lost = _added(total, -low * low)
    third = third + lost
    excess = total - 1.0 + (first + second + third)
    return root + excess / (2.0 * root)


def exact_product(x: Number, y: Number) -> tuple[Number, Number]:
    """Return the rounded product of two floats, and what was lost (Dekker).

    Exact but for parts too small or too large for a float.
    """
    (x_high, x_low), (y_high, y_low) = _halves(x), _halves(y)
    product = x * y
    lost = x_high * y_high - product + x_high * y_low + x_low * y_high + x_low * y_low
    return product, lost


def _halves(x: Number) -> tuple[Number, Number]:
    """Return two floats of half as many bits, the sum of which is `x` (Veltkamp)."""
    large = x * _SPLITTER
    high = large - (large - x)
    return high, x - high


def _added(total: Number, number: Number) -> tuple[Number, Number]:
    """Return the sum, and what its rounding lost; `total` is the larger one."""
    after = total + number
    return after, (total - after) + number
