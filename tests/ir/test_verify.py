"""The verifier finds each broken promise, and nothing in a sound nest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parloop.diagnostics import InternalError
from parloop.ir.nodes import Assign, Binary, Break, Load, Name, Store
from parloop.ir.parse import parse_body, parse_nest
from parloop.ir.verify import check_nest, require_sound

SOUND = "for i in 0:n:1 { %0 = a[i]; if %0 > s { s = %0; b[i] = s } else { break } }"


def messages(**changes: object) -> list[str]:
    """Return what is wrong with the sound nest after `changes` to its fields."""
    return [problem.message for problem in check_nest(replace(parse_nest(SOUND), **changes))]


def with_body(text: str) -> list[str]:
    """Return what is wrong with a nest of this body."""
    return [problem.message for problem in check_nest(parse_nest(f"for i in 0:n:1 {{ {text} }}"))]


def test_a_sound_nest_has_no_problems() -> None:
    nest = parse_nest(SOUND)
    assert check_nest(nest) == []
    assert require_sound(nest) is nest


def test_an_augmented_store_may_share_its_subscripts() -> None:
    subscripts = (Name("i"),)
    store = Store("b", subscripts, Binary("+", Load("b", subscripts), Name("s")))
    nest = parse_nest("for i in 0:n:1 { b[i] = b[i] + s }")
    assert check_nest(replace(nest, loop=replace(nest.loop, body=(store,)))) == []


def test_a_node_stands_in_one_place() -> None:
    twice = Name("s")
    nest = parse_nest("for i in 0:n:1 { t = s; t = s }")
    body = (Assign("t", twice), Assign("t", twice))
    (problem,) = check_nest(replace(nest, loop=replace(nest.loop, body=body)))
    assert problem.message == "a node stands in two places: Name(id='s')"


def test_a_temporary_is_assigned_before_it_is_read() -> None:
    assert with_body("s = %0") == [
        "`%0` is read, never bound and no input",
        "`%0` is read before it is assigned",
    ]
    assert with_body("if n { %0 = 1 }; s = %0") == ["`%0` is read before it is assigned"]
    assert with_body("while n { %0 = 1 }; s = %0") == ["`%0` is read before it is assigned"]
    assert with_body("if n { %0 = 1 } else { %0 = 2 }; s = %0") == []


def test_a_name_is_an_array_or_an_index() -> None:
    body = "for a in 0:3:1 { s = a[i] }"
    assert with_body(body) == ["`a` is used as an array and as an index"]
    assert with_body("s = a[i] + a") == []
    assert with_body("a = a.shape[0]") == []


def test_the_lists_of_the_nest_are_complete() -> None:
    assert messages(inputs=("n", "a", "b")) == []  # `s` is bound in the nest, but maybe too late
    assert messages(inputs=("a", "s", "b")) == ["`n` is read, never bound and no input"]
    assert messages(inputs=("n", "a", "s")) == ["an array is no input"]
    assert messages(arrays=("a",)) == ["the arrays are ['a', 'b'], not ['a']"]
    assert messages(outputs=("i",)) == ["the names bound are ['i', 's'], not ['i']"]
    assert messages(inputs=("n", "a", "s", "b", "%0")) == ["a temporary enters or leaves the nest"]


def test_a_jump_stands_in_a_loop() -> None:
    nest = parse_nest("for i in 0:n:1 { s = i } else { s = 0 }")
    loop = replace(nest.loop, orelse=(*parse_body("s = 0"), Break()))
    found = check_nest(replace(nest, loop=loop))
    assert [problem.message for problem in found] == ["a jump stands outside of every loop"]


def test_what_is_not_sound_is_a_bug() -> None:
    with pytest.raises(InternalError, match="`n` is read, never bound"):
        require_sound(replace(parse_nest(SOUND), inputs=("a", "s", "b")))
