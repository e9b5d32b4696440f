"""Statistics over finished realizations: their values, their errors, lazily and not."""

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore import estimate
from qtcore.answers.moments import joined, moments_of
from qtcore.answers.statistics import statistics

from .made import dataset

ALL = ("count", "mean", "sem", "std", "var", "median", "quantile(0.25)")


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    """400 realizations at 3 points, of which the second has 230 and the third none."""
    found = np.random.default_rng(3).normal(-5.0, 2.0, size=(3, 400, 2)).cumsum(axis=-1)
    found[1, 100:270] = np.nan
    found[2] = np.nan
    return found


@pytest.mark.parametrize("chunks", [None, {"energy": 1}, {"energy": -1, "realization": 90}])
def test_values_are_those_of_numpy(samples: np.ndarray, chunks: dict[str, int] | None) -> None:
    ds = dataset(samples)
    found = statistics(ds if chunks is None else ds.chunk(chunks), "ln_g", ALL)
    assert (found["mean"].chunks is None) == (chunks is None)
    found = found.compute()
    there = samples[:2]
    truth = {
        "mean": np.nanmean(there, axis=1),
        "var": np.nanvar(there, axis=1, ddof=1),
        "std": np.nanstd(there, axis=1, ddof=1),
        "median": np.nanmedian(there, axis=1),
        "quantile(0.25)": np.nanquantile(there, 0.25, axis=1),
    }
    for name, values in truth.items():
        np.testing.assert_allclose(found[name][:2], values, rtol=1e-13, err_msg=name)
        assert np.isnan(found[name][2]).all()
    np.testing.assert_array_equal(found["count"], [[400, 400], [230, 230], [0, 0]])
    for n in range(2):
        mean, variance = estimate.mean(there[n]), estimate.variance(there[n])
        np.testing.assert_allclose(found["mean_error"][n], mean.error, rtol=1e-13)
        np.testing.assert_allclose(found["sem"][n], mean.error, rtol=1e-13)
        np.testing.assert_allclose(found["var_error"][n], variance.error, rtol=1e-12)


def test_digits_survive_a_large_mean() -> None:
    around = np.random.default_rng(5).normal(size=(1, 3000, 1))
    ds = dataset(around - 1e8).chunk({"realization": 700})
    exact = dataset((around - 1e8) + 1e8)  # what the samples are, in full
    found, truth = (statistics(d, "ln_g", ["var", "sem"]).compute() for d in (ds, exact))
    # A mean of 1e8 is known to 1e-8, and so are distances between means of pieces; sums of squares of the
    # numbers themselves would leave no digit.
    np.testing.assert_allclose(found["var"], truth["var"], rtol=1e-8)
    np.testing.assert_allclose(found["var_error"], truth["var_error"], rtol=1e-8)


def test_pieces_join_to_the_whole() -> None:
    rows = np.random.default_rng(7).exponential(size=(50, 3))
    rows[3:20, 1] = np.nan
    rows[:, 2] = np.nan
    pieces = [moments_of(part, 0, ()) for part in np.split(rows, [1, 4, 30])]
    together = joined(np.concatenate(pieces, axis=1), 1)
    np.testing.assert_allclose(together, moments_of(rows, 0, ())[:, 0], rtol=1e-13, atol=1e-13)


LAWS = {
    "normal": (lambda rng, shape: rng.normal(size=shape), 0.0, 1.0),
    "exponential": (lambda rng, shape: rng.exponential(size=shape), 1.0, 1.0),
}


@pytest.mark.parametrize("law", LAWS)
def test_intervals_of_95_percent_hold_the_truth(law: str) -> None:
    """1500 repetitions of 400 samples: the standard error of a coverage of 95 % is 0.6 %."""
    draw, mean, variance = LAWS[law]
    rows = draw(np.random.default_rng(11), (400, 1500))
    found = statistics(dataset(rows[None]), "ln_g", ["mean", "var", "std", *PARTS])
    truth = {"mean": mean, "var": variance, "std": variance**0.5}
    truth |= {name: _quantile(law, p) for name, p in PARTS.items()}
    for name, value in truth.items():
        away = np.abs(found[name].to_numpy() - value) / found[f"{name}_error"].to_numpy()
        covered = np.mean(away < 1.96)
        # A variance of exponential numbers rests on a fourth moment of few large ones. The error of a
        # quantile is known to 1/√(3.92 √(n p (1 − p))), here 16 to 21 %, which costs 1 to 2 % of coverage.
        low = 0.935 if name == "mean" or (law, name) == ("normal", "var") else 0.915
        low = 0.89 if law == "exponential" and name in ("var", "std") else low
        assert low < covered < 0.97, (name, covered)


PARTS = {"median": 0.5, "quantile(0.1)": 0.1, "quantile(0.9)": 0.9}


def _quantile(law: str, p: float) -> float:
    from scipy import stats

    return float((stats.norm if law == "normal" else stats.expon).ppf(p))


def test_the_error_of_a_standard_error_is_its_spread() -> None:
    """2000 repetitions: their standard deviation is known to 1.6 %."""
    rows = np.random.default_rng(13).normal(size=(1, 300, 2000))
    found = statistics(dataset(rows), "ln_g", ["sem", "std"])
    for name in ("sem", "std"):
        spread = found[name].to_numpy().std()
        assert found[f"{name}_error"].mean().item() == pytest.approx(spread, rel=0.06)


def test_too_few_realizations_have_no_error() -> None:
    rows = np.random.default_rng(17).normal(size=(1, 7, 1))
    found = statistics(dataset(rows), "ln_g", ALL)
    assert np.isfinite(found["mean"]).all()
    assert np.isfinite(found["var"]).all()
    for name in ("mean_error", "sem", "median_error", "var_error", "std_error"):
        assert np.isnan(found[name]).all(), name
    one = statistics(dataset(rows[:, :1]), "ln_g", ALL)
    assert one["mean"].item() == rows[0, 0, 0]
    assert np.isnan(one["var"]).all()


def test_units_and_names() -> None:
    ds = dataset(np.zeros((1, 9, 2)))
    found = statistics(ds, "g", ("mean", "var", "count", "median"))
    assert found["mean"].attrs == {
        "units": "e²/h per spin",
        "long_name": "mean of g, in e²/h per spin, waves from the left",
    }
    assert found["var"].attrs["units"] == "(e²/h per spin)²"
    assert found["count"].attrs["units"] == ""
    assert found["median_error"].attrs["long_name"].startswith("standard error: median of g")
    assert found["mean"].dims == ("energy", "length")
    assert {"width", "edge", "finished", "length", "energy"} == {*found.coords}
    ds.ln_g.attrs["units"] = "t"
    assert statistics(ds, "ln_g", ["var"])["var"].attrs["units"] == "t²"


def test_g_is_the_exponential(samples: np.ndarray) -> None:
    found = statistics(dataset(samples), "g", ["mean"])
    np.testing.assert_allclose(found["mean"][0], np.exp(samples[0]).mean(axis=0), rtol=1e-13)


def test_an_unknown_channel_is_no_missing_sample() -> None:
    """ln T_n below what is known is −inf in truth: the mean of the others would be too large."""
    rows = np.random.default_rng(19).normal(size=(1, 30, 3))
    rows[0, 4, 1] = np.nan  # one sample knows its first channel, not its second
    rows[0, :, 2] = np.nan  # closed everywhere
    rows[0, 20:] = np.nan
    found = statistics(dataset(rows, "ln_T", ("channel",)), "ln_T", ("mean", "median", "count"))
    assert np.isfinite(found["mean"][0, 0])
    assert np.isnan(found["mean"][0, 1:]).all()
    assert np.isnan(found["median"][0, 1:]).all()
    np.testing.assert_array_equal(found["count"][0], [20, 19, 0])


def test_infinite_samples_have_quantiles_and_no_mean() -> None:
    rows = np.random.default_rng(23).normal(size=(1, 50, 1))
    rows[0, 0] = -np.inf
    found = statistics(dataset(rows), "ln_g", ("mean", "var", "median", "count"))
    assert np.isnan(found["mean"]).all()
    assert np.isnan(found["var"]).all()
    assert found["median"].item() == pytest.approx(np.median(rows))
    assert found["count"].item() == 50


def test_flags_that_are_not_computed_do_not_count() -> None:
    flags = np.array([[[0], [1], [-1], [0]]], dtype=np.int8)
    ds = dataset(np.zeros((1, 4, 1)))
    about = {"flag_values": [-1, 0, 1], "flag_meanings": "not_computed fine suspect"}
    ds["suspect"] = (("energy", "realization", "length"), flags, about)
    found = statistics(ds, "suspect", ("mean", "count"))
    assert found["count"].item() == 3
    assert found["mean"].item() == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("of", "stats", "words"),
    [
        ("ln_h", ["mean"], r"no variable 'ln_h' \(did you mean ln_g\?\); there is ln_g, g"),
        ("ln_g", ["meen"], r"no statistic 'meen' \(did you mean mean\?\); there is count, mean"),
        ("ln_g", ["quantile(1.5)"], "0 < p < 1"),
        ("ln_g", ["quantile(e)"], "0 < p < 1"),
    ],
)
def test_says_what_there_is(of: str, stats: list[str], words: str) -> None:
    with pytest.raises(qt.InputError, match=words):
        statistics(dataset(np.zeros((1, 9, 1))), of, stats)


def test_needs_realizations_and_real_numbers() -> None:
    ds = dataset(np.zeros((1, 9, 1)))
    with pytest.raises(qt.InputError, match="no dimension `realization`"):
        statistics(ds.isel(realization=0), "ln_g", ["mean"])
    with pytest.raises(qt.InputError, match="complex values"):
        statistics(ds.astype(complex), "ln_g", ["mean"])


def test_runs_put_together_along_realizations_are_refused() -> None:
    a, b = (dataset(np.full((2, 9, 1), value)) for value in (1.0, 2.0))
    with pytest.raises(qt.InputError, match=r"realization = 0 twice.*xr.concat"):
        statistics(xr.concat([a, b], "realization"), "ln_g", ["mean"])
    numbered = b.assign_coords(realization=9 + np.arange(9))
    with pytest.raises(qt.InputError, match="has 18 realizations, the sweep in its attributes 9"):
        statistics(xr.concat([a, numbered], "realization"), "ln_g", ["mean"])
    seeds = xr.concat([a, b], xr.Variable("seed", [1, 2]))
    found = statistics(seeds, "ln_g", ["mean"])
    np.testing.assert_allclose(found["mean"].sel(seed=2), 2.0)
