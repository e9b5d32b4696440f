"""What is measured where a definition declares nothing."""

from types import SimpleNamespace

import numpy as np
import pytest

from qtcore.results.defaults import default_measure


def test_transmission_too_small_to_be_known_counts_as_zero_and_missing_samples_do_not():
    T = np.array([[0.5, 0.25], [0.25, 0.5]]) * np.linspace(0.5, 1.5, 12)[:, None, None, None]
    ln_T = np.log(T)
    ln_T[:4, :, 0, 1] = np.nan  # too small beside what else passes
    ln_T[4:6, :, 1, 0] = -np.inf  # nothing passes
    ln_T[10:] = np.nan  # nothing was computed
    stored = SimpleNamespace(name="ln_T_spin_z", dims=("length",), dtype="float64", attributes={})
    stage = default_measure([stored])
    found = stage.function(SimpleNamespace(realizations=12, ln_T_spin_z=ln_T))["T_spin_z"]
    expected = T[:10].copy()
    expected[:4, :, 0, 1] = 0.0
    expected[4:6, :, 1, 0] = 0.0
    assert found.values == pytest.approx(expected.mean(axis=0))
    assert (found.counts == 10).all()


@pytest.mark.parametrize("realizations", [3, 12])
def test_transmission_that_is_zero_in_all_samples_is_zero(realizations):
    ln_T = np.zeros((realizations, 1, 2, 2))
    ln_T[:, :, 0, 1] = np.nan
    stored = SimpleNamespace(name="ln_T_spin_x", dims=("length",), dtype="float64", attributes={})
    at = SimpleNamespace(realizations=realizations, ln_T_spin_x=ln_T)
    found = default_measure([stored]).function(at)["T_spin_x"]
    assert np.asarray(getattr(found, "values", found))[0, 0, 1] == 0.0
