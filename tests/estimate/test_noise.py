"""Current and noise of stored energies against integrals of Fermi functions."""

import numpy as np
import pytest
from scipy.integrate import quad

from qtcore.errors import InputError
from qtcore.estimate import mean
from qtcore.estimate.noise import fano_of_window, noise, window_weights
from qtcore.estimate.thermal import fermi
from qtcore.theory.noise import noise_power

ENERGIES = np.array([-1.0, -0.5, -0.1, 0.0, 0.05, 0.3, 1.0])
T = np.array([0.1, 0.3, 0.9, 0.8, 0.4, 0.5, 1.0])


def integral(of, limits):
    found, _ = quad(of, *limits, points=ENERGIES[1:-1], limit=400, epsabs=1e-12)
    return found


@pytest.mark.parametrize(("bias", "kT"), [(0.3, 0.0), (0.3, 0.05), (0.05, 0.02), (0.4, 1e-3)])
def test_current_and_noise_are_integrals_over_fermi_functions(bias, kT):
    mu, squares, parts = 0.02, T**2, T * (1 - T)
    reach = bias / 2 + 8 * kT
    limits = (mu - reach, mu + reach)

    def occupied(E):
        return (float(fermi(np.array(E), mu + side * bias / 2, kT)) for side in (1, -1))

    def current(E):
        left, right = occupied(E)
        return np.interp(E, ENERGIES, T) * (left - right)

    def power(E):
        left, right = occupied(E)
        thermal = left * (1 - left) + right * (1 - right)
        exchange = left * (1 - right) + right * (1 - left)
        return 2 * (
            np.interp(E, ENERGIES, squares) * thermal + np.interp(E, ENERGIES, parts) * exchange
        )

    # What lies beyond 8 kT, exp(-8), is left out.
    found = window_weights(ENERGIES, mu, bias, kT) @ T
    assert found == pytest.approx(integral(current, limits), rel=1e-3)
    found = noise(squares, parts, ENERGIES, mu, bias, kT)
    assert found == pytest.approx(integral(power, limits), rel=2e-3)


@pytest.mark.parametrize(("bias", "kT"), [(0.0, 0.02), (0.1, 0.0), (0.1, 0.03)])
def test_eigenvalues_that_do_not_change_have_the_formula_of_khlus(bias, kT):
    many = np.ones(len(ENERGIES))
    given = np.array([[0.3, 0.8]])
    squares, parts = (given**2).sum(), (given * (1 - given)).sum()
    found = noise(squares * many, parts * many, ENERGIES, 0.1, bias, kT)
    assert found == pytest.approx(noise_power(given, bias, kT).item(), rel=1e-9)


def test_the_error_of_a_window_knows_what_energies_have_in_common():
    rng = np.random.default_rng(1)
    common = 0.5 + 0.05 * rng.standard_normal((400, 1)) * np.ones(len(ENERGIES))
    fano = fano_of_window(mean(common), mean(common * (1 - common)), ENERGIES, 0.0, 0.2)
    assert float(fano) == pytest.approx(0.495, abs=4 * float(fano.error))
    # All energies of a sample are one number: d F = d g.
    assert float(fano.error) == pytest.approx(0.05 / 20, rel=0.1)


@pytest.mark.parametrize(
    ("bias", "kT", "message"),
    [
        (0.2, -0.1, r"temperature must be >= 0 \(kT in units of t\), got -0.1"),
        (0.2, np.nan, r"temperature must be >= 0 .* got nan"),
        (-0.2, 0.0, r"the bias must be >= 0 \(eV in units of t\), got -0.2"),
        (0.2, 0.2, r"eV = 0.2, kT = 0.2 at mu = 0 needs .*missing: -1.7 … -1 and 1 … 1.7"),
        (2.5, 0.0, r"missing: -1.25 … -1 and 1 … 1.25"),
    ],
)
def test_what_is_missing_is_said(bias, kT, message):
    with pytest.raises(InputError, match=message):
        noise(T, T, ENERGIES, 0.0, bias, kT)


def test_no_bias_has_no_fano_factor():
    with pytest.raises(InputError, match=r"needs a bias > 0 .* got 0; without bias only thermal"):
        fano_of_window(T, T, ENERGIES, 0.0, 0.0)
