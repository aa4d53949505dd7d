"""The exact judge: integer sets through isl. Every use of isl in parloop is in this file.

Each query may take `MAX_OPERATIONS` of isl's own steps, so that answers agree on every machine; a
query that takes more is given up, and so is one whose answer has more than `MAX_PIECES` pieces.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Any

from parloop.analysis.affine import Affine, System
from parloop.analysis.conditions import Condition, Quotient

_NOT_ASKED_FOR = object()

isl: Any = _NOT_ASKED_FOR
"""The module islpy, imported when first asked for; None where it is not installed."""

MAX_OPERATIONS = 300_000
MAX_PARAMETERS = 12
MAX_PIECES = 16
MAX_ROWS = 200


def is_available() -> bool:
    """Return whether isl is installed."""
    global isl
    if isl is _NOT_ASKED_FOR:
        try:
            import islpy

            isl = islpy
        except ImportError:  # the classical tests alone decide, and decline more
            isl = None
    return isl is not None


def was_missed() -> bool:
    """Return whether isl was asked for, and is not installed."""
    return isl is None


def project(system: System, keep: Collection[str]) -> tuple[Condition, ...] | None:
    """Return exactly the values of the symbols `keep` for which `system` has a solution.

    The union of the conditions is the answer: none of them means that there is no solution. None
    means that isl is missing or that the query took too much.
    """
    if not is_available() or len(system.zero) + len(system.nonnegative) > MAX_ROWS:
        return None
    names = system.symbols()
    parameters = sorted(name for name in names if name in keep)
    others = sorted(name for name in names if name not in keep)
    if len(parameters) > MAX_PARAMETERS:
        return None
    context = _open_context()
    try:
        return _project(context, system, parameters, others)
    except isl.Error:
        _kept.context = None
        return None


class _Kept(threading.local):
    context: Any = None


_kept = _Kept()


def _open_context() -> Any:
    """Return a context whose operations are counted from zero.

    Each thread keeps its own: isl never gives back all memory of a context (1.2 KB, islpy 2025.2).
    """
    context = _kept.context
    if context is None:
        context = _kept.context = isl.Context()
        # With the default, isl also prints; an error is an exception for us either way.
        context.set_on_error(isl.on_error.CONTINUE)
    context.set_max_operations(MAX_OPERATIONS)
    context.reset_operations()
    return context


def _project(
    context: Any, system: System, parameters: list[str], others: list[str]
) -> tuple[Condition, ...] | None:
    space = isl.Space.set_alloc(context, len(parameters), len(others))
    columns = [*parameters, *others]
    basic = isl.BasicSet.from_constraint_matrices(
        space,
        _matrix(context, system.zero, columns),
        _matrix(context, system.nonnegative, columns),
        isl.dim_type.cst,
        isl.dim_type.param,
        isl.dim_type.out,
        isl.dim_type.div,
    )
    found = isl.Set.from_basic_set(basic).params().compute_divs().coalesce().remove_redundancies()
    if found.is_empty():
        return ()
    if found.n_basic_set() > MAX_PIECES:
        return None
    return tuple(_condition(piece, parameters) for piece in found.get_basic_sets())


def _matrix(context: Any, rows: tuple[Affine, ...], columns: list[str]) -> Any:
    matrix = isl.Mat.alloc(context, len(rows), len(columns) + 1)
    for number, row in enumerate(rows):
        matrix = matrix.set_element_val(number, 0, isl.Val(str(row.constant), context))
        for column, name in enumerate(columns, 1):
            value = isl.Val(str(row.terms.get(name, 0)), context)
            matrix = matrix.set_element_val(number, column, value)
    return matrix


def _condition(piece: Any, parameters: list[str]) -> Condition:
    local = piece.get_local_space()
    n_divs = local.dim(isl.dim_type.div)
    divs = [f"${number}" for number in range(n_divs)]
    quotients: list[Quotient] = []
    for number in range(n_divs):
        numerator, divisor = _division(local.get_div(number), parameters, divs)
        quotients.append(Quotient(divs[number], numerator, divisor))
    zero: list[Affine] = []
    nonnegative: list[Affine] = []
    for constraint in piece.get_constraints():
        row = _row(constraint.get_aff(), parameters, divs)
        (zero if constraint.is_equality() else nonnegative).append(row)
    return Condition(System(tuple(zero), tuple(nonnegative)), tuple(quotients))


def _row(aff: Any, parameters: list[str], divs: list[str]) -> Affine:
    terms: dict[str, int] = {}
    for kind, names in ((isl.dim_type.param, parameters), (isl.dim_type.div, divs)):
        for place, name in enumerate(names):
            value = aff.get_coefficient_val(kind, place).to_python()
            if value:
                terms[name] = value
    return Affine(terms, aff.get_constant_val().to_python())


def _division(aff: Any, parameters: list[str], divs: list[str]) -> tuple[Affine, int]:
    divisor = aff.get_denominator_val().to_python()
    return _row(aff.scale_val(isl.Val(str(divisor), aff.get_ctx())), parameters, divs), divisor
