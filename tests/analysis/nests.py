"""Nests from texts, for the tests of the analysis."""

from __future__ import annotations

import ast
import textwrap

from parloop.frontend.lower import lower_loop
from parloop.ir.nodes import Nest
from parloop.source import Source


def nest_of(text: str) -> Nest:
    """Return the first loop of `text` as a nest."""
    text = textwrap.dedent(text)
    node = next(stmt for stmt in ast.parse(text).body if isinstance(stmt, ast.For))
    nest = lower_loop(node, Source("<test>", text))
    assert isinstance(nest, Nest), nest
    return nest
