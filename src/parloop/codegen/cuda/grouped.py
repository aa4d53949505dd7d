"""Sums of floats in groups, where the user allows them to be regrouped: the cores' bits.

    a thread for each lane of each group      iterations k, k + 8, k + 16, ... of its group
    a thread for each group                   ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))
    one thread                                ((before + first group) + second group) + ...

The same tree as on the cores (`codegen.groups`), whatever the grid. There are at most 512 groups.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from parloop.codegen import scalar
from parloop.codegen.cuda.codes import PartialResultsStay
from parloop.codegen.cuda.extents import HostNumbers
from parloop.codegen.cuda.function import ThreadWriter
from parloop.codegen.cuda.kernels import SHAPES, KernelWriter
from parloop.codegen.cuda.partials import Sum
from parloop.codegen.cuda.program import HI, LO, SCRATCH, Launch, Step
from parloop.codegen.cuda.render import render
from parloop.codegen.events import I1, I64
from parloop.codegen.function import Mixed
from parloop.codegen.groups import LANES
from parloop.codegen.layout import Header
from parloop.diagnostics import Declined
from parloop.ir.nodes import For
from parloop.schedule.combining import GROUPS, Fold, combining, least_group
from parloop.schedule.grid import Grid


@dataclass(frozen=True, slots=True)
class GroupSum(Sum):
    """The words of a sum of floats of a lane or group: its value, and whether there is one."""

    n_words: int = 2

    def neutral(self) -> Any:
        """Return what leaves every number as it is: minus zero for sums."""
        return scalar.constant(self.fold.type, -0.0 if self.fold.operator == "+" else 1.0)

    def begin_again(self, writer: ThreadWriter) -> None:
        """Let another lane begin."""
        writer.assign(self.name, Mixed.single(self.fold.type, self.neutral()))
        writer.builder.store(I1(0), writer.variables[self.name].assigned)


class GroupedWriter(KernelWriter):
    """Writes kernels for loops with such sums as well."""

    rows = 0
    """How many rows of words a loop leaves."""

    def parallel(
        self,
        name: str,
        stmt: For,
        number: int,
        grid: Grid,
        host: HostNumbers,
        part: tuple[int, ...] = (),
    ) -> tuple[Step, ...]:
        """Write the kernels of a loop: three of them where sums are taken in groups."""
        sums = self.find_sums(stmt, number)
        if not sums:
            return super().parallel(name, stmt, number, grid, host, part)
        self.partials = sums
        self.accumulated = {each.name for each in sums}
        self.n_words = sum(each.n_words for each in sums)
        is_plain = not part and len(grid.chains[number]) == 1
        if not is_plain or self.sometimes([stmt]) - self.accumulated:
            raise Declined(PartialResultsStay.at(stmt.span, sums[0].name))
        self.rows = GROUPS * LANES
        self.write_lanes(name, stmt, sums)
        lanes, functions = self.text, self.write_functions(f"{name}_words")
        self.write_trees(f"{name}_groups", f"{name}_words")
        trees = self.text
        self.write_total(f"{name}_whole")
        self.text = "\n".join((functions, lanes, trees, self.text))
        launch = self.launch(name, [stmt], ["x"], host)
        count = f"max(1, min({GROUPS * LANES}, {launch.extents[0]}))"
        return (
            replace(launch, extents=(count, "1", "1")),
            Launch(f"{name}_groups", (str(GROUPS), "1", "1"), SHAPES[1], 1),
            Launch(f"{name}_whole", one_thread=True),
        )

    def find_sums(self, stmt: For, number: int) -> tuple[GroupSum, ...]:
        """Return the sums in groups; raise where there is something else beside them."""
        found: list[GroupSum] = []
        needs = self.program.plan.cores[number]
        for reduction in needs:
            how = combining(
                reduction, self.program.typing, stmt, regroup=self.program.plan.regroup
            )
            if isinstance(how, Fold) and how.regrouped:
                at = sum(each.n_words for each in found)
                found.append(GroupSum(reduction.target, at, how))
        if found and len(found) < len(needs):
            raise Declined(PartialResultsStay.at(stmt.span, found[0].name))
        return tuple(found)

    # the lanes

    def write_lanes(self, name: str, stmt: For, sums: tuple[GroupSum, ...]) -> None:
        """Write the kernel whose threads are the lanes of the groups."""
        writer, body = self.writer, self.body
        self.open(stmt, (stmt,))
        if self.is_outermost(stmt):
            lo = self.named(f"record.words[{LO:d}]", "lo")
            hi = self.named(f"record.words[{HI:d}]", "hi")
            start, step = writer.header(Header.START), writer.header(Header.STEP)
        else:
            lo = I64(0)
            start, hi, step = writer.range_of(stmt)
        start, step = writer.known_bounds(stmt, start, step)
        first, end, size, groups = self.cut(stmt, lo, hi)
        lane, last = body.names.new("lane"), body.names.new("last")
        counter = writer.counter(stmt)
        at = counter.kept
        with body.loop(
            f"for (u64 {lane} = u64(blockIdx.x) * blockDim.x + threadIdx.x; "
            f"{lane} < {groups} * {LANES}; {lane} += u64(gridDim.x) * blockDim.x) {{"
        ):
            for each in sums:
                each.begin_again(writer)
            begin = body.names.new("begin")
            body.do(f"const u64 {begin} = {first} + {lane} / {LANES} * {size};")
            body.do(f"const u64 {last} = {end} - {begin} < {size} ? {end} : {begin} + {size};")
            with body.loop(
                f"for (u64 {at} = {begin} + {lane} % {LANES}; {at} < {last}; {at} += {LANES}) {{"
            ):
                writer.iteration(stmt, counter, start, step)
                following = writer.builder.add(counter, I64(1))
                is_last = writer.builder.icmp_unsigned(
                    "==", following, writer.builder.value(I64, end, atomic=True)
                )
                self.iteration(stmt, [stmt], [is_last])
            self.leave_lane(lane)
        self.close(name)

    def cut(self, stmt: For, lo: Any, hi: Any) -> tuple[str, ...]:
        """Write how the loop is cut into groups; return the names of what was found.

        Its first iteration and its end; how many iterations a group has; how many groups there are.
        """
        body = self.body
        first, end, size, groups = (body.names.new(n) for n in ("first", "end", "size", "groups"))
        trips = self.whole_trips(stmt, lo, hi)
        body.do(f"const u64 {first} = {{0}}, {end} = {{1}};", lo, hi)
        body.do(f"u64 {size} = {least_group(stmt)};")
        with body.loop(f"while ({size} * {GROUPS} < {{0}}) {{", trips):
            body.do(f"{size} *= 2;")
        body.do(f"const u64 {groups} = ({end} - {first} + {size} - 1) / {size};")
        here = "blockIdx.x == 0 && threadIdx.x == 0"
        body.do(f"if ({here}) state->header[0] = {groups};  // for the kernels behind")
        return first, end, size, groups

    def whole_trips(self, stmt: For, lo: Any, hi: Any) -> Any:
        """Return the trips of a whole run of the loop, of which lo .. hi-1 may be a slice."""
        if stmt is not self.program.typing.nest.loop:
            return self.writer.builder.sub(hi, lo)
        start, stop, step = (
            self.writer.header(h) for h in (Header.START, Header.STOP, Header.STEP)
        )
        return self.writer.trip_count(start, stop, step, stmt.step)

    def leave_lane(self, lane: str) -> None:
        """Leave what a lane has come to in its row."""
        body, count = self.body, self.n_words
        body.do(f"u64 mine[{count}];")
        for each in self.partials:
            each.leave(self.writer)
        row = f"((u64 *)record.words[{SCRATCH:d}])[{lane} * {count} + k]"
        body.do(f"for (u32 k = 0; k < {count}; ++k) {row} = mine[k];")

    # what they come to

    def write_functions(self, name: str) -> str:
        """Return a structure with the function that puts two rows together."""
        self.start()
        for partial in self.partials:
            partial.together(self.writer)
        head = "static __device__ __forceinline__ void together(u64 *mine, const u64 *theirs, "
        return f"struct {name} {{\n{head}u32 &trip)\n{{\n{render(self.body)}}}\n}};\n"

    def write_trees(self, name: str, functions: str) -> None:
        """Write the kernel that adds up the lanes of each group, into the row of the first."""
        self.start()
        self.look_back()
        body, count = self.body, self.n_words
        with body.loop(
            "for (u64 group = u64(blockIdx.x) * blockDim.x + threadIdx.x; "
            "group < state->header[0]; group += u64(gridDim.x) * blockDim.x) {"
        ):
            body.do(
                f"u64 *const rows = (u64 *)record.words[{SCRATCH:d}] + group * {LANES * count};"
            )
            with (
                body.loop(f"for (u32 step = 1; step < {LANES}; step *= 2) {{"),
                body.loop(f"for (u32 k = 0; k < {LANES}; k += 2 * step) {{"),
            ):
                one, other = f"rows + k * {count}", f"rows + (k + step) * {count}"
                body.do(f"{functions}::together({one}, {other}, trip);")
        self.close(name)

    def write_total(self, name: str) -> None:
        """Write the kernel in which one thread adds the groups to the variables, in order."""
        self.start()
        self.look_back()
        writer, body, count = self.writer, self.body, self.n_words
        writer.open_variables(sorted(self.accumulated))
        group = body.names.new("group")
        with body.loop(f"for (u64 {group} = 0; {group} < state->header[0]; ++{group}) {{"):
            body.do(f"u64 mine[{count}];")
            row = f"((const u64 *)record.words[{SCRATCH:d}])[{group} * {LANES * count} + k]"
            body.do(f"for (u32 k = 0; k < {count}; ++k) mine[k] = {row};")
            for partial in self.partials:
                partial.apply(writer)
        self.close(name)
