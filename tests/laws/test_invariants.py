"""Laws of invariants: time reversal turns them around, and every way to the same integer agrees."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe

TUBES = {
    "square": (qt.Square(6, periodic=True), 1 / 3),
    "zigzag": (qt.Honeycomb(4, "zigzag", periodic=True), 1 / 4),
    "armchair": (qt.Honeycomb(4, "armchair", periodic=True), 1 / 4),
}
LENGTH = 9


def insulator(name, flux, shift=0.0):
    """A tube in a field with weak disorder, and the middle of its widest gap below the band centre."""
    lattice, size = TUBES[name]
    wire = qt.Wire(
        lattice, qt.Box(0.5), flux=flux * size, lead_shift=shift, field_in_leads=not shift
    )
    H = qt.closed_sample(wire, LENGTH, 0, 3, periodic=True).H
    levels = observe.eigenvalues(H)
    inside = levels[levels < -0.3]
    widest = np.diff(inside).argmax()
    return wire, float(inside[widest : widest + 2].mean())


@pytest.mark.parametrize("name", TUBES)
def test_time_reversal_turns_an_index_around(name):
    wire, energy = insulator(name, 1.0)
    turned, _ = insulator(name, -1.0)
    one, other = (observe.bott_index(each, energy, LENGTH, [0, 1], 3) for each in (wire, turned))
    assert one.values.tolist() == (-other.values).tolist()
    assert one.values[0] != 0
    assert one.gap == pytest.approx(other.gap, abs=1e-10)
    assert one.branch == pytest.approx(other.branch, abs=1e-8)


@pytest.mark.parametrize("name", TUBES)
def test_without_a_field_there_is_no_index(name):
    wire = qt.Wire(TUBES[name][0], qt.Box(1.0))
    found = observe.bott_index(wire, -0.7, LENGTH, [0, 1], 3)
    assert found.values[~found.suspect].tolist() == [0] * int((~found.suspect).sum())


@pytest.mark.parametrize("name", TUBES)
def test_a_flux_quantum_pumps_what_the_index_says(name):
    # Where many modes of leads without a field are open.
    wire, energy = insulator(
        name, 1.0, shift={"square": -1.3, "zigzag": -0.8, "armchair": -2.0}[name]
    )
    index = observe.bott_index(wire, energy, LENGTH, [0, 1], 3)
    pumped = observe.charge_pumped(wire, energy, LENGTH, [0, 1], 3, fluxes=8)
    assert not index.suspect.any()
    assert not pumped.suspect.any()
    assert pumped.values.tolist() == index.values.tolist()
    assert index.values[0] != 0


def test_an_electron_of_either_spin_adds_its_own_index():
    """Both copies of a model with conserved spin: up is the model alone, down its time reverse."""
    lattice = qt.Honeycomb(6, periodic=True)
    both = qt.Wire(lattice, qt.Box(1.0), terms=(qt.KaneMele(0.2),))
    alone = qt.Wire(lattice, qt.Box(1.0), terms=(qt.Haldane(0.2),))
    spin = observe.spin_chern_number(both, 0.0, 6, [0, 1], 3)
    one = observe.bott_index(alone, 0.0, 6, [0, 1], 3)
    assert spin.up.tolist() == one.values.tolist()
    assert spin.branch == pytest.approx(one.branch, abs=1e-8)
    assert observe.bott_index(both, 0.0, 6, [0, 1], 3).values.tolist() == [0, 0]


def test_interactions_keep_kramers_pairs():
    """Filled pairs are unchanged by time reversal, and so is what they do to all levels."""
    wire = qt.Wire(qt.Square(4), qt.Box(2.0), terms=(qt.Rashba(0.4),))
    U = qt.CoulombInteraction(0.5, onsite=1.0, screening=2.0)
    found = observe.interaction_shifts(wire, U, 4, [0, 1], 3, electrons=14)
    assert np.ptp(found.levels.reshape(2, 16, 2), axis=2).max() < 1e-12
    assert np.ptp(found.shifts.reshape(2, 16, 2), axis=2).max() < 1e-10
    assert np.ptp(found.shifts) > 0.1


def test_shifts_of_filled_levels_count_every_pair_once_or_twice():
    """Half the sum over filled levels is the first-order energy: it does not depend on the states' basis."""
    wire = qt.Wire(qt.Square(4, periodic=True), qt.Box(2.0), flux=0.25)
    U = qt.NeighbourInteraction(0.5)
    found = observe.interaction_shifts(wire, U, 5, [0], 3, electrons=7, periodic=True)
    H = qt.closed_sample(wire, 5, 0, 3, periodic=True).H.toarray()
    psi = np.linalg.eigh(H)[1][:, :7]
    rho = psi @ psi.conj().T
    near = (np.abs(H) > 0.5) & ~np.eye(20, dtype=bool)
    density = np.diag(rho).real
    energy = 0.5 * (0.5 * near * (np.outer(density, density) - np.abs(rho) ** 2)).sum()
    assert found.shifts[0, :7].sum() / 2 == pytest.approx(energy, abs=1e-12)
