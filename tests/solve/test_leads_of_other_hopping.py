"""Leads whose hopping is far from that of the sample: solvers count energies in units of the sample's."""

import numpy as np
import pytest

import qtcore as qt


def strip(width, hopping):
    """Return a square strip of some hopping."""
    across = hopping * (np.eye(width, k=1) + np.eye(width, k=-1))
    places = [(0, y) for y in range(width)]
    return qt.Custom(across, hopping * np.eye(width), positions=places)


def test_a_single_site_does_not_know_the_hopping_of_a_wire_that_it_is_part_of():
    energy, lead = 0.3, 1.0
    for hopping in (0.01, 0.1, 0.3, 1.0, 5.0):
        wire = qt.Wire(strip(1, hopping), qt.Fixed([[0.4]]), lead_lattice=strip(1, lead))
        g = np.exp(qt.ln_conductance(wire, energy, [1], [0], seed=1)[0, 0])
        sigma = energy / 2 - 1j * np.sqrt(lead**2 - energy**2 / 4)
        assert g == pytest.approx(4 * sigma.imag**2 / abs(energy - 0.4 - 2 * sigma) ** 2, rel=1e-12)


@pytest.mark.parametrize("lead", [0.1, 4.0])
@pytest.mark.parametrize("hopping", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("bonds", [(), (qt.RandomHopping(0.4),)], ids=["sites", "bonds"])
def test_the_transfer_solver_agrees_with_the_recursive_one(hopping, lead, bonds):
    wire = qt.Wire(strip(2, hopping), (qt.Box(hopping), *bonds), lead_lattice=strip(2, lead))
    energy = 0.3 * min(hopping, lead)
    asked = energy, [1, 2, 20], range(4), 1
    ours, theirs = (qt.scattering(wire, *asked, method=m) for m in ("transfer", "recursive"))
    assert ours.ln_g == pytest.approx(theirs.ln_g, abs=1e-8)
    assert ours.reflection == pytest.approx(theirs.reflection, abs=1e-8)
