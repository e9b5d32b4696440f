"""Three ways to the transmission: S (Fisher and Lee), Green's functions (Caroli), currents (Kubo)."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.observe.currents import bond_currents
from qtcore.observe.transmission import kubo
from qtcore.solve.green import blocks
from qtcore.solve.recursive import scattering_matrices


def strip(width, flux=0.0, field_in_leads=True):
    h = qt.Square(width).transverse()
    v = np.diag(np.exp(-2j * np.pi * flux * np.arange(width)))
    return Slices(h, v, h, v if field_in_leads else np.eye(width, dtype=complex), 1)


def qwz(width):
    sx, sy, sz = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])
    across = np.kron(np.eye(width, k=1), sz / 2 + sy / 2j)
    h = np.kron(np.eye(width), -sz) + across + across.conj().T
    v = np.kron(np.eye(width), sz / 2 + sx / 2j)
    return Slices(h, v, h, v, 2)


SYSTEMS = {
    "strip": strip(6),
    "field": strip(6, 0.03),
    "field in the sample only": strip(6, 0.03, field_in_leads=False),
    "chern insulator": qwz(4),
}


def sample(slices, length=12, realizations=2):
    shape = (length, slices.sites, realizations)
    return np.random.default_rng(8).uniform(-1, 1, shape)


def test_states_of_another_wire_are_refused():
    with pytest.raises(qt.InputError, match=r"states must be \(slice, realization, 3, state\)"):
        bond_currents(blocks(strip(3), 0.9, np.zeros((2, 3, 1))), np.zeros((2, 1, 4, 1)))


def test_transmission_eigenvalues():
    slices = strip(6)
    potential = sample(slices)
    S = scattering_matrices(slices, 0.9, [3, 12], potential)[1]
    T = np.exp(S.ln_eigenvalues)
    assert T.sum(axis=1) == pytest.approx(np.exp(S.ln_g), rel=1e-12)
    assert ((T > 0) & (T < 1 + 1e-12)).all()
    # 1 - R has the same eigenvalues, by unitarity.
    R = np.linalg.svd(S.r, compute_uv=False) ** 2
    assert np.abs(np.sort(1 - R, axis=1)[:, ::-1] - T).max() < 1e-12


def test_kubo_gives_what_it_can_and_nan_for_the_rest():
    wire = qt.Wire(qt.Square(3), qt.Box(15.0))
    unknown = []
    for length in (8, 20, 40):
        inside = qt.sample_with_leads(wire, 0.3, length, range(2), 1)
        g = np.exp(qt.ln_conductance(wire, 0.3, [length], range(2), 1, method="transfer")[:, 0])
        error = np.abs(kubo(inside) / g - 1)
        assert not (error > 1.1e-3).any()
        unknown.append(np.isnan(error).mean())
    # g is 1e-3 to 1e-5, 1e-11 to 1e-13 and 1e-24 to 1e-28.
    assert unknown[0] == 0 < unknown[1] < unknown[2]


@pytest.mark.parametrize(
    ("distance", "exact"),
    # Decimation of the leads and recursive Green's functions, with 1500 bits and E + 1e-90 i.
    [
        (1e-8, 1.01661302237312397946334293373),
        (1e-7, 1.14452582086823909816229641627),
        (2e-6, 1.77164436714100687715917339741),
    ],
)
def test_caroli_beside_a_parabola_is_as_exact_as_the_certificate_says(distance, exact):
    lattice = qt.Custom(np.diag([0.0, 0.5]), np.diag([1.0, 0.634]))
    wire, energy = qt.Wire(lattice, qt.Box(0.00146)), 1.768 - distance
    error = qt.observe.caroli(qt.sample_with_leads(wire, energy, 6, [0], seed=4))[0] / exact - 1
    assert abs(error) < 1e-8
    assert abs(error) < qt.scattering(wire, energy, [6], [0], seed=4).certificate[0, 0]
