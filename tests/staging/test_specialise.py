"""The types of every expression, by flow; and what is declined, with its reason."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.analysis.nests import nest_of

from parloop.diagnostics import Declined
from parloop.ir.nodes import Const
from parloop.ir.types import (
    NP_BOOL,
    NP_FLOAT32,
    NP_FLOAT64,
    NP_INT8,
    NP_INT64,
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    UNBOUND,
    Array,
    Type,
)
from parloop.staging.specialise import Typing, rule_of, specialise

VECTOR = Array(NP_FLOAT64, 1, writable=True)
MATRIX = Array(NP_FLOAT64, 2, writable=True)
TYPES: Mapping[str, Type] = {
    **dict.fromkeys(("a", "b"), VECTOR),
    "m": MATRIX,
    "idx": Array(NP_INT64, 1, writable=True),
    "flags": Array(NP_BOOL, 1, writable=True),
    **dict.fromkeys(("k", "n"), PY_INT),
    "x": PY_FLOAT,
    "y": NP_FLOAT32,
    "z": PY_COMPLEX,
    "small": NP_INT8,
    "flag": PY_BOOL,
}


def typed(*body: str, **types: Type) -> Typing:
    nest = nest_of("for i in range(n):\n" + "".join(f"    {line}\n" for line in body))
    given = {**TYPES, **types}
    return specialise(nest, {name: given[name] for name in nest.inputs if name in given})


@pytest.mark.parametrize(
    ("body", "types"),
    [
        (("s = x",), {PY_FLOAT}),
        (("if k > 3:", "    s = x", "else:", "    s = k"), {PY_FLOAT, PY_INT}),
        (("if k > 3:", "    s = x", "else:", "    break"), {PY_FLOAT}),
        (("if k > 3:", "    continue", "else:", "    s = k"), {PY_INT}),
        # what follows a `break` does not run
        (("s = k", "break", "s = x"), {PY_INT}),
        (("s = k", "continue", "s = x"), {PY_INT}),
        (("for j in range(k):", "    s = x", "    break", "else: s = k"), {PY_FLOAT, PY_INT}),
        (("s = k", "while x > s:", "    s = s + x"), {PY_FLOAT, PY_INT}),
        (("s = x if k else y",), {PY_FLOAT, NP_FLOAT32}),
        (("s = x and k",), {PY_FLOAT, PY_INT}),
        (("s = max(x, k)",), {PY_FLOAT, PY_INT}),
        (("s = len(a) + m.ndim",), {PY_INT}),
        (("s = m.shape[-1]",), {PY_INT}),
        (("s, t = divmod(x, 3)",), {PY_FLOAT}),
        (("s = not x",), {PY_BOOL}),
    ],
)
def test_a_name_has_the_types_that_reach_it(body: tuple[str, ...], types: set[Type]) -> None:
    found = typed(*body)
    assert found.leaves["s"] - {UNBOUND} == types
    assert UNBOUND in found.leaves["s"]  # the loop may make no iteration


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (("s = a",), "TYP101", "`a` is an array and is used as one value"),
        (("s = x[i]",), "TYP101", "`x` is not a NumPy array"),
        (("x[i] = 1",), "TYP101", "`x` is not a NumPy array"),
        (("s = len(x)",), "TYP101", "`x` is not a NumPy array"),
        (("s = x.ndim",), "TYP101", "`x` is not a NumPy array"),
        (("s = a[1:]",), "TYP101", "a slice is taken of what is not a NumPy array"),
        (("s = a[i, k]",), "TYP102", "`a` has 1 dimensions and is given 2 subscripts"),
        (("s = a.shape[2]",), "TYP102", "`a` has 1 dimensions, and its shape has no entry 2"),
        (
            ("p, q = a.shape",),
            "TYP102",
            "`a` has 1 dimensions, and its shape is unpacked into 2 names",
        ),
        (("s = a[x]",), "TYP103", "a subscript of `a` is `float`, not an integer"),
        (("a[flag] = 1",), "TYP103", "a subscript of `a` is `bool`, not an integer"),
        (("for j in range(x):", "    a[j] = 1"), "TYP104", "a bound of this `range` is `float`"),
        (("for j in range(flags[0]):", "    a[j] = 1"), "TYP104", "is `bool_`"),
        (("s = z < x",), "TYP105", "`<` on `complex`, `float` is not compiled"),
        (("s = ~x",), "TYP105", "`~` on `float` is not compiled"),
        (("s = x & k",), "TYP105", "`&` on `float`, `int` is not compiled"),
        (("s = int(z)",), "TYP105", "`int` on `complex` is not compiled"),
        (("a[i] = z",), "TYP105", "storing `complex` into `a` of `float64` is not compiled"),
        (("s = never",), "TYP108", "`never` has no value where it is read"),
        (("s = never + 1",), "TYP105", "`+` on no value is not compiled"),
        (
            ("s = x", "if k > 1: s = k", "if k > 2: s = y", "if k > 3: s = z",
             "if k > 4: s = small", "t = s"),
            "TYP106",
            "this value may be `complex` or `float32` or `float` or `int8` or `int`",
        ),
        (
            ("s = (x if k else y) if k else ((z if k else small) if k else k)",),
            "TYP106",
            "this value may be",
        ),
    ],
)  # fmt: skip
def test_what_has_no_types_is_declined_with_its_reason(
    body: tuple[str, ...], code: str, says: str
) -> None:
    with pytest.raises(Declined) as declined:
        typed(*body)
    assert declined.value.diagnostic.code == code
    assert says in declined.value.diagnostic.message


def test_only_operations_have_rules() -> None:
    with pytest.raises(AssertionError):
        rule_of(Const(1), ())
