"""What the documentation names exists."""

from __future__ import annotations

import re
from pathlib import Path

from tests.corpus import FILES

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "parloop"
OUTSIDE = {"codes.py", "api.py", "startup.py", "notebook.py", "cli.py"}
"""Modules of no phase, which the map has among the ways in."""
NOT_LISTED = {"__init__.py", "__main__.py", "codes.py"}


def read(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_map_has_every_module() -> None:
    sections = dict(re.findall(r"^### (.*?)\n(.*?)(?=^##)", read("architecture.md"), re.M | re.S))
    for folder in sorted(p for p in PACKAGE.iterdir() if (p / "__init__.py").exists()):
        (text,) = [text for title, text in sections.items() if title.startswith(folder.name)]
        there = {path.name for path in folder.glob("*.py")} - NOT_LISTED
        named = set(re.findall(r"`(\w+\.py)`", text)) - OUTSIDE
        assert named == there, folder.name


def test_every_program_and_test_that_is_named_exists() -> None:
    programs = {name for file in FILES for name in file.functions()}
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    }
    rows = [line for line in read("semantics.md").splitlines() if line.startswith("| ")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split(" | ")[-1])}
    assert len(named) > 150
    assert named - programs - tests == set()


def test_links_lead_somewhere() -> None:
    missing = [
        f"{path.name}: {link}"
        for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
        if not (path.parent / link).exists()
    ]
    assert missing == []


def test_each_decision_has_a_number_of_its_own() -> None:
    pages = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    assert len({name[:4] for name in pages}) == len(pages), pages
    for name in pages:
        assert re.match(rf"# 0*{int(name[:4])}[.:] ", read(f"decisions/{name}")), name
