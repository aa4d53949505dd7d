"""The statements that stand in place of a loop with a site. `capture.sites` shows them."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from typing import Final

from parloop.capture.candidates import iterated
from parloop.capture.comprehensions import Comprehension
from parloop.capture.items import leaves
from parloop.capture.made import leaves_of
from parloop.capture.names import bound_here, statements_in, surely_assigned, ways_out
from parloop.capture.sites import REGISTRY_NAME, SiteInfo


def site_form(info: SiteInfo, bound: set[str], second: ast.For | None = None) -> ast.For:
    """Return what stands in place of `info.node`, before which the names `bound` are surely bound.

    The user's nodes are used as they are, with their positions. `second` is a copy of the loop with
    sites in front of the loops inside, which runs in its place when the engine says so.
    """
    loop = with_header(info.node, info.bar)
    new = _Builder(info.key)
    indices: ast.expr
    test: ast.expr
    if info.bar is not None:
        indices, test = info.bar, new.of_site("on")
    elif info.made:
        indices = new.call_registry("opened", [*leaves_of(loop.iter)])
        test = new.of_site("on")
    elif info.over_items:
        names: list[ast.expr] = [new.name(name) for name in leaves(loop.iter)]
        indices = ast.Call(new.of_registry("positions"), names, [])
        test = _test_of_items(loop.iter, new)
    else:
        assert isinstance(loop.iter, ast.Call)
        indices, test = loop.iter, _test(loop.iter, new)
    entered = ast.IfExp(
        test=test,
        body=new.enter([indices, *(new.name(name) for name in info.written)]),
        orelse=ast.Tuple([], ast.Load()),
    )
    binding = _binding(info, bound, entered, new)
    users: ast.stmt = _over_the_rest(info, bound, loop, new)
    if second is not None:
        inner = _over_the_rest(info, bound, with_header(second, info.bar), new)
        users = ast.If(new.of_site("inner"), [inner], [users])
    if info.resumes:
        users = ast.While(ast.Constant(True), [users, _nowhere(ast.Break())], [])
    binding.orelse.append(users)
    _place(binding, _header_of(loop))
    return binding


def _binding(info: SiteInfo, bound: set[str], rows: ast.expr, new: _Builder) -> ast.For:
    """Return the loop that binds what a native run leaves, without its `else`."""
    loop = info.node
    return ast.For(
        target=ast.Tuple([new.name(name, ast.Store()) for name in info.outputs], ast.Store()),
        iter=rows,
        body=[
            *(new.delete_if_unbound(name) for name in _maybe_unbound(loop, info.outputs, bound)),
            *(new.leave(number, way) for number, way in enumerate(ways_out(loop), 1)),
            ast.If(_is_whole(new), [ast.Break()], []),
        ],
        orelse=[],
    )


def _nowhere(node: ast.stmt) -> ast.stmt:
    """Return a statement that belongs to no line, so that no tracer sees it pass by."""
    node.lineno = node.end_lineno = node.col_offset = node.end_col_offset = -1
    return node


def expression_form(info: SiteInfo, found: Comprehension) -> ast.expr:
    """Return what stands in place of the comprehension `found`, or of its consumer's argument."""
    new, node = _Builder(info.key), found.node
    header = node.generators[0].iter
    names: list[ast.expr] = [new.name(name) for name in info.passed if not name.endswith("@")]
    if info.over_items:
        leaf_names = [_where_it_stands(header, name, new) for name in leaves(header)]
        entered = new.enter([ast.Call(new.of_registry("positions"), [*leaf_names], []), *names])
        items: ast.expr = ast.BoolOp(ast.Or(), [entered, header])
        test = _test_of_items(header, new)
    else:
        assert isinstance(header, ast.Call)
        items, test = new.enter([header, *names]), _test(header, new)
    first = copy.copy(node.generators[0])
    first.iter = items
    ours = copy.copy(node)
    ours.generators = [first, *node.generators[1:]]
    made = new.call("first" if found.is_lazy or found.outputs else "complete", [ours])
    choice = ast.IfExp(test, made, node)
    _place(choice, ast.copy_location(ast.Name("_", ast.Load()), _first_character(node)))
    _place(items, ast.copy_location(ast.Name("_", ast.Load()), _first_character(node)))
    return choice


def _first_character(node: ast.expr) -> ast.expr:
    place = ast.copy_location(ast.Name("_", ast.Load()), node)
    place.end_lineno, place.end_col_offset = node.lineno, node.col_offset + 1
    return place


def with_header(loop: ast.For, header: ast.expr | None) -> ast.For:
    """Return `loop` over `header`, if that is not None."""
    if header is None:
        return loop
    found = copy.copy(loop)
    found.iter = header
    return found


def _over_the_rest(info: SiteInfo, bound: set[str], loop: ast.For, new: _Builder) -> ast.For:
    """Return `loop` over the iterations that are left to the interpreter."""
    has_bar = info.bar is not None
    iterable: ast.expr
    if has_bar:  # what is left may be false, and have no iterator
        left = ast.BoolOp(ast.And(), [new.of_site("open"), new.call("is_left", [])])
        iterable = ast.IfExp(left, new.call("rest", []), loop.iter)
    else:
        rest = ast.BoolOp(ast.And(), [new.of_site("open"), new.call("rest", [])])
        iterable = ast.BoolOp(ast.Or(), [rest, loop.iter])
    _place(iterable, _header_of(loop))
    if has_bar:
        ast.copy_location(iterable, loop.iter)
    users = ast.For(
        target=loop.target,
        iter=iterable,
        body=loop.body,
        orelse=loop.orelse,
        type_comment=loop.type_comment,
    )
    if info.resumes:
        paused = ast.BoolOp(ast.And(), [new.of_site("open"), new.call("resumes", [])])
        again = _binding(info, bound, new.resume([new.name(name) for name in info.steady]), new)
        again.orelse.append(ast.Continue())
        choice = ast.If(paused, [again], loop.orelse)
        _place(choice, _header_of(loop))
        users.orelse = [choice]
    return ast.copy_location(users, loop)


def _is_whole(new: _Builder) -> ast.expr:
    """Return the test that the loop is over: `whole` need not be asked where nothing is open."""
    nothing_open = ast.UnaryOp(ast.Not(), new.of_site("open"))
    return ast.BoolOp(ast.Or(), [nothing_open, new.call("whole", [])])


_MOST_NAMES: Final = 3
"""Names in a header above which the test in front of `enter` costs more than it saves."""


def _test(call: ast.Call, new: _Builder) -> ast.expr:
    """Return the test that lets an entry ask the engine: `on`, or enough iterations for `gate`."""
    trips = _about_trips(call.args) if call.lineno == call.end_lineno else None
    kinds = _kinds_in(trips) if trips is not None else None
    if trips is None or kinds is None or len(kinds) > _MOST_NAMES:
        return new.of_site("on")
    enough = ast.Compare(trips, [ast.GtE()], [new.of_site("gate")])
    if not kinds:
        return enough
    plain = [new.is_one_of(name, allowed) for name, allowed in kinds.values()]
    known = plain[0] if len(plain) == 1 else ast.BoolOp(ast.And(), plain)
    return ast.IfExp(known, enough, new.of_site("on"))


def _test_of_items(header: ast.expr, new: _Builder) -> ast.expr:
    """Return the test for enough items in the first list or array of `header`.

    Where it is neither, the site is asked, until it has had enough of that.
    """
    name = _where_it_stands(header, next(iterated(header)), new)
    gate, kind = new.of_site("gate"), new.call_registry("type", [name])

    def is_a(wanted: str) -> ast.expr:
        return ast.Compare(kind, [ast.Is()], [new.of_registry(wanted)])

    length = ast.Compare(new.call_registry("len", [name]), [ast.GtE()], [gate])
    size = ast.Compare(ast.Attribute(name, "size", ast.Load()), [ast.GtE()], [gate])
    other = ast.IfExp(is_a("ndarray"), size, ast.Constant(True))
    enough = ast.IfExp(is_a("list"), length, other)
    return ast.BoolOp(ast.And(), [new.of_site("on"), enough])


def _where_it_stands(header: ast.expr, name: str, new: _Builder) -> ast.Name:
    """Return the name, which may not be bound, at its place in the header."""
    called = {id(node.func) for node in ast.walk(header) if isinstance(node, ast.Call)}
    for node in ast.walk(header):
        if isinstance(node, ast.Name) and node.id == name and id(node) not in called:
            return ast.copy_location(new.name(name), node)
    raise AssertionError(name)


def _kinds_in(trips: ast.expr) -> dict[str, tuple[ast.Name, tuple[str, ...]]] | None:
    """Return the names in `trips`, with the types for which looking at them goes unnoticed.

    None if a name is used in two ways.
    """
    found: dict[str, tuple[ast.Name, tuple[str, ...]]] = {}
    pending: list[ast.AST] = [trips]
    while pending:
        node = pending.pop(0)
        match node:
            case ast.Call(func=ast.Name() as length, args=[ast.Name() as name]):
                new = [(length, ("len",)), (name, ("list", "ndarray"))]
            case ast.Attribute(value=ast.Name() as name):
                new = [(name, ("ndarray",))]
            case ast.Name():
                new = [(node, ("int",))]
            case _:
                new = []
                pending += ast.iter_child_nodes(node)
        for name, allowed in new:
            if found.setdefault(name.id, (name, allowed))[1] != allowed:
                return None
    return found


def _about_trips(arguments: Sequence[ast.expr]) -> ast.expr | None:
    """Return an expression for at least the number of trips, if it is sums of names and numbers."""
    if not all(_is_sum(argument) for argument in arguments):
        return None
    match arguments:
        case [stop] | [ast.Constant(value=0), stop]:
            return stop
        case [start, stop] | [start, stop, ast.Constant(value=int())]:
            return ast.BinOp(stop, ast.Sub(), start)
        case [start, stop, ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int()))]:
            return ast.BinOp(start, ast.Sub(), stop)
    return None


def _is_sum(node: ast.expr) -> bool:
    match node:
        case ast.Name() | ast.Constant(value=int()):
            return True
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int())):
            return True
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name()], keywords=[]):
            return True
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(), attr="shape"), slice=ast.Constant(value=int())
        ):
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return _is_sum(left) and _is_sum(right)
    return False


def _maybe_unbound(loop: ast.For, outputs: Sequence[str], bound: set[str]) -> list[str]:
    """Return the names of `outputs` that a run of at least one iteration may leave unbound."""
    sure = bound | bound_here(loop.target)
    for statement in loop.body:
        jumps = (ast.Break, ast.Continue, ast.Return)
        if any(isinstance(node, jumps) for node in statements_in(statement)):
            break
        sure |= surely_assigned(statement)
    return [name for name in outputs if name not in sure]


def _header_of(loop: ast.For) -> ast.expr:
    """Return the node at which new nodes stand."""
    found = loop.iter.func if isinstance(loop.iter, ast.Call) else loop.iter
    return found.value if isinstance(found, ast.Attribute) else found


def _place(node: ast.AST, header: ast.expr) -> None:
    """Put the nodes without positions at `header`, the word `range`.

    It stands in one line: an attribute that spans several would be taken to stand in the last.
    """
    pending: list[ast.AST] = [node]
    while pending:
        inner = pending.pop()
        if hasattr(inner, "lineno"):  # the user's, with all that is in it
            continue
        if isinstance(inner, ast.expr | ast.stmt):
            inner.lineno, inner.col_offset = header.lineno, header.col_offset
            inner.end_lineno, inner.end_col_offset = header.end_lineno, header.end_col_offset
        pending += ast.iter_child_nodes(inner)


class _Builder:
    """Makes the nodes that speak of one site; `_place` gives them positions."""

    def __init__(self, key: str) -> None:
        self._key = key

    def name(self, name: str, context: ast.expr_context | None = None) -> ast.Name:
        return ast.Name(name, context or ast.Load())

    def of_registry(self, name: str) -> ast.Attribute:
        return ast.Attribute(self.name(REGISTRY_NAME), name, ast.Load())

    def of_site(self, name: str) -> ast.Attribute:
        return ast.Attribute(self.of_registry(self._key), name, ast.Load())

    def call(self, method: str, arguments: list[ast.expr]) -> ast.Call:
        return ast.Call(self.of_site(method), arguments, [])

    def call_registry(self, function: str, arguments: list[ast.expr]) -> ast.Call:
        return ast.Call(self.of_registry(function), arguments, [])

    def enter(self, given: list[ast.expr]) -> ast.Subscript:
        return ast.Subscript(self.of_site("enter"), ast.Tuple(given, ast.Load()), ast.Load())

    def resume(self, given: list[ast.expr]) -> ast.Subscript:
        return ast.Subscript(self.of_site("resume"), ast.Tuple(given, ast.Load()), ast.Load())

    def is_one_of(self, value: ast.Name, kinds: tuple[str, ...]) -> ast.expr:
        """Return the test that `value` has one of the types `kinds`, or is `len`."""
        if kinds == ("len",):
            return ast.Compare(value, [ast.Is()], [self.of_registry("len")])
        tests: list[ast.expr] = [
            ast.Compare(
                ast.Attribute(value, "__class__", ast.Load()),
                [ast.Is()],
                [self.of_registry(kind)],
            )
            for kind in kinds
        ]
        return tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), tests)

    def leave(self, number: int, way: ast.Return) -> ast.If:
        """Return the statement that leaves the function where machine code came to `way`."""
        left = self.call("leaves", [ast.Constant(number)])
        return ast.If(ast.BoolOp(ast.And(), [self.of_site("open"), left]), [way], [])

    def delete_if_unbound(self, name: str) -> ast.If:
        return ast.If(
            test=ast.Compare(self.name(name), [ast.Is()], [self.of_registry("unbound")]),
            body=[ast.Delete([self.name(name, ast.Del())])],
            orelse=[],
        )
