"""The laws of a wire: its scattering matrix, its Green's functions, and what is read off them.

Each is a function of a system. It holds or raises AssertionError, and returns False for a system
that it has nothing to say on.
"""

from dataclasses import replace

import numpy as np

from qtcore.model.nambu import exchanged
from qtcore.model.slices import Slices
from qtcore.observe.currents import bond_currents
from qtcore.observe.delay import density_of_states, local_density_of_states
from qtcore.observe.transmission import caroli, kubo
from qtcore.solve.chebyshev import Interval
from qtcore.solve.closed import closed_sample
from qtcore.solve.closed_density import bulk_local_density
from qtcore.solve.contacts import attach
from qtcore.solve.evolution import time_evolution
from qtcore.solve.expansion import Damping
from qtcore.solve.green import blocks, green_columns, scattering_states
from qtcore.solve.recursive import scattering_matrices

from . import truth

ROUNDING = 1e-9
"""What the inversions of a short wire leave of sixteen digits, the truth's own ones included."""

REMOVED = 1e5
"""On-site energy, units of t, beyond which a site of the listed systems is a vacancy."""

STEP = 1e-5
"""Of energy, for finite differences; their error is of its square and of ROUNDING over it."""


def matrices(system, lengths=None, absorption=0.0):
    """Return the recursive solver's scattering matrices of a system at every length."""
    lengths = lengths or system.lengths
    return scattering_matrices(
        system.wire.slices(),
        system.energy,
        lengths,
        system.potential(lengths[-1]),
        absorption,
        system.hopping,
    )


def opened(system, length, absorption=0.0):
    """Return E - H - Sigma of a system."""
    return blocks(
        system.wire.slices(), system.energy, system.potential(length), absorption, system.hopping
    )


def on_sites(slices, energy, potential, hopping):
    """Return the recursive solver's S of every sample on the sites; see `truth`."""
    leads = attach(slices, energy)
    length = len(potential)
    S = scattering_matrices(slices, energy, [length], potential, 0.0, hopping)[0].matrix()
    N, M = leads.left.channels, len(slices.h)
    into, out = [], []
    for contact in leads:
        inverse = np.linalg.pinv(truth.root(contact.sigma, N)[0], rcond=1e-8)
        out.append(inverse @ contact.read.conj().T)
        into.append(inverse @ contact.source / 1j)
    found = np.zeros((len(S), 2, M, 2, M), complex)
    for i in range(2):
        for j in range(2):
            part = S[:, i * N : (i + 1) * N, j * N : (j + 1) * N]
            found[:, i, :, j] = out[i] @ part @ into[j].conj().T
    return found


def s_is_that_of_the_dense_matrix(system):
    """All of S on the sites, phases included, is that of the inverse of E - H - Sigma."""
    slices, length = system.wire.slices(), system.lengths[-1]
    if not slices.uniform:
        return False
    found = on_sites(slices, system.energy, system.potential(length), system.hopping)
    N = truth.open_channels(slices, system.energy)
    sigmas = truth.self_energies(slices, system.energy)
    for k in range(len(system.realizations)):
        expected = truth.site_matrix(system.truth(k, length), sigmas, system.energy, N)
        assert np.abs(found[k] - expected).max() < ROUNDING
    return True


def s_is_unitary(system):
    """S^+ S = 1 in waves of unit flux: probability is conserved whatever comes in."""
    for S in matrices(system):
        assert S.defect.max() < ROUNDING


def s_is_reciprocal(system):
    """S(B) = U S(-B)^T U^+ with time reversal psi -> U psi^*: i to j is j to i backwards in time."""
    slices, reverse = system.wire.slices(), system.reverse()
    if not slices.uniform:
        return False
    potential = system.potential(system.lengths[-1])
    here = on_sites(slices, system.energy, potential, system.hopping)
    if reverse is None:
        U = np.eye(len(slices.h))
        parts = slices.h, slices.v, slices.lead_h, slices.lead_v
        back, hopping = Slices(*(part.conj() for part in parts), slices.orbitals), None
        if system.hopping is not None:

            def hopping(first, count):
                found = system.hopping(first, count)
                inside, ahead = (
                    replace(part, values=part.values.conj()) for part in (found.inside, found.ahead)
                )
                return replace(found, inside=inside, ahead=ahead)
    else:
        U, back = system.turn(), reverse.slices()
        hopping = replace(system, wire=reverse).hopping
    there = on_sites(back, system.energy, potential, hopping)
    expected = np.einsum("ab,rjcib,dc->riajd", U, there, U.conj())
    assert np.abs(here - expected).max() < ROUNDING
    return True


def caroli_is_fisher_lee_is_kubo(system):
    """Tr Gamma G Gamma G^+ = sum |t|² = 2 Tr J Im G J Im G, since the current is that of any slice."""
    inside, g = opened(system, 5), np.exp(matrices(system, [5])[0].ln_g)
    # A vacancy's energy of 2^20 t takes six digits off every Green's function.
    scale = max(1.0, np.abs(inside.diagonal).max() / 100)
    assert np.abs(caroli(inside) - g).max() < 1e-10 * scale
    assert np.abs(kubo(inside) - g).max() < 1e-10 * scale


def friedel_counts_the_states(system):
    """d arg det S / dE = 2 pi times the states that the wire adds, the leads' distortion included."""
    if not system.wire.slices().uniform:
        # On the sample's sites a mode of wide leads that does not reach it has no phase.
        return False
    density = density_of_states(opened(system, 3))
    for k in range(len(system.realizations)):
        # A narrow resonance bends within a step: two steps tell by how much.
        coarse, fine = (_turned(system, k, step) for step in (STEP, STEP / 2))
        states = (4 * fine - coarse) / 3 / (2 * np.pi)
        assert abs(states - density[k]) < 1e-5 * max(1, abs(density[k]))
    return True


def _turned(system, k, step):
    """Return d arg det S / dE of a sample of three slices by a difference over two steps."""
    slices = system.wire.slices()
    N, M = truth.open_channels(slices, system.energy), len(slices.h)
    determinants = []
    for energy in (system.energy - step, system.energy + step):
        sigmas = truth.self_energies(slices, energy)
        S = truth.site_matrix(system.truth(k, 3), sigmas, energy, N)
        for lead, sigma in enumerate(sigmas):
            S[lead, :, lead] += np.eye(M) - truth.root(sigma, N)[1]
        determinants.append(np.linalg.det(S.reshape(2 * M, 2 * M)))
    return np.angle(determinants[1] / determinants[0]) / (2 * step)


def density_is_made_of_scattering_states(system):
    """Ward: i (G - G^+) = G (Gamma_L + Gamma_R) G^+, so that all states inside came from a lead."""
    inside = opened(system, 4)
    came = (np.abs(scattering_states(inside)) ** 2).sum(axis=3) / (2 * np.pi)
    assert np.abs(local_density_of_states(inside) - came).max() < ROUNDING * came.max()


def what_flows_in_flows_out(system):
    """Kirchhoff: bond currents are conserved at every orbital, and add up to g through any slice."""
    inside, g = opened(system, 5), np.exp(matrices(system, [5])[0].ln_g)
    states = scattering_states(inside)
    found = bond_currents(inside, states[..., : states.shape[3] // 2])
    assert np.abs(found.through - g).max() < ROUNDING
    net = np.zeros(states.shape[:3])
    for current, ends, after in (
        (found.within, found.within_ends, net),
        (found.along, found.along_ends, net[1:]),
    ):
        np.add.at(after, (slice(None), slice(None), ends[1]), current)
        np.subtract.at(net[: len(current)], (slice(None), slice(None), ends[0]), current)
    assert np.abs(net[1:-1]).max() < ROUNDING
    # In equilibrium both leads drive alike: nothing flows through a slice, whatever the field.
    assert np.abs(bond_currents(inside, states).through).max() < ROUNDING


def green_functions_are_the_inverse(system):
    """Columns of G from elimination slice by slice are those of the inverse as a whole."""
    slices = system.wire.slices()
    if not slices.uniform:
        return False
    inside, M = opened(system, 4, absorption=0.05), len(slices.h)
    sigmas = truth.self_energies(slices, system.energy)
    G = truth.green_function(system.truth(0, 4), system.energy, sigmas, 0.05).reshape(4, M, 4, M)
    for n in range(4):
        assert np.abs(green_columns(inside, n)[:, 0] - G[:, :, n]).max() < ROUNDING
    return True


def absorption_takes_what_is_missing(system):
    """With -i eta on every site S loses 2 eta times the states it drives: N - T - R = 2 eta sum."""
    eta = 0.07
    S = matrices(system, [5], absorption=eta)[0]
    states = scattering_states(opened(system, 5, absorption=eta))
    N = states.shape[3] // 2
    for one, driven in ((S, states[..., :N]), (S.turned, states[..., N:])):
        stored = (np.abs(driven) ** 2).sum(axis=(0, 2, 3))
        missing = N - one.g - one.reflection
        assert (missing > 1e-3).all()
        assert np.abs(missing - 2 * eta * stored).max() < ROUNDING * N


def polynomials_are_those_of_the_matrix(system):
    """Chebyshev series give the resolvent and the states at a later time of the closed sample."""
    slices, number = system.wire.slices(), system.realizations[0]
    if not slices.uniform:
        return False
    L, M = 5, len(slices.h)
    parts = system.truth(0, L)
    H = np.zeros((L, M, L, M), complex)
    for n, h in enumerate(parts.inside):
        H[n, :, n] = h
        if n < L - 1:
            H[n, :, n + 1], H[n + 1, :, n] = parts.ahead[n], parts.ahead[n].conj().T
    H = H.reshape(L * M, L * M)
    there = np.flatnonzero(np.abs(H.diagonal()) < REMOVED)
    levels, psi = np.linalg.eigh(H[np.ix_(there, there)])
    row, moments, bounds = there[len(there) // 2], 24, (levels[0] - 0.5, levels[-1] + 0.5)
    found = bulk_local_density(
        system.wire, [system.energy], L, [number], system.seed, [divmod(int(row), M)], moments,
        periodic=False, bounds=bounds,
    )  # fmt: skip
    interval = Interval.around(*bounds)
    T = np.cos(np.arange(moments)[:, None] * np.arccos((levels - interval.center) / interval.half))
    delta = Damping("jackson", moments).delta(interval, np.array([system.energy]))[:, 0] @ T
    weights = np.abs(psi[len(there) // 2]) ** 2
    assert abs(found.values[0, 0, 0] - weights @ delta) < ROUNDING
    start = np.zeros(L * M)
    start[row] = 1.0
    later = time_evolution(closed_sample(system.wire, L, number, system.seed).H, start, [2.5])
    expected = psi @ (np.exp(-2.5j * levels) * psi[len(there) // 2].conj())
    assert np.abs(later[0, there, 0] - expected).max() < ROUNDING
    return True


def electrons_and_holes_are_one(system):
    """tau_x H^* tau_x = -H of the whole sample, and S(E) = tau_x S(-E)^* tau_x on the sites."""
    wire, slices, length = system.wire, system.wire.slices(), 4
    if not wire.space.paired or not slices.uniform:
        return False
    k, number = wire.orbitals, system.realizations[1]
    H = closed_sample(wire, length, number, system.seed).H.toarray().astype(complex)
    assert np.abs(exchanged(H, k) + H).max() < 1e-13
    N = truth.open_channels(slices, system.energy)
    here, there = (
        on_sites(slices, energy, system.potential(length), system.hopping)
        for energy in (system.energy, -system.energy)
    )
    assert truth.open_channels(slices, -system.energy) == N
    for i in range(2):
        for j in range(2):
            for one, other in zip(here[:, i, :, j], there[:, i, :, j], strict=True):
                assert np.abs(one - exchanged(other, k)).max() < 10 * ROUNDING
    return True


LAWS = (
    electrons_and_holes_are_one,
    s_is_that_of_the_dense_matrix,
    s_is_unitary,
    s_is_reciprocal,
    caroli_is_fisher_lee_is_kubo,
    friedel_counts_the_states,
    density_is_made_of_scattering_states,
    what_flows_in_flows_out,
    green_functions_are_the_inverse,
    absorption_takes_what_is_missing,
    polynomials_are_those_of_the_matrix,
)
