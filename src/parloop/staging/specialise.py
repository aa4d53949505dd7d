"""Give every expression of a nest its types, from the types of the values that go in.

    s = 0; for i in 0:n { s = s + a[i] }      with a: float64[:]
    becomes    s: {int, float64} at the head of the loop, a[i]: float64, s + a[i]: float64

A flow-sensitive abstract interpretation over sets of types (`ir.types.Union`): branches join, loops
run to a fixed point. An operation is typed by `staging.rules` for each combination of operand
types; a combination that has no rule, or an operand that may be unbound, is not an error here as
long as another combination has one: machine code leaves the native run when it meets it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import assert_never

from parloop.diagnostics import Declined, Diagnostic
from parloop.ir.nodes import (
    START,
    STEP,
    STOP,
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
    Nest,
    Rank,
    Slice,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.types import (
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    UNBOUND,
    Array,
    Scalar,
    Type,
    Union,
)
from parloop.ir.walk import expressions, own_expressions, statements
from parloop.staging import rules
from parloop.staging.codes import (
    ArrayUsedWhole,
    BoundsNotInteger,
    NeverBound,
    Operation,
    OperationHasNoRule,
    SubscriptNotInteger,
    TooManyTypes,
    WrongNumberOfSubscripts,
)


class StoreDeclined(Declined):
    """No store of values of `types` into the array or list `array` is compiled."""

    def __init__(self, why: Diagnostic, array: str, types: tuple[Scalar, ...]) -> None:
        super().__init__(why)
        self.array = array
        self.types = types


MAX_MEMBERS = 4
"""More types than this at one place are declined: every use would need a branch a type."""

State = dict[str, Union]
"""The types that each scalar name may have at one point; a name that is missing is unbound."""

_UNBOUND: Union = frozenset({UNBOUND})


@dataclass(frozen=True, slots=True)
class Typing:
    """What `specialise` found out about one nest for one signature.

    `arrays` and `scalars` are the types of the inputs; `of` maps `id(expression)` to its types;
    `variables` has every type that each scalar name may ever hold (including `UNBOUND` where it may
    be read or left without a value); `leaves` the types of the nest's outputs behind it.
    """

    nest: Nest
    arrays: Mapping[str, Array]
    scalars: Mapping[str, Scalar]
    of: Mapping[int, Union]
    variables: Mapping[str, Union]
    leaves: Mapping[str, Union]

    def has_lists(self) -> bool:
        """Return whether some arrays stand for lists, or for what is appended to them."""
        dtypes = (array.dtype for array in self.arrays.values())
        return bool(self.nest.appends) or any(dtype.owner == "python" for dtype in dtypes)


def scalar_members(union: Union) -> tuple[Scalar, ...]:
    """Return the scalar types in `union`, in a fixed order."""
    return tuple(sorted((m for m in union if isinstance(m, Scalar)), key=str))


def specialise(nest: Nest, types: Mapping[str, Type]) -> Typing:
    """Return the typing of `nest` for inputs of `types`, or raise `Declined` with the reason.

    `types` has an entry for each input that has a value; an input without one is unbound.
    """
    appends = dict(nest.appends)
    arrays = {name: t for name, t in types.items() if isinstance(t, Array)}
    arrays |= dict.fromkeys(appends, _ANY)
    scalars = {name: t for name, t in types.items() if isinstance(t, Scalar)}
    typer = _Typer(nest, arrays)
    entry: State = {name: frozenset({t}) for name, t in scalars.items()}
    entry |= {name: frozenset({PY_INT}) for name in (START, STOP, STEP)}
    entry |= {counter: frozenset({PY_INT}) for counter in appends.values() if counter}
    typer.note(entry)
    after = typer.loop(nest.loop, entry)
    leaves = {name: after.get(name, _UNBOUND) for name in nest.outputs}
    for name in nest.outputs:
        typer.variables[name] = typer.variables.get(name, frozenset()) | leaves[name]
    arrays |= {name: typer.appended(name) for name in appends}
    _refuse_unbound(nest, typer)
    return Typing(nest, arrays, scalars, typer.of, typer.variables, leaves)


def _refuse_unbound(nest: Nest, typer: _Typer) -> None:
    wholes = (whole for stmt in statements((nest.loop,)) for whole in own_expressions(stmt))
    for expr in (expr for whole in wholes for expr in expressions(whole)):
        if isinstance(expr, Name) and typer.of.get(id(expr)) == _UNBOUND:
            if scalar_members(typer.variables.get(expr.id, _UNBOUND)):
                continue
            raise Declined(NeverBound.at(expr.span, expr.id))


_ANY = Array(PY_FLOAT, 1, writable=True)
"""What a list is that a loop appends to, before it is known what to."""


def _join(left: State, right: State) -> State:
    return {
        name: left.get(name, _UNBOUND) | right.get(name, _UNBOUND)
        for name in left.keys() | right.keys()
    }


@dataclass(slots=True)
class _Exits:
    """The states that `break` and `continue` statements of the innermost loop carried away."""

    breaks: list[State]
    continues: list[State]


class _Typer:
    def __init__(self, nest: Nest, arrays: Mapping[str, Array]) -> None:
        self.nest = nest
        self.arrays = arrays
        self.of: dict[int, Union] = {}
        self.variables: dict[str, Union] = {}
        self.exits: list[_Exits] = []

    def note(self, state: State) -> None:
        for name, union in state.items():
            known = self.variables.get(name, frozenset())
            self.variables[name] = known | union

    # statements: each takes the state before and gives that behind, None if nothing falls through

    def block(self, body: tuple[Stmt, ...], state: State | None) -> State | None:
        for stmt in body:
            if state is None:
                return None
            state = self.statement(stmt, state)
        return state

    def statement(self, stmt: Stmt, state: State) -> State | None:
        match stmt:
            case Assign(target=target, value=value):
                union = self.expression(value, state)
                state = {**state, target: union - _UNBOUND}
                self.note({target: state[target]})
                if len(state[target]) > MAX_MEMBERS:
                    raise Declined(TooManyTypes.at(stmt.span, f"`{target}`", state[target]))
                return state
            case Store():
                self.store(stmt, state)
                return state
            case For():
                return self.loop(stmt, state)
            case While():
                return self.while_loop(stmt, state)
            case If(test=test, then=then, otherwise=otherwise):
                self.expression(test, state)
                one, other = self.block(then, state), self.block(otherwise, state)
                if one is None or other is None:
                    return one or other
                return _join(one, other)
            case Break():
                self.exits[-1].breaks.append(state)
                return None
            case Continue():
                self.exits[-1].continues.append(state)
                return None
            case _:
                assert_never(stmt)

    def store(self, stmt: Store, state: State) -> None:
        value = scalar_members(self.expression(stmt.value, state))
        array = self.array_of(stmt, state)
        if array is _ANY:
            return
        if not any(rules.store_rule(array.dtype, member) for member in value):
            why = OperationHasNoRule.store(stmt, array.dtype, value)
            raise StoreDeclined(why, stmt.array, value)

    def appended(self, name: str) -> Array:
        """Return the array for what is appended to `name`, which has to have one type."""
        stores = [s for s in statements((self.nest.loop,)) if isinstance(s, Store)]
        values = [stmt.value for stmt in stores if stmt.array == name]
        union = frozenset().union(*(self.of.get(id(value), _UNBOUND) for value in values))
        members = [member for member in union if isinstance(member, Scalar)]
        if len(members) != 1 or UNBOUND in union:
            raise Declined(TooManyTypes.at(values[0].span, f"an item of `{name}`", union))
        return Array(members[0], 1, writable=True)

    def loop(self, stmt: For, state: State) -> State:
        if stmt is not self.nest.loop:
            for bound in (stmt.start, stmt.stop, stmt.step):
                members = scalar_members(self.expression(bound, state))
                # `range` takes Python's booleans, and not NumPy's.
                if not members or any(m.kind not in "iu" and m != PY_BOOL for m in members):
                    raise Declined(BoundsNotInteger.at(stmt.span, bound, members))

        def run(head: State) -> tuple[State | None, State]:
            inside = {**head, stmt.index: frozenset({PY_INT})}
            self.note({stmt.index: inside[stmt.index]})
            return self.block(stmt.body, inside), head

        return self.fixed_point(run, stmt.orelse, state)

    def while_loop(self, stmt: While, state: State) -> State:
        def run(head: State) -> tuple[State | None, State]:
            self.expression(stmt.test, head)
            return self.block(stmt.body, head), head

        return self.fixed_point(run, stmt.orelse, state)

    def fixed_point(self, run, orelse: tuple[Stmt, ...], state: State) -> State:  # type: ignore[no-untyped-def]
        head = state
        while True:
            self.exits.append(_Exits([], []))
            end, left = run(head)
            exits = self.exits.pop()
            grown = head
            for other in (end, *exits.continues):
                if other is not None:
                    grown = _join(grown, other)
            if grown == head:
                break
            head = grown
        behind = self.block(orelse, left)
        for other in exits.breaks:
            behind = other if behind is None else _join(behind, other)
        # A loop whose `else` always leaves an outer loop and that has no `break` ends here.
        return head if behind is None else behind

    # expressions

    def expression(self, expr: Expr, state: State) -> Union:
        union = self._expression(expr, state)
        union = self.of.get(id(expr), frozenset()) | union
        if len(union) > MAX_MEMBERS:
            raise Declined(TooManyTypes.at(expr.span, "this value", union))
        self.of[id(expr)] = union
        return union

    def _expression(self, expr: Expr, state: State) -> Union:
        match expr:
            case Const(value=value):
                return frozenset({_CONSTANTS[type(value)]})
            case Name(id=name):
                if name in self.arrays:
                    raise Declined(ArrayUsedWhole.at(expr.span, name))
                union = state.get(name, _UNBOUND)
                self.note({name: union})
                return union
            case Extent(array=array):
                return self.extent(expr, array)
            case Rank(array=array):
                if array not in self.arrays:
                    raise Declined(ArrayUsedWhole.not_array(expr.span, array))
                return frozenset({PY_INT})
            case Load():
                self.array_of(expr, state)
                return frozenset({self.arrays[expr.array].dtype})
            case Logical(left=left, right=right):
                return (self.expression(left, state) | self.expression(right, state)) - _UNBOUND
            case Conditional(test=test, then=then, otherwise=otherwise):
                self.expression(test, state)
                both = self.expression(then, state) | self.expression(otherwise, state)
                return both - _UNBOUND
            case Unary(operand=operand):
                return self.operation(expr, (self.expression(operand, state),))
            case Binary(left=left, right=right) | Compare(left=left, right=right):
                pair = (self.expression(left, state), self.expression(right, state))
                return self.operation(expr, pair)
            case Call(callee=callee, arguments=arguments):
                unions = tuple(self.expression(a, state) for a in arguments)
                if is_choice(callee):
                    self.operation(choice_test(expr), tuple(reversed(unions)))
                    return (unions[0] | unions[1]) - _UNBOUND
                return self.operation(expr, unions)
            case Slice():
                raise Declined(ArrayUsedWhole.in_slices(expr.span))
            case _:
                assert_never(expr)

    def extent(self, expr: Extent, name: str) -> Union:
        array = self.arrays.get(name)
        if array is None:
            raise Declined(ArrayUsedWhole.not_array(expr.span, name))
        axis = expr.axis
        rank = expr.rank
        if rank is not None and rank != array.ndim:
            raise Declined(WrongNumberOfSubscripts.unpacked(expr.span, name, rank, array.ndim))
        if axis is not None and not -array.ndim <= axis < array.ndim:
            raise Declined(WrongNumberOfSubscripts.extent(expr.span, name, axis, array.ndim))
        return frozenset({PY_INT})

    def operation(self, expr: Operation, operands: tuple[Union, ...]) -> Union:
        combinations = tuple(product(*(scalar_members(union) for union in operands)))
        found = [rule_of(expr, combination) for combination in combinations]
        results = frozenset(rule.result for rule in found if rule is not None)
        if not results:
            raise Declined(OperationHasNoRule.of(expr, combinations))
        return results

    def array_of(self, node: Load | Store, state: State) -> Array:
        array = self.arrays.get(node.array)
        if array is None:
            raise Declined(ArrayUsedWhole.not_array(node.span, node.array))
        if len(node.subscripts) != array.ndim:
            raise Declined(
                WrongNumberOfSubscripts.at(
                    node.span, node.array, len(node.subscripts), array.ndim
                )
            )
        for subscript in node.subscripts:
            members = scalar_members(self.expression(subscript, state))
            if not members or any(m.kind not in "iu" for m in members):
                raise Declined(SubscriptNotInteger.at(subscript.span, node.array, members))
        return array


_CONSTANTS: dict[type, Scalar] = {
    bool: PY_BOOL,
    int: PY_INT,
    float: PY_FLOAT,
    complex: PY_COMPLEX,
}


def is_choice(callee: str) -> bool:
    """Return whether `callee` gives back one of its two arguments, type and all."""
    return callee in ("builtins.min", "builtins.max")


def choice_test(call: Call) -> Compare:
    """Return the comparison by which `min(a, b)` and `max(a, b)` choose: true for the second."""
    first, second = call.arguments
    return Compare("<" if call.callee == "builtins.min" else ">", second, first, call.span)


def rule_of(expr: Expr, operands: tuple[Scalar, ...]) -> rules.Rule | None:
    """Return the rule by which `expr` works on operands of these types, if there is one."""
    match expr:
        case Unary(op=op):
            return rules.unary_rule(op, *operands)
        case Binary(op=op):
            return rules.binary_rule(op, *operands)
        case Compare(op=op):
            return rules.compare_rule(op, *operands)
        case Call(callee=callee) if callee in rules.DIVMOD:
            return rules.divmod_rule(callee, *operands)
        case Call(callee=callee):
            return rules.call_rule(callee, operands)
        case _:
            raise AssertionError(expr)
