"""On a GPU in the tiers `ulp` and `reassociate`: the cores' bits, functions within their bounds."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.corpus import FILES
from tests.cuda.accuracy import LibraryFile, find_inaccuracies
from tests.cuda.campaign import Case, collect, compare, compile_cases
from tests.cuda.emulated import Library, emulating
from tests.cuda.test_emulated import needs_compiler

import parloop
from parloop.codegen.cuda.library import BOUNDS, OF_NUMPY, bound_of, describe
from parloop.codegen.cuda.prelude import prelude
from parloop.config import Exactness
from parloop.runtime import jit

SUMS = {
    "floats": ("ordered_sum", "ordered_product", "ordered_dot", "accumulate_from_float_zero"),
    "programs": ("histogram",),
}

needs_mpmath = pytest.mark.skipif(
    importlib.util.find_spec("mpmath") is None and not os.environ.get("CI"),
    reason="NOT CHECKED: mpmath is not installed (it is among the test extras)",
)


@pytest.fixture(scope="module")
def of_library(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    file = LibraryFile(tmp_path_factory.mktemp("library"))
    return [collect(file, name, "ulp") for name in file.functions()]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sums() -> list[Case]:
    files = {file.path.stem: file for file in FILES}
    return [
        collect(files[stem], name, "reassociate") for stem, names in SUMS.items() for name in names
    ]


@pytest.fixture(scope="module")
def library(
    of_library: list[Case], sums: list[Case], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("tiers")
    yield compile_cases([*of_library, *sums], folder)
    shutil.rmtree(folder, ignore_errors=True)


@needs_compiler
def test_sums_of_floats_have_the_bits_of_the_cores(sums: list[Case], library: Library) -> None:
    for case in sums:
        assert case.collected.programs, case
        compare(case, library, "reassociate", modes=("always",), sizes=(None, 3))
        assert case.differences == []
        assert case.launches


@needs_compiler
@needs_mpmath
def test_functions_are_within_the_bounds_that_are_said(
    of_library: list[Case], library: Library
) -> None:
    for case in of_library:
        assert case.collected.declined == []
        (arguments,) = case.file.arguments(case.name)
        function = parloop.parallel(case.file.fresh()[case.name], min_work_ms=0)
        with emulating(library) as launches, parloop.settings(exactness="ulp"):
            function(*arguments)
        assert launches[0] == 1
        file: Any = case.file
        assert find_inaccuracies(file, case.name, arguments) == []


@pytest.mark.parametrize("exactness", ["exact", "ulp"])
def test_functions_go_to_the_gpu_only_where_they_may_round_otherwise(
    exactness: Exactness, tmp_path: Path
) -> None:
    file: Any = LibraryFile(tmp_path)
    found = collect(file, "of_math", exactness).collected
    assert bool(found.programs) == (exactness == "ulp")
    if exactness == "exact":
        ((_, _, why),) = found.declined
        assert why.code == "GEN202"
        assert 'exactness="ulp"' in why.notes[-1]
        assert "at most 2 ulp" in why.notes[-1]
    for program in found.programs.values():
        assert "asinh" in program.approximations
        assert not {"fmod", "remainder"} & {*program.approximations}
        head = program.text.removeprefix(prelude())[:3000]
        assert "`exp` by 1" in head


def test_products_are_fused_where_the_cores_fuse_them(sums: list[Case]) -> None:
    fused = [
        "fma(" in program.text.removeprefix(prelude())
        for case in sums
        if case.name == "ordered_dot"
        for program in case.collected.programs.values()
    ]
    assert any(fused) == jit.can_fuse()


def test_every_function_has_a_bound_for_both_kinds_of_floats() -> None:
    assert {*OF_NUMPY.values()} <= BOUNDS.keys()
    assert bound_of("exp") == 1
    assert bound_of("expf") == 2
    assert bound_of("erff") == 2
    assert bound_of("f") is None
    assert bound_of("nothing") is None
    assert describe(()) == ""
    assert describe(("pow", "exp")) == "`exp` by 1, `pow` by 2 ulp at most"
    assert np.isfinite([bound for pair in BOUNDS.values() for bound in pair]).all()
