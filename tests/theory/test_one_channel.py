"""Abrikosov's distribution against exact moments, and against slabs that are composed one by one."""

import numpy as np
import pytest
from scipy import integrate

from qtcore import estimate
from qtcore.errors import InputError
from qtcore.theory.one_channel import (
    ln_transmission_distribution,
    ln_transmission_variance,
    long_wire_cumulants,
    mean_transmission,
)


@pytest.mark.parametrize("s", [0.1, 0.5, 2.0, 8.0, 30.0])
def test_exact_moments(s):
    x = np.linspace(-s - 14 * np.sqrt(2 * s) - 4, 0, 40_001)
    F = ln_transmission_distribution(x, s)
    assert F[-1] == pytest.approx(1, abs=1e-9)
    assert (np.diff(F) > -1e-12).all()
    assert -np.trapezoid(F, x) == pytest.approx(-s, abs=1e-5)
    if s < 10:  # ⟨1/T⟩, from the tail that few samples have
        inverse = F[-1] + np.trapezoid(F * np.exp(-x), x)
        assert inverse == pytest.approx((1 + np.exp(2 * s)) / 2, rel=1e-4)


def heat_kernel_mean(function, s):
    """Return the mean of a function of −ln T by adaptive integration of the heat kernel, inner integral first."""

    def inner(x):
        top = 2 * np.sinh(x / 2) ** 2  # cosh x − 1

        def of(v):  # cosh d − 1 = top − v²
            return function(np.log1p(max(top - v**2, 0.0) / 2))

        return 2 * integrate.quad(of, 0, np.sqrt(top), epsabs=0, epsrel=1e-8)[0]

    def outer(x):
        return x * np.exp(-(x**2) / (4 * s)) * inner(x)

    end = 2 * s + 20 * np.sqrt(s)  # exp(−x²/4s) grows with exp(x/2) and falls from x = s on
    parts = [
        integrate.quad(outer, a, b, epsabs=0, epsrel=1e-8)[0]
        for a, b in zip(np.linspace(0, end, 5), np.linspace(0, end, 5)[1:], strict=False)
    ]
    norm = np.exp(-s / 4) * 4 * np.pi * np.sqrt(2) / (4 * np.pi * s) ** 1.5
    return norm * sum(parts) / 2


@pytest.mark.parametrize("s", [0.001, 0.05, 0.5, 1.0])
def test_the_variance_is_that_of_the_heat_kernel(s):
    assert heat_kernel_mean(lambda _: 1.0, s) == pytest.approx(1, rel=1e-7)
    assert heat_kernel_mean(lambda h: h, s) == pytest.approx(s, rel=1e-7)
    expected = heat_kernel_mean(lambda h: (h - s) ** 2, s)
    assert ln_transmission_variance(s) == pytest.approx(expected, rel=1e-6)


def test_the_variance_of_short_and_of_long_wires():
    # In the flat plane −ln T = d²/4 is exponential; the next order is s³.
    assert ln_transmission_variance(1e-6) == pytest.approx(1e-12, rel=1e-5)
    # What is left out falls as exp(−s/4).
    for s in (100.0, 3000.0):
        assert ln_transmission_variance(s) == pytest.approx(2 * s - np.pi**2 / 3, rel=1e-6)
    with pytest.raises(InputError, match="finite, got inf"):
        ln_transmission_variance(np.inf)


def test_random_phases_between_thin_slabs():
    """1/T − 1 = ρ adds as ρ₁ + ρ₂ + 2ρ₁ρ₂ + 2 √(ρ₁ρ₂(1+ρ₁)(1+ρ₂)) cos φ; 20,000 wires of 400 slabs."""
    rng = np.random.default_rng(4)
    s, slabs = 2.0, 400
    thin = np.expm1(2 * s / slabs) / 2  # a slab's ρ, so that ⟨ρ⟩ grows exactly as exp 2s
    rho = np.zeros(20_000)
    for _ in range(slabs):
        turn = np.cos(rng.uniform(0, 2 * np.pi, len(rho)))
        root = np.sqrt(rho * thin * (1 + rho) * (1 + thin))
        rho = rho + thin + 2 * rho * thin + 2 * root * turn
    ln_T = -np.log1p(rho)
    right = estimate.compare_with_law(ln_T, lambda x: ln_transmission_distribution(x, s))
    assert right.anderson > 0.01
    wrong = estimate.compare_with_law(ln_T, lambda x: ln_transmission_distribution(x, 1.05 * s))
    assert wrong.anderson < 1e-4


def test_bad_input():
    with pytest.raises(InputError, match="L / l must be > 0 and finite, got -1"):
        ln_transmission_distribution([-1.0], -1.0)
    with pytest.raises(InputError, match=r"at most 1, got ln T = 0\.5"):
        ln_transmission_distribution([0.5], 1.0)


@pytest.mark.parametrize(("s", "off"), [(24.0, (1e-3, 6e-3, 0.04)), (48.0, 3 * (1e-3,))])
def test_cumulants_of_long_wires_are_those_of_the_distribution(s, off):
    # Moments about the mean by parts: ⟨y^n⟩ = ∫ n y^(n-1) (1 − P) over y > 0, minus the same of P below.
    x = np.linspace(-s - 14 * np.sqrt(2 * s) - 4, 0, 20_001)
    below, y = ln_transmission_distribution(x, s), x + s
    above = np.where(y > 0, 1 - below, 0.0) - np.where(y < 0, below, 0.0)
    m2, m3, m4 = (np.trapezoid(n * y ** (n - 1) * above, x) for n in (2, 3, 4))
    for value, law, part in zip(
        (m2, m3, m4 - 3 * m2**2), long_wire_cumulants(s)[1:], off, strict=True
    ):
        assert value == pytest.approx(law, rel=part)
    assert long_wire_cumulants(s)[0] == -s


def test_cumulants_of_short_wires_are_refused():
    with pytest.raises(InputError, match="need L / l >= 20, got 2"):
        long_wire_cumulants(2.0)


@pytest.mark.parametrize("s", [0.1, 1.0, 4.0, 12.0, 24.0])
def test_the_mean_transmission_is_abrikosovs_integral(s):
    # ⟨T⟩ = (2 / √π) s^(−3/2) exp(−s/4) ∫ x² exp(−x²/s) / cosh x dx from 0 on, times 2.
    x = np.linspace(0, 60, 400_001)
    law = np.trapezoid(x**2 * np.exp(-(x**2) / s) / np.cosh(x), x)
    law *= 4 / np.sqrt(np.pi) * s**-1.5 * np.exp(-s / 4)
    assert mean_transmission(s) == pytest.approx(law, rel=1e-4, abs=2e-8)
