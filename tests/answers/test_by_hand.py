"""Runs that people put together with xarray alone: right, or refused with a message."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import qtcore as qt

EXPLICIT = {"coords": "minimal", "compat": "override", "join": "outer"}
"""What xarray wants to be said in so many words."""


@pytest.fixture(scope="module")
def other(definition: Path) -> Path:
    place = definition.parent / "other.zarr"
    qt.run(definition, store=place, cluster="threads", seed=6, progress=False)
    return place


def test_two_seeds_become_an_axis(store: Path, other: Path) -> None:
    runs = [qt.open(store), qt.open(other)]
    both = xr.concat(runs, "seed", **EXPLICIT)
    assert both.seed.to_numpy().tolist() == [5, 6]
    assert both.ln_g.sizes["seed"] == 2
    found = both.ln_g.sel(seed=6, width=2, disorder=1.0)
    assert np.array_equal(found, runs[1].ln_g.sel(width=2, disorder=1.0))


def test_two_seeds_are_not_merged_as_one(store: Path, other: Path) -> None:
    """Points that only one of the runs has would hide which seed they are of."""
    one, two = qt.open(store).isel(width=[0]), qt.open(other).isel(width=[1])
    with pytest.raises(xr.MergeError, match="seed"):
        xr.merge([one, two], compat="no_conflicts", join="outer")
    whole = xr.merge([one, qt.open(store).isel(width=[1])], compat="no_conflicts", join="outer")
    assert int(whole.seed) == 5


def test_each_realization_has_its_seed_and_statistics_are_refused(store: Path, other: Path) -> None:
    both = xr.concat(
        [qt.open(store), qt.open(other)], "realization", coords="different", compat="equals"
    )
    assert both.seed.to_numpy().tolist() == [5] * 20 + [6] * 20
    assert both.finished.max() == 20, "which xarray takes from the first run"
    with pytest.raises(qt.InputError, match="qtcore merge A B --to C"):
        both.qt.mean("ln_g")


def test_a_merged_store_is_one_ensemble_for_the_accessor(
    store: Path, other: Path, tmp_path: Path
) -> None:
    ds = qt.merge(store, other, to=tmp_path / "both.zarr")
    found = ds.qt.mean("ln_g")
    samples = ds.ln_g.load()
    assert np.allclose(found["mean"], samples.mean("realization"))
    assert np.allclose(found["mean_error"], samples.std("realization", ddof=1) / np.sqrt(40))
