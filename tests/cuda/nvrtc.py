"""Texts compiled by NVRTC, which needs no GPU."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from tests.cuda.emulated import body_of, key_of

from parloop.codegen.cuda.prelude import prelude
from parloop.codegen.cuda.program import OPTIONS, CudaProgram

ARCHITECTURES = ("sm_75", "sm_80", "sm_90", "sm_100")


def text_for_nvrtc(programs: Iterable[CudaProgram]) -> str:
    """Return one text for many programs."""
    bodies = {key_of(program): body_of(program) for program in programs}
    spaces = [f"namespace {key} {{\n{body}\n}}\n" for key, body in bodies.items()]
    return "\n".join([prelude(), *spaces])


@functools.cache
def find_nvrtc() -> object | None:
    """Return the bindings of NVRTC, or None where they, or its library, are not there."""
    try:
        from cuda.bindings import nvrtc

        return nvrtc if int(nvrtc.nvrtcVersion()[0]) == 0 else None
    except (ImportError, RuntimeError, OSError):
        return None


def compile_text(text: str, architecture: str, options: tuple[str, ...] = OPTIONS) -> str:
    """Return the PTX of a text, and make sure that there is a cubin; or fail with the log."""
    from cuda.bindings import nvrtc

    made, program = nvrtc.nvrtcCreateProgram(text.encode(), b"loops.cu", 0, [], [])
    assert int(made) == 0, made
    given = [f"--gpu-architecture={architecture}".encode(), *(o.encode() for o in options)]
    (done,) = nvrtc.nvrtcCompileProgram(program, len(given), given)
    _, size = nvrtc.nvrtcGetProgramLogSize(program)
    log = b" " * size
    nvrtc.nvrtcGetProgramLog(program, log)
    assert int(done) == 0, log.decode()[:4000]
    _, size = nvrtc.nvrtcGetCUBINSize(program)
    assert size > 0
    _, size = nvrtc.nvrtcGetPTXSize(program)
    ptx = b" " * size
    nvrtc.nvrtcGetPTX(program, ptx)
    nvrtc.nvrtcDestroyProgram(program)
    return ptx.decode()
