"""The coherent potential beside the golden rule, exact levels and published numbers."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.errors import InputError
from qtcore.theory import diffusion
from qtcore.theory.coherent_potential import coherent_potential


def test_weak_disorder_is_the_golden_rule():
    medium = coherent_potential(1.5, 0.8)
    rho = diffusion.density_of_states(1.5)
    sigma = 2 * np.pi * rho * diffusion.diffusion_constant(1.5, 0.8)
    assert medium.density == pytest.approx(rho, rel=0.01)
    assert medium.conductivity == pytest.approx(sigma, rel=0.03)
    assert medium.lifetime == pytest.approx(1 / (2 * np.pi * rho * 0.8**2 / 12), rel=0.03)


@pytest.mark.physics
@pytest.mark.slow
def test_the_density_of_states_is_that_of_large_samples():
    """Kernel polynomials of 64 × 64 sites, 8 samples; standard error about 0.5 %."""
    wire = qt.Wire(qt.Square(64, periodic=True), qt.Box(4.0))
    found = qt.observe.bulk_density_ensemble(wire, [1.5, 3.0], 64, range(8), 1, moments=96)
    mean = found.values.mean(axis=0)
    for n, energy in enumerate((1.5, 3.0)):
        assert coherent_potential(energy, 4.0).density == pytest.approx(mean[n], rel=0.03)


def test_disorder_that_is_too_weak_to_be_resolved_is_refused():
    with pytest.raises(InputError, match=r"disorder 0.1 t .* narrower than this sum"):
        coherent_potential(1.5, 0.1)
    with pytest.raises(InputError, match=r"needs disorder > 0 \(t\), got -1"):
        coherent_potential(1.5, -1.0)
