"""Laws of transmission from sector to sector, on every listed wire whose leads conserve something.

The truth is the dense matrix of `truth`, cut by projectors on the sites: it knows no modes.
"""

from functools import cache

import numpy as np
import pytest

import qtcore as qt
from qtcore.errors import InputError
from qtcore.observe import bond_currents, resolved_currents, scattering_states
from qtcore.observe.resolved import conserved_sectors

from . import truth
from .laws_of_wires import ROUNDING, opened
from .systems import ACCEPTED, system

OF_ZEEMAN = qt.SpinAlong((0.1, 0.2, 0.15))
QUANTITIES = ("spin_x", "spin_y", "spin_z", "orbital", "sublattice", OF_ZEEMAN)


@cache
def conserving():
    """Return the wires of the list whose leads conserve a quantity with a name, and its sectors."""
    found = []
    for name in ACCEPTED:
        one = system(name)
        for quantity in QUANTITIES:
            try:
                sectors = conserved_sectors(one.wire, quantity)
            except InputError:
                continue
            found.append((name, one, quantity, sectors))
            break
    assert len(found) >= 20, "hardly a wire of the list conserves anything"
    return found


def resolved(one, quantity, **more):
    return qt.resolved_scattering(
        one.wire, one.energy, one.lengths, one.realizations, one.seed, quantity, **more
    )


def between_sectors(S, P):
    """Return what passes between sectors, (lead, lead, sector, sector), outgoing first, from S on the sites."""
    blocks = S.transpose(0, 2, 1, 3)[:, :, None, None]
    cut = P[:, None] @ blocks @ P[None]
    return (np.abs(cut) ** 2).sum(axis=(4, 5))


def test_blocks_are_those_of_the_dense_matrix():
    met = 0
    for name, one, quantity, sectors in conserving():
        slices, length = one.wire.slices(), one.lengths[-1]
        N = truth.open_channels(slices, one.energy)
        sigmas = truth.self_energies(slices, one.energy)
        found, back = (resolved(one, quantity, incidence=side) for side in ("left", "right"))
        assert found.channels.sum() == N
        for k in range(len(one.realizations)):
            S = truth.site_matrix(one.truth(k, length), sigmas, one.energy, N)
            expected = between_sectors(S, sectors.projectors)
            assert np.abs(found.T[k, -1] - expected[1, 0]).max() < ROUNDING, name
            assert np.abs(found.reflection[k, -1] - expected[0, 0]).max() < ROUNDING, name
            assert np.abs(back.T[k, -1] - expected[0, 1]).max() < ROUNDING, name
        met += 1
    assert met >= 15


def test_sums_over_sectors_are_those_of_the_whole_wire():
    for name, one, quantity, _ in conserving():
        found = resolved(one, quantity)
        asked = one.lengths, one.realizations, one.seed
        whole = qt.scattering(one.wire, one.energy, *asked)
        errors = whole.certificate + found.certificate.max(axis=(2, 3))
        assert (np.abs(found.ln_g - whole.ln_g) <= errors).all(), name
        assert found.channels.sum() == whole.channels
        kept = (found.T + found.reflection).sum(axis=2)
        assert np.allclose(kept, found.channels, atol=1e-9), name


def test_a_wire_that_conserves_it_is_solved_sector_by_sector_alike():
    met = 0
    for name, one, quantity, _ in conserving():
        found = resolved(one, quantity)
        if not found.any_depth:
            continue
        asked = one.lengths, one.realizations, one.seed, quantity
        for n, S in enumerate(qt.resolved_matrices(one.wire, one.energy, *asked)):
            own = np.arange(len(found.names))
            with np.errstate(invalid="ignore"):
                differ = np.abs(S.ln_T - found.ln_T[:, n])[:, own, own]
            assert np.nan_to_num(differ).max() < 1e-9, name
            assert np.abs(S.reflection - found.reflection[:, n]).max() < 1e-9, name
            assert np.exp(S.ln_T[:, ~np.eye(len(own), dtype=bool)]).max() < 1e-24, name
        met += 1
    assert met >= 10


def test_time_reversal_exchanges_the_spins_and_the_sides():
    met = 0
    for name, one, quantity, _ in conserving():
        if one.reverse() is None or one.reverse() != one.wire:
            continue
        there, back = (resolved(one, quantity, incidence=side).T for side in ("left", "right"))
        # From spin b to a: backwards in time from spin -a to -b.
        assert np.allclose(there, back[:, :, ::-1, ::-1].swapaxes(2, 3), atol=1e-9), name
        met += 1
    assert met >= 4


def test_currents_and_torques_balance_on_every_site():
    for name, one, quantity, sectors in conserving():
        length = one.lengths[-1]
        sample = opened(one, length)
        states = scattering_states(sample)[..., : sample.leads.left.channels]
        found = resolved_currents(one.wire, sample, states, quantity)
        # The end slices have bonds to the leads as well.
        rest = (found.arriving + found.torque)[1:-1]
        size = max(1.0, np.abs(states).max() ** 2)
        assert np.abs(rest).max() < 1e-10 * size, name
        grown = np.diff(found.through, axis=0) - found.torque[1:-1].sum(axis=2)
        assert np.abs(grown).max() < 1e-10 * size, name
        solved = resolved(one, quantity)
        if solved.any_depth:
            assert np.abs(found.torque).max() < 1e-10 * size, name
            carried = np.array(sectors.values) @ solved.T[:, -1].sum(axis=2).T
            assert np.allclose(found.through, carried, atol=1e-9 * size), name


@pytest.mark.parametrize("term", ["strip, Rashba", "zigzag ribbon, Kane-Mele and Rashba"])
def test_current_of_one_is_the_current_of_charge(term):
    one = system(f"{term}, no field, box")
    sample = opened(one, 9)
    states = scattering_states(sample)
    charge = bond_currents(sample, states)
    unit = np.eye(one.wire.orbitals)
    found = resolved_currents(one.wire, sample, states, unit)
    assert np.allclose(found.through, charge.through, atol=1e-10)
    assert np.abs(found.torque).max() < 1e-10
