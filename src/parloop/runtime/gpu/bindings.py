"""The driver of NVIDIA's GPUs, through the `cuda.bindings` that `cuda-core` stands on.

Everything is imported when the first GPU is asked for. The primary context is used, as everybody
else in the process does, so arrays of other libraries stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from parloop.runtime.gpu.driver import (
    LEAST_ARCHITECTURE,
    DriverError,
    Fault,
    Grid,
    Parameters,
    Properties,
)

LEAST_DRIVER: Final = 12000
"""The oldest driver that runs what NVRTC writes: CUDA 12.0."""

_NOT_READY: Final = 600
_OUT_OF_MEMORY: Final = 2
_MISSING: Final = frozenset((3, 4, 34, 35, 100, 101, 803, 804))
"""No device, a stub for a driver, one that does not fit; not initialised, or taken down."""
_IMAGES: Final = frozenset((200, 209, 218, 222, 500))
"""Machine code that does not suit this GPU, or has not what is looked for."""
_NON_BLOCKING: Final = 1
_ON_DEVICE: Final = 2
"""The memory of a GPU, as the driver calls it."""
_RELEASE_THRESHOLD: Final = 1 << 62
"""The pool keeps what is freed until it is told to trim."""


class NvidiaGpu:
    """One GPU through the CUDA driver."""

    __slots__ = ("_context", "_cuda", "_device", "_pool", "_properties", "_stream")

    def __init__(self, ordinal: int = 0) -> None:
        self._cuda = _load_driver()
        self._call("cuInit", 0)
        _require_new_enough(int(self._call("cuDriverGetVersion")))
        if ordinal >= int(self._call("cuDeviceGetCount")):
            raise DriverError(Fault.MISSING, "cuDeviceGetCount", f"there is no GPU {ordinal}")
        self._device = self._call("cuDeviceGet", ordinal)
        self._properties = self._read_properties()
        if self._properties.architecture < LEAST_ARCHITECTURE:
            detail = f"{self._properties.name} is older than compute capability 7.5"
            raise DriverError(Fault.TOO_OLD, "GPU", detail)
        self._context = self._call("cuDevicePrimaryCtxRetain", self._device)
        self.enter()
        self._stream = self._call("cuStreamCreate", _NON_BLOCKING)
        self._pool = self._call("cuDeviceGetDefaultMemPool", self._device)
        threshold = self._cuda.CUmemPool_attribute.CU_MEMPOOL_ATTR_RELEASE_THRESHOLD
        kept = self._cuda.cuuint64_t(_RELEASE_THRESHOLD)
        self._call("cuMemPoolSetAttribute", self._pool, threshold, kept)

    @property
    def properties(self) -> Properties:
        """Return what the GPU is."""
        return self._properties

    def enter(self) -> None:
        """Make the GPU the one of the calling thread."""
        self._call("cuCtxSetCurrent", self._context)

    def compile(self, text: str, options: Sequence[str]) -> bytes:
        """Return the machine code of CUDA C++ `text`, for this GPU."""
        return compile_text(text, self._properties.target, options)

    def load(self, image: bytes) -> Any:
        """Return a module of machine code."""
        return self._call("cuModuleLoadData", image)

    def function(self, module: Any, name: str) -> Any:
        """Return a kernel of a module by its name."""
        return self._call("cuModuleGetFunction", module, name.encode())

    def free_bytes(self) -> int:
        """Return how much memory is free, what the pool keeps unused included."""
        free, _ = self._call("cuMemGetInfo")
        kinds = self._cuda.CUmemPool_attribute
        reserved, used = (
            int(self._call("cuMemPoolGetAttribute", self._pool, kind))
            for kind in (
                kinds.CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT,
                kinds.CU_MEMPOOL_ATTR_USED_MEM_CURRENT,
            )
        )
        return int(free) + reserved - used

    def allocate(self, n_bytes: int) -> int:
        """Return the address of fresh memory on the GPU."""
        return int(self._call("cuMemAllocAsync", n_bytes, self._stream))

    def free(self, address: int) -> None:
        """Give memory back once the work that was asked for is done."""
        self._call("cuMemFreeAsync", address, self._stream)

    def trim(self) -> None:
        """Give what is kept for later allocations back to other processes."""
        self.synchronise()
        self._call("cuMemPoolTrimTo", self._pool, 0)

    def pin(self, n_bytes: int) -> int:
        """Return the address of fresh host memory that copies go through at full speed."""
        return int(self._call("cuMemHostAlloc", n_bytes, 0))

    def unpin(self, address: int) -> None:
        """Give memory of `pin` back."""
        self._call("cuMemFreeHost", address)

    def copy_in(self, target: int, source: int, n_bytes: int) -> None:
        """Copy from host to GPU."""
        self._call("cuMemcpyHtoDAsync", target, source, n_bytes, self._stream)

    def copy_out(self, target: int, source: int, n_bytes: int) -> None:
        """Copy from GPU to host."""
        self._call("cuMemcpyDtoHAsync", target, source, n_bytes, self._stream)

    def copy_across(self, target: int, source: int, n_bytes: int) -> None:
        """Copy from one place on the GPU to another."""
        self._call("cuMemcpyDtoDAsync", target, source, n_bytes, self._stream)

    def owns(self, address: int, n_bytes: int) -> bool:
        """Return whether these bytes are this GPU's own, in one piece of memory that is in use."""
        kinds = self._cuda.CUpointer_attribute
        asked = [
            kinds.CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
            kinds.CU_POINTER_ATTRIBUTE_IS_MANAGED,
            kinds.CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL,
            kinds.CU_POINTER_ATTRIBUTE_RANGE_START_ADDR,
            kinds.CU_POINTER_ATTRIBUTE_RANGE_SIZE,
        ]
        found = [self._attribute(kind, address) for kind in asked]
        if None in found:
            return False
        memory, is_managed, ordinal, start, size = (int(value or 0) for value in found)
        return (
            (memory, is_managed, ordinal) == (_ON_DEVICE, 0, int(self._device))
            and start <= address
            and address + n_bytes <= start + size
        )

    def _attribute(self, kind: Any, address: int) -> Any:
        """Return what the driver knows of an address, None where it knows nothing."""
        status, value = self._cuda.cuPointerGetAttribute(kind, address)
        return None if int(status) else value

    def settle(self) -> None:
        """Wait until all work is done that anybody in this process has asked the GPU for."""
        self._call("cuCtxSynchronize")

    def clear(self, target: int, n_bytes: int) -> None:
        """Set memory on the GPU to zero."""
        self._call("cuMemsetD8Async", target, 0, n_bytes, self._stream)

    def launch(self, function: Any, grid: Grid, parameters: Parameters) -> None:
        """Run a kernel."""
        self._call(
            "cuLaunchKernel", function, *grid.blocks, *grid.threads, grid.shared_bytes,
            self._stream, parameters.pointers, 0,
        )  # fmt: skip

    def begin_graph(self) -> None:
        """Have the launches from now on kept, not run, until `end_graph`."""
        mode = self._cuda.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED
        self._call("cuStreamBeginCapture", self._stream, mode)

    def end_graph(self) -> Any:
        """Return the launches since `begin_graph` as a graph."""
        kept = self._call("cuStreamEndCapture", self._stream)
        try:
            return self._call("cuGraphInstantiate", kept, 0)
        finally:
            self._cuda.cuGraphDestroy(kept)

    def drop_graph(self) -> None:
        """Forget the launches since `begin_graph`; for use after a failure."""
        status, kept = self._cuda.cuStreamEndCapture(self._stream)
        if not int(status):
            self._cuda.cuGraphDestroy(kept)

    def launch_graph(self, graph: Any) -> None:
        """Run all launches of a graph, in order."""
        self._call("cuGraphLaunch", graph, self._stream)

    def free_graph(self, graph: Any) -> None:
        """Give a graph back; it is still run where that was asked for."""
        self._call("cuGraphExecDestroy", graph)

    def mark(self, again: Any = None) -> Any:
        """Return a mark at the end of the work asked for so far: a new one, or `again` moved."""
        event = self._call("cuEventCreate", 0) if again is None else again
        self._call("cuEventRecord", event, self._stream)
        return event

    def wait(self, mark: Any) -> None:
        """Wait until all work before `mark` is done."""
        self._call("cuEventSynchronize", mark)

    def is_idle(self) -> bool:
        """Return whether all work is done."""
        status = int(self._cuda.cuStreamQuery(self._stream)[0])
        if status not in (0, _NOT_READY):
            raise self._error("cuStreamQuery", status)
        return status == 0

    def seconds_between(self, start: Any, end: Any) -> float:
        """Return the time between two marks that were reached."""
        return float(self._call("cuEventElapsedTime", start, end)) * 1e-3

    def synchronise(self) -> None:
        """Wait until no work is left."""
        self._call("cuStreamSynchronize", self._stream)

    def _call(self, name: str, *arguments: Any) -> Any:
        """Call a function of the driver and return what it returns beside its status."""
        try:
            status, *results = getattr(self._cuda, name)(*arguments)
        except (RuntimeError, OSError) as error:  # no library, or one without this function
            raise DriverError(Fault.MISSING, name, _first_line(error)) from error
        if int(status):
            raise self._error(name, int(status))
        return results[0] if len(results) == 1 else tuple(results)

    def _error(self, call: str, status: int) -> DriverError:
        known, name = self._cuda.cuGetErrorName(self._cuda.CUresult(status))
        detail = f"error {status}" if int(known) else name.decode()
        if status == _OUT_OF_MEMORY:
            return DriverError(Fault.MEMORY, call, detail)
        if status in _MISSING:
            return DriverError(Fault.MISSING, call, detail)
        return DriverError(Fault.COMPILE if status in _IMAGES else Fault.LOST, call, detail)

    def _read_properties(self) -> Properties:
        attribute = self._cuda.CUdevice_attribute
        prefix = "CU_DEVICE_ATTRIBUTE_"

        def read(name: str) -> int:
            kind = getattr(attribute, prefix + name)
            return int(self._call("cuDeviceGetAttribute", kind, self._device))

        bus_bytes = read("GLOBAL_MEMORY_BUS_WIDTH") / 8
        return Properties(
            self._call("cuDeviceGetName", 96, self._device).split(b"\0")[0].decode(),
            (read("COMPUTE_CAPABILITY_MAJOR"), read("COMPUTE_CAPABILITY_MINOR")),
            int(self._call("cuDeviceTotalMem", self._device)),
            read("MULTIPROCESSOR_COUNT"),
            read("CLOCK_RATE") * 1e3,
            2 * read("MEMORY_CLOCK_RATE") * 1e3 * bus_bytes,
            float(read("SINGLE_TO_DOUBLE_PRECISION_PERF_RATIO")),
            read("L2_CACHE_SIZE"),
        )


def compile_text(text: str, target: str, options: Sequence[str]) -> bytes:
    """Return the machine code of CUDA C++ `text` for architecture `target`; needs no GPU."""
    nvrtc = _load_nvrtc()

    def call(name: str, *arguments: Any) -> Any:
        status, *results = getattr(nvrtc, name)(*arguments)
        if int(status):
            detail = nvrtc.nvrtcGetErrorString(status)[1].decode()
            raise DriverError(Fault.COMPILE, name, detail)
        return results[0] if results else None

    try:
        program = call("nvrtcCreateProgram", text.encode(), b"parloop.cu", 0, [], [])
    except (RuntimeError, OSError) as error:
        raise DriverError(Fault.MISSING, "NVRTC", _first_line(error)) from error
    try:
        given = [option.encode() for option in (f"--gpu-architecture={target}", *options)]
        try:
            call("nvrtcCompileProgram", program, len(given), given)
        except DriverError as error:
            log = b" " * call("nvrtcGetProgramLogSize", program)
            call("nvrtcGetProgramLog", program, log)
            detail = _first_line(log.rstrip(b"\0 ").decode()) or error.detail
            raise DriverError(Fault.COMPILE, error.call, detail) from None
        image: bytes = b" " * call("nvrtcGetCUBINSize", program)
        call("nvrtcGetCUBIN", program, image)
        return image
    finally:
        nvrtc.nvrtcDestroyProgram(program)


def _require_new_enough(driver: int) -> None:
    """Raise unless a driver runs what the NVRTC that is installed writes."""
    try:
        compiler = int(_load_nvrtc().nvrtcVersion()[1])
    except (RuntimeError, OSError) as error:
        raise DriverError(Fault.MISSING, "NVRTC", _first_line(error)) from error
    if driver // 1000 < max(compiler, LEAST_DRIVER // 1000):
        shown = f"{driver // 1000}.{driver % 1000 // 10}"
        detail = f"the driver is for CUDA {shown}, NVRTC for {compiler}"
        raise DriverError(Fault.TOO_OLD, "driver", detail)


def _load_driver() -> Any:
    try:
        from cuda.bindings import driver
    except (ImportError, RuntimeError, OSError) as error:
        raise DriverError(Fault.MISSING, "cuda-core", _first_line(error)) from error
    return driver


def _load_nvrtc() -> Any:
    try:
        from cuda.bindings import nvrtc
    except (ImportError, RuntimeError, OSError) as error:
        raise DriverError(Fault.MISSING, "NVRTC", _first_line(error)) from error
    return nvrtc


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
