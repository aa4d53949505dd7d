"""The prediction for cores and GPU: what costs more is never predicted to cost less."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from parloop.schedule.devices import CpuCosts, GpuCosts, Work, cpu_seconds, gpu_costs, gpu_seconds

H100 = gpu_costs(132, 1.98e9, 3.35e12, 2.0)
amounts = st.floats(0, 1e15)
works = st.builds(Work, amounts, amounts, amounts, amounts, st.integers(1, 10**6), st.booleans())


@settings(derandomize=True, deadline=None)
@given(works, st.sampled_from([field.name for field in fields(Work)][:5]))
def test_more_work_takes_no_less_time(work: Work, name: str) -> None:
    more = replace(work, **{name: getattr(work, name) * 2})
    assert cpu_seconds(more, CpuCosts()) >= cpu_seconds(work, CpuCosts())
    assert gpu_seconds(more, H100) >= gpu_seconds(work, H100)


def test_one_sweep_over_large_arrays_is_not_worth_the_copies() -> None:
    n = 100_000_000
    saxpy = Work(6.0 * n, 24.0 * n, 16.0 * n, 8.0 * n)
    assert gpu_seconds(saxpy, H100) > 0.1
    assert cpu_seconds(saxpy, CpuCosts(threads=16)) < gpu_seconds(saxpy, H100)


def test_many_sweeps_over_the_same_arrays_are() -> None:
    n, steps = 16_000_000, 100
    jacobi = Work(14.0 * n * steps, 32.0 * n * steps, 16.0 * n, 16.0 * n, 2 * steps)
    assert gpu_seconds(jacobi, H100) < 0.2 * cpu_seconds(jacobi, CpuCosts(threads=16))


def test_a_small_loop_is_the_cores_whatever_the_gpu() -> None:
    small = Work(1e4, 8e4, 8e4, 8e4)
    assert cpu_seconds(small, CpuCosts()) < gpu_seconds(small, H100)


def test_half_the_rate_on_doubles_shows() -> None:
    work = Work(1e12, 0.0, 0.0, 0.0)
    for ratio in (2.0, 32.0, 64.0):
        costs = gpu_costs(132, 1.98e9, 3.35e12, ratio)
        single = gpu_seconds(replace(work, is_single=True), costs) - costs.entry_seconds
        double = gpu_seconds(work, costs) - costs.entry_seconds
        assert 0.9 * ratio < double / single < 1.1 * ratio
    assert gpu_seconds(work, GpuCosts()) > 0
