"""What names stand for in front of a loop, as far as that can be told without running anything.

The values of a function's arguments are followed through its statements: arithmetic, `len`,
`.shape`, views, and arrays that NumPy makes of extents are computed; whatever else a statement
binds is not known from there on.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any, Final

import numpy as np

MOST_BYTES: Final = 1 << 32
"""Larger arrays are not made; they take memory only where something is written."""

MOST_ITEMS: Final = 1 << 20
"""Longer lists are not made."""

LARGEST: Final = 1 << 64
"""Integers beyond are not computed with."""


class NotKnown(Exception):  # noqa: N818 - nothing is wrong
    """The value of an expression cannot be told without running the program."""


@dataclass(slots=True)
class Known:
    """What is known at one place in the text of a function."""

    values: dict[str, Any]
    """Of its own names."""
    spaces: tuple[Mapping[str, Any], ...]
    """Where other names are looked up: globals, builtins."""
    unknown: set[str] = field(default_factory=set)
    """Own names that may be bound, to what nobody knows."""
    touched: bool = False
    """Whether the contents of lists and arrays may have changed since the call."""

    def copy(self) -> Known:
        """Return the same, to be changed on its own."""
        return Known({**self.values}, self.spaces, {*self.unknown}, self.touched)

    def forget(self, node: ast.AST) -> None:
        """Take what `node` does for unknown: it binds names, and may change what they hold."""
        for inner in ast.walk(node):
            match inner:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                    self._lose(name)
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    self._lose(name)
                case ast.ExceptHandler(name=str() as name):
                    self._lose(name)
                case ast.alias(name=name, asname=asname):
                    self._lose(asname or name.partition(".")[0])
        self.touched = True

    def _lose(self, name: str) -> None:
        self.values.pop(name, None)
        self.unknown.add(name)

    def bind(self, target: ast.expr, value: object) -> None:
        """Bind names as an assignment does; what is no name is taken for a change of contents."""
        match target:
            case ast.Name(id=name):
                self.unknown.discard(name)
                self.values[name] = value
            case ast.Tuple(elts=parts) if type(value) is tuple and len(value) == len(parts):
                for part, item in zip(parts, value, strict=True):
                    self.bind(part, item)
            case _:
                self.forget(target)

    def assign(self, statement: ast.Assign | ast.AnnAssign) -> None:
        """Do what an assignment does, as far as its value is known."""
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if statement.value is None:
            return
        try:
            value = self.value(statement.value)
        except NotKnown:
            self.forget(statement)
            return
        for target in targets:
            self.bind(target, value)

    def value(self, node: ast.expr) -> Any:
        """Return what `node` would give, or raise `NotKnown`."""
        try:
            return self._value(node)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, MemoryError):
            raise NotKnown from None  # running it would raise, or it is too large to find out

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.look_up(name)
            case ast.Tuple(elts=parts):
                return tuple(map(self._value, parts))
            case ast.List(elts=parts):
                return [*map(self._value, parts)]
            case ast.Attribute(value=of, attr=name):
                return _attribute(self._value(of), name)
            case ast.Subscript(value=of, slice=index):
                return _item(self._value(of), self._value(index))
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(*(None if p is None else self._value(p) for p in (lower, upper, step)))
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return _number(_UNARY[type(op)](_number(self._value(operand))))
            case ast.BinOp(left=ast.List() as left, op=ast.Mult(), right=right):
                return _repeated(self._value(left), self._value(right))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                operands = _number(self._value(left)), _number(self._value(right))
                return _number(_BINARY[type(op)](*operands))
            case ast.Call(func=callee, args=args, keywords=keywords):
                named = {k.arg: self._value(k.value) for k in keywords if k.arg is not None}
                if len(named) < len(keywords):
                    raise NotKnown
                return self._called(callee, [*map(self._value, args)], named)
        raise NotKnown

    def look_up(self, name: str) -> Any:
        """Return what `name` stands for, or raise `NotKnown`."""
        if name in self.unknown:
            raise NotKnown
        for space in (self.values, *self.spaces):
            if name in space:
                return space[name]
        raise NotKnown

    def _called(self, callee: ast.expr, args: list[Any], named: dict[str, Any]) -> Any:
        match callee:
            case ast.Attribute(value=of, attr="copy") if not args and not named:
                array = self._value(of)
                if type(array) is not np.ndarray:
                    raise NotKnown
                self.touched = True  # its contents are left out
                return _made([array], {})
        function = self._value(callee)
        if named and not set(named) <= {"dtype", "shape"}:
            raise NotKnown
        if any(function is one for one in _MAKERS):
            self.touched |= function not in (np.zeros, np.zeros_like)
            return _made(args, named)
        if function is len and not named:
            return len(_sequence(*args))
        if any(function is one for one in _PLAIN) and not named:
            return _number(function(*map(_number, args)))
        raise NotKnown


_UNARY: Final[Mapping[type[ast.unaryop], Callable[[Any], Any]]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_BINARY: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Div: operator.truediv,
}
_PLAIN: Final = (int, float, min, max, abs, math.sqrt, math.floor, math.ceil)
_MAKERS: Final = (np.zeros, np.ones, np.empty, np.zeros_like, np.ones_like, np.empty_like)
_ATTRIBUTES: Final = frozenset({"shape", "size", "ndim", "dtype", "T"})


def _number(value: Any) -> Any:
    if type(value) not in (bool, int, float) or abs(value) > LARGEST:
        raise NotKnown
    return value


def _sequence(value: Any) -> Any:
    if type(value) not in (list, tuple, np.ndarray):
        raise NotKnown
    return value


def _attribute(value: Any, name: str) -> Any:
    if type(value) is np.ndarray and name in _ATTRIBUTES:
        return getattr(value, name)
    if isinstance(value, ModuleType) and value.__name__ in ("numpy", "math"):
        return getattr(value, name)
    raise NotKnown


def _item(value: Any, index: Any) -> Any:
    if type(index) in (list, np.ndarray):
        raise NotKnown  # what an array picks is a copy
    return _sequence(value)[index]


def _repeated(items: list[Any], count: Any) -> list[Any]:
    if type(count) is not int or len(items) * count > MOST_ITEMS:
        raise NotKnown
    return items * count


def _made(args: list[Any], named: dict[str, Any]) -> Any:
    """Return what a function that makes arrays gives, of zeros: they take no memory."""
    like = bool(args) and type(args[0]) is np.ndarray
    shape = args[0].shape if like else named.get("shape", args[0] if args else None)
    plain = args[0].dtype if like else float
    dtype = np.dtype(named.get("dtype", args[1] if len(args) > 1 else plain))
    extents = shape if type(shape) is tuple else (shape,)
    if not all(type(extent) is int and extent >= 0 for extent in extents):
        raise NotKnown
    if dtype.hasobject or math.prod(extents) * dtype.itemsize > MOST_BYTES:
        raise NotKnown
    return np.zeros(extents, dtype)


def known_at_start(function: FunctionType, arguments: Mapping[str, Any]) -> Known:
    """Return what is known where the body of `function` begins, called with `arguments`."""
    values, unknown = dict(arguments), set[str]()
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            values[name] = cell.cell_contents
        except ValueError:
            unknown.add(name)
    return Known(values, (function.__globals__, builtins_of(function)), unknown)


def builtins_of(function: FunctionType) -> dict[str, Any]:
    """Return where `function` finds names that are not its own, and not global."""
    found: dict[str, Any] = getattr(function, "__builtins__")  # noqa: B009 - of 3.10
    return found
