"""Every program under `tests/loops` leaves the same where kernels are interrupted at each slice."""

from __future__ import annotations

import ast
import ctypes

import pytest
from tests.corpus import FILES, LoopFile
from tests.differential import find_difference, run, slices_of

import parloop
from parloop.runtime import cutting, interrupts, launching


def _has_nest(file: LoopFile, name: str) -> bool:
    """Return whether a function has a loop around another: elsewhere kernels do not look."""
    (function,) = (n for n in file.tree.body if getattr(n, "name", "") == name)
    kinds = (ast.For, ast.While)
    outer = [node for node in ast.walk(function) if isinstance(node, kinds)]
    return any(isinstance(n, kinds) for loop in outer for s in loop.body for n in ast.walk(s))


CASES = [
    pytest.param(file, name, id=f"{file.path.stem}-{name}")
    for file in FILES
    for name in file.functions()
    if _has_nest(file, name)
]

_SET = ctypes.c_int64(1)


class Impatient(interrupts.Holder):
    """Interrupts each slice as soon as its kernel looks, and lets it through the second time."""

    __slots__ = ("given_up",)

    def hold(self) -> int:
        """Return the address of a word that is set, or not."""
        is_second = getattr(self, "given_up", False)
        return interrupts.NEVER if is_second else ctypes.addressof(_SET)

    def give_back(self, *, given_up: bool) -> None:
        """Note whether the slice was given up."""
        self.given_up = given_up


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "ALWAYS_POLLS", True)
    monkeypatch.setattr(launching, "Holder", Impatient)


@pytest.mark.parametrize(("file", "name"), CASES)
def test_slices_that_are_given_up_leave_nothing(file: LoopFile, name: str) -> None:
    plain = file.fresh()[name]
    fast = parloop.parallel(file.fresh()[name], min_work_ms=0)
    changes_globals = file.changes_globals(name)
    for number, arguments in enumerate(file.arguments(name)):
        if changes_globals:
            plain = file.fresh()[name]
            fast = parloop.parallel(file.fresh()[name], min_work_ms=0)
        expected = run(plain, arguments, "always", str(file.path))
        with slices_of(3):
            around = parloop.settings(threads=2, min_work_ms=0)
            seen = run(fast, arguments, "always", str(file.path), around)
        why = find_difference(expected, seen)
        assert why is None, f"arguments {number}: {why}"
