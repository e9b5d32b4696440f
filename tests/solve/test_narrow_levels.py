"""Levels inside a sample that leads hardly reach: states, delay times and densities beside them.

A site whose four neighbours are removed has a level of a width of 1e-12 t, 4 t / 2^20 below its own energy.
The truth takes the sample apart: what lies around, then the removed sites, then the site, so that no small
number is a difference of large ones.
"""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe

WIDTH, LENGTH = 3, 9
MIDDLE, AROUND = (4, 1), [(3, 1), (4, 0), (4, 2), (5, 1)]


def cage(wall):
    return qt.Wire(qt.Square(WIDTH), qt.Vacancies(sites=AROUND, energy=wall))


def truth(system, wall, energy):
    """Return the scattering states, (slice, M, 2 N), by elimination of the outside first."""
    middle = [n * WIDTH + y for n, y in [MIDDLE]]
    around = [n * WIDTH + y for n, y in AROUND]
    rest = [k for k in range(WIDTH * LENGTH) if k not in middle + around]
    chain = qt.closed_sample(qt.Wire(qt.Square(WIDTH)), LENGTH, 0, 0).H.toarray()
    Z = (energy * np.eye(WIDTH * LENGTH) - chain).astype(complex)
    left, right = system.leads
    Z[:WIDTH, :WIDTH] -= left.sigma
    Z[-WIDTH:, -WIDTH:] -= right.sigma
    sources = np.zeros((WIDTH * LENGTH, 2 * left.channels), dtype=complex)
    sources[:WIDTH, : left.channels] = left.source
    sources[-WIDTH:, left.channels :] = right.source
    from_outside = np.linalg.solve(Z[np.ix_(rest, rest)], sources[rest])
    on_outside = np.linalg.solve(Z[np.ix_(rest, rest)], Z[np.ix_(rest, around)])
    walls = Z[np.ix_(around, around)] - wall * np.eye(4) - Z[np.ix_(around, rest)] @ on_outside
    driven = np.linalg.solve(walls, -Z[np.ix_(around, rest)] @ from_outside)
    to_middle = np.linalg.solve(walls, Z[np.ix_(around, middle)])
    level = Z[np.ix_(middle, middle)] - Z[np.ix_(middle, around)] @ to_middle
    psi = np.zeros_like(sources)
    psi[middle] = -Z[np.ix_(middle, around)] @ driven / level
    psi[around] = driven - to_middle @ psi[middle]
    psi[rest] = from_outside - on_outside @ psi[around]
    return psi.reshape(LENGTH, WIDTH, -1)


# Rounding errors of the energies, some 1e-16 t, move the level by as much.
@pytest.mark.parametrize("wall", [2.0**14, 2.0**20])
@pytest.mark.parametrize("distance", [None, 1e-3, 4e-6, 1e-6, 1e-7, 1e-8, 1e-10])
def test_waves_beside_a_level_that_leads_hardly_reach(wall, distance):
    energy = 0.0 if distance is None else distance - 4 / wall
    system = qt.sample_with_leads(cage(wall), energy, LENGTH, [0, 1], 1)
    expected = truth(system, wall, energy)
    found = observe.scattering_states(system)
    error = 1e-12 + 1e-15 / abs(energy + 4 / wall)
    for r in range(2):
        assert np.abs(found[:, r] - expected).max() < error * np.abs(expected).max()
    # Both ways to the density of states, of which one needs no waves.
    delays = np.trace(observe.wigner_smith(system), axis1=1, axis2=2).real / (2 * np.pi)
    assert delays == pytest.approx(observe.density_of_states(system), rel=4 * error)
    inside = (np.abs(expected) ** 2).sum(axis=2) / (2 * np.pi)
    density = observe.local_density_of_states(system)[:, 0]
    assert density == pytest.approx(inside, abs=4 * error * inside.max())


def conductance_of(wall, energy):
    """Return g beside the level."""
    system = qt.sample_with_leads(cage(wall), energy, LENGTH, [0], 1)
    passed = truth(system, wall, energy)[-1, :, : system.leads.left.channels]
    return np.trace(passed.conj().T @ system.leads.right.gamma @ passed).real


# Where T is largest, small changes of the level change nothing, and rounding errors still do.
@pytest.mark.parametrize("wall", [2.0**13, 2.0**14, 2.0**15, 2.0**16])
def test_certificates_hold_where_a_narrow_level_lets_most_through(wall):
    for distance in (0.0, 1e-12, -1e-12, 1e-11, -1e-10, 1e-9, -1e-8):
        energy = distance - 4 / wall
        g = conductance_of(wall, energy)
        for method in ("transfer", "recursive"):
            found = qt.scattering(cage(wall), energy, [LENGTH], [0], 1, method)
            # The level of the truth has an error of 1e-19 t, and a width of 16 t / wall^2.
            assert abs(found.ln_g[0, 0] - np.log(g)) < found.certificate[0, 0] + 1e-19 * wall**2


@pytest.mark.parametrize("contact", [1e-3, 1e-4, 6e-5])
def test_delay_times_of_a_level_behind_two_contacts(contact):
    # Breit and Wigner: at the middle level of five sites a third of it lies on either end, so that it is
    # gamma = 2 contact^2 / 3 wide, and the density is 1 / (pi gamma).
    contacts = qt.TunnelContact(contact, "left"), qt.TunnelContact(contact, "right")
    system = qt.sample_with_leads(qt.Wire(qt.Chain(), structure=contacts), 0.0, 5, [0], 1)
    delays = np.trace(observe.wigner_smith(system)[0]).real / (2 * np.pi)
    # The other levels are t away, and rounding errors 1e-16 / gamma.
    error = contact**2 + 1e-15 / contact**2
    assert delays == pytest.approx(3 / (2 * np.pi * contact**2), rel=error)
    assert observe.density_of_states(system)[0] == pytest.approx(delays, rel=error)


class Family:
    canonical_repr = "sites of a wire"


class Site:
    family = Family

    def __init__(self, number):
        self.tag = (number,)


class Finalized:
    """What Kwant would finalize of a wire: its sites slice by slice, and both leads."""

    parameters = frozenset()

    def __init__(self, wire, length):
        self.H = qt.closed_sample(wire, length, 0, 1).H.tocoo()
        sites = wire.width * length
        self.norbs, self.sites = [1] * sites, [Site(number) for number in range(sites)]
        self.leads = [Lead(wire.slices())] * 2
        self.lead_interfaces = [np.arange(wire.width), np.arange(sites - wire.width, sites)]

    def hamiltonian_submatrix(self, sparse=False, return_norb=False, params=None):
        assert sparse
        assert return_norb
        assert not params
        return self.H, self.norbs, self.norbs


class Lead:
    parameters = frozenset()

    def __init__(self, slices):
        self.slices = slices

    def cell_hamiltonian(self, params=None):
        assert not params
        return self.slices.h

    def inter_cell_hopping(self, params=None):
        assert not params
        return self.slices.v


@pytest.mark.parametrize("wall", [2.0**14, 2.0**20])
@pytest.mark.parametrize("distance", [1e-7, 1e-8, 1e-10])
def test_waves_inside_a_kwant_system_beside_the_same_level(wall, distance):
    energy = distance - 4 / wall
    wire = cage(wall)
    expected = truth(qt.sample_with_leads(wire, energy, LENGTH, [0], 1), wall, energy)
    expected = expected.reshape(WIDTH * LENGTH, 2, -1)
    sample = qt.kwant_sample(qt.KwantSystem(Finalized(wire, LENGTH)), energy)
    for lead in (0, 1):
        # Modes of a lead may be others; what all of them bring is the same.
        found, same = observe.kwant_scattering_states(sample, lead), expected[:, lead]
        rho, right = found @ found.conj().T, same @ same.conj().T
        error = 1e-12 + 1e-15 / abs(energy + 4 / wall)
        assert np.abs(rho - right).max() < 2 * error * np.abs(right).max()


@pytest.mark.parametrize("wall", [2.0**14, 2.0**18, 2.0**20])
def test_certificates_of_kwant_systems_hold_beside_the_same_level(wall):
    for distance in (0.0, 1e-12, -1e-11, 1e-10):
        energy, wire = distance - 4 / wall, cage(wall)
        system = qt.KwantEnsemble(Finalized(wire, LENGTH), qt.Box(0.0), {})
        found = qt.kwant_scattering(system, energy, [0], 1)
        error = abs(found.ln_g[0] - np.log(conductance_of(wall, energy)))
        # The level of the truth has an error of 1e-19 t, and a width of 16 t / wall^2.
        assert error < found.certificate[0] + 1e-19 * wall**2
