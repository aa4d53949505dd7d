"""What the GPU would leave is what CPython leaves: the kernels run on an emulated one.

A batch of the corpus, in one translation unit. All of it: `python -m tests.cuda.campaign`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.corpus import FILES
from tests.cuda.campaign import Case, collect, compare, compile_cases
from tests.cuda.emulated import (
    COMPILER,
    Emulated,
    EmulationError,
    Library,
    compile_all,
    key_of,
)
from tests.cuda.nvrtc import ARCHITECTURES, compile_text, find_nvrtc, text_for_nvrtc

from parloop.codegen.cuda.prelude import prelude
from parloop.codegen.cuda.program import CudaProgram, Launch
from parloop.codegen.layout import Layout
from parloop.ir.types import NP_FLOAT64, Array

BATCH = {
    "threads": None,
    "floats": ("no_contraction", "numpy_float_overflow"),
    "integers": ("integer_power",),
    "control": ("continue_in_the_loop",),
    "splitting": ("sweep_with_a_pivot_row",),
    "programs": ("histogram", "lu", "floyd_warshall"),
    "turned": None,
    "moving_slices": ("patches",),
    "small_arrays": ("cross_products",),
    "array_views": ("reversed_parts",),
}
"""Functions of each file of the corpus; None: all."""

needs_compiler = pytest.mark.skipif(
    COMPILER is None and not os.environ.get("CI"),
    reason="NOT CHECKED: there is no g++ to run the kernels for a GPU with",
)
needs_nvrtc = pytest.mark.skipif(
    find_nvrtc() is None and not os.environ.get("CI"),
    reason="NOT CHECKED: NVRTC is not installed (it is among the test extras)",
)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    found = [
        collect(file, name)
        for file in FILES
        for name in (BATCH.get(file.path.stem, ()) or file.functions())
        if file.path.stem in BATCH
    ]
    assert [bug for case in found for bug in case.collected.bugs] == []
    return [case for case in found if case.collected.programs]


@pytest.fixture(scope="module")
def library(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("emulated")
    yield compile_cases(cases, folder)
    shutil.rmtree(folder, ignore_errors=True)


@needs_compiler
def test_an_emulated_gpu_leaves_what_python_leaves(cases: list[Case], library: Library) -> None:
    for case in cases:
        compare(case, library, modes=("always",), sizes=(7,))
    differences = {case.name: case.differences for case in cases if case.differences}
    assert differences == {}
    assert all(case.launches for case in cases)
    assert len(cases) > 15


@needs_compiler
def test_what_an_emulated_thread_may_not_do_is_found(tmp_path: Path) -> None:
    bodies = {
        "good": "store<double>(a + 8 * thread_in_block(), 1.0);",
        "race": "store<double>(a, 1.0);",
        "neighbour": "store<double>(a + 8 * thread_in_block(), load<double>(a));",
        "outside": "store<double>(a + 8 * thread_in_block() + 8, 1.0);",
        "barrier": "if (thread_in_block()) __syncthreads();",
        "undefined": "store<double>(a + 8 * thread_in_block(), 2147483647 + i32(blockDim.z));",
    }
    programs = {name: handmade(body) for name, body in bodies.items()}
    library = compile_all(list(programs.values()), tmp_path)
    run_handmade(programs["good"], library)
    for name in ("race", "neighbour", "outside", "barrier", "undefined"):
        with pytest.raises(EmulationError):
            run_handmade(programs[name], library)


def handmade(body: str) -> CudaProgram:
    """Return a program with one kernel, on the array `a` of 32 floats."""
    text = (
        f"{prelude()}\nstruct Record {{\n    u64 words[19];\n}};\n"
        "struct State {\n    u64 status;\n    u64 header[7];\n    u64 words[1];\n};\n"
        'extern "C" __global__ void one(const Record record, State *state)\n{\n'
        f"    char *const a = (char *)record.words[16];\n    {body}\n}}\n"
    )
    steps = (Launch("one", ("32", "1", "1"), dimensions=1, most_blocks=1),)
    return CudaProgram(text, steps, 19, 19, (), 0, ("a",), ("a",), True, True, 0, False)


def run_handmade(program: CudaProgram, library: Library) -> None:
    """Run it with one block of 32 threads."""
    array = np.zeros(32)
    words = np.zeros(19, np.int64)
    words[16:19] = array.ctypes.data, 32, 8
    layout = Layout({"a": 16}, {}, {}, 19, 19)
    arrays = {"a": Array(NP_FLOAT64, 1, writable=True)}
    Emulated(program, library, layout, arrays, [0]).run(words.ctypes.data, 0, 32)


@needs_nvrtc
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_kernel_compiles_and_nothing_is_fused(cases: list[Case], architecture: str) -> None:
    programs = [next(iter(case.collected.programs.values())) for case in cases]
    ptx = compile_text(text_for_nvrtc(programs), architecture)
    code = [line for line in ptx.splitlines() if not line.lstrip().startswith("//")]
    assert [line for line in code if "fma." in line or "mad.f" in line or ".ftz" in line] == []
    assert len({key_of(program) for program in programs}) > 15


def test_what_stays_on_the_cpu_says_why() -> None:
    files = {file.path.stem: file for file in FILES}
    reasons = {
        ("floats", "math_exp"): "GEN202",
        ("programs", "exponential_smoothing"): "GEN201",
    }
    for (stem, name), code in reasons.items():
        if name not in files[stem].functions():
            pytest.fail(f"there is no {name} in {stem}")
        found = collect(files[stem], name).collected
        assert {why.code for _, _, why in found.declined} == {code}
        assert not found.programs

