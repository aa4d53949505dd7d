"""The files to be surveyed: named ones, those in folders, and members of archives.

Nothing is unpacked onto the disk: members are read into memory one at a time, up to a limit each
and in all, so that neither a name nor a size that an archive claims can do harm. What cannot be
read is an `Input` with its problem, not an exception.
"""

from __future__ import annotations

import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final, Literal, Self, TypeAlias

Kind: TypeAlias = Literal["notebook", "script", "archive", "folder"]

MEBIBYTE: Final = 2**20

_KINDS: Final[dict[str, Kind]] = {".ipynb": "notebook", ".py": "script"}
_ARCHIVES: Final = (".zip", ".tar.gz", ".tgz", ".tar")
_UNREADABLE: Final = (
    OSError, EOFError, RuntimeError, ValueError, NotImplementedError, MemoryError, OverflowError,
    KeyError, IndexError, AttributeError, zipfile.BadZipFile, tarfile.TarError, zlib.error,
    lzma.LZMAError,
)  # fmt: skip
"""What the archive modules raise for broken archives; the modules' own lists are incomplete."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of anything is read."""

    file_bytes: int = 64 * MEBIBYTE
    """Of one file or member; larger ones are left out."""
    archive_bytes: int = 4096 * MEBIBYTE
    """That one archive may become when it is unpacked; the rest of it is left out."""
    members: int = 200_000
    """Of one archive."""


@dataclass(frozen=True, slots=True)
class Input:
    """One file: where its bytes are, or why they are not to be had."""

    label: str
    kind: Kind
    path: Path | None = None
    """Read by the worker, where it is a file of its own."""
    data: bytes | None = None
    problem: str | None = None
    detail: str = ""
    weight: int = 0
    """Bytes on the disk that are done with it: for the progress bar."""


def total_weight(paths: Sequence[str]) -> int:
    """Return the bytes on the disk of all files that `find_inputs` will look into, about."""
    total = 0
    for path in paths:
        if Path(path).is_dir():
            for folder, _, names in os.walk(path):
                total += sum(_weight(Path(folder, name)) for name in names if _kind_of(name))
        else:
            total += _weight(Path(path))
    return total


def _weight(path: Path) -> int:
    try:
        return path.lstat().st_size
    except (OSError, ValueError):
        return 0


def find_inputs(paths: Sequence[str], limits: Limits) -> Iterator[Input]:
    """Yield every notebook and script under `paths`, in a fixed order, each file once."""
    seen: set[tuple[int, int]] = set()
    for path in paths:
        for found in _under(Path(path), limits):
            if found.path is not None and found.problem is None:
                try:
                    status = found.path.stat()
                except OSError as error:
                    yield _unreadable(found.label, found.kind, error)
                    continue
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
            yield found


def _under(path: Path, limits: Limits) -> Iterator[Input]:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        yield _unreadable(str(path), "script", error)
        return
    if stat.S_ISDIR(mode):
        yield from _in_folder(path, limits)
    else:
        yield from _of_file(path, limits, named=True)


def _in_folder(folder: Path, limits: Limits) -> Iterator[Input]:
    """Yield the files below `folder`; links are not followed, hidden folders not entered."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield _unreadable(str(folder), "folder", error)
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.is_symlink():
            if _kind_of(entry.name) is not None:
                yield Input(str(path), "script", problem="symbolic link")
        elif entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith(".") and entry.name != "__pycache__":
                yield from _in_folder(path, limits)
        else:
            yield from _of_file(path, limits, named=False)


def _kind_of(name: str) -> Kind | None:
    lower = name.lower()
    if lower.endswith(_ARCHIVES):
        return "archive"
    return _KINDS.get(PurePosixPath(lower).suffix)


def _of_file(path: Path, limits: Limits, *, named: bool) -> Iterator[Input]:
    label, kind = str(path), _kind_of(path.name)
    if kind is None:
        if named:
            yield Input(label, "script", problem="neither notebook, script nor archive")
        return
    try:
        status = path.stat()
    except OSError as error:
        yield _unreadable(label, kind, error)
        return
    if not stat.S_ISREG(status.st_mode):
        yield Input(label, kind, problem="not a regular file")
    elif kind == "archive":
        yield from _in_archive(path, limits)
    elif status.st_size > limits.file_bytes:
        yield _too_large(label, kind, status.st_size)
    else:
        yield Input(label, kind, path=path, weight=status.st_size)


def _in_archive(path: Path, limits: Limits) -> Iterator[Input]:
    members = _in_zip if path.name.lower().endswith(".zip") else _in_tar
    budget = _Budget(limits)
    try:
        yield from members(path, budget)
    except _UNREADABLE as error:
        yield _unreadable(str(path), "archive", error)


@dataclass(slots=True)
class _Budget:
    limits: Limits
    n_bytes: int = 0
    members: int = 0

    def spend(self, n_bytes: int) -> None:
        """Count bytes that an archive has become; raise ValueError where it is too much."""
        self.n_bytes += n_bytes
        if self.n_bytes > self.limits.archive_bytes:
            raise ValueError(f"unpacks to more than {_size(self.limits.archive_bytes)}")

    def count(self) -> None:
        """Count a member; raise ValueError where there are too many."""
        self.members += 1
        if self.members > self.limits.members:
            raise ValueError(f"has more than {self.limits.members} members")


def _in_zip(path: Path, budget: _Budget) -> Iterator[Input]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            budget.count()
            label = f"{path}!{_shown(member.filename)}"
            refused = _refused(label, member.filename, member.file_size, budget.limits)
            if refused is not None:
                yield from refused
            elif stat.S_ISLNK(member.external_attr >> 16):
                yield Input(label, "script", problem="symbolic link")
            else:
                found = _read_member(label, lambda m=member: archive.open(m), budget)
                yield replace(found, weight=member.compress_size)


def _in_tar(path: Path, budget: _Budget) -> Iterator[Input]:
    plain = path.name.lower().endswith(".tar")
    with path.open("rb") as file, gzip.open(file) if not plain else file as raw:
        stream = _Counted(raw, budget)
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_ShortHeaders) as archive:
            at = 0
            for member in archive:
                archive.members = []  # type: ignore[attr-defined] # they need not be kept
                budget.count()
                label = f"{path}!{_shown(member.name)}"
                if member.isdir():
                    continue
                refused = _refused(label, member.name, member.size, budget.limits)
                if refused is not None:
                    yield from refused
                elif not member.isreg():
                    link = member.issym() or member.islnk()
                    problem = "symbolic link" if link else "not a regular file"
                    yield Input(label, "script", problem=problem)
                else:
                    found = _read_member(label, lambda m=member: archive.extractfile(m), None)
                    yield replace(found, weight=file.tell() - at)
                    at = file.tell()


class _ShortHeaders(tarfile.TarInfo):
    """Refuses headers that would be read into memory whole and are as large as files."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Return the header in `buf`."""
        found = super().frombuf(buf, encoding, errors)
        if found.type in _EXTENSIONS and found.size > MEBIBYTE:
            raise tarfile.ReadError("has a header of more than 1 MiB")
        return found


_EXTENSIONS: Final = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip


class _Counted(io.RawIOBase):
    """Counts what is read from a stream against a budget."""

    def __init__(self, raw: io.BufferedIOBase, budget: _Budget) -> None:
        self.raw = raw
        self.budget = budget

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next `size` bytes."""
        data = self.raw.read(size)
        self.budget.spend(len(data))
        return data


def _refused(label: str, name: str, size: int, limits: Limits) -> tuple[Input, ...] | None:
    """Return what is said of a member that is not read, if it is not."""
    kind = _kind_of(name)
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.endswith("/") or kind is None or "__MACOSX" in parts or "__pycache__" in parts:
        return ()
    if ".." in parts or name.startswith(("/", "\\")) or name[1:2] == ":":
        return (Input(label, kind, problem="name leads out of the archive"),)
    if kind == "archive":
        return (Input(label, kind, problem="archive inside an archive"),)
    if size > limits.file_bytes:
        return (_too_large(label, kind, size),)
    return None


def _read_member(label: str, opened: object, budget: _Budget | None) -> Input:
    kind = _kind_of(label) or "script"
    try:
        with opened() as file:  # type: ignore[operator]
            limit = 64 * MEBIBYTE if budget is None else budget.limits.file_bytes
            data = file.read(limit + 1)
    except _UNREADABLE as error:
        return _unreadable(label, kind, error)
    if len(data) > limit:
        return _too_large(label, kind, len(data))
    if budget is not None:
        budget.spend(len(data))
    return Input(label, kind, data=data)


def read_bytes(found: Input, limits: Limits) -> bytes | Input:
    """Return the bytes of `found`, or what is said of it instead. Never more than the limit."""
    if found.data is not None:
        return found.data
    assert found.path is not None
    try:
        with found.path.open("rb") as file:
            data = file.read(limits.file_bytes + 1)
    except OSError as error:
        return _unreadable(found.label, found.kind, error)
    if len(data) > limits.file_bytes:
        return _too_large(found.label, found.kind, len(data))
    return data


def _too_large(label: str, kind: Kind, size: int) -> Input:
    return Input(label, kind, problem="too large", detail=f"{_size(size)}")


def _unreadable(label: str, kind: Kind, error: BaseException) -> Input:
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if isinstance(error, FileNotFoundError):
        problem = "no such file"
    else:
        problem = "broken archive" if kind == "archive" else "cannot be read"
    return Input(_shown(label), kind, problem=problem, detail=" ".join(str(words).split())[:200])


def _size(n_bytes: int) -> str:
    return f"{n_bytes / MEBIBYTE:.0f} MiB"


def _shown(name: str) -> str:
    """Return a name as it may be printed: one line, no control characters, encodable, bounded."""
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return plain if len(plain) <= 400 else f"{plain[:200]}...{plain[-190:]}"
