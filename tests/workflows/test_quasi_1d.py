"""A wire from ballistic to localized: how long a mean of g can be had, and wrong numbers that fail."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory import one_channel

DEFINITION = Path(__file__).parents[2] / "workflows" / "quasi_1d.py"


@pytest.fixture(scope="module")
def definition():
    """What the file of the definition defines, by name."""
    return runpy.run_path(str(DEFINITION))


def transmissions(s, shape, rng):
    """Draw T of one channel of the length s = L / l from Abrikosov's law."""
    x = np.linspace(-s - 14 * np.sqrt(2 * s) - 4, 0, 20_001)
    law = one_channel.ln_transmission_distribution(x, s)
    return np.exp(np.interp(rng.random(shape), law, x))


def exact(s):
    """⟨T⟩ and F = 1 − ⟨T²⟩ / ⟨T⟩ of one channel, by parts."""
    x = np.linspace(-40, 0, 40_001)
    above = 1 - one_channel.ln_transmission_distribution(x, s)
    first, second = (np.trapezoid(n * np.exp(n * x) * above, x) for n in (1, 2))
    return first, 1 - second / first


@pytest.mark.physics
def test_within_the_limit_errors_are_honest_and_beyond_it_they_are_not(definition):
    """400 ensembles of 1000 samples: a rms of z has the standard error 0.035."""
    rng = np.random.default_rng(5)

    def rms(over_xi):
        T = transmissions(2 * over_xi, (400, 1000), rng)
        g, F = exact(2 * over_xi)
        z_g = (T.mean(axis=1) - g) / (T.std(axis=1) / np.sqrt(1000))
        ratio = (T**2).sum(axis=1) / T.sum(axis=1)
        moved = (T**2 - ratio[:, None] * T) / T.mean(axis=1)[:, None]
        z_f = (1 - ratio - F) / (moved.std(axis=1) / np.sqrt(1000))
        return np.sqrt((z_g**2).mean()), np.sqrt((z_f**2).mean())

    # 104 samples of 1000 conduct at 2 ξ, 1.5 of them at 8 ξ.
    decisive = [1000 * one_channel.mean_transmission(2 * over_xi) for over_xi in (2.0, 8.0)]
    assert decisive[0] >= definition["DECISIVE"] > decisive[1]
    assert max(rms(2.0)) < 1.15
    assert min(rms(8.0)) > 2


def wire_at(realizations, length_over_xi, seed=3):
    """A stage's view of a wire of width 16 whose first channel alone conducts, as in an insulator."""
    law = qt.weak_strip(qt.Wire(qt.Square(16), qt.Box(0.7)), 0.6, 0.7)
    length = np.round(np.asarray(length_over_xi) * law.localization_length).astype(int)
    rng, N = np.random.default_rng(seed), int(law.channels)
    ln_T = np.full((realizations, len(length), N), -np.inf)
    for n, one in enumerate(length_over_xi):
        ln_T[:, n, 0] = np.log(transmissions(2 * one, realizations, rng))
    return SimpleNamespace(
        width=16, disorder=0.7, flux=0.0, energy=0.6, length=length, realizations=realizations,
        ln_T=ln_T, ln_g=ln_T[:, :, 0],
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("realizations", "last"), [(300, 0.5), (1000, 2.0), (20_000, 6.0)])
def test_means_of_g_end_where_too_few_samples_conduct(definition, realizations, last):
    places = np.array([0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0])
    found = definition["measure"](wire_at(realizations, places))
    for name in ("g", "correction", "var_g", "fano"):
        stated = [not isinstance(one, qt.Missing) for one in found[name]]
        assert stated == (places <= last).tolist()
        assert "fewer than 100 of the samples conduct well" in str(found[name][-1])
    assert np.isfinite(found["ln_g"].values).all()
    # What is stated is right: five standard errors, of some numbers.
    for n in range(int((places <= last).sum())):
        g, F = exact(2 * places[n])
        assert abs(float(found["g"][n]) - g) < 5 * found["g"][n].error
        assert abs(float(found["fano"][n]) - F) < 5 * found["fano"][n].error


def test_theory_is_drawn_where_it_is_compared(definition):
    at = wire_at(200, np.array([0.002, 0.05, 0.2, 1.0, 2.0, 5.0, 12.0]))
    law = definition["theory"](at)
    s = at.length / law.mean_free_path
    metal = (s > 2) & (at.length <= law.localization_length / 4)
    assert metal.any()
    expected = definition["expect"](at)
    for name in ("var_g", "fano", "correction"):
        assert np.isfinite(expected[name].value).tolist() == metal.tolist()
        assert np.array(expected[name].where).tolist() == metal.tolist()
    deep = at.length >= 4 * law.localization_length
    assert np.isfinite(expected["ln_g"].value).tolist() == (metal | deep).tolist()


def test_a_field_beside_a_moved_threshold_is_compared_with_nothing(definition):
    # Width 3, 0.09 h/e per plaquette: ξ is 418(8), while the formula says 988.
    at = SimpleNamespace(
        width=3, disorder=0.5, flux=0.27, energy=0.45, length=np.array([100, 4000])
    )
    expected = definition["expect"](at)
    assert expected.keys() == {"localization_length", "variance_slope"}
    for one in expected.values():
        assert np.isfinite(one.value)  # else no table would say that it is not compared, and why
        assert one.where is False
        assert one.why.startswith("near the threshold of a mode")
    beside = definition["expect"](SimpleNamespace(**{**vars(at), "flux": 0.36}))
    assert beside["localization_length"].where is True
