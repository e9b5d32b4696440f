import numpy as np
import pytest
from scipy.special import gamma

import qtcore as qt
from qtcore.theory.chain import (
    _edge,
    _growth,
    centre_anomaly,
    edge_anomaly,
    lloyd_exponent,
    strong_box_exponent,
    weak_disorder_exponent,
)
from qtcore.theory.equivalent_channels import localization_length, thouless_localization_length


def test_the_band_centre_is_that_of_kappus_and_wegner():
    exponent, ratio = centre_anomaly(0.0)
    assert exponent == pytest.approx((gamma(3 / 4) / gamma(1 / 4)) ** 2, abs=1e-11)
    assert ratio == pytest.approx(2 * np.pi / 3, abs=1e-9)
    assert centre_anomaly(-0.7) == centre_anomaly(0.7)


def test_the_band_edge_is_that_of_derrida_and_gardner():
    exponent, _ = edge_anomaly(0.0)
    assert exponent == pytest.approx(6 ** (1 / 3) * np.sqrt(np.pi) / (2 * gamma(1 / 6)), abs=1e-12)


@pytest.mark.parametrize("X", [-20.0, -3.0, -1.0, 0.0, 0.5, 2.0, 6.0])
def test_the_spectral_solution_has_the_exponent_of_airy_functions(X):
    scale = max(1.0, abs(X)) ** 0.5
    drift = np.array([[0.0, scale], [X / scale, 0.0]])
    mean, variance = _growth(drift, np.array([[[0.0, 0.0], [1 / scale, 0.0]]]))
    assert mean == pytest.approx(edge_anomaly(X)[0], abs=1e-10)
    # The same in units in which waves do not turn evenly.
    other = _growth(np.array([[0.0, 1.0], [X, 0.0]]), np.array([[[0.0, 0.0], [1.0, 0.0]]]))
    if abs(X) < 4:
        assert other == pytest.approx((mean, variance), abs=1e-8)
    assert _edge(X) == variance


def test_far_from_anomalies_the_single_parameter_is_2():
    for exponent, ratio in (centre_anomaly(30.0), centre_anomaly(1e9)):
        assert exponent == pytest.approx(0.125, abs=1e-4)
        assert ratio == pytest.approx(2, abs=3e-4)
    for X in (-30.0, -1e9):
        assert edge_anomaly(X)[0] * 8 * -X == pytest.approx(1, abs=2e-5)
        assert edge_anomaly(X)[1] == pytest.approx(2, abs=1e-5)
    # Far outside of the band the slope of ln ψ fluctuates about √X: var = 1/(4 X).
    assert _edge(8.0) == pytest.approx(1 / 32, rel=0.05)


@pytest.mark.parametrize("energy", [0.0, 0.05, 0.7, 1.2, 1.9, 2.0])
def test_weak_disorder_in_one_formula_is_that_of_chains(energy):
    """Against products of transfer matrices, 4000 chains: the ratio to 9 %.

    Orders that are left out: 1 % of the exponent, and a tenth of σ^(2/3) beside an edge.
    """
    strength, length, chains = 0.6, 3000, 4000
    rng = np.random.default_rng(1)
    now, before = np.ones(chains), 0.3 * np.ones(chains)
    start, total = None, np.zeros(chains)
    for n in range(length):
        onsite = strength * (rng.random(chains) - 0.5)
        now, before = (energy - onsite) * now - before, now
        if n % 10 == 9:
            size = np.hypot(now, before)
            now, before, total = now / size, before / size, total + np.log(size)
        if n == 499:
            start = total.copy()
    grown = total - start
    expected, ratio = weak_disorder_exponent(energy, strength**2 / 12)
    error = grown.std() / np.sqrt(chains) / (length - 500)
    left_out = 0.01 if energy < 1.5 else 0.1 * (strength**2 / 12) ** (1 / 3)
    allowed = 4 * error + left_out * expected
    assert grown.mean() / (length - 500) == pytest.approx(expected, abs=allowed)
    # ln g = −2 ln ψ; the variance is linear from the start on, and known to √(2/R) = 2.2 %.
    assert 2 * grown.var() / grown.mean() == pytest.approx(ratio, rel=0.09)


def test_the_formula_is_that_of_thouless_between_the_anomalies():
    for energy in (0.5, 0.9999, 1.0, 1.2):
        exponent, ratio = weak_disorder_exponent(energy, 1e-4)
        thouless = 1 / thouless_localization_length(energy, np.sqrt(12e-4))
        assert exponent == pytest.approx(thouless, rel=2e-3)
        assert ratio == pytest.approx(2, abs=1e-3)


def test_lloyds_model_is_exact():
    assert lloyd_exponent(0.0, 1.0) == pytest.approx(np.arcsinh(0.5))
    # Published runs of long chains: 0.5307(6) and 1.7411(8).
    assert lloyd_exponent(1.0, 1.0) == pytest.approx(0.530638, abs=1e-6)
    assert lloyd_exponent(2.5, 5.0) == pytest.approx(1.740545, abs=1e-6)
    assert lloyd_exponent(0.3, 0.0) == 0
    bars = qt.observe.lyapunov(qt.Wire(qt.Chain(), qt.Cauchy(1.0)), 1.0, 16_000, range(8), 1)
    assert bars.exponents[-1] == pytest.approx(
        lloyd_exponent(1.0, 1.0), abs=4 * float(bars.errors[-1])
    )


def test_strong_disorder_is_the_mean_of_a_logarithm():
    bars = qt.observe.lyapunov(qt.Wire(qt.Chain(), qt.Box(50.0)), 0.0, 16_000, range(8), 1)
    assert bars.exponents[-1] == pytest.approx(strong_box_exponent(50.0), rel=0.01)


def test_the_symplectic_class_counts_kramers_pairs():
    """ξ = (β N + 2 − β) l: for β = 4 N pairs have (4 N − 2) l, and a single one 2 l."""
    assert localization_length(1.0, 3.0, 4.0) == 6.0
    assert localization_length(5.0, 1.0, 4.0) == 18.0


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: lloyd_exponent(0.0, -1.0), "must be >= 0, got -1"),
        (lambda: strong_box_exponent(5.0), "needs W > 5.44"),
        (lambda: edge_anomaly(9.0), "resolved up to"),
        (lambda: weak_disorder_exponent(2.1, 0.1), "-2 <= E <= 2, got the energy 2.1"),
        (lambda: weak_disorder_exponent(0.1, 0.0), "variance .* must be > 0"),
    ],
)
def test_bad_input_is_refused(call, match):
    with pytest.raises(qt.InputError, match=match):
        call()
