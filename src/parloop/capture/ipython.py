"""Sites in the cells of IPython: at their top level, and in the functions that they define.

    cells = Cells(shell)
    cells.attach()          # from the next cell on
    cells.detach()          # as before

IPython hands each cell, and the text below `%%time` and `%%timeit`, to its `ast_transformers`. One
that raises is thrown out, so nothing may escape ours: a cell that cannot be rewritten runs as it
is. What IPython does not hand over is the text that a tree was parsed from. That is remembered when
its compiler parses it.
"""

from __future__ import annotations

import ast
import sys
import types
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from parloop.capture.candidates import KNOWN_MODULES, find_callables
from parloop.capture.codes import CaptureFailed
from parloop.capture.definition import FUTURE_FLAGS, remember_tree
from parloop.capture.rewrite import rewrite, with_own_blocks
from parloop.capture.shared import SharedSites
from parloop.capture.sites import REGISTRY, REGISTRY_NAME, SiteInfo
from parloop.config import is_off
from parloop.source import Source

OFF: Final = "# parloop: off"
"""The first line of a cell that runs as it is."""

_KEPT: Final = 8
"""Texts that are remembered: of `%%timeit` two are parsed before the first is handed over."""

_TIMED: Final = "<timed>"
"""What the text below `%%time` and `%%timeit` is called in reports; IPython names it later."""


class Cells:
    """Rewrites what is entered in one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._parsed: deque[tuple[ast.AST, Source]] = deque(maxlen=_KEPT)
        self._parse: Callable[..., ast.AST] | None = None
        self._sites = SharedSites(REGISTRY)
        self._complained: set[str] = set()

    def attach(self) -> None:
        """Rewrite from the next cell on."""
        if self in self._shell.ast_transformers:
            return
        compiler = self._shell.compile
        self._parse = parse = compiler.ast_parse

        def ast_parse(source: str, *arguments: Any, **named: Any) -> ast.AST:
            tree: ast.AST = parse(source, *arguments, **named)
            path = arguments[0] if arguments else named.get("filename", _TIMED)
            self._parsed.append((tree, Source(str(path), source)))
            return tree

        compiler.ast_parse = ast_parse
        self._shell.ast_transformers.append(self)
        self._shell.user_ns_hidden[REGISTRY_NAME] = REGISTRY

    def detach(self) -> None:
        """Leave further cells as they are, and the loops of earlier ones to the interpreter."""
        if self in self._shell.ast_transformers:
            self._shell.ast_transformers.remove(self)
        if self._parse is not None:
            vars(self._shell.compile).pop("ast_parse", None)
            self._parse = None
        self._parsed.clear()
        for site in self._sites.all():
            site.switch(False)

    def be_last(self) -> None:
        """Come behind transformers that were registered later: they would meet nodes twice."""
        transformers = self._shell.ast_transformers
        if self in transformers and transformers[-1] is not self:
            transformers.remove(self)
            transformers.append(self)

    def visit(self, tree: ast.AST) -> ast.AST:
        """Return `tree` with sites, or as it is. IPython calls this."""
        if is_off() or not isinstance(tree, ast.Module):
            return tree
        last: object = self._shell.ast_transformers[-1]
        if last is not self:
            return tree
        try:
            return self._with_sites(tree)
        except Exception as error:
            self._complain(error)
            return tree

    def _with_sites(self, tree: ast.Module) -> ast.Module:
        source = next((text for parsed, text in self._parsed if parsed is tree), None)
        if source is None and self._parsed:  # somebody else has made another tree of it
            source = self._parsed[-1][1]
            ast.fix_missing_locations(tree)
        if source is None or source.text.lstrip().startswith(OFF):
            return tree
        rewritten, sites = self._rewritten(tree, source)
        if sites:
            REGISTRY.install(self._shell.user_ns)
        keys = tuple(site.key for site in sites)
        remember_tree(rewritten, source, self._flags(), keys)
        return rewritten

    def _rewritten(
        self, tree: ast.Module, source: Source
    ) -> tuple[ast.Module, tuple[SiteInfo, ...]]:
        """Return a copy of `tree` with sites: of `tree` itself nothing is changed."""
        callables = find_callables(tree, self._is_known, self._is_own)
        while True:
            self._sites.begin()
            made, sites = rewrite(
                with_own_blocks(tree, {}),
                source,
                self._sites,
                callables=callables,
                flags=self._flags(),
            )
            if self._sites.said_before(sites):
                return made, sites
            self._sites.forget(source)

    def _flags(self) -> int:
        return int(self._shell.compile.flags & FUTURE_FLAGS)

    def _is_known(self, name: str) -> bool:
        """Return whether a name is now a module or function that machine code may replace."""
        value = self._shell.user_ns.get(name)
        if isinstance(value, types.ModuleType):
            return value.__name__ in KNOWN_MODULES
        numpy = sys.modules.get("numpy")
        is_ufunc = numpy is not None and type(value) is numpy.ufunc
        return is_ufunc or (callable(value) and _home(value) in KNOWN_MODULES)

    def _is_own(self, name: str) -> bool:
        """Return whether a name is now a function of the person's own, or is yet to be bound."""
        names = self._shell.user_ns
        if name in names:
            return type(names[name]) is types.FunctionType
        return not hasattr(sys.modules["builtins"], name)

    def _complain(self, error: Exception) -> None:
        what = f"{type(error).__name__}: {error}"
        if what in self._complained:
            return
        self._complained.add(what)
        bug = CaptureFailed(f"parloop could not look for loops in this cell: {what}")
        print(f"parloop: {bug}; the cell runs as it is", file=sys.stderr)


def _home(value: object) -> object:
    return getattr(value, "__module__", None)
