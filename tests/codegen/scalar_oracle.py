"""Run one operation natively over a grid of values, and in CPython, and tell where they differ."""

from __future__ import annotations

import ctypes
import math
import operator
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from llvmlite import ir

from parloop.codegen import externals, scalar
from parloop.codegen.events import (
    I1,
    I8,
    I32,
    I64,
    POINTER,
    Emitter,
    memory_type,
    warning_text,
)
from parloop.codegen.scalar_loops import load_number, store_number
from parloop.ir.types import PY_BOOL, PY_COMPLEX, PY_FLOAT, PY_INT, Scalar
from parloop.runtime import jit
from parloop.staging import rules

OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
COMPARISONS: dict[str, Callable[..., Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
UNARY: dict[str, Callable[..., Any]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "not": operator.not_,
}


@dataclass(frozen=True)
class Operation:
    """One operation on operands of certain types."""

    kind: str  # unary, binary, compare, call, store, truth
    op: str
    types: tuple[Scalar, ...]

    def __str__(self) -> str:
        return f"{self.kind} {self.op}({', '.join(map(str, self.types))})"

    def rule(self) -> rules.Rule | None:
        match self.kind:
            case "unary":
                return rules.unary_rule(self.op, *self.types)
            case "binary":
                return rules.binary_rule(self.op, *self.types)
            case "compare":
                return rules.compare_rule(self.op, *self.types)
            case "call":
                return rules.call_rule(self.op, self.types)
            case "store":
                return rules.store_rule(_dtype_of(self.op), *self.types)
            case _:
                return rules.truth_rule(*self.types)

    def emit(self, emitter: Emitter, values: tuple[Any, ...]) -> Any:
        match self.kind:
            case "unary":
                return scalar.emit_unary(emitter, self.op, self.types[0], values[0])
            case "binary":
                return scalar.emit_binary(emitter, self.op, self.types, values)
            case "compare":
                return scalar.emit_compare(emitter, self.op, self.types, values)
            case "call":
                return scalar.emit_call(emitter, self.op, self.types, values)
            case "store":
                dtype = _dtype_of(self.op)
                return scalar.emit_store_value(emitter, dtype, self.types[0], values[0])
            case _:
                return scalar.emit_truth(emitter, self.types[0], values[0])

    def python(self) -> Callable[..., Any]:
        match self.kind:
            case "unary":
                return UNARY[self.op]
            case "binary":
                return OPERATORS[self.op]
            case "compare":
                return COMPARISONS[self.op]
            case "truth":
                return bool
            case "store":
                cell = np.zeros(1, self.op)

                def store(value: Any) -> Any:
                    cell[0] = value
                    return cell[0]

                return store
            case _:
                module, name = self.op.split(".")
                return (
                    getattr({"math": math, "numpy": np}.get(module, __builtins__), name, None)
                    or (__builtins__[name])
                )


def _dtype_of(name: str) -> Scalar:
    from parloop.staging.rules_base import numpy_scalar

    found = numpy_scalar(name)
    assert found is not None
    return found


def dtype(scalar_type: Scalar) -> np.dtype[Any]:
    """Return how an array holds these numbers."""
    python = {PY_BOOL: "bool", PY_INT: "int64", PY_FLOAT: "float64", PY_COMPLEX: "complex128"}
    return np.dtype(python.get(scalar_type, str(scalar_type).removesuffix("_")))


def numbers(scalar_type: Scalar, array: np.ndarray[Any, Any]) -> list[Any]:
    """Return the elements as objects of exactly this type."""
    return array.tolist() if scalar_type.owner == "python" else list(array)


class Recorder(Emitter):
    """Takes the events of one operation into memory."""

    def __init__(self, builder: ir.IRBuilder, module: ir.Module, *, precise: bool) -> None:
        super().__init__(builder, module, precise=precise)
        self.raised = builder.alloca(I1)
        self.warned = builder.alloca(I32)
        self.texts: list[str] = []
        self.leave: ir.Block | None = None

    def raises(self, condition: ir.Value) -> None:
        assert condition.type == I1
        if self.precise:
            stay = self.builder.append_basic_block("stay")
            go = self.builder.append_basic_block("go")
            self.builder.cbranch(condition, go, stay)
            self.builder.position_at_end(go)
            self.builder.store(ir.Constant(I1, 1), self.raised)
            self.builder.branch(self.leave)
            self.builder.position_at_end(stay)
        else:
            old = self.builder.load(self.raised, typ=I1)
            self.builder.store(self.builder.or_(old, condition), self.raised)

    def warns(self, flag: str, verb: str, condition: ir.Value) -> None:
        assert condition.type == I1
        text = warning_text(flag, verb)
        if text not in self.texts:
            self.texts.append(text)
        bit = ir.Constant(I32, 1 << self.texts.index(text))
        old = self.builder.load(self.warned, typ=I32)
        new = self.builder.select(condition, self.builder.or_(old, bit), old)
        self.builder.store(new, self.warned)


@dataclass
class Native:
    """The machine code of one operation, over arrays of operands."""

    operation: Operation
    name: str
    texts: list[str]
    precise: bool
    address: int = 0

    def run(self, arrays: Sequence[np.ndarray[Any, Any]], rule: rules.Rule) -> tuple[Any, ...]:
        count = arrays[0].size
        result = np.zeros(count, dtype(rule.result))
        raised, warned = np.zeros(count, bool), np.zeros(count, np.int32)
        flags = np.zeros(count, np.int32)
        outputs = (result, raised, warned, flags)
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in (*arrays, *outputs)]
        types = [None, ctypes.c_int64, *[ctypes.c_void_p] * len(pointers)]
        ctypes.CFUNCTYPE(*types)(self.address)(count, *pointers)
        return result, raised, warned, flags


def is_external(value: Any) -> bool:
    """Return whether a module only declares a function or variable."""
    return value.is_declaration if isinstance(value, ir.Function) else value.initializer is None


def compile_all(operations: Iterable[Operation], *, opt_level: int = 2) -> list[list[Native]]:
    """Return fast and precise machine code of each operation."""
    module = ir.Module("scalar")
    built = [
        [_build(module, operation, f"f{index}.{precise}", precise=precise) for precise in (0, 1)]
        for index, operation in enumerate(operations)
    ]
    declared = [name for name, value in module.globals.items() if is_external(value)]
    places = {n: externals.address(n) for n in declared if n.startswith("parloop.")}
    missing = [name for name, place in places.items() if not place]
    assert not missing, missing
    code = jit.compile_to_object(str(module), opt_level=opt_level)
    loaded = jit.load(code, {name: place for name, place in places.items() if place})
    for pair in built:
        for native in pair:
            native.address = loaded.address(native.name)
            native.keep = loaded  # type: ignore[attr-defined]
    return built


def _build(module: ir.Module, operation: Operation, name: str, *, precise: int) -> Native:
    rule = operation.rule()
    assert rule is not None
    arity = len(operation.types)
    signature = ir.FunctionType(ir.VoidType(), [I64, *[POINTER] * (arity + 4)])
    function = ir.Function(module, signature, name)
    count, *pointers = function.args
    entry, head, body, leave, end = (
        function.append_basic_block(label) for label in ("entry", "head", "body", "leave", "end")
    )
    builder = ir.IRBuilder(entry)
    recorder = Recorder(builder, module, precise=bool(precise))
    recorder.leave = leave
    place = builder.alloca(I64)
    builder.store(ir.Constant(I64, 0), place)
    builder.branch(head)
    builder.position_at_end(head)
    builder.cbranch(builder.icmp_signed("<", builder.load(place, typ=I64), count), body, end)
    builder.position_at_end(body)
    index = builder.load(place, typ=I64)
    clear = recorder.external("parloop.libm.feclearexcept", ir.FunctionType(I32, [I32]))
    test = recorder.external("parloop.libm.fetestexcept", ir.FunctionType(I32, [I32]))
    builder.store(ir.Constant(I1, 0), recorder.raised)
    builder.store(ir.Constant(I32, 0), recorder.warned)
    builder.call(clear, [ir.Constant(I32, 13)])
    values = []
    for scalar_type, pointer in zip(operation.types, pointers, strict=False):
        values.append(
            load_number(builder, scalar_type, _element(builder, scalar_type, pointer, index))
        )
    result = operation.emit(recorder, tuple(values))
    out, raised, warned, flags = pointers[arity:]
    store_number(builder, rule.result, result, _element(builder, rule.result, out, index))
    hardware = builder.call(test, [ir.Constant(I32, 13)])
    builder.store(hardware, builder.gep(flags, [index], source_etype=I32))
    builder.branch(leave)
    builder.position_at_end(leave)
    raised_value = builder.zext(builder.load(recorder.raised, typ=I1), I8)
    builder.store(raised_value, builder.gep(raised, [index], source_etype=I8))
    warned_value = builder.load(recorder.warned, typ=I32)
    builder.store(warned_value, builder.gep(warned, [index], source_etype=I32))
    builder.store(builder.add(index, ir.Constant(I64, 1)), place)
    builder.branch(head)
    ir.IRBuilder(end).ret_void()
    return Native(operation, name, recorder.texts, bool(precise))


def _element(builder: ir.IRBuilder, t: Scalar, pointer: ir.Value, index: ir.Value) -> ir.Value:
    if t.kind == "c":
        index = builder.mul(index, ir.Constant(I64, 2))
    return builder.gep(pointer, [index], source_etype=memory_type(t))


@dataclass
class Report:
    """Where native code and CPython differ, and how often native code left without need."""

    differences: list[str] = field(default_factory=list)
    escapes: int = 0
    total: int = 0


def check(
    natives: Sequence[Native], arrays: Sequence[np.ndarray[Any, Any]], *, limit: int = 4
) -> Report:
    """Compare bits, types, exceptions and warnings of one operation over rows of operands."""
    operation = natives[0].operation
    rule = operation.rule()
    assert rule is not None
    report = Report(total=arrays[0].size)
    fast, precise = (native.run(arrays, rule) for native in natives)
    columns = [numbers(t, a) for t, a in zip(operation.types, arrays, strict=True)]
    function = operation.python()
    with warnings.catch_warnings(record=True) as log:
        warnings.simplefilter("always")
        for row, operands in enumerate(zip(*columns, strict=True)):
            log.clear()
            try:
                expected = function(*operands)
                left = not _stays(expected, rule)
            except (ArithmeticError, ValueError) as error:
                expected, left = error, True
            texts = sorted(
                str(w.message) for w in log if not str(w.message).startswith("underflow")
            )
            found = _found(row, precise, natives[1].texts)
            problem = _compare(operation, rule, expected, left, texts, found)
            if not problem:
                problem = _compare_fast(rule, expected, left, texts, row, fast)
            if problem and len(report.differences) < limit:
                report.differences.append(f"{operation} {operands!r}: {problem}")
            report.escapes += bool(precise[1][row]) and not left
    return report


def _stays(value: Any, rule: rules.Rule) -> bool:
    if type(value) is int and rule.result == PY_INT:
        return -(2**63) <= value < 2**63
    return _type_name(type(value)) == str(rule.result) and (
        (rule.result.owner == "python") == (type(value).__module__ == "builtins")
    )


def _type_name(kind: type) -> str:
    return "bool_" if kind is np.bool_ else kind.__name__


def _found(row: int, outputs: tuple[Any, ...], texts: list[str]) -> tuple[Any, bool, list[str]]:
    result, raised, warned, _ = outputs
    said = [text for bit, text in enumerate(texts) if warned[row] >> bit & 1]
    return result[row], bool(raised[row]), sorted(said)


def _compare(
    operation: Operation,
    rule: rules.Rule,
    expected: Any,
    left: bool,
    texts: list[str],
    found: tuple[Any, bool, list[str]],
) -> str:
    result, raised, said = found
    if left and not raised:
        return f"CPython gives {expected!r}, native code {result!r}"
    if raised:
        return "" if rule.may_raise else "raised against its rule"
    if not same_bits(expected, result):
        return f"CPython gives {expected!r}, native code {result!r}"
    if texts != said:
        return f"CPython warns {texts}, native code {said}"
    return ""


def _compare_fast(
    rule: rules.Rule,
    expected: Any,
    left: bool,
    texts: list[str],
    row: int,
    outputs: tuple[Any, ...],
) -> str:
    result, raised, warned, flags = outputs
    if left:
        return "" if raised[row] else "the fast variant misses an exception"
    if raised[row]:
        return ""
    if texts and not warned[row] and not flags[row]:
        return f"the fast variant misses {texts}"
    if texts and not warned[row] and not rule.flags:
        return f"the rule has no flags for {texts}"
    if not same_bits(expected, result[row]):
        return f"CPython gives {expected!r}, the fast variant {result[row]!r}"
    return ""


def same_bits(expected: Any, found: Any) -> bool:
    """Return whether two numbers are equal, zeros in their sign too, and any NaN to any other."""
    if isinstance(expected, complex | np.complexfloating):
        return same_bits(expected.real, found.real) and same_bits(expected.imag, found.imag)
    if isinstance(expected, float | np.floating):
        both_nan = bool(np.isnan(expected)) and bool(np.isnan(found))
        return both_nan or (expected == found and np.signbit(expected) == np.signbit(found))
    return bool(expected == found)


def pairs(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    """Return all pairs of two grids as two columns."""
    return [np.repeat(left, right.size), np.tile(right, left.size)]


def grid(scalar_type: Scalar, *, extra: int = 2, seed: int = 1) -> np.ndarray[Any, Any]:
    """Return the values of a type at which things go wrong, and a few random ones."""
    rng = np.random.default_rng(seed)
    kind = dtype(scalar_type)
    match scalar_type.kind:
        case "b":
            return np.array([False, True])
        case "i" | "u":
            bounds = np.iinfo(kind)
            wanted = {0, 1, 2, 3, 7, 62, 63, 64, 100, -1, -2, -7, bounds.min, bounds.min + 1}
            wanted |= {bounds.max, bounds.max - 1, 2**53 + 1, -(2**53) - 1, 2**31, 2**32, 300}
            wanted |= {2**60 + 2**36 + 1, -(2**31), 3037000500}
            inside = sorted(v for v in wanted if bounds.min <= v <= bounds.max)
            random = rng.integers(bounds.min, bounds.max, extra, dtype=kind, endpoint=True)
            return np.concatenate([np.array(inside, kind), random])
        case "f":
            return _floats(kind, extra, rng)
        case _:
            part = np.dtype("float32" if kind.itemsize == 8 else "float64")
            values = _floats(part, extra, rng)
            real = rng.choice(values, 24)
            imaginary = rng.choice(values, 24)
            out = np.empty(24, kind)
            out.real, out.imag = real, imaginary
            out[:4] = [0, 1, 1j, 2.5 - 3.5j]
            return out


def _floats(kind: np.dtype[Any], extra: int, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    information = np.finfo(kind)
    wanted = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 2.0, -127.9, 255.5, 1e10, -0.3]
    wanted += [math.inf, -math.inf, math.nan, float(information.max), -float(information.max)]
    wanted += [float(information.tiny), float(information.smallest_subnormal), 2.0**53, 2.0**63]
    wanted += [-(2.0**63), 1e-20]
    if kind.itemsize == 8:
        wanted += [1e300, -1e300, 1e-300, 1e39, 2.0**53 + 2, 2.0**64]
    return np.concatenate([np.array(wanted), rng.standard_normal(extra)]).astype(kind)
