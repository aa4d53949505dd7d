"""What CPython does with the elements of Numba's arrays on the GPU (`DeviceNDArray`).

As their source says, which is compared before anything is taken for granted:

- `d[i]` copies an element to the host, and is a NumPy scalar of the array's type. Subscripts count
  from the end as NumPy's do; `i + 1` is computed, so the largest value of a narrow integer type is
  none. A subscript outside raises `IndexError`.
- `d[i] = x` makes an array of `x` (an `int` becomes an `int64`), copies it to the GPU and converts
  it there, by the rules of CUDA and without a word of warning. So what is stored has to have the
  array's type already, or to be a number that has the same value in it.
- The first store of an element has Numba warn that its kernel for this is small.
- `len(d)` and `d.shape` are Python's numbers. Everything else is not for machine code.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from parloop.diagnostics import Declined
from parloop.ir.nodes import Const, Expr, For, Load, Name, Slice, Stmt, Store
from parloop.ir.types import NP_FLOAT64, PY_INT, Member, Scalar
from parloop.ir.walk import all_expressions, statements
from parloop.runtime.arguments import DTYPES, SCALARS
from parloop.runtime.gpu.codes import GpuDeclined
from parloop.runtime.inspector import Launched, known_value
from parloop.staging.rules_base import default_type, integer_bounds
from parloop.staging.specialise import Typing

_ARRAYS: Final = "numba.cuda.cudadrv.devicearray"
_LAYOUTS: Final = "numba.cuda.cudadrv.dummyarray"
_LAUNCHES: Final = "numba.cuda.dispatcher"

_SOURCE: Final = (
    (_ARRAYS, "DeviceNDArray.__getitem__"),
    (_ARRAYS, "DeviceNDArray.__setitem__"),
    (_ARRAYS, "DeviceNDArray._do_getitem"),
    (_ARRAYS, "DeviceNDArray._do_setitem"),
    (_ARRAYS, "DeviceNDArray.__len__"),
    (_LAYOUTS, "Dim.__getitem__"),
    (_LAYOUTS, "Array.__getitem__"),
    (_LAYOUTS, "Array._compute_extent"),
    (_LAYOUTS, "_compute_size"),
)
"""The functions that say what an element is."""

SOURCE_DIGEST: Final = "42fece228fb1ef72"
"""Of these functions in Numba 0.61 to 0.68, and in numba-cuda 0.4 to 0.30."""

_checked: dict[type, tuple[bool, tuple[object, ...]]] = {}
"""By class, whether it is known, and the methods that it had when that was found out."""


def device_class() -> type | None:
    """Return the class of Numba's arrays on the GPU, None where there can be none of them."""
    module = sys.modules.get(_ARRAYS)
    found = getattr(module, "DeviceNDArray", None)
    return found if isinstance(found, type) else None


def require_known(kind: type) -> None:
    """Decline where the class is not the one whose source we have read."""
    methods = tuple(vars(kind).get(name) for name in ("__getitem__", "__setitem__", "__len__"))
    known = _checked.get(kind)
    if known is None:
        known = _checked[kind] = source_digest() == SOURCE_DIGEST, methods
    if known != (True, methods):
        raise Declined(GpuDeclined("this version of Numba has arrays that are not known here"))


def source_digest() -> str:
    """Return what stands for the text of `_SOURCE`, without comments and docstrings."""
    found = hashlib.sha256()
    for module, path in _SOURCE:
        value: Any = sys.modules.get(module)
        for part in path.split("."):
            value = getattr(value, part, None)
        try:
            text = textwrap.dedent(inspect.getsource(value)) if callable(value) else ""
        except (OSError, TypeError):
            text = ""
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                is_text = isinstance(node.body[0], ast.Expr)
                node.body = node.body[is_text:] or [ast.Pass()]
        found.update(ast.unparse(tree).encode())
    return found.hexdigest()[:16]


def check_uses(typing: Typing, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Decline where a nest does with `arrays` on the GPU what machine code cannot do alike."""
    body = (typing.nest.loop,)
    for expr in all_expressions(body):
        match expr:
            case Name(id=name) if name in arrays:
                raise Declined(GpuDeclined(f"`{name}` on the GPU is used as a whole"))
            case Load(array=name, subscripts=subscripts) if name in arrays:
                _check_subscripts(name, arrays[name], subscripts, typing)
            case _:
                pass
    for stmt in statements(body):
        if isinstance(stmt, Store) and stmt.array in arrays:
            array = arrays[stmt.array]
            _check_subscripts(stmt.array, array, stmt.subscripts, typing)
            members = typing.of.get(id(stmt.value), frozenset())
            if not keeps_value(stmt.value, members, DTYPES[array.dtype]):
                message = f"Numba has its own rules to store {_words(members)} in `{stmt.array}`"
                raise Declined(GpuDeclined(f"{message}, which has `{array.dtype}`"))


def _words(members: frozenset[Member]) -> str:
    return " or ".join(f"`{member}`" for member in sorted(members, key=str)) or "this"


def _check_subscripts(
    name: str, array: np.ndarray[Any, Any], subscripts: tuple[Expr, ...], typing: Typing
) -> None:
    if len(subscripts) != array.ndim or any(isinstance(s, Slice) for s in subscripts):
        raise Declined(GpuDeclined(f"a part of `{name}` on the GPU is taken"))
    for subscript, extent in zip(subscripts, array.shape, strict=True):
        for member in typing.of.get(id(subscript), frozenset()) or {None}:
            if member == PY_INT:
                continue
            integer = isinstance(member, Scalar) and member.owner == "numpy" and member.kind in "iu"
            if not integer or extent > integer_bounds(member)[1]:  # type: ignore[arg-type]
                message = f"`{name}` on the GPU is subscripted with `{member}`"
                raise Declined(GpuDeclined(message))


def keeps_value(value: Expr, members: frozenset[Member], element: Scalar) -> bool:
    """Return whether Numba stores exactly `value`, which has one of the types `members`."""
    if isinstance(value, Const):
        return _is_number_of(value.value, element)
    return bool(members) and all(
        isinstance(member, Scalar)
        and (default_type(member) == element or (member, element) == (PY_INT, NP_FLOAT64))
        for member in members
    )


def _is_number_of(number: bool | float | complex, element: Scalar) -> bool:
    """Return whether a constant has the same value in the type of an element."""
    if default_type(SCALARS[type(number)]) == element:
        return type(number) is not int or -(2**63) <= number < 2**63
    if type(number) is int and element.kind in "iu":
        low, high = integer_bounds(element)
        return low <= number <= min(high, 2**63 - 1)
    if type(number) in (int, float) and element.kind == "f":
        if type(number) is int:
            return abs(number) < 2**24
        with np.errstate(all="ignore"):
            return float(np.float32(number)) == number  # type: ignore[arg-type]
    return False


def surely_stores(loop: For, indices: range, names: frozenset[str], given: Any) -> bool:
    """Return whether at least one element of the arrays `names` is stored."""
    launched = Launched(indices, given, 1)
    return bool(indices) and any(stmt.array in names for stmt in _surely(loop.body, launched))


def _surely(body: tuple[Stmt, ...], launched: Launched) -> Iterator[Store]:
    """Yield stores that run if `body` does."""
    for stmt in body:
        match stmt:
            case Store():
                yield stmt
            case For(start=start, stop=stop, step=step):
                bounds = [known_value(each, launched) for each in (start, stop, step)]
                if None not in bounds and bounds[2] and range(*bounds):  # type: ignore[arg-type]
                    yield from _surely(stmt.body, launched)
            case _:
                return  # what leaves an iteration may stand in it


def warns_of_stores() -> bool:
    """Return whether a store has Numba warn, as far as its own settings go."""
    settings = getattr(sys.modules.get(_LAUNCHES), "config", None)
    return bool(
        getattr(settings, "CUDA_LOW_OCCUPANCY_WARNINGS", False)
        and not getattr(settings, "DISABLE_PERFORMANCE_WARNINGS", False)
    )


def is_said_once() -> bool:
    """Return whether a warning of Numba's would be seen at most once at its place."""
    if warnings.showwarning is not getattr(warnings, "_showwarning_orig", warnings.showwarning):
        return False
    category = _category()
    if category is None:
        return False
    for action, message, kind, module, line in warnings.filters:
        if issubclass(category, kind):
            if action in ("error", "always", "all"):
                return False
            if message is None and module is None and line == 0:
                return True
    return warnings.defaultaction not in ("error", "always")  # type: ignore[attr-defined]


def _category() -> type[Warning] | None:
    launches = sys.modules.get(_LAUNCHES)
    for place in (launches, getattr(launches, "errors", None)):
        found = getattr(place, "NumbaPerformanceWarning", None)
        if isinstance(found, type):
            return found
    return None


def warn_of_stores() -> None:
    """Have Numba say what it says of the kernel by which it stores an element."""
    launches = sys.modules.get(_LAUNCHES)
    said = getattr(launches, "__warningregistry__", {})
    if not any(isinstance(key, tuple) and key[0].startswith("Grid size 1 ") for key in said):
        vars(launches)["_LaunchConfiguration"](None, (1, 1, 1), (1, 1, 1), 0, 0)
