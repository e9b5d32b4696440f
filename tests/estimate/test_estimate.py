"""Arithmetic of estimates, against the bootstrap and against finite differences."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.estimate import Estimate, exact, independent, mean, propagate, stack
from qtcore.estimate.estimate import _BINARY, _UNARY, GROUPS


def samples(count=400, shape=(3,), seed=1):
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((count, *(1,) * len(shape)))
    return 0.6 + 0.05 * common + 0.05 * rng.standard_normal((count, *shape))


def bootstrap(data, statistic, resamples=800, seed=3):
    """Errors of a statistic over whole resampled realizations: 800 resamples know them to 2.5 %."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, len(data), (resamples, len(data)))
    return np.array([statistic(data[rows]) for rows in chosen]).std(axis=0)


@pytest.mark.parametrize("ufunc", list(_UNARY), ids=lambda u: u.__name__)
def test_derivatives_of_functions_of_one_number(ufunc):
    x = mean(samples())
    found = ufunc(x)
    assert found.values == pytest.approx(ufunc(x.values), rel=1e-15)
    step = 1e-6
    slope = (ufunc(x.values + step) - ufunc(x.values - step)) / (2 * step)
    assert found.shares == pytest.approx(x.shares * slope, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("ufunc", list(_BINARY), ids=lambda u: u.__name__)
def test_derivatives_of_functions_of_two_numbers(ufunc):
    a, b = mean(samples()), mean(samples(seed=2)) * 1.5
    found = ufunc(a, b)
    assert found.values == pytest.approx(ufunc(a.values, b.values), rel=1e-15)
    step = 1e-6
    slopes = [
        (ufunc(a.values + u, b.values + v) - ufunc(a.values - u, b.values - v)) / (2 * step)
        for u, v in ((step, 0), (0, step))
    ]
    by_hand = a.shares * slopes[0] + b.shares * slopes[1]
    assert found.shares == pytest.approx(by_hand, rel=1e-8, abs=1e-12)


def test_an_unknown_function_is_refused():
    with pytest.raises(qt.InputError, match="does not know the derivative of arcsinh"):
        np.arcsinh(mean(samples()))


def test_a_ratio_of_numbers_with_common_disorder():
    data = samples()

    def statistic(x):
        m = x.mean(axis=0)
        return (m[0] - m[1]) / m[2]

    m = mean(data)
    found = (m[0] - m[1]) / m[2]
    assert float(found) == pytest.approx(statistic(data))
    assert float(found.error) == pytest.approx(bootstrap(data, statistic), rel=0.1)
    # Without pairing by realization the error would be larger, because the common part drops out:
    # the samples have correlation 1/2, so that the error falls by 1/sqrt(2), known to 5 %.
    assert float((m[0] - m[1]).error) == pytest.approx(
        np.hypot(m.error[0], m.error[1]) / np.sqrt(2), rel=0.15
    )


def test_numbers_of_different_realizations_add_their_squares():
    # 400 and 900 realizations with independent disorder: the products of their shares average to
    # zero, with a relative scatter of 1/sqrt(400).
    a, b = mean(samples(400, (1,), seed=4)), mean(samples(900, (1,), seed=5))
    both = np.hypot(a.error, b.error)
    assert (a + b).error == pytest.approx(both, rel=0.1)
    assert (a - b).error == pytest.approx(both, rel=0.1)
    assert len((a + b).shares) == 900
    assert (a + b).counts == 400


def test_exact_numbers_have_no_error():
    a = mean(samples())
    assert (a + 1).error == pytest.approx(a.error)
    assert (2 * a).error == pytest.approx(2 * a.error)
    assert (a / exact(2.0)).error == pytest.approx(a.error / 2)
    assert np.array_equal((exact([1.0, 2.0]) * 3).error, [0, 0])
    assert exact(1.0).is_exact
    assert not a.is_exact
    # The slope of the square root is infinite at 0, where an exact number still has no error.
    assert np.sqrt(exact(0.0)).error == 0


def test_broadcasting():
    a, b = mean(samples(shape=(3, 1))), mean(samples(shape=(4,), seed=2))
    found = a * b
    assert found.shape == (3, 4)
    for i in range(3):
        for j in range(4):
            one = a[i, 0] * b[j]
            assert found.values[i, j] == one.values
            assert found.error[i, j] == pytest.approx(float(one.error), rel=1e-12)


@pytest.mark.parametrize(
    "index",
    [
        1,
        -1,
        (0, 2),
        (slice(None), 1),
        (Ellipsis, slice(0, 2)),
        np.array([1, 0]),
        (np.array([1, 0]), slice(None), np.array([3, 1])),
        (slice(None), np.array([[0, 1], [2, 0]])),
        (np.newaxis, 1),
        np.arange(24).reshape(2, 3, 4) % 5 == 0,
    ],
    ids=str,
)
def test_indices_are_those_of_numpy(index):
    data = samples(20, (2, 3, 4))
    whole = mean(data)
    part = whole[index]
    assert np.array_equal(part.values, whole.values[index])
    assert np.array_equal(part.counts, whole.counts[index])
    rows = np.stack([row[index] for row in whole.shares])
    assert np.array_equal(part.shares, rows)


def test_sums_and_shapes():
    data = samples(shape=(2, 3))
    whole = mean(data)
    assert float(whole.sum().error) == pytest.approx(float(mean(data.sum(axis=(1, 2))).error))
    assert whole.sum(0).error == pytest.approx(mean(data.sum(axis=1)).error)
    assert whole.sum((0, -1)).error == pytest.approx(whole.sum().error)
    assert whole.reshape(3, 2).error == pytest.approx(whole.error.reshape(3, 2))
    assert whole.transpose(1, 0).error == pytest.approx(whole.error.T)
    assert len(whole) == 2
    assert [float(one.sum()) for one in whole] == pytest.approx(whole.values.sum(axis=1))


def test_matrix_products():
    data, matrix = samples(), np.arange(6.0).reshape(2, 3)
    m = mean(data)
    for found in (matrix @ m, m @ matrix.T, m.linear(matrix)):
        assert found.values == pytest.approx(matrix @ m.values)
        assert found.error == pytest.approx(mean(data @ matrix.T).error)
    assert float((matrix[0] @ m).error) == pytest.approx(float(mean(data @ matrix[0]).error))
    with pytest.raises(qt.InputError, match="product of two estimates"):
        m @ m


def test_where():
    m = mean(samples())
    found = m.where([True, False, True], 7.0)
    assert found.values[1] == 7
    assert found.error[1] == 0
    assert np.array_equal(found.error[[0, 2]], m.error[[0, 2]])
    assert np.isnan(m.where([True, False, True]).error[1])


def test_comparisons_are_of_the_values():
    m = mean(samples())
    assert ((m > 0.6) == (m.values > 0.6)).all()
    assert np.isfinite(m).all()
    assert not np.isnan(m).any()


def test_an_estimate_never_becomes_an_array_without_a_word():
    for make in (np.asarray, np.array, np.sinc):
        with pytest.raises(qt.InputError, match="errors would be lost"):
            make(mean(samples()))


def test_shares_of_another_shape_are_refused():
    with pytest.raises(qt.InputError, match=r"shares are \(realization, \*shape.*got \(5, 2\)"):
        Estimate([1.0, 2.0, 3.0], np.zeros((5, 2)), 5)


def test_stack_pairs_realizations():
    a, b = mean(samples(300, (1,)))[0], mean(samples(400, (1,)))[0]
    both = stack([a, b, 1.0])
    assert both.shape == (3,)
    assert np.array_equal(both.counts, [300, 400, np.inf])
    # 300 of 400 realizations are common to both.
    assert float((both[0] - both[1]).error) == pytest.approx(float((a - b).error))
    assert stack([mean(samples()), mean(samples())], axis=-1).shape == (3, 2)
    with pytest.raises(qt.InputError, match="at least one"):
        stack([])


def test_many_realizations_are_folded():
    # 4096 sums of shares know an error to 1/sqrt(2 × 4096) = 1.1 %; three of these are 3.3 %.
    data = samples(50_000, (2,), seed=6)
    whole = mean(data)
    small = whole.fold()
    assert small.shares.shape == (GROUPS, 2)
    assert small.error == pytest.approx(whole.error, rel=0.033)
    for mixed in (small - whole, whole - small):
        assert mixed.error == pytest.approx(np.zeros(2), abs=1e-12)
    correlated = whole.covariance[0, 1] / np.prod(whole.error)
    assert small.covariance[0, 1] / np.prod(small.error) == pytest.approx(correlated, abs=0.04)
    few = mean(samples(100))
    assert few.fold().error == pytest.approx(few.error)


def test_propagate_is_the_closed_form():
    a, b = mean(samples()), mean(samples(seed=2))
    found = propagate(lambda x, y, z: np.exp(x) / y + z, a, b, 3.0)
    direct = np.exp(a) / b + 3.0
    assert found.values == pytest.approx(direct.values)
    assert found.shares == pytest.approx(direct.shares, rel=1e-7, abs=1e-12)
    assert propagate(np.exp, np.array([0.0, 1.0])) == pytest.approx([1, np.e])
    at_zero = propagate(np.sin, Estimate(0.0, [0.1, -0.1], 2))
    assert at_zero.shares == pytest.approx([0.1, -0.1])


def test_it_is_written_as_a_reader_writes_it():
    assert repr(Estimate(0.31625, [0.003, -0.004], 2)) == "Estimate(0.316 ± 0.005)"
    assert repr(exact(np.zeros(9))).endswith("…, shape (9,))")


def test_independent_numbers_have_their_errors_and_nothing_in_common():
    numbers = independent([1.0, 2.0, 4.0], [0.1, 0.2, 0.0])
    np.testing.assert_allclose(numbers.covariance, np.diag([0.01, 0.04, 0.0]))
    assert float((numbers[1] - numbers[0]).error) == pytest.approx(np.hypot(0.1, 0.2))
    np.testing.assert_allclose(independent([1.0, 2.0], 0.3).error, 0.3)
    assert not numbers.is_exact
