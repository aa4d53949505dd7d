"""A module written as two runs as the one would."""

from __future__ import annotations

import ctypes

import pytest
from llvmlite import ir

from parloop.codegen.modules import write_apart
from parloop.runtime import jit

I64 = ir.IntType(64)
UNARY = ir.FunctionType(I64, [I64])


def function(module: ir.Module, name: str) -> tuple[ir.Function, ir.IRBuilder]:
    made = ir.Function(module, UNARY, name)
    return made, ir.IRBuilder(made.append_basic_block("entry"))


def a_module(*, with_variable: bool = False) -> ir.Module:
    """Return a module: `outer` calls `middle`, which calls `inner`, which is internal."""
    module = ir.Module(name="test")
    inner, builder = function(module, "inner")
    inner.linkage = "internal"
    builder.ret(builder.add(inner.args[0], I64(1)))
    middle, builder = function(module, "middle")
    middle.linkage = "internal"
    builder.ret(builder.mul(builder.call(inner, middle.args), I64(10)))
    outer, builder = function(module, "outer")
    value = builder.call(middle, outer.args)
    if with_variable:
        variable = ir.GlobalVariable(module, I64, "three")
        variable.initializer = I64(3)
        value = builder.add(value, builder.load(variable))
    with builder.if_then(builder.icmp_signed("==", value, I64(0)), likely=False):
        builder.ret(builder.call(inner, [value]))
    builder.ret(value)
    return module


def call(texts: tuple[str, str], argument: int) -> int:
    first, second = texts
    beside = jit.compile_to_object(second, opt_level=0) if second else b""
    loaded = jit.load(jit.compile_to_object(first), {}, beside=beside)
    entry = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(loaded.address("outer"))
    return int(entry(argument))


@pytest.mark.parametrize("apart", [["outer"], ["middle"], ["outer", "inner"]])
def test_functions_call_each_other_from_one_module_to_the_other(apart: list[str]) -> None:
    texts = write_apart(a_module(), apart)
    for name in ("outer", "middle", "inner"):
        defined = [f'@"{name}"(' in line for text in texts for line in text.splitlines()
                   if line.startswith("define")]  # fmt: skip
        assert defined.count(True) == 1
    assert all(f'@"{name}"' in texts[1] for name in apart)
    assert (call(texts, 4), call(texts, -1)) == (50, 1)


def test_functions_that_use_a_variable_stay_where_it_is() -> None:
    texts = write_apart(a_module(with_variable=True), ["outer"])
    assert texts[1] == ""
    assert call(texts, 4) == 53


def test_llvm_says_nothing_while_it_compiles(capfd: pytest.CaptureFixture[str]) -> None:
    """As it does, at times, where functions are marked `optnone`."""
    call(write_apart(a_module(), ["outer"]), 1)
    assert capfd.readouterr() == ("", "")
