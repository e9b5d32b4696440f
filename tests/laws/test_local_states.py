"""Certificates beside states of a slice that its neighbours hardly reach, and at slow thresholds.

Truths: the diamond chain's self-energies in closed form and a dense inverse by NumPy, and numbers to
many digits (`tests.observe.slow_reference`).
"""

import json

import numpy as np
import pytest

import qtcore as qt
from tests.observe.slow_reference import (
    CONDUCTANCES,
    LENGTH,
    OTHER_SEED,
    SAMPLES,
    STORED,
)

REFERENCE = json.loads(STORED.read_text(encoding="utf-8"))["conductances"]

TRUTH = 1e-13
"""Error that a dense inverse has in double precision anyway."""


def diamonds(detuned=0.0, level=0.0):
    """Return a chain of diamonds: site 0, and 1 and 2 between it and the next one's 0.

    Without detuning (1 - 2) / sqrt 2 is a state of the slice at `level` that nothing reaches.
    """
    h = np.array([[0.0, 1.0, 1.0], [1.0, detuned, 0.0], [1.0, 0.0, 0.0]]) + level * np.eye(3)
    v = np.zeros((3, 3))
    v[1, 0] = v[2, 0] = 1.0
    return qt.Wire(qt.Custom(h, v), qt.Box(0.5))


def truth(wire, detuned, distance, length, realization, seed):
    """Return ln g of a sample of diamonds so far above the level of their local state.

    The sites 1 and 2 are a bond tau = 1 / (E - detuned) + 1 / E between sites 0, which adds tau to
    both of them. Of a chain of such bonds cut behind one, or before one, E tau is all that counts.
    """
    E = distance
    between = 1 + E / (E - detuned)
    root = np.sqrt(complex(E * E - 4 * between))
    root = root if root.imag > 0 else -root
    into_left = (E - root) / 2
    into_right = 2 / (E + root)
    one = np.zeros((3, 3))
    one[0, 0] = 1.0
    sigmas = into_left * one, into_right * np.outer([0, 1, 1], [0, 1, 1])
    slices = wire.slices()
    numbers = np.array([realization], dtype=np.uint64)
    potential = wire.potential_of(numbers, 0, length, seed)[:, :, 0]
    H = np.kron(np.eye(length, k=1), slices.v)
    level = slices.h[0, 0].real
    H = H + H.conj().T + np.kron(np.eye(length), slices.h - level * np.eye(3)) + 0j
    Z = E * np.eye(len(H)) - H - np.diag(potential.ravel())
    for end, sigma in zip((slice(3), slice(-3, None)), sigmas, strict=True):
        Z[end, end] -= sigma
    G = np.linalg.inv(Z)[-3:, :3]
    broad = [-2 * sigma.imag for sigma in sigmas]
    return np.log(np.trace(broad[1] @ G @ broad[0] @ G.conj().T).real)


@pytest.mark.parametrize("length", [1, 6])
@pytest.mark.parametrize(
    ("detuned", "level", "distance"),
    [(0.0, 0.0, d) for d in (0.3, 1e-6, 1e-8, 3e-12, 1e-12, -3e-13, 1e-13)]
    + [(0.0, 0.5, 2.0**-40)]
    + [(g, 0.0, d) for g in (1e-3, 1e-5) for d in (1e-9, 1e-12)],
)
def test_states_that_neighbours_hardly_reach(length, detuned, level, distance):
    wire = diamonds(detuned, level)
    found = qt.scattering(wire, level + distance, [length], range(12), 11)
    expected = [truth(wire, detuned, distance, length, n, 11) for n in range(12)]
    error = np.abs(np.expm1(found.ln_g[:, 0] - expected))
    assert (error <= found.certificate[:, 0] + TRUTH).all()
    reflected = found.reflection[:, 0] - (found.channels - np.exp(expected))
    assert (np.abs(reflected) <= found.certificate[:, 0] + TRUTH).all()
    if detuned == 0 and 1e-12 <= abs(distance) < 1e-11:
        # A state that nothing reaches costs no digits.
        assert error.max() < 1e-11


def test_a_state_at_the_very_energy_is_refused():
    with pytest.raises(qt.QtcoreError, match="couples to neither neighbour"):
        qt.ln_conductance(diamonds(), 1e-15, [3], [0], 1)


CASES = [(name, energy) for name, (_, energies) in CONDUCTANCES.items() for energy in energies]


@pytest.mark.parametrize(("name", "energy"), CASES)
def test_slow_thresholds(name, energy):
    wire, _ = CONDUCTANCES[name]
    found = qt.scattering(wire, energy, [LENGTH], SAMPLES, OTHER_SEED)
    error = np.abs(np.exp(found.ln_g[:, 0]) / REFERENCE[name][energy.hex()] - 1)
    assert (error <= found.certificate[:, 0]).all()
    # Rounding of the bonds moves the threshold by eps times the largest energy, 3 t, and so changes
    # g by that over the distance. A certificate may know no better, in each of two leads, twice.
    assert found.certificate.max() < max(1e-7, 4 * np.finfo(float).eps * 3.0 / energy)


@pytest.mark.parametrize(("width", "last"), [(2, 16), (3, 14), (4, 13)])
def test_a_zigzag_ribbon_is_solved_down_to_one_energy(width, last):
    # Its edge states leave E = 0 as k^width: below some energy nothing tells its waves apart.
    wire = qt.Wire(qt.Honeycomb(width), qt.Box(1.0))
    for energy in 10.0 ** -np.arange(5, last, 0.25):
        for sign in (1, -1):
            assert qt.open_channels(wire, sign * energy) == 1


def test_where_nudges_are_refused_no_digit_is_promised():
    # Of this wide ribbon rounding errors decide whether the waves can be told apart at all.
    found = qt.scattering(qt.Wire(qt.Honeycomb(5), qt.Box(1.0)), 1e-13, [4], range(4), 11)
    assert found.suspect.all()
    assert found.certificate.min() >= 1
