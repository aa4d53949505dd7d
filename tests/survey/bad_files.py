"""Files that a survey must survive, each with the reason that it is recorded with."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

CODE = "for i in range(3):\n    a[i] = 1\n"


def notebook_bytes(*cells: str, version: int = 4, **metadata: object) -> bytes:
    """Return a notebook with these code cells."""
    if version == 3:
        inner = [
            {"cell_type": "code", "input": cell.splitlines(keepends=True), "language": "python"}
            for cell in cells
        ]
        return json.dumps({"nbformat": 3, "worksheets": [{"cells": inner}]}).encode()
    found = [{"cell_type": "code", "source": cell, "outputs": []} for cell in cells]
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": found}).encode()


BAD: dict[str, tuple[bytes, str]] = {
    "empty.ipynb": (b"", "broken notebook"),
    "cut.ipynb": (notebook_bytes(CODE)[:-20], "broken notebook"),
    "list.ipynb": (b"[1, 2]", "broken notebook"),
    "number.ipynb": (b"1e999", "broken notebook"),
    "digits.ipynb": (b'{"cells": ' + b"9" * 10_000 + b"}", "broken notebook"),
    "no_cells.ipynb": (b'{"nbformat": 4}', "broken notebook"),
    "latin.ipynb": (notebook_bytes(CODE).replace(b"a[i]", b"\xe9[i]"), "broken notebook"),
    "deep.ipynb": (b"[" * 200_000, "broken notebook"),
    "deep_cells.ipynb": (b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "broken notebook"),
    "r.ipynb": (
        notebook_bytes("x <- 1", language_info={"name": "R"}), "another language"
    ),
    "unparsable.ipynb": (notebook_bytes("for i in range(:", "x ="), "cannot be parsed"),
    "python2.ipynb": (notebook_bytes("print 'x'", "print x", version=3), "Python 2"),
    "python2.py": (b"for i in range(3):\n    print i\n", "Python 2"),
    "except2.py": (b"try:\n    f()\nexcept ValueError, e:\n    pass\n", "Python 2"),
    "octal.py": (b"x = 0777\n", "Python 2"),
    "broken.py": (b"def f(:\n", "cannot be parsed"),
    "nul.py": (b"x = '\x00'\n", "cannot be parsed"),
    "latin.py": (b"x = '\xe9'\n", "cannot be decoded"),
    "coding.py": (b"# coding: no-such-thing\n", "cannot be decoded"),
    "zlib.py": (b"# coding: zlib\n", "cannot be decoded"),
    "utf16.py": ("x = 1".encode("utf-16"), "cannot be decoded"),
    "parentheses.py": (b"x = " + b"(" * 5000 + b")" * 5000, "cannot be parsed"),
    "minus.py": (b"x = " + b"-" * 100_000 + b"1\n", "nested too deeply"),
    "attributes.py": (
        b"for i in range(3):\n    x = y" + b".a" * 50_000 + b"\n", "nested too deeply"
    ),
    "sum.py": (
        b"for i in range(3):\n    x = " + b"+".join([b"i"] * 20_000) + b"\n", "nested too deeply"
    ),
    "elif.py": (
        b"if a: pass\n" + b"elif a: pass\n" * 5000 + CODE.encode(), "nested too deeply"
    ),
    "broken.zip": (b"PK\x03\x04 and no more", "broken archive"),
    "empty.zip": (b"", "broken archive"),
    "broken.tar.gz": (b"\x1f\x8b and no more", "broken archive"),
    "no_gzip.tar.gz": (b"plain text", "broken archive"),
}  # fmt: skip
"""Content and reason. `nested too deeply` may be `cannot be parsed` where Python says so itself."""


def write_bad_files(folder: Path) -> None:
    """Write all of `BAD`."""
    for name, (content, _) in BAD.items():
        (folder / name).write_bytes(content)


def write_zip(
    path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED
) -> None:
    """Write an archive."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    """Write an archive."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def write_links(path: Path) -> None:
    """Write a tar archive of links, a device and one script."""
    with tarfile.open(path, "w:gz") as archive:
        for name, kind in (("sym.py", tarfile.SYMTYPE), ("hard.py", tarfile.LNKTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        device = tarfile.TarInfo("device.py")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
        script = tarfile.TarInfo("good.py")
        script.size = len(CODE)
        archive.addfile(script, io.BytesIO(CODE.encode()))


def write_bomb(path: Path, n_bytes: int) -> None:
    """Write a tar archive of a few bytes that becomes so many."""
    header = tarfile.TarInfo("zeros.bin")
    header.size = n_bytes
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.tobuf())
        for _ in range(n_bytes >> 20):
            file.write(b"\0" * 2**20)


def write_long_header(path: Path, n_bytes: int) -> None:
    """Write a tar archive whose first member has a name of so many characters."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, n_bytes
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.tobuf())
        for _ in range(n_bytes >> 20):
            file.write(b"a" * 2**20)


Writer = Callable[[Path], None]
