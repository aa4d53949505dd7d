"""The text of a function means to LLVM what llvmlite's own text means."""

from __future__ import annotations

import llvmlite.binding as llvm
import pytest
from llvmlite import ir

from parloop.codegen.printing import function_text

I8, I64 = ir.IntType(8), ir.IntType(64)
F32, F64 = ir.FloatType(), ir.DoubleType()
POINTER = ir.PointerType()
LANES = ir.VectorType(F64, 4)


def a_function() -> ir.Function:
    """Return a function with an instruction of every kind that kernels are made of."""
    module = ir.Module(name="test")
    type_ = ir.FunctionType(F64, [POINTER, I64, F64, LANES])
    function = ir.Function(module, type_, "f")
    function.args[0].add_attribute("noalias")
    start = function.append_basic_block("with space")
    head, after = function.append_basic_block("head"), function.append_basic_block("head")
    builder = ir.IRBuilder(start)
    memory, n, x, lanes = function.args
    slot = builder.alloca(I64, name='a "name"')
    builder.store(n, slot)
    builder.branch(head)
    builder.position_at_end(head)
    counter = builder.phi(I64)
    counter.add_incoming(I64(0), start)
    at = builder.gep(memory, [counter], source_etype=F64)
    inside = builder.gep(memory, [counter], inbounds=True, source_etype=F32)
    value = builder.load(at, typ=F64, align=8)
    single = builder.fpext(builder.load(inside, typ=F32), F64)
    total = builder.fadd(builder.fmul(value, single, flags=("contract",)), x)
    total = builder.fneg(total)
    chosen = builder.select(builder.fcmp_ordered("<", total, x, flags=("nnan",)), total, x)
    builder.store(chosen, at, align=8)
    kept = builder.load(at, typ=F64)
    kept.set_metadata("note", module.add_metadata([I64(1)]))
    wide = builder.fmul(lanes, lanes)
    builder.store(builder.fcmp_unordered("!=", wide, lanes), at)
    truncated = builder.trunc(builder.ashr(counter, I64(3), flags=("exact",)), I8)
    builder.store(builder.zext(truncated, I64), slot)
    following = builder.add(counter, I64(1), flags=("nsw", "nuw"))
    counter.add_incoming(following, head)
    builder.cbranch(builder.icmp_signed("<", following, n), head, after)
    builder.position_at_end(after)
    builder.atomic_rmw("add", slot, I64(1), "monotonic")
    builder.ret(builder.extract_element(lanes, I64(0)))
    return function


def canonical(function: ir.Function, text: str) -> str:
    """Return what LLVM makes of a module with only `function`, written as `text`."""
    metadata = "\n".join(str(node) for node in function.module.metadata)
    module = llvm.parse_assembly(f"{text}\n{metadata}", llvm.create_context())
    module.verify()
    return str(module)


def test_every_instruction_reads_as_llvmlites_own_text() -> None:
    function = a_function()
    assert canonical(function, function_text(function)) == canonical(function, str(function))


def test_a_declaration_is_written_as_one() -> None:
    module = ir.Module(name="test")
    function = ir.Function(module, ir.FunctionType(F64, [F64]), "sqrt")
    assert function_text(function) == str(function)


@pytest.mark.parametrize("name", ["plain", "with space", 'quoted "name"', "back\\slash"])
def test_blocks_keep_their_names(name: str) -> None:
    module = ir.Module(name="test")
    function = ir.Function(module, ir.FunctionType(I64, []), "f")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    target = function.append_basic_block(name)
    builder.branch(target)
    ir.IRBuilder(target).ret(I64(7))
    assert canonical(function, function_text(function)) == canonical(function, str(function))
