"""What comes out of the cache is what went in, or nothing: whoever shares, fills or damages it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from parloop.runtime import cache, jit
from parloop.runtime.cache import Cache, compile_cached, content_key, open_cache

KEYS = [content_key(str(number)) for number in range(40)]
BIG = 2**30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "cache"
    made.mkdir(mode=0o700)
    return made


@pytest.fixture(autouse=True)
def forget_open_caches() -> Iterator[None]:
    cache._open.cache_clear()
    yield
    cache._open.cache_clear()


def set_age(folder: Path, key: str, seconds: float) -> None:
    os.utime(folder / f"{key}.plo", (seconds, seconds))


@pytest.mark.parametrize("in_memory", [False, True])
def test_what_was_put_is_got(folder: Path, in_memory: bool) -> None:
    tested = Cache(None if in_memory else folder, max_bytes=BIG)
    metadata = {"name": "é", "sizes": [1, 2.5, None], "nested": {"x": True}}
    assert tested.get(KEYS[0]) is None
    tested.put(KEYS[0], b"\x00code", metadata)
    tested.put(KEYS[1], b"", {})
    assert tested.get(KEYS[0]) == (b"\x00code", metadata)
    assert tested.get(KEYS[1]) == (b"", {})
    assert tested.info().entries == 2
    assert tested.info().n_bytes > 0
    assert tested.clear() == 2
    assert tested.get(KEYS[0]) is None
    assert tested.info().entries == 0


def test_another_process_gets_it_too(folder: Path) -> None:
    Cache(folder, max_bytes=BIG).put(KEYS[0], b"code", {"a": 1})
    assert Cache(folder, max_bytes=BIG).get(KEYS[0]) == (b"code", {"a": 1})


def test_a_second_put_replaces_the_first(folder: Path) -> None:
    tested = Cache(folder, max_bytes=BIG)
    tested.put(KEYS[0], b"old", {})
    tested.put(KEYS[0], b"new", {})
    assert tested.get(KEYS[0]) == (b"new", {})
    assert tested.info().entries == 1


@pytest.mark.parametrize("keep", [0, 7, 8, 39, 40, 47, 48, 60])
def test_truncated_files_are_removed_not_used(folder: Path, keep: int) -> None:
    tested = Cache(folder, max_bytes=BIG)
    tested.put(KEYS[0], b"code" * 10, {"a": 1})
    path = folder / f"{KEYS[0]}.plo"
    path.write_bytes(path.read_bytes()[:keep])
    assert tested.get(KEYS[0]) is None
    assert not path.exists()


def test_a_flipped_bit_anywhere_is_noticed(folder: Path) -> None:
    tested = Cache(folder, max_bytes=BIG)
    tested.put(KEYS[0], b"code", {"a": 1})
    path = folder / f"{KEYS[0]}.plo"
    content = path.read_bytes()
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 1
        path.write_bytes(damaged)
        assert tested.get(KEYS[0]) is None
    path.write_bytes(content)
    assert tested.get(KEYS[0]) == (b"code", {"a": 1})


def test_a_file_under_another_name_is_not_used(folder: Path) -> None:
    tested = Cache(folder, max_bytes=BIG)
    tested.put(KEYS[0], b"code", {})
    (folder / f"{KEYS[0]}.plo").rename(folder / f"{KEYS[1]}.plo")
    assert tested.get(KEYS[1]) is None


def test_the_least_recently_used_go_first(folder: Path) -> None:
    tested = Cache(folder, max_bytes=10_500)
    for age, key in enumerate(KEYS[:9]):
        tested.put(key, bytes(1000), {})
        set_age(folder, key, 1000.0 + age)
    assert tested.get(KEYS[0]) is not None  # used now, so the youngest
    tested.put(KEYS[9], bytes(1000), {})
    tested.put(KEYS[10], bytes(1000), {})
    left = [number for number in range(11) if tested.get(KEYS[number]) is not None]
    assert left == [0, 3, 4, 5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("in_memory", [False, True])
def test_the_size_stays_bounded(folder: Path, in_memory: bool) -> None:
    tested = Cache(None if in_memory else folder, max_bytes=5000)
    for key in KEYS:
        tested.put(key, bytes(900), {})
        assert tested.info().n_bytes <= 5000
    assert tested.info().entries >= 3


def test_what_others_put_is_counted_before_long(folder: Path) -> None:
    for key in KEYS[:20]:
        Cache(folder, max_bytes=BIG).put(key, bytes(900), {})
    tested = Cache(folder, max_bytes=5000)
    tested.put(KEYS[20], bytes(900), {})
    assert tested.info().n_bytes <= 5000


def test_what_is_larger_than_the_cache_is_not_kept(folder: Path) -> None:
    tested = Cache(folder, max_bytes=100)
    tested.put(KEYS[0], bytes(200), {})
    assert tested.get(KEYS[0]) is None


def test_remains_of_writers_that_died_are_removed(folder: Path) -> None:
    old, fresh = folder / ".writing-old", folder / ".writing-fresh"
    old.write_bytes(b"x")
    fresh.write_bytes(b"x")
    os.utime(old, (1000, 1000))
    Cache(folder, max_bytes=BIG).put(KEYS[0], b"code", {})
    assert not old.exists()
    assert fresh.exists()


def test_files_of_others_are_neither_counted_nor_removed(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    tested = Cache(folder, max_bytes=BIG)
    tested.put(KEYS[0], b"code", {})
    assert tested.info().entries == 1
    tested.clear()
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")
class TestOwners:
    """Nothing that somebody else could have written is ever run."""

    def test_new_folders_are_for_the_user_alone(self, tmp_path: Path) -> None:
        made = open_cache({"PARLOOP_CACHE_DIR": str(tmp_path / "a" / "b")})
        assert made.info().folder == tmp_path / "a" / "b"
        assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
        made.put(KEYS[0], b"code", {})
        assert (tmp_path / "a" / "b" / f"{KEYS[0]}.plo").stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("mode", [0o777, 0o770, 0o722])
    def test_folders_that_others_may_write_are_refused(self, folder: Path, mode: int) -> None:
        folder.chmod(mode)
        info = open_cache({"PARLOOP_CACHE_DIR": str(folder)}).info()
        assert info.folder is None
        assert "others may write" in info.reason

    def test_folders_of_other_users_are_refused(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: user + 1)
        info = open_cache({"PARLOOP_CACHE_DIR": str(folder)}).info()
        assert info.folder is None
        assert "another user" in info.reason

    def test_files_of_other_users_are_not_read(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tested = Cache(folder, max_bytes=BIG)
        tested.put(KEYS[0], b"code", {})
        user = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: user + 1)
        assert tested.get(KEYS[0]) is None

    def test_files_that_others_may_write_are_not_read(self, folder: Path) -> None:
        tested = Cache(folder, max_bytes=BIG)
        tested.put(KEYS[0], b"code", {})
        (folder / f"{KEYS[0]}.plo").chmod(0o666)
        assert tested.get(KEYS[0]) is None

    def test_links_and_pipes_are_not_read(self, folder: Path, tmp_path: Path) -> None:
        tested = Cache(folder, max_bytes=BIG)
        tested.put(KEYS[0], b"code", {})
        path = folder / f"{KEYS[0]}.plo"
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
        os.mkfifo(folder / f"{KEYS[1]}.plo")
        assert tested.get(KEYS[0]) is None
        assert tested.get(KEYS[1]) is None


def test_without_a_place_to_write_memory_is_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    made = open_cache({"PARLOOP_CACHE_DIR": str(tmp_path / "file" / "cache")})
    assert made.info().folder is None
    assert made.info().reason
    made.put(KEYS[0], b"code", {})
    assert made.get(KEYS[0]) == (b"code", {})


def test_a_folder_that_vanishes_loses_nothing_but_the_cache(folder: Path) -> None:
    tested = Cache(folder, max_bytes=BIG)
    tested.put(KEYS[0], b"code", {})
    tested.clear()
    folder.rmdir()
    tested.put(KEYS[0], b"code", {})
    assert tested.get(KEYS[0]) is None
    assert tested.info().entries == 0


def test_the_folder_follows_the_environment(tmp_path: Path) -> None:
    home, xdg, own = str(tmp_path / "home"), str(tmp_path / "xdg"), str(tmp_path / "own")
    system = "Library/Caches" if sys.platform == "darwin" else ".cache"
    environment = {"HOME": home}
    assert open_cache(environment).info().folder == Path(home) / system / "parloop"
    environment["XDG_CACHE_HOME"] = "relative"
    assert open_cache(environment).info().folder == Path(home) / system / "parloop"
    environment["XDG_CACHE_HOME"] = xdg
    assert open_cache(environment).info().folder == Path(xdg) / "parloop"
    environment["PARLOOP_CACHE_DIR"] = own
    assert open_cache(environment).info().folder == Path(own)


def test_the_size_follows_the_environment(folder: Path) -> None:
    environment = {"PARLOOP_CACHE_DIR": str(folder)}
    assert open_cache(environment).info().max_bytes == 256 * 2**20
    assert open_cache({**environment, "PARLOOP_CACHE_MAX_MB": "3"}).info().max_bytes == 3 * 2**20
    assert open_cache({**environment, "PARLOOP_CACHE_MAX_MB": "0"}).info().folder is None
    with pytest.raises(ValueError, match="PARLOOP_CACHE_MAX_MB=-1 must be a whole number"):
        open_cache({**environment, "PARLOOP_CACHE_MAX_MB": "-1"})


def test_keys_tell_lists_of_parts_apart() -> None:
    lists: list[tuple[str | bytes, ...]] = [
        *((), ("",), ("", ""), ("a", "b"), ("ab",), ("b", "a"), (b"ab",), ("a", b"b")),
        *(("str 1 a",), ("\ud800",)),
    ]
    assert len({content_key(*parts) for parts in lists}) == len(lists)
    assert content_key("a", b"b") == content_key("a", b"b")


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_keys_that_are_no_keys_are_refused(folder: Path, key: str) -> None:
    with pytest.raises(ValueError, match="must come from content_key"):
        Cache(folder, max_bytes=BIG).get(key)


WRITER = """
import random, sys
from pathlib import Path
from parloop.runtime.cache import Cache, content_key
seed, folder = int(sys.argv[1]), Path(sys.argv[2])
choose = random.Random(seed)
cache = Cache(folder, max_bytes=60_000)
for _ in range(400):
    number = choose.randrange(30)
    key = content_key(str(number))
    found = cache.get(key)
    if found is not None:
        assert found == (bytes([number]) * 4000, {"number": number}), found
    cache.put(key, bytes([number]) * 4000, {"number": number})
    if choose.random() < 0.01:
        cache.clear()
"""


def test_processes_share_a_small_cache_without_harm(folder: Path) -> None:
    commands = [
        [sys.executable, "-W", "error", "-c", WRITER, str(seed), str(folder)] for seed in range(3)
    ]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for command in commands]
    errors = [process.communicate(timeout=60)[1] for process in running]
    assert errors == [b""] * 3
    assert [process.returncode for process in running] == [0] * 3
    assert not list(folder.glob(".writing-*"))


def test_a_module_is_compiled_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOOP_CACHE_DIR", str(folder))
    text = "define i64 @f() { ret i64 7 }"
    first = compile_cached(text)
    monkeypatch.setattr(jit, "compile_to_object", lambda *_, **__: pytest.fail("compiled again"))
    assert compile_cached(text) == first
    assert open_cache().info().entries == 1
