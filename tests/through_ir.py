"""Rewrite a user's file so that its loops run through the loop IR and its interpreter."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass, field
from functools import cache
from types import CodeType
from typing import Any

from tests.corpus import LoopFile

from parloop.capture import made as headers
from parloop.capture.candidates import is_range_loop
from parloop.capture.items import count_positions, leaves
from parloop.capture.names import ways_out
from parloop.frontend.lower import lower_loop
from parloop.frontend.names import NameFacts, enter_function, observe
from parloop.frontend.ways import WAY, with_ways
from parloop.ir import interp
from parloop.ir.nodes import Nest
from parloop.source import Source


def load_through_ir(file: LoopFile) -> tuple[dict[str, Any], frozenset[str]]:
    """Return a fresh namespace of `file` in which lowerable loops run in `ir.interp`.

    And the names of the functions in which there is such a loop.
    """
    rewriter, code = _rewrite(file)
    namespace: dict[str, Any] = {"__name__": file.path.stem, "__run_nest__": rewriter.run}
    namespace["__positions__"] = count_positions
    namespace["__open__"] = rewriter.open
    exec(code, namespace)
    return namespace, frozenset(rewriter.lowered)


@cache
def _rewrite(file: LoopFile) -> tuple[_Rewriter, CodeType]:
    rewriter = _Rewriter(Source(str(file.path), file.text), observe(file.fresh()))
    tree = rewriter.visit(ast.parse(file.text, str(file.path)))
    return rewriter, compile(ast.fix_missing_locations(tree), str(file.path), "exec")


@dataclass
class _Rewriter(ast.NodeTransformer):
    source: Source
    facts: NameFacts
    nests: list[Nest] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    lowered: set[str] = field(default_factory=set)
    headers: dict[int, ast.For] = field(default_factory=dict)
    """The loops whose headers make what they go over, by the number of their nests."""

    def open(self, number: int, *parts: object) -> tuple[range | None, dict[str, Any], Any]:
        """Return the range and the names of what a header has made, and an iterator over it."""
        loop = self.headers[number]
        made = headers.opened(*parts)
        found = headers.open_header(loop, made)
        rest = headers.rest_of(loop.iter, made, 0)
        if found is None:
            return None, {}, rest
        return found[0], dict(zip(headers.names_made(loop.iter), found[1], strict=True)), rest

    def run(self, number: int, bounds: range, environment: dict[str, Any]) -> None:
        """Run one nest; `environment` holds all names and takes what the nest leaves."""
        interp.run(self.nests[number], environment, bounds.start, bounds.stop, bounds.step)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        outer = self.facts
        self.facts = enter_function(outer, node)
        self.functions.append(node.name)
        self.generic_visit(node)
        self.functions.pop()
        self.facts = outer
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.stmt]:
        ways = ways_out(node) if not node.orelse else ()
        nest = lower_loop(
            with_ways(node) if ways else node,
            self.source,
            function=(self.functions or ["?"])[0],
            names=self.facts,
        )
        if not isinstance(nest, Nest) or not self.functions or nest.draws is not None:
            return self.generic_visit(node)
        self.lowered.add(self.functions[0])
        self.nests.append(nest)
        leave = "\n".join(
            f"    if {name!r} in __env: {name} = __env[{name!r}]" for name in nest.outputs
            if name != WAY
        )
        leave += "".join(
            f"\n    if __env.get({WAY!r}) == {number}:\n        {ast.unparse(way)}"
            for number, way in enumerate(ways, 1)
        )
        text = (
            "__env = {**globals(), **locals()}\n"
            f"try:\n    __run_nest__({len(self.nests) - 1}, ITERABLE, __env)\n"
            f"finally:\n    pass\n{leave}\nif 0:\n    LOOP\n"
        )
        made = ast.parse(text).body
        attempt, dead = made[1], made[-1]
        assert isinstance(attempt, ast.Try)
        assert isinstance(dead, ast.If)
        call = attempt.body[0]
        assert isinstance(call, ast.Expr)
        assert isinstance(call.value, ast.Call)
        dead.body = [node]  # so that all names keep their scopes
        if is_range_loop(node):
            call.value.args[1] = node.iter
            return made
        if headers.parts_of(node.iter):
            return self._over_made(node, made)
        positions = f"__positions__({', '.join(leaves(node.iter))})"
        call.value.args[1] = ast.parse(positions, mode="eval").body
        (choice,) = ast.parse(f"if {positions} is None:\n    LOOP\nelse:\n    LOOP").body
        assert isinstance(choice, ast.If)
        choice.body, choice.orelse = [node], made[:-1]
        return choice

    def _over_made(self, node: ast.For, made: list[ast.stmt]) -> list[ast.stmt]:
        """Return the same where the header, which makes what it goes over, is evaluated once."""
        number = len(self.nests) - 1
        self.headers[number] = node
        parts = ", ".join(map(ast.unparse, headers.leaves_of(node.iter)))
        given, choice, call = ast.parse(
            f"__given = __open__({number}, {parts})\n"
            "if __given[0] is None:\n    LOOP\nelse:\n    LOOP\n"
            f"__run_nest__({number}, __given[0], __env)"
        ).body
        assert isinstance(choice, ast.If)
        attempt = made[1]
        assert isinstance(attempt, ast.Try)
        attempt.body = [ast.parse("__env.update(__given[1])").body[0], call]
        plain = copy.copy(node)
        plain.iter = ast.parse("__given[2]", mode="eval").body
        choice.body, choice.orelse = [plain], made[:-1]
        return [given, choice]
