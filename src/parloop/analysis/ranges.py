"""Where subscripts may leave their arrays: conditions on the parameters, tested before a launch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from parloop.analysis.accesses import Access, Collected
from parloop.analysis.affine import EVERYTHING, Affine, System, constant, symbol
from parloop.analysis.conditions import Condition
from parloop.analysis.elimination import ContradictionError, normal_equality, normal_inequality
from parloop.analysis.projection import Projection, project_to_parameters, simplified
from parloop.ir.nodes import Load, Store


@dataclass(frozen=True, slots=True)
class SubscriptRange:
    """One subscript of an access: when it may be below zero, and when it may reach the extent.

    None means that it cannot be described by the parameters, so that every access needs a check.
    """

    lower: tuple[Condition, ...] | None
    upper: tuple[Condition, ...] | None
    from_end: bool = False
    """Whether the subscript is always negative, so that the extent is to be added: the conditions
    describe the sum."""


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """One `Load` or `Store`, in order of evaluation."""

    node: Load | Store
    array: str
    is_write: bool
    loops: tuple[int, ...]
    affine: tuple[bool, ...]
    ranges: tuple[SubscriptRange, ...]
    exact: bool  # whether the access is surely made in the iterations that the conditions describe

    @property
    def node_id(self) -> int:
        """`id` of the node."""
        return id(self.node)

    @property
    def lower(self) -> tuple[Condition, ...] | None:
        """Where some subscript is negative: legal in Python, but it counts from the end."""
        return _union([r.lower for r in self.ranges])

    @property
    def upper(self) -> tuple[Condition, ...] | None:
        """Where some subscript reaches the extent."""
        return _union([r.upper for r in self.ranges])

    @property
    def violations(self) -> tuple[Condition, ...] | None:
        """Where some subscript is outside `0 <= subscript < extent`."""
        return _union([self.lower, self.upper])


def _union(parts: list[tuple[Condition, ...] | None]) -> tuple[Condition, ...] | None:
    found: list[Condition] = []
    for part in parts:
        if part is None:
            return None
        found += [condition for condition in part if condition not in found]
    return tuple(found)


def describe_ranges(collected: Collected) -> tuple[AccessFacts, ...]:
    """Return for every access when its subscripts may be out of range."""
    describer = _Describer(collected)
    return tuple(describer.describe(access) for access in collected.accesses)


MAX_WAYS = 4
"""More combinations of ways than this are not told apart."""

LIMIT = "%limit"
"""A parameter of our own: what a subscript is compared with. Accesses that differ only by constants
and extents share one query, and each puts its own limit in."""


class _Describer:
    def __init__(self, collected: Collected) -> None:
        self.collected = collected
        self.cache: list[tuple[list[System], Affine, str, SubscriptRange]] = []
        self.queries: list[tuple[System, Affine, Projection]] = []

    def describe(self, access: Access) -> AccessFacts:
        return AccessFacts(
            access.node,
            access.array,
            access.is_write,
            access.loops,
            tuple(subscript is not None for subscript in access.subscripts),
            tuple(self.range_of(access, axis) for axis in range(len(access.subscripts))),
            access.exact,
        )

    def range_of(self, access: Access, axis: int) -> SubscriptRange:
        subscript = access.subscripts[axis]
        if subscript is None:
            return SubscriptRange(None, None)
        wraps = access.from_end[axis]
        name = f"{access.array}.shape[{axis}]"
        domains = self.domains(access)
        for known, value, other, found in self.cache:
            if (
                value == subscript
                and other == name
                and found.from_end == wraps
                and known == domains
            ):
                return found
        extent = self.collected.extents[name]
        found = SubscriptRange(
            _union([self.where(domain, subscript.scaled(-1), constant(1)) for domain in domains]),
            _union([self.where(domain, subscript, extent) for domain in domains]),
            wraps,
        )
        self.cache.append((domains, subscript, name, found))
        return found

    def domains(self, access: Access) -> list[System]:
        """Return the iterations of `access`, apart for each way that loops of unknown step go."""
        domains = [access.domain]
        for loop in access.loops:
            ways = self.collected.loops[loop].ways
            if ways != (EVERYTHING,) and len(domains) <= MAX_WAYS:
                domains = [domain & way for domain in domains for way in ways]
        return domains

    def where(
        self, domain: System, value: Affine, limit: Affine
    ) -> tuple[Condition, ...] | None:
        """Return the parameters for which `value >= limit` somewhere in `domain`."""
        shape = Affine(value.terms, 0)
        limit = limit.shifted(-value.constant)
        context = self.collected.context
        query = self.query(domain, shape)
        pieces = [_with_limit(condition, limit) for condition in query.conditions]
        found = simplified([piece for piece in pieces if piece is not None], context)
        if any(condition.is_certain for condition in found):
            return None
        return found

    def query(self, domain: System, shape: Affine) -> Projection:
        for known, other, found in self.queries:
            if other == shape and known == domain:
                return found
        system = domain & System(nonnegative=(shape - symbol(LIMIT),))
        found = project_to_parameters(system, EVERYTHING)
        self.queries.append((domain, shape, found))
        return found


def _with_limit(condition: Condition, limit: Affine) -> Condition | None:
    """Return `condition` with the limit put in, None if that contradicts it."""
    try:
        zero = [normal_equality(row.replaced(LIMIT, limit)) for row in condition.system.zero]
        rows = [
            normal_inequality(row.replaced(LIMIT, limit)) for row in condition.system.nonnegative
        ]
    except ContradictionError:
        return None
    quotients = tuple(
        replace(quotient, numerator=quotient.numerator.replaced(LIMIT, limit))
        for quotient in condition.quotients
    )
    system = System(
        tuple(row for row in zero if row is not None),
        tuple(row for row in rows if row is not None),
    )
    return Condition(system, quotients, condition.exact)
