"""Thresholds of modes beside closed formulas, and beside bands on a dense grid of momenta."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory.thresholds import nearest_threshold


def strip(width, **more):
    return qt.Wire(qt.Square(width), qt.Box(1.0), **more)


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16])
@pytest.mark.parametrize(("energy", "strength"), [(0.6, 0.7), (0.45, 0.7), (-1.3, 0.7), (1.7, 1.5)])
def test_strips_without_a_field_have_the_thresholds_of_their_sines(width, energy, strength):
    n = np.arange(1, width + 1)
    edges = 2 * np.cos(n * np.pi / (width + 1)) + 2 * np.array([[1], [-1]])
    share = 1.5 / (width + 1) if width > 1 else 1.0
    expected = np.abs(energy - edges).min() / (strength**2 / 12 * share) ** (2 / 3)
    found = nearest_threshold(strip(width), energy, strength)
    assert found == pytest.approx(expected if expected <= 4 else np.inf, abs=1e-4)


def test_the_middle_mode_of_an_odd_strip_feels_more():
    # sum chi⁴ of (1, 0, -1) / √2 is 1/2, not 3/8.
    distance = 0.01 / (0.5**2 / 12 / 2) ** (2 / 3)
    assert nearest_threshold(strip(3), 1.99, 0.5) == pytest.approx(distance, rel=1e-3)


def test_coupling_of_a_chain_only_stretches_its_band():
    edge = 2 * np.sqrt(1 + 0.6**2)
    width = ((0.5**2 / 12) ** 2 / (edge / 2)) ** (1 / 3)
    found = nearest_threshold(strip(1, terms=[qt.Rashba(0.6)]), edge - 0.1, 0.5)
    assert found == pytest.approx(0.1 / width, rel=1e-3)
    # Kramers pairs cross at k = 0, where nothing is slow.
    assert nearest_threshold(strip(1, terms=[qt.Rashba(0.6)]), 1.999, 0.2) == np.inf


def edges_of(bands, k):
    """Return the energies of extrema of smooth bands (momentum, band) on a dense grid."""
    inner = bands[1:-1]
    turns = (inner - bands[:-2]) * (inner - bands[2:]) > 0
    # A corner where two bands cross has a jump of the slope, an extremum none.
    bent = np.abs(bands[:-2] + bands[2:] - 2 * inner) / (k[1] - k[0]) ** 2
    return inner[turns & (bent < 50)]


@pytest.mark.parametrize("flux", [0.03, 0.09, 0.12])
def test_a_field_moves_the_thresholds(flux):
    k, y = np.linspace(-0.5, 2 * np.pi - 0.5, 4001), np.arange(3) - 1
    h = np.eye(3, k=1) + np.eye(3, k=-1) + 0 * k[:, None, None]
    h[:, np.arange(3), np.arange(3)] = 2 * np.cos(k[:, None] - 2 * np.pi * flux * y)
    bands, chi = np.linalg.eigh(h)
    edges = edges_of(bands, k)
    for edge in edges[np.abs(edges) < 2]:
        place, band = np.argwhere(bands[1:-1] == edge)[0]
        bent = bands[place : place + 3, band] @ [1, -2, 1] / (k[1] - k[0]) ** 2 / 2
        felt = 0.5**2 / 12 * (chi[place + 1, :, band] ** 4).sum()
        width = (felt**2 / abs(bent)) ** (1 / 3)
        for away in (0.0, 0.3, 1.0):
            found = nearest_threshold(strip(3, flux=flux), edge + away * width, 0.5)
            assert found == pytest.approx(away, abs=0.01) or found < away
        beside = [nearest_threshold(strip(3, flux=flux), edge + s * width, 0.5) for s in (-1, 1)]
        assert max(beside) == pytest.approx(1.0, rel=0.01)
    assert np.abs(edges - 0.4216).min() < 1e-3 or flux != 0.09


def test_spin_orbit_coupling_moves_the_thresholds():
    wire = strip(3, terms=[qt.Rashba(0.6)])
    slices, k = wire.slices(), np.linspace(-0.5, 2 * np.pi - 0.5, 4001)
    ahead = slices.v * np.exp(1j * k)[:, None, None]
    bands = np.linalg.eigvalsh(slices.h + ahead + ahead.conj().transpose(0, 2, 1))
    edges = edges_of(bands, k)
    assert np.abs(edges - 0.479).min() < 2e-3
    for edge in edges[np.abs(edges) < 1]:
        assert nearest_threshold(wire, edge, 0.5) < 0.02
