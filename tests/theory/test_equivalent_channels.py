import numpy as np
import pytest

import qtcore as qt
from qtcore.theory.equivalent_channels import (
    field_ratio,
    localization_length,
    thouless_localization_length,
    weak_localization,
)


def test_thouless_is_the_golden_rule_of_one_channel():
    # gamma = W²/(24 (4 - E²)) and l = 1/(2 gamma), so xi = 1/gamma = 2 l.
    assert thouless_localization_length(0.5, 1.0) == pytest.approx(90.0)
    assert thouless_localization_length(0.3, 1.0) == pytest.approx(2 / 0.02131, rel=1e-3)


@pytest.mark.parametrize(("energy", "strength"), [(2.0, 1.0), (-2.5, 1.0), (0.5, 0.0), (0.5, -1)])
def test_thouless_refuses_what_has_no_finite_length(energy, strength):
    with pytest.raises(qt.InputError, match="got"):
        thouless_localization_length(energy, strength)


def test_one_channel_knows_no_symmetry_and_many_double():
    assert localization_length(1.0, 10.0, 1.0) == localization_length(1.0, 10.0, 2.0) == 20
    assert field_ratio(1.0) == 1
    assert field_ratio(1e6) == pytest.approx(2, rel=1e-5)
    ratio = localization_length(5.0, 1.0, 2.0) / localization_length(5.0, 1.0, 1.0)
    assert field_ratio(5.0) == pytest.approx(ratio)


def test_weak_localization_completes_the_exact_series_of_one_channel():
    # DMPK for N = 1: l d<f>/dL = <d/dx x(1+x) df/dx>, T = 1/(1+x). With f = T^n this gives
    # d<T^n>/ds = n (n-1) <T^n> - n² <T^(n+1)>, a recursion for the Taylor series of <T> in s.
    order = 3
    size = order + 2
    moments = np.zeros((size, order + 1))  # moments[n, k]: coefficient of s^k in <T^n>
    moments[:, 0] = 1
    for k in range(order):
        for n in range(1, size - 1 - k):
            moments[n, k + 1] = (n * (n - 1) * moments[n, k] - n**2 * moments[n + 1, k]) / (k + 1)
    classical = np.array([1.0, -1.0, 1.0, -1.0])
    correction = np.array([0, 0, 0, -1 / 3])
    assert moments[1] == pytest.approx(classical + correction)
    s = 1e-3
    assert weak_localization(s, 1.0) == pytest.approx(-(s**3) / 3, rel=1e-2)


def test_weak_localization_limits():
    assert weak_localization(1e9, 1.0) == pytest.approx(-1 / 3)
    assert weak_localization(5.0, 2.0) == 0
    assert weak_localization(1e9, 4.0) == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((3, -5.0, 1), "mean free path is not negative, got -5.0"),
        ((-3, 5.0, 1), "number of channels is not negative, got -3"),
        ((3, 5.0, 3), "beta is 1, 2 or 4, got 3"),
        ((3, 5.0, 0), "beta is 1, 2 or 4, got 0"),
    ],
)
def test_no_localization_length_of_what_no_wire_has(given, says):
    with pytest.raises(qt.InputError, match=says):
        localization_length(*given)
    assert np.isnan(localization_length(3, 5.0, np.nan))
