"""The functions that machine code calls, found and self-tested."""

from __future__ import annotations

import ctypes
import math

from llvmlite import ir
from scalar_oracle import Recorder

from parloop.codegen import externals, scalar
from parloop.ir.types import NP_FLOAT32, NP_FLOAT64, PY_FLOAT
from parloop.runtime import jit


def test_libm_is_the_one_of_math() -> None:
    place = externals.address("parloop.libm.exp")
    assert place is not None
    assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(place)(1.1) == math.exp(1.1)


def test_a_function_that_no_library_has_is_none() -> None:
    assert externals.address("parloop.libm.no_such_function") is None
    assert externals.address("exp") is None


def test_a_loop_has_an_address_and_agrees_with_numpy() -> None:
    assert externals.ufunc_loop("exp", "d->d") is not None
    assert externals.address("parloop.numpy.exp.d->d") is not None


def test_a_loop_that_may_raise_or_does_not_exist_is_none() -> None:
    assert externals.ufunc_loop("power", "ll->l") is None
    assert externals.ufunc_loop("exp", "dd->d") is None
    assert externals.ufunc_loop("ndarray", "d->d") is None


def test_comparing_loops_are_known_to_clear_the_flags() -> None:
    loop = externals.ufunc_loop("tanh", "d->d"), externals.ufunc_loop("log", "d->d")
    assert all(found is not None for found in loop)
    assert not loop[1].clears_flags


def fast_trips(emit: object) -> tuple[bool, int]:
    """Return whether the fast variant notes an event without the processor's flags."""
    module = ir.Module("constants")
    function = ir.Function(module, ir.FunctionType(ir.IntType(32), []), "run")
    entry, body = (function.append_basic_block(name) for name in ("entry", "body"))
    ir.IRBuilder(entry).branch(body)
    recorder = Recorder(ir.IRBuilder(body), module, precise=False)
    recorder.builder.position_at_end(body)
    recorder.builder.store(ir.Constant(ir.IntType(32), 0), recorder.warned)
    emit(recorder)  # type: ignore[operator]
    recorder.builder.ret(recorder.builder.load(recorder.warned, typ=ir.IntType(32)))
    loaded = jit.load(jit.compile_to_object(str(module)), {})
    return ctypes.CFUNCTYPE(ctypes.c_int32)(loaded.address("run"))() != 0, len(recorder.texts)


def test_an_overflow_of_a_constants_cast_is_noted_by_value() -> None:
    def emit(recorder: Recorder) -> None:
        value = scalar.constant(PY_FLOAT, 1e300)
        scalar.emit_convert(recorder, value, PY_FLOAT, NP_FLOAT32)

    assert fast_trips(emit) == (True, 1)


def test_a_cast_of_a_small_constant_trips_nothing() -> None:
    def emit(recorder: Recorder) -> None:
        value = scalar.constant(PY_FLOAT, 1.5)
        scalar.emit_convert(recorder, value, PY_FLOAT, NP_FLOAT32)

    assert fast_trips(emit) == (False, 1)


def test_a_numpy_number_made_of_a_constant_is_computed_with_at_run_time() -> None:
    def emit(recorder: Recorder) -> None:
        big = scalar.constant(PY_FLOAT, 1e308)
        number = scalar.emit_call(recorder, "numpy.float64", (PY_FLOAT,), (big,))
        assert not isinstance(number, ir.Constant)
        scalar.emit_binary(recorder, "*", (NP_FLOAT64, PY_FLOAT), (number, big))

    fast_trips(emit)
