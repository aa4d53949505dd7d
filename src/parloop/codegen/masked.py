"""Machine code for loops whose iterations run in SIMD lanes, each with its own number of rounds.

All values are LLVM vectors with an element for each lane. A *mask* says in which lanes a statement
runs: assignments leave the other lanes' variables alone, loads and stores do not touch memory for
them, events do not count there. A loop inside goes round as long as it does for one lane. A lane
that is done repeats its last operations, on the same operands: the flags that they raise are
either raised already or, where a division would not have run again, kept away by its mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import assert_never

from llvmlite import ir

from parloop.codegen.events import I1, I8, I64, POINTER, llvm_type
from parloop.codegen.function import Mixed
from parloop.codegen.masked_values import LaneValues, Wide, splat
from parloop.codegen.polls import emit_poll, goes_on
from parloop.codegen.statements import StatementWriter
from parloop.ir.nodes import Assign, Break, Continue, For, If, Load, Stmt, Store, While
from parloop.ir.types import NP_FLOAT64, PY_INT, Scalar
from parloop.ir.walk import statements
from parloop.schedule.masked import assigned_in, is_consecutive, is_even, is_fixed
from parloop.staging.specialise import scalar_members


@dataclass(frozen=True, slots=True)
class _Slots:
    """Where a variable stands: its values, which of them are NumPy's, which lanes assigned it."""

    members: tuple[Scalar, ...]
    value: ir.Value
    tag: ir.Value | None
    assigned: ir.Value


class Lanes(LaneValues):
    """Writes one loop of a plan's `masked`."""

    def __init__(self, writer: StatementWriter, loop: For, width: int) -> None:
        super().__init__(writer, width)
        self.loop = loop
        self.varying = assigned_in(loop)
        self.variables: dict[str, _Slots] = {}
        self.everyone: ir.Value = ir.Constant(self.mask_type, None)
        """The lanes that have an iteration."""
        self.broken: list[ir.Value] = []
        """Slots of the lanes that left a loop by `break`, innermost last."""

    def write(self, lo: ir.Value, hi: ir.Value, start: ir.Value, step: ir.Value) -> None:
        """Write iterations lo .. hi-1, as many at a time as there are lanes."""
        builder = self.builder
        start, step = self.writer.known_bounds(self.loop, start, step)
        self.trip = self.writer.slot(self.mask_type)
        for name in sorted(self.varying):
            self.declare(name)
        before = builder.block
        head = self.writer.function.append_basic_block(f"lanes.{self.loop.index}")
        after = self.writer.function.append_basic_block("after")
        builder.cbranch(builder.icmp_signed("<", lo, hi), head, after)
        builder.position_at_end(head)
        counter = builder.phi(I64)
        counter.add_incoming(lo, before)
        self.begin_group()
        numbers = [I64(k) for k in range(self.width)]
        iota = ir.Constant(ir.VectorType(I64, self.width), numbers)
        left = self.spread(builder.sub(hi, counter))
        mask = self.everyone = builder.icmp_signed("<", iota, left)
        self.first = builder.add(start, builder.mul(counter, step))
        steps = builder.mul(iota, self.spread(step))
        index = builder.add(self.spread(self.first), steps)
        self.assign(self.loop.index, Wide((PY_INT,), index), mask)
        self.block(self.loop.body, mask)
        self.end_group()
        more = builder.add(counter, I64(self.width), flags=("nsw",))
        counter.add_incoming(more, builder.block)
        builder.cbranch(builder.icmp_signed("<", more, hi), head, after)
        builder.position_at_end(after)

    # variables

    def declare(self, name: str) -> None:
        """Make the slots of a variable."""
        scalars = scalar_members(self.writer.program.typing.variables[name])
        new = self.writer.slot
        tag = new(self.mask_type) if len(scalars) > 1 else None
        value = new(ir.VectorType(llvm_type(scalars[0]), self.width))
        self.variables[name] = _Slots(scalars, value, tag, new(self.mask_type))

    def begin_group(self) -> None:
        """Give the variables of all lanes harmless values."""
        none = ir.Constant(self.mask_type, None)
        self.builder.store(none, self.trip)
        for slots in self.variables.values():
            type_ = ir.VectorType(llvm_type(slots.members[0]), self.width)
            self.builder.store(ir.Constant(type_, None), slots.value)
            self.builder.store(none, slots.assigned)
            if slots.tag is not None:
                self.builder.store(none, slots.tag)

    def end_group(self) -> None:
        """Keep each variable as the last lane left it that assigned it, and note events."""
        builder = self.builder
        tripped = self.any(builder.load(self.trip, typ=self.mask_type))
        before = builder.load(self.writer.trip, typ=I1)
        builder.store(builder.or_(before, tripped), self.writer.trip)
        for name, slots in self.variables.items():
            word = ir.IntType(self.width)
            assigned = builder.load(slots.assigned, typ=self.mask_type)
            bits = builder.bitcast(assigned, word)
            with builder.if_then(builder.icmp_unsigned("!=", bits, word(0))):
                leading = builder.ctlz(bits, I1(1))
                last = builder.sub(word(self.width - 1), leading)
                last = builder.zext(last, ir.IntType(32))
                self.writer.assign(name, self.extracted(slots, last))

    def extracted(self, slots: _Slots, lane: ir.Value) -> Mixed:
        """Return the value of a variable in one lane."""
        builder = self.builder
        type_ = ir.VectorType(llvm_type(slots.members[0]), self.width)
        value = builder.extract_element(builder.load(slots.value, typ=type_), lane)
        if slots.tag is None:
            return Mixed.single(slots.members[0], value)
        is_numpy = builder.extract_element(builder.load(slots.tag, typ=self.mask_type), lane)
        number = slots.members.index(NP_FLOAT64)
        tag = builder.select(is_numpy, I8(number), I8(1 - number))
        return Mixed(slots.members, dict.fromkeys(slots.members, value), tag)

    def assign(self, name: str, value: Wide, mask: ir.Value) -> None:
        """Give a variable a value in some lanes."""
        builder = self.builder
        slots = self.variables[name]
        vector = self.vector(value.value)
        before = builder.load(slots.value, typ=vector.type)
        builder.store(builder.select(mask, vector, before), slots.value)
        if slots.tag is not None:
            tag = self.numpy_lanes(value)
            before = builder.load(slots.tag, typ=self.mask_type)
            builder.store(builder.select(mask, tag, before), slots.tag)
        assigned = builder.load(slots.assigned, typ=self.mask_type)
        builder.store(builder.or_(assigned, mask), slots.assigned)

    def name(self, name: str, members: tuple[Scalar, ...]) -> Wide:
        """Return the value of a variable that differs between lanes."""
        slots = self.variables[name]
        type_ = ir.VectorType(llvm_type(slots.members[0]), self.width)
        value = self.builder.load(slots.value, typ=type_)
        if slots.tag is None or len(members) == 1:
            return Wide(members, value)
        return Wide(members, value, self.builder.load(slots.tag, typ=self.mask_type))

    # statements

    def block(self, body: tuple[Stmt, ...], mask: ir.Value) -> ir.Value | None:
        """Write statements; return in which lanes the end of them is reached (`None`: in none)."""
        for stmt in body:
            following = self.statement(stmt, mask)
            if following is None:
                return None
            mask = following
        return mask

    def statement(self, stmt: Stmt, mask: ir.Value) -> ir.Value | None:
        self.mask = mask
        self.anchored = id(stmt) in self.writer.program.anchored
        match stmt:
            case Assign(target=target, value=value):
                self.assign(target, self.expression(value), mask)
            case Store():
                self.store(stmt)
            case If():
                return self.branch(stmt, mask)
            case While():
                return self.while_loop(stmt, mask)
            case For():
                return self.for_loop(stmt, mask)
            case Break():
                slot = self.broken[-1]
                before = self.builder.load(slot, typ=self.mask_type)
                self.builder.store(self.builder.or_(before, mask), slot)
                return None
            case Continue():
                return None
            case _:
                assert_never(stmt)
        return mask

    def branch(self, stmt: If, mask: ir.Value) -> ir.Value | None:
        """Write `if`: both sides, each for its lanes."""
        builder = self.builder
        test = self.truth(stmt.test)
        then_mask = builder.and_(mask, test)
        else_mask = builder.and_(mask, builder.not_(test))
        ends = (self.block(stmt.then, then_mask), self.block(stmt.otherwise, else_mask))
        if ends == (then_mask, else_mask):
            return mask
        reached = [end for end in ends if end is not None]
        if not reached:
            return None
        return reached[0] if len(reached) == 1 else builder.or_(*reached)

    def while_loop(self, stmt: While, mask: ir.Value) -> ir.Value | None:
        """Write `while`. Where an event has tripped a lane its values mean nothing: it ends."""

        def test(running: ir.Value) -> ir.Value:
            self.mask = running
            self.anchored = id(stmt) in self.writer.program.anchored
            return self.truth(stmt.test)

        return self.rounds(stmt, mask, test, lambda go: None, lambda: None)

    def for_loop(self, stmt: For, mask: ir.Value) -> ir.Value | None:
        """Write `for`, with bounds of its own for each lane or the same for all."""
        builder = self.builder
        even = all(is_even(e, self.uneven) for e in (stmt.start, stmt.stop))
        start, stop = (self.word(self.expression(e)) for e in (stmt.start, stmt.stop))
        if not even:
            start, stop = self.vector(start), self.vector(stop)
        counter = self.writer.slot(I64)
        builder.store(I64(0), counter)
        is_known = even and stmt.index not in assigned_in(stmt, index=False)

        def index() -> ir.Value:
            rounds = builder.load(counter, typ=I64)
            return builder.add(start, rounds if even else self.vector(rounds))

        def test(_running: ir.Value) -> ir.Value:
            # The distance is that of two words: it does not pass the end of the range.
            rounds = builder.load(counter, typ=I64)
            some = builder.icmp_signed("<", start, stop)
            rounds = rounds if even else self.vector(rounds)
            more = builder.icmp_unsigned("<", rounds, builder.sub(stop, start))
            return self.vector(builder.and_(some, more))

        def begin(go: ir.Value) -> None:
            value = index()
            self.assign(stmt.index, Wide((PY_INT,), value), go)
            if is_known:
                self.know(stmt.index, value)

        def next_round() -> None:
            rounds = builder.load(counter, typ=I64)
            builder.store(builder.add(rounds, I64(1), flags=("nsw",)), counter)

        return self.rounds(stmt, mask, test, begin, next_round)

    def rounds(
        self,
        stmt: For | While,
        mask: ir.Value,
        test: Callable[[ir.Value], ir.Value],
        begin: Callable[[ir.Value], None],
        next_round: Callable[[], None],
    ) -> ir.Value | None:
        """Write a loop that goes on while `test` holds in some lane, and its `else`.

        Returns in which lanes what comes after it is reached, `None` for none.
        """
        builder = self.builder
        active, broken = self.writer.slot(self.mask_type), self.writer.slot(self.mask_type)
        builder.store(mask, active)
        builder.store(ir.Constant(self.mask_type, None), broken)
        head, body, after = (
            self.writer.function.append_basic_block(n) for n in ("rounds", "body", "after")
        )
        builder.branch(head)
        builder.position_at_end(head)
        tripped = builder.load(self.trip, typ=self.mask_type)
        running = builder.load(active, typ=self.mask_type)
        go = builder.and_(running, test(running))
        go = builder.and_(go, builder.not_(tripped))
        stopped = builder.load(self.writer.trip, typ=I1)
        again = goes_on(self.writer, builder.and_(self.any(go), builder.not_(stopped)))
        builder.cbranch(again, body, after)
        builder.position_at_end(body)
        outer = self.known
        begin(go)
        self.broken.append(broken)
        self.block(stmt.body, go)
        self.broken.pop()
        self.known = outer
        next_round()
        stays = builder.not_(builder.load(broken, typ=self.mask_type))
        builder.store(builder.and_(go, stays), active)
        builder.branch(head)
        builder.position_at_end(after)
        emit_poll(self.writer)
        if not stmt.orelse:
            return mask
        left = builder.load(broken, typ=self.mask_type)
        end = self.block(stmt.orelse, builder.and_(mask, builder.not_(left)))
        jumped = builder.and_(mask, left)
        return jumped if end is None else builder.or_(jumped, end)

    # memory

    def load(self, expr: Load) -> Wide:
        """Return elements of an array."""
        dtype = self.writer.program.typing.arrays[expr.array].dtype
        size = dtype.bits // 8
        address, mask, how = self.address(expr, dtype)
        builder = self.builder
        if how == "same":
            return Wide((dtype,), builder.load(address, typ=llvm_type(dtype), align=size))
        type_ = ir.VectorType(llvm_type(dtype), self.width)
        name = "masked.load" if how == "next" else "masked.gather"
        nothing = ir.Constant(type_, None)
        words = (address, ir.IntType(32)(size), mask, nothing)
        return Wide((dtype,), self.memory(name, type_, words))

    def store(self, stmt: Store) -> None:
        """Write `array[subscripts] = value` in the lanes of the mask."""
        dtype = self.writer.program.typing.arrays[stmt.array].dtype
        value = self.element(self.expression(stmt.value), dtype)
        address, mask, how = self.address(stmt, dtype)
        name = "masked.store" if how == "next" else "masked.scatter"
        if how == "same":
            address = splat(self.builder, address, self.width)
        words = (value, address, ir.IntType(32)(dtype.bits // 8), mask)
        self.memory(name, ir.VoidType(), words)

    def memory(self, name: str, result: ir.Type, words: tuple[ir.Value, ...]) -> ir.Value:
        """Return a call of one of LLVM's masked accesses."""
        vectors = [w.type for w in words[:2] if isinstance(w.type, ir.VectorType)]
        data = next(t for t in (result, *vectors) if isinstance(t, ir.VectorType))
        place = next(
            t
            for t in (w.type for w in words)
            if t == POINTER or (isinstance(t, ir.VectorType) and t.element == POINTER)
        )
        overloads = (data, place) if not isinstance(result, ir.VoidType) else (words[0].type, place)
        return self.intrinsic(name, overloads, result, words)

    def address(self, node: Load | Store, dtype: Scalar) -> tuple[ir.Value, ir.Value, str]:
        """Return where the elements are, the lanes in which they are, and how they lie there.

        "same": one element for all lanes; "next": each lane's behind that of the lane before;
        "apart": a vector of addresses.
        """
        view = self.writer.arrays[node.array]
        inside = id(node) in self.writer.inside
        dense = isinstance(view.strides[-1], ir.Constant)
        consecutive = dense and inside and is_consecutive(node, self.loop, self.uneven)
        with self.at_first(consecutive):
            words = [self.word(self.expression(s)) for s in node.subscripts]
        how = "next" if consecutive else "same"
        if any(isinstance(w.type, ir.VectorType) for w in words):
            how = "apart"
            words = [self.vector(w) for w in words]
        # What an iteration always asks for is looked up even where a test around it is false, if
        # it is there: LLVM can then take it out of the loops.
        fixed = inside and how == "apart" and isinstance(node, Load) and is_fixed(node, self.loop)
        offset, outside = self.offset(node, words, tested=fixed or not inside)
        builder = self.builder
        mask = self.everyone if fixed else self.mask
        if outside is not None:
            if not fixed:
                self.raises(outside)
            mask = builder.and_(mask, builder.not_(self.vector(outside)))
        place = builder.gep(view.pointer, [offset], source_etype=I8)
        if how == "apart":
            place.type = ir.VectorType(POINTER, self.width)
        if how == "same":
            # Where no lane wants it there need not be anything.
            dummy = self.writer.slot(ir.ArrayType(I8, 16))
            self.writer.allocas.store(ir.Constant(ir.ArrayType(I8, 16), None), dummy)
            place = builder.select(self.any(mask), place, dummy)
            place.type = POINTER
        return place, mask, how

    def offset(
        self, node: Load | Store, words: list[ir.Value], *, tested: bool
    ) -> tuple[ir.Value, ir.Value | None]:
        """Return the distance in bytes from the array's first element, and where it is outside."""
        builder = self.builder
        view = self.writer.arrays[node.array]
        inside = id(node) in self.writer.inside
        offset = ir.Constant(words[0].type, None if words[0].type != I64 else 0)
        outside: ir.Value | None = None
        for axis, word in enumerate(words):
            extent, stride = (
                self.vector(v) if isinstance(word.type, ir.VectorType) else v
                for v in (view.extents[axis], view.strides[axis])
            )
            if inside and (id(node), axis) in self.writer.program.plan.from_end:
                word = builder.add(word, extent)
            elif not inside:
                zero = ir.Constant(word.type, None if word.type != I64 else 0)
                wrapped = builder.add(word, extent)
                word = builder.select(builder.icmp_signed("<", word, zero), wrapped, word)
            if tested:
                bad = builder.icmp_unsigned(">=", word, extent)
                outside = bad if outside is None else builder.or_(outside, bad)
            offset = builder.add(offset, builder.mul(word, stride))
        return offset, outside

    @contextmanager
    def at_first(self, consecutive: bool) -> Iterator[None]:
        """Let the loop's index have the value of the first lane."""
        outer = self.known
        if consecutive:
            self.know(self.loop.index, self.first)
        yield
        self.known = outer


def can_write_lanes(writer: StatementWriter, loop: For) -> bool:
    """Return whether nobody wants to know what the loop stores."""
    stores = (s for s in statements(loop.body) if isinstance(s, Store))
    return not any(writer.is_noted(store.array) for store in stores)
