"""Where vacancies block nearly all ways, g is right within its certificate.

The references come from dense matrices in 900 bits; see `vacancies_reference`.
"""

import json

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.contacts import attach
from qtcore.solve.elimination import response
from qtcore.solve.sample import sample_slices

from .vacancies_reference import STORED, systems

REFERENCE = json.loads(STORED.read_text(encoding="utf-8"))
SYSTEMS = systems()


@pytest.mark.parametrize("method", ["auto", "recursive"])
@pytest.mark.parametrize("name", SYSTEMS)
def test_ln_g_is_right_within_its_certificate(name, method):
    wire, energy, lengths, seed, realization = SYSTEMS[name]
    found = qt.scattering(wire, energy, lengths, [realization], seed, method=method)
    assert list(REFERENCE[name]) == [str(length) for length in lengths]
    error = np.abs(found.ln_g[0] - [float(stored) for stored in REFERENCE[name].values()])
    assert (error <= found.certificate[0]).all()
    # Bonds of 1e-16 that are not there made it 5e-5, and pivoting 1e-10 beside each vacancy.
    assert error.max() < 1e-12


@pytest.mark.parametrize("width", [2, 3, 4, 5, 7, 10])
@pytest.mark.parametrize("terms", [[], [qt.Rashba(0.4220713983005245)]], ids=["plain", "spin"])
def test_orbitals_without_a_bond_are_not_coupled(width, terms):
    slices = qt.Wire(qt.Honeycomb(width, "armchair"), terms=terms).slices()
    potential = np.zeros((1, slices.sites, 1))
    step = next(iter(sample_slices(slices, 1, potential))).step
    assert not (step.A[0] @ step.B.conj().T)[slices.v == 0].any()
    leads = attach(slices, 1.1759237984547561, 0.0, keeps_unknowns=True)
    for contact, bonds in ((leads.left, slices.v.any(axis=0)), (leads.right, slices.v.any(axis=1))):
        assert not contact.read[:, ~bonds].any()
        assert not contact.source[~bonds].any()
        assert not contact.sigma[:, ~bonds].any()
        assert not contact.sigma[~bonds].any()


@pytest.mark.parametrize("orbital", [0, 1, 2])
def test_pivoting_does_not_bypass_a_vacancy(orbital):
    """Two sites of energies below their bonds to a third one, which is removed, in all orders."""
    removed, bond = 2.0**20, 1.0
    order = np.roll(np.arange(3), orbital)
    block = np.array([[0.5, -bond, 0.0], [-bond, -removed, -bond], [0.0, -bond, 0.25]])
    found = response(block[np.ix_(order, order)] + 0j, np.eye(3)[order] + 0j, bond)
    exact = -1 / (0.5 * 0.25 * removed + 0.5 + 0.25)
    assert found[order == 0, 2].real == pytest.approx(exact, rel=1e-15, abs=0.0)
