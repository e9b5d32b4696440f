"""Statistics of ensembles against theory, with the standard error that is expected of them."""

import math

import numpy as np
import pytest

import qtcore as qt

pytestmark = pytest.mark.physics


def slope_of_mean(ln_g, lengths):
    """Slope of <ln g> between two lengths, and its standard error (differences per sample)."""
    rise = (ln_g[:, 1] - ln_g[:, 0]) / (lengths[1] - lengths[0])
    return rise.mean(), rise.std(ddof=1) / math.sqrt(len(rise))


def test_chain_follows_the_thouless_formula():
    # <ln g> = -2 gamma L with gamma = W² / (24 (4 - E²)), W = 0.5, away from E = 0 and ±1. The
    # next order is 0.4 % here (physics.md: 1.0039(14)), the standard error 0.45 %.
    W, E, lengths = 0.5, 0.5, [2000, 12_000]
    found = qt.ln_conductance(qt.Wire(qt.Chain(), qt.Box(W)), E, lengths, range(4000), 3)
    slope, error = slope_of_mean(found, lengths)
    gamma = W**2 / (24 * (4 - E**2))
    assert error < 0.006 * 2 * gamma
    assert slope == pytest.approx(-2 * gamma * 1.004, abs=3 * error)


def test_chain_at_the_band_centre_is_anomalous():
    # Kappus and Wegner: gamma = W² / 105.0451 at E = 0, 9 % off Thouless' W² / 96.
    W, lengths = 0.5, [2000, 12_000]
    found = qt.ln_conductance(qt.Wire(qt.Chain(), qt.Box(W)), 0.0, lengths, range(4000), 4)
    slope, error = slope_of_mean(found, lengths)
    assert slope == pytest.approx(-2 * W**2 / 105.0451, abs=3 * error)
    assert abs(slope + 2 * W**2 / 96) > 6 * error


def test_two_leg_strip_has_the_published_localization_length():
    # physics.md section 5: M = 2, E = 0.5, W = 1: xi = 88.31(19) by an independent code.
    lengths = [600, 3000]
    wire = qt.Wire(qt.Square(2), qt.Box(1.0))
    slope, error = slope_of_mean(qt.ln_conductance(wire, 0.5, lengths, range(4000), 5), lengths)
    xi, xi_error = -2 / slope, 2 / slope**2 * error
    assert xi_error < 0.4
    assert xi == pytest.approx(88.31, abs=3 * math.hypot(xi_error, 0.19))


def test_fano_factor_regime_of_a_diffusive_strip():
    # M = 30, W = 2, E = 0.5: l = 9.1 (physics.md), so g(L = 50) lies near N / (1 + L / l) - 1/3;
    # the equal-channel formula is good to 15 % there.
    wire = qt.Wire(qt.Square(30), qt.Box(2.0))
    found = qt.scattering(wire, 0.5, [50], range(64), 6)
    s = 50 / 9.1
    expected = found.channels / (1 + s) - (s / (1 + s)) ** 3 / 3
    g = np.exp(found.ln_g[:, 0])
    assert g.mean() == pytest.approx(expected, rel=0.15)
    # var g -> 2/15 up to the finite length; 64 samples give it to 18 %.
    assert g.var(ddof=1) == pytest.approx(2 / 15, abs=0.06)
