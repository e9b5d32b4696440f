import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.analysis.collapse import Collapsed
from qtcore.analysis.localization import AXES
from qtcore.analysis.localization import analyse_localization as plain_analysis
from qtcore.analysis.localization_length import Verdict
from qtcore.theory.born import scattering_rates

LENGTHS = np.unique(np.round(np.geomspace(5, 8000, 40)))
TRUTH = {0.0: 300.0, 0.4: 450.0}  # xi by flux


def strip(point):
    """A strip whose flux axis counts h/e through width × width sites."""
    flux = point.flux / point.width**2
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=flux)


def analyse_localization(ds):
    return plain_analysis(ds, strip)


@pytest.fixture
def dataset(walk):
    """Two fluxes on the same disorder, ln g a walk of known xi, nothing computed beyond 16 xi."""
    shape = (1, 1, 2, 1, 600, len(LENGTHS))
    ln_g = np.full(shape, np.nan)
    for k, xi in enumerate(TRUTH.values()):
        # The same seed: the same disorder, so that the two are correlated as in a sweep.
        computed = 16 * xi >= LENGTHS
        ln_g[0, 0, k, 0][:, computed] = walk(LENGTHS, xi, 600, seed=1)[:, computed]
    return xr.Dataset(
        {
            "ln_g": ((*AXES, "realization", "length"), ln_g),
            "suspect": ((*AXES, "realization", "length"), np.where(np.isnan(ln_g), -1, 0)),
            "certificate": (
                (*AXES, "realization", "length"),
                np.where(np.isnan(ln_g), np.nan, 1e-9),
            ),
        },
        coords={
            "disorder": [0.5],
            "width": [4],
            "flux": list(TRUTH),
            "energy": [0.6],
            "length": LENGTHS.astype(int),
        },
    )


def test_known_lengths_come_back_with_their_ratio(dataset):
    result = analyse_localization(dataset).squeeze()
    for flux, xi in TRUTH.items():
        at = result.sel(flux=flux)
        assert abs(at.localization_length - xi) < 3.5 * at.localization_length_error
        assert abs(at.variance_slope - 2) < 3.5 * at.variance_slope_error
        assert at.localization_from >= 4 * at.localization_length
        assert at.realizations == 600
    field = result.sel(flux=0.4)
    assert abs(field.field_ratio - 1.5) < 3.5 * field.field_ratio_error
    assert np.isnan(result.field_ratio.sel(flux=0.0))


def test_common_disorder_sharpens_the_ratio(dataset):
    # Realizations that share their disorder share the larger part of its accident, which the
    # ratio must not count twice; shuffled among themselves they lose the connection.
    result = analyse_localization(dataset).squeeze().sel(flux=0.4)
    shuffled = dataset.copy(deep=True)
    shuffled["ln_g"][0, 0, 1] = dataset["ln_g"][0, 0, 1, :, ::-1].values
    blind = analyse_localization(shuffled).squeeze().sel(flux=0.4)
    assert blind.field_ratio == pytest.approx(float(result.field_ratio))
    assert result.field_ratio_error < 0.8 * blind.field_ratio_error


def test_theory_stands_beside_every_point(dataset):
    result = analyse_localization(dataset).squeeze()
    free = scattering_rates(qt.Square(4), 0.6, 0.5).mean_free_path
    bound = scattering_rates(qt.Square(4), 0.6, 0.5, 0.4 / 16).mean_free_path
    assert result.flux_per_plaquette.values == pytest.approx([0, 0.025])
    assert result.beta.values.tolist() == [1, 2]
    assert result.channels.values.tolist() == [3, 3]
    assert result.theory_localization_length.values == pytest.approx([4 * free, 6 * bound])
    assert float(result.theory_field_ratio.sel(flux=0.4)) == pytest.approx(1.5 * bound / free)


def test_flux_per_plaquette_is_taken_as_it_is(dataset):
    assert plain_analysis(dataset).flux_per_plaquette.values.ravel().tolist() == [0, 0.4]


def test_everything_says_what_it_is_and_survives_storage(dataset, tmp_path):
    result = analyse_localization(dataset)
    for name, variable in result.data_vars.items():
        assert "units" in variable.attrs, name
        assert variable.attrs["long_name"], name
        assert set(variable.dims) <= {*AXES, "length"}, name
    with_errors = [n for n in result.data_vars if n.endswith("_error") and n[:-6] in result]
    assert len(with_errors) >= 8
    result.to_zarr(tmp_path / "result.zarr", zarr_format=3, consolidated=False)
    xr.testing.assert_identical(
        xr.open_zarr(tmp_path / "result.zarr", consolidated=False).load(), result
    )


def test_missing_realizations_are_left_out(dataset):
    holes = dataset.copy(deep=True)
    holes["ln_g"][0, 0, 1, 0, 500:] = np.nan
    result = analyse_localization(holes).squeeze()
    assert result.realizations.values.tolist() == [600, 500]
    assert abs(float(result.field_ratio.sel(flux=0.4)) - 1.5) < 0.1
    # The same as if they had never been asked for.
    alone = analyse_localization(holes.isel(realization=slice(0, 500)))
    same = float(alone.squeeze().localization_length.sel(flux=0.4))
    assert float(result.localization_length.sel(flux=0.4)) == pytest.approx(same)


def test_points_that_cannot_be_fitted_say_why(dataset):
    short = dataset.copy(deep=True)
    short["ln_g"][0, 0, 1, 0, :, LENGTHS > 3 * 450] = np.nan
    result = analyse_localization(short).squeeze()
    assert result.localization_fit.values.tolist() == [Verdict.FITTED, Verdict.TOO_FEW_LENGTHS]
    assert np.isnan(result.localization_length.sel(flux=0.4))
    empty = dataset.copy(deep=True)
    empty["ln_g"][:] = np.nan
    nothing = analyse_localization(empty)
    assert (nothing.localization_fit == Verdict.TOO_FEW_REALIZATIONS).all()
    assert np.isnan(nothing.collapse_spread)


def test_only_what_can_be_compared_collapses(dataset):
    both = analyse_localization(dataset).squeeze()
    assert both.collapsed.values.tolist() == [Collapsed.COMPARED, Collapsed.COMPARED]
    # N = 3: offsets 4/3 and 2/3 in theory, none in the walks.
    places = np.arange(4, 15, 2)  # the last length lies below 16 ξ
    theory = np.mean((2 / 3) ** 2 / 2 / (1 - 2 * places) ** 2)
    assert float(both.collapse_squared_theory) == pytest.approx(theory, rel=1e-9)
    assert abs(float(both.collapse_squared)) < 3 * both.collapse_squared_error
    assert both.collapse_spread == pytest.approx(max(float(both.collapse_squared), 0) ** 0.5)
    late = dataset.copy(deep=True)
    late["ln_g"][0, 0, 1, 0, :, LENGTHS < 4.3 * 450] = np.nan
    result = analyse_localization(late).squeeze()
    assert result.localization_fit.values.tolist() == [Verdict.FITTED, Verdict.FITTED]
    assert result.collapsed.values.tolist() == [Collapsed.COMPARED, Collapsed.BEGINS_TOO_LATE]
    assert np.isnan(result.collapse_squared)
    crossover = plain_analysis(dataset.assign_coords(flux=[0.0, 1e-5])).squeeze()
    assert crossover.collapsed.values.tolist() == [Collapsed.COMPARED, Collapsed.NO_THEORY]


def test_a_chain_in_a_field_is_not_counted_twice(dataset):
    chain = dataset.assign_coords(width=[1])
    result = analyse_localization(chain).squeeze()
    verdicts = result.localization_fit.values.tolist()
    assert verdicts == [Verdict.FITTED, Verdict.SAME_AS_WITHOUT_FIELD]
    assert np.isfinite(result.theory_localization_length.sel(flux=0.0))


def test_suspects_and_certificates_are_counted(dataset):
    dataset["suspect"][0, 0, 0, 0, 3, 5] = 1
    dataset["certificate"][0, 0, 1, 0, 7, 2] = 1e-4
    result = analyse_localization(dataset).squeeze()
    assert result.suspects.values.tolist() == [1, 0]
    assert result.largest_certificate.values == pytest.approx([1e-9, 1e-4])


def test_lazy_datasets_give_the_same(dataset):
    lazy = dataset.chunk(dict.fromkeys(AXES, 1))
    xr.testing.assert_identical(analyse_localization(lazy), analyse_localization(dataset))


def test_a_dataset_of_something_else_is_refused(dataset):
    with pytest.raises(qt.InputError, match="lacks flux"):
        analyse_localization(dataset.isel(flux=0, drop=True))
    with pytest.raises(qt.InputError, match="lacks ln_g"):
        analyse_localization(dataset.drop_vars("ln_g"))


def test_wires_that_are_no_strips_are_refused(dataset):
    with pytest.raises(qt.InputError, match="for square strips with box disorder"):
        plain_analysis(dataset, lambda _: qt.Wire(qt.Square(4), qt.Gaussian(0.5)))
