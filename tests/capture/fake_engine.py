"""An engine that takes over iterations by interpreting a copy of the loop, elsewhere."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from types import FrameType
from typing import Any

from parloop.capture.sites import KEEP, UNBOUND, Outcome, Site, mangle


def taking(share: Callable[[int], int], keep: bool = False, again: int = 0) -> Any:
    """Return an engine that runs the first `share(trips)` iterations, fewer where one raises.

    With `keep`, values that the loop did not change are returned as KEEP where that is possible.
    With `again` it wants the rest, and each rest's rest, after so many further iterations.
    """
    further = _Again(again, share, keep) if again else None

    def engine(
        site: Site,
        indices: range,
        values: tuple[object, ...],
        frame: FrameType,
        first: int = 0,
    ) -> Outcome | None:
        info = site.info
        before = dict(zip(info.passed, values, strict=True))
        for name in info.looked_up:
            before[name] = site.look_up(frame, name)
        for name in info.outputs:
            if name not in before:
                before[name] = site.binding(frame, name)
        inside = {
            mangle(name, info.class_name): value
            for name, value in before.items()
            if value is not UNBOUND
        }
        wanted = first + share(len(indices) - first)
        rehearsal, _, broke = _run(site, indices[first:wanted], _copied(inside))
        done, names, _ = _run(site, indices[first : first + rehearsal + broke], inside)
        assert done == rehearsal
        found = [names.get(mangle(name, info.class_name), UNBOUND) for name in info.outputs]
        if keep:
            found = [
                KEEP if value is before[name] else value
                for name, value in zip(info.outputs, found, strict=True)
            ]
        return Outcome(first + done, tuple(found), broke=broke, again=further)

    return engine


@dataclass(frozen=True)
class _Again:
    after: int
    share: Callable[[int], int]
    keep: bool

    def wants(self) -> bool:
        return True

    def resume(
        self, site: Site, indices: range, done: int, values: tuple[object, ...], frame: FrameType
    ) -> Outcome | None:
        engine = taking(self.share, self.keep, self.after)
        outcome: Outcome | None = engine(site, indices, values, frame, done)
        return outcome


def declining(
    site: Site, indices: range, values: tuple[object, ...], frame: FrameType
) -> Outcome | None:
    """Leave every entry to the interpreter."""
    assert len(values) == len(site.info.passed)
    return None


def inside(site: Site, indices: range, values: tuple[object, ...], frame: FrameType) -> Any:
    """Leave outer loops to the interpreter, and take over half of the loops inside."""
    loops = (n for part in site.info.node.body for n in ast.walk(part) if isinstance(n, ast.For))
    if any(loops):
        site.inner = True
        return None
    return taking(lambda trips: (trips + 1) // 2)(site, indices, values, frame)


def _copied(names: dict[str, Any]) -> dict[str, Any]:
    return {n: copy.deepcopy(v) if isinstance(v, list) else v for n, v in names.items()}


def _run(site: Site, indices: range, names: dict[str, Any]) -> tuple[int, dict[str, Any], bool]:
    """Return how many iterations were completed, what they left, and whether one broke."""
    loop = _Mangler(site.info.class_name).visit(copy.deepcopy(site.info.node))
    if site.info.over_items:
        loop.iter = ast.Call(ast.Name("@first", ast.Load()), [loop.iter], [])
    else:
        loop.iter = ast.Name("@indices", ast.Load())
    loop.orelse = [ast.Assign([ast.Name("@whole", ast.Store())], ast.Constant(True))]
    module = ast.fix_missing_locations(ast.Module([loop], []))
    begun = 0

    def count(items: Any) -> Any:
        nonlocal begun
        for item in islice(items, len(indices)):
            yield item
            begun += 1

    space = {**names, "@indices": count(indices), "@first": count, "@whole": False}
    try:
        exec(compile(module, "<engine>", "exec"), space)
    except Exception:  # the user's own: this iteration is for the interpreter
        return begun, space, False
    return begun, space, not space["@whole"]


class _Mangler(ast.NodeTransformer):
    def __init__(self, class_name: str | None) -> None:
        self._class_name = class_name

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = mangle(node.id, self._class_name)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        node.attr = mangle(node.attr, self._class_name)
        return node
