"""Sites in modules as they are imported: `parloop.install("mypkg")`.

A finder in front of the others lets them find each module, and replaces the loader of those that
were asked for. Only plain files and members of zip archives are taken, by their exact loaders: who
has a loader of his own (pytest for the tests) has his reasons. The new loader is of a subclass, so
that sources, resources, `__file__`, `__cached__` and reloading stay as they are. It also lets the
old one make the plain code, with all that comes with it: warnings of the compiler, errors, and
`__pycache__`, in which no rewritten code ever stands.

Code with sites is kept in a store of ours. Its sites are made when one of them is first come by.
"""

from __future__ import annotations

import ast
import importlib.util
import marshal
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final, Protocol
from zipimport import zipimporter

from parloop.capture.codes import CaptureFailed
from parloop.capture.definition import quietly, remember_text
from parloop.capture.rewrite import rewrite
from parloop.capture.shared import SharedSites
from parloop.capture.sites import REGISTRY, Site, SiteInfo, WaitingSite
from parloop.source import Source


class Store(Protocol):
    """Bytes and a little JSON by key; what was put may be gone."""

    def get(self, key: str, /) -> tuple[bytes, dict[str, Any]] | None:
        """Return what was put under `key`."""

    def put(self, key: str, content: bytes, metadata: Mapping[str, Any], /) -> None:
        """Keep it."""


SITES: Final = SharedSites(REGISTRY)
"""Those of all imported modules: a module that is reloaded has the same."""

NEVER: Final = frozenset({"parloop", "numpy", "llvmlite", "islpy", *sys.stdlib_module_names})
"""What parloop itself runs on: its sites would be entered while others are."""


class ImportHook:
    """The finder. `wants` says which modules get sites, by their full names."""

    def __init__(
        self, wants: Callable[[str], bool], store: Callable[[], Store | None] = lambda: None
    ) -> None:
        self.wants = wants
        self.store = store

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what the finders behind this one find, with a loader of ours where it fits."""
        if name.partition(".")[0] in NEVER or not self.wants(name):
            return None
        spec = self._spec_of_others(name, path, target)
        if spec is None:
            return None
        loader: Any = spec.loader
        if type(loader) is SourceFileLoader:
            spec.loader = FileWithSites(loader.name, loader.path, self.store)
        elif type(loader) is zipimporter:
            folder = os.path.join(loader.archive, loader.prefix)  # noqa: PTH118 - as it was made
            archive: Any = ArchiveWithSites(folder, name, self.store)
            spec.loader = archive  # typeshed knows no zipimporter as a loader
        return spec

    def _spec_of_others(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        finders = sys.meta_path
        behind = finders[finders.index(self) + 1 :] if self in finders else []
        for finder in behind:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(name, path, target) if find is not None else None
            if spec is not None:
                return spec
        return None

    def invalidate_caches(self) -> None:
        """Do nothing: the others are asked themselves."""


class FileWithSites(SourceFileLoader):
    """Loads a file with sites in front of its loops."""

    def __init__(self, name: str, path: str, store: Callable[[], Store | None]) -> None:
        super().__init__(name, path)
        self._store = store

    @property
    def get_code(self) -> Callable[[str], CodeType | None]:
        """Give the function that returns the module's code, with sites if there are loops for them.

        A property, so that what the plain one raises has no frame of ours in its traceback.
        """
        return _with_sites(
            super().get_code, self.name, self.path, lambda: self.get_data(self.path), self._store
        )


class ArchiveWithSites(zipimporter):
    """Loads a member of a zip archive with sites in front of its loops."""

    def __init__(self, folder: str, name: str, store: Callable[[], Store | None]) -> None:
        super().__init__(folder)
        self._name = name
        self._store = store

    @property
    def get_code(self) -> Callable[[str], CodeType | None]:  # type: ignore[override]
        """Give the function that returns the module's code, as that of a file does."""
        path = self.get_filename(self._name)
        if not path.endswith(".py"):
            return super().get_code
        return _with_sites(
            super().get_code, self._name, path, lambda: self.get_data(path), self._store
        )


def _with_sites(
    plain: Callable[[str], CodeType | None],
    name: str,
    path: str,
    read: Callable[[], bytes],
    store: Callable[[], Store | None],
) -> Callable[[str], CodeType | None]:
    """Return what gives the code of the module `name` with sites, or `plain` if it gets none."""
    made = _try_code(path, read, store)
    if made is None:
        return plain

    def get_code(fullname: str) -> CodeType | None:
        code = plain(fullname)
        return made if fullname == name else code

    return get_code


def _try_code(
    path: str, read: Callable[[], bytes], store: Callable[[], Store | None]
) -> CodeType | None:
    try:
        raw = read()
        if b"for" not in raw:
            return None
        with _errors_only():
            return _code_with_sites(path, raw, store())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # the plain loader will say so
    except Exception as error:
        bug = CaptureFailed(f"parloop could not look for loops in {path}: "
                            f"{type(error).__name__}: {error}")  # fmt: skip
        print(f"parloop: {bug}; the module runs as it is", file=sys.stderr)
        return None


@contextmanager
def _errors_only() -> Iterator[None]:
    """Show no warning of the compiler: the plain loader will. Raise those that are errors.

    Then the plain loader is left to raise them.
    """
    filters = warnings.filters
    warnings.filters = [
        *((one[0] if one[0] == "error" else "ignore", *one[1:]) for one in filters),
        ("ignore", None, Warning, None, 0),
    ]
    try:
        yield
    finally:
        warnings.filters = filters


def _code_with_sites(path: str, raw: bytes, store: Store | None) -> CodeType | None:
    source = Source(path, importlib.util.decode_source(raw))
    key = _key(path, raw)
    found = store.get(key) if store is not None else None
    if found is not None:
        keys = tuple(found[1]["sites"])
        if not keys:
            return None
        if all(_is_free_or_of(site, source) for site in keys):
            _Waiting(source, raw, keys).begin()
            code: CodeType = marshal.loads(found[0])
            return _ready(code, source)
    code, sites = _rewritten(source, raw)
    keys = tuple(info.key for info in sites)
    if store is not None and all(site == _stem_like(site) for site in keys):
        store.put(key, marshal.dumps(code) if keys else b"", {"sites": list(keys)})
    return _ready(code, source) if sites else None


def _ready(code: CodeType, source: Source) -> CodeType:
    REGISTRY.install({})
    remember_text(code, source)
    return code


def _rewritten(source: Source, raw: bytes) -> tuple[CodeType, tuple[SiteInfo, ...]]:
    """Return the code of a module with sites, and these."""
    while True:
        SITES.begin()
        tree, sites = rewrite(ast.parse(raw, source.path), source, SITES)
        if SITES.said_before(sites):
            return compile(tree, source.path, "exec", dont_inherit=True), sites
        SITES.forget(source)


def _stem_like(site: str) -> str:
    """Return the key without the number that tells it from a key like it in this process."""
    return "_".join(site.split("_")[:3])


def _is_free_or_of(site: str, source: Source) -> bool:
    """Return whether a key has no site in this process, or the one of the same text."""
    known = REGISTRY.sites.get(site)
    return known is None or known.info.source == source


class _Waiting:
    """The sites of a module whose code came from the store, until one of them is come by."""

    def __init__(self, source: Source, raw: bytes, keys: tuple[str, ...]) -> None:
        self._source = source
        self._raw = raw
        self._keys = keys
        self._lock = threading.RLock()

    def begin(self) -> None:
        """Put something in the place of each site that makes them all when it is asked."""
        for key in self._keys:
            if key not in REGISTRY.sites:
                setattr(REGISTRY, key, WaitingSite(key, self.make))

    def make(self) -> None:
        """Make the sites."""
        with self._lock, quietly():
            if all(key in REGISTRY.sites for key in self._keys):
                return
            SITES.begin()
            rewrite(ast.parse(self._raw, self._source.path), self._source, SITES)
            for key in self._keys:
                REGISTRY.leave_out(key)


def _key(path: str, raw: bytes) -> str:
    import hashlib

    digest = hashlib.sha256(repr((path, _own_state(), sys.version, sys.flags.optimize)).encode())
    digest.update(raw)
    return digest.hexdigest()


@cache
def _own_state() -> tuple[object, ...]:
    """Return what stands for the text of what rewrites: its files, as they lie on the disk."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple((file.name, (s := file.stat()).st_size, s.st_mtime_ns) for file in files)


def switch_off() -> None:
    """Leave all loops of imported modules to the interpreter."""
    for site in list(SITES.all()):
        if isinstance(site, Site):
            site.switch(False)
