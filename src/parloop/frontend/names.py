"""What the roots of dotted names stand for in a program's text."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import ModuleType

from parloop.frontend.known import BUILTIN_NAMES, CONSTANTS, resolve

_CONVENTIONAL: Mapping[str, str] = {
    "itertools": "itertools",
    "math": "math",
    "np": "numpy",
    "numpy": "numpy",
}
_STAR_MODULES = ("itertools", "math", "numpy")


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What names mean at a loop, as far as the text tells; staging asks again at run time.

    `roots` gives the dotted name of the object behind a name (`np` -> `numpy`, `s` ->
    `math.sqrt`); `hidden` names mean something of the program's own; `shared` names are declared
    `global` or `nonlocal` around the loop, which may read but not bind them.
    """

    roots: Mapping[str, str] = field(default_factory=lambda: _CONVENTIONAL)
    hidden: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()

    def find(self, root: str) -> str | None:
        """Return the dotted name behind `root`, or `None` if it is the program's own."""
        if root in self.hidden:
            return None
        if root in self.roots:
            return self.roots[root]
        return f"builtins.{root}" if root in BUILTIN_NAMES else None


def find_imports(tree: ast.Module) -> NameFacts:
    """Return what the names at the top level of `tree` mean: conventions, imports, own names.

    A name that is imported and also bound in another way (`np = None` where the import failed) is
    taken for the import, but for numbers (`from math import e` beside `e = 1`).
    """
    return _with_bindings(NameFacts(), tree.body, frozenset())


def enter_function(facts: NameFacts, function: ast.FunctionDef | ast.AsyncFunctionDef) -> NameFacts:
    """Return `facts` as they are inside `function`: its own names hide those around it."""
    parameters = (node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg))
    return _with_bindings(facts, function.body, frozenset(parameters))


def observe(namespace: Mapping[str, object]) -> NameFacts:
    """Return what the names of a living module mean: what they are bound to right now."""
    roots = dict(_CONVENTIONAL)
    hidden: set[str] = set()
    for name, value in namespace.items():
        if isinstance(value, ModuleType) and value.__name__ in _STAR_MODULES:
            roots[name] = value.__name__
        elif (canonical := resolve(value)) is not None:
            roots[name] = canonical
        else:
            hidden.add(name)
    return NameFacts(roots, frozenset(hidden))


def _with_bindings(facts: NameFacts, body: list[ast.stmt], own: frozenset[str]) -> NameFacts:
    imported: dict[str, str] = {}
    bound = set(own)
    shared: set[str] = set()
    for node in _nodes(body):
        match node:
            case ast.Import(names=names):
                imported.update(_imported_modules(names))
            case ast.ImportFrom(module=str(module), names=names, level=0):
                imported.update(_imported_names(module, names))
            case ast.Global(names=declared) | ast.Nonlocal(names=declared):
                shared.update(declared)
            case ast.Name(id=name, ctx=ast.Store()):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                bound.add(name)
            case ast.ClassDef(name=name):
                bound.add(name)
            case _:
                pass
    kept = {
        name for name, dotted in imported.items() if name not in bound or dotted not in CONSTANTS
    }
    return replace(
        facts,
        roots={**facts.roots, **imported},
        hidden=(facts.hidden | (bound - shared)) - kept,
        shared=facts.shared | shared,
    )


def _imported_modules(names: Iterable[ast.alias]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in names:
        root = item.name.partition(".")[0]
        found[item.asname or root] = item.name if item.asname else root
    return found


def _imported_names(module: str, names: Iterable[ast.alias]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in names:
        if item.name == "*":
            found.update({name: f"{module}.{name}" for name in _star(module)})
        else:
            found[item.asname or item.name] = f"{module}.{item.name}"
    return found


def _star(module: str) -> Iterable[str]:
    if module not in _STAR_MODULES:
        return ()
    home = import_module(module)
    public = (name for name in vars(home) if not name.startswith("_"))
    return getattr(home, "__all__", None) or tuple(public)


def _nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes of `body` but for what belongs to functions and classes inside it."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
