"""Machine code for expressions in SIMD lanes: a vector has the value of each lane.

What has one value for all lanes stays a single number until it meets one that has not. Every lane
does exactly the operations that the loop would do for it on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product

from llvmlite import ir

from parloop.codegen.events import F64, I1, memory_type
from parloop.codegen.function import Mixed
from parloop.codegen.scalar_float import factors_of
from parloop.codegen.statements import StatementWriter
from parloop.ir.nodes import (
    Binary,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Extent,
    Load,
    Logical,
    Name,
    Rank,
    Slice,
    Unary,
)
from parloop.ir.types import NP_FLOAT64, PY_FLOAT, PY_INT, Scalar
from parloop.schedule.masked import ROOTS, is_even, is_factor
from parloop.staging.rules import Rule, store_rule
from parloop.staging.rules_base import integer_bounds
from parloop.staging.specialise import is_choice, rule_of, scalar_members


@dataclass(frozen=True, slots=True)
class Wide:
    """A value for each lane, or, where `value` is no vector, one for all of them.

    Where it may be Python's float or NumPy's, `tag` has the lanes in which it is NumPy's.
    """

    members: tuple[Scalar, ...]
    value: ir.Value
    tag: ir.Value | None = field(default=None)

    @property
    def is_vector(self) -> bool:
        """Whether lanes may differ."""
        return isinstance(self.value.type, ir.VectorType)


def splat(builder: ir.IRBuilder, value: ir.Value, width: int) -> ir.Value:
    """Return a vector that has `value` in each lane."""
    type_ = ir.VectorType(value.type, width)
    if isinstance(value, ir.Constant):
        return ir.Constant(type_, [value] * width)
    one = builder.insert_element(ir.Constant(type_, ir.Undefined), value, ir.IntType(32)(0))
    order = ir.Constant(ir.VectorType(ir.IntType(32), width), None)
    return builder.shuffle_vector(one, ir.Constant(type_, ir.Undefined), order)


class LaneValues:
    """Writes expressions; `mask` has the lanes in which they are evaluated."""

    trip: ir.Value
    """The slot of the lanes in which something has happened."""

    def __init__(self, writer: StatementWriter, width: int) -> None:
        self.writer = writer
        self.builder = writer.builder
        self.width = width
        self.mask_type = ir.VectorType(I1, width)
        self.mask: ir.Value = ir.Constant(self.mask_type, None)
        self.anchored = True
        self.varying: frozenset[str] = frozenset()
        self.products: list[ir.Value] = []
        """Results whose type does not depend on the lane: only their products are fused."""
        self.known: frozenset[str] = frozenset()
        """Names that differ between lanes in general, but here have one value: the writer's."""

    @property
    def uneven(self) -> frozenset[str]:
        """The names that may differ between lanes here."""
        return self.varying - self.known

    def know(self, name: str, value: ir.Value) -> None:
        """Let a name have this one value from here on. Behind the loop it has its lanes' again."""
        self.known |= {name}
        self.writer.assign(name, Mixed.single(PY_INT, value))

    # lanes

    def vector(self, value: ir.Value) -> ir.Value:
        """Return a value as a vector."""
        if isinstance(value.type, ir.VectorType):
            return value
        return splat(self.builder, value, self.width)

    spread = vector

    def any(self, mask: ir.Value) -> ir.Value:
        """Return whether a mask has a lane."""
        word = ir.IntType(self.width)
        return self.builder.icmp_unsigned("!=", self.builder.bitcast(mask, word), word(0))

    def raises(self, condition: ir.Value) -> None:
        """Trip the lanes of the mask in which `condition` holds: CPython may raise there."""
        self.writer.program.can_stop = True
        self.note(condition)

    def note(self, condition: ir.Value) -> None:
        """Trip the lanes of the mask in which `condition` holds."""
        builder = self.builder
        self.writer.program.can_raise = True
        happened = builder.and_(self.vector(condition), self.mask)
        before = builder.load(self.trip, typ=self.mask_type)
        builder.store(builder.or_(before, happened), self.trip)

    @contextmanager
    def under(self, condition: ir.Value) -> Iterator[None]:
        """Evaluate what follows in those lanes of the mask in which `condition` holds."""
        outer = self.mask
        self.mask = self.builder.and_(outer, condition)
        yield
        self.mask = outer

    def intrinsic(
        self,
        name: str,
        overloads: tuple[ir.Type, ...],
        result: ir.Type,
        arguments: tuple[ir.Value, ...],
    ) -> ir.Value:
        """Return a call of an LLVM intrinsic on vectors."""
        full = ".".join((f"llvm.{name}", *map(_mangled, overloads)))
        module = self.writer.module
        function = module.globals.get(full)
        if function is None:
            type_ = ir.FunctionType(result, [a.type for a in arguments])
            function = ir.Function(module, type_, full)
        return self.builder.call(function, arguments)

    # expressions

    def truth(self, expr: Expr) -> ir.Value:
        """Return in which lanes `expr` is true, as a vector."""
        value = self.expression(expr).value
        return self.vector(self.is_true(value))

    def is_true(self, value: ir.Value) -> ir.Value:
        """Return `bool(value)`."""
        element = value.type.element if isinstance(value.type, ir.VectorType) else value.type
        if element == I1:
            return value
        zero = ir.Constant(element, 0 if isinstance(element, ir.IntType) else 0.0)
        if element is not value.type:
            zero = self.vector(zero)
        if isinstance(element, ir.IntType):
            return self.builder.icmp_signed("!=", value, zero)
        return self.builder.fcmp_unordered("!=", value, zero)

    def expression(self, expr: Expr) -> Wide:
        """Return the value of `expr`."""
        if is_even(expr, self.uneven):
            return self.even(expr)
        match expr:
            case Name(id=name):
                return self.name(name, self.members(expr))
            case Load():
                return self.load(expr)
            case Logical(op=op, left=left, right=right):
                first = self.truth(left)
                rest = first if op == "and" else self.builder.not_(first)
                with self.under(rest):
                    second = self.truth(right)
                join = self.builder.and_ if op == "and" else self.builder.or_
                return Wide(self.members(expr), join(first, second))
            case Conditional(test=test, then=then, otherwise=otherwise):
                chosen = self.truth(test)
                with self.under(chosen):
                    one = self.expression(then)
                with self.under(self.builder.not_(chosen)):
                    other = self.expression(otherwise)
                return self.select(chosen, one, other)
            case Unary(op=op, operand=operand):
                value = self.expression(operand)
                if op == "not":
                    return Wide(self.members(expr), self.builder.not_(self.is_true(value.value)))
                return Wide(value.members, self.builder.fneg(value.value), value.tag)
            case Binary(left=left, right=right) | Compare(left=left, right=right):
                return self.operation(expr, (self.expression(left), self.expression(right)))
            case Call(callee=callee, arguments=arguments):
                values = tuple(self.expression(a) for a in arguments)
                if is_choice(callee):
                    return self.choice(expr, *values)
                return self.call(expr, values[0])
            case Const() | Extent() | Rank() | Slice():
                return self.even(expr)

    def members(self, expr: Expr) -> tuple[Scalar, ...]:
        """Return the types that `expr` may have."""
        return self.writer.types_of(expr)

    def name(self, name: str, members: tuple[Scalar, ...]) -> Wide:
        """Return the value of a variable that differs between lanes."""
        raise NotImplementedError

    def load(self, expr: Load) -> Wide:
        """Return elements of an array."""
        raise NotImplementedError

    def even(self, expr: Expr) -> Wide:
        """Return the one value of `expr` for all lanes; its events count if there is a lane."""
        builder = self.builder
        writer = self.writer
        trip = writer.trip
        writer.trip = writer.slot(I1)
        builder.store(I1(0), writer.trip)
        writer.anchored = self.anchored
        value = writer.expression(expr)
        happened = builder.load(writer.trip, typ=I1)
        writer.trip = trip
        happened = builder.and_(happened, self.any(self.mask))
        builder.store(builder.or_(builder.load(trip, typ=I1), happened), trip)
        members = self.members(expr)
        if members[0].kind == "b":
            return Wide(members, writer.truth(value))
        if value.tag is None:
            members = scalar_members(frozenset(value.members))
            return Wide(members, value.parts[members[0]])
        number = value.members.index(NP_FLOAT64)
        is_numpy = builder.icmp_signed("==", value.tag, ir.IntType(8)(number))
        return Wide(members, writer.kept(value, PY_FLOAT), self.vector(is_numpy))

    def numpy_lanes(self, value: Wide) -> ir.Value:
        """Return in which lanes a value is NumPy's."""
        if value.tag is not None:
            return value.tag
        return self.vector(I1(value.members[0].owner == "numpy"))

    def select(self, chosen: ir.Value, one: Wide, other: Wide) -> Wide:
        """Return one or the other value, lane by lane."""
        members = tuple(sorted({*one.members, *other.members}, key=str))
        value = self.builder.select(chosen, self.vector(one.value), self.vector(other.value))
        if len(members) == 1 or members[0].kind == "b":
            return Wide(members, value)
        tag = self.builder.select(chosen, self.numpy_lanes(one), self.numpy_lanes(other))
        return Wide(members, value, tag)

    # operations

    def operation(self, expr: Binary | Compare, sides: tuple[Wide, Wide]) -> Wide:
        """Return the result of an operation of two numbers."""
        rules = [rule_of(expr, pair) for pair in product(*(side.members for side in sides))]
        found = [rule for rule in rules if rule is not None]
        values = self.converted(expr, sides, found[0])
        operands = tuple(self.vector(value) for value in values)
        members = tuple(sorted({rule.result for rule in found}, key=str))
        if isinstance(expr, Compare):
            return Wide(members, self.comparison(expr.op, *operands))
        if isinstance(operands[0].type.element, ir.IntType):
            return Wide(members, self.integers(expr, *operands))
        python = any(rule.owner == "python" for rule in found)
        result = self.fused(expr, sides, operands) or self.floats(expr, operands, python=python)
        if len(set(found)) == 1 and rule_of(expr, found[0].compute) == found[0]:
            self.products.append(result)
        if any(rule.flags for rule in found):
            self.watch(result)
        tag = None
        if len(members) > 1:
            tag = self.builder.or_(*(self.numpy_lanes(side) for side in sides))
        return Wide(members, result, tag)

    def converted(
        self, expr: Expr, sides: tuple[Wide, Wide], rule: Rule
    ) -> tuple[ir.Value, ir.Value]:
        """Return the operands in the type that the operation works on."""
        kinds = {member.kind for side in sides for member in side.members}
        doubles = kinds == {"i", "f"}
        values = [
            self.as_double(side.value) if doubles or rule.compute[0].kind == "f" else side.value
            for side in sides
        ]
        return values[0], values[1]

    def as_double(self, value: ir.Value) -> ir.Value:
        """Return an int as the nearest double, and a float as it is."""
        is_vector = isinstance(value.type, ir.VectorType)
        element = value.type.element if is_vector else value.type
        if not isinstance(element, ir.IntType):
            return value
        target = ir.VectorType(F64, self.width) if is_vector else F64
        return self.builder.sitofp(value, target)

    def comparison(self, op: str, left: ir.Value, right: ir.Value) -> ir.Value:
        """Return in which lanes `left op right`."""
        if isinstance(left.type.element, ir.IntType):
            return self.builder.icmp_signed(op, left, right)
        if op == "!=":
            return self.builder.fcmp_unordered(op, left, right)
        return self.builder.fcmp_ordered(op, left, right)

    def fused(
        self, expr: Binary, sides: tuple[Wide, Wide], operands: tuple[ir.Value, ...]
    ) -> ir.Value | None:
        """Return a sum with a product rounded once, where `codegen.scalar_float` does so."""
        if not self.writer.fuses or expr.op not in "+-":
            return None
        builder = self.builder
        left, right = operands
        match self.factors(sides[1]), self.factors(sides[0]):
            case (one, other), _:
                words = (builder.fneg(one) if expr.op == "-" else one, other, left)
            case _, (one, other):
                words = (one, other, builder.fneg(right) if expr.op == "-" else right)
            case _:
                return None
        return self.intrinsic("fma", (left.type,), left.type, words)

    def factors(self, side: Wide) -> tuple[ir.Value, ir.Value] | None:
        """Return the factors of a product just made, if the type of its value is one."""
        found = factors_of(side.value)
        is_plain = any(side.value is product for product in self.products)
        if found is None or side.tag is not None or (side.is_vector and not is_plain):
            return None
        return self.vector(found[0]), self.vector(found[1])

    def floats(
        self, expr: Binary, operands: tuple[ir.Value, ...], *, python: bool
    ) -> ir.Value:
        """Return the result of an operation of floats.

        A division does not run in lanes that do not want it: they might divide by zero.
        """
        builder = self.builder
        left, right = operands
        match expr.op:
            case "+":
                return builder.fadd(left, right)
            case "-":
                return builder.fsub(left, right)
            case "*":
                return builder.fmul(left, right)
            case _:
                if python and not isinstance(expr.right, Const):
                    self.raises(builder.fcmp_ordered("==", right, self.number(right, 0.0)))
                if not isinstance(expr.right, Const):
                    right = builder.select(self.mask, right, self.number(right, 1.0))
                return builder.fdiv(left, right)

    def integers(self, expr: Binary, left: ir.Value, right: ir.Value) -> ir.Value:
        """Return the result of an operation of Python's ints."""
        builder = self.builder
        safe = id(expr) in self.writer.program.ranges.safe
        match expr.op:
            case "+" | "-":
                plus = expr.op == "+"
                result = builder.add(left, right) if plus else builder.sub(left, right)
                if not safe:  # then the sign of the result is not what it should be
                    other = builder.xor(result, right) if plus else builder.xor(left, right)
                    signs = builder.and_(builder.xor(result, left), other)
                    self.raises(builder.icmp_signed("<", signs, self.number(signs, 0)))
                return result
            case "*":
                if not safe:
                    self.test_product(expr, left, right)
                return builder.mul(left, right)
            case _:
                assert isinstance(expr.right, Const)
                power = int(expr.right.value.real)
                if expr.op == "%":
                    return builder.and_(left, self.number(left, power - 1))
                return builder.ashr(left, self.number(left, power.bit_length() - 1))

    def test_product(self, expr: Binary, left: ir.Value, right: ir.Value) -> None:
        """Trip the lanes in which the product with a positive literal leaves 64 bits."""
        builder = self.builder
        factor, value = (expr.left, right) if is_factor(expr.left) else (expr.right, left)
        assert isinstance(factor, Const)
        times = int(factor.value.real)
        low, high = integer_bounds(PY_INT)
        above = builder.icmp_signed(">", value, self.number(value, high // times))
        below = builder.icmp_signed("<", value, self.number(value, -(-low // times)))
        self.raises(builder.or_(above, below))

    def call(self, expr: Call, operand: Wide) -> Wide:
        """Return a root or an absolute value."""
        builder = self.builder
        vector = self.vector(operand.value)
        rules = [rule_of(expr, (member,)) for member in operand.members]
        found = [rule for rule in rules if rule is not None]
        type_ = vector.type
        members = tuple(sorted({rule.result for rule in found}, key=str))
        tag = operand.tag if len(members) > 1 else None
        if expr.callee not in ROOTS:
            return Wide(members, self.intrinsic("fabs", (type_,), type_, (vector,)), tag)
        if expr.callee == "math.sqrt":
            self.raises(builder.fcmp_ordered("<", vector, self.number(vector, 0.0)))
        vector = builder.select(self.mask, vector, self.number(vector, 1.0))
        result = self.intrinsic("sqrt", (type_,), type_, (vector,))
        if any(rule.flags for rule in found):
            self.watch(result)
        return Wide(members, result, tag)

    def choice(self, expr: Call, first: Wide, second: Wide) -> Wide:
        """Return `min(a, b)` or `max(a, b)`: `b` if it compares better, else `a`."""
        one, other = self.vector(first.value), self.vector(second.value)
        better = self.comparison("<" if expr.callee == "builtins.min" else ">", other, one)
        return self.select(better, second, first)

    def watch(self, result: ir.Value) -> None:
        """See to it that the flags of an operation are noticed: by value, where it may not run."""
        self.writer.program.watches_flags = True
        if self.anchored:
            return
        size = self.intrinsic("fabs", (result.type,), result.type, (result,))
        infinity = self.number(result, float("inf"))
        self.raises(self.builder.fcmp_unordered(">=", size, infinity))

    def number(self, like: ir.Value, number: float) -> ir.Constant:
        """Return a number in all lanes, of the type of another vector."""
        one = ir.Constant(like.type.element, number)
        return ir.Constant(like.type, [one] * self.width)

    # integers and elements

    def word(self, value: Wide) -> ir.Value:
        """Return an integer as a signed word."""
        return value.value

    def element(self, value: Wide, dtype: Scalar) -> ir.Value:
        """Return what `a[i] = value` leaves in the array; what has no place there trips."""
        builder = self.builder
        vector = self.vector(value.value)
        if dtype.kind == "f":
            assert store_rule(dtype, value.members[0]) is not None
            return self.as_double(vector)
        if dtype.bits == 64 and dtype.kind == "i":
            return vector
        low, high = integer_bounds(dtype)
        above = builder.icmp_signed(">", vector, self.number(vector, high))
        below = builder.icmp_signed("<", vector, self.number(vector, low))
        self.raises(builder.or_(above, below))
        return builder.trunc(vector, ir.VectorType(memory_type(dtype), self.width))


def _mangled(type_: ir.Type) -> str:
    if isinstance(type_, ir.VectorType):
        return f"v{type_.count}{_mangled(type_.element)}"
    if isinstance(type_, ir.IntType):
        return f"i{type_.width}"
    return {"double": "f64", "float": "f32"}.get(str(type_), "p0")
