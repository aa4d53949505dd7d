"""What the names of a text mean to the survey: modules, functions, constants.

    import numpy as np              meaning("np") == "numpy"
    from math import sqrt           meaning("sqrt") == "math.sqrt"
    N = 100                         "N" is a constant
    def step(u): ...                "step" is a function of the text's own
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_CONVENTIONS: Final[Mapping[str, str]] = {
    "math": "math", "np": "numpy", "numpy": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot",
    "sns": "seaborn", "os": "os", "sys": "sys", "random": "random", "tf": "tensorflow",
    "torch": "torch", "scipy": "scipy",
}  # fmt: skip
"""Meant where nothing says otherwise: imports often stand in a cell that is lost."""


@dataclass(frozen=True, slots=True)
class Names:
    """What names mean anywhere in one text. Scopes are not told apart."""

    imported: Mapping[str, str]
    functions: Mapping[str, tuple[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, ...]]
    constants: frozenset[str]
    """Names that the module's top level binds once, to a number, and nothing else rebinds."""
    classes: frozenset[str]

    def dotted(self, node: ast.expr) -> str | None:
        """Return `numpy.linalg.norm` for `np.linalg.norm`; None if its root is no module."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        root = self.imported.get(node.id)
        return None if root is None else ".".join((root, *reversed(parts)))


def find_names(tree: ast.Module) -> Names:
    """Return what the names in `tree` mean."""
    imported: dict[str, str] = {}
    functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]] = {}
    bound: Counter[str] = Counter()
    classes: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                imported.update(_modules(names))
            case ast.ImportFrom(module=str(module), names=names):
                imported.update({n.asname or n.name: f"{module}.{n.name}" for n in names})
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                functions.setdefault(name, []).append(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as value):
                functions.setdefault(name, []).append(value)
                bound[name] += 1
            case ast.ClassDef(name=name):
                classes.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                bound[name] += 1
            case ast.AugAssign(target=ast.Name(id=name)):
                bound[name] += 1
            case _:
                pass
    constants = {name for name, value in _assigned(tree) if _is_number(value) and bound[name] == 1}
    kept = {name: root for name, root in _CONVENTIONS.items() if not bound[name]}
    own = {name: tuple(nodes) for name, nodes in functions.items()}
    return Names({**kept, **imported}, own, frozenset(constants), frozenset(classes))


def _modules(names: list[ast.alias]) -> Iterator[tuple[str, str]]:
    for item in names:
        root = item.name.partition(".")[0]
        yield (item.asname, item.name) if item.asname else (root, root)


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for stmt in tree.body:
        match stmt:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                if len(names) == len(values):
                    for target, value in zip(names, values, strict=True):
                        if isinstance(target, ast.Name):
                            yield target.id, value
            case _:
                pass


def _is_number(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=int() | float()):
            return True
        case ast.UnaryOp(operand=operand):
            return _is_number(operand)
        case ast.BinOp(left=left, right=right):
            return _is_number(left) and _is_number(right)
        case ast.Call(func=ast.Name(id="int"), args=[argument], keywords=[]):
            return _is_number(argument)
    return False
