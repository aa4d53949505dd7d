"""What the CUDA generator hands to whoever launches: the text, and the launches in order.

**Kernels** have the signature

    extern "C" __global__ void NAME(const Record record, State *state)

`record` is the record of `codegen.layout`, by value (`u64 words[n_words]`, at most 4 KB): the host
copies its words, with device pointers in place of the arrays' data pointers, and these header words
changed:

    LO, HI          the iterations of the outermost loop to run, as of `kernel(record, lo, hi)`
    SCRATCH         device pointer to `scratch_words` words, or 0; they need not be cleared

`state` is device memory of `state_words` words, in which kernels leave what they have to say:

    [ status | reserved ... (STATE_HEADER words in all) | the record's words from `first_word` on ]

Before the first launch of a slice the host clears the header and copies the record's words from
`first_word` to `n_words` behind it. After the last launch it reads the state back: `status` has the
bits of `codegen.layout` (`TRIPPED`, and floating-point flags from `FLAG_SHIFT` on), exactly as the
fast variant of the CPU returns them. Of the words behind the header, those in `variables` are the
values of the loop's variables (tags and payloads); all others stay as in the host's record.
A kernel that finds `TRIPPED` set returns at once: then everything that the slice wrote is to be put
back, and the CPU runs it. Flags alone do not stop a run: where the user ignores them
(`np.errstate`), what was computed is what CPython computes.

**Steps** run one after another, on one stream. A `Launch` runs one kernel; its `extents` give how
many threads are worth having in each dimension: any grid and block will do (the loops in a kernel
stride by the number of threads), but in its `dimensions` only; of at most `most_blocks` blocks,
which have a multiple of 32 threads, at most 256; and `one_thread` kernels run as one block of one
thread. A `Repeat` runs its steps once for each index in `range(start, stop, step)`. Before each
round it sets the record's word `index` to the index and `tag` to `tag_value`; these words are the
host's, and stay as the last round left them.

All numbers are Python expressions over the record's words `w` (as signed 64-bit integers) and the
function `trips`; `compile_number` makes a function of one. Index words of `Repeat`s around a step
count among the words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from parloop.codegen.layout import Header

LO, HI = Header.RUN, Header.BLOCKS
"""Words of the header that mean nothing on the device but the iterations to run."""

SCRATCH = Header.SCRATCH

STATE_HEADER = 8
"""Words of the state before the copy of the variables; the first is the status."""

MOST_RECORD_WORDS = 500
"""A kernel's parameters take 4 KB at most."""

MOST_BLOCKS = 1024
"""Where each block leaves something to be put together, there are at most so many."""

EXACT_OPTIONS = ("--fmad=false", "--ftz=false", "--prec-div=true", "--prec-sqrt=true")
"""Options of NVRTC with which floating-point operations have the CPU's bits."""

OPTIONS = ("--std=c++17", "--device-int128", *EXACT_OPTIONS)
"""All options but the architecture."""


@dataclass(frozen=True, slots=True)
class Launch:
    """Run one kernel."""

    kernel: str
    extents: tuple[str, str, str] = ("1", "1", "1")
    """How many threads are worth having in x, y and z; any of them may be 0: then nothing runs."""
    block: tuple[int, int, int] = (1, 1, 1)
    """A good shape of blocks."""
    dimensions: int = 0
    """In so many dimensions, from x on, there may be more than one thread."""
    most_blocks: int = 0
    """The most blocks that the grid may have in all; 0: as many as there can be."""
    shared_bytes: int = 0
    """Dynamic shared memory of a block."""
    one_thread: bool = False
    lines: tuple[int, ...] = ()
    """The lines of the user's loops that the kernel runs."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Run `steps` once for each index in `range(start, stop, step)`, in order."""

    index: int
    """The record word that has the index."""
    tag: int
    """The record word that is `tag_value` once the index has been bound."""
    tag_value: int
    start: str
    stop: str
    step: str
    steps: tuple[Step, ...]
    line: int = 0


Step: TypeAlias = Launch | Repeat


@dataclass(frozen=True, slots=True)
class CudaProgram:
    """CUDA C++ for a nest, and how it is launched."""

    text: str
    steps: tuple[Step, ...]
    n_words: int
    """Words of the record."""
    first_word: int
    """The first of the record's words of which the state has a copy."""
    variables: tuple[tuple[int, int], ...]
    """(first word, number of words) of the variables that kernels bind."""
    scratch_words: int
    reads: tuple[str, ...]
    """The arrays of which elements are read, in the order of the record."""
    writes: tuple[str, ...]
    """The arrays of which elements are written; not all of them need be: they have to be there
    with their contents."""
    can_raise: bool
    """As of a CPU kernel: whether there are tests, so that a slice may be undone."""
    can_stop: bool
    """Whether some of them are for more than warnings."""
    watched_flags: int
    """The floating-point flags that the status may have and that mean something."""
    minds_underflow: bool
    """Whether NumPy would tell of an underflow somewhere, which kernels do not notice: only to be
    run while it is ignored (as it is unless the user says otherwise)."""
    options: tuple[str, ...] = OPTIONS
    approximations: tuple[str, ...] = ()
    """The device's own functions that are called, which do not have the CPU's bits."""

    @property
    def state_words(self) -> int:
        """How many words the state has."""
        return STATE_HEADER + self.n_words - self.first_word

    @property
    def kernels(self) -> tuple[str, ...]:
        """The names of all kernels, in order of first launch."""
        found: dict[str, None] = {}

        def visit(steps: tuple[Step, ...]) -> None:
            for step in steps:
                if isinstance(step, Launch):
                    found[step.kernel] = None
                else:
                    visit(step.steps)

        visit(self.steps)
        return tuple(found)


def compile_number(text: str) -> Callable[[Sequence[int]], int]:
    """Return one of the numbers of a step as a function of the record's words."""
    names = {"__builtins__": {}, "trips": trips, "max": max, "min": min}
    found: Callable[[Sequence[int]], int] = eval(f"lambda w: {text}", names)
    return found


def trips(start: int, stop: int, step: int) -> int:
    """Return how many iterations `range(start, stop, step)` has; none where the step is 0."""
    return len(range(start, stop, step)) if step else 0
