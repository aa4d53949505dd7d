"""The pages about codes are those that the docstrings make."""

from __future__ import annotations

from pathlib import Path

import pytest

from parloop.report.codes import GROUPS, all_codes, missing_sections, pages, write

FOLDER = Path(__file__).parents[2] / "docs" / "codes"


@pytest.mark.parametrize("code", sorted(all_codes()))
def test_a_code_has_all_four_sections(code: str) -> None:
    assert missing_sections(all_codes()[code]) == ()


@pytest.mark.parametrize("code", sorted(all_codes()))
def test_a_code_is_one_of_a_group(code: str) -> None:
    assert code[:3] in GROUPS
    assert code[3:].isdigit()


def test_the_pages_are_current() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert written == pages(), "run `python -m parloop.report.codes docs/codes`"


def test_writing_removes_pages_of_codes_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "OLD101.md").write_text("old")
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(pages())
