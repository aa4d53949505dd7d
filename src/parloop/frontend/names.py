"""What the roots of dotted names stand for in a program's text."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module

_CONVENTIONAL: Mapping[str, str] = {"math": "math", "np": "numpy", "numpy": "numpy"}
_STAR_MODULES = ("math", "numpy")
_BUILTINS = ["abs", "bool", "complex", "divmod", "float", "int", "len", "max", "min", "pow", "range", "round"]


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
        return f"builtins.{root}" if root in _BUILTINS else None


def find_imports(tree: ast.Module) -> NameFacts:
    """Return what the import statements at the top level of `tree` bind, beside the conventions.

    A name that the top level binds in another way is the program's own.
    """
    roots = dict(_CONVENTIONAL)
    hidden: set[str] = set()
    for node in _top_level(tree):
        match node:
            case ast.Import(names=names):
                for item in names:
                    root = item.name.partition(".")[0]
                    roots[item.asname or root] = item.name if item.asname else root
            case ast.ImportFrom(module=str(module), names=names, level=0):
                for item in names:
                    if item.name == "*":
                        roots.update(_star(module))
                    else:
                        roots[item.asname or item.name] = f"{module}.{item.name}"
            case ast.Name(id=name, ctx=ast.Store()):
                hidden.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                hidden.add(name)
            case ast.ClassDef(name=name):
                hidden.add(name)
            case _:
                pass
    return NameFacts(roots, frozenset(hidden))


def enter_function(facts: NameFacts, function: ast.FunctionDef | ast.AsyncFunctionDef) -> NameFacts:
    """Return `facts` as they are inside `function`: its own names hide the module's."""
    arguments = function.args
    own = {argument.arg for argument in ast.walk(arguments) if isinstance(argument, ast.arg)}
    shared: set[str] = set()
    roots = dict(facts.roots)
    for node in _own_nodes(function.body):
        match node:
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                shared.update(names)
            case ast.Name(id=name, ctx=ast.Store()):
                own.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                own.add(name)
            case ast.Import() | ast.ImportFrom():
                inner = find_imports(ast.Module([node], []))
                roots.update(inner.roots)
            case _:
                pass
    return replace(
        facts,
        roots=roots,
        hidden=facts.hidden | (own - shared),
        shared=facts.shared | shared,
    )


def _star(module: str) -> dict[str, str]:
    if module not in _STAR_MODULES:
        return {}
    home = import_module(module)
    names = getattr(home, "__all__", None) or [name for name in vars(home) if name[0] != "_"]
    return {name: f"{module}.{name}" for name in names}


def _top_level(tree: ast.Module) -> Iterator[ast.AST]:
    return _own_nodes(tree.body)


def _own_nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes of `body` but for what belongs to functions and classes inside it."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
