"""The lines of a kernel as text: which values get names, and where the others are written.

    value x = load(a, i); value y = x * x; store y    becomes    const double x = ...; store(x * x);
"""

from __future__ import annotations

import re
from collections import Counter

from parloop.codegen.cuda.builder import Body, Line
from parloop.codegen.cuda.values import Operand, Value, is_constant, literal, type_name

_HOLE = re.compile(r"\{(\d)\}")
_PLAIN = re.compile(r"^\{0\} \S+ \{1\}$|^\{0\} \? \{1\} : \{2\}$")
"""Templates in which a constant has the type of what stands beside it."""

_MOST_TEXT = 120
"""A value whose text is longer gets a name."""


def render(body: Body) -> str:
    """Return the text of a kernel's lines."""
    return _Renderer(body).text()


class _Renderer:
    def __init__(self, body: Body) -> None:
        self.body = body
        self.uses = _count_uses(body.lines)
        self.pending: dict[Value, None] = {}
        """Values that are used once and have not been written yet, and in no other such value."""
        self.output: list[str] = []
        self.depth = 1

    def text(self) -> str:
        for line in self.body.lines:
            self.line(line)
        return "\n".join(self.output) + "\n"

    def line(self, line: Line) -> None:
        match line.kind:
            case "value":
                assert line.value is not None
                self.value(line.value)
            case "note":
                self.settle(everything=False)
                self.write(f"// {line.template}" if line.template else "")
            case "loop":
                for operand in line.operands:
                    if isinstance(operand, Value) and not operand.kept and not is_name(operand):
                        self.keep(operand)
                self.settle(everything=True)
                self.statement(line)
            case "close":
                self.depth -= 1
                self.write(line.template)
            case _:
                for operand in line.operands:
                    self.consume(operand)
                # A name given inside a block is not known behind it.
                self.settle(everything=line.kind in ("open", "middle"))
                self.statement(line)

    def statement(self, line: Line) -> None:
        text = self.filled(line.template, line.operands)
        if line.kind == "middle":
            self.depth -= 1
        self.write(text)
        if line.kind in ("open", "middle", "loop"):
            self.depth += 1

    def value(self, value: Value) -> None:
        """Give a value its name, or leave it to the one place where it is used."""
        uses = self.uses[value]
        if not uses:
            return
        for operand in value.operands:
            self.consume(operand)
        once = not value.fixed and (uses == 1 or is_name(value))
        if once and len(self.expanded(value)) <= _MOST_TEXT:
            self.pending[value] = None
            return
        self.keep(value)

    def consume(self, operand: Operand) -> None:
        if isinstance(operand, Value):
            self.pending.pop(operand, None)

    def settle(self, *, everything: bool) -> None:
        """Give names to pending values that what comes now may change."""
        for value in tuple(self.pending):
            if everything or self.depends(value):
                self.keep(value)

    def depends(self, operand: Operand) -> bool:
        """Return whether the text of a value reads something that may change."""
        if not isinstance(operand, Value) or operand.kept:
            return False
        return operand.reads or any(self.depends(o) for o in operand.operands)

    def keep(self, value: Value) -> None:
        self.pending.pop(value, None)
        text = self.expanded(value)
        name = self.body.names.new(value.name or "v")
        kind = type_name(value.type)
        declared = f"{kind}const {name}" if kind.endswith("*") else f"const {kind} {name}"
        self.write(f"{declared} = {text};")
        value.kept = name

    def expanded(self, value: Value) -> str:
        return self.filled(value.template, value.operands)

    def filled(self, template: str, operands: tuple[Operand, ...]) -> str:
        plain = bool(_PLAIN.match(template)) and any(
            isinstance(o, Value) for o in operands[-2:]
        )

        def fill(match: re.Match[str]) -> str:
            operand = operands[int(match[1])]
            if is_constant(operand):
                return literal(operand, plain=plain)
            assert isinstance(operand, Value)
            if operand.kept:
                return operand.kept
            text = self.expanded(operand)
            before, after = template[: match.start()], template[match.end() :]
            alone = before.endswith(("(", ", ", "= ")) and after.startswith((")", ",", ";"))
            whole = not before and not after
            return text if operand.atomic or alone or whole else f"({text})"

        return _HOLE.sub(fill, template)

    def write(self, text: str) -> None:
        self.output.append(f"{'    ' * self.depth}{text}" if text else "")


def is_name(value: Value) -> bool:
    """Return whether the text of a value is a name that always means the same."""
    return not value.operands and not value.reads and value.atomic


def _count_uses(lines: list[Line]) -> Counter[Value]:
    """Return how often each value is used by what is itself used."""
    uses: Counter[Value] = Counter()
    for line in reversed(lines):
        if line.value is not None:
            if uses[line.value]:
                _count(uses, line.value.template, line.value.operands)
        else:
            _count(uses, line.template, line.operands)
    return uses


def _count(uses: Counter[Value], template: str, operands: tuple[Operand, ...]) -> None:
    for number, operand in enumerate(operands):
        if isinstance(operand, Value):
            uses[operand] += template.count(f"{{{number}}}")
