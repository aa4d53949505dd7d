"""Make the text of a program simpler in one place, in every way that is tried."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator


def simpler_texts(text: str) -> Iterator[str]:
    """Yield texts with a statement left out, a block in its statement's place, or a smaller
    expression, the large steps first. Not all of them make sense."""
    tree = ast.parse(text)
    for path in _statement_lists(tree):
        yield from _without_statements(tree, path)
    for position, node in enumerate(ast.walk(tree)):
        for number in range(len(_smaller(node))):
            made = copy.deepcopy(tree)
            found = next(n for i, n in enumerate(ast.walk(made)) if i == position)
            replaced = _Replace(found, _smaller(found)[number]).visit(made)
            yield ast.unparse(ast.fix_missing_locations(replaced)) + "\n"


def _statement_lists(tree: ast.Module) -> list[tuple[int, str]]:
    found = []
    for position, node in enumerate(ast.walk(tree)):
        for name in ("body", "orelse"):
            statements = getattr(node, name, None)
            if isinstance(statements, list) and statements and not isinstance(node, ast.Module):
                found.append((position, name))
    return found


def _without_statements(tree: ast.Module, path: tuple[int, str]) -> Iterator[str]:
    position, name = path
    node = next(n for i, n in enumerate(ast.walk(tree)) if i == position)
    for index in range(len(getattr(node, name))):
        made = copy.deepcopy(tree)
        target = next(n for i, n in enumerate(ast.walk(made)) if i == position)
        block: list[ast.stmt] = getattr(target, name)
        removed = block.pop(index)
        if not block and name == "body":
            block.append(ast.Pass())
        if not isinstance(removed, ast.Return | ast.Pass):
            yield ast.unparse(made) + "\n"
        if isinstance(removed, ast.If):
            block[index : index + (isinstance(block[0], ast.Pass))] = removed.body
            yield ast.unparse(made) + "\n"


def _smaller(node: ast.AST) -> list[ast.expr]:
    """Return what may stand in the place of an expression."""
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.IfExp(body=body, orelse=orelse):
            return [body, orelse]
        case ast.BoolOp(values=values):
            return list(values)
        case ast.Call(func=func, args=args) if not (
            isinstance(func, ast.Name) and func.id == "range"
        ):
            return list(args)
        case ast.Call(args=[_, stop, *_]):
            return [ast.Call(ast.Name("range"), [stop], [])]
        case ast.Compare(left=left, comparators=[_, *_]) if len(node.comparators) > 1:
            return [ast.Compare(left, node.ops[:1], node.comparators[:1])]
        case ast.Subscript(ctx=ast.Load()):
            return [ast.Constant(1)]
    return []


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)
