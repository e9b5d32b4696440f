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
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.sector_scattering import solved_by_sectors

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
        assert np.allclose(kept, found.channels, rtol=0, atol=1e-9), name


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
        assert np.allclose(there, back[:, :, ::-1, ::-1].swapaxes(2, 3), rtol=0, atol=1e-9), name
        met += 1
    assert met >= 4


def test_currents_and_torques_balance_on_every_site():
    # Whether or not anything conserves the spin.
    spinful = [name for name in ACCEPTED if system(name).wire.spins == 2]
    assert len(spinful) > 40
    for name in spinful[::3]:
        one = system(name)
        sample = opened(one, one.lengths[-1])
        # Of all modes together little may be left: spins that turn opposite ways cancel.
        states = scattering_states(sample)[..., :1]
        size = max(1.0, np.abs(states).max() ** 2)
        for quantity in ("spin_x", "spin_z"):
            found = resolved_currents(one.wire, sample, states, quantity)
            # The end slices have bonds to the leads as well.
            rest = (found.arriving + found.torque)[1:-1]
            assert np.abs(rest).max() < 1e-10 * size, name
            grown = np.diff(found.through, axis=0) - found.torque[1:-1].sum(axis=2)
            assert np.abs(grown).max() < 1e-10 * size, name


def test_conserved_currents_are_the_same_everywhere_and_what_the_leads_take_up():
    met = 0
    for name, one, quantity, sectors in conserving():
        solved = resolved(one, quantity)
        if not solved.any_depth:
            continue
        sample = opened(one, one.lengths[-1])
        states = scattering_states(sample)[..., : sample.leads.left.channels]
        found = resolved_currents(one.wire, sample, states, quantity)
        size = max(1.0, np.abs(states).max() ** 2)
        assert np.abs(found.torque).max() < 1e-10 * size, name
        carried = np.array(sectors.values) @ solved.T[:, -1].sum(axis=2).T
        assert np.allclose(found.through, carried, rtol=0, atol=1e-9 * size), name
        met += 1
    assert met >= 10


@pytest.mark.parametrize("term", ["strip, Rashba", "zigzag ribbon, Kane-Mele and Rashba"])
def test_current_of_one_is_the_current_of_charge(term):
    one = system(f"{term}, no field, box")
    sample = opened(one, 9)
    states = scattering_states(sample)
    charge = bond_currents(sample, states)
    unit = np.eye(one.wire.orbitals)
    found = resolved_currents(one.wire, sample, states, unit)
    assert np.allclose(found.through, charge.through, rtol=0, atol=1e-10)
    assert np.abs(found.torque).max() < 1e-10


@pytest.mark.parametrize(
    ("distance", "axis"), [(1e-2, "z"), (-1e-4, "x"), (1e-3, "y"), (-1e-8, "z")]
)
@pytest.mark.parametrize("disorder", [0.5, 6.0])
def test_certificates_hold_beside_thresholds_too(distance, axis, disorder):
    # The threshold is that of the upper spin; sector by sector the waves have a closed form.
    field, width = 0.35, 3
    energy = 2 * np.cos(np.pi / (width + 1)) - 2 + field + distance
    wire = qt.Wire(qt.Square(width), qt.Box(disorder), terms=(qt.Zeeman(**{f"b{axis}": field}),))
    lengths, quantity = [3, 60], f"spin_{axis}"
    split = qt.resolved_scattering(wire, energy, lengths, range(8), 1, quantity)
    assert split.any_depth
    sectors = conserved_sectors(wire, quantity)
    whole = solved_by_sectors(wire, energy, Ensemble(lengths, range(8), 1), sectors)
    for sector in range(2):
        at = np.s_[:, :, sector, sector]
        errors = split.certificate[at] + whole.certificate[at]
        assert (np.abs(split.ln_T[at] - whole.ln_T[at]) <= errors).all()
        channels = split.channels[sector]
        assert (np.abs(split.reflection[at] - whole.reflection[at]) <= errors * channels).all()
