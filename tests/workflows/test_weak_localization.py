"""The workflow weak_localization: a tiny preset through the engine, and checks that can fail."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.workflow import load

pytestmark = (
    pytest.mark.slow
)  # `test_every_definition.py` runs the same sweep, with fewer questions

DEFINITION = Path(__file__).parents[2] / "workflows" / "weak_localization.py"
BEFORE = Path(__file__).parent / "before" / "weak_localization.json"


@pytest.fixture
def workflow():
    return load(DEFINITION)


@pytest.fixture(scope="module")
def tiny(run_tiny) -> xr.Dataset:
    """Wires without and with Ando's and Rashba's coupling, a square with probes; errors of 0.05."""
    return run_tiny("weak_localization", {"sample": (0, 1, 8, 9), "error": 0.05})[1]


def rows(workflow, ds: xr.Dataset) -> dict:
    return {row.key: row for row in workflow.checks(workflow.results(ds))}


def keyed(found: dict, start: str) -> list:
    return [row for key, row in found.items() if key.startswith(start)]


@pytest.mark.physics
def test_a_tiny_preset_passes_its_checks(workflow, tiny):
    found = rows(workflow, tiny)
    wire, ando, rashba = keyed(found, "correction")
    assert wire.value < -0.2
    assert ando.value > 0.08
    assert rashba.value > 0.05
    changes = keyed(found, "change")
    assert all(row.error < 0.05 for row in changes)
    assert [row.key for row in found.values() if not row.passed] == []
    (phase,) = keyed(found, "phase_length")
    assert 0.2 < phase.error < 2.0
    # What is not compared is counted, with the reason.
    assert changes[0].left_out == (
        "Δg at 7 of 19 points (no theory holds there, or a stronger field of a square is compared); "
        "Δg at sample 8 (phases are lost; L_φ is compared)"
    )


def test_without_an_effect_of_the_flux_checks_fail(workflow, tiny):
    # The numbers of other samples without field stand in for those in the field.
    g = tiny["g"].copy()
    for field in range(1, tiny.sizes["flux"]):
        g[:, field] = np.where(np.isnan(g[:, field]), np.nan, np.roll(g[:, 0], 7 * field, axis=1))
    found = rows(workflow, tiny.assign(g=g).sel(sample=[0, 1]))
    assert not found["correction[sample=0]"].passed
    assert not found["change[sample=0,flux=0.0009]"].passed


def test_antilocalization_of_the_wrong_sign_fails(workflow, tiny):
    at_zero = tiny["g"].isel(flux=0)
    mirrored = tiny.assign(g=2 * at_zero - tiny["g"]).sel(sample=[0, 1]).transpose(*tiny.dims)
    wire, spin_orbit = keyed(rows(workflow, mirrored), "correction")
    assert not wire.passed
    assert not spin_orbit.passed


@pytest.mark.parametrize("factor", [0.85, 1.1])
def test_a_conductance_of_another_scale_fails_and_no_row_vanishes(workflow, tiny, factor):
    right, wrong = rows(workflow, tiny), rows(workflow, tiny.assign(g=factor * tiny["g"]))
    assert wrong.keys() == right.keys()
    assert not wrong["var_g[sample=0]"].passed
    assert right["var_g[sample=0]"].notices_part < 0.2


def test_other_disorder_has_another_mean_free_path(workflow, tiny):
    # Half of the resistance of the sample, beside the same contacts.
    N = 23
    (wrong,) = keyed(rows(workflow, tiny.assign(g=2 / (1 / tiny["g"] + 1 / N))), "path")
    assert wrong.value == pytest.approx(2 * 8.6, rel=0.1)
    assert not wrong.passed


def with_rectangle(workflow, ds: xr.Dataset, number: int, **changed) -> dict:
    """Check one sample's numbers against the theory of another Hamiltonian."""
    spec = json.loads(ds.attrs["spec"])
    (axis,) = [axis for axis in spec["axes"] if axis["name"] == "sample"]
    axis["cases"][axis["values"].index(number)].update(changed)
    other = ds.sel(sample=[number]).assign_attrs(spec=json.dumps(spec))
    return rows(workflow, other.assign_coords({k: ("sample", [v]) for k, v in changed.items()}))


def test_rashba_coupling_of_the_right_strength_passes(workflow, tiny):
    assert all(row.passed for row in with_rectangle(workflow, tiny, 9).values())


def test_rashba_coupling_of_half_the_strength_fails(workflow, tiny):
    wrong = keyed(with_rectangle(workflow, tiny, 9, rashba=0.025), "change")
    assert wrong
    assert not any(row.passed for row in wrong)


def test_without_its_spin_a_wire_of_ando_fails(workflow, tiny):
    wrong = with_rectangle(workflow, tiny, 1, ando=0.0)
    mine = [row for key, row in wrong.items() if not key.startswith("var_g")]
    assert len(mine) == 5
    assert not any(row.passed for row in mine)


def test_probes_that_take_in_ten_times_as_much_fail(workflow, tiny):
    (wrong,) = with_rectangle(workflow, tiny, 8, probes=0.5).values()
    assert not wrong.passed


def test_a_phase_length_that_cannot_be_fitted_fails_with_the_reason(workflow, tiny):
    ds = tiny.sel(sample=[8])
    still = ds.assign(g=ds["g"].isel(flux=0).where(ds["g"].notnull()).transpose(*ds["g"].dims))
    (row,) = rows(workflow, still).values()
    assert not row.passed
    assert "does not leave its errors" in row.reason


def test_a_field_that_is_not_computed_yet_fails_where_theory_holds(workflow, tiny):
    late = tiny["g"].where(tiny["flux"] != 5e-4).transpose(*tiny["g"].dims)
    right, found = rows(workflow, tiny), rows(workflow, tiny.assign(g=late))
    assert found.keys() == right.keys()
    row = found["change[sample=0,flux=0.0005]"]
    assert not row.passed
    assert "not a number" in row.reason
    assert found["correction[sample=0]"].passed, "by the other fields"


def test_the_figure_has_a_panel_for_each_kind_of_sample(workflow, tiny):
    result = workflow.results(tiny)
    assert len(workflow.figure(tiny, result).axes) == 2, "wires, and a square with probes"
    wires = tiny.sel(sample=[0, 1])
    assert len(workflow.figure(wires, workflow.results(wires)).axes) == 1


def test_squares_are_drawn_whatever_the_fields(workflow, tmp_path):
    settings = {"sample": (2, 3, 5), "flux": (0.0, 1e-3, 4e-3), "error": 0.5}
    ds = qt.run(
        DEFINITION, settings=settings, store=tmp_path / "s.zarr", progress=False, cluster="threads"
    ).load()
    figure = workflow.figure(ds, workflow.results(ds))
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "flux through the sample  (h/e)",
        "side  (sites)",
    ]


def test_presets_reach_the_error_that_they_state(workflow):
    for name, error in (("quick", "0.02"), ("standard", "0.01"), ("paper", "0.002")):
        sweep = workflow.sweep(workflow.presets[name], 1)
        assert workflow.planned_error(sweep).startswith(f"⟨g(B) − g(0)⟩ to {error} ")


def test_fewer_realizations_than_the_error_needs_are_told_by_the_error(workflow):
    few = workflow.sweep(workflow.presets["quick"].changed(realizations=100), 1)
    assert few.largest_count == 100
    assert float(workflow.planned_error(few).split()[4]) > 0.02


def test_samples_differ_where_the_definition_asks_for_more(workflow):
    sweep = workflow.sweep(workflow.presets["quick"], 1)
    counts = {(p.sample, p.flux): p.realizations for p in sweep.all_points()}
    assert counts[0, 0.0] == counts[0, 9e-4] == 18471, "six times finer than asked"
    assert counts[2, 2e-4] == 0, "0.03 h/e through 144 plaquettes"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sample": (16,)}, "sample has no case 16"),
        ({"flux": (-1e-3, 0.0, 1e-3)}, "g is even in the field; got .*-0.001"),
        ({"flux": (1e-3, 2e-3)}, "needs flux = 0"),
        ({"error": 0.0}, "numbers > 0"),
    ],
)
def test_what_cannot_be_computed_is_refused(workflow, changes, words):
    with pytest.raises(qt.InputError, match=words):
        workflow.sweep(workflow.presets["quick"].changed(changes), 1)


@pytest.mark.slow
def test_the_table_of_the_quick_preset_is_that_of_before(workflow, tmp_path):
    """Frozen before quantities were declared; what changed since is said there."""
    ds = qt.run(DEFINITION, store=tmp_path / "quick.zarr", progress=False, cluster="threads").load()
    found, before = rows(workflow, ds), json.loads(BEFORE.read_text(encoding="utf-8"))
    assert found.keys() == {*before["rows"], *before["new"]}
    for key, row in before["rows"].items():
        # A search for L_phi ends within 1e-8 of the smallest chi², which is a millionth of L_phi.
        close = {"rel": 2e-5 if key.startswith("phase_length") else 1e-9}
        for name in ("value", "error", "expected", "tolerance"):
            assert getattr(found[key], name) == pytest.approx(row[name], **close), (key, name)
        assert found[key].passed
    assert all(found[key].passed and not found[key].is_weak for key in before["new"])


@pytest.mark.slow
def test_the_slope_between_squares_is_that_of_the_pair_whose_sides_differ_by_two(
    workflow, run_tiny
):
    settings = {"sample": (3, 4, 10), "flux": (0.0, 2.2e-3), "error": 0.02}
    ds = run_tiny("weak_localization", settings)[1]
    result = workflow.results(ds)
    sigma, at = result["sigma"], {"spins": 1, "flux": 0.0}
    exact = (sigma.sel(sample=10, flux=0.0) - sigma.sel(sample=4, flux=0.0)) / np.log(2)
    assert float(result["slope"].sel(at)) == pytest.approx(float(exact), rel=1e-12)
    assert np.isnan(result["slope"].sel(spins=2)).all()
    row = rows(workflow, ds)["slope[spins=1,flux=0]"]
    # sigma of a square to about 0.01 of e²/h per spin (universal fluctuations of 1,000 samples).
    assert row.error < 0.05
    assert row.passed
    wrong = rows(workflow, ds.assign(g=ds["g"].where(ds["sample"] != 10, 1.2 * ds["g"])))
    assert not wrong["slope[spins=1,flux=0]"].passed


def test_a_square_of_ones_own_is_a_case(workflow, tmp_path):
    mine = [3, {"like": 3, "across": 20, "along": 20}]  # 10 to 15 are those of other presets
    settings = {"sample": mine, "flux": (0.0, 4e-3), "error": 0.5}
    ds = qt.run(
        DEFINITION, settings=settings, store=tmp_path / "s.zarr", progress=False, cluster="threads"
    ).load()
    assert ds["along"].values.tolist() == [24, 20]
    assert ds["g"].sel(sample=16, length=20).notnull().any()
    assert workflow.figure(ds, workflow.results(ds)).axes
