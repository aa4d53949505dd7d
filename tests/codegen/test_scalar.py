"""Native scalar operations against CPython and NumPy: bits, types, exceptions, warnings.

The ordinary run takes a part of all pairs of types, another one for each operator; the campaign
(`pytest -m campaign`) takes them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import numpy as np
import pytest
from scalar_oracle import (
    COMPARISONS,
    OPERATORS,
    UNARY,
    Native,
    Operation,
    check,
    compile_all,
    dtype,
    grid,
    pairs,
)

from parloop.frontend import known
from parloop.ir.types import (
    NP_BOOL,
    NP_COMPLEX64,
    NP_COMPLEX128,
    NP_FLOAT32,
    NP_FLOAT64,
    NP_INT16,
    NP_INT64,
    NP_UINT64,
    NUMPY_SCALARS,
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    PYTHON_SCALARS,
    Scalar,
)

SCALARS = PYTHON_SCALARS + NUMPY_SCALARS


@pytest.fixture(autouse=True)
def _numpy_warns() -> Iterator[None]:
    with np.errstate(all="warn", under="ignore"):
        yield


def columns_for(operation: Operation) -> Sequence[np.ndarray]:
    grids = [grid(scalar) for scalar in operation.types]
    if len(grids) == 1:
        return grids
    grows = operation.op in ("**", "<<", "builtins.pow")
    if grows and all(t.owner == "python" and t.kind in "bi" for t in operation.types):
        # CPython would compute, and print, numbers of 2**63 digits.
        grids[1] = grids[1][(grids[1] >= -300) & (grids[1] <= 300)]
    if operation.op == "builtins.round":
        # of a whole number CPython computes the power of ten
        grids[1] = grids[1][np.abs(grids[1].astype(float)) <= 300]
    return pairs(*grids)


def differences(operations: Iterable[Operation]) -> list[str]:
    supported = [operation for operation in operations if operation.rule() is not None]
    assert supported
    found: list[str] = []
    for natives in compile_all(supported, opt_level=1):
        found += check(natives, columns_for(natives[0].operation)).differences
    return found


def some_pairs(salt: int, step: int) -> list[tuple[Scalar, Scalar]]:
    """Return the pairs of one type with itself and of Python's types, and each `step`th other."""
    return [
        pair
        for index, pair in enumerate(product(SCALARS, SCALARS))
        if pair[0] == pair[1]
        or (pair[0].owner == pair[1].owner == "python")
        or (index + salt) % step == 0
    ]


@pytest.mark.parametrize("op", OPERATORS)
def test_binary_operators_are_cpythons(op: str) -> None:
    salt = list(OPERATORS).index(op)
    assert not differences(Operation("binary", op, pair) for pair in some_pairs(salt, 16))


@pytest.mark.campaign
@pytest.mark.parametrize("op", OPERATORS)
def test_binary_operators_are_cpythons_for_all_pairs_of_types(op: str) -> None:
    assert not differences(Operation("binary", op, pair) for pair in product(SCALARS, SCALARS))


@pytest.mark.parametrize("op", COMPARISONS)
def test_comparisons_are_cpythons(op: str) -> None:
    salt = list(COMPARISONS).index(op)
    assert not differences(Operation("compare", op, pair) for pair in some_pairs(salt, 17))


@pytest.mark.campaign
@pytest.mark.parametrize("op", COMPARISONS)
def test_comparisons_are_cpythons_for_all_pairs_of_types(op: str) -> None:
    assert not differences(Operation("compare", op, pair) for pair in product(SCALARS, SCALARS))


def test_unary_operators_and_truth_are_cpythons() -> None:
    operations = [Operation("unary", op, (scalar,)) for op in UNARY for scalar in SCALARS]
    operations += [Operation("truth", "", (scalar,)) for scalar in SCALARS]
    assert not differences(operations)


def test_stores_are_numpys() -> None:
    names = [dtype(scalar).name for scalar in NUMPY_SCALARS]
    assert not differences(
        Operation("store", name, (scalar,)) for name in names for scalar in SCALARS
    )


UNARY_TYPES = [(t,) for t in (PY_INT, PY_FLOAT, NP_INT16, NP_FLOAT32, NP_FLOAT64, NP_COMPLEX128)]


def calls(modules: tuple[str, ...], types: Iterable[tuple[Scalar, ...]]) -> list[Operation]:
    chosen = list(types)
    return [
        Operation("call", callee, operands)
        for callee, (fewest, most) in known.FUNCTIONS.items()
        for operands in chosen
        if callee.startswith(modules) and fewest <= len(operands) <= most
    ]


def test_calls_of_builtins_and_math_with_one_operand_are_cpythons() -> None:
    chosen = [(PY_BOOL,), (PY_COMPLEX,), (NP_BOOL,), (NP_UINT64,), (NP_COMPLEX64,), *UNARY_TYPES]
    assert not differences(calls(("builtins.",), chosen))
    assert not differences(calls(("math.",), [(PY_FLOAT,), (NP_FLOAT32,), (PY_INT,)]))


def test_calls_of_builtins_and_math_with_two_operands_are_cpythons() -> None:
    chosen = [(PY_FLOAT, PY_FLOAT), (PY_INT, PY_FLOAT), (PY_INT, PY_INT), (NP_FLOAT32, PY_INT)]
    assert not differences(calls(("builtins.",), chosen))
    assert not differences(calls(("math.",), chosen[:2]))
    whole = [(PY_INT, PY_INT), (PY_BOOL, NP_INT16), (NP_UINT64, PY_INT)]
    assert not differences(calls(("math.gcd", "math.lcm"), whole))


@pytest.mark.parametrize("part", range(2))
def test_ufuncs_and_types_of_numpy_with_one_operand_are_numpys(part: int) -> None:
    assert not differences(calls(("numpy.",), UNARY_TYPES)[part::2])


@pytest.mark.parametrize("part", range(2))
def test_ufuncs_of_numpy_with_two_operands_are_numpys(part: int) -> None:
    chosen = [(NP_FLOAT64, NP_FLOAT64), (NP_FLOAT32, PY_FLOAT), (NP_INT64, PY_INT)]
    chosen.append((PY_COMPLEX, NP_FLOAT64))
    assert not differences(calls(("numpy.",), chosen)[part::2])


@pytest.mark.campaign
def test_calls_of_numpy_are_numpys_for_all_types() -> None:
    unary = [(scalar,) for scalar in SCALARS]
    operations = calls(("numpy.",), [*unary, *product(SCALARS, SCALARS)])
    for start in range(0, len(operations), 1000):
        assert not differences(operations[start : start + 1000])


ROUNDED = (PY_BOOL, PY_INT, PY_FLOAT, NP_INT16, NP_UINT64, NP_FLOAT32, NP_FLOAT64)


def rounding_columns(scalar: Scalar, digits: Scalar) -> list[np.ndarray]:
    """Return numbers that are to be rounded: ties and nearly ties, small and large ones."""
    rng = np.random.default_rng(11)
    n = rng.integers(0, 12, 6000)
    decimals = rng.integers(-(10**6), 10**6, 6000) / 10.0**n
    ties = rng.integers(-4000, 4000, 6000) / 16
    random = rng.standard_normal(6000) * 10.0 ** rng.integers(-12, 20, 6000)
    values = np.concatenate([decimals / 2, decimals * 5, ties, random, -np.zeros(24)])
    places = np.concatenate([n, n, n % 6, n * 2, np.arange(24)])
    with np.errstate(all="ignore"):
        return [values.astype(dtype(scalar)), places.astype(dtype(digits))]


@pytest.mark.parametrize("digits", [PY_INT, PY_BOOL, NP_INT16])
def test_rounding_to_digits_is_cpythons(digits: Scalar) -> None:
    for natives in compile_all(
        Operation("call", "builtins.round", (scalar, digits)) for scalar in ROUNDED
    ):
        found = check(natives, rounding_columns(natives[0].operation.types[0], digits))
        assert not found.differences
        assert found.escapes < found.total / 4


def test_hypot_is_cpythons() -> None:
    rng = np.random.default_rng(12)
    x = rng.standard_normal(20_000) * 10.0 ** rng.integers(-300, 300, 20_000)
    y = x * rng.uniform(-2, 2, 20_000) * 10.0 ** rng.integers(-12, 2, 20_000)
    near = np.array([2.0**e * f for e in (-1074, -1022, -1021, 1021, 1022) for f in (1.0, 1.9)])
    operation = Operation("call", "math.hypot", (PY_FLOAT, PY_FLOAT))
    for columns in ([x, y], pairs(near, near)):
        (natives,) = compile_all([operation])
        found = check(natives, columns)
        assert not found.differences
    assert check(natives, [x, y]).escapes < 200


FLOATS = (NP_FLOAT32, NP_FLOAT64)
COMPLEX = (PY_COMPLEX, NP_COMPLEX64, NP_COMPLEX128)
RANDOM = [
    *(Operation("binary", op, (t, t)) for op in ("**", "//", "%", "/") for t in FLOATS),
    *(Operation("binary", op, (PY_FLOAT, PY_FLOAT)) for op in ("**", "//", "%")),
    *(Operation("binary", op, (t, t)) for op in ("*", "/") for t in COMPLEX),
    Operation("binary", "*", (NP_INT64, PY_COMPLEX)),
    *(Operation("call", "builtins.abs", (t,)) for t in COMPLEX),
    *(Operation("call", f"numpy.{n}", (NP_FLOAT64,)) for n in ("exp", "log", "sin", "tanh")),
    *(Operation("call", f"math.{n}", (PY_FLOAT,)) for n in ("exp", "log", "sin", "tanh")),
    Operation("compare", "<", (PY_INT, PY_FLOAT)),
]


def random_numbers(scalar: Scalar, count: int, rng: np.random.Generator) -> np.ndarray:
    kind = dtype(scalar)
    if scalar.kind in "iu":
        bounds = np.iinfo(kind)
        return rng.integers(bounds.min, bounds.max, count, dtype=kind, endpoint=True)
    scale = 10.0 ** rng.integers(-4, 5, count)
    if scalar.kind == "f":
        return (rng.standard_normal(count) * scale).astype(kind)
    other = 10.0 ** rng.integers(-4, 5, count)
    return (rng.standard_normal(count) * scale + 1j * (rng.standard_normal(count) * other)).astype(
        kind
    )


def random_differences(natives: list[Native], count: int) -> list[str]:
    rng = np.random.default_rng(7)
    types = natives[0].operation.types
    return check(natives, [random_numbers(t, count, rng) for t in types]).differences


def test_bits_of_random_numbers_are_cpythons() -> None:
    for natives in compile_all(RANDOM):
        assert not random_differences(natives, 2000)


@pytest.mark.campaign
def test_bits_of_a_million_random_numbers_are_cpythons() -> None:
    for natives in compile_all(RANDOM):
        assert not random_differences(natives, 1_000_000)
