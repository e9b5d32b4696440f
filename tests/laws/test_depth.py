"""Every transmission eigenvalue at any depth, against arithmetic of 6000 bits."""

import json

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.scattering import scattering_family
from qtcore.sweep.observables import solve_wire
from tests.laws.depth_reference import REALIZATIONS, SEED, STORED, SYSTEMS

STORED_VALUES = json.loads(STORED.read_text(encoding="utf-8"))
TRANSFER = [name for name, (wire, *_) in SYSTEMS.items() if qt.choose(wire).method == "transfer"]


def expected(name):
    """ln T_n of the samples at every length, (realization, length, channel)."""
    found = STORED_VALUES[name]
    return np.array([[*found[str(r)].values()] for r in REALIZATIONS], dtype=np.float64)


@pytest.mark.parametrize("name", TRANSFER)
def test_the_transfer_solver_knows_them_all(name):
    wire, energy, lengths = SYSTEMS[name]
    found = qt.ln_transmission_eigenvalues(wire, energy, lengths, REALIZATIONS, SEED)
    # What rounding errors of the energy and of the potential do themselves is 1e-11 to 1e-10.
    np.testing.assert_allclose(found, expected(name), rtol=0, atol=1e-9)
    assert (found[:, -1, 0] - found[:, -1, -1]).min() > 50


@pytest.mark.parametrize("name", TRANSFER)
def test_every_door_of_an_ensemble_gives_the_same_bits(name):
    wire, energy, lengths = SYSTEMS[name]
    asked = (lengths, REALIZATIONS, SEED)
    alone = qt.ln_transmission_eigenvalues(wire, energy, *asked)
    family = scattering_family([(wire, energy), (wire, energy)], *asked, eigenvalues=True)
    stored = solve_wire(wire, energy, lengths, range(2), SEED, ["ln_g", "ln_T"])
    np.testing.assert_array_equal(family[1].ln_T, alone)
    np.testing.assert_array_equal(stored["ln_T"], alone)
    np.testing.assert_array_equal(stored["ln_g"], qt.scattering(wire, energy, *asked).ln_g)
    largest = alone.max(axis=2, keepdims=True)
    g = np.log(np.exp(alone - largest).sum(axis=2)) + largest[..., 0]
    np.testing.assert_allclose(g, stored["ln_g"], rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_matrix_of_doubles_gives_what_it_holds_and_nan_for_the_rest(name):
    wire, energy, lengths = SYSTEMS[name]
    matrices = qt.scattering_matrices(wire, energy, lengths, REALIZATIONS, SEED)
    recursive = qt.ln_transmission_eigenvalues(
        wire, energy, lengths, REALIZATIONS, SEED, method="recursive"
    )
    found, right = np.stack([S.ln_eigenvalues for S in matrices], axis=1), expected(name)
    known = ~np.isnan(found)
    np.testing.assert_allclose(found[known], right[known], rtol=0, atol=1e-3)
    np.testing.assert_array_equal(np.isnan(recursive), ~known)
    # The largest is always there, the rest down to where rounding errors matter, but not below.
    gap = right[..., :1] - right
    assert known[gap < 25].all()
    assert not known[gap > 55].any()
    assert (gap > 55).any()
