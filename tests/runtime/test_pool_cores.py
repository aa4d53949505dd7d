"""The number of threads follows what the process may use and what its user asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from parloop.runtime.cores import available_cores, cgroup_quotas, default_threads


def make_files(root: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("files", "quotas"),
    [
        ({"proc/cgroup": "0::/a/b\n", "fs/a/b/cpu.max": "150000 100000\n"}, [2]),
        ({"proc/cgroup": "0::/a/b\n", "fs/a/cpu.max": "400000 100000\n"}, [4]),
        ({"proc/cgroup": "0::/a/b\n", "fs/a/b/cpu.max": "max 100000\n"}, []),
        ({"proc/cgroup": "0::/../not/visible\n", "fs/cpu.max": "50000 100000\n"}, [1]),
        ({"proc/cgroup": "0::/\n", "fs/cpu.max": "broken\n"}, []),
        (
            {
                "proc/cgroup": "4:cpu,cpuacct:/x\n3:memory:/x\n",
                "fs/cpu,cpuacct/x/cpu.cfs_quota_us": "300000\n",
                "fs/cpu,cpuacct/x/cpu.cfs_period_us": "100000\n",
            },
            [3],
        ),
        (
            {
                "proc/cgroup": "4:cpu:/x\n",
                "fs/cpu/x/cpu.cfs_quota_us": "-1\n",
                "fs/cpu/x/cpu.cfs_period_us": "100000\n",
            },
            [],
        ),
        ({}, []),
    ],
)
def test_quotas_of_both_versions_of_cgroups_are_read(
    tmp_path: Path, files: dict[str, str], quotas: list[int]
) -> None:
    make_files(tmp_path, files)
    assert cgroup_quotas(tmp_path / "fs", tmp_path / "proc") == quotas


def test_what_the_user_asks_for_is_taken_at_its_word() -> None:
    assert default_threads({"PARLOOP_THREADS": "7", "OMP_NUM_THREADS": "1"}) == 7


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "²"])
def test_a_number_of_threads_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a whole number of at least 1"):
        default_threads({"PARLOOP_THREADS": text})


@pytest.mark.parametrize("text", ["1", " 1 ", "1,4"])
def test_omp_num_threads_lowers_the_number(text: str) -> None:
    assert default_threads({"OMP_NUM_THREADS": text}) == 1


@pytest.mark.parametrize("text", ["", "0", "many", "100000"])
def test_omp_num_threads_does_not_raise_it(text: str) -> None:
    assert default_threads({"OMP_NUM_THREADS": text}) == available_cores()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs sched_setaffinity")
def test_affinity_is_honoured() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
