"""`parloop explain --cuda`: the kernels of a file's loops, as far as the text alone tells.

In the tier that the settings ask for. Nothing is run, so the types are assumed: numbers that are
bounds or subscripts are `int`, others `float`; arrays hold `float64` in C's order. What a launch
tests is taken to hold: arrays share no memory, subscripts lie inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from parloop.analysis import Analysis, Parallel, ParallelIf, analyse
from parloop.codegen.cuda.generate import write_program
from parloop.codegen.cuda.program import CudaProgram, Launch, Step
from parloop.config import current_settings
from parloop.diagnostics import Declined
from parloop.ir.nodes import Expr, For, Load, Name, Nest, Store
from parloop.ir.types import NP_FLOAT64, NP_INT64, PY_FLOAT, PY_INT, Array, Type
from parloop.ir.walk import all_expressions, expressions, statements
from parloop.report.explain import explain_tree, parse
from parloop.report.predictions import costs_here
from parloop.report.stats import show_prediction
from parloop.runtime import jit
from parloop.runtime.work import is_even
from parloop.schedule.amounts import work_of
from parloop.schedule.devices import GpuCosts, predict
from parloop.schedule.grid import choose_grid
from parloop.schedule.plan import Decision, Plan
from parloop.schedule.planner import make_plan
from parloop.source import Source
from parloop.staging.ranges import find_ranges
from parloop.staging.specialise import Typing, specialise


def explain_cuda(path: Path) -> str:
    """Return the kernels of all loops in the file at `path`, each with what it assumes."""
    source = Source(str(path), path.read_text(encoding="utf-8"))
    found: list[tuple[Nest, Analysis]] = []

    def noted(nest: Nest) -> Analysis:
        analysis = analyse(nest)
        found.append((nest, analysis))
        return analysis

    explain_tree(source, parse(source), noted, draws=False)
    return "\n\n".join(_explained(nest, analysis) for nest, analysis in found)


def _explained(nest: Nest, analysis: Analysis) -> str:
    title = f"// {nest.source.path}:{nest.loop.span.line} loop `{nest.loop.title}`"
    try:
        return f"{title}\n{kernels_of(nest, analysis)}"
    except Declined as why:
        notes = (f"//     {note}" for note in why.diagnostic.notes)
        return "\n".join((title, f"// {why}", *notes))


def kernels_of(nest: Nest, analysis: Analysis) -> str:
    """Return the kernels of a loop, with what they assume, how they run, and how long."""
    types = assumed_types(nest)
    typing, decision = _taken_for_granted(nest, analysis, types)
    plan = make_plan(typing, analysis, decision, bands=False)
    grid = choose_grid(typing, analysis, decision, plan)
    program = write_program(typing, find_ranges(typing), plan, grid)
    listed = ", ".join(f"{name}: {type_}" for name, type_ in types.items())
    head = (
        f"// taken for granted: {listed}; no shared memory, subscripts inside",
        f"// predicted, where everything has {EXTENT}: {_predicted(nest, types, plan)}",
        *(f"// {line}" for line in _listed(program.steps, 0)),
    )
    return "\n".join((*head, own_text(program)))


def own_text(program: CudaProgram) -> str:
    """Return a program's text without what all programs begin with."""
    return program.text[program.text.index("struct Record") :].rstrip()


def _predicted(nest: Nest, types: Mapping[str, Type], plan: Plan) -> str:
    """Return how long a launch is expected to take if all numbers and extents are `EXTENT`."""
    given: dict[str, Any] = {}
    for name, type_ in types.items():
        shape = (EXTENT,) * type_.ndim if isinstance(type_, Array) else ()
        given[name] = np.broadcast_to(0.0, shape) if shape else EXTENT
    work = work_of(
        nest, range(EXTENT), given, plan, parallel=plan.uses_cores, even=is_even(nest)
    )
    costs = costs_here()
    found = predict(work, replace(costs, gpu=costs.gpu or GpuCosts()))
    return show_prediction(found, costs.cpu.threads)


EXTENT: Final = 1000
"""What the prediction takes each extent and each bound for."""


def as_if(nest: Nest, analysis: Analysis, types: Mapping[str, Type]) -> CudaProgram:
    """Return the program of a nest on inputs of `types`, for a launch of which all tests hold."""
    typing, decision = _taken_for_granted(nest, analysis, types)
    plan = make_plan(typing, analysis, decision, bands=False)
    grid = choose_grid(typing, analysis, decision, plan)
    return write_program(typing, find_ranges(typing), plan, grid)


def _taken_for_granted(
    nest: Nest, analysis: Analysis, types: Mapping[str, Type]
) -> tuple[Typing, Decision]:
    """Return a typing of the nest, and a decision by which everything that is asked holds."""
    typing = specialise(nest, dict(types))
    exactness = current_settings().exactness
    return typing, Decision(
        parallel=frozenset(
            facts.number
            for facts in analysis.loops
            if isinstance(facts.verdict, Parallel | ParallelIf)
        ),
        inside=frozenset(access.node_id for access in analysis.accesses),
        from_end=frozenset(
            (access.node_id, axis)
            for access in analysis.accesses
            for axis, subscript in enumerate(access.ranges)
            if subscript.from_end
        ),
        noalias=True,
        contiguous=frozenset(typing.arrays),
        forward=True,
        regroup=exactness == "reassociate",
        fuse=exactness != "exact" and jit.can_fuse(),
        approximates=exactness != "exact",
    )


def assumed_types(nest: Nest) -> dict[str, Type]:
    """Return types that the inputs of a nest may well have."""
    body = (nest.loop,)
    accesses: list[Load | Store] = [e for e in all_expressions(body) if isinstance(e, Load)]
    accesses += [s for s in statements(body) if isinstance(s, Store)]
    ranks = {node.array: len(node.subscripts) for node in accesses}
    places = [s for node in accesses for s in node.subscripts]
    places += [e for s in statements(body) if isinstance(s, For) for e in (s.start, s.stop, s.step)]
    whole = {name for expr in places for name in _names(expr)}
    index_arrays = {
        e.array for place in places for e in expressions(place) if isinstance(e, Load)
    }
    types: dict[str, Type] = {}
    for name in nest.inputs:
        if name in nest.arrays:
            dtype = NP_INT64 if name in index_arrays else NP_FLOAT64
            types[name] = Array(dtype, ranks.get(name, 1), writable=True)
        elif not name.startswith("%"):
            types[name] = PY_INT if name in whole else PY_FLOAT
    return types


def _names(expr: Expr) -> Iterator[str]:
    return (part.id for part in expressions(expr) if isinstance(part, Name))


def _listed(steps: tuple[Step, ...], depth: int) -> Iterator[str]:
    """Yield a line for each step."""
    for step in steps:
        if isinstance(step, Launch):
            threads = "one thread" if step.one_thread else f"blocks of {step.block}"
            yield f"{'    ' * depth}{step.kernel}, {threads}"
        else:
            yield f"{'    ' * depth}for each iteration of line {step.line}, in order:"
            yield from _listed(step.steps, depth + 1)

