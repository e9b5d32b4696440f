"""dSigma/dE, densities of states and delays beside thresholds and crossings, whatever their shape.

Truths: self-energies in closed form and dense inverses by NumPy, laws of the distance, and numbers to
many digits from an independent algorithm (`slow_reference`).
"""

import json

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.observe import density_of_states, wigner_smith
from qtcore.observe.delay import self_energy_derivative
from qtcore.solve.contacts import attach

from .slow_reference import DENSITIES, LENGTH, REALIZATION, SEED, STORED

REFERENCE = json.loads(STORED.read_text(encoding="utf-8"))["densities"]

BOX = qt.Box(1.0)
CENTERS = {
    "4 around": (qt.Square(4, periodic=True), (2, 0, 0, -2)),
    "6 around": (qt.Square(6, periodic=True), (2, 1, 1, -1, -1, -2)),
    "2 by 2": (qt.Cubic(2, 2), (2, 0, 0, -2)),
}
"""Leads of which one band opens at E = 0 and another closes, and the levels of a slice."""

DISTANCES = (1e-4, 3e-9, 1e-9, -1e-9, 1e-12)


def chain(x):
    """Return Sigma and dSigma/dE of a chain at E = 2 x, hopping 1."""
    inside = (1 - x) * (1 + x)
    root = -1j * np.sqrt(inside) if inside > 0 else -np.sign(x) * np.sqrt(-inside)
    return x + root, 0.5 * (1 + x / root)


def test_the_formula_of_the_chain():
    for x in (0.3, -0.9, 1.2, -1.7):
        near = (chain(x + 1e-5)[0] - chain(x - 1e-5)[0]) / 4e-5
        assert chain(x)[1] == pytest.approx(near, rel=1e-8)


def closed_form(h, levels, d):
    """Return Sigma and dSigma/dE at E = d of a lead that couples straight ahead, v = 1."""
    found, vectors = np.linalg.eigh(h)
    assert found == pytest.approx(sorted(levels), abs=1e-14)
    sigma, slope = [], []
    for level in sorted(levels):
        if abs(level) == 2:
            # (E - level) / 2 = -+1 + d / 2 exactly: 1 - x^2 without a difference.
            side = -np.sign(level)
            inside = -side * d * (1 + side * d / 4)
            x = side + d / 2
            root = -1j * np.sqrt(inside) if inside > 0 else -side * np.sqrt(-inside)
            sigma.append(x + root)
            slope.append(0.5 * (1 + x / root))
        else:
            one, other = chain((d - level) / 2)
            sigma.append(one)
            slope.append(other)
    return [(vectors * np.array(one)) @ vectors.conj().T for one in (sigma, slope)]


@pytest.mark.parametrize("name", CENTERS)
@pytest.mark.parametrize("d", DISTANCES)
def test_one_band_opens_where_another_closes(name, d):
    lattice, levels = CENTERS[name]
    wire, length = qt.Wire(lattice, BOX), 5
    slices = wire.slices()
    sigma, slope = closed_form(slices.h, levels, d)
    found = [self_energy_derivative(contact) for contact in attach(slices, d)]
    assert np.abs(found - slope).max() < 1e-12 * np.abs(slope).max()
    # The sample as a dense matrix.
    M = len(slices.h)
    potential = wire.potential_of(np.array([3], dtype=np.uint64), 0, length, 2)[:, :, 0]
    H = np.kron(np.eye(length, k=1), slices.v)
    H = H + H.conj().T + np.kron(np.eye(length), slices.h) + np.diag(potential.ravel())
    rest = np.eye(len(H), dtype=complex)
    Z = d * np.eye(len(H)) - H.astype(complex)
    for end in (slice(M), slice(-M, None)):
        Z[end, end] -= sigma
        rest[end, end] -= slope
    density = -np.trace(np.linalg.solve(Z, rest)).imag / np.pi
    system = qt.sample_with_leads(wire, d, length, [3], 2)
    assert density_of_states(system)[0] == pytest.approx(density, rel=1e-9)
    Q = wigner_smith(system)[0]
    assert np.trace(Q).real / (2 * np.pi) == pytest.approx(density, rel=1e-9)
    assert np.abs(Q - Q.conj().T).max() < 1e-12 * np.abs(Q).max()


@pytest.mark.parametrize("name", CENTERS)
def test_densities_diverge_as_the_root_of_the_distance(name):
    near = qt.Wire(CENTERS[name][0], BOX)
    scaled = [
        density_of_states(qt.sample_with_leads(near, d, 5, [3], 2))[0] * d**0.5
        for d in (1e-9, 1e-11)
    ]
    # What is regular in the density, about 20, is that much smaller at 1e-9.
    assert scaled[0] == pytest.approx(scaled[1], abs=30 * 1e-9**0.5)
    assert abs(scaled[0]) > 0.1


@pytest.mark.parametrize("name", CENTERS)
@pytest.mark.parametrize("energy", [0.0, 1e-15, -1e-15])
def test_a_threshold_that_keeps_the_number_of_channels_is_refused(name, energy):
    wire = qt.Wire(CENTERS[name][0], BOX)
    assert qt.open_channels(wire, 1e-6) == qt.open_channels(wire, -1e-6)
    system = qt.sample_with_leads(wire, energy, 3, [0, 1], 2)
    for asked in (density_of_states, wigner_smith):
        with pytest.raises(
            qt.QtcoreError, match=r"a channel opens there or close by.*shift the energy by 1e-6"
        ):
            asked(system)


CASES = [(name, energy) for name, (_, energies) in DENSITIES.items() for energy in energies]


@pytest.mark.parametrize(("name", "energy"), CASES)
def test_slow_thresholds_and_narrow_crossings(name, energy):
    system = qt.sample_with_leads(DENSITIES[name][0], energy, LENGTH, [REALIZATION], SEED)
    density = REFERENCE[name][energy.hex()]
    assert density_of_states(system)[0] == pytest.approx(density, rel=1e-9)
    Q = wigner_smith(system)[0]
    assert np.trace(Q).real / (2 * np.pi) == pytest.approx(density, rel=1e-9)
    assert np.abs(Q - Q.conj().T).max() < 1e-9 * np.abs(Q).max()


def test_the_references_are_those_of_these_wires():
    assert {(name, E.hex()) for name, E in CASES} == {
        (name, E) for name, found in REFERENCE.items() for E in found
    }


@pytest.mark.parametrize("width", [2, 3, 5, 8])
def test_a_zigzag_ribbon_is_right_or_refused_ever_closer_to_zero(width):
    wire, found = qt.Wire(qt.Honeycomb(width), BOX), []
    for energy in 10.0 ** -np.arange(5, 14):
        try:
            system = qt.sample_with_leads(wire, energy, 2, [0], 1)
            density = density_of_states(system)[0]
            trace = np.trace(wigner_smith(system)[0]).real / (2 * np.pi)
        except qt.QtcoreError:
            found.append(None)
            continue
        assert trace == pytest.approx(density, rel=1e-8)
        found.append(density)
    given = [one is not None for one in found]
    # Once refused, refused from there on: no number between two refusals.
    assert given == sorted(given, reverse=True)
    assert sum(given) >= 2


@pytest.mark.parametrize("d", [1e-3, 1e-7, 1e-10])
def test_a_crossing_next_to_a_threshold(d):
    # Three chains side by side: the first two cross at E = 0, where the third one opens.
    h, v = np.diag([0.0 + 0j, 0.0, 2.0]), np.diag([1.0 + 0j, -1.0, 1.0])
    slices = Slices(h, v, h, v, 1)
    found = self_energy_derivative(attach(slices, d).left)
    crossing = chain(d / 2)[1]
    # (E - 2) / 2 = -1 + d / 2.
    opening = 0.5 * (1 - (-1 + d / 2) / (1j * np.sqrt(d * (1 - d / 4))))
    expected = np.diag([crossing, crossing, opening])
    assert np.abs(found - expected).max() < 1e-13 * abs(opening)
    with pytest.raises(qt.QtcoreError, match="a channel opens there or close by"):
        self_energy_derivative(attach(slices, 0.0).left)


@pytest.mark.parametrize("d", [1e-2, 1e-6, 1e-10])
def test_leads_of_another_cross_section_beside_their_threshold(d):
    # A strip of three between chains, whose band begins at E = -2.
    wire, energy = qt.Wire(qt.Square(3), BOX, lead_lattice=qt.Chain(), lead_offset=-1.0), -2 + d
    d = 2 + energy
    root = -1j * np.sqrt(d * (1 - d / 4))
    sigma, slope = energy / 2 + root, 0.5 * (1 + energy / 2 / root)
    slices = wire.slices()
    contacts = slices.left_contact, slices.right_contact.conj().T
    potential = wire.potential_of(np.array([0], dtype=np.uint64), 0, 2, 1)[:, :, 0]
    H = np.kron(np.eye(2), slices.h) + np.diag(potential.ravel()) + 0j
    H[:3, 3:], H[3:, :3] = slices.v, slices.v.conj().T
    rest = np.eye(6, dtype=complex)
    for end, c in zip((slice(3), slice(3, 6)), contacts, strict=True):
        # The chain's own last site is at energy 0.
        H[end, end] += c.conj().T @ c / (energy - sigma)
        rest[end, end] += c.conj().T @ c * (1 - slope) / (energy - sigma) ** 2
    density = -np.trace(np.linalg.solve(energy * np.eye(6) - H, rest)).imag / np.pi
    system = qt.sample_with_leads(wire, energy, 2, [0], 1)
    assert density_of_states(system)[0] == pytest.approx(density, rel=1e-9)
    delay = np.trace(wigner_smith(system)[0]).real / (2 * np.pi)
    assert delay == pytest.approx(density, rel=1e-9)
