"""What the caller of the analysis already knows: nothing at stage 0, values and overlaps later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from parloop.ir.nodes import Extent


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about the names that a nest takes from around it. The default knows nothing.

    Parameters are named by strings: a scalar input by its name (`n`, `%stop`), an extent as the
    user would write it (`a.shape[0]`, `a.size`).
    """

    values: Mapping[str, int] = field(default_factory=dict)
    """Parameters whose value is known; it is put in, so that products become affine."""

    merged: Mapping[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    """Arrays that are views of another: `a: (base, shift)` means that `a[i, j]` is the element
    `base[i + shift[0], j + shift[1]]`. The base may be a name outside the nest."""

    overlapping: frozenset[frozenset[str]] = frozenset()
    """Pairs of arrays that share memory in a way that is not known; a single name `{a}` means that
    `a` overlaps itself (broadcast or strided onto its own elements)."""

    opaque: frozenset[str] = frozenset()
    """Scalar inputs that are not exact integers at run time (floats, narrow NumPy integers): no
    subscript, bound or test that reads them is affine."""


NO_FACTS = Facts()


def extent_name(extent: Extent, rank: int | None) -> str:
    """Return the parameter that stands for `extent`, of an array of `rank` dimensions."""
    if extent.axis is None:
        return f"{extent.array}.size" if rank != 1 else f"{extent.array}.shape[0]"
    axis = extent.axis
    if axis < 0 and rank is not None:
        axis += rank
    return f"{extent.array}.shape[{axis}]"
