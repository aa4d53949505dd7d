"""Machine code for statements, and for loops that run in order on one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from llvmlite import ir

from parloop.codegen import scalar
from parloop.codegen.chains import augmented, is_chain
from parloop.codegen.events import I1, I8, I64, Value, memory_type
from parloop.codegen.function import Mixed
from parloop.codegen.hoist import HoistWriter
from parloop.codegen.lanes import mark_access, mark_leftover, mark_loop, mark_rare, new_group
from parloop.codegen.polls import STRIP, emit_poll, has_strips, is_innermost
from parloop.codegen.runs import emit_run, find_run
from parloop.codegen.totals import TotalWriter
from parloop.ir.nodes import (
    Assign,
    Break,
    Call,
    Const,
    Continue,
    Expr,
    For,
    If,
    Load,
    Name,
    Stmt,
    Store,
    While,
)
from parloop.ir.types import PY_INT, Scalar
from parloop.ir.walk import expressions, statements
from parloop.staging import rules


@dataclass(frozen=True, slots=True)
class _Targets:
    """Where `break` and `continue` of the innermost loop go."""

    broken: ir.Block
    next: ir.Block


class StatementWriter(HoistWriter):
    """Writes statements into the function."""

    loop_targets: list[_Targets]
    """Where jumps go, of the loops around the builder's place; innermost last."""

    is_rare: bool = False
    """Whether the loop being written has few iterations, not worth the optimiser's time."""

    is_leftover: bool = False
    """Whether what is being written runs for what other code leaves over of a loop."""

    def block(self, body: tuple[Stmt, ...]) -> None:
        """Write a list of statements; what stands behind a jump is dropped."""
        for stmt in body:
            if self.builder.block.is_terminated:
                return
            self.statement(stmt)

    def statement(self, stmt: Stmt) -> None:
        """Write one statement."""
        self.span = stmt.span if stmt.span.line else self.span
        self.anchored = id(stmt) in self.program.anchored
        match stmt:
            case Assign(target=target, value=value):
                self.assign(target, self.expression(value))
            case Store():
                self.store(stmt)
            case For():
                self.loop(stmt)
            case While():
                self.while_loop(stmt)
            case If():
                self.branch(stmt)
            case Break():
                self.builder.branch(self.loop_targets[-1].broken)
            case Continue():
                self.builder.branch(self.loop_targets[-1].next)
            case _:
                assert_never(stmt)

    def store(self, stmt: Store) -> None:
        """Write `array[subscripts] = value`; nothing is written where it would raise."""
        dtype = self.program.typing.arrays[stmt.array].dtype
        read = augmented(stmt) if self.in_chain else None
        if read is not None:
            self.placed = dict.fromkeys((id(read), id(stmt)), self.address(read, dtype))
        value = self.expression(stmt.value)
        self.span = stmt.span if stmt.span.line else self.span
        address = self.address(stmt, dtype)
        self.placed = {}

        def emit(types: tuple[Scalar, ...], values: tuple[Value, ...]) -> Mixed | None:
            rule = rules.store_rule(dtype, types[0])
            if rule is None:
                return None
            element = scalar.emit_store_value(self, dtype, types[0], values[0])
            if rule.flags:
                self.watch(element, types, values)
            return Mixed.single(dtype, element)

        element = self.dispatch((value,), emit).parts[dtype]
        type_ = memory_type(dtype)
        for k, part in enumerate(element if dtype.kind == "c" else (element,)):
            at = address if k == 0 else self.builder.gep(address, [I64(k)], source_etype=type_)
            stored = self.builder.zext(part, I8) if dtype.kind == "b" else part
            done = self.builder.store(stored, at, align=self.alignment(stmt.array, dtype))
            mark_access(done, self.access_group)
        self.stored(stmt, dtype, element)

    def stored(self, stmt: Store, dtype: Scalar, element: Value) -> None:
        """Do what there is to do once `element` was stored; nothing here."""

    def is_noted(self, _array: str) -> bool:
        """Return whether `stored` wants to know what is stored in an array."""
        return False

    def branch(self, stmt: If) -> None:
        """Write `if`, with blocks only for the sides that have statements."""
        test = self.truth(self.expression(stmt.test))
        then = self.function.append_basic_block("then")
        after = self.function.append_basic_block("after")
        otherwise = self.function.append_basic_block("else") if stmt.otherwise else after
        self.builder.cbranch(test, then, otherwise)
        for entry, body in ((then, stmt.then), (otherwise, stmt.otherwise)):
            if entry is after:
                continue
            self.builder.position_at_end(entry)
            self.block(body)
            if not self.builder.block.is_terminated:
                self.builder.branch(after)
        self.builder.position_at_end(after)

    def while_loop(self, stmt: While) -> None:
        """Write `while`. Once the fast variant has tripped, its values mean nothing: it ends."""
        head = self.function.append_basic_block("while")
        body = self.function.append_basic_block("body")
        done = self.function.append_basic_block("done")
        after = self.function.append_basic_block("after")
        self.builder.branch(head)
        self.builder.position_at_end(head)
        test = self.truth(self.expression(stmt.test))
        if not self.precise:
            tripped = self.builder.load(self.trip, typ=I1)
            test = self.builder.and_(test, self.builder.not_(tripped))
        self.builder.cbranch(test, body, done)
        self.builder.position_at_end(body)
        emit_poll(self)
        self.loop_targets.append(_Targets(after, head))
        self.block(stmt.body)
        self.loop_targets.pop()
        self._close(head)
        self.builder.position_at_end(done)
        self.block(stmt.orelse)
        self._close(after)
        self.builder.position_at_end(after)

    def _close(self, target: ir.Block) -> None:
        if not self.builder.block.is_terminated:
            self.builder.branch(target)

    def loop(self, stmt: For) -> None:
        """Write a `for` loop inside the nest."""
        start, trips, step = self.range_of(stmt)
        proved, trips = self.tested_at_head(stmt, trips, start, step)
        before, self.inside = self.inside, self.inside | proved
        if stmt.total:
            TotalWriter(self, stmt, (trips, start, step)).write()
            self.inside = before
            return
        self.counted(stmt, I64(0), trips, start, step)
        self.inside = before

    def range_of(self, stmt: For) -> tuple[ir.Value, ir.Value, ir.Value]:
        """Return start, number of iterations and step of a loop inside the nest."""
        start, stop, step = (self.bound(e) for e in (stmt.start, stmt.stop, stmt.step))
        trips = self.trip_count(start, stop, step, stmt.step)
        if any(self.is_data(e) for e in (stmt.start, stmt.stop, stmt.step)) and not self.precise:
            tripped = self.builder.load(self.trip, typ=I1)
            trips = self.builder.select(tripped, I64(0), trips)
        return start, trips, step

    def bound(self, expr: Expr) -> ir.Value:
        """Return a bound of a `range`."""
        return self.integer(expr)

    def is_data(self, expr: Expr) -> bool:
        """Return whether `expr` may come from what the nest computes: after a trip it is void."""
        inputs = self.program.typing.scalars
        bound = self.program.typing.nest.outputs
        return any(
            isinstance(e, Load | Call)
            or (isinstance(e, Name) and (e.id not in inputs or e.id in bound))
            for e in expressions(expr)
        )

    def trip_count(
        self, start: ir.Value, stop: ir.Value, step: ir.Value, expr: Expr
    ) -> ir.Value:
        """Return how many iterations `range(start, stop, step)` has; step 0 raises."""
        builder = self.builder
        if isinstance(expr, Const) and expr.value == 1:
            some = builder.icmp_signed("<", start, stop)
            return builder.select(some, builder.sub(stop, start), I64(0))
        zero = builder.icmp_signed("==", step, I64(0))
        self.raises(zero)
        up = builder.icmp_signed(">", step, I64(0))
        some = builder.select(
            up, builder.icmp_signed("<", start, stop), builder.icmp_signed(">", start, stop)
        )
        # Distances are taken as unsigned words: they fit whatever the signs are.
        distance = builder.select(up, builder.sub(stop, start), builder.sub(start, stop))
        size = builder.select(up, step, builder.neg(step))
        size = builder.select(zero, I64(1), size)
        count = builder.add(builder.udiv(builder.sub(distance, I64(1)), size), I64(1))
        return builder.select(builder.and_(some, builder.not_(zero)), count, I64(0))

    def counted(
        self, stmt: For, lo: ir.Value, hi: ir.Value, start: ir.Value, step: ir.Value
    ) -> None:
        """Write iterations `lo` .. `hi` - 1 of a loop, then its `else`."""
        run = find_run(self, stmt)
        if run is not None:
            emit_run(self, stmt, run, (lo, hi), start, step)
            return
        builder = self.builder
        before = builder.block
        head = self.function.append_basic_block(f"for.{stmt.index}")
        following = self.function.append_basic_block("next")
        done = self.function.append_basic_block("done")
        after = self.function.append_basic_block("after")
        strip = self.function.append_basic_block("strip") if has_strips(self, stmt) else None
        builder.cbranch(builder.icmp_signed("<", lo, hi), strip or head, done)
        end, ended = hi, self.function.append_basic_block("ended")
        if strip is not None:
            builder.position_at_end(strip)
            first, end = self.strip_bounds(lo, hi, before)
            lo, before = first, strip
            builder.branch(head)
        builder.position_at_end(head)
        counter = builder.phi(I64, name=stmt.index if stmt.index.isidentifier() else "")
        counter.add_incoming(lo, before)
        self.iteration(stmt, counter, start, step)
        self.loop_targets.append(_Targets(self.broken(stmt, counter, after), following))
        told = self.are_lanes(stmt) and not self.is_rare
        group = new_group(self.module) if told else None
        self.access_group = group
        self.in_chain = not (told or self.precise) and self.may_branch(stmt)
        self.block(stmt.body)
        self.access_group, self.in_chain = None, False
        self.loop_targets.pop()
        self._close(following)
        builder.position_at_end(following)
        more = builder.add(counter, I64(1), flags=("nsw",))
        if not is_innermost(stmt):
            emit_poll(self)
        counter.add_incoming(more, builder.block)
        again = builder.cbranch(builder.icmp_signed("<", more, end), head, ended)
        if group is not None:
            mark_loop(self.module, again, group)
        elif self.is_rare:
            mark_rare(self.module, again)
        elif self.is_leftover and not self.precise:
            mark_leftover(self.module, again)
        builder.position_at_end(ended)
        if not self.precise and stmt.index not in bound_in(stmt.body):
            # Its value is known: LLVM makes no lanes of a loop's rest if one is taken out of it.
            self.iteration(stmt, builder.sub(end, I64(1)), start, step)
        if strip is None:
            builder.branch(done)
        else:
            emit_poll(self)
            first.add_incoming(end, builder.block)
            builder.cbranch(builder.icmp_signed("<", end, hi), strip, done)
        builder.position_at_end(done)
        self.block(self.else_of(stmt))
        self._close(after)
        builder.position_at_end(after)

    def strip_bounds(
        self, lo: ir.Value, hi: ir.Value, before: ir.Block
    ) -> tuple[ir.PhiInstr, ir.Value]:
        """Return the first iteration of a strip and its end; the first strip begins at `lo`."""
        builder = self.builder
        first = builder.phi(I64)
        first.add_incoming(lo, before)
        is_last = builder.icmp_signed("<=", builder.sub(hi, first), I64(STRIP))
        return first, builder.select(is_last, hi, builder.add(first, I64(STRIP)))

    def are_lanes(self, stmt: For) -> bool:
        """Return whether the plan says that iterations of `stmt` touch nothing of one another."""
        number = self.program.loop_numbers.get(id(stmt))
        return number in self.program.plan.lanes and not self.precise

    def may_branch(self, stmt: For) -> bool:
        """Return whether subscripts in the body of `stmt` may be tested by branches."""
        return is_chain(stmt, self.program, self.inside)

    def else_of(self, stmt: For) -> tuple[Stmt, ...]:
        """Return what runs when a loop was not left by `break`."""
        return stmt.orelse

    def broken(self, _stmt: For, _counter: ir.Value, after: ir.Block) -> ir.Block:
        """Return where a `break` of this loop goes."""
        return after

    def iteration(
        self, stmt: For, counter: ir.Value, start: ir.Value, step: ir.Value
    ) -> None:
        """Bind the loop's index at the head of iteration `counter`."""
        start, step = self.known_bounds(stmt, start, step)
        index = self.builder.add(start, self.builder.mul(counter, step))
        self.assign(stmt.index, Mixed.single(PY_INT, index))

    def known_bounds(
        self, stmt: For, start: ir.Value, step: ir.Value
    ) -> tuple[ir.Value, ir.Value]:
        """Return start and step as constants where the text has them as such."""
        if isinstance(stmt.start, Const) and isinstance(stmt.start.value, int):
            start = I64(int(stmt.start.value))
        if isinstance(stmt.step, Const) and isinstance(stmt.step.value, int):
            step = I64(int(stmt.step.value))
        return start, step


def bound_in(body: tuple[Stmt, ...]) -> set[str]:
    """Return the names that statements bind."""
    inside = tuple(statements(body))
    names = {s.target for s in inside if isinstance(s, Assign)}
    return names | {s.index for s in inside if isinstance(s, For)}
