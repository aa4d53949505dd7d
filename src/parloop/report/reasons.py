"""What `explain` says beyond the refusals of the phases: good verdicts, loops not looked at."""

from __future__ import annotations

from typing import ClassVar

from parloop.diagnostics import Diagnostic, Voice


class AnyOrder(Diagnostic):
    """A loop was proved parallel from its text alone.

    *What it means* No iteration reads or overwrites what another one writes, whatever the values
    are. The iterations may run in any order, or at the same time.

    *Why it matters* Such a loop runs on every core, if its types are numbers and arrays of numbers
    and it is long enough to pay.

    *Example*

        for i in range(n):
            a[i] = a[i] * 2

    *What to do* Nothing.
    """

    code: ClassVar[str] = "DEP100"
    voice: ClassVar[Voice] = "parallel"


class AnyOrderIf(Diagnostic):
    """A loop is parallel under conditions that are looked up when it runs.

    *What it means* The text leaves something open: whether two arrays share memory, how large an
    offset is, whether the values of an index array are distinct, whether a sum is one of integers.
    Once the loop is about to run, the answer is simply looked up.

    *Why it matters* Where a condition does not hold, the iterations run in order.

    *Example*

        for i in range(n):
            a[i + k] = a[i] + b[i]

    *What to do* Nothing. Arrays that share no memory keep the loop parallel.
    """

    code: ClassVar[str] = "DEP101"
    voice: ClassVar[Voice] = "parallel-if"


class RunsAsWavefront(Diagnostic):
    """Two loops, of which each has to run in order, run together as a wavefront.

    *What it means* Every element needs others at constant distances only. Once an iteration of the
    outer loop is some iterations of the inner one ahead, the next one may follow: several are on
    their way at a time.

    *Why it matters* The loops run on every core, if they are long enough to pay. Each element is
    computed from the same values, in the same order, as without parloop.

    *Example*

        for i in range(1, n):
            for j in range(1, m):
                a[i, j] = a[i - 1, j] + a[i, j - 1]

    *What to do* Nothing.
    """

    code: ClassVar[str] = "DEP112"
    voice: ClassVar[Voice] = "parallel"


class RunsInBands(Diagnostic):
    """A loop that has to run in order runs inside bands of the loop that is its body.

    *What it means* What the loop carries from one iteration to the next stays within one iteration
    of the inner loop: a column needs nothing of other columns. A band is a stretch of the inner
    loop's iterations, and each band runs all iterations of the outer loop, in order.

    *Why it matters* The bands run on every core, if they are long enough to pay. Each element is
    computed from the same values, in the same order, as without parloop.

    *Example*

        for i in range(n):
            for j in range(m):
                y[j] += a[i, j] * p[i]

    *What to do* Nothing.
    """

    code: ClassVar[str] = "DEP117"
    voice: ClassVar[Voice] = "parallel"


class AnyOrderInParts(Diagnostic):
    """A loop is parallel before and after one of its iterations.

    *What it means* All values that the loop carries come from one iteration or go to it: its
    number is a value that the loop does not change. The iterations before it may run in any order,
    and so may those after it.

    *Why it matters* The loop runs as three, one after another: what comes before the iteration, the
    iteration itself, what comes after it. The first and the last run on every core where that pays.

    *Example*

        for i in range(n):
            for j in range(n):
                d[i, j] = min(d[i, j], d[i, k] + d[k, j])

    *What to do* Nothing.
    """

    code: ClassVar[str] = "DEP113"
    voice: ClassVar[Voice] = "serial"


class HandlesArrays(Diagnostic):
    """A loop of statements on whole arrays.

    *What it means* The loop takes slices or copies, or binds names to arrays. Each of its
    statements is a loop over elements, and which one is known when the arrays are: how many axes
    they have, and what their elements are.

    *Why it matters* When the loop is about to run its statements are made loops, and those are run
    on every core. Iterations of the loop itself are taken to run in order until then.

    *Example*

        for t in range(steps):
            u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])

    *What to do* Nothing.
    """

    code: ClassVar[str] = "DEP114"
    voice: ClassVar[Voice] = "serial"


class AnyOrderHere(Diagnostic):
    """A loop is parallel with the values of one call.

    *What it means* `explain` was given the arguments of a call. What the text leaves open was
    looked up with them: no iteration reads or overwrites what another one writes.

    *Why it matters* In a call with such arguments the iterations may run on every core.

    *Example*

        parloop.explain(shift, a, 0)    # a[i] = a[i + k] with k == 0

    *What to do* Nothing.
    """

    code: ClassVar[str] = "DEP115"
    voice: ClassVar[Voice] = "parallel"


class InOrderHere(Diagnostic):
    """A loop runs in order with the values of one call.

    *What it means* `explain` was given the arguments of a call, and with these the order of the
    iterations makes a difference: a sum of floats is rounded in another way, an index array holds
    a value twice.

    *Why it matters* The loop still runs as machine code where that pays, on one core.

    *Example*

        parloop.explain(total, np.ones(10**6))      # s += a[i]

    *What to do* Where the last bits of a sum do not matter, `exactness="reassociate"` lets it be
    regrouped.
    """

    code: ClassVar[str] = "DEP116"
    voice: ClassVar[Voice] = "serial"


class DecidesAsItGoes(Diagnostic):
    """A `while` loop inside a loop over `range`.

    *What it means* Whether there is another iteration is known only after the one before.

    *Why it matters* The iterations of the `while` loop run in order. The loop around it may still
    be parallel.

    *Example*

        for i in range(n):
            while x[i] > 1:
                x[i] /= 2

    *What to do* Nothing, where the loop around it is parallel.
    """

    code: ClassVar[str] = "SYN151"
    voice: ClassVar[Voice] = "serial"


class NotOverRange(Diagnostic):
    """A loop that parloop does not look at: an outermost `while` or `async for`.

    *What it means* Only loops of the form `for NAME in range(...)` are run natively, with all that
    is inside them.

    *Why it matters* The interpreter runs the loop. Loops over `range` inside it are looked at on
    their own.

    *Example*

        while error > 1e-6:
            error = step(u)

    *What to do* Nothing, where the loops inside it do the work.
    """

    code: ClassVar[str] = "SYN152"
    voice: ClassVar[Voice] = "unsupported"


class InsideUnsupported(Diagnostic):
    """A loop whose surrounding loop is refused as a whole.

    *What it means* The loop itself could run natively, but the outermost loop around it holds
    something that the interpreter has to run, and was found out too late to try the inner loops on
    their own.

    *Why it matters* The interpreter runs both loops.

    *Example*

        for i in range(n):
            x = names[i]            # a list of strings
            for j in range(m):
                a[i, j] = j

    *What to do* Move the inner loop into a function of its own.
    """

    code: ClassVar[str] = "SYN153"
    voice: ClassVar[Voice] = "unsupported"


class NotAnalysed(Diagnostic):
    """A loop whose analysis was left out because it would have taken long.

    *What it means* `parloop survey` looks at thousands of files, and gives no single nest of loops
    more than a fixed amount of work. This nest is larger than that.

    *Why it matters* The survey counts it as not analysed, neither as parallel nor as serial.

    *Example* A nest with hundreds of statements that write the same array.

    *What to do* `parloop explain` analyses the file without that limit.
    """

    code: ClassVar[str] = "SYN154"
    voice: ClassVar[Voice] = "unsupported"
