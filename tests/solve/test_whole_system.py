"""Random hopping and leads of another width, against one inversion of the whole system.

The whole: a few slices of each lead, the sample bond by bond, a few slices of the other lead, with
the self-energies of leads that continue themselves. It has to conduct like the sample alone.
"""

import math
import tracemalloc

import numpy as np
import pytest

import qtcore as qt
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
from qtcore.solve import sample as sample_of_slices
from qtcore.solve.contacts import continued, lead_at
from qtcore.solve.recursive import scattering_matrices

SEED = 5
LENGTH = 7
EXTRA = 3
BONDS = (qt.Box(1.5), qt.RandomHopping(0.6))

WIRES = {
    "random hopping": qt.Wire(qt.Square(4), BONDS, 0.02),
    "random phases": qt.Wire(qt.Cubic(2, 3), (qt.Box(1.0), qt.RandomPhase(0.5))),
    "random flux": qt.Wire(qt.Square(4), (qt.Box(1.0), qt.RandomFlux(0.4))),
    "random SU(2)": qt.Wire(qt.Square(3), (qt.Box(1.0), qt.RandomSU2())),
    "zigzag, random hopping": qt.Wire(qt.Honeycomb(3, "zigzag"), BONDS),
    "wide leads": qt.Wire(qt.Square(3), qt.Box(1.5), lead_lattice=qt.Square(7), lead_offset=2),
    "shifted wide leads": qt.Wire(
        qt.Square(3), BONDS, 0.02, lead_lattice=qt.Square(6), lead_offset=1, lead_shift=0.4
    ),
    "narrow leads": qt.Wire(qt.Square(5), BONDS, lead_lattice=qt.Square(2), lead_offset=-1),
    "wide ribbon": qt.Wire(
        qt.Honeycomb(2), qt.Box(0.5), lead_lattice=qt.Honeycomb(6), lead_offset=math.sqrt(3)
    ),
    "wide leads of another coupling": qt.Wire(
        qt.Square(3), BONDS, terms=[qt.Rashba(0.3)], lead_lattice=qt.Square(5), lead_offset=1
    ),
}
every = pytest.mark.parametrize("name", WIRES)


def energy_of(name):
    return 0.7 if "lead" in name else 0.43


def blocks_of(wire, realization, extra):
    """Diagonal blocks and couplings of the whole, with `extra` slices of each lead."""
    slices, sample = wire.slices(), np.array([realization], dtype=np.uint64)
    M = len(slices.h)
    hopping = wire.hopping_of(sample, 0, LENGTH, SEED)
    eps = np.repeat(wire.potential_of(sample, 0, LENGTH, SEED)[:, :, 0], wire.orbitals, axis=1)
    inside = [h + np.diag(e) for h, e in zip(hopping.inside.dense(M)[:, 0], eps, strict=True)]
    diagonal = [slices.lead_h] * extra + inside + [slices.lead_h] * extra
    leads = [slices.lead_v] * (extra - 1)
    couplings = [slices.left_contact, *hopping.ahead.dense(M)[:-1, 0], slices.right_contact]
    return diagonal, leads + couplings + leads


def dense(wire, realization, energy):
    """G of the whole, the self-energies' broadenings at its ends, and where the sample starts."""
    diagonal, ahead = blocks_of(wire, realization, EXTRA)
    ends = np.cumsum([0, *(len(h) for h in diagonal)])
    inverse = energy * np.eye(ends[-1], dtype=complex)
    for n, h in enumerate(diagonal):
        inverse[ends[n] : ends[n + 1], ends[n] : ends[n + 1]] -= h
    for n, v in enumerate(ahead):
        inverse[ends[n] : ends[n + 1], ends[n + 1] : ends[n + 2]] -= v
        inverse[ends[n + 1] : ends[n + 2], ends[n] : ends[n + 1]] -= v.conj().T
    slices = wire.slices()
    lead = lead_at(slices.lead_h, slices.lead_v, energy)
    W = len(slices.lead_h)
    left, right = continued(lead, "left"), continued(lead, "right")
    inverse[:W, :W] -= left.sigma
    inverse[-W:, -W:] -= right.sigma
    return np.linalg.inv(inverse), left.gamma, right.gamma, ends[EXTRA]


@every
def test_conductance_of_the_whole(name):
    wire, energy = WIRES[name], energy_of(name)
    found = qt.scattering(wire, energy, [2, LENGTH], [1, 4], SEED)
    sample = qt.sample_with_leads(wire, energy, LENGTH, [1, 4], SEED)
    for row, realization in enumerate([1, 4]):
        G, left, right, _ = dense(wire, realization, energy)
        W = len(left)
        corner = G[:W, -W:]
        g = np.trace(left @ corner @ right @ corner.conj().T).real
        assert g > 1e-3
        assert np.exp(found.ln_g[row, 1]) == pytest.approx(g, rel=1e-10)
        assert caroli(sample)[row] == pytest.approx(g, rel=1e-10)
        assert np.abs(kubo(sample)[:, :, row] - g).max() < 1e-10


@every
def test_green_functions_of_the_whole(name):
    wire, energy = WIRES[name], energy_of(name)
    sample = qt.sample_with_leads(wire, energy, LENGTH, [4], SEED)
    G, _, _, start = dense(wire, 4, energy)
    M = sample.diagonal.shape[2]
    inside = G[start : start + LENGTH * M, start : start + LENGTH * M]
    inside = inside.reshape(LENGTH, M, LENGTH, M)
    diagonal = green_diagonal(sample)[:, 0]
    for n in (0, 2, LENGTH - 1):
        assert np.abs(green_columns(sample, n)[:, 0] - inside[:, :, n]).max() < 1e-11
        assert np.abs(diagonal[n] - inside[n, :, n]).max() < 1e-11


@every
def test_scattering_is_unitary_and_states_carry_it(name):
    wire, energy = WIRES[name], energy_of(name)
    S = qt.scattering_matrices(wire, energy, [1, LENGTH], [0, 1, 2], SEED)
    assert max(one.defect.max() for one in S) < 1e-11
    sample = qt.sample_with_leads(wire, energy, LENGTH, [0, 1, 2], SEED)
    states = scattering_states(sample)
    N = sample.leads.left.channels
    assert np.abs(bond_currents(sample, states[..., :N]).through - S[1].g).max() < 1e-11
    density = (np.abs(states) ** 2).sum(axis=3) / (2 * np.pi)
    assert local_density_of_states(sample) == pytest.approx(density, abs=1e-11)


@every
def test_friedel(name):
    wire, energy = WIRES[name], energy_of(name)
    sample = qt.sample_with_leads(wire, energy, LENGTH, [0, 1], SEED)
    Q = wigner_smith(sample)
    trace = np.trace(Q, axis1=1, axis2=2).real
    assert trace / (2 * np.pi) == pytest.approx(density_of_states(sample), rel=1e-9, abs=1e-9)
    assert np.abs(Q - Q.conj().swapaxes(1, 2)).max() < 1e-9


@pytest.mark.parametrize("name", ["random hopping", "wide leads", "shifted wide leads"])
def test_density_of_states_is_the_derivative_of_the_phase(name):
    # d/dE of ln det S, by differences: nothing of the derivative's own formulas enters.
    wire, energy, step = WIRES[name], energy_of(name), 1e-4

    def phase(E):
        """Of det S = det G / det G^+ up to a sign, for S = -1 + i W^+ G W."""
        sample = qt.sample_with_leads(wire, E, LENGTH, [0], SEED)
        block, total = sample.diagonal[0, 0], 0.0
        for n in range(LENGTH - 1):
            total -= 2 * np.angle(np.linalg.det(block))
            v = sample.ahead[n, 0]
            block = sample.diagonal[n + 1, 0] - v.conj().T @ np.linalg.solve(block, v)
        return total - 2 * np.angle(np.linalg.det(block))

    near = np.unwrap([phase(energy + n * step) for n in (-2, -1, 1, 2)])
    slope = (near[0] - 8 * near[1] + 8 * near[2] - near[3]) / (12 * step)
    expected = density_of_states(qt.sample_with_leads(wire, energy, LENGTH, [0], SEED))[0]
    assert slope / (2 * np.pi) == pytest.approx(expected, rel=1e-6)


def test_a_clean_constriction_lets_its_own_channels_through():
    # A long clean wire between wide leads passes at most its own channels, adiabatic or not.
    wire = qt.Wire(qt.Square(3), lead_lattice=qt.Square(9), lead_offset=3)
    own = qt.open_channels(qt.Wire(qt.Square(3)), 0.5)
    S = qt.scattering_matrices(wire, 0.5, [40], [0], SEED)[0]
    assert S.t.shape[1] == qt.open_channels(wire, 0.5) > own
    T = np.exp(S.ln_eigenvalues[0])
    assert T[:own].min() > 0.1
    assert np.nan_to_num(T[own:]).max() < 1e-10  # NaN is too small to be known
    assert S.g[0] + S.reflection[0] == pytest.approx(S.t.shape[1], rel=1e-12)


@pytest.mark.parametrize("name", ["random hopping", "wide leads"])
def test_samples_and_lengths_do_not_depend_on_what_else_is_asked(name):
    wire, energy = WIRES[name], energy_of(name)
    several = qt.scattering(wire, energy, [3, 11, 40], range(10), SEED)
    alone = qt.scattering(wire, energy, [11], [9], SEED)
    assert np.array_equal(alone.ln_g[0], several.ln_g[9, 1:2])


@pytest.mark.parametrize("name", ["random hopping", "wide leads"])
@pytest.mark.first_cases(1)
def test_memory_does_not_grow_with_length(name, monkeypatch):
    monkeypatch.setattr(sample_of_slices, "_CHUNK", 2**12)
    wire, R = WIRES[name], 64

    def peak(length):
        tracemalloc.start()
        qt.scattering_matrices(wire, 0.7, [length], range(R), SEED)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    short, long = peak(100), peak(1000)
    potential = 8 * R * wire.width * (1000 - 100)
    assert long - short < 0.1 * potential


def test_a_function_gives_the_same_as_the_whole_potential():
    wire = WIRES["wide leads"]
    numbers = np.arange(3, dtype=np.uint64)
    potential = wire.potential_of(numbers, 0, 9, SEED)
    asked = []

    def of(first, count):
        asked.append((first, count))
        return potential[first : first + count]

    whole = scattering_matrices(wire.slices(), 0.7, [4, 9], potential)
    parts = scattering_matrices(wire.slices(), 0.7, [4, 9], of)
    assert all(
        np.array_equal(one.matrix(), other.matrix())
        for one, other in zip(whole, parts, strict=True)
    )
    assert sum(count for _, count in asked) == 9


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_function_that_returns_no_number_is_named(wrong):
    wire = WIRES["wide leads"]
    with pytest.raises(qt.InputError, match="must be finite everywhere"):
        scattering_matrices(wire.slices(), 0.7, [4], lambda _, count: np.full((count, 3, 1), wrong))


AT_THRESHOLD = [
    (qt.Wire(qt.Square(2), qt.Box(1.0)), 1.0, 1),
    (qt.Wire(qt.Cubic(2, 2), qt.Box(1.0)), 0.0, 3),
    (qt.Wire(qt.Square(2), (qt.Box(1.0), qt.RandomHopping(0.3))), -1.0, 2),
    (qt.Wire(qt.Square(2), qt.Box(1.0), terms=[qt.Zeeman(bz=0.5)]), 1.5, 2),
    (qt.Wire(qt.Chain(), qt.Box(1.0), lead_lattice=qt.Square(2)), 1.0, 1),
]


@pytest.mark.parametrize(("wire", "energy", "channels"), AT_THRESHOLD)
def test_a_threshold_is_the_limit_from_above(wire, energy, channels):
    S = qt.scattering_matrices(wire, energy, [1, 6], [0, 1], SEED)
    for one in S:
        assert one.t.shape[1] == channels
        assert np.isfinite(one.ln_g).all()
        assert one.defect.max() < 1e-6
