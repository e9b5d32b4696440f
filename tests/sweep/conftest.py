"""A Dask client inside the test's own process, so that patches reach the tasks."""

import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from distributed import Client

import qtcore as qt
from qtcore import session
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Threads
from qtcore.sweep import build, task

Same = Callable[[Path, Path], None]


@pytest.fixture(scope="session")
def session_client() -> Iterator[Client]:
    with connect(Threads(kind="threads", workers=2)) as client:
        yield client


@pytest.fixture
def threads(session_client: Client) -> Callable[[], AbstractContextManager[Client]]:
    """What `fill_store` takes as `connect`: the session's client, left open."""
    task._opened.cache_clear()
    return lambda: nullcontext(session_client)


@pytest.fixture
def one_client(session_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare each `qt.run` the start of its threads; worker processes are started as ever."""
    plain = session.connect

    def connect(profile: Any, store: Any = None, packages: Any = ()) -> Any:
        is_here = isinstance(profile, Threads)
        return nullcontext(session_client) if is_here else plain(profile, store, packages)

    monkeypatch.setattr(session, "connect", connect)
    task._opened.cache_clear()


@pytest.fixture
def define(tmp_path: Path) -> Callable[..., Path]:
    """Write a definition, with some of its text replaced."""

    def write(text: str, *replacements: tuple[str, str]) -> Path:
        text = textwrap.dedent(text)
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "definition.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def wire(point: qt.Point) -> qt.Wire:
    lattice = qt.Square(point.width, periodic=point.periodic)
    return qt.Wire(lattice, qt.Box(point.disorder), flux=point.flux)


@pytest.fixture
def make_sweep() -> Callable[..., qt.Sweep]:
    def make(seed: int = 7, **changes: Any) -> qt.Sweep:
        fields: dict[str, Any] = {
            "disorder": (1.0, 2.0),
            "width": (1, 3),
            "flux": (0.0, 0.01),
            "energy": (0.5,),
            "lengths": (4, 8, 16),
            "realizations": 20,
            "periodic": False,
        }
        return build.make_sweep("trial", qt.Preset(**{**fields, **changes}), seed, wire=wire)

    return make


@pytest.fixture
def same_bits() -> Same:
    """Assert that two stores hold the same numbers, bit for bit."""

    def compare(left: Path, right: Path) -> None:
        a, b = qt.open(left).load(), qt.open(right).load()
        assert set(a.variables) == set(b.variables)
        xr.testing.assert_equal(a.coords.to_dataset(), b.coords.to_dataset())
        for name in a.data_vars:
            assert a[name].dtype == b[name].dtype
            assert np.array_equal(
                a[name].to_numpy().view(np.uint8), b[name].to_numpy().view(np.uint8)
            ), name

    return compare
