"""The workflow of fluctuations: which points it fills, what it refuses, what its checks notice."""

from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.analysis import fluctuation_sweep
from qtcore.theory import moved_impurity
from qtcore.workflow import load

DEFINITION = Path(__file__).parents[2] / "workflows" / "fluctuations.py"

SMALL = {
    "width": (30,),
    "disorder": (3.0,),
    "main_width": 30,
    "main_disorder": 3.0,
    "lengths": (40, 66, 84, 100),
    "fingerprint_length": 66,
    "flux": (-0.002, -0.001, 0.0, 0.001, 0.002, 0.004, 0.0043, 0.0049, 0.0067, 0.0076, 0.0085),
    "background": 0.004,
    "energy": (1.16, 1.161, 1.163, 1.169, 1.181, 1.2),
    "var_error": 0.2,
}


@pytest.fixture(scope="module")
def workflow():
    return load(DEFINITION)


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """A small sweep through the engine."""
    store = tmp_path_factory.mktemp("fluctuations") / "small.zarr"
    return qt.run(
        DEFINITION,
        settings=SMALL,
        realizations=200,
        store=store,
        cluster="threads",
        progress=False,
    )


def test_a_sweep_fills_what_it_needs_and_no_more(workflow):
    sweep = workflow.sweep(workflow.presets["quick"], 1)
    filled = [point for point in sweep.all_points() if point.realizations]
    assert len(filled) < 0.02 * sweep.points
    ensembles = [point for point in filled if point.impurity == 0]
    # Four wires at two fluxes; the main one over both rulers.
    assert len(ensembles) == 4 * 2 + 11 + 9
    assert {point.realizations for point in ensembles} == {800}
    moved = [point for point in filled if point.impurity and point.flux == 0.004]
    assert [point.realizations for point in moved] == [800, 800]
    single = [point for point in filled if point.impurity and point.flux < 0.004]
    assert {point.realizations for point in single} == {8}
    assert sorted(point.flux for point in single) == sorted(-point.flux for point in single)


@pytest.mark.parametrize("name", ["quick", "standard", "paper"])
def test_presets_reach_the_error_that_they_state(workflow, name):
    preset = workflow.presets[name]
    assert (2 / preset.realizations) ** 0.5 <= preset.var_error
    for ruler in (preset.energy, [flux for flux in preset.flux if flux >= preset.background]):
        marks = np.round((np.array(ruler) - ruler[0]) / (ruler[1] - ruler[0]), 3)
        distances = {int(b - a) for a in marks for b in marks if b >= a}
        assert distances == set(range(int(marks[-1]) + 1))


def test_theory_looks_where_the_definition_puts_the_impurity(workflow):
    names = workflow.wire.__globals__
    assert names["SAMPLES"] == fluctuation_sweep.SAMPLES
    for at in [(147, 40, 1), (147, 40, 2), (66, 30, 1), (26, 80, 2)]:
        assert names["impurity_site"](*at) == moved_impurity.impurity_site(*at)


def test_too_few_realizations_are_refused_with_the_number_needed(workflow):
    preset = workflow.presets["quick"].changed({"var_error": 0.02}, 800)
    with pytest.raises(qt.InputError, match="needs 5000 realizations, got 800"):
        workflow.sweep(preset, 1)


def test_fingerprints_are_symmetric_and_differ_when_an_impurity_moves(solved):
    again = np.exp(
        solved["ln_g"].sel(impurity=1, energy=1.16, length=66).isel(realization=slice(8))
    )
    g = again.squeeze().sel(flux=[-0.002, -0.001, 0.001, 0.002]).transpose("flux", ...).to_numpy()
    np.testing.assert_allclose(g, g[::-1], rtol=1e-8)
    assert np.abs(g[0] - g[1]).max() > 0.05
    other = np.exp(solved["ln_g"].sel(impurity=2, energy=1.16, length=66, flux=0.001))
    assert np.abs(other.squeeze().isel(realization=slice(8)).to_numpy() - g[2]).max() > 0.05


@pytest.fixture(scope="module")
def result(workflow, solved):
    return workflow.analyse(solved)


def test_analysis_of_a_small_sweep_is_complete_and_drawn(workflow, solved, result):
    assert float(result["repeated"]) == 0
    assert float(result["asymmetry"]) < 1e-8
    assert 0 < float(result["moved"]) < 1
    assert np.isfinite(result["var_g"]).all()
    assert np.isfinite(result["universality"]).all()
    # What theory leaves out is theory: the same whatever the fluctuations are.
    assert (result["var_g_left_out"] < 0.1 * result["var_g_theory"])[..., 1:].all()
    assert len(workflow.draw(solved, result).axes) == 6
    for check in workflow.check(result):
        assert check.source


def ideal(result):
    """Put theory in place of what was measured, with the errors of the quick preset."""
    ideal = result.copy(deep=True)
    for name, error in QUICK_ERRORS.items():
        ideal[name] = ideal[f"{name}_theory"]
        ideal[f"{name}_error"] = ideal[name].copy(data=np.full(ideal[name].shape, error))
        ideal[f"{name}_left_out"] = ideal[name].copy(data=np.full(ideal[name].shape, error))
    ideal["universal"][...] = 1
    return ideal


QUICK_ERRORS = {
    "universality": 0.04,
    "moved": 0.02,
    "energy_ratio": 0.04,
    "field_ratio": 0.04,
    "energy_power": 0.1,
}


@pytest.mark.parametrize(
    ("name", "factor", "fails"),
    [
        ("universality", 2.0, "var g"),
        ("universality", 0.5, "var g"),
        ("energy_ratio", 1.3, "ΔE½"),
        ("field_ratio", 0.7, "ΔΦ½"),
        ("energy_power", 0.5, "power"),
        ("moved", 0.5, "moved"),
        ("repeated", None, "one sample again"),
        ("asymmetry", None, "g(−B)"),
    ],
)
def test_checks_fail_when_the_physics_is_wrong(workflow, result, name, factor, fails):
    right = ideal(result)
    assert [row.name for row in workflow.check(right) if not row.passed] == []
    right[name] = 1e-3 if factor is None else factor * right[name]
    wrong = [row.name for row in workflow.check(right) if not row.passed]
    assert wrong
    assert all(fails in row for row in wrong)


def test_a_window_that_is_too_short_is_refused_by_its_name(workflow, solved):
    short = solved.sel(energy=[1.16, 1.161])
    with pytest.raises(qt.InputError, match=r"correlation in energy, L = \d+: .*wider range"):
        workflow.analyse(short)


def test_lengths_too_short_for_half_widths_are_named(workflow, solved):
    with pytest.raises(
        qt.InputError, match=r"from 20 l to 1.25 N l, \d+ to \d+ sites, got 40, 66, 84;"
    ):
        workflow.analyse(solved.sel(length=[40, 66, 84]))


def test_edge_states_are_warned_of_before_anything_runs(workflow, caplog):
    quick = workflow.presets["quick"]
    workflow.sweep(quick, 1)
    assert "cyclotron radius" not in caplog.text
    with caplog.at_level("WARNING"):
        workflow.sweep(quick.changed({"width": (40, 90)}), 1)
    assert "cyclotron radius is 67 sites, below the width 90: edge states form" in caplog.text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"var_error": 0.0}, "must be > 0, got 0"),
        ({"main_width": 50}, "no width = 50, which its analysis needs"),
        ({"background": 0.01}, "no flux = 0.01, which its analysis needs"),
        ({"fingerprint_length": 100}, "no lengths = 100, which its analysis needs"),
        ({"fermi": 1.0}, "no energy = 1, which its analysis needs"),
        ({"potential": 0.0}, "an impurity that is none cannot move"),
        ({"flux": (0.0, 0.001, 0.004, 0.005)}, "add -0.001 to 0.001"),
        (
            {"energy": (1.16, 1.1602)},
            "longer than the data: at L = 104 .* in energy is lost over about 0.0039, and the "
            "sweep spans 0.0002",
        ),
        ({"flux": (0.0, 0.004)}, "longer than the data: .* in flux is lost over .* spans 0;"),
        (
            {"disorder": (0.2,), "main_disorder": 0.2},
            "fewer than two lengths are those of a diffusive wire: .* from 10 l = 13038 to 3/2 N l = 48894",
        ),
        ({"disorder": (0.0,), "main_disorder": 0.0}, "must be > 0 to scatter at all"),
    ],
)
def test_sweeps_that_analysis_cannot_do_with_are_refused(workflow, settings, message):
    with pytest.raises(qt.InputError, match=message):
        workflow.sweep(workflow.presets["quick"].changed(settings), 1)
