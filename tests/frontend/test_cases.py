"""Loops and what they are lowered to, as text: `tests/cases/lower.case`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from outcomes import require_nest

from parloop.ir.printer import to_text

CASES = Path(__file__).parent.parent / "cases" / "lower.case"


def cases() -> list[tuple[str, str, str]]:
    """Return name, input and expected text of every case."""
    parts = re.split(r"^\[case (\w+)\]\n", CASES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = []
    for name, both in zip(parts[1::2], parts[2::2], strict=True):
        given, expected = both.split("[out]\n")
        found.append((name, given, expected.strip()))
    return found


@pytest.mark.parametrize(
    ("given", "expected"), [pytest.param(*rest, id=name) for name, *rest in cases()]
)
def test_a_loop_is_lowered_to_the_text_of_its_case(given: str, expected: str) -> None:
    assert to_text(require_nest(given)) == expected
