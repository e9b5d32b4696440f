"""Energies at which a part of a wire, or a state that no lead reaches, has a level: g is defined.

The truth is one dense matrix with the self-energies of ideal square leads, which are known, and
its pseudo-inverse: what no lead reaches is orthogonal to what scatters.
"""

import contextlib

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.observe import (
    bond_currents,
    caroli,
    density_of_states,
    green_columns,
    green_diagonal,
    kubo,
    local_density_of_states,
    scattering_states,
    wigner_smith,
)
from qtcore.solve.recursive import scattering_matrices
from tests.laws import truth
from tests.solve.test_kwant_system import PARAMS, stand_in


def ideal_lead(h, energy):
    """Sigma of a lead of slices h coupled by 1: of each mode exp(-ik), or the decaying factor."""
    levels, modes = np.linalg.eigh(h)
    half = ((energy - levels) / 2).astype(complex)
    root = np.sqrt(half**2 - 1)
    factors = np.stack([half - root, half + root])
    # Open modes: the retarded one has a negative imaginary part.
    outer = np.where(abs(half.real) < 1, factors.imag > 0, abs(factors) > 1)
    return (modes * np.where(outer[0], factors[1], factors[0])) @ modes.conj().T


def pseudo_inverse(parts, energy, sigma):
    """G of lead slice, sample and lead slice without states that no lead reaches; their number."""
    W = len(sigma)
    starts = np.cumsum([0, *(len(h) for h in parts.inside)])
    Z = energy * np.eye(starts[-1], dtype=complex)
    for n, h in enumerate(parts.inside):
        here = slice(starts[n], starts[n + 1])
        Z[here, here] -= h
        if n < len(parts.ahead):
            after = slice(starts[n + 1], starts[n + 2])
            Z[here, after], Z[after, here] = -parts.ahead[n], -parts.ahead[n].conj().T
    Z[:W, :W] -= sigma
    Z[-W:, -W:] -= sigma
    U, s, V = np.linalg.svd(Z)
    kept = s > 1e-9
    assert s[kept].min() > 1e-7
    # What is left out does not meet the leads.
    broadening = 1j * (sigma - sigma.conj().T)
    assert np.abs(V[~kept][:, :W] @ broadening).max(initial=0) < 1e-9
    return (V[kept].conj().T / s[kept]) @ U[:, kept].conj().T, int((~kept).sum())


def true_g(wire, energy, length):
    """Return g, and how many states no lead reaches."""
    slices = wire.slices()
    potential = wire.potential_of(np.zeros(1, dtype=np.uint64), 0, length, 0)[:, :, 0]
    sigma = ideal_lead(slices.lead_h, energy)
    G, unreached = pseudo_inverse(truth.sample(slices, potential), energy, sigma)
    gamma, W = 1j * (sigma - sigma.conj().T), len(sigma)
    corner = G[-W:, :W]
    return np.trace(gamma @ corner @ gamma @ corner.conj().T).real, unreached


RATIONAL = np.random.default_rng(3).integers(-2, 3, (6, 4)) / 2
VACANCIES = np.where(np.random.default_rng(4).random((6, 4)) < 0.2, 2.0**20, 0.0)
SAMPLES = {
    "strip of 2": qt.Square(2),
    "strip of 3": qt.Square(3),
    "strip of 4": qt.Square(4),
    "cylinder": qt.Square(4, periodic=True),
    "bar": qt.Cubic(2, 2),
}
LEADS = [
    (qt.Chain(), 0.0),
    (qt.Chain(), -1.0),
    (qt.Square(2), -1.0),
    (qt.Square(3), 1.0),
]
POTENTIALS = {"clean": np.zeros((6, 4)), "rational": RATIONAL, "vacancies": VACANCIES}


def wires(name):
    lattice = SAMPLES[name]
    for lead, offset in LEADS:
        chosen = lead
        if isinstance(lattice, qt.Cubic):
            chosen = qt.Cubic(lead.sites, 2)
        for potential in POTENTIALS.values():
            disorder = qt.Fixed(potential[:, : lattice.sites])
            with contextlib.suppress(qt.InputError):
                # Sample and lead share no site.
                yield qt.Wire(lattice, disorder, lead_lattice=chosen, lead_offset=offset)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.first_cases(2)
def test_no_wire_is_refused(name):
    met = unreached = 0
    for wire in wires(name):
        levels = np.linalg.eigvalsh(wire.slices().lead_h)
        for energy in (0.0, 1.0, -0.5):
            distance = np.abs(energy - levels)
            if distance.min() > 1.99 or np.abs(distance - 2).min() < 1e-6:
                continue
            found = qt.scattering(wire, energy, range(1, 7), [0], 0)
            for j, length in enumerate(range(1, 7)):
                g, states = true_g(wire, energy, length)
                # ln g of a zero of the transmission is what rounding leaves, and counts as such. What
                # the truth has there is rounding too: (2^20 × 2^-52)² = 5e-20, a few times.
                assert g < 1e-18 or not found.suspect[0, j]
                met += 1
                unreached += states > 0
                # Digits are lost where a potential of 2^20 is subtracted.
                tolerance = 1e-9 * g + found.certificate[0, j] * g + 1e-9
                assert abs(np.exp(found.ln_g[0, j]) - g) < tolerance, (wire, energy, length)
                assert found.reflection[0, j] == pytest.approx(found.channels - g, abs=1e-7)
    assert met > 50
    assert unreached > 0


def test_a_part_has_a_level_and_the_whole_has_none():
    # A chain enters the middle of a strip at the band centre: its slices have a level there.
    wire = qt.Wire(qt.Square(3), lead_lattice=qt.Chain(), lead_offset=-1.0)
    found = qt.scattering(wire, 0.0, [1, 2, 3, 4], [0], 1)
    assert np.exp(found.ln_g[0]) == pytest.approx([0, 1, 1, 1], abs=1e-12)
    assert found.suspect[0].tolist() == [True, False, False, False]  # ln g of a zero is not known
    assert found.certificate[0, 1:].max() < 1e-9


def test_ln_g_at_any_depth_between_states_that_no_lead_reaches():
    # A chain under a barrier, and on each slice a site of its own at exactly this energy.
    energy, V, length = 0.25, 4.5, 3000
    v = np.diag([1.0 + 0j, 0])
    slices = Slices(np.diag([V, energy]).astype(complex), v, np.diag([0j, 9.0]), v, 1)
    S = scattering_matrices(slices, energy, [1500, length], np.zeros((length, 2, 1)))
    q = np.arccosh((V - energy) / 2)
    assert S[1].ln_g[0] < -5000
    assert S[1].ln_g[0] - S[0].ln_g[0] == pytest.approx(-2 * q * 1500, rel=1e-10)


def test_weak_links_around_a_level_at_the_energy():
    # Links of 1.5e-5 hold a site whose level is the energy itself: g = 1 whatever the links are.
    # Until the second link is met the site looks cut off.
    v = np.eye(1, dtype=complex)
    barrier = 2.0**16
    chain = Slices(np.zeros((1, 1), complex), v, np.zeros((1, 1), complex), v, 1)
    for shift in (0.0, 1e-10, 3e-10, 1e-8):
        # Eliminated, the barriers link by 1 / barrier and move the level by twice that.
        level = shift + 2 / barrier
        potential = np.array([0.0, barrier, level, barrier, 0.0])[:, None, None]
        S = scattering_matrices(chain, 0.0, [5], potential)[0]
        link = 1 / barrier
        Z = np.zeros((3, 3), complex)
        Z[0, 1] = Z[1, 0] = Z[1, 2] = Z[2, 1] = link
        Z[0, 0] = Z[2, 2] = 1j + link
        Z[1, 1] = 2 * link - level
        G = np.linalg.inv(Z)[0, 2]
        assert S.g[0] == pytest.approx(4 * abs(G) ** 2, rel=1e-3)


RING_CASES = [
    (sites, k, energy)
    for sites in range(3, 9)
    for k in range(1, sites // 2 + 1)
    for energy in (0.0, 1.0, -1.0)
]


@pytest.mark.parametrize(("sites", "k", "energy"), RING_CASES)
def test_rings_between_two_chains(sites, k, energy):
    ring = np.roll(np.eye(sites), 1, axis=0)
    system = stand_in()
    system.H, system.norbs = (ring + ring.T).astype(complex), [1] * sites
    system.lead_interfaces = [np.array([0]), np.array([k])]
    for lead in system.leads:
        lead.h, lead.hop = np.zeros((1, 1), complex), np.ones((1, 1), complex)
    S = qt.kwant_scattering_matrix(qt.KwantSystem(system, PARAMS), energy)
    Z = energy * np.eye(sites) - ring - ring.T + 0j
    sigma = energy / 2 - 1j * np.sqrt(1 - energy**2 / 4)
    Z[0, 0] -= sigma
    Z[k, k] -= sigma
    corner = np.linalg.pinv(Z, rcond=1e-10)[k, 0]
    assert S.g[0] == pytest.approx(4 * sigma.imag**2 * abs(corner) ** 2, abs=1e-10)
    assert S.defect[0] < 1e-10


def strip_between_chains(length):
    wire = qt.Wire(qt.Square(3), lead_lattice=qt.Chain(), lead_offset=-1.0)
    sample = qt.sample_with_leads(wire, 0.0, length, [0, 1], 1)
    slices = wire.slices()
    G, unreached = pseudo_inverse(
        truth.sample(slices, np.zeros((length, 3))), 0.0, ideal_lead(slices.lead_h, 0.0)
    )
    return sample, G, unreached


@pytest.mark.parametrize("length", [2, 3, 5, 6])
def test_what_is_defined_inside_the_sample(length):
    sample, G, unreached = strip_between_chains(length)
    assert (unreached > 0) == (length in (3, 5))
    inside = G[1:-1, 1:-1].reshape(length, 3, length, 3)
    # The lead's wave comes in on its last site, outside of the sample, with velocity 2.
    expected = np.sqrt(2) * G[1:-1, [0, -1]].reshape(length, 3, 2)
    states = scattering_states(sample)
    for r in range(2):
        phases = np.sum(expected.conj() * states[:, r], axis=(0, 1))
        phases /= np.abs(phases)
        assert np.abs(states[:, r] - expected * phases).max() < 1e-9
    g = 4 * abs(G[-1, 0]) ** 2
    assert caroli(sample) == pytest.approx(g, abs=1e-9)
    assert caroli(sample, "right") == pytest.approx(g, abs=1e-9)
    assert np.abs(np.nan_to_num(kubo(sample)) - g).max() < 1e-9
    assert np.abs(bond_currents(sample, states[..., :1]).through - g).max() < 1e-9
    Q = wigner_smith(sample)
    assert np.abs(Q - Q.conj().swapaxes(1, 2)).max() < 1e-9
    if not unreached:
        diagonal = green_diagonal(sample)
        for n in range(length):
            assert np.abs(green_columns(sample, n)[:, 0] - inside[:, :, n]).max() < 1e-9
            assert np.abs(diagonal[n, 0] - inside[n, :, n]).max() < 1e-9


@pytest.mark.parametrize("asked", [green_diagonal, local_density_of_states, density_of_states])
def test_what_is_infinite_says_so(asked):
    sample, _, _ = strip_between_chains(3)
    said = (
        r"no lead reaches, or hardly, lies within .*e-1\d of this energy.*shift the energy by 1e-6"
    )
    with pytest.raises(qt.QtcoreError, match=said):
        asked(sample)
    with pytest.raises(qt.QtcoreError, match=said):
        green_columns(sample, 0)


def test_a_level_of_a_part_costs_no_digits_close_by_either():
    # The elimination meets a block within `shift` of singular, and g changes smoothly.
    wire = qt.Wire(qt.Square(3), lead_lattice=qt.Chain(), lead_offset=-1.0)
    for shift in (1e-14, 1e-11, 1e-8, 1e-6, 1e-4):
        found = qt.scattering(wire, shift, [2, 4, 6], [0], 1)
        expected = [true_g(wire, shift, length)[0] for length in (2, 4, 6)]
        assert np.exp(found.ln_g[0]) == pytest.approx(expected, rel=1e-9)
