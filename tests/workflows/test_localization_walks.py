"""Walks of a known localization length through the definition of `localization`."""

import runpy
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.results.dataset import notes_in
from qtcore.theory.born import (
    scattering_rates,
)
from qtcore.workflow import load

from .localization_made import DEFINITION, checks, failed, ideal, labelled


@pytest.fixture(scope="module")
def workflow():
    return load(DEFINITION)


LENGTHS = np.unique(np.round(np.geomspace(5, 8000, 40))).astype(int)
TRUTH = {0.0: 300.0, 0.45: 450.0}  # xi by flux


@pytest.fixture
def walks(walk, workflow):
    """Two fluxes on the same disorder, ln g a walk of known xi, nothing computed beyond 16 xi."""
    changes = {"disorder": (0.5,), "width": (4,), "lengths": tuple(LENGTHS.tolist())}
    sweep = workflow.sweep(workflow.presets["quick"].changed(changes, 600), 1)

    def fill(point):
        # The same seed: the same disorder, so that the two are correlated as in a sweep.
        xi = TRUTH[point.flux]
        ln_g = np.where(16 * xi >= LENGTHS, walk(LENGTHS.astype(float), xi, 600, seed=1), np.nan)
        return ln_g, np.where(np.isnan(ln_g), np.nan, 1e-9)

    return labelled(sweep, fill)


def test_known_lengths_come_back_with_their_ratio(workflow, walks):
    result = workflow.results(walks).squeeze()
    for flux, xi in TRUTH.items():
        at = result.sel(flux=flux)
        assert abs(at.localization_length - xi) < 3.5 * at.localization_length_error
        assert abs(at.variance_slope - 2) < 3.5 * at.variance_slope_error
        fitted = at.fitted.dropna("length")
        assert fitted.length[0] >= 4 * at.localization_length
    field = result.sel(flux=0.45)
    assert abs(field.field_ratio - 1.5) < 3.5 * field.field_ratio_error
    assert np.isnan(result.field_ratio.sel(flux=0.0))


def test_common_disorder_sharpens_the_ratio(workflow, walks):
    # Realizations that share their disorder share the larger part of its accident, which the
    # ratio must not count twice; shuffled among themselves they lose the connection.
    result = workflow.results(walks).squeeze().sel(flux=0.45)
    shuffled = walks.copy(deep=True)
    shuffled["ln_g"][0, 0, 1] = walks["ln_g"][0, 0, 1, :, :, ::-1].values
    blind = workflow.results(shuffled).squeeze().sel(flux=0.45)
    assert blind.field_ratio == pytest.approx(float(result.field_ratio))
    assert result.field_ratio_error < 0.8 * blind.field_ratio_error


def test_theory_stands_beside_every_point(workflow, walks):
    result = workflow.results(walks).squeeze()
    free = scattering_rates(qt.Square(4), 0.6, 0.5).mean_free_path
    bound = scattering_rates(qt.Square(4), 0.6, 0.5, 0.45 / 16).mean_free_path
    assert result.channels.values.tolist() == [3, 3]
    assert result.localization_length_theory.values == pytest.approx([4 * free, 6 * bound])
    assert result.mean_free_path_theory.values == pytest.approx([free, bound])
    assert float(result.field_ratio_theory.sel(flux=0.45)) == pytest.approx(1.5 * bound / free)


def test_missing_realizations_are_left_out(workflow, walks):
    holes = walks.copy(deep=True)
    holes["ln_g"][0, 0, 1, 0, 0, 500:] = np.nan
    result = workflow.results(holes).squeeze()
    assert abs(float(result.field_ratio.sel(flux=0.45)) - 1.5) < 0.1
    # The same as if they had never been asked for.
    alone = workflow.results(holes.isel(realization=slice(0, 500)))
    same = float(alone.squeeze().localization_length.sel(flux=0.45))
    assert float(result.localization_length.sel(flux=0.45)) == pytest.approx(same)


def test_points_that_cannot_be_fitted_say_why(workflow, walks):
    short = walks.copy(deep=True)
    short["ln_g"][0, 0, 1, 0, 0, :, LENGTHS > 3 * 450] = np.nan
    result = workflow.results(short)
    assert np.isfinite(result.localization_length.values).ravel().tolist() == [True, False]
    rows = {row.key: row for row in workflow.checks(result)}
    for name in ("localization_length[width=4,flux=0.45,energy=0.6,rashba=0]",):
        assert not rows[name].passed
        assert rows[name].reason.startswith("flux 0.45: there are fewer than 4 lengths beyond 4 ξ")
    why = "fewer than 4 lengths beyond 4 ξ"
    assert any("⟨ln g⟩ at equal L/ξ" in note and why in note for note in notes_in(result))


def test_only_what_can_be_compared_collapses(workflow, walks):
    rows = checks(workflow, walks)
    # N = 3: offsets 4/3 and 2/3 in theory, none in the walks.
    places = np.arange(4, 15, 2)  # the last length lies below 16 ξ
    theory = np.mean((2 / 3) ** 2 / 2 / (1 - 2 * places) ** 2)
    assert rows["collapse_squared"].expected == pytest.approx(theory, rel=1e-9)
    assert abs(rows["collapse_squared"].value) < 3 * rows["collapse_squared"].error
    late = walks.copy(deep=True)
    late["ln_g"][0, 0, 1, 0, 0, :, LENGTHS < 4.3 * 450] = np.nan
    result = workflow.results(late)
    assert np.isfinite(result.localization_length).all()
    assert np.isnan(result.collapse_squared).all()
    assert any("flux 0.45 (wires begin beyond 4 ξ)" in note for note in notes_in(result))
    (row,) = [row for row in workflow.checks(result) if row.key == "collapse_squared"]
    assert not row.passed


def test_suspects_are_counted(workflow, walks):
    walks["suspect"][0, 0, 0, 0, 0, 3, 5] = 1
    result = workflow.results(walks).squeeze()
    assert result.suspects.values.tolist() == [1, 0]
    bad, _ = failed({row.key: row for row in workflow.checks(result)}, "suspects")
    assert bad == ["suspects"]


def halved(ds):
    """Every g is half of itself, as by a lost spin factor."""
    ds["ln_g"] = ds.ln_g - np.log(2)


def without_variance(ds):
    """Two samples of three are not there: too few for a variance with an error."""
    ds["ln_g"] = ds.ln_g.where(ds.realization < 150)


def without_field(ds):
    """In the field no wire is longer than 3 ξ."""
    ds["ln_g"][:, :, 1, :, :, :, ds.sizes["length"] // 2 :] = np.nan


@pytest.mark.parametrize(
    ("change", "name", "reason"),
    [
        (halved, "mean_free_path", "fewer than 3 lengths up to ξ/4"),
        (without_variance, "variance_slope", "a variance has no error below 200"),
        (without_field, "field_ratio", "no ξ in or without field"),
        (without_field, "collapse_squared", "no ⟨ln g⟩ at 4 ξ"),
    ],
)
@pytest.mark.first_cases(2)
def test_a_number_that_should_be_there_fails_its_row(workflow, change, name, reason):
    """Where a theory holds follows from axes and theory, so that a wrong number cannot take itself out."""
    preset = workflow.presets["quick"].changed({"disorder": (0.7,), "width": (2, 4)}, 1000)
    ds = ideal(workflow.sweep(preset, 1)).assign_coords(realization=np.arange(1000))
    right = checks(workflow, ds)
    change(ds)
    wrong = checks(workflow, ds)
    assert set(right) <= set(wrong)
    bad, _ = failed(wrong, name)
    assert bad
    assert any(reason in wrong[key].reason for key in bad)


def test_points_that_are_not_computed_yet_fail_nothing(workflow):
    preset = workflow.presets["quick"].changed({"disorder": (0.7,), "width": (2, 4)}, 400)
    ds = ideal(workflow.sweep(preset, 1))
    for name, nothing in (("ln_g", np.nan), ("certificate", np.nan), ("suspect", -1)):
        ds[name][:, 1, 1] = nothing
    ds["finished"][:, 1, 1] = 0
    rows = checks(workflow, ds)
    assert [row.name for row in rows.values() if not row.passed] == []
    assert [key for key in rows if "width=4" in key and "0.45" in key] == []


def test_chains_alone_have_no_ratio_and_fail_nothing(workflow):
    preset = workflow.presets["quick"].changed({"disorder": (0.7,), "width": (1,)}, 400)
    rows = checks(workflow, ideal(workflow.sweep(preset, 1)))
    assert [row.name for row in rows.values() if not row.passed] == []
    assert not [key for key in rows if key.startswith("field_ratio")]


def test_theory_over_energies_is_its_own_and_is_broken_at_thresholds():
    # Width 4: thresholds at ±0.382 and ±1.382 t; at 1.2 t the golden rule says 222 sites.
    curve = runpy.run_path(str(DEFINITION))["against_energy"]
    point = SimpleNamespace(width=4, disorder=0.7, flux=0.0, rashba=0.0, energy=np.nan)
    xi = curve(point, np.array([0.38, 0.6, 1.2, 1.38, 0.0]))
    assert np.isnan(np.array(xi)).tolist() == [True, False, False, True, True]
    rates = scattering_rates(qt.Square(4), 1.2, 0.7)
    assert xi[2] == pytest.approx((rates.channels + 1) * rates.mean_free_path)


def test_lazy_datasets_give_the_same(workflow, walks):
    lazy = walks.chunk({"width": 1, "flux": 1})
    xr.testing.assert_identical(workflow.results(lazy), workflow.results(walks))
