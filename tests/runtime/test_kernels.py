"""Machine code from the disk cache is that of the very same loop."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

import parloop
from parloop.frontend.lower import lower_loop
from parloop.frontend.names import find_imports
from parloop.ir.nodes import Nest
from parloop.ir.types import NP_FLOAT64, PY_INT, Array
from parloop.runtime import kernels
from parloop.schedule.plan import Plan
from parloop.source import Source
from parloop.staging.ranges import find_ranges
from parloop.staging.specialise import specialise

TEXT = """from {home} import {name}
def f(a, b, n):
    for i in range(n):
        b[i] = {name}(a[i])
"""
PLAN = Plan({}, frozenset(), frozenset(), False, frozenset(), {})


def key_of(home: str, name: str) -> str:
    text = TEXT.format(home=home, name=name)
    tree = ast.parse(text)
    function = tree.body[1]
    assert isinstance(function, ast.FunctionDef)
    loop = function.body[0]
    assert isinstance(loop, ast.For)
    nest = lower_loop(loop, Source("same.py", text), names=find_imports(tree))
    assert isinstance(nest, Nest)
    array = Array(NP_FLOAT64, 1, True)
    typing = specialise(nest, {"a": array, "b": array, "n": PY_INT})
    return kernels.kernel_key(kernels.Planned(typing, find_ranges(typing), PLAN))


@pytest.mark.parametrize("name", ["exp", "sqrt", "floor", "tanh"])
def test_functions_of_one_name_have_kernels_of_their_own(name: str) -> None:
    assert key_of("math", name) == key_of("math", name)
    assert key_of("math", name) != key_of("numpy", name)


@pytest.mark.parametrize("name", ["exp", "tanh"])
def test_a_loop_calls_the_function_of_its_own_module(
    name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    a = np.random.default_rng(5).uniform(-3, 3, 4000)
    for home in ("math", "numpy"):
        (tmp_path / f"calls_{home}_{name}.py").write_text(TEXT.format(home=home, name=name))
        function = __import__(f"calls_{home}_{name}").f
        expected, seen = np.zeros(4000), np.zeros(4000)
        function(a, expected, 4000)
        parloop.reset_report()
        parloop.parallel(function, min_work_ms=0)(a, seen, 4000)
        assert [site.native_runs for site in parloop.report().sites if site.native_runs] == [1]
        assert expected.tobytes() == seen.tobytes()
