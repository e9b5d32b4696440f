"""Points whose disorder has zero strength are computed once, in new stores; those of before go on."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

import qtcore as qt
from qtcore.store.header import read_header
from qtcore.store.verify import verify
from qtcore.sweep import build
from qtcore.sweep.ensemble import examine
from qtcore.sweep.extension import stored_sweep
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.plan import Cutting

Connect = Callable[[], AbstractContextManager[Client]]

KINDS: dict[str, Callable[[float], Any]] = {
    "box": qt.Box,
    "gaussian": qt.Gaussian,
    "cauchy": qt.Cauchy,
    "concentration": qt.Vacancies,
    "alloy": lambda c: qt.Binary(1.0, c),
    "energy of an alloy": lambda energy: qt.Binary(energy, 0.4),
    "correlated": lambda strength: qt.Correlated(strength, 1.0),
    "remote": lambda strength: qt.RemoteImpurities(strength, 1.5),
    "hopping": qt.RandomHopping,
    "phase": qt.RandomPhase,
    "flux": qt.RandomFlux,
    "several": lambda x: (qt.Gaussian(x), qt.Vacancies(x), qt.RandomHopping(x), qt.Box(0.0)),
}


def wire(point: qt.Point) -> qt.Wire:
    return qt.Wire(qt.Square(3), KINDS[point.kind](point.strength))


def sweep_of(kind: str, realizations: int = 16) -> qt.Sweep:
    axis = qt.Axis((0.0, 0.3), units="t", long_name="strength")
    of_all = {"energy": (0.4,), "lengths": (4, 6), "realizations": realizations}
    preset = qt.Preset(strength=axis, kind=kind, **of_all)
    return build.make_sweep("zero", preset, 3, wire=wire, observables=("ln_g",))


@pytest.mark.parametrize("kind", KINDS)
def test_a_point_of_zero_strength_is_computed_once(kind: str) -> None:
    assert sweep_of(kind).counts.tolist() == [1, 16]


def test_a_store_of_before_goes_on_with_the_realizations_that_it_has(
    tmp_path: Path, threads: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every clean sample was computed, and this store lacks a block of them."""
    store = tmp_path / "a.zarr"
    with monkeypatch.context() as before:
        before.setattr(qt.Gaussian, "random", True)
        former = sweep_of("gaussian")
        assert former.counts.tolist() == [16, 16]
        fill_store(former, store, threads, cutting=Cutting(block=8))
    old = qt.open(store).ln_g.load()
    min(store.glob("block_realizations/c.0.*")).unlink()
    fill_store(sweep_of("gaussian"), store, threads)
    assert np.array_equal(qt.open(store).ln_g.values, old.values)
    fill_store(sweep_of("gaussian", realizations=24), store, threads)
    header, new = read_header(store), qt.open(store)
    assert stored_sweep(header).counts.tolist() == [16, 24]
    assert new.finished.values.ravel().tolist() == [16, 24]
    assert np.array_equal(new.ln_g.isel(realization=slice(16)).values, old.values)
    assert not verify(store).findings
    found = examine(store)
    assert not found.different
    assert not found.repeated
