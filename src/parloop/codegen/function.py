"""One function of a kernel while it is being written: its arrays, variables and events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from llvmlite import ir

from parloop.codegen.events import (
    F64,
    I1,
    I8,
    I64,
    POINTER,
    Emitter,
    Value,
    llvm_type,
    warning_text,
)
from parloop.codegen.layout import (
    WARNING_BIT,
    Header,
    Layout,
    is_same_machine_number,
    representatives,
    words_of,
)
from parloop.ir.nodes import For
from parloop.ir.types import PY_INT, UNBOUND, Member, Scalar
from parloop.schedule.plan import Plan
from parloop.source import NOWHERE, Span
from parloop.staging.ranges import Ranges
from parloop.staging.specialise import Typing


@dataclass(frozen=True, slots=True)
class Mixed:
    """A value with its type: `parts` has a value for each possible type, `tag` says which it is.

    `tag` counts through `members`; it is `None` where there is only one.
    """

    members: tuple[Member, ...]
    parts: Mapping[Member, Value]
    tag: ir.Value | None
    as_float: ir.Value | None = None
    """The value as a double, where it is known without looking at the tag."""

    @staticmethod
    def single(scalar: Scalar, value: Value) -> Mixed:
        """Return a value whose type is known."""
        return Mixed((scalar,), {scalar: value}, None)


@dataclass(frozen=True, slots=True)
class ArrayView:
    """Where an array stands: address of element 0, extents, strides in bytes."""

    pointer: ir.Value
    extents: tuple[ir.Value, ...]
    strides: tuple[ir.Value, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """Stack slots of a scalar variable: one a machine number (two if complex), and the tag."""

    members: tuple[Member, ...]
    slots: Mapping[Scalar, tuple[ir.Value, ...]]
    tag: ir.Value | None
    has_mirror: bool
    """Whether the slot of its double has the value also while the variable is a Python int."""
    assigned: ir.Value | None
    """Set once the variable is assigned, where somebody asks."""


@dataclass(slots=True)
class Program:
    """What all functions of one kernel share."""

    module: ir.Module
    typing: Typing
    ranges: Ranges
    plan: Plan
    layout: Layout
    precise: bool
    loop_numbers: dict[int, int]
    anchored: frozenset[int]
    """`id` of the statements whose value is surely needed."""
    events: dict[tuple[int, str], int] = field(default_factory=dict)
    """Number of each warning that the kernel may log, by line and text."""
    pieces: list[For] = field(default_factory=list)
    """Loops made while writing; kept, so that nothing else gets the ids that have numbers."""
    bands: dict[int, For] = field(default_factory=dict)
    """The loops that run in bands, by the number of the loop over the bands."""
    scratch_words: int = 0
    can_raise: bool = False
    """Whether the fast variant has tests of its own, so that a slice may be undone."""
    can_stop: bool = False
    """Whether some of them are for more than warnings: the precise variant may not get through."""
    watches_flags: bool = False
    """Whether an operation of NumPy's may set a floating-point flag."""

    approximations: set[str] = field(default_factory=set)
    """Functions of the C library in place of which others are called that round differently."""

    left: frozenset[str] = frozenset()
    """Variables that are read behind the nest, its outputs apart."""

    apart: list[str] = field(default_factory=list)
    """Names of functions that do little but call others: not worth the optimiser's time."""

    def event(self, line: int, text: str) -> int:
        """Return the number under which the warning `text` at `line` is logged."""
        return self.events.setdefault((line, text), len(self.events))


class FunctionWriter(Emitter):
    """An `Emitter` for one function: events set its trip flag; the precise variant leaves."""

    def __init__(self, program: Program, function: ir.Function, record: ir.Value) -> None:
        self.entry = function.append_basic_block("entry")
        body = function.append_basic_block("body")
        super().__init__(ir.IRBuilder(body), program.module, precise=program.precise)
        self.fuses = program.plan.fuse
        self.allocas = ir.IRBuilder(self.entry)
        self.first_block = body
        self.program = program
        self.function = function
        self.record = record
        self.span: Span = NOWHERE
        self.arrays: dict[str, ArrayView] = {}
        self.variables: dict[str, Variable] = {}
        self.trip = self.slot(I1)
        self.builder.store(I1(0), self.trip)
        self.raise_block: ir.Block | None = None
        self.way_out: ir.Block | None = None
        """Where the function gives the slice up."""
        self._interrupt: ir.Value | None = None
        self.inside = program.plan.inside
        """`id` of the accesses that need no test here."""
        self.anchored = True
        """Whether the value of the statement being written is surely needed."""
        self.loop_targets: list[Any] = []
        self.placed: dict[int, ir.Value] = {}
        """The addresses, by `id` of the access, of elements that are read and then written."""
        self.access_group: ir.MDValue | None = None
        """The access group of the loop being written, if LLVM is told of it."""

    def finish(self) -> None:
        """Close the entry block, where only allocations stand."""
        self.allocas.branch(self.first_block)

    # events

    def raises(self, condition: ir.Value) -> None:
        """Set the trip flag if `condition`; in the precise variant, leave the kernel."""
        builder = self.builder
        if not self.precise:
            self.program.can_stop = True
            self.note(condition)
            return
        assert self.raise_block is not None
        go_on = self.function.append_basic_block("ok")
        builder.cbranch(condition, self.raise_block, go_on)
        builder.position_at_end(go_on)

    def note(self, condition: ir.Value) -> None:
        """Set the trip flag of the fast variant if `condition`."""
        self.program.can_raise = True
        before = self.builder.load(self.trip, typ=I1)
        self.builder.store(self.builder.or_(before, condition), self.trip)

    def warns(self, flag: str, verb: str, condition: ir.Value) -> None:
        """Note a warning: one bit in the fast variant, the event itself in the precise one."""
        if not self.precise:
            self.note(condition)
            return
        builder = self.builder
        number = self.program.event(self.span.line, warning_text(flag, verb))
        happened = self.function.append_basic_block("warn")
        log = self.function.append_basic_block("log")
        go_on = self.function.append_basic_block("ok")
        builder.cbranch(condition, happened, go_on)
        builder.position_at_end(happened)
        ignored = builder.and_(self.header(Header.IGNORED), I64(WARNING_BIT[flag]))
        builder.cbranch(builder.icmp_signed("!=", ignored, I64(0)), go_on, log)
        builder.position_at_end(log)
        strict = builder.icmp_signed("!=", self.header(Header.STRICT), I64(0))
        # A warning from another file's function is given by the interpreter, in its place.
        self.raises(ir.Constant(I1, 1) if self.span.where else strict)
        events = builder.inttoptr(self.header(Header.EVENTS), POINTER)
        seen = builder.gep(events, [I64(number)], source_etype=I64)
        count = self.header(Header.EVENT_COUNT)
        first = builder.icmp_signed("==", builder.load(seen, typ=I64), I64(0))
        with builder.if_then(first):
            more = builder.add(count, I64(1))
            builder.store(more, seen)
            builder.store(more, self.word(Header.EVENT_COUNT))
        builder.branch(go_on)
        builder.position_at_end(go_on)

    # memory

    def slot(self, type_: ir.Type) -> ir.Value:
        """Return a new stack slot."""
        slot = self.allocas.alloca(type_)
        slot.type = POINTER
        return slot

    def word(self, index: int, base: ir.Value | None = None) -> ir.Value:
        """Return the address of a word of the record (or of another block of words)."""
        base = self.record if base is None else base
        return self.builder.gep(base, [I64(index)], source_etype=I64)

    def header(self, field: Header) -> ir.Value:
        """Return a word of the record's header."""
        return self.builder.load(self.word(field), typ=I64)

    @property
    def interrupt(self) -> ir.Value:
        """Return the address of the word that says whether to give up, looked up once."""
        if self._interrupt is None:
            at = self.allocas.gep(self.record, [I64(Header.INTERRUPT)], source_etype=I64)
            self._interrupt = self.allocas.load(at, typ=POINTER)
            self._interrupt.type = I64.as_pointer()  # the builder wants to know
        return self._interrupt

    def load_payload(self, scalar: Scalar, index: int, base: ir.Value | None = None) -> Value:
        """Return the value of type `scalar` that stands in the words from `index` on."""
        type_ = llvm_type(scalar)
        parts = tuple(
            self.builder.load(self.word(index + k, base), typ=type_) if scalar.kind != "b" else
            self.builder.trunc(self.builder.load(self.word(index + k, base), typ=I64), I1)
            for k in range(words_of(scalar))
        )
        return parts if scalar.kind == "c" else parts[0]

    def store_payload(
        self, scalar: Scalar, value: Value, index: int, base: ir.Value | None = None
    ) -> None:
        """Put a value of type `scalar` into the words from `index` on."""
        for k, part in enumerate(value if scalar.kind == "c" else (value,)):
            self.builder.store(self.widened(scalar, part), self.word(index + k, base))

    def widened(self, scalar: Scalar, part: ir.Value) -> ir.Value:
        """Return a machine number as a word: integers with their sign, others with zeros."""
        builder = self.builder
        match scalar.kind:
            case "b":
                return builder.zext(part, I64)
            case "i":
                return part if scalar.bits == 64 else builder.sext(part, I64)
            case "u":
                return part if scalar.bits == 64 else builder.zext(part, I64)
            case _ if isinstance(part.type, ir.FloatType):
                return builder.zext(builder.bitcast(part, ir.IntType(32)), I64)
            case _:
                return builder.bitcast(part, I64)

    # arrays

    def open_arrays(self, names: Iterable[str], pointers: Mapping[str, ir.Value]) -> None:
        """Load extents and strides of the arrays, once, at the head of the function."""
        for name in names:
            array = self.program.typing.arrays[name]
            first = self.program.layout.arrays[name]
            words = [
                self.builder.load(self.word(first + k), typ=I64)
                for k in range(1, 1 + 2 * array.ndim)
            ]
            strides = words[array.ndim :]
            if name in self.program.plan.contiguous and strides:
                strides[-1] = I64(array.dtype.bits // 8)
            pointer = pointers.get(name)
            if pointer is None:
                pointer = self.builder.load(self.word(first), typ=POINTER)
            self.arrays[name] = ArrayView(pointer, tuple(words[: array.ndim]), tuple(strides))

    # variables

    def declare(self, name: str, *, track: bool = False) -> Variable:
        """Make the stack slots of a variable; with `track`, note whether it is ever assigned."""
        members = self.program.layout.members[name]
        kept = {
            m: tuple(self.slot(llvm_type(m)) for _ in range(words_of(m)))
            for m in representatives(members)
        }
        slots = {
            m: next(s for r, s in kept.items() if is_same_machine_number(r, m))
            for m in members
            if isinstance(m, Scalar)
        }
        tag = self.slot(I8) if len(members) > 1 else None
        assigned = None
        if track:
            assigned = self.slot(I1)
            self.builder.store(I1(0), assigned)
        self.variables[name] = Variable(members, slots, tag, has_mirror(members), assigned)
        return self.variables[name]

    def fetch(self, name: str, first: int, base: ir.Value | None = None) -> None:
        """Load a variable, tag and all payloads, from the words from `first` on."""
        variable = self.variables[name]
        if variable.tag is not None:
            tag = self.builder.load(self.word(first, base), typ=I64)
            self.builder.store(self.builder.trunc(tag, I8), variable.tag)
        index = first + 1
        for member in representatives(variable.members):
            self.put(variable, member, self.load_payload(member, index, base))
            index += words_of(member)
        if variable.has_mirror and variable.tag is not None:
            self.fill_mirror(variable, variable.tag)

    def fill_mirror(self, variable: Variable, tag_slot: ir.Value) -> None:
        """Bring the double of a variable up to date that came in as a Python int."""
        double = next(m for m in variable.slots if is_double(m))
        tag = self.builder.load(tag_slot, typ=I8)
        is_int = self.builder.icmp_signed("==", tag, I8(variable.members.index(PY_INT)))
        as_double = self.builder.sitofp(self.get(variable, PY_INT), F64)
        kept = self.builder.select(is_int, as_double, self.get(variable, double))
        self.put(variable, double, kept)

    def spill(self, name: str, first: int, base: ir.Value | None = None) -> None:
        """Store a variable, tag and all payloads, into the words from `first` on."""
        variable = self.variables[name]
        tag = I64(0)
        if variable.tag is not None:
            tag = self.builder.zext(self.builder.load(variable.tag, typ=I8), I64)
        self.builder.store(tag, self.word(first, base))
        index = first + 1
        for member in representatives(variable.members):
            self.store_payload(member, self.get(variable, member), index, base)
            index += words_of(member)

    def get(self, variable: Variable, scalar: Scalar) -> Value:
        """Return the variable's value as one of type `scalar`."""
        type_ = llvm_type(scalar)
        parts = tuple(self.builder.load(s, typ=type_) for s in variable.slots[scalar])
        return parts if scalar.kind == "c" else parts[0]

    def put(self, variable: Variable, scalar: Scalar, value: Value) -> None:
        """Store a value of type `scalar` into its slot, leaving the tag alone."""
        for slot, part in zip(
            variable.slots[scalar], value if scalar.kind == "c" else (value,), strict=True
        ):
            self.builder.store(part, slot)

    def read(self, name: str, members: frozenset[Member]) -> Mixed:
        """Return the variable, which has one of `members` here; leave the run if it is unbound."""
        variable = self.variables[name]
        tag = None if variable.tag is None else self.builder.load(variable.tag, typ=I8)
        if UNBOUND in members and tag is not None and UNBOUND in variable.members:
            unbound = variable.members.index(UNBOUND)
            self.raises(self.builder.icmp_signed("==", tag, I8(unbound)))
        elif UNBOUND in members and UNBOUND in variable.members:
            self.raises(I1(1))
        here = tuple(m for m in variable.members if m in members and isinstance(m, Scalar))
        kept = {r: self.get(variable, r) for r in representatives(here)}
        parts: dict[Member, Value] = {
            m: next(v for r, v in kept.items() if is_same_machine_number(r, m)) for m in here
        }
        if len(here) == 1:
            return Mixed(here, parts, None)
        assert tag is not None
        as_float = None
        if variable.has_mirror:
            as_float = self.get(variable, next(m for m in variable.slots if is_double(m)))
        return Mixed(here, parts, self.renumbered(tag, variable.members, here), as_float)

    def assign(self, name: str, value: Mixed) -> None:
        """Give the variable a value and its type."""
        variable = self.variables[name]
        for member in representatives(value.members):
            part = self.kept(value, member)
            self.put(variable, member, part)
            if variable.has_mirror and member == PY_INT and len(value.parts) == 1:
                double = self.builder.sitofp(part, F64)
                self.put(variable, next(m for m in variable.slots if is_double(m)), double)
        if variable.has_mirror and len(value.parts) > 1:
            double = self.as_double(value)
            self.put(variable, next(m for m in variable.slots if is_double(m)), double)
        if variable.tag is not None:
            if value.tag is None:
                tag: ir.Value = I8(variable.members.index(value.members[0]))
            else:
                tag = self.renumbered(value.tag, value.members, variable.members)
            self.builder.store(tag, variable.tag)
        if variable.assigned is not None:
            self.builder.store(I1(1), variable.assigned)

    def kept(self, value: Mixed, like: Scalar) -> Value:
        """Return the bits of `value` where it has one of the types that are kept as `like` is.

        Several such types share a slot, but their values may have been computed apart: the tag says
        which of them is the one.
        """
        found: Value | None = None
        for number, member in enumerate(value.members):
            if not is_same_machine_number(member, like):
                continue
            part = value.parts[member]
            if found is None or value.tag is None:
                found = part
            elif part is not found:
                is_it = self.builder.icmp_signed("==", value.tag, I8(number))
                choose = self.builder.select
                if like.kind == "c":
                    found = tuple(choose(is_it, x, y) for x, y in zip(part, found, strict=True))
                else:
                    found = choose(is_it, part, found)
        return found

    def as_double(self, value: Mixed) -> ir.Value:
        """Return a value that is a Python int or a double as a double."""
        if value.as_float is not None:
            return value.as_float
        double: ir.Value | None = None
        for number, member in enumerate(value.members):
            part = value.parts[member]
            part = part if is_double(member) else self.builder.sitofp(part, F64)
            if double is None or value.tag is None:
                double = part
            elif part is not double:
                is_it = self.builder.icmp_signed("==", value.tag, I8(number))
                double = self.builder.select(is_it, part, double)
        assert double is not None
        return double

    def renumbered(
        self, tag: ir.Value, before: tuple[Member, ...], after: tuple[Member, ...]
    ) -> ir.Value:
        """Return a tag that counts through `before` as one that counts through `after`."""
        if before == after:
            return tag
        found: ir.Value = I8(0)
        for number, member in enumerate(before):
            if member in after:
                is_it = self.builder.icmp_signed("==", tag, I8(number))
                found = self.builder.select(is_it, I8(after.index(member)), found)
        return found


def is_double(member: Member) -> bool:
    """Return whether values of this type are kept as a double."""
    return isinstance(member, Scalar) and member.kind == "f" and member.bits == 64


def has_mirror(members: tuple[Member, ...]) -> bool:
    """Return whether a variable of these types is a Python int or a double: `s = 0; s += x`.

    Its double is then always kept up to date, so that arithmetic with floats need not look at the
    tag.
    """
    scalars = [m for m in members if isinstance(m, Scalar)]
    return (
        PY_INT in scalars
        and any(is_double(m) for m in scalars)
        and all(m == PY_INT or is_double(m) for m in scalars)
    )
