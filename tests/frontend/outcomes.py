"""Run the text of one loop in CPython and through the loop IR, and say what each left."""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from parloop.diagnostics import Diagnostic
from parloop.frontend.lower import lower_loop
from parloop.frontend.names import find_imports
from parloop.ir.interp import run
from parloop.ir.nodes import Nest
from parloop.ir.verify import check_nest
from parloop.source import Source


@dataclass(frozen=True)
class Outcome:
    """Everything that the program could notice afterwards, with exact types and bits."""

    names: dict[str, str]
    exception: tuple[type[BaseException], str] | None
    warnings: tuple[tuple[type[Warning], str], ...]


def parse_loop(text: str) -> tuple[ast.Module, ast.For, Source]:
    """Return the module, its last statement, which is the loop, and the source."""
    tree = ast.parse(text)
    loop = tree.body[-1]
    assert isinstance(loop, ast.For)
    return tree, loop, Source("loop.py", text)


def lower_text(text: str) -> Nest | tuple[Diagnostic, ...]:
    """Return what the lowering makes of the last statement of `text`."""
    tree, loop, source = parse_loop(text)
    return lower_loop(loop, source, names=find_imports(tree))


def require_nest(text: str) -> Nest:
    """Return the nest of the last statement of `text`, checked."""
    nest = lower_text(text)
    assert isinstance(nest, Nest), [str(problem) for problem in nest]
    assert check_nest(nest) == []
    return nest


def run_in_python(text: str, names: dict[str, Any]) -> Outcome:
    """Run `text` as CPython does."""
    names = _copies(names)
    return _outcome(lambda: exec(compile(text, "loop.py", "exec"), names), names)


def run_through_ir(text: str, names: dict[str, Any]) -> Outcome:
    """Run all but the last statement of `text` as CPython does, and that one through the IR."""
    names = _copies(names)
    tree, loop, _ = parse_loop(text)
    nest = require_nest(text)
    before = ast.Module(tree.body[:-1], [])

    def work() -> None:
        exec(compile(before, "loop.py", "exec"), names)
        indices = eval(compile(ast.Expression(loop.iter), "loop.py", "eval"), names)
        run(nest, names, indices.start, indices.stop, indices.step)

    return _outcome(work, names)


def _outcome(work: Callable[[], None], names: dict[str, Any]) -> Outcome:
    exception: tuple[type[BaseException], str] | None = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            work()
        except (ArithmeticError, LookupError, NameError, TypeError, ValueError) as error:
            # `x += y` is `x = x + y` in the loop IR; only this message shows the difference.
            exception = (type(error), str(error).replace("=: ", ": "))
    return Outcome(
        {
            name: _describe(value)
            for name, value in names.items()
            if not name.startswith("__")
            and not callable(value)
            and type(value).__name__ != "module"
        },
        exception,
        tuple((one.category, str(one.message)) for one in caught),
    )


def _describe(value: Any) -> str:
    if hasattr(value, "tobytes"):
        return f"{type(value).__name__} {value.dtype} {value.tobytes().hex()}"
    if isinstance(value, float):
        return f"float {value.hex()}"
    return f"{type(value).__name__} {value!r}"


def _copies(names: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, ModuleType) else copy.deepcopy(value)
        for name, value in names.items()
    }
