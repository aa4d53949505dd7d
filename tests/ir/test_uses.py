"""What a nest takes and leaves: `a name is an input unless every way to its use binds it first`."""

from __future__ import annotations

import pytest

from parloop.ir.parse import parse_nest

INPUTS = {
    "for i in 0:n:1 { t = 1; s = t }": "n",
    "for i in 0:n:1 { s = t; t = 1 }": "n t",
    "for i in 0:n:1 { if i > 0 { t = 1 }; s = t }": "n t",
    "for i in 0:n:1 { if i > 0 { t = 1 } else { t = 2 }; s = t }": "n",
    "for i in 0:n:1 { if i > 0 { t = 1 } else { continue }; s = t }": "n",
    "for i in 0:n:1 { if i > 0 { t = 1 } else { break }; s = t }": "n",
    "for i in 0:n:1 { for j in 0:n:1 { t = 1 }; s = t }": "n t",
    "for i in 0:n:1 { for j in 0:3:1 { t = 1 }; s = t + j }": "n",
    "for i in 0:n:1 { for j in 0:3:-1 { t = 1 }; s = t + j }": "n t j",
    "for i in 0:n:1 { for j in 0:3:1 { if x { continue }; t = 1 }; s = t }": "n x t",
    "for i in 0:n:1 { for j in 0:3:1 { if x { break }; t = 1 }; s = t }": "n x t",
    "for i in 0:n:1 { for j in 0:3:1 { t = 1; if x { break } }; s = t }": "n x",
    "for i in 0:n:1 { for j in 0:n:1 { s = j } else { t = 1 }; s = t }": "n",
    "for i in 0:n:1 { for j in 0:n:1 { if j > 1 { break } } else { t = 1 }; s = t }": "n t",
    "for i in 0:n:1 { while x { t = 1 }; s = t }": "n x t",
    "for i in 0:n:1 { while True { t = 1; if x { break } }; s = t }": "n x",
    "for i in 0:n:1 { while x { t = 1 } else { t = 2 }; s = t }": "n x",
    "for i in 0:n:1 { break; s = t }": "n",
    "for i in 0:n:1 { b[i] = a[c[i]] }": "n c a b",
    "for i in 0:n:1 { s = s + b.shape[0] }": "n s b",
    "for i in 0:n:1 { %0 = 1; s = %0 } else { s = i }": "n i",
    "for i in 0:2:1 { s = 1 } else { t = i }": "",
    "for i in 0:%stop:1 { i = i + k }": "k",
}


@pytest.mark.parametrize(("text", "names"), INPUTS.items())
def test_inputs_are_what_may_be_read_before_it_is_bound(text: str, names: str) -> None:
    assert " ".join(sorted(parse_nest(text).inputs)) == " ".join(sorted(names.split()))


def test_inputs_stand_in_the_order_of_their_first_use() -> None:
    nest = parse_nest("for i in m:n:1 { b[k] = a[i] + x; y = b[0] * z }")
    assert nest.inputs == ("m", "n", "a", "x", "b", "k", "z")
    assert nest.arrays == ("a", "b")


def test_outputs_stand_in_the_order_of_their_first_binding() -> None:
    nest = parse_nest("for i in 0:n:1 { %0 = 1; if s { x = 1 } else { for j in 0:3:1 { s = %0 }}}")
    assert nest.outputs == ("i", "x", "j", "s")
