"""Singular values of graded products whose singular values are known."""

import numpy as np
import pytest

from qtcore.solve.singular import ln_singular_values


def unitary(rng, N, count=1):
    normal = rng.standard_normal((2, count, N, N))
    return np.linalg.qr(normal[0] + 1j * normal[1])[0]


@pytest.mark.parametrize(
    "logs",
    [
        [-3.0],
        [-1.0, 0.0, -4.0, -2.0],
        [-40.0, 0.0, -20.0, -60.0],
        [0.0, 0.0, -90.0, -90.0, -300.0, -300.0],
        [0.0, -700.0, -2100.0, -701.0, -2101.0, -2101.0],
        np.linspace(0, -900, 90),
        np.repeat(np.linspace(0, -900, 45), 2),
    ],
    ids=["one", "shallow", "deep", "pairs", "beyond doubles", "no wide gap", "pairs, no wide gap"],
)
def test_of_unitary_factors_they_are_the_scales(logs):
    rng, logs = np.random.default_rng(1), np.asarray(logs)
    P, Q = unitary(rng, len(logs), 3), unitary(rng, len(logs), 3)
    found = ln_singular_values(P, np.stack([logs, logs - 5, logs + 2000]), Q)
    right = np.sort(logs)[::-1] + np.array([0.0, -5.0, 2000.0])[:, None]
    np.testing.assert_allclose(found, right, rtol=0, atol=1e-10)


def test_scales_may_stand_in_the_columns():
    rng, logs = np.random.default_rng(2), np.array([-200.0, 0.0, -100.0])
    P, Q = unitary(rng, 3), unitary(rng, 3)
    found = ln_singular_values(P * np.exp(logs), np.full((1, 3), -1000.0), Q)
    np.testing.assert_allclose(found, [[-1000.0, -1100.0, -1200.0]], rtol=0, atol=1e-10)


def test_others_change_no_bit():
    rng = np.random.default_rng(3)
    P, Q = unitary(rng, 4, 3), unitary(rng, 4, 3)
    logs = np.array([[0.0, -1, -2, -3], [0.0, -30, -60, -90], [0.0, -900, -1800, -1801]])
    together = ln_singular_values(P, logs, Q)
    for k in range(3):
        alone = ln_singular_values(P[k : k + 1], logs[k : k + 1], Q[k : k + 1])
        np.testing.assert_array_equal(alone[0], together[k])


def test_a_column_lost_to_underflow_is_nan_and_costs_the_others_nothing():
    rng = np.random.default_rng(4)
    P, Q = unitary(rng, 3, 2), unitary(rng, 3, 2)
    P[1, :, 0] = 0.0
    found = ln_singular_values(P, np.array([[-60.0, 0.0, -30.0]] * 2), Q)
    assert np.isfinite(found[0]).all()
    np.testing.assert_array_equal(np.isnan(found[1]), [False, False, True])
    np.testing.assert_allclose(found[1, :2], found[0, :2], rtol=0, atol=1e-10)
