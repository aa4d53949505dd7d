"""Which lists exchange objects: those whose items are stored as they are."""

from __future__ import annotations

import ast

import pytest

from parloop.frontend.lower import lower_loop
from parloop.ir.nodes import Nest
from parloop.source import Source
from parloop.staging.moves import find_moves


@pytest.mark.parametrize(
    ("value", "moved"),
    [
        ("y[i]", {"y"}),
        ("y[i] and z[i]", {"y", "z"}),
        ("y[i] if k else z[i]", {"y", "z"}),
        ("min(y[i], z[i])", {"y", "z"}),
        ("max(y[i] or 1, z[i])", {"y", "z"}),
        ("+y[i]", {"y"}),
        ("float(y[i])", {"y"}),
        ("y[i] + z[i]", set()),
        ("-y[i]", set()),
        ("y[i] < z[i]", set()),
    ],
)
def test_an_item_moves_where_the_very_object_may_be_stored(value: str, moved: set[str]) -> None:
    text = f"for i in range(n):\n    x[i] = {value}\n"
    (loop,) = ast.parse(text).body
    assert isinstance(loop, ast.For)
    nest = lower_loop(loop, Source("<test>", text))
    assert isinstance(nest, Nest), nest
    found = find_moves(nest)
    assert found.sources == moved
    assert found.targets == ({"x"} if moved else set())
