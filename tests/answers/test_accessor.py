"""The accessor `ds.qt`: with every dataset of qtcore, and back to the impurities behind a number."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import qtcore as qt

from .made import dataset

HAS = "import sys; assert hasattr(xarray.Dataset, 'qt')"


@pytest.mark.parametrize(
    "program",
    [
        "import sys, qtcore, importlib.util as u; assert 'xarray' not in sys.modules; u.find_spec('xarray'); "
        f"import xarray; {HAS}; assert not any('Waiting' in repr(f) for f in sys.meta_path)",
        f"import xarray; import qtcore; {HAS}; assert 'qtcore.store' not in sys.modules",
    ],
)
@pytest.mark.first_cases(1)
def test_comes_with_xarray_in_any_order(program: str) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_store_answers(store: Path) -> None:
    ds = qt.open(store)
    assert "ln_g" in repr(ds.qt)
    found = ds.qt.select(width=3).qt.mean("ln_g").compute()
    truth = ds["ln_g"].sel(width=3).load()
    np.testing.assert_allclose(found["mean"], truth.mean("realization"), rtol=1e-13)
    plain = xr.open_zarr(store)
    np.testing.assert_array_equal(plain.qt.count("g")["count"], ds.qt.count("g")["count"])


def test_statistics_by_name() -> None:
    rows = np.random.default_rng(3).normal(size=(2, 250, 3))
    ds = dataset(rows)
    for name in ("mean", "sem", "var", "std", "median", "count"):
        assert name in getattr(ds.qt, name)("ln_g")
    both = ds.qt.quantile("ln_g", (0.25, 0.75))
    np.testing.assert_allclose(both["quantile(0.75)"], np.quantile(rows, 0.75, axis=1))
    assert ds.qt.quantile("ln_g", 0.1)["quantile(0.1)_error"].dims == ("energy", "length")


def test_the_wire_and_the_impurities_behind_a_number(store: Path) -> None:
    ds = qt.open(store)
    wire = ds.qt.wire(width=3, disorder=2.0)
    assert wire == qt.Wire(qt.Square(3), qt.Box(2.0))
    one = ds.sel(width=3, disorder=2.0, length=16).load()
    assert one.qt.wire() == wire
    sample = one.qt.sample(7)
    assert sample.dims == ("slice", "orbital")
    assert sample.shape == (16, 3)
    np.testing.assert_array_equal(sample, wire.onsite(7, range(16), seed=5))
    assert sample.seed.item() == 5
    assert one.isel(realization=7).qt.sample().equals(sample)
    # The number itself: ln g of these very on-site values.
    again = qt.ln_conductance(wire, 0.5, [16], range(7, 8), seed=5)
    assert one["ln_g"].isel(realization=7).item() == pytest.approx(again.item(), abs=1e-9)
    # Statistics know their sweep as well.
    assert one.qt.mean("ln_g").qt.wire() == wire


def test_a_run_among_several_keeps_its_seed(store: Path) -> None:
    ds = qt.open(store).load()
    runs = xr.concat([ds, ds], xr.Variable("seed", [5, 6]))
    wire = ds.qt.wire(width=2, disorder=1.0)
    with pytest.raises(qt.InputError, match="several seeds; select one of 5, 6"):
        runs.qt.wire(width=2, disorder=1.0)
    sample = runs.sel(seed=6).qt.sample(0, length=4, width=2, disorder=1.0)
    np.testing.assert_array_equal(sample, wire.onsite(0, range(4), seed=6))


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda a: a.wire(width=3), "one value of disorder; give one of 1.0, 2.0"),
        (lambda a: a.wire(width=5, disorder=1.0), "no width = 5; it has 2, 3"),
        (lambda a: a.wire(widht=5), "widht is no axis of the sweep; its axes are"),
        (lambda a: a.wire(width="three", disorder=1.0), "width takes a number"),
        (
            lambda a: a.sample(20, width=3, disorder=1.0),
            "realizations 0 to 19 of this point, got 20",
        ),
        (lambda a: a.sample(width=3, disorder=1.0), "realizations 0 to 19 of this point, got None"),
        (lambda a: a.sample(1, length=0, width=3, disorder=1.0), "at least 1; got 0"),
    ],
)
def test_says_which_points_there_are(store: Path, ask: Any, words: str) -> None:
    with pytest.raises(qt.InputError, match=words):
        ask(qt.open(store).qt)


def test_a_strangers_functions_do_not_run(
    store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(qt.InputError, match=r"strips.zarr are not known here.*trust=True"):
        qt.open(store).qt.wire(width=3, disorder=2.0)
    assert qt.open(store).qt.wire(width=3, disorder=2.0, trust=True).width == 3


def test_a_dataset_without_its_sweep_has_no_wire() -> None:
    ds = dataset(np.zeros((1, 3, 1))).drop_attrs()
    with pytest.raises(qt.InputError, match="does not state its sweep"):
        ds.qt.wire(energy=0.0)
