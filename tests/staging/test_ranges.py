"""Where integers lie, against what they are when the loop runs."""

from __future__ import annotations

import math

import pytest
from tests.staging.test_specialise import typed

from parloop.ir.nodes import Assign, Binary
from parloop.ir.types import NP_INT64, NP_UINT8, Array
from parloop.ir.walk import statements
from parloop.staging.ranges import ASSUMED, Interval, Ranges, _floor_divide, find_ranges

WORD: Interval = (-(2**63), 2**63 - 1)
INTEGERS = Array(NP_INT64, 1, writable=True)


def ranges_of(*body: str) -> tuple[Interval, bool, Ranges]:
    """Return where the last value given to `s` lies, and whether it surely fits in 64 bits."""
    typing = typed(*body, a=INTEGERS, byte=NP_UINT8)
    ranges = find_ranges(typing)
    last = [
        stmt.value
        for stmt in statements((typing.nest.loop,))
        if isinstance(stmt, Assign) and stmt.target == "s"
    ][-1]
    return ranges.of[id(last)], id(last) in ranges.safe, ranges


@pytest.mark.parametrize(
    ("body", "interval"),
    [
        (("s = k",), ASSUMED),
        (("s = +k",), ASSUMED),
        (("s = -k",), ASSUMED),
        (("s = ~k",), (-(2**31) - 1, 2**31 - 1)),
        (("s = k + 1",), (-(2**31) + 1, 2**31 + 1)),
        (("s = k - 1",), (-(2**31) - 1, 2**31 - 1)),
        (("s = k * k",), (-(2**62), 2**62)),
        (("s = k // 3",), (-(2**31) // 3, 2**31 // 3)),
        (("s = k // (k * k * k)",), WORD),
        (("s = a[i] // 1000",), (-(2**63) // 1000, (2**63 - 1) // 1000)),
        (("s = k % 10",), (0, 9)),
        (("s = len(a) % 10",), (0, 9)),
        (("s = k & 255",), (0, 255)),
        (("s = k | 255",), WORD),
        (("s = min(k, 3)",), (-(2**31), 3)),
        (("s = max(k, 3)",), (3, 2**31)),
        (("s = k > 3",), (0, 1)),
        (("s = not k",), (0, 1)),
        (("s = k and 7",), ASSUMED),
        (("s = k if k > 0 else 0",), (0, 2**31)),
        (("s = len(a)",), (0, 2**40)),
        (("s = m.ndim",), (2, 2)),
        (("s = small",), (-128, 127)),
        (("s = byte",), (0, 255)),
        (("s = small + small",), (-128, 127)),
        # narrowed by tests
        (("s = 0", "if 3 <= k and k < 10: s = k"), (3, 9)),
        (("s = 0", "if 3 > k or k > 10: s = 1", "else: s = k"), (3, 10)),
        (("s = 0", "if k == 5: s = k"), (5, 5)),
        (("s = 0", "if 5 != k: s = 1", "else: s = k"), (5, 5)),
        (("s = 0", "if not k >= 5: s = k"), (-(2**31), 4)),
        # behind a `break` or `continue` nothing comes
        (("s = 1", "break", "k = s * 2"), (1, 1)),
        (("s = 1", "continue", "k = s * 2"), (1, 1)),
        # loops in the body
        (("for j in range(10):", "    s = j"), (0, 9)),
        (("for j in range(10, 0, -1):", "    s = j"), (1, 10)),
        (("c = 0", "for j in range(10): c += 1", "s = c"), (0, 10)),
        (("c = 0", "for j in range(10): c = 2 + c", "s = c"), (0, 20)),
        (("c = 0", "for j in range(10): c = c - 1", "s = c"), (-10, 0)),
        (("c = 0", "for j in range(10): c = c + (a[j] > 0)", "s = c"), (0, 10)),
        (("c = 0", "for j in range(10):", "    c = j", "    break", "s = c"), (0, 9)),
        (("c = 0", "for j in range(1, k): c += 1", "s = c"), (0, 2**31 - 1)),
        (("c = 0", "for j in range(len(a)): c += 1", "s = c"), (0, 2**40)),
        (("c = 0", "for j in range(3):", "    a[j] = x", "else:", "    c += 1", "s = c"), (1, 1)),
        (("c = 0", "while x > c: c = c + 1", "s = c"), (0, 2**63 - 1)),
        (("c = 9", "while c > 3: c = c - 1", "s = c"), (0, 3)),
    ],
)
def test_an_integer_lies_where_the_text_says(body: tuple[str, ...], interval: Interval) -> None:
    found, _, _ = ranges_of(*body)
    low, high = max(interval[0], WORD[0]), min(interval[1], WORD[1])
    assert found == (low, high)


@pytest.mark.parametrize(
    ("body", "is_safe"),
    [
        (("s = k + 1",), True),
        (("s = k * k",), True),
        (("s = k * k * k",), False),
        (("s = k << 3",), False),
        (("s = k % 0",), False),
        (("s = -a[i] + k",), False),
    ],
)
def test_an_operation_is_safe_only_where_it_fits(body: tuple[str, ...], is_safe: bool) -> None:
    assert ranges_of(*body)[1] is is_safe


def test_an_operation_on_numpys_integers_is_never_called_safe() -> None:
    typing = typed("s = small + small")
    ranges = find_ranges(typing)
    operations = [
        stmt.value
        for stmt in statements((typing.nest.loop,))
        if isinstance(stmt, Assign) and isinstance(stmt.value, Binary)
    ]
    assert operations
    assert not ranges.safe & {id(each) for each in operations}


def test_a_quotient_of_infinities_has_the_sign_that_it_has() -> None:
    assert _floor_divide(math.inf, 3) == math.inf
    assert _floor_divide(-math.inf, 3) == -math.inf
    assert (_floor_divide(-5, math.inf), _floor_divide(5, math.inf)) == (-1, 0)
    assert _floor_divide(-5, 3) == -2
