"""Text to machine code: it computes what it says, and is freed when it is dropped."""

from __future__ import annotations

import ctypes
import gc
import math
import threading
from pathlib import Path

import pytest

from parloop.runtime import jit

AXPY = """
define void @axpy(ptr noalias %x, ptr noalias %y, double %a, i64 %n) nounwind ATTRIBUTES {
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  %px = getelementptr double, ptr %x, i64 %i
  %py = getelementptr double, ptr %y, i64 %i
  %vx = load double, ptr %px
  %vy = load double, ptr %py
  %product = fmul double %vx, %a
  %sum = fadd double %product, %vy
  store double %sum, ptr %py
  %next = add nsw i64 %i, 1
  %more = icmp slt i64 %next, %n
  br i1 %more, label %loop, label %exit
exit:
  ret void
}
"""
PLAIN_AXPY = AXPY.replace("ATTRIBUTES", "")

SHIFTED = """
@table = internal constant [4 x double] [double 1.0, double 2.0, double 3.0, double 4.0]
declare double @outside(double)
define double @shifted(double %x, i64 %i) nounwind {
  %cell = getelementptr [4 x double], ptr @table, i64 0, i64 %i
  %shift = load double, ptr %cell
  %value = call double @outside(double %x)
  %sum = fadd double %value, %shift
  ret double %sum
}
"""


def address_of(function: ctypes._CFuncPtr) -> int:
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return address


def test_loaded_code_computes_what_its_text_says() -> None:
    loaded = jit.load(jit.compile_to_object(PLAIN_AXPY), {})
    signature = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_double, ctypes.c_int64)
    axpy = ctypes.CFUNCTYPE(None, *signature)(loaded.address("axpy"))
    x = (ctypes.c_double * 100)(*range(100))
    y = (ctypes.c_double * 100)(*[0.1] * 100)
    axpy(ctypes.addressof(x), ctypes.addressof(y), 0.3, 100)
    assert list(y) == [i * 0.3 + 0.1 for i in range(100)]


@pytest.mark.parametrize("opt_level", [0, 1, 2, 3])
def test_external_functions_and_constant_tables_are_reached(opt_level: int) -> None:
    outside = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(lambda x: x * 10)
    code = jit.compile_to_object(SHIFTED, opt_level=opt_level)
    loaded = jit.load(code, {"outside": address_of(outside)})
    shifted = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_int64)(
        loaded.address("shifted")
    )
    assert shifted(2.5, 2) == 28.0


def test_the_same_object_code_can_be_loaded_with_different_externals() -> None:
    code = jit.compile_to_object(SHIFTED)
    signature = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)
    functions = [signature(math.sqrt), signature(math.exp)]
    libraries = [jit.load(code, {"outside": address_of(function)}) for function in functions]
    values = [
        ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_int64)(
            library.address("shifted")
        )(4.0, 0)
        for library in libraries
    ]
    assert values == [math.sqrt(4.0) + 1.0, math.exp(4.0) + 1.0]


def test_object_code_is_the_same_for_the_same_text() -> None:
    assert jit.compile_to_object(SHIFTED) == jit.compile_to_object(SHIFTED)


def test_products_and_sums_are_not_contracted() -> None:
    assert "fma" not in jit.assembly(PLAIN_AXPY)


def test_the_width_of_vectors_can_be_chosen_for_a_function() -> None:
    if "+avx2" not in jit.host():
        pytest.skip("vector widths are looked at on AVX machines only")
    narrow = jit.assembly(AXPY.replace("ATTRIBUTES", '"prefer-vector-width"="128"'))
    wide = jit.assembly(AXPY.replace("ATTRIBUTES", '"prefer-vector-width"="256"'))
    assert "ymm" not in narrow
    assert "ymm" in wide


def test_optimised_text_shows_the_vector_loop() -> None:
    assert "x double>" in jit.optimised_text(PLAIN_AXPY)
    assert "x double>" not in jit.optimised_text(PLAIN_AXPY, opt_level=1)


@pytest.mark.parametrize(
    "text", ["define i64 @f( {", "define i64 @f() { ret i32 0 }", "define void @f() { }"]
)
def test_text_that_is_no_module_is_refused(text: str) -> None:
    with pytest.raises(jit.JitError):
        jit.compile_to_object(text)


def test_a_name_that_is_missing_is_refused() -> None:
    loaded = jit.load(jit.compile_to_object(PLAIN_AXPY), {})
    with pytest.raises(jit.JitError, match="no_such"):
        loaded.address("no_such")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_dropped_libraries_give_most_of_their_memory_back() -> None:
    code = jit.compile_to_object(PLAIN_AXPY)

    def pages() -> int:
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1])

    for _ in range(20):
        jit.load(code, {}).address("axpy")
    before = pages()
    for _ in range(200):
        jit.load(code, {}).address("axpy")
    assert pages() - before < 200 * 5  # a library that is kept takes about ten


def test_several_threads_may_compile_at_once() -> None:
    results: list[int] = []

    def work(number: int) -> None:
        text = f"define i64 @f() {{ ret i64 {number} }}"
        loaded = jit.load(jit.compile_to_object(text), {})
        results.append(ctypes.CFUNCTYPE(ctypes.c_int64)(loaded.address("f"))())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(6))


def test_the_host_names_the_version_of_llvm() -> None:
    assert "llvm-" in jit.host()
