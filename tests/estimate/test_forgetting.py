"""Half widths against length, on samples that have exactly the correlation that theory states."""

from functools import cache

import numpy as np
import pytest

from qtcore.errors import InputError
from qtcore.estimate import Missing, distances, mean, stack
from qtcore.estimate.forgetting import (
    expected,
    measured,
    power_law,
    refuse_energies,
    refuse_short_range,
)
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
    curve, halves = measured(ENERGIES, g, LENGTHS, flow)
    half = stack(halves)
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
        half = mean(half * (1 + 0.02 * rng.standard_normal((400, 5))))
        found = power_law(half, law)
        assert float(found) == pytest.approx(power, abs=3 * float(found.error))
        assert found.error < 0.003
    # Both ends off by what theory leaves out, in opposite directions.
    wrong = law.half + np.array([0, 1, 0, 0, -1]) * law.left_out
    apart = np.polyfit(np.log(law.felt[[1, 4]]), np.log(wrong / law.half)[[1, 4]], 1)[0]
    assert law.power(half) == (-2.0, pytest.approx(-apart, rel=0.1))


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


def test_a_length_that_is_not_compared_takes_no_half_width_from_the_others():
    """104 sites are fewer than 20 l; its samples are the same at all energies."""
    flow, g = strip(), samples(np.random.default_rng(3), 2000)
    whole = measured(ENERGIES, g, LENGTHS, flow)[1]
    law = expected(ENERGIES, correlation_in_energy, LENGTHS, flow)
    for column, is_compared in ((1, False), (3, True)):
        stiff = g.copy()
        stiff[..., column] = g[:, :1, column] + 0.01 * (g[..., column] - g[:, :1, column])
        halves = measured(ENERGIES, stiff, LENGTHS, flow)[1]
        assert isinstance(halves[column], Missing)
        others = [n for n in range(1, 5) if n != column]
        assert [float(halves[n]) for n in others] == [float(whole[n]) for n in others]
        if is_compared:
            with pytest.raises(
                Missing, match=r"at L = 190 the correlation does not fall to one half"
            ):
                power_law(halves, law)
            continue
        found = power_law(halves, law)
        assert float(found) == pytest.approx(-2, abs=3 * float(found.error))
        # The band is that of the lengths that are left, which span less.
        half = stack([np.nan if isinstance(one, Missing) else one for one in halves])
        shares = (law.left_out / law.half)[[2, 4]]
        expected_band = shares.sum() / np.ptp(np.log(law.felt[[2, 4]]))
        assert law.power(half)[1] == pytest.approx(expected_band)
        assert law.power(half)[1] > law.power(stack(whole))[1] / 2


def test_lengths_and_channels_that_leave_nothing_to_compare_are_refused_before_a_run(caplog):
    law, flow = correlation_in_energy, strip()
    # 104 and 120 sites lie between 10 l and 1.5 N l, and not between 20 l and 1.25 N l.
    with pytest.raises(InputError, match=r"20 l to 1.25 N l, \d+ to \d+ sites, got 104, 120; add"):
        refuse_short_range("energy", ENERGIES, law, np.array([104.0, 120]), flow)
    # A measured l that is 10 % shorter would do.
    refuse_short_range("flux", ENERGIES, law, LENGTHS[1:3], flow)
    assert not caplog.text, "told once for both axes"
    refuse_energies(ENERGIES, law, LENGTHS[1:3], flow)
    assert "with l = 8.34 of the golden rule, half widths need 1 or more lengths" in caplog.text
    narrow = golden_rule_diffusion(24, 1.16, 2.0, 0.004)
    assert narrow.channels == 15
    lengths = np.arange(20.0, 600.0)
    with pytest.raises(
        InputError, match=r"N = 15 channels are too few, .*; take a wider wire, .*\(16 at least\)$"
    ):
        refuse_short_range("energy", ENERGIES, law, lengths, narrow)
    with pytest.raises(Missing, match=r"into another --store: one pass along a wire makes all"):
        measured(ENERGIES, samples(np.random.default_rng(1), 10), LENGTHS / 10, flow)
    strong = golden_rule_diffusion(40, 1.16, 40.0, 0.004)
    with pytest.raises(InputError, match=r"the disorder is too strong, because .* wide \(40\)"):
        refuse_short_range("energy", ENERGIES, law, lengths, strong)


def test_energies_far_from_the_one_of_theory_are_refused_with_those_that_are_meant():
    law, flow = correlation_in_energy, strip()
    refuse_energies(ENERGIES, law, LENGTHS, flow)
    refuse_energies(ENERGIES - 0.005, law, LENGTHS, flow)
    away = golden_rule_diffusion(40, 0.8, 2.5, 0.004)
    moved = "0.8,0.8002,0.8006,0.8012,0.8026,0.804,0.8054,0.8068,0.8082,0.809,0.8098,0.81"
    for energies in (ENERGIES, [0.8, *ENERGIES]):
        with pytest.raises(InputError, match=rf"within 0.04 of it.*--set energy={moved}$"):
            refuse_energies(energies, law, LENGTHS, away)
    with pytest.raises(InputError, match=r"give a shorter range that begins there"):
        refuse_energies(np.linspace(1.16, 1.3, 9), law, LENGTHS, flow)
    # The wire at 0.8 is another one: its half widths lie far outside what theory leaves out.
    here, there = (expected(ENERGIES, law, LENGTHS, one) for one in (flow, away))
    off = np.abs(here.half / there.half - 1)[there.holds & here.holds]
    assert (off > 0.1).all()
