"""Machine code for arrays of which each block of a parallel loop has a copy.

Of `h[k] += 1` a copy begins at the neutral element and lies in the scratch memory, densely,
whatever the array's strides are. When all blocks are done the copies are accumulated into the
array. A loop of one block works on the array itself.

An array that each iteration overwrites before it reads is one that staging made, and lies densely.
All blocks but the last have another one, and the last block leaves what the last iteration left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from llvmlite import ir

from parloop.codegen.events import I1, I8, I64, POINTER, Value, memory_type
from parloop.codegen.function import ArrayView, Program
from parloop.codegen.layout import Header
from parloop.codegen.reductions import ReductionWriter, Row
from parloop.ir.nodes import Store
from parloop.ir.types import Scalar
from parloop.schedule.combining import NEUTRAL, ArrayFold, OwnArray
from parloop.staging.rules_base import integer_bounds

COPIES_WORDS = 1 << 19
"""The room for all copies; memory that is not touched costs nothing."""

OWN_WORDS = 1 << 22
"""The same where blocks have arrays of their own: 32 MB."""

Copied: TypeAlias = ArrayFold | OwnArray

_I128 = ir.IntType(128)


@dataclass(frozen=True, slots=True)
class CopyPlace:
    """Where in a block's memory its copy of one array lies, in bytes, and how large it is."""

    builder: ir.IRBuilder
    fold: ArrayFold | OwnArray
    offset: ir.Value
    size: ir.Value

    def begin(
        self,
        module: ir.Module,
        copies: ir.Value,
        array: ir.Value,
        several: ir.Value,
        last: ir.Value,
    ) -> ir.Value:
        """Fill the copy with the neutral element and return it; one block takes the array.

        `several`: there are several blocks; `last`: this is the last one.
        """
        builder = self.builder
        copy = builder.gep(copies, [self.offset], source_etype=I8)
        if isinstance(self.fold, OwnArray):
            return builder.select(last, array, copy)
        name = "llvm.memset.p0.i64"
        fill = module.globals.get(name)
        if fill is None:
            fill = ir.Function(
                module, ir.FunctionType(ir.VoidType(), [POINTER, I8, I64, I1]), name
            )
        size = builder.select(several, self.size, I64(0))
        builder.call(fill, [copy, I8(NEUTRAL[self.fold.operator] & 0xFF), size, I1(0)])
        return builder.select(several, copy, array)


def copy_places(
    builder: ir.IRBuilder, program: Program, folds: Mapping[str, Copied], record: ir.Value
) -> dict[str, CopyPlace]:
    """Return where the copies lie, from the extents in the record."""
    places: dict[str, CopyPlace] = {}
    offset: ir.Value = I64(0)
    for name, fold in folds.items():
        size: ir.Value = I64(_item(fold))
        first = program.layout.arrays[name] + 1
        for axis in range(program.typing.arrays[name].ndim):
            word = builder.gep(record, [I64(first + axis)], source_etype=I64)
            size = builder.mul(size, builder.load(word, typ=I64))
        places[name] = CopyPlace(builder, fold, offset, size)
        # Copies of two blocks share no line of the cache.
        rounded = builder.and_(builder.add(size, I64(63)), I64(~63))
        offset = builder.add(offset, rounded)
    return places


class CopyWriter(ReductionWriter):
    """Writes statements of a block that accumulate into its copies of arrays."""

    peaks: Mapping[str, ir.Value] = {}
    """Slots of the largest partial result so far (less one if it is negative), by array."""

    # the side of the blocks

    def begin_copies(self, folds: Mapping[str, ArrayFold], blocks: ir.Value) -> None:
        """Let the arrays have the strides of copies where there are several blocks."""
        builder = self.builder
        several = builder.icmp_signed(">", blocks, I64(1))
        peaks: dict[str, ir.Value] = {}
        for name, fold in folds.items():
            view = self.arrays[name]
            stride: ir.Value = I64(_item(fold))
            strides: list[ir.Value] = []
            for extent, own in zip(reversed(view.extents), reversed(view.strides), strict=True):
                strides.insert(0, builder.select(several, stride, own))
                stride = builder.mul(stride, extent)
            self.arrays[name] = ArrayView(view.pointer, view.extents, tuple(strides))
            if fold.bounded:
                peaks[name] = self.slot(I64)
                builder.store(I64(0), peaks[name])
        self.peaks = peaks

    def stored(self, stmt: Store, dtype: Scalar, element: Value) -> None:
        """Note the largest partial result."""
        slot = self.peaks.get(stmt.array)
        if slot is None:
            return
        builder = self.builder
        wide = self.widened(dtype, element)
        size = builder.xor(wide, builder.ashr(wide, I64(63)))
        before = builder.load(slot, typ=I64)
        larger = builder.icmp_signed(">", size, before)
        builder.store(builder.select(larger, size, before), slot)

    def is_noted(self, array: str) -> bool:
        """Return whether the largest partial result of an array is kept."""
        return array in self.peaks

    def leave_peaks(self, row: Row, at: ir.Value) -> None:
        """Put the largest partial results into the block's row."""
        for name, place in row.peaks.items():
            peak = self.builder.load(self.peaks[name], typ=I64)
            self.builder.store(peak, self.word(place, at))

    # the calling side

    def words_of_copies(self, folds: Mapping[str, Copied]) -> ir.Value:
        """Return how many words the copies of one block take."""
        places = copy_places(self.builder, self.program, folds, self.record)
        total: ir.Value = I64(0)
        for place in places.values():
            rounded = self.builder.and_(self.builder.add(place.size, I64(63)), I64(~63))
            total = self.builder.add(total, rounded)
        return self.builder.udiv(total, I64(8))

    def most_copies(
        self, folds: Mapping[str, Copied], work: ir.Value
    ) -> list[ir.Value]:
        """Return limits on the number of blocks: the memory, and what combining copies may cost."""
        if not folds:
            return []
        words = self.at_least_one(self.words_of_copies(folds))
        limits = [self.builder.udiv(I64(room_for(folds)), words)]
        combined = {name: how for name, how in folds.items() if isinstance(how, ArrayFold)}
        if combined:
            words = self.at_least_one(self.words_of_copies(combined))
            limits.append(self.builder.udiv(work, self.builder.mul(words, I64(4))))
        return limits

    def at_least_one(self, value: ir.Value) -> ir.Value:
        """Return `value`, or 1 where it is less."""
        return self.builder.select(self.builder.icmp_signed(">", value, I64(1)), value, I64(1))

    def merge_copies(
        self, copied: Mapping[str, Copied], row: Row, blocks: ir.Value, copies: ir.Value
    ) -> None:
        """Accumulate the copies into the arrays, where there are several blocks."""
        if not any(isinstance(how, ArrayFold) for how in copied.values()):
            return
        builder = self.builder
        several = builder.icmp_signed(">", blocks, I64(1))
        with builder.if_then(several):
            words = self.words_of_copies(copied)
            places = copy_places(builder, self.program, copied, self.record)
            for name, place in places.items():
                if isinstance(place.fold, OwnArray):
                    continue
                count = builder.udiv(place.size, I64(_item(place.fold)))
                if place.fold.bounded:
                    self.test_headroom(name, place, count, row, blocks)

                def merge_one(block: ir.Value, name: str = name, count: ir.Value = count) -> None:
                    here = places[name]
                    at = builder.add(builder.mul(builder.mul(block, words), I64(8)), here.offset)
                    copy = builder.gep(
                        builder.inttoptr(copies, POINTER), [at], source_etype=I8
                    )
                    self.repeat(count, lambda n: self.merge_element(name, here, copy, n))

                self.repeat(blocks, merge_one)

    def merge_element(self, name: str, place: CopyPlace, copy: ir.Value, number: ir.Value) -> None:
        """Accumulate one element of a copy."""
        builder = self.builder
        fold = place.fold
        assert isinstance(fold, ArrayFold)
        type_ = memory_type(fold.type)
        partial = builder.load(builder.gep(copy, [number], source_etype=type_), typ=type_)
        address = self.element_address(name, number)
        before = builder.load(address, typ=type_, align=_item(fold))
        match fold.operator:
            case "&":
                both = builder.and_(before, partial)
            case "^":
                both = builder.xor(before, partial)
            case "+" if fold.type.kind != "b":
                both = builder.add(before, partial)
                if not fold.bounded:
                    signed = fold.type.kind == "i"
                    compare = builder.icmp_signed if signed else builder.icmp_unsigned
                    self.raises(compare("<", both, before))
            case _:
                both = builder.or_(before, partial)
        builder.store(both, address, align=_item(fold))

    def test_headroom(
        self, name: str, place: CopyPlace, count: ir.Value, row: Row, blocks: ir.Value
    ) -> None:
        """Trip unless every element has room for the largest partial results of all blocks."""
        builder = self.builder
        total = self.slot(_I128)
        builder.store(_I128(0), total)
        rows = builder.inttoptr(self.header(Header.SCRATCH), POINTER)

        def add_peak(block: ir.Value) -> None:
            at = builder.gep(rows, [builder.mul(block, I64(row.n_words))], source_etype=I64)
            peak = builder.load(self.word(row.peaks[name], at), typ=I64)
            wide = builder.add(builder.zext(peak, _I128), _I128(1))
            builder.store(builder.add(builder.load(total, typ=_I128), wide), total)

        self.repeat(blocks, add_peak)
        room = builder.load(total, typ=_I128)
        lowest, highest = (_I128(n) for n in integer_bounds(place.fold.type))
        type_ = memory_type(place.fold.type)

        def test_element(number: ir.Value) -> None:
            address = self.element_address(name, number)
            element = builder.load(address, typ=type_, align=_item(place.fold))
            wide = builder.sext(element, _I128)
            above = builder.icmp_signed(">", builder.add(wide, room), highest)
            below = builder.icmp_signed("<", builder.sub(wide, room), lowest)
            self.raises(builder.or_(above, below))

        self.repeat(count, test_element)

    def element_address(self, name: str, number: ir.Value) -> ir.Value:
        """Return the address of an element of an array by its number in row-major order."""
        builder = self.builder
        view = self.arrays[name]
        offset: ir.Value = I64(0)
        for axis in reversed(range(len(view.extents))):
            index = number
            if axis:
                index = builder.urem(number, view.extents[axis])
                number = builder.udiv(number, view.extents[axis])
            offset = builder.add(offset, builder.mul(index, view.strides[axis]))
        return builder.gep(view.pointer, [offset], source_etype=I8)

    def repeat(self, count: ir.Value, body: Callable[[ir.Value], None]) -> None:
        """Write a loop that runs `body` for 0 .. count-1."""
        builder = self.builder
        before = builder.block
        head = self.function.append_basic_block("repeat")
        after = self.function.append_basic_block("repeated")
        builder.cbranch(builder.icmp_signed(">", count, I64(0)), head, after)
        builder.position_at_end(head)
        number = builder.phi(I64)
        number.add_incoming(I64(0), before)
        body(number)
        more = builder.add(number, I64(1), flags=("nsw",))
        number.add_incoming(more, builder.block)
        builder.cbranch(builder.icmp_signed("<", more, count), head, after)
        builder.position_at_end(after)


def room_for(folds: Mapping[str, Copied]) -> int:
    """Return how many words the copies may take in all."""
    if any(isinstance(how, OwnArray) for how in folds.values()):
        return OWN_WORDS
    return COPIES_WORDS if folds else 0


def _item(fold: Copied) -> int:
    return max(1, fold.type.bits // 8)
