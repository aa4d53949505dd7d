"""The diagnostics of stage 0: dependences (DEP) and reductions (RED)."""

from __future__ import annotations

from typing import ClassVar

from parloop.diagnostics import Diagnostic, Voice


class CarriedValue(Diagnostic):
    """A loop carries a value from one iteration to the next.

    *What it means.* An iteration reads an array element that an earlier iteration wrote.

    *Why it matters.* The later iteration has to wait for the earlier one, so they cannot run at the
    same time.

    *Example.* `for i in range(1, n): u[i] = 0.5 * u[i - 1] + f[i]`

    *What to do.* Nothing is wrong with such a loop; it runs as written. If the values of the step
    before are meant (as in a smoother), write into a second array.
    """

    code: ClassVar[str] = "DEP102"
    voice: ClassVar[Voice] = "serial"


class OverwrittenValue(Diagnostic):
    """An iteration overwrites an element that an earlier iteration still reads.

    *What it means.* The earlier iteration needs the old value, the later one puts a new value
    there.

    *Why it matters.* Run in another order, the earlier iteration would read the new value.

    *Example.* `for i in range(n - 1): a[i] = a[i + 1]`

    *What to do.* Read from a copy: `old = a.copy()` before the loop, `a[i] = old[i + 1]` in it.
    """

    code: ClassVar[str] = "DEP103"
    voice: ClassVar[Voice] = "serial"


class WrittenTwice(Diagnostic):
    """Several iterations write the same element.

    *What it means.* Two iterations of the loop store to one array element.

    *Why it matters.* The value of the last of them has to stay, so their order counts.

    *Example.* `for i in range(n): a[i // 2] = b[i]`

    *What to do.* If only the last value is meant, compute it after the loop.
    """

    code: ClassVar[str] = "DEP104"
    voice: ClassVar[Voice] = "serial"


class CarriedScalar(Diagnostic):
    """A loop carries the value of a variable from one iteration to the next.

    *What it means.* An iteration may read a variable before it assigns it, and so gets the value
    that the iteration before left there.

    *Why it matters.* The iterations depend on one another in their order.

    *Example.* `for i in range(n): x = 0.5 * x + a[i]; b[i] = x`

    *What to do.* If the variable is meant to start fresh in every iteration, assign it at the top
    of the body.
    """

    code: ClassVar[str] = "DEP105"
    voice: ClassVar[Voice] = "serial"


class UnknownElement(Diagnostic):
    """The elements that an access touches cannot be described.

    *What it means.* A subscript is not a sum of multiples of loop indices and fixed values, so any
    two iterations may touch the same element.

    *Why it matters.* Iterations that touch the same element have to keep their order.

    *Example.* `for i in range(n): a[i * i % n] = b[i]`

    *What to do.* Nothing, if the subscripts repeat. Otherwise subscripts such as `2 * i + 1` or
    `i + k` can be proved distinct.
    """

    code: ClassVar[str] = "DEP106"
    voice: ClassVar[Voice] = "serial"


class IndexedStore(Diagnostic):
    """The elements that a store writes are chosen by data.

    *What it means.* The subscript is itself read from an array.

    *Why it matters.* If an index occurs twice, two iterations write the same element, and their
    order counts.

    *Example.* `for i in range(n): a[index[i]] = b[i]`

    *What to do.* Nothing: the indices are looked at when the loop runs, where that pays.
    """

    code: ClassVar[str] = "DEP107"
    voice: ClassVar[Voice] = "serial"


class LeavesEarly(Diagnostic):
    """A loop may be left by `break` or `return`.

    *What it means.* Whether an iteration runs at all depends on all iterations before it.

    *Why it matters.* Later iterations must not have any effect once an earlier one has left.

    *Example.* `for i in range(n): if a[i] == x: k = i; break`

    *What to do.* Nothing; the loop runs as written. Loops around it are not affected.
    """

    code: ClassVar[str] = "DEP108"
    voice: ClassVar[Voice] = "serial"


class OverlapUnknown(Diagnostic):
    """Two arrays share memory in a way that is not understood.

    *What it means.* The arrays overlap, but not as views that are shifted against one another.

    *Why it matters.* Any element of the one may be any element of the other.

    *Example.* `b = a[::-1]`, then `for i in range(n): a[i] = b[i]`

    *What to do.* Pass a copy of one of them.
    """

    code: ClassVar[str] = "DEP109"
    voice: ClassVar[Voice] = "serial"


class QueryExhausted(Diagnostic):
    """The question whether iterations conflict was too hard.

    *What it means.* The exact test was given up after a fixed number of steps, and a coarser test
    took its place.

    *Why it matters.* A loop that could run in any order may be run as written.

    *Example.* A body with dozens of accesses to one array, in a deep nest.

    *What to do.* Nothing; the loop is correct as it runs. A simpler body may be proved.
    """

    code: ClassVar[str] = "DEP110"
    voice: ClassVar[Voice] = "serial"


class MayWrap(Diagnostic):
    """Subscripts of an array that the loop writes may be negative.

    *What it means.* A negative subscript counts from the end, so that two subscripts may mean one
    element; whether any is negative cannot be told from the bounds.

    *Why it matters.* Iterations that touch the same element have to keep their order.

    *Example.* `for i in range(start, n, step): a[i] = b[i]`, with a `step` that is not known yet

    *What to do.* Use a constant step.
    """

    code: ClassVar[str] = "DEP111"
    voice: ClassVar[Voice] = "serial"


class NeedsReduction(Diagnostic):
    """A loop accumulates, and is parallel if the order of that does not matter.

    *What it means.* All that iterations pass on to one another is a running sum, product, minimum
    or the like.

    *Why it matters.* For integers the order makes no difference. For floats it changes the last
    bits, so that it needs your permission.

    *Example.* `for i in range(n): s += a[i]`

    *What to do.* `parloop.configure(exactness="reassociate")` allows float sums to be regrouped.
    """

    code: ClassVar[str] = "RED101"
    voice: ClassVar[Voice] = "parallel"
