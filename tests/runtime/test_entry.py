"""The native entry does what its definition in Python does, for whatever it is given."""

from __future__ import annotations

import ctypes
import gc
import itertools
import random
import struct
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from parloop.ir.types import (
    NP_COMPLEX64,
    NP_FLOAT32,
    NP_FLOAT64,
    NP_INT8,
    NUMPY_SCALARS,
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    PYTHON_SCALARS,
    Array,
    Scalar,
    Type,
)
from parloop.runtime import capi, entry, jit
from parloop.runtime.entry import Entry, ParameterSpec, make_entry, pack_slow

WORDS = 200
UNTOUCHED = 0x5555555555555555


def specs(*kinds: Type) -> tuple[ParameterSpec, ...]:
    """Give each parameter the words it needs, and one word between it and the next."""
    made, slot = [], 0
    for kind in kinds:
        made.append(ParameterSpec(kind, slot))
        match kind:
            case Array(ndim=ndim):
                slot += 1 + 2 * ndim + 1
            case Scalar():
                slot += 3
    return tuple(made)


def run(made: Entry, arguments: tuple[object, ...], *, slow: bool = False) -> tuple[int, list[int]]:
    """Return the answer and the record."""
    record = (ctypes.c_uint64 * WORDS)(*[UNTOUCHED] * WORDS)
    address = ctypes.addressof(record)
    if slow:
        answer = pack_slow(made.parameters, made.may_overlap_pairs, address, *arguments)
    else:
        answer = made.pack(address, *arguments)
    return (answer, list(record))


class OwnArray(np.ndarray[Any, Any]):
    """A subclass: it may have its own indexing."""


class OwnFloat(float):
    """A subclass: it may have its own arithmetic."""


class OwnInt(int):
    """A subclass: it may have its own arithmetic."""


def sample_arguments() -> list[object]:
    base = np.arange(48, dtype=np.float64)
    read_only = base[:24].reshape(4, 6)
    read_only.flags.writeable = False
    unaligned = np.zeros(81, dtype=np.uint8)[1:].view(np.float64)
    warned = base[:3].copy()
    if hasattr(warned.flags, "_warn_on_write"):
        warned.flags._warn_on_write = True
    arrays: list[object] = [
        *(base, base[3:9], base[40:2:-3], base.reshape(6, 8), base.reshape(6, 8)[::2, ::-3].T),
        *(base.reshape(2, 4, 6), base[:0], base.reshape(6, 8)[2:2], np.array(1.5), read_only),
        *(unaligned, warned, base.astype(">f8"), np.broadcast_to(base[:2], (3, 2))),
        *(base.view(OwnArray), np.zeros(3, dtype=object), np.zeros(3, "M8[s]"), np.zeros(3, "f2")),
        *(np.zeros(4, dtype=np.longlong), np.zeros(3, dtype=[("x", "f8")]), np.zeros((2,) * 9)),
        *(
            np.zeros(2, dtype=np.dtype("f8", metadata={"a": 1})),
            np.lib.stride_tricks.as_strided(base, (5,), (0,)),
        ),
    ]
    for scalar in NUMPY_SCALARS:
        arrays += [np.ones((2, 3), dtype=capi.numpy_code(scalar)), np.ones(4, scalar_type(scalar))]
    scalars: list[object] = [
        *(True, False, 0, 1, -1, 2**62, -(2**63), 2**63 - 1, 2**63, -(2**63) - 1, 10**40),
        *(0.0, -0.0, 1.5, float("nan"), float("-inf"), 5e-324, 1 + 2j, complex("nan-0j")),
        *(None, "text", b"x", [1.0], OwnFloat(1.5), OwnInt(3), np.float16(1), np.longdouble(1)),
        *(np.longlong(3), np.str_("x"), np.datetime64(3, "s"), np.void(b"12345678"), np.ndarray),
    ]
    for scalar in NUMPY_SCALARS:
        scalars += extreme_values(scalar)
    return arrays + scalars


def scalar_type(scalar: Scalar) -> type:
    return capi.python_type(scalar)


def extreme_values(scalar: Scalar) -> list[object]:
    make = scalar_type(scalar)
    match scalar.kind:
        case "b":
            return [make(False), make(True)]
        case "i" | "u":
            info = np.iinfo(make)
            return [make(info.min), make(info.max), make(5)]
        case "f":
            return [make(-0.0), make("nan"), make(1.5), np.finfo(make).smallest_subnormal]
        case "c":
            return [make(complex(1.5, -0.0)), make(complex("nan-infj"))]


def sample_kinds() -> list[Type]:
    dtypes = (NP_FLOAT64, NP_INT8, NP_FLOAT32, NP_COMPLEX64)
    arrays = [
        Array(dtype, ndim, writable)
        for dtype in dtypes
        for ndim in (0, 1, 2, 3)
        for writable in (False, True)
    ]
    return [*PYTHON_SCALARS, *NUMPY_SCALARS, *arrays, *(Array(s, 2, True) for s in NUMPY_SCALARS)]


def test_this_interpreter_has_a_native_entry() -> None:
    if not capi._is_supported_interpreter():
        pytest.skip("free-threaded, or no CPython on a 64-bit little-endian machine")
    assert capi.find_layout() is not None
    assert None not in [capi.find_value(s) for s in (PY_FLOAT, PY_COMPLEX, *NUMPY_SCALARS)]
    assert type(make_entry((), may_overlap_pairs=()).pack).__name__ == "builtin_function_or_method"


def test_every_argument_is_judged_as_the_definition_judges_it() -> None:
    arguments = sample_arguments()
    matches = 0
    for kind in sample_kinds():
        made = make_entry(specs(kind), may_overlap_pairs=())
        for argument in arguments:
            native, slow = run(made, (argument,)), run(made, (argument,), slow=True)
            assert native == slow, (kind, argument)
            matches += native[0] == 0
    assert matches > 100


def test_lists_of_arguments_are_judged_as_the_definition_judges_them() -> None:
    choose = random.Random(20250101)
    base = np.arange(96, dtype=np.float64)
    views = [base[lo:hi:step] for lo in range(0, 90, 9) for hi in (lo, lo + 9) for step in (1, 2)]
    views += [base[90:lo:-4] for lo in range(0, 80, 16)]
    answers: set[int] = set()
    for _ in range(3000):
        n = choose.randint(1, 5)
        kinds = [choose.choice([Array(NP_FLOAT64, 1, True), PY_INT, PY_FLOAT]) for _ in range(n)]
        arrays = [i for i, kind in enumerate(kinds) if isinstance(kind, Array)]
        pairs = list(itertools.combinations(arrays, 2))
        choose.shuffle(pairs)
        arguments = tuple(
            choose.choice(views)
            if choose.random() < 0.02 or isinstance(kind, Array)
            else choose.choice([1, -7, 2**80] if kind == PY_INT else [1.5, -0.0])
            for kind in kinds
        )
        made = make_entry(specs(*kinds), may_overlap_pairs=tuple(pairs))
        native, slow = run(made, arguments), run(made, arguments, slow=True)
        assert native == slow, (kinds, arguments)
        answers.add(native[0])
    assert {-3, -2, -1, 0, 1, 2} <= answers


def test_the_record_of_an_array_is_its_pointer_extents_and_strides() -> None:
    array = np.zeros((4, 6))[::2, ::-3]
    made = make_entry((ParameterSpec(Array(NP_FLOAT64, 2, True), 3),), may_overlap_pairs=())
    answer, record = run(made, (array,))
    assert answer == 0
    assert record[3:8] == [array.ctypes.data, 2, 2, 96, 2**64 - 24]
    assert record[:3] + record[8:] == [UNTOUCHED] * (WORDS - 5)


@pytest.mark.parametrize(
    ("kind", "argument", "words"),
    [
        (PY_BOOL, True, [1]),
        (PY_INT, -2, [2**64 - 2]),
        (PY_FLOAT, -0.0, [2**63]),
        (PY_COMPLEX, complex(1.0, -0.0), list(struct.unpack("<2Q", struct.pack("<2d", 1.0, -0.0)))),
        (NP_INT8, np.int8(-3), [2**64 - 3]),
        (NP_FLOAT32, np.float32(1), [0x3F800000]),
        (NP_COMPLEX64, np.complex64(1 - 2j), [0x3F800000, 0xC0000000]),
    ],
)
def test_the_record_of_a_scalar_is_its_bits(
    kind: Scalar, argument: object, words: list[int]
) -> None:
    made = make_entry((ParameterSpec(kind, 1),), may_overlap_pairs=())
    answer, record = run(made, (argument,))
    assert answer == 0
    assert record[: len(words) + 2] == [UNTOUCHED, *words, UNTOUCHED]


def test_signalling_nans_keep_their_bits() -> None:
    bits = 0x7FF0000000000001
    quiet_or_not = np.array([bits], dtype=np.uint64).view(np.float64)[0]
    made = make_entry((ParameterSpec(NP_FLOAT64, 0),), may_overlap_pairs=())
    assert run(made, (quiet_or_not,))[1][0] == bits
    assert run(made, (quiet_or_not,), slow=True)[1][0] == bits


def test_numpy_and_python_numbers_are_told_apart() -> None:
    for_float = make_entry(specs(PY_FLOAT), may_overlap_pairs=())
    for_float64 = make_entry(specs(NP_FLOAT64), may_overlap_pairs=())
    assert [run(for_float, (x,))[0] for x in (1.5, np.float64(1.5))] == [0, 1]
    assert [run(for_float64, (x,))[0] for x in (1.5, np.float64(1.5))] == [1, 0]


def test_touching_arrays_do_not_overlap_and_one_shared_byte_does() -> None:
    base = np.zeros(20)
    kind = Array(NP_FLOAT64, 1, True)
    made = make_entry(specs(kind, kind), may_overlap_pairs=((0, 1),))
    assert run(made, (base[:10], base[10:]))[0] == 0
    assert run(made, (base[:11], base[10:]))[0] == -1
    assert run(made, (base[9::-1], base[10:]))[0] == 0
    assert run(made, (base[10::-1], base[10:]))[0] == -1
    assert run(made, (base[5:5], base))[0] == 0


@pytest.mark.parametrize("slow", [False, True])
def test_two_arrays_in_memory_of_others_may_overlap_wherever_they_stand(slow: bool) -> None:
    def foreign() -> np.ndarray[Any, Any]:
        return np.frombuffer(bytearray(80))

    def answer(*arrays: np.ndarray[Any, Any]) -> int:
        return run(made, arrays, slow=slow)[0]

    kind = Array(NP_FLOAT64, 1, True)
    made = make_entry(specs(kind, kind), may_overlap_pairs=((0, 1),))
    assert answer(foreign(), foreign()) == -1
    assert answer(foreign()[1:], foreign().reshape(5, 2)[:, 0]) == -1
    assert answer(np.zeros(9), foreign()) == 0
    assert answer(foreign(), np.zeros(9)) == 0
    assert answer(np.zeros((3, 3)).reshape(9)[2:], np.zeros((3, 3)).reshape(-1)) == 0


def test_pairs_that_are_not_listed_may_overlap() -> None:
    base = np.zeros(20)
    kind = Array(NP_FLOAT64, 1, True)
    made = make_entry(specs(kind, kind, kind), may_overlap_pairs=((1, 2),))
    assert run(made, (base[:10], base[:10], base[10:]))[0] == 0


def test_pairs_of_scalars_are_refused() -> None:
    with pytest.raises(ValueError, match="must name two array parameters"):
        make_entry(specs(PY_INT, PY_INT), may_overlap_pairs=((0, 1),))


def test_no_reference_to_an_argument_is_kept() -> None:
    arguments = (np.zeros(3), 12345678901234, 1.5e300, np.float32(3), np.zeros(4))
    kinds = (Array(NP_FLOAT64, 1, True), PY_INT, PY_FLOAT, NP_FLOAT32, Array(NP_FLOAT64, 1, True))
    made = make_entry(specs(*kinds), may_overlap_pairs=((0, 4),))
    before = [sys.getrefcount(argument) for argument in arguments]
    run(made, arguments)
    run(made, arguments[::-1])
    assert [sys.getrefcount(argument) for argument in arguments] == before


@pytest.mark.parametrize("arguments", [(), (0,), (0, 1, 2)])
def test_a_wrong_number_of_arguments_raises(arguments: tuple[int, ...]) -> None:
    made = make_entry(specs(PY_INT), may_overlap_pairs=())
    with pytest.raises(TypeError):
        made.pack(*arguments)


def test_a_record_that_is_no_address_raises() -> None:
    made = make_entry((), may_overlap_pairs=())
    with pytest.raises(TypeError):
        made.pack("record")
    with pytest.raises(OverflowError):
        made.pack(2**70)


def test_entries_and_their_functions_may_outlive_one_another() -> None:
    pack = make_entry(specs(PY_INT), may_overlap_pairs=()).pack
    gc.collect()
    record = (ctypes.c_uint64 * 1)()
    assert pack(ctypes.addressof(record), 7) == 0
    assert record[0] == 7


def test_without_a_known_layout_the_definition_does_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(entry.capi, "find_layout", lambda: None)
    kind = Array(NP_FLOAT64, 1, False)
    made = make_entry(specs(kind, PY_INT), may_overlap_pairs=())
    assert "builtin" not in type(made.pack).__name__
    assert run(made, (np.zeros(3), 3))[0] == 0
    assert run(made, (np.zeros(3), 3.0))[0] == 2


def test_a_number_that_is_not_found_is_left_to_the_definition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(entry.capi, "find_value", lambda scalar: None)
    made = make_entry(specs(PY_INT, PY_FLOAT), may_overlap_pairs=())
    assert "builtin" not in type(made.pack).__name__
    assert "builtin" in type(make_entry(specs(PY_INT), may_overlap_pairs=()).pack).__name__


def test_a_layout_that_is_not_where_it_is_looked_for_is_not_guessed() -> None:
    samples = (1.5, 2.5)
    nowhere = capi._only_offset(samples, range(16, 24, 8), capi._word_at, [0, 0])
    everywhere = capi._only_offset(samples, (16, 16), lambda address: 0, [0, 0])
    assert nowhere is None
    assert everywhere is None


def test_an_interpreter_without_the_gil_has_no_native_entry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capi.sys, "abiflags", "t", raising=False)
    assert capi.find_layout.__wrapped__() is None
    monkeypatch.delattr(capi.sys, "abiflags")  # as on Windows
    monkeypatch.setattr(capi.sysconfig, "get_config_var", lambda name: 1)
    assert capi.find_layout.__wrapped__() is None


ADD = """
declare void @PyErr_SetNone(ptr)
define i64 @weigh(i64 %a, i64 %b, i64 %c) nounwind {
  %tens = mul i64 %a, 100
  %ones = mul i64 %b, 10
  %some = add i64 %tens, %ones
  %all = add i64 %some, %c
  ret i64 %all
}
define i64 @raise(i64 %type, i64 %b, i64 %c) nounwind {
  %class = inttoptr i64 %type to ptr
  call void @PyErr_SetNone(ptr %class)
  ret i64 0
}
"""


@pytest.fixture(params=[True, False], ids=["native", "ctypes"])
def make_tested_caller(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], Callable[..., int]]:
    if not request.param:
        monkeypatch.setattr(entry.capi, "find_layout", lambda: None)
    return entry.make_caller


def test_callers_pass_three_words_and_return_one(
    make_tested_caller: Callable[[int], Callable[..., int]],
) -> None:
    loaded = jit.load(jit.compile_to_object(ADD), {"PyErr_SetNone": 0})
    weigh = make_tested_caller(loaded.address("weigh"))
    assert weigh(1, 2, 3) == 123
    assert weigh(-1, -1, -1) == -111
    assert weigh(0, 0, 2**63 - 1) == 2**63 - 1
    for wrong in ((), (1, 2), ("1", 2, 3)):
        with pytest.raises((TypeError, ctypes.ArgumentError)):
            weigh(*wrong)


def test_callers_raise_what_the_native_function_left(
    make_tested_caller: Callable[[int], Callable[..., int]],
) -> None:
    set_none = capi.address_of("PyErr_SetNone")
    loaded = jit.load(jit.compile_to_object(ADD), {"PyErr_SetNone": set_none})
    raises = make_tested_caller(loaded.address("raise"))
    with pytest.raises(KeyboardInterrupt):
        raises(id(KeyboardInterrupt), 0, 0)
