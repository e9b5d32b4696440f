"""Half widths against length, on samples that have exactly the correlation that theory states."""

from functools import cache

import numpy as np
import pytest

from qtcore.errors import InputError
from qtcore.estimate import Missing, distances, mean
from qtcore.estimate.forgetting import expected, measured, power_law, refuse_short_range
from qtcore.theory.diffusion import golden_rule_diffusion
from qtcore.theory.strip_fluctuations import correlation_in_energy

ENERGIES = 1.16 + 2e-4 * np.array((0, 1, 3, 6, 13, 20, 27, 34, 41, 45, 49, 50))
LENGTHS = np.array([26.0, 104, 147, 190, 255])


@cache
def strip():
    return golden_rule_diffusion(40, 1.16, 2.5, 0.004)


def samples(rng, count):
    """Conductances (realization, energy, length), each length with the diffuson's correlation."""
    shifts = np.abs(ENERGIES - ENERGIES[:, None])
    columns = []
    for length in LENGTHS:
        matrix = correlation_in_energy(shifts.ravel(), np.array([length]), strip())
        values, vectors = np.linalg.eigh(matrix.reshape(shifts.shape))
        root = vectors * np.sqrt(np.clip(values, 0, None))
        columns.append(3 + 0.3 * rng.standard_normal((count, len(ENERGIES))) @ root.T)
    return np.stack(columns, axis=2)


def test_what_is_measured_is_what_is_expected_where_wires_are_diffusive():
    flow, g = strip(), samples(np.random.default_rng(3), 2000)
    curve, half = measured(ENERGIES, g, LENGTHS, flow)
    law = expected(ENERGIES, correlation_in_energy, LENGTHS, flow)
    assert curve.shape == law.correlation.shape == (len(distances(ENERGIES)), 5)
    # 26 sites are fewer than 10 l, 147 sites fewer than 20 l.
    np.testing.assert_array_equal(np.isnan(half.values), [True, False, False, False, False])
    np.testing.assert_array_equal(np.isnan(law.half), np.isnan(half.values))
    np.testing.assert_array_equal(law.holds, [False, False, False, True, True])
    # Theory falls as (L + z)⁻² and a little faster: short strips are squares, which forget later.
    felt = LENGTHS[1:] + flow.outside
    assert (np.diff(law.half[1:] * felt**2) < 0).all()
    pulls = (half.values - law.half) / half.error
    assert (np.abs(pulls[1:]) < 3).all()
    assert (half.error[1:] < 0.06 * law.half[1:]).all()
    assert (law.left_out[1:] > 0).all()


def test_half_widths_go_with_the_power_that_samples_have():
    """Of noise around the half widths of theory, and around those that fall less fast."""
    rng, law = np.random.default_rng(5), expected(ENERGIES, correlation_in_energy, LENGTHS, strip())
    for more, power in ((0.0, -2.0), (0.5, -1.5)):
        half = law.half * law.felt**more
        found = power_law(mean(half * (1 + 0.02 * rng.standard_normal((400, 5)))), law)
        assert float(found) == pytest.approx(power, abs=3 * float(found.error))
        assert found.error < 0.003
    # Both ends off by what theory leaves out, in opposite directions.
    wrong = law.half + np.array([0, 1, 0, 0, -1]) * law.left_out
    apart = np.polyfit(np.log(law.felt[[1, 4]]), np.log(wrong / law.half)[[1, 4]], 1)[0]
    assert law.power_left_out == pytest.approx(-apart, rel=0.1)


def test_too_few_diffusive_lengths_are_told_with_the_window():
    flow, few = strip(), LENGTHS[[0, 1]]
    with pytest.raises(
        Missing, match=r"2 or more lengths .* from 10 l to 1.5 N l, \d+ to \d+ sites, got 26"
    ):
        measured(ENERGIES, samples(np.random.default_rng(1), 10)[..., :2], few, flow)
    with pytest.raises(Missing, match=r"1 or more lengths .* from 20 l to 1.25 N l"):
        expected(ENERGIES, correlation_in_energy, np.array([90.0, 110.0]), flow)


def test_a_range_that_holds_no_half_width_is_refused():
    law, flow = correlation_in_energy, strip()
    refuse_short_range("energy", ENERGIES, law, LENGTHS, flow)
    with pytest.raises(
        InputError, match=r"L = 104 keeps 9\d % of its .* over the 0.0006 of energy"
    ):
        refuse_short_range("energy", ENERGIES[:3], law, LENGTHS, flow)
