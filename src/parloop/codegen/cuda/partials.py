"""What threads find out each for themselves, and how it is put together.

Every thread of a kernel keeps a few words for each accumulation: its *partial result*. A tree in
each warp, then one over the warps, puts the words of a block together, which the block leaves in a
row of the scratch memory; a second kernel does the same with the rows, and applies the outcome to
the variables. What is put together does not depend on the order:

- a `Sum` (`s += a[i]`, of integers, or `*`, `&`, `|`, `^`) has a partial result of its type. With a
  NumPy integer, which warns when it wraps, it also has what was added to and taken from it in all:
  no partial result in order lies further from the value before;
- a `Best` (`if x < m: m = x`) has the value, what goes with it, and the number of the iteration,
  which decides between equal values;
- a `Last` is the value of a variable that not every iteration assigns, with the iteration's number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from parloop.codegen import scalar
from parloop.codegen.cuda.function import ThreadWriter, Words
from parloop.codegen.cuda.values import Place
from parloop.codegen.events import I1, I8, I64, POINTER
from parloop.codegen.function import Mixed
from parloop.codegen.layout import is_same_machine_number, representatives, words_of
from parloop.codegen.reductions import neutral_of
from parloop.ir.types import PY_BOOL, Member, Scalar
from parloop.schedule.combining import Choice, Fold
from parloop.staging.rules_base import integer_bounds
from parloop.staging.specialise import scalar_members

MINE, THEIRS = Words("mine[{}]"), Words("theirs[{}]")


@dataclass(frozen=True, slots=True)
class Sum:
    """A fold's words: partial result, whether there is one, what was added, what was taken."""

    name: str
    at: int
    fold: Fold
    n_words: int = 4

    def begin(self, writer: ThreadWriter) -> None:
        """Let the thread begin at the neutral element."""
        variable = writer.declare(self.name, track=True)
        writer.assign(self.name, Mixed.single(self.fold.type, self.neutral()))
        writer.builder.store(I1(0), variable.assigned)
        if self.fold.bounded:
            writer.hint = f"{self.name}_added"
            added = writer.slot(I64)
            writer.hint = f"{self.name}_taken"
            writer.watched[self.name] = self.fold.type, added, writer.slot(I64)
            writer.hint = ""

    def neutral(self) -> Any:
        """Return the neutral element."""
        return scalar.constant(self.fold.type, neutral_of(self.fold))

    def nothing(self, writer: ThreadWriter) -> None:
        """Write the words of a thread that has run nothing."""
        writer.store_payload(self.fold.type, self.neutral(), self.at, MINE)
        for k in range(1, self.n_words):
            writer.builder.store(I64(0), writer.word(self.at + k, MINE))

    def leave(self, writer: ThreadWriter) -> None:
        """Put what the thread has into its words."""
        builder, variable = writer.builder, writer.variables[self.name]
        value = writer.get(variable, self.fold.type)
        writer.store_payload(self.fold.type, value, self.at, MINE)
        assigned = builder.zext(builder.load(variable.assigned, typ=I1), I64)
        builder.store(assigned, writer.word(self.at + 1, MINE))
        for k, place in enumerate(writer.watched.get(self.name, ())[1:]):
            builder.store(builder.load(place, typ=I64), writer.word(self.at + 2 + k, MINE))

    def together(self, writer: ThreadWriter) -> None:
        """Put the words of two threads together."""
        builder, type_ = writer.builder, self.fold.type
        mine, theirs = (writer.load_payload(type_, self.at, words) for words in (MINE, THEIRS))
        if self.fold.bounded:
            both = builder.add(mine, theirs)
        else:
            both = scalar.emit_binary(writer, self.fold.operator, (type_, type_), (mine, theirs))
        writer.store_payload(type_, both, self.at, MINE)
        some = [
            builder.load(writer.word(self.at + 1, words), typ=I64) for words in (MINE, THEIRS)
        ]
        builder.store(builder.or_(*some), writer.word(self.at + 1, MINE))
        for k in (2, 3) if self.fold.bounded else ():
            place = writer.word(self.at + k, MINE)
            one = builder.load(place, typ=I64)
            other = builder.load(writer.word(self.at + k, THEIRS), typ=I64)
            total = builder.add(one, other)
            writer.raises(builder.icmp_unsigned("<", total, other))
            builder.store(total, place)

    def apply(self, writer: ThreadWriter) -> None:
        """Accumulate the whole into the variable."""
        builder, type_ = writer.builder, self.fold.type
        some = builder.load(writer.word(self.at + 1, MINE), typ=I64)
        with writer.body.block("if ({0}) {", builder.icmp_signed("!=", some, I64(0))):
            partial = writer.load_payload(type_, self.at, MINE)

            def emit(types: tuple[Scalar, ...], values: tuple[Any, ...]) -> Mixed:
                before = scalar.emit_convert(writer, values[0], types[0], type_)
                if self.fold.bounded:
                    self.test_room(writer, before)
                    return Mixed.single(type_, writer.builder.add(before, partial))
                pair = (type_, type_)
                both = scalar.emit_binary(writer, self.fold.operator, pair, (before, partial))
                return Mixed.single(type_, both)

            total = writer.read(self.name, frozenset(writer.variables[self.name].members))
            writer.assign(self.name, writer.dispatch((total,), emit))
            writer.leave(self.name)

    def test_room(self, writer: ThreadWriter, before: Any) -> None:
        """Trip where a partial result in order may have wrapped."""
        builder, (low, high) = writer.builder, integer_bounds(self.fold.type)
        wide = writer.widened(self.fold.type, before)
        added = builder.load(writer.word(self.at + 2, MINE), typ=I64)
        taken = builder.load(writer.word(self.at + 3, MINE), typ=I64)
        writer.raises(builder.icmp_unsigned(">", added, builder.sub(I64(high), wide)))
        writer.raises(builder.icmp_unsigned(">", taken, builder.sub(wide, I64(low))))


@dataclass(frozen=True, slots=True)
class Best:
    """A choice's words: the iteration's number from 1, or 0; the value; what goes with it."""

    name: str
    at: int
    choice: Choice
    places: Mapping[str, int]
    """Where the words of each variable begin."""
    n_words: int

    def begin(self, writer: ThreadWriter) -> None:
        """Let the thread begin with what was before, and keep the number of its choice."""
        for name in self.places:
            writer.open_variables((name,))
        writer.keep_number(self.name)

    def nothing(self, writer: ThreadWriter) -> None:
        """Write the words of a thread that has run nothing."""
        for k in range(self.n_words):
            writer.builder.store(I64(0), writer.word(self.at + k, MINE))

    def leave(self, writer: ThreadWriter) -> None:
        """Put what the thread has into its words."""
        number = writer.builder.load(writer.numbers[self.name], typ=I64)
        writer.builder.store(number, writer.word(self.at, MINE))
        for name, first in self.places.items():
            writer.spill(name, first, MINE)

    def together(self, writer: ThreadWriter) -> None:
        """Keep the better of two threads' choices; of equal ones the first, or the last."""
        builder = writer.builder
        mine, theirs = (
            builder.load(writer.word(self.at, words), typ=I64) for words in (MINE, THEIRS)
        )
        writer.hint = "take"
        take = writer.slot(I1)
        writer.hint = ""
        some = builder.icmp_unsigned("!=", theirs, I64(0))
        with writer.body.block("if ({0}) {", some):
            builder.store(builder.icmp_unsigned("==", mine, I64(0)), take)
            unequal = builder.icmp_unsigned("!=", mine, I64(0))
            with writer.body.block("if ({0}) {", unequal):
                less = self.choice.operator[0]
                is_later = self.choice.operator != less
                order = builder.icmp_unsigned(">" if is_later else "<", theirs, mine)
                one = mixed_at(writer, self.name, self.places[self.name], MINE)
                other = mixed_at(writer, self.name, self.places[self.name], THEIRS)
                better = compared(writer, less, other, one)
                worse = compared(writer, less, one, other)
                equal = builder.and_(builder.not_(worse), order)
                builder.store(builder.or_(better, equal), take)
        copy_words(writer, take, self.at, self.n_words)

    def apply(self, writer: ThreadWriter) -> None:
        """Give the variables what was chosen, if anything was."""
        number = writer.builder.load(writer.word(self.at, MINE), typ=I64)
        with writer.body.block("if ({0}) {", writer.builder.icmp_signed("!=", number, I64(0))):
            for name, first in self.places.items():
                writer.fetch(name, first, MINE)
                writer.leave(name)


@dataclass(frozen=True, slots=True)
class Last:
    """The words of a variable that some iterations assign: the last one's number from 1, value."""

    name: str
    at: int
    n_words: int

    def begin(self, writer: ThreadWriter) -> None:
        """Keep the number of the iteration that assigns."""
        writer.open_variables((self.name,))
        writer.keep_number(self.name)

    def nothing(self, writer: ThreadWriter) -> None:
        """Write the words of a thread that has run nothing."""
        for k in range(self.n_words):
            writer.builder.store(I64(0), writer.word(self.at + k, MINE))

    def leave(self, writer: ThreadWriter) -> None:
        """Put what the thread has into its words."""
        number = writer.builder.load(writer.numbers[self.name], typ=I64)
        writer.builder.store(number, writer.word(self.at, MINE))
        writer.spill(self.name, self.at + 1, MINE)

    def together(self, writer: ThreadWriter) -> None:
        """Keep the later of two threads' values."""
        builder = writer.builder
        mine, theirs = (
            builder.load(writer.word(self.at, words), typ=I64) for words in (MINE, THEIRS)
        )
        writer.hint = "take"
        take = writer.slot(I1)
        writer.hint = ""
        builder.store(builder.icmp_unsigned(">", theirs, mine), take)
        copy_words(writer, take, self.at, self.n_words)

    def apply(self, writer: ThreadWriter) -> None:
        """Give the variable its value, if any iteration has assigned it."""
        number = writer.builder.load(writer.word(self.at, MINE), typ=I64)
        with writer.body.block("if ({0}) {", writer.builder.icmp_signed("!=", number, I64(0))):
            writer.fetch(self.name, self.at + 1, MINE)
            writer.leave(self.name)


Partial: TypeAlias = Sum | Best | Last


def words_of_variable(members: tuple[Member, ...]) -> int:
    """Return how many words a variable takes: its tag, and its payloads."""
    return 1 + sum(words_of(member) for member in representatives(members))


def copy_words(writer: ThreadWriter, take: Place, at: int, count: int) -> None:
    """Take the other thread's words, on a condition."""
    with writer.body.block("if ({0}) {", writer.builder.load(take, typ=I1)):
        for k in range(at, at + count):
            writer.body.do(f"mine[{k}] = theirs[{k}];")


def compared(writer: ThreadWriter, op: str, left: Mixed, right: Mixed) -> Any:
    """Return whether two values compare so."""

    def emit(types: tuple[Scalar, ...], values: tuple[Any, ...]) -> Mixed:
        pair, both = (types[0], types[1]), (values[0], values[1])
        return Mixed.single(PY_BOOL, scalar.emit_compare(writer, op, pair, both))  # type: ignore[arg-type]

    return writer.dispatch((left, right), emit).parts[PY_BOOL]


def mixed_at(writer: ThreadWriter, name: str, first: int, words: Words) -> Mixed:
    """Return the value of a variable that stands in words, as `spill` has left it."""
    members = writer.program.layout.members[name]
    scalars = scalar_members(frozenset(members))
    kept: dict[Scalar, Any] = {}
    index = first + 1
    for member in representatives(members):
        kept[member] = writer.load_payload(member, index, words)
        index += words_of(member)
    parts: dict[Member, Any] = {
        m: next(v for r, v in kept.items() if is_same_machine_number(r, m)) for m in scalars
    }
    if len(scalars) == 1:
        return Mixed(scalars, parts, None)
    tag = writer.builder.load(writer.word(first, words), typ=I64)
    number = writer.builder.trunc(tag, I8)
    return Mixed(scalars, parts, writer.renumbered(number, members, scalars))


__all__ = ["POINTER", "Best", "Last", "Partial", "Sum", "words_of_variable"]
