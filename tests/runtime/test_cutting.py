"""A launch begins with the speed of the last one that was the same."""

from __future__ import annotations

import pytest
from tests.runtime.fake_kernel import FakeKernel

from parloop.codegen.layout import TRIPPED
from parloop.runtime import cutting
from parloop.runtime.cutting import Paces
from parloop.runtime.transaction import Launch

GUESS = 1e-3


def launched(trips: bool = False, **more: object) -> Launch:
    kernel = FakeKernel(10)
    if trips:
        kernel.fast.status = lambda lo, hi: TRIPPED
    launch = kernel.launch(seconds_per_iteration=GUESS, **more)
    launch.run()
    return launch


def begun(paces: Paces, key: object, **more: object) -> Launch:
    launch = FakeKernel(10).launch(seconds_per_iteration=GUESS, **more)
    paces.begin(key, launch)
    return launch


def test_a_launch_begins_with_the_speed_of_the_last_one() -> None:
    paces, first = Paces(), launched()
    first.copy_seconds = 0.25
    paces.learn("key", first)
    again = begun(paces, "key")
    assert again.seconds_per_iteration == first.seconds_per_iteration != GUESS
    assert again.copy_seconds == 0.25


@pytest.mark.parametrize("more", [{"threads": 4}, {"certain": False}])
def test_other_launches_guess(more: dict[str, object]) -> None:
    paces = Paces()
    paces.learn("key", launched())
    assert begun(paces, "other").seconds_per_iteration == GUESS
    assert begun(paces, "key", **more).seconds_per_iteration == GUESS


def test_a_launch_that_tripped_is_forgotten() -> None:
    paces = Paces()
    paces.learn("key", launched())
    paces.learn("key", launched(trips=True))
    assert begun(paces, "key").seconds_per_iteration == GUESS


def test_not_too_many_launches_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "MOST_PACES", 3)
    paces = Paces()
    for key in range(10):
        paces.learn(key, launched())
        assert 0 < len(paces.known) <= 3


@pytest.mark.parametrize(
    ("seconds", "certain", "expected"),
    [(None, True, False), (None, False, True), (1e-3, True, False), (1e-3, False, True),
     (1e-5, False, False), (0.5, True, True)],
)  # fmt: skip
def test_kernels_have_polls_where_an_iteration_may_be_long(
    seconds: float | None, certain: bool, expected: bool
) -> None:
    paces = Paces()
    if seconds is not None:
        paces.known["key", 1] = seconds, 0.0
    assert paces.are_long("key", 100.0, 1000, certain=certain) == expected
    assert paces.are_long("other", 1e9, 1000, certain=certain)
