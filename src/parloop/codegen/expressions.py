"""Machine code for expressions.

Operations on values of one type go straight to `codegen.scalar`. Where an operand may have several,
all of them that lead to the same operation are converted first and share it; otherwise each gets a
branch of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import TypeAlias, assert_never

from llvmlite import ir

from parloop.codegen import scalar
from parloop.codegen.events import I1, I8, I64, POINTER, Value, llvm_type, memory_type
from parloop.codegen.function import ArrayView, FunctionWriter, Mixed, is_double
from parloop.codegen.lanes import mark_access
from parloop.diagnostics import InternalError
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
    Store,
    Unary,
)
from parloop.ir.types import PY_INT, Member, Scalar
from parloop.staging import rules
from parloop.staging.rules import Rule
from parloop.staging.specialise import (
    choice_test,
    is_choice,
    rule_of,
    scalar_members,
)

Emit: TypeAlias = Callable[[tuple[Scalar, ...], tuple[Value, ...]], "Mixed | None"]


class ExpressionWriter(FunctionWriter):
    """Writes expressions into the function."""

    def expression(self, expr: Expr) -> Mixed:
        """Return the value of `expr` as code at the builder's place."""
        outer, self.span = self.span, expr.span if expr.span.line else self.span
        value = self._expression(expr)
        self.span = outer
        return value

    def _expression(self, expr: Expr) -> Mixed:
        match expr:
            case Const(value=number):
                (type_,) = self.types_of(expr)
                return Mixed.single(type_, scalar.constant(type_, number))
            case Name(id=name):
                return self.read(name, self.program.typing.of[id(expr)])
            case Extent():
                return Mixed.single(PY_INT, self.extent(expr))
            case Rank(array=array):
                return Mixed.single(PY_INT, I64(self.program.typing.arrays[array].ndim))
            case Load():
                return self.load(expr)
            case Logical(op=op, left=left, right=right):
                value = self.expression(left)
                test = self.truth(value)
                stop = self.builder.not_(test) if op == "and" else test
                return self.either(
                    stop, lambda: value, lambda: self.expression(right), self.types_of(expr)
                )
            case Conditional(test=test_expr, then=then, otherwise=otherwise):
                test = self.truth(self.expression(test_expr))
                return self.either(
                    test,
                    lambda: self.expression(then),
                    lambda: self.expression(otherwise),
                    self.types_of(expr),
                )
            case Unary(operand=operand):
                return self.operation(expr, (self.expression(operand),))
            case Binary(left=left, right=right) | Compare(left=left, right=right):
                return self.operation(expr, (self.expression(left), self.expression(right)))
            case Call(callee=callee, arguments=arguments):
                values = tuple(self.expression(a) for a in arguments)
                if is_choice(callee):
                    return self.choice(expr, values)
                return self.operation(expr, values)
            case Slice():
                raise InternalError("a slice has not been expanded")
            case _:
                assert_never(expr)

    def types_of(self, expr: Expr) -> tuple[Scalar, ...]:
        """Return the types that `expr` may have."""
        return scalar_members(self.program.typing.of[id(expr)])

    def integer(self, expr: Expr) -> ir.Value:
        """Return the value of an integer expression as a signed word."""
        value = self.expression(expr)
        word = self.dispatch((value,), lambda t, v: Mixed.single(PY_INT, self.as_word(t[0], v[0])))
        return word.parts[PY_INT]

    def as_word(self, type_: Scalar, value: Value) -> ir.Value:
        """Return an integer as a signed word; a uint64 beyond it leaves the run."""
        if type_.kind == "u" and type_.bits == 64:
            self.raises(self.builder.icmp_signed("<", value, I64(0)))
            return value
        return self.widened(type_, value)

    def truth(self, value: Mixed) -> ir.Value:
        """Return `bool(value)`."""
        boolean = Scalar("python", "b", 8)

        def emit(types: tuple[Scalar, ...], values: tuple[Value, ...]) -> Mixed:
            return Mixed.single(boolean, scalar.emit_truth(self, types[0], values[0]))

        return self.dispatch((value,), emit).parts[boolean]

    # arrays

    def extent(self, expr: Extent) -> ir.Value:
        """Return `a.shape[axis]` or `a.size`."""
        extents = self.arrays[expr.array].extents
        if expr.axis is not None:
            return extents[expr.axis]
        size: ir.Value = I64(1)
        for extent in extents:
            size = self.builder.mul(size, extent)
        return size

    def load(self, expr: Load) -> Mixed:
        """Return an element of an array."""
        dtype = self.program.typing.arrays[expr.array].dtype
        address = self.address(expr, dtype)
        parts = []
        for k in range(2 if dtype.kind == "c" else 1):
            type_ = memory_type(dtype)
            at = address if k == 0 else self.builder.gep(address, [I64(k)], source_etype=type_)
            part = self.builder.load(at, typ=type_, align=self.alignment(expr.array, dtype))
            mark_access(part, self.access_group)
            if dtype.kind == "b":
                part = self.builder.icmp_unsigned("!=", part, I8(0))
            parts.append(part)
        return Mixed.single(dtype, tuple(parts) if dtype.kind == "c" else parts[0])

    def alignment(self, _array: str, dtype: Scalar) -> int:
        """Return by how many bytes the elements are aligned, which the entry has tested."""
        return max(1, dtype.bits // (16 if dtype.kind == "c" else 8))

    def address(self, node: Load | Store, dtype: Scalar) -> ir.Value:
        """Return the address of `array[subscripts]`, tested unless it was proved to lie inside."""
        if id(node) in self.placed:
            return self.placed[id(node)]
        view = self.arrays[node.array]
        builder = self.builder
        inside = id(node) in self.inside
        if self.in_chain and not inside:
            return self.address_aside(node)
        address = view.pointer
        outside: ir.Value | None = None
        words = [self.integer(s) for s in node.subscripts]
        offset: ir.Value = I64(0)
        for axis, (word, extent, stride) in enumerate(
            zip(words, view.extents, view.strides, strict=True)
        ):
            if inside and (id(node), axis) in self.program.plan.from_end:
                word = builder.add(word, extent)
            elif not inside:
                wrapped = builder.add(word, extent)
                word = builder.select(builder.icmp_signed("<", word, I64(0)), wrapped, word)
                bad = builder.icmp_unsigned(">=", word, extent)
                outside = bad if outside is None else builder.or_(outside, bad)
            offset = builder.add(offset, builder.mul(word, stride))
        if outside is not None:
            self.raises(outside)
            if not self.precise:
                # The run goes on to the end of the slice: what is outside must not be touched.
                whole = builder.gep(address, [offset], source_etype=I8)
                return builder.select(outside, self.harmless(), whole)
        return builder.gep(address, [offset], source_etype=I8)

    def address_aside(self, node: Load | Store) -> ir.Value:
        """Return the address of `array[subscripts]`; what lies outside takes a branch of its own.

        The slice has tripped where that is taken; elsewhere the processor never waits for it.
        """
        view = self.arrays[node.array]
        builder = self.builder
        words = [self.integer(s) for s in node.subscripts]
        outside: ir.Value = I1(0)
        for axis, extent in enumerate(view.extents):
            below = builder.icmp_signed("<", words[axis], I64(0))
            wrapped = builder.add(words[axis], extent)
            words[axis] = builder.select(below, wrapped, words[axis])
            outside = builder.or_(outside, builder.icmp_unsigned(">=", words[axis], extent))
        usual, harmless = self.offset_address(view, words), self.harmless()
        before = builder.block
        aside, after = (self.function.append_basic_block(name) for name in ("aside", "placed"))
        builder.cbranch(outside, aside, after).set_weights([1, 1 << 20])
        builder.position_at_end(aside)
        self.raises(I1(1))
        builder.branch(after)
        last = builder.block
        builder.position_at_end(after)
        address = builder.phi(POINTER)
        address.add_incoming(usual, before)
        address.add_incoming(harmless, last)
        return address

    def offset_address(self, view: ArrayView, words: list[ir.Value]) -> ir.Value:
        """Return the address of an element by subscripts from 0 on."""
        offset: ir.Value = I64(0)
        for word, stride in zip(words, view.strides, strict=True):
            offset = self.builder.add(offset, self.builder.mul(word, stride))
        return self.builder.gep(view.pointer, [offset], source_etype=I8)

    def harmless(self) -> ir.Value:
        """Return where the fast variant reads and writes instead of outside of an array."""
        dummy = self.slot(ir.ArrayType(I8, 16))
        self.allocas.store(ir.Constant(ir.ArrayType(I8, 16), None), dummy)
        return dummy

    # operations

    def operation(self, expr: Expr, operands: tuple[Mixed, ...]) -> Mixed:
        """Return the result of a unary or binary operation, comparison or call."""

        def emit(types: tuple[Scalar, ...], values: tuple[Value, ...]) -> Mixed | None:
            rule = rule_of(expr, types)
            if rule is None:
                return None
            value = self.single_operation(expr, rule, types, values)
            if rule.flags:
                self.watch(value, types, values)
            return Mixed.single(rule.result, value)

        return self.dispatch(self.unified(expr, operands), emit)

    def single_operation(
        self, expr: Expr, rule: Rule, types: tuple[Scalar, ...], values: tuple[Value, ...]
    ) -> Value:
        """Return the result of an operation on operands whose types are known."""
        match expr:
            case Unary(op=op):
                if op == "-" and types == (PY_INT,) and id(expr) in self.program.ranges.safe:
                    return self.builder.sub(I64(0), values[0], flags=("nsw",))
                return scalar.emit_unary(self, op, types[0], values[0])
            case Binary(op=op):
                plain = {"+": self.builder.add, "-": self.builder.sub, "*": self.builder.mul}
                safe = types == (PY_INT, PY_INT) and id(expr) in self.program.ranges.safe
                if safe and op in plain:
                    return plain[op](*values, flags=("nsw",))
                return scalar.emit_binary(self, op, (types[0], types[1]), (values[0], values[1]))
            case Compare(op=op):
                return scalar.emit_compare(self, op, (types[0], types[1]), (values[0], values[1]))
            case Call(callee=callee) if callee in rules.DIVMOD:
                pair = (types[0], types[1]), (values[0], values[1])
                return scalar.emit_divmod(self, callee, *pair)
            case Call(callee=callee):
                return scalar.emit_call(self, callee, types, values)
            case _:
                raise AssertionError(expr)

    def watch(self, value: Value, types: tuple[Scalar, ...], values: tuple[Value, ...]) -> None:
        """See to it that the flags of an operation of NumPy's are noticed, if it sets any.

        They are if the operation runs; where LLVM may drop it, infinities and NaNs are looked for.
        A result that is no float was compared or rounded: then the operands are.
        """
        self.program.watches_flags = True
        if self.precise or self.anchored:
            return
        seen = value if isinstance(value, tuple) else (value,)
        if not isinstance(seen[0].type, ir.FloatType | ir.DoubleType):
            seen = tuple(
                part
                for type_, operand in zip(types, values, strict=True)
                if type_.kind in "fc"
                for part in (operand if isinstance(operand, tuple) else (operand,))
            )
        for part in seen:
            size = self.builder.call(
                self.module.declare_intrinsic("llvm.fabs", [part.type]), [part]
            )
            infinity = ir.Constant(part.type, float("inf"))
            self.note(self.builder.fcmp_unordered(">=", size, infinity))

    def choice(self, call: Call, values: tuple[Mixed, ...]) -> Mixed:
        """Return `min(a, b)` or `max(a, b)`: `b` if it compares better, else `a`, type and all."""
        first, second = values
        better = self.truth(self.operation(choice_test(call), (second, first)))
        if len(self.types_of(call)) == 1 and first.members == second.members:
            (type_,) = first.members
            assert isinstance(type_, Scalar)
            chosen = self.select(better, second.parts[type_], first.parts[type_])
            return Mixed.single(type_, chosen)
        return self.either(better, lambda: second, lambda: first, self.types_of(call))

    def select(self, condition: ir.Value, one: Value, other: Value) -> Value:
        """Return `one` or `other`, part by part for complex numbers."""
        if isinstance(one, tuple):
            return tuple(
                self.builder.select(condition, a, b) for a, b in zip(one, other, strict=True)
            )
        return self.builder.select(condition, one, other)

    # values of several types

    def unified(self, expr: Expr, operands: tuple[Mixed, ...]) -> tuple[Mixed, ...]:
        """Convert operands of several types to the one that the operation works on, if any."""
        if all(m.tag is None for m in operands) or not isinstance(expr, Binary | Compare):
            return operands
        combos = product(*(_scalars(m.members) for m in operands))
        found = {rule_of(expr, combo) for combo in combos}
        if len(found) != 1:
            return operands
        rule = found.pop()
        if rule is None or rule_of(expr, rule.compute) != rule:
            return operands
        return tuple(
            self.converted(operand, target)
            for operand, target in zip(operands, rule.compute, strict=True)
        )

    def converted(self, value: Mixed, target: Scalar) -> Mixed:
        """Return a value of several types as one of type `target`."""
        if value.members == (target,):
            return value
        if is_double(target):
            if value.as_float is not None:
                return Mixed.single(target, value.as_float)
            if all(is_double(m) for m in value.members):
                return Mixed.single(target, self.kept(value, target))

        def emit(types: tuple[Scalar, ...], values: tuple[Value, ...]) -> Mixed:
            converted = scalar.emit_convert(self, values[0], types[0], target)
            return Mixed.single(target, converted)

        return self.dispatch((value,), emit)

    def dispatch(self, operands: Sequence[Mixed], emit: Emit) -> Mixed:
        """Return what `emit` makes of the operands' actual types, a branch for each combination.

        A combination for which `emit` gives nothing leaves the run.
        """
        tagged = [m for m in operands if m.tag is not None]
        if not tagged:
            types = tuple(_scalars(m.members)[0] for m in operands)
            values = tuple(m.parts[t] for m, t in zip(operands, types, strict=True))
            found = emit(types, values)
            if found is None:
                raise AssertionError("staging lets no operation through that has no rule at all")
            return found
        merge = _Merge(self)
        for types in product(*(_scalars(m.members) for m in operands)):
            test: ir.Value = I1(1)
            for operand, type_ in zip(operands, types, strict=True):
                if operand.tag is not None:
                    number = I8(operand.members.index(type_))
                    is_it = self.builder.icmp_signed("==", operand.tag, number)
                    test = self.builder.and_(test, is_it)
            here = self.function.append_basic_block("type")
            following = self.function.append_basic_block("next")
            self.builder.cbranch(test, here, following)
            self.builder.position_at_end(here)
            values = tuple(m.parts[t] for m, t in zip(operands, types, strict=True))
            found = emit(types, values)
            if found is None:
                self.raises(I1(1))
                merge.leave(None)
            else:
                merge.leave(found)
            self.builder.position_at_end(following)
        merge.leave(None)
        return merge.result()

    def either(
        self,
        test: ir.Value,
        then: Callable[[], Mixed],
        otherwise: Callable[[], Mixed],
        members: tuple[Scalar, ...],
    ) -> Mixed:
        """Return one of two values, of which only the chosen one is computed."""
        merge = _Merge(self, members)
        yes = self.function.append_basic_block("then")
        no = self.function.append_basic_block("else")
        self.builder.cbranch(test, yes, no)
        for block, compute in ((yes, then), (no, otherwise)):
            self.builder.position_at_end(block)
            merge.leave(compute())
        return merge.result()


def _scalars(members: tuple[Member, ...]) -> tuple[Scalar, ...]:
    return tuple(m for m in members if isinstance(m, Scalar))


class _Merge:
    """The place where branches meet that each left a value."""

    def __init__(self, writer: ExpressionWriter, members: tuple[Scalar, ...] = ()) -> None:
        self.writer = writer
        self.members: list[Scalar] = list(members)
        self.slots: dict[Scalar, tuple[ir.Value, ...]] = {}
        self.tag = writer.slot(I8)
        self.block = writer.function.append_basic_block("merge")

    def slots_of(self, scalar_type: Scalar) -> tuple[ir.Value, ...]:
        if scalar_type not in self.members:
            self.members.append(scalar_type)
        if scalar_type not in self.slots:
            type_ = llvm_type(scalar_type)
            count = 2 if scalar_type.kind == "c" else 1
            slots = tuple(self.writer.slot(type_) for _ in range(count))
            zero = 0 if isinstance(type_, ir.IntType) else 0.0
            for slot in slots:
                self.writer.allocas.store(ir.Constant(type_, zero), slot)
            self.slots[scalar_type] = slots
        return self.slots[scalar_type]

    def leave(self, value: Mixed | None) -> None:
        """Go to the meeting place with `value`; with none, the run is left anyway."""
        builder = self.writer.builder
        if value is not None:
            for member in _scalars(value.members):
                part = value.parts[member]
                parts = part if member.kind == "c" else (part,)
                for slot, piece in zip(self.slots_of(member), parts, strict=True):
                    builder.store(piece, slot)
            if value.tag is None:
                builder.store(I8(self.members.index(_scalars(value.members)[0])), self.tag)
            else:
                after: tuple[Member, ...] = tuple(self.members)
                builder.store(self.writer.renumbered(value.tag, value.members, after), self.tag)
        else:
            builder.store(I8(0), self.tag)
        builder.branch(self.block)

    def result(self) -> Mixed:
        """Return the value at the meeting place."""
        builder = self.writer.builder
        builder.position_at_end(self.block)
        parts: dict[Member, Value] = {}
        for member in self.members:
            type_ = llvm_type(member)
            loaded = tuple(builder.load(s, typ=type_) for s in self.slots_of(member))
            parts[member] = loaded if member.kind == "c" else loaded[0]
        tag = None if len(self.members) == 1 else builder.load(self.tag, typ=I8)
        return Mixed(tuple(self.members), parts, tag)
