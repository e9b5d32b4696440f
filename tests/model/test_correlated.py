"""Smooth disorder has the correlations that its formula gives, on every lattice."""

import math

import numpy as np
import pytest
from scipy import stats

from qtcore.model.disorder import Correlated, RemoteImpurities
from qtcore.model.disorder.correlated import _smearing
from qtcore.model.lattice import Chain, Cubic, Honeycomb, Square
from qtcore.model.wire import Wire

SEED = 5


def covariance(lattice, xi, slices):
    """Exact <V V> of unit strength between slice `first` and all later ones, from the weights."""
    smearing = _smearing(lattice, xi)
    rows = (slices - 1) // smearing.slices * smearing.rows + smearing.along.shape[2]
    across = np.zeros((lattice.sites, smearing.columns))
    np.put_along_axis(across, smearing.points, smearing.across, axis=1)
    field = np.zeros((slices, lattice.sites, rows, smearing.columns))
    for n in range(slices):
        row = n // smearing.slices * smearing.rows
        along = smearing.along[n % smearing.slices]
        field[n, :, row : row + along.shape[1]] = along[:, :, None] * across[:, None, :]
    flat = field.reshape(slices * lattice.sites, -1)
    return flat @ flat.T


def gaussian(lattice, xi, slices):
    """The formula, the images of periodic directions included."""
    places = np.concatenate(
        [lattice.positions() + np.array([n * lattice.period, 0, 0]) for n in range(slices)]
    )
    step = places[:, None] - places[None]
    product = np.ones(step.shape[:2])
    around = {int(np.abs(w).argmax()): np.abs(w).max() for w in lattice.wraps()}
    for axis in range(3):
        images = np.zeros(1)
        if axis in around:
            images = np.arange(-20, 21) * around[axis]
        part = np.exp(-((step[:, :, axis, None] + images) ** 2) / (2 * xi**2)).sum(axis=-1)
        product = product * part / np.exp(-(images**2) / (2 * xi**2)).sum()
    return product


@pytest.mark.parametrize("xi", [0.25, 0.5, 0.9, 1.0, 1.7, 2.0, 3.1, 4.0])
@pytest.mark.parametrize(
    "lattice",
    [
        Chain(),
        Square(4),
        Square(4, periodic=True),
        Cubic(4, 4, periodic=(True, False)),
        Honeycomb(5),
        Honeycomb(8, "armchair", periodic=True),
    ],
    ids=repr,
)
def test_correlations_are_those_of_the_formula(lattice, xi):
    slices = 5 if lattice.dimension == 2 else 3
    found = covariance(lattice, xi, slices)
    assert np.allclose(found.diagonal(), 1, atol=1e-12)
    assert np.abs(found - gaussian(lattice, xi, slices)).max() < 2e-7


def test_smooth_far_along_the_wire():
    # A period of the grid holds several slices here: the correlations do not depend on where.
    found = covariance(Chain(), 7.3, 25)
    assert np.abs(found - gaussian(Chain(), 7.3, 25)).max() < 2e-7


@pytest.mark.parametrize("xi", [0.7, 2.5])
@pytest.mark.parametrize("lattice", [Square(5), Square(5, periodic=True), Honeycomb(4)])
def test_values_have_the_exact_covariance(lattice, xi):
    R, V0 = 4000, 0.6
    values = Wire(lattice, Correlated(V0, xi)).potential_of(
        np.arange(R, dtype=np.uint64), 37, 4, SEED
    )
    flat = values.reshape(-1, R) / V0
    expected = gaussian(lattice, xi, 4)
    found = flat @ flat.T / R
    # Each entry has the standard error sqrt((1 + c²) / R); some 200 to 500 independent entries.
    deviation = (found - expected) * np.sqrt(R / (1 + expected**2))
    assert np.abs(deviation).max() < 4.6
    assert abs(flat.mean()) < 4 * math.sqrt(expected.mean() / R)
    assert stats.kstest(flat[0], "norm").pvalue > 1e-3


def test_remote_impurities_are_correlated_as_their_screened_charges():
    d, R, lattice = 2.0, 4000, Square(12)
    wire = Wire(lattice, RemoteImpurities(0.5, d))
    values = wire.potential_of(np.arange(R, dtype=np.uint64), 0, 13, SEED)[:, 0] / 0.5
    found = (values * values[0]).mean(axis=1)
    r = np.arange(13)
    expected = (1 + r**2 / (4 * d**2)) ** -1.5
    assert np.abs(found - expected).max() < 0.0015 + 4 * math.sqrt(2 / R)
    # Fields in common between two wires would correlate them.
    other = Wire(lattice, Correlated(0.5, d)).potential_of(
        np.arange(R, dtype=np.uint64), 0, 1, SEED
    )
    assert abs(np.corrcoef(values[0], other[0, 0])[0, 1]) < 4 / math.sqrt(R)
