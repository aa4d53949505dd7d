"""Which loops get a site: the outermost loops over numbers or items without an obvious obstacle.

    for t in range(10):          no site: calls `print`
        print(t)
        for i in range(n):       a site
            a[i] = t

Only what no later phase could make machine code of counts as an obstacle here; the frontend judges
the rest, with reasons, when the loop is first entered.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from parloop.capture.draws import find_draws
from parloop.capture.effects import Where, find_effects, loop_without_effects
from parloop.capture.headers import may_resume
from parloop.capture.literals import is_membership, is_pack, is_slice, is_written_out
from parloop.capture.made import is_grid, is_made, names_in_grid, parts_of
from parloop.capture.names import find_scope
from parloop.capture.progress import BARS, imported_bars, without_bar
from parloop.ir.walk import MAKERS, METHODS, REDUCTIONS

KNOWN_BUILTINS: Final = frozenset(
    {"abs", "bool", "complex", "divmod", "enumerate", "float", "int", "len", "max", "min", "pow",
     "range", "reversed", "round", "zip"}
)  # fmt: skip
"""Builtin functions that may stand in a loop with a site."""

KNOWN_MODULES: Final = frozenset({"itertools", "math", "numpy", "numpy.linalg"})
"""Modules whose functions may stand in a loop with a site."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a loop gets no site: the construct, in words, and the node that it is."""

    construct: str
    node: ast.AST


@dataclass(frozen=True, slots=True)
class Callables:
    """The names by which a text calls functions that machine code may replace."""

    modules: frozenset[str] = frozenset({"itertools", "math", "np", "numpy"})
    functions: frozenset[str] = KNOWN_BUILTINS
    own: frozenset[str] = frozenset()
    """Functions of the text's own, or what its functions are given as parameters and call."""
    bars: Mapping[str, str] = field(default_factory=lambda: BARS)
    """The names of progress bars."""

    def is_known(self, callee: ast.expr) -> bool:
        """Return whether `callee` looks like one of them; whether it is one is seen at run time."""
        match callee:
            case ast.Name(id=name):
                return name in self.functions or name in self.own
            case ast.Attribute(value=ast.Name(id=name)):
                return name in self.modules
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id=name), attr="linalg")):
                return name in self.modules
        return False


def find_callables(
    tree: ast.AST,
    is_known: Callable[[str], bool] | None = None,
    is_own: Callable[[str], bool] | None = None,
) -> Callables:
    """Return the callables that the imports and definitions in `tree` give names to.

    `is_known` is asked about further names, where the values of globals can be seen, and `is_own`
    whether one is a function of the program's own.
    """
    modules = set(Callables().modules)
    functions = set(KNOWN_BUILTINS) | (_MATH_NAMES if is_known is None else set())
    defined: set[str] = set()
    bars = dict(BARS)
    for node in ast.walk(tree):
        bars.update(imported_bars(node))
        match node:
            case ast.Import(names=names):
                modules |= {n.asname or n.name for n in names if n.name in KNOWN_MODULES}
            case ast.ImportFrom(module=module, names=names) if module in KNOWN_MODULES:
                functions |= {n.asname or n.name for n in names}
            case ast.FunctionDef(name=name) if is_known is None:
                defined.add(name)
            case ast.Call(func=ast.Name(id=name)) if is_known is not None and is_known(name):
                functions.add(name)
            case ast.Attribute(value=ast.Name(id=name)) if is_known is not None and is_known(name):
                modules.add(name)
    known = Callables(frozenset(modules), frozenset(functions - defined), bars=bars)
    return _with_own(tree, known, is_own)


def _with_own(
    tree: ast.AST, known: Callables, is_own: Callable[[str], bool] | None
) -> Callables:
    """Return `known` with the functions of the program's own that may be written into a loop."""
    own: set[str] = set()
    defined: dict[str, list[ast.FunctionDef]] = {}
    read: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                read.add(name)
            case ast.arg(arg=name):
                own.add(name)
            case ast.FunctionDef(name=name):
                defined.setdefault(name, []).append(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
                own.add(name)
            case ast.Call(func=ast.Name(id=name)) if is_own is not None and is_own(name):
                own.add(name)
    for name in defined.keys() - read:
        del defined[name]  # nobody here calls it: no need to look whether it may be
    own -= known.functions
    while True:
        with_all = replace(known, own=frozenset(own | defined.keys()))
        bad = {
            name
            for name, nodes in defined.items()
            if not any(_may_be_written(node, with_all) for node in nodes)
        }
        if not bad:
            return with_all
        for name in bad:
            del defined[name]


def _may_be_written(function: ast.FunctionDef, callables: Callables) -> bool:
    """Return whether the body of `function` has no obvious obstacle to standing in a loop."""
    if function.args.vararg or function.args.kwarg:
        return False
    body = function.body
    if any(isinstance(node, ast.Try) for node in ast.walk(function)):
        return False
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return not any(
        _obstacle_in(node, callables)
        for stmt in body
        for node in _walk(stmt)
        if not isinstance(node, ast.Return | ast.AnnAssign | ast.Global | ast.Nonlocal)
    )


_MATH_NAMES: Final = {name for name in dir(math) if not name.startswith("_")}
"""What `from math import *` binds: it cannot be seen in the text, but is common."""


def is_range_loop(node: ast.AST) -> bool:
    """Return whether `node` is `for NAME in range(...)` with 1 to 3 plain arguments."""
    match node:
        case ast.For(target=ast.Name(), iter=iterable):
            return _is_range(iterable)
    return False


def _is_range(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="range"), args=[_, *more], keywords=[]) as call:
            return len(more) <= 2 and not any(isinstance(a, ast.Starred) for a in call.args)
    return False


def is_item_loop(node: ast.AST) -> bool:
    """Return whether `node` may be a loop over the items of arrays, alone or side by side."""
    match node:
        case ast.For(
            target=target,
            iter=ast.Name() | ast.Call() | ast.Subscript() | ast.Tuple() | ast.List() as items,
        ):
            names = (ast.Name, ast.Tuple, ast.expr_context)
            if is_grid(items):
                return names_in_grid(node) is not None
            return _is_items(items) and all(isinstance(n, names) for n in ast.walk(target))
    return False


def _is_items(node: ast.expr) -> bool:
    match node:
        case ast.Name():
            return True
        case ast.Call() if is_made(node):
            return True
        case ast.Tuple() | ast.List():
            return is_written_out(node)
        case ast.Subscript() if is_slice(node):
            return True
        case ast.Subscript(value=value, slice=index):
            row = isinstance(value, ast.Subscript | ast.Name) and _is_items(value)
            return row and not isinstance(index, ast.Slice | ast.Tuple)
        case ast.Call(func=ast.Name(id="enumerate"), args=[first, *more], keywords=[]):
            return _is_items(first) and all(isinstance(a, ast.Constant) for a in more)
        case ast.Call(func=ast.Name(id="zip"), args=[_, *_] as args, keywords=[]):
            return all(map(_is_items, args))
        case ast.Call(func=ast.Name(id="reversed"), args=[argument], keywords=[]):
            return isinstance(argument, ast.Name) or _is_range(argument)
        case ast.Call(func=ast.Name(id="range"), args=args, keywords=[]):
            return all(isinstance(a, ast.Name | ast.Constant) for a in args)
    return False


def iterated(node: ast.expr) -> Iterator[str]:
    """Yield the names whose items the loop over `node` binds."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Subscript(value=value):
            yield from iterated(value)
        case ast.Call(func=ast.Name(id="enumerate" | "zip" | "reversed"), args=args):
            for argument in args:
                yield from iterated(argument)


def is_candidate(node: ast.AST, callables: Callables) -> bool:
    """Return whether `node` is a loop that gets a site, if no loop around it does."""
    if isinstance(node, ast.For):
        node, written = without_bar(node, callables.bars), node
        if node is not written and parts_of(node.iter):
            return False  # a bar goes over what is there
    if not is_range_loop(node) and not (is_item_loop(node) and _goes_over_names(node)):
        return False
    return find_obstacle(node, callables) is None


def _goes_over_names(node: ast.AST) -> bool:
    """Return whether an item loop binds names, none of them twice, to items of named arrays."""
    assert isinstance(node, ast.For)
    names = [part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)]
    made = {id(part) for one in parts_of(node.iter) for part in ast.walk(one)}
    header = [part for part in ast.walk(node.iter) if id(part) not in made]
    if any(isinstance(part, ast.Name) and part.id == "range" for part in header):
        return False
    if any(isinstance(part, ast.Subscript | ast.Tuple | ast.List) for part in header):
        return False
    return 0 < len(names) == len(set(names))


def find_obstacle(loop: ast.AST, callables: Callables) -> Obstacle | None:
    """Return the first construct in the body of the loop `loop` that is ruled out."""
    assert isinstance(loop, ast.For)
    loop = without_bar(loop, callables.bars)
    loop = loop_without_effects(loop, effects_of(loop, callables))
    subscripted: set[str] = set()
    gone_over: set[str] = set()
    indices: list[ast.Name] = []
    stores: list[ast.Name] = []
    if not is_range_loop(loop):
        gone_over.update(iterated(loop.iter))
        stores += [part for part in ast.walk(loop.target) if isinstance(part, ast.Name)]
    found = find_draws(loop)
    drawn = {id(part) for call in found[1] for part in ast.walk(call)} if found else set()
    for statement in loop.body:
        for node in _walk(statement, into_returns=False):
            if id(node) not in drawn and (construct := _obstacle_in(node, callables)):
                return Obstacle(construct, node)
            match node:
                case ast.Subscript(value=ast.Name(id=name)):
                    subscripted.add(name)
                case ast.For(target=target, iter=items):
                    if is_range_loop(node):
                        indices += [n for n in ast.walk(target) if isinstance(n, ast.Name)]
                    elif changed := set(iterated(items)) & names_stored(node):
                        name = min(changed)
                        return Obstacle(f"`{name}`, which is assigned and iterated over", node)
                case ast.Name(ctx=ast.Store()):
                    stores.append(node)
    for target in stores:
        if target.id in gone_over:
            return Obstacle(f"`{target.id}`, which is assigned and iterated over", target)
    for index in indices:
        if index.id in subscripted:
            return Obstacle(f"`{index.id}`, which a loop binds and which is subscripted", index)
    return None


def effects_of(loop: ast.For, callables: Callables) -> tuple[Where, ...]:
    """Return where blocks begin that only the interpreter can run, in a loop that goes on after it.

    Where nothing else is in the loop it stays with the interpreter.
    """
    if not may_resume(loop) or parts_of(loop.iter) or without_bar(loop, callables.bars) is not loop:
        return ()
    if find_draws(loop) is not None:
        return ()

    arrays = {
        node.value.id
        for part in loop.body
        for node in ast.walk(part)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
    }

    def may_run(stmt: ast.stmt) -> bool:
        return not any(
            _obstacle_in(node, callables) or _keeps_a_copy(node) or _keeps_one_of(arrays, node)
            for node in _walk(stmt, into_returns=False)
        )

    return find_effects(loop, may_run)


def _keeps_a_copy(node: ast.AST) -> bool:
    """Return whether `node` appends a copy of an array to a list."""
    match node:
        case ast.Call(func=ast.Attribute(attr="append"), args=[kept]):
            calls = (part.func for part in ast.walk(kept) if isinstance(part, ast.Call))
            return any(isinstance(f, ast.Attribute) and f.attr in _COPIES for f in calls)
    return False


def _keeps_one_of(arrays: set[str], node: ast.AST) -> bool:
    """Return whether `node` appends one of `arrays` to a list, as part of a tuple or list."""
    match node:
        case ast.Call(func=ast.Attribute(attr="append"), args=[kept]) if is_pack(kept):
            assert isinstance(kept, ast.Tuple | ast.List)
            return any(isinstance(part, ast.Name) and part.id in arrays for part in kept.elts)
    return False


_COPIES: Final = ("copy", "array", "tolist", "asarray")


def names_stored(loop: ast.For) -> set[str]:
    """Return the names that `loop` binds."""
    nodes = (node for part in (loop.target, *loop.body) for node in ast.walk(part))
    stores = (n for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return {node.id for node in stores}


def find_obstacles(loop: ast.AST, callables: Callables) -> Iterator[Obstacle]:
    """Yield every construct in the body of the loop `loop` that is ruled out by itself."""
    assert isinstance(loop, ast.For | ast.While | ast.AsyncFor)
    for statement in loop.body:
        for node in _walk(statement, into_returns=False):
            if construct := _obstacle_in(node, callables):
                yield Obstacle(construct, node)


def _walk(node: ast.AST, *, into_returns: bool = True) -> Iterator[ast.AST]:
    """Yield `node` and all nodes in it, in order of the text."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.Return) and not into_returns:
            continue
        made = _made_of(node)
        if made is None:
            made = [*ast.iter_child_nodes(node)]
        if isinstance(node, ast.Subscript):
            made = [part for part in (node.value, *_subscripts(node)) if not _is_view_mark(part)]
        pending += reversed(made)


def parts_taken(node: ast.Call) -> list[ast.AST] | None:
    """Return the parts of `sum(f(x) for x in a)` or `max(a[i])`, None of any other call."""
    match node:
        case ast.Call(
            func=ast.Name(id="sum" | "min" | "max" | "any" | "all"), args=[taken], keywords=[]
        ):
            pass
        case _:
            return None
    match taken:
        case ast.GeneratorExp(elt=elt, generators=generators) | ast.ListComp(
            elt=elt, generators=generators
        ) if all(_is_range(one.iter) or _is_items(one.iter) for one in generators):
            parts: list[ast.AST] = [elt]
            for one in generators:
                parts += [one.target, *_items_of(one.iter), *one.ifs]
            return parts
        case ast.Name() | ast.Subscript() if _is_items(taken):
            return [taken]
    return None


def _items_of(node: ast.expr) -> list[ast.AST]:
    """Return what `node`, the header of a loop, is made of: items instead of written lists."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return [item for part in parts for item in _items_of(part)]
        case ast.Call(func=ast.Name(id="enumerate" | "zip") as func, args=args, keywords=[]):
            return [func, *(item for part in args for item in _items_of(part))]
    return [node]


def _subscripts(node: ast.Subscript) -> list[ast.expr]:
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def _is_view_mark(node: ast.AST) -> bool:
    """Return whether a subscript is `None` or `...`."""
    return isinstance(node, ast.Constant) and (node.value is None or node.value is ...)


def _made_of(node: ast.AST) -> list[ast.AST] | None:
    """Return the parts of what takes a list that is written down: all but the list itself."""
    match node:
        case ast.For(target=target, iter=items, body=body, orelse=orelse) if is_item_loop(node):
            return [target, *_items_of(items), *body, *orelse]
        case ast.Call(func=ast.Attribute(attr="append") as func, args=[item]) if is_pack(item):
            assert isinstance(item, ast.Tuple | ast.List)
            return [func, *item.elts]
        case ast.Call() if (taken := parts_taken(node)) is not None:
            return taken
        case ast.Compare(left=left, comparators=[ast.Tuple() | ast.List() as items]) if (
            is_membership(node)
        ):
            return [left, *items.elts]
        case ast.Call(func=ast.Attribute(attr=word) as func, args=[first, *more]) if (
            f"numpy.{word}" in MAKERS and isinstance(first, ast.List | ast.Tuple) and first.elts
        ):
            parts: list[ast.AST] = []
            for item in first.elts:
                parts += item.elts if isinstance(item, ast.List | ast.Tuple) else [item]
            return [func, *parts, *more, *(keyword.value for keyword in node.keywords)]
        case ast.Call(func=func, args=args) if is_grid(node):
            return [func, *(a.value if isinstance(a, ast.Starred) else a for a in args)]
        case _:
            return None


def _obstacle_in(node: ast.AST, callables: Callables) -> str | None:
    if isinstance(node, ast.expr):
        return _obstacle_in_expression(node, callables)
    match node:
        case ast.Return():
            scope = find_scope(node)
            return None if scope is None else f"{_in_words(scope)} in a `return`"
        case ast.For() if not (is_range_loop(node) or is_item_loop(node)) or (
            parts_of(node.iter) and not is_grid(node.iter)
        ):
            return "a loop over something else than numbers or an array's items"
        case ast.Try() if is_plain_try(node):
            return None
        case ast.stmt() if type(node) not in _STATEMENTS:
            return _in_words(node)
    return None


def _obstacle_in_expression(node: ast.expr, callables: Callables) -> str | None:
    match node:
        case ast.Call(func=ast.Attribute(attr=word), args=[], keywords=[]) if word in METHODS:
            return None
        case ast.Call(func=ast.Attribute(attr=word), args=[] | [_], keywords=keywords) if (
            f"numpy.ndarray.{word}" in REDUCTIONS
            and all(keyword.arg in ("axis", "keepdims") for keyword in keywords)
        ):
            return None
        case ast.Call(func=ast.Attribute(attr="dot" | "astype"), args=[_], keywords=[]):
            return None
        case ast.Call(func=ast.Attribute(attr="clip"), args=[_, _], keywords=[]):
            return None
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr="append"), args=[_], keywords=[]):
            return None
        case ast.Call(func=func) if is_grid(node) and callables.is_known(func):
            return None
        case ast.Call() if parts_taken(node) is not None:
            return None
        case ast.Call(func=func) if not callables.is_known(func):
            return f"a call of `{ast.unparse(func)}`"
        case ast.Call(func=func, args=args, keywords=keywords):
            if isinstance(func, ast.Name) and func.id in callables.own:
                keywords = [keyword for keyword in keywords if keyword.arg is None]
            if isinstance(func, ast.Attribute) and f"numpy.{func.attr}" in MAKERS:
                keywords = [keyword for keyword in keywords if keyword.arg != "dtype"]
            if isinstance(func, ast.Attribute) and func.attr == "roll":
                keywords = [k for k in keywords if k.arg not in ("axis", "shift")]
            if isinstance(func, ast.Attribute) and f"numpy.{func.attr}" in REDUCTIONS:
                keywords = [k for k in keywords if k.arg not in ("axis", "keepdims")]
            if keywords or any(isinstance(a, ast.Starred) for a in args):
                return "a call with keywords or unpacking"
        case ast.Constant(value=bool() | int() | float() | complex()):
            return None
        case ast.Constant():
            return f"the literal `{ast.unparse(node)}`"
        case ast.Compare(ops=ops):
            if is_membership(node):
                return None
            if any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in ops):
                return f"the test `{ast.unparse(node)}`"
        case ast.Attribute(ctx=ast.Store()):
            return f"an assignment to `{ast.unparse(node)}`"
        case ast.Attribute(attr=word, ctx=ast.Load()) if word in METHODS or word in _OF_ANY:
            return None
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            if name not in callables.modules and attribute not in _ATTRIBUTES:
                return f"the attribute `{ast.unparse(node)}`"
        case ast.Attribute() if callables.is_known(node):
            return None
        case ast.Attribute():
            return f"the attribute `{ast.unparse(node)}`"
        case _ if type(node) not in _EXPRESSIONS:
            return _in_words(node)
    return None


def is_plain_try(node: ast.AST) -> bool:
    """Return whether `node` is a `try` that only catches exceptions of the statements in it.

    What catches `KeyboardInterrupt` is meant for what comes from outside, at any time. What a
    `return` gives is computed when the loop has been left, where no handler catches anything.
    """
    if not isinstance(node, ast.Try) or node.finalbody:
        return False
    if any(isinstance(part, ast.Return) for handler in node.handlers for part in ast.walk(handler)):
        return False
    catches_names = not all(
        part.id in _NOT_FOR_NAMES
        for handler in node.handlers
        if handler.type is not None
        for part in ast.walk(handler.type)
        if isinstance(part, ast.Name)
    )
    if any(
        isinstance(part, ast.Return) and _may_raise(part.value, catches_names)
        for stmt in node.body
        for part in ast.walk(stmt)
    ):
        return False
    return all(
        handler.name is None and handler.type is not None and _is_exception(handler.type)
        for handler in node.handlers
    )


def _may_raise(value: ast.expr | None, catches_names: bool) -> bool:
    """Return whether a `return` of `value`, which runs after the loop, may raise what is caught."""
    match value:
        case None | ast.Constant():
            return False
        case ast.Name():
            return catches_names
        case ast.Tuple(elts=parts):
            return any(_may_raise(part, catches_names) for part in parts)
    return True


_NOT_FOR_NAMES: Final = frozenset(
    (
        *("ArithmeticError", "FloatingPointError", "OverflowError", "ZeroDivisionError"),
        *("LookupError", "IndexError", "KeyError", "TypeError", "ValueError"),
        *("Warning", "RuntimeWarning"),
    )
)
"""Exceptions of which none is raised where a name has no value."""


def _is_exception(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name):
            return name not in ("BaseException", "KeyboardInterrupt")
        case ast.Tuple(elts=parts):
            return all(map(_is_exception, parts))
    return False


_OF_ANY: Final = ("T", "astype")
"""Attributes of arrays that have no name, too."""

_ATTRIBUTES: Final = ("shape", "size", "ndim", "append", "clip", "dot", "astype")

_STATEMENTS: Final = frozenset(
    {ast.Assign, ast.AugAssign, ast.For, ast.While, ast.If, ast.Break,
     ast.Continue, ast.Pass, ast.Expr}
)  # fmt: skip

_EXPRESSIONS: Final = frozenset(
    {ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Compare, ast.Call, ast.Constant,
     ast.Attribute, ast.Subscript, ast.Slice, ast.Name, ast.Tuple}
)  # fmt: skip

_WORDS: Final = {
    ast.FunctionDef: "a function definition",
    ast.AsyncFunctionDef: "a function definition",
    ast.ClassDef: "a class definition",
    ast.Return: "`return`",
    ast.AnnAssign: "an annotated assignment",
    ast.Delete: "`del`",
    ast.With: "`with`",
    ast.AsyncWith: "`async with`",
    ast.AsyncFor: "`async for`",
    ast.Raise: "`raise`",
    ast.Try: "`try`",
    ast.Assert: "`assert`",
    ast.Import: "`import`",
    ast.ImportFrom: "`import`",
    ast.Global: "`global`",
    ast.Nonlocal: "`nonlocal`",
    ast.NamedExpr: "an assignment expression",
    ast.Lambda: "`lambda`",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
    ast.List: "a list",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a generator expression",
    ast.Await: "`await`",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield from`",
    ast.JoinedStr: "a formatted string",
    ast.Starred: "unpacking with `*`",
}


def _in_words(node: ast.AST) -> str:
    kind = type(node)
    return _WORDS.get(kind, f"`{kind.__name__.lower()}`")
