"""A builder with the methods of LLVM's, which writes C++.

    builder.fadd(x, builder.load(slot, typ=F64))      becomes     x + s

Values that are used once are written where they are used, others get a name. What reads a variable
or memory is given its name before anything that may change that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from llvmlite import ir

from parloop.codegen.cuda.library import bound_of, plain_name
from parloop.codegen.cuda.values import (
    Address,
    Names,
    Operand,
    Place,
    Value,
    container,
    is_constant,
    literal,
    signed_literal,
    signed_name,
    type_name,
)
from parloop.codegen.events import F32, F64, I1, I64, POINTER


@dataclass(eq=False, slots=True)
class Line:
    """A line of the text: a value, a statement, or the border of a block."""

    kind: str
    """`value`, `do`, `open`, `loop`, `middle`, `close`, `note`."""
    template: str = ""
    operands: tuple[Operand, ...] = ()
    value: Value | None = None


@dataclass(slots=True)
class Body:
    """The lines of a kernel, in order."""

    names: Names
    lines: list[Line] = field(default_factory=list)

    def do(self, template: str, *operands: Operand) -> None:
        """Add a statement."""
        self.lines.append(Line("do", template, operands))

    def note(self, text: str) -> None:
        """Add a comment."""
        self.lines.append(Line("note", text))

    @contextmanager
    def block(self, template: str, *operands: Operand) -> Iterator[None]:
        """Put what is written meanwhile into braces behind `template`."""
        self.lines.append(Line("open", template, operands))
        yield
        self.lines.append(Line("close", "}"))

    @contextmanager
    def loop(self, template: str, *operands: Operand) -> Iterator[None]:
        """The same for a loop: its operands are computed once, before it."""
        self.lines.append(Line("loop", template, operands))
        yield
        self.lines.append(Line("close", "}"))

    def otherwise(self) -> None:
        """Begin the `else` of the block being written."""
        self.lines.append(Line("middle", "} else {"))


class Builder:
    """Writes C++ where `llvmlite.ir.IRBuilder` would write LLVM IR."""

    def __init__(self, body: Body) -> None:
        self.body = body

    def value(
        self, type_: Any, template: str, *operands: Operand, atomic: bool = False,
        reads: bool = False, name: str = "",
    ) -> Value:
        """Return a new value."""
        made = Value(type_, template, operands, atomic, reads, name)
        self.body.lines.append(Line("value", value=made))
        return made

    # integers

    def add(self, left: Operand, right: Operand, flags: tuple[str, ...] = ()) -> Operand:
        """Return the sum, wrapped."""
        if is_zero(left):
            return right
        if is_zero(right):
            return left
        return self._integers("+", left, right)

    def sub(self, left: Operand, right: Operand, flags: tuple[str, ...] = ()) -> Operand:
        """Return the difference, wrapped."""
        return left if is_zero(right) else self._integers("-", left, right)

    def mul(self, left: Operand, right: Operand, flags: tuple[str, ...] = ()) -> Operand:
        """Return the product, wrapped."""
        if is_one(left):
            return right
        return left if is_one(right) else self._integers("*", left, right)

    def neg(self, value: Operand) -> Operand:
        """Return the negative number, wrapped."""
        return self._integers("-", ir.Constant(value.type, 0), value)

    def not_(self, value: Operand) -> Operand:
        """Return the complement."""
        if value.type == I1:
            return self.value(I1, "!{0}", value, atomic=True)
        return self._narrowed(value.type, "~{0}", value)

    def and_(self, left: Operand, right: Operand) -> Operand:
        """Return the bits that both have."""
        if left.type == I1:
            for one, other in ((left, right), (right, left)):
                if is_constant(one):
                    return other if one.constant else ir.Constant(I1, 0)
            return self.value(I1, "{0} && {1}", left, right)
        return self._integers("&", left, right)

    def or_(self, left: Operand, right: Operand) -> Operand:
        """Return the bits that one of them has."""
        if left.type == I1:
            for one, other in ((left, right), (right, left)):
                if is_constant(one):
                    return ir.Constant(I1, 1) if one.constant else other
            return self.value(I1, "{0} || {1}", left, right)
        return self._integers("|", left, right)

    def xor(self, left: Operand, right: Operand) -> Operand:
        """Return the bits in which they differ."""
        if left.type == I1:
            return self.value(I1, "{0} != {1}", left, right)
        return self._integers("^", left, right)

    def shl(self, left: Operand, right: Operand) -> Operand:
        """Return the bits shifted up; `right` is less than the width."""
        return self._integers("<<", left, right)

    def lshr(self, left: Operand, right: Operand) -> Operand:
        """Return the bits shifted down, with zeros from above."""
        return self._integers(">>", left, right)

    def ashr(self, left: Operand, right: Operand) -> Operand:
        """Return the bits shifted down, with the sign from above."""
        template = f"{type_name(left.type)}({self._signed('{0}', left)} >> {{1}})"
        return self.value(left.type, template, left, right, atomic=True)

    def udiv(self, left: Operand, right: Operand) -> Operand:
        """Return the quotient of unsigned numbers; the divisor is not 0."""
        return left if is_one(right) else self._integers("/", left, right)

    def urem(self, left: Operand, right: Operand) -> Operand:
        """Return the remainder of unsigned numbers; the divisor is not 0."""
        return self._integers("%", left, right)

    def sdiv(self, left: Operand, right: Operand) -> Operand:
        """Return C's quotient of signed numbers, which there is."""
        return self._signed_pair("/", left, right)

    def srem(self, left: Operand, right: Operand) -> Operand:
        """Return C's remainder of signed numbers, which there is."""
        return self._signed_pair("%", left, right)

    def smul_with_overflow(self, left: Operand, right: Operand) -> tuple[Operand, Operand]:
        """Return the product of signed numbers, wrapped, and whether it wrapped."""
        beyond = self.value(I1, "multiplies_beyond_signed({0}, {1})", left, right, atomic=True)
        return self.mul(left, right), beyond

    def umul_with_overflow(self, left: Operand, right: Operand) -> tuple[Operand, Operand]:
        """Return the product of unsigned numbers, wrapped, and whether it wrapped."""
        beyond = self.value(I1, "multiplies_beyond_unsigned({0}, {1})", left, right, atomic=True)
        return self.mul(left, right), beyond

    def extract_value(self, pair: tuple[Operand, Operand], place: int) -> Operand:
        """Return one of the two results of an operation."""
        return pair[place]

    def _integers(self, op: str, left: Operand, right: Operand) -> Operand:
        type_ = left.type
        if container(type_.width) < 32:  # C++ would compute in `int`
            wide = f"u32({{0}}) {op} u32({{1}})"
            return self.value(type_, f"{type_name(type_)}({wide})", left, right, atomic=True)
        return self.value(type_, f"{{0}} {op} {{1}}", left, right)

    def _narrowed(self, type_: Any, template: str, *operands: Operand) -> Operand:
        return self.value(type_, f"{type_name(type_)}({template})", *operands, atomic=True)

    def _signed(self, hole: str, value: Operand) -> str:
        return signed_literal(value) if is_constant(value) else f"{signed_name(value.type)}({hole})"

    def _signed_pair(self, op: str, left: Operand, right: Operand) -> Operand:
        template = f"{self._signed('{0}', left)} {op} {self._signed('{1}', right)}"
        return self._narrowed(left.type, template, left, right)

    # comparisons

    def icmp_signed(self, op: str, left: Operand, right: Operand) -> Operand:
        """Return whether signed numbers compare so."""
        if op in ("==", "!=") or left.type == I1:
            return self.value(I1, f"{{0}} {op} {{1}}", left, right)
        template = f"{self._signed('{0}', left)} {op} {self._signed('{1}', right)}"
        return self.value(I1, template, left, right)

    def icmp_unsigned(self, op: str, left: Operand, right: Operand) -> Operand:
        """Return whether unsigned numbers compare so."""
        return self.value(I1, f"{{0}} {op} {{1}}", left, right)

    def fcmp_ordered(self, op: str, left: Operand, right: Operand) -> Operand:
        """Return whether floats compare so; not if one is no number."""
        if op == "!=":
            return self.value(I1, "{0} < {1} || {0} > {1}", left, right)
        return self.value(I1, f"{{0}} {op} {{1}}", left, right)

    def fcmp_unordered(self, op: str, left: Operand, right: Operand) -> Operand:
        """Return whether floats compare so, or one is no number."""
        match op:
            case "uno":
                if left is right:
                    return self.value(I1, "{0} != {0}", left)
                return self.value(I1, "{0} != {0} || {1} != {1}", left, right)
            case "!=":
                return self.value(I1, "{0} != {1}", left, right)
            case _:
                opposite = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!="}[op]
                if op == "==":
                    return self.value(I1, "!({0} < {1} || {0} > {1})", left, right, atomic=True)
                return self.value(I1, f"!({{0}} {opposite} {{1}})", left, right, atomic=True)

    def select(self, condition: Operand, one: Operand, other: Operand) -> Operand:
        """Return one of two values."""
        if is_constant(condition):
            return one if condition.constant else other
        if one is other:
            return one
        if isinstance(one, Address | Place):
            raise TypeError("addresses are not chosen from")
        both = is_constant(one) and is_constant(other)
        if one.type == I1 and both and one.constant and not other.constant:
            return condition
        template = "{0} ? {1} : {2}"
        if container_of(one.type) < 32:
            return self._narrowed(one.type, template, condition, one, other)
        return self.value(one.type, template, condition, one, other)

    # floats

    def fadd(self, left: Operand, right: Operand) -> Operand:
        """Return the sum."""
        return self.value(left.type, "{0} + {1}", left, right)

    def fsub(self, left: Operand, right: Operand) -> Operand:
        """Return the difference."""
        return self.value(left.type, "{0} - {1}", left, right)

    def fmul(self, left: Operand, right: Operand) -> Operand:
        """Return the product."""
        made = self.value(left.type, "{0} * {1}", left, right)
        made.opname = "fmul"
        return made

    def fdiv(self, left: Operand, right: Operand) -> Operand:
        """Return the quotient."""
        return self.value(left.type, "{0} / {1}", left, right)

    def fneg(self, value: Operand) -> Operand:
        """Return the negative number."""
        return self.value(value.type, "-{0}", value)

    # conversions

    def zext(self, value: Operand, type_: Any) -> Operand:
        """Return a wider unsigned number."""
        return self._cast(type_, value)

    def sext(self, value: Operand, type_: Any) -> Operand:
        """Return a wider signed number."""
        template = f"{type_name(type_)}({signed_name(type_)}({signed_name(value.type)}({{0}})))"
        return self.value(type_, template, value, atomic=True)

    def trunc(self, value: Operand, type_: Any) -> Operand:
        """Return the lower bits."""
        if type_ == I1:
            return self.value(I1, "({0} & 1) != 0", value)
        return self._cast(type_, value)

    def sitofp(self, value: Operand, type_: Any) -> Operand:
        """Return a signed number as a float."""
        if value.type == I1:
            raise TypeError("a truth value has no sign")
        template = f"{type_name(type_)}({self._signed('{0}', value)})"
        return self.value(type_, template, value, atomic=True)

    def uitofp(self, value: Operand, type_: Any) -> Operand:
        """Return an unsigned number as a float."""
        return self._cast(type_, value)

    def fptosi(self, value: Operand, type_: Any) -> Operand:
        """Return a float as a signed number, which has room for it."""
        template = f"{type_name(type_)}({signed_name(type_)}({{0}}))"
        return self.value(type_, template, value, atomic=True)

    def fptoui(self, value: Operand, type_: Any) -> Operand:
        """Return a float as an unsigned number, which has room for it."""
        return self._cast(type_, value)

    def fpext(self, value: Operand, type_: Any) -> Operand:
        """Return a float in a wider type."""
        return self._cast(type_, value)

    def fptrunc(self, value: Operand, type_: Any) -> Operand:
        """Return a float rounded to a narrower type."""
        return self._cast(type_, value)

    def bitcast(self, value: Operand, type_: Any) -> Operand:
        """Return the same bits as another type."""
        if value.type == type_:
            return value
        function = f"as_{type_name(type_)}"
        return self.value(type_, f"{function}({{0}})", value, atomic=True)

    def inttoptr(self, value: Operand, type_: Any) -> Operand:
        """Return an address."""
        return self.value(POINTER, "(char *){0}", value)

    def _cast(self, type_: Any, value: Operand) -> Operand:
        if value.type == type_:
            return value
        return self.value(type_, f"{type_name(type_)}({{0}})", value, atomic=True)

    # memory

    def gep(self, base: Any, indices: list[Operand], source_etype: Any = None) -> Any:
        """Return the address of an element."""
        (index,) = indices
        if isinstance(base, ir.GlobalVariable):
            text = _GLOBALS[base.name]
            return self.value(F64, f"{text}({{0}})", index, atomic=True)
        if isinstance(base, Address):
            size = source_etype.width // 8 if isinstance(source_etype, ir.IntType) else (
                8 if source_etype == F64 else 4
            )
            offset = self.mul(index, I64(size))
            if is_zero(offset):
                return base
            moved = self.value(POINTER, "{0} + {1}", base.value, offset)
            return Address(POINTER, moved, base.outside)
        raise TypeError(base)

    def load(self, place: Any, typ: Any = None, align: int | None = None) -> Operand:
        """Return what stands somewhere."""
        match place:
            case Place(text=text, content=content):
                read = self.value(content, text, atomic=True, reads=True)
                if content == typ:
                    return read
                if content == I64 and typ in (F32, F64):
                    return self.bitcast(self._cast(ir.IntType(32 if typ == F32 else 64), read), typ)
                return self.trunc(read, typ)
            case Address(value=address, outside=outside):
                text = f"load<{type_name(typ)}>({{0}})"
                if outside is None:
                    return self.value(typ, text, address, atomic=True, reads=True)
                zero = literal(ir.Constant(typ, 0))
                return self.value(typ, f"{{1}} ? {zero} : {text}", address, outside, reads=True)
            case ir.GlobalVariable(initializer=initializer):
                return self.value(typ, literal(initializer), atomic=True)
            case Value():
                return place  # an element of a table
            case _:
                raise TypeError(place)

    def store(self, value: Operand, place: Any, align: int | None = None) -> None:
        """Put a value somewhere."""
        if isinstance(place, Place):
            if isinstance(place.content, ir.IntType) and not isinstance(value.type, ir.IntType):
                raise TypeError("numbers are made words before they are put there")
            self.body.do(f"{place.text} = {{0}};", value)
            return
        text = f"store<{type_name(value.type)}>({{1}}, {{0}});"
        if place.outside is None:
            self.body.do(text, value, place.value)
        else:
            self.body.do(f"if (!{{2}}) {text}", value, place.value, place.outside)

    # functions

    def call(self, function: Any, arguments: Any) -> Operand:
        """Return the result of a function that the prelude, or CUDA, has."""
        arguments = tuple(arguments)
        name, type_ = function.name, arguments[0].type
        if name.startswith("llvm."):
            name = name.split(".")[1]
            if name == "umin":
                return self.select(self.icmp_unsigned("<", *arguments), *arguments)
            text = name + ("f" if type_ == F32 else "")
        elif name in _FUNCTIONS:
            text = _FUNCTIONS[name]
        elif bound_of(plain_name(name)) is not None:
            text = plain_name(name)
        else:
            raise TypeError(name)
        holes = ", ".join(f"{{{n}}}" for n in range(len(arguments)))
        return self.value(type_, f"{text}({holes})", *arguments, atomic=True)


_FUNCTIONS = {
    **{f"parloop.power.i{n}": f"power<u{n}>" for n in (8, 16, 32, 64)},
    "parloop.gcd": "gcd",
    "parloop.power.modulo": "power_modulo",
}
"""Functions that the emission of operations calls, and those of the text."""

_GLOBALS = {"parloop.powers_of_ten": "powers_of_ten"}


def container_of(type_: Any) -> int:
    """Return the width of what keeps an integer; 64 for everything else."""
    is_narrow = isinstance(type_, ir.IntType) and type_.width > 1
    return container(type_.width) if is_narrow else 64


def is_zero(value: Operand) -> bool:
    """Return whether a value is the integer constant 0."""
    return is_constant(value) and isinstance(value.type, ir.IntType) and not value.constant


def is_one(value: Operand) -> bool:
    """Return whether a value is the integer constant 1."""
    return is_constant(value) and isinstance(value.type, ir.IntType) and value.constant == 1
