"""Write the pages about the codes from the docstrings of the diagnostics.

    python -m parloop.report.codes docs/codes

writes one page for each code, and an index; what is no page of a code any more is removed.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import parloop
from parloop.diagnostics import Diagnostic

SECTIONS: Final = ("What it means", "Why it matters", "Example", "What to do")
"""What every docstring of a code says, in this order."""

GROUPS: Final[Mapping[str, str]] = {
    "SYN": "What the text of a loop holds",
    "DEP": "Dependences between iterations",
    "RED": "Accumulations",
    "TYP": "Types of the values that a loop is entered with",
    "RUN": "Guards and launches",
    "GEN": "Making machine code",
    "ENV": "The machine and the environment",
}


def all_codes() -> dict[str, type[Diagnostic]]:
    """Return every diagnostic of the package with a code, sorted by code."""
    for module in pkgutil.walk_packages(parloop.__path__, "parloop."):
        if module.name.rpartition(".")[2] in ("codes", "reasons") and module.name != __name__:
            importlib.import_module(module.name)
    found: dict[str, type[Diagnostic]] = {}
    for cls in _subclasses(Diagnostic):
        if cls.code and cls.__module__.startswith("parloop."):
            if cls.code in found:
                raise ValueError(f"{cls.code} is both {cls} and {found[cls.code]}")
            found[cls.code] = cls
    return dict(sorted(found.items()))


def _subclasses(cls: type[Diagnostic]) -> Iterator[type[Diagnostic]]:
    for inner in cls.__subclasses__():
        yield inner
        yield from _subclasses(inner)


def missing_sections(cls: type[Diagnostic]) -> tuple[str, ...]:
    """Return the sections that the docstring of `cls` lacks."""
    text = inspect.getdoc(cls) or ""
    return tuple(name for name in SECTIONS if not re.search(rf"^\*{name}\.?\*", text, re.M))


def pages() -> dict[str, str]:
    """Return the text of every page by its file name, the index with them."""
    codes = all_codes()
    made = {f"{code}.md": _page(code, cls) for code, cls in codes.items()}
    return {"index.md": _index(codes), **made}


def write(folder: Path) -> None:
    """Bring `folder` up to date."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for path in folder.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def _page(code: str, cls: type[Diagnostic]) -> str:
    title, _, body = (inspect.getdoc(cls) or "").partition("\n")
    sections = re.sub(r"^\*([A-Z][\w ]+?)\.?\*\s*?", r"## \1\n\n", body.strip(), flags=re.M)
    sections = re.sub(r"(?<=\n\n) (?! )", "", sections)  # text that stood beside its heading
    sections = re.sub(r"\n{3,}", "\n\n", sections)
    return f"# {code}: {_without_stop(title)}\n\nVoice: `{cls.voice}`\n\n{sections.strip()}\n"


def _index(codes: Mapping[str, type[Diagnostic]]) -> str:
    lines = ["# Codes", "", "Made from the diagnostics' docstrings; `parloop.report.codes` writes"]
    lines.append("these pages.")
    for prefix, title in GROUPS.items():
        members = [code for code in codes if code.startswith(prefix)]
        if members:
            lines += ["", f"## {prefix}: {title}", ""]
            lines += [f"- [{code}]({code}.md) {_title(codes[code])}" for code in members]
    return "\n".join(lines) + "\n"


def _title(cls: type[Diagnostic]) -> str:
    return _without_stop((inspect.getdoc(cls) or "").partition("\n")[0])


def _without_stop(text: str) -> str:
    return text.strip().removesuffix(".")


def main(arguments: Sequence[str]) -> int:
    """Write the pages into the folder that is named, `docs/codes` if none is."""
    write(Path(arguments[0] if arguments else "docs/codes"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
