"""Choose parallel loops to run in SIMD lanes though each iteration has its own number of rounds.

    for j { x = 0; while abs(x - c[j]) > e { x = ... }; r[j] = x }

Sixteen neighbouring iterations run side by side, one a lane; a lane that is done keeps its values
and waits for the others (if-conversion with masks; Kennedy & Allen, *Optimizing Compilers*, 7.2).
Where the loops inside run equally often in all of them, `schedule.jam` is the simpler way. What
cannot be written for lanes, or would have its lanes look all over the memory, stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from parloop.ir.nodes import (
    Assign,
    Binary,
    Break,
    Call,
    Compare,
    Conditional,
    Const,
    Continue,
    Expr,
    Extent,
    For,
    If,
    Load,
    Logical,
    Name,
    Rank,
    Slice,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.types import (
    NP_FLOAT32,
    NP_FLOAT64,
    NP_INT64,
    PY_FLOAT,
    PY_INT,
    UNBOUND,
    Scalar,
    Union,
)
from parloop.ir.walk import (
    all_expressions,
    blocks,
    expressions,
    operands,
    own_expressions,
    statements,
)
from parloop.staging.specialise import Typing, is_choice, rule_of, scalar_members

WIDTH = 16
"""Iterations side by side: two of the widest vectors of doubles fill the pipeline."""

MOST_OPERATIONS = 150
"""What is longer has more values in flight than a processor has registers."""

OPERATIONS_PER_LOOKUP = 4
"""So many operations pay for an element that each lane has to look up by itself."""

DOUBLES = frozenset({PY_FLOAT, NP_FLOAT64})
"""A value may be either of these, lane by lane: they differ in how events are told."""

ROOTS = frozenset({"math.sqrt", "numpy.sqrt"})
SIZES = frozenset({"math.fabs", "numpy.absolute", "numpy.fabs", "numpy.abs", "builtins.abs"})
_ARITHMETIC = frozenset({"+", "-", "*", "/"})
_ELEMENTS = frozenset({NP_FLOAT64, NP_FLOAT32, NP_INT64})


def choose_masked(
    typing: Typing,
    numbers: Mapping[int, int],
    parallel: frozenset[int],
    contiguous: frozenset[str],
    jams: Mapping[int, int],
) -> dict[int, int]:
    """Return how many iterations of which loops (by number) are to run in lanes."""
    found: dict[int, int] = {}

    def visit(body: tuple[Stmt, ...]) -> bool:
        """Visit the loops in `body`; return whether one of them may run in any order."""
        taken = False
        for stmt in body:
            inner = False
            for block in blocks(stmt):
                inner |= visit(block)
            if isinstance(stmt, For):
                number = numbers[id(stmt)]
                is_parallel = number in parallel
                free = is_parallel and not inner and number not in jams
                if free and can_take_lanes(stmt, typing) and _pays(stmt, contiguous):
                    found[number] = WIDTH
                inner |= is_parallel
            taken |= inner
        return taken

    visit((typing.nest.loop,))
    return found


def can_take_lanes(loop: For, typing: Typing) -> bool:
    """Return whether all that `loop` does can be written for lanes."""
    if loop.orelse or _breaks(loop.body):
        return False
    return _Checker(typing, assigned_in(loop)).loop_body(loop)


def _breaks(body: tuple[Stmt, ...]) -> bool:
    """Return whether a `break` in `body` leaves the loop around it."""
    return any(
        isinstance(s, Break)
        or (isinstance(s, If) and (_breaks(s.then) or _breaks(s.otherwise)))
        or (isinstance(s, For | While) and _breaks(s.orelse))
        for s in body
    )


def assigned_in(loop: For, *, index: bool = True) -> frozenset[str]:
    """Return the names that the body of a loop binds, and with `index` the loop's own."""
    inside = tuple(statements(loop.body))
    names = {s.target for s in inside if isinstance(s, Assign)}
    names |= {s.index for s in inside if isinstance(s, For)}
    return frozenset(names | {loop.index} if index else names)


def is_even(expr: Expr, varying: frozenset[str]) -> bool:
    """Return whether `expr` has one value for all lanes, and computing it touches no memory."""
    return not any(
        isinstance(e, Load | Call | Logical | Conditional)
        or (isinstance(e, Name) and e.id in varying)
        for e in expressions(expr)
    )


def lane_members(union: Union) -> tuple[Scalar, ...] | None:
    """Return the types of a value that a lane can hold; `None` where it cannot."""
    members = scalar_members(union)
    if (len(members) == 1 and _is_number(members[0])) or all(m.kind == "b" for m in members):
        return members
    return members if len(members) == 2 and set(members) == DOUBLES else None


def _is_number(member: Scalar) -> bool:
    return member.kind == "b" or member in (PY_FLOAT, NP_FLOAT64, NP_FLOAT32, PY_INT, NP_INT64)


class _Checker:
    """Looks for what lanes cannot do."""

    def __init__(self, typing: Typing, varying: frozenset[str]) -> None:
        self.typing = typing
        self.varying = varying

    def loop_body(self, loop: For) -> bool:
        bound = all(self.is_variable(name) for name in self.varying)
        return bound and all(self.statement(s) for s in statements(loop.body))

    def is_variable(self, name: str) -> bool:
        """Return whether a lane can hold the variable; truth values have to be of one type."""
        members = lane_members(self.typing.variables[name]) or ()
        return len(members) == 1 or set(members) == DOUBLES

    def statement(self, stmt: Stmt) -> bool:
        match stmt:
            case Assign(value=value):
                return self.expression(value)
            case Store(array=array, subscripts=subscripts, value=value):
                return (
                    self.expression(value)
                    and all(self.is_subscript(s) for s in subscripts)
                    and self.is_storable(self.typing.arrays[array].dtype, value)
                )
            case If(test=test) | While(test=test):
                return self.expression(test)
            case For(total=total) if total:
                return False
            case For(start=start, stop=stop, step=step):
                return step == Const(1) and self.is_subscript(start) and self.is_subscript(stop)
            case Break() | Continue():
                return True

    def is_storable(self, dtype: Scalar, value: Expr) -> bool:
        members = self.members(value)
        assert members is not None
        if len(members) == 2:
            return dtype == NP_FLOAT64
        (member,) = members
        if dtype.kind == "f" and dtype.bits == 64:
            return member in (PY_FLOAT, NP_FLOAT64, PY_INT)
        if dtype == NP_FLOAT32:
            return member == NP_FLOAT32
        if dtype == NP_INT64:
            return member in (PY_INT, NP_INT64)
        return dtype.kind in "iu" and dtype.bits < 64 and member == PY_INT

    def is_subscript(self, expr: Expr) -> bool:
        return self.expression(expr) and self.members(expr) in ((PY_INT,), (NP_INT64,))

    def members(self, expr: Expr) -> tuple[Scalar, ...] | None:
        return lane_members(self.typing.of[id(expr)])

    def expression(self, expr: Expr) -> bool:
        if self.members(expr) is None:
            return False
        if UNBOUND in self.typing.of[id(expr)] or not all(map(self.expression, operands(expr))):
            return False
        match expr:
            case Const() | Name() | Extent() | Rank():
                return True
            case Load(array=array, subscripts=subscripts):
                is_element = self.typing.arrays[array].dtype in _ELEMENTS
                return is_element and all(self.is_subscript(s) for s in subscripts)
            case Logical() | Conditional():
                parts = operands(expr)[-2:]
                if isinstance(expr, Logical) or self.is_truth(expr):
                    return all(map(self.is_truth, parts))
                return self.is_one_kind(parts)
            case Unary(op=op, operand=operand):
                return op == "not" or (op == "-" and self.is_float(operand))
            case Compare(left=left, right=right):
                return self.is_compared(left, right)
            case Binary():
                return self.is_arithmetic(expr)
            case Call(callee=callee, arguments=arguments):
                if is_choice(callee):
                    return self.is_one_kind(arguments) and self.is_compared(*arguments)
                return callee in ROOTS | SIZES and self.keeps_width(expr)
            case Slice():
                return False

    def is_one_kind(self, parts: tuple[Expr, ...]) -> bool:
        """Return whether lanes may have one or the other value."""
        found = {member for part in parts for member in self.members(part) or ()}
        return len(found) == 1 or found == DOUBLES

    def is_truth(self, expr: Expr) -> bool:
        return all(m.kind == "b" for m in self.members(expr) or ())

    def is_float(self, expr: Expr) -> bool:
        return all(m.kind == "f" for m in self.members(expr) or ())

    def keeps_width(self, expr: Call) -> bool:
        """Return whether a function of one float computes in its operand's type."""
        (operand,) = expr.arguments
        rules = [(m, rule_of(expr, (m,))) for m in self.members(operand) or ()]
        # Of a constant LLVM knows the root, and the processor sets no flag.
        return self.is_float(operand) and not isinstance(operand, Const) and all(
            rule is not None and rule.compute[0].bits == rule.result.bits == member.bits
            for member, rule in rules
        )

    def is_compared(self, left: Expr, right: Expr) -> bool:
        kinds = {m.kind for side in (left, right) for m in self.members(side) or ()}
        widths = {m.bits for side in (left, right) for m in self.members(side) or ()}
        if len(widths) == 1 and kinds in ({"f"}, {"i"}):
            return True
        doubles = self.becomes_double(left) and self.becomes_double(right)
        return doubles and kinds == {"f", "i"} and (is_small(left) or is_small(right))

    def becomes_double(self, expr: Expr) -> bool:
        """Return whether arithmetic with doubles takes this operand as one."""
        return all(m in (PY_FLOAT, NP_FLOAT64, PY_INT) for m in self.members(expr) or ())

    def is_arithmetic(self, expr: Binary) -> bool:
        sides = (self.members(expr.left) or (), self.members(expr.right) or ())
        rules = [rule_of(expr, (a, b)) for a in sides[0] for b in sides[1]]
        computed = {member for rule in rules if rule is not None for member in rule.compute}
        if computed & {PY_INT, NP_INT64}:
            return all(m in (PY_INT, NP_INT64) for m in sides[0] + sides[1]) and (
                self.is_whole(expr, computed)
            )
        if None in rules or expr.op not in _ARITHMETIC:
            return False
        if computed <= DOUBLES:
            return all(map(self.becomes_double, (expr.left, expr.right)))
        if computed == {NP_FLOAT32}:
            return {m for side in sides for m in side} == {NP_FLOAT32}
        return False

    def is_whole(self, expr: Binary, computed: set[Scalar]) -> bool:
        """Return whether lanes can do this operation of integers."""
        if expr.op in ("//", "%"):
            return computed == {PY_INT} and is_power_of_two(expr)
        if expr.op == "*":
            return computed == {PY_INT} and (is_factor(expr.left) or is_factor(expr.right))
        return len(computed) == 1 and expr.op in ("+", "-")


def is_small(expr: Expr) -> bool:
    """Return whether `expr` is a literal int that a double holds."""
    return isinstance(expr, Const) and type(expr.value) is int and abs(expr.value) < 2**53


def is_factor(expr: Expr) -> bool:
    """Return whether `expr` is a positive literal int."""
    return is_small(expr) and isinstance(expr, Const) and int(expr.value.real) > 0


def is_power_of_two(expr: Binary) -> bool:
    """Return whether `expr` divides an int by a literal power of two."""
    if expr.op not in ("//", "%") or not is_factor(expr.right):
        return False
    assert isinstance(expr.right, Const)
    return int(expr.right.value.real).bit_count() == 1


def is_consecutive(access: Load | Store, loop: For, varying: frozenset[str]) -> bool:
    """Return whether neighbouring iterations of `loop` touch neighbours along the last axis."""
    *others, last = access.subscripts
    if loop.step != Const(1) or loop.index in assigned_in(loop, index=False):
        return False
    rest = varying - {loop.index}
    if any(not is_even(s, varying) for s in others) or not is_even(last, rest):
        return False
    match last:
        case Name(id=name):
            return name == loop.index
        case Binary(op="+" | "-", left=Name(id=name), right=right) if name == loop.index:
            return is_even(right, varying)
        case _:
            return False


def _assigns(stmt: Stmt, name: str) -> bool:
    return (isinstance(stmt, Assign) and stmt.target == name) or (
        isinstance(stmt, For) and stmt.index == name
    )


def is_fixed(access: Load, loop: For) -> bool:
    """Return whether an iteration of `loop` always asks for the same element."""
    names = assigned_in(loop, index=False)
    return loop.index not in names and all(is_even(s, names) for s in access.subscripts)


def even_indices(loop: For) -> frozenset[str]:
    """Return the indices of loops inside that have one value for all lanes that are in them."""
    varying = assigned_in(loop)
    inner = [s for s in statements(loop.body) if isinstance(s, For)]
    return frozenset(
        s.index
        for s in inner
        if is_even(s.start, varying) and is_even(s.stop, varying)
        and sum(_assigns(other, s.index) for other in statements(loop.body)) == 1
    )


def _pays(loop: For, contiguous: frozenset[str]) -> bool:
    """Return whether there are loops inside, and the work in them is arithmetic."""
    varying = assigned_in(loop) - even_indices(loop)
    rounds = tuple(s for s in statements(loop.body) if isinstance(s, For | While))
    if not rounds:
        return False
    work = sum(isinstance(e, Binary | Compare | Call) for e in all_expressions(rounds))
    total = sum(
        len(list(expressions(e))) for s in statements(loop.body) for e in own_expressions(s)
    )
    accesses: list[Load | Store] = [e for e in all_expressions(rounds) if isinstance(e, Load)]
    accesses += [s for s in statements(rounds) if isinstance(s, Store)]
    lookups = sum(
        not (is_consecutive(a, loop, varying) and a.array in contiguous)
        and not all(is_even(s, varying) for s in a.subscripts)
        and not (isinstance(a, Load) and is_fixed(a, loop))
        for a in accesses
    )
    return work >= OPERATIONS_PER_LOOKUP * max(lookups, 1) and total <= MOST_OPERATIONS
