"""Short loops inside a nest are written out, and everything else stays as it is."""

from __future__ import annotations

import pytest

from parloop.ir.nodes import Nest
from parloop.ir.parse import parse_nest
from parloop.ir.unrolling import unrolled
from parloop.ir.walk import all_expressions, statements

WRITTEN_OUT = {
    "for d in -1:2:1 { s = s + a[i + d] }":
        "s = s + a[i + -1]; s = s + a[i + 0]; s = s + a[i + 1]; d = 1",
    "for d in 2:0:-1 { s = d }": "s = 2; s = 1; d = 1",
    "for d in 0:2:1 { if d == 0 { s = 5 } else { s = x } }": "s = 5; s = x; d = 1",
    "for d in 0:2:1 { if d != 0 or x > d { s = x } }":
        "if x > 0 { s = x }; s = x; d = 1",
    "for d in 0:2:1 { if not d > 0 and x > d { s = x } }": "if x > 0 { s = x }; d = 1",
    "for d in 0:2:1 { if x > d and d > 0 { s = x } }":
        "if x > 0 and 0 > 0 { s = x }; if x > 1 and 1 > 0 { s = x }; d = 1",
    "for d in 0:2:1 { for e in 0:2:1 { s = s + d * e } }":
        "s = s + 0 * 0; s = s + 0 * 1; e = 1; s = s + 1 * 0; s = s + 1 * 1; e = 1; d = 1",
    "for d in 0:1:1 { a[d] = a[d] + max(d, x) }": "a[0] = a[0] + max(0, x); d = 0",
}  # fmt: skip

LEFT = (
    "for d in 0:6:1 { s = d }",
    "for d in 0:0:1 { s = d }",
    "for d in 0:2:0 { s = d }",
    "for d in 0:n:1 { s = d }",
    "for d in 0:2:1 { s = d } else { s = 7 }",
    "for d in 0:2:1 { if x > d { break }; s = d }",
    "for d in 0:2:1 { if x > d { continue }; s = d }",
    "for d in 0:2:1 { d = d + 1; s = d }",
    "for d in 0:2:1 { while s > d { s = s - 1 } }",
)


def nest_with(body: str) -> Nest:
    return parse_nest(f"for i in 0:n:1 {{ s = 0; {body} }}")


@pytest.mark.parametrize("body", WRITTEN_OUT)
def test_a_short_loop_becomes_its_iterations(body: str) -> None:
    assert unrolled(nest_with(body)).loop == nest_with(WRITTEN_OUT[body]).loop


@pytest.mark.parametrize("body", LEFT)
def test_a_loop_stays_that_is_long_or_jumps(body: str) -> None:
    nest = nest_with(body)
    assert unrolled(nest) is nest


def test_the_outermost_loop_stays() -> None:
    nest = parse_nest("for i in 0:2:1 { s = i }")
    assert unrolled(nest) is nest


def test_a_body_stays_that_would_be_long() -> None:
    many = "; ".join("s = s + a[i + d] * x" for _ in range(20))
    nest = nest_with(f"for d in 0:4:1 {{ {many} }}")
    assert unrolled(nest) is nest


def test_copies_share_no_nodes() -> None:
    nest = unrolled(nest_with("for d in 0:3:1 { s = s + a[i + 1] * len(a) }"))
    parts = [*statements((nest.loop,)), *all_expressions((nest.loop,))]
    assert len({id(part) for part in parts}) == len(parts)
