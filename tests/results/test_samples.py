"""A place of one axis is not taken for that of another; names cost the numbers nothing."""

from types import SimpleNamespace

import numpy as np
import pytest

from qtcore import estimate
from qtcore.errors import InputError
from qtcore.estimate import Estimate
from qtcore.results.declare import Quantity, together
from qtcore.results.samples import Place, Samples

from .made import results, sweep

AXES = {"flux": (0.0, 0.2, 0.5), "disorder": (1.0, 2.0)}
DIMS = ("realization", "flux", "disorder", "length")


def made(values, rng):
    return rng.standard_normal((40, 1)) + values["flux"] * np.array([1.0, 2.0, 3.0, 4.0])


@pytest.fixture
def ds():
    return sweep(AXES, lengths=(10, 20, 30, 40), g=made)


def found(ds, stage, dims=("flux", "length")):
    return results(ds, [Quantity("x", dims)], stage)["x"]


def test_the_natural_line_is_refused_with_the_right_one(ds):
    @together("flux")
    def natural(at):
        g = np.exp(at.g)
        return {"x": estimate.mean(g - g[at.where("flux", 0.0)])}

    with pytest.raises(InputError) as told:
        found(ds, natural)
    assert "stands at the axis realization of samples that are (realization, flux, length)" in str(
        told.value
    )
    assert "write g[:, place] for this flux, and g - g[:, [place]] to subtract it" in str(
        told.value
    )

    @together("flux")
    def right(at):
        g = np.exp(at.g)
        return {"x": estimate.mean(g - g[:, [at.where("flux", 0.0)]])}

    x = found(ds, right).isel(flux=0)
    np.testing.assert_array_equal(x, 0.0)


WRONG = {
    "a place of the second held axis": lambda s: s.g[:, s.q],
    "a list": lambda s: s.g[[s.p]],
    "a slice": lambda s: s.g[s.p :],
    "after an ellipsis": lambda s: s.g[..., s.p],
    "a function in between": lambda s: np.where(np.isfinite(s.g), s.g, 0.0)[s.p],
    "one length": lambda s: s.g[..., 0][s.p],
    "a mean over lengths": lambda s: s.g.mean(axis=-1)[s.p],
    "a mean that leaves out NaN": lambda s: np.nanmean(s.g, axis=3)[s.p],
    "a copy that is changed": lambda s: s.g.copy().__setitem__(s.p, np.nan),
    "some realizations": lambda s: s.g[s.g[:, 0, 0, 0] > 0][s.p],
    "a new axis": lambda s: s.g[:, None][:, :, :, s.p],
    "in the place": lambda s: (s.g * 2.0).__isub__(1.0)[s.p],
}
"""Ways to take one axis for another, of samples g and places p of the flux, q of the disorder."""


@pytest.mark.parametrize("way", WRONG)
def test_a_place_stands_at_its_own_axis(ds, way):
    @together(...)
    def stage(at):
        places = {"p": at.where("flux", 0.2), "q": at.where("disorder", 2.0)}
        WRONG[way](SimpleNamespace(g=at.g, **places))

    with pytest.raises(InputError, match=r"a place at\.where\('(flux|disorder)', …\) stands at"):
        found(ds, stage)


RIGHT = {
    "both": lambda s: s.g[:, s.p, s.q],
    "lists": lambda s: s.g[:, [s.p]][:, :, [s.q]],
    "a mean over realizations": lambda s: s.g.mean(axis=0)[s.p, s.q],
    "the same by a function": lambda s: np.nanmean(s.g, axis=0)[s.p],
    "a median": lambda s: np.median(s.g, axis=0)[s.p],
    "one realization": lambda s: s.g[0][s.p],
    "axes in another order": lambda s: np.moveaxis(s.g, 1, 0)[s.p] + s.g.swapaxes(0, 1)[s.p],
    "transposed": lambda s: s.g.T[:, s.q] + np.transpose(s.g)[:, s.q],
    "whatever numpy makes of it": lambda s: np.asarray(s.g)[s.p],
    "through numbers": lambda s: s.g[int(s.p)],
    "kept axes": lambda s: s.g - s.g[:, [s.p]] - s.g[:, :, [s.q]],
    "new axes": lambda s: s.g[:, :, None, s.q] - s.g[:, None, :, s.q],
    "a mask": lambda s: s.g[np.isfinite(s.g)][s.p],
    "a product of matrices": lambda s: (s.g @ np.ones(4))[:, s.p],
    "covariances": lambda s: np.cov(s.g[:, s.p, s.q], rowvar=False),
}


@pytest.mark.parametrize("way", RIGHT)
def test_names_change_no_number(way):
    plain = np.random.default_rng(5).standard_normal((40, 3, 2, 4))
    named = Samples.of(plain.copy(), DIMS)
    typed = SimpleNamespace(g=named, p=Place(1, "flux"), q=Place(1, "disorder"))
    untyped = SimpleNamespace(g=plain, p=1, q=1)
    np.testing.assert_array_equal(RIGHT[way](typed), RIGHT[way](untyped))


def test_axes_of_different_names_are_not_paired(ds):
    """With one value of the flux (R, 1, L) - (R, L) would be R times R numbers."""

    @together("flux")
    def dropped(at):
        return {"x": estimate.mean(at.g - at.g[:, at.where("flux", 0.0)])}

    for part in (ds, ds.sel(flux=[0.0])):
        with pytest.raises(InputError, match=r"here realization with flux.*g - g\[:, \[place\]\]"):
            found(part, dropped)


def test_estimates_hold_plain_arrays(ds):
    kept = []

    @together("flux")
    def stage(at):
        mean = estimate.mean(at.g)
        parts = [mean, mean * at.g[0], at.g[0] - mean, estimate.exact(at.g[0])]
        kept.extend(parts)
        return {"x": at.g[0]}

    assert type(found(ds, stage).to_numpy()) is np.ndarray
    assert len(kept) == 8
    for one in kept:
        assert isinstance(one, Estimate)
        assert {type(a) for a in (one.values, one.shares, one.counts)} == {np.ndarray}
