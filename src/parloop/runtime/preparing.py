"""What a site needs before its first launch: its loop lowered, and typed for what it is given."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from time import perf_counter
from types import FrameType
from typing import Any

import numpy

from parloop.capture.effects import Where
from parloop.capture.sites import Site
from parloop.diagnostics import Declined, Diagnostic
from parloop.frontend.lower import lower_loop
from parloop.frontend.names import observe
from parloop.frontend.tries import trusted_handlers
from parloop.ir.nodes import Call, Load, Name, Nest, Slice, Store
from parloop.ir.types import Type
from parloop.ir.unrolling import unrolled
from parloop.ir.walk import PRODUCTS, all_expressions, statements
from parloop.runtime import work
from parloop.runtime.arguments import Guard, guards_of, type_of
from parloop.runtime.callees import Calls, effects_of_calls, inline_calls
from parloop.runtime.lists import Lists
from parloop.runtime.remembered import find_verdict
from parloop.runtime.specialisation import Specialisation, make_specialisation
from parloop.runtime.state import SiteState, SmallExtents
from parloop.runtime.stats import SiteRecord, record_of
from parloop.runtime.stops import has_effects
from parloop.staging.products import LONGEST_PRODUCT
from parloop.staging.specialise import StoreDeclined

MOST_SMALL_EXTENT = 4
"""Rows of so many elements have code of their own."""

MOST_OF_A_PRODUCT = LONGEST_PRODUCT
"""So many where scalar products are taken, which cannot be without."""

MOST_SIZES = 8
"""When a loop has been expanded so many times, sizes of rows make no difference any more."""

LOCK = threading.RLock()
"""Held while something is made that all threads at a site are to share."""


def prepare(
    site: Site, values: tuple[object, ...], frame: FrameType, record: SiteRecord | None = None
) -> SiteState:
    """Lower the loop of a site; called at the first entry, and when it calls other functions.

    What happens is counted in `record`, the site's own if there is none.
    """
    info = site.info
    before: SiteState | None = site.state
    versions = [] if before is None else before.versions
    record = record_of(info) if record is None else record
    lowered, calls = _lower(site, values, frame, info.effects)
    if not isinstance(lowered, Nest):
        more = effects_of_calls(site, values, frame)
        if more != info.effects:
            second, calls_then = _lower(site, values, frame, more)
            if isinstance(second, Nest):
                lowered, calls = second, calls_then
    if not isinstance(lowered, Nest):
        record.decided("unsupported")
        return SiteState(record, None, lowered, calls=calls, versions=versions)
    lowered = unrolled(lowered)
    record.decided(find_verdict(lowered))
    handlers = [Guard(n, n, (), f"builtins.{n}") for n in trusted_handlers(info.node)]
    guards, even = (*guards_of(lowered), *handlers), work.is_even(lowered)
    effects = has_effects(lowered)
    return SiteState(record, lowered, (), guards, even, effects, calls=calls, versions=versions)


def _lower(
    site: Site, values: tuple[object, ...], frame: FrameType, effects: tuple[Where, ...]
) -> tuple[Nest | tuple[Diagnostic, ...], Calls]:
    """Return the loop of a site without its `effects`, or why it cannot be lowered."""
    info = site.info
    inlined, calls = inline_calls(site, values, frame, effects)
    if isinstance(inlined, Diagnostic):
        return (inlined,), calls
    further = {name: place.read() for name, place in calls.places.items()}
    names = observe({**frame.f_builtins, **frame.f_globals, **frame.f_locals, **further})
    return lower_loop(inlined.loop, info.source, function=info.function, names=names), calls


def small_extents(
    nest: Nest, arguments: Mapping[str, Any]
) -> SmallExtents:
    """Return the arrays whose rows are taken as arrays, with the extents of these that are small.

    So what is made of a row can be kept in registers.
    """
    found: list[tuple[str, tuple[int | None, ...]]] = []
    used_expressions = tuple(all_expressions((nest.loop,)))
    used = {e.id for e in used_expressions if isinstance(e, Name)}
    places = (*used_expressions, *statements((nest.loop,)))
    for place in places:
        if isinstance(place, Load | Store) and (
            any(isinstance(part, Slice) for part in place.subscripts)
            or len(place.subscripts) < getattr(arguments.get(place.array), "ndim", 0)
        ):
            used.add(place.array)
    products = any(isinstance(e, Call) and e.callee in PRODUCTS for e in used_expressions)
    most = MOST_OF_A_PRODUCT if products else MOST_SMALL_EXTENT
    for name in dict.fromkeys((*nest.arrays, *(nest.inputs if products else ()))):
        array = arguments.get(name)
        if name not in used or not isinstance(array, numpy.ndarray):
            continue
        if array.ndim == 1 and products and 0 < array.shape[0] <= most:
            found.append((name, array.shape))
        extents = [e if 0 < e <= most else None for e in array.shape[1:]]
        if any(extents):
            found.append((name, (None, *extents)))
    return tuple(found)


def specialise_for(
    state: SiteState,
    nest: Nest,
    arguments: Mapping[str, Any],
    lists: Lists | None,
    *,
    share: bool = False,
) -> Specialisation:
    """Return the specialisation for the types of the arguments, of which `lists` were copied.

    With `share`, the one for statements on arrays that share memory.
    """
    known: Mapping[str, Type] = {} if lists is None else lists.types
    signature = tuple(
        known.get(name) or type_of(name, arguments[name]) if name in arguments else None
        for name in nest.inputs
    )
    small = small_extents(nest, arguments)
    key = (signature, share, small)
    if small and key not in state.specialisations and len(state.specialisations) >= MOST_SIZES:
        key = (signature, share, ())
    found = state.specialisations.get(key)
    if found is None:
        with LOCK:
            found = state.specialisations.get(key)
            if found is None:
                types = {n: t for n, t in zip(nest.inputs, signature, strict=True) if t}
                began = perf_counter()
                try:
                    found = make_specialisation(nest, types, dict(key[2]), share=share)
                    if found.expansion is not None or nest is not state.nest:
                        state.record.decided(find_verdict(found.nest))
                except Declined as declined:
                    found = declined
                state.record.compiled(perf_counter() - began)
                state.specialisations[key] = found
    match found:
        case StoreDeclined():
            raise StoreDeclined(found.diagnostic, found.array, found.types)
        case Declined():
            raise Declined(found.diagnostic)
    return found
