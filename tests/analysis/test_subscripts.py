"""The classical tests, exact elimination and isl against counting."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from parloop.analysis import polyhedra
from parloop.analysis.affine import Affine, System, constant, symbol
from parloop.analysis.conditions import Condition
from parloop.analysis.elimination import NotExactError, eliminate
from parloop.analysis.subscripts import test_subscripts as decide

ROW, COLUMN = symbol("@0"), symbol("@1")
N = symbol("n")


@pytest.mark.parametrize(
    ("first", "second", "trip", "proof"),
    [
        (constant(1), constant(2), None, "ZIV"),
        (constant(1), constant(1), None, None),
        (N, N.shifted(1), None, "ZIV"),
        (ROW, ROW.shifted(3), 3, "strong SIV"),
        (ROW, ROW.shifted(3), 4, None),
        (ROW.scaled(2), ROW.scaled(2).shifted(1), None, "strong SIV"),
        (ROW.scaled(2), COLUMN.scaled(4).shifted(1), None, "GCD"),
        (ROW, constant(-1), None, "weak-zero SIV"),
        (ROW, constant(7), 7, "weak-zero SIV"),
        (ROW, constant(7), 8, None),
        (ROW, ROW.scaled(-1).shifted(9), 5, "weak-crossing SIV"),
        (ROW, ROW.scaled(-1).shifted(8), 5, None),
        (ROW, COLUMN.scaled(-1).shifted(-1), None, "Banerjee"),
        (ROW, COLUMN.shifted(2), None, None),
    ],
)
def test_a_classical_test_proves_independence(
    first: Affine, second: Affine, trip: int | None, proof: str | None
) -> None:
    assert decide([first], [second], [0, 1], {0: trip, 1: trip}).independent == proof


def test_a_distance_that_one_subscript_fixes_decides_another() -> None:
    second = [ROW.shifted(-1), (ROW + COLUMN).shifted(2)]
    found = decide([ROW, ROW + COLUMN], second, [0, 1], {0: None, 1: None})
    assert found.independent is None
    assert found.distances == {0: 1, 1: -3}
    assert decide([ROW, ROW], [ROW, ROW.shifted(1)], [0], {0: None}).independent == "ZIV"


def random_affine(random: Random) -> Affine:
    terms = {name: random.choice([0, 0, 1, 1, 2, -1, -2, 3]) for name in ("@0", "@1")}
    return Affine({name: c for name, c in terms.items() if c}, random.randrange(-6, 7))


def test_classical_proofs_agree_with_counting() -> None:
    random = Random(5)
    proofs: dict[str, int] = {}
    for _ in range(3000):
        first, second = random_affine(random), random_affine(random)
        trips = {0: random.randrange(1, 5), 1: random.randrange(1, 5)}
        found = decide([first], [second], [0, 1], dict(trips))
        points = list(product(range(trips[0]), range(trips[1])))
        met = [
            (q[0] - p[0], q[1] - p[1])
            for p in points
            for q in points
            if first.at({"@0": p[0], "@1": p[1]}) == second.at({"@0": q[0], "@1": q[1]})
        ]
        if found.independent is not None:
            assert met == [], (first, second, trips)
            proofs[found.independent] = proofs.get(found.independent, 0) + 1
        for loop, distance in found.distances.items():
            assert all(d[loop] == distance for d in met)
    names = {"ZIV", "strong SIV", "weak-zero SIV", "weak-crossing SIV", "GCD", "Banerjee"}
    assert proofs.keys() == names


def random_system(random: Random) -> System:
    def row() -> Affine:
        names = ("@0", "@1", "n", "m")
        terms = {name: random.choice([0, 0, 0, 1, -1, 1, -1, 2, -3]) for name in names}
        return Affine({name: c for name, c in terms.items() if c}, random.randrange(-5, 6))

    box = tuple(s for t in (ROW, COLUMN) for s in (t.shifted(3), t.scaled(-1).shifted(3)))
    zero = tuple(row() for _ in range(random.randrange(2)))
    return System(zero, (*box, *(row() for _ in range(random.randrange(1, 4)))))


def solvable(system: System, n: int, m: int) -> bool:
    points = product(range(-3, 4), repeat=2)
    values = ({"@0": i, "@1": j, "n": n, "m": m} for i, j in points)
    return any(Condition(system).holds(point) for point in values)


NEEDS_ISL = pytest.mark.skipif(not polyhedra.is_available(), reason="asks isl itself")


@pytest.mark.parametrize("way", ["exact", "shadow", pytest.param("isl", marks=NEEDS_ISL)])
def test_projection_agrees_with_counting(way: str) -> None:
    random = Random(6)
    answered = 0
    for _ in range(250):
        system = random_system(random)
        if way == "isl":
            pieces = polyhedra.project(system, {"n", "m"})
            assert pieces is not None
        else:
            try:
                found = eliminate(system, None, shadow=way == "shadow")
            except NotExactError:
                continue
            pieces = () if found is None else (Condition(found),)
        answered += 1
        for n, m in product(range(-4, 5, 2), repeat=2):
            claimed = any(piece.holds({"n": n, "m": m}) for piece in pieces)
            real = solvable(system, n, m)
            assert claimed == real or (way == "shadow" and claimed), (system, n, m)
    assert answered > 60


@NEEDS_ISL
def test_numbers_of_any_size_are_exact() -> None:
    huge = 2**80
    row = Affine({"@0": 2, "n": -3}, -huge)
    pieces = polyhedra.project(System((row,), ()), {"n"})
    assert pieces is not None
    assert any(piece.holds({"n": 2}) for piece in pieces)
    assert not any(piece.holds({"n": 1}) for piece in pieces)


def test_too_many_parameters_are_not_asked_about() -> None:
    row = Affine({f"p{number}": 1 for number in range(13)}, 0)
    assert polyhedra.project(System((), (row,)), {f"p{number}" for number in range(13)}) is None
