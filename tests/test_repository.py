"""The project's own rules, read from its text."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import parloop
from parloop.diagnostics import Diagnostic

ROOT = Path(parloop.__file__).parent
PHASES = (
    *("ir", "capture", "frontend", "analysis", "staging", "schedule", "codegen", "runtime"),
    *("report", "survey", "api", "startup", "notebook", "cli"),
)
"""The order of `docs/architecture.md`: a module imports only from phases before its own."""
OPEN_TO_ALL = ("source", "diagnostics", "config")
ENTRANCES = ("__init__", "__main__")
"""They stand behind every phase: users come in through them."""
CODE_MODULES = ("codes", "reasons")
"""Where diagnostics with a code live; `reasons` is the report's own."""
SECTIONS = ("What it means", "Why it matters", "Example", "What to do")

MODULES = sorted(ROOT.rglob("*.py"))


def name_of(path: Path) -> str:
    """Return the dotted name of the module at `path`, without a final `__init__`."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted name of everything that the module at `path` imports, at any depth."""
    package = name_of(path).split(".")
    if path.stem != "__init__":
        package.pop()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (item.name for item in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = package[: len(package) - level + 1] if level else []
                prefix = ".".join([*base, *([module] if module else [])])
                yield from (f"{prefix}.{item.name}" for item in names)
            case _:
                pass


def place(dotted: str) -> int:
    """Return where a name of ours stands in the layout; what is open to all stands first."""
    parts = dotted.split(".")
    if parts[1] in OPEN_TO_ALL or parts[1].startswith("__version"):
        return -1
    return PHASES.index(parts[1]) if parts[1] in PHASES else len(PHASES)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_import_follows_the_layout(path: Path) -> None:
    own = len(PHASES) if path.parent == ROOT and path.stem in ENTRANCES else place(name_of(path))
    ours = [dotted for dotted in imports(path) if dotted.startswith("parloop.")]
    assert [dotted for dotted in ours if place(dotted) > own] == []


def test_every_module_has_a_place_in_the_layout() -> None:
    known = {*PHASES, *OPEN_TO_ALL, *ENTRANCES}
    first_parts = {path.relative_to(ROOT).with_suffix("").parts[0] for path in MODULES}
    assert first_parts <= known


def test_only_one_module_imports_islpy() -> None:
    users = [
        name_of(path)
        for path in MODULES
        if any(dotted.split(".")[0] == "islpy" for dotted in imports(path))
    ]
    assert len(users) <= 1, users


def test_llvmlite_stays_in_codegen_and_runtime() -> None:
    users = {
        name_of(path).split(".")[1]
        for path in MODULES
        if any(dotted.split(".")[0] == "llvmlite" for dotted in imports(path))
    }
    assert users <= {"codegen", "runtime"}


def codes() -> list[type[Diagnostic]]:
    """Return every diagnostic that has a code."""
    for path in MODULES:
        if path.stem in CODE_MODULES:
            import_module(name_of(path))
    found: list[type[Diagnostic]] = []
    pending = [Diagnostic]
    while pending:
        kind = pending.pop()
        pending.extend(kind.__subclasses__())
        if kind.code and kind.__module__.startswith("parloop."):
            found.append(kind)
    return found


def test_codes_are_never_shared() -> None:
    count = Counter(kind.code for kind in set(codes()))
    assert [code for code, uses in count.items() if uses > 1] == []


def test_every_code_says_what_it_means_and_what_to_do() -> None:
    missing = [
        f"{kind.code}: {section}"
        for kind in codes()
        for section in SECTIONS
        if section not in (kind.__doc__ or "")
    ]
    assert missing == []


def test_codes_live_in_the_modules_for_them() -> None:
    elsewhere = [
        f"{name_of(path)}.{node.name}"
        for path in MODULES
        if path.stem not in (*CODE_MODULES, "diagnostics")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and _gives_a_code(node)
    ]
    assert elsewhere == []


def _gives_a_code(node: ast.ClassDef) -> bool:
    """Tell whether a class body says `code: ClassVar[str] = ...`."""
    return any(
        isinstance(stmt, ast.AnnAssign)
        and isinstance(stmt.target, ast.Name)
        and stmt.target.id == "code"
        and "ClassVar" in ast.unparse(stmt.annotation)
        for stmt in node.body
    )
