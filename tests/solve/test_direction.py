"""Waves from the left and from the right, in wires that absorb and break time reversal."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.observe import caroli
from tests.laws import truth

ETA = 0.1
LENGTHS = (1, 4, 9)
WIRES = {
    "flux": (qt.Wire(qt.Square(4), qt.Box(1.5), 0.05), 0.47),
    "flux and spin-orbit coupling": (
        qt.Wire(qt.Square(3), qt.Box(1.0), 0.04, terms=[qt.Rashba(0.3), qt.Zeeman(0.1, 0.2, 0.3)]),
        0.3,
    ),
    "gate": (qt.Wire(qt.Square(3), qt.Box(1.0), 0.05, gates=[lambda x, y: 0.2 * x + 0.1 * y]), 0.3),
    "singular coupling": (qt.Wire(qt.Honeycomb(3, "zigzag"), qt.Box(1.0), 0.05), 0.4),
    "random hopping": (qt.Wire(qt.Square(3), (qt.Box(1.0), qt.RandomPhase(0.3))), 0.4),
}


def true_t_and_r(wire, energy, length, incidence):
    """Amplitudes of realization 3 on the sites, from one dense inverse."""
    slices, number = wire.slices(), np.array([3], dtype=np.uint64)
    potential = wire.potential_of(number, 0, length, 5)[:, :, 0]
    hopping = wire.hopping_of(number, 0, length, 5)
    matrices = (part.dense(len(slices.h))[:, 0] for part in (hopping.inside, hopping.ahead))
    sigmas, N = truth.self_energies(slices, energy), truth.open_channels(slices, energy)
    parts = truth.sample(slices, potential, tuple(matrices))
    G = truth.green_function(parts, energy, sigmas, ETA)
    M = len(slices.h)
    ends = [slice(0, M), slice(-M, None)]
    roots, projectors = zip(*(truth.root(sigma, N) for sigma in sigmas), strict=True)
    side = 0 if incidence == "left" else 1
    t = roots[1 - side] @ G[ends[1 - side], ends[side]] @ roots[side]
    return t, 1j * roots[side] @ G[ends[side], ends[side]] @ roots[side] - projectors[side]


SOLVED = [
    (name, method)
    for name, (wire, _) in WIRES.items()
    for method in ("transfer", "recursive")
    if method in ("recursive", qt.choose(wire, absorption=ETA).method)
]


@pytest.mark.parametrize("incidence", ["left", "right"])
@pytest.mark.parametrize(("name", "method"), SOLVED)
def test_each_side_against_the_dense_matrix(name, method, incidence):
    wire, energy = WIRES[name]
    asked = wire, energy, LENGTHS, [3], 5, method, ETA, incidence
    found, ln_T = qt.scattering(*asked), qt.ln_transmission_eigenvalues(*asked)
    assert np.array_equal(qt.ln_conductance(*asked), found.ln_g)
    for j, length in enumerate(LENGTHS):
        t, r = true_t_and_r(wire, energy, length, incidence)
        T = np.linalg.svd(t, compute_uv=False)[: found.channels] ** 2
        assert np.exp(ln_T[0, j]) == pytest.approx(T, rel=1e-8, abs=1e-13)
        assert np.exp(found.ln_g[0, j]) == pytest.approx(T.sum(), rel=1e-10)
        assert found.reflection[0, j] == pytest.approx((np.abs(r) ** 2).sum(), rel=1e-9)
    S = qt.scattering_matrices(wire, energy, LENGTHS, [3], 5, ETA)[-1]
    S = S if incidence == "left" else S.turned
    assert S.g[0] == pytest.approx(T.sum(), rel=1e-10)
    assert S.reflection[0] == pytest.approx((np.abs(r) ** 2).sum(), rel=1e-9)
    assert np.exp(S.ln_eigenvalues[0]) == pytest.approx(T, rel=1e-8, abs=1e-13)
    sample = qt.sample_with_leads(wire, energy, LENGTHS[-1], [3], 5, ETA)
    assert caroli(sample, incidence)[0] == pytest.approx(T.sum(), rel=1e-10)


@pytest.mark.parametrize("name", WIRES)
def test_the_sides_differ_and_left_is_meant_unless_said_otherwise(name):
    wire, energy = WIRES[name]
    asked = wire, energy, [9], [3], 5, "auto", ETA
    left, right = (qt.scattering(*asked, side) for side in ("left", "right"))
    assert abs(left.ln_g - right.ln_g)[0, 0] > 1e-3
    assert abs(left.reflection - right.reflection)[0, 0] > 1e-3
    plain = qt.scattering(*asked)
    assert np.array_equal(plain.ln_g, left.ln_g)
    assert np.array_equal(plain.reflection, left.reflection)
    sample = qt.sample_with_leads(wire, energy, 9, [3], 5, ETA)
    assert np.array_equal(caroli(sample), caroli(sample, "left"))


def test_a_long_absorbing_wire_from_the_left():
    # Chunks of the potential are read from the last slice backwards: two of them, and a rest.
    wire, energy = WIRES["gate"][0], 0.3
    free = qt.Wire(wire.lattice, wire.disorder, wire.flux)
    asked = free, energy, [300, 620], [0, 9], 5
    fast, slow = (
        qt.scattering(*asked, method, 0.01, "left") for method in ("transfer", "recursive")
    )
    assert fast.ln_g == pytest.approx(slow.ln_g, abs=1e-8)
    assert fast.reflection == pytest.approx(slow.reflection, abs=1e-9)


@pytest.mark.parametrize("incidence", ["up", None, 1])
def test_another_side_is_refused(incidence):
    asked = qt.Wire(qt.Chain()), 0.5, [3], [0], 1
    with pytest.raises(qt.InputError, match=r"incidence must be 'left' .* or 'right', got"):
        qt.scattering(*asked, incidence=incidence)
    with pytest.raises(qt.InputError, match=r"incidence must be 'left' .* or 'right', got"):
        caroli(qt.sample_with_leads(qt.Wire(qt.Chain()), 0.5, 3, [0], 1), incidence)
