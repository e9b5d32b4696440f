"""Two ensembles beside each other: how often equal ones are called different, and what is found."""

import numpy as np
import pytest
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.estimate.exchange import Exchange

POINTS, LENGTHS = 4, 6


def walks(draw: np.random.Generator, realizations: int) -> NDArray[np.float64]:
    """Lengths of one realization are correlated, points share their disorder, and the law is skew."""
    common = draw.normal(size=(realizations, 1, LENGTHS))
    own = 0.5 * draw.normal(size=(realizations, POINTS, LENGTHS))
    return np.exp(0.5 * (common + own).cumsum(axis=-1) / np.sqrt(LENGTHS))


def chances(
    first: NDArray[np.float64], second: NDArray[np.float64], seed: int, *, paired: bool = False
) -> list[float]:
    """Return the p-value of each point."""
    exchange = Exchange(len(first), len(second), paired=paired, draws=99, seed=seed)
    found = [exchange.add(first[:, point], second[:, point]) for point in range(POINTS)]
    return [exchange.probability(one.size) for one in found if one is not None]


@pytest.mark.parametrize("paired", [False, True])
def test_equal_laws_differ_as_often_as_the_level_says(paired: bool) -> None:
    """Of 200 comparisons 20 ± 4.2 have a p-value of at most 0.1; without correction over 24 entries
    and three kinds nearly all would have one."""
    draw = np.random.default_rng(15)
    alarms = 0
    for trial in range(200):
        first, second = walks(draw, 24), walks(draw, 24 if paired else 40)
        if paired:
            same = walks(draw, 24)
            first, second = first + same, second + same
        alarms += min(chances(first, second, trial, paired=paired)) <= 0.1
    assert 20 - 4 * 4.2 < alarms < 20 + 3 * 4.2


def test_a_difference_is_found_at_its_point_alone() -> None:
    """Five standard errors at one length of one point, beside a threshold of about 3.4."""
    draw = np.random.default_rng(16)
    found, elsewhere = 0, 0
    for trial in range(60):
        first, second = (np.log(walks(draw, n)) for n in (60, 60))
        error = np.sqrt(first[:, 2, 3].var() / 60 + second[:, 2, 3].var() / 60)
        second[:, 2, 3] += 5 * error
        p = chances(first, second, trial)
        found += p[2] <= 0.05
        elsewhere += min(p[:2] + p[3:]) <= 0.05
    assert found >= 52, "power of 95 % would be 57 ± 1.7"
    assert elsewhere <= 9, "3 ± 1.7 by chance"


def test_pairs_find_what_samples_do_not() -> None:
    draw = np.random.default_rng(17)
    first = walks(draw, 60)
    second = first + 0.01 + 0.02 * draw.normal(size=first.shape)
    assert min(chances(first, second, 0, paired=True)) <= 0.01
    assert min(chances(first, second, 0)) > 0.1


def test_many_realizations_are_exchanged_in_groups() -> None:
    """Sums over groups give the deviations of single rows."""
    draw = np.random.default_rng(18)
    first, second = (draw.normal(size=(n, 2)) for n in (5000, 4100))
    second[:, 1] += 0.2
    exchange = Exchange(5000, 4100, draws=99)
    found = exchange.add(first, second)
    assert found is not None
    means = [of[:, 1].mean() for of in (first, second)]
    error = np.sqrt(sum(of[:, 1].var(ddof=1) / len(of) for of in (first, second)))
    assert (found.kind, found.entry) == ("mean", 1)
    assert [found.first, found.second] == pytest.approx(means)
    assert found.error == pytest.approx(error)
    assert found.size == pytest.approx(abs(means[0] - means[1]) / error)
    assert exchange.probability(found.size) == 0.01


def test_numbers_that_are_missing_or_infinite_are_compared_as_such() -> None:
    draw = np.random.default_rng(19)
    first, second = (draw.normal(size=(100, 3)) for _ in range(2))
    first[40:, 0] = np.nan  # not computed: no difference
    second[:, 1] = np.nan  # an entry that one of them lacks
    second[::2, 2] = -np.inf  # half of the samples have no finite number
    exchange = Exchange(100, 100)
    found = exchange.add(first, second)
    assert found is not None
    assert (found.kind, found.entry, found.first, found.second) == ("numbers", 2, 1.0, 0.5)


def test_equal_constants_do_not_differ_and_others_do() -> None:
    same = np.full((10, 2), 3.0)
    other = same + np.array([0.0, 1e-3])
    exchange = Exchange(10, 10)
    found = exchange.add(same, other)
    assert found is not None
    assert (found.entry, found.kind) == (1, "mean")
    assert exchange.probability(found.size) <= 0.002
    assert exchange.add(same, same * (1 + 1e-12)).size < 1e-5  # type: ignore[union-attr]


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="at least 8 realizations"):
        Exchange(7, 100)
    with pytest.raises(InputError, match="as many realizations"):
        Exchange(10, 12, paired=True)
    with pytest.raises(InputError, match="got shape"):
        Exchange(10, 12).add(np.zeros((10, 2)), np.zeros((10, 2)))
    assert Exchange(10, 12).add(np.full((10, 1), np.nan), np.zeros((12, 1))) is None
