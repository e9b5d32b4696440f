"""Amplitudes with which states survive, against all levels of the same samples."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.errors import InputError

BOX = qt.Box(1.5)
WIRES = {
    "strip": qt.Wire(qt.Square(17, periodic=True), BOX),
    "chain": qt.Wire(qt.Chain(), BOX),
    "field": qt.Wire(qt.Square(16, periodic=True), BOX, flux=1 / 16),
    "vacancies": qt.Wire(qt.Square(5), (BOX, qt.Vacancies(0.1))),
}
TIMES = [0.0, 1.0, 20.0]


@pytest.mark.parametrize(
    "window", [{}, {"energy": 1.0, "energy_width": 0.5}], ids=["all", "filter"]
)
@pytest.mark.parametrize("name", WIRES)
def test_amplitudes_are_sums_over_levels(name, window):
    wire = WIRES[name]
    rng = np.random.default_rng(1)
    states = rng.standard_normal((12 * wire.width, 3)) * (1 + 1j * np.arange(3))
    states /= np.linalg.norm(states, axis=0)
    found = observe.survival_amplitude(wire, states, TIMES, 12, [2, 5], 3, **window)
    for row, realization in enumerate([2, 5]):
        sample = qt.closed_sample(wire, 12, realization, 3, True)
        there = np.abs(sample.H.diagonal().real) < 1e4  # all but vacancies
        levels, vectors = np.linalg.eigh(sample.H.toarray()[np.ix_(there, there)])
        weights = np.abs(vectors.conj().T @ states[there]) ** 2
        f = np.exp(-(((levels - 1) / 2 / 0.5) ** 2)) if window else np.ones(len(levels))
        expected = (f * np.exp(-1j * np.outer(TIMES, levels))) @ weights
        assert found.amplitude[row] == pytest.approx(expected.T, abs=1e-12)
        assert found.weight[row] == pytest.approx(f**2 @ weights, abs=1e-12)


def test_realizations_keep_their_bits():
    state = np.eye(96)[:, 40]
    wire = qt.Wire(qt.Square(8), BOX)
    both = observe.survival_amplitude(wire, state, [5.0], 12, [3, 4], 1)
    one = observe.survival_amplitude(wire, state, [5.0], 12, [4], 1)
    assert (both.amplitude[1] == one.amplitude[0]).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"energy": 1.0}, "give both of them, or none"),
        ({"energy_width": 1.0}, "give both of them, or none"),
        ({"energy": 9.0, "energy_width": 0.1}, r"energy 9 t of the filter lies outside .* inside"),
        ({"energy": 0.0, "energy_width": 0.0}, "energy_width must be > 0"),
    ],
)
def test_wrong_filters_are_refused(given, words):
    with pytest.raises(InputError, match=words):
        observe.survival_amplitude(WIRES["chain"], np.eye(12)[0], [1.0], 12, [0], 1, **given)
