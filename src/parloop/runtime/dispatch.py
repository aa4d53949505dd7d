"""What happens when a site is entered: decide, make ready, launch, or leave it to the interpreter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from types import FrameType
from typing import Any

import numpy as np

from parloop.analysis import Parallel, ParallelIf, analyse
from parloop.capture.sites import KEEP, REGISTRY, UNBOUND, Outcome, Site
from parloop.codegen.layout import OUTSIDE, Header, Layout
from parloop.config import Settings, current_settings
from parloop.diagnostics import Declined, Diagnostic
from parloop.frontend.known import means
from parloop.frontend.lower import lower_loop
from parloop.frontend.names import observe
from parloop.ir.nodes import Nest
from parloop.ir.types import (
    NUMPY_SCALARS,
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    UNBOUND as UNBOUND_TYPE,
    Array,
    Member,
    Scalar,
    Type,
)
from parloop.runtime.codes import (
    ArrayNotSupported,
    FunctionReplaced,
    InputOutside,
    IterationLeftNative,
    UnderflowWatched,
    ValueNotSupported,
)
from parloop.runtime.pool import get_pool
from parloop.runtime.specialisation import Ready, Specialisation, make_specialisation
from parloop.runtime.stats import SiteRecord, open_record
from parloop.runtime.transaction import Launch, Warned, warnings_may_raise
from parloop.schedule.cost import estimate_operations, interpreter_seconds

BLOCKS_PER_THREAD = 8
NATIVE_SECONDS_PER_OPERATION = 1e-9


@dataclass(slots=True)
class SiteState:
    """What the engine knows of one site; `nest` is None if the loop cannot be lowered."""

    record: SiteRecord
    nest: Nest | None
    reasons: tuple[Diagnostic, ...]
    guards: tuple[tuple[str, tuple[str, ...], str], ...] = ()
    specialisations: dict[tuple[Type | None, ...], Specialisation | Declined] = field(
        default_factory=dict
    )
    last: Specialisation | None = None


_LOCK = threading.RLock()


def start() -> None:
    """Let every site ask this engine from now on."""
    REGISTRY.set_engine(enter)


def enter(
    site: Site, indices: range, values: tuple[object, ...], frame: FrameType
) -> Outcome | None:
    """Run as much of the loop as can be run natively; `None` leaves all of it to the interpreter."""
    settings = current_settings(site.options)
    if settings.device == "interpreter" or not indices:
        return None
    state = site.state
    if state is None:
        with _LOCK:
            state = site.state = site.state or prepare(site, frame)
    try:
        return _enter(site, state, settings, indices, values, frame)
    except Declined as declined:
        state.record.ran_interpreted()
        state.record.fell_back(declined.diagnostic)
        return None


def prepare(site: Site, frame: FrameType) -> SiteState:
    """Lower the loop of a site; called once, at the first entry."""
    info = site.info
    record = open_record(info.path, info.line, info.column, info.end_line, info.function)
    names = observe({**frame.f_builtins, **frame.f_globals, **frame.f_locals})
    lowered = lower_loop(info.node, info.source, function=info.function, names=names)
    if not isinstance(lowered, Nest):
        record.decided("unsupported")
        return SiteState(record, None, lowered)
    match analyse(lowered).loops[0].verdict:
        case Parallel():
            record.decided("parallel")
        case ParallelIf():
            record.decided("parallel-if")
        case _:
            record.decided("serial")
    guards = tuple(
        (path.split(".")[0], tuple(path.split(".")[1:]), canonical)
        for path, canonical in lowered.guards
    )
    return SiteState(record, lowered, (), guards)


def _enter(
    site: Site,
    state: SiteState,
    settings: Settings,
    indices: range,
    values: tuple[object, ...],
    frame: FrameType,
) -> Outcome | None:
    nest = state.nest
    if nest is None:
        raise Declined(state.reasons[0])
    arguments = gather(site, nest, values, frame)
    if not pays(nest, indices, arguments, settings):
        state.record.ran_interpreted()
        return None
    check_guards(site, state, frame)
    specialisation = specialise_for(state, nest, arguments)
    words, address = specialisation.new_record()
    try:
        words[Header.START], words[Header.STOP] = indices.start, indices.stop
        words[Header.STEP] = indices.step
    except OverflowError:
        raise Declined(InputOutside("a bound of the range does not fit in 64 bits")) from None
    packed = specialisation.entry.pack(
        address, *(arguments[name] for name in specialisation.inputs)
    )
    if packed > 0:
        name = specialisation.inputs[packed - 1]
        raise Declined(InputOutside(f"`{name}` is not what machine code can take"))
    began = perf_counter()
    ready = specialisation.ready(words, arguments, packed < 0)
    state.record.compiled(perf_counter() - began)
    launch = make_launch(site, ready, words, address, indices, arguments, settings, frame)
    began = perf_counter()
    launch.run()
    return finish(site, state, specialisation, launch, perf_counter() - began)


def gather(
    site: Site, nest: Nest, values: tuple[object, ...], frame: FrameType
) -> dict[str, Any]:
    """Return the values of the nest's inputs by name; names without a value are left out."""
    passed = dict(zip(site.info.passed, values, strict=True))
    arguments: dict[str, Any] = {}
    for name in nest.inputs:
        if name.startswith("%"):
            continue
        value = passed[name] if name in passed else site.look_up(frame, name)
        if value is not UNBOUND:
            arguments[name] = value
    return arguments


def pays(nest: Nest, indices: range, arguments: Mapping[str, Any], settings: Settings) -> bool:
    """Return whether the loop is large enough for machine code to pay."""
    least = settings.min_work_ms
    if least == 0:
        return True
    work = interpreter_seconds(estimate_operations(nest, indices, arguments))
    return work * 1e3 >= (1.0 if least is None else least)


def check_guards(site: Site, state: SiteState, frame: FrameType) -> None:
    """Decline if a name no longer means the function that the loop was lowered with."""
    for root, attributes, canonical in state.guards:
        value = site.look_up(frame, root)
        for attribute in attributes:
            value = getattr(value, attribute, UNBOUND)
        if not means(value, canonical):
            path = ".".join((root, *attributes))
            raise Declined(FunctionReplaced(f"`{path}` is not `{canonical}` any more"))


def specialise_for(
    state: SiteState, nest: Nest, arguments: Mapping[str, Any]
) -> Specialisation:
    """Return the specialisation for the types of the arguments."""
    signature = tuple(
        type_of(name, arguments[name], nest) if name in arguments else None
        for name in nest.inputs
    )
    found = state.specialisations.get(signature)
    if found is None:
        with _LOCK:
            found = state.specialisations.get(signature)
            if found is None:
                types = {n: t for n, t in zip(nest.inputs, signature, strict=True) if t}
                began = perf_counter()
                try:
                    found = make_specialisation(nest, types)
                except Declined as declined:
                    found = declined
                state.record.compiled(perf_counter() - began)
                state.specialisations[signature] = found
    if isinstance(found, Declined):
        raise found
    return found


_SCALARS: dict[type, Scalar] = {
    bool: PY_BOOL,
    int: PY_INT,
    float: PY_FLOAT,
    complex: PY_COMPLEX,
    **{
        np.dtype(str(s).rstrip("_") if s.kind == "b" else str(s)).type: s
        for s in NUMPY_SCALARS
    },
}
_DTYPES: dict[np.dtype[Any], Scalar] = {np.dtype(t): s for t, s in _SCALARS.items() if s.owner == "numpy"}


def type_of(name: str, value: object, nest: Nest) -> Type:
    """Return the type of an input, or raise `Declined` if machine code has none for it."""
    if type(value) is np.ndarray:
        dtype = _DTYPES.get(value.dtype)
        if dtype is None or not value.dtype.isnative or not value.flags.aligned:
            raise Declined(ArrayNotSupported(f"`{name}` is an array of `{value.dtype}`"))
        return Array(dtype, value.ndim, value.flags.writeable)
    scalar = _SCALARS.get(type(value))
    if scalar is None:
        raise Declined(ValueNotSupported(f"`{name}` is a `{type(value).__name__}`"))
    return scalar


def make_launch(
    site: Site,
    ready: Ready,
    words: np.ndarray[Any, Any],
    address: int,
    indices: range,
    arguments: Mapping[str, Any],
    settings: Settings,
    frame: FrameType,
) -> Launch:
    """Return the launch of a kernel on a packed record."""
    machine = ready.kernel.fast
    if machine.check(address, 0, 0) & OUTSIDE:
        raise Declined(InputOutside("an integer is beyond what machine code was made for"))
    threads = 1
    if ready.kernel.plan.cores:
        pool = get_pool(settings.threads)
        threads = pool.threads
        words[Header.RUN] = pool.run_address
    words[Header.BLOCKS] = 1 if threads == 1 else threads * BLOCKS_PER_THREAD
    scratch = np.empty(machine.scratch_words, np.int64) if machine.scratch_words else None
    if scratch is not None:
        words[Header.SCRATCH] = scratch.__array_interface__["data"][0]
    strict = bool(machine.watched_flags) and (warnings_may_raise() or errors_may_raise())
    if machine.watched_flags and np.geterr()["under"] != "ignore":
        raise Declined(UnderflowWatched("`numpy.errstate` asks for underflows to be told"))
    saved = ready.saved_if_raising if strict else ready.saved
    nest = ready.kernel.typing.nest
    operations = estimate_operations(nest, indices, arguments)
    per_iteration = operations / len(indices) * NATIVE_SECONDS_PER_OPERATION
    launch = Launch(
        ready.kernel,
        words,
        address,
        indices,
        {item.array: arguments[item.array] for item in saved},
        saved,
        Warned(site.info.path, frame.f_globals),
        per_iteration,
        threads=threads,
    )
    launch.scratch = scratch
    return launch


def errors_may_raise() -> bool:
    """Return whether NumPy is told to do anything but to warn about or ignore floating-point errors."""
    return any(mode not in ("warn", "ignore") for mode in np.geterr().values())


def finish(
    site: Site,
    state: SiteState,
    specialisation: Specialisation,
    launch: Launch,
    seconds: float,
) -> Outcome | None:
    """Return the outcome of a launch, and count it."""
    if launch.done:
        state.record.ran_native(seconds, launch.done, launch.threads)
    else:
        state.record.ran_interpreted()
    if launch.raised:
        message = f"iteration {launch.done} of `{specialisation.nest.loop.index}` "
        state.record.fell_back(IterationLeftNative(message + "raises, warns or leaves 64 bits"))
    if not launch.done:
        return Outcome(0, (), error=launch.error) if launch.error else None
    results = tuple(
        result(name, specialisation.layout, launch.words) for name in site.info.outputs
    )
    return Outcome(launch.done, results, error=launch.error)


def result(name: str, layout: Layout, words: np.ndarray[Any, Any]) -> object:
    """Return the value that a run left in a variable, as an object of CPython's type."""
    members = layout.members[name]
    member: Member = members[int(words[layout.tag(name)])]
    if member == UNBOUND_TYPE:
        return KEEP
    assert isinstance(member, Scalar)
    return _MAKERS[member](words, layout.payload(name, member))


def _numpy_maker(dtype: np.dtype[Any]) -> Callable[[np.ndarray[Any, Any], int], object]:
    def make(words: np.ndarray[Any, Any], word: int) -> object:
        raw = words[word : word + 2].tobytes()
        if dtype == np.complex64:
            raw = raw[:4] + raw[8:12]
        return np.frombuffer(raw, dtype, 1)[0]

    return make


_MAKERS: dict[Scalar, Callable[[np.ndarray[Any, Any], int], object]] = {
    PY_BOOL: lambda words, word: bool(words[word]),
    PY_INT: lambda words, word: int(words[word]),
    PY_FLOAT: lambda words, word: float(words[word : word + 1].view(np.float64)[0]),
    PY_COMPLEX: lambda words, word: complex(*words[word : word + 2].view(np.float64)),
    **{scalar: _numpy_maker(dtype) for dtype, scalar in _DTYPES.items()},
}
