"""Densities of states of disordered strips, against exact levels and against clean strips."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.errors import InputError
from qtcore.theory.born import slowness
from qtcore.theory.self_consistent import strip_density_of_states


def test_weak_disorder_leaves_the_density_of_clean_modes():
    # Far from thresholds the density moves in proportion to W².
    clean = slowness(qt.Square(4), 0.6).sum() / np.pi / 4
    moved = [strip_density_of_states(4, 0.6, W).mean() / clean - 1 for W in (0.8, 0.4)]
    assert abs(moved[1]) < 0.01
    assert moved[0] == pytest.approx(4 * moved[1], rel=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("flux", [0.0, 0.02])
def test_density_of_rings(flux):
    # 150 rings of 6 x 60 sites, levels within 0.2 t of the energy: their number fluctuates by about one
    # for each ring, out of 17, so that the mean has an error of 0.5 %; the next order adds (k l)^-2 = 1 %.
    wire, energy, half = qt.Wire(qt.Square(6), qt.Box(2.0), flux=flux), 1.1, 0.2
    counts, place = [], np.zeros(6)
    for number in range(150):
        H = qt.closed_sample(wire, 60, number, 3, periodic=True).H.toarray()
        levels, states = np.linalg.eigh(H)
        here = np.abs(levels - energy) < half
        counts.append(here.sum())
        place += (np.abs(states[:, here]) ** 2).sum(axis=1).reshape(60, 6).sum(axis=0)
    energies = energy + half * np.linspace(-0.9, 0.9, 10)
    expected = np.mean([strip_density_of_states(6, E, 2.0, flux) for E in energies], axis=0)
    assert np.mean(counts) / (2 * half * 360) == pytest.approx(expected.mean(), rel=0.02)
    np.testing.assert_allclose(place / 150 / 60 / (2 * half), expected, rtol=0.06)


def test_a_clean_strip_is_refused():
    with pytest.raises(InputError, match="broadened by disorder > 0 only"):
        strip_density_of_states(4, 0.6, 0.0)
    with pytest.raises(InputError, match="take stronger disorder"):
        strip_density_of_states(4, 0.6, 0.01)
