"""Noise at a frequency against an integral over energies, and against the formula for constant T."""

import numpy as np
import pytest
from scipy.integrate import quad

from qtcore.errors import InputError
from qtcore.estimate.finite_frequency import noise_spectrum
from qtcore.theory.noise import noise_power

STEP = 0.01
E = np.round(STEP * np.arange(-120, 121), 9)


def site(energy):
    """Return r and t of a resonant level at 0.03 t of width 0.2 t."""
    width = 0.2
    both = -1j * width / (energy - 0.03 + 1j * width)
    return 1 + both, both


def given(of):
    r, t = (np.broadcast_to(np.asarray(one, dtype=complex), E.shape) for one in of(E))
    return r[None, :, None, None], t[None, :, None, None]


def constant(energy):
    return 0.6 + 0 * energy, 0.8j + 0 * energy


@pytest.mark.parametrize("kT", [0.0, 0.02, 0.05])
def test_constant_matrices_have_the_closed_formula(kT):
    omega = STEP * np.array([0, 5, 19, 20, 21, 30])
    found = noise_spectrum(*given(constant), E, 0.0, 0.2, kT, omega)[0]
    expected = [float(noise_power(np.array([0.64]), 0.2, kT, x)) for x in omega]
    np.testing.assert_allclose(found, expected, rtol=2e-3)


@pytest.mark.parametrize(("bias", "omega"), [(0.2, 0.1), (0.2, 0.3), (0.0, 0.25), (0.2, 0.2)])
def test_a_resonance_is_the_integral_over_its_windows(bias, omega):
    potentials = (bias / 2, -bias / 2)

    def weight(a, b, energy):
        (r, t), (r_, t_) = site(energy), site(energy + omega)
        A = (a == b == 0) - np.conj((r, t)[a]) * (r_, t_)[b]
        return abs(A) ** 2

    expected = 0.0
    for a in (0, 1):
        for b in (0, 1):
            low, high = potentials[b] - omega, potentials[a]
            for first, last in ((low, high), (high, low)):
                if last > first:
                    expected += quad(lambda x, a=a, b=b: weight(a, b, x), first, last)[0]
    found = noise_spectrum(*given(site), E, 0.0, bias, 0.0, [omega])[0, 0]
    # The trapezoidal rule with steps of a twentieth of the width.
    assert found == pytest.approx(expected, rel=2e-3)


def test_warm_noise_without_bias_is_that_of_nyquist():
    # 4 kT times the conductance that the temperature smears, at ω = 0.
    kT, r_t = 0.05, given(site)
    T = np.abs(r_t[1][0, :, 0, 0]) ** 2
    smeared = STEP * (T / (4 * kT * np.cosh(E / (2 * kT)) ** 2)).sum()
    found = noise_spectrum(*r_t, E, 0.0, 0.0, kT, [0.0])[0, 0]
    assert found == pytest.approx(4 * kT * smeared, rel=1e-6)


@pytest.mark.parametrize(
    ("bias", "kT", "omega", "message"),
    [
        (0.2, np.nan, [0.1], "temperature must be >= 0 .* got nan"),
        (0.2, -0.1, [0.1], "temperature must be >= 0 .* got -0.1"),
        (-0.2, 0.0, [0.1], "bias must be >= 0"),
        (0.2, 0.0, [-0.1], r"frequencies must be >= 0 \(ħω in units of t\), got \[-0.1\]"),
        (0.2, 0.0, [1.3], "missing: -1.4 … -1.2 and 1.2 … 1.4"),
        (0.2, 0.0, [0.015], r"ħω must lie at whole steps of the stored energies \(0.01 t\), got \[0.015\]"),
        (0.21, 0.0, [0.1], "mu ± eV/2 must lie at whole steps"),
        (0.2, 0.005, [0.1], "equal steps, at most kT = 0.005"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(bias, kT, omega, message):
    with pytest.raises(InputError, match=message):
        noise_spectrum(*given(site), E, 0.0, bias, kT, omega)
