"""Lower the expressions of a loop, with the problems, guards and temporaries they give."""

from __future__ import annotations

import ast
from typing import Literal, cast

from parloop.capture.literals import is_membership
from parloop.diagnostics import Diagnostic
from parloop.frontend.codes import UnknownFunction, UnsupportedExpression
from parloop.frontend.known import CONSTANTS, FUNCTIONS, ITERABLES, canonical_name
from parloop.frontend.literals import lower_membership
from parloop.frontend.making import lower_astype, lower_making
from parloop.frontend.names import NameFacts
from parloop.ir.nodes import (
    Assign,
    Binary,
    BinaryOperator,
    Call,
    Compare,
    CompareOperator,
    Conditional,
    Const,
    Expr,
    Extent,
    Load,
    Logical,
    Name,
    Rank,
    Slice,
    Stmt,
    Unary,
    UnaryOperator,
)
from parloop.ir.walk import ELLIPSIS, MAKERS, METHODS, REDUCTIONS, ROLL
from parloop.source import Source, Span

DEEPEST = 200
"""The deepest nesting that is lowered: every later phase walks the tree by recursion."""

STAND_IN = "%"
"""The name of what could not be lowered, while the rest is looked at."""

_BINARY: dict[type[ast.operator], BinaryOperator] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
_COMPARE: dict[type[ast.cmpop], CompareOperator] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_UNARY: dict[type[ast.unaryop], UnaryOperator] = {
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Invert: "~",
    ast.Not: "not",
}


def dotted(node: ast.expr) -> str | None:
    """Return the text of `a.b.c`, or `None` for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


class Expressions:
    """What one loop's lowering gathers while it walks: problems, guards, temporaries.

    `prelude` are the statements that must run before the statement in hand, `arrays` the names that
    are subscripted or asked for their shape, `no_lists` those of them that are used as no list can
    be, `requires` the conditions of `Nest.requires`, `depth` how many expressions and blocks are
    open, `made` what the header in hand makes. `inside` are the indices that run over the extent of
    an axis; `moves` says whether the prelude is run each time that the expression in hand is.
    """

    def __init__(
        self, source: Source, function: str, names: NameFacts, bound: frozenset[str]
    ) -> None:
        self.source = source
        self.function = function
        self.names = names
        self.bound = bound
        self.problems: list[Diagnostic] = []
        self.guards: dict[str, str] = {}
        self.prelude: list[Stmt] = []
        self.arrays: set[str] = set()
        self.no_lists: set[str] = set()
        self.requires: dict[Expr, None] = {}
        self.inside: dict[str, Extent] = {}
        self.moves = True
        self.depth = 0
        self.made: tuple[ast.expr, ...] = ()
        self._temporaries = 0
        self._lines = None if source.text.isascii() else _lines(source.text)

    def problem(self, kind: type[Diagnostic], message: str, node: ast.stmt | ast.expr) -> None:
        """Keep a reason why the loop stays with the interpreter."""
        self.problems.append(kind(message, self.span(node)))

    def span(self, node: ast.stmt | ast.expr) -> Span:
        """Return where `node` stands, in characters (`ast` counts bytes)."""
        end_line = node.end_lineno or node.lineno
        end_column = node.end_col_offset or 0
        where: int = getattr(node, "where", 0)
        if where:  # of a function in another text
            return Span(node.lineno, node.col_offset, end_line, end_column, where)
        if self._lines is None:
            return Span(node.lineno, node.col_offset, end_line, end_column)
        return Span(
            node.lineno,
            self._characters(node.lineno, node.col_offset),
            end_line,
            self._characters(end_line, end_column),
        )

    def _characters(self, line: int, offset: int) -> int:
        lines = self._lines or []
        if not 1 <= line <= len(lines) or lines[line - 1].isascii():
            return offset
        return len(lines[line - 1].encode()[:offset].decode(errors="ignore"))

    def temporary(self) -> str:
        """Return a fresh name that no program can have."""
        self._temporaries += 1
        return f"%{self._temporaries - 1}"

    def bind(self, expr: Expr, *, names_too: bool = False) -> Expr:
        """Return `expr` if it costs nothing to evaluate twice, else a temporary that holds it."""
        if isinstance(expr, Const) or (isinstance(expr, Name) and not names_too):
            return expr
        name = self.temporary()
        self.prelude.append(Assign(name, expr, expr.span))
        return Name(name, expr.span)

    def again(self, expr: Expr) -> Expr:
        """Return a second object for a name or constant that stands in two places."""
        match expr:
            case Const(value=value):
                return Const(value, expr.span)
            case Name(id=name):
                return Name(name, expr.span)
            case _:
                return expr

    def meaning(self, node: ast.expr) -> str | None:
        """Return the canonical name of the known object that a dotted name stands for."""
        path = dotted(node)
        if path is None:
            return None
        root, dot, rest = path.partition(".")
        if root in self.bound:
            return None
        found = self.names.find(root)
        return None if found is None else canonical_name(found + dot + rest)

    def head(self, node: ast.expr) -> Expr:
        """Lower what the statement evaluates first of all: its parts may move into temporaries."""
        match node:
            case ast.Compare(left=left) if is_membership(node):
                return lower_membership(node, self.bind(self.head(left)), self)
            case ast.Compare(ops=[_, _, *_]):
                return self._chain(node, may_bind=True)
            case ast.BoolOp(values=[first, *rest]):
                return self._logical(node, self.head(first), rest)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Unary("not", self.head(operand), self.span(node))
            case ast.IfExp(test=test):
                return self._conditional(node, self.head(test))
            case _:
                return self.expression(node)

    def expression(self, node: ast.expr) -> Expr:
        """Lower `node`; where that cannot be, keep the problem and return a stand-in."""
        if self.depth == DEEPEST:
            return self.refuse(node, "the loop contains an expression that is nested too deeply")
        self.depth += 1
        expr = self._lowered(node)
        self.depth -= 1
        return expr

    def _lowered(self, node: ast.expr) -> Expr:
        match node:
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.Constant(value=bool() | int() | float() | complex() as value):
                return Const(value, self.span(node))
            case ast.Subscript(value=ast.Attribute(attr="shape")):
                return self._extent(node)
            case ast.Subscript():
                return self._subscripted(node)
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                factors = (self.expression(left), self.expression(right))
                return Call("numpy.matmul", "@", factors, self.span(node))
            case ast.BinOp(left=left, op=op, right=right):
                operator = self.binary_operator(op, node)
                first = self.expression(left)
                return Binary(operator, first, self.expression(right), self.span(node))
            case ast.UnaryOp():
                return self._unary(node)
            case ast.Compare(left=left) if is_membership(node):
                return lower_membership(node, self.expression(left), self)
            case ast.Compare():
                return self._chain(node, may_bind=False)
            case ast.BoolOp(values=[first_value, *rest]):
                return self._logical(node, self.expression(first_value), rest)
            case ast.IfExp(test=test):
                return self._conditional(node, self.expression(test))
            case ast.Call():
                return self._call(node)
            case ast.Attribute():
                return self._attribute(node)
            case _:
                return self.refuse(node, f"the loop contains {_describe(node)}")

    def refuse(self, node: ast.expr, message: str) -> Expr:
        """Keep the problem and return a stand-in."""
        self.problem(UnsupportedExpression, message, node)
        return Const(0, self.span(node))

    def binary_operator(self, op: ast.operator, node: ast.expr | ast.stmt) -> BinaryOperator:
        """Return the IR's operator for `op`."""
        if type(op) not in _BINARY:
            self.problem(UnsupportedExpression, "the loop contains the operator `@`", node)
        return _BINARY.get(type(op), "+")

    def _name(self, node: ast.Name, name: str) -> Expr:
        if name in self.bound or self.names.find(name) is None:
            return Name(name, self.span(node))
        constant = self._constant(node)
        return Name(name, self.span(node)) if constant is None else constant

    def _constant(self, node: ast.expr) -> Const | None:
        """Return the number that a dotted name stands for, if it is one of the known ones."""
        path, canonical = dotted(node), self.meaning(node)
        if path is None or canonical is None or canonical not in CONSTANTS:
            return None
        self.guards[path] = canonical
        return Const(CONSTANTS[canonical], self.span(node))

    def _unary(self, node: ast.UnaryOp) -> Expr:
        operand = self.expression(node.operand)
        match node.op, operand:
            case ast.USub(), Const(value=value):
                return Const(-value, self.span(node))
            case _:
                return Unary(_UNARY[type(node.op)], operand, self.span(node))

    def _logical(self, node: ast.BoolOp, first: Expr, rest: list[ast.expr]) -> Expr:
        span = self.span(node)
        op: Literal["and", "or"] = "and" if isinstance(node.op, ast.And) else "or"
        for value in rest:
            first = Logical(op, first, self.expression(value), span)
        return first

    def _conditional(self, node: ast.IfExp, test: Expr) -> Expr:
        then = self.expression(node.body)
        return Conditional(test, then, self.expression(node.orelse), self.span(node))

    def _chain(self, node: ast.Compare, *, may_bind: bool) -> Expr:
        """Lower `a < b < c` to `a < b and b < c`, where `b` is a temporary or a second copy.

        Only the first two operands are surely evaluated, and may move in front of the statement
        when nothing else of it comes before them.
        """
        span = self.span(node)
        places = [node.left, *node.comparators]
        left = self.expression(places[0])
        found: Expr | None = None
        for position, (op, place) in enumerate(zip(node.ops, places[1:], strict=True)):
            right = self.expression(place)
            shared = right
            last = position == len(node.ops) - 1
            if not last and may_bind and position == 0 and not isinstance(right, Name | Const):
                left = self.bind(left)
                shared = right = self.bind(right)
            if type(op) not in _COMPARE:
                self.problem(
                    UnsupportedExpression, f"the loop contains the operator `{_word(op)}`", node
                )
            pair = Compare(_COMPARE.get(type(op), "<"), left, right, span)
            found = pair if found is None else Logical("and", found, pair, span)
            if not last:
                left = self.second(shared, place)
        assert found is not None
        return found

    def second(self, expr: Expr, place: ast.expr) -> Expr:
        """Return another object for `expr`, which `place` was lowered to."""
        if isinstance(expr, Name | Const):
            return self.again(expr)
        count = len(self.problems)
        copy = self.expression(place)
        del self.problems[count:]
        return copy

    def element(self, node: ast.Subscript) -> Load:
        """Lower `a[i, j]` or `a[i][j]`, as a load or as the place of a store."""
        levels: list[ast.expr] = []
        base: ast.expr = node
        while isinstance(base, ast.Subscript) and not (levels and self._takes_view(base)):
            levels.append(base.slice)
            base = base.value
        name = self._subscripted_name(base, node)
        if name is None:
            return Load(STAND_IN, (), self.span(node))
        subscripts: list[Expr] = []
        for level in reversed(levels):
            parts = level.elts if isinstance(level, ast.Tuple) else [level]
            if isinstance(level, ast.Tuple | ast.Slice):
                self.no_lists.add(name)
            subscripts.extend(self._subscript(part) for part in parts)
        self.arrays.add(name)
        return Load(name, tuple(subscripts), self.span(node))

    def _subscripted_name(self, base: ast.expr, node: ast.expr) -> str | None:
        """Return the name of what is subscripted: a view or a new array gets a temporary one."""
        match base:
            case ast.Name(id=name):
                return name
            case ast.Attribute(attr="shape"):
                self.refuse(node, "the loop asks for a shape whose axis is not a constant")
                return None
            case ast.Subscript() | ast.BinOp() | ast.Attribute(attr="T") if self.moves:
                return self._named(base)
            case ast.Call(func=ast.Attribute()) if self.moves:
                return self._named(base)
            case ast.Subscript():
                self.refuse(node, "the loop subscripts a slice")
                return None
            case _:
                self.refuse(base, f"the loop subscripts {_describe(base)}")
                return None

    def _named(self, base: ast.expr) -> str:
        name = self.temporary()
        value = self.expression(base)
        self.prelude.append(Assign(name, value, value.span))
        self.no_lists.add(name)
        return name

    def _takes_view(self, node: ast.Subscript) -> bool:
        """Return whether `node` takes slices or axes of something, and not just items."""
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return any(
            isinstance(part, ast.Slice) or _is_ellipsis(part) or self._is_new_axis(part)
            for part in parts
        )

    def _is_new_axis(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant(value=None):
                return True
            case ast.Attribute(attr="newaxis", value=ast.Name(id=root)) if root not in self.bound:
                return self.names.find(root) == "numpy"
            case _:
                return False

    def _subscripted(self, node: ast.Subscript) -> Expr:
        """Lower a subscript that is read: `a[:, None]` is a view of `a[:]` with one axis more."""
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        new = [self._is_new_axis(part) for part in parts]
        if not any(new):
            return self.element(node)
        if any(map(_is_ellipsis, parts)):
            return self.refuse(node, "the loop subscripts with both `...` and `None`")
        rest = [part for part, is_new in zip(parts, new, strict=True) if not is_new]
        taken = ast.copy_location(ast.Tuple(rest, ast.Load()), node)
        base = ast.copy_location(ast.Subscript(node.value, taken, ast.Load()), node)
        whole = self.element(base) if rest else self.expression(node.value)
        kept = [is_new for part, is_new in zip(parts, new, strict=True)
                if is_new or isinstance(part, ast.Slice)]  # fmt: skip
        for part, is_new in zip(parts, new, strict=True):
            if is_new and isinstance(part, ast.Attribute):
                self.guards[ast.unparse(part)] = "numpy.newaxis"
        places = tuple(Const(place) for place, is_new in enumerate(kept) if is_new)
        return Call("numpy.newaxis", "numpy.newaxis", (whole, *places), self.span(node))

    def _subscript(self, node: ast.expr) -> Expr:
        if _is_ellipsis(node):
            return Call(ELLIPSIS, "...", (), self.span(node))
        if not isinstance(node, ast.Slice):
            return self.expression(node)
        ends = (node.lower, node.upper, node.step)
        lower, upper, step = (None if end is None else self.expression(end) for end in ends)
        return Slice(lower, upper, step, self.span(node))

    def _extent(self, node: ast.Subscript) -> Expr:
        attribute = cast(ast.Attribute, node.value)
        axis = self._axis(node.slice)
        if isinstance(attribute.value, ast.Name) and axis is not None:
            self.no_lists.add(attribute.value.id)
            return self._ask(attribute.value.id, axis, node)
        return self.refuse(node, "the loop asks for a shape whose axis is not a constant")

    def _ask(self, array: str, axis: int | None, node: ast.expr) -> Extent:
        self.arrays.add(array)
        return Extent(array, axis, self.span(node))

    def is_row(self, node: ast.Subscript) -> bool:
        """Return whether `node` is `g[i]` or `g[i][j]`, of a `g` that stays what it is."""
        base: ast.expr = node
        while isinstance(base, ast.Subscript) and not isinstance(base.slice, ast.Slice | ast.Tuple):
            base = base.value
        return isinstance(base, ast.Name) and base.id not in self.bound and self.moves

    def _length(self, row: Load, node: ast.expr) -> Extent:
        """Return how long the rows at the place of `row` are, of which there has to be this one."""
        self.look_at(row, row.subscripts)
        return Extent(row.array, len(row.subscripts), self.span(node))

    def look_at(self, row: Load, places: tuple[Expr, ...]) -> None:
        """Make sure that there is a row at the place of `row`, or the iteration is CPython's.

        `places` are the subscripts for the statement that does so.
        """
        sure = [self._is_inside(row, axis) for axis in range(len(row.subscripts))]
        if not all(sure):
            first = Load(row.array, (*places, Const(0, row.span)), row.span)
            self.prelude.append(Assign(self.temporary(), first, row.span))

    def _is_inside(self, row: Load, axis: int) -> bool:
        match row.subscripts[axis]:
            case Const(value=int(place)):
                least = Const(place + 1 if place >= 0 else -place)
                self.requires[Compare(">=", Extent(row.array, axis), least)] = None
                return True
            case Name(id=name):
                return self.inside.get(name) == Extent(row.array, axis)
            case _:
                return False

    def _axis(self, node: ast.expr) -> int | None:
        match node:
            case ast.Constant(value=int(axis)) if not isinstance(axis, bool):
                return axis
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(axis))):
                return None if isinstance(axis, bool) else -axis
            case _:
                return None

    def _attribute(self, node: ast.Attribute) -> Expr:
        constant = self._constant(node)
        if constant is not None:
            return constant
        if isinstance(node.value, ast.Name):
            self.no_lists.add(node.value.id)
        if node.attr == "T" and self._is_value(node.value):
            whole = self.expression(node.value)
            return Call("numpy.ndarray.T", ast.unparse(node), (whole,), self.span(node))
        if node.attr == "size" and isinstance(node.value, ast.Name):
            return self._ask(node.value.id, None, node)
        if node.attr == "ndim" and isinstance(node.value, ast.Name):
            self.arrays.add(node.value.id)
            return Rank(node.value.id, self.span(node))
        return self.refuse(node, f"the loop reads the attribute `{ast.unparse(node)}`")

    def _call(self, node: ast.Call) -> Expr:
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=attr), args=[], keywords=[]) if (
                attr in METHODS and self._is_value(value)
            ):
                whole = self.expression(value)
                path = f"{ast.unparse(value)}.{attr}"
                return Call(f"numpy.ndarray.{attr}", path, (whole,), self.span(node))
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if (
                f"numpy.ndarray.{attr}" in REDUCTIONS and self._is_value(value)
            ):
                axis = self._along(node, 0)
                if axis is not None:
                    whole = self.expression(value)
                    path = f"{ast.unparse(value)}.{attr}"
                    return Call(f"numpy.ndarray.{attr}", path, (whole, *axis), self.span(node))
            case ast.Call(
                func=ast.Attribute(value=value, attr="clip"), args=[low, high], keywords=[]
            ) if self._is_value(value):
                parts = tuple(self.expression(part) for part in (value, low, high))
                path = f"{ast.unparse(value)}.clip"
                return Call("numpy.ndarray.clip", path, parts, self.span(node))
            case ast.Call(
                func=ast.Attribute(value=value, attr="dot"), args=[other], keywords=[]
            ) if self._is_value(value):
                factors = (self.expression(value), self.expression(other))
                path = f"{ast.unparse(value)}.dot"
                return Call("numpy.ndarray.dot", path, factors, self.span(node))
            case ast.Call(
                func=ast.Attribute(value=value, attr="astype"), args=[_], keywords=[]
            ) if self._is_value(value):
                made = lower_astype(node, self)
                if made is not None:
                    return made
        callee = self.meaning(node.func)
        path = dotted(node.func) or ast.unparse(node.func)
        if callee is None or callee not in FUNCTIONS or callee in ITERABLES:
            return self._refuse_call(
                node, f"the loop calls `{path}`, which is not a function that parloop knows"
            )
        if callee in REDUCTIONS and (axis := self._along(node, 1)) is not None:
            self.guards[path] = callee
            whole = self.expression(node.args[0])
            return Call(callee, path, (whole, *axis), self.span(node))
        if callee == ROLL and (places := self._rolls(node)) is not None:
            self.guards[path] = callee
            whole = self.expression(node.args[0])
            return Call(callee, path, (whole, *places), self.span(node))
        if callee in MAKERS:
            made = lower_making(node, callee, path, self)
            if made is not None:
                return made
        match callee, node.args:
            case (
                "builtins.sum" | "builtins.min" | "builtins.max" | "builtins.any" | "builtins.all",
                [ast.Name(id=name) as taken],
            ) if name.startswith("%") and callee == f"builtins.{path}":
                self.guards[path] = callee  # what `frontend.reductions` took the name for
                return self.expression(taken)
        if node.keywords or any(isinstance(part, ast.Starred) for part in node.args):
            return self._refuse_call(
                node, f"the loop calls `{path}` with other than plain arguments"
            )
        fewest, most = FUNCTIONS[callee]
        if not fewest <= len(node.args) <= most:
            return self._refuse_call(node, f"the loop calls `{path}` with {_count(len(node.args))}")
        self.guards[path] = callee
        match callee, node.args:
            case "builtins.len", [ast.Name(id=name)]:
                return self._ask(name, 0, node)
            case "builtins.len", [ast.Subscript() as row] if self.is_row(row):
                return self._length(self.element(row), node)
            case "builtins.float", [ast.Constant(value=str(text))]:
                return self._float(text, node)
            case (
                "builtins.len" | "builtins.divmod" | "numpy.roll" | "builtins.sum"
                | "builtins.any" | "builtins.all",
                _,
            ):
                return self._refuse_call(
                    node, f"the loop calls `{path}` where its result is not plain"
                )
            case _:
                return self._plain_call(callee, path, node)

    def _along(self, node: ast.Call, place: int) -> tuple[Const, ...] | None:
        """Return the axis that a call names, behind so many arguments; None where it is plain.

        And `True` where the axis stays, with the length 1.
        """
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if len(node.args) == place + 1:
            given.setdefault("axis", node.args[place])
        if len(given) != len(node.keywords) + len(node.args) - place or "axis" not in given:
            return None
        axis, kept = self._axis(given["axis"]), given.get("keepdims")
        if axis is None or not given.keys() <= {"axis", "keepdims"}:
            return None
        if kept is None:
            return (Const(axis, self.span(given["axis"])),)
        if not (isinstance(kept, ast.Constant) and isinstance(kept.value, bool)):
            return None
        found = (Const(axis, self.span(given["axis"])), Const(True, self.span(kept)))
        return found if kept.value else found[:1]

    def _rolls(self, node: ast.Call) -> tuple[Const, ...] | None:
        """Return how far a call of `roll` goes and along which axis, where both are constants."""
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        given.update(zip(("shift", "axis"), node.args[1:], strict=False))
        places = [self._axis(given[word]) for word in ("shift", "axis") if word in given]
        count = len(node.args) + len(node.keywords)
        if not node.args or count != len(given) + 1 or "shift" not in given:
            return None
        if not given.keys() <= {"shift", "axis"}:
            return None
        found = tuple(Const(place, self.span(node)) for place in places if place is not None)
        return found if len(found) == len(given) else None

    def _is_value(self, node: ast.expr) -> bool:
        """Return whether `node` is something that the loop computes with, not a module."""
        if isinstance(node, ast.Name):
            return node.id in self.bound or self.names.find(node.id) is None
        if isinstance(node, ast.Attribute) and node.attr == "T":
            return self._is_value(node.value)
        return not isinstance(node, ast.Attribute)

    def _refuse_call(self, node: ast.Call, message: str) -> Expr:
        self.problem(UnknownFunction, message, node)
        return Const(0, self.span(node))

    def _float(self, text: str, node: ast.Call) -> Expr:
        try:
            return Const(float(text), self.span(node))
        except ValueError:
            return self.refuse(node, "the loop contains a string")

    def _plain_call(self, callee: str, path: str, node: ast.Call) -> Expr:
        span = self.span(node)
        arguments = [self.expression(part) for part in node.args]
        if callee not in ("builtins.min", "builtins.max"):
            return Call(callee, path, tuple(arguments), span)
        found = arguments[0]
        for argument in arguments[1:]:
            found = Call(callee, path, (found, argument), span)
        return found


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _lines(text: str) -> list[str]:
    """Return the lines of `text` as Python's parser counts them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _count(n: int) -> str:
    return "1 argument" if n == 1 else f"{n} arguments"


def _describe(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
            return "a string"
        case ast.Constant(value=value):
            return f"`{value!r}`"
        case _:
            return _KINDS.get(type(node), f"`{ast.unparse(node)}`")


_KINDS: dict[type[ast.expr], str] = {
    ast.List: "a list",
    ast.Tuple: "a tuple",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
    ast.Slice: "a slice",
    ast.Starred: "a starred expression",
    ast.Lambda: "a lambda",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a generator expression",
    ast.NamedExpr: "`:=`",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield from`",
    ast.Await: "`await`",
}

_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def _word(op: ast.cmpop) -> str:
    return _OPERATORS[type(op)]
