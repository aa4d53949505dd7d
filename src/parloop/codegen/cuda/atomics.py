"""Accumulations into the elements of an array, by many threads at once: `h[k] += 1`.

Integers only, whose sums do not depend on the order. An array that is small is accumulated into the
shared memory of each block first. An element that only grows has wrapped if it is less than before.
Where elements may also shrink, no sum in any order leaves the type if all that is added and taken
is an eighth of its range at most, and no element is seen further out than that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parloop.codegen.cuda.function import ThreadWriter
from parloop.codegen.cuda.values import Address, Place, Value, type_name
from parloop.codegen.events import I1, I64, POINTER, memory_type
from parloop.codegen.function import ArrayView, Mixed
from parloop.codegen.scalar import emit_convert
from parloop.ir.nodes import Binary, Load, Store
from parloop.ir.types import Scalar
from parloop.schedule.combining import ArrayFold

SHARED_BYTES = 16 * 1024
"""An array that is not larger is accumulated in shared memory first."""

MOST_SHARED = 2
"""So many arrays are; a block has 48 KB."""

_FUNCTIONS = {"+": "atomicAdd", "&": "atomicAnd", "|": "atomicOr", "^": "atomicXor"}


def is_atomic(fold: ArrayFold) -> bool:
    """Return whether the device accumulates numbers of this type."""
    return fold.type.kind in "iu" and fold.type.bits >= 32


class AtomicWriter(ThreadWriter):
    """Writes statements, and accumulations into arrays."""

    array_folds: Mapping[str, ArrayFold] = {}
    totals: Mapping[str, Place] = {}
    """By how much this thread has changed elements of an array in all, where that is kept."""
    originals: Mapping[str, ArrayView] = {}
    """The arrays themselves, where threads accumulate elsewhere."""
    shared: Mapping[str, tuple[str, Value]] = {}
    """The copy of an array in shared memory, and how many elements it has there."""

    def begin_folds(self, folds: Mapping[str, ArrayFold]) -> None:
        """Declare what accumulating into these arrays takes, and clear the shared memory."""
        self.array_folds, self.totals, self.originals = folds, {}, {}
        for name, fold in folds.items():
            if fold.bounded:
                self.hint = f"{name}_changed"
                self.totals = {**self.totals, name: self.slot(I64)}
                self.hint = ""
            if fold.operator == "+" and len(self.originals) < MOST_SHARED:
                self.begin_shared(name, fold)
        if self.originals:
            self.body.do("__syncthreads();")

    def begin_shared(self, name: str, fold: ArrayFold) -> None:
        """Let threads accumulate in shared memory, if the array is small."""
        view, builder, body = self.arrays[name], self.builder, self.body
        item = fold.type.bits // 8
        type_ = type_name(memory_type(fold.type))
        count: Any = I64(1)
        large: Any = I1(0)
        for extent in view.extents:  # the product may overflow: no extent is large
            beyond = builder.icmp_unsigned(">", extent, I64(SHARED_BYTES))
            large = builder.or_(large, beyond)
            count = builder.mul(count, builder.select(beyond, I64(0), extent))
            large = builder.or_(large, builder.icmp_unsigned(">", count, I64(SHARED_BYTES // item)))
        small = self.fixed(builder.not_(large), f"{name}_is_small")
        count = self.fixed(builder.select(small, count, I64(0)), f"{name}_count")
        shared = body.names.new(f"{name}_shared")
        body.do(f"__shared__ {type_} {shared}[{SHARED_BYTES // item}];")
        header = f"for (u64 k = thread_in_block(); k < {{0}}; k += threads_in_block()) {shared}[k]"
        body.do(f"{header} = 0;", count)
        self.originals = {**self.originals, name: view}
        stride: Any = I64(item)
        strides: list[Any] = []
        for extent, own in zip(reversed(view.extents), reversed(view.strides), strict=True):
            strides.insert(0, builder.select(small, stride, own))
            stride = builder.mul(stride, extent)
        base = builder.value(POINTER, f"{{0}} ? (char *){shared} : {{1}}", small, view.pointer)
        pointer = self.fixed(base, f"{name}_here")
        self.arrays[name] = ArrayView(pointer, view.extents, tuple(strides))
        self.shared = {**self.shared, name: (shared, count)}

    def fixed(self, value: Any, name: str) -> Any:
        """Return a value with a name of its own."""
        value.name, value.fixed = name, True
        return value

    def end_folds(self) -> None:
        """Accumulate what is in shared memory into the arrays, and look at how much there was."""
        if self.originals:
            self.body.do("__syncthreads();")
        for name, view in self.originals.items():
            fold = self.array_folds[name]
            shared, count = self.shared[name]
            counter = Value(I64, "k", atomic=True, kept="k")
            header = "for (u64 k = thread_in_block(); k < {0}; k += threads_in_block()) {"
            with self.body.loop(header, count):
                type_ = memory_type(fold.type)
                change = self.builder.value(type_, f"{shared}[k]", atomic=True, reads=True)
                some = self.builder.icmp_unsigned("!=", change, type_(0))
                with self.body.block("if ({0}) {", some):
                    self.accumulate(name, fold, self.element(view, counter), change)
        for name, total in self.totals.items():
            fold = self.array_folds[name]
            threads = self.builder.value(
                I64, "u64(gridDim.x) * gridDim.y * gridDim.z * threads_in_block()"
            )
            room = self.builder.udiv(I64(1 << (fold.type.bits - 3)), threads)
            mine = self.builder.load(total, typ=I64)
            self.raises(self.builder.icmp_unsigned(">", mine, room))

    def element(self, view: ArrayView, number: Any) -> Address:
        """Return the address of an element by its number, in the order of C."""
        builder = self.builder
        offset: Any = I64(0)
        for axis in reversed(range(len(view.extents))):
            index = number
            if axis:
                index = builder.urem(number, view.extents[axis])
                number = builder.udiv(number, view.extents[axis])
            offset = builder.add(offset, builder.mul(index, view.strides[axis]))
        return Address(POINTER, builder.value(POINTER, "{0} + {1}", view.pointer, offset))

    def store(self, stmt: Store) -> None:
        """Write a store; into some arrays it is an accumulation."""
        fold = self.array_folds.get(stmt.array)
        if fold is None:
            super().store(stmt)
            return
        assert isinstance(stmt.value, Binary)
        value, type_ = stmt.value, fold.type
        on_left = value.left == Load(stmt.array, stmt.subscripts)
        rest = self.expression(value.right if on_left else value.left)
        self.span = stmt.span if stmt.span.line else self.span

        def emit(types: tuple[Scalar, ...], values: tuple[Any, ...]) -> Mixed:
            return Mixed.single(type_, emit_convert(self, values[0], types[0], type_))

        change = self.dispatch((rest,), emit).parts[type_]
        total = self.totals.get(stmt.array)
        if total is not None:
            self.note_size(fold, change, total)
        if value.op == "-":
            change = self.builder.neg(change)
        address = self.address(stmt, type_)
        self.accumulate(stmt.array, fold, address, change)

    def note_size(self, fold: ArrayFold, change: Any, total: Place) -> None:
        """Add the size of a change to what the thread has changed in all."""
        builder = self.builder
        wide = self.widened(fold.type, change)
        negative = builder.icmp_signed("<", wide, I64(0))
        size = builder.select(negative, builder.neg(wide), wide)
        more = builder.add(builder.load(total, typ=I64), size)
        self.raises(builder.icmp_unsigned("<", more, size))
        builder.store(more, total)

    def accumulate(self, name: str, fold: ArrayFold, address: Address, change: Any) -> None:
        """Change an element, and look at what it was."""
        type_ = type_name(memory_type(fold.type))
        call = f"{_FUNCTIONS[fold.operator]}(({type_} *)({{0}}), {{1}})"
        body = self.body
        if address.outside is not None:
            with body.block("if (!{0}) {", address.outside):
                self.accumulate(name, fold, Address(POINTER, address.value), change)
            return
        if fold.operator != "+":
            body.do(f"{call};", address.value, change)
            return
        before_name = body.names.new("before")
        body.do(f"const {type_} {before_name} = {call};", address.value, change)
        before = Value(memory_type(fold.type), before_name, atomic=True, kept=before_name)
        builder = self.builder
        if fold.bounded:
            wide = self.widened(fold.type, before)
            limit = 1 << (fold.type.bits - 3)
            self.raises(builder.icmp_signed(">", wide, I64(limit)))
            self.raises(builder.icmp_signed("<", wide, I64(-limit)))
            return
        after = builder.add(before, change)
        compare = builder.icmp_signed if fold.type.kind == "i" else builder.icmp_unsigned
        self.raises(compare("<", after, before))

