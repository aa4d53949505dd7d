"""One kernel being written: what a thread does, by the same emission as on the CPU.

`ThreadWriter` is the writer of LLVM IR with a builder that writes C++. What differs: control flow
is structured, every operation is tested by value (the device has no floating-point flags), a test
that fails sets bits of the thread's `trip`, and what lies outside an array is neither read nor
written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from llvmlite import ir

from parloop.codegen.cuda.builder import Body, Builder, Line
from parloop.codegen.cuda.library import MAY_OVERFLOW, OF_NUMPY, bound_of, plain_name
from parloop.codegen.cuda.program import HI, LO, STATE_HEADER
from parloop.codegen.cuda.values import Address, Operand, Place, Value, type_name
from parloop.codegen.events import F32, I1, I8, I64, POINTER, llvm_type
from parloop.codegen.expressions import Emit
from parloop.codegen.externals import LIBM
from parloop.codegen.function import ArrayView, Mixed, Program
from parloop.codegen.layout import Header, words_of
from parloop.codegen.scalar_common import (
    UnsupportedOperationError,
    all_of,
    fabs,
    is_finite,
    is_infinite,
    like,
)
from parloop.codegen.scalar_float import Flags, library
from parloop.codegen.statements import StatementWriter
from parloop.ir.nodes import Break, Continue, Expr, For, If, Load, Stmt, Store, While
from parloop.ir.types import Member, Scalar
from parloop.ir.walk import statements
from parloop.schedule.pieces import loop_of
from parloop.source import NOWHERE
from parloop.staging.rules_base import Rule

EVENT_NAMES = {
    "over": "OVERFLOWED",
    "divide": "DIVIDED",
    "invalid": "INVALID",
    "under": "UNDERFLOWED",
}
"""The bits of a thread's `trip`, by the kind of warning."""

NEAR = {64: 1 - 2.0**-46, 32: 1 - 2.0**-18}
"""From this share of the largest float on another function might have overflowed."""


@dataclass(frozen=True, slots=True)
class Words:
    """Where words stand in the text: `text` with the number put in, moved by `shift`."""

    text: str
    shift: int = 0


RECORD = Words("record.words[{}]")


class ThreadWriter(StatementWriter):
    """Writes statements as what one thread does."""

    def __init__(self, program: Program, body: Body, in_state: frozenset[str]) -> None:
        self.program = program
        self.module = program.module
        self.precise = True
        self.body = body
        self.builder: Any = Builder(body)
        self.state = Words("state->words[{}]", -program.layout.first_variable_word)
        self.in_state = in_state
        self.span = NOWHERE
        self.arrays: dict[str, ArrayView] = {}
        self.variables = {}
        self.inside = program.plan.inside
        self.anchored = True
        self.loop_targets = []
        self.access_group = None
        self.placed = {}
        self.fuses = program.plan.fuse
        self.record = RECORD
        self.hint = ""
        self.watched: dict[str, tuple[Scalar, Place, Place]] = {}
        """Sums of integers that may wrap: what was added to them, and taken from them."""
        self.numbers: dict[str, Place] = {}
        """Variables of which the number of the iteration is kept that assigned them."""

    # events

    def raises(self, condition: Operand) -> None:
        """Note that the interpreter, or the CPU's precise variant, has to run this."""
        self.program.can_raise = self.program.can_stop = True
        self._trip("TRIPPED", condition)

    def warns(self, flag: str, verb: str, condition: Operand) -> None:
        """Note that NumPy warns here."""
        self.program.can_raise = True
        self.program.watches_flags = True
        self._trip(EVENT_NAMES[flag], condition)

    def note(self, condition: Operand) -> None:
        """Note that something may have happened."""
        self.program.can_raise = True
        self._trip("TRIPPED", condition)

    def watch(self, value: Any, types: Any, values: Any) -> None:
        """Remember that there are operations of NumPy's: all have been tested by value."""
        self.program.watches_flags = True

    def _trip(self, bit: str, condition: Operand) -> None:
        if isinstance(condition, ir.Constant):
            if condition.constant:
                self.body.do(f"trip |= {bit};")
            return
        self.body.do(f"if ({{0}}) trip |= {bit};", condition)

    def has_tripped(self) -> Value:
        """Return whether the values of this thread mean nothing any more."""
        made: Value = self.builder.value(I1, "(trip & TRIPPED) != 0", reads=True)
        return made

    def external(self, name: str, function_type: ir.FunctionType) -> ir.Function:
        """Return a function of the C library, if the device has the same, or one that will do."""
        function = plain_name(name)
        bound = bound_of(function) if name.startswith(LIBM) else None
        if bound is None or (bound and not self.program.plan.approximates):
            raise UnsupportedOperationError(function)
        if bound:
            self.program.approximations.add(function)
        return super().external(name, function_type)

    def from_library(self, function: ir.Function, arguments: tuple[Any, ...]) -> Value:
        """Return the result of a function; the CPU decides what is a hair from overflowing."""
        result: Value = self.builder.call(function, arguments)
        if plain_name(function.name).removesuffix("f") in MAY_OVERFLOW:
            bits = 32 if result.type == F32 else 64
            largest = float(np.finfo(f"f{bits // 8}").max)
            size = fabs(self, result)
            near = self.builder.fcmp_ordered(">", size, like(result, largest * NEAR[bits]))
            self.raises(self.builder.and_(near, is_finite(self, result)))
        return result

    def in_place_of_loop(self, name: str, rule: Rule, values: tuple[Any, ...]) -> Value:
        """Return the result of a function of NumPy's by the device's own.

        Where it is infinite the kind of warning is not known: the CPU looks at either.
        """
        function = OF_NUMPY.get(name)
        types = {*rule.compute, rule.result}
        is_plain = len(types) == 1 and rule.result.kind == "f"
        if function is None or not is_plain or not self.program.plan.approximates:
            raise UnsupportedOperationError(f"numpy.{name}")
        flags = Flags(self, rule)
        result: Value = library(self, function, *values)
        finite = all_of(self, *(is_finite(self, each) for each in values))
        for flag in ("divide", "over"):
            flags.note(flag, all_of(self, is_infinite(self, result), finite))
        flags.invalid(result, *values)
        flags.report()
        return result

    # variables

    def assign(self, name: str, value: Mixed) -> None:
        """Give a variable a value; note what somebody wants to know of it."""
        watched = self.watched.get(name)
        if watched is None:
            super().assign(name, value)
        else:
            type_, added, taken = watched
            before = self.builder.load(self.variables[name].slots[type_][0], typ=llvm_type(type_))
            before.fixed, before.name = True, f"{name}_before"
            super().assign(name, value)
            after = self.get(self.variables[name], type_)
            self._note_change(type_, before, after, added)
            self._note_change(type_, after, before, taken)
        if name in self.numbers:
            self.body.do(f"{self.numbers[name].text} = number;")

    def _note_change(self, type_: Scalar, low: Any, high: Any, total: Place) -> None:
        """Add to `total` by how much `high` is more than `low`."""
        builder = self.builder
        compare = builder.icmp_signed if type_.kind == "i" else builder.icmp_unsigned
        ends = self.widened(type_, high), self.widened(type_, low)
        change = builder.select(compare(">", high, low), builder.sub(*ends), I64(0))
        more = builder.add(builder.load(total, typ=I64), change)
        self.raises(builder.icmp_unsigned("<", more, change))
        builder.store(more, total)

    def keep_number(self, name: str) -> None:
        """Keep the number of the iteration that assigns a variable."""
        self.hint = f"{name}_number"
        self.numbers[name] = self.slot(I64)
        self.hint = ""

    # memory

    def slot(self, type_: ir.Type) -> Place:
        """Return a new variable, declared here."""
        if isinstance(type_, ir.ArrayType):
            raise UnsupportedOperationError("room for several numbers")
        name = self.body.names.new(self.hint or "v")
        self.body.do(f"{type_name(type_)} {name} = 0;")
        return Place(POINTER, name, type_)

    def word(self, index: int, base: Words | None = None) -> Place:
        """Return a word of the record, or of another block of words."""
        base = RECORD if base is None else base
        return Place(POINTER, base.text.format(index + base.shift), I64)

    def declare(self, name: str, *, track: bool = False) -> Any:
        """Declare a variable under the user's name."""
        self.hint = name
        found = super().declare(name, track=track)
        self.hint = ""
        return found

    def home(self, name: str) -> Words:
        """Return where a variable stands between kernels."""
        return self.state if name in self.in_state else RECORD

    def open_variables(self, names: Iterable[str]) -> None:
        """Declare variables, with the values that they have before the kernel."""
        for name in names:
            self.declare(name)
            self.fetch(name, self.program.layout.variables[name], self.home(name))

    def leave(self, name: str) -> None:
        """Put a variable where the next kernel, and the host, find it."""
        self.spill(name, self.program.layout.variables[name], self.state)

    def open_arrays(self, names: Iterable[str], pointers: Mapping[str, Any]) -> None:
        """Name pointers, extents and strides of the arrays; what is not used is not written."""
        for name in names:
            array = self.program.typing.arrays[name]
            first = self.program.layout.arrays[name]

            def named(index: int, suffix: str, name: str = name, first: int = first) -> Value:
                text = f"record.words[{first + index}]"
                made = self.builder.value(I64, text, atomic=True, name=f"{name}_{suffix}")
                made.fixed = True
                return made  # type: ignore[no-any-return]

            extents = [named(1 + k, f"n{k}") for k in range(array.ndim)]
            strides: list[Any] = [named(1 + array.ndim + k, f"s{k}") for k in range(array.ndim)]
            if name in self.program.plan.contiguous and strides:
                strides[-1] = I64(max(1, array.dtype.bits // 8))
            text = f"(char *)record.words[{first}]"
            pointer = self.builder.value(POINTER, text, name=name)
            pointer.fixed = True
            self.arrays[name] = ArrayView(pointer, tuple(extents), tuple(strides))

    def address(self, node: Load | Store, dtype: Scalar) -> Address:
        """Return the address of `array[subscripts]`, and whether it must not be touched."""
        view = self.arrays[node.array]
        builder = self.builder
        inside = id(node) in self.inside
        outside: Any = None
        offset: Any = I64(0)
        words = [self.integer(s) for s in node.subscripts]
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
        moved = builder.value(POINTER, "{0} + {1}", view.pointer, offset)
        return Address(POINTER, moved, outside)

    # values of several types

    def dispatch(self, operands: Sequence[Mixed], emit: Emit) -> Mixed:
        """Return what `emit` makes of the operands' actual types, a branch for each combination."""
        if all(m.tag is None for m in operands):
            return super().dispatch(operands, emit)
        merge = _Merge(self)
        for types in product(*(_scalars(m.members) for m in operands)):
            test: Any = I1(1)
            for operand, type_ in zip(operands, types, strict=True):
                if operand.tag is not None:
                    number = I8(operand.members.index(type_))
                    is_it = self.builder.icmp_signed("==", operand.tag, number)
                    test = self.builder.and_(test, is_it)
            values = tuple(m.parts[t] for m, t in zip(operands, types, strict=True))
            with self.body.block("if ({0}) {", test):
                found = emit(types, values)
                if found is None:
                    self.raises(I1(1))
                else:
                    merge.leave(found)
        return merge.result()

    def either(
        self,
        test: Operand,
        then: Callable[[], Mixed],
        otherwise: Callable[[], Mixed],
        members: tuple[Scalar, ...],
    ) -> Mixed:
        """Return one of two values, of which only the chosen one is computed."""
        merge = _Merge(self, members)
        with self.body.block("if ({0}) {", test):
            merge.leave(then())
            self.body.otherwise()
            merge.leave(otherwise())
        return merge.result()

    # statements

    def block(self, body: tuple[Stmt, ...]) -> None:
        """Write a list of statements; what stands behind a jump is dropped."""
        for stmt in body:
            self.explain(stmt)
            self.statement(stmt)
            if isinstance(stmt, Break | Continue):
                return

    def explain(self, stmt: Stmt) -> None:
        """Write the user's line above what is made of it."""
        if not stmt.span.line or stmt.span.where:
            return
        text = self.program.typing.nest.source.line(stmt.span.line).strip()
        line = Line("note", f"{stmt.span.line}: {_plain(text)}")
        notes = [each for each in self.body.lines if each.kind == "note"]
        if not notes or notes[-1].template != line.template:
            self.body.lines.append(line)

    def statement(self, stmt: Stmt) -> None:
        """Write one statement."""
        match stmt:
            case Break():
                if self.loop_targets[-1]:
                    self.body.do(f"{self.loop_targets[-1]} = true;")
                self.body.do("break;")
            case Continue():
                self.body.do("continue;")
            case _:
                super().statement(stmt)

    def branch(self, stmt: If) -> None:
        """Write `if`."""
        test = self.truth(self.expression(stmt.test))
        with self.body.block("if ({0}) {", test):
            self.block(stmt.then)
            if stmt.otherwise:
                self.body.otherwise()
                self.block(stmt.otherwise)

    def while_loop(self, stmt: While) -> None:
        """Write `while`. Once the thread has tripped, its values mean nothing: it ends."""
        broke = self._begin_loop(stmt)
        with self.body.loop("while (true) {"):
            test = self.truth(self.expression(stmt.test))
            go_on = self.builder.and_(test, self.builder.not_(self.has_tripped()))
            self.body.do("if (!{0}) break;", go_on)
            self.block(stmt.body)
        self._end_loop(stmt, broke)

    def loop(self, stmt: For) -> None:
        """Write a `for` loop inside the kernel, in order.

        Of a part of the outermost loop, the iterations of which are the launch's.
        """
        if loop_of(self.program.loop_numbers.get(id(stmt), 1)) == 0:
            lo, hi = self.header(LO), self.header(HI)
            start, step = self.header(Header.START), self.header(Header.STEP)
            self.serial(stmt, lo, hi, *self.known_bounds(stmt, start, step))
            return
        start, trips, step = self.range_of(stmt)
        self.serial(stmt, I64(0), trips, start, step)

    def range_of(self, stmt: For) -> tuple[Any, Any, Any]:
        """Return start, number of iterations and step of a loop."""
        start, trips, step = super().range_of(stmt)
        if any(self.is_data(e) for e in (stmt.start, stmt.stop, stmt.step)):
            trips = self.builder.select(self.has_tripped(), I64(0), trips)
        return start, trips, step

    def serial(self, stmt: For, lo: Any, hi: Any, start: Any, step: Any) -> None:
        """Write iterations `lo` .. `hi` - 1 of a loop, in order, then its `else`."""
        broke = self._begin_loop(stmt)
        counter = self.counter(stmt)
        template = f"for (u64 {counter.kept} = {{0}}; {counter.kept} < {{1}}; ++{counter.kept}) {{"
        with self.body.loop(template, lo, hi):
            self.iteration(stmt, counter, start, step)
            self.block(stmt.body)
        self._end_loop(stmt, broke)

    def counter(self, stmt: For) -> Value:
        """Return a new name for the number of an iteration."""
        name = self.body.names.new(f"{stmt.index}_at")
        return Value(I64, name, atomic=True, kept=name)

    def _begin_loop(self, stmt: For | While) -> str:
        broke = ""
        if stmt.orelse and any(isinstance(s, Break) for s in statements(stmt.body)):
            broke = self.body.names.new("broke")
            self.body.do(f"bool {broke} = false;")
        self.loop_targets.append(broke)  # type: ignore[arg-type]
        return broke

    def _end_loop(self, stmt: For | While, broke: str) -> None:
        self.loop_targets.pop()
        if broke:
            with self.body.block(f"if (!{broke}) {{"):
                self.block(stmt.orelse)
        else:
            self.block(stmt.orelse)


class _Merge:
    """Variables in which branches leave a value; they are declared before the branches."""

    def __init__(self, writer: ThreadWriter, members: tuple[Scalar, ...] = ()) -> None:
        self.writer = writer
        self.members: list[Scalar] = list(members)
        self.places: dict[Scalar, tuple[Place, ...]] = {}
        self.at = len(writer.body.lines)
        self.tag = writer.body.names.new("kind")

    def leave(self, value: Mixed) -> None:
        """Put `value` into the variables."""
        writer = self.writer
        for member in _scalars(value.members):
            if member not in self.members:
                self.members.append(member)
            if member not in self.places:
                name = writer.body.names.new("v")
                type_ = llvm_type(member)
                self.places[member] = tuple(
                    Place(POINTER, f"{name}{'ri'[k] if member.kind == 'c' else ''}", type_)
                    for k in range(words_of(member))
                )
            part = value.parts[member]
            parts = part if member.kind == "c" else (part,)
            for place, piece in zip(self.places[member], parts, strict=True):
                writer.builder.store(piece, place)
        tag: Any = value.tag
        if tag is None:
            tag = I8(self.members.index(_scalars(value.members)[0]))
        else:
            tag = writer.renumbered(tag, value.members, tuple(self.members))
        writer.body.do(f"{self.tag} = {{0}};", tag)

    def result(self) -> Mixed:
        """Return the value that one of the branches has left."""
        writer = self.writer
        declared = [
            Line("do", f"{type_name(place.content)} {place.text} = 0;")
            for places in self.places.values()
            for place in places
        ]
        declared.append(Line("do", f"u8 {self.tag} = 0;"))
        writer.body.lines[self.at : self.at] = declared
        parts: dict[Member, Any] = {}
        for member in self.members:
            type_ = llvm_type(member)
            if member not in self.places:  # no branch leaves one
                zeros = tuple(ir.Constant(type_, 0) for _ in range(words_of(member)))
                parts[member] = zeros if member.kind == "c" else zeros[0]
                continue
            loaded = tuple(writer.builder.load(p, typ=type_) for p in self.places[member])
            parts[member] = loaded if member.kind == "c" else loaded[0]
        if len(self.members) == 1:
            return Mixed(tuple(self.members), parts, None)
        tag = writer.builder.load(Place(POINTER, self.tag, I8), typ=I8)
        return Mixed(tuple(self.members), parts, tag)


def _scalars(members: Iterable[Member]) -> tuple[Scalar, ...]:
    return tuple(m for m in members if isinstance(m, Scalar))


def _plain(text: str) -> str:
    """Return a line of the user's as it can stand in a comment, which it does not continue."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return shown.rstrip("\\").rstrip()[:160]


__all__ = ["RECORD", "STATE_HEADER", "Expr", "ThreadWriter", "Words"]
