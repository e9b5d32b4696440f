"""Transitions beside `transition_3d`: planned errors, the network's exact limits, and the plane's scaling."""

from types import SimpleNamespace

import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.workflow import load

NETWORK = load("quantum_hall_transition").solve.__globals__


def point(**given):
    return SimpleNamespace(**({"seed": 5, "slices": 6000} | given))


@pytest.mark.parametrize("x", [-0.7, 0.0, 0.3])
def test_one_saddle_point_across_is_a_chain_of_scatterers(x):
    """ln T of scatterers with uniform phases adds up: gamma = ln cosh theta_1 + ln cosh theta_2."""
    found = NETWORK["solve"](point(x=x, width=1), range(32))["exponent"]
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert error < 0.003
    assert abs(found.mean() - np.log(2 * np.cosh(x))) < 3 * error


def test_saddle_points_conserve_the_current():
    rng = np.random.default_rng(1)
    up, down = rng.standard_normal((2, 3, 4, 5)) + 1j * rng.standard_normal((2, 3, 4, 5))
    phases = np.exp(2j * np.pi * rng.random((3, 8)))
    first, second = NETWORK["tunnel"](up, down, 0.4, phases)
    current = (np.abs(first) ** 2 - np.abs(second) ** 2).sum(axis=1)
    assert current == pytest.approx((np.abs(up) ** 2 - np.abs(down) ** 2).sum(axis=1))


def test_both_sides_of_the_hall_transition_are_alike():
    sides = [
        NETWORK["solve"](point(x=x, width=3), range(first, first + 24))["exponent"]
        for x, first in ((0.5, 0), (-0.5, 24))
    ]
    error = np.hypot(*(one.std(ddof=1) / np.sqrt(len(one)) for one in sides))
    assert error < 0.01 * sides[0].mean()
    assert abs(sides[0].mean() - sides[1].mean()) < 3 * error


def test_pieces_that_are_longer_tell_the_same():
    """What is left out at the start, 32 N slices, leaves no bias that 2 % would show."""
    short = NETWORK["solve"](point(x=0.0, width=3, slices=120), range(320))["exponent"]
    long = NETWORK["solve"](point(x=0.0, width=3), range(400, 416))["exponent"]
    error = np.hypot(*(one.std(ddof=1) / np.sqrt(len(one)) for one in (short, long)))
    assert error < 0.02 * long.mean()
    assert abs(short.mean() - long.mean()) < 3 * error


class At(SimpleNamespace):
    """A stage that holds both axes."""

    def grid(self, *_):
        return self.x, self.N

    def __getitem__(self, name):
        return getattr(self, name)


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["quick", "standard", "paper"])
def test_the_exponent_of_networks_is_found_from_a_curve_that_grows_as_a_power(preset):
    """Γ = Γ_c (1 + 0.71 X²)^(ν/2), which goes as |x|^ν far out, with the errors of each preset."""
    workflow = load("quantum_hall_transition")
    sweep = workflow.sweep(workflow.presets[preset], 1)
    axes = {axis.name: np.array(axis.values, dtype=float) for axis in sweep.axes}
    x, N = np.meshgrid(axes["x"], axes["width"], indexing="ij")
    truth = -np.log(0.85 * (1 + 0.71 * (x * N ** (1 / 2.593)) ** 2) ** (2.593 / 2))
    steps = float(sweep.constants["slices"]) * sweep.largest_count
    error = np.sqrt(max(axes["width"]) / steps)
    pulls, chi2 = [], []
    for seed in (0, 1):
        noise = error * np.random.default_rng(seed).standard_normal(x.shape)
        y = estimate.independent((truth + noise).ravel(), error).reshape(*x.shape)

        found = NETWORK["scaling"](At(x=x, N=N, ratio=np.exp(y)))
        pulls.append((float(found["nu"]) - 2.593) / float(found["nu"].error))
        chi2.append(float(found["excess"]))
    # A bias of two errors, or a form that does not fit, would show.
    assert abs(np.mean(pulls)) < 2.2, pulls
    assert np.mean(chi2) < 2.2, chi2


@pytest.mark.parametrize(
    ("name", "preset", "promised"),
    [
        ("transition_unitary_3d", "quick", 0.006),
        ("transition_unitary_3d", "standard", 0.0027),
        ("transition_unitary_3d", "paper", 0.001),
        ("transition_symplectic", "quick", 0.007),
        ("transition_symplectic", "standard", 0.0045),
        ("transition_symplectic", "paper", 0.002),
        ("quantum_hall_transition", "quick", 0.006),
        ("quantum_hall_transition", "standard", 0.0044),
        ("no_transition_2d", "quick", 0.006),
        ("no_transition_2d", "standard", 0.004),
    ],
)
def test_all_sizes_are_as_exact_as_the_preset_says(name, preset, promised):
    """Pieces go with the size, and the error is sqrt(c M / slices) of Λ."""
    workflow = load(name)
    sweep = workflow.sweep(workflow.presets[preset], 1)
    sizes = np.array([point.width for point in sweep.all_points()])
    slices = sweep.constants["slices"] * np.array(sweep.realizations)
    each = {"transition_unitary_3d": 0.46, "transition_symplectic": 2.0, "no_transition_2d": 0.9}
    error = np.sqrt(each.get(name, 1.0) * sizes / slices)[sizes >= 4]
    assert error.max() < 1.1 * promised
    # At least two groups of eight, or sixteen pieces, however narrow.
    assert error.min() > 0.4 * error.max()


@pytest.mark.parametrize("field", [True, False])
@pytest.mark.first_cases(1)
def test_bars_without_time_reversal_stay_metals_where_others_localize(field):
    """At W = 17.2, above 16.54, wider bars have a larger Λ in a field and with random phases."""
    ratios, errors = [], []
    for M, bars in ((4, 32), (8, 24)):
        lattice = qt.Cubic(M, M, periodic=True)
        disorder = [qt.Box(17.2)] if field else [qt.Box(17.2), qt.RandomPhase()]
        bar = qt.Wire(lattice, disorder, field=(0.0, 0.0, 0.25 if field else 0.0))
        gamma = qt.observe.lyapunov(bar, 0.0, 1000, range(bars), 3, skip="forgotten").smallest
        ratios.append(-np.log(gamma.mean() * M))
        errors.append(gamma.std(ddof=1) / np.sqrt(bars) / gamma.mean())
    assert ratios[1] - ratios[0] > 3 * np.hypot(*errors)
