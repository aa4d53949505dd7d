"""How many cores this process may use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path


def default_threads(environment: Mapping[str, str] = os.environ) -> int:
    """Return how many threads a loop uses when nobody asks for a number.

    `PARLOOP_THREADS` is taken at its word. Otherwise it is the cores available, or
    `OMP_NUM_THREADS` where that is less.
    """
    if (asked := environment.get("PARLOOP_THREADS", "").strip()) != "":
        if not (asked.isascii() and asked.isdigit() and int(asked) >= 1):
            raise ValueError(f"PARLOOP_THREADS={asked} must be a whole number of at least 1")
        return int(asked)
    cores = available_cores()
    return min(cores, _omp_threads(environment) or cores)


def available_cores() -> int:
    """Return the cores of the affinity mask, less where a cgroup's quota allows less."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min([cores, *cgroup_quotas()]))


def cgroup_quotas(
    root: Path = Path("/sys/fs/cgroup"), proc: Path = Path("/proc/self")
) -> list[int]:
    """Return the cores, rounded up, that each quota above this process allows."""
    try:
        lines = (proc / "cgroup").read_text().splitlines()
    except OSError:  # not Linux, or no /proc
        return []
    quotas: list[int] = []
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if controllers == "":
            quotas += [_v2_quota(folder) for folder in _folders(root, group)]
        elif "cpu" in controllers.split(","):
            for mount in (root / "cpu", root / "cpu,cpuacct"):
                quotas += [_v1_quota(folder) for folder in _folders(mount, group)]
    return [quota for quota in quotas if quota > 0]


def _folders(mount: Path, group: str) -> Iterator[Path]:
    """Yield the folder of a group and those of the groups around it.

    In a container the path may be the host's, which is not visible here; then the mount itself is
    the container's own group, and the last folder yielded.
    """
    parts = [part for part in group.split("/") if part not in ("", "..")]
    for n in range(len(parts), -1, -1):
        yield mount.joinpath(*parts[:n])


def _v2_quota(folder: Path) -> int:
    try:
        quota, period = (folder / "cpu.max").read_text().split()
        return 0 if quota == "max" else math.ceil(int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return 0


def _v1_quota(folder: Path) -> int:
    try:
        quota = int((folder / "cpu.cfs_quota_us").read_text())
        period = int((folder / "cpu.cfs_period_us").read_text())
        return 0 if quota <= 0 else math.ceil(quota / period)
    except (OSError, ValueError, ZeroDivisionError):
        return 0


def _omp_threads(environment: Mapping[str, str]) -> int | None:
    """Return the first number of `OMP_NUM_THREADS` (a list is for nested regions), if it is one."""
    first = environment.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if first.isascii() and first.isdigit() and int(first) >= 1:
        return int(first)
    return None
