"""What is said of Numba's arrays on the GPU is what their own class does: on memory of ours."""

from __future__ import annotations

import ctypes
import importlib.util
import sys
import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from parloop.runtime.gpu import numbas

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="Numba is not installed: no class of its own"
)


class Memory:
    """What Numba takes for memory on the GPU."""

    __cuda_memory__ = True

    def __init__(self, address: int) -> None:
        self.address = address
        self.device_ctypes_pointer = ctypes.c_void_p(address)

    def view(self, start: int, stop: int | None = None) -> Memory:
        return Memory(self.address + int(start))


class Number:
    """What Numba makes of a number: an array without axes, on the GPU."""

    shape, ndim = (), 0

    def __init__(self, value: object) -> None:
        self.host = np.array(value)

    def reshape(self, *shape: int) -> Number:
        assert shape == ()
        return self


@pytest.fixture
def numba_arrays(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return Numba's module of arrays, whose driver copies within the host's memory."""
    from numba.cuda.cudadrv import devicearray, devices

    def to_host(dst: Any, src: Memory, size: int, stream: object) -> None:
        ctypes.memmove(dst.ctypes.data, src.address, size)

    def assign(n_axes: int) -> Any:
        def store(lhs: Any, rhs: Any) -> None:
            assert (lhs.shape, rhs.shape) == ((), ())
            value = rhs.host.astype(lhs.dtype)
            ctypes.memmove(lhs.gpu_data.address, value.ctypes.data, value.nbytes)

        return SimpleNamespace(forall=lambda n, stream: store)

    stream = SimpleNamespace(synchronize=lambda: None)
    context = SimpleNamespace(get_default_stream=lambda: stream)
    monkeypatch.setattr(devicearray._driver, "device_to_host", to_host)
    monkeypatch.setattr(devicearray._driver, "device_memory_size", lambda memory: 1 << 20)
    monkeypatch.setattr(devicearray, "_assign_kernel", assign)
    monkeypatch.setattr(devicearray, "auto_device", lambda value, **_: (Number(value), True))
    monkeypatch.setattr(devices, "get_context", lambda: context)
    return devicearray


def wrap(numba_arrays: Any, host: Any) -> Any:
    address = host.__array_interface__["data"][0]
    kind = numba_arrays.DeviceNDArray
    return kind(host.shape, host.strides, host.dtype, gpu_data=Memory(address))


def test_the_source_is_the_one_that_was_read(numba_arrays: Any) -> None:
    numbas._checked.clear()
    assert numbas.source_digest() == numbas.SOURCE_DIGEST
    numbas.require_known(numba_arrays.DeviceNDArray)


HOSTS = {
    "a row": np.arange(9.0),
    "every second": np.arange(9.0)[::2],
    "rows": np.arange(12, dtype=np.int32).reshape(3, 4),
    "numbers": np.array([1 + 2j, 3j, -0.0]),
    "flags": np.array([True, False, True]),
}


@pytest.mark.parametrize("kind", HOSTS)
def test_elements_are_numpys_and_subscripts_count_as_there(numba_arrays: Any, kind: str) -> None:
    host = HOSTS[kind].copy() if kind != "every second" else np.arange(9.0)[::2]
    array = wrap(numba_arrays, host)
    most = max(host.shape) + 2
    places: list[Any] = [(i, j) for i in range(-most, most) for j in range(-most, most)]
    if host.ndim == 1:
        places = [*range(-most, most), 2**70, -(2**70), *map(np.int64, range(-most, most))]
    assert len(array) == len(host)
    for place in places:
        try:
            wanted = host[place]
        except IndexError:
            with pytest.raises(IndexError):
                array._do_getitem(place)
            continue
        found = array._do_getitem(place)
        assert (type(found), found.tobytes()) == (type(wanted), wanted.tobytes())
        array._do_setitem(place, wanted)
        assert host[place] == wanted


@pytest.mark.parametrize("value", [7, -7, 0.5, True, 2**62, np.float32(3), np.int64(3), 1j])
def test_what_is_stored_is_numpys_array_of_it(numba_arrays: Any, value: Any) -> None:
    host = np.zeros(3, np.array(value).dtype)
    wrap(numba_arrays, host)._do_setitem(-2, value)
    assert host.tolist() == [0, value, 0]


def test_reversed_and_broadcast_arrays_have_other_rules(numba_arrays: Any) -> None:
    host = np.zeros(30)
    one = np.ndarray((30,), np.float64, host, 0, (0,))
    assert wrap(numba_arrays, one)._do_getitem(1000) == 0.0  # no IndexError
    assert numba_arrays.is_contiguous(wrap(numba_arrays, one))  # so the interface says


def test_numbas_own_warning_is_said_once_and_by_its_own_code(
    numba_arrays: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numba.cuda.dispatcher as launches

    monkeypatch.setattr(launches.config, "CUDA_LOW_OCCUPANCY_WARNINGS", 1)
    monkeypatch.setattr(launches, "__warningregistry__", {}, raising=False)
    assert numbas.warns_of_stores()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        assert numbas.is_said_once()
        for _ in range(3):
            numbas.warn_of_stores()
    assert [(w.filename, str(w.message)[:12]) for w in told] == [
        (launches.__file__, "Grid size 1 ")
    ]
    for action in ("error", "always"):
        with warnings.catch_warnings():
            warnings.simplefilter(action)
            assert not numbas.is_said_once()
    monkeypatch.setattr(launches.config, "CUDA_LOW_OCCUPANCY_WARNINGS", 0)
    assert not numbas.warns_of_stores()
    assert sys.modules["numba.cuda.dispatcher"] is launches
