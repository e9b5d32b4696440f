"""A small contact through the engine; wrong physics fails; bad input says what to do."""

from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.analysis import contact
from qtcore.analysis.contact import analyse_contact, refuse_contact
from qtcore.analysis.thermal import differential_conductance, thermal_conductance
from qtcore.workflow import load

DEFINITION = Path(__file__).parents[2] / "workflows" / "staircase.py"

GATES = tuple(np.round(np.linspace(0.1, 0.7, 49), 6).tolist())
ENERGIES = tuple(np.round(np.linspace(-3.44, -3.16, 9), 6).tolist())


@pytest.fixture(scope="module")
def tiny(run_tiny):
    return run_tiny("staircase", {"gate": GATES, "energy": ENERGIES, "disorder": (0.0, 0.2)}, 8)


def failed(workflow, ds):
    return [row.name for row in workflow.check(workflow.analyse(ds)) if not row.passed]


@pytest.mark.physics
def test_all_checks_pass_and_name_their_source(tiny):
    workflow, ds = tiny
    rows = workflow.check(workflow.analyse(ds))
    assert [row.name for row in rows if not row.passed] == []
    assert all(row.source and len(row.name) < 32 for row in rows)
    names = [row.name for row in rows]
    series = rows[names.index("series resistance")]
    assert series.error < 15
    assert abs(series.value - 500) < series.error
    assert "step 4: offset/wy" in names
    assert "loss, sum over plateaus" in names


@pytest.mark.parametrize(
    ("constant", "factor", "fails"),
    [
        ("wy", 1.1, "step 3: offset/wy"),
        ("wy", 0.9, "step 3: offset/wy"),
        ("wx", 1.3, "step width/theory, kT = 0 wy"),
        ("wx", 0.75, "step width/theory, kT = 0 wy"),
        ("opening", 0.5, "step width/theory, kT = 0 wy"),
    ],
)
def test_another_saddle_fails(tiny, constant, factor, fails):
    workflow, ds = tiny
    wrong = ds.assign_coords({constant: factor * float(ds[constant])})
    assert fails in failed(workflow, wrong)


@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_another_temperature_fails(tiny, monkeypatch, factor):
    workflow, ds = tiny
    smeared = contact._put_smeared

    def wrong(result, clean, fermi, kT, bias):
        smeared(result, clean, fermi, factor * kT, bias)

    monkeypatch.setattr(contact, "_put_smeared", wrong)
    assert failed(workflow, ds) == ["step width/theory, kT = 0.1 wy"]


@pytest.mark.parametrize("ohms", [450.0, 550.0])
def test_another_series_resistance_fails(tiny, ohms):
    workflow, ds = tiny
    names = workflow.check.__globals__
    settings = names["wire"], names["KT"], names["BIAS"], ohms, names["LEFT_OUT"]
    rows = workflow.check(analyse_contact(ds, *settings))
    assert [row.name for row in rows if not row.passed] == ["series resistance"]


def test_steps_of_another_height_fail(tiny):
    workflow, ds = tiny
    wrong = ds.assign(ln_g=ds["ln_g"] + np.log(1.05))
    assert "plateau 3" in failed(workflow, wrong)
    # No whole numbers of channels have such heights: there is no resistance, and the rows fail.
    assert {"series resistance", "slope of R in 1/N"} <= set(failed(workflow, wrong))
    workflow.draw(wrong, workflow.analyse(wrong))


def test_a_wrong_disorder_strength_fails(tiny):
    # Half as strong is a quarter of the loss: 0.07 instead of 0.28, with an error of 0.03.
    workflow, ds = tiny
    assert "loss, sum over plateaus" in failed(workflow, ds.assign_coords(disorder=[0.0, 0.4]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"gate": (0.68, 0.7)},
            r"closes the contact: .* opens at a gate of 0.63 t, gates 0.68 … 0.7",
        ),
        (
            {"gate": (0.1, 0.2, 0.4)},
            r"0.4 t do not hold the first 3 plateaus.*0.286 or less to 0.63",
        ),
        ({"gate": (0.3, 0.4, 0.7)}, r"do not hold the first 3 plateaus.*give gates from 0.286"),
        (
            {"gate": (0.1, 0.4, 0.7)},
            r"no plateau can be found with 0 gates between 0.492 and 0.63 t",
        ),
        ({"gate": (0.0, *GATES)}, r"height of a barrier and must be > 0 \(t\), got 0"),
        ({"disorder": (0.2,)}, r"no disorder = 0, the clean contact.*--set disorder=0"),
        ({"energy": (-3.42, -3.18)}, r"no energy = -3.3, the Fermi energy.*--set energy=-3.3"),
        ({"energy": (-3.37, -3.3, -3.23)}, r"missing: -3.412 … -3.37 and -3.23 … -3.188"),
        ({"fermi": -3.315}, r"no energy = -3.315, the Fermi energy"),
        ({"fermi": -4.5}, r"no energy = -4.5, the Fermi energy"),
    ],
)
def test_refused_before_the_run(settings, message):
    definition = load(DEFINITION)
    preset = definition.presets["quick"].changed(settings)
    with pytest.raises(qt.InputError, match=message):
        definition.sweep(preset, 1)


@pytest.mark.parametrize(
    ("kT", "bias", "message"),
    [
        ((-0.1, 0.1), (0.0,), r"temperature must be >= 0 \(kT in level spacings\), got -0.1"),
        ((0.0,), (2.0,), r"eV up to 0.28 needs .*missing: -3.44 … -3.42 and -3.18 … -3.16"),
    ],
)
def test_temperature_and_bias_are_refused_before_the_run(kT, bias, message):
    preset = load(DEFINITION).presets["quick"]
    with pytest.raises(qt.InputError, match=message):
        refuse_contact(preset, kT, bias)


def test_too_few_realizations_for_an_error_are_refused():
    definition = load(DEFINITION)
    with pytest.raises(qt.InputError, match="errors need at least 8 realizations, got 4"):
        definition.sweep(definition.presets["quick"].changed(realizations=4), 1)


def test_a_store_of_another_phenomenon_is_refused(tiny):
    workflow, ds = tiny
    with pytest.raises(qt.InputError, match=r"needs the axes disorder, .*; there is no gate, wy"):
        workflow.analyse(ds.isel(gate=0).drop_vars(["gate", "wy"]))


def test_a_dataset_without_plateaus_in_its_gates_is_refused(tiny):
    workflow, ds = tiny
    with pytest.raises(qt.InputError, match=r"gate closes the contact.*open it further"):
        workflow.analyse(ds.sel(gate=slice(0.68, 0.7)))


def test_no_plateau_says_what_to_do(tiny):
    workflow, ds = tiny
    sloped = ds["ln_g"] * 0 + np.log(6 * (0.72 - ds["gate"]) / 0.7)
    with pytest.raises(qt.InputError, match=r"no plateau.*finer gate axis"):
        workflow.analyse(ds.assign(ln_g=sloped))


def test_other_temperatures_and_voltages_of_a_stored_run(tiny):
    _, ds = tiny
    E, g = ds["energy"].values, np.exp(ds["ln_g"].sel(disorder=0.0).isel(realization=0, length=0))
    g = g.transpose("gate", "energy").values
    assert thermal_conductance(g, E, -3.3, 0.01).shape == (len(GATES), 1)
    with pytest.raises(qt.InputError, match="temperature must be >= 0"):
        thermal_conductance(g, E, -3.3, -0.01)
    with pytest.raises(qt.InputError, match=r"missing: -3.7 … -3.44 and -3.16 … -2.9"):
        differential_conductance(g, E, -3.3, 0.8)


def test_figure_has_six_panels_and_siemens(tiny):
    workflow, ds = tiny
    figure = workflow.draw(ds, workflow.analyse(ds))
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert len([label for label in labels if "2e²/h" in label]) >= 6
    assert workflow.planned_error(workflow.sweep(workflow.presets["quick"], 1)).startswith("⟨g⟩")
