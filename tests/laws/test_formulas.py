"""Exact transmissions (Landauer's wires that can be solved by hand), from every solver."""

import numpy as np
import pytest

import qtcore as qt

from .systems import SOLVERS

pytestmark = [pytest.mark.physics, pytest.mark.parametrize("solver", SOLVERS)]


def conductance(solver, lattice, values, energy):
    """Return g of a wire with the given potential, (slice, site)."""
    wire = qt.Wire(lattice, qt.Fixed(np.asarray(values, float)))
    return np.exp(qt.ln_conductance(wire, energy, [len(values)], [0], 1, method=solver)[0, 0])


@pytest.mark.parametrize("energy", [0.3, -1.7])
@pytest.mark.parametrize("V", [0.4, -2.0, 50.0])
def test_one_impurity_in_a_chain(solver, energy, V):
    expected = 1 / (1 + V**2 / (4 - energy**2))
    assert conductance(solver, qt.Chain(), [[V]], energy) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("V", [0.5, 1.5, 4.5])
@pytest.mark.parametrize("sites", [1, 2, 7, 20])
def test_rectangular_barrier(solver, V, sites):
    energy = 0.3
    k, q = np.arccos(energy / 2), np.arccos(complex(energy - V) / 2)
    ratio = np.sin(sites * q) ** 2 / (np.sin(k) ** 2 * np.sin(q) ** 2)
    expected = 1 / (1 + (V / 2) ** 2 * ratio.real)
    found = conductance(solver, qt.Chain(), np.full((sites, 1), V), energy)
    assert found == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("distance", [1, 2, 5, 30])
def test_two_impurities(solver, distance):
    energy, V = 0.7, 1.3
    k = np.arccos(energy / 2)
    x = V / (2 * np.sin(k))
    r, tau = -1j * x / (1 + 1j * x), 1 / (1 + 1j * x)
    # The formula's waves have hopping -1; with +1 the phase runs backwards.
    expected = abs(tau**2 / (1 - r**2 * np.exp(-2j * k * distance))) ** 2
    values = np.zeros((distance + 1, 1))
    values[[0, -1]] = V
    assert conductance(solver, qt.Chain(), values, energy) == pytest.approx(expected, rel=1e-11)


def test_smooth_barrier(solver):
    # Eckart's barrier on a lattice, V0 = 0.06, a = 24.49: at its top, 0.01 below and above.
    wire = qt.Wire(qt.Chain(), gates=(qt.CoshBarrier(0.06, np.sqrt(600), 300.0),))
    for above, expected in [(-0.01, 0.04096), (0.0, 0.53249), (0.01, 0.95897)]:
        energy = -2 + 0.06 + above
        found = np.exp(qt.ln_conductance(wire, energy, [601], [0], 1, method=solver)[0, 0])
        assert found == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize("V", [0.8, -3.0])
@pytest.mark.parametrize(("width", "energy", "row"), [(7, 0.35, 2), (10, -1.6, 0), (4, 2.5, 1)])
def test_one_impurity_in_a_strip(solver, width, energy, row, V):
    n = np.arange(1, width + 1)
    c = (energy - 2 * np.cos(np.pi * n / (width + 1))) / 2
    weight = 2 / (width + 1) * np.sin(np.pi * n * (row + 1) / (width + 1)) ** 2
    is_open = np.abs(c) < 1
    A = (weight[is_open] / (2 * np.sqrt(1 - c[is_open] ** 2))).sum()
    closed = c[~is_open]
    R = (np.sign(closed) * weight[~is_open] / (2 * np.sqrt(closed**2 - 1))).sum()
    expected = is_open.sum() - (V * A) ** 2 / ((1 - V * R) ** 2 + (V * A) ** 2)
    values = np.zeros((3, width))
    values[1, row] = V
    found = conductance(solver, qt.Square(width), values, energy)
    assert found == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("width", "row"), [(7, 3), (8, 2)])
def test_a_vacancy_at_the_band_centre_removes_one_channel(solver, width, row):
    wire = qt.Wire(qt.Square(width), qt.Vacancies(sites=[(2, row)]))
    found = qt.scattering(wire, 0.0, [3, 30], [0], 1, method=solver)
    # An energy of 2^20 t instead of a removed atom leaves 1e-6 of an amplitude.
    assert np.exp(found.ln_g[0]) == pytest.approx([width - 1] * 2, abs=1e-6)
    assert found.reflection[0] == pytest.approx([1, 1], abs=1e-6)


def test_a_vacancy_cuts_a_chain_at_every_energy(solver):
    wire = qt.Wire(qt.Chain(), qt.Vacancies(sites=[(4, 0)]))
    for energy in (-1.9, 0.0, 1.2):
        g = np.exp(qt.ln_conductance(wire, energy, [9], [0], 1, method=solver)[0, 0])
        assert g == pytest.approx((4 - energy**2) / 2.0**40, rel=1e-4)


@pytest.mark.parametrize(("energy", "coupling", "level"), [(0.3, 0.7, -0.4), (-1.1, 0.2, -1.05)])
def test_site_at_the_side_of_a_chain(solver, energy, coupling, level):
    # Fano: T = 1 / (1 + (w² / ((E - level) v))²), zero right at the level. The slice of two sites
    # does not repeat itself in the leads, and its coupling is singular.
    side = qt.Custom([[0, coupling], [coupling, level]], np.diag([1.0, 0.0]))
    wire = qt.Wire(side, lead_lattice=qt.Chain())
    if solver == "transfer":
        with pytest.raises(qt.InputError, match="use method='recursive'"):
            qt.ln_conductance(wire, energy, [1], [0], 1, method=solver)
        return
    ratio = coupling**2 / ((energy - level) * np.sqrt(4 - energy**2))
    found = np.exp(qt.ln_conductance(wire, energy, [1], [0], 1, method=solver)[0, 0])
    assert found == pytest.approx(1 / (1 + ratio**2), rel=1e-11)
