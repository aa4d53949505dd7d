"""Write a module as two, of which LLVM optimises only one.

    define @kernel { call @body }     define @body { ... loops ... }

becomes a module with `@kernel` that declares `@body`, and one with `@body`. What only calls loops
is long and runs for a moment: optimising it took half of the time of making a kernel.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from llvmlite import ir

from parloop.codegen.printing import function_text


def write_apart(module: ir.Module, apart: Collection[str]) -> tuple[str, str]:
    """Return the texts of two modules: all of `module` but the functions `apart`, and these.

    Functions that one calls and the other defines are visible outside from now on. Global variables
    stay with the first, where all goes if the functions use one.
    """
    globals_ = module.globals
    for name in apart:
        globals_[name].linkage = ""
    second = [_text(globals_[name]) for name in apart]
    used = {name for text in second for name in re.findall(r'@"([^"]+)"', text)} - set(apart)
    if not all(isinstance(globals_[name], ir.Function) for name in used):
        return str(module), ""
    for name in sorted(used):
        function = globals_[name]
        if not function.is_declaration:
            function.linkage = ""
        second.append(_declaration(function))
    first = [_text(value) for name, value in globals_.items() if name not in apart]
    first += [_declaration(globals_[name]) for name in apart]
    metadata = [str(node) for node in module.metadata]
    return "\n".join(first + metadata), "\n".join(second + metadata)


def _text(value: ir.GlobalValue) -> str:
    return function_text(value) if isinstance(value, ir.Function) else str(value)


def _declaration(function: ir.Function) -> str:
    if function.is_declaration:
        return str(function)
    type_ = function.function_type
    arguments = ", ".join(map(str, type_.args))
    return f'declare {type_.return_type} @"{function.name}"({arguments})\n'
