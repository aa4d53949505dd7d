"""Machine code that outlives the process, in a folder of the user's own.

A file is named by the content that its code was made from, and says by a checksum that it is whole.
Nothing in it is trusted beyond that, so the folder and its files must be the user's, and writable
by nobody else; otherwise, or where nothing can be written, the cache lives in memory. Files appear
at once or not at all, and any may vanish at any time: processes need no lock.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parloop import config
from parloop.runtime import jit


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What a cache holds, and where."""

    folder: Path | None
    """None: in memory only, for the reason in `reason`."""
    reason: str
    entries: int
    n_bytes: int
    max_bytes: int


class Cache:
    """Object code and a little JSON by key; a `get` may miss whatever was `put`."""

    def __init__(self, folder: Path | None, *, max_bytes: int, reason: str = "") -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._reason = reason
        self._memory: dict[str, bytes] = {}
        self._n_bytes = 0  # about what the folder holds, as far as this process knows
        self._puts_to_scan = 0

    def get(self, key: str) -> tuple[bytes, dict[str, Any]] | None:
        """Return what was put under `key`, if it is still there and whole."""
        name = _file_name(key)
        content = self._memory.get(key) if self._folder is None else _read(self._folder / name)
        if content is None:
            return None
        found = _unpack(key, content)
        if self._folder is not None:
            with contextlib.suppress(OSError):  # somebody else removed it, or may not write here
                if found is None:
                    (self._folder / name).unlink()
                else:
                    os.utime(self._folder / name)  # it was used: eviction goes by this time
        return found

    def put(self, key: str, object_code: bytes, metadata: Mapping[str, Any]) -> None:
        """Keep object code and metadata (JSON values only) under `key`, if there is room."""
        name, content = _file_name(key), _pack(key, object_code, metadata)
        if len(content) > self._max_bytes:
            return
        with _LOCK:
            if self._folder is None:
                self._keep_in_memory(key, content)
                return
            try:
                _write(self._folder, name, content)
            except OSError:  # full, or no longer writable: the next process compiles again
                return
            self._n_bytes += len(content)
            self._puts_to_scan -= 1
            if self._puts_to_scan < 0 or self._n_bytes > self._max_bytes:
                self._n_bytes = _evict(self._folder, self._max_bytes)
                self._puts_to_scan = _PUTS_BETWEEN_SCANS

    def info_folder(self) -> Path | None:
        """Return where the cache is; None if in memory."""
        return self._folder

    def get_text(self, name: str) -> str | None:
        """Return what `put_text` wrote, if it is there and the user's own."""
        if self._folder is None:
            return None
        content = _read(self._folder / name)
        try:
            return None if content is None else content.decode()
        except UnicodeDecodeError:
            return None

    def put_text(self, name: str, text: str) -> Path | str:
        """Write a file beside the code, which `clear` leaves; return its path, or why not."""
        if self._folder is None:
            return self._reason
        try:
            _write(self._folder, name, text.encode())
        except OSError as error:
            return f"{self._folder}: {error.strerror or error}"
        return self._folder / name

    def info(self) -> CacheInfo:
        """Return where the cache is and how full."""
        if self._folder is None:
            sizes = [len(content) for content in self._memory.values()]
        else:
            sizes = [status.st_size for path, status in _files(self._folder) if _is_entry(path)]
        return CacheInfo(self._folder, self._reason, len(sizes), sum(sizes), self._max_bytes)

    def clear(self) -> int:
        """Remove everything; return how many entries went."""
        removed = len(self._memory)
        self._memory.clear()
        if self._folder is not None:
            for path, _ in list(_files(self._folder)):
                with contextlib.suppress(OSError):
                    path.unlink()
                    removed += _is_entry(path)
        self._n_bytes = 0
        return removed

    def _keep_in_memory(self, key: str, content: bytes) -> None:
        self._memory.pop(key, None)
        self._memory[key] = content
        while sum(map(len, self._memory.values())) > self._max_bytes:
            del self._memory[next(iter(self._memory))]


def open_cache(environment: Mapping[str, str] = os.environ) -> Cache:
    """Return the cache of this user.

    It is in `PARLOOP_CACHE_DIR`, else in the system's folder for caches, and holds at most
    `PARLOOP_CACHE_MAX_MB` (256; 0: nothing is written).
    """
    return _open(_folder_for(environment), config.cache_megabytes(environment) * 2**20)


def content_key(*parts: str | bytes) -> str:
    """Return a key that stands for exactly these parts, in this order."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(f"{type(part).__name__} {len(data)} ".encode())
        digest.update(data)
    return digest.hexdigest()


def compile_cached(module_text: str, *, opt_level: int = 3) -> bytes:
    """Return what `jit.compile_to_object` makes, from the cache where it was made before."""
    key = content_key("module", module_text, str(opt_level), jit.host())
    cache = open_cache()
    if (found := cache.get(key)) is not None:
        return found[0]
    code = jit.compile_to_object(module_text, opt_level=opt_level)
    cache.put(key, code, {})
    return code


_LOCK = threading.Lock()
"""Held while a process writes and counts; nothing else is locked inside."""

if hasattr(os, "register_at_fork"):  # a child must not inherit it from a thread that it lacks
    os.register_at_fork(
        before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release
    )

_PUTS_BETWEEN_SCANS = 32
"""How often a process looks at what others wrote: a scan costs about 2 us a file."""

_MEMORY_BYTES = 32 * 2**20
_MAGIC = b"parloop1"
_SUFFIX = ".plo"
_TEMPORARY_PREFIX = ".writing-"
_ABANDONED_S = 3600.0


@functools.cache
def _open(folder: Path | None, max_bytes: int) -> Cache:
    if max_bytes == 0:
        return Cache(None, max_bytes=_MEMORY_BYTES, reason="PARLOOP_CACHE_MAX_MB is 0")
    if folder is None:
        return Cache(None, max_bytes=_MEMORY_BYTES, reason="there is no home folder")
    if reason := _reason_against(folder):
        return Cache(None, max_bytes=_MEMORY_BYTES, reason=reason)
    return Cache(folder, max_bytes=max_bytes)


def _folder_for(environment: Mapping[str, str]) -> Path | None:
    if asked := environment.get("PARLOOP_CACHE_DIR"):
        return Path(asked).absolute()
    xdg = environment.get("XDG_CACHE_HOME", "")
    if Path(xdg).is_absolute():  # the specification says that others are ignored
        return Path(xdg) / "parloop"
    try:
        home = Path(environment["HOME"]) if environment.get("HOME") else Path.home()
    except RuntimeError:
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "parloop"


def _reason_against(folder: Path) -> str:
    """Return why `folder` cannot be used; make it if it is not there."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.stat()
        if not _is_ours_alone(status):
            return f"{folder} belongs to another user, or others may write into it"
    except OSError as error:
        return f"{folder}: {error.strerror or error}"
    return "" if os.access(folder, os.W_OK | os.X_OK) else f"{folder} cannot be written"


def _is_ours_alone(status: os.stat_result) -> bool:
    if not hasattr(os, "geteuid"):  # Windows: the user's profile is the user's own
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _file_name(key: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", key):
        raise ValueError(f"key={key!r} must come from content_key")
    return key + _SUFFIX


def _pack(key: str, object_code: bytes, metadata: Mapping[str, Any]) -> bytes:
    text = json.dumps(dict(metadata), allow_nan=False).encode()
    payload = len(text).to_bytes(8, "little") + text + object_code
    return _MAGIC + _checksum(key, payload) + payload


def _unpack(key: str, content: bytes) -> tuple[bytes, dict[str, Any]] | None:
    magic, checksum, payload = content[:8], content[8:40], content[40:]
    if magic != _MAGIC or checksum != _checksum(key, payload):
        return None
    end = 8 + int.from_bytes(payload[:8], "little")
    metadata: dict[str, Any] = json.loads(payload[8:end])
    return payload[end:], metadata


def _checksum(key: str, payload: bytes) -> bytes:
    return hashlib.sha256(key.encode() + payload).digest()  # the key: a renamed file is not whole


def _read(path: Path) -> bytes | None:
    """Return a file's content if it is a plain file of our own."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and _is_ours_alone(status):
                return file.read()
    except OSError:
        pass
    return None


def _write(folder: Path, name: str, content: bytes) -> None:
    """Make a file appear with all its content."""
    handle, path = tempfile.mkstemp(prefix=_TEMPORARY_PREFIX, dir=folder)  # mode 0600
    temporary = Path(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.replace(folder / name)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _evict(folder: Path, max_bytes: int) -> int:
    """Remove the entries used longest ago until the rest fits; return how many bytes stay."""
    now = time.time()
    entries: list[tuple[float, int, Path]] = []
    for path, status in _files(folder):
        if _is_entry(path):
            entries.append((status.st_mtime, status.st_size, path))
        elif now - status.st_mtime > _ABANDONED_S:  # its writer is gone
            with contextlib.suppress(OSError):
                path.unlink()
    n_bytes = sum(size for _, size, _ in entries)
    if n_bytes <= max_bytes:
        return n_bytes
    for _, size, path in sorted(entries):
        if n_bytes <= max_bytes * 9 // 10:  # a tenth of room, so that the next put need not evict
            break
        with contextlib.suppress(OSError):
            path.unlink()
        n_bytes -= size
    return n_bytes


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield what this module wrote into the folder; other files are none of our business."""
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for item in found:
            if item.name.endswith(_SUFFIX) or item.name.startswith(_TEMPORARY_PREFIX):
                with contextlib.suppress(OSError):  # another process removed it meanwhile
                    yield folder / item.name, item.stat(follow_symlinks=False)


def _is_entry(path: Path) -> bool:
    return path.suffix == _SUFFIX
