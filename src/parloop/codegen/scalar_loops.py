"""Machine code that calls the inner loop of a NumPy ufunc for one number.

The fast variant calls the loop as it is, and its floating point flags stay in the processor. The
precise variant calls it through a function that clears the flags before and reads them after;
that function is not inlined, so that no other arithmetic comes between.
"""

from __future__ import annotations

from llvmlite import ir

from parloop.codegen.events import FLAG_TEXTS, I32, I64, POINTER, Emitter, Value, memory_type
from parloop.codegen.externals import DATA, LIBM, UFUNC, fenv_bits, ufunc_loop
from parloop.codegen.scalar_common import UnsupportedOperationError
from parloop.ir.types import Scalar
from parloop.staging.rules_base import Rule, loop_signature, numpy_character

_LOOP_TYPE = ir.FunctionType(ir.VoidType(), [POINTER] * 4)
_DATA_TYPE = ir.FunctionType(ir.VoidType(), [])
"""The data of a loop is declared as a function, as which it is found in the list of externals."""


def emit_loop(emitter: Emitter, name: str, rule: Rule, values: tuple[Value, ...]) -> Value:
    """Return the result of the ufunc `numpy.name` on operands that `rule` has converted."""
    other = emitter.in_place_of_loop(name, rule, values)
    if other is not None:
        return other
    signature = loop_signature(rule.compute, rule.result)
    found = ufunc_loop(name, signature)
    if found is None:
        raise UnsupportedOperationError(f"numpy.{name} {signature}")
    types = (*rule.compute, rule.result)
    # `scalarmath` calls complex division with no strides at all.
    is_loop = rule.owner == "numpy-loop"
    strides = found.strides if is_loop else (0,) * len(types)
    buffers, arguments = _frame(emitter, types, strides)
    for scalar, buffer, value in zip(rule.compute, buffers, values, strict=False):
        store_number(emitter.builder, scalar, value, buffer)
    call_loop_of(emitter, name, rule, arguments)
    return load_number(emitter.builder, rule.result, buffers[-1])


def emit_product(emitter: Emitter, rule: Rule, values: tuple[Value, ...]) -> Value:
    """Return the scalar product of the first half of `values` and the second, as BLAS makes it."""
    other = emitter.in_place_of_loop("dot", rule, values)
    if other is not None:
        return other
    builder, count = emitter.builder, len(values) // 2
    number, size = memory_type(rule.result), rule.result.bits // 8
    rooms = [emitter.slot(ir.ArrayType(number, count)) for _ in range(2)]
    rooms.append(emitter.slot(ir.ArrayType(number, 1)))
    for place, value in enumerate(values):
        at = [ir.Constant(I64, place % count)]
        room = builder.gep(rooms[place // count], at, source_etype=number)
        store_number(builder, rule.result, value, room)
    pointers = emitter.slot(ir.ArrayType(POINTER, 3))
    for place, room in enumerate(rooms):
        at = [ir.Constant(I64, place)]
        builder.store(room, builder.gep(pointers, at, source_etype=POINTER))
    words = [_constant_words(emitter.module, w) for w in ((1, count), (0, 0, 0, size, size))]
    character = numpy_character(rule.result)
    signature = f"{character}{character}->{character}"
    call_loop_of(emitter, "vecdot", rule, [pointers, *words], signature)
    return load_number(builder, rule.result, rooms[-1])


def call_loop_of(
    emitter: Emitter, name: str, rule: Rule, arguments: list[ir.Value], signature: str = ""
) -> None:
    """Call the loop on pointers, the number of elements, and strides, with its events."""
    signature = signature or loop_signature(rule.compute, rule.result)
    found = ufunc_loop(name, signature)
    if found is None:
        raise UnsupportedOperationError(f"numpy.{name} {signature}")
    external = f"{UFUNC}{name}.{signature}"
    function = emitter.external(external, _LOOP_TYPE)
    data = emitter.external(external + DATA, _DATA_TYPE) if found.data else POINTER(None)
    pointers = [*arguments, data]
    if emitter.precise and rule.flags:
        _warn(emitter, rule, emitter.builder.call(_checked_call(emitter, function), pointers))
    else:
        spared = _sparing_call(emitter, function) if found.clears_flags else function
        emitter.builder.call(spared, pointers)


def store_number(builder: ir.IRBuilder, scalar: Scalar, value: Value, pointer: ir.Value) -> None:
    """Store a number as an array holds it."""
    element = memory_type(scalar)
    if scalar.kind == "b":
        builder.store(builder.zext(value, element), pointer)
    elif scalar.kind == "c":
        imaginary = builder.gep(pointer, [ir.Constant(I64, 1)], source_etype=element)
        builder.store(value[0], pointer)
        builder.store(value[1], imaginary)
    else:
        builder.store(value, pointer)


def load_number(builder: ir.IRBuilder, scalar: Scalar, pointer: ir.Value) -> Value:
    """Return a number that stands as an array holds it; any byte but 0 is true."""
    element = memory_type(scalar)
    value = builder.load(pointer, typ=element)
    if scalar.kind == "b":
        return builder.icmp_unsigned("!=", value, ir.Constant(element, 0))
    if scalar.kind == "c":
        imaginary = builder.gep(pointer, [ir.Constant(I64, 1)], source_etype=element)
        return value, builder.load(imaginary, typ=element)
    return value


def _frame(
    emitter: Emitter, types: tuple[Scalar, ...], strides: tuple[int, ...]
) -> tuple[list[ir.Value], list[ir.Value]]:
    """Return room for the operands and the result, and the arguments of a loop over one element."""
    builder = emitter.builder
    buffers = [emitter.slot(ir.ArrayType(memory_type(scalar), 2)) for scalar in types]
    pointers = emitter.slot(ir.ArrayType(POINTER, len(types)))
    for index, buffer in enumerate(buffers):
        place = builder.gep(pointers, [ir.Constant(I64, index)], source_etype=POINTER)
        builder.store(buffer, place)
    words = [_constant_words(emitter.module, words) for words in ((1,), strides)]
    return buffers, [pointers, *words]


def _constant_words(module: ir.Module, words: tuple[int, ...]) -> ir.Value:
    """Return a pointer to constant words, made once a module."""
    name = f"parloop.words.{'.'.join(map(str, words))}"
    if name not in module.globals:
        initial = ir.Constant(ir.ArrayType(I64, len(words)), list(words))
        variable = ir.GlobalVariable(module, initial.type, name)
        variable.linkage = "internal"
        variable.global_constant = True
        variable.initializer = initial
        variable.type = POINTER
    return module.globals[name]


def _checked_call(emitter: Emitter, loop: ir.Function) -> ir.Function:
    """Return a function of the module that calls `loop` and gives back the flags that it sets."""
    function, builder = _wrapper(emitter.module, f"{loop.name}.flags", I32)
    if builder is not None:
        every = ir.Constant(I32, sum(fenv_bits().values()))
        builder.call(_fenv(emitter, "feclearexcept"), [every])
        builder.call(loop, function.args)
        builder.ret(builder.call(_fenv(emitter, "fetestexcept"), [every]))
    return function


def _sparing_call(emitter: Emitter, loop: ir.Function) -> ir.Function:
    """Return a function of the module that calls `loop` and keeps flags that were set before."""
    function, builder = _wrapper(emitter.module, f"{loop.name}.sparing", ir.VoidType())
    if builder is not None:
        every = ir.Constant(I32, sum(fenv_bits().values()))
        before = builder.call(_fenv(emitter, "fetestexcept"), [every])
        builder.call(loop, function.args)
        builder.call(_fenv(emitter, "feraiseexcept"), [before])
        builder.ret_void()
    return function


def _wrapper(
    module: ir.Module, name: str, result: ir.Type
) -> tuple[ir.Function, ir.IRBuilder | None]:
    """Return the function of that name, and where to write its body if it is new."""
    if name in module.globals:
        return module.globals[name], None
    function = ir.Function(module, ir.FunctionType(result, [POINTER] * 4), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    return function, ir.IRBuilder(function.append_basic_block("entry"))


def _fenv(emitter: Emitter, name: str) -> ir.Function:
    return emitter.external(f"{LIBM}{name}", ir.FunctionType(I32, [I32]))


def _warn(emitter: Emitter, rule: Rule, flags: ir.Value) -> None:
    bits = fenv_bits()
    for flag in FLAG_TEXTS:
        if flag in bits:
            masked = emitter.builder.and_(flags, ir.Constant(I32, bits[flag]))
            condition = emitter.builder.icmp_signed("!=", masked, ir.Constant(I32, 0))
            emitter.warns(flag, rule.verb, condition)
