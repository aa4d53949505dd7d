"""CPython's own algorithms in Python, against exact arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from random import Random

import pytest

from parloop.staging import algorithms


@pytest.mark.parametrize(
    "hypot", [algorithms._hypot_by_products, algorithms._hypot_by_halves], ids=["3.12", "3.11"]
)
def test_the_length_of_a_vector_is_the_float_nearest_to_it(hypot: Callable[..., float]) -> None:
    random = Random(12)
    for _ in range(500):
        x = random.uniform(0.5, 1)
        y = random.uniform(0, x) * 2.0 ** -random.randrange(30)
        with localcontext() as context:
            context.prec = 60
            exact = (Decimal(x) ** 2 + Decimal(y) ** 2).sqrt()
            assert hypot(x, y, math.sqrt) == float(exact)
