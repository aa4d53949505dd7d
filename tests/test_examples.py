"""The examples and the README do what they say, with parloop as with CPython."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
SMALL = {
    "edit_distance.py": [str(ROOT / "LICENSE"), str(ROOT / "README.md"), "200"],
    "heat.py": ["30", "10"],
    "life.py": ["10", "40"],
    "mandelbrot.py": ["80", "40"],
    "palette.py": ["4", "SMALL_PICTURE"],
    "photo_edges.py": ["SMALL_PICTURE"],
    "planets.py": ["20"],
}
"""Arguments with which an example takes less than its usual seconds; the others take none."""

PICTURE = "Minduka_Present_Blue_Pack.png"
"""128 by 128 pixels, shipped with matplotlib."""

README = (ROOT / "README.md").read_text(encoding="utf-8")


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Return the exit code and the output of Python in `folder`, with what it wrote there."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "PARLOOP_CACHE_DIR": str(folder / ".cache")},
    )  # fmt: skip
    written = {path.name: path.read_bytes() for path in folder.glob("*.p?m")}
    errors = done.stderr if done.returncode else ""
    return done.returncode, done.stdout + errors + repr(sorted(written.items()))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_does_the_same_under_parloop(example: Path, tmp_path: Path) -> None:
    arguments = [str(example), *SMALL.get(example.name, [])]
    if "matplotlib" in example.read_text(encoding="utf-8"):
        library = pytest.importorskip("matplotlib", reason="the data come with matplotlib")
        picture = Path(library.get_data_path()) / "sample_data" / PICTURE
        arguments = [a.replace("SMALL_PICTURE", str(picture)) for a in arguments]
    folders = [tmp_path / "plain", tmp_path / "parloop"]
    for folder in folders:
        folder.mkdir()
    expected = run(folders[0], *arguments)
    assert expected[0] == 0, expected[1]
    assert run(folders[1], "-m", "parloop", "run", *arguments) == expected


def block(language: str) -> str:
    """Return the README's only fenced block of `language`."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return str(text)


def test_the_readme_s_script_does_the_same_under_parloop(tmp_path: Path) -> None:
    (tmp_path / "smooth.py").write_text(block("python"), encoding="utf-8")
    expected = run(tmp_path, "smooth.py")
    assert expected[0] == 0, expected[1]
    assert run(tmp_path, "-m", "parloop", "run", "smooth.py") == expected


def test_the_readme_shows_what_explain_says(tmp_path: Path) -> None:
    (tmp_path / "smooth.py").write_text(block("python"), encoding="utf-8")
    code, said = run(tmp_path, "-m", "parloop", "explain", "smooth.py")
    assert code == 0
    assert block("text") in said


def test_the_readme_has_two_commands_that_do_the_set_up() -> None:
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert [command.rpartition(" ")[2] for command in commands] == [
        "examples/photo_edges.py",
        "pytest",
    ]


def test_the_tour_runs(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
    pieces = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "tour.py").write_text("\n".join(pieces), encoding="utf-8")
    code, said = run(tmp_path, "tour.py")
    assert code == 0, said
    assert said.startswith("parallel-if\n")


def test_every_page_that_the_readme_names_is_there() -> None:
    named = re.findall(r"\]\(([^):]+)\)", README)
    assert [name for name in named if not (ROOT / name).exists()] == []
