"""The order in which NumPy puts the numbers of one sum together.

    up to 7      ((x0 + x1) + x2) + ...
    up to 128    eight sums of every eighth number, ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 +
                 s7)); then what is left, one after another
    more         two halves, the first a multiple of eight

and the variable plus that. It is what a `For` with a `total` means; whether this NumPy does so is
`staging.summation`'s question.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

LANES = 8
"""So many sums run side by side."""

LONGEST = 128
"""What is longer is halved."""

Number: TypeAlias = Any
"""A float, or what adds like one."""


def first_half(count: int) -> int:
    """Return how many of more than `LONGEST` numbers are in the first half."""
    half = count // 2
    return half - half % LANES


def total(numbers: Sequence[Number], zero: Number) -> Number:
    """Return the sum of `numbers` in NumPy's order; `zero` is minus zero of their type."""
    count = len(numbers)
    if count > LONGEST:
        half = first_half(count)
        return total(numbers[:half], zero) + total(numbers[half:], zero)
    found, whole = zero, count - count % LANES
    if count >= LANES:
        lanes = list(numbers[:LANES])
        for k in range(LANES, whole):
            lanes[k % LANES] = lanes[k % LANES] + numbers[k]
        found = tree(lanes)
    for number in numbers[whole:]:
        found = found + number
    return found


def tree(lanes: Sequence[Number]) -> Number:
    """Return the sum of neighbours, and of these sums, until there is one."""
    while len(lanes) > 1:
        lanes = [one + other for one, other in zip(lanes[::2], lanes[1::2], strict=True)]
    return lanes[0]
