"""The workflow of fluctuations: which points it fills, what it refuses, what its checks notice."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
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
    return workflow.results(solved)


def rows(workflow, ds):
    """The table of checks by key."""
    return {row.key: row for row in workflow.checks(workflow.results(ds))}


def failing(workflow, ds):
    """Why rows fail, by key."""
    return {key: row.reason for key, row in rows(workflow, ds).items() if not row.passed}


def test_results_of_a_small_sweep_are_complete_and_drawn(workflow, solved, result):
    assert float(result["asymmetry"]) < 1e-8
    assert 0 < float(result["moved"]) < 1
    assert np.isfinite(result["var_g"]).all()
    found = {row.key: row for row in workflow.checks(result)}
    assert all(row.source and row.passed for row in found.values())
    assert set(found) == {
        "asymmetry", "moved", "var_g[width=30,disorder=3,beta=1]",
        "var_g[width=30,disorder=3,beta=2]", "energy_half", "energy_power", "field_half",
    }  # fmt: skip
    # What theory leaves out is theory: the same whatever the fluctuations are.
    assert (result["var_g_left_out"] < 0.1 * result["var_g_theory"])[..., 1:].all()
    assert len(workflow.figure(solved, result).axes) == 6


def test_distances_of_the_ruler_are_coordinates_of_the_results(result, solved):
    energy = solved["energy"].to_numpy()
    apart = np.unique(np.abs(energy - energy[:, None]).round(7))
    np.testing.assert_allclose(result["energy_shift"], apart, atol=1e-8)
    assert result["energy_correlation"].sel(energy_shift=0).max() == pytest.approx(1)
    here = result["field_shown"].isel(field_shift=-1).sel(length=84)
    assert float(here) == pytest.approx(0.0045 * 30 * 84)


def test_single_samples_are_stored_over_both_signs_of_the_field(result, solved):
    there = result["fingerprint"].notnull()
    assert there.sum() == 8 * 2 * 5
    at = {"flux": -0.001, "impurity": 2}
    g = np.exp(solved["ln_g"].sel({"impurity": 2, "length": 66, "energy": 1.16}).squeeze())
    g = g.transpose("realization", "flux").to_numpy()[:8]
    small = np.abs(solved["flux"].to_numpy()) < 0.004
    centred = g[:, solved["flux"].to_numpy() == -0.001][:, 0] - g[:, small].mean(axis=1)
    np.testing.assert_allclose(result["fingerprint"].sel(at), centred + 1.6 * np.arange(8))


def changed(ds, at, change):
    """Samples with the conductances of some points changed."""
    wrong = ds.copy(deep=True)
    g = np.exp(wrong["ln_g"].loc[at])
    wrong["ln_g"].loc[at] = np.log(change(g))
    return wrong


def around_mean(factor):
    """Fluctuations multiplied, means as they are."""
    return lambda g: np.abs(g.mean("realization") + factor * (g - g.mean("realization")))


IN_FIELD = {"impurity": 0, "energy": 1.16, "flux": 0.004}


@pytest.mark.parametrize(
    ("at", "change", "fails"),
    [
        (IN_FIELD, around_mean(1.5), "var_g[width=30,disorder=3,beta=2]"),
        (IN_FIELD, around_mean(0.6), "var_g[width=30,disorder=3,beta=2]"),
        (IN_FIELD | {"flux": 0.0}, around_mean(1.5), "var_g[width=30,disorder=3,beta=1]"),
        ({"impurity": 2, "flux": 0.004}, lambda g: g.roll(realization=1), "moved"),
        ({"impurity": 1, "flux": -0.002}, lambda g: 1.001 * g, "asymmetry"),
        ({"impurity": 1, "flux": 0.001}, lambda g: 1.001 * g, "asymmetry"),
    ],
    ids=["too large", "too small", "too large without field", "another wire", "other", "odd"],
)
@pytest.mark.first_cases(3)
def test_wrong_samples_fail(workflow, solved, at, change, fails):
    assert fails in failing(workflow, changed(solved, at, change))


def test_samples_that_forget_at_once_or_never_fail_and_say_why(workflow, solved):
    # At each energy the wires of other realizations.
    line = {"impurity": 0, "flux": 0.004}
    mixed = solved.copy(deep=True)
    for shift, energy in enumerate(solved["energy"].to_numpy()):
        g = solved["ln_g"].sel({**line, "energy": energy})
        mixed["ln_g"].loc[{**line, "energy": energy}] = g.roll(realization=shift)
    for ds, why in (
        (mixed, r"(length|at L =) \d+.* before the first stored shift"),
        (
            solved.assign(ln_g=solved["ln_g"].where(
                solved["energy"] == 1.16, solved["ln_g"].sel(energy=1.16)
            )),
            r"(length|at L =) \d+.* does not fall to one half .*store a wider range",
        ),
    ):  # fmt: skip
        wrong = failing(workflow, ds)
        assert re.search(why, wrong["energy_half"])
        assert re.search(why, wrong["energy_power"])
        assert "field_half" not in wrong


def test_a_window_that_is_too_short_fails_with_its_name(workflow, solved):
    short = solved.sel(energy=[1.16, 1.161])
    wrong = failing(workflow, short)
    assert re.search(r"length \d+.* wider range", wrong["energy_half"])
    assert "moved" not in wrong
    result = workflow.results(short)
    assert len(workflow.figure(short, result).axes) == 6


def test_a_store_with_energies_far_from_fermi_fails_and_says_so(workflow, solved):
    """As it could be made before that was refused."""
    energy = solved["energy"].to_numpy().copy()
    energy[1:] += 0.36
    spec = solved.attrs["spec"]
    for old, new in zip(solved["energy"].to_numpy()[1:], energy[1:], strict=True):
        assert str(old) in spec
        spec = spec.replace(str(old), repr(float(new)))
    wrong = failing(workflow, solved.assign_coords(energy=energy).assign_attrs(spec=spec))
    for name in ("energy_half", "energy_power"):
        assert "compared with l, N and D at 1.16, so that all energies must lie" in wrong[name]
    assert "field_half" not in wrong


def test_lengths_too_short_for_half_widths_fail_and_are_named(workflow, solved):
    wrong = failing(workflow, solved.sel(length=[40, 66, 84]))
    for name in ("energy_half", "energy_power", "field_half"):
        assert re.search(r"from 20 l to 1.25 N l, \d+ to \d+ sites, got 40, 66, 84;", wrong[name])


def test_wires_that_are_not_diffusive_fail_and_say_why(workflow, solved):
    wrong = failing(workflow, solved.sel(length=[66]).assign_coords(length=[6]).assign_attrs(
        spec=solved.attrs["spec"].replace('"fingerprint_length":66', '"fingerprint_length":6')
    ))  # fmt: skip
    assert {"var_g", "moved", "energy_half", "field_half"} <= {
        key.partition("[")[0] for key in wrong
    }
    why = "no length between 8 l|no mean free path was found"
    assert all(re.search(why, reason) for reason in wrong.values())
    assert any("no length between 8 l" in reason for reason in wrong.values())


def test_edge_states_are_warned_of_before_anything_runs(workflow, caplog):
    quick = workflow.presets["quick"]
    workflow.sweep(quick, 1)
    assert "cyclotron radius" not in caplog.text
    with caplog.at_level("WARNING"):
        workflow.sweep(quick.changed({"width": (40, 90)}), 1)
    assert "the cyclotron radius is 67 sites, below the width 90: edge states" in caplog.text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"var_error": 0.0}, "must be > 0, got 0"),
        ({"main_width": 50}, "needs width = 50 for its analysis, got 40, 60: add it"),
        ({"background": 0.01}, "needs flux = 0.01 for its analysis"),
        ({"fingerprint_length": 100}, "fingerprints need the length 100"),
        (
            {"fermi": 1.0},
            "needs energy = 1 for its analysis.* move the whole axis, --set energy=1,1.0",
        ),
        (
            {"fermi": 1.0, "energy": (1.0, *(1.16 + 0.002 * k for k in range(6)))},
            "must lie within 0.05 of it, .* move the whole axis, --set energy=1,1.002,1.004,",
        ),
        (
            {"width": 24, "main_width": 24, "disorder": 2.0, "main_disorder": 2.0},
            r"N = 15 channels are too few, .* take a wider wire, .*\(16 at least\)",
        ),
        ({"potential": 0.0}, "an impurity that is none cannot move"),
        ({"flux": (0.0, 0.001, 0.004, 0.005)}, "add -0.001"),
        (
            {"energy": (1.16, 1.1602)},
            "longer than the data: L = 104 keeps 100 % of its correlation over the 0.0002 of energy",
        ),
        (
            {"flux": (0.0, 0.004)},
            "longer than the data: .* over the 0 of flux that the sweep spans",
        ),
        (
            {"disorder": (0.2,), "main_disorder": 0.2},
            "2 or more lengths of diffusive wires from 10 l to 1.5 N l, 13038 to 48894 sites",
        ),
        ({"disorder": (0.0,), "main_disorder": 0.0}, "must be > 0 to scatter at all"),
    ],
)
def test_sweeps_that_analysis_cannot_do_with_are_refused(workflow, settings, message):
    with pytest.raises(qt.InputError, match=message):
        workflow.sweep(workflow.presets["quick"].changed(settings), 1)


BEFORE = Path(__file__).parent / "before" / "fluctuations.json"


@pytest.mark.slow
def test_the_table_of_the_quick_preset_is_that_of_before(tmp_path):
    """Frozen before quantities were declared."""
    ds = qt.run(DEFINITION, store=tmp_path / "quick.zarr", progress=False, cluster="threads")
    found = rows(load(DEFINITION), ds.load())
    before = json.loads(BEFORE.read_text(encoding="utf-8"))["rows"]
    assert set(found) == set(before)
    for key, was in before.items():
        row = found[key]
        assert row.passed
        assert row.expected == pytest.approx(was["expected"], rel=1e-12)
        for number in ("value", "error", "tolerance"):
            # |g(B) - g(-B)| is rounding itself.
            close = pytest.approx(was[number], rel=1e-8, abs=1e-9)
            assert getattr(row, number) == close, (key, number)
