"""Blocks of S beside Kwant's conservation laws; see `sectors_reference`."""

import json

import numpy as np
import pytest
import scipy.sparse

import qtcore as qt

from .sectors_reference import LENGTH, STORED, by_kwant, pattern, potential, systems

SYSTEMS = systems()
FOUND = json.loads(STORED.read_text(encoding="utf-8"))


def resolved(system):
    lattices = (qt.Custom(system[f"{of}h"], system[f"{of}v"]) for of in ("", "lead_"))
    sample, lead = lattices
    wire = qt.Wire(sample, qt.Fixed(potential(len(system["h"]))), lead_lattice=lead)
    return qt.resolved_scattering(wire, system["energy"], [LENGTH], [0], 1, system["Q"])


@pytest.mark.parametrize("name", SYSTEMS)
def test_blocks_are_those_that_kwant_has_found(name):
    expected, found = FOUND[name], resolved(SYSTEMS[name])
    assert found.channels.tolist() == expected["channels"]
    assert np.allclose(found.T[0, 0], expected["T"], rtol=0, atol=1e-11)
    assert np.allclose(found.reflection[0, 0], expected["R"], rtol=0, atol=1e-11)


class Lead:
    """What a lead of a finalized Kwant system offers; both count their cells towards the system."""

    def __init__(self, h, hop):
        self.h, self.hop = h, hop

    def cell_hamiltonian(self, **_):
        return self.h

    def inter_cell_hopping(self, **_):
        return self.hop


class Finalized:
    """What a finalized Kwant system offers: a site with many orbitals for each slice."""

    def __init__(self, system):
        size = len(system["h"])
        inside = np.kron(np.eye(LENGTH), system["h"]) + np.diag(potential(size).ravel())
        ahead = np.kron(np.eye(LENGTH, k=1), system["v"])
        self.H, self.norbs = inside + ahead + ahead.conj().T, [size] * LENGTH
        self.lead_interfaces = [np.array([0]), np.array([LENGTH - 1])]
        self.leads = [
            Lead(system["lead_h"], v) for v in (system["lead_v"], system["lead_v"].conj().T)
        ]

    def hamiltonian_submatrix(self, **_):
        return scipy.sparse.coo_matrix(self.H), self.norbs, self.norbs


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_kwant_system_has_the_same_blocks(name):
    system = SYSTEMS[name]
    finalized = qt.KwantSystem(Finalized(system))
    found = qt.kwant_resolved_matrix(finalized, system["energy"], system["Q"])
    assert np.allclose(np.exp(found.ln_T[0]), FOUND[name]["T"], rtol=0, atol=1e-11)
    assert np.allclose(found.reflection[0], FOUND[name]["R"], rtol=0, atol=1e-11)
    assert found.channels("right").tolist() == FOUND[name]["channels"]
    pair = qt.kwant_resolved_matrix(finalized, system["energy"], (system["Q"], system["Q"]))
    assert np.array_equal(pair.ln_T, found.ln_T)


def test_leads_of_a_kwant_system_must_have_the_same_sectors():
    system = SYSTEMS["strip, spin along z"]
    finalized, Q = qt.KwantSystem(Finalized(system)), system["Q"]
    for quantity, words in (
        ((Q, 2 * Q), "the leads must have the same sectors"),
        ((Q, Q, Q), r"a tuple of two \(lead 0, lead 1\), got 3"),
        (np.eye(4)[::-1], r"a unit cell of lead 0 has 6 orbitals: .* got \(4, 4\)"),
        (pattern(6, 0), "is not conserved in lead 0"),
        (np.eye(6), "all eigenvalues"),
    ):
        with pytest.raises(qt.InputError, match=words):
            qt.kwant_resolved_matrix(finalized, 0.45, quantity)
    with pytest.raises(qt.InputError, match=r"for a wire use resolved_matrices"):
        qt.kwant_resolved_matrix(qt.Wire(qt.Chain()), 0.45, Q)


def test_every_stored_system_is_there():
    assert list(SYSTEMS) == list(FOUND)
    assert sum(len(one["channels"]) > 2 for one in FOUND.values()) >= 2


def test_kwant_still_finds_the_same():
    pytest.importorskip("kwant", reason="needs Kwant: pip install kwant")
    for name, system in SYSTEMS.items():
        again = by_kwant(system)
        assert np.allclose(again["T"], FOUND[name]["T"], rtol=0, atol=1e-11), name
