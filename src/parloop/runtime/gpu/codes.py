"""What is said of launches that do not run on the GPU."""

from __future__ import annotations

from typing import ClassVar

from parloop.diagnostics import Diagnostic, Voice


class NoGpu(Diagnostic):
    """There is no GPU that can be used.

    *What it means* The package `cuda-core` or NVRTC is not installed, there is no NVIDIA driver, it
    is older than CUDA 12.0, the GPU is older than compute capability 7.5, or this process was
    forked from one that already used the GPU.

    *Why it matters* `device="cuda"` asks for the GPU.

    *Example* `parloop.configure(device="cuda")` on a machine without one.

    *What to do* Nothing is lost: the CPU runs the loop. `parloop doctor` says what was found;
    `pip install 'parloop[cuda]'` brings what is needed beside the driver. Start processes with
    `spawn` where the parent uses the GPU.
    """

    code: ClassVar[str] = "ENV101"
    voice: ClassVar[Voice] = "fallback"


class GpuLost(Diagnostic):
    """The GPU failed, and is not used any more in this process.

    *What it means* A call of the driver failed in a way after which nothing on the GPU is sure:
    another program's kernel in this process crashed, the GPU was reset or unplugged.

    *Why it matters* The loop that ran then, and those after it, run on the CPU. No result is taken
    from the GPU before all of it has arrived.

    *Example* A GPU that falls off the bus.

    *What to do* Nothing is lost. A new process tries again.
    """

    code: ClassVar[str] = "ENV102"
    voice: ClassVar[Voice] = "fallback"


class GpuMemory(Diagnostic):
    """The GPU has no memory for the arrays of a loop.

    *What it means* What the loop reads and writes does not fit beside what this process and others
    keep there.

    *Why it matters* The CPU runs this launch; the next one asks again.

    *Example* A loop over arrays of 60 GB on a GPU with 24.

    *What to do* Nothing is lost. Free what other libraries keep there, or work in parts.
    """

    code: ClassVar[str] = "RUN120"
    voice: ClassVar[Voice] = "fallback"


class GpuDeclined(Diagnostic):
    """A loop does not run on the GPU.

    *What it means* Something in it has no exact counterpart there, or its arrays cannot be laid out
    there.

    *Why it matters* The CPU runs the loop.

    *Example* `math.exp` with `exactness="exact"`: the GPU's results differ in the last bit.

    *What to do* Nothing is lost. Where last bits do not matter, `exactness="ulp"` lets such loops
    run on the GPU.
    """

    code: ClassVar[str] = "RUN121"
    voice: ClassVar[Voice] = "fallback"


class GpuTripped(Diagnostic):
    """Something happened on the GPU that only the CPU can do.

    *What it means* An operation warned or raised, an integer left 64 bits, a subscript was outside.

    *Why it matters* What the GPU computed was thrown away, and the CPU ran the loop, warnings and
    exceptions included.

    *Example* `1.0 / x[i]` with a zero among the elements.

    *What to do* Nothing is lost but the time. A loop that does this again and again is tried on the
    GPU more and more seldom.
    """

    code: ClassVar[str] = "RUN122"
    voice: ClassVar[Voice] = "fallback"


class GpuInterrupted(Diagnostic):
    """A signal came while the GPU ran a loop.

    *What it means* What the GPU computed was thrown away, so that the handler sees a state that the
    loop could have been in.

    *Why it matters* The CPU runs the loop after the handler.

    *Example* Ctrl-C, or a timer, during a loop of seconds.

    *What to do* Nothing is lost but the time.
    """

    code: ClassVar[str] = "RUN123"
    voice: ClassVar[Voice] = "fallback"
