"""Covariances, histograms, estimators point by point, and means between lengths."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore import estimate

from .made import dataset

CHUNKS = [None, {"energy": 1}, {"energy": 2, "realization": 70}]


def _walks(points: int = 2, realizations: int = 300, xi: float = 20.0) -> np.ndarray:
    """Return ln g that falls by 2/ξ per site with a variance that grows as fast, as a random walk does."""
    steps = np.random.default_rng(29).normal(-20 / xi, (40 / xi) ** 0.5, (points, realizations, 20))
    return steps.cumsum(axis=-1)


@pytest.mark.parametrize("chunks", CHUNKS)
def test_the_covariance_of_lengths_is_that_of_numpy(chunks: Any) -> None:
    rows = _walks()[..., :4]
    rows[0, 10:20, 1] = np.nan  # these realizations are left out whole
    rows[1, :, 3] = np.nan  # a length that this point does not have
    ds = dataset(rows) if chunks is None else dataset(rows).chunk(chunks)
    found = ds.qt.cov("ln_g", along="length").compute()
    assert found["cov"].dims == ("energy", "length", "other_length")
    kept = np.delete(rows[0], slice(10, 20), axis=0)
    np.testing.assert_allclose(found["cov"][0], np.cov(kept.T), rtol=1e-12)
    np.testing.assert_allclose(found["cov"][1, :3, :3], np.cov(rows[1, :, :3].T), rtol=1e-12)
    assert np.isnan(found["cov"][1, 3]).all()
    assert found["count"].to_numpy()[0, 0, 0] == 290
    errors = estimate.variance(kept).error
    np.testing.assert_allclose(np.diag(found["cov_error"][0]), errors, rtol=1e-12)


def test_the_error_of_a_covariance_is_its_spread() -> None:
    """1500 repetitions of 250 pairs: their standard deviation is known to 1.8 %."""
    rng = np.random.default_rng(31)
    x = rng.normal(size=(1, 250, 1500))
    ds = dataset(x)
    ds["reflection"] = ds["ln_g"] * 0.6 + 0.8 * rng.normal(size=x.shape)
    found = ds.qt.cov("ln_g", "reflection")
    away = (found["cov"] - 0.6) / found["cov_error"]
    assert float((abs(away) < 1.96).mean()) == pytest.approx(0.945, abs=0.02)
    assert found["cov"].to_numpy()[0, 0] == pytest.approx(
        np.cov(x[0, :, 0], ds["reflection"][0, :, 0])[0, 1]
    )


def test_a_covariance_is_of_two_things() -> None:
    ds = dataset(np.zeros((1, 3, 2)))
    for wrong in ({}, {"other": "g", "along": "length"}):
        with pytest.raises(qt.InputError, match="give one of both"):
            ds.qt.cov("ln_g", **wrong)
    with pytest.raises(
        qt.InputError, match="no dimension channel of its own; it has energy, length"
    ):
        ds.qt.cov("ln_g", along="channel")


@pytest.mark.parametrize("chunks", CHUNKS)
def test_a_histogram_counts_finished_realizations(chunks: Any) -> None:
    rows = np.random.default_rng(37).normal(size=(2, 200, 3))
    rows[0, 150:] = np.nan
    ds = dataset(rows) if chunks is None else dataset(rows).chunk(chunks)
    edges = [-2.0, -1.0, 0.0, 0.5, 2.0]
    found = ds.qt.hist("ln_g", edges).compute()
    assert found["density"].dims == ("energy", "length", "bin")
    np.testing.assert_array_equal(found["count"], [[150] * 3, [200] * 3])
    inside = np.histogram(rows[0, :150, 1], edges)[0]
    np.testing.assert_allclose(found["density"][0, 1], inside / 150 / np.diff(edges))
    share = estimate.share((rows[1, :, 2] >= 0.0) & (rows[1, :, 2] < 0.5))
    assert found["density_error"].to_numpy()[1, 2, 2] == pytest.approx(float(share.error) / 0.5)


def test_a_histogram_finds_its_edges() -> None:
    rows = np.random.default_rng(41).normal(size=(1, 100, 1))
    rows[0, 0] = -np.inf
    found = dataset(rows).qt.hist("ln_g", 10)
    widths = (found["bin_upper"] - found["bin_lower"]).to_numpy()
    assert float((found["density"] * widths).sum()) == pytest.approx(
        0.99
    )  # the infinite one lies outside
    assert found["bin_lower"][0].item() == rows[0, 1:].min()
    flat = dataset(np.ones((1, 5, 1))).qt.hist("ln_g", 3)
    assert flat["density"].to_numpy()[0, 0, 1] > 0
    with pytest.raises(qt.InputError, match="no realization of ln_g is finished"):
        dataset(np.full((1, 5, 1), np.nan)).qt.hist("ln_g")
    with pytest.raises(qt.InputError, match="increasing"):
        dataset(rows).qt.hist("ln_g", [1.0, 0.0])


@pytest.mark.parametrize("chunks", CHUNKS)
def test_the_localization_length_is_that_of_the_estimator(chunks: Any) -> None:
    rows = _walks(3)
    rows[2] = rows[2] / 100  # no length is long enough there
    ds = dataset(rows) if chunks is None else dataset(rows).chunk(chunks)
    found = ds.qt.localization_length()
    for n in range(2):
        fit = estimate.fit_localization(rows[n], ds["length"].to_numpy())
        assert found["localization_length"][n].item() == float(fit.localization_length)
        assert found["localization_length_error"][n].item() == float(fit.localization_length.error)
        assert found["shortest"][n].item() == fit.shortest
    assert np.isnan(found["localization_length"][2])
    assert (
        found["localization_length"]
        .attrs["missing"]
        .startswith("1 × there are fewer than 4 lengths")
    )
    assert found["localization_length"].attrs["missing"].endswith("(energy 0.2)")
    assert found["localization_length"].attrs["units"] == "sites"
    assert "shortest_error" not in found
    slope = ds.qt.variance_slope()
    assert slope["variance_slope"][0].item() == pytest.approx(
        2.0, abs=4 * slope["variance_slope_error"][0].item()
    )


def test_the_shape_of_a_law_and_estimators_of_ones_own() -> None:
    rows = np.random.default_rng(43).normal(size=(1, 5000, 2))
    ds = dataset(rows)
    found = ds.qt.kurtosis("ln_g")
    assert found["kurtosis"].dims == ("energy", "length")
    np.testing.assert_allclose(found["kurtosis"][0], estimate.kurtosis(rows[0]).values)
    assert "skewness_error" in ds.qt.skewness("ln_g")
    own = ds.qt.estimate(
        lambda x: estimate.share(x[:, 0] < x[:, 1]), "ln_g", held=["length"], names=["below"]
    )
    assert own["below"].item() == pytest.approx(0.5, abs=0.03)
    with pytest.raises(qt.InputError, match="returns 2 numbers, and 1 are named"):
        ds.qt.estimate(lambda _: (1.0, 2.0), "ln_g")
    with pytest.raises(qt.InputError, match="several values of channel"):
        ds.qt.estimate(lambda _: 1.0, "ln_g", held=["channel"])


def test_the_mean_free_path_is_that_of_the_estimator() -> None:
    rates = qt.scattering_rates(qt.Square(4), energy=0.6, strength=0.7)
    lengths = np.arange(10, 110, 10)
    g = rates.channels / (1 + lengths / rates.mean_free_path)
    rows = np.log(g) + np.random.default_rng(47).normal(0, 0.02, (1, 400, 10))
    found = dataset(rows).qt.mean_free_path(rates, 1.0)
    fit = estimate.fit_mean_free_path(np.exp(rows[0]), lengths, rates, 1.0)
    assert found["mean_free_path"].item() == float(fit.mean_free_path)


def test_means_between_lengths_hold_the_truth() -> None:
    """The line ⟨ln g⟩ = −2 L/ξ is known at every length; 400 points, so a share of 95 % is known to 1.1 %."""
    ds = dataset(_walks(400, 60, xi=40.0)[..., ::3])
    ds = ds.assign_coords(length=10 + 30 * np.arange(ds.sizes["length"]))
    found = ds.qt.at(length=115)
    away = (found["mean"] + 2 * 115 / 40.0) / found["mean_error"]
    assert float((abs(away) < 1.96).mean()) > 0.92
    assert float((abs(away) < 1.0).mean()) < 0.8  # and no error is far too large
    assert "115" in str(found["length"].item())
    assert "70.0, 100.0, 130.0, 160.0" in found.attrs["interpolated"]


def test_interpolation_says_how_far_it_may_be_off() -> None:
    lengths = np.arange(10, 60, 10)
    curve = np.log(1 / (1 + lengths / 15.0))
    ds = dataset(curve + np.random.default_rng(53).normal(0, 1e-6, (1, 50, 1)))
    found = ds.qt.at(length=33)
    off = abs(found["mean"].item() - np.log(1 / (1 + 33 / 15.0)))
    assert 1e-5 < off < found["interpolation"].item() < 20 * off
    stored = ds.qt.at(length=30)
    assert stored["interpolation"].item() == 0
    assert stored["mean"].item() == ds.qt.mean("ln_g")["mean"].sel(length=30).item()
    assert "this length is stored" in stored.attrs["interpolated"]


def test_what_is_not_smooth_is_not_interpolated() -> None:
    peak = np.array([0.0, 1.0, 1.01, 3.0, 3.0])
    found = dataset(peak + np.random.default_rng(59).normal(0, 1e-3, (1, 50, 1))).qt.at(length=23)
    assert np.isnan(found["mean"].item())
    assert "neighbouring lengths differ" in found["mean"].attrs["missing"]
    assert found["count"].item() == 0
    short = dataset(_walks()[:, :, :5]).isel(length=[0, 1])
    assert "fewer than 3" in short.qt.at(length=15)["mean"].attrs["missing"]
    clean = dataset(_walks(1, 1)[:, :, :5])
    assert "at least 8 realizations" in clean.qt.at(length=15)["mean"].attrs["missing"]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        ({"length": 5}, "outside the stored lengths, 10 to 50"),
        (
            {"of": "certificate", "length": 15},
            "not known of certificate. Take a stored length: 10.0",
        ),
    ],
)
def test_what_cannot_be_interpolated(ask: Any, words: str) -> None:
    ds: xr.Dataset = dataset(np.zeros((1, 9, 5)))
    ds["certificate"] = ds["ln_g"]
    with pytest.raises(qt.InputError, match=words):
        ds.qt.at(**ask)
