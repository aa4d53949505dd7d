"""Random numbers that a loop draws, drawn before it: the same bits, and the same state after it.

A generator gives an array of numbers as it gives one after the other, which is tried out on a copy
of each kind of generator before it is relied upon. What a launch does not come to is given back:
the generator is set to its old state, and draws again what the iterations have taken that ran.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import BuiltinMethodType, MethodType
from typing import Any, Final

import numpy as np

from parloop.capture.sites import UNBOUND
from parloop.diagnostics import Declined
from parloop.frontend.codes import UnsupportedFunction
from parloop.ir.nodes import Draws
from parloop.ir.types import Array, Scalar
from parloop.runtime.arguments import SCALARS
from parloop.runtime.saving import SURELY_SMALL, free_memory

MOST_NUMBERS: Final = 1 << 27
"""More numbers than this are not drawn ahead: they take memory."""

_UNIFORM: Final = random.Random.uniform

_SAMPLE: Final = 67
"""How many numbers are tried out."""

_BIT_GENERATORS: Final = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")


@dataclass(slots=True)
class Drawn:
    """The numbers for all iterations, and what is needed to give some back."""

    source: _Source
    count: int
    """How many each iteration takes."""
    before: Any
    numbers: np.ndarray[Any, Any]
    element: Scalar

    def arrays(self, names: tuple[str, ...]) -> dict[str, np.ndarray[Any, Any]]:
        """Return what the calls of all iterations give, an array each."""
        return {name: self.numbers[place :: self.count] for place, name in enumerate(names)}

    def type(self) -> Array:
        """Return the type of these arrays."""
        return Array(self.element, 1, writable=True)

    def keep(self, done: int) -> None:
        """Leave the generator as `done` iterations leave it."""
        if done * self.count < len(self.numbers):
            self.source.restore(self.before)
            if done:
                self.source.draw(done * self.count)


@dataclass(frozen=True, slots=True)
class _Source:
    """One function of one generator, with its arguments."""

    call: Callable[..., Any]
    draw: Callable[[int], np.ndarray[Any, Any]]
    """Draws so many numbers."""
    state: Callable[[], Any]
    restore: Callable[[Any], None]
    kind: tuple[object, ...]
    """What decides whether `draw` gives what `call` gives."""


def find_function(path: str, look_up: Callable[[str], object]) -> object:
    """Return the function that the dotted name `path` means, UNBOUND for none."""
    root, *attributes = path.split(".")
    value = look_up(root)
    for attribute in attributes:
        value = getattr(value, attribute, UNBOUND) if _is_plain(value) else UNBOUND
    return value


def _is_plain(value: object) -> bool:
    """Return whether asking `value` for an attribute runs nobody's code."""
    kinds = (type(random), random.Random, np.random.Generator, np.random.RandomState)
    return type(value) in kinds


@dataclass(frozen=True, slots=True)
class Arguments:
    """The numbers that a function is called with."""

    plain: tuple[int | float, ...]
    named: dict[str, int | float]


def find_arguments(draws: Draws, look_up: Callable[[str], object]) -> Arguments:
    """Return the numbers that the calls of `draws` are given, or raise `Declined`."""

    def value(given: int | float | str) -> int | float:
        found = look_up(given) if isinstance(given, str) else given
        if type(found) not in (int, float, np.float64):
            raise Declined(UnsupportedFunction(f"`{given}` is no number that `{draws.path}` takes"))
        return found  # type: ignore[return-value]

    return Arguments(
        tuple(map(value, draws.arguments)), {word: value(given) for word, given in draws.named}
    )


def draw_ahead(draws: Draws, function: object, arguments: Arguments, trips: int) -> Drawn:
    """Return the numbers that `trips` iterations draw, or raise `Declined`."""
    source = _find_source(function, arguments)
    if source is None:
        raise Declined(UnsupportedFunction(f"`{draws.path}` is not a generator's that is known"))
    if sum(not thread.daemon for thread in threading.enumerate()) > 1:
        raise Declined(UnsupportedFunction(f"another thread may call `{draws.path}`"))
    total = trips * draws.count
    if total > MOST_NUMBERS or 8 * total > max(SURELY_SMALL, free_memory() // 2):
        raise Declined(UnsupportedFunction("the loop draws more numbers than memory is taken for"))
    before = source.state()
    try:
        element = _element_of(source, before)
        if element is None:
            message = f"`{draws.path}` does not draw many numbers as it draws one"
            raise Declined(UnsupportedFunction(message))
        return Drawn(source, draws.count, before, source.draw(total), element)
    except (TypeError, ValueError, OverflowError, MemoryError) as error:
        source.restore(before)
        raise Declined(UnsupportedFunction(f"`{draws.path}` raises: {error}")) from None
    except BaseException:
        source.restore(before)
        raise


_MOST_KINDS: Final = 4096
"""What so many calls with different arguments give is kept."""

_tried: dict[tuple[object, ...], Scalar | None] = {}


def _element_of(source: _Source, before: Any) -> Scalar | None:
    """Return the type of the numbers, None where many are not what one after the other is."""
    if source.kind not in _tried:
        if len(_tried) >= _MOST_KINDS:
            _tried.clear()
        singles = [source.call() for _ in range(_SAMPLE)]
        state = source.state()
        source.restore(before)
        many = source.draw(_SAMPLE)
        same = _is_same(state, source.state())
        source.restore(before)
        kinds = {*map(type, singles)}
        element = SCALARS.get(kinds.pop()) if len(kinds) == 1 else None
        if element is not None and (element.kind not in "if" or element.bits != 64):
            element = None
        bits = np.array(singles, many.dtype).tobytes() if element is not None else b""
        fits = element is not None and many.dtype == np.dtype(f"{element.kind}8")
        _tried[source.kind] = element if fits and same and bits == many.tobytes() else None
    return _tried[source.kind]


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[k], other[k]) for k in one)
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other))
    return bool(one == other)


def _find_source(function: object, arguments: Arguments) -> _Source | None:
    if type(function) not in (BuiltinMethodType, MethodType):
        return None
    name: str = getattr(function, "__name__", "")
    owner: Any = getattr(function, "__self__", None)
    kind, plain, named = type(owner), arguments.plain, arguments.named
    key = (kind, name, repr(arguments))
    if kind is random.Random:
        return None if named else _of_python(function, owner, name, plain)
    if kind is np.random.RandomState and function == getattr(owner, name, None):
        of_shape = name in ("rand", "randn")
        if of_shape and (plain or named):
            return None
        old = getattr(owner, name)
        return _Source(
            lambda: old(*plain, **named),
            lambda n: old(n) if of_shape else old(*plain, **named, size=n),
            lambda: owner.get_state(legacy=False),
            owner.set_state,
            (*key, owner.get_state(legacy=False)["bit_generator"]),
        )
    if kind is np.random.Generator and function == getattr(owner, name, None):
        bits = owner.bit_generator
        if type(bits).__name__ not in _BIT_GENERATORS:
            return None
        call = getattr(owner, name)
        return _Source(
            lambda: call(*plain, **named), lambda n: call(*plain, **named, size=n),
            lambda: bits.state, lambda state: setattr(bits, "state", state), (*key, type(bits)),
        )  # fmt: skip
    return None


def _of_python(
    function: Any, owner: Any, name: str, arguments: tuple[int | float, ...]
) -> _Source | None:
    """Return a function of `random`, whose numbers NumPy's Mersenne Twister draws as well."""
    twin = np.random.RandomState(0)

    def draw(count: int) -> np.ndarray[Any, Any]:
        version, words, gauss = owner.getstate()
        twin.set_state(("MT19937", np.array(words[:-1], np.uint32), int(words[-1]), 0, 0.0))
        numbers = twin.random_sample(count)
        after: Any = twin.get_state()
        owner.setstate((version, (*after[1].tolist(), int(after[2])), gauss))
        if name == "uniform":
            low, high = arguments
            return low + (high - low) * numbers
        return numbers

    bound: Any = owner.random
    if type(bound) is not BuiltinMethodType or id(bound.__self__) != id(owner):
        return None
    if name == "random" and function == bound:
        plain = not arguments
    else:
        uniform = getattr(function, "__func__", None) is _UNIFORM
        plain = name == "uniform" and uniform and len(arguments) == 2
    if not plain:
        return None
    key = (random.Random, name, repr(arguments))
    return _Source(lambda: function(*arguments), draw, owner.getstate, owner.setstate, key)


