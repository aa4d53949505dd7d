"""`docs/what-runs.md`, from runs of the programs under `tests/loops`: `python -m tests.what_runs`.

`python -m tests.what_runs -` prints it. The page is made in a process of its own: what a site has
been entered with before decides what it says next.

A row names a construct, a piece of a program that shows it, and the program. What the page says of
it is what the program did.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.corpus import FILES, LoopFile
from tests.differential import run

import parloop
from parloop.report.explain import LoopExplanation

PAGE = Path(__file__).parent.parent / "docs" / "what-runs.md"

HEAD = """\
# What runs

Each line is a construct, a piece of a program that has it, and what became of that program's loop
when the tests ran it. `python -m tests.what_runs` writes this page from the programs under
`tests/loops`, all of which are compared with CPython bit for bit; a test holds the page to what
happens. What keeps a loop of your own in the interpreter: `parloop explain FILE` before it runs,
`parloop run --report FILE` after.

- **cores**: proved to run in any order, and spread over the cores.
- **cores if**: the same, where a condition holds that each launch tests; else as *in order*.
- **in order**: machine code, one iteration after the other; loops inside it may take the cores.
- **interpreter**: the loop runs as if parloop were not there, for the reason given.
"""


PLACES = {"parallel": "cores", "parallel-if": "cores if", "serial": "in order"}


@dataclass(frozen=True)
class Row:
    """One construct: in words, as code, and the program that has it."""

    words: str
    code: str
    program: str
    """`file.function` under `tests/loops`."""
    because: str = ""
    """Why the interpreter runs it, where the run itself keeps no reason."""

    @property
    def file(self) -> LoopFile:
        """The file of the program."""
        stem = self.program.partition(".")[0]
        return next(file for file in FILES if file.path.stem == stem)

    @property
    def function(self) -> str:
        """The name of the program."""
        return self.program.partition(".")[2]

    @property
    def text(self) -> str:
        """The text of the program."""
        for node in self.file.tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == self.function:
                return ast.get_source_segment(self.file.text, node) or ""
        raise KeyError(self.program)

    @property
    def line(self) -> int:
        """The line of the loop: the outermost one with a mark and the code, else the first."""
        marks = [m for m in self.file.marks if m.function == self.function and m.outermost]
        lines = self.file.text.splitlines()
        for mark in marks:
            if self.code in lines[mark.line - 1]:
                return mark.line
        if marks:
            return marks[0].line
        (definition,) = (
            node
            for node in self.file.tree.body
            if isinstance(node, ast.FunctionDef) and node.name == self.function
        )
        return next(n.lineno for n in ast.walk(definition) if isinstance(n, ast.For | ast.While))


def place_of(row: Row) -> str:
    """Run the program of `row`, and say where its loop ran, or why it did not."""
    parloop.reset_report()
    for arguments in row.file.arguments(row.function):
        # A new one each time: a loop that was declined is not looked at again for a while.
        fast = parloop.parallel(row.file.fresh()[row.function], min_work_ms=0)
        run(fast, arguments, "always", str(row.file.path), parloop.settings(min_work_ms=0))
    sites = [site for site in parloop.report().sites if site.line == row.line]
    (loop,) = (loop for loop in _explained(row.file) if loop.line == row.line)
    for site in sites:
        if site.native_runs:
            return PLACES[loop.verdict if loop.verdict in PLACES else site.verdict]
    reasons = sorted(why.message for site in sites for why, _ in site.fallbacks)
    reasons += [row.because] if row.because else []
    reasons += [why.message for why in loop.reasons]
    return "interpreter: " + re.sub(r" \(line \d+\)", "", reasons[0])


@cache
def _explained(file: LoopFile) -> tuple[LoopExplanation, ...]:
    return tuple(parloop.explain(file.path).loops)


def page() -> str:
    """Return the text of the page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield HEAD
    for title, rows in SECTIONS.items():
        yield f"## {title}\n"
        yield "| construct | as in | runs |"
        yield "|---|---|---|"
        for row in rows:
            code = row.code.replace("|", "\\|")
            place = place_of(row).replace("|", "\\|")
            yield f"| {row.words} | `{code}` | {place} |"
        yield ""


SECTIONS: dict[str, tuple[Row, ...]] = {
    "Loops": (
        Row(
            "range with one to three arguments, any step",
            "range(n - 1, -1, -1)",
            "control.reversed_range",
        ),
        Row(
            "a step that is only known when the loop runs",
            "range(lo, hi, step)",
            "control.step_from_an_argument",
        ),
        Row(
            "bounds from expressions",
            "range(n // 3, min(n, len(a)) - 1, 1 + n % 2)",
            "control.bounds_from_expressions",
        ),
        Row("bounds from shapes", "range(a.shape[0])", "control.bounds_from_the_shape"),
        Row("triangles", "for j in range(i + 1)", "control.lower_triangle"),
        Row("imperfect nests", "b[i] = s / m", "control.imperfect_nest"),
        Row(
            "time steps around sweeps",
            "for t in range(steps)",
            "control.several_nests_in_one_body",
        ),
        Row(
            "stencils in place, as wavefronts",
            "a[i, j] = a[i - 1, j] + a[i, j - 1]",
            "control.wavefront",
        ),
        Row(
            "sums down columns, in bands of columns",
            "s[j] += a[i, j]",
            "bands.sums_of_columns",
        ),
        Row("`while` inside a loop", "while x > 1.0", "control.inner_while"),
        Row(
            "`while` that waits for somebody else",
            "while flag[0] == 0",
            "control.inner_while_that_waits",
        ),
        Row("the items of an array or a list", "for x in a", "items.total"),
        Row("`enumerate`", "for k, x in enumerate(a)", "items.numbered"),
        Row("`zip`", "for x, y in zip(a, b)", "items.side_by_side"),
        Row("rows", "for row in a", "rows.items_of_rows"),
        Row("a row by its place", "for x in g[i]", "rows.row_by_its_place"),
        Row("the length of a row", "range(len(g[i]))", "rows.lengths_of_rows"),
        Row("pairs", "for px, py in points", "rows.pairs"),
        Row("`reversed`", "for x in reversed(a)", "items.backwards"),
        Row("a few numbers", "for dx in (-1, 0, 1)", "taken.neighbours"),
        Row("a few pairs", "for dx, dy in [(0, 1), (1, 0)", "taken.four_neighbours"),
        Row("a part of a list", "for x in a[i : i + 3]", "taken.items_of_a_part"),
        Row(
            "a part of a list that the loop changes",
            "enumerate(a[i : i + 3])",
            "taken.part_that_is_a_copy",
        ),
        Row(
            "a product of ranges",
            "for i, j in itertools.product(range(n), range(m))",
            "headers.grid",
        ),
        Row("a product of lists and arrays", "product(xs, ys)", "headers.grid_of_values"),
        Row("a product in a nest", "product(range(n), range(m))", "headers.grid_inside"),
        Row(
            "a product with something else than numbers",
            'product(range(n), "abc")',
            "headers.grid_of_text",
        ),
        Row("places of an array", "np.ndindex(*a.shape)", "headers.places"),
        Row(
            "places with their elements",
            "for (i, j), x in np.ndenumerate(a)",
            "headers.numbered_places",
        ),
        Row(
            "elements of a list, by its places as an array",
            "for (i, j), x in np.ndenumerate(a)",
            "headers.numbered_places_of_a_list",
        ),
        Row("`np.arange`", "np.arange(lo, hi, 0.5)", "headers.steps_of_a_half"),
        Row(
            "`np.linspace`",
            "for k, x in enumerate(np.linspace(-1, 1, n), 2)",
            "headers.between_numbered",
        ),
        Row(
            "items of a dictionary of numbers",
            "for k, v in d.items()",
            "headers.items_of_a_dictionary",
        ),
        Row(
            "a dictionary that the loop changes",
            "d[k] = v * 2",
            "headers.dictionary_that_is_changed",
        ),
        Row(
            "a dictionary with words",
            "for k, v in d.items()",
            "headers.dictionary_with_words",
            because="the keys are no numbers",
        ),
        Row("a list that grows while it is gone over", "items.append(x)", "items.grows"),
        Row("a generator", "for i in (k * k for k in range(n))", "control.over_a_generator"),
        Row(
            "a dictionary",
            "for k in d",
            "control.over_a_dictionary",
            because="what the loop goes over is no array, list or tuple",
        ),
    ),
    "Ways out": (
        Row("`break`, and what was found", "break", "control.find_first"),
        Row("`return` from a loop", "return i", "ways.first_equal"),
        Row("`return` from a nest", "return i, j", "ways.first_pair"),
        Row("a flag and `break`", "found = True", "ways.flags"),
        Row("`for ... else`", "else:", "control.number_of_the_else"),
        Row("`continue`", "continue", "control.continue_in_the_loop"),
        Row(
            "an exception in the middle",
            "b[i] = 10 // (k - i)",
            "control.exception_in_the_middle",
        ),
        Row("`try` around the loop", "except ZeroDivisionError", "control.caught_by_the_caller"),
        Row("`try` in the loop, while nothing is raised", "try:", "control.try_in_the_body"),
        Row("`try` in the loop, after something was", "try:", "resuming.first_and_last"),
        Row("`print` under an `if`: machine code in between", "print(", "effects.every_few_steps"),
        Row("arrays kept under an `if`", "u.copy()", "effects.history"),
        Row(
            "`try` that catches what comes from outside",
            "except BaseException",
            "control.try_for_what_comes_from_outside",
        ),
        Row("`raise` in the loop", "raise ValueError(i)", "control.raise_in_the_body"),
        Row("`assert` in the loop", "assert a[i] < 5", "control.assert_in_the_body"),
        Row("`with` in the loop", 'with np.errstate(all="ignore")', "control.with_in_the_body"),
        Row("`yield` in the loop", "yield", "environment.generator_yields_inside"),
        Row("prints in the loop", "print(a[i])", "control.print_in_the_body"),
    ),
    "Statements": (
        Row("`if`, `elif`, `else`", "elif a[i] > 0", "control.if_elif_else"),
        Row("conditional expressions", "a[i] if a[i] > 0 else", "control.conditional_expressions"),
        Row(
            "`and`, `or`, `not` giving operands",
            "(a[i] and 5) + (a[i] or 7)",
            "control.boolean_operators_give_operands",
        ),
        Row("chained comparisons", "0 <= a[i] < 1 != a[i]", "control.chained_comparisons"),
        Row("tuple assignment", "x, y = y, x + i", "control.tuple_assignment_swaps"),
        Row("the items of a row", "dx, dy = moves[i % 4]", "taken.walk"),
        Row("one of a few numbers", "v in (1, 2.5, -3, True)", "taken.members"),
        Row("one of a set", "v in {1, 2}", "taken.member_of_a_set"),
        Row("one of what names hold", "v in (a, b)", "taken.member_of_names"),
        Row("assignment expressions", "(x := a[i]) > 0", "control.walrus"),
        Row("a name that is bound in one branch only", "found = i", "control.bound_in_one_branch"),
        Row(
            "a number that changes its type",
            "s += a[i]",
            "control.type_changes_in_the_first_iteration",
        ),
        Row(
            "a variable that differs in type by branch",
            "x = 0.5",
            "control.type_differs_by_branch",
        ),
        Row("a value carried to the next iteration", "previous = a[i]", "control.previous_value"),
        Row(
            "global names that the loop assigns",
            "global",
            "environment.global_assigned_in_the_body",
        ),
        Row("names of the function around", "nonlocal", "environment.nonlocal_accumulator"),
    ),
    "Reductions": (
        Row("integer sums", "s += x[i] * x[i]", "lists.sum_of_integers"),
        Row(
            "float sums, folded in CPython's order",
            "s += a[i]",
            "control.type_changes_in_the_first_iteration",
        ),
        Row("several, under a condition", "if a[i] > 0", "control.accumulator_under_a_condition"),
        Row("minima with their place", "at = i", "integers.first_position_of_the_minimum"),
        Row("`min`, `max`", "m = max(m, a[i])", "integers.maximum_from_zero"),
        Row("histograms", "counts[idx[i]] += 1", "indexing.histogram_with_duplicates"),
        Row("scatter-add of floats", "total[idx[i]] += w[i]", "indexing.scatter_add_of_floats"),
        Row(
            "`sum` of what a generator expression gives",
            "sum(a[i][k] * b[k][j] for k in range(n))",
            "taken.product_of_tables",
        ),
        Row(
            "`sum` of a part of a list",
            "sum(a[i - w : i + w + 1])",
            "taken.moving_mean",
        ),
        Row("`sum` of every other item", "sum(a[i::2])", "taken.part_with_a_step"),
        Row("`min`, `max` of a row", "max(row) - min(row)", "taken.extremes_of_rows"),
        Row("`any`, `all`", "all(i % d for d in range(", "taken.prime_tests"),
        Row("prefix sums", "o[i] = s", "control.prefix_sum"),
        Row("recurrences", "s = s * x + c[i]", "control.polynomial_by_horner"),
    ),
    "Arrays and subscripts": (
        Row("NumPy arrays of numbers, of any layout", "c[i, j] =", "indexing.add_matrices"),
        Row("reads through index arrays", "b[i] = a[idx[i]]", "indexing.gather"),
        Row(
            "writes through index arrays, looked at before",
            "b[idx[i]] = a[i]",
            "indexing.scatter",
        ),
        Row("subscripts from the end", "a[-1] + a[-2] * i", "indexing.constant_negative_index"),
        Row("subscripts beyond the end", "b[i] = a[i + 1] * 2", "indexing.out_of_range_read"),
        Row("subclasses of arrays", "b[i] = a[i]", "indexing.subclass_with_its_own_getitem"),
        Row("records of structured arrays", 'a[i]["x"]', "indexing.structured_elements"),
        Row("columns of structured arrays", "x[i]", "indexing.fields_of_a_structure"),
    ),
    "Whole arrays": (
        Row(
            "arithmetic of slices, in time steps",
            "u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])",
            "array_statements.heat_in_place",
        ),
        Row(
            "two dimensions, boundaries, copies",
            "un = u.copy()",
            "array_statements.heat_in_two_dimensions",
        ),
        Row("rows held in names", "now = u[t]", "array_statements.row_views"),
        Row("buffers exchanged by name", "u, un = un, u", "array_statements.exchanged_buffers"),
        Row("temporaries", "e = d * d + 1", "array_statements.temporaries"),
        Row(
            "a new array in each step",
            "u = u + dt * v",
            "array_statements.a_new_array_in_each_step",
        ),
        Row(
            "comparisons, roots, absolute values",
            "np.sqrt(np.abs(u))",
            "array_statements.roots_and_comparisons",
        ),
        Row(
            "`np.where`, `np.maximum`, `np.minimum`",
            "np.where(u > 0.5, v, 0)",
            "array_statements.limits_and_choices",
        ),
        Row(
            "`np.exp`, `np.sin` and the like of arrays",
            "np.exp(-u * u) + np.sin(u)",
            "array_functions.diffusion_with_a_source",
        ),
        Row(
            "scalar products and norms of vectors up to 16 numbers",
            "np.linalg.norm(p[i] - p[j])",
            "array_products.distances",
        ),
        Row(
            "scalar products of longer vectors",
            "np.dot(w, x[i])",
            "array_products.a_long_product",
        ),
        Row("products of matrices", "a @ b", "array_products.a_product_of_matrices"),
        Row("powers of arrays", "a ** 1.5", "array_functions.powers"),
        Row(
            "functions of reversed arrays",
            "np.exp(u[::-1])",
            "array_functions.of_a_reversed_array",
        ),
        Row("`np.roll`", "np.roll(u, 1, axis=0)", "array_choices.around_a_torus"),
        Row("choices between computed values", "np.where(", "array_choices.upwind"),
        Row("`np.clip`", "np.clip(u, -0.5, 0.5)", "array_choices.clipped"),
        Row("running sums", "np.cumsum(x[i])", "array_choices.running_sums"),
        Row("variances", "x[i:i + w].std()", "array_choices.moving_deviation"),
        Row(
            "`np.roll` by what is data",
            "np.roll(u, t)",
            "array_choices.a_roll_that_is_data",
        ),
        Row("elements that a mask picks", "x[x > i * 0.1].sum()", "picked.sums_above"),
        Row("stores where a mask is true", "x[x < 0.1 * t] = 0.5", "picked.clipped_by_masks"),
        Row("masks of matrices, read", "m[m > 0].sum()", "picked.matrices_by_masks"),
        Row("elements with the numbers in an array", "x[idx] += 0.5", "picked.gathered"),
        Row("rows with the numbers in an array", "m[idx] - m[i]", "picked.gathered_rows"),
        Row("outer products", "np.outer(x, y)", "picked.outer_products"),
        Row("arrays of another type", "(x * 3).astype(int)", "picked.other_types"),
        Row("narrower integers", "x.astype(np.int8)", "picked.to_narrower_integers"),
        Row("broadcast rows", "m += r", "array_statements.a_row_is_repeated"),
        Row("transposed arrays", "m + m.T", "array_views.symmetric_part"),
        Row("new axes", "x[:, None] - y[None, :]", "array_views.outer_difference"),
        Row("`...` in a subscript", "m[..., -1]", "array_views.columns_by_an_ellipsis"),
        Row("parts of parts", "m[1:-1][:, 1:][t % 2][0]", "array_views.parts_of_parts"),
        Row("axes that are kept", "keepdims=True", "array_views.centred_rows"),
        Row(
            "new arrays in the order of transposed ones",
            "b = m.T * 2",
            "array_views.a_new_array_of_the_transposed",
        ),
        Row("vectors made of rows", "d = p[i] - p[j]", "small_arrays.distances"),
        Row("accumulators of a few numbers", "a = np.zeros(3)", "small_arrays.attraction"),
        Row(
            "arrays of numbers that are written down",
            "v = np.array([c * p[i, 0] - s * p[i, 1]",
            "small_arrays.rotated",
        ),
        Row("a distance to each row", "np.sum((x[i] - c[k]) ** 2)", "small_arrays.nearest_centre"),
        Row("arrays like another", "np.zeros_like(u)", "small_arrays.like_another"),
        Row("arrays bound under a condition", "d = p[i] * 2", "small_arrays.bound_at_times"),
        Row("long arrays that each iteration makes", "z = (x[i] - data)", "own_arrays.bells"),
        Row("tables that each iteration counts into", "h[x[i, j]] += 1", "own_arrays.fullest_bins"),
        Row(
            "what the iteration before has left in an array",
            "d = x[i] * d",
            "own_arrays.what_the_one_before_left",
        ),
        Row(
            "new arrays whose length changes",
            "v = np.zeros(i)",
            "small_arrays.of_a_length_that_changes",
        ),
        Row(
            "arrays that share memory",
            "v[:] = w * 2",
            "array_statements.arrays_that_share_memory",
        ),
        Row(
            "slices whose ends follow an index",
            "y[i:i + w] = x[i:i + w] * 2 + i",
            "moving_slices.windows_of_a_fixed_length",
        ),
        Row(
            "slices whose ends are data, cut off where Python cuts them off",
            "y[starts[t]:ends[t]] += v * t",
            "moving_slices.ends_that_are_data",
        ),
        Row("slices whose step is data", "x[::i] += 1", "moving_slices.a_step_that_is_data"),
        Row(
            "sums, means, extremes of arrays",
            "np.sum(w * a[i:i + 3, j:j + 3])",
            "array_totals.image_filter",
        ),
        Row(
            "the place of the smallest, tests of all elements",
            "(a > 1).argmax()",
            "array_totals.tests_of_all_elements",
        ),
        Row("sums along an axis", "np.sum(m, axis=1)", "array_totals.along_an_axis"),
    ),
    "Lists": (
        Row(
            "lists of floats or of ints, read and written",
            "y[i] = 3 * x[i] + y[i]",
            "lists.write_a_list",
        ),
        Row("ints without bound", "x[i] = x[i] + x[i - 1]", "lists.integers_without_bound"),
        Row("scratch lists", "flags = [True] * (n + 1)", "lists.sieve"),
        Row(
            "`[0] * n` that receives floats",
            "y[i] = i * 0.5",
            "lists.integers_that_become_floats",
        ),
        Row("`[None] * n` that is filled", "y[i] = i * i", "replaced.nothing_that_becomes_ints"),
        Row("sums into `[0] * n`", "y[idx[i]] += x[i]", "replaced.sums_over_zeros"),
        Row("numbers of arrays in lists", "y[i] = a[i] * 2", "replaced.numbers_of_an_array"),
        Row(
            "items of several types, replaced",
            "y[i] = i * 0.25",
            "replaced.several_types_replaced",
        ),
        Row("objects, replaced", "y[i] = i * 0.5", "replaced.objects_replaced"),
        Row("lists of lists", "c[i][j] = s", "nested_lists.matrix_product"),
        Row("tables made in the function", "table[i - 1][j]", "nested_lists.longest_common_part"),
        Row("lists of tuples", "p[i][0] * p[i][1]", "nested_lists.tuples_of_numbers"),
        Row(
            "rows that are one list, read",
            "[[1.5] * m] * n",
            "nested_lists.rows_that_are_one_list_read",
        ),
        Row(
            "rows that are one list, written",
            "[[0] * m] * n",
            "nested_lists.rows_that_are_one_list",
        ),
        Row(
            "rows that another list has, too",
            "h = g[:]",
            "nested_lists.rows_shared_by_two_tables",
        ),
        Row("rows of several lengths", "g[i][0]", "nested_lists.rows_of_many_lengths"),
        Row("a row that is replaced", "g[i] = 0", "nested_lists.row_replaced"),
        Row("two names for one list", "x[i] = y[i - 1] + 1", "lists.two_names"),
        Row("lists of several types", "s += x[i]", "lists.mixed_types"),
        Row("strings", "s += x[i]", "lists.strings"),
        Row("appends", "out.append(v * v)", "appends.squares"),
        Row("appends under a condition", "out.append(v)", "appends.positive_ones"),
        Row(
            "appends of pairs of numbers",
            "out.append((k, v * 2))",
            "appends.pairs_of_numbers",
        ),
        Row(
            "appends of pairs and of numbers",
            "out.append((v, 1))",
            "appends.pairs_and_numbers",
        ),
        Row(
            "appends of values of several types",
            "out.append(v if v > 0 else 0)",
            "appends.several_types",
        ),
        Row(
            "a list that is read and appended to",
            "out.append(out[-1] * 0.5)",
            "appends.looks_back",
        ),
    ),
    "Functions": (
        Row("the builtins and `math`", "math.exp(a[i])", "floats.math_exp"),
        Row("NumPy's functions of numbers", "np.exp(a[i])", "floats.numpy_exp"),
        Row("functions of the program", "clip(a[i])", "functions.several_returns"),
        Row(
            "functions with loops and early `return`s",
            "escape(",
            "functions.loop_and_early_return",
        ),
        Row(
            "functions that write arrays",
            "fill_row(a, i, i * 0.5)",
            "functions.a_function_writes_a_row",
        ),
        Row("functions passed as values", "b[i] = f(a[i], 0.5)", "functions.passed_as_a_value"),
        Row("closures and lambdas", "half(a[i])", "functions.of_a_lambda"),
        Row("recursion", "depth(i)", "functions.recursion"),
        Row(
            "functions that may return nothing",
            "maybe_nothing(a[i])",
            "functions.may_return_none",
        ),
        Row("`math.gamma`, `math.lgamma`", "math.gamma(a[i])", "floats.math_gamma"),
        Row("random numbers of a module", "random.random()", "draws.quarter_of_a_circle"),
        Row("random numbers of a generator", "rng.normal(0, 2)", "draws.walk"),
        Row("their arguments by name, and names", "scale=sigma", "draws.arguments_that_are_names"),
        Row("random steps", "for i in range(1, n)", "draws.from_one_on"),
        Row("arguments that change", "rng.normal(s, 1.0)", "draws.arguments_that_change"),
        Row("several random numbers in one call", "rng.normal(size=3)", "draws.several_at_once"),
        Row("random numbers under a condition", "if i % 3", "draws.drawn_under_a_condition"),
        Row("random numbers of two kinds", "rng.random() * rng.normal()", "draws.of_two_kinds"),
    ),
    "Numbers": (
        Row("ints that leave 64 bits", "p *= i", "integers.product_beyond_64_bits"),
        Row(
            "all widths of NumPy's integers, with their wraps",
            "c[i] = a[i] - b[i]",
            "integers.difference_of_unsigned",
        ),
        Row(
            "division by zero: an exception",
            "a[i] = 100 // (k - i)",
            "integers.python_zero_division",
        ),
        Row("division by zero: NumPy's warning", "1.0 / a[i]", "floats.warnings_in_two_lines"),
        Row("complex numbers", "c[i] = a[i] * b[i] + a[i]", "floats.complex_product"),
        Row("rounding", "round(a[i], n)", "floats.rounding_to_digits"),
        Row("text", "len(str(a[i]))", "floats.text_of_a_float"),
        Row("strings", 'where = "inside"', "control.else_of_the_loop"),
    ),
}


if __name__ == "__main__":
    if sys.argv[1:] == ["-"]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), encoding="utf-8")
