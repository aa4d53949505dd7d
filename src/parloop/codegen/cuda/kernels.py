"""One kernel: the loops that are its threads, what each thread does, and what it leaves.

    for (u64 i_at = lo + thread_y; i_at < hi; i_at += threads_y) {
        for (u64 j_at = thread_x; j_at < m; j_at += threads_x) { ... }
    }

Each loop of the chain strides by the number of threads in its dimension: any grid will do, and the
order of the text is kept, so that bounds may follow the indices around them. The thread that has
the last iteration leaves the variables that it assigns.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from parloop.codegen.cuda.atomics import AtomicWriter, is_atomic
from parloop.codegen.cuda.builder import Body, Line
from parloop.codegen.cuda.codes import PartialResultsStay
from parloop.codegen.cuda.extents import HostNumbers
from parloop.codegen.cuda.partials import Best, Last, Partial, Sum, words_of_variable
from parloop.codegen.cuda.program import HI, LO, MOST_BLOCKS, SCRATCH, Launch, Step
from parloop.codegen.cuda.render import render
from parloop.codegen.cuda.values import Names
from parloop.codegen.events import I1, I64
from parloop.codegen.function import Program
from parloop.codegen.layout import Header
from parloop.codegen.regions import region_arrays
from parloop.diagnostics import Declined
from parloop.ir.nodes import Assign, Const, Continue, Expr, For, If, Name, Stmt, While
from parloop.ir.walk import all_expressions, bound_names, expressions, own_expressions, statements
from parloop.schedule.combining import ArrayFold, Choice, Fold, combining
from parloop.schedule.grid import Grid
from parloop.schedule.pieces import loop_of
from parloop.source import NOWHERE, Span

THREADS = 256
"""Threads of a block."""

SHAPES = {1: (256, 1, 1), 2: (32, 8, 1), 3: (32, 4, 2)}


class NotASquareError(Exception):
    """Two split loops cannot both be threads: what they leave is found out by one of them."""


class KernelWriter:
    """Writes one kernel; `text` is there afterwards."""

    def __init__(self, program: Program, in_state: frozenset[str]) -> None:
        self.program = program
        self.in_state = in_state
        self.text = ""
        self.parts: tuple[tuple[Expr, int], ...] = ()
        """Where the loops of the chain are split, and which part this is: before, at, after it."""
        self.turned: For | None = None
        """The loop inside the threads that stood around theirs."""
        self.partials: tuple[Partial, ...] = ()
        self.folds: dict[str, ArrayFold] = {}
        """The arrays that threads accumulate into."""
        self.accumulated: set[str] = set()
        """The variables of which threads have partial results."""
        self.n_words = 0
        """How many words a thread has for these."""
        self.start()

    @property
    def span(self) -> Span:
        """Where the writer stands, or stopped."""
        return self.writer.span or NOWHERE

    def alone(self, name: str, body: tuple[Stmt, ...]) -> Launch:
        """Write a kernel for one thread that runs `body` in order."""
        writer = self.writer
        loop = For("%", Const(0), Const(0), Const(1), body)
        self.open(loop, body)
        writer.block(body)
        for each in sorted(bound_names((loop,)) & self.in_state):
            writer.leave(each)
        self.close(name)
        return Launch(name, one_thread=True, lines=lines_of(body))

    def parallel(
        self,
        name: str,
        stmt: For,
        number: int,
        grid: Grid,
        host: HostNumbers,
        part: tuple[int, ...] = (),
    ) -> tuple[Step, ...]:
        """Write a kernel whose threads are the iterations of `stmt`, or of a part of it."""
        splits = self.program.plan.splits
        split = grid.chains[number][: len(part)]
        self.parts = tuple((splits[n], which) for n, which in zip(split, part, strict=True))
        chain = [stmt]
        while len(chain) < len(grid.chains[number]):
            inner = chain[-1].body[-1]
            assert isinstance(inner, For)
            chain.append(inner)
        dimensions = [grid.dimension(number, n) for n in grid.chains[number]]
        self.find_partials(stmt, number, chain)
        if len(part) > 1 and (self.partials or self.folds or not is_rectangle(chain)):
            raise NotASquareError
        self.open(stmt, (stmt,))
        self.writer.begin_folds(self.folds)
        self.level(chain, dimensions, 0, [])
        self.writer.end_folds()
        if not self.partials:
            self.close(name)
            return (self.launch(name, chain, dimensions, host),)
        self.leave_row(name)
        self.close(name)
        whole = f"{name}_whole"
        self.write_whole(name, whole)
        launch = self.launch(name, chain, dimensions, host)
        x, y, z = (e if e == "1" else f"max(1, {e})" for e in launch.extents)
        return (
            replace(launch, extents=(x, y, z), most_blocks=MOST_BLOCKS),
            Launch(whole, (str(THREADS), "1", "1"), SHAPES[1], 1, most_blocks=1),
        )

    # partial results

    def find_partials(self, stmt: For, number: int, chain: list[For]) -> None:
        """Find what threads find out each for themselves."""
        plan, layout = self.program.plan, self.program.layout
        found: list[Partial] = []
        at = 0
        for reduction in plan.cores[number]:
            how = combining(reduction, self.program.typing, stmt, regroup=plan.regroup)
            name = reduction.target
            match how:
                case Fold(regrouped=False) if not how.bounded or how.operator == "+":
                    found.append(Sum(name, at, how))
                case Choice():
                    places, word = {}, at + 1
                    for each in (name, *how.companions):
                        places[each] = word
                        word += words_of_variable(layout.members[each])
                    found.append(Best(name, at, how, places, word - at))
                case ArrayFold() if is_atomic(how):
                    self.folds[name] = how
                    continue
                case _:
                    raise Declined(PartialResultsStay.at(stmt.span, name))
            at += found[-1].n_words
        self.accumulated = {each.name for each in found}
        self.accumulated |= {n for each in found if isinstance(each, Best) for n in each.places}
        for name in sorted(self.sometimes(chain) - self.accumulated):
            found.append(Last(name, at, 1 + words_of_variable(layout.members[name])))
            at += found[-1].n_words
            self.accumulated.add(name)
        self.partials, self.n_words = tuple(found), at

    def sometimes(self, chain: list[For]) -> frozenset[str]:
        """Return the variables that are wanted after the kernel, and not assigned at its end.

        Where bounds follow the indices around them the last iterations may have none inside.
        """
        if is_rectangle(chain):
            loop = chain[-1]
            names = bound_names((loop,)) - definite(loop.body) - {loop.index}
        else:
            names = bound_names((chain[1],))
        return names & self.wanted(chain[0])

    def leave_row(self, name: str) -> None:
        """Put the words of a block's threads together, and leave them in the block's row."""
        body, count = self.body, self.n_words
        body.do(f"u64 mine[{count}];")
        for partial in self.partials:
            partial.leave(self.writer)
        self.write_tree(name)
        with body.block("if (at == 0) {"):
            blocks = "u64(gridDim.x) * gridDim.y * gridDim.z"
            block = "blockIdx.x + u64(gridDim.x) * (blockIdx.y + u64(gridDim.y) * blockIdx.z)"
            body.do(f"u64 *const row = (u64 *)record.words[{SCRATCH:d}] + {count} * ({block});")
            body.do(f"for (u32 k = 0; k < {count}; ++k) row[k] = mine[k];")
            body.do(f"if (({block}) == 0) state->header[0] = {blocks};")

    def write_tree(self, name: str) -> None:
        """Put the words of all threads of a block together; the first thread has them then."""
        self.body.do(f"together_in_a_block<{self.n_words}, {name}_words>(mine, trip);")
        self.body.do("const u32 at = thread_in_block();")

    def write_whole(self, name: str, whole: str) -> None:
        """Write the kernel that puts the rows together, and the functions that both use."""
        first = self.text
        self.text = ""
        parts = []
        for suffix, parameters in (
            ("nothing", "u64 *mine"),
            ("together", "u64 *mine, const u64 *theirs, u32 &trip"),
        ):
            self.start()
            for partial in self.partials:
                (partial.nothing if suffix == "nothing" else partial.together)(self.writer)
            head = f"static __device__ __forceinline__ void {suffix}({parameters})\n{{\n"
            parts.append(f"{head}{render(self.body)}}}\n")
        parts = [f"struct {name}_words {{\n{''.join(parts)}}};\n"]
        self.start()
        writer, body, count = self.writer, self.body, self.n_words
        self.look_back()
        body.do(f"u64 mine[{count}];")
        body.do(f"{name}_words::nothing(mine);")
        body.do("const u32 at = thread_in_block();")
        with body.block("for (u64 block = at; block < state->header[0]; block += blockDim.x) {"):
            rows = f"(const u64 *)record.words[{SCRATCH:d}] + {count} * block"
            body.do(f"{name}_words::together(mine, {rows}, trip);")
        body.do(f"together_in_a_block<{count}, {name}_words>(mine, trip);")
        with body.block("if (at == 0) {"):
            for partial in self.partials:
                names = partial.places if isinstance(partial, Best) else (partial.name,)
                writer.open_variables(names)
                partial.apply(writer)
        self.close(whole)
        self.text = "\n".join((*parts, first, self.text))

    # the frame

    def start(self) -> None:
        """Begin a new text."""
        self.body = Body(Names())
        self.writer = AtomicWriter(self.program, self.body, self.in_state)

    def look_back(self) -> None:
        """Write the look at what has happened before: after a trip there is nothing to do."""
        self.body.do("u32 trip = 0;")
        tripped = "(*(volatile u64 *)&state->status & TRIPPED) != 0"
        if self.partials or self.folds:  # all threads of a block have to come to the same decision
            tripped = f"__syncthreads_or({tripped})"
        self.body.do(f"if ({tripped}) return;")

    def open(self, loop: For, body: tuple[Stmt, ...]) -> None:
        """Write the head of a kernel: arrays, variables, a look at what has happened before."""
        writer = self.writer
        self.look_back()
        writer.open_arrays(region_arrays(loop, self.program), {})
        names = {e.id for e in all_expressions(body) if isinstance(e, Name)} | bound_names((loop,))
        names |= {loop.index}
        names &= self.program.layout.variables.keys()
        writer.open_variables(sorted(names - self.accumulated))
        for partial in self.partials:
            partial.begin(writer)
        if writer.numbers:
            self.body.do("u64 number = 0;")

    def close(self, name: str) -> None:
        """Write the end of a kernel, and keep its text."""
        self.body.do("tell(&state->status, trip);")
        head = f'extern "C" __global__ void __launch_bounds__({THREADS})\n'
        head += f"{name}(const Record record, State *state)\n{{\n"
        self.text = head + render(self.body) + "}\n"

    # threads

    def level(
        self,
        chain: list[For],
        dimensions: list[str],
        depth: int,
        last: list[Any],
        around: tuple[Any, ...] | list[Any] = (),
    ) -> None:
        """Write the loops of the chain from `depth` on.

        `last`: whether those around are in their last iterations, `around`: their numbers.
        """
        writer, body = self.writer, self.body
        loop, dimension = chain[depth], dimensions[depth]
        if depth == 0 and self.is_outermost(loop):
            lo = self.named(f"record.words[{LO:d}]", "lo")
            hi = self.named(f"record.words[{HI:d}]", "hi")
            start, step = writer.header(Header.START), writer.header(Header.STEP)
        else:
            start, hi, step = writer.range_of(loop)
            lo = I64(0)
        start, step = writer.known_bounds(loop, start, step)
        if depth < len(self.parts):
            lo, hi = self.part_of(lo, hi, start, *self.parts[depth])
        if depth == 0 and self.turned is not None:
            hi = writer.builder.select(self.has_iterations(self.turned), hi, I64(0))
        thread = self.named(
            f"u64(blockIdx.{dimension}) * blockDim.{dimension} + threadIdx.{dimension}",
            f"thread_{dimension}",
        )
        threads = self.named(
            f"u64(gridDim.{dimension}) * blockDim.{dimension}", f"threads_{dimension}"
        )
        counter = writer.counter(loop)
        at = counter.kept
        header = f"for (u64 {at} = {{0}}; {at} < {{1}}; {at} += {{2}}) {{"
        with body.loop(header, writer.builder.add(lo, thread), hi, threads):
            before = loop.body[:-1] if depth + 1 < len(chain) else ()
            names = {loop.index} | {s.target for s in before if isinstance(s, Assign)}
            if writer.numbers and (depth + 1 == len(chain) or names & writer.numbers.keys()):
                self.number([*around, counter])
            writer.iteration(loop, counter, start, step)
            is_last = writer.builder.icmp_unsigned("==", writer.builder.add(counter, I64(1)), hi)
            here = [*last, is_last]
            if depth + 1 < len(chain):
                writer.block(before)
                firsts = [
                    writer.builder.value(
                        I1, f"blockIdx.{d} == 0 && threadIdx.{d} == 0"
                    )
                    for d in dimensions[depth + 1 :]
                ]
                self.leave(loop, chain[0], names - self.accumulated, [*here, *firsts])
                self.level(chain, dimensions, depth + 1, here, [*around, counter])
            else:
                self.iteration(loop, chain, here)

    def number(self, counters: list[Any]) -> None:
        """Give the iteration of all loops of the chain a number, larger the later it comes."""
        bits = 62 // len(counters)
        builder = self.writer.builder
        number: Any = counters[0]
        for counter in counters[1:]:
            self.writer.raises(builder.icmp_unsigned(">=", counter, I64(1 << bits)))
            number = builder.or_(builder.shl(number, I64(bits)), counter)
        if len(counters) > 1:
            self.writer.raises(builder.icmp_unsigned(">=", counters[0], I64(1 << bits)))
        self.body.do("number = {0};", builder.add(number, I64(1)))

    def part_of(
        self, lo: Any, hi: Any, start: Any, place: Expr, part: int
    ) -> tuple[Any, Any]:
        """Return the iterations of a part of a loop, which counts up by one.

        Nothing here overflows: the place is compared before its distance is taken.
        """
        builder = self.writer.builder
        index = self.writer.integer(place)
        below = builder.icmp_signed("<", index, builder.add(start, lo))
        above = builder.icmp_signed(">=", index, builder.add(start, hi))
        inside = builder.select(above, hi, builder.sub(index, start))
        first = builder.select(below, lo, inside)
        outside = builder.or_(below, above)
        second = builder.select(outside, first, builder.add(first, I64(1)))
        return ((lo, first), (first, second), (second, hi))[part]

    def has_iterations(self, loop: For) -> Any:
        """Return whether a loop has iterations: without, the loops inside it bind nothing."""
        if self.is_outermost(loop):
            lo, hi = self.writer.header(LO), self.writer.header(HI)
            return self.writer.builder.icmp_signed("<", lo, hi)
        _, trips, _ = self.writer.range_of(loop)
        return self.writer.builder.icmp_signed("!=", trips, I64(0))

    def iteration(self, loop: For, chain: list[For], last: list[Any]) -> None:
        """Write what one thread does in one iteration, and what it leaves."""
        sure = (definite(loop.body) | {loop.index}) - self.accumulated
        wanted = self.wanted(chain[0]) & sure
        jumps = any(isinstance(s, Continue) for s in statements(loop.body))
        if jumps and wanted:
            with self.body.loop("do {"):
                self.writer.block(loop.body)
            self.body.lines[-1] = Line("close", "} while (false);")
        else:
            self.writer.block(loop.body)
        self.leave(loop, chain[0], sure, last)

    def leave(self, loop: For, whole: For, names: set[str], conditions: list[Any]) -> None:
        """Leave the variables among `names` that are wanted after the kernel, on conditions."""
        wanted = sorted(names & self.wanted(whole))
        if not wanted:
            return
        test = conditions[0]
        for condition in conditions[1:]:
            test = self.writer.builder.and_(test, condition)
        with self.body.block("if ({0}) {", test):
            for name in wanted:
                self.writer.leave(name)

    def wanted(self, whole: For) -> set[str]:
        """Return the variables that somebody reads who is not in the kernel's loop."""
        nest = self.program.typing.nest
        inside = {id(e) for e in all_expressions(whole.body)}
        names = {
            e.id
            for e in all_expressions((nest.loop,))
            if isinstance(e, Name) and id(e) not in inside
        }
        return (names | {*nest.outputs} | self.program.left) & self.in_state

    def is_outermost(self, loop: For) -> bool:
        """Return whether `loop` is the outermost one, or a piece of it."""
        return loop_of(self.program.loop_numbers[id(loop)]) == 0

    def named(self, text: str, name: str) -> Any:
        """Return a value with a name of its own."""
        made = self.writer.builder.value(I64, text, atomic=True, name=name)
        made.fixed = True
        return made

    def launch(
        self, name: str, chain: list[For], dimensions: list[str], host: HostNumbers
    ) -> Launch:
        """Return how the kernel is launched."""
        extents = {"x": "1", "y": "1", "z": "1"}
        known: dict[str, tuple[str, str]] = {}
        for depth, (loop, dimension) in enumerate(zip(chain, dimensions, strict=True)):
            if depth == 0 and self.is_outermost(loop):
                start, step = f"w[{Header.START:d}]", f"w[{Header.STEP:d}]"
                count = f"w[{HI:d}] - w[{LO:d}]"
                first = f"({start} + w[{LO:d}] * {step})"
                ends = (first, f"({start} + (w[{HI:d}] - 1) * {step})")
            else:
                count, ends = host.count(loop, known)
            known[loop.index] = ends
            if depth < len(self.parts) and self.parts[depth][1] == 1:
                count = "1"
            extents[dimension] = count if depth == 0 else f"max(1, {count})"
        return Launch(
            name,
            (extents["x"], extents["y"], extents["z"]),
            SHAPES[len(chain)],
            len(chain),
            lines=lines_of((chain[0],)),
        )


def lines_of(body: tuple[Stmt, ...]) -> tuple[int, ...]:
    """Return the lines of the loops among `body`, or of its first statement."""
    lines = {s.span.line for s in statements(body) if isinstance(s, For | While)}
    return tuple(sorted(lines or {body[0].span.line}))


def is_rectangle(chain: list[For]) -> bool:
    """Return whether the bounds of inner loops do not depend on the loops around them."""
    bound: set[str] = set()
    for loop in chain:
        names = {
            e.id for x in own_expressions(loop) for e in expressions(x) if isinstance(e, Name)
        }
        if names & bound:
            return False
        bound |= bound_names((loop,))
    return True


def definite(body: tuple[Stmt, ...]) -> set[str]:
    """Return the names that `body` assigns whatever the data is."""
    found: set[str] = set()
    for stmt in body:
        match stmt:
            case Assign(target=target):
                found.add(target)
            case If(then=then, otherwise=otherwise):
                found |= definite(then) & definite(otherwise)
            case Continue():
                return found
            case _:
                pass
        if isinstance(stmt, If) and any(isinstance(s, Continue) for s in statements((stmt,))):
            return found
    return found
