"""Random small nests, with more of everything that a dependence test can get wrong."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from parloop.ir.nodes import (
    Assign,
    Binary,
    Break,
    Call,
    Compare,
    Const,
    Continue,
    Expr,
    Extent,
    For,
    If,
    Load,
    Name,
    Nest,
    Stmt,
    Store,
    Unary,
    While,
)
from parloop.ir.walk import statements
from parloop.source import Source

RANKS = {"a": 1, "b": 1, "c": 2}
PARAMETERS = ("n", "m", "k")
SCALARS = ("s", "t")
INDICES = ("i", "j", "l")


@dataclass(frozen=True, slots=True)
class Style:
    """What may occur, as probabilities; all zero is a purely affine nest."""

    data_tests: float = 0.0
    affine_tests: float = 0.15
    scalars: float = 0.0
    wild_subscripts: float = 0.0
    early_exits: float = 0.0
    whiles: float = 0.0
    reductions: float = 0.0
    symbolic_steps: float = 0.0
    divisions: float = 0.0
    stencils: float = 0.0
    pivots: float = 0.0
    sweeps: float = 0.0


AFFINE = Style()
SCALARS_ONLY = Style(affine_tests=0.05, data_tests=0.05, scalars=0.35, reductions=0.6)
DIVISIONS = Style(divisions=0.3)
STENCILS = Style(affine_tests=0.05, stencils=0.9)
PIVOTS = Style(affine_tests=0.05, pivots=0.9)
SWEEPS = Style(affine_tests=0.05, data_tests=0.02, early_exits=0.02, sweeps=1.0)
MIXED = Style(0.1, 0.1, 0.3, 0.1, 0.05, 0.05, 0.15, 0.05, 0.0)


def random_nest(random: Random, style: Style) -> Nest:
    """Return a nest of up to three loops deep, with up to about eight accesses."""
    return _Maker(random, style).nest()


def random_values(random: Random) -> dict[str, int]:
    """Return small values for all that a random nest takes from around it."""
    values = {name: random.randrange(-3, 6) for name in PARAMETERS}
    values["n"] = random.randrange(0, 6)
    values |= {name: random.randrange(-2, 4) for name in (*SCALARS, *INDICES)}
    values["%step"] = random.choice([-2, -1, 1, 2, 3])
    for array, rank in RANKS.items():
        for axis in range(rank):
            values[f"{array}.shape[{axis}]"] = random.randrange(0, 9)
    return values


class _Maker:
    def __init__(self, random: Random, style: Style) -> None:
        self.random = random
        self.style = style
        self.budget = random.randrange(1, 6)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def nest(self) -> Nest:
        if self.chance(self.style.stencils):
            loop = self.stencil()
        elif self.chance(self.style.pivots):
            loop = self.pivot()
        elif self.chance(self.style.sweeps):
            loop = self.sweeps()
        else:
            loop = self.loop((), 0)
        assigned = [s.target for s in statements((loop,)) if isinstance(s, Assign)]
        assigned += [s.index for s in statements((loop,)) if isinstance(s, For)]
        inputs = (*PARAMETERS, *SCALARS, *INDICES, *RANKS)
        outputs = tuple(dict.fromkeys(assigned))
        return Nest(loop, inputs, tuple(RANKS), outputs, Source("<random>", ""), "random")

    def stencil(self) -> For:
        """Return a perfect nest over neighbours in the array of two dimensions."""
        stores = tuple(
            Store("c", self.near(0), Binary("+", Load("c", self.near(2)), Load("c", self.near(1))))
            for _ in range(self.random.choice([1, 1, 2]))
        )
        low = self.plus(Name("i"), -1) if self.chance(0.2) else Const(self.random.randrange(2))
        inner = For("j", low, Name("m"), Const(self.random.choice([1, 1, 1, 2, -1])), stores)
        step = Const(self.random.choice([1, 1, 1, 2]))
        return For("i", Const(0), Name("n"), step, (inner,))

    def pivot(self) -> For:
        """Return a nest over rows and columns of which some are fixed in the loops inside."""
        choose = self.random.choice
        fixed = choose([Name("k"), Name("k"), Name("m"), Const(choose([0, 1, 2]))])
        if self.chance(0.2):
            fixed = self.plus(fixed, choose([1, -1])) if isinstance(fixed, Name) else fixed

        def element() -> tuple[Expr, Expr]:
            row = choose([Name("i"), Name("i"), Name("i"), fixed, self.plus(Name("i"), 1)])
            column = choose([Name("j"), Name("j"), Name("j"), fixed, Name("k")])
            return row, column

        def store() -> Stmt:
            target = (Name("i"), Name("j")) if self.chance(0.8) else element()
            value = Binary("+", Load("c", element()), Load("c", element()))
            if self.chance(0.2):
                value = Binary("+", value, Name("t"))
            return Store("c", target, value)

        body: tuple[Stmt, ...] = tuple(store() for _ in range(choose([1, 1, 2])))
        if self.chance(0.2):
            body = (Assign("t", Load("c", element())), *body)
        step = Const(choose([1, 1, 1, 1, 1, 2, -1]))
        low = choose([Const(0), Const(0), Const(1), Name("i"), self.plus(Name("k"), 1)])
        inner = For("j", low, Name("m"), step, body)
        rows = For("i", Const(choose([0, 0, 1])), Name("n"), Const(1), (inner,))
        if self.chance(0.5):
            return rows
        return For("k", Const(0), choose([Name("n"), Name("m")]), Const(1), (rows,))

    def sweeps(self) -> For:
        """Return steps of a few sweeps over the arrays, as between two grids."""
        body = tuple(self.sweep() for _ in range(self.random.choice([2, 2, 3])))
        if self.chance(0.15):
            body = (*body, self.statement(("l",), 2))
        return For("l", Const(0), Const(self.random.randrange(1, 4)), Const(1), body)

    def sweep(self) -> For:
        low = Const(self.random.choice([0, 1, 1]))
        high = self.plus(Name("n"), self.random.choice([0, 0, -1, 1]))
        step = Const(self.random.choice([1, 1, 1, 1, 2, -1]))
        if step.value == -1:
            return For("i", high, low, step, self.swept(("i",)))
        if self.chance(0.4):
            inner = For("j", Const(0), Name("m"), Const(1), self.swept(("i", "j")))
            return For("i", low, high, step, (inner,))
        return For("i", low, high, step, self.swept(("i",)))

    def swept(self, around: tuple[str, ...]) -> tuple[Stmt, ...]:
        found: list[Stmt] = []
        for _ in range(self.random.choice([1, 1, 2])):
            if self.chance(self.style.affine_tests + self.style.data_tests):
                found.append(self.statement((*around, "l"), 2))
            target, source = self.random.sample(("a", "b", "c"), 2)
            value = Binary("+", self.beside(source, around, 1), self.beside(source, around, 1))
            place = self.beside(target, around, 0 if self.chance(0.8) else 1)
            found.append(Store(place.array, place.subscripts, value))
        return tuple(found)

    def beside(self, array: str, around: tuple[str, ...], reach: int) -> Load:
        names = [*around, "k"] if len(around) < RANKS[array] else around
        amounts = [self.random.randrange(-reach, reach + 1) for _ in range(RANKS[array])]
        subscripts = (self.plus(Name(n), by) for n, by in zip(names, amounts, strict=False))
        return Load(array, tuple(subscripts))

    def near(self, reach: int) -> tuple[Expr, Expr]:
        row, column = (self.random.randrange(-reach, reach + 1) for _ in range(2))
        return self.plus(Name("i"), row), self.plus(Name("j"), column)

    def loop(self, around: tuple[str, ...], depth: int) -> For:
        names = [name for name in INDICES if name not in around]
        index = self.random.choice(names if not self.chance(0.03) else INDICES)
        step: Expr = Const(self.random.choice([1, 1, 1, 1, 1, 2, 3, -1, -1, -2]))
        if self.chance(self.style.symbolic_steps):
            step = Name("%step")
        low = self.bound(around, low=True)
        high = self.bound(around, low=False)
        if isinstance(step, Const) and isinstance(step.value, int) and step.value < 0:
            low, high = high, low
        body = self.body((*around, index), depth + 1)
        return For(index, low, high, step, body)

    def bound(self, around: tuple[str, ...], *, low: bool) -> Expr:
        choice = self.random.random()
        if low and choice < 0.6:
            return Const(self.random.choice([0, 0, 0, 1, 2]))
        if not low and choice < 0.3:
            return Const(self.random.randrange(1, 6))
        if around and choice > 0.75:
            return self.plus(Name(self.random.choice(around)), self.random.choice([0, 1, 1, 2, -1]))
        if not low and choice > 0.7:
            return Call("builtins.min", "min", (self.parameter(), Const(4)))
        return self.plus(self.parameter(), self.random.choice([0, 0, 0, 1, -1]))

    def parameter(self) -> Expr:
        if self.chance(0.1):
            return Extent("a", 0)
        return Name(self.random.choice(PARAMETERS[: self.random.randrange(1, 4)]))

    def plus(self, expr: Expr, amount: int) -> Expr:
        if amount == 0:
            return expr
        return Binary("+" if amount > 0 else "-", expr, Const(abs(amount)))

    def body(self, around: tuple[str, ...], depth: int) -> tuple[Stmt, ...]:
        found: list[Stmt] = []
        for _ in range(self.random.choice([1, 1, 1, 2, 2, 3])):
            if depth < 3 and self.chance(0.45 if depth == 1 else 0.3):
                found.append(self.loop(around, depth))
            else:
                found.append(self.statement(around, depth))
        return tuple(found)

    def statement(self, around: tuple[str, ...], depth: int) -> Stmt:
        style = self.style
        if self.chance(style.affine_tests):
            return self.test(around, depth, self.comparison(around))
        if self.chance(style.data_tests):
            test = Compare("<", self.load(around), Const(2))
            return self.test(around, depth, test)
        if self.chance(style.whiles):
            test = Compare("<", self.load(around), Const(3))
            return While(test, (self.store(around),))
        if self.chance(style.early_exits):
            leave = Continue() if self.chance(0.6) else Break()
            return If(Compare("<", self.load(around), Const(0)), (leave,), ())
        if self.chance(style.scalars):
            return self.assign(around)
        if self.chance(style.reductions):
            return self.reduction(around)
        return self.store(around)

    def test(self, around: tuple[str, ...], depth: int, test: Expr) -> If:
        then = (self.statement(around, depth + 1),)
        otherwise = (self.statement(around, depth + 1),) if self.chance(0.3) else ()
        return If(test, then, otherwise)

    def comparison(self, around: tuple[str, ...]) -> Expr:
        op = self.random.choice(["<", "<=", ">", ">=", "==", "!="])
        right = self.affine(around) if self.chance(0.5) else self.parameter()
        return Compare(op, Name(self.random.choice(around)), right)

    def assign(self, around: tuple[str, ...]) -> Assign:
        value = self.random.choice([self.affine, self.value])(around)
        if self.chance(0.04):
            return Assign(self.random.choice(INDICES), value)
        return Assign(self.random.choice(SCALARS), value)

    def reduction(self, around: tuple[str, ...]) -> Stmt:
        op = self.random.choice(["+", "+", "*", "&", "|", "^", "-"])
        operand = self.value(around)
        if self.chance(0.4):
            name = self.random.choice(SCALARS)
            if self.chance(0.2):
                return If(Compare("<", operand, Name(name)), (Assign(name, operand),), ())
            if self.chance(0.2):
                return Assign(name, Call("builtins.min", "min", (Name(name), operand)))
            return Assign(name, Binary(op, Name(name), operand))
        array, subscripts = self.element(around)
        load: Expr = Load(array, subscripts)
        if self.chance(0.2):
            return Store(array, subscripts, Call("builtins.max", "max", (operand, load)))
        return Store(array, subscripts, Binary(op, load, operand))

    def store(self, around: tuple[str, ...]) -> Store:
        array, subscripts = self.element(around)
        return Store(array, subscripts, self.value(around))

    def value(self, around: tuple[str, ...]) -> Expr:
        choice = self.random.random()
        if choice < 0.15:
            return Const(self.random.randrange(-2, 3))
        if self.chance(self.style.scalars):
            return Name(self.random.choice(SCALARS))
        if choice < 0.75:
            return self.load(around)
        return Binary(self.random.choice(["+", "-"]), self.load(around), self.load(around))

    def load(self, around: tuple[str, ...]) -> Load:
        return Load(*self.element(around))

    def element(self, around: tuple[str, ...]) -> tuple[str, tuple[Expr, ...]]:
        array = self.random.choice(["a", "a", "a", "b", "c", "c"])
        return array, tuple(self.subscript(around) for _ in range(RANKS[array]))

    def subscript(self, around: tuple[str, ...]) -> Expr:
        if self.chance(self.style.wild_subscripts):
            wild = self.random.randrange(4)
            if wild == 0:
                return Load("b", (Name(self.random.choice(around)),))
            if wild == 1:
                return Binary("*", Name(around[0]), Name(around[-1]))
            if wild == 2:
                return Name(self.random.choice(SCALARS))
            return Binary("+", Name(self.random.choice(SCALARS)), Name(around[-1]))
        if self.chance(self.style.divisions):
            op = self.random.choice(["//", "%"])
            return Binary(op, self.affine(around), Const(self.random.choice([2, 2, 3, 4])))
        return self.affine(around)

    def affine(self, around: tuple[str, ...]) -> Expr:
        random = self.random
        if self.chance(0.08):
            return random.choice([Const(random.randrange(3)), Unary("-", Const(1)), Name("k")])
        expr: Expr = Name(random.choice(around))
        if self.chance(0.2):
            expr = Binary("*", Const(random.choice([2, 2, 3, -1, -2])), expr)
        if self.chance(0.25):
            op = random.choice(["+", "+", "-"])
            other: Expr = Name(random.choice(around))
            if self.chance(0.2):
                other = Binary("*", Const(2), other)
            expr = Binary(op, expr, other)
        if self.chance(0.2):
            expr = Binary(random.choice(["+", "-"]), expr, self.parameter())
        return self.plus(expr, random.choice([0, 0, 0, 1, -1, 2, -2, 5]))
