"""`parallel` gives a function sites, and leaves everything else about it as it was."""

from __future__ import annotations

import functools
import inspect
import linecache
import pickle
import traceback
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import decorated
import pytest
from fake_engine import taking

import parloop
from parloop.capture.decorator import captured
from parloop.capture.sites import REGISTRY, Site


@pytest.fixture(autouse=True, params=["none", "half", "all"])
def _engine(request: pytest.FixtureRequest) -> Iterator[None]:
    before = Site.engine
    shares = {"half": lambda trips: trips // 2, "all": lambda trips: trips}
    REGISTRY.set_engine(taking(shares[request.param]) if request.param in shares else None)
    yield
    REGISTRY.set_engine(before)


def sites_of(f: Any) -> int:
    found = captured(f)
    assert found is not None
    return len(found.sites)


def test_functions_of_every_kind_give_what_they_gave() -> None:
    assert decorated.bare(4, 1, 8, key=2) == (8, 2, 8)
    assert decorated.with_options(5) == 10
    assert decorated.decorated_above(4) == (6, 6)
    assert decorated.decorated_below(4) == (6, 6)
    assert decorated.Child().size(3) == 24
    assert (decorated.Child.static(3), decorated.Child.static_inside(3)) == (2, 2)
    assert decorated.Child.of_class(3) == ("Child", 2)
    assert list(decorated.generator(4)) == [6]
    with pytest.raises(StopIteration) as caught:
        decorated.coroutine(4).send(None)
    assert caught.value.value == 6


def test_each_of_them_has_its_site() -> None:
    for f in (decorated.bare, decorated.with_options, decorated.decorated_above.__wrapped__,
              decorated.Child.size, decorated.Child.static, decorated.Child.static_inside,
              decorated.Child.of_class, decorated.generator, decorated.coroutine):  # fmt: skip
        assert sites_of(f) == 1


def test_closure_cells_are_shared_with_the_functions_around() -> None:
    add, seen = decorated.counter(100)
    assert (add(4), seen(), add(2), seen()) == (106, 106, 107, 107)
    other, _ = decorated.counter(0)
    assert other(3) == 3
    assert seen() == 107
    assert captured(add) is not None
    assert captured(add).sites == captured(other).sites  # type: ignore[union-attr]


def test_everything_but_the_code_is_kept() -> None:
    def plain(n: int, step: int = 3, *, key: int = 5) -> int:
        """Its text."""
        for i in range(n):
            t = i
        return t + step + key

    plain.attribute = [1]  # type: ignore[attr-defined]
    plain.__name__, plain.__qualname__, plain.__module__ = "called", "A.called", "elsewhere"
    made = parloop.parallel(plain)
    assert made is not plain
    for name in ("__name__", "__qualname__", "__module__", "__doc__", "__dict__", "__defaults__",
                 "__kwdefaults__", "__annotations__", "__closure__", "__globals__"):  # fmt: skip
        assert getattr(made, name) == getattr(plain, name)
    for name in ("co_name", "co_qualname", "co_varnames", "co_freevars", "co_cellvars",
                 "co_firstlineno", "co_filename", "co_flags", "co_argcount"):  # fmt: skip
        assert getattr(made.__code__, name) == getattr(plain.__code__, name)
    assert inspect.signature(made) == inspect.signature(plain)
    assert inspect.getsource(made) == inspect.getsource(plain)
    assert made(3) == plain(3) == 10


def test_a_plain_call_leaves_the_function_alone() -> None:
    code = decorated.recursive.__code__
    made = parloop.parallel(decorated.recursive)
    assert decorated.recursive.__code__ is code
    assert made(4) == decorated.recursive(4) == 10


def test_a_second_call_starts_from_the_user_s_function() -> None:
    once = parloop.parallel(decorated.recursive)
    again = parloop.parallel(once, threads=2)
    assert captured(again).original is decorated.recursive  # type: ignore[union-attr]
    assert (sites_of(once), sites_of(again)) == (1, 1)
    assert again(4) == 10


def test_options_go_to_the_sites_of_the_function() -> None:
    site = REGISTRY.sites[captured(decorated.with_options).sites[0].key]  # type: ignore[union-attr]
    assert dict(site.options) == {"device": "cpu", "threads": 1}


def test_methods_are_taken_with_their_objects() -> None:
    child = decorated.Child()
    method = parloop.parallel(child.size)
    assert isinstance(method, types.MethodType)
    assert method.__self__ is child
    assert method(3) == 24


def test_the_decorator_s_result_pickles_and_that_of_a_call_does_not() -> None:
    assert pickle.loads(pickle.dumps(decorated.bare)) is decorated.bare
    with pytest.raises(pickle.PicklingError, match="not the same object"):
        pickle.dumps(parloop.parallel(decorated.recursive))


@pytest.mark.parametrize(
    ("f", "code"),
    [
        (lambda n: n, "SYN204"),
        (decorated.without_loops, "SYN203"),
        (decorated.one, "SYN203"),
        (types.FunctionType(compile("1", "<made>", "eval"), {}, "made"), "SYN201"),
    ],
)
def test_what_has_no_loops_or_text_comes_back_with_a_reason(f: Any, code: str) -> None:
    assert parloop.parallel(f) is f
    found = captured(f)
    assert found is not None
    assert found.reason is not None
    assert found.reason.code == code


def test_what_is_no_function_comes_back_or_is_refused() -> None:
    assert parloop.parallel(len) is len
    partial = functools.partial(print)
    assert parloop.parallel(partial) is partial
    with pytest.raises(TypeError, match="f=3 must be a function"):
        parloop.parallel(3)


def from_file(path: Path, text: str, name: str) -> Any:
    """Return what executing `text` as the file `path` binds to `name`."""
    path.write_text(text, encoding="utf-8")
    linecache.checkcache(str(path))
    space: dict[str, Any] = {"__name__": "made", "parloop": parloop}
    exec(compile(text, str(path), "exec", dont_inherit=True), space)
    return space[name]


LOOP = "def f(n):\n    s = {start}\n    for i in range(n):\n        s += i\n    return s\n"


def test_a_file_that_was_changed_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "changed.py"
    f = from_file(path, LOOP.format(start=0), "f")
    path.write_text(LOOP.format(start=1), encoding="utf-8")
    assert parloop.parallel(f) is f
    assert captured(f).reason.code == "SYN202"  # type: ignore[union-attr]
    g = from_file(tmp_path / "moved.py", "\n" + LOOP.format(start=0), "f")
    (tmp_path / "moved.py").write_text(LOOP.format(start=0), encoding="utf-8")
    assert parloop.parallel(g) is g
    h = from_file(tmp_path / "broken.py", LOOP.format(start=0), "f")
    (tmp_path / "broken.py").write_text("def f(:\n", encoding="utf-8")
    assert parloop.parallel(h) is h


def test_features_from_the_future_hold(tmp_path: Path) -> None:
    text = "from __future__ import annotations\n" + LOOP.format(start=0).replace("(n)", "(n: Q)", 1)
    f = parloop.parallel(from_file(tmp_path / "future.py", text, "f"))
    assert (f.__annotations__, f(4), sites_of(f)) == ({"n": "Q"}, 6, 1)


def test_of_two_definitions_of_a_name_the_right_one_is_taken(tmp_path: Path) -> None:
    text = (
        "import sys\n"
        "if sys.maxsize > 0:\n    " + LOOP.format(start=0).replace("\n", "\n    ") + "\n"
        "else:\n    " + LOOP.format(start=1).replace("\n", "\n    ") + "\n"
        "g = f\n" + LOOP.format(start=2)
    )
    f = parloop.parallel(from_file(tmp_path / "two.py", text, "f"))
    g = parloop.parallel(from_file(tmp_path / "two.py", text, "g"))
    assert (f(4), g(4), sites_of(f), sites_of(g)) == (8, 6, 1, 1)


def test_nested_functions_get_sites_and_functions_around_do_not(tmp_path: Path) -> None:
    text = (
        "def around(n):\n"
        "    for i in range(n):\n"
        "        t = i\n"
        "    @parloop.parallel\n"
        "    def f(n):\n"
        "        def inside(m):\n"
        "            s = 0\n"
        "            for i in range(m):\n"
        "                s += i + t\n"
        "            return s\n"
        "        return inside(n)\n"
        "    return f\n"
    )
    f = from_file(tmp_path / "nested.py", text, "around")(3)
    assert f(4) == 14
    found = captured(f)
    assert found is not None
    assert [site.function for site in found.sites] == ["around.<locals>.f.<locals>.inside"]


def test_warnings_of_the_compiler_do_not_come_again(tmp_path: Path) -> None:
    text = LOOP.format(start="'\\d' is 0 or 0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f = from_file(tmp_path / "warns.py", text, "f")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert parloop.parallel(f)(4) == 6
    assert seen == []


def test_tracebacks_show_the_user_s_lines_only() -> None:
    def divide(n: int) -> int:
        s = 0
        for i in range(n):
            s += 10 // (n - 2 - i)
        return s

    line = divide.__code__.co_firstlineno + 3
    with pytest.raises(ZeroDivisionError) as caught:
        parloop.parallel(divide)(5)
    frames = traceback.extract_tb(caught.value.__traceback__)[1:]
    assert [(frame.name, frame.lineno) for frame in frames] == [("divide", line)]


def test_off_leaves_functions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOOP", "off")
    assert parloop.parallel(decorated.recursive) is decorated.recursive
