"""What single array operations become, and the reason for which others are declined."""

from __future__ import annotations

import numpy as np
import pytest
from tests.staging.test_arrays import body_of, expanded

from parloop.diagnostics import Declined
from parloop.ir.nodes import Binary, Compare, Const, Expr, Extent, Name, Slice, Unary
from parloop.ir.printer import to_text
from parloop.ir.types import (
    NP_BOOL,
    NP_COMPLEX128,
    NP_FLOAT32,
    NP_FLOAT64,
    NP_INT8,
    NP_INT32,
    NP_INT64,
    NP_UINT64,
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    Scalar,
)
from parloop.staging import elementwise, totals
from parloop.staging.lengths import Linear, at_least, atom, linear_of, number, quotient, to_expr
from parloop.staging.views import Axis, cut

INTEGERS = (NP_BOOL, NP_INT8, NP_INT32, NP_INT64, NP_UINT64)
NUMBERS = (*INTEGERS, NP_FLOAT32, NP_FLOAT64, NP_COMPLEX128)


def stored(*body: str) -> str:
    """Return what the innermost store of the expanded body stores."""
    (line,) = [
        line.strip()
        for line in to_text(expanded(*body).nest).splitlines()
        if "[" in line and " = " in line and not line.strip().startswith("for")
    ]
    return line.split(" = ", 1)[1]


@pytest.mark.parametrize(
    ("body", "element"),
    [
        ("u[:] = v + w", "v[%i0] + w[%i0]"),
        ("u[:] = v ** 2", "np.square(v[%i0])"),
        ("i4[:] = i4 ** 2", "np.multiply(i4[%i0], i4[%i0])"),
        ("i4[:] = i4 + 1", "np.add(i4[%i0], 1)"),
        ("u[:] = -v", "-v[%i0]"),
        ("i4[:] = -i4", "np.subtract(0, i4[%i0])"),
        ("flags[:] = ~flags", "~flags[%i0]"),
        ("flags[:] = u < v", "u[%i0] < v[%i0]"),
        ("u[:] = abs(v)", "np.absolute(v[%i0])"),
        ("u[:] = np.sqrt(v)", "np.sqrt(v[%i0])"),
        ("u[:] = np.where(v > 0, v, 2.0)", "v[%i0] if v[%i0] > 0 else np.float64(2.0)"),
        ("u[:] = v[::-1]", "v[v.shape[0] - 1 - %i0]"),
        ("c[:] = c + c", "c[%i0] + c[%i0]"),
        ("c += 1j", "c[%i0] + 1j"),
        ("u[:] = v[n * 2 - n:]", "v[%i0 + n]"),
        ("u[(2 - 2) * n:] = 1", "1"),
        ("u[:] = v.copy()", "v[%i0]"),
    ],
)
def test_an_operation_on_arrays_is_one_on_elements(body: str, element: str) -> None:
    assert stored(body) == element


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (("i4[:] = i4 ** 3",), "an array operation on int32, int is not compiled"),
        (("c[:] = c * c",), "an array operation on complex128, complex128 is not compiled"),
        (("i4[:] = i4 << 1",), "an array operation on int32, int is not compiled"),
        (("u[:] = v & w",), "an array operation on float64, float64 is not compiled"),
        (("flags[:] = c == c",), "an array operation on complex128, complex128 is not compiled"),
        (("flags[:] = c < c",), "an array operation on complex128, complex128 is not compiled"),
        (("flags[:] = -flags",), "an array operation on bool_ is not compiled"),
        (("flags[:] = flags - flags",), "an array operation on bool_, bool_ is not compiled"),
        (("flags[:] = np.sqrt(flags)",), "an array operation on bool_ is not compiled"),
        (("u[3:2] = 1",), "the shapes of arrays do not fit together, or one is empty"),
        (("u[:] = +v",), "an array operation on float64 is not compiled"),
        (("i4[:] = ~i4",), "an array operation on int32 is not compiled"),
        (("c[:] = np.sqrt(c)",), "an array operation on complex128 is not compiled"),
        (("flags[:] = np.maximum(flags, flags)",), "bool_, bool_ is not compiled"),
        (("flags[:] = abs(flags)",), "an array operation on bool_ is not compiled"),
        (("u[:] = np.exp(v[::-1])",), "a function is taken of a reversed array"),
        (("u[:] = np.where(v > 0, c + 1, w)",), "is not compiled"),
        (("u[:] = np.roll(m, 1)",), "`roll` of all axes at once"),
        (("u[:] = np.roll(u, 1, 1)",), "`roll` along an axis that is not there"),
        (("u[:] = np.cumsum(m)",), "`cumsum` of what is not an array with one axis"),
        (("u[:] = v @ w",), "a product of vectors that are not known to be short"),
        (("u[:] = m @ m",), "a product of other than two vectors"),
        (("u[:] = m[0][..., ...]",), "there are too many subscripts"),
        (("c[:] = np.where(u > 0, c, c)",), "is not compiled"),
        (("flags[:] = np.where(u > 0, flags, flags)",), "is not compiled"),
        (("i4[:] = c",), "complex128 is stored into int32"),
        (("i4[:] = 1.5",), "float is stored into int32"),
        (("b[:] = b + 200",), "an array operation on int8, int is not compiled"),
        (("i4 += c",), "an operation in place puts complex128 into another type"),
        (("i4 += 1j",), "an operation in place puts complex128 into another type"),
        (("u += m",), "an operation in place would make an array larger"),
        (("u[:] = m",), "an array is stored into one with fewer axes"),
        (("u[2:2] = 1",), "the shapes of arrays do not fit together, or one is empty"),
        (("u[:2] = v[:3]",), "the shapes of arrays do not fit together, or one is empty"),
        (("u[:1] = v",), "an array is stored into a smaller one"),
        (("u[::n] = 0",), "the step of a slice is not a constant"),
        (("u[::0] = 0",), "the step of a slice is not a constant"),
        (("u[k:] = 0",), "an end of a slice is not an integer"),
        (("u[t % 2:k] = 0",), "an end of a slice is not an integer"),
        (("u[1:, 1:] = 0",), "`u` has too many subscripts"),
        (("m[k] = u",), "a subscript is not an integer"),
        (("w = u[1:]", "w[k] = 1"), "a subscript is not an integer"),
        (("m[0] = u if n else v",), "an array is tested for truth"),
        (("k[1:] = 0", "u[:] = 0"), "`k` is not a NumPy array"),
        (("u[:] = k.copy()",), "`k` is copied and is not a NumPy array"),
        (("u[:] = k[1:]",), "a slice is taken of what is not a NumPy array"),
        (("s = 1 + m[u]",), "an array of float64 stands as a subscript"),
        (("s = 1 + m[k[1:]]",), "a slice is taken of what is not a NumPy array"),
        (("s = 1 + k[u]",), "an array stands where a number should"),
        (("x[1:] = 0", "u[:] = 0"), "`x` is not a NumPy array"),
        (("if n: w = u",), "`w` depends on the way taken"),
        (("u = u[1:]",), "depends on the way taken"),
        (("u[:] = np.add(u, 1j)",), "an array operation on float64, complex is not compiled"),
        (("if n: w = u", "w[:] = 0"), "`w` depends on the way taken"),
        (("if n: w = u", "w += 1"), "`w` depends on the way taken"),
        (("if n: u = v", "u[:] = 0", "if n > 1: break"), "depends on the way taken"),
        (("w = u[1:]", "s = w.shape[1]"), "a view has not so many axes"),
        (("w = m[t]", "n = w.size"), "the size of a view is asked for"),
        (("for j in range(n): u, v = v, u", "u[:] = 1"), "depends on the way taken"),
        (("w = u[::2]", "z = w[t:]"), "a part of a view with steps is left"),
        (("w = u[:t].copy()", "z = w[1:]"), "an array is left, and a view of it, whose shape"),
        (
            ("z = u", "u = v", "if n: break", "v = z", "u[:] = 1"),
            "depends on the way taken",
        ),
        (
            ("while u[:3].sum() > n:", "    n += 1", "    u[:] = 0"),
            "a `while` loop computes with arrays in its test",
        ),
        (("x[0] = 3.0", "x = 3"), "`x` is a list and is bound to something else"),
        (("s = np.sum(k)", "u[:] = s"), "`sum` is taken of what is not an array"),
        (("u[:] = d",), "`d` is an array without axes"),
    ],
)
def test_what_is_declined_says_why(body: tuple[str, ...], says: str) -> None:
    with pytest.raises(Declined) as declined:
        expanded(*body)
    assert says in declined.value.diagnostic.message


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (("for j in range(n): u[0] = v[1]",), ["for j in 0:n:1 {", "u[0] = v[1]", "}"]),
        (
            ("while n > k:", "    k = k + 1.0"),
            ["while n > k {", "k = k + 1.0", "}"],
        ),
        (
            ("while m[t + 1][0] > k:", "    k = k + 1.0"),
            ["while m[t + 1, 0] > k {", "k = k + 1.0", "}"],
        ),
        (
            ("if n > 1: u[0] = 0", "else: u[0] = 1"),
            ["if n > 1 {", "u[0] = 0", "} else {", "u[0] = 1", "}"],
        ),
        (("if n > 1: break",), ["if n > 1 {", "break", "}"]),
        (("if n > 1: continue",), ["if n > 1 {", "continue", "}"]),
        (("u[t] += k",), ["u[t] = u[t] + k"]),
        (("u[t] = k",), ["u[t] = k"]),
        (("x[t] += k",), ["x[t] = x[t] + k"]),
        (("w = u[1:]", "s = len(w)"), ["s = u.shape[0] - 1"]),
        (("w = m[1:]", "s = w.ndim"), ["s = 2"]),
        (
            ("w = m[t]", "s = w[0]"),
            ["%k3 = t", "%g4 = %rm.shape[0][%k3]", "s = m[%k3, 0]"],
        ),
    ],
)
def test_what_is_beside_array_statements_stays_as_it_is(
    body: tuple[str, ...], lines: list[str]
) -> None:
    found = body_of(*body, "v[:] = 7")
    places = [place for place, line in enumerate(found) if line.startswith("for %i")]
    assert found[: places[-1]] == lines
    assert found[places[-1] + 1].endswith("] = 7")


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("u[:] = k if n else 2.0", ["%x0 = k if n else 2.0", "u[%i1] = %x0"]),
        ("u[:] = m[t, 0] + u", ["%x0 = m[t, 0]", "u[%i1] = %x0 + u[%i1]"]),
        ("u[:] = min(k, 2.0) * u", ["%x0 = min(k, 2.0)", "u[%i1] = %x0 * u[%i1]"]),
        ("u[:] = x[t]", ["%x0 = x[t]", "u[%i1] = %x0"]),
        ("m[t] = m[n + 1]", ["%k0 = t", "%k1 = n + 1", "m[%k0, %i2] = m[%k1, %i2]"]),
    ],
)
def test_a_number_is_computed_before_the_elements(body: str, lines: list[str]) -> None:
    found = [line for line in body_of(body) if line != "}" and not line.startswith("for")]
    assert sorted(found) == sorted(lines)
    assert found[-1] == lines[-1]


@pytest.mark.parametrize("call", ["sum", "prod"])
def test_totals_are_declined_where_numpy_takes_another_order(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "sums_agree", lambda *_: False)
    monkeypatch.setattr(totals, "products_agree", lambda *_: False)
    with pytest.raises(Declined, match="in another order"):
        expanded(f"s = u.{call}()")


def test_a_sum_over_a_part_of_an_array_takes_the_axes_behind_it() -> None:
    (loop,) = [line for line in body_of("s = cube[0].sum()") if line.startswith("for")]
    assert loop == "for %i3 in 0:cube.shape[1] * cube.shape[2]:1 into %t0 {"


@pytest.mark.parametrize("target", NUMBERS)
@pytest.mark.parametrize("source", [PY_BOOL, PY_INT, PY_FLOAT, PY_COMPLEX, *NUMBERS])
def test_operations_in_place_cast_as_numpy_allows(source: Scalar, target: Scalar) -> None:
    known = {PY_BOOL: "?", PY_INT: "i8", PY_FLOAT: "f8", PY_COMPLEX: "c16"}
    one = np.dtype(known.get(source, str(source).rstrip("_")))
    allowed = np.can_cast(one, np.dtype(str(target).rstrip("_")), "same_kind")
    assert elementwise.may_cast(source, target) <= allowed


def test_ties_are_looked_at_in_arrays_of_every_length(monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(x: object, y: object) -> object:
        return np.negative(np.abs(y)) if isinstance(x, np.ndarray) else np.abs(y)

    monkeypatch.setattr(np, "maximum", odd)
    assert not elementwise.ties_agree.__wrapped__("maximum", 64)


AXIS = Axis(number(0), number(1))


@pytest.mark.parametrize(
    "taken",
    [
        Slice(None, None, Name("k")),
        Slice(Name("k"), None, None),
        Slice(None, Name("k"), None),
        Slice(None, Const(2), None),
    ],
)
def test_a_slice_is_not_cut_where_its_ends_are_unknown_or_outside(taken: Slice) -> None:
    ends = {2: number(2)}
    assert cut(AXIS, taken, lambda end: ends.get(getattr(end, "value", None))) is None


def test_an_array_made_in_a_loop_is_there_after_it_where_the_loop_runs() -> None:
    made = expanded("for j in range(n): w = v + 1", "u[:] = w")
    assert "n >= 1" in map(to_text, made.conditions)


# Lengths


N, M = Name("n"), Name("m")


def test_a_sum_is_written_with_its_positive_terms_first() -> None:
    n, m = atom(N), atom(M)
    assert to_text(to_expr(m - n.scaled(2) + number(3))) == "m - 2 * n + 3"
    assert to_text(to_expr(n.scaled(-1) - number(1))) == "-n - 1"
    assert to_expr(n - n) == Const(0)
    assert n.scaled(0) == number(0)
    assert (n - n).known == 0
    assert n.known is None


def test_a_quotient_is_computed_where_it_is_known() -> None:
    assert quotient(number(7), 2) == number(3)
    assert quotient(atom(N), 1) == atom(N)
    assert to_text(to_expr(quotient(atom(N), 2))) == "n // 2"
    assert at_least(number(2), 3) is False
    assert at_least(atom(N), 3) == Compare(">=", N, Const(3))


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (Const(3), "3"),
        (Unary("-", N), "-n"),
        (Unary("+", N), "n"),
        (Unary("-", Const(1.5)), None),
        (Binary("+", N, M), "m + n"),
        (Binary("-", N, N), "0"),
        (Binary("*", N, Const(3)), "3 * n"),
        (Binary("*", Const(3), N), "3 * n"),
        (Binary("*", N, M), None),
        (Binary("//", N, Const(2)), "n // 2"),
        (Binary("//", N, Const(0)), None),
        (Binary("//", N, Const(-2)), None),
        (Binary("%", N, Const(2)), None),
        (Binary("+", N, Name("unknown")), None),
        (Extent("u", 0), "u.shape[0]"),
        (Const(1.0), None),
        (Compare("<", N, M), None),
    ],
)
def test_a_sum_of_what_the_launch_knows_is_recognised(expr: Expr, text: str | None) -> None:
    def value_of(part: Name | Extent) -> Linear | None:
        return None if part == Name("unknown") else atom(part)

    found = linear_of(expr, value_of)
    assert (None if found is None else to_text(to_expr(found))) == text
