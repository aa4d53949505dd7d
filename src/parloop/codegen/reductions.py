"""Machine code that takes partial results in the blocks of a parallel loop, and puts them together.

See `schedule.combining` for why that gives what running in order gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llvmlite import ir

from parloop.codegen import scalar
from parloop.codegen.events import I1, I8, I64, Value, llvm_type
from parloop.codegen.function import Mixed
from parloop.codegen.jam import JamWriter
from parloop.codegen.scalar_int import multiply_with_overflow
from parloop.ir.types import PY_BOOL, Member, Scalar
from parloop.schedule.combining import NEUTRAL, Choice, Combining, Fold
from parloop.staging.specialise import scalar_members


@dataclass(frozen=True, slots=True)
class Row:
    """Where a block leaves a variable: a word that says whether it was assigned, tag, payloads.

    `bounds` has the first of the two words for the bounds of a fold's partial results, `peaks` the
    word for the largest partial result in the copy of an array.
    """

    first: Mapping[str, int]
    bounds: Mapping[str, int]
    peaks: Mapping[str, int]
    n_words: int


class ReductionWriter(JamWriter):
    """Writes statements of a block that keep track of partial results."""

    bounds: Mapping[str, tuple[Scalar, ir.Value, ir.Value]] = {}
    """Slots of the least and the greatest partial result so far, by the name of the variable."""

    # the side of the blocks

    def begin_partials(self, combinings: Mapping[str, Combining]) -> None:
        """Let folds begin at their neutral elements; choices begin at what was before the loop."""
        bounds: dict[str, tuple[Scalar, ir.Value, ir.Value]] = {}
        for name, found in combinings.items():
            if not isinstance(found, Fold):
                continue
            type_ = found.type
            number = -0.0 if found.regrouped and found.operator == "+" else neutral_of(found)
            neutral = scalar.constant(type_, number)
            self.assign(name, Mixed.single(type_, neutral))
            assigned = self.variables[name].assigned
            if assigned is not None:
                self.builder.store(I1(0), assigned)
            if found.bounded:
                slots = (self.slot(llvm_type(type_)), self.slot(llvm_type(type_)))
                for slot in slots:
                    self.builder.store(neutral, slot)
                bounds[name] = (type_, *slots)
        self.bounds = bounds

    def assign(self, name: str, value: Mixed) -> None:
        """Give the variable a value; where it is a partial result, note its bounds."""
        super().assign(name, value)
        if name not in self.bounds:
            return
        builder = self.builder
        type_, least, greatest = self.bounds[name]
        now = self.get(self.variables[name], type_)
        compare = builder.icmp_signed if type_.kind == "i" else builder.icmp_unsigned
        for slot, op in ((least, "<"), (greatest, ">")):
            before = builder.load(slot, typ=llvm_type(type_))
            builder.store(builder.select(compare(op, now, before), now, before), slot)

    def leave_bounds(self, row: Row, at: ir.Value) -> None:
        """Put the bounds into the block's row."""
        for name, first in row.bounds.items():
            type_, *slots = self.bounds[name]
            for k, slot in enumerate(slots):
                bound = self.builder.load(slot, typ=llvm_type(type_))
                self.store_payload(type_, bound, first + k, at)

    # the calling side

    def combine(self, name: str, how: Combining, row: Row, at: ir.Value) -> None:
        """Take over what one block left of a reduction."""
        builder = self.builder
        if isinstance(how, Fold) and not how.tracked:
            self.combine_fold(name, how, row, at)
            return
        assigned = builder.load(self.word(row.first[name], at), typ=I64)
        with builder.if_then(builder.icmp_signed("!=", assigned, I64(0))):
            if isinstance(how, Fold):
                self.combine_fold(name, how, row, at)
            elif isinstance(how, Choice):
                self.combine_choice(name, how, row, at)

    def combine_fold(self, name: str, fold: Fold, row: Row, at: ir.Value) -> None:
        """Accumulate a block's partial result; trip if one in order may have wrapped."""
        layout = self.program.layout
        place = row.first[name] + 1 + layout.payload(name, fold.type) - layout.variables[name]
        partial = self.load_payload(fold.type, place, at)
        ends = [
            self.load_payload(fold.type, row.bounds[name] + k, at) for k in range(2) if fold.bounded
        ]

        def emit(types: tuple[Scalar, ...], values: tuple[Value, ...]) -> Mixed:
            before = scalar.emit_convert(self, values[0], types[0], fold.type)
            for end in ends:
                self.raises(self.wraps(fold, before, end))
            if fold.bounded:
                after = self.builder.add if fold.operator == "+" else self.builder.mul
                return Mixed.single(fold.type, after(before, partial))
            pair = (fold.type, fold.type)
            both = scalar.emit_binary(self, fold.operator, pair, (before, partial))
            return Mixed.single(fold.type, both)

        total = self.read(name, frozenset(self.variables[name].members))
        self.assign(name, self.dispatch((total,), emit))

    def wraps(self, fold: Fold, left: ir.Value, right: ir.Value) -> ir.Value:
        """Return whether a sum or product leaves the fold's type."""
        builder = self.builder
        signed = fold.type.kind == "i"
        if fold.operator == "*":
            return multiply_with_overflow(builder, left, right, signed=signed)[1]
        add = builder.sadd_with_overflow if signed else builder.uadd_with_overflow
        return builder.extract_value(add(left, right), 1)

    def combine_choice(self, name: str, choice: Choice, row: Row, at: ir.Value) -> None:
        """Take a block's choice, and what goes with it, if it beats the blocks before."""
        builder = self.builder
        variable = self.variables[name]
        best = self.read(name, frozenset(variable.members))
        chosen = self.left_in(name, row, at)

        def emit(types: tuple[Scalar, ...], values: tuple[Value, ...]) -> Mixed:
            pair, both = (types[0], types[1]), (values[0], values[1])
            return Mixed.single(PY_BOOL, scalar.emit_compare(self, choice.operator, pair, both))

        better = self.dispatch((chosen, best), emit).parts[PY_BOOL]
        with builder.if_then(better):
            for taken in (name, *choice.companions):
                self.take(taken, row, at)

    def left_in(self, name: str, row: Row, at: ir.Value) -> Mixed:
        """Return what a block left of a variable, which has a value there."""
        members = scalar_members(frozenset(self.program.layout.members[name]))
        layout = self.program.layout
        tag = None
        if len(self.variables[name].members) > 1:
            word = self.builder.load(self.word(row.first[name] + 1, at), typ=I64)
            tag = self.renumbered(
                self.builder.trunc(word, I8), self.variables[name].members, members
            )
        first = row.first[name] + 1 - layout.variables[name]
        parts: dict[Member, Value] = {
            m: self.load_payload(m, first + layout.payload(name, m), at) for m in members
        }
        return Mixed(members, parts, tag if len(members) > 1 else None)

    def take(self, name: str, row: Row, at: ir.Value) -> None:
        """Give the variable the value, with its type, that a block left of it."""
        self.fetch(name, row.first[name] + 1, at)
        tracked = self.variables[name].assigned
        if tracked is not None:
            self.builder.store(I1(1), tracked)

    def take_last(
        self, names: list[str], rows: ir.Value, row: Row, blocks: ir.Value
    ) -> None:
        """Give each variable the value of the last block that assigned it, which is seldom far."""
        builder = self.builder
        missing = {name: self.slot(I1) for name in names}
        for slot in missing.values():
            builder.store(I1(1), slot)
        backwards = self.block_counter(blocks, backwards=True)
        at = self.row_at(rows, row, backwards.number)
        for name, slot in missing.items():
            assigned = builder.load(self.word(row.first[name], at), typ=I64)
            is_last = builder.and_(
                builder.load(slot, typ=I1), builder.icmp_signed("!=", assigned, I64(0))
            )
            with builder.if_then(is_last):
                self.take(name, row, at)
                builder.store(I1(0), slot)
        some: ir.Value = I1(0)
        for slot in missing.values():
            some = builder.or_(some, builder.load(slot, typ=I1))
        backwards.close(some)

    def row_at(self, rows: ir.Value, row: Row, number: ir.Value) -> ir.Value:
        """Return where block `number` leaves its row."""
        first = self.builder.mul(number, I64(row.n_words))
        return self.builder.gep(rows, [first], source_etype=I64)

    def block_counter(self, blocks: ir.Value, *, backwards: bool) -> _BlockCounter:
        """Begin a loop over the blocks, of which there may be none."""
        builder = self.builder
        head = self.function.append_basic_block("collect")
        after = self.function.append_basic_block("collected")
        before = builder.block
        builder.cbranch(builder.icmp_signed(">", blocks, I64(0)), head, after)
        builder.position_at_end(head)
        count = builder.phi(I64)
        count.add_incoming(I64(0), before)
        number = count
        if backwards:
            number = builder.sub(builder.sub(blocks, I64(1)), count)
        return _BlockCounter(builder, blocks, count, number, head, after)


@dataclass(frozen=True, slots=True)
class _BlockCounter:
    """A loop over blocks that is being written: `number` is that of the block in hand."""

    builder: ir.IRBuilder
    blocks: ir.Value
    count: ir.Instruction
    number: ir.Value
    head: ir.Block
    after: ir.Block

    def close(self, going_on: ir.Value) -> None:
        """End the loop, after the last block or when it is not `going_on`."""
        builder = self.builder
        more = builder.add(self.count, I64(1))
        self.count.add_incoming(more, builder.block)
        again = builder.and_(builder.icmp_signed("<", more, self.blocks), going_on)
        builder.cbranch(again, self.head, self.after)
        builder.position_at_end(self.after)


def neutral_of(fold: Fold) -> int:
    """Return the number at which a block's partial result begins."""
    return int(bool(NEUTRAL[fold.operator])) if fold.type.kind == "b" else NEUTRAL[fold.operator]
