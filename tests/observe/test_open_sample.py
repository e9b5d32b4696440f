"""Samples made from a wire: what they hold, and what is refused."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.observe import dephased_conductance, local_density_of_states
from qtcore.solve.green import blocks

WIRE = qt.Wire(qt.Square(4), qt.Box(1.0), 0.03)


def test_a_sample_is_the_wire_with_its_own_disorder():
    sample = qt.sample_with_leads(WIRE, 0.4, 6, [3, 8], seed=2)
    potential = WIRE.potential_of(np.array([3, 8], dtype=np.uint64), 0, 6, 2)
    same = blocks(WIRE.slices(), 0.4, potential)
    assert np.array_equal(sample.diagonal, same.diagonal)
    one = qt.sample_with_leads(WIRE, 0.4, 6, [8], seed=2)
    assert np.array_equal(one.diagonal[:, 0], sample.diagonal[:, 1])
    assert (sample.sites, sample.orbitals) == (4, 1)


def test_absorption_sits_on_every_site():
    sample = qt.sample_with_leads(WIRE, 0.4, 6, [3], 2, absorption=0.1)
    plain = qt.sample_with_leads(WIRE, 0.4, 6, [3], 2)
    assert np.abs(sample.diagonal - plain.diagonal - 0.1j * np.eye(4)).max() < 1e-15
    S, coherent = (
        qt.scattering_matrices(WIRE, 0.4, [6], [3], 2, absorption=eta)[0] for eta in (0.1, 0.0)
    )
    assert S.g < coherent.g
    # What is lost is what the sites take in, 2 eta sum |psi|² for every incoming mode.
    states, N = qt.observe.scattering_states(sample), S.t.shape[1]
    for one, driven in ((S, states[..., :N]), (S.turned, states[..., N:])):
        lost = N - one.g - one.reflection
        assert lost == pytest.approx(0.2 * (np.abs(driven) ** 2).sum(axis=(0, 2, 3)), rel=1e-12)
    assert dephased_conductance(sample) > S.g


def test_spin_counts_in_the_local_density():
    wire = qt.Wire(qt.Square(4), qt.Box(1.0), 0.03, terms=[qt.Zeeman(bz=0.0), qt.Rashba(0.0)])
    both = local_density_of_states(qt.sample_with_leads(wire, 0.4, 6, [0], 2))
    one = local_density_of_states(qt.sample_with_leads(WIRE, 0.4, 6, [0], 2))
    assert both.reshape(6, 1, 4, 2) == pytest.approx(np.stack([one, one], axis=3), rel=1e-11)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wire": "wire"}, r"wire must be a qtcore\.Wire, got 'wire'"),
        ({"energy": float("nan")}, "energy must be finite"),
        ({"energy": 7.0}, "no open channel at energy 7"),
        ({"length": 0}, "length .* must be >= 1, got 0"),
        ({"realizations": []}, "realizations is empty"),
        ({"seed": -1}, "seed must be >= 0, got -1"),
        ({"absorption": -0.1}, r"absorption must be >= 0 \(units of t\), got -0.1"),
        ({"absorption": float("nan")}, "absorption must be finite"),
    ],
)
def test_bad_input_is_named(change, message):
    good = {"wire": WIRE, "energy": 0.4, "length": 3, "realizations": [0], "seed": 1}
    with pytest.raises(qt.InputError, match=message):
        qt.sample_with_leads(**(good | change))
    asked = good | change
    asked["lengths"] = [asked.pop("length")]
    with pytest.raises(qt.InputError, match=message):
        qt.scattering_matrices(**asked)
