"""No metal in two dimensions: what is compared where, and what a square between leads conducts."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.workflow import load

DEFINITION = Path(__file__).parents[2] / "workflows" / "no_transition_2d.py"


@pytest.fixture(scope="module")
def definition():
    """What the file of the definition defines, by name."""
    return runpy.run_path(str(DEFINITION))


class Stage(SimpleNamespace):
    """What a stage sees: axes by name, earlier quantities by key."""

    def __getitem__(self, name):
        return self.quantities[name]


@pytest.mark.parametrize(
    ("energy", "disorder", "width", "compared"),
    [(0.0, 6.0, 8, True), (0.1, 6.0, 8, True), (2.0, 6.0, 8, False), (0.1, 5.0, 8, False)],
)
def test_the_reference_of_the_band_centre_is_that_of_the_band_centre(
    definition, energy, disorder, width, compared
):
    at = SimpleNamespace(energy=energy, disorder=disorder, width=width)
    assert bool(definition["expect"](at)["ratio"].where) == compared


def flow(definition, g, widths, ratio=None):
    """What the stage of the flow returns of exact numbers, and its view."""
    widths = np.array(widths)
    n = len(widths)
    ratio = np.full(n, 1.5) if ratio is None else np.array(ratio)
    found = {
        "ratio": estimate.independent(ratio, np.full(n, 1e-3)),
        "ln_typical": estimate.independent(np.log(g), np.full(n, 1e-3)),
    }
    at = Stage(energy=0.1, width=widths, disorder=4.0, quantities=found)
    return definition["flow"].function(at), at


def test_squares_of_one_conductivity_have_no_flow(definition):
    """1/g = 1/N + 1/σ between ideal leads: g itself grows with the size, the conductivity does not."""
    widths = np.array([4, 8, 12, 16, 24])
    open_modes = [
        sum(abs(0.1 - 2 * np.cos(2 * np.pi * n / M)) < 2 for n in range(M)) for M in widths
    ]
    g = 1 / (1 / np.array(open_modes) + 1 / 3.0)
    assert np.diff(np.log(g)).min() > 0.03
    found, _ = flow(definition, g, widths)
    beta, typical = found["beta"], found["typical"]
    # Squares of 4 sites are left out: shorter than the mean free path.
    assert np.isnan(beta.values[0])
    assert beta.values[1:] == pytest.approx(0, abs=1e-9)
    assert typical.values[1:] == pytest.approx(3.0)


def test_deep_in_the_insulator_contacts_do_nothing(definition):
    widths = np.array([8, 16, 32])
    found, _ = flow(definition, np.exp(-2.0 * widths / 3.0), widths)
    assert found["beta"].values == pytest.approx(
        np.diff(-2.0 * widths / 3.0) / np.diff(np.log(widths)), rel=1e-2
    )


@pytest.mark.parametrize(
    ("slope", "fails"),
    [(-0.16, set()), (-0.9, set()), (0.05, {"slope"}), (-1.1, {"steepest"})],
)
def test_the_flow_is_bounded_on_both_sides(definition, slope, fails):
    """A metal is a slope above 0; the row of the largest slope sees it, and no harmless end hides it."""
    widths = np.array([8, 12, 16])
    found, at = flow(definition, np.ones(3), widths, ratio=1.5 * (widths / 8.0) ** slope)
    at.quantities |= found
    expected = definition["expect_flow"].function(at)
    outside = {
        name
        for name in ("slope", "steepest")
        if (abs(found[name].values - expected[name].value) > expected[name].left_out + 0.03).any()
    }
    assert outside == fails


@pytest.mark.parametrize(
    ("disorder", "energy", "compared"),
    [(4.0, 0.1, [False, True, True]), (6.0, 0.1, 3 * [False]), (4.0, 2.0, 3 * [False])],
)
@pytest.mark.parametrize("factor", [1.0, 0.3])
def test_weak_localization_is_that_of_conductors_however_small_their_ratio_came_out(
    definition, disorder, energy, compared, factor
):
    """Where it is compared follows from strength, width and energy: a wrong Λ cannot take itself out."""
    widths = np.array([4, 8, 16, 32])
    ratio = factor * np.array([3.0, 1.9, 1.7, 1.5])
    found, at = flow(definition, np.ones(4), widths, ratio=ratio)
    at.quantities |= found
    at.disorder, at.energy = disorder, energy
    law = definition["expect_flow"].function(at)["loss"]
    assert np.array(law.where).tolist() == compared
    assert np.isfinite(law.value).tolist() == compared
    assert law.value[compared] == pytest.approx(-1 / np.pi)


@pytest.mark.parametrize(
    ("disorder", "energy", "compared"),
    [(4.0, 0.1, [False, False, True]), (5.0, 0.1, 3 * [False]), (4.0, 2.0, 3 * [False])],
)
def test_beta_of_good_conductors_is_that_of_weak_localization(
    definition, disorder, energy, compared
):
    """dg/d ln L = -1/π per spin; a metal (β = 0) and a loss twice as large are off by more than allowed."""
    widths = np.array([4, 8, 16, 48])
    open_modes = [
        sum(abs(0.1 - 2 * np.cos(2 * np.pi * n / M)) < 2 for n in range(M)) for M in widths
    ]
    for factor, passes in ((1.0, True), (0.0, False), (2.0, False)):
        conductivity = 3.0 - factor / np.pi * np.log(widths / 8)
        found, at = flow(
            definition, 1 / (1 / conductivity + 1 / np.array(open_modes)), widths, np.ones(4)
        )
        at.quantities |= found
        at.disorder, at.energy = disorder, energy
        law = definition["expect_flow"].function(at)["beta"]
        assert np.array(law.where).tolist() == compared
        if any(compared):
            off = np.abs(found["beta"].values - law.value.values)[compared]
            assert (off < law.left_out[compared]) == passes


def test_squares_and_chi_are_compared_by_strength_and_slices(definition):
    disorder, widths = np.array([4.0, 7.0, 8.0, 15.0]), np.array([8, 16, 24, 32])
    at = Stage(disorder=disorder, width=widths, energy=0.1, slices=8192, widest=32, realizations=96)
    found = definition["expect_scaling"].function(at)
    # 24 sites are two localization lengths from W = 8 t on, where ξ = 12.
    assert np.array(found["xi_ratio"].where).tolist() == [False, False, True, True]
    assert found["excess"].where
    at.realizations = 2000
    assert not definition["expect_scaling"].function(at)["excess"].where


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"widest": 0}, "widest takes whole numbers >= 1, got 0"),
        ({"widest": -3}, "widest takes whole numbers >= 1, got -3"),
        ({"slices": 0}, "slices takes whole numbers >= 16, got 0"),
        ({"width": (1, 2, 3)}, "width takes whole numbers >= 3"),
    ],
)
def test_settings_without_a_meaning_are_refused_before_anything_runs(settings, told):
    workflow = load(DEFINITION)
    with pytest.raises(qt.InputError, match=told):
        workflow.sweep(workflow.presets["quick"].changed(settings), 1)
