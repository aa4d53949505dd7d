"""Find the text that a function was compiled from."""

from __future__ import annotations
import __future__

import ast
import contextlib
import copy
import linecache
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from parloop.source import Source

FUTURE_FLAGS: Final = sum(
    {getattr(__future__, name).compiler_flag for name in __future__.all_feature_names} - {0x10}
)
"""Of `from __future__ import ...`; 0x10 stands for nested scopes, and marks nested code as well."""


@contextmanager
def quietly() -> Iterator[None]:
    """Show no warning of the compiler: the text was compiled before, and has shown its own.

    `warnings.catch_warnings` would make every warning already shown in this process come again.
    """
    filters = warnings.filters
    warnings.filters = [("ignore", None, Warning, None, 0)]
    try:
        yield
    finally:
        warnings.filters = filters


def find_definition(source: Source, code: types.CodeType) -> _Found | None:
    """Return a module with the definition of `code`'s function and the scopes around it."""
    tree = _parsed(source)
    for chain in _chains(tree, ()):
        node = chain[-1]
        if node.name == code.co_name and _first_line(node) == code.co_firstlineno:
            return _pruned(chain, _module_imports(tree)), node
    return None


@lru_cache(maxsize=8)
def _parsed(source: Source) -> ast.Module:
    return ast.parse(source.text, source.path)


def _chains(node: ast.AST, around: tuple[ast.AST, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield each function definition in `node`, after the statements around it, outermost first."""
    for child in ast.iter_child_nodes(node):
        chain = (*around, child) if isinstance(child, ast.stmt) else around
        if isinstance(child, Definition):
            yield chain
        yield from _chains(child, chain)


Definition = ast.FunctionDef | ast.AsyncFunctionDef
_Found = tuple[ast.Module, Definition]


def _first_line(node: Definition) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _module_imports(tree: ast.Module) -> list[ast.stmt]:
    """Return the imports at the top level of `tree`, also those under `if` and `try`."""
    found: list[ast.stmt] = []
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        elif not isinstance(node, Definition | ast.ClassDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return [node for node in found if getattr(node, "module", None) != "__future__"]


def _pruned(chain: tuple[ast.AST, ...], imports: list[ast.stmt]) -> ast.Module:
    """Return the last of `chain` in a module of its own, in the scopes that it stands in.

    Of the other statements of the module only the imports have a part in its code: a call of
    `np.sqrt` is compiled in another way where `np` is imported at the top.
    """
    inner: Any = chain[-1]
    for around in reversed(chain[:-1]):
        if isinstance(around, ast.ClassDef):
            pruned = copy.copy(around)
            pruned.body = [inner]
            inner = pruned
        else:
            inner = around
    return ast.Module([*imports, inner], [])


def compiled(tree: ast.Module, source: Source, flags: int) -> types.CodeType:
    code: types.CodeType = compile(tree, source.path, "exec", flags=flags, dont_inherit=True)
    return code


def codes_like(module: types.CodeType, like: types.CodeType) -> list[types.CodeType]:
    """Return the codes in `module` that stand at the place of `like`; nearly always one."""
    found = []
    for constant in module.co_consts:
        if isinstance(constant, types.CodeType):
            if (constant.co_qualname, constant.co_firstlineno) == (
                like.co_qualname, like.co_firstlineno,
            ):  # fmt: skip
                found.append(constant)
            found += codes_like(constant, like)
    return found


def find_code(module: types.CodeType, code: types.CodeType) -> int | None:
    for position, candidate in enumerate(codes_like(module, code)):
        if candidate == code:
            return position
    return None


@dataclass(frozen=True, slots=True)
class Defined:
    """The definition of a function, and the text that it stands in."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    source: Source


_given: dict[int, tuple[types.CodeType, Source]] = {}
"""Codes that were made with sites, by identity, and the text without."""


@lru_cache(maxsize=8)
def defined_in(source: Source) -> frozenset[str]:
    """Return the names of the functions that are defined at the top level of a text."""
    body = _parsed(source).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))


def remember_text(code: types.CodeType, source: Source) -> None:
    """Note that `code`, and the codes in it, were made from `source` with sites put in."""
    _given[id(code)] = (code, source)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            remember_text(constant, source)


def remember_tree(tree: ast.Module, source: Source, flags: int, sites: tuple[str, ...]) -> None:
    """Note that the statements of `tree` are about to be compiled, and that they were `source`.

    For texts that somebody else compiles, a statement at a time, as IPython does. `sites` are the
    keys of the sites in it.
    """
    if any(isinstance(node, Definition | ast.Lambda) for node in ast.walk(tree)):
        _waiting[source, flags, sites] = tree


_waiting: dict[tuple[Source, int, tuple[str, ...]], ast.Module] = {}
"""Texts of which nobody has asked for a function yet."""

_equal: dict[types.CodeType, Source] = {}
"""Codes of texts that somebody else compiles: theirs are equal to these."""


def _text_of(code: types.CodeType) -> Source | None:
    """Return the text that `code` was made from with sites put in, if that was noted."""
    known = _given.get(id(code))
    if known is not None:
        return known[1]
    while _waiting:
        (source, flags, _), tree = _waiting.popitem()
        for statement in tree.body:
            _note_statement(statement, source, flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return _equal.get(code)


def _note_statement(statement: ast.stmt, source: Source, flags: int) -> None:
    module = ast.Module([statement], [])
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError), quietly():
        _note(compiled(ast.fix_missing_locations(module), source, flags), source)


def _note(code: types.CodeType, source: Source) -> None:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _equal.setdefault(constant, source)
            _note(constant, source)


@lru_cache(maxsize=256)
def _defined(code: types.CodeType, path: str, file_text: str) -> Defined | None:
    known = _text_of(code)
    source = known if known is not None else Source(path, file_text)
    try:
        with quietly():
            return _definition_in(source, code, is_sure=known is not None)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def definition_of(function: types.FunctionType) -> Defined | None:
    """Return the definition that `function`'s code was made from, None if that is not sure.

    What stands in its file now has to give the same code.
    """
    code = function.__code__
    text = "".join(linecache.getlines(code.co_filename, function.__globals__))
    return _defined(code, code.co_filename, text)


def _definition_in(source: Source, code: types.CodeType, *, is_sure: bool) -> Defined | None:
    if code.co_name == "<lambda>":
        return _lambda_in(source, code)
    found = find_definition(source, code)
    if found is None:
        return None
    plain, node = found
    if not is_sure:
        flags = code.co_flags & FUTURE_FLAGS
        if find_code(compiled(plain, source, flags), code) is None:
            return None
    return Defined(node, source)


def _lambda_in(source: Source, code: types.CodeType) -> Defined | None:
    """Return the only `lambda` that begins in the line of `code`."""
    tree = _parsed(source)
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno
    ]
    if len(found) != 1:
        return None
    flags = code.co_flags & FUTURE_FLAGS
    made = codes_like(compiled(tree, source, flags), code)
    return Defined(found[0], source) if any(one == code for one in made) else None
