"""Where everything stands in the record, the block of 64-bit words that a launch hands to a kernel.

    [ header | arrays: pointer, extents, strides | scalars: tag, a payload for each possible type ]

A scalar variable has one tag word, the position in `members` of the type that it has now, and one
payload a kind of machine number (two words for a complex one). The same words bring the inputs in,
carry the variables from slice to slice, and take the outputs back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from parloop.ir.types import UNBOUND, Array, Member, Scalar
from parloop.staging.specialise import Typing

BLOCKS_PER_THREAD = 8
"""A launch says into how many blocks a loop may be cut (`Header.BLOCKS`): so many a thread."""


class Header(IntEnum):
    """The words that every record begins with."""

    START = 0
    """The user's range: the first index."""
    STOP = 1
    """The user's range: the end."""
    STEP = 2
    """The user's range: the step."""
    RUN = 3
    """Address of the pool's `parloop_run`."""
    BLOCKS = 4
    """Into how many blocks a parallel loop is cut at most; 1 runs it on the calling thread."""
    SCRATCH = 5
    """Address of memory for what the blocks of one parallel loop leave."""
    RAISED_AT = 6
    """Set by the precise variant: the iteration of the outermost loop that it could not finish."""
    EVENTS = 7
    """Address of one word an event: 0, or the position in which it was first seen, from 1."""
    EVENT_COUNT = 8
    """How many different events were seen."""
    IGNORED = 9
    """Bits (`WARNING_BIT`) of the warnings that `np.errstate` ignores."""
    STRICT = 10
    """Not 0: a warning ends the run of the precise variant, as an exception does."""
    STATUS = 11
    """Set when a slice ends: its status, for whoever lost the return value to a signal handler."""
    SAVE = 13
    """Address of a word for each of the plan's `saves`, where blocks keep its rows or 0; or 0."""
    BROKE_AT = 12
    """Set by a slice: 1 + the iteration in which `break` left the outermost loop, or 0."""
    INTERRUPT = 14
    """Address of a word that is not 0 once the slice is to be given up; the plan says who looks."""


class ChunkWord(IntEnum):
    """The words behind the addresses at `Header.SAVE`, for blocks that run chunk by chunk."""

    ROWS = 0
    """How many iterations a chunk has; 0: none."""
    ROOM_BYTES = 1
    """How far the rooms of one block are from those of the next."""
    HARMFUL = 2
    """The bits of a status with which a chunk is taken back."""
    FORCED = 3
    """For tests: from this iteration on every chunk is."""
    LEFT = 4
    """Address of two words a block: its first iteration that has not run, and its end."""


HEADER_WORDS = 16
WARNING_BIT: Mapping[str, int] = {"divide": 1, "over": 2, "under": 4, "invalid": 8}
MAX_BLOCKS = 1024

TRIPPED = 1
"""Status bit: something may have happened that the fast variant cannot do."""
RAISED = 2
"""Status bit of the precise variant: stopped before iteration `RAISED_AT` was finished."""
OUTSIDE = 4
"""Status bit: an input lies outside what the machine code was made for; nothing was run."""
ABANDONED = 8
"""Status bit: the slice was given up somewhere, and has to be put back."""
FLAG_SHIFT = 8
"""From this bit on a status has the floating-point flags in x86's order."""
ALL_FLAGS = 0x1D
FLAG_INVALID, FLAG_DIVIDE, FLAG_OVERFLOW, FLAG_UNDERFLOW = 1, 4, 8, 16


@dataclass(frozen=True, slots=True)
class Layout:
    """The first word of each name in `arrays` and `variables`; `members` has types in tag order."""

    arrays: Mapping[str, int]
    variables: Mapping[str, int]
    members: Mapping[str, tuple[Member, ...]]
    first_variable_word: int
    n_words: int

    def tag(self, name: str) -> int:
        """Return the word of the variable's tag."""
        return self.variables[name]

    def payload(self, name: str, member: Member) -> int:
        """Return the first word in which the variable keeps a value of type `member`."""
        word = self.variables[name] + 1
        for other in representatives(self.members[name]):
            if is_same_machine_number(other, member):
                return word
            word += words_of(other)
        raise KeyError((name, member))


def words_of(member: Member) -> int:
    """Return how many words a value of this type takes."""
    if isinstance(member, Scalar):
        return 2 if member.kind == "c" else 1
    return 0


def is_same_machine_number(one: Member, other: Member) -> bool:
    """Return whether two types are kept in the same bits: `float` and `np.float64` are."""
    return (
        isinstance(one, Scalar)
        and isinstance(other, Scalar)
        and (one.kind, one.bits) == (other.kind, other.bits)
    )


def representatives(members: Iterable[Member]) -> tuple[Scalar, ...]:
    """Return one type for each way in which values of these types are kept."""
    found: list[Scalar] = []
    for member in members:
        if isinstance(member, Scalar) and not any(is_same_machine_number(member, f) for f in found):
            found.append(member)
    return tuple(found)


def lay_out(typing: Typing) -> Layout:
    """Return the layout of the records of a typed nest."""
    word = HEADER_WORDS
    arrays: dict[str, int] = {}
    for name, array in typing.arrays.items():
        arrays[name] = word
        word += 1 + 2 * array.ndim
    first = word
    variables: dict[str, int] = {}
    members: dict[str, tuple[Member, ...]] = {}
    for name, union in typing.variables.items():
        if name in typing.arrays or name in _BOUNDS:
            continue
        variables[name] = word
        members[name] = tuple(sorted(union, key=lambda m: (m == UNBOUND, str(m))))
        word += 1 + sum(words_of(m) for m in representatives(members[name]))
    return Layout(arrays, variables, members, first, word)


_BOUNDS = ("%start", "%stop", "%step")


def array_words(array: Array) -> int:
    """Return how many words the description of an array takes."""
    return 1 + 2 * array.ndim
