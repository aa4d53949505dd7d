"""`docs/what-runs.md` says what the programs of the tests do."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from tests.what_runs import PAGE, SECTIONS, Row

ROWS = [pytest.param(row, id=row.program) for rows in SECTIONS.values() for row in rows]


@pytest.mark.parametrize("row", ROWS)
def test_the_code_of_a_row_stands_in_its_program(row: Row) -> None:
    assert row.code in row.text


def test_the_page_says_what_the_programs_do() -> None:
    command = [sys.executable, "-W", "error", "-m", "tests.what_runs", "-"]
    made = subprocess.run(command, cwd=PAGE.parent.parent, capture_output=True, check=False)
    assert not made.returncode, made.stderr.decode()
    page = PAGE.read_text(encoding="utf-8")
    assert page == made.stdout.decode(), "write it: python -m tests.what_runs"


def test_every_reason_that_the_page_gives_is_a_sentence() -> None:
    reasons = re.findall(r"interpreter: (.*) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    assert reasons
    assert all(len(reason.split()) > 3 for reason in reasons)
