"""Machine code for sums of floats in groups, where the user allows them to be regrouped.

    iterations      0 .. g-1, g .. 2g-1, ...           with g: `schedule.combining.group_size`
    a group         eight lanes, iteration k of the group goes to lane k % 8; then
                    ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))
    the variable    ((before + first group) + second group) + ...

Which numbers are added to which depends on the loop and its range alone: not on the number of
threads, the machine's vectors, or where slices end. The precise variant adds in the same way. See
`docs/decisions/0002-one-regrouping-of-float-sums.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from llvmlite import ir

from parloop.codegen import scalar
from parloop.codegen.copies import CopyWriter
from parloop.codegen.events import I1, I64, Value, llvm_type
from parloop.codegen.function import Mixed, Variable
from parloop.codegen.layout import Header, is_same_machine_number
from parloop.codegen.statements import StatementWriter
from parloop.ir.nodes import For
from parloop.ir.types import Scalar
from parloop.schedule.combining import GROUPS, Fold, least_group

LANES = 8


class GroupWriter(CopyWriter):
    """Writes loops whose sums of floats are taken in groups."""

    lanes: Mapping[str, tuple[Fold, Variable, ir.Value]] = {}
    """The accumulators of each sum while a group is written, with the variable behind them."""
    lane_loop: For | None = None
    lane_base: ir.Value | None = None

    def group_size(self, stmt: For, trips: ir.Value) -> ir.Value:
        """Return how many iterations a group has, as `schedule.combining.group_size` does.

        `trips` are those of a whole run of the loop.
        """
        builder = self.builder
        count = builder.udiv(builder.add(trips, I64(GROUPS - 1)), I64(GROUPS))
        some = builder.icmp_signed(">", count, I64(1))
        less = builder.select(some, builder.sub(count, I64(1)), I64(0))
        bits = builder.sub(I64(64), builder.ctlz(less, I1(0)))
        size = builder.shl(I64(1), bits)
        least = I64(least_group(stmt))
        return builder.select(builder.icmp_signed(">", size, least), size, least)

    def whole_trips(self, stmt: For, lo: ir.Value, hi: ir.Value) -> ir.Value:
        """Return the trips of a whole run of the loop, of which lo .. hi-1 may be a slice."""
        builder = self.builder
        if stmt is not self.program.typing.nest.loop:
            return builder.sub(hi, lo)
        start, stop, step = (self.header(h) for h in (Header.START, Header.STOP, Header.STEP))
        up = builder.icmp_signed(">", step, I64(0))
        distance = builder.select(up, builder.sub(stop, start), builder.sub(start, stop))
        size = builder.select(up, step, builder.neg(step))
        return builder.add(builder.udiv(builder.sub(distance, I64(1)), size), I64(1))

    def group(
        self, stmt: For, bounds: tuple[ir.Value, ...], folds: Mapping[str, Fold]
    ) -> None:
        """Write the iterations of one group; the sums begin at the neutral element."""
        lo, hi, start, step = bounds
        builder = self.builder
        lanes: dict[str, tuple[Fold, Variable, ir.Value]] = {}
        for name, fold in folds.items():
            array = self.slot(ir.ArrayType(llvm_type(fold.type), LANES))
            lanes[name] = fold, self.variables[name], array
            for lane in range(LANES):
                builder.store(neutral_float(fold), self.lane(fold, array, I64(lane)))
        self.lanes, self.lane_loop = lanes, stmt
        rounds = builder.sdiv(builder.sub(hi, lo), I64(LANES))

        def round_of(number: ir.Value) -> None:
            base = self.builder.add(lo, self.builder.mul(number, I64(LANES)), flags=("nsw",))
            end = self.builder.add(base, I64(LANES), flags=("nsw",))
            self.lane_iterations(stmt, base, end, start, step)

        self.repeat(rounds, round_of)
        rest = builder.add(lo, builder.mul(rounds, I64(LANES)))
        self.lane_iterations(stmt, rest, hi, start, step)
        self.lanes, self.lane_loop = {}, None
        for name, (fold, variable, array) in lanes.items():
            self.variables[name] = variable
            self.put(variable, fold.type, self.tree(fold, array))

    def lane_iterations(
        self, stmt: For, lo: ir.Value, hi: ir.Value, start: ir.Value, step: ir.Value
    ) -> None:
        """Write iterations lo .. hi-1, of which the first goes to lane 0; there are at most 8."""
        self.lane_base = lo
        StatementWriter.counted(self, replace_orelse(stmt), lo, hi, start, step)

    def iteration(
        self, stmt: For, counter: ir.Value, start: ir.Value, step: ir.Value
    ) -> None:
        """Bind the index, and give each sum the accumulator of this iteration's lane."""
        super().iteration(stmt, counter, start, step)
        if self.lane_loop is None or stmt.body is not self.lane_loop.body:
            return
        lane = self.builder.sub(counter, self.lane_base)
        for name, (fold, variable, array) in self.lanes.items():
            place = self.lane(fold, array, lane)
            slots = {
                member: (place,) if is_same_machine_number(member, fold.type) else own
                for member, own in variable.slots.items()
            }
            self.variables[name] = replace(variable, slots=slots)

    def lane(self, fold: Fold, array: ir.Value, number: ir.Value) -> ir.Value:
        """Return the address of an accumulator."""
        return self.builder.gep(array, [number], source_etype=llvm_type(fold.type))

    def tree(self, fold: Fold, array: ir.Value) -> ir.Value:
        """Return the sum of the lanes."""
        type_ = llvm_type(fold.type)
        sums = [
            self.builder.load(self.lane(fold, array, I64(n)), typ=type_) for n in range(LANES)
        ]
        add = self.builder.fadd if fold.operator == "+" else self.builder.fmul
        while len(sums) > 1:
            sums = [add(one, other) for one, other in zip(sums[::2], sums[1::2], strict=True)]
        return sums[0]

    def groups_in_order(
        self, stmt: For, bounds: tuple[ir.Value, ...], folds: Mapping[str, Fold]
    ) -> None:
        """Write a loop in groups, one after the other: what its blocks come to, on one thread."""
        lo, hi, start, step = bounds
        builder = self.builder
        size = self.group_size(stmt, self.whole_trips(stmt, lo, hi))
        trips = builder.sub(hi, lo)
        count = builder.sdiv(builder.add(trips, builder.sub(size, I64(1))), size)

        def one_group(number: ir.Value) -> None:
            first = self.builder.add(lo, self.builder.mul(number, size))
            end = self.builder.add(first, size)
            past = self.builder.icmp_signed(">", end, hi)
            last = self.builder.select(past, hi, end)
            totals = {name: self.variables[name] for name in folds}
            for name in folds:
                self.declare(name, track=True)
            self.begin_partials(folds)
            self.group(stmt, (first, last, start, step), folds)
            partials = {name: self.variables[name] for name in folds}
            self.variables.update(totals)
            for name, fold in folds.items():
                assigned = self.builder.load(partials[name].assigned, typ=I1)
                with self.builder.if_then(assigned):
                    self.accumulate(name, fold, self.get(partials[name], fold.type))

        self.repeat(count, one_group)

    def accumulate(self, name: str, fold: Fold, partial: Value) -> None:
        """Add a group's sum to the variable, which may have another type before."""

        def emit(types: tuple[Scalar, ...], values: tuple[Value, ...]) -> Mixed:
            before = scalar.emit_convert(self, values[0], types[0], fold.type)
            pair = (fold.type, fold.type)
            both = scalar.emit_binary(self, fold.operator, pair, (before, partial))
            return Mixed.single(fold.type, both)

        total = self.read(name, frozenset(self.variables[name].members))
        self.assign(name, self.dispatch((total,), emit))


def neutral_float(fold: Fold) -> ir.Constant:
    """Return what leaves every number as it is: minus zero for sums."""
    return ir.Constant(llvm_type(fold.type), -0.0 if fold.operator == "+" else 1.0)


def replace_orelse(stmt: For) -> For:
    """Return the loop without its `else`."""
    return For(stmt.index, stmt.start, stmt.stop, stmt.step, stmt.body, (), stmt.span)
