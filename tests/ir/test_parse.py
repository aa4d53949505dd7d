"""What the printer prints is what the parser reads."""

from __future__ import annotations

import pytest

from parloop.diagnostics import InternalError
from parloop.ir.nodes import Call, Const, Load, Logical, Name, Unary
from parloop.ir.parse import parse_body, parse_expression, parse_nest
from parloop.ir.printer import to_text

EXPRESSIONS = [
    *("1", "-1", "1.5e+300", "True", "inf", "-inf", "2j", "a", "%0", "%start"),
    *("a + b * c", "(a + b) * c", "a - (b - c)", "a - b - c", "a ** b ** c", "(a ** b) ** c"),
    *("-a ** 2", "(-a) ** 2", "a ** -b", "-(a + b)", "not a", "not a < b", "(not a) < b"),
    *("a < b and c", "a and (b or c)", "a and b or c", "a and (b and c)", "(a < b) < c"),
    *("a if b else c", "a + (b if c else d)", "(a if b else c) if d else e"),
    *("a if b else c if d else e", "a[i, j + 1]", "a[()]", "a[b[i]]", "a.shape[-1]", "a.size"),
    *("a.shape[0, 2]", "a.ndim", "a.ndim == 2"),
    *("math.sqrt(a)", "np.exp(a + b)", "min(a, b)", "divmod(a, b)[1]", "a << b | c & d ^ e"),
    *("a % %0", "a %  %0 % b", "~a // +b", "a[%0] + %1", "not %0 or %1"),
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_prints_as_it_is_read(text: str) -> None:
    assert to_text(parse_expression(text)) == text.replace("  ", " ")


def test_names_lead_to_nodes() -> None:
    assert parse_expression("np.exp(x)") == Call("numpy.exp", "np.exp", (Name("x"),))
    assert parse_expression("abs(-2)") == Call("builtins.abs", "abs", (Const(-2),))
    assert parse_expression("a[0]") == Load("a", (Const(0),))
    assert parse_expression("x and y and z") == Logical(
        "and", Logical("and", Name("x"), Name("y")), Name("z")
    )
    assert parse_expression("not x") == Unary("not", Name("x"))


def test_a_nest_on_one_line_is_the_nest_on_many() -> None:
    short = "for i in 0:n:1 { while b[i] == 0 { i = i + 1 } else { break }; c[i, 0] = i }"
    long = to_text(parse_nest(short))
    assert long.splitlines() == [
        "for i in 0:n:1 {",
        "    while b[i] == 0 {",
        "        i = i + 1",
        "    } else {",
        "        break",
        "    }",
        "    c[i, 0] = i",
        "}",
    ]
    assert parse_nest(long) == parse_nest(short)


@pytest.mark.parametrize("text", ["for i in 0:n:1", "for i in 0:n:1 { s = 1", "s = 1 }"])
def test_braces_must_match(text: str) -> None:
    with pytest.raises(InternalError):
        parse_body(text)


@pytest.mark.parametrize("text", ["s = [1]", "f(x) = 1"])
def test_other_python_is_no_loop_ir(text: str) -> None:
    with pytest.raises(InternalError):
        parse_body(text)


def test_a_nest_is_a_loop() -> None:
    with pytest.raises(InternalError):
        parse_nest("s = 1")
