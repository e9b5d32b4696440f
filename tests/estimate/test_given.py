"""What callers give: refused in one sentence that says what came, without a warning of NumPy."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate

RNG = np.random.default_rng(1)
SAMPLES = RNG.standard_normal((300, 6)) + np.arange(6.0)
MEANS = estimate.mean(SAMPLES)
LENGTHS = np.arange(100.0, 1600.0, 150.0)
STEPS = np.diff(LENGTHS, prepend=0)
LN_G = RNG.normal(-2 * STEPS / 50, np.sqrt(4 * STEPS / 50), (300, 10)).cumsum(axis=1)
LN_G_MEANS = estimate.mean(LN_G)
XI = estimate.fit_localization(LN_G, LENGTHS).localization_length
SIZE = (MEANS + 1, np.arange(6.0) + 1, np.full(6, 0.1))

REFUSED = {
    "samples as text": (lambda: estimate.mean(["a"]), r"samples are numbers, got \['a'\]"),
    "complex samples": (lambda: estimate.mean(1j * SAMPLES), "real numbers, got complex"),
    "one sample": (lambda: estimate.variance(3.0), "got a single number"),
    "samples with errors": (lambda: estimate.mean(MEANS), "without errors, got an Estimate"),
    "negative errors": (lambda: estimate.independent(np.ones(3), -1.0), "not negative, got -1"),
    "infinite errors": (lambda: estimate.independent([1, 2], [1, np.inf]), "not negative, got inf"),
    "errors of others": (lambda: estimate.independent(np.ones(3), np.ones(2)), r"got \(2,\)"),
    "share by text": (lambda: estimate.share(SAMPLES, "x"), "must be a function .* got 'x'"),
    "share that fails": (
        lambda: estimate.share(SAMPLES, lambda r: r.nothing),
        "holds fails .* AttributeError",
    ),
    "pool of none": (lambda: estimate.pool(MEANS[:0]), "hold no number"),
    "pool of numbers": (lambda: estimate.pool(np.ones(3)), "must be an Estimate"),
    "pool along no axis": (lambda: estimate.pool(MEANS, 3), r"shape \(6,\) has no axis 3"),
    "stack of shapes": (lambda: estimate.stack([MEANS, MEANS[:4]]), r"got \(6,\), \(4,\)"),
    "law of another shape": (
        lambda: estimate.fit_size(SIZE[0], np.ones(3), SIZE[2]),
        r"got \(3,\)",
    ),
    "law without a value": (
        lambda: estimate.fit_size(SIZE[0], np.nan * SIZE[1], SIZE[2]),
        "must be finite where it counts",
    ),
    "law of zeros": (lambda: estimate.fit_size(SIZE[0], 0 * SIZE[1], SIZE[2]), "other than 0"),
    "no localization length": (
        lambda: estimate.fit_variance_slope(LN_G, LENGTHS, 0.0),
        "localization length is > 0, got 0",
    ),
    "negative localization length": (
        lambda: estimate.fit_variance_slope(LN_G, LENGTHS, -5.0),
        "localization length is > 0, got -5",
    ),
    "lengths without a value": (
        lambda: estimate.fit_localization(LN_G, np.append(LENGTHS[:9], np.nan)),
        "lengths must be finite",
    ),
    "collapse over a plain length": (
        lambda: estimate.at_scaled_lengths(LENGTHS, LN_G_MEANS, 50.0, [4, 6]),
        "localization length of a collapse must be an Estimate",
    ),
    "collapse of falling lengths": (
        lambda: estimate.at_scaled_lengths(LENGTHS[::-1], LN_G_MEANS, XI, [4, 6]),
        "lengths are positive and increase",
    ),
    "collapse of other lengths": (
        lambda: estimate.at_scaled_lengths(LENGTHS[:9], LN_G_MEANS, XI, [4, 6]),
        r"shape \(9,\) .* got \(10,\)",
    ),
    "sum along no axis": (lambda: MEANS.sum(3), r"shape \(6,\) has no axis 3"),
    "common curve of numbers": (
        lambda: estimate.fit_common_curve(np.arange(1.0, 7), SAMPLES[:6]),
        "ln Λ of curves that are shifted must be an Estimate",
    ),
    "half width of numbers": (
        lambda: estimate.half_width(np.arange(6.0), np.ones(6)),
        "a correlation must be an Estimate",
    ),
    "correlation of falling points": (
        lambda: estimate.correlation(np.arange(6.0)[::-1], SAMPLES),
        "increase, got",
    ),
    "similarity of shapes": (
        lambda: estimate.similarity(SAMPLES, SAMPLES[:, :3]),
        r"one shape, got \(300, 6\) and \(300, 3\)",
    ),
    "film without fields": (lambda: estimate.fit_film(np.arange(6.0), MEANS), "other than zero"),
    "film of other fields": (lambda: estimate.fit_film([1.0, 2], MEANS), r"shape \(2,\) .* \(6,\)"),
    "staircase of text": (lambda: estimate.plateaus("a"), "are numbers, got 'a'"),
    "staircase of nothing": (lambda: estimate.plateaus(np.zeros(0)), "without a gate value"),
    "one row of curves": (lambda: estimate.squared_spread(MEANS), r"\(\.\.\., place\), got"),
    "curves of zeros": (
        lambda: estimate.squared_spread(estimate.stack([0 * MEANS, 0 * MEANS])),
        "mean of the curves is 0",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_estimator_takes_is_refused_in_a_sentence(name):
    call, says = REFUSED[name]
    with pytest.raises(qt.InputError, match=says):
        call()


def test_known_errors_go_with_numbers_of_any_shape():
    numbers = np.arange(6.0).reshape(2, 3)
    for errors in (0.1, np.full((2, 3), 0.1), np.array([0.1, 0.1, 0.1])):
        found = estimate.independent(numbers, errors)
        assert found.error == pytest.approx(np.full((2, 3), 0.1))
        # Nothing in common: the error of a sum of six is √6 of one.
        assert float(found.sum().error) == pytest.approx(0.1 * np.sqrt(6))
    single = estimate.independent(3.0, 0.1)
    assert str(single) == "3.00 ± 0.10"


def test_a_shape_may_be_a_tuple():
    for shaped in (MEANS.reshape(2, 3), MEANS.reshape((2, 3)), MEANS.reshape([2, 3])):
        assert shaped.shape == (2, 3)
    assert MEANS.reshape(2, -1).reshape(-1).shape == (6,)
    assert MEANS[0].reshape(()).shape == ()
    assert MEANS[:0][[]].shape == (0,)


def test_what_is_infinite_in_some_realization_has_no_mean():
    samples = SAMPLES.copy()
    samples[7, 2] = -np.inf
    for function in (estimate.mean, estimate.variance, estimate.skewness):
        found, others = function(samples), np.arange(6) != 2
        assert np.isnan(found.values[2])
        # The realization counts for the other entries.
        assert found.values[others] == pytest.approx(function(SAMPLES).values[others])
    with pytest.raises(qt.Missing, match="1 of the 300 realizations are infinite and have no mean"):
        estimate.mean(samples[:, 2])


def test_lengths_with_infinite_samples_are_left_out_of_a_localization_length():
    """Leaving out the realizations instead would leave out those that are localized most."""
    blocked = LN_G.copy()
    blocked[3, 8:] = -np.inf
    found = estimate.fit_localization(blocked, LENGTHS)
    shorter = estimate.fit_localization(LN_G[:, :8], LENGTHS[:8])
    assert float(found.localization_length) == float(shorter.localization_length)
    with pytest.raises(qt.Missing, match="infinite at every length"):
        estimate.fit_localization(np.full((300, 10), -np.inf), LENGTHS)


def test_a_localization_length_with_an_error_goes_into_the_slope_of_the_variance():
    plain = estimate.fit_variance_slope(LN_G, LENGTHS, float(XI))
    assert float(estimate.fit_variance_slope(LN_G, LENGTHS, XI)) == float(plain)
