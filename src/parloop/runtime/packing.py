"""An entry of a site: what it is given, looked at, and packed into a record."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final, NamedTuple

import numpy as np

from parloop.capture import renting
from parloop.capture.comprehensions import SUM, is_term
from parloop.capture.sites import Site
from parloop.codegen.layout import Header
from parloop.config import Settings
from parloop.diagnostics import Declined, Diagnostic
from parloop.frontend.codes import UnsupportedFunction
from parloop.ir.nodes import Draws, Nest, Store
from parloop.ir.types import PY_BOOL, PY_COMPLEX, PY_FLOAT, PY_INT, UNBOUND, Scalar
from parloop.ir.walk import handles_arrays, loops, statements
from parloop.runtime import work
from parloop.runtime.arrays import with_scratch
from parloop.runtime.capi import numpy_code
from parloop.runtime.codes import (
    CannotBeUndone,
    InputOutside,
    ListNotSupported,
    ValueNotSupported,
)
from parloop.runtime.declining import count_small
from parloop.runtime.draws import Drawn, draw_ahead, find_arguments, find_function
from parloop.runtime.gpu.interface import DeviceArray
from parloop.runtime.lists import (
    Appended,
    Lists,
    copy_lists,
    is_available,
)
from parloop.runtime.overwritten import written_arrays
from parloop.runtime.replaced import (
    copy_replaced,
    guess_replaced,
    kind_of,
    require_one_type,
)
from parloop.runtime.resting import ask_for_larger
from parloop.runtime.resuming import Resumption
from parloop.runtime.saving import (
    SURELY_SMALL,
    free_memory,
)
from parloop.runtime.specialisation import Specialisation
from parloop.runtime.state import SiteState
from parloop.schedule.cost import estimate, interpreter_seconds, takes_whole_arrays
from parloop.staging.moves import Moves
from parloop.staging.replaced import with_notes
from parloop.staging.rows import Row

DEVICE_OPERATIONS = 100
"""By so much, at least, a loop takes longer in the interpreter whose arrays are on the GPU."""

MOST_SMALL = 256
"""Of how many sizes of loops a site remembers that they do not pay."""


class Packed(NamedTuple):
    """A record with everything in it that a launch is given."""

    specialisation: Specialisation
    words: np.ndarray[Any, Any]
    may_overlap: bool
    """Whether some arrays may share memory."""
    arguments: Mapping[str, Any]
    """The inputs by name, scratch arrays included."""


def require_plain_sum(specialisation: Specialisation) -> None:
    """Raise Declined where `sum` of many items does more than add.

    From Python 3.12 on it keeps track of what additions of floats lose, and of complex numbers
    from 3.14 on.
    """
    if sys.version_info < (3, 12):
        return
    for name, members in specialisation.layout.members.items():
        more = name == SUM and (PY_FLOAT in members or PY_COMPLEX in members)
        if more or (is_term(name) and not any(kinds.issuperset(members) for kinds in _TERMS)):
            message = "`sum` does more with floats than to add them, from Python 3.12 on"
            raise Declined(ValueNotSupported(message))


_TERMS: Final = ({PY_FLOAT, UNBOUND}, {PY_INT, PY_BOOL, UNBOUND})
"""Types of what `frontend.reductions` adds as `sum` does."""


@dataclass(slots=True)
class Packing:
    """One entry of a site, and what it was given."""

    site: Site
    state: SiteState
    settings: Settings
    indices: range
    values: tuple[object, ...]
    frame: FrameType
    first: int = 0
    """How many iterations have run before."""
    resumption: Resumption | None = None
    """What is known of the attempts before this one, if there was one."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """The inputs by name, as the user's objects."""
    lists: Lists | None = None
    drawn: Drawn | None = None
    """The random numbers that were drawn for the loop."""
    replaced: Mapping[str, Scalar] = field(default_factory=dict)
    """The lists that get items of another type, and which."""
    rows: Mapping[str, Row] = field(default_factory=dict)
    """The names that are left with rows of lists."""
    device_arrays: Mapping[str, DeviceArray] = field(default_factory=dict)
    """The arrays that are on the GPU already."""
    reason: Diagnostic | None = None
    """Why the GPU does not run a loop over them."""

    def keep_reason(self, why: Diagnostic) -> None:
        """Keep why the GPU does not run the loop."""
        self.reason = why

    @property
    def left(self) -> range:
        """The range of the iterations that have not run."""
        return self.indices[self.first :] if self.first else self.indices

    def draw(self, draws: Draws) -> Mapping[str, np.ndarray[Any, Any]]:
        """Return the random numbers for all iterations, by name, as if they were lists."""
        if self.settings.verify or self.first or not is_available():
            raise Declined(UnsupportedFunction("random numbers are not drawn twice"))
        if self.indices.start != draws.start or self.indices.step != 1:
            raise Declined(UnsupportedFunction("the loop draws numbers and begins elsewhere"))
        passed = dict(zip(self.site.info.passed, self.values, strict=True))

        def look_up(name: str) -> object:
            known = name in passed
            return passed[name] if known else self.site.look_up(self.frame, name)

        if self.drawn is None:
            function = find_function(draws.path, look_up)
            arguments = find_arguments(draws, look_up)
            self.drawn = draw_ahead(draws, function, arguments, len(self.indices))
        if self.lists is None:
            self.lists = Lists({}, {}, ())
        arrays = self.drawn.arrays(draws.names)
        self.lists.arrays.update(arrays)
        self.lists.types.update(dict.fromkeys(arrays, self.drawn.type()))
        return arrays

    def copy(
        self,
        nest: Nest,
        found: Mapping[str, list[Any]],
        moves: Moves,
        appended: tuple[Appended, ...],
    ) -> Nest:
        """Copy the lists `found`; return the nest with notes of what gets items of other types."""
        known, written = self.state.replaced, written_arrays(nest)
        others = Counter(map(id, found.values()))
        self.replaced = {
            name: known[name, kind_of(items)]
            for name, items in found.items()
            if name in written and (name, kind_of(items)) in known and others[id(items)] == 1
        }
        plain = {name: items for name, items in found.items() if name not in self.replaced}
        try:
            self.lists = copy_lists(plain, written, moves, appended)
        except Declined:
            guessed = [n for n in guess_replaced(nest, plain) if others[id(plain[n])] == 1]
            if not guessed:
                raise
            for name in guessed:
                known[name, kind_of(plain[name])] = PY_FLOAT
            return self.copy(nest, found, moves, appended)
        for name, element in self.replaced.items():
            copy_replaced(name, found[name], element, nest, moves, self.lists)
        if not self.replaced:
            return nest
        names = tuple(sorted(self.replaced))
        key = nest is self.state.nest, names
        if key not in self.state.noted:
            self.state.noted[key] = with_notes(nest, names)
        return self.state.noted[key]

    def require_one_type(self, specialisation: Specialisation) -> None:
        """Raise `Declined` where a list gets items of several types."""
        if specialisation.expansion is not None:
            raise Declined(ListNotSupported("a list gets items of another type beside arrays"))
        require_one_type(specialisation.typing, self.replaced)

    def pays(self, operations: float) -> bool:
        """Return whether a launch of so many operations is large enough for machine code."""
        if self.resumption is not None:
            return True  # which says when to try
        if self.device_arrays:
            operations *= DEVICE_OPERATIONS
        if not self.state.certain:
            operations *= work.UNEVEN
        return work.pays(operations, self.settings)

    def waits(self, operations: float, price: float) -> bool:
        """Return whether the interpreter runs the loop because it has not cost `price` yet."""
        if not renting.may_wait(self.settings):
            return False
        seconds = interpreter_seconds(operations)
        if self.device_arrays:
            seconds *= DEVICE_OPERATIONS
        if not self.state.certain:
            seconds *= work.UNEVEN
        if not renting.waits(self.site, seconds, price):
            return False
        self.state.record.ran_interpreted(seconds)
        return True

    def too_small(self, nest: Nest, operations: float) -> None:
        """Count an entry that does not pay."""
        seconds = interpreter_seconds(operations)
        self.state.record.ran_interpreted(seconds)
        if self.device_arrays:
            return
        known = dict(zip(self.site.info.passed, self.values, strict=True))
        of_arrays = handles_arrays(nest) or takes_whole_arrays(nest, known)
        each = operations / len(self.indices) if of_arrays else None
        ask_for_larger(self.site, nest, self.settings, each)
        self.state.largest = max(self.state.largest, operations / len(self.indices))
        count_small(self.site, self.state, self.settings)
        passed = self.site.info.passed
        if self.state.settings is not None and all(n in passed for n in nest.inputs):
            if len(self.state.small) >= MOST_SMALL:
                self.state.small = {}
            self.state.small[work.sizes(self.indices, self.values)] = seconds

    def pack_as_before(self, given: Mapping[str, Any]) -> Packed | None:
        """Pack for the types of the last launch; None if these are others."""
        last = self.state.last
        if last is None or len(given) != last.n_given:
            return None
        types = {} if self.lists is None else self.lists.types
        copied = {
            n: t for n, t in last.arrays.items() if t.dtype.owner == "python" or n in types
        }
        for name, _ in last.nest.appends:
            copied.pop(name, None)
        if types != copied:
            return None
        try:
            return self.pack(last, given)
        except (Declined, KeyError):
            return None

    def pack(self, specialisation: Specialisation, arguments: Mapping[str, Any]) -> Packed:
        """Return a packed record, and what else a launch on it takes."""
        if specialisation.expansion is not None:
            arguments = with_scratch(specialisation.expansion, arguments)
        if self.lists is not None and self.lists.appended:
            arguments = {**arguments, **self.make_rooms(specialisation)}
        words, address = specialisation.new_record()
        indices = self.indices
        try:
            words[Header.START], words[Header.STOP] = indices.start, indices.stop
            words[Header.STEP] = indices.step
        except OverflowError:
            raise Declined(InputOutside("a bound of the range does not fit in 64 bits")) from None
        inputs = specialisation.inputs
        packed = specialisation.entry.pack(address, *[arguments[name] for name in inputs])
        if packed > 0:
            name = inputs[packed - 1]
            raise Declined(InputOutside(f"`{name}` is not what machine code can take"))
        return Packed(specialisation, words, packed < 0, arguments)

    def make_rooms(self, specialisation: Specialisation) -> dict[str, np.ndarray[Any, Any]]:
        """Return arrays for what the launch appends to lists: at most one item an append."""
        assert self.lists is not None
        rooms: dict[str, np.ndarray[Any, Any]] = {}
        stores = [s for s in statements((specialisation.nest.loop,)) if isinstance(s, Store)]
        for appended in self.lists.appended:
            most = self.most_appended(specialisation, appended.name, stores)
            appended.element = specialisation.arrays[appended.name].dtype
            if most * appended.element.bits // 8 > max(SURELY_SMALL, free_memory() // 2):
                message = f"there is no memory for what is appended to `{appended.name}`"
                raise Declined(CannotBeUndone(message))
            appended.data = np.empty(most, numpy_code(appended.element))
            if appended.counter:
                appended.word = specialisation.layout.payload(appended.counter, PY_INT)
            rooms[appended.name] = appended.data
        return rooms

    def most_appended(
        self, specialisation: Specialisation, name: str, stores: list[Store]
    ) -> int:
        """Return for how many items there is to be room; an iteration that finds none left raises.

        It need not be all of them only where loops inside append.
        """
        nest = specialisation.nest
        inside = {id(s) for loop in loops(nest.loop.body) for s in statements(loop.body)}
        mine = [s for s in stores if s.array == name]
        once = sum(id(s) not in inside for s in mine)
        most = len(self.indices) * once  # the first places may be those of earlier launches
        if once < len(mine):
            theirs = {id(s): 1.0 for s in mine if id(s) in inside}

            def weigh(part: object) -> float:
                return theirs.get(id(part), 0.0)

            most += int(2 * estimate(nest, self.indices, self.given, weigh)) + 64
        return most
