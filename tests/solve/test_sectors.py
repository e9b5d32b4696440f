"""Modes of one lead, sorted by what it conserves."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.errors import InputError
from qtcore.solve.contacts import lead_at
from qtcore.solve.sectors import (
    refuse_unless_alike,
    refuse_unless_conserved,
    sectors_of,
    sorted_lead,
)

SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
ENERGY = 0.4


def lead_of(lattice, *terms, energy=ENERGY, **more):
    slices = qt.Wire(lattice, terms=terms, **more).slices()
    return lead_at(slices.lead_h, slices.lead_v, energy)


def spin(direction, sites, bands=1):
    n = np.asarray(direction) / np.linalg.norm(direction)
    sigma = np.einsum("i,ijk->jk", n, SIGMA)
    return np.kron(np.eye(sites), np.kron(sigma, np.eye(bands)))


LEADS = {
    # Both spins have the same wave numbers: any mixture of them is a mode.
    "degenerate": (lambda: lead_of(qt.Square(3), qt.Zeeman()), spin((1, 2, -0.5), 3)),
    "in a field": (lambda: lead_of(qt.Square(4), qt.Zeeman(), flux=0.07), spin((0, 1, 0), 4)),
    "split": (lambda: lead_of(qt.Square(3), qt.Zeeman(bx=0.2)), spin((1, 0, 0), 3)),
    # Rounding errors mix waves whose wave numbers differ by 1e-4 and 1e-9.
    "hardly split": (
        lambda: lead_of(qt.Square(3), qt.Zeeman(1e-4, 2e-4, -0.5e-4)),
        spin((1, 2, -0.5), 3),
    ),
    "less than hardly": (
        lambda: lead_of(qt.Square(3), qt.Zeeman(1e-9, 2e-9, -0.5e-9)),
        spin((1, 2, -0.5), 3),
    ),
    "cylinder": (lambda: lead_of(qt.Square(4, periodic=True), qt.Zeeman()), spin((1, 1, 1), 4)),
    "Rashba chain": (lambda: lead_of(qt.Square(1), qt.Rashba(0.3)), spin((0, 1, 0), 1)),
    "singular coupling": (
        lambda: lead_of(qt.Square(3), qt.BHZ(A=0.7, B=-0.6, D=-0.2, M=-0.8), energy=0.9),
        spin((0, 0, 1), 3, bands=2),
    ),
    "ribbon": (
        lambda: lead_of(qt.Honeycomb(3, "zigzag"), qt.KaneMele(0.1, 0.05)),
        spin((0, 0, 1), 6),
    ),
}


@pytest.mark.parametrize("name", LEADS)
def test_every_mode_is_an_eigenvector_of_unit_flux(name):
    made, Q = LEADS[name]
    lead = made()
    h, v = lead.h, lead.v
    sectors = sectors_of(Q, names=("up", "down"))
    refuse_unless_conserved(sectors, h, v)
    found = sorted_lead(lead, sectors)
    modes, N = found.lead.modes, lead.modes.channels
    assert modes.channels == N
    assert np.array_equal(found.sector, np.sort(found.sector))
    assert set(found.sector.tolist()) == {0, 1}
    value = np.array(sectors.values)[found.sector]
    for here, ahead, direction in (
        (modes.right, modes.right_ahead, 1),
        (modes.left, modes.left_ahead, -1),
    ):
        here, ahead = here[:, :N], ahead[:, :N]
        assert np.allclose(Q @ here, here * value, rtol=0, atol=1e-14)
        assert np.allclose(Q @ ahead, ahead * value, rtol=0, atol=1e-14)
        crossed = here.conj().T @ v @ ahead
        flux = 1j * (crossed - crossed.conj().T)
        assert np.allclose(flux, direction * np.eye(N), rtol=0, atol=1e-10)


def test_sorted_modes_are_still_solutions_of_the_lead():
    made, Q = LEADS["in a field"]
    lead = made()
    modes = sorted_lead(lead, sectors_of(Q)).lead.modes
    h, v, N = lead.h, lead.v, modes.channels
    one = modes.right[:, :N]
    # psi_{n+1} = lambda psi_n for each of them alone.
    factor = (one.conj() * modes.right_ahead[:, :N]).sum(axis=0) / (np.abs(one) ** 2).sum(axis=0)
    assert np.allclose(np.abs(factor), 1)
    rest = (ENERGY * np.eye(len(h)) - h) @ one - v @ one * factor - v.conj().T @ one / factor
    assert np.abs(rest).max() < 1e-12


def test_closed_modes_keep_their_span():
    made, Q = LEADS["degenerate"]
    lead = made()
    modes = sorted_lead(lead, sectors_of(Q)).lead.modes
    assert np.array_equal(modes.left[:, modes.channels :], lead.modes.left[:, modes.channels :])
    before, after = (one.self_energies(lead.v) for one in (lead.modes, modes))
    assert np.allclose(before, after, rtol=0, atol=1e-12)


def test_eigenvalues_are_in_order_with_their_names():
    found = sectors_of(np.diag([0.5, -1.0, 2.0, 0.5]).astype(complex))
    assert found.values == pytest.approx((2.0, 0.5, -1.0))
    assert found.names == ("2", "0.5", "-1")
    assert np.allclose(found.projectors.sum(axis=0), np.eye(4))
    rising = sectors_of(np.diag([0.5, -1.0]).astype(complex), names=("a", "b"), rising=True)
    assert rising.values == pytest.approx((-1.0, 0.5))


def test_quantity_that_the_lead_does_not_conserve_is_refused_with_the_size():
    lead = lead_of(qt.Square(1), qt.Rashba(0.3))
    with pytest.raises(InputError, match=r"\[Q, v\]\| is up to 0\.6|up to 0\.6 t"):
        refuse_unless_conserved(sectors_of(spin((0, 0, 1), 1)), lead.h, lead.v)


def test_leads_with_other_sectors_are_refused():
    one = sectors_of(np.diag([1.0, -1.0]).astype(complex))
    other = sectors_of(np.diag([1.0, 0.0]).astype(complex))
    refuse_unless_alike(one, one)
    with pytest.raises(InputError, match="same sectors"):
        refuse_unless_alike(one, other)


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (np.eye(3), "all eigenvalues"),
        (np.diag([1.0, 1.0 + 1e-9, -1.0]), "one sector or two"),
    ],
)
def test_matrix_that_does_not_say_which_sectors_there_are_is_refused(matrix, words):
    with pytest.raises(InputError, match=words):
        sectors_of(matrix.astype(complex))


def test_number_of_names_must_fit():
    with pytest.raises(InputError, match=r"2 different eigenvalues .* got 3 names"):
        sectors_of(np.diag([1.0, -1.0]).astype(complex), names=("a", "b", "c"))
