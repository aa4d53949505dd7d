"""Random loops, as text: all statements that the frontend accepts, in all places."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

SCALARS = ("k", "m", "s", "x", "y", "t")


def environment() -> dict[str, Any]:
    """Return what the random loops read; `t` and the indices are unbound."""
    random = np.random.default_rng(11)
    return {
        "a": random.normal(size=(4, 4)) * 3,
        "b": np.array([0.5, -2.0, 0.0, 4.0]),
        "f": np.array([0.1, -0.2, 0.3, 3e38], dtype=np.float32),
        "h": np.array([1, -2, 2**30, 0], dtype=np.int32),
        "u": np.array([1, 0, 200, 7], dtype=np.uint8),
        "n": 4,
        "k": 1,
        "m": -3,
        "s": 0.75,
        "x": np.float64(2.5),
        "y": True,
    }


def program(seed: int) -> str:
    """Return the text of one outermost loop, the same for the same seed."""
    writer = _Writer(Random(seed))
    lines = [f"for i in range({writer.bounds(())}):", *writer.block(("i",), 3)]
    if writer.chance(5):
        lines += ["else:", *writer.block((), 1, inside=False)]
    return "\n".join(lines)


class _Writer:
    """Writes pieces of text by the dice; `live` are the indices of the loops around."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice

    def chance(self, one_in: int) -> bool:
        return self.dice.randrange(one_in) == 0

    def pick(self, *choices: str) -> str:
        return self.dice.choice(choices)

    def bounds(self, live: tuple[str, ...]) -> str:
        inner = live[-1] if live else "1"
        return self.pick("n", "1, n", "n - 1, -1, -1", "0, n, 2", f"{inner}, n", "len(b)", "k % 5")

    def block(self, live: tuple[str, ...], depth: int, *, inside: bool = True) -> list[str]:
        lines = ["    pass"]
        for _ in range(self.dice.randint(1, 3)):
            lines += [f"    {line}" for line in self.statement(live, depth, inside)]
        return lines

    def statement(self, live: tuple[str, ...], depth: int, inside: bool) -> list[str]:
        kinds = ["assign", "augment", "swap", "store", "store", "chained", "unpack", "rotate"]
        if depth:
            kinds += ["if", "if", "for", "while", "items"]
        if inside:
            kinds += ["jump"]
        match self.pick(*kinds):
            case "assign":
                return [
                    f"{self.pick(*SCALARS)} = {self.value(live, 2)}",
                    *(
                        [f"{live[-1]} = int({self.value(live, 1)}) % n"]
                        if live and self.chance(9)
                        else []
                    ),
                ]
            case "augment":
                op = self.pick("+", "-", "*", "/", "//", "%")
                return [f"{self.target(live)} {op}= {self.value(live, 1)}"]
            case "swap":
                first, second = self.target(live), self.target(live)
                return [f"{first}, {second} = {second}, {first}"]
            case "store":
                return [f"{self.element(live)} = {self.value(live, 2)}"]
            case "chained":
                return [f"{self.target(live)} = {self.target(live)} = {self.value(live, 1)}"]
            case "unpack":
                parts = f"{self.value(live, 1)}, {self.value(live, 1)}"
                value = self.pick(f"divmod({parts})", parts, f"[{parts}]")
                return [f"{self.target(live)}, {self.target(live)} = {value}"]
            case "rotate":
                places = [self.target(live) for _ in range(3)]
                return [f"{', '.join(places)} = {', '.join([*places[1:], places[0]])}"]
            case "jump":
                return [f"if {self.value(live, 1)}: {self.pick('break', 'continue')}"]
            case kind:
                return self.compound(kind, live, depth - 1, inside)

    def compound(self, kind: str, live: tuple[str, ...], depth: int, inside: bool) -> list[str]:
        match kind:
            case "if":
                lines = [f"if {self.value(live, 2)}:", *self.block(live, depth, inside=inside)]
                if self.chance(3):
                    lines += [f"elif {self.value(live, 2)}:"]
                    lines += self.block(live, depth, inside=inside)
            case "for":
                index = "j" if "j" not in live else "i"
                lines = [f"for {index} in range({self.bounds(live)}):"]
                lines += self.block((*live, index), depth)
            case "items":
                lines = [f"for {self.items()}:", *self.block(live, depth)]
            case _:
                # Its own counter for each depth: every loop ends.
                count = f"w{depth}"
                lines = [f"{count} = 0", f"while {count} < 3 and {self.value(live, 1)}:"]
                lines += [f"    {count} += 1", *self.block(live, depth)]
        if self.chance(3):
            lines += ["else:", *self.block(live, depth, inside=inside)]
        return lines

    def items(self) -> str:
        first, second = self.pick("b", "f", "h", "u"), self.pick("b", "f", "h", "u")
        return self.pick(
            f"x in {first}",
            f"y in reversed({first})",
            f"x, y in zip({first}, {second})",
            f"k, x in enumerate({first})",
            f"k, s in zip(range(1, n), {first})",
            f"k, (x, y) in enumerate(zip({first}, {second}), 3)",
            f"k in reversed(range({self.pick('n', '1, n', 'k, 3')}))",
        )

    def target(self, live: tuple[str, ...]) -> str:
        return self.pick(*SCALARS) if self.chance(2) else self.element(live)

    def element(self, live: tuple[str, ...]) -> str:
        places = [self.place(live), self.place(live)]
        vector = f"{self.pick('b', 'f', 'h', 'u')}[{places[0]}]"
        return self.pick(vector, vector, f"a[{', '.join(places)}]", f"a[{places[0]}][{places[1]}]")

    def place(self, live: tuple[str, ...]) -> str:
        index = self.pick(*live) if live else "0"
        return self.pick(index, index, index, f"{index} - 1", f"{index} // 2", "-1", "k % n")

    def value(self, live: tuple[str, ...], depth: int) -> str:
        if not depth:
            return self.leaf(live)
        one, two, three = (self.value(live, depth - 1) for _ in range(3))
        binary = self.pick("+", "-", "*", "/", "//", "%")
        orders = [self.pick("<", "<=", ">", ">=", "==", "!=") for _ in range(2)]
        return self.pick(
            self.leaf(live),
            f"({one} {binary} {two})",
            f"({one} {binary} {two})",
            f"({one} {orders[0]} {two})",
            f"({one} {orders[0]} {two} {orders[1]} {three})",
            f"({one} {orders[0]} {two} {orders[1]} {three} < {self.leaf(live)})",
            f"({one} ** 2)",
            f"(int({one}) {self.pick('&', '|', '^', '<<', '>>')} {self.pick('1', '3')})",
            f"({one} {self.pick('and', 'or')} {two})",
            f"({one} if {two} else {three})",
            f"({self.pick('-', '+', 'not ')}{one})",
            f"{self.pick('min', 'max')}({one}, {two}, {three})",
            f"{self.pick('abs', 'float', 'bool', 'np.sqrt', 'np.float32', 'round')}({one})",
        )

    def leaf(self, live: tuple[str, ...]) -> str:
        constant = self.pick("0", "1", "2", "-3", "0.5", "True", "1e300", "math.pi")
        constant = self.pick(constant, constant, "a.shape[1]", "a.size", "len(h)", "2**63")
        names = [*live, *SCALARS[:5], "n"]
        return self.pick(constant, self.pick(*names), self.pick(*names), self.element(live))
